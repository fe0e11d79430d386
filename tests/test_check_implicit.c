// test_check_implicit.c — functions that solve equations: the derivative of a call is that of the equation, whatever the body does.
//
// In: IR text in which such a function knows its solution in closed form, behind a `stop`: were its body differentiated, the derivative would be 0. And
// source text, for what check_implicit.c makes of calls of root and fixed_point.
#include "ast_ir.h"

#include "adcheck.h"
#include "derive.h"
#include "passcheck.h"

#include <check.h>
#include <string.h>

// y^2 = a b, and s is where the search would begin.
#define SCALAR                                                                                                                       \
    "func @F(%s: real, %k: int, %a: real, %b: real) -> (real) { %1 = mul %s, %s\n  %2 = mul %a, %b\n  %3 = sub %1, %2\n  yield %3 }\n"  \
    "func @t(%s: real, %k: int, %a: real, %b: real, %r: real) -> (real) {\n"                                                         \
    "  %1 = mul 2.0, %s\n  %2 = div %r, %1\n  %3 = neg %2\n  yield %3 }\n"                                                           \
    "func @root(%s: real, %k: int, %a: real, %b: real) -> (real) noinline solves @F for 0 tangent @t adjoint @t {\n"                 \
    "  %1 = mul %a, %b\n  %2 = sqrt %1\n  %3 = stop %2\n  yield %3 }\n"

// The same for each of n elements.
#define LOOP(body)                                                                                                                   \
    "  %r1, %T = loop %i = 0 to %n step 1 (%r2 = %r0) {\n    %u = load %y1[%i]\n    %v = load %a1[%i]\n" body                         \
    "    %r3 = store %r2[%i], %w\n    yield %r3 }\n  yield %r1 }\n"
#define SHAPES "  %y1 = shape %y, %n\n  %a1 = shape %a, %n\n  %r0 = shape %result, %n\n"
#define VECTOR                                                                                                                       \
    "func @G(%n: int, %y: real[1], %a: real[1], %result: real[1] out returned) -> (real[1]) {\n" SHAPES                                      \
    LOOP("    %u2 = mul %u, %u\n    %w = sub %u2, %v\n")                                                                              \
    "func @gt(%n: int, %y: real[1], %a: real[1], %r: real[1], %result: real[1] out returned) -> (real[1]) {\n" SHAPES "  %s1 = shape %r, %n\n" \
    LOOP("    %q = load %s1[%i]\n    %u2 = mul -2.0, %u\n    %w = div %q, %u2\n")                                                     \
    "func @roots(%n: int, %y: real[1], %a: real[1], %result: real[1] out returned) -> (real[1]) noinline solves @G for 1 tangent @gt adjoint @gt {\n" \
    SHAPES LOOP("    %x = sqrt %v\n    %w = stop %x\n")

static const char *const texts[] = {
    SCALAR "func @f(%x: real, %y: real) -> (real) {\n  %1 = call @root(%x, 3, %x, %y)\n  %2 = mul %1, %x\n  yield %2 }\n",
    SCALAR "func @f(%n: int, %x: real) -> (real) {\n"           // a chain, each beginning where the last one ended
           "  %p, %T = loop %i = 0 to %n step 1 (%q = %x) {\n    %1 = call @root(%q, %i, %q, %x)\n    %2 = mul %1, %x\n"
           "    yield %2 }\n  yield %p }\n",
    SCALAR "func @g(%x: real) -> (real) noinline {\n  %1 = call @root(1.0, 0, %x, 2.0)\n  yield %1 }\n"
           "func @f(%n: int, %x: real) -> (real) {\n            "
           "  %p, %T = loop %i = 0 to %n step 1 (%q = %x) {\n    %1 = call @g(%q)\n    %2 = mul %1, %x\n    yield %2 }\n  yield %p }\n",
    VECTOR "func @f(%n: int, %x: real[1], %y: real[1] inout) -> (real[1]) {\n  %x1 = shape %x, %n\n  %y1 = shape %y, %n\n"
           "  %t = copy %x1\n  %y2 = call @roots(%n, %t, %x1, %y1)\n  yield %y2 }\n",
    VECTOR "func @f(%n: int, %x: real[1], %y: real[1] inout) -> (real[1]) {\n  %x1 = shape %x, %n\n  %y1 = shape %y, %n\n"
           "  %y9, %T = loop %i = 0 to %n step 1 (%y2 = %y1) {\n    %t = copy %y2\n    %y3 = add_to %y2, %x1\n    %u = new real[%n]\n"
           "    %u1 = call @roots(%n, %t, %y3, %u)\n    %y4 = copy_to %y3, %u1\n    %u2 = fill %u1, 0.0\n    yield %y4 }\n  yield %y9 }\n",
};

