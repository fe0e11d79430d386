// interp.h — runs IR, for tests: slow, simple, and strict where C would be silent.
//
// In: a function of a verified module and its arguments. Out: its results, or a message that says which op went wrong
// and why. What the emitted C does has to agree with this, and so has the IR before and after every pass.
//
//     Interp *in = interp_new(arena);
//     IVal args[] = {iv_int(2), iv_reals(in, 2, (double[]){3, 4})}, res[1];
//     if (!interp_call(in, func_by_name(m, "f"), args, res))
//         puts(in->error);             // "@f: %v.3 = load %x.2[%i.1]: index 2 of dimension 0 is not ..."
//     double s = res[0].r;
//
// Reported besides bounds, shapes and failed checks: a computation with an undefined value (undef, an element of a
// `new` without zero, of an out array before it is written), the use of a consumed version, overlapping slots, int
// overflow, too many steps.
#ifndef INTERP_H
#define INTERP_H

#include "ir.h"

// An element or scalar.
typedef struct Cell {
    union {
        double r;                               // reals
        int64_t i;                              // all others
    };
    bool defined;
} Cell;

// Elements that versions share. `now` counts the consumptions: a version made at another count is dead.
typedef struct Store {
    Cell *at;
    size_t n, cap;
    long now;
} Store;

// A scalar, or one version of an array or buffer, or a view of one.
typedef struct IVal {
    Type type;
    union {
        double r;
        int64_t i;
    };
    bool defined;
    Store *store;
    long version;
    size_t first, n;                            // the elements
    size_t dims[IR_MAX_RANK];
} IVal;

// The values of a call, by id.
typedef struct Env {
    IVal *at;
    int cap;
} Env;

struct Interp;
// A C function for an extern one: args and results as in interp_call; false after setting in->error to fail.
typedef bool (*InterpExtern)(struct Interp *in, void *env, const IVal *args, IVal *results);

typedef struct Interp {
    Arena *arena;
    char *error;                                // of the last interp_call, or NULL
    long steps, max_steps;                      // ops run; the default limit is 20 million
    long taped[5];                              // elements by Elem: put into buffers, and of arrays called ..._tape
    struct ExternRow *externs;
    struct Run *run;                            // the innermost call
    VEC(Env) envs;                       // by depth of calls, used again and again
    void *unwind;                               // the jmp_buf of the outermost call
} Interp;

Interp *interp_new(Arena *a);
void interp_extern(Interp *in, const char *name, InterpExtern f, void *env);

// Runs f. args: one for each parameter with an argument (out arrays: give their size; the contents count as undefined).
// results: one for each result, in order, the value returned last; arrays are the arguments' own stores, written.
// Counts go on from call to call.
bool interp_call(Interp *in, const Func *f, const IVal *args, IVal *results);

// What was taped so far, in bytes: reals and positions 8, ints 4, bools 1, bits an eighth. Sets the counts to zero.
long interp_tape_bytes(Interp *in);

IVal iv_real(double x);
IVal iv_int(int x);
IVal iv_bool(bool x);
// Arrays of n elements, of any rank as an argument; copied, or zero if x is NULL.
IVal iv_reals(Interp *in, int n, const double *x);
IVal iv_ints(Interp *in, int n, const int *x);
// n structs: their scalars one after the other, in the order of the fields; zero if x is NULL.
IVal iv_structs(Interp *in, const StructInfo *st, int n, const double *x);
IVal iv_buf(Interp *in, Elem e);
// Element k of an array, or the scalar if k is 0. NAN if it is undefined or out of bounds.
double iv_at(IVal v, int k);

#endif
