// lang_6_logsumexp.c - the checks of lang_6_logsumexp.ad.
#include "harness.h"

static double reference(int n, int k, const double *x)
{
    double s = 0;
    for (int i = 0; i < n; i++)
        s += exp(x[i]);
    return log(s) * (1 + 0.25 * k);
}

static double extremes(int n, int k, const double *x)
{
    double lo = x[0], hi = x[0];
    for (int i = 1; i < n; i++) {
        lo = fmin(lo, x[i]);
        hi = fmax(hi, x[i]);
    }
    return hi * lo + k * hi;
}

static void check_edge(const double *x, double value, const double *grad)
{
    double x_bar[4], second[4], dot, none[4] = {0};
    const double x_dot[4] = {1, 2, 3, 4};
    CHECK_CLOSE(built_in_grad(4, 0, x, x_bar), value, 1e-15);
    CHECK_ALL(x_bar, grad, 4, 1e-15);
    CHECK_CLOSE(built_in_hvp(4, 0, x, x_bar, x_dot, second, &dot), value, 1e-15);
    CHECK_CLOSE(dot, vec_dot(grad, x_dot, 4), 1e-14);
    if (isinf(value))
        CHECK_ALL(second, none, 4, 0);
}

RUN_CASE(lang_6_logsumexp)
{
    double x[7], x_bar[7], second[7], x_dot[7], by_hand_second[7], dot;
    for (int n = 1; n <= 7; n += 2) {
        rnd_fill(x, n);
        rnd_fill(x_dot, n);
        CHECK_SCALAR(built_in, reference, n, 2, x);
        CHECK_SCALAR(places, extremes, n, 2, x);
        built_in_hvp(n, 0, x, x_bar, x_dot, second, &dot);
        by_hand_hvp(n, 0, x, x_bar, x_dot, by_hand_second, &dot);
        CHECK_ALL(by_hand_second, second, n, 1e-14);
    }
    const double inf = INFINITY, half = 0.5;
    checking("one element is -INFINITY: as if it were not there");
    check_edge((const double[]){1, -inf, 1, -inf}, 1 + log(2), (const double[]){half, 0, half, 0});
    built_in_hvp(4, 0, (const double[]){1, -inf, 1, -inf}, x_bar, (const double[]){1, 2, 3, 4}, second, &dot);
    CHECK_ALL(second, ((const double[]){-half, 0, half, 0}), 4, 1e-15);
    checking("the first of the largest takes it all where they are infinite");
    check_edge((const double[]){1, inf, 2, inf}, inf, (const double[]){0, 1, 0, 0});
    check_edge((const double[]){-inf, -inf, -inf, -inf}, -inf, (const double[]){1, 0, 0, 0});
    checking("large ones do not overflow");
    check_edge((const double[]){800, 800, -800, -inf}, 800 + log(2), (const double[]){half, half, 0, 0});
    checking("a NaN stays one");
    CHECK(isnan(built_in(4, 0, (const double[]){1, NAN, inf, 2})) && isnan(by_hand(4, 0, (const double[]){1, 2, inf, NAN})));
    CHECK(isnan(places(4, 1, (const double[]){1, NAN, inf, 2})));
    CHECK(built_in(0, 0, x) == -inf && built_in_grad(0, 0, x, x_bar) == -inf);
}
