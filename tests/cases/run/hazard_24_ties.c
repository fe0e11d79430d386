// hazard_24_ties.c - the checks of hazard_24_ties.ad.
#include "harness.h"

RUN_CASE(hazard_24_ties)
{
    double a, b, dot, g[6], gd[6], zero[4] = {0};
    two_grad(2, 2, &a, &b);
    CHECK(a == 8 && b == 0);
    two_jvp(2, 2, 1, 100, &dot);
    CHECK(dot == 8);
    two_grad(3, 2, &a, &b);
    CHECK(a == 3 && b == 5);
    double x[4] = {1, 3, 1, 3}, dir[4] = {1, 10, 100, 1000}, want[4] = {10, 6, 0, 0}, want2[4] = {0, 20, 0, 0};
    CHECK(many_grad(4, x, g) == 19);
    CHECK_ALL(g, want, 4, 0);
    many_jvp(4, x, dir, &dot);
    CHECK(dot == 70);
    many_hvp(4, x, g, dir, gd, &dot);
    CHECK_ALL(g, want, 4, 0);
    CHECK_ALL(gd, want2, 4, 0);
    CHECK(dot == 70);
    many_gv(4, x, g, 0, zero, dir);
    CHECK_ALL(zero, want2, 4, 0);
    double A[6] = {1, 5, 2, 3, 5, 2}, gA[6] = {10, 10, 4, 6, 0, 10}, dA[6] = {1, 2, 3, 4, 5, 6};
    axes_grad(3, A, g);
    CHECK_ALL(g, gA, 6, 0);
    axes_jvp(3, A, dA, &dot);
    CHECK(dot == vec_dot(gA, dA, 6));
    double p[3] = {1, 2, 4}, q[3] = {1, 3, 2}, p_bar[3], q_bar[3], p_want[3] = {2, 0, 8}, q_want[3] = {0, 6, 0};
    elementwise_grad(3, p, q, p_bar, q_bar);
    CHECK_ALL(p_bar, p_want, 3, 0);
    CHECK_ALL(q_bar, q_want, 3, 0);
    elementwise_jvp(3, p, q, dA, dir, &dot);
    CHECK(dot == 2 + 60 + 24);
    double last_want[4] = {0, 0, 2, 0}, last_second[4] = {0, 0, 200, 0};
    last_grad(4, x, g);
    CHECK_ALL(g, last_want, 4, 0);
    last_hvp(4, x, g, dir, gd, &dot);
    CHECK_ALL(gd, last_second, 4, 0);
}
