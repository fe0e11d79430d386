// access.h — how the trips of a loop touch what they share: arrays, and scalars that are carried.
//
// In: a loop. Out: whether an array is only added to, or every trip has elements of its own; whether a scalar is a sum. What fuse.c decides on, what
// opt_parallel.c needs to hand trips to threads, and what independent.c holds against the user's word.
//
//     for (i..n) { t = x[i]; a[i] = t; h[k[i]] += t; s += t; }       a: on the loop's own index    h: only added to    s: a sum
#ifndef ADC_ACCESS_H
#define ADC_ACCESS_H

#include "ir.h"

typedef struct Access {
    bool any;                               // is it touched at all?
    bool only_added;                        // all that is done is adding to it (acc, add_to, gemm)
    bool only_summed;                       // the same, or it is written as a[i] = a[i] + v
    bool adds;                              // something adds to it in one of these ways, perhaps in a function that is called
    unsigned foreign;                       // axes (1 << axis) on which some access is not on the loop's own index
} Access;

// Is some axis on the loop's own index at every access? Then no two trips touch the same element.
bool access_is_own(const Access *a);
// The accesses in r, the body of a loop with that index (NULL: none), of the array of this root.
Access access_of(const Region *r, const Value *root, const Value *index);

// Does op write an element that it only adds to: a[i] = a[i] + v?
bool access_is_sum(const Op *op);

// Operand k, an array, is only handed on to the regions of op, and is what it is there.
bool op_hands_on(const Op *op, int k);
// Does op do no more to operand 0, an array, than add to it?
bool op_adds_only(const Op *op);
// The axes (1 << axis) on which operand k of op, an array, is not accessed on `index`.
unsigned op_foreign_axes(const Op *op, int k, const Value *index);

// Is carried scalar k only added to, or subtracted from, on every path, and looked at in no other way?
bool loop_sums(const Op *loop, int k);
// Is it the same on every trip?
bool loop_keeps(const Op *loop, int k);

#endif
