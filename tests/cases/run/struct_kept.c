// struct_kept.c - the checks of struct_kept.ad.
#include "harness.h"

RUN_CASE(struct_kept)
{
    double x[3] = {0.5, 0.9, -0.4};
    for (int n = 1; n <= 3; n += 2)
        FOR_TRIPS (k) {
            CHECK_SCALAR(changed, NULL, n, k < 9 ? k : 9, x);
            CHECK_SCALAR(solved, NULL, n, k < 9 ? k : 9, x);
        }
}
