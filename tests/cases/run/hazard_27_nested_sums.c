// hazard_27_nested_sums.c - the checks of hazard_27_nested_sums.ad.
#include "harness.h"

static double total_c(int n, int k, const double *x)
{
    double s = 0, pairs = 0;
    for (int j = 0; j < n; j++)
        for (int l = j; l < n; l++)
            pairs += x[j] * x[l];
    for (int i = 0; i < k; i++)
        s += pairs * x[i % n];
    return s;
}

static void spread_c(int n, int k, const double *x, double *y)
{
    for (int i = 0; i < k; i++) {
        double part = 0;
        for (int j = 0; j < n; j++) {
            part += x[j] * x[(i + j) % n];
            y[0] += 0.1 * part * x[j];
        }
        y[i % n] += part;
        y[1] *= i % 4 == 3 ? 0.2 + 0.01 * part : 1;
    }
}

static double fused_trap_c(int n, int k, const double *x)
{
    double s = 0;
    for (int i = 0; i < n; i++)
        s += x[i] * x[i] * x[i];
    return s * s + (k % n == 1 ? 0 : x[1]) + (k % n == 0 ? 0 : x[0]) * s;
}

RUN_CASE(hazard_27_nested_sums)
{
    double x[4], y[4];
    FOR_TRIPS (k) {
        rnd_fill(x, 4);
        rnd_fill(y, 4);
        CHECK_SCALAR(total, total_c, 4, k, x);
        CHECK_MAP(spread, spread_c, 4, k, x, y);
        CHECK_SCALAR(fused_trap, fused_trap_c, 4, k, x);
    }
}
