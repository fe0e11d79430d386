// lower_stmt.c — statements: branches, loops, and jumps as flags and flat guards.
//
// In: a function's body. Out: its ops. Where a statement may jump, what follows it up to the next such statement is put
// under one guard, beside it and not inside it, so that 10,000 early returns do not nest 10,000 deep:
//
//     for (...) {                          loop (..., %x) {
//         if (c) continue;                     %d1 = if %c { yield true } else { yield false }
//         x += a[i];                           %x1, %d2 = if %d1 { yield %x, true } else {
//         if (x > 9.0) break;                      ... %d = if (gt %x2, 9.0) { yield true } else { yield false } ... }
//     }                                        yield exit ..., %x1 }
//
// Flags. `skip`: the rest of this iteration is skipped (by any jump). `exit`: the loop is left (break or return).
// `returned`: the function is. Flags that always agree are one: a loop with break alone has one, a function's skip is
// its `returned`. A flag is a constant true where a jump stands, and a constant false wherever nothing can have been
// skipped.
//
// At the outermost level there are no flags as long as that does not nest deeply: `if (c) return a; rest` is `if c {
// yield a } else { rest }`, and after a loop with a return in it comes `if %returned { yield %value } else { rest }`.
#include "lower_internal.h"

#include <assert.h>

enum { MAX_NESTED_RETURNS = 48 };

// ---- branches

Branch branch_begin(Fn *f, Value *cond, VarSet assigned, bool outputs_only)
{
    Branch br = {.outer = f->b.at, .outputs_only = outputs_only};
    br.vars = NEW_N(f->arena, Var *, assigned.n + 1);
    br.before = NEW_N(f->arena, Value *, assigned.n + 1);
    br.yes = NEW_N(f->arena, Value *, assigned.n + 1);
    int n = 0;
    for (int i = 0; i < assigned.n; i++) {                      // arrays; one without a value yet is declared inside
        Var *v = assigned.at[i];
        if (type_is_linear(v->type) && v->cur)
            br.vars[n++] = v;
    }
    br.n_arrays = n;
    for (int i = 0; i < assigned.n; i++)
        if (!type_is_linear(assigned.at[i]->type))
            br.vars[n++] = assigned.at[i];
    br.n = n;
    for (int i = 0; i < n; i++)
        br.before[i] = br.vars[i]->cur;
    br.op = b_if(&f->b, cond, br.n_arrays, br.before);
    f->b.at = br.op->regions[0];
    for (int i = 0; i < br.n_arrays; i++)
        br.vars[i]->cur = br.op->regions[0]->args.at[i];
    return br;
}

Branch choice_begin(Fn *f, Value *cond, VarSet assigned)
{
    Branch br = branch_begin(f, cond, assigned, false);
    br.op->choice = true;
    return br;
}

void branch_else(Fn *f, Branch *br)
{
    f->b.at = br->op->regions[1];
    for (int i = 0; i < br->n; i++) {
        br->yes[i] = br->vars[i]->cur;
        br->vars[i]->cur = i < br->n_arrays ? br->op->regions[1]->args.at[i] : br->before[i];
    }
}

static Value *or_undef(Fn *f, Region *r, Value *v, Type t)
{
    f->b.at = r;
    return v ? v : b_undef(&f->b, t);
}

void branch_end(Fn *f, Branch *br, int n, Value *const *yes, Value *const *no, Value **out)
{
    Region *arm[2] = {br->op->regions[0], br->op->regions[1]};
    Value **y[2];
    Var **var = NEW_N(f->arena, Var *, br->n + 1);
    int m = 0;
    for (int k = 0; k < 2; k++)
        y[k] = NEW_N(f->arena, Value *, br->n + n + 1);
    for (int i = 0; i < br->n; i++) {
        Var *v = br->vars[i];
        Value *a = br->yes[i], *b = v->cur;
        bool same = i >= br->n_arrays && a == br->before[i] && b == br->before[i];
        v->cur = br->before[i];
        if (same || (i >= br->n_arrays && br->outputs_only && !v->is_output))
            continue;
        y[0][m] = or_undef(f, arm[0], a, v->type);
        y[1][m] = or_undef(f, arm[1], b, v->type);
        var[m++] = v;
    }
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < n; i++)
            y[k][m + i] = k ? no[i] : yes[i];
        f->b.at = arm[k];
        ir_yield(&f->b, m + n, y[k]);
    }
    b_if_end(br->op);
    f->b.at = br->outer;
    for (int i = 0; i < m; i++) {
        var[i]->cur = br->op->out[i];
        br->op->out[i]->name = var[i]->name;
    }
    for (int i = 0; i < n; i++) {
        out[i] = br->op->out[m + i];
        out[i]->name = NULL;
    }
}

