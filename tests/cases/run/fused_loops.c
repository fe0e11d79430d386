// Loops that are fused, and near misses: first and second order by the checks that all functions of these shapes have.
#include "harness.h"

static double curved_reference(int n, int k, const double *x)
{
    double s = 0.5, p = 0;
    for (int i = 0; i < n; i++) {
        s += exp(0.1 * x[i]) * x[i];
        p += x[i];
    }
    return s * s + sin(p) * k;
}

RUN_CASE(fused_loops)
{
    double x[100], y[100];
    FOR_TRIPS (n) {
        if (n > 20)
            continue;
        for (int k = 0; k < 4; k += 3) {
            checking("n = %d, k = %d", n, k);
            rnd_fill(x, n);
            rnd_fill(y, n);
            CHECK_SCALAR(mixture, NULL, n, k, x);
            CHECK_SCALAR(curved, curved_reference, n, k, x);
            CHECK_SCALAR(twice, NULL, n, k, x);
            CHECK_SCALAR(walks, NULL, n, k, x);
            CHECK_SCALAR(recursive, NULL, n, k, x);
            CHECK_MAP(careless, NULL, n, k, x, y);
            CHECK_MAP(in_place, NULL, n, k, x, y);
            CHECK_MAP(gathered, NULL, n, k, x, y);
            CHECK_MAP(random_walk, NULL, n, k, x, y);
        }
    }
}
