#include "harness.h"

enum { MAX_M = 40, MAX_N = 40, MAX_MN = MAX_M * MAX_N };

static double unit_of(int i, int k)
{
    return i == k ? 1 : 0;
}

// jac[m][n] by columns, jvp(e_k) being written by the caller into column: what single tangents give.
static void put_column(double *jac, int m, int n, int k, const double *column)
{
    for (int i = 0; i < m; i++)
        jac[i * n + k] = column[i];
}

static void transposed(const double *a, int m, int n, double *t)
{
    for (int i = 0; i < m; i++)
        for (int k = 0; k < n; k++)
            t[k * m + i] = a[i * n + k];
}

// c[m][k] = a[m][n] * b[n][k]
static void times(const double *a, const double *b, int m, int n, int k, double *c)
{
    for (int i = 0; i < m; i++)
        for (int j = 0; j < k; j++) {
            c[i * k + j] = 0;
            for (int l = 0; l < n; l++)
                c[i * k + j] += a[i * n + l] * b[l * k + j];
        }
}

static void check_model(int m, int n)
{
    static double p[MAX_N], t[MAX_M], y[MAX_M], y2[MAX_M], jac[MAX_MN], got[MAX_MN], got2[MAX_MN], want[MAX_MN];
    static double dot[MAX_N * 20], seed[MAX_MN], column[MAX_M], turned[MAX_MN];
    checking("model, m = %d, n = %d", m, n);
    rnd_fill(p, n);
    rnd_fill(t, m);
    model(m, n, p, t, y);
    for (int k = 0; k < n; k++) {
        double e[MAX_N];
        for (int i = 0; i < n; i++)
            e[i] = unit_of(i, k);
        model_jvp(m, n, p, t, e, column, y2);
        put_column(jac, m, n, k, column);
    }
    void (*const jacobians[])(int, int, const double *, const double *, double *, double *) = {
        model_jacobian, model_jacfwd, model_jacrev,
    };
    for (int i = 0; i < 3; i++)
        for (int twice = 0; twice < 2; twice++) {
            rnd_fill(got, m * n);
            rnd_fill(y2, m);
            jacobians[i](m, n, p, t, got, y2);
            CHECK_ALL(got, jac, m * n, 1e-13);
            CHECK_ALL(y2, y, m, 0);
        }
    static double by_t[MAX_M * MAX_M];
    rnd_fill(by_t, m * m);
    model_all(m, n, p, t, got, by_t, y2);
    CHECK_ALL(got, jac, m * n, 1e-13);
    for (int i = 0; i < m; i++)
        for (int k = 0; k < m; k++)
            if (i != k)
                CHECK_CLOSE(by_t[i * m + k], 0, 0);

    rnd_fill(dot, n * 20);
    times(jac, dot, m, n, 3, want);
    model_jvp3(m, n, p, t, dot, got, y2);
    CHECK_ALL(got, want, m * 3, 1e-12);
    CHECK_ALL(y2, y, m, 0);
    times(jac, dot, m, n, 20, want);
    model_jvp20(m, n, p, t, dot, got, y2);
    CHECK_ALL(got, want, m * 20, 1e-12);
    rnd_fill(dot, n * n < n * 20 ? n * n : n * 20);
    if (n <= 20) {
        times(jac, dot, m, n, n, want);
        model_jvpn(m, n, p, t, dot, got, y2);
        CHECK_ALL(got, want, m * n, 1e-12);
    }
    transposed(jac, m, n, turned);
    rnd_fill(seed, m * (m > 3 ? m : 3));
    times(turned, seed, n, m, 3, want);
    rnd_fill(got, n * 3);
    memcpy(got2, got, sizeof got);
    model_vjp3(m, n, p, t, seed, got, y2);
    for (int i = 0; i < n * 3; i++)
        want[i] += got2[i];
    CHECK_ALL(got, want, n * 3, 1e-12);
    times(turned, seed, n, m, m, want);
    memset(got, 0, sizeof got);
    model_vjpm(m, n, p, t, seed, got, y2);
    CHECK_ALL(got, want, n * m, 1e-12);
    CHECK_ALL(y2, y, m, 0);
}

