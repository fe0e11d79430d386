// hazard_21_live_paths.c - the checks of hazard_21_live_paths.ad.
#include "harness.h"

static double delayed_c(int n, int k, const double *x)
{
    double s = 0, a = 0, b = 0, c = 0;
    for (int i = 0; i < k; i++) {
        s += c;
        c = b * b;
        b = a + 0.3;
        a = x[i % n];
    }
    return s;
}

static double paths_c(int n, int k, const double *x)
{
    double a = 0;
    for (int i = 0; i < n; i++)
        a += x[i] > 0 ? x[i] * x[i] : 0;
    double c = k % 2 ? x[0] : 2 * x[0];
    return a * a + (k > 0 ? x[0] * x[0] : 0) + (k > 1 ? x[1] * x[1] : 0) + c;
}

RUN_CASE(hazard_21_live_paths)
{
    double x[4] = {0.6, -0.3, 0.8, 0.5};
    FOR_TRIPS (k) {
        CHECK_SCALAR(delayed, delayed_c, 4, k, x);
        CHECK_SCALAR(paths, paths_c, 4, k, x);
    }
    double g[4] = {5, 5, 5, 5}, dot;
    CHECK_CLOSE(idle_grad(0.5, 1, 1, 3.7, &g[0], &g[1], &g[2], &g[3]), 3, 1e-15);
    CHECK(g[0] == 6 && g[1] == 0 && g[2] == 0 && g[3] == 0);
    double b[4] = {1, 2, 3, 4};
    idle_vjp(0.5, 1, -1, 3.7, 0.5, &b[0], &b[1], &b[2], &b[3]);
    CHECK(b[0] == 2.5 && b[1] == 2 && b[2] == 3 && b[3] == 4);
    idle_jvp(0.5, 1, 1, 3.7, 0, 5, 6, 7, &dot);
    CHECK(dot == 0);
}
