// test_jvp.c — forward mode: every row of ops.def against differences, to second order, and finite at its kinks; then
// the shapes of code that need care: tapes, withins, stops, rules, calls with few active arguments.
#include "adcheck.h"

#include "derive.h"
#include "passcheck.h"

#include <check.h>
#include <math.h>
#include <string.h>

// ---- the table ----

// Operands at which a row is differenced; where a row has none here, at the default ones.
typedef struct Points {
    OpCode code;
    double at[4][3];
} Points;

static const Points some_points[] = {
    {OP_acosh, {{1.5}, {2.7}, {1.1}, {9}}},
    {OP_asin, {{0.3}, {-0.7}, {0.1}, {0.5}}},
    {OP_acos, {{0.3}, {-0.7}, {0.1}, {0.5}}},
    {OP_atanh, {{0.3}, {-0.7}, {0.1}, {0.5}}},
    {OP_lgamma, {{0.3}, {1.7}, {4.1}, {12.5}}},
    {OP_tgamma, {{0.3}, {1.7}, {4.1}, {2.5}}},
    {OP_digamma, {{0.3}, {1.7}, {4.1}, {12.5}}},
    {OP_polygamma, {{1, 0.6}, {2, 1.7}, {1, 4.1}, {3, 2.5}}},
    {OP_powc, {{0.3, 3}, {-0.7, 3}, {1.1, -2}, {-2.5, 5}}},
    {OP_fmod, {{5.3, 2.1}, {-5.3, 2.1}, {5.3, -1.6}, {0.5, 2}}},
};

static const double default_points[4][3] = {{0.7, 0.4, 1.3}, {1.2, 2.3, -0.8}, {0.35, 1.9, 0.6}, {2.2, 1.2, -1.1}};

// Kinks and edges (LANGUAGE.md section 7): both derivatives along (1, 2) must be finite there, and the first be
// `first`.
typedef struct Kink {
    OpCode code;
    double at[2], first;
} Kink;

static const Kink kinks[] = {
    {OP_abs, {0}, 0}, {OP_abs, {-0.0}, 0}, {OP_relu, {0}, 0}, {OP_sqrt, {0}, 0}, {OP_cbrt, {0}, 0},
    {OP_hypot, {0, 0}, 0}, {OP_hypot, {3, 0}, 1}, {OP_hypot, {0, -2}, -2},
    {OP_max, {1.5, 1.5}, 1}, {OP_min, {1.5, 1.5}, 1}, {OP_fmax, {1.5, 1.5}, 1}, {OP_fmin, {1.5, 1.5}, 1},
    {OP_pow, {0, 0}, 0}, {OP_pow, {0, 1}, 1}, {OP_pow, {0, 2}, 0}, {OP_pow, {0, 3}, 0},
    {OP_powc, {0, 3}, 0}, {OP_powc, {0, 2}, 0}, {OP_powc, {0, 1}, 1}, {OP_powc, {0, 0}, 0}, {OP_powc, {-2, 3}, 12},
    {OP_sigmoid, {800}, 0}, {OP_sigmoid, {-800}, 0}, {OP_softplus, {800}, 1}, {OP_softplus, {-800}, 0},
    {OP_floor, {1}, 0}, {OP_ceil, {1}, 0}, {OP_round, {0.5}, 0}, {OP_trunc, {1}, 0}, {OP_sign, {0}, 0},
    {OP_step, {0}, 0}, {OP_stop, {3}, 0}, {OP_tanh, {400}, 0},
};

static bool differentiable(OpCode code)
{
    for (int k = 0; op_is_scalar(code) && k < op_arity(code); k++)
        if (op_info[code].partial[k])
            return true;
    return false;
}

// What is not differentiated in an operand is a constant of the function: ints, bools, and the exponent of powc.
static Value *operand(Builder *b, Func *f, OpCode code, int k, double at)
{
    static const char *const names[] = {"x", "y", "z"};
    Type t = op_operand_type(code, k);
    if (t.elem == E_INT)
        return b_int(b, (int64_t)at);
    if (t.elem == E_BOOL)
        return b_bool(b, at > 1);
    if (code == OP_powc && k == 1)
        return b_real(b, at);
    return func_param(f, names[k], ROLE_IN, T_REAL, P_PRIMAL, -1);
}

