// lang_4_functions.c - the checks of lang_4_functions.ad.
#include "harness.h"

static void smooth_c(int n, double *a, int step_a, const double *b, int step_b)
{
    double t[8];
    for (int i = 0; i < n; i++)
        t[i] = b[i * step_b];
    for (int i = 0; i < n; i++)
        a[i * step_a] = a[i * step_a] * 0.5 + t[(i + 1) % n] * t[i];
}

static void calls_c(int n, int k, const double *x, double *y)
{
    double p[2] = {y[0] * cos(x[0]), y[0] * sin(x[0])}, q[2][8];
    int positive = 0;
    if (fabs(y[0]) < 2)
        y[0] = (sin(p[0]) + p[0]) * x[1] * sin(p[1]);
    for (int i = 0; i < n; i++)
        positive += x[i] > 0;
    y[positive % n] += p[1];
    smooth_c(n, y, 1, y, 1);
    smooth_c(n, y, 1, x, 1);
    smooth_c(n - 1, y + 1, 1, y, 1);
    smooth_c(2, y, 1, y + n - 2, 1);
    y[k % n] *= y[k % n];
    for (int i = 0; i < n; i++) {
        q[0][i] = y[i];
        q[1][i] = x[i];
    }
    smooth_c(n, q[0], 1, q[1], 1);
    smooth_c(n, q[k % 2], 1, q[0], 1);
    for (int i = n - 1; i >= 0; i--)
        y[i] = q[0][i] + q[1][i] * y[0] * y[0];
}

static void columns_c(int n, int k, const double *x, double *y)
{
    double A[16];
    for (int i = 0; i < n; i++) {
        A[2 * i] = x[i];
        A[2 * i + 1] = y[i];
    }
    for (int i = 0; i < k; i++) {
        smooth_c(n, A + i % 2, 2, A + 1, 2);
        smooth_c(2, A + 2 * (i % n), 1, A + 2 * ((i + 1) % n), 1);
        for (int j = 0; j < 2 * n; j++)
            A[j] *= 0.6;
    }
    for (int i = 0; i < n; i++)
        y[i] = A[2 * i] - A[2 * i + 1];
}

RUN_CASE(lang_4_functions)
{
    double x[5] = {0.4, -0.5, 0.8, 0.3, -0.7}, y[5] = {0.7, 0.5, -0.6, 0.9, -0.35};
    for (int k = 0; k < 4; k++)
        CHECK_MAP(calls, calls_c, 5, k, x, y);
    FOR_TRIPS (k)
        CHECK_MAP(columns, columns_c, 5, k, x, y);
}