// ---- flags

static void set_flag(Fn *f, Var *flag, bool value)
{
    if (flag)
        flag->cur = b_bool(&f->b, value);
}

// The flags, and the result, that jumps of these kinds set where we are.
static VarSet with_jumps(Fn *f, VarSet set, unsigned jumps)
{
    Var *more[4] = {0};
    if (jumps)
        more[0] = f->flags.skip;
    if (jumps & (JUMP_BREAK | JUMP_RETURN))
        more[1] = f->flags.exit;
    if (jumps & JUMP_RETURN) {
        more[2] = f->flags.skip ? f->returned : NULL;
        more[3] = f->result;
    }
    return set_with(f, set, more, 4);
}

static void jump(Fn *f, unsigned how)
{
    if (!f->flags.skip)
        return;                                                 // nothing comes after it
    VarSet flags = with_jumps(f, (VarSet){0}, how);
    Value *yes = b_bool(&f->b, true);
    for (int i = 0; i < flags.n; i++)
        if (flags.at[i] != f->result)
            flags.at[i]->cur = yes;
}

// ---- declarations and assignments

static void eval_dims(Fn *f, VarDecl *d, Var *v)
{
    for (int i = 0; i < d->dims.n; i++)
        v->dims[i] = lower_scalar(f, d->dims.at[i]);
}

static void declare_array(Fn *f, VarDecl *d, Var *v)
{
    eval_dims(f, d, v);
    if (!d->init || d->init->kind == EXPR_BRACES || !is_aggregate(d->init->type)) {
        v->cur = new_item_array(f, v->type, v->type.rank, v->dims, true, v->name);
        if (d->init)
            initialise(f, v, d->init);
        return;
    }
    Lazy *z = lower_array(f, d->init);
    Place p = place_of_var(v);
    test_value(f, d->init, z, &p);
    if (lazy_is_plain(z)) {
        v->cur = b_copy(&f->b, lazy_value(f, z), v->name);
        return;
    }
    v->cur = new_item_array(f, v->type, v->type.rank, v->dims, lazy_adds(z), v->name);
    if (z->elem == E_STRUCT) {
        write_place(f, &p, z);
    } else {
        v->cur = write_into(f, z, v->cur, v->type.rank, v->dims);
    }
}

static void declare_scalar(Fn *f, VarDecl *d, Var *v)
{
    Value *x = d->init ? lower_scalar(f, d->init) : zero_of(f, (Elem)v->type.elem);
    give_name(f, x, v->name);
    v->cur = x;
}

static void lower_decl(Fn *f, VarDecl *d)
{
    Var *v = var_of(f, d->sym);
    if (type_is_linear(v->type))
        declare_array(f, d, v);
    else
        declare_scalar(f, d, v);
}

// a += v for real elements: the sums commute.
static bool accumulate(Fn *f, const Place *p, BinaryOp op, Expr *value)
{
    if (op != BIN_ADD || p->n == 0 || p->item.elem != E_REAL || set_has(assigned_in(f, value), p->var))
        return false;
    Value *idx[MAX_AXES], *v = lower_scalar(f, value);
    for (int i = 0; i < p->n; i++)
        idx[i] = p->ax[i].at;
    p->var->cur = b_acc(&f->b, p->var->cur, p->n, idx, v);
    return true;
}

