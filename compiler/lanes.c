// lanes.c — a function for several directions at a time, the direction being the innermost, unit-stride dimension of what differs.
//
// In: a function, and which of its arguments are in lanes: an array of these has one more, last dimension W, a scalar is a real[W]. Out: the
// function in which what depends on them is in lanes and everything else stays as it was, so the primal is computed once for all lanes.
//
//     %v = load %x[%i]                               %v = load %x[%i]                                   double v = x[i];
//     %c = cos %v                                    %c = cos %v                                        double c = cos(v);
//     %d = load %x_dot[%i]             ->            %y_dot2 = loop %lane = 0 to W (%y_dot1) {          for (int lane = 0; lane < 8; lane++)
//     %e = mul %d, %c                                    %d = load %x_dot[%i, %lane]                        y_dot[i][lane] =
//     %y_dot2 = store %y_dot1[%i], %e                    %e = mul %d, %c                                        x_dot[i][lane] * c;
//                                                        store; yield }
//
// The idea: consecutive scalar ops, loads and stores in lanes are a *group*, which becomes one loop over the lanes, where their values are
// scalars again. Ops that are not in lanes read nothing that is, so they go before the group that is open. A value that is used outside of its
// group has a *home*, a real[W], which the loop writes; what an if, a loop or a call takes or gives is in a home as well, and a carried scalar
// is a carried array. Whole-array ops do their work on arrays with one more dimension.
//
// An op that does not know lanes is done for each lane on copies of that lane's elements (one_by_one). lanes_flow.c says what is in lanes.
#include "lanes.h"
#include "nest.h"
#include "opt.h"

#include <assert.h>
#include <string.h>

enum { WHOLE = -1 };                                            // Op.mark: 0: not in lanes; > 0: the number of its group

typedef struct Move {                                           // a value that goes into a home at the end of a region
    Value *to;                                                  // its version before, then after
    Value *from;                                                // of f
} Move;

typedef struct Gen {
    DeriveCtx *c;
    Arena *a;
    LaneVariant *v;
    Func *f, *g;                                                // f: v->body
    int width;
    Value **map;                                                // by id of f: what is not in lanes, and arrays, in g
    Value **home;                                               // by id of f: of a scalar in lanes
    bool *escapes;                                              // by id of f: used outside of its group
    int *uses;                                                  // by id of f
    Map *latest;                                                // root of a home -> its last version
    Map *last_group;                                            // region of f -> the group that is open at its end, as an int
    int groups;
    VEC(const Op *) group;                                      // the open one
    VEC(Value *) viewed;                                        // while numbering: roots that the open group reads through views
} Gen;

static bool on(const Gen *g, Value *x)
{
    return lane_on(g->v, x);
}

static Value *to(const Gen *g, Value *x)                        // not in lanes, or an array
{
    return g->map[x->id] ? g->map[x->id] : x;
}

static Value *width_of(const Gen *g, Builder *b)
{
    return b_int(b, g->width);
}

// ---- groups ----

static bool is_lane_op(const Op *op)
{
    return op_is_scalar(op->code) || op->code == OP_load || op->code == OP_store || op->code == OP_acc;
}

// An op that needs nothing of what the open group makes.
static bool is_fresh(const Op *op)
{
    return op->code == OP_new || op->code == OP_shape || op->code == OP_buf_new;
}

static bool reads_view(const Op *op)
{
    const Op *def = op->in[0]->def;
    return op->code == OP_load && def && (def->code == OP_slice || def->code == OP_reshape || def->code == OP_view_at);
}

// A view of an array dies when that is written, so what reads it must be in an earlier group.
static bool kills_view(const Gen *g, const Op *op)
{
    for (int i = 0; i < g->viewed.n && (op->code == OP_store || op->code == OP_acc); i++)
        if (g->viewed.at[i] == ir_top_root(op->in[0]))
            return true;
    return false;
}

static bool number_region(Gen *g, const Region *r);

static bool in_lanes(Gen *g, const Op *op)
{
    bool any = false;
    for (int k = 0; k < op->n_out; k++)
        any |= on(g, op->out[k]);
    for (int k = 0; k < op->n_in; k++)
        any |= on(g, op->in[k]);
    for (int k = 0; k < op->n_regions; k++)
        if (op->regions[k])
            any |= number_region(g, op->regions[k]);
    return any;
}

// Sets the marks of all ops in r. True if any of it is in lanes.
static bool number_region(Gen *g, const Region *r)
{
    int open = 0;
    bool any = false;
    for (int i = 0; i < r->args.n; i++)
        any |= on(g, r->args.at[i]);
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        op->mark = in_lanes(g, op) ? WHOLE : 0;
        any |= op->mark != 0;
        if (op->mark && !is_lane_op(op) && !is_fresh(op))
            open = 0;
        if (!op->mark || !is_lane_op(op))
            continue;
        if (!open || kills_view(g, op)) {
            open = ++g->groups;
            g->viewed.n = 0;
        }
        op->mark = open;
        if (reads_view(op))
            vec_push(g->a, &g->viewed, ir_top_root(op->in[0]));
    }
    map_set(g->last_group, r, (void *)(intptr_t)open);
    return any;
}

static void use(Gen *g, Value *x, int group)
{
    g->uses[x->id]++;
    if (group <= 0 || !x->def || x->def->mark != group)
        g->escapes[x->id] = true;
}

static void find_uses(Gen *g, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_in; k++)
            use(g, op->in[k], op->mark);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                find_uses(g, op->regions[k]);
    }
    int last = (int)(intptr_t)map_get(g->last_group, r);
    for (int i = 0; i < r->yields.n; i++)
        use(g, r->yields.at[i], last);
}

// ---- homes ----

static void set_home(Gen *g, const Value *x, Value *version)
{
    if (!version->name)
        version->name = x->name;
    g->home[x->id] = version;
    map_set(g->latest, version->root, version);
}

