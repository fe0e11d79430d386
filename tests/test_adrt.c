// test_adrt.c - the runtime: arena, buffers, errors, kernels, and that every snippet of --standalone compiles by
// itself.
#define _POSIX_C_SOURCE 200809L
#include "suite.h"

#include <check.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adrt.h"
#include "snippet.h"

static bool aligned(const void *p)
{
    return (uintptr_t)p % 64 == 0;
}

// --- arena ------------------------------------------------------------------------------------

START_TEST(blocks_are_aligned_and_apart)
{
    struct adrt_mark m = adrt_mark();
    char *last = NULL;
    for (int i = 0; i < 200; i++) {
        size_t n = (size_t)(i * i);
        char *p = adrt_alloc(n, sizeof(double));
        ck_assert(aligned(p));
        ck_assert(p != NULL && (p != last || i <= 1)); // what has no size needs no place of its own
        memset(p, i, n * sizeof(double));
        last = p;
    }
    adrt_rewind(m);
    adrt_release();
}
END_TEST

START_TEST(growing_moves_nothing)
{
    enum { N = 60 };
    int *at[N];
    struct adrt_mark m = adrt_mark();
    for (int i = 0; i < N; i++) {
        at[i] = adrt_alloc(10007, sizeof *at[i]);
        for (int j = 0; j < 10007; j++)
            at[i][j] = i * 31 + j;
    }
    bool same = true; // an assertion an element would take longer than all the rest
    for (int i = 0; i < N; i++)
        for (int j = 0; j < 10007; j++)
            same = same && at[i][j] == i * 31 + j;
    ck_assert(same);
    adrt_rewind(m);
    adrt_release();
}
END_TEST

START_TEST(rewinding_gives_the_same_memory_again)
{
    adrt_release();
    struct adrt_mark m = adrt_mark();
    void *first = adrt_alloc(100, 8), *big = adrt_alloc(1000000, 8);
    adrt_rewind(m);
    for (int i = 0; i < 3; i++) {
        m = adrt_mark();
        ck_assert_ptr_eq(adrt_alloc(100, 8), first);
        struct adrt_mark inner = adrt_mark();
        ck_assert_ptr_eq(adrt_alloc(1000000, 8), big);
        adrt_rewind(inner);
        ck_assert_ptr_eq(adrt_alloc(1000000, 8), big);
        adrt_rewind(m);
    }
    adrt_release();
}
END_TEST

START_TEST(marks_nest)
{
    double *kept = adrt_alloc(5, sizeof *kept);
    for (int i = 0; i < 5; i++)
        kept[i] = i;
    for (int depth = 0; depth < 3; depth++) {
        struct adrt_mark outer = adrt_mark();
        double *a = adrt_alloc(70000, sizeof *a);
        a[69999] = 1;
        struct adrt_mark inner = adrt_mark();
        double *b = adrt_alloc(70000, sizeof *b);
        memset(b, 0x55, 70000 * sizeof *b);
        adrt_rewind(inner);
        ck_assert_double_eq(a[69999], 1);
        adrt_rewind(outer);
    }
    for (int i = 0; i < 5; i++)
        ck_assert_double_eq(kept[i], i);
    adrt_release();
}
END_TEST

START_TEST(no_elements_give_a_pointer)
{
    ck_assert_ptr_nonnull(adrt_alloc(0, 8));
    ck_assert(aligned(adrt_alloc(0, 8)));
    adrt_release();
    adrt_release(); // again is fine
}
END_TEST

START_TEST(sizes_saturate)
{
    ck_assert(adrt_size(-3) == 0 && adrt_size(0) == 0 && adrt_size(7) == 7);
    ck_assert(adrt_mul(6, 7) == 42 && adrt_mul(0, SIZE_MAX) == 0 && adrt_mul(SIZE_MAX, 0) == 0);
    ck_assert(adrt_mul(SIZE_MAX / 2, 3) == SIZE_MAX);
    ck_assert(adrt_mul(adrt_mul(INT_MAX, INT_MAX), INT_MAX) == SIZE_MAX);
}
END_TEST

// --- buffers ----------------------------------------------------------------------------------

