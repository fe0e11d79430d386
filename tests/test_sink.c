// test_sink.c — opt_sink.c: which scalar computations move into the branch that uses them.
//
// In: the table `cases` of IR text. Each is run through the pass and compared with itself before in the interpreter;
// then the branches are counted that are around ops of one kind.
#include "opt.h"

#include "passcheck.h"

#include <check.h>

typedef struct Case {
    const char *name, *text;
    OpCode code;
    int around; // ifs around such ops, summed over the ops
} Case;

#define HEAD "func @f(%n: int, %b: bool, %x: real) -> (real) {\n"

static const Case cases[] = {
    {"the header's", HEAD "  %t = exp %x\n  %r = if %b {\n    yield %t } else {\n    yield 0.0 }\n  yield %r }\n",
     OP_exp, 1},
    {"used in the other arm",
     HEAD "  %t = exp %x\n  %r = if %b {\n    yield 0.0 } else {\n    %s = sin %t\n    yield %s }\n"
          "  yield %r }\n",
     OP_exp, 1},
    {"used in both arms",
     HEAD "  %t = exp %x\n  %r = if %b {\n    yield %t } else {\n    %s = sin %t\n    yield %s }\n"
          "  yield %r }\n",
     OP_exp, 0},
    {"used in an arm and afterwards",
     HEAD "  %t = exp %x\n  %r = if %b {\n    yield %t } else {\n    yield 0.0 }\n  %q = add %r, %t\n"
          "  yield %q }\n",
     OP_exp, 0},
    {"used in an arm and returned",
     "func @f(%n: int, %b: bool, %x: real, %o: real out) -> (real, real) {\n"
     "  %t = exp %x\n  %r = if %b {\n    yield %t } else {\n    yield 0.0 }\n  yield %t, %r }\n",
     OP_exp, 0},
    {"used in an arm and by something that is not",
     HEAD "  %t = exp %x\n  %u = sin %t\n  %r = if %b {\n    yield %t } else {\n    yield %u }\n"
          "  yield %r }\n",
     OP_exp, 0},
    {"used in the same arm of two branches",
     HEAD "  %t = exp %x\n  %r = if %b {\n    yield %t } else {\n    yield 0.0 }\n"
          "  %q = if %b {\n    yield %t } else {\n    yield 1.0 }\n  %s = add %r, %q\n  yield %s }\n",
     OP_exp, 0},
    {"the condition",
     HEAD "  %t = exp %x\n  %c = gt %t, 1.0\n  %r = if %c {\n    yield %x } else {\n    yield 0.0 }\n"
          "  yield %r }\n",
     OP_exp, 0},
    {"a chain goes as a whole",
     HEAD "  %t = exp %x\n  %u = exp %t\n  %v = exp %u\n  %w = mul %t, %v\n  %r = if %b {\n    yield %w } else {\n"
          "    yield 0.0 }\n  yield %r }\n",
     OP_exp, 3},
    {"part of a chain",
     HEAD "  %t = exp %x\n  %u = exp %t\n  %r = if %b {\n    yield %u } else {\n    yield %t }\n"
          "  yield %r }\n",
     OP_exp, 1},
    {"into an arm of an arm",
     HEAD
     "  %t = exp %x\n  %c = igt %n, 1\n  %r = if %b {\n    %q = if %c {\n      yield %t } else {\n      yield 2.0 }\n"
     "    yield %q } else {\n"
     "    yield 0.0 }\n  yield %r }\n",
     OP_exp, 2},
    {"not into a loop",
     HEAD "  %t = exp %x\n  %r, %T = loop %i = 0 to %n step 1 (%s = 0.0) {\n    %s1 = add %s, %t\n    yield %s1 }\n"
          "  yield %r }\n",
     OP_exp, 0},
    {"into a branch, in front of a loop that uses it",
     HEAD "  %t = exp %x\n  %r = if %b {\n    %q, %T = loop %i = 0 to %n step 1 (%s = 0.0) {\n      %s1 = add %s, %t\n"
          "      yield %s1 }\n"
          "    yield %q } else {\n    yield 0.0 }\n  yield %r }\n",
     OP_exp, 1},
    {"from a loop's body into its branch, not out of the loop",
     HEAD "  %t = exp %x\n  %r, %T = loop %i = 0 to %n step 1 (%s = 0.0) {\n    %e = exp %s\n"
          "    %s1 = if %b {\n      %m = mul %e, %t\n      yield %m } else {\n      yield %s }\n    yield %s1 }\n"
          "  yield %r }\n",
     OP_exp, 1},
    {"a load stays: the array may be written",
     "func @f(%n: int, %b: bool, %x: real) -> (real) {\n"
     "  %a = new real[2] zero\n  %a1 = fill %a, %x\n"
     "  %t = load %a1[1]\n  %a2 = store %a1[1], 7.0\n"
     "  %r = if %b {\n    yield %t } else {\n    yield 0.0 }\n  %q = load %a2[1]\n  %s = add %r, %q\n"
     "  yield %s }\n",
     OP_load, 0},
    {"handed to a call in an arm",
     "func @g(%x: real) -> (real) noinline {\n  %y = sin %x\n  yield %y }\n" HEAD
     "  %t = exp %x\n  %r = if %b {\n    %q = call @g(%t)\n    yield %q } else {\n    yield 0.0 }\n"
     "  yield %r }\n",
     OP_exp, 1},
};

static int count_around(const Region *r, OpCode code, int depth)
{
    int n = 0;
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        n += op->code == code ? depth : 0;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                n += count_around(op->regions[k], code, depth + (op->code == OP_if));
    }
    return n;
}

START_TEST(test_case)
{
    const Case *c = &cases[_i];
    Arena *a = arena_new();
    Module *m = pass_check(a, c->text, opt_sink, NULL);
    const Func *f = func_by_name(m, "f");
    int around = count_around(f->body, c->code, 0);
    Text t = text_in(a);
    ir_print(&t, m);
    ck_assert_msg(around == c->around, "%s: %d, not %d\n%s", c->name, around, c->around, t.at);
    ck_assert_int_eq(pass_count(f, c->code), pass_count(func_by_name(pass_parse(a, c->text), "f"), c->code));
    arena_free(a);
}
END_TEST

// What sinks together keeps its order, in front of what was there.
START_TEST(in_order)
{
    Arena *a = arena_new();
    Module *m = pass_check(a, cases[8].text, opt_sink, NULL);
    const Func *f = func_by_name(m, "f");
    const Region *then = f->body->ops.at[f->body->ops.n - 1]->regions[0];
    static const OpCode want[] = {OP_exp, OP_exp, OP_exp, OP_mul};
    ck_assert_int_eq(then->ops.n, 4);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(then->ops.at[i]->code, want[i]);
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("sink");
    tcase_add_loop_test(t, test_case, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_test(t, in_order);
    return run_tests("sink", t);
}
