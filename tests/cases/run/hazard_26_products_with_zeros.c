// hazard_26_products_with_zeros.c - the checks of hazard_26_products_with_zeros.ad.
#include "harness.h"

static double product_c(int n, int k, const double *x)
{
    double p = 1, q = 1;
    for (int i = 0; i < n; i++) {
        p *= x[i];
        q *= i < k ? x[i] : 1;
    }
    return p + p * q;
}

static double by_loop_c(int n, int k, const double *x)
{
    double p = 1, s = 0;
    for (int i = 0; i < n; i++) {
        p *= x[i];
        s += i < k ? p : 0;
    }
    return p + s;
}

static double axis_c(int n, int k, const double *x)
{
    double s = 0, p = 1, q = 1, c = 0;
    (void)k;
    for (int i = 0; i < n; i++) {
        s += x[i] * (x[i] + 1) * x[i];
        p *= x[i];
        q *= x[i] + 1;
        c += x[i];
        s += c * c;
    }
    return s + 0.5 * p - 2 * q;
}

RUN_CASE(hazard_26_products_with_zeros)
{
    static const double at[4][4] = {{0.5, -0.8, 1.3, 0.7}, {0.5, 0, 1.3, 0.7}, {0.5, 0, 1.3, 0}, {0, 0, 0, -1}};
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 4; k++) {
            CHECK_SCALAR(product, product_c, 4, k, at[i]);
            CHECK_SCALAR(by_loop, by_loop_c, 4, k, at[i]);
            CHECK_SCALAR(axis, axis_c, 4, k, at[i]);
        }
    CHECK_SCALAR(product, product_c, 1, 1, at[0]);
    CHECK_SCALAR(product, product_c, 0, 0, at[0]);
}
