// fuse.c — which loops are reversed trip by trip.
//
// In: a function about to be reversed, and what is active in it. Out: every region's home, and for each loop whether it is fused: run and reversed in
// one loop, each trip at once, so that nothing is kept from trip to trip.
//
//     for (i..n) { t = exp(x[i] * w); s += t; }     s_bar is known before: return 2.0 * s;
//     ->   s_bar = 2.0; for (i..n) { t = exp(x[i] * w); s += t; x_bar[i] += s_bar * t * w; w_bar += s_bar * t * x[i]; }
//
// A home is a region that is reversed as soon as it has run: the body of a joint function, of a fused loop, and of a loop with checkpoints. A loop that stands directly in a home is
// fused if its trips may be reversed in the order in which they run, and before what follows the loop has been reversed:
//
//   - an active scalar that it carries is only a sum: the body adds to it, on every path once, and does nothing else with it that is active;
//   - an active array that it carries is only added to, or is at every access looked at and written on the loop's own index, or the loop is
//     independent, which says the same;
//   - the adjoints of the sums can be had before the loop: what comes after uses them linearly, with coefficients that are known before it;
//   - those of the arrays too: what comes after neither reads nor writes an array that the loop writes (but may add to one that the loop adds to);
//   - what comes after does not write an array that the loop only reads: the reverse of that write must not see what the loop adds to the adjoint.
//     `for (i..n) s += w[i] * x[i]; w[0] = 0; return s + w[1];` is not fused.
//
// That the body overwrites what another trip has read does no harm: each trip is reversed before the next one runs.
//
// Where only the adjoints of the sums are not known before, or the loop stands in a region that is no home, it may be fused late: it runs once
// without keeping anything, and a second time, fused, in the reverse sweep. Done for a loop that carries no arrays (an independent one may: it gets
// copies of those as they were before it, of which each trip changes elements of its own) and finds all that it reads unchanged, where a trip would keep more than a few scalars, and nothing in it costs more than keeping it: an exp would be had twice. Of a loop with
// checkpoints nothing is asked but the former: no number of states is as few as none. What cannot be fused then is run again (checkpoint.c).
#include "access.h"
#include "keep.h"

#include <assert.h>

enum { MAX_SEED = 64, MAX_KNOWN = 16 };                         // ops that the adjoint of a sum, and a coefficient in it, may take

// How a root is accessed in a region: the number of the last access of each kind (Plan.order), or 0.
typedef struct Touched {
    int read, written, added;
} Touched;

typedef struct Fuser {
    Plan *p;
    int *tag;                               // per value id of a scalar: first + k if it is the running value of sum k of the loop looked at
    int next_tag, ordered;
    int *seen;                              // per value id: number of the last loop that was found to use it from outside
    int *end;                               // per value id of a trip count: the number of the last op in that loop
} Fuser;

// ---- numbers and uses ----

static void note_use(Plan *p, const Value *v, const Op *op, const Region *r, int k)
{
    if (!type_is_scalar(v->type) || !p->active[v->id])
        return;
    Use *u = NEW(p->a, Use);
    *u = (Use){p->uses[v->id], op, r, k};
    p->uses[v->id] = u;
}

static void number(Fuser *f, const Region *r)
{
    Plan *p = f->p;
    for (int i = 0; i < r->args.n; i++)
        p->order[r->args.at[i]->id] = f->ordered;
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        int order = ++f->ordered;
        for (int k = 0; k < op->n_in; k++)
            note_use(p, op->in[k], op, r, k);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                number(f, op->regions[k]);
        for (int k = 0; k < op->n_out; k++)
            p->order[op->out[k]->id] = order;
        if (op->code == OP_loop)
            f->end[loop_trips(op)->id] = f->ordered;
    }
    for (int k = 0; k < r->yields.n; k++)
        note_use(p, r->yields.at[k], NULL, r, k);
}

// ---- sums ----

static bool results_active(const Plan *p, const Op *op)
{
    for (int i = 0; i < op->n_out; i++)
        if (type_is_real(op->out[i]->type) && is_active(p, op->out[i]))
            return true;
    return false;
}

typedef struct Sums {
    Fuser *f;
    int first;                              // tags of this loop: first + k
    bool *bad;                              // per carried value
} Sums;

static int tag_of(const Sums *s, const Value *v)
{
    int t = s->f->tag[v->id];
    return t >= s->first ? t : 0;
}

static void spoil(Sums *s, int tag)
{
    if (tag)
        s->bad[tag - s->first] = true;
}

// Two ways to the same value: both are the running value of one sum, or neither is of any.
static void meet(Sums *s, int x, int y)
{
    if (x != y) {
        spoil(s, x);
        spoil(s, y);
    }
}

