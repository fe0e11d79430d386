// ast.h — the tree that the parser builds, check.c completes and lower.c reads.
//
// In: tokens. Out: a Module, the declarations of a file and of all it imports, in source order. The parser fills in
// what was written; fields marked [check] are empty until check.c has passed over them, fields marked [lower] belong
// to lower.c.
//
//     real f(real x) { return 2.0 * x; }
//
//     Function f, result real, params (in real x)
//       STMT_RETURN
//         EXPR_BINARY *
//           EXPR_REAL 2.0          text "2.0", as it was written
//           EXPR_NAME x            sym: the parameter, after check
//
// Names are interned: equal names are equal pointers. Nodes live in the arena of the parse and are never freed one by
// one. No expression, statement or transform is nested deeper than AST_MAX_DEPTH, so passes may recurse freely.
#ifndef ADC_AST_H
#define ADC_AST_H

#include "diag.h"

enum {
    AST_MAX_DEPTH = 1000,       // of nested nodes; a chain a + b + c + ... nests to the left, and an else-if chain to the right
    MAX_RANK = 8,               // of arrays; checked by check.c
    MAX_CONST_ITEMS = 1 << 22,  // of a constant array; checked by check.c
    MAX_STRUCT_SCALARS = 1 << 20,   // in one struct; checked by check_struct.c
    MAX_PARAMS = 1000,          // of a function; checked by check.c
    MAX_DERIVED_PARAMS = 4000,  // of a derived one, which every order doubles; checked by check_derive.c
};

typedef struct Expr Expr;
typedef struct Stmt Stmt;
typedef struct Symbol Symbol;
typedef struct Function Function;
typedef struct StructDecl StructDecl;
typedef struct Derive Derive;
typedef struct TopDecl TopDecl;
struct Builtin;                 // a row of the table of builtin functions, which check.c owns

typedef VEC(Expr *) ExprList;
typedef VEC(Stmt *) StmtList;

// A name as it was written somewhere.
typedef struct Name {
    const char *text;           // interned; NULL where there is none
    Loc loc;
} Name;

// ----------------------------------------------------------------------------------------------------------------
// types

typedef enum Elem { ELEM_VOID, ELEM_BOOL, ELEM_INT, ELEM_REAL, ELEM_STRUCT, ELEM_ERROR } Elem;   // ERROR: already reported

// One axis' length in canonical form, made and interned by shape.c: sizes known to be equal are the same pointer.
typedef struct Size {
    bool is_const;              // then value is it
    int64_t value;
    const char *text;           // canonical spelling for messages: "3", "n", "m*n + 1"
    void *canon;                // shape.c's own representation
} Size;

// The type of a value, resolved. rank == 0: a scalar or a struct. Filled in by check.c; a value, copied freely.
typedef struct Type {
    Elem elem;
    int rank;
    StructDecl *decl;           // of ELEM_STRUCT
    const Size *dims[MAX_RANK]; // the first rank are set
} Type;

// A type as it was written before a name: `real`, `struct camera`, with `const` in front or the dims of a result
// `real[n]`.
typedef struct TypeName {
    Elem elem;
    Loc loc;
    Name struct_name;           // of ELEM_STRUCT
    StructDecl *decl;           // [check]
    ExprList dims;              // only of an array result; other declarations have dims of their own
} TypeName;

typedef enum Role { ROLE_IN, ROLE_OUT, ROLE_INOUT } Role;

// One declared variable: a local, a constant, a parameter or a field. `real a[n], b = 1;` makes two.
typedef struct VarDecl {
    Loc loc;                    // the declarator, from its name to the end of its initialiser
    TypeName type;              // without dims
    Name name;
    ExprList dims;              // [m][n] after the name
    Expr *init;                 // or NULL; EXPR_BRACES for {...}
    bool is_const;
    Role role;                  // of a parameter
    bool added;                 // [check] a parameter that a derive added to those of its base function;
    int of;                     // [check] then: the base's parameter it belongs to, or -1 for the result
    bool is_matrix;             // [check] then: a Jacobian or Hessian by that one
    Loc role_loc;               // of the keyword; empty span where none was written
    Symbol *sym;                // [check]
} VarDecl;

typedef VEC(VarDecl *) VarDeclList;

