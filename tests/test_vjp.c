// test_vjp.c — the frame of differentiation on IR written by hand: every shape of code that reverse mode finds hard, to second order.
//
// In: the table `cases` of IR text. Each is held against differences and the other mode by adcheck.c, for trip counts 0, 1, 2, 3 and more.
#include "adcheck.h"

#include "suite.h"

#include <check.h>
#include <stdlib.h>

typedef struct Case {
    const char *name, *text;
    double spread;
} Case;

// S = A + 3 on the diagonal, which is easy to solve with
#define DOMINANT                                                                                                         \
    "  %S0 = copy %A1\n  %S, %TS = loop %i = 0 to %n step 1 (%S1 = %S0) {\n    %S2 = acc %S1[%i, %i], 3.0\n    yield %S2 }\n"
// A4 = A with 4 n added on the diagonal: definite
#define POSITIVE                                                                                                         \
    "  %nr = itor %n\n  %n4 = mul %nr, 4.0\n"                                                                            \
    "  %A4, %TA = loop %i = 0 to %n step 1 (%A2 = %A1) {\n    %A3 = acc %A2[%i, %i], %n4\n    yield %A3 }\n"

static const Case cases[] = {
    {"scalars",
     "func @f(%x: real, %y: real) -> (real) {\n"
     "  %a = mul %x, %y\n  %b = sin %a\n  %c = exp %b\n  %d = div %c, %y\n  %e = add %d, %x\n  yield %e }\n", 0.3},
    {"a sum over an array",
     "func @f(%n: int, %x: real[1]) -> (real) {\n"
     "  %x1 = shape %x, %n\n"
     "  %s2, %T = loop %i = 0 to %n step 1 (%s = 0.0) {\n"
     "    %v = load %x1[%i]\n    %w = exp %v\n    %u = mul %w, %w\n    %s1 = add %s, %u\n    yield %s1 }\n"
     "  yield %s2 }\n", 0.3},
    {"in place, one element from the one before",
     "func @f(%n: int, %c: real, %a: real[1] inout) -> (real[1]) {\n"
     "  %a1 = shape %a, %n\n"
     "  %a4, %T = loop %i = 1 to %n step 1 (%a2 = %a1) {\n"
     "    %k = isub %i, 1\n    %v = load %a2[%i]\n    %l = load %a2[%k]\n    %s = sin %v\n    %p = mul %s, %l\n    %q = add %p, %c\n"
     "    %a3 = store %a2[%i], %q\n    yield %a3 }\n"
     "  yield %a4 }\n", 0.3},
    {"sweeps in place",
     "func @f(%n: int, %c: real, %a: real[1] inout) -> (real[1]) {\n"
     "  %a1 = shape %a, %n\n"
     "  %a6, %T = loop %t = 0 to %n step 1 (%a5 = %a1) {\n"
     "    %a4, %T2 = loop %i = 1 to %n step 1 (%a2 = %a5) {\n"
     "      %k = isub %i, 1\n      %v = load %a2[%i]\n      %l = load %a2[%k]\n      %s = sin %v\n      %p = mul %s, %l\n      %q = add %p, %c\n"
     "      %a3 = store %a2[%i], %q\n      yield %a3 }\n"
     "    yield %a4 }\n"
     "  yield %a6 }\n", 0.3},
    {"a triangle of trips",
     "func @f(%n: int, %x: real[1]) -> (real) {\n"
     "  %x1 = shape %x, %n\n"
     "  %s4, %T = loop %i = 0 to %n step 1 (%s = 1.0) {\n"
     "    %s3, %T2 = loop %j = 0 to %i step 1 (%s1 = %s) {\n"
     "      %v = load %x1[%j]\n      %p = mul %s1, %v\n      %q = sin %p\n      %s2 = add %q, %v\n      yield %s2 }\n"
     "    yield %s3 }\n"
     "  yield %s4 }\n", 0.3},
    {"a step of two, downwards",
     "func @f(%n: int, %x: real[1]) -> (real) {\n"
     "  %x1 = shape %x, %n\n  %last = isub %n, 1\n"
     "  %s3, %T = loop %i = %last to -1 step -2 (%s1 = 1.0) {\n"
     "    %v = load %x1[%i]\n    %p = mul %s1, %v\n    %s2 = sin %p\n    yield %s2 }\n"
     "  yield %s3 }\n", 0.3},
    {"a branch in a loop",
     "func @f(%n: int, %x: real[1]) -> (real) {\n"
     "  %x1 = shape %x, %n\n"
     "  %s3, %T = loop %i = 0 to %n step 1 (%s1 = 1.0) {\n"
     "    %v = load %x1[%i]\n    %c = gt %v, 1.0\n"
     "    %r = if %c {\n      %p = mul %s1, %v\n      %q = exp %p\n      %q2 = sin %q\n      yield %q2 } else {\n"
     "      %d = div %s1, %v\n      %e = log %v\n      %f = add %d, %e\n      yield %f }\n"
     "    yield %r }\n"
     "  yield %s3 }\n", 0.3},
    {"a while loop whose trips depend on the data",
     "func @f(%x: real) -> (real) {\n"
     "  %b = mul %x, 2.0\n"
     "  %b3, %T = loop (%b1 = %b) while (%h) {\n    %m = abs %h\n    %c = lt %m, 100.0\n    yield %c } do {\n"
     "    %s = sin %b1\n    %t = mul %b1, 1.5\n    %b2 = add %t, %s\n    yield %b2 }\n"
     "  %pos = gt %b3, 0.0\n"
     "  %r = if %pos {\n    yield %b3 } else {\n    %q = mul %b3, 100.0\n    yield %q }\n"
     "  yield %r }\n", 0.01},
    {"a loop with an exit",
     "func @f(%n: int, %x: real[1]) -> (real) {\n"
     "  %x1 = shape %x, %n\n"
     "  %s5, %T = loop %i = 0 to %n step 1 exit (%s1 = 1.0) {\n"
     "    %v = load %x1[%i]\n    %s2 = mul %s1, %v\n    %stop = gt %s2, 1.1\n"
     "    %s4 = if %stop {\n      yield %s2 } else {\n      %w = sin %s2\n      %s3 = add %w, %v\n      yield %s3 }\n"
     "    yield %stop, %s4 }\n"
     "  %r = mul %s5, %s5\n  yield %r }\n", 0.2},
    {"an exit in a loop in a loop",
     "func @f(%n: int, %x: real[1], %y: real[1] inout) -> (real[1]) {\n"
     "  %x1 = shape %x, %n\n  %y1 = shape %y, %n\n"
     "  %y6, %T = loop %i = 0 to %n step 1 (%y2 = %y1) {\n"
     "    %y5, %s3, %T2 = loop %j = 0 to %n step 1 exit (%y3 = %y2, %s1 = 1.0) {\n"
     "      %v = load %x1[%j]\n      %o = load %y3[%i]\n      %p = mul %v, %o\n      %s2 = mul %s1, %p\n"
     "      %y4 = store %y3[%i], %s2\n      %stop = gt %s2, 1.3\n      yield %stop, %y4, %s2 }\n"
     "    yield %y5 }\n"
     "  yield %y6 }\n", 0.3},
    {"scatter with repeated indices",
     "func @f(%n: int, %x: real[1], %y: real[1] inout) -> (real[1]) {\n"
     "  %x1 = shape %x, %n\n  %y1 = shape %y, %n\n"
     "  %y4, %T = loop %i = 0 to %n step 1 (%y2 = %y1) {\n"
     "    %h = idiv %i, 2\n    %v = load %x1[%i]\n    %o = load %y2[%h]\n    %p = mul %v, %o\n"
     "    %y3 = store %y2[%h], %p\n    yield %y3 }\n"
     "  yield %y4 }\n", 0.3},
    {"a local array made anew on every trip",
     "func @f(%n: int, %x: real[1]) -> (real) {\n"
     "  %x1 = shape %x, %n\n"
     "  %s4, %T = loop %i = 0 to %n step 1 (%s = 0.0) {\n"
     "    %t = new real[%n] zero\n    %xi = load %x1[%i]\n"
     "    %t3, %T2 = loop %j = 0 to %n step 1 (%t1 = %t) {\n"
     "      %xj = load %x1[%j]\n      %p = mul %xi, %xj\n      %e = exp %p\n      %t2 = store %t1[%j], %e\n      yield %t2 }\n"
     "    %s3, %T3 = loop %k = 0 to %n step 1 (%s1 = %s) {\n"
     "      %v = load %t3[%k]\n      %w = mul %v, %v\n      %s2 = add %s1, %w\n      yield %s2 }\n"
     "    yield %s3 }\n"
     "  yield %s4 }\n", 0.3},
    {"fill, copy, copy_to, add_to, acc",
     "func @f(%n: int, %c: real, %x: real[1], %y: real[1] inout, %z: real[1] out) -> (real[1], real[1]) {\n"
     "  %x1 = shape %x, %n\n  %y1 = shape %y, %n\n  %z1 = shape %z, %n\n"
     "  %k = copy %y1\n  %s = sin %c\n  %y2 = fill %y1, %s\n  %y3 = add_to %y2, %x1\n  %y4 = add_to %y3, %k\n  %z2 = copy_to %z1, %y4\n"
     "  %y7, %T = loop %i = 0 to %n step 1 (%y5 = %y4) {\n"
     "    %v = load %z2[%i]\n    %w = mul %v, %v\n    %y6 = acc %y5[%i], %w\n    yield %y6 }\n"
     "  yield %y7, %z2 }\n", 0.3},
    {"a row written within, and a slice read",
     "func @f(%n: int, %A: real[2] inout, %x: real[1]) -> (real[2]) {\n"
     "  %A1 = shape %A, %n, %n\n  %x1 = shape %x, %n\n"
     "  %A6, %T = loop %i = 0 to %n step 1 (%A2 = %A1) {\n"
     "    %A5 = within %A2 (%r = [%i]) {\n"
     "      %r3, %T2 = loop %j = 0 to %n step 1 (%r1 = %r) {\n"
     "        %v = load %r1[%j]\n        %w = load %x1[%j]\n        %p = mul %v, %w\n        %q = sin %p\n        %r2 = store %r1[%j], %q\n        yield %r2 }\n"
     "      yield %r3 }\n"
     "    yield %A5 }\n"
     "  yield %A6 }\n", 0.3},
    {"gemm",
     "func @f(%n: int, %A: real[2], %B: real[2], %C: real[2] inout) -> (real[2]) {\n"
     "  %A1 = shape %A, %n, %n\n  %B1 = shape %B, %n, %n\n  %C1 = shape %C, %n, %n\n"
     "  %D = copy %C1\n"
     "  %C2 = gemm %C1, %A1, %B1, %n, %n, %n\n  %C3 = gemm %C2, %D, %A1, %n, %n, %n {ta}\n  %C4 = gemm %C3, %B1, %D, %n, %n, %n {tb}\n"
     "  %C5 = gemm %C4, %B1, %A1, %n, %n, %n {ta, tb}\n  yield %C5 }\n", 0.3},
    {"gemm {sub}",
     "func @f(%n: int, %A: real[2], %B: real[2], %C: real[2] inout) -> (real[2]) {\n"
     "  %A1 = shape %A, %n, %n\n  %B1 = shape %B, %n, %n\n  %C1 = shape %C, %n, %n\n"
     "  %D = copy %C1\n"
     "  %C2 = gemm %C1, %A1, %B1, %n, %n, %n {sub}\n  %C3 = gemm %C2, %D, %A1, %n, %n, %n {ta, sub}\n"
     "  %C4 = gemm %C3, %B1, %D, %n, %n, %n {tb, sub}\n  %C5 = gemm %C4, %B1, %A1, %n, %n, %n {ta, tb, sub}\n  yield %C5 }\n", 0.3},
    {"solve in place, with both transpositions, and logdet: one factor",
     "func @f(%n: int, %A: real[2], %x: real[1] inout, %y: real[1] inout) -> (real[1], real[1], real) {\n"
     "  %A1 = shape %A, %n, %n\n  %x1 = shape %x, %n\n  %y1 = shape %y, %n\n" DOMINANT
     "  %F, %P = lu %S, %n\n  %x2 = lu_solve %x1, %F, %P, %n, 1\n  %y2 = lu_solve %y1, %F, %P, %n, 1 {ta}\n"
     "  %y3 = gemm %y2, %A1, %x2, %n, 1, %n\n  %y4 = lu_solve %y3, %F, %P, %n, 1\n  %s = lu_logdet %F, %P, %n\n  yield %x2, %y4, %s }\n", 0.3},
    {"the matrix of a factor is overwritten, and so is what was solved",
     "func @f(%n: int, %A: real[2] inout, %c: real) -> (real[2], real) {\n"
     "  %A0 = shape %A, %n, %n\n"
     "  %A1, %T = loop %i = 0 to %n step 1 (%A2 = %A0) {\n    %A3 = acc %A2[%i, %i], 3.0\n    yield %A3 }\n"
     "  %F, %P = lu %A1, %n\n  %A4 = lu_solve %A1, %F, %P, %n, %n\n"
     "  %A5, %T5 = loop %i = 0 to %n step 1 (%A6 = %A4) {\n    %v = load %A6[%i, 0]\n    %u = mul %v, %c\n    %w = sin %u\n"
     "    %A7 = store %A6[%i, 0], %w\n    %A8 = acc %A7[%i, %i], 2.0\n    yield %A8 }\n"
     "  %G, %Q = lu %A5, %n\n  %s = lu_logdet %G, %Q, %n\n  %A9 = lu_solve %A5, %F, %P, %n, %n {ta}\n  yield %A9, %s }\n", 0.3},
    {"factors and solves in a loop and a branch",
     "func @f(%n: int, %A: real[2] inout, %x: real[1] inout) -> (real[2], real[1], real) {\n"
     "  %A1 = shape %A, %n, %n\n  %x1 = shape %x, %n\n"
     "  %A9, %x9, %s9, %T = loop %t = 0 to %n step 1 (%A2 = %A1, %x2 = %x1, %s2 = 0.5) {\n"
     "    %A3, %T3 = loop %i = 0 to %n step 1 (%A4 = %A2) {\n      %v = load %A4[%i, %i]\n      %u = sin %v\n      %w = add %u, 2.0\n"
     "      %A5 = store %A4[%i, %i], %w\n      yield %A5 }\n"
     "    %F, %P = lu %A3, %n\n    %h = idiv %n, 2\n    %c = ilt %t, %h\n"
     "    %x3, %s3 = if %c (%x4 = %x2) {\n      %x5 = lu_solve %x4, %F, %P, %n, 1\n      %d = lu_logdet %F, %P, %n\n      yield %x5, %d } else (%x6) {\n"
     "      %x7 = lu_solve %x6, %F, %P, %n, 1 {ta}\n      yield %x7, %s2 }\n"
     "    yield %A3, %x3, %s3 }\n"
     "  yield %A9, %x9, %s9 }\n", 0.3},
    {"a factor in a callee, of a row of matrices that is handed in",
     "func @g(%n: int, %A: real[2], %x: real[1] inout) -> (real[1], real) noinline {\n"
     "  %A1 = shape %A, %n, %n\n  %x1 = shape %x, %n\n" DOMINANT
     "  %F, %P = lu %S, %n\n  %x2 = lu_solve %x1, %F, %P, %n, 1\n  %s = lu_logdet %F, %P, %n\n  yield %x2, %s }\n"
     "func @f(%n: int, %A: real[2], %x: real[1] inout) -> (real[1], real) {\n"
     "  %A1 = shape %A, %n, %n\n  %x1 = shape %x, %n\n"
     "  %x3, %s3, %T = loop %t = 0 to 3 step 1 (%x2 = %x1, %s1 = 1.0) {\n"
     "    %x4, %s = call @g(%n, %A1, %x2)\n    %s2 = mul %s1, %s\n    yield %x4, %s2 }\n"
     "  yield %x3, %s3 }\n", 0.3},
    {"cholesky: the lower triangle alone",
     "func @f(%n: int, %A: real[2] inout, %c: real) -> (real[2]) {\n"
     "  %A1 = shape %A, %n, %n\n" POSITIVE
     "  %L = cholesky %A4, %n\n"
     "  %L2, %T2 = loop %i = 0 to %n step 1 (%L1 = %L) {\n    %v = load %L1[%i, 0]\n    %w = mul %v, %c\n    %s = sin %w\n"
     "    %L3 = store %L1[%i, 0], %s\n    yield %L3 }\n"
     "  yield %L2 }\n", 0.3},
    {"lower_solve, from both sides and both ways, with a factor and with any matrix",
     "func @f(%n: int, %A: real[2] inout, %B: real[2], %X: real[2] inout) -> (real[2], real[2]) {\n"
     "  %A1 = shape %A, %n, %n\n  %B1 = shape %B, %n, %n\n  %X1 = shape %X, %n, %n\n" POSITIVE
     "  %L, %at = cholesky %A4, %n\n"
     "  %X2 = lower_solve %X1, %L, %n, %n\n  %X3 = lower_solve %X2, %B1, %n, %n {ta}\n"
     "  %X4 = lower_solve %X3, %L, %n, %n {ta, right}\n  %X5 = lower_solve %X4, %B1, %n, %n {right}\n"
     "  %X6 = lower_solve %X5, %L, %n, %n {ta}\n  %X7 = lower_solve %X6, %B1, %n, %n\n"
     "  %X8 = lower_solve %X7, %L, %n, %n {right}\n  %X9 = lower_solve %X8, %B1, %n, %n {ta, right}\n"
     "  yield %L, %X9 }\n", 0.1},
    {"lower: the four maps",
     "func @f(%n: int, %A: real[2] inout, %B: real[2] inout, %C: real[2] inout, %D: real[2] inout) -> (real[2], real[2], real[2], real[2]) {\n"
     "  %A1 = shape %A, %n, %n\n  %B1 = shape %B, %n, %n\n  %C1 = shape %C, %n, %n\n  %D1 = shape %D, %n, %n\n"
     "  %A2 = lower %A1, %n\n  %B2 = lower %B1, %n {half}\n  %C2 = lower %C1, %n {mirror}\n  %D2 = lower %D1, %n {fold}\n"
     "  %A3 = gemm %A2, %B2, %C2, %n, %n, %n\n  %B3 = gemm %B2, %C2, %D2, %n, %n, %n {tb}\n  yield %A3, %B3, %C2, %D2 }\n", 0.3},
    {"a store through a call in a loop",
     "func @g(%n: int, %i: int, %a: real[1] inout) -> (real[1]) noinline {\n"
     "  %a1 = shape %a, %n\n  %v = load %a1[%i]\n  %s = sin %v\n  %p = mul %s, %v\n  %a2 = store %a1[%i], %p\n  yield %a2 }\n"
     "func @f(%n: int, %a: real[1] inout) -> (real[1]) {\n"
     "  %a1 = shape %a, %n\n"
     "  %a5, %T = loop %t = 0 to 3 step 1 (%a2 = %a1) {\n"
     "    %a4, %T2 = loop %i = 0 to %n step 1 (%a3 = %a2) {\n      %r = call @g(%n, %i, %a3)\n      yield %r }\n"
     "    yield %a4 }\n"
     "  yield %a5 }\n", 0.3},
    {"mutual recursion",
     "func @odd(%n: int, %x: real) -> (real) noinline {\n"
     "  %c = ile %n, 0\n"
     "  %r = if %c {\n    yield %x } else {\n    %m = isub %n, 1\n    %s = sin %x\n    %y = call @even(%m, %s)\n    %z = mul %y, %x\n    yield %z }\n"
     "  yield %r }\n"
     "func @even(%n: int, %x: real) -> (real) noinline {\n"
     "  %c = ile %n, 0\n"
     "  %r = if %c {\n    %e = exp %x\n    yield %e } else {\n    %m = isub %n, 1\n    %y = call @odd(%m, %x)\n    %w = mul %y, %y\n    %z = sin %w\n    yield %z }\n"
     "  yield %r }\n"
     "func @f(%n: int, %x: real) -> (real) {\n  %y = call @odd(%n, %x)\n  %z = call @even(%n, %x)\n  %r = mul %y, %z\n  yield %r }\n", 0.1},
    {"a while in a callee in a for, branches in both",
     "func @g(%x: real, %y: real inout) -> (real, real) noinline {\n"
     "  %s4, %T = loop (%s1 = %x) while (%h) {\n    %c = lt %h, 3.0\n    yield %c } do {\n"
     "    %big = gt %s1, 1.5\n"
     "    %s3 = if %big {\n      %p = mul %s1, %y\n      %e = abs %p\n      %s2 = add %e, %s1\n      yield %s2 } else {\n"
     "      %q = exp %s1\n      yield %q }\n"
     "    yield %s3 }\n"
     "  %y2 = sin %s4\n  yield %y2, %s4 }\n"
     "func @f(%n: int, %x: real[1]) -> (real) {\n"
     "  %x1 = shape %x, %n\n"
     "  %s3, %y4, %T = loop %i = 0 to %n step 1 (%s1 = 0.0, %y1 = 0.7) {\n"
     "    %v = load %x1[%i]\n    %c = gt %v, 1.0\n"
     "    %y3, %t = if %c {\n      %y2, %r = call @g(%v, %y1)\n      yield %y2, %r } else {\n      %w = mul %v, %y1\n      yield %w, %y1 }\n"
     "    %s2 = add %s1, %t\n    yield %s2, %y3 }\n"
     "  %r2 = mul %s3, %y4\n  yield %r2 }\n", 0.1},
    {"one array to two parameters, rows of one array",
     "func @g(%n: int, %x: real[1], %y: real[1]) -> (real) noinline {\n"
     "  %x1 = shape %x, %n\n  %y1 = shape %y, %n\n"
     "  %s3, %T = loop %i = 0 to %n step 1 (%s1 = 0.0) {\n"
     "    %v = load %x1[%i]\n    %w = load %y1[%i]\n    %e = exp %w\n    %p = mul %v, %e\n    %s2 = add %s1, %p\n    yield %s2 }\n"
     "  yield %s3 }\n"
     "func @f(%n: int, %A: real[2], %x: real[1]) -> (real) {\n"
     "  %A1 = shape %A, %n, %n\n  %x1 = shape %x, %n\n"
     "  %a = call @g(%n, %x1, %x1)\n"
     "  %s3, %T = loop %i = 0 to %n step 1 (%s1 = %a) {\n"
     "    %h = idiv %i, 2\n    %r = slice %A1[%i]\n    %q = slice %A1[%h]\n    %v = call @g(%n, %r, %q)\n    %w = call @g(%n, %q, %x1)\n"
     "    %u = mul %v, %w\n    %s2 = add %s1, %u\n    yield %s2 }\n"
     "  yield %s3 }\n", 0.3},
    {"a call on an array that is overwritten afterwards",
     "func @g(%n: int, %x: real[1]) -> (real) noinline {\n"
     "  %x1 = shape %x, %n\n"
     "  %s3, %T = loop %i = 0 to %n step 1 (%s1 = 1.0) {\n"
     "    %v = load %x1[%i]\n    %e = sin %v\n    %s2 = mul %s1, %e\n    yield %s2 }\n"
     "  yield %s3 }\n"
     "func @f(%n: int, %x: real[1], %y: real[1] inout) -> (real[1], real) {\n"
     "  %x1 = shape %x, %n\n  %y1 = shape %y, %n\n"
     "  %y5, %s3, %T = loop %i = 0 to %n step 1 (%y2 = %y1, %s1 = 1.0) {\n"
     "    %g = call @g(%n, %y2)\n    %h = call @g(%n, %x1)\n    %k = mul %g, %h\n    %y3 = store %y2[%i], %k\n    %s2 = add %s1, %k\n    yield %y3, %s2 }\n"
     "  yield %y5, %s3 }\n", 0.3},
    {"recursion on an array in place",
     "func @g(%n: int, %k: int, %a: real[1] inout) -> (real[1]) noinline {\n"
     "  %a1 = shape %a, %n\n  %c = ilt %k, %n\n"
     "  %a5 = if %c (%a2 = %a1) {\n"
     "    %v = load %a2[%k]\n    %e = sin %v\n    %w = mul %v, %e\n    %a3 = store %a2[%k], %w\n    %k1 = iadd %k, 1\n    %a4 = call @g(%n, %k1, %a3)\n"
     "    %u = load %a4[%k]\n    %z = mul %u, %u\n    %a6 = store %a4[%k], %z\n"
     "    yield %a6 } else (%a7) {\n    yield %a7 }\n"
     "  yield %a5 }\n"
     "func @f(%n: int, %a: real[1] inout) -> (real[1]) {\n  %a1 = shape %a, %n\n  %a2 = call @g(%n, 0, %a1)\n  yield %a2 }\n", 0.3},
    {"values that only one branch looks at",
     "func @f(%n: int, %x: real[1]) -> (real) {\n"
     "  %x1 = shape %x, %n\n"
     "  %s4, %T = loop %i = 0 to %n step 1 (%s1 = 1.0) {\n"
     "    %v = load %x1[%i]\n    %l = log %v\n    %m = mul %l, %s1\n    %q = sin %v\n    %c = gt %v, 1.0\n"
     "    %s3 = if %c {\n      %d = gt %v, 1.1\n      %e = if %d {\n        yield %m } else {\n        yield %q }\n      yield %e } else {\n"
     "      %s2 = add %s1, %q\n      yield %s2 }\n"
     "    yield %s3 }\n"
     "  yield %s4 }\n", 0.3},
    {"a value that the body makes and does not look at: its own on no trips",
     "func @f(%n: int, %x: real, %y: real) -> (real) {\n"
     "  %b3, %T = loop %i = 0 to %n step 1 (%b1 = %y) {\n    %r = itor %i\n    %b2 = mul %x, %r\n    yield %b2 }\n"
     "  %s = sin %b3\n  yield %s }\n", 0.3},
    {"a swap carried through a loop",
     "func @f(%n: int, %x: real, %y: real) -> (real) {\n"
     "  %a3, %b3, %T = loop %i = 0 to %n step 1 (%a1 = %x, %b1 = %y) {\n"
     "    %s = sin %a1\n    %b2 = mul %s, %b1\n    yield %b2, %a1 }\n"
     "  %r = mul %a3, %b3\n  yield %r }\n", 0.3},
    {"an array needed whole, overwritten in a loop",
     "func @f(%n: int, %A: real[2], %x: real[1] inout) -> (real[1]) {\n"
     "  %A1 = shape %A, %n, %n\n  %x1 = shape %x, %n\n"
     "  %x4, %T = loop %t = 0 to %n step 1 (%x2 = %x1) {\n"
     "    %y = new real[%n] zero\n    %y1 = gemm %y, %A1, %x2, %n, 1, %n\n"
     "    %x6, %T2 = loop %i = 0 to %n step 1 (%x5 = %x2) {\n"
     "      %v = load %y1[%i]\n      %u = mul %v, 0.1\n      %w = sin %u\n      %x7 = store %x5[%i], %w\n      yield %x7 }\n"
     "    yield %x6 }\n"
     "  yield %x4 }\n", 0.3},
};

