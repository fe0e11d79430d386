// jvp.c — forward mode, from IR to IR: beside every value that depends on the chosen inputs, its tangent.
//
// In: a derived function (transform TR_JVP) whose parameters are in place, and its base with a body. Out: the body.
// Nothing is special about it: it can be differentiated again, in either mode.
//
//     %s = mul %x, %y             ->     %s = mul %x, %y
//                                        %t = mul %x_dot, %y    %u = mul %y_dot, %x    %s_dot = add %t, %u
//     %A1 = store %A[%i], %s             %A1 = store %A[%i], %s    %A1_dot = store %A_dot[%i], %s_dot
//     %r = call @g(%s, %n)               %r, %r_dot = call @g_jvp(%s, %n, %s_dot)
//
// Scalars have a tangent where activity.c says so. Arrays and bufs have one as a whole: if any version of a buffer is
// active, there is a tangent buffer beside it from beginning to end, written whenever the buffer is, so that it holds
// exact zeros where nothing active was stored. Positions and lengths of tapes are those of the primal tape. Ifs, loops
// and withins hand the tangents in and out beside their primals.
//
// A call of g becomes a call of a variant of g for the arguments that are active. Its signature is made at once and its
// body later, from a list, so recursion finds its own variant. Its parameters are g's, then the tangents in g's order,
// then that of the result. A rule given by the user for g is called instead, with zeros for what is not active.
#include "derive.h"
#include "opt.h"
#include "rewrite.h"
#include "solvers.h"

#include <assert.h>
#include <string.h>

// A function whose body is still to be made: g is f with the tangents of those arguments that are active.
typedef struct JvpJob {
    Func *f, *g;
    bool *active_args;                                          // by argument of f
} JvpJob;

typedef struct Memo {
    Map *variants;                                              // "name/0110", interned -> Func
    VEC(JvpJob) todo;
} Memo;

// One function under construction.
typedef struct Gen {
    DeriveCtx *c;
    Arena *a;                                                   // scratch
    Func *f, *g;
    bool *varied;                                               // by value id of f
    bool *active;                                               // by value id of the top root of an array or buf
    Value **map, **dot;                                         // by value id of f: in g; NULL: f's own, no tangent
    const Param **dot_param;                                    // by argument of f: g's parameter for its tangent
    Value **zero_dot;                                           // by argument of f: the tangent of an inactive array
} Gen;

// ---- what has a tangent ----

static bool carries(const Gen *g, Value *v)
{
    if (!type_is_real(v->type))
        return false;
    return type_is_scalar(v->type) ? g->varied[v->id] : g->active[ir_top_root(v)->id];
}

static void note_root(Gen *g, Value *v)
{
    if (type_is_linear(v->type) && g->varied[v->id])
        g->active[ir_top_root(v)->id] = true;
}

static void find_roots(Gen *g, const Region *r)
{
    for (int i = 0; i < r->args.n; i++)
        note_root(g, r->args.at[i]);
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_out; k++)
            note_root(g, op->out[k]);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                find_roots(g, op->regions[k]);
    }
}

// Sets op->mark where op, or an op inside, has anything to do with tangents.
static bool mark_active(Gen *g, const Region *r)
{
    bool any = false;
    for (int i = 0; i < r->args.n; i++)
        any |= carries(g, r->args.at[i]);
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        op->mark = 0;
        for (int k = 0; k < op->n_out; k++)
            op->mark |= carries(g, op->out[k]);
        for (int k = 0; k < op->n_in && op->code == OP_call; k++)
            op->mark |= carries(g, op->in[k]);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                op->mark |= mark_active(g, op->regions[k]);
        any |= op->mark;
    }
    return any;
}

// ---- small things ----

static Value *to(const Gen *g, Value *v)
{
    return g->map[v->id] ? g->map[v->id] : v;
}

static Value **to_all(const Gen *g, Value *const *v, int n)
{
    Value **all = NEW_N(g->a, Value *, n + 1);
    for (int i = 0; i < n; i++)
        all[i] = to(g, v[i]);
    return all;
}

static const char *dot_name(const Gen *g, const char *name)
{
    return name ? intern_z(g->f->module->names, arena_printf(g->a, "%s_dot", name)) : NULL;
}

static Value *zero(Builder *b)
{
    return b_no_derivative(b);
}

// The tangent of scalar v, 0 if it has none.
static Value *scalar_dot(const Gen *g, Builder *b, Value *v)
{
    if (g->dot[v->id])
        return g->dot[v->id];
    return v->def && v->def->code == OP_undef ? b_undef(b, T_REAL) : zero(b);
}

static void set_dot(Gen *g, const Value *v, Value *dot)
{
    g->dot[v->id] = dot;
    if (dot && !dot->name)
        dot->name = dot_name(g, v->name);
    if (dot && dot->root && !dot->root->name)
        dot->root->name = dot->name;
}