static void compound_scalar(Fn *f, Stmt *s, const Place *p)
{
    if (accumulate(f, p, s->assign.op, s->assign.value))
        return;
    Value *old = place_load(f, p);
    Value *v = lower_scalar(f, s->assign.value);
    place_store(f, p, b_2(&f->b, binary_code(s->assign.op, (Elem)old->type.elem), old, v));
}

static void compound_array(Fn *f, Stmt *s, const Place *p)
{
    Lazy *z[2] = {lazy_of_place(f, p), NULL};
    lazy_keep(f, z, 1, s->assign.value);
    z[1] = lower_any(f, s->assign.value);
    bool sum_of_product = s->assign.op == BIN_ADD && lazy_adds(z[1]) && z[0]->value == p->var->cur;
    if (!sum_of_product)
        z[1] = lazy_made(f, z[1]);
    test_value(f, s->assign.value, z[1], p);
    write_place(f, p, lazy_op(f, binary_code(s->assign.op, z[0]->elem), z[0]->elem, 2, z));
}

static void assign_array(Fn *f, const Place *p, Expr *value)
{
    Lazy *z = lower_any(f, value);
    test_value(f, value, z, p);
    write_place(f, p, z);
}

static void lower_assign(Fn *f, Stmt *s)
{
    Place p = lower_place(f, s->assign.target);
    if (s->assign.compound && place_is_scalar(&p))
        compound_scalar(f, s, &p);
    else if (s->assign.compound)
        compound_array(f, s, &p);
    else if (place_is_scalar(&p))
        place_store(f, &p, lower_scalar(f, s->assign.value));
    else
        assign_array(f, &p, s->assign.value);
}

static void lower_step(Fn *f, Stmt *s)
{
    Place p = lower_place(f, s->step.target);
    Value *old = place_load(f, &p), *v;
    if (old->type.elem == E_INT)
        v = b_2(&f->b, OP_iadd, old, int_const(f, s->step.by));
    else
        v = b_2(&f->b, OP_add, old, b_real(&f->b, s->step.by));
    place_store(f, &p, v);
}

static void lower_return(Fn *f, Stmt *s)
{
    Expr *e = s->return_.value;
    if (e && type_is_linear(f->result->type)) {
        Place p = place_of_var(f->result);
        assign_array(f, &p, e);
    } else if (e) {
        f->result->cur = lower_scalar(f, e);
    }
    jump(f, JUMP_RETURN);
}

static void lower_assert(Fn *f, Stmt *s)
{
    const char *message = s->assert_.message ? s->assert_.message : source_text(f, s->assert_.cond);
    Value *ok = lower_scalar(f, s->assert_.cond);
    b_check(&f->b, "assert", message, ok, 0, NULL);
}

static void lower_call_stmt(Fn *f, Expr *e)
{
    if (e->call.callee && !is_aggregate(e->type))
        call_scalar(f, e);
    else if (is_aggregate(e->type))
        lower_operand(f, e);
    else
        lower_scalar(f, e);
}

// ---- statement lists, with guards

static void lower_stmt(Fn *f, Stmt *s);

static bool declares_array(const Stmt *s)
{
    return s->kind == STMT_DECL && is_aggregate(s->decl->sym->type);
}

// Sizes that may be computed although the declaration is skipped: constants, and variables that surely hold something.
static bool safe_size(Fn *f, const Expr *e)
{
    if (e->value.known)
        return true;
    return e->kind == EXPR_NAME && (e->name.sym->kind == SYM_CONST || !var_of(f, e->name.sym)->guarded);
}

// An array whose declaration may be skipped is made in any case, of size 0 then: a region cannot bring out a new array.
static void declare_guarded(Fn *f, VarDecl *d)
{
    Var *v = var_of(f, d->sym);
    int n = d->dims.n;
    bool safe = true;
    for (int i = 0; i < n; i++)
        safe = safe && safe_size(f, d->dims.at[i]);
    set_loc(f, d->loc);
    if (safe) {
        eval_dims(f, d, v);
    } else {
        Value *zero[MAX_RANK];
        VarSet assigned = {0};
        for (int i = 0; i < n; i++)
            assigned = set_join(f, assigned, assigned_in(f, d->dims.at[i]));
        Branch br = branch_begin(f, f->flags.skip->cur, assigned, false);
        for (int i = 0; i < n; i++)
            zero[i] = int_const(f, 0);
        branch_else(f, &br);
        eval_dims(f, d, v);
        branch_end(f, &br, n, zero, v->dims, v->dims);
    }
    v->cur = new_item_array(f, v->type, n, v->dims, true, v->name);
}

