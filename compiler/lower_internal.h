// lower_internal.h — what the files of the lowering share: variables, places, lazy arrays. Private to lower*.c.
//
// In: the checked tree. Out: IR, appended at f->b.at. The files, from the whole to the parts:
//
//     lower.c          modules, signatures, functions, constants
//     lower_stmt.c     statements: branches, loops, flags and guards
//     lower_info.c     which variables a statement assigns, and how it may be left
//     lower_expr.c     scalar expressions, places
//     lower_array.c    lazy arrays: what an array expression is, and how it is written somewhere
//     lower_choice.c   `?:` with arrays as arms
//     lower_builtin.c  builtins that are no elementwise operation: reductions, products, shapes
//     lower_solve.c    solve, inv, cholesky, logdet
//     lower_call.c     calls of functions
//
// The idea: a variable (Var) knows the value it has at the point where ops are being appended. A region is entered with
// the variables it assigns noted; when it ends, what they are then is yielded. Array expressions are not computed but
// described (Lazy), and written element by element where they are wanted, in one loop nest:
//
//     y = 2.0 * x + y;      y1 = loop i = 0 to n (y2 = y) { yield store y2[i], add (mul 2.0, load x[i]), load y2[i] }
#ifndef ADC_LOWER_INTERNAL_H
#define ADC_LOWER_INTERNAL_H

#include "lower.h"

// ---- variables

enum { MAX_AXES = IR_MAX_INDEX };      // of a variable, its field, which counts as one, and those of the field

// A variable of the source, a function's result, or a flag of the lowering's own.
typedef struct Var {
    const char *name;           // the user's, or NULL
    Type type;
    int order;                  // in which they were met: sets are sorted by it
    Value *cur;                 // its value here; NULL: it has none yet
    Value *dims[MAX_RANK];      // of an array: fixed when it is declared
    bool is_output;             // what it is at the end of the function is wanted
    bool guarded;               // declared where a guard may skip the declaration: it may hold nothing
    int last_use;               // the number of the last statement that names it
    unsigned stamp;             // scratch of var_set
} Var;

typedef struct VarSet {         // sorted by order, each once
    int n;
    Var **at;
} VarSet;

typedef VEC(Var *) VarList;

enum { JUMP_BREAK = 1, JUMP_CONTINUE = 2, JUMP_RETURN = 4 };

// What lower_info.c knows of a statement; kept in Stmt.lowered.
typedef struct StmtInfo {
    VarSet assigned;            // of the variables declared outside of it, or by it (STMT_DECL)
    VarSet loop;                // a for: what is assigned after its initialisation
    unsigned jumps;             // by which it may be left
    bool falls;                 // its end may be reached
    int number;                 // of its last part; statements are numbered in the order of the source
} StmtInfo;

// ---- one function being lowered

typedef struct Lower {
    Arena *arena;
    Module *m;
    const Program *program;
    LowerOptions options;
    Map *taken;                 // names in C of functions, parameters and constants; NULL until a constant is named
} Lower;

// What break, continue and return set where we are; see lower_stmt.c.
typedef struct Flags {
    Var *skip;                  // the rest of this iteration (or function) is skipped; NULL: no jump may reach this
    Var *exit;                  // the loop is left
} Flags;

typedef struct Fn {
    Lower *l;
    Arena *arena;
    Function *ast;
    Func *f;
    Builder b;
    VarList vars;
    unsigned stamp;
    int numbers;                // of statements
    bool untested;              // no tests of subscripts now
    Var *result;                // what return gives: a scalar, or the out array `result`; NULL: void
    Var *returned;              // flag
    Flags flags;
    const Function *sizes_of;   // sizes of this function's parameters are being computed for a call:
    Value **size_args;          //   its parameters are these values
    Value *from, *to;           // while an array is written in place: its version before the loops, and the one in them
} Fn;

// Does the code being made test subscripts and the like? That of functions no user wrote does not.
static inline bool under_check(const Fn *f) { return f->l->options.check && !f->ast->knows; }

