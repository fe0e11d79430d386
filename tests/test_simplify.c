// test_simplify.c — opt_simplify.c, opt_control.c, opt_gvn.c and opt_zero.c: what is folded, what must not be, and that
// results stay the same.
#include "opt.h"

#include "passcheck.h"

#include <check.h>
#include <math.h>

static void simplify_and_clean(Func *f)
{
    opt_simplify(f);
    opt_dce(f);
}

static void number(Func *f)
{
    opt_gvn(f);
    opt_dce(f);
}

// A function, and how many ops of a kind are left of it.
typedef struct Case {
    const char *name, *text;
    OpCode code;
    int left;
} Case;

#define CASE(NAME, HEAD, BODY, LEFT) {NAME, "func @f(" HEAD " {\n" BODY "  yield %r }\n", OP_COUNT, LEFT}
#define SCALAR_CASE(NAME, BODY, LEFT) CASE(NAME, "%n: int, %x: real, %y: real) -> (real)", BODY, LEFT)
#define INT_CASE(NAME, BODY, LEFT) CASE(NAME, "%n: int, %m: int, %c: bool) -> (int)", BODY, LEFT)
#define BOOL_CASE(NAME, BODY, LEFT) CASE(NAME, "%n: int, %m: int, %c: bool, %x: real) -> (bool)", BODY, LEFT)

#define CAM                                                                                                            \
    "struct cam = {rot: real[3], focal: real, id: int}\n"                                                              \
    "func @f(%n: int, %x: real, %c: struct cam[1] inout) -> (struct cam[1], real) {\n  %m = imax %n, 3\n"              \
    "  %c0 = shape %c, %n\n  %c1 = new struct cam[%m] zero\n"