static Value *lane_array(Gen *g, Builder *b, const char *name)
{
    Value *n = width_of(g, b);
    return b_new(b, E_REAL, 1, &n, false, name);
}

// Scalar x as an array of the width, for reading only.
static Value *in_home(Gen *g, Builder *b, Value *x)
{
    return on(g, x) ? g->home[x->id] : b_fill(b, lane_array(g, b, x->name), to(g, x));
}

// The same as an array that the op at b may consume, x's only use being that op where x's own home is taken.
static Value *taken_home(Gen *g, Builder *b, Value *x)
{
    Value *home = on(g, x) ? g->home[x->id] : NULL;
    double c;
    if (!home && x->def && x->def->code == OP_undef)
        return lane_array(g, b, x->name);
    if (!home && ir_is_const(x, &c) && c == 0) {
        Value *n = width_of(g, b);
        return b_new(b, E_REAL, 1, &n, true, x->name);
    }
    if (!home)
        return in_home(g, b, x);
    bool free = g->uses[x->id] == 1 && home->region == b->at && !ir_is_readonly(home);
    return free ? home : b_copy(b, home, x->name);
}

// ---- a group as a loop over the lanes ----

typedef struct Written {                                        // what the loop writes
    Value *outer, *inner;                                       // the version before the loop; the present one in it
    const Value *last;                                          // the version of f that that is, or NULL: a home
    const Value *home_of;
    Move *move;
} Written;

typedef struct LaneLoop {
    Gen *g;
    VEC(Written) written;
    Map *place;                                                 // version of f made in the loop -> Written index + 1
    Map *scalar;                                                // scalar of f in lanes -> what it is in the loop
    Map *position;                                              // op -> where the lanes of its position begin
    Builder b;
    Value *lane;
} LaneLoop;

static int written_at(const LaneLoop *l, const Value *outer)
{
    for (int i = 0; i < l->written.n; i++)
        if (l->written.at[i].outer == outer)
            return i;
    return -1;
}

static Written *add_written(LaneLoop *l, Value *outer)
{
    int at = written_at(l, outer);
    Written w = {.outer = outer};
    if (at < 0)
        vec_push(l->g->a, &l->written, w);
    return &l->written.at[at < 0 ? l->written.n - 1 : at];
}

static bool writes(const Op *op)
{
    return op->code == OP_store || op->code == OP_acc;
}

// What the loop over the lanes will write, and what is to be computed before it.
static void prepare(LaneLoop *l, Builder *b, Move *moves, int n_moves)
{
    Gen *g = l->g;
    for (int i = 0; i < g->group.n; i++) {
        const Op *op = g->group.at[i];
        if (!op_is_scalar(op->code) && op->n_in > 1 && op->in[1]->type.elem == E_POS)
            map_set(l->position, op, b_2(b, OP_pscale, to(g, op->in[1]), width_of(g, b)));
        if (writes(op) && g->map[op->in[0]->id])                // else a version of this group
            add_written(l, g->map[op->in[0]->id]);
        if (!writes(op) && g->escapes[op->out[0]->id])
            add_written(l, lane_array(g, b, op->out[0]->name))->home_of = op->out[0];
    }
    for (int i = 0; i < n_moves; i++)
        add_written(l, moves[i].to)->move = &moves[i];
}

static Value *element(LaneLoop *l, Value *array)                // of a home
{
    return b_load(&l->b, array, 1, &l->lane);
}

// Scalar x of f as it is in the loop.
static Value *scalar_of(LaneLoop *l, Value *x)
{
    Gen *g = l->g;
    if (!on(g, x))
        return to(g, x);
    Value *v = map_get(l->scalar, x);
    if (v)
        return v;
    int at = written_at(l, g->home[x->id]);
    v = element(l, at >= 0 ? l->written.at[at].inner : g->home[x->id]);
    map_set(l->scalar, x, v);
    return v;
}

// The version of array x of f that there is in the loop; *at: its place among those written, or -1.
static Value *version_of(LaneLoop *l, const Value *x, int *at)
{
    *at = (int)(intptr_t)map_get(l->place, x) - 1;
    if (*at < 0)
        *at = written_at(l, l->g->map[x->id]);
    return *at >= 0 ? l->written.at[*at].inner : l->g->map[x->id];
}

static int lane_index(LaneLoop *l, const Op *op, int n, Value **index)
{
    Value *position = map_get(l->position, op);
    if (position) {
        index[0] = b_2(&l->b, OP_padd, position, l->lane);
        return 1;
    }
    for (int k = 0; k < n; k++)
        index[k] = to(l->g, op->in[1 + k]);
    index[n] = l->lane;
    return n + 1;
}

static void lane_write(LaneLoop *l, const Op *op)
{
    Value *index[NEST_MAX], *v = scalar_of(l, op->in[op->n_in - 1]);
    int at, n = lane_index(l, op, op->n_in - 2, index);
    Value *a = version_of(l, op->in[0], &at);
    assert(at >= 0);
    Written *w = &l->written.at[at];
    w->inner = op->code == OP_store ? b_store(&l->b, a, n, index, v) : b_acc(&l->b, a, n, index, v);
    w->last = op->out[0];
    map_set(l->place, op->out[0], (void *)(intptr_t)(at + 1));
}

static void lane_op(LaneLoop *l, const Op *op)
{
    Value *index[NEST_MAX], *v;
    int at;
    l->b.loc = op->loc;
    if (writes(op)) {
        lane_write(l, op);
        return;
    }
    if (op->code == OP_load) {
        int n = lane_index(l, op, op->n_in - 1, index);
        v = b_load(&l->b, version_of(l, op->in[0], &at), n, index);
    } else {
        for (int k = 0; k < op->n_in; k++)
            index[k] = scalar_of(l, op->in[k]);
        v = b_scalar(&l->b, op->code, index);
    }
    if (!v->name)
        v->name = op->out[0]->name;
    map_set(l->scalar, op->out[0], v);
    for (int i = 0; i < l->written.n; i++)
        if (l->written.at[i].home_of == op->out[0])
            l->written.at[i].inner = b_store(&l->b, l->written.at[i].inner, 1, &l->lane, v);
}

