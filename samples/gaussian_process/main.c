// main.c - fits the three parameters of a Gaussian process to forty noisy measurements of a curve, by Newton's method
// with exact Hessians, and predicts the curve.
#include "gaussian_process.ad.h"

#include <math.h>
#include <stdio.h>

enum { N = 40, M = 6, P = 3 };

static double curve(double x)
{
    return sin(3 * x) + 0.5 * x;
}

// Points that are not evenly spaced, and noise of standard deviation 0.1, from a generator of its own.
static void measure(double *x, double *y)
{
    unsigned state = 2024;
    for (int i = 0; i < N; i++) {
        double noise = -6;
        for (int k = 0; k < 12; k++) {
            state = state * 1664525u + 1013904223u;
            noise += (state >> 8) / 16777216.0;
        }
        x[i] = 4.0 * (i + 0.6 * sin(1.7 * i)) / N;
        y[i] = curve(x[i]) + 0.1 * noise;
    }
}

// The Hessian, a column for each direction.
static double hessian(const double *x, const double *y, const double *theta, double *g, double H[P][P])
{
    double value = 0, slope;
    for (int k = 0; k < P; k++) {
        double direction[P] = {0};
        direction[k] = 1;
        value = cost_hvp(N, x, y, theta, g, direction, H[k], &slope);
    }
    return value;
}

static void check(const double *x, const double *y, const double *theta)
{
    double g[P], plain[P], g_up[P], g_down[P], H[P][P], worst = 0, worst_hessian = 0, worst_plain = 0;
    hessian(x, y, theta, g, H);
    cost_plain_grad(N, x, y, theta, plain);
    for (int k = 0; k < P; k++) {
        double h = 1e-5, up[P] = {theta[0], theta[1], theta[2]}, down[P] = {theta[0], theta[1], theta[2]};
        up[k] += h;
        down[k] -= h;
        double difference = cost_grad(N, x, y, up, g_up) - cost_grad(N, x, y, down, g_down);
        worst = fmax(worst, fabs(difference / (2 * h) - g[k]));
        worst_plain = fmax(worst_plain, fabs(plain[k] - g[k]));
        for (int l = 0; l < P; l++)
            worst_hessian = fmax(worst_hessian, fabs((g_up[l] - g_down[l]) / (2 * h) - H[k][l]));
    }
    printf("gradient: differences agree %s, solve and logdet of the whole matrix %s\n", worst < 1e-5 ? "to 1e-5" : "NOT",
           worst_plain < 1e-8 ? "to 1e-8" : "NOT");
    printf("Hessian: differences of the gradient agree %s\n", worst_hessian < 1e-5 ? "to 1e-5" : "NOT");
}

// The step that solves (H + ridge) step = -g; false if that matrix is not positive definite.
static int newton_step(double H[P][P], double ridge, const double *g, double *step)
{
    double L[P][P], z[P];
    for (int i = 0; i < P; i++) {
        for (int j = 0; j <= i; j++) {
            double s = H[i][j] + (i == j ? ridge : 0);
            for (int k = 0; k < j; k++)
                s -= L[i][k] * L[j][k];
            if (i == j && s <= 0)
                return 0;
            L[i][j] = i == j ? sqrt(s) : s / L[j][j];
        }
        z[i] = -g[i];
        for (int k = 0; k < i; k++)
            z[i] -= L[i][k] * z[k];
        z[i] /= L[i][i];
    }
    for (int i = P - 1; i >= 0; i--) {
        step[i] = z[i];
        for (int k = i + 1; k < P; k++)
            step[i] -= L[k][i] * step[k];
        step[i] /= L[i][i];
    }
    return 1;
}

static void fit(const double *x, const double *y, double *theta)
{
    double g[P], H[P][P], value = hessian(x, y, theta, g, H), ridge = 1;
    int steps = 0;
    printf("  step %d: cost %8.3f\n", steps, value);
    while (fabs(g[0]) + fabs(g[1]) + fabs(g[2]) > 1e-9 && steps < 50) {
        double step[P], next[P] = {0}, there = INFINITY;
        if (newton_step(H, ridge, g, step)) {
            for (int k = 0; k < P; k++)
                next[k] = theta[k] + step[k];
            there = cost(N, x, y, next);
        }
        if (!(there <= value + 1e-12)) {
            ridge = ridge < 1e-3 ? 1e-3 : 4 * ridge;
            continue;
        }
        for (int k = 0; k < P; k++)
            theta[k] = next[k];
        ridge = ridge < 1e-6 ? 0 : ridge / 8;
        value = hessian(x, y, theta, g, H);
        steps++;
        if (steps % 4 == 0)
            printf("  step %d: cost %8.3f\n", steps, value);
    }
    printf("amplitude %.3f, length %.3f, noise %.3f (was 0.1)\n", exp(theta[0]), exp(theta[1]), exp(theta[2]));
}

static void show_predictions(const double *x, const double *y, const double *theta)
{
    double at[M], mean[M], deviation[M], one[N] = {0}, weight[M], still[M];
    for (int j = 0; j < M; j++)
        at[j] = 0.35 + 0.6 * j;
    one[N / 2] = 1; // how much each mean changes with this measurement; the deviations do not
    predict_jvp(N, x, y, theta, M, at, mean, deviation, one, weight, still);
    printf("     x   curve    mean   deviation  weight of y at x = %.2f\n", x[N / 2]);
    for (int j = 0; j < M; j++)
        printf("  %4.2f %7.3f %7.3f %9.3f %12.3f\n", at[j], curve(at[j]), mean[j], deviation[j], weight[j]);
}

int main(void)
{
    double x[N], y[N], theta[P] = {0, -0.5, -1.5};
    measure(x, y);
    check(x, y, theta);
    fit(x, y, theta);
    show_predictions(x, y, theta);
    return 0;
}
