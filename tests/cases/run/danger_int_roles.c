// danger_int_roles.c - the checks of danger_int_roles.ad.
#include "harness.h"

static double planned_c(int n, int k, const double *x)
{
    int order[8], used = 0, state = 1;
    bool flip = false;
    double s = 1;
    for (int i = 0; i < n; i++)
        order[i] = i;
    for (int i = 0; i < k; i++) {
        used = 0;
        for (int j = 0; j < n; j++)
            if ((x[j] > 0) != flip)
                order[used++] = j;
        flip = !flip;
        for (int j = 0; j < used; j++) {
            state = (state * 5 + 3) % 16;
            s = 0.6 * s + x[order[j]] * cos(s + x[state % n]);
        }
        state = (state * 5 + 3) % 16;
        if (state > 12)
            s *= x[used % n];
        else if (state < 3)
            s += x[order[n - 1]];
    }
    return s;
}

RUN_CASE(danger_int_roles)
{
    double x[5] = {0.4, -0.6, 0.9, -0.35, 0.55};
    FOR_TRIPS (k)
        CHECK_SCALAR(planned, planned_c, 5, k, x);
}
