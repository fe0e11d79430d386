// hazard_14_inout.c - the checks of hazard_14_inout.ad.
#include "harness.h"

static void turn_c(double *a, double *b, double by)
{
    double t = cos(by) * *a - sin(by) * *b;
    *b = sin(by) * *a + cos(by) * *b;
    *a = t;
}

static void rotations_c(int n, int k, const double *x, double *y)
{
    for (int t = 0; t < k; t++) {
        double s = y[t % n];
        y[t % n] = y[(t + 1) % n];
        y[(t + 1) % n] = s;
        turn_c(&y[0], &y[t % (n - 1) + 1], x[t % n] * y[n - 1]);
    }
}

static void rows_c(int n, int k, const double *x, double *y)
{
    double A[3][8] = {{0}};
    for (int i = 0; i < n; i++) {
        A[0][i] = y[i];
        A[1][i] = x[i];
    }
    for (int t = 0; t < k; t++) {
        double *from = A[t % 3], *to = A[(t + 1) % 3];
        for (int i = 1; i < n; i++)
            to[i] = to[i] * to[i - 1] + from[i];
        for (int i = 0; i < n; i++)
            A[(t + 2) % 3][i] += 0.3 * sin(from[i]);
        for (int i = 0; i < 3 * n; i++)
            A[i / n][i % n] *= 0.7;
    }
    for (int i = 0; i < n; i++)
        y[i] = A[0][i] * A[1][i] + A[2][i];
}

static void scalars_c(int n, int k, const double *x, double *y)
{
    double a = y[0], b = x[0];
    for (int t = 0; t < k; t++) {
        b = a > 0.5 ? a * a : 0;
        a = x[t % n] > 0.5 ? x[t % n] * x[t % n] : 0;
        y[t % n] = x[t % n];
        y[0] = (y[0] * y[0] + 2 * y[0]) * 0.1;
        b = (b + y[t % n]) * 2;
        a = a * a + b;
        turn_c(&a, &b, y[1]);
        a = sin(a);
    }
    y[1] = a + b * x[1];
}

RUN_CASE(hazard_14_inout)
{
    double x[4] = {0.45, 0.8, -0.6, 0.3}, y[4] = {0.9, -0.5, 0.7, 0.25};
    FOR_TRIPS (k) {
        CHECK_MAP(rotations, rotations_c, 4, k, x, y);
        CHECK_MAP(rows, rows_c, 4, k, x, y);
        CHECK_MAP(scalars, scalars_c, 4, k < 8 ? k : 8, x, y);
    }
}
