// test_factors.c — opt_gvn.c and opt_factors.c: how often a matrix is factored.
//
// In: the table `cases` of IR text. Each is run through both passes (and opt_dce, which takes what they leave unused), compared
// with itself before in the interpreter, and the factorings that are left are counted.
#include "opt.h"

#include "adcheck.h"
#include "passcheck.h"

#include <check.h>

typedef struct Case {
    const char *name, *text;
    int lus, triangles, logs;                                   // lu, lower_solve, lu_logdet
} Case;

#define HEAD                                                                                                            \
    "func @f(%n: int, %c: bool, %A: real[2] inout, %x: real[1] inout) -> (real[2], real[1], real) {\n"                    \
    "  %A0 = shape %A, %n, %n\n  %x1 = shape %x, %n\n  %nr = itor %n\n  %n4 = mul %nr, 4.0\n"                              \
    "  %A1, %TA = loop %i = 0 to %n step 1 (%A2 = %A0) {\n    %A3 = acc %A2[%i, %i], %n4\n    yield %A3 }\n"

static const Case cases[] = {
    {"one version, two factors",
     HEAD "  %F, %P = lu %A1, %n\n  %G, %Q = lu %A1, %n\n  %x2 = lu_solve %x1, %F, %P, %n, 1\n  %s = lu_logdet %G, %Q, %n\n"
          "  yield %A1, %x2, %s }\n", 1, 0, 1},
    {"the same, the second in a loop and a branch",
     HEAD "  %F, %P = lu %A1, %n\n  %x2 = lu_solve %x1, %F, %P, %n, 1\n"
          "  %x6, %s3, %T = loop %t = 0 to 3 step 1 (%x3 = %x2, %s1 = 0.0) {\n    %x5, %s2 = if %c (%x4 = %x3) {\n"
          "      %G, %Q = lu %A1, %n\n      %d = lu_logdet %G, %Q, %n\n      %y = lu_solve %x4, %G, %Q, %n, 1 {ta}\n      yield %y, %d } else (%z) {\n"
          "      yield %z, %s1 }\n    yield %x5, %s2 }\n  yield %A1, %x6, %s3 }\n", 1, 0, 1},
    {"another version",
     HEAD "  %F, %P = lu %A1, %n\n  %s = lu_logdet %F, %P, %n\n  %A4 = lower %A1, %n {mirror}\n"
          "  %G, %Q = lu %A4, %n\n  %x2 = lu_solve %x1, %G, %Q, %n, 1\n  yield %A4, %x2, %s }\n", 2, 0, 1},
    {"of two arms, neither of which is around the other",
     HEAD "  %x3, %s = if %c (%x2 = %x1) {\n    %F, %P = lu %A1, %n\n    %y = lu_solve %x2, %F, %P, %n, 1\n    yield %y, 0.0 } else (%z) {\n"
          "    %G, %Q = lu %A1, %n\n    %d = lu_logdet %G, %Q, %n\n    yield %z, %d }\n  yield %A1, %x3, %s }\n", 2, 0, 1},
    {"what cholesky made: none",
     HEAD "  %L = cholesky %A1, %n\n  %F, %P = lu %L, %n\n  %x2 = lu_solve %x1, %F, %P, %n, 1\n  %x3 = lu_solve %x2, %F, %P, %n, 1 {ta}\n"
          "  %s = lu_logdet %F, %P, %n\n  yield %L, %x3, %s }\n", 0, 2, 0},
    {"the same, overwritten after the last use",
     HEAD "  %L = cholesky %A1, %n\n  %F, %P = lu %L, %n\n  %x2 = lu_solve %x1, %F, %P, %n, 1\n  %s = lu_logdet %F, %P, %n\n"
          "  %L2 = fill %L, 7.0\n  yield %L2, %x2, %s }\n", 0, 1, 0},
    {"overwritten before",
     HEAD "  %L = cholesky %A1, %n\n  %F, %P = lu %L, %n\n  %x2 = lu_solve %x1, %F, %P, %n, 1\n  %L2 = fill %L, 7.0\n"
          "  %s = lu_logdet %F, %P, %n\n  yield %L2, %x2, %s }\n", 1, 0, 1},
    {"used in the loop that overwrites it",
     HEAD "  %L = cholesky %A1, %n\n  %F, %P = lu %L, %n\n"
          "  %L4, %x4, %T = loop %t = 0 to 2 step 1 (%L2 = %L, %x2 = %x1) {\n    %x3 = lu_solve %x2, %F, %P, %n, 1\n    %L3 = fill %L2, 7.0\n"
          "    yield %L3, %x3 }\n  yield %L4, %x4, 0.0 }\n", 1, 0, 0},
    {"used in a loop before that",
     HEAD "  %L = cholesky %A1, %n\n  %F, %P = lu %L, %n\n"
          "  %x4, %s3, %T = loop %t = 0 to 2 step 1 (%x2 = %x1, %s1 = 1.0) {\n    %x3 = lu_solve %x2, %F, %P, %n, 1\n"
          "    %d = lu_logdet %F, %P, %n\n    %s2 = mul %s1, %d\n    yield %x3, %s2 }\n"
          "  %L3 = fill %L, 7.0\n  yield %L3, %x4, %s3 }\n", 0, 1, 0},
    {"a triangle that was changed",
     HEAD "  %L = cholesky %A1, %n\n  %L2 = lower %L, %n {half}\n  %F, %P = lu %L2, %n\n  %x2 = lu_solve %x1, %F, %P, %n, 1\n"
          "  %s = lu_logdet %F, %P, %n\n  yield %L2, %x2, %s }\n", 1, 0, 1},
    {"a factor on a tape",
     HEAD "  %L = cholesky %A1, %n\n  %F, %P = lu %L, %n\n  %z = buf_new real\n  %z2 = puts %z, %F\n  %Z = freeze %z2\n"
          "  %G = view_at %Z, 0p, %n, %n\n  %x2 = lu_solve %x1, %G, %P, %n, 1\n  yield %L, %x2, 0.0 }\n", 1, 0, 0},
};

