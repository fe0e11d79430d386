// test_interp.c — the interpreter does what ir.h says, and refuses what C would do silently.
#include "interp.h"

#include "suite.h"

#include <check.h>
#include <math.h>
#include <string.h>

static Arena *arena;
static Interp *in;

static void setup(void)
{
    arena = arena_new();
    in = interp_new(arena);
}

static void teardown(void)
{
    arena_free(arena);
}

// The last function of the text, verified.
static const Func *func(const char *text)
{
    char *error;
    Module *m = ir_parse(arena, "t.ir", text, &error);
    ck_assert_msg(m != NULL, "%s", error);
    error = ir_verify(arena, m);
    ck_assert_msg(error == NULL, "%s", error);
    return m->funcs.at[m->funcs.n - 1];
}

static void run(const char *text, const IVal *args, IVal *results)
{
    ck_assert_msg(interp_call(in, func(text), args, results), "%s", in->error);
}

#define REAL(v, x) ck_assert_double_eq(iv_at(v, 0), x)

// ---- values ----

START_TEST(running_sum)
{
    IVal args[] = {iv_int(3), iv_reals(in, 3, (double[]){1, 2, 4}), iv_reals(in, 3, NULL)}, r[2];
    run("func @f(%n: int, %x: real[1], %y: real[1] inout) -> (real[1], real) {\n"
        "  %x1 = shape %x, %n  %y1 = shape %y, %n\n"
        "  %y4, %s2, %T = loop %i = 0 to %n (%y2 = %y1, %s = 0.0) {\n"
        "    %v = load %x1[%i]  %s1 = add %s, %v  %y3 = store %y2[%i], %s1  yield %y3, %s1 }\n"
        "  yield %y4, %s2 }",
        args, r);
    ck_assert_double_eq(iv_at(r[0], 1), 3);
    ck_assert_double_eq(iv_at(r[0], 2), 7);
    REAL(r[1], 7);
}
END_TEST

START_TEST(loops)
{
    static const struct {
        const char *loop;
        double sum, trips;
    } cases[] = {
        {"%i = 0 to 4 step 1", 123, 4},           // 0*1000 + 1*100 + 2*10 + 3
        {"%i = 0 to 4 step 1 reversed", 3210, 4}, {"%i = 3 to 0 step -1", 321, 3}, {"%i = 3 to 0 step -2", 31, 2},
        {"%i = 0 to 5 step 2 reversed", 420, 3},  {"%i = 4 to 4 step 1", 0, 0},    {"%i = 5 to 4 step 1", 0, 0},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        IVal r[2];
        run(arena_printf(arena, "func @f(%%t: int out) -> (int, int) { %%s2, %%T = loop %s (%%s = 0) { "
                                "%%a = imul %%s, 10  %%b = iadd %%a, %%i  yield %%b } yield %%T, %%s2 }",
                         cases[k].loop), NULL, r);
        REAL(r[1], cases[k].sum);
        REAL(r[0], cases[k].trips);
    }
}
END_TEST

START_TEST(heads_and_exits)
{
    IVal args[] = {iv_int(27)}, r[2];
    run("func @f(%n: int, %t: int out) -> (int, int) {\n"
        "  %k, %T = loop (%a = %n) while (%h) { %c = ine %h, 1  yield %c } do {\n"
        "    %m = imod %a, 2  %odd = ieq %m, 1\n"
        "    %b = if %odd { %p = imul %a, 3  %q = iadd %p, 1  yield %q } else { %q = idiv %a, 2  yield %q }\n"
        "    yield %b }\n"
        "  yield %T, %k }",
        args, r);
    REAL(r[0], 111);
    REAL(r[1], 1);
    run("func @f(%n: int) -> (int) {\n"
        "  %k, %T = loop exit (%a = %n) { %b = iadd %a, 1  %e = igt %b, 30  yield %e, %b } yield %T }",
        args, r);
    REAL(r[0], 4);                                              // the trip that exits counts
}
END_TEST

