// test_rule.c — rule.c: derives of functions with a rule by hand, in the interpreter.
//
// In: IR text with a function, its rule and derives of it. The rules give numbers that no derivative gives, so that what was called shows.
#include "adcheck.h"
#include "derive.h"
#include "passcheck.h"

#include <check.h>
#include <string.h>

static const char functions[] =
    "func @f(%n: int, %s: real, %x: real[1], %z: real[1] inout) -> (real[1], real) vjp @v jvp @j {\n"
    "  %x1 = shape %x, %n\n  %k = iadd %n, 1\n  %z1 = shape %z, %k\n  yield %z1, %s }\n"
    // s_bar += 10 result_bar, x_bar[0] += 100 s, z_bar[0] *= 3; returns 7
    "func @v(%n: int, %s: real, %x: real[1], %z: real[1] inout, %result_bar: real, %s_bar: real inout, %x_bar: real[1] inout,\n"
    "    %z_bar: real[1] inout) -> (real[1], real, real[1], real[1], real) {\n"
    "  %x1 = shape %x, %n\n  %k = iadd %n, 1\n  %z1 = shape %z, %k\n  %b = shape %x_bar, %n\n  %d = shape %z_bar, %k\n"
    "  %1 = mul 10.0, %result_bar\n  %2 = add %s_bar, %1\n  %3 = mul 100.0, %s\n  %b1 = acc %b[0], %3\n"
    "  %4 = load %d[0]\n  %5 = mul 3.0, %4\n  %d1 = store %d[0], %5\n  %z2 = store %z1[0], 8.0\n  yield %z2, %2, %b1, %d1, 7.0 }\n"
    // result_dot = 10 s_dot + x_dot[0]; z_dot[0] += 4
    "func @j(%n: int, %s: real, %x: real[1], %z: real[1] inout, %s_dot: real, %x_dot: real[1], %z_dot: real[1] inout,\n"
    "    %result_dot: real out) -> (real[1], real[1], real, real) {\n"
    "  %x1 = shape %x, %n\n  %k = iadd %n, 1\n  %z1 = shape %z, %k\n  %b = shape %x_dot, %n\n  %d = shape %z_dot, %k\n"
    "  %1 = mul 10.0, %s_dot\n  %2 = load %b[0]\n  %3 = add %1, %2\n  %d1 = acc %d[0], 4.0\n  yield %z1, %d1, %3, 7.0 }\n";

START_TEST(all_inputs)
{
    Arena *a = arena_new();
    Module *m = pass_parse(a, functions);
    Func *v = ad_ask(m, func_by_name(m, "f"), TR_VJP, "d"), *j = ad_ask(m, func_by_name(m, "f"), TR_JVP, "e");
    ad_derive(m);
    ck_assert_int_eq(pass_count(v, OP_call), 1);
    ck_assert_int_eq(pass_count(v, OP_new) + pass_count(v, OP_copy) + pass_count(v, OP_fill), 0);
    Interp *in = interp_new(a);
    IVal args[] = {iv_int(1), iv_real(2), iv_reals(in, 1, NULL), iv_reals(in, 2, (double[]){1, 1}), iv_real(0.5), iv_real(1000),
                   iv_reals(in, 1, (double[]){1}), iv_reals(in, 2, (double[]){5, 6})};
    IVal r[5];
    ck_assert_msg(interp_call(in, v, args, r), "%s", in->error);
    ck_assert_double_eq(iv_at(r[0], 0), 8);
    ck_assert_double_eq(r[1].r, 1005);
    ck_assert_double_eq(iv_at(r[2], 0), 201);
    ck_assert_double_eq(iv_at(r[3], 0), 15);
    ck_assert_double_eq(r[4].r, 7);
    IVal tangent[] = {iv_int(1), iv_real(2), iv_reals(in, 1, NULL), iv_reals(in, 2, (double[]){1, 1}), iv_real(3),
                      iv_reals(in, 1, (double[]){0.5}), iv_reals(in, 2, (double[]){5, 6})};
    ck_assert_msg(interp_call(in, j, tangent, r), "%s", in->error);
    ck_assert_double_eq(iv_at(r[1], 0), 9);
    ck_assert_double_eq(r[2].r, 30.5);
    arena_free(a);
}
END_TEST

