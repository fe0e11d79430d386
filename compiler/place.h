// place.h — where every array of a function lives in C.
//
// In: IR after the last derive and the last optimisation; each chain of array versions has one root (Value.root),
// copies are explicit. Out: the same IR with needless copies gone (place), and for the emitter a table root ->
// storage (place_func). The idea:
//
//     shape                       PLACE_PARAM    the caller's pointer
//     const_array                 PLACE_CONST    a static const table
//     new, copy, lu: small        PLACE_LOCAL    double t[9];            its size is a constant
//     new, copy, lu: else         PLACE_ARENA    double *t = adrt_alloc(…), taken once per call: before the
//                                                outermost of the loops in which its dimensions do not change
//     buf_new                     PLACE_BUF      struct adrt_buf_real, gone at the rewind
//     freeze                      PLACE_FROZEN   the buffer that was frozen, from now on read only
//     slice, reshape, view_at     PLACE_VIEW     a pointer into its base
//     within's arguments          PLACE_SLOT     likewise, writable
#ifndef ADC_PLACE_H
#define ADC_PLACE_H

#include "ir.h"

typedef enum Storage {
    PLACE_NONE,
    PLACE_PARAM,
    PLACE_CONST,
    PLACE_LOCAL,
    PLACE_ARENA,
    PLACE_BUF,
    PLACE_FROZEN,
    PLACE_VIEW,
    PLACE_SLOT
} Storage;

typedef struct Place {
    Storage storage;
    Op *before;    // PLACE_ARENA: the op before which it is allocated: the root's own, or a loop around it
    bool per_trip; // PLACE_ARENA and PLACE_BUF: it is taken inside a loop, whose body gives it back at its end
} Place;

enum { PLACE_LOCAL_BYTES = 4096 };

// Elides copies whose source nobody looks at afterwards. Changes the functions of m in place; keeps the IR valid.
void place(Module *m);

// The storage of every root of f, indexed by Value.id (other values: PLACE_NONE). In the arena; f->n_values entries.
Place *place_func(Arena *a, const Func *f);

// Dimension k of the array or view whose root is given: a value, or (v == NULL) the constant c. Defined where the
// root is. A negative dimension counts as 0.
typedef struct Dim {
    Value *v;
    int64_t c;
} Dim;
Dim place_dim(const Value *root, int k);

#endif
