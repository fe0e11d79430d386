// test_shift.c — opt_shift.c: which shifts of a logarithm of a sum of exponentials are stopped.
//
// In: the table `cases` of IR text. Each is run through the pass and compared with itself before in the interpreter; then the ops `stop` are
// counted. That the derivatives stay what they were is checked by tests/cases/run/shifts.ad.
#include "opt.h"

#include "passcheck.h"

#include <check.h>

typedef struct Case {
    const char *name, *text;
    int stops;
} Case;

#define HEAD    "func @f(%n: int, %m: real, %x: real[1]) -> (real) {\n  %x1 = shape %x, %n\n"
#define LOOP(a) HEAD "  %s, %T = loop %i = 0 to %n step 1 (%a = " a ") {\n    %v = load %x1[%i]\n"
#define TERM    "    %d = sub %v, %m\n    %e = exp %d\n"

static const Case cases[] = {
    {"the header's", LOOP("0.0") TERM "    %b = add %a, %e\n    yield %b }\n  %l = log %s\n  %r = add %m, %l\n  yield %r }\n", 1},
    {"the other way round", LOOP("0.0") TERM "    %b = add %e, %a\n    yield %b }\n  %l = log %s\n  %r = add %l, %m\n  yield %r }\n", 1},
    {"a sum in a sum",
     HEAD "  %s, %T = loop %i = 0 to %n step 1 (%a = 0.0) {\n    %q, %T2 = loop %j = 0 to %i step 1 (%a2 = %a) {\n"
          "      %v = load %x1[%j]\n  " TERM "      %b = add %a2, %e\n      yield %b }\n    yield %q }\n"
          "  %l = log %s\n  %r = add %m, %l\n  yield %r }\n",
     1},
    {"in a branch",
     LOOP("0.0") TERM "    %b = add %a, %e\n    yield %b }\n  %l = log %s\n  %c = gt %m, 0.5\n  %r = if %c {\n    %q = add %m, %l\n"
                      "    yield %q } else {\n    yield %m }\n  yield %r }\n",
     1},
    {"stopped already",
     HEAD "  %k = stop %m\n  %s, %T = loop %i = 0 to %n step 1 (%a = 0.0) {\n    %v = load %x1[%i]\n    %d = sub %v, %k\n    %e = exp %d\n"
          "    %b = add %a, %e\n    yield %b }\n  %l = log %s\n  %r = add %k, %l\n  yield %r }\n",
     1},
    {"the sum does not start at zero", LOOP("1.0") TERM "    %b = add %a, %e\n    yield %b }\n  %l = log %s\n  %r = add %m, %l\n  yield %r }\n",
     0},
    {"another shift is added back",
     LOOP("0.0") TERM "    %b = add %a, %e\n    yield %b }\n  %l = log %s\n  %h = mul %m, 2.0\n  %r = add %h, %l\n  yield %r }\n", 0},
    {"subtracted", LOOP("0.0") TERM "    %b = add %a, %e\n    yield %b }\n  %l = log %s\n  %r = sub %m, %l\n  yield %r }\n", 0},
    {"the shift is added to the element",
     LOOP("0.0") "    %d = add %v, %m\n    %e = exp %d\n    %b = add %a, %e\n    yield %b }\n  %l = log %s\n  %r = add %m, %l\n  yield %r }\n", 0},
    {"the exponentials are used otherwise",
     HEAD "  %s, %p, %T = loop %i = 0 to %n step 1 (%a = 0.0, %p1 = 0.0) {\n    %v = load %x1[%i]\n" TERM
          "    %b = add %a, %e\n    %g = mul %e, %v\n    %p2 = add %p1, %g\n    yield %b, %p2 }\n"
          "  %l = log %s\n  %r = add %m, %l\n  %q = add %r, %p\n  yield %q }\n",
     0},
    {"the sum is used otherwise",
     LOOP("0.0") TERM "    %b = add %a, %e\n    yield %b }\n  %l = log %s\n  %r = add %m, %l\n  %q = div %r, %s\n  yield %q }\n", 0},
    {"its logarithm is used otherwise",
     LOOP("0.0") TERM "    %b = add %a, %e\n    yield %b }\n  %l = log %s\n  %r = add %m, %l\n  %q = mul %r, %l\n  yield %q }\n", 0},
    {"the running sum is used otherwise",
     LOOP("0.0") "    %w = mul %a, %v\n    %d = sub %w, %m\n    %e = exp %d\n    %b = add %a, %e\n    yield %b }\n  %l = log %s\n"
                 "  %r = add %m, %l\n  yield %r }\n",
     0},
    {"a product", LOOP("0.0") TERM "    %b = mul %a, %e\n    yield %b }\n  %l = log %s\n  %r = add %m, %l\n  yield %r }\n", 0},
    {"some terms only",
     LOOP("0.0") TERM "    %g = add %e, %v\n    %b = add %a, %g\n    yield %b }\n  %l = log %s\n  %r = add %m, %l\n  yield %r }\n", 0},
};

START_TEST(test_case)
{
    const Case *c = &cases[_i];
    Arena *a = arena_new();
    Module *m = pass_check(a, c->text, opt_shift, NULL);
    int stops = pass_count(func_by_name(m, "f"), OP_stop);
    Text t = text_in(a);
    ir_print(&t, m);
    ck_assert_msg(stops == c->stops, "%s: %d, not %d\n%s", c->name, stops, c->stops, t.at);
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("shift");
    tcase_add_loop_test(t, test_case, 0, (int)(sizeof cases / sizeof *cases));
    return run_tests("shift", t);
}
