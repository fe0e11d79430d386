// opt_stores.c — writes to array elements that another write makes needless.
//
// In: a function. Out: the same with fewer stores. What reverse mode leaves behind, and what becomes of it:
//
//     v = a_bar[i]; a_bar[i] = 0; a_bar[i-1] += e; a_bar[i] += d;        ->   v = a_bar[i]; a_bar[i-1] += e; a_bar[i] = d;
//     b_bar[i] = b_bar[i];                                               ->
//     y2 = copy y_bar; for (i) { .. y2[i] ..; y2[i] = 0; }  (y2 dead)    ->   for (i) { .. y_bar[i] .. }
//
// A store is dropped if no read can see it before the same element is written again, or at all. Two elements are the same or different where their
// indices are the same values, or the same value plus different constants; where neither shows, nothing is done. A loop whose accesses all are at
// its own index never looks at what another trip wrote.
#include "opt.h"
#include "rewrite.h"

#include <assert.h>

enum { FAR = 16 };                          // writes looked at before giving up

typedef struct Use {
    struct Use *next;
    const Op *op;                           // NULL: a yield of `region`
    Region *region;
    int k;
} Use;

typedef struct Pass {
    Func *f;
    Arena *a;
    Use **uses;                             // per value id of an array
    int n;                                  // ids known
    Map *accesses;                          // loop -> root -> Access
    Rewrite w;
    bool changed;
} Pass;

// ---- uses of arrays ----

static void note_use(Pass *p, const Value *v, const Op *op, Region *r, int k)
{
    if (v->type.kind != K_ARRAY)
        return;
    Use *u = NEW(p->a, Use);
    *u = (Use){p->uses[v->id], op, r, k};
    p->uses[v->id] = u;
}

static void note_uses(Pass *p, Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_in; k++)
            note_use(p, op->in[k], op, r, k);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                note_uses(p, op->regions[k]);
    }
    for (int k = 0; k < r->yields.n; k++)
        note_use(p, r->yields.at[k], NULL, r, k);
}

// ---- indices ----

typedef enum Relation { SAME, DIFFERENT, UNKNOWN } Relation;

// Of the elements that two loads, stores or accs of one array touch.
static Relation relation(const Op *x, const Op *y)
{
    int n = op_n_index(x), m = op_n_index(y);                   // not equal: different fields of structs
    bool same = n == m;
    for (int k = 1; k <= n && k <= m; k++) {
        int64_t c, d;
        const Value *u = ir_base_of(x->in[k], &c), *v = ir_base_of(y->in[k], &d);
        if (u == v && c != d)
            return DIFFERENT;
        same &= u == v && c == d;
    }
    return same ? SAME : UNKNOWN;
}

static bool is_write(const Op *op)
{
    return op && (op->code == OP_store || op->code == OP_acc);
}

// Can a reader of version v see the element that `write` wrote?
static bool is_read(const Pass *p, const Value *v, const Op *write)
{
    for (const Use *u = p->uses[v->id]; u; u = u->next) {
        if (!u->op || op_consumes(u->op, u->k))
            continue;
        bool here = u->op->code == OP_load && u->k == 0;
        if (!here || relation(u->op, write) != DIFFERENT)
            return true;
    }
    return false;
}

// ---- a write before this one to the same element, with nothing in between that sees it ----

static Op *hidden_write(const Pass *p, const Op *op)
{
    const Value *v = op->in[0];
    for (int i = 0; i < FAR; i++) {
        Op *before = v->def;
        if (!is_write(before) || before->parent != op->parent || is_read(p, v, op))
            return NULL;
        Relation r = relation(before, op);
        if (r == SAME)
            return before;
        if (r == UNKNOWN)
            return NULL;
        v = before->in[0];
    }
    return NULL;
}

static void drop(Pass *p, Op *write)
{
    rewrite_to(&p->w, write->out[0], write->in[0]);
    write->mark = 1;
    p->changed = true;
}

static Value *written(const Op *op)
{
    return op->in[op->n_in - 1];
}

// store x; acc y -> store x + y.   store x; store y -> store y.   acc x; store y -> store y.
static void join_writes(Pass *p, Op *op, Region *r, int at)
{
    Op *before = hidden_write(p, op);
    if (!before || before->mark || (op->code == OP_acc && before->code == OP_acc))
        return;
    if (op->code == OP_acc) {
        double x;
        Value *sum = written(op);
        if (!ir_is_const(written(before), &x) || x != 0) {
            Builder b = builder_at(p->f, r, true);
            b.loc = op->loc;
            int n = r->ops.n;
            sum = b_2(&b, OP_add, written(before), sum);
            for (; n < r->ops.n; n++, at++) {                   // to before op
                Op *made = r->ops.at[n];
                for (int k = n; k > at; k--)
                    r->ops.at[k] = r->ops.at[k - 1];
                r->ops.at[at] = made;
            }
        }
        op->code = OP_store;
        op->in[op->n_in - 1] = sum;
    }
    drop(p, before);
}

// a[i] = a[i], with nothing written in between.
static bool stores_what_is_there(const Op *op)
{
    const Op *load = op->code == OP_store ? written(op)->def : NULL;
    return load && load->code == OP_load && load->in[0] == op->in[0] && relation(load, op) == SAME;
}

// ---- writes that nobody ever sees ----

// What a loop does to one array.
typedef struct Access {
    unsigned foreign;                       // axes (1 << axis) on which some access does not have the loop's own index
} Access;

