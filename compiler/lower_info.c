// lower_info.c — which variables a statement assigns, and how it may be left.
//
// In: statements of the checked tree. Out: a StmtInfo each, computed once, bottom-up, so that all of them together cost
// little more than the size of the tree:
//
//     while (i < n) { real t = x[i]; if (t < 0.0) return t; s += t; i++; }
//         assigned: s i        (t is declared inside)        jumps: RETURN        falls: yes
//
// What cannot be reached does not count. The union of sets uses stamps on the variables, not searches.
#include "lower_internal.h"

#include <stdlib.h>

typedef struct Union {
    Fn *f;
    VarList vars;
    unsigned stamp;
} Union;

static Union union_new(Fn *f)
{
    return (Union){.f = f, .stamp = ++f->stamp};
}

static void union_add(Union *u, Var *v)
{
    if (v->stamp == u->stamp)
        return;
    v->stamp = u->stamp;
    vec_push(u->f->arena, &u->vars, v);
}

static void union_add_set(Union *u, VarSet s)
{
    for (int i = 0; i < s.n; i++)
        union_add(u, s.at[i]);
}

static int by_order(const void *a, const void *b)
{
    const Var *x = *(Var *const *)a, *y = *(Var *const *)b;
    return (x->order > y->order) - (x->order < y->order);
}

static VarSet union_end(const Union *u)
{
    if (u->vars.n > 1)
        qsort(u->vars.at, (size_t)u->vars.n, sizeof *u->vars.at, by_order);
    return (VarSet){u->vars.n, u->vars.at};
}

// ---- expressions

static Symbol *written_symbol(Expr *e)                          // the variable that a target is part of
{
    while (e->kind == EXPR_INDEX || e->kind == EXPR_FIELD)
        e = e->kind == EXPR_INDEX ? e->index.base : e->field.base;
    return e->kind == EXPR_NAME ? e->name.sym : NULL;
}

typedef void Visit(void *context, Expr *e);

static void walk(Expr *e, Visit *visit, void *context)
{
    if (!e)
        return;
    visit(context, e);
    switch (e->kind) {
    case EXPR_UNARY:
        walk(e->unary.operand, visit, context);
        break;
    case EXPR_BINARY:
        walk(e->binary.left, visit, context);
        walk(e->binary.right, visit, context);
        break;
    case EXPR_COND:
        walk(e->cond.cond, visit, context);
        walk(e->cond.yes, visit, context);
        walk(e->cond.no, visit, context);
        break;
    case EXPR_INDEX:
        walk(e->index.base, visit, context);
        for (int i = 0; i < e->index.axes.n; i++) {
            walk(e->index.axes.at[i].index, visit, context);
            walk(e->index.axes.at[i].lo, visit, context);
            walk(e->index.axes.at[i].hi, visit, context);
        }
        break;
    case EXPR_FIELD:
        walk(e->field.base, visit, context);
        break;
    case EXPR_CALL:
        for (int i = 0; i < e->call.args.n; i++)
            walk(e->call.args.at[i], visit, context);
        break;
    case EXPR_CAST:
        walk(e->cast.operand, visit, context);
        break;
    case EXPR_BRACES:
        for (int i = 0; i < e->braces.items.n; i++)
            walk(e->braces.items.at[i], visit, context);
        break;
    default:
        break;
    }
}

static void note_call(void *context, Expr *e)
{
    Union *u = context;
    if (e->kind != EXPR_CALL || !e->call.callee)
        return;
    for (int i = 0; i < e->call.args.n; i++)
        if (e->call.callee->params.at[i]->role != AST_IN)
            union_add(u, var_of(u->f, written_symbol(e->call.args.at[i])));
}

static void add_expr(Union *u, Expr *e)
{
    walk(e, note_call, u);
}

VarSet assigned_in(Fn *f, Expr *e)
{
    Union u = union_new(f);
    add_expr(&u, e);
    return union_end(&u);
}

static void note_name(void *context, Expr *e)
{
    Union *u = context;
    if (e->kind == EXPR_NAME && e->name.sym->kind != SYM_CONST)
        union_add(u, var_of(u->f, e->name.sym));
}

