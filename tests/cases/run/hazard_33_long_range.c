// hazard_33_long_range.c - the checks of hazard_33_long_range.ad.
#include "harness.h"

static double history_c(int n, int k, const double *x)
{
    double u[128] = {x[0], x[1]};
    for (int t = 2; t < k + 2; t++)
        u[t] = sin(u[t - 1]) + 0.4 * u[t / 2] * x[t % n];
    return u[k + 1] * u[k / 2];
}

static double run_c(int n, const double *x, int from, int to, double *s)
{
    double sum = 0;
    for (int t = from; t < to; t++) {
        *s = tanh(*s * x[t % n] + 0.1 * t);
        sum += *s * *s;
    }
    return sum;
}

static double restarted_c(int n, int k, const double *x)
{
    double s = x[0], total = 0;
    for (int i = 0; i < k; i += 7) {
        double a = run_c(n, x, i, i + i % 5, &s), b = run_c(n, x, k - i, k, &s);
        total += a * b;
    }
    return total + s;
}

static double lags_c(int n, int k, const double *x)
{
    double v[128] = {x[0], x[1], x[2]};
    for (int t = 0; t < k; t++)
        v[t + 3] = 0.5 * sin(v[t]) * v[t + 2] + x[t % n];
    return v[k] * v[k + 1] * v[k + 2];
}

RUN_CASE(hazard_33_long_range)
{
    double x[3] = {0.5, -0.7, 0.85};
    FOR_TRIPS (k) {
        CHECK_SCALAR(history, history_c, 3, k, x);
        CHECK_SCALAR(restarted, restarted_c, 3, k < 30 ? k : 30, x);
        CHECK_SCALAR(lags, lags_c, 3, k, x);
    }
}
