// hazard_08_across_loops.c - the checks of hazard_08_across_loops.ad.
#include "harness.h"

static double across_c(int n, int k, const double *x)
{
    double a = x[0] * x[1], b0 = exp(-a), b = b0, c = 0, count = k * (k - 1) / 2;
    for (int i = 0; i < k; i++)
        c += x[i % n] * b0;
    double d = a * c * a * c + b0;
    for (int i = 0; i < k; i++) {
        d = d * 0.9 + a * 0.1;
        b *= cos(d);
    }
    return a * b + d * c + count * x[1];
}

RUN_CASE(hazard_08_across_loops)
{
    FOR_TRIPS (k) {
        double x[4] = {0.3, -0.4, 0.5, -0.42};
        CHECK_SCALAR(across, across_c, 4, k, x);
    }
}
