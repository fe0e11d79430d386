// test_counted.c — opt_counted.c: which loops count, and that the others do not.
#include "opt.h"

#include "passcheck.h"

#include <check.h>

typedef struct Case {
    const char *name, *head, *body;                             // of a loop with %i (%h in the head) and a sum %s
    bool counted;
    const char *init;                                           // NULL: 0
} Case;

static const Case cases[] = {
    {"i < n", "%c = ilt %h, %n", "%j = iadd %i, 1  %t = add %s, 1.5  yield %j, %t", true, NULL},
    {"n > i", "%c = igt %n, %h", "%j = iadd %i, 1  %t = add %s, 1.5  yield %j, %t", true, NULL},
    {"i <= n", "%c = ile %h, %n", "%j = iadd %i, 2  %t = add %s, 1.5  yield %j, %t", true, NULL},
    {"i >= 0, down", "%c = ige %h, 0", "%j = isub %i, 1  %t = add %s, 1.5  yield %j, %t", true, "%n"},
    {"i > 0, down by 3", "%c = igt %h, 0", "%j = iadd %i, -3  %t = add %s, 1.5  yield %j, %t", true, "%n"},
    {"i < n - 1", "%m = isub %n, 1  %c = ilt %h, %m", "%j = iadd %i, 1  %t = add %s, 1.5  yield %j, %t", true, NULL},
    {"i < 2 n, in steps of steps", "%m = iadd %n, %n  %c = ilt %h, %m", "%k = iadd %i, 2  %j = isub %k, 1"
        "  %t = add %s, 1.5  yield %j, %t", true, NULL},
    {"i != 6", "%c = ine %h, 6", "%j = iadd %i, 2  %t = add %s, 1.5  yield %j, %t", true, NULL},
    {"i != n is not safe", "%c = ine %h, %n", "%j = iadd %i, 1  %t = add %s, 1.5  yield %j, %t", false, NULL},
    {"doubling", "%c = ilt %h, %n", "%k = iadd %i, %i  %j = iadd %k, 1  %t = add %s, 1.5  yield %j, %t", false, NULL},
    {"away from the end", "%c = igt %h, 5", "%j = iadd %i, 1  %t = add %s, 1.5  yield %j, %t", false, NULL},
    {"the end depends on i", "%m = isub %n, %h  %c = ilt %h, %m", "%j = iadd %i, 1  %t = add %s, 1.5"
        "  yield %j, %t", false, NULL},
    {"the same step in both arms", "%c = ilt %h, %n",
     "%b = lt %s, 3.0  %j, %t = if %b { %k = iadd %i, 1  %u = add %s, 1.5  yield %k, %u } else { %k2 = iadd %i, 1"
     "  yield %k2, %s }  yield %j, %t", true, NULL},
    {"another step in one arm", "%c = ilt %h, %n",
     "%b = lt %s, 3.0  %j, %t = if %b { %k = iadd %i, 1  %u = add %s, 1.5  yield %k, %u } else { %k2 = iadd %i, 2"
     "  yield %k2, %s }  yield %j, %t", false, NULL},
    {"no step in one arm", "%c = ilt %h, %n",
     "%b = lt %s, 3.0  %j, %t = if %b { %u = add %s, 1.5  yield %i, %u } else { %k2 = iadd %i, 1  yield %k2, %s }"
     "  yield %j, %t", false, NULL},
    {"i is set in the body", "%c = ilt %h, %n",
     "%b = lt %s, 3.0  %j = isel %b, %n, %i  %k = iadd %j, 1  %t = add %s, 1.5  yield %k, %t", false, NULL},
};

static char *text_of(Arena *a, const Case *c)
{
    return arena_printf(a,
                        "func @f(%%n: int, %%last: int out, %%trips: int out) -> (int, int, real) {\n"
                        "  %%l, %%r, %%T = loop (%%i = %s, %%s = 0.0) while (%%h, %%g) { %s  yield %%c } do { %s }\n"
                        "  yield %%l, %%T, %%r }\n",
                        c->init ? c->init : "0", c->head, c->body);
}

static const Op *first_loop(const Region *r)
{
    for (int i = 0; i < r->ops.n; i++)
        if (r->ops.at[i]->code == OP_loop)
            return r->ops.at[i];
    return NULL;
}

static void count_and_clean(Func *f)
{
    opt_counted(f);
    opt_simplify(f);
    opt_dce(f);
}

START_TEST(test_case)
{
    const Case *c = &cases[_i];
    Arena *a = arena_new();
    char *text = text_of(a, c);
    Module *m = c->counted ? pass_check(a, text, opt_counted, NULL) : pass_parse(a, text);
    if (c->counted)
        pass_check(a, text, count_and_clean, NULL);
    else
        opt_counted(func_by_name(m, "f"));                      // some of these would never end
    ck_assert_msg(first_loop(func_by_name(m, "f")->body)->counted == c->counted, "%s", c->name);
    arena_free(a);
}
END_TEST

