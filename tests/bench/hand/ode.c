/* ode.c - gradbench/ode.ad and its adjoint by hand: the state is kept once a step, and each step is done again before it is reversed. */
#include "hand.h"

#include <stdlib.h>
#include <string.h>

/* to = y + h * slope(y_at), where slope_i = x_i y_at_(i-1) and slope_0 = x_0 */
static void stage(int n, const double *restrict x, const double *restrict y, const double *restrict at, double h,
                  double *restrict to)
{
    to[0] = y[0] + h * x[0];
    for (int i = 1; i < n; i++)
        to[i] = y[i] + h * (x[i] * at[i - 1]);
}

/* The three places inside a step that begins at y. */
static void stages(int n, const double *x, const double *y, double h, double *at)
{
    stage(n, x, y, y, h / 2.0, at);
    stage(n, x, y, at, h / 2.0, at + n);
    stage(n, x, y, at + n, h, at + 2 * n);
}

/* k_bar, the adjoint of the slope at `at`: x_bar += its part, y_bar += and at_bar = scale * the adjoint of at */
static void slope_rev(int n, const double *restrict x, const double *restrict at, const double *restrict k_bar,
                      double *restrict x_bar, double *restrict at_bar)
{
    x_bar[0] += k_bar[0];
    for (int i = 1; i < n; i++) {
        x_bar[i] += k_bar[i] * at[i - 1];
        at_bar[i - 1] = k_bar[i] * x[i];
    }
    at_bar[n - 1] = 0.0;
}

void hand_ode(int n, int s, const double *x, double *y, const double *y_bar, double *x_bar)
{
    size_t wide = (size_t)n, many = (size_t)s;
    double h = 2.0 / s;
    double *kept = malloc((many + 1) * wide * sizeof *kept), *work = malloc(6 * wide * sizeof *work);
    double *at = work, *bar = at + 3 * n, *k_bar = bar + n, *at_bar = k_bar + n;
    memset(kept, 0, wide * sizeof *kept);
    for (int t = 0; t < s; t++) {
        const double *now = kept + (size_t)t * wide;
        double *then = kept + ((size_t)t + 1) * wide;
        stages(n, x, now, h, at);
        then[0] = now[0] + h * x[0];
        for (int i = 1; i < n; i++)
            then[i] = now[i] + h * (x[i] * (now[i - 1] + 2.0 * at[i - 1] + 2.0 * at[n + i - 1] + at[2 * n + i - 1])) / 6.0;
    }
    memcpy(y, kept + many * wide, wide * sizeof *y);

    memcpy(bar, y_bar, wide * sizeof *bar);
    memset(x_bar, 0, wide * sizeof *x_bar);
    for (int t = s - 1; t >= 0; t--) {
        const double *now = kept + (size_t)t * wide;
        stages(n, x, now, h, at);
        for (int i = 0; i < n; i++)
            k_bar[i] = h / 6.0 * bar[i];
        slope_rev(n, x, at + 2 * n, k_bar, x_bar, at_bar);
        for (int k = 1; k >= 0; k--) {
            double scale = k == 1 ? h : h / 2.0;
            double *restrict total = k_bar, *restrict step = at + 2 * n; /* its place is free from here on */
            for (int i = 0; i < n; i++)
                total[i] = h / 3.0 * bar[i] + scale * at_bar[i];
            if (k == 1)
                memcpy(step, at_bar, wide * sizeof *step);
            else
                for (int i = 0; i < n; i++)
                    step[i] += at_bar[i];
            slope_rev(n, x, at + k * n, k_bar, x_bar, at_bar);
        }
        double *restrict sum = at + 2 * n;
        for (int i = 0; i < n; i++) {
            sum[i] += at_bar[i];
            k_bar[i] = h / 6.0 * bar[i] + h / 2.0 * at_bar[i];
        }
        slope_rev(n, x, now, k_bar, x_bar, at_bar);
        for (int i = 0; i < n; i++)
            bar[i] += sum[i] + at_bar[i];
    }
    free(work);
    free(kept);
}
