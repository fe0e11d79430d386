// test_lanes.c — lanes: functions for several directions against the function for one, in the interpreter; that the primal is computed once; how
// many loops over lanes there are; and which rows of a Hessian are left out.
#include "adcheck.h"
#include "passcheck.h"

#include <check.h>
#include <math.h>
#include <string.h>

enum { W = 3, MAX_N = 9 };

// f(n, x[n]): its tangent in W directions is one body with as many loops over lanes as said, and one op of each code in `once` that f has once.
typedef struct Case {
    const char *what, *text;
    int loops;                              // over lanes, in the function for W directions
    OpCode once;                            // OP_COUNT: none
    int finite_n;                           // the smallest n that the function takes
} Case;

#define HEAD "func @f(%n: int, %x: real[1]) -> (real) {\n  %x1 = shape %x, %n\n"

static const Case cases[] = {
    {"one group", HEAD "  %v = load %x1[0]\n  %c = sin %v\n  %e = mul %c, %v\n  yield %e }", 1, OP_cos, 1},
    {"a carried scalar, in its home from beginning to end",
     HEAD "  %s, %T = loop %i = 0 to %n step 1 (%s1 = 0.0) {\n    %v = load %x1[%i]\n    %c = sin %v\n    %s2 = add %s1, %c\n    yield %s2 }\n"
          "  yield %s }",
     2, OP_cos, 0},
    {"carried scalars that change places",
     HEAD "  %a, %b, %T = loop %i = 0 to %n step 1 (%a1 = 1.0, %b1 = 2.0) {\n    %v = load %x1[%i]\n    %a2 = mul %a1, %v\n    yield %b1, %a2 }\n"
          "  %r = mul %a, %b\n  yield %r }",
     -1, OP_COUNT, 0},
    {"a nested sum",
     HEAD "  %s, %T = loop %i = 0 to %n step 1 (%s1 = 0.0) {\n    %u = load %x1[%i]\n"
          "    %s4, %U = loop %k = 0 to %i step 1 (%s2 = %s1) {\n      %v = load %x1[%k]\n      %p = mul %u, %v\n      %s3 = add %s2, %p\n"
          "      yield %s3 }\n    yield %s4 }\n  yield %s }",
     -1, OP_COUNT, 0},
    {"a branch", HEAD "  %v = load %x1[0]\n  %c = gt %v, 1.0\n  %s = mul %v, %v\n  %r = if %c {\n    %e = exp %s\n    yield %e } else {\n    yield %s }\n"
                      "  yield %r }",
     -1, OP_exp, 1},
    {"results that an arm in an arm leaves undefined",
     HEAD "  %v = load %x1[0]\n  %c = gt %v, 1.0\n  %d = lt %v, 9.0\n"
          "  %p, %q = if %d {\n    %p1, %q1 = if %c {\n      %e = sin %v\n      %u = undef real\n      yield %e, %u } else {\n"
          "      %s = mul %v, %v\n      %u = undef real\n      yield %u, %s }\n    %p2 = mul %v, 2.0\n    yield %p1, %q1 } else {\n"
          "    yield %v, %v }\n"
          "  %r = if %c {\n    yield %p } else {\n    yield %q }\n  yield %r }",
     -1, OP_COUNT, 1},
    {"an array, filled, added to and copied",
     HEAD "  %v = load %x1[0]\n  %a = new real[%n]\n  %a1 = fill %a, %v\n  %a2 = add_to %a1, %x1\n  %b = copy %a2\n  %b1 = store %b[0], 2.0\n"
          "  %s, %T = loop %i = 0 to %n step 1 (%s1 = 0.0) {\n    %p = load %a2[%i]\n    %q = load %b1[%i]\n    %r = mul %p, %q\n"
          "    %s2 = add %s1, %r\n    yield %s2 }\n  yield %s }",
     -1, OP_COUNT, 1},
    {"a product", HEAD "  %c = new real[%n, 1] zero\n  %a = new real[%n, %n]\n  %v = load %x1[0]\n  %a1 = fill %a, %v\n"
                       "  %c1 = gemm %c, %a1, %x1, %n, 1, %n\n  %r = load %c1[0, 0]\n  yield %r }",
     -1, OP_COUNT, 1},
    {"a growable tape",
     HEAD "  %z = buf_new real\n  %z3, %T = loop %i = 0 to %n step 1 (%z1 = %z) {\n    %v = load %x1[%i]\n    %s = sin %v\n"
          "    %z2 = put %z1, %v, %s\n    yield %z2 }\n  %Z = freeze %z3\n  %at = len %Z\n"
          "  %r, %p, %U = loop %k = 0 to %n step 1 (%r1 = 1.0, %p1 = %at) {\n    %p2 = padd %p1, -2\n    %u = load %Z[%p2]\n"
          "    %p3 = padd %p2, 1\n    %w = load %Z[%p3]\n    %t = mul %u, %w\n    %r2 = mul %r1, %t\n    yield %r2, %p2 }\n  yield %r }",
     -1, OP_cos, 0},
    {"structs: fields, a matrix, structs and one of them as parts, copies",
     "struct lens = {k: real[2], id: int} struct cam = {R: real[2][2], l: struct lens[2], f: real}\n" HEAD
     "  %j = imod %n, 2\n  %v = load %x1[0]\n  %c = new struct cam[3] zero\n  %c1 = store %c[%j].f, %v\n  %c2 = store %c1[%j].l[1].id, %n\n"
     "  %c3 = within %c2 (%R = [0].R, %k = [%j].l[0].k, %l = [2].l, %m = [%j].l[1]) {\n    %R1 = fill %R, %v\n    %R2 = store %R1[1, 0], 3.0\n"
     "    %k1 = fill %k, %v\n    %l1 = store %l[1].k[0], %v\n    %m1 = store %m.k[1], %v\n    yield %R2, %k1, %l1, %m1 }\n"
     "  %d = copy %c3\n  %e = add_to %d, %c3\n  %S = slice %e[0].R\n  %p = load %S[1, 1]\n  %L = slice %e[%j].l\n  %q = load %L[0].k[1]\n"
     "  %M = slice %L[1]\n  %r = load %M.k[1]\n  %f = load %e[%j].f\n  %g = load %e[2].l[1].k[0]\n  %s = mul %p, %q\n  %t = mul %r, %f\n"
     "  %u = mul %s, %t\n  %w = mul %u, %g\n  yield %w }",
     -1, OP_COUNT, 1},
    {"rows", HEAD "  %A = new real[2, %n]\n  %A1 = within %A (%row = [1]) {\n    %row1 = copy_to %row, %x1\n    yield %row1 }\n"
                  "  %A2, %s = within %A1 (%row2 = [0], %row3 = [1]) {\n    %v = load %row3[0]\n    %w = mul %v, %v\n    %row4 = fill %row2, %w\n"
                  "    yield %row4, %row3, %w }\n  %p = load %A2[0, 0]\n  %r = mul %p, %s\n  yield %r }",
     -1, OP_COUNT, 1},
};