static void sums_region(Sums *s, const Region *r);

static void sums_scalar(Sums *s, const Op *op)
{
    int n = 0, tag = 0;
    for (int k = 0; k < op->n_in; k++)
        if (tag_of(s, op->in[k])) {
            tag = tag_of(s, op->in[k]);
            n++;
        }
    if (n == 0 || !is_active(s->f->p, op->out[0]))
        return;
    bool adds = n == 1 && (op->code == OP_add || (op->code == OP_sub && tag_of(s, op->in[0])));
    if (adds)
        s->f->tag[op->out[0]->id] = tag;
    for (int k = 0; k < op->n_in && !adds; k++)
        spoil(s, tag_of(s, op->in[k]));
}

static void sums_if(Sums *s, const Op *op)
{
    sums_region(s, op->regions[0]);
    sums_region(s, op->regions[1]);
    for (int i = op->n_in - 1; i < op->n_out; i++) {
        int x = tag_of(s, op->regions[0]->yields.at[i]);
        meet(s, x, tag_of(s, op->regions[1]->yields.at[i]));
        s->f->tag[op->out[i]->id] = x;
    }
}

static void sums_loop(Sums *s, const Op *op)
{
    int n = loop_n_carried(op), first = loop_first_init(op);
    for (int k = 0; k < n; k++)
        s->f->tag[loop_arg(op, k)->id] = tag_of(s, op->in[first + k]);
    sums_region(s, op->regions[0]);
    for (int k = 0; k < n; k++) {
        meet(s, tag_of(s, loop_arg(op, k)), tag_of(s, loop_yield(op, k)));
        s->f->tag[op->out[k]->id] = tag_of(s, loop_arg(op, k));
    }
}

static void sums_within(Sums *s, const Op *op)
{
    const Region *r = op->regions[0];
    sums_region(s, r);
    for (int i = op->n_paths + op->n_extra; i < r->yields.n; i++)
        s->f->tag[op->out[i - op->n_paths + 1]->id] = tag_of(s, r->yields.at[i]);
}

static void sums_region(Sums *s, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        if (op_is_scalar(op->code)) {
            sums_scalar(s, op);
            continue;
        }
        switch (op->code) {
        case OP_if: sums_if(s, op); continue;
        case OP_loop: sums_loop(s, op); continue;
        case OP_within: sums_within(s, op); continue;
        default: break;
        }
        for (int k = 0; k < op->n_in && results_active(s->f->p, op); k++)
            spoil(s, tag_of(s, op->in[k]));
    }
}

static bool carries_active(const Plan *p, const Op *loop, int k)
{
    return type_is_real(loop->out[k]->type) && (is_active(p, loop_arg(loop, k)) || is_active(p, loop->out[k]));
}

static const bool *sums_of(Fuser *f, const Op *loop)
{
    OpPlan *o = op_plan(f->p, loop);
    if (o->sums)
        return o->sums;
    int n = loop_n_carried(loop);
    Sums s = {f, f->next_tag, NEW_N(f->p->a, bool, n + 1)};
    f->next_tag += n;
    o->sums = NEW_N(f->p->a, bool, n + 1);
    for (int k = 0; k < n; k++) {
        o->sums[k] = type_is_scalar(loop->out[k]->type) && carries_active(f->p, loop, k);
        f->tag[loop_arg(loop, k)->id] = o->sums[k] ? s.first + k : 0;
    }
    sums_region(&s, loop->regions[0]);
    for (int k = 0; k < n; k++)
        meet(&s, tag_of(&s, loop_arg(loop, k)), tag_of(&s, loop_yield(loop, k)));
    for (int k = 0; k < n; k++)
        o->sums[k] &= !s.bad[k];
    return o->sums;
}

// ---- arrays in a loop ----

static void note_accesses(const Plan *p, Map *roots, const Region *r, const Value *index)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_in; k++) {
            if (op->in[k]->type.kind != K_ARRAY || op_hands_on(op, k))
                continue;
            const Value *root = adjoint_root(p, op->in[k]->root);
            Access *x = map_get(roots, root);
            if (!x) {
                x = NEW(p->a, Access);
                *x = (Access){.any = true, .only_added = true};
                map_set(roots, root, x);
            }
            x->only_added &= k == 0 && op_adds_only(op);
            x->foreign |= index ? op_foreign_axes(op, k, index) : ~0u;
        }
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                note_accesses(p, roots, op->regions[k], index);
    }
}

// ---- arrays after a loop ----

