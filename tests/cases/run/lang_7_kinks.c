// lang_7_kinks.c - the checks of lang_7_kinks.ad.
#include "harness.h"

RUN_CASE(lang_7_kinks)
{
    // max(x, 0) gives ties to x, min(0, x) to 0
    double x[3] = {0, 2, -8}, g[3], gd[3], dir[3] = {1, 10, 100}, dot, c2 = 11 / (3 * cbrt(4)), c8 = 11.0 / 12;
    double want[3] = {5, 2 + 3 + 5 + c2, -2 + 7 + c8}, curve[3] = {0, -10 * c2 / 3, 100 * c8 / 12};
    kinks_grad(3, x, g);
    CHECK_ALL(g, want, 3, 1e-15);
    kinks_jvp(3, x, dir, &dot);
    CHECK_CLOSE(dot, vec_dot(want, dir, 3), 1e-15);
    kinks_hvp(3, x, g, dir, gd, &dot);
    CHECK_ALL(g, want, 3, 1e-15);
    CHECK_ALL(gd, curve, 3, 1e-14);
    want[1] += 1, want[2] -= 1;
    by_loop_grad(3, x, g);
    CHECK_ALL(g, want, 3, 1e-15);
    by_loop_jvp(3, x, dir, &dot);
    CHECK_CLOSE(dot, vec_dot(want, dir, 3), 1e-15);
    by_loop_hvp(3, x, g, dir, gd, &dot);
    CHECK_ALL(gd, curve, 3, 1e-14);
    double y[3] = {1.5, 2.5, -1.5}, none[3] = {0};
    double s[3] = {1 + 2 + 2 + 1 + 1 + 1 + 2, 2 + 3 + 3 + 2 + 1 + 1 + 1, -2 - 1 - 2 - 1 - 1 + 0 + 1};
    steps_grad(3, y, g);
    CHECK_ALL(g, s, 3, 1e-15);
    steps_hvp(3, y, g, dir, gd, &dot);
    CHECK_ALL(gd, none, 3, 0);
    double p[3] = {2, 0, 3}, pb[3];
    powers_grad(3, x, p, g, pb);
    double px[3] = {1, 4 + 12 + 1, -16 + 192 + 1 + 192}, pp[2] = {0, log(2)};
    CHECK_ALL(g, px, 3, 1e-15);
    CHECK_ALL(pb, pp, 2, 1e-15);
    CHECK(isnan(pb[2]));
    powers_jvp(3, x, p, dir, none, &dot);
    CHECK(isnan(dot) || fabs(dot - vec_dot(px, dir, 3)) < 1e-9);
    double slope;
    nans_grad(NAN, &slope);
    CHECK(isnan(slope));
}
