// hazard_05_integer_state.c - the checks of hazard_05_integer_state.ad.
#include "harness.h"

static double counters_c(int n, int k, const double *x)
{
    double s = 0.3;
    int at = 0, step = 1;
    for (int t = 0; t < k; t++) {
        s = sin(s * x[(((at + t) % n) * 3 + 1) % n]) + 0.2 * x[at];
        at = (at + step) % n;
        step += 2;
    }
    return s * x[at];
}

static double bounds_c(int n, int k, const double *x)
{
    double s = 0;
    int hi = n, m = 1;
    for (int i = 0; i < hi; i++) {
        s += x[i] * x[i];
        hi -= i % 2 == 0 && k > 0;
    }
    for (; m < k; m = 2 * m + 1)
        s = s + x[m % n] * s * 0.1;
    return s * m;
}

static double mask_c(int n, int k, const double *x)
{
    double s = 0;
    bool on[8] = {false};
    for (int t = 0; t < k; t++)
        for (int i = 0; i < n; i++) {
            s = on[i] ? 0.5 * s + x[i] * x[i] : s * cos(x[i]) + 1;
            on[i] = !on[i] && (i + t) % 3 != 0;
        }
    return s;
}

static double forms_c(int n, int k, const double *x)
{
    int i = k, j = 7;
    double s = 1;
    for (int t = 100; t > 100 - k; t -= 3) {
        i = (i + t) % n + 1;
        j = (j * 3 - t) / 2 - 1;
        j = abs(j);
        s = s * 0.5 + x[i % n] * x[j % n] * s;
    }
    return s;
}

RUN_CASE(hazard_05_integer_state)
{
    double x[5];
    FOR_TRIPS (k) {
        rnd_fill_in(x, 5, 0.2, 0.9);
        CHECK_SCALAR(counters, counters_c, 5, k, x);
        CHECK_SCALAR(bounds, bounds_c, 5, k, x);
        CHECK_SCALAR(mask, mask_c, 5, k, x);
        CHECK_SCALAR(forms, forms_c, 5, k < 20 ? k : 20, x);
    }
}