// ---- lower.c
void set_loc(Fn *f, Loc loc);
Elem elem_of(AstElem e);
Type type_of(AstType t);
bool is_aggregate(AstType t);                                              // an array or a struct
Var *var_new(Fn *f, const char *name, Type type);
Var *var_of(Fn *f, Symbol *sym);
const char *source_text(Fn *f, const Expr *e);                        // an expression as the user might have written it
Value *const_array_value(Fn *f, const Symbol *sym);                     // the array that a global constant is
const char *const_real_name(Fn *f, const Symbol *sym);                  // of a global real constant whose value is known, in C

// ---- lower_info.c
StmtInfo *info_of(Fn *f, Stmt *s);                                      // memoised
// The union of the assigned variables of n statements; those declared among them count too.
VarSet assigned_by(Fn *f, Stmt *const *at, int n);
VarSet assigned_in(Fn *f, Expr *e);                                     // by calls with out and inout arguments
VarSet named_in(Fn *f, Expr *e);                                        // variables, arrays and scalars
VarSet set_join(Fn *f, VarSet a, VarSet b);
VarSet set_with(Fn *f, VarSet a, Var *const *more, int n);              // NULLs in `more` are left out
bool set_has(VarSet a, const Var *v);

// ---- lower_stmt.c
void lower_body(Fn *f, Stmt *body);                                     // leaves outputs in their Vars

// A two-armed branch under construction. Between begin and else ops go to the first arm, between else and end to the
// second.
typedef struct Branch {
    Op *op;
    Region *outer;
    int n, n_arrays;            // of vars: arrays first
    Var **vars;
    Value **before, **yes;      // per var
    bool outputs_only;          // scalars that are no output need not come out
} Branch;
Branch branch_begin(Fn *f, Value *cond, VarSet assigned, bool outputs_only);
Branch choice_begin(Fn *f, Value *cond, VarSet assigned);               // of an expression
void branch_else(Fn *f, Branch *br);
// Ends the branch. yes[k] and no[k], values of the arms, come out as out[k]; n of them.
void branch_end(Fn *f, Branch *br, int n, Value *const *yes, Value *const *no, Value **out);

// ---- lower_expr.c
Value *lower_scalar(Fn *f, Expr *e);                                    // of a scalar; converted if so marked
Value *constant_value(Fn *f, Constant c, Elem want);
OpCode binary_code(BinaryOp op, Elem elem);                             // of operands of that elem
Value *int_const(Fn *f, int64_t x);
Value *add_ints(Fn *f, Value *a, Value *b);                             // a + b, nothing where one is the constant 0
Value *scalar_select(Fn *f, Value *cond, Value *yes, Value *no);        // of values that are there already
bool is_trivial(const Expr *e);                                 // a variable or constant: nothing to compute, no effect
bool same_index(const Value *a, const Value *b);                        // surely equal ints
bool surely_before(const Value *a, int64_t after, const Value *b);      // a + after <= b; NULL is 0
void give_name(Fn *f, Value *v, const char *name);                      // to a value that was just computed

typedef struct AxisSpec {       // one axis of an array that a place is part of
    Value *at;                  // this index (of structs also: the number of the field), or NULL:
    Value *lo, *len;            // lo : lo + len; lo NULL: 0
    bool whole;                 // all of it (len is set all the same)
} AxisSpec;

// A variable or a part of one.
typedef struct Place {
    Var *var;
    Type item;                  // what it is an array of, or it itself if its rank is 0
    int n;                      // axes of the variable and of its field
    AxisSpec ax[MAX_AXES];
    int rank;                   // axes that are left
    Value *dims[MAX_RANK];
} Place;

