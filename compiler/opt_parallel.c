// opt_parallel.c — loops whose trips are run by threads.
//
// In: a function, optimised. Out: the same; loops marked `parallel` become `threads` where no two of their trips can meet, so that emit_stmt.c may put
// `#pragma omp parallel for` before them. Where they meet in sums only, blocks of trips do not:
//
//     loop %i = 0 to %n parallel (%s = %s0) { ..  yield %s + .. }
//     ->   size = (n - 1) / 64 + 1; blocks = (n - 1) / size + 1;
//          loop %block = 0 to blocks threads { s = 0; for (i of the block) s += ..; s_part[block] = s; }
//          for (block) s += s_part[block];
//
// Blocks depend on the number of trips alone, and are added up in order: the same bits however many threads there are, and without any. An array that
// trips add to, anywhere, is one of its own for each block, added up likewise; there are fewer blocks then, since each takes the memory of the array.
//
// A loop carries, for that, arrays of which each trip touches elements on the loop's own index; arrays that are only added to; arrays that are not
// added to, since of those an independent loop touches different elements on each trip (ir.h); sums; and what does not change. A loop that
// carries anything else stays as it is and in order: an array that is both read and added to, say the adjoint of one of which some elements are written
// and others are read by many trips.
#include "access.h"
#include "opt.h"
#include "place.h"
#include "rewrite.h"

enum { BLOCKS = 64, BLOCKS_WITH_ARRAYS = 16 };

// What a loop does with a value that it carries.
typedef enum Share { SHARE_ORDER, SHARE_KEPT, SHARE_SUM, SHARE_ADDED, SHARE_APART } Share;

typedef struct Pass {
    Func *f;
    Arena *a;
    Rewrite w;
    int *uses;                              // per value id
    int n;                                  // ids known
} Pass;

// A loop that is taken apart into blocks. What the blocks carry: arrays, in `now`.
typedef struct Split {
    Pass *p;
    const Op *loop;
    const Share *shares;                    // per carried value
    Value *lo, *trips, *size;               // of the loop, and of a block
    Value **now;                            // the arrays carried at this point of the block
    int n;
    int *place;                             // per carried value: of its array in `now`
    Value **map;
} Split;

// ---- what can be shared ----

// May there be an array of these arrays? Of the adjoint of a tape there is none: its length is no int.
static bool fits(const Value *arg)
{
    if (type_is_struct(arg->type) || arg->type.rank == 0 || arg->type.rank == IR_MAX_RANK)
        return false;
    for (int k = 0; k < arg->type.rank; k++) {
        Dim d = place_dim(arg->root, k);
        if (d.v && d.v->type.elem != E_INT)
            return false;
    }
    return true;
}

static Share share_of_array(const Op *loop, const Value *arg)
{
    if (arg->type.kind != K_ARRAY)
        return SHARE_ORDER;
    Access a = access_of(loop->regions[0], arg->root, loop_index(loop));
    if (!a.any || access_is_own(&a) || !a.adds)
        return SHARE_APART;
    return a.only_summed && fits(arg) ? SHARE_ADDED : SHARE_ORDER;
}

static Share share_of(const Op *loop, int k)
{
    const Value *arg = loop_arg(loop, k);
    if (!type_is_scalar(arg->type))
        return share_of_array(loop, arg);
    return loop_keeps(loop, k) ? SHARE_KEPT : loop_sums(loop, k) ? SHARE_SUM : SHARE_ORDER;
}

// What it carries, value by value; NULL: its trips have to stay in order.
static Share *shares_of(const Pass *p, const Op *loop)
{
    int n = loop_n_carried(loop);
    Share *shares = NEW_N(p->a, Share, n + 1);
    if (!loop->counted || loop->has_exit || p->uses[loop_trips(loop)->id])
        return NULL;
    for (int k = 0; k < n; k++) {
        shares[k] = share_of(loop, k);
        if (shares[k] == SHARE_ORDER)
            return NULL;
    }
    return shares;
}

static bool has(const Op *loop, const Share *shares, Share what)
{
    for (int k = 0; k < loop_n_carried(loop); k++)
        if (shares[k] == what)
            return true;
    return false;
}

// ---- a block ----

static Value *zero_of(Builder *b, const Value *v)
{
    return type_is_real(v->type) ? b_real(b, 0.0) : b_int(b, 0);
}

