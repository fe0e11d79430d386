// test_induction.c — opt_induction.c: which ints a loop need not carry.
//
// In: the table `cases` of IR text. Each is run through the pass and compared with itself before in the interpreter; then the ints that loops carry
// are counted.
#include "opt.h"

#include "passcheck.h"

#include <check.h>

typedef struct Case {
    const char *name, *text;
    int carried;
} Case;

#define HEAD "func @f(%n: int, %m: int) -> (int) {\n"

static const Case cases[] = {
    {"raised by a constant",
     HEAD "  %s, %k, %T = loop %i = 0 to %n step 1 (%a = 0, %b = 5) {\n    %c = iadd %b, 3\n    %p = imul %b, %i\n    %d = ixor %a, %p\n"
          "    yield %d, %c }\n  %z = ixor %s, %k\n  yield %z }\n",
     1},
    {"lowered by what is known before, downwards",
     HEAD "  %s, %k, %T = loop %i = %n to %m step -1 (%a = 0, %b = 5) {\n    %c = isub %b, %m\n    %p = imul %b, %i\n    %d = ixor %a, %p\n"
          "    yield %d, %c }\n  %z = ixor %s, %k\n  yield %z }\n",
     1},
    {"the header's: by a loop inside",
     HEAD "  %s, %k, %T = loop %i = 0 to %n step 1 (%a = 0, %b = 0) {\n    %j0 = iadd %i, 1\n"
          "    %s2, %k2, %T2 = loop %j = %j0 to %n step 1 (%a2 = %a, %b2 = %b) {\n      %c = iadd 1, %b2\n      %d = ixor %a2, %b2\n"
          "      yield %d, %c }\n    yield %s2, %k2 }\n  %z = ixor %s, %k\n  yield %z }\n",
     3},
    {"by a loop inside that always runs as often",
     HEAD "  %s, %k, %T = loop %i = 0 to %n step 1 (%a = 0, %b = 0) {\n"
          "    %s2, %k2, %T2 = loop %j = 0 to 4 step 1 (%a2 = %a, %b2 = %b) {\n      %c = iadd 1, %b2\n      %d = ixor %a2, %b2\n"
          "      yield %d, %c }\n    yield %s2, %k2 }\n  %z = ixor %s, %k\n  yield %z }\n",
     2},
    {"by more each time",
     HEAD "  %s, %k, %T = loop %i = 0 to %n step 1 (%a = 0, %b = 5) {\n    %c = iadd %b, %i\n    %d = ixor %a, %b\n    yield %d, %c }\n"
          "  %z = ixor %s, %k\n  yield %z }\n",
     2},
    {"with an exit",
     HEAD "  %s, %k, %T = loop %i = 0 to %n step 1 exit (%a = 0, %b = 5) {\n    %c = iadd %b, 1\n    %d = ixor %a, %b\n    %e = igt %d, %m\n"
          "    yield %e, %d, %c }\n  %z = ixor %s, %k\n  yield %z }\n",
     2},
    {"step 2",
     HEAD "  %s, %k, %T = loop %i = 0 to %n step 2 (%a = 0, %b = 5) {\n    %c = iadd %b, 1\n    %d = ixor %a, %b\n    yield %d, %c }\n"
          "  %z = ixor %s, %k\n  yield %z }\n",
     2},
    {"never run", HEAD "  %s, %k, %T = loop %i = 3 to 1 step 1 (%a = 0, %b = 5) {\n    %c = iadd %b, 1\n    %d = ixor %a, %b\n    yield %d, %c }\n"
                       "  %z = ixor %s, %k\n  yield %z }\n",
     1},
};

static int carried_ints(const Region *r)
{
    int n = 0;
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; op->code == OP_loop && k < loop_n_carried(op); k++)
            n += type_eq(loop_arg(op, k)->type, T_INT);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                n += carried_ints(op->regions[k]);
    }
    return n;
}

START_TEST(test_case)
{
    const Case *c = &cases[_i];
    Arena *a = arena_new();
    Module *m = pass_check(a, c->text, opt_induction, NULL);
    int carried = carried_ints(func_by_name(m, "f")->body);
    Text t = text_in(a);
    ir_print(&t, m);
    ck_assert_msg(carried == c->carried, "%s: %d, not %d\n%s", c->name, carried, c->carried, t.at);
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("induction");
    tcase_add_loop_test(t, test_case, 0, (int)(sizeof cases / sizeof *cases));
    return run_tests("induction", t);
}
