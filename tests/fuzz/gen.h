// gen.h - what the parts of the generator of random programs share: trees, types, scopes, signatures.
//
// In: a seed. Out: a well-typed .ad program all of whose values stay of moderate size, and the C that adapts its
// functions to the checker (see check.h). A program is a tree of nodes first; a mask may leave out or replace nodes when
// it is printed, which is how failures are shrunk: the same seed with another mask is a smaller program.
//
//     expr.c      expressions of a wanted type, from what is in scope
//     stmt.c      statements, declarations, calls that write
//     program.c   functions, derives, main
//     adapt.c     the adaptors in C
//     tree.c      nodes, masks, printing
#ifndef FUZZ_GEN_H
#define FUZZ_GEN_H

#include "util.h"

// ---- trees ----

typedef struct Node Node;
typedef struct Part { // a piece of text or a child
    const char *text;
    Node *node;
} Part;

struct Node {
    const char *
        tag; // "s": statement, "f": function or derive; of expressions the type: only equal tags may stand for each other
    const char *fallback; // what may stand instead of it, or NULL
    int id;               // by position, from 1
    VEC(Part) parts;
};

typedef struct Mask { // by id: -1 nothing is changed, 0 the fallback, k the k-th child
    signed char *at;
    int n;
} Mask;

// A new node. `format` is its text, with @ for a child (Node *), $ for text (const char *), # for an int.
Node *node(Arena *a, const char *tag, const char *fallback, const char *format, ...);
void node_child(Arena *a, Node *n, Node *child);
void node_text(Arena *a, Node *n, const char *text);
int tree_number(Node *root, int next); // gives ids; the next free one
void tree_print(Text *out, const Node *root, const Mask *mask, Arena *a);
void tree_list(FILE *out,
               const Node *root); // a line `id children-of-the-same-tag.. / nodes in it` for each that may be changed

// ---- types and signatures ----

typedef enum Elem { REAL, INT, BOOL, STRUCT } Elem;
enum { RANKS = 6 };
typedef struct Struct Struct;
typedef struct Ty {
    Elem elem;
    int rank;
    int d[RANKS]; // 'n', 'm', or the size itself
    const Struct *s;
} Ty;

typedef struct Field {
    const char *name;
    Ty type;
} Field;

struct Struct {
    const char *name;
    VEC(Field) fields; // the first is a real, so that each has one
    int reals;         // how many reals there are in one
};

typedef enum Role { IN, OUT, INOUT } Role;
typedef enum Kind { PRIMAL, BAR, DOT, JAC } Kind;
typedef enum Transform { PLAIN, GRAD, VJP, JVP, JACOBIAN, JACFWD, JACREV, HESSIAN } Transform;

typedef struct Param {
    const char *name;
    Ty type;
    Role role;
    Kind kind;
    int of;     // BAR, DOT: which parameter of the base it belongs to, -1: the result
    bool depth; // counts down in recursion
} Param;

typedef struct Sig {
    const char *name;
    VEC(Param) params;
    bool has_ret;
    Ty ret;
    double cost; // a bound on the statements it runs
    int order;   // how often it is differentiated, inside too
    bool rough;  // derived: its values may be large, and it has to be called as a statement
    Transform transform;
    int lanes; // jvp, vjp: of so many directions at once ('n', 'm', a number), or 0
    const struct Sig *base;
    bool wrt[48];     // derived: per parameter of the base
    bool partial_wrt; // not all of them
    Node *node;       // derived: what defines it
    Node *record;     // a vjp that is checked: what defines the record that is checked against it,
    const char *record_name; // and its name
    const struct Sig *against; // derived: the jvp of a triple whose checks this one joins, or NULL
} Sig;

typedef struct Equation { // what root and fixed_point can solve
    const char *name;
    bool fixed_point, vector;
    VEC(Ty) params; // besides the size and the unknown
} Equation;

bool ty_eq(Ty a, Ty b);
Ty ty(Elem e);
const char *dim_text(Arena *a, int d);
const char *ty_tag(Arena *a, Ty t); // "real", "int[n]"..

// ---- the state ----

typedef struct Var {
    const char *name;
    Ty type;
    bool writable;
    int index_of; // a loop variable that is a subscript of this dimension, or 0
    int level;
    const char *base; // the name of the variable that it is, or is a part of: s of s.rot, S of S[i].rot
    int declared;     // which declaration that is
} Var;

typedef struct Gen {
    Arena *a;
    uint64_t random;
    long seed;
    VEC(Var) vars;
    VEC(Sig *) sigs;
    VEC(Node *) top; // functions, constants, derives in order
    VEC(Struct *) structs;
    VEC(Equation) equations;
    int declarations;
    bool small; // few statements
    // the function that is being made
    Sig *self;
    int level, loops, left, names;
    bool stays;                             // nothing leaves the loop that is being written: it is @parallel
    double mult, cost;
    bool no_calls, stops, no_arrays;
    bool stopped; // a stop_gradient is somewhere: differences say nothing
} Gen;

int pick(Gen *g, int n); // 0 .. n-1
bool chance(Gen *g, int percent);
int pick_var(Gen *g, bool (*want)(const Var *v, const void *env), const void *env); // index of a visible one, or -1
bool visible(const Gen *g, int i);
void declare(Gen *g, const char *name, Ty t, bool writable, int index_of);
void declare_elements(Gen *g, const char *i, int dim); // S[i] and its fields, for all arrays S of structs of that dimension
const char *elem_name(Gen *g, Ty t);                   // "real", "struct p1_s0"
const char *suffix(Gen *g, Ty t);                      // "[n][2]"
const char *new_name(Gen *g);

typedef struct Expr { // a node and a bound on the size of its value
    Node *n;
    double b;
} Expr;

Expr real_expr(Gen *g, int depth);
Expr bounded(Gen *g, int depth, double most); // real_expr of at most that size
Expr int_expr(Gen *g, int depth);             // at most 1000
Node *small_int(Gen *g, int depth);           // at most 20, as every int variable
Node *bool_expr(Gen *g, int depth);
Node *array_expr(Gen *g, Ty t, int depth); // real, elements of at most 4, int or bool
Node *value_of(Gen *g, Ty t, int depth);   // any of these, fit to be assigned, or a struct or an array of them; NULL if there is none
Node *return_of(Gen *g, Ty t);             // "return ..;"
Node *braces(Gen *g, Ty t);                // an initialiser for a type of fixed size
Node *index_expr(Gen *g, int dim);
Node *lvalue(Gen *g, Ty t, const char **root); // a place of that type, or NULL; root: the variable's name
// A call of s as an expression (of its result's type) or, without a result, without the semicolon. NULL if something is missing.
Node *call_of(Gen *g, const Sig *s, int depth, const char *const *given);
const Sig *callee(Gen *g, bool has_ret, Ty ret); // one that may be called here and gives that, or NULL

Node *block(Gen *g, int budget); // "{ .. }"
Node *statement(Gen *g);         // NULL if none was found
Node *state(Gen *g);             // declarations

void make_program(Gen *g);
void derive_signature(Gen *g, Sig *d);                    // from base, transform and wrt
void print_adaptors(Gen *g, FILE *out, const Mask *mask); // of what the mask leaves

#endif
