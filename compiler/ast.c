// ast.c — constructors of tree nodes, and the spelling of operators and keywords.
//
// In: parts. Out: a node with its depth and, where the parts give it, its location. This is the one place that keeps
// the tree shallow: whatever would be nested deeper than AST_MAX_DEPTH becomes an error node of depth 1 and is
// reported once a file.
//
//     ast_binary(b, BIN_ADD, at, x, y)   ->   EXPR_BINARY x + y, depth 1 + max(depth x, depth y), from x's begin to y's end
#include "ast.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// -------------------------------------------------------------------------------------------------------------
// spelling

static const char *const binary_ops[] = {
    [BIN_ADD] = "+",     [BIN_SUB] = "-",    [BIN_MUL] = "*",     [BIN_DIV] = "/",  [BIN_REM] = "%",  [BIN_LT] = "<",
    [BIN_LE] = "<=",     [BIN_GT] = ">",     [BIN_GE] = ">=",     [BIN_EQ] = "==",  [BIN_NE] = "!=",  [BIN_AND] = "&&",
    [BIN_OR] = "||",     [BIN_BITAND] = "&", [BIN_BITOR] = "|",   [BIN_BITXOR] = "^", [BIN_SHL] = "<<", [BIN_SHR] = ">>",
};

static const char *const unary_ops[] = {[UN_NEG] = "-", [UN_PLUS] = "+", [UN_NOT] = "!", [UN_BITNOT] = "~"};

static const char *const elems[] = {
    [ELEM_VOID] = "void", [ELEM_BOOL] = "bool", [ELEM_INT] = "int", [ELEM_REAL] = "real", [ELEM_STRUCT] = "struct",
    [ELEM_ERROR] = "<error>",
};

static const char *const roles[] = {[ROLE_IN] = "in", [ROLE_OUT] = "out", [ROLE_INOUT] = "inout"};

static const char *const transforms[] = {
    [XFORM_GRAD] = "grad",         [XFORM_JVP] = "jvp",       [XFORM_VJP] = "vjp",
    [XFORM_HVP] = "hvp",           [XFORM_JACOBIAN] = "jacobian", [XFORM_JACFWD] = "jacfwd",
    [XFORM_JACREV] = "jacrev",     [XFORM_HESSIAN] = "hessian",   [XFORM_RECORD] = "record",
};

static const char *const attrs[] = {
    [ATTR_INDEPENDENT] = "independent", [ATTR_PARALLEL] = "parallel", [ATTR_CHECKPOINT] = "checkpoint",
    [ATTR_INLINE] = "inline",           [ATTR_NOINLINE] = "noinline",
};

const char *binary_op_text(BinaryOp op)          { return binary_ops[op]; }
const char *unary_op_text(UnaryOp op)            { return unary_ops[op]; }
const char *elem_text(Elem elem)                 { return elems[elem]; }
const char *role_text(Role role)                 { return roles[role]; }
const char *transform_text(TransformKind kind)   { return transforms[kind]; }
const char *attr_text(AttrKind kind)             { return attrs[kind]; }

// ----------------------------------------------------------------------------------------------------------------
// depth

// False, with a message, if a node of this depth may not be made.
static bool depth_allowed(AstBuilder *b, Loc loc, int depth)
{
    if (depth <= AST_MAX_DEPTH) return true;
    if (!b->told_too_deep) {
        diag_error(b->diags, loc, "this is nested too deeply; at most %d levels are allowed", AST_MAX_DEPTH);
        diag_note(b->diags, loc, "a long chain of one operator counts a level for each; use a loop, an array or several statements");
    }
    b->told_too_deep = true;
    return false;
}

static int deeper(int a, int b)
{
    return a > b ? a : b;
}

static int depth_of(const Expr *e)
{
    return e ? e->depth : 0;
}

static int stmt_depth(const Stmt *s)
{
    return s ? s->depth : 0;
}

static int deepest(const ExprList *list)
{
    int depth = 0;
    for (int i = 0; i < list->n; i++) depth = deeper(depth, depth_of(list->at[i]));
    return depth;
}

static int deepest_stmt(const StmtList *list)
{
    int depth = 0;
    for (int i = 0; i < list->n; i++) depth = deeper(depth, stmt_depth(list->at[i]));
    return depth;
}

// ----------------------------------------------------------------------------------------------------------
// expressions

// A node one level above parts of depth `below`, or an EXPR_ERROR if that is too deep.
static Expr *new_expr(AstBuilder *b, ExprKind kind, Loc loc, int below)
{
    bool allowed = depth_allowed(b, loc, below + 1);
    Expr *e = NEW(b->arena, Expr);
    e->kind = allowed ? kind : EXPR_ERROR;
    e->depth = allowed ? below + 1 : 1;
    e->loc = loc;
    if (!allowed) e->type.elem = ELEM_ERROR;
    return e;
}

Expr *ast_error(AstBuilder *b, Loc loc)
{
    Expr *e = new_expr(b, EXPR_ERROR, loc, 0);
    e->type.elem = ELEM_ERROR;
    return e;
}

