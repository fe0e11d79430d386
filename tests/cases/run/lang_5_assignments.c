// lang_5_assignments.c - the checks of lang_5_assignments.ad.
#include "harness.h"

static void compound_c(int n, int k, const double *x, double *y)
{
    y[0] += x[0];
    y[1] *= x[0] + 1;
    y[2] -= y[2]; // y[2] and y[3 - 1]
    double v = x[1] + 2 * x[0] - x[2];
    v = v * (v + 1);
    v = v / (2 + v * v);
    int m = (17 + 3 - 1) * 2 / 3 % 7;
    y[m % n] += v * m;
    for (int i = 0; i < n; i++)
        y[i] = (y[i] / (1 + x[i] * x[i]) - x[i]) * 2;
    y[k % n] = y[k % n] * y[0] + 1;
}

static void targets_c(int n, int k, const double *x, double *y)
{
    double A[8][3], B[2][8][2] = {{{0}}}, both = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < 3; j++)
            A[i][j] = i == 0 ? 1.5 : 0.5;
    A[k % n][1] = x[0];
    for (int j = 0; j < 3; j++)
        A[k % n][j] += x[1];
    for (int i = 0; i < n; i++) {
        if (i > 0)
            A[i][0] = x[i];
        A[i][2] *= y[i];
        B[1][i][0] = B[1][i][1] = x[0];
        B[0][i][1] = y[i];
    }
    for (int i = 0; i < n - 1; i++)
        for (int j = 0; j < 3; j++)
            A[i][j] += A[i + 1][j];
    B[0][k % n][0] -= 3 * x[0];
    B[1][k % n][0] -= 3 * x[0];
    for (int i = 1; i < n - 1; i++) {
        B[1][i][0] *= A[i][0];
        B[1][i][1] *= A[i][1];
    }
    for (int i = 0; i < n; i++)
        both += B[0][i][1] * A[i][2];
    for (int i = 0; i < n; i++)
        y[i] = A[i][0] + A[i][1] + A[i][2] + (B[0][i][0] + B[0][i][1] + B[1][i][0] + B[1][i][1]) * B[1][i][0] + both +
               A[1 + i / 2][0];
}

RUN_CASE(lang_5_assignments)
{
    double x[4], y[4];
    FOR_TRIPS (k) {
        rnd_fill(x, 4);
        rnd_fill(y, 4);
        CHECK_MAP(compound, compound_c, 4, k, x, y);
        CHECK_MAP(targets, targets_c, 4, k, x, y);
    }
}