static const int trips[] = {0, 1, 2, 3, 7, -1};

START_TEST(test_case)
{
    const Case *c = &cases[_i];
    if (getenv("AD_CASE") && atoi(getenv("AD_CASE")) != _i)
        return;
    ad_check_all(c->text, "f", trips, c->spread);
}
END_TEST

// What is kept, in bytes at n = 10 and n = 20.
typedef struct Kept {
    const char *name, *text;
    double spread;
    long at_10, at_20;
} Kept;

static const Kept kept[] = {
    {"a while loop linear in what it carries, then a branch: nothing",
     "func @f(%x: real) -> (real) {\n"
     "  %b = mul %x, 2.0\n"
     "  %b3, %T = loop (%b1 = %b) while (%h) {\n    %m = abs %h\n    %c = lt %m, 1000.0\n    yield %c } do {\n"
     "    %b2 = mul %b1, 2.0\n    yield %b2 }\n"
     "  %pos = gt %b3, 0.0\n"
     "  %r = if %pos {\n    yield %b3 } else {\n    %q = mul 100.0, %b3\n    yield %q }\n"
     "  yield %r }\n", 0, 0, 0},
    {"one sweep in place: the final array holds what the reverse reads",
     "func @f(%n: int, %c: real, %a: real[1] inout) -> (real[1]) {\n"
     "  %a1 = shape %a, %n\n"
     "  %a4, %T = loop %i = 1 to %n step 1 (%a2 = %a1) {\n"
     "    %k = isub %i, 1\n    %l = load %a2[%k]\n    %p = mul %l, %c\n    %a3 = store %a2[%i], %p\n    yield %a3 }\n"
     "  yield %a4 }\n", 0.1, 0, 0},
    {"sweep after sweep: one row of values a sweep",
     "func @f(%n: int, %c: real, %a: real[1] inout) -> (real[1]) {\n"
     "  %a1 = shape %a, %n\n"
     "  %a6, %T = loop %t = 0 to 5 step 1 (%a5 = %a1) {\n"
     "    %a4, %T2 = loop %i = 1 to %n step 1 (%a2 = %a5) {\n"
     "      %k = isub %i, 1\n      %l = load %a2[%k]\n      %p = mul %l, %c\n      %a3 = store %a2[%i], %p\n      yield %a3 }\n"
     "    yield %a4 }\n"
     "  yield %a6 }\n", 0.1, 5 * 9 * 8, 5 * 19 * 8},
    {"an exit: no bit a trip for the flag, only what is multiplied",
     "func @f(%n: int, %x: real[1]) -> (real) {\n"
     "  %x1 = shape %x, %n\n"
     "  %s5, %T = loop %i = 0 to %n step 1 exit (%s1 = 1.0) {\n"
     "    %v = load %x1[%i]\n    %s2 = mul %s1, %v\n    %stop = gt %s2, 1e9\n"
     "    %s4 = if %stop {\n      yield %s2 } else {\n      %s3 = add %s2, %v\n      yield %s3 }\n"
     "    yield %stop, %s4 }\n"
     "  yield %s5 }\n", 0.1, 10 * 8, 20 * 8},
    {"sin and cos of one value: these two, not the value",
     "func @f(%n: int, %x: real) -> (real) {\n"
     "  %s4, %T = loop %i = 0 to %n step 1 (%s1 = %x) {\n"
     "    %s2 = sin %s1\n    %c = cos %s1\n    %s3 = mul %s2, %c\n    yield %s3 }\n"
     "  yield %s4 }\n", 0.1, 10 * 16, 20 * 16},
    {"a branch in a counted loop: one byte a trip",
     "func @f(%n: int, %x: real, %b: real[1]) -> (real) {\n"
     "  %b1 = shape %b, %n\n"
     "  %s5, %T = loop %i = 0 to %n step 1 (%s1 = %x) {\n"
     "    %c = gt %s1, 5.0\n"
     "    %s4 = if %c {\n      yield %x } else {\n      %v = load %b1[%i]\n      %s3 = add %s1, %v\n      yield %s3 }\n"
     "    yield %s4 }\n"
     "  yield %s5 }\n", 0.1, 10, 20},
    {"recursion: a value and a bit a level, and the last bit",
     "func @g(%n: int, %x: real) -> (real) noinline {\n"
     "  %c = ile %n, 0\n"
     "  %r = if %c {\n    yield %x } else {\n    %m = isub %n, 1\n    %s = sin %x\n    %y = call @g(%m, %s)\n    yield %y }\n"
     "  yield %r }\n"
     "func @f(%n: int, %x: real) -> (real) {\n  %y = call @g(%n, %x)\n  yield %y }\n", 0.1, 10 * 8, 20 * 8},
};

START_TEST(test_kept)
{
    const Kept *k = &kept[_i];
    long at_10 = ad_tape_bytes(k->text, "f", 10, k->spread), at_20 = ad_tape_bytes(k->text, "f", 20, k->spread);
    if (at_10 != k->at_10 || at_20 != k->at_20)
        ck_abort_msg("%s: kept %ld and %ld bytes, should be %ld and %ld", k->name, at_10, at_20, k->at_10, k->at_20);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("vjp");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, test_case, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_loop_test(t, test_kept, 0, (int)(sizeof kept / sizeof *kept));
    return run_tests("vjp", t);
}
