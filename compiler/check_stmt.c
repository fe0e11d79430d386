// check_stmt.c — statements: what they do to variables, and whether control comes out at their end.
//
// In: a function whose signature is checked. Out: its body, checked, or errors.
//
//     real f(real x) { if (x > 0.0) return x; }     error: control can reach the end of 'f' without a return
//     real f(real x) { while (true) { x += 1.0; } } fine: the loop does not end
//
// The idea: each check_ function gives whether the end of its statement can be reached. A condition counts as true or
// false only if it is constant. Before the body is checked, its writes are collected by name, so that a size made of a
// variable that is never written to again can stand for that variable (see checker.h).
#include "checker.h"

static bool check_stmt(Checker *c, Stmt *s);

// ---- which names a body writes to

static void note_write(Checker *c, const Expr *target)          // only scalars matter, and they have no parts
{
    if (target->kind == EXPR_NAME)
        map_set(c->written, target->name.name, c);              // any pointer but NULL
}

static void collect_stmt(void *context, Stmt *s)
{
    if (s->kind == STMT_ASSIGN)
        note_write(context, s->assign.target);
    else if (s->kind == STMT_STEP)
        note_write(context, s->step.target);
}

static void collect_call(void *context, Expr *e)
{
    Checker *c = context;
    Function *f = e->kind == EXPR_CALL ? find_function(c, e->call.name.text) : NULL;
    for (int i = 0; f && i < f->params.n && i < e->call.args.n; i++)
        if (f->params.at[i]->role != ROLE_IN)
            note_write(c, e->call.args.at[i]);
}

// ---- declarations

static void note_size(Checker *c, const VarDecl *d)             // of an int that keeps its first value
{
    Symbol *sym = d->sym;
    if (sym->type.elem != ELEM_INT || sym->type.rank > 0 || map_get(c->written, sym->name))
        return;
    sym->size = d->init && !failed(d->init) ? size_of(c, d->init) : size_const(c->shapes, 0);
}

static void note_value(Symbol *sym, const VarDecl *d)           // of a const
{
    if (!d->is_const || !d->init || !d->init->value.known || sym->type.rank > 0)
        return;
    Constant v = d->init->value;
    if (sym->type.elem == ELEM_REAL && v.elem == ELEM_INT)
        v = (Constant){.known = true, .elem = ELEM_REAL, .r = (double)v.i};
    sym->value = v;
}

static bool check_decl(Checker *c, VarDecl *d)
{
    Symbol *sym = symbol_new(c, SYM_LOCAL, d);
    sym->type = declared_type(c, &d->type, &d->dims);
    if (d->init)
        check_value(c, d->init, sym->type, arena_printf(c->arena, "'%s'", d->name.text));
    else if (d->is_const)
        diag_error(c->diags, d->name.loc, "the constant '%s' has no value", d->name.text);
    note_size(c, d);
    note_value(sym, d);
    scope_declare(c, sym);
    return true;
}

// ---- assignments

static const char *target_text(Checker *c, const Expr *e)
{
    Text t = text_in(c->arena);
    ast_expr_source(&t, e);
    return arena_printf(c->arena, "'%s'", t.at);
}

// target op= value: the operator's own rules, then the assignment's.
static void check_compound(Checker *c, Stmt *s, Type want)
{
    AstBuilder b = {.arena = c->arena, .names = c->module->names, .diags = c->diags};
    Expr *e = ast_binary(&b, s->assign.op, s->loc, s->assign.target, s->assign.value);
    check_expr(c, e);  // the target is checked twice, and says the same twice: not in error
    s->assign.target->convert = ELEM_VOID;                      // lower.c looks at the types of the two sides
    if (failed(e))
        return;
    if (e->type.rank > want.rank)
        diag_error(c->diags, s->assign.value->loc, "%s is %s, but this is %s", target_text(c, s->assign.target),
                   type_text(c->arena, want), type_text(c->arena, e->type));
    else if (want.elem == ELEM_INT && e->type.elem == ELEM_REAL) {
        diag_error(c->diags, s->assign.value->loc, "%s is %s, but '%s=' makes it real",
                   target_text(c, s->assign.target),
                   type_text(c->arena, want), binary_op_text(s->assign.op));
    }
}

static void wrote_to(Checker *c, const Expr *target)
{
    if ((target->type.elem == ELEM_INT || target->type.elem == ELEM_STRUCT) && target->type.rank == 0)
        wrote_int(c);
}

