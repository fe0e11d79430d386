// independent.c — what the user promises of a loop, as far as it shows.
//
// In: the module as it was lowered, with counted loops. Out: the same; an error for each loop that does not keep its promise.
//
//     @independent for (i..n) { p = p * x[i]; y[i] = p; }         'p' is read here, but another iteration wrote it
//     @independent for (i..n) a[i] = a[i - 1] * 0.5;              'a' likewise
//
//     real t[m]; @parallel for (i..n) { t = x[i] * w; y[i] = sum(t); }       't' is written here by every iteration
//
// What a trip hands to the next shows in the IR: a scalar that the loop carries may be a sum, or be written anew before it is read. Of arrays only
// elements a constant distance from each other are looked at, where every trip reads one and writes the other, and elements that all trips write;
// for the rest the user is taken at his word.
#include "independent.h"

#include "access.h"

typedef struct Check {
    DeriveReport *report;
    void *user;
    Arena *a;
    const Op *loop;
    bool *tag;                              // per value id: it has to do with the carried value that is looked at
    bool good;
} Check;

static const char *attribute(const Op *loop)
{
    return loop->trips == TRIPS_INDEPENDENT ? "@independent" : "@parallel";
}

static void report_broken(Check *c, IrLoc loc, const char *name, const char *what)
{
    c->report(c->user, true, loc, arena_printf(c->a, "%s %s", name ? arena_printf(c->a, "'%s'", name) : "a value", what), c->loop->loc,
              arena_printf(c->a, "the loop is %s: iterations may meet in sums by '+=' and in nothing else", attribute(c->loop)));
    c->good = false;
}

static void report_read(Check *c, IrLoc loc, const char *name)
{
    report_broken(c, loc, name, "is read here, but another iteration wrote it");
}

// ---- scalars ----

static bool adds(const Op *op)
{
    return op->code == OP_add || op->code == OP_iadd || op->code == OP_sub || op->code == OP_isub;
}

static void tag_if(Check *c, bool tagged, const Value *v)
{
    c->tag[v->id] = c->tag[v->id] || tagged;
}

static const Op *find_read(Check *c, const Region *r, const Op **sum);

// Likewise in the regions of op. What it is handed and hands on is no more read there than anywhere.
static const Op *find_inside(Check *c, const Op *op, const Op **sum)
{
    for (int k = 0; op->code == OP_loop && k < loop_n_carried(op); k++)
        for (int head = 0; head < op->n_regions; head++)
            if (op->regions[head])
                tag_if(c, c->tag[op->in[loop_first_init(op) + k]->id], op->regions[head]->args.at[k + (head == 0 && op->counted)]);
    for (int k = 0; k < op->n_regions; k++) {
        const Op *read = op->regions[k] ? find_read(c, op->regions[k], sum) : NULL;
        if (read)
            return read;
    }
    for (int k = 0; k < op->n_out; k++) {
        if (op->code == OP_if)
            tag_if(c, c->tag[op->regions[0]->yields.at[k]->id] || c->tag[op->regions[1]->yields.at[k]->id], op->out[k]);
        if (op->code == OP_loop && k < loop_n_carried(op))
            tag_if(c, c->tag[loop_yield(op, k)->id] || c->tag[op->in[loop_first_init(op) + k]->id], op->out[k]);
        if (op->code == OP_within && k > 0)
            tag_if(c, c->tag[op->regions[0]->yields.at[k - 1 + op->n_paths]->id], op->out[k]);
    }
    return NULL;
}

// The first op in r that reads a tagged value, *sum: that adds to one. Tags what becomes of tagged values.
static const Op *find_read(Check *c, const Region *r, const Op **sum)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        bool tagged = false;
        for (int k = 0; k < op->n_in; k++)
            tagged |= c->tag[op->in[k]->id] && !(op->code == OP_loop && k >= loop_first_init(op));
        if (tagged && !adds(op))
            return op;
        if (tagged) {
            c->tag[op->out[0]->id] = true;
            *sum = *sum ? *sum : op;
        }
        const Op *read = find_inside(c, op, sum);
        if (read)
            return read;
    }
    return NULL;
}

static void check_scalar(Check *c, int k)
{
    const Value *arg = loop_arg(c->loop, k);
    const Region *body = c->loop->regions[0];
    if (!type_is_scalar(arg->type) || loop_sums(c->loop, k) || loop_keeps(c->loop, k))
        return;
    for (int i = 0; i < body->func->n_values; i++)
        c->tag[i] = false;
    c->tag[arg->id] = true;
    const Op *sum = NULL, *head = NULL, *read = NULL;
    if (c->loop->n_regions > 1 && c->loop->regions[1]) {
        c->tag[c->loop->regions[1]->args.at[k]->id] = true;
        head = find_read(c, c->loop->regions[1], &sum);
    }
    read = head ? head : find_read(c, body, &sum);
    read = read ? read : sum;
    if (read)
        report_read(c, read->loc, arg->name);
    for (int j = 0; j < loop_n_carried(c->loop) && !read; j++)
        if (j != k && loop_yield(c->loop, j) == arg) {
            report_read(c, c->loop->loc, arg->name);
            return;
        }
}