// @f computes one op; @d and @dd are its first and second tangents.
static Module *op_module(Arena *a, OpCode code, const double *at)
{
    Module *m = module_new(a);
    Func *f = func_new(m, "f");
    Builder b = builder_at(f, f->body, false);
    Value *in[3];
    for (int k = 0; k < op_arity(code); k++)
        in[k] = operand(&b, f, code, k, at[k]);
    func_set_ret(f, T_REAL);
    ir_yield(&b, 1, (Value *[]){b_scalar(&b, code, in)});
    ad_ask(m, ad_ask(m, f, TR_JVP, "d"), TR_JVP, "dd");
    ad_derive(m);
    return m;
}

static const double direction[3] = {1, 2, -1.5};

// Which operands are parameters, in order.
static int real_operands(OpCode code, int *which)
{
    int n = 0;
    for (int k = 0; k < op_arity(code); k++)
        if (op_operand_type(code, k).elem == E_REAL && !(code == OP_powc && k == 1))
            which[n++] = k;
    return n;
}

// Moves `at` by h along the direction and gives f, its tangent and its second tangent there.
static void values_at(const Module *m, OpCode code, const double *at, double h, double *value, double *first,
                      double *second)
{
    Arena *a = arena_new();
    int which[3], n = real_operands(code, which);
    IVal args[12] = {0}, results[4];
    for (int i = 0; i < n; i++) {
        args[i] = iv_real(at[which[i]] + h * direction[which[i]]);
        args[n + i] = args[2 * n + i] = iv_real(direction[which[i]]);
        args[3 * n + i] = iv_real(0);
    }
    Interp *in = interp_new(a);
    // @f(x..)   @d(x.., x_dot..) -> result_dot, result
    // @dd(x.., x_dot.., x_dot.., x_dot_dot..) -> result_dot, its dot, result's dot, result
    ck_assert_msg(interp_call(in, func_by_name(m, "f"), args, results), "%s", in->error);
    *value = results[0].r;
    ck_assert_msg(interp_call(in, func_by_name(m, "d"), args, results), "%s", in->error);
    *first = results[0].r;
    const Func *dd = func_by_name(m, "dd"), *d = func_by_name(m, "d");
    ck_assert_msg(interp_call(in, dd, args, results), "%s", in->error);
    for (int i = 0; i < dd->params.n; i++) {
        const Param *p = &dd->params.at[i];
        if (p->kind == P_DOT && p->of >= 0 && d->params.at[p->of].kind == P_DOT && p->result >= 0)
            *second = results[p->result].r;
    }
    arena_free(a);
}

static void close_to(OpCode code, const double *at, const char *what, double got, double want, double tolerance)
{
    ck_assert_msg(fabs(got - want) <= tolerance * (1 + fabs(want)),
                  "%s(%g, %g, %g): %s is %.12g, differences say %.12g", op_info[code].name, at[0], at[1], at[2], what,
                  got, want);
}

static void check_op_at(OpCode code, const double *at)
{
    static const double h = 1e-3;
    Arena *a = arena_new();
    const Module *m = op_module(a, code, at);
    double v[4], d[4], value, first, second, unused;
    values_at(m, code, at, 0, &value, &first, &second);
    for (int k = 0; k < 4; k++)
        values_at(m, code, at, (k & 1 ? -h : h) / (k < 2 ? 1 : 2), &v[k], &d[k], &unused);
    double by_v = (4 * (v[2] - v[3]) / h - (v[0] - v[1]) / (2 * h)) / 3;
    double by_d = (4 * (d[2] - d[3]) / h - (d[0] - d[1]) / (2 * h)) / 3;
    close_to(code, at, "the tangent", first, by_v, 1e-8);
    close_to(code, at, "the second tangent", second, by_d, 1e-8);
    arena_free(a);
}

