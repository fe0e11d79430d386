// nest.c — counted loops around one element. See nest.h for the contract.
//
// In: a builder and bounds. Out: loops, one in the other, each carrying the array on:
//
//     %A5, %T = loop %i = 0 to %m step 1 (%A1 = %A) {
//         %A4, %U = loop %j = 0 to %n step 1 (%A2 = %A1) { .. %A3 = store %A2[%i, %j], %v   yield %A3 }
//         yield %A4
//     }
#include "nest.h"

#include <assert.h>

Nest nest_open(Builder *b, int rank, Value *const *lo, Value *const *hi, Value *array)
{
    assert(rank <= NEST_MAX);
    Nest n = {.rank = rank, .at = *b, .array = array};
    for (int k = 0; k < rank; k++) {
        Value *from = lo ? lo[k] : b_int(&n.at, 0);
        n.loops[k] = b_loop(&n.at, from, hi[k], 1, false, 1, &n.array);
        n.index[k] = loop_index(n.loops[k]);
        n.array = loop_arg(n.loops[k], 0);
        n.at.at = n.loops[k]->regions[0];
    }
    return n;
}

Value *nest_close(Nest *n, Value *array)
{
    for (int k = n->rank - 1; k >= 0; k--) {
        n->at.at = n->loops[k]->regions[0];
        ir_yield(&n->at, 1, &array);
        array = n->loops[k]->out[0];
    }
    return array;
}

int array_dims(Builder *b, Value *array, Value **dims)
{
    for (int k = 0; k < array->type.rank; k++)
        dims[k] = ir_dim(b, array, k);
    return array->type.rank;
}

void unflatten(Builder *b, Value *i, int rank, Value *const *dims, Value **index)
{
    for (int k = rank - 1; k > 0; k--) {
        index[k] = b_2(b, OP_imod, i, dims[k]);
        i = b_2(b, OP_idiv, i, dims[k]);
    }
    if (rank > 0)
        index[0] = i;
}

Value *elements_of(Builder *b, int rank, Value *const *dims)
{
    Value *n = rank > 0 ? dims[0] : b_int(b, 1);
    for (int k = 1; k < rank; k++)
        n = b_2(b, OP_imul, n, dims[k]);
    return n;
}
