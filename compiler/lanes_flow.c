// lanes_flow.c — which values are in lanes: what depends on the arguments that are.
//
// In: variants (a function, arguments in lanes). Out: a flag per value, per result, and whether the function can be written in lanes at all.
//
//     f_jvp(n, x, x_dot, ..), x_dot in lanes:    s = load x[i]   t = load x_dot[i]   u = mul s, t   y_dot' = store y_dot[i], u
//                                                                in lanes            in lanes       y_dot, from beginning to end
//
// A fixpoint from below over all variants at once, as a call's results are those of a variant for its operands. Tangent and adjoint code is
// linear in tangents and adjoints, so these never decide a branch, an index or a number of trips. Where they do, in a rule by hand, everything
// that depends on the decision is in lanes, and the function is called once for each lane; so is one without a body, and one with rules of its
// own, which a further derive has to see.
#include "lanes.h"
#include "opt.h"
#include "rewrite.h"

#include <assert.h>
#include <string.h>

typedef struct Flow {
    DeriveCtx *c;
    LaneVariant *v;
    bool changed;
} Flow;

bool lane_is_flat(const Value *array)
{
    const Op *op = array->root->def;
    if (!op || array->type.kind != K_ARRAY || array->type.rank != 1)
        return false;
    switch (op->code) {
    case OP_freeze: return true;
    case OP_shape: return op->n_in == 1;
    case OP_new: return op->in[0]->type.elem == E_POS;
    case OP_copy: return lane_is_flat(op->in[0]);
    default: return false;
    }
}

static void mark(Flow *w, Value *x, bool on)
{
    bool *flag = &w->v->on[type_is_linear(x->type) ? ir_top_root(x)->id : x->id];
    if (on && !*flag)
        w->changed = *flag = true;
}

static bool is_on(const Flow *w, Value *x)
{
    return lane_on(w->v, x);
}

static void mark_results(Flow *w, const Op *op)                 // all depend on a decision that differs from lane to lane
{
    for (int k = 0; k < op->n_out; k++)
        mark(w, op->out[k], true);
}

static void flow_region(Flow *w, const Region *r);

static void flow_if(Flow *w, const Op *op)
{
    int n = op->n_in - 1;
    for (int k = 0; k < 2; k++) {
        flow_region(w, op->regions[k]);
        for (int i = n; i < op->n_out; i++)
            mark(w, op->out[i], is_on(w, op->regions[k]->yields.at[i]));
    }
    if (is_on(w, op->in[0]))
        mark_results(w, op);
}

static bool decides_trips(const Flow *w, const Op *op)          // something in lanes
{
    bool head = op->n_regions > 1 && op->regions[1];
    return (op->counted && (is_on(w, op->in[0]) || is_on(w, op->in[1]))) || (op->has_exit && is_on(w, loop_exit_flag(op))) ||
           (head && is_on(w, op->regions[1]->yields.at[0]));
}

static void flow_loop(Flow *w, const Op *op)
{
    int first = loop_first_init(op);
    bool head = op->n_regions > 1 && op->regions[1];
    for (int k = 0; k < loop_n_carried(op); k++) {
        mark(w, loop_arg(op, k), is_on(w, op->in[first + k]) || is_on(w, loop_yield(op, k)));
        mark(w, op->out[k], is_on(w, loop_arg(op, k)));
        if (head)
            mark(w, op->regions[1]->args.at[k], is_on(w, loop_arg(op, k)));
    }
    if (head)
        flow_region(w, op->regions[1]);
    flow_region(w, op->regions[0]);
    if (decides_trips(w, op))
        mark_results(w, op);
}

static void flow_within(Flow *w, const Op *op)
{
    const Region *r = op->regions[0];
    flow_region(w, r);
    for (int i = op->n_paths + op->n_extra; i < r->yields.n; i++)
        mark(w, op->out[i - op->n_paths + 1], is_on(w, r->yields.at[i]));
}

static void flow_call(Flow *w, const Op *op)
{
    const LaneVariant *callee = lane_callee(w->c, w->v, op);
    for (int k = 0; k < op->n_out; k++)
        mark(w, op->out[k], callee->results[k]);
}

static void flow_op(Flow *w, const Op *op)
{
    switch (op->code) {
    case OP_if: flow_if(w, op); return;
    case OP_loop: flow_loop(w, op); return;
    case OP_within: flow_within(w, op); return;
    case OP_call: flow_call(w, op); return;
    case OP_len: return;
    default: break;
    }
    for (int k = 0; k < op->n_in && op->n_out; k++)
        mark(w, op->out[0], is_on(w, op->in[k]));
}

static void flow_region(Flow *w, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++)
        flow_op(w, r->ops.at[i]);
}

// ---- can it be written in lanes? ----