static bool check_assign(Checker *c, Stmt *s)
{
    Expr *target = s->assign.target;
    bool good = check_target(c, target, "assigned to");
    if (!good)
        check_expr(c, s->assign.value);
    else if (s->assign.compound)
        check_compound(c, s, target->type);
    else
        check_value(c, s->assign.value, target->type, target_text(c, target));
    wrote_to(c, target);
    return true;
}

static bool check_step(Checker *c, Stmt *s)
{
    Expr *e = s->step.target;
    const char *op = s->step.by > 0 ? "++" : "--";
    if (check_target(c, e, "assigned to") && (e->type.rank > 0 || e->type.elem == ELEM_BOOL || e->type.elem == ELEM_STRUCT)) {
        diag_error(c->diags, e->loc, "'%s' steps one number, but this is %s", op, type_text(c->arena, e->type));
        if (e->type.rank > 0)
            diag_note(c->diags, e->loc, "'%c= 1' does so to all elements", op[0]);
    }
    wrote_to(c, e);
    return true;
}

// ---- branches and loops

static bool check_if(Checker *c, Stmt *s)
{
    check_condition(c, s->if_.cond);
    scope_open(c);
    bool yes = check_stmt(c, s->if_.yes);
    scope_close(c);
    scope_open(c);
    bool no = !s->if_.no || check_stmt(c, s->if_.no);
    scope_close(c);
    return yes || no;
}

static bool surely_true(const Expr *cond)                       // no condition is true, too
{
    return !cond || (cond->value.known && cond->type.elem == ELEM_BOOL && cond->value.i);
}

static void find_write(void *context, Expr *e)
{
    Checker *c = context;
    const Function *f = e->kind == EXPR_CALL ? e->call.callee : NULL;
    for (int i = 0; f && i < f->params.n; i++)
        if (f->params.at[i]->role != ROLE_IN) {
            diag_error(c->diags, e->loc, "how many states may be kept is no matter of a call that changes its arguments");
            return;
        }
}

// @checkpoint(n): n counts.
static void check_states(Checker *c, Expr *n)
{
    check_value(c, n, (Type){.elem = ELEM_INT}, "the number of states");
    if (failed(n))
        return;
    visit_expr(n, find_write, c);
    if (n->value.known && n->value.i < 1)
        diag_error(c->diags, n->loc, "@checkpoint keeps one state at least, but this is %lld", (long long)n->value.i);
}

static void check_attributes(Checker *c, Loop *loop, const Stmt *s)
{
    unsigned seen = 0;
    for (int i = 0; i < s->attrs.n; i++) {
        const Attr *a = &s->attrs.at[i];
        if (seen & (1u << a->kind))
            diag_error(c->diags, a->loc, "@%s stands here twice", attr_text(a->kind));
        seen |= 1u << a->kind;
        if (a->kind == ATTR_PARALLEL)
            loop->parallel = a;
        if (a->arg)
            check_states(c, a->arg);
    }
}

// A loop's body, in a scope of its own; true if its end or a continue may be reached is of no interest to anyone.
static void check_loop_body(Checker *c, Loop *loop, Stmt *body)
{
    loop->outer = c->loop;
    c->loop = loop;
    scope_open(c);
    check_stmt(c, body);
    scope_close(c);
    c->loop = loop->outer;
}

static bool check_for(Checker *c, Stmt *s)
{
    Loop loop = {0};
    check_attributes(c, &loop, s);
    scope_open(c);
    for (int i = 0; i < s->for_.init.n; i++)
        check_stmt(c, s->for_.init.at[i]);
    wrote_int(c);                                                   // what the body writes, the next round reads
    if (s->for_.cond)
        check_condition(c, s->for_.cond);
    check_loop_body(c, &loop, s->for_.body);
    if (s->for_.step)
        check_stmt(c, s->for_.step);
    scope_close(c);
    wrote_int(c);
    return loop.broken || !surely_true(s->for_.cond);
}

static bool check_while(Checker *c, Stmt *s)
{
    Loop loop = {0};
    check_attributes(c, &loop, s);
    wrote_int(c);
    if (s->kind == STMT_WHILE)
        check_condition(c, s->while_.cond);
    check_loop_body(c, &loop, s->while_.body);
    if (s->kind == STMT_DO)
        check_condition(c, s->while_.cond);
    wrote_int(c);
    return loop.broken || !surely_true(s->while_.cond);
}

