// test_nest.c — nests of loops: a transposed copy, written with nest.h and run in the interpreter; flat and multiple indices.
#include "nest.h"

#include "interp.h"

#include "suite.h"

#include <check.h>

// f(m, n, A[m][n], out B[n][m]): B = transpose of A, by the flat index of B's elements if `flat`.
static Func *transpose(Module *m, bool flat)
{
    Func *f = func_new(m, flat ? "g" : "f");
    Value *rows = func_param(f, "m", ROLE_IN, T_INT, P_PRIMAL, -1), *cols = func_param(f, "n", ROLE_IN, T_INT, P_PRIMAL, -1);
    Value *a = func_param(f, "A", ROLE_IN, type_array(E_REAL, 2), P_PRIMAL, -1);
    Value *b = func_param(f, "B", ROLE_OUT, type_array(E_REAL, 2), P_PRIMAL, -1);
    Builder at = builder_at(f, f->body, true);
    a = b_shape(&at, a, 2, (Value *[]){rows, cols});
    b = b_shape(&at, b, 2, (Value *[]){cols, rows});
    Value *dims[NEST_MAX], *index[NEST_MAX];
    int rank = array_dims(&at, b, dims);
    ck_assert_int_eq(rank, 2);
    Value *size = elements_of(&at, rank, dims);
    Nest n = flat ? nest_open(&at, 1, NULL, &size, b) : nest_open(&at, 2, NULL, dims, b);
    if (flat)
        unflatten(&n.at, n.index[0], 2, dims, index);
    Value *i = flat ? index[0] : n.index[0], *k = flat ? index[1] : n.index[1];
    Value *v = b_load(&n.at, a, 2, (Value *[]){k, i});
    b = nest_close(&n, b_store(&n.at, n.array, 2, (Value *[]){i, k}, v));
    ir_yield(&at, 1, &b);
    return f;
}

START_TEST(transposes)
{
    Arena *a = arena_new();
    Module *m = module_new(a);
    Func *f = transpose(m, _i);
    const char *error = ir_verify(a, m);
    ck_assert_msg(!error, "%s", error ? error : "");
    double x[6] = {1, 2, 3, 4, 5, 6};
    for (int rows = 0; rows <= 3; rows++) {
        Interp *in = interp_new(a);
        IVal args[] = {iv_int(rows), iv_int(2), iv_reals(in, 2 * rows, x), iv_reals(in, 2 * rows, NULL)}, out[1];
        ck_assert_msg(interp_call(in, f, args, out), "%s", in->error);
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < 2; c++)
                ck_assert(iv_at(out[0], c * rows + r) == x[r * 2 + c]);
    }
    arena_free(a);
}
END_TEST

START_TEST(no_loops_at_all)                 // rank 0: the builder's own region, and the index of nothing
{
    Arena *a = arena_new();
    Module *m = module_new(a);
    Func *f = func_new(m, "f");
    Value *x = func_param(f, "x", ROLE_INOUT, type_array(E_REAL, 1), P_PRIMAL, -1);
    Builder at = builder_at(f, f->body, true);
    Value *one = b_int(&at, 1), *zero = b_int(&at, 0);
    x = b_shape(&at, x, 1, &one);
    Nest n = nest_open(&at, 0, NULL, NULL, x);
    ck_assert_ptr_eq(n.at.at, f->body);
    x = nest_close(&n, b_store(&n.at, n.array, 1, &zero, b_real(&n.at, 2.0)));
    ir_yield(&at, 1, &x);
    int64_t size;
    ck_assert(ir_is_int_const(elements_of(&at, 0, NULL), &size) && size == 1);
    ck_assert_ptr_null(ir_verify(a, m));
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("nest");
    tcase_add_loop_test(t, transposes, 0, 2);
    tcase_add_test(t, no_loops_at_all);
    return run_tests("nest", t);
}
