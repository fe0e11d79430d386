// lang_6_solve_float.c - the checks of lang_6_solve_float.ad.
#include "harness.h"

// The same function, plainly and in double.
static double f_c(int n, const float *A, const float *b)
{
    enum { N = 8 };
    double M[N * 3 * N], L[N * N] = {0}, x[N], s = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < 3 * n; j++)
            M[i * 3 * n + j] = j < n ? (double)A[i * n + j] : j == n ? (double)b[i] : j > n && j - n - 1 == i ? 1 : 0;
    for (int c = 0; c < n; c++) {
        s += log(fabs(M[c * 3 * n + c]));
        for (int i = 0; i < n; i++) {
            double q = M[i * 3 * n + c] / M[c * 3 * n + c];
            for (int j = 0; i != c && j < 3 * n; j++)
                M[i * 3 * n + j] -= q * M[c * 3 * n + j];
        }
    }
    for (int i = 0; i < n; i++) {
        x[i] = M[i * 3 * n + n] / M[i * 3 * n + i];
        for (int j = 0; j < n; j++)
            s += M[i * 3 * n + n + 1 + j] / M[i * 3 * n + i];
    }
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++) {
            double t = i == j;
            for (int p = 0; p < n; p++)
                t += (double)A[i * n + p] * (double)A[j * n + p];
            for (int p = 0; p < j; p++)
                t -= L[i * n + p] * L[j * n + p];
            L[i * n + j] = i == j ? sqrt(t) : t / L[j * n + j];
        }
    for (int i = 0; i < n; i++) {                               // dot(x, L^-T L^-1 x)
        for (int j = 0; j < i; j++)
            x[i] -= L[i * n + j] * x[j];
        x[i] /= L[i * n + i];
        s += x[i] * x[i] + log(L[i * n + i]);
    }
    return s;
}

RUN_CASE(lang_6_solve_float)
{
    enum { N = 6 };
    float A[N * N], b[N], A_bar[N * N] = {0}, b_bar[N] = {0}, A_dot[N * N], b_dot[N], s_dot;
    double left = 0;
    rnd_fillf(A, N * N);
    rnd_fillf(b, N);
    rnd_fillf(A_dot, N * N);
    rnd_fillf(b_dot, N);
    for (int i = 0; i < N; i++)
        A[i * N + i] += 10;
    CHECK_CLOSE((double)f(N, A, b), f_c(N, A, b), 1e-5);
    CHECK_CLOSE((double)f_vjp(N, A, b, 0.75f, A_bar, b_bar), f_c(N, A, b), 1e-5);
    f_jvp(N, A, b, A_dot, b_dot, &s_dot);
    for (int i = 0; i < N * N; i++)
        left += (double)A_bar[i] * (double)A_dot[i];
    for (int i = 0; i < N; i++)
        left += (double)b_bar[i] * (double)b_dot[i];
    CHECK_CLOSE(left, 0.75 * (double)s_dot, 1e-5);
}
