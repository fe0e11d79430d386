// test_parse.c — what the goldens do not show: locations, roles and links in the tree, imports, and input that is out
// to break it.
//
// In: small texts, some of them built large here. Out: checks on the tree, the messages and the memory taken. How a
// program reads as a tree is in tests/cases/parse/, what is said about wrong ones in tests/cases/errors/.
#include "suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ast.h"

static Arena *arena;
static Diags *diags;
static ParseOptions options;
static ParseStatus status;

static void setup(void)
{
    arena = arena_new();
    diags = diags_new(arena);
    options = (ParseOptions){.arena = arena, .names = interner_new(arena), .diags = diags};
}

static void teardown(void)
{
    arena_free(arena);
}

static Module *parse(const char *text)
{
    return parse_text(&options, "t.ad", text, strlen(text), &status);
}

static Module *parse_ok(const char *text)
{
    Module *m = parse(text);
    ck_assert_msg(status == PARSE_OK, "%s", diag_text(diags, arena));
    return m;
}

// The expression of `void f() { x = <text>; }`.
static Expr *expression(const char *text)
{
    Module *m = parse_ok(arena_printf(arena, "void f() { x = %s; }", text));
    return m->decls.at[0]->function->body->block.body.at[0]->assign.value;
}

// What the source says at loc.
static const char *at(Loc loc)
{
    return arena_strndup(arena, loc.file->text + loc.begin, loc.end - loc.begin);
}

// `head`, n times `part`, `tail`.
static const char *repeat(const char *head, const char *part, int n, const char *tail)
{
    Text t = text_in(arena);
    text_put(&t, head);
    for (int i = 0; i < n; i++) text_put(&t, part);
    text_put(&t, tail);
    return t.at;
}

static bool says(const char *words)
{
    return strstr(diag_text(diags, arena), words) != NULL;
}

// ----------------------------------------------------------------------------------------------------------------
// trees

START_TEST(spans)
{
    Expr *e = expression("(a + b) * f( c , A[i][j] )");
    ck_assert_str_eq(at(e->loc), "(a + b) * f( c , A[i][j] )");
    ck_assert_str_eq(at(e->binary.op_loc), "*");
    ck_assert_str_eq(at(e->binary.left->loc), "(a + b)");
    ck_assert_str_eq(at(e->binary.right->call.name.loc), "f");
    ck_assert_str_eq(at(e->binary.right->call.args.at[1]->loc), "A[i][j]");
    ck_assert_str_eq(at(e->binary.right->call.args.at[1]->index.axes.at[1].loc), "j");
}
END_TEST

START_TEST(declaration_spans)
{
    Module *m = parse_ok("static real[n] f(int n, inout real x[n]) { }\nderive g = jvp(grad(f, x), x; 3);");
    Function *f = m->decls.at[0]->function;
    ck_assert_str_eq(at(f->loc), "static real[n] f(int n, inout real x[n])");
    ck_assert_str_eq(at(f->result.loc), "real[n]");
    ck_assert_str_eq(at(f->params.at[1]->role_loc), "inout");
    ck_assert_str_eq(at(f->params.at[1]->name.loc), "x");
    ck_assert_int_eq(f->params.at[1]->role, ROLE_INOUT);
    ck_assert_str_eq(at(f->body->block.end), "}");
    Transform *t = m->decls.at[1]->derive->transform;
    ck_assert_str_eq(at(t->loc), "jvp(grad(f, x), x; 3)");
    ck_assert_str_eq(at(t->of->wrt.at[0].loc), "x");
    ck_assert_int_eq(t->of->of->kind, XFORM_FUNCTION);
    ck_assert_int_eq(t->directions->int_.value, 3);
}
END_TEST

START_TEST(literals)
{
    ck_assert_str_eq(expression("1.50e-3")->real.text, "1.50e-3");
    ck_assert_double_eq(expression("1.50e-3")->real.value, 1.5e-3);
    ck_assert_double_eq(expression("0x1.8p1")->value.r, 3.0);
    ck_assert_int_eq(expression("2147483647")->value.i, 2147483647);
    ck_assert_int_eq(expression("0xfF")->int_.value, 255);
    ck_assert_int_eq(expression("true")->bool_.value, true);
}
END_TEST

START_TEST(depth)
{
    ck_assert_int_eq(expression("x")->depth, 1);
    ck_assert_int_eq(expression("a + b + c")->depth, 3);
    ck_assert_int_eq(expression("A[i][j][k]")->depth, 2);
}
END_TEST

