// test_stores.c — opt_stores.c: which element writes and copies go, and which have to stay.
//
// In: the table `cases` of IR text. Each is run through the pass (and opt_dce, which takes what the pass leaves
// unused), compared with itself before
// in the interpreter, and how many ops of one kind are left is counted.
#include "opt.h"

#include "passcheck.h"

#include <check.h>

typedef struct Case {
    const char *name, *text;
    OpCode code;
    int left;
} Case;

#define HEAD                                                                                                           \
    "func @f(%n: int, %x: real, %a: real[1] inout) -> (real[1], real) {\n"                                             \
    "  %m = iadd %n, 3\n  %t = new real[%m] zero\n  %a1 = shape %a, %n\n"
#define TAIL "  yield %a1, %r }\n"

#define CAM                                                                                                            \
    "struct cam = {rot: real[3], focal: real, id: int}\n"                                                              \
    "func @f(%n: int, %x: real, %c: struct cam[1] inout) -> (struct cam[1], real) {\n  %c1 = shape %c, %n\n"

static const Case cases[] = {
    // ---- structs: another field is another element ----
    {"of one field, with another in between",
     CAM "  %t = new struct cam[2] zero\n  %t1 = store %t[1].focal, 2.0\n  %t2 = store %t1[1].rot[0], %x\n  %t3 = store %t2[1].focal, %x\n"
         "  %q = load %t3[1].rot[0]\n  %v = load %t3[1].focal\n  %r = sub %q, %v\n  yield %c1, %r }\n",
     OP_store, 2},
    {"a read of another field does not matter",
     CAM "  %t = new struct cam[2] zero\n  %t1 = store %t[1].focal, 2.0\n  %i = imod %n, 2\n  %q = load %t1[%i].rot[1]\n  %t2 = store %t1[1].focal, %x\n"
         "  %v = load %t2[1].focal\n  %r = add %v, %q\n  yield %c1, %r }\n",
     OP_store, 1},
    {"a read of the struct that may be that one does",
     CAM "  %t = new struct cam[2] zero\n  %i = imod %n, 2\n  %t1 = store %t[1].focal, 2.0\n  %q = load %t1[%i].focal\n"
         "  %t2 = store %t1[1].focal, %x\n  %v = load %t2[1].focal\n  %r = add %v, %q\n  yield %c1, %r }\n",
     OP_store, 2},
    {"a copy of the whole struct sees all of it",
     CAM "  %t = new struct cam[] zero\n  %t1 = store %t.focal, 2.0\n  %d = copy %t1\n  %t2 = store %t1.focal, %x\n  %v = load %t2.focal\n"
         "  %d1 = store %d.id, %n\n  %q = load %d1.focal\n  %r = add %v, %q\n  yield %c1, %r }\n",
     OP_store, 2},
    // ---- a write that a later one hides ----
    {"two stores to one element", HEAD "  %t1 = store %t[1], 2.0\n  %t2 = store %t1[1], %x\n  %r = load %t2[%n]\n" TAIL,
     OP_store, 1},
    {"two stores to one element, of which one is read",
     HEAD "  %t1 = store %t[1], 2.0\n  %q = load %t1[1]\n  %t2 = store %t1[1], %x\n  %v = load %t2[%n]\n"
          "  %r = add %v, %q\n" TAIL,
     OP_store, 2},
    {"a read of another element does not matter",
     HEAD "  %t1 = store %t[1], 2.0\n  %q = load %t1[2]\n  %t2 = store %t1[1], %x\n  %v = load %t2[%n]\n"
          "  %r = add %v, %q\n" TAIL,
     OP_store, 1},
    {"a read that may be of that element",
     HEAD "  %t1 = store %t[1], 2.0\n  %q = load %t1[%n]\n  %t2 = store %t1[1], %x\n  %v = load %t2[%n]\n"
          "  %r = add %v, %q\n" TAIL,
     OP_store, 2},
    {"elements that may be different",
     HEAD "  %t1 = store %t[%n], 2.0\n  %t2 = store %t1[1], %x\n  %r = load %t2[%n]\n" TAIL, OP_store, 2},
    {"the same index twice, the same number added to it",
     HEAD "  %k = iadd %n, 1\n  %l = iadd 1, %n\n  %t1 = store %t[%k], 2.0\n  %t2 = store %t1[%l], %x\n"
          "  %r = load %t2[%n]\n  %q = load %t2[%k]\n"
          "  %s = add %r, %q\n  yield %a1, %s }\n",
     OP_store, 1},
    {"another element in between",
     HEAD "  %k = iadd %n, 1\n  %t1 = store %t[%n], 2.0\n  %t2 = store %t1[%k], 3.0\n  %t3 = store %t2[%n], %x\n"
          "  %q = load %t3[%k]\n  %v = load %t3[%n]\n  %r = add %v, %q\n" TAIL,
     OP_store, 2},
    {"what may be that element in between: it hides nothing, and is not hidden",
     HEAD "  %t1 = store %t[%n], 2.0\n  %t2 = acc %t1[1], 3.0\n  %t3 = store %t2[%n], %x\n  %q = load %t3[1]\n"
          "  %v = load %t3[%n]\n"
          "  %r = add %v, %q\n" TAIL,
     OP_store, 2},
    {"a store of what is there",
     HEAD "  %t1 = store %t[1], %x\n  %q = load %t1[%n]\n  %t2 = store %t1[%n], %q\n  %v = load %t2[1]\n  %r = add %v, %q\n" TAIL,
     OP_store, 1},
    {"of what was there before something was written, or is there elsewhere",
     HEAD "  %q = load %t[%n]\n  %t1 = store %t[1], %x\n  %t2 = store %t1[%n], %q\n  %u = load %t2[2]\n  %t3 = store %t2[%n], %u\n"
          "  %v = load %t3[1]\n  %w = load %t3[%n]\n  %r = add %v, %w\n" TAIL,
     OP_store, 3},
    {"a store and what is added to it",
     HEAD "  %t1 = store %t[1], 2.0\n  %t2 = acc %t1[1], %x\n  %r = load %t2[1]\n" TAIL, OP_acc, 0},
    {"a zero and what is added to it: no sum",
     HEAD "  %t1 = store %t[1], 0.0\n  %t2 = acc %t1[1], %x\n  %r = load %t2[1]\n" TAIL, OP_add, 0},
    {"what is added and then overwritten",
     HEAD "  %t1 = acc %t[1], 2.0\n  %t2 = store %t1[1], %x\n  %r = load %t2[%n]\n" TAIL, OP_acc, 0},
    {"added twice", HEAD "  %t1 = acc %t[1], 2.0\n  %t2 = acc %t1[1], %x\n  %r = load %t2[%n]\n" TAIL, OP_acc, 2},
    {"a view is read in between",
     HEAD "  %t1 = store %t[1], 2.0\n  %s = slice %t1[0 : 2]\n  %q = load %s[1]\n  %t2 = store %t1[1], %x\n"
          "  %v = load %t2[1]\n"
          "  %r = add %v, %q\n" TAIL,
     OP_store, 2},
    {"a copy is made in between",
     HEAD "  %t1 = store %t[1], 2.0\n  %s = copy %t1\n  %q = load %s[1]\n  %t2 = store %t1[1], %x\n  %v = load %t2[1]\n"
          "  %r = add %v, %q\n" TAIL,
     OP_store, 2},
    {"not across a branch",
     HEAD "  %c = igt %n, 2\n  %t1 = store %t[1], 2.0\n  %t4 = if %c (%t2 = %t1) {\n    %t3 = store %t2[1], %x\n"
          "    yield %t3 } else (%t5) {\n"
          "    yield %t5 }\n  %r = load %t4[1]\n" TAIL,
     OP_store, 2},
    {"a matrix: one row, another column",
     "func @f(%n: int, %x: real) -> (real) {\n  %t = new real[3, 3] zero\n"
     "  %t1 = store %t[1, 2], 2.0\n  %t2 = store %t1[1, 1], 4.0\n  %t3 = store %t2[1, 2], %x\n"
     "  %p = load %t3[1, 2]\n  %q = load %t3[1, 1]\n  %r = add %p, %q\n  yield %r }\n",
     OP_store, 2},
    // ---- a write that nobody sees ----
    {"the last write to a local array", HEAD "  %v = load %t[1]\n  %t1 = store %t[1], %x\n  %r = add %v, %x\n" TAIL,
     OP_store, 0},
    {"the last write to an inout array is the caller's",
     "func @f(%n: int, %x: real, %a: real[1] inout) -> (real[1]) {\n  %k = imax %n, 1\n  %a1 = shape %a, %n\n"
     "  %c = igt %n, 0\n  %a4 = if %c (%a2 = %a1) {\n    %a3 = store %a2[0], %x\n    yield %a3 } else (%a5) {\n"
     "    yield %a5 }\n"
     "  yield %a4 }\n",
     OP_store, 1},
    {"own elements, cleared on the way",
     HEAD "  %t3, %s3, %T = loop %i = 0 to %n step 1 (%t1 = %t, %s1 = %x) {\n"
          "    %v = load %t1[%i]\n    %t2 = store %t1[%i], 0.0\n    %s2 = add %s1, %v\n    yield %t2, %s2 }\n"
          "  %r = mul %s3, 2.0\n" TAIL,
     OP_store, 0},
    {"cleared on the way, and read afterwards",
     HEAD "  %t3, %s3, %T = loop %i = 0 to %n step 1 (%t1 = %t, %s1 = %x) {\n"
          "    %v = load %t1[%i]\n    %t2 = store %t1[%i], 1.0\n    %s2 = add %s1, %v\n    yield %t2, %s2 }\n"
          "  %q = load %t3[0]\n  %r = mul %s3, %q\n" TAIL,
     OP_store, 1},
    {"the next trip reads it",
     HEAD "  %t3, %s3, %T = loop %i = 0 to %n step 1 (%t1 = %t, %s1 = %x) {\n"
          "    %j = iadd %i, 1\n    %v = load %t1[%i]\n    %t2 = store %t1[%j], %s1\n    %s2 = add %s1, %v\n"
          "    yield %t2, %s2 }\n"
          "  %r = mul %s3, 2.0\n" TAIL,
     OP_store, 1},
    {"a trip may read what another wrote",
     HEAD "  %t3, %s3, %T = loop %i = 0 to %n step 1 (%t1 = %t, %s1 = %x) {\n"
          "    %j = idiv %i, 2\n    %v = load %t1[%j]\n    %t2 = store %t1[%i], %s1\n    %s2 = add %s1, %v\n"
          "    yield %t2, %s2 }\n"
          "  %r = mul %s3, 2.0\n" TAIL,
     OP_store, 1},
    {"a fixed element: the next trip reads it",
     HEAD "  %t3, %s3, %T = loop %i = 0 to %n step 1 (%t1 = %t, %s1 = %x) {\n"
          "    %v = load %t1[0]\n    %t2 = store %t1[0], %s1\n    %s2 = add %s1, %v\n    yield %t2, %s2 }\n"
          "  %r = mul %s3, 2.0\n" TAIL,
     OP_store, 1},
    {"a sum over the whole array inside the loop",
     HEAD "  %t3, %s3, %T = loop %i = 0 to %n step 1 (%t1 = %t, %s1 = %x) {\n"
          "    %s5, %T2 = loop %j = 0 to %n step 1 (%s4 = %s1) {\n      %v = load %t1[%j]\n      %s6 = add %s4, %v\n"
          "      yield %s6 }\n"
          "    %t2 = store %t1[%i], %s5\n    yield %t2, %s5 }\n"
          "  %r = mul %s3, 2.0\n" TAIL,
     OP_store, 1},
    {"a loop in a loop: the outer one comes back to the element",
     HEAD "  %t4, %s4, %T = loop %j = 0 to 2 step 1 (%t5 = %t, %s5 = %x) {\n"
          "    %t3, %s3, %T2 = loop %i = 0 to %n step 1 (%t1 = %t5, %s1 = %s5) {\n"
          "      %v = load %t1[%i]\n      %t2 = store %t1[%i], %s1\n      %s2 = add %s1, %v\n      yield %t2, %s2 }\n"
          "    yield %t3, %s3 }\n"
          "  %r = mul %s4, 2.0\n" TAIL,
     OP_store, 1},
    {"seen by a call",
     "func @g(%n: int, %a: real[1]) -> (real) noinline {\n  %a1 = shape %a, 3\n  %r = load %a1[1]\n  yield %r }\n"
     "func @f(%n: int, %x: real) -> (real) {\n  %t = new real[3] zero\n"
     "  %t1 = store %t[1], 2.0\n  %q = call @g(%n, %t1)\n  %t2 = store %t1[1], %x\n  %v = load %t2[1]\n"
     "  %r = add %v, %q\n"
     "  yield %r }\n",
     OP_store, 2},
    {"seen by a row that is written within",
     "func @f(%n: int, %x: real) -> (real) {\n  %t = new real[2, 2] zero\n  %t1 = store %t[1, 1], %x\n"
     "  %t2, %s = within %t1 (%r = [1]) {\n    %v = load %r[1]\n    %r1 = store %r[0], %v\n    yield %r1, %v }\n"
     "  %q = load %t2[1, 0]\n  %p = add %q, %s\n  yield %p }\n",
     OP_store, 2},
    // ---- copies ----
    {"a copy of what nobody changes",
     HEAD "  %t1 = store %t[1], %x\n  %s = copy %t1\n  %v = load %s[1]\n  %q = load %t1[1]\n"
          "  %r = add %v, %q\n" TAIL,
     OP_copy, 0},
    {"a copy that is changed",
     HEAD "  %t1 = store %t[1], %x\n  %s = copy %t1\n  %s1 = store %s[1], 2.0\n  %v = load %s1[1]\n  %q = load %t1[1]\n"
          "  %r = add %v, %q\n" TAIL,
     OP_copy, 1},
    {"a copy of what is changed afterwards",
     HEAD "  %t1 = store %t[1], %x\n  %s = copy %t1\n  %t2 = store %t1[1], 2.0\n  %v = load %s[1]\n  %q = load %t2[1]\n"
          "  %r = add %v, %q\n" TAIL,
     OP_copy, 1},
    {"a copy of a parameter that goes back to the caller",
     HEAD
     "  %s = copy %a1\n  %c = igt %n, 0\n  %v = if %c {\n    %q = load %s[0]\n    yield %q } else {\n    yield 0.0 }\n"
     "  %r = add %v, 1.0\n" TAIL,
     OP_copy, 1},
    {"a copy of a row of what is changed afterwards",
     "func @f(%n: int, %x: real) -> (real) {\n  %t = new real[2, 2] zero\n  %t1 = store %t[1, 1], %x\n"
     "  %w = slice %t1[1]\n  %s = copy %w\n"
     "  %t2 = store %t1[1, 1], 2.0\n  %v = load %s[1]\n  %q = load %t2[1, 1]\n  %r = add %v, %q\n"
     "  yield %r }\n",
     OP_copy, 1},
    {"a copy of a row of what stays",
     "func @f(%n: int, %x: real) -> (real) {\n  %t = new real[2, 2] zero\n  %t1 = store %t[1, 1], %x\n"
     "  %w = slice %t1[1]\n  %s = copy %w\n"
     "  %v = load %s[1]\n  %q = load %t1[1, 1]\n  %r = add %v, %q\n  yield %r }\n",
     OP_copy, 0},
    {"the header's: cleared in a copy of an adjoint",
     "func @f(%n: int, %y_bar: real[1]) -> (real) {\n  %y = shape %y_bar, %n\n  %y2 = copy %y\n"
     "  %y5, %s3, %T = loop %i = 0 to %n step 1 (%y3 = %y2, %s1 = 0.0) {\n"
     "    %v = load %y3[%i]\n    %s2 = add %s1, %v\n    %y4 = store %y3[%i], 0.0\n    yield %y4, %s2 }\n"
     "  yield %s3 }\n",
     OP_store, 0},
};

