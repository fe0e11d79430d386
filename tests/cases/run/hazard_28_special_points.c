// hazard_28_special_points.c - the checks of hazard_28_special_points.ad.
#include "harness.h"

typedef double (*grad_fn)(double, double *);
typedef double (*hvp_fn)(double, double *, double, double *, double *);

// value, first and second derivative at x
static void at(grad_fn grad, hvp_fn hvp, double x, double value, double first_want, double second)
{
    double g = 7, g2 = 7, gd = 7, dot = 7;
    checking("at %g", x);
    CHECK_CLOSE(grad(x, &g), value, 1e-15);
    CHECK_CLOSE(g, first_want, 1e-15);
    if (hvp != NULL) {
        hvp(x, &g2, 2, &gd, &dot);
        CHECK_CLOSE(g2, first_want, 1e-15);
        CHECK_CLOSE(dot, 2 * first_want, 1e-15);
        CHECK_CLOSE(gd, 2 * second, 1e-14);
    }
    checking(NULL);
}

RUN_CASE(hazard_28_special_points)
{
    at(square_grad, square_hvp, 0, 0, 0, 2);
    at(square_grad, square_hvp, -3, 9, -6, 2);
    at(cube_grad, cube_hvp, 0, 0, 0, 0);
    at(cube_grad, cube_hvp, -2, -8, 12, -12);
    at(zeroth_grad, zeroth_hvp, 0, 1, 0, 0);
    at(zeroth_grad, zeroth_hvp, -2, 1, 0, 0);
    at(first_grad, first_hvp, 0, 0, 1, 0);
    at(first_grad, first_hvp, -2, -2, 1, 0);
    at(inverse_grad, NULL, -2, -0.5, -0.25, 0);
    at(root_grad, root_hvp, 0, 0, 0, 0);
    at(root_grad, root_hvp, 4, 2, 0.25, -1.0 / 32);
    at(cube_root_grad, cube_root_hvp, 0, 0, 0, 0);
    at(cube_root_grad, cube_root_hvp, -8, -2, 1.0 / 12, 1.0 / 144);
    at(ros_grad, ros_hvp, 0, 0, 0, 0);
    at(size_grad, size_hvp, 0, 0, 0, 0);
    at(size_grad, size_hvp, -2, 2, -1, 0);
    at(ramp_grad, ramp_hvp, 0, 0, 0, 0);
    at(ramp_grad, ramp_hvp, 3, 3, 1, 0);
    double a, b, ad, bd, dot;
    CHECK(isnan(root_grad(-1, &a)) && isnan(a));
    CHECK(both_grad(0, 0, &a, &b) == 1 && a == 0 && b == 0);
    CHECK(both_grad(0, 2, &a, &b) == 0 && a == 0 && b == 0);
    both_hvp(0, 2, &a, &b, 1, 0, &ad, &bd, &dot);
    CHECK(a == 0 && b == 0 && bd == 0 && ad == 2 && dot == 0);
    CHECK(both_grad(-2, 3, &a, &b) == -8 && a == 12 && isnan(b));
    both_grad(3, 2, &a, &b);
    CHECK_CLOSE(b, 9 * log(3), 1e-15);
    both_jvp(0, 2, 1, 1, &dot);
    CHECK(dot == 0);
    CHECK(hyp_grad(0, 0, &a, &b) == 0 && a == 0 && b == 0);
    hyp_hvp(0, 0, &a, &b, 1, 2, &ad, &bd, &dot);
    CHECK(a == 0 && b == 0 && ad == 0 && bd == 0 && dot == 0);
    CHECK(hyp_grad(-3, 4, &a, &b) == 5);
    CHECK_CLOSE(a, -0.6, 1e-15);
    double x[3] = {0}, g[3] = {7, 7, 7}, dir[3] = {1, 2, 3}, gd[3] = {7, 7, 7}, none[3] = {0};
    CHECK(length_grad(3, x, g) == 0);
    CHECK_ALL(g, none, 3, 0);
    length_hvp(3, x, g, dir, gd, &dot);
    CHECK_ALL(gd, none, 3, 0);
    length_jvp(3, x, dir, &dot);
    CHECK(dot == 0);
    CHECK(length_grad(0, x, g) == 0);
}