START_TEST(every_row)
{
    OpCode code = (OpCode)_i;
    if (!differentiable(code))
        return;
    const double (*at)[3] = default_points;
    for (size_t k = 0; k < sizeof some_points / sizeof *some_points; k++)
        if (some_points[k].code == code)
            at = some_points[k].at;
    for (int k = 0; k < 4; k++)
        check_op_at(code, at[k]);
}
END_TEST

START_TEST(kink)
{
    const Kink *k = &kinks[_i];
    Arena *a = arena_new();
    double at[3] = {k->at[0], k->at[1], 0}, value, first, second = 0;
    const Module *m = op_module(a, k->code, at);
    values_at(m, k->code, at, 0, &value, &first, &second);
    ck_assert_msg(fabs(first - k->first) < 1e-12, "%s(%g, %g): tangent %g, not %g", op_info[k->code].name, at[0], at[1],
                  first, k->first);
    ck_assert_msg(isfinite(second), "%s(%g, %g): second tangent %g", op_info[k->code].name, at[0], at[1], second);
    arena_free(a);
}
END_TEST

// ---- shapes of code ----

typedef struct Case {
    const char *name, *text;
} Case;

static const Case cases[] = {
    {"a tape written in a loop and read back from its end",
     "func @f(%n: int, %x: real[1]) -> (real) {\n  %x1 = shape %x, %n\n  %b = buf_new real\n"
     "  %b3, %s, %T = loop %i = 0 to %n step 1 (%b1 = %b, %s1 = 1.0) {\n"
     "    %v = load %x1[%i]\n    %s2 = mul %s1, %v\n    %c = itor %i\n    %b2 = put %b1, %s2, %c\n"
     "    yield %b2, %s2 }\n"
     "  %b4 = puts %b3, %x1\n  %z = freeze %b4\n  %p = len %z\n  %m = ineg %n\n  %q = padd %p, %m\n"
     "  %w = view_at %z, %q, %n\n"
     "  %r, %p3, %T2 = loop %j = 0 to %n step 1 (%r1 = %s, %p1 = %q) {\n"
     "    %u = load %w[%j]\n    %p2 = padd %p1, -2\n    %k = load %z[%p2]\n    %e = mul %k, %u\n"
     "    %r2 = add %r1, %e\n    yield %r2, %p2 }\n"
     "  yield %r }\n"},
    {"a tape handed to a callee and back",
     "func @g(%n: int, %x: real, %b: buf real inout) -> (buf real, real) noinline {\n"
     "  %c = ile %n, 0\n"
     "  %b5, %r = if %c (%b1 = %b) {\n    %b2 = put %b1, %x\n    yield %b2, %x } else (%b3) {\n"
     "    %s = sin %x\n    %b6 = put %b3, %s\n    %m = isub %n, 1\n    %b4, %q = call @g(%m, %s, %b6)\n"
     "    %w = mul %q, %x\n    yield %b4, %w }\n"
     "  yield %b5, %r }\n"
     "func @h(%z: real[1], %p: pos) -> (real) noinline {\n  %z1 = shape %z\n  %v = load %z1[%p]\n  yield %v }\n"
     "func @f(%n: int, %x: real) -> (real) {\n  %b = buf_new real\n  %b1, %y = call @g(%n, %x, %b)\n  %z = freeze %b1\n"
     "  %p = padd 0p, %n\n  %v = call @h(%z, %p)\n  %r = mul %v, %y\n  yield %r }\n"},
    {"two slots of one array",
     "func @f(%n: int, %A: real[2] inout) -> (real[2]) {\n  %A1 = shape %A, %n, %n\n"
     "  %A4, %T = loop %i = 1 to %n step 1 (%A2 = %A1) {\n    %k = isub %i, 1\n"
     "    %A3 = within %A2 (%p = [%i], %q = [%k, 0 : %n]) {\n"
     "      %p3, %q3, %T2 = loop %j = 0 to %n step 1 (%p1 = %p, %q1 = %q) {\n"
     "        %v = load %p1[%j]\n        %w = load %q1[%j]\n        %s = sin %w\n        %m = mul %v, %s\n"
     "        %p2 = store %p1[%j], %w\n        %q2 = store %q1[%j], %m\n        yield %p2, %q2 }\n"
     "      yield %p3, %q3 }\n    yield %A3 }\n  yield %A4 }\n"},
    {"a within with another array and a result",
     "func @f(%n: int, %A: real[2] inout, %y: real[1] inout, %c: real) -> (real[2], real[1], real) {\n"
     "  %A1 = shape %A, %n, %n\n  %y1 = shape %y, %n\n"
     "  %A4, %y4, %s3, %T = loop %i = 0 to %n step 1 (%A2 = %A1, %y2 = %y1, %s1 = %c) {\n"
     "    %A3, %y3, %s2 = within %A2 (%r = [%i], %e = %y2) {\n"
     "      %v = load %r[%i]\n      %w = load %e[%i]\n      %p = mul %v, %w\n      %s = sin %s1\n"
     "      %q = mul %s, %p\n"
     "      %r1 = store %r[%i], %q\n      %e1 = acc %e[%i], %v\n      yield %r1, %e1, %p }\n"
     "    yield %A3, %y3, %s2 }\n  yield %A4, %y4, %s3 }\n"},
    {"a local array that starts without a derivative",
     "func @f(%n: int, %x: real[1]) -> (real) {\n  %x1 = shape %x, %n\n  %t = new real[%n]\n  %t1 = fill %t, 3.0\n"
     "  %k = copy %t1\n"
     "  %t4, %T = loop %i = 0 to %n step 2 (%t2 = %t1) {\n    %v = load %x1[%i]\n    %t3 = store %t2[%i], %v\n"
     "    yield %t3 }\n"
     "  %k1 = add_to %k, %t4\n  %t5 = fill %t4, 2.0\n"
     "  %s3, %T2 = loop %j = 0 to %n step 1 (%s1 = 0.0) {\n"
     "    %a = load %k1[%j]\n    %b = load %t5[%j]\n    %c = mul %a, %a\n    %d = mul %c, %b\n    %s2 = add %s1, %d\n"
     "    yield %s2 }\n"
     "  yield %s3 }\n"},
    {"a branch on which nothing varies, and an undef",
     "func @f(%n: int, %x: real, %y: real) -> (real) {\n  %c = ilt %n, 2\n"
     "  %a, %b = if %c {\n    %u = undef real\n    yield 2.0, %u } else {\n    %p = mul %x, %y\n    yield %p, %x }\n"
     "  %r = if %c {\n    %q = mul %a, %x\n    yield %q } else {\n    %s = mul %a, %b\n    yield %s }\n  yield %r }\n"},
    {"calls with one active argument of several",
     "func @g(%n: int, %x: real, %y: real, %t: real[1] inout, %o: real[1] out, %p: real out)\n"
     "    -> (real[1], real[1], real, real) noinline {\n"
     "  %t1 = shape %t, %n\n  %o1 = shape %o, %n\n  %o2 = fill %o1, %y\n"
     "  %t3, %T = loop %i = 0 to %n step 1 (%t2 = %t1) {\n    %v = load %t2[%i]\n    %w = mul %v, %x\n"
     "    %t4 = store %t2[%i], %w\n    yield %t4 }\n"
     "  %a = mul %x, %y\n  %b = sin %y\n  yield %t3, %o2, %b, %a }\n"
     "func @f(%n: int, %x: real, %z: real[1] inout) -> (real[1], real) {\n  %z1 = shape %z, %n\n"
     "  %t = new real[%n]\n  %t1 = fill %t, 2.0\n  %o = new real[%n]\n"
     "  %t2, %o1, %p, %q = call @g(%n, 2.0, %x, %t1, %o)\n"
     "  %z2, %o2, %p2, %q2 = call @g(%n, %q, 3.0, %z1, %o1)\n"
     "  %t3, %o3, %p3, %q3 = call @g(%n, 1.5, 3.0, %t2, %o2)\n"
     "  %z3 = add_to %z2, %t3\n  %z4 = add_to %z3, %o3\n  %a = mul %p, %q2\n  %b = mul %p3, %q3\n  %r = mul %a, %b\n"
     "  yield %z4, %r }\n"},
    {"an output that nothing active reaches",
     "func @f(%n: int, %x: real, %o: real[1] out, %p: real out) -> (real[1], real, real) {\n  %o1 = shape %o, %n\n"
     "  %o2 = fill %o1, 4.0\n"
     "  %s = sin %x\n  yield %o2, 2.5, %s }\n"},
};

