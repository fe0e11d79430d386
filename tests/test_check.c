// test_check.c — what the checker writes on the tree: types, constants, run-time tests, copies, signatures of derives,
// names in C. What it refuses is in tests/cases/errors/check_*.ad.
#include "check.h"

#include "suite.h"

#include <check.h>
#include <string.h>

static Arena *arena;
static Program *program;
static Diags *diags;

static void setup(void)
{
    arena = arena_new();
}

static void teardown(void)
{
    arena_free(arena);
}

// Parses and checks; what was reported, as text, is in `reported`.
static const char *reported;

static void check_source(const char *text)
{
    diags = diags_new(arena);
    ParseOptions options = {.arena = arena, .names = interner_new(arena), .diags = diags};
    ParseStatus status;
    Module *m = parse_text(&options, "t.ad", text, strlen(text), &status);
    ck_assert_int_eq(status, PARSE_OK);
    program = check_module(m, diags);
    int errors = diag_errors(diags);
    reported = diag_text(diags, arena);
    ck_assert_msg(errors == 0, "%s", reported);
}

static Function *function(const char *name)
{
    for (int i = 0; i < program->functions.n; i++)
        if (strcmp(program->functions.at[i]->name.text, name) == 0)
            return program->functions.at[i];
    for (int i = 0; i < program->derived.n; i++)
        if (strcmp(program->derived.at[i]->name.text, name) == 0)
            return program->derived.at[i];
    ck_abort_msg("there is no function %s", name);
    return NULL;
}

static Stmt *statement(const char *of, int i)
{
    return function(of)->body->block.body.at[i];
}

// "real f(int n, real x[n], out real y)", with names as in C.
static const char *signature(const Function *f)
{
    Text t = text_in(arena);
    text_printf(&t, "%s %s(", type_text(arena, f->result_type), f->cname);
    for (int i = 0; i < f->params.n; i++) {
        const Symbol *sym = f->params.at[i]->sym;
        ck_assert_int_eq(sym->index, i);
        ck_assert_int_eq(sym->role, f->params.at[i]->role);
        text_printf(&t, "%s%s%s%s %s", i ? ", " : "", sym->role == ROLE_IN ? "" : role_text(sym->role),
                    sym->role == ROLE_IN ? "" : " ", type_text(arena, sym->type), sym->cname);
    }
    text_put(&t, ")");
    return t.at;
}

#define EXPECT_SIGNATURE(name, want) ck_assert_str_eq(signature(function(name)), want)

// ---- derives

#define ODE  "void ode(int n, int s, real x[n], out real y[n]) { y = x; }\n"
#define COST "real cost(int n, real c[n]) { return sum(c); }\n"

START_TEST(signatures_of_the_manual)
{
    check_source(ODE COST "derive ode_vjp = vjp(ode); derive ode_jvp = jvp(ode); derive cost_grad = grad(cost);"
                          "derive cost_hvp = hvp(cost, c); derive cost_vjp = vjp(cost);");
    EXPECT_SIGNATURE("ode_vjp",
                     "void ode_vjp(int n, int s, real[n] x, out real[n] y, inout real[n] x_bar, real[n] y_bar)");
    EXPECT_SIGNATURE("ode_jvp",
                     "void ode_jvp(int n, int s, real[n] x, out real[n] y, real[n] x_dot, out real[n] y_dot)");
    EXPECT_SIGNATURE("cost_grad", "real cost_grad(int n, real[n] c, out real[n] c_bar)");
    EXPECT_SIGNATURE("cost_vjp", "real cost_vjp(int n, real[n] c, real result_bar, inout real[n] c_bar)");
    EXPECT_SIGNATURE("cost_hvp",
                     "real cost_hvp(int n, real[n] c, out real[n] c_bar, real[n] c_dot, out real[n] c_bar_dot, "
                     "out real result_dot)");
}
END_TEST

START_TEST(signatures_with_inout)
{
    check_source("real f(real x, inout real z, inout real w, out int k, int j) { z = x; k = j; return w; }\n"
                 "derive a = vjp(f, z, x); derive b = jvp(f, x, z);");
    EXPECT_SIGNATURE("a",
                     "real a(real x, inout real z, inout real w, out int k, int j, real result_bar, inout real x_bar, "
                     "inout real z_bar, real w_bar)");
    EXPECT_SIGNATURE("b", "real b(real x, inout real z, inout real w, out int k, int j, real x_dot, inout real z_dot, "
                          "out real w_dot, out real result_dot)");
}
END_TEST

