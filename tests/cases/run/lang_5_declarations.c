// lang_5_declarations.c - the checks of lang_5_declarations.ad.
#include "harness.h"

static double declarations_c(int n, int k, const double *x)
{
    double s = 0, xs = 0;
    for (int t = 0; t < k; t++)
        s = s * 0.5 + (t % 2 == 0 ? x[t % n] : -x[t % n]) + (t % 2 == 1 ? 1 : x[3 % n]) * 2 * x[0] + t * 0.1 * x[0];
    s += x[0];
    for (int i = 0; i < n; i++)
        xs += x[i] * x[0];
    return x[0] * (2 * s + x[1]) + (x[0] + x[0] + 2 * x[0]) * 3 + xs;
}

RUN_CASE(lang_5_declarations)
{
    double x[2] = {0.7, -0.4};
    FOR_TRIPS (k)
        CHECK_SCALAR(declarations, declarations_c, 2, k, x);
}
