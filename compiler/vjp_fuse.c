// vjp_fuse.c — loops whose trips are reversed as soon as they have run.
//
// In: a loop that fuse.c found fit, and what is known where it stands. Out: one loop in the forward sweep that does both.
//
//     for (i..n) { t = exp(x[i]); s += t; }   ->   s_bar = ..; for (i..n) { t = exp(x[i]); s += t; t_bar = s_bar; x_bar[i] += t_bar * t; }
//
// The loop carries what the primal's carries, and besides the adjoints of what its body reads from outside. The adjoints of its sums do not change
// from trip to trip: they are worked out before the loop, by going through what comes after it. The reverse sweep, when it arrives at the loop, only
// has to pass them on to what the sums started with.
#include "vjp.h"

#include <assert.h>
#include <string.h>

// ---- the adjoint of a sum, before the loop ----

// v, of the primal: there already, or made from what is.
static Value *known(Gen *g, Builder *b, const Op *loop, Value *v)
{
    const Op *op = v->def;
    if (g->plan->order[v->id] < g->plan->order[loop_trips(loop)->id])
        return g->fwd[v->id];
    assert(op && op->n_in <= 3);
    Value *in[3];
    for (int k = 0; k < op->n_in; k++)
        in[k] = known(g, b, loop, op->in[k]);
    for (int k = 0; k < op->n_in; k++)
        g->map[op->in[k]->id] = in[k];
    ir_clone_op(b, op, g->map);
    for (int k = 0; k < op->n_in; k++)
        g->map[op->in[k]->id] = NULL;
    Value *copy = g->map[v->id];
    g->map[v->id] = NULL;
    return copy;
}

static Value *seed_of(Gen *g, Builder *b, const Op *loop, const Value *v);

// What the use of a value contributes to its adjoint, or NULL. A yield's share is in g->bar of the value already.
static Value *share(Gen *g, Builder *b, const Op *loop, const Use *u)
{
    const Op *op = u->op;
    if (op && op->code == OP_loop && op_plan(g->plan, op)->sums)
        return seed_of(g, b, loop, op->out[u->k - loop_first_init(op)]);
    if (!op || !op_is_scalar(op->code) || !fuse_flows(g->plan, op, u->k))
        return NULL;
    Value *seed = seed_of(g, b, loop, op->out[0]), *a[3] = {0};
    unsigned needs = partial_needs(op->code, u->k);
    for (int j = 0; seed && j < op->n_in; j++)
        if (needs & (1u << j))
            a[j] = known(g, b, loop, op->in[j]);
    return seed ? b_partial(b, op->code, u->k, seed, a, NULL) : NULL;
}

static Value *seed_of(Gen *g, Builder *b, const Op *loop, const Value *v)
{
    Value *sum = g->bar[v->id];
    for (const Use *u = g->plan->uses[v->id]; u; u = u->next) {
        Value *x = share(g, b, loop, u);
        if (x)
            sum = sum ? b_2(b, OP_add, sum, x) : x;
    }
    return sum;
}

// ---- the loop ----

static bool is_sum(const Gen *g, const Op *loop, int k)
{
    return op_plan(g->plan, loop)->sums[k];
}

// Adjoints of the sums, the same for every trip, in g->seed.
static void find_seeds(Gen *g, Builder *b, const Op *loop)
{
    for (int k = 0; k < loop_n_carried(loop); k++) {
        if (!is_sum(g, loop, k))
            continue;
        Value *seed = seed_of(g, b, loop, loop->out[k]);
        if (seed && !seed->name && loop->out[k]->name && seed->def && op_is_scalar(seed->def->code))
            seed->name = arena_printf(b->f->module->arena, "%s_bar", loop->out[k]->name);
        g->seed[loop->out[k]->id] = seed;
    }
}

static Value **primal_values(Gen *g, Value *const *v, int n, Value **out)
{
    for (int i = 0; i < n; i++) {
        assert(g->fwd[v[i]->id]);
        *out++ = g->fwd[v[i]->id];
    }
    return out;
}

static void bind_args(Gen *g, const Region *from, const Region *to, int n)
{
    for (int i = 0; i < n; i++) {
        g->fwd[from->args.at[i]->id] = to->args.at[i];
        to->args.at[i]->name = from->args.at[i]->name;
    }
}

void vjp_there_and_back(Gen *g, Builder *b, const Region *r)
{
    Value *outer[3][N_TAPES];                                   // the growable tapes of the home around
    memcpy(outer[0], g->buf, sizeof g->buf);
    memcpy(outer[1], g->tape, sizeof g->tape);
    memcpy(outer[2], g->pos, sizeof g->pos);
    vjp_open_tapes(g, b, r);
    vjp_forward(g, b, r, 0, r->ops.n);
    vjp_freeze_tapes(g, b, r);
    vjp_reverse(g, b, r);
    memcpy(g->buf, outer[0], sizeof g->buf);
    memcpy(g->tape, outer[1], sizeof g->tape);
    memcpy(g->pos, outer[2], sizeof g->pos);
}

