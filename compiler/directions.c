// directions.c — Jacobians, Hessians, and tangents and adjoints in several directions at once.
//
// In: a derived function d (TR_JACFWD, TR_JACREV, TR_HESSIAN, or TR_JVP and TR_VJP with directions) whose parameters are in place, and its
// base with a body. Out: the body, which runs an ordinary tangent or adjoint of the base, `inner`, for a block of directions after the other:
//
//     void d(n, x, out x_jac[m][n], out y)               for (int k = 0; k < n; k += 8) {
//                                                            x_dot[i][lane] = 1 where i == k + lane, else 0
//                                                            f_jvp_lanes(n, x, x_dot, y_dot, y)
//                                                            x_jac[o][k + lane] = y_dot[o][lane]
//                                                        }
//
//     transform        inner             a block's seeds                  its results go to
//     jacfwd           jvp(f)            columns of the unit matrix       columns of x_jac
//     jacrev           vjp(f)            rows of the unit matrix          rows of x_jac
//     hessian          jvp(grad(f))      columns of the unit matrix       columns of x_hess, down from the diagonal, and rows
//     jvp(f, x; K)     jvp(f)            x_dot[..][k .. k + 7]            y_dot[..][k .. k + 7]
//     vjp(f, x; K)     vjp(f)            y_bar[..][k .. k + 7]            x_bar[..][k .. k + 7]
//
// lanes.c makes of `inner` a function of a block: the primal is computed once in it. If there are few directions, as constants say, they are one
// block, and no loop; one direction is a call of `inner` itself. What the last block delivers of f's own results is what d delivers; there is
// always a first block, even without any direction. What no output depends on is left out of `inner`, and its derivatives are filled with zeros.
#include "derive.h"
#include "opt.h"
#include "reals.h"

#include <assert.h>

enum { BLOCK = 8, ONE_BLOCK = 16 };                             // lanes of a block; so many directions are one block of their own

typedef struct Gen {
    DeriveCtx *c;
    Arena *a;
    Func *d, *f;
    Func *inner;
    const Lanes *lanes;                                         // of inner; NULL: inner itself is called, for one direction
    int width;
    Func *rows;                                                 // of lanes->g, for rows from first_row on; NULL: all rows
    Value *first_row;
    Value **raw;                                                // by parameter of d: its argument, arrays bound to their shapes
    Value **now;                                                // by parameter of d: an array's last version, a scalar's result
    Value *returned;
    Value **saved;                                              // by parameter of d: what an inout array held at first
    Value *first;                                               // of the block being written: its first direction
    Value *total;                                               // directions
} Gen;

// ---- the ordinary derivative ----

// The role of what a transform adds for one parameter of its base; -1: nothing.
static int added_role(Transform tr, Role role, bool chosen)
{
    if (tr == TR_JVP)
        return role == ROLE_IN ? (chosen ? ROLE_IN : -1) : role == ROLE_INOUT && chosen ? ROLE_INOUT : ROLE_OUT;
    if (tr == TR_GRAD)
        return role == ROLE_IN && chosen ? ROLE_OUT : -1;
    return role != ROLE_IN && !(role == ROLE_INOUT && chosen) ? ROLE_IN : chosen ? ROLE_INOUT : -1;
}

static void add_inner_param(Func *g, const Func *f, Transform tr, int of, int role)
{
    const Param *p = of >= 0 ? &f->params.at[of] : NULL;
    Arena *a = f->module->arena;
    const char *name = arena_printf(a, "%s_%s", p ? p->name : "result", tr == TR_JVP ? "dot" : "bar");
    func_param(g, intern_z(f->module->names, name), (Role)role, p ? p->type : f->ret_type, tr == TR_JVP ? P_DOT : P_BAR, of);
}

// The derivative of f for these parameters, made once: f's own parameters in their order, then what is added. NULL after an error.
static Func *inner_of(DeriveCtx *c, Func *f, Transform tr, const bool *wrt)
{
    static const char *const suffix[] = {[TR_GRAD] = "_grad", [TR_VJP] = "_vjp", [TR_JVP] = "_jvp"};
    Arena *a = c->m->arena;
    Text key = text_in(c->scratch);
    text_printf(&key, "%s/%d/", f->name, (int)tr);
    for (int i = 0; i < f->params.n; i++)
        text_put(&key, wrt[i] ? "1" : "0");
    if (!c->inner_memo)
        c->inner_memo = map_new(c->scratch);
    const char *name = intern_z(c->m->names, key.at);
    Func *g = map_get(c->inner_memo, name);
    if (g)
        return derive_body(c, g) ? g : NULL;
    g = func_new(c->m, derive_fresh_name(c, f->name, suffix[tr]));
    g->is_static = true;
    g->loc = f->loc;
    g->transform = tr;
    g->base = f;
    g->wrt = arena_copy(a, wrt, sizeof *wrt * (size_t)(f->params.n + 1));
    for (int i = 0; i < f->params.n; i++) {
        const Param *p = &f->params.at[i];
        func_param(g, p->name, p->role, p->type, P_PRIMAL, i);
        g->params.at[i].shape = p->shape;
    }
    bool real_value = f->ret >= 0 && type_is_real(f->ret_type);
    if (real_value && tr == TR_VJP)
        add_inner_param(g, f, tr, -1, ROLE_IN);
    for (int i = 0; i < f->params.n; i++) {
        int role = type_is_real(f->params.at[i].type) ? added_role(tr, f->params.at[i].role, wrt[i]) : -1;
        if (role >= 0)
            add_inner_param(g, f, tr, i, role);
    }
    if (real_value && tr == TR_JVP)
        add_inner_param(g, f, tr, -1, ROLE_OUT);
    if (f->ret >= 0)
        func_set_ret(g, f->ret_type);
    map_set(c->inner_memo, name, g);
    return derive_body(c, g) ? g : NULL;
}

