// adcheck.h — derivatives of IR held against each other in the interpreter, for tests.
//
// In: a module with a function f. Out: derived functions of it (asked for by name), and checks that need no reference values:
//     tangent against extrapolated differences of f; adjoint against tangent (sum y_bar y_dot = sum x_bar x_dot) with random seeds on all outputs.
#ifndef ADCHECK_H
#define ADCHECK_H

#include "interp.h"

// Adds to m the function `name`, the derivative of base as LANGUAGE.md section 7 describes it, for all real in and inout parameters (vjp, jvp) or all
// in parameters (grad). Its body comes with derive_all.
Func *ad_ask(Module *m, Func *base, Transform transform, const char *name);

// The same for a record: functions NAME_forward and NAME_reverse; gives the forward half.
Func *ad_ask_record(Module *m, Func *base, const char *name);

// Makes all bodies; aborts the test with the message on an error. Verifies the module.
void ad_derive(Module *m);

// Checks jvp and vjp of f at random points: int parameters are n, arrays have n^rank elements, tape arrays (pos-indexed) are not allowed.
// `spread` scales the reals around 1. Fails the libcheck test with a message that names f.
void ad_check_pair(const Module *m, const char *f, const char *jvp, const char *vjp, int n, double spread);

// Checks that a record of f gives what vjp, an adjoint of f, gives: values, adjoints, these from a second reverse, too.
void ad_check_record(const Module *m, const char *f, const char *vjp, const char *record, int n, double spread);

// All of that for f to second order: jvp(f), vjp(f); jvp and vjp of vjp(f); jvp and vjp of jvp(f); records of f and vjp(f); for every n of the
// list (ended by -1).
void ad_check_all(const char *text, const char *f, const int *n, double spread);

// Bytes of tape that the vjp of f uses at int parameters n.
long ad_tape_bytes(const char *text, const char *f, int n, double spread);

#endif
