// test_effect.c — effect.c: what may end the program, through calls, recursion and derivatives that are not made yet; and that asking is cheap.
#include "ir.h"

#include "suite.h"

#include <check.h>

static Module *module_of(Arena *a, const char *text)
{
    char *error = NULL;
    Module *m = ir_parse(a, "test.ir", text, &error);
    ck_assert_msg(m != NULL, "%s", error);
    return m;
}

static const char calls[] =
    "extern func @e(%x: real) -> (real)\n"
    "func @plain(%x: real) -> (real) {\n  %y = sin %x\n  yield %y }\n"
    "func @stops(%x: real) -> (real) {\n  %c = gt %x, 0.0\n  check assert \"x\", %c\n  yield %x }\n"
    "func @deep(%n: int, %x: real) -> (real) {\n"
    "  %s, %T = loop %i = 0 to %n step 1 (%s1 = %x) {\n    %v = call @stops(%s1)\n    yield %v }\n  yield %s }\n"
    "func @ext(%x: real) -> (real) {\n  %y = call @e(%x)\n  yield %y }\n"
    "func @even(%x: real) -> (real) {\n  %y = call @odd(%x)\n  yield %y }\n"
    "func @odd(%x: real) -> (real) {\n  %y = call @even(%x)\n  %z = call @plain(%y)\n  yield %z }\n"
    "func @ping(%x: real) -> (real) {\n  %y = call @pong(%x)\n  yield %y }\n"
    "func @pong(%x: real) -> (real) {\n  %y = call @ping(%x)\n  %z = call @stops(%y)\n  yield %z }\n"
    "derive @d(%x: real, %x_bar: real out bar of 0) -> (real, real) = grad @stops wrt 0\n"
    "derive @g(%x: real, %x_bar: real out bar of 0) -> (real, real) = grad @plain wrt 0\n";

START_TEST(through_calls)
{
    static const struct { const char *name; bool effect; } want[] = {
        {"e", true}, {"plain", false}, {"stops", true}, {"deep", true}, {"ext", true}, {"even", false}, {"odd", false},
        {"ping", true}, {"pong", true}, {"d", true}, {"g", false},
    };
    Arena *a = arena_new();
    Module *m = module_of(a, calls);
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof want / sizeof *want; i++)
            ck_assert_msg(func_has_effect(func_by_name(m, want[i].name)) == want[i].effect, "%s", want[i].name);
        func_forget_effects(m);
    }
    for (size_t i = sizeof want / sizeof *want; i-- > 0;)       // in another order
        ck_assert_msg(func_has_effect(func_by_name(m, want[i].name)) == want[i].effect, "%s", want[i].name);
    arena_free(a);
}
END_TEST

// Every function calls the one before it many times, the first one the last: walks that do not remember would never end.
START_TEST(is_cheap)
{
    enum { N = 60, CALLS = 20 };
    Arena *a = arena_new();
    Text t = text_in(a);
    for (int i = 0; i < N; i++) {
        text_printf(&t, "func @f%d(%%x: real) -> (real) {\n", i);
        for (int k = 0; k < CALLS; k++)
            text_printf(&t, "  %%v%d = call @f%d(%%x)\n", k, i ? i - 1 : N - 1);
        text_put(&t, "  yield %v0 }\n");
    }
    Module *m = module_of(a, t.at);
    for (int i = 0; i < N; i++)
        ck_assert(!func_has_effect(m->funcs.at[i]));
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("effect");
    tcase_add_test(t, through_calls);
    tcase_add_test(t, is_cheap);
    return run_tests("effect", t);
}
