#include "harness.h"

enum { MAX = 24 };

// A function of m and x[m][n] (chain: of x[n]), its Hessian, and what has to agree with it.
typedef struct Function {
    double (*f)(int m, int n, const double *x);
    double (*hvp)(int m, int n, const double *x, double *x_bar, const double *x_dot, double *x_bar_dot, double *result_dot);
    double (*hess)(int m, int n, const double *x, double *x_bar, double *x_hess);
    double (*jvp)(int m, int n, const double *x, double *x_bar, double *x_hess, const double *x_dot, double *x_bar_dot, double *x_hess_dot,
                  double *result_dot);
    double (*vjp)(int m, int n, const double *x, double *x_bar, double *x_hess, double result_bar, double *x_bar2, const double *x_bar_bar,
                  const double *x_hess_bar);
} Function;

static const Function functions[] = {
    {points, points_hvp, points_hess, points_hess_jvp, points_hess_vjp},
    {chain, chain_hvp, chain_hess, chain_hess_jvp, chain_hess_vjp},
    {rows, rows_hvp, rows_hess, rows_hess_jvp, rows_hess_vjp},
    {mixed, mixed_hvp, mixed_hess, mixed_hess_jvp, mixed_hess_vjp},
};

typedef struct Shape {
    const Function *of;
    int m, n, size;
} Shape;

// x -> the Hessian, the gradient, the value

static void map_f(const double *x, double *y, void *env)
{
    const Shape *s = env;
    int n = s->size;
    y[n * n + n] = s->of->hess(s->m, s->n, x, y + n * n, y);
}

static void map_jvp(const double *x, const double *x_dot, double *y_dot, void *env)
{
    static double g[MAX], h[MAX * MAX];
    const Shape *s = env;
    int n = s->size;
    s->of->jvp(s->m, s->n, x, g, h, x_dot, y_dot + n * n, y_dot, y_dot + n * n + n);
}

static void map_vjp(const double *x, const double *y_bar, double *x_bar, void *env)
{
    static double g[MAX], h[MAX * MAX];
    const Shape *s = env;
    int n = s->size;
    s->of->vjp(s->m, s->n, x, g, h, y_bar[n * n + n], x_bar, y_bar + n * n, y_bar);
}

// Each column is the gradient's tangent along it, and what the arrays held before does not matter.
static void check_columns(const Shape *s, const double *x)
{
    static double g[MAX], h[MAX * MAX], g2[MAX], unit[MAX], column[MAX];
    double dot;
    int n = s->size;
    for (int again = 0; again < 2; again++) {
        for (int i = 0; i < n * n; i++)
            h[i] = 99.0 - i;
        CHECK_CLOSE(s->of->hess(s->m, s->n, x, g, h), s->of->f(s->m, s->n, x), 1e-14);
    }
    for (int k = 0; k < n; k++) {
        for (int i = 0; i < n; i++)
            unit[i] = i == k;
        s->of->hvp(s->m, s->n, x, g2, unit, column, &dot);
        CHECK_ALL(g, g2, n, 1e-14);
        CHECK_CLOSE(dot, g[k], 1e-13);
        for (int i = 0; i < n; i++)
            CHECK_CLOSE(1 + h[i * n + k], 1 + column[i], 1e-13);
    }
}

RUN_CASE(jacobian_rows)
{
    static const int shapes[][2] = {{0, 0}, {0, 3}, {3, 0}, {1, 1}, {3, 3}, {4, 2}, {2, 9}, {8, 3}, {17, 1}};
    double x[MAX];
    for (int k = 0; k < 9; k++)
        for (int i = 0; i < 4; i++) {
            int m = shapes[k][0], n = shapes[k][1], size = m * n;
            Shape s = {&functions[i], m, i == 1 ? size : n, size};
            rnd_fill_in(x, size, 0.2, 0.9);
            check_columns(&s, x);
            Derivatives d = {size, size * size + size + 1, map_f, map_jvp, map_vjp, &s, 0};
            if (size > 0 && size < 19)
                CHECK_DERIVATIVES(&d, x);
        }
}
