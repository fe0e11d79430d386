// test_dce.c — opt_dce.c: what goes, and what has to stay.
#include "opt.h"

#include "passcheck.h"

#include <check.h>

typedef struct Case {
    const char *name, *text;
    OpCode code;
    int left;
} Case;

static const Case cases[] = {
    {"unused ops", "func @f(%x: real) -> (real) {\n  %a = sin %x\n  %b = exp %a\n  %r = cos %x\n"
                   "  yield %r }\n", OP_COUNT, 1},
    {"a check stays, with what it asks",
     "func @f(%n: int, %x: real) -> (real) {\n  %c = ige %n, 0\n  check assert \"n\", %c, %n\n"
     "  yield %x }\n", OP_COUNT, 2},
    {"a carried value that only makes itself",
     "func @f(%n: int, %x: real) -> (real) {\n"
     "  %s, %k, %T = loop %i = 0 to %n step 1 (%s1 = %x, %k1 = 1.0) {\n    %s2 = sin %s1\n    %k2 = exp %k1\n"
     "    yield %s2, %k2 }\n"
     "  yield %s }\n", OP_exp, 0},
    {"two that make each other",
     "func @f(%n: int, %x: real) -> (real) {\n"
     "  %s, %k, %l, %T = loop %i = 0 to %n step 1 (%s1 = %x, %k1 = 1.0, %l1 = 2.0) {\n"
     "    %s2 = sin %s1\n    %k2 = exp %l1\n    %l2 = exp %k1\n    yield %s2, %k2, %l2 }\n"
     "  yield %s }\n", OP_exp, 0},
    {"a loop for nothing",
     "func @f(%n: int, %x: real) -> (real) {\n"
     "  %k, %T = loop %i = 0 to %n step 1 (%k1 = 1.0) {\n    %k2 = exp %k1\n    yield %k2 }\n"
     "  yield %x }\n", OP_loop, 0},
    {"a loop for its check",
     "func @f(%n: int, %x: real) -> (real) {\n"
     "  %k, %T = loop %i = 0 to %n step 1 (%k1 = 1.0) {\n    %c = ile 0, %i\n    check assert \"i\", %c\n"
     "    %k2 = exp %k1\n    yield %k2 }\n"
     "  yield %x }\n", OP_exp, 0},
    {"a loop for its trips",
     "func @f(%n: int, %x: real) -> (int) {\n"
     "  %k, %l, %T = loop (%k1 = %x, %l1 = 0) while (%h, %g) {\n    %c = ilt %g, 3\n    yield %c } do {\n"
     "    %k2 = exp %k1\n    %l2 = iadd %l1, 1\n    yield %k2, %l2 }\n"
     "  yield %T }\n", OP_exp, 0},
    {"unused results and arrays of an if",
     "func @f(%n: int, %c: bool, %x: real) -> (real) {\n  %t = new real[%n] zero\n"
     "  %t4, %a, %b = if %c (%t1 = %t) {\n    %t2 = fill %t1, 1.0\n    %e = exp %x\n    %s = sin %x\n"
     "    yield %t2, %e, %s } else (%t3) {\n"
     "    %g = exp %x\n    yield %t3, %g, %x }\n"
     "  yield %b }\n", OP_exp, 0},
    {"stores into an array that is never read",
     "func @f(%n: int, %x: real[1]) -> (real) {\n  %x1 = shape %x, %n\n  %t = new real[%n] zero\n"
     "  %t3, %s, %T = loop %i = 0 to %n step 1 (%t1 = %t, %s1 = 0.0) {\n"
     "    %v = load %x1[%i]\n    %t2 = store %t1[%i], %v\n    %s2 = add %s1, %v\n    yield %t2, %s2 }\n"
     "  yield %s }\n", OP_store, 0},
    {"stores into an array of which one element is read",
     "func @f(%n: int, %x: real) -> (real) {\n  %t = new real[3] zero\n"
     "  %t1 = store %t[0], %x\n  %t2 = store %t1[1], 2.0\n  %v = load %t2[0]\n  %t3 = store %t2[2], %v\n"
     "  yield %v }\n", OP_store, 2},
    {"a tape that nobody reads",
     "func @f(%n: int, %x: real) -> (real) {\n  %b = buf_new real\n"
     "  %b3, %s, %T = loop %i = 0 to %n step 1 (%b1 = %b, %s1 = %x) {\n"
     "    %s2 = sin %s1\n    %b2 = put %b1, %s2\n    yield %b2, %s2 }\n"
     "  %z = freeze %b3\n  yield %s }\n", OP_put, 0},
    {"a call without effect",
     "func @g(%x: real) -> (real) {\n  %r = exp %x\n  yield %r }\nfunc @f(%x: real) -> (real) {\n  %a = call @g(%x)\n"
     "  yield %x }\n", OP_call, 0},
    {"a call that may stop",
     "func @g(%x: real) -> (real) {\n  %c = eq %x, %x\n  check assert \"x\", %c\n  yield %x }\n"
     "func @f(%x: real) -> (real) {\n  %a = call @g(%x)\n  yield %x }\n", OP_call, 1},
    {"recursion without effect",
     "func @g(%n: int, %x: real) -> (real) {\n  %c = ile %n, 0\n"
     "  %r = if %c {\n    yield %x } else {\n    %m = isub %n, 1\n    %y = call @g(%m, %x)\n    yield %y }\n"
     "  yield %r }\n"
     "func @f(%n: int, %x: real) -> (real) {\n  %a = call @g(%n, %x)\n  yield %x }\n", OP_call, 0},
    {"a within that nobody sees",
     "func @f(%n: int, %x: real) -> (real) {\n  %A = new real[2, 2] zero\n"
     "  %A1, %s = within %A (%r = [1]) {\n    %r1 = fill %r, %x\n    yield %r1, %x }\n  yield %x }\n", OP_within, 0},
    {"a within for its array",
     "func @f(%n: int, %x: real) -> (real) {\n  %A = new real[2, 2] zero\n"
     "  %A1, %s = within %A (%r = [1]) {\n    %r1 = fill %r, %x\n    %e = exp %x\n    yield %r1, %e }\n"
     "  %v = load %A1[1, 1]\n  yield %v }\n",
     OP_exp, 0},
};

