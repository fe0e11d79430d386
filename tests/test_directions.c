// test_directions.c — Jacobians, Hessians and several directions as IR: values in the interpreter, blocks and tails, nothing for what does not
// matter.
#include "adcheck.h"
#include "passcheck.h"

#include <check.h>
#include <math.h>

// y[i] = x[i] * x[i + 1 of n] * a; b has no influence.
static const char *const ring =
    "func @f(%n: int, %x: real[1], %a: real, %b: real, %y: real[1] out) -> (real[1]) {\n  %x1 = shape %x, %n\n  %y1 = shape %y, %n\n"
    "  %y4, %T = loop %i = 0 to %n step 1 (%y2 = %y1) {\n    %k = iadd %i, 1\n    %c = ilt %k, %n\n    %j = isel %c, %k, 0\n"
    "    %u = load %x1[%i]\n    %v = load %x1[%j]\n    %p = mul %u, %v\n    %q = mul %p, %a\n    %y3 = store %y2[%i], %q\n    yield %y3 }\n"
    "  yield %y4 }\n"
    "derive @d(%n: int, %x: real[1], %a: real, %b: real, %y: real[1] out, %x_jac: real[2] out jac of 1, %a_jac: real[1] out jac of 2,"
    " %b_jac: real[1] out jac of 3) -> (real[1], real[2], real[1], real[1]) = ";

static double x_of(int i)
{
    return 1 + 0.25 * i;
}

static double d_ring(int n, int i, int k, double a)
{
    int j = i + 1 < n ? i + 1 : 0;
    return a * ((k == i ? x_of(j) : 0) + (k == j ? x_of(i) : 0));
}

static Module *made(Arena *a, const char *text, const char *how)
{
    Module *m = pass_parse(a, arena_printf(a, "%s%s", text, how));
    ad_derive(m);
    return m;
}

static void check_ring(const char *way, int n)
{
    Arena *a = arena_new();
    Module *m = made(a, ring, arena_printf(a, "%s @f wrt 1 2 3 source \"d\"", way));
    Interp *in = interp_new(a);
    double x[20];
    for (int i = 0; i < n; i++)
        x[i] = x_of(i);
    IVal args[] = {iv_int(n), iv_reals(in, n, x), iv_real(0.5), iv_real(7), iv_reals(in, n, NULL), iv_reals(in, n * n, NULL),
                   iv_reals(in, n, NULL), iv_reals(in, n, NULL)};
    IVal out[4];
    ck_assert_msg(interp_call(in, func_by_name(m, "d"), args, out), "%s", in->error);
    for (int i = 0; i < n; i++) {
        int j = i + 1 < n ? i + 1 : 0;
        ck_assert_double_eq_tol(iv_at(out[0], i), 0.5 * x[i] * x[j], 1e-15);
        ck_assert_double_eq_tol(iv_at(out[2], i), x[i] * x[j], 1e-15);
        ck_assert(iv_at(out[3], i) == 0);
        for (int k = 0; k < n; k++)
            ck_assert_double_eq_tol(iv_at(out[1], i * n + k), d_ring(n, i, k, 0.5), 1e-15);
    }
    arena_free(a);
}

START_TEST(jacobians)
{
    static const int sizes[] = {0, 1, 2, 7, 8, 9, 15, 16, 17};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
        check_ring(_i ? "jacrev" : "jacfwd", sizes[k]);
}
END_TEST

// Nothing is seeded, called or computed for an input that does not matter.
START_TEST(no_influence)
{
    Arena *a = arena_new();
    Module *m = pass_parse(a, "func @f(%x: real, %b: real) -> (real) {\n  %c = floor %b\n  %y = mul %x, %c\n  yield %y }\n"
                              "derive @d(%x: real, %b: real, %b_jac: real out jac of 1) -> (real, real) = jacfwd @f wrt 1 source \"d\"");
    ad_derive(m);
    const Func *d = func_by_name(m, "d");
    ck_assert_int_eq(m->funcs.n, 2);
    ck_assert_int_eq(pass_count(d, OP_loop), 0);
    ck_assert_int_eq(pass_count(d, OP_call), 1);
    arena_free(a);
}
END_TEST