// ---- parameters and shapes ----

// The parameter of g of this kind that belongs to parameter `of` of its base; -1 if there is none.
static int param_like(const Func *g, ParamKind kind, int of)
{
    for (int i = 0; i < g->params.n; i++)
        if (g->params.at[i].kind == kind && g->params.at[i].of == of)
            return i;
    return -1;
}

static int primal_param(const Gen *g, int of)                   // the parameter of d that is parameter `of` of f
{
    int n = 0;
    for (int i = 0; i < g->d->params.n; i++)
        if (g->d->params.at[i].kind == P_PRIMAL && n++ == of)
            return i;
    assert(!"no such parameter");
    return -1;
}

// Binds f's own arrays in d, as f does.
static void bind_primals(Gen *g, Builder *b)
{
    const Func *f = g->f;
    Value **map = NEW_N(g->a, Value *, f->n_values + 1);
    for (int i = 0; i < f->params.n; i++) {
        const Param *p = &g->d->params.at[primal_param(g, i)];
        if (p->arg >= 0)
            map[f->body->args.at[f->params.at[i].arg]->id] = g->d->body->args.at[p->arg];
    }
    for (int i = 0; i < f->params.n; i++) {
        int k = primal_param(g, i), arg = g->d->params.at[k].arg;
        if (arg < 0)
            continue;
        Value *raw = g->d->body->args.at[arg], *dims[NEST_MAX];
        const Op *shape = raw->type.kind == K_ARRAY ? ir_shape_of(f, f->body->args.at[f->params.at[i].arg]) : NULL;
        for (int m = 1; shape && m < shape->n_in; m++)
            dims[m - 1] = ir_recompute(b, shape->in[m], map);
        g->raw[k] = shape ? b_shape(b, raw, shape->n_in - 1, dims) : raw;
        g->now[k] = type_is_linear(raw->type) ? g->raw[k] : NULL;
    }
}

// The dimensions of parameter `of` of f (-1: what it returns), whose array d has; gives the rank.
static int dims_of(Gen *g, Builder *b, int of, Value **dims)
{
    if (of < 0 || !type_is_linear(g->f->params.at[of].type))
        return 0;
    return array_dims(b, g->raw[primal_param(g, of)], dims);
}

static int output_of(const Func *f)                             // its real output: a parameter, or -1
{
    for (int i = 0; i < f->params.n; i++)
        if (f->params.at[i].role != ROLE_IN && type_is_real(f->params.at[i].type))
            return i;
    return -1;
}

static Value *directions_value(Gen *g, Builder *b)
{
    const Directions *k = &g->d->directions;
    if (k->kind == DIRECTIONS_CONST)
        return b_int(b, k->n);
    return g->d->body->args.at[g->d->params.at[primal_param(g, (int)k->n)].arg];
}

// Binds the arrays that d adds.
static void bind_added(Gen *g, Builder *b)
{
    for (int i = 0; i < g->d->params.n; i++) {
        const Param *p = &g->d->params.at[i];
        Value *dims[NEST_MAX];
        int rank = 0;
        if (p->kind == P_PRIMAL || p->arg < 0)
            continue;
        Value *raw = g->d->body->args.at[p->arg];
        if (p->kind == P_JAC)
            rank = dims_of(g, b, g->d->transform == TR_HESSIAN ? p->of : output_of(g->f), dims);
        rank += dims_of(g, b, p->of, dims + rank);
        if (g->d->directions.kind != DIRECTIONS_ONE)
            dims[rank++] = directions_value(g, b);
        g->raw[i] = type_is_linear(raw->type) ? b_shape(b, raw, rank, dims) : raw;
        g->now[i] = type_is_linear(raw->type) ? g->raw[i] : NULL;
    }
}

// ---- calls of a block ----

// What one call of a block takes and gives, by parameter of inner: values in lanes, if there are lanes, else as inner has them.
typedef struct Block {
    Value **in, **out;
} Block;

static Block block_new(Gen *g)
{
    return (Block){NEW_N(g->a, Value *, g->inner->params.n + 1), NEW_N(g->a, Value *, g->inner->params.n + 1)};
}

// A new array for parameter i of inner, in lanes if there are lanes: structs as their reals.
static Value *block_array(Gen *g, Builder *b, int i, bool zero)
{
    const Param *p = &g->inner->params.at[i];
    Value *dims[NEST_MAX];
    int rank = dims_of(g, b, p->of, dims);
    if (g->d->transform == TR_HESSIAN && type_is_linear(p->type))       // of: a parameter of the gradient
        rank = dims_of(g, b, g->inner->base->params.at[p->of].of, dims);
    if (type_is_struct(p->type))
        dims[rank++] = b_int(b, type_reals(p->type));
    if (g->lanes)
        dims[rank++] = b_int(b, g->width);
    bool of_caller = g->d->directions.kind != DIRECTIONS_ONE;
    const char *name = of_caller ? arena_printf(g->c->m->arena, "%s_block", p->name) : p->name;
    Value *block = b_new(b, E_REAL, rank, dims, false, name);
    return zero ? b_fill(b, block, b_no_derivative(b)) : block;
}

