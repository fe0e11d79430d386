// nest.h — counted loops around one element, for passes that write whole-array work as loops.
//
//     Nest n = nest_open(&b, 2, NULL, dims, A);            for (i < dims[0]) for (j < dims[1])
//     Value *v = b_load(&n.at, B, 2, n.index);                 A[i, j] = B[i, j];
//     A = nest_close(&n, b_store(&n.at, n.array, 2, n.index, v));
#ifndef ADC_NEST_H
#define ADC_NEST_H

#include "ir.h"

enum { NEST_MAX = 2 * IR_MAX_RANK };      // loops in one another

typedef struct Nest {
    int rank;
    Op *loops[NEST_MAX];
    Value *index[NEST_MAX];
    Builder at;                             // in the innermost loop
    Value *array;                           // the version there
} Nest;

// Opens `rank` loops, the outermost first, from lo[k] (lo NULL: 0) to hi[k]; `array`, which is consumed, is carried through them.
Nest nest_open(Builder *b, int rank, Value *const *lo, Value *const *hi, Value *array);
// Ends them with the array's last version in the innermost; gives the version after them.
Value *nest_close(Nest *n, Value *array);

// All dimensions of an array as values; `dims` has room for them. Gives the rank.
int array_dims(Builder *b, Value *array, Value **dims);
// The indices of element i of an array of these dimensions, as it lies in memory.
void unflatten(Builder *b, Value *i, int rank, Value *const *dims, Value **index);
// dims[0] * dims[1] * .. as an int.
Value *elements_of(Builder *b, int rank, Value *const *dims);

#endif
