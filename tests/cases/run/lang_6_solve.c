// lang_6_solve.c - the checks of lang_6_solve.ad.
#include "harness.h"

enum { MAX = 6 };

// x = op(A)^-1 b by Gauss and Jordan without pivots, the diagonal being large; logdet may be NULL. x may be b.
static void gauss(int k, bool ta, const double *A, const double *b, double *x, double *logdet)
{
    double M[MAX * MAX] = {0}, y[MAX] = {0};
    for (int i = 0; i < k; i++)
        for (int j = 0; j < k; j++)
            M[i * k + j] = ta ? A[j * k + i] : A[i * k + j];
    for (int i = 0; i < k; i++)
        y[i] = b ? b[i] : 0;
    for (int c = 0; c < k; c++) {
        if (logdet)
            *logdet += log(fabs(M[c * k + c]));
        for (int i = 0; i < k; i++) {
            double f = M[i * k + c] / M[c * k + c];
            for (int j = 0; i != c && j < k; j++)
                M[i * k + j] -= f * M[c * k + j];
            if (i != c)
                y[i] -= f * y[c];
        }
    }
    for (int i = 0; x && i < k; i++)
        x[i] = y[i] / M[i * k + i];
}

static void matrix_of(int k, const double *x, double *A)
{
    for (int i = 0; i < k * k; i++)
        A[i] = x[i] + (i % (k + 1) == 0 ? 3.0 * k : 0);
}

static double vector_c(int n, int k, const double *x)
{
    double A[MAX * MAX] = {0}, s[MAX], logdet = 0;
    matrix_of(k, x, A);
    gauss(k, false, A, x + k * k, s, &logdet);
    return vec_dot(s, x + k * k, k) + logdet * x[n - 1];
}

// Y = op(A)^-1 X, 3 columns.
static void gauss3(int k, bool ta, const double *A, const double *X, double *Y)
{
    for (int j = 0; j < 3; j++) {
        double v[MAX] = {0};
        for (int i = 0; i < k; i++)
            v[i] = X[3 * i + j];
        gauss(k, ta, A, v, v, NULL);
        for (int i = 0; i < k; i++)
            Y[3 * i + j] = v[i];
    }
}

static double columns_c(int n, int k, const double *x)
{
    double A[MAX * MAX] = {0}, B[3 * MAX] = {0}, X[3 * MAX] = {0}, Y[3 * MAX] = {0}, u[MAX] = {0}, v[MAX] = {0}, s = 0;
    matrix_of(k, x, A);
    for (int i = 0; i < k; i++) {
        B[3 * i] = x[k * k + i];
        B[3 * i + 1] = sin(x[i]) * x[n - 1];
        B[3 * i + 2] = 0.5;
    }
    gauss3(k, false, A, B, X);
    gauss3(k, true, A, X, Y);
    for (int i = 0; i < k; i++) {
        u[i] = Y[3 * i + 1];
        v[i] = B[3 * i];
    }
    gauss(k, false, A, u, u, NULL);
    gauss(k, true, A, v, v, NULL);
    for (int i = 0; i < k; i++)
        s += (u[i] + v[i]) * Y[3 * i + 2];
    for (int i = 0; i < 3 * k; i++)
        s += sin(X[i]) + X[i] * Y[i];                           // A^-1 A X
    return s;
}

static void inverse_of(int k, const double *A, double *B)
{
    for (int j = 0; j < k; j++) {
        double e[MAX] = {0};
        e[j] = 1;
        gauss(k, false, A, e, e, NULL);
        for (int i = 0; i < k; i++)
            B[i * k + j] = e[i];
    }
}

static double inverse_c(int n, int k, const double *x)
{
    double A[MAX * MAX] = {0}, B[MAX * MAX] = {0}, C[MAX * MAX] = {0}, s = 0, of_inverse = 0, of_sum = 0;
    matrix_of(k, x, A);
    inverse_of(k, A, B);
    for (int i = 0; i < k * k; i++)
        s += sin(B[i]) + 2 * B[i % k * k + i / k] * A[i];
    gauss(k, false, B, NULL, NULL, &of_inverse);
    for (int i = 0; i < k * k; i++)
        C[i] = A[i] + B[i];
    gauss(k, false, C, NULL, NULL, &of_sum);
    return s + of_inverse + of_sum * x[n - 1];
}