START_TEST(buffers_grow_side_by_side)
{
    for (int round = 0; round < 3; round++) {
        struct adrt_mark m = adrt_mark();
        struct adrt_buf_real r = adrt_buf_real_new();
        struct adrt_buf_realf f = adrt_buf_realf_new();
        struct adrt_buf_int k = adrt_buf_int_new();
        struct adrt_buf_byte y = adrt_buf_byte_new();
        struct adrt_buf_pos p = adrt_buf_pos_new();
        struct adrt_buf_bit b = adrt_buf_bit_new();
        for (int i = 0; i < 20000; i++) {
            adrt_put_real(&r, i * 0.5);
            adrt_put_realf(&f, (float)i);
            adrt_put_int(&k, -i);
            adrt_put_byte(&y, i % 7 == 1);
            adrt_put_pos(&p, (ptrdiff_t)i << 33);
            adrt_put_bit(&b, i % 3 == 0);
        }
        ck_assert(aligned(r.at) && aligned(f.at) && aligned(k.at));
        ck_assert(r.n == 20000 && f.n == 20000 && k.n == 20000 && y.n == 20000 && b.n == 20000);
        bool same = true;
        for (int i = 0; i < 20000; i++)
            same = same && r.at[i] == i * 0.5 && f.at[i] == (float)i && k.at[i] == -i && y.at[i] == (i % 7 == 1) &&
                   p.at[i] == (ptrdiff_t)i << 33 && adrt_bit(b.at, i) == (i % 3 == 0);
        ck_assert(same);
        adrt_rewind(m);
    }
    adrt_release();
}
END_TEST

START_TEST(blocks_are_appended)
{
    struct adrt_mark m = adrt_mark();
    struct adrt_buf_real b = adrt_buf_real_new();
    double some[333];
    for (int i = 0; i < 333; i++)
        some[i] = i;
    for (int k = 0; k < 50; k++) {
        adrt_puts_real(&b, some, k * 6);
        adrt_puts_real(&b, some, 0);
        adrt_puts_real(&b, NULL, -4);
        double *p = adrt_reserve_real(&b, k);
        for (int i = 0; i < k; i++)
            p[i] = -i;
    }
    ptrdiff_t at = 0;
    for (int k = 0; k < 50; k++) {
        for (int i = 0; i < k * 6; i++)
            ck_assert_double_eq(b.at[at++], i);
        for (int i = 0; i < k; i++)
            ck_assert_double_eq(b.at[at++], -i);
    }
    ck_assert(at == b.n);
    adrt_rewind(m);
    adrt_release();
}
END_TEST

START_TEST(a_buffer_that_grows_in_a_callee_stays)
{
    struct adrt_mark m = adrt_mark();
    struct adrt_buf_int mine = adrt_buf_int_new();
    struct adrt_mark callee = adrt_mark();
    struct adrt_buf_int its = adrt_buf_int_new();
    for (int i = 0; i < 5000; i++) {
        adrt_put_int(&mine, i);
        adrt_put_int(&its, 7);
    }
    adrt_rewind(callee); // drops `its` only
    struct adrt_buf_int other = adrt_buf_int_new();
    for (int i = 0; i < 5000; i++)
        adrt_put_int(&other, 9);
    for (int i = 0; i < 5000; i++)
        ck_assert_int_eq(mine.at[i], i);
    adrt_rewind(m);
    ck_assert(adrt_arena_.live == NULL && adrt_arena_.newest == 0);
    adrt_release();
}
END_TEST

START_TEST(storage_is_taken_up_again)
{
    void *at[2] = {NULL, NULL};
    for (int round = 0; round < 4; round++) {
        struct adrt_buf_real a = adrt_buf_real_new(), b = adrt_buf_real_new();
        for (int i = 0; i < 9000; i++)
            adrt_put_real(&a, i);
        if (round > 0)
            ck_assert(a.at == at[0] && b.at == at[1]);
        at[0] = a.at;
        at[1] = b.at;
        adrt_buf_drop(b.at);
        adrt_buf_drop(a.at);
    }
    struct adrt_buf_int x = adrt_buf_int_new(), y = adrt_buf_int_new(), z = adrt_buf_int_new();
    adrt_buf_drop(y.at); // from the middle
    adrt_buf_drop(x.at);
    adrt_buf_drop(z.at);
    ck_assert(adrt_arena_.live == NULL);
    adrt_release();
}
END_TEST

// --- errors -----------------------------------------------------------------------------------

static jmp_buf escape;
static struct adrt_error seen;
static char seen_message[400];

static void leave(const struct adrt_error *e)
{
    seen = *e;
    snprintf(seen_message, sizeof seen_message, "%s", e->message);
    longjmp(escape, 1);
}

static void note(const struct adrt_error *e)
{
    fprintf(stderr, "noted %d", e->line);
}

