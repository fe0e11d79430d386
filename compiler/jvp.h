// jvp.h — forward mode, from IR to IR: every value that depends on the inputs chosen gets its tangent beside it.
//
// In: a function with a body and which of its arguments carry tangents. Out: an ordinary function.
//
//     f(x, n) { %s = mul x, x;  yield %s }    ->    f_jvp(x, n, x_dot) { %s = mul x, x;  %t = add (mul x_dot, x), (mul x_dot, x);  yield %s, %t }
//
// A call of g with some active arguments becomes a call of a variant of g, one for each set of active arguments, kept in the context: recursion
// meets its own variant.
#ifndef ADC_JVP_H
#define ADC_JVP_H

#include "ir.h"

// Something the user has to be told: a function without a body and rule in the way of a derivative.
typedef struct JvpError {
    IrLoc loc;                              // of the call
    const Func *callee;
} JvpError;

typedef struct JvpJob JvpJob;               // a variant whose body is to be made

// One for a module. The hooks may be NULL.
//   need    called for a derive that is not yet done and whose body is about to be looked at; should make it, or give false (a cycle, or
//           errors: already reported): then its results count as constant
//   ready   the function to differentiate in place of f: a copy with the same signature, simplified and inlined
typedef struct JvpCtx {
    Module *module;
    bool (*need)(void *env, Func *callee);
    Func *(*ready)(void *env, Func *f);
    void *env;
    VEC(JvpError) errors;                   // added to by jvp_build; the caller may set n to 0
    // private
    struct Activity *activity;
    Map *variants;                          // "name/0110", interned -> Func
    Map *prepared;                          // functions whose callees all have bodies
    VEC(JvpJob *) todo;
} JvpCtx;

JvpCtx *jvp_new(Module *m);

// Makes the body of d, a derived function with transform TR_JVP, base, wrt and parameters in place (P_PRIMAL in the order of the base's parameters,
// P_DOT with `of`), and those of all variants that it calls, which are appended to the module as static functions. `done` is the
// caller's to set.
void jvp_build(JvpCtx *c, Func *d);

#endif
