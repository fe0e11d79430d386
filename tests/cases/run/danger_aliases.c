// danger_aliases.c - the checks of danger_aliases.ad.
#include "harness.h"

static double cross_c(int n, const double *a, const double *b)
{
    double s = 0;
    for (int i = 0; i < n; i++)
        s += a[i] * sin(b[n - 1 - i]);
    return s;
}

static void add_into_c(int n, const double *a, double *b)
{
    double c[8];
    for (int i = 0; i < n; i++)
        c[i] = a[i];
    for (int i = 0; i < n; i++)
        b[i] += c[n - 1 - i] * b[(i + 1) % n];
}

// Values in, values out from left to right.
static void three_c(double *a, double *b, double c)
{
    double va = *a * c, vb = *b + va * c;
    *a = va;
    *b = vb;
}

static void rows_c(int n, int k, const double *x, double *y)
{
    double A[3][8], s = 0;
    for (int i = 0; i < n; i++) {
        A[0][i] = x[i];
        A[1][i] = y[i];
        A[2][i] = x[i] * y[i];
    }
    for (int i = 0; i < k; i++) {
        int p = i % 3, q = i * i % 3;
        s = 0.5 * s + cross_c(n, A[p], A[q]) + cross_c(n, A[q], A[q]);
        add_into_c(n, A[p], A[q]);
        for (int j = 0; j < n; j++)
            A[p][j] *= 0.5;
        three_c(&A[p][0], &A[q][1], A[q][0]);
        three_c(&A[p][0], &A[q][0], A[p][0]);
        for (int j = 0; j < 3 * n; j++)
            A[j / n][j % n] *= 0.8;
    }
    for (int i = 0; i < n; i++)
        y[i] = A[0][i] + s * A[1][i];
}

static void elements_c(int n, int k, const double *x, double *y)
{
    for (int i = 0; i < k; i++) {
        int p = i % n, q = i * i % n;
        three_c(&y[p], &y[q], y[q]);
        double a = y[q], sum = a + a;
        y[p] = a * y[p] * a;
        y[p] = sum + 0.1 * y[p];
        y[q] = y[q] + (y[p] + x[p]) * 0.2; // v += e is v = v + e: v is read before e is evaluated
        add_into_c(n, y, y);
        double size = 0;
        for (int j = 0; j < n; j++)
            size += y[j] * y[j];
        for (int j = 0; j < n; j++)
            y[j] /= 1 + sqrt(size);
    }
}

RUN_CASE(danger_aliases)
{
    double x[4] = {0.5, -0.7, 0.35, 0.8}, y[4] = {0.9, 0.4, -0.6, 0.55};
    FOR_TRIPS (k) {
        CHECK_MAP(rows, rows_c, 4, k < 12 ? k : 12, x, y);
        CHECK_MAP(elements, elements_c, 4, k < 12 ? k : 12, x, y);
    }
}
