// ir.h — the intermediate representation: structured SSA with arrays as linear values.
//
// In: what lower.c builds from the checked AST, or irtext.c reads. Out: what jvp.c, vjp.c and the opt_*.c passes take and give, any number of
// times, and what emit_c.c prints. The IR is closed under differentiation: there is no special kind of adjoint code.
//
// A function is one region of ops. A Value is defined once, by an op's result or as a region's argument. Control flow is ops that own
// regions (if, loop, within); a region ends in its `yields`. Values of outer regions may be used in inner ones, never the other way round.
//
//     real f(int n, real x[n], inout real y[n])              func @f(%n: int, %x: real[1], %y: real[1] inout) -> (real[1], real)
//     {                                                        %x1 = shape %x, %n
//         real s = 0.0;                                        %y1 = shape %y, %n
//         for (int i = 0; i < n; i++) {                        %y4, %s2, %T = loop %i = 0 to %n step 1 (%y2 = %y1, %s = 0.0) {
//             s += x[i];                                           %v = load %x1[%i]        %s1 = add %s, %v
//             y[i] = s;                                            %y3 = store %y2[%i], %s1
//         }                                                        yield %y3, %s1 }
//         return s;                                            yield %y4, %s2
//     }
//
// ARRAYS ARE LINEAR. An op that writes (store, acc, fill, copy_to, add_to, gemm, lu_solve, cholesky, lower_solve, lower, put, puts, and
// if/loop/within/call for what they are handed)
// CONSUMES the version it is given and makes the next one in the same buffer; after it the old version may not be used. A version may be
// read any number of times before it is consumed. Consumption happens only in the region that defines the version (as op result or
// region argument): a region that writes an outer array gets it as a region argument. Nothing is copied but by `copy` and `copy_to`.
// Views (slice, reshape, view_at), factors (lu), `in` parameters and constant arrays are read-only: never consumed. A view is dead once its base is consumed.
//
// THE OPS (operands -> results). Scalar ops: one row each in ops.def, operands and result as its signature says.
//   const_real {r, text}  const_int {i}  const_bool {i}  const_pos {i}     text: the user's spelling or NULL
//   undef                    -> scalar      a value nobody looks at (a result on the arm that does not make it)
//   const_array {array}      -> array       one of Module.arrays
//   shape raw, d0..          -> array       binds a raw array parameter to its dimensions (int values); the only use of a raw array argument.
//                                           A frozen tape passed as a parameter is bound with no dimensions.
//   new {i, no_derivative} d0.. -> array    fresh; contents zero if i == 1, undefined if 0. A dimension < 0 counts as 0. A rank-1 `new` may have
//                                           a pos dimension.
//   copy A                   -> array       fresh, same shape and contents
//   slice {n_idx, has_range} A, i0.., [lo, len] -> view   A[i0, i1, .., lo : lo+len, :, ..]; contiguous. The indices drop axes; of structs
//                                           they may go on with a field as in load, which need not be a scalar: cams[i].rot
//   reshape A, d0..          -> view        same elements, other shape
//   load A, i0..             -> scalar      as many indices as A's rank; A may be a frozen tape (rank 1) indexed by a pos. Structs: then the
//                                           number of a scalar field, always a const_int, and as many indices as that has dimensions
//   store A, i0.., v         -> A'          A[i0, ..] = v
//   acc A, i0.., v           -> A'          A[i0, ..] += v            (real; commutes with other acc's)
//   fill A, v                -> A'          every element = v; of structs: v is the constant 0.0, and all fields become zero
//   copy_to A, B             -> A'          A = B elementwise, same number of elements, B not a view of A
//   add_to A, B              -> A'          A += B elementwise, likewise; of structs only the real fields, the others stay
//   gemm {ta, tb, sub} C, A, B, m, n, k -> C'   C(m,n) += op(A)(m,k) * op(B)(k,n), op = transposed where the flag says; row-major, any ranks;
//                                           `sub`: -=
//   lu A, n -> F, P, at                     the LU factors of A(n,n) and their pivots, both fresh and read-only; at: the pivot that is 0, or -1.
//                                           What F holds is known to the runtime alone, NaN throughout if there are no factors. F stands for A: its
//                                           tangent and its adjoint are those of A, element by element, through tapes and copies too. (So nothing but
//                                           the next two ops may look at it, and the reverse has no need of A.)
//   lu_solve {ta} X, F, P, n, k -> X'       X(n,k) = op(A)^-1 X
//   lu_logdet F, P, n -> real               log |det A|
//   cholesky A, n -> A', at                 A(n,n) becomes its lower Cholesky factor, zero above the diagonal; reads the lower triangle only; at: the
//                                           pivot that is not above 0, or -1; A' is NaN throughout then
//   lower_solve {ta, right} X, L, n, k -> X'    X(n,k) = op(L)^-1 X; `right`: X(k,n) = X op(L)^-1. Reads the lower triangle of L only
//   lower {map} A, n -> A'                  of A(n,n), by map: `zero` above the diagonal; `half`: that, and the diagonal halved; `mirror`: above the
//                                           diagonal what is below it; `fold`: below the diagonal plus what is above it, zero there
//   buf_new {type}           -> buf         an empty growable tape of real, int, bit or pos
//   put B, v1..vk            -> B'          appends k scalars (bit: bool operands)
//   puts B, A                -> B'          appends all elements of an array
//   freeze B                 -> array       rank 1, read-only from now on (consumes B)
//   len Z                    -> pos         the length of a frozen tape
//   view_at Z, p, d0..       -> view        array of that shape that starts at position p of the frozen tape Z
//   check {text, kind} ok, v.. -> nothing   stops the program with the message and the values if !ok (assert, shape, index, slice, overlap,
//                                           singular, root)
//   if {choice} c, A0..      -> A0'.., s..  regions[0] then, regions[1] else, each with one argument per array handed in; each yields first the
//                                           new versions of those, then the scalars. choice: an expression of the source, ?: && or ||
//   loop {counted, step, reversed, has_exit, trips, checkpoint} [lo, hi,] [states,] init.. -> final.., trips
//                                           body regions[0] (args: [index,] carried..) yields [exit,] carried..
//                                           head regions[1] or NULL (args: carried..) yields cond; pure; only where not counted
//       i = lo; t = 0; c = init;
//       while (counted ? (step > 0 ? i < hi : i > hi) : !head || head(c)) { (exit, c) = body(i, c); t++; i += step; if (exit) break; }
//                                           results are c and t. `reversed` (counted, no exit): the same indices in the opposite order.
//                                           trips: what is known of their order (Trips).
//                                           checkpoint: the reverse keeps no more than `states`, an int, of the values that c has on its way.
//   within {slots} A, path.., E0.. -> A', E0'.., s..
//                                           regions[0]: one argument per slot, a writable array that is that part of A, then one per other
//                                           array or buf E handed in (as in if); yields the new version of each slot, of each E, then scalars.
//                                           Paths as in slice, or as in view_at, then into scalars of any shape. Slots must not overlap.
//                                           A itself is out of reach inside.
//   call {callee} args..     -> results..   one argument per Param with .arg >= 0, one result per Param with .result >= 0 and one for .ret.
//                                           An array or buf handed to an out or inout parameter is consumed; the result is its next version.
//
// Memory: a Module owns an arena; functions, regions, ops and values live in it. Passes build new ops; they may edit in place.
#ifndef ADC_IR_H
#define ADC_IR_H

