// checkpoint.c — what a loop with checkpoints has for a state.
//
// In: a loop `checkpoint %n`, of a function about to be reversed. Out, in its plan: whether its trips are run again in the reverse, from states kept; which
// of the values it carries are such a state, and what else it looks at.
//
//     @checkpoint(n) for (t..T) { step(x, p); y[t] = x[0]; }      state: x (p is read, y only written)
//     reverse: for (t..T, reversed) { x = the last state kept before t; for (j from there to t) step(x, p);  step, forwards and backwards }
//
// Nothing is kept for a trip while the loop runs. The body of such a loop is a home (keep.h): reversed as soon as it has run, which is in the reverse
// sweep. There it needs the state from which the loop started, and everything else that the body looks at, as it was when the loop ran;
// vjp_checkpoint.c has the rest.
//
// State is every scalar that is carried, and every array whose elements the body looks at. An array that is only written, or only added to, is not: what
// is in it does not count, and what is written to it again is dropped. (Scalars that turn out not to be looked at go with opt_dce.)
#include "keep.h"

static bool is_read(const Region *r, const Value *root);

static bool passes_on(const Op *op, int k)
{
    return op->code == OP_if || op->code == OP_loop || (op->code == OP_within && k >= op->n_in - op->n_extra);
}

// Is what is in operand k of op, an array, of account for anything but that array?
static bool looks_at(const Op *op, int k)
{
    switch (op->code) {
    case OP_store: case OP_acc: case OP_fill: case OP_copy_to: case OP_add_to: case OP_gemm:
        return k > 0;
    case OP_within:
        for (int j = 0; j < op->n_paths; j++)
            if (is_read(op->regions[0], op->regions[0]->args.at[j]))
                return true;
        return false;
    case OP_call:
        for (int i = 0; i < op->callee->params.n; i++)
            if (op->callee->params.at[i].arg == k)
                return op->callee->params.at[i].role != ROLE_OUT;
        return true;
    default:
        return true;
    }
}

static bool is_read(const Region *r, const Value *root)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_in; k++)
            if (op->in[k]->root == root && !passes_on(op, k) && looks_at(op, k))
                return true;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k] && is_read(op->regions[k], root))
                return true;
    }
    return false;
}

// A state of an array has one dimension more. A growable tape is no array: what adc makes carries none through such loops.
static bool fits(const Type t)
{
    return t.kind != K_BUF && t.rank < IR_MAX_RANK;
}

void loop_state(Plan *p, const Op *loop)
{
    OpPlan *o = op_plan(p, loop);
    int n = loop_n_carried(loop);
    o->state = NEW_N(p->a, bool, n + 1);
    for (int k = 0; k < n; k++)
        o->state[k] = type_is_scalar(loop->out[k]->type) || is_read(loop->regions[0], loop->out[k]->root);
}

void checkpoint_plan(Plan *p, const Op *loop)
{
    OpPlan *o = op_plan(p, loop);
    o->rerun = o->reversed;
    loop_state(p, loop);
    for (int k = 0; k < loop_n_carried(loop); k++)
        o->rerun &= fits(loop->out[k]->type) || !o->state[k];
}
