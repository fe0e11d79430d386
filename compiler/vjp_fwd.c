// vjp_fwd.c — the forward sweep: the primal once more, with what the reverse needs kept on the way.
//
// In: the primal's body and the plan. Out: the same ops at the builder's end; every op with regions also carries the tapes that are written inside.
//
//     for (i..n) { u = exp(x[i]); s += u; }     ->     for (i..n) { u = exp(x[i]); s += u; u_tape[i] = u; }
#include "rewrite.h"
#include "vjp.h"

#include <assert.h>
#include <string.h>

static void forward_region(Gen *g, Builder *b, const Region *r);

static Value *of(Gen *g, Value *v)
{
    assert(g->fwd[v->id]);
    return g->fwd[v->id];
}

static Value **mapped(Gen *g, Value *const *v, int n, int extra)
{
    Value **out = NEW_N(g->a, Value *, n + extra + 1);
    for (int i = 0; i < n; i++)
        out[i] = of(g, v[i]);
    return out;
}

// ---- tapes threaded through regions ----

static Cells tapes_of(Gen *g, const OpPlan *o)
{
    Cells cells = {0};
    for (int i = 0; o && i < o->sites.n; i++)
        vec_push(g->a, &cells, &g->site[o->sites.at[i]->id]);
    for (int e = 0; o && e < N_TAPES; e++)
        if (o->mask & (1u << e))
            vec_push(g->a, &cells, &g->buf[e]);
    return cells;
}

static void append_cells(Value **list, int n, const Cells *cells)
{
    for (int i = 0; i < cells->n; i++)
        list[n + i] = *cells->at[i];
}

static void cells_from_args(const Cells *cells, const Region *r, int first)
{
    for (int i = 0; i < cells->n; i++)
        *cells->at[i] = r->args.at[first + i];
}

static void cells_from_results(const Cells *cells, const Op *op, int first)
{
    for (int i = 0; i < cells->n; i++)
        *cells->at[i] = op->out[first + i];
}

// ---- keeping ----

// t, the number of the trip, of the counted loop whose index in this sweep is `index`.
static Value *trip_number(Builder *b, const Op *loop, Value *index, Value *lo)
{
    Value *t = b_2(b, OP_isub, index, lo);
    return loop->step == 1 ? t : b_2(b, OP_idiv, t, b_int(b, loop->step));
}

static void tape_indices(Gen *g, Builder *b, const RegionPlan *rp, Value **idx)
{
    for (int i = 0; i < rp->loops.n; i++) {
        const Op *loop = rp->loops.at[i];
        idx[i] = trip_number(b, loop, of(g, loop_index(loop)), of(g, loop->in[0]));
    }
}

static Value *kept_array(Gen *g, Value *v)
{
    return g->kept[v->id] ? g->kept[v->id] : of(g, v);
}

// An array that is kept on an indexed tape goes to its part of that as soon as it is made.
static void keep_array(Gen *g, Builder *b, const Op *op)
{
    for (int k = 0; k < op->n_out; k++) {
        const Value *v = op->out[k];
        const RegionPlan *rp = region_plan(g->plan, v->region);
        if (v->type.kind != K_ARRAY || how_of(g->plan, v) != HOW_TAPE)
            continue;
        Value **idx = NEW_N(g->a, Value *, rp->loops.n + 1);
        tape_indices(g, b, rp, idx);
        Path path = {.n_idx = rp->loops.n, .rank = v->type.rank};
        Op *part = b_within(b, g->site[v->id], 1, &path, rp->loops.n, idx, 0, NULL);
        Builder in = builder_at(b->f, part->regions[0], b->fold);
        in.loc = b->loc;
        Value *kept = b_copy_to(&in, in.at->args.at[0], of(g, op->out[k]));
        ir_yield(&in, 1, &kept);
        b_within_end(part);
        g->site[v->id] = part->out[0];
    }
}

static void append_record(Gen *g, Builder *b, const RegionPlan *rp)
{
    for (int i = 0; i < rp->structs.n; i++)
        gen_put_structs(g, b, kept_array(g, rp->structs.at[i]));
    for (int e = 0; e < N_TAPES; e++) {
        for (int i = 0; i < rp->arrays[e].n; i++)
            g->buf[e] = b_puts(b, g->buf[e], kept_array(g, rp->arrays[e].at[i]));
        if (rp->record[e].n)
            g->buf[e] = b_put(b, g->buf[e], rp->record[e].n, mapped(g, rp->record[e].at, rp->record[e].n, 0));
    }
}