START_TEST(slots)
{
    IVal args[] = {iv_reals(in, 6, (double[]){0, 1, 2, 3, 4, 5})}, r[3];
    run("func @f(%a: real[2] inout, %e: real out) -> (real[2], real, real) {\n"
        "  %a1 = shape %a, 2, 3  %s = slice %a1[1, 1 : 2]  %v = load %s[1]  %c = copy %s\n"
        "  %a2, %w = within %a1 (%p = [0], %q = [1, 0 : 2]) {\n"
        "    %p2 = fill %p, 9.0  %q2 = copy_to %q, %c  %w0 = load %q2[0]  %q3 = acc %q2[0], 0.5\n"
        "    yield %p2, %q3, %w0 }\n"
        "  yield %a2, %v, %w }",
        args, r);
    static const double want[] = {9, 9, 9, 4.5, 5, 5};
    for (int k = 0; k < 6; k++)
        ck_assert_double_eq(iv_at(r[0], k), want[k]);
    REAL(r[1], 5);
    REAL(r[2], 4);
}
END_TEST

START_TEST(other_arrays_inside)
{
    IVal args[] = {iv_reals(in, 2, (double[]){1, 2})}, r[2];
    run("func @f(%a: real[1] inout) -> (real[1], real) {\n"
        "  %a1 = shape %a, 2  %b = new real[2] zero\n"
        "  %a2, %b2, %s = within %a1 (%p = [1 : 1], %b0 = %b) {\n"
        "    %v = load %p[0]  %b1 = store %b0[1], %v  %p1 = fill %p, 7.0  yield %p1, %b1, %v }\n"
        "  %w = load %b2[1]  %t = add %w, %s  yield %a2, %t }",
        args, r);
    ck_assert_double_eq(iv_at(r[0], 1), 7);
    REAL(r[1], 4);
}
END_TEST

START_TEST(gemm)
{
    static const char *const flags[] = {"", " {ta}", " {tb}", " {ta, tb}"};
    static const double want[4][4] = {{19, 22, 43, 50}, {26, 30, 38, 44}, {17, 23, 39, 53}, {23, 31, 34, 46}};
    for (int k = 0; k < 4; k++) {
        IVal args[] = {iv_reals(in, 4, (double[]){1, 2, 3, 4}), iv_reals(in, 4, (double[]){5, 6, 7, 8}),
                       iv_reals(in, 4, NULL)}, r[1];
        run(arena_printf(arena, "func @f(%%a: real[2], %%b: real[2], %%c: real[2] inout) -> (real[2]) {\n"
                                "  %%a1 = shape %%a, 2, 2  %%b1 = shape %%b, 2, 2  %%c1 = shape %%c, 2, 2\n"
                                "  %%d = gemm %%c1, %%a1, %%b1, 2, 2, 2%s yield %%d }", flags[k]),
            args, r);
        for (int i = 0; i < 4; i++)
            ck_assert_double_eq(iv_at(r[0], i), want[k][i]);
    }
}
END_TEST

START_TEST(solvers)
{
    IVal args[] = {iv_reals(in, 4, (double[]){0, 2, 3, 1}), iv_reals(in, 4, (double[]){4, 99, 2, 5}),
                   iv_reals(in, 2, (double[]){4, 5}), iv_reals(in, 2, (double[]){8, 9})}, r[8];
    run("func @f(%a: real[2], %b: real[2] inout, %x: real[1] inout, %y: real[1] inout, %o: int out, %q: int out)"
        " -> (real[2], real[1], real[1], int, int, real) {\n"
        "  %a1 = shape %a, 2, 2  %b1 = shape %b, 2, 2  %x1 = shape %x, 2  %y1 = shape %y, 2  %zero = new real[2, 2] zero\n"
        "  %F, %P, %at = lu %a1, 2  %x2 = lu_solve %x1, %F, %P, 2, 1  %y2 = lu_solve %y1, %F, %P, 2, 1 {ta}\n"
        "  %s = lu_logdet %F, %P, 2  %b2, %bad = cholesky %b1, 2  %y3 = lower_solve %y2, %b2, 2, 1\n"
        "  %G, %Q, %none = lu %zero, 2  yield %b2, %x2, %y3, %none, %bad, %s }",
        args, r);
    ck_assert(iv_at(r[0], 0) == 2 && iv_at(r[0], 1) == 0 && iv_at(r[0], 2) == 1 && iv_at(r[0], 3) == 2);
    ck_assert(iv_at(r[1], 0) == 1 && iv_at(r[1], 1) == 2);      // 2 x[1] = 4, 3 x[0] + x[1] = 5
    double y0 = (9 - 8.0 / 3) / 2, y1 = 8.0 / 3;                // 3 y[1] = 8, 2 y[0] + y[1] = 9
    ck_assert_double_eq_tol(iv_at(r[2], 0), y0 / 2, 1e-15);
    ck_assert_double_eq_tol(iv_at(r[2], 1), (y1 - y0 / 2) / 2, 1e-15);
    ck_assert(r[3].i == 0 && r[4].i == -1);
    ck_assert_double_eq_tol(r[5].r, log(6), 1e-15);
}
END_TEST

