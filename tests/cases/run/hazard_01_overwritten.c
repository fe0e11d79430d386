// hazard_01_overwritten.c - the checks of hazard_01_overwritten.ad.
#include "harness.h"

static double chain_c(int n, int k, const double *x)
{
    double v = x[0];
    (void)n;
    for (int i = 0; i < k; i++)
        v = sin(v) * x[1] + cos(x[2] * v);
    return v * v;
}

static double divisor_c(int n, int k, const double *x)
{
    double v = x[0], w = 1;
    (void)n;
    for (int i = 0; i < k; i++) {
        v = x[1] / (2 + v * v);
        w = tanh(w + exp(-v * v) * x[2]) + 0.3 * v;
        w = w * exp(-0.1 * w);
    }
    return v * w;
}

static double after_c(int n, int k, const double *x)
{
    double s = x[0];
    for (int i = 0; i < k; i++)
        s += 0.1 * x[i % n] * x[(i + 1) % n];
    return sin(s * s * x[1]) * (s * s * x[1] - s * s);
}

RUN_CASE(hazard_01_overwritten)
{
    FOR_TRIPS (k) {
        double x[3] = {0.3, 0.8, -0.6}, y[3];
        CHECK_SCALAR(chain, chain_c, 3, k, x);
        rnd_fill(y, 3);
        CHECK_SCALAR(divisor, divisor_c, 3, k, y);
        rnd_fill_in(y, 3, 0.1, 0.4);
        CHECK_SCALAR(after, after_c, 3, k, y);
    }
}