// At the end of a region: everything it defines that has to outlive it.
static void keep_values(Gen *g, Builder *b, const Region *r)
{
    const RegionPlan *rp = region_plan(g->plan, r);
    Value **idx = NEW_N(g->a, Value *, rp->loops.n + 1);
    bool have_idx = false;
    for (int i = 0; i < rp->needed.n; i++) {
        Value *v = rp->needed.at[i];
        if (how_of(g->plan, v) == HOW_YIELD)
            g->had[v->id] = of(g, v);
        if (how_of(g->plan, v) != HOW_TAPE || v->type.kind == K_ARRAY)
            continue;
        if (!have_idx)
            tape_indices(g, b, rp, idx);
        have_idx = true;
        g->site[v->id] = b_store(b, g->site[v->id], rp->loops.n, idx, of(g, v));
    }
    append_record(g, b, rp);
}

// A bound of a loop that is not yet reached: a value of the outermost region, or a constant.
static Value *bound(Gen *g, Builder *b, Value *v)
{
    int64_t x;
    return ir_is_int_const(v, &x) ? b_int(b, x) : of(g, v);
}

// How often a counted loop of the primal runs, before the outermost op around it.
static Value *trip_count(Gen *g, Builder *b, const Op *loop)
{
    return b_trip_count(b, loop, bound(g, b, loop->in[0]), bound(g, b, loop->in[1]));
}

// A tape is called after the variable, the array that was read, or the operation.
static const char *tape_name(const Value *v)
{
    const Op *op = v->def;
    if (v->name)
        return v->name;
    if (v->type.elem == E_BOOL)
        return "branch";
    if (op && op->code == OP_load && op->in[0]->name)
        return op->in[0]->name;
    if (op && op->code == OP_loop)
        return "trips";
    return op && op_is_scalar(op->code) && op_info[op->code].style == ST_CALL ? op_info[op->code].name : "value";
}

// Is v made in a branch? A tape of it that is a C local would draw a warning that it may be uninitialized: such a one begins
// at zero.
static bool in_branch(const Value *v)
{
    for (const Op *op = v->region->owner; op; op = op->parent->owner)
        if (op->code != OP_loop)
            return true;
    return false;
}

// Before an op of a home: the arrays for everything inside that goes on indexed tapes.
static void make_sites(Gen *g, Builder *b, const OpPlan *o)
{
    for (int i = 0; o && i < o->sites.n; i++) {
        Value *v = o->sites.at[i];
        if (g->site[v->id])
            continue;
        const RegionPlan *rp = region_plan(g->plan, v->region);
        int rank = v->type.kind == K_ARRAY ? v->type.rank : 0, constant;
        Value **dims = NEW_N(g->a, Value *, rp->loops.n + rank + 1);
        int64_t size;
        bool zero = in_branch(v);
        for (int k = 0; k < rp->loops.n; k++) {
            dims[k] = trip_count(g, b, rp->loops.at[k]);
            zero = zero && ir_is_int_const(dims[k], &size);
        }
        for (int k = 0; k < rank; k++) {
            Value *d = root_dim(v->root, k, &constant);
            dims[rp->loops.n + k] = d ? bound(g, b, d) : b_int(b, constant);
        }
        const char *name = arena_printf(b->f->module->arena, "%s_tape", tape_name(v));
        g->site[v->id] = b_new(b, (Elem)v->type.elem, rp->loops.n + rank, dims, zero && !rank, name);
    }
}

// ---- ops with regions ----

static Value **region_yields(Gen *g, const Region *r, int first, int end, Value **out)
{
    for (int i = first; i < end; i++)
        *out++ = of(g, r->yields.at[i]);
    return out;
}

static void map_args(Gen *g, const Region *from, const Region *to, int n)
{
    for (int i = 0; i < n; i++)
        g->fwd[from->args.at[i]->id] = to->args.at[i];
}

// The values that arm k of an if hands out to the reverse: on the other arm they are undefined.
static Value **handed_out(Gen *g, Builder *b, const OpPlan *o, int k, Value **out)
{
    for (int arm = 0; o && arm < 2; arm++)
        for (int i = 0; i < o->out[arm].n; i++) {
            Value *v = o->out[arm].at[i];
            *out++ = arm == k ? g->had[v->id] : b_undef(b, v->type);
        }
    return out;
}

static void take_handed_out(Gen *g, const OpPlan *o, const Op *op, int first)
{
    for (int arm = 0; o && arm < 2; arm++)
        for (int i = 0; i < o->out[arm].n; i++) {
            Value *v = o->out[arm].at[i], *r = op->out[first++];
            r->name = v->name;
            g->had[v->id] = r;
        }
}