// The values that are f's own, from and to d. Parameters that inner adds are in `block` already.
static void call_block(Gen *g, Builder *b, Block *block)
{
    Func *inner = g->inner, *callee = g->rows ? g->rows : g->lanes ? g->lanes->g : inner;
    const Lanes *l = g->lanes;
    Value **args = NEW_N(g->a, Value *, callee->body->args.n + 1);
    for (int i = 0; i < inner->params.n; i++) {
        const Param *p = &inner->params.at[i];
        if (p->arg >= 0)
            args[l ? l->arg_of_arg[p->arg] : p->arg] = block->in[i];
        else if (l && l->arg_of_result[p->result] >= 0)
            args[l->arg_of_result[p->result]] = block->in[i];
    }
    if (g->rows)
        args[callee->body->args.n - 1] = g->first_row;
    Op *call = b_call(b, callee, callee->body->args.n, args);
    for (int i = 0; i < inner->params.n; i++) {
        int r = inner->params.at[i].result;
        if (r >= 0)
            block->out[i] = call->out[l ? l->result_of_result[r] : r];
    }
    if (inner->ret >= 0)
        g->returned = call->out[l ? l->result_of_result[inner->ret] : inner->ret];
}

// Which parameter of d is the primal parameter i of inner; for a Hessian, whose inner is derived from a gradient, this may be the gradient.
static int own_param(const Gen *g, int i)
{
    const Func *base = g->inner->base;
    int of = 0;
    for (int k = 0; k < i; k++)
        of += g->inner->params.at[k].kind == P_PRIMAL;
    if (base != g->f && base->params.at[of].kind == P_BAR)
        return param_like(g->d, P_BAR, base->params.at[of].of);
    return primal_param(g, of);
}

// f's own operands. An inout array has what it held at first before each block.
static void own_operands(Gen *g, Builder *b, Block *block)
{
    for (int i = 0; i < g->inner->params.n; i++) {
        if (g->inner->params.at[i].kind != P_PRIMAL || g->inner->params.at[i].arg < 0)
            continue;
        int k = own_param(g, i);
        if (g->saved[k])
            g->now[k] = b_copy_to(b, g->now[k], g->saved[k]);
        block->in[i] = g->now[k] ? g->now[k] : g->raw[k];
    }
}

static void own_results(Gen *g, const Block *block)
{
    for (int i = 0; i < g->inner->params.n; i++)
        if (g->inner->params.at[i].kind == P_PRIMAL && g->inner->params.at[i].result >= 0)
            g->now[own_param(g, i)] = block->out[i];
}

// ---- ranges of directions ----

// The reals of a parameter of f, or those in one field of its structs, as directions: consecutive ones, in the order in which they lie.
typedef struct Range {
    int of;                                                     // the parameter; -1: what f returns
    int field;                                                  // -1: it is of reals
    Value *size, *offset;                                       // offset: NULL for the only range there is
} Range;

typedef struct Inputs {
    int n, *of;                                                 // the parameters of f that inner is for
    int n_ranges;                                               // what is seeded: these, or the output
    Range *ranges;
} Inputs;

static Type type_of(const Gen *g, int of)                       // of parameter `of` of f
{
    return of < 0 ? g->f->ret_type : g->f->params.at[of].type;
}

// The dimensions of a range: those of the array, then those of the field.
static int range_dims(Gen *g, Builder *b, const Range *r, Value **dims)
{
    int rank = dims_of(g, b, r->of, dims);
    const Field *f = r->field >= 0 ? &type_of(g, r->of).st->fields.at[r->field] : NULL;
    for (int k = 0; f && k < f->rank; k++)
        dims[rank++] = b_int(b, f->dims[k]);
    return rank;
}

// Where element i of the range is, as a load has it: gives the number of indices.
static int range_index(Gen *g, Builder *b, const Range *r, Value *i, Value **at)
{
    Value *dims[NEST_MAX], *index[NEST_MAX];
    int outer = type_of(g, r->of).rank, rank = range_dims(g, b, r, dims), n = 0;
    unflatten(b, i, rank, dims, index);
    for (int k = 0; k < rank; k++) {
        if (k == outer && r->field >= 0)
            at[n++] = b_int(b, r->field);
        at[n++] = index[k];
    }
    if (rank == outer && r->field >= 0)
        at[n++] = b_int(b, r->field);
    return n;
}

static int count_ranges(Gen *g, int n, const int *of)
{
    const int *fields;
    int count = 0;
    for (int k = 0; k < n; k++)
        count += real_fields(g->a, type_of(g, of[k]), &fields);
    return count;
}

// The directions are those of these parameters, one after the other.
static void seed(Gen *g, Builder *b, Inputs *in, int n, const int *of)
{
    int count = count_ranges(g, n, of);
    in->ranges = NEW_N(g->a, Range, count + 1);
    g->total = b_int(b, 0);
    for (int k = 0; k < n; k++) {
        const int *fields;
        int n_fields = real_fields(g->a, type_of(g, of[k]), &fields);
        for (int m = 0; m < n_fields; m++) {
            Range *r = &in->ranges[in->n_ranges++];
            *r = (Range){.of = of[k], .field = fields[m], .offset = count > 1 ? g->total : NULL};
            Value *dims[NEST_MAX];
            r->size = elements_of(b, range_dims(g, b, r, dims), dims);
            if (count > 1)                                      // an empty one must not move the next
                r->size = b_2(b, OP_imax, r->size, b_int(b, 0));
            g->total = b_2(b, OP_iadd, g->total, r->size);
        }
    }
}

