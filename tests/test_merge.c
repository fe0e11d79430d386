// test_merge.c — opt_merge.c: which branches on one condition become one, and which must not.
//
// In: the table `cases` of IR text. Each is run through the pass, compared with itself before in the interpreter for
// both
// ways of the condition, and the ifs that are left are counted.
#include "opt.h"

#include "passcheck.h"

#include <check.h>

typedef struct Case {
    const char *name, *text;
    int left; // ifs
} Case;

#define SCALARS "func @f(%n: int, %b: bool, %x: real, %y: real, %o: real out) -> (real, real) {\n"
#define ARRAY                                                                                                          \
    "func @f(%n: int, %b: bool, %x: real, %a: real[1] inout) -> (real[1], real) {\n  %a1 = shape %a, %n\n"             \
    "  %m = iadd %n, 2\n  %t = new real[%m] zero\n  %u = new real[%m] zero\n"

static const Case cases[] = {
    {"the header's",
     SCALARS "  %p = if %b {\n    %p1 = sin %x\n    yield %p1 } else {\n    yield %y }\n"
             "  %q = if %b {\n    %q1 = mul %p, %x\n    yield %q1 } else {\n    %q2 = exp %p\n    yield %q2 }\n"
             "  yield %p, %q }\n",
     1},
    {"neither uses the other",
     SCALARS "  %p = if %b {\n    yield %x } else {\n    yield %y }\n"
             "  %q = if %b {\n    yield %y } else {\n    %s = sin %x\n    yield %s }\n  yield %p, %q }\n",
     1},
    {"three of them",
     SCALARS "  %p = if %b {\n    yield %x } else {\n    yield %y }\n"
             "  %q = if %b {\n    %q1 = sin %p\n    yield %q1 } else {\n    yield %p }\n"
             "  %r = if %b {\n    %r1 = mul %p, %q\n    yield %r1 } else {\n    yield %q }\n  yield %p, %r }\n",
     1},
    {"two pairs that cannot meet; the second looks at what the first made",
     SCALARS "  %p = if %b {\n    %e = sin %x\n    yield %e } else {\n    yield %y }\n"
             "  %q = if %b {\n    %q1 = sin %p\n    yield %q1 } else {\n    yield %p }\n  %s = mul %p, %q\n"
             "  %u = if %b {\n    %u1 = sin %s\n    yield %u1 } else {\n    yield %p }\n"
             "  %v = if %b {\n    %v1 = mul %p, %u\n    yield %v1 } else {\n    %v2 = mul %q, %u\n    yield %v2 }\n"
             "  yield %u, %v }\n",
     2},
    {"another condition",
     SCALARS "  %c = igt %n, 1\n"
             "  %p = if %b {\n    yield %x } else {\n    yield %y }\n"
             "  %q = if %c {\n    yield %y } else {\n    yield %x }\n  yield %p, %q }\n",
     2},
    {"the opposite condition",
     SCALARS "  %c = not %b\n"
             "  %p = if %b {\n    yield %x } else {\n    yield %y }\n"
             "  %q = if %c {\n    yield %y } else {\n    yield %x }\n  yield %p, %q }\n",
     2},
    {"a scalar in between, that the second uses",
     SCALARS "  %p = if %b {\n    yield %x } else {\n    yield %y }\n  %s = mul %x, %y\n"
             "  %q = if %b {\n    yield %s } else {\n    yield %p }\n  yield %p, %q }\n",
     1},
    {"a scalar in between, made of the first",
     SCALARS "  %p = if %b {\n    yield %x } else {\n    yield %y }\n  %s = mul %p, %y\n"
             "  %q = if %b {\n    yield %s } else {\n    yield %p }\n  yield %p, %q }\n",
     2},
    {"a check in between stops before the second",
     SCALARS "  %p = if %b {\n    yield %x } else {\n    yield %y }\n  %c = ige %n, 0\n  check assert \"n\", %c\n"
             "  %q = if %b {\n    yield %y } else {\n    yield %p }\n  yield %p, %q }\n",
     2},
    {"a loop in between",
     SCALARS "  %p = if %b {\n    yield %x } else {\n    yield %y }\n"
             "  %s, %T = loop %i = 0 to %n step 1 (%s1 = %x) {\n    %s2 = sin %s1\n    yield %s2 }\n"
             "  %q = if %b {\n    yield %s } else {\n    yield %p }\n  yield %p, %q }\n",
     2},
    {"in a loop and in a branch",
     SCALARS "  %s, %v, %T = loop %i = 0 to %n step 1 (%s1 = %x, %v1 = %y) {\n    %c = gt %s1, %v1\n"
             "    %s2, %v2 = if %c {\n"
             "      %p = if %b {\n        %e = sin %s1\n        yield %e } else {\n        yield %v1 }\n"
             "      %q = if %b {\n        yield %p } else {\n        %g = cos %p\n        yield %g }\n"
             "      yield %p, %q } else {\n"
             "      yield %v1, %s1 }\n"
             "    yield %s2, %v2 }\n  yield %s, %v }\n",
     2},
    // ---- arrays ----
    {"the second writes on what the first wrote",
     ARRAY "  %t3 = if %b (%t1 = %t) {\n    %t2 = store %t1[1], %x\n    yield %t2 } else (%t4) {\n    yield %t4 }\n"
           "  %t7, %s = if %b (%t5 = %t3) {\n    %v = load %t5[1]\n    %t6 = store %t5[0], %v\n"
           "    yield %t6, %v } else (%t8) {\n"
           "    %t9 = store %t8[0], 3.0\n    yield %t9, %x }\n"
           "  %q = load %t7[0]\n  %r = add %q, %s\n  yield %a1, %r }\n",
     1},
    {"the second reads what the first wrote",
     ARRAY "  %t3 = if %b (%t1 = %t) {\n    %t2 = store %t1[1], %x\n    yield %t2 } else (%t4) {\n    yield %t4 }\n"
           "  %s = if %b {\n    %v = load %t3[1]\n    yield %v } else {\n    %w = load %t3[0]\n    yield %w }\n"
           "  %q = load %t3[1]\n  %r = add %q, %s\n  yield %a1, %r }\n",
     1},
    {"the second writes what the first only read",
     ARRAY "  %s = if %b {\n    %v = load %t[1]\n    yield %v } else {\n    yield %x }\n"
           "  %t3, %w = if %b (%t1 = %t) {\n    %t2 = store %t1[1], %x\n    yield %t2, %s } else (%t4) {\n"
           "    yield %t4, %x }\n"
           "  %q = load %t3[1]\n  %r1 = add %q, %w\n  %r = add %r1, %s\n  yield %a1, %r }\n",
     1},
    {"the second writes what a loop in the first read",
     ARRAY "  %s = if %b {\n    %z, %T = loop %i = 0 to %n step 1 (%z1 = %x) {\n      %v = load %t[%i]\n"
           "      %z2 = add %z1, %v\n"
           "      yield %z2 }\n    yield %z } else {\n    yield %x }\n"
           "  %t3 = if %b (%t1 = %t) {\n    %t2 = store %t1[1], %x\n    yield %t2 } else (%t4) {\n    yield %t4 }\n"
           "  %q = load %t3[1]\n  %r = add %q, %s\n  yield %a1, %r }\n",
     1},
    {"the second writes what the first saw through a view made outside",
     ARRAY "  %w = slice %t[0 : 2]\n"
           "  %s = if %b {\n    %w1 = reshape %w, 2\n    %v = load %w1[1]\n    yield %v } else {\n    yield %x }\n"
           "  %t3 = if %b (%t1 = %t) {\n    %t2 = store %t1[1], %x\n    yield %t2 } else (%t4) {\n    yield %t4 }\n"
           "  %q = load %t3[1]\n  %r = add %q, %s\n  yield %a1, %r }\n",
     2},
    {"the second writes what the first saw through a view made inside",
     ARRAY "  %s = if %b {\n    %w = slice %t[0 : 2]\n    %v = load %w[1]\n    yield %v } else {\n    yield %x }\n"
           "  %t3 = if %b (%t1 = %t) {\n    %t2 = store %t1[1], %x\n    yield %t2 } else (%t4) {\n    yield %t4 }\n"
           "  %q = load %t3[1]\n  %r = add %q, %s\n  yield %a1, %r }\n",
     1},
    {"the same, and looked at in a loop",
     ARRAY "  %s = if %b {\n    %w = slice %t[0 : %m]\n    %z, %T = loop %i = 0 to %n step 1 (%z1 = %x) {\n"
           "      %w1 = reshape %w, %m\n      %v = load %w1[%i]\n"
           "      %z2 = add %z1, %v\n      yield %z2 }\n    yield %z } else {\n    yield %x }\n"
           "  %t3 = if %b (%t1 = %t) {\n    %t2 = store %t1[1], %x\n    yield %t2 } else (%t4) {\n    yield %t4 }\n"
           "  %q = load %t3[1]\n  %r = add %q, %s\n  yield %a1, %r }\n",
     1},
    {"each writes an array of its own",
     ARRAY "  %t3, %v = if %b (%t1 = %t) {\n    %t2 = store %t1[1], %x\n    yield %t2, %x } else (%t4) {\n"
           "    yield %t4, 2.0 }\n"
           "  %u3, %w = if %b (%u1 = %u) {\n    %g = load %t3[1]\n    %h = mul %g, %v\n    %u2 = store %u1[1], %h\n"
           "    yield %u2, %v\n"
           "  } else (%u4) {\n    yield %u4, 5.0 }\n"
           "  %p = load %t3[1]\n  %q = load %u3[1]\n  %r1 = add %p, %q\n  %r2 = add %w, %v\n  %r = add %r1, %r2\n"
           "  yield %a1, %r }\n",
     1},
    {"a load of something else in between",
     ARRAY "  %t3 = if %b (%t1 = %t) {\n    %t2 = store %t1[1], %x\n    yield %t2 } else (%t4) {\n    yield %t4 }\n"
           "  %k = load %u[1]\n"
           "  %u3 = if %b (%u1 = %u) {\n    %g = load %t3[1]\n    %h = add %g, %k\n    %u2 = store %u1[1], %h\n"
           "    yield %u2 } else (%u4) {\n"
           "    yield %u4 }\n"
           "  %q = load %u3[1]\n  %r = add %q, %k\n  yield %a1, %r }\n",
     1},
    {"a load of what the first wrote in between",
     ARRAY "  %t3 = if %b (%t1 = %t) {\n    %t2 = store %t1[1], %x\n    yield %t2 } else (%t4) {\n    yield %t4 }\n"
           "  %k = load %t3[1]\n"
           "  %t7 = if %b (%t5 = %t3) {\n    %t6 = store %t5[1], 7.0\n    yield %t6 } else (%t8) {\n    yield %t8 }\n"
           "  %q = load %t7[1]\n  %r = add %q, %k\n  yield %a1, %r }\n",
     2},
    {"a store in between",
     ARRAY "  %t3 = if %b (%t1 = %t) {\n    %t2 = store %t1[1], %x\n    yield %t2 } else (%t4) {\n    yield %t4 }\n"
           "  %u1 = store %u[1], %x\n"
           "  %s = if %b {\n    %g = load %u1[1]\n    yield %g } else {\n    yield %x }\n"
           "  %q = load %t3[1]\n  %r = add %q, %s\n  yield %a1, %r }\n",
     2},
};

