// lang_4_extern.c - the checks of lang_4_extern.ad.
#include "harness.h"

// What a user would have in another file.
double spring(double x, double k)
{
    return 0.5 * k * x * x;
}

void mix(int n, const double *x, double *y)
{
    for (int i = 0; i < n; i++)
        y[n - 1 - i] = x[i] * x[i];
}

double constant(int i)
{
    return 1.0 / (1 + i);
}

void spin(int n, const double *x, double *y)
{
    for (int i = 0; i < n; i++) {
        y[i] = x[i] * x[n - 1 - i];
        y[n + i] = 3 * x[i];
    }
}

void spin_rule(int n, const double *x, double *y, double *x_bar, const double *y_bar)
{
    spin(n, x, y);
    for (int i = 0; i < n; i++) {
        x_bar[i] += y_bar[i] * x[n - 1 - i] + 3 * y_bar[n + i];
        x_bar[n - 1 - i] += y_bar[i] * x[i];
    }
}

void spin_tangent(int n, const double *x, double *y, const double *x_dot, double *y_dot)
{
    spin(n, x, y);
    for (int i = 0; i < n; i++) {
        y_dot[i] = x_dot[i] * x[n - 1 - i] + x[i] * x_dot[n - 1 - i];
        y_dot[n + i] = 3 * x_dot[i];
    }
}

static void spin_map(const double *x, double *y, void *env)
{
    (void)env;
    spin(3, x, y);
}

static void spin_j(const double *x, const double *x_dot, double *y_dot, void *env)
{
    double y[6], want[6];
    (void)env;
    spin_jvp(3, x, y, x_dot, y_dot);
    spin(3, x, want);
    CHECK_ALL(y, want, 6, 0);
}

static void spin_v(const double *x, const double *y_bar, double *x_bar, void *env)
{
    double y[6], again[3];
    (void)env;
    memcpy(again, x_bar, sizeof again);
    spin_vjp(3, x, y, x_bar, y_bar);
    adrt_tape *tape = adrt_tape_new();
    spin_tape_forward(3, x, y, tape);
    spin_tape_reverse(tape, again, y_bar);
    CHECK_ALL(again, x_bar, 3, 0);
    adrt_tape_free(tape);
}

static double energy_c(int n, int k, const double *x)
{
    double y[8] = {0}, z[8], s = 0;
    for (int t = 0; t < k; t++) {
        for (int i = 0; i < n; i++)
            z[n - 1 - i] = (y[i] + x[i]) * (y[i] + x[i]);
        s += 0.5 * x[0] * z[t % n] * z[t % n] / (1 + t);
        for (int i = 0; i < n; i++)
            y[i] = 0.3 * z[i];
    }
    return s + 0.5 * x[0] * x[0] * x[0];
}

RUN_CASE(lang_4_extern)
{
    double x[3] = {0.5, 0.3, -0.4};
    FOR_TRIPS (k)
        CHECK_SCALAR(energy, energy_c, 3, k < 8 ? k : 8, x);
    CHECK_DERIVATIVES((&(Derivatives){3, 6, spin_map, spin_j, spin_v, NULL, 0}), x);
}
