// hazard_16_called_twice.c - the checks of hazard_16_called_twice.ad.
#include "harness.h"

static double ll_c(int n, const double *x, double by)
{
    double s = 0;
    for (int i = 0; i < n; i++)
        s += sin(by * x[i]) * by * x[i];
    return s;
}

static double g_c(double a, double b)
{
    return a * exp(-b) + b;
}

static double twice_c(int n, int k, const double *x)
{
    double l = ll_c(n, x, 1);
    (void)k;
    return l + l * l + ll_c(n, x, 0.5);
}

static double same_array_c(int n, int k, const double *x)
{
    double xx = 0, xc = 0, cx = 0, cc = 0;
    for (int i = 0; i < n; i++) {
        double a = x[i], b = x[n - 1 - i];
        xx += a * a * b;
        xc += a * a * cos(b);
        cx += cos(a) * cos(a) * b;
        cc += cos(a) * cos(a) * cos(b);
    }
    double both[2][2] = {{xx, xc}, {cx, cc}};
    return xx + xc + cc + both[k % 2][k / 2 % 2] * both[k / 2 % 2][k % 2];
}

static double nested_c(int n, int k, const double *x)
{
    double v = sin(g_c(g_c(x[0], x[1]), g_c(x[1], x[0]))), twice_shifted[8];
    for (int i = 0; i < k; i++)
        v = 0.5 * sin(g_c(v, g_c(v, v) * 0.1));
    for (int i = 0; i < n; i++)
        twice_shifted[i] = x[i] * x[(i + 1) % n] * x[(i + 1) % n] * x[(i + 2) % n];
    return v + ll_c(n, twice_shifted, 1) + g_c(x[0], x[0]);
}

RUN_CASE(hazard_16_called_twice)
{
    double x[4];
    FOR_TRIPS (k) {
        rnd_fill_in(x, 4, -1, 1);
        CHECK_SCALAR(twice, twice_c, 4, k, x);
        CHECK_SCALAR(same_array, same_array_c, 4, k, x);
        CHECK_SCALAR(nested, nested_c, 4, k, x);
    }
}
