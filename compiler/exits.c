// exits.c — makes a loop that can be left early give the last values of the flags that say so.
//
// In: a function about to be reversed. Out: the same; each loop with an exit carries one more bool for each flag of its body that, when true, means
// that this trip is the last one.
//
//     loop exit (%s) { %d = ..; .. if %d {} else {..}; yield %e, .. }   ->   loop exit (%s, %l = false) { ..; yield %e, .., %d }
//
// Such a flag is false on every trip but the last, so the reverse needs one bit for a whole loop and none for a trip: on trip t the flag was
// (t == trips - 1) && l. keep.c finds the pairs again by exit_flags; what is not needed is dropped as an unused carried value.
#include "keep.h"

#include <assert.h>

static bool is_true(const Value *v)
{
    int64_t x;
    return v->type.elem == E_BOOL && ir_is_int_const(v, &x) && x != 0;
}

static void add_flag(Arena *a, ValueList *flags, Value *v, const Region *body)
{
    if (v->type.elem != E_BOOL || v->region != body || !v->def)
        return;
    int64_t x;
    if (ir_is_int_const(v, &x))
        return;
    for (int i = 0; i < flags->n; i++)
        if (flags->at[i] == v)
            return;
    vec_push(a, flags, v);
}

void exit_flags(Arena *a, const Op *loop, ValueList *flags)
{
    const Region *body = loop->regions[0];
    if (!loop->has_exit)
        return;
    add_flag(a, flags, body->yields.at[0], body);
    for (int i = 0; i < flags->n; i++) {                        // what implies flag i implies the exit
        Value *v = flags->at[i];
        const Op *op = v->def;
        for (int k = 0; op->code == OP_or && k < 2; k++)
            add_flag(a, flags, op->in[k], body);
        if (op->code != OP_if)
            continue;
        const Value *then = op->regions[0]->yields.at[v->index];
        if (is_true(then) || then == op->in[0])
            add_flag(a, flags, op->in[0], body);
    }
}

// Adds a carried value in front of the trip count: starts as false, is v after each trip.
static void carry(Func *f, Op *loop, Value *v)
{
    Region *body = loop->regions[0];
    Builder b = builder_at(f, loop->parent, false);
    Value *start = b_bool(&b, false);
    loop->parent->ops.n--;                                      // the caller puts it before the loop
    Arena *a = f->module->arena;
    Value **in = NEW_N(a, Value *, loop->n_in + 1);
    for (int i = 0; i < loop->n_in; i++)
        in[i] = loop->in[i];
    in[loop->n_in++] = start;
    loop->in = in;
    region_arg(body, T_BOOL, NULL, NULL);
    if (loop->n_regions > 1 && loop->regions[1])
        region_arg(loop->regions[1], T_BOOL, NULL, NULL);
    vec_push(a, &body->yields, v);
    Value *last = b_result(loop, T_BOOL, v->name, NULL), *trips = loop->out[loop->n_out - 2];
    loop->out[loop->n_out - 2] = last;
    loop->out[loop->n_out - 1] = trips;
    last->index = loop->n_out - 2;
    trips->index = loop->n_out - 1;
}

static void exits_in_region(Func *f, Region *r)
{
    Arena *a = f->module->arena;
    VEC(Op *) ops = {0};
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                exits_in_region(f, op->regions[k]);
        ValueList flags = {0};
        if (op->code == OP_loop)
            exit_flags(a, op, &flags);
        for (int k = 0; k < flags.n; k++) {
            carry(f, op, flags.at[k]);
            vec_push(a, &ops, op->in[op->n_in - 1]->def);
        }
        vec_push(a, &ops, op);
    }
    r->ops.at = ops.at;
    r->ops.n = ops.n;
    r->ops.cap = ops.cap;
}

void exits_carry(Func *f)
{
    exits_in_region(f, f->body);
}
