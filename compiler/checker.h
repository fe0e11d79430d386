// checker.h — what the files of the checker share: its state, and who does what. Private to check*.c and builtins.c.
//
// In: a Module. Out: see check.h. The files, in the order in which a module passes through them:
//
//     check.c         the module: names of functions and constants, signatures, prototypes, bodies
//     check_struct.c  structs and their fields
//     check_derive.c  what derives and customs make
//     check_cycles.c  which derivatives need themselves
//     check_stmt.c    statements, and whether their end can be reached
//     check_expr.c    expressions but calls; values that meet a variable
//     check_call.c    calls of functions: arguments, roles, overlap
//     check_implicit.c  calls of root and fixed_point, and the functions these are made to call
//     builtins.c      calls of builtins: one function a rule of shapes
//     check_fold.c    constants
//     check_size.c    int expressions as symbolic sizes; comparison of shapes
//     cnames.c        names that C keeps for itself
//
// A variable that is written to after its declaration has another value afterwards, so its size has versions: `epoch`
// counts up with each such write and around loops, and a size made of the variable names the epoch in which it was
// read.
#ifndef ADC_CHECKER_H
#define ADC_CHECKER_H

#include "builtins.h"
#include "check.h"
#include "shape.h"

typedef struct Loop {           // a loop whose body is being checked
    bool broken;                // by a break
    const Attr *parallel;       // @parallel, if it has that
    struct Loop *outer;         // around it in the function
} Loop;

typedef VEC(Symbol *) SymbolList;

typedef struct Call {           // who calls whom, for cycles of derives
    Function *callee;
    Loc loc;
} Call;

typedef VEC(Call) CallList;

typedef struct Equation Equation;                               // check_implicit.c

typedef struct Checker {
    Arena *arena;
    Diags *diags;
    Module *module;
    Program *program;
    Shapes *shapes;
    Map *functions;             // name -> Function: the definition, else the first prototype
    VEC(Function *) named;      // all that are in `functions`, in source order
    Map *structs;               // name -> StructDecl
    VEC(StructDecl *) structs_known;    // whose declaration was looked at
    Map *constants;             // name -> Symbol of a global constant, declared or yet to be
    Map *predefined;            // name -> Symbol of a constant of the language
    Map *variables;             // name -> innermost local Symbol; the ones it hides hang on its next
    SymbolList scope;           // locals that can be seen, outermost first
    int depth;                  // of scopes: 1 for parameters and the outermost block
    int order;                  // position among the module's declarations: constants up to it may be used
    Function *function;         // whose body is being checked; NULL outside of bodies
    Function *sizes_of;         // whose parameters' sizes are being checked; NULL elsewhere
    Symbol *defining;           // the global constant being defined
    Map *written;               // names that the function writes to somewhere
    int epoch;
    Loop *loop;                 // the innermost
    Map *calls;                 // Function -> CallList
    VEC(Derive *) derives;      // as written, and those of a file without any
    Map *derived;               // interned key text -> Function: what transforms have made so far
    VEC(Derive *) resolving;    // derives whose base is being looked for
    VEC(Custom *) customs;
    VEC(Equation *) equations;  // what calls of root and fixed_point ask for
    Map *equations_of;          // Function -> Equation for it
    VEC(Function *) made;       // functions of which the user wrote nothing, in the order to be printed
} Checker;

// ---- check.c
Function *find_function(Checker *c, const char *name);                  // or NULL
void define_function(Checker *c, Function *f);                          // puts its name among the functions
bool is_broken(const Function *f);                                      // a derived one of which an error was reported
bool only_for_c(Checker *c, Loc loc, const Function *f);                // true: it is a record or half of one; reports its use at loc
void signature_check(Checker *c, Function *f);                          // its parameters and result get their types
void name_in_c(Checker *c, Function *f);
void distinct_cnames(Checker *c, Function *f);                          // of its parameters
void scope_declare(Checker *c, Symbol *sym);  // a local or parameter, in the innermost scope
void scope_open(Checker *c);
void scope_close(Checker *c);
Symbol *symbol_new(Checker *c, SymbolKind kind, VarDecl *decl);
// The type that a declaration of these parts has; checks the sizes in dims.
Type declared_type(Checker *c, const TypeName *name, const ExprList *dims);
// True if a and b have the same parameters and result but for names. Else *why says where they differ.
bool same_signature(Checker *c, const Function *a, const Function *b, const char **why);
// t, a type of one of from's parameters or its result, in terms of the parameters at the same positions of `to`.
Type type_renamed(Checker *c, Type t, const Function *from, const Function *to);
char *signature_text(Checker *c, const Function *f, const char *name);  // "void f(int n, out real y[n])"

