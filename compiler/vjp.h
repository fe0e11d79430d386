// vjp.h — what the files of the reverse mode share: vjp.c (functions), vjp_fwd.c (forward sweep), vjp_rev.c (reverse
// sweep), vjp_fuse.c (both, trip by trip), vjp_checkpoint.c (both, from states kept).
#ifndef ADC_VJP_H
#define ADC_VJP_H

#include "keep.h"

// One reversal under construction. Tables are indexed by the value ids of the primal.
typedef struct Gen {
    DeriveCtx *c;
    const Plan *plan;
    Func *f;                                // the primal
    Value **fwd;                            // the primal's values in the forward sweep
    Value **had;                            // the primal's values in the reverse sweep, as far as the plan has them there
    Value **kept;                           // arrays: the copy made in the forward sweep, where the plan says copy_first
    Value **site;                           // HOW_TAPE: the tape array that carries the value, current version
    Value **bar;                            // scalars: adjoint so far, NULL: zero
    Value **used;                           // scalars that are asked about: were they used so far? NULL: no
    Value *loop_used;                       // in the reverse of a loop of which it is asked: was anything used that it makes? NULL: yes
    Value **seed;                           // by result of a fused loop that is a sum: its adjoint, had before the loop, or NULL: zero
    Value **abar;                           // by root: current version of the adjoint array, NULL: zero
    Value **trip;                           // by trip count of a loop: the number of the trip, in the reverse of its body
    Value **zbar, **zpos;                   // by root of a buf of the primal: adjoint of the frozen tape, and the position reached
    Value **map;                            // all NULL but while one op is cloned
    Value *buf[N_TAPES];                    // forward: our own growable tapes
    Value *tape[N_TAPES];                   // reverse: the same, frozen
    Value *pos[N_TAPES];                    // reverse: how far they are still to be read
    Arena *a;
} Gen;

extern const char *const pos_names[N_TAPES];                // of positions on them: "at", "int_at", ...

Gen *gen_new(DeriveCtx *c, Arena *a, const Plan *plan);

// Emits ops from .. end - 1 of region r of the primal at b, keeping what the plan keeps, and at the region's end what it keeps there. Arguments
// must be in g->fwd. What r yields is then in g->fwd too.
void vjp_forward(Gen *g, Builder *b, const Region *r, int from, int end);

// Emits the reverse of region r at b. The adjoints of its yields must be in g->bar and g->abar, and for a joint function g->tape and g->pos set;
// afterwards those of its arguments are there.
void vjp_reverse(Gen *g, Builder *b, const Region *r);

// The growable tapes of a home: opened before its forward sweep, frozen after it.
void vjp_open_tapes(Gen *g, Builder *b, const Region *home);
void vjp_freeze_tapes(Gen *g, Builder *b, const Region *home);

// Emits region r, a home in the plan, forwards and then backwards. Arguments must be in g->fwd, adjoints of its yields in g->bar and g->abar; afterwards
// its yields are in g->fwd and the adjoints of its arguments in g->bar and g->abar.
void vjp_there_and_back(Gen *g, Builder *b, const Region *r);

// A loop that the plan fuses, in the forward sweep (FUSE_EARLY): its trips, each reversed at once. And in the reverse sweep: what is left to do,
// or, FUSE_LATE, all of it.
void fused_forward(Gen *g, Builder *b, const Op *loop);
void fused_reverse(Gen *g, Builder *b, const Op *loop);

// What the plan has again at the start of the reverse of region r. vjp_reverse does it for all but the body of a split function.
void vjp_have_values(Gen *g, Builder *b, const Region *r);

