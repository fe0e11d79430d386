// hazard_02_in_place.c - the checks of hazard_02_in_place.ad.
#include "harness.h"

static void sweep_c(int n, int k, const double *x, double *y)
{
    for (int t = 0; t < k; t++)
        for (int i = 1; i < n; i++)
            y[i] = sin(y[i]) * y[i - 1] + x[i];
}

static void add_c(int n, int k, const double *x, double *y)
{
    for (int t = 0; t < k; t++)
        for (int i = 0; i < n; i++)
            y[i] = y[i] + 0.1 * x[i] * y[(i + t) % n];
}

static void whole_c(int n, int k, const double *x, double *y)
{
    for (int t = 0; t < k; t++) {
        double first = y[0];
        for (int i = 0; i < n; i++)
            y[i] = cos(y[i] * x[i]) + 0.2 * first;
        for (int i = 0; i < n; i++)
            y[i] = y[i] * (0.9 * y[i]);
    }
}

static void divide_c(int n, int k, const double *x, double *y)
{
    for (int i = 0; i < n && i < k; i++)
        y[i] = x[i] / (1.5 + y[0] * y[0]);
}

static void backwards_c(int n, int k, const double *x, double *y)
{
    for (int t = 0; t < k; t++)
        for (int i = n - 1; i >= 0; i--)
            y[i] = 0.5 * y[i] * y[n - 1 - i] + tanh(x[i]);
}

RUN_CASE(hazard_02_in_place)
{
    FOR_TRIPS (k) {
        double x[4], y[4];
        rnd_fill_in(x, 4, 0.1, 0.6);
        rnd_fill_in(y, 4, -0.9, 0.9);
        CHECK_MAP(sweep, sweep_c, 4, k, x, y);
        CHECK_MAP(add, add_c, 4, k < 10 ? k : 10, x, y);
        CHECK_MAP(whole, whole_c, 4, k, x, y);
        CHECK_MAP(divide, divide_c, 4, k, x, y);
        CHECK_MAP(backwards, backwards_c, 4, k, x, y);
    }
    double x[1] = {0.4}, y[1] = {0.7};
    CHECK_MAP(sweep, sweep_c, 1, 3, x, y);
    CHECK_MAP(backwards, backwards_c, 1, 3, x, y);
}
