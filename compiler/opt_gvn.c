// opt_gvn.c — one op for what is computed twice.
//
// In: a function. Out: of equal pure ops, the one that comes first and dominates the others stays. A table of ops is
// kept while the regions are walked; what a region adds is taken out again at its end, so an op is only replaced by one
// that is in scope.
//
//     %a = mul %x, %y    ..    %b = mul %x, %y    %c = add %a, %b        ->        %a = mul %x, %y    %c = add %a, %a
//
// Loads need no further thought: two loads with equal operands read one version of an array, and the second is a read
// of a version that is still alive. So it is with factors, which nobody changes: a matrix is factored once. Constants are
// not looked at (the emitter writes them where they are used), but equal ones count as equal operands. A check of a
// condition that was checked before cannot fail, whatever it would say. A copy of an array is that array where nobody
// writes to either.
#include "opt.h"
#include "rewrite.h"

#include <string.h>

typedef struct Entry {
    Op *op;
    uint64_t hash;
    struct Entry *next;                                         // of the same bucket
    struct Entry *before;                                       // added before this one, anywhere
} Entry;

typedef struct Gvn {
    Rewrite w;
    Arena *a;
    Entry **buckets;
    size_t mask;
    Entry *newest;
    const bool *consumed;                                       // by id
} Gvn;

static bool is_candidate(const Op *op)
{
    switch (op->code) {
    case OP_check: case OP_load: case OP_len: case OP_slice: case OP_reshape: case OP_view_at: case OP_lu: case OP_lu_logdet:
        return true;
    default:
        return op_is_scalar(op->code);
    }
}

static uint64_t mix(uint64_t h, uint64_t x)
{
    h = (h ^ x) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ (h >> 29);
}

static uint64_t hash_value(const Value *v)
{
    double x;
    uint64_t bits;
    if (!ir_is_const(v, &x))
        return (uint64_t)v->id + 7;
    memcpy(&bits, &x, sizeof bits);
    return mix(bits, v->type.elem);
}

static int operands_that_count(const Op *op)                    // of a check only the condition
{
    return op->code == OP_check ? 1 : op->n_in;
}

static uint64_t hash_op(const Op *op)
{
    uint64_t h = mix(1, (uint64_t)op->code);
    for (int i = 0; i < operands_that_count(op); i++)
        h = mix(h, hash_value(op->in[i]));
    return h;
}

static bool equal_ops(const Op *x, const Op *y)
{
    if (x->code != y->code || x->n_out != y->n_out || operands_that_count(x) != operands_that_count(y) ||
        (x->n_out && !type_eq(x->out[0]->type, y->out[0]->type)))
        return false;
    if (x->code == OP_slice && (x->paths->n_idx != y->paths->n_idx || x->paths->has_range != y->paths->has_range))
        return false;
    for (int i = 0; i < operands_that_count(x); i++)
        if (!same_value(x->in[i], y->in[i]))
            return false;
    return true;
}

// An equal op in scope, or NULL; then op is in the table from now on.
static Op *find_or_add(Gvn *g, Op *op)
{
    uint64_t hash = hash_op(op);
    Entry **bucket = &g->buckets[hash & g->mask];
    for (Entry *e = *bucket; e; e = e->next)
        if (e->hash == hash && equal_ops(e->op, op))
            return e->op;
    Entry *e = NEW(g->a, Entry);
    *e = (Entry){op, hash, *bucket, g->newest};
    *bucket = g->newest = e;
    return NULL;
}

static void forget_until(Gvn *g, Entry *mark)
{
    for (; g->newest != mark; g->newest = g->newest->before)
        g->buckets[g->newest->hash & g->mask] = g->newest->next;
}

static void number_region(Gvn *g, Region *r)
{
    Entry *mark = g->newest;
    int n = 0;
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_in; k++)
            op->in[k] = rewrite_get(&g->w, op->in[k]);
        if (is_idle_copy(g->consumed, op)) {
            rewrite_to(&g->w, op->out[0], op->in[0]);
            continue;
        }
        Op *first = is_candidate(op) ? find_or_add(g, op) : NULL;
        if (first) {
            for (int k = 0; k < op->n_out; k++)
                rewrite_to(&g->w, op->out[k], first->out[k]);
            continue;
        }
        r->ops.at[n++] = op;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                number_region(g, op->regions[k]);
    }
    r->ops.n = n;
    forget_until(g, mark);
}

void opt_gvn(Func *f)
{
    if (!func_has_body(f))
        return;
    Arena *a = arena_new();
    size_t size = 64;
    while (size < (size_t)f->n_values)
        size *= 2;
    Gvn g = {.w = rewrite_of(f), .a = a, .buckets = NEW_N(a, Entry *, size), .mask = size - 1,
             .consumed = consumed_values(a, f)};
    number_region(&g, f->body);
    rewrite_apply(&g.w);
    arena_free(a);
}
