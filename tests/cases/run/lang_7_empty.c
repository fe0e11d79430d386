// lang_7_empty.c - the checks of lang_7_empty.ad.
#include "harness.h"

RUN_CASE(lang_7_empty)
{
    double dot = 9, y[2] = {3, 4}, y_bar[2] = {5, 6}, y_dot[2] = {1, 2};
    CHECK(f(0, 0, NULL, NULL, NULL) == 1);
    CHECK(f_vjp(0, 0, NULL, NULL, NULL, 2, NULL, NULL, NULL) == 1);
    CHECK(f_jvp(0, 0, NULL, NULL, NULL, NULL, NULL, NULL, &dot) == 1 && dot == 0);
    double rb = 0.5;
    CHECK(f_vv(0, 0, NULL, NULL, NULL, 2, NULL, NULL, NULL, 3, NULL, NULL, NULL, &rb, NULL, NULL, NULL) == 1);
    CHECK(rb == 0.5);
    // only x is empty
    CHECK(f_vjp(0, 2, NULL, NULL, y, 2, NULL, NULL, y_bar) == 1 + 7 + 3 + 7);
    CHECK(y_bar[0] == 5 + 2 * (1 + 2) && y_bar[1] == 6 + 2 * (1 + 1));
    f_jvp(0, 2, NULL, NULL, y, NULL, NULL, y_dot, &dot);
    CHECK(dot == 3 + 1 + 3);
    // only y is
    double x[2] = {0.5, 3}, x_bar[2] = {0};
    CHECK_CLOSE(f_vjp(2, 0, x, NULL, NULL, 1, x_bar, NULL, NULL), 7 + 1.5 + 18.5 + 3.5 + sqrt(9.25) + 1, 1e-15);
    CHECK_CLOSE(x_bar[0], 2 + 3 + 2 + 1 + 0.5 / sqrt(9.25), 1e-14);
}