#include "util.h"

typedef struct Module Module;
typedef struct Func Func;
typedef struct Region Region;
typedef struct Op Op;
typedef struct Value Value;

// A place in the user's source; line 0: none.
typedef struct IrLoc {
    const char *file;                       // as the user named it; interned
    int line, col;
} IrLoc;

typedef enum Kind { K_SCALAR, K_ARRAY, K_BUF } Kind;
typedef enum Elem { E_REAL, E_INT, E_BOOL, E_POS, E_BIT, E_STRUCT } Elem;
                                            // E_BIT: only in bufs and frozen tapes; loads give E_BOOL
                                            // E_STRUCT: only in arrays; rank 0 is one struct in memory
typedef struct StructInfo StructInfo;

typedef struct Type {
    unsigned char kind, elem, rank;         // rank 0 unless K_ARRAY
    const StructInfo *st;                   // of E_STRUCT
} Type;

// Of an array: the language has 8, one in lanes (lanes.c) has one more, in lanes of lanes two. Operands that say which element or part of one.
enum { IR_MAX_RANK = 12, IR_MAX_INDEX = 2 * IR_MAX_RANK + 1 };

// A member of a struct, or of a struct in it: %s.pts[%j].xy[%k] is the field `xy` of `pts`. Dimensions are those of the whole path.
typedef struct Field {
    const char *name;
    int parent;                             // the field that this one is a member of; -1: the struct itself
    int n_outer;                            // how many of the dimensions are the path's before it
    int rank, dims[IR_MAX_RANK];
    Elem elem;
    const StructInfo *st;                   // of E_STRUCT
} Field;

