// plancheck.h — what the tests of the plan of a reversal share (keep.c, fuse.c, usage.c).
//
// In: a function of a module that was parsed from IR text. Out: its plan, and its values by name.
#ifndef PLANCHECK_H
#define PLANCHECK_H

#include "keep.h"

// All that keep_plan asks of a derivation. Errors fail the test.
DeriveCtx plan_context(Module *m, Arena *a);
// The plan of f, reversed in one piece, all its real arguments and results being active.
Plan *plan_whole(DeriveCtx *c, Arena *a, Func *f);
// The value of that name in r or deeper, the innermost first: a loop has results named like what it carries. NULL: none.
const Value *plan_named(const Region *r, const char *name);
// Each "name words" of the list "name words; name words" has to be what words_for says of the value. title: of the case, for messages.
typedef const char *PlanWords(Arena *a, const Plan *p, const Value *v);
void plan_check(Arena *a, const char *title, const Plan *p, const char *list, PlanWords *words_for);

#endif
