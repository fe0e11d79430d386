// test_carry.c — opt_carry.c: which additions to an element a loop adds up in a scalar.
//
// In: the table `cases` of IR text. Each is run through the pass and compared with itself before in the interpreter; then the arrays that
// loops carry are counted, and the branches that guard additions behind them.
#include "opt.h"

#include "passcheck.h"

#include <check.h>

typedef struct Case {
    const char *name, *text;
    int arrays, guards;
} Case;

#define HEAD  "func @f(%n: int, %x: real[1], %y: real[1] out) -> (real[1]) {\n  %x1 = shape %x, %n\n  %y1 = shape %y, %n\n  %y2 = fill %y1, 0.0\n"
#define OUTER "  %y9, %T = loop %i = 0 to %n step 1 (%y3 = %y2) {\n"
#define TAIL  "    yield %y8 }\n  yield %y9 }\n"

static const Case cases[] = {
    {"the header's",
     HEAD OUTER "    %y8, %T2 = loop %j = 0 to %n step 1 (%y4 = %y3) {\n      %v = load %x1[%j]\n      %y5 = acc %y4[%i], %v\n      yield %y5 }\n" TAIL, 1, 0},
    {"several in a trip",
     HEAD OUTER "    %y8, %T2 = loop %j = 0 to %n step 1 (%y4 = %y3) {\n      %v = load %x1[%j]\n      %y5 = acc %y4[%i], %v\n"
                "      %y6 = acc %y5[%i], 0.5\n      yield %y6 }\n" TAIL,
     1, 0},
    {"out of two loops",
     HEAD OUTER "    %y8, %T2 = loop %j = 0 to %n step 1 (%y4 = %y3) {\n      %y7, %T3 = loop %k = 0 to %j step 1 (%y5 = %y4) {\n"
                "        %v = load %x1[%k]\n        %y6 = acc %y5[%i], %v\n        yield %y6 }\n      yield %y7 }\n" TAIL,
     1, 0},
    {"downwards, and with an exit",
     HEAD OUTER "    %m = isub %n, 1\n    %y8, %T2 = loop %j = %m to 0 step -1 exit (%y4 = %y3) {\n      %v = load %x1[%j]\n      %y5 = acc %y4[%i], %v\n"
                "      %e = gt %v, 0.5\n      yield %e, %y5 }\n" TAIL,
     1, 0},
    {"an element that is there only if the loop runs",
     HEAD OUTER "    %g = isub %i, 1\n    %y8, %T2 = loop %j = 0 to %g step 1 (%y4 = %y3) {\n      %v = load %x1[%j]\n      %y5 = acc %y4[%g], %v\n"
                "      yield %y5 }\n" TAIL,
     1, 1},
    {"a constant index", HEAD "  %y9, %T = loop %i = 0 to %n step 1 (%y3 = %y2) {\n    %v = load %x1[%i]\n    %y8 = acc %y3[0], %v\n" TAIL, 0, 1},
    {"its own element of each trip", HEAD OUTER "    %v = load %x1[%i]\n    %y8 = acc %y3[%i], %v\n" TAIL, 1, 0},
    {"two elements",
     HEAD OUTER "    %y8, %T2 = loop %j = 0 to %n step 1 (%y4 = %y3) {\n      %v = load %x1[%j]\n      %y5 = acc %y4[%i], %v\n"
                "      %y6 = acc %y5[%j], %v\n      yield %y6 }\n" TAIL,
     2, 0},
    {"the element is looked at",
     HEAD OUTER "    %y8, %T2 = loop %j = 0 to %n step 1 (%y4 = %y3) {\n      %v = load %y4[%i]\n      %y5 = acc %y4[%i], %v\n      yield %y5 }\n" TAIL, 2, 0},
    {"in a branch",
     HEAD OUTER "    %y8, %T2 = loop %j = 0 to %n step 1 (%y4 = %y3) {\n      %v = load %x1[%j]\n      %c = gt %v, 0.5\n"
                "      %y7 = if %c (%y5 = %y4) {\n        %y6 = acc %y5[%i], %v\n        yield %y6 } else (%z) {\n        yield %z }\n      yield %y7 }\n" TAIL,
     2, 0},
    {"stored",
     HEAD OUTER "    %y8, %T2 = loop %j = 0 to %n step 1 (%y4 = %y3) {\n      %v = load %x1[%j]\n      %y5 = store %y4[%i], %v\n      yield %y5 }\n" TAIL, 2, 0},
};

START_TEST(test_case)
{
    const Case *c = &cases[_i];
    Arena *a = arena_new();
    Module *m = pass_check(a, c->text, opt_carry, NULL);
    const Func *f = func_by_name(m, "f");
    int before = pass_count(func_by_name(pass_parse(a, c->text), "f"), OP_if), left = pass_carried(f);
    Text t = text_in(a);
    ir_print(&t, m);
    ck_assert_msg(left == c->arrays, "%s: %d arrays carried, not %d\n%s", c->name, left, c->arrays, t.at);
    ck_assert_msg(pass_count(f, OP_if) - before == c->guards, "%s\n%s", c->name, t.at);
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("carry");
    tcase_add_loop_test(t, test_case, 0, (int)(sizeof cases / sizeof *cases));
    return run_tests("carry", t);
}
