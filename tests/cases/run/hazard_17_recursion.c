// hazard_17_recursion.c - the checks of hazard_17_recursion.ad.
#include "harness.h"

static double powers_c(int n, int k, const double *x)
{
    double p = 1;
    (void)n;
    for (int i = 0; i < k % 13; i++)
        p *= x[0];
    return p * x[1] * x[1] * x[1] + 1;
}

static double tree_c(const double *x, int n)
{
    if (n == 1)
        return sin(x[0]);
    double a = tree_c(x, n / 2), b = tree_c(x + n / 2, n - n / 2);
    return a > b ? a * cos(b) : a + b * b;
}

static double trees_c(int n, int k, const double *x)
{
    (void)k;
    return tree_c(x, n) + tree_c(x + n / 2, n - n / 2);
}

// even for parity 0, odd for 1
static double mutual_c1(double x, int k, double *total, int parity)
{
    if (parity == 0) {
        *total += x;
        return k <= 0 ? x : sin(mutual_c1(x * 1.1, k - 1, total, 1)) + x;
    }
    *total = *total * 0.9 + x * x;
    return k <= 0 ? x * x : mutual_c1(x * 0.8, k - 1, total, 0) * x;
}

static double mutual_c(int n, int k, const double *x)
{
    double total = x[1], s = 0;
    for (int i = 0; i < n; i++) {
        double e = mutual_c1(x[i], k, &total, 0);
        s += e * total;
    }
    double o = mutual_c1(x[0], k % 3, &total, 1);
    return s + o * total;
}

static void scan_c(int n, int at, double *a)
{
    if (at >= n)
        return;
    if (at > 0)
        a[at] *= a[at - 1];
    for (int i = 0; i < at; i++)
        a[i] += 0.1 * a[at] * a[i];
    scan_c(n, at + 1, a);
    a[at] = tanh(a[at]);
}

static void scans_c(int n, int k, const double *x, double *y)
{
    for (int t = 0; t < k; t++) {
        scan_c(n, t % n, y);
        for (int i = 0; i < n; i++)
            y[i] += x[i];
    }
}

RUN_CASE(hazard_17_recursion)
{
    double x[5] = {0.35, -0.6, 0.5, 0.72, -0.25}, y[5] = {0.8, 0.3, -0.4, 0.6, -0.7};
    FOR_TRIPS (k) {
        CHECK_SCALAR(powers, powers_c, 5, k, x);
        CHECK_SCALAR(mutual, mutual_c, 5, k < 9 ? k : 9, x);
        CHECK_MAP(scans, scans_c, 5, k < 12 ? k : 12, x, y);
    }
    for (int n = 2; n <= 5; n++)
        CHECK_SCALAR(trees, trees_c, n, 0, x);
}
