// array_alias.c - the checks of array_alias.ad.
#include "harness.h"

enum { N = 4 };

static void vector_c(int n, int k, const double *x, double *y)
{
    double a[N], s = 0, q = 0, c = 0, e = 0;
    memcpy(a, y, sizeof a);
    for (int i = 0; i < n; i++) {
        s += a[i];
        q += a[i] * a[i];
        e += exp(a[i]);
    }
    for (int i = 0; i < n; i++) {
        c += a[i];
        if (k == 0 && i > 0)
            y[i] = a[i - 1];
        else if (k == 1 && i < n - 1)
            y[i] = a[i + 1] * x[i + 1];
        else if (k == 2 && i > 0)
            y[i] = a[i] * 2 + x[i - 1];
        else if (k == 3)
            y[i] = a[(i + n / 2) % n];
        else if (k == 4)
            y[i] += a[0] * a[i];
        else if (k == 5)
            y[i] *= s - a[i];
        else if (k == 6)
            y[i] -= s / n * a[i] / sqrt(q);
        else if (k == 7 && (i == 1 || i == 2))
            y[i] += a[i - 1] - a[i + 1];
        else if (k == 8)
            y[i] = c + exp(a[i]) / e;
        else if (k == 9)
            y[i] = (a[i] > 0 ? a[n - 1] : a[i]) * a[0];
        else if (k == 10 && i < n - 1)
            y[i] -= a[i + 1] * a[0];
        else if (k == 12)
            y[i] = a[i / 2] * a[2 + i % 2];
    }
    for (int i = 0; i < n; i++)
        y[i] += 0.1 * y[i] * y[i];
}

static void matrix_c(int n, int k, const double *x, double *y)
{
    double A[N][N] = {{0}}, B[N][N], trace = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            A[i][j] = (i == 0 ? y[j] : x[i] * y[j]) + (j == 2 ? x[i] : 0);
    memcpy(B, A, sizeof B);
    for (int i = 0; i < n; i++)
        trace += A[i][i];
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            double sum = 0, mm = 0, mt = 0, xx = 0, row0 = 0, col0 = 0;
            for (int l = 0; l < n; l++) {
                sum += A[i][l];
                mm += A[i][l] * A[l][j];
                mt += A[i][l] * A[j][l];
                xx += x[i] * x[l] * x[l] * x[j];
                row0 += A[j][l] * A[0][l];
                col0 += A[l][0] * A[l][i];
            }
            if (k == 0)
                B[i][j] = A[j][i];
            else if (k == 1 && j == 0)
                B[i][0] = A[0][i];
            else if (k == 2 && i == 1)
                B[i][j] = A[j][2] + A[1][j] * A[0][j];
            else if (k == 3)
                B[i][j] += A[j][i];
            else if (k == 4)
                B[i][j] -= A[j][i] * A[i][j];
            else if (k == 5)
                B[i][j] = mm / 2;
            else if (k == 6)
                B[i][j] += mt;
            else if (k == 7)
                B[i][j] += xx;
            else if (k == 8 && (j == 1 || j == 2))
                B[i][j] = A[i][j - 1] * A[i][j + 1];
            else if (k == 9 && i > 0 && j > 0)
                B[i][j] += A[i - 1][j - 1];
            else if (k == 10)
                B[i][j] = sum * A[j][0];
            else if (k == 11 && i == 0)
                B[i][j] = row0;
            else if (k == 12 && j == 1)
                B[i][j] = col0 + A[i][i] + trace * x[i];
        }
    for (int j = 0; j < n; j++) {
        y[j] = B[n - 1][j] - 0.5 * B[j][1];
        for (int i = 0; i < n; i++)
            y[j] += B[i][j] * B[i][j];
    }
}

static void swap_c(double *a, double *b) // by value in and out, left to right
{
    double old_a = *a, old_b = *b;
    *a = old_b;
    *b = old_a * 1.5;
}

static void pairs_c(int n, int k, const double *x, double *y)
{
    double A[N][2];
    int i = k % n, j = k / n % n;
    for (int l = 0; l < n; l++) {
        A[l][0] = x[l];
        A[l][1] = y[l];
    }
    swap_c(&y[i], &y[j]);
    swap_c(&A[i][k % 2], &A[j][0]);
    swap_c(&A[i][1], &y[i]);
    for (int l = 0; l < n; l++)
        y[l] = y[l] * A[l][0] - A[l][1];
}

RUN_CASE(array_alias)
{
    double x[N] = {0.53, -0.32, 0.71, 0.44}, y[N] = {0.62, 0.91, -0.83, 0.35};
    for (int k = 0; k < 13; k++)
        CHECK_MAP(vector, vector_c, N, k, x, y);
    for (int k = 0; k < 13; k++)
        CHECK_MAP(matrix, matrix_c, N, k, x, y);
    for (int k = 0; k < N * N; k++)
        CHECK_MAP(pairs, pairs_c, N, k, x, y);
}
