// test_independent.c — independent.c: which loops break their promise, and which only look like it.
//
// In: the table `cases` of IR text; the message for each, or NULL. (Text and places of the messages are in tests/cases/errors/check_independent.ad.)
#include "independent.h"

#include "passcheck.h"

#include <check.h>
#include <string.h>

typedef struct Case {
    const char *name, *text;
    const char *read; // what is read that another iteration wrote
} Case;

#define F     "func @f(%n: int, %b: bool, %k: real, %x: real[1], %w: real[2] inout) -> (real[2]) {\n  %x1 = shape %x, %n\n  %w1 = shape %w, %n, %n\n"
#define SUM   F "  %r, %T = loop %i = 0 to %n step 1 independent (%s = 0.0) {\n    %v = load %x1[%i]\n"
#define ARRAY F "  %r, %T = loop %i = 4 to %n step 2 parallel (%A = %w1) {\n    %v = load %x1[%i]\n    %h = isub %i, 1\n    %h2 = isub %i, 2\n"
#define END   " }\n  yield %w1 }\n"
#define A_END " }\n  yield %r }\n"

static const Case cases[] = {
    {"a sum", SUM "    %s1 = add %s, %v\n    yield %s1" END, NULL},
    {"a product", SUM "    %s1 = mul %s, %v\n    yield %s1" END, "'s'"},
    {"a product, in a loop in order",
     F "  %r, %T = loop %i = 0 to %n step 1 (%s = 1.0) {\n    %s1 = mul %s, %k\n    yield %s1" END, NULL},
    {"written anew by each", SUM "    yield %v" END, NULL},
    {"written by some", SUM "    %s1 = if %b {\n      yield %v } else {\n      yield %s }\n    yield %s1" END, NULL},
    {"added to by some, written anew by others", SUM "    %s1 = if %b {\n      yield %v } else {\n      %s2 = add %s, %v\n      yield %s2 }\n    yield %s1" END, "'s'"},
    {"looked at in a branch", SUM "    %s1 = add %s, %v\n    %q = if %b {\n      %e = sin %s1\n      yield %e } else {\n      yield 1.0 }\n    %z = mul %q, %k\n    yield %s1" END, "'s'"},
    {"looked at in a loop",
     SUM "    %s3, %T2 = loop %j = 0 to %n step 1 (%s4 = %s) {\n      %g = mul %s4, 0.5\n      yield %g }\n    yield %s3" END, "'s'"},
    {"handed to another", F "  %r, %q, %T = loop %i = 0 to %n step 1 independent (%s = 0.0, %p = 1.0) {\n    yield 3.0, %s" END, "'s'"},
    {"looked at in the head", F "  %r, %T = loop independent (%s = 0.0) while (%h) {\n    %c = lt %h, 3.0\n    yield %c } do {\n    %s1 = add %s, 1.0\n    yield %s1" END, "'s'"},
    {"never changed", SUM "    %e = sin %s\n    yield %s" END, NULL},
    {"the element before", ARRAY "    %u = load %A[%h2, 0]\n    %A1 = store %A[%i, 0], %u\n    yield %A1" A_END, "'A'"},
    {"the element between", ARRAY "    %u = load %A[%h, 0]\n    %A1 = store %A[%i, 0], %u\n    yield %A1" A_END, NULL},
    {"in another column", ARRAY "    %u = load %A[%h2, 0]\n    %A1 = store %A[%i, 1], %u\n    yield %A1" A_END, NULL},
    {"its own", ARRAY "    %u = load %A[%i, 0]\n    %A1 = store %A[%i, 0], %u\n    yield %A1" A_END, NULL},
    {"only on some trips, perhaps", ARRAY "    %u = if %b {\n      %u2 = load %A[%h2, 0]\n      yield %u2 } else {\n      yield 1.0 }\n    %A1 = store %A[%i, 0], %u\n    yield %A1" A_END, NULL},
    {"a column that is its own", ARRAY "    %u = load %A[%h2, %i]\n    %A1 = store %A[%i, %i], %u\n    yield %A1" A_END, NULL},
    {"both indices move", ARRAY "    %u = load %A[%h2, %h2]\n    %A1 = store %A[%i, %i], %u\n    yield %A1" A_END, "'A'"},
    {"one element, by all", ARRAY "    %A1 = store %A[0, 1], %v\n    yield %A1" A_END, "'A'"},
    {"one element, which all add to", ARRAY "    %u = load %A[0, 1]\n    %u1 = sub %u, %v\n    %A1 = store %A[0, 1], %u1\n    yield %A1" A_END, NULL},
    {"one element, on some trips", ARRAY "    %A1 = if %b (%A2 = %A) {\n      %A3 = store %A2[0, 1], %v\n      yield %A3 } else (%A4) {\n      yield %A4 }\n    yield %A1" A_END, NULL},
    {"all elements, in a loop", ARRAY "    %A1, %T2 = loop %j = 0 to %n step 1 (%A2 = %A) {\n      %j1 = isub %n, %j\n      %j2 = isub %j1, 1\n      %A3 = store %A2[%j2, 0], %v\n      yield %A3 }\n    yield %A1" A_END, "'A2'"},
    {"those of its own, in a loop", ARRAY "    %A1, %T2 = loop %j = %i to %n step 1 (%A2 = %A) {\n      %A3 = store %A2[%j, %i], %v\n      yield %A3 }\n    yield %A1" A_END, NULL},
    {"all elements", ARRAY "    %A1 = fill %A, %v\n    yield %A1" A_END, "'A'"},
    {"all elements of an array of its own", ARRAY "    %B = new real[%n]\n    %B1 = fill %B, %v\n    %z = load %B1[0]\n    %A1 = store %A[%i, 0], %z\n    yield %A1" A_END, NULL},
    {"a parallel loop without a count", F "  %r, %T = loop parallel (%s = 0.0) { \n    %s1 = add %s, 1.0\n    yield %s1" END, "@parallel is for a loop that counts"},
};

static void note(void *user, bool is_error, IrLoc loc, const char *message, IrLoc note_loc, const char *text)
{
    (void)loc, (void)note_loc, (void)text;
    ck_assert(is_error);
    text_printf(user, "%s\n", message);
}

START_TEST(test_case)
{
    const Case *c = &cases[_i];
    Arena *a = arena_new();
    Module *m = pass_parse(a, c->text);
    Text t = text_in(a);
    text_put(&t, "");
    bool good = independent_check(m, note, &t);
    ck_assert_msg(good == !c->read, "%s: %s", c->name, t.at);
    ck_assert_msg(!c->read || strncmp(t.at, c->read, strlen(c->read)) == 0, "%s: %s", c->name, t.at);
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("independent");
    tcase_add_loop_test(t, test_case, 0, (int)(sizeof cases / sizeof *cases));
    return run_tests("independent", t);
}
