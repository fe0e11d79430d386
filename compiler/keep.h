// keep.h — the plan of a reversal: which values of the primal the reverse needs, and how each is had there.
//
// keep.c makes the plan, vjp.c carries it out, once in the forward sweep (where something has to be kept) and once in the reverse.
#ifndef ADC_KEEP_H
#define ADC_KEEP_H

#include "derive.h"

typedef enum How {
    HOW_NOT,                                // the reverse does not need it
    HOW_DIRECT,                             // in scope: a value of the outermost region of a joint function; an argument handed to f_rev
    HOW_REDO,                               // computed again from values that are had
    HOW_INDEX,                              // a loop index: the reverse loop has the same one
    HOW_YIELD,                              // handed out of its branch: a C local that outlives the branch
    HOW_TAPE,                               // on an array indexed by the counters of the loops around it
    HOW_APPEND,                             // on a growable tape
    HOW_EXIT,                               // a flag that is true on a loop's last trip at most: (t == trips - 1) && its last value
    HOW_RESULT,                             // what its branch yields: the result of the if is had
    HOW_COPY                                // a whole array that is overwritten later: a copy made before that (joint, outermost region)
} How;

// Who runs the two sweeps: one function; a pair that some caller runs; a pair that C calls, with nothing but a tape between the halves.
typedef enum PlanKind { PLAN_JOINT, PLAN_SPLIT, PLAN_RECORD } PlanKind;

// How a region keeps what it has to keep.
typedef enum Keep { KEEP_DIRECT, KEEP_YIELD, KEEP_TAPE, KEEP_APPEND } Keep;

enum { KEEP_COST = 10 };                    // a store and a load, in the unit of the costs in ops.def

enum { N_TAPES = 5 };                       // one growable tape per Elem; single bools go to E_BIT's, arrays of bools to E_BOOL's

typedef VEC(Value *) ValueList;

// Where a value is used: operand k of op, or yield k of the region (op NULL).
typedef struct Use {
    struct Use *next;
    const Op *op;
    const Region *region;
    int k;
} Use;

// How a value is used by what reaches an output (usage.c): in some branch; perhaps, in a branch of a loop or as an arm of a `sel`; always but for a loop
// without trips or the choice that a max or a root at 0 makes.
typedef enum Usage { USED_NEVER, USED_BRANCH, USED_PERHAPS, USED_MOSTLY, USED_ALWAYS } Usage;

// How v, from outside of an op with regions, is used in each of them.
typedef struct UsedInside {
    Value *v;
    unsigned char arm[2];
} UsedInside;

typedef VEC(UsedInside) UsedInsideList;

typedef struct RegionPlan {
    Keep keep;
    int depth;                              // of nesting; 0: the function's body
    const Region *home;                     // this region or the nearest one around it that is reversed as soon as it has run, so that its
                                            //   values are in scope then; NULL: none (split)
    bool seeds_early;                       // a loop in it is reversed as soon as it has run, and before that the adjoints of what it gives
    unsigned mask;                          // of a home: the growable tapes it uses
    ValueList needed;                       // values defined here (not deeper) that the reverse needs, in the order of definition
    ValueList record[N_TAPES];              // KEEP_APPEND: the scalars of the record appended at the end of the region
    ValueList arrays[N_TAPES];              // KEEP_APPEND: whole arrays appended before them
    ValueList structs;                      // KEEP_APPEND: arrays of structs, whose fields are put before these
    ValueList inputs[N_TAPES];              // of a record's body: the scalar arguments, put before anything else (whole arrays come as they are bound)
    VEC(Op *) loops;                        // KEEP_TAPE: the counted loops around, outermost first
} RegionPlan;

typedef struct Variant Variant;

// Is a loop reversed trip by trip, each as soon as it has run? In the forward sweep; or in the reverse sweep, where it runs a second time.
typedef enum Fuse { FUSE_NOT, FUSE_EARLY, FUSE_LATE } Fuse;