static void check_forward(const char *text)
{
    static const int trips[] = {0, 1, 2, 3, 7, 100};
    Arena *a = arena_new();
    Module *m = pass_parse(a, text);
    ad_ask(m, ad_ask(m, func_by_name(m, "f"), TR_JVP, "d"), TR_JVP, "dd");
    ad_derive(m);
    bool square = strstr(text, "real[2]") != NULL;
    for (int i = 0; i < (square ? 5 : 6); i++) {
        ad_check_pair(m, "f", "d", NULL, trips[i], trips[i] > 10 ? 0.05 : 0.3);
        ad_check_pair(m, "d", "dd", NULL, trips[i], trips[i] > 10 ? 0.05 : 0.3);
    }
    arena_free(a);
}

START_TEST(code_case)
{
    check_forward(cases[_i].text);
}
END_TEST

static double call1(const Module *m, const char *name, int n_args, const double *x, int result)
{
    Arena *a = arena_new();
    IVal args[8], results[8];
    for (int i = 0; i < n_args; i++)
        args[i] = iv_real(x[i]);
    Interp *in = interp_new(a);
    ck_assert_msg(interp_call(in, func_by_name(m, name), args, results), "%s", in->error);
    double r = results[result].r;
    arena_free(a);
    return r;
}

// stop(x) * x has the derivative stop(x), and that has none.
START_TEST(stops)
{
    Arena *a = arena_new();
    Module *m = pass_parse(a, "func @f(%x: real) -> (real) {\n  %s = mul %x, %x\n  %t = stop %s\n  %r = mul %t, %x\n"
                              "  yield %r }\n");
    ad_ask(m, ad_ask(m, func_by_name(m, "f"), TR_JVP, "d"), TR_JVP, "dd");
    ad_derive(m);
    ck_assert_double_eq(call1(m, "d", 2, (double[]){3, 1}, 0), 9);
    ck_assert_double_eq(call1(m, "dd", 4, (double[]){3, 1, 1, 0}, 1), 0);
    arena_free(a);
}
END_TEST

