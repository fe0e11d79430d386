// test_keep.c — keep.c: how each value that the reverse needs is had there, and what a split call asks of its caller.
//
// In: the tables of IR text. `cases`: what the plan of @f, reversed in one piece, says of values told by their names:
// "v tape; w redo". A `!` after it:
// the array is copied before it is overwritten. `splits`: the plan of @g as @f calls it: which of its arguments it
// wants again, which tapes it appends
// to, and of its values as above.
#include "keep.h"

#include "passcheck.h"
#include "plancheck.h"

#include <check.h>
#include <string.h>

typedef struct Case {
    const char *name, *text, *plan;
} Case;

#define SCALARS "func @f(%n: int, %x: real, %y: real) -> (real) {\n"
#define ARRAY   "func @f(%n: int, %x: real, %a: real[1] inout) -> (real[1]) {\n  %a1 = shape %a, %n\n"
#define CAM                                                                                                            \
    "struct cam = {centre: real, focal: real, id: int}\n"                                                              \
    "func @f(%n: int, %c: struct cam[1] inout) -> (struct cam[1]) {\n  %c0 = shape %c, %n\n"
#define READ    "func @f(%n: int, %x: real, %w: real[1]) -> (real) {\n  %w1 = shape %w, %n\n"

static const Case cases[] = {
    {"straight on: all is in scope",
     SCALARS "  %u = mul %x, %y\n  %v = sin %u\n  %w = mul %v, %v\n"
             "  yield %w }\n",
     "u direct; v direct; x direct; y direct; w not"},
    {"sums need nothing", SCALARS "  %u = add %x, %y\n  %v = sub %u, %y\n  yield %v }\n", "u not; v not; x not; y not"},
    {"the header's: an exp is kept, a load is not",
     "func @f(%n: int, %k: real, %w: real[1]) -> (real) {\n  %w1 = shape %w, %n\n"
     "  %r, %T = loop %i = 0 to %n step 1 (%s = 0.0) {\n    %v = load %w1[%i]\n    %t = mul %v, %k\n    %u = exp %t\n"
     "    %q = mul %u, %u\n"
     "    %s1 = add %s, %q\n    yield %s1 }\n"
     "  %z = sin %r\n  yield %z }\n",
     "u tape; v redo; k direct; i index; t not; q not; s not; T not"},
    {"what is cheap is made again from what is had",
     READ "  %r, %T = loop %i = 0 to %n step 1 (%s = 0.0) {\n    %v = load %w1[%i]\n    %t = mul %v, %x\n"
          "    %u = add %t, 1.0\n    %q = mul %u, %v\n"
          "    %p = sin %q\n    %s1 = add %s, %p\n    yield %s1 }\n  %z = sin %r\n  yield %z }\n",
     "v redo; t redo; u redo; q redo; p not"},
    {"a chain of which nothing is had otherwise: made again up to a limit",
     SCALARS "  %r, %T = loop %i = 0 to %n step 1 (%s = 0.0) {\n    %k = itor %i\n    %a = div %k, 3.0\n"
             "    %b = div %a, 7.0\n"
             "    %c = div %b, 11.0\n    %p = mul %b, %x\n    %s1 = add %s, %p\n    yield %s1 }\n  %z = sin %r\n  yield %z }\n",
     "k redo; a redo; b redo; c not"},
    {"and kept beyond it",
     SCALARS "  %r, %T = loop %i = 0 to %n step 1 (%s = 0.0) {\n    %k = itor %i\n    %a = div %k, 3.0\n"
             "    %b = div %a, 7.0\n"
             "    %c = div %b, 11.0\n    %p = mul %c, %x\n    %s1 = add %s, %p\n    yield %s1 }\n  %z = sin %r\n  yield %z }\n",
     "k not; a not; b not; c tape"},
    {"what is had for something else costs nothing",
     READ "  %r, %T = loop %i = 0 to %n step 1 (%s = 0.0) {\n    %v = load %w1[%i]\n    %a = div %v, %x\n"
          "    %b = div %a, %x\n"
          "    %c = div %b, %x\n    %q = mul %c, %c\n    %s1 = add %s, %q\n    yield %s1 }\n  %z = sin %r\n  yield %z }\n",
     "v redo; a redo; b redo; c redo"},
    {"a carried value cannot be made again",
     SCALARS "  %r, %T = loop %i = 0 to %n step 1 (%s = %x) {\n    %s1 = mul %s, %s\n    yield %s1 }\n"
             "  yield %r }\n",
     "s tape; s1 not; T not"},
    {"a carried value that is only scaled",
     SCALARS "  %r, %T = loop %i = 0 to %n step 1 (%s = %x) {\n    %s1 = mul %s, 0.5\n    yield %s1 }\n"
             "  yield %r }\n",
     "s not; s1 not"},
    {"a loop in a loop of known size: one tape for both",
     SCALARS "  %r, %T = loop %i = 0 to %n step 1 (%s = %x) {\n    %q, %T2 = loop %j = 0 to 5 step 1 (%t = %s) {\n"
             "      %t1 = mul %t, %t\n      yield %t1 }\n"
             "    yield %q }\n  yield %r }\n",
     "t tape; i not; j not"},
    {"a triangle: the inner size is known on the way only",
     SCALARS "  %r, %T = loop %i = 0 to %n step 1 (%s = %x) {\n    %q, %T2 = loop %j = 0 to %i step 1 (%t = %s) {\n"
             "      %t1 = mul %t, %t\n"
             "      yield %t1 }\n    yield %q }\n  yield %r }\n",
     "t append; i index; T2 not"},
    {"what is made of something further out: that is kept, once for all trips of the inner loop",
     SCALARS "  %r, %T = loop %i = 0 to %n step 1 (%s = %x) {\n    %p = mul %s, %s\n"
             "    %q, %T2 = loop %j = 0 to %i step 1 (%t = 0.0) {\n      %k = itor %j\n      %u = add %p, %k\n"
             "      %v = sin %u\n      %t1 = add %t, %v\n      yield %t1 }\n    yield %q }\n  yield %r }\n",
     "u redo; k redo; p redo; s tape; v not"},
    {"a fresh array that is looked at more than once is kept whole",
     READ "  %r, %T = loop %i = 0 to %n step 1 (%s = %x) {\n    %a = new real[%n]\n"
          "    %a2, %T1 = loop %j = 0 to %n step 1 (%a1 = %a) {\n      %v = load %w1[%j]\n      %p = mul %v, %s\n      %a3 = store %a1[%j], %p\n"
          "      yield %a3 }\n    %q, %T2 = loop %k = 0 to %n step 1 (%t = 0.0) {\n      %e = load %a2[%k]\n      %g = mul %e, %e\n"
          "      %t1 = add %t, %g\n      yield %t1 }\n"
          "    %q2, %T3 = loop %l = 0 to %n step 1 (%z = %q) {\n      %h = load %a2[%l]\n      %o = mul %h, %z\n      yield %o }\n"
          "    yield %q2 }\n  yield %r }\n",
     "a2 tape; e redo; h redo"},
    {"a while loop: its trips, and a tape that grows",
     SCALARS "  %r, %T = loop (%s = %x) while (%h) {\n    %c = lt %h, 9.0\n    yield %c } do {\n    %s1 = mul %s, %s\n"
             "    yield %s1 }\n  yield %r }\n",
     "s append; T direct; s1 not"},
    {"a while loop that only scales: its trips alone",
     SCALARS "  %r, %T = loop (%s = %x) while (%h) {\n    %c = lt %h, 9.0\n    yield %c } do {\n"
             "    %s1 = mul %s, 2.0\n    yield %s1 }\n  yield %r }\n",
     "s not; T direct"},
    {"a while loop in a counted loop: its trips are kept",
     SCALARS "  %r, %T = loop %i = 0 to %n step 1 (%s = %x) {\n"
             "    %q, %T2 = loop (%t = %s) while (%h) {\n      %c = lt %h, 9.0\n      yield %c } do {\n"
             "      %t1 = mul %t, 2.0\n      yield %t1 }\n"
             "    yield %q }\n  yield %r }\n",
     "T2 tape; t not"},
    {"a counted loop with an exit: its trips, and a tape that grows",
     SCALARS "  %r, %T = loop %i = 0 to %n step 1 exit (%s = %x) {\n    %s1 = mul %s, %s\n    %e = gt %s1, 9.0\n"
             "    yield %e, %s1 }\n  yield %r }\n",
     "s append; T direct; e not"},
    {"a branch on the exit's flag: no bit a trip",
     SCALARS "  %r, %T = loop %i = 0 to %n step 1 exit (%s = %x) {\n    %e = gt %s, 9.0\n    %s2 = if %e {\n"
             "      yield %s } else {\n"
             "      %s1 = mul %s, 2.0\n      yield %s1 }\n    yield %e, %s2 }\n  yield %r }\n",
     "e exit; T direct; s not"},
    {"a flag that is cheap to make again is made again",
     SCALARS "  %r, %T = loop %i = 0 to %n step 1 exit (%s = %x) {\n    %e = igt %i, 7\n    %s2 = if %e {\n"
             "      yield %s } else {\n"
             "      %s1 = mul %s, 2.0\n      yield %s1 }\n    yield %e, %s2 }\n  yield %r }\n",
     "e redo"},
    // ---- branches ----
    {"a branch in a loop: its condition, cheap or kept",
     READ "  %r, %T = loop %i = 0 to %n step 1 (%s = %x) {\n    %v = load %w1[%i]\n    %c = gt %v, 0.0\n"
          "    %d = gt %s, 9.0\n"
          "    %p = if %c {\n      yield %s } else {\n      yield %v }\n    %q = if %d {\n      yield %p } else {\n"
          "      yield %x }\n"
          "    yield %q }\n  yield %r }\n",
     "c redo; d tape; v redo; s not"},
    {"what a branch makes outlives it",
     SCALARS "  %c = gt %x, 0.0\n  %r = if %c {\n    %e = exp %x\n    %q = mul %e, %y\n    yield %q } else {\n"
             "    %m = mul %x, %y\n"
             "    %d = mul %m, %m\n    yield %d }\n  yield %r }\n",
     "c direct; e yield; m redo; q not; d not"},
    {"a branch in a branch",
     SCALARS "  %c = gt %x, 0.0\n  %r = if %c {\n    %d = gt %y, 1.0\n    %q = if %d {\n      %e = exp %x\n"
             "      yield %e } else {\n      yield %y }\n"
             "    yield %q } else {\n    yield %x }\n  yield %r }\n",
     "c direct; d redo; e yield"},
    {"a branch in a loop keeps as the loop does",
     READ "  %r, %T = loop %i = 0 to %n step 1 (%s = %x) {\n    %v = load %w1[%i]\n    %c = gt %v, 0.0\n"
          "    %p = if %c {\n      %e = exp %v\n"
          "      yield %e } else {\n      %m = mul %s, %s\n      yield %m }\n    yield %p }\n"
          "  yield %r }\n",
     "c redo; e tape; s tape"},
    {"a loop in a branch: known from its own start on",
     SCALARS "  %c = gt %x, 0.0\n  %r = if %c {\n    %q, %T = loop %i = 0 to %n step 1 (%s = %x) {\n"
             "      %s1 = mul %s, %s\n      yield %s1 }\n"
             "    yield %q } else {\n    yield %x }\n  yield %r }\n",
     "s tape; c direct"},
    {"an int of the data as an index is kept, the loop's own is not",
     "func @f(%n: int, %x: real, %k: int[1], %a: real[1] inout) -> (real[1]) {\n  %k1 = shape %k, %n\n"
     "  %a1 = shape %a, %n\n"
     "  %a3, %l, %T = loop %i = 0 to %n step 1 (%a2 = %a1, %m = 0) {\n    %h = load %k1[%i]\n    %l1 = iadd %m, %h\n"
     "    %a4 = acc %a2[%l1], %x\n    %a5 = acc %a4[%h], %x\n    %a6 = acc %a5[%i], %x\n    yield %a6, %l1 }\n"
     "  %z = load %a3[0]\n  %y = store %a3[0], %z\n  yield %y }\n",
     "h redo; l1 tape; m not; i index; a2 not"},
    // ---- arrays ----
    {"elements of what is not written are read again", READ "  %v = load %w1[0]\n  %r = mul %v, %v\n  yield %r }\n",
     "v direct; w1 not"},
    {"elements of what is overwritten are kept",
     ARRAY "  %a3, %T = loop %i = 0 to %n step 1 (%a2 = %a1) {\n    %v = load %a2[%i]\n    %s = sin %v\n"
           "    %a4 = store %a2[%i], %s\n    yield %a4 }\n"
           "  %z = load %a3[0]\n  %y = store %a3[0], %z\n  yield %y }\n",
     "v tape; s not"},
    {"the trip before wrote it, and nobody since: it is in the final array",
     ARRAY "  %a3, %T = loop %i = 1 to %n step 1 (%a2 = %a1) {\n    %k = isub %i, 1\n    %v = load %a2[%k]\n"
           "    %s = mul %v, %v\n"
           "    %a4 = store %a2[%i], %s\n    yield %a4 }\n  yield %a3 }\n",
     "v redo @a3; k redo"},
    {"likewise an int that is an index somewhere",
     "func @f(%n: int, %w: real[1], %b: int[1] inout) -> (int[1], real) {\n  %w1 = shape %w, %n\n  %b1 = shape %b, %n\n"
     "  %b3, %r, %T = loop %i = 1 to %n step 1 (%b2 = %b1, %s = 0.0) {\n    %k = isub %i, 1\n    %h = load %b2[%k]\n"
     "    %v = load %w1[%h]\n    %h1 = iadd %h, 1\n    %b4 = store %b2[%i], %h1\n    %s1 = add %s, %v\n"
     "    yield %b4, %s1 }\n"
     "  %z = sin %r\n  yield %b3, %z }\n",
     "h redo @b3; k redo; v not"},
    {"the trip after writes it",
     ARRAY "  %m = isub %n, 1\n  %a3, %T = loop %i = 0 to %m step 1 (%a2 = %a1) {\n    %k = iadd %i, 1\n"
           "    %v = load %a2[%k]\n    %s = mul %v, %v\n"
           "    %a4 = store %a2[%i], %s\n    yield %a4 }\n  yield %a3 }\n",
     "v tape"},
    {"downwards, the trip after is the one before",
     ARRAY "  %m = isub %n, 2\n  %a3, %T = loop %i = %m to -1 step -1 (%a2 = %a1) {\n    %k = iadd %i, 1\n"
           "    %v = load %a2[%k]\n    %s = mul %v, %v\n"
           "    %a4 = store %a2[%i], %s\n    yield %a4 }\n  yield %a3 }\n",
     "v redo @a3"},
    {"reversed, likewise",
     ARRAY "  %m = isub %n, 1\n  %a3, %T = loop %i = 0 to %m step 1 reversed (%a2 = %a1) {\n    %k = iadd %i, 1\n"
           "    %v = load %a2[%k]\n"
           "    %s = mul %v, %v\n    %a4 = store %a2[%i], %s\n    yield %a4 }\n  yield %a3 }\n",
     "v redo @a3"},
    {"of structs: a field that the loop does not write, beside one that it does",
     CAM "  %c3, %T = loop %i = 0 to %n step 1 (%c1 = %c0) {\n    %k = load %c1[0].id\n    %v = load %c1[%k].focal\n    %w = mul %v, %v\n"
         "    %c2 = store %c1[%i].centre, %w\n    yield %c2 }\n  yield %c3 }\n",
     "k redo @c3; v redo @c3"},
    {"of structs: one that it does write",
     CAM "  %c3, %T = loop %i = 0 to %n step 1 (%c1 = %c0) {\n    %k = load %c1[0].id\n    %v = load %c1[%k].centre\n    %w = mul %v, %v\n"
         "    %c2 = store %c1[%i].centre, %w\n    yield %c2 }\n  yield %c3 }\n",
     "k redo @c3; v tape"},
    {"of structs: the trip before wrote it",
     CAM "  %c3, %T = loop %i = 1 to %n step 1 (%c1 = %c0) {\n    %j = isub %i, 1\n    %v = load %c1[%j].centre\n    %w = mul %v, %v\n"
         "    %c2 = store %c1[%i].centre, %w\n    %c4 = store %c2[%n].focal, 0.0\n    yield %c4 }\n  yield %c3 }\n",
     "v redo @c3"},
    {"of structs: the whole is written over",
     CAM "  %c3, %T = loop %i = 0 to %n step 1 (%c1 = %c0) {\n    %v = load %c1[0].focal\n    %w = mul %v, %v\n"
         "    %c2 = within %c1 (%p = [%i]) {\n      %p1 = fill %p, 0.0\n      %p2 = store %p1.centre, %w\n      yield %p2 }\n    yield %c2 }\n"
         "  yield %c3 }\n",
     "v tape"},
    {"the final array is overwritten later",
     ARRAY "  %a3, %T = loop %i = 1 to %n step 1 (%a2 = %a1) {\n    %k = isub %i, 1\n    %v = load %a2[%k]\n"
           "    %s = mul %v, %v\n"
           "    %a4 = store %a2[%i], %s\n    yield %a4 }\n  %a5 = store %a3[0], %x\n  yield %a5 }\n",
     "v tape"},
    {"a second write to elsewhere in the same trip",
     ARRAY "  %a3, %T = loop %i = 1 to %n step 1 (%a2 = %a1) {\n    %k = isub %i, 1\n    %v = load %a2[%k]\n"
           "    %s = mul %v, %v\n"
           "    %a4 = store %a2[%i], %s\n    %a6 = store %a4[0], %x\n    yield %a6 }\n  yield %a3 }\n",
     "v tape"},
    {"an inner loop writes the row, the next trip reads it",
     "func @f(%n: int, %A: real[2] inout) -> (real[2]) {\n  %A1 = shape %A, %n, %n\n"
     "  %A3, %T = loop %i = 1 to %n step 1 (%A2 = %A1) {\n    %k = isub %i, 1\n"
     "    %A5, %T2 = loop %j = 0 to %n step 1 (%A4 = %A2) {\n      %v = load %A4[%k, %j]\n      %s = mul %v, %v\n"
     "      %A6 = store %A4[%i, %j], %s\n"
     "      yield %A6 }\n    yield %A5 }\n  yield %A3 }\n",
     "v redo @A3"},
    {"a whole array that is overwritten later: copied before",
     "func @f(%n: int, %B: real[2], %C: real[2], %A: real[2] inout) -> (real[2]) {\n  %A1 = shape %A, %n, %n\n"
     "  %B1 = shape %B, %n, %n\n  %C1 = shape %C, %n, %n\n"
     "  %t = new real[%n, %n] zero\n  %t1 = gemm %t, %B1, %C1, %n, %n, %n\n  %A2 = gemm %A1, %t1, %B1, %n, %n, %n\n"
     "  %t2 = fill %t1, 2.0\n"
     "  %A3 = gemm %A2, %t2, %B1, %n, %n, %n\n  yield %A3 }\n",
     "t1 copy!; t2 direct; B1 direct; C1 direct"},
    {"a whole array of a trip: on a tape that grows, before it is overwritten",
     "func @f(%n: int, %B: real[2], %A: real[2] inout) -> (real[2]) {\n  %A1 = shape %A, %n, %n\n"
     "  %B1 = shape %B, %n, %n\n"
     "  %A3, %T = loop %i = 0 to %n step 1 (%A2 = %A1) {\n    %t = new real[%n, %n] zero\n"
     "    %t1 = gemm %t, %A2, %B1, %n, %n, %n\n"
     "    %A4 = copy_to %A2, %t1\n    yield %A4 }\n  yield %A3 }\n",
     "A2 append!; B1 direct; t1 not"},
    {"a factor is kept, not what was factored, and what was solved",
     "func @f(%n: int, %A: real[2], %x: real[1] inout) -> (real[1]) {\n  %A1 = shape %A, %n, %n\n  %x1 = shape %x, %n\n"
     "  %x4, %T = loop %i = 0 to %n step 1 (%x2 = %x1) {\n    %t = copy %A1\n    %v = load %x2[%i]\n    %S = acc %t[0, 0], %v\n"
     "    %F, %P, %at = lu %S, %n\n    %x3 = lu_solve %x2, %F, %P, %n, 1\n    yield %x3 }\n  yield %x4 }\n",
     "F append; P append; S not; t not; at not; x3 append; x2 not"},
    {"outside of loops it is where it was; its matrix may be overwritten",
     "func @f(%n: int, %A: real[2] inout, %x: real[1] inout) -> (real[2], real[1], real) {\n  %A1 = shape %A, %n, %n\n"
     "  %x1 = shape %x, %n\n  %F, %P = lu %A1, %n\n  %x2 = lu_solve %x1, %F, %P, %n, 1\n  %s = lu_logdet %F, %P, %n\n"
     "  %A2 = fill %A1, %s\n  yield %A2, %x2, %s }\n",
     "F direct; P direct; A1 not; x2 direct; x1 not"},
    {"a solution that is overwritten is copied first",
     "func @f(%n: int, %A: real[2], %x: real[1] inout) -> (real[1]) {\n  %A1 = shape %A, %n, %n\n  %x1 = shape %x, %n\n"
     "  %F, %P = lu %A1, %n\n  %x2 = lu_solve %x1, %F, %P, %n, 1\n  %v = load %x2[0]\n  %w = mul %v, %v\n  %x3 = store %x2[0], %w\n"
     "  yield %x3 }\n",
     "F direct; P direct; A1 not; x2 copy!"},
    {"the adjoint of cholesky wants its result",
     "func @f(%n: int, %A: real[2] inout) -> (real[2]) {\n  %A1 = shape %A, %n, %n\n  %L = cholesky %A1, %n\n"
     "  %M = lower %L, %n {half}\n  yield %M }\n",
     "L copy!; A1 not; M not"},
    {"a row of what is not written is named again",
     "func @f(%n: int, %B: real[2], %c: real[1], %A: real[2] inout) -> (real[2]) {\n  %A1 = shape %A, %n, 1\n"
     "  %B1 = shape %B, %n, %n\n  %c1 = shape %c, %n\n"
     "  %A3, %T = loop %i = 0 to %n step 1 (%A2 = %A1) {\n    %r = slice %B1[%i]\n"
     "    %A4 = gemm %A2, %c1, %r, %n, 1, 1\n    yield %A4 }\n"
     "  %z = load %A3[0, 0]\n  %y = store %A3[0, 0], %z\n  yield %y }\n",
     "r redo; i index"},
    // ---- what is not active ----
    {"no derivative, no need",
     READ "  %r, %T = loop %i = 0 to %n step 1 (%s = %x) {\n    %c = sin 0.5\n    %k = stop %s\n    %e = exp %k\n"
          "    %s1 = add %s, %e\n"
          "    yield %s1 }\n  yield %r }\n",
     "c not; k not; e not; s not"},
    {"a branch that nothing active goes through",
     SCALARS "  %r, %T = loop %i = 0 to %n step 1 (%s = %x) {\n    %g = gt %s, 9.0\n    %k = if %g {\n"
             "      yield 1.0 } else {\n"
             "      yield 2.0 }\n    %s1 = add %s, %k\n    yield %s1 }\n  yield %r }\n",
     "g not; k not"},
    {"a loop that nothing active goes through",
     SCALARS "  %k, %T = loop (%k1 = 1.0) while (%h) {\n    %c = lt %h, 9.0\n    yield %c } do {\n    %k2 = exp %k1\n"
             "    yield %k2 }\n"
             "  %r = mul %k, %x\n  yield %r }\n",
     "k direct; k1 not; T not"},
};

