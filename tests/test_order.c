// test_order.c — opt_order.c: which reversed loops may run forwards, and which must stay as they are.
//
// In: the table `cases` of IR text, each with one or more reversed loops. Each is run through the pass, and how many
// loops are still reversed is
// counted. Loops with sums are not compared bit for bit: the order of the terms changes; the others are, in the
// interpreter.
#include "opt.h"

#include "passcheck.h"

#include <check.h>
#include <math.h>

typedef struct Case {
    const char *name, *text;
    int reversed; // loops left that are
    bool sum;     // results are equal to round-off only
} Case;

#define HEAD                                                                                                           \
    "func @f(%n: int, %x: real, %a: real[1] inout, %w: real[1]) -> (real[1], real) {\n"                                \
    "  %a0 = shape %a, %n\n  %w1 = shape %w, %n\n  %m = iadd %n, 1\n  %t = new real[%m] zero\n"
#define MATRIX "func @f(%n: int, %x: real, %A: real[2] inout) -> (real[2]) {\n  %A0 = shape %A, %n, %n\n"

#define CAM                                                                                                            \
    "struct cam = {rot: real[3], focal: real, id: int}\n"                                                              \
    "func @f(%n: int, %x: real, %c: struct cam[1] inout) -> (struct cam[1]) {\n  %c0 = shape %c, %n\n"

