// hazard_22_loops_maybe_used.c - the checks of hazard_22_loops_maybe_used.ad.
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

RUN_CASE(hazard_22_loops_maybe_used)
{
    check_unused(OF(sums));
    check_unused(OF(arrays));
    check_unused(OF(starts));
    double x[3];
    for (int k = 0; k < 4; k++) {
        rnd_fill_in(x, 3, 0.6, 1.4);
        checking("k = %d", k);
        CHECK_SCALAR(sums, NULL, 3, k, x);
        CHECK_SCALAR(arrays, NULL, 3, k, x);
        CHECK_SCALAR(starts, NULL, 3, k, x);
    }
}