static int lane_loops(const Region *r)
{
    int n = 0;
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        int64_t width;
        bool innermost = true;
        for (int k = 0; k < op->n_regions; k++) {
            if (!op->regions[k])
                continue;
            int inner = lane_loops(op->regions[k]);
            n += inner;
            innermost = innermost && inner == 0;
        }
        n += op->code == OP_loop && op->counted && innermost && ir_is_int_const(op->in[1], &width) && width == W;
    }
    return n;
}

static Func *in_lanes(Module *m)            // the function that lanes.c made
{
    Func *g = NULL;
    for (int i = 0; i < m->funcs.n; i++)
        if (strstr(m->funcs.at[i]->name, "_lanes"))
            g = m->funcs.at[i];
    ck_assert_ptr_nonnull(g);
    return g;
}

// One tangent and W tangents of f.
static Module *derived(Arena *a, const char *text, Func **one, Func **wide)
{
    Module *m = pass_parse(a, text);
    Func *f = func_by_name(m, "f");
    *one = ad_ask(m, f, TR_JVP, "one");
    *wide = func_new(m, "wide");
    (*wide)->source_name = "wide";
    (*wide)->transform = TR_JVP;
    (*wide)->base = f;
    (*wide)->directions = (Directions){DIRECTIONS_CONST, W};
    (*wide)->wrt = arena_copy(a, (bool[]){false, true}, 2 * sizeof(bool));
    func_param(*wide, "n", ROLE_IN, T_INT, P_PRIMAL, -1);
    func_param(*wide, "x", ROLE_IN, type_array(E_REAL, 1), P_PRIMAL, -1);
    func_param(*wide, "x_dot", ROLE_IN, type_array(E_REAL, 2), P_DOT, 1);
    func_param(*wide, "result_dot", ROLE_OUT, type_array(E_REAL, 1), P_DOT, -1);
    func_set_ret(*wide, T_REAL);
    ad_derive(m);
    return m;
}