// ---- check_struct.c
void struct_name(Checker *c, StructDecl *s);                            // puts it among the structs
void struct_check(Checker *c, StructDecl *s);                           // its fields
StructDecl *struct_of(Checker *c, const TypeName *name);                // the one that is meant; NULL after an error
void check_field(Checker *c, Expr *e);
bool type_has_real(Type t);                                             // real, or structs with a real in them
bool same_elem(Type a, Type b);                                         // scalars or structs of one type

// ---- check_derive.c
void derive_collect(Checker *c, Derive *d);                             // puts what it defines among the functions
void derive_resolve(Checker *c);                                        // gives them signatures
void derive_customs(Checker *c);                                        // custom rules, whose signatures must match

// The function that the transform makes of base by its parameter `wrt`, as a derive at loc would; base suits it.
Function *derive_by(Checker *c, Function *base, TransformKind kind, int wrt, Loc loc);
// "<of>_<suffix>", or with a digit, if a function or constant of that name is there.
const char *free_function_name(Checker *c, const char *of, const char *suffix);
void unknown_function(Checker *c, Name name);                           // reports it

// ---- check_implicit.c
// The function that a call of the builtin root or fixed_point is one of; its first argument goes to call.of. NULL after an error.
Function *check_implicit(Checker *c, Expr *call);
void implicit_bodies(Checker *c);                                       // of the functions made, after the module's own
bool implicit_cycles(Checker *c);                                       // false: an equation needs its own solution; reported

// ---- check_cycles.c
void derive_cycles(Checker *c);                                         // after all bodies

// ---- check_stmt.c
void check_body(Checker *c, Function *f);

// ---- check_expr.c
Type check_expr(Checker *c, Expr *e);                                   // types e and all below; gives e->type
Type check_operand(Checker *c, Expr *e);                                // the same, and complains of void
void check_condition(Checker *c, Expr *e);                              // a scalar bool
bool check_int(Checker *c, Expr *e, const char *what);                  // a scalar int; `what` names it in the message
void check_value(Checker *c, Expr *e, Type want, const char *what);     // what initialises or is assigned to a `want`
bool check_target(Checker *c, Expr *e, const char *verb);  // something that can be written to, as "assigned to"
// marks an int value as made real; reports other mismatches
bool convert_expr(Checker *c, Expr *e, Elem want, const char *what);
Type join_shapes(Checker *c, Expr *a, Expr *b, Elem elem, const char *what,
                 const char *of);                                       // of an elementwise operation
void fail(Expr *e);                                                     // gives e the error type
bool failed(const Expr *e);                                             // has it

// ---- check_call.c
void check_call(Checker *c, Expr *e);

// ---- check_fold.c
void fold_expr(Checker *c, Expr *e);                                    // sets e->value if its operands' are known

// ---- check_size.c
const Size *size_of(Checker *c, const Expr *e);                         // of a checked scalar int expression
void wrote_int(Checker *c);                                             // an int variable has been written to
typedef enum Fit { FIT_YES, FIT_TEST, FIT_NO } Fit;                     // yes; when the program runs; never
Fit sizes_fit(Checker *c, const Size *a, const Size *b);
Fit shapes_fit(Checker *c, const Type *a, const Type *b);               // ranks and all sizes

// ---- cnames.c
bool reserved_in_c(const char *name);                                   // a keyword, macro or library name of C or C++
bool reserved_as_field(const char *name);                               // a keyword or macro

// ---- walking trees, in check_size.c: every expression below, outermost first
typedef void (*ExprVisit)(void *context, Expr *e);
void visit_expr(Expr *e, ExprVisit visit, void *context);
typedef void (*StmtVisit)(void *context, Stmt *s);
void visit_stmts(Stmt *s, StmtVisit stmt, ExprVisit expr, void *context);   // stmt, expr: or NULL

static inline Type type_scalar(Elem elem)
{
    return (Type){.elem = elem};
}

#endif
