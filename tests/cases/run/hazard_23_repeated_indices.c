// hazard_23_repeated_indices.c - the checks of hazard_23_repeated_indices.ad.
#include "harness.h"

static void scatter_add_c(int n, int k, const double *x, double *y)
{
    for (int i = 0; i < k; i++)
        y[i * i % n] += x[i % n] * x[i % n] / (i + 1);
}

static void scatter_set_c(int n, int k, const double *x, double *y)
{
    for (int i = 0; i < k; i++)
        y[i * i % n] = x[i % n] * x[i % n] + 0.1 * y[i % n];
}

static void scatter_mul_c(int n, int k, const double *x, double *y)
{
    for (int i = 0; i < k; i++)
        y[i * i % n] *= 0.5 + x[i % n];
}

static void scatter_max_c(int n, int k, const double *x, double *y)
{
    for (int i = 0; i < k; i++)
        y[i * i % n] = fmax(y[i * i % n] * 0.9, x[i % n] * (i % 3));
}

static void by_array_c(int n, int k, const double *x, double *y)
{
    for (int i = 0; i < n; i++)
        y[i / 2] += y[i * k % n] * x[i / 2] * x[i * k % n];
}

RUN_CASE(hazard_23_repeated_indices)
{
    double x[5] = {0.4, -0.7, 0.6, 0.9, 0.3}, y[5] = {0.5, 1.2, -0.8, 0.35, -0.6};
    FOR_TRIPS (k) {
        CHECK_MAP(scatter_add, scatter_add_c, 5, k, x, y);
        CHECK_MAP(scatter_set, scatter_set_c, 5, k, x, y);
        CHECK_MAP(scatter_mul, scatter_mul_c, 5, k, x, y);
        CHECK_MAP(scatter_max, scatter_max_c, 5, k < 8 ? k : 8, x, y);
        CHECK_MAP(by_array, by_array_c, 5, k, x, y);
    }
}