// A constant that check.c has worked out.
typedef struct Constant {
    bool known;
    Elem elem;                  // which of the following holds
    int64_t i;                  // ELEM_INT (in the range of int), ELEM_BOOL (0 or 1)
    double r;                   // ELEM_REAL
} Constant;

typedef enum SymbolKind { SYM_CONST, SYM_PARAM, SYM_LOCAL } SymbolKind;

// What a variable's name stands for. Made by check.c; functions and structs are found by their own nodes.
struct Symbol {
    const char *name;
    SymbolKind kind;
    Type type;
    Loc loc;                    // of the declared name
    Role role;                  // of a SYM_PARAM
    bool is_const;              // not to be assigned to (constants, const locals, `in` arrays and structs)
    bool used;                  // [check] read somewhere
    Constant value;             // [check] of a constant scalar that is known (M_PI included)
    const char *cname;          // [check] of a parameter or constant: its name in C, `y0_` for y0
    const Size *size;           // [check] of an int that is never written after its declaration: its value as a size
    int depth;                  // [check] of scopes
    int index;                  // of a parameter: its position
    VarDecl *decl;              // NULL for a predefined constant
    Function *owner;            // of a parameter or local
    Symbol *next;               // [check] free for scopes
    void *lowered;              // [lower]
};

// ----------------------------------------------------------------------------------------------------------
// expressions

typedef enum ExprKind {
    EXPR_INT,                   // 12
    EXPR_REAL,                  // 1e-3
    EXPR_BOOL,                  // true
    EXPR_NAME,                  // x
    EXPR_UNARY,                 // -x
    EXPR_BINARY,                // x + y
    EXPR_COND,                  // c ? x : y
    EXPR_INDEX,                 // A[i, 1:n]
    EXPR_FIELD,                 // c.focal
    EXPR_CALL,                  // f(x, y)
    EXPR_CAST,                  // (int)x and int(x)
    EXPR_BRACES,                // {1, 2, {3}}, only as an initialiser
    EXPR_ERROR,                 // a mistake that was reported; never in a tree without errors
} ExprKind;

typedef enum UnaryOp { UN_NEG, UN_PLUS, UN_NOT, UN_BITNOT } UnaryOp;

typedef enum BinaryOp {
    BIN_ADD, BIN_SUB, BIN_MUL, BIN_DIV, BIN_REM,
    BIN_LT, BIN_LE, BIN_GT, BIN_GE, BIN_EQ, BIN_NE,
    BIN_AND, BIN_OR,                                        // && ||
    BIN_BITAND, BIN_BITOR, BIN_BITXOR, BIN_SHL, BIN_SHR,
} BinaryOp;

typedef enum AxisKind { AXIS_INDEX, AXIS_SLICE } AxisKind;

// One subscript between commas. `A[i][j]` is parsed as A[i, j]; brackets after a slice make an EXPR_INDEX of their own.
typedef struct Axis {
    AxisKind kind;
    Loc loc;
    Expr *index;                // AXIS_INDEX
    Expr *lo, *hi;              // AXIS_SLICE lo:hi; NULL where missing
} Axis;

struct Expr {
    ExprKind kind;
    int depth;                  // 1 for a leaf
    Loc loc;                    // all of it, from first to last byte
    Type type;                  // [check]
    Constant value;             // [check] where it is constant; the parser sets it for literals
    Elem convert;               // [check] ELEM_REAL where the context makes an int value real; else ELEM_VOID
    bool check_shape;           // [check] only values tell whether its shape is what its place asks for: test it (see check.h)
    bool copy_arg;              // [check] an `in` array argument that may overlap an out or inout one: pass a copy
    bool check_overlap;         // [check] an out or inout argument: under --check test it against the earlier ones of its variable
    void *lowered;              // [lower]
    union {
        struct { int value; } int_;
        struct { double value; const char *text; } real;    // text: as the user wrote it
        struct { bool value; } bool_;
        struct { const char *name; Symbol *sym; } name;      // sym: [check]
        struct { UnaryOp op; Expr *operand; } unary;
        struct { BinaryOp op; Loc op_loc; Expr *left, *right; } binary;
        struct { Expr *cond, *yes, *no; } cond;
        struct { Expr *base; VEC(Axis) axes; } index;
        struct { Expr *base; Name name; int number; } field; // number: [check] position in the struct
        struct {
            Name name;
            ExprList args;
            Name of;                            // [check] of root(F, ...) and fixed_point: F, taken out of args; text NULL: another call
            Function *callee;                   // [check] a function of the module, or one that the checker made, else
            const struct Builtin *builtin;      // [check]
        } call;
        struct { Elem to; Expr *operand; } cast;             // to: ELEM_INT or ELEM_REAL
        struct { ExprList items; } braces;
    };
};

