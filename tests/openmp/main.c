// main.c — prints every bit that the functions of ../cases/run/parallel_loops.ad and their derivatives give, for few and for many trips.
#include "parallel_loops.ad.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 7 };

static void print(const char *what, int n, int k, const double *v, int count)
{
    printf("%s %d %d:", what, n, k);
    for (int i = 0; i < count; i++)
        printf(" %a", v[i]);
    printf("\n");
}

static void fill(double *v, double phase)
{
    for (int i = 0; i < MOST; i++)
        v[i] = 0.3 + 0.6 * sin(phase + 1.7 * i);
}

typedef double scalar_f(int n, int k, const double *x);
typedef void map_f(int n, int k, const double *x, double *y);
typedef double scalar_grad(int n, int k, const double *x, double *x_bar);
typedef double scalar_hvp(int n, int k, const double *x, double *x_bar, const double *x_dot, double *x_bar_dot, double *result_dot);
typedef double scalar_gv(int n, int k, const double *x, double *x_bar, double result_bar, double *x_bar2, const double *x_bar_bar);
typedef void map_vjp(int n, int k, const double *x, double *y, double *x_bar, double *y_bar);
typedef void map_jvp(int n, int k, const double *x, double *y, const double *x_dot, double *y_dot);
typedef void map_vv(int n, int k, const double *x, double *y, double *x_bar, double *y_bar, double *x_bar2, double *y_bar2, double *x_bar_bar,
                    double *y_bar_bar);

static void scalar(const char *name, scalar_f *f, scalar_grad *grad, scalar_hvp *hvp, scalar_gv *gv, int n, int k)
{
    double x[MOST], x_dot[MOST], out[2 * MOST + 2];
    fill(x, n);
    fill(x_dot, k);
    memset(out, 0, sizeof out);
    out[0] = f(n, k, x);
    print(name, n, k, out, 1);
    out[0] = grad(n, k, x, out + 1);
    print(name, n, k, out, n + 1);
    out[0] = hvp(n, k, x, out + 2, x_dot, out + 2 + n, out + 1);
    print(name, n, k, out, 2 * n + 2);
    memset(out, 0, sizeof out);
    out[0] = gv(n, k, x, out + 1, 0.5, out + 1 + n, x_dot);
    print(name, n, k, out, 2 * n + 1);
}

static void map(const char *name, map_f *f, map_vjp *vjp, map_jvp *jvp, map_vv *vv, int n, int k)
{
    double x[MOST], x_dot[MOST], out[7 * MOST];
    fill(x, n);
    fill(x_dot, k);
    for (int i = 0; i < 7; i++)
        fill(out + i * MOST, i);
    f(n, k, x, out);
    print(name, n, k, out, n);
    vjp(n, k, x, out, out + n, out + 2 * n);
    print(name, n, k, out, 3 * n);
    jvp(n, k, x, out, x_dot, out + n);
    print(name, n, k, out, 2 * n);
    vv(n, k, x, out, out + n, out + 2 * n, out + 3 * n, out + 4 * n, out + 5 * n, out + 6 * n);
    print(name, n, k, out, 7 * n);
}

static void lanes(int n, int k)
{
    double x[MOST], y[MOST], seeds[3] = {1, -2, 0.5}, out[MOST * MOST];
    fill(x, n);
    fill(y, k);
    memset(out, 0, sizeof out);
    fit_seeds(n, k, x, seeds, out);
    print("seeds", n, k, out, 3 * n);
    bins_jac(n, k, x, y, out);
    print("directions", n, k, out, n * n);
}

int main(void)
{
    for (int n = 2; n <= MOST; n += 5)
        for (int k = 0; k < 12; k += k < 3 ? 1 : 4) {
            scalar("fit", fit, fit_grad, fit_hvp, fit_gv, n, k);
            scalar("names", names, names_grad, names_hvp, names_gv, n, k);
            map("bins", bins, bins_vjp, bins_jvp, bins_vv, n, k);
            scalar("rows", rows, rows_grad, rows_hvp, rows_gv, n, k);
            map("ordered", ordered, ordered_vjp, ordered_jvp, ordered_vv, n, k);
            lanes(n, k);
        }
    return 0;
}