// One that is declared in C. Fields stand in order, each before its own members, and are named by their number.
struct StructInfo {
    const char *name;                       // after the keyword `struct`
    VEC(Field) fields;
    bool has_real;                          // so that it can carry a derivative
};

extern const Type T_REAL, T_INT, T_BOOL, T_POS;
Type type_array(Elem elem, int rank);
Type type_buf(Elem elem);
Type type_like(Type of, int rank);          // the array of that rank with the elements of `of`
static inline bool type_eq(Type a, Type b) { return a.kind == b.kind && a.elem == b.elem && a.rank == b.rank && a.st == b.st; }
static inline bool type_is_scalar(Type t) { return t.kind == K_SCALAR; }
static inline bool type_is_linear(Type t) { return t.kind != K_SCALAR; }
static inline bool type_is_struct(Type t) { return t.elem == E_STRUCT; }
// A real scalar, array or buf, or structs with a real in them: can carry a derivative.
static inline bool type_is_real(Type t) { return t.elem == E_REAL || (t.elem == E_STRUCT && t.st->has_real); }

typedef enum OpCode {
#define SCALAR(name, sig, style, c, prec, cost, da, db, dc) OP_##name,
#define ARRAY(name, tie, effect) OP_##name,
#include "ops.def"
    OP_COUNT
} OpCode;

typedef enum Style { ST_NONE, ST_INFIX, ST_PREFIX, ST_CALL, ST_CAST, ST_SPECIAL } Style;
typedef enum Effect { E_NONE, E_STOP, E_CODE } Effect;

// A row of ops.def as data. For array ops sig is NULL.
typedef struct OpInfo {
    const char *name, *sig;
    Style style;
    const char *c;
    int prec, cost;
    const char *partial[3];                 // NULL: no derivative
    int tie;
    Effect effect;
} OpInfo;

extern const OpInfo op_info[OP_COUNT];
static inline bool op_is_scalar(OpCode c) { return op_info[c].sig != NULL; }
int op_arity(OpCode c);                     // of a scalar op
Type op_result_type(OpCode c);              // of a scalar op
Type op_operand_type(OpCode c, int k);      // of a scalar op
OpCode op_by_name(const char *name);        // OP_COUNT if there is none

struct Value {
    Type type;
    int id;                                 // unique in the function; dense: 0 .. func->n_values-1
    Op *def;                                // the op whose result this is, or NULL: then an argument of
    Region *region;                         //   this region (always the region the value belongs to)
    int index;                              // which result or argument
    const char *name;                       // the user's variable this is a version of, or NULL
    Value *root;                            // arrays and bufs: where the buffer comes from (see ir_root); else NULL
};

struct Region {
    Func *func;
    Op *owner;                              // NULL for a function's body
    VEC(Value *) args;
    VEC(Op *) ops;
    VEC(Value *) yields;
};

// A struct of the module by its name, or NULL.
const StructInfo *struct_by_name(const Module *m, const char *name);
// Adds a struct, and to it members in their order, which brings in what is in them. struct_end comes after the last.
StructInfo *struct_new(Module *m, const char *name);
void struct_member(Module *m, StructInfo *st, const char *name, Elem elem, const StructInfo *of, int rank, const int *dims);
// The number of the member of field `parent` (-1: of st) with that name, or -1.
int struct_field(const StructInfo *st, int parent, const char *name);
int struct_scalars(const StructInfo *st);   // in one struct, arrays counted in full

typedef struct ConstArray {
    const char *name;                       // C name
    Elem elem;
    int rank;
    int dims[IR_MAX_RANK];
    int n;                                  // elements
    double *data;                           // ints and bools stored exactly
    const char **text;                      // spelling of each element, or NULL
} ConstArray;

// One slot of a within, or the path of a slice. Operands are counted in Op.in.
typedef struct Path {
    int n_idx;                              // leading indices
    bool has_range;                         // then lo, len follow
    bool at_pos;                            // a position and `rank` dimensions instead (view_at)
    int rank;                               // of the part
} Path;

