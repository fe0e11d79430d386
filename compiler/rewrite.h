// rewrite.h — what the passes that edit in place share: replacing values by others, taking lists apart, moving ops
// between regions.
//
// In: decisions of a pass. Out: IR in which no use of a replaced value is left, once rewrite_apply has run.
//
//     Rewrite w = rewrite_of(f);
//     rewrite_to(&w, x, y);                  // from now on x is y
//     rewrite_apply(&w);                     // in every operand and yield of f
#ifndef ADC_REWRITE_H
#define ADC_REWRITE_H

#include "ir.h"

typedef struct Rewrite {
    Func *f;
    Value **to;                             // by id, or NULL: itself; made when the first value is replaced
    int n;                                  // ids that it holds
} Rewrite;

Rewrite rewrite_of(Func *f);
// Replaces x by y. Chains are followed; y must not lead back to x.
void rewrite_to(Rewrite *w, Value *x, Value *y);
// What v has become.
Value *rewrite_get(Rewrite *w, Value *v);
// In the operands of op, and of all ops in its regions and their yields.
void rewrite_op(Rewrite *w, Op *op);
void rewrite_apply(Rewrite *w);

// Is f's body there to be worked on?
static inline bool func_has_body(const Func *f) { return !f->is_extern && (f->transform == TR_NONE || f->done); }

// Which values some op consumes, by id.
bool *consumed_values(Arena *a, const Func *f);
// How often each value is used, by id; yields count.
int *count_uses(Arena *a, const Func *f);
// How often v is used in r and deeper.
int uses_in(const Region *r, const Value *v);
// Is op a copy that may as well be its source, because nobody writes to either?
bool is_idle_copy(const bool *consumed, const Op *op);

// Takes item k out of a list and gives the later ones their new index. What used it must have been replaced.
void op_remove_operand(Op *op, int k);
void op_remove_result(Op *op, int k);
void region_remove_arg(Region *r, int k);
void region_remove_yield(Region *r, int k);
// Puts one in at place k.
void op_insert_operand(Func *f, Op *op, int k, Value *v);
// The loop may keep as many of its states as any other.
void loop_forget_states(Op *loop);
Value *region_insert_arg(Region *r, int k, Type t, const char *name);
// The ops from number `from` to the end come to stand at number `to`, in front of those that were there.
void region_move_up(Region *r, int from, int to);
// All versions in r, and deeper, of the buffer `from` are of `to` from now on.
void region_change_root(Region *r, const Value *from, Value *to);
// Appends an op of another region (no longer listed there) to r.
void region_take(Region *r, Op *op);

#endif
