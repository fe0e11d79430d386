// opt_sink.c — moves a scalar computation into the one branch that uses it.
//
// In: a function about to be reversed. Out: the same values; what only one arm of an if looks at is computed in that arm.
//
//     %t = log %x                                             %r = if %c { %t = log %x; yield %t } else { yield 0.0 }
//     %r = if %c { yield %t } else { yield 0.0 }      ->
//
// A value that reaches no output must contribute nothing to a derivative. Left where it was, log would be reversed with the seed 0 on the other
// arm, and 0 / x is a NaN at x = 0. In its branch it is not reversed at all, and not computed either.
#include "opt.h"

#include <string.h>

// Who uses a value of the region that is looked at: nobody yet, one arm of one if, or something else.
typedef struct User {
    Op *branch;
    int arm;
    bool other;
} User;

typedef struct Sink {
    Arena *a;
    User *users;                            // per value id
} Sink;

static void used_by(Sink *s, const Value *v, Op *branch, int arm)
{
    User *u = &s->users[v->id];
    if (!branch || (u->branch && (u->branch != branch || u->arm != arm)))
        u->other = true;
    u->branch = branch;
    u->arm = arm;
}

static void used_inside(Sink *s, const Region *r, const Region *home, Op *branch, int arm)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_in; k++)
            if (op->in[k]->region == home)
                used_by(s, op->in[k], branch, arm);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                used_inside(s, op->regions[k], home, branch, arm);
    }
    for (int i = 0; i < r->yields.n; i++)
        if (r->yields.at[i]->region == home)
            used_by(s, r->yields.at[i], branch, arm);
}

static void claim(Op *op, Region *r)
{
    op->parent = r;
    for (int i = 0; i < op->n_out; i++)
        op->out[i]->region = r;
}

// Puts the ops that sank into r, listed last first, in front of those that were there.
static void prepend(Region *r, Op *const *ops, int n)
{
    Arena *a = r->func->module->arena;
    Op **all = NEW_N(a, Op *, n + r->ops.n + 1);
    for (int i = 0; i < n; i++) {
        all[i] = ops[n - 1 - i];
        claim(all[i], r);
    }
    if (r->ops.n)
        memcpy(all + n, r->ops.at, sizeof *all * (size_t)r->ops.n);
    r->ops.at = all;
    r->ops.n += n;
    r->ops.cap = r->ops.n;
}

typedef VEC(Op *) OpList;

static OpList *list_of(Sink *s, Map *lists, const Region *r)
{
    OpList *list = map_get(lists, r);
    if (!list) {
        list = NEW(s->a, OpList);
        map_set(lists, r, list);
    }
    return list;
}

static void operands_used(Sink *s, const Op *op, const Region *home, Op *branch, int arm)
{
    for (int k = 0; k < op->n_in; k++)
        if (op->in[k]->region == home)
            used_by(s, op->in[k], branch, arm);
}

static void sink_region(Sink *s, Region *r)
{
    Map *lists = map_new(s->a);
    OpList stay = {0};
    for (int i = 0; i < r->yields.n; i++)
        if (r->yields.at[i]->region == r)
            used_by(s, r->yields.at[i], NULL, 0);
    for (int i = r->ops.n - 1; i >= 0; i--) {
        Op *op = r->ops.at[i];
        const User *u = op->n_out == 1 ? &s->users[op->out[0]->id] : NULL;
        bool sinks = op_is_scalar(op->code) && u->branch && !u->other;
        operands_used(s, op, r, sinks ? u->branch : NULL, sinks ? u->arm : 0);
        if (sinks) {
            vec_push(s->a, list_of(s, lists, u->branch->regions[u->arm]), op);
            s->users[op->out[0]->id] = (User){0};               // to be asked again in the arm
            continue;
        }
        vec_push(s->a, &stay, op);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                used_inside(s, op->regions[k], r, op->code == OP_if ? op : NULL, k);
    }
    for (int i = 0; i < stay.n; i++)
        r->ops.at[i] = stay.at[stay.n - 1 - i];
    r->ops.n = stay.n;
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_regions; k++) {
            OpList *list = op->regions[k] ? map_get(lists, op->regions[k]) : NULL;
            if (list)
                prepend(op->regions[k], list->at, list->n);
            if (op->regions[k])
                sink_region(s, op->regions[k]);
        }
    }
}

void opt_sink(Func *f)
{
    Arena *a = arena_new();
    Sink s = {.a = a, .users = NEW_N(a, User, f->n_values + 1)};
    sink_region(&s, f->body);
    arena_free(a);
}
