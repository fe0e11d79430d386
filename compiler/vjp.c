// vjp.c — reverse mode, from IR to IR: functions.
//
// In: a function f and which of its arguments and results count. Out: either one function that runs f and then its reverse (joint: what a
// `derive` asks for), or a pair f_fwd, f_rev (split: for calls inside of what is differentiated, recursion included), which share growable
// tapes. vjp_fwd.c and vjp_rev.c write the two sweeps by the plan of keep.c.
//
//     derive g = vjp(f)      g(x, y_bar, x_bar) { forward sweep of f; reverse sweep; }
//     a call y = h(x) in f   forward: y, tape = h_fwd(x, tape)         reverse: x_bar, at = h_rev(tape, at, y_bar, x_bar)
#include "opt.h"
#include "vjp.h"

#include <assert.h>
#include <string.h>

Gen *gen_new(DeriveCtx *c, Arena *a, const Plan *plan)
{
    Gen *g = NEW(a, Gen);
    int n = plan->f->n_values + 1;
    *g = (Gen){.c = c, .plan = plan, .f = plan->f, .a = a};
    Value ***tables[] = {&g->fwd, &g->had, &g->kept, &g->site, &g->bar, &g->used, &g->seed, &g->abar, &g->trip, &g->zbar, &g->zpos,
                         &g->map};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        *tables[i] = NEW_N(a, Value *, n);
    return g;
}

static const char *const tape_names[N_TAPES] = {"tape", "int_tape", "bool_tape", "pos_tape", "bit_tape"};
const char *const pos_names[N_TAPES] = {"at", "int_at", "bool_at", "pos_at", "bit_at"};

// The shape op of an array argument.
static Value *shaped(const Plan *p, const Value *raw)
{
    const Op *op = p->consumer[raw->id];
    assert(op && op->code == OP_shape);
    return op->out[0];
}

// ---- joint functions ----

static Value *scalar_bar(Gen *g, Builder *b, Value *v)
{
    return g->bar[v->id] ? g->bar[v->id] : b_no_derivative(b);
}

// Binds an array parameter of the derivative to the dimensions of the primal's array `root`.
static Value *shape_like(Gen *g, Builder *b, Value *raw, const Value *root)
{
    Value *dims[IR_MAX_RANK];
    int rank = root->def->n_in - 1;                             // a frozen tape has none
    for (int k = 0; k < rank; k++)
        dims[k] = gen_had_dim(g, b, root, k);
    return b_shape(b, raw, rank, dims);
}

// The parameter of the base that a derived parameter belongs to; NULL: the scalar it returns.
static const Param *base_param(const Func *f, const Param *p)
{
    if (p->of >= 0)
        return &f->params.at[p->of];
    return f->ret >= 0 ? NULL : &f->params.at[f->params.n - 1];
}

static Value *base_result(const Func *f, const Param *of)
{
    return f->body->yields.at[of ? of->result : f->ret];
}

// Adjoint parameters of arrays: the array that the reverse starts with.
static void seed_array(Gen *g, Builder *b, const Func *d, const Param *p, const Param *of, Value **bound)
{
    Value *raw = d->body->args.at[p->arg], *root = shaped(g->plan, g->f->body->args.at[of->arg]);
    Value *bar = shape_like(g, b, raw, root);
    bool active = g->plan->active_root[root->id];
    if (p->role == ROLE_OUT || (p->role == ROLE_INOUT && of->role == ROLE_INOUT && !active))
        bar = b_fill(b, bar, b_real(b, 0.0));
    *bound = bar;
    if (active)
        g->abar[root->id] = p->role == ROLE_IN ? b_copy(b, bar, raw->name) : bar;
}

void vjp_seed(Gen *g, Builder *b, const Func *d, const Param *p, Value **bound)
{
    const Param *of = base_param(g->f, p);
    if (of && type_is_linear(of->type))
        seed_array(g, b, d, p, of, bound);
    else if (p->arg >= 0 && !(of && of->role == ROLE_IN))
        gen_contribute(g, b, base_result(g->f, of), d->body->args.at[p->arg]);
}