static const Case cases[] = {
    {"a load of the field that was stored",
     CAM "  %c2 = store %c1[0].focal, %x\n  %c3 = store %c2[0].rot[2], 2.0\n  %c4 = store %c3[0].id, 7\n  %v = load %c4[0].focal\n"
         "  %r = mul %v, %x\n  yield %c0, %r }\n",
     OP_load, 0},
    {"but not past a store to the same field of another struct",
     CAM "  %i = imod %n, 3\n  %c2 = store %c1[0].focal, %x\n  %c3 = store %c2[%i].focal, 2.0\n  %v = load %c3[0].focal\n"
         "  %r = mul %v, %x\n  yield %c0, %r }\n",
     OP_load, 1},
    {"of a struct that was filled, an int",
     CAM "  %c2 = fill %c1, 0.0\n  %k = load %c2[0].id\n  %v = itor %k\n  %r = mul %v, %x\n  yield %c0, %r }\n", OP_load, 0},
    {"two fields are not one load",
     CAM "  %i = imod %n, 3\n  %c2 = store %c1[%i].rot[%i], %x\n  %c3 = store %c2[%i].focal, %x\n  %v = load %c3[0].rot[0]\n"
         "  %w = load %c3[0].rot[1]\n  %u = load %c3[0].focal\n  %s = mul %v, %w\n  %r = mul %s, %u\n"
         "  yield %c0, %r }\n",
     OP_load, 3},
    SCALAR_CASE("x * 1", "  %r = mul %x, 1.0\n", 0),
    SCALAR_CASE("1 * x / 1 - 0", "  %a = mul 1.0, %x\n  %b = div %a, 1.0\n  %r = sub %b, 0.0\n", 0),
    SCALAR_CASE("x + 0 stays", "  %r = add %x, 0.0\n", 1),
    SCALAR_CASE("x + -0", "  %r = add %x, -0.0\n", 0),
    SCALAR_CASE("0 * x stays", "  %r = mul 0.0, %x\n", 1),
    SCALAR_CASE("x - x stays", "  %r = sub %x, %x\n", 1),
    SCALAR_CASE("0 - x stays", "  %r = sub 0.0, %x\n", 1),
    SCALAR_CASE("x + -y", "  %a = neg %y\n  %r = add %x, %a\n", 1),
    SCALAR_CASE("-x + y", "  %a = neg %x\n  %r = add %a, %y\n", 1),
    SCALAR_CASE("x - -y", "  %a = neg %y\n  %r = sub %x, %a\n", 1),
    SCALAR_CASE("--x", "  %a = neg %x\n  %r = neg %a\n", 0),
    SCALAR_CASE("-x * -y", "  %a = neg %x\n  %b = neg %y\n  %r = mul %a, %b\n", 1),
    SCALAR_CASE("x - -(x / y) * y", "  %a = neg %x\n  %b = div %a, %y\n  %d = mul %b, %y\n  %r = sub %x, %d\n", 3),
    SCALAR_CASE("-(x * 2)", "  %a = mul %x, 2.0\n  %r = neg %a\n", 1),
    SCALAR_CASE("constants", "  %a = mul 3.0, 4.0\n  %b = sqrt %a\n  %d = div %b, 0.1\n  %r = sub %d, 2.0\n", 0),
    SCALAR_CASE("1 / 0 is left alone", "  %r = div 1.0, 0.0\n", 1),
    SCALAR_CASE("powc 0", "  %r = powc %x, 0.0\n", 0),
    SCALAR_CASE("powc 1", "  %r = powc %x, 1.0\n", 0),
    SCALAR_CASE("powc 2", "  %r = powc %x, 2.0\n", 1),
    SCALAR_CASE("max of one", "  %r = max %x, %x\n", 0),
    SCALAR_CASE("sel of equals", "  %c = lt %x, %y\n  %r = sel %c, %x, %x\n", 0),
    SCALAR_CASE("sel of not", "  %c = lt %x, %y\n  %d = not %c\n  %r = sel %d, %x, %y\n", 2),
    SCALAR_CASE("sel in sel", "  %c = lt %x, %y\n  %a = sel %c, %x, 2.0\n  %r = sel %c, %a, %y\n", 2),
    SCALAR_CASE("sel of max_first", "  %c = max_first %x, %x\n  %r = sel %c, %x, %y\n", 0),
    SCALAR_CASE("stop twice", "  %a = stop %x\n  %r = stop %a\n", 1),
    SCALAR_CASE("equal ops fold with undef", "  %u = undef real\n  %c = le %x, %x\n  %r = sel %c, %x, %u\n", 0),
    INT_CASE("n + 1 + 2 - 3", "  %a = iadd %n, 1\n  %b = iadd %a, 2\n  %r = isub %b, 3\n", 0),
    INT_CASE("n + 1 + 2", "  %a = iadd %n, 1\n  %r = iadd %a, 2\n", 1),
    INT_CASE("n - n", "  %r = isub %n, %n\n", 0),
    INT_CASE("(m + n) - m", "  %a = iadd %m, %n\n  %r = isub %a, %m\n", 0),
    INT_CASE("m - (m - n)", "  %a = isub %m, %n\n  %r = isub %m, %a\n", 0),
    INT_CASE("(m - n) + n", "  %a = isub %m, %n\n  %r = iadd %a, %n\n", 0),
    INT_CASE("n * 1 * 0", "  %a = imul %n, 1\n  %r = imul %a, 0\n", 0),
    INT_CASE("1 / 0 is left alone", "  %a = isel %c, 3, 1\n  %r = idiv 6, %a\n", 2),
    INT_CASE("7 / -2 and 7 % -2", "  %a = idiv 7, -2\n  %b = imod 7, -2\n  %r = iadd %a, %b\n", 0),
    INT_CASE("bits", "  %a = ishl 1, 4\n  %b = ior %a, 3\n  %r = ixor %b, 1\n", 0),
    BOOL_CASE("n < n + 1", "  %a = iadd %n, 1\n  %r = ilt %n, %a\n", 0),
    BOOL_CASE("not of < on ints", "  %a = ilt %n, 3\n  %r = not %a\n", 1),
    BOOL_CASE("not of < on reals stays", "  %a = lt %x, 1.0\n  %r = not %a\n", 2),
    BOOL_CASE("not of == on reals", "  %a = eq %x, 1.0\n  %r = not %a\n", 1),
    BOOL_CASE("x == x stays", "  %r = eq %x, %x\n", 1),
    BOOL_CASE("and, or, not with constants", "  %a = and %c, true\n  %b = or %a, false\n  %d = not %b\n  %e = not %d\n"
                                             "  %r = beq %e, true\n", 0),
    BOOL_CASE("c and not c", "  %d = not %c\n  %r = and %c, %d\n", 0),
    BOOL_CASE("bsel as or", "  %a = ilt %n, 3\n  %r = bsel %c, true, %a\n", 2),
    {"an if that is decided",
     "func @f(%n: int, %x: real[1] inout) -> (real[1], real) {\n"
     "  %x1 = shape %x, %n\n  %c = ile %n, %n\n"
     "  %x4, %s = if %c (%x2 = %x1) {\n    %x3 = fill %x2, 2.0\n    yield %x3, 1.0 } else (%x5) {\n"
     "    yield %x5, 3.0 }\n"
     "  yield %x4, %s }\n", OP_if, 0},
    {"an if that chooses what is outside",
     "func @f(%n: int, %c: bool, %x: real, %p: real out) -> (real, bool) {\n"
     "  %a, %b = if %c {\n    yield %x, true } else {\n    %u = undef real\n    yield %u, false }\n"
     "  yield %a, %b }\n", OP_if, 0},
    {"an if that only reads an array",
     "func @f(%n: int, %c: bool, %x: real[1] inout) -> (real[1], int) {\n"
     "  %x1 = shape %x, %n\n"
     "  %x2, %s = if %c (%p = %x1) {\n    %m = imul %n, %n\n    yield %p, %m } else (%q) {\n    yield %q, %n }\n"
     "  %x3 = fill %x2, 1.0\n  yield %x3, %s }\n", OP_if, 1},
    {"no trip",
     "func @f(%n: int, %x: real, %p: real out) -> (real, int) {\n"
     "  %s, %T = loop %i = 3 to 3 step 1 (%s1 = %x) {\n    %s2 = sin %s1\n    yield %s2 }\n"
     "  yield %s, %T }\n", OP_loop, 0},
    {"one trip",
     "func @f(%n: int, %x: real, %p: real out, %q: int out) -> (real, int, int) {\n  %m = iadd %n, 1\n"
     "  %s, %j, %T = loop %i = %n to %m step 1 (%s1 = %x, %j1 = 0) {\n    %s2 = sin %s1\n    yield %s2, %i }\n"
     "  yield %s, %j, %T }\n", OP_loop, 0},
    {"one trip by its exit",
     "func @f(%n: int, %x: real) -> (real) {\n"
     "  %s, %T = loop exit (%s1 = %x) {\n    %s2 = sin %s1\n    yield true, %s2 }\n  yield %s }\n", OP_loop, 0},
    {"carried values that never change, and twins",
     "func @f(%n: int, %x: real, %y: real, %p: real out, %q: real out, %r: real out) -> (real, real, real, int) {\n"
     "  %a, %b, %k, %l, %T = loop %i = 0 to %n step 1 (%a1 = %x, %b1 = %y, %k1 = 0, %l1 = 0) {\n"
     "    %a2 = mul %a1, %b1\n    %k2 = iadd %k1, 1\n    %l2 = iadd %l1, 1\n    yield %a2, %b1, %k2, %l2 }\n"
     "  %m = isub %k, %l\n  yield %a, %b, %y, %m }\n", OP_iadd, 0},
    {"an array that a loop carries without writing",
     "func @f(%n: int, %x: real[1] inout) -> (real[1], real) {\n  %x1 = shape %x, %n\n"
     "  %x3, %s, %T = loop %i = 0 to %n step 1 (%x2 = %x1, %s1 = 0.0) {\n"
     "    %v = load %x2[%i]\n    %s2 = add %s1, %v\n    yield %x2, %s2 }\n  %x4 = fill %x3, %s\n"
     "  yield %x4, %s }\n", OP_loop, 1},
    {"loads of what was stored",
     "func @f(%n: int, %x: real) -> (real) {\n"
     "  %a = new real[3] zero\n  %a1 = store %a[0], %x\n  %a2 = store %a1[1], 2.0\n"
     "  %p = load %a2[0]\n  %q = load %a2[1]\n  %z = load %a2[2]\n  %s = mul %p, %q\n  %r = add %s, %z\n"
     "  yield %r }\n", OP_load, 0},
    {"a load that may be of something else",
     "func @f(%n: int, %x: real) -> (real) {\n  %m = imod %n, 2\n"
     "  %a = new real[2] zero\n  %a1 = store %a[0], %x\n  %a2 = store %a1[%m], 2.0\n  %p = load %a2[0]\n"
     "  yield %p }\n", OP_load, 1},
    {"a within that only reads",
     "func @f(%n: int, %x: real[1]) -> (real) {\n"
     "  %A = new real[2, %n] zero\n"
     "  %A1, %s = within %A (%r = [1]) {\n    %c = ilt 0, %n\n    %v = if %c {\n      %l = load %r[0]\n"
     "      yield %l } else {\n      yield 1.0 }\n    yield %r, %v }\n"
     "  yield %s }\n", OP_within, 0},
    {"a check that holds", "func @f(%n: int) -> (int) {\n  check assert \"fine\", true\n  yield %n }\n", OP_check, 0},
};

