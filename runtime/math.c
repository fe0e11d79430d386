/* math.c - digamma and its derivatives.
 *
 * In: the order n and x. Out: psi^(n)(x). For x > 0, digamma by recurrence (DLMF 5.5.2) up to where its asymptotic
 * series (5.11.2) holds; higher orders as (-1)^(n+1) n! zeta(n+1, x) (5.15.1), the Hurwitz zeta function by
 * Euler-Maclaurin summation (25.11.5). For x <= 0 by reflection (5.5.4, 5.15.6). */
#include "adrt.h"

#define ADRT_API

/* B_2k / (2k)!, k = 1.. (DLMF 24.2): the coefficients of Euler-Maclaurin summation. */
/* adrt:begin adrt_bernoulli */
static const double adrt_bernoulli[10] = {
    1.0 / 12,
    -1.0 / 720,
    1.0 / 30240,
    -1.0 / 1209600,
    1.0 / 47900160,
    -691.0 / 1307674368000,
    1.0 / 74724249600,
    -3617.0 / 10670622842880000,
    43867.0 / 5109094217170944000,
    -174611.0 / 802857662698291200000.0,
};
/* adrt:end */

/* The sum over k >= 0 of (a + k)^-s, for integer s >= 2 and a > 0. */
/* adrt:begin adrt_hurwitz uses <math.h> */
static double adrt_hurwitz(int s, double a)
{
    double sum = 0;
    for (; a < 10 + 0.5 * s; a++) {
        double term = pow(a, -s);
        sum += term;
        if (term < 1e-19 * sum)
            return sum;
    }
    double tail = pow(a, 1 - s) / (s - 1) + 0.5 * pow(a, -s);
    double rising = s * pow(a, -s - 1); /* s (s+1) .. (s+2k-2) a^-(s+2k-1) */
    for (int k = 0; k < 10; k++) {
        tail += adrt_bernoulli[k] * rising;
        rising *= (s + 2 * k + 1) / a * ((s + 2 * k + 2) / a);
    }
    return sum + tail;
}
/* adrt:end */

/* digamma of x > 0. */
/* adrt:begin adrt_digamma_positive uses <math.h> */
static double adrt_digamma_positive(double x)
{
    double shift = 0;
    for (; x < 12; x++)
        shift += 1 / x;
    double power = 1 / (x * x), sum = 0, factorial = 1;
    for (int k = 0; k < 10; k++) {
        sum += adrt_bernoulli[k] * factorial * power; /* B_2k / (2k x^2k) */
        factorial *= (2 * k + 2) * (2 * k + 3);
        power /= x * x;
    }
    return log(x) - 0.5 / x - sum - shift;
}
/* adrt:end */

/* The nth derivative of pi cot(pi x), 0 <= n <= 30: a polynomial in c = cot(pi x), since c' = -pi (1 + c^2). */
/* adrt:begin adrt_cot_derivative uses <math.h> */
static double adrt_cot_derivative(int n, double x)
{
    const double pi = 3.14159265358979323846;
    double p[33] = {0, 1}, r = x - round(x);
    double c = r == 0.5 || r == -0.5 ? 0 : 1 / tan(pi * r);
    double scale = pi;
    for (int d = 1; d <= n; d++) {
        double q[33] = {0};
        for (int i = 1; i <= d; i++) { /* p' (1 + c^2) */
            q[i - 1] += i * p[i];
            q[i + 1] += i * p[i];
        }
        for (int i = 0; i < 33; i++)
            p[i] = q[i];
        scale *= -pi;
    }
    double value = 0;
    for (int i = n + 1; i >= 0; i--)
        value = value * c + p[i];
    return scale * value;
}
/* adrt:end */

/* adrt:begin adrt_polygamma uses <math.h> */
ADRT_API double adrt_polygamma(int n, double x)
{
    if (n < 0 || n > 100 || isnan(x) || x == -HUGE_VAL)
        return x - x + nan("");
    if (x <= 0 && x == floor(x)) /* a pole */
        return n == 0 && x == 0 ? -copysign(HUGE_VAL, x) : n % 2 == 1 ? HUGE_VAL : nan("");
    if (x < 0) { /* psi(1 - x) - psi(x) = pi cot(pi x), differentiated n times */
        double mirrored = adrt_polygamma(n, 1 - x);
        return n > 30 ? nan("") : (n % 2 == 0 ? mirrored : -mirrored) - adrt_cot_derivative(n, x);
    }
    if (n == 0)
        return x == HUGE_VAL ? x : adrt_digamma_positive(x);
    return (n % 2 == 0 ? -1 : 1) * (x == HUGE_VAL ? 0 : tgamma(n + 1.0) * adrt_hurwitz(n + 1, x));
}
/* adrt:end */

/* adrt:begin adrt_polygammaf */
ADRT_API float adrt_polygammaf(int n, float x)
{
    return (float)adrt_polygamma(n, (double)x);
}
/* adrt:end */
