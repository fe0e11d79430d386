// hazard_07_early_return.c - the checks of hazard_07_early_return.ad.
#include "harness.h"

static double find_c(int n, int k, const double *x)
{
    double s = 0;
    for (int i = 0; i < n && i <= k; i++)
        s = s + x[i] * x[i] * (1 + s);
    return k < n ? s * x[0] : s;
}

static double before_loop_c(int n, int k, const double *x)
{
    double s = 1, t = 0.5;
    for (int i = 0; i < k; i++)
        s = sin(s) + x[i % n] * s;
    for (int i = 1; i < k; i++)
        t = t * x[i % n] + 0.2 * s;
    return k == 0 ? 0 : k == 1 ? x[0] * x[1] : k == 2 ? s : t * s;
}

static double deep_c(int n, int k, const double *x)
{
    double s = 0.2;
    for (int i = 0, seen = 0; i < n; i++) {
        double row = x[i];
        for (int j = 0; j < n; j++, seen++) {
            row = row * 0.7 + x[j] * s;
            if (seen == k)
                return row * s;
            if (row > 1.1)
                return (s + 0.1 * row * (k % 3 + 1)) * x[j];
        }
        s += row;
    }
    return s * s;
}

static double in_callee_c(int n, int k, const double *x)
{
    double s = 0;
    for (int i = 0; i < n; i++) {
        double a = fabs(x[i]), b = a;
        int left = (k + i) % 4;
        while (b < 10 && left > 0) {
            b = b * 2 + a;
            left--;
        }
        s = 0.1 * s * s + (b < 10 ? b * b : b);
    }
    return s;
}

RUN_CASE(hazard_07_early_return)
{
    FOR_TRIPS (k) {
        double x[5] = {0.4, -0.7, 0.55, 0.9, -0.3}, big[5] = {0.5, 0.9, 0.8, 1.7, 0.2};
        CHECK_SCALAR(find, find_c, 5, k, x);
        CHECK_SCALAR(before_loop, before_loop_c, 5, k < 9 ? k : 9, x);
        CHECK_SCALAR(deep, deep_c, 5, k, x);
        CHECK_SCALAR(deep, deep_c, 5, k, big);
        CHECK_SCALAR(deep, deep_c, 5, 8 + k, big);
        CHECK_SCALAR(in_callee, in_callee_c, 5, k, x);
    }
}
