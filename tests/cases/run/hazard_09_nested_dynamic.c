// hazard_09_nested_dynamic.c - the checks of hazard_09_nested_dynamic.ad.
#include "harness.h"

static double triangle_c(int n, int k, const double *x)
{
    double s = 0.1;
    for (int i = 0; i < k; i++)
        for (int j = i % 4; j < i % 7; j++)
            s = s * 0.9 + x[i % n] * x[j % n] * cos(s);
    return s;
}

static double halving_c(int n, int k, const double *x)
{
    double s = 0;
    for (int i = 0; i < k; i++) {
        double v = x[i % n] * (i + 1);
        while (fabs(v) > 0.7) {
            v = 0.5 * v + 0.05 * s;
            for (double u = v; u > 0.4; u = u - 0.15)
                s += 0.01 * u * v;
        }
        s += v * v;
    }
    return s;
}

static double three_c(int n, int k, const double *x)
{
    double s = 0.5;
    for (int a = 0; a < k; a += 1 + a / 3) {
        int b = 0;
        do {
            for (int c = b; c < a && c < 4; c++)
                s = sin(s + x[c % n] * x[b % n]);
            b += 2;
            s *= 0.95;
        } while (b < a && b < 5);
    }
    return s;
}

RUN_CASE(hazard_09_nested_dynamic)
{
    double x[4] = {0.31, -0.52, 0.83, -0.24}, y[2] = {0.61, -0.37};
    FOR_TRIPS (k) {
        CHECK_SCALAR(triangle, triangle_c, 4, k, x);
        CHECK_SCALAR(three, three_c, 4, k, x);
        CHECK_CLOSE(halving(2, k < 4 ? k : 4, y), halving_c(2, k < 4 ? k : 4, y), 1e-13);
    }
    for (int k = 0; k < 4; k++)
        CHECK_SCALAR(halving, halving_c, 2, k, y);
}