// Variables that a guard declares come out of it only if they are named after its last statement.
static VarSet without_locals(Fn *f, VarSet set, Stmt *const *at, int n)
{
    VarSet out = {0, NEW_N(f->arena, Var *, set.n + 1)};
    int last = info_of(f, at[n - 1])->number;
    unsigned dropped = ++f->stamp;
    for (int i = 0; i < n; i++) {
        Var *v = at[i]->kind == STMT_DECL && !declares_array(at[i]) ? var_of(f, at[i]->decl->sym) : NULL;
        if (v && v->last_use > last)
            v->guarded = true;
        else if (v)
            v->stamp = dropped;
    }
    for (int i = 0; i < set.n; i++)
        if (set.at[i]->stamp != dropped)
            out.at[out.n++] = set.at[i];
    return out;
}

// n statements of which only the last may jump, and only the first may declare an array (which has been made); skipped
// if `skip` holds.
static void lower_guarded(Fn *f, Stmt *const *at, int n)
{
    unsigned jumps = info_of(f, at[n - 1])->jumps;
    VarSet assigned = with_jumps(f, without_locals(f, assigned_by(f, at, n), at, n), jumps);
    set_loc(f, at[0]->loc);
    Branch br = branch_begin(f, f->flags.skip->cur, assigned, false);
    if (jumps)
        set_flag(f, f->flags.skip, true);
    branch_else(f, &br);
    if (jumps)
        set_flag(f, f->flags.skip, false);
    for (int i = 0; i < n; i++) {
        if (i == 0 && declares_array(at[0])) {
            set_loc(f, at[0]->loc);
            initialise(f, var_of(f, at[0]->decl->sym), at[0]->decl->init);
        } else {
            lower_stmt(f, at[i]);
        }
    }
    branch_end(f, &br, 0, NULL, NULL, NULL);
}

// How many of n statements one guard takes: up to one that may jump, or before one that declares an array.
static int guarded_together(Fn *f, Stmt *const *at, int n)
{
    for (int i = 0; i < n; i++) {
        const StmtInfo *info = info_of(f, at[i]);
        if (info->jumps || !info->falls || i + 1 == n || declares_array(at[i + 1]))
            return i + 1;
    }
    return n;
}

// Statements one after the other; with `guarded`, a jump before them may have set the flags.
static void lower_list(Fn *f, Stmt *const *at, int n, bool guarded)
{
    for (int i = 0; i < n;) {
        const StmtInfo *info = info_of(f, at[i]);
        if (!guarded) {
            lower_stmt(f, at[i++]);
            guarded = info->jumps != 0;
        } else {
            if (declares_array(at[i])) {
                declare_guarded(f, at[i]->decl);
                if (!at[i]->decl->init) {
                    i++;
                    continue;
                }
            }
            int count = guarded_together(f, at + i, n - i);
            lower_guarded(f, at + i, count);
            i += count;
            info = info_of(f, at[i - 1]);
        }
        if (!info->falls)
            return;                                             // nobody gets to the rest
    }
}

// ---- branches of the source

static void lower_if(Fn *f, Stmt *s)
{
    const StmtInfo *info = info_of(f, s);
    Value *cond = lower_scalar(f, s->if_.cond);
    VarSet assigned = info_of(f, s->if_.yes)->assigned;
    if (s->if_.no)
        assigned = set_join(f, assigned, info_of(f, s->if_.no)->assigned);
    Branch br = branch_begin(f, cond, with_jumps(f, assigned, info->jumps), false);
    lower_stmt(f, s->if_.yes);
    branch_else(f, &br);
    if (s->if_.no)
        lower_stmt(f, s->if_.no);
    branch_end(f, &br, 0, NULL, NULL, NULL);
}

