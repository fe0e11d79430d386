// lanes_array.c — whole-array ops in lanes, and ops that know no lanes.
//
// In: an op on arrays in lanes. Out: the op on arrays with one more, last dimension, or loops where others are mixed in that have no lanes:
//
//     %y2 = copy_to %y1, %x          ->      for (i) for (lane) y[i, lane] = x[i]                  x not in lanes
//     %C2 = gemm %C1, %A, %B, ..     ->      gemm with width times the columns                     B in lanes, A not
//     %A2, %at = cholesky %A1, %n    ->      for (lane) { t = A[.., lane]; cholesky t; A[.., lane] = t; }
//
// The last form, one_by_one, serves every op that does not know lanes, a call of a function that cannot be written in lanes too.
#include "lanes_internal.h"

#include <assert.h>

// ---- whole arrays ----

// To the dimensions of an array of type t those that it has in lanes besides.
static int more_dims(const LaneGen *g, Builder *b, Type t, Value **dims, int rank)
{
    if (type_is_struct(t))
        dims[rank++] = b_int(b, type_reals(t));
    dims[rank++] = lane_width(g, b);
    return rank;
}

// Dimensions in lanes of an array of f: `dims` are those it has without.
static int lane_dims(LaneGen *g, Builder *b, const Value *x, Value **dims, int rank)
{
    if (lane_is_flat(x)) {
        if (rank > 0)
            dims[0] = b_2(b, OP_pscale, dims[0], lane_width(g, b));
        return rank;
    }
    return more_dims(g, b, x->type, dims, rank);
}

// A new array in lanes with the shape that `like`, an array of g that is not in lanes, has.
static Value *new_lanes_like(LaneGen *g, Builder *b, Value *like)
{
    Value *dims[NEST_MAX];
    int rank = more_dims(g, b, like->type, dims, array_dims(b, like, dims));
    return b_new(b, E_REAL, rank, dims, false, like->name);
}

// a[.., lane] = or += from[..] for each lane; `from` may have another shape.
static Value *broadcast(LaneGen *g, Builder *b, OpCode code, Value *a, Value *from)
{
    Value *dims[NEST_MAX], *width = lane_width(g, b);
    const int *fields;
    int rank = array_dims(b, a, dims) - 1 - type_is_struct(from->type), n = real_fields(g->a, from->type, &fields);
    if (rank != from->type.rank)
        from = b_reshape(b, from, rank, dims);
    for (int i = 0; i < n; i++) {
        RealNest r = real_nest_open(b, from->type, dims, fields[i], 1, NULL, &width, a);
        Builder *at = &r.nest.at;
        Value *v = b_load(at, from, r.n, r.at);
        r.more[0]->name = "lane";
        r.real[r.m++] = r.more[0];
        a = nest_close(&r.nest, (code == OP_acc ? b_acc : b_store)(at, r.nest.array, r.m, r.real, v));
    }
    return a;
}

static Value *fill_lanes(LaneGen *g, Builder *b, Value *a, Value *x)
{
    Value *dims[NEST_MAX];
    if (!lane_is_on(g, x))
        return b_fill(b, a, lane_to(g, x));
    int rank = array_dims(b, a, dims);
    Nest n = nest_open(b, rank, NULL, dims, a);
    n.index[rank - 1]->name = "lane";
    Value *v = b_load(&n.at, g->home[x->id], 1, &n.index[rank - 1]);
    return nest_close(&n, b_store(&n.at, n.array, rank, n.index, v));
}

static Value *copied(LaneGen *g, Builder *b, Value *x)              // an array of f as a new one in lanes
{
    return lane_is_on(g, x) ? b_copy(b, lane_to(g, x), x->name) : broadcast(g, b, OP_store, new_lanes_like(g, b, lane_to(g, x)), lane_to(g, x));
}

static Value *put_lanes(LaneGen *g, Builder *b, const Op *op)
{
    Value *z = lane_to(g, op->in[0]);
    for (int k = 1; k < op->n_in; k++)
        z = b_puts(b, z, lane_in_home(g, b, op->in[k]));
    return z;
}

