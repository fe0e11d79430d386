// main.c - recovers the length, the damping and the initial state of a pendulum from noisy angles, by the method of Levenberg and
// Marquardt: the Jacobian comes column by column from the tangent, and the adjoint's gradient must agree with it.
#include "pendulum.ad.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { M = 60, P = 4 };
static const char *const NAMES[P] = {"g / length", "damping", "angle", "velocity"};
static const double TRUTH[P] = {7.3, 0.22, 1.9, -0.6};

// About normal noise of deviation 1, the same everywhere: a sum of twelve uniform numbers.
static double noise(void)
{
    static unsigned state = 7;
    double sum = -6;
    for (int i = 0; i < 12; i++) {
        state = (state * 1103515245u + 12345u) & 0x7fffffffu;
        sum += (double)state / 0x80000000u;
    }
    return sum;
}

// What is observed: the pendulum with the true parameters, integrated by many small steps of Runge and Kutta.
static void observe(const double *times, double *observed)
{
    enum { STEPS = 2000 };
    double t = 0, y[2] = {TRUTH[2], TRUTH[3]};
    for (int i = 0; i < M; i++) {
        double h = (times[i] - t) / STEPS;
        for (int s = 0; s < STEPS; s++) {
            double k[5][2] = {{0}}, c[5] = {0, 0.5, 0.5, 1, 0};
            for (int j = 0; j < 4; j++) {
                double a = y[0] + (j > 0 ? c[j] * h * k[j][0] : 0), v = y[1] + (j > 0 ? c[j] * h * k[j][1] : 0);
                k[j + 1][0] = v;
                k[j + 1][1] = -TRUTH[0] * sin(a) - TRUTH[1] * v;
            }
            for (int l = 0; l < 2; l++)
                y[l] += h / 6 * (k[1][l] + 2 * k[2][l] + 2 * k[3][l] + k[4][l]);
        }
        t = times[i];
        observed[i] = y[0] + 0.05 * noise();
    }
}

// Solves A x = b for a symmetric positive definite A, by elimination.
static void solve(double a[P][P], const double *b, double *x)
{
    memcpy(x, b, P * sizeof *x);
    for (int k = 0; k < P; k++)
        for (int i = k + 1; i < P; i++) {
            double f = a[i][k] / a[k][k];
            for (int j = k; j < P; j++)
                a[i][j] -= f * a[k][j];
            x[i] -= f * x[k];
        }
    for (int i = P - 1; i >= 0; i--) {
        for (int j = i + 1; j < P; j++)
            x[i] -= a[i][j] * x[j];
        x[i] /= a[i][i];
    }
}

// The Jacobian's columns, the angles, and how many steps the integrator took.
static int jacobian(const double *times, const double *p, double *angle, double column[P][M])
{
    int steps = 0;
    for (int j = 0; j < P; j++) {
        double along[P] = {0};
        along[j] = 1;
        angles_jvp(M, times, p, angle, &steps, along, column[j]);
    }
    return steps;
}

static void print(const char *what, double f, const double *p)
{
    printf("%-9s %10.5f", what, f);
    for (int j = 0; j < P; j++)
        printf(" %11.4f", p[j]);
    putchar('\n');
}

int main(void)
{
    double times[M], observed[M], angle[M], column[P][M], p[P] = {5, 0.05, 1.5, 0}, damping = 1e-3, worst = 0;
    int steps = 0;
    for (int i = 0; i < M; i++)
        times[i] = 0.1 * (i + 1);
    observe(times, observed);

    printf("%-9s %10s", "", "misfit");
    for (int j = 0; j < P; j++)
        printf(" %11s", NAMES[j]);
    putchar('\n');
    for (int iteration = 0; iteration < 50; iteration++) {
        double g[P], jr[P] = {0}, step[P], size = 0;
        double f = misfit_grad(M, times, observed, p, g);
        steps = jacobian(times, p, angle, column);
        char name[20];
        snprintf(name, sizeof name, "%d", iteration);
        print(name, f, p);
        for (int j = 0; j < P; j++) {
            for (int i = 0; i < M; i++)
                jr[j] += column[j][i] * (angle[i] - observed[i]);
            worst = fmax(worst, fabs(jr[j] - g[j]) / fmax(1, fabs(g[j])));
            size = fmax(size, fabs(g[j]));
        }
        if (size < 1e-3)
            break;
        for (;; damping *= 10) {
            double a[P][P], at[P];
            for (int j = 0; j < P; j++)
                for (int l = 0; l < P; l++) {
                    a[j][l] = 0;
                    for (int i = 0; i < M; i++)
                        a[j][l] += column[j][i] * column[l][i];
                    a[j][l] *= j == l ? 1 + damping : 1;
                }
            solve(a, g, step);
            for (int j = 0; j < P; j++)
                at[j] = p[j] - step[j];
            if (misfit(M, times, observed, at) < f || damping > 1e6) {
                memcpy(p, at, sizeof at);
                damping = fmax(damping / 10, 1e-9);
                break;
            }
        }
    }
    printf("(each run took about %d00 steps of the integrator's own choice)\n", (steps + 50) / 100);
    print("the truth", misfit(M, times, observed, TRUTH), TRUTH);
    printf("gradient by the adjoint and by the tangents agree to 10 digits: %s\n", worst < 1e-10 ? "yes" : "NO");
    return 0;
}
