// hazard_29_guarded_second_order.c - the checks of hazard_29_guarded_second_order.ad.
#include "harness.h"

static double smooth_c(int n, int k, const double *x)
{
    double s = 0;
    (void)k;
    for (int i = 0; i < n; i++)
        s += log1p(exp(-fabs(x[i]))) * (1 + i) + fmax(x[i], 0) * (1 + i) + 1 / (1 + exp(-2 * x[i])) + tanh(x[i]) +
             expm1(0.1 * x[i]) + log1p(x[i] * x[i]) + erf(x[i]);
    return s;
}

static double extremes_c(int n, int k, const double *x)
{
    double s = 0, t = 0, hi = -INFINITY, lo = INFINITY;
    (void)k;
    for (int i = 0; i < n; i++) {
        s += exp(x[i]);
        t += exp(x[i]) * x[i] * x[i];
        hi = fmax(hi, x[i]);
        lo = fmin(lo, x[i]);
    }
    return log(s) + t / s + hi * lo;
}

RUN_CASE(hazard_29_guarded_second_order)
{
    static const double at[5] = {-4, -0.3, 0, 0.6, 5};
    CHECK_SCALAR(smooth, smooth_c, 5, 0, at);
    CHECK_SCALAR(extremes, extremes_c, 5, 0, at);
    static const double far[] = {-800, -40, 40, 800};
    for (int i = 0; i < 4; i++) {
        double x = far[i], g, gd, dot;
        CHECK_CLOSE(plus_hvp(x, &g, 1, &gd, &dot), x > 0 ? x : 0, 1e-15);
        CHECK_CLOSE(g, x > 0, 1e-15);
        CHECK_CLOSE(gd, 0, 1e-15);
        CHECK_CLOSE(logistic_hvp(x, &g, 1, &gd, &dot), x > 0, 1e-15);
        CHECK_CLOSE(g, 0, 1e-15);
        CHECK_CLOSE(gd, 0, 1e-15);
    }
}
