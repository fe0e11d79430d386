// lower.h — from the checked tree to the IR. The only pass that knows both.
//
// In: a Program without errors (check.h). Out: a Module of the IR (ir.h), unsimplified: every operation stands as it
// was written, so that the C of the function itself reads like the source. Derived functions come as signatures without
// a body (transform, base and wrt set), for derive.c to fill.
//
//     real f(int n, real x[n]) {            func @f(%n: int, %x: real[1]) -> (real) {
//         real s = 0.0;                       %x1 = shape %x, %n
//         for (int i = 0; i < n; i++)         %s1, %i1, %T = loop (%s2 = 0.0, %i2 = 0) while { ilt %i2, %n } do {
//             s += x[i];                          %s3 = add %s2, load %x1[%i2];  yield %s3, iadd %i2, 1 }
//         return s;                           yield %s1
//     }                                     }
//
// Every loop of the source becomes an uncounted one; opt_counted.c counts those that can be. Loops that array
// expressions make are counted from the start. break, continue and return are flags and flat guards (see lower.c).
#ifndef ADC_LOWER_H
#define ADC_LOWER_H

#include "ast_ir.h"

typedef struct LowerOptions {
    bool check;                 // --check: tests of subscripts, slice bounds and overlap too
    bool real_float;            // --real=float: real constants that are computed are rounded to float
} LowerOptions;

// Lowers all functions of p, in source order, then the derived ones. p must be free of errors. The tree's `lowered`
// fields are used up: a Program is lowered once. The module lives in arena a.
Module *lower(Arena *a, const Program *p, LowerOptions options);

#endif
