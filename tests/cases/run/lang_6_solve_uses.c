// lang_6_solve_uses.c - the checks of lang_6_solve_uses.ad.
#include "harness.h"

enum { MAX = 5, SIZE = MAX * MAX + MAX };

static void dominant(int n, double *A)
{
    rnd_fill(A, n * n);
    for (int i = 0; i < n; i++)
        A[i * n + i] += 4 * n;
}

// ---- a scalar function of a matrix and a vector, flat

typedef double (*function)(int n, const double *A, const double *b);
typedef struct Of {
    function f;
    int n;
} Of;

static void flat(const double *x, double *y, void *env)
{
    const Of *of = env;
    *y = of->f(of->n, x, x + of->n * of->n);
}

static void check_gradient(function f, int n, const double *x, const double *g, const char *name)
{
    double dir[SIZE], want;
    int size = n * n + n;
    Of of = {f, n};
    checking("%s, n = %d", name, n);
    rnd_fill(dir, size);
    differences(flat, &of, size, 1, x, dir, &want);
    CHECK_CLOSE(vec_dot(g, dir, size), want, 1e-7);
    checking(NULL);
}

static void check_used(int n)
{
    double x[SIZE], g[SIZE], h[SIZE] = {0}, up[SIZE] = {0}, down[SIZE] = {0}, dir[SIZE], dot[SIZE], s_dot;
    int size = n * n + n, m = n * n;
    dominant(n, x);
    rnd_fill(x + m, n);
    rnd_fill(dir, size);
    double value = used(n, x, x + m);
    CHECK_CLOSE(used_grad(n, x, x + m, g, g + m), value, 1e-14);
    check_gradient(used, n, x, g, "used");
    used_hvp(n, x, x + m, h, h + m, dir, dir + m, dot, dot + m, &s_dot);
    CHECK_ALL(h, g, size, 1e-14);
    CHECK_CLOSE(s_dot, vec_dot(g, dir, size), 1e-12);
    double step = 1e-5;
    for (int i = 0; i < size; i++) {
        up[i] = x[i] + step * dir[i];
        down[i] = x[i] - step * dir[i];
    }
    used_grad(n, up, up + m, g, g + m);
    used_grad(n, down, down + m, h, h + m);
    for (int i = 0; i < size; i++)
        g[i] = (g[i] - h[i]) / (2 * step);
    CHECK_ALL(dot, g, size, 1e-6);

    double H[MAX * MAX * MAX * MAX], column[SIZE];              // several directions at a time
    used_hess(n, x, x + m, g, H);
    for (int k = 0; k < m; k++) {
        double e[SIZE] = {0};
        e[k] = 1;
        used_hvp(n, x, x + m, h, h + m, e, e + m, dot, dot + m, &s_dot);
        for (int i = 0; i < m; i++)
            column[i] = H[i * m + k];
        CHECK_ALL(column, dot, m, 1e-12);
    }

    adrt_tape *tape = adrt_tape_new();
    CHECK_CLOSE(used_record_forward(n, x, x + m, tape), value, 1e-14);
    for (int k = 0; k < 2; k++) {
        vec_fill(g, size, 0.5);
        vec_fill(h, size, 0.5);
        used_vjp(n, x, x + m, 0.75 - k, g, g + m);
        used_record_reverse(tape, 0.75 - k, h, h + m);
        CHECK_ALL(h, g, size, 1e-13);
    }
    adrt_tape_free(tape);
    vec_fill(g, size, 0.5);                                     // by one of the two alone
    used_A(n, x, x + m, 0.75 - 1, g);
    used_b(n, x, x + m, 0.75 - 1, g + m);
    CHECK_ALL(g, h, size, 1e-13);

    CHECK_CLOSE(sub_grad(n, x, x + m, g, g + m), sub(n, x, x + m), 1e-14);
    check_gradient(sub, n, x, g, "sub");
    sub_jvp(n, x, x + m, dir, dir + m, &s_dot);
    CHECK_CLOSE(s_dot, vec_dot(g, dir, size), 1e-12);
}

static void check_whiten(int n)
{
    double A[SIZE], white[SIZE], bar[SIZE], A_bar[SIZE] = {0}, dir[SIZE], dot[SIZE];
    dominant(n, A);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            A[j * n + i] = A[i * n + j];
    rnd_fill(bar, n * n);
    rnd_fill(dir, n * n);
    whiten_vjp(n, A, bar, A_bar, white);
    for (int i = 0; i < n * n; i++)
        CHECK_CLOSE(white[i], i % (n + 1) == 0 ? 1 : 0, 1e-13);    // L^-1 A L^-T is the unit matrix,
    whiten_jvp(n, A, dir, dot, white);
    CHECK_CLOSE(vec_dot(bar, dot, n * n), vec_dot(A_bar, dir, n * n), 1e-12);

    double J[MAX * MAX * MAX * MAX], rows[MAX * MAX * MAX * MAX];
    whiten_jac(n, A, J, white);
    whiten_rows(n, A, rows, white);
    CHECK_ALL(rows, J, n * n * n * n, 1e-12);
    for (int i = 0; i < n * n; i++)
        CHECK_CLOSE(vec_dot(J + i * n * n, dir, n * n), dot[i], 1e-12);
}

// ---- structs: as flat as they are in memory, but for the int at their end