START_TEST(the_handler_hears_of_each_kind)
{
    static const struct {
        enum adrt_kind kind;
        const char *message;
    } rows[] = {
        {ADRT_SHAPE, "a: size 3 where 4 is needed"},  {ADRT_MEMORY, "out of memory: a of 3 bytes"},
        {ADRT_ASSERT, "assertion failed: a"},         {ADRT_INDEX, "a: index 3 is outside 0..3"},
        {ADRT_SLICE, "a: slice 3:4 is outside 0:2"},  {ADRT_OVERLAP, "a: arguments overlap"},
        {ADRT_SINGULAR, "a: the matrix is not positive definite, at pivot 3"},
        {ADRT_TAPE, "a"},
        {ADRT_NO_ROOT, "a: no solution was found"},
    };
    adrt_set_error_handler(leave);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (setjmp(escape) == 0)
            adrt_fail(rows[i].kind, "f.ad", 12, "a", 3, 4, 2);
        ck_assert(seen.kind == rows[i].kind && seen.line == 12 && seen.a == 3 && seen.b == 4 && seen.c == 2);
        ck_assert_str_eq(seen.file, "f.ad");
        ck_assert_str_eq(seen_message, rows[i].message);
    }
    adrt_set_error_handler(NULL);
}
END_TEST

// What a child that fails prints; its signal in *signal.
static void in_child(void (*handler)(const struct adrt_error *), char *text, size_t size, int *signal)
{
    int to[2], status;
    ck_assert_int_eq(pipe(to), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(to[1], 2);
        adrt_set_error_handler(handler);
        adrt_fail(ADRT_INDEX, "f.ad", 12, "x", 7, 5, 0);
    }
    close(to[1]);
    ssize_t n = read(to[0], text, size - 1);
    text[n > 0 ? n : 0] = '\0';
    close(to[0]);
    waitpid(pid, &status, 0);
    *signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

START_TEST(the_default_prints_and_aborts)
{
    char text[500];
    int signal;
    in_child(NULL, text, sizeof text, &signal);
    ck_assert_str_eq(text, "f.ad:12: x: index 7 is outside 0..4\n");
    ck_assert_int_eq(signal, 6);
    in_child(note, text, sizeof text, &signal); // a handler that returns: abort too
    ck_assert_str_eq(text, "noted 12");
    ck_assert_int_eq(signal, 6);
}
END_TEST

// Asks for more than there is, in one of several ways; true if the handler was called.
static bool refused(int way)
{
    static volatile size_t huge = SIZE_MAX; // not for the compiler to see
    if (setjmp(escape) != 0)
        return true;
    if (way == 0)
        adrt_alloc(huge, 8); // overflows
    else if (way == 1)
        adrt_alloc(huge / 16, 8); // does not
    else if (way == 2)
        adrt_alloc(huge / 2, 1);
    else {
        struct adrt_buf_real b = adrt_buf_real_new();
        adrt_reserve_real(&b, way == 3 ? PTRDIFF_MAX : PTRDIFF_MAX / 40);
    }
    return false;
}

START_TEST(memory_that_cannot_be_had)
{
    adrt_set_error_handler(leave);
    for (int way = 0; way < 5; way++) {
        struct adrt_mark m = adrt_mark();
        double *before = adrt_alloc(10, sizeof *before);
        before[0] = 3;
        seen.kind = ADRT_SHAPE;
        ck_assert_msg(refused(way), "allocation %d was not refused", way);
        ck_assert(seen.kind == ADRT_MEMORY && seen.a > 0);
        ck_assert_double_eq(before[0], 3);
        adrt_rewind(m); // and all goes on
        double *after = adrt_alloc(100000, sizeof *after);
        after[99999] = 1;
        adrt_rewind(m);
        ck_assert(adrt_arena_.live == NULL);
    }
    adrt_release();
    adrt_set_error_handler(NULL);
}
END_TEST

// --- threads ----------------------------------------------------------------------------------

static void *work(void *arg)
{
    int id = *(int *)arg;
    for (int round = 0; round < 200; round++) {
        struct adrt_mark m = adrt_mark();
        int n = 1000 + round * 50;
        int *a = adrt_alloc(adrt_size(n), sizeof *a);
        struct adrt_buf_int b = adrt_buf_int_new();
        for (int i = 0; i < n; i++) {
            a[i] = id + i;
            adrt_put_int(&b, id - i);
        }
        for (int i = 0; i < n; i++)
            if (a[i] != id + i || b.at[i] != id - i)
                return arg;
        adrt_rewind(m);
    }
    adrt_release();
    return NULL;
}

START_TEST(threads_do_not_meet)
{
    pthread_t t[4];
    int id[4] = {1000, 2000000, -5, 77};
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&t[i], NULL, work, &id[i]), 0);
    for (int i = 0; i < 4; i++) {
        void *failed;
        pthread_join(t[i], &failed);
        ck_assert_ptr_null(failed);
    }
}
END_TEST

// --- scalars ----------------------------------------------------------------------------------

