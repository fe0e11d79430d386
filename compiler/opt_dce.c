// opt_dce.c — removes what nobody needs.
//
// In: a function, or all of a module. Out: the same without the ops, results, carried values and stores that reach
// neither a result of the function nor an op that may stop the program. A value is live if a live op uses it; an op is
// live if one of its results is, or if it has an effect, or if an op in its regions is live. So a carried value that is
// only used to compute itself is dead, and so is the whole chain of stores into an array of which no version is read.
//
//     %s, %k, %T = loop %i = 0 to %n (%s1 = 0.0, %k1 = 0) {        %s, %T = loop %i = 0 to %n (%s1 = 0.0) {
//         %s2 = add %s1, 1.0        %k2 = iadd %k1, 1          ->      %s2 = add %s1, 1.0
//         yield %s2, %k2 }                                             yield %s2 }
//     yield %s                                                     yield %s
//
// What stands or falls together: an array's operand, arguments, yields and result in an if or within; a carried value's
// initial value, argument, yield and result in a loop. With opt_dead_params also an array's argument and result in a
// function, and a parameter and its operand in every live call: liveness then runs through all functions at once, so
// that recursion needs no further thought.
#include "opt.h"
#include "rewrite.h"

#include <assert.h>

// A function that is being looked at.
typedef struct Fn {
    Func *f;
    bool *live;                                                 // by value id
    bool open;                                                  // its parameters and results may go
    VEC(Op *) calls;                                            // of it, live ones; where it is open
} Fn;

typedef struct Dce {
    Arena *arena;
    Map *fns;                                                   // Func -> Fn
    VEC(Value *) work;                                          // live values whose consequences are to be drawn
    Fn *last;                                                   // of the last look-up
} Dce;

static Fn *fn_of(Dce *d, const Func *f)
{
    if (d->last && d->last->f == f)
        return d->last;
    Fn *fn = map_get(d->fns, f);
    if (fn)
        d->last = fn;
    return fn;
}

// The callee, if its parameters may go.
static Fn *open_callee(Dce *d, const Op *call)
{
    Fn *fn = map_get(d->fns, call->callee);
    return fn && fn->open ? fn : NULL;
}

// ---- marking ----

static void live(Dce *d, Value *v)
{
    Fn *fn = fn_of(d, v->region->func);
    if (fn->live[v->id])
        return;
    fn->live[v->id] = true;
    vec_push(d->arena, &d->work, v);
}

static bool is_live(Dce *d, const Value *v)
{
    return fn_of(d, v->region->func)->live[v->id];
}

static void live_all(Dce *d, Value *const *v, int n)
{
    for (int i = 0; i < n; i++)
        live(d, v[i]);
}

static const Param *param_by(const Func *f, int arg, int result)
{
    for (int i = 0; i < f->params.n; i++) {
        const Param *p = &f->params.at[i];
        if ((arg >= 0 && p->arg == arg) || (result >= 0 && p->result == result))
            return p;
    }
    return NULL;
}

static void call_is_live(Dce *d, Op *op)
{
    Fn *callee = open_callee(d, op);
    if (!callee) {
        live_all(d, op->in, op->n_in);
        return;
    }
    vec_push(d->arena, &callee->calls, op);
    for (int k = 0; k < op->n_in; k++)
        if (callee->live[callee->f->body->args.at[k]->id])
            live(d, op->in[k]);
}

// What an op needs whatever is asked of it.
static void op_is_live(Dce *d, Op *op)
{
    for (; op && !op->mark; op = op->parent->owner) {
        op->mark = 1;
        switch (op->code) {
        case OP_if:
            live(d, op->in[0]);
            break;
        case OP_loop:
            live_all(d, op->in, loop_first_init(op));
            if (op->n_regions > 1 && op->regions[1])
                live(d, op->regions[1]->yields.at[0]);
            if (op->has_exit)
                live(d, loop_exit_flag(op));
            break;
        case OP_within:
            live_all(d, op->in, op->n_in - op->n_extra);
            live_all(d, op->regions[0]->args.at, op->n_paths);
            break;
        case OP_call:
            call_is_live(d, op);
            break;
        default:
            live_all(d, op->in, op->n_in);
        }
    }
}

