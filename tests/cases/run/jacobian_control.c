#include "harness.h"

enum { MAX = 20, MAX_IN = 40 };

void outside(int n, const double *x, double *y)
{
    for (int i = 0; i < n; i++)
        y[i] = y[i] * x[n - 1 - i] + x[i];
}

void outside_jvp(int n, const double *x, double *y, const double *x_dot, double *y_dot)
{
    for (int i = 0; i < n; i++)
        y_dot[i] = y_dot[i] * x[n - 1 - i] + y[i] * x_dot[n - 1 - i] + x_dot[i];
    outside(n, x, y);
}

void outside_vjp(int n, const double *x, double *y, double *x_bar, double *y_bar)
{
    for (int i = 0; i < n; i++) {
        x_bar[n - 1 - i] += y[i] * y_bar[i];
        x_bar[i] += y_bar[i];
        y_bar[i] *= x[n - 1 - i];
    }
    outside(n, x, y);
}

static void unit(double *x, int n, int k)
{
    for (int i = 0; i < n; i++)
        x[i] = i == k ? 1 : 0;
}

static void put_column(double *jac, int m, int n, int k, const double *column)
{
    for (int i = 0; i < m; i++)
        jac[i * n + k] = column[i];
}

static void check_powers(int n)
{
    static double x[MAX], y[MAX], y2[MAX], dot[MAX], column[MAX], want[MAX * MAX], jac[MAX * MAX];
    checking("powers, n = %d", n);
    rnd_fill(x, n);
    for (int k = 0; k < n; k++) {
        unit(dot, n, k);
        powers_jvp(n, x, dot, column, y);
        put_column(want, n, n, k, column);
    }
    for (int rev = 0; rev < 2; rev++) {
        (rev ? powers_rev : powers_fwd)(n, x, jac, y2);
        CHECK_ALL(jac, want, n * n, 1e-13);
        CHECK_ALL(y2, y, n, 0);
    }
}

static void check_grown(int n, double start)
{
    static double x[MAX], y[MAX], y2[MAX], dot[MAX], column[MAX], want[MAX * MAX], by_r[MAX], jac[MAX * MAX], r_jac[MAX];
    double r = 0.9;
    checking("grown, n = %d, start = %g", n, start);
    rnd_fill(x, n);
    x[0] = start;
    for (int k = 0; k <= n; k++) {
        unit(dot, n, k);
        grown_jvp(n, x, r, dot, k == n, column, y);
        if (k < n)
            put_column(want, n, n, k, column);
        else
            memcpy(by_r, column, sizeof by_r);
    }
    for (int rev = 0; rev < 2; rev++) {
        (rev ? grown_rev : grown_fwd)(n, x, r, jac, r_jac, y2);
        CHECK_ALL(jac, want, n * n, 1e-12);
        CHECK_ALL(r_jac, by_r, n, 1e-12);
        CHECK_ALL(y2, y, n, 0);
    }
    // the adjoint's tangent in three directions against three
    static double seed[MAX], x_bar[MAX], x_bar2[MAX], x_dots[3 * MAX], r_dots[3], seed_dots[3 * MAX], x_bar_dots[3 * MAX], r_bar_dots[3], y_dots[3 * MAX];
    static double x_dot[MAX], seed_dot[MAX], x_bar_dot[MAX], y_dot[MAX], start_dots[3 * MAX];
    double r_bar = 0;
    rnd_fill(seed, n);
    rnd_fill(x_dots, 3 * n);
    rnd_fill(r_dots, 3);
    rnd_fill(seed_dots, 3 * n);
    rnd_fill(x_bar_dots, 3 * n);
    memcpy(start_dots, x_bar_dots, sizeof start_dots);
    rnd_fill(r_bar_dots, 3);
    double r_start[3] = {r_bar_dots[0], r_bar_dots[1], r_bar_dots[2]};
    memset(x_bar, 0, sizeof x_bar);
    grown_vjp_jvp(n, x, r, seed, x_bar, &r_bar, x_dots, r_dots, seed_dots, x_bar_dots, r_bar_dots, y_dots, y2);
    for (int c = 0; c < 3; c++) {
        for (int i = 0; i < n; i++) {
            x_dot[i] = x_dots[i * 3 + c];
            seed_dot[i] = seed_dots[i * 3 + c];
            x_bar_dot[i] = start_dots[i * 3 + c];
        }
        double r_bar2 = 0, r_bar_dot = r_start[c];
        memset(x_bar2, 0, sizeof x_bar2);
        grown_vj(n, x, r, seed, x_bar2, &r_bar2, x_dot, r_dots[c], seed_dot, x_bar_dot, &r_bar_dot, y_dot, y2);
        CHECK_ALL(x_bar, x_bar2, n, 1e-13);
        CHECK_CLOSE(r_bar, r_bar2, 1e-13);
        CHECK_CLOSE(r_bar_dots[c], r_bar_dot, 1e-12);
        for (int i = 0; i < n; i++) {
            CHECK_CLOSE(x_bar_dots[i * 3 + c], x_bar_dot[i], 1e-12);
            CHECK_CLOSE(y_dots[i * 3 + c], y_dot[i], 1e-12);
        }
    }
}