Value *vjp_bar_result(Gen *g, Builder *b, const Func *d, const Param *p, Value *bound)
{
    const Param *of = base_param(g->f, p);
    Value *arg = g->f->body->args.at[of->arg];
    if (!type_is_linear(of->type)) {
        Value *bar = g->bar[arg->id];
        if (p->role == ROLE_INOUT && of->role == ROLE_IN)       // added to
            return bar ? b_2(b, OP_add, d->body->args.at[p->arg], bar) : d->body->args.at[p->arg];
        return scalar_bar(g, b, arg);
    }
    Value *root = shaped(g->plan, arg);
    return g->plan->active_root[root->id] ? g->abar[root->id] : bound;
}

void vjp_open_tapes(Gen *g, Builder *b, const Region *home)
{
    unsigned mask = region_plan(g->plan, home)->mask;
    for (int e = 0; e < N_TAPES; e++)
        if (mask & (1u << e))
            g->buf[e] = b_buf_new(b, (Elem)e, tape_names[e]);
}

void vjp_freeze_tapes(Gen *g, Builder *b, const Region *home)
{
    unsigned mask = region_plan(g->plan, home)->mask;
    for (int e = 0; e < N_TAPES; e++) {
        if (!(mask & (1u << e)))
            continue;
        g->tape[e] = b_freeze(b, g->buf[e]);
        g->pos[e] = b_len(b, g->tape[e]);
        g->pos[e]->name = pos_names[e];
    }
}

static void joint_results(Gen *g, Builder *b, Func *d, Value **bound)
{
    const Func *f = g->f;
    int n = func_n_results(d), base = 0;
    Value **y = NEW_N(g->a, Value *, n + 1);
    for (int i = 0; i < d->params.n; i++) {
        const Param *p = &d->params.at[i];
        const Param *own = p->kind == P_PRIMAL ? &f->params.at[base++] : NULL;
        if (p->result >= 0)
            y[p->result] = own ? g->fwd[f->body->yields.at[own->result]->id] : vjp_bar_result(g, b, d, p, bound[i]);
    }
    if (d->ret >= 0)
        y[d->ret] = g->fwd[f->body->yields.at[f->ret]->id];
    ir_yield(b, n, y);
}

// A function with a rule by hand is recorded as a function that calls it: the same parameters, one call.
static Func *calling(DeriveCtx *c, const Func *d, Func *f)
{
    Arena *a = c->m->arena;
    Func *g = NEW(a, Func);
    *g = *f;
    g->n_values = 0;
    g->is_extern = false;
    g->custom_vjp = g->custom_jvp = NULL;
    g->body = region_new(g, NULL);
    Builder b = builder_at(g, g->body, true);
    b.loc = d->loc;
    Value **args = NEW_N(a, Value *, f->body->args.n + 1), **map = NEW_N(a, Value *, f->n_values + 1);
    for (int i = 0; i < f->body->args.n; i++) {
        const Value *arg = f->body->args.at[i];
        args[i] = map[arg->id] = region_arg(g->body, arg->type, arg->name, NULL);
    }
    for (int i = 0; i < f->body->args.n; i++) {
        if (args[i]->type.kind != K_ARRAY)
            continue;
        const Op *shape = ir_shape_of(f, f->body->args.at[i]);
        if (!shape) {
            derive_no_shapes(c, d->loc, f);
            return NULL;
        }
        Value *dims[IR_MAX_RANK];
        for (int k = 1; k < shape->n_in; k++)
            dims[k - 1] = ir_recompute(&b, shape->in[k], map);
        args[i] = b_shape(&b, args[i], shape->n_in - 1, dims);
    }
    Op *call = b_call(&b, f, f->body->args.n, args);
    ir_yield(&b, call->n_out, call->out);
    return g;
}

Func *vjp_primal(DeriveCtx *c, const Func *d)
{
    return d->base->custom_vjp ? calling(c, d, d->base) : derive_ready(c, d->base);
}

