// lang_4_roles.c - the checks of lang_4_roles.ad.
#include "harness.h"

RUN_CASE(lang_4_roles)
{
    double b = 9, c = 3, ab = 1, cb = 0.5, bd = 9, cd = 0.25;
    int j = 9, k = 5;
    bool q = true;
    scalars(2, &b, &c, 4, &j, &k, false, &q);
    CHECK(b == 2 && c == 64 && j == 9 && k == 10 && q);
    // c' = (c a + a)^2
    c = 3, k = 5;
    scalars_vjp(2, &b, &c, 4, &j, &k, true, &q, &ab, 10, &cb);
    CHECK(b == 2 && c == 8 && j == 9 && k == 10 && !q);
    CHECK(ab == 1 + 10 + 0.5 * 4 && cb == 1);
    c = 3, k = 5, cb = 0.5, ab = 1;
    scalars_vjp(2, &b, &c, 4, &j, &k, false, &q, &ab, 10, &cb);
    CHECK(ab == 1 + 10 + 0.5 * 2 * 8 * 4 && cb == 0.5 * 2 * 8 * 2 && c == 64);
    c = 3, k = 5;
    scalars_jvp(2, &b, &c, 4, &j, &k, false, &q, 0.5, &bd, &cd);
    CHECK(bd == 0.5 && cd == 2 * 8 * (4 * 0.5 + 2 * 0.25) && c == 64);
    c = 3, k = 5, ab = 0;
    scalars_vjp_a(2, &b, &c, 4, &j, &k, false, &q, &ab, 10, 0.5);
    CHECK(ab == 10 + 32);
    c = 3, k = 5;
    scalars_jvp_a(2, &b, &c, 4, &j, &k, false, &q, 0.5, &bd, &cd);
    CHECK(bd == 0.5 && cd == 32);

    double x[2] = {2, 3}, A[6] = {1, 2, 3, 4, 5, 6}, y[3] = {9, 9, 9}, z[2] = {0.5, -1}, r[4] = {9, 9, 9, 9};
    int w[2] = {2, 0}, v[2];
    arrays(2, 3, x, A, y, z, w, v, r);
    CHECK(y[0] == 12 && y[1] == 0 && y[2] == 6 && z[0] == 1 && z[1] == -3 && v[0] == 3 && v[1] == 1);
    CHECK(r[0] == 0 && r[1] == 2 && r[2] == 0 && r[3] == -9);
    double x_bar[2] = {1, 1}, A_bar[6] = {1, 1, 1, 1, 1, 1}, y_bar[3] = {0.5, 7, 2}, z_bar[2] = {3, 4},
           r_bar[4] = {7, 5, 7, 6};
    z[0] = 0.5, z[1] = -1;
    arrays_vjp(2, 3, x, A, y, z, w, v, r_bar, x_bar, A_bar, y_bar, z_bar, r);
    CHECK(y[0] == 12 && z[1] == -3 && r[3] == -9 && v[1] == 1 && y_bar[1] == 7);
    // z' = z x, r = z x^2
    CHECK(x_bar[0] == 1 + 2 * 3 + 0.5 * 3 + 0.5 * 4 * 5 && x_bar[1] == 1 + 0.5 * 4 - 1 * 4 - 1 * 6 * 6);
    CHECK(A_bar[2] == 1 + 2 * 2 && A_bar[3] == 1 + 0.5 * 3 && A_bar[0] == 1 && A_bar[4] == 1);
    CHECK(z_bar[0] == 3 * 2 + 5 * 4 && z_bar[1] == 4 * 3 + 6 * 9);
    double xd[2] = {1, 10}, Ad[6] = {0.5, 0, 1, 2, 0, 0}, yd[3] = {9, 9, 9}, zd[2] = {1, 2}, rd[4] = {9, 9, 9, 9};
    z[0] = 0.5, z[1] = -1;
    arrays_jvp(2, 3, x, A, y, z, w, v, xd, Ad, yd, zd, rd, r);
    CHECK(yd[0] == 10 * 4 + 3 * 2 && yd[1] == 0 && yd[2] == 1 * 3 + 2 * 1 && zd[0] == 2 + 0.5 && zd[1] == 6 - 10);
    CHECK(rd[0] == 0 && rd[1] == zd[0] * 2 + 1 * 1 && rd[3] == zd[1] * 3 - 3 * 10);
    CHECK_INT(whole(3, (int[3]){1, 2, 4}), 7);
}