// One trip, both ways: fills the body of `to`.
static void fused_body(Gen *g, const Builder *b, const Op *loop, Op *to, const Threads *t)
{
    const Region *from = loop->regions[0];
    const OpPlan *o = op_plan(g->plan, loop);
    int n = loop_n_carried(loop), n_cells = t->arrays.n + t->scalars.n;
    Builder in = builder_at(b->f, to->regions[0], b->fold);
    in.loc = b->loc;
    bind_args(g, from, in.at, from->args.n);
    Value *const *cells = in.at->args.at + from->args.n;
    cells_set(&t->scalars, cells_set(&t->arrays, cells));
    gen_name_threads(&in, t, o, cells + t->arrays.n);
    for (int k = 0; k < n; k++)
        if (is_sum(g, loop, k) && g->seed[loop->out[k]->id])
            gen_contribute(g, &in, loop_yield(loop, k), g->seed[loop->out[k]->id]);
    vjp_there_and_back(g, &in, from);
    Value **y = NEW_N(g->a, Value *, from->yields.n + n_cells + 1);
    Value **end = primal_values(g, from->yields.at, from->yields.n, y);
    end = cells_push(cells_push(end, &t->arrays), &t->scalars);
    for (int k = 0; k < n; k++)
        if (is_sum(g, loop, k))
            g->bar[loop_arg(loop, k)->id] = NULL;
    ir_yield(&in, (int)(end - y), y);
}

// The loop with each trip reversed, at b. What it uses from outside is in g->fwd, the adjoints of its sums in g->seed.
static Op *fused_loop(Gen *g, Builder *b, const Op *loop)
{
    Value **before = gen_used_before(g, loop);
    Threads t = gen_threads(g, b, loop);
    int first = loop_first_init(loop), n = loop_n_carried(loop), n_cells = t.arrays.n + t.scalars.n;
    Value **in = NEW_N(g->a, Value *, loop->n_in + n_cells + 1);
    Value **end = primal_values(g, loop->in, loop->n_in, in);
    cells_push(cells_push(end, &t.arrays), &t.scalars);
    Op *to = b_loop_like(b, loop, in, n + n_cells, in + first);
    if (loop->n_regions > 1 && loop->regions[1]) {
        Builder head = builder_at(b->f, b_loop_head(to), b->fold);
        bind_args(g, loop->regions[1], head.at, n);
        ir_clone_region_body(&head, loop->regions[1], g->fwd);
    }
    fused_body(g, b, loop, to, &t);
    gen_used_again(g, loop, before);
    for (int i = 0; i < n_cells; i++)
        to->out[n + i]->name = to->regions[0]->args.at[loop->counted + n + i]->name;
    cells_set(&t.scalars, cells_set(&t.arrays, to->out + n));
    gen_used_after(g, b, loop, to);
    return to;
}

void fused_forward(Gen *g, Builder *b, const Op *loop)
{
    find_seeds(g, b, loop);
    Op *to = fused_loop(g, b, loop);
    for (int i = 0; i < loop_n_carried(loop); i++) {
        g->fwd[loop->out[i]->id] = to->out[i];
        to->out[i]->name = loop->out[i]->name;
    }
    g->fwd[loop_trips(loop)->id] = loop_trips(to);
}

// Arrays for the loop to work on once more: as they were before it, as far as it looks at that.
static Value *fresh_array(Gen *g, Builder *b, const Op *loop, int k)
{
    Value *init = loop->in[loop_first_init(loop) + k], *dims[IR_MAX_RANK];
    if (op_plan(g->plan, loop)->state[k])
        return b_copy(b, gen_had(g, b, init), init->name);
    for (int i = 0; i < init->type.rank; i++)
        dims[i] = gen_had_dim(g, b, init->root, i);
    return b_new_like(b, init->type, dims, false, init->name);
}

// In the forward sweep's place of v for a while, at[0]; what was there is at[1].
static void swap_fwd(Gen *g, const Value *v, Value **at)
{
    Value *now = g->fwd[v->id];
    g->fwd[v->id] = *at;
    *at = now;
}

// The loop once more, with what it uses from outside as it is had in the reverse sweep.
static void fused_late(Gen *g, Builder *b, const Op *loop)
{
    const OpPlan *o = op_plan(g->plan, loop);
    int n = loop->n_in, first = loop_first_init(loop);
    Value **in = NEW_N(g->a, Value *, n + 1), **roots = NEW_N(g->a, Value *, n + 1);
    for (int i = 0; i < o->outer.n; i++)
        g->fwd[o->outer.at[i]->id] = gen_had(g, b, o->outer.at[i]);
    for (int i = 0; i < n; i++) {
        bool array = type_is_linear(loop->in[i]->type);
        in[i] = array ? fresh_array(g, b, loop, i - first) : gen_had(g, b, loop->in[i]);
        roots[i] = array ? in[i]->root : NULL;
    }
    for (int i = 0; i < n; i++) {                               // a copy of an op finds the array of a version by its root
        if (roots[i] && loop->in[i]->root != loop->in[i])
            swap_fwd(g, loop->in[i]->root, &roots[i]);
        swap_fwd(g, loop->in[i], &in[i]);
    }
    for (int k = 0; k < loop_n_carried(loop); k++)
        g->seed[loop->out[k]->id] = g->bar[loop->out[k]->id];
    fused_loop(g, b, loop);
    for (int i = n - 1; i >= 0; i--) {
        swap_fwd(g, loop->in[i], &in[i]);
        if (roots[i] && loop->in[i]->root != loop->in[i])
            swap_fwd(g, loop->in[i]->root, &roots[i]);
    }
}

void fused_reverse(Gen *g, Builder *b, const Op *loop)
{
    if (op_plan(g->plan, loop)->fused == FUSE_LATE)
        fused_late(g, b, loop);
    for (int k = 0; k < loop_n_carried(loop); k++) {
        Value *seed = g->seed[loop->out[k]->id];
        g->bar[loop->out[k]->id] = NULL;
        if (is_sum(g, loop, k) && seed)
            gen_contribute(g, b, loop->in[loop_first_init(loop) + k], seed);
    }
}