Expr *ast_int(AstBuilder *b, Loc loc, int value)
{
    Expr *e = new_expr(b, EXPR_INT, loc, 0);
    e->int_.value = value;
    e->value = (Constant){.known = true, .elem = ELEM_INT, .i = value};
    return e;
}

Expr *ast_real(AstBuilder *b, Loc loc, const char *text)
{
    Expr *e = new_expr(b, EXPR_REAL, loc, 0);
    e->real.text = text;
    e->real.value = strtod(text, NULL);
    e->value = (Constant){.known = true, .elem = ELEM_REAL, .r = e->real.value};
    return e;
}

Expr *ast_bool(AstBuilder *b, Loc loc, bool value)
{
    Expr *e = new_expr(b, EXPR_BOOL, loc, 0);
    e->bool_.value = value;
    e->value = (Constant){.known = true, .elem = ELEM_BOOL, .i = value};
    return e;
}

Expr *ast_name(AstBuilder *b, Name name)
{
    Expr *e = new_expr(b, EXPR_NAME, name.loc, 0);
    e->name.name = name.text;
    return e;
}

Expr *ast_unary(AstBuilder *b, Loc loc, UnaryOp op, Expr *operand)
{
    Expr *e = new_expr(b, EXPR_UNARY, loc, operand->depth);
    if (e->kind == EXPR_ERROR) return e;
    e->unary.op = op;
    e->unary.operand = operand;
    return e;
}

Expr *ast_binary(AstBuilder *b, BinaryOp op, Loc op_loc, Expr *left, Expr *right)
{
    Expr *e = new_expr(b, EXPR_BINARY, loc_join(left->loc, right->loc), deeper(left->depth, right->depth));
    if (e->kind == EXPR_ERROR) return e;
    e->binary.op = op;
    e->binary.op_loc = op_loc;
    e->binary.left = left;
    e->binary.right = right;
    return e;
}

Expr *ast_cond(AstBuilder *b, Expr *cond, Expr *yes, Expr *no)
{
    int below = deeper(cond->depth, deeper(yes->depth, no->depth));
    Expr *e = new_expr(b, EXPR_COND, loc_join(cond->loc, no->loc), below);
    if (e->kind == EXPR_ERROR) return e;
    e->cond.cond = cond;
    e->cond.yes = yes;
    e->cond.no = no;
    return e;
}

static int axis_depth(const Axis *axis)
{
    return deeper(depth_of(axis->index), deeper(depth_of(axis->lo), depth_of(axis->hi)));
}

// Brackets may join those before them if none of those is a slice: A[i][j] is A[i, j], but A[1:3][0] is (A[1:3])[0].
static bool may_join(const Expr *base)
{
    if (base->kind != EXPR_INDEX) return false;
    for (int i = 0; i < base->index.axes.n; i++)
        if (base->index.axes.at[i].kind != AXIS_INDEX) return false;
    return true;
}

Expr *ast_index(AstBuilder *b, Loc loc, Expr *base, const Axis *axes, int n)
{
    int below = 0;
    for (int i = 0; i < n; i++) below = deeper(below, axis_depth(&axes[i]));
    bool join = may_join(base) && base->index.axes.n < MAX_RANK;        // past the highest rank it is wrong anyway
    below = deeper(below, join ? base->depth - 1 : base->depth);
    Expr *e = new_expr(b, EXPR_INDEX, loc, below);
    if (e->kind == EXPR_ERROR) return e;
    e->index.base = join ? base->index.base : base;
    if (join)
        for (int i = 0; i < base->index.axes.n; i++) vec_push(b->arena, &e->index.axes, base->index.axes.at[i]);
    for (int i = 0; i < n; i++) vec_push(b->arena, &e->index.axes, axes[i]);
    return e;
}

Expr *ast_field(AstBuilder *b, Expr *base, Name name)
{
    Expr *e = new_expr(b, EXPR_FIELD, loc_join(base->loc, name.loc), base->depth);
    if (e->kind == EXPR_ERROR) return e;
    e->field.base = base;
    e->field.name = name;
    e->field.number = -1;
    return e;
}

Expr *ast_call(AstBuilder *b, Loc loc, Name name, ExprList args)
{
    Expr *e = new_expr(b, EXPR_CALL, loc, deepest(&args));
    if (e->kind == EXPR_ERROR) return e;
    e->call.name = name;
    e->call.args = args;
    return e;
}

Expr *ast_cast(AstBuilder *b, Loc loc, Elem to, Expr *operand)
{
    assert(to == ELEM_INT || to == ELEM_REAL);
    Expr *e = new_expr(b, EXPR_CAST, loc, operand->depth);
    if (e->kind == EXPR_ERROR) return e;
    e->cast.to = to;
    e->cast.operand = operand;
    return e;
}

Expr *ast_braces(AstBuilder *b, Loc loc, ExprList items)
{
    Expr *e = new_expr(b, EXPR_BRACES, loc, deepest(&items));
    if (e->kind == EXPR_BRACES) e->braces.items = items;
    return e;
}

