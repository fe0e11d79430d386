// emit_internal.h — what the files of the emitter share. See emit.h for the way from IR to C.
//
// A function is emitted from a private copy, so that emit_jumps.c may take it apart. Every step adds to the tables of
// an Emit:
//
//     emit_choice  OpData.in_arm         `?:`, `&&` and `||` stand where there was a branch
//     emit_jumps   f, RegionInfo.end            regions may end in a jump; then `yields` are what the target is given
//     emit_plan    ValueInfo, Var               value -> folded into its use, or variable
//     emit_tree    Block, Stmt                  C statements; where a variable is declared
//     emit_names   Var.name
//     emit_stmt    text, with emit_expr; emit_lanes what C is told of a loop
#ifndef ADC_EMIT_INTERNAL_H
#define ADC_EMIT_INTERNAL_H

#include "emit.h"
#include "place.h"

typedef struct Var Var;
typedef struct Block Block;
typedef struct Stmt Stmt;

// How a region ends: by running out of its end, or in a jump. JUMP_STUCK: its last op never falls through (both arms
// of an `if` jump).
typedef enum Jump { JUMP_NONE, JUMP_BREAK, JUMP_CONTINUE, JUMP_RETURN, JUMP_STUCK } Jump;

typedef struct RegionInfo {
    Jump end;
    Op *loop;  // the loop that a break or continue is about
    int start; // position; see ValueInfo.pos
    int stop;
    bool exit_first; // loop body: the exit is computed before the carried variables change
} RegionInfo;

// Found by Op.mark.
typedef struct OpData {
    int index;    // in its region
    int pos, end; // positions of its begin and end
    bool needed;
    bool in_arm; // to be evaluated only where it is wanted: its one use is in an operand of ?:, && or ||
    bool jumped; // loop: some continue is aimed at it
    RegionInfo region[2];
    bool needs_mark;            // loop: its body takes memory for one trip
    VEC(Value *) allocs;        // arrays that are allocated before this op
    Var *row;                   // load, store, acc: the pointer to the row that the element is of, or NULL
    VEC(Var *) rows;            // pointers to rows that are declared before this op
    VEC(Region *) jumps;        // loop: the regions that break out of it or continue it
    Var *index_var, *trips_var; // loop
} OpData;

typedef struct ValueInfo {
    bool needed;
    bool folded;    // printed where it is used
    int pos;        // where it is defined, in the order of the text
    int uses;       // how many times its text stands somewhere
    Region *use_at; // the last of these, and the index of the op there (ops.n: its end, ops.n + 1: the loop's exit)
    int use_index;
    Op *use_loop; // used in a bound of this counted loop, which is looked at in every trip
    int last_use; // index of the last op (or end) of its own region in which it is used; -1: none
    Value *top;   // folded: the outermost value of the expression it is part of
    int weight;   // of a top: how many values are folded into it
    Var *var;     // scalars that are not folded; arrays: of the root
} ValueInfo;

// A C variable.
struct Var {
    const char *base;     // the name wanted
    const char *name;     // the name it gets
    const char *type;     // "double", "const double *restrict "; NULL: a parameter, declared already
    bool fixed;           // parameter: the name is given
    bool deref;           // a scalar behind a pointer parameter: printed as *name
    bool loops;           // some loop carries it
    bool own;             // shares with nobody
    bool needs_init;      // undefined on some path
    const Value *row_of;  // the pointer to a row: of this array,
    Value *const *row_at; // with these leading indices
    int row_n;
    bool printed;
    bool declared;
    Elem elem;
    VEC(Value *) members; // by position
    Block *scope;         // the innermost block around all its uses
    Stmt *first;          // the statement of that block with the first of them
    int order;
    int readers, writer; // scratch of the parallel assignment
    Var *forward;        // merged into
    Var *hides;          // a later variable of an outer block that has the same name
};

typedef enum StmtKind {
    S_ASSIGN, // var = value; or var = from
    S_OP,     // what op does: a store, a call, …
    S_ARRAY,  // declaration and allocation of the array that op makes
    S_ZERO,   // and its being set to zero
    S_IF,
    S_LOOP,
    S_BREAK,
    S_CONTINUE,
    S_RETURN,
    S_EXIT_IF,
    S_WHILE_NOT,
    S_COUNT, // var++
    S_MARK,
    S_REWIND, // var: the mark
    S_OPEN, // half of a record: what stands before its body
    S_PACK, // forward half: what stands before a return
    S_POINTER // var = the address of a part of an array: path of op
} StmtKind;

