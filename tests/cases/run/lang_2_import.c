// lang_2_import.c - the checks of lang_2_import.ad.
#include "harness.h"

// 1 + x + x^2/2 + x^3/6 and its derivatives
static double series_c(double x, int order)
{
    double s = 0, term = 1;
    for (int i = 0; i < 4 - order; i++) {
        s += term;
        term *= x / (i + 1);
    }
    return s;
}

RUN_CASE(lang_2_import)
{
    double x = 0.8, g, d = -0.25 * x;
    CHECK_CLOSE(use(x), series_c(x, 0) * series_c(d, 0) + 0.25 * series_c(x, 1), 1e-15);
    CHECK_CLOSE(use_grad(x, &g), use(x), 1e-15);
    CHECK_CLOSE(g, series_c(x, 1) * series_c(d, 0) - 0.25 * series_c(x, 0) * series_c(d, 1) + 0.25 * series_c(x, 2),
                1e-15);
}