START_TEST(array_results_and_clashes)
{
    check_source("real[n] f(int n, real x[n], real x_bar) { return x * x_bar; }\n"
                 "derive v = vjp(f); derive j = jvp(f, x);");
    EXPECT_SIGNATURE("v", "real[n] v(int n, real[n] x, real x_bar, real[n] result_bar, inout real[n] x_bar2, "
                          "inout real x_bar_bar)");
    EXPECT_SIGNATURE("j", "real[n] j(int n, real[n] x, real x_bar, real[n] x_dot, out real[n] result_dot)");
}
END_TEST

START_TEST(derives_of_derives)
{
    check_source(
        "derive h = vjp(hvp(f)); real f(real x) { return x * x; } derive g = grad(f); derive i = jvp(grad(f), x);");
    EXPECT_SIGNATURE("g", "real g(real x, out real x_bar)");
    EXPECT_SIGNATURE("i", "real i(real x, out real x_bar, real x_dot, out real x_bar_dot, out real result_dot)");
    EXPECT_SIGNATURE("h",
                     "real h(real x, out real x_bar, real x_dot, out real x_bar_dot, out real result_dot, "
                     "real result_bar, inout real x_bar2, real x_bar_bar, inout real x_dot_bar, real x_bar_dot_bar, "
                     "real result_dot_bar)");
    ck_assert_ptr_eq(function("i")->base, function("g")); // an inner transform that has a name goes by it
    ck_assert_ptr_eq(function("g")->base, function("f"));
    ck_assert_int_eq(function("i")->transform, XFORM_JVP);
    ck_assert_int_eq(function("h")->base->transform, XFORM_JVP);
    ck_assert_ptr_eq(function("h")->base->base, function("g"));
}
END_TEST

START_TEST(added_parameters_know_where_they_belong)
{
    check_source("real f(int n, real x[n], inout real z) { return z; } derive a = vjp(f, x);");
    const Function *a = function("a");
    ck_assert_int_eq(a->params.n, 6);
    ck_assert(!a->params.at[2]->added);
    ck_assert(a->params.at[3]->added);
    ck_assert_int_eq(a->params.at[3]->of, -1);
    ck_assert_int_eq(a->params.at[4]->of, 1);
    ck_assert_int_eq(a->params.at[5]->of, 2);
    ck_assert_int_eq(a->wrt.n, 1);
    ck_assert_int_eq(a->wrt.at[0], 1);
}
END_TEST

START_TEST(a_file_without_derives)
{
    check_source(
        "real f(real x) { return x; } void g(real x, out real y) { y = x; } static real h(real x) { return x; }\n"
        "int i(real x) { return 1; } extern real j(real x); real f_vjp(int n) { return 0.0; }\n"
        "real k(real x) { real b; return f_grad(x, b); }");
    EXPECT_SIGNATURE("f_grad", "real f_grad(real x, out real x_bar)");
    EXPECT_SIGNATURE("g_vjp", "void g_vjp(real x, out real y, inout real x_bar, real y_bar)");
    EXPECT_SIGNATURE("k_grad", "real k_grad(real x, out real x_bar)");
    ck_assert_int_eq(program->derived.n, 3);
}
END_TEST

START_TEST(implicit_names_give_way)
{
    check_source("real f(real x) { return x; } real f_grad(int n) { return 0.0; }");
    EXPECT_SIGNATURE("f_grad2", "real f_grad2(real x, out real x_bar)");
}
END_TEST

START_TEST(customs)
{
    check_source("extern real f(real x);\n"
                 "real g(real x, real seed, inout real bar) { bar += seed * f(x); return f(x); } custom vjp(f) = g;\n"
                 "real h(real x) { return f(x); } derive d = grad(h);");
    ck_assert_ptr_eq(function("f")->custom_vjp, function("g"));
    ck_assert_ptr_null(function("f")->custom_jvp);
}
END_TEST

START_TEST(a_prototype_may_stand_for_a_derive)
{
    check_source("real g(real x, out real x_bar); real f(real x) { return x; } derive g = grad(f);\n"
                 "real h(real x) { real b; return g(x, b); } derive hh = grad(h);");
    ck_assert_ptr_eq(statement("h", 1)->return_.value->call.callee, function("g"));
}
END_TEST

// ---- names in C

START_TEST(reserved_names_get_an_underscore)
{
    check_source(
        "real y0(real class, real signal, real mine) { return class * signal * mine; } real y0_(real x) { return x; }\n"
        "real g(real y1, real y1_) { return y1 * y1_; } extern real erf2(real x);");
    EXPECT_SIGNATURE("y0", "real y0__(real class_, real signal_, real mine)");
    EXPECT_SIGNATURE("y0_", "real y0_(real x)");
    EXPECT_SIGNATURE("g", "real g(real y1__, real y1_)");
}
END_TEST

