// lang_6_elementwise.c - the checks of lang_6_elementwise.ad.
#include "harness.h"

static void chain_c(int n, int k, const double *x, double *y)
{
    for (int i = 0; i < n; i++) {
        double A[2] = {x[i], y[i]}, B[2];
        for (int j = 0; j < 2; j++)
            A[j] = 1 / (2 + A[j] * A[j]) - sin(A[j]) * 0.5;
        A[0] = fmax(A[0], A[1]) + fmin(A[0], 0.3) - fabs(A[1]);
        for (int j = 0; j < 2; j++)
            B[j] = (A[j] > 0.1 ? A[j] * 2 : pow(fabs(A[j]) + 1, 1.5)) - x[0];
        double v = ((y[i] > 0 && x[i] > 0) || x[i] < -0.5 ? B[0] : B[1] * atan2(y[i], x[i])) * (k + 1) - hypot(x[i], 1);
        v += (int)(x[i] * 10) * 0.01 * x[i] - v;
        y[i] = v * ((2 * i + 1) % 3) + fmod(v, 0.7) + copysign(x[i], -v);
    }
}

RUN_CASE(lang_6_elementwise)
{
    double x[5] = {0.44, -0.63, 0.85, 1.27, -0.25}, y[5] = {0.83, 0.33, -0.44, 0.62, -1.22};
    for (int k = 0; k < 3; k++)
        CHECK_MAP(chain, chain_c, 5, k, x, y);
}
