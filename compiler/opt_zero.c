// opt_zero.c — removes zeros, and other fills, that nobody sees.
//
// In: a function. Out: the same, where a `new zero` or `fill` whose every element is written again before any is read
// does not write. Writing again is a fill, a copy_to, counted loops over all indices that store the element of their
// indices first of all, or, in a small array, a store for each element. The first elements of a vector may be stored before the loop over the others.
//
//     %A = new real[%n] zero                                         %A = new real[%n]
//     %B, %T = loop %i = 0 to %n step 1 (%A1 = %A) {        ->       %B, %T = loop %i = 0 to %n step 1 (%A1 = %A) {
//         %A2 = store %A1[%i], %v   yield %A2 }                          %A2 = store %A1[%i], %v   yield %A2 }
//
// Where the first write adds to a zero, it becomes a store, or a copy_to.
#include "opt.h"
#include "rewrite.h"

#include <assert.h>
#include <string.h>

enum { MAX_RANK = 8, MAX_ELEMENTS = 32 };

struct Zero {
    Rewrite w;
    int *uses;                                                  // by value id; yields count
    Op **consumer;                                              // by value id of an array
    bool zeros;                                                 // what is looked at writes zeros,
    Op *first_acc;                                              //   which this first write (acc, add_to) adds to
};
typedef struct Zero Zero;

static void note_uses(Zero *z, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_in; k++) {
            z->uses[op->in[k]->id]++;
            if (op_consumes(op, k))
                z->consumer[op->in[k]->id] = op;
        }
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                note_uses(z, op->regions[k]);
    }
    for (int i = 0; i < r->yields.n; i++)
        z->uses[r->yields.at[i]->id]++;
}

// Dimension k of a buffer, where it can be seen without building anything.
static const Value *plain_dim(const Value *root, int k)
{
    if (!root->def)
        return NULL;
    if (root->def->code == OP_new)
        return root->def->in[k];
    return root->def->code == OP_shape && root->def->n_in > 1 + k ? root->def->in[1 + k] : NULL;
}

static bool same_indices(const Op *op, Value *const *index, int n)
{
    for (int k = 0; k < n; k++)
        if (op->in[1 + k] != index[k])
            return false;
    return true;
}

// Is v, once element index[..] of it is written, only touched at that element until it is yielded? Only versions made
// one after the other are followed; a load of v itself is a use more than the list allows.
static bool goes_to_yield(const Zero *z, const Value *v, Value *const *index, int n)
{
    while (z->uses[v->id] == 1 && z->consumer[v->id]) {
        const Op *op = z->consumer[v->id];
        if ((op->code != OP_store && op->code != OP_acc) || !same_indices(op, index, n))
            return false;
        v = op->out[0];
    }
    if (z->uses[v->id] != 1)
        return false;
    for (int i = 0; i < v->region->yields.n; i++)
        if (v->region->yields.at[i] == v)
            return true;
    return false;
}

static bool is_int(const Value *v, int64_t x)
{
    int64_t c;
    return ir_is_int_const(v, &c) && c == x;
}

// Which carried value of the loop starts as v.
static int carried_as(const Op *loop, const Value *v)
{
    int first = loop_first_init(loop);
    for (int k = first; k < loop->n_in; k++)
        if (loop->in[k] == v)
            return k - first;
    return -1;
}

// Is every element of v, a small array of known size, stored one after the other before any is read?
static bool stored_one_by_one(const Zero *z, const Value *v)
{
    int64_t size = 1, dims[MAX_RANK];
    for (int k = 0; k < v->type.rank; k++) {
        const Value *dim = plain_dim(v->root, k);
        if (!dim || !ir_is_int_const(dim, &dims[k]) || dims[k] < 1 || (size *= dims[k]) > MAX_ELEMENTS)
            return false;
    }
    uint64_t missing = (1ull << size) - 1;
    while (missing && z->uses[v->id] == 1 && z->consumer[v->id] && z->consumer[v->id]->code == OP_store) {
        const Op *op = z->consumer[v->id];
        int64_t at = 0, i;
        for (int k = 0; k < v->type.rank; k++) {
            if (!ir_is_int_const(op->in[1 + k], &i) || i < 0 || i >= dims[k])
                return false;
            at = at * dims[k] + i;
        }
        missing &= ~(1ull << at);
        v = op->out[0];
    }
    return !missing;
}

// Does adding an array to v set v to it? Of structs only the reals are added, so the ints of one that anybody sees have to be zero.
static bool is_added_to_zero(const Zero *z, const Value *v)
{
    return z->zeros && (!type_is_struct(v->type) || v->def->code == OP_new);
}

