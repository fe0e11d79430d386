// test_unroll.c — opt_unroll.c: which loops and products become straight code.
//
// In: the table `cases` of IR text. Each is run through the pass and compared with itself before in the interpreter, bit
// for bit; then the ops that are left are counted.
#include "opt.h"

#include "passcheck.h"

#include <check.h>

typedef struct Case {
    const char *name, *text;
    OpCode code;
    int left; // ops of that code afterwards
} Case;

#define HEAD "func @f(%n: int, %x: real) -> (real) {\n"
#define LOOP(range) HEAD "  %s, %T = loop %i = " range " (%p = %x) {\n    %k = itor %i\n    %q = mul %p, %x\n" \
                    "    %r = add %q, %k\n    yield %r }\n  %t = itor %T\n  %u = add %s, %t\n  yield %u }\n"

static const Case cases[] = {
    {"three trips", LOOP("0 to 3 step 1"), OP_loop, 0},
    {"as many multiplications as trips", LOOP("0 to 3 step 1"), OP_mul, 3},
    {"downwards", LOOP("5 to 1 step -2"), OP_mul, 2},
    {"reversed", LOOP("1 to 6 step 2 reversed"), OP_mul, 3},
    {"no trip", LOOP("3 to 0 step 1"), OP_mul, 0},
    {"five trips", LOOP("0 to 5 step 1"), OP_loop, 1},
    {"the number is not known", LOOP("0 to %n step 1"), OP_loop, 1},
    {"an exit",
     HEAD "  %s, %T = loop %i = 0 to 3 step 1 exit (%p = %x) {\n    %q = add %p, 1.0\n    %c = gt %q, 1.5\n"
          "    yield %c, %q }\n  yield %s }\n",
     OP_loop, 1},
    {"one in the other",
     HEAD "  %s, %T = loop %i = 0 to 3 step 1 (%p = %x) {\n    %q, %U = loop %j = 0 to 2 step 1 (%r = %p) {\n"
          "      %k = iadd %i, %j\n      %y = itor %k\n      %z = add %r, %y\n      yield %z }\n    yield %q }\n"
          "  yield %s }\n",
     OP_loop, 0},
    {"what the inner one gave is used in the outer one's next trip",
     HEAD "  %s, %T = loop %i = 0 to 3 step 1 (%p = %x) {\n    %q, %U = loop %j = 0 to 2 step 1 (%r = %p) {\n"
          "      %z = mul %r, %x\n      yield %z }\n    %w = add %q, %p\n    yield %w }\n  yield %s }\n",
     OP_mul, 6},
    {"one around a long one",
     HEAD "  %s, %T = loop %i = 0 to 3 step 1 (%p = %x) {\n    %q, %U = loop %j = 0 to %n step 1 (%r = %p) {\n"
          "      %z = mul %r, %x\n      yield %z }\n    yield %q }\n  yield %s }\n",
     OP_loop, 2},
    {"carried values that change places",
     HEAD "  %s, %t, %T = loop %i = 0 to 3 step 1 (%p = %x, %q = 2.0) {\n    %r = add %p, %x\n    yield %q, %r }\n"
          "  %u = div %s, %t\n  yield %u }\n",
     OP_loop, 0},
    {"an array that is local to a trip",
     HEAD "  %s, %T = loop %i = 0 to 3 step 1 (%p = %x) {\n    %a = new real[2] zero\n    %b = store %a[1], %p\n"
          "    %v = load %b[1]\n    %w = add %v, %x\n    yield %w }\n  yield %s }\n",
     OP_new, 3},
    {"an array that is carried",
     HEAD "  %a1 = new real[4] zero\n  %a4, %T = loop %i = 0 to 4 step 1 (%a2 = %a1) {\n    %k = itor %i\n"
          "    %q = mul %k, %x\n    %a3 = store %a2[%i], %q\n    yield %a3 }\n  %v = load %a4[3]\n  yield %v }\n",
     OP_store, 4},
    {"a branch inside",
     HEAD "  %s, %T = loop %i = 0 to 3 step 1 (%p = %x) {\n    %c = ieq %i, %n\n    %q = if %c {\n"
          "      %r = add %p, %x\n      yield %r } else {\n      yield %p }\n    yield %q }\n  yield %s }\n",
     OP_if, 3},
    {"a product of small matrices",
     "func @f(%n: int, %x: real) -> (real) {\n  %a = new real[2, 3] zero\n  %a1 = fill %a, %x\n"
     "  %b = new real[2, 3] zero\n  %b1 = store %b[1, 2], %x\n  %c = new real[2, 2] zero\n"
     "  %c1 = gemm %c, %a1, %b1, 2, 2, 3 {tb}\n  %v = load %c1[0, 1]\n  yield %v }\n",
     OP_gemm, 0},
    {"transposed on the left, added to what is there",
     "func @f(%n: int, %x: real) -> (real) {\n  %a = new real[2, 3] zero\n  %a1 = fill %a, %x\n"
     "  %b = new real[2] zero\n  %b1 = fill %b, 0.5\n  %c = new real[3] zero\n  %c1 = fill %c, 2.0\n"
     "  %c2 = gemm %c1, %a1, %b1, 3, 1, 2 {ta}\n  %v = load %c2[2]\n  yield %v }\n",
     OP_acc, 3},
    {"subtracted, from nothing and from what is there",
     "func @f(%n: int, %x: real) -> (real) {\n  %a = new real[2, 3] zero\n  %a1 = fill %a, %x\n"
     "  %b = new real[2, 3] zero\n  %b1 = store %b[1, 2], %x\n  %c = new real[2, 2] zero\n"
     "  %c1 = gemm %c, %a1, %b1, 2, 2, 3 {tb, sub}\n  %d = new real[2] zero\n  %d1 = fill %d, %x\n  %e = new real[2] zero\n  %e1 = fill %e, 2.0\n"
     "  %g = new real[1] zero\n  %g1 = fill %g, 0.5\n  %e2 = gemm %e1, %d1, %g1, 2, 1, 1 {sub}\n  %v = load %c1[0, 1]\n  %w = load %e2[1]\n  %s = add %v, %w\n  yield %s }\n",
     OP_gemm, 0},
    {"a factor in a loop: not doubled",
     HEAD "  %a = new real[5, 5] zero\n  %s, %T = loop %i = 0 to 2 step 1 (%p = %x) {\n    %F, %P = lu %a, 5\n    %q = lu_logdet %F, %P, 5\n"
          "    yield %q }\n  yield %s }\n",
     OP_lu, 1},
    {"a product of large ones",
     "func @f(%n: int, %x: real) -> (real) {\n  %a = new real[5, 5] zero\n  %a1 = fill %a, %x\n"
     "  %c = new real[5, 5] zero\n  %c1 = gemm %c, %a1, %a1, 5, 5, 5\n  %v = load %c1[0, 1]\n  yield %v }\n",
     OP_gemm, 1},
};

START_TEST(test_case)
{
    const Case *c = &cases[_i];
    Arena *a = arena_new();
    Module *m = pass_check(a, c->text, opt_unroll, NULL);
    int left = pass_count(func_by_name(m, "f"), c->code);
    Text t = text_in(a);
    ir_print(&t, m);
    ck_assert_msg(left == c->left, "%s: %d, not %d\n%s", c->name, left, c->left, t.at);
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("unroll");
    tcase_add_loop_test(t, test_case, 0, (int)(sizeof cases / sizeof *cases));
    return run_tests("unroll", t);
}
