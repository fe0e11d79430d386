#include "harness.h"

enum { MAX = 24 };

static double x0[MAX], a0;
static int n0;

static void unit(double *x, int n, int k)
{
    for (int i = 0; i < n; i++)
        x[i] = i == k ? 1 : 0;
}

// ---- the map x, a -> y, its Jacobians by x and by a

static void jac_f(const double *x, double *y, void *env)
{
    (void)env;
    field_jac(n0, x, x[n0], y, y + n0 * n0, y + n0 * n0 + n0);
}

static void jac_jvp(const double *x, const double *x_dot, double *y_dot, void *env)
{
    static double x_jac[MAX * MAX], a_jac[MAX], y[MAX];
    int rev = *(int *)env;
    (rev ? field_rev_jvp : field_jac_jvp)(n0, x, x[n0], x_jac, a_jac, x_dot, x_dot[n0], y_dot, y_dot + n0 * n0, y_dot + n0 * n0 + n0, y);
}

static void jac_vjp(const double *x, const double *y_bar, double *x_bar, void *env)
{
    static double x_jac[MAX * MAX], a_jac[MAX], y[MAX];
    int rev = *(int *)env;
    (rev ? field_rev_vjp : field_jac_vjp)(n0, x, x[n0], x_jac, a_jac, y_bar + n0 * n0 + n0, x_bar, x_bar + n0, y_bar, y_bar + n0 * n0, y);
}

static void check_jacobian_derived(void)
{
    for (int rev = 0; rev < 2; rev++) {
        Derivatives d = {n0 + 1, n0 * n0 + 2 * n0, jac_f, jac_jvp, jac_vjp, &rev, 0};
        checking("the derived Jacobian, n = %d, rev = %d", n0, rev);
        CHECK_DERIVATIVES(&d, x0);
    }
}

// ---- the penalty

static void penalty_f(const double *x, double *y, void *env)
{
    (void)env;
    *y = penalty(n0, x, x[n0]);
}

static void penalty_dot(const double *x, const double *x_dot, double *y_dot, void *env)
{
    (void)env;
    penalty_jvp(n0, x, x[n0], x_dot, x_dot[n0], y_dot);
}

static void penalty_bar(const double *x, const double *y_bar, double *x_bar, void *env)
{
    static double g[MAX];
    double by_a;
    (void)env;
    penalty_grad(n0, x, x[n0], g, &by_a);
    for (int i = 0; i < n0; i++)
        x_bar[i] += *y_bar * g[i];
    x_bar[n0] += *y_bar * by_a;
}

static void penalty_g(const double *x, double *y, void *env)
{
    double by_a;
    (void)env;
    penalty_grad(n0, x, a0, y, &by_a);
}

static void penalty_g_dot(const double *x, const double *x_dot, double *y_dot, void *env)
{
    static double g[MAX];
    double by_a, by_a_dot, result_dot;
    (void)env;
    penalty_hvp(n0, x, a0, g, &by_a, x_dot, y_dot, &by_a_dot, &result_dot);
}

static void check_penalty(void)
{
    Derivatives d = {n0 + 1, 1, penalty_f, penalty_dot, penalty_bar, NULL, 0};
    checking("penalty, n = %d", n0);
    CHECK_DERIVATIVES(&d, x0);
    Derivatives second_order = {n0, n0, penalty_g, penalty_g_dot, NULL, NULL, 0};
    CHECK_DERIVATIVES(&second_order, x0);
}

// ---- Hessians

static void hess_f(const double *x, double *y, void *env)
{
    (void)env;
    y[n0 * n0 + n0] = energy_hess(n0, x, a0, y + n0 * n0, y);
}

static void hess_jvp(const double *x, const double *x_dot, double *y_dot, void *env)
{
    static double g[MAX], h[MAX * MAX];
    (void)env;
    energy_hess_jvp(n0, x, a0, g, h, x_dot, y_dot + n0 * n0, y_dot, y_dot + n0 * n0 + n0);
}

static void hess_vjp(const double *x, const double *y_bar, double *x_bar, void *env)
{
    static double g[MAX], h[MAX * MAX];
    (void)env;
    energy_hess_vjp(n0, x, a0, g, h, y_bar[n0 * n0 + n0], x_bar, y_bar + n0 * n0, y_bar);
}

