// lang_6_singular.c - the checks of lang_6_singular.ad.
#include "harness.h"

#ifndef ADC_STANDALONE
#include "adrt.h"
#include <setjmp.h>

static jmp_buf back;
static struct adrt_error seen;
static char message[200];

static void handler(const struct adrt_error *e)
{
    seen = *e;
    snprintf(message, sizeof message, "%s", e->message);
    longjmp(back, 1);
}

// Whether the call reports an error of this kind at this line, about pivot `at`.
#define FAILS(call, KIND, LINE, AT, TEXT)                                                                              \
    do {                                                                                                               \
        seen.line = -1;                                                                                                \
        if (setjmp(back) == 0)                                                                                         \
            (void)(call);                                                                                              \
        CHECK_INT(seen.line, LINE);                                                                                    \
        CHECK(seen.line == LINE && seen.kind == KIND && strcmp(seen.file, "lang_6_singular.ad") == 0);                 \
        CHECK_INT(seen.a, AT);                                                                                         \
        CHECK(strcmp(message, TEXT) == 0);                                                                             \
        adrt_release();                                                                                                \
    } while (0)
#endif

#ifndef ADC_CHECK
static void all_nan(const double *x, int n)
{
    for (int i = 0; i < n; i++)
        CHECK(isnan(x[i]));
}
#endif

RUN_CASE(lang_6_singular)
{
    enum { N = 3 };
    double A[N * N] = {1, 2, 3, 2, 4, 6, 0, 0, 1}, b[N] = {0, 1, 0}, bar[N] = {1, 0, 2}, b_bar[N] = {0}, x[N], g[N * N] = {0};
    double C[N * N] = {4, 0, 0, 2, 1, 0, 1, 1, 3}, D[N * N] = {1}, y[N * N], dot[N * N];
#ifndef ADC_CHECK
    solved(N, A, b, x);
    all_nan(x, N);
    solved_vjp(N, A, b, bar, g, b_bar, x);
    all_nan(x, N);
    all_nan(b_bar, N);
    all_nan(g, N * N);
    solved_jvp(N, A, b, D, bar, b_bar, x);
    all_nan(b_bar, N);
    inverted(N, A, y);
    all_nan(y, N * N);
    vec_fill(g, N * N, 0);
    inverted_vjp(N, A, D, g, y);
    all_nan(g, N * N);
    CHECK(isnan(logged(N, A)) && isnan(logged_grad(N, A, g)));
    all_nan(g, N * N);
    factored(N, C, y);                                          // the pivot 1 is 0: also above the diagonal
    all_nan(y, N * N);
    vec_fill(g, N * N, 0);
    factored_vjp(N, C, D, g, y);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            CHECK(j > i ? g[i * N + j] == 0 : isnan(g[i * N + j]) != 0);
    factored_jvp(N, C, D, dot, y);
    for (int i = 0; i < N; i++)
        CHECK(isnan(dot[i * N]));
    A[0] = -9;                                                  // not negative in trace: the branch is not taken
    CHECK(chosen(N, A, b) == -4 && chosen_grad(N, A, b, g, b_bar) == -4);
    for (int i = 0; i < N * N; i++)
        CHECK(g[i] == (i % (N + 1) == 0 ? 1 : 0));
    for (int i = 0; i < N; i++)
        CHECK(b_bar[i] == 0);
#else
    (void)dot;
    adrt_set_error_handler(handler);
    FAILS((solved(N, A, b, x), 0), ADRT_SINGULAR, 3, 1, "solve(A, b): the matrix is singular, at pivot 1");
    FAILS((solved_vjp(N, A, b, bar, g, b_bar, x), 0), ADRT_SINGULAR, 3, 1, "solve(A, b): the matrix is singular, at pivot 1");
    FAILS((solved_jvp(N, A, b, D, bar, b_bar, x), 0), ADRT_SINGULAR, 3, 1, "solve(A, b): the matrix is singular, at pivot 1");
    FAILS((inverted(N, A, y), 0), ADRT_SINGULAR, 4, 1, "inv(A): the matrix is singular, at pivot 1");
    FAILS((factored(N, C, y), 0), ADRT_SINGULAR, 5, 1, "cholesky(A): the matrix is not positive definite, at pivot 1");
    FAILS((factored_vjp(N, C, D, g, y), 0), ADRT_SINGULAR, 5, 1, "cholesky(A): the matrix is not positive definite, at pivot 1");
    FAILS(logged(N, A), ADRT_SINGULAR, 7, 1, "logdet(A): the matrix is singular, at pivot 1");
    FAILS(logged_grad(N, A, g), ADRT_SINGULAR, 7, 1, "logdet(A): the matrix is singular, at pivot 1");
    C[4] = 9;
    factored(N, C, y);
    CHECK(y[0] == 2 && y[1] == 0 && y[3] == 1);
#endif
#ifndef ADC_STANDALONE
    adrt_set_error_handler(handler);
    FAILS(not_square(3, 2, A, b), ADRT_SHAPE, 23, 2, "A: size 2 where 3 is needed");
#endif
}
