// opt_merge.c — two branches on the same condition, one right after the other, become one.
//
// In: a function. Out: the same, with fewer ifs. The forward and the reverse of a branch often meet like this:
//
//     %y = if %c { A; yield %a } else { .. }                         %y, %z = if %c { A; B with %a for %y; yield %a, %b } else { .. }
//     %z = if %c { B uses %y; yield %b } else { .. }         ->
//
// Between the two only scalar ops, constants and loads may stand that do not use the first one's results: they stay in front.
#include "opt.h"
#include "rewrite.h"

#include <assert.h>

enum { FAR = 64 };                          // ops that may stand between the two

static bool uses_result_of(const Op *op, const Op *maker)
{
    for (int k = 0; k < op->n_in; k++)
        if (op->in[k]->def == maker)
            return true;
    return false;
}

static bool may_stand_between(const Op *op)
{
    return op_is_scalar(op->code) || op->code == OP_load || op->code == OP_undef || op->code == OP_shape ||
           (op->code >= OP_const_real && op->code <= OP_const_array);
}

static bool is_view(const Value *v)
{
    return v->def && (v->def->code == OP_slice || v->def->code == OP_reshape || v->def->code == OP_view_at);
}

// Does r look at a view that was made outside of it?
static bool reads_outer_view(const Region *r, const Region *home)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_in; k++)
            if (is_view(op->in[k]) && !region_defines(home, op->in[k]))
                return true;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k] && reads_outer_view(op->regions[k], home))
                return true;
    }
    return false;
}

// An array that only second writes is handed to the two together. What first looked at is then its argument; a view of it would be lost.
static bool keeps_views(const Op *first, const Op *second)
{
    for (int k = 1; k < second->n_in; k++)
        if (second->in[k]->def != first)
            return !reads_outer_view(first->regions[0], first->regions[0]) &&
                   !reads_outer_view(first->regions[1], first->regions[1]);
    return true;
}

// The place in r->ops, whose last op is an if, of the if before it that can be merged with it, or -1.
static int partner_of_last(const Region *r)
{
    int last = r->ops.n - 1, i = last - 1;
    const Op *op = r->ops.at[last];
    while (i >= 0 && i > last - FAR && r->ops.at[i]->code != OP_if && may_stand_between(r->ops.at[i]))
        i--;
    if (i < 0 || r->ops.at[i]->code != OP_if || r->ops.at[i]->in[0] != op->in[0])
        return -1;
    for (int k = i + 1; k < last; k++)
        if (uses_result_of(r->ops.at[k], r->ops.at[i]))
            return -1;
    return keeps_views(r->ops.at[i], op) ? i : -1;
}

static int n_arrays(const Op *op)
{
    return op->n_in - 1;
}

// Which result of first the array k of second is, or -1.
static int given_by(const Op *first, const Op *second, int k)
{
    const Value *v = second->in[1 + k];
    return v->def == first ? v->index : -1;
}

