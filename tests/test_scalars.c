// test_scalars.c — opt_scalars.c: which small arrays become scalars.
//
// In: the table `cases` of IR text. Each is run through the pass and compared with itself before in the interpreter, bit
// for bit; then the arrays that are left are counted.
#include "opt.h"

#include "passcheck.h"

#include <check.h>
#include <string.h>

typedef struct Case {
    const char *name, *text;
    int left; // ops that make an array afterwards: new and copy
} Case;

#define HEAD "func @f(%n: int, %b: bool, %x: real) -> (real) {\n"
#define TAKE "  %u = load %z[0]\n  %v = load %z[1]\n  %w = sub %u, %v\n  yield %w }\n"

static const Case cases[] = {
    {"stored and loaded", HEAD "  %y = new real[2] zero\n  %z = store %y[1], %x\n" TAKE, 0},
    {"added to", HEAD "  %y = new real[2] zero\n  %y1 = acc %y[1], %x\n  %z = acc %y1[1], %x\n" TAKE, 0},
    {"filled", HEAD "  %y = new real[2]\n  %z = fill %y, %x\n" TAKE, 0},
    {"zeros that nobody computed", HEAD "  %y = new real[2] no_derivative\n  %z = acc %y[0], %x\n" TAKE, 0},
    {"an index that is not known",
     HEAD "  %y = new real[2] zero\n  %i = imod %n, 2\n  %z = store %y[%i], %x\n" TAKE, 1},
    {"a size that is not known",
     HEAD "  %k = iadd %n, 2\n  %y = new real[%k] zero\n  %z = store %y[1], %x\n" TAKE, 1},
    {"too many elements", HEAD "  %y = new real[17] zero\n  %z = store %y[1], %x\n" TAKE, 1},
    {"in a branch",
     HEAD "  %y = new real[2] zero\n  %z = if %b (%p = %y) {\n    %q = store %p[0], %x\n    yield %q } else (%r) {\n"
          "    %s = store %r[1], %x\n    yield %s }\n" TAKE,
     0},
    {"in a branch that also gives a scalar",
     HEAD "  %y = new real[2] zero\n  %z, %t = if %b (%p = %y) {\n    %q = store %p[0], %x\n    yield %q, %x } else (%r) {\n"
          "    yield %r, 3.0 }\n  %u = load %z[0]\n  %w = sub %u, %t\n  yield %w }\n",
     0},
    {"in a loop",
     HEAD "  %y = new real[2] zero\n  %z, %T = loop %i = 0 to %n step 1 (%p = %y) {\n    %e = load %p[0]\n"
          "    %g = add %e, %x\n    %q = store %p[1], %g\n    %h = mul %g, 0.5\n    %r = store %q[0], %h\n    yield %r }\n" TAKE,
     0},
    {"in the head of a loop",
     HEAD "  %y = new real[2] zero\n  %z, %T = loop (%p = %y) while (%h) {\n    %e = load %h[1]\n    %c = lt %e, 3.0\n"
          "    yield %c } do {\n    %e = load %p[1]\n    %g = add %e, 1.0\n    %q = store %p[1], %g\n    yield %q }\n" TAKE,
     0},
    {"beside one that stays",
     HEAD "  %k = iadd %n, 2\n  %o = new real[%k] zero\n  %y = new real[2] zero\n"
          "  %o2, %z, %T = loop %i = 0 to %n step 1 (%o1 = %o, %p = %y) {\n    %o3 = store %o1[%i], %x\n"
          "    %l = load %o3[%i]\n    %q = acc %p[0], %l\n    yield %o3, %q }\n" TAKE,
     1},
    {"copied", HEAD "  %y = new real[2] zero\n  %y1 = store %y[0], %x\n  %c = copy %y1\n  %z = store %c[1], %x\n"
                    "  %l = load %y1[0]\n" TAKE,
     0},
    {"copied to one that stays",
     HEAD "  %y = new real[2] zero\n  %y1 = store %y[0], %x\n  %c = copy %y1\n  %i = imod %n, 2\n"
          "  %z = store %c[%i], %x\n" TAKE,
     1},
    {"copied from one that stays",
     HEAD "  %y = new real[2] zero\n  %i = imod %n, 2\n  %y1 = store %y[%i], %x\n  %z = copy %y1\n" TAKE, 1},
    {"copy_to and add_to",
     HEAD "  %p = new real[2] zero\n  %p1 = store %p[1], %x\n  %y = new real[2]\n  %y1 = copy_to %y, %p1\n"
          "  %z = add_to %y1, %p1\n" TAKE,
     0},
    {"add_to one that stays",
     HEAD "  %p = new real[2] zero\n  %p1 = store %p[1], %x\n  %y = new real[2] zero\n  %i = imod %n, 2\n"
          "  %y1 = store %y[%i], %x\n  %z = add_to %y1, %p1\n" TAKE,
     1},
    {"a view of its end",
     HEAD "  %y = new real[3] zero\n  %y1 = store %y[2], %x\n  %z = slice %y1[1 : 2]\n" TAKE, 0},
    {"a row",
     HEAD "  %y = new real[2, 2] zero\n  %y1 = store %y[1, 0], %x\n  %z = slice %y1[1]\n" TAKE, 0},
    {"another shape",
     HEAD "  %y = new real[2, 2] zero\n  %y1 = store %y[1, 0], %x\n  %z = reshape %y1, 4\n  %u = load %z[2]\n  yield %u }\n", 0},
    {"a row that is opened",
     HEAD "  %y = new real[2, 2] zero\n  %y1 = within %y (%r = [1]) {\n    %r1 = store %r[0], %x\n    yield %r1 }\n"
          "  %u = load %y1[1, 0]\n  yield %u }\n",
     0},
    {"a row of one that stays is opened, with one that goes beside it",
     HEAD "  %i = imod %n, 2\n  %y = new real[2, 2] zero\n  %e = new real[2] zero\n"
          "  %y1, %z = within %y (%r = [%i], %e1 = %e) {\n    %r1 = store %r[0], %x\n    %e2 = store %e1[1], %x\n"
          "    yield %r1, %e2 }\n" TAKE,
     1},
    {"handed to a call",
     "func @g(%a: real[1]) -> (real) noinline {\n  %a1 = shape %a, 2\n  %v = load %a1[1]\n  yield %v }\n" HEAD
     "  %y = new real[2] zero\n  %z = store %y[1], %x\n  %q = call @g(%z)\n  yield %q }\n",
     1},
    {"ints and bools",
     HEAD "  %y = new int[2] zero\n  %y1 = store %y[1], %n\n  %k = load %y1[1]\n  %p = new bool[1] zero\n"
          "  %p1 = store %p[0], %b\n  %c = load %p1[0]\n  %j = isel %c, %k, 3\n  %r = itor %j\n  yield %r }\n",
     0},
};

START_TEST(test_case)
{
    const Case *c = &cases[_i];
    Arena *a = arena_new();
    Module *m = pass_check(a, c->text, opt_scalars, NULL);
    const Func *f = func_by_name(m, "f");
    int left = pass_count(f, OP_new) + pass_count(f, OP_copy);
    Text t = text_in(a);
    ir_print(&t, m);
    ck_assert_msg(left == c->left, "%s: %d, not %d\n%s", c->name, left, c->left, t.at);
    arena_free(a);
}
END_TEST

START_TEST(a_loop_keeps_its_attributes)
{
    Arena *a = arena_new();
    Module *m = pass_check(a, HEAD "  %y = new real[2] zero\n  %z, %T = loop %i = 0 to %n step -1 exit checkpoint %n (%p = %y) {\n"
                                   "    %q = store %p[1], %x\n    yield %b, %q }\n" TAKE, opt_scalars, NULL);
    Text t = text_in(a);
    ir_print(&t, m);
    ck_assert_msg(strstr(t.at, " step -1 exit checkpoint %n.0 (") != NULL, "%s", t.at);
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("scalars");
    tcase_add_loop_test(t, test_case, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_test(t, a_loop_keeps_its_attributes);
    return run_tests("scalars", t);
}
