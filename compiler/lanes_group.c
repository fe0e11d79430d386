// lanes_group.c — scalar ops in lanes: consecutive ones are a group, which becomes one loop over the lanes.
//
// In: the ops of a function of which lanes_flow.c knows what is in lanes. Out: loops in which these are scalar ops again, at one lane:
//
//     %4 = load %x_dot[%i]                     %s_dot2 = loop %lane = 0 to 8 (%s_dot1) {
//     %5 = mul %4, %3                 ->           %4 = load %x_dot[%i, %lane]     %5 = mul %4, %3
//     %s_dot2 = add %s_dot1, %5                    store %s_dot1[%lane], add (load %s_dot1[%lane]), %5 }
//
// The idea: a group ends where an op comes that is in lanes and no member of it. An op that is not in lanes reads nothing that is, so it is
// written before the group that is open. A value that is used outside of its group *escapes*, and has a home, a real[width], which the loop
// writes. At the end of a region the loop of the last group also moves what the region yields to the homes where it is expected.
#include "lanes_internal.h"

#include <assert.h>

// ---- groups ----

static bool is_lane_op(const Op *op)
{
    return op_is_scalar(op->code) || op->code == OP_load || op->code == OP_store || op->code == OP_acc;
}

bool lane_is_fresh(const Op *op)
{
    return op->code == OP_new || op->code == OP_shape || op->code == OP_buf_new;
}

static bool reads_view(const Op *op)
{
    const Op *def = op->in[0]->def;
    return op->code == OP_load && def && (def->code == OP_slice || def->code == OP_reshape || def->code == OP_view_at);
}

// A view of an array dies when that is written, so what reads it must be in an earlier group.
static bool kills_view(const LaneGen *g, const Op *op)
{
    for (int i = 0; i < g->viewed.n && (op->code == OP_store || op->code == OP_acc); i++)
        if (g->viewed.at[i] == ir_top_root(op->in[0]))
            return true;
    return false;
}

static bool number_region(LaneGen *g, const Region *r);

static bool in_lanes(LaneGen *g, const Op *op)
{
    bool any = false;
    for (int k = 0; k < op->n_out; k++)
        any |= lane_is_on(g, op->out[k]);
    for (int k = 0; k < op->n_in; k++)
        any |= lane_is_on(g, op->in[k]);
    for (int k = 0; k < op->n_regions; k++)
        if (op->regions[k])
            any |= number_region(g, op->regions[k]);
    return any;
}

// Sets the marks of all ops in r. True if any of it is in lanes.
static bool number_region(LaneGen *g, const Region *r)
{
    int open = 0;
    bool any = false;
    for (int i = 0; i < r->args.n; i++)
        any |= lane_is_on(g, r->args.at[i]);
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        op->mark = in_lanes(g, op) ? LANE_WHOLE : 0;
        any |= op->mark != 0;
        if (op->mark && !is_lane_op(op) && !lane_is_fresh(op))
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

static void use(LaneGen *g, Value *x, int group)
{
    g->uses[x->id]++;
    if (group <= 0 || !x->def || x->def->mark != group)
        g->escapes[x->id] = true;
}

static void find_uses(LaneGen *g, const Region *r)
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

void lane_number(LaneGen *g)
{
    number_region(g, g->f->body);
    find_uses(g, g->f->body);
}

// ---- homes ----

void lane_bind_home(LaneGen *g, Value *version)
{
    map_set(g->latest, version->root, version);
}

void lane_set_home(LaneGen *g, const Value *x, Value *version)
{
    if (!version->name)
        version->name = x->name;
    g->home[x->id] = version;
    lane_bind_home(g, version);
}

Value *lane_new_home(LaneGen *g, Builder *b, const char *name)
{
    Value *n = lane_width(g, b);
    return b_new(b, E_REAL, 1, &n, false, name);
}

Value *lane_in_home(LaneGen *g, Builder *b, Value *x)
{
    return lane_is_on(g, x) ? g->home[x->id] : b_fill(b, lane_new_home(g, b, x->name), lane_to(g, x));
}

Value *lane_take_home(LaneGen *g, Builder *b, Value *x)
{
    Value *home = lane_is_on(g, x) ? g->home[x->id] : NULL;
    double c;
    if (!home && x->def && x->def->code == OP_undef)
        return lane_new_home(g, b, x->name);
    if (!home && ir_is_const(x, &c) && c == 0) {
        Value *n = lane_width(g, b);
        return b_new(b, E_REAL, 1, &n, true, x->name);
    }
    if (!home)
        return lane_in_home(g, b, x);
    bool free = g->uses[x->id] == 1 && home->region == b->at && !ir_is_readonly(home);
    return free ? home : b_copy(b, home, x->name);
}

// ---- a group as a loop over the lanes ----

typedef struct Written {                                        // what the loop writes
    Value *outer, *inner;                                       // the version before the loop; the present one in it
    const Value *last;                                          // the version of f that that is, or NULL: a home
    const Value *home_of;
    LaneMove *move;
} Written;

typedef struct LaneLoop {
    LaneGen *g;
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
static void prepare(LaneLoop *l, Builder *b, LaneMove *moves, int n_moves)
{
    LaneGen *g = l->g;
    for (int i = 0; i < g->group.n; i++) {
        const Op *op = g->group.at[i];
        if (!op_is_scalar(op->code) && op->n_in > 1 && op->in[1]->type.elem == E_POS)
            map_set(l->position, op, b_2(b, OP_pscale, lane_to(g, op->in[1]), lane_width(g, b)));
        if (writes(op) && g->map[op->in[0]->id])                // else a version of this group
            add_written(l, g->map[op->in[0]->id]);
        if (!writes(op) && g->escapes[op->out[0]->id])
            add_written(l, lane_new_home(g, b, op->out[0]->name))->home_of = op->out[0];
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
    LaneGen *g = l->g;
    if (!lane_is_on(g, x))
        return lane_to(g, x);
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
        index[k] = lane_to(l->g, op->in[1 + k]);
    n = real_index(&l->b, op->in[0]->type, n, index);
    index[n] = l->lane;
    return n + 1;
}

static void lane_write(LaneLoop *l, const Op *op)
{
    Value *index[NEST_MAX], *last = op->in[op->n_in - 1];
    int at;
    Value *a = version_of(l, op->in[0], &at);
    assert(at >= 0);
    Written *w = &l->written.at[at];
    if (last->type.elem == E_REAL) {                            // ints and bools of structs have no place in lanes
        int n = lane_index(l, op, op->n_in - 2, index);
        Value *v = scalar_of(l, last);
        w->inner = op->code == OP_store ? b_store(&l->b, a, n, index, v) : b_acc(&l->b, a, n, index, v);
    }
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
static void lane_moves(LaneLoop *l, LaneMove *moves, int n)
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
            lane_set_home(l->g, w->home_of, loop->out[i]);
        if (w->move) {
            w->move->to = loop->out[i];
            map_set(l->g->latest, loop->out[i]->root, loop->out[i]);
        }
    }
}

void lane_flush(LaneGen *g, Builder *b, LaneMove *moves, int n_moves)
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
    Op *loop = b_loop(b, b_int(b, 0), lane_width(g, b), 1, false, l.written.n, init);
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
