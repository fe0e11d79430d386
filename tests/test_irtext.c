// test_irtext.c — text -> IR -> text is the identity; bad text gets a located error and never a crash.
#include "suite.h"

#include <check.h>
#include <string.h>

#include "irtext.h"

static Arena *arena;

static void setup(void)
{
    arena = arena_new();
}

static void teardown(void)
{
    arena_free(arena);
}

static Module *parse(const char *text)
{
    char *error;
    Module *m = ir_parse(arena, "t.ir", text, &error);
    ck_assert_msg(m != NULL, "%s", error);
    return m;
}

static const char *print(const Module *m)
{
    Text t = text_in(arena);
    ir_print(&t, m);
    return t.at;
}

// Text with all numbers given, as ir_print writes it.
static const char *const printed[] = {
    "func @f() -> () {\n}\n",

    "func @returns(%n.0: int, %x.1: real[1] \"[n]\", %result.2: real[1] out returned \"[n]\") -> (real[1]) {\n"
    "    %3 = shape %x.1, %n.0\n"
    "    %4 = shape %result.2, %n.0\n"
    "    %5 = copy_to %4, %3\n"
    "    yield %5\n"
    "}\n",

    "func @puts(%x.0: real) -> (real) {\n"
    "    %1 = buf_new real\n"
    "    %2 = put %1, %x.0, %x.0, %x.0, %x.0, %x.0, %x.0, %x.0, %x.0, %x.0, %x.0, %x.0, %x.0\n"
    "    %3 = freeze %2\n"
    "    %4 = const_int 11\n"
    "    %5 = const_pos 0\n"
    "    %6 = padd %5, %4\n"
    "    %7 = load %3[%6]\n"
    "    yield %7\n"
    "}\n",

    "module \"dir/a b\\\\.ad\"\n"
    "array @w: real[2][2] = [1.0, 0.5 \"5e-1\", -INFINITY, NAN]\n"
    "array @k: int[3] = [1, -2, 2147483647]\n"
    "array @e: bool[0] = []\n"
    "\n"
    "func @f() -> (real) @3 {\n"
    "    %w.0 = const_array @w @3\n"
    "    %2 = const_int 1 @3:7\n"
    "    %v.1 = load %w.0[%2, %2] @\"lib.ad\":12\n"
    "    yield %v.1\n"
    "}\n",

    "extern func @g(%x: real) -> (real) source \"g\" vjp @g_rule jvp @h @2:1\n"
    "\n"
    "imported static func @g_rule(%x.0: real, %result_bar.1: real bar of -1, %x_bar.2: real inout bar of 0) "
    "-> (real, real) "
    "noinline comment \"says \\\"no\\\"\\x0a\" {\n"
    "    %3 = mul %x.0, %result_bar.1\n"
    "    yield %3, %3\n"
    "}\n"
    "\n"
    "derive @h(%x: real, %x_dot: real dot of 0, %result_dot: real out dot of -1) -> (real, real) = jvp @g wrt 0 @9\n"
    "\n"
    "derive @r_forward(%x: real) -> (real) = forward @g wrt 0 pair @r_reverse tape \"tape2\" source \"r\" @9\n"
    "\n"
    "func @r_reverse(%result_bar.0: real bar of -1, %x_bar.1: real inout bar of 0, %tape.2: real[1] tape) -> (real) "
    "= reverse @g wrt 0 pair @r_forward tape \"tape\" done {\n"
    "    yield %x_bar.1\n"
    "}\n"
    "\n"
    "func @made(%0: real as \"x\", %y.1: real[1] as \"z\" \"[3]\", %t: int out internal) -> (int) "
    "= grad @g wrt 0 done inline {\n"
    "    %5 = const_int 3\n"
    "    yield %5\n"
    "}\n",

    "func @a(%n.0: int, %A.1: real[2] inout \"[n][3]\", %b.2: buf bit inout, %z.3: bit[1]) -> (real[2], buf bit) {\n"
    "    %c.4 = const_int 3\n"
    "    %A.5 = shape %A.1, %n.0, %c.4\n"
    "    %z.6 = shape %z.3\n"
    "    %p.7 = const_pos 0\n"
    "    %t.8 = load %z.6[%p.7]\n"
    "    %b.9 = put %b.2, %t.8, %t.8\n"
    "    %A.14, %s.15 = within %A.5 (%r.10 = [%c.4], %q.11 = [%n.0, %c.4 : %n.0]) @7 {\n"
    "        %k.16 = const_real 0.5\n"
    "        %r.12 = fill %r.10, %k.16\n"
    "        yield %r.12, %q.11, %n.0\n"
    "    }\n"
    "    yield %A.14, %b.9\n"
    "}\n",

    "func @l(%n.0: int, %y.1: real[1] inout) -> (real[1], int) {\n"
    "    %y.2 = shape %y.1, %n.0\n"
    "    %3 = const_int 0\n"
    "    %y.9, %s.10, %11 = loop %i.4 = %3 to %n.0 step -2 reversed (%y.5 = %y.2, %s.6 = %3) @4 {\n"
    "        %k.8, %20 = loop exit independent checkpoint %n.0 (%k.7 = %s.6) while (%k.12) {\n"
    "            %13 = ilt %k.12, %n.0\n"
    "            yield %13\n"
    "        } do {\n"
    "            %14 = const_bool false\n"
    "            yield %14, %k.7\n"
    "        }\n"
    "        yield %y.5, %k.8\n"
    "    }\n"
    "    %15 = const_bool true\n"
    "    %y.18, %u.19 = if %15 (%y.16 = %y.9) {\n"
    "        yield %y.16, %3\n"
    "    } else (%y.17) {\n"
    "        %u.21 = undef int\n"
    "        yield %y.17, %u.21\n"
    "    }\n"
    "    %22 = if choice %15 {\n"
    "        yield %u.19\n"
    "    } else {\n"
    "        yield %3\n"
    "    }\n"
    "    if %15 {\n"
    "        check index \"out of\\x09bounds\", %15, %n.0\n"
    "    } else {\n"
    "    }\n"
    "    yield %y.18, %u.19\n"
    "}\n"
    "\n"
    "func @c(%n.0: int, %x.1: real[1] inout) -> (real[1], int) {\n"
    "    %x.2, %3 = call @l(%n.0, %x.1)\n"
    "    yield %x.2, %3\n"
    "}\n",

    "struct lens = {xy: real[2][3], id: int}\n"
    "struct cam = {rot: real[3], lens: struct lens[2], on: bool}\n"
    "\n"
    "func @s(%n.0: int, %c.1: struct cam[1] \"[n]\", %d.2: struct cam[0] inout) -> (struct cam[0]) {\n"
    "    %c.3 = shape %c.1, %n.0\n"
    "    %d.4 = shape %d.2\n"
    "    %5 = const_int 2\n"
    "    %6 = load %c.3[%n.0].lens[%n.0].xy(%5)[%n.0, %n.0]\n"
    "    %7 = const_int 1\n"
    "    %v.8 = slice %c.3[%n.0].lens(%7)\n"
    "    %w.9 = slice %c.3[%n.0].lens[%n.0].xy(%5)[%n.0, %n.0 : %n.0]\n"
    "    %10 = new struct cam[%n.0] zero\n"
    "    %d.11 = store %d.4.lens[%n.0].xy(%5)[%n.0, %n.0], %6\n"
    "    %12 = const_int 0\n"
    "    %d.16 = within %d.11 (%r.13 = .rot(%12), %x.14 = .lens(%7)[%n.0 : %n.0]) {\n"
    "        %17 = const_real 0.0\n"
    "        %x.15 = fill %x.14, %17\n"
    "        yield %r.13, %x.15\n"
    "    }\n"
    "    yield %d.16\n"
    "}\n",

    "func @orphan(%x.0: real, %x_bar.1: real inout bar of 3) -> (real) = vjp @gone wrt 0 2 done {\n"
    "    yield %x_bar.1\n"
    "}\n",

    "func @w(%n.0: int, %A.1: real[1] inout, %b.2: buf int inout) -> (real[1], buf int) {\n"
    "    %A.3 = shape %A.1, %n.0\n"
    "    %A.9, %b.10, %s.11 = within %A.3 (%r.4 = [%n.0 : %n.0], %b.5 = %b.2) {\n"
    "        %b.6 = put %b.5, %n.0\n"
    "        yield %r.4, %b.6, %n.0\n"
    "    }\n"
    "    yield %A.9, %b.10\n"
    "}\n",

    "func @t(%n.0: int) -> (real) {\n"
    "    %1 = buf_new real\n"
    "    %2 = const_real 2.5\n"
    "    %3 = put %1, %2\n"
    "    %4 = new real[%n.0, %n.0] zero\n"
    "    %5 = new int[]\n"
    "    %6 = puts %3, %4\n"
    "    %7 = freeze %6\n"
    "    %8 = len %7\n"
    "    %9 = view_at %7, %8, %n.0, %n.0\n"
    "    %10 = reshape %9, %n.0\n"
    "    %11 = slice %9[%n.0, %n.0 : %n.0]\n"
    "    %12 = copy %10\n"
    "    %13 = gemm %4, %9, %9, %n.0, %n.0, %n.0 {ta, tb}\n"
    "    %14 = gemm %13, %9, %9, %n.0, %n.0, %n.0 {tb, sub}\n"
    "    %15 = acc %12[%n.0], %2\n"
    "    %16 = within %15 (%17 = at %8 [%n.0]) {\n"
    "        %18 = copy_to %17, %10\n"
    "        %19 = add_to %18, %10\n"
    "        yield %19\n"
    "    }\n"
    "    yield %2\n"
    "}\n",

    "extern func @g(%n.0: int, %x.1: real[1] \"[2 * n]\") -> (real) noinline {\n"
    "    %2 = const_int 2\n"
    "    %3 = imul %2, %n.0\n"
    "    %x.4 = shape %x.1, %3\n"
    "}\n",

    "func @s(%n.0: int) -> (real) {\n"
    "    %1 = new real[%n.0, %n.0] zero\n"
    "    %F.2, %P.3, %4 = lu %1, %n.0\n"
    "    %5 = lu_logdet %F.2, %P.3, %n.0\n"
    "    %6 = lu_solve %1, %F.2, %P.3, %n.0, %n.0 {ta}\n"
    "    %7 = lu_solve %6, %F.2, %P.3, %n.0, %n.0\n"
    "    %L.8, %9 = cholesky %7, %n.0\n"
    "    %10 = new real[%n.0, %n.0] zero\n"
    "    %11 = lower_solve %10, %L.8, %n.0, %n.0\n"
    "    %12 = lower_solve %11, %L.8, %n.0, %n.0 {ta, right}\n"
    "    %13 = lower_solve %12, %L.8, %n.0, %n.0 {right}\n"
    "    %14 = lower %13, %n.0\n"
    "    %15 = lower %14, %n.0 {half}\n"
    "    %16 = lower %15, %n.0 {mirror}\n"
    "    %17 = lower %16, %n.0 {fold}\n"
    "    yield %5\n"
    "}\n",

    "func @F(%y.0: real, %a.1: real) -> (real) {\n"
    "    %2 = sub %y.0, %a.1\n"
    "    yield %2\n"
    "}\n"
    "\n"
    "static func @t(%y.0: real, %a.1: real, %r.2: real) -> (real) {\n"
    "    %3 = neg %r.2\n"
    "    yield %3\n"
    "}\n"
    "\n"
    "static func @s(%y.0: real, %a.1: real) -> (real) noinline solves @F for 0 tangent @t adjoint @t {\n"
    "    yield %a.1\n"
    "}\n",
};

