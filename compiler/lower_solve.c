// lower_solve.c — solve, inv, cholesky and logdet.
//
// In: checked calls of these. Out: a factor where the matrix is evaluated, then a Lazy that is written whole, and solved in place:
//
//     x = solve(A, b)          F, P = lu A;    x = b;  lu_solve x, F, P              b = solve(A, b) copies nothing
//     B = inv(A)               F, P = lu A;    B = eye(n);  lu_solve B, F, P
//     L = cholesky(A)          L = A;  cholesky L
//
// Equal factors become one later (opt_gvn.c), and L needs none (opt_factors.c). With --check a matrix that cannot be factored stops the program.
#include "lower_internal.h"

#include <assert.h>

static Expr *arg(const Expr *e, int i)
{
    return e->call.args.at[i];
}

// The matrix that e, a call, works on, tested to be square.
static Lazy *matrix(Fn *f, Expr *e, bool *transposed)
{
    Lazy *a = lower_factor(f, arg(e, 0), transposed);
    if (arg(e, 0)->check_shape)
        test_shape(f, arg(e, 0), a->dims[1], a->dims[0]);
    return a;
}

static void test_pivot(Fn *f, const char *text, Value *at, bool definite)
{
    at->name = "pivot";
    if (!under_check(f))
        return;
    Value *fine = b_2(&f->b, OP_ilt, at, int_const(f, 0));
    b_check(&f->b, "singular", text, fine, 2, (Value *[]){at, int_const(f, definite)});
}

static const char *name_with(Fn *f, const Value *v, const char *suffix)
{
    return intern_z(f->l->m->names, v->name ? arena_printf(f->arena, "%s_%s", v->name, suffix) : suffix);
}

static Op *factor(Fn *f, const Expr *e, Lazy *a)
{
    Value *v = lazy_value(f, a);
    Op *lu = b_lu(&f->b, v, a->dims[0], name_with(f, v, "lu"), name_with(f, v, "pivots"));
    test_pivot(f, source_text(f, e), lu->out[2], false);
    return lu;
}

static Lazy *eye_like(Fn *f, const Lazy *a)
{
    return lazy_new(f, LZ_EYE, E_REAL, 2, a->dims, 0);
}

// What is written into the result and worked on there; its size has to be known before, which that of a choice is not.
static Lazy *begin_with(Fn *f, Expr *e)
{
    Lazy *z = lower_array(f, e);
    return lazy_is_choice(z) ? lazy_made(f, z) : z;
}

Lazy *lower_solve(Fn *f, Expr *e)
{
    bool ta, inverse = e->call.builtin->id == BUILTIN_inv;
    Lazy *a = matrix(f, e, &ta);
    Op *lu = factor(f, e, a);
    Lazy *b = inverse ? eye_like(f, a) : begin_with(f, arg(e, 1));
    if (!inverse && arg(e, 1)->check_shape)
        test_shape(f, arg(e, 1), b->dims[0], a->dims[0]);
    Lazy *z = lazy_new(f, LZ_MAKE, E_REAL, b->rank, b->dims, 1);
    z->builtin = e->call.builtin->id;
    z->ta = ta;
    z->arg[0] = b;
    z->factor = lu->out[0];
    z->pivots = lu->out[1];
    return z;
}

Lazy *lower_cholesky(Fn *f, Expr *e)
{
    Lazy *a = begin_with(f, arg(e, 0));
    if (arg(e, 0)->check_shape)
        test_shape(f, arg(e, 0), a->dims[1], a->dims[0]);
    Lazy *z = lazy_new(f, LZ_MAKE, E_REAL, 2, a->dims, 1);
    z->builtin = BUILTIN_cholesky;
    z->arg[0] = a;
    z->text = source_text(f, e);
    return z;
}

static bool is_all_of(const Lazy *z, const Value *array)
{
    return z->kind == LZ_ARRAY && z->value == array && axes_whole(z->ax, z->n);
}

Value *make_solve(Fn *f, Lazy *z, Value *dest)
{
    Lazy *b = z->arg[0];
    if (!is_all_of(b, dest))
        dest = write_into(f, b, dest, z->rank, z->dims);
    Value *n = z->dims[0], *k = z->rank == 2 ? z->dims[1] : int_const(f, 1);
    if (z->builtin == BUILTIN_cholesky) {
        Op *op = b_cholesky(&f->b, dest, n);
        test_pivot(f, z->text, op->out[1], true);
        return op->out[0];
    }
    return b_lu_solve(&f->b, dest, z->factor, z->pivots, n, k, z->ta);
}

Value *lower_logdet(Fn *f, Expr *e)
{
    bool ta;
    Lazy *a = matrix(f, e, &ta);
    Op *lu = factor(f, e, a);
    return b_lu_logdet(&f->b, lu->out[0], lu->out[1], a->dims[0]);
}
