// danger_many_exits.c - the checks of danger_many_exits.ad.
#include "harness.h"

static double pick_c(int n, int k, const double *x)
{
    double s = x[0];
    (void)n;
    for (int i = 0; i < 24; i++) {
        if (k == i)
            return s * i;
        s = s * x[i % 3] + 0.1 * (i % 9 + 1);
    }
    return s;
}

static double leave_c(int n, int k, const double *x)
{
    double s = 0.5;
    for (int i = 0; i < n; i++) {
        if (i + k >= 3 && i + k < 17)
            return s * x[i] * (i + k - 2);
        s = s * x[i] + sin(s);
    }
    return s;
}

RUN_CASE(danger_many_exits)
{
    double x[3] = {0.6, -0.8, 0.7};
    for (int k = 0; k <= 25; k += 5)
        CHECK_SCALAR(pick, pick_c, 3, k, x);
    for (int k = 0; k <= 17; k++)
        CHECK_SCALAR(leave, leave_c, 3, k, x);
}