VarSet named_in(Fn *f, Expr *e)
{
    Union u = union_new(f);
    walk(e, note_name, &u);
    return union_end(&u);
}

static void note_use(void *context, Expr *e)
{
    Fn *f = context;
    if (e->kind == EXPR_NAME && e->name.sym->kind != SYM_CONST)
        var_of(f, e->name.sym)->last_use = f->numbers;
}

static void number_expr(Fn *f, Expr *e)
{
    walk(e, note_use, f);
}

typedef struct Search {
    const Value *base;
    bool found;
} Search;

static void find_array(void *context, Expr *e)
{
    Search *s = context;
    const Var *v = e->kind == EXPR_NAME && e->name.sym->kind != SYM_CONST ? e->name.sym->lowered : NULL;
    if (v && v->cur && type_is_linear(v->type) && array_base(v->cur) == s->base)
        s->found = true;
}

bool expr_mentions(Expr *e, const Value *array)
{
    Search s = {.base = array_base(array)};
    walk(e, find_array, &s);
    return s.found;
}

// ---- statements

static void add_stmt(Union *u, Stmt *s)
{
    union_add_set(u, info_of(u->f, s)->assigned);
}

static void add_target(Union *u, Expr *target)
{
    add_expr(u, target);
    union_add(u, var_of(u->f, written_symbol(target)));
}

static bool surely(const Expr *cond)                            // true, or not there
{
    return !cond || (cond->value.known && cond->value.i);
}

static void info_block(Fn *f, Stmt *s, StmtInfo *info)
{
    StmtList body = s->block.body;
    int n = 0;
    while (n < body.n && info->falls) {
        const StmtInfo *at = info_of(f, body.at[n++]);
        info->jumps |= at->jumps;
        info->falls = at->falls;
    }
    Union u = union_new(f);
    for (int i = 0; i < n; i++)
        if (body.at[i]->kind == STMT_DECL)
            var_of(f, body.at[i]->decl->sym)->stamp = u.stamp;  // not to be added
    for (int i = 0; i < n; i++)
        add_stmt(&u, body.at[i]);
    info->assigned = union_end(&u);
}

// What a loop's condition, body and step assign. Numbers are given in the order of evaluation, and the loop goes round,
// so that a use anywhere in it is a use at its end.
static VarSet info_loop(Fn *f, Expr *cond, Stmt *body, Stmt *step, StmtInfo *info)
{
    const StmtInfo *b = info_of(f, body);
    info->jumps = b->jumps & JUMP_RETURN;
    info->falls = !surely(cond) || (b->jumps & JUMP_BREAK);
    if (step)
        info_of(f, step);
    f->numbers++;
    if (cond)
        number_expr(f, cond);
    Union u = union_new(f);
    if (cond)
        add_expr(&u, cond);
    add_stmt(&u, body);
    if (step)
        add_stmt(&u, step);
    return union_end(&u);
}

static void info_for(Fn *f, Stmt *s, StmtInfo *info)
{
    StmtList init = s->for_.init;
    for (int i = 0; i < init.n; i++)
        info_of(f, init.at[i]);
    info->loop = info_loop(f, s->for_.cond, s->for_.body, s->for_.step, info);
    Union u = union_new(f);
    for (int i = 0; i < init.n; i++)
        if (init.at[i]->kind == STMT_DECL)
            var_of(f, init.at[i]->decl->sym)->stamp = u.stamp;
    for (int i = 0; i < init.n; i++)
        add_stmt(&u, init.at[i]);
    union_add_set(&u, info->loop);
    info->assigned = union_end(&u);
}

static void info_if(Fn *f, Stmt *s, StmtInfo *info)
{
    number_expr(f, s->if_.cond);
    const StmtInfo *yes = info_of(f, s->if_.yes), *no = s->if_.no ? info_of(f, s->if_.no) : NULL;
    info->jumps = yes->jumps | (no ? no->jumps : 0);
    info->falls = yes->falls || !no || no->falls;
    Union u = union_new(f);
    add_expr(&u, s->if_.cond);
    add_stmt(&u, s->if_.yes);
    if (no)
        add_stmt(&u, s->if_.no);
    info->assigned = union_end(&u);
}