struct Stmt {
    StmtKind kind;
    IrLoc loc;
    Op *op;
    Var *var;
    Value *value;
    Var *from;
    const Value *array; // S_ARRAY: the array; S_POINTER: the one it is a part of
    const Path *path;   // and which; in[first..]: the operands
    Value *const *path_in;
    bool declares; // S_ASSIGN: declares var
    bool negated;  // S_IF, S_EXIT_IF
    bool forever;  // S_LOOP: while (true)
    bool do_while;
    VEC(Var *) decls;
    Block *block; // it stands in
    Block *body[2];
    int index; // in its block
};

struct Block {
    Block *parent;
    Stmt *owner;
    int depth;
    VEC(Stmt *) list;
    VEC(Var *) vars; // whose scope it is
    Var *mark;       // loop body with its own arena mark
    bool is_loop;
};

typedef struct File {
    Arena *arena;
    const Module *m;
    const EmitOptions *o;
    const char *real;   // double or float
    const char *suffix; // "" or "f"
    bool uses_math, uses_string, uses_bool, uses_stddef, uses_runtime;
    Map *globals;  // names of functions and constants
    Map *reserved; // keywords, macros, functions of the library
    Interner *names;
    Map *tape_params; // Func -> bool[params]
    Map *adders;      // StructInfo -> itself: += of such structs is wanted
    Map *called;      // Func -> itself: some text that was printed calls it
    Map *param_names; // Func -> const char *[params]
    Map *record_ids;  // Func (the forward half) -> uint64_t
} File;

typedef struct Emit {
    File *file;
    Arena *arena;
    Func *f; // the copy
    const Func *original;
    RegionInfo body;
    OpData *ops; // by Op.mark
    int n_ops;
    ValueInfo *v; // by Value.id
    Place *places;
    VEC(Var *) vars;
    Var **param_vars; // by parameter
    Var *mark;        // of the function's arena, or NULL
    const char *tape_parts; // half of a record: the C variable with the parts of the tape
    struct LastUse *uses;
    int n_uses, cap_uses;
    Block *top;
    Text *out;
    int order;
    const Op *declared_by; // the call whose result's declaration has just been printed
} Emit;

static inline OpData *op_data(const Emit *e, const Op *op)
{
    return &e->ops[op->mark];
}

static inline RegionInfo *region_info(Emit *e, const Region *r)
{
    return r->owner ? &e->ops[r->owner->mark].region[r == r->owner->regions[1]] : &e->body;
}

typedef VEC(Op *) OpList;

// ---- emit_lanes.c
// Is the loop one of few trips, none of which touches what another writes, so that C may be told?
bool emit_lanes_apart(const Emit *e, const Op *loop);

// ---- emit_choice.c
// Turns ifs of e->f into operators. Gives the ops that were in their arms.
OpList emit_choices(Emit *e);

// ---- emit_jumps.c
// A copy of f to be taken apart, in e->f, its ops numbered (Op.mark), with guards turned into jumps. Sets e->ops and
// e->body.
void emit_jumps(Emit *e);

// ---- emit_plan.c
// Decides what is folded and which values share a variable: fills e->v and e->vars.
void emit_plan(Emit *e);
// Is v a constant, a cast or a stop: text that stands wherever it is used?
bool plan_is_transparent(const Value *v);
// Is v's name one that the user gave? `_bar` and `_dot` are names of adc's.
bool plan_has_user_name(const Value *v);
// What the C function that op is a call of returns, or NULL: a call, and ops that the runtime has a function for.
Value *plan_returned(const Op *op);
// Does op compare an int or bool with itself? gcc and clang warn of that, so it is printed as the constant it is.
bool plan_is_self_comparison(const Op *op);
// The variable of a scalar or of an array's root; NULL where there is none (constants, folded values).
Var *plan_var(const Emit *e, const Value *v);
Var *plan_new_var(Emit *e, const char *base, const char *type, Elem elem);
// Is v, which is in scope there, still used after op `index` of r has run?
bool plan_alive_after(Emit *e, const Value *v, const Region *r, int index);
// Calls visit for each variable that the text of v will name.
typedef void (*VarVisit)(void *context, Var *var);
void plan_visit_vars(const Emit *e, const Value *v, VarVisit visit, void *context);
// The same for the number of elements of the array of that root.
void plan_visit_size(const Emit *e, const Value *root, VarVisit visit, void *context);
void plan_visit_op(const Emit *e, const Op *op, VarVisit visit, void *context);