// ---- loops

// May this condition stand in a loop's head? Then it has no effects, and no arrays but by elements.
static bool pure_condition(const Fn *f, const Expr *e)
{
    switch (e->kind) {
    case EXPR_UNARY:
        return pure_condition(f, e->unary.operand);
    case EXPR_BINARY:
        return pure_condition(f, e->binary.left) && pure_condition(f, e->binary.right);
    case EXPR_COND:
        return pure_condition(f, e->cond.cond) && pure_condition(f, e->cond.yes) && pure_condition(f, e->cond.no);
    case EXPR_CAST:
        return pure_condition(f, e->cast.operand);
    case EXPR_FIELD:
        return !is_aggregate(e->type) && e->field.base->kind == EXPR_NAME && e->field.base->name.sym->kind != SYM_CONST;
    case EXPR_INDEX:
        if (under_check(f) || e->type.rank > 0 || e->index.base->kind != EXPR_NAME)
            return false;
        for (int i = 0; i < e->index.axes.n; i++)
            if (!pure_condition(f, e->index.axes.at[i].index))
                return false;
        return true;
    case EXPR_CALL:
        if (e->call.callee)
            return false;
        if (e->call.builtin->id == BUILTIN_len)
            return e->call.args.at[0]->kind == EXPR_NAME;
        for (int i = 0; i < e->call.args.n; i++)
            if (is_aggregate(e->call.args.at[i]->type) || !pure_condition(f, e->call.args.at[i]))
                return false;
        return true;
    default:
        return e->type.rank == 0;
    }
}

// A loop under construction.
typedef struct Loop {
    Stmt *body, *step;
    Expr *cond;                 // NULL: none
    bool is_do;
    unsigned jumps;             // in the body, and JUMP_BREAK if the condition is tested in it
    VarSet carried;
    Op *op;
    Region *outer;
    Flags flags;                // the enclosing ones
    Value *returned;            // before it
} Loop;

static void enter(Fn *f, const Loop *loop, Region *r, Value *const *args)
{
    f->b.at = r;
    for (int i = 0; i < loop->carried.n; i++)
        loop->carried.at[i]->cur = args[i];
}

static void loop_begin(Fn *f, Loop *loop)
{
    int n = loop->carried.n;
    Value **init = NEW_N(f->arena, Value *, n + 1);
    for (int i = 0; i < n; i++) {
        Var *v = loop->carried.at[i];
        init[i] = v->cur ? v->cur : b_undef(&f->b, v->type);
    }
    loop->outer = f->b.at;
    loop->op = b_loop(&f->b, NULL, NULL, 0, false, n, init);
    for (int i = 0; i < n; i++)
        loop_arg(loop->op, i)->name = loop->op->out[i]->name = loop->carried.at[i]->name;
}

static void lower_head(Fn *f, const Loop *loop)
{
    Region *head = b_loop_head(loop->op);
    for (int i = 0; i < loop->carried.n; i++)
        head->args.at[i]->name = loop->carried.at[i]->name;
    enter(f, loop, head, head->args.at);
    Value *c = lower_scalar(f, loop->cond);
    ir_yield(&f->b, 1, &c);
}

static void new_flags(Fn *f, const Loop *loop)
{
    unsigned j = loop->jumps;
    Var *exit = NULL;
    if (j & JUMP_BREAK)
        exit = var_new(f, NULL, T_BOOL);
    else if (j & JUMP_RETURN)
        exit = f->returned;
    f->flags = (Flags){j & JUMP_CONTINUE ? var_new(f, NULL, T_BOOL) : exit, exit};
    if (!info_of(f, loop->body)->jumps)
        return;                                                 // the condition will set it
    set_flag(f, f->flags.skip, false);
    if (exit)
        exit->cur = f->flags.skip->cur;
    if (j & JUMP_RETURN)
        f->returned->cur = f->flags.skip->cur;
}