// What the op `lower` does to a matrix. ZERO and HALF are their own adjoints, MIRROR and FOLD are each other's.
typedef enum LowerMap { LOWER_ZERO, LOWER_HALF, LOWER_MIRROR, LOWER_FOLD } LowerMap;

// What the trips of a loop have to do with one another. An element of an array that one trip of an independent loop writes is not read or written by
// any other, but that several may add to it (acc, add_to, gemm). Of scalars nothing is said: what is carried shows.
typedef enum Trips {
    TRIPS_IN_ORDER,                         // they may need one another
    TRIPS_INDEPENDENT,
    TRIPS_PARALLEL,                         // independent, and the user wants them run by threads
    TRIPS_THREADS                           // they can be as they stand, and are: nothing is carried but arrays, which no two trips touch alike
} Trips;

struct Op {
    OpCode code;
    IrLoc loc;
    Region *parent;
    int n_in, n_out;
    Value **in, **out;
    Value **room;                           // where b_result put `out`, and how many fit there
    int n_room;
    int n_regions;
    Region *regions[2];
    // attributes; which ones count is said above
    int64_t i;                              // const_int, const_bool, const_pos, new (1: zeroed)
    double r;                               // const_real
    const char *text;                       // const_real's spelling; check's message
    const char *kind;                       // check: "assert", "shape", "index", "slice", "overlap", "singular", "root"
    ConstArray *array;
    Func *callee;
    bool choice;                            // if
    bool counted, reversed, has_exit, checkpoint;               // loop
    Trips trips;
    int step;
    bool ta, tb, sub;                       // gemm; ta: lu_solve, lower_solve too
    bool right;                             // lower_solve
    LowerMap map;                           // lower
    bool no_derivative;                     // new {1}: zeros that stand for "no derivative here" (see b_no_derivative, opt.h)
    int n_paths;                            // slice: 1; within: slots
    int n_extra;                            // within: how many other arrays are handed in
    Path *paths;
    int mark;                               // scratch for the pass that is running
};

typedef enum Role { ROLE_IN, ROLE_OUT, ROLE_INOUT } Role;

// Which value of the function that was differentiated a derived parameter belongs to.
// P_JAC: a matrix of its derivatives. P_TAPE: a growable tape that the forward half of a record fills, or the same frozen that its reverse half
// reads; in C all of them are one `adrt_tape *`.
typedef enum ParamKind { P_PRIMAL, P_BAR, P_DOT, P_JAC, P_INTERNAL, P_TAPE } ParamKind;

// A parameter in the order of the C signature. IN: an argument. OUT: a result; OUT arrays have an argument too, whose contents are undefined
// on entry. INOUT: both. Array and buf results are the last version of their own argument's buffer.
typedef struct Param {
    const char *name;
    Role role;
    Type type;
    int arg;                                // index into body->args, or -1
    int result;                             // index into body->yields, or -1
    ParamKind kind;
    int of;                                 // P_BAR, P_DOT, P_JAC: index of that parameter in the base function's params, -1: its return value
    const char *shape;                      // as in the source, for comments: "[n][m]" or ""
    bool is_result;                         // the array that the source function returns; C's last parameter
} Param;

// Of a function whose one result is the y that solves residual(.., y, ..) = 0, y being at the place of parameter `unknown`. The residual has the
// same parameters and result; tangent and adjoint have one parameter r of y's type more, at the end (but for an array result), and give
// -J^-1 r and -J^-T r, where J is the residual's Jacobian in y. What the function is handed as `unknown` has no influence on the result.
typedef struct Implicit {
    Func *residual, *tangent, *adjoint;
    int unknown;
} Implicit;

// TR_FORWARD and TR_REVERSE: the two halves of a record.
typedef enum Transform {
    TR_NONE, TR_GRAD, TR_VJP, TR_JVP, TR_JACFWD, TR_JACREV, TR_HESSIAN, TR_FORWARD, TR_REVERSE
} Transform;

static inline bool transform_is_record(Transform t) { return t == TR_FORWARD || t == TR_REVERSE; }

// How many directions or seeds a TR_JVP or TR_VJP takes at once, which is the last dimension of every parameter it adds: one, without such a
// dimension; a constant; what an int parameter of the base says.
typedef struct Directions {
    enum { DIRECTIONS_ONE, DIRECTIONS_CONST, DIRECTIONS_PARAM } kind;
    int64_t n;                              // the constant, or the parameter's index
} Directions;

