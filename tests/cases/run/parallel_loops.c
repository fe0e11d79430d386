// First and second order by the checks that all functions of these shapes have. (What threads make of them: tests/openmp.)
#include "harness.h"

// Several seeds, and directions, at a time give what one gives.
static void check_lanes(int n, int k, const double *x, const double *y)
{
    double seeds[3] = {1, -2, 0.5}, bars[8 * 3] = {0}, bar[8], out[8], again[8], jac[8 * 8], x_bar[8], y_bar[8];
    fit_seeds(n, k, x, seeds, bars);
    fit_grad(n, k, x, bar);
    for (int i = 0; i < 3 * n; i++)
        CHECK_CLOSE(bars[i], seeds[i % 3] * bar[i / 3], 1e-11);
    memcpy(out, y, sizeof out);
    bins_jac(n, k, x, out, jac);
    for (int i = 0; i < n; i++) {
        memcpy(again, y, sizeof again);
        for (int j = 0; j < n; j++) {
            x_bar[j] = 0;
            y_bar[j] = j == i;
        }
        bins_vjp(n, k, x, again, x_bar, y_bar);
        CHECK_ALL(jac + i * n, x_bar, n, 1e-10);
        CHECK_ALL(out, again, n, 1e-12);
    }
}

RUN_CASE(parallel_loops)
{
    static const int trips[] = {0, 1, 2, 3, 7};
    double x[8], y[8];
    for (int n = 2; n < 7; n += 3)
        for (int i = 0; i < 5; i++) {
            int k = trips[i];
            checking("n = %d, k = %d", n, k);
            rnd_fill(x, n);
            rnd_fill(y, 8);
            CHECK_SCALAR(fit, NULL, n, k, x);
            CHECK_SCALAR(names, NULL, n, k, x);
            check_lanes(n, k, x, y);
            CHECK_MAP(bins, NULL, n, k, x, y);
            CHECK_SCALAR(rows, NULL, n, k, x);
            CHECK_MAP(ordered, NULL, n, k, x, y);
        }
}