static void compare(Arena *a, const Func *one, const Func *wide, int n)
{
    double x[MAX_N], dots[MAX_N * W], dot[MAX_N];
    for (int i = 0; i < n; i++)
        x[i] = 0.7 + 0.3 * sin(3.0 * i + 1);
    for (int i = 0; i < n * W; i++)
        dots[i] = cos(1.7 * i);
    Interp *in = interp_new(a);
    IVal all[] = {iv_int(n), iv_reals(in, n, x), iv_reals(in, n * W, dots), iv_reals(in, W, NULL)}, got[2], want[2];
    ck_assert_msg(interp_call(in, wide, all, got), "%s", in->error);
    for (int lane = 0; lane < W; lane++) {
        for (int i = 0; i < n; i++)
            dot[i] = dots[i * W + lane];
        IVal args[] = {iv_int(n), iv_reals(in, n, x), iv_reals(in, n, dot)};
        ck_assert_msg(interp_call(in, one, args, want), "%s", in->error);
        ck_assert_double_eq_tol(iv_at(got[0], lane), iv_at(want[0], 0), 1e-13 * (1 + fabs(iv_at(want[0], 0))));
        ck_assert(got[1].r == want[1].r);
    }
}

START_TEST(against_one)
{
    const Case *c = &cases[_i];
    Arena *a = arena_new();
    Func *one, *wide;
    Module *m = derived(a, c->text, &one, &wide);
    Func *g = in_lanes(m);
    for (int n = c->finite_n; n <= MAX_N; n += n < 3 ? 1 : 3)
        compare(a, one, wide, n);
    if (c->loops >= 0)
        ck_assert_msg(lane_loops(g->body) == c->loops, "%s: %d loops", c->what, lane_loops(g->body));
    if (c->once != OP_COUNT)
        ck_assert_msg(pass_count(g, c->once) == 1, "%s: %d times", c->what, pass_count(g, c->once));
    arena_free(a);
}
END_TEST

// A rule that branches on its seed is called for each lane, from a function that is in lanes itself.
START_TEST(rule_that_decides)
{
    Arena *a = arena_new();
    Func *one, *wide;
    Module *m = derived(a,
                        "func @h(%x: real) -> (real) noinline source \"h\" jvp @rule {\n  %y = mul %x, %x\n  yield %y }\n"
                        "func @rule(%x: real, %x_dot: real, %result_dot: real out) -> (real, real) source \"rule\" {\n"
                        "  %y = call @h(%x)\n  %c = gt %x_dot, 0.0\n  %d = if %c {\n    %e = mul %x_dot, 5.0\n    yield %e } else {\n"
                        "    yield %x_dot }\n  yield %d, %y }\n" HEAD
                        "  %s, %T = loop %i = 0 to %n step 1 (%s1 = 0.0) {\n    %v = load %x1[%i]\n    %h = call @h(%v)\n"
                        "    %s2 = add %s1, %h\n    yield %s2 }\n  yield %s }",
                        &one, &wide);
    compare(a, one, wide, 4);
    Func *g = in_lanes(m);
    ck_assert_int_eq(pass_count(g, OP_call), 1);
    ck_assert_int_eq(pass_count(g, OP_if), 0);
    arena_free(a);
}
END_TEST

// ---- rows that nobody reads (lanes_rows.c) ----

#define HESSIAN "derive @d(%n: int, %x: real[1], %x_bar: real[1] out bar of 1, %x_hess: real[2] out jac of 1)" \
                " -> (real[1], real[2], real) = hessian @f wrt 1 source \"d\""

