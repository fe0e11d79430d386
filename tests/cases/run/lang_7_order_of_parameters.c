// lang_7_order_of_parameters.c - the checks of lang_7_order_of_parameters.ad.
#include "harness.h"

double cost(int n, const double *c);
double cost_grad(int n, const double *c, double *c_bar);
double cost_hvp(int n, const double *c, double *c_bar, const double *c_dot, double *c_bar_dot, double *result_dot);
void ode(int n, int s, const double *x, double *y);
void ode_vjp(int n, int s, const double *x, double *y, double *x_bar, const double *y_bar);
void ode_jvp(int n, int s, const double *x, double *y, const double *x_dot, double *y_dot);
void map(int n, const double *x, double *result);
void map_vjp(int n, const double *x, const double *result_bar, double *x_bar, double *result);
void map_jvp(int n, const double *x, const double *x_dot, double *result_dot, double *result);
double mixed(double *a, double *b, double c, double *d, int k);
double mixed_vjp(double *a, double *b, double c, double *d, int k, double result_bar, double *a_bar, double b_bar,
                 double *c_bar, const double *d_bar);
double mixed_vjp_c(double *a, double *b, double c, double *d, int k, double result_bar, double a_bar, double b_bar,
                   double *c_bar, const double *d_bar);
double mixed_jvp(double *a, double *b, double c, double *d, int k, double *a_dot, double *b_dot, double c_dot,
                 double *d_dot, double *result_dot);
double mixed_jvp_c(double *a, double *b, double c, double *d, int k, double *a_dot, double *b_dot, double c_dot,
                   double *d_dot, double *result_dot);

RUN_CASE(lang_7_order_of_parameters)
{
    double a = 2, b, d[2], ab = 1, cb = 1, d_bar[2] = {0.5, 7};
    CHECK(mixed_vjp(&a, &b, 3, d, 4, 2, &ab, 10, &cb, d_bar) == 9);
    // b = a c; d0 = 4 b; a' = c; result = c + b
    CHECK(a == 3 && b == 6 && d[0] == 24 && d[1] == 0);
    CHECK(ab == (2 + 10 + 0.5 * 4) * 3 && cb == 1 + 14 * 2 + 1 + 2);
    double c[2] = {1, 2}, g[2], dir[2] = {3, 4}, gd[2], dot;
    CHECK(cost_hvp(2, c, g, dir, gd, &dot) == 5 && g[1] == 4 && gd[0] == 6 && gd[1] == 8 && dot == 22);
}
