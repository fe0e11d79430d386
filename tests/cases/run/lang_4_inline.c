// lang_4_inline.c - the checks of lang_4_inline.ad.
#include "harness.h"

static double gain_c(double x, double w)
{
    return x * w + sin(x);
}

static double total_c(int n, int k, const double *x)
{
    double a[8], s = 0, r = x[0];
    for (int i = 0; i < n; i++)
        a[i] = x[i];
    for (int t = 0; t < k; t++) {
        for (int i = 0; i < n && a[i] <= 2; i++)
            a[i] = gain_c(a[i], 0.3);
        s += 0.5 * a[t % n] * a[t % n];
    }
    for (int i = 0; i < k % 4; i++)
        r = gain_c(r, 0.5);
    return s + r;
}

RUN_CASE(lang_4_inline)
{
    double x[3] = {0.4, 0.9, -0.6}, big[3] = {0.4, 2.6, -0.6};
    FOR_TRIPS (k) {
        CHECK_SCALAR(total, total_c, 3, k, x);
        CHECK_SCALAR(total, total_c, 3, k, big);
    }
}