START_TEST(lower_maps)
{
    static const char *const maps[] = {"", " {half}", " {mirror}", " {fold}"};
    static const double want[4][4] = {{2, 0, 5, 4}, {1, 0, 5, 2}, {2, 5, 5, 4}, {2, 0, 8, 4}};
    for (int k = 0; k < 4; k++) {
        IVal args[] = {iv_reals(in, 4, (double[]){2, 3, 5, 4})}, r[1];
        run(arena_printf(arena, "func @f(%%a: real[2] inout) -> (real[2]) {\n  %%a1 = shape %%a, 2, 2  %%a2 = lower %%a1, 2%s  yield %%a2 }", maps[k]),
            args, r);
        for (int i = 0; i < 4; i++)
            ck_assert_double_eq(iv_at(r[0], i), want[k][i]);
    }
}
END_TEST

START_TEST(tapes)
{
    IVal args[] = {iv_int(20)}, r[1];
    run("func @f(%n: int) -> (real) {\n"
        "  %b0 = buf_new real  %k0 = buf_new bit  %t_tape = new int[%n] zero\n"
        "  %b3, %k3, %T = loop %i = 0 to %n (%b1 = %b0, %k1 = %k0) {\n"
        "    %v = itor %i  %b2 = put %b1, %v, %v  %c = ilt %i, 3  %k2 = put %k1, %c  yield %b2, %k2 }\n"
        "  %z = freeze %b3  %q = freeze %k3  %l = len %z  %m = padd %l, -4  %w = view_at %z, %m, 2, 2\n"
        "  %bit = load %q[2p]  %x = load %w[0, 1]  %y = sel %bit, %x, 0.0  yield %y }",
        args, r);
    REAL(r[0], 18);
    ck_assert_int_eq(interp_tape_bytes(in), 20 * 2 * 8 + 20 * 4 + 3);
    ck_assert_int_eq(interp_tape_bytes(in), 0);
}
END_TEST

static bool twice(Interp *interp, void *env, const IVal *args, IVal *results)
{
    (void)interp;
    results[0] = iv_real(*(double *)env * args[0].r);
    return true;
}

START_TEST(calls)
{
    double two = 2;
    IVal args[] = {iv_int(10)}, r[1];
    interp_extern(in, "ext", twice, &two);
    run("extern func @ext(%x: real) -> (real)\n"
        "func @fib(%n: int, %a: real[1] inout) -> (real[1], int) {\n"
        "  %a1 = shape %a, 1  %c = ilt %n, 2\n"
        "  %a6, %r = if %c (%a2 = %a1) { %a3 = acc %a2[0], 1.0  yield %a3, %n } else (%a2) {\n"
        "    %n1 = isub %n, 1  %n2 = isub %n, 2\n"
        "    %a4, %p = call @fib(%n1, %a2)  %a5, %q = call @fib(%n2, %a4)  %s = iadd %p, %q  yield %a5, %s }\n"
        "  yield %a6, %r }\n"
        "func @f(%n: int) -> (real) {\n"
        "  %a = new real[1] zero  %a1, %k = call @fib(%n, %a)  %v = load %a1[0]  %w = call @ext(%v)  yield %w }",
        args, r);
    REAL(r[0], 2 * 89);
}
END_TEST

