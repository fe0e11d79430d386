// Running minima and maxima, by all that CHECK_SCALAR checks, to second order.
#include "harness.h"

RUN_CASE(winners)
{
    double x[5];
    for (int n = 0; n < 6; n += n < 2 ? 1 : 3) {
        for (int k = 0; k < 4; k++) {
            checking("n = %d, k = %d", n, k);
            rnd_fill(x, n);
            CHECK_SCALAR(nearest, NULL, n, k, x);
            CHECK_SCALAR(tied, NULL, n, k, x);
        }
    }
}
