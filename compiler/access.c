// access.c — how the trips of a loop touch what they share. See access.h.
#include "access.h"
#include "rewrite.h"

#include "opt.h"

enum { MAX_DEPTH = 64, MAX_CHAIN = 64, MAX_STEPS = 1024 };      // of a sum; and calls looked into

// ---- arrays ----

bool op_hands_on(const Op *op, int k)
{
    return op->code == OP_if || op->code == OP_loop || (op->code == OP_within && k > 0);
}

// Is the array of that root only added to in r?
static bool only_added(const Region *r, const Value *root)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_in; k++) {
            if (op->in[k]->root != root)
                continue;
            if (!op_hands_on(op, k) && !(k == 0 && op_adds_only(op)))
                return false;
        }
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k] && !only_added(op->regions[k], root))
                return false;
    }
    return true;
}

bool op_adds_only(const Op *op)
{
    if (op->code == OP_acc || op->code == OP_add_to || op->code == OP_gemm)
        return true;
    if (op->code != OP_within)
        return false;
    for (int j = 0; j < op->n_paths; j++)
        if (!only_added(op->regions[0], op->regions[0]->args.at[j]))
            return false;
    return true;
}

unsigned op_foreign_axes(const Op *op, int k, const Value *index)
{
    unsigned own = 0;
    bool element = op->code == OP_load || op->code == OP_store || op->code == OP_acc;
    int n = k > 0 ? 0 : element ? op_n_index(op) : op->code == OP_slice ? op->paths->n_idx : 0;
    for (int axis = 0; axis < n; axis++)
        own |= op->in[1 + axis] == index ? 1u << axis : 0;
    if (op->code != OP_within || k > 0)
        return ~own;
    own = ~0u;
    for (int j = 0, at = 1; j < op->n_paths; at += path_n_operands(&op->paths[j++])) {
        unsigned here = 0;
        for (int axis = 0; !op->paths[j].at_pos && axis < op->paths[j].n_idx; axis++)
            here |= op->in[at + axis] == index ? 1u << axis : 0;
        own &= here;
    }
    return ~own;
}

static bool same_element(const Op *x, const Op *y)
{
    if (op_n_index(x) != op_n_index(y))
        return false;
    for (int k = 1; k <= op_n_index(x); k++)
        if (!same_value(x->in[k], y->in[k]))
            return false;
    return true;
}

// The load that v, to be stored by `store`, is, but for what was added to it; nobody else looks at it or at what it becomes on the way. Or NULL.
static const Op *summed_from(const Op *store, const Value *v, int depth)
{
    const Op *op = v->def, *from;
    if (!op || depth == 0 || op->parent != store->parent)
        return NULL;
    if (op->code != OP_load && op->code != OP_add && op->code != OP_iadd && op->code != OP_sub && op->code != OP_isub)
        return NULL;
    if (uses_in(store->parent, v) != 1)
        return NULL;
    if (op->code == OP_load)
        return op->in[0] == store->in[0] && same_element(op, store) ? op : NULL;
    from = summed_from(store, op->in[0], depth - 1);
    return from || op->code == OP_sub || op->code == OP_isub ? from : summed_from(store, op->in[1], depth - 1);
}

enum { MAX_SUM = 8 };                       // terms that are added to an element at once

bool access_is_sum(const Op *op)
{
    return op->code == OP_store && summed_from(op, op->in[op->n_in - 1], MAX_SUM);
}

// Is op the load of such an element?
static bool is_sum_load(const Op *op)
{
    for (int i = 0; op->code == OP_load && i < op->parent->ops.n; i++) {
        const Op *store = op->parent->ops.at[i];
        if (store->code == OP_store && store->in[0] == op->in[0])
            return summed_from(store, store->in[store->n_in - 1], MAX_SUM) == op;
    }
    return false;
}

// Is the array of that root only added to in r, in whatever way?
static bool only_summed(const Region *r, const Value *root)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_in; k++) {
            if (op->in[k]->root != root || op_hands_on(op, k))
                continue;
            bool sums = op_adds_only(op) || access_is_sum(op) || is_sum_load(op);
            for (int j = 0; op->code == OP_within && j < op->n_paths && !sums; j++)
                if (!only_summed(op->regions[0], op->regions[0]->args.at[j]))
                    return false;
            if (k > 0 || !(sums || op->code == OP_within))
                return false;
        }
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k] && !only_summed(op->regions[k], root))
                return false;
    }
    return true;
}

static bool adds_in(const Region *r, const Value *root, int depth);

