// check.h — names, types, shapes, roles and derives: from what was written to what it means.
//
// In: a Module as the parser made it. Out: the same tree with its [check] fields filled in, a Program that lists what
// there is to compile, and errors for all that LANGUAGE.md forbids. It goes on after an error; what is wrong gets the
// type ELEM_ERROR, which nobody complains of a second time.
//
//     real f(int n, real x[n]) { return 2 * sum(x); }
//
//       EXPR_BINARY *    type real
//         EXPR_INT 2     type int, value 2, convert ELEM_REAL
//         EXPR_CALL sum  type real, builtin: the row `sum`
//           EXPR_NAME x  type real[n], sym: the parameter
//
// What lower.c finds on a tree without errors:
//
//   every Expr     type; value where it is constant (+ - * / sqrt, comparisons and int arithmetic are folded, other
//                  functions are not); convert == ELEM_REAL: take it as int (elementwise, if an array), then make it
//                  real. A value is never converted.
//   EXPR_NAME      sym. A global constant: sym->kind == SYM_CONST; sym->value if it is a known scalar, else
//                  sym->decl->init
//   EXPR_CALL      exactly one of callee (never a prototype: its definition) and builtin
//   EXPR_INDEX     axes as written; missing ones at the end are whole. Constant ones are within bounds.
//   EXPR_BRACES    type: that of the array it initialises; fewer items than that has: the rest is zero
//   && || !        on arrays: elementwise, both sides evaluated. On scalars as in C. The condition of ?: and of loops
//                  is a scalar bool.
//   a scalar Expr  where an array is asked for (initialiser, assignment, one side of an operator) fills; see type.rank
//   VarDecl        sym, with its type; a parameter's and a result's dims name parameters by their sym->index, which a
//                  derived function shares with its base
//   Function       result_type; params with sym; cname; definition (of a prototype); custom_vjp, custom_jvp; for a
//                  derived one base, transform, wrt, and params: first those of base, the same positions, names and
//                  roles, then the added ones, each with added, of, role and the dims of what it belongs to
//   Transform      function. hvp has been rewritten as jvp(grad(...))
//
// check_shape on an expression means: sizes that only values tell must be tested there. What against depends on its
// place:
//
//   right operand of an operator, third operand of ?:,
//   argument of an elementwise builtin       the shape of the first array among its siblings
//   value assigned, initialiser, returned    the shape of the variable or result (braces: not more items than it has)
//   argument of a function                   the parameter's shape, in terms of the other arguments
//   second argument of dot, matmul,
//   later ones of concat                     the axes that must agree
//   argument of trace                        square
//   first argument of reshape                as many elements as the sizes that follow make
//
// copy_arg: an in array argument that may share elements with an out or inout one. check_overlap: an out or inout array
// argument that may share elements with an earlier one, to be tested under --check.
#ifndef ADC_CHECK_H
#define ADC_CHECK_H

#include "ast.h"

typedef struct Program {
    Module *module;
    VEC(StructDecl *) structs;          // in source order, so each after those in it
    VEC(Symbol *) constants;            // global ones, in source order
    VEC(Function *) functions;          // with a body, and externs; in source order; no prototypes
    VEC(Function *) derived;            // what derives make, unnamed inner transforms too; each after its base
} Program;

// Checks m and completes it. Never NULL; fit for lowering only if no error was reported to d.
Program *check_module(Module *m, Diags *d);

// The function that the transform makes of base: f's own parameters and the added ones, in the order and with the roles
// of LANGUAGE.md section 7. A pure function of the parameter lists, so that a derived function is as good a base as
// any. `wrt` holds positions of base's parameters, ascending; n of them. transform is XFORM_GRAD, XFORM_VJP or
// XFORM_JVP, and base suits it.
struct Checker;
Function *derive_signature(struct Checker *c, Function *base, TransformKind transform, const int *wrt, int n,
                           Name name);

// A type as messages show it: "real", "int[n][3]", "struct camera", "void".
char *type_text(Arena *a, Type t);

#endif