static void check_hessian(void)
{
    int n = n0;
    static double g[MAX], g2[MAX], h[MAX * MAX], h2[MAX * MAX], want[MAX * MAX], dot[MAX], hv[MAX], dots[5 * MAX], hvs[5 * MAX], result_dots[5];
    double result_dot;
    checking("Hessian, n = %d", n);
    double value = energy_grad(n, x0, a0, g);
    for (int k = 0; k < n; k++) {
        unit(dot, n, k);
        energy_hvp(n, x0, a0, g2, dot, hv, &result_dot);
        for (int i = 0; i < n; i++)
            want[i * n + k] = hv[i];
    }
    for (int twice = 0; twice < 2; twice++) {
        rnd_fill(h, n * n);
        rnd_fill(g2, n);
        CHECK_CLOSE(energy_hess(n, x0, a0, g2, h), value, 1e-15);
        CHECK_ALL(g2, g, n, 1e-15);
        CHECK_ALL(h, want, n * n, 1e-13);
    }
    for (int i = 0; i < n; i++)
        for (int k = 0; k < i; k++)
            CHECK(h[i * n + k] == h[k * n + i]);
    rnd_fill(h2, n * n);
    slope_jac(n, x0, a0, g2, h2);
    CHECK_ALL(g2, g, n, 1e-15);
    CHECK_ALL(h2, want, n * n, 1e-13);
    rnd_fill(dots, 5 * n);
    CHECK_CLOSE(energy_hvps(n, x0, a0, g2, dots, hvs, result_dots), value, 1e-15);
    for (int c = 0; c < 5; c++) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
            double s = 0;
            for (int k = 0; k < n; k++)
                s += want[i * n + k] * dots[k * 5 + c];
            CHECK_CLOSE(hvs[i * 5 + c], s, 1e-12);
            sum += g[i] * dots[i * 5 + c];
        }
        CHECK_CLOSE(result_dots[c], sum, 1e-12);
    }
    Derivatives d = {n, n * n + n + 1, hess_f, hess_jvp, hess_vjp, NULL, 0};
    if (n > 0)
        CHECK_DERIVATIVES(&d, x0);
    double by_c, c_hess, h0 = 1e-5, up, down, none;
    energy_hess_c(n, x0, a0 + h0, &up, &none);
    energy_hess_c(n, x0, a0 - h0, &down, &none);
    CHECK_CLOSE(energy_hess_c(n, x0, a0, &by_c, &c_hess), value, 1e-15);
    CHECK_CLOSE(c_hess, (up - down) / (2 * h0), 1e-6);
}

static void check_second(void)
{
    int n = n0;
    static double all[MAX * MAX * MAX], J[MAX * MAX], J2[MAX * MAX], J_dot[MAX * MAX], dot[MAX], want[MAX * MAX * MAX];
    checking("Jacobian of a Jacobian, n = %d", n);
    map_jac(n, x0, J);
    for (int k = 0; k < n; k++) {
        unit(dot, n, k);
        map_jac_jvp(n, x0, J2, dot, J_dot);
        for (int i = 0; i < n * n; i++)
            want[i * n + k] = J_dot[i];
    }
    second(n, x0, J2, all);
    CHECK_ALL(J2, J, n * n, 0);
    CHECK_ALL(all, want, n * n * n, 1e-13);
    rnd_fill(all, n * n * n);
    second_rev(n, x0, J2, all);
    CHECK_ALL(J2, J, n * n, 0);
    CHECK_ALL(all, want, n * n * n, 1e-13);
}

static void newton_f(const double *x, double *y, void *env)
{
    (void)env;
    newton(n0, x, x[n0], y);
}

static void newton_dot(const double *x, const double *x_dot, double *y_dot, void *env)
{
    static double y[MAX];
    (void)env;
    newton_jvp(n0, x, x[n0], x_dot, x_dot[n0], y_dot, y);
}

static void newton_bar(const double *x, const double *y_bar, double *x_bar, void *env)
{
    static double y[MAX];
    (void)env;
    newton_vjp(n0, x, x[n0], y_bar, x_bar, x_bar + n0, y);
}

static void check_newton(void)
{
    static double jac[MAX * MAX], y[MAX], want[MAX], dot[MAX];
    Derivatives d = {n0 + 1, n0, newton_f, newton_dot, newton_bar, NULL, 1e-6};
    checking("Newton, n = %d", n0);
    if (n0 > 0)
        CHECK_DERIVATIVES(&d, x0);
    newton_jac(n0, x0, a0, jac, y);
    for (int k = 0; k < n0; k++) {
        unit(dot, n0, k);
        newton_jvp(n0, x0, a0, dot, 0, want, y);
        for (int i = 0; i < n0; i++)
            CHECK_CLOSE(jac[i * n0 + k], want[i], 1e-11);
    }
}

RUN_CASE(jacobian_nested)
{
    static const int sizes[] = {0, 1, 2, 5, 8, 9};
    for (int i = 0; i < 6; i++) {
        n0 = sizes[i];
        rnd_fill_in(x0, n0, 0.2, 0.9);
        x0[n0] = a0 = 0.3;
        check_jacobian_derived();
        check_penalty();
        check_hessian();
        check_second();
        check_newton();
    }
}