// The condition in the body of the loop: the loop is left if it does not hold.
static void leave_unless(Fn *f, Expr *cond)
{
    Value *c = lower_scalar(f, cond), *leave = b_1(&f->b, OP_not, c);
    f->flags.exit->cur = leave;
    f->flags.skip->cur = leave;
}

// A condition after a body that may have left the loop.
static void leave_after(Fn *f, Expr *cond)
{
    Var *exit = f->flags.exit;
    VarSet assigned = set_with(f, assigned_in(f, cond), &exit, 1);
    Branch br = branch_begin(f, exit->cur, assigned, false);
    set_flag(f, exit, true);
    branch_else(f, &br);
    exit->cur = b_1(&f->b, OP_not, lower_scalar(f, cond));
    branch_end(f, &br, 0, NULL, NULL, NULL);
}

static void lower_step_of_loop(Fn *f, Stmt *step)
{
    Flags flags = f->flags;
    if (!flags.exit) {
        lower_stmt(f, step);
        return;
    }
    f->flags.skip = flags.exit;                                 // a continue does not skip it
    lower_guarded(f, &step, 1);
    f->flags = flags;
}

// The body, and the step, which is one more statement of it unless a continue goes there.
static void lower_loop_body(Fn *f, const Loop *loop, bool guarded)
{
    StmtList body = loop->body->kind == STMT_BLOCK ? loop->body->block.body : (StmtList){0};
    int n = body.n;
    Stmt **at = NEW_N(f->arena, Stmt *, n + 2);
    for (int i = 0; i < n; i++)
        at[i] = body.at[i];
    if (loop->body->kind != STMT_BLOCK)
        at[n++] = loop->body;
    bool separate = (loop->jumps & JUMP_CONTINUE) != 0;
    if (loop->step && !separate)
        at[n++] = loop->step;
    lower_list(f, at, n, guarded);
    if (loop->step && separate) {
        set_loc(f, loop->step->loc);
        lower_step_of_loop(f, loop->step);
    }
}

static void lower_iteration(Fn *f, const Loop *loop, bool in_head)
{
    Region *r = loop->op->regions[0];
    enter(f, loop, r, r->args.at);
    new_flags(f, loop);
    bool before = loop->cond && !loop->is_do && !in_head;
    if (before)
        leave_unless(f, loop->cond);
    lower_loop_body(f, loop, before);
    if (loop->is_do && loop->cond) {
        const StmtInfo *body = info_of(f, loop->body);
        if (body->jumps & (JUMP_BREAK | JUMP_RETURN))
            leave_after(f, loop->cond);
        else
            f->flags.exit->cur = b_1(&f->b, OP_not, lower_scalar(f, loop->cond));
    }
}

static void loop_end(Fn *f, Loop *loop)
{
    int n = loop->carried.n, k = 0;
    Value **y = NEW_N(f->arena, Value *, n + 2);
    if (f->flags.exit)
        y[k++] = f->flags.exit->cur;
    for (int i = 0; i < n; i++)
        y[k++] = loop->carried.at[i]->cur;
    loop->op->has_exit = f->flags.exit != NULL;
    ir_yield(&f->b, k, y);
    f->b.at = loop->outer;
    f->flags = loop->flags;
    for (int i = 0; i < n; i++)
        loop->carried.at[i]->cur = loop->op->out[i];
    if (!(loop->jumps & JUMP_RETURN))
        return;
    if (f->flags.skip)                                          // a return in it leaves what is around it, too
        f->flags.skip->cur = f->returned->cur;
    if (f->flags.exit)
        f->flags.exit->cur = f->returned->cur;
}

static bool always(const Expr *cond)
{
    return !cond || (cond->value.known && cond->value.i);
}

// The argument of @checkpoint, or NULL.
static Expr *states_of(const Stmt *s)
{
    for (int i = 0; i < s->attrs.n; i++)
        if (s->attrs.at[i].kind == ATTR_CHECKPOINT)
            return s->attrs.at[i].arg;
    return NULL;
}