static Value *new_like(Builder *b, Value *array, bool zeroed)
{
    int rank = array->type.rank;
    Value *dims[IR_MAX_RANK];
    for (int k = 0; k < rank; k++)
        dims[k] = ir_dim(b, array, k);
    return b_new_like(b, array->type, dims, zeroed, NULL);
}

// ---- scalar ops ----

// Are conditions p and q one value, or the same op of the same operands?
static bool same_condition(const Value *p, const Value *q)
{
    if (p == q)
        return true;
    if (!p->def || !q->def || p->def->code != q->def->code || !op_is_scalar(p->def->code))
        return false;
    for (int i = 0; i < p->def->n_in; i++)
        if (!same_value(p->def->in[i], q->def->in[i]))
            return false;
    return true;
}

// (p ? s : 0) + (p ? 0 : t) is p ? s : t; everything else is a sum.
static Value *sum(Builder *b, Value *x, Value *y)
{
    const Op *p = x->def && x->def->code == OP_sel ? x->def : NULL;
    const Op *q = y->def && y->def->code == OP_sel ? y->def : NULL;
    if (p && q && same_condition(p->in[0], q->in[0])) {
        if (ir_is_zero(p->in[2]) && ir_is_zero(q->in[1]))
            return b_3(b, OP_sel, p->in[0], p->in[1], q->in[2]);
        if (ir_is_zero(p->in[1]) && ir_is_zero(q->in[2]))
            return b_3(b, OP_sel, p->in[0], q->in[1], p->in[2]);
    }
    return b_2(b, OP_add, x, y);
}

static void scalar_op(Gen *g, Builder *b, const Op *op)
{
    Value **in = to_all(g, op->in, op->n_in), *total = NULL;
    for (int k = 0; k < op->n_in; k++) {
        Value *seed = g->dot[op->in[k]->id];
        Value *part = seed ? b_partial(b, op->code, k, seed, in, to(g, op->out[0])) : NULL;
        if (part)
            total = total ? sum(b, total, part) : part;
    }
    set_dot(g, op->out[0], total);
}

// ---- arrays and tapes ----

static void shape_op(Gen *g, Builder *b, const Op *op)
{
    int k = op->in[0]->index;
    const Param *p = g->dot_param[k];
    Value **dims = to_all(g, op->in + 1, op->n_in - 1), *dot;
    Value *primal = to(g, op->out[0]);
    if (!p || p->arg < 0) {
        dot = new_like(b, primal, true);                        // changes on the way, but does not come in or go out
    } else {
        dot = b_shape(b, g->g->body->args.at[p->arg], op->n_in - 1, dims);
        bool comes_in = false;
        for (int i = 0; i < g->f->params.n; i++)
            comes_in |= g->f->params.at[i].arg == k && g->f->params.at[i].role != ROLE_OUT;
        if (p->role == ROLE_OUT && (comes_in || !carries(g, op->out[0])))
            dot = b_fill(b, dot, zero(b));
    }
    if (carries(g, op->out[0]))
        set_dot(g, op->out[0], dot);
    else
        g->zero_dot[k] = dot;
}

static Value *copied_dot(Gen *g, Builder *b, const Op *op)
{
    Value *from = g->dot[op->in[0]->id];
    if (from && type_is_struct(from->type))
        return b_add_to(b, new_like(b, to(g, op->out[0]), true), from);
    return from ? b_copy(b, from, NULL) : new_like(b, to(g, op->out[0]), true);
}

// The tangent of an assignment. Of structs only the reals have one; the other fields of a tangent that is written over are 0.
static Value *assigned_dot(Gen *g, Builder *b, const Op *op)
{
    Value *to = g->dot[op->in[0]->id], *from = g->dot[op->in[1]->id];
    if (from && type_is_struct(from->type))
        return b_add_to(b, b_fill(b, to, zero(b)), from);
    return from ? b_copy_to(b, to, from) : b_fill(b, to, zero(b));
}

static Value *put_dot(Gen *g, Builder *b, const Op *op)
{
    Value **dots = NEW_N(g->a, Value *, op->n_in);
    for (int k = 1; k < op->n_in; k++)
        dots[k - 1] = scalar_dot(g, b, op->in[k]);
    return b_put(b, g->dot[op->in[0]->id], op->n_in - 1, dots);
}

static Value *gemm_dot(Gen *g, Builder *b, const Op *op)
{
    Value **in = to_all(g, op->in, op->n_in), *c = g->dot[op->in[0]->id];
    for (int k = 1; k <= 2; k++) {
        Value *d = g->dot[op->in[k]->id];
        if (d)
            c = (op->sub ? b_gemm_sub : b_gemm)(b, c, k == 1 ? d : in[1], k == 2 ? d : in[2], in[3], in[4], in[5], op->ta, op->tb);
    }
    return c;
}