static int n_out(const OpPlan *o)
{
    return o ? o->out[0].n + o->out[1].n : 0;
}

static void forward_if(Gen *g, Builder *b, const Op *op)
{
    OpPlan *o = op_plan(g->plan, op);
    Cells cells = tapes_of(g, o);
    int n = op->n_in - 1;
    Value **ins = mapped(g, op->in + 1, n, cells.n);
    append_cells(ins, n, &cells);
    Op *to = b_if(b, of(g, op->in[0]), n + cells.n, ins);
    to->choice = op->choice;
    for (int k = 0; k < 2; k++) {
        const Region *from = op->regions[k];
        Builder in = builder_at(b->f, to->regions[k], b->fold);
        map_args(g, from, in.at, n);
        cells_from_args(&cells, in.at, n);
        forward_region(g, &in, from);
        Value **y = NEW_N(g->a, Value *, op->n_out + cells.n + n_out(o) + 1), **end = y;
        end = region_yields(g, from, 0, n, end);
        append_cells(end, 0, &cells);
        end = region_yields(g, from, n, from->yields.n, end + cells.n);
        end = handed_out(g, &in, o, k, end);
        ir_yield(&in, (int)(end - y), y);
    }
    b_if_end(to);
    for (int i = 0; i < op->n_out; i++) {
        g->fwd[op->out[i]->id] = to->out[i < n ? i : i + cells.n];
        to->out[i < n ? i : i + cells.n]->name = op->out[i]->name;
    }
    cells_from_results(&cells, to, n);
    take_handed_out(g, o, to, op->n_out + cells.n);
}

static void forward_loop(Gen *g, Builder *b, const Op *op)
{
    OpPlan *o = op_plan(g->plan, op);
    Cells cells = tapes_of(g, o);
    int first = loop_first_init(op), n = loop_n_carried(op);
    Value **init = mapped(g, op->in + first, n, cells.n);
    append_cells(init, n, &cells);
    Op *to = b_loop_like(b, op, mapped(g, op->in, first, 0), n + cells.n, init);
    if (cells.n > 0)
        loop_forget_states(to);                                 // a tape that grows is no state
    const Region *from = op->regions[0];
    Builder in = builder_at(b->f, to->regions[0], b->fold);
    map_args(g, from, in.at, op->counted + n);
    for (int i = 0; i < from->args.n; i++)
        in.at->args.at[i]->name = from->args.at[i]->name;
    cells_from_args(&cells, in.at, op->counted + n);
    if (op->n_regions > 1 && op->regions[1]) {
        Builder head = builder_at(b->f, b_loop_head(to), b->fold);
        map_args(g, op->regions[1], head.at, n);
        ir_clone_region_body(&head, op->regions[1], g->fwd);
    }
    forward_region(g, &in, from);
    Value **y = NEW_N(g->a, Value *, from->yields.n + cells.n + 1);
    region_yields(g, from, 0, from->yields.n, y);
    append_cells(y, from->yields.n, &cells);
    ir_yield(&in, from->yields.n + cells.n, y);
    for (int i = 0; i < n; i++) {
        g->fwd[op->out[i]->id] = to->out[i];
        to->out[i]->name = op->out[i]->name;
    }
    g->fwd[loop_trips(op)->id] = loop_trips(to);
    cells_from_results(&cells, to, n);
}

static void forward_any_loop(Gen *g, Builder *b, const Op *op, const OpPlan *o)
{
    if (o->fused == FUSE_EARLY)
        fused_forward(g, b, op);
    else if (o->fused == FUSE_LATE || o->rerun)
        ir_clone_op(b, op, g->fwd);                             // it runs again in the reverse sweep
    else
        forward_loop(g, b, op);
}

static void forward_within(Gen *g, Builder *b, const Op *op)
{
    OpPlan *o = op_plan(g->plan, op);
    Cells cells = tapes_of(g, o);
    int n_paths = op->n_paths, n_extra = op->n_extra, n_ops = op->n_in - n_extra - 1;
    Value **in = mapped(g, op->in, op->n_in, cells.n);
    append_cells(in, op->n_in, &cells);
    Op *to = b_within(b, in[0], n_paths, op->paths, n_ops, in + 1, n_extra + cells.n, in + 1 + n_ops);
    const Region *from = op->regions[0];
    Builder body = builder_at(b->f, to->regions[0], b->fold);
    map_args(g, from, body.at, n_paths + n_extra);
    cells_from_args(&cells, body.at, n_paths + n_extra);
    forward_region(g, &body, from);
    Value **y = NEW_N(g->a, Value *, from->yields.n + cells.n + n_out(o) + 1), **end = y;
    end = region_yields(g, from, 0, n_paths + n_extra, end);
    append_cells(end, 0, &cells);
    end = region_yields(g, from, n_paths + n_extra, from->yields.n, end + cells.n);
    end = handed_out(g, &body, o, 0, end);
    ir_yield(&body, (int)(end - y), y);
    b_within_end(to);
    for (int i = 0; i < op->n_out; i++)
        g->fwd[op->out[i]->id] = to->out[i <= n_extra ? i : i + cells.n];
    cells_from_results(&cells, to, 1 + n_extra);
    take_handed_out(g, o, to, op->n_out + cells.n);
}