static void check_step(int n, int k)
{
    static double y[MAX_N], end[MAX_N], now[MAX_N], jac[MAX_N * MAX_N], by_a[MAX_N], got[MAX_N * MAX_N], got_a[MAX_N], zero[MAX_N];
    static double dots[MAX_N * 40], a_dots[40], unused_dots[40], bars[MAX_N * 40], a_bars[40], unused_bars[40], want[MAX_N * 40];
    double a = rnd(), unused = rnd();
    int count;
    checking("step, n = %d, k = %d", n, k);
    rnd_fill(y, n);
    memset(zero, 0, sizeof zero);
    for (int j = 0; j <= n; j++) {
        static double dot[MAX_N];
        for (int i = 0; i < n; i++)
            dot[i] = unit_of(i, j);
        memcpy(end, y, sizeof end);
        count = 3;
        step_jvp(n, k, end, a, &count, unused, dot, unit_of(j, n), 0);
        if (j < n)
            put_column(jac, n, n, j, dot);
        else
            memcpy(by_a, dot, sizeof dot);
    }
    for (int way = 0; way < 4; way++) {
        memcpy(now, y, sizeof now);
        rnd_fill(got, n * n);
        rnd_fill(got_a, n);
        static double by_unused[MAX_N];
        rnd_fill(by_unused, n);
        count = 3;
        if (way < 2)
            (way ? step_rev : step_fwd)(n, k, now, a, &count, unused, got, got_a, by_unused);
        else if (way == 2)
            step_y(n, k, now, a, &count, unused, got);
        else
            step_a(n, k, now, a, &count, unused, got_a);
        CHECK_INT(count, 3 + k);
        CHECK_ALL(now, end, n, 0);
        if (way != 3)
            CHECK_ALL(got, jac, n * n, 1e-13);
        if (way != 2)
            CHECK_ALL(got_a, by_a, n, 1e-13);
        if (way < 2)
            CHECK_ALL(by_unused, zero, n, 0);
    }
    // k tangents and adjoints at once
    rnd_fill(dots, n * k);
    rnd_fill(a_dots, k);
    rnd_fill(unused_dots, k);
    rnd_fill(bars, n * k);
    rnd_fill(a_bars, k);
    rnd_fill(unused_bars, k);
    for (int c = 0; c < k; c++) {
        for (int i = 0; i < n; i++) {
            want[i * k + c] = by_a[i] * a_dots[c];
            for (int j = 0; j < n; j++)
                want[i * k + c] += jac[i * n + j] * dots[j * k + c];
        }
    }
    memcpy(now, y, sizeof now);
    count = 0;
    step_jvpk(n, k, now, a, &count, unused, dots, a_dots, unused_dots);
    CHECK_ALL(dots, want, n * k, 1e-12);
    CHECK_ALL(now, end, n, 0);
    static double y_bar[MAX_N * 40], a_bar[40];
    for (int c = 0; c < k; c++) {
        a_bar[c] = a_bars[c];
        for (int j = 0; j < n; j++) {
            a_bar[c] += by_a[j] * bars[j * k + c];
            y_bar[j * k + c] = 0;
            for (int i = 0; i < n; i++)
                y_bar[j * k + c] += jac[i * n + j] * bars[i * k + c];
        }
    }
    memcpy(now, y, sizeof now);
    double kept = k > 0 ? unused_bars[0] : 0;
    step_vjpk(n, k, now, a, &count, unused, bars, a_bars, unused_bars);
    CHECK_ALL(bars, y_bar, n * k, 1e-12);
    CHECK_ALL(a_bars, a_bar, k, 1e-12);
    CHECK(k == 0 || unused_bars[0] == kept);
    CHECK_ALL(now, end, n, 0);
    rnd_fill(bars, n * 2);
    double two[2] = {1, 2};
    memcpy(now, y, sizeof now);
    step_vjp2(n, k, now, a, &count, unused, bars, two);
    for (int c = 0; c < 2; c++) {
        double sum = c + 1;
        for (int j = 0; j < n; j++)
            sum += by_a[j] * bars[j * 2 + c];
        CHECK_CLOSE(two[c], sum, 1e-12);
    }
}

