// hazard_30_higher_orders.c - the checks of hazard_30_higher_orders.ad.
#include "harness.h"

enum { N = 3 };

static void gradient(const double *x, double *y, void *env)
{
    (void)env;
    f_grad(N, x, y);
}

RUN_CASE(hazard_30_higher_orders)
{
    double x[N] = {0.6, -0.8, 0.45}, v[N] = {1.2, -0.7, 0.9}, g[N], h[N], h1[N], h2[N], t1[N], t2[N], t3[N], a, b, c;
    double g2[N], gd[N], gd2[N];
    f_grad(N, x, g);
    f_gj(N, x, g2, v, h, &a);
    CHECK_ALL(g2, g, N, 1e-14);
    differences(gradient, NULL, N, N, x, v, h1);
    CHECK_ALL(h, h1, N, 1e-7);
    CHECK_CLOSE(f_jg(N, x, v, h1), vec_dot(g, v, N), 1e-13);
    CHECK_ALL(h1, h, N, 1e-13);
    CHECK_CLOSE(f_gg(N, x, v, h2), vec_dot(g, v, N), 1e-13);
    CHECK_ALL(h2, h, N, 1e-13);
    f_jj(N, x, v, &a, v, &b, &c);
    CHECK_CLOSE(a, vec_dot(g, v, N), 1e-13);
    CHECK_CLOSE(b, vec_dot(h, v, N), 1e-13);
    CHECK_CLOSE(c, a, 1e-13);
    // Third order along v in three nestings against differences of the second.
    f_vjj(N, x, v, t1);
    f_ggg(N, x, v, t2);
    CHECK_ALL(t1, t2, N, 1e-12);
    double up[N], down[N], e = 1e-4;
    for (int i = 0; i < N; i++) {
        double p[N], q[N];
        for (int j = 0; j < N; j++) {
            p[j] = x[j] + e * v[j];
            q[j] = x[j] - e * v[j];
        }
        f_gj(N, p, g2, v, up, &a);
        f_gj(N, q, g2, v, down, &a);
        t3[i] = (up[i] - down[i]) / (2 * e);
    }
    CHECK_ALL(t1, t3, N, 1e-5);
    // jvp(jvp(jvp)): every tangent is v; the last is the third derivative along v
    double r[7];
    f_jjj(N, x, v, &r[0], v, &r[1], &r[2], v, &r[3], &r[4], &r[5], &r[6]);
    double best = vec_dot(t1, v, N);
    int found = 0;
    for (int i = 0; i < 7; i++)
        found += fabs(r[i] - best) < 1e-11 * fmax(1, fabs(best));
    CHECK_INT(found, 1);
    f_gjj(N, x, g2, v, gd, &a, v, gd2, h2, &b, &c);
    CHECK_ALL(gd, h, N, 1e-13);
    CHECK_ALL(h2, t1, N, 1e-12);
}