static const Case cases[] = {
    {"fields of the loop's own struct",
     CAM "  %c4, %T = loop %i = 0 to %n step 1 reversed (%c1 = %c0) {\n    %v = load %c1[%i].focal\n    %c2 = store %c1[%i].rot[2], %v\n"
         "    %c3 = store %c2[%i].id, %i\n    yield %c3 }\n  yield %c4 }\n",
     0, false},
    {"a field of another struct",
     CAM "  %c4, %T = loop %i = 0 to %n step 1 reversed (%c1 = %c0) {\n    %v = load %c1[0].focal\n    %c2 = store %c1[%i].focal, %v\n"
         "    yield %c2 }\n  yield %c4 }\n",
     1, false},
    {"a sum",
     HEAD "  %r, %T = loop %i = 0 to %n step 1 reversed (%s = %x) {\n    %v = load %w1[%i]\n    %s1 = add %s, %v\n"
          "    yield %s1 }\n"
          "  yield %a0, %r }\n",
     0, true},
    {"a sum, the other way round and with a minus",
     HEAD "  %r, %T = loop %i = 0 to %n step 1 reversed (%s = %x) {\n    %v = load %w1[%i]\n    %s1 = add %v, %s\n"
          "    %s2 = sub %s1, 2.0\n"
          "    yield %s2 }\n  yield %a0, %r }\n",
     0, true},
    {"what is taken from is not a sum",
     HEAD "  %r, %T = loop %i = 0 to %n step 1 reversed (%s = %x) {\n    %v = load %w1[%i]\n    %s1 = sub %v, %s\n"
          "    yield %s1 }\n"
          "  yield %a0, %r }\n",
     1, false},
    {"a product",
     HEAD "  %r, %T = loop %i = 0 to %n step 1 reversed (%s = %x) {\n    %v = load %w1[%i]\n    %s1 = mul %s, %v\n"
          "    yield %s1 }\n"
          "  yield %a0, %r }\n",
     1, false},
    {"a sum that is looked at on the way",
     HEAD "  %r, %T = loop %i = 0 to %n step 1 reversed (%s = %x) {\n    %v = sin %s\n    %s1 = add %s, %v\n"
          "    yield %s1 }\n"
          "  yield %a0, %r }\n",
     1, false},
    {"a sum of which an array gets the parts",
     HEAD "  %a3, %r, %T = loop %i = 0 to %n step 1 reversed (%a1 = %a0, %s = %x) {\n    %v = load %w1[%i]\n"
          "    %s1 = add %s, %v\n"
          "    %a2 = store %a1[%i], %s1\n    yield %a2, %s1 }\n"
          "  yield %a3, %r }\n",
     1, false},
    {"a value that is the last trip's",
     HEAD "  %r, %T = loop %i = 0 to %n step 1 reversed (%s = %x) {\n    %v = load %w1[%i]\n    yield %v }\n"
          "  yield %a0, %r }\n",
     1, false},
    {"a sum over a loop in the loop",
     HEAD "  %r, %T = loop %i = 0 to %n step 1 reversed (%s = %x) {\n"
          "    %s3, %T2 = loop %j = 0 to %n step 1 reversed (%s1 = %s) {\n      %v = load %w1[%j]\n"
          "      %s2 = add %s1, %v\n      yield %s2 }\n"
          "    yield %s3 }\n  yield %a0, %r }\n",
     0, true},
    {"a product in the loop in the loop",
     HEAD "  %r, %T = loop %i = 0 to %n step 1 reversed (%s = %x) {\n"
          "    %s3, %T2 = loop %j = 0 to %n step 1 (%s1 = %s) {\n      %v = load %w1[%j]\n      %s2 = mul %s1, %v\n"
          "      yield %s2 }\n"
          "    %s4 = add %s3, 1.0\n    yield %s4 }\n  yield %a0, %r }\n",
     1, false},
    {"a count: an int, which may overflow on the way",
     HEAD "  %k, %T = loop %i = 0 to %n step 1 reversed (%k1 = 0) {\n    %k2 = iadd %k1, %i\n    yield %k2 }\n"
          "  %r = itor %k\n  yield %a0, %r }\n",
     1, false},
    // ---- arrays ----
    {"elements of its own",
     HEAD "  %a3, %T = loop %i = 0 to %n step 1 reversed (%a1 = %a0) {\n    %v = load %a1[%i]\n    %s = sin %v\n"
          "    %a2 = store %a1[%i], %s\n"
          "    yield %a2 }\n  yield %a3, %x }\n",
     0, false},
    {"elements of the trip before",
     HEAD "  %t3, %T = loop %i = 0 to %n step 1 reversed (%t1 = %t) {\n    %j = iadd %i, 1\n    %v = load %t1[%j]\n"
          "    %s = add %v, 1.5\n"
          "    %t2 = store %t1[%i], %s\n    yield %t2 }\n  %r = load %t3[0]\n  yield %a0, %r }\n",
     1, false},
    {"added to anywhere",
     HEAD "  %t4, %T = loop %i = 0 to %n step 1 reversed (%t1 = %t) {\n    %v = load %w1[%i]\n    %h = idiv %i, 2\n"
          "    %t2 = acc %t1[%i], %v\n"
          "    %t3 = acc %t2[%h], %x\n    yield %t3 }\n  %r = load %t4[0]\n  yield %a0, %r }\n",
     0, true},
    {"added to anywhere and read",
     HEAD
     "  %t4, %s4, %T = loop %i = 0 to %n step 1 reversed (%t1 = %t, %s = %x) {\n    %h = idiv %i, 2\n"
     "    %v = load %t1[%i]\n"
     "    %t3 = acc %t1[%h], %x\n    %s1 = add %s, %v\n    yield %t3, %s1 }\n  %q = load %t4[0]\n  %r = add %q, %s4\n"
     "  yield %a0, %r }\n",
     1, false},
    {"one element, written on each trip",
     HEAD
     "  %t3, %T = loop %i = 0 to %n step 1 reversed (%t1 = %t) {\n    %v = load %w1[%i]\n    %t2 = store %t1[0], %v\n"
     "    yield %t2 }\n"
     "  %r = load %t3[0]\n  yield %a0, %r }\n",
     1, false},
    {"filled on each trip",
     HEAD "  %t3, %T = loop %i = 0 to %n step 1 reversed (%t1 = %t) {\n    %v = load %w1[%i]\n    %t2 = fill %t1, %v\n"
          "    yield %t2 }\n"
          "  %r = load %t3[0]\n  yield %a0, %r }\n",
     1, false},
    {"read as a whole inside",
     HEAD "  %a3, %T = loop %i = 0 to %n step 1 reversed (%a1 = %a0) {\n    %c = copy %a1\n    %v = load %c[%i]\n"
          "    %s = sin %v\n"
          "    %a2 = store %a1[%i], %s\n    yield %a2 }\n  yield %a3, %x }\n",
     1, false},
    {"rows of its own",
     MATRIX
     "  %A3, %T = loop %i = 0 to %n step 1 reversed (%A1 = %A0) {\n"
     "    %A5, %T2 = loop %j = 1 to %n step 1 (%A4 = %A1) {\n      %k = isub %j, 1\n      %v = load %A4[%i, %k]\n"
     "      %s = sin %v\n"
     "      %A6 = store %A4[%i, %j], %s\n      yield %A6 }\n    yield %A5 }\n  yield %A3 }\n",
     0, false},
    {"columns of its own, rows of another trip",
     MATRIX "  %A3, %T = loop %i = 1 to %n step 1 reversed (%A1 = %A0) {\n"
            "    %A5, %T2 = loop %j = 0 to %n step 1 reversed (%A4 = %A1) {\n      %k = isub %i, 1\n"
            "      %v = load %A4[%k, %j]\n      %s = sin %v\n"
            "      %A6 = store %A4[%i, %j], %s\n      yield %A6 }\n    yield %A5 }\n  yield %A3 }\n",
     1, false},
    {"half an index: both trips write it",
     MATRIX "  %A3, %T = loop %i = 0 to %n step 1 reversed (%A1 = %A0) {\n    %h = idiv %i, 2\n    %v = itor %i\n"
            "    %A2 = store %A1[%h, 0], %v\n    yield %A2 }\n  yield %A3 }\n",
     1, false},
    // ---- what else has an order ----
    {"a check: the first to fail has the word",
     HEAD
     "  %r, %T = loop %i = 0 to %n step 1 reversed (%s = %x) {\n    %c = ige %i, 0\n    check assert \"i\", %c, %i\n"
     "    %v = load %w1[%i]\n"
     "    %s1 = add %s, %v\n    yield %s1 }\n  yield %a0, %r }\n",
     1, false},
    {"a tape",
     HEAD "  %b = buf_new real\n"
          "  %b3, %T = loop %i = 0 to %n step 1 reversed (%b1 = %b) {\n    %v = load %w1[%i]\n    %b2 = put %b1, %v\n"
          "    yield %b2 }\n"
          "  %z = freeze %b3\n  %c = igt %n, 0\n  %r = if %c {\n    %p = const_pos 0\n    %q = load %z[%p]\n"
          "    yield %q } else {\n    yield 0.0 }\n"
          "  yield %a0, %r }\n",
     1, false},
};