static void stores_then_dce(Func *f)
{
    opt_stores(f);
    char *wrong = ir_verify_func(f->module->arena, f);
    if (wrong)
        ck_abort_msg("after opt_stores: %s", wrong);
    opt_dce(f);
}

START_TEST(test_case)
{
    const Case *c = &cases[_i];
    Arena *a = arena_new();
    Module *m = pass_check(a, c->text, stores_then_dce, NULL);
    int left = pass_count(func_by_name(m, "f"), c->code);
    Text t = text_in(a);
    ir_print(&t, m);
    ck_assert_msg(left == c->left, "%s: %d ops left, not %d\n%s", c->name, left, c->left, t.at);
    arena_free(a);
}
END_TEST

// A thousand writes to one array, and a loop of loops: nothing is looked at again for each.
START_TEST(many)
{
    enum { N = 3000 };
    Arena *a = arena_new();
    Text t = text_in(a);
    text_put(&t, "func @f(%n: int, %x: real) -> (real) {\n  %t0 = new real[4000] zero\n");
    for (int i = 0; i < N; i++)
        text_printf(&t, "  %%t%d = store %%t%d[%d], %%x\n", i + 1, i, i % 7 ? i : 0);
    text_printf(&t, "  %%r = load %%t%d[%%n]\n  yield %%r }\n", N);
    pass_check(a, t.at, opt_stores, NULL);
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("stores");
    tcase_add_loop_test(t, test_case, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_test(t, many);
    return run_tests("stores", t);
}