static void if_result_is_live(Dce *d, Op *op, int k)
{
    live(d, op->regions[0]->yields.at[k]);
    live(d, op->regions[1]->yields.at[k]);
    if (k >= op->n_in - 1)
        return;
    live(d, op->in[1 + k]);
    live(d, op->regions[0]->args.at[k]);
    live(d, op->regions[1]->args.at[k]);
    live(d, op->out[k]);
}

static void carried_is_live(Dce *d, Op *op, int k)
{
    live(d, op->in[loop_first_init(op) + k]);
    live(d, loop_arg(op, k));
    live(d, loop_yield(op, k));
}

// Yield k of a within: that of a slot, of another array, or a scalar.
static void within_part_is_live(Dce *d, Op *op, int k)
{
    live(d, op->regions[0]->yields.at[k]);
    if (k < op->n_paths || k >= op->n_paths + op->n_extra)
        return;
    live(d, op->in[op->n_in - op->n_extra + k - op->n_paths]);
    live(d, op->regions[0]->args.at[k]);
    live(d, op->out[1 + k - op->n_paths]);
}

static void call_result_is_live(Dce *d, Op *op, int k)
{
    Fn *callee = open_callee(d, op);
    if (callee)
        live(d, callee->f->body->yields.at[k]);
    int tie = op_tie(op, k);
    if (callee && tie >= 0)
        live(d, callee->f->body->args.at[tie]);
}

static void result_is_live(Dce *d, Value *v)
{
    Op *op = v->def;
    op_is_live(d, op);
    if (op->code == OP_if)
        if_result_is_live(d, op, v->index);
    else if (op->code == OP_loop && v->index < loop_n_carried(op))
        carried_is_live(d, op, v->index);
    else if (op->code == OP_within && v->index > 0)
        within_part_is_live(d, op, op->n_paths + v->index - 1);
    else if (op->code == OP_call)
        call_result_is_live(d, op, v->index);
}

static void param_is_live(Dce *d, Value *v)
{
    Fn *fn = fn_of(d, v->region->func);
    const Param *p = param_by(fn->f, v->index, -1);
    if (!fn->open)
        return;
    if (p->result >= 0 && type_is_linear(p->type))
        live(d, fn->f->body->yields.at[p->result]);
    for (int i = 0; i < fn->calls.n; i++)
        live(d, fn->calls.at[i]->in[v->index]);
}

static void argument_is_live(Dce *d, Value *v)
{
    Op *op = v->region->owner;
    if (!op) {
        param_is_live(d, v);
        return;
    }
    op_is_live(d, op);
    if (op->code == OP_if)
        if_result_is_live(d, op, v->index);
    else if (op->code == OP_within)
        within_part_is_live(d, op, v->index);
    else if (v->region == op->regions[1])
        carried_is_live(d, op, v->index);
    else if (v->index >= op->counted)
        carried_is_live(d, op, v->index - op->counted);
}

static void draw_consequences(Dce *d)
{
    while (d->work.n > 0) {
        Value *v = d->work.at[--d->work.n];
        if (v->def)
            result_is_live(d, v);
        else
            argument_is_live(d, v);
    }
}

// ---- sweeping ----

static bool loop_part_stays(Dce *d, const Op *op, int k)
{
    return is_live(d, loop_arg(op, k)) || is_live(d, op->out[k]);
}

static bool if_part_stays(Dce *d, const Op *op, int k)
{
    return k < op->n_in - 1 ? is_live(d, op->regions[0]->args.at[k]) || is_live(d, op->out[k]) : is_live(d, op->out[k]);
}

static bool within_part_stays(Dce *d, const Op *op, int k)      // k counts as the region's yields
{
    if (k < op->n_paths)
        return true;
    if (k < op->n_paths + op->n_extra)
        return is_live(d, op->regions[0]->args.at[k]);
    return is_live(d, op->out[1 + k - op->n_paths]);
}

// Keeps of a list of n the first `fixed` ones and those of the rest that `stays` marks, which starts at element
// `fixed`; gives how many are left.
static int keep_some(Value **list, int n, int fixed, const bool *stays)
{
    int to = fixed;
    for (int i = fixed; i < n; i++)
        if (stays[i - fixed])
            list[to++] = list[i];
    return to;
}

