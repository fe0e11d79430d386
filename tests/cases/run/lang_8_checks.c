// lang_8_checks.c - the checks of lang_8_checks.ad.
#include "harness.h"

#ifdef ADC_CHECK
#include "adrt.h"
#include <setjmp.h>

static jmp_buf back;
static struct adrt_error seen;

static void handler(const struct adrt_error *e)
{
    seen = *e;
    longjmp(back, 1);
}

#define FAILS(call, KIND, LINE)                       \
    do {                                              \
        seen.line = -1;                               \
        if (setjmp(back) == 0)                        \
            (void)(call);                             \
        CHECK_INT(seen.line, LINE);                   \
        CHECK(seen.line == LINE && seen.kind == KIND); \
        adrt_release();                               \
    } while (0)
#endif

RUN_CASE(lang_8_checks)
{
    double x[4] = {1, 2, 3, 4}, g[4], dot;
    int idx[3] = {0, 3, 4}, n[4] = {5, 6, 7, 8};
    CHECK(rows_grad(4, 0, 2, x, g) == 130 && g[1] == 16);
    CHECK(slices_grad(4, 0, 2, 2, x, g) == 10 && g[0] == 3 && g[2] == 0);
    CHECK(columns_grad(4, 2, 0, x, g) == 54 && g[3] == 10);
    CHECK(element_grad(4, 1, 3, x, g) == 17 * 3 && g[3] == 24 && g[2] == 17);
    CHECK(bounds_grad(4, 1, 3, x, g) == 5 && g[0] == 0 && g[1] == 1);
    CHECK(bounds_grad(4, 4, 4, x, g) == 0 && bounds(0, 0, 0, NULL) == 0);
    CHECK(table(1, idx, 4, n) == 8);
    bounds_jvp(4, 0, 4, x, x, &dot);
    CHECK(dot == 10);
#ifdef ADC_CHECK
    adrt_set_error_handler(handler);
    FAILS(rows(4, 1, 1, x), ADRT_OVERLAP, 11);
    FAILS(rows_grad(4, 2, 2, x, g), ADRT_OVERLAP, 11);
    FAILS(rows(4, 3, 0, x), ADRT_INDEX, 11);
    FAILS(slices(4, 0, 2, 1, x), ADRT_OVERLAP, 16);
    FAILS(slices_grad(4, 1, 3, 0, x, g), ADRT_OVERLAP, 16);
    FAILS(slices(4, 0, 2, 3, x), ADRT_SLICE, 16);
    FAILS(slices(4, -1, 1, 2, x), ADRT_SLICE, 16);
    FAILS(columns_grad(4, 1, 1, x, g), ADRT_OVERLAP, 21);
    FAILS(element(4, 2, 0, x), ADRT_INDEX, 26);
    FAILS(element(4, 0, 4, x), ADRT_INDEX, 26);
    FAILS(element_grad(4, 1, 0, x, g), ADRT_INDEX, 27);
    FAILS(bounds(4, 3, 1, x), ADRT_SLICE, 29);
    FAILS(bounds_grad(4, 0, 5, x, g), ADRT_SLICE, 29);
    FAILS(bounds_jvp(4, -1, 2, x, x, &dot), ADRT_SLICE, 29);
    FAILS(table(2, idx, 4, n), ADRT_INDEX, 31);
    FAILS(table(3, idx, 4, n), ADRT_INDEX, 31);
    CHECK(seen.a == 3 && seen.b == 3);
    adrt_set_error_handler(NULL);
#endif
}
