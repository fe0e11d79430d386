// builtins.h — the builtin functions: which there are, what they take and what type and shape they give.
//
// In: a row of builtins.def and checked arguments. Out: the type of the call, conversions and run-time tests marked on
// the arguments.
//
//     sum(A, 0)  with real A[m][n]      row sum: REDUCE, NUMBER, SAME      real[n]
//     matmul(A, x)  with real x[k]      row matmul: MATMUL                 real[m], x->check_shape: n and k may differ
//
// A row holds all that can be said in a row; only shapes need code, one function a rule (builtins.c). What the
// functions compute and how they are differentiated is no business of this file: lower.c has a switch over BuiltinId.
#ifndef ADC_BUILTINS_H
#define ADC_BUILTINS_H

#include "ast.h"

enum { MANY = 1 << 30 };         // arguments, without a limit

typedef enum BuiltinId {
#define BUILTIN(name, least, most, rule, operand, result) BUILTIN_##name,
#include "builtins.def"
#undef BUILTIN
    N_BUILTINS
} BuiltinId;

typedef enum BuiltinRule {
    RULE_ELEMENTWISE,           // arrays of one shape and scalars; gives that shape
    RULE_WHERE,                 // the same, the first argument bool
    RULE_EXTREME,               // one array: a scalar; two arguments: elementwise
    RULE_REDUCE,                // an array, all of it or along an axis
    RULE_SCAN,                  // the same, but the shape stays
    RULE_DOT, RULE_OUTER, RULE_MATMUL, RULE_TRACE, RULE_TRANSPOSE, RULE_DIAG, RULE_RESHAPE, RULE_CONCAT,
    RULE_FILL,                  // a scalar, then sizes
    RULE_MAKE,                  // sizes
    RULE_EYE, RULE_LEN,
    RULE_IMPLICIT,              // the name of a function, then its arguments: check_implicit.c
    RULE_SQUARE,                // a square matrix; gives its shape
    RULE_SOLVE,                 // a square matrix, and a vector or matrix of as many rows; gives the latter's shape
    N_RULES
} BuiltinRule;

typedef enum Operand { OPERAND_REAL, OPERAND_NUMBER, OPERAND_BOOL, OPERAND_ANY } Operand;
typedef enum Result { RESULT_REAL, RESULT_INT, RESULT_BOOL, RESULT_SAME } Result;

typedef struct Builtin {
    BuiltinId id;
    const char *name;
    int least, most;
    BuiltinRule rule;
    Operand operand;
    Result result;
} Builtin;

// The row of that name, or NULL. The name need not be interned.
const Builtin *builtin_find(const char *name);

// All rows, for lists and tests: builtin_row(id) with id < N_BUILTINS.
const Builtin *builtin_row(BuiltinId id);

// Types call->call.builtin applied to call->call.args, which are checked: sets the call's type and the marks on the
// arguments. Reports mistakes; the call's type is then an error type.
struct Checker;
void builtin_check(struct Checker *c, Expr *call);

#endif