START_TEST(test_case)
{
    const Case *c = &cases[_i];
    Arena *a = arena_new();
    Module *m = pass_check(a, c->text, simplify_and_clean, NULL);
    int left = pass_count(func_by_name(m, "f"), c->code);
    if (left != c->left) {
        Text t = text_in(a);
        ir_print(&t, m);
        ck_abort_msg("%s: %d ops left, not %d\n%s", c->name, left, c->left, t.at);
    }
    arena_free(a);
}
END_TEST

// Every scalar op with one or two operands, at every pair of special values: folding constants must give what the
// interpreter gives.
START_TEST(special_values)
{
    static const double v[] = {0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -3.25, 1e300, 5e-324, INFINITY, -INFINITY, NAN};
    enum { N = sizeof v / sizeof *v };
    Arena *a = arena_new();
    int codes[] = {OP_add, OP_sub, OP_mul, OP_div, OP_neg, OP_sqrt, OP_abs, OP_floor, OP_ceil, OP_trunc,
                   OP_sign, OP_step, OP_relu, OP_copysign, OP_powc, OP_max, OP_min};
    for (size_t c = 0; c < sizeof codes / sizeof *codes; c++) {
        OpCode code = (OpCode)codes[c];
        for (int i = 0; i < N * N; i++) {
            Module *m = module_new(a);
            IVal plain, folded;
            for (int fold = 0; fold < 2; fold++) {
                Func *f = func_new(m, fold ? "folded" : "plain");
                Builder b = builder_at(f, f->body, fold);
                func_set_ret(f, T_REAL);
                Value *in[2] = {b_real(&b, v[i / N]), b_real(&b, v[i % N])};
                ir_yield(&b, 1, (Value *[]){b_scalar(&b, code, in)});
                ck_assert(interp_call(interp_new(a), f, NULL, fold ? &folded : &plain));
            }
            bool both_nan = isnan(plain.r) && isnan(folded.r);
            ck_assert_msg(plain.r == folded.r ? signbit(plain.r) == signbit(folded.r) : both_nan,
                          "%s(%g, %g): %g, folded %g", op_info[code].name, v[i / N], v[i % N], plain.r, folded.r);
        }
    }
    arena_free(a);
}
END_TEST

