// First and second order by the checks that all functions of these shapes have. (What threads make of them: tests/openmp.)
#include "harness.h"

RUN_CASE(parallel_loops)
{
    static const int trips[] = {0, 1, 2, 3, 7};
    double x[8], y[8];
    for (int n = 2; n < 7; n += 3)
        for (int i = 0; i < 5; i++) {
            int k = trips[i];
            checking("n = %d, k = %d", n, k);
            rnd_fill(x, n);
            rnd_fill(y, n);
            CHECK_SCALAR(fit, NULL, n, k, x);
            CHECK_MAP(bins, NULL, n, k, x, y);
            CHECK_SCALAR(rows, NULL, n, k, x);
            CHECK_MAP(ordered, NULL, n, k, x, y);
        }
}
