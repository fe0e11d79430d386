// opt.h — the optimiser's passes, in the order in which pipeline.c usually runs them. Each is one file, takes IR and
// leaves better IR, and may be run any number of times; each leaves IR that verify.c accepts. `simplify` itself, which
// the builder calls, is declared in ir.h.
//
//     lower -> counted, simplify, dce -> derive (of copies made ready: inline, simplify, structs, gvn, factors, zero, dce)
//           -> inline, simplify, structs, gvn, zero, dce, dead_params, drop_unused -> place, emit
//
// Functions without a body (extern, derives not yet made) are left alone by all of them.
#ifndef ADC_OPT_H
#define ADC_OPT_H

#include "ir.h"

// opt_counted.c: loops whose head is `i < n` and whose i steps by a constant on every path that goes on become counted
// loops.
void opt_counted(Func *f);

// opt_control.c: folds constants, branches and loops whose way is known, carried values that never change, loads of
// what was just stored, and everything `simplify` knows. No IEEE result changes. Leaves unused ops behind; run opt_dce
// afterwards.
void opt_simplify(Func *f);
// opt_simplify.c: a zero that stands for "no derivative here", not for a number that was computed: a sum with it is the
// other term (also for -0), a product with it is it (also with infinity). To the eye and to C an ordinary 0.
Value *b_no_derivative(Builder *b);
bool is_no_derivative(const Value *v);
// opt_simplify.c: is a - b a constant, as far as sums with constants show it?
bool int_difference(const Value *a, const Value *b, int64_t *difference);
// Are a and b the same value: one value, or equal constants?
bool same_value(const Value *a, const Value *b);

// opt_structs.c: local structs become a scalar or an array for each member.
void opt_structs(Func *f);

// opt_unroll.c: counted loops of a few trips become straight code, where that stays small.
void opt_unroll(Func *f);

// opt_scalars.c: small local arrays whose indices are all constants become scalars.
void opt_scalars(Func *f);

// opt_gvn.c: of equal pure scalar ops, loads, slices, lengths and factors, the first one that dominates the others stays.
void opt_gvn(Func *f);

// opt_factors.c: two choleskys of one matrix become one; solves with the LU factors of what that made become triangular ones.
void opt_factors(Func *f);

// opt_merge.c: two branches on one condition, one after the other, become one branch.
void opt_merge(Func *f);

// opt_shift.c: m + log(sum(exp(x - m))) does not depend on m, which is stopped there. For f about to be differentiated.
void opt_shift(Func *f);
// opt_extreme.c: a running maximum or minimum of an array, whose derivative counts, is the element at the place of it. For f about to be
// differentiated.
void opt_extreme(Func *f);

// opt_induction.c: ints that a loop raises by the same on every trip are computed from its index. For f about to be differentiated.
void opt_induction(Func *f);

// opt_sink.c: a scalar computation that only one arm of an if uses is done in that arm.
void opt_sink(Func *f);

// opt_stores.c: element writes that a later write hides, or nobody reads, go; so do copies of arrays that nobody
// changes.
void opt_stores(Func *f);

// opt_results.c: a local array that is copied to an output at the end is that output from the start.
void opt_results(Func *f);

// opt_carry.c: what a loop adds to one element of an array it adds up in a scalar.
void opt_carry(Func *f);

// opt_accs.c: additions to elements of one array that follow one another are sorted by rows.
void opt_accs(Func *f);
// opt_parallel.c: loops marked parallel are taken apart, so that threads can run their trips; the others are in order.
void opt_parallel(Func *f);

// opt_order.c: reversed loops whose trips only add to things are turned round.
void opt_order(Func *f);

// opt_zero.c: zeroed `new`s and fills whose elements are all written again before any is read lose their zero.
void opt_zero(Func *f);

// The question that opt_zero asks, for others: is every element of v, a version of an array, written before any is read? What is known of f's uses
// holds until f changes (a version made later is not asked about).
typedef struct Zero Overwritten;
Overwritten *overwritten_of(Arena *a, const Func *f);
bool is_overwritten(Overwritten *o, const Value *v);

// opt_winner.c: of a loop that finds the greatest or least of what its trips compute, the one that wins is run once more. For f about to be differentiated.
void opt_winner(Func *f);

// opt_private.c: a local array that a loop carries, and every trip writes anew, is made in the loop. For f about to be differentiated.
void opt_private(Func *f);

// opt_dce.c: removes what no result of f needs: ops, results and carried values of ifs and loops, stores into arrays
// that nobody reads. Checks, and calls that may stop the program, stay.
void opt_dce(Func *f);

// opt_dce.c: the same for all functions of m at once, and moreover removes the parameters and results that static
// functions made by adc (source_name NULL) have and nobody needs, recursion included. Derived functions' own signatures
// stay.
void opt_dead_params(Module *m);

// opt_inline.c: replaces calls in f of small callees by their bodies. With for_ad it is meant for f about to be
// differentiated: user functions go in too. Without, only functions that adc made and those marked must_inline. Never:
// no_inline, extern, recursive ones, those with custom rules, derives not yet done.
void opt_inline(Func *f, bool for_ad);
// The same for all functions of m, callees first. Functions that are inlined everywhere stay in m; see opt_drop_unused.
void opt_inline_all(Module *m, bool for_ad);
// Takes out of m the static functions that nothing but themselves calls and no derive or custom rule refers to.
void opt_drop_unused(Module *m);

#endif