Place place_of_var(Var *v);
Place lower_place(Fn *f, Expr *e);                                      // evaluates subscripts, with their tests
Value *place_load(Fn *f, const Place *p);                               // of a scalar place
void place_store(Fn *f, const Place *p, Value *v);
bool place_whole(const Place *p);
bool place_is_scalar(const Place *p);
// Goes on to field k of a place that is one struct.
void place_field(Fn *f, Place *p, const StructDecl *decl, int k);
// The same for the n axes of structs of type t; *item: what the field is an array of.
void narrow_field(Fn *f, const StructDecl *decl, int k, Type t, AxisSpec *ax, int *n, int *rank, Value **dims, Type *item);
bool axes_contiguous(const AxisSpec *ax, int n);
bool axes_whole(const AxisSpec *ax, int n);
bool expr_mentions(Expr *e, const Value *array);            // names a variable in the buffer that array is a version of
// Narrows n axes (which keep `rank` of them) by the subscripts of e.
void narrow_axes(Fn *f, Expr *e, AxisSpec *ax, int n, int *rank, Value **dims);
void test_shape(Fn *f, const Expr *e, Value *have, Value *want);        // stops the program unless equal

// ---- lower_array.c
typedef enum LazyKind {
    LZ_SCALAR,                  // value, everywhere
    LZ_EXPR,                    // a scalar expression without effects, computed where it is wanted (an arm of where)
    LZ_ARRAY,                   // value, an array, narrowed by axes
    LZ_SUB,                     // arg[0], narrowed by axes
    LZ_OP,                      // op of the elements of args
    LZ_WHERE,                   // element of arg[1] where arg[0] holds, else of arg[2]
    LZ_TRANSPOSE,
    LZ_OUTER,                   // arg[0][i] * arg[1][j]
    LZ_DIAG,                    // a matrix: arg[0][i] where i == j, else 0
    LZ_DIAGONAL,                // a vector: arg[0][i, i]
    LZ_EYE, LZ_IOTA,
    LZ_REDUCE,                  // arg[0] reduced along axis
    LZ_MAKE,                    // something that is written whole, by builtin (matmul, solve, softmax, ..) or call
    LZ_BRACES,                  // an initialiser
} LazyKind;

struct Call;
typedef struct Lazy {
    LazyKind kind;
    Elem elem;
    const StructInfo *st;       // of E_STRUCT: then LZ_ARRAY, or LZ_MAKE by a call
    int rank;
    Value *dims[MAX_RANK];
    Value *value;
    int n;                      // axes
    AxisSpec ax[MAX_AXES];
    OpCode op;
    int n_args;
    struct Lazy **arg;
    BuiltinId builtin;
    int axis;                   // -1: none
    bool ta, tb;                // matmul; ta: solve
    Value *factor, *pivots;     // solve
    const char *text;           // cholesky: the call, for messages
    struct Call *call;
    Expr *expr;                 // LZ_MAKE: a choice. LZ_EXPR: computed with these variables
    VarSet named;               //   having the values they had when it was described
    Value **had;
} Lazy;

Lazy *lazy_new(Fn *f, LazyKind kind, Elem elem, int rank, Value *const *dims, int n_args);
Lazy *lazy_scalar(Fn *f, Value *v);
Lazy *lazy_array(Fn *f, Value *array, int rank, Value *const *dims);
Lazy *lazy_of_place(Fn *f, const Place *p);                            // in memory
Lazy *lazy_op(Fn *f, OpCode op, Elem elem, int n, Lazy *const *args);
Lazy *lower_array(Fn *f, Expr *e);                                      // of an array; converted if so marked
Lazy *lower_any(Fn *f, Expr *e);                                        // of an array or a scalar
Lazy *lower_operand(Fn *f, Expr *e);                                    // the same, and never LZ_MAKE
Value *lazy_at(Fn *f, const Lazy *z, Value *const *idx);                // one element
bool lazy_mentions(const Lazy *z, const Value *array);                  // reads the buffer that array is a version of
int lazy_cost(const Lazy *z);                                           // about, of computing one element; see ops.def
bool lazy_is_plain(const Lazy *z);                                      // an array there is, or a contiguous part of it
bool lazy_solves(const Lazy *z);                        // by solve or cholesky: arg[0] is written first, then solved in place
Lazy *lazy_made(Fn *f, Lazy *z);                                        // z, not LZ_MAKE
bool lazy_adds(const Lazy *z);                                       // a product: into zeros, or added to what is there
Value *lazy_value(Fn *f, Lazy *z);                             // as an array: what there is, a view of it, or a new one
Lazy *lazy_settle(Fn *f, Lazy *z);                                    // written out, unless it is LZ_SCALAR or LZ_ARRAY
Lazy *lazy_copy(Fn *f, Lazy *z);                                        // written out in any case
void lazy_keep(Fn *f, Lazy **z, int n, Expr *next);       // before `next` is evaluated, which may assign what they read
const Value *array_base(const Value *v);                                // the root of the array that a view is of
Value *new_array(Fn *f, Elem elem, int rank, Value *const *dims, const char *name);     // contents undefined
Value *new_item_array(Fn *f, Type item, int rank, Value *const *dims, bool zero, const char *name);     // of scalars or structs
void write_place(Fn *f, const Place *p, Lazy *z);                       // p = z
// all of dest, which z does not read; its next version
Value *write_into(Fn *f, Lazy *z, Value *dest, int rank, Value *const *dims);
// z's elements into those of dest that ax says; dest's next version. z may read dest at the index that is written.
Value *write_loops(Fn *f, const Lazy *z, Value *dest, const AxisSpec *ax, int n, int rank, Value *const *dims);
Value *zero_of(Fn *f, Elem e);
void initialise(Fn *f, Var *v, Expr *init);                             // of a new, zeroed array
void shape_of(Fn *f, Expr *e, Value **dims);                            // without computing the array
void test_value(Fn *f, Expr *e, const Lazy *z, const Place *p);         // of z = e, that is to be written to p, likewise
void test_shapes(Fn *f, Expr *e, int rank, Value *const *have, Value *const *want); // if e is marked so