// -----------------------------------------------------------------------------------------------------------
// statements

typedef enum AttrKind { ATTR_INDEPENDENT, ATTR_PARALLEL, ATTR_CHECKPOINT, ATTR_INLINE, ATTR_NOINLINE } AttrKind;

typedef struct Attr {
    AttrKind kind;              // the parser has seen to it that it governs a loop or a function, as it should
    Loc loc;
    Expr *arg;                  // of @checkpoint(n), else NULL
} Attr;

typedef VEC(Attr) AttrList;

typedef enum StmtKind {
    STMT_DECL,                  // one declarator
    STMT_ASSIGN,                // v = e, v op= e
    STMT_STEP,                  // v++, --v
    STMT_CALL,                  // f(x);
    STMT_IF,
    STMT_FOR,
    STMT_WHILE,
    STMT_DO,
    STMT_BREAK,
    STMT_CONTINUE,
    STMT_RETURN,
    STMT_ASSERT,
    STMT_BLOCK,
    STMT_EMPTY,                 // ;
    STMT_ERROR,                 // a mistake that was reported; never in a tree without errors
} StmtKind;

struct Stmt {
    StmtKind kind;
    int depth;
    Loc loc;
    AttrList attrs;             // of a loop
    void *lowered;              // [lower]
    union {
        VarDecl *decl;
        struct { bool compound; BinaryOp op; Expr *target, *value; } assign;    // compound: target op= value
        struct { int by; Expr *target; } step;                                  // by: +1 or -1
        struct { Expr *call; } call;                                            // an EXPR_CALL
        struct { Expr *cond; Stmt *yes, *no; } if_;                             // no: or NULL
        struct { StmtList init; Expr *cond; Stmt *step, *body; } for_;          // cond, step: or NULL; init: declarations,
                                                                                // or one assignment, step or call, or
                                                                                // none
        struct { Expr *cond; Stmt *body; } while_;                              // STMT_WHILE and STMT_DO
        struct { Expr *value; } return_;                                        // or NULL
        struct { Expr *cond; const char *message; } assert_;                    // message: as it would stand between C quotes,
                                                                                // escapes and all; NULL if not given
        struct { StmtList body; Loc end; } block;                               // end: the closing brace
    };
};

// ---------------------------------------------------------------------------------------------------------
// declarations

typedef enum StructState { STRUCT_NEW, STRUCT_OPEN, STRUCT_DONE, STRUCT_BROKEN } StructState;   // OPEN: its fields are being checked

struct StructDecl {
    Name name;
    Loc loc;
    VarDeclList fields;         // [check] each has a sym, with its type and its name in C
    bool imported;
    StructState state;          // [check]
    const char *cname;          // [check] its name in C
    bool has_real;              // [check] somewhere in it
    int depth;                  // [check] the most dimensions on a way to a scalar in it
    int64_t n_scalars, n_reals; // [check] in one struct
    const void *lowered;        // [lower]
};

// What a function's result y solves, and so how it is differentiated: residual(.., y, ..) = 0, where y is at the position `unknown`. The others
// have the residual's parameters, and one more of y's type: -J^-1 r and -J^-T r, J being the residual's Jacobian in y.
typedef struct Implicit {
    Function *residual, *tangent, *adjoint;
    int unknown;
} Implicit;

