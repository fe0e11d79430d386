// test_inline.c — opt_inline.c: what goes in, what does not, and arrays that come in as versions of the caller's.
#include "opt.h"

#include "passcheck.h"

#include <check.h>

static void for_ad(Func *f)
{
    opt_inline(f, true);
}

static void for_c(Func *f)
{
    opt_inline(f, false);
}

static void all_for_c(Module *m)
{
    opt_inline_all(m, false);
    opt_drop_unused(m);
}

typedef struct Case {
    const char *name, *text;
    int calls;                                                  // left in f
} Case;

static const Case cases[] = {
    {"a scalar function",
     "func @g(%x: real, %p: real out) -> (real, real) {\n  %s = sin %x\n  %q = mul %s, %x\n  yield %s, %q }\n"
     "func @f(%x: real) -> (real) {\n  %a, %b = call @g(%x)\n  %c, %d = call @g(%b)\n  %r = mul %a, %d\n"
     "  yield %r }\n", 0},
    {"an array in place, from inside a loop",
     "func @g(%n: int, %i: int, %a: real[1] inout) -> (real[1]) {\n"
     "  %a1 = shape %a, %n\n  %c = ilt 0, %i\n"
     "  %a5 = if %c (%a2 = %a1) {\n    %v = load %a2[%i]\n    %w = sin %v\n    %a3 = store %a2[%i], %w\n"
     "    yield %a3 } else (%a4) {\n    yield %a4 }\n"
     "  yield %a5 }\n"
     "func @f(%n: int, %a: real[1] inout) -> (real[1]) {\n  %a1 = shape %a, %n\n"
     "  %a4, %T = loop %i = 0 to %n step 1 (%a2 = %a1) {\n    %a3 = call @g(%n, %i, %a2)\n    yield %a3 }\n"
     "  yield %a4 }\n", 0},
    {"a row, through two calls",
     "func @h(%n: int, %a: real[1] out) -> (real[1]) {\n  %a1 = shape %a, %n\n  %a2 = fill %a1, 2.0\n  yield %a2 }\n"
     "func @g(%n: int, %a: real[1] out) -> (real[1]) {\n  %a1 = shape %a, %n\n  %a2 = call @h(%n, %a1)\n  yield %a2 }\n"
     "func @f(%n: int, %A: real[2] inout) -> (real[2]) {\n  %A1 = shape %A, %n, %n\n"
     "  %A4, %T = loop %i = 0 to %n step 1 (%A2 = %A1) {\n"
     "    %A3 = within %A2 (%r = [%i]) {\n      %r1 = call @g(%n, %r)\n      yield %r1 }\n    yield %A3 }\n"
     "  yield %A4 }\n", 0},
    {"a slice to an in parameter that is not written",
     "func @g(%n: int, %x: real[1]) -> (real) {\n  %x1 = shape %x, %n\n"
     "  %s3, %T = loop %i = 0 to %n step 1 (%s1 = 0.0) {\n    %v = load %x1[%i]\n    %s2 = add %s1, %v\n"
     "    yield %s2 }\n  yield %s3 }\n"
     "func @f(%n: int, %A: real[2]) -> (real) {\n  %A1 = shape %A, %n, %n\n"
     "  %s3, %T = loop %i = 0 to %n step 1 (%s1 = 0.0) {\n    %r = slice %A1[%i]\n    %v = call @g(%n, %r)\n"
     "    %s2 = add %s1, %v\n    yield %s2 }\n"
     "  yield %s3 }\n", 0},
    {"recursion stays",
     "func @f(%n: int, %x: real) -> (real) {\n  %c = ile %n, 0\n"
     "  %r = if %c {\n    yield %x } else {\n    %m = isub %n, 1\n    %y = call @f(%m, %x)\n    %z = sin %y\n"
     "    yield %z }\n  yield %r }\n", 1},
    {"noinline stays",
     "func @g(%x: real) -> (real) noinline {\n  %s = sin %x\n  yield %s }\n"
     "func @f(%x: real) -> (real) {\n  %a = call @g(%x)\n  yield %a }\n", 1},
    {"one with a rule stays",
     "func @rule(%x: real, %d: real, %r_dot: real out) -> (real, real) {\n  yield %d, %x }\n"
     "func @g(%x: real) -> (real) jvp @rule {\n  %s = sin %x\n  yield %s }\n"
     "func @f(%x: real) -> (real) {\n  %a = call @g(%x)\n  yield %a }\n", 1},
};