// Counted loops, one in the other, 0 to dims[k], that carry n values.
typedef struct Nest {
    int rank, n;
    Op *loop[MAX_RANK];
    Region *outer[MAX_RANK];
    Value *idx[MAX_RANK];
    Value **carried;            // while it is open: in the innermost loop; afterwards: the results
} Nest;
Nest nest_begin(Fn *f, int rank, Value *const *dims, int n, Value *const *init, const char *const *names);
void nest_end(Fn *f, Nest *nest, Value *const *yields);

// ---- lower_choice.c
Lazy *choice_array(Fn *f, Expr *e);                                     // `c ? a : b`; evaluates c
bool lazy_is_choice(const Lazy *z);                                     // LZ_MAKE, made by choice_array
Lazy *choice_operand(Fn *f, Lazy *z);                                   // as an operand: not LZ_MAKE
void choice_write(Fn *f, const Place *p, const Lazy *z);                // p = z
Value *choice_into(Fn *f, const Lazy *z, Value *dest, int rank, Value *const *dims);    // dest's next version

// ---- lower_builtin.c
Value *builtin_scalar(Fn *f, Expr *e);                                  // a call of a builtin that gives a scalar
Lazy *builtin_array(Fn *f, Expr *e);                                    // that gives an array
Value *reduce_at(Fn *f, const Lazy *z, Value *const *idx);              // an element of LZ_REDUCE
Value *make_builtin(Fn *f, Lazy *z, Value *dest);                       // LZ_MAKE into dest
bool scan_of_elements(const Lazy *z);                                   // LZ_MAKE that may be written over what it reads
void builtin_shape(Fn *f, Expr *e, Value **dims);
Lazy *lower_factor(Fn *f, Expr *e, bool *transposed);   // a matrix that the runtime is handed, and whether it is its transpose

// ---- lower_solve.c
Lazy *lower_solve(Fn *f, Expr *e);                                      // solve, inv
Lazy *lower_cholesky(Fn *f, Expr *e);
Value *make_solve(Fn *f, Lazy *z, Value *dest);                         // any of them, into dest
Value *lower_logdet(Fn *f, Expr *e);

// ---- lower_call.c
Value *call_scalar(Fn *f, Expr *e);                                    // a call of a function: its result, NULL if void
Lazy *call_array(Fn *f, Expr *e);                                   // arguments evaluated; the call is still to be made
Value *make_call(Fn *f, Lazy *z, Value *dest);
bool call_mentions(const struct Call *c, const Value *array);
bool call_only_reads(const struct Call *c);                             // has no out or inout argument
void call_shape(Fn *f, Expr *e, Value **dims);

#endif
