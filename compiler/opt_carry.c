// opt_carry.c — what a loop adds to one element of an array it adds up in a scalar.
//
// In: a function. Out: the same; a loop whose every trip adds to one and the same element of an array, and does nothing else with that array,
// carries the sum, which is added to the element behind it.
//
//     for (j = 0; j < n; j++) {                                  for (j = 0; j < n; j++) {
//         x_bar[i] += y_bar[j] * a[j];                               s += y_bar[j] * a[j];
//         a_bar[j] += y_bar[j] * x[i];               ->              a_bar[j] += y_bar[j] * x[i];
//     }                                                          }
//                                                                x_bar[i] += s;
//
// So the sum is in a register, and x_bar is not handed through the loop. The element has to be there even if no trip is taken: its index
// is that of a loop over the array around this one, or a constant; else the addition is made where there was a trip.
#include "opt.h"
#include "rewrite.h"

enum {
    MAX_SUMS = 16,                                              // additions to the element in one trip
    MAX_ROUNDS = 4
};

typedef struct Carry {
    Rewrite w;
    int *uses;                                                  // by value id; yields count
    int n;                                                      // ids known
    bool changed;
} Carry;

// Is the array read in r through an older version of it, or a view? Nobody does that if each version has one use.
static bool used_once(const Carry *c, const Value *v)
{
    return v->id < c->n && c->uses[v->id] == 1;
}

static bool same_element(const Op *x, const Op *y)
{
    if (x->n_in != y->n_in)
        return false;
    for (int k = 1; k < x->n_in - 1; k++)
        if (!same_value(x->in[k], y->in[k]))
            return false;
    return true;
}

static bool is_invariant(const Op *acc, const Region *body)
{
    int64_t x;
    for (int k = 1; k < acc->n_in - 1; k++)
        if (region_defines(body, acc->in[k]) && !ir_is_int_const(acc->in[k], &x))
            return false;
    return true;
}

// The additions that make the yield of carried array k of it, last first; how many, 0: they are not all of that kind.
static int sums_of(const Carry *c, const Op *loop, int k, Op **sums)
{
    const Region *body = loop->regions[0];
    const Value *arg = loop_arg(loop, k);
    Value *v = loop_yield(loop, k);
    int n = 0;
    while (v != arg) {
        Op *op = v->def;
        if (!op || op->code != OP_acc || op->parent != body || n == MAX_SUMS || !used_once(c, v) || !is_invariant(op, body) ||
            (n > 0 && !same_element(op, sums[0])))
            return 0;
        sums[n++] = op;
        v = op->in[0];
    }
    return used_once(c, arg) ? n : 0;
}

// Dimension k of the array, where it can be seen without building anything.
static const Value *plain_dim(const Value *root, int k)
{
    if (!root->def)
        return NULL;
    if (root->def->code == OP_new)
        return root->def->in[k];
    return root->def->code == OP_shape && root->def->n_in > 1 + k ? root->def->in[1 + k] : NULL;
}

// Is index an element's on an axis of that length, wherever it is in scope?
static bool is_there(const Value *index, const Value *length)
{
    int64_t i, n;
    if (!length)
        return false;
    if (ir_is_int_const(index, &i))
        return i >= 0 && ir_is_int_const(length, &n) && i < n;
    const Op *loop = index->def ? NULL : index->region->owner;
    return loop && loop->code == OP_loop && index == loop_index(loop) && loop->step > 0 && ir_is_int_const(loop->in[0], &i) &&
           i >= 0 && same_value(loop->in[1], length);
}

static bool element_is_there(const Op *acc)
{
    bool there = !type_is_struct(acc->in[0]->type);
    for (int k = 1; k < acc->n_in - 1 && there; k++)
        there = is_there(acc->in[k], plain_dim(acc->in[0]->root, k - 1));
    return there;
}

// The constants among the indices, defined where b builds.
static void outer_indices(Builder *b, const Op *acc, Value **idx)
{
    for (int k = 1; k < acc->n_in - 1; k++) {
        int64_t x;
        idx[k - 1] = ir_is_int_const(acc->in[k], &x) ? b_int(b, x) : acc->in[k];
    }
}