// All are read before the first is written: a, b = b, a.
static void lane_moves(LaneLoop *l, Move *moves, int n)
{
    Value **v = NEW_N(l->g->a, Value *, n + 1);
    for (int i = 0; i < n; i++)
        v[i] = scalar_of(l, moves[i].from);
    for (int i = 0; i < n; i++) {
        Written *w = &l->written.at[written_at(l, moves[i].to)];
        w->inner = b_store(&l->b, w->inner, 1, &l->lane, v[i]);
    }
}

static void take_written(LaneLoop *l, const Op *loop)
{
    for (int i = 0; i < l->written.n; i++) {
        const Written *w = &l->written.at[i];
        if (w->last)
            l->g->map[w->last->id] = loop->out[i];
        if (w->home_of)
            set_home(l->g, w->home_of, loop->out[i]);
        if (w->move) {
            w->move->to = loop->out[i];
            map_set(l->g->latest, loop->out[i]->root, loop->out[i]);
        }
    }
}

// Ends the open group, with moves behind its ops.
static void flush(Gen *g, Builder *b, Move *moves, int n_moves)
{
    if (g->group.n == 0 && n_moves == 0)
        return;
    LaneLoop l = {.g = g, .place = map_new(g->a), .scalar = map_new(g->a), .position = map_new(g->a)};
    if (g->group.n > 0)
        b->loc = g->group.at[0]->loc;
    prepare(&l, b, moves, n_moves);
    Value **init = NEW_N(g->a, Value *, l.written.n + 1);
    for (int i = 0; i < l.written.n; i++)
        init[i] = l.written.at[i].outer;
    Op *loop = b_loop(b, b_int(b, 0), width_of(g, b), 1, false, l.written.n, init);
    l.b = builder_at(g->g, loop->regions[0], b->fold);
    l.lane = loop_index(loop);
    l.lane->name = "lane";
    for (int i = 0; i < l.written.n; i++)
        l.written.at[i].inner = loop_arg(loop, i);
    for (int i = 0; i < g->group.n; i++)
        lane_op(&l, g->group.at[i]);
    lane_moves(&l, moves, n_moves);
    for (int i = 0; i < l.written.n; i++)
        init[i] = l.written.at[i].inner;
    ir_yield(&l.b, l.written.n, init);
    take_written(&l, loop);
    g->group.n = 0;
}

// ---- whole arrays ----

static void set_array(Gen *g, const Value *x, Value *version)
{
    g->map[x->id] = version;
}

// Dimensions in lanes of an array of f: `dims` are those it has without.
static int lane_dims(Gen *g, Builder *b, const Value *x, Value **dims, int rank)
{
    if (lane_is_flat(x)) {
        if (rank > 0)
            dims[0] = b_2(b, OP_pscale, dims[0], width_of(g, b));
        return rank;
    }
    dims[rank] = width_of(g, b);
    return rank + 1;
}

// A new array in lanes with the shape that `like`, an array of g that is not in lanes, has.
static Value *new_lanes_like(Gen *g, Builder *b, Value *like)
{
    Value *dims[NEST_MAX];
    int rank = array_dims(b, like, dims);
    dims[rank] = width_of(g, b);
    return b_new(b, E_REAL, rank + 1, dims, false, like->name);
}

// a[.., lane] = or += from[..] for each lane; `from` may have another shape.
static Value *broadcast(Gen *g, Builder *b, OpCode code, Value *a, Value *from)
{
    Value *dims[NEST_MAX];
    int rank = array_dims(b, a, dims) - 1;
    if (rank != from->type.rank)
        from = b_reshape(b, from, rank, dims);
    Nest n = nest_open(b, rank + 1, NULL, dims, a);
    n.index[rank]->name = "lane";
    Value *v = b_load(&n.at, from, rank, n.index);
    (void)g;
    return nest_close(&n, code == OP_acc ? b_acc(&n.at, n.array, rank + 1, n.index, v) : b_store(&n.at, n.array, rank + 1, n.index, v));
}

static Value *fill_lanes(Gen *g, Builder *b, Value *a, Value *x)
{
    Value *dims[NEST_MAX];
    if (!on(g, x))
        return b_fill(b, a, to(g, x));
    int rank = array_dims(b, a, dims);
    Nest n = nest_open(b, rank, NULL, dims, a);
    n.index[rank - 1]->name = "lane";
    Value *v = b_load(&n.at, g->home[x->id], 1, &n.index[rank - 1]);
    return nest_close(&n, b_store(&n.at, n.array, rank, n.index, v));
}

static Value *copied(Gen *g, Builder *b, Value *x)              // an array of f as a new one in lanes
{
    return on(g, x) ? b_copy(b, to(g, x), x->name) : broadcast(g, b, OP_store, new_lanes_like(g, b, to(g, x)), to(g, x));
}

