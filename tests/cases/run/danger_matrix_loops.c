// danger_matrix_loops.c - the checks of danger_matrix_loops.ad.
#include "harness.h"

static double determinant_c(int n, int k, const double *x)
{
    // det(D + 0.3 x x') = det(D) (1 + 0.3 x' inv(D) x)
    double d = 1, q = 1;
    (void)k;
    for (int i = 0; i < n; i++) {
        d *= 1 + 0.2 * x[i];
        q += 0.3 * x[i] * x[i] / (1 + 0.2 * x[i]);
    }
    return d * q;
}

static double powers_c(int n, int k, const double *x)
{
    double A[2][2] = {{x[0], x[1]}, {-x[1], x[0]}}, P[2][2] = {{1, 0}, {0, 1}}, R[2][2];
    (void)n;
    for (int t = 0; t < k; t++) {
        double size = 0;
        for (int i = 0; i < 4; i++) {
            R[i / 2][i % 2] = P[i / 2][0] * A[0][i % 2] + P[i / 2][1] * A[1][i % 2];
            size += R[i / 2][i % 2] * R[i / 2][i % 2];
        }
        for (int i = 0; i < 4; i++)
            P[i / 2][i % 2] = R[i / 2][i % 2] / sqrt(size);
        for (int i = 0; i < 2; i++)
            A[t % 2][i] += 0.1 * P[1 - t % 2][i];
    }
    return P[0][0] + 2 * P[0][1] * (A[0][0] + A[1][1]);
}

RUN_CASE(danger_matrix_loops)
{
    double x[4] = {0.6, -0.5, 0.8, 0.35};
    for (int n = 1; n <= 4; n++)
        CHECK_SCALAR(determinant, determinant_c, n, 0, x);
    for (int k = 0; k < 4; k++)
        CHECK_SCALAR(gram_schmidt, NULL, 3, k, x);
    FOR_TRIPS (k)
        CHECK_SCALAR(powers, powers_c, 2, k < 15 ? k : 15, x);
}