// May op, or what it calls, add to operand k, an array that it writes?
static bool adds_to(const Op *op, int k, int depth)
{
    switch (op->code) {
    case OP_acc: case OP_add_to: case OP_gemm:
        return k == 0;
    case OP_store:
        return k == 0 && access_is_sum(op);
    case OP_within:
        for (int j = 0; j < op->n_paths && k == 0; j++)
            if (adds_in(op->regions[0], op->regions[0]->args.at[j], depth))
                return true;
        return false;
    case OP_call: {
        const Func *f = op->callee;
        if (!op_consumes(op, k))
            return false;
        if (depth == 0 || f->is_extern || !f->body || (f->transform != TR_NONE && !f->done))
            return true;
        const Op *shape = ir_shape_of(f, f->body->args.at[k]);
        return !shape || adds_in(f->body, shape->out[0], depth - 1);
    }
    default:
        return false;
    }
}

static bool adds_in(const Region *r, const Value *root, int depth)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_in; k++)
            if (op->in[k]->root == root && !op_hands_on(op, k) && adds_to(op, k, depth))
                return true;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k] && adds_in(op->regions[k], root, depth))
                return true;
    }
    return false;
}

static void look(const Region *r, const Value *root, const Value *index, Access *a)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_in; k++) {
            if (op->in[k]->root != root || op_hands_on(op, k))
                continue;
            a->any = true;
            a->only_added &= k == 0 && op_adds_only(op);
            a->foreign |= index ? op_foreign_axes(op, k, index) : ~0u;
        }
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                look(op->regions[k], root, index, a);
    }
}

Access access_of(const Region *r, const Value *root, const Value *index)
{
    Access a = {.only_added = true, .only_summed = only_summed(r, root), .adds = adds_in(r, root, MAX_DEPTH)};
    look(r, root, index, &a);
    return a;
}

bool access_is_own(const Access *a)
{
    const unsigned all_axes = (1u << IR_MAX_INDEX) - 1;
    return (a->foreign & all_axes) != all_axes;
}

// ---- sums ----

// The values on the way from what a trip is handed to what it hands on, and how often each was met as that.
typedef struct Chain {
    const Value *at[MAX_CHAIN];
    int met[MAX_CHAIN];
    int n;
    int left;                               // steps that may still be taken: the same sum may be met on many ways
} Chain;

// Has v been met before? Then from there on everything has.
static bool meet_again(Chain *c, const Value *v)
{
    for (int i = 0; i < c->n; i++)
        if (c->at[i] == v) {
            c->met[i]++;
            return true;
        }
    return false;
}

static bool leads(Chain *c, const Value *y, const Value *arg, int depth);

// The same with one operand: what was met on a way that led nowhere is forgotten.
static bool leads_through(Chain *c, const Value *y, const Value *arg, int depth)
{
    Chain before = *c;
    if (leads(c, y, arg, depth))
        return true;
    before.left = c->left;
    *c = before;
    return false;
}

// y is arg, or arg and things added to it.
static bool leads(Chain *c, const Value *y, const Value *arg, int depth)
{
    const Op *op = y->def;
    if (meet_again(c, y))
        return true;
    if (depth == 0 || --c->left < 0 || c->n == MAX_CHAIN)
        return false;
    c->at[c->n] = y;
    c->met[c->n++] = 1;
    if (y == arg || !op)
        return y == arg;
    switch (op->code) {
    case OP_add: case OP_iadd:
        return leads_through(c, op->in[0], arg, depth - 1) || leads_through(c, op->in[1], arg, depth - 1);
    case OP_sub: case OP_isub:
        return leads(c, op->in[0], arg, depth - 1);
    case OP_if:
        return leads(c, op->regions[0]->yields.at[y->index], arg, depth - 1) && leads(c, op->regions[1]->yields.at[y->index], arg, depth - 1);
    case OP_loop:
        return y->index < loop_n_carried(op) && loop_sums(op, y->index) && leads(c, op->in[loop_first_init(op) + y->index], arg, depth - 1);
    case OP_within:
        return leads(c, op->regions[0]->yields.at[y->index - 1 + op->n_paths], arg, depth - 1);
    default:
        return false;
    }
}

bool loop_sums(const Op *loop, int k)
{
    const Value *arg = loop_arg(loop, k);
    const Region *head = loop->n_regions > 1 ? loop->regions[1] : NULL;
    Chain c = {.left = MAX_STEPS};
    if (head && uses_in(head, head->args.at[k]))
        return false;
    if (!type_is_scalar(arg->type) || arg->type.elem == E_BOOL || !leads(&c, loop_yield(loop, k), arg, MAX_DEPTH))
        return false;
    for (int i = 0; i < c.n; i++)
        if (uses_in(loop->regions[0], c.at[i]) != c.met[i])
            return false;
    return true;
}

bool loop_keeps(const Op *loop, int k)
{
    return loop_yield(loop, k) == loop_arg(loop, k);
}