static Value *put_lanes(Gen *g, Builder *b, const Op *op)
{
    Value *z = to(g, op->in[0]);
    for (int k = 1; k < op->n_in; k++)
        z = b_puts(b, z, in_home(g, b, op->in[k]));
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

static Value *more_columns(const Gen *g, Builder *b, Value *n)
{
    return b_2(b, OP_imul, n, width_of(g, b));
}

// c[i, j, lane] += a[i, l] * b[l, j], one or both factors in lanes. Where it is the right one alone that is only a product with more columns.
static Value *gemm_lanes(Gen *g, Builder *b, const Op *op)
{
    Value *c = to(g, op->in[0]), *m = to(g, op->in[3]), *n = to(g, op->in[4]), *k = to(g, op->in[5]);
    Matrix x = {to(g, op->in[1]), on(g, op->in[1]), op->ta, m, k}, y = {to(g, op->in[2]), on(g, op->in[2]), op->tb, k, n};
    if (!x.on && y.on && !op->tb)
        return (op->sub ? b_gemm_sub : b_gemm)(b, c, x.array, y.array, m, more_columns(g, b, n), k, op->ta, false);
    Value *his[] = {m, k, n, width_of(g, b)}, *dims[NEST_MAX], *index[NEST_MAX];
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
static Value *solve_lanes(Gen *g, Builder *b, const Op *op)
{
    bool lu = op->code == OP_lu_solve;
    Value *x = to(g, op->in[0]), *matrix = to(g, op->in[1]);
    if (on(g, op->in[1]) || op->right)
        return NULL;
    Value *n = to(g, op->in[2 + lu]), *k = more_columns(g, b, to(g, op->in[3 + lu]));
    return lu ? b_lu_solve(b, x, matrix, to(g, op->in[2]), n, k, op->ta) : b_lower_solve(b, x, matrix, n, k, op->ta, false);
}

static Value **all_to(const Gen *g, Value *const *v, int n)
{
    Value **all = NEW_N(g->a, Value *, n + NEST_MAX);
    for (int i = 0; i < n; i++)
        all[i] = to(g, v[i]);
    return all;
}

static Value *view_lanes(Gen *g, Builder *b, const Op *op)
{
    Value *base = to(g, op->in[0]), **more = all_to(g, op->in + 1, op->n_in - 1);
    const Path *p = op->paths;
    if (op->code == OP_slice)
        return b_slice(b, base, p->n_idx, more, p->has_range ? more[p->n_idx] : NULL, p->has_range ? more[p->n_idx + 1] : NULL);
    more[op->n_in - 1] = width_of(g, b);
    if (op->code == OP_reshape)
        return b_reshape(b, base, op->n_in, more);
    return b_view_at(b, base, b_2(b, OP_pscale, more[0], width_of(g, b)), op->n_in - 1, more + 1);
}

static Value *made_array(Gen *g, Builder *b, const Op *op)      // new and shape
{
    bool shape = op->code == OP_shape;
    Value **dims = all_to(g, op->in + shape, op->n_in - shape);
    int rank = lane_dims(g, b, op->out[0], dims, op->n_in - shape);
    if (shape)
        return b_shape(b, to(g, op->in[0]), rank, dims);
    return b_new(b, E_REAL, rank, dims, op->i, op->out[0]->name);
}

// The array in lanes that an array op makes; NULL for an op that does not know lanes.
static Value *array_op(Gen *g, Builder *b, const Op *op)
{
    Value *last = op->n_in > 0 ? op->in[op->n_in - 1] : NULL;
    switch (op->code) {
    case OP_shape:
    case OP_new: return made_array(g, b, op);
    case OP_copy: return copied(g, b, last);
    case OP_slice:
    case OP_reshape:
    case OP_view_at: return view_lanes(g, b, op);
    case OP_fill: return fill_lanes(g, b, to(g, op->in[0]), last);
    case OP_copy_to: return on(g, last) ? b_copy_to(b, to(g, op->in[0]), to(g, last)) : broadcast(g, b, OP_store, to(g, op->in[0]), to(g, last));
    case OP_add_to: return on(g, last) ? b_add_to(b, to(g, op->in[0]), to(g, last)) : broadcast(g, b, OP_acc, to(g, op->in[0]), to(g, last));
    case OP_gemm: return gemm_lanes(g, b, op);
    case OP_lu_solve:
    case OP_lower_solve: return solve_lanes(g, b, op);
    case OP_buf_new: return b_buf_new(b, E_REAL, op->out[0]->name);
    case OP_put: return put_lanes(g, b, op);
    case OP_puts: return b_puts(b, to(g, op->in[0]), on(g, last) ? to(g, last) : copied(g, b, last));
    case OP_freeze: return b_freeze(b, to(g, op->in[0]));
    default: return NULL;
    }
}

// ---- an op for one lane after the other ----

// Lane `lane` of an array in lanes, as a new one.
static Value *gather(Gen *g, Builder *b, Value *array, Value *lane, bool contents)
{
    Value *dims[NEST_MAX], *from[NEST_MAX];
    int rank = array_dims(b, array, dims) - 1;
    Value *t = b_new(b, E_REAL, rank, dims, false, array->name);
    (void)g;
    if (!contents)
        return t;
    Nest n = nest_open(b, rank, NULL, dims, t);
    for (int k = 0; k < rank; k++)
        from[k] = n.index[k];
    from[rank] = lane;
    Value *v = b_load(&n.at, array, rank + 1, from);
    return nest_close(&n, b_store(&n.at, n.array, rank, n.index, v));
}

static Value *scatter(Builder *b, Value *array, Value *from, Value *lane)
{
    Value *dims[NEST_MAX], *index[NEST_MAX];
    int rank = array_dims(b, array, dims) - 1;
    Nest n = nest_open(b, rank, NULL, dims, array);
    for (int k = 0; k < rank; k++)
        index[k] = n.index[k];
    index[rank] = lane;
    Value *v = b_load(&n.at, from, rank, n.index);
    return nest_close(&n, b_store(&n.at, n.array, rank + 1, index, v));
}

static bool reads_operand(const Op *op, int k)                  // or is it undefined on entry?
{
    for (int i = 0; op->code == OP_call && i < op->callee->params.n; i++)
        if (op->callee->params.at[i].arg == k)
            return op->callee->params.at[i].role != ROLE_OUT;
    return true;
}

static bool knows_one_by_one(const Gen *g, const Op *op)        // its operands can be taken apart
{
    for (int k = 0; k < op->n_in; k++) {
        const Value *x = op->in[k];
        bool whole = x->type.kind == K_BUF || x->type.elem == E_STRUCT || (x->type.kind == K_ARRAY && lane_is_flat(x));
        if (whole && on(g, op->in[k]))
            return false;
    }
    return true;
}

// What the loop over the lanes carries for result r of op: the array it is in, or what the last lane gave.
static Value *one_by_one_init(Gen *g, Builder *b, const Op *op, int r)
{
    int tie = op_tie(op, r);
    if (tie >= 0)
        return to(g, op->in[tie]);
    return on(g, op->out[r]) ? lane_array(g, b, op->out[r]->name) : b_undef(b, op->out[r]->type);
}

static void one_by_one(Gen *g, Builder *b, const Op *op)
{
    int n = op->n_out;
    Value **carried = NEW_N(g->a, Value *, n + 1), **saved = NEW_N(g->a, Value *, op->n_in + 1);
    if (!knows_one_by_one(g, op)) {
        derive_error(g->c, op->loc, "several directions at once cannot be had here: a rule by hand decides by its seed how much is kept",
                     g->v->lanes.f->loc, "jvp and vjp with one direction can");
        return;
    }
    for (int r = 0; r < n; r++) {
        int tie = op_tie(op, r);
        carried[r] = one_by_one_init(g, b, op, r);
        if (tie >= 0 && !on(g, op->out[r]) && reads_operand(op, tie))
            saved[tie] = b_copy(b, carried[r], carried[r]->name);
    }
    Op *loop = b_loop(b, b_int(b, 0), width_of(g, b), 1, false, n, carried);
    Builder in = builder_at(g->g, loop->regions[0], b->fold);
    Value *lane = loop_index(loop), **before = NEW_N(g->a, Value *, op->n_in + 1);
    lane->name = "lane";
    for (int r = 0; r < n; r++)
        carried[r] = loop_arg(loop, r);
    for (int k = 0; k < op->n_in; k++)
        before[k] = g->map[op->in[k]->id];
    for (int r = 0; r < n; r++) {
        int tie = op_tie(op, r);
        if (tie >= 0)
            g->map[op->in[tie]->id] = carried[r] = saved[tie] ? b_copy_to(&in, carried[r], saved[tie]) : carried[r];
    }
    Value **operand = NEW_N(g->a, Value *, op->n_in + 1);
    for (int k = 0; k < op->n_in; k++) {
        Value *x = op->in[k];
        operand[k] = !on(g, x)                 ? to(g, x)
                     : type_is_linear(x->type) ? gather(g, &in, to(g, x), lane, reads_operand(op, k))
                                               : b_load(&in, g->home[x->id], 1, &lane);
    }
    for (int k = 0; k < op->n_in; k++)
        g->map[op->in[k]->id] = operand[k];
    ir_clone_op(&in, op, g->map);
    for (int r = 0; r < n; r++) {
        Value *made = g->map[op->out[r]->id];
        if (!on(g, op->out[r]))
            carried[r] = made;
        else if (type_is_linear(made->type))
            carried[r] = scatter(&in, carried[r], made, lane);
        else
            carried[r] = b_store(&in, carried[r], 1, &lane, made);
    }
    ir_yield(&in, n, carried);
    for (int k = 0; k < op->n_in; k++)
        g->map[op->in[k]->id] = before[k];
    for (int r = 0; r < n; r++) {
        if (on(g, op->out[r]) && !type_is_linear(op->out[r]->type))
            set_home(g, op->out[r], loop->out[r]);
        else
            g->map[op->out[r]->id] = loop->out[r];
    }
}

// ---- ops with regions ----

static void emit_ops(Gen *g, Builder *b, const Region *r);

typedef VEC(Value *) Values;

static void add(const Gen *g, Values *list, Value *v)
{
    vec_push(g->a, list, v);
}

// Ends region r of f, which is written at b: scalars in lanes go into the homes `to`, in the order of the yields; these get the versions after
// that. yields [from, end) are looked at.
static void move_out(Gen *g, Builder *b, const Region *r, int from, int end, Value **homes)
{
    Move *moves = NEW_N(g->a, Move, end - from + 1);
    int n = 0;
    for (int i = from; i < end; i++) {
        Value *y = r->yields.at[i], *there = on(g, y) ? g->home[y->id] : NULL;
        if (!homes[i])
            continue;
        homes[i] = map_get(g->latest, homes[i]->root);
        bool undefined = y->def && y->def->code == OP_undef;
        if (there != homes[i] && !undefined)
            moves[n++] = (Move){homes[i], y};
    }
    flush(g, b, moves, n);
    n = 0;
    for (int i = from; i < end; i++)
        if (homes[i])
            homes[i] = map_get(g->latest, homes[i]->root);
}

static void bind_home(Gen *g, Value *version)
{
    map_set(g->latest, version->root, version);
}

static int uses_in(const Region *r, const Value *x)
{
    int n = 0;
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_in; k++)
            n += op->in[k] == x;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                n += uses_in(op->regions[k], x);
    }
    for (int i = 0; i < r->yields.n; i++)
        n += r->yields.at[i] == x;
    return n;
}