static void check_scalars(void)
{
    double w = rnd(), h = rnd(), by_w = 7, by_h = 7, x = rnd(), v0 = rnd();
    checking("scalars");
    for (int i = 0; i < 2; i++) {
        CHECK_CLOSE((i ? area_rev : area_fwd)(w, h, &by_w, &by_h), w * h + sin(w), 1e-15);
        CHECK_CLOSE(by_w, h + cos(w), 1e-15);
        CHECK_CLOSE(by_h, w, 1e-15);
        double v = v0, by_x = 7, by_v = 7;
        (i ? swing_rev : swing_fwd)(x, &v, &by_x, &by_v);
        CHECK_CLOSE(v, v0 * x + cos(v0), 1e-15);
        CHECK_CLOSE(by_x, v0, 1e-15);
        CHECK_CLOSE(by_v, x - sin(v0), 1e-15);
    }
    CHECK_CLOSE(area_jac(w, h, &by_h), w * h + sin(w), 1e-15);
    CHECK_CLOSE(by_h, w, 1e-15);
    const double w_dot[2] = {1, 2}, h_dot[2] = {3, 4};
    double dot[2], seed = 3, w_bar = 1, h_bar = 2;
    area_jvp2(w, h, w_dot, h_dot, dot);
    for (int i = 0; i < 2; i++)
        CHECK_CLOSE(dot[i], (h + cos(w)) * w_dot[i] + w * h_dot[i], 1e-15);
    area_vjp1(w, h, &seed, &w_bar, &h_bar);
    CHECK_CLOSE(w_bar, 1 + 3 * (h + cos(w)), 1e-14);
    CHECK_CLOSE(h_bar, 2 + 3 * w, 1e-14);
}

static void check_half(int n)
{
    double x = rnd(), z[MAX_N], want = x, y;
    checking("half, n = %d", n);
    rnd_fill(z, n);
    for (int i = 0; i < n; i++)
        want += z[i];
    for (int i = 0; i < 2; i++) {
        double by_x = 7, by_z[MAX_N];
        (i ? half_rev : half_fwd)(x, n, z, &y, &by_x, by_z);
        CHECK_CLOSE(by_x, want, 1e-14);
        for (int k = 0; k < n; k++)
            CHECK_CLOSE(by_z[k], x, 1e-15);
    }
}

static void check_product(int m, int n, int k)
{
    static double A[100], B[100], y[100], y2[100], A_dot[100], B_dot[100], dot[100], A_jac[10000], B_jac[10000], A_want[10000], B_want[10000];
    checking("product, %d %d %d", m, n, k);
    rnd_fill(A, m * n);
    rnd_fill(B, n * k);
    for (int d = 0; d < m * n + n * k; d++) {
        for (int i = 0; i < m * n; i++)
            A_dot[i] = unit_of(i, d);
        for (int i = 0; i < n * k; i++)
            B_dot[i] = unit_of(i, d - m * n);
        product_jvp(m, n, k, A, B, A_dot, B_dot, dot, y);
        if (d < m * n)
            put_column(A_want, m * k, m * n, d, dot);
        else
            put_column(B_want, m * k, n * k, d - m * n, dot);
    }
    for (int i = 0; i < 2; i++) {
        (i ? product_rev : product_fwd)(m, n, k, A, B, A_jac, B_jac, y2);
        CHECK_ALL(A_jac, A_want, m * k * m * n, 1e-13);
        CHECK_ALL(B_jac, B_want, m * k * n * k, 1e-13);
        if (m * n * k > 0)
            CHECK_ALL(y2, y, m * k, 0);
    }
}

static void check_constants(void)
{
    const double p[2] = {1.3, 0.4}, want[4] = {cos(p[1]), -p[0] * sin(p[1]), sin(p[1]), p[0] * cos(p[1])};
    const double want1[3] = {1, 2 * p[0], exp(p[0])};
    double jac[4], y[3];
    checking("constant sizes");
    for (int i = 0; i < 2; i++) {
        (i ? polar_rev : polar_fwd)(p, jac, y);
        CHECK_ALL(jac, want, 4, 1e-15);
        (i ? one_rev : one_fwd)(p, jac, y);
        CHECK_ALL(jac, want1, 3, 1e-15);
    }
}

RUN_CASE(jacobian_shapes)
{
    static const int sizes[] = {0, 1, 2, 7, 8, 9, 17};
    for (int i = 0; i < 7; i++)
        for (int k = 0; k < 7; k++) {
            check_model(sizes[i], sizes[k]);
            check_step(sizes[i], sizes[k]);
        }
    check_scalars();
    for (int i = 0; i < 7; i++)
        check_half(sizes[i]);
    for (int m = 0; m < 4; m++)
        for (int n = 0; n < 4; n++)
            for (int k = 0; k < 4; k++)
                check_product(m, n, k);
    check_constants();
}