static void close_to(double got, double want, double rtol, const char *what, double x)
{
    if (!(fabs(got - want) <= rtol * fmax(fabs(want), 1e-300)))
        ck_abort_msg("%s at %g: %.17g, not %.17g (relative %.2g)", what, x, got, want, fabs(got - want) / fabs(want));
}

START_TEST(polygamma_values)
{
    const double euler = 0.57721566490153286061, pi = 3.14159265358979323846, zeta3 = 1.20205690315959428540,
                 ln2 = 0.69314718055994530942;
    const double catalan = 0.91596559417721901505, zeta5 = 1.03692775514336992633;
    static const struct {
        double x, want;
    } digamma[] = {
        // computed to 40 digits by DLMF 5.4.14 .. 5.4.19 or series
        {1e-5, -100000.57719921568}, {0.1, -10.423754940411076232}, {3, 0.92278433509846713939},
        {10, 2.2517525890667211077}, {100, 4.6001618527380874002},  {1e10, 23.025850929890456840},
    };
    for (size_t i = 0; i < sizeof digamma / sizeof *digamma; i++)

        close_to(adrt_polygamma(0, digamma[i].x), digamma[i].want, 1e-14, "digamma", digamma[i].x);
    close_to(adrt_polygamma(0, 1), -euler, 1e-14, "digamma", 1);
    close_to(adrt_polygamma(0, 0.5), -euler - 2 * ln2, 1e-14, "digamma", 0.5);
    close_to(adrt_polygamma(0, 0.25), -euler - pi / 2 - 3 * ln2, 1e-14, "digamma", 0.25);
    close_to(adrt_polygamma(0, -0.5), 2 - euler - 2 * ln2, 2e-14, "digamma", -0.5);
    ck_assert(fabs(adrt_polygamma(0, 1.4616321449683623413)) < 2e-15); // its zero
    close_to(adrt_polygamma(1, 1), pi * pi / 6, 1e-14, "trigamma", 1);
    close_to(adrt_polygamma(1, 0.5), pi * pi / 2, 1e-14, "trigamma", 0.5);
    close_to(adrt_polygamma(1, 0.25), pi * pi + 8 * catalan, 1e-14, "trigamma", 0.25);
    close_to(adrt_polygamma(1, -0.5), pi * pi / 2 + 4, 1e-14, "trigamma", -0.5);
    close_to(adrt_polygamma(2, 1), -2 * zeta3, 1e-14, "psi2", 1);
    close_to(adrt_polygamma(2, 0.5), -14 * zeta3, 1e-14, "psi2", 0.5);
    close_to(adrt_polygamma(3, 1), pow(pi, 4) / 15, 1e-14, "psi3", 1);
    close_to(adrt_polygamma(4, 1), -24 * zeta5, 1e-14, "psi4", 1);
    ck_assert(adrt_digammaf(3.0f) == (float)adrt_polygamma(0, 3.0));
}
END_TEST

START_TEST(polygamma_recurrence_and_reflection)
{
    for (int n = 0; n <= 8; n++)
        for (double x = 0.013; x < 60; x *= 1.37) { // DLMF 5.15.5, which meets every branch of the code
            double step = (n % 2 == 0 ? 1 : -1) * tgamma(n + 1.0) * pow(x, -n - 1);
            double here = adrt_polygamma(n, x), there = adrt_polygamma(n, x + 1);
            ck_assert(fabs(there - (here + step)) <= 4e-14 * fmax(1, fabs(here)));
            // and at 1 - x, so at negative numbers too: the steps go the other way
            double m = -x, mstep = (n % 2 == 0 ? 1 : -1) * tgamma(n + 1.0) * pow(m, -n - 1);
            here = adrt_polygamma(n, m);
            there = adrt_polygamma(n, m + 1);
            double near = fabs(m - round(m)); // cancellation beside a pole is not ours
            if (near > 0.02)
                ck_assert_msg(fabs(there - (here + mstep)) <= 1e-12 * pow(near, -n - 2) * tgamma(n + 2.0), "n %d x %g",
                              n, m);
        }
}
END_TEST

START_TEST(polygamma_is_the_derivative_of_the_one_before)
{
    static const double at[] = {-3.6, -1.4, -0.5, 0.3, 0.9, 2.5, 7, 11.9, 12.1, 40};
    for (int n = 0; n < 5; n++)
        for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
            double x = at[i], h = 1e-3;
            double d1 = (adrt_polygamma(n, x + h) - adrt_polygamma(n, x - h)) / (2 * h);
            double d2 = (adrt_polygamma(n, x + h / 2) - adrt_polygamma(n, x - h / 2)) / h;
            close_to(d2 + (d2 - d1) / 3, adrt_polygamma(n + 1, x), 2e-7, "derivative", x);
        }
}
END_TEST

