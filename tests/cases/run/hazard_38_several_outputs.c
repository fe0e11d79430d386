// hazard_38_several_outputs.c - the checks of hazard_38_several_outputs.ad.
#include "harness.h"

static void wave_c(int n, int k, const double *x, double *y, double *energy, double *phase)
{
    *energy = 0;
    for (int i = 0; i < n; i++)
        y[i] = x[i];
    for (int t = 0; t < k; t++) {
        y[t % n] = sin(y[t % n] + *phase) * x[(t + 1) % n];
        *energy += y[t % n] * y[t % n];
        *phase = *phase * 0.9 + 0.1 * y[0];
    }
}

static void all_c(int n, int k, const double *x, double *y)
{
    double e, phase = y[1];
    wave_c(n, k, x, y, &e, &phase);
    y[0] += e;
}

static void energy_only_c(int n, int k, const double *x, double *y)
{
    double e, phase = y[0], w[8];
    wave_c(n, k, x, w, &e, &phase);
    y[n - 1] *= e;
}

RUN_CASE(hazard_38_several_outputs)
{
    double x[3] = {0.5, -2, 3}, y[3] = {0.4, 0.7, -0.3}, r[3], s = 9, b = 2;
    FOR_TRIPS (k) {
        double z[3];
        rnd_fill_in(z, 3, -1, 1);
        CHECK_MAP(all, all_c, 3, k, z, y);
        CHECK_MAP(energy_only, energy_only_c, 3, k, z, y);
    }
    int count = 9;
    // s = a |x|^2, b' = -3 b, r = a b' x
    double want[3] = {-9, 36, -54}, rb[3] = {0.5, 0.25, -1}, xb[3] = {1, 1, 1}, ab = 1, bb = 0.1;
    outputs(3, x, 3, &s, &b, &count, r);
    CHECK(s == 39.75 && b == -6 && count == 3);
    CHECK_ALL(r, want, 3, 1e-15);
    b = 2;
    outputs_vjp(3, x, 3, &s, &b, &count, rb, xb, &ab, 0.5, &bb, r);
    CHECK(s == 39.75 && b == -6 && count == 3);
    CHECK_ALL(r, want, 3, 1e-15);
    double rx = vec_dot(rb, x, 3), db = 0.1 + 3 * rx; // adjoint of b'
    CHECK_CLOSE(ab, 1 + 0.5 * 13.25 - 6 * rx, 1e-14);
    CHECK_CLOSE(bb, -3 * db, 1e-14);
    for (int i = 0; i < 3; i++)
        CHECK_CLOSE(xb[i], 1 + 0.5 * 6 * x[i] - 18 * rb[i] + db * -6 / x[i], 1e-13);
    double alone = 1;
    b = 2;
    outputs_vjp_a(3, x, 3, &s, &b, &count, rb, &alone, 0.5, 0.1, r); // b is not in wrt: only its seed
    CHECK_CLOSE(alone, ab, 1e-15);
    double dir[3] = {1, -1, 0.5}, r_dot[3], s_dot, b_dot = 0.25;
    b = 2;
    outputs_jvp(3, x, 3, &s, &b, &count, dir, 0.75, &s_dot, &b_dot, r_dot, r);
    CHECK_CLOSE(0.5 * s_dot + 0.1 * b_dot + vec_dot(rb, r_dot, 3),
                vec_dot(xb, dir, 3) - vec_dot((double[3]){1, 1, 1}, dir, 3) + 0.75 * (ab - 1) + 0.25 * bb, 1e-13);
    b = 2;
    outputs_jvp_x(3, x, 3, &s, &b, &count, dir, &s_dot, &b_dot, r_dot, r);
    CHECK_CLOSE(s_dot, 6 * vec_dot(x, dir, 3), 1e-14);
    CHECK_CLOSE(b_dot, -6 * (dir[0] / x[0] + dir[1] / x[1] + dir[2] / x[2]), 1e-14);
}