// What the attributes of s say of its trips.
static Trips trips_of(const Stmt *s)
{
    Trips trips = TRIPS_IN_ORDER;
    for (int i = 0; i < s->attrs.n; i++) {
        AttrKind kind = s->attrs.at[i].kind;
        trips = kind == ATTR_PARALLEL ? TRIPS_PARALLEL : kind == ATTR_INDEPENDENT && !trips ? TRIPS_INDEPENDENT : trips;
    }
    return trips;
}

// How many states of the loop s may be kept, or NULL. Tested once, before the loop.
static Value *lower_states(Fn *f, const Stmt *s)
{
    Expr *e = states_of(s);
    if (!e)
        return NULL;
    Value *n = lower_scalar(f, e);
    if (!e->value.known)
        b_check(&f->b, "assert", arena_printf(f->l->m->arena, "@checkpoint(%s) keeps one state at least", source_text(f, e)),
                b_2(&f->b, OP_ige, n, int_const(f, 1)), 0, NULL);
    return n;
}

static void lower_loop(Fn *f, Stmt *s, Value *states, Expr *cond, Stmt *body, Stmt *step)
{
    Loop loop = {.body = body, .step = step, .is_do = s->kind == STMT_DO, .flags = f->flags};
    loop.cond = always(cond) ? NULL : cond;
    bool in_head = loop.cond && !loop.is_do && pure_condition(f, loop.cond);
    loop.jumps = info_of(f, body)->jumps;
    if (loop.cond && !in_head)
        loop.jumps |= JUMP_BREAK;
    Var *returns[2] = {NULL, NULL};
    if (loop.jumps & JUMP_RETURN) {
        assert(f->flags.skip);
        returns[0] = f->returned;
        returns[1] = f->result;
    }
    loop.carried = set_with(f, info_of(f, s)->loop, returns, 2);
    loop_begin(f, &loop);
    loop.op->trips = trips_of(s);
    if (states)
        loop_keep_states(loop.op, states);
    if (in_head)
        lower_head(f, &loop);
    lower_iteration(f, &loop, in_head);
    loop_end(f, &loop);
}

static void lower_for(Fn *f, Stmt *s)
{
    Value *states = lower_states(f, s);
    for (int i = 0; i < s->for_.init.n; i++)
        lower_stmt(f, s->for_.init.at[i]);
    set_loc(f, s->loc);
    lower_loop(f, s, states, s->for_.cond, s->for_.body, s->for_.step);
}

// ---- all of them

static void lower_stmt(Fn *f, Stmt *s)
{
    set_loc(f, s->loc);
    switch (s->kind) {
    case STMT_DECL:     lower_decl(f, s->decl); break;
    case STMT_ASSIGN:   lower_assign(f, s); break;
    case STMT_STEP:     lower_step(f, s); break;
    case STMT_CALL:     lower_call_stmt(f, s->call.call); break;
    case STMT_IF:       lower_if(f, s); break;
    case STMT_FOR:      lower_for(f, s); break;
    case STMT_WHILE:
    case STMT_DO:       lower_loop(f, s, lower_states(f, s), s->while_.cond, s->while_.body, NULL); break;
    case STMT_BREAK:    jump(f, JUMP_BREAK); break;
    case STMT_CONTINUE: jump(f, JUMP_CONTINUE); break;
    case STMT_RETURN:   lower_return(f, s); break;
    case STMT_ASSERT:   lower_assert(f, s); break;
    case STMT_BLOCK:    lower_list(f, s->block.body.at, s->block.body.n, false); break;
    case STMT_EMPTY:    break;
    case STMT_ERROR:    assert(0 && "a tree with errors"); break;
    }
}

// ---- a function's body: returns without flags where that does not nest deeply

// Statements still to come: those of a list from i on, then what comes after the list.
typedef struct Rest {
    StmtList list;
    int i;
    const struct Rest *next;
} Rest;

static void rest_stmts(Fn *f, const Rest *r, StmtList *out)
{
    for (; r; r = r->next)
        for (int i = r->i; i < r->list.n; i++)
            vec_push(f->arena, out, r->list.at[i]);
}

static void lower_rest(Fn *f, const Rest *rest, int depth);