// Where element (i, j) of a matrix of these rows and columns is in an array of that rank; gives the rank.
static int matrix_index(Builder *b, int rank, Value *rows, Value *cols, Value *i, Value *j, Value *const *dims, Value **index)
{
    int64_t one;
    if (rank == 2) {
        index[0] = i;
        index[1] = j;
    } else {
        bool column = ir_is_int_const(cols, &one) && one == 1, row = ir_is_int_const(rows, &one) && one == 1;
        Value *at = column ? i : row ? j : b_2(b, OP_iadd, b_2(b, OP_imul, i, cols), j);
        unflatten(b, at, rank, dims, index);
    }
    return rank;
}

typedef struct Matrix {                                         // an operand of gemm
    Value *array;
    bool on, transposed;
    Value *rows, *cols;
} Matrix;

static Value *matrix_element(Builder *b, const Matrix *x, Value *i, Value *j, Value *lane)
{
    Value *dims[NEST_MAX], *index[NEST_MAX];
    int rank = array_dims(b, x->array, dims) - x->on;
    rank = x->transposed ? matrix_index(b, rank, x->cols, x->rows, j, i, dims, index)
                         : matrix_index(b, rank, x->rows, x->cols, i, j, dims, index);
    if (x->on)
        index[rank++] = lane;
    return b_load(b, x->array, rank, index);
}

static Value *more_columns(const LaneGen *g, Builder *b, Value *n)
{
    return b_2(b, OP_imul, n, lane_width(g, b));
}

// c[i, j, lane] += a[i, l] * b[l, j], one or both factors in lanes. Where it is the right one alone that is only a product with more columns.
static Value *gemm_lanes(LaneGen *g, Builder *b, const Op *op)
{
    Value *c = lane_to(g, op->in[0]), *m = lane_to(g, op->in[3]), *n = lane_to(g, op->in[4]), *k = lane_to(g, op->in[5]);
    Matrix x = {lane_to(g, op->in[1]), lane_is_on(g, op->in[1]), op->ta, m, k}, y = {lane_to(g, op->in[2]), lane_is_on(g, op->in[2]), op->tb, k, n};
    if (!x.on && y.on && !op->tb)
        return (op->sub ? b_gemm_sub : b_gemm)(b, c, x.array, y.array, m, more_columns(g, b, n), k, op->ta, false);
    Value *his[] = {m, k, n, lane_width(g, b)}, *dims[NEST_MAX], *index[NEST_MAX];
    Nest nest = nest_open(b, 4, NULL, his, c);
    Value *lane = nest.index[3];
    lane->name = "lane";
    Value *u = matrix_element(&nest.at, &x, nest.index[0], nest.index[1], lane);
    Value *v = matrix_element(&nest.at, &y, nest.index[1], nest.index[2], lane);
    int rank = array_dims(&nest.at, c, dims) - 1;
    rank = matrix_index(&nest.at, rank, m, n, nest.index[0], nest.index[2], dims, index);
    index[rank++] = lane;
    Value *product = b_2(&nest.at, OP_mul, u, v);
    return nest_close(&nest, b_acc(&nest.at, nest.array, rank, index, op->sub ? b_1(&nest.at, OP_neg, product) : product));
}

// Systems with the same matrix for all lanes: more right sides. NULL where lanes are not columns.
static Value *solve_lanes(LaneGen *g, Builder *b, const Op *op)
{
    bool lu = op->code == OP_lu_solve;
    Value *x = lane_to(g, op->in[0]), *matrix = lane_to(g, op->in[1]);
    if (lane_is_on(g, op->in[1]) || op->right)
        return NULL;
    Value *n = lane_to(g, op->in[2 + lu]), *k = more_columns(g, b, lane_to(g, op->in[3 + lu]));
    return lu ? b_lu_solve(b, x, matrix, lane_to(g, op->in[2]), n, k, op->ta) : b_lower_solve(b, x, matrix, n, k, op->ta, false);
}

static Value **all_to(const LaneGen *g, Value *const *v, int n)
{
    Value **all = NEW_N(g->a, Value *, n + NEST_MAX);
    for (int i = 0; i < n; i++)
        all[i] = lane_to(g, v[i]);
    return all;
}

// ---- parts of structs ----

static bool is_field(Type t, const Path *p)                     // or in one?
{
    return type_is_struct(t) && !p->at_pos && p->n_idx > t.rank;
}

// What a path to or into a field leads to: in the array of reals so many from one on, which have a shape of their own.
typedef struct FieldPart {
    int outer;                                                  // indices of the array of structs
    Value **index;                                              // these, and the position of the first real
    int rank;
    Value *dims[NEST_MAX];                                      // in lanes
    Value *n;                                                   // how many reals
    bool one_piece;                                             // the part has just that and the lanes as dimensions
} FieldPart;

