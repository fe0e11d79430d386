// solvers.h — derivatives of the ops that factor matrices and solve with them, in both modes; see solvers.c.
#ifndef ADC_SOLVERS_H
#define ADC_SOLVERS_H

#include "ir.h"

// Is it lu, lu_solve, lu_logdet, cholesky, lower_solve or lower?
bool is_solver(OpCode code);

// The tangent of result 0 of op, emitted at b after op itself. in: op's operands; dots: their tangents, NULL being 0; result: the result's
// value. Of an op that works in place, dots[0] is consumed (and there).
Value *solver_dot(Builder *b, const Op *op, Value *const *in, Value *const *dots, Value *result);

// The adjoint of lu_solve, cholesky, lower_solve and lower, which work in place: *bar, the adjoint of the result's buffer, becomes that of the
// buffer before op. in, result: what the primal had, as far as the plan says that it is needed. matrix_bar: the adjoint array of the factor
// or triangle, which is added to; NULL if it has none.
void solver_reverse(Builder *b, const Op *op, Value *const *in, Value *result, Value **bar, Value **matrix_bar);

// The adjoint of lu_logdet, added to that of its factor.
void logdet_reverse(Builder *b, Value *const *in, Value *seed, Value **factor_bar);

#endif