static void arm_and_rest(Fn *f, Stmt *arm, const Rest *rest, int depth)
{
    Rest r = {.next = rest};
    if (arm)
        vec_push(f->arena, &r.list, arm);
    lower_rest(f, &r, depth + 1);
}

// if (c) {... return a;} rest: what follows belongs to the arm that gets to it.
static void lower_returning_if(Fn *f, Stmt *s, const Rest *rest, int depth)
{
    bool yes_falls = info_of(f, s->if_.yes)->falls, no_falls = !s->if_.no || info_of(f, s->if_.no)->falls;
    StmtList after = {0};
    if (yes_falls || no_falls)
        rest_stmts(f, rest, &after);
    VarSet assigned = set_join(f, info_of(f, s)->assigned, assigned_by(f, after.at, after.n));
    if (f->result)
        assigned = set_with(f, assigned, &f->result, 1);
    Value *cond = lower_scalar(f, s->if_.cond);
    Branch br = branch_begin(f, cond, assigned, true);
    arm_and_rest(f, s->if_.yes, yes_falls ? rest : NULL, depth);
    branch_else(f, &br);
    arm_and_rest(f, s->if_.no, no_falls ? rest : NULL, depth);
    branch_end(f, &br, 0, NULL, NULL, NULL);
}

// A statement that returns somewhere inside, in a loop say, and then the rest, unless it did.
static void lower_returning_stmt(Fn *f, Stmt *s, const Rest *rest, int depth)
{
    StmtList after = {0};
    f->flags = (Flags){.skip = f->returned};
    set_flag(f, f->returned, false);
    lower_stmt(f, s);
    f->flags = (Flags){0};
    rest_stmts(f, rest, &after);
    if (!info_of(f, s)->falls || !after.n)
        return;
    VarSet assigned = assigned_by(f, after.at, after.n);
    if (f->result)
        assigned = set_with(f, assigned, &f->result, 1);
    Branch br = branch_begin(f, f->returned->cur, assigned, true);
    branch_else(f, &br);
    lower_rest(f, rest, depth + 1);
    branch_end(f, &br, 0, NULL, NULL, NULL);
}

static void lower_with_flags(Fn *f, const Rest *rest)
{
    StmtList list = {0};
    rest_stmts(f, rest, &list);
    f->flags = (Flags){.skip = f->returned};
    set_flag(f, f->returned, false);
    lower_list(f, list.at, list.n, false);
    f->flags = (Flags){0};
}

// Does control surely not reach beyond one arm? Then the rest belongs to the other, or to none.
static bool one_arm_falls(Fn *f, const Stmt *s)
{
    return !info_of(f, s->if_.yes)->falls || (s->if_.no && !info_of(f, s->if_.no)->falls);
}

static void lower_rest(Fn *f, const Rest *rest, int depth)
{
    Rest at = *rest;
    for (;;) {
        if (at.i == at.list.n) {
            if (!at.next)
                return;
            at = *at.next;
            continue;
        }
        Stmt *s = at.list.at[at.i];
        const StmtInfo *info = info_of(f, s);
        if (!(info->jumps & JUMP_RETURN) || s->kind == STMT_RETURN) {
            lower_stmt(f, s);
            if (!info->falls)
                return;
            at.i++;
            continue;
        }
        Rest *after = arena_copy(f->arena, &at, sizeof at);
        after->i++;
        set_loc(f, s->loc);
        if (s->kind == STMT_BLOCK) {
            at = (Rest){.list = s->block.body, .next = after};
        } else if (s->kind == STMT_IF && depth < MAX_NESTED_RETURNS && one_arm_falls(f, s)) {
            lower_returning_if(f, s, after, depth);
            return;
        } else if (depth < MAX_NESTED_RETURNS) {
            lower_returning_stmt(f, s, after, depth);
            return;
        } else {
            lower_with_flags(f, &at);
            return;
        }
    }
}

void lower_body(Fn *f, Stmt *body)
{
    Rest all = {.list = body->block.body};
    info_of(f, body);
    lower_rest(f, &all, 0);
}
