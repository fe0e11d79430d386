// lang_7_derives.c - the checks of lang_7_derives.ad.
#include "harness.h"

RUN_CASE(lang_7_derives)
{
    double a, b, c, d, r[7];
    CHECK(nested(2, 5, &a, 1, &b, &c) == 40 && a == 60 && b == 60 && c == 60);
    CHECK(slope_x(2, 5) == 100);
    along(2, 5, 1, &d);
    CHECK(d == 12 + 8);
    // third derivative of x^3 y, and f itself
    CHECK(deep2(2, 5, 1, &r[0], 1, &r[1], &r[2], 1, &r[3], &r[4], &r[5], &r[6]) == 40);
    CHECK(r[0] == 60);
    int sixes = 0;
    for (int i = 0; i < 7; i++)
        sixes += r[i] == 30;
    CHECK_INT(sixes, 1);
    // jvp(f, y) has result_dot = x^3 y_dot; its vjp adds result_bar 3x^2 y + result_dot_bar 3x^2 y_dot to x_bar
    double result_dot, x_bar = 1, y_bar = 1;
    CHECK(deep(2, 5, 0.5, &result_dot, 2, &x_bar, 3, 7, &y_bar, 11, 13) == 40);
    CHECK(result_dot == 4 && x_bar == 1 + 2 * 60 + 3 * 6 && y_bar == 1 + 7 * 8 + 13 * 2 * 12);
}
