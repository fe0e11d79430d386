// test_exits.c — exits.c: which bools of a loop's body are true on its last trip at most, and the results that carry
// them out.
//
// In: the table `cases` of IR text with a loop that has an exit, and the names of the flags expected, in order.
// exits_carry must add one result for
// each, whose value is that of the flag on the last trip, and change nothing else: the interpreter runs f before and
// after.
#include "keep.h"

#include "passcheck.h"

#include <check.h>
#include <string.h>

typedef struct Case {
    const char *name, *text;
    const char *flags; // "a b": in the order found
} Case;

#define HEAD "func @f(%n: int, %x: real, %w: real[1]) -> (real) {\n  %w1 = shape %w, %n\n"
#define COUNTED                                                                                                        \
    HEAD "  %r, %T = loop %i = 0 to %n step 1 exit (%s = %x) {\n"                                                      \
         "    %v = load %w1[%i]\n    %t = add %s, %v\n"
#define END "  yield %r }\n"

static const Case cases[] = {
    {"the exit itself", COUNTED "    %e = gt %t, 1.0\n    yield %e, %t }\n" END, "e"},
    {"either of two", COUNTED "    %a = gt %t, 1.0\n    %b = lt %t, -0.5\n    %e = or %a, %b\n    yield %e, %t }\n" END,
     "e a b"},
    {"both of two: neither implies it",
     COUNTED "    %a = gt %t, 0.2\n    %b = lt %t, 1.5\n    %e = and %a, %b\n    yield %e, %t }\n" END, "e"},
    {"one of three",
     COUNTED "    %a = gt %t, 1.0\n    %b = lt %t, -0.5\n    %c = igt %i, 4\n    %d = or %a, %b\n    %e = or %d, %c\n"
             "    yield %e, %t }\n" END,
     "e d c a b"},
    {"not", COUNTED "    %a = lt %t, 1.0\n    %e = not %a\n    yield %e, %t }\n" END, "e"},
    {"a branch that exits on its condition",
     COUNTED "    %a = gt %t, 1.0\n    %e, %u = if %a {\n      yield true, %t } else {\n      %q = sin %t\n"
             "      %b = lt %q, -0.5\n      yield %b, %q }\n"
             "    yield %e, %u }\n" END,
     "e a"},
    {"a branch that yields its condition",
     COUNTED "    %a = gt %t, 1.0\n    %e, %u = if %a {\n      yield %a, %t } else {\n      yield false, %s }\n"
             "    yield %e, %u }\n" END,
     "e a"},
    {"a branch that exits on the other arm",
     COUNTED "    %a = lt %t, 1.0\n    %e, %u = if %a {\n      yield false, %t } else {\n      yield true, %s }\n"
             "    yield %e, %u }\n" END,
     "e"},
    {"a branch with another result that is true",
     COUNTED "    %a = gt %t, 1.0\n    %b = gt %t, 0.5\n    %d, %e = if %b {\n      yield true, %a } else {\n"
             "      yield false, false }\n"
             "    %u = if %d {\n      yield %t } else {\n      yield %s }\n    yield %e, %u }\n" END,
     "e"},
    {"a flag of a branch that is or'ed in",
     COUNTED "    %a = gt %t, 1.0\n    %d, %u = if %a {\n      yield true, %t } else {\n      yield false, %s }\n"
             "    %b = lt %t, -0.5\n    %e = or %d, %b\n    yield %e, %u }\n" END,
     "e d b a"},
    {"made outside of the loop",
     HEAD "  %o = gt %x, 0.5\n  %r, %T = loop %i = 0 to %n step 1 exit (%s = %x) {\n"
          "    %v = load %w1[%i]\n    %t = add %s, %v\n"
          "    %a = gt %t, 1.0\n    %e = or %o, %a\n    yield %e, %t }\n" END,
     "e a"},
    {"a constant", COUNTED "    %e = const_bool true\n    yield %e, %t }\n" END, ""},
    {"a while loop",
     HEAD
     "  %r, %T = loop exit (%s = %x) while (%h) {\n    %c = lt %h, 5.0\n    yield %c } do {\n    %t = add %s, 1.0\n"
     "    %e = gt %t, 3.0\n"
     "    yield %e, %t }\n" END,
     "e"},
    {"no exit, and a bool that is carried",
     HEAD
     "  %d, %r, %T = loop %i = 0 to %n step 1 (%d1 = false, %s = %x) {\n    %v = load %w1[%i]\n    %a = gt %v, 0.0\n"
     "    %u = if %d1 {\n      yield %v } else {\n      yield %s }\n    yield %a, %u }\n" END,
     NULL},
};

static const Op *first_loop(const Module *m)
{
    const Region *r = func_by_name(m, "f")->body;
    int i = 0;
    while (r->ops.at[i]->code != OP_loop)
        i++;
    return r->ops.at[i];
}