static Func *named(Module *m, const char *part)
{
    for (int i = 0; i < m->funcs.n; i++)
        if (strstr(m->funcs.at[i]->name, part))
            return m->funcs.at[i];
    return NULL;
}

// s = sum of x[i - 1] * x[i]^2: rows i - 1 and i of the gradient's tangent, which one condition is for.
START_TEST(rows_from_first_on)
{
    enum { N = 6, BLOCK = 8 };
    Arena *a = arena_new();
    Module *m = pass_parse(a, HEAD "  %s, %T = loop %i = 1 to %n step 1 (%s1 = 0.0) {\n    %k = isub %i, 1\n    %u = load %x1[%k]\n"
                                   "    %v = load %x1[%i]\n    %p = mul %u, %v\n    %q = mul %p, %v\n    %s2 = add %s1, %q\n"
                                   "    yield %s2 }\n  yield %s }\n" HESSIAN);
    ad_derive(m);
    Func *all = func_by_name(m, "f_grad_jvp_lanes"), *some = named(m, "_from");
    ck_assert(all && some);
    ck_assert_int_eq(pass_count(all, OP_if), 0);
    ck_assert_int_eq(pass_count(some, OP_if), 1);
    ck_assert_int_eq(pass_count(some, OP_or), 0);
    ck_assert_str_eq(some->params.at[some->params.n - 1].name, "first");
    double x[N], dots[N * BLOCK];
    for (int i = 0; i < N; i++)
        x[i] = 0.7 + 0.3 * sin(3.0 * i + 1);
    for (int i = 0; i < N * BLOCK; i++)
        dots[i] = cos(1.7 * i);
    for (int first = 0; first <= N; first++) {
        Interp *in = interp_new(a);
        IVal args[2][7], out[2][4];
        for (int k = 0; k < 2; k++) {
            IVal these[] = {iv_int(N), iv_reals(in, N, x), iv_reals(in, N, NULL), iv_reals(in, N * BLOCK, dots),
                            iv_reals(in, N * BLOCK, NULL), iv_reals(in, BLOCK, NULL), iv_int(first)};
            memcpy(args[k], these, sizeof these);
            ck_assert_msg(interp_call(in, k ? some : all, args[k], out[k]), "%s", in->error);
        }
        for (int i = 0; i < N; i++)
            ck_assert(iv_at(out[0][0], i) == iv_at(out[1][0], i));
        for (int i = 0; i < N * BLOCK; i++) {
            int row = i / BLOCK;                                // row first - 1 has what comes with row first
            if (row != first - 1)
                ck_assert(iv_at(out[1][1], i) == (row >= first ? iv_at(out[0][1], i) : 0.0));
        }
        ck_assert(out[0][3].r == out[1][3].r);
    }
    arena_free(a);
}
END_TEST

// A gradient's tangent that goes to a recursive function keeps all its rows.
START_TEST(rows_that_go_to_a_call)
{
    Arena *a = arena_new();
    Module *m = pass_parse(a, "func @g(%n: int, %x: real[1], %i: int) -> (real) noinline source \"g\" {\n  %x1 = shape %x, %n\n"
                              "  %c = ile %i, 0\n  %y = if %c {\n    yield 1.0 } else {\n    %k = isub %i, 1\n    %v = load %x1[%k]\n"
                              "    %p = call @g(%n, %x1, %k)\n    %q = mul %v, %p\n    yield %q }\n  yield %y }\n" HEAD
                              "  %s, %T = loop %i = 0 to %n step 1 (%s1 = 0.0) {\n    %p = call @g(%n, %x1, %i)\n"
                              "    %v = load %x1[%i]\n    %w = mul %v, %v\n    %q = mul %w, %p\n    %s2 = add %s1, %q\n"
                              "    yield %s2 }\n  yield %s }\n" HESSIAN);
    ad_derive(m);
    ck_assert_ptr_nonnull(named(m, "f_grad_jvp_lanes"));
    ck_assert_ptr_null(named(m, "_from"));
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("lanes");
    tcase_add_loop_test(t, against_one, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_test(t, rule_that_decides);
    tcase_add_test(t, rows_from_first_on);
    tcase_add_test(t, rows_that_go_to_a_call);
    return run_tests("lanes", t);
}