START_TEST(undefined_values_may_travel)
{
    IVal args[] = {iv_reals(in, 2, NULL), iv_bool(true)}, r[2];
    run("func @f(%y: real[1] out, %c: bool) -> (real[1], real) {\n"
        "  %y1 = shape %y, 2  %u = undef real  %v = load %y1[1]  %y2 = store %y1[0], %u  %s = sel %c, 1.0, %v\n"
        "  %d = undef bool  %e = not %c  %g = and %e, %d  %t = if %g { yield %u } else { yield %s }\n"
        "  yield %y2, %t }",
        args, r);
    ck_assert(isnan(iv_at(r[0], 0)));
    REAL(r[1], 1);
}
END_TEST

START_TEST(ten_thousand_trips)
{
    IVal args[] = {iv_int(10000)}, r[1];
    run("func @f(%n: int) -> (real) { %a = new real[100] zero\n"
        "  %a3, %T = loop %i = 0 to %n (%a1 = %a) { %k = imod %i, 100  %a2 = acc %a1[%k], 1.0  yield %a2 }\n"
        "  %v = load %a3[7]  yield %v }",
        args, r);
    REAL(r[0], 100);
}
END_TEST

// Every op of the table that takes reals or ints runs, and agrees with what its C spelling gives for a few.
START_TEST(all_scalar_ops)
{
    for (int c = 0; c < OP_COUNT; c++) {
        if (!op_is_scalar((OpCode)c))
            continue;
        Text t = text_in(arena);
        text_printf(&t, "func @f(%%r: real, %%i: int, %%b: bool) { %%v = %s ", op_info[c].name);
        for (int k = 0; k < op_arity((OpCode)c); k++) {
            Type o = op_operand_type((OpCode)c, k);
            static const char *const operand[] = {[E_REAL] = "%r", [E_INT] = "%i", [E_BOOL] = "%b", [E_POS] = "7p"};
            text_printf(&t, "%s%s", k ? ", " : "", operand[o.elem]);
        }
        text_put(&t, " }");
        IVal args[] = {iv_real(0.75), iv_int(3), iv_bool(true)};
        run(t.at, args, NULL);
    }
}
END_TEST

// ---- refusals ----

#define F "func @f(%n: int, %x: real[1] inout, %y: real[1] out) -> (real[1], real[1]) { " \
          "%x1 = shape %x, 3  %y1 = shape %y, 3  "
#define END " yield %x1, %y1 }"

static const struct {
    const char *text, *error;
} refused[] = {
    {F "%v = load %x1[%n]" END, "index 3 of dimension 0 is not in 0 .. 2"},
    {F "%v = load %x1[-1]" END, "index -1 of dimension 0"},
    {F "%v = slice %x1[1 : %n]" END, "slice 1 : 4 of dimension 3"},
    {F "%v = view_at %x1, 2p, 2" END, "2 elements from position 2 on, there are 3"},
    {F "%v = reshape %x1, 2" END, "3 elements become 2"},
    {F "%v = load %y1[0]  %w = neg %v" END, "%v.8 is undefined"},
    {F "%v = undef int  %w = load %x1[%v]" END, "%v.7 is undefined"},
    {F "%v = undef bool  if %v { }" END, "%v.7 is undefined"},
    {F "%a = new real[2]  %b = acc %a[0], 1.0" END, "an element is undefined"},
    {F "%a = new real[3]  %b = copy %x1  %c = add_to %b, %a" END, "an element is undefined"},
    {F "%v = undef real  %w = mul %v, 0.0" END, "is undefined"},
    {F "%c = ilt %n, 3  check assert \"n is small\", %c, %n" END, "check failed: n is small: 3"},
    {F "%v = idiv %n, 0" END, "division by zero"},
    {F "%v = imul 2000000000, %n" END, "the int overflows"},
    {F "%v = rtoi 1e10" END, "1e+10 does not fit an int"},
    {F "%a = new real[2] zero %b = copy %x1 %c = copy_to %b, %a" END, "3 elements and 2"},
    {F "%c = copy %x1  %w = within %c (%p = [0 : 2], %q = [1 : 1]) { yield %p, %q }" END, "slots 0 and 1 overlap"},
    {F "%k, %T = loop (%a = 0) { %b = iadd %a, 0 yield %b }" END, "more than 1000 steps"},
    {"extern func @e()" F "call @e()" END, "'e' has no body here"},
    {"func @g() { call @g() }" F "call @g()" END, "calls are nested more than 400 deep"},
    {F "%z = shape %x, 3" END, NULL},
};