// The lanes of the block whose directions are among the `n` from `offset` on: from lo to hi. NULL offset: 0.
static void lanes_among(Gen *g, Builder *b, Value *offset, Value *n, Value **lo, Value **hi)
{
    int64_t at;
    if (offset && ir_is_int_const(offset, &at) && at == 0)
        offset = NULL;
    Value *zero = b_int(b, 0), *start = offset ? b_2(b, OP_isub, offset, g->first) : NULL;
    Value *end = offset ? b_2(b, OP_iadd, start, n) : b_2(b, OP_isub, n, g->first);
    *lo = start ? b_2(b, OP_imax, zero, start) : zero;
    *hi = b_2(b, OP_imin, b_int(b, g->width), end);
}

// The element that a lane's direction is: first + lane - offset.
static Value *element_of_lane(Gen *g, Builder *b, Value *lane, Value *offset)
{
    Value *i = b_2(b, OP_iadd, g->first, lane);
    return offset ? b_2(b, OP_isub, i, offset) : i;
}

// ---- seeds ----

// In a block for parameter i of inner, a one in each lane that has a direction of the range, at that direction.
static Value *put_ones(Gen *g, Builder *b, const Range *r, Value *block)
{
    Value *at[NEST_MAX], *lo, *hi;
    lanes_among(g, b, r->offset, r->size, &lo, &hi);
    Nest nest = nest_open(b, 1, &lo, &hi, block);
    nest.index[0]->name = "lane";
    int n = range_index(g, &nest.at, r, element_of_lane(g, &nest.at, nest.index[0], r->offset), at);
    n = real_index(&nest.at, type_of(g, r->of), n, at);
    at[n++] = nest.index[0];
    return nest_close(&nest, b_store(&nest.at, nest.array, n, at, b_real(&nest.at, 1.0)));
}

// A block for parameter i of inner, which belongs to parameter `of` of f, with the columns of the unit matrix that its directions are.
static Value *unit_block(Gen *g, Builder *b, int i, int of, const Inputs *in)
{
    Value *block = block_array(g, b, i, true);
    for (int k = 0; k < in->n_ranges; k++)
        if (in->ranges[k].of == of)
            block = put_ones(g, b, &in->ranges[k], block);
    return block;
}

// ---- matrices ----

// The indices o and x, the first ro and rx of them of an array, the others of a field, as those of a matrix: gives how many.
static int matrix_at(Value **at, int ro, int no, Value *const *o, int rx, int nx, Value *const *x)
{
    int n = 0;
    for (int k = 0; k < ro; k++)
        at[n++] = o[k];
    for (int k = 0; k < rx; k++)
        at[n++] = x[k];
    for (int k = ro; k < no; k++)
        at[n++] = o[k];
    for (int k = rx; k < nx; k++)
        at[n++] = x[k];
    return n;
}

// jac[o.., i..] = y[o.., lane], i being the lane's element of the range and o all of one field of the output.
static Value *put_columns(Gen *g, Builder *b, Value *jac, Value *y, Type output, int field, const Range *range)
{
    Value *at[NEST_MAX], *x[NEST_MAX], *dims[NEST_MAX], *lo, *hi;
    array_dims(b, y, dims);
    lanes_among(g, b, range->offset, range->size, &lo, &hi);
    RealNest r = real_nest_open(b, output, dims, field, 1, &lo, &hi, jac);
    Builder *in = &r.nest.at;
    Value *lane = r.more[0];
    lane->name = "lane";
    int n = range_index(g, in, range, element_of_lane(g, in, lane, range->offset), x);
    n = matrix_at(at, output.rank, r.n, r.at, type_of(g, range->of).rank, n, x);
    r.real[r.m++] = lane;
    Value *v = b_load(in, y, r.m, r.real);
    return nest_close(&r.nest, b_store(in, r.nest.array, n, at, v));
}

// The same where both are scalars: the one lane for it, if it is in this block, else what it was.
static Value *put_scalar(Gen *g, Builder *b, Value *before, Value *y, Value *offset)
{
    int64_t n, k;
    Value *lane = offset ? b_2(b, OP_isub, offset, g->first) : b_2(b, OP_isub, b_int(b, 0), g->first);
    if (ir_is_int_const(g->total, &n) && n <= g->width && ir_is_int_const(lane, &k))
        return b_load(b, y, 1, &lane);
    Value *here = b_2(b, OP_and, b_2(b, OP_ige, lane, b_int(b, 0)), b_2(b, OP_ilt, lane, b_int(b, g->width)));
    Op *op = b_if(b, here, 0, NULL);
    Builder then = builder_at(g->d, op->regions[0], b->fold), otherwise = builder_at(g->d, op->regions[1], b->fold);
    Value *v = b_load(&then, y, 1, &lane);
    ir_yield(&then, 1, &v);
    ir_yield(&otherwise, 1, &before);
    b_if_end(op);
    return op->out[0];
}

// jac[o.., i..] = x[i.., lane], o being the lane's element of the range and i all of one field of the input.
static Value *put_rows(Gen *g, Builder *b, Value *jac, Value *x, Type input, int field, const Range *range)
{
    Value *at[NEST_MAX], *o[NEST_MAX], *dims[NEST_MAX], *lo, *hi;
    array_dims(b, x, dims);
    lanes_among(g, b, range->offset, range->size, &lo, &hi);
    Nest rows = nest_open(b, 1, &lo, &hi, jac);
    Value *lane = rows.index[0];
    lane->name = "lane";
    int n = range_index(g, &rows.at, range, element_of_lane(g, &rows.at, lane, range->offset), o);
    RealNest r = real_nest_open(&rows.at, input, dims, field, 0, NULL, NULL, rows.array);
    n = matrix_at(at, type_of(g, range->of).rank, n, o, input.rank, r.n, r.at);
    r.real[r.m++] = lane;
    Value *v = b_load(&r.nest.at, x, r.m, r.real);
    Value *row = nest_close(&r.nest, b_store(&r.nest.at, r.nest.array, n, at, v));
    return nest_close(&rows, row);
}