START_TEST(polygamma_at_poles_and_beyond)
{
    double inf = HUGE_VAL;
    ck_assert(adrt_polygamma(0, 0.0) == -inf && adrt_polygamma(0, -0.0) == inf && isnan(adrt_polygamma(0, -3.0)));
    ck_assert(adrt_polygamma(1, 0.0) == inf && adrt_polygamma(1, -2.0) == inf && isnan(adrt_polygamma(2, -2.0)));
    ck_assert(adrt_polygamma(0, inf) == inf && adrt_polygamma(1, inf) == 0 && adrt_polygamma(2, inf) == 0);
    ck_assert(isnan(adrt_polygamma(0, -inf)) && isnan(adrt_polygamma(0, nan(""))) && isnan(adrt_polygamma(3, nan(""))));
    ck_assert(isnan(adrt_polygamma(-1, 2.0)) && isnan(adrt_polygamma(101, 2.0)) && isnan(adrt_polygamma(31, -0.5)));
}
END_TEST

START_TEST(small_scalars)
{
    double inf = HUGE_VAL, no = nan("");
    ck_assert(adrt_sigmoid(0) == 0.5 && adrt_sigmoid(800) == 1 && adrt_sigmoid(-800) == 0 && isnan(adrt_sigmoid(no)));
    close_to(adrt_sigmoid(-40), exp(-40), 1e-15, "sigmoid", -40);
    ck_assert(adrt_softplus(-inf) == 0 && adrt_softplus(inf) == inf && adrt_softplus(1000) == 1000 &&
              isnan(adrt_softplus(no)));
    close_to(adrt_softplus(-50), exp(-50), 1e-15, "softplus", -50);
    close_to(adrt_softplus(0), log(2), 1e-15, "softplus", 0);
    ck_assert(adrt_sign(3) == 1 && adrt_sign(-3) == -1 && adrt_sign(0) == 0 && signbit(adrt_sign(-0.0)) &&
              isnan(adrt_sign(no)));
    ck_assert(adrt_step(0) == 0 && adrt_step(1e-300) == 1 && adrt_step(-1) == 0);
    ck_assert(adrt_relu(2) == 2 && adrt_relu(-2) == 0 && adrt_relu(0) == 0 && isnan(adrt_relu(no)));
    ck_assert(adrt_max(1, 2) == 2 && adrt_max(2, 1) == 2 && isnan(adrt_max(no, 1)) && isnan(adrt_max(1, no)));
    ck_assert(adrt_min(1, 2) == 1 && adrt_min(2, 1) == 1 && isnan(adrt_min(no, 1)) && isnan(adrt_min(1, no)));
    ck_assert(adrt_max_first(1, 1) && adrt_min_first(1, 1) && !adrt_max_first(1, no) && adrt_max_first(no, 1));
    ck_assert(adrt_fmax_first(1, no) && !adrt_fmax_first(no, 1) && adrt_fmin_first(1, no) && !adrt_fmin_first(no, 1));
    ck_assert(adrt_powi(3, 4) == 81 && adrt_powi(2, -3) == 0.125 && adrt_powi(no, 0) == 1 && adrt_powi(-2, 3) == -8);
    ck_assert(adrt_powi(1, INT_MIN) == 1 && adrt_powi(2, INT_MIN) == 0);
    ck_assert(adrt_imin(2, -1) == -1 && adrt_imax(2, -1) == 2 && adrt_iabs(-4) == 4 && adrt_isign(-4) == -1 &&
              adrt_isign(0) == 0);
}
END_TEST

// --- matrices ---------------------------------------------------------------------------------

static const int sizes[] = {0, 1, 3, 8, 17, 66};
enum { N_SIZES = sizeof sizes / sizeof *sizes, LARGEST = 66 };
static double A[LARGEST * LARGEST], B[LARGEST * LARGEST], C[LARGEST * LARGEST + 1], D[LARGEST * LARGEST];
static float Af[LARGEST * LARGEST], Bf[LARGEST * LARGEST], Cf[LARGEST * LARGEST + 1];

static void fill_matrices(void)
{
    unsigned s = 12345;
    for (int i = 0; i < LARGEST * LARGEST; i++) {
        s = s * 1664525u + 1013904223u;
        A[i] = (int)(s >> 20) % 97 / 13.0 - 3;
        B[i] = (int)(s >> 12 & 0xFFF) % 89 / 17.0 - 2;
        Af[i] = (float)A[i];
        Bf[i] = (float)B[i];
    }
}