// ---- emit_vars.c
// Gives all values that are not folded their variables; the last step of emit_plan.
void emit_vars(Emit *e);

// ---- emit_rows.c
void emit_rows(Emit *e);

// ---- emit_tree.c
void emit_tree(Emit *e);

// ---- emit_names.c
void emit_names(Emit *e);
// Names that no local may have: all globals of the module, keywords, what is called of libraries.
void emit_reserve(File *file);

// ---- emit_expr.c
const char *c_type(const File *file, Elem elem);
// Of an element of an array of that type: "double", "struct camera".
const char *c_element(const File *file, Type t);
// A struct in memory as C names it, to be read or assigned to: cam, *cam, cams[i].
void expr_struct(Emit *e, Text *t, const Value *array, int least);
// Is the struct itself the variable, not a pointer to it?
bool is_object(const Emit *e, const Value *root);
// Appends v as an operand of an operator that needs precedence `least` or higher.
void expr(Emit *e, Text *t, const Value *v, int least);
// Appends the negation of condition v.
void expr_not(Emit *e, Text *t, const Value *v, int least);
// The element that a load, store or acc is about.
void expr_element(Emit *e, Text *t, const Op *access);
// The array as a pointer.
void expr_array(Emit *e, Text *t, const Value *array, int least);
// array + offset of a part.
void expr_part(Emit *e, Text *t, const Value *array, const Path *p, Value *const *in, int least);
// Element `index` of an array, in row-major order: a variable, an int where the array is of rank 1.
void expr_item(Emit *e, Text *t, const Value *array, const char *index);
// The number of elements of an array, as a size_t.
void expr_size(Emit *e, Text *t, const Value *array, int least);
// The same for adrt_alloc.
void expr_count(Emit *e, Text *t, const Value *array);
// v where C may be left to convert an int to a real.
void expr_converted(Emit *e, Text *t, const Value *v);
void expr_call(Emit *e, Text *t, const Op *op);
// A call of the runtime: gemm and what factors and solves.
void expr_matrix(Emit *e, Text *t, const Op *op);
void expr_var(Emit *e, Text *t, Var *var, int least);
// A store or acc, as a statement without its `;`.
void expr_store(Emit *e, Text *t, const Op *op);
// An assignment of value to var, as a statement without its `;`.
void expr_assign(Emit *e, Text *t, Var *var, const Value *value);
bool param_is_tape(File *file, const Func *f, int p);

// ---- emit_stmt.c
void emit_body(Emit *e);
// s as a C string literal.
const char *c_string(Arena *a, const char *s);

// ---- emit_record.c
// The parameters of f in the order of C, as indices of f->params; TAPE_PARAM stands for all tapes of a half of a record. Gives
// their number, at most one more than f->params.n.
enum { TAPE_PARAM = -1 };
int emit_c_params(const Func *f, int *list);
const char *emit_tape_type(const Func *f, bool restricted);
// Does the header of m need the tape's type?
bool emit_has_records(const Module *m);
// Lines, without indentation: what opens the tape of a half, and what packs it before the forward half returns.
const char *emit_tape_opened(Emit *e);
const char *emit_tape_packed(Emit *e);
#define EMIT_TAPE_API "adrt_tape adrt_tape_new adrt_tape_free adrt_tape_data adrt_tape_from" // what the header brings

// ---- emit_c.c
File emit_file(Arena *a, const Module *m, const EmitOptions *o);
void emit_mark(Text *out, const Module *m);
// emit_vector.c: for the functions of math.h that are called in `text` and have vector versions in glibc, the declarations that say so.
void emit_vector_math(Text *out, const char *text, bool real_float);
bool emit_is_exported(const Func *f);
// The parameter that is the struct which f returns by value, or -1.
int emit_struct_result(const Func *f);
// The name of the function that adds one struct to another.
const char *emit_adder(const File *file, const StructInfo *st);
// Declares a struct as C does, with its guard and those in it before.
void emit_struct(File *file, Text *t, const StructInfo *st);
// The C name of parameter p: its own, or with a digit where two of an internal function have the same.
const char *emit_param_name(File *file, const Func *f, int p);
// The signature of f as it stands in FILE.c (restrict, definition) or in a header.
void emit_signature(File *file, Text *t, const Func *f, const char *name, bool restricted);
// Breaks a line that is too long at its spaces; `indent` is what following lines start with.
void put_wrapped(Text *out, const char *line, int indent);

#endif
