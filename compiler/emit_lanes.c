// emit_lanes.c — short loops whose trips have nothing to do with one another, as those over lanes (lanes.c).
//
// In: a loop. Out: whether C is told that it may run all of its trips at once:
//
//     ADRT_LANES
//     for (int lane = 0; lane < 8; lane++)
//         x_bar_dot[(ptrdiff_t)j * 8 + lane] += r_bar_dot[lane] * t;
//
// gcc takes such a loop apart before it looks whether its trips can be vectors, and then cannot tell that what one writes is not what the next
// reads: restrict means something to it at parameters only. Kept a loop it is two to three times as fast. Not so where all that is written are
// local arrays, which are registers once the loop is taken apart; and clang does well by itself.
#include "emit_internal.h"

enum { MIN_TRIPS = 4, MAX_TRIPS = 16 };

// The array is touched at [.., index] only.
static bool is_own(const Op *op, const Value *index)
{
    int values = op->code != OP_load;
    return op->n_in > 1 + values && op->in[op->n_in - 1 - values] == index;
}

static bool is_written(const Op *loop, const Value *root)
{
    for (int k = 0; k < loop_n_carried(loop); k++)
        if (loop_arg(loop, k)->root == root)
            return true;
    return false;
}

static bool is_apart(const Op *loop, const Op *op)              // from the other trips
{
    bool access = op->code == OP_load || op->code == OP_store || op->code == OP_acc;
    if (!access)
        return op_is_scalar(op->code) || op->code == OP_const_real || op->code == OP_const_int;
    return !is_written(loop, op->in[0]->root) || is_own(op, loop_index(loop));
}

bool emit_lanes_apart(const Emit *e, const Op *loop)
{
    int64_t lo, hi;
    if (e->f->source_name && e->f->transform == TR_NONE)
        return false;                                           // the user's own loops stay as they are
    bool few = loop->counted && loop->step == 1 && !loop->reversed && !loop->has_exit && ir_is_int_const(loop->in[0], &lo) &&
               ir_is_int_const(loop->in[1], &hi) && hi - lo >= MIN_TRIPS && hi - lo <= MAX_TRIPS;
    bool memory = false;
    for (int k = 0; few && k < loop_n_carried(loop); k++) {
        const Value *x = loop_arg(loop, k);
        if (!type_is_linear(x->type) || x->type.elem != E_REAL)
            return false;
        memory = memory || e->places[x->root->id].storage != PLACE_LOCAL;
    }
    const Region *body = loop->regions[0];
    for (int i = 0; few && memory && i < body->ops.n; i++)
        few = is_apart(loop, body->ops.at[i]);
    return few && memory;
}