// A derivative that is not there takes part in nothing; an ordinary zero does.
START_TEST(no_derivative)
{
    Arena *a = arena_new();
    Func *f = func_new(module_new(a), "f");
    Value *x = func_param(f, "x", ROLE_IN, T_REAL, P_PRIMAL, -1);
    Builder b = builder_at(f, f->body, true);
    Value *none = b_no_derivative(&b), *zero = b_real(&b, 0);
    ck_assert_ptr_eq(b_2(&b, OP_add, none, x), x);
    ck_assert_ptr_eq(b_2(&b, OP_add, x, none), x);
    ck_assert_ptr_eq(b_2(&b, OP_sub, x, none), x);
    ck_assert_int_eq(b_2(&b, OP_sub, none, x)->def->code, OP_neg);
    ck_assert(is_no_derivative(b_2(&b, OP_mul, x, none)) && is_no_derivative(b_1(&b, OP_neg, none)));
    ck_assert_int_eq(b_2(&b, OP_div, x, none)->def->code, OP_div);
    ck_assert_int_eq(b_2(&b, OP_add, x, zero)->def->code, OP_add);
    ck_assert_int_eq(b_2(&b, OP_mul, x, zero)->def->code, OP_mul);
    arena_free(a);
}
END_TEST

static const Case gvn_cases[] = {
    {"one sine for two",
     "func @f(%x: real) -> (real) {\n  %a = sin %x\n  %b = sin %x\n  %r = mul %a, %b\n  yield %r }\n", OP_sin, 1},
    {"in the arms of an if, not from one to the other",
     "func @f(%n: int, %c: bool, %x: real) -> (real) {\n  %a = sin %x\n"
     "  %r = if %c {\n    %b = sin %x\n    %d = cos %x\n    %e = mul %b, %d\n    yield %e } else {\n    %g = cos %x\n"
     "    yield %g }\n"
     "  %s = mul %r, %a\n  yield %s }\n", OP_cos, 2},
    {"loads of two versions differ",
     "func @f(%n: int, %x: real[1] inout) -> (real[1], real) {\n  %x1 = shape %x, %n\n  %c = ilt 0, %n\n"
     "  %x4, %r = if %c (%x2 = %x1) {\n    %a = load %x2[0]\n    %b = load %x2[0]\n    %p = mul %a, %b\n"
     "    %x3 = store %x2[0], %p\n"
     "    %d = load %x3[0]\n    %q = add %d, %b\n    yield %x3, %q } else (%x5) {\n    yield %x5, 0.0 }\n"
     "  yield %x4, %r }\n", OP_load, 2},
    {"constants are equal operands",
     "func @f(%x: real) -> (real) {\n  %a = mul %x, 2.0\n  %b = mul %x, 2.0\n  %r = sub %a, %b\n"
     "  yield %r }\n", OP_mul, 1},
};