// ---- the plan ----

// "tape", "copy!", "redo @a3"
static const char *word_for(Arena *a, const Plan *p, const Value *v)
{
    static const char *const words[] = {"not", "direct", "redo", "index", "yield", "tape", "append", "exit", "result", "copy"};
    const char *word = words[how_of(p, v)];
    if (p->copy_first[v->id])
        word = arena_printf(a, "%s!", word);
    if (how_of(p, v) == HOW_REDO && p->finished[v->id])
        word = arena_printf(a, "%s @%s", word, p->finished[v->id]->name);
    return word;
}

START_TEST(joint)
{
    const Case *c = &cases[_i];
    Arena *a = arena_new();
    Module *m = pass_parse(a, c->text);
    Func *f = func_by_name(m, "f");
    exits_carry(f);
    DeriveCtx ctx = plan_context(m, a);
    plan_check(a, c->name, plan_whole(&ctx, a, f), c->plan, word_for);
    arena_free(a);
}
END_TEST

// ---- split calls ----

typedef struct Split {
    const char *name, *text;
    const char *args;  // arguments of @g that its reverse wants again: "n x"
    const char *tapes; // "real bit"
    const char *plan;  // of values of @g
} Split;

#define CALL "func @f(%n: int, %x: real) -> (real) {\n  %r = call @g(%n, %x)\n  yield %r }\n"

