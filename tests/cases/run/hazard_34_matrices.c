// hazard_34_matrices.c - the checks of hazard_34_matrices.ad.
#include "harness.h"

// C = A B, A m by k with strides (ai, aj), B k by n; everything is small.
static void mul(int m, int k, int n, const double *a, int ai, int aj, const double *b, int bi, int bj, double *c)
{
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++) {
            c[i * n + j] = 0;
            for (int l = 0; l < k; l++)
                c[i * n + j] += a[i * ai + l * aj] * b[l * bi + j * bj];
        }
}

static double both_sides_c(int n, int k, const double *x)
{
    double A[6] = {x[0], x[1], 0.5, x[2], 1, x[3]}, B[6], P[4], Q[9], R[4], S[9], T[4], U[4], PR[4], s = 0;
    (void)n, (void)k;
    for (int i = 0; i < 6; i++)
        B[i] = A[i % 2 * 3 + i / 2] + 0.1 * x[0];
    mul(2, 3, 2, A, 3, 1, B, 2, 1, P);
    mul(3, 2, 3, B, 2, 1, A, 3, 1, Q);
    mul(2, 3, 2, A, 3, 1, A, 1, 3, R);
    mul(3, 2, 3, A, 1, 3, A, 3, 1, S);
    mul(2, 3, 2, B, 1, 2, A, 1, 3, T);
    mul(2, 2, 2, P, 2, 1, P, 2, 1, U);
    mul(2, 2, 2, P, 2, 1, R, 2, 1, PR);
    for (int i = 0; i < 9; i++)
        s += Q[i] * S[i] + A[i / 3] * B[i % 3 * 2 + 1] * Q[i];
    for (int i = 0; i < 4; i++)
        s += sin(T[i]);
    return s + PR[0] + PR[3] + U[0] + U[3];
}

static double vectors_c(int n, int k, const double *x)
{
    double A[16] = {0}, d[4] = {0}, v[4] = {0}, w[4] = {0}, s = 0;
    for (int i = 0; i < n; i++) {
        d[i] = cos(x[i]);
        for (int j = 0; j < n; j++)
            A[i * n + j] = x[j] * (i + 1);
    }
    mul(n, n, 1, A, n, 1, d, 1, 1, v);
    mul(1, n, n, d, 1, 1, A, n, 1, w);
    for (int t = 0; t < k; t++) {
        double u[4], size = 1 + sqrt(vec_dot(v, v, n));
        mul(n, n, 1, A, n, 1, v, 1, 1, u);
        for (int i = 0; i < n; i++)
            v[i] = u[i] / size;
    }
    s = vec_dot(v, w, n);
    for (int i = 0; i < n; i++) {
        s += A[i * n + i] * d[i];
        for (int j = 0; j < n; j++)
            s += x[i] * A[i * n + j] + x[j] * A[i * n + j] * x[i];
    }
    return s;
}

RUN_CASE(hazard_34_matrices)
{
    double x[4] = {0.6, -0.4, 0.9, 0.3}, L[9], g[9], want[9] = {0};
    CHECK_SCALAR(both_sides, both_sides_c, 4, 0, x);
    for (int k = 0; k < 4; k++)
        CHECK_SCALAR(vectors, vectors_c, 3, k, x);
    rnd_fill(L, 9);
    vec_fill(g, 9, 5);
    lower_grad(3, L, g);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j <= i; j++)
            want[3 * i + j] = 2 * L[3 * i + j] * (1 + j);
    CHECK_ALL(g, want, 9, 1e-15);
}