START_TEST(round_trip)
{
    const char *text = printed[_i];
    ck_assert_str_eq(print(parse(text)), text);
}
END_TEST

START_TEST(numbers_survive)
{
    Module *m = parse(printed[6]);
    const Func *f = m->funcs.at[0];
    ck_assert_int_eq(f->n_values, 23);
    ck_assert_int_eq(f->body->ops.at[2]->out[2]->id, 11);
    ck_assert_str_eq(f->body->ops.at[2]->out[0]->name, "y");
    ck_assert_int_eq(f->body->ops.at[2]->loc.line, 4);
    ck_assert_ptr_eq(m->funcs.at[1]->body->ops.at[0]->callee, f);
}
END_TEST

START_TEST(by_hand)
{
    const char *once = print(parse("func @f(%n: int, %x: real[1] inout) -> (real[1], real) {   // no numbers\n"
                                   "  %x1 = shape %x, %n   ; constants in place\n"
                                   "  %x4 = loop %i = 0 to %n (%x2 = %x1) { %x3 = store %x2[%i], 2 yield %x3 }\n"
                                   "  if true { }\n"
                                   "  %v = load %x4[0]  %w = mul %v, 1e3\n"
                                   "  yield %x4, %w }\n"));
    ck_assert_ptr_nonnull(strstr(once, "%x4.8, %9 = loop %i.4 = %3 to %n.0 step 1 (%x2.5 = %x1.2) {"));
    ck_assert_ptr_nonnull(strstr(once, "%6 = const_real 2.0"));
    ck_assert_str_eq(print(parse(once)), once);
}
END_TEST

