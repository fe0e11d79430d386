// custom_roles.c - the checks of custom_roles.ad.
#include "harness.h"

enum { N = 3 };

// All that a function with a parameter in every role takes and gives.
typedef struct Roles {
    double s, x[N], t, z[N], u, w[N], result;
    double s_bar, x_bar[N], t_bar, z_bar[N], u_bar, w_bar[N], result_bar; // bars, or tangents
} Roles;

static Roles roles(void)
{
    Roles r;
    rnd_fill((double *)&r, (int)(sizeof r / sizeof(double)));
    return r;
}

static void same(const Roles *got, const Roles *want, const char *which)
{
    checking("%s", which);
    CHECK_ALL((const double *)got, (const double *)want, (int)(sizeof *got / sizeof(double)), 1e-14);
    checking(NULL);
}

static void direct(void)
{
    Roles a = roles(), b = a;
    a.result = f_vjp(N, a.s, a.x, &a.t, a.z, &a.u, a.w, a.result_bar, &a.s_bar, a.x_bar, &a.t_bar, a.z_bar, a.u_bar, a.w_bar);
    b.result = twin_vjp(N, b.s, b.x, &b.t, b.z, &b.u, b.w, b.result_bar, &b.s_bar, b.x_bar, &b.t_bar, b.z_bar, b.u_bar, b.w_bar);
    same(&a, &b, "vjp");
    a = b = roles();
    a.result = f_jvp(N, a.s, a.x, &a.t, a.z, &a.u, a.w, a.s_bar, a.x_bar, &a.t_bar, a.z_bar, &a.u_bar, a.w_bar, &a.result_bar);
    b.result = twin_jvp(N, b.s, b.x, &b.t, b.z, &b.u, b.w, b.s_bar, b.x_bar, &b.t_bar, b.z_bar, &b.u_bar, b.w_bar, &b.result_bar);
    same(&a, &b, "jvp");
    a = b = roles();
    a.result = f_vjp_x(N, a.s, a.x, &a.t, a.z, &a.u, a.w, a.result_bar, a.x_bar, a.t_bar, a.z_bar, a.u_bar, a.w_bar);
    b.result = twin_vjp_x(N, b.s, b.x, &b.t, b.z, &b.u, b.w, b.result_bar, b.x_bar, b.t_bar, b.z_bar, b.u_bar, b.w_bar);
    same(&a, &b, "vjp by x");
    a = b = roles();
    a.result = f_jvp_x(N, a.s, a.x, &a.t, a.z, &a.u, a.w, a.x_bar, &a.t_bar, a.z_bar, &a.u_bar, a.w_bar, &a.result_bar);
    b.result = twin_jvp_x(N, b.s, b.x, &b.t, b.z, &b.u, b.w, b.x_bar, &b.t_bar, b.z_bar, &b.u_bar, b.w_bar, &b.result_bar);
    same(&a, &b, "jvp by x");
    a = b = roles();
    a.result = f_vjp_tz(N, a.s, a.x, &a.t, a.z, &a.u, a.w, a.result_bar, &a.t_bar, a.z_bar, a.u_bar, a.w_bar);
    b.result = twin_vjp_tz(N, b.s, b.x, &b.t, b.z, &b.u, b.w, b.result_bar, &b.t_bar, b.z_bar, b.u_bar, b.w_bar);
    same(&a, &b, "vjp by t and z");
    a = b = roles();
    a.result = f_jvp_tz(N, a.s, a.x, &a.t, a.z, &a.u, a.w, &a.t_bar, a.z_bar, &a.u_bar, a.w_bar, &a.result_bar);
    b.result = twin_jvp_tz(N, b.s, b.x, &b.t, b.z, &b.u, b.w, &b.t_bar, b.z_bar, &b.u_bar, b.w_bar, &b.result_bar);
    same(&a, &b, "jvp by t and z");
}

static double series_c(int n, int k, const double *x)
{
    double s = 0;
    for (int i = 0; i < k; i++)
        s += pow(0.5 * x[i % n], i % 5) * (1 + i % 3);
    return s;
}

RUN_CASE(custom_roles)
{
    direct();
    FOR_TRIPS (k) {
        double x[N], y[N];
        rnd_fill_in(x, N, -0.8, 0.8);
        rnd_fill_in(y, N, -0.8, 0.8);
        CHECK_MAP(in_loop, NULL, N, k, x, y);
        CHECK_MAP(rows, NULL, N, k, x, y);
        CHECK_MAP(squares, NULL, N, k, x, y);
        CHECK_MAP(squares, NULL, 1, k, x, y);
        CHECK_SCALAR(series, series_c, N, k, x);
        CHECK_SCALAR(gather, NULL, N, k, x);
    }
}
