// lanes_internal.h — what the files that write a function in lanes share. Private to lanes.c, lanes_group.c and lanes_array.c.
//
//     lanes.c          signatures, calls, ifs, loops and withins; which functions are written
//     lanes_group.c    scalar ops in lanes: groups of them, and the homes of what is used outside of its group
//     lanes_array.c    whole-array ops, and any op done for one lane after the other
//
// lanes.h is what these have from lanes_flow.c: which values are in lanes.
#ifndef ADC_LANES_INTERNAL_H
#define ADC_LANES_INTERNAL_H

#include "lanes.h"
#include "reals.h"

// One function being written.
typedef struct LaneGen {
    DeriveCtx *c;
    Arena *a;
    LaneVariant *v;
    Func *f, *g;                            // f: v->body
    int width;
    Value **map;                            // by id of f: what is not in lanes, and arrays, in g
    Value **home;                           // by id of f: of a scalar in lanes, see below
    bool *escapes;                          // by id of f: used outside of its group
    int *uses;                              // by id of f
    Map *latest;                            // root of a home -> its last version
    Map *last_group;                        // region of f -> the group that is open at its end, as an int
    int groups;
    VEC(const Op *) group;                  // the open one
    VEC(Value *) viewed;                    // while numbering: roots that the open group reads through views
} LaneGen;

static inline bool lane_is_on(const LaneGen *g, Value *x) { return lane_on(g->v, x); }
// What x of f, not in lanes or an array, is in g.
static inline Value *lane_to(const LaneGen *g, Value *x) { return g->map[x->id] ? g->map[x->id] : x; }
static inline void lane_set(LaneGen *g, const Value *x, Value *is) { g->map[x->id] = is; }
static inline Value *lane_width(const LaneGen *g, Builder *b) { return b_int(b, g->width); }

// How many dimensions an array of type t has in lanes: the width is the last one. Structs are in lanes as their reals (reals.h), whose number is
// the dimension before that.
static inline int lane_rank(Type t) { return t.rank + type_is_struct(t) + 1; }

// ---- lanes_group.c ----
// Marks all ops of f: LANE_NONE; LANE_WHOLE for one that is no member of a group; > 0: the number of its group. And finds uses and escapes.
enum { LANE_NONE = 0, LANE_WHOLE = -1 };
void lane_number(LaneGen *g);
// An op that needs nothing of what the open group makes, so does not end it.
bool lane_is_fresh(const Op *op);

// A home is a real[width] with the values that a scalar has in all lanes.
Value *lane_new_home(LaneGen *g, Builder *b, const char *name);
// From now on x is in that home, of which this is the last version.
void lane_set_home(LaneGen *g, const Value *x, Value *version);
void lane_bind_home(LaneGen *g, Value *version);
// Scalar x as an array of the width: for reading only; for an op at b that may consume it, and is x's only use if that is x's own home.
Value *lane_in_home(LaneGen *g, Builder *b, Value *x);
Value *lane_take_home(LaneGen *g, Builder *b, Value *x);

typedef struct LaneMove {                   // a value that goes into a home at the end of a region
    Value *to;                              // its version before, then after
    Value *from;                            // of f
} LaneMove;
// Ends the open group: writes it as a loop over the lanes, with moves behind its ops.
void lane_flush(LaneGen *g, Builder *b, LaneMove *moves, int n_moves);

// ---- lanes_array.c ----
typedef VEC(Value *) LaneValues;
// A path of a within, from base on, in lanes; its operands, those of f being `in`, are added.
Path lane_path(LaneGen *g, Builder *b, Value *base, const Path *p, Value *const *in, LaneValues *operands);
// The array in lanes that an array op makes; NULL for an op that does not know lanes.
Value *lane_array_op(LaneGen *g, Builder *b, const Op *op);
// The op once for each lane, on copies of the lane's elements. What it makes is noted in g.
void lane_one_by_one(LaneGen *g, Builder *b, const Op *op);

#endif
