// suite.h — how a unit test's main ends.
//
// In: a libcheck suite, or the one TCase there is. Out: its messages, and main's result.
#ifndef SUITE_H
#define SUITE_H

#include <check.h>

// Runs the suite and frees it. Gives EXIT_SUCCESS if nothing failed.
int run_suite(Suite *s);
// The same for a suite of that name with one TCase.
int run_tests(const char *name, TCase *t);

#endif