static double in_place_c(int n, int k, const double *x)
{
    double A[MAX * MAX] = {0}, B[MAX * MAX] = {0}, b[MAX] = {0}, s = 0;
    (void)n;
    matrix_of(k, x, A);
    memcpy(b, x + k * k, sizeof *b * (size_t)k);
    for (int t = 0; t < 3; t++) {
        double logdet = 0;
        gauss(k, false, A, b, b, NULL);
        s += vec_dot(b, b, k);
        inverse_of(k, A, B);
        gauss(k, false, B, NULL, NULL, &logdet);
        s += logdet * b[0] * t;
        for (int i = 0; i < k; i++)
            b[i] = 2 * b[i] + 1;
        gauss(k, true, B, b, b, NULL);
        for (int i = 0; i < k * k; i++) {
            A[i] = B[i] * B[i];
            B[i] = A[i] + (i % (k + 1) == 0 ? 3 : 0);
        }
        for (int j = 0; j < k; j++) {
            double v[MAX] = {0};
            for (int i = 0; i < k; i++)
                v[i] = A[i * k + j];
            gauss(k, false, B, v, v, NULL);
            for (int i = 0; i < k; i++)
                A[i * k + j] = v[i] + (i == j ? 1 : 0);
        }
    }
    for (int i = 0; i < k * k; i++)
        s += sin(A[i]);
    for (int i = 0; i < k; i++)
        s += b[i];
    return s;
}

static double calls_c(int n, int k, const double *x)
{
    double A[MAX * MAX] = {0}, b[MAX] = {0}, logs[3], firsts[3], sum = 0;
    (void)n;
    matrix_of(k, x, A);
    memcpy(b, x + k * k, sizeof *b * (size_t)k);
    for (int d = 0; d < 3; d++) {
        double v[MAX] = {0};
        gauss(k, false, A, b, v, NULL);
        for (int i = 0; i < k; i++)
            b[i] = v[i] + sin(b[i]);
        for (int i = 0; i < k * k; i++)
            A[i] += b[i / k] * b[i % k];
        logs[d] = 0;
        gauss(k, false, A, NULL, NULL, &logs[d]);
    }
    firsts[2] = b[0];                                           // of b as the innermost call leaves it, at every level
    for (int i = 0; i < k * k; i++)
        sum += A[i];
    return (logs[0] + (logs[1] + logs[2] * firsts[2]) * firsts[2]) * sum;
}

static void third_order(int n)
{
    double A[MAX * MAX] = {0}, D[MAX * MAX] = {0}, M[MAX * MAX] = {0}, want[3] = {0};
    rnd_fill(A, n * n);
    rnd_fill(D, n * n);
    for (int i = 0; i < n; i++)
        A[i * n + i] += 3 * n;
    for (int j = 0; j < n; j++) {                               // M = A^-1 D
        double v[MAX] = {0};
        for (int i = 0; i < n; i++)
            v[i] = D[i * n + j];
        gauss(n, false, A, v, v, NULL);
        for (int i = 0; i < n; i++)
            M[i * n + j] = v[i];
    }
    for (int i = 0; i < n; i++) {
        want[0] += M[i * n + i];
        for (int j = 0; j < n; j++) {
            want[1] -= M[i * n + j] * M[j * n + i];
            for (int l = 0; l < n; l++)
                want[2] += 2 * M[i * n + j] * M[j * n + l] * M[l * n + i];
        }
    }
    double d[7], g[MAX * MAX], g1[MAX * MAX], g2[MAX * MAX], g12[MAX * MAX];
    logdet_d3(n, A, D, &d[0], D, &d[1], &d[2], D, &d[3], &d[4], &d[5], &d[6]);
    CHECK_CLOSE(d[0], want[0], 1e-12);
    CHECK_CLOSE(d[1], want[1], 1e-12);
    CHECK_CLOSE(d[4], want[2], 1e-12);
    logdet_grad_d2(n, A, g, D, g1, &d[0], D, g2, g12, &d[1], &d[2]);
    CHECK_CLOSE(vec_dot(g, D, n * n), want[0], 1e-12);
    CHECK_CLOSE(vec_dot(g1, D, n * n), want[1], 1e-12);
    CHECK_CLOSE(vec_dot(g12, D, n * n), want[2], 1e-12);
}

RUN_CASE(lang_6_solve)
{
    static const int sizes[] = {0, 1, 2, 3, 5};
    for (int s = 0; s < 5; s++) {
        int k = sizes[s], n = k * k + k + 1;
        double x[MAX * MAX], y[MAX * MAX] = {0};
        rnd_fill(x, n);
        rnd_fill(y, n);
        CHECK_SCALAR(vector, vector_c, n, k, x);
        CHECK_SCALAR(columns, columns_c, n, k, x);
        CHECK_SCALAR(inverse, inverse_c, n, k, x);
        CHECK_SCALAR(searching, NULL, n, k, x);
        if (k > 0) {
            CHECK_SCALAR(in_place, in_place_c, n, k, x);
            CHECK_SCALAR(calls, calls_c, n, k, x);
            CHECK_SCALAR(batch, NULL, n, k, x);
        }
        CHECK_MAP(map, NULL, n, k, x, y);
        third_order(k);
    }
}