static void check_rows(int m, int n)
{
    static double A[MAX_IN], B[MAX_IN], B2[MAX_IN], dot[MAX_IN], column[MAX_IN], want[MAX_IN * MAX_IN], by_s[MAX_IN];
    static double jac[MAX_IN * MAX_IN], s_jac[MAX_IN];
    double s = rnd();
    int size = m * n;
    checking("rows, %d %d", m, n);
    rnd_fill(A, size);
    for (int k = 0; k <= size; k++) {
        unit(dot, size, k);
        rows_jvp(m, n, A, s, dot, k == size, column, B);
        if (k < size)
            put_column(want, size, size, k, column);
        else
            memcpy(by_s, column, sizeof by_s);
    }
    for (int rev = 0; rev < 2; rev++) {
        (rev ? rows_rev : rows_fwd)(m, n, A, s, jac, s_jac, B2);
        CHECK_ALL(jac, want, size * size, 1e-13);
        CHECK_ALL(s_jac, by_s, size, 1e-13);
        CHECK_ALL(B2, B, size, 0);
    }
}

static void check_springs(int n)
{
    static double x[MAX], y[MAX], y2[MAX], dot[MAX], column[MAX], want[MAX * MAX], by_k[MAX], jac[MAX * MAX], k_jac[MAX];
    double k0 = rnd();
    checking("springs, n = %d", n);
    rnd_fill(x, n);
    for (int k = 0; k <= n; k++) {
        unit(dot, n, k);
        springs_jvp(n, x, k0, dot, k == n, column, y);
        if (k < n)
            put_column(want, n, n, k, column);
        else
            memcpy(by_k, column, sizeof by_k);
    }
    for (int rev = 0; rev < 2; rev++) {
        (rev ? springs_rev : springs_fwd)(n, x, k0, jac, k_jac, y2);
        CHECK_ALL(jac, want, n * n, 1e-13);
        CHECK_ALL(k_jac, by_k, n, 1e-13);
        CHECK_ALL(y2, y, n, 0);
    }
}

