/* error.c - what is wrong, in words, and who is told.
 *
 * In: a kind and up to three numbers. Out: a call of the user's handler, or a line on stderr; then the end of the
 * program. */
#include "adrt.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* The one global of the runtime beside the arena. Atomic, so that setting it from one thread is no race with an error
 * in another. */
static _Atomic(void (*)(const struct adrt_error *)) handler;

/* adrt:begin adrt_describe uses <stdio.h> */
/* Writes what happened into text, in words. */
static void adrt_describe(char *text, size_t size, enum adrt_kind kind, const char *what, long long a, long long b,
                          long long c)
{
    switch (kind) {
    case ADRT_SHAPE: snprintf(text, size, "%s: size %lld where %lld is needed", what, a, b); break;
    case ADRT_MEMORY: snprintf(text, size, "out of memory: %s of %lld bytes", what, a); break;
    case ADRT_ASSERT: snprintf(text, size, "assertion failed: %s", what); break;
    case ADRT_INDEX: snprintf(text, size, "%s: index %lld is outside 0..%lld", what, a, b - 1); break;
    case ADRT_SLICE: snprintf(text, size, "%s: slice %lld:%lld is outside 0:%lld", what, a, b, c); break;
    case ADRT_OVERLAP: snprintf(text, size, "%s: arguments overlap", what); break;
    case ADRT_SINGULAR:
        snprintf(text, size, "%s: the matrix is %s, at pivot %lld", what, b ? "not positive definite" : "singular",
                 a);
        break;
    case ADRT_TAPE: snprintf(text, size, "%s", what); break;
    case ADRT_NO_ROOT: snprintf(text, size, "%s: no solution was found", what); break;
    }
}
/* adrt:end */

void adrt_set_error_handler(void (*h)(const struct adrt_error *))
{
    atomic_store(&handler, h);
}

_Noreturn void adrt_fail(enum adrt_kind kind, const char *file, int line, const char *what, long long a, long long b,
                         long long c)
{
    char text[400] = "";
    void (*h)(const struct adrt_error *) = atomic_load(&handler);
    adrt_describe(text, sizeof text, kind, what, a, b, c);
    if (h != NULL)
        h(&(struct adrt_error){kind, file, line, what, text, a, b, c});
    else if (file[0] != '\0')
        fprintf(stderr, "%s:%d: %s\n", file, line, text);
    else
        fprintf(stderr, "%s\n", text);
    abort();
}