static Value *factor_dot(Gen *g, Builder *b, const Op *op)
{
    Value **dots = NEW_N(g->a, Value *, op->n_in);
    for (int k = 0; k < op->n_in; k++)
        dots[k] = g->dot[op->in[k]->id];
    return solver_dot(b, op, to_all(g, op->in, op->n_in), dots, to(g, op->out[0]));
}

static Value *new_dot(Gen *g, Builder *b, const Op *op)
{
    Type t = op->out[0]->type;
    Value *v = b_new_like(b, t, to_all(g, op->in, op->n_in), op->i || type_is_struct(t), NULL);
    v->def->no_derivative = v->def->i;
    return v;
}

// The tangent version that an array op makes; its operands' are in g->dot, NULL meaning 0.
static Value *array_dot(Gen *g, Builder *b, const Op *op)
{
    Value *first = op->n_in > 0 ? g->dot[op->in[0]->id] : NULL, *last = op->n_in > 0 ? op->in[op->n_in - 1] : NULL;
    Value **more = to_all(g, op->in + 1, op->n_in - 1 > 0 ? op->n_in - 1 : 0);
    const Path *path = op->paths;
    if (is_solver(op->code))
        return factor_dot(g, b, op);
    switch (op->code) {
    case OP_new: return new_dot(g, b, op);
    case OP_buf_new: return b_buf_new(b, E_REAL, NULL);
    case OP_copy: return copied_dot(g, b, op);
    case OP_slice:
        return b_slice(b, first, path->n_idx, more, path->has_range ? more[path->n_idx] : NULL,
                       path->has_range ? more[path->n_idx + 1] : NULL);
    case OP_reshape: return b_reshape(b, first, op->n_in - 1, more);
    case OP_view_at: return b_view_at(b, first, more[0], op->n_in - 2, more + 1);
    case OP_freeze: return b_freeze(b, first);
    case OP_load: return first && type_is_real(op->out[0]->type) ? b_load(b, first, op->n_in - 1, more) : NULL;
    case OP_store: return type_is_real(last->type) ? b_store(b, first, op->n_in - 2, more, scalar_dot(g, b, last)) : first;
    case OP_acc: return g->dot[last->id] ? b_acc(b, first, op->n_in - 2, more, g->dot[last->id]) : first;
    case OP_fill: return b_fill(b, first, type_is_struct(first->type) ? zero(b) : scalar_dot(g, b, last));
    case OP_copy_to: return assigned_dot(g, b, op);
    case OP_add_to: return g->dot[last->id] ? b_add_to(b, first, g->dot[last->id]) : first;
    case OP_gemm: return gemm_dot(g, b, op);
    case OP_put: return put_dot(g, b, op);
    case OP_puts: return b_puts(b, first, g->dot[last->id] ? g->dot[last->id] : new_like(b, to(g, last), true));
    default: assert(op->code == OP_COUNT); return NULL;         // an array op without a forward rule
    }
}

// ---- ops with regions ----

static void emit_region(Gen *g, Builder *b, const Region *r);

typedef VEC(Value *) Values;

static void add(const Gen *g, Values *list, Value *v)
{
    vec_push(g->a, list, v);
}

static Value *dot_of_yield(Gen *g, Builder *b, Value *v)
{
    if (type_is_scalar(v->type))
        return scalar_dot(g, b, v);
    assert(g->dot[v->id]);
    return g->dot[v->id];
}

// The primals of yields [from, to), then the tangents of those whose result carries one.
static void add_yields(Gen *g, Builder *b, Values *list, const Region *r, int from, int end, Value *const *results)
{
    for (int i = from; i < end; i++)
        add(g, list, to(g, r->yields.at[i]));
    for (int i = from; i < end; i++)
        if (carries(g, results[i - from]))
            add(g, list, dot_of_yield(g, b, r->yields.at[i]));
}

// Results of the primal op and their tangents, from those of the new op, which start at `at`; gives how many were
// taken.
static int take_results(Gen *g, Value *const *results, int n, Value *const *at)
{
    int next = n;
    for (int i = 0; i < n; i++) {
        g->map[results[i]->id] = at[i];
        at[i]->name = results[i]->name;
    }
    for (int i = 0; i < n; i++)
        if (carries(g, results[i])) {
            at[next]->name = NULL;
            set_dot(g, results[i], at[next++]);
        }
    return next;
}

// The primals of v, then the tangents of those that carry one.
static void add_operands(Gen *g, Builder *b, Values *list, Value *const *v, Value *const *results, int n)
{
    for (int i = 0; i < n; i++)
        add(g, list, to(g, v[i]));
    for (int i = 0; i < n; i++)
        if (carries(g, results[i]))
            add(g, list, dot_of_yield(g, b, v[i]));
}