// The block's trips, at b, where the rows of all arrays that are added to are open.
static void put_trips(Split *s, Builder *b, Value *block)
{
    const Op *loop = s->loop;
    const Region *body = loop->regions[0];
    int n = loop_n_carried(loop), m = 0;
    Value **init = NEW_N(s->p->a, Value *, n + 1);
    for (int k = 0; k < n; k++) {
        if (s->shares[k] == SHARE_SUM)
            init[m++] = zero_of(b, loop_arg(loop, k));
        else if (s->shares[k] != SHARE_KEPT)
            init[m++] = s->shares[k] == SHARE_ADDED ? b_fill(b, s->now[s->place[k]], zero_of(b, loop_arg(loop, k))) : s->now[s->place[k]];
    }
    Value *first = b_2(b, OP_imul, block, s->size), *step = b_int(b, loop->step), *count = b_2(b, OP_imin, s->size, b_2(b, OP_isub, s->trips, first));
    Value *end = b_2(b, OP_iadd, first, count);
    first->name = "first";
    count->name = "count";
    Value *from = b_2(b, OP_iadd, s->lo, b_2(b, OP_imul, first, step)), *to = b_2(b, OP_iadd, s->lo, b_2(b, OP_imul, end, step));
    Op *trips = b_loop(b, from, to, loop->step, false, m, init);
    Builder in = builder_at(b->f, trips->regions[0], b->fold);
    s->map[loop_index(loop)->id] = loop_index(trips);
    loop_index(trips)->name = loop_index(loop)->name;
    m = 0;
    for (int k = 0; k < n; k++) {
        Value *arg = loop_arg(loop, k);
        s->map[arg->id] = s->shares[k] == SHARE_KEPT ? loop->in[loop_first_init(loop) + k] : loop_arg(trips, m++);
        if (s->shares[k] != SHARE_KEPT)
            s->map[arg->id]->name = arg->name;
        if (s->shares[k] == SHARE_ADDED)
            s->map[arg->root->id] = s->map[arg->id]->root;      // by which a copy of an op finds its array
    }
    for (int i = 0; i < body->ops.n; i++)
        ir_clone_op(&in, body->ops.at[i], s->map);
    Value **y = NEW_N(s->p->a, Value *, n + 1);
    m = 0;
    for (int k = 0; k < n; k++) {
        Value *v = loop_yield(loop, k);
        if (s->shares[k] != SHARE_KEPT)
            y[m++] = s->map[v->id] ? s->map[v->id] : v;
    }
    ir_yield(&in, m, y);
    m = 0;
    for (int k = 0; k < n; k++) {
        if (s->shares[k] == SHARE_KEPT)
            continue;
        Value *out = trips->out[m++];
        out->name = loop_arg(loop, k)->name;
        s->now[s->place[k]] = s->shares[k] == SHARE_SUM ? b_store(b, s->now[s->place[k]], 1, &block, out) : out;
    }
}

// What is carried but for place `but`.
static int others(const Split *s, int but, Value **out)
{
    int n = 0;
    for (int i = 0; i < s->n; i++)
        if (i != but)
            out[n++] = s->now[i];
    return n;
}

static void set_now(Split *s, int first, Value *at_first, Value *const *rest)
{
    for (int i = 0; i < s->n; i++)
        s->now[i] = i == first ? at_first : *rest++;
}

// The same, with the block's rows opened of what is added to from carried value k on: they are then `now` in place of the arrays.
static void put_block(Split *s, Builder *b, Value *block, int k)
{
    int n_carried = loop_n_carried(s->loop);
    while (k < n_carried && s->shares[k] != SHARE_ADDED)
        k++;
    if (k == n_carried) {
        put_trips(s, b, block);
        return;
    }
    int at = s->place[k];
    Value **list = NEW_N(s->p->a, Value *, s->n + 1);
    Path path = {.n_idx = 1, .rank = s->now[at]->type.rank - 1};
    int n = others(s, at, list);
    Op *open = b_within(b, s->now[at], 1, &path, 1, &block, n, list);
    Builder in = builder_at(b->f, open->regions[0], b->fold);
    Value *const *args = in.at->args.at;
    args[0]->name = loop_arg(s->loop, k)->name;
    set_now(s, at, args[0], args + 1);
    put_block(s, &in, block, k + 1);
    list[0] = s->now[at];
    others(s, at, list + 1);
    ir_yield(&in, s->n, list);
    b_within_end(open);
    set_now(s, at, open->out[0], open->out + 1);
}

