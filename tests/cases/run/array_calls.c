// array_calls.c - the checks of array_calls.ad.
#include "harness.h"

enum { N = 4 };

static void unit_c(int n, const double *x, double *out)
{
    double s = sqrt(vec_dot(x, x, n));
    for (int i = 0; i < n; i++)
        out[i] = x[i] / s;
}

static void twice_c(int n, const double *x, double *out)
{
    bool early = false;
    for (int i = 0; i < n; i++)
        out[i] = x[i] * x[i];
    for (int i = 0; i < n && !early; i++)
        if (out[i] > 0.6) {
            out[i] = sin(out[i]);
            early = i > 1;
        }
    for (int i = 0; i < n; i++)
        out[i] = early ? out[i] + x[i] : out[i] * 2;
}

static double table_c(int i, const double *x, int j) // row 0 adds a row of zeros
{
    double t = x[j];
    for (int l = 1; l <= i; l++)
        t += x[j] * (l + 1);
    return t;
}

static int rank_c(int n, const double *x, int i)
{
    int r = 0;
    for (int j = 0; j < n; j++)
        r += x[j] < x[i];
    return r;
}

static void scale_c(int n, int step, double *a, double s)
{
    for (int i = 0; i < n; i++)
        a[i * step] = a[i * step] * s + 0.1 * a[0];
}

static double up_c(double a)
{
    return a > 0 ? a * a : 0;
}

static double down_c(double a)
{
    return a > 0 ? 0 : sin(a);
}

static void results_c(int n, int k, const double *x, double *y)
{
    double tx[N], ty[N], u[N], v[N], ux[N], w[N];
    unit_c(n, x, ux);
    twice_c(n, x, tx);
    for (int i = 0; i < n; i++)
        v[i] = tx[i] + y[i];
    unit_c(n, v, u);
    twice_c(n, y, ty);
    for (int i = 0; i < n; i++)
        y[i] = u[i] * ty[k % n] + table_c(i, x, 1) * 0.1;
    unit_c(n, y, u);
    memcpy(v, y, sizeof v);
    for (int i = 0; i < n; i++)
        y[i] += 0.05 * (table_c(0, v, i) + table_c(1, v, i) + table_c(2, v, i)) - table_c(1, u, i) * vec_dot(tx, ux, n);
    for (int i = 0; i < n; i++)
        y[i] *= ux[rank_c(n, x, i)] + rank_c(n, y, i) * 0.1;
    twice_c(n, y, ty);
    for (int i = 0; i < n; i++)
        w[i] = y[i] > 0.3 ? ty[i] : k % 2 == 0 ? ux[i] : table_c(1, x, i);
    memcpy(y, w, sizeof w);
    bool any = false;
    for (int i = 0; i < n; i++)
        any = any || x[i] > 0.6;
    if (any) {
        unit_c(2, w, y);
        twice_c(n - 2, w + 2, y + 2);
    }
}

static void columns_c(int n, int k, const double *x, double *y)
{
    double A[N][3] = {{0}}, s = 0;
    for (int i = 0; i < n; i++) {
        A[i][0] = x[i];
        A[i][1] = y[i];
    }
    scale_c(n, 3, &A[0][1], x[0]);
    scale_c(n - 1, 3, &A[1][k % 3], y[1]);
    for (int i = 0; i < n; i++) {
        A[i][0] = up_c(A[i][1]);
        A[i][2] = down_c(A[i][1]);
    }
    scale_c(3, 1, A[k % n], y[0]);
    scale_c(2, 1, A[k % n] + 1, 0.7);
    for (int i = 1; i < n; i++) {
        A[i][1] += A[i - 1][1] * A[i][0];
        A[i][2] += A[i - 1][2] * A[i][0];
        s += A[i][1];
    }
    for (int i = 0; i < n; i++) {
        double d = down_c(x[i] + y[i]);
        y[i] = A[i][0] * s + A[i][0] + A[i][1] + A[i][2] + up_c(x[i] + y[i]) * d + d;
    }
}

static void rows_c(int n, int k, const double *x, double *y)
{
    double A[3][N], T[2][3][N], s = 0, u[N], v[N];
    for (int j = 0; j < n; j++) {
        A[0][j] = x[j];
        A[1][j] = y[j];
        A[2][j] = x[j] * y[j];
    }
    for (int i = 0; i < 3; i++) {
        scale_c(n, 1, A[i], x[i % n]);
        for (int j = 0; j < n; j++) {
            T[0][i][j] = up_c(A[i][j]);
            T[1][i][j] = down_c(A[i][j]);
        }
    }
    for (int i = 1; i < 3; i++) {
        for (int j = 0; j < n; j++)
            T[k % 2][i][j] += T[k % 2][i - 1][j] * A[i][0];
        s += T[k % 2][i][0];
    }
    for (int j = 0; j < n; j++)
        T[1][2][j] += T[1][1][j] * T[0][1][1];
    s += T[1][2][0];
    unit_c(n, A[1], u);
    twice_c(n, T[0][2], v);
    s += vec_dot(u, v, n);
    for (int j = 0; j < n; j++) {
        y[j] = s * A[0][j];
        for (int i = 0; i < 6; i++)
            y[j] += T[i / 3][i % 3][j];
    }
}

RUN_CASE(array_calls)
{
    double x[N] = {0.53, -0.32, 0.71, 0.44}, y[N] = {0.62, 0.91, -0.83, 0.35};
    for (int k = 0; k < 6; k++) {
        CHECK_MAP(results, results_c, N, k, x, y);
        CHECK_MAP(columns, columns_c, N, k, x, y);
        CHECK_MAP(rows, rows_c, N, k, x, y);
    }
}