// The version of v, a vector, behind stores to its elements 0, 1, ..; *next: the first element that none of them writes.
static const Value *behind_first_stores(const Zero *z, const Value *v, int64_t *next)
{
    *next = 0;
    for (const Op *op; v->type.rank == 1 && z->uses[v->id] == 1 && (op = z->consumer[v->id]) != NULL; v = op->out[0], ++*next)
        if (op->code != OP_store || !is_int(op->in[1], *next))
            break;
    return v;
}

// Is every element of v whose first n indices are index[..] written before any is read?
static bool overwritten(Zero *z, const Value *v, Value **index, int n)
{
    Op *op = z->consumer[v->id];
    int rank = v->type.rank;
    if (z->uses[v->id] != 1 || !op || v->type.kind != K_ARRAY)
        return false;
    if (n == 0 && (op->code == OP_fill || op->code == OP_copy_to))
        return op->in[0] == v;
    if (n == 0 && op->code == OP_add_to && op->in[0] == v && is_added_to_zero(z, v)) {
        z->first_acc = op;
        return true;
    }
    if (type_is_struct(v->type))
        return false;                                           // all its fields would have to be
    if (n == 0 && op->code == OP_store && rank > 0 && rank <= MAX_RANK && stored_one_by_one(z, v))
        return true;
    int64_t first = 0;
    if (n == 0 && op->code == OP_store) {
        v = behind_first_stores(z, v, &first);
        op = z->consumer[v->id];
        if (!first || !op || z->uses[v->id] != 1)
            return false;
    }
    if (n == rank) {
        bool acc = op->code == OP_acc && z->zeros;
        z->first_acc = acc ? op : NULL;
        return (op->code == OP_store || acc) && same_indices(op, index, n) && goes_to_yield(z, op->out[0], index, n);
    }
    if (op->code != OP_loop || !op->counted || op->has_exit || op->step != 1 || !is_int(op->in[0], first))
        return false;
    const Value *dim = plain_dim(v->root, n);
    int k = carried_as(op, v);
    if (!dim || !same_value(op->in[1], dim) || k < 0)
        return false;
    index[n] = loop_index(op);
    const Value *arg = loop_arg(op, k), *yield = loop_yield(op, k);
    if (!overwritten(z, arg, index, n + 1))
        return false;
    const Op *inner = z->consumer[arg->id];
    if (n + 1 == rank)
        return true;                                            // goes_to_yield has seen to the rest
    int inner_k = carried_as(inner, arg);
    return inner_k >= 0 && yield == inner->out[inner_k] && z->uses[yield->id] == 1;
}

Overwritten *overwritten_of(Arena *a, const Func *f)
{
    Zero *z = NEW(a, Zero);
    *z = (Zero){.uses = NEW_N(a, int, f->n_values + 1), .consumer = NEW_N(a, Op *, f->n_values + 1)};
    note_uses(z, f->body);
    return z;
}

bool is_overwritten(Overwritten *z, const Value *v)
{
    Value *index[MAX_RANK];
    z->zeros = false;
    return v->type.rank <= MAX_RANK && overwritten(z, v, index, 0);
}

static void visit(Zero *z, Region *r)
{
    int n = 0;
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        Value *index[MAX_RANK];
        bool writes = op->code == OP_fill || (op->code == OP_new && op->i == 1);
        z->zeros = writes && (op->code == OP_new || ir_is_zero(op->in[1]));
        z->first_acc = NULL;
        bool hidden = writes && op->out[0]->type.rank <= MAX_RANK && overwritten(z, op->out[0], index, 0);
        if (hidden && z->first_acc)
            z->first_acc->code = z->first_acc->code == OP_add_to ? OP_copy_to : OP_store;
        if (hidden && op->code == OP_fill) {
            rewrite_to(&z->w, op->out[0], op->in[0]);
            continue;
        }
        if (hidden)
            op->i = 0;
        r->ops.at[n++] = op;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                visit(z, op->regions[k]);
    }
    r->ops.n = n;
}

// Two rounds: a fill that went may have hidden the zeros of the `new` before it.
void opt_zero(Func *f)
{
    if (!func_has_body(f))
        return;
    Arena *a = arena_new();
    for (int round = 0; round < 2; round++) {
        Zero z = {.w = rewrite_of(f), .uses = NEW_N(a, int, f->n_values + 1), .consumer = NEW_N(a, Op *, f->n_values + 1)};
        note_uses(&z, f->body);
        visit(&z, f->body);
        rewrite_apply(&z.w);
    }
    arena_free(a);
}