struct Func {
    Module *module;
    const char *name;                       // C name, also the name in IR text
    const char *source_name;                // as the user wrote it, or NULL for what adc made
    IrLoc loc;
    VEC(Param) params;
    int ret;                                // index into body->yields of the scalar returned by value, or -1
    Type ret_type;                          // its type
    Region *body;                           // arguments always; no ops and yields where transform and not yet done; only shapes where is_extern
    int n_values;
    bool is_static, is_extern, is_imported;
    bool must_inline, no_inline;
    // derive.c: what this function is a derivative of; TR_NONE for an ordinary function
    Transform transform;
    Func *base;
    bool *wrt;                              // per parameter of base
    Directions directions;
    Func *pair;                             // of a record's half: the other half
    const char *tape;                       //   and C's name of its tape
    bool done;
    enum { EFFECT_UNKNOWN, EFFECT_NO, EFFECT_YES } effect;      // see effect.c
    Func *custom_vjp, *custom_jvp;          // rules given by the user for this function
    const Implicit *implicit;               // what its derivative is made of, if it solves an equation; else NULL, as after derive_all
    const char *comment;                    // more for the header, or NULL
};

struct Module {
    Arena *arena;
    Interner *names;
    VEC(Func *) funcs;                      // in the order they are to be printed
    VEC(StructInfo *) structs;              // each after those in it
    VEC(ConstArray *) arrays;
    const char *source;                     // FILE.ad
};

Module *module_new(Arena *a);
Func *func_new(Module *m, const char *name);                            // appended to m->funcs, with an empty body and ret -1
Func *func_by_name(const Module *m, const char *name);                  // or NULL
// Adds a parameter, and its argument and its place among the results as the role says. Gives the raw argument, or NULL (OUT scalar).
// Results are numbered in the order of the parameters; the yields themselves are set by ir_return.
Value *func_param(Func *f, const char *name, Role role, Type type, ParamKind kind, int of);
int func_n_results(const Func *f);                                      // out and inout parameters, and 1 if ret >= 0
void func_set_ret(Func *f, Type type);                                  // after all parameters: f returns a scalar, as its last result
const char *func_fresh_param(Func *f, const char *name);                // a name that no parameter of f has yet: name, or with a digit
Region *region_new(Func *f, Op *owner);
Value *region_arg(Region *r, Type t, const char *name, Value *root);    // root: see ir_root; NULL: the argument is its own root

// ---- building ----
// Ops are appended at the end of b->at. With `fold`, scalar ops are simplified as they are made (opt_simplify.c).
typedef struct Builder {
    Func *f;
    Region *at;
    IrLoc loc;
    bool fold;
} Builder;

Builder builder_at(Func *f, Region *r, bool fold);
// The most general: an op with operands, no results and no regions yet. `in` is copied.
Op *b_op(Builder *b, OpCode code, int n_in, Value *const *in);
Value *b_result(Op *op, Type t, const char *name, Value *root);         // adds one result

Value *b_real(Builder *b, double x);
Value *b_real_text(Builder *b, double x, const char *spelling);
Value *b_int(Builder *b, int64_t x);
Value *b_bool(Builder *b, bool x);
Value *b_pos(Builder *b, int64_t x);
Value *b_undef(Builder *b, Type scalar);
Value *b_scalar(Builder *b, OpCode code, Value *const *in);             // simplified if b->fold
Value *b_1(Builder *b, OpCode code, Value *a);
Value *b_2(Builder *b, OpCode code, Value *a, Value *c);
Value *b_3(Builder *b, OpCode code, Value *a, Value *c, Value *d);