static void emit_if(Gen *g, Builder *b, const Op *op)
{
    int n = op->n_in - 1;
    Values arrays = {0};
    add_operands(g, b, &arrays, op->in + 1, op->out, n);
    Op *new = b_if(b, to(g, op->in[0]), arrays.n, arrays.at);
    new->choice = op->choice;
    for (int arm = 0; arm < 2; arm++) {
        const Region *r = op->regions[arm];
        Builder in = builder_at(g->g, new->regions[arm], b->fold);
        take_results(g, r->args.at, n, new->regions[arm]->args.at);
        emit_region(g, &in, r);
        Values yields = {0};
        add_yields(g, &in, &yields, r, 0, n, op->out);
        add_yields(g, &in, &yields, r, n, op->n_out, op->out + n);
        ir_yield(&in, yields.n, yields.at);
    }
    b_if_end(new);
    int taken = take_results(g, op->out, n, new->out);
    take_results(g, op->out + n, op->n_out - n, new->out + taken);
}

static void emit_loop(Gen *g, Builder *b, const Op *op)
{
    int n = loop_n_carried(op);
    Region *from = op->regions[0];
    Values init = {0};
    add_operands(g, b, &init, op->in + loop_first_init(op), op->out, n);
    Value **before = NEW_N(g->a, Value *, loop_first_init(op) + 1);
    for (int k = 0; k < loop_first_init(op); k++)
        before[k] = to(g, op->in[k]);
    Op *new = b_loop_like(b, op, before, init.n, init.at);
    if (op->counted) {
        g->map[loop_index(op)->id] = loop_index(new);
        loop_index(new)->name = loop_index(op)->name;
    }
    if (op->n_regions > 1 && op->regions[1]) {
        Region *head = b_loop_head(new);
        take_results(g, op->regions[1]->args.at, n, head->args.at);
        Builder in = builder_at(g->g, head, b->fold);
        ir_clone_region_body(&in, op->regions[1], g->map);
    }
    take_results(g, from->args.at + op->counted, n, new->regions[0]->args.at + op->counted);
    Builder in = builder_at(g->g, new->regions[0], b->fold);
    emit_region(g, &in, from);
    Values yields = {0};
    if (op->has_exit)
        add(g, &yields, to(g, loop_exit_flag(op)));
    add_yields(g, &in, &yields, from, op->has_exit, op->has_exit + n, op->out);
    ir_yield(&in, yields.n, yields.at);
    take_results(g, op->out, n, new->out);
    g->map[loop_trips(op)->id] = loop_trips(new);
}

// The body of a within at `in`, where the slots and what else is handed in are `at`: slots, extras, tangents of extras;
// slot_dots may be NULL. Yields: the slots' tangents if there are any, slots, extras and their tangents, scalars and
// their tangents.
static void within_body(Gen *g, Builder *in, const Op *op, Value *const *slot_dots, Value *const *at)
{
    const Region *r = op->regions[0];
    int n = op->n_paths;
    for (int k = 0; k < n; k++) {
        g->map[r->args.at[k]->id] = at[k];
        if (slot_dots && carries(g, r->args.at[k]))
            set_dot(g, r->args.at[k], slot_dots[k]);
    }
    take_results(g, r->args.at + n, op->n_extra, at + n);
    emit_region(g, in, r);
    Values yields = {0};
    for (int k = 0; slot_dots && k < n; k++)                    // of ints in a struct the tangent stays as it is
        add(g, &yields, carries(g, r->args.at[k]) ? g->dot[r->yields.at[k]->id] : slot_dots[k]);
    for (int k = 0; k < n; k++)
        add(g, &yields, to(g, r->yields.at[k]));
    add_yields(g, in, &yields, r, n, n + op->n_extra, op->out + 1);
    add_yields(g, in, &yields, r, n + op->n_extra, r->yields.n, op->out + 1 + op->n_extra);
    ir_yield(in, yields.n, yields.at);
}

// Two withins, one inside the other: the outer one opens the primal and is handed the tangent array, the inner one
// opens that and is handed the open slots of the primal.
static void both_withins(Gen *g, Builder *b, const Op *op, const Values *extra, int n_operands, Value *const *operands)
{
    int n = op->n_paths, n_extra = extra->n;
    Values all = {0};
    for (int i = 0; i < n_extra; i++)
        add(g, &all, extra->at[i]);
    add(g, &all, g->dot[op->in[0]->id]);
    Op *outer = b_within(b, to(g, op->in[0]), n, op->paths, n_operands, operands, all.n, all.at);
    Value **args = outer->regions[0]->args.at;
    Builder bo = builder_at(g->g, outer->regions[0], b->fold);
    bo.loc = op->loc;
    Op *inner = b_within(&bo, args[n + n_extra], n, op->paths, n_operands, operands, n + n_extra, args);
    Builder bi = builder_at(g->g, inner->regions[0], b->fold);
    within_body(g, &bi, op, inner->regions[0]->args.at, inner->regions[0]->args.at + n);
    b_within_end(inner);
    Values yields = {0};
    for (int k = 0; k < n + n_extra; k++)
        add(g, &yields, inner->out[1 + k]);
    add(g, &yields, inner->out[0]);
    for (int k = 1 + n + n_extra; k < inner->n_out; k++)
        add(g, &yields, inner->out[k]);
    ir_yield(&bo, yields.n, yields.at);
    b_within_end(outer);
    g->map[op->out[0]->id] = outer->out[0];
    int taken = take_results(g, op->out + 1, op->n_extra, outer->out + 1);
    set_dot(g, op->out[0], outer->out[1 + taken]);
    take_results(g, op->out + 1 + op->n_extra, op->n_out - 1 - op->n_extra, outer->out + 2 + taken);
}

