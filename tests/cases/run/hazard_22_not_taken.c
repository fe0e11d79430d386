// hazard_22_not_taken.c - the checks of hazard_22_not_taken.ad.
#include "harness.h"

RUN_CASE(hazard_22_not_taken)
{
    double b, dot, bar_dot;
    CHECK_CLOSE(guarded_grad(0.0, &b), INFINITY, 0); // pow(0, -2), taken
    CHECK_CLOSE(guarded_grad(-2.0, &b), 4, 0);
    CHECK(b == -4);
    guarded_hvp(-2.0, &b, 3.0, &bar_dot, &dot);
    CHECK(b == -4 && bar_dot == 6 && dot == -12);
    double x = 0.7, want = 1 / sqrt(x) + log(x) / (2 * sqrt(x)) - 1 / (x * x) + 2 * x + 1;
    guarded_grad(x, &b);
    CHECK_CLOSE(b, want, 1e-14);
    CHECK(dead_grad(0.0, &b) == 0 && b == 2);
    dead_hvp(0.0, &b, 1.5, &bar_dot, &dot);
    CHECK(b == 2 && bar_dot == 0 && dot == 3);
    dead_jvp(0.0, 1.5, &dot);
    CHECK(dot == 3);
    double v[4] = {0.5, -1, 0, 2}, g[4], dir[4] = {1, 2, 3, 4}, gd[4];
    CHECK_CLOSE(masked_sum_grad(4, v, g), 0.5 * log(0.5) + 2 * log(2) + sqrt(0.5) + sqrt(2), 1e-14);
    double grad[4] = {1 + log(0.5) + 0.5 / sqrt(0.5), 0, 0, 1 + log(2) + 0.5 / sqrt(2)};
    CHECK_ALL(g, grad, 4, 1e-14);
    masked_sum_hvp(4, v, g, dir, gd, &dot);
    double second[4] = {2 - 0.25 * pow(0.5, -1.5), 0, 0, 4 * (0.5 - 0.25 * pow(2, -1.5))};
    CHECK_ALL(gd, second, 4, 1e-14);
    CHECK_CLOSE(dot, grad[0] + 4 * grad[3], 1e-14);
    masked_sum_jvp(4, v, dir, &dot);
    CHECK_CLOSE(dot, grad[0] + 4 * grad[3], 1e-14);
    by_branch_grad(4, v, g);
    double branches[4] = {1.5 / sqrt(0.5), -2, 0, 1.5 / sqrt(2)};
    CHECK_ALL(g, branches, 4, 1e-14);
    by_branch_hvp(4, v, g, dir, gd, &dot);
    double b2[4] = {-0.75 * pow(0.5, -1.5), 4, 6, -3 * pow(2, -1.5)};
    CHECK_ALL(gd, b2, 4, 1e-14);
    CHECK(two_deep_grad(1, 0.0, &b) == 0 && b == 1);
    CHECK(two_deep_grad(0, 0.0, &b) == 0 && b == 1);
    CHECK(two_deep_grad(1, 1.0, &b) == 1 && b == 2);
    CHECK(isnan(there_grad(0.0, &b)) || isinf(b) || isnan(b));
}