static FieldPart field_part(const LaneGen *g, Builder *b, Type t, const Path *p, Value *const *in, int n_in)
{
    FieldPart part = {.outer = t.rank, .index = all_to(g, in, n_in)};
    Type type = type_part(t, p->n_idx, part.index);
    const Field *f = type_field(t, p->n_idx, part.index);
    for (int k = 0; k < type.rank; k++)
        part.dims[k] = p->has_range && k == 0 ? part.index[p->n_idx + 1] : b_int(b, f->dims[p->n_idx - t.rank - 1 + k]);
    part.rank = more_dims(g, b, type, part.dims, type.rank);
    part.n = elements_of(b, part.rank - 1, part.dims);
    part.one_piece = part.rank == 2;
    real_index(b, t, p->n_idx + p->has_range, part.index);
    return part;
}

static Value *field_lanes(LaneGen *g, Builder *b, const Op *op)
{
    FieldPart part = field_part(g, b, op->in[0]->type, op->paths, op->in + 1, op->n_in - 1);
    Value *view = b_slice(b, lane_to(g, op->in[0]), part.outer, part.index, part.index[part.outer], part.n);
    return part.one_piece ? view : b_reshape(b, view, part.rank, part.dims);
}

// Where the part begins in the array of reals in lanes.
static Value *part_begin(Builder *b, Value *reals, const FieldPart *part)
{
    Value *at = b_2(b, OP_pmul, part->index[0], ir_dim(b, reals, 1));
    for (int k = 1; k <= part->outer; k++)
        at = b_2(b, OP_pscale, b_2(b, OP_padd, at, part->index[k]), ir_dim(b, reals, k + 1));
    return at;
}

Path lane_path(LaneGen *g, Builder *b, Value *base, const Path *p, Value *const *in, LaneValues *operands)
{
    Type t = base->type;
    int n = path_n_operands(p);
    Path path = *p;
    if (is_field(t, p)) {
        FieldPart part = field_part(g, b, t, p, in, n);
        path = part.one_piece ? (Path){.n_idx = part.outer, .has_range = true, .rank = part.rank} : (Path){.at_pos = true, .rank = part.rank};
        for (int k = 0; k <= part.outer && part.one_piece; k++)
            vec_push(g->a, operands, part.index[k]);
        if (part.one_piece)
            vec_push(g->a, operands, part.n);
        else
            vec_push(g->a, operands, part_begin(b, lane_to(g, base), &part));
        for (int k = 0; k < part.rank && !part.one_piece; k++)
            vec_push(g->a, operands, part.dims[k]);
        return path;
    }
    for (int k = 0; k < n; k++) {
        Value *v = lane_to(g, in[k]);
        vec_push(g->a, operands, p->at_pos && k == 0 ? b_2(b, OP_pscale, v, lane_width(g, b)) : v);
    }
    path.rank += 1 + type_is_struct(t);
    if (p->at_pos)
        vec_push(g->a, operands, lane_width(g, b));
    return path;
}

// ---- array ops ----

static Value *view_lanes(LaneGen *g, Builder *b, const Op *op)
{
    Value *base = lane_to(g, op->in[0]), **more = all_to(g, op->in + 1, op->n_in - 1);
    const Path *p = op->paths;
    if (op->code == OP_slice && is_field(op->in[0]->type, p))
        return field_lanes(g, b, op);
    if (op->code == OP_slice)
        return b_slice(b, base, p->n_idx, more, p->has_range ? more[p->n_idx] : NULL, p->has_range ? more[p->n_idx + 1] : NULL);
    if (op->code == OP_reshape)
        return b_reshape(b, base, more_dims(g, b, op->out[0]->type, more, op->n_in - 1), more);
    more_dims(g, b, op->out[0]->type, more, op->n_in - 1);
    return b_view_at(b, base, b_2(b, OP_pscale, more[0], lane_width(g, b)), op->n_in - 1, more + 1);
}

static Value *made_array(LaneGen *g, Builder *b, const Op *op)      // new and shape
{
    bool shape = op->code == OP_shape;
    Value **dims = all_to(g, op->in + shape, op->n_in - shape);
    int rank = lane_dims(g, b, op->out[0], dims, op->n_in - shape);
    if (shape)
        return b_shape(b, lane_to(g, op->in[0]), rank, dims);
    return b_new(b, E_REAL, rank, dims, op->i, op->out[0]->name);
}

