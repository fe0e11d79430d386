// hazard_04_state_kept.c - the checks of hazard_04_state_kept.ad.
#include "harness.h"

static void relax_c(int n, int k, const double *x, double *y)
{
    double old[8], next[8];
    for (int i = 0; i < n; i++)
        old[i] = y[i];
    for (int t = 0; t < k; t++) {
        for (int i = 0; i < n; i++)
            y[i] = 0.5 * (old[i] + x[i] * y[(i + 1) % n]);
        for (int i = 0; i < n; i++) {
            next[i] = 0.9 * old[i];
            old[i] = y[i];
        }
        for (int i = 0; i < n; i++)
            y[i] = next[i];
    }
    y[0] = 3;
}

RUN_CASE(hazard_04_state_kept)
{
    double x[5], y[5];
    FOR_TRIPS (k) {
        rnd_fill_in(x, 5, -1, 1);
        rnd_fill(y, 5);
        CHECK_MAP(relax, relax_c, 5, k, x, y);
    }
    double a = 0.7, b = 1.3, x_bar = 0.25, a_bar = 0.6, b_bar = -1.7;
    update_vjp(0.4, &a, &b, &x_bar, &a_bar, &b_bar);
    double a1 = 0.7 * 1.3 + 0.4, a1_bar = 0.6 * 2 * a1 - 1.7 * cos(a1) * 1.3;
    CHECK_CLOSE(a, a1 * a1, 1e-15);
    CHECK_CLOSE(b, sin(a1) * 1.3, 1e-15);
    CHECK_CLOSE(x_bar, 0.25 + a1_bar, 1e-15);
    CHECK_CLOSE(a_bar, a1_bar * 1.3, 1e-15);
    CHECK_CLOSE(b_bar, a1_bar * 0.7 - 1.7 * sin(a1), 1e-15);
}