static void emit_within(Gen *g, Builder *b, const Op *op)
{
    int n_operands = op->n_in - 1 - op->n_extra;
    Value **operands = to_all(g, op->in + 1, n_operands);
    Values extra = {0};
    add_operands(g, b, &extra, op->in + 1 + n_operands, op->out + 1, op->n_extra);
    if (carries(g, op->in[0])) {
        both_withins(g, b, op, &extra, n_operands, operands);
        return;
    }
    Op *new = b_within(b, to(g, op->in[0]), op->n_paths, op->paths, n_operands, operands, extra.n, extra.at);
    Builder in = builder_at(g->g, new->regions[0], b->fold);
    within_body(g, &in, op, NULL, new->regions[0]->args.at);
    b_within_end(new);
    g->map[op->out[0]->id] = new->out[0];
    int taken = take_results(g, op->out + 1, op->n_extra, new->out + 1);
    take_results(g, op->out + 1 + op->n_extra, op->n_out - 1 - op->n_extra, new->out + 1 + taken);
}

// ---- calls ----

static bool any_result_depends(const bool *deps, int r, int n_args, const bool *active)
{
    for (int k = 0; k < n_args; k++)
        if (active[k] && deps[r * n_args + k])
            return true;
    return false;
}

// The parameter for the tangent of parameter `of` of f (-1: of its return value), if it has one.
static bool tangent_param(DeriveCtx *c, Func *f, int of, const bool *active, Param *dot)
{
    static const Param returned = {.name = "result", .role = ROLE_OUT, .arg = -1, .shape = ""};
    Param p = of >= 0 ? f->params.at[of] : returned;
    if (of < 0) {
        p.type = f->ret_type;
        p.result = f->ret;
    }
    if (!type_is_real(p.type))
        return false;
    bool in = p.arg >= 0 && p.role != ROLE_OUT && active[p.arg];
    bool out = p.result >= 0 && any_result_depends(activity_deps(c->activity, f), p.result, f->body->args.n, active);
    if (in && p.role == ROLE_INOUT && type_is_linear(p.type))
        out = true;                                             // the tangent array goes in, so it has to come out
    *dot = p;
    dot->name = intern_z(f->module->names, arena_printf(f->module->arena, "%s_dot", p.name));
    dot->role = in && out ? ROLE_INOUT : in ? ROLE_IN : ROLE_OUT;
    return in || out;
}

static void variant_param(DeriveCtx *c, Func *g, Func *f, int of, const bool *active)
{
    Param dot;
    if (!tangent_param(c, f, of, active, &dot))
        return;
    func_param(g, dot.name, dot.role, dot.type, P_DOT, of);
    g->params.at[g->params.n - 1].shape = dot.shape;
}

// Is d, which the user asked for, what make_variant would make of f? Then calls may call d.
static bool is_variant(DeriveCtx *c, const Func *d, Func *f, const bool *active)
{
    int at = f->params.n;
    for (int i = 0; i < d->params.n; i++)
        if ((d->params.at[i].kind == P_PRIMAL) != (i < f->params.n))
            return false;                                       // an array result, which comes last
    for (int i = 0; i <= f->params.n; i++) {
        int of = i < f->params.n ? i : -1;
        Param dot;
        if ((of < 0 && f->ret < 0) || !tangent_param(c, f, of, active, &dot))
            continue;
        if (at == d->params.n || d->params.at[at].of != of || d->params.at[at].role != dot.role)
            return false;
        at++;
    }
    return at == d->params.n;
}

static Memo *memo_of(DeriveCtx *c)
{
    if (!c->jvp_memo) {
        Memo *memo = NEW(c->scratch, Memo);
        memo->variants = map_new(c->scratch);
        c->jvp_memo = memo;
    }
    return c->jvp_memo;
}

