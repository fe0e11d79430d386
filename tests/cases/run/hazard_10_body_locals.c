// hazard_10_body_locals.c - the checks of hazard_10_body_locals.ad.
#include "harness.h"

static double fresh_c(int n, int k, const double *x)
{
    double s = 0;
    for (int i = 0; i < k; i++) {
        double u = x[i % n];
        s = 0.5 * s + (i % 2 == 0 ? sin(u * u + u * u + u) : sin(0));
    }
    return s;
}

static double once_more_c(int n, int k, const double *x)
{
    double s = cos(x[0] * x[0]) + 0.1 * x[0];
    for (int i = 1; i < k; i++)
        s = cos(s * x[i % n]) + 0.1 * s;
    return s * s;
}

static double do_by_value_c(int n, int k, const double *x)
{
    double s = fabs(x[0]), p = 1;
    (void)n;
    do {
        s *= 1.3 + 0.1 * fabs(x[1]);
        p *= s;
        if (p > 50)
            return p + s;
        p *= k == 0 ? 1 : 0.8;
    } while (s < 3);
    return p + s;
}

RUN_CASE(hazard_10_body_locals)
{
    FOR_TRIPS (k) {
        double x[3] = {0.7, -0.45, 1.2};
        CHECK_SCALAR(fresh, fresh_c, 3, k, x);
        CHECK_SCALAR(once_more, once_more_c, 3, k, x);
        CHECK_SCALAR(do_by_value, do_by_value_c, 3, k, x);
    }
}
