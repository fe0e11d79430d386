// hazard_11_condition_overwritten.c - the checks of hazard_11_condition_overwritten.ad.
#include "harness.h"

static double branch_c(int n, int k, const double *x)
{
    double a = x[0], s = 0;
    (void)n;
    for (int i = 0; i < k; i++)
        if (a > 0) {
            s = s + a * x[1];
            a = a - 0.7 - 0.1 * a * a;
        } else {
            s = s * 0.5 - a * a;
            a = -a + 0.2 * x[2];
        }
    return s * a;
}

static double double_up_c(int n, int k, const double *x)
{
    double square = 0, sum = 0, factor = 2;
    (void)k;
    for (int i = 0; i < n; i++) {
        square += x[i] * x[i];
        sum += x[i];
    }
    while (factor * sqrt(square) < 1000)
        factor *= 2;
    return factor * square * (sum > 0 ? 1 : 100);
}

RUN_CASE(hazard_11_condition_overwritten)
{
    double x[3] = {1.9, 0.4, 0.77}, minus[3] = {-1.1, 0.4, 0.3}, one[1] = {-0.65};
    for (int k = 0; k < 9; k++) {
        CHECK_SCALAR(branch, branch_c, 3, k, x);
        CHECK_SCALAR(branch, branch_c, 3, k, minus);
    }
    CHECK_SCALAR(double_up, double_up_c, 3, 0, x);
    CHECK_SCALAR(double_up, double_up_c, 3, 0, minus);
    CHECK_SCALAR(double_up, double_up_c, 1, 0, one);
    double big[2] = {700, 900}, g[2];
    double_up_grad(2, 0, big, g);
    CHECK_CLOSE(g[1], 2 * 2 * 900, 1e-14);
}