static const Split splits[] = {
    {"arguments are handed over, the rest goes on tapes",
     "func @g(%n: int, %x: real) -> (real) noinline {\n  %e = exp %x\n  %q = mul %e, %x\n  yield %q }\n" CALL, "x",
     "real", "e append; q not"},
    {"what is cheap is made again",
     "func @g(%n: int, %x: real) -> (real) noinline {\n  %e = mul %x, 3.0\n  %q = mul %e, %x\n"
     "  yield %q }\n" CALL,
     "x", "", "e redo"},
    {"linear: nothing", "func @g(%n: int, %x: real) -> (real) noinline {\n  %e = mul %x, 3.0\n  yield %e }\n" CALL, "",
     "", "e not"},
    {"a loop of known size still grows a tape: nobody can index it",
     "func @g(%n: int, %x: real) -> (real) noinline {\n  %r, %T = loop %i = 0 to %n step 1 (%s = %x) {\n"
     "    %s1 = mul %s, %s\n    yield %s1 }\n"
     "  yield %r }\n" CALL,
     "n", "real", "s append"},
    {"a branch: a bit",
     "func @g(%n: int, %x: real) -> (real) noinline {\n  %e = exp %x\n  %c = gt %e, 7.0\n"
     "  %r = if %c {\n    yield %x } else {\n"
     "    %m = mul %x, 2.0\n    yield %m }\n  yield %r }\n" CALL,
     "", "bit", "c append; e not"},
    {"a while loop: its trips",
     "func @g(%n: int, %x: real) -> (real) noinline {\n"
     "  %r, %T = loop (%s = %x) while (%h) {\n    %c = lt %h, 9.0\n"
     "    yield %c } do {\n    %s1 = mul %s, 2.0\n    yield %s1 }\n  yield %r }\n" CALL,
     "", "int", "T append"},
    {"an array that stays is handed over",
     "func @g(%n: int, %w: real[1]) -> (real) noinline {\n  %w1 = shape %w, %n\n  %v = load %w1[0]\n"
     "  %r = mul %v, %v\n  yield %r }\n"
     "func @f(%n: int, %w: real[1]) -> (real) {\n  %w1 = shape %w, %n\n  %r = call @g(%n, %w1)\n"
     "  yield %r }\n",
     "n w", "", "v redo"},
    {"of one that is overwritten the callee keeps what it read",
     "func @g(%n: int, %w: real[1]) -> (real) noinline {\n  %w1 = shape %w, %n\n  %v = load %w1[0]\n"
     "  %r = mul %v, %v\n  yield %r }\n"
     "func @f(%n: int, %w: real[1] inout) -> (real[1]) {\n  %w1 = shape %w, %n\n  %r = call @g(%n, %w1)\n"
     "  %w2 = fill %w1, %r\n  yield %w2 }\n",
     "n", "real", "v append"},
    {"of one that it overwrites itself too",
     "func @g(%n: int, %w: real[1] inout) -> (real[1]) noinline {\n  %w1 = shape %w, %n\n  %v = load %w1[0]\n"
     "  %r = mul %v, %v\n  %w2 = store %w1[0], %r\n"
     "  yield %w2 }\n"
     "func @f(%n: int, %w: real[1] inout) -> (real[1]) {\n  %w1 = shape %w, %n\n  %w2 = call @g(%n, %w1)\n"
     "  yield %w2 }\n",
     "n", "real", "v append"},
    {"recursion: what it is assumed to want, it wants",
     "func @g(%n: int, %x: real) -> (real) noinline {\n  %c = ile %n, 0\n  %r = if %c {\n    yield %x } else {\n"
     "    %m = isub %n, 1\n"
     "    %s = sin %x\n    %q = call @g(%m, %s)\n    yield %q }\n"
     "  yield %r }\n" CALL,
     "n x", "real", "c redo; m redo; s append"},
    {"recursion that multiplies what comes back",
     "func @g(%n: int, %x: real) -> (real) noinline {\n  %c = ile %n, 0\n  %r = if %c {\n    yield %x } else {\n"
     "    %m = isub %n, 1\n"
     "    %q = call @g(%m, %x)\n    %p = mul %q, %x\n    yield %p }\n"
     "  yield %r }\n" CALL,
     "n x", "real", "c redo; q append"},
    {"mutual recursion: the other's tapes come round",
     "func @g(%n: int, %x: real) -> (real) noinline {\n  %c = ile %n, 0\n  %r = if %c {\n    yield %x } else {\n"
     "    %m = isub %n, 1\n"
     "    %q = call @h(%m, %x)\n    yield %q }\n  yield %r }\n"
     "func @h(%n: int, %x: real) -> (real) noinline {\n  %e = exp %x\n  %q = call @g(%n, %e)\n"
     "  yield %q }\n" CALL,
     "n", "real", "c redo"},
    {"mutual recursion: what the other wants is handed on",
     "func @g(%n: int, %x: real) -> (real) noinline {\n  %c = ile %n, 0\n  %r = if %c {\n    yield %x } else {\n"
     "    %m = isub %n, 1\n"
     "    %q = call @h(%m, %x)\n    yield %q }\n  yield %r }\n"
     "func @h(%n: int, %x: real) -> (real) noinline {\n  %e = mul %x, %x\n  %q = call @g(%n, %e)\n"
     "  yield %q }\n" CALL,
     "n x", "", "c redo"},
};

