// main.c - three cameras look at a cloud of points; from noisy first guesses of both, Newton's method finds them again.
//
// A step solves (H + damping) d = -g by conjugate gradients, with Hessian products from cost_hvp; it is taken if the cost goes down.
#include "bundle.ad.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CAMS = 3, POINTS = 20, SEEN = CAMS * POINTS, REALS = 9, N = CAMS * REALS + 3 * POINTS };

static struct observation seen[SEEN];
static struct camera cams[CAMS];
static double points[3 * POINTS];

static double uniform(void) // in -1 .. 1, the same on every machine
{
    static unsigned state = 12345;
    state = state * 1664525u + 1013904223u;
    return (double)(state >> 8) / 8388608.0 - 1.0;
}

// What is fitted of a camera; the distortion is known.
static double *real_of(struct camera *c, int k)
{
    return k < 3 ? &c->rot[k] : k < 6 ? &c->centre[k - 3] : k < 7 ? &c->focal : &c->x0[k - 7];
}

static void unpack(const double *x, struct camera *to, double *p)
{
    for (int i = 0; i < CAMS; i++)
        for (int k = 0; k < REALS; k++)
            *real_of(&to[i], k) = x[i * REALS + k];
    memcpy(p, x + CAMS * REALS, 3 * POINTS * sizeof *p);
}

static void pack(struct camera *from, const double *p, double *x)
{
    for (int i = 0; i < CAMS; i++)
        for (int k = 0; k < REALS; k++)
            x[i * REALS + k] = *real_of(&from[i], k);
    memcpy(x + CAMS * REALS, p, 3 * POINTS * sizeof *p);
}

static double value(const double *x, double *g)
{
    struct camera bar[CAMS];
    double points_bar[3 * POINTS];
    unpack(x, cams, points);
    double v = cost_grad(CAMS, cams, POINTS, points, SEEN, seen, bar, points_bar);
    pack(bar, points_bar, g);
    return v;
}

static void product(const double *d, double *h) // of the Hessian where value() was last called
{
    struct camera dot[CAMS] = {0}, bar[CAMS], bar_dot[CAMS];
    double points_dot[3 * POINTS], points_bar[3 * POINTS], points_bar_dot[3 * POINTS], v;
    unpack(d, dot, points_dot);
    cost_hvp(CAMS, cams, POINTS, points, SEEN, seen, bar, points_bar, dot, points_dot, bar_dot, points_bar_dot, &v);
    pack(bar_dot, points_bar_dot, h);
}

static double inner(const double *x, const double *y)
{
    double s = 0;
    for (int i = 0; i < N; i++)
        s += x[i] * y[i];
    return s;
}

static void solve(const double *g, double damping, double *d)
{
    double r[N], p[N], h[N];
    for (int i = 0; i < N; i++) {
        d[i] = 0;
        r[i] = p[i] = -g[i];
    }
    double rr = inner(r, r), stop = 1e-20 * rr;
    for (int k = 0; k < 4 * N && rr > stop; k++) {
        product(p, h);
        for (int i = 0; i < N; i++)
            h[i] += damping * p[i];
        double curvature = inner(p, h);
        if (curvature <= 0)
            return;
        double a = rr / curvature;
        for (int i = 0; i < N; i++) {
            d[i] += a * p[i];
            r[i] -= a * h[i];
        }
        double next = inner(r, r), b = next / rr;
        rr = next;
        for (int i = 0; i < N; i++)
            p[i] = r[i] + b * p[i];
    }
}

static void scene(double *x)
{
    for (int i = 0; i < CAMS; i++) {
        struct camera c = {.rot = {0.1 * (i - 1), 0.2 * (i - 1), 0.05}, .centre = {1.5 * (i - 1), 0.3 * i, -6}, .focal = 1.5,
                           .x0 = {0.1, -0.1}, .rad = {-0.05, 0.01}, .id = i};
        cams[i] = c;
    }
    for (int i = 0; i < 3 * POINTS; i++)
        points[i] = uniform();
    pack(cams, points, x);
    for (int k = 0; k < SEEN; k++) {
        seen[k].camera = k % CAMS;
        seen[k].point = k / CAMS;
        seen[k].weight = 1;
        project(&cams[k % CAMS], points + 3 * (k / CAMS), seen[k].at);
    }
}

int main(void)
{
    double x[N], g[N], d[N], y[N], h[N], damping = 1e-2;
    scene(x);
    for (int i = 0; i < N; i++)
        x[i] += 0.05 * uniform();
    double v = value(x, g);
    printf("%d cameras, %d points, %d observations\n", CAMS, POINTS, SEEN);
    printf("first guess: rms error %.3f\n", sqrt(2 * v / SEEN));
    int steps = 0;
    while (steps < 100 && sqrt(2 * v / SEEN) > 1e-6) {
        solve(g, damping, d);
        for (int i = 0; i < N; i++)
            y[i] = x[i] + d[i];
        double next = value(y, h);
        if (next < v) {
            memcpy(x, y, sizeof x);
            damping /= 5;
        } else {
            damping *= 10;
        }
        v = value(x, g);
        steps++;
    }
    printf("%s\n", sqrt(2 * v / SEEN) <= 1e-6 ? "fitted: rms error below 0.000001" : "not fitted");
    printf("camera ids %d %d %d\n", cams[0].id, cams[1].id, cams[2].id);
    return 0;
}
