// interp_imag.c — the complex step: scalar ops of reals that have a tiny imaginary part. See interp.h.
//
// In: an op, its operands a + i b with b so tiny that b * b is 0 beside everything, and the real part of its result. Out: the imaginary part.
// For such numbers complex arithmetic gives f(a + i b) = f(a) + i b f'(a), to round-off, as no two near numbers are ever subtracted:
//
//     (a + i b) (c + i d)    =  a c + i (a d + b c)
//     sin(a + i b)           =  sin a cosh b + i cos a sinh b     =  sin a + i b cos a
//     asin                   :  sin(r + i q) = a + i b, so q = b / cos r
//
// The formulas are those of complex analysis, inverse functions by way of the function they invert, and not those of ops.def, which this is
// there to check. The error and gamma functions have no short one: they are left to differences.
#include <math.h>

#include "interp.h"

// x + i y by u + i v, where y and v are tiny.
static double quotient(double x, double y, double u, double v)
{
    return (y - x / u * v) / u;
}

// a + i b to the power c + i d: exp((c + i d) log(a + i b)); a real power of a negative number, by the power below it.
static double power(double a, double b, double c, double d, double r)
{
    double by_base = b == 0 || c == 0 ? 0 : c * pow(a, c - 1) * b;
    double by_exponent = d == 0 ? 0 : r * log(a) * d;
    return by_base + by_exponent;
}

// The side on which a chooses between two operands: -1, 1, or 0 for neither.
static int side(double a, double b)
{
    return (a > b) - (a < b);
}

static ImagStatus choose(int s, const double *im, double *q)
{
    *q = s >= 0 ? im[0] : im[1];
    return s == 0 && im[0] != im[1] ? IMAG_CORNER : IMAG_OK;
}

// Ops of one operand that are analytic where they are defined.
static bool analytic(OpCode code, double a, double b, double r, double *q)
{
    switch (code) {
    case OP_neg: *q = -b; return true;
    case OP_sqrt: *q = b / (2 * r); return true;                // r is squared: 2 r q = b
    case OP_cbrt: *q = b / (3 * r * r); return true;
    case OP_exp: *q = r * b; return true;
    case OP_exp2: *q = r * log(2) * b; return true;
    case OP_expm1: *q = exp(a) * b; return true;
    case OP_log: *q = b / exp(r); return true;
    case OP_log2: *q = b / (exp2(r) * log(2)); return true;
    case OP_log10: *q = b / (pow(10, r) * log(10)); return true;
    case OP_log1p: *q = b / exp(r); return true;
    case OP_sin: *q = cos(a) * b; return true;
    case OP_cos: *q = -sin(a) * b; return true;
    case OP_tan: *q = quotient(sin(a), cos(a) * b, cos(a), -sin(a) * b); return true;
    case OP_asin: *q = b / cos(r); return true;
    case OP_acos: *q = -b / sin(r); return true;
    case OP_atan: *q = b * cos(r) * cos(r); return true;
    case OP_sinh: *q = cosh(a) * b; return true;
    case OP_cosh: *q = sinh(a) * b; return true;
    case OP_tanh: *q = b / cosh(a) / cosh(a); return true;
    case OP_asinh: *q = b / cosh(r); return true;
    case OP_acosh: *q = b / sinh(r); return true;
    case OP_atanh: *q = b * cosh(r) * cosh(r); return true;
    case OP_sigmoid: *q = b / (2 + exp(a) + exp(-a)); return true;
    case OP_softplus: *q = b / (1 + exp(-a)); return true;
    default: return false;
    }
}

// Is a the point where this op of one operand has no derivative?
static bool has_corner(OpCode code, double a)
{
    switch (code) {
    case OP_abs: case OP_relu: case OP_sqrt: case OP_cbrt: case OP_sign: case OP_step: return a == 0;
    case OP_floor: case OP_ceil: case OP_trunc: return a == floor(a);
    case OP_round: return a + 0.5 == floor(a + 0.5);
    case OP_acosh: return a == 1;
    case OP_asin: case OP_acos: return fabs(a) == 1;
    default: return false;
    }
}

static ImagStatus pieces(OpCode code, const double *re, const double *im, double r, double *q)
{
    double a = re[0], b = im[0], c = re[1], d = im[1];
    switch (code) {
    case OP_abs: *q = a < 0 ? -b : b; return IMAG_OK;
    case OP_relu: *q = a > 0 ? b : 0; return IMAG_OK;
    case OP_floor: case OP_ceil: case OP_round: case OP_trunc: case OP_sign: case OP_step: *q = 0; return IMAG_OK;
    case OP_max: case OP_fmax: return choose(isnan(c) ? 1 : isnan(a) ? -1 : side(a, c), im, q);
    case OP_min: case OP_fmin: return choose(isnan(c) ? 1 : isnan(a) ? -1 : side(c, a), im, q);
    case OP_fmod: *q = b - trunc(a / c) * d; return r == 0 ? IMAG_CORNER : IMAG_OK;
    case OP_copysign: *q = signbit(a) != signbit(c) ? -b : b; return a == 0 && b != 0 ? IMAG_CORNER : IMAG_OK;
    default: return IMAG_UNKNOWN;
    }
}

ImagStatus interp_imag(OpCode code, const double *re, const double *im, double r, double *q)
{
    double a = re[0], b = im[0], c = re[1], d = im[1];
    *q = 0;
    if (has_corner(code, a))
        return IMAG_CORNER;
    switch (code) {
    case OP_add: *q = b + d; return IMAG_OK;
    case OP_sub: *q = b - d; return IMAG_OK;
    case OP_mul: *q = a * d + b * c; return IMAG_OK;
    case OP_div: *q = quotient(a, b, c, d); return IMAG_OK;
    case OP_fma: *q = a * d + b * c + im[2]; return IMAG_OK;
    case OP_hypot: *q = a / r * b + c / r * d; return r == 0 ? IMAG_CORNER : IMAG_OK;
    case OP_atan2: *q = quotient(a, b, c, d) * cos(r) * cos(r); break;
    case OP_pow:
    case OP_powc: *q = power(a, b, c, d, r); return a == 0 && code == OP_pow ? IMAG_CORNER : IMAG_OK;
    default: return analytic(code, a, b, r, q) ? IMAG_OK : pieces(code, re, im, r, q);
    }
    if (code == OP_atan2 && fabs(a) > fabs(c))                  // by the quotient the other way up
        *q = -quotient(c, d, a, b) * sin(r) * sin(r);
    return a == 0 && c == 0 ? IMAG_CORNER : IMAG_OK;
}