START_TEST(test_case)
{
    const Case *c = &cases[_i];
    Arena *a = arena_new();
    Module *m = pass_check(a, c->text, opt_merge, NULL);
    int left = pass_count(func_by_name(m, "f"), OP_if);
    Text t = text_in(a);
    ir_print(&t, m);
    ck_assert_msg(left == c->left, "%s: %d ifs left, not %d\n%s", c->name, left, c->left, t.at);
    arena_free(a);
}
END_TEST

START_TEST(many) // and each sees what the one before made
{
    enum { N = 300 };
    Arena *a = arena_new();
    Text t = text_in(a);
    text_put(&t, "func @f(%b: bool, %x: real) -> (real) {\n  %v0 = sin %x\n");
    for (int i = 0; i < N; i++)
        text_printf(&t,
                    "  %%v%d = if %%b {\n    %%t%d = sin %%v%d\n    yield %%t%d } else {\n"
                    "    yield %%v%d }\n",
                    i + 1, i, i, i, i);
    text_printf(&t, "  yield %%v%d }\n", N);
    Module *m = pass_check(a, t.at, opt_merge, NULL);
    ck_assert_int_eq(pass_count(func_by_name(m, "f"), OP_if), 1);
    ck_assert_int_eq(pass_count(func_by_name(m, "f"), OP_sin), N + 1);
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("merge");
    tcase_add_loop_test(t, test_case, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_test(t, many);
    return run_tests("merge", t);
}
