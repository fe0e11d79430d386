// hazard_03_work_arrays.c - the checks of hazard_03_work_arrays.ad.
#include "harness.h"

static double lse_c(int n, const double *t)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += exp(t[i]);
    return log(sum);
}

static double mixture_c(int n, int k, const double *x)
{
    double total = 0, d[8];
    for (int i = 0; i < k; i++) {
        for (int j = 0; j < n; j++) {
            double e = x[j] - 0.01 * i * x[i % n];
            d[j] = e * e;
        }
        total += lse_c(n, d) / (1 + i);
    }
    return total;
}

static double carried_c(int n, int k, const double *x)
{
    double total = 0, w[8];
    for (int i = 0; i < n; i++)
        w[i] = x[i];
    for (int i = 0; i < k; i++) {
        for (int j = 0; j < n; j++)
            w[j] = sin(w[j] * w[j]) + x[j];
        total += w[i % n] * lse_c(n, w) / (1 + i);
    }
    return total;
}

RUN_CASE(hazard_03_work_arrays)
{
    FOR_TRIPS (k) {
        double x[4] = {0.1, -0.2, 0.35, 0.15};
        CHECK_SCALAR(mixture, mixture_c, 4, k, x);
        CHECK_SCALAR(carried, carried_c, 4, k < 6 ? k : 6, x);
    }
}