Value *lane_array_op(LaneGen *g, Builder *b, const Op *op)
{
    Value *last = op->n_in > 0 ? op->in[op->n_in - 1] : NULL;
    switch (op->code) {
    case OP_shape:
    case OP_new: return made_array(g, b, op);
    case OP_copy: return copied(g, b, last);
    case OP_slice:
    case OP_reshape:
    case OP_view_at: return view_lanes(g, b, op);
    case OP_fill: return fill_lanes(g, b, lane_to(g, op->in[0]), last);
    case OP_copy_to: return lane_is_on(g, last) ? b_copy_to(b, lane_to(g, op->in[0]), lane_to(g, last)) : broadcast(g, b, OP_store, lane_to(g, op->in[0]), lane_to(g, last));
    case OP_add_to: return lane_is_on(g, last) ? b_add_to(b, lane_to(g, op->in[0]), lane_to(g, last)) : broadcast(g, b, OP_acc, lane_to(g, op->in[0]), lane_to(g, last));
    case OP_gemm: return gemm_lanes(g, b, op);
    case OP_lu_solve:
    case OP_lower_solve: return solve_lanes(g, b, op);
    case OP_buf_new: return b_buf_new(b, E_REAL, op->out[0]->name);
    case OP_put: return put_lanes(g, b, op);
    case OP_puts: return b_puts(b, lane_to(g, op->in[0]), lane_is_on(g, last) ? lane_to(g, last) : copied(g, b, last));
    case OP_freeze: return b_freeze(b, lane_to(g, op->in[0]));
    default: return NULL;
    }
}

// ---- an op for one lane after the other ----

// Lane `lane` of x, an array of f in lanes, as a new one.
static Value *gather(LaneGen *g, Builder *b, Value *x, Value *lane, bool contents)
{
    Value *dims[NEST_MAX], *array = lane_to(g, x);
    const int *fields;
    int n = real_fields(g->a, x->type, &fields);
    array_dims(b, array, dims);
    bool others = type_is_struct(x->type) && struct_scalars(x->type.st) > struct_reals(x->type.st);
    Value *t = b_new_like(b, x->type, dims, others, array->name);
    for (int i = 0; i < n && contents; i++) {
        RealNest r = real_nest_open(b, x->type, dims, fields[i], 0, NULL, NULL, t);
        r.real[r.m++] = lane;
        Value *v = b_load(&r.nest.at, array, r.m, r.real);
        t = nest_close(&r.nest, b_store(&r.nest.at, r.nest.array, r.n, r.at, v));
    }
    return t;
}

// `from`, which has what one lane is, to that lane of an array in lanes.
static Value *scatter(LaneGen *g, Builder *b, Value *array, Value *from, Value *lane)
{
    Value *dims[NEST_MAX];
    const int *fields;
    int n = real_fields(g->a, from->type, &fields);
    array_dims(b, array, dims);
    for (int i = 0; i < n; i++) {
        RealNest r = real_nest_open(b, from->type, dims, fields[i], 0, NULL, NULL, array);
        r.real[r.m++] = lane;
        Value *v = b_load(&r.nest.at, from, r.n, r.at);
        array = nest_close(&r.nest, b_store(&r.nest.at, r.nest.array, r.m, r.real, v));
    }
    return array;
}

static bool reads_operand(const Op *op, int k)                  // or is it undefined on entry?
{
    for (int i = 0; op->code == OP_call && i < op->callee->params.n; i++)
        if (op->callee->params.at[i].arg == k)
            return op->callee->params.at[i].role != ROLE_OUT;
    return true;
}

static bool knows_one_by_one(const LaneGen *g, const Op *op)        // its operands can be taken apart
{
    for (int k = 0; k < op->n_in; k++) {
        const Value *x = op->in[k];
        bool whole = x->type.kind == K_BUF || (x->type.kind == K_ARRAY && lane_is_flat(x));
        if (whole && lane_is_on(g, op->in[k]))
            return false;
    }
    return true;
}