static void check_bodies(void)
{
    struct body b = {.id = 3}, b_bar, b_dot = {.id = 0}, bar_dot, up = {.id = 3}, down = {.id = 3}, up_bar, down_bar;
    double t[3], t_bar[3], s_dot, step = 1e-5, t_up[3];
    dominant(3, &b.J[0][0]);
    rnd_fill(b.w, 3);
    rnd_fill(t, 3);
    rnd_fill(&b_dot.J[0][0], 9);
    rnd_fill(b_dot.w, 3);
    energy_hvp(&b, t, &b_bar, &b_dot, &bar_dot, &s_dot);
    for (int i = 0; i < 9; i++) {
        (&up.J[0][0])[i] = (&b.J[0][0])[i] + step * (&b_dot.J[0][0])[i];
        (&down.J[0][0])[i] = (&b.J[0][0])[i] - step * (&b_dot.J[0][0])[i];
    }
    for (int i = 0; i < 3; i++) {
        up.w[i] = b.w[i] + step * b_dot.w[i];
        down.w[i] = b.w[i] - step * b_dot.w[i];
    }
    double difference = energy_grad(&up, t, &up_bar, t_up) - energy_grad(&down, t, &down_bar, t_bar);
    CHECK_CLOSE(s_dot, difference / (2 * step), 1e-7);
    CHECK_CLOSE(s_dot, vec_dot(&b_bar.J[0][0], &b_dot.J[0][0], 9) + vec_dot(b_bar.w, b_dot.w, 3), 1e-12);
    for (int i = 0; i < 9; i++)
        CHECK_CLOSE((&bar_dot.J[0][0])[i], ((&up_bar.J[0][0])[i] - (&down_bar.J[0][0])[i]) / (2 * step), 1e-6);
    for (int i = 0; i < 3; i++)
        CHECK_CLOSE(bar_dot.w[i], (up_bar.w[i] - down_bar.w[i]) / (2 * step), 1e-6);
    CHECK(bar_dot.id == 0 && b_bar.id == 0);

    struct body bs[2], copy[2], bar[2], dot[2];
    double left = 0, right = 0, t_dot[3];
    for (int k = 0; k < 2; k++) {
        bs[k].id = bar[k].id = dot[k].id = k;
        dominant(3, &bs[k].J[0][0]);
        rnd_fill(bs[k].w, 3);
        rnd_fill(&bar[k].J[0][0], 9);
        rnd_fill(bar[k].w, 3);
        rnd_fill(&dot[k].J[0][0], 9);
        rnd_fill(dot[k].w, 3);
    }
    struct body seeds[2] = {bar[0], bar[1]}, dots[2] = {dot[0], dot[1]};
    rnd_fill(t_dot, 3);
    vec_fill(t_bar, 3, 0);
    memcpy(copy, bs, sizeof copy);
    spin_vjp(2, copy, t, bar, t_bar);
    spin_jvp(2, bs, t, dot, t_dot);
    for (int k = 0; k < 2; k++) {
        CHECK_ALL(&copy[k].J[0][0], &bs[k].J[0][0], 9, 1e-14);
        left += vec_dot(&bar[k].J[0][0], &dots[k].J[0][0], 9) + vec_dot(bar[k].w, dots[k].w, 3);
        right += vec_dot(&seeds[k].J[0][0], &dot[k].J[0][0], 9) + vec_dot(seeds[k].w, dot[k].w, 3);
    }
    CHECK_CLOSE(left + vec_dot(t_bar, t_dot, 3), right, 1e-12);
}

RUN_CASE(lang_6_solve_uses)
{
    for (int n = 2; n <= MAX; n++)
        check_used(n);
    for (int n = 0; n <= MAX; n++)
        check_whiten(n);
    check_bodies();
    double b[2] = {0.5, -2}, g[2];
    // W = (2, 1; 1/2, 3), det 5.5, W^-1 = (3, -1; -1/2, 2) / 5.5
    CHECK_CLOSE(constant(b), (2.5 * b[0] + b[1]) / 5.5 + log(5.5) + 3.5 / 5.5 * b[0], 1e-15);
    constant_grad(b, g);
    CHECK_CLOSE(g[0], 6 / 5.5, 1e-15);
    CHECK_CLOSE(g[1], 1 / 5.5, 1e-15);
    int A[4] = {2, 1, 1, 3};
    CHECK_CLOSE(ints(2, A, b), (3 * b[0] * b[0] - 2 * b[0] * b[1] + 2 * b[1] * b[1]) / 5 + log(5), 1e-15);
    ints_grad(2, A, b, g);
    CHECK_CLOSE(g[0], (6 * b[0] - 2 * b[1]) / 5, 1e-15);
    double x_bar, x_bar_dot, s_dot;
    CHECK(none(0.5) == 0.5 && none_grad(0.5, &x_bar) == 0.5 && x_bar == 1);
    double x = 0.8;
    CHECK_CLOSE(one(x), 1 + log(x) + sqrt(x) + 1 / x, 1e-15);
    one_hvp(x, &x_bar, 1, &x_bar_dot, &s_dot);
    CHECK_CLOSE(x_bar, 1 / x + 0.5 / sqrt(x) - 1 / (x * x), 1e-14);
    CHECK_CLOSE(x_bar_dot, -1 / (x * x) - 0.25 / (x * sqrt(x)) + 2 / (x * x * x), 1e-13);
    CHECK_CLOSE(one_grad(x, &x_bar), one(x), 0);
}
