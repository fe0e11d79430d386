// check_size.c — int expressions as symbolic sizes, comparison of shapes, and walking the tree.
//
// In: checked scalar int expressions. Out: Sizes (shape.h), so that `real a[n * m]` and `b[0:m * n]` are seen to be
// equal:
//
//     n * m, n and m parameters    the polynomial n*m
//     len(x), x is real[n]         n
//     k, k is written to           k in this epoch: equal to itself until the next write
//     idx[i]                       unknown, equal to nothing else
//
// Constants are known, whatever they are made of. An operation that is no polynomial is equal to itself on equal
// operands.
#include "checker.h"

#include <string.h>

static const Size *symbol_size(Checker *c, const Symbol *sym)
{
    if (sym->size)
        return sym->size;
    int version = c->written && map_get(c->written, sym->name) ? c->epoch : 0;
    return size_symbol(c->shapes, sym, version, sym->name);
}

static const Size *binary_size(Checker *c, const Expr *e)
{
    const Size *a = size_of(c, e->binary.left), *b = size_of(c, e->binary.right);
    switch (e->binary.op) {
    case BIN_ADD: return size_add(c->shapes, a, b);
    case BIN_SUB: return size_sub(c->shapes, a, b);
    case BIN_MUL: return size_mul(c->shapes, a, b);
    default:      return size_opaque(c->shapes, binary_op_text(e->binary.op), a, b);
    }
}

static const Size *unknown_size(Checker *c, const Expr *e)
{
    Text t = text_in(c->arena);
    ast_expr_source(&t, e);
    return size_unknown(c->shapes, t.at);
}

static const Size *len_size(const Expr *e)                      // len(a) and len(a, k)
{
    int64_t axis = 0;
    const Type *t = &e->call.args.at[0]->type;
    if (e->call.args.n == 2)
        axis = e->call.args.at[1]->value.i;
    return t->dims[axis];
}

static const Size *call_size(Checker *c, const Expr *e)
{
    const Builtin *b = e->call.builtin;
    if (b && b->id == BUILTIN_len)
        return len_size(e);
    bool pure = b && b->rule != RULE_REDUCE && e->call.args.n <= 2;
    for (int i = 0; i < e->call.args.n; i++)
        pure = pure && e->call.args.at[i]->type.rank == 0 && e->call.args.at[i]->type.elem == ELEM_INT;
    if (!pure)
        return unknown_size(c, e);
    const Size *second = e->call.args.n == 2 ? size_of(c, e->call.args.at[1]) : NULL;
    return size_opaque(c->shapes, b->name, size_of(c, e->call.args.at[0]), second);
}

const Size *size_of(Checker *c, const Expr *e)
{
    if (e->type.elem != ELEM_INT || e->type.rank > 0)           // a mistake that was reported
        return size_unknown(c->shapes, "?");
    if (e->value.known)
        return size_const(c->shapes, e->value.i);
    switch (e->kind) {
    case EXPR_NAME:
        return symbol_size(c, e->name.sym);
    case EXPR_UNARY:
        if (e->unary.op == UN_PLUS)
            return size_of(c, e->unary.operand);
        if (e->unary.op == UN_NEG)
            return size_sub(c->shapes, size_const(c->shapes, 0), size_of(c, e->unary.operand));
        return unknown_size(c, e);
    case EXPR_BINARY:
        return binary_size(c, e);
    case EXPR_CALL:
        return call_size(c, e);
    case EXPR_CAST:
        return e->cast.operand->type.elem == ELEM_INT ? size_of(c, e->cast.operand) : unknown_size(c, e);
    default:
        return unknown_size(c, e);
    }
}

void wrote_int(Checker *c)
{
    c->epoch++;
}

Fit sizes_fit(Checker *c, const Size *a, const Size *b)
{
    static const Fit fits[] = {[SIZE_EQUAL] = FIT_YES, [SIZE_DIFFERENT] = FIT_NO, [SIZE_UNKNOWN] = FIT_TEST};
    return fits[size_compare(c->shapes, a, b)];
}