START_TEST(sources_in_messages_form)
{
    static const struct { const char *in, *out; } rows[] = {
        {"(a+b)*c", "(a + b) * c"},       {"a+(b*c)", "a + b * c"},     {"a-(b-c)", "a - (b - c)"}, {"- -x", "- -x"},
        {"-(a+b)", "-(a + b)"},           {"(b ? 1 : 2) + 1", "(b ? 1 : 2) + 1"}, {"A[i][1:n-1]", "A[i, 1:n - 1]"},
        {"(int)x", "int(x)"},             {"a && (b || c)", "a && (b || c)"},     {"x[1:3][0].y", "x[1:3][0].y"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Text t = text_in(arena);
        ast_expr_source(&t, expression(rows[i].in));
        ck_assert_str_eq(t.at, rows[i].out);
    }
}
END_TEST

START_TEST(names_are_interned)
{
    Module *m = parse_ok("void f(real x) { x = x; }");
    Function *f = m->decls.at[0]->function;
    ck_assert_ptr_eq(f->params.at[0]->name.text, f->body->block.body.at[0]->assign.value->name.name);
}
END_TEST

START_TEST(source_is_unchanged)
{
    const char *text = "void f(real x) { x = = 1; }\nreal $ g";       // flex writes into the text while it scans
    Module *m = parse(text);
    ck_assert_int_eq(status, PARSE_ERRORS);
    ck_assert_mem_eq(m->source->text, text, strlen(text) + 1);
}
END_TEST

START_TEST(later_mistakes_are_found)
{
    Module *m = parse("real f(double x) { return x; }\nvoid g() { x = ; y = 1; if (a = b) { z = 1; } w = 2 }\nreal h(real x);");
    ck_assert_int_eq(diag_errors(diags), 4);
    ck_assert_int_eq(m->decls.n, 3);
    ck_assert_str_eq(m->decls.at[2]->function->name.text, "h");
}
END_TEST

// --------------------------------------------------------------------------------------------------------------
// hostile

static const struct { const char *name, *head, *part; int n; const char *tail, *says; } deep[] = {
    {"chain",      "real f(real x) { return x",    " + x",             1000000, "; }",  "nested too deeply"},
    {"parens",     "real f(real x) { return ",     "(",                100000,  "x",    "nested too deeply"},
    {"minus",      "real f(real x) { return ",     "- ",               100000,  "x; }", "nested too deeply"},
    {"blocks",     "void f() ",                    "{",                100000,  "",     "nested too deeply"},
    {"calls",      "real f(real x) { return ",     "g(",               100000,  "x",    "nested too deeply"},
    {"subscripts", "real f(real x) { return ",     "x[",               100000,  "0",    "nested too deeply"},
    {"ternaries",  "real f(real x) { return ",     "b ? x : ",         100000,  "x; }", "nested too deeply"},
    {"else if",    "void f() { ",                  "if (b) g(); else ", 100000, "g(); }", "nested too deeply"},
    {"fields",     "real f(real x) { return x",    ".y",               100000,  "; }",  "nested too deeply"},
    {"braces",     "const real x = ",              "{",                100000,  "",     "nested too deeply"},
    {"transforms", "derive f = ",                  "grad(",            100000,  "f",    "nested too deeply"},
    {"attributes", "",                             "@inline ",         100000,  "",     "the file ends too early"},
    {"openers",    "",                             "(",                100000,  "",     "expected a declaration"},
    {"closers",    "",                             "}",                100000,  "",     "closes nothing"},
    {"dollars",    "",                             "$",                100000,  "",     "has no meaning here"},
    {"dollars",    "",                             "$ ",               100000,  "",     "stopped after 20 errors"},
};

START_TEST(deep_or_broken)
{
    parse(repeat(deep[_i].head, deep[_i].part, deep[_i].n, deep[_i].tail));
    ck_assert_int_eq(status, PARSE_ERRORS);
    ck_assert_msg(says(deep[_i].says), "%s", deep[_i].name);
    ck_assert_uint_lt(arena_bytes(arena), (size_t)1 << 30);
}
END_TEST

START_TEST(long_is_fine)
{
    parse_ok(repeat("void f(real x) {\n", "x = x + 1;\n", 50000, "}"));
    parse_ok(repeat("real f(real x) { return g(x", ", x", 50000, "); }"));
    parse_ok(repeat("const int K[50001] = {0", ", 1", 50000, "};"));
    parse_ok(repeat("real f(real x) { return x", " + x", 900, "; }"));
    parse_ok(repeat("/*", "* /", 1000000, "*/"));
    parse_ok(repeat("", "real f(real x);\n", 20000, ""));
}
END_TEST

START_TEST(every_prefix)
{
    static const char text[] = "import \"\"; const real X[2] = {1, .5e3};\nstruct s { real a[3]; };\n"
                               "@inline real[n] f(int n, out real x[n]) {\n    @parallel for (int i = 0; i < n; i++) x[i, 1:] += -i ? 1 : 2;\n"
                               "    do { assert(n > 0, \"m\\n\"); } while (!true); /* c */ return (real)int(x.y); // d\n}\n"
                               "derive g = jvp(grad(f, x); 3); custom vjp(f) = g;";
    for (size_t n = 0; n < sizeof text; n++) {
        parse_text(&options, "t.ad", text, n, &status);
        diags = options.diags = diags_new(arena);
    }
}
END_TEST

START_TEST(too_big)
{
    char *text = malloc(SOURCE_MAX_BYTES + 1);
    memset(text, ' ', SOURCE_MAX_BYTES + 1);
    ck_assert_ptr_null(parse_text(&options, "t.ad", text, SOURCE_MAX_BYTES + 1, &status));
    free(text);
    ck_assert_int_eq(status, PARSE_UNREADABLE);
    ck_assert(says("larger than 16 MB"));
}
END_TEST

// --------------------------------------------------------------------------------------------------------------
// imports

// A fresh directory with files in it; removed at the end of the test.
typedef struct Folder {
    char path[32];
    VEC(const char *) files;
} Folder;

static void folder_make(Folder *f)
{
    *f = (Folder){.path = "/tmp/adc_parse_XXXXXX"};
    ck_assert_ptr_nonnull(mkdtemp(f->path));
}

static const char *folder_add(Folder *f, const char *name, const char *text)
{
    const char *path = arena_printf(arena, "%s/%s", f->path, name);
    FILE *to = fopen(path, "w");
    ck_assert_ptr_nonnull(to);
    fputs(text, to);
    fclose(to);
    vec_push(arena, &f->files, path);
    return path;
}

static void folder_remove(Folder *f)
{
    for (int i = 0; i < f->files.n; i++) remove(f->files.at[i]);
    rmdir(f->path);
}

START_TEST(imports_once_and_in_place)
{
    Folder f;
    folder_make(&f);
    folder_add(&f, "c.ad", "const int C = 1;\n");
    folder_add(&f, "b.ad", "import \"c.ad\";\nreal b(real x) { return x; }\n");
    Module *m = parse_file(&options, folder_add(&f, "a.ad", "import \"b.ad\";\nimport \"./c.ad\";\nconst int A = C;\n"), &status);
    folder_remove(&f);
    ck_assert_int_eq(status, PARSE_OK);
    ck_assert_int_eq(m->sources.n, 3);
    ck_assert_int_eq(m->decls.n, 6);                    // import b, import c, C, b, import c, A
    static const TopKind kinds[] = {TOP_IMPORT, TOP_IMPORT, TOP_CONST, TOP_FUNCTION, TOP_IMPORT, TOP_CONST};
    for (int i = 0; i < 6; i++) {
        ck_assert_int_eq(m->decls.at[i]->kind, kinds[i]);
        ck_assert_int_eq(m->decls.at[i]->imported, i >= 1 && i <= 3);
    }
    ck_assert(m->decls.at[3]->function->imported);
    ck_assert_ptr_eq(m->decls.at[4]->import->source, m->decls.at[1]->import->source);
}
END_TEST

START_TEST(import_directories)
{
    Folder f, lib;
    folder_make(&f);
    folder_make(&lib);
    folder_add(&lib, "x.ad", "const int X = 1;\n");
    const char *main_file = folder_add(&f, "a.ad", "import \"x.ad\";\n");
    const char *dirs[] = {"/nowhere", lib.path};
    parse_file(&options, main_file, &status);
    ck_assert_int_eq(status, PARSE_UNREADABLE);
    options.include_dirs = dirs;
    options.n_include_dirs = 2;
    Module *m = parse_file(&options, main_file, &status);
    folder_remove(&f);
    folder_remove(&lib);
    ck_assert_int_eq(status, PARSE_OK);
    ck_assert_int_eq(m->decls.n, 2);
}
END_TEST

START_TEST(import_cycle)
{
    Folder f;
    folder_make(&f);
    folder_add(&f, "b.ad", "import \"a.ad\";\n");
    const char *a = folder_add(&f, "a.ad", "import \"./b.ad\";\n");
    parse_file(&options, a, &status);
    folder_remove(&f);
    ck_assert_int_eq(status, PARSE_ERRORS);
    const char *text = diag_text(diags, arena);
    ck_assert_ptr_nonnull(strstr(text, "import cycle"));
    ck_assert_ptr_nonnull(strstr(text, "/a.ad'"));
    ck_assert_ptr_nonnull(strstr(text, "/b.ad'"));
}
END_TEST

START_TEST(missing_main_file)
{
    ck_assert_ptr_null(parse_file(&options, "/nowhere/a.ad", &status));
    ck_assert_int_eq(status, PARSE_UNREADABLE);
    ck_assert(says("adc: error: cannot read '/nowhere/a.ad': No such file or directory"));
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("parse");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, spans);
    tcase_add_test(t, declaration_spans);
    tcase_add_test(t, literals);
    tcase_add_test(t, depth);
    tcase_add_test(t, sources_in_messages_form);
    tcase_add_test(t, names_are_interned);
    tcase_add_test(t, source_is_unchanged);
    tcase_add_test(t, later_mistakes_are_found);
    tcase_add_loop_test(t, deep_or_broken, 0, (int)(sizeof deep / sizeof *deep));
    tcase_add_test(t, long_is_fine);
    tcase_add_test(t, every_prefix);
    tcase_add_test(t, too_big);
    tcase_add_test(t, imports_once_and_in_place);
    tcase_add_test(t, import_directories);
    tcase_add_test(t, import_cycle);
    tcase_add_test(t, missing_main_file);
    return run_tests("parse", t);
}
