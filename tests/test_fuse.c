// test_fuse.c — fuse.c and vjp_fuse.c: which loops are reversed trip by trip, and that their derivatives are right.
//
// In: the table `cases` of IR text, with the first result of every loop that is to be fused, and of every other one. Each
// @f is planned, in one piece with all real arguments active, and then differentiated to second order in all ways and
// compared (adcheck.h), with 0 (or `least`) to 7 trips: a loop that is fused and must not be gives wrong numbers.
#include "keep.h"

#include "adcheck.h"
#include "passcheck.h"
#include "plancheck.h"

#include <check.h>
#include <string.h>

typedef struct Case {
    const char *name, *text;
    const char *fused, *apart; // "r q": the loops whose first result has one of these names
    int least;                 // trips: the function looks at the first elements
} Case;

#define READ   "func @f(%n: int, %k: real, %x: real[1], %w: real[1]) -> (real) {\n  %x1 = shape %x, %n\n  %w1 = shape %w, %n\n"
#define WRITE                                                                                                          \
    "func @f(%n: int, %k: real, %x: real[1], %w: real[1] inout) -> (real[1], real) {\n  %x1 = shape %x, %n\n"          \
    "  %w1 = shape %w, %n\n"
#define SUM(r, s)                                                                                                      \
    "  %" r ", %T" r " = loop %i = 0 to %n step 1 (%a = " s ") {\n    %v = load %x1[%i]\n    %u = load %w1[%i]\n"      \
    "    %p = mul %v, %u\n    %e = sin %p\n    %b = add %a, %e\n    yield %b }\n"