// -----------------------------------------------------------------------------------------------------------
// statements

static Stmt *new_stmt(AstBuilder *b, StmtKind kind, Loc loc, int below)
{
    bool allowed = depth_allowed(b, loc, below + 1);
    Stmt *s = NEW(b->arena, Stmt);
    s->kind = allowed ? kind : STMT_ERROR;
    s->depth = allowed ? below + 1 : 1;
    s->loc = loc;
    return s;
}

Stmt *ast_leaf(AstBuilder *b, Loc loc, StmtKind kind)
{
    return new_stmt(b, kind, loc, 0);
}

Stmt *ast_decl(AstBuilder *b, VarDecl *decl)
{
    Stmt *s = new_stmt(b, STMT_DECL, decl->loc, deeper(depth_of(decl->init), deepest(&decl->dims)));
    if (s->kind == STMT_DECL) s->decl = decl;
    return s;
}

Stmt *ast_assign(AstBuilder *b, Loc loc, Expr *target, Expr *value)
{
    Stmt *s = new_stmt(b, STMT_ASSIGN, loc, deeper(target->depth, value->depth));
    if (s->kind == STMT_ERROR) return s;
    s->assign.target = target;
    s->assign.value = value;
    return s;
}

Stmt *ast_compound(AstBuilder *b, Loc loc, BinaryOp op, Expr *target, Expr *value)
{
    Stmt *s = ast_assign(b, loc, target, value);
    if (s->kind == STMT_ERROR) return s;
    s->assign.compound = true;
    s->assign.op = op;
    return s;
}

Stmt *ast_step(AstBuilder *b, Loc loc, int by, Expr *target)
{
    Stmt *s = new_stmt(b, STMT_STEP, loc, target->depth);
    if (s->kind == STMT_ERROR) return s;
    s->step.by = by;
    s->step.target = target;
    return s;
}

Stmt *ast_call_stmt(AstBuilder *b, Loc loc, Expr *call)
{
    Stmt *s = new_stmt(b, STMT_CALL, loc, call->depth);
    if (s->kind == STMT_CALL) s->call.call = call;
    return s;
}

Stmt *ast_if(AstBuilder *b, Loc loc, Expr *cond, Stmt *yes, Stmt *no)
{
    Stmt *s = new_stmt(b, STMT_IF, loc, deeper(depth_of(cond), deeper(yes->depth, stmt_depth(no))));
    if (s->kind == STMT_ERROR) return s;
    s->if_.cond = cond;
    s->if_.yes = yes;
    s->if_.no = no;
    return s;
}

Stmt *ast_for(AstBuilder *b, Loc loc, StmtList init, Expr *cond, Stmt *step, Stmt *body)
{
    int below = deeper(deeper(deepest_stmt(&init), depth_of(cond)), deeper(stmt_depth(step), body->depth));
    Stmt *s = new_stmt(b, STMT_FOR, loc, below);
    if (s->kind == STMT_ERROR) return s;
    s->for_.init = init;
    s->for_.cond = cond;
    s->for_.step = step;
    s->for_.body = body;
    return s;
}

Stmt *ast_while(AstBuilder *b, Loc loc, StmtKind kind, Expr *cond, Stmt *body)
{
    assert(kind == STMT_WHILE || kind == STMT_DO);
    Stmt *s = new_stmt(b, kind, loc, deeper(cond->depth, body->depth));
    if (s->kind == STMT_ERROR) return s;
    s->while_.cond = cond;
    s->while_.body = body;
    return s;
}

Stmt *ast_return(AstBuilder *b, Loc loc, Expr *value)
{
    Stmt *s = new_stmt(b, STMT_RETURN, loc, depth_of(value));
    if (s->kind == STMT_RETURN) s->return_.value = value;
    return s;
}

Stmt *ast_assert(AstBuilder *b, Loc loc, Expr *cond, const char *message)
{
    Stmt *s = new_stmt(b, STMT_ASSERT, loc, cond->depth);
    if (s->kind == STMT_ERROR) return s;
    s->assert_.cond = cond;
    s->assert_.message = message;
    return s;
}

Stmt *ast_block(AstBuilder *b, Loc loc, StmtList body)
{
    Stmt *s = new_stmt(b, STMT_BLOCK, loc, deepest_stmt(&body));
    if (s->kind == STMT_ERROR) return s;
    s->block.body = body;
    s->block.end = (Loc){loc.file, loc.end > loc.begin ? loc.end - 1 : loc.end, loc.end};
    return s;
}

// -----------------------------------------------------------------------------------------------------------
// transforms

Transform *ast_transform(AstBuilder *b, Transform parts)
{
    parts.depth = 1 + deeper(parts.of ? parts.of->depth : 0, depth_of(parts.directions));
    if (!depth_allowed(b, parts.loc, parts.depth)) return NULL;
    return arena_copy(b->arena, &parts, sizeof parts);
}