static void renumber(Value **list, int n)
{
    for (int i = 0; i < n; i++)
        list[i]->index = i;
}

static void keep_args(Region *r, int fixed, const bool *stays)
{
    r->args.n = keep_some(r->args.at, r->args.n, fixed, stays);
    renumber(r->args.at, r->args.n);
}

static void keep_yields(Region *r, int fixed, const bool *stays)
{
    r->yields.n = keep_some(r->yields.at, r->yields.n, fixed, stays);
}

static void keep_results(Op *op, int fixed, const bool *stays)
{
    op->n_out = keep_some(op->out, op->n_out, fixed, stays);
    renumber(op->out, op->n_out);
}

static void trim_if(Dce *d, Op *op)
{
    bool *stays = NEW_N(d->arena, bool, op->n_out + 1);
    for (int k = 0; k < op->n_out; k++)
        stays[k] = if_part_stays(d, op, k);
    keep_results(op, 0, stays);
    op->n_in = keep_some(op->in, op->n_in, 1, stays);
    for (int arm = 0; arm < 2; arm++) {
        keep_args(op->regions[arm], 0, stays);
        keep_yields(op->regions[arm], 0, stays);
    }
}

static void trim_loop(Dce *d, Op *op)
{
    int n = loop_n_carried(op);
    bool *stays = NEW_N(d->arena, bool, n + 1);
    for (int k = 0; k < n; k++)
        stays[k] = loop_part_stays(d, op, k);
    stays[n] = true;                                            // the trip count
    op->n_in = keep_some(op->in, op->n_in, loop_first_init(op), stays);
    keep_results(op, 0, stays);
    keep_args(op->regions[0], op->counted, stays);
    keep_yields(op->regions[0], op->has_exit, stays);
    if (op->n_regions > 1 && op->regions[1])
        keep_args(op->regions[1], 0, stays);
}

static void trim_within(Dce *d, Op *op)
{
    Region *r = op->regions[0];
    int n = r->yields.n, first_extra = op->n_in - op->n_extra;
    bool *stays = NEW_N(d->arena, bool, n + 1);
    for (int k = 0; k < n; k++)
        stays[k] = within_part_stays(d, op, k);
    op->n_in = keep_some(op->in, op->n_in, first_extra, stays + op->n_paths);
    op->n_extra = op->n_in - first_extra;
    keep_args(r, 0, stays);
    keep_yields(r, 0, stays);
    keep_results(op, 1, stays + op->n_paths);
}

static void trim_call(Dce *d, Op *op)
{
    Fn *callee = open_callee(d, op);
    if (!callee)
        return;
    const Region *body = callee->f->body;
    bool *stays = NEW_N(d->arena, bool, op->n_in + op->n_out + 1);
    for (int k = 0; k < op->n_in; k++)
        stays[k] = callee->live[body->args.at[k]->id];
    for (int k = 0; k < op->n_out; k++) {
        int tie = op_tie(op, k);
        stays[op->n_in + k] = tie >= 0 ? stays[tie] : is_live(d, body->yields.at[k]);
    }
    const bool *results = stays + op->n_in;
    op->n_in = keep_some(op->in, op->n_in, 0, stays);
    keep_results(op, 0, results);
}

static void sweep(Dce *d, Region *r)
{
    int n = 0;
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        if (!op->mark)
            continue;
        r->ops.at[n++] = op;
        if (op->code == OP_if)
            trim_if(d, op);
        else if (op->code == OP_loop)
            trim_loop(d, op);
        else if (op->code == OP_within)
            trim_within(d, op);
        else if (op->code == OP_call)
            trim_call(d, op);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                sweep(d, op->regions[k]);
    }
    r->ops.n = n;
}

