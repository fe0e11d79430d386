// test_parallel.c — opt_parallel.c: which loops are run by threads, in blocks or as they stand.
//
// In: the table `cases` of IR text. Each is run through the pass and compared with itself before in the interpreter, bit for bit (with seven trips at most,
// each is a block of its own); then its loops are listed: T by threads, - in order.
#include "opt.h"

#include "passcheck.h"

#include <check.h>
#include <string.h>

typedef struct Case {
    const char *name, *text, *loops;
} Case;

#define F     "func @f(%n: int, %b: bool, %k: real, %x: real[1], %w: real[1] inout, %A: real[2] inout) -> (real[1], real[2], real) {\n" \
              "  %x1 = shape %x, %n\n  %w1 = shape %w, %n\n  %A1 = shape %A, %n, %n\n"
#define LOOP  F "  %r, %T = loop %i = 0 to %n step 1 parallel "
#define S_END " }\n  yield %w1, %A1, %r }\n"
#define W_END " }\n  yield %r, %A1, %k }\n"
#define A_END " }\n  yield %w1, %r, %k }\n"

static const Case cases[] = {
    {"a sum", LOOP "(%s = %k) {\n    %v = load %x1[%i]\n    %s1 = sub %s, %v\n    yield %s1" S_END, "T - -"},
    {"on some trips", LOOP "(%s = %k) {\n    %v = load %x1[%i]\n    %g = gt %v, 1.0\n    %s2 = if %g {\n      %s1 = add %s, %v\n      yield %s1 } else {\n      yield %s }\n    yield %s2" S_END, "T - -"},
    {"a product", LOOP "(%s = %k) {\n    %v = load %x1[%i]\n    %s1 = mul %s, %v\n    yield %s1" S_END, "-"},
    {"the last value", LOOP "(%s = %k) {\n    %v = load %x1[%i]\n    yield %v" S_END, "-"},
    {"what never changes", F "  %r, %w4, %T = loop %i = 0 to %n step 1 parallel (%s = %k, %y = %w1) {\n    %v = mul %s, %s\n    %y1 = store %y[%i], %v\n    yield %s, %y1 }\n  yield %w4, %A1, %r }\n", "T -"},
    {"elements of its own", LOOP "(%y = %w1) {\n    %v = load %y[%i]\n    %v1 = mul %v, %v\n    %y1 = store %y[%i], %v1\n    %y2 = acc %y1[%i], %k\n    yield %y2" W_END, "T"},
    {"that the user vouches for", LOOP "(%y = %w1) {\n    %m = isub %n, 1\n    %j = isub %m, %i\n    %v = load %y[%j]\n    %v1 = mul %v, %v\n    %y1 = store %y[%j], %v1\n    yield %y1" W_END, "T"},
    {"the same, of which some are added to, so that many may",
     LOOP "(%y = %w1) {\n    %m = isub %n, 1\n    %j = isub %m, %i\n    %y1 = store %y[%j], %k\n    %y2 = acc %y1[0], %k\n    yield %y2" W_END, "-"},
    {"all add to the first", LOOP "(%y = %w1) {\n    %v = load %x1[%i]\n    %y1 = acc %y[0], %v\n    yield %y1" W_END, "T - -"},
    {"and to that of a matrix, and to rows",
     LOOP "(%B = %A1) {\n    %v = load %x1[%i]\n    %B1 = acc %B[0, 0], %v\n    %B2 = within %B1 (%row = [0]) {\n      %row1 = add_to %row, %x1\n      yield %row1 }\n    yield %B2" A_END, "T - -"},
    {"two arrays, a sum, and an array of its own elements",
     F "  %m1 = iadd %n, 1\n  %z = new real[%m1, %m1, %m1] zero\n"
       "  %r, %B9, %s9, %z9, %T = loop %i = %n to 0 step -2 parallel (%y = %w1, %B = %A1, %s = %k, %z1 = %z) {\n    %j = isub %i, 1\n    %v = load %x1[%j]\n"
       "    %y1 = acc %y[0], %v\n    %B1 = acc %B[%j, 0], %v\n    %s1 = add %s, %v\n    %z2, %y3 = within %z1 (%q = [0, 0], %y2 = %y1) {\n"
       "      %q1 = acc %q[%j], %v\n      yield %q1, %y2 }\n    yield %y3, %B1, %s1, %z2 }\n  %u = load %z9[0, 0, 0]\n  %s8 = add %s9, %u\n  yield %r, %B9, %s8 }\n",
     "T - -"},
    {"ints that are counted",
     F "  %c = new int[%n] zero\n  %m = imax %n, 1\n  %r, %T = loop %i = 0 to %n step 1 parallel (%c1 = %c) {\n    %j = idiv %i, 2\n    %v = load %c1[%j]\n    %v1 = iadd %v, %i\n"
       "    %c2 = store %c1[%j], %v1\n    yield %c2 }\n  %s, %T2 = loop %i = 0 to %n step 1 (%a = 0) {\n    %v = load %r[%i]\n    %a1 = imul %a, 3\n    %a2 = iadd %a1, %v\n    yield %a2 }\n"
       "  %o = itor %s\n  yield %w1, %A1, %o }\n",
     "T - - - -"},
    {"an int sum, backwards by 3", F "  %r, %T = loop %i = 0 to %n step 3 reversed parallel (%s = 2) {\n    %s1 = iadd %s, %i\n    yield %s1 }\n  %o = itor %r\n  yield %w1, %A1, %o }\n", "T - -"},
    {"the trips are counted", F "  %r, %T = loop %i = 0 to %n step 1 parallel (%s = 0) {\n    %s1 = iadd %s, %i\n    yield %s1 }\n  %o = itor %T\n  yield %w1, %A1, %o }\n", "-"},
    {"one in another", LOOP "(%s = %k) {\n    %v = load %x1[%i]\n    %q, %T2 = loop %j = 0 to %n step 1 parallel (%p = 0.0) {\n      %p1 = add %p, %v\n      yield %p1 }\n"
                            "    %s1 = add %s, %q\n    yield %s1" S_END, "T - - -"},
    {"one in another that cannot", LOOP "(%s = %k) {\n    %v = load %x1[%i]\n    %q, %T2 = loop %j = 0 to %n step 1 parallel (%p = 0.0) {\n      %p1 = add %p, %v\n      yield %p1 }\n"
                            "    %s1 = mul %s, %q\n    yield %s1" S_END, "- T - -"},
    {"a row, in a function",
     "func @g(%n: int, %y: real[1] inout) -> (real[1]) {\n  %y1 = shape %y, %n\n  %y2 = acc %y1[0], 1.0\n  yield %y2 }\n"
     LOOP "(%B = %A1) {\n    %B1 = within %B (%row = [%i]) {\n      %row1 = call @g(%n, %row)\n      yield %row1 }\n    yield %B1" A_END, "T"},
    {"the same for all, which the function adds to",
     "func @g(%n: int, %y: real[1] inout) -> (real[1]) {\n  %y1 = shape %y, %n\n  %y2 = acc %y1[0], 1.0\n  yield %y2 }\n"
     LOOP "(%B = %A1) {\n    %h = idiv %i, 9\n    %B1 = within %B (%row = [%h]) {\n      %row1 = call @g(%n, %row)\n      yield %row1 }\n    yield %B1" A_END, "-"},
    {"independent is not parallel", F "  %r, %T = loop %i = 0 to %n step 1 independent (%s = %k) {\n    %v = load %x1[%i]\n    %s1 = add %s, %v\n    yield %s1" S_END, "-"},
};

static void list_loops(Text *t, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        if (op->code == OP_loop)
            text_printf(t, "%s%s", t->n ? " " : "", op->trips == TRIPS_THREADS ? "T" : "-");
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                list_loops(t, op->regions[k]);
    }
}

START_TEST(test_case)
{
    const Case *c = &cases[_i];
    Arena *a = arena_new();
    Module *m = pass_check(a, c->text, opt_parallel, NULL);
    Text t = text_in(a);
    list_loops(&t, func_by_name(m, "f")->body);
    ck_assert_msg(strcmp(t.at, c->loops) == 0, "%s: \"%s\", not \"%s\"", c->name, t.at, c->loops);
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("parallel");
    tcase_add_loop_test(t, test_case, 0, (int)(sizeof cases / sizeof *cases));
    return run_tests("parallel", t);
}