static void note_touched(Fuser *f, Map *roots, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        int order = op->n_out ? f->p->order[op->out[0]->id] : 0;
        for (int k = 0; k < op->n_in; k++) {
            if (op->in[k]->type.kind != K_ARRAY || op_hands_on(op, k) || !is_active(f->p, op->in[k]))
                continue;
            const Value *root = adjoint_root(f->p, op->in[k]->root);
            Touched *t = map_get(roots, root);
            if (!t) {
                t = NEW(f->p->a, Touched);
                map_set(roots, root, t);
            }
            if (!op_consumes(op, k) || op->code == OP_call)
                t->read = order;
            if (op_consumes(op, k) && k == 0 && op_adds_only(op))
                t->added = order;
            else if (op_consumes(op, k))
                t->written = order;
            if (op->code == OP_within && !op_adds_only(op))
                t->read = order;
        }
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                note_touched(f, roots, op->regions[k]);
    }
}

// ---- may it be fused? ----

static int order_of(const Fuser *f, const Op *loop)
{
    return f->p->order[loop_trips(loop)->id];
}

// May v, which something after the loop reads, be had before the loop?
static bool is_known(const Fuser *f, const Value *v, const Op *loop, int *left)
{
    const Op *op = v->def;
    if (f->p->order[v->id] < order_of(f, loop) || (op && op->code >= OP_const_real && op->code <= OP_const_array))
        return true;
    if (!op || !op_is_scalar(op->code) || --*left < 0)
        return false;
    for (int k = 0; k < op->n_in; k++)
        if (!is_known(f, op->in[k], loop, left))
            return false;
    return true;
}

bool fuse_flows(const Plan *p, const Op *op, int k)
{
    return op_info[op->code].partial[k] && is_active(p, op->out[0]);
}

static bool coefficient_is_known(const Fuser *f, const Op *op, int k, const Op *loop)
{
    unsigned needs = partial_needs(op->code, k);
    int left = MAX_KNOWN;
    for (int j = 0; j < op->n_in; j++)
        if ((needs & (1u << j)) && !is_known(f, op->in[j], loop, &left))
            return false;
    return !(needs & NEEDS_R);
}

// Can the adjoint of v be had before the loop?
static bool seed_is_known(Fuser *f, const Value *v, const Op *loop, int *left)
{
    const Plan *p = f->p;
    for (const Use *u = p->uses[v->id]; u; u = u->next) {
        const Op *op = u->op;
        if (--*left < 0)
            return false;
        if (!op && u->region != loop->parent)
            return false;
        if (!op || (op_is_scalar(op->code) && !fuse_flows(p, op, u->k)) || (!op_is_scalar(op->code) && !results_active(p, op)))
            continue;
        if (u->region != loop->parent)
            return false;
        const Value *to = NULL;
        int carried = op->code == OP_loop ? u->k - loop_first_init(op) : -1;
        if (op_is_scalar(op->code) && coefficient_is_known(f, op, u->k, loop))
            to = op->out[0];
        else if (carried >= 0 && sums_of(f, op)[carried])
            to = op->out[carried];
        if (!to || !seed_is_known(f, to, loop, left))
            return false;
    }
    return true;
}

static bool scalars_allow(Fuser *f, const Op *loop)
{
    const bool *sums = sums_of(f, loop);
    for (int k = 0; k < loop_n_carried(loop); k++) {
        if (loop->out[k]->type.kind == K_BUF)
            return false;
        if (!type_is_scalar(loop->out[k]->type) || !carries_active(f->p, loop, k))
            continue;
        int left = MAX_SEED;
        if (!sums[k] || !seed_is_known(f, loop->out[k], loop, &left))
            return false;
    }
    return true;
}

static bool is_carried(const Op *loop, const Value *root)
{
    for (int k = 0; k < loop_n_carried(loop); k++)
        if (loop->out[k]->root == root)
            return true;
    return false;
}

static bool arrays_allow(Fuser *f, const Op *loop, const Map *touched)
{
    const OpPlan *o = op_plan(f->p, loop);
    Map *accesses = map_new(f->p->a);
    note_accesses(f->p, accesses, loop->regions[0], loop_index(loop));
    int end = f->end[loop_trips(loop)->id];
    for (int i = 0; i < o->roots.n; i++) {
        const Value *root = o->roots.at[i];
        static const Touched untouched;
        static const Access none;
        const Touched *after = map_get(touched, root);
        const Access *in = map_get(accesses, root);
        after = after ? after : &untouched;
        in = in ? in : &none;
        bool read = after->read > end, written = after->written > end, added = after->added > end;
        bool carried = is_carried(loop, root), own = access_is_own(in) || loop->trips;
        if (!carried ? written || added : in->only_added ? read || written : !in->any || !own || read || written || added)
            return false;
    }
    return o->bufs.n == 0;
}

// Adjoints of arrays can be bound only where all shapes are.
static int last_shape(const Fuser *f)
{
    const Region *body = f->p->f->body;
    int last = 0;
    for (int i = 0; i < body->ops.n; i++)
        if (body->ops.at[i]->code == OP_shape)
            last = f->p->order[body->ops.at[i]->out[0]->id];
    return last;
}