static void gemm_case(bool ta, bool tb, int m, int n, int k)
{
    for (int i = 0; i < m * n; i++)
        Cf[i] = (float)(C[i] = D[i] = i % 5 * 0.5);
    C[m * n] = 42;
    Cf[m * n] = 42;
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++)
            for (int p = 0; p < k; p++)
                D[i * n + j] += (ta ? A[p * m + i] : A[i * k + p]) * (tb ? B[j * k + p] : B[p * n + j]);
    adrt_gemm(ta, tb, m, n, k, A, B, C);
    adrt_gemmf(ta, tb, m, n, k, Af, Bf, Cf);
    ck_assert(C[m * n] == 42 && Cf[m * n] == 42.0f);
    for (int i = 0; i < m * n; i++)
        if (!(fabs(C[i] - D[i]) <= 1e-12 * (1 + k) && fabs((double)Cf[i] - D[i]) <= 1e-4 * (1 + k)))
            ck_abort_msg("%d%d %d %d %d at %d: %g and %g, not %g", ta, tb, m, n, k, i, C[i], (double)Cf[i], D[i]);
}

START_TEST(products_of_every_shape)
{
    fill_matrices();
    for (int t = 0; t < 4; t++)
        for (int i = 0; i < N_SIZES; i++)
            for (int j = 0; j < N_SIZES; j++)
                for (int k = 0; k < N_SIZES; k++)
                    gemm_case(t & 1, t >> 1, sizes[i], sizes[j], sizes[k]);
    adrt_release();
}
END_TEST

START_TEST(products_larger_than_a_block)
{
    int m = 70, n = 530, k = 300;
    double *a = calloc((size_t)(m * k), sizeof *a), *b = calloc((size_t)(k * n), sizeof *b),
           *c = calloc((size_t)(m * n), sizeof *c);
    ck_assert(a != NULL && b != NULL && c != NULL);
    for (int i = 0; i < m * k; i++)
        a[i] = i % 7 - 3;
    for (int i = 0; i < k * n; i++)
        b[i] = i % 11 - 5;
    adrt_gemm(false, false, m, n, k, a, b, c);
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++) {
            double want = 0;
            for (int p = 0; p < k; p++)
                want += a[i * k + p] * b[p * n + j];
            ck_assert_double_eq(c[i * n + j], want); // small integers: exact
        }
    free(a);
    free(b);
    free(c);
    adrt_release();
}
END_TEST

// --- the tape of a record ---------------------------------------------------------------------

// tape.c once more, as a test may break it: allocation fails when `failing` is set.
static bool failing;
static void *failing_malloc(size_t bytes)
{
    return failing ? NULL : malloc(bytes);
}
static void *failing_calloc(size_t n, size_t size)
{
    return failing ? NULL : calloc(n, size);
}
#define malloc                failing_malloc
#define calloc                failing_calloc
#define adrt_tape_new         broken_tape_new
#define adrt_tape_free        broken_tape_free
#define adrt_tape_data        broken_tape_data
#define adrt_tape_from        broken_tape_from
#define adrt_tape_clear       broken_tape_clear
#define adrt_tape_pack        broken_tape_pack
#define adrt_tape_open        broken_tape_open
#include "../runtime/tape.c"
#undef malloc
#undef calloc
#undef adrt_tape_new
#undef adrt_tape_free
#undef adrt_tape_data
#undef adrt_tape_from
#undef adrt_tape_clear
#undef adrt_tape_pack
#undef adrt_tape_open

START_TEST(a_tape_holds_what_was_packed)
{
    double reals[3] = {1, 2, 3};
    bool bools[65] = {[64] = true};
    ptrdiff_t positions[1] = {PTRDIFF_MAX};
    unsigned char bits[2] = {0xA5, 1};
    const struct adrt_part in[ADRT_PARTS] = {
        [ADRT_REALS] = {reals, 3}, [ADRT_BOOLS] = {bools, 65}, [ADRT_POSITIONS] = {positions, 1}, [ADRT_BITS] = {bits, 9}};
    struct adrt_part out[ADRT_PARTS];
    adrt_tape *t = adrt_tape_new();
    size_t bytes;
    ck_assert(adrt_tape_data(t, &bytes) == NULL && bytes == 0);
    for (int round = 0; round < 2; round++) {
        adrt_tape_clear(t);
        adrt_tape_pack(t, "f", 7, sizeof(double), in);
        adrt_tape_open(t, "f", 7, sizeof(double), "f.ad", 1, out);
        ck_assert(sizeof(struct adrt_head) == 128);
        (void)adrt_tape_data(t, &bytes);
        ck_assert(bytes == 128 + 64 + 0 + 128 + 64 + 64);
        for (int k = 0; k < ADRT_PARTS; k++)
            ck_assert_int_eq(out[k].n, in[k].n);
        ck_assert_mem_eq(out[ADRT_REALS].at, reals, sizeof reals);
        ck_assert_mem_eq(out[ADRT_BOOLS].at, bools, sizeof bools);
        ck_assert_mem_eq(out[ADRT_POSITIONS].at, positions, sizeof positions);
        ck_assert_mem_eq(out[ADRT_BITS].at, bits, sizeof bits);
    }
    static const struct adrt_part nothing[ADRT_PARTS];
    adrt_tape_pack(t, "a name that is longer than the forty bytes there are for it", 7, sizeof(float), nothing);
    adrt_tape_open(t, "a name that is longer than the forty bytes there are for it", 7, sizeof(float), "", 0, out);
    (void)adrt_tape_data(t, &bytes);
    ck_assert(bytes == 128 && out[ADRT_REALS].n == 0);
    adrt_tape_free(t);
}
END_TEST

