// derive.c — the worklist of derivatives.
//
// In: a module in which functions with `transform` set have no body yet. Out: their bodies, and the internal variants they call.
//
//     derive g = grad(f, x);  derive h = jvp(g, x);        h asks for the body of g, g for that of f and of all that f calls
//
// A body is made when it is first asked for. A function that is asked for while its own body is being made is a cycle. What jvp.c and vjp.c
// differentiate is a copy of the function made ready (inlined, simplified); the function itself stays as the user wrote it.
#include "derive.h"

#include "keep.h"
#include "opt.h"
#include "rewrite.h"

#include <assert.h>

typedef struct State {
    bool making, failed, checked;
} State;

static State *state_of(DeriveCtx *c, const Func *f)
{
    State *s = map_get(c->states, f);
    if (!s) {
        s = NEW(c->scratch, State);
        map_set(c->states, f, s);
    }
    return s;
}

void derive_error(DeriveCtx *c, IrLoc loc, const char *message, IrLoc note_loc, const char *note)
{
    c->errors++;
    c->report(c->user, true, loc, message, note_loc, note);
}

// Is there no function of this name? Then there is one from now on.
static bool take_name(DeriveCtx *c, const char *name)
{
    bool free = !map_get(c->taken, name);
    map_set(c->taken, name, c);
    return free;
}

void derive_no_body(DeriveCtx *c, IrLoc loc, const Func *callee, const char *mode)
{
    Arena *a = c->m->arena;
    derive_error(c, loc,
                 arena_printf(a, "'%s' has no body and no custom %s: the derivative of this call is not known",
                              callee->source_name ? callee->source_name : callee->name, mode),
                 callee->loc, arena_printf(a, "declared here; a 'custom %s' rule would give it one", mode));
}

void derive_no_shapes(DeriveCtx *c, IrLoc loc, const Func *f)
{
    derive_error(c, loc, "the shapes of the arrays are not known here", f->loc, "declared here, without a body");
}

const char *derive_fresh_name(DeriveCtx *c, const char *base, const char *suffix)
{
    const char *plain = arena_printf(c->scratch, "%s%s", base, suffix), *name = intern_z(c->m->names, plain);
    for (int digit = 2; !take_name(c, name); digit++)
        name = intern_z(c->m->names, arena_printf(c->scratch, "%s%d", plain, digit));
    return name;
}

// ---- copies made ready ----

Func *derive_copy(DeriveCtx *c, Func *f)
{
    Module *m = c->m;
    Func *copy = NEW(m->arena, Func);
    *copy = *f;
    copy->n_values = 0;
    copy->params.at = arena_copy(m->arena, f->params.at, sizeof *f->params.at * (size_t)f->params.n);
    copy->params.cap = f->params.n;
    copy->body = region_new(copy, NULL);
    Arena *a = arena_new();
    Value **map = NEW_N(a, Value *, f->n_values + 1);
    for (int i = 0; i < f->body->args.n; i++) {
        Value *v = f->body->args.at[i];
        map[v->id] = region_arg(copy->body, v->type, v->name, NULL);
    }
    Builder b = builder_at(copy, copy->body, true);
    ir_clone_region_body(&b, f->body, map);
    arena_free(a);
    return copy;
}

static bool is_measured(const Region *r, const Value *z)
{
    for (int i = 0; i < r->ops.n; i++)
        if (r->ops.at[i]->code == OP_len && r->ops.at[i]->in[0] == z)
            return true;
    return false;
}

// The adjoint of a frozen tape is as long as the tape: where nothing asks for the length any more, that is done here, right after the freeze.
static void measure_tapes(Func *f, Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                measure_tapes(f, op->regions[k]);
        if (op->code != OP_freeze || is_measured(r, op->out[0]))
            continue;
        Builder b = builder_at(f, r, false);
        b_len(&b, op->out[0]);
        Op *len = r->ops.at[r->ops.n - 1];
        for (int k = r->ops.n - 1; k > i + 1; k--)
            r->ops.at[k] = r->ops.at[k - 1];
        r->ops.at[i + 1] = len;
    }
}

// Marks what v is made of, if that is nothing but arithmetic.
static bool mark_made(const Value *v)
{
    Op *op = v->def;
    if (!op || op->mark)
        return true;
    bool plain = op_is_scalar(op->code) || op->code == OP_const_int || op->code == OP_shape;
    op->mark = plain;
    for (int k = 0; k < op->n_in && plain; k++)
        plain = mark_made(op->in[k]);
    return plain;
}