static void check_left(Arena *a, const Module *m, const Case *c)
{
    int left = pass_count(func_by_name(m, "f"), c->code);
    Text t = text_in(a);
    ir_print(&t, m);
    ck_assert_msg(left == c->left, "%s: %d ops left, not %d\n%s", c->name, left, c->left, t.at);
}

START_TEST(test_case)
{
    Arena *a = arena_new();
    check_left(a, pass_check(a, cases[_i].text, opt_dce, NULL), &cases[_i]);
    arena_free(a);
}
END_TEST

START_TEST(test_module)                                         // no worse function by function than all at once
{
    Arena *a = arena_new();
    check_left(a, pass_check(a, cases[_i].text, NULL, opt_dead_params), &cases[_i]);
    arena_free(a);
}
END_TEST

static const char signatures[] =
    // w is not used; the second result is not used by f; k only feeds the recursion
    "static func @g(%n: int, %x: real, %w: real, %k: real, %p: real out, %t: real[1] inout)\n"
    "    -> (real, real[1], real) {\n"
    "  %t1 = shape %t, %n\n  %c = ile %n, 0\n"
    "  %t5, %a, %b = if %c (%t2 = %t1) {\n    yield %t2, %x, %k } else (%t3) {\n"
    "    %m = isub %n, %n\n    %k2 = exp %k\n    %u = sin %x\n    %t7 = fill %t3, %k\n"
    "    %q, %v = call @h(%m, %u, %w, %k2)\n    yield %t7, %v, %q }\n"
    "  yield %b, %t5, %a }\n"
    "static func @h(%n: int, %x: real, %w: real, %k: real, %p: real out) -> (real, real) {\n"
    "  %t = new real[%n]\n  %q, %t2, %v = call @g(%n, %x, %w, %k, %t)\n  yield %q, %v }\n"
    "func @f(%n: int, %x: real, %w: real) -> (real) {\n"
    "  %t = new real[%n]\n  %q, %t2, %v = call @g(%n, %x, %w, 2.0, %t)\n  yield %v }\n";

START_TEST(dead_parameters)
{
    Arena *a = arena_new();
    Module *m = pass_check(a, signatures, NULL, opt_dead_params);
    const Func *g = func_by_name(m, "g"), *h = func_by_name(m, "h"), *f = func_by_name(m, "f");
    ck_assert_int_eq(g->params.n, 2);                           // n, x
    ck_assert_int_eq(h->params.n, 2);
    ck_assert_int_eq(f->params.n, 3);                           // C sees it
    ck_assert_int_eq(func_n_results(g), 1);
    ck_assert_int_eq(pass_count(g, OP_exp), 0);
    ck_assert_int_eq(pass_count(g, OP_fill), 0);
    ck_assert_int_eq(pass_count(f, OP_new), 0);
    arena_free(a);
}
END_TEST

// Thousands of carried values are removed in one go, and ten times as many ops: no pass may be quadratic.
START_TEST(many)
{
    enum { N = 4000 };
    Arena *a = arena_new();
    Module *m = module_new(a);
    Func *f = func_new(m, "f");
    Value *n = func_param(f, "n", ROLE_IN, T_INT, P_PRIMAL, -1);
    func_set_ret(f, T_REAL);
    Builder b = builder_at(f, f->body, false);
    Value **init = NEW_N(a, Value *, N), **yields = NEW_N(a, Value *, N);
    for (int i = 0; i < N; i++)
        init[i] = b_real(&b, i);
    Op *loop = b_loop(&b, b_int(&b, 0), n, 1, false, N, init);
    Builder in = builder_at(f, loop->regions[0], false);
    for (int i = 0; i < N; i++) {
        yields[i] = b_2(&in, OP_add, loop_arg(loop, i), loop_arg(loop, i - i % 100));
        for (int k = 0; k < 10; k++)
            yields[i] = b_2(&in, OP_mul, yields[i], yields[i]);
    }
    ir_yield(&in, N, yields);
    ir_yield(&b, 1, (Value *[]){loop->out[150]});
    opt_inline(f, true);
    opt_simplify(f);
    opt_gvn(f);
    opt_dce(f);
    ck_assert_ptr_null(ir_verify(a, m));
    ck_assert_int_eq(loop_n_carried(loop), 2);
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("dce");
    tcase_add_loop_test(t, test_case, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_loop_test(t, test_module, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_test(t, dead_parameters);
    tcase_add_test(t, many);
    return run_tests("dce", t);
}
