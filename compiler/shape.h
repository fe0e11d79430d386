// shape.h — sizes of arrays as canonical polynomials, so that "is this size that size" is one comparison of pointers.
//
// In: int expressions, built by the checker out of constants, variables and the operators below. Out: a Size (ast.h),
// interned in its Shapes: two sizes that are equal after expansion are the same pointer.
//
//     real a[n * m];  real b[m * n];        size_mul(n, m) == size_mul(m, n)           equal:      nothing to test
//     real c[n + 1];  c = a (a is real[n])  size_compare(n + 1, n) == SIZE_DIFFERENT   never equal: an error
//     real d[k];      d = a                 size_compare(k, n) == SIZE_UNKNOWN         a test when the program runs
//
// The idea: a sum of terms, a term a coefficient times a sorted product of atoms. An atom is a variable in one of its
// versions (a variable that is written to has another version afterwards), an int operation that is no polynomial (`n /
// 2`, the same atom whenever its operands are the same), or a value nothing is known of (an element of an array).
#ifndef ADC_SHAPE_H
#define ADC_SHAPE_H

#include "ast.h"

typedef struct Shapes Shapes;                                   // owns Sizes; lives in its arena

typedef enum SizeRelation { SIZE_EQUAL, SIZE_DIFFERENT, SIZE_UNKNOWN } SizeRelation;

Shapes *shapes_new(Arena *a);

const Size *size_const(Shapes *s, int64_t value);
// The value that the variable `key` (any pointer; shown as `name`) has in its version `version`.
const Size *size_symbol(Shapes *s, const void *key, int version, const char *name);
// A value of which nothing is known; a new one at each call. `text` is how messages show it.
const Size *size_unknown(Shapes *s, const char *text);
// A pure int operation that is no polynomial. `op` is an operator ("/", "%", "<<", …) or a function's name; b may be
// NULL.
const Size *size_opaque(Shapes *s, const char *op, const Size *a, const Size *b);

const Size *size_add(Shapes *s, const Size *a, const Size *b);
const Size *size_sub(Shapes *s, const Size *a, const Size *b);
const Size *size_mul(Shapes *s, const Size *a, const Size *b);

bool size_is_const(const Size *d, int64_t *value);                // value may be NULL

// Equal for all values of the variables, different for all of them, or it depends.
SizeRelation size_compare(Shapes *s, const Size *a, const Size *b);
// a <= b for all values of the variables. False where it cannot be seen.
bool size_surely_le(Shapes *s, const Size *a, const Size *b);
// a < b wherever all variables are at least 2: 1 < n, n < 2*n, n < n + 1, but not n < m. For choosing what is likely to
// be cheaper, not for what has to be right.
bool size_mostly_lt(Shapes *s, const Size *a, const Size *b);

// d with each variable that `of` gives a size for replaced by it (`of` gives NULL for one that stays). Used at a call:
// the sizes of the callee's parameters, in terms of the arguments.
typedef const Size *(*SizeOf)(void *context, const void *key, int version);
const Size *size_subst(Shapes *s, const Size *d, SizeOf of, void *context);

// A Size's text is as a C programmer would write it: "n*m + 2*k - 1"; "..." if that is very long.

#endif