// A few constant directions: one block without a loop over blocks; one direction of scalars: a call of the tangent.
START_TEST(one_block)
{
    Arena *a = arena_new();
    Module *m = pass_parse(a, "func @f(%x: real[1]) -> (real) {\n  %x1 = shape %x, 3\n  %u = load %x1[0]\n  %v = load %x1[2]\n"
                              "  %w = mul %u, %v\n  yield %w }\n"
                              "derive @d(%x: real[1], %x_jac: real[1] out jac of 0) -> (real[1], real) = jacfwd @f wrt 0 source \"d\"\n"
                              "func @g(%x: real) -> (real) {\n  %y = mul %x, %x\n  yield %y }\n"
                              "derive @e(%x: real, %x_bar: real out bar of 0, %x_hess: real out jac of 0) -> (real, real, real)"
                              " = hessian @g wrt 0 source \"e\"");
    ad_derive(m);
    Func *d = func_by_name(m, "d"), *e = func_by_name(m, "e");
    Interp *in = interp_new(a);
    double x[3] = {2, 3, 5};
    IVal args[] = {iv_reals(in, 3, x), iv_reals(in, 3, NULL)}, out[3], scalar[] = {iv_real(3)};
    ck_assert_msg(interp_call(in, d, args, out), "%s", in->error);
    ck_assert(iv_at(out[0], 0) == 5 && iv_at(out[0], 1) == 0 && iv_at(out[0], 2) == 2 && out[1].r == 10);
    ck_assert_msg(interp_call(in, e, scalar, out), "%s", in->error);
    ck_assert(out[0].r == 6 && out[1].r == 2 && out[2].r == 9);
    ck_assert_int_eq(pass_count(e, OP_loop), 0);
    int calls_in_loops = 0;
    for (int i = 0; i < d->body->ops.n; i++)
        for (int k = 0; d->body->ops.at[i]->code == OP_loop && k < d->body->ops.at[i]->regions[0]->ops.n; k++)
            calls_in_loops += d->body->ops.at[i]->regions[0]->ops.at[k]->code == OP_call;
    ck_assert_int_eq(calls_in_loops, 0);
    arena_free(a);
}
END_TEST

static const char *const cubes =
    "func @f(%n: int, %x: real[1]) -> (real) {\n  %x1 = shape %x, %n\n  %s, %T = loop %i = 1 to %n step 1 (%s1 = 0.0) {\n"
    "    %k = isub %i, 1\n    %u = load %x1[%k]\n    %v = load %x1[%i]\n    %p = mul %u, %v\n    %q = mul %p, %v\n    %s2 = add %s1, %q\n"
    "    yield %s2 }\n  yield %s }\n"
    "derive @d(%n: int, %x: real[1], %x_bar: real[1] out bar of 1, %x_hess: real[2] out jac of 1) -> (real[1], real[2], real)"
    " = hessian @f wrt 1 source \"d\"\n"
    "derive @dd(%n: int, %x: real[1], %x_bar: real[1] out, %x_hess: real[2] out, %x_dot: real[1] dot of 1,"
    " %x_bar_dot: real[1] out dot of 2, %x_hess_dot: real[2] out dot of 3, %result_dot: real out dot of -1)"
    " -> (real[1], real[2], real[1], real[2], real, real) = jvp @d wrt 1 source \"dd\"";

// s = sum of x[i - 1] * x[i]^2, its Hessian, and the tangent of that.
START_TEST(hessians)
{
    Arena *a = arena_new();
    Module *m = pass_parse(a, cubes);
    ad_derive(m);
    for (int n = 0; n <= 10; n++) {
        Interp *in = interp_new(a);
        double x[10], dot[10];
        for (int i = 0; i < n; i++) {
            x[i] = x_of(i);
            dot[i] = 1 - 0.5 * i;
        }
        IVal args[] = {iv_int(n), iv_reals(in, n, x), iv_reals(in, n, NULL), iv_reals(in, n * n, NULL), iv_reals(in, n, dot),
                       iv_reals(in, n, NULL), iv_reals(in, n * n, NULL)};
        IVal out[6];
        ck_assert_msg(interp_call(in, func_by_name(m, "dd"), args, out), "%s", in->error);
        for (int i = 0; i < n; i++)
            for (int k = 0; k < n; k++) {
                int lo = i < k ? i : k, hi = i < k ? k : i;
                double want = lo == hi ? (lo > 0 ? 2 * x[lo - 1] : 0) : hi - lo == 1 ? 2 * x[hi] : 0;
                double want_dot = lo == hi ? (lo > 0 ? 2 * dot[lo - 1] : 0) : hi - lo == 1 ? 2 * dot[hi] : 0;
                ck_assert_double_eq_tol(iv_at(out[1], i * n + k), want, 1e-14);
                ck_assert_double_eq_tol(iv_at(out[3], i * n + k), want_dot, 1e-14);
            }
    }
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("directions");
    tcase_add_loop_test(t, jacobians, 0, 2);
    tcase_add_test(t, no_influence);
    tcase_add_test(t, one_block);
    tcase_add_test(t, hessians);
    return run_tests("directions", t);
}
