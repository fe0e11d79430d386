// hazard_12_conditions_act.c - the checks of hazard_12_conditions_act.ad.
#include "harness.h"

static double in_while_c(int n, int k, const double *x)
{
    double by = 1.5 + x[1] * x[1], v = (6 + x[0] * x[0]) / by, s = 0;
    (void)n, (void)k;
    for (; v > 0.4; v /= by)
        s += v * v;
    return s + v;
}

static double in_for_c(int n, int k, const double *x)
{
    double s = x[0];
    for (int i = 0;; i++) {
        s = s * cos(x[i % n]) + x[i % n];
        if (i + 1 > k)
            return s * s;
        s = s + 0.3 * sin(s) * x[i % n];
    }
}

static double in_subscript_c(int n, int k, const double *x)
{
    double s = 0.4, a[8], sum = 0;
    for (int i = 0; i < n; i++)
        a[i] = x[i];
    for (int t = 0; t < k; t++) {
        s = s * cos(x[0]) + x[0];
        a[2 * t % n] += s;
        s = s * cos(x[1]) + x[1];
        a[(2 * t + 1) % n] *= 0.5;
    }
    for (int i = 0; i < n; i++)
        sum += a[i] * x[i];
    return sum + s;
}

static double order_c(int n, int k, const double *x)
{
    double s0 = x[0], s = s0 * cos(x[1]) + x[1], t = s0 * 1 + s;
    (void)n, (void)k;
    t = (t + s) * s;
    s = s * cos(t) + t; // next gives 2
    t = t * s;
    s = s * cos(t) + t; // 3
    t = t * s;
    return t + s / x[2] * (s / x[2]);
}

static double real_variable_c(int n, int k, const double *x)
{
    double s = 0;
    (void)n, (void)k;
    for (double v = x[0]; v < x[1] + 2; v += 0.37 + 0.1 * x[2] * x[2])
        s += v * v * x[2];
    for (double v = 2; v > 0.21; v *= 0.5 + 0.1 * x[0])
        s = s * 0.9 + v;
    return s;
}

RUN_CASE(hazard_12_conditions_act)
{
    double x[3] = {0.4, 0.55, 0.9};
    CHECK_SCALAR(in_while, in_while_c, 3, 0, x);
    CHECK_SCALAR(order, order_c, 3, 0, x);
    CHECK_SCALAR(real_variable, real_variable_c, 3, 0, x);
    FOR_TRIPS (k) {
        CHECK_SCALAR(in_for, in_for_c, 3, k < 7 ? k : 7, x);
        CHECK_SCALAR(in_subscript, in_subscript_c, 3, k < 7 ? k : 7, x);
    }
}