// About an op with regions, or an active call.
typedef struct OpPlan {
    int number;                             // of ops with regions, in order
    bool reversed;                          // the reverse has to do something about it
    Fuse fused;                             // of a loop (fuse.c)
    bool rerun;                             // of a loop: its trips are run again in the reverse, from states kept (checkpoint.c)
    bool *state;                            // FUSE_LATE, rerun: per carried value, does the body look at what it is handed?
    ValueList outer;                        // FUSE_LATE, rerun: what the loop uses from outside
    bool *sums;                             // of a loop, per carried value: an active scalar that the body only adds to; NULL: not asked yet
    unsigned mask;                          // growable tapes (1 << Elem) appended to inside
    ValueList scalars;                      // active scalars from outside whose adjoints it adds to
    UsedInsideList used;                    // the same scalars, and local arrays that are read: how they are used
    Usage usage;                            // of a loop: of all that it makes
    bool asked, if_used;                    //   the reverse has to know whether something of that was used; it goes round the loop if not
    ValueList roots;                        // active arrays from outside whose adjoints it touches, by root
    ValueList bufs;                         // active growable tapes of the primal that are appended to inside, by root
    ValueList sites;                        // values inside that are stored on indexed tapes
    ValueList out[2];                       // values of each region that are handed out (HOW_YIELD)
    Variant *variant;                       // of an active call that is split
} OpPlan;

typedef struct Plan {
    Func *f;
    bool joint;                             // forward and reverse are one function
    bool record;                            // they are two, and the reverse has nothing but the tape: arguments go there too
    const bool *stable_args;                // split: arrays that the caller's reverse finds unchanged
    bool *active;                           // per value id; arrays: per version
    bool *active_root;                      // per value id of a root: some version is active
    unsigned char *how;                     // per value id
    bool *copy_first;                       // per value id: HOW_COPY, or an array to append that is overwritten before the region's end
    bool *arg_needed;                       // per argument of f (split): the reverse wants it handed over
    Op **consumer;                          // per value id of an array or buf: the op that consumes it, NULL: none or a yield
    Value **finished;                       // per value id of a load: the later version that still holds what it read, or NULL
    Value **result;                         // per value id: HOW_RESULT, the result of the if
    int *order;                             // per value id: of its definition in the text
    Use **uses;                             // per value id of an active scalar
    unsigned char *usage;                   // per value id of an active scalar, or of the root of a local array: Usage
    bool *asked;                            // per value id of such: the reverse has to know whether it was used
    bool *wild;                             // per value id of a scalar: may be infinite or a NaN though nothing that it is made of is
    bool seeds_first;                       // a loop of the outermost region is fused: the adjoints of what f yields have to be there before
    const Op **why;                         // per value id: the op whose reversal asked for it first, or NULL
    Value **last;                           // per value id of an exit flag: the loop's result that is its value on the last trip, or NULL
    unsigned mask;                          // all growable tapes used
    Map *regions, *ops;
    Arena *a;
} Plan;

// A split function: f_fwd and f_rev for one choice of active arguments and results and stable arrays.
typedef enum SlotKind { SLOT_PRIMAL, SLOT_TAPE, SLOT_POS, SLOT_SEED, SLOT_BAR, SLOT_USED, SLOT_ADJ, SLOT_ZBAR, SLOT_ZPOS } SlotKind;

// A parameter of f_rev. PRIMAL: argument `index` of f. TAPE, POS: of Elem `index`. SEED (in): of result `index`, a scalar. BAR (inout): of the
// array or inout scalar that is argument `index`. ADJ (out): the contribution to the scalar argument `index`,
// and USED (out), in front of it, whether that was used, where it may not be. ZBAR (in), ZPOS (inout): adjoint
// and position of the growable tape that is argument `index`.
typedef struct Slot {
    SlotKind kind;
    int index;
    Role role;
    Type type;
    const char *name;
} Slot;

struct Variant {
    Func *f;                                // as called
    Func *body;                             // f made ready for differentiation (derive_ready)
    bool *active_args, *active_results, *stable_args;
    Plan *plan;                             // NULL while it is being made (recursion)
    bool asked_early;                       // a recursive call asked before there was a plan and got what was assumed:
    unsigned assumed_mask;                  //   these tapes
    bool *assumed_args;                     //   these arguments
    bool dropped;                           // planned on an assumption that was not true
    Func *fwd, *rev;                        // fwd is f itself where nothing is kept
    VEC(Slot) slots;
    bool built;
};