Plan *vjp_plan(DeriveCtx *c, Arena *a, Func *f, const Func *d, PlanKind kind)
{
    bool *args = NEW_N(a, bool, f->body->args.n + 1), *results = NEW_N(a, bool, func_n_results(f) + 1);
    for (int i = 0; i < f->params.n; i++) {
        const Param *p = &f->params.at[i];
        if (p->arg >= 0 && d->wrt[i] && p->role != ROLE_OUT && type_is_real(p->type))
            args[p->arg] = true;
        if (p->result >= 0 && d->transform != TR_GRAD && type_is_real(p->type))
            results[p->result] = true;
    }
    if (f->ret >= 0 && type_is_real(f->ret_type))
        results[f->ret] = true;
    return keep_plan(c, a, f, kind, args, results, NULL);
}

// The adjoints of what f yields. Gives the parameters of d, bound to their shapes.
static Value **joint_seeds(Gen *g, Builder *b, const Func *d)
{
    Value **bound = NEW_N(g->a, Value *, d->params.n + 1);
    b->loc = (IrLoc){0};
    for (int i = 0; i < d->params.n; i++)
        if (d->params.at[i].kind == P_BAR)
            vjp_seed(g, b, d, &d->params.at[i], &bound[i]);
    if (d->transform == TR_GRAD)
        gen_contribute(g, b, g->f->body->yields.at[g->f->ret], b_real(b, 1.0));
    return bound;
}

static int after_shapes(const Region *body)
{
    int n = body->ops.n;
    while (n > 0 && body->ops.at[n - 1]->code != OP_shape)
        n--;
    return n;
}

// The forward sweep, the seeds and the reverse sweep. A fused loop has to have the seeds before; else they come between the sweeps.
static Value **joint_body(Gen *g, Builder *b, const Func *d)
{
    const Region *body = g->f->body;
    vjp_open_tapes(g, b, body);
    bool before = g->plan->seeds_first;
    int first = before ? after_shapes(body) : 0;
    Value **bound = NULL;
    if (before) {
        vjp_forward(g, b, body, 0, first);
        bound = joint_seeds(g, b, d);
    }
    vjp_forward(g, b, body, first, body->ops.n);
    vjp_freeze_tapes(g, b, body);
    if (!before)
        bound = joint_seeds(g, b, d);
    vjp_reverse(g, b, body);
    return bound;
}

void vjp_derived(DeriveCtx *c, Func *d)
{
    Arena *a = arena_new();
    Func *f = derive_ready(c, d->base);
    Plan *plan = vjp_plan(c, a, f, d, PLAN_JOINT);
    if (c->errors) {
        arena_free(a);
        return;
    }
    derive_planned(c, d, plan);
    Gen *g = gen_new(c, a, plan);
    Builder b = builder_at(d, d->body, true);
    for (int i = 0, base = 0; i < d->params.n; i++)
        if (d->params.at[i].kind == P_PRIMAL) {
            const Param *p = &f->params.at[base++];
            if (p->arg >= 0)
                g->fwd[f->body->args.at[p->arg]->id] = d->body->args.at[d->params.at[i].arg];
        }
    Value **bound = joint_body(g, &b, d);
    b.loc = (IrLoc){0};
    joint_results(g, &b, d, bound);
    arena_free(a);
    vjp_finish_variants(c);
}

// ---- split functions ----

typedef VEC(Variant *) VariantList;

unsigned variant_mask(Variant *v)
{
    if (v->plan)
        return v->plan->mask;
    v->asked_early = true;
    return v->assumed_mask;
}

bool variant_needs_arg(Variant *v, int arg)
{
    const Type t = v->f->body->args.at[arg]->type;
    if (t.kind == K_BUF || (t.kind == K_ARRAY && !v->stable_args[arg]))
        return false;
    if (v->plan)
        return v->plan->arg_needed[arg];
    v->asked_early = true;
    return v->assumed_args[arg];
}

