// danger_callee_loops.c - the checks of danger_callee_loops.ad.
#include "harness.h"

static int relax_c(int n, double *a, double target, int limit)
{
    int trips = 0;
    for (; fabs(a[0] - target) > 0.2; trips++) {
        if (trips >= limit)
            return -1;
        a[0] -= 0.5 * (a[0] - target) * (1 + 0.1 * a[n - 1] * a[n - 1]);
        for (int i = 1; i < n; i++)
            a[i] += a[i] > a[0] ? -0.2 * a[i - 1] * a[i] : 0.05 * a[0];
    }
    return trips;
}

static double settle_c(int n, double *a, int k)
{
    double s = 0;
    for (int i = 0; i < k && s <= 9; i++) {
        int trips = relax_c(n, a, 0.3 * i - s * 0.01, 6);
        if (trips >= 0)
            s += a[trips % n] * a[0];
    }
    return s;
}

static void all_c(int n, int k, const double *x, double *y)
{
    double total = settle_c(n, y, k);
    total += settle_c(n - 1, y + 1, k / 2);
    for (int i = 0; i < n; i++)
        y[i] += total * x[i];
    double before = y[0];
    y[0] = before * settle_c(n, y, 1);
}

RUN_CASE(danger_callee_loops)
{
    double x[3] = {0.4, -0.35, 0.6}, y[3] = {1.9, 0.7, -0.45}, z[3] = {-1.3, 0.25, 0.8};
    for (int k = 0; k < 5; k++) {
        CHECK_MAP(all, all_c, 3, k, x, y);
        CHECK_MAP(all, all_c, 3, k, x, z);
    }
}
