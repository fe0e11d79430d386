// test_accs.c — opt_accs.c: additions to elements are sorted by rows, where they surely are different elements.
//
// In: the table `cases` of IR text. Each is run through the pass and compared with itself before in the interpreter, bit
// for bit; then the constants of the last indices are read off in the order of the additions.
#include "opt.h"

#include "passcheck.h"

#include <check.h>
#include <string.h>

typedef struct Case {
    const char *name, *text, *order;
} Case;

#define HEAD "func @f(%n: int, %x: real, %y: real) -> (real) {\n  %A = new real[9, 3] zero\n  %j = iadd %n, 1\n"
#define TAKE "  %s = load %Z[%n, 1]\n  %t = load %Z[%j, 2]\n  %u = sub %s, %t\n  yield %u }\n"

static const Case cases[] = {
    {"downwards, two rows in turn",
     HEAD "  %B = acc %A[%j, 2], %x\n  %C = acc %B[%n, 2], %x\n  %D = acc %C[%j, 1], %y\n  %E = acc %D[%n, 1], %y\n"
          "  %F = acc %E[%j, 0], %x\n  %Z = acc %F[%n, 0], %y\n" TAKE,
     "012012"},
    {"sorted already", HEAD "  %B = acc %A[%n, 0], %x\n  %C = acc %B[%n, 1], %x\n  %Z = acc %C[%n, 2], %y\n" TAKE, "012"},
    {"one row", HEAD "  %B = acc %A[%n, 2], %x\n  %C = acc %B[%n, 1], %x\n  %Z = acc %C[%n, 0], %y\n" TAKE, "012"},
    {"two are too few to matter", HEAD "  %B = acc %A[%n, 2], %x\n  %Z = acc %B[%n, 1], %x\n" TAKE, "21"},
    {"rows that may be one",
     HEAD "  %k = imod %n, 2\n  %B = acc %A[%n, 2], %x\n  %C = acc %B[%k, 2], %y\n  %D = acc %C[%n, 1], %y\n"
          "  %Z = acc %D[%k, 1], %x\n" TAKE,
     "2211"},
    {"one element twice", HEAD "  %B = acc %A[%n, 2], %x\n  %C = acc %B[%n, 1], %y\n  %Z = acc %C[%n, 2], %y\n" TAKE, "212"},
    {"looked at in between",
     HEAD "  %B = acc %A[%n, 2], %x\n  %l = load %B[%n, 2]\n  %C = acc %B[%n, 1], %l\n  %Z = acc %C[%n, 0], %y\n" TAKE, "210"},
    {"what is added is computed in between",
     HEAD "  %B = acc %A[%n, 2], %x\n  %p = mul %x, %y\n  %C = acc %B[%n, 1], %p\n  %q = mul %p, %y\n"
          "  %Z = acc %C[%n, 0], %q\n" TAKE,
     "012"},
    {"in a loop",
     HEAD "  %Z, %T = loop %i = 0 to %n step 1 (%B = %A) {\n    %m = iadd %i, 1\n    %C = acc %B[%m, 1], %x\n"
          "    %D = acc %C[%i, 1], %y\n    %E = acc %D[%m, 0], %y\n    %F = acc %E[%i, 0], %x\n    yield %F }\n" TAKE,
     "0101"},
};

static void read_off(const Region *r, char *order)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        int64_t c;
        if (op->code == OP_acc && ir_is_int_const(op->in[op->n_in - 2], &c))
            order[strlen(order)] = (char)('0' + c);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                read_off(op->regions[k], order);
    }
}

START_TEST(test_case)
{
    const Case *c = &cases[_i];
    Arena *a = arena_new();
    Module *m = pass_check(a, c->text, opt_accs, NULL);
    char order[32] = "";
    read_off(func_by_name(m, "f")->body, order);
    Text t = text_in(a);
    ir_print(&t, m);
    ck_assert_msg(strcmp(order, c->order) == 0, "%s: %s, not %s\n%s", c->name, order, c->order, t.at);
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("accs");
    tcase_add_loop_test(t, test_case, 0, (int)(sizeof cases / sizeof *cases));
    return run_tests("accs", t);
}
