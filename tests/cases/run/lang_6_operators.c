// lang_6_operators.c - the checks of lang_6_operators.ad.
#include "harness.h"

static int ints_c(int a, int b, int c)
{
    int r = a + b * c - a / b % c;
    r = r ^ ((a << 2) | (b & c)) ^ ~a ^ (b >> 1);
    r += a % -b + -a % b + (a > b ? a : c > b ? b : c);
    return -r + +a - -b;
}

static bool bools_c(int a, int b, double x)
{
    return (a < b && x >= 0.5) || (!(a <= b) && x != 0.25) || ((a == b) == (x < 0.0));
}

static double lazy_c(int n, int k, const double *x)
{
    int c = 0;
    double s = 0;
    for (int i = 0; i < k; i++) {
        double v = x[i % n];
        bool hit = v > 0 && s > 0.5;
        c += 1 + (v > 0);
        if (!hit) {
            hit = x[0] < s;
            c++;
        }
        c += hit ? 1 : 2;
        s = s * 0.9 + (hit ? sin(s + x[0]) : v * 0.7);
        s += v > 0.3 ? (s > 1 ? x[0] * s : x[1]) : -0.2 * s;
    }
    return s + c * x[1];
}

static double priority_c(int n, int k, const double *x)
{
    double a = x[0], b = x[1], c = x[2];
    (void)n;
    return -(a * b) - ((c / a) / b) * c - a + b - c + a / (b * c) + a + (k > 1 ? a * c : b * c) -
           ((a + b) * (a - b)) / (c * (a + c));
}

static double arms_c(int n, int k, const double *x)
{
    double s = 0;
    for (int i = 0; i < n; i++) {
        double y = k % 2 == 0 ? x[i] * x[i] : cos(x[i]);
        s += (k > 2 ? x[i] * 2 : y) * (k > 1 ? x[i] : y);
    }
    return s;
}

RUN_CASE(lang_6_operators)
{
    for (int a = 1; a < 40; a += 7)
        for (int b = 1; b < 9; b++)
            for (int c = 1; c < 9; c += 3)
                CHECK_INT(ints(a, b, c), ints_c(a, b, c));
    for (int i = 0; i < 45; i++)
        CHECK_INT(bools(i % 3, i / 3 % 3, 0.25 * (i / 9) - 0.25), bools_c(i % 3, i / 3 % 3, 0.25 * (i / 9) - 0.25));
    double x[3] = {0.45, 0.8, -0.35};
    FOR_TRIPS (k) {
        CHECK_SCALAR(lazy, lazy_c, 3, k, x);
        CHECK_SCALAR(priority, priority_c, 3, k, x);
        CHECK_SCALAR(arms, arms_c, 3, k, x);
    }
}