// d as a derive by some of f's parameters would be: the parameters of f, then those of `more`.
static Func *ask(Module *m, Transform tr, bool by_s, const Param *more, int n)
{
    Func *f = func_by_name(m, "f"), *d = func_new(m, "d");
    d->source_name = "d";
    d->transform = tr;
    d->base = f;
    d->wrt = arena_copy(m->arena, (bool[]){false, by_s, false, false}, 4 * sizeof(bool));
    for (int i = 0; i < f->params.n; i++)
        func_param(d, f->params.at[i].name, f->params.at[i].role, f->params.at[i].type, P_PRIMAL, -1);
    for (int i = 0; i < n; i++)
        func_param(d, more[i].name, more[i].role, more[i].type, more[i].kind, more[i].of);
    if (f->ret >= 0)
        func_set_ret(d, f->ret_type);
    return d;
}

// The adjoint of z is a seed that is only read, that of x is dropped.
START_TEST(some_inputs)
{
    Arena *a = arena_new();
    Module *m = pass_parse(a, functions);
    const Type array = type_array(E_REAL, 1);
    const Param more[] = {{"result_bar", ROLE_IN, T_REAL, .kind = P_BAR, .of = -1}, {"s_bar", ROLE_INOUT, T_REAL, .kind = P_BAR, .of = 1},
                          {"z_bar", ROLE_IN, array, .kind = P_BAR, .of = 3}};
    Func *d = ask(m, TR_VJP, true, more, 3);
    ad_derive(m);
    Interp *in = interp_new(a);
    IVal args[] = {iv_int(1), iv_real(2), iv_reals(in, 1, NULL), iv_reals(in, 2, NULL), iv_real(0.5), iv_real(1),
                   iv_reals(in, 2, (double[]){5, 6})};
    IVal r[3];
    ck_assert_msg(interp_call(in, d, args, r), "%s", in->error);
    ck_assert_double_eq(r[1].r, 6);
    ck_assert_double_eq(r[2].r, 7);
    ck_assert_double_eq(iv_at(args[6], 0), 5);
    arena_free(a);
}
END_TEST

// The tangent of z comes out but not in: it starts at 0.
START_TEST(tangent_of_one)
{
    Arena *a = arena_new();
    Module *m = pass_parse(a, functions);
    const Type array = type_array(E_REAL, 1);
    const Param more[] = {{"s_dot", ROLE_IN, T_REAL, .kind = P_DOT, .of = 1}, {"z_dot", ROLE_OUT, array, .kind = P_DOT, .of = 3},
                          {"result_dot", ROLE_OUT, T_REAL, .kind = P_DOT, .of = -1}};
    Func *d = ask(m, TR_JVP, true, more, 3);
    ad_derive(m);
    Interp *in = interp_new(a);
    IVal args[] = {iv_int(1), iv_real(2), iv_reals(in, 1, NULL), iv_reals(in, 2, NULL), iv_real(3), iv_reals(in, 2, NULL)};
    IVal r[4];
    ck_assert_msg(interp_call(in, d, args, r), "%s", in->error);
    ck_assert_double_eq(iv_at(r[1], 0), 4);
    ck_assert_double_eq(iv_at(r[1], 1), 0);
    ck_assert_double_eq(r[2].r, 30);
    arena_free(a);
}
END_TEST

static const char scalars[] =
    "func @f(%x: real, %y: real) -> (real) vjp @v { %1 = mul %x, %y yield %1 }\n"
    "func @v(%x: real, %y: real, %result_bar: real, %x_bar: real inout, %y_bar: real inout) -> (real, real, real) {\n"
    "  %1 = mul 10.0, %result_bar\n  %2 = add %x_bar, %1\n  %3 = add %y_bar, 3.0\n  yield %2, %3, 5.0 }\n";

