// lang_7_names.c - the checks of lang_7_names.ad: prototypes, in the order and with the names of the contract.
#include "harness.h"

double taken_grad(int n, const double *x, double x_bar, double x_dot, double result_bar, double result_dot, double x_bar2,
                  double *x_bar3, double *x_bar_bar);
double taken_jvp(int n, const double *x, double x_bar, double x_dot, double result_bar, double result_dot, double x_bar2,
                 const double *x_dot2, double *result_dot2);
double taken_vjp(int n, const double *x, double x_bar, double x_dot, double result_bar, double result_dot, double x_bar2,
                 double result_bar2, double *x_bar3, double *x_bar2_bar);
void roles_vjp(double a, double *a_bar, double *a_dot, double b, double *a_bar2, double a_bar_bar, double *a_dot_bar, double *b_bar);
void roles_jvp(double a, double *a_bar, double *a_dot, double b, double a_dot2, double *a_bar_dot, double *a_dot_dot, double b_dot);

RUN_CASE(lang_7_names)
{
    double x[2] = {1, 2}, g[2] = {9, 9}, h = 9, k = 9, seed[2] = {5, 7}, y[2];
    CHECK(taken_grad(2, x, 3, 4, 5, 6, 7, g, &h) == 18 + 20 + 42 && g[0] == 6 && g[1] == 6 && h == 6);
    CHECK(taken_jvp(2, x, 3, 4, 5, 6, 7, x, &h) == 80 && h == 18);
    CHECK(taken_vjp(2, x, 3, 4, 5, 6, 7, 10, g, &k) == 80 && g[0] == 66 && k == 69);
    double a_bar = 1, a_dot = 3, a_bar2 = 100, a_dot_bar = 2, b_bar = 200;
    roles_vjp(5, &a_bar, &a_dot, 7, &a_bar2, 10, &a_dot_bar, &b_bar);
    CHECK(a_bar == 35 && a_dot == 22 && a_bar2 == 100 + 70 + 6 && a_dot_bar == 10 && b_bar == 200 + 50 + 2);
    double a_bar_dot = 9, a_dot_dot = 4;
    a_dot = 3;
    roles_jvp(5, &a_bar, &a_dot, 7, 1, &a_bar_dot, &a_dot_dot, 2);
    CHECK(a_bar_dot == 7 + 10 && a_dot_dot == 4 * 5 + 3 + 2);
    vec_fill(g, 2, 1);
    result_vjp(2, x, seed, g, y);
    CHECK(g[0] == 11 && g[1] == 29 && y[1] == 4);
}
