// array_effects.c - the checks of array_effects.ad.
#include "harness.h"

enum { N = 4 };

static double touch_c(double *v)
{
    return *v = *v * *v + 0.1;
}

static double stir_c(int n, double *a)
{
    a[0] = a[0] * 2 + a[n - 1];
    a[n - 1] *= 0.5;
    return a[1 % n];
}

static void scalars_c(int n, int k, const double *x, double *y)
{
    double s = x[0], a[N], before = s, t = touch_c(&s);
    (void)k;
    for (int i = 0; i < n; i++)
        a[i] = (y[i] > 0 ? before * 2 : y[i]) + t;
    before = s;
    t = touch_c(&s);
    for (int i = 0; i < n; i++)
        a[i] += (y[i] > 0 ? before : y[i] * before) * t;
    before = s;
    t = touch_c(&s);
    for (int i = 0; i < n; i++)
        a[i] = before * a[i] + t - s * y[i];
    before = s;
    t = touch_c(&s);
    for (int i = 0; i < n; i++)
        a[i] += (i < n - 1 ? before : before * t) * s;
    t = touch_c(&s);
    before = s;
    touch_c(&s);
    for (int i = 0; i < n; i++)
        y[i] = 0.1 * (y[i] > 0 ? t : before) + 0.2 * a[i] * (s > 0.5 ? a[i] : x[i]);
}

static void arrays_c(int n, int k, const double *x, double *y)
{
    double t, z[N], old[N], u[N], v[N], sx = 0, dot = 0;
    t = y[0];
    double r = stir_c(n, y);
    for (int i = 0; i < n; i++)
        y[i] = t + r * y[i];
    memcpy(old, y, sizeof old);
    r = stir_c(n, y);
    for (int i = 0; i < n; i++)
        y[i] = (old[i] > 0 ? old[0] * 2 : old[i]) + r;
    memcpy(old, y, sizeof old);
    r = stir_c(n, y);
    for (int i = 0; i < n; i++) {
        z[i] = (k % 2 == 0 ? old[i] : x[i] * x[i]) + r + y[i];
        z[i] = z[i] * (0.5 * z[i] + 1) + 0.5 * z[i];
        z[i] = 0.5 * z[i] + 1;
        sx += x[i];
    }
    memcpy(old, y, sizeof old);
    r = stir_c(n, y);
    memcpy(u, y, sizeof u);
    double r2 = stir_c(n, y);
    memcpy(v, y, sizeof v);
    double r3 = stir_c(n, y);
    for (int i = 0; i < n; i++)
        y[i] = old[(i + 1) % n] * r + z[i] * u[1] * r2 + sx * v[i] * r3;
    for (int i = 0; i < n; i++)
        dot += y[i] * y[i];
    r = stir_c(n, y);
    memcpy(old, y, sizeof old);
    r2 = stir_c(n, y);
    for (int i = 0; i < n; i++)
        y[i] = 0.1 * (x[i] * dot * r) + 0.1 * (old[i] + r2) + y[i] * 0.01;
}

static void subscripts_c(int n, int k, const double *x, double *y)
{
    double A[4][N] = {{0}};
    (void)k;
    for (int i = 0; i < n; i++) {
        A[1][i] = x[i];
        A[2][i] = A[1][i] + 3 * y[i];
        A[0][i] = i > 0 ? y[i] * 4 : 0;
    }
    A[3][1] = A[0][1];
    for (int i = 0; i < n; i++)
        y[i] += A[0][i] + A[1][i] * A[2][i] + A[3][i] + 5;
    y[2] *= x[1];
    y[3] *= x[2];
}

RUN_CASE(array_effects)
{
    double x[N] = {0.53, -0.32, 0.71, 0.44}, y[N] = {0.62, 0.91, -0.83, 0.35};
    for (int k = 0; k < 2; k++) {
        CHECK_MAP(scalars, scalars_c, N, k, x, y);
        CHECK_MAP(arrays, arrays_c, N, k, x, y);
        CHECK_MAP(subscripts, subscripts_c, N, k, x, y);
    }
}