// Whole-array ops that mix arrays in lanes with others, element by element.
static bool mixes_flat(const LaneVariant *v, const Op *op)
{
    bool whole = op->code == OP_copy || op->code == OP_copy_to || op->code == OP_add_to || op->code == OP_puts || op->code == OP_fill;
    if (!whole || !op->n_out || !lane_on(v, op->out[0]))
        return false;
    Value *from = op->in[op->n_in - 1];
    bool flat = lane_is_flat(op->code == OP_copy || op->code == OP_puts ? from : op->in[0]);
    return flat && (op->code == OP_fill) == lane_on(v, from);
}

static bool is_problem(const LaneVariant *v, const Op *op)
{
    for (int k = 0; k < op->n_out; k++)
        if (!type_is_real(op->out[k]->type) && lane_on(v, op->out[k]))
            return true;                                        // a decision, or an int of a struct
    for (int k = 0; k < op->n_in && (op->code == OP_len || op->code == OP_check); k++)
        if (lane_on(v, op->in[k]))
            return true;
    return mixes_flat(v, op);
}

static bool has_problem(const LaneVariant *v, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        if (is_problem(v, op))
            return true;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k] && has_problem(v, op->regions[k]))
                return true;
    }
    return false;
}

// ---- functions without a body to look at ----

// Results of an extern function that depend on arguments in lanes: all real ones, but of a rule by hand only those that it adds to f's own.
static void assume_results(const LaneMemo *memo, LaneVariant *v)
{
    const Func *f = v->lanes.f, *of = map_get(memo->rule_of, f);
    bool any = false;
    for (int k = 0; k < f->body->args.n; k++)
        any |= v->args[k];
    int own = 0;
    for (int i = 0; of && i < of->params.n; i++)
        own += !of->params.at[i].is_result;
    for (int i = 0; i < f->params.n; i++) {
        const Param *p = &f->params.at[i];
        bool is_own = of && (i < own || p->is_result);
        if (p->result >= 0 && type_is_real(p->type) && any && (!is_own || (p->arg >= 0 && v->args[p->arg])))
            v->results[p->result] = true;
    }
    if (f->ret >= 0 && type_is_real(f->ret_type) && any && !of)
        v->results[f->ret] = true;
}

// ---- variants ----

LaneMemo *lane_memo(DeriveCtx *c)
{
    if (c->lanes_memo)
        return c->lanes_memo;
    LaneMemo *memo = NEW(c->scratch, LaneMemo);
    *memo = (LaneMemo){.by_key = map_new(c->scratch), .ready = map_new(c->scratch), .rule_of = map_new(c->scratch)};
    for (int i = 0; i < c->m->funcs.n; i++) {
        Func *f = c->m->funcs.at[i];
        if (f->custom_vjp)
            map_set(memo->rule_of, f->custom_vjp, f);
        if (f->custom_jvp)
            map_set(memo->rule_of, f->custom_jvp, f);
    }
    c->lanes_memo = memo;
    return memo;
}

// f as it is read: with the small functions in it that it calls, but for rules by hand, of which one may have to be called lane by lane.
static Func *ready(DeriveCtx *c, Func *f)
{
    LaneMemo *memo = lane_memo(c);
    Func *copy = map_get(memo->ready, f);
    if (copy || f->is_extern)
        return copy ? copy : f;
    copy = derive_copy(c, f);
    map_set(memo->ready, f, copy);
    bool *before = NEW_N(c->scratch, bool, c->m->funcs.n);
    for (int i = 0; i < c->m->funcs.n; i++) {
        before[i] = c->m->funcs.at[i]->no_inline;
        c->m->funcs.at[i]->no_inline |= map_get(memo->rule_of, c->m->funcs.at[i]) != NULL;
    }
    opt_inline(copy, true);
    for (int i = 0; i < c->m->funcs.n; i++)
        c->m->funcs.at[i]->no_inline = before[i];
    opt_simplify(copy);
    opt_gvn(copy);
    opt_stores(copy);
    opt_zero(copy);
    opt_dce(copy);
    return copy;
}

static void put_flags(Text *t, const bool *flags, int n)
{
    for (int i = 0; i < n; i++)
        text_put(t, flags && flags[i] ? "1" : "0");
    text_put(t, "/");
}

