// solvers.c — derivatives of the ops that factor matrices and solve with them.
//
// In: such an op, and tangents or adjoints. Out: ops, of the same kinds and of gemm, so that every order is served. The loops inside a solver
// are never differentiated; what is done instead takes the factor that is there already, and two more solves at most.
//
//     X' = op(A)^-1 X      X'_dot = op(A)^-1 (X_dot - op(A)_dot X')       X_bar = op(A)^-T X'_bar,   op(A)_bar -= X_bar X'^T
//     s = log |det A|      s_dot = tr(A^-1 A_dot)                         A_bar += s_bar A^-T
//     L = cholesky(A)      L_dot = L half(L^-1 mirror(A_dot) L^-T)        A_bar = fold(L^-T half(L^T zero(L_bar)) L^-1)
//
// where zero, half, mirror and fold are what the op `lower` does (ir.h): the lower triangle is all that cholesky reads, so it alone has a
// derivative. (Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation", 2008; Murray,
// "Differentiation of the Cholesky decomposition", 2016.) The tangent and adjoint of a factor F are those of the matrix A it stands for.
#include "solvers.h"

#include <assert.h>

bool is_solver(OpCode code)
{
    return code >= OP_lu && code <= OP_lower;
}

static Value *new_square(Builder *b, Value *n, const char *name)
{
    return b_new(b, E_REAL, 2, (Value *[]){n, n}, true, name);
}

// The solve that op is, of x, or the one with the other transposition.
static Value *solve_like(Builder *b, const Op *op, Value *const *in, Value *x, bool other)
{
    bool ta = op->ta != other;
    if (op->code == OP_lu_solve)
        return b_lu_solve(b, x, in[1], in[2], in[3], in[4], ta);
    return b_lower_solve(b, x, in[1], in[2], in[3], ta, op->right);
}

// Only the lower triangle of L counts, and so of its tangent and adjoint. What cholesky made has nothing else: its tangent is 0 above the
// diagonal, and of its adjoint what is there is not looked at.
static bool has_upper(const Op *op)
{
    const Op *def = op->in[1]->def;
    return op->code == OP_lower_solve && !(def && def->code == OP_cholesky);
}

// ---- forward ----

static Value *solve_dot(Builder *b, const Op *op, Value *const *in, Value *const *dots, Value *result)
{
    Value *x = dots[0], *m = dots[1], *n = in[op->n_in - 2], *k = in[op->n_in - 1];
    if (m && has_upper(op))
        m = b_lower(b, b_copy(b, m, NULL), n, LOWER_ZERO);
    if (m && op->right)
        x = b_gemm_sub(b, x, result, m, k, n, n, false, op->ta);
    else if (m)
        x = b_gemm_sub(b, x, m, result, n, k, n, op->ta, false);
    return solve_like(b, op, in, x, false);
}

static Value *trace(Builder *b, Value *m, Value *n)
{
    Value *s = b_real(b, 0.0);
    Op *loop = b_loop(b, b_int(b, 0), n, 1, false, 1, &s);
    Builder in = builder_at(b->f, loop->regions[0], b->fold);
    in.loc = b->loc;
    Value *i = loop_index(loop);
    Value *next = b_2(&in, OP_add, loop_arg(loop, 0), b_load(&in, m, 2, (Value *[]){i, i}));
    ir_yield(&in, 1, &next);
    return loop->out[0];
}

static Value *logdet_dot(Builder *b, Value *const *in, Value *const *dots)
{
    Value *n = in[2];
    return trace(b, b_lu_solve(b, b_copy(b, dots[0], NULL), in[0], in[1], n, n, false), n);
}

static Value *cholesky_dot(Builder *b, Value *const *in, Value *dot, Value *l)
{
    Value *n = in[1];
    dot = b_lower(b, dot, n, LOWER_MIRROR);
    dot = b_lower_solve(b, dot, l, n, n, false, false);
    dot = b_lower_solve(b, dot, l, n, n, true, true);
    dot = b_lower(b, dot, n, LOWER_HALF);
    Value *product = b_gemm(b, new_square(b, n, NULL), l, dot, n, n, n, false, false);
    return b_copy_to(b, dot, product);
}

Value *solver_dot(Builder *b, const Op *op, Value *const *in, Value *const *dots, Value *result)
{
    switch (op->code) {
    case OP_lu: return b_copy(b, dots[0], NULL);
    case OP_lu_logdet: return logdet_dot(b, in, dots);
    case OP_cholesky: return cholesky_dot(b, in, dots[0], result);
    case OP_lower: return b_lower(b, dots[0], in[1], op->map);
    default: return solve_dot(b, op, in, dots, result);
    }
}

// ---- reverse ----

// to -= op(W X^T), or as the op's flags have it.
static Value *subtract_outer(Builder *b, const Op *op, Value *to, Value *w, Value *x, Value *n, Value *k)
{
    Value *left = op->ta ? x : w, *right = op->ta ? w : x;
    if (op->right)
        return b_gemm_sub(b, to, right, left, n, n, k, true, false);
    return b_gemm_sub(b, to, left, right, n, n, k, false, true);
}

static void solve_reverse(Builder *b, const Op *op, Value *const *in, Value *result, Value **bar, Value **matrix_bar)
{
    Value *n = in[op->n_in - 2], *k = in[op->n_in - 1];
    *bar = solve_like(b, op, in, *bar, true);
    if (!matrix_bar)
        return;
    if (!has_upper(op)) {
        *matrix_bar = subtract_outer(b, op, *matrix_bar, *bar, result, n, k);
        return;
    }
    Value *t = subtract_outer(b, op, new_square(b, n, NULL), *bar, result, n, k);
    *matrix_bar = b_add_to(b, *matrix_bar, b_lower(b, t, n, LOWER_ZERO));
}

static void cholesky_reverse(Builder *b, Value *const *in, Value *l, Value **bar)
{
    Value *n = in[1];
    *bar = b_lower(b, *bar, n, LOWER_ZERO);
    Value *t = b_gemm(b, new_square(b, n, NULL), l, *bar, n, n, n, true, false);
    t = b_lower(b, t, n, LOWER_HALF);
    t = b_lower_solve(b, t, l, n, n, true, false);
    t = b_lower_solve(b, t, l, n, n, false, true);
    *bar = b_copy_to(b, *bar, b_lower(b, t, n, LOWER_FOLD));
}

void solver_reverse(Builder *b, const Op *op, Value *const *in, Value *result, Value **bar, Value **matrix_bar)
{
    static const LowerMap adjoint[] = {LOWER_ZERO, LOWER_HALF, LOWER_FOLD, LOWER_MIRROR};
    switch (op->code) {
    case OP_cholesky: cholesky_reverse(b, in, result, bar); break;
    case OP_lower: *bar = b_lower(b, *bar, in[1], adjoint[op->map]); break;
    default: solve_reverse(b, op, in, result, bar, matrix_bar);
    }
}

void logdet_reverse(Builder *b, Value *const *in, Value *seed, Value **factor_bar)
{
    Value *n = in[2], *t = new_square(b, n, "inverse");
    Op *loop = b_loop(b, b_int(b, 0), n, 1, false, 1, &t);
    Builder body = builder_at(b->f, loop->regions[0], b->fold);
    body.loc = b->loc;
    Value *i = loop_index(loop);
    Value *next = b_store(&body, loop_arg(loop, 0), 2, (Value *[]){i, i}, seed);
    ir_yield(&body, 1, &next);
    *factor_bar = b_add_to(b, *factor_bar, b_lu_solve(b, loop->out[0], in[0], in[1], n, n, true));
}