Usage variant_usage(const Variant *v, int arg)
{
    return v->plan ? (Usage)v->plan->usage[v->body->body->args.at[arg]->id] : USED_ALWAYS;
}

static void push_slot(Variant *v, Arena *a, SlotKind kind, int index, Role role, Type type, const char *name)
{
    vec_push(a, &v->slots, ((Slot){kind, index, role, type, name}));
}

static const char *bar_of(Arena *a, const char *name)
{
    return arena_printf(a, "%s_bar", name);
}

static bool is_vjp_of(const Func *d, const Func *f, const bool *wrt)
{
    return d->transform == TR_VJP && d->base == f && memcmp(d->wrt, wrt, sizeof *wrt * (size_t)f->params.n) == 0;
}

static void push_copy(Func *d, const Param *p, int of, Role role, bool bar)
{
    const char *name = bar ? func_fresh_param(d, bar_of(d->module->arena, p->name)) : p->name;
    func_param(d, name, role, p->type, bar ? P_BAR : P_PRIMAL, of);
    d->params.at[d->params.n - 1].shape = p->shape;
    d->params.at[d->params.n - 1].is_result = p->is_result && !bar;
}

// The parameters are those of LANGUAGE.md section 7, row vjp.
static Func *declare_vjp(DeriveCtx *c, Func *f, const bool *wrt)
{
    Func *d = func_new(c->m, derive_fresh_name(c, f->name, "_vjp"));
    int n_own = f->params.n - (f->params.n && f->params.at[f->params.n - 1].is_result);
    const Param *result = n_own < f->params.n ? &f->params.at[n_own] : NULL;
    *d = (Func){.module = d->module, .name = d->name, .body = d->body, .ret = -1, .loc = f->loc, .is_static = true, .transform = TR_VJP,
                .base = f, .wrt = arena_copy(c->m->arena, wrt, sizeof *wrt * (size_t)(f->params.n + 1))};
    for (int i = 0; i < n_own; i++)
        push_copy(d, &f->params.at[i], i, f->params.at[i].role, false);
    if (result)
        push_copy(d, result, n_own, ROLE_IN, true);
    else if (f->ret >= 0)
        func_param(d, func_fresh_param(d, "result_bar"), ROLE_IN, f->ret_type, P_BAR, -1);
    for (int i = 0; i < n_own; i++) {
        const Param *p = &f->params.at[i];
        static const Role roles[][2] = {[ROLE_IN] = {ROLE_IN, ROLE_INOUT}, [ROLE_OUT] = {ROLE_IN, ROLE_IN}, [ROLE_INOUT] = {ROLE_IN, ROLE_INOUT}};
        if (type_is_real(p->type) && (wrt[i] || p->role != ROLE_IN))
            push_copy(d, p, i, roles[p->role][wrt[i]], true);
    }
    if (result)
        push_copy(d, result, n_own, ROLE_OUT, false);
    if (f->ret >= 0)
        func_set_ret(d, f->ret_type);
    return d;
}

Func *vjp_of(DeriveCtx *c, Func *f, const bool *wrt)
{
    for (int i = 0; i < c->m->funcs.n; i++)
        if (is_vjp_of(c->m->funcs.at[i], f, wrt))
            return c->m->funcs.at[i];
    return declare_vjp(c, f, wrt);
}

static bool is_result_active(const Variant *v, const Param *p)
{
    return p->result >= 0 && v->active_results[p->result];
}

