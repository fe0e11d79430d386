// implicit_scalar.c - the checks of implicit_scalar.ad.
#include "harness.h"

double far(double y, double a)
{
    return y * y - a;
}

double far_dot(double y, double a, double y_dot, double a_dot, double *result_dot)
{
    *result_dot = 2 * y * y_dot - a_dot;
    return far(y, a);
}

double far_bar(double y, double a, double result_bar, double *y_bar, double *a_bar)
{
    *y_bar += 2 * y * result_bar;
    *a_bar -= result_bar;
    return far(y, a);
}

double only_jvp(double y, double a)
{
    return far(y, a);
}

double only_vjp(double y, double a)
{
    return far(y, a);
}

// The real root of y^3 + a y + b, a > 0.
static double cardano(double a, double b)
{
    double s = sqrt(b * b / 4 + a * a * a / 27);
    double y = cbrt(-b / 2 + s) + cbrt(-b / 2 - s);
    return y - (y * y * y + a * y + b) / (3 * y * y + a);
}

static double of_cubic_c(int n, int k, const double *x)
{
    double a = 1 + x[0] * x[0], s = 0;
    for (int i = 0; i < k; i++)
        s = sin(cardano(a, x[i % n] + 0.3 * s)) + 0.5 * a;
    return s;
}

static double anomaly_c(int n, int k, const double *x)
{
    double e = 0.5 + 0.2 * sin(x[0]), M = x[n - 1], E = M;
    (void)k;
    for (int i = 0; i < 200; i++)
        E = M + e * sin(E);
    return E * e;
}

static void orders(void)
{
    for (int i = 0; i < 5; i++) {
        double b = rnd(), y = cardano(1, -b), q = 3 * y * y + 1;
        double y1 = 1 / q, y2 = -6 * y / (q * q * q), y3 = 6 * (15 * y * y - 1) / pow(q, 5);
        double d, dd, ddd, again, again2, again3, same;
        CHECK_CLOSE(third1(b, 1, &d), y, 1e-14);
        CHECK_CLOSE(d, y1, 1e-14);
        CHECK_CLOSE(third3(b, 1, &d, 1, &dd, &again, 1, &same, &ddd, &again2, &again3), y, 1e-14);
        CHECK_CLOSE(d, y1, 1e-14);
        CHECK_CLOSE(dd, y2, 1e-13);
        CHECK_CLOSE(ddd, y3, 1e-13);
        CHECK(again == d && again3 == d);
        CHECK_CLOSE(third_gj(b, &d, 1, &dd, &again), y, 1e-14);
        CHECK_CLOSE(d, y1, 1e-14);
        CHECK_CLOSE(dd, y2, 1e-13);
        double bar = 100;
        third_gjv(b, &d, 1, &dd, &again, 2, &bar, 3, 4, 5);
        CHECK_CLOSE(bar, 100 + 2 * y1 + 3 * y2 + 4 * y3 + 5 * y2, 1e-13);
        bar = 100;
        third_gv(b, &d, 2, &bar, 3);
        CHECK_CLOSE(bar, 100 + 2 * y1 + 3 * y2, 1e-13);
        bar = 0, again = 0;
        third_gvv(b, &d, 2, &again, 3, 5, &bar, 7, 11);
        CHECK_CLOSE(bar, 5 * y1 + 7 * y2 + 11 * (2 * y2 + 3 * y3), 1e-13);
    }
}

static void in_c(void)
{
    double g, d;
    CHECK_CLOSE(far_grad(2, &g), sqrt(2), 1e-15);
    CHECK_CLOSE(g, 0.5 / sqrt(2), 1e-15);
    CHECK_CLOSE(far_jvp(2, 3, &d), sqrt(2), 1e-15);
    CHECK_CLOSE(d, 1.5 / sqrt(2), 1e-15);
    CHECK_CLOSE(far_only_jvp(2, 3, &d), sqrt(2), 1e-15);
    CHECK_CLOSE(d, 1.5 / sqrt(2), 1e-15);
    CHECK_CLOSE(far_only_grad(2, &g), sqrt(2), 1e-15);
    CHECK_CLOSE(g, 0.5 / sqrt(2), 1e-15);
}

static void searches(void)
{
    double y_bar, a_bar;
    CHECK_CLOSE(of_logarithm_grad(20, 0.5, &y_bar, &a_bar), exp(0.5), 1e-14); // Newton alone would leave the domain
    CHECK_CLOSE(a_bar, exp(0.5), 1e-14);
    CHECK(y_bar == 0);
    CHECK_CLOSE(of_arctangent_grad(20, 0.5, &y_bar, &a_bar), 0.5, 1e-14); // and here diverge
    CHECK_CLOSE(a_bar, 1, 1e-14);
    double y = of_tiny_grad(1, 2, &y_bar, &a_bar);
    CHECK_CLOSE(y * 1e12, sqrt(2), 1e-14);
    CHECK_CLOSE(a_bar * 1e12, 0.5 / sqrt(2), 1e-14);
    CHECK(fabs(of_noisy_grad(0.5, 1e6, &y_bar, &a_bar)) < 1e-12);
    CHECK(fabs(of_noisy_grad(0, 1e6 + 1e-9, &y_bar, &a_bar)) < 1e-11);
    CHECK_CLOSE(of_product_grad(-0.2, 1, &y_bar, &a_bar), 0, 1e-300);
    CHECK_CLOSE(of_product_grad(1, 1, &y_bar, &a_bar), 1, 0);
    CHECK_CLOSE(a_bar, 1, 1e-15);
#ifndef ADC_CHECK
    CHECK(isnan(of_none_grad(3, 1, &y_bar, &a_bar)));
    CHECK(isnan(a_bar) && y_bar == 0);
    CHECK(isnan(of_none_grad(0, 1, &y_bar, &a_bar)));
    CHECK(isnan(of_logarithm_grad(-1, 1, &y_bar, &a_bar)));
    CHECK(isnan(of_logarithm_grad(NAN, 1, &y_bar, &a_bar)));
#endif
}

RUN_CASE(implicit_scalar)
{
    double x[3] = {0.5, 0.3, -0.4};
    FOR_TRIPS (k) {
        CHECK_SCALAR(of_cubic, of_cubic_c, 3, k < 8 ? k : 8, x);
        CHECK_SCALAR(anomaly, anomaly_c, 3, k, x);
        CHECK_SCALAR(of_polynomial, NULL, 3, k < 8 ? k : 8, x);
        CHECK_SCALAR(of_nested, NULL, 3, k < 8 ? k : 8, x);
    }
    orders();
    in_c();
    searches();
    double d, dd, again;
    CHECK_CLOSE(equilibrium_jvp(0.7, 1, &d), asinh(0.7), 1e-15);
    CHECK_CLOSE(d, 1 / sqrt(1.49), 1e-15);
    equilibrium_hvp(0.7, 1, &d, 1, 0, &dd, &again);
    CHECK_CLOSE(dd, -0.7 / pow(1.49, 1.5), 1e-14);
}
