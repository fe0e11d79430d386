// derive.h — making the derivatives a module asks for, and what jvp.c and vjp.c share while they do.
//
// In: a module whose functions with `transform` set have arguments but no ops yet. Out: the same functions with bodies, and the internal
// variants (f_fwd, f_rev, f_jvp, ...) that they call. Derives may be asked in any order and of one another; a variant is made once per
// (function, activity, ...) and remembered.
#ifndef ADC_DERIVE_H
#define ADC_DERIVE_H

#include "ir.h"

// How derive.c tells the user of mistakes: `note_loc.line` is 0 where there is no note.
typedef void DeriveReport(void *user, bool is_error, IrLoc loc, const char *message, IrLoc note_loc, const char *note);

typedef struct Activity Activity;
struct Plan;

// Who is told of each plan that is carried out: for the derivative d, or for the reverse half d of a function that is called in one.
typedef struct DeriveWatch {
    void (*planned)(void *user, const Func *d, const struct Plan *p);
    void *user;
} DeriveWatch;

typedef struct DeriveCtx {
    Module *m;
    Arena *scratch;                         // for what dies with derive_all
    DeriveReport *report;
    void *user;
    const DeriveWatch *watch;               // or NULL
    int errors;
    Activity *activity;                     // activity.c: which results depend on which arguments
    void *jvp_memo;                         // jvp.c's variants
    Map *vjp_variants;                      // vjp.c: Func -> list of Variant
    VEC(struct Variant *) all_variants;     // in the order they were asked for
    Map *ready;                             // Func -> its copy made ready
    Map *states;                            // Func -> how far derive_body is with it
    VEC(Func *) making;                     // whose bodies derive_body is at, each for the one before it
    void *lanes_memo;                       // lanes.c's functions
    void *inner_memo;                       // directions.c's
    Map *rows_memo;                         // directions.c's: a function in lanes -> what lanes_rows gives, or itself
    Map *taken;                             // names of functions, interned, that there are or that derive_fresh_name gave
} DeriveCtx;

// Makes every derivative of the module. False if there were errors (reported).
bool derive_all(Module *m, DeriveReport *report, void *user);
bool derive_all_watched(Module *m, DeriveReport *report, void *user, const DeriveWatch *watch);
void derive_planned(DeriveCtx *c, const Func *d, const struct Plan *p);        // tells the watch, if there is one

// For jvp.c and vjp.c: an error at a call that cannot be differentiated, and a name not taken in the module ("f_fwd", "f_fwd2", ...).
void derive_error(DeriveCtx *c, IrLoc loc, const char *message, IrLoc note_loc, const char *note);
// A call, at loc, of a function that has neither body nor rule for the mode ("vjp", "jvp").
void derive_no_body(DeriveCtx *c, IrLoc loc, const Func *callee, const char *mode);
// A derive, at loc, of an extern f that does not say which shapes its arrays have; only a text of the IR can have one.
void derive_no_shapes(DeriveCtx *c, IrLoc loc, const Func *f);
const char *derive_fresh_name(DeriveCtx *c, const char *base, const char *suffix);
// The body of f must exist before it is differentiated: makes it, if f is itself a derivative. False on a cycle or an error (reported).
bool derive_body(DeriveCtx *c, Func *f);

// A copy of f that is not printed: inlined, simplified, ready to be differentiated. Made once per function.
Func *derive_ready(DeriveCtx *c, Func *f);
// rule.c: fills the body of d, whose base has a rule by hand for its mode.
void rule_derived(DeriveCtx *c, Func *d);
// The parameters of a rule for f: as[i].kind and .of (P_DOT: a custom jvp, P_BAR: a custom vjp) say what parameter i is of f.
void rule_params(const Func *f, ParamKind kind, Param *as);
// A copy of f that is not printed, as it is.
Func *derive_copy(DeriveCtx *c, Func *f);
// jvp.c: fills the body of d (transform TR_JVP), and pending variants.
void jvp_derived(DeriveCtx *c, Func *d);
// vjp.c: fills the body of d (TR_VJP or TR_GRAD), and pending variants.
void vjp_derived(DeriveCtx *c, Func *d);
// record.c: fills the bodies of `forward` (TR_FORWARD) and its pair, adds their tapes, and fills pending variants.
void record_derived(DeriveCtx *c, Func *forward);

// directions.c: fills the body of d, which takes several directions or seeds at once: TR_JACFWD, TR_JACREV, TR_HESSIAN, and TR_JVP and TR_VJP
// with directions.
void directions_derived(DeriveCtx *c, Func *d);

// ---- lanes.c ----
// A function that does what f does for `width` values at once of some of its arguments (in_lanes, by argument of f): these have one more,
// last dimension of that length, and so do the results that depend on them, and those asked for (out_lanes, by result of f); a scalar becomes
// a real[width]. Everything else is computed once. Of a linear argument in_lanes counts for its whole buffer, so for its result too.
typedef struct Lanes {
    Func *f, *g;                            // g does it
    int width;
    const bool *arg_in_lanes, *result_in_lanes;     // by argument and result of f
    int *arg_of_arg;                        // by argument of f: the argument of g
    int *result_of_result;                  // by result of f: the result of g,
    int *arg_of_result;                     //   and the argument of g that is its array, if it is one only in g; else -1
} Lanes;
const Lanes *lanes_of(DeriveCtx *c, Func *f, int width, const bool *in_lanes, const bool *out_lanes);

// ---- lanes_rows.c ----
// A copy of lanes->g for a caller who reads of `result` (of f: an array in lanes) only rows at or above a number, which is one more and last
// parameter, and nothing of `dropped`, another: what he does not read need not be written. NULL: nothing would be saved, or g reads it itself.
Func *lanes_rows(DeriveCtx *c, const Lanes *lanes, int result, int dropped);

// ---- activity.c ----
Activity *activity_new(Module *m, Arena *a);
// result_depends[r * n_args + k]: result r of f carries a derivative with respect to argument k. Cached; recursion is a fixpoint.
const bool *activity_deps(Activity *act, Func *f);
// Per value id of f: depends differentiably on one of the active arguments.
bool *activity_varied(Activity *act, Arena *a, Func *f, const bool *active_args);
// Per value id of f: one of the active results depends differentiably on it.
bool *activity_useful(Activity *act, Arena *a, Func *f, const bool *active_results);

#endif