static Func *make_variant(DeriveCtx *c, Func *f, const char *name, const bool *active)
{
    Arena *a = f->module->arena;
    Func *g = func_new(f->module, derive_fresh_name(c, name, "_jvp"));
    g->is_static = true;
    g->loc = f->loc;
    g->no_inline = f->no_inline;
    g->must_inline = f->must_inline;
    for (int i = 0; i < f->params.n; i++) {
        const Param *p = &f->params.at[i];
        func_param(g, p->name, p->role, p->type, P_PRIMAL, i);
        g->params.at[i].shape = p->shape;
    }
    for (int i = 0; i < f->params.n; i++)
        variant_param(c, g, f, i, active);
    if (f->ret >= 0) {
        variant_param(c, g, f, -1, active);
        func_set_ret(g, f->ret_type);
    }
    JvpJob job = {f, g, arena_copy(a, active, sizeof *active * (size_t)(f->body->args.n + 1))};
    vec_push(a, &memo_of(c)->todo, job);
    return g;
}

static const char *variant_key(const Func *f, const bool *active)
{
    Text key = text_in(f->module->arena);
    text_printf(&key, "%s/", f->name);
    for (int k = 0; k < f->body->args.n; k++)
        text_put(&key, active[k] ? "1" : "0");
    return intern_z(f->module->names, key.at);
}

// The variant of f for these active arguments.
static Func *variant(DeriveCtx *c, Func *f, const bool *active)
{
    const char *key = variant_key(f, active);
    Func *g = map_get(memo_of(c)->variants, key);
    if (!g) {
        g = make_variant(c, derive_ready(c, f), f->name, active);
        map_set(memo_of(c)->variants, key, g);
    }
    return g;
}

static void variant_params(const Func *variant_of_f, Param *as)
{
    for (int i = 0, primal = 0; i < variant_of_f->params.n; i++) {
        as[i] = variant_of_f->params.at[i];
        if (as[i].kind == P_PRIMAL)
            as[i].of = primal++;
    }
}

// A call of f as seen by what is called in its place: the primal operands (by argument of f) and their tangents, NULL:
// zero.
typedef struct Site {
    Func *f;
    Value *const *args, *const *dots;
    Value **results, **result_dots;                             // by result of f; set by call_instead
} Site;

static Value *dot_operand(Builder *b, Value *primal, Value *dot)
{
    if (dot)
        return dot;
    if (primal->type.kind == K_BUF)                             // a tape on which nothing varied is put: what comes back is dropped
        return b_buf_new(b, E_REAL, NULL);
    return type_is_scalar(primal->type) ? zero(b) : new_like(b, primal, true);
}

// Calls `callee`, whose parameter i is what as[i] says of f.
static void call_instead(Gen *g, Builder *b, Site *s, Func *callee, const Param *as)
{
    Value **args = NEW_N(g->a, Value *, callee->body->args.n + 1);
    for (int i = 0; i < callee->params.n; i++) {
        const Param *p = &callee->params.at[i];
        if (p->arg < 0)
            continue;
        int arg = s->f->params.at[as[i].of].arg;
        args[p->arg] = as[i].kind == P_PRIMAL ? s->args[arg] : dot_operand(b, s->args[arg], s->dots[arg]);
    }
    Op *op = b_call(b, callee, callee->body->args.n, args);
    for (int i = 0; i < callee->params.n; i++) {
        const Param *p = &callee->params.at[i];
        if (p->result < 0)
            continue;
        int result = as[i].of < 0 ? s->f->ret : s->f->params.at[as[i].of].result;
        *(as[i].kind == P_PRIMAL ? &s->results[result] : &s->result_dots[result]) = op->out[p->result];
    }
    if (callee->ret >= 0)
        s->results[s->f->ret] = op->out[callee->ret];
}

// The call as it is; its results have no tangents. Tangent arrays of what it writes are zero afterwards.
static void plain_call(Gen *g, Builder *b, const Op *op)
{
    ir_clone_op(b, op, g->map);
    for (int r = 0; r < op->n_out; r++) {
        int tie = op_tie(op, r);
        if (tie >= 0 && carries(g, op->out[r]) && type_is_real(op->out[r]->type) && op->out[r]->type.kind == K_ARRAY)
            set_dot(g, op->out[r], b_fill(b, g->dot[op->in[tie]->id], zero(b)));
    }
}

static bool *active_operands(const Gen *g, const Op *op, bool *any)
{
    bool *active = NEW_N(g->a, bool, op->n_in + 1);
    *any = false;
    for (int i = 0; i < op->callee->params.n; i++) {
        const Param *p = &op->callee->params.at[i];
        if (p->arg >= 0 && p->role != ROLE_OUT)
            *any |= active[p->arg] = carries(g, op->in[p->arg]);
    }
    return active;
}

static bool any_real_result(const Op *op)
{
    for (int k = 0; k < op->n_out; k++)
        if (type_is_real(op->out[k]->type))
            return true;
    return false;
}

// Does any result of the call depend on its active operands?
static bool any_dependence(Gen *g, const Op *op, const bool *active)
{
    const bool *deps = activity_deps(g->c->activity, op->callee);
    for (int r = 0; r < op->n_out; r++)
        if (any_result_depends(deps, r, op->n_in, active))
            return true;
    return false;
}

