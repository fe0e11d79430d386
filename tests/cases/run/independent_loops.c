// First and second order by the checks that all functions of these shapes have.
#include "harness.h"

RUN_CASE(independent_loops)
{
    static const int trips[] = {0, 1, 2, 3, 7};
    double x[8], y[8];
    for (int n = 1; n < 8; n += 2)
        for (int i = 0; i < 5; i++) {
            int k = trips[i];
            checking("n = %d, k = %d", n, k);
            rnd_fill(x, n);
            rnd_fill(y, n);
            if (n > 1)
                CHECK_MAP(rotated, NULL, n, k, x, y);
            CHECK_SCALAR(rows, NULL, n, k, x);
            CHECK_MAP(parts, NULL, n, k, x, y);
        }
}