struct Function {
    Name name;
    Loc loc;                    // from the result type to the parameter list's end
    TypeName result;            // as written
    Type result_type;           // [check]
    VarDeclList params;
    Stmt *body;                 // a STMT_BLOCK; NULL for a prototype, an extern and a derived function
    bool is_static, is_extern, imported;
    bool is_prototype;          // no body and not extern; check.c matches it with the definition
    AttrList attrs;             // @inline, @noinline
    Derive *derive;             // [check] set if this is what a derive defines; params and result_type are then synthesised
    Function *definition;       // [check] of a prototype: what it stands for
    Function *custom_vjp, *custom_jvp;  // [check]
    const char *cname;          // [check] its name in C
    Function *base;             // [check] of a derived function: what it is the `transform` of ...
    int transform;              // [check] ... a TransformKind: XFORM_GRAD, _VJP, _JVP, _JACFWD, _JACREV, _HESSIAN or _RECORD (0: not derived) ...
    VEC(int) wrt;               // [check] ... with respect to these parameters of base, ascending ...
    Expr *directions;           // [check] ... so many at a time; NULL: one, without an axis for it ...
    const Size *n_directions;   // [check] ... and that as a size in terms of base's parameters
    Derive *record;             // [check] of what only C may call: the derive of a record, of which this is the whole or a half ...
    Function *forward, *reverse;        // [check] ... the whole's halves, which are names only; NULL: it is internal, and so of no use
    Map *knows;                 // [check] of a function that the checker made: what the names of calls in it mean, name -> Function
    const Implicit *implicit;   // [check] of the function that root(F, ...) is a call of
    Function *next;             // [check] free
    void *lowered;              // [lower]
};

typedef enum TransformKind {
    XFORM_FUNCTION,             // no transform: the function itself, at the bottom
    XFORM_GRAD, XFORM_JVP, XFORM_VJP, XFORM_HVP, XFORM_JACOBIAN, XFORM_JACFWD, XFORM_JACREV, XFORM_HESSIAN, XFORM_RECORD,
} TransformKind;

typedef VEC(Name) NameList;

// jvp(grad(f, x), x; 3): JVP{of GRAD{of FUNCTION f, wrt x}, wrt x, directions 3}
typedef struct Transform {
    TransformKind kind;
    int depth;
    Name name;                  // the transform's own name, or the function's
    Loc loc;
    struct Transform *of;       // NULL for XFORM_FUNCTION
    NameList wrt;               // empty: all
    Expr *directions;           // after `;`, or NULL
    const Size *n_directions;   // [check] its value
    Function *function;         // [check] what it makes: for XFORM_FUNCTION the function, else the derived one
} Transform;

struct Derive {
    Name name;
    Loc loc;
    bool is_static, imported;
    Transform *transform;       // never XFORM_FUNCTION itself
    Function *function;         // [check] the function it defines
};

typedef struct Custom {         // custom vjp(f) = g;
    Loc loc;
    TransformKind mode;         // XFORM_VJP or XFORM_JVP
    Name of, rule;
    bool imported;
} Custom;

typedef struct Import {
    Name path;                  // text: between the quotes; loc: the string
    Loc loc;
    Source *source;             // the file it named
    bool imported;              // the import itself stands in an imported file
} Import;

typedef enum TopKind { TOP_IMPORT, TOP_CONST, TOP_STRUCT, TOP_FUNCTION, TOP_DERIVE, TOP_CUSTOM } TopKind;

struct TopDecl {
    TopKind kind;
    Loc loc;
    bool imported;              // from another file than the one being compiled
    union {
        Import *import;
        VarDecl *constant;
        StructDecl *struct_;
        Function *function;
        Derive *derive;
        Custom *custom;
    };
};

// A file and everything it imports. What an import brings in stands in decls where the (first) import stands, just
// after the TOP_IMPORT itself, so a constant is always declared before its users.
typedef struct Module {
    Arena *arena;
    Interner *names;
    Source *source;             // the main file
    VEC(Source *) sources;      // all files read, the main file first: the prerequisites of -MD
    VEC(TopDecl *) decls;
    bool real_float;            // --real=float, set before the check: functions that it makes know how precise a real is
} Module;

// ---------------------------------------------------------------------------------------------------------- the parser

typedef struct ParseOptions {
    Arena *arena;               // where everything goes
    Interner *names;
    Diags *diags;
    const char *const *include_dirs;    // -I, in order
    int n_include_dirs;
    Loc at;                     // if it has a file: where all of the text is said to stand, since no user wrote it
} ParseOptions;

typedef enum ParseStatus {
    PARSE_OK,
    PARSE_ERRORS,               // errors in the source were reported
    PARSE_UNREADABLE,           // a file (the main one or an imported one) could not be read: exit status 3
} ParseStatus;