START_TEST(flags)
{
    const Case *c = &cases[_i];
    Arena *a = arena_new();
    Module *m = pass_parse(a, c->text);
    ValueList list = {0};
    exit_flags(a, first_loop(m), &list);
    Text t = text_in(a);
    for (int i = 0; i < list.n; i++)
        text_printf(&t, "%s%s", i ? " " : "", list.at[i]->name);
    if (strcmp(t.at, c->flags ? c->flags : "") != 0)
        ck_abort_msg("%s: flags are \"%s\", not \"%s\"", c->name, t.at, c->flags);
    arena_free(a);
}
END_TEST

START_TEST(carried)
{
    const Case *c = &cases[_i];
    Arena *a = arena_new();
    int before = first_loop(pass_parse(a, c->text))->n_out;
    const Op *loop = first_loop(pass_check(a, c->text, exits_carry, NULL));
    ValueList list = {0};
    exit_flags(a, loop, &list);
    ck_assert_int_eq(loop->n_out, before + list.n);
    ck_assert_int_eq(loop_n_carried(loop) + 1, loop->n_out);
    ck_assert(type_eq(loop_trips(loop)->type, T_INT));
    for (int i = 0; i < list.n; i++) {
        int k = before - 1 + i;
        int64_t start;
        ck_assert(ir_is_int_const(loop->in[loop_first_init(loop) + k], &start) && start == 0);
        ck_assert_ptr_eq(loop_yield(loop, k), list.at[i]);
        ck_assert(type_eq(loop->out[k]->type, T_BOOL));
        ck_assert_ptr_eq(loop->out[k]->def, loop);
        ck_assert_int_eq(loop->out[k]->index, k);
    }
    arena_free(a);
}
END_TEST

// The result is the flag's value on the last trip: whether the sum went past the limit, or the elements ran out.
START_TEST(last_values)
{
    Arena *a = arena_new();
    Module *m = pass_parse(
        a, "func @f(%n: int, %x: real) -> (real) {\n"
           "  %r, %T = loop %i = 0 to %n step 1 exit (%s = 0.0) {\n    %t = add %s, %x\n    %a = gt %t, 2.5\n"
           "    %b = lt %t, -2.5\n"
           "    %e = or %a, %b\n    yield %e, %t }\n  yield %r }\n");
    Func *f = func_by_name(m, "f");
    exits_carry(f);
    const Op *loop = first_loop(m); // results: r, e, a, b, trips
    Builder b = builder_at(f, f->body, false);
    Value *sum = b_int(&b, 0);
    for (int k = 1; k <= 3; k++)
        sum = b_2(&b, OP_iadd, sum, b_3(&b, OP_isel, loop->out[k], b_int(&b, 1 << k), b_int(&b, 0)));
    f->body->yields.at[0] = b_1(&b, OP_itor, sum);
    ck_assert_ptr_null(ir_verify(a, m));
    static const struct {
        int n;
        double x;
        int want;
    } rows[] = {
        {0, 1, 0}, {2, 1, 0}, {3, 1, 2 + 4}, {5, 1, 2 + 4}, {3, -1, 2 + 8}, {1, 7, 2 + 4}, {9, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Interp *in = interp_new(a);
        IVal args[] = {iv_int(rows[i].n), iv_real(rows[i].x)}, result;
        ck_assert_msg(interp_call(in, f, args, &result), "%s", in->error);
        ck_assert_int_eq((int)result.r, rows[i].want);
    }
    arena_free(a);
}
END_TEST

START_TEST(nested) // each loop its own
{
    Arena *a = arena_new();
    Module *m = pass_check(
        a,
        HEAD "  %r, %T = loop %i = 0 to %n step 1 exit (%s = %x) {\n"
             "    %u, %T2 = loop %j = 0 to %n step 1 exit (%t = %s) {\n      %v = load %w1[%j]\n      %p = add %t, %v\n"
             "      %g = gt %p, 0.7\n"
             "      yield %g, %p }\n"
             "    %e = gt %u, 2.0\n    yield %e, %u }\n" END,
        exits_carry, NULL);
    const Op *outer = first_loop(m), *inner = NULL;
    for (int i = 0; i < outer->regions[0]->ops.n; i++)
        if (outer->regions[0]->ops.at[i]->code == OP_loop)
            inner = outer->regions[0]->ops.at[i];
    ck_assert_int_eq(outer->n_out, 3);
    ck_assert_int_eq(inner->n_out, 3);
    arena_free(a);
}
END_TEST

int main(void)
{
    enum { N = sizeof cases / sizeof *cases };
    Suite *s = suite_create("exits");
    TCase *t = tcase_create("exits");
    tcase_add_loop_test(t, flags, 0, N);
    tcase_add_loop_test(t, carried, 0, N);
    tcase_add_test(t, last_values);
    tcase_add_test(t, nested);
    suite_add_tcase(s, t);
    return run_suite(s);
}
