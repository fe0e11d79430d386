// lanes.h — what lanes_flow.c gives to the files that write a function in lanes. Private to lanes*.c; the contract of the pass is in derive.h.
//
// In: a function and which of its arguments are in lanes. lanes_flow.c finds out which of its values are: those that depend on them. lanes.c
// writes the function in which those have one more, last dimension.
#ifndef ADC_LANES_H
#define ADC_LANES_H

#include "derive.h"

// A function for one choice of arguments and results in lanes.
typedef struct LaneVariant {
    Lanes lanes;                            // the flags in it are these:
    bool *args, *results;                   // by argument and result of f: in lanes
    Func *body;                             // what is read: a copy of f, or a function that only calls f
    bool *on;                               // by value id of body: in lanes; of an array or buf at its top root
    bool one_by_one;                        // where it is called, f itself is called for each lane
    bool asked;                             // lanes.g has to be written; then `written`
    bool written;
} LaneVariant;

typedef struct LaneMemo {
    Map *by_key;                            // interned text -> LaneVariant
    Map *ready;                             // Func -> its copy that is read
    Map *rule_of;                           // Func -> the function it is a rule of
    VEC(LaneVariant *) all;
} LaneMemo;

LaneMemo *lane_memo(DeriveCtx *c);
// The variant for these flags. Its results and `on` are there after lanes_solve.
LaneVariant *lane_variant(DeriveCtx *c, Func *f, int width, const bool *args, const bool *results);
// Finds results and `on` of all variants there are, and of those that they call.
void lanes_solve(DeriveCtx *c);
// The variant that a call in v's body is of.
LaneVariant *lane_callee(DeriveCtx *c, const LaneVariant *v, const Op *call);
// Is x, a value of v's body, in lanes?
static inline bool lane_on(const LaneVariant *v, Value *x)
{
    return v->on[type_is_linear(x->type) ? ir_top_root(x)->id : x->id];
}
// Is the array rank 1 and indexed by positions? In lanes it still has one dimension, in which position p is element p * width.
bool lane_is_flat(const Value *array);
// v becomes a variant whose body only calls f, one lane after the other; the results in lanes are `results`.
void lane_make_caller(DeriveCtx *c, LaneVariant *v, const bool *results);

#endif