START_TEST(names_out_of_scope_may_come_again)
{
    parse("func @f(%n: int) { if true { %a = iadd %n, 1 } else { %a = iadd %n, 2 } }");
}
END_TEST

START_TEST(references_between_functions)
{
    Module *m = parse("derive @d(%x: real) -> (real) = jvp @f wrt 0  func @f(%x: real) -> (real) vjp @d { yield %x }");
    ck_assert_ptr_eq(m->funcs.at[0]->base, m->funcs.at[1]);
    ck_assert_ptr_eq(m->funcs.at[1]->custom_vjp, m->funcs.at[0]);
    ck_assert_int_eq(m->funcs.at[0]->body->args.n, 1);
    ck_assert(m->funcs.at[0]->wrt[0]);
}
END_TEST

START_TEST(several_directions)
{
    Module *m = parse("func @f(%k: int, %x: real) -> (real) { yield %x }"
                      "derive @a(%k: int, %x: real, %x_dot: real[1] dot of 1, %result_dot: real[1] out dot of -1) -> (real[1], real)"
                      " = jvp @f wrt 1 by 4 "
                      "derive @b(%k: int, %x: real, %x_dot: real[1] dot of 1, %result_dot: real[1] out dot of -1) -> (real[1], real)"
                      " = jvp @f wrt 1 by param 0 "
                      "derive @c(%k: int, %x: real, %x_jac: real out jac of 1) -> (real, real) = jacrev @f wrt 1");
    ck_assert_int_eq(m->funcs.at[1]->directions.kind, DIRECTIONS_CONST);
    ck_assert_int_eq(m->funcs.at[1]->directions.n, 4);
    ck_assert_int_eq(m->funcs.at[2]->directions.kind, DIRECTIONS_PARAM);
    ck_assert_int_eq(m->funcs.at[2]->directions.n, 0);
    ck_assert_int_eq(m->funcs.at[3]->transform, TR_JACREV);
    ck_assert_int_eq(m->funcs.at[3]->params.at[2].kind, P_JAC);
}
END_TEST

