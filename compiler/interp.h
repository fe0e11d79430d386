// interp.h — runs IR: slow, simple, and strict where C would be silent. `adc verify`, `adc eval` and many tests stand on it.
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
//
// Reals have imaginary parts. If those of the arguments are tiny, those of the results are as tiny times the derivative in that direction, to
// round-off (the complex step): nothing is subtracted, and no rule of ops.def is used.
//
//     args[0].im = 1e-100;  interp_call(..);  res[0].im / 1e-100 is the derivative, unless in->not_complex or in->corner
#ifndef INTERP_H
#define INTERP_H

#include "ir.h"

// An element or scalar.
typedef struct Cell {
    union {
        double r;                               // reals
        int64_t i;                              // all others
    };
    double im;
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
    double im;
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

// One comparison of reals, choice of max or abs, rounding, stop_gradient: what a smooth function does the same way all around a point.
typedef struct Decision {
    const Op *op;
    double outcome;
} Decision;

// The decisions of a call. Recorded by one, followed by others: `parted` is the first op that then decided something else. Values under
// stop_gradient are those of the recorded call, so that differences do not see what derivatives do not.
typedef struct InterpTrace {
    VEC(Decision) made;
    bool recording;
    int next;
    const Op *parted;
} InterpTrace;

// Of an array argument, before the call.
typedef struct InterpShape {
    bool known;                                 // by a `shape` op
    size_t n, dims[IR_MAX_RANK];                // all cells, those of structs counted one by one
} InterpShape;

struct Interp;
// A C function for an extern one: args and results as in interp_call; false after setting in->error to fail.
typedef bool (*InterpExtern)(struct Interp *in, void *env, const IVal *args, IVal *results);

typedef struct Interp {
    Arena *arena;
    char *error;                                // of the last interp_call, or NULL
    const char *message;                        // then: the same without the function and the op,
    IrLoc at;                                   //   and where that op stands in the source
    long steps, max_steps;                      // ops run; the default limit is 20 million
    long taped[5];                              // elements by Elem: put into buffers, and of arrays called ..._tape
    struct ExternRow *externs;
    struct Run *run;                            // the innermost call
    VEC(Env) envs;                       // by depth of calls, used again and again
    void *unwind;                               // the jmp_buf of the outermost call
    bool undefined_spreads;                     // reals made of undefined ones are undefined, and no error until something hangs on one: the value of
                                                // what nobody looks at may be made of memory that was never written
    InterpTrace *trace;                         // or NULL
    const Op *not_complex;                      // an op that an imaginary part came to which it cannot take; set, never cleared
    const Op *corner;                           // the first op that had no one derivative where it was; set, never cleared
    const Map *opaque;                          // Func -> not NULL: how these get at their result is no matter of decisions
    int n_opaque;                               // how many of them are running
} Interp;

Interp *interp_new(Arena *a);
void interp_extern(Interp *in, const char *name, InterpExtern f, void *env);

// Runs f. args: one for each parameter with an argument (out arrays: give their size; the contents count as undefined).
// results: one for each result, in order, the value returned last; arrays are the arguments' own stores, written.
// Counts go on from call to call.
bool interp_call(Interp *in, const Func *f, const IVal *args, IVal *results);

// The shapes of f's array arguments, by argument, as far as its int arguments tell: args needs only scalars. False: in->error says why not.
bool interp_shapes(Interp *in, const Func *f, const IVal *args, InterpShape *shapes);

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
// An array of type t with n cells, which are elements or, of structs, their scalars; imaginary parts of reals may be NULL.
IVal iv_cells(Interp *in, Type t, size_t n, const double *x, const double *im);
Elem iv_elem(Type t, size_t k);                 // what cell k of it holds
IVal iv_buf(Interp *in, Elem e);
// Element k of an array, or the scalar if k is 0. NAN if it is undefined or out of bounds.
double iv_at(IVal v, int k);
double iv_im_at(IVal v, int k);

// ---- interp_imag.c ----
typedef enum ImagStatus { IMAG_OK, IMAG_UNKNOWN, IMAG_CORNER } ImagStatus;
// The imaginary part of a scalar op of reals with operands re + i im, im tiny; r: the real part. UNKNOWN: there is no formula here for that op.
// CORNER: the function has no one derivative at re.
ImagStatus interp_imag(OpCode code, const double *re, const double *im, double r, double *result);

#endif