// Moves the ops of second's arm to the end of first's, with first's results replaced by what that arm yields for them.
static void join_arm(Op *first, Op *second, int arm, Rewrite *w)
{
    Arena *a = w->f->module->arena;
    Region *one = first->regions[arm], *two = second->regions[arm];
    int n_first = n_arrays(first), n_second = n_arrays(second), n_one = one->yields.n;
    Value **yields = NEW_N(a, Value *, n_one + 1);
    for (int i = 0; i < n_one; i++)
        yields[i] = one->yields.at[i];
    for (int i = 0; i < first->n_out; i++)
        rewrite_to(w, first->out[i], yields[i]);
    bool fresh = false;
    for (int i = 0; i < n_second; i++) {
        Value *arg = two->args.at[i];
        int k = given_by(first, second, i);
        Value *is = k >= 0 ? yields[k] : region_arg(one, arg->type, arg->name, arg->root);
        rewrite_to(w, arg, is);
        if (k < 0)
            rewrite_to(w, second->in[1 + i], is);               // first's arm looked at the version that is now handed in
        fresh |= k < 0;
    }
    for (int i = 0; fresh && i < one->ops.n; i++)
        rewrite_op(w, one->ops.at[i]);
    for (int i = 0; i < two->ops.n; i++) {
        rewrite_op(w, two->ops.at[i]);
        region_take(one, two->ops.at[i]);
    }
    one->yields.n = 0;
    for (int i = 0; i < n_second; i++)
        if (given_by(first, second, i) >= 0)
            yields[given_by(first, second, i)] = rewrite_get(w, two->yields.at[i]);
    for (int i = 0; i < n_first; i++)
        vec_push(a, &one->yields, yields[i]);
    for (int i = 0; i < n_second; i++)
        if (given_by(first, second, i) < 0)
            vec_push(a, &one->yields, rewrite_get(w, two->yields.at[i]));
    for (int i = n_first; i < n_one; i++)
        vec_push(a, &one->yields, yields[i]);
    for (int i = n_second; i < two->yields.n; i++)
        vec_push(a, &one->yields, rewrite_get(w, two->yields.at[i]));
    for (int i = 0; i < first->n_out; i++)
        w->to[first->out[i]->id] = NULL;    // outside of the arm they stay what they are
    for (int i = 0; i < n_second; i++)
        w->to[second->in[1 + i]->id] = NULL;
}

static void own_result(Op *op, Value **out, int *n, Value *v)
{
    v->def = op;
    v->index = *n;
    out[(*n)++] = v;
}

// Operands and results of the two together, in the order of join_arm's yields. A result of first that second made a new version of is gone.
static void join_lists(Op *first, Op *second, Arena *a)
{
    int n_first = n_arrays(first), n_second = n_arrays(second), n_in = first->n_in, n_out = 0;
    Value **in = NEW_N(a, Value *, first->n_in + second->n_in), **out = NEW_N(a, Value *, first->n_out + second->n_out + 1);
    bool *newer = NEW_N(a, bool, second->n_out + 1);
    Value **versions = NEW_N(a, Value *, first->n_out + 1);
    for (int i = 0; i < first->n_out; i++)
        versions[i] = first->out[i];
    for (int i = 0; i < n_in; i++)
        in[i] = first->in[i];
    for (int i = 0; i < n_second; i++) {
        int k = given_by(first, second, i);
        newer[i] = k >= 0;
        if (k >= 0)
            versions[k] = second->out[i];
        else
            in[n_in++] = second->in[1 + i];
    }
    for (int i = 0; i < n_first; i++)
        own_result(first, out, &n_out, versions[i]);
    for (int i = 0; i < n_second; i++)
        if (!newer[i])
            own_result(first, out, &n_out, second->out[i]);
    for (int i = n_first; i < first->n_out; i++)
        own_result(first, out, &n_out, versions[i]);
    for (int i = n_second; i < second->n_out; i++)
        own_result(first, out, &n_out, second->out[i]);
    first->in = in;
    first->n_in = n_in;
    first->out = out;
    first->n_out = n_out;
}

// Merges the last op of r, an if, into the one at place i, which moves to the end.
static void merge_last(Region *r, int i, Rewrite *w)
{
    Op *first = r->ops.at[i], *second = r->ops.at[r->ops.n - 1];
    for (int arm = 0; arm < 2; arm++)
        join_arm(first, second, arm, w);
    join_lists(first, second, w->f->module->arena);
    for (int k = i; k < r->ops.n - 2; k++)
        r->ops.at[k] = r->ops.at[k + 1];
    r->ops.at[r->ops.n - 2] = first;
    r->ops.n--;
}

static void merge_region(Region *r, Rewrite *w)
{
    int n = r->ops.n;
    r->ops.n = 0;
    for (int i = 0; i < n; i++) {
        Op *op = r->ops.at[i];              // what was merged away leaves room, so this is not yet overwritten
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                merge_region(op->regions[k], w);
        r->ops.at[r->ops.n++] = op;
        if (op->code != OP_if)
            continue;
        int partner = partner_of_last(r);
        if (partner >= 0)
            merge_last(r, partner, w);
    }
}

void opt_merge(Func *f)
{
    Rewrite w = rewrite_of(f);
    merge_region(f->body, &w);
}