static const struct {
    const char *text, *error;
} bad[] = {
    {"func", "t.ir:1:5: error: expected a name, such as @f, found the end of the file"},
    {"frog @f()", "t.ir:1:1: error: expected a function, an array or a module, found 'frog'"},
    {"func @f() {\n  %a = what 1\n}", "t.ir:2:8: error: there is no such operation"},
    {"func @f() {\n  %a = neg %b }", "t.ir:2:12: error: %b is not defined here"},
    {"func @f() { %a = const_int 1 %a = const_int 2 }", "t.ir:1:30: error: %a is defined twice"},
    {"func @f() { if true { %a = const_int 1 } %b = ineg %a }", "t.ir:1:52: error: %a is not defined here"},
    {"func @f() { %a, %b = const_int 1 }", "t.ir:1:22: error: const_int has 1 results, here are names for 2"},
    {"func @f() { %a = call @g() }", "t.ir:1:23: error: there is no such function"},
    {"func @f(%x: int) { } func @g() { call @f(1.5) }", "argument 1 of @f has the wrong type"},
    {"func @f() { %a = load %b[0] }", "%b is not defined here"},
    {"func @f(%x: real) { %a = load %x[0] }", "t.ir:1:31: error: expected an array"},
    {"func @f(%x: real[13]) { }", "a rank must be between 0 and 12"},
    {"func @f(%x: real) -> (int) { } func @f() {}", "@f is defined twice"},
    {"func @f(%x: real out) -> (int) { }",
     "the results are one for each out and inout parameter, then at most one scalar"},
    {"func @f(%x: real out) -> () { }", "expected 1 results"},
    {"func @f() = jvp @g wrt 0", "@f refers to @g, which does not exist"},
    {"func @g() {} func @f() = jvp @g wrt 0", "@g has no parameter 0"},
    {"func @f() { %a = const_int 99999999999999999999 }", "the number is too large"},
    {"func @f() { %a = const_int -N }", "a number was expected"},
    {"func @f() { %a = const_real 1.2.3 }", "malformed number"},
    {"array @w: real[2] = [1.0", "expected ',', found the end of the file"},
    {"array @w: real[1000000000][1000000000] = [1.0]", "the array needs 2147483647 elements"},
    {"array @w: real[20] = [1.0]", "the array needs 20 elements"},
    {"array @w: int[1] = [1.5]", "expected a number"},
    {"module \"abc", "the string does not end on its line"},
    {"func @f() {", "expected '}', found the end of the file"},
    {"func @f() { check assert 1 }", "expected a message, found '1'"},
    {"func @f(%b: buf real) { %c = slice %b[0] }", "expected an array"},
    {"func @f(%n: int, %x: real[1]) { %c = slice %x[%n, %n] }", "more subscripts than the array has dimensions, 1"},
    {"func @f(%c: struct cam[1]) { }", "there is no such struct"},
    {"struct s = {a: real} struct s = {a: real}", "struct s is defined twice"},
    {"struct s = {a: real, a: int}", "there are two fields 'a'"},
    {"struct s = {a: real[0]}", "a dimension must be between 1 and"},
    {"struct s = {a: real[2][2][2][2][2]} struct t = {s: struct s[2][2][2][2][2][2][2][2]}", "a field of more than"},
    {"struct s = {a: real} func @f(%c: struct s) { }", "expected '[': a struct is in memory"},
    {"struct s = {a: real} func @f(%c: struct s[0]) { %v = load %c.b }", "there is no field 'b'"},
    {"struct s = {a: real} func @f(%c: struct s[1]) { %v = load %c.a }", "expected '['"},
    {"struct s = {a: real} func @f(%c: struct s[1]) { %v = slice %c[0 : 1].a }", "this is no struct and has no fields"},
    {"struct s = {a: real} func @f(%c: real[1]) { %v = load %c[0].a }", "this is no struct and has no fields"},
    {"struct s = {a: real[2]} func @f(%c: struct s[0]) { %v = slice %c.a[0, 1] }",
     "more subscripts than the field has dimensions, 1"},
    {"struct s = {a: real} struct t = {s: struct s[2]} func @f(%c: struct t[0]) { %v = load %c.s.a }",
     "'a' is a field of one struct, this is an array of them"},
    {"struct s = {a: real, b: real} func @f(%c: struct s[0], %n: int) { %v = load %c.a(%n) }", "the number of this field is 0"},
    {"struct s = {a: real} struct t = {s: struct s} func @f(%c: struct t[0]) { %v = load %c.s }", "this is no scalar"},
    {"func @f() { $ }", "t.ir:1:13: error: unexpected character"},
    {"func @f() { yield 1 %a = const_int 1 }", "expected '}'"},
    {"func @f(%n: int) { if true (%a = %n) {} else {} }", "the arms have 1 and 0 arguments"},
    {"func @f(%n: int) { loop (%a = %n) while {} do {} }", "the head has 0 arguments, the loop carries 1"},
};