START_TEST(refusals)
{
    char *error;
    IVal args[] = {iv_int(3), iv_reals(in, 3, NULL), iv_reals(in, 3, NULL)}, r[2];
    Module *m = ir_parse(arena, "t.ir", refused[_i].text, &error);
    ck_assert_msg(m != NULL, "%s", error);
    if (!refused[_i].error) {                                   // caught before it could run
        ck_assert_ptr_nonnull(ir_verify(arena, m));
        return;
    }
    in->max_steps = 1000;
    ck_assert(!interp_call(in, m->funcs.at[m->funcs.n - 1], args, r));
    ck_assert_msg(strstr(in->error, refused[_i].error) != NULL, "%s", in->error);
}
END_TEST

// What the verifier would refuse, the interpreter sees too.
START_TEST(dead_versions)
{
    static const char *const uses[] = {"%b = load %x1[0]", "%b = load %v[0]", "%b = fill %x1, 1.0"};
    for (int k = 0; k < 3; k++) {
        char *error;
        const char *text = arena_printf(arena, "func @f(%%x: real[1] inout) -> (real[1]) { %%x1 = shape %%x, 3 "
                                               "%%v = slice %%x1[0 : 1] %%a = fill %%x1, 2.0 %s yield %%a }", uses[k]);
        Module *m = ir_parse(arena, "t.ir", text, &error);
        IVal args[] = {iv_reals(in, 3, NULL)}, r[1];
        ck_assert(!interp_call(in, m->funcs.at[0], args, r));
        ck_assert_ptr_nonnull(strstr(in->error, "is a version that was consumed"));
    }
}
END_TEST

START_TEST(goes_on_after_an_error)
{
    const Func *f = func("func @f(%n: int) -> (int) { %a = idiv 6, %n yield %a }");
    IVal r[1];
    ck_assert(!interp_call(in, f, &(IVal){.type = T_INT, .i = 0, .defined = true}, r));
    ck_assert(interp_call(in, f, (IVal[]){iv_int(2)}, r));
    REAL(r[0], 3);
}
END_TEST

// ---- imaginary parts and decisions ----

static const struct { const char *op; double a, b; } analytic[] = {
    {"add", 2, 3}, {"sub", 2, 3}, {"mul", 2, -3}, {"div", 2, -3}, {"neg", 2, 0}, {"abs", -2, 0}, {"sqrt", 2, 0}, {"cbrt", -2, 0}, {"exp", 0.7, 0},
    {"exp2", 0.7, 0}, {"expm1", 0.7, 0}, {"log", 0.7, 0}, {"log2", 0.7, 0}, {"log10", 0.7, 0}, {"log1p", 0.7, 0}, {"sin", 0.7, 0}, {"cos", 0.7, 0},
    {"tan", 0.7, 0}, {"asin", -0.7, 0}, {"acos", 0.7, 0}, {"atan", 2, 0}, {"atan2", 2, -3}, {"atan2", -2, 0.5}, {"sinh", 0.7, 0}, {"cosh", 0.7, 0},
    {"tanh", 0.7, 0}, {"asinh", -2, 0}, {"acosh", 2, 0}, {"atanh", -0.7, 0}, {"hypot", 3, -4}, {"pow", 2, 3}, {"pow", 0.3, -1.5}, {"powc", -2, 3},
    {"sigmoid", -0.7, 0}, {"softplus", 0.7, 0}, {"relu", 0.7, 0}, {"relu", -0.7, 0}, {"floor", 0.7, 0}, {"ceil", 0.7, 0}, {"round", 0.7, 0},
    {"trunc", 0.7, 0}, {"fmod", 7.3, 2.1}, {"copysign", 2, -3}, {"sign", 2, 0}, {"step", 2, 0}, {"max", 2, 3}, {"max", 3, 2}, {"min", 2, 3},
    {"fmax", 2, 3}, {"fmin", 3, 2},
};

