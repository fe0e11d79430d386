// main.c - minimises Rosenbrock's function by Newton-CG: the Newton equation is solved by conjugate gradients, which
// need nothing of the Hessian but its products with vectors.
#include "rosenbrock.ad.h"

#include <math.h>
#include <stdio.h>

enum { N = 10 };

static double dot(const double *a, const double *b)
{
    double s = 0;
    for (int i = 0; i < N; i++)
        s += a[i] * b[i];
    return s;
}

// y = a + t * b
static void line(double *y, const double *a, double t, const double *b)
{
    for (int i = 0; i < N; i++)
        y[i] = a[i] + t * b[i];
}

// Solves H p = -g well enough, at x; stops where the curvature is not positive. Returns how many products it took.
static int newton_direction(const double *x, const double *g, double *p)
{
    double r[N], d[N], grad[N], hd[N], slope, rr = dot(g, g);
    double tolerance = rr * fmin(0.01, rr);
    int products = 0;
    for (int i = 0; i < N; i++) {
        p[i] = 0;
        r[i] = -g[i];
        d[i] = r[i];
    }
    while (rr > tolerance && products < 2 * N) {
        rosenbrock_hvp(N, x, grad, d, hd, &slope);
        products++;
        double curvature = dot(d, hd);
        if (curvature <= 1e-12 * dot(d, d)) {
            if (products == 1)
                line(p, p, 1, d);
            return products;
        }
        double step = rr / curvature, before = rr;
        line(p, p, step, d);
        line(r, r, -step, hd);
        rr = dot(r, r);
        line(d, r, rr / before, d);
    }
    return products;
}

// Compares the product of the Hessian with v against differences of the gradient.
static void check(const double *x)
{
    const double h = 1e-5;
    double v[N], g[N], hv[N], up[N], down[N], at[N], slope, worst = 0;
    for (int i = 0; i < N; i++)
        v[i] = cos(i);
    rosenbrock_hvp(N, x, g, v, hv, &slope);
    line(at, x, h, v);
    rosenbrock_grad(N, at, up);
    line(at, x, -h, v);
    rosenbrock_grad(N, at, down);
    for (int i = 0; i < N; i++)
        worst = fmax(worst, fabs(hv[i] - (up[i] - down[i]) / (2 * h)) / fmax(1, fabs(hv[i])));
    printf("Hessian times vector agrees with differences of the gradient to 6 digits: %s\n",
           worst < 1e-6 ? "yes" : "NO");
}

int main(void)
{
    double x[N], g[N], p[N], at[N];
    for (int i = 0; i < N; i++)
        x[i] = i % 2 == 0 ? 1.9 : -1.0;
    check(x);
    puts("iteration         f      |grad|   products");
    double f = rosenbrock_grad(N, x, g);
    for (int iteration = 0; iteration < 100; iteration++) {
        double size = sqrt(dot(g, g));
        if (size < 1e-8) {
            puts("converged");
            break;
        }
        int products = newton_direction(x, g, p);
        if (f > 1e-6)
            printf("%9d %9.4g %11.4g %10d\n", iteration, f, size, products);
        double step = 1, new = 0;
        for (; step > 1e-10; step /= 2) {
            line(at, x, step, p);
            new = rosenbrock(N, at);
            if (new <= f + 1e-4 * step * dot(g, p))
                break;
        }
        line(x, x, step, p);
        f = rosenbrock_grad(N, x, g);
    }
    printf("x =");
    for (int i = 0; i < N; i++)
        printf(" %.6f", x[i]);
    putchar('\n');
    return 0;
}