static bool may_fuse(Fuser *f, const Op *loop, const Map *touched)
{
    return op_plan(f->p, loop)->reversed && (loop->parent->owner || order_of(f, loop) > last_shape(f)) && scalars_allow(f, loop) &&
           arrays_allow(f, loop, touched);
}

// ---- may it be fused late? ----

static void note_outer(Fuser *f, OpPlan *o, Value *v, int number)
{
    if (f->p->order[v->id] >= number || f->seen[v->id] == number)
        return;
    f->seen[v->id] = number;
    vec_push(f->p->a, &o->outer, v);
}

// Lists what the loop uses from outside. True if a trip does more than scalar arithmetic.
static bool note_inside(Fuser *f, OpPlan *o, const Region *r, int number)
{
    bool much = false;
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        much |= op->code == OP_loop || op->code == OP_new || op->code == OP_copy;
        for (int k = 0; k < op->n_in; k++)
            note_outer(f, o, op->in[k], number);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                much |= note_inside(f, o, op->regions[k], number);
    }
    for (int k = 0; k < r->yields.n; k++)
        note_outer(f, o, r->yields.at[k], number);
    return much;
}

static bool is_cheap(const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        bool kernel = !op_is_scalar(op->code) && (op->code == OP_call || op->code == OP_gemm || op_info[op->code].effect != E_NONE);
        if ((kernel && !op->n_regions) || (op_is_scalar(op->code) && op_info[op->code].cost >= KEEP_COST))
            return false;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k] && !is_cheap(op->regions[k]))
                return false;
    }
    return true;
}

static bool is_in_late(const Plan *p, const Region *r)
{
    for (; r->owner; r = r->owner->parent)
        if (op_plan(p, r->owner)->fused == FUSE_LATE)
            return true;
    return false;
}

static bool may_fuse_late(Fuser *f, const Op *loop, const Region *home)
{
    OpPlan *o = op_plan(f->p, loop);
    if (!o->reversed || o->bufs.n || f->p->record || is_in_late(f->p, loop->parent))
        return false;
    const bool *sums = sums_of(f, loop);
    for (int k = 0; k < loop_n_carried(loop); k++) {
        bool scalar = type_is_scalar(loop->out[k]->type), array = loop->out[k]->type.kind == K_ARRAY;
        if (scalar ? carries_active(f->p, loop, k) && !sums[k] : !array || !loop->trips)
            return false;
    }
    bool much = false;
    for (int k = 0; k < loop->n_regions; k++)
        if (loop->regions[k])
            much |= note_inside(f, o, loop->regions[k], order_of(f, loop));
    for (int i = 0; i < o->outer.n && (much || loop->checkpoint); i++)
        if (type_is_linear(o->outer.at[i]->type) && !plan_in_place(f->p, home, o->outer.at[i]))
            return false;
    loop_state(f->p, loop);
    return loop->checkpoint || (much && is_cheap(loop->regions[0]));
}

// ---- or is it run again? ----

static void plan_rerun(Fuser *f, const Op *loop)
{
    note_inside(f, op_plan(f->p, loop), loop->regions[0], order_of(f, loop));
    checkpoint_plan(f->p, loop);
}

static void settle(Fuser *f, const Region *r, const Region *home)
{
    Plan *p = f->p;
    region_plan(p, r)->home = home;
    Map *touched = NULL;
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        OpPlan *o = op_plan(p, op);
        if (op->code == OP_loop && home == r) {
            if (!touched) {
                touched = map_new(p->a);
                note_touched(f, touched, r);
            }
            o->fused = may_fuse(f, op, touched) ? FUSE_EARLY : FUSE_NOT;
            p->seeds_first |= o->fused && !r->owner;
            region_plan(p, r)->seeds_early |= o->fused;
        }
        if (op->code == OP_loop && !o->fused && may_fuse_late(f, op, home))
            o->fused = FUSE_LATE;
        if (op->code == OP_loop && !o->fused && op->checkpoint)
            plan_rerun(f, op);
        bool own = op->code == OP_loop && (o->fused || o->rerun);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                settle(f, op->regions[k], own && k == 0 ? op->regions[0] : home);
    }
}

void fuse_loops(Plan *p)
{
    size_t n = (size_t)p->f->n_values + 1;
    Fuser f = {.p = p, .tag = NEW_N(p->a, int, n), 
               .end = NEW_N(p->a, int, n), .seen = NEW_N(p->a, int, n), .next_tag = 1};
    number(&f, p->f->body);
    settle(&f, p->f->body, p->joint ? p->f->body : NULL);
}