// Result i of an if is a value from before it in one arm, and that is used nowhere else: then the result is in its home.
static Value *shared_home(Gen *g, Builder *b, const Op *op, int i, const Values *taken)
{
    for (int arm = 0; arm < 2; arm++) {
        Value *y = op->regions[arm]->yields.at[i], *home = on(g, y) ? g->home[y->id] : NULL;
        if (!home || home->region != b->at || ir_is_readonly(home) || map_get(g->latest, home->root) != home)
            continue;
        bool twice = false;
        for (int k = 0; k < taken->n; k++)
            twice |= taken->at[k] == home;
        if (!twice && uses_in(op->regions[0], y) + uses_in(op->regions[1], y) == g->uses[y->id])
            return home;
    }
    return NULL;
}

static void emit_if(Gen *g, Builder *b, const Op *op)
{
    int n = op->n_in - 1;
    Values arrays = {0};
    Value **homes = NEW_N(g->a, Value *, op->n_out + 1), **own = NEW_N(g->a, Value *, op->n_out + 1);
    for (int i = 0; i < n; i++)
        add(g, &arrays, to(g, op->in[1 + i]));
    for (int i = n; i < op->n_out; i++)
        if (on(g, op->out[i])) {
            own[i] = shared_home(g, b, op, i, &arrays);
            add(g, &arrays, homes[i] = own[i] ? own[i] : lane_array(g, b, op->out[i]->name));
        }
    Op *new = b_if(b, to(g, op->in[0]), arrays.n, arrays.at);
    for (int arm = 0; arm < 2; arm++) {
        const Region *r = op->regions[arm];
        Builder in = builder_at(g->g, new->regions[arm], b->fold);
        Value **moved = NEW_N(g->a, Value *, op->n_out + 1);
        for (int i = 0; i < n; i++)
            set_array(g, r->args.at[i], new->regions[arm]->args.at[i]);
        for (int i = n, k = n; i < op->n_out; i++)
            if (homes[i]) {
                moved[i] = new->regions[arm]->args.at[k++];
                bind_home(g, moved[i]);
                for (int side = 0; own[i] && side < 2; side++) {
                    Value *y = op->regions[side]->yields.at[i];
                    if (on(g, y) && g->home[y->id] && g->home[y->id]->root == own[i]->root)
                        g->home[y->id] = moved[i];
                }
            }
        emit_ops(g, &in, r);
        move_out(g, &in, r, n, op->n_out, moved);
        Values yields = {0};
        for (int i = 0; i < n; i++)
            add(g, &yields, to(g, r->yields.at[i]));
        for (int i = n; i < op->n_out; i++)
            if (homes[i])
                add(g, &yields, moved[i]);
        for (int i = n; i < op->n_out; i++)
            if (!homes[i])
                add(g, &yields, to(g, r->yields.at[i]));
        ir_yield(&in, yields.n, yields.at);
    }
    b_if_end(new);
    for (int i = 0; i < n; i++)
        set_array(g, op->out[i], new->out[i]);
    int k = n;
    for (int i = n; i < op->n_out; i++)
        if (homes[i])
            set_home(g, op->out[i], new->out[k++]);
    for (int i = n; i < op->n_out; i++)
        if (!homes[i]) {
            g->map[op->out[i]->id] = new->out[k];
            new->out[k++]->name = op->out[i]->name;
        }
}

