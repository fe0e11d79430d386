// test_access.c — access.c: how a loop touches the arrays it carries, and which scalars are sums.
//
// In: the table `cases` of IR text, each with one loop in @f whose last results are ignored; what is said of every value that it carries, by name: own,
// only_added, only_summed, adds, untouched of an array, sum, keeps of a scalar.
#include "access.h"

#include "passcheck.h"

#include <check.h>
#include <string.h>

typedef struct Case {
    const char *name, *text, *said;
} Case;

#define F     "func @f(%n: int, %b: bool, %k: real, %x: real[1], %w: real[2] inout) -> (real[2]) {\n  %x1 = shape %x, %n\n  %w1 = shape %w, %n, %n\n"
#define SUM   F "  %r, %T = loop %i = 0 to %n step 1 (%s = 0.0) {\n    %v = load %x1[%i]\n"
#define ARRAY F "  %r, %T = loop %i = 0 to %n step 1 (%A = %w1) {\n    %v = load %x1[%i]\n"
#define END   " }\n  yield %w1 }\n"
#define A_END " }\n  yield %r }\n"

static const Case cases[] = {
    {"added to", SUM "    %s1 = add %s, %v\n    %s2 = add %v, %s1\n    %s3 = sub %s2, %k\n    yield %s3" END, "s: sum"},
    {"subtracted from something", SUM "    %s1 = sub %v, %s\n    yield %s1" END, "s:"},
    {"doubled", SUM "    %s1 = add %s, %s\n    yield %s1" END, "s:"},
    {"scaled", SUM "    %s1 = mul %s, %v\n    yield %s1" END, "s:"},
    {"looked at", SUM "    %s1 = add %s, %v\n    %e = sin %s1\n    %x2 = mul %e, %e\n    %s2 = add %s1, %x2\n    yield %s2" END, "s:"},
    {"as it was", SUM "    yield %s" END, "s: sum keeps"},
    {"as it was, and looked at", SUM "    %e = sin %s\n    yield %s" END, "s: keeps"},
    {"written anew", SUM "    yield %v" END, "s:"},
    {"in both arms", SUM "    %s1 = add %s, %v\n    %s3 = if %b {\n      %s2 = sub %s1, %k\n      yield %s2 } else {\n      yield %s1 }\n    yield %s3" END, "s: sum"},
    {"in one arm, and written anew in the other",
     SUM "    %s3 = if %b {\n      %s2 = sub %s, %k\n      yield %s2 } else {\n      yield 1.0 }\n    yield %s3" END, "s:"},
    {"in a loop", SUM "    %s3, %T2 = loop %j = 0 to %n step 1 (%s4 = %s) {\n      %s5 = add %s4, %v\n      yield %s5 }\n    yield %s3" END, "s: sum"},
    {"in a loop that looks at it",
     SUM "    %s3, %T2 = loop %j = 0 to %n step 1 (%s4 = %s) {\n      %g = mul %s4, 0.5\n      %s5 = add %s4, %g\n      yield %s5 }\n    yield %s3" END, "s:"},
    {"ints", F "  %r, %T = loop %i = 0 to %n step 1 (%s = 0) {\n    %s1 = isub %s, %i\n    %s2 = iadd 2, %s1\n    yield %s2" END, "s: sum"},
    {"bools", F "  %r, %T = loop %i = 0 to %n step 1 (%s = false) {\n    %s1 = or %s, %b\n    yield %s1" END, "s:"},
    {"a sum of sums without end: nobody looks for long",
     SUM "    %a1 = add %v, %v\n    %a2 = add %a1, %a1\n    %a3 = add %a2, %a2\n    %a4 = add %a3, %a3\n    %a5 = add %a4, %a4\n    %a6 = add %a5, %a5\n"
         "    %a7 = add %a6, %a6\n    %a8 = add %a7, %a7\n    %a9 = add %a8, %a8\n    %b1 = add %a9, %a9\n    %b2 = add %b1, %b1\n    %b3 = add %b2, %b2\n"
         "    %s1 = add %s, %b3\n    yield %s1" END,
     "s: sum"},

    {"on the index", ARRAY "    %u = load %A[%i, 0]\n    %A1 = store %A[%i, 1], %u\n    %A2 = acc %A1[%i, %i], %v\n    yield %A2" A_END, "A: own adds"},
    {"on the index, but on different axes", ARRAY "    %u = load %A[%i, 0]\n    %A1 = store %A[1, %i], %u\n    yield %A1" A_END, "A:"},
    {"the row of the trip", ARRAY "    %A1 = within %A (%row = [%i]) {\n      %u = load %row[0]\n      %row1 = acc %row[1], %u\n      yield %row1 }\n    yield %A1" A_END,
     "A: own adds"},
    {"only added to", ARRAY "    %A1 = acc %A[0, 0], %v\n    %A2 = within %A1 (%row = [1]) {\n      %row1 = add_to %row, %x1\n      yield %row1 }\n    yield %A2" A_END,
     "A: only_added adds"},
    {"added to in a branch", ARRAY "    %A1 = if %b (%A2 = %A) {\n      %A3 = acc %A2[0, 0], %v\n      yield %A3 } else (%A4) {\n      yield %A4 }\n    yield %A1" A_END,
     "A: only_added adds"},
    {"written somewhere", ARRAY "    %h = idiv %i, 2\n    %A1 = store %A[%h, 0], %v\n    yield %A1" A_END, "A:"},
    {"added to and written", ARRAY "    %A1 = acc %A[0, 0], %v\n    %A2 = store %A1[1, 0], %v\n    yield %A2" A_END, "A: adds"},
    {"read, and written with something added",
     ARRAY "    %h = idiv %i, 2\n    %u = load %A[%h, 0]\n    %u1 = sub %u, %v\n    %u2 = add %k, %u1\n    %A1 = store %A[%h, 0], %u2\n    yield %A1" A_END,
     "A: only_summed adds"},
    {"in a part, in a loop",
     ARRAY "    %A1 = within %A (%row = [1]) {\n      %row1, %T2 = loop %j = 0 to %n step 1 (%q = %row) {\n        %u = load %q[%j]\n        %u1 = add %u, %v\n"
           "        %q1 = store %q[%j], %u1\n        yield %q1 }\n      yield %row1 }\n    yield %A1" A_END,
     "A: only_summed adds"},
    {"written with something taken from it",
     ARRAY "    %h = idiv %i, 2\n    %u = load %A[%h, 0]\n    %u1 = sub %v, %u\n    %A1 = store %A[%h, 0], %u1\n    yield %A1" A_END, "A:"},
    {"what was read is looked at as well",
     ARRAY "    %h = idiv %i, 2\n    %u = load %A[%h, 0]\n    %u1 = add %v, %u\n    %u2 = mul %u1, %u1\n    %A1 = store %A[%h, 0], %u1\n"
           "    %A2 = store %A1[%i, 0], %u2\n    yield %A2" A_END, "A:"},
    {"written elsewhere",
     ARRAY "    %h = idiv %i, 2\n    %u = load %A[%h, 0]\n    %u1 = add %v, %u\n    %A1 = store %A[%h, 1], %u1\n    yield %A1" A_END, "A:"},
    {"something else is written between",
     ARRAY "    %h = idiv %i, 2\n    %u = load %A[%h, 0]\n    %u1 = add %v, %u\n    %A1 = acc %A[%i, 0], %v\n    %A2 = store %A1[%h, 0], %u1\n    yield %A2" A_END,
     "A: adds"},
    {"not at all", ARRAY "    yield %A" A_END, "A: own only_added untouched"},
    {"added to in a function",
     "func @g(%n: int, %y: real[1] inout) -> (real[1]) {\n  %y1 = shape %y, %n\n  %y2 = acc %y1[0], 1.0\n  yield %y2 }\n" ARRAY
     "    %A1 = within %A (%row = [0]) {\n      %row1 = call @g(%n, %row)\n      yield %row1 }\n    yield %A1" A_END,
     "A: adds"},
    {"written in a function",
     "func @g(%n: int, %y: real[1] inout) -> (real[1]) {\n  %y1 = shape %y, %n\n  %y2 = store %y1[0], 1.0\n  yield %y2 }\n" ARRAY
     "    %A1 = within %A (%row = [0]) {\n      %row1 = call @g(%n, %row)\n      yield %row1 }\n    yield %A1" A_END,
     "A:"},
    {"handed to a function that nobody can look into",
     "extern func @g(%n: int, %y: real[1] inout) -> (real[1]) source \"g\"\n" ARRAY
     "    %A1 = within %A (%row = [0]) {\n      %row1 = call @g(%n, %row)\n      yield %row1 }\n    yield %A1" A_END,
     "A: adds"},
};

