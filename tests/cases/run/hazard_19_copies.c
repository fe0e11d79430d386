// hazard_19_copies.c - the checks of hazard_19_copies.ad.
#include "harness.h"

static double copies_c(int n, int k, const double *x)
{
    double a[8], b[8], s = 0, ab = 0;
    for (int i = 0; i < n; i++)
        a[i] = b[i] = x[i];
    for (int t = 0; t < k; t++) {
        for (int i = 0; i < n; i++)
            if (t % 2 == 0)
                b[i] = a[i];
            else
                a[i] = 0.5 * b[i] + x[i];
        if (t % 2 == 0)
            b[0] = sin(b[1]);
        a[t % n] *= b[0];
        double c0 = a[0];
        a[0] = 0.3;
        s += c0 * a[n - 1] + b[n - 1];
    }
    for (int i = 0; i < n; i++)
        ab += a[i] * b[i];
    return s + (k > 1 ? x[0] * x[0] : x[0]) * 2 + ab;
}

RUN_CASE(hazard_19_copies)
{
    double x[3] = {0.7, -0.4, 0.9};
    FOR_TRIPS (k)
        CHECK_SCALAR(copies, copies_c, 3, k, x);
}
