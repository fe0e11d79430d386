// lang_7_custom_roles.c - the functions in C, and the checks of lang_7_custom_roles.ad.
#include "harness.h"

void squares(int n, double *y, double w, int *count, double *last)
{
    for (int i = 0; i < n; i++)
        y[i] = w * y[i] * y[i];
    *count = n;
    *last = n > 0 ? w * y[n - 1] : 0;
}

void sums(int n, const double *x, double *result)
{
    result[0] = 0;
    for (int i = 0; i < n; i++)
        result[i + 1] = result[i] + x[i] * x[i];
}

double trade(double x, double *y, double *z, bool on, int *times_)
{
    double was = *z;
    *y = x * x * was;
    if (on)
        *z = was * x;
    ++*times_;
    return x * was;
}

void products(int n, int m, const double *x, const int *at, const double *w, double *A)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k < m; k++)
            A[i * m + k] = x[i] * x[at[k]] * w[2 * k] + w[2 * k + 1];
}

struct state move(const struct state *s, double dt, struct state *whole, struct state *before)
{
    struct state r = *s;
    *before = *s;
    r.at[0] += s->speed * dt;
    r.steps++;
    whole->speed += s->speed * s->speed;
    whole->steps += r.steps;
    return r;
}

static double calls_c(int n, int k, const double *x)
{
    double y[8], q[9], s = 0, last = 0, z = 0.7;
    int count, times = 0;
    memcpy(y, x, (size_t)n * sizeof *x);
    for (int t = 0; t < k; t++) {
        squares(n, y, 0.4 + 0.1 * x[0], &count, &last);
        s += last * count;
        sums(n, y, q);
        for (int i = 0; i < n; i++)
            y[i] = 0.5 * sin(q[i + 1]) + 0.2 * x[i];
        if (t % 2 == 0) {
            double traded = trade(y[0], &last, &z, t % 3 == 0, &times);
            s += traded * last;
            z = 0.3 * z + 0.5;
        }
        s *= 0.5;
    }
    for (int i = 0; i < n; i++)
        s += y[i];
    return s + z * last + times;
}

RUN_CASE(lang_7_custom_roles)
{
    double x[4] = {0.5, 0.9, -0.4, 0.7}, y[4] = {0.3, -0.6, 0.8, 0.2};
    for (int n = 1; n <= 4; n += 2)
        FOR_TRIPS (k) {
            int trips = k < 7 ? k : 7;
            CHECK_SCALAR(calls, calls_c, n, trips, x);
            CHECK_SCALAR(walk, NULL, n, trips, x);
            CHECK_MAP(tables, NULL, n, trips, x, y);
        }
}

// A derive of a function with a rule calls the rule, with the wrt that was asked for.
RUN_CASE(lang_7_custom_direct)
{
    enum { N = 3 };
    double y[2][N] = {{1, 2, 3}, {1, 2, 3}}, bar[2][N] = {{0.5, 0.25, 2}, {0.5, 0.25, 2}}, w_bar[2] = {7, 7}, last[2];
    int count[2];
    squares_v(N, y[0], 0.5, &count[0], &last[0], bar[0], &w_bar[0], 1.5);
    squares_vjp(N, y[1], 0.5, &count[1], &last[1], bar[1], &w_bar[1], 1.5);
    CHECK_ALL(y[0], y[1], N, 0);
    CHECK_ALL(bar[0], bar[1], N, 0);
    CHECK(w_bar[0] == w_bar[1] && last[0] == last[1] && count[0] == count[1] && last[0] == 0.5 * 4.5);
    double x[N] = {1, 2, 3}, r[N + 1], r_bar[N + 1] = {1, 2, 3, 4}, x_bar[N] = {0, 0, 0};
    sums_v(N, x, r_bar, x_bar, r);
    CHECK(x_bar[0] == 2 * 9 && x_bar[1] == 4 * 7 && x_bar[2] == 6 * 4 && r[3] == 14);
    double dir[N] = {1, 0, 1}, r_dot[N + 1], dir2[N] = {1, 1, 1}, r_dot_dot[N + 1], r_dot2[N + 1];
    sums_jj(N, x, dir, r_dot, dir2, (double[N]){0}, r_dot_dot, r_dot2, r);
    CHECK(r_dot[3] == 8 && r_dot2[3] == 12 && r_dot_dot[3] == 4);
    int at[2] = {0, 2};
    double w[4] = {1, 0.5, 2, 0.25}, A[6], A_bar[6] = {1, 1, 1, 1, 1, 1}, A_dot[6], w_dot[4] = {1, 0, 0, 1};
    memset(x_bar, 0, sizeof x_bar);
    products_v(N, 2, x, at, w, A, x_bar, A_bar);
    CHECK_CLOSE(A[5], 18.25, 0);
    CHECK_CLOSE(x_bar[1], 1 * 1 + 3 * 2, 1e-15);
    products_j(N, 2, x, at, w, A, w_dot, A_dot);
    CHECK(A_dot[4] == 3 && A_dot[5] == 1);
    // Ints of an adjoint are left alone where it is added to, and 0 where it is written.
    struct state s = {{1, 2}, 3, 4}, whole = {{0}, 1, 1}, before, out, seed = {{1, 10}, 100, 5};
    struct state s_bar = {{0}, 0, 77}, whole_bar = {{0}, 2, 88}, before_bar = {{1000, 0}, 0, 99};
    double dt_bar = 0;
    out = move_v(&s, 0.5, &whole, &before, &seed, &s_bar, &dt_bar, &whole_bar, &before_bar);
    CHECK(out.at[0] == 2.5 && out.steps == 5 && before.steps == 4 && whole.speed == 10 && whole.steps == 6);
    CHECK(s_bar.at[0] == 1001 && s_bar.at[1] == 10 && s_bar.speed == 0.5 + 100 + 12 && s_bar.steps == 77);
    CHECK(dt_bar == 3 && whole_bar.speed == 2 && whole_bar.steps == 88);
}

