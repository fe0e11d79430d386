// reals.h — structs as their reals: how many there are, which fields they are in, and where in an array of reals that has them in order.
//
//     struct cam { real rot[3]; int id; real focal; };        struct cam c[n]        real r[n, 4]
//                                                             c[i].rot[k]            r[i, k]
//                                                             c[i].focal             r[i, 3]
//
// Passes that have to do with tangents and adjoints alone use the second form where the first is in the way.
#ifndef ADC_REALS_H
#define ADC_REALS_H

#include "nest.h"

int struct_reals(const StructInfo *st);     // in one struct
// In an element of type t, a scalar or an array: 1, or those of a struct.
int type_reals(Type t);

// idx[0 .. n) lead to a real or a part of structs of type t, as in load and slice. They become those in the array of reals, and their number is
// given. If they lead to a field they end with the position of its first real.
int real_index(Builder *b, Type t, int n, Value **idx);

// The fields that are reals, by number, in order; of an array of reals: -1 alone, for itself. Gives how many.
int real_fields(Arena *a, Type t, const int **fields);

// Loops through all of one of these fields in an array of structs, or through an array of reals.
typedef struct RealNest {
    Nest nest;
    int n, m;
    Value *at[NEST_MAX];                    // n indices: as a load of the array has them
    Value *real[NEST_MAX];                  // m indices: in the array of reals
    Value *more[NEST_MAX];                  // the indices of the innermost loops
} RealNest;

// dims: of an array of type t. Inside of these loops there are n_more others, from lo to hi; `array` is carried through all.
RealNest real_nest_open(Builder *b, Type t, Value *const *dims, int field, int n_more, Value *const *lo, Value *const *hi, Value *array);

#endif