static const Case cases[] = {
    // ---- sums, and what is done with them ----
    {"a sum that is given back", READ SUM("r", "0.0") "  yield %r }\n", "r", "", 0},
    {"times a constant, over n, which is converted afterwards",
     READ SUM("r", "0.0") "  %d = mul %r, 3.0\n  %m = iadd %n, 1\n  %c = itor %m\n  %q = div %d, %c\n  yield %q }\n", "r", "", 0},
    {"times an argument", READ SUM("r", "%k") "  %d = mul %r, %k\n  %g = neg %d\n  yield %g }\n", "r", "", 0},
    {"used twice, linearly", READ SUM("r", "0.0") "  %d = mul %r, %k\n  %g = sub %d, %r\n  yield %g }\n", "r", "", 0},
    {"squared", READ SUM("r", "0.0") "  %d = mul %r, %r\n  yield %d }\n", "", "r", 0},
    {"in a function", READ SUM("r", "0.0") "  %d = exp %r\n  yield %d }\n", "", "r", 0},
    {"times what is worked out afterwards from something else",
     READ SUM("r", "0.0") "  %h = sin %k\n  %d = mul %r, %h\n  yield %d }\n", "r", "", 0},
    {"times an element that is loaded afterwards", READ SUM("r", "0.0") "  %h = load %x1[0]\n  %d = mul %r, %h\n  yield %d }\n",
     "", "r", 1},
    {"divided by a value of before", READ "  %h = exp %k\n" SUM("r", "0.0") "  %d = div %r, %h\n  yield %d }\n", "r", "", 0},
    {"divides", READ SUM("r", "1.5") "  %d = div %k, %r\n  yield %d }\n", "", "r", 0},
    {"compared, which is not active",
     READ SUM("r", "0.0") "  %c = gt %r, 0.0\n  %d = sel %c, %k, 2.0\n  %g = add %d, %r\n  yield %g }\n", "r", "", 0},
    {"a factor that a comparison of it chooses: not known before",
     READ SUM("r", "0.0") "  %c = gt %r, 0.0\n  %d = sel %c, 3.0, 2.0\n  %g = mul %d, %r\n  yield %g }\n", "", "r", 0},
    {"goes on in another sum", READ SUM("r", "0.0") SUM("q", "%r") "  %g = mul %q, 2.0\n  yield %g }\n", "r q", "", 0},
    {"goes on in a product",
     READ SUM("r", "1.0") "  %q, %T = loop %i = 0 to %n step 1 (%a = %r) {\n    %v = load %x1[%i]\n    %b = mul %a, %v\n"
                          "    yield %b }\n  yield %q }\n",
     "", "r q", 0},
    {"in a branch afterwards",
     READ SUM("r", "0.0") "  %c = gt %k, 1.0\n  %d = if %c {\n    yield %r } else {\n    yield %k }\n  yield %d }\n", "", "r", 0},
    {"two sums, one of which is not linear",
     READ "  %r, %q, %T = loop %i = 0 to %n step 1 (%a = 0.0, %b = 0.0) {\n    %v = load %x1[%i]\n    %a1 = add %a, %v\n"
          "    %e = exp %v\n    %b1 = add %b, %e\n    yield %a1, %b1 }\n  %l = sin %q\n  %z = add %r, %l\n  yield %z }\n",
     "", "r", 0},
    // ---- independent loops ----
    {"an element that an index of the trip's own says",
     WRITE "  %m = isub %n, 1\n  %r, %T = loop %i = 0 to %n step 1 independent (%w2 = %w1) {\n    %h = isub %m, %i\n    %u = load %w2[%h]\n"
           "    %e = sin %u\n    %p = mul %e, %u\n    %w3 = store %w2[%h], %p\n    yield %w3 }\n  yield %r, %k }\n",
     "r", "", 0},
    {"the same, of which nothing is known",
     WRITE "  %m = isub %n, 1\n  %r, %T = loop %i = 0 to %n step 1 (%w2 = %w1) {\n    %h = isub %m, %i\n    %u = load %w2[%h]\n"
           "    %e = sin %u\n    %p = mul %e, %u\n    %w3 = store %w2[%h], %p\n    yield %w3 }\n  yield %r, %k }\n",
     "", "r", 0},
    {"all read the first element, which none writes",
     WRITE "  %r, %T = loop %i = 1 to %n step 1 independent (%w2 = %w1) {\n    %u = load %w2[%i]\n    %o = load %w2[0]\n"
           "    %e = sin %u\n    %p = mul %e, %o\n    %w3 = store %w2[%i], %p\n    yield %w3 }\n  yield %r, %k }\n",
     "r", "", 1},
    {"downwards, with a sum, and additions to one element of another array",
     WRITE "  %m = isub %n, 1\n  %y = new real[2] zero\n"
           "  %r, %y4, %s, %T = loop %i = %m to 0 step -1 independent (%w2 = %w1, %y2 = %y, %s1 = %k) {\n    %h = isub %m, %i\n"
           "    %j = idiv %h, 2\n    %j2 = iadd %j, %h\n    %a = load %x1[%j]\n    %u = load %w2[%h]\n    %e = mul %a, %u\n    %w3 = store %w2[%h], %e\n"
           "    %y3 = acc %y2[1], %e\n    %s2 = add %s1, %u\n    yield %w3, %y3, %s2 }\n  yield %r, %s }\n",
     "r", "", 1},
    {"the array is read afterwards",
     WRITE "  %m = isub %n, 1\n  %r, %T = loop %i = 0 to %n step 1 independent (%w2 = %w1) {\n    %h = isub %m, %i\n    %u = load %w2[%h]\n"
           "    %e = sin %u\n    %p = mul %e, %u\n    %w3 = store %w2[%h], %p\n    yield %w3 }\n  %o = load %r[0]\n  %z = mul %o, %o\n  yield %r, %z }\n",
     "", "r", 1},
    // ---- what is a sum ----
    {"the running value is used otherwise",
     READ "  %r, %T = loop %i = 0 to %n step 1 (%a = 0.0) {\n    %v = load %x1[%i]\n    %e = sin %a\n    %p = mul %e, %v\n"
          "    %b = add %a, %p\n    yield %b }\n  yield %r }\n",
     "", "r", 0},
    {"a running value that is compared only",
     READ "  %r, %T = loop %i = 0 to %n step 1 (%a = 0.0) {\n    %v = load %x1[%i]\n    %c = gt %a, 1.2\n    %e = sin %v\n"
          "    %p = if %c {\n      yield %v } else {\n      yield %e }\n    %b = add %a, %p\n    yield %b }\n  yield %r }\n",
     "r", "", 0},
    {"twice the running value",
     READ "  %r, %T = loop %i = 0 to %n step 1 (%a = %k) {\n    %v = load %x1[%i]\n    %b = add %a, %a\n    %d = add %b, %v\n"
          "    yield %d }\n  yield %r }\n",
     "", "r", 0},
    {"subtracted", READ "  %r, %T = loop %i = 0 to %n step 1 (%a = %k) {\n    %v = load %x1[%i]\n    %e = exp %v\n"
                        "    %b = sub %a, %e\n    yield %b }\n  yield %r }\n",
     "r", "", 0},
    {"subtracted from", READ "  %r, %T = loop %i = 0 to %n step 1 (%a = %k) {\n    %v = load %x1[%i]\n    %e = exp %v\n"
                             "    %b = sub %e, %a\n    yield %b }\n  yield %r }\n",
     "", "r", 0},
    {"in a branch", READ "  %r, %T = loop %i = 0 to %n step 1 (%a = 0.0) {\n    %v = load %x1[%i]\n    %c = gt %v, 1.0\n"
                         "    %b = if %c {\n      %e = exp %v\n      %d = add %a, %e\n      yield %d } else {\n      yield %a }\n"
                         "    yield %b }\n  yield %r }\n",
     "r", "", 0},
    {"in a branch that forgets it",
     READ "  %r, %T = loop %i = 0 to %n step 1 (%a = 0.0) {\n    %v = load %x1[%i]\n    %c = gt %v, 1.0\n"
          "    %b = if %c {\n      %e = exp %v\n      %d = add %a, %e\n      yield %d } else {\n      yield %v }\n"
          "    yield %b }\n  yield %r }\n",
     "", "r", 0},
    {"in a loop inside, which is fused as well",
     READ "  %r, %T = loop %i = 0 to %n step 1 (%a = 0.0) {\n    %v = load %x1[%i]\n"
          "    %q, %T2 = loop %j = 0 to %i step 1 (%b = %a) {\n      %u = load %w1[%j]\n      %p = mul %u, %v\n      %e = exp %p\n"
          "      %d = add %b, %e\n      yield %d }\n    yield %q }\n  yield %r }\n",
     "r q", "", 0},
    {"a loop inside whose sum is squared is reversed in its trip",
     READ "  %r, %T = loop %i = 0 to %n step 1 (%a = 0.0) {\n    %v = load %x1[%i]\n"
          "    %q, %T2 = loop %j = 0 to %n step 1 (%b = 0.0) {\n      %u = load %w1[%j]\n      %p = mul %u, %v\n      %e = exp %p\n"
          "      %d = add %b, %e\n      yield %d }\n    %s = mul %q, %q\n    %b2 = add %a, %s\n    yield %b2 }\n  yield %r }\n",
     "r", "q", 0},
    {"two sums that change places",
     READ "  %r, %q, %T = loop %i = 0 to %n step 1 (%a = 0.0, %b = %k) {\n    %v = load %x1[%i]\n    %a1 = add %a, %v\n"
          "    yield %b, %a1 }\n  %z = mul %r, 3.0\n  %y = add %z, %q\n  yield %y }\n",
     "", "r", 0},
    {"the last value", READ "  %r, %T = loop %i = 0 to %n step 1 (%a = %k) {\n    %v = load %x1[%i]\n    %e = exp %v\n"
                            "    yield %e }\n  yield %r }\n",
     "", "r", 0},
    {"beside a state that is not active",
     READ "  %r, %g, %T = loop %i = 0 to %n step 1 (%a = 0.0, %h = 1.0) {\n    %v = load %x1[%i]\n    %p = mul %v, %h\n"
          "    %e = sin %p\n    %b = add %a, %e\n    %h1 = mul %h, 0.7\n    yield %b, %h1 }\n  yield %r }\n",
     "r", "", 0},
    // ---- loops of all kinds ----
    {"no bound: a while loop",
     READ "  %r, %g, %T = loop (%a = 0.0, %h = 1.0) while (%y, %c) {\n    %t = lt %c, 9.0\n    yield %t } do {\n"
          "    %p = mul %k, %h\n    %e = sin %p\n    %b = add %a, %e\n    %h1 = mul %h, 1.7\n    yield %b, %h1 }\n  yield %r }\n",
     "r", "", 0},
    {"an exit", READ "  %r, %T = loop %i = 0 to %n step 1 exit (%a = 0.0) {\n    %v = load %x1[%i]\n    %e = exp %v\n"
                     "    %b = add %a, %e\n    %s = gt %b, 5.0\n    yield %s, %b }\n  yield %r }\n",
     "r", "", 0},
    {"downwards, by two", READ "  %m = iadd %n, -1\n  %r, %T = loop %i = %m to 0 step -2 (%a = 0.0) {\n    %v = load %x1[%i]\n"
                               "    %e = exp %v\n    %b = add %a, %e\n    yield %b }\n  yield %r }\n",
     "r", "", 0},
    {"a while inside a trip: a growable tape of the trip",
     READ "  %r, %T = loop %i = 0 to %n step 1 (%a = 0.0) {\n    %v = load %x1[%i]\n"
          "    %q, %T2 = loop (%b = %v) while (%h) {\n      %t = lt %h, 9.0\n      yield %t } do {\n      %b1 = mul %b, %b\n"
          "      %b2 = add %b1, 1.0\n      yield %b2 }\n    %g = sin %q\n    %a1 = add %a, %g\n    yield %a1 }\n  yield %r }\n",
     "r", "q", 0},
    {"a while inside and one after it, with tapes of their own",
     READ "  %r, %T = loop %i = 0 to %n step 1 (%a = 0.0) {\n    %v = load %x1[%i]\n"
          "    %q, %T2 = loop (%b = %v) while (%h) {\n      %t = lt %h, 9.0\n      yield %t } do {\n      %b1 = mul %b, %b\n"
          "      %b2 = add %b1, 1.0\n      yield %b2 }\n    %g = sin %q\n    %a1 = add %a, %g\n    yield %a1 }\n"
          "  %o, %T3 = loop (%b3 = %k) while (%h2) {\n    %t2 = lt %h2, 9.0\n    yield %t2 } do {\n    %b4 = mul %b3, %b3\n"
          "    %b5 = add %b4, 1.0\n    yield %b5 }\n  %z = add %r, %o\n  yield %z }\n",
     "r", "q o", 0},
    {"a local array of the trip",
     READ "  %r, %T = loop %i = 0 to %n step 1 (%a = 0.0) {\n    %v = load %x1[%i]\n    %t = new real[%n] zero\n"
          "    %t3, %T2 = loop %j = 0 to %n step 1 (%t1 = %t) {\n      %u = load %w1[%j]\n      %p = mul %u, %v\n      %e = exp %p\n"
          "      %t2 = store %t1[%j], %e\n      yield %t2 }\n    %h = idiv %n, 2\n    %g = load %t3[%h]\n    %y = sin %g\n"
          "    %a1 = add %a, %y\n    yield %a1 }\n  yield %r }\n",
     "r", "t3", 1},
    {"a call in the trip",
     "func @g(%n: int, %x: real[1], %y: real) -> (real) noinline {\n  %x1 = shape %x, %n\n"
     "  %r, %T = loop %i = 0 to %n step 1 (%a = %y) {\n    %v = load %x1[%i]\n    %b = mul %a, %v\n    %c = sin %b\n    yield %c }\n"
     "  yield %r }\n" READ "  %r, %T = loop %i = 0 to %n step 1 (%a = 0.0) {\n    %v = load %w1[%i]\n    %q = call @g(%n, %x1, %v)\n"
     "    %p = mul %q, %q\n    %b = add %a, %p\n    yield %b }\n  yield %r }\n",
     "r", "", 0},
    // ---- arrays ----
    {"the careless case: what was read is overwritten afterwards",
     WRITE SUM("r", "0.0") "  %w2 = store %w1[0], 0.0\n  %v1 = load %w2[1]\n  %z = add %r, %v1\n  yield %w2, %z }\n", "", "r", 2},
    {"what was read is added to afterwards",
     WRITE SUM("r", "0.0") "  %w2 = acc %w1[0], %k\n  yield %w2, %r }\n", "", "r", 1},
    {"what was read is filled afterwards", WRITE SUM("r", "0.0") "  %w2 = fill %w1, %k\n  yield %w2, %r }\n", "", "r", 0},
    {"what was read is overwritten in a branch of a loop afterwards",
     WRITE SUM("r", "0.0") "  %w4, %T = loop %i = 0 to %n step 1 (%w2 = %w1) {\n    %c = igt %i, 1\n    %w5 = if %c (%w6 = %w2) {\n"
                           "      %w3 = store %w6[%i], %k\n      yield %w3 } else (%w7) {\n      yield %w7 }\n    yield %w5 }\n"
                           "  yield %w4, %r }\n",
     "w4", "r", 0},
    {"what was read is read again", READ SUM("r", "0.0") "  %h = load %x1[0]\n  %d = exp %h\n  %g = add %r, %d\n  yield %g }\n", "r",
     "", 1},
    {"what was overwritten before",
     WRITE "  %w9 = store %w1[0], %k\n  %r, %T = loop %i = 0 to %n step 1 (%a = 0.0) {\n    %v = load %w9[%i]\n    %e = exp %v\n"
           "    %b = add %a, %e\n    yield %b }\n  yield %w9, %r }\n",
     "r", "", 1},
    {"added to in the loop, and given back",
     WRITE "  %w4, %T = loop %i = 0 to %n step 1 (%w2 = %w1) {\n    %v = load %x1[%i]\n    %e = exp %v\n    %h = idiv %i, 2\n"
           "    %w3 = acc %w2[%h], %e\n    yield %w3 }\n  yield %w4, %k }\n",
     "w4", "", 1},
    {"added to in the loop, and read afterwards",
     WRITE "  %w4, %T = loop %i = 0 to %n step 1 (%w2 = %w1) {\n    %v = load %x1[%i]\n    %e = exp %v\n    %h = idiv %i, 2\n"
           "    %w3 = acc %w2[%h], %e\n    yield %w3 }\n  %g = load %w4[0]\n  %d = mul %g, %k\n  yield %w4, %d }\n",
     "", "w4", 1},
    {"added to by two loops",
     WRITE "  %w4, %T = loop %i = 0 to %n step 1 (%w2 = %w1) {\n    %v = load %x1[%i]\n    %e = exp %v\n    %h = idiv %i, 2\n"
           "    %w3 = acc %w2[%h], %e\n    yield %w3 }\n"
           "  %w7, %T2 = loop %i = 0 to %n step 1 (%w5 = %w4) {\n    %v2 = load %x1[%i]\n    %e2 = sin %v2\n    %h = idiv %i, 3\n"
           "    %w6 = acc %w5[%h], %e2\n    yield %w6 }\n  yield %w7, %k }\n",
     "w4 w7", "", 1},
    {"added to and read in the loop",
     WRITE "  %w4, %T = loop %i = 0 to %n step 1 (%w2 = %w1) {\n    %h = idiv %i, 2\n    %v = load %w2[%h]\n    %e = sin %v\n"
           "    %w3 = acc %w2[%i], %e\n    yield %w3 }\n  yield %w4, %k }\n",
     "", "w4", 1},
    {"each element on its own",
     WRITE "  %w4, %T = loop %i = 0 to %n step 1 (%w2 = %w1) {\n    %u = load %w2[%i]\n    %v = load %x1[%i]\n    %p = mul %u, %v\n"
           "    %e = sin %p\n    %w3 = store %w2[%i], %e\n    yield %w3 }\n  yield %w4, %k }\n",
     "w4", "", 0},
    {"each element on its own, and added to afterwards",
     WRITE "  %w4, %T = loop %i = 0 to %n step 1 (%w2 = %w1) {\n    %u = load %w2[%i]\n    %e = sin %u\n"
           "    %w3 = store %w2[%i], %e\n    yield %w3 }\n  %w5 = acc %w4[0], %k\n  yield %w5, %k }\n",
     "", "w4", 1},
    {"each element and its neighbour",
     WRITE "  %w4, %T = loop %i = 1 to %n step 1 (%w2 = %w1) {\n    %h = iadd %i, -1\n    %u = load %w2[%h]\n    %e = sin %u\n"
           "    %w3 = store %w2[%i], %e\n    yield %w3 }\n  yield %w4, %k }\n",
     "", "w4", 1},
    {"a row each", "func @f(%n: int, %A: real[2] inout, %x: real[1]) -> (real[2]) {\n  %A1 = shape %A, %n, %n\n  %x1 = shape %x, %n\n"
                   "  %A4, %T = loop %i = 0 to %n step 1 (%A2 = %A1) {\n    %A3, %q = within %A2 (%r = [%i]) {\n"
                   "      %v = load %r[0]\n      %u = load %x1[%i]\n      %p = mul %v, %u\n      %e = exp %p\n"
                   "      %r1 = store %r[0], %e\n      yield %r1, %p }\n    %h = mul %q, %q\n    %A5 = acc %A3[%i, 0], %h\n    yield %A5 }\n"
                   "  yield %A4 }\n",
     "A4", "", 1},
    {"a row each, of which another trip sees one",
     "func @f(%n: int, %A: real[2] inout, %x: real[1]) -> (real[2]) {\n  %A1 = shape %A, %n, %n\n  %x1 = shape %x, %n\n"
     "  %A4, %T = loop %i = 0 to %n step 1 (%A2 = %A1) {\n    %g = load %A2[0, 0]\n    %A3 = within %A2 (%r = [%i]) {\n"
     "      %v = load %r[0]\n      %p = mul %v, %g\n      %e = sin %p\n      %r1 = store %r[0], %e\n      yield %r1 }\n    yield %A3 }\n"
     "  yield %A4 }\n",
     "", "A4", 1},
    {"overwritten in the trip: the trip keeps it",
     WRITE "  %r, %w4, %T = loop %i = 0 to %n step 1 (%a = 0.0, %w2 = %w1) {\n    %u = load %w2[%i]\n    %e = exp %u\n"
           "    %w3 = store %w2[%i], 0.5\n    %b = add %a, %e\n    yield %b, %w3 }\n  yield %w4, %r }\n",
     "r", "", 0},
    {"tables that are not active may be anything",
     "func @f(%n: int, %k: real, %x: real[1]) -> (real) {\n  %x1 = shape %x, %n\n  %c = new int[%n] zero\n"
     "  %r, %c4, %T = loop %i = 0 to %n step 1 (%a = 0.0, %c1 = %c) {\n    %h = idiv %i, 2\n    %m = load %c1[%h]\n    %m1 = iadd %m, 1\n"
     "    %c2 = store %c1[%h], %m1\n    %o = load %c2[0]\n    %z = itor %o\n    %v = load %x1[%i]\n    %p = mul %v, %z\n    %e = sin %p\n"
     "    %b = add %a, %e\n    yield %b, %c2 }\n  yield %r }\n",
     "r", "", 1},
};

