// hazard_25_extremum_per_trip.c - the checks of hazard_25_extremum_per_trip.ad.
#include "harness.h"

static double extremes_c(int n, int k, const double *x)
{
    double w[8], s = 0;
    for (int i = 0; i < n; i++)
        w[i] = x[i];
    for (int t = 0; t < k; t++) {
        int hi = 0, lo = 0;
        for (int i = 1; i < n; i++) {
            hi = w[i] > w[hi] ? i : hi;
            lo = w[i] < w[lo] ? i : lo;
        }
        s += w[hi] * w[lo] + w[hi] * 0.5;
        w[hi] *= -0.8;
        lo = 0;
        for (int i = 1; i < n; i++)
            lo = w[i] < w[lo] ? i : lo;
        w[lo] += 0.31;
        w[t % n] = w[t % n] * w[t % n] + 0.1;
    }
    return s;
}

static double running_c(int n, int k, const double *x)
{
    double lo = 100, hi = -100, at = 0;
    for (int i = 0; i < n; i++)
        lo = fmin(lo, x[i] * (1 + i % 3));
    for (int i = 0; i < 17; i++)
        if (sin(3 * i * x[i % n]) > hi) {
            hi = sin(3 * i * x[i % n]);
            at = x[(i + k) % n];
        }
    return lo * hi + at * at;
}

RUN_CASE(hazard_25_extremum_per_trip)
{
    double x[4] = {0.9, 0.33, -0.45, 0.62};
    FOR_TRIPS (k) {
        CHECK_SCALAR(extremes, extremes_c, 4, k < 5 ? k : 5, x);
        CHECK_SCALAR(running, running_c, 4, k, x);
    }
}