START_TEST(errors)
{
    char *error;
    ck_assert_ptr_null(ir_parse(arena, "t.ir", bad[_i].text, &error));
    ck_assert_msg(strstr(error, bad[_i].error) != NULL, "%s\ngives: %s", bad[_i].text, error);
    ck_assert_ptr_nonnull(strstr(error, ": error: "));
}
END_TEST

START_TEST(nesting_is_bounded)
{
    Text t = text_in(arena);
    char *error;
    text_put(&t, "func @f() { ");
    for (int i = 0; i < 100000; i++)
        text_put(&t, "if true { ");
    for (int i = 0; i <= 100000; i++)
        text_put(&t, "}");
    ck_assert_ptr_null(ir_parse(arena, "t.ir", t.at, &error));
    ck_assert_ptr_nonnull(strstr(error, "regions are nested more than 1000 deep"));
}
END_TEST

// Every prefix of every text, and every text with one byte changed, parses or gives an error.
START_TEST(mutilated)
{
    const char *text = printed[_i];
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++) {
        Arena *a = arena_new();
        char *error, *cut = arena_strndup(a, text, i), *changed = arena_strdup(a, text);
        ir_parse(a, "t.ir", cut, &error);
        for (const char *c = "(){}%@=,:\"0a \n"; *c; c++) {
            changed[i] = *c;
            Module *m = ir_parse(a, "t.ir", changed, &error);
            if (m)
                ir_verify(a, m);
        }
        arena_free(a);
    }
}
END_TEST

