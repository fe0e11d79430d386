// danger_accumulators.c - the checks of danger_accumulators.ad.
#include "harness.h"

static double queue_c(int n, int k, const double *x)
{
    double q[3] = {0}, s = 0;
    for (int i = 0; i < k; i++) {
        double v = sin(q[2]) + x[i % n] * q[0];
        q[2] = q[1];
        q[1] = q[0];
        q[0] = v;
        s = s * q[1] + q[0] * 0.3 + x[i % n];
    }
    return s + q[0] * q[1] * q[2];
}

static double last_values_c(int n, int k, const double *x)
{
    double a = x[0], b = x[1], c = 0.5, d = x[0];
    for (int i = 0; i < k; i++) {
        a = x[i % n] * x[i % n];
        b = i % 2 == 0 ? a * x[0] : b;
        c = i % 3 > 0 ? 2 * x[(i % 3 - 1) % n] : c;
        d = sin(x[(i + 1) % n]);
    }
    return a + b * c + d * d;
}

static double swap_in_loop_c(int n, int k, const double *x)
{
    double v[2] = {x[0], x[1]};
    for (int i = 0; i < k; i++)
        v[i % 2] += 0.1 * v[1 - i % 2] * x[i % n];
    return v[k % 2] * v[k % 2] + v[1 - k % 2];
}

RUN_CASE(danger_accumulators)
{
    double x[4] = {0.6, -0.4, 0.75, 0.3};
    FOR_TRIPS (k) {
        CHECK_SCALAR(queue, queue_c, 4, k, x);
        CHECK_SCALAR(last_values, last_values_c, 4, k, x);
        CHECK_SCALAR(swap_in_loop, swap_in_loop_c, 4, k, x);
    }
}
