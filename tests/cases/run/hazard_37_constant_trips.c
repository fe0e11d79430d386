// hazard_37_constant_trips.c - the checks of hazard_37_constant_trips.ad.
#include "harness.h"

static double body_c(double s, double x, int i)
{
    return s * cos(x * s) + 0.1 * i * x;
}

static double reference(int n, int k, const double *x)
{
    static const int trips[5] = {1, 4, 5, 16, 17};
    double v[6] = {x[1], x[0], x[1], 1, 0.5, x[2]};
    (void)n, (void)k;
    for (int l = 0; l < 5; l++)
        for (int i = 0; i < trips[l]; i++)
            v[l + 1] = body_c(v[l + 1], v[l], i);
    for (int i = 0; i < 3; i++)
        for (int j = i; j < 3; j++)
            v[5] = body_c(v[5], x[j], i - j);
    return v[5] * v[4];
}

RUN_CASE(hazard_37_constant_trips)
{
    double x[3] = {0.6, -0.4, 0.8}, a[3], b[3];
    CHECK_SCALAR(constant, reference, 3, 1, x);
    CHECK_SCALAR(dynamic, reference, 3, 1, x);
    constant_grad(3, 1, x, a);
    dynamic_grad(3, 1, x, b);
    CHECK_ALL(a, b, 3, 1e-14);
}
