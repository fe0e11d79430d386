// lang_6_cholesky.c - the checks of lang_6_cholesky.ad.
#include "harness.h"

enum { MAX = 6 };

static void chol_c(int k, const double *A, double *L)
{
    for (int i = 0; i < k; i++)
        for (int j = 0; j < k; j++) {
            double s = j <= i ? A[i * k + j] : 0;
            for (int p = 0; p < j && j <= i; p++)
                s -= L[i * k + p] * L[j * k + p];
            L[i * k + j] = i == j ? sqrt(s) : j < i ? s / L[j * k + j] : 0;
        }
}

static void factor_of(int k, const double *x, double *L)
{
    double A[MAX * MAX] = {0};
    for (int i = 0; i < k * k; i++)
        A[i] = x[i] + (i % (k + 1) == 0 ? 5.0 * k : 0);
    chol_c(k, A, L);
}

static double factor_c(int n, int k, const double *x)
{
    double L[MAX * MAX] = {0}, s = 0;
    factor_of(k, x, L);
    for (int i = 0; i < k * k; i++)
        s += sin(L[i]) * (1 + i / k + 2 * (i % k)) + L[i] * x[n - 1];
    return s;
}

static double density_c(int n, int k, const double *x)
{
    double L[MAX * MAX] = {0}, z[MAX] = {0}, s = 0.5 * k * log(2 * acos(-1));
    (void)n;
    factor_of(k, x, L);
    for (int i = 0; i < k; i++) {
        z[i] = x[k * k + i];
        for (int j = 0; j < i; j++)
            z[i] -= L[i * k + j] * z[j];
        z[i] /= L[i * k + i];
        s += 0.5 * z[i] * z[i] + log(L[i * k + i]);
    }
    return s;
}

// What is above the diagonal is not read, and gets 0.
static void one_triangle(int n)
{
    double A[MAX * MAX] = {0}, D[MAX * MAX], L[MAX * MAX], want[MAX * MAX], bar[MAX * MAX], L_bar[MAX * MAX], dot[MAX * MAX];
    rnd_fill(L_bar, n * n);
    rnd_fill(D, n * n);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            A[i * n + j] = j > i ? NAN : i == j ? 5 + n : rnd();
            bar[i * n + j] = 7;
            D[i * n + j] = j > i ? NAN : D[i * n + j];
        }
    chol_c(n, A, want);
    chol_vjp(n, A, L_bar, bar, L);
    CHECK_ALL(L, want, n * n, 1e-14);
    double left = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            CHECK(j <= i ? isfinite(bar[i * n + j]) && bar[i * n + j] != 7 : bar[i * n + j] == 7);
            CHECK(j <= i || L[i * n + j] == 0);
            left += j <= i ? (bar[i * n + j] - 7) * D[i * n + j] : 0;
        }
    chol_jvp(n, A, D, dot, L);
    CHECK_CLOSE(left, vec_dot(L_bar, dot, n * n), 1e-12);
    for (int i = 0; i < n; i++)
        for (int j = i + 1; j < n; j++)
            CHECK(dot[i * n + j] == 0);
}

// Two ways to one function: gradients and Hessian products are the same. (That by LU reads the upper triangle too, which
// density_lu has made from the lower one.)
static void two_ways(int n, int k, const double *x)
{
    double g[MAX * MAX], h[MAX * MAX], dir[MAX * MAX], g_dot[MAX * MAX], h_dot[MAX * MAX], s_dot, t_dot;
    rnd_fill(dir, n);
    CHECK_CLOSE(density_grad(n, k, x, g), density_lu_grad(n, k, x, h), 1e-13);
    CHECK_ALL(g, h, n, 1e-12);
    density_hvp(n, k, x, g, dir, g_dot, &s_dot);
    density_lu_hvp(n, k, x, h, dir, h_dot, &t_dot);
    CHECK_CLOSE(s_dot, t_dot, 1e-12);
    CHECK_ALL(g_dot, h_dot, n, 1e-11);
}

RUN_CASE(lang_6_cholesky)
{
    static const int sizes[] = {0, 1, 2, 3, 5};
    for (int s = 0; s < 5; s++) {
        int k = sizes[s], n = k * k + k + 1;
        double x[MAX * MAX], y[MAX * MAX];
        rnd_fill(x, n);
        rnd_fill(y, n);
        CHECK_SCALAR(factor, factor_c, n, k, x);
        CHECK_SCALAR(density, density_c, n, k, x);
        CHECK_SCALAR(triangles, NULL, n, k, x);
        CHECK_MAP(map, NULL, n, k, x, y);
        two_ways(n, k, x);
        one_triangle(k);
    }
}