Value *b_shape(Builder *b, Value *raw, int rank, Value *const *dims);
Value *b_new(Builder *b, Elem elem, int rank, Value *const *dims, bool zero, const char *name);
Value *b_new_like(Builder *b, Type type, Value *const *dims, bool zero, const char *name);     // also of structs
Value *b_copy(Builder *b, Value *a, const char *name);
Value *b_const_array(Builder *b, ConstArray *c);
// n indices, then optionally lo and len (both NULL: none).
Value *b_slice(Builder *b, Value *a, int n_idx, Value *const *idx, Value *lo, Value *len);
Value *b_reshape(Builder *b, Value *a, int rank, Value *const *dims);
Value *b_load(Builder *b, Value *a, int n, Value *const *idx);          // a load through a slice becomes a load of the base
Value *b_store(Builder *b, Value *a, int n, Value *const *idx, Value *v);
Value *b_acc(Builder *b, Value *a, int n, Value *const *idx, Value *v);
Value *b_fill(Builder *b, Value *a, Value *v);
Value *b_copy_to(Builder *b, Value *a, Value *from);
Value *b_add_to(Builder *b, Value *a, Value *from);
Value *b_gemm(Builder *b, Value *c, Value *x, Value *y, Value *m, Value *n, Value *k, bool tx, bool ty);
Value *b_gemm_sub(Builder *b, Value *c, Value *x, Value *y, Value *m, Value *n, Value *k, bool tx, bool ty);
Op *b_lu(Builder *b, Value *a, Value *n, const char *name, const char *pivots_name);   // results: F, P, at
Value *b_lu_solve(Builder *b, Value *x, Value *factor, Value *pivots, Value *n, Value *k, bool ta);
Value *b_lu_logdet(Builder *b, Value *factor, Value *pivots, Value *n);
Op *b_cholesky(Builder *b, Value *a, Value *n);                         // results: A', at
Value *b_lower_solve(Builder *b, Value *x, Value *l, Value *n, Value *k, bool ta, bool right);
Value *b_lower(Builder *b, Value *a, Value *n, LowerMap map);
Value *b_buf_new(Builder *b, Elem elem, const char *name);
Value *b_put(Builder *b, Value *buf, int n, Value *const *v);
Value *b_puts(Builder *b, Value *buf, Value *array);
Value *b_freeze(Builder *b, Value *buf);
Value *b_len(Builder *b, Value *z);
Value *b_view_at(Builder *b, Value *z, Value *p, int rank, Value *const *dims);
Op *b_check(Builder *b, const char *kind, const char *message, Value *ok, int n, Value *const *values);

// if: b_if makes the op and both regions (with an argument per array); fill the regions with builder_at(f, op->regions[k]) and ir_yield; then
// b_if_end makes the results from the yields' types. The first n results are the arrays handed in.
Op *b_if(Builder *b, Value *cond, int n, Value *const *arrays);
void b_if_end(Op *op);
// loop: b_loop makes op, body and arguments and all results (trips last); b_loop_head adds the head region with its arguments.
// Counted: lo and hi given; else both NULL. An exit: set op->has_exit and yield it first.
Op *b_loop(Builder *b, Value *lo, Value *hi, int step, bool reversed, int n, Value *const *init);
// A loop with the attributes of `like`; `before`: what stands for the operands of that before its initial values.
Op *b_loop_like(Builder *b, const Op *like, Value *const *before, int n, Value *const *init);
// How often a counted loop runs from lo to hi, if it has no exit. May be negative: then not at all.
Value *b_trip_count(Builder *b, const Op *loop, Value *lo, Value *hi);
Region *b_loop_head(Op *loop);
// The reverse of a loop without exit or with one keeps at most `states` of its states; before the loop is given its attributes in any other way.
void loop_keep_states(Op *loop, Value *states);
Value *loop_states(const Op *loop);                                     // that, or NULL
int loop_first_init(const Op *loop);                                    // how many operands stand before the initial values
int loop_n_carried(const Op *loop);
Value *loop_index(const Op *loop);                                      // NULL if not counted
Value *loop_arg(const Op *loop, int k);                                 // carried argument k of the body
Value *loop_yield(const Op *loop, int k);                               // what the body yields for carried k
Value *loop_exit_flag(const Op *loop);                                  // or NULL
Value *loop_trips(const Op *loop);                                      // its last result
// within: one slot per path; `operands` are the paths' operands one after the other; `extra` other arrays and bufs to be written inside.
// Results are made by b_within_end.
Op *b_within(Builder *b, Value *a, int n_paths, const Path *paths, int n_operands, Value *const *operands, int n_extra, Value *const *extra);
void b_within_end(Op *op);
// call: results are made from the callee's parameters. Dead results are allowed.
Op *b_call(Builder *b, Func *callee, int n, Value *const *args);

void ir_yield(Builder *b, int n, Value *const *values);                 // ends the region b->at

