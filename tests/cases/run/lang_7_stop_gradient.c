// lang_7_stop_gradient.c - the checks of lang_7_stop_gradient.ad.
#include "harness.h"

static double everywhere_c(int n, int k, const double *x)
{
    double s = 1;
    for (int i = 0; i < k; i++)
        s = s * x[i % n] + sin(0.5) * x[0];
    return s;
}

RUN_CASE(lang_7_stop_gradient)
{
    double x[4] = {0, 1, 2, 3}, g[4], want[4] = {0, 1, 4, 9}, a, b, c;
    CHECK(seed_grad(4, x, g) == 36);
    CHECK_ALL(g, want, 4, 0);
    CHECK(cubic_grad(3, &a) == 54 && a == 9);
    CHECK(cubic_hvp(3, &a, 1, &b, &c) == 54 && a == 9 && b == 0 && c == 9);
    CHECK(cubic_jj(3, 2, &a, 1, &b, &c) == 54 && a == 18 && b == 0 && c == 9);
    a = 5;
    none_grad(2.6, &a);
    CHECK(a == 0);
    double at[4] = {0.3, 0.6, -0.7, 0.8};
    FOR_TRIPS (k)
        CHECK_SCALAR(everywhere, everywhere_c, 4, k, at);
}
