// hazard_20_self_reference.c - the checks of hazard_20_self_reference.ad.
#include "harness.h"

static double itself_c(int n, int k, const double *x)
{
    double v = 2 * x[0] * x[0], w[8];
    for (int i = 0; i < n; i++)
        w[i] = x[i];
    v = v - 0.25 * v * v;
    v = v / (v + 2);
    for (int i = 0; i < k; i++) {
        w[i % n] = w[i % n] * w[i % n] + w[(i + 1) % n];
        for (int j = 0; j < n; j++)
            w[j] = w[j] - 0.1 * w[j] * w[j];
        double first = w[0];
        for (int j = 0; j < n; j++) {
            w[j] = w[j] * first;
            w[j] = w[j] / (1 + w[j] * w[j]);
        }
        v = 2 * (v - v * w[0]);
        v = v / (v * v + 1);
    }
    return v * v * n + 1;
}

RUN_CASE(hazard_20_self_reference)
{
    double x[3] = {0.8, -0.6, 0.45};
    FOR_TRIPS (k)
        CHECK_SCALAR(itself, itself_c, 3, k < 6 ? k : 6, x);
}
