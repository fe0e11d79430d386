// failing_malloc.c — malloc and its kin, one of whose calls fails. For memory/run.sh: preloaded into adc, or linked into the driver.
//
// In (environment): FAIL_AT=n, the n-th call in the program fails, and all after it if FAIL_ON is set; COUNT_TO=FILE, where the number of calls
// goes when the program ends. A program it is linked into may say so itself: fail_at(n), from now on.
//
//     FAIL_AT=3 LD_PRELOAD=./failing_malloc.so adc f.ad      the third block that adc asks for cannot be had
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_memalign(size_t align, size_t n);
extern void *__libc_realloc(void *p, size_t n);
extern void __libc_free(void *p);

static long calls, failing = -1, live;
static int and_after;

void fail_at(long n)
{
    failing = n > 0 ? calls + n : 0;
}

// Has the call that was to fail been made?
int has_failed(void)
{
    return failing > 0 && calls >= failing;
}

// Blocks that are in use.
long blocks_in_use(void)
{
    return live;
}

static int fails(void)
{
    if (failing < 0) {
        const char *n = getenv("FAIL_AT");
        failing = n ? atol(n) : 0;
        and_after = getenv("FAIL_ON") != NULL;
    }
    calls++;
    if (failing == 0 || calls < failing || (calls > failing && !and_after))
        return 0;
    errno = ENOMEM;
    return 1;
}

static void *counted(void *p)
{
    live += p != NULL;
    return p;
}

void *malloc(size_t n)
{
    return fails() ? NULL : counted(__libc_malloc(n));
}

void *calloc(size_t n, size_t size)
{
    return fails() ? NULL : counted(__libc_calloc(n, size));
}

void *aligned_alloc(size_t align, size_t n)
{
    return fails() ? NULL : counted(__libc_memalign(align, n));
}

void *realloc(void *p, size_t n)
{
    if (fails())
        return NULL;
    return p ? __libc_realloc(p, n) : counted(__libc_realloc(p, n));
}

void free(void *p)
{
    live -= p != NULL;
    __libc_free(p);
}

__attribute__((destructor)) static void tell(void)
{
    const char *path = getenv("COUNT_TO");
    long n = calls;
    FILE *f = path ? fopen(path, "w") : NULL;
    if (!f)
        return;
    fprintf(f, "%ld\n", n);
    fclose(f);
}