// A grad writes over: what the rule adds to starts at 0, its seed is 1; in every order what is differentiated is the rule.
START_TEST(gradient)
{
    Arena *a = arena_new();
    Module *m = pass_parse(a, scalars);
    Func *d = ad_ask(m, func_by_name(m, "f"), TR_GRAD, "d");
    Func *dd = ad_ask(m, ad_ask(m, func_by_name(m, "f"), TR_VJP, "v1"), TR_JVP, "dd");
    ad_derive(m);
    Interp *in = interp_new(a);
    IVal r[8], args[] = {iv_real(2), iv_real(3)};
    ck_assert_msg(interp_call(in, d, args, r), "%s", in->error);
    ck_assert_double_eq(r[0].r, 10);
    ck_assert_double_eq(r[1].r, 3);
    ck_assert_double_eq(r[2].r, 5);
    // x, y, result_bar, x_bar, y_bar and their tangents, of which only result_bar's and x_bar's come out in x_bar_dot
    IVal more[] = {iv_real(2), iv_real(3), iv_real(4), iv_real(0), iv_real(0), iv_real(1), iv_real(1), iv_real(0.5), iv_real(100), iv_real(0)};
    ck_assert_msg(interp_call(in, dd, more, r), "%s", in->error);
    ck_assert_double_eq(r[0].r, 40);
    ck_assert_double_eq(r[2].r, 105);
    ck_assert_double_eq(r[3].r, 0);
    arena_free(a);
}
END_TEST

static const char extern_rule[] =
    "func @rule(%n: int, %x: real[1], %m: int, %x_dot: real[1], %y_dot: real[1] out, %y: real[1] out)\n"
    "    -> (real[1], real[1]) {\n"
    "  %x1 = shape %x, %n\n  %d = shape %x_dot, %n\n  %k = iadd %m, %n\n  %y1 = shape %y, %k\n  %e = shape %y_dot, %k\n"
    "  %y2 = fill %y1, 3.0\n  %e2 = fill %e, 5.0\n  %v = load %d[0]\n  %e3 = store %e2[0], %v\n  yield %e3, %y2 }\n"
    "extern func @f(%n: int, %x: real[1], %m: int, %y: real[1] out) -> (real[1]) jvp @rule";

static const char shapes[] = " { %x1 = shape %x, %n\n  %k = iadd %m, %n\n  %y1 = shape %y, %k }";

// An array result comes last; the shapes are those that the extern function has.
static Func *of_extern(Module *m)
{
    Func *f = func_by_name(m, "f"), *d = func_new(m, "d");
    f->params.at[3].is_result = true;
    d->source_name = "d";
    d->transform = TR_JVP;
    d->base = f;
    d->wrt = arena_copy(m->arena, (bool[]){false, true, false, false}, 4 * sizeof(bool));
    for (int i = 0; i < 3; i++)
        func_param(d, f->params.at[i].name, ROLE_IN, f->params.at[i].type, P_PRIMAL, -1);
    func_param(d, "x_dot", ROLE_IN, type_array(E_REAL, 1), P_DOT, 1);
    func_param(d, "result_dot", ROLE_OUT, type_array(E_REAL, 1), P_DOT, 3);
    func_param(d, "result", ROLE_OUT, type_array(E_REAL, 1), P_PRIMAL, -1);
    return d;
}

START_TEST(extern_function)
{
    Arena *a = arena_new();
    Module *m = pass_parse(a, arena_printf(a, "%s%s", extern_rule, shapes));
    Func *d = of_extern(m);
    ad_derive(m);
    Interp *in = interp_new(a);
    IVal args[] = {iv_int(2), iv_reals(in, 2, NULL), iv_int(1), iv_reals(in, 2, (double[]){8, 9}), iv_reals(in, 3, NULL),
                   iv_reals(in, 3, NULL)};
    IVal results[2];
    ck_assert_msg(interp_call(in, d, args, results), "%s", in->error);
    ck_assert_double_eq(iv_at(results[0], 0), 8);
    ck_assert_double_eq(iv_at(results[0], 2), 5);
    ck_assert_double_eq(iv_at(results[1], 1), 3);
    arena_free(a);
}
END_TEST

static void note_error(void *user, bool is_error, IrLoc loc, const char *message, IrLoc note_loc, const char *note)
{
    (void)loc;
    (void)note_loc;
    (void)note;
    if (is_error && strstr(message, "shapes of the arrays are not known"))
        ++*(int *)user;
}

START_TEST(no_shapes)                                           // only a text of the IR can leave them out
{
    Arena *a = arena_new();
    Module *m = pass_parse(a, extern_rule);
    int errors = 0;
    of_extern(m);
    ck_assert(!derive_all(m, note_error, &errors));
    ck_assert_int_eq(errors, 1);
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("rule");
    tcase_add_test(t, all_inputs);
    tcase_add_test(t, some_inputs);
    tcase_add_test(t, tangent_of_one);
    tcase_add_test(t, gradient);
    tcase_add_test(t, extern_function);
    tcase_add_test(t, no_shapes);
    return run_tests("rule", t);
}