static void leaves_parallel(Checker *c, const Stmt *s, const Loop *loop, const char *word)
{
    diag_error(c->diags, s->loc, "'%s' leaves a loop whose iterations run at the same time", word);
    diag_note(c->diags, loop->parallel->loc, "@parallel stands here");
}

static bool check_leave(Checker *c, const Stmt *s)              // break, continue
{
    if (!c->loop)
        diag_error(c->diags, s->loc, "'%s' stands outside of any loop", s->kind == STMT_BREAK ? "break" : "continue");
    else if (s->kind == STMT_BREAK)
        c->loop->broken = true;
    if (c->loop && c->loop->parallel && s->kind == STMT_BREAK)
        leaves_parallel(c, s, c->loop, "break");
    return false;
}

// ---- the rest

static bool check_return(Checker *c, Stmt *s)
{
    for (const Loop *loop = c->loop; loop; loop = loop->outer)
        if (loop->parallel) {
            leaves_parallel(c, s, loop, "return");
            break;
        }
    const Type want = c->function->result_type;
    const char *name = c->function->name.text;
    if (s->return_.value && want.elem == ELEM_VOID) {
        check_expr(c, s->return_.value);
        diag_error(c->diags, s->return_.value->loc, "'%s' is void and returns no value", name);
        return false;
    }
    if (!s->return_.value && want.elem != ELEM_VOID) {
        diag_error(c->diags, s->loc, "'%s' returns %s, but nothing is returned here", name, type_text(c->arena, want));
        return false;
    }
    if (!s->return_.value)
        return false;
    Expr *e = s->return_.value;
    check_value(c, e, want, arena_printf(c->arena, "the result of '%s'", name));
    if (!failed(e) && want.rank > 0 && e->type.rank == 0 && e->type.elem != ELEM_STRUCT)
        diag_error(c->diags, e->loc, "the result of '%s' is %s, but this is %s", name, type_text(c->arena, want),
                   type_text(c->arena, e->type));
    return false;
}

static bool check_block(Checker *c, Stmt *s)
{
    bool reached = true, told = false;
    for (int i = 0; i < s->block.body.n; i++) {
        Stmt *at = s->block.body.at[i];
        if (!reached && !told && at->kind != STMT_EMPTY) {
            diag_warning(c->diags, at->loc, W_OTHER, "this is never reached");
            told = true;
        }
        reached = (int)check_stmt(c, at) & (int)reached;
    }
    return reached;
}

static bool check_stmt(Checker *c, Stmt *s)
{
    bool reached = true;
    switch (s->kind) {
    case STMT_DECL:     return check_decl(c, s->decl);
    case STMT_ASSIGN:   return check_assign(c, s);
    case STMT_STEP:     return check_step(c, s);
    case STMT_CALL:     check_expr(c, s->call.call); return true;
    case STMT_IF:       return check_if(c, s);
    case STMT_FOR:      return check_for(c, s);
    case STMT_WHILE:
    case STMT_DO:       return check_while(c, s);
    case STMT_BREAK:
    case STMT_CONTINUE: return check_leave(c, s);
    case STMT_RETURN:   return check_return(c, s);
    case STMT_ASSERT:   check_condition(c, s->assert_.cond); return true;
    case STMT_BLOCK:
        scope_open(c);
        reached = check_block(c, s);
        scope_close(c);
        return reached;
    case STMT_EMPTY:
    case STMT_ERROR:    return true;
    }
    return true;
}

static void unused_locals(void *context, Stmt *s)
{
    Checker *c = context;
    if (s->kind == STMT_DECL && s->decl->sym && !s->decl->sym->used)
        diag_warning(c->diags, s->decl->name.loc, W_UNUSED, "'%s' is never used", s->decl->name.text);
}

void check_body(Checker *c, Function *f)
{
    c->function = f;
    c->written = map_new(c->arena);
    c->epoch = 0;
    visit_stmts(f->body, collect_stmt, collect_call, c);
    scope_open(c);
    for (int i = 0; i < f->params.n; i++)
        if (f->params.at[i]->sym)
            scope_declare(c, f->params.at[i]->sym);
    bool reached = check_block(c, f->body);                     // in the scope of the parameters, as in C
    scope_close(c);
    if (reached && f->result_type.elem != ELEM_VOID && f->result_type.elem != ELEM_ERROR)
        diag_error(c->diags, loc_before(f->body->block.end), "control can reach the end of '%s' without a return",
                   f->name.text);
    if (!f->imported)
        visit_stmts(f->body, unused_locals, NULL, c);
    c->function = NULL;
    c->written = NULL;
}
