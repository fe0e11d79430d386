// test_extreme.c — opt_extreme.c: which running maxima are had by their place.
//
// In: the table `cases` of IR text. Each is run through the pass and compared with itself before in the interpreter; then the choices of a place are
// counted. That the derivatives are right is checked by tests/cases/run/hazard_24_ties.ad and others.
#include "opt.h"

#include "passcheck.h"

typedef struct Case {
    const char *name, *text;
    int places;
} Case;

// There is a first element only in a branch.
#define HEAD                                                                                                           \
    "func @f(%n: int, %y: real, %x: real[1], %A: real[2]) -> (real) {\n  %x1 = shape %x, %n\n"                         \
    "  %A1 = shape %A, %n, %n\n  %c = igt %n, 0\n  %r = if %c {\n    %g = load %x1[0]\n"
#define LOOP(from, a) "    %m, %T = loop %i = " from " to %n step 1 (%a = " a ") {\n"
#define END           "    yield %m } else {\n    yield 0.0 }\n  yield %r }\n"

static const Case cases[] = {
    {"the header's", HEAD LOOP("1", "%g") "      %v = load %x1[%i]\n      %b = max %a, %v\n      yield %b }\n" END, 1},
    {"a minimum", HEAD LOOP("1", "%g") "      %v = load %x1[%i]\n      %b = min %a, %v\n      yield %b }\n" END, 1},
    {"of a column",
     HEAD "    %h = load %A1[0, 0]\n" LOOP("1", "%h") "      %v = load %A1[%i, 0]\n      %b = max %a, %v\n      yield %b }\n" END, 1},
    {"two in one loop",
     HEAD "    %m, %o, %T = loop %i = 1 to %n step 1 (%a = %g, %d = %g) {\n      %v = load %x1[%i]\n      %b = max %a, %v\n"
          "      %e = min %d, %v\n      yield %b, %e }\n    %s = sub %m, %o\n    yield %s } else {\n    yield 0.0 }\n  yield %r }\n",
     2},
    {"in a loop: of every row",
     HEAD "    %q, %T2 = loop %j = 0 to %n step 1 (%p = 0.0) {\n      %h = load %A1[%j, 0]\n      %m, %T = loop %i = 1 to %n step 1 (%a = %h) {\n"
          "        %v = load %A1[%j, %i]\n        %b = max %a, %v\n        yield %b }\n      %p1 = add %p, %m\n      yield %p1 }\n"
          "    yield %q } else {\n    yield 0.0 }\n  yield %r }\n",
     1},
    {"stopped", HEAD LOOP("1", "%g") "      %v = load %x1[%i]\n      %b = max %a, %v\n      yield %b }\n    %k = stop %m\n    %z = add %k, %y\n"
                                     "    yield %z } else {\n    yield 0.0 }\n  yield %r }\n",
     0},
    {"compared", HEAD LOOP("1", "%g") "      %v = load %x1[%i]\n      %b = max %a, %v\n      yield %b }\n    %k = gt %m, 1.0\n    %z = sel %k, %y, 2.0\n"
                                      "    yield %z } else {\n    yield 0.0 }\n  yield %r }\n",
     0},
    {"starts with something else", HEAD LOOP("1", "%y") "      %v = load %x1[%i]\n      %b = max %a, %v\n      yield %b }\n" END, 0},
    {"starts with the first once more", HEAD LOOP("0", "%g") "      %v = load %x1[%i]\n      %b = max %a, %v\n      yield %b }\n" END, 0},
    {"the element wins a tie", HEAD LOOP("1", "%g") "      %v = load %x1[%i]\n      %b = max %v, %a\n      yield %b }\n" END, 0},
    {"another element", HEAD LOOP("1", "%g") "      %k = isub %i, 1\n      %v = load %x1[%k]\n      %b = max %a, %v\n      yield %b }\n" END, 0},
    {"of something that is made of the element",
     HEAD LOOP("1", "%g") "      %u = load %x1[%i]\n      %v = mul %u, 2.0\n      %b = max %a, %v\n      yield %b }\n" END, 0},
    {"of the diagonal",
     HEAD "    %h = load %A1[0, 0]\n" LOOP("1", "%h") "      %v = load %A1[%i, %i]\n      %b = max %a, %v\n      yield %b }\n" END, 0},
    {"left early",
     HEAD "    %m, %T = loop %i = 1 to %n step 1 exit (%a = %g) {\n      %v = load %x1[%i]\n      %b = max %a, %v\n      %e = gt %b, 1.0\n"
          "      yield %e, %b }\n" END, 0},
};

START_TEST(places)
{
    const Case *c = &cases[_i];
    Arena *a = arena_new();
    Module *m = pass_check(a, c->text, opt_extreme, NULL);
    int n = pass_count(func_by_name(m, "f"), OP_isel);
    ck_assert_msg(n == c->places, "%s: %d places, not %d", c->name, n, c->places);
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("extreme");
    tcase_add_loop_test(t, places, 0, (int)(sizeof cases / sizeof *cases));
    return run_tests("extreme", t);
}
