// lang_7_default.c - the checks of lang_7_default.ad.
#include "harness.h"

RUN_CASE(lang_7_default)
{
    double g, x[2] = {3, 4}, r_bar[2] = {0.5, 2}, x_bar[2] = {1, 1}, r[2], y, z = 5, zb = 2;
    CHECK(one_grad(3, 2, &g) == 18 && g == 12);
    several_vjp(2, x, r_bar, x_bar, r);
    CHECK(r[0] == 9 && r[1] == 16 && x_bar[0] == 4 && x_bar[1] == 17);
    g = 1;
    write_vjp(3, &y, &z, &g, 0.5, &zb);
    CHECK(y == 15 && z == 3 && g == 1 + 0.5 * 5 + 2 && zb == 1.5);
    CHECK_INT(no_real(2.7), 2);
}
