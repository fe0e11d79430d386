// lang_8_errors.c - the checks of lang_8_errors.ad.
#include "harness.h"

#ifndef ADC_STANDALONE
#include "adrt.h"
#include <setjmp.h>

static jmp_buf back;
static struct adrt_error seen;

static void handler(const struct adrt_error *e)
{
    seen = *e;
    longjmp(back, 1);
}

// Whether the call reports an error of this kind at this line.
#define FAILS(call, KIND, LINE)                                                                                        \
    do {                                                                                                               \
        seen.line = -1;                                                                                                \
        if (setjmp(back) == 0)                                                                                         \
            (void)(call);                                                                                              \
        CHECK_INT(seen.line, LINE);                                                                                    \
        CHECK(seen.line == LINE && seen.kind == KIND && strcmp(seen.file, "lang_8_errors.ad") == 0);                   \
        adrt_release();                                                                                                \
    } while (0)
#endif

RUN_CASE(lang_8_errors)
{
    double x[3] = {1, 2, 3}, y[3] = {4, 5, 6}, g[3], h[3];
    CHECK(shapes_grad(3, 3, x, y, g, h) == 21 && h[2] == 1);
    CHECK(element_grad(3, x, 1, g) == 2 && g[0] == 0 && g[1] == 1);
    CHECK(checked_grad(2, g) == log(2) && g[0] == 0.5);
    CHECK_CLOSE(solved_grad(-4, g), 2, 1e-15);
    CHECK_CLOSE(g[0], -0.25, 1e-15);
    CHECK(solved_all_grad(0, 1, g) == 0 && g[0] == 0);
#ifndef ADC_STANDALONE
    adrt_set_error_handler(handler);
    FAILS(checked(-1), ADRT_ASSERT, 4);
    CHECK(strcmp(seen.what, "x is positive") == 0 || strstr(seen.message, "x is positive") != NULL);
    FAILS(checked_grad(-1, g), ADRT_ASSERT, 4);
    FAILS(shapes(3, 2, x, y), ADRT_SHAPE, 7);
    FAILS(shapes_grad(2, 3, x, y, g, h), ADRT_SHAPE, 7);
    FAILS(largest(0, x), ADRT_SHAPE, 8);
    FAILS(largest_grad(0, x, g), ADRT_SHAPE, 8);
#ifdef ADC_CHECK
    FAILS(element(3, x, 3), ADRT_INDEX, 9);
    FAILS(element(3, x, -1), ADRT_INDEX, 9);
    FAILS(element_grad(3, x, 3, g), ADRT_INDEX, 9);
    FAILS(solved(1), ADRT_NO_ROOT, 16);
    CHECK(strcmp(seen.what, "root(equation, 1.0, a)") == 0);
    FAILS(solved_grad(1, g), ADRT_NO_ROOT, 16);
    FAILS(solved_all(2, 1), ADRT_NO_ROOT, 17);
    FAILS(solved_all_grad(2, 1, g), ADRT_NO_ROOT, 17);
#endif
    CHECK(checked_grad(2, g) == log(2)); // and all goes on
#endif
}