LaneVariant *lane_variant(DeriveCtx *c, Func *f, int width, const bool *args, const bool *results)
{
    LaneMemo *memo = lane_memo(c);
    int n_args = f->body->args.n, n_results = func_n_results(f);
    Text key = text_in(c->scratch);
    text_printf(&key, "%s/%d/%s", f->name, width, results ? "as asked/" : "");
    put_flags(&key, args, n_args);
    put_flags(&key, results, n_results);
    const char *name = intern_z(c->m->names, key.at);
    LaneVariant *v = map_get(memo->by_key, name);
    if (v)
        return v;
    v = NEW(c->scratch, LaneVariant);
    v->lanes.f = f;
    v->lanes.width = width;
    v->args = NEW_N(c->scratch, bool, n_args + 1);
    v->results = NEW_N(c->scratch, bool, n_results + 1);
    memcpy(v->args, args, sizeof *args * (size_t)n_args);
    if (results)
        memcpy(v->results, results, sizeof *results * (size_t)n_results);
    v->lanes.arg_in_lanes = v->args;
    v->lanes.result_in_lanes = v->results;
    v->body = ready(c, f);
    v->on = NEW_N(c->scratch, bool, v->body->n_values + 1);
    v->one_by_one = f->is_extern || f->custom_vjp || f->custom_jvp;
    map_set(memo->by_key, name, v);
    vec_push(c->scratch, &memo->all, v);
    return v;
}

LaneVariant *lane_callee(DeriveCtx *c, const LaneVariant *v, const Op *call)
{
    bool *args = NEW_N(c->scratch, bool, call->n_in + 1);
    for (int k = 0; k < call->n_in; k++)
        args[k] = lane_on(v, call->in[k]);
    return lane_variant(c, call->callee, v->lanes.width, args, NULL);
}

static bool solve_variant(DeriveCtx *c, LaneVariant *v)
{
    Flow w = {c, v, false};
    const Func *f = v->lanes.f;
    int n_results = func_n_results(f);
    if (f->is_extern) {
        assume_results(lane_memo(c), v);
        return false;
    }
    if (v->body->body->yields.n != n_results)                   // its body is being made: a cycle, which is reported
        return false;
    for (int k = 0; k < v->body->body->args.n; k++)
        mark(&w, v->body->body->args.at[k], v->args[k]);
    for (int r = 0; r < n_results; r++)
        if (type_is_linear(v->body->body->yields.at[r]->type))
            mark(&w, v->body->body->yields.at[r], v->results[r]);
    do {
        w.changed = false;
        flow_region(&w, v->body->body);
    } while (w.changed);
    bool grown = false;
    for (int r = 0; r < n_results; r++) {
        Value *y = v->body->body->yields.at[r];
        bool on = lane_on(v, y) && type_is_real(y->type);
        grown |= on && !v->results[r];
        v->results[r] |= on;
    }
    return grown;
}

void lanes_solve(DeriveCtx *c)
{
    LaneMemo *memo = lane_memo(c);
    int n;
    bool again;
    do {
        again = false;
        n = memo->all.n;
        for (int i = 0; i < memo->all.n; i++)
            again |= !memo->all.at[i]->written && solve_variant(c, memo->all.at[i]);
    } while (again || memo->all.n > n);
    for (int i = 0; i < memo->all.n; i++) {
        LaneVariant *v = memo->all.at[i];
        if (!v->written && !v->one_by_one)
            v->one_by_one = has_problem(v, v->body->body);
    }
}

// ---- a function that calls f for each lane ----

void lane_make_caller(DeriveCtx *c, LaneVariant *v, const bool *results)
{
    Func *f = v->lanes.f;
    Arena *a = c->m->arena;
    Func *g = NEW(a, Func);
    *g = *f;
    g->n_values = 0;
    g->body = region_new(g, NULL);
    Builder b = builder_at(g, g->body, true);
    int n = f->body->args.n;
    Value **args = NEW_N(c->scratch, Value *, n + 1), **map = NEW_N(c->scratch, Value *, f->n_values + 1);
    for (int k = 0; k < n; k++) {
        Value *x = f->body->args.at[k];
        map[x->id] = args[k] = region_arg(g->body, x->type, x->name, NULL);
    }
    for (int k = 0; k < n; k++) {
        const Op *shape = args[k]->type.kind == K_ARRAY ? ir_shape_of(f, f->body->args.at[k]) : NULL;
        Value *dims[IR_MAX_RANK];
        for (int i = 1; shape && i < shape->n_in; i++)
            dims[i - 1] = ir_recompute(&b, shape->in[i], map);
        if (shape)
            args[k] = b_shape(&b, args[k], shape->n_in - 1, dims);
    }
    Op *call = b_call(&b, f, n, args);
    ir_yield(&b, call->n_out, call->out);
    v->body = g;
    v->one_by_one = true;
    v->on = NEW_N(c->scratch, bool, g->n_values + 1);
    for (int k = 0; k < n; k++)
        v->on[type_is_linear(args[k]->type) ? ir_top_root(args[k])->id : args[k]->id] = v->args[k];
    for (int r = 0; r < call->n_out; r++) {
        v->results[r] = results[r];
        if (!type_is_linear(call->out[r]->type))
            v->on[call->out[r]->id] = results[r];
    }
}
