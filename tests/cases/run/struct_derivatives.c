// struct_derivatives.c - the checks of struct_derivatives.ad.
#include "harness.h"

RUN_CASE(struct_derivatives)
{
    FOR_TRIPS(k)
        for (int n = 1; n <= 5; n += 2) {
            double x[5], y[5];
            rnd_fill_in(x, n, 0.3, 1.2);
            rnd_fill_in(y, n, 0.3, 1.2);
            checking("k = %d, n = %d", k, n);
            CHECK_SCALAR(state, NULL, n, k, x);
            CHECK_SCALAR(web, NULL, n, k, x);
            CHECK_SCALAR(branches, NULL, n, k, x);
            CHECK_MAP(settle, NULL, n, k, x, y);
        }
}