// The adjoint parameters of one parameter of f.
static void push_adjoint_slots(Variant *v, Arena *a, const Param *p)
{
    bool in = p->arg >= 0 && v->active_args[p->arg], out = is_result_active(v, p);
    const char *name = bar_of(a, p->name);
    if (!type_is_real(p->type) || (!in && !out))
        return;
    if (p->type.kind == K_BUF) {
        push_slot(v, a, SLOT_ZBAR, p->arg, ROLE_IN, type_array(E_REAL, 1), name);
        push_slot(v, a, SLOT_ZPOS, p->arg, ROLE_INOUT, T_POS, arena_printf(a, "%s_at", p->name));
    } else if (type_is_linear(p->type) || (in && out)) {
        push_slot(v, a, SLOT_BAR, p->arg, ROLE_INOUT, p->type, name);
    } else if (out) {
        push_slot(v, a, SLOT_SEED, p->result, ROLE_IN, p->type, name);
    } else {
        if (usage_is_open(variant_usage(v, p->arg)))
            push_slot(v, a, SLOT_USED, p->arg, ROLE_OUT, T_BOOL, arena_printf(a, "%s_used", p->name));
        push_slot(v, a, SLOT_ADJ, p->arg, ROLE_OUT, p->type, name);
    }
}

static void make_slots(Variant *v, Arena *a)
{
    const Func *f = v->f;
    unsigned mask = variant_mask(v);
    for (int i = 0; i < f->params.n; i++) {
        const Param *p = &f->params.at[i];
        if (p->arg >= 0 && variant_needs_arg(v, p->arg))
            push_slot(v, a, SLOT_PRIMAL, p->arg, ROLE_IN, p->type, p->name);
    }
    for (int e = 0; e < N_TAPES; e++)
        if (mask & (1u << e)) {
            push_slot(v, a, SLOT_TAPE, e, ROLE_IN, type_array((Elem)e, 1), tape_names[e]);
            push_slot(v, a, SLOT_POS, e, ROLE_INOUT, T_POS, pos_names[e]);
        }
    if (f->ret >= 0 && v->active_results[f->ret])
        push_slot(v, a, SLOT_SEED, f->ret, ROLE_IN, f->ret_type, "result_bar");
    for (int i = 0; i < f->params.n; i++)
        push_adjoint_slots(v, a, &f->params.at[i]);
}

static Func *make_fwd(DeriveCtx *c, Variant *v, unsigned mask)
{
    const Func *f = v->f;
    if (!mask)
        return v->f;
    Func *fwd = func_new(c->m, derive_fresh_name(c, f->name, "_fwd"));
    fwd->is_static = true;
    fwd->loc = f->loc;
    for (int i = 0; i < f->params.n; i++) {
        const Param *p = &f->params.at[i];
        func_param(fwd, p->name, p->role, p->type, P_INTERNAL, -1);
    }
    for (int e = 0; e < N_TAPES; e++)
        if (mask & (1u << e))
            func_param(fwd, func_fresh_param(fwd, tape_names[e]), ROLE_INOUT, type_buf((Elem)e), P_INTERNAL, -1);
    if (f->ret >= 0)
        func_set_ret(fwd, f->ret_type);
    return fwd;
}

static void make_signatures(DeriveCtx *c, Variant *v)
{
    if (v->rev)
        return;
    make_slots(v, c->m->arena);
    v->fwd = make_fwd(c, v, variant_mask(v));
    v->rev = func_new(c->m, derive_fresh_name(c, v->f->name, "_rev"));
    v->rev->is_static = true;
    v->rev->loc = v->f->loc;
    for (int i = 0; i < v->slots.n; i++) {
        const Slot *s = &v->slots.at[i];
        func_param(v->rev, func_fresh_param(v->rev, s->name), s->role, s->type, P_INTERNAL, -1);
    }
}

static bool same_flags(const bool *x, const bool *y, int n)
{
    return n == 0 || memcmp(x, y, sizeof *x * (size_t)n) == 0;
}

// Does the plan ask for more than recursive calls assumed? Then the assumption grows to it.
static bool assume_more(Variant *v, const Plan *plan)
{
    bool more = (plan->mask & ~v->assumed_mask) != 0;
    v->assumed_mask |= plan->mask;
    for (int i = 0; i < v->f->body->args.n; i++) {
        more |= plan->arg_needed[i] && !v->assumed_args[i];
        v->assumed_args[i] |= plan->arg_needed[i];
    }
    return more;
}