// ---- the loop in blocks ----

static const char *part_name(const Pass *p, const Value *arg)
{
    return arg->name ? arena_printf(p->f->module->arena, "%s_part", arg->name) : "part";
}

// An array with room for what every block has of carried value k.
static Value *new_parts(Split *s, Builder *b, Value *blocks, int k)
{
    Value *arg = loop_arg(s->loop, k), *init = s->loop->in[loop_first_init(s->loop) + k], *dims[IR_MAX_RANK] = {blocks};
    int rank = arg->type.kind == K_ARRAY ? arg->type.rank : 0;
    int64_t size;
    bool maybe_local = ir_is_int_const(blocks, &size);          // gcc would say that it may be uninitialized
    for (int i = 0; i < rank; i++) {
        dims[1 + i] = ir_dim(b, init, i);
        maybe_local = maybe_local && ir_is_int_const(dims[1 + i], &size);
    }
    return b_new(b, (Elem)arg->type.elem, rank + 1, dims, maybe_local, part_name(s->p, arg));
}

// Element by element from axis k on: to[idx..] += part[block, idx..]; idx[0] is the block. For ints, for which there is no add_to.
static Value *add_ints(Builder *b, Value *to, Value *part, Value **idx, int k)
{
    if (k == to->type.rank) {
        Value *sum = b_2(b, OP_iadd, b_load(b, to, k, idx + 1), b_load(b, part, k + 1, idx));
        return b_store(b, to, k, idx + 1, sum);
    }
    Op *loop = b_loop(b, b_int(b, 0), ir_dim(b, to, k), 1, false, 1, &to);
    Builder in = builder_at(b->f, loop->regions[0], b->fold);
    idx[k + 1] = loop_index(loop);
    Value *next = add_ints(&in, loop_arg(loop, 0), part, idx, k + 1);
    ir_yield(&in, 1, &next);
    return loop->out[0];
}

// A part of carried value `arg`, that of the block, added to it.
static Value *add_part(Builder *b, Value *arg, Value *parts, Value *block)
{
    Value *idx[1 + IR_MAX_RANK] = {block};
    if (type_is_scalar(arg->type))
        return b_2(b, type_is_real(arg->type) ? OP_add : OP_iadd, arg, b_load(b, parts, 1, &block));
    if (!type_is_real(arg->type))
        return add_ints(b, arg, parts, idx, 0);
    return b_add_to(b, arg, b_slice(b, parts, 1, &block, NULL, NULL));
}

// All parts together, block by block, in place of the loop's results.
static void add_up(Split *s, Builder *b, Value *blocks)
{
    const Op *loop = s->loop;
    int n = loop_n_carried(loop), m = 0;
    Value **init = NEW_N(s->p->a, Value *, n + 1), **y = NEW_N(s->p->a, Value *, n + 1);
    for (int k = 0; k < n; k++)
        if (s->shares[k] == SHARE_SUM || s->shares[k] == SHARE_ADDED)
            init[m++] = loop->in[loop_first_init(loop) + k];
    if (m == 0)
        return;
    Op *all = b_loop(b, b_int(b, 0), blocks, 1, false, m, init);
    Builder in = builder_at(b->f, all->regions[0], b->fold);
    Value *block = loop_index(all);
    block->name = "block";
    m = 0;
    for (int k = 0; k < n; k++) {
        if (s->shares[k] != SHARE_SUM && s->shares[k] != SHARE_ADDED)
            continue;
        Value *parts = s->now[s->place[k]], *arg = loop_arg(all, m);
        arg->name = all->out[m]->name = loop_arg(loop, k)->name;
        y[m++] = add_part(&in, arg, parts, block);
        rewrite_to(&s->p->w, loop->out[k], all->out[m - 1]);
    }
    ir_yield(&in, m, y);
}

