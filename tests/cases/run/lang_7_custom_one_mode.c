// lang_7_custom_one_mode.c - the checks of lang_7_custom_one_mode.ad.
#include "harness.h"

RUN_CASE(lang_7_custom_one_mode)
{
    double g, d;
    CHECK(caller_grad(1, &g) == 1 + 10 + 4 + 80);
    CHECK(g == 200 + 30 + 2 * (400 + 120));
    caller_jvp(1, 0.5, &d);
    CHECK(d == 0.5 * (2 + 3000 + 2 * (4 + 12000)));
    CHECK(square_grad(3, &g) == 9 && g == 600);
    CHECK(cube_jvp1(2, 1, &d) == 8 && d == 1200);
}