// How many choleskys are left: of two of one version one, if nobody writes to what they made.
static const struct { const char *name, *text; int choleskys; } shared[] = {
    {"two of one version",
     HEAD "  %N = new real[%n, %n]\n  %B = copy_to %N, %A1\n  %L = cholesky %B, %n\n  %C = copy %A1\n  %M, %at = cholesky %C, %n\n"
          "  %x2 = lower_solve %x1, %L, %n, 1\n  %x3 = lower_solve %x2, %M, %n, 1 {ta}\n  %k = itor %at\n  yield %A1, %x3, %k }\n", 1},
    {"the second in a branch",
     HEAD "  %B = copy %A1\n  %L = cholesky %B, %n\n  %x2 = lower_solve %x1, %L, %n, 1\n  %x5 = if %c (%x3 = %x2) {\n    %C = copy %A1\n"
          "    %M = cholesky %C, %n\n    %x4 = lower_solve %x3, %M, %n, 1\n    yield %x4 } else (%z) {\n    yield %z }\n  yield %A1, %x5, 0.0 }\n", 1},
    {"the first in a branch",
     HEAD "  %x5 = if %c (%x3 = %x1) {\n    %C = copy %A1\n    %M = cholesky %C, %n\n    %x4 = lower_solve %x3, %M, %n, 1\n    yield %x4 } else (%z) {\n"
          "    yield %z }\n  %B = copy %A1\n  %L = cholesky %B, %n\n  %x2 = lower_solve %x5, %L, %n, 1\n  yield %A1, %x2, 0.0 }\n", 2},
    {"of another version",
     HEAD "  %B = copy %A1\n  %L = cholesky %B, %n\n  %x2 = lower_solve %x1, %L, %n, 1\n  %A4 = lower %A1, %n {half}\n  %C = copy %A4\n"
          "  %M = cholesky %C, %n\n  %x3 = lower_solve %x2, %M, %n, 1\n  yield %A4, %x3, 0.0 }\n", 2},
    {"the first is written to",
     HEAD "  %B = copy %A1\n  %L = cholesky %B, %n\n  %L2 = fill %L, 3.0\n  %x2 = lower_solve %x1, %L2, %n, 1\n  %C = copy %A1\n"
          "  %M = cholesky %C, %n\n  %x3 = lower_solve %x2, %M, %n, 1\n  yield %A1, %x3, 0.0 }\n", 2},
    {"the second is written to",
     HEAD "  %B = copy %A1\n  %L = cholesky %B, %n\n  %C = copy %A1\n  %M = cholesky %C, %n\n  %M2 = fill %M, 3.0\n"
          "  %x2 = lower_solve %x1, %L, %n, 1\n  %x3 = lower_solve %x2, %M2, %n, 1\n  yield %A1, %x3, 0.0 }\n", 2},
    {"the second is given back",
     HEAD "  %C = copy %A1\n  %M = cholesky %C, %n\n  %x2 = lower_solve %x1, %M, %n, 1\n  %B = copy %A1\n  %A4 = copy_to %A1, %B\n"
          "  %L = cholesky %A4, %n\n  yield %L, %x2, 0.0 }\n", 2},
};

