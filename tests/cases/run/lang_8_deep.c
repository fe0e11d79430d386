// lang_8_deep.c - the checks of lang_8_deep.ad.
#include "harness.h"

static double deep_c(int n, int k, const double *x)
{
    double v = x[0], s = 0;
    (void)n;
    for (; k > 0; k--) {
        s += 0.0001 * v;
        v = v * 0.999 + 0.001;
    }
    return (v + s) * x[1];
}

RUN_CASE(lang_8_deep)
{
    double x[2] = {0.7, -1.3}, g[2];
    FOR_TRIPS (k)
        CHECK_SCALAR(deep, deep_c, 2, k, x);
    deep_grad(2, 3000, x, g);
    CHECK_CLOSE(deep(2, 3000, x), deep_c(2, 3000, x), 1e-12);
    CHECK_CLOSE(g[1], deep_c(2, 3000, x) / x[1], 1e-12);
    double a = x[0], b = x[1];
    double t =
        a - (b - (a - (b - (a * (b - (a / (b + (a - (b * (a + (b - (a * b)))))))))))) * -(-(a - -b)) / -(a * a + 1);
    CHECK_CLOSE(wide(2, 0, x), t, 1e-14);
}
