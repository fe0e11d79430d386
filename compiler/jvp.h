// jvp.h — forward mode, from IR to IR: every value that depends on the inputs chosen gets its tangent beside it.
//
// In: a function with a body and which of its arguments carry tangents. Out: an ordinary function.
//
//     f(x, n) { %s = mul x, x;  yield %s }    ->    f_jvp(x, n, x_dot) { %s = mul x, x;  %t = add (mul x_dot, x), (mul x_dot, x);  yield %s, %t }
//
// A call of g with some active arguments becomes a call of a variant of g, one for each set of active arguments, kept in the context: recursion
// meets its own variant. The bodies of variants are made by jvp_finish.
#ifndef ADC_JVP_H
#define ADC_JVP_H

#include "ir.h"

// Something the user has to be told: a function without a body in the way of a derivative.
typedef struct JvpError {
    IrLoc loc;                              // of the call
    const Func *callee;
} JvpError;

typedef struct JvpVariant JvpVariant;

// One for a module. `need` (may be NULL) is called before the body of a derive that is not yet done is looked at; it should make it, or give
// false (a cycle: already reported), and then the call counts as one of a function without a body, and no further error is recorded.
typedef struct JvpCtx {
    Module *module;
    bool (*need)(void *env, Func *callee);
    void *env;
    VEC(JvpError) errors;
    // private
    Map *variants;                          // Func -> JvpVariant, a chain
    VEC(JvpVariant *) unsettled;            // whose activity is not final
    VEC(JvpVariant *) todo;                 // whose body is not made
    bool changed;
} JvpCtx;

JvpCtx *jvp_new(Module *m);

// Makes the body of d, a derived function with transform TR_JVP, base, wrt and parameters in place (P_PRIMAL, P_DOT with `of`) and a base that is done; and
// the bodies of all variants it calls, which are appended to the module as static functions. Sets d->done.
void jvp_build(JvpCtx *c, Func *d);

// The variant of f in which those of f's parameters (per Param; OUT ones: false) are active: f's parameters, each real one followed at the end, in
// their order, by its tangent where it has one. Its body may be missing until jvp_finish.
Func *jvp_variant(JvpCtx *c, Func *f, const bool *active);
void jvp_finish(JvpCtx *c);

#endif