static void emit_head(Gen *g, const Op *op, Op *new)
{
    const Region *head = op->regions[1];
    Region *at = b_loop_head(new);
    Builder b = builder_at(g->g, at, true);
    for (int k = 0; k < head->args.n; k++)
        g->map[head->args.at[k]->id] = at->args.at[k];
    for (int i = 0; i < head->ops.n; i++)
        if (!head->ops.at[i]->mark)
            ir_clone_op(&b, head->ops.at[i], g->map);
    Value *again = to(g, head->yields.at[0]);
    ir_yield(&b, 1, &again);
}

static void emit_loop(Gen *g, Builder *b, const Op *op)
{
    int n = loop_n_carried(op), first = loop_first_init(op);
    const Region *r = op->regions[0];
    Value **init = NEW_N(g->a, Value *, n + 1), **homes = NEW_N(g->a, Value *, n + 2);
    for (int k = 0; k < n; k++) {
        Value *x = op->in[first + k];
        init[k] = on(g, op->out[k]) && !type_is_linear(x->type) ? taken_home(g, b, x) : to(g, x);
    }
    Op *new = b_loop(b, op->counted ? to(g, op->in[0]) : NULL, op->counted ? to(g, op->in[1]) : NULL, op->step, op->reversed, n, init);
    new->has_exit = op->has_exit;
    if (op->counted) {
        g->map[loop_index(op)->id] = loop_index(new);
        loop_index(new)->name = loop_index(op)->name;
    }
    if (op->n_regions > 1 && op->regions[1])
        emit_head(g, op, new);
    for (int k = 0; k < n; k++) {
        Value *x = loop_arg(op, k), *y = loop_arg(new, k);
        y->name = x->name;
        if (on(g, x) && !type_is_linear(x->type)) {
            set_home(g, x, y);
            homes[op->has_exit + k] = y;
        } else {
            g->map[x->id] = y;
        }
    }
    Builder in = builder_at(g->g, new->regions[0], b->fold);
    emit_ops(g, &in, r);
    move_out(g, &in, r, op->has_exit, r->yields.n, homes);
    Values yields = {0};
    for (int i = 0; i < r->yields.n; i++)
        add(g, &yields, homes[i] ? homes[i] : to(g, r->yields.at[i]));
    ir_yield(&in, yields.n, yields.at);
    for (int k = 0; k < n; k++) {
        new->out[k]->name = op->out[k]->name;
        if (on(g, op->out[k]) && !type_is_linear(op->out[k]->type))
            set_home(g, op->out[k], new->out[k]);
        else
            g->map[op->out[k]->id] = new->out[k];
    }
    g->map[loop_trips(op)->id] = loop_trips(new);
}

// The paths of a within and their operands, as they are in lanes.
static Path *lane_paths(Gen *g, Builder *b, const Op *op, Values *operands)
{
    Path *paths = NEW_N(g->a, Path, op->n_paths);
    bool lanes = on(g, op->in[0]);
    for (int i = 0, at = 1; i < op->n_paths; i++) {
        const Path *p = &op->paths[i];
        int n = path_n_operands(p);
        paths[i] = *p;
        for (int k = 0; k < n; k++) {
            Value *v = to(g, op->in[at++]);
            add(g, operands, lanes && p->at_pos && k == 0 ? b_2(b, OP_pscale, v, width_of(g, b)) : v);
        }
        paths[i].rank += lanes;
        if (lanes && p->at_pos)
            add(g, operands, width_of(g, b));
    }
    return paths;
}

