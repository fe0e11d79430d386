// test_results.c — opt_results.c: which local arrays live in an output from the start.
//
// In: the table `cases` of IR text. Each is run through the pass and compared with itself before in the interpreter, bit
// for bit; then the copies that are left are counted.
#include "opt.h"

#include "passcheck.h"

#include <check.h>

typedef struct Case {
    const char *name, *text;
    int left; // copy_to ops afterwards
} Case;

#define HEAD "func @f(%n: int, %b: bool, %x: real, %y: real[1] out) -> (real[1]) {\n  %y0 = shape %y, %n\n"
#define FILL "  %r2, %T = loop %i = 0 to %n step 1 (%r1 = %r0) {\n    %k = itor %i\n    %v = mul %k, %x\n" \
             "    %r3 = store %r1[%i], %v\n    yield %r3 }\n"

static const Case cases[] = {
    {"the result",
     HEAD "  %r0 = new real[%n] zero\n" FILL "  %y1 = copy_to %y0, %r2\n  yield %y1 }\n", 0},
    {"not zeroed", HEAD "  %r0 = new real[%n]\n" FILL "  %y1 = copy_to %y0, %r2\n  yield %y1 }\n", 0},
    {"the output was zeroed",
     HEAD "  %yz = fill %y0, 0.0\n  %r0 = new real[%n] zero\n" FILL "  %y1 = copy_to %yz, %r2\n  yield %y1 }\n", 0},
    {"an element that nobody writes",
     HEAD "  %r0 = new real[%n] zero\n  %r2 = if %b (%r1 = %r0) {\n    %a = fill %r1, %x\n    yield %a } else (%r1) {\n"
          "    yield %r1 }\n  %y1 = copy_to %y0, %r2\n  yield %y1 }\n",
     0},
    {"another size",
     HEAD "  %m = iadd %n, 1\n  %r0 = new real[%m] zero\n  %r2 = store %r0[%n], %x\n  %s = slice %r2[1 : %n]\n"
          "  %y1 = copy_to %y0, %s\n  yield %y1 }\n",
     1},
    {"looked at afterwards",
     HEAD "  %r0 = new real[%n] zero\n" FILL "  %y1 = copy_to %y0, %r2\n  %c = igt %n, 0\n"
          "  %y4 = if %c (%y2 = %y1) {\n    %l = load %r2[0]\n    %y3 = acc %y2[0], %l\n    yield %y3 } else (%y2) {\n"
          "    yield %y2 }\n  yield %y4 }\n",
     1},
    {"changed afterwards, as the output",
     HEAD "  %r0 = new real[%n] zero\n" FILL "  %y1 = copy_to %y0, %r2\n  %y2 = fill %y1, %x\n  yield %y2 }\n", 0},
    {"the output was written",
     HEAD "  %yx = fill %y0, %x\n  %r0 = new real[%n] zero\n" FILL "  %y1 = copy_to %yx, %r2\n  yield %y1 }\n", 1},
    {"the output is read meanwhile",
     HEAD "  %yz = fill %y0, 0.0\n  %r0 = new real[%n] zero\n  %r2 = copy_to %r0, %yz\n  %y1 = copy_to %yz, %r2\n  yield %y1 }\n",
     2},
    {"an inout array",
     "func @f(%n: int, %b: bool, %x: real, %y: real[1] inout) -> (real[1]) {\n  %y0 = shape %y, %n\n"
     "  %r0 = new real[%n] zero\n" FILL "  %y1 = copy_to %y0, %r2\n  yield %y1 }\n",
     1},
    {"in a branch",
     HEAD "  %r0 = new real[%n] zero\n" FILL "  %yz = fill %y0, 0.0\n  %y3 = if %b (%y1 = %yz) {\n"
          "    %y2 = copy_to %y1, %r2\n    yield %y2 } else (%y1) {\n    yield %y1 }\n  yield %y3 }\n",
     1},
    {"two outputs",
     "func @f(%n: int, %x: real, %y: real[1] out, %z: real[1] out) -> (real[1], real[1]) {\n  %y0 = shape %y, %n\n"
     "  %z0 = shape %z, %n\n  %r0 = new real[%n] zero\n" FILL "  %q = new real[%n] zero\n  %q1 = copy_to %q, %r2\n"
     "  %q2 = add_to %q1, %r2\n  %y1 = copy_to %y0, %r2\n  %z1 = copy_to %z0, %q2\n  yield %y1, %z1 }\n",
     1},
};

START_TEST(test_case)
{
    const Case *c = &cases[_i];
    Arena *a = arena_new();
    Module *m = pass_check(a, c->text, opt_results, NULL);
    const Func *f = func_by_name(m, "f");
    int left = pass_count(f, OP_copy_to);
    Text t = text_in(a);
    ir_print(&t, m);
    ck_assert_msg(left == c->left, "%s: %d, not %d\n%s", c->name, left, c->left, t.at);
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("results");
    tcase_add_loop_test(t, test_case, 0, (int)(sizeof cases / sizeof *cases));
    return run_tests("results", t);
}
