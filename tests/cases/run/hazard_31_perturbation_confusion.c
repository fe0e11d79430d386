// hazard_31_perturbation_confusion.c - the checks of hazard_31_perturbation_confusion.ad.
#include "harness.h"

static double step_on_c(int n, int k, const double *x)
{
    double w[8], s = 0, wx = 0;
    for (int i = 0; i < n; i++)
        w[i] = 0.5;
    for (int t = 0; t < k; t++) {
        s = 0;
        for (int i = 0; i < n; i++)
            s += w[i] * w[i] * x[i] * x[n - 1 - i];
        for (int i = 0; i < n; i++)
            w[i] -= 0.2 * cos(s) * 2 * w[i] * x[i] * x[n - 1 - i] * sin(s);
    }
    s = 0;
    for (int i = 0; i < n; i++) {
        s += w[i] * w[i] * x[i] * x[n - 1 - i];
        wx += w[i] * x[i];
    }
    return sin(s) + wx;
}

RUN_CASE(hazard_31_perturbation_confusion)
{
    double g, gd, dot;
    CHECK(one_grad(3, &g) == 3 && g == 1);
    CHECK(one_jvp(3, 2, &dot) == 3 && dot == 2);
    CHECK(two_grad(3, &g) == 9 && g == 6);
    CHECK(two_jvp(3, 2, &dot) == 9 && dot == 12);
    CHECK(two_hvp(3, &g, 1, &gd, &dot) == 9 && g == 6 && gd == 2);
    FOR_TRIPS (k) {
        double x[3] = {0.6, 0.9, -0.5};
        CHECK_SCALAR(step_on, step_on_c, 3, k, x);
    }
}