static void emit_within(Gen *g, Builder *b, const Op *op)
{
    int slots = op->n_paths, before = slots + op->n_extra, first_extra = op->n_in - op->n_extra;
    const Region *r = op->regions[0];
    Values operands = {0}, extra = {0}, yields = {0};
    Value **homes = NEW_N(g->a, Value *, r->yields.n + 1);
    Path *paths = lane_paths(g, b, op, &operands);
    for (int i = 0; i < op->n_extra; i++)
        add(g, &extra, to(g, op->in[first_extra + i]));
    for (int i = before; i < r->yields.n; i++)
        if (on(g, r->yields.at[i]))
            add(g, &extra, homes[i] = lane_array(g, b, r->yields.at[i]->name));
    Op *new = b_within(b, to(g, op->in[0]), slots, paths, operands.n, operands.at, extra.n, extra.at);
    Region *body = new->regions[0];
    for (int i = 0; i < before; i++)
        set_array(g, r->args.at[i], body->args.at[i]);
    for (int i = before, k = before; i < r->yields.n; i++)
        if (homes[i])
            bind_home(g, homes[i] = body->args.at[k++]);
    Builder in = builder_at(g->g, body, b->fold);
    emit_ops(g, &in, r);
    move_out(g, &in, r, before, r->yields.n, homes);
    for (int i = 0; i < before; i++)
        add(g, &yields, to(g, r->yields.at[i]));
    for (int i = before; i < r->yields.n; i++)
        if (homes[i])
            add(g, &yields, homes[i]);
    for (int i = before; i < r->yields.n; i++)
        if (!homes[i])
            add(g, &yields, to(g, r->yields.at[i]));
    ir_yield(&in, yields.n, yields.at);
    b_within_end(new);
    for (int i = 0; i <= op->n_extra; i++)
        set_array(g, op->out[i], new->out[i]);
    int k = 1 + op->n_extra;
    for (int i = before; i < r->yields.n; i++)
        if (homes[i])
            set_home(g, op->out[i - slots + 1], new->out[k++]);
    for (int i = before; i < r->yields.n; i++)
        if (!homes[i])
            g->map[op->out[i - slots + 1]->id] = new->out[k++];
}

// ---- calls ----

static void make_signature(DeriveCtx *c, LaneVariant *v);

static void call_lanes(Gen *g, Builder *b, const Op *op, LaneVariant *callee)
{
    const Lanes *l = &callee->lanes;
    make_signature(g->c, callee);
    Value **args = NEW_N(g->a, Value *, l->g->body->args.n + 1);
    for (int k = 0; k < op->n_in; k++) {
        Value *x = op->in[k];
        bool both = !type_is_linear(x->type) && callee->args[k];
        const Param *p = &l->g->params.at[0];
        for (int i = 0; i < l->g->params.n; i++)
            if (l->g->params.at[i].arg == l->arg_of_arg[k])
                p = &l->g->params.at[i];
        args[l->arg_of_arg[k]] = !both ? to(g, x) : p->role == ROLE_IN ? in_home(g, b, x) : taken_home(g, b, x);
    }
    for (int r = 0; r < op->n_out; r++)
        if (l->arg_of_result[r] >= 0)
            args[l->arg_of_result[r]] = lane_array(g, b, op->out[r]->name);
    Op *new = b_call(b, l->g, l->g->body->args.n, args);
    for (int r = 0; r < op->n_out; r++) {
        Value *made = new->out[l->result_of_result[r]];
        made->name = op->out[r]->name;
        if (callee->results[r] && !type_is_linear(op->out[r]->type))
            set_home(g, op->out[r], made);
        else
            g->map[op->out[r]->id] = made;
    }
}

static void emit_call(Gen *g, Builder *b, const Op *op)
{
    LaneVariant *callee = op->callee == g->v->lanes.f && g->v->one_by_one ? NULL : lane_callee(g->c, g->v, op);
    if (callee && !callee->one_by_one)
        call_lanes(g, b, op, callee);
    else
        one_by_one(g, b, op);
}

// ---- functions ----

static void whole_op(Gen *g, Builder *b, const Op *op)
{
    b->loc = op->loc;
    switch (op->code) {
    case OP_if: emit_if(g, b, op); return;
    case OP_loop: emit_loop(g, b, op); return;
    case OP_within: emit_within(g, b, op); return;
    case OP_call: emit_call(g, b, op); return;
    default: break;
    }
    Value *made = array_op(g, b, op);
    if (made)
        set_array(g, op->out[0], made);
    else
        one_by_one(g, b, op);
}

static void emit_ops(Gen *g, Builder *b, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        if (g->c->errors)
            return;
        if (op->mark == 0) {
            ir_clone_op(b, op, g->map);
            continue;
        }
        bool other = g->group.n > 0 && g->group.at[0]->mark != op->mark;
        if (op->mark > 0 ? other : !is_fresh(op))
            flush(g, b, NULL, 0);
        if (op->mark > 0)
            vec_push(g->a, &g->group, op);
        else
            whole_op(g, b, op);
    }
}

// Is the raw argument a frozen tape? Its shape op says so.
static bool is_flat_arg(const Func *f, const Value *arg)
{
    const Op *shape = ir_shape_of(f, arg);
    return shape && lane_is_flat(shape->out[0]);
}

// An argument that is not in lanes stays; a scalar in lanes is an array. A result in lanes that has no argument gets one.
static void add_param(LaneVariant *v, const Param *p)
{
    Lanes *l = &v->lanes;
    Func *g = l->g;
    bool scalar = type_is_scalar(p->type), arg_on = p->arg >= 0 && v->args[p->arg], result_on = p->result >= 0 && v->results[p->result];
    Type lanes = scalar ? type_array(E_REAL, 1)
                 : p->type.kind == K_BUF || (p->arg >= 0 && is_flat_arg(v->body, v->body->body->args.at[p->arg])) ? p->type
                                                                                          : type_array(E_REAL, p->type.rank + 1);
    bool split = scalar && p->role == ROLE_INOUT && arg_on != result_on;
    Role role = split ? ROLE_IN : p->role;
    func_param(g, p->name, role, arg_on || (result_on && !split) ? lanes : p->type, P_INTERNAL, -1);
    const Param *made = &g->params.at[g->params.n - 1];
    if (p->arg >= 0)
        l->arg_of_arg[p->arg] = made->arg;
    if (split) {
        func_param(g, arena_printf(g->module->arena, "%s_out", p->name), ROLE_OUT, result_on ? lanes : p->type, P_INTERNAL, -1);
        made = &g->params.at[g->params.n - 1];
    }
    if (p->result >= 0) {
        l->result_of_result[p->result] = made->result;
        l->arg_of_result[p->result] = result_on && scalar && (split || p->role == ROLE_OUT) ? made->arg : -1;
    }
}