// Parses a file ("-": standard input) and what it imports. Reports to options->diags. The module holds what could be
// made sense of, also after errors (then with EXPR_ERROR and STMT_ERROR in it, so it is not fit for lowering); NULL if
// the main file was not read.
Module *parse_file(const ParseOptions *options, const char *path, ParseStatus *status);

// The same for text in memory that goes by the name of `path` (also where imports are looked up).
Module *parse_text(const ParseOptions *options, const char *path, const char *text, size_t size, ParseStatus *status);

// Names of things, as they are written: "+", "-", "real", "inout", "jvp", "parallel".
const char *binary_op_text(BinaryOp op);
const char *unary_op_text(UnaryOp op);
const char *elem_text(Elem elem);               // "struct" for ELEM_STRUCT
const char *role_text(Role role);
const char *transform_text(TransformKind kind); // NULL for XFORM_FUNCTION
const char *attr_text(AttrKind kind);

// Prints a module for --emit=ast: one declaration or statement a line, expressions fully parenthesised, imported files
// included. What check.c has found out is not shown. (asttext.c)
void ast_print(FILE *to, const Module *m);
void ast_text(Text *out, const Module *m);
void ast_expr_text(Text *out, const Expr *e);   // one expression, as in ast_text
void ast_expr_source(Text *out, const Expr *e); // one expression as the user might have written it, with few parentheses: for messages

// -------------------------------------------------------------------------------- constructors, for the parser and
// for passes that make trees. Each computes depth and loc (from its parts, where they are given). Where a node would
// be nested deeper than AST_MAX_DEPTH they report it to b->diags, once a file, and give an EXPR_ERROR or STMT_ERROR.

typedef struct AstBuilder {
    Arena *arena;
    Interner *names;
    Diags *diags;
    bool told_too_deep;
} AstBuilder;

Expr *ast_int(AstBuilder *b, Loc loc, int value);
Expr *ast_real(AstBuilder *b, Loc loc, const char *text);
Expr *ast_bool(AstBuilder *b, Loc loc, bool value);
Expr *ast_name(AstBuilder *b, Name name);
Expr *ast_unary(AstBuilder *b, Loc loc, UnaryOp op, Expr *operand);
Expr *ast_binary(AstBuilder *b, BinaryOp op, Loc op_loc, Expr *left, Expr *right);
Expr *ast_cond(AstBuilder *b, Expr *cond, Expr *yes, Expr *no);
Expr *ast_index(AstBuilder *b, Loc loc, Expr *base, const Axis *axes, int n);    // A[i] indexed by [j] becomes A[i, j]
Expr *ast_field(AstBuilder *b, Expr *base, Name name);
Expr *ast_call(AstBuilder *b, Loc loc, Name name, ExprList args);
Expr *ast_cast(AstBuilder *b, Loc loc, Elem to, Expr *operand);
Expr *ast_braces(AstBuilder *b, Loc loc, ExprList items);
Expr *ast_error(AstBuilder *b, Loc loc);

Stmt *ast_decl(AstBuilder *b, VarDecl *decl);
Stmt *ast_assign(AstBuilder *b, Loc loc, Expr *target, Expr *value);
Stmt *ast_compound(AstBuilder *b, Loc loc, BinaryOp op, Expr *target, Expr *value);
Stmt *ast_step(AstBuilder *b, Loc loc, int by, Expr *target);
Stmt *ast_call_stmt(AstBuilder *b, Loc loc, Expr *call);
Stmt *ast_if(AstBuilder *b, Loc loc, Expr *cond, Stmt *yes, Stmt *no);
Stmt *ast_for(AstBuilder *b, Loc loc, StmtList init, Expr *cond, Stmt *step, Stmt *body);
Stmt *ast_while(AstBuilder *b, Loc loc, StmtKind kind, Expr *cond, Stmt *body);  // STMT_WHILE or STMT_DO
Stmt *ast_return(AstBuilder *b, Loc loc, Expr *value);
Stmt *ast_assert(AstBuilder *b, Loc loc, Expr *cond, const char *message);
Stmt *ast_block(AstBuilder *b, Loc loc, StmtList body);
Stmt *ast_leaf(AstBuilder *b, Loc loc, StmtKind kind);       // STMT_BREAK, STMT_CONTINUE, STMT_EMPTY, STMT_ERROR

Transform *ast_transform(AstBuilder *b, Transform parts);    // computes depth; NULL if nested too deeply

#endif