Fit shapes_fit(Checker *c, const Type *a, const Type *b)
{
    Fit worst = a->rank == b->rank ? FIT_YES : FIT_NO;
    for (int i = 0; i < a->rank && worst != FIT_NO; i++) {
        Fit fit = sizes_fit(c, a->dims[i], b->dims[i]);
        worst = fit > worst ? fit : worst;
    }
    return worst;
}

char *type_text(Arena *a, Type t)
{
    Text text = text_in(a);
    text_put(&text, elem_text(t.elem));
    if (t.elem == ELEM_STRUCT)
        text_printf(&text, " %s", t.decl->name.text);
    for (int i = 0; i < t.rank; i++)
        text_printf(&text, "[%s]", t.dims[i]->text);
    return text.at;
}

// ---- walking

static void visit_list(const ExprList *list, ExprVisit visit, void *context)
{
    for (int i = 0; i < list->n; i++)
        visit_expr(list->at[i], visit, context);
}

void visit_expr(Expr *e, ExprVisit visit, void *context)
{
    if (!e || !visit)
        return;
    visit(context, e);
    switch (e->kind) {
    case EXPR_UNARY:
        visit_expr(e->unary.operand, visit, context);
        break;
    case EXPR_BINARY:
        visit_expr(e->binary.left, visit, context);
        visit_expr(e->binary.right, visit, context);
        break;
    case EXPR_COND:
        visit_expr(e->cond.cond, visit, context);
        visit_expr(e->cond.yes, visit, context);
        visit_expr(e->cond.no, visit, context);
        break;
    case EXPR_INDEX:
        visit_expr(e->index.base, visit, context);
        for (int i = 0; i < e->index.axes.n; i++) {
            visit_expr(e->index.axes.at[i].index, visit, context);
            visit_expr(e->index.axes.at[i].lo, visit, context);
            visit_expr(e->index.axes.at[i].hi, visit, context);
        }
        break;
    case EXPR_FIELD:
        visit_expr(e->field.base, visit, context);
        break;
    case EXPR_CALL:
        visit_list(&e->call.args, visit, context);
        break;
    case EXPR_CAST:
        visit_expr(e->cast.operand, visit, context);
        break;
    case EXPR_BRACES:
        visit_list(&e->braces.items, visit, context);
        break;
    default:
        break;
    }
}

void visit_stmts(Stmt *s, StmtVisit stmt, ExprVisit expr, void *context)
{
    if (!s)
        return;
    if (stmt)
        stmt(context, s);
    for (int i = 0; i < s->attrs.n; i++)
        visit_expr(s->attrs.at[i].arg, expr, context);
    switch (s->kind) {
    case STMT_DECL:
        visit_list(&s->decl->dims, expr, context);
        visit_expr(s->decl->init, expr, context);
        break;
    case STMT_ASSIGN:
        visit_expr(s->assign.target, expr, context);
        visit_expr(s->assign.value, expr, context);
        break;
    case STMT_STEP:
        visit_expr(s->step.target, expr, context);
        break;
    case STMT_CALL:
        visit_expr(s->call.call, expr, context);
        break;
    case STMT_IF:
        visit_expr(s->if_.cond, expr, context);
        visit_stmts(s->if_.yes, stmt, expr, context);
        visit_stmts(s->if_.no, stmt, expr, context);
        break;
    case STMT_FOR:
        for (int i = 0; i < s->for_.init.n; i++)
            visit_stmts(s->for_.init.at[i], stmt, expr, context);
        visit_expr(s->for_.cond, expr, context);
        visit_stmts(s->for_.step, stmt, expr, context);
        visit_stmts(s->for_.body, stmt, expr, context);
        break;
    case STMT_WHILE:
    case STMT_DO:
        visit_expr(s->while_.cond, expr, context);
        visit_stmts(s->while_.body, stmt, expr, context);
        break;
    case STMT_RETURN:
        visit_expr(s->return_.value, expr, context);
        break;
    case STMT_ASSERT:
        visit_expr(s->assert_.cond, expr, context);
        break;
    case STMT_BLOCK:
        for (int i = 0; i < s->block.body.n; i++)
            visit_stmts(s->block.body.at[i], stmt, expr, context);
        break;
    default:
        break;
    }
}
