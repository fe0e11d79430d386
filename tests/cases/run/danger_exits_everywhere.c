// danger_exits_everywhere.c - the checks of danger_exits_everywhere.ad.
#include "harness.h"

static bool scan_c(int n, double *v, double limit, double *last)
{
    *last = 0;
    for (int i = 0; i < n; i++) {
        v[i] = v[i] * 1.1 + 0.05;
        *last = v[i];
        if (v[i] < 0)
            continue;
        *last *= v[i];
        if (v[i] > limit)
            return true;
        v[i] += 0.01 * *last;
    }
    return false;
}

static void run_c(int n, int k, const double *x, double *y)
{
    double last = 1, s = 0.2;
    int guard = 0;
    while (!scan_c(n, y, 2.5 + s, &last) && guard < k) {
        guard++;
        s = s * 0.8 + last * 0.1;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j <= i; j++) {
                if (x[i] * x[j] > 0.6)
                    continue;
                s += 0.05 * x[i] * y[j];
                if (s > 0.9) {
                    y[j] -= s;
                    goto out;
                }
                y[i] += 0.03 * s;
            }
            s *= 0.97;
        }
    out:
        if (guard == 40) {
            y[0] = s * x[0];
            return;
        }
        do {
            if (last < 0.1)
                break;
            last = last * 0.4;
            if (guard % 2 != 0)
                y[n - 1] += last * s * 0.1;
        } while (last > 0.3);
    }
    y[1] = y[1] + s * last;
}

RUN_CASE(danger_exits_everywhere)
{
    double x[3] = {0.9, -0.4, 0.5}, y[3] = {0.35, -1.2, 0.15}, small[3] = {-0.9, -1.6, -0.7};
    for (int k = 0; k < 7; k++)
        CHECK_MAP(run, run_c, 3, k, x, y);
    CHECK_MAP(run, run_c, 3, 20, x, y);
    for (int k = 0; k < 50; k += 7)
        CHECK_MAP(run, run_c, 3, k, x, small);
}
