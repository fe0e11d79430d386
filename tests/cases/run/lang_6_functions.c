// lang_6_functions.c - the checks of lang_6_functions.ad.
#include "harness.h"

static double digamma_c(double x)
{
    double s = 0;
    for (; x < 30; x++)
        s -= 1 / x;
    double r = 1 / (x * x);
    return s + log(x) - 0.5 / x - r * (1.0 / 12 - r * (1.0 / 120 - r * (1.0 / 252 - r / 240)));
}

static double step_c(double x)
{
    return x > 0;
}

static double pairs_c(int n, int k, const double *v)
{
    double x = v[0], y = v[1], a = 0.5 + x * x, u = 0.9 * sin(x);
    (void)n;
    switch (k) {
    case 0: return sqrt(a) + cbrt(x) * fabs(x);
    case 1: return exp(x) + exp2(x) + expm1(x);
    case 2: return log(a) + log2(a) + log10(a) + log1p(a);
    case 3: return sin(x) + cos(x) * tan(x);
    case 4: return asin(u) + acos(u) * atan(x);
    case 5: return sinh(x) + cosh(x) * tanh(x);
    case 6: return asinh(x) + acosh(a + 1) * atanh(u);
    case 7: return atan2(x, y) + hypot(x, y) + pow(a, y);
    case 8: return erf(x) + erfc(y);
    case 9: return lgamma(a) + tgamma(a) + digamma_c(a);
    case 10: return x * y + fmax(x, 0.1 * y) + fmin(x, 0.1 * y);
    case 11: return x * (floor(x * 3.3) + ceil(x * 3.3) + round(x * 3.3) + trunc(x * 3.3));
    case 12: return fmod(x * 3, y) + copysign(x, y) * y;
    case 13: return fma(x, y, a) + 1 / (1 + exp(-x)) + log1p(exp(y));
    case 14: return fmax(x, 0) * y + step_c(x) * y + copysign(1, y) * x + fabs(x);
    case 15: return x * y + (x > y ? x * x : y);
    default: return a * a + x * x * x + 1 / sqrt(a) + exp2(x) + 1 / x;
    }
}

RUN_CASE(lang_6_functions)
{
    static const double at[5][2] = {{0.55, 1.1}, {-0.6, 0.4}, {1.3, -0.8}, {-1.1, -1.45}, {0.47, 0.6}};
    for (int k = 0; k <= 16; k++)
        for (int i = 0; i < 5; i++)
            CHECK_SCALAR(pairs, pairs_c, 2, k, at[i]);
}