// Plans the reversal of f. Asks vjp_variant (vjp.c) about the functions it calls.
// stable_args: of PLAN_SPLIT, else NULL.
Plan *keep_plan(DeriveCtx *c, Arena *a, Func *f, PlanKind kind, const bool *active_args, const bool *active_results,
                const bool *stable_args);
// Where the contribution of op to its operand reads that only as f(operand), and there is such a value in the region of op: that one. Else
// NULL. The cos(a) that stands beside sin(a) need not be computed again, and a need not be kept.
Value *plan_companion(const Plan *p, const Op *op);
// Does v, an argument of a record or an in array as it is bound, go to the front of its tape?
bool plan_is_input(const Plan *p, const Value *v);
RegionPlan *region_plan(const Plan *p, const Region *r);
OpPlan *op_plan(const Plan *p, const Op *op);
How how_of(const Plan *p, const Value *v);
bool is_active(const Plan *p, const Value *v);              // scalars: the value; arrays and bufs: their root
// The root whose adjoint array serves that of `root` too: a factor's is its matrix's where that stays as it was factored.
Value *adjoint_root(const Plan *p, Value *root);
// Dimension k of an array's root: a value of the primal, or NULL and *constant.
Value *root_dim(const Value *root, int k, int *constant);
// The growable tapes (1 << Elem) that the fields of a struct go to (vjp_struct.c).
unsigned struct_tapes(const StructInfo *st);
// The growable tape that values of this type go to; of no struct.
Elem tape_elem(Type t);

// Is r reversed as soon as it has run?
bool is_home(const Plan *p, const Region *r);

// Are the contents of version v still there, at a place it can name, when a region of that home is reversed?
bool plan_in_place(Plan *p, const Region *home, const Value *v);

// ---- fuse.c ----
// Decides which loops are fused and where every region has its home. Needs what is active and what each op touches.
void fuse_loops(Plan *p);
// Operand k of a scalar op: does the adjoint of the result, times something known, go to it?
bool fuse_flows(const Plan *p, const Op *op, int k);

// ---- checkpoint.c ----
// Decides whether the trips of a loop with checkpoints are run again, and what that takes. The op must have its plan.
void checkpoint_plan(Plan *p, const Op *loop);
// Which of the values that a loop carries are state of its trips: scalars, and arrays whose elements it looks at.
void loop_state(Plan *p, const Op *loop);

// ---- usage.c ----
// Fills in usage, asked and wild, and what every op with regions uses. Needs what is active, the uses, and the variants of calls.
void usage_plan(Plan *p);
// Can it be that a value used like this is not?
static inline bool usage_is_open(Usage usage) { return usage != USED_NEVER && usage != USED_ALWAYS; }
// Is root that of a local array whose reads are followed, as of an array that a loop in the same region makes?
bool usage_follows(const Plan *p, const Value *root);
// Is what a scalar op contributes to operand k to be made only if its result was used?
bool usage_guards(const Plan *p, const Op *op, int k);
// Is it 0 for the seed 0 whatever the operands are?
bool usage_passes_on(const Op *op, int k);
// Is that contribution a choice, so that operand k may not be used though the result is?
bool usage_chooses(const Op *op, int k);
// Does the reverse of an op have to carry whether this value was used through its regions, because that depends on what happens in there?
bool usage_is_threaded(const Plan *p, const UsedInside *inside);

// ---- exits.c ----
// The bools of the loop's body that are true on its last trip at most, because each implies the exit.
void exit_flags(Arena *a, const Op *loop, ValueList *flags);
// Gives every loop with an exit the last value of each of these as a result.
void exits_carry(Func *f);

// ---- vjp.c, for keep.c ----
Variant *vjp_variant(DeriveCtx *c, Func *f, const bool *active_args, const bool *active_results, const bool *stable_args);
unsigned variant_mask(Variant *v);                          // tapes it appends to
bool variant_needs_arg(Variant *v, int arg);
Usage variant_usage(const Variant *v, int arg);             // of a scalar argument, in the function's body
Func *variant_fwd(DeriveCtx *c, Variant *v);                // signatures made when first asked for, bodies at the end
Func *variant_rev(DeriveCtx *c, Variant *v);

#endif
