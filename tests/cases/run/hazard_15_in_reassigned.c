// hazard_15_in_reassigned.c - the checks of hazard_15_in_reassigned.ad.
#include "harness.h"

static double grow_c(double v, int k)
{
    while (k-- > 0)
        v = v * v * 0.5 + 0.3;
    return 2 * v;
}

static double caller_c(int n, int k, const double *x)
{
    double b = grow_c(x[0], k % 7) + grow_c(x[0] * x[0], 1);
    (void)n;
    return x[0] * b + b * x[0] * x[2] + (k + 1) * x[1];
}

RUN_CASE(hazard_15_in_reassigned)
{
    double x[3] = {0.4, -0.8, 1.2}, x_bar = 0.5, y_bar = -0.25, dot = 0;
    FOR_TRIPS (k)
        CHECK_SCALAR(caller, caller_c, 3, k, x);
    // 3 xy (xy + y)^2
    double p = 0.7 * 1.3, q = p + 1.3, dp = 3 * q * q + 6 * p * q, dq = 6 * p * q;
    CHECK_CLOSE(plain_vjp(0.7, 1.3, 3, 2.0, &x_bar, &y_bar), 3 * p * q * q, 1e-15);
    CHECK_CLOSE(x_bar, 0.5 + 2 * 1.3 * dp, 1e-14);
    CHECK_CLOSE(y_bar, -0.25 + 2 * (0.7 * dp + dq), 1e-14);
    plain_jvp(0.7, 1.3, 3, 0.3, -0.6, &dot);
    CHECK_CLOSE(2 * dot, 0.3 * (x_bar - 0.5) - 0.6 * (y_bar + 0.25), 1e-14);
}