static void note_access(Pass *p, Map *roots, const Value *root, unsigned foreign)
{
    Access *a = map_get(roots, root);
    if (!a) {
        a = NEW(p->a, Access);
        map_set(roots, root, a);
    }
    a->foreign |= foreign;
}

static void note_accesses(Pass *p, Map *roots, const Region *r, const Value *index)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_in; k++) {
            if (!op->in[k]->root || (op->n_regions && !(op->code == OP_within && k == 0)))
                continue;
            bool element = k == 0 && (op->code == OP_load || is_write(op));
            unsigned foreign = element ? 0 : ~0u;
            for (int axis = 0; element && axis < op_n_index(op); axis++)
                foreign |= op->in[1 + axis] != index ? 1u << axis : 0;
            note_access(p, roots, op->in[k]->root, foreign);
        }
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                note_accesses(p, roots, op->regions[k], index);
    }
}

// Root -> Access of a loop's body; looked at once.
static Map *accesses_of(Pass *p, const Op *loop)
{
    Map *roots = map_get(p->accesses, loop);
    if (!roots) {
        roots = map_new(p->a);
        map_set(p->accesses, loop, roots);
        note_accesses(p, roots, loop->regions[0], loop_index(loop));
    }
    return roots;
}

static bool trips_are_private(Pass *p, const Op *loop, const Op *write)
{
    const Value *index = loop_index(loop);
    for (int axis = 0; index && axis < write->n_in - 2; axis++) {
        if (write->in[1 + axis] != index)
            continue;
        const Access *a = map_get(accesses_of(p, loop), write->in[0]->root);
        if (a && !(a->foreign & (1u << axis)))
            return true;
    }
    return false;
}

// Is what `write` wrote, as part of version v, never seen? `write` NULL: v is outside of the region that wrote it, so any read counts.
static bool never_seen(Pass *p, const Value *v, const Op *write, int depth)
{
    if (depth > FAR || v->id >= p->n)
        return false;
    const Use *consumer = NULL;
    for (const Use *u = p->uses[v->id]; u; u = u->next) {
        if (!u->op || op_consumes(u->op, u->k)) {
            consumer = u;
            continue;
        }
        bool other = write && u->op->code == OP_load && u->k == 0 && relation(u->op, write) == DIFFERENT;
        if (!other)
            return false;
    }
    if (!consumer)
        return true;
    if (consumer->op) {
        if (!write || !is_write(consumer->op))
            return false;
        Relation r = relation(consumer->op, write);
        if (r == SAME)
            return consumer->op->code == OP_store;
        return r == DIFFERENT && never_seen(p, consumer->op->out[0], write, depth + 1);
    }
    const Op *owner = consumer->region->owner;
    if (!owner)
        return false;
    if (owner->code == OP_if)
        return never_seen(p, owner->out[consumer->k], NULL, depth + 1);
    if (owner->code != OP_loop || consumer->k < owner->has_exit)
        return false;
    // Only the loop that directly holds the write knows its index; further out the whole version has to be unread.
    const Op *inner = write && write->parent == owner->regions[0] ? write : NULL;
    if (!inner || !trips_are_private(p, owner, inner))
        return false;
    return never_seen(p, owner->out[consumer->k - owner->has_exit], NULL, depth + 1);
}

// ---- copies of what nobody changes ----

static bool is_consumed(const Pass *p, const Value *v)
{
    for (const Use *u = p->uses[v->id]; u; u = u->next)
        if (!u->op || op_consumes(u->op, u->k))
            return true;
    return false;
}

// Does the array stay as it is, and what it is a view of too?
static bool stays(const Pass *p, const Value *v)
{
    const Op *op = v->root->def;
    bool view = op && (op->code == OP_slice || op->code == OP_reshape || op->code == OP_view_at);
    return v->id < p->n && !is_consumed(p, v) && (!view || stays(p, op->in[0]));
}

static void copy_not_needed(Pass *p, Op *op)
{
    if (op->code != OP_copy || is_consumed(p, op->out[0]) || !stays(p, op->in[0]))
        return;
    if (op->in[0]->type.rank != op->out[0]->type.rank)
        return;
    rewrite_to(&p->w, op->out[0], op->in[0]);
    op->mark = 1;
    p->changed = true;
}

// ---- the walk ----

static void walk(Pass *p, Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        op->mark = 0;
        int n = r->ops.n;
        if (is_write(op) && op->out[0]->id < p->n)
            join_writes(p, op, r, i);
        i += r->ops.n - n;
        if (op->code == OP_store && op->out[0]->id < p->n && (stores_what_is_there(op) || never_seen(p, op->out[0], op, 0)))
            drop(p, op);
        copy_not_needed(p, op);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                walk(p, op->regions[k]);
    }
}

static void sweep(Region *r)
{
    int n = 0;
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                sweep(op->regions[k]);
        bool gone = op->mark == 1 && (is_write(op) || op->code == OP_copy);
        op->mark = 0;
        if (!gone)
            r->ops.at[n++] = op;
    }
    r->ops.n = n;
}

static bool run_once(Func *f)
{
    Arena *a = arena_new();
    Pass p = {.f = f, .a = a, .uses = NEW_N(a, Use *, f->n_values + 1), .n = f->n_values, .accesses = map_new(a),
              .w = rewrite_of(f)};
    note_uses(&p, f->body);
    walk(&p, f->body);
    if (p.changed)
        rewrite_apply(&p.w);
    sweep(f->body);
    arena_free(a);
    return p.changed;
}

void opt_stores(Func *f)
{
    for (int i = 0; i < 4 && run_once(f); i++)
        continue;
}