// Plans v. A recursive call, direct or through others, asks about v before its plan is there and is told what is assumed, at first nothing; if the
// plan wants more, it is made again, and so are those that were planned on the way.
static void plan_variant(DeriveCtx *c, Variant *v)
{
    for (;;) {
        int first = c->all_variants.n;
        v->asked_early = false;
        Plan *plan = keep_plan(c, c->scratch, v->body, PLAN_SPLIT, v->active_args, v->active_results, v->stable_args);
        if (!v->asked_early || !assume_more(v, plan)) {
            if (v->asked_early) {
                plan->mask = v->assumed_mask;
                memcpy(plan->arg_needed, v->assumed_args, sizeof(bool) * (size_t)v->f->body->args.n);
            }
            v->plan = plan;
            return;
        }
        for (int i = first; i < c->all_variants.n; i++)
            c->all_variants.at[i]->dropped = true;
        c->all_variants.n = first;
    }
}

enum { MANY_VARIANTS = 4 };

Variant *vjp_variant(DeriveCtx *c, Func *f, const bool *active_args, const bool *active_results, const bool *stable_args)
{
    int n_args = f->body->args.n, n_results = func_n_results(f);
    VariantList *list = map_get(c->vjp_variants, f);
    if (!list) {
        list = arena_alloc(c->scratch, sizeof *list);
        map_set(c->vjp_variants, f, list);
    }
    bool *stable = arena_copy(c->scratch, stable_args, sizeof(bool) * (size_t)(n_args + 1));
    int n_alive = 0;
    for (int i = 0; i < list->n; i++)
        n_alive += !list->at[i]->dropped;
    if (n_alive >= MANY_VARIANTS)
        memset(stable, 0, sizeof(bool) * (size_t)n_args);
    for (int i = 0; i < list->n; i++) {
        Variant *v = list->at[i];
        if (!v->dropped && same_flags(v->active_args, active_args, n_args) && same_flags(v->active_results, active_results, n_results) &&
            same_flags(v->stable_args, stable, n_args))
            return v;
    }
    if (!derive_body(c, f))
        return NULL;
    Variant *v = NEW(c->scratch, Variant);
    v->f = f;
    v->active_args = arena_copy(c->scratch, active_args, sizeof(bool) * (size_t)(n_args + 1));
    v->active_results = arena_copy(c->scratch, active_results, sizeof(bool) * (size_t)(n_results + 1));
    v->stable_args = stable;
    vec_push(c->scratch, list, v);
    vec_push(c->scratch, &c->all_variants, v);
    v->body = derive_ready(c, f);
    v->assumed_args = NEW_N(c->scratch, bool, n_args + 1);
    plan_variant(c, v);
    return v;
}

static void build_fwd(DeriveCtx *c, Arena *a, Variant *v)
{
    if (v->fwd == v->f)
        return;
    Gen *g = gen_new(c, a, v->plan);
    const Func *f = g->f;
    Builder b = builder_at(v->fwd, v->fwd->body, true);
    for (int i = 0; i < f->body->args.n; i++)
        g->fwd[f->body->args.at[i]->id] = v->fwd->body->args.at[i];
    for (int e = 0, arg = f->body->args.n; e < N_TAPES; e++)
        if (v->plan->mask & (1u << e))
            g->buf[e] = v->fwd->body->args.at[arg++];
    vjp_forward(g, &b, f->body, 0, f->body->ops.n);
    Value **y = NEW_N(a, Value *, func_n_results(v->fwd) + 1), **end = y;
    for (int i = 0; i < f->body->yields.n; i++)
        if (i != f->ret)
            *end++ = g->fwd[f->body->yields.at[i]->id];
    for (int e = 0; e < N_TAPES; e++)
        if (g->buf[e])
            *end++ = g->buf[e];
    if (f->ret >= 0)
        *end++ = g->fwd[f->body->yields.at[f->ret]->id];
    ir_yield(&b, (int)(end - y), y);
}

static int result_of(const Func *f, int arg)
{
    for (int i = 0; i < f->params.n; i++)
        if (f->params.at[i].arg == arg)
            return f->params.at[i].result;
    return -1;
}