// hess[i.., j..] = hess[j.., i..] = g[i.., lane] for i >= j, j being the lane's element: the other triangle is not looked at.
static Value *put_triangle(Gen *g, Builder *b, Value *hess, Value *grad)
{
    Value *dims[NEST_MAX], *at[NEST_MAX], *from[NEST_MAX], *lo, *hi;
    int rank = array_dims(b, grad, dims) - 1;
    lanes_among(g, b, NULL, g->total, &lo, &hi);
    Nest columns = nest_open(b, 1, &lo, &hi, hess);
    columns.index[0]->name = "lane";
    Value *j = element_of_lane(g, &columns.at, columns.index[0], NULL);
    unflatten(&columns.at, j, rank, dims, at + rank);
    Nest nest = nest_open(&columns.at, 1, &j, &g->total, columns.array);
    unflatten(&nest.at, nest.index[0], rank, dims, at);
    for (int k = 0; k < rank; k++)
        from[k] = at[k];
    from[rank] = columns.index[0];
    Value *v = b_load(&nest.at, grad, rank + 1, from);
    Value *lower = b_store(&nest.at, nest.array, 2 * rank, at, v);
    for (int k = 0; k < rank; k++) {
        at[2 * rank + k] = at[k];
        at[k] = at[rank + k];
        at[rank + k] = at[2 * rank + k];
    }
    Value *column = nest_close(&nest, b_store(&nest.at, lower, 2 * rank, at, v));
    return nest_close(&columns, column);
}

// ---- forward: columns ----

// The inputs among `wrt` of f that inner is for.
static Inputs inputs_of(Gen *g, Builder *b, const bool *wrt)
{
    Inputs in = {.of = NEW_N(g->a, int, g->f->params.n + 1)};
    int output = output_of(g->f);
    for (int i = 0; i < g->f->params.n; i++)
        if (wrt[i])
            in.of[in.n++] = i;
    if (g->d->transform == TR_JACREV)
        seed(g, b, &in, 1, &output);
    else
        seed(g, b, &in, in.n, in.of);
    return in;
}

// Is the block of tangents of the output what is asked for, as it lies?
static bool is_whole(const Gen *g, const Inputs *in)
{
    int64_t n;
    bool one_block = ir_is_int_const(g->total, &n) && n == g->width;
    return one_block && in->n == 1 && type_of(g, in->of[0]).rank == 1 && !type_is_struct(type_of(g, in->of[0])) &&
           !type_is_struct(type_of(g, output_of(g->f)));
}

static Value *put_block(Gen *g, Builder *b, const Range *range, Value *jac, Value *y)
{
    const int *fields;
    Type output = type_of(g, output_of(g->f));
    int n = real_fields(g->a, output, &fields);
    if (!type_is_linear(g->d->params.at[param_like(g->d, P_JAC, range->of)].type))
        return put_scalar(g, b, jac, y, range->offset);
    for (int k = 0; k < n; k++)
        jac = put_columns(g, b, jac, y, output, fields[k], range);
    return jac;
}

static void forward_block(Gen *g, Builder *b, const Inputs *in)
{
    Block block = block_new(g);
    int output = output_of(g->f), y = param_like(g->inner, P_DOT, output);
    bool whole = g->lanes && is_whole(g, in);
    own_operands(g, b, &block);
    for (int k = 0; k < in->n; k++) {
        int i = param_like(g->inner, P_DOT, in->of[k]);
        block.in[i] = g->lanes ? unit_block(g, b, i, in->of[k], in) : b_real(b, 1.0);
    }
    int jac = param_like(g->d, P_JAC, in->of[0]);
    bool direct = g->inner->params.at[y].role == ROLE_OUT && (whole || !g->lanes);
    if (direct)
        block.in[y] = g->now[jac];
    else if (g->inner->params.at[y].role == ROLE_OUT)
        block.in[y] = block_array(g, b, y, false);
    call_block(g, b, &block);
    own_results(g, &block);
    if (direct || !g->lanes) {
        g->now[jac] = block.out[y];
        return;
    }
    for (int k = 0; k < in->n_ranges; k++) {
        jac = param_like(g->d, P_JAC, in->ranges[k].of);
        g->now[jac] = put_block(g, b, &in->ranges[k], g->now[jac], block.out[y]);
    }
}

// ---- reverse: rows ----

static Value *put_row_block(Gen *g, Builder *b, const Inputs *in, Value *jac, Value *x, Type input)
{
    const int *fields;
    int n = real_fields(g->a, input, &fields);
    for (int k = 0; k < in->n_ranges; k++)
        for (int m = 0; m < n; m++)
            jac = put_rows(g, b, jac, x, input, fields[m], &in->ranges[k]);
    return jac;
}