// Arrays are bound to their shapes before anything else is done, with what the dimensions are made of: a derivative binds its adjoints in between.
static void shapes_first(Func *f)
{
    Region *body = f->body;
    Arena *a = arena_new();
    Op **ops = NEW_N(a, Op *, body->ops.n + 1), **end = ops;
    bool plain = true;
    for (int i = 0; i < body->ops.n; i++)
        body->ops.at[i]->mark = 0;
    for (int i = 0; i < body->ops.n && plain; i++)
        if (body->ops.at[i]->code == OP_shape)
            plain = mark_made(body->ops.at[i]->out[0]);
    for (int i = 0; i < body->ops.n; i++)
        body->ops.at[i]->mark &= plain;
    for (int first = 1; first >= 0; first--)
        for (int i = 0; i < body->ops.n; i++)
            if (body->ops.at[i]->mark == first)
                *end++ = body->ops.at[i];
    for (int i = 0; i < body->ops.n; i++)
        body->ops.at[i] = ops[i];
    arena_free(a);
}

Func *derive_ready(DeriveCtx *c, Func *f)
{
    Func *copy = map_get(c->ready, f);
    if (copy)
        return copy;
    copy = derive_copy(c, f);
    map_set(c->ready, f, copy);
    opt_inline(copy, true);
    opt_simplify(copy);
    opt_structs(copy);
    opt_unroll(copy);
    opt_simplify(copy);
    opt_scalars(copy);
    opt_simplify(copy);
    opt_gvn(copy);
    opt_factors(copy);
    opt_shift(copy);
    opt_induction(copy);
    opt_extreme(copy);
    opt_winner(copy);
    opt_private(copy);
    opt_zero(copy);
    opt_dce(copy);
    opt_sink(copy);
    shapes_first(copy);
    exits_carry(copy);
    measure_tapes(copy, copy->body);
    return copy;
}

// ---- bodies in order ----

static bool callees_have_bodies(DeriveCtx *c, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        if (op->code == OP_call && !derive_body(c, op->callee))
            return false;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k] && !callees_have_bodies(c, op->regions[k]))
                return false;
    }
    return true;
}

static bool ready_to_derive(DeriveCtx *c, Func *f)
{
    if (f->custom_vjp && !derive_body(c, f->custom_vjp))
        return false;
    if (f->custom_jvp && !derive_body(c, f->custom_jvp))
        return false;
    const Implicit *how = f->implicit;
    return !how || (derive_body(c, how->residual) && derive_body(c, how->tangent) && derive_body(c, how->adjoint));
}

static void tidy_body(Func *d)
{
    d->done = true;
    opt_simplify(d);
    opt_dce(d);
}

static bool takes_directions(const Func *d)
{
    bool matrix = d->transform == TR_JACFWD || d->transform == TR_JACREV || d->transform == TR_HESSIAN;
    return matrix || d->directions.kind != DIRECTIONS_ONE;
}

static void fill_body(DeriveCtx *c, Func *d)
{
    bool tangent = d->transform == TR_JVP, rule = tangent ? d->base->custom_jvp != NULL : d->base->custom_vjp != NULL;
    if (takes_directions(d))
        directions_derived(c, d);
    else if (d->base->is_extern && !rule)
        derive_no_body(c, d->loc, d->base, tangent ? "jvp" : "vjp");
    else if (d->transform == TR_FORWARD)
        record_derived(c, d);
    else if (rule)
        rule_derived(c, d);
    else if (tangent)
        jvp_derived(c, d);
    else
        vjp_derived(c, d);
}

static bool make_body(DeriveCtx *c, Func *d)
{
    if (!derive_body(c, d->base))
        return false;
    if (d->transform == TR_REVERSE)
        return derive_body(c, d->pair);
    fill_body(c, d);
    if (c->errors)
        return false;
    tidy_body(d);
    if (d->pair)
        tidy_body(d->pair);
    return true;
}

static const char *name_of(const Func *f)
{
    return f->source_name ? f->source_name : f->name;
}

// f is asked for while its body is being made.
static void cycle_error(DeriveCtx *c, const Func *f)
{
    Text t = text_in(c->m->arena);
    text_printf(&t, "derivative '%s' needs itself: ", name_of(f));
    int i = c->making.n;
    while (c->making.at[i - 1] != f)
        i--;
    for (i--; i < c->making.n; i++)
        text_printf(&t, "%s -> ", name_of(c->making.at[i]));
    text_put(&t, name_of(f));
    derive_error(c, f->loc, t.at, (IrLoc){0}, NULL);
}

