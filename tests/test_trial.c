// test_trial.c — `adc verify` from the inside: points are found where a program restricts them, what is wrong is found in every mode, and so is
// the line it comes from.
#include "ast_ir.h"

#include "suite.h"

#include <check.h>
#include <string.h>

#include "derive.h"
#include "lower.h"
#include "pipeline.h"
#include "trial.h"

static Arena *arena;

static void setup(void)
{
    arena = arena_new();
}

static void teardown(void)
{
    arena_free(arena);
}

// The module of the text, fresh from lowering.
static Module *module(void *text)
{
    Diags *d = diags_new(arena);
    ParseOptions o = {.arena = arena, .names = interner_new(arena), .diags = d};
    ParseStatus status;
    AstModule *tree = parse_text(&o, "t.ad", text, strlen(text), &status);
    Program *p = check_module(tree, d);
    ck_assert_msg(diag_errors(d) == 0, "%s", diag_text(d, arena));
    return lower(arena, p, (LowerOptions){.check = false});
}

static void *same(const char *text)
{
    return arena_strdup(arena, text);
}

// What verify prints.
static const char *table(const char *text, bool *right)
{
    const char *error = NULL, *bug;
    Module *user = module(same(text));
    ck_assert_int_eq(pipeline_run(arena, user, &(PipelineOptions){.level = 2, .verify = true}, &bug), PIPELINE_OK);
    static const char *const names[] = {"d", "e", "h"};
    TrialOptions o = {.names = names, .n_names = 3, .again = module, .user_data = same(text)};
    Text out = text_in(arena);
    *right = trial_run(arena, module(same(text)), user, &o, &out, &error);
    ck_assert_msg(!error, "%s", error);
    return out.at;
}

static void is_right(const char *text, int checked)
{
    bool right;
    const char *t = table(text, &right);
    ck_assert_msg(right && strstr(t, arena_printf(arena, "\n%d checked, 0 wrong, 0 not checked\n", checked)), "%s", t);
}

#define WRONG_RULE                                                                    \
    "static real half(real x) { return 0.5 * x * x; }\n"                              \
    "static real half_vjp(real x, real result_bar, inout real x_bar) {\n"             \
    "    x_bar += result_bar * (x + 1.0);\n    return half(x);\n}\n"                  \
    "custom vjp(half) = half_vjp;\n"                                                  \
    "static real half_jvp(real x, real x_dot, out real result_dot) {\n"               \
    "    result_dot = (x + 1.0) * x_dot;\n    return half(x);\n}\n"                   \
    "custom jvp(half) = half_jvp;\n"

START_TEST(every_mode_is_caught)
{
    static const char *const derives[] = {
        "grad(f)", "vjp(f)", "jvp(f)", "jvp(f; 3)", "vjp(f; 2)", "jacfwd(f)", "jacrev(f)", "hessian(f, x)", "hvp(f)", "record(f)", "vjp(jvp(f))",
    };
    bool right;
    const char *t = table(arena_printf(arena, WRONG_RULE
                                       "real f(int n, real x[n], real y) {\n    real s = 0.0;\n    for (int i = 0; i < n; i++)\n"
                                       "        s += y * half(x[i]);\n    return s;\n}\nderive d = %s;\n",
                                       derives[_i]),
                          &right);
    ck_assert_msg(!right && (strstr(t, ": error: 'd' is wrong as ") || strstr(t, ": error: 'd's' is wrong as grad(f")), "%s: %s", derives[_i], t);
    ck_assert_msg(strstr(t, _i == 0 ? "note: 'half_vjp' is wrong as custom vjp(half), which it uses" : "note: 'half_"), "%s", t);
}
END_TEST

// ---- the line ----

static const struct { const char *text; int line; } lines[] = {
    // after 11 lines of rule
    {"real f(real x) {\n    real a = sin(x);\n    real b = half(a);\n    return a * b;\n}\nderive d = grad(f);\n", 14},
    {"real f(real x, real y) {\n    real a = x * y;\n    if (a > 0.0)\n        a = half(a);\n    a = a * x;\n    return a;\n}\nderive d = jvp(f, x);\n",
     14},
    {"real f(int n, real x[n]) {\n    real t[n] = 2.0 * x;\n    t[0] = 1.0;\n    for (int i = 0; i < n; i++)\n        t[i] = half(x[i]);\n"
     "    return sum(t);\n}\nderive d = grad(f);\n",
     15},
    {"static real g(real x) {\n    real b = x * x;\n    return half(b) + 1.0;\n}\nreal f(real x) {\n    real a = x + 1.0;\n    return g(a);\n}\n"
     "derive d = vjp(f);\n",
     14},
    {"void f(int n, inout real x[n]) {\n    x *= 2.0;\n    x[n - 1] = half(x[0]);\n    x *= 3.0;\n}\nderive d = vjp(f);\n", 14},
};

