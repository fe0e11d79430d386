// lang_7_record.c - record against vjp: the same adjoints from any number of reverses, with the inputs gone by then.
#include "harness.h"

void spin(int n, const double *x, double *y)
{
    double *t = malloc((size_t)(n + 1) * sizeof *t);
    for (int i = 0; i < n; i++)
        t[n - 1 - i] = sin(x[i]);
    memcpy(y, t, (size_t)n * sizeof *t);
    free(t);
}

// Up to so many numbers of each kind; what a reverse adds to starts at the same random numbers for both.
enum { MAX = 200 };
static double start[MAX];

static double *started(double *bar)
{
    return memcpy(bar, start, sizeof start);
}

RUN_CASE(lang_7_record)
{
    adrt_tape *tape = adrt_tape_new();
    rnd_fill(start, MAX);
    FOR_TRIPS (n)
        for (int doubled = 0; doubled < 2; doubled++) {
            if (n == 0)
                continue;
            double x[100], w = rnd_in(0.2, 0.9), seed, bar[2][MAX], w_bar[2];
            int turn[100];
            bool on[100];
            rnd_fill(x, n);
            for (int i = 0; i < n; i++) {
                turn[i] = rnd_int(0, n - 1);
                on[i] = rnd_int(0, 1);
            }
            double value = chain(n, x, turn, on, doubled, w);
            CHECK_CLOSE(chain_record_forward(n, x, turn, on, doubled, w, tape), value, 0);
            double was[100];
            memcpy(was, x, sizeof was);
            for (int k = 0; k < 3; k++) {
                seed = k == 0 ? 0.0 : rnd();
                w_bar[0] = w_bar[1] = start[3];
                memcpy(x, was, sizeof was);
                chain_vjp(n, x, turn, on, doubled, w, seed, started(bar[0]), &w_bar[0]);
                memset(x, 0xFF, sizeof x); // the reverse has its own
                chain_record_reverse(tape, seed, started(bar[1]), &w_bar[1]);
                CHECK_ALL(bar[1], bar[0], MAX, 1e-14);
                CHECK_CLOSE(w_bar[1], w_bar[0], 1e-14);
            }
        }
    adrt_tape_free(tape);
}

RUN_CASE(lang_7_record_roles)
{
    adrt_tape *tape = adrt_tape_new();
    rnd_fill(start, MAX);
    for (int n = 0; n < 5; n++)
        for (int m = 1; m < 4; m++) {
            double A[20], x[4], y[2][5], last[2], scale[2], r[2][6];
            double A_bar[2][MAX], x_bar[2][MAX], y_bar[2][MAX], scale_bar[2], last_bar = rnd(), r_bar[6], r_bar_was[6];
            int count[2] = {7, 8};
            bool any[2] = {true, false};
            rnd_fill(A, 20);
            rnd_fill(x, 4);
            rnd_fill(y[0], 5);
            rnd_fill(r_bar, 6);
            memcpy(y[1], y[0], sizeof y[0]);
            memcpy(r_bar_was, r_bar, sizeof r_bar);
            scale[0] = scale[1] = rnd();
            scale_bar[0] = scale_bar[1] = start[0];
            roles_vjp(n, m, A, x, y[0], &count[0], &any[0], &last[0], &scale[0], r_bar, started(A_bar[0]),
                      started(x_bar[0]), started(y_bar[0]), last_bar, &scale_bar[0], r[0]);
            roles_record_forward(n, m, A, x, y[1], &count[1], &any[1], &last[1], &scale[1], tape, r[1]);
            CHECK_ALL(y[1], y[0], n, 0);
            CHECK_ALL(r[1], r[0], n + 1, 0);
            CHECK(count[0] == count[1] && any[0] == any[1] && last[0] == last[1] && scale[0] == scale[1]);
            memset(A, 0xFF, sizeof A);
            memset(x, 0xFF, sizeof x);
            memset(y, 0xFF, sizeof y);
            for (int k = 0; k < 2; k++) {
                scale_bar[1] = start[0];
                roles_record_reverse(tape, r_bar, started(A_bar[1]), started(x_bar[1]), started(y_bar[1]), last_bar,
                                     &scale_bar[1]);
                CHECK_ALL(A_bar[1], A_bar[0], MAX, 1e-14);
                CHECK_ALL(x_bar[1], x_bar[0], MAX, 1e-14);
                CHECK_ALL(y_bar[1], y_bar[0], MAX, 1e-14);
                CHECK_CLOSE(scale_bar[1], scale_bar[0], 1e-14);
                CHECK_ALL(r_bar, r_bar_was, 6, 0);
            }
        }
    adrt_tape_free(tape);
}