#define INNER(to)                                                                                                      \
    "    %q, %T2 = loop %j = 0 to %n step 1 (%b = %v) {\n      %u = load %w1[%j]\n"                      \
    "      %p = mul %u, %b\n      %o = mul %b, %b\n      %l = add %o, 1.0\n      %e = div %p, %l\n"                                          \
    "      yield %e }\n    %" to " = add %a, %q\n    yield %" to " }\n"

// Loops that run a second time, fused, in the reverse sweep: `fused` are those.
static const Case late_cases[] = {
    {"a loop in each trip, and a root of the sum",
     READ "  %r, %T = loop %i = 0 to %n step 1 (%a = 1.0) {\n    %v = load %x1[%i]\n" INNER("a1") "  %d = sqrt %r\n  yield %d }\n", "r", "q", 0},
    {"known before after all", READ "  %r, %T = loop %i = 0 to %n step 1 (%a = 1.0) {\n    %v = load %x1[%i]\n" INNER("a1") "  yield %r }\n",
     "", "q", 0},
    {"an exp in it is kept rather",
     READ "  %r, %T = loop %i = 0 to %n step 1 (%a = 1.0) {\n    %v = load %x1[%i]\n"
          "    %q, %T2 = loop %j = 0 to %n step 1 (%b = %v) {\n      %u = load %w1[%j]\n      %p = mul %u, %b\n      %e = exp %p\n"
          "      %g = sub 1.0, %e\n      yield %g }\n    %a1 = add %a, %q\n    yield %a1 }\n  %d = exp %r\n  yield %d }\n",
     "", "r q", 0},
    {"scalars only", READ SUM("r", "1.5") "  %d = exp %r\n  yield %d }\n", "", "r", 0},
    {"what it reads is overwritten afterwards",
     WRITE "  %r, %T = loop %i = 0 to %n step 1 (%a = 1.0) {\n    %v = load %x1[%i]\n" INNER("a1") "  %w2 = store %w1[0], %r\n  yield %w2, %k }\n",
     "", "r q", 1},
    {"what it reads was overwritten before",
     WRITE "  %w2 = store %w1[0], %k\n  %r, %T = loop %i = 0 to %n step 1 (%a = 1.0) {\n    %v = load %w2[%i]\n"
           "    %q, %T2 = loop %j = 0 to %n step 1 (%b = %v) {\n      %u = load %w2[%j]\n      %p = mul %u, %b\n      %o = mul %b, %b\n      %l = add %o, 1.0\n      %e = div %p, %l\n"
           "      yield %e }\n    %a1 = add %a, %q\n    yield %a1 }\n  %d = exp %r\n  yield %w2, %d }\n",
     "r", "q", 1},
    {"with values and a start made in a loop around, which keeps them",
     READ "  %z, %T3 = loop %h = 0 to 3 step 1 (%y = %k) {\n    %y1 = sin %y\n"
          "    %r, %T = loop %i = 0 to %n step 1 (%a = %y) {\n      %v0 = load %x1[%i]\n      %v = mul %v0, %y1\n" INNER("a1")
          "    %y2 = sin %r\n    yield %y2 }\n  yield %z }\n",
     "r", "z q", 0},
    {"not twice around: one in another",
     READ "  %z, %T3 = loop %h = 0 to 3 step 1 (%y = %k) {\n"
          "    %r, %T = loop %i = 0 to %n step 1 (%a = 1.0) {\n      %v = load %x1[%i]\n" INNER("a1")
          "    %y2 = mul %r, %r\n    %y3 = add %y, %y2\n    yield %y3 }\n  %g = cos %z\n  yield %g }\n",
     "z", "r q", 0},
    {"an array is carried",
     WRITE "  %r, %w4, %T = loop %i = 0 to %n step 1 (%a = 1.0, %w2 = %w1) {\n    %v = load %x1[%i]\n    %w3 = acc %w2[%i], %v\n"
           "    %q, %T2 = loop %j = 0 to %n step 1 (%b = %v) {\n      %u = load %x1[%j]\n      %p = mul %u, %b\n      %o = mul %b, %b\n      %l = add %o, 1.0\n      %e = div %p, %l\n"
           "      yield %e }\n    %a1 = add %a, %q\n    yield %a1, %w3 }\n  %d = exp %r\n  yield %w4, %d }\n",
     "", "r q", 0},
    {"an array is carried, of which each trip of an independent loop has elements of its own",
     WRITE "  %m = isub %n, 1\n  %r, %w4, %T = loop %i = 0 to %n step 1 independent (%a = 1.0, %w2 = %w1) {\n    %g = isub %m, %i\n    %v = load %w2[%g]\n"
           "    %q, %T2 = loop %j = 0 to %n step 1 (%b = %v) {\n      %u = load %x1[%j]\n      %p = mul %u, %b\n      %o = mul %b, %b\n      %l = add %o, 1.0\n      %e = div %p, %l\n"
           "      yield %e }\n    %w3 = store %w2[%g], %q\n    %a1 = add %a, %q\n    yield %a1, %w3 }\n  %d = exp %r\n  %f = load %w4[0]\n  %f1 = mul %f, %d\n"
           "  %w5 = store %w4[0], %f1\n  yield %w5, %d }\n",
     "r", "q", 1},
    {"arrays that are only written, and only added to; in a loop around, which changes them",
     WRITE "  %m = isub %n, 1\n  %z, %T3 = loop %h = 0 to 3 step 1 (%y = %w1) {\n"
           "    %t = new real[%n]\n    %s = new real[%n] zero\n    %k2 = load %y[0]\n"
           "    %r, %s9, %T = loop %i = 0 to %n step 1 independent (%t2 = %t, %s2 = %s) {\n      %g = isub %m, %i\n      %v = load %x1[%g]\n"
           "      %q, %T2 = loop %j = 0 to %n step 1 (%b = %v) {\n        %p = mul %k2, %b\n        %o = mul %b, %b\n        %l = add %o, 1.0\n        %e = div %p, %l\n"
           "        yield %e }\n      %t3 = store %t2[%g], %q\n      %s3 = acc %s2[0], %q\n      yield %t3, %s3 }\n"
           "    %u = load %r[0]\n    %u2 = load %s9[0]\n    %u3 = mul %u, %u2\n    %y1 = store %y[0], %u3\n    yield %y1 }\n  yield %z, %k }\n",
     "r", "z q", 1},
    {"a while loop with a state, loops in it",
     READ "  %r, %g, %T = loop (%a = 0.3, %h = 1.0) while (%y, %c) {\n    %t = lt %c, 9.0\n    yield %t } do {\n"
          "    %v = mul %k, %h\n    %h1 = mul %h, 1.7\n"
          "    %q, %T2 = loop %j = 0 to %n step 1 (%b = %v) {\n      %u = load %w1[%j]\n      %p = mul %u, %b\n      %o = mul %b, %b\n      %l = add %o, 1.0\n      %e = div %p, %l\n"
          "      yield %e }\n    %a1 = add %a, %q\n    yield %a1, %h1 }\n  %d = mul %r, %r\n  yield %d }\n",
     "r", "q", 0},
    {"in a function that is split",
     "func @g(%m: int, %n: int, %x: real[1], %y: real) -> (real) noinline {\n  %x1 = shape %x, %n\n  %c = ile %m, 0\n"
     "  %z = if %c {\n    yield %y } else {\n    %m1 = isub %m, 1\n"
     "    %r, %T = loop %i = 0 to %n step 1 (%a = 0.5) {\n      %v = load %x1[%i]\n"
     "      %q, %T2 = loop %j = 0 to 3 step 1 (%b = %v) {\n        %p = mul %y, %b\n        %o = mul %b, %b\n      %l = add %o, 1.0\n      %e = div %p, %l\n        yield %e }\n"
     "      %a1 = add %a, %q\n      yield %a1 }\n    %w = call @g(%m1, %n, %x1, %r)\n    yield %w }\n  yield %z }\n"
     "func @f(%n: int, %k: real, %x: real[1]) -> (real) {\n  %x1 = shape %x, %n\n  %r = call @g(2, %n, %x1, %k)\n  yield %r }\n",
     "", "", 0},
};

