// danger_unused.c - the checks of danger_unused.ad.
#include "harness.h"

static double only_a_c(int n, int k, const double *x)
{
    (void)k;
    return vec_dot(x, x, n);
}

static void overwrite_c(int n, int k, const double *x, double *y)
{
    for (int i = 0; i < n; i++)
        y[i] = x[i] * x[i] * (k + 1);
    for (int t = 0; t < k; t++)
        y[t % n] = x[t % n] + y[(t + 1) % n];
}

static void nothing_c(int n, int k, const double *x, double *y)
{
    (void)n, (void)k, (void)x, (void)y;
}

static void constant_c(int n, int k, const double *x, double *y)
{
    (void)k, (void)x;
    vec_fill(y, n, 3);
}

RUN_CASE(danger_unused)
{
    double x[3], y[3];
    FOR_TRIPS (k) {
        rnd_fill_in(x, 3, -1, 1);
        rnd_fill(y, 3);
        CHECK_SCALAR(only_a, only_a_c, 3, k, x);
        CHECK_MAP(overwrite, overwrite_c, 3, k, x, y);
        CHECK_MAP(nothing, nothing_c, 3, k, x, y);
        CHECK_MAP(constant, constant_c, 3, k, x, y);
    }
    double x_bar[3] = {1, 2, 3}, y_bar[3] = {4, 5, 6};
    overwrite_vjp(3, 0, x, y, x_bar, y_bar);
    CHECK(y_bar[0] == 0 && y_bar[1] == 0 && y_bar[2] == 0);
    CHECK_CLOSE(x_bar[1], 2 + 5 * 2 * x[1], 1e-15);
}
