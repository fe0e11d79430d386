// many_returns.c - the checks of many_returns.ad.
#include "harness.h"

static double slope(double (*f)(int, double), int k, double x)
{
    double h = 1e-6 * x;
    return (f(k, x + h) - f(k, x - h)) / (2 * h);
}

static double ladder_k(int k, double x)
{
    (void)k;
    return ladder(x);
}

RUN_CASE(many_returns)
{
    for (double x = 0.7; x < 500; x *= 1.057) {
        double bar = 7, dot, bar_dot, hvp_dot, hvp_bar, value = ladder_grad(x, &bar);
        checking("x = %g", x);
        CHECK_CLOSE(value, ladder(x), 0);
        CHECK_CLOSE(bar, slope(ladder_k, 0, x), 1e-6);
        CHECK_CLOSE(ladder_jvp(x, 2.0, &dot), value, 0);
        CHECK_CLOSE(dot, 2 * bar, 1e-12);
        ladder_hvp(x, &hvp_bar, 1.0, &bar_dot, &hvp_dot);
        double up, down, h = 1e-6 * x;
        ladder_grad(x + h, &up);
        ladder_grad(x - h, &down);
        CHECK_CLOSE(bar_dot, (up - down) / (2 * h), 1e-5);
    }
    for (int k = -1; k <= 70; k++) {
        double bar = 7;
        checking("k = %d", k);
        CHECK_CLOSE(chain_grad(k, 1.3, &bar), chain(k, 1.3), 0);
        CHECK_CLOSE(bar, slope(chain, k, 1.3), 1e-7);
    }
    checking(NULL);
}
