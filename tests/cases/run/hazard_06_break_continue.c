// hazard_06_break_continue.c - the checks of hazard_06_break_continue.ad.
#include "harness.h"

static double stop_c(int n, int k, const double *x)
{
    double s = 0.5;
    for (int i = 0; i <= k; i++) {
        if (i > 0)
            s = sin(s) + x[0] * s;
        s = s * 0.8 + x[i % n] * x[i % n];
    }
    return s * s;
}

static double stop_by_value_c(int n, int k, const double *x)
{
    double s = 0, t = 1;
    for (int i = 0; i < k; i++) {
        t *= cos(x[i % n]);
        if (s > 2)
            return s * t;
        s += x[i % n] * t + 0.3;
    }
    return s * t;
}

static double skip_c(int n, int k, const double *x)
{
    double s = 1;
    for (int i = 0; i < k; i++) {
        s += 0.2 * x[i % n];
        if (i % 3 != 1) {
            s *= cos(s);
            if (x[i % n] >= 0)
                s *= x[i % n];
        }
    }
    return s;
}

static double both_c(int n, int k, const double *x)
{
    double s = 0.2;
    int i = 1;
    for (;; i++) {
        s = s * x[i % n];
        if (i > k)
            break;
        if (i % 2 == 0)
            s += x[0];
        else if ((s = tanh(s) + 0.5) > 1.4)
            break;
        else
            s *= 1.1;
    }
    return s + x[1] * i;
}

static double nested_c(int n, int k, const double *x)
{
    double s = 0.1;
    for (int i = 0; i < k; i++) {
        for (int j = 0; j < n && j <= i % n; j++) {
            s = sin(s + x[j]);
            if ((i + j) % 4 != 2)
                s = s * x[j] + 0.1;
        }
        if (i == 17)
            break;
        s -= 0.5 * s * s;
    }
    return s;
}

RUN_CASE(hazard_06_break_continue)
{
    FOR_TRIPS (k) {
        double x[4] = {0.35, 0.8, -0.45, 0.6};
        CHECK_SCALAR(stop, stop_c, 4, k, x);
        CHECK_SCALAR(stop_by_value, stop_by_value_c, 4, k, x);
        CHECK_SCALAR(skip, skip_c, 4, k, x);
        CHECK_SCALAR(both, both_c, 4, k, x);
        CHECK_SCALAR(nested, nested_c, 4, k, x);
    }
}