// The signature of an open function after its body and all its calls were swept.
static void trim_signature(Dce *d, Fn *fn)
{
    Func *f = fn->f;
    Region *body = f->body;
    bool *arg = NEW_N(d->arena, bool, body->args.n + 1), *result = NEW_N(d->arena, bool, body->yields.n + 1);
    int n = 0, n_arg = 0, n_result = 0;
    for (int i = 0; i < f->params.n; i++) {
        Param p = f->params.at[i];
        bool a = p.arg >= 0 && fn->live[body->args.at[p.arg]->id];
        bool r = p.result >= 0 && (type_is_linear(p.type) ? a : fn->live[body->yields.at[p.result]->id]);
        if (p.arg >= 0)
            arg[p.arg] = a;
        if (p.result >= 0)
            result[p.result] = r;
        if (!a && !r)
            continue;
        p.arg = a ? n_arg++ : -1;
        p.result = r ? n_result++ : -1;
        if (!type_is_linear(p.type))
            p.role = a && r ? ROLE_INOUT : a ? ROLE_IN : ROLE_OUT;
        f->params.at[n++] = p;
    }
    f->params.n = n;
    if (f->ret >= 0) {
        result[f->ret] = fn->live[body->yields.at[f->ret]->id];
        f->ret = result[f->ret] ? n_result : -1;
    }
    keep_args(body, 0, arg);
    keep_yields(body, 0, result);
}

// ---- the whole ----

static void clear_marks(Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        op->mark = 0;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                clear_marks(op->regions[k]);
    }
}

static void mark_effects(Dce *d, Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        if (op->code == OP_check || (op->code == OP_call && func_has_effect(op->callee)))
            op_is_live(d, op);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                mark_effects(d, op->regions[k]);
    }
}

static Fn *add_fn(Dce *d, Func *f, bool open)
{
    Fn *fn = NEW(d->arena, Fn);
    *fn = (Fn){.f = f, .live = NEW_N(d->arena, bool, f->n_values + 1), .open = open};
    map_set(d->fns, f, fn);
    clear_marks(f->body);
    return fn;
}

static void start(Dce *d, Fn *fn)
{
    Region *body = fn->f->body;
    mark_effects(d, body);
    if (fn->open)
        return;
    live_all(d, body->yields.at, body->yields.n);
    for (int i = 0; i < body->ops.n; i++)                       // derivatives ask for shapes of arrays not read, too
        if (body->ops.at[i]->code == OP_shape)
            op_is_live(d, body->ops.at[i]);
}

void opt_dce(Func *f)
{
    if (!func_has_body(f))
        return;
    Arena *a = arena_new();
    Dce d = {.arena = a, .fns = map_new(a)};
    start(&d, add_fn(&d, f, false));
    draw_consequences(&d);
    sweep(&d, f->body);
    arena_free(a);
}

// May adc change f's signature? Not if C or a user's function sees it, nor if a rule or a derive refers to it.
static bool is_open(const Func *f)
{
    return f->is_static && !f->source_name && f->transform == TR_NONE && !f->custom_vjp && !f->custom_jvp;
}

// The rules users gave are called in place of others, with the others' signature.
static void close_rules(Dce *d, const Module *m)
{
    for (int i = 0; i < m->funcs.n; i++) {
        const Func *others[] = {m->funcs.at[i]->base, m->funcs.at[i]->custom_vjp, m->funcs.at[i]->custom_jvp};
        for (int k = 0; k < 3; k++) {
            Fn *fn = others[k] ? map_get(d->fns, others[k]) : NULL;
            if (fn)
                fn->open = false;
        }
    }
}

void opt_dead_params(Module *m)
{
    Arena *a = arena_new();
    Dce d = {.arena = a, .fns = map_new(a)};
    VEC(Fn *) fns = {0};
    for (int i = 0; i < m->funcs.n; i++)
        if (func_has_body(m->funcs.at[i]))
            vec_push(a, &fns, add_fn(&d, m->funcs.at[i], is_open(m->funcs.at[i])));
    close_rules(&d, m);
    for (int i = 0; i < fns.n; i++)
        start(&d, fns.at[i]);
    draw_consequences(&d);
    for (int i = 0; i < fns.n; i++)
        sweep(&d, fns.at[i]->f->body);
    for (int i = 0; i < fns.n; i++)
        if (fns.at[i]->open)
            trim_signature(&d, fns.at[i]);
    arena_free(a);
}