// Before anything is had again: what f_rev is handed of the primal, and the tapes.
static void bind_primal(Gen *g, Builder *b, const Slot *s, Value *arg)
{
    switch (s->kind) {
    case SLOT_PRIMAL: g->had[g->f->body->args.at[s->index]->id] = arg; break;
    case SLOT_TAPE: g->tape[s->index] = b_shape(b, arg, 0, NULL); break;
    case SLOT_POS: g->pos[s->index] = arg; break;
    default: break;
    }
}

static void bind_adjoint(Gen *g, Builder *b, const Slot *s, Value *arg)
{
    Region *body = g->f->body;
    switch (s->kind) {
    case SLOT_SEED:
        gen_contribute(g, b, body->yields.at[s->index], arg);
        break;
    case SLOT_ZBAR:
        g->zbar[body->args.at[s->index]->id] = b_shape(b, arg, 0, NULL);
        break;
    case SLOT_ZPOS:
        g->zpos[body->args.at[s->index]->id] = arg;
        break;
    case SLOT_BAR:
        if (type_is_linear(s->type)) {
            Value *root = shaped(g->plan, body->args.at[s->index]);
            g->abar[root->id] = shape_like(g, b, arg, root);
        } else {
            gen_contribute(g, b, body->yields.at[result_of(g->f, s->index)], arg);
        }
        break;
    default:
        break;
    }
}

static Value *slot_result(Gen *g, Builder *b, const Slot *s)
{
    Value *arg = s->kind == SLOT_POS ? NULL : g->f->body->args.at[s->index];
    switch (s->kind) {
    case SLOT_POS: return g->pos[s->index];
    case SLOT_ZPOS: return g->zpos[arg->id];
    case SLOT_USED: assert(g->plan->asked[arg->id]); return g->used[arg->id] ? g->used[arg->id] : b_bool(b, false);
    default: return type_is_linear(s->type) ? g->abar[shaped(g->plan, arg)->id] : scalar_bar(g, b, arg);
    }
}

static void build_rev(DeriveCtx *c, Arena *a, Variant *v)
{
    Gen *g = gen_new(c, a, v->plan);
    Builder b = builder_at(v->rev, v->rev->body, true);
    Value **args = NEW_N(a, Value *, v->slots.n + 1), **y = NEW_N(a, Value *, v->slots.n + 1);
    int n = 0;
    for (int i = 0, arg = 0; i < v->slots.n; i++)
        if (v->slots.at[i].role != ROLE_OUT)
            args[i] = v->rev->body->args.at[arg++];
    for (int i = 0; i < v->slots.n; i++)
        bind_primal(g, &b, &v->slots.at[i], args[i]);
    vjp_have_values(g, &b, g->f->body);
    for (int i = 0; i < v->slots.n; i++)
        bind_adjoint(g, &b, &v->slots.at[i], args[i]);
    vjp_reverse(g, &b, g->f->body);
    b.loc = (IrLoc){0};
    for (int i = 0; i < v->slots.n; i++)
        if (v->slots.at[i].role != ROLE_IN)
            y[n++] = slot_result(g, &b, &v->slots.at[i]);
    ir_yield(&b, n, y);
}

Func *variant_fwd(DeriveCtx *c, Variant *v)
{
    make_signatures(c, v);
    return v->fwd;
}

Func *variant_rev(DeriveCtx *c, Variant *v)
{
    make_signatures(c, v);
    return v->rev;
}

// Bodies of the variants that were called; building one may call for more.
void vjp_finish_variants(DeriveCtx *c)
{
    for (bool again = true; again;) {
        again = false;
        Arena *a = arena_new();
        for (int i = 0; i < c->all_variants.n; i++) {
            Variant *v = c->all_variants.at[i];
            if (v->built || !v->rev)
                continue;
            v->built = again = true;
            derive_planned(c, v->rev, v->plan);
            build_fwd(c, a, v);
            build_rev(c, a, v);
        }
        arena_free(a);
    }
}