// ---- asking ----
// Where a version's buffer comes from: the result of shape, new, copy, const_array, slice, reshape, view_at, freeze, buf_new or lu; the argument of
// a within's region. All versions of one buffer have one root (freeze starts a new one).
Value *ir_root(Value *array);
// The same through views, shapes, slots of withins and freezes: the array, buf or argument whose elements these are.
Value *ir_top_root(Value *v);
// Dimension k of an array as a value that is defined wherever the array is. May append constants or arithmetic to b->at.
Value *ir_dim(Builder *b, Value *array, int k);
// All elements of an array as a pos or int value: product of the dimensions.
bool ir_is_const(const Value *v, double *x);                            // const_real, const_int, const_bool, const_pos
bool ir_is_int_const(const Value *v, int64_t *x);
bool ir_is_zero(const Value *v);                                        // a constant 0, of either sign
const Value *ir_base_of(const Value *v, int64_t *c);                    // an int as base + c; NULL: it is the constant c
bool ir_is_readonly(const Value *array);                                // view, in parameter, constant, frozen tape
// The operand whose buffer result k of op is the next version of; -1 if none.
int op_tie(const Op *op, int k);
// Does op consume its operand k?
bool op_consumes(const Op *op, int k);
// effect.c: may it stop the program (itself, its regions, its callees)? What is known of functions is kept until it is forgotten; passes that
// add bodies or take out checks ask for that.
bool op_has_effect(const Op *op);
bool func_has_effect(Func *f);
void func_forget_effects(Module *m);
int path_n_operands(const Path *p);
// What is indexed by n operands: an array of type t has rank(t) leading indices; structs then may have the number of a field, a const_int,
// and indices of that field.
const Field *type_field(Type t, int n, Value *const *idx);             // the field, or NULL: the indices end before it
Type type_part(Type t, int n, Value *const *idx);                       // the array that is left (of rank 0: an element)
Type type_element(Type t, int n, Value *const *idx);                    // the scalar type of an element that load gives
Type op_element(const Op *op);                                          // of the element that a load, store or acc is about
int op_n_index(const Op *op);                                           // how many operands of a load, store or acc name that
Type path_type(Type base, const Path *p, Value *const *in);             // of a part; in: the path's operands
bool region_defines(const Region *r, const Value *v);                   // v is defined in r or deeper

// ---- partial derivatives from the table ----
// The contribution of operand k of a scalar op: an expression in the seed s, built at b. `a` are the operands, `r` the result; only those
// that partial_needs names are looked at and may be NULL otherwise. NULL if the operand has no derivative.
Value *b_partial(Builder *b, OpCode code, int k, Value *seed, Value *const *a, Value *r);
// The unary op whose value at the operand is all that the contribution of a unary op reads of it: cos for sin. OP_COUNT: there is none.
OpCode op_companion(OpCode code);
// The contribution of such an op by that value, where there is one already.
Value *b_partial_by(Builder *b, OpCode code, Value *seed, Value *companion, Value *r);
enum { NEEDS_A = 1, NEEDS_B = 2, NEEDS_C = 4, NEEDS_R = 8 };
unsigned partial_needs(OpCode code, int k);                             // which of operands and result the contribution of operand k reads

// ---- other files' entry points ----
// irtext.c
void ir_print(Text *out, const Module *m);
void ir_print_func(Text *out, const Func *f);
Module *ir_parse(Arena *a, const char *file, const char *text, char **error);      // NULL and *error = "file:line:col: error: …"
// verify.c: NULL if all is well, else what is wrong and where, in the arena
char *ir_verify(Arena *a, const Module *m);
char *ir_verify_func(Arena *a, const Func *f);
// opt_simplify.c: the simpler value that op code(in..) is, or NULL. Never changes an IEEE result (but the sign of a zero product by -1).
Value *simplify(Builder *b, OpCode code, Value *const *in);
// Copies op (with regions, deep) to the end of b->at, operands through map (indexed by id; NULL: the value itself); records its results and
// inner values in map. `map` has to cover the source function's n_values.
void ir_clone_op(Builder *b, const Op *op, Value **map);
// The op that binds the array argument `raw` of f to its shape, or NULL.
const Op *ir_shape_of(const Func *f, const Value *raw);
// v, of another function and computed there from its arguments by ops without regions, computed at b. map: as in ir_clone_op, has the arguments.
Value *ir_recompute(Builder *b, Value *v, Value **map);
void ir_clone_region_body(Builder *b, const Region *r, Value **map);   // ops and yields, into b->at; arguments must be mapped already

#endif