static const Op *find_loop(const Func *f)
{
    for (int i = 0; i < f->body->ops.n; i++)
        if (f->body->ops.at[i]->code == OP_loop)
            return f->body->ops.at[i];
    ck_abort_msg("no loop");
    return NULL;
}

static void say(Text *t, bool yes, const char *what)
{
    if (yes)
        text_printf(t, " %s", what);
}

START_TEST(test_case)
{
    const Case *c = &cases[_i];
    Arena *a = arena_new();
    const Op *loop = find_loop(func_by_name(pass_parse(a, c->text), "f"));
    Text t = text_in(a);
    const Value *v = loop_arg(loop, 0);
    text_printf(&t, "%s:", v->name);
    if (type_is_linear(v->type)) {
        Access x = access_of(loop->regions[0], v->root, loop_index(loop));
        say(&t, access_is_own(&x), "own");
        say(&t, x.only_added, "only_added");
        say(&t, x.only_summed && !x.only_added, "only_summed");
        say(&t, x.adds, "adds");
        say(&t, !x.any, "untouched");
    } else {
        say(&t, loop_sums(loop, 0), "sum");
        say(&t, loop_keeps(loop, 0), "keeps");
    }
    ck_assert_msg(strcmp(t.at, c->said) == 0, "%s: \"%s\", not \"%s\"", c->name, t.at, c->said);
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("access");
    tcase_add_loop_test(t, test_case, 0, (int)(sizeof cases / sizeof *cases));
    return run_tests("access", t);
}
