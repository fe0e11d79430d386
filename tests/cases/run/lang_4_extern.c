// lang_4_extern.c - the checks of lang_4_extern.ad.
#include "harness.h"

// What a user would have in another file.
double spring(double x, double k)
{
    return 0.5 * k * x * x;
}

void mix(int n, const double *x, double *y)
{
    for (int i = 0; i < n; i++)
        y[n - 1 - i] = x[i] * x[i];
}

double constant(int i)
{
    return 1.0 / (1 + i);
}

static double energy_c(int n, int k, const double *x)
{
    double y[8] = {0}, z[8], s = 0;
    for (int t = 0; t < k; t++) {
        for (int i = 0; i < n; i++)
            z[n - 1 - i] = (y[i] + x[i]) * (y[i] + x[i]);
        s += 0.5 * x[0] * z[t % n] * z[t % n] / (1 + t);
        for (int i = 0; i < n; i++)
            y[i] = 0.3 * z[i];
    }
    return s + 0.5 * x[0] * x[0] * x[0];
}

RUN_CASE(lang_4_extern)
{
    double x[3] = {0.5, 0.3, -0.4};
    FOR_TRIPS (k)
        CHECK_SCALAR(energy, energy_c, 3, k < 8 ? k : 8, x);
}