static void forward_call(Gen *g, Builder *b, const Op *op)
{
    OpPlan *o = op_plan(g->plan, op);
    Cells cells = {0};
    Func *callee = op->callee;
    if (o && o->variant) {
        cells = tapes_of(g, o);
        callee = variant_fwd(g->c, o->variant);
    }
    Value **args = mapped(g, op->in, op->n_in, cells.n);
    append_cells(args, op->n_in, &cells);
    Op *to = b_call(b, callee, op->n_in + cells.n, args);
    int scalars = 0;
    for (int i = 0; i < op->n_out; i++) {
        bool ret = callee->ret >= 0 && i == op->n_out - 1;      // tapes come before what is returned by value
        Value *r = to->out[ret ? to->n_out - 1 : i];
        g->fwd[op->out[i]->id] = r;
        r->name = op->out[i]->name;
        scalars += ret;
    }
    cells_from_results(&cells, to, op->n_out - scalars);
}

static void make_copy(Gen *g, Builder *b, Value *v)
{
    g->kept[v->id] = b_copy(b, of(g, v), arena_printf(b->f->module->arena, "%s_kept", v->name ? v->name : "v"));
    if (how_of(g->plan, v) == HOW_COPY)
        g->had[v->id] = g->kept[v->id];
}

// Before v is overwritten: the copy that the reverse will read.
static void copy_first(Gen *g, Builder *b, const Op *op)
{
    for (int k = 0; k < op->n_in; k++) {
        Value *v = op->in[k];
        if (v->type.kind == K_ARRAY && g->plan->copy_first[v->id] && !g->kept[v->id] && op_consumes(op, k))
            make_copy(g, b, v);
    }
}

// What a view shows is kept where the view is made: it is gone when its base is written.
static void copy_view(Gen *g, Builder *b, const Op *op)
{
    bool view = op->code == OP_slice || op->code == OP_reshape || op->code == OP_view_at;
    if (view && g->plan->copy_first[op->out[0]->id])
        make_copy(g, b, op->out[0]);
}

// An in array of a record, as soon as it is bound.
static void put_input_array(Gen *g, Builder *b, Value *v)
{
    Elem e = tape_elem(v->type);
    g->buf[e] = b_puts(b, g->buf[e], of(g, v));
}

static void put_input_scalars(Gen *g, Builder *b)
{
    const RegionPlan *rp = region_plan(g->plan, g->f->body);
    for (int e = 0; e < N_TAPES; e++)
        if (rp->inputs[e].n)
            g->buf[e] = b_put(b, g->buf[e], rp->inputs[e].n, mapped(g, rp->inputs[e].at, rp->inputs[e].n, 0));
}

static void forward_op(Gen *g, Builder *b, const Op *op)
{
    b->loc = op->loc;
    OpPlan *o = op_plan(g->plan, op);
    if (is_home(g->plan, op->parent))
        make_sites(g, b, o);
    copy_first(g, b, op);
    switch (op->code) {
    case OP_if: forward_if(g, b, op); break;
    case OP_loop: forward_any_loop(g, b, op, o); break;
    case OP_within: forward_within(g, b, op); break;
    case OP_call: forward_call(g, b, op); break;
    default: ir_clone_op(b, op, g->fwd); copy_view(g, b, op); break;
    }
    if (op->code == OP_shape && plan_is_input(g->plan, op->out[0]))
        put_input_array(g, b, op->out[0]);
    keep_array(g, b, op);
}

void vjp_forward(Gen *g, Builder *b, const Region *r, int from, int end)
{
    if (from == 0 && !r->owner)
        put_input_scalars(g, b);
    for (int i = from; i < end; i++)
        forward_op(g, b, r->ops.at[i]);
    b->loc = (IrLoc){0};
    if (end == r->ops.n)
        keep_values(g, b, r);
}

static void forward_region(Gen *g, Builder *b, const Region *r)
{
    vjp_forward(g, b, r, 0, r->ops.n);
}
