// Arrays kept whole, ints that need not be kept, values kept further out: all that CHECK_SCALAR checks, to second order.
#include "harness.h"

RUN_CASE(kept_whole)
{
    double x[7];
    for (int n = 0; n < 8; n += n < 3 ? 1 : 4) {
        for (int k = 0; k < 4; k++) {
            checking("n = %d, k = %d", n, k);
            rnd_fill(x, n);
            CHECK_SCALAR(packed, NULL, n, k, x);
            CHECK_SCALAR(ragged, NULL, n, k, x);
        }
    }
}
