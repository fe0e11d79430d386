// lang_2_line_ends.c - the checks of lang_2_line_ends.ad.
#include "harness.h"

RUN_CASE(lang_2_line_ends)
{
    double g;
    CHECK(f_grad(3, &g) == 9 && g == 6);
}