// Adds x to the adjoint of scalar v, which is used; or only if `when` is true (NULL: true).
void gen_contribute(Gen *g, Builder *b, Value *v, Value *x);
void gen_contribute_when(Gen *g, Builder *b, Value *v, Value *x, Value *when);
// The value v of the primal in the reverse sweep.
Value *gen_had(Gen *g, Builder *b, Value *v);
// Dimension k of the primal's root, in the reverse sweep.
Value *gen_had_dim(Gen *g, Builder *b, const Value *root, int k);
// A new zeroed array of the shape of the primal's root, for the reverse sweep.
Value *gen_zeros(Gen *g, Builder *b, const Value *root);

// ---- vjp.c, for vjp_rev.c ----
// The vjp of f by the parameters in wrt: a derived function, of the user's or a new one, whose body comes with those of the other callees.
Func *vjp_of(DeriveCtx *c, Func *f, const bool *wrt);

// The position that tape e is read up to is p from now on.
void gen_step_back(Gen *g, int e, Value *p);

// ---- vjp_struct.c ----
// Forward: puts all scalars of an array of structs on the tapes. Reverse: steps back over those of v, an array of the primal, and gives a fresh
// array with them.
void gen_put_structs(Gen *g, Builder *b, Value *array);
Value *gen_read_structs(Gen *g, Builder *b, const Value *v);

// ---- vjp.c, for record.c ----
// What d's base is differentiated as; NULL after an error (reported).
Func *vjp_primal(DeriveCtx *c, const Func *d);
// The plan for d, a vjp, grad or record, of f = vjp_primal(c, d).
Plan *vjp_plan(DeriveCtx *c, Arena *a, Func *f, const Func *d, PlanKind kind);
// Before the reverse of d: takes up the seed or adjoint p, one of d's parameters. An array adjoint is then *bound.
void vjp_seed(Gen *g, Builder *b, const Func *d, const Param *p, Value **bound);
// After it: what p, an out or inout adjoint of d, is given.
Value *vjp_bar_result(Gen *g, Builder *b, const Func *d, const Param *p, Value *bound);
// The bodies of all split functions that were called.
void vjp_finish_variants(DeriveCtx *c);

// A value that changes while regions are built: what it is now. Regions that may change it get it handed in and hand it back.
typedef VEC(Value **) Cells;

Value **cells_push(Value **out, const Cells *cells);            // gives the end of what was written
Value *const *cells_set(const Cells *cells, Value *const *from);

// What the reverse of an op changes outside of the op, with a value in every cell.
typedef struct Threads {
    Cells arrays, scalars;
    ValueList used;                         // the last scalars: whether these were used
} Threads;

Threads gen_threads(Gen *g, Builder *b, const Op *op);
void gen_name_threads(Builder *b, const Threads *t, const OpPlan *o, Value *const *scalars);

// ---- vjp_checkpoint.c ----
// The reverse of a loop whose trips are run again, for vjp_rev.c: a loop over the number of the trip, from the last to the first, that carries the
// states that are kept besides what the reverse of any loop carries.
typedef struct States {
    const Op *loop;                         // of the primal
    Value *trips;                           // how many it took
    Value *max;                             // states that may be kept
    Value *room;                            // besides the first; NULL: none
    Value **first;                          // per carried value: what the loop started with, or NULL: no part of the state
    Value **kept;                           // per carried value: array of the states kept besides the first
    Value *at, *n;                          // before which trips they are kept, at[0] being 0 for the first; how many there are
    Cells cells;                            // kept, at and n: what the reverse loop carries
} States;

// Before the reverse loop: no states kept but the first.
States *states_begin(Gen *g, Builder *b, const Op *loop);
// Trip t, forwards and backwards, from the last state kept before it.
void states_trip(Gen *g, Builder *b, States *s, Value *t);
// What is known of the scalars that op uses from outside, used or not, before its reverse. At the end of each of the reverse's regions that is put
// back, but for those that are threaded. And after `to`, the reverse of op: they are used if that region has run which uses them.
Value **gen_used_before(Gen *g, const Op *op);
void gen_used_again(Gen *g, const Op *op, Value *const *before);
void gen_used_after(Gen *g, Builder *b, const Op *op, const Op *to);

#endif
