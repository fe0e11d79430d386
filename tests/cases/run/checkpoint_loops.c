// Loops with checkpoints: first and second order by the checks that all functions of these shapes have, and the same bits as without the attribute.
#include "harness.h"

typedef void (*map_vjp)(int n, int k, const double *x, double *y, double *x_bar, double *y_bar);

static void check_same_map(map_vjp f, map_vjp plain, int n, int k, const double *x, const double *y)
{
    double y1[100], y2[100], x_bar1[100], x_bar2[100], y_bar1[100], y_bar2[100];
    for (int i = 0; i < n; i++) {
        y1[i] = y2[i] = y[i];
        x_bar1[i] = x_bar2[i] = 0.25 * i;
        y_bar1[i] = y_bar2[i] = cos(i);
    }
    f(n, k, x, y1, x_bar1, y_bar1);
    plain(n, k, x, y2, x_bar2, y_bar2);
    CHECK_ALL(y1, y2, n, 0);
    CHECK_ALL(x_bar1, x_bar2, n, 0);
    CHECK_ALL(y_bar1, y_bar2, n, 0);
}

typedef double (*scalar_grad)(int n, int k, const double *x, double *x_bar);

static void check_same_scalar(scalar_grad f, scalar_grad plain, int n, int k, const double *x, double tolerance)
{
    double x_bar1[100], x_bar2[100];
    CHECK_CLOSE(f(n, k, x, x_bar1), plain(n, k, x, x_bar2), 0);
    CHECK_ALL(x_bar1, x_bar2, n, tolerance);
}

// The states that the reverse half of a record keeps are its own: the tape has what the loop started from.
typedef void (*record_forward)(int n, int k, const double *x, double *y, adrt_tape *tape);
typedef void (*record_reverse)(const adrt_tape *tape, double *x_bar, double *y_bar);

static void check_record(record_forward forward, record_reverse reverse, map_vjp f, int n, int k, const double *x, const double *y)
{
    double y1[100], y2[100], x_bar1[100], x_bar2[100], y_bar1[100], y_bar2[100];
    memcpy(y1, y, sizeof y1);
    adrt_tape *tape = adrt_tape_new();
    forward(n, k, x, y1, tape);
    for (int seed = 1; seed < 3; seed++) {
        memcpy(y2, y, sizeof y2);
        for (int i = 0; i < n; i++) {
            x_bar1[i] = x_bar2[i] = 0.25 * i;
            y_bar1[i] = y_bar2[i] = cos(seed * i);
        }
        reverse(tape, x_bar1, y_bar1);
        f(n, k, x, y2, x_bar2, y_bar2);
        CHECK_ALL(y1, y2, n, 0);
        CHECK_ALL(x_bar1, x_bar2, n, 1e-13);
        CHECK_ALL(y_bar1, y_bar2, n, 1e-13);
    }
    adrt_tape_free(tape);
}

// A record of an adjoint.
static void check_record_of_adjoint(int n, int k, const double *x, const double *y)
{
    double y1[2][100], x_bar1[2][100], y_bar1[2][100], bars[2][4][100];
    adrt_tape *tape = adrt_tape_new();
    for (int i = 0; i < 2 * n; i++) {
        y1[i / n][i % n] = y[i % n];
        x_bar1[i / n][i % n] = 0.5;
        y_bar1[i / n][i % n] = sin(i % n);
        for (int j = 0; j < 4; j++)
            bars[i / n][j][i % n] = cos(i % n + j);
    }
    callees_record_forward(n, k, x, y1[0], x_bar1[0], y_bar1[0], tape);
    callees_record_reverse(tape, bars[0][0], bars[0][1], bars[0][2], bars[0][3]);
    callees_vv(n, k, x, y1[1], x_bar1[1], y_bar1[1], bars[1][0], bars[1][1], bars[1][2], bars[1][3]);
    for (int j = 0; j < 4; j++)
        CHECK_ALL(bars[0][j], bars[1][j], n, 1e-12);
    adrt_tape_free(tape);
}

RUN_CASE(checkpoint_loops)
{
    static const int trips[] = {0, 1, 2, 3, 4, 5, 6, 25};
    double x[100], y[100];
    for (int n = 1; n < 6; n += 2)
        for (int i = 0; i < 8; i++) {
            int k = trips[i];
            checking("n = %d, k = %d", n, k);
            rnd_fill(x, n);
            rnd_fill(y, 100);
            CHECK_SCALAR(scalars, NULL, n, k, x);
            CHECK_SCALAR(exits, NULL, n, k, x);
            CHECK_SCALAR(history, NULL, n, k, x);
            CHECK_SCALAR(total, NULL, n, k, x);
            CHECK_MAP(sweeps, NULL, n, k, x, y);
            CHECK_MAP(until, NULL, n, k, x, y);
            CHECK_MAP(nested, NULL, n, k, x, y);
            CHECK_MAP(callees, NULL, n, k, x, y);
            CHECK_MAP(shapes, NULL, n, k, x, y);
            check_same_scalar(scalars_grad, scalars_plain_grad, n, k, x, 0);
            check_same_scalar(exits_grad, exits_plain_grad, n, k, x, 0);
            check_same_scalar(history_grad, history_plain_grad, n, k, x, 0);
            check_same_scalar(total_grad, total_plain_grad, n, k, x, 1e-13); // added up from the first trip on
            check_record(until_record_forward, until_record_reverse, until_vjp, n, k, x, y);
            check_record(shapes_record_forward, shapes_record_reverse, shapes_vjp, n, k, x, y);
            check_record_of_adjoint(n, k, x, y);
            check_same_map(sweeps_vjp, sweeps_plain_vjp, n, k, x, y);
            check_same_map(until_vjp, until_plain_vjp, n, k, x, y);
            check_same_map(nested_vjp, nested_plain_vjp, n, k, x, y);
            check_same_map(shapes_vjp, shapes_plain_vjp, n, k, x, y);
        }
}