START_TEST(a_tape_is_refused)
{
    static const struct adrt_part nothing[ADRT_PARTS];
    static const struct {
        const char *name;
        uint64_t id;
        size_t real;
        const char *message;
    } rows[] = {
        {"f", 8, sizeof(double), "f cannot reverse this tape: it was recorded by another build of the function"},
        {"g", 7, sizeof(double), "g cannot reverse this tape: it was recorded by another function"},
        {"f", 7, sizeof(float), "f cannot reverse this tape: it was recorded with types of another size"},
    };
    struct adrt_part out[ADRT_PARTS];
    adrt_tape *t = adrt_tape_new();
    adrt_tape_pack(t, "f", 7, sizeof(double), nothing);
    adrt_set_error_handler(leave);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (setjmp(escape) == 0) {
            adrt_tape_open(t, rows[i].name, rows[i].id, rows[i].real, "f.ad", 12, out);
            ck_abort_msg("not refused");
        }
        ck_assert(seen.kind == ADRT_TAPE && seen.line == 12 && seen.a == 128);
        ck_assert_str_eq(seen_message, rows[i].message);
    }
    // A head of another machine or version, whole as it is.
    struct adrt_head h;
    size_t bytes;
    memcpy(&h, adrt_tape_data(t, &bytes), sizeof h);
    h.order = 0x04030201;
    adrt_tape *volatile other = adrt_tape_from(&h, sizeof h);
    if (setjmp(escape) == 0)
        adrt_tape_open(other, "f", 7, sizeof(double), "f.ad", 12, out);
    ck_assert_ptr_nonnull(strstr(seen_message, "a machine of another byte order"));
    adrt_tape_free(other);
    h.order = ADRT_ORDER;
    h.version++;
    h.sum = adrt_head_sum(&h);
    other = adrt_tape_from(&h, sizeof h);
    if (setjmp(escape) == 0)
        adrt_tape_open(other, "f", 7, sizeof(double), "f.ad", 12, out);
    ck_assert_ptr_nonnull(strstr(seen_message, "another version of the runtime"));
    adrt_tape_free(other);
    adrt_set_error_handler(NULL);
    adrt_tape_free(t);
}
END_TEST

START_TEST(a_tape_without_memory)
{
    static const struct adrt_part nothing[ADRT_PARTS];
    adrt_tape *volatile t = broken_tape_new();
    size_t bytes;
    failing = true;
    ck_assert_ptr_null(broken_tape_new());
    ck_assert_ptr_null(broken_tape_from("abc", 3));
    adrt_set_error_handler(leave);
    if (setjmp(escape) == 0) {
        broken_tape_pack(t, "f", 7, sizeof(double), nothing);
        ck_abort_msg("not refused");
    }
    ck_assert(seen.kind == ADRT_MEMORY && seen.a == 128);
    ck_assert(broken_tape_data(t, &bytes) == NULL && bytes == 0);
    if (setjmp(escape) == 0) {
        broken_tape_clear(NULL); // what the forward half makes of a tape that could not be had
        ck_abort_msg("not refused");
    }
    ck_assert_int_eq(seen.kind, ADRT_TAPE);
    failing = false;
    broken_tape_pack(t, "f", 7, sizeof(double), nothing); // and goes on when there is some
    (void)broken_tape_data(t, &bytes);
    ck_assert(bytes == 128);
    adrt_set_error_handler(NULL);
    broken_tape_free(t);
}
END_TEST

// --- snippets ---------------------------------------------------------------------------------

