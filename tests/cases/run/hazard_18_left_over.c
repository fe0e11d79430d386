// hazard_18_left_over.c - the checks of hazard_18_left_over.ad.
#include "harness.h"

static void product_c(int n, int k, const double *x, double *y)
{
    double t[128], s = 0;
    t[0] = x[0];
    for (int i = 0; i < k; i++)
        t[i + 1] = sin(t[i]) + x[i % n];
    for (int i = 0; i < n; i++)
        s += x[i];
    for (int i = 0; i < n && s > 0; i++)
        y[i] = t[k] * x[i];
    if (s <= 0)
        y[0] += t[k / 2] * x[n - 1];
}

RUN_CASE(hazard_18_left_over)
{
    static const int sizes[] = {100, 0, 3, 50, 1, 100, 2};
    for (int i = 0; i < 7; i++) {
        double x[4] = {0.3, -0.2, 0.4, -1.3 + 0.4 * i}, y[4];
        rnd_fill(y, 4);
        CHECK_MAP(product, product_c, i % 2 ? 4 : 2, sizes[i], x, y);
    }
    double x[3] = {0.5, -2, 3}, y[3] = {9, 9, 9}, z = 9, x_bar[3] = {1, 1, 1}, y_dot[3] = {9, 9, 9}, z_dot = 9;
    double seed[3] = {0.5, -0.25, 2}, want[3], dir[3] = {1, 10, 100};
    outputs_vjp(3, x, y, &z, x_bar, seed, 0.75);
    for (int i = 0; i < 3; i++)
        want[i] = 1 + seed[i] * 2 * x[i] + 0.75 * 3 * x[i] * x[i];
    CHECK_ALL(x_bar, want, 3, 1e-15);
    CHECK(seed[0] == 0.5 && seed[1] == -0.25 && seed[2] == 2);
    CHECK_CLOSE(z, 0.125 - 8 + 27, 1e-15);
    CHECK(y[0] == 0.25 && y[1] == 4 && y[2] == 9);
    outputs_vjp(3, x, y, &z, x_bar, seed, 0.75); // adds once more
    for (int i = 0; i < 3; i++)
        want[i] = 2 * want[i] - 1;
    CHECK_ALL(x_bar, want, 3, 1e-15);
    outputs_jvp(3, x, y, &z, dir, y_dot, &z_dot);
    CHECK(y_dot[0] == 1 && y_dot[1] == -40 && y_dot[2] == 600);
    CHECK_CLOSE(z_dot, 0.75 + 120 + 2700, 1e-15);
}