static void in_blocks(Pass *p, Builder *b, const Op *loop, const Share *shares)
{
    int n = loop_n_carried(loop), first = loop_first_init(loop);
    Split s = {.p = p, .loop = loop, .shares = shares, .lo = loop->in[0], .trips = b_trip_count(b, loop, loop->in[0], loop->in[1])};
    s.place = NEW_N(p->a, int, n + 1);
    s.now = NEW_N(p->a, Value *, n + 1);
    s.map = NEW_N(p->a, Value *, p->f->n_values + 1);
    Value *one = b_int(b, 1), *last = b_2(b, OP_isub, s.trips, one);
    int most = has(loop, shares, SHARE_ADDED) ? BLOCKS_WITH_ARRAYS : BLOCKS;
    s.size = b_2(b, OP_iadd, b_2(b, OP_idiv, last, b_int(b, most)), one);
    Value *blocks = b_2(b, OP_iadd, b_2(b, OP_idiv, last, s.size), one);
    last->name = "last";
    s.size->name = "size";
    blocks->name = "blocks";
    for (int k = 0; k < n; k++) {
        if (shares[k] == SHARE_KEPT)
            continue;
        s.place[k] = s.n;
        s.now[s.n++] = shares[k] == SHARE_APART ? loop->in[first + k] : new_parts(&s, b, blocks, k);
    }
    Op *all = b_loop(b, b_int(b, 0), blocks, 1, false, s.n, s.now);
    Builder in = builder_at(b->f, all->regions[0], b->fold);
    all->trips = TRIPS_THREADS;
    loop_index(all)->name = "block";
    for (int i = 0; i < s.n; i++)
        s.now[i] = loop_arg(all, i);
    put_block(&s, &in, loop_index(all), 0);
    ir_yield(&in, s.n, s.now);
    for (int i = 0; i < s.n; i++)
        s.now[i] = all->out[i];
    add_up(&s, b, blocks);
    for (int k = 0; k < n; k++)
        if (shares[k] == SHARE_KEPT || shares[k] == SHARE_APART)
            rewrite_to(&p->w, loop->out[k], shares[k] == SHARE_KEPT ? loop->in[first + k] : s.now[s.place[k]]);
}

// ---- all loops ----

// Threads do not hand on to threads: what is inside of such a loop is run by one.
static void keep_inside(const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        if (op->code == OP_loop && op->trips == TRIPS_PARALLEL)
            op->trips = TRIPS_INDEPENDENT;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                keep_inside(op->regions[k]);
    }
}

static void visit_region(Pass *p, Region *r);

static void visit_inside(Pass *p, const Op *op)
{
    for (int k = 0; k < op->n_regions; k++)
        if (op->regions[k])
            visit_region(p, op->regions[k]);
}

// Takes op, of r's former ops, back into r, or what becomes of it.
static void visit_op(Pass *p, Region *r, Op *op)
{
    const Share *shares = op->code == OP_loop && op->trips == TRIPS_PARALLEL ? shares_of(p, op) : NULL;
    if (!shares) {
        if (op->code == OP_loop && op->trips == TRIPS_PARALLEL)
            op->trips = TRIPS_INDEPENDENT;
        visit_inside(p, op);
        region_take(r, op);
        return;
    }
    keep_inside(op->regions[0]);
    if (has(op, shares, SHARE_SUM) || has(op, shares, SHARE_ADDED) || has(op, shares, SHARE_KEPT)) {
        Builder b = builder_at(p->f, r, true);
        b.loc = op->loc;
        in_blocks(p, &b, op, shares);
        return;
    }
    op->trips = TRIPS_THREADS;
    op->reversed = false;
    region_take(r, op);
}

static void visit_region(Pass *p, Region *r)
{
    Op **ops = r->ops.at;
    int n = r->ops.n;
    r->ops.at = NULL;
    r->ops.n = r->ops.cap = 0;
    for (int i = 0; i < n; i++)
        visit_op(p, r, ops[i]);
}

static bool any_parallel(const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        if (op->code == OP_loop && op->trips == TRIPS_PARALLEL)
            return true;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k] && any_parallel(op->regions[k]))
                return true;
    }
    return false;
}

void opt_parallel(Func *f)
{
    if (!any_parallel(f->body))
        return;
    Arena *a = arena_new();
    Pass p = {.f = f, .a = a, .w = rewrite_of(f), .uses = count_uses(a, f)};
    visit_region(&p, f->body);
    rewrite_apply(&p.w);
    arena_free(a);
}