START_TEST(constants_give_way_to_functions)
{
    check_source("const real w = 1.0; const real y0 = 2.0; const real v[2] = {1, 2}; real w(real x) { return w * x; }");
    ck_assert_str_eq(program->constants.at[0]->cname, "w_");
    ck_assert_str_eq(program->constants.at[1]->cname, "y0_");
    ck_assert_str_eq(program->constants.at[2]->cname, "v");
}
END_TEST

// ---- types and shapes

#define ARGS "(int n, int m, real a[n], real b[n * m], real c[m * n], int k[n], real A[n][m], real B[m][n], real s)"

static const char *type_of(const char *expr)
{
    char *text = arena_printf(arena, "const int N = 2;\nvoid f" ARGS " { g(%s); }\nvoid g(real x) { }\n", expr);
    Diags *d = diags_new(arena);
    ParseOptions options = {.arena = arena, .names = interner_new(arena), .diags = d};
    ParseStatus status;
    Module *m = parse_text(&options, "t.ad", text, strlen(text), &status);
    ck_assert_int_eq(status, PARSE_OK);
    check_module(m, d); // g takes a scalar, so most of these are errors: never mind
    const Stmt *s = m->decls.at[1]->function->body->block.body.at[0];
    return type_text(arena, s->call.call->call.args.at[0]->type);
}

START_TEST(types_of_expressions)
{
    // clang-format off
    static const struct { const char *expr, *type; } CASES[] = {
        {"1 + 2", "int"},                     {"1 + 2.0", "real"},                {"1 < 2", "bool"},
        {"a + 1", "real[n]"},                 {"1 - k", "int[n]"},                {"a + k", "real[n]"},
        {"a < k", "bool[n]"},                 {"b + c", "real[n*m]"},             {"!(a < k)", "bool[n]"},
        {"-A", "real[n][m]"},                 {"A[0]", "real[m]"},                {"A[:, 0]", "real[n]"},
        {"A[0, 0]", "real"},                  {"A[0][0]", "real"},                {"A[1:, 0:2]", "real[n - 1][2]"},
        {"A[1:][0]", "real[m]"},              {"a[n / 2:]", "real[n - (n / 2)]"}, {"a[1:n - 1]", "real[n - 2]"},
        {"real(k)", "real[n]"},               {"int(a)", "int[n]"},               {"s > 0.0 ? 1 : 2.0", "real"},
        {"s > 0.0 ? a : a", "real[n]"},       {"sin(A)", "real[n][m]"},           {"abs(k)", "int[n]"},
        {"sqrt(k)", "real[n]"},               {"pow(a, 2)", "real[n]"},           {"max(a)", "real"},
        {"max(k)", "int"},                    {"max(k, 0)", "int[n]"},            {"max(1, s)", "real"},
        {"sum(k)", "int"},                    {"sum(A, 0)", "real[m]"},           {"amax(A, 1)", "real[n]"},
        {"argmax(a)", "int"},                 {"argmax(A, 0)", "int[m]"},         {"any(a > 0.0)", "bool"},
        {"all(A > 0.0, 1)", "bool[n]"},       {"mean(k)", "real"},                {"norm(A)", "real"},
        {"logsumexp(A, 1)", "real[n]"},       {"softmax(A, 1)", "real[n][m]"},    {"cumsum(a)", "real[n]"},
        {"dot(a, a)", "real"},                {"outer(a, c)", "real[n][n*m]"},    {"matmul(A, B)", "real[n][n]"},
        {"matmul(A, B[:, 0])", "real[n]"},    {"matmul(a, A)", "real[m]"},        {"transpose(A)", "real[m][n]"},
        {"trace(matmul(A, B))", "real"},      {"diag(a)", "real[n][n]"},          {"diag(matmul(A, B))", "real[n]"},
        {"reshape(b, n, m)", "real[n][m]"},   {"concat(a, c)", "real[n*m + n]"},  {"concat(A, A)", "real[2*n][m]"},
        {"fill(s, n, N)", "real[n][2]"},      {"fill(1, 3)", "int[3]"},           {"zeros(n + 1)", "real[n + 1]"},
        {"ones(2, 3)", "real[2][3]"},         {"eye(n)", "real[n][n]"},           {"iota(n)", "int[n]"},
        {"len(A)", "int"},                    {"len(A, 1)", "int"},               {"where(a > 0.0, a, 0)", "real[n]"},
        {"where(s > 0.0, 1, 2)", "int"},      {"isnan(a)", "bool[n]"},            {"stop_gradient(k)", "int[n]"},
        {"a[0:len(A)]", "real[n]"},           {"transpose(B) + A", "real[n][m]"}, {"zeros(max(n, 1))", "real[max(n, 1)]"},
    };
    // clang-format on
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        ck_assert_msg(strcmp(type_of(CASES[i].expr), CASES[i].type) == 0, "%s: got %s, want %s", CASES[i].expr,
                      type_of(CASES[i].expr), CASES[i].type);
}
END_TEST

