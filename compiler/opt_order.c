// opt_order.c — loops that run backwards without need run forwards.
//
// In: a function. Out: the same; a reversed loop whose trips only add to things is turned round, which is how a person writes it and what a C compiler
// likes best.
//
//     for (i = n - 1; i >= 0; i--) { x_bar[i] += s_bar * w[i]; s += t[i]; }        ->        for (i = 0; i < n; i++) { ... }
//
// The trips of a loop may be taken in any order if each carried scalar is only a sum (the body adds to it and does not look at it), and each carried
// array is only added to, or is at every access looked at and written on the loop's own index, or the loop is independent.
#include "opt.h"
#include "rewrite.h"

// y is arg + (things that are not arg): a chain of additions, a loop or a branch that does the same, each step looked at once.
static bool is_sum(const Region *body, const Value *y, const Value *arg, int depth)
{
    if (y == arg)
        return true;
    const Op *op = y->def;
    if (!op || y->region != body || depth > 64 || uses_in(body, y) != 1)
        return false;
    if (op->code == OP_add)
        return is_sum(body, op->in[0], arg, depth + 1) || is_sum(body, op->in[1], arg, depth + 1);
    if (op->code == OP_sub)
        return is_sum(body, op->in[0], arg, depth + 1);
    if (op->code != OP_loop || op->has_exit || y->index >= loop_n_carried(op))
        return false;
    Value *inner = loop_arg(op, y->index);
    return uses_in(op->regions[0], inner) == 1 && is_sum(op->regions[0], loop_yield(op, y->index), inner, depth + 1) &&
           is_sum(body, op->in[loop_first_init(op) + y->index], arg, depth + 1);
}

// How the accesses of a root in r look: only acc's? all on `index` on one axis?
typedef struct Access {
    bool only_acc;
    bool own[IR_MAX_INDEX];
} Access;

static void look(const Region *r, const Value *root, const Value *index, Access *a)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_in; k++) {
            if (op->in[k]->root != root || (op->n_regions && op->code != OP_within))
                continue;
            bool element = k == 0 && (op->code == OP_load || op->code == OP_store || op->code == OP_acc);
            a->only_acc &= element && op->code == OP_acc;
            for (int axis = 0; axis < IR_MAX_INDEX; axis++)
                a->own[axis] &= element && axis < op_n_index(op) && op->in[1 + axis] == index;
        }
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                look(op->regions[k], root, index, a);
    }
}

static bool array_allows(const Op *loop, const Value *arg)
{
    Access a = {.only_acc = true};
    for (int axis = 0; axis < IR_MAX_INDEX; axis++)
        a.own[axis] = true;
    look(loop->regions[0], arg->root, loop_index(loop), &a);
    bool own = false;
    for (int axis = 0; axis < IR_MAX_INDEX; axis++)
        own |= a.own[axis];
    return a.only_acc || own;
}

static bool any_order(const Op *loop)
{
    const Region *body = loop->regions[0];
    for (int k = 0; k < loop_n_carried(loop); k++) {
        Value *arg = loop_arg(loop, k), *y = loop_yield(loop, k);
        if (arg->type.kind == K_BUF)
            return false;
        if (arg->type.kind == K_ARRAY ? !loop->trips && !array_allows(loop, arg)
                                      : !type_is_real(arg->type) || uses_in(body, arg) != 1 || !is_sum(body, y, arg, 0))
            return false;
    }
    return true;
}

static void turn(Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                turn(op->regions[k]);
        if (op->code == OP_loop && op->reversed && any_order(op) && !op_has_effect(op))
            op->reversed = false;
    }
}

void opt_order(Func *f)
{
    turn(f->body);
}
