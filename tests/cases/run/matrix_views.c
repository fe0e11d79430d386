// matrix_views.c - the checks of matrix_views.ad.
#include "harness.h"

static void mul_mv(const double *m, const double *v, double *r, int n)
{
    for (int i = 0; i < n; i++) {
        r[i] = 0;
        for (int j = 0; j < n; j++)
            r[i] += m[i * n + j] * v[j];
    }
}

static double sum2(const double *m, const double *v)
{
    double r[2];
    mul_mv(m, v, r, 2);
    return r[0] + r[1];
}

static double slices_c(int n, int k, const double *x)
{
    double B[2][4], y[2], s = 0;
    for (int i = 0; i < 4; i++) {
        B[0][i] = x[i / 2] * x[i % 2];
        B[1][i] = B[0][i] + x[n - 1];
    }
    mul_mv(B[0], x, y, 2);
    for (int i = 0; i < 4; i++)
        B[0][i] *= 2;
    B[1][0] = y[0];
    B[1][1] = y[1];
    s += sum2(B[1], y) + sum2(B[0], x);
    for (int t = 0; t < k; t++) {
        double z[2];
        mul_mv(B[t % 2], y, z, 2);
        for (int i = 0; i < 4; i++)
            B[(t + 1) % 2][i] += 0.1 * sin(B[t % 2][i]);
        B[t % 2][0] = 0.3 * sin(z[0]);
        B[t % 2][1] = 0.3 * sin(z[1]);
        s += (z[0] * z[0] + z[1] * z[1]) * 0.01;
    }
    return s;
}

static double form_c(int n, const double *m, const double *v)
{
    double r[5], s = 0;
    mul_mv(m, v, r, n);
    for (int i = 0; i < n; i++)
        s += (r[i] > 0.5 ? sin(r[i]) : r[i]) * v[i];
    return s;
}

static double calls_c(int n, int k, const double *x)
{
    double A[25], B[25], y[5], s = 0;
    (void)k;
    for (int i = 0; i < n * n; i++) {
        A[i] = x[i / n] * x[i % n];
        B[i] = A[i] + 1;
    }
    for (int i = 0; i < n; i++)
        y[i] = x[i];
    for (int t = 0; t < k; t++) {
        double row[5];
        for (int i = 0; i < n; i++)
            row[i] = B[t % n * n + i];
        s += form_c(n, B, y) * form_c(n, A, row);
        for (int i = 0; i < n; i++)
            B[t % n * n + i] = y[i] * s * 0.01;
        y[t % n] = sin(y[t % n]);
    }
    return s;
}

RUN_CASE(matrix_views)
{
    double x[4] = {0.45, 0.8, -0.6, 0.35};
    FOR_TRIPS (k) {
        CHECK_SCALAR(slices, slices_c, 4, k < 9 ? k : 9, x);
        CHECK_SCALAR(calls, calls_c, 4, k < 6 ? k : 6, x);
    }
}
