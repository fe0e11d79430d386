// lang_8_offsets.c - the checks of lang_8_offsets.ad.
#include "harness.h"

#ifdef __linux__
#include <sys/mman.h>

// Memory that is only there where it is touched. MAP_ANONYMOUS and MAP_NORESERVE hide behind feature macros.
static double *sparse(size_t count)
{
    void *p = mmap(NULL, count * sizeof(double), PROT_READ | PROT_WRITE, 0x02 | 0x20 | 0x4000, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}
#else
static double *sparse(size_t count)
{
    (void)count;
    return NULL;
}
#endif

RUN_CASE(lang_8_offsets)
{
    const int n = 50000;
    const size_t row = 50000, last = 49999, i = 47000, j = 12345;
    double *A = sparse(row * row), *A_bar = sparse(row * row), v_bar = 1;
    if (A == NULL || A_bar == NULL)
        return; // no such memory here
    A[i * row + j] = 3;
    A[i * row + last] = 5;
    A[last * row + j] = 7;
    CHECK(pick_vjp(n, A, 47000, 12345, 2, A_bar) == 9 + 35);
    CHECK(A_bar[i * row + j] == 12 && A_bar[i * row + last] == 14 && A_bar[last * row + j] == 10);
    put_vjp(n, A, 47000, 4, A_bar, &v_bar);
    CHECK(A[i * row + last] == 20 && A[last * row + i] == 4);
    CHECK(v_bar == 1 + 14 * 5 + 0 && A_bar[i * row + last] == 56);
}