// Compiles `use`, after what it needs of the runtime, as --standalone would have it.
static void compile_alone(const char *name, const char *use)
{
    Arena *a = arena_new();
    Text includes = text_in(a), text = text_in(a);
    snippets_paste(use, "", &includes, &text);
    char path[] = "/tmp/adc_snippet_XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    FILE *f = fdopen(fd, "w");
    ck_assert_ptr_nonnull(f);
    fprintf(f, "%s\n%s\n%s\n", includes.at != NULL ? includes.at : "", text.at != NULL ? text.at : "", use);
    fclose(f);
    char *command =
        arena_printf(a, "%s -x c -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -fsyntax-only %s",
                     getenv("CC") != NULL ? getenv("CC") : "cc", path);
    int status = system(command);
    remove(path);
    ck_assert_msg(status == 0, "snippet %s does not stand alone", name);
    arena_free(a);
}

START_TEST(each_snippet_stands_alone)
{
    ck_assert_int_gt(n_snippets, 50);
    Arena *a = arena_new();
    for (int i = 0; i < n_snippets; i++) {
        const char *name = snippets[i].names + 1;
        int n = (int)strcspn(name, " ");
        if (strstr(snippets[i].text, "static ") == NULL || strstr(snippets[i].text, "static const") != NULL)
            continue; // a type or table, which functions will bring
        if (_i != i % 4)
            continue;
        // A use of it, so that it is not unused.
        bool variable = strstr(snippets[i].names, " adrt_arena_ ") != NULL;
        compile_alone(name, variable ? "int use(void);\nint use(void)\n{\n    return adrt_arena_.at != 0;\n}\n"
                                     : arena_printf(a,
                                                    "void use(void);\nvoid use(void)\n{\n    (void)%.*s;\n    "
                                                    "(void)adrt_mark; /* whatever rewinds marks */\n}\n",
                                                    n, name));
    }
    arena_free(a);
}
END_TEST

START_TEST(only_what_is_used_is_pasted)
{
    Arena *a = arena_new();
    Text includes = text_in(a), text = text_in(a);
    snippets_paste("int f(void) { return adrt_imin(1, 2) /* adrt_imax */ + g(\"adrt_iabs\"); }", "", &includes, &text);
    ck_assert_ptr_nonnull(strstr(text.at, "static inline int adrt_imin"));
    ck_assert(strstr(text.at, "adrt_imax") == NULL && strstr(text.at, "adrt_iabs") == NULL && includes.n == 0);
    Text none_i = text_in(a), none = text_in(a);
    snippets_paste("double x;", "", &none_i, &none);
    ck_assert(none.n == 0 && none_i.n == 0);
    Text m = text_in(a), mi = text_in(a);
    snippets_paste("#include <math.h>\ndouble f(double x) { return adrt_digamma(x); }", "", &mi, &m);
    ck_assert(mi.n == 0 && strstr(m.at, "ADRT_API") == NULL);
    arena_free(a);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("adrt");
    TCase *t = tcase_create("memory");
    tcase_add_test(t, blocks_are_aligned_and_apart);
    tcase_add_test(t, growing_moves_nothing);
    tcase_add_test(t, rewinding_gives_the_same_memory_again);
    tcase_add_test(t, marks_nest);
    tcase_add_test(t, no_elements_give_a_pointer);
    tcase_add_test(t, sizes_saturate);
    tcase_add_test(t, buffers_grow_side_by_side);
    tcase_add_test(t, blocks_are_appended);
    tcase_add_test(t, a_buffer_that_grows_in_a_callee_stays);
    tcase_add_test(t, storage_is_taken_up_again);
    tcase_add_test(t, threads_do_not_meet);
    suite_add_tcase(s, t);
    t = tcase_create("errors");
    tcase_add_test(t, the_handler_hears_of_each_kind);
    tcase_add_test(t, the_default_prints_and_aborts);
    tcase_add_test(t, memory_that_cannot_be_had);
    suite_add_tcase(s, t);
    t = tcase_create("tapes");
    tcase_add_test(t, a_tape_holds_what_was_packed);
    tcase_add_test(t, a_tape_is_refused);
    tcase_add_test(t, a_tape_without_memory);
    suite_add_tcase(s, t);
    t = tcase_create("kernels");
    tcase_add_test(t, polygamma_values);
    tcase_add_test(t, polygamma_recurrence_and_reflection);
    tcase_add_test(t, polygamma_is_the_derivative_of_the_one_before);
    tcase_add_test(t, polygamma_at_poles_and_beyond);
    tcase_add_test(t, small_scalars);
    tcase_add_test(t, products_of_every_shape);
    tcase_add_test(t, products_larger_than_a_block);
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    t = tcase_create("snippets");
    tcase_add_loop_test(t, each_snippet_stands_alone, 0, 4);
    tcase_add_test(t, only_what_is_used_is_pasted);
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    return run_suite(s);
}
