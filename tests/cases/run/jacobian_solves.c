#include "harness.h"

enum { MAX = 64 };

static void by_jvp(const double *column, int m, int n, int k, double *jac)
{
    for (int i = 0; i < m; i++)
        jac[i * n + k] = column[i];
}

static void unit(double *x, int n, int k)
{
    for (int i = 0; i < n; i++)
        x[i] = i == k ? 1 : 0;
}

static void matrix(double *A, int n)
{
    rnd_fill(A, n * n);
    for (int i = 0; i < n; i++)
        A[i * n + i] += 5;
}

static void check_gauss(int n)
{
    static double A[MAX], b[MAX], x[MAX], x2[MAX], A_dot[MAX], b_dot[MAX], dot[MAX];
    static double A_want[MAX * MAX], b_want[MAX * MAX], A_jac[MAX * MAX], b_jac[MAX * MAX];
    checking("gauss, n = %d", n);
    matrix(A, n);
    rnd_fill(b, n);
    for (int k = 0; k < n * n + n; k++) {
        unit(A_dot, n * n, k);
        unit(b_dot, n, k - n * n);
        gauss_jvp(n, A, b, A_dot, b_dot, dot, x);
        if (k < n * n)
            by_jvp(dot, n, n * n, k, A_want);
        else
            by_jvp(dot, n, n, k - n * n, b_want);
    }
    for (int way = 0; way < 2; way++) {
        (way ? gauss_rev : gauss_fwd)(n, A, b, A_jac, b_jac, x2);
        CHECK_ALL(A_jac, A_want, n * n * n, 1e-13);
        CHECK_ALL(b_jac, b_want, n * n, 1e-13);
        CHECK_ALL(x2, x, n, 1e-14);
    }
}

static void check_inverse(int n)
{
    static double A[MAX], y[MAX], y2[MAX], A_dot[MAX], dot[MAX], want[MAX * MAX], jac[MAX * MAX];
    checking("inverse, n = %d", n);
    matrix(A, n);
    for (int k = 0; k < n * n; k++) {
        unit(A_dot, n * n, k);
        inverse_jvp(n, A, A_dot, dot, y);
        by_jvp(dot, n * n, n * n, k, want);
    }
    for (int way = 0; way < 2; way++) {
        (way ? inverse_rev : inverse_fwd)(n, A, jac, y2);
        CHECK_ALL(jac, want, n * n * n * n, 1e-12);
        CHECK_ALL(y2, y, n * n, 1e-14);
    }
}

static void check_likelihood(int n)
{
    static double A[MAX], b[MAX], A_bar[MAX], b_bar[MAX], A_bar2[MAX], b_bar2[MAX], A_dot[MAX], A_bar_dot[MAX], b_bar_dot[MAX], result_dot;
    static double hess[MAX * MAX], want[MAX * MAX], b_hess[MAX * MAX];
    checking("likelihood, n = %d", n);
    matrix(A, n);
    rnd_fill(b, n);
    double value = likelihood_grad(n, A, b, A_bar, b_bar);
    CHECK_CLOSE(likelihood_fwd(n, A, b, A_bar2, b_bar2), value, 1e-14);
    CHECK_ALL(A_bar2, A_bar, n * n, 1e-12);
    CHECK_ALL(b_bar2, b_bar, n, 1e-12);
    for (int k = 0; k < n * n; k++) {
        unit(A_dot, n * n, k);
        likelihood_hvp(n, A, b, A_bar2, A_dot, A_bar_dot, &result_dot);
        by_jvp(A_bar_dot, n * n, n * n, k, want);
    }
    CHECK_CLOSE(likelihood_hess(n, A, b, A_bar2, hess), value, 1e-14);
    CHECK_ALL(A_bar2, A_bar, n * n, 1e-13);
    CHECK_ALL(hess, want, n * n * n * n, 1e-11);
    for (int i = 0; i < n * n; i++)
        for (int k = 0; k < i; k++)
            CHECK(hess[i * n * n + k] == hess[k * n * n + i]);
    CHECK_CLOSE(likelihood_hess_b(n, A, b, b_bar2, b_hess), value, 1e-14);
    CHECK_ALL(b_bar2, b_bar, n, 1e-13);
    for (int i = 0; i < n; i++) {
        double sum = 0;                                         // quadratic in b: the gradient is Hessian times b
        for (int k = 0; k < n; k++)
            sum += b_hess[i * n + k] * b[k];
        CHECK_CLOSE(sum, b_bar[i], 1e-11);
    }
    (void)b_bar_dot;
}

static void check_shuffle(int n)
{
    static double x[MAX], y[MAX], v[2 * MAX], v2[2 * MAX], x_dot[MAX], y_dot[MAX], dot[2 * MAX];
    static double x_want[2 * MAX * MAX], y_want[2 * MAX * MAX], x_jac[2 * MAX * MAX], y_jac[2 * MAX * MAX];
    checking("shuffle, n = %d", n);
    rnd_fill(x, n);
    rnd_fill(y, n);
    for (int k = 0; k < 2 * n; k++) {
        unit(x_dot, n, k);
        unit(y_dot, n, k - n);
        shuffle_jvp(n, x, y, x_dot, y_dot, dot, v);
        by_jvp(dot, 2 * n, n, k < n ? k : k - n, k < n ? x_want : y_want);
    }
    for (int way = 0; way < 2; way++) {
        (way ? shuffle_rev : shuffle_fwd)(n, x, y, x_jac, y_jac, v2);
        CHECK_ALL(x_jac, x_want, 2 * n * n, 1e-13);
        CHECK_ALL(y_jac, y_want, 2 * n * n, 1e-13);
        CHECK_ALL(v2, v, 2 * n, 0);
    }
}

RUN_CASE(jacobian_solves)
{
    for (int n = 0; n <= 4; n++) {
        check_gauss(n);
        check_inverse(n);
        if (n > 0)
            check_likelihood(n);
    }
    static const int sizes[] = {0, 1, 3, 8, 11};
    for (int i = 0; i < 5; i++)
        check_shuffle(sizes[i]);
}