// And as records: the primal's arguments are on the tape before the call changes them.
RUN_CASE(lang_7_custom_record)
{
    enum { N = 3 };
    adrt_tape *tape = adrt_tape_new();
    double y[2][N] = {{1, 2, 3}, {1, 2, 3}}, bar[2][N] = {{0.5, 0.25, 2}, {0.5, 0.25, 2}}, w_bar[2] = {7, 7}, last[2];
    int count[2];
    squares_v(N, y[0], 0.5, &count[0], &last[0], bar[0], &w_bar[0], 1.5);
    squares_record_forward(N, y[1], 0.5, &count[1], &last[1], tape);
    CHECK_ALL(y[0], y[1], N, 0);
    memset(y, 0xFF, sizeof y);
    squares_record_reverse(tape, bar[1], &w_bar[1], 1.5);
    CHECK_ALL(bar[0], bar[1], N, 0);
    CHECK(w_bar[0] == w_bar[1]);
    struct state s = {{1, 2}, 3, 4}, whole = {{0}, 1, 1}, before, out, seed = {{1, 10}, 100, 5};
    struct state s_bar = {{0}, 0, 77}, whole_bar = {{0}, 2, 88}, before_bar = {{1000, 0}, 0, 99};
    double dt_bar = 0;
    out = move_record_forward(&s, 0.5, &whole, &before, tape);
    CHECK(out.at[0] == 2.5 && out.steps == 5 && before.steps == 4 && whole.speed == 10 && whole.steps == 6);
    memset(&s, 0xFF, sizeof s);
    memset(&whole, 0xFF, sizeof whole);
    move_record_reverse(tape, &seed, &s_bar, &dt_bar, &whole_bar, &before_bar);
    CHECK(s_bar.at[0] == 1001 && s_bar.at[1] == 10 && s_bar.speed == 0.5 + 100 + 12 && s_bar.steps == 77);
    CHECK(dt_bar == 3 && whole_bar.speed == 2 && whole_bar.steps == 88);
    static const double x[4] = {0.5, 0.9, -0.4, 0.7};
    for (int k = 0; k < 6; k++) {
        double x_bar[2][4] = {{1, 2, 3, 4}, {1, 2, 3, 4}};
        double value = calls_vjp(4, k, x, 0.8, x_bar[0]);
        CHECK_CLOSE(calls_record_forward(4, k, x, tape), value, 0);
        calls_record_reverse(tape, 0.8, x_bar[1]);
        CHECK_ALL(x_bar[1], x_bar[0], 4, 1e-14);
        value = walk_vjp(4, k, x, 0.8, x_bar[0]);
        CHECK_CLOSE(walk_record_forward(4, k, x, tape), value, 0);
        walk_record_reverse(tape, 0.8, x_bar[1]);
        CHECK_ALL(x_bar[1], x_bar[0], 4, 1e-14);
    }
    adrt_tape_free(tape);
}
