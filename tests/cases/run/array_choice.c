// array_choice.c - the checks of array_choice.ad.
#include "harness.h"

#ifndef ADC_STANDALONE
#include "adrt.h"
#include <setjmp.h>
#endif

enum { N = 4 };

static void stirred_c(int n, double *a, double *out)
{
    a[0] += a[n - 1] * a[1];
    for (int i = 0; i < n; i++)
        out[i] = a[i] * 0.5;
}

static double weigh_c(int n, const double *a, double w)
{
    return vec_dot(a, a, n) * w + a[0];
}

static void places_c(int n, int k, const double *x, double *y)
{
    bool p = k % 2 == 0, q = k / 2 % 2 == 0;
    double A[N][2] = {{0}}, z[N], t[N], w[N], c = 0, e = 0, last;
    for (int i = 0; i < n; i++) {
        y[i] = p ? x[i] * y[i] : y[i] + 1;
        z[i] = x[i];
    }
    if (q)
        stirred_c(n, y, z);
    for (int i = 0; i < n; i++)
        A[i][1] = p ? z[i] : y[i] * 0.5;
    for (int i = 1; i < n; i++) {
        c += y[i - 1];
        A[i][0] = q ? A[i - 1][1] : p ? x[i] : c;
    }
    if (!p)
        stirred_c(n, z, t);
    for (int i = 0; i < n; i++) {
        y[i] += p ? A[i][0] : t[i];
        y[i] *= q ? x[i] - z[i] : z[i] * x[i];
    }
    for (int i = 0; i < n; i++) {
        w[i] = p ? x[0] * x[0] : i < n - 1 ? x[i] : y[i];
        e += exp(w[i]);
    }
    for (int i = 0; i < n; i++) {
        z[i] = p ? (q ? w[i] : exp(w[i]) / e) : A[i][0] * x[0] + A[i][1] * x[1];
        y[i] = (k > 1 ? y[i] : z[i]) * n;
    }
    last = y[n - 1];
    for (int i = 0; i < n; i++)
        y[i] -= (k > 2 ? last * y[i] : y[i]) * 0.1;
}

static double operands_c(int n, int k, const double *x)
{
    bool p = k % 2 == 0;
    double y[N], t[N], u[N], s = 0, q = 0;
    for (int i = 0; i < n; i++)
        y[i] = x[i] * x[i];
    for (int i = 0; i < n; i++) {
        s += p ? x[i] : y[i] * 2;
        s += (p ? y[i] : x[i]) * (k > 1 ? sin(x[i]) : y[i]);
    }
    s += weigh_c(n, p ? x : y, s);
    if (k > 1)
        stirred_c(n, y, t);
    for (int i = 0; i < n && k <= 1; i++)
        t[i] = x[i] + y[i];
    s += weigh_c(n, t, x[1]);
    for (int i = 0; i < n - k / 2; i++)
        q += p ? x[i + k / 2] * x[i + k / 2] : y[i] * y[i];
    s += sqrt(q) + n - 1;
    double before = s;
    for (int i = 0; i < n - 1; i++)
        s += k > 0 ? x[i] * x[0] : exp(x[i + 1]);
    s += p ? x[1] * x[1] : before * before;
    for (int i = 0; i < 2; i++)
        s += k > 0 ? x[i] * x[0] : exp(x[n - 2 + i]);
    before = y[1];
    double old = y[k % n];
    (void)old;
    for (int i = 0; i < n; i++)
        s += p ? x[i] * before : y[i] * x[1];
    memcpy(u, x, sizeof u);
    if (!p)
        stirred_c(n, y, u);
    return (s + u[k % n]) * 0.1;
}

#ifndef ADC_STANDALONE
static jmp_buf back;
static volatile int seen;

static void handler(const struct adrt_error *e)
{
    seen = e->kind == ADRT_SHAPE ? e->line : -1;
    longjmp(back, 1);
}

static void check_sizes(bool p, int n, int m, const double *x, int line)
{
    double g[N], h[N];
    seen = 0;
    if (setjmp(back) == 0)
        sizes_grad(n, m, p, x, x, g, h);
    CHECK_INT(seen, line);
    adrt_release();
}
#endif

RUN_CASE(array_choice)
{
    double x[N] = {0.53, -0.32, 0.71, 0.44}, y[N] = {0.62, 0.91, -0.83, 0.35};
    int a[N] = {3, 1, 8, 5}, b[N] = {2, 7, 0, 3};
    for (int k = 0; k < 6; k++) {
        CHECK_MAP(places, places_c, N, k, x, y);
        CHECK_SCALAR(operands, operands_c, N, k, x);
    }
    CHECK_INT(ints(N, true, a, b), 17 + 8 + 29 + 100 + 4);
    CHECK_INT(ints(N, false, a, b), 24 - 1 + 17 + 100 + 4);
    CHECK_INT(lengths(N, a), 407);
    double g[N], h[N];
    CHECK_CLOSE(sizes_grad(2, 2, false, x, y, g, h), 2 * (y[0] + y[1]), 1e-15);
#ifndef ADC_STANDALONE
    adrt_set_error_handler(handler);
    check_sizes(true, 2, 3, x, 0);
    check_sizes(false, 2, 3, x, 53);
    adrt_set_error_handler(NULL);
#endif
}