START_TEST(memory_is_linear)
{
    size_t bytes[2];
    for (int k = 0; k < 2; k++) {
        Arena *a = arena_new();
        Text t = text_in(a);
        char *error;
        text_put(&t, "func @f(%n: int) {\n%a0 = iadd %n, 1\n");
        for (int i = 0; i < 1000 << (3 * k); i++)
            text_printf(&t, "%%a%d = iadd %%a%d, %%n\n", i + 1, i);
        text_put(&t, "}");
        Arena *b = arena_new();
        ck_assert_ptr_nonnull(ir_parse(b, "t.ir", t.at, &error));
        bytes[k] = arena_bytes(b);
        arena_free(b);
        arena_free(a);
    }
    ck_assert(bytes[1] < 12 * bytes[0]);
}
END_TEST

int main(void)
{
    enum { N_PRINTED = sizeof printed / sizeof *printed, N_BAD = sizeof bad / sizeof *bad };
    Suite *s = suite_create("irtext");
    TCase *t = tcase_create("irtext");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, round_trip, 0, N_PRINTED);
    tcase_add_test(t, numbers_survive);
    tcase_add_test(t, by_hand);
    tcase_add_test(t, names_out_of_scope_may_come_again);
    tcase_add_test(t, references_between_functions);
    tcase_add_test(t, several_directions);
    tcase_add_loop_test(t, errors, 0, N_BAD);
    tcase_add_test(t, nesting_is_bounded);
    tcase_add_loop_test(t, mutilated, 0, N_PRINTED);
    tcase_add_test(t, memory_is_linear);
    suite_add_tcase(s, t);
    return run_suite(s);
}
