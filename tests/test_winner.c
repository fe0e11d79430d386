// test_winner.c — opt_winner.c: which loops are run for the place of a maximum alone.
//
// In: the table `cases` of IR text. Each is run through the pass and compared with itself before in the interpreter; then the `stop`s are counted: one for each such
// loop. That derivatives stay what they were is checked by tests/cases/run/winners.ad.
#include "opt.h"

#include "passcheck.h"

#include <check.h>
#include <stdlib.h>

typedef struct Case {
    const char *name, *text;
    int stops;
} Case;

#define HEAD    "func @f(%n: int, %x: real[1]) -> (real) {\n  %x1 = shape %x, %n\n"
#define LOOP(a) HEAD "  %s, %T = loop %i = 0 to %n step 1 (%a = " a ") {\n    %e = load %x1[%i]\n    %v = mul %e, %e\n"

static const Case cases[] = {
    {"the least of what is computed", LOOP("0.7") "    %b = min %a, %v\n    yield %b }\n  yield %s }\n", 1},
    {"the greatest, as C has it", LOOP("0.1") "    %b = fmax %a, %v\n    yield %b }\n  yield %s }\n", 1},
    {"what was there before may win", LOOP("9.0") "    %b = max %a, %v\n    yield %b }\n  yield %s }\n", 1},
    {"of sums",
     HEAD "  %s, %T = loop %i = 0 to %n step 1 (%a = 3.0) {\n    %q, %T2 = loop %j = 0 to %n step 1 (%t = 0.0) {\n      %e = load %x1[%j]\n"
          "      %k = itor %i\n      %d = sub %e, %k\n      %t1 = add %t, %d\n      yield %t1 }\n    %b = min %a, %q\n    yield %b }\n  yield %s }\n",
     1},
    {"in a loop",
     HEAD "  %z, %T3 = loop %h = 0 to 3 step 1 (%y = 0.0) {\n    %s, %T = loop %i = 0 to %h step 1 (%a = 3.0) {\n      %k = itor %i\n"
          "      %v = mul %k, %y\n      %b = min %a, %v\n      yield %b }\n    %w = add %y, %s\n    yield %w }\n  yield %z }\n",
     1},
    {"something else is carried too",
     HEAD "  %s, %p, %T = loop %i = 0 to %n step 1 (%a = 0.7, %q = 0.0) {\n    %e = load %x1[%i]\n    %v = mul %e, %e\n    %b = min %a, %v\n"
          "    %r = add %q, %v\n    yield %b, %r }\n  %z = add %s, %p\n  yield %z }\n",
     0},
    {"the running one is looked at", LOOP("0.7") "    %u = mul %v, %a\n    %b = min %a, %u\n    yield %b }\n  yield %s }\n", 0},
    {"the other way round: a tie goes to the later one", LOOP("0.7") "    %b = min %v, %a\n    yield %b }\n  yield %s }\n", 0},
    {"of what is known before", LOOP("0.7") "    %b = min %a, 0.5\n    yield %b }\n  yield %s }\n", 0},
    {"of elements, which is opt_extreme's", LOOP("0.7") "    %b = min %a, %e\n    yield %b }\n  yield %s }\n", 0},
    {"nobody asks for it", LOOP("0.7") "    %b = min %a, %v\n    yield %b }\n  yield 1.0 }\n", 0},
    {"a sum", LOOP("0.7") "    %b = add %a, %v\n    yield %b }\n  yield %s }\n", 0},
};

START_TEST(test_case)
{
    const Case *c = &cases[_i];
    Arena *a = arena_new();
    Module *m = pass_check(a, c->text, opt_winner, NULL);
    int stops = pass_count(func_by_name(m, "f"), OP_stop);
    Text t = text_in(a);
    ir_print(&t, m);
    ck_assert_msg(stops == c->stops, "%s: %d, not %d\n%s", c->name, stops, c->stops, t.at);
    arena_free(a);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("winner");
    TCase *t = tcase_create("winner");
    tcase_add_loop_test(t, test_case, 0, (int)(sizeof cases / sizeof *cases));
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