START_TEST(first_line)
{
    const char *text = arena_printf(arena, WRONG_RULE "%s", lines[_i].text);
    Trial t = {.arena = arena, .plain = module(same(text)), .user = module_new(arena), .runs = 5, .seed = 1, .again = module, .user_data = same(text)};
    trial_subjects(&t, NULL, 0);
    ck_assert(derive_all(t.plain, NULL, NULL));
    Subject *d = t.subjects.at[t.subjects.n - 1];
    Row row = trial_row(&t, d);
    ck_assert(row.failed);
    const Op *op = trial_line(&t, d, row.at);
    ck_assert_ptr_nonnull(op);
    ck_assert_int_eq(op->loc.line, lines[_i].line);
}
END_TEST

START_TEST(no_line_where_nothing_is_off)
{
    const char *text = "real f(real x) {\n    real a = sin(x);\n    return a * a;\n}\nderive d = grad(f);\n";
    Trial t = {.arena = arena, .plain = module(same(text)), .user = module_new(arena), .runs = 1, .seed = 1, .again = module, .user_data = same(text)};
    trial_subjects(&t, NULL, 0);
    ck_assert(derive_all(t.plain, NULL, NULL));
    ck_assert_ptr_null(trial_line(&t, t.subjects.at[0], trial_point(&t, t.subjects.at[0], 1)));
}
END_TEST

// ---- points ----

static const char *const restricted[] = {
    "real f(int n, int at[n], real x[n]) { real s = 0.0; for (int i = 0; i < n; i++) s += x[at[i]] * i * x[i]; return s; }",
    "real f(int n, int m, int z, int row[n + 1], int col[z], real a[z], real x[m]) {\n"            // a sparse matrix
    "    real s = 0.0;\n    assert(row[0] == 0 && row[n] == z && z > 0, \"rows\");\n"
    "    for (int i = 0; i < n; i++) {\n        real d = 0.0;\n        for (int k = row[i]; k < row[i + 1]; k++)\n            d += a[k] * x[col[k]];\n"
    "        s += d * d;\n    }\n    return s; }",
    "real f(int n, real a[n][n]) { return sum(cholesky(a)); }",
    "real f(real x) { assert(x > 1.5 && x < 2.0, \"small\"); return x * x; }",
    "real f(real x, real y) { return log(x) + sqrt(1.0 - y * y) + acosh(1.0 + x); }",
    "real f(int n, real t[n]) { for (int i = 1; i < n; i++) assert(t[i] > t[i - 1], \"rising\"); return sum(t * t); }",
    "real f(int k, real x) { assert(k == 4, \"four\"); return k * x; }",
    "real f(int n, bool b, real x[n]) { assert(b && n % 2 == 1, \"odd\"); return max(x) + sum(x); }",
    "struct p { int at; real w; }; real f(int n, struct p p[n], real x[n]) { real s = 0.0; for (int i = 0; i < n; i++) s += x[p[i].at] * p[i].w; return s; }",
};

START_TEST(points_are_found)
{
    is_right(arena_printf(arena, "%s\nderive d = grad(f);\nderive e = jvp(f);\n", restricted[_i]), 2);
}
END_TEST

START_TEST(stopped_gradients_are_constants)
{
    is_right("real f(real x) { return stop_gradient(x * erf(x)) * x; }\nderive d = grad(f);\nderive h = hvp(f);\n", 2);
}
END_TEST

START_TEST(solutions_are_no_matter_of_decisions)
{
    is_right("static real F(real y, real a) { return y * y * y + a * y - 1.0; }\n"
             "real f(real a) { return root(F, 0.5, a) * a; }\nderive d = grad(f);\nderive h = hvp(f);\n",
             2);
}
END_TEST

START_TEST(names_of_cells)
{
    const char *source = "struct part { int k; real v[2]; }; struct s { real a; struct part in_[2]; };\n"
             "real f(int n, struct s s[n], real x[n][2]) { return x[0][1]; }\nderive d = grad(f);\n";
    Trial t = {.arena = arena, .plain = module(same(source)), .seed = 1, .runs = 1};
    Layout l;
    const Func *f = func_by_name(t.plain, "f");
    ck_assert(trial_layout(&t, f, (double[]){3, 0, 0}, &l));
    ck_assert_uint_eq(l.n, 1 + 3 * 7 + 6 + 1);
    ck_assert_str_eq(trial_cell_name(arena, &l, 1 + 7 + 6), "s[1].in_[1].v[1]");
    ck_assert_str_eq(trial_cell_name(arena, &l, 1 + 4), "s[0].in_[1].k");
    ck_assert_str_eq(trial_cell_name(arena, &l, 22 + 3), "x[1][1]");
    ck_assert_str_eq(trial_cell_name(arena, &l, 28), "the result");
    ck_assert(!trial_cell_is_real(&l, 1 + 4) && trial_cell_is_real(&l, 1 + 5) && !trial_cell_is_real(&l, 0));
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("trial");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, every_mode_is_caught, 0, 11);
    tcase_add_loop_test(t, first_line, 0, sizeof lines / sizeof *lines);
    tcase_add_test(t, no_line_where_nothing_is_off);
    tcase_add_loop_test(t, points_are_found, 0, sizeof restricted / sizeof *restricted);
    tcase_add_test(t, stopped_gradients_are_constants);
    tcase_add_test(t, solutions_are_no_matter_of_decisions);
    tcase_add_test(t, names_of_cells);
    return run_tests("trial", t);
}