START_TEST(ints_are_marked_where_they_become_real)
{
    check_source("real f(int n, real x) { return n * x; } real g(int n) { return n; } real h(int a[2]) { real b[2] = "
                 "a; return b[0]; }");
    const Expr *product = statement("f", 0)->return_.value;
    ck_assert_int_eq(product->binary.left->convert, ELEM_REAL);
    ck_assert_int_eq(product->binary.right->convert, ELEM_VOID);
    ck_assert_int_eq(statement("g", 0)->return_.value->convert, ELEM_REAL);
    ck_assert_int_eq(statement("h", 0)->decl->init->convert, ELEM_REAL);
}
END_TEST

START_TEST(a_function_hides_a_builtin)
{
    check_source(
        "real sum(real x, real y) { return x + y; } real f(real x) { real norm = norm(x); return sum(x, norm); }\n"
        "real norm(real x) { return x; }");
    ck_assert_ptr_eq(statement("f", 1)->return_.value->call.callee, function("sum"));
    ck_assert_ptr_eq(statement("f", 0)->decl->init->call.callee, function("norm"));
}
END_TEST

START_TEST(constants_are_folded)
{
    check_source(
        "const int N = 2 * 3 + 1; const real X = sqrt(4.0) / N; const real Y = exp(1.0); const real A[N] = {1, 2};\n"
        "real f() { const int m = N * 2; real a[m]; return a[0] + len(A) + Y; }");
    ck_assert_int_eq(program->constants.at[0]->value.i, 7);
    ck_assert(program->constants.at[1]->value.r > 2.0 / 7.0 - 1e-16 &&
              program->constants.at[1]->value.r < 2.0 / 7.0 + 1e-16);
    ck_assert(!program->constants.at[2]->value.known);
    ck_assert_str_eq(type_text(arena, program->constants.at[3]->type), "real[7]");
    ck_assert_str_eq(type_text(arena, statement("f", 1)->decl->sym->type), "real[14]");
    ck_assert_int_eq(statement("f", 2)->return_.value->binary.left->binary.right->value.i, 7);
}
END_TEST

// ---- what only values tell

START_TEST(tests_of_shapes)
{
    check_source("void f(int n, int m, real a[n], real b[m], inout real c[n]) { c = a; c = b; c = a + b; c = a[0:m]; "
                 "g(m, b); g(n, b); }\n"
                 "void g(int n, real x[n]) { } real[n] h(int n, int m, real x[m]) { return x; }\n"
                 "real k(int n, int m, real A[n][m], real x[n]) { return sum(matmul(A, x)) + dot(x, A[:, 0]); }");
    ck_assert(!statement("f", 0)->assign.value->check_shape);
    ck_assert(statement("f", 1)->assign.value->check_shape);
    ck_assert(!statement("f", 2)->assign.value->check_shape);
    ck_assert(statement("f", 2)->assign.value->binary.right->check_shape);
    ck_assert(statement("f", 3)->assign.value->check_shape);
    ck_assert(!statement("f", 4)->call.call->call.args.at[1]->check_shape);
    ck_assert(statement("f", 5)->call.call->call.args.at[1]->check_shape);
    ck_assert(statement("h", 0)->return_.value->check_shape);
    const Expr *sum = statement("k", 0)->return_.value;
    ck_assert(sum->binary.left->call.args.at[0]->call.args.at[1]->check_shape);
    ck_assert(!sum->binary.right->call.args.at[1]->check_shape);
}
END_TEST

START_TEST(a_size_is_that_of_the_moment)
{
    check_source("void f(int n, real x[n], inout real y[n]) { real a[n]; a = x; n = n + 1; real b[n]; b = x; b = "
                 "zeros(n); y = x; }\n"
                 "void g(int n) { for (int i = 0; i < n; i++) { real a[i]; a = zeros(i); int j = i + 1; real b[j]; b = "
                 "zeros(i + 1); } }");
    ck_assert(!statement("f", 1)->assign.value->check_shape);
    ck_assert(statement("f", 4)->assign.value->check_shape);
    ck_assert(!statement("f", 5)->assign.value->check_shape);
    ck_assert(!statement("f", 6)->assign.value->check_shape); // a parameter keeps the shape it had on entry
    const Stmt *body = statement("g", 0)->for_.body;
    ck_assert(!body->block.body.at[1]->assign.value->check_shape);
}
END_TEST