bool derive_body(DeriveCtx *c, Func *f)
{
    State *s = state_of(c, f);
    bool derived = f->transform != TR_NONE;
    if (s->making && derived && !f->done) {
        cycle_error(c, f);
        return false;
    }
    if (s->making || s->checked)                                // recursion of ordinary functions, or done before
        return !s->failed;
    s->making = true;
    vec_push(c->scratch, &c->making, f);
    bool ok = ready_to_derive(c, f);
    if (ok && derived && !f->done)
        ok = make_body(c, f);
    if (ok && func_has_body(f))
        ok = callees_have_bodies(c, f->body);
    s->making = false;
    c->making.n--;
    s->checked = true;
    s->failed = !ok;
    return ok;
}

// ---- derivatives that are zero throughout ----

static bool is_lost(DeriveCtx *c, const Func *d)
{
    Func *f = d->base;
    const bool *deps = activity_deps(c->activity, derive_ready(c, f));
    int n_args = f->body->args.n;
    for (int i = 0; i < f->params.n; i++) {
        const Param *p = &f->params.at[i];
        if (!d->wrt[i] || p->arg < 0)
            continue;
        for (int r = 0; r < func_n_results(f); r++)
            if (deps[r * n_args + p->arg])
                return false;
    }
    return true;
}

// Where a value that comes from the inputs is cut off: the first op that has a real operand that varies and a result that cannot.
static const Op *first_cut(const Region *r, const bool *varied)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        bool cuts = op->code == OP_rtoi || op->code == OP_stop || (op_is_scalar(op->code) && op_result_type(op->code).elem == E_REAL);
        for (int k = 0; cuts && k < op->n_in; k++)
            if (varied[op->in[k]->id] && !varied[op->out[0]->id])
                return op;
        for (int k = 0; k < op->n_regions; k++) {
            const Op *inner = op->regions[k] ? first_cut(op->regions[k], varied) : NULL;
            if (inner)
                return inner;
        }
    }
    return NULL;
}

static void warn_lost(DeriveCtx *c, const Func *d)
{
    Func *f = d->base;
    if (f->is_extern || !is_lost(c, d))
        return;
    bool *args = NEW_N(c->scratch, bool, f->body->args.n + 1);
    for (int i = 0; i < f->params.n; i++)
        if (d->wrt[i] && f->params.at[i].arg >= 0)
            args[f->params.at[i].arg] = true;
    const bool *varied = activity_varied(c->activity, c->scratch, f, args);
    const Op *cut = first_cut(f->body, varied);
    const char *how = !cut ? "the inputs are not used, or overwritten before they reach an output"
                    : cut->code == OP_rtoi ? "the conversion to int here has derivative 0"
                    : cut->code == OP_stop ? "stop_gradient here has derivative 0"
                    : arena_printf(c->m->arena, "'%s' here has derivative 0", op_info[cut->code].name);
    const char *name = f->source_name ? f->source_name : f->name;
    c->report(c->user, false, d->loc,
              arena_printf(c->m->arena, "'%s' is 0 everywhere: no output of '%s' depends on the inputs chosen",
                           d->source_name ? d->source_name : d->name, name),
              cut ? cut->loc : f->loc, how);
}

// ---- the end ----

// Nothing is reversed any more: what loops may keep is of no account.
static void forget_states(Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                forget_states(op->regions[k]);
        if (op->code == OP_loop)
            loop_forget_states(op);
    }
}

void derive_planned(DeriveCtx *c, const Func *d, const struct Plan *p)
{
    if (c->watch)
        c->watch->planned(c->watch->user, d, p);
}

bool derive_all(Module *m, DeriveReport *report, void *user)
{
    return derive_all_watched(m, report, user, NULL);
}

bool derive_all_watched(Module *m, DeriveReport *report, void *user, const DeriveWatch *watch)
{
    Arena *a = arena_new();
    DeriveCtx c = {.m = m, .scratch = a, .report = report, .user = user, .watch = watch};
    c.activity = activity_new(m, a);
    c.vjp_variants = map_new(a);
    c.ready = map_new(a);
    c.states = map_new(a);
    c.taken = map_new(a);
    for (int i = 0; i < m->funcs.n; i++)
        take_name(&c, intern_z(m->names, m->funcs.at[i]->name));
    for (int i = 0; i < m->funcs.n; i++) {
        Func *d = m->funcs.at[i];
        if (d->transform == TR_NONE || d->done || !derive_body(&c, d))
            continue;
        if (d->source_name)
            warn_lost(&c, d);
    }
    for (int i = 0; i < m->funcs.n; i++) {
        Func *f = m->funcs.at[i];
        f->implicit = NULL;                                     // nothing is derived any more: functions as any other
        if (func_has_body(f))
            forget_states(f->body);
    }
    arena_free(a);
    return c.errors == 0;
}