// What the loop over the lanes carries for result r of op: the array it is in, or what the last lane gave.
static Value *one_by_one_init(LaneGen *g, Builder *b, const Op *op, int r)
{
    int tie = op_tie(op, r);
    if (tie >= 0)
        return lane_to(g, op->in[tie]);
    return lane_is_on(g, op->out[r]) ? lane_new_home(g, b, op->out[r]->name) : b_undef(b, op->out[r]->type);
}

// What is not in lanes and is changed by op is what it was at first for every lane: by operand, a copy of that, or NULL.
static Value **save_operands(LaneGen *g, Builder *b, const Op *op)
{
    Value **saved = NEW_N(g->a, Value *, op->n_in + 1);
    for (int r = 0; r < op->n_out; r++) {
        int tie = op_tie(op, r);
        if (tie >= 0 && !lane_is_on(g, op->out[r]) && reads_operand(op, tie))
            saved[tie] = b_copy(b, lane_to(g, op->in[tie]), lane_to(g, op->in[tie])->name);
    }
    return saved;
}

// Operand k of op for this lane.
static Value *lane_operand(LaneGen *g, Builder *b, const Op *op, int k, Value *lane)
{
    Value *x = op->in[k];
    if (!lane_is_on(g, x))
        return lane_to(g, x);
    if (type_is_linear(x->type))
        return gather(g, b, x, lane, reads_operand(op, k));
    return b_load(b, g->home[x->id], 1, &lane);
}

// Result r of op for this lane, to where `carried` has it for all.
static Value *lane_result(LaneGen *g, Builder *b, const Op *op, int r, Value *carried, Value *lane)
{
    Value *made = g->map[op->out[r]->id];
    if (!lane_is_on(g, op->out[r]))
        return made;
    return type_is_linear(made->type) ? scatter(g, b, carried, made, lane) : b_store(b, carried, 1, &lane, made);
}

// The body of the loop over the lanes.
static void one_lane(LaneGen *g, Op *loop, const Op *op, Value *const *saved)
{
    Builder b = builder_at(g->g, loop->regions[0], true);
    Value *lane = loop_index(loop), **operand = NEW_N(g->a, Value *, op->n_in + 1), **carried = NEW_N(g->a, Value *, op->n_out + 1);
    b.loc = op->loc;
    lane->name = "lane";
    for (int r = 0; r < op->n_out; r++) {
        int tie = op_tie(op, r);
        carried[r] = loop_arg(loop, r);
        if (tie >= 0)
            g->map[op->in[tie]->id] = carried[r] = saved[tie] ? b_copy_to(&b, carried[r], saved[tie]) : carried[r];
    }
    for (int k = 0; k < op->n_in; k++)
        operand[k] = lane_operand(g, &b, op, k, lane);
    for (int k = 0; k < op->n_in; k++)
        g->map[op->in[k]->id] = operand[k];
    ir_clone_op(&b, op, g->map);
    for (int r = 0; r < op->n_out; r++)
        carried[r] = lane_result(g, &b, op, r, carried[r], lane);
    ir_yield(&b, op->n_out, carried);
}

static void not_one_by_one(LaneGen *g, const Op *op)
{
    derive_error(g->c, op->loc, "several directions at once cannot be had here: a rule by hand decides by its seed how much is kept",
                 g->v->lanes.f->loc, "jvp and vjp with one direction can");
}

void lane_one_by_one(LaneGen *g, Builder *b, const Op *op)
{
    int n = op->n_out;
    Value **init = NEW_N(g->a, Value *, n + 1), **before = NEW_N(g->a, Value *, op->n_in + 1);
    if (!knows_one_by_one(g, op)) {
        not_one_by_one(g, op);
        return;
    }
    for (int r = 0; r < n; r++)
        init[r] = one_by_one_init(g, b, op, r);
    Value **saved = save_operands(g, b, op);
    for (int k = 0; k < op->n_in; k++)
        before[k] = g->map[op->in[k]->id];
    Op *loop = b_loop(b, b_int(b, 0), lane_width(g, b), 1, false, n, init);
    one_lane(g, loop, op, saved);
    for (int k = 0; k < op->n_in; k++)
        g->map[op->in[k]->id] = before[k];
    for (int r = 0; r < n; r++) {
        if (lane_is_on(g, op->out[r]) && !type_is_linear(op->out[r]->type))
            lane_set_home(g, op->out[r], loop->out[r]);
        else
            lane_set(g, op->out[r], loop->out[r]);
    }
}
