// eval.h — `adc eval`: an expression, or a call with all that it gives.
//
// In: a checked file and a text. Out: values as text:
//
//     f(1.5) + 1.0                      ->   3.25
//     g_grad(2, {1.0, 2.0})             ->   result = 5.0
//                                            x_bar = [2.0, 4.0]
#ifndef ADC_EVAL_H
#define ADC_EVAL_H

#include "job.h"

// Evaluates, in the interpreter. Gives an exit status; errors are printed.
int eval_expression(const Job *job, const char *text, Text *out);

#endif
