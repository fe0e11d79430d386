// emit.h — IR -> C11. The output is the product: it has to read as if an engineer had written it by hand (OUTPUT in
// the manual's words).
//
// In: a verified Module, after place(). Out: the text of FILE.c and FILE.h. The module is not changed. Deterministic.
//
//     func @f(%x: real) -> (real) {                     double f(double x)
//         %b = mul %x, 2.0                              {
//         %b3, %T = loop (%b1 = %b) {                       double b = x * 2.0;
//             %b2 = mul %b1, 2.0                            while (fabs(b) < 1000.0)
//             yield %b2                                         b *= 2.0;
//         } while { %m = abs %b1  %c = lt %m, 1e3           return b;
//             yield %c }                                }
//         yield %b3 }
//
// The way there, a file per step (emit_internal.h):
//     emit_choice.c  in a copy of the function, branches that stand for expressions have become ?:, && and || again
//     emit_jumps.c   guards on flags have become break, continue and return again
//     emit_plan.c    which values are folded into their use
//     emit_vars.c    which of the others share a C variable
//     emit_rows.c    pointers to rows
//     emit_tree.c    C statements, and where each variable is declared
//     emit_names.c   names for the variables
//     emit_expr.c    expressions, with the parentheses they need
//     emit_stmt.c    statements
//     emit_record.c  what is special about the halves of a record
//     emit_c.c       the file around the functions;  emit_h.c: the header
#ifndef ADC_EMIT_H
#define ADC_EMIT_H

#include "ir.h"

// The first line of both outputs is EMIT_MARK_BEGIN, the name of the source, EMIT_MARK_END. main.c overwrites only
// files that start so.
#define EMIT_MARK_BEGIN "/* "
#define EMIT_MARK_END   " -> written by adc; changes made here are lost */"

typedef struct EmitOptions {
    bool real_float; // --real=float
    bool standalone; // --standalone: paste what is needed of the runtime instead of including adrt.h
    bool vector_math; // --vector-math=libmvec: declare what of math.h has vector functions
    const char
        *header; // the header's file name as FILE.c is to include it, and for the include guard; NULL: none is included
} EmitOptions;

// Appends the text of FILE.c to out: the exported functions of m and what they reach, in the order of m->funcs.
bool emit_c(Text *out, const Module *m, const EmitOptions *o);

// Appends the text of FILE.h to out: a prototype, below a comment with the shapes and roles of all parameters, for
// each exported function.
bool emit_h(Text *out, const Module *m, const EmitOptions *o);

// Whether `line`, the beginning of some file, says that adc wrote it.
bool emit_is_ours(const char *line);

#endif