static void reverse_block(Gen *g, Builder *b, const Inputs *in)
{
    Block block = block_new(g);
    int output = output_of(g->f), y = param_like(g->inner, P_BAR, output);
    own_operands(g, b, &block);
    for (int k = 0; k < in->n; k++) {
        int i = param_like(g->inner, P_BAR, in->of[k]), jac = param_like(g->d, P_JAC, in->of[k]);
        if (g->lanes)
            block.in[i] = block_array(g, b, i, true);
        else
            block.in[i] = g->now[jac] ? b_fill(b, g->now[jac], b_real(b, 0.0)) : b_real(b, 0.0);
    }
    block.in[y] = g->lanes ? unit_block(g, b, y, output, in) : b_real(b, 1.0);
    call_block(g, b, &block);
    own_results(g, &block);
    for (int k = 0; k < in->n; k++) {
        int i = param_like(g->inner, P_BAR, in->of[k]), jac = param_like(g->d, P_JAC, in->of[k]);
        g->now[jac] = g->lanes ? put_row_block(g, b, in, g->now[jac], block.out[i], type_of(g, in->of[k])) : block.out[i];
    }
}

// ---- Hessians ----

// The function in lanes that leaves out rows of x_bar_dot, made once; NULL: there is none.
static Func *rows_of(Gen *g, int x_bar_dot, int result_dot)
{
    DeriveCtx *c = g->c;
    Func *all = g->lanes->g;
    if (!c->rows_memo)
        c->rows_memo = map_new(c->scratch);
    Func *rows = map_get(c->rows_memo, all);
    if (!rows) {
        rows = lanes_rows(c, g->lanes, g->inner->params.at[x_bar_dot].result, g->inner->params.at[result_dot].result);
        rows = rows ? rows : all;
        map_set(c->rows_memo, all, rows);
    }
    return rows == all ? NULL : rows;
}

// Of the gradient's tangent, put_triangle reads elements from the block's first direction on: no row of x before that element's is needed.
static void leave_out_rows(Gen *g, Builder *b, int x, int x_bar_dot, int result_dot)
{
    Value *dims[NEST_MAX];
    int64_t first;
    if (!g->lanes || ir_is_int_const(g->first, &first))         // the only block
        return;
    g->rows = rows_of(g, x_bar_dot, result_dot);
    if (!g->rows)
        return;
    int rank = dims_of(g, b, x, dims);
    g->first_row = g->first;
    if (rank > 1) {
        Value *row = b_2(b, OP_imax, elements_of(b, rank - 1, dims + 1), b_int(b, 1));
        g->first_row = b_2(b, OP_idiv, g->first, row);
    }
}

static void hessian_block(Gen *g, Builder *b, const Inputs *in)
{
    Block block = block_new(g);
    int x = in->of[0], hess = param_like(g->d, P_JAC, x), x_dot = param_like(g->inner, P_DOT, x);
    int x_bar_dot = param_like(g->inner, P_DOT, param_like(g->inner->base, P_BAR, x));
    int result_dot = param_like(g->inner, P_DOT, -1);
    own_operands(g, b, &block);
    block.in[x_dot] = g->lanes ? unit_block(g, b, x_dot, x, in) : b_real(b, 1.0);
    if (g->lanes) {
        block.in[x_bar_dot] = block_array(g, b, x_bar_dot, false);
        block.in[result_dot] = block_array(g, b, result_dot, false);
    }
    leave_out_rows(g, b, x, x_bar_dot, result_dot);
    call_block(g, b, &block);
    own_results(g, &block);
    g->now[hess] = g->lanes ? put_triangle(g, b, g->now[hess], block.out[x_bar_dot]) : block.out[x_bar_dot];
}

// ---- directions of the caller's ----

// The indices of a parameter of d that has all directions last, for the lane of a block's nest r over one field.
static int wide_at(Gen *g, RealNest *r, Type t, Value **at)
{
    Value *direction = element_of_lane(g, &r->nest.at, r->more[0], NULL);
    r->more[0]->name = "lane";
    return matrix_at(at, t.rank, r->n, r->at, 1, 1, &direction);
}

// block[.., lane] = from[.., first + lane]; lanes without a direction stay zero.
static Value *gather(Gen *g, Builder *b, int i, Value *from)
{
    Value *dims[NEST_MAX], *at[NEST_MAX], *lo, *hi, *block = block_array(g, b, i, true);
    Type t = g->inner->params.at[i].type;
    const int *fields;
    int n_fields = real_fields(g->a, t, &fields);
    array_dims(b, block, dims);
    lanes_among(g, b, NULL, g->total, &lo, &hi);
    for (int k = 0; k < n_fields; k++) {
        RealNest r = real_nest_open(b, t, dims, fields[k], 1, &lo, &hi, block);
        int n = wide_at(g, &r, t, at);
        Value *v = b_load(&r.nest.at, from, n, at);
        r.real[r.m++] = r.more[0];
        block = nest_close(&r.nest, b_store(&r.nest.at, r.nest.array, r.m, r.real, v));
    }
    return block;
}

// to[.., first + lane] = block[.., lane]
static Value *scatter(Gen *g, Builder *b, int i, Value *to, Value *block)
{
    Value *dims[NEST_MAX], *at[NEST_MAX], *lo, *hi;
    Type t = g->inner->params.at[i].type;
    const int *fields;
    int n_fields = real_fields(g->a, t, &fields);
    array_dims(b, block, dims);
    lanes_among(g, b, NULL, g->total, &lo, &hi);
    for (int k = 0; k < n_fields; k++) {
        RealNest r = real_nest_open(b, t, dims, fields[k], 1, &lo, &hi, to);
        int n = wide_at(g, &r, t, at);
        r.real[r.m++] = r.more[0];
        Value *v = b_load(&r.nest.at, block, r.m, r.real);
        to = nest_close(&r.nest, b_store(&r.nest.at, r.nest.array, n, at, v));
    }
    return to;
}

// Is the block of parameter i of inner what d has, as it lies?
static bool is_whole_wide(const Gen *g, int i)
{
    int64_t n;
    return ir_is_int_const(g->total, &n) && n == g->width && !type_is_struct(g->inner->params.at[i].type);
}