static Value *add_behind(Builder *b, const Op *loop, const Op *acc, Value *array, Value *sum)
{
    Value *idx[IR_MAX_INDEX];
    int n = acc->n_in - 2;
    if (element_is_there(acc)) {
        outer_indices(b, acc, idx);
        return b_acc(b, array, n, idx, sum);
    }
    Value *lo = loop->in[0], *hi = loop->in[1];
    Op *guard = b_if(b, b_2(b, loop->step > 0 ? OP_ilt : OP_igt, lo, hi), 1, &array);
    for (int arm = 0; arm < 2; arm++) {
        Builder in = builder_at(b->f, guard->regions[arm], b->fold);
        in.loc = b->loc;
        Value *v = in.at->args.at[0];
        if (arm == 0) {
            outer_indices(&in, acc, idx);
            v = b_acc(&in, v, n, idx, sum);
        }
        ir_yield(&in, 1, &v);
    }
    b_if_end(guard);
    return guard->out[0];
}

// Moves the ops of r from number `from` on to place `at`; gives the place behind them.
static int move_ops(Region *r, int from, int at)
{
    for (; from < r->ops.n; from++, at++) {
        Op *op = r->ops.at[from];
        for (int k = from; k > at; k--)
            r->ops.at[k] = r->ops.at[k - 1];
        r->ops.at[at] = op;
    }
    return at;
}

// The sum of what the additions add in a trip, put where the last of them stands, which go.
static Value *trip_sum(Carry *c, Region *body, Op *const *sums, int n, Value *sum)
{
    int at = 0, kept = 0;
    while (body->ops.at[at] != sums[0])
        at++;
    Builder in = builder_at(c->w.f, body, false);
    in.loc = sums[0]->loc;
    int end = body->ops.n;
    for (int i = n - 1; i >= 0; i--) {
        sum = b_2(&in, OP_add, sum, sums[i]->in[sums[i]->n_in - 1]);
        rewrite_to(&c->w, sums[i]->out[0], sums[i]->in[0]);
        sums[i]->mark = 1;
    }
    move_ops(body, end, at);
    for (int i = 0; i < body->ops.n; i++)
        if (body->ops.at[i]->code != OP_acc || !body->ops.at[i]->mark)
            body->ops.at[kept++] = body->ops.at[i];
    body->ops.n = kept;
    return sum;
}

// Carried array k of the loop at place `at` of r becomes a carried sum. Gives the place of the loop, which constants may have moved.
static int replace(Carry *c, Region *r, int at, int k, Op *const *sums, int n)
{
    Op *loop = r->ops.at[at];
    Region *body = loop->regions[0];
    int first = loop_first_init(loop), m = r->ops.n;
    Value *array = loop->in[first + k], *result = loop->out[k];
    Builder before = builder_at(c->w.f, r, false), behind = builder_at(c->w.f, r, true);
    behind.loc = sums[0]->loc;
    loop->in[first + k] = b_real(&before, 0.0);
    at = move_ops(r, m, at);

    const char *name = result->name;
    Value *arg = region_insert_arg(body, loop->counted + k, T_REAL, name);
    rewrite_to(&c->w, body->args.at[loop->counted + k + 1], array);
    region_remove_arg(body, loop->counted + k + 1);
    body->yields.at[loop->has_exit + k] = trip_sum(c, body, sums, n, arg);
    Value *sum = b_result(loop, T_REAL, name, NULL);            // at the end; it belongs at place k
    for (int i = loop->n_out - 1; i > k; i--) {
        loop->out[i] = loop->out[i - 1];
        loop->out[i]->index = i;
    }
    loop->out[k] = sum;
    sum->index = k;
    op_remove_result(loop, k + 1);
    m = r->ops.n;
    Value *next = add_behind(&behind, loop, sums[0], array, sum);
    next->name = name;
    move_ops(r, m, at + 1);
    rewrite_to(&c->w, result, next);
    c->changed = true;
    return at;
}

static void visit(Carry *c, Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i], *sums[MAX_SUMS];
        op->mark = 0;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                visit(c, op->regions[k]);
        if (op->code != OP_loop || !op->counted || op->checkpoint)
            continue;
        for (int k = 0; k < loop_n_carried(op); k++) {
            int n = type_eq(loop_arg(op, k)->type, type_array(E_REAL, loop_arg(op, k)->type.rank)) ? sums_of(c, op, k, sums) : 0;
            if (n)
                i = replace(c, r, i, k, sums, n);
        }
    }
}

static bool run_once(Func *f)
{
    Arena *a = arena_new();
    Carry c = {.w = rewrite_of(f), .uses = count_uses(a, f), .n = f->n_values};
    visit(&c, f->body);
    rewrite_apply(&c.w);
    arena_free(a);
    return c.changed;
}

// Each round carries an addition out of one loop.
void opt_carry(Func *f)
{
    for (int i = 0; func_has_body(f) && i < MAX_ROUNDS && run_once(f); i++)
        continue;
}
