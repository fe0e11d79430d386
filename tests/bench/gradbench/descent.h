/* descent.h - the lowest place of a function, by descent along its gradient: what the evals `particle` and `saddle` are about.
 *
 * In: a function that gives the value at x, and with a gradient that is not NULL that too; where to begin. Out: the place, in x. A step
 * is taken if it leads down, else it is halved; after ten in a row it is doubled. The end: a short gradient, or a short step. */
#ifndef DESCENT_H
#define DESCENT_H

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { DESCENT_MAX = 2 };

typedef double Descended(const void *data, const double *x, double *gradient);

static inline double descent_norm(int n, const double *v)
{
    double sum = 0.0;
    for (int i = 0; i < n; i++)
        sum += v[i] * v[i];
    return sqrt(sum);
}

static inline void descend(Descended *f, const void *data, int n, double *x)
{
    double gradient[DESCENT_MAX], next[DESCENT_MAX], step[DESCENT_MAX], eta = 1e-5, now = f(data, x, NULL);
    int steps = 0;
    f(data, x, gradient);
    while (descent_norm(n, gradient) > 1e-5) {
        if (steps == 10) {
            eta *= 2.0;
            steps = 0;
            continue;
        }
        for (int i = 0; i < n; i++) {
            next[i] = x[i] - eta * gradient[i];
            step[i] = x[i] - next[i];
        }
        if (descent_norm(n, step) <= 1e-5)
            return;
        double then = f(data, next, NULL);
        if (then < now) {
            memcpy(x, next, (size_t)n * sizeof *x);
            now = then;
            f(data, x, gradient);
            steps++;
        } else {
            eta /= 2.0;
            steps = 0;
        }
    }
}

#endif
