// lang_7_custom_extern.c - the functions and their rules, all in C; see lang_7_custom_extern.ad.
#include "harness.h"

// y[i] = y[i] * x[i] + A[i][n]; result[i] = x[i] * sum_j A[i][j] x[j], by what y was
void mixed(int n, const double *x, double *y, const double *A, double *result)
{
    for (int i = 0; i < n; i++) {
        double s = 0;
        for (int j = 0; j < n; j++)
            s += A[i * (n + 1) + j] * x[j];
        result[i] = y[i] * s;
        y[i] = y[i] * x[i] + A[i * (n + 1) + n];
    }
}

void mixed_vjp(int n, const double *x, double *y, const double *A, const double *result_bar, double *x_bar,
               double *y_bar, double *A_bar, double *result)
{
    for (int i = 0; i < n; i++) {
        double s = 0, s_bar = result_bar[i] * y[i], out_bar = y_bar[i];
        for (int j = 0; j < n; j++) {
            s += A[i * (n + 1) + j] * x[j];
            A_bar[i * (n + 1) + j] += s_bar * x[j];
            x_bar[j] += s_bar * A[i * (n + 1) + j];
        }
        x_bar[i] += out_bar * y[i];
        A_bar[i * (n + 1) + n] += out_bar;
        y_bar[i] = result_bar[i] * s + out_bar * x[i];
    }
    mixed(n, x, y, A, result);
}

void mixed_jvp(int n, const double *x, double *y, const double *A, const double *x_dot, double *y_dot,
               const double *A_dot, double *result_dot, double *result)
{
    for (int i = 0; i < n; i++) {
        double s = 0, s_dot = 0;
        for (int j = 0; j < n; j++) {
            s += A[i * (n + 1) + j] * x[j];
            s_dot += A_dot[i * (n + 1) + j] * x[j] + A[i * (n + 1) + j] * x_dot[j];
        }
        result_dot[i] = y_dot[i] * s + y[i] * s_dot;
        y_dot[i] = y_dot[i] * x[i] + y[i] * x_dot[i] + A_dot[i * (n + 1) + n];
    }
    mixed(n, x, y, A, result);
}

enum { MOST = 4 };

typedef struct Sizes {
    int n, k;
} Sizes;

static void f_map(const double *x, double *y, void *env)
{
    const Sizes *s = env;
    memcpy(y, x + s->n, (size_t)s->n * sizeof *y);
    calls(s->n, s->k, x, y);
}

static void f_jvp(const double *x, const double *x_dot, double *y_dot, void *env)
{
    const Sizes *s = env;
    double y[MOST];
    memcpy(y, x + s->n, (size_t)s->n * sizeof *y);
    memcpy(y_dot, x_dot + s->n, (size_t)s->n * sizeof *y);
    calls_jvp(s->n, s->k, x, y, x_dot, y_dot);
}

static void add(int n, const double *from, double *to)
{
    for (int i = 0; i < n; i++)
        to[i] += from[i];
}

static void f_vjp(const double *x, const double *y_bar, double *x_bar, void *env)
{
    const Sizes *s = env;
    double y[MOST], bar[MOST];
    memcpy(y, x + s->n, (size_t)s->n * sizeof *y);
    memcpy(bar, y_bar, (size_t)s->n * sizeof *y);
    calls_vjp(s->n, s->k, x, y, x_bar, bar);
    add(s->n, bar, x_bar + s->n);
}

static void f_record(const double *x, const double *y_bar, double *x_bar, void *env)
{
    const Sizes *s = env;
    double y[MOST], bar[MOST];
    adrt_tape *tape = adrt_tape_new();
    memcpy(y, x + s->n, (size_t)s->n * sizeof *y);
    memcpy(bar, y_bar, (size_t)s->n * sizeof *y);
    calls_record_forward(s->n, s->k, x, y, tape);
    calls_record_reverse(tape, x_bar, bar);
    adrt_tape_free(tape);
    add(s->n, bar, x_bar + s->n);
}

RUN_CASE(lang_7_custom_extern)
{
    double x[2 * MOST];
    rnd_fill_in(x, 2 * MOST, -0.9, 0.9);
    for (int n = 1; n <= MOST; n++)
        for (int k = 0; k < 4; k++) {
            Sizes s = {n, k};
            Derivatives d = {2 * n, n, f_map, f_jvp, f_vjp, &s, 0}, by_record = {2 * n, n, f_map, f_jvp, f_record, &s, 0};
            CHECK_DERIVATIVES(&d, x);
            CHECK_DERIVATIVES(&by_record, x);
        }
}

// Derives of the function itself call its rules; what is not in wrt is not touched.
RUN_CASE(lang_7_custom_extern_direct)
{
    enum { N = 2 };
    double x[N] = {0.5, 2}, y[2][N] = {{3, 4}, {3, 4}}, A[N * (N + 1)] = {1, 2, 3, 4, 5, 6}, r[2][N], r_bar[N] = {1, 10};
    double x_bar[2][N] = {{1, 1}, {1, 1}}, y_bar[3][N] = {{1, 2}, {1, 2}, {1, 2}}, A_bar[2][N * (N + 1)] = {{0}};
    direct_vjp(N, x, y[0], A, r_bar, x_bar[0], y_bar[0], A_bar[0], r[0]);
    mixed_vjp(N, x, y[1], A, r_bar, x_bar[1], y_bar[1], A_bar[1], r[1]);
    CHECK_ALL(y[0], y[1], N, 0);
    CHECK_ALL(r[0], r[1], N, 0);
    CHECK_ALL(x_bar[0], x_bar[1], N, 0);
    CHECK_ALL(y_bar[0], y_bar[1], N, 0);
    CHECK_ALL(A_bar[0], A_bar[1], N * (N + 1), 0);
    double was[N] = {3, 4};
    some_vjp(N, x, was, A, r_bar, y_bar[2], r[1]);
    CHECK_ALL(y_bar[2], y_bar[0], N, 0);
    double x_dot[N] = {1, -1}, y_dot[2][N] = {{0, 0}, {7, 7}}, A_dot[N * (N + 1)] = {0}, r_dot[2][N];
    double again[2][N] = {{3, 4}, {3, 4}};
    direct_jvp(N, x, again[0], A, x_dot, y_dot[0], A_dot, r_dot[0], r[1]);
    some_jvp(N, x, again[1], A, x_dot, y_dot[1], r_dot[1], r[1]);
    CHECK_ALL(y_dot[0], y_dot[1], N, 0);
    CHECK_ALL(r_dot[0], r_dot[1], N, 0);
    adrt_tape *tape = adrt_tape_new();
    double start[N] = {3, 4}, bars[3][N * (N + 1)] = {{1, 1}, {1, 2}, {0}};
    mixed_record_forward(N, x, start, A, tape, r[1]);
    CHECK_ALL(r[1], r[0], N, 0);
    memset(x, 0xFF, sizeof x);
    memset(A, 0xFF, sizeof A);
    mixed_record_reverse(tape, r_bar, bars[0], bars[1], bars[2]);
    CHECK_ALL(bars[0], x_bar[0], N, 0);
    CHECK_ALL(bars[1], y_bar[0], N, 0);
    CHECK_ALL(bars[2], A_bar[0], N * (N + 1), 0);
    adrt_tape_free(tape);
}