// The rule says 7 x x_dot, which is not the derivative: so it shows that it is used, at second order too, and where f's
// body is small.
START_TEST(rules)
{
    Arena *a = arena_new();
    Module *m = pass_parse(a,
                           "func @rule(%x: real, %n: int, %y: real inout, %x_dot: real, %y_dot: real inout,\n"
                           "    %r_dot: real out) -> (real, real, real, real) {\n"
                           "  %a = mul %x, 7.0\n  %b = mul %a, %x_dot\n  %y2 = add %x, %y\n"
                           "  %y3 = add %x_dot, %y_dot\n  %s = sin %x\n"
                           "  yield %y2, %y3, %b, %s }\n"
                           "func @g(%x: real, %n: int, %y: real inout) -> (real, real) jvp @rule {\n  %s = sin %x\n"
                           "  %y2 = add %x, %y\n  yield %y2, %s }\n"
                           "func @f(%x: real) -> (real) {\n  %y, %r = call @g(%x, 3, 1.0)\n  %p = mul %r, 2.0\n"
                           "  yield %p }\n");
    ad_ask(m, ad_ask(m, func_by_name(m, "f"), TR_JVP, "d"), TR_JVP, "dd");
    ad_derive(m);
    ck_assert_double_eq(call1(m, "d", 2, (double[]){3, 1}, 0), 42);
    ck_assert_double_eq(call1(m, "dd", 4, (double[]){3, 1, 1, 0}, 1), 14);
    arena_free(a);
}
END_TEST