static int reversed_in(const Region *r)
{
    int n = 0;
    for (int i = 0; i < r->ops.n; i++) {
        n += r->ops.at[i]->code == OP_loop && r->ops.at[i]->reversed;
        for (int k = 0; k < r->ops.at[i]->n_regions; k++)
            if (r->ops.at[i]->regions[k])
                n += reversed_in(r->ops.at[i]->regions[k]);
    }
    return n;
}

// The scalar that f returns at n.
static double returned(const Module *m, Arena *a, int n)
{
    Interp *in = interp_new(a);
    double w[16];
    for (int i = 0; i < 16; i++)
        w[i] = 1.0 / (i + 1);
    IVal args[] = {iv_int(n), iv_real(0.7), iv_reals(in, n, w), iv_reals(in, n, w)}, results[2];
    ck_assert_msg(interp_call(in, func_by_name(m, "f"), args, results), "%s", in->error);
    return results[1].r;
}

static Module *turned(Arena *a, const Case *c)
{
    if (!c->sum)
        return pass_check(a, c->text, opt_order, NULL);
    Module *before = pass_parse(a, c->text), *after = pass_parse(a, c->text);
    opt_order(func_by_name(after, "f"));
    ck_assert_ptr_null(ir_verify(a, after));
    for (int n = 0; n < 5; n++)
        ck_assert_double_eq_tol(returned(after, a, n), returned(before, a, n), 1e-14);
    return after;
}

START_TEST(test_case)
{
    const Case *c = &cases[_i];
    Arena *a = arena_new();
    Module *m = turned(a, c);
    int reversed = reversed_in(func_by_name(m, "f")->body);
    Text t = text_in(a);
    ir_print(&t, m);
    ck_assert_msg(reversed == c->reversed,
                  "%s: %d loops still reversed, not %d\n"
                  "%s",
                  c->name, reversed, c->reversed, t.at);
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("order");
    tcase_add_loop_test(t, test_case, 0, (int)(sizeof cases / sizeof *cases));
    return run_tests("order", t);
}