// What is called for the tangent of f, which has a rule or a body, and what its parameters are of f.
static Func *tangent_of(Gen *g, Func *f, const bool *active, Param **as)
{
    Func *rule = f->custom_jvp, *callee = rule ? rule : variant(g->c, f, active);
    *as = NEW_N(g->a, Param, callee->params.n + f->params.n + 2);
    if (rule)
        rule_params(f, P_DOT, *as);
    else
        variant_params(callee, *as);
    return callee;
}

// y = f(..) solves residual(y, a) = 0: r_dot is the residual's tangent at y where a alone moves, y_dot = -J^-1 r_dot.
static void implicit_call(Gen *g, Builder *b, const Op *op, bool *active)
{
    const Implicit *how = op->callee->implicit;
    int start = how->residual->params.at[how->unknown].arg;
    bool array = type_is_linear(op->out[0]->type);
    if (how->residual->is_extern && !how->residual->custom_jvp) {
        derive_no_body(g->c, op->loc, how->residual, "jvp");
        plain_call(g, b, op);
        return;
    }
    ir_clone_op(b, op, g->map);
    Value *y = to(g, op->out[0]), **args = to_all(g, op->in, op->n_in), *r_dot = NULL, *ignored = NULL;
    Value **dots = NEW_N(g->a, Value *, op->n_in + 1);
    for (int k = 0; k < op->n_in; k++)
        dots[k] = k == start ? NULL : g->dot[op->in[k]->id];
    active[start] = false;
    args[start] = y;
    if (array) {
        args[op->n_in - 1] = new_like(b, y, false);
        dots[op->n_in - 1] = NULL;
    }
    Param *as;
    Func *callee = tangent_of(g, how->residual, active, &as);
    Site s = {how->residual, args, dots, &ignored, &r_dot};
    call_instead(g, b, &s, callee, as);
    int n_own = op->n_in - array;
    Value **in = NEW_N(g->a, Value *, op->n_in + 1);
    memcpy(in, args, sizeof *in * (size_t)n_own);
    if (!r_dot)                                                 // the simplified residual does not depend on what varies
        r_dot = array ? new_like(b, y, true) : zero(b);
    in[n_own] = r_dot;
    if (array)
        in[n_own + 1] = g->dot[op->in[op->n_in - 1]->id];
    set_dot(g, op->out[0], b_call(b, how->tangent, op->n_in + 1, in)->out[0]);
}

static void emit_call(Gen *g, Builder *b, const Op *op)
{
    Func *f = op->callee, *rule = f->custom_jvp;
    bool any, *active = active_operands(g, op, &any);
    if (f->implicit && carries(g, op->out[0]) && any_dependence(g, op, active)) {
        implicit_call(g, b, op, active);
        return;
    }
    if (!any || f->implicit || !any_real_result(op)) {
        plain_call(g, b, op);
        return;
    }
    bool known = rule || func_has_body(f);
    if (!known && f->is_extern)
        derive_no_body(g->c, op->loc, op->callee, "jvp");
    if (!known || (!rule && !any_dependence(g, op, active))) {
        plain_call(g, b, op);
        return;
    }
    Param *as;
    Func *callee = tangent_of(g, f, active, &as);
    Value **dots = NEW_N(g->a, Value *, op->n_in + 1);
    for (int k = 0; k < op->n_in; k++)
        dots[k] = g->dot[op->in[k]->id];
    Value **results = NEW_N(g->a, Value *, op->n_out + 1), **result_dots = NEW_N(g->a, Value *, op->n_out + 1);
    Site s = {f, to_all(g, op->in, op->n_in), dots, results, result_dots};
    call_instead(g, b, &s, callee, as);
    for (int r = 0; r < op->n_out; r++) {
        g->map[op->out[r]->id] = s.results[r];
        s.results[r]->name = op->out[r]->name;
        Value *dot = s.result_dots[r];
        if (!carries(g, op->out[r]))
            continue;
        if (dot)
            dot->name = NULL;
        else if (type_is_linear(op->out[r]->type))              // written, but with nothing active
            dot = b_fill(b, dots[op_tie(op, r)], zero(b));
        set_dot(g, op->out[r], dot);
    }
}

// ---- functions ----

static void emit_op(Gen *g, Builder *b, const Op *op)
{
    b->loc = op->loc;
    bool binds_dot = op->code == OP_shape && g->dot_param[op->in[0]->index];
    if (!op->mark && !binds_dot) {
        ir_clone_op(b, op, g->map);
        return;
    }
    switch (op->code) {
    case OP_if: emit_if(g, b, op); return;
    case OP_loop: emit_loop(g, b, op); return;
    case OP_within: emit_within(g, b, op); return;
    case OP_call: emit_call(g, b, op); return;
    default: break;
    }
    ir_clone_op(b, op, g->map);
    if (op_is_scalar(op->code))
        scalar_op(g, b, op);
    else if (op->code == OP_shape)
        shape_op(g, b, op);
    else if (op->code != OP_undef && op->code != OP_const_array)
        set_dot(g, op->out[0], array_dot(g, b, op));
}