START_TEST(test_case)
{
    Arena *a = arena_new();
    Module *m = pass_check(a, cases[_i].text, for_ad, NULL);
    int calls = pass_count(func_by_name(m, "f"), OP_call);
    Text t = text_in(a);
    ir_print(&t, m);
    ck_assert_msg(calls == cases[_i].calls, "%s\n%s", cases[_i].name, t.at);
    arena_free(a);
}
END_TEST

static const char two_kinds[] =
    "func @user(%x: real) -> (real) source \"user\" {\n  %s = sin %x\n  yield %s }\n"
    "static func @made(%x: real) -> (real) {\n  %s = cos %x\n  yield %s }\n"
    "static func @asked(%x: real) -> (real) inline source \"asked\" {\n  %s = exp %x\n  yield %s }\n"
    "func @f(%x: real) -> (real) source \"f\" {\n  %a = call @user(%x)\n  %b = call @made(%a)\n"
    "  %c = call @asked(%b)\n  yield %c }\n";

START_TEST(users_functions_stay_in_c)
{
    Arena *a = arena_new();
    ck_assert_int_eq(pass_count(func_by_name(pass_check(a, two_kinds, for_ad, NULL), "f"), OP_call), 0);
    ck_assert_int_eq(pass_count(func_by_name(pass_check(a, two_kinds, for_c, NULL), "f"), OP_call), 1);
    Module *m = pass_check(a, two_kinds, NULL, all_for_c);
    ck_assert_ptr_nonnull(func_by_name(m, "user"));
    ck_assert_ptr_null(func_by_name(m, "made"));
    arena_free(a);
}
END_TEST

// Small functions that call small functions that ..: in full that would be CALLS to the power of N ops.
START_TEST(growth_is_bounded)
{
    enum { N = 9, CALLS = 13 };
    Arena *a = arena_new();
    Text t = text_in(a);
    text_put(&t, "func @f0(%x: real) -> (real) source \"f0\" {\n  %s = sin %x\n  yield %s }\n");
    for (int i = 1; i < N; i++) {
        text_printf(&t, "func @f%d(%%x0: real) -> (real) source \"f%d\" {\n", i, i);
        for (int k = 0; k < CALLS; k++)
            text_printf(&t, "  %%x%d = call @f%d(%%x%d)\n", k + 1, i - 1, k);
        text_printf(&t, "  yield %%x%d }\n", CALLS);
    }
    char *error = NULL;
    Module *m = ir_parse(a, "test.ir", t.at, &error);           // not pass_check: running them takes as long
    ck_assert_msg(m != NULL, "%s", error);
    for (int i = 1; i < N; i++) {
        Func *f = m->funcs.at[i];
        opt_inline(f, true);
        ck_assert_ptr_null(ir_verify_func(a, f));
        ck_assert_int_lt(f->body->ops.n, 2000);
        ck_assert_int_gt(f->body->ops.n, CALLS - 1);
    }
    arena_free(a);
}
END_TEST

// @f calls @g, which calls @h: both are larger than what goes in anywhere, and go in where they are called once in all that @f calls.
START_TEST(what_is_called_once_below_goes_in)
{
    Arena *a = arena_new();
    for (int more = 0; more < 2; more++) {
        Text t = text_in(a);
        for (int k = 0; k < 2; k++) {
            text_printf(&t, "func @%c(%%x0: real) -> (real) source \"%c\" {\n", "hg"[k], "hg"[k]);
            for (int i = 0; i < 50; i++)
                text_printf(&t, "  %%x%d = sin %%x%d\n", i + 1, i);
            text_put(&t, k ? "  %y = call @h(%x50)\n  yield %y }\n" : "  yield %x50 }\n");
        }
        text_printf(&t, "func @f(%%x: real) -> (real) source \"f\" {\n  %%y = call @g(%%x)\n  %%z = call @%s(%%y)\n  yield %%z }\n",
                    more ? "h" : "k");
        text_put(&t, "func @k(%x: real) -> (real) source \"k\" {\n  %y = cos %x\n  yield %y }\n");
        char *error = NULL;
        Module *m = ir_parse(a, "test.ir", t.at, &error);
        ck_assert_msg(m != NULL, "%s", error);
        Func *f = func_by_name(m, "f");
        opt_inline(f, true);
        ck_assert_ptr_null(ir_verify_func(a, f));
        ck_assert_int_eq(pass_count(f, OP_call), (more ? 2 : 0));
    }
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("inline");
    tcase_add_loop_test(t, test_case, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_test(t, users_functions_stay_in_c);
    tcase_add_test(t, growth_is_bounded);
    tcase_add_test(t, what_is_called_once_below_goes_in);
    return run_tests("inline", t);
}
