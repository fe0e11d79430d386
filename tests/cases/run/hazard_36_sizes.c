// hazard_36_sizes.c - the checks of hazard_36_sizes.ad.
#include "harness.h"

static double growing_c(int n, int k, const double *x)
{
    double s = 0;
    for (int i = 0; i < k; i++) {
        double t = 0, sum = 0, prod = 1, squares = 0;
        for (int j = 0; j < i % (n + 1); j++) {
            t += x[j] * x[(j + i) % n];
            sum += t;
            prod *= t;
            squares += x[j] * x[j];
        }
        s = (s + sum * (1 + prod)) * 0.7 + squares;
    }
    return s;
}

static double expressions_c(int n, int k, const double *x)
{
    int rows = n / 2 + 1;
    double s = 0, cc = 0, factor = rows * (rows - 1) / 2 + rows * x[0];
    for (int i = 1; i < n; i++) {
        s += x[i] * factor;
        cc += x[i] * factor * x[i] * factor;
    }
    for (int i = 1; i < rows * 2 + k; i++)
        s = sin(s) + x[i % n];
    return s + cc;
}

static double rank8_c(int n, int k, const double *x)
{
    double s = 0;
    (void)k;
    for (int i = 0; i < n; i++)
        s += x[i] * x[i] + 4 * pow(x[i], 4) + x[i];
    return s;
}

RUN_CASE(hazard_36_sizes)
{
    double x[4];
    FOR_TRIPS (k) {
        rnd_fill_in(x, 4, -0.9, 0.9);
        CHECK_SCALAR(growing, growing_c, 4, k, x);
        CHECK_SCALAR(expressions, expressions_c, 4, k, x);
        CHECK_SCALAR(rank8, rank8_c, 4, k, x);
    }
}