static void note_error(void *user, bool is_error, IrLoc loc, const char *message, IrLoc note_loc, const char *note)
{
    (void)note_loc;
    (void)note;
    if (is_error && loc.line == 3 && strstr(message, "'g'"))
        ++*(int *)user;
}

START_TEST(no_body)
{
    Arena *a = arena_new();
    Module *m = pass_parse(a, "extern func @g(%x: real) -> (real) source \"g\"\nfunc @f(%x: real) -> (real) {\n"
                              "  %y = call @g(%x) @3:5\n  yield %y }\n");
    ad_ask(m, func_by_name(m, "f"), TR_JVP, "d");
    int errors = 0;
    ck_assert(!derive_all(m, note_error, &errors));
    ck_assert_int_eq(errors, 1);
    arena_free(a);
}
END_TEST

START_TEST(recursion_meets_itself)                              // no second copy of what the user asked for
{
    Arena *a = arena_new();
    Module *m = pass_parse(a, "func @f(%n: int, %x: real) -> (real) {\n  %c = ile %n, 0\n"
                              "  %r = if %c {\n    yield %x } else {\n    %m = isub %n, 1\n    %y = call @f(%m, %x)\n"
                              "    %z = mul %y, %x\n    yield %z }\n"
                              "  yield %r }\n");
    ad_ask(m, ad_ask(m, func_by_name(m, "f"), TR_JVP, "d"), TR_JVP, "dd");
    ad_derive(m);
    ck_assert_int_eq(m->funcs.n, 3);
    ad_check_pair(m, "f", "d", NULL, 4, 0.3);
    ad_check_pair(m, "d", "dd", NULL, 4, 0.3);
    arena_free(a);
}
END_TEST

START_TEST(only_what_is_active)                                 // no tangent for y and what depends on it
{
    Arena *a = arena_new();
    Module *m = pass_parse(a, "func @f(%n: int, %x: real, %y: real) -> (real) {\n  %c = exp %y\n"
                              "  %s3, %u3, %T = loop %i = 0 to %n step 1 (%s1 = %x, %u1 = %c) {\n"
                              "    %s2 = mul %s1, %u1\n    %u2 = sin %u1\n    yield %s2, %u2 }\n  %r = add %s3, %u3\n"
                              "  yield %r }\n");
    Func *f = func_by_name(m, "f"), *d = func_new(m, "d");
    d->source_name = "d";
    d->transform = TR_JVP;
    d->base = f;
    d->wrt = arena_copy(a, (bool[]){false, true, false}, 3 * sizeof(bool));
    func_param(d, "n", ROLE_IN, T_INT, P_PRIMAL, -1);
    func_param(d, "x", ROLE_IN, T_REAL, P_PRIMAL, -1);
    func_param(d, "y", ROLE_IN, T_REAL, P_PRIMAL, -1);
    func_param(d, "x_dot", ROLE_IN, T_REAL, P_DOT, 1);
    func_param(d, "result_dot", ROLE_OUT, T_REAL, P_DOT, -1);
    func_set_ret(d, T_REAL);
    ad_derive(m);
    ck_assert_int_eq(pass_count(d, OP_mul), 2);
    ck_assert_int_eq(pass_count(d, OP_cos), 0);
    ck_assert_int_eq(pass_count(d, OP_exp), 1);
    arena_free(a);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("jvp");
    TCase *t = tcase_create("table"), *u = tcase_create("code");
    tcase_add_loop_test(t, every_row, 0, OP_COUNT);
    tcase_add_loop_test(t, kink, 0, (int)(sizeof kinks / sizeof *kinks));
    tcase_add_loop_test(u, code_case, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_test(u, stops);
    tcase_add_test(u, rules);
    tcase_add_test(u, no_body);
    tcase_add_test(u, recursion_meets_itself);
    tcase_add_test(u, only_what_is_active);
    tcase_set_timeout(t, 60);
    tcase_set_timeout(u, 60);
    suite_add_tcase(s, t);
    suite_add_tcase(s, u);
    return run_suite(s);
}
