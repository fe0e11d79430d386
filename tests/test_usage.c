// test_usage.c — usage.c: which values may not be used, and of which the reverse asks.
//
// In: the table `cases` of IR text, with what the plan of @f is to say of values told by their names: "t branch asked; v always". Each @f is then
// differentiated in all ways and compared (adcheck.h).
#include "keep.h"

#include "adcheck.h"
#include "passcheck.h"
#include "plancheck.h"

typedef struct Case {
    const char *name, *text, *plan;
} Case;

#define HEAD "func @f(%n: int, %b: bool, %x: real, %y: real) -> (real) {\n"
#define IF(to, cond, then, other)                                                                                      \
    "  %" to " = if %" cond " {\n    yield %" then " } else {\n    yield %" other " }\n"

// A(i) = 1 / (x + i)
#define MAKE                                                                                                           \
    "  %A = new real[%n] zero\n  %A3, %T = loop %i = 0 to %n step 1 (%A1 = %A) {\n    %k = itor %i\n"                  \
    "    %d = add %k, %x\n    %q = div 1.0, %d\n    %A2 = store %A1[%i], %q\n    yield %A2 }\n"

static const Case cases[] = {
    {"straight on", HEAD "  %t = div %y, %x\n  %r = mul %t, %t\n  yield %r }\n", "t always; r always"},
    {"of no use", HEAD "  %t = div %y, %x\n  yield %y }\n", "t never"},
    {"the header's: two branches",
     HEAD "  %t = div 1.0, %x\n  %c = igt %n, 2\n" IF("p", "b", "t", "y") "  %q = if %c {\n    %u = mul 2.0, %t\n    %v = add %p, %u\n"
          "    yield %v } else {\n    yield %p }\n  yield %q }\n",
     "t branch asked; p always; u always; v always"},
    {"both arms of one", HEAD "  %t = div 1.0, %x\n  %r = if %b {\n    %u = mul 2.0, %t\n    yield %u } else {\n    yield %t }\n  yield %r }\n",
     "t always"},
    {"both arms of one, but in one of them a branch",
     HEAD "  %t = div 1.0, %x\n  %c = igt %n, 2\n  %r = if %b {\n    %u = if %c {\n      yield %t } else {\n      yield %y }\n    yield %u } else {\n"
          "    yield %t }\n  yield %r }\n",
     "t perhaps asked; u always"},
    {"a sum is as its terms are: nothing asks whether it was used",
     HEAD "  %t = add %y, %x\n  %c = igt %n, 2\n" IF("p", "b", "t", "y") IF("q", "c", "t", "p") "  yield %q }\n", "t branch"},
    {"but it passes on what it was told",
     HEAD "  %s = div 1.0, %x\n  %t = add %y, %s\n  %c = igt %n, 2\n" IF("p", "b", "t", "y") IF("q", "c", "t", "p") "  yield %q }\n",
     "t branch asked; s branch asked"},
    {"by way of a branch's result",
     HEAD "  %s = div 1.0, %x\n  %c = igt %n, 2\n" IF("p", "b", "s", "y") IF("q", "c", "p", "y") "  %d = igt %n, 5\n" IF("r", "d", "p", "q") "  yield %r }\n",
     "p branch asked; s branch asked; q branch asked"},
    {"a loop that may have no trip",
     HEAD "  %t = div 1.0, %x\n  %r, %T = loop %i = 0 to %n step 1 (%s = %y) {\n    %s1 = add %s, %t\n    yield %s1 }\n  yield %r }\n",
     "t mostly asked"},
    {"a loop that has trips",
     HEAD "  %t = div 1.0, %x\n  %r, %T = loop %i = 0 to 3 step 1 (%s = %y) {\n    %s1 = add %s, %t\n    yield %s1 }\n  yield %r }\n",
     "t always"},
    {"a product in front of a loop stays a product",
     HEAD "  %t = mul %y, %x\n  %r, %T = loop %i = 0 to %n step 1 (%s = %y) {\n    %s1 = add %s, %t\n    yield %s1 }\n  yield %r }\n",
     "t mostly"},
    {"a product of what may be infinite does not",
     HEAD "  %u = exp %y\n  %t = mul %u, %x\n  %r, %T = loop %i = 0 to %n step 1 (%s = %y) {\n    %s1 = add %s, %t\n    yield %s1 }\n  yield %r }\n",
     "t mostly asked; u mostly asked"},
    {"a branch in a loop",
     HEAD "  %t = div 1.0, %x\n  %r, %T = loop %i = 0 to %n step 1 (%s = %y) {\n    %c = igt %i, 1\n    %s1 = if %c {\n      %s2 = add %s, %t\n"
          "      yield %s2 } else {\n      yield %s }\n    yield %s1 }\n  yield %r }\n",
     "t perhaps asked"},
    {"a choice in an op, and another that looks at nothing",
     HEAD "  %t = div 1.0, %x\n  %u = div 2.0, %x\n  %m = max %t, %y\n  %w = abs %u\n  %r = add %m, %w\n  yield %r }\n",
     "t mostly asked; u always; m always"},
    {"used by a condition alone",
     HEAD "  %t = div 1.0, %x\n  %c = gt %t, 1.0\n" IF("r", "c", "y", "x") "  yield %r }\n", "t never"},
    {"stored: not followed",
     HEAD "  %t = div 1.0, %x\n  %A = new real[%n] zero\n  %A4 = if %b (%A1 = %A) {\n    %A2 = fill %A1, %t\n    yield %A2 } else (%A3) {\n"
          "    yield %A3 }\n  %r, %T = loop %i = 0 to %n step 1 (%s = %y) {\n    %v = load %A4[%i]\n    %s1 = add %s, %v\n    yield %s1 }\n  yield %r }\n",
     "t branch asked"},
    {"a loop's sum, in a branch",
     HEAD "  %s, %T = loop %i = 0 to %n step 1 (%a = 0.0) {\n    %k = itor %i\n    %d = add %k, %x\n    %q = div 1.0, %d\n    %b1 = add %a, %q\n"
          "    yield %b1 }\n" IF("p", "b", "s", "y") "  %c = igt %n, 2\n" IF("r", "c", "s", "p") "  yield %r }\n",
     "s branch asked; q always"},
    {"an array that a loop makes, read in a branch",
     HEAD MAKE "  %r = if %b {\n    %u, %T2 = loop %j = 0 to %n step 1 (%a = %y) {\n      %v = load %A3[%j]\n      %w = add %a, %v\n      yield %w }\n"
               "    yield %u } else {\n    yield %y }\n  yield %r }\n",
     "A branch asked; v always"},
    {"one that is read if it has elements",
     HEAD MAKE "  %c = igt %n, 0\n  %r = if %c {\n    %v = load %A3[0]\n    %w = add %v, %y\n    yield %w } else {\n    yield %y }\n  yield %r }\n",
     "A always; v always"},
    {"one that is read afterwards as well",
     HEAD MAKE "  %r = if %b {\n    %u, %T2 = loop %j = 0 to %n step 1 (%a = %y) {\n      %v = load %A3[%j]\n      %w = add %a, %v\n      yield %w }\n"
               "    yield %u } else {\n    yield %y }\n  %o, %T3 = loop %h = 0 to %n step 1 (%e = %r) {\n    %g = load %A3[%h]\n    %l = add %e, %g\n"
               "    yield %l }\n  yield %o }\n",
     "A always; g always"},
    {"a callee that uses it in a branch",
     "func @g(%n: int, %z: real, %y: real) -> (real) noinline {\n  %c = igt %n, 0\n  %r = if %c {\n    %m = isub %n, 2\n    %q = call @g(%m, %y, %z)\n"
     "    %p = mul %q, %z\n    yield %p } else {\n    yield %y }\n  yield %r }\n" HEAD
     "  %t = div 1.0, %x\n  %u = div 2.0, %x\n  %r = call @g(%n, %t, %u)\n  yield %r }\n",
     "t branch asked; u always"},
};

static const char *words_for(Arena *a, const Plan *p, const Value *v)
{
    static const char *const words[] = {"never", "branch", "perhaps", "mostly", "always"};
    return arena_printf(a, "%s%s", words[p->usage[v->id]], p->asked[v->id] ? " asked" : "");
}

START_TEST(plans)
{
    const Case *c = &cases[_i];
    Arena *a = arena_new();
    Module *m = pass_parse(a, c->text);
    DeriveCtx ctx = plan_context(m, a);
    plan_check(a, c->name, plan_whole(&ctx, a, func_by_name(m, "f")), c->plan, words_for);
    arena_free(a);
}
END_TEST

static const int trips[] = {0, 1, 2, 3, 7, -1};

START_TEST(derivatives)
{
    ad_check_all(cases[_i].text, "f", trips, 0.3);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("usage");
    tcase_add_loop_test(t, plans, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_loop_test(t, derivatives, 0, (int)(sizeof cases / sizeof *cases));
    return run_tests("usage", t);
}
