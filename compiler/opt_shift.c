// opt_shift.c — the shift in a logarithm of a sum of exponentials has no derivative.
//
// In: a function about to be differentiated. Out: the same values; in m + log(sum(exp(x - m))) the m is stopped.
//
//     %s, %T = loop .. (%a = 0.0) { .. %d = sub %v, %m  %e = exp %d  %b = add %a, %e  yield %b }
//     %l = log %s   %r = add %m, %l
//     ->   the same with %k = stop %m before the loop, and %k for %m in the sub and in the add
//
// The result does not depend on m, which is there to keep exp in its range: what comes back to it through the sum and what comes back directly
// cancel, up to rounding. Stopped, m costs nothing: neither the position of a maximum nor its adjoint is worked out. Exact at every order.
#include "opt.h"
#include "rewrite.h"

enum { DEEP = 8 };                                              // loops of a sum, one in the other

typedef struct Shift {
    Func *f;
    int *uses;                                                  // by value id; yields count
} Shift;

// Is v made by an op of that kind, and used nowhere else?
static const Op *only(const Shift *p, const Value *v, OpCode code)
{
    return v->def && v->def->code == code && p->uses[v->id] == 1 ? v->def : NULL;
}

// Is y, of region r, arg + exp(v - m), or what a loop of such leaves, and nothing on the way used otherwise? Then m, else NULL.
static Value *shift_of(const Shift *p, const Region *r, const Value *y, const Value *arg, int depth)
{
    const Op *op = y->region == r && depth <= DEEP ? only(p, y, y->def ? y->def->code : OP_undef) : NULL;
    if (op && op->code == OP_loop) {
        bool sum = !op->has_exit && y->index < loop_n_carried(op) && op->in[loop_first_init(op) + y->index] == arg;
        const Value *inner = sum ? loop_arg(op, y->index) : NULL;
        return sum && p->uses[inner->id] == 1 ? shift_of(p, op->regions[0], loop_yield(op, y->index), inner, depth + 1) : NULL;
    }
    if (!op || op->code != OP_add || (op->in[0] != arg && op->in[1] != arg))
        return NULL;
    const Op *e = only(p, op->in[op->in[0] == arg], OP_exp);
    const Op *d = e ? only(p, e->in[0], OP_sub) : NULL;
    return d ? d->in[1] : NULL;
}

// The shift of a sum that shift_of has looked at becomes k.
static void shift_by(const Value *y, const Value *arg, Value *k)
{
    Op *op = y->def;
    if (op->code == OP_loop)
        shift_by(loop_yield(op, y->index), loop_arg(op, y->index), k);
    else
        op->in[op->in[0] == arg]->def->in[0]->def->in[1] = k;
}

static int place_of(const Region *r, const Op *op)
{
    int n = r->ops.n - 1;
    while (r->ops.at[n] != op)
        n--;
    return n;
}

static void stop_shift(Shift *p, Op *add)
{
    for (int k = 0; k < 2; k++) {
        const Op *log = only(p, add->in[1 - k], OP_log);
        const Value *s = log ? log->in[0] : NULL;
        const Op *loop = s ? only(p, s, OP_loop) : NULL;
        double start;
        if (!loop || s->index >= loop_n_carried(loop) || !ir_is_const(loop->in[loop_first_init(loop) + s->index], &start) || start != 0)
            continue;
        Value *init = loop->in[loop_first_init(loop) + s->index], *m = shift_of(p, loop->parent, s, init, 0);
        if (m != add->in[k] || (m->def && m->def->code == OP_stop))
            continue;
        Builder b = builder_at(p->f, loop->parent, false);
        b.loc = loop->loc;
        Value *stopped = b_1(&b, OP_stop, m);
        stopped->name = m->name;
        region_move_up(loop->parent, loop->parent->ops.n - 1, place_of(loop->parent, loop));
        shift_by(s, init, stopped);
        add->in[k] = stopped;
        return;
    }
}

static void shift_region(Shift *p, Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        int n = r->ops.n;
        if (op->code == OP_add)
            stop_shift(p, op);
        i += r->ops.n - n;                                      // the loop stands before op, here or further out
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                shift_region(p, op->regions[k]);
    }
}

void opt_shift(Func *f)
{
    Arena *a = arena_new();
    Shift p = {f, count_uses(a, f)};
    shift_region(&p, f->body);
    arena_free(a);
}
