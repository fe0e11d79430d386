// lang_5_control.c - the checks of lang_5_control.ad.
#include "harness.h"

static double control_c(int n, int k, const double *x)
{
    double s = x[0];
    int m = 1;
    for (int i = 1; i <= k; i++)
        s = sin(s) + x[i % n];
    s *= 1.5;
    for (; m < k; m *= 2)
        s += 0.1 * m * x[0] * s;
    for (int j = k; j > 0; j /= 2)
        if (j % 2 == 0)
            s *= x[0];
        else if (j % 3 == 0)
            s += x[0];
        else if (j <= 50) {
            s -= x[1];
            j--;
        }
    s *= 0.9;
    if (k > 2)
        s = k > 50 ? cos(s) : 2 * s;
    return s * m;
}

RUN_CASE(lang_5_control)
{
    double x[3] = {0.35, -0.6, 0.8};
    FOR_TRIPS (k)
        CHECK_SCALAR(control, control_c, 3, k, x);
    for (int k = 4; k < 12; k++)
        CHECK_SCALAR(control, control_c, 3, k, x);
}