START_TEST(copies_and_overlap)
{
    check_source(
        "void f(int n, real x[n], inout real y[n]) { y = x; } void g(int n, inout real x[n], inout real y[n]) { x = y; "
        "}\n"
        "void h(int n, int i, inout real a[n], inout real A[n][n], real c[n]) {\n"
        "  f(n, a, a); f(n, c, a); f(n, a + 1.0, a); f(3, a[0:3], a[3:6]); f(3, a[0:3], a[2:5]); f(n, A[0], A[1]);\n"
        "  f(n, A[i], A[i + 1]); f(n, A[i], A[0]); g(n, A[i], A[0]); g(n, A[i], A[i + 1]); f(n, A[:, 0], A[:, 1]); }");
    static const bool COPY[] = {true, false, false, false, true, false, false, true};
    for (int i = 0; i < 8; i++)
        ck_assert_msg(statement("h", i)->call.call->call.args.at[1]->copy_arg == COPY[i], "call %d", i);
    ck_assert(statement("h", 8)->call.call->call.args.at[2]->check_overlap);
    ck_assert(!statement("h", 9)->call.call->call.args.at[2]->check_overlap);
    ck_assert(!statement("h", 10)->call.call->call.args.at[1]->copy_arg);
}
END_TEST

START_TEST(what_is_allowed)
{
    check_source(
        "const int N = 3; const real W[2][2] = {{1, 2}, {3}}; real p(real x); real p(real x) { return x; }\n"
        "real a(real x) { for (;;) { if (x > 1.0) return x; x = x * 2 + 1; } }\n"
        "real b(real x) { do { x++; if (x > 3.0) continue; } while (x < 2.0); return p(x); }\n"
        "real c(int n, real x[n]) { real s; for (real t = 0.0; t < 1.0; t += 0.5) s += t; { real s = 2; s++; } return "
        "s + sum(x); }\n"
        "real d(real x) { real R[2][2] = {{cos(x), -sin(x)}, {sin(x), cos(x)}}; R[0] = 1; R[:, 1] *= 2.0; R += W; "
        "return R[1, 1]; }\n"
        "void e(inout real x, inout real y) { real t = x; x = y; y = t; }\n"
        "real f(int n, inout real z[n]) { e(z[0], z[0]); e(z[0], z[n - 1]); int i = 7 / 2; return z[i % n]; }\n"
        "bool g(bool u, int n) { assert(n > 0, \"n\"); return u && n != 0 || !u == false; }\n"
        "real[n] h(int n, real x[n]) { real y[n] = x; y[1:] -= y[:n - 1]; return where(y > 0.0, y, 0.0); }\n"
        "real even(int n, real x) { return n == 0 ? x : odd(n - 1, x * 2); } real odd(int n, real x) { return even(n - "
        "1, x); }\n");
}
END_TEST

START_TEST(warnings)
{
    check_source("real f(int n, real x) { return n / 2 * x + real(n / 2) + 4 / 2; }");
    ck_assert_int_eq(diag_warnings(diags), 1);
    ck_assert_ptr_nonnull(strstr(reported, "quotient"));
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("check");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, signatures_of_the_manual);
    tcase_add_test(t, signatures_with_inout);
    tcase_add_test(t, array_results_and_clashes);
    tcase_add_test(t, derives_of_derives);
    tcase_add_test(t, added_parameters_know_where_they_belong);
    tcase_add_test(t, a_file_without_derives);
    tcase_add_test(t, implicit_names_give_way);
    tcase_add_test(t, customs);
    tcase_add_test(t, a_prototype_may_stand_for_a_derive);
    tcase_add_test(t, reserved_names_get_an_underscore);
    tcase_add_test(t, constants_give_way_to_functions);
    tcase_add_test(t, types_of_expressions);
    tcase_add_test(t, ints_are_marked_where_they_become_real);
    tcase_add_test(t, a_function_hides_a_builtin);
    tcase_add_test(t, constants_are_folded);
    tcase_add_test(t, tests_of_shapes);
    tcase_add_test(t, a_size_is_that_of_the_moment);
    tcase_add_test(t, copies_and_overlap);
    tcase_add_test(t, what_is_allowed);
    tcase_add_test(t, warnings);
    return run_tests("check", t);
}
