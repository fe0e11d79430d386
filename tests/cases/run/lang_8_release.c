// lang_8_release.c - the checks of lang_8_release.ad. Where a sanitizer counts what is allocated, nothing is left after
// adrt_release(), called once, twice, and after the arena was used anew.
#include "harness.h"

#if defined(__SANITIZE_ADDRESS__)
size_t __sanitizer_get_current_allocated_bytes(void);
#define ALLOCATED() __sanitizer_get_current_allocated_bytes()
#else
#define ALLOCATED() ((size_t)0)
#endif

static double run(int n, double *bar)
{
    double x[200];
    for (int i = 0; i < n; i++)
        x[i] = 0.5 + 0.001 * i;
    return settle_grad(n, x, bar);
}

RUN_CASE(lang_8_release)
{
    double first[200], again[200];
    adrt_release(); // of an arena that was not used
    size_t before = ALLOCATED();
    for (int n = 0; n <= 200; n += 50) {
        double value = run(n, first);
#if defined(__SANITIZE_ADDRESS__)
        CHECK(n == 0 || ALLOCATED() > before);
#endif
        adrt_release();
        CHECK(ALLOCATED() == before);
        adrt_release();
        CHECK(run(n, again) == value);
        CHECK_ALL(again, first, n, 0);
    }
    adrt_release();
    CHECK(ALLOCATED() == before);
}
