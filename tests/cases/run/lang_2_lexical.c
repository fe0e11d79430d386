// lang_2_lexical.c - the checks of lang_2_lexical.ad.
#include "harness.h"

RUN_CASE(lang_2_lexical)
{
    double a = 9, b = 9;
    CHECK_CLOSE(numbers(2), 0.2 + 3 + 1.5 + 1 + 16 + 1, 1e-15);
    CHECK_CLOSE(numbers_grad(2, &a), 22.7, 1e-15);
    CHECK(a == 0.1);
    CHECK(last_grad(1, 1, 1, 1, 1, 1, 1, &a, &b) == 28 && a == 1 && b == 6);
    twice_grad(2, &a);
    CHECK_CLOSE(a, 22.7 + 0.2, 1e-15);
}
