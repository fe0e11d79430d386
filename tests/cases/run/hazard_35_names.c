// hazard_35_names.c - the checks of hazard_35_names.ad.
#include "harness.h"

static double shadows_c(int n, int k, const double *x)
{
    double s = 0;
    for (int i = 0; i < k; i++) {
        double v = x[i % n], w = s * v + 1;
        s = s + w * w * 0.1 * v;
        s = s > 3 ? s * 0.25 : s;
    }
    return s * x[0] + 1;
}

static double taken_c(int n, int k, const double *x)
{
    double a = x[0], t = x[1];
    for (int i = 0; i < k; i++) {
        a = sin(a) * (x[1] + x[0]) + x[0] * 2;
        t = t * 0.5 + a * 1.5 * x[1];
    }
    return a * x[1] * (t * 2) + a + 2 * sqrt(vec_dot(x, x, n)) + x[1];
}

RUN_CASE(hazard_35_names)
{
    double x[2] = {0.6, -0.8}, a = 1, b = 2, c = 3, d = 4, dot;
    FOR_TRIPS (k) {
        CHECK_SCALAR(shadows, shadows_c, 2, k, x);
        CHECK_SCALAR(taken, taken_c, 2, k, x);
    }
    CHECK(signal_(2, 3, 4) == 16);
    CHECK(signal_vjp(2, 3, 4, 0.5, &a, &b, &c) == 16);
    CHECK(a == 7 && b == 4 && c == 3.5);
    a = b = c = d = 0;
    CHECK_CLOSE(clash_vjp(2, 3, 0.5, 4, 10, &a, &b, &c, &d), 6 + 4 * sin(0.5), 1e-15);
    CHECK_CLOSE(c, 40 * cos(0.5), 1e-15);
    CHECK(a == 30 && b == 20);
    CHECK_CLOSE(d, 10 * sin(0.5), 1e-15);
    clash_jvp(2, 3, 0.5, 4, 1, 1, 1, 1, &dot);
    CHECK_CLOSE(dot, 5 + 4 * cos(0.5) + sin(0.5), 1e-15);
    almost_grad(2, 3, 4, &a, &b, &c);
    CHECK(a == 12 && b == 8 && c == 6);
}