static void info_decl(Fn *f, VarDecl *d, StmtInfo *info)
{
    Union u = union_new(f);
    for (int i = 0; i < d->dims.n; i++) {
        number_expr(f, d->dims.at[i]);
        add_expr(&u, d->dims.at[i]);
    }
    number_expr(f, d->init);
    add_expr(&u, d->init);
    union_add(&u, var_of(f, d->sym));
    info->assigned = union_end(&u);
}

static void info_simple(Fn *f, Stmt *s, StmtInfo *info)
{
    Union u = union_new(f);
    switch (s->kind) {
    case STMT_ASSIGN:
        number_expr(f, s->assign.target);
        number_expr(f, s->assign.value);
        add_expr(&u, s->assign.value);
        add_target(&u, s->assign.target);
        break;
    case STMT_STEP:
        number_expr(f, s->step.target);
        add_target(&u, s->step.target);
        break;
    case STMT_CALL:
        number_expr(f, s->call.call);
        add_expr(&u, s->call.call);
        break;
    case STMT_RETURN:
        number_expr(f, s->return_.value);
        add_expr(&u, s->return_.value);
        if (f->result)
            union_add(&u, f->result);
        break;
    case STMT_ASSERT:
        number_expr(f, s->assert_.cond);
        add_expr(&u, s->assert_.cond);
        break;
    default:
        break;
    }
    info->assigned = union_end(&u);
}

static void compute(Fn *f, Stmt *s, StmtInfo *info)
{
    for (int i = 0; i < s->attrs.n; i++)
        number_expr(f, s->attrs.at[i].arg);
    switch (s->kind) {
    case STMT_BLOCK:
        info_block(f, s, info);
        break;
    case STMT_IF:
        info_if(f, s, info);
        break;
    case STMT_FOR:
        info_for(f, s, info);
        break;
    case STMT_WHILE:
    case STMT_DO:
        info->assigned = info->loop = info_loop(f, s->while_.cond, s->while_.body, NULL, info);
        break;
    case STMT_DECL:
        info_decl(f, s->decl, info);
        break;
    default:
        info_simple(f, s, info);
        break;
    }
}

static unsigned jump_of(const Stmt *s)
{
    switch (s->kind) {
    case STMT_BREAK:    return JUMP_BREAK;
    case STMT_CONTINUE: return JUMP_CONTINUE;
    case STMT_RETURN:   return JUMP_RETURN;
    default:            return 0;
    }
}

StmtInfo *info_of(Fn *f, Stmt *s)
{
    StmtInfo *info = s->lowered;
    if (info)
        return info;
    info = NEW(f->arena, StmtInfo);
    s->lowered = info;
    info->jumps = jump_of(s);
    info->falls = info->jumps == 0;
    f->numbers++;
    compute(f, s, info);
    info->number = f->numbers;
    return info;
}

VarSet assigned_by(Fn *f, Stmt *const *at, int n)
{
    for (int i = 0; i < n; i++)
        info_of(f, at[i]);
    Union u = union_new(f);
    for (int i = 0; i < n; i++)
        add_stmt(&u, at[i]);
    return union_end(&u);
}

VarSet set_join(Fn *f, VarSet a, VarSet b)
{
    if (!a.n || !b.n)
        return a.n ? a : b;
    Union u = union_new(f);
    union_add_set(&u, a);
    union_add_set(&u, b);
    return union_end(&u);
}

VarSet set_with(Fn *f, VarSet a, Var *const *more, int n)
{
    Union u = union_new(f);
    union_add_set(&u, a);
    for (int i = 0; i < n; i++)
        if (more[i])
            union_add(&u, more[i]);
    return union_end(&u);
}

bool set_has(VarSet a, const Var *v)
{
    int lo = 0, hi = a.n;
    while (lo < hi) {
        int mid = (lo + hi) / 2;
        if (a.at[mid]->order < v->order)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < a.n && a.at[lo] == v;
}
