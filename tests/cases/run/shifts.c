// The shift in m + log(sum(exp(x - m))): derivatives of first and second order.
#include "harness.h"

static double plain_reference(int n, int k, const double *x)
{
    double s = 0;
    for (int i = 0; i < n; i++)
        s += exp(x[i]);
    return n ? log(s) * (k + 1) : 0;
}

RUN_CASE(shifts)
{
    double x[7], x_bar[7];
    for (int n = 0; n < 8; n++)
        for (int k = 0; k < 3; k++) {
            checking("n = %d, k = %d", n, k);
            rnd_fill(x, n);
            CHECK_SCALAR(plain, plain_reference, n, k, x);
            CHECK_SCALAR(shifted, NULL, n, k, x);
            if (n > 0)
                CHECK_SCALAR(entangled, NULL, n, k, x);
        }
    checking("far out");
    for (int i = 0; i < 7; i++)
        x[i] = 800.0 + i;
    double s = 0, sum = 0;
    for (int i = 0; i < 7; i++)
        s += exp(i - 6.0);
    CHECK_CLOSE(plain_grad(7, 0, x, x_bar), 806.0 + log(s), 1e-15);
    for (int i = 0; i < 7; i++) {
        CHECK_CLOSE(x_bar[i], exp(i - 6.0) / s, 1e-14);
        sum += x_bar[i];
    }
    CHECK_CLOSE(sum, 1, 1e-14);
}