static const Func *op_of_two(const char *op)
{
    return func(arena_printf(arena, "func @f(%%a: real, %%b: real) -> (real) { %%y = %s %%a%s yield %%y }", op,
                             op_arity(op_by_name(op)) == 1 ? "" : strcmp(op, "powc") == 0 ? ", 3.0" : ", %b"));
}

// The complex step against differences, in a direction of both operands.
START_TEST(imaginary_parts)
{
    double a = analytic[_i].a, b = analytic[_i].b, h = 1e-5;
    const Func *f = op_of_two(analytic[_i].op);
    IVal args[2] = {iv_real(a), iv_real(b)}, r[1], up[1], down[1];
    args[0].im = 1e-100;
    args[1].im = 0.5e-100;
    ck_assert_msg(interp_call(in, f, args, r), "%s", in->error);
    ck_assert_ptr_null(in->not_complex);
    ck_assert_ptr_null(in->corner);
    ck_assert(interp_call(in, f, (IVal[]){iv_real(a + h), iv_real(b + h / 2)}, up));
    ck_assert(interp_call(in, f, (IVal[]){iv_real(a - h), iv_real(b - h / 2)}, down));
    ck_assert_double_eq_tol(r[0].im / 1e-100, (up[0].r - down[0].r) / (2 * h), 1e-8 * (1 + fabs(r[0].im / 1e-100)));
}
END_TEST