static void factors(Func *f)
{
    opt_gvn(f);
    opt_factors(f);
    opt_dce(f);
}

START_TEST(test_case)
{
    const Case *c = &cases[_i];
    Arena *a = arena_new();
    Module *m = pass_check(a, c->text, factors, NULL);
    const Func *f = func_by_name(m, "f");
    int lus = pass_count(f, OP_lu), triangles = pass_count(f, OP_lower_solve), logs = pass_count(f, OP_lu_logdet);
    ck_assert_msg(lus == c->lus && triangles == c->triangles && logs == c->logs,
                  "%s: %d factorings, %d triangular solves, %d determinants, not %d, %d, %d", c->name, lus, triangles, logs, c->lus,
                  c->triangles, c->logs);
    arena_free(a);
}
END_TEST

START_TEST(one_cholesky)
{
    Arena *a = arena_new();
    Module *m = pass_check(a, shared[_i].text, factors, NULL);
    int n = pass_count(func_by_name(m, "f"), OP_cholesky);
    ck_assert_msg(n == shared[_i].choleskys, "%s: %d choleskys, not %d", shared[_i].name, n, shared[_i].choleskys);
    arena_free(a);
}
END_TEST

// Without gvn there are two factors of one triangle, and both see that it is overwritten.
START_TEST(two_factors_of_one_triangle)
{
    Arena *a = arena_new();
    Module *m = pass_check(a, HEAD "  %L = cholesky %A1, %n\n  %F, %P = lu %L, %n\n  %G, %Q = lu %L, %n\n"
                                   "  %s = lu_logdet %G, %Q, %n\n  %L2 = fill %L, 7.0\n  %x2 = lu_solve %x1, %F, %P, %n, 1\n"
                                   "  yield %L2, %x2, %s }\n", opt_factors, NULL);
    ck_assert_int_eq(pass_count(func_by_name(m, "f"), OP_lower_solve), 0);
    ck_assert_int_eq(pass_count(func_by_name(m, "f"), OP_lu_logdet), 0);
    arena_free(a);
}
END_TEST

// Value, gradient, and second derivatives of both modes: the matrix is factored once in each.
START_TEST(once_in_every_derivative)
{
    Arena *a = arena_new();
    Module *m = pass_parse(a, "func @f(%n: int, %A: real[2], %b: real[1]) -> (real) {\n  %A1 = shape %A, %n, %n\n  %b1 = shape %b, %n\n"
                              "  %F, %P = lu %A1, %n\n  %s = lu_logdet %F, %P, %n\n  %x = copy %b1\n  %G, %Q = lu %A1, %n\n"
                              "  %x1 = lu_solve %x, %G, %Q, %n, 1\n  %r, %T = loop %i = 0 to %n step 1 (%p = %s) {\n"
                              "    %v = load %x1[%i]\n    %w = load %b1[%i]\n    %vw = mul %v, %w\n    %q = add %p, %vw\n    yield %q }\n"
                              "  yield %r }\n");
    Func *grad = ad_ask(m, func_by_name(m, "f"), TR_GRAD, "grad");
    const Func *all[] = {grad, ad_ask(m, grad, TR_JVP, "hvp"), ad_ask(m, grad, TR_VJP, "gv"), func_by_name(m, "f")};
    ad_derive(m);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        Func *f = func_by_name(m, all[i]->name);
        factors(f);
        ck_assert_msg(pass_count(f, OP_lu) == 1, "@%s factors %d times", f->name, pass_count(f, OP_lu));
    }
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("factors");
    tcase_add_loop_test(t, test_case, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_loop_test(t, one_cholesky, 0, (int)(sizeof shared / sizeof *shared));
    tcase_add_test(t, two_factors_of_one_triangle);
    tcase_add_test(t, once_in_every_derivative);
    return run_tests("factors", t);
}