// ---- arrays ----

// Do two accesses, of one array, go to the same element on different trips, whatever the loop's bounds?
static bool meet(const Op *loop, const Op *store, const Op *load)
{
    bool known = false;
    int64_t distance = 0;
    if (op_n_index(store) != op_n_index(load))
        return false;
    for (int axis = 0; axis < op_n_index(store); axis++) {
        int64_t p = 0, q = 0;
        const Value *x = ir_base_of(store->in[1 + axis], &p), *y = ir_base_of(load->in[1 + axis], &q);
        bool own = x && x == loop_index(loop);
        if (x != y || (own && known && p - q != distance) || (!own && p != q) || (!own && x && region_defines(loop->regions[0], x)))
            return false;
        known |= own;
        distance = own ? p - q : distance;
    }
    return known && distance != 0 && distance % loop->step == 0;
}

// What every trip does: ops of the body itself.
static void check_arrays(Check *c)
{
    const Region *body = c->loop->regions[0];
    for (int i = 0; i < body->ops.n; i++) {
        const Op *load = body->ops.at[i];
        for (int j = 0; load->code == OP_load && j < body->ops.n; j++) {
            const Op *store = body->ops.at[j];
            if (store->code != OP_store || store->in[0]->root != load->in[0]->root || !meet(c->loop, store, load))
                continue;
            report_read(c, load->loc, load->in[0]->name);
            return;
        }
    }
}

enum { MAX_DEPTH = 16 };                    // of an index, and of loops in a trip

// Is v, an int, the same on every trip, or does it take the same values on every trip?
static bool is_same(const Op *loop, const Value *v, int depth)
{
    const Op *op = v->def, *owner = v->region->owner;
    if (!region_defines(loop->regions[0], v) || (op && op->code == OP_const_int))
        return true;
    if (depth == 0)
        return false;
    if (!op)
        return owner != loop && owner->code == OP_loop && v == loop_index(owner) && is_same(loop, owner->in[0], depth - 1) &&
               is_same(loop, owner->in[1], depth - 1);
    for (int k = 0; op_is_scalar(op->code) && k < op->n_in; k++)
        if (!is_same(loop, op->in[k], depth - 1))
            return false;
    return op_is_scalar(op->code);
}

// Does every trip write the same elements of an array from outside with op, and not only add to them?
static bool writes_same(const Op *loop, const Op *op)
{
    bool store = op->code == OP_store && !access_is_sum(op), whole = op->code == OP_fill || op->code == OP_copy_to;
    if ((!store && !whole) || region_defines(loop->regions[0], op->in[0]->root))
        return false;
    for (int k = 1; store && k <= op_n_index(op); k++)
        if (!is_same(loop, op->in[k], MAX_DEPTH))
            return false;
    return true;
}

// The first such op that every trip comes to, in r and in loops in it.
static const Op *find_same(const Op *loop, const Region *r, int depth)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i], *inner = NULL;
        if (writes_same(loop, op))
            return op;
        if (op->code == OP_loop && op->counted && !op->has_exit && depth > 0)
            inner = find_same(loop, op->regions[0], depth - 1);
        if (inner)
            return inner;
    }
    return NULL;
}

static void check_same(Check *c)
{
    const Op *op = find_same(c->loop, c->loop->regions[0], MAX_DEPTH);
    if (op)
        report_broken(c, op->loc, op->in[0]->name, "is written here by every iteration");
}

// ---- all loops ----

static void check_loop(Check *c, const Op *loop)
{
    c->loop = loop;
    if (loop->trips == TRIPS_PARALLEL && (!loop->counted || loop->has_exit)) {
        c->report(c->user, true, loop->loc, "@parallel is for a loop that counts: 'for (int i = a; i < b; i += c)', where nothing else changes i, a, b or c",
                  (IrLoc){0}, NULL);
        c->good = false;
        return;
    }
    for (int k = 0; k < loop_n_carried(loop); k++)
        check_scalar(c, k);
    if (loop->counted)
        check_arrays(c);
    check_same(c);
}

static void check_region(Check *c, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        if (op->code == OP_loop && op->trips)
            check_loop(c, op);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                check_region(c, op->regions[k]);
    }
}

bool independent_check(Module *m, DeriveReport *report, void *user)
{
    Check c = {.report = report, .user = user, .a = arena_new(), .good = true};
    for (int i = 0; i < m->funcs.n; i++) {
        const Func *f = m->funcs.at[i];
        if (f->is_extern || f->transform != TR_NONE)
            continue;
        c.tag = NEW_N(c.a, bool, f->n_values + 1);
        check_region(&c, f->body);
    }
    arena_free(c.a);
    return c.good;
}