START_TEST(corners)
{
    static const struct { const char *op; double a, b; } rows[] = {
        {"abs", 0, 0}, {"sqrt", 0, 0}, {"cbrt", 0, 0}, {"hypot", 0, 0}, {"max", 1, 1}, {"min", 1, 1}, {"floor", 2, 0}, {"round", 0.5, 0},
        {"relu", 0, 0}, {"step", 0, 0}, {"atan2", 0, 0}, {"fmod", 4, 2}, {"pow", 0, 0.5}, {"acosh", 1, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        IVal args[2] = {iv_real(rows[i].a), iv_real(rows[i].b)}, r[1];
        args[0].im = 1e-100;
        in->corner = NULL;
        ck_assert(interp_call(in, op_of_two(rows[i].op), args, r));
        ck_assert_msg(in->corner != NULL, "%s", rows[i].op);
    }
    ck_assert_ptr_null(in->not_complex);
}
END_TEST

START_TEST(imaginary_parts_go_through_arrays)
{
    IVal args[] = {iv_int(2), iv_cells(in, type_array(E_REAL, 1), 2, (double[]){3, 4}, (double[]){1e-100, 2e-100}), iv_reals(in, 2, NULL)}, r[2];
    run("func @f(%n: int, %x: real[1], %y: real[1] out) -> (real[1], real) {\n"
        "  %x1 = shape %x, %n  %o1 = slice %x1[0 : 1]  %y1 = shape %y, %n  %z = fill %y1, 0.0  %c = copy %x1  %y2 = add_to %z, %c\n"
        "  %y3 = gemm %y2, %x1, %o1, 2, 1, 1 {sub}\n"
        "  %v = load %y3[1]  %y4 = acc %y3[0], %v  %w = load %x1[1]  yield %y4, %w }",
        args, r);
    ck_assert_double_eq_tol(iv_im_at(r[0], 1) / 1e-100, -8, 1e-14);         // of y1 = x1 - x1 x0 by (1, 2): 2 - 2 * 3 - 4 * 1
    ck_assert_double_eq_tol(iv_im_at(r[0], 0) / 1e-100, -13, 1e-14);        // of x0 - x0 x0 + y1
    ck_assert_double_eq_tol(iv_im_at(r[1], 0) / 1e-100, 2, 1e-14);
}
END_TEST

START_TEST(what_has_no_complex_form_says_so)
{
    IVal args[2] = {iv_real(0.5), iv_real(0)}, r[1];
    ck_assert(interp_call(in, op_of_two("erf"), args, r));
    ck_assert_ptr_null(in->not_complex);
    args[0].im = 1e-100;
    ck_assert(interp_call(in, op_of_two("erf"), args, r));
    ck_assert_ptr_nonnull(in->not_complex);
}
END_TEST

// Followed at another point: the first op that decides otherwise is named, and what is stopped stays as it was.
START_TEST(decisions)
{
    const Func *f = func("func @f(%x: real) -> (real) { %a = abs %x  %s = stop %x  %c = gt %a, 1.0  %y = sel %c, %a, %s  yield %y }");
    InterpTrace t = {.recording = true};
    IVal r[1];
    in->trace = &t;
    ck_assert(interp_call(in, f, (IVal[]){iv_real(0.25)}, r));
    ck_assert_int_eq(t.made.n, 3);
    t.recording = false;
    ck_assert(interp_call(in, f, (IVal[]){iv_real(0.5)}, r));
    ck_assert_ptr_null(t.parted);
    REAL(r[0], 0.25);
    t.next = 0;
    ck_assert(interp_call(in, f, (IVal[]){iv_real(2)}, r));
    ck_assert_ptr_nonnull(t.parted);
    ck_assert_int_eq(t.parted->code, OP_gt);
    t.next = 0;
    t.parted = NULL;
    ck_assert(interp_call(in, f, (IVal[]){iv_real(-0.25)}, r));
    ck_assert_int_eq(t.parted->code, OP_abs);
}
END_TEST

// If asked to: what is made of undefined reals is undefined, in arrays too; a branch on it is refused all the same.
START_TEST(undefined_reals_spread)
{
    const char *text = "func @f(%n: int, %x: real[1] out) -> (real[1], real) {\n"
                       "  %x1 = shape %x, %n  %u = load %x1[0]  %v = mul %u, 2.0  %x2 = acc %x1[1], 1.0  %x3 = store %x2[0], 3.0\n"
                       "  %b = new real[%n] zero  %b2 = add_to %b, %x3  %x4 = copy_to %x3, %b2  yield %x4, %v }";
    IVal args[] = {iv_int(2), iv_reals(in, 2, NULL)}, r[2];
    ck_assert(!interp_call(in, func(text), args, r));
    in->undefined_spreads = true;
    run(text, args, r);
    ck_assert(!r[1].defined && isnan(iv_at(r[0], 1)));
    ck_assert_double_eq(iv_at(r[0], 0), 3);
    ck_assert(!interp_call(in, func("func @f() -> (real) { %u = undef real  %c = lt %u, 1.0  %y = if %c { yield 1.0 } else { yield 2.0 } yield %y }"), NULL, r));
}
END_TEST

START_TEST(shapes_before_a_call)
{
    const Func *f = func("func @f(%n: int, %x: real[2], %y: real[1]) -> (real) {\n"
                         "  %m = imul %n, 2  %x1 = shape %x, %n, %m  %y1 = shape %y, 5  %v = load %y1[%n]  yield %v }");
    InterpShape shapes[3];
    IVal args[3] = {iv_int(3)};
    ck_assert(interp_shapes(in, f, args, shapes));
    ck_assert_uint_eq(shapes[1].n, 18);
    ck_assert_uint_eq(shapes[1].dims[1], 6);
    ck_assert_uint_eq(shapes[2].n, 5);
    ck_assert(!shapes[0].known && shapes[1].known);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("interp");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, running_sum);
    tcase_add_test(t, loops);
    tcase_add_test(t, heads_and_exits);
    tcase_add_test(t, slots);
    tcase_add_test(t, other_arrays_inside);
    tcase_add_test(t, gemm);
    tcase_add_test(t, solvers);
    tcase_add_test(t, lower_maps);
    tcase_add_test(t, tapes);
    tcase_add_test(t, calls);
    tcase_add_test(t, undefined_values_may_travel);
    tcase_add_test(t, ten_thousand_trips);
    tcase_add_test(t, all_scalar_ops);
    tcase_add_loop_test(t, refusals, 0, sizeof refused / sizeof *refused);
    tcase_add_test(t, dead_versions);
    tcase_add_test(t, goes_on_after_an_error);
    tcase_add_loop_test(t, imaginary_parts, 0, sizeof analytic / sizeof *analytic);
    tcase_add_test(t, corners);
    tcase_add_test(t, imaginary_parts_go_through_arrays);
    tcase_add_test(t, what_has_no_complex_form_says_so);
    tcase_add_test(t, decisions);
    tcase_add_test(t, undefined_reals_spread);
    tcase_add_test(t, shapes_before_a_call);
    return run_tests("interp", t);
}