START_TEST(gvn_case)
{
    const Case *c = &gvn_cases[_i];
    Arena *a = arena_new();
    Module *m = pass_check(a, c->text, number, NULL);
    ck_assert_msg(pass_count(func_by_name(m, "f"), c->code) == c->left, "%s", c->name);
    arena_free(a);
}
END_TEST

// `left` counts fills; `zero` on a `new` counts as one.
static const Case zero_cases[] = {
    {"a loop that writes all",
     "func @f(%n: int, %z: real[1] out) -> (real[1]) {\n  %z1 = shape %z, %n\n  %z2 = fill %z1, 0.0\n"
     "  %z4, %T = loop %i = 0 to %n step 1 (%z3 = %z2) {\n    %r = itor %i\n    %z5 = store %z3[%i], %r\n"
     "    %z6 = acc %z5[%i], 1.0\n    yield %z6 }\n"
     "  yield %z4 }\n", OP_fill, 0},
    {"a loop that reads before",
     "func @f(%n: int, %z: real[1] out) -> (real[1]) {\n  %z1 = shape %z, %n\n  %z2 = fill %z1, 0.0\n"
     "  %z4, %T = loop %i = 0 to %n step 1 (%z3 = %z2) {\n    %r = load %z3[%i]\n    %s = add %r, 1.0\n"
     "    %z5 = store %z3[%i], %s\n    yield %z5 }\n"
     "  yield %z4 }\n", OP_fill, 1},
    {"a loop that leaves the first element",
     "func @f(%n: int, %z: real[1] out) -> (real[1]) {\n  %z1 = shape %z, %n\n  %z2 = fill %z1, 0.0\n"
     "  %z4, %T = loop %i = 1 to %n step 1 (%z3 = %z2) {\n    %z5 = store %z3[%i], 2.0\n    yield %z5 }\n"
     "  yield %z4 }\n", OP_fill, 1},
    {"two fills and a copy",
     "func @f(%n: int, %x: real[1], %z: real[1] out) -> (real[1]) {\n  %x1 = shape %x, %n\n  %z1 = shape %z, %n\n"
     "  %z2 = fill %z1, 0.0\n  %z3 = fill %z2, 1.0\n  %z4 = copy_to %z3, %x1\n  yield %z4 }\n", OP_fill, 0},
    {"rank 2",
     "func @f(%n: int, %z: real[2] out) -> (real[2]) {\n  %z1 = shape %z, %n, %n\n  %z2 = fill %z1, 0.0\n"
     "  %z4, %T = loop %i = 0 to %n step 1 (%z3 = %z2) {\n"
     "    %z7, %T2 = loop %j = 0 to %n step 1 (%z5 = %z3) {\n      %z6 = store %z5[%i, %j], 2.0\n      yield %z6 }\n"
     "    yield %z7 }\n"
     "  yield %z4 }\n", OP_fill, 0},
    {"rank 2, transposed, and so not seen",
     "func @f(%n: int, %z: real[2] out) -> (real[2]) {\n  %z1 = shape %z, %n, %n\n  %z2 = fill %z1, 0.0\n"
     "  %z4, %T = loop %i = 0 to %n step 1 (%z3 = %z2) {\n"
     "    %z7, %T2 = loop %j = 0 to %n step 1 (%z5 = %z3) {\n      %z6 = store %z5[%j, %i], 2.0\n      yield %z6 }\n"
     "    yield %z7 }\n"
     "  yield %z4 }\n", OP_fill, 1},
};

START_TEST(zero_case)
{
    const Case *c = &zero_cases[_i];
    Arena *a = arena_new();
    Module *m = pass_check(a, c->text, opt_zero, NULL);
    ck_assert_msg(pass_count(func_by_name(m, "f"), c->code) == c->left, "%s", c->name);
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("simplify");
    tcase_add_loop_test(t, test_case, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_loop_test(t, gvn_case, 0, (int)(sizeof gvn_cases / sizeof *gvn_cases));
    tcase_add_loop_test(t, zero_case, 0, (int)(sizeof zero_cases / sizeof *zero_cases));
    tcase_add_test(t, special_values);
    tcase_add_test(t, no_derivative);
    return run_tests("simplify", t);
}
