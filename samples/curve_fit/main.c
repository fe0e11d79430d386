/* Fits the decay of two isotopes to counts, by a Jacobian, and says by a Hessian how well they are known. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>

#include "curve_fit.ad.h"

enum { M = 60, N = 5 };

static const char *const names[N] = {"background", "amplitude 1", "mean life 1", "amplitude 2", "mean life 2"};
static const double truth[N] = {12.0, 900.0, 34.0, 130.0, 205.0};

/* Counts every 15 seconds, as of a source like that with the scatter of counting: the sum of 12 random numbers, scaled. */
static void measure(double *t, double *counts, double *sigma)
{
    uint32_t state = 20240607;
    for (int i = 0; i < M; i++) {
        double mean, scatter = -6.0;
        for (int k = 0; k < 12; k++) {
            state = state * 1664525u + 1013904223u;
            scatter += state / 4294967296.0;
        }
        t[i] = 15.0 * (i + 1);
        mean = truth[0] + truth[1] * exp(-t[i] / truth[2]) + truth[3] * exp(-t[i] / truth[4]);
        counts[i] = floor(mean + scatter * sqrt(mean) + 0.5);
        sigma[i] = sqrt(fmax(counts[i], 1.0));
    }
}

static void add(const double *p, const double *step, double *q)
{
    for (int k = 0; k < N; k++)
        q[k] = p[k] + step[k];
}

static double sum_of_squares(const double *t, const double *counts, const double *sigma, const double *p)
{
    return p[2] > 0 && p[4] > 0 ? chi2(M, t, counts, sigma, p) : INFINITY;
}

int main(void)
{
    double t[M], counts[M], sigma[M], p[N] = {10, 500, 20, 100, 100}, q[N], step[N], error[N], value, lambda = 1e-3;
    measure(t, counts, sigma);
    printf("step   chi2       lambda\n");
    for (int i = 0; i < 50; i++) {
        damped_step(M, t, counts, sigma, p, lambda, &value, step);
        add(p, step, q);
        double better = sum_of_squares(t, counts, sigma, q);
        printf("%3d  %9.2f   %.0e\n", i, value, lambda);
        if (better < value) {
            for (int k = 0; k < N; k++)
                p[k] = q[k];
            lambda *= 0.1;
        } else {
            lambda *= 10;
        }
        if (fabs(value - better) < 1e-6 * value)
            break;
    }
    standard_errors(M, t, counts, sigma, p, error);
    printf("\nchi2 per degree of freedom: %.2f\n", value / (M - N));
    for (int k = 0; k < N; k++)
        printf("%-12s %7.1f +- %5.1f   (really %.0f)\n", names[k], p[k], error[k], truth[k]);
    return 0;
}