RUN_CASE(lang_7_record_wrt)
{
    enum { N = 3, M = 2 };
    adrt_tape *tape = adrt_tape_new();
    double A[6], x[2], y[2][3], last, scale[2], r[4], x_bar[2][MAX], y_bar[3], scale_bar[2], r_bar[4], last_bar = rnd();
    int count;
    bool any;
    rnd_fill(A, 6);
    rnd_fill(x, 2);
    rnd_fill(y[0], 3);
    rnd_fill(y_bar, 3);
    rnd_fill(r_bar, 4);
    memcpy(y[1], y[0], sizeof y[0]);
    scale[0] = scale[1] = rnd();
    scale_bar[0] = scale_bar[1] = rnd();
    roles_some_vjp(N, M, A, x, y[0], &count, &any, &last, &scale[0], r_bar, started(x_bar[0]), y_bar, last_bar,
                   &scale_bar[0], r);
    roles_some_forward(N, M, A, x, y[1], &count, &any, &last, &scale[1], tape, r);
    memset(A, 0xFF, sizeof A);
    roles_some_reverse(tape, r_bar, started(x_bar[1]), y_bar, last_bar, &scale_bar[1]);
    CHECK_ALL(x_bar[1], x_bar[0], MAX, 1e-14);
    CHECK_CLOSE(scale_bar[1], scale_bar[0], 1e-14);
    adrt_tape_free(tape);
}

RUN_CASE(lang_7_record_shapes)
{
    adrt_tape *tape = adrt_tape_new();
    rnd_fill(start, MAX);
    for (int n = 1; n < 4; n++)
        for (int m = n - 2; m < n + 3; m++) { // also sizes that are negative, which count as 0
            if (n * m + 1 < 0)
                continue;
            double A[20], B[60], c[2][8], A_bar[2][MAX], B_bar[2][MAX], c_bar[2][MAX], seed = rnd();
            rnd_fill_in(A, 20, -1, 1);
            rnd_fill_in(B, 60, -0.5, 0.5);
            rnd_fill(c[0], 8);
            memcpy(c[1], c[0], sizeof c[0]);
            double value = shapes_vjp(n, m, A, B, c[0], seed, started(A_bar[0]), started(B_bar[0]), started(c_bar[0]));
            CHECK_CLOSE(shapes_record_forward(n, m, A, B, c[1], tape), value, 0);
            memset(A, 0xFF, sizeof A);
            memset(B, 0xFF, sizeof B);
            shapes_record_reverse(tape, seed, started(A_bar[1]), started(B_bar[1]), started(c_bar[1]));
            CHECK_ALL(A_bar[1], A_bar[0], MAX, 1e-14);
            CHECK_ALL(B_bar[1], B_bar[0], MAX, 1e-14);
            CHECK_ALL(c_bar[1], c_bar[0], MAX, 1e-14);
        }
    adrt_tape_free(tape);
}

// What keeps nothing, or nothing but sizes.
RUN_CASE(lang_7_record_nothing)
{
    adrt_tape *tape = adrt_tape_new();
    double x[3] = {1, 2, 3}, x_bar[4] = {10, 20, 30, 40}, one = 5;
    CHECK_CLOSE(linear_record_forward(3, x, tape), 18, 0);
    for (int k = 0; k < 2; k++)
        linear_record_reverse(tape, 2, x_bar);
    CHECK(x_bar[0] == 22 && x_bar[1] == 32 && x_bar[2] == 42 && x_bar[3] == 40);
    CHECK_CLOSE(linear_record_forward(0, NULL, tape), 0, 0);
    linear_record_reverse(tape, 2, NULL);
    CHECK_CLOSE(twice_record_forward(4, tape), 8, 0);
    twice_record_reverse(tape, 3, &one);
    CHECK_CLOSE(one, 11, 0);
    double y[3] = {7, 7, 7}, y_bar[4] = {1, 2, 3, 4}, w_bar = 5;
    cut_record_forward(3, x, y, 1.5, tape);
    cut_record_reverse(tape, 1, x_bar, y_bar, &w_bar);
    CHECK(x_bar[0] == 22 && y_bar[0] == 0 && y_bar[2] == 0 && y_bar[3] == 4 && w_bar == 5);
    named_record_forward(0.5, 0.25, 3, tape);
    double t_bar = 0, p_bar = 0, r_bar = 0;
    named_record_reverse(tape, 1, &t_bar, &p_bar, &r_bar);
    CHECK_CLOSE(t_bar, cos(0.125) * 0.25 * 3, 1e-15);
    CHECK_CLOSE(r_bar, sin(0.125), 1e-15);
    adrt_tape_free(tape);
    adrt_tape_free(NULL);
}