START_TEST(every_order)                                         // tangent, adjoint, differences, to second order
{
    ad_check_all(texts[_i], "f", (const int[]){1, 2, 3, -1}, 0.3);
}
END_TEST

// Only the result is needed besides what goes in, and the residual's derivative is taken by what is asked for.
START_TEST(what_is_made)
{
    Arena *a = arena_new();
    Module *m = pass_parse(a, SCALAR "func @f(%x: real, %y: real) -> (real) { %1 = call @root(%x, 3, 2.0, %y)\n  yield %1 }\n");
    Func *d = ad_ask(m, func_by_name(m, "f"), TR_VJP, "d");
    ad_derive(m);
    ck_assert_int_eq(pass_count(d, OP_sqrt), 0);
    ck_assert_int_eq(pass_count(d, OP_call), 3);                // root, t, F_vjp
    const Func *by = NULL;
    for (int i = 0; i < m->funcs.n; i++)
        if (m->funcs.at[i]->base == func_by_name(m, "F"))
            by = m->funcs.at[i];
    ck_assert(by && by->wrt[3] && !by->wrt[0] && !by->wrt[2]);
    arena_free(a);
}
END_TEST

// ---- the front end

static Program *check_source(Arena *a, const char *text, Diags **d)
{
    *d = diags_new(a);
    ParseOptions options = {.arena = a, .names = interner_new(a), .diags = *d};
    ParseStatus status;
    AstModule *m = parse_text(&options, "f.ad", text, strlen(text), &status);
    ck_assert_int_eq(status, PARSE_OK);
    return check_module(m, *d);
}

static const Function *made(const Program *p, const char *cname)
{
    for (int i = 0; i < p->functions.n; i++)
        if (strcmp(p->functions.at[i]->cname, cname) == 0)
            return p->functions.at[i];
    return NULL;
}

// Names of the user's, of functions, constants, parameters and builtins, are in nobody's way; all of what is made stands where the call does.
START_TEST(names_and_places)
{
    Arena *a = arena_new();
    Diags *d;
    Program *p = check_source(a,
                              "const int x = 2;\n"
                              "real norm(real y) { return y; }\n"
                              "real[x] solve(real J[x], real k, int d) { real r[x] = k * J; return r; }\n"
                              "int solve_root(int n) { return n; }\n"
                              "real f(real a) { real s[x]; return sum(root(solve, s, a, 1)) + sum(root(solve, s, 1.0, 2)); }\n",
                              &d);
    ck_assert_msg(diag_errors(d) == 0, "%s", diag_text(d, a));
    const Function *root = made(p, "solve_root2");
    ck_assert(root && root->implicit && root->implicit->unknown == 0);
    ck_assert_str_eq(root->implicit->residual->name.text, "solve");
    ck_assert(!made(p, "solve_root3"));
    Position at = source_position(root->loc.file, root->loc.begin);
    ck_assert(at.line == 5);
    ck_assert_str_eq(root->loc.file->path, "f.ad");
    arena_free(a);
}
END_TEST

START_TEST(one_for_each_equation)
{
    Arena *a = arena_new();
    Diags *d;
    Program *p = check_source(a,
                              "real G(real y, real a) { return a * cos(y); }\n"
                              "real f(real a) { return root(G, 0.0, a) + root(G, 1.0, 2.0) + fixed_point(G, a, a); }\n",
                              &d);
    ck_assert_int_eq(diag_errors(d) + diag_warnings(d), 0);
    const Function *root = made(p, "G_root"), *fixed = made(p, "G_fixed_point");
    ck_assert(root && fixed && !made(p, "G_root2"));
    ck_assert_str_eq(fixed->implicit->residual->cname, "G_residual");
    ck_assert(root->implicit->residual->knows == NULL);         // the user's own
    arena_free(a);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("implicit");
    TCase *t = tcase_create("derivatives"), *u = tcase_create("front end");
    tcase_add_loop_test(t, every_order, 0, (int)(sizeof texts / sizeof *texts));
    tcase_add_test(t, what_is_made);
    tcase_add_test(u, names_and_places);
    tcase_add_test(u, one_for_each_equation);
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    suite_add_tcase(s, u);
    return run_suite(s);
}