static void wide_block(Gen *g, Builder *b, const Inputs *in)
{
    Block block = block_new(g);
    (void)in;
    own_operands(g, b, &block);
    for (int i = 0; i < g->inner->params.n; i++) {
        const Param *p = &g->inner->params.at[i];
        int k = p->kind == P_PRIMAL ? -1 : param_like(g->d, p->kind, p->of);
        if (k < 0)
            continue;
        Value *own = g->now[k] ? g->now[k] : g->raw[k];
        block.in[i] = is_whole_wide(g, i) ? own : p->role == ROLE_OUT ? block_array(g, b, i, false) : gather(g, b, i, own);
    }
    call_block(g, b, &block);
    own_results(g, &block);
    for (int i = 0; i < g->inner->params.n; i++) {
        const Param *p = &g->inner->params.at[i];
        if (p->kind == P_PRIMAL || p->result < 0)
            continue;
        int k = param_like(g->d, p->kind, p->of);
        g->now[k] = is_whole_wide(g, i) ? block.out[i] : scatter(g, b, i, g->now[k], block.out[i]);
    }
}

// ---- block after block ----

typedef void WriteBlock(Gen *g, Builder *b, const Inputs *in);

// Keeps what inout arrays held at first, for every block but the first one.
static void save_inouts(Gen *g, Builder *b)
{
    for (int i = 0; i < g->d->params.n; i++) {
        const Param *p = &g->d->params.at[i];
        if (p->kind == P_PRIMAL && p->role == ROLE_INOUT && type_is_linear(p->type))
            g->saved[i] = b_copy(b, g->now[i], p->name);
    }
}

// The places of what the loop over the blocks carries: arrays that are written, and results.
static int carried_places(Gen *g, Value ***places)
{
    int n = 0;
    for (int i = 0; i < g->d->params.n; i++)
        if (g->d->params.at[i].result >= 0)
            places[n++] = &g->now[i];
    if (g->d->ret >= 0)
        places[n++] = &g->returned;
    return n;
}

static Type carried_type(const Gen *g, Value **place)
{
    return place == &g->returned ? g->d->ret_type : g->d->params.at[place - g->now].type;
}

// Is it a scalar result that each block gives?
static bool is_delivered(const Gen *g, Value **place)
{
    return !type_is_linear(carried_type(g, place)) && (place == &g->returned || g->d->params.at[place - g->now].kind != P_JAC);
}

static void write_blocks(Gen *g, Builder *b, WriteBlock *write, const Inputs *in)
{
    Value ***place = NEW_N(g->a, Value **, g->d->params.n + 2), **init = NEW_N(g->a, Value *, g->d->params.n + 2);
    int n = carried_places(g, place);
    int64_t total;
    if (!g->lanes || (ir_is_int_const(g->total, &total) && total <= g->width)) {
        g->first = b_int(b, 0);
        write(g, b, in);
        return;
    }
    save_inouts(g, b);
    for (int k = 0; k < n; k++)
        init[k] = *place[k] ? *place[k] : b_undef(b, carried_type(g, place[k]));
    Op *loop = b_loop(b, b_int(b, 0), b_2(b, OP_imax, g->total, b_int(b, 1)), g->width, false, n, init);
    for (int k = 0; k < n; k++)
        *place[k] = loop_arg(loop, k);
    Builder body = builder_at(g->d, loop->regions[0], b->fold);
    body.loc = b->loc;
    g->first = loop_index(loop);
    Value **scalars = NEW_N(g->a, Value *, n + 1);
    for (int k = 0; k < n; k++)
        if (is_delivered(g, place[k])) {
            scalars[k] = *place[k];
            *place[k] = NULL;                                   // a result only; an inout scalar comes in as it did
        }
    write(g, &body, in);
    for (int k = 0; k < n; k++)
        init[k] = *place[k] ? *place[k] : scalars[k];
    ir_yield(&body, n, init);
    for (int k = 0; k < n; k++)
        *place[k] = loop->out[k];
}

// Which of the inputs chosen f's real outputs depend on.
static bool *reaching_inputs(DeriveCtx *c, const Func *d)
{
    Func *f = d->base;
    bool *wrt = NEW_N(c->scratch, bool, f->params.n + 1);
    int n_args = f->body->args.n;
    const bool *deps = f->is_extern ? NULL : activity_deps(c->activity, f);
    for (int i = 0; i < f->params.n; i++) {
        const Param *p = &f->params.at[i];
        wrt[i] = d->wrt[i] && !deps;
        for (int r = 0; deps && d->wrt[i] && p->arg >= 0 && r < func_n_results(f); r++)
            wrt[i] |= deps[r * n_args + p->arg];
    }
    return wrt;
}

// Zeros for the matrices by inputs that are not among wrt.
static void fill_others(Gen *g, Builder *b, const bool *wrt)
{
    for (int i = 0; i < g->d->params.n; i++) {
        const Param *p = &g->d->params.at[i];
        if (p->kind == P_JAC && !wrt[p->of])
            g->now[i] = g->now[i] ? b_fill(b, g->now[i], b_real(b, 0.0)) : b_no_derivative(b);
    }
}

// Zeros for what is no real in the structs that d writes over: the blocks have the reals only.
static void clear_others(Gen *g, Builder *b)
{
    for (int i = 0; i < g->d->params.n; i++) {
        const Param *p = &g->d->params.at[i];
        bool others = type_is_struct(p->type) && struct_reals(p->type.st) < struct_scalars(p->type.st);
        if (p->kind != P_PRIMAL && p->role == ROLE_OUT && others)
            g->now[i] = b_fill(b, g->now[i], b_real(b, 0.0));
    }
}

