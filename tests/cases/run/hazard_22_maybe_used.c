// hazard_22_maybe_used.c - the checks of hazard_22_maybe_used.ad.
#include "harness.h"

#define OF(f) &(const ScalarFunction){#f, f, f##_jvp, f##_vjp, f##_grad, f##_hvp, f##_gv}

// What x[0] = 0 makes infinite is not used: the result is x[1], in every mode and order.
static void check_unused(const ScalarFunction *s)
{
    double x[3] = {0, 0.7, -0.4}, x_dot[3] = {1.5, -2, 0.5}, x_bar[3] = {9, 9, 9}, second[3] = {9, 9, 9}, dot;
    const double unit[3] = {0, 1, 0}, zero[3] = {0};
    checking("%s, not used", s->name);
    CHECK(s->f(3, 0, x) == x[1]);
    s->jvp(3, 0, x, x_dot, &dot);
    CHECK(dot == x_dot[1]);
    CHECK(s->grad(3, 0, x, x_bar) == x[1]);
    CHECK_ALL(x_bar, unit, 3, 0);
    s->hvp(3, 0, x, x_bar, x_dot, second, &dot);
    CHECK(dot == x_dot[1]);
    CHECK_ALL(x_bar, unit, 3, 0);
    CHECK_ALL(second, zero, 3, 0);
    double x_bar2[3] = {1, 2, 3};
    const double sum[3] = {1, 4.5, 3};
    s->gv(3, 0, x, x_bar, 2.5, x_bar2, x_dot);
    CHECK_ALL(x_bar, unit, 3, 0);
    CHECK_ALL(x_bar2, sum, 3, 0);
}

RUN_CASE(hazard_22_maybe_used)
{
    check_unused(OF(arms));
    check_unused(OF(loops));
    check_unused(OF(handed));
    check_unused(OF(chosen));
    check_unused(OF(called));
    double x[3], x_bar[3];
    for (int k = 0; k < 6; k++) {
        rnd_fill_in(x, 3, 0.6, 1.4);
        checking("k = %d", k);
        CHECK_SCALAR(arms, NULL, 3, k, x);
        CHECK_SCALAR(loops, NULL, 3, k, x);
        CHECK_SCALAR(handed, NULL, 3, k, x);
        CHECK_SCALAR(chosen, NULL, 3, k, x);
        CHECK_SCALAR(called, NULL, 3, k, x);
    }
    // Used: what is really there is not hidden.
    const double at_0[3] = {0, 0.7, -0.4};
    arms_grad(3, 1, at_0, x_bar);
    CHECK(isinf(x_bar[0]) && x_bar[1] == 1);
    loops_grad(3, 1, at_0, x_bar);
    CHECK(!isfinite(x_bar[0]));
}
