// passcheck.h — what the tests of the optimiser share: a pass run on IR text, verified, and held against the
// unoptimised function in the interpreter.
//
// In: IR text with a function @f, and a pass. Out: the module after the pass, for counting ops; libcheck failures where
// results differ.
#ifndef PASSCHECK_H
#define PASSCHECK_H

#include "interp.h"
#include "suite.h"

// Parses and verifies; fails the test with the message otherwise.
Module *pass_parse(Arena *a, const char *text);

// Runs `pass` on every function of the text (`whole` on the module, where given), verifies, and compares all results of
// @f with those before, bit for bit: int arguments are n (0, 1, 2, 3, 7 in turn), bools true then false, reals random,
// arrays of n^rank elements.
Module *pass_check(Arena *a, const char *text, void (*pass)(Func *), void (*whole)(Module *));

// How many ops of this code f has, regions included; of all ops if code is OP_COUNT, constants and shapes left out.
int pass_count(const Func *f, OpCode code);

// How many arrays the loops of f carry.
int pass_carried(const Func *f);

#endif