static const Op *first_call(const Region *r)
{
    for (int i = 0; i < r->ops.n; i++)
        if (r->ops.at[i]->code == OP_call)
            return r->ops.at[i];
    return NULL;
}

static const char *args_of(Arena *a, Variant *v)
{
    Text t = text_in(a);
    for (int i = 0; i < v->f->body->args.n; i++)
        if (variant_needs_arg(v, i))
            text_printf(&t, "%s%s", t.n ? " " : "", v->f->body->args.at[i]->name);
    return t.at;
}

static const char *tapes_of(Arena *a, Variant *v)
{
    static const char *const words[] = {"real", "int", "bool", "pos", "bit"};
    Text t = text_in(a);
    for (int e = 0; e < N_TAPES; e++)
        if (variant_mask(v) & (1u << e))
            text_printf(&t, "%s%s", t.n ? " " : "", words[e]);
    return t.at;
}

START_TEST(split)
{
    const Split *c = &splits[_i];
    Arena *a = arena_new();
    Module *m = pass_parse(a, c->text);
    Func *f = func_by_name(m, "f");
    DeriveCtx ctx = plan_context(m, a);
    Plan *p = plan_whole(&ctx, a, f);
    Variant *v = op_plan(p, first_call(f->body))->variant;
    ck_assert_ptr_nonnull(v);
    const char *args = args_of(a, v), *tapes = tapes_of(a, v);
    ck_assert_msg(strcmp(args, c->args) == 0, "%s: wants \"%s\" again, not \"%s\"", c->name, args, c->args);
    ck_assert_msg(strcmp(tapes, c->tapes) == 0, "%s: appends to \"%s\", not \"%s\"", c->name, tapes, c->tapes);
    plan_check(a, c->name, v->plan, c->plan, word_for);
    arena_free(a);
}
END_TEST