// The loops in r, by the name of their first result, that are fused, or are not.
static void list_loops(Text *t, const Plan *p, const Region *r, Fuse fused)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        if (op->code == OP_loop && op_plan(p, op)->fused == fused)
            text_printf(t, "%s%s", t->n ? " " : "", op->out[0]->name);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                list_loops(t, p, op->regions[k], fused);
    }
}

static void check_plan(const Case *c, Fuse kind)
{
    Arena *a = arena_new();
    Module *m = pass_parse(a, c->text);
    DeriveCtx ctx = plan_context(m, a);
    const Plan *p = plan_whole(&ctx, a, func_by_name(m, "f"));
    Text fused = text_in(a), apart = text_in(a);
    list_loops(&fused, p, p->f->body, kind);
    list_loops(&apart, p, p->f->body, FUSE_NOT);
    text_printf(&fused, "%s", "");
    text_printf(&apart, "%s", "");
    ck_assert_msg(strcmp(fused.at, c->fused) == 0, "%s: fused are \"%s\", not \"%s\"", c->name, fused.at, c->fused);
    ck_assert_msg(strcmp(apart.at, c->apart) == 0, "%s: apart are \"%s\", not \"%s\"", c->name, apart.at, c->apart);
    arena_free(a);
}

START_TEST(plans)
{
    check_plan(&cases[_i], FUSE_EARLY);
}
END_TEST

START_TEST(late_plans)
{
    check_plan(&late_cases[_i], FUSE_LATE);
}
END_TEST

static const int trips[] = {0, 1, 2, 3, 7, -1};

START_TEST(derivatives)
{
    ad_check_all(cases[_i].text, "f", trips + cases[_i].least, 0.3);
}
END_TEST

START_TEST(late_derivatives)
{
    ad_check_all(late_cases[_i].text, "f", trips + late_cases[_i].least, 0.3);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("fuse");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, plans, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_loop_test(t, late_plans, 0, (int)(sizeof late_cases / sizeof *late_cases));
    tcase_add_loop_test(t, late_derivatives, 0, (int)(sizeof late_cases / sizeof *late_cases));
    tcase_add_loop_test(t, derivatives, 0, (int)(sizeof cases / sizeof *cases));
    return run_tests("fuse", t);
}
