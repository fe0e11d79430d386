// opt_induction.c — an int that every trip of a loop raises by the same is a function of the loop's index.
//
// In: a function about to be differentiated. Out: the same; such ints are carried no more, so that nothing has to be kept for them.
//
//     int at = 0;                                            int at = 0;
//     for (j = 0; j < d; j++)                                for (j = 0; j < d; j++) {
//         for (i = j + 1; i < d; i++) {              ->          for (i = j + 1; i < d; i++)
//             z[i] += l[at] * v[j];                                  z[i] += l[at + (i - (j + 1))] * v[j];
//             at++;                                              at += trips of the inner loop;
//         }                                                  }
//
// Inner loops come first: what they leave, the start plus the step times the trips, is what the loop around them adds. No sum is made
// that the loop did not make, so nothing overflows that did not before.
#include "opt.h"
#include "rewrite.h"

// What a trip adds to the carried int k, if that is known before the loop; *minus: it is taken away.
static Value *step_of(Rewrite *w, const Op *loop, int k, bool *minus)
{
    const Region *body = loop->regions[0];
    const Value *arg = loop_arg(loop, k);
    const Op *op = rewrite_get(w, loop_yield(loop, k))->def;
    if (!op || op->parent != body || (op->code != OP_iadd && op->code != OP_isub))
        return NULL;
    Value *a = rewrite_get(w, op->in[0]), *b = rewrite_get(w, op->in[1]);
    *minus = op->code == OP_isub;
    Value *step = a == arg ? b : b == arg && !*minus ? a : NULL;
    int64_t x;
    return step && (ir_is_int_const(step, &x) || !region_defines(body, step)) ? step : NULL;
}

// Is lo the index of a loop around, with the same end, plus one? Then it is no further than that end.
static bool is_behind_index(const Value *lo, const Value *hi)
{
    int64_t c;
    const Value *index = ir_base_of(lo, &c);
    const Op *loop = index && !index->def ? index->region->owner : NULL;
    return loop && loop->code == OP_loop && index == loop_index(loop) && c >= 0 && c <= 1 && loop->step > 0 && loop->in[1] == hi;
}

// How often a loop runs, before it does: a count in it would be in the way of what C compilers can do.
static Value *trips_of(Builder *b, const Op *loop)
{
    Value *lo = loop->in[0], *hi = loop->in[1];
    if (loop->step < 0)
        return b_2(b, OP_imax, b_2(b, OP_isub, lo, hi), b_int(b, 0));
    Value *span = b_2(b, OP_isub, hi, lo);
    return is_behind_index(lo, hi) ? span : b_2(b, OP_imax, span, b_int(b, 0));
}

// start + times * step at b; a constant step may be one of the body's.
static Value *after(Builder *b, Value *start, Value *times, Value *step, bool minus)
{
    int64_t x;
    if (ir_is_int_const(step, &x))
        step = b_int(b, x);
    return b_2(b, minus ? OP_isub : OP_iadd, start, b_2(b, OP_imul, times, step));
}

// Moves the ops of r from number `from` on to place `at`.
static void move_ops(Region *r, int from, int at)
{
    for (; from < r->ops.n; from++, at++) {
        Op *op = r->ops.at[from];
        for (int k = from; k > at; k--)
            r->ops.at[k] = r->ops.at[k - 1];
        r->ops.at[at] = op;
    }
}

// Takes carried int k out of the loop at place `at` of r, whose place is given back.
static void replace(Rewrite *w, Region *r, int at, int k, Value *step, bool minus)
{
    Op *loop = r->ops.at[at];
    Region *body = loop->regions[0];
    Value *start = loop->in[loop_first_init(loop) + k], *lo = loop->in[0];
    Builder in = builder_at(w->f, body, true), behind = builder_at(w->f, r, true);
    in.loc = behind.loc = loop->loc;
    int n = body->ops.n, m = r->ops.n;
    Value *trip = loop->step > 0 ? b_2(&in, OP_isub, loop_index(loop), lo) : b_2(&in, OP_isub, lo, loop_index(loop));
    rewrite_to(w, loop_arg(loop, k), after(&in, start, trip, step, minus));
    move_ops(body, n, 0);
    rewrite_to(w, loop->out[k], after(&behind, start, trips_of(&behind, loop), step, minus));
    move_ops(r, m, at + 1);
    op_remove_operand(loop, loop_first_init(loop) + k);
    op_remove_result(loop, k);
    region_remove_arg(body, loop->counted + k);
    region_remove_yield(body, k);
}

static void visit(Rewrite *w, Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                visit(w, op->regions[k]);
        bool plain = op->code == OP_loop && op->counted && !op->reversed && !op->has_exit && !op->checkpoint;
        if (!plain || (op->step != 1 && op->step != -1))
            continue;
        for (int k = loop_n_carried(op) - 1; k >= 0; k--) {
            bool minus;
            Value *step = type_eq(loop_arg(op, k)->type, T_INT) ? step_of(w, op, k, &minus) : NULL;
            if (step)
                replace(w, r, i, k, step, minus);
        }
    }
}

void opt_induction(Func *f)
{
    Rewrite w = rewrite_of(f);
    visit(&w, f->body);
    rewrite_apply(&w);
}