typedef double forward_fn(int n, const double *x, adrt_tape *tape);
typedef void reverse_fn(const adrt_tape *tape, double seed, double *x_bar);
typedef double vjp_fn(int n, const double *x, double seed, double *x_bar);

static void compare(forward_fn *forward, reverse_fn *reverse, vjp_fn *vjp, int n, double lo, double hi)
{
    adrt_tape *tape = adrt_tape_new();
    double x[MAX], bar[2][MAX];
    rnd_fill(start, MAX);
    for (int round = 0; round < 4; round++) {
        double seed = rnd();
        rnd_fill_in(x, n, lo, hi);
        double value = vjp(n, x, seed, started(bar[0]));
        CHECK_CLOSE(forward(n, x, tape), value, 0);
        memset(x, 0xFF, sizeof x);
        for (int k = 0; k < 2; k++) {
            reverse(tape, seed, started(bar[1]));
            CHECK_ALL(bar[1], bar[0], MAX, 1e-13);
        }
    }
    adrt_tape_free(tape);
}

RUN_CASE(lang_7_record_control)
{
    for (int n = 0; n < 8; n++) {
        compare(forest_record_forward, forest_record_reverse, forest_vjp, n, 0.1, 0.9);
        compare(leave_record_forward, leave_record_reverse, leave_vjp, n, -0.5, 2);
        compare(leave_record_forward, leave_record_reverse, leave_vjp, n, -2, 2);
        compare(spun_record_forward, spun_record_reverse, spun_vjp, n, -2, 2);
    }
    adrt_tape *tape = adrt_tape_new();
    double x[3] = {0.1, 0.2, 0.3}, y[3], x_bar[3] = {1, 1, 1}, y_bar[3] = {1, 2, 3};
    spin_record_forward(3, x, y, tape);
    memset(x, 0xFF, sizeof x);
    spin_record_reverse(tape, x_bar, y_bar);
    CHECK_CLOSE(x_bar[0], 1 + 3 * cos(0.1), 1e-15);
    CHECK_CLOSE(x_bar[2], 1 + 1 * cos(0.3), 1e-15);
    adrt_tape_free(tape);
}

// Rows of a Hessian from one run of the gradient; and a record of a Hessian product.
RUN_CASE(lang_7_record_second)
{
    enum { N = 4 };
    adrt_tape *tape = adrt_tape_new();
    double x[N], w = 0.7, grad[2][N], w_bar[2];
    int turn[N] = {2, 0, 1, 3};
    bool on[N] = {true, false, true, false};
    rnd_fill(x, N);
    rnd_fill(start, MAX);
    double value = gradient_record_forward(N, x, turn, on, true, w, grad[0], &w_bar[0], tape);
    CHECK_CLOSE(value, chain_grad(N, x, turn, on, true, w, grad[1], &w_bar[1]), 0);
    CHECK_ALL(grad[0], grad[1], N, 0);
    for (int k = 0; k < N; k++) {
        double row[2][MAX], w_row[2] = {start[1], start[1]}, seed[N] = {0}, w_seed = rnd(), result_bar = rnd();
        seed[k] = 1;
        gradient_vjp(N, x, turn, on, true, w, grad[1], &w_bar[1], result_bar, started(row[0]), &w_row[0], seed, w_seed);
        gradient_record_reverse(tape, result_bar, started(row[1]), &w_row[1], seed, w_seed);
        CHECK_ALL(row[1], row[0], MAX, 1e-13);
        CHECK_CLOSE(w_row[1], w_row[0], 1e-13);
    }
    double x_dot[N], x_bar[N], x_bar_dot[N], result_dot, bars[2][N], seeds[2][N], out[2] = {1, 1};
    rnd_fill(x_dot, N);
    rnd_fill(seeds[0], N);
    rnd_fill(seeds[1], N);
    product_vjp(N, x, turn, on, true, w, x_bar, x_dot, x_bar_dot, &result_dot, 1.5, &out[0], seeds[0], seeds[1], 0.3);
    product_record_forward(N, x, turn, on, true, w, bars[0], x_dot, bars[1], &result_dot, tape);
    CHECK_ALL(bars[0], x_bar, N, 0);
    CHECK_ALL(bars[1], x_bar_dot, N, 0);
    product_record_reverse(tape, 1.5, &out[1], seeds[0], seeds[1], 0.3);
    CHECK_CLOSE(out[1], out[0], 1e-13);
    adrt_tape_free(tape);
}
