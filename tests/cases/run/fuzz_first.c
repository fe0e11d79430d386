#include "harness.h"

static double unread_inout_c(int n, int k, const double *x)
{
    (void)n;
    (void)k;
    return x[0] * sin(x[0] * x[1]) + x[0] * sin(0.3);
}

static void fill_self_c(int n, int k, const double *x, double *y)
{
    (void)k;
    double v = x[0] - y[0] * y[n - 1];
    for (int i = 0; i < n; i++)
        y[i] = v;
}

static double do_while_array_c(int n, int k, const double *x)
{
    double s = 0;
    for (int c = 0; c == 0 || (c < k && 1.5 * c < 40.0); c++)
        s += 0.1 * (x[0] + c) * (x[1] * s) + x[n - 1];
    return s;
}

static double cleared_c(int n, int k, const double *x)
{
    (void)k;
    double y = x[1] * x[1];
    return 0.5 * n + 1.0 + x[0] * x[0] + x[0] * x[1] + y * y;
}

static double end_of_arm_c(int n, int k, const double *x)
{
    (void)n;
    (void)k;
    return sin(x[1] * (x[0] + x[1]));
}

RUN_CASE(fuzz_first)
{
    double x[4], y[4], r[3], value = 0.5;
    rnd_fill(x, 4);
    rnd_fill(y, 4);
    for (int n = 2; n <= 4; n++) {
        CHECK_MAP(fill_self, fill_self_c, n, 0, x, y);
        CHECK_SCALAR(unread_inout, unread_inout_c, n, 0, x);
        CHECK_SCALAR(end_of_arm, end_of_arm_c, n, 0, x);
        CHECK_SCALAR(cleared, cleared_c, n, 0, x);
        for (int k = 1; k < 5; k++)
            CHECK_SCALAR(do_while_array, do_while_array_c, n, k, x);
    }
    empty_arms(3, 0, 0.2, r);
    CHECK_CLOSE(r[2], 0.8, 1e-15);
    unread_array(3, 3, &value);
    CHECK_CLOSE(value, 0.5, 0);
}