static void check_rules(int n)
{
    static double x[MAX], y[MAX], y2[MAX], dot[MAX], column[MAX], want[MAX * MAX], jac[MAX * MAX], back[MAX * MAX];
    checking("rules, n = %d", n);
    rnd_fill(x, n);
    for (int k = 0; k < n; k++) {
        unit(dot, n, k);
        ruled_jvp(n, x, dot, column, y);
        put_column(want, n, n, k, column);
    }
    ruled_fwd(n, x, jac, y2);
    CHECK_ALL(jac, want, n * n, 1e-13);
    CHECK_ALL(y2, y, n, 0);
    for (int k = 0; k < n; k++) {
        unit(dot, n, k);
        memset(back + k * n, 0, sizeof(double) * (size_t)n);
        ruled_vjp(n, x, dot, back + k * n, y);
    }
    ruled_rev(n, x, jac, y2);
    CHECK_ALL(jac, back, n * n, 1e-13);
    CHECK_ALL(y2, y, n, 0);
    for (int i = 0; i < n; i++)                                 // of picky: 30 by a seed of 1; 7 = 3 + 4 halvings back
        CHECK_CLOSE(want[i * n + i] - back[i * n + i], 30 - 7, 1e-12);
    // the derivatives of what has rules
    static double x_dots[2 * MAX], y_dots[2 * MAX], y_dot[MAX], x_bars[2 * MAX], y_bars[2 * MAX], start[2 * MAX], seeds[2 * MAX];
    rnd_fill(x_dots, 2 * n);
    rnd_fill(y_dots, 2 * n);
    memcpy(start, y_dots, sizeof start);
    rnd_fill(y, n);
    memcpy(y2, y, sizeof y2);
    outside_2(n, x, y2, x_dots, y_dots);
    rnd_fill(x_bars, 2 * n);
    rnd_fill(y_bars, 2 * n);
    memcpy(seeds, y_bars, sizeof seeds);
    static double x_start[2 * MAX], end[MAX], x_bar[MAX], y_bar[MAX];
    memcpy(x_start, x_bars, sizeof x_start);
    memcpy(end, y, sizeof end);
    outside_back(n, x, end, x_bars, y_bars);
    CHECK_ALL(end, y2, n, 0);
    for (int c = 0; c < 2; c++) {
        static double x_dot[MAX];
        for (int i = 0; i < n; i++) {
            x_dot[i] = x_dots[2 * i + c];
            y_dot[i] = start[2 * i + c];
            x_bar[i] = x_start[2 * i + c];
            y_bar[i] = seeds[2 * i + c];
        }
        memcpy(column, y, sizeof column);
        outside_jvp(n, x, column, x_dot, y_dot);
        CHECK_ALL(y2, column, n, 0);
        memcpy(column, y, sizeof column);
        outside_vjp(n, x, column, x_bar, y_bar);
        for (int i = 0; i < n; i++) {
            CHECK_CLOSE(y_dots[2 * i + c], y_dot[i], 1e-14);
            CHECK_CLOSE(x_bars[2 * i + c], x_bar[i], 1e-14);
            CHECK_CLOSE(y_bars[2 * i + c], y_bar[i], 1e-14);
        }
    }
    memcpy(column, y, sizeof column);
    outside_jac(n, x, column, jac);
    CHECK_ALL(column, y2, n, 0);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++)
            CHECK_CLOSE(jac[i * n + k], (i == k) + (k == n - 1 - i ? y[i] : 0), 1e-14);
}

RUN_CASE(jacobian_control)
{
    static const int sizes[] = {1, 2, 8, 9, 17};
    check_powers(0);
    check_rules(0);
    check_springs(0);
    for (int i = 0; i < 5; i++) {
        check_powers(sizes[i]);
        check_springs(sizes[i]);
        check_rules(sizes[i]);
        check_grown(sizes[i], 1.2);
        check_grown(sizes[i], 4.0);
        check_grown(sizes[i], 0.1);
    }
    for (int m = 0; m < 4; m++)
        for (int n = 0; n < 4; n++)
            check_rows(m, n);
    double seeds[2] = {1, -2}, bars[2] = {5, 6}, dots[2];
    checking("rules of scalars");
    CHECK_CLOSE(twice_2(0.5, seeds, dots), 1, 0);
    CHECK_CLOSE(dots[0], 10, 1e-15);
    CHECK_CLOSE(dots[1], -20, 1e-15);
    CHECK_CLOSE(picky_2(0.5, seeds, bars), 0.25, 0);
    CHECK_CLOSE(bars[0], 5 + 7, 1e-15);
    CHECK_CLOSE(bars[1], 6 - 16, 1e-15);
}