static void emit_region(Gen *g, Builder *b, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++)
        emit_op(g, b, r->ops.at[i]);
}

static int nth_primal(const Func *g, int param)                 // of a parameter of g: which parameter of f it is
{
    int n = 0;
    for (int i = 0; i < param; i++)
        n += g->params.at[i].kind == P_PRIMAL;
    return n;
}

// The parameter of f that parameter i of g is, or has the tangent of; NULL: f's return value.
static const Param *param_of(const Gen *g, int i)
{
    const Param *p = &g->g->params.at[i];
    int of = p->kind == P_PRIMAL ? nth_primal(g->g, i) : p->of;
    return of >= 0 ? &g->f->params.at[of] : NULL;
}

// Binds f's arguments to those of g, and scalars' tangents.
static void bind_params(Gen *g)
{
    for (int i = 0; i < g->g->params.n; i++) {
        const Param *p = &g->g->params.at[i];
        const Param *q = param_of(g, i);
        if (!q || q->arg < 0)
            continue;
        Value *v = g->f->body->args.at[q->arg];
        if (p->kind == P_PRIMAL)
            g->map[v->id] = g->g->body->args.at[p->arg];
        else if (type_is_linear(p->type) && p->type.kind == K_ARRAY)
            g->dot_param[q->arg] = p;
        else if (p->arg >= 0)
            g->dot[v->id] = g->g->body->args.at[p->arg];
    }
}

static Value *returned_dot(Gen *g, Builder *b, const Param *p)
{
    const Func *f = g->f;
    Value *v = f->body->yields.at[p->of < 0 ? f->ret : f->params.at[p->of].result];
    if (type_is_scalar(v->type))
        return scalar_dot(g, b, v);
    if (g->dot[v->id])
        return g->dot[v->id];
    Value *none = v->type.kind == K_ARRAY ? g->zero_dot[f->params.at[p->of].arg] : g->g->body->args.at[p->arg];
    assert(none);
    return none;
}

static void emit_yields(Gen *g, Builder *b)
{
    const Func *f = g->f, *d = g->g;
    Value **yields = NEW_N(g->a, Value *, func_n_results(d) + 1);
    for (int i = 0; i < d->params.n; i++) {
        const Param *p = &d->params.at[i];
        if (p->result < 0)
            continue;
        yields[p->result] = p->kind == P_PRIMAL ? to(g, f->body->yields.at[f->params.at[nth_primal(d, i)].result])
                                                : returned_dot(g, b, p);
    }
    if (d->ret >= 0)
        yields[d->ret] = to(g, f->body->yields.at[f->ret]);
    ir_yield(b, func_n_results(d), yields);
}

static void build(DeriveCtx *c, const JvpJob *job)
{
    Arena *a = arena_new();
    Func *f = job->f;
    activity_deps(c->activity, f);
    Gen g = {.c = c, .a = a, .f = f, .g = job->g};
    g.varied = activity_varied(c->activity, a, f, job->active_args);
    g.active = NEW_N(a, bool, f->n_values + 1);
    g.map = NEW_N(a, Value *, f->n_values + 1);
    g.dot = NEW_N(a, Value *, f->n_values + 1);
    g.dot_param = NEW_N(a, const Param *, f->body->args.n + 1);
    g.zero_dot = NEW_N(a, Value *, f->body->args.n + 1);
    find_roots(&g, f->body);
    mark_active(&g, f->body);
    bind_params(&g);
    Builder b = builder_at(job->g, job->g->body, true);
    emit_region(&g, &b, f->body);
    emit_yields(&g, &b);
    arena_free(a);
}

// ---- derives ----

// Fills the body of d, and those of the variants it needs.
void jvp_derived(DeriveCtx *c, Func *d)
{
    Func *f = derive_ready(c, d->base);
    JvpJob job = {f, d, NEW_N(c->scratch, bool, f->body->args.n + 1)};
    for (int i = 0; i < f->params.n; i++) {
        const Param *p = &f->params.at[i];
        if (p->arg >= 0 && p->role != ROLE_OUT && d->wrt[i])
            job.active_args[p->arg] = true;
    }
    Memo *memo = memo_of(c);
    const char *key = variant_key(f, job.active_args);
    if (!map_get(memo->variants, key) && is_variant(c, d, f, job.active_args))
        map_set(memo->variants, key, d);
    build(c, &job);
    while (memo->todo.n > 0) {
        JvpJob next = memo->todo.at[--memo->todo.n];
        build(c, &next);
    }
}
