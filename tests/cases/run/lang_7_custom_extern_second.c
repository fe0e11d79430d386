// lang_7_custom_extern_second.c - the functions in C of lang_7_custom_extern_second.ad, and its checks.
#include "harness.h"

double h(int n, const struct par *p, const double *x, double *y, struct par *q)
{
    return twin(n, p, x, y, q);
}

double h_jvp(int n, const struct par *p, const double *x, double *y, struct par *q, const struct par *p_dot,
             const double *x_dot, double *y_dot, struct par *q_dot, double *result_dot)
{
    return twin_jvp(n, p, x, y, q, p_dot, x_dot, y_dot, q_dot, result_dot);
}

double h_vjp(int n, const struct par *p, const double *x, double *y, struct par *q, double result_bar,
             struct par *p_bar, double *x_bar, double *y_bar, struct par *q_bar)
{
    return twin_vjp(n, p, x, y, q, result_bar, p_bar, x_bar, y_bar, q_bar);
}

double h_vjp_jvp(int n, const struct par *p, const double *x, double *y, struct par *q, double result_bar,
                 struct par *p_bar, double *x_bar, double *y_bar, struct par *q_bar, const struct par *p_dot,
                 const double *x_dot, double *y_dot, struct par *q_dot, double result_bar_dot, struct par *p_bar_dot,
                 double *x_bar_dot, double *y_bar_dot, struct par *q_bar_dot, double *result_dot)
{
    return twin_vjp_jvp(n, p, x, y, q, result_bar, p_bar, x_bar, y_bar, q_bar, p_dot, x_dot, y_dot, q_dot,
                        result_bar_dot, p_bar_dot, x_bar_dot, y_bar_dot, q_bar_dot, result_dot);
}

double h_vjp_vjp(int n, const struct par *p, const double *x, double *y, struct par *q, double result_bar,
                 struct par *p_bar, double *x_bar, double *y_bar, struct par *q_bar, double result_bar2,
                 struct par *p_bar2, double *x_bar2, double *y_bar2, struct par *q_bar2, double *result_bar_bar,
                 struct par *p_bar_bar, double *x_bar_bar, double *y_bar_bar, struct par *q_bar_bar)
{
    return twin_vjp_vjp(n, p, x, y, q, result_bar, p_bar, x_bar, y_bar, q_bar, result_bar2, p_bar2, x_bar2, y_bar2,
                        q_bar2, result_bar_bar, p_bar_bar, x_bar_bar, y_bar_bar, q_bar_bar);
}

RUN_CASE(lang_7_custom_extern_second)
{
    double x[3];
    for (int n = 1; n <= 3; n += 2)
        for (int k = 0; k <= 3; k++) {
            checking("n = %d, k = %d", n, k);
            rnd_fill(x, n);
            CHECK_SCALAR(f, reference, n, k, x);
        }
}