// Loops with exits, as lower.c makes them: done flags and flat guards.
typedef struct ExitCase {
    const char *name, *text;
    bool counted;
} ExitCase;

static const ExitCase exits[] = {
    {"a step behind the guard",
     "func @f(%n: int, %x: real[1], %last: int out) -> (int, real) {\n  %x1 = shape %x, %n\n"
     "  %l, %r, %T = loop exit (%i = 0, %s = 0.0) while (%h, %g) { %c = ilt %h, %n  yield %c } do {\n"
     "    %v = load %x1[%i]  %done = gt %v, 1.5\n"
     "    %t = if %done { yield %s } else { %u = add %s, %v  yield %u }\n"
     "    %j = if %done { yield %i } else { %k = iadd %i, 1  yield %k }\n"
     "    yield %done, %j, %t }\n"
     "  yield %l, %r }\n", true},
    {"the guard the other way round, two exits",
     "func @f(%n: int, %x: real[1], %last: int out) -> (int, real) {\n  %x1 = shape %x, %n\n"
     "  %l, %r, %T = loop exit (%i = 0, %s = 0.0) while (%h, %g) { %c = ilt %h, %n  yield %c } do {\n"
     "    %v = load %x1[%i]  %d1 = gt %v, 1.5  %go1 = not %d1\n"
     "    %d2, %t = if %go1 { %u = add %s, %v  %big = gt %u, 2.0  yield %big, %u } else { yield true, %s }\n"
     "    %go2 = not %d2\n"
     "    %j = if %go2 { %k = iadd %i, 1  yield %k } else { yield %i }\n"
     "    yield %d2, %j, %t }\n"
     "  yield %l, %r }\n", true},
    {"a step inside the guard of an earlier exit",
     "func @f(%n: int, %x: real[1], %last: int out) -> (int, real) {\n  %x1 = shape %x, %n\n"
     "  %l, %r, %T = loop exit (%i = 0, %s = 0.0) while (%h, %g) { %c = ilt %h, %n  yield %c } do {\n"
     "    %v = load %x1[%i]  %d1 = gt %v, 1.5\n"
     "    %d, %j, %t = if %d1 { yield true, %i, %s } else {\n"
     "      %u = add %s, %v  %d2 = gt %u, 2.0\n"
     "      %j2 = if %d2 { yield %i } else { %k = iadd %i, 1  yield %k }\n      yield %d2, %j2, %u }\n"
     "    yield %d, %j, %t }\n"
     "  yield %l, %r }\n", true},
    {"a continue that skips the step",
     "func @f(%n: int, %x: real[1], %last: int out) -> (int, real) {\n  %x1 = shape %x, %n\n"
     "  %l, %r, %T = loop exit (%i = 0, %s = 0.0) while (%h, %g) { %c = ilt %h, %n  yield %c } do {\n"
     "    %v = load %x1[%i]  %done = gt %v, 1.5  %skip = gt %v, 0.5  %t = add %s, 1.0\n"
     "    %far = gt %t, 30.0  %out = or %done, %far\n"
     "    %j = if %skip { yield %i } else { %k = iadd %i, 1  yield %k }\n"
     "    yield %out, %j, %t }\n"
     "  yield %l, %r }\n", false},
};

START_TEST(exit_case)
{
    Arena *a = arena_new();
    Module *m = pass_check(a, exits[_i].text, opt_counted, NULL);
    pass_check(a, exits[_i].text, count_and_clean, NULL);
    ck_assert_msg(first_loop(func_by_name(m, "f")->body)->counted == exits[_i].counted, "%s", exits[_i].name);
    arena_free(a);
}
END_TEST

START_TEST(index_takes_the_place)                               // i goes, if it is not used after the loop
{
    Arena *a = arena_new();
    Module *m = pass_check(a,
                           "func @f(%n: int, %x: real[1]) -> (real) {\n  %x1 = shape %x, %n\n"
                           "  %i9, %r, %T = loop (%i = 0, %s = 0.0) while (%h, %g) { %c = ilt %h, %n  yield %c } do {\n"
                           "    %v = load %x1[%i]  %t = add %s, %v  %j = iadd %i, 1  yield %j, %t }\n"
                           "  yield %r }\n", count_and_clean, NULL);
    ck_assert_int_eq(loop_n_carried(first_loop(func_by_name(m, "f")->body)), 1);
    ck_assert_int_eq(pass_count(func_by_name(m, "f"), OP_iadd), 0);
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("counted");
    tcase_add_loop_test(t, test_case, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_loop_test(t, exit_case, 0, (int)(sizeof exits / sizeof *exits));
    tcase_add_test(t, index_takes_the_place);
    return run_tests("counted", t);
}