// ---- variants ----

static const char twice[] =
    "func @g(%n: int, %x: real, %y: real) -> (real) noinline {\n  %e = exp %x\n  %r = mul %e, %y\n  yield %r }\n"
    "func @f(%n: int, %x: real) -> (real) {\n  %a = call @g(%n, %x, %x)\n  %b = call @g(%n, %a, %x)\n"
    "  %c = call @g(%n, %b, 2.0)\n"
    "  %d = call @g(%n, 3.0, %c)\n  %s = stop %d\n  %u = call @g(%n, %s, 2.0)\n  %r = mul %d, %u\n  yield %r }\n";

START_TEST(one_variant_for_each_activity)
{
    Arena *a = arena_new();
    Module *m = pass_parse(a, twice);
    Func *f = func_by_name(m, "f");
    DeriveCtx ctx = plan_context(m, a);
    Plan *p = plan_whole(&ctx, a, f);
    Variant *v[8];
    int n = 0;
    for (int i = 0; i < f->body->ops.n; i++)
        if (f->body->ops.at[i]->code == OP_call)
            v[n++] = op_plan(p, f->body->ops.at[i])->variant;
    ck_assert_int_eq(n, 5);
    ck_assert_ptr_eq(v[0], v[1]); // both active
    ck_assert_ptr_ne(v[0], v[2]); // x only
    ck_assert_ptr_ne(v[2], v[3]); // y only
    ck_assert_ptr_null(v[4]);     // neither: not reversed
    ck_assert_int_eq(how_of(v[2]->plan, plan_named(v[2]->body->body, "e")), HOW_APPEND);
    ck_assert_str_eq(args_of(a, v[2]), "y");
    ck_assert_str_eq(args_of(a, v[3]), "");
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("keep");
    tcase_add_loop_test(t, joint, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_loop_test(t, split, 0, (int)(sizeof splits / sizeof *splits));
    tcase_add_test(t, one_variant_for_each_activity);
    return run_tests("keep", t);
}