// What f is called without the digits that keep names apart: of a derivative that directions.c made, f_vjp.
static const char *plain_name(DeriveCtx *c, const Func *f)
{
    static const char *const suffix[] = {[TR_GRAD] = "grad", [TR_VJP] = "vjp", [TR_JVP] = "jvp"};
    bool made = !f->source_name && (f->transform == TR_GRAD || f->transform == TR_VJP || f->transform == TR_JVP);
    return made ? arena_printf(c->scratch, "%s_%s", plain_name(c, f->base), suffix[f->transform]) : f->name;
}

static void make_signature(DeriveCtx *c, LaneVariant *v)
{
    Lanes *l = &v->lanes;
    const Func *f = l->f;
    if (l->g)
        return;
    l->g = func_new(c->m, derive_fresh_name(c, plain_name(c, f), "_lanes"));
    l->g->is_static = true;
    l->g->loc = f->loc;
    l->g->no_inline = f->no_inline;
    l->arg_of_arg = NEW_N(c->scratch, int, f->body->args.n + 1);
    l->result_of_result = NEW_N(c->scratch, int, func_n_results(f) + 1);
    l->arg_of_result = NEW_N(c->scratch, int, func_n_results(f) + 1);
    for (int i = 0; i < f->params.n; i++)
        add_param(v, &f->params.at[i]);
    if (f->ret >= 0 && v->results[f->ret]) {
        Param p = {.name = "result", .role = ROLE_OUT, .type = f->ret_type, .arg = -1, .result = f->ret};
        add_param(v, &p);
    } else if (f->ret >= 0) {
        func_set_ret(l->g, f->ret_type);
        l->result_of_result[f->ret] = l->g->ret;
        l->arg_of_result[f->ret] = -1;
    }
    v->asked = true;
}

static void bind_params(Gen *g, Builder *b)
{
    const Lanes *l = &g->v->lanes;
    for (int k = 0; k < g->f->body->args.n; k++) {
        Value *x = g->f->body->args.at[k], *arg = g->g->body->args.at[l->arg_of_arg[k]];
        Value *n = width_of(g, b);
        if (on(g, x) && !type_is_linear(x->type))
            set_home(g, x, b_shape(b, arg, 1, &n));
        else
            g->map[x->id] = arg;
    }
}

static void finish(Gen *g, Builder *b)
{
    const Lanes *l = &g->v->lanes;
    const Region *r = g->f->body;
    int n = r->yields.n;
    Value **homes = NEW_N(g->a, Value *, n + 1), **yields = NEW_N(g->a, Value *, n + 1);
    for (int i = 0; i < n; i++) {
        Value *y = r->yields.at[i];
        if (!g->v->results[i] || type_is_linear(y->type))
            continue;
        Value *width = width_of(g, b);
        if (l->arg_of_result[i] >= 0)
            homes[i] = b_shape(b, g->g->body->args.at[l->arg_of_result[i]], 1, &width);
        else                                                    // an inout: its argument's
            for (int k = 0; k < g->g->params.n; k++)
                if (g->g->params.at[k].result == l->result_of_result[i])
                    homes[i] = ir_shape_of(g->g, g->g->body->args.at[g->g->params.at[k].arg])->out[0];
        if (!map_get(g->latest, homes[i]->root))
            bind_home(g, homes[i]);
    }
    move_out(g, b, r, 0, n, homes);
    for (int i = 0; i < n; i++)
        yields[l->result_of_result[i]] = homes[i] ? homes[i] : to(g, r->yields.at[i]);
    ir_yield(b, n, yields);
}

static void write_variant(DeriveCtx *c, LaneVariant *v)
{
    Arena *a = arena_new();
    int n = v->body->n_values + 1;
    Gen g = {.c = c, .a = a, .v = v, .f = v->body, .g = v->lanes.g, .width = v->lanes.width};
    g.map = NEW_N(a, Value *, n);
    g.home = NEW_N(a, Value *, n);
    g.escapes = NEW_N(a, bool, n);
    g.uses = NEW_N(a, int, n);
    g.latest = map_new(a);
    g.last_group = map_new(a);
    number_region(&g, g.f->body);
    find_uses(&g, g.f->body);
    Builder b = builder_at(g.g, g.g->body, true);
    bind_params(&g, &b);
    emit_ops(&g, &b, g.f->body);
    if (!c->errors) {
        finish(&g, &b);
        opt_simplify(g.g);
        opt_dce(g.g);
    }
    arena_free(a);
}

// Writes all that were asked for; writing one may ask for more.
static void write_asked(DeriveCtx *c)
{
    LaneMemo *memo = lane_memo(c);
    for (int i = 0; i < memo->all.n && !c->errors; i++) {
        LaneVariant *v = memo->all.at[i];
        if (!v->asked || v->written)
            continue;
        v->written = true;
        write_variant(c, v);
        i = -1;
    }
}

const Lanes *lanes_of(DeriveCtx *c, Func *f, int width, const bool *in_lanes_of, const bool *out_lanes)
{
    LaneVariant *v = lane_variant(c, f, width, in_lanes_of, out_lanes);
    int n = func_n_results(f);
    if (!v->written) {
        lanes_solve(c);
        if (v->one_by_one || memcmp(v->results, out_lanes, sizeof *out_lanes * (size_t)n) != 0)
            lane_make_caller(c, v, out_lanes);
        make_signature(c, v);
        write_asked(c);
    }
    return c->errors ? NULL : &v->lanes;
}
