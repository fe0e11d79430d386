// hazard_13_many_trips.c - the checks of hazard_13_many_trips.ad.
#include "harness.h"

static double many_c(int k, const double *x, double *bar)
{
    double s = x[0], d0 = 1, d1 = 0;
    for (int i = 0; i < k; i++)
        if (s > 0.9) {
            s *= 0.3;
            d0 *= 0.3;
            d1 *= 0.3;
        } else {
            d1 = d1 + 0.003 * (x[1] * d1 + s);
            d0 = d0 + 0.003 * x[1] * d0;
            s = s + 0.003 * x[1] * s + 0.001;
        }
    bar[0] = d0;
    bar[1] = d1;
    return s;
}

static double down_c(int n, int k, const double *x)
{
    double s = 1;
    for (int i = k; i > -k; i -= 3)
        s = cos(s * x[abs(i) % n]);
    for (int i = -k; i <= k; i++)
        s += 0.01 * i * x[0] * s;
    return s;
}

RUN_CASE(hazard_13_many_trips)
{
    double x[2] = {0.2, 0.5}, got[2], want[2];
    for (int k = 1; k <= 1000000; k *= 10) {
        CHECK_CLOSE(many_grad(2, k, x, got), many_c(k, x, want), 1e-9);
        CHECK_ALL(got, want, 2, 1e-9);
    }
    FOR_TRIPS (k)
        CHECK_SCALAR(down, down_c, 2, k < 12 ? k : 12, x);
}