// The lanes of inner: of all it adds.
static const Lanes *lanes_of_inner(Gen *g)
{
    const Func *inner = g->inner;
    bool *in = NEW_N(g->a, bool, inner->body->args.n + 1), *out = NEW_N(g->a, bool, func_n_results(inner) + 1);
    for (int i = 0; i < inner->params.n; i++) {
        const Param *p = &inner->params.at[i];
        if (p->kind == P_PRIMAL)
            continue;
        if (p->arg >= 0)
            in[p->arg] = true;
        if (p->result >= 0)
            out[p->result] = true;
    }
    return lanes_of(g->c, g->inner, g->width, in, out);
}

static bool has_arrays(const Gen *g, const Inputs *in)          // among what is seeded: one direction is an element then
{
    if (g->d->transform == TR_JACREV)
        return output_of(g->f) >= 0 && type_is_linear(g->f->params.at[output_of(g->f)].type);
    for (int k = 0; k < in->n; k++)
        if (type_is_linear(g->f->params.at[in->of[k]].type))
            return true;
    return false;
}

// How many lanes: all directions, if they are few; and one direction needs none, unless it is an element or of the caller's.
static bool choose_lanes(Gen *g, const Inputs *in)
{
    int64_t n;
    bool few = ir_is_int_const(g->total, &n) && n >= 1 && n <= ONE_BLOCK;
    g->width = few ? (int)n : BLOCK;
    bool one = few && n == 1 && g->d->directions.kind == DIRECTIONS_ONE && !has_arrays(g, in);
    g->lanes = one ? NULL : lanes_of_inner(g);
    return one || g->lanes;
}

static void finish(Gen *g, Builder *b)
{
    Func *d = g->d;
    Value **yields = NEW_N(g->a, Value *, func_n_results(d) + 1);
    b->loc = (IrLoc){0};
    for (int i = 0; i < d->params.n; i++)
        if (d->params.at[i].result >= 0)
            yields[d->params.at[i].result] = g->now[i];
    if (d->ret >= 0)
        yields[d->ret] = g->returned;
    ir_yield(b, func_n_results(d), yields);
}

// No input reaches the output: f itself.
static void call_base(Gen *g, Builder *b)
{
    Func *f = g->f;
    Value **args = NEW_N(g->a, Value *, f->body->args.n + 1);
    for (int i = 0; i < f->params.n; i++) {
        int k = primal_param(g, i);
        if (f->params.at[i].arg >= 0)
            args[f->params.at[i].arg] = g->now[k] ? g->now[k] : g->raw[k];
    }
    Op *call = b_call(b, f, f->body->args.n, args);
    for (int i = 0; i < f->params.n; i++)
        if (f->params.at[i].result >= 0)
            g->now[primal_param(g, i)] = call->out[f->params.at[i].result];
    if (f->ret >= 0)
        g->returned = call->out[f->ret];
    for (int i = 0; i < g->d->params.n; i++) {                  // a Hessian's gradient
        const Param *p = &g->d->params.at[i];
        if (p->kind == P_BAR)
            g->now[i] = g->now[i] ? b_fill(b, g->now[i], b_real(b, 0.0)) : b_no_derivative(b);
    }
}

static Func *find_inner(Gen *g, const bool *wrt)
{
    Transform tr = g->d->transform;
    if (tr != TR_HESSIAN)
        return inner_of(g->c, g->f, tr == TR_JACFWD ? TR_JVP : tr == TR_JACREV ? TR_VJP : tr, wrt);
    Func *grad = inner_of(g->c, g->f, TR_GRAD, wrt);
    if (!grad)
        return NULL;
    bool *both = NEW_N(g->a, bool, grad->params.n + 1);
    for (int i = 0; i < g->f->params.n; i++)
        both[i] = wrt[i];
    return inner_of(g->c, grad, TR_JVP, both);
}

static void write_body(Gen *g, Builder *b)
{
    static WriteBlock *const writers[] = {
        [TR_JVP] = wide_block,          [TR_VJP] = wide_block,          [TR_JACFWD] = forward_block,
        [TR_JACREV] = reverse_block,    [TR_HESSIAN] = hessian_block,
    };
    bool wide = g->d->directions.kind != DIRECTIONS_ONE;
    const bool *wrt = wide ? g->d->wrt : reaching_inputs(g->c, g->d);
    Inputs in = inputs_of(g, b, wrt);
    fill_others(g, b, wrt);
    if (in.n == 0) {
        call_base(g, b);
        return;
    }
    g->inner = find_inner(g, wrt);
    if (!g->inner)
        return;
    if (wide)
        g->total = directions_value(g, b);
    if (!choose_lanes(g, &in))
        return;
    if (g->lanes)
        clear_others(g, b);
    write_blocks(g, b, writers[g->d->transform], &in);
}

void directions_derived(DeriveCtx *c, Func *d)
{
    Arena *a = arena_new();
    int n = d->params.n + 1;
    Gen g = {.c = c, .a = a, .d = d, .f = d->base, .raw = NEW_N(a, Value *, n), .now = NEW_N(a, Value *, n),
             .saved = NEW_N(a, Value *, n)};
    Builder b = builder_at(d, d->body, true);
    b.loc = d->loc;
    bind_primals(&g, &b);
    bind_added(&g, &b);
    write_body(&g, &b);
    if (c->errors == 0)
        finish(&g, &b);
    arena_free(a);
}
