// lang_6_slices.c - the checks of lang_6_slices.ad.
#include "harness.h"

static void fill_up_c(int n, int m, double *a, int rows, double v)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < m; j++)
            a[i * rows + j] = a[i * rows + j] * v + i - j * v;
}

static double weigh_c(int n, const double *v, int step, double *acc)
{
    double s = 0;
    *acc += v[0] * v[(n - 1) * step];
    for (int i = 0; i < n; i++)
        s += v[i * step] * v[i * step];
    return s;
}

enum { N = 4 };

static void slices_c(int n, int k, const double *x, double *y)
{
    double A[N][N], T[2][3][N] = {{{0}}}, row[N], block[2][2], acc = 0, s = 0;
    int lo = k % 2, hi = n - k % 3 + (k % 3 == 2);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            A[i][j] = x[j] * y[i];
    for (int i = lo; i < hi; i++)
        y[i] += 2 * x[i];
    for (int i = lo; i < hi; i++)
        row[i] = A[1][i] - y[i];
    for (int i = lo; i < hi; i++)
        A[i][1] = row[i];
    for (int i = 0; i < 4; i++)
        block[i / 2][i % 2] = A[1 + i / 2][1 + i % 2] * A[i / 2][n - 2 + i % 2];
    for (int i = 0; i < 4; i++)
        A[1 + i / 2][1 + i % 2] = block[i / 2][i % 2];
    fill_up_c(2, n, A[lo], N, x[0]);
    fill_up_c(n, 2, &A[0][1], N, y[0]);
    fill_up_c(n, n, A[0], N, 0.5);
    s = weigh_c(n, A[2], 1, &acc);
    s += weigh_c(n, &A[0][2], N, &acc);
    s += weigh_c(hi - lo, &A[0][lo], 1, &acc);
    s += weigh_c(n, y, 1, &acc);
    y[0] += s;
    for (int i = 0; i < 2 * n; i++)
        T[i / n][1][i % n] = x[1];
    for (int i = 0; i < 3; i++) {
        T[1][i][lo] += y[i];
        for (int j = 0; j < n; j++)
            T[0][i][j] = A[i][j] * 0.1;
    }
    for (int j = 1; j < n; j++)
        T[0][2][j] -= T[1][0][j - 1] * acc * 0.01;
    s = 0;
    for (int i = 0; i < 6; i++)
        s += T[i / 3][i % 3][k % n];
    for (int i = 0; i < n; i++)
        y[i] = 0.1 * y[i] + s + T[1][2][i] * T[1][1][i] + T[0][2][i];
}

RUN_CASE(lang_6_slices)
{
    double x[N] = {0.5, -0.3, 0.7, 0.4}, y[N] = {0.6, 0.9, -0.8, 0.35};
    for (int k = 0; k < 6; k++)
        CHECK_MAP(slices, slices_c, N, k, x, y);
}
