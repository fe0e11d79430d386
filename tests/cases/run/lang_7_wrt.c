// lang_7_wrt.c - the checks of lang_7_wrt.ad.
#include "harness.h"

RUN_CASE(lang_7_wrt)
{
    for (int n = 0; n < 4; n++)
        for (int flag = 0; flag < 2; flag++) {
            double x[3], y[2], a = rnd(), b = rnd(), none[3] = {1, 2, 3}, zero[3] = {0}, ab, bb, ub = 9, xb[3], yb[2],
                               nb[3], v[3], u = 9, w;
            rnd_fill(x, 3);
            rnd_fill(y, 2);
            vec_fill(nb, 3, 9);
            checking("n = %d", n);
            double value = f_grad(a, n, x, 5, b, y, flag, none, &ab, xb, &ub, &bb, yb, nb);
            CHECK_CLOSE(value, f(a, n, x, 5, b, y, flag, none), 1e-14);
            CHECK(ub == 0);
            CHECK_ALL(nb, zero, n, 0);
            f_a(a, n, x, 5, b, y, flag, none, &u);
            CHECK_CLOSE(u, ab, 1e-14);
            f_b(a, n, x, 5, b, y, flag, none, &u);
            CHECK_CLOSE(u, bb, 1e-14);
            vec_fill(v, 3, 9);
            f_x(a, n, x, 5, b, y, flag, none, v);
            CHECK_ALL(v, xb, n, 1e-14);
            CHECK(n == 3 || v[n] == 9);
            f_y(a, n, x, 5, b, y, flag, none, v);
            CHECK_ALL(v, yb, 2, 1e-14);
            vec_fill(v, 3, 9);
            f_none(a, n, x, 5, b, y, flag, none, v);
            CHECK_ALL(v, zero, n, 0);
            double v2[3];
            f_yxa(a, n, x, 5, b, y, flag, none, &u, v, v2);
            CHECK_CLOSE(u, ab, 1e-14);
            CHECK_ALL(v, xb, n, 1e-14);
            CHECK_ALL(v2, yb, 2, 1e-14);
            vec_fill(v, 3, 1);
            u = 1;
            f_vjp(a, n, x, 5, b, y, flag, none, 0.5, v, &u);
            CHECK_CLOSE(u, 1 + 0.5 * bb, 1e-14);
            for (int i = 0; i < n; i++)
                CHECK_CLOSE(v[i], 1 + 0.5 * xb[i], 1e-14);
            f_jvp(a, n, x, 5, b, y, flag, none, x, 0.25, &w);
            CHECK_CLOSE(w, vec_dot(xb, x, n) + 0.25 * bb, 1e-13);
        }
    checking(NULL);
    // a' = 7, v[1]' = 35, y = 42
    double a = 2, v[2] = {1, 5}, y, ab = 0.5, vb[2] = {2, 4}, xb = 1;
    g_vjp(&a, v, 3, &y, &ab, vb, &xb, 10);
    CHECK(a == 7 && v[1] == 35 && y == 42);
    double da = 0.5 + 10 + (4 + 10) * 5; // adjoint of a'
    CHECK(ab == da * 3 && vb[0] == 2 + da && vb[1] == 14 * 7 && xb == 1 + da * 2);
    double seed[2] = {2, 4};
    a = 2, v[1] = 5, xb = 1;
    g_vjp_x(&a, v, 3, &y, 0.5, seed, &xb, 10);
    CHECK(xb == 1 + da * 2 && seed[0] == 2 && seed[1] == 4 && v[1] == 35);
    a = 2, v[1] = 5;
    g_vjp_v(&a, v, 3, &y, 0.5, seed, 10);
    CHECK(seed[0] == 2 + da && seed[1] == 14 * 7);
    double ad = 0.25, vd[2] = {9, 9}, yd = 9;
    a = 2, v[1] = 5;
    g_jvp_a(&a, v, 3, &y, &ad, vd, &yd);
    CHECK(ad == 0.75 && vd[0] == 0 && vd[1] == 3.75 && yd == 4.5 && y == 42);
    a = 2, v[1] = 5, ad = 0.25, vd[0] = 1, vd[1] = 2;
    g_jvp(&a, v, 3, &y, &ad, vd, 10, &yd);
    CHECK(ad == 0.75 + 20 + 1 && vd[0] == 1 && vd[1] == 2 * 7 + 5 * ad && yd == vd[1] + ad);
}
