// test_emit.c — the emitted C does what the IR means, and compiles without a warning.
//
// In: IR, written by hand below and made at random. Out: libcheck failures. A module is emitted together with a main
// program that calls each of its functions with n = 0, 1, 2, 3, 7 and prints all results bit for bit; the same calls
// go to the interpreter (interp.h), and the two texts have to be equal:
//
//     int parameters get n; reals 0.75, -1.25, …; bools true; arrays n^rank elements
//
// The random programs have what a compiler of expressions gets wrong: every operator below every other, values used
// after their variable was overwritten, permuted carried values, names that clash, reversed loops of every step,
// exits, branches with several results.
#include "emit.h"
#include "interp.h"
#include "place.h"

#include "suite.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ELEMENTS = 400 };
static const int SIZES[] = {0, 1, 2, 3, 7};

// ---- arguments and results, the same for both sides ----

static double real_argument(int k)
{
    return (k % 2 ? -1.25 : 0.75) + 0.125 * k;
}
static double element(int k, int i)
{
    return 0.5 + 0.375 * ((i * 7 + k * 3) % 11) - (i % 3);
}

static int n_elements(Type t, int n)
{
    int all = 1;
    for (int i = 0; i < t.rank; i++)
        all *= n;
    return all;
}

// Zeros have no sign here: gcc 12 makes -0.0 of 0.0 - n for an int n of 0.
static void put_value(Text *t, double x)
{
    x = x == 0 ? 0 : x;
    if (isnan(x))
        text_put(t, "nan\n");
    else
        text_printf(t, "%a\n", x);
}

// ---- the C side ----

static void put_argument(Text *t, const Param *p, int k)
{
    bool pointer = p->type.kind == K_SCALAR && p->role != ROLE_IN;
    text_printf(t, "%s%sa%d", k ? ", " : "", pointer ? "&" : "", k);
}

static const char *c_name_of(Elem e)
{
    return e == E_REAL ? "double" : e == E_INT ? "int" : "bool";
}

static void put_variable(Text *t, const Param *p, int k)
{
    if (p->type.kind == K_ARRAY && p->type.elem == E_REAL)
        text_printf(t, "        double a%d[%d]; for (int i = 0; i < %d; i++) a%d[i] = element(%d, i);\n", k,
                    MAX_ELEMENTS, MAX_ELEMENTS, k, k);
    else if (p->type.kind == K_ARRAY)
        text_printf(t, "        int a%d[%d]; for (int i = 0; i < %d; i++) a%d[i] = i %% 5;\n", k, MAX_ELEMENTS,
                    MAX_ELEMENTS, k);
    else if (p->type.elem == E_REAL)
        text_printf(t, "        double a%d = real_argument(%d);\n", k, k);
    else
        text_printf(t, "        %s a%d = %s;\n", c_name_of((Elem)p->type.elem), k,
                    p->type.elem == E_INT ? "n" : "true");
}

static void put_result(Text *t, const Param *p, int k)
{
    if (p->role == ROLE_IN)
        return;
    if (p->type.kind == K_SCALAR) {
        text_printf(t, "        show((double)a%d);\n", k);
        return;
    }
    text_printf(t, "        for (int i = 0; i < 1");
    for (int i = 0; i < p->type.rank; i++)
        text_put(t, " * n");
    text_printf(t, "; i++) show((double)a%d[i]);\n", k);
}

static void put_main(Text *t, const Module *m)
{
    text_put(
        t,
        "#include <math.h>\n#include <stdbool.h>\n#include <stdio.h>\n#include \"t.h\"\n"
        "static double real_argument(int k) { return (k % 2 ? -1.25 : 0.75) + 0.125 * k; }\n"
        "static double element(int k, int i) { return 0.5 + 0.375 * ((i * 7 + k * 3) % 11) - (i % 3); }\n"
        "static void show(double x) { x = x == 0 ? 0 : x; if (isnan(x)) puts(\"nan\"); else printf(\"%a\\n\", x); }\n"
        "int main(void)\n{\n    (void)real_argument; (void)element;\n    static const int sizes[] = {0, 1, 2, 3, "
        "7};\n");
    for (int f = 0; f < m->funcs.n; f++) {
        const Func *func = m->funcs.at[f];
        if (func->is_static)
            continue;
        text_put(t, "    for (int s = 0; s < 5; s++) {\n        int n = sizes[s];\n        (void)n;\n");
        for (int k = 0; k < func->params.n; k++)
            put_variable(t, &func->params.at[k], k);
        text_printf(t, "        %s%s(", func->ret >= 0 ? "double r = (double)" : "", func->name);
        for (int k = 0; k < func->params.n; k++)
            put_argument(t, &func->params.at[k], k);
        text_put(t, ");\n");
        for (int k = 0; k < func->params.n; k++)
            put_result(t, &func->params.at[k], k);
        text_put(t, func->ret >= 0 ? "        show(r);\n    }\n" : "    }\n");
    }
    text_put(t, "    return 0;\n}\n");
}

static void write_file(const char *dir, const char *name, const Text *t)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fwrite(t->at, 1, t->n, f);
    fclose(f);
}

// Where the runtime's header is: beside the tests, wherever make was run.
static const char *source_dir(void)
{
    static char dir[500];
    const char *slash = strrchr(__FILE__, '/');
    snprintf(dir, sizeof dir, "%.*s/..", slash ? (int)(slash - __FILE__) : 1, slash ? __FILE__ : ".");
    return dir;
}

// Compiles and runs; the output, or NULL after a message.
static char *run_c(Arena *a, const Module *m, const EmitOptions *o, const char *flags)
{
    char dir[] = "/tmp/test_emit_XXXXXX", command[3000];
    ck_assert_ptr_nonnull(mkdtemp(dir));
    Text c = text_in(a), h = text_in(a), main_text = text_in(a), output = text_in(a);
    ck_assert(emit_c(&c, m, o) && emit_h(&h, m, o));
    put_main(&main_text, m);
    write_file(dir, "t.c", &c);
    write_file(dir, "t.h", &h);
    write_file(dir, "main.c", &main_text);
    const char *cc = getenv("CC") ? getenv("CC") : "cc";
    snprintf(command, sizeof command,
             "cd %s && %s -std=c11 -O1 -ffp-contract=off -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror %s "
             "-I'%s/runtime' -c t.c && "
             "%s -std=c11 -ffp-contract=off -O0 %s -o t main.c t.o -lm && ./t 2>&1",
             dir, cc, flags, source_dir(), cc, flags);
    FILE *p = popen(command, "r");
    char buffer[4096];
    for (size_t n; (n = fread(buffer, 1, sizeof buffer, p)) > 0;)
        text_putn(&output, buffer, n);
    int status = pclose(p);
    if (status == 0) {
        snprintf(command, sizeof command, "rm -r %s", dir);
        ck_assert_int_eq(system(command), 0);
    } else {
        printf("%s: status %d\n%.2000s\n", dir, status, output.at ? output.at : "");
    }
    text_put(&output, "");
    return status == 0 ? output.at : NULL;
}

// ---- the interpreter's side ----

static IVal ir_argument(Interp *in, const Param *p, int k, int n)
{
    if (p->type.kind == K_ARRAY && p->type.elem == E_REAL) {
        double x[MAX_ELEMENTS];
        for (int i = 0; i < MAX_ELEMENTS; i++)
            x[i] = element(k, i);
        return iv_reals(in, n_elements(p->type, n), x);
    }
    if (p->type.kind == K_ARRAY) {
        int x[MAX_ELEMENTS];
        for (int i = 0; i < MAX_ELEMENTS; i++)
            x[i] = i % 5;
        return iv_ints(in, n_elements(p->type, n), x);
    }
    return p->type.elem == E_REAL ? iv_real(real_argument(k)) : p->type.elem == E_INT ? iv_int(n) : iv_bool(true);
}

static void run_ir_func(Arena *a, Text *out, const Func *f, int n)
{
    Interp *in = interp_new(a);
    IVal args[20], results[20];
    int n_args = 0;
    for (int k = 0; k < f->params.n; k++)
        if (f->params.at[k].arg >= 0)
            args[n_args++] = ir_argument(in, &f->params.at[k], k, n);
    ck_assert_msg(interp_call(in, f, args, results), "%s, n = %d: %s", f->name, n, in->error);
    for (int k = 0; k < f->params.n; k++) {
        const Param *p = &f->params.at[k];
        if (p->result < 0)
            continue;
        for (int i = 0; i < (p->type.kind == K_SCALAR ? 1 : n_elements(p->type, n)); i++)
            put_value(out, iv_at(results[p->result], i));
    }
    if (f->ret >= 0)
        put_value(out, iv_at(results[f->ret], 0));
}

static char *run_ir(Arena *a, const Module *m)
{
    Text out = text_in(a);
    text_put(&out, "");
    for (int f = 0; f < m->funcs.n; f++)
        for (int s = 0; s < 5 && !m->funcs.at[f]->is_static; s++)
            run_ir_func(a, &out, m->funcs.at[f], SIZES[s]);
    return out.at;
}

static void compare(Arena *a, Module *m, const char *flags)
{
    char *wrong = ir_verify(a, m);
    ck_assert_msg(!wrong, "%s", wrong);
    const char *want = run_ir(a, m);
    place(m);
    wrong = ir_verify(a, m);
    ck_assert_msg(!wrong, "after place: %s", wrong);
    EmitOptions o = {.standalone = true, .header = "t.h"};
    const char *got = run_c(a, m, &o, flags);
    ck_assert_msg(got, "the C does not compile or run");
    if (strcmp(got, want) != 0) {
        Text c = text_in(a);
        emit_c(&c, m, &o);
        size_t at = 0, line = 1;
        while (got[at] && got[at] == want[at])
            line += got[at++] == '\n';
        ck_abort_msg("line %zu of the results differs: %.30s, not %.30s", line, got + at, want + at);
    }
}

// ---- cases by hand ----

static const char *const CASES[] = {
    // arguments that are overwritten, and old values that are used afterwards
    "func @f(%x: real inout, %y: real inout, %z: real out) -> (real, real, real, real) {\n"
    "  %s = add %x, %y  %d = sub %x, %y  yield %y, %x, %s, %d }",
    // cycles of carried values
    "func @f(%n: int) -> (real) {\n"
    "  %a, %b, %c, %t = loop %i = 0 to %n step 1 (%a = 1.0, %b = 2.0, %c = 3.0) { %d = add %a, 0.5  yield %b, %c, %d "
    "}\n"
    "  %u = mul %b, 10.0  %v = mul %c, 100.0  %w = add %a, %u  %r = add %w, %v  yield %r }",
    // the old value behind the loop
    "func @f(%n: int, %s: real) -> (real) {\n"
    "  %s2, %t = loop %i = 0 to %n step 1 (%s3 = %s) { %s4 = mul %s3, 1.5  yield %s4 }\n"
    "  %r = sub %s2, %s  yield %r }",
    // reversed loops of all steps
    "func @f(%n: int) -> (real) {\n"
    "  %a, %t = loop %i = 0 to %n step 2 reversed (%s = 1.0) { %r = itor %i  %u = mul %s, 1.5  %v = add %u, %r  yield "
    "%v }\n"
    "  %b, %t2 = loop %i2 = 1 to %n step 3 reversed (%s2 = %a) { %r2 = itor %i2  %u2 = mul %s2, 1.25  %v2 = add %u2, "
    "%r2  yield %v2 }\n"
    "  %c, %t3 = loop %i3 = %n to 0 step -2 reversed (%s3 = %b) { %r3 = itor %i3  %u3 = mul %s3, 1.25  %v3 = add %u3, "
    "%r3  yield %v3 }\n"
    "  %d, %t4 = loop %i4 = %n to -1 step -1 reversed (%s4 = %c) { %r4 = itor %i4  %u4 = mul %s4, 1.25  %v4 = add %u4, "
    "%r4  yield %v4 }\n"
    "  %e, %t5 = loop %i5 = %n to -1 step -1 (%s5 = %d) { %r5 = itor %i5  %u5 = mul %s5, 1.25  %v5 = add %u5, %r5  "
    "yield %v5 }\n"
    "  %x1 = itor %t  %x2 = itor %t3  %y1 = add %e, %x1  %y2 = sub %y1, %x2  yield %y2 }",
    // a guard that is a break, and a return out of two loops
    "func @f(%n: int, %x: real[1]) -> (real) {\n"
    "  %x1 = shape %x, %n\n"
    "  %s9, %d9, %r9, %t = loop %i = 0 to %n step 1 exit (%s = 0.0, %d = false, %r = 0.0) {\n"
    "    %s8, %d8, %r8, %t8 = loop %j = 0 to %i step 1 exit (%s7 = %s, %d7 = %d, %r7 = %r) {\n"
    "      %v = load %x1[%j]  %c = lt %v, -1.4\n"
    "      %d1, %r1 = if %c { yield true, %s7 } else { yield false, %r7 }\n"
    "      %s2 = if %d1 { yield %s7 } else { %s3 = add %s7, %v yield %s3 }\n"
    "      yield %d1, %s2, %d1, %r1 }\n"
    "    %e, %s5 = if %d8 { yield true, %s8 } else { %c2 = gt %s8, 20.0 %s6 = mul %s8, 1.5 yield %c2, %s6 }\n"
    "    yield %e, %s5, %d8, %r8 }\n"
    "  %q = if %d9 { yield %r9 } else { %k = mul %s9, 2.0 yield %k }\n  yield %q }",
    // an exit that reads what the end of the body changes
    "func @f(%n: int, %trips: int out) -> (int, real) {\n"
    "  %s, %k, %t = loop exit (%s1 = 1.0, %k1 = 0) {\n"
    "    %k2 = iadd %k1, 1  %s2 = add %s1, 2.0  %e = ige %k1, %n  yield %e, %s2, %k2 }\n  yield %t, %s }",
    // names that C keeps, and that hide others
    "func @f(%n: int, %x: real) -> (real) {\n"
    "  %exp = exp %x  %int = mul %exp, 2.0  %f = add %int, %exp  %memset = mul %f, %f\n"
    "  %a, %t = loop %n2 = 0 to %n step 1 (%exp2 = %memset) { %x2 = add %exp2, %x  %y = mul %x2, %x2  %z = sub %y, %x2 "
    " yield %z }\n"
    "  %r = add %a, %exp  %r2 = add %r, %int  yield %r2 }",
    // arrays: of constant and other sizes, set to zero in every trip, parts and rows
    "func @f(%n: int, %A: real[2] inout) -> (real[2], real) {\n"
    "  %A1 = shape %A, %n, %n\n"
    "  %A2, %s9, %t = loop %i = 0 to %n step 1 (%A3 = %A1, %s = 0.0) {\n"
    "    %w = new real[%n] zero  %v = new real[3] zero\n"
    "    %w2, %t2 = loop %j = 0 to %n step 1 (%w3 = %w) { %a = load %A3[%i, %j]  %w4 = acc %w3[%j], %a  yield %w4 }\n"
    "    %v2 = store %v[1], %s  %v3 = acc %v2[2], 1.5\n"
    "    %x0 = load %v3[0]  %x1 = load %v3[1]  %x2 = load %v3[2]  %y0 = add %x0, %x1  %y1 = add %y0, %x2\n"
    "    %A4, %q = within %A3 (%row = [%i]) { %row2, %t3 = loop %j2 = 0 to %n step 1 (%row3 = %row) {\n"
    "        %b = load %w2[%j2]  %c = mul %b, %y1  %row4 = store %row3[%j2], %c  yield %row4 }  %z = add %y1, 0.25  "
    "yield %row2, %z }\n"
    "    yield %A4, %q }\n  yield %A2, %s9 }",
    // whole arrays, copies and products
    "func @f(%n: int, %A: real[2], %x: real[1] inout, %y: real[1] out) -> (real[1], real[1]) {\n"
    "  %A1 = shape %A, %n, %n  %x1 = shape %x, %n  %y1 = shape %y, %n\n"
    "  %c = copy %x1  %y2 = fill %y1, 0.0  %y3 = gemm %y2, %A1, %c, %n, 1, %n\n"
    "  %x2 = add_to %x1, %y3  %w = new real[%n]  %w2 = copy_to %w, %x2  %x3 = fill %x2, -0.5  %x4 = add_to %x3, %w2\n"
    "  yield %x4, %y3 }",
    // tapes: filled in a loop whose length only the run tells, read backwards
    "func @f(%n: int, %x: real[1]) -> (real) {\n"
    "  %x1 = shape %x, %n  %b = buf_new real  %q = buf_new bit\n"
    "  %b2, %q2, %t = loop %i = 0 to %n step 1 (%b1 = %b, %q1 = %q) {\n"
    "    %v = load %x1[%i]  %c = gt %v, 0.0\n"
    "    %b3 = if %c (%b4 = %b1) { %v2 = mul %v, 2.0  %b5 = put %b4, %v2  yield %b5 } else (%b6) { yield %b6 }\n"
    "    %q3 = put %q1, %c  yield %b3, %q3 }\n"
    "  %z = freeze %b2  %p = len %z  %zq = freeze %q2  %pq = len %zq\n"
    "  %s9, %at9, %aq9, %t9 = loop %i2 = 0 to %n step 1 reversed (%s = 0.0, %at = %p, %aq = %pq) {\n"
    "    %aq2 = padd %aq, -1  %c2 = load %zq[%aq2]\n"
    "    %s2, %at2 = if %c2 { %at3 = padd %at, -1  %v3 = load %z[%at3]  %s3 = mul %s, 0.5  %s4 = add %s3, %v3  yield "
    "%s4, %at3 }\n"
    "                else { %s5 = sub %s, 1.0  yield %s5, %at }\n"
    "    yield %s2, %at2, %aq2 }\n  yield %s9 }",
    // an inout argument whose next value goes where another argument came from
    "static func @g(%k: real, %s: real inout) -> (real) { %r = sub %s, %k  yield %r }\n"
    "func @f(%n: int, %x: real, %s: real) -> (real) {\n"
    "  %k9, %t = loop %i = 0 to %n step 1 (%k = %x) { %k2 = call @g(%k, %s)  yield %k2 }  yield %k9 }",
    // choices: elements that are only there where they are wanted, one read before a store, as an index and as a head
    "func @f(%n: int, %x: real[1] inout, %k9: int out) -> (real[1], int, real) {\n"
    "  %x1 = shape %x, %n  %c = igt %n, 2\n"
    "  %a = if choice %c { %v = load %x1[2] %w = mul %v, 2.0 yield %w } else { yield 0.5 }\n"
    "  %b = if choice %c { %m = idiv 7, %n %k = imod %m, %n %v3 = load %x1[%k] yield %v3 } else { yield %a }\n"
    "  %p = if choice %c { %v2 = load %x1[1] %q = lt %v2, 0.0 yield %q } else { yield false }\n"
    "  %r = if choice %p { yield true } else { %q2 = if choice %c { %v4 = load %x1[0] %q3 = gt %v4, %b yield %q3 }\n"
    "      else { %q4 = lt %a, 0.0 yield %q4 } yield %q2 }\n"
    "  %j = if choice %r { yield 1 } else { yield 0 }\n"
    "  %x3 = if %c (%x2 = %x1) { %x4 = store %x2[%j], %b yield %x4 } else (%x5) { yield %x5 }\n"
    "  %i, %t = loop (%i1 = 0) while (%i2) { %e = ilt %i2, %n\n"
    "      %h = if choice %e { %v5 = load %x3[%i2] %u = lt %v5, 2.0 yield %u } else { yield false } yield %h }\n"
    "    do { %i3 = iadd %i1, 1 yield %i3 }\n"
    "  %s = if choice %c { %v6 = load %x3[2] yield %v6 } else { yield %a }  %x6 = fill %x3, %s\n"
    "  yield %x6, %i, %a }",
    // a choice that leaves a variable as it is, on either side
    "func @f(%n: int, %x: real[1], %k9: int out) -> (int, int) {\n"
    "  %x1 = shape %x, %n\n"
    "  %a, %b, %t = loop %i = 1 to %n step 1 (%p = 0, %q = 0) {\n"
    "    %v = load %x1[%i] %u = load %x1[%p] %c = gt %v, %u %p2 = isel %c, %i, %p\n"
    "    %w = load %x1[%q] %d = ge %v, %w %q2 = isel %d, %q, %i  yield %p2, %q2 }  yield %a, %b }",
    // calls with out scalars, recursion, results that nobody wants
    "static func @g(%k: int, %x: real, %s: real inout, %c: int out) -> (real, int, real) {\n"
    "  %z = ile %k, 0\n"
    "  %s9, %c9, %r9 = if %z { yield %s, 1, %x } else { %k1 = isub %k, 1  %h = mul %x, 0.5\n"
    "    %s1, %c1, %r1 = call @g(%k1, %h, %s)  %s2, %c2, %r2 = call @g(%k1, %r1, %s1)\n"
    "    %s3 = add %s2, %x  %c3 = iadd %c1, %c2  yield %s3, %c3, %r2 }\n"
    "  yield %s9, %c9, %r9 }\n"
    "func @f(%n: int, %x: real) -> (real) {\n"
    "  %s, %c, %r = call @g(%n, %x, %x)  %s2, %c2, %r2 = call @g(2, %r, %s)  %d = itor %c  %q = add %s2, %d  %w = sub "
    "%q, %x  yield %w }",
};

START_TEST(by_hand)
{
    Arena *a = arena_new();
    char *error = NULL;
    Module *m = ir_parse(a, "case.ir", CASES[_i], &error);
    ck_assert_msg(m, "%s", error);
    compare(a, m, "");
    arena_free(a);
}
END_TEST

// ---- random programs ----

typedef struct Gen {
    Arena *arena;
    Func *f;
    unsigned state;
    int budget;
    VEC(Value *) reals, ints, bools;
} Gen;

static int pick(Gen *g, int n)
{
    g->state = g->state * 1664525u + 1013904223u;
    return (int)((g->state >> 8) % (unsigned)n);
}

static const char *random_name(Gen *g)
{
    static const char *const names[] = {NULL, NULL,  NULL,    "s",     "s", "t", "x",
                                        "i",  "exp", "while", "a_bar", "n", "y", "f0"};
    return names[pick(g, 14)];
}

static Value *any_real(Gen *g, Builder *b)
{
    if (pick(g, 6) == 0)
        return b_real(b, (double)pick(g, 9) * 0.5 - 2.0);
    int recent = g->reals.n > 4 && pick(g, 3) ? 4 : g->reals.n;
    return g->reals.at[g->reals.n - 1 - pick(g, recent)];
}

static Value *any_int(Gen *g, Builder *b)
{
    return pick(g, 4) == 0 ? b_int(b, pick(g, 7) - 3) : g->ints.at[g->ints.n - 1 - pick(g, g->ints.n)];
}

static Value *any_bool(Gen *g, Builder *b)
{
    if (g->bools.n > 0 && pick(g, 2))
        return g->bools.at[pick(g, g->bools.n)];
    OpCode code = (OpCode[]){OP_lt, OP_le, OP_gt, OP_ge, OP_eq, OP_ne}[pick(g, 6)];
    return b_2(b, code, any_real(g, b), any_real(g, b));
}

static void random_scalar(Gen *g, Builder *b)
{
    static const OpCode reals[] = {OP_add, OP_sub, OP_mul, OP_div, OP_add, OP_sub, OP_mul, OP_max, OP_min};
    static const OpCode ints[] = {OP_iadd, OP_isub, OP_iand, OP_ior, OP_ixor, OP_imin, OP_imax};
    static const OpCode bools[] = {OP_and, OP_or, OP_beq, OP_bne};
    Value *v;
    switch (pick(g, 14)) {
    case 0: v = b_1(b, OP_neg, any_real(g, b)); break;
    case 1: v = b_1(b, OP_abs, any_real(g, b)); break;
    case 2: v = b_1(b, OP_stop, any_real(g, b)); break;
    case 3: v = b_3(b, OP_sel, any_bool(g, b), any_real(g, b), any_real(g, b)); break;
    case 4: v = b_1(b, OP_itor, any_int(g, b)); break;
    case 5:
        v = b_2(b, ints[pick(g, 7)], b_2(b, OP_iand, any_int(g, b), b_int(b, 255)),
                b_2(b, OP_iand, any_int(g, b), b_int(b, 63)));
        break;
    case 6:
        v = pick(g, 2) ? b_1(b, OP_ineg, b_2(b, OP_iand, any_int(g, b), b_int(b, 15))) : b_1(b, OP_inot, any_int(g, b));
        break;
    case 7: v = b_2(b, bools[pick(g, 4)], any_bool(g, b), any_bool(g, b)); break;
    case 8: v = b_1(b, OP_not, any_bool(g, b)); break;
    case 9: v = b_2(b, (OpCode[]){OP_ilt, OP_ile, OP_ieq, OP_ine}[pick(g, 4)], any_int(g, b), any_int(g, b)); break;
    case 10:
        v = b_2(b, pick(g, 2) ? OP_ishl : OP_ishr, b_2(b, OP_iand, any_int(g, b), b_int(b, 15)), b_int(b, pick(g, 4)));
        break;
    case 11: v = b_2(b, pick(g, 2) ? OP_idiv : OP_imod, any_int(g, b), b_int(b, 1 + pick(g, 5))); break;
    default: v = b_2(b, reals[pick(g, 9)], any_real(g, b), any_real(g, b));
    }
    if (!v->name && v->def->n_out == 1)
        v->name = random_name(g);
    if (v->type.elem == E_REAL)
        vec_push(g->arena, &g->reals, v);
    else if (v->type.elem == E_INT)
        vec_push(g->arena, &g->ints, v);
    else
        vec_push(g->arena, &g->bools, v);
}

// What is in scope, to go back to at the end of a region.
typedef struct Mark {
    int reals, ints, bools;
} Mark;
static Mark mark_of(const Gen *g)
{
    return (Mark){g->reals.n, g->ints.n, g->bools.n};
}
static void back_to(Gen *g, Mark m)
{
    g->reals.n = m.reals;
    g->ints.n = m.ints;
    g->bools.n = m.bools;
}

static Value *random_ops(Gen *g, Builder *b, Value *array, int depth);

static Value *random_if(Gen *g, Builder *b, Value *array, int depth)
{
    Op *op = b_if(b, any_bool(g, b), 1, &array);
    int n = 1 + pick(g, 3), flag = pick(g, 2);
    for (int k = 0; k < 2; k++) {
        Mark m = mark_of(g);
        Builder in = builder_at(g->f, op->regions[k], false);
        Value *yields[6];
        yields[0] = random_ops(g, &in, op->regions[k]->args.at[0], depth - 1);
        for (int i = 0; i < n; i++)
            yields[1 + i] = any_real(g, &in);
        yields[1 + n] = flag && pick(g, 3) ? b_bool(&in, pick(g, 2) != 0) : any_bool(g, &in);
        ir_yield(&in, n + 2, yields);
        back_to(g, m);
    }
    b_if_end(op);
    for (int i = 1; i <= n; i++) {
        op->out[i]->name = random_name(g);
        vec_push(g->arena, &g->reals, op->out[i]);
    }
    vec_push(g->arena, &g->bools, op->out[1 + n]);
    return op->out[0];
}

// An expression: arms that may or may not be short, without names, of values with one use.
static void random_choice(Gen *g, Builder *b)
{
    Op *op = b_if(b, any_bool(g, b), 0, NULL);
    op->choice = true;
    bool bools = pick(g, 3) == 0;
    for (int k = 0; k < 2; k++) {
        Mark m = mark_of(g);
        Builder in = builder_at(g->f, op->regions[k], false);
        for (int n = pick(g, 4); n > 0; n--)
            random_scalar(g, &in);
        Value *v = bools ? (pick(g, 3) ? any_bool(g, &in) : b_bool(&in, pick(g, 2) != 0)) : any_real(g, &in);
        ir_yield(&in, 1, &v);
        for (int i = 0; i < in.at->ops.n && pick(g, 4); i++)
            in.at->ops.at[i]->out[0]->name = NULL;
        back_to(g, m);
    }
    b_if_end(op);
    op->out[0]->name = random_name(g);
    if (bools)
        vec_push(g->arena, &g->bools, op->out[0]);
    else
        vec_push(g->arena, &g->reals, op->out[0]);
}

static Value *random_loop(Gen *g, Builder *b, Value *array, int depth)
{
    static const int steps[] = {1, 1, 1, 2, 3, -1, -2, -3};
    int kind = pick(g, 3), n = 1 + pick(g, 3), step = steps[pick(g, 8)]; // counted, counted with an exit, uncounted
    Value *init[8] = {array}, *zero = b_int(b, 0);
    for (int i = 0; i < n; i++)
        init[1 + i] = any_real(g, b);
    init[1 + n] = pick(g, 2) ? b_bool(b, pick(g, 2) != 0) : any_bool(g, b);
    init[2 + n] = zero;
    Value *lo = b_int(b, pick(g, 4) - 1), *hi = b_2(b, OP_imin, g->ints.at[0], b_int(b, 3 + pick(g, 4)));
    Op *op = b_loop(b, kind < 2 ? (step > 0 ? lo : hi) : NULL, kind < 2 ? (step > 0 ? hi : lo) : NULL, step,
                    kind == 0 && pick(g, 2), n + 3, init);
    op->has_exit = kind > 0;
    Mark m = mark_of(g);
    Builder in = builder_at(g->f, op->regions[0], false);
    if (kind < 2) {
        loop_index(op)->name = random_name(g);
        vec_push(g->arena, &g->ints, loop_index(op));
    }
    for (int i = 0; i < n; i++) {
        loop_arg(op, 1 + i)->name = random_name(g);
        vec_push(g->arena, &g->reals, loop_arg(op, 1 + i));
    }
    vec_push(g->arena, &g->bools, loop_arg(op, 1 + n));
    vec_push(g->arena, &g->ints, loop_arg(op, 2 + n));
    Value *yields[10], *count = b_2(&in, OP_iadd, loop_arg(op, 2 + n), b_int(&in, 1));
    int at = 0;
    Value *next = random_ops(g, &in, loop_arg(op, 0), depth - 1);
    if (kind > 0)
        yields[at++] = b_2(&in, OP_or, any_bool(g, &in),
                           b_2(&in, OP_igt, pick(g, 2) ? count : loop_arg(op, 2 + n), b_int(&in, 4)));
    yields[at++] = next;
    for (int i = 0; i < n; i++)
        yields[at++] = any_real(g, &in);
    yields[at++] = any_bool(g, &in);
    yields[at++] = count;
    ir_yield(&in, at, yields);
    back_to(g, m);
    if (kind == 2 && pick(g, 2)) {
        Region *head = b_loop_head(op);
        Builder hb = builder_at(g->f, head, false);
        Value *c = b_2(&hb, OP_lt, head->args.at[1], b_real(&hb, 3.0));
        ir_yield(&hb, 1, &c);
    }
    for (int i = 0; i < n; i++)
        vec_push(g->arena, &g->reals, op->out[1 + i]);
    vec_push(g->arena, &g->bools, op->out[1 + n]);
    vec_push(g->arena, &g->ints, pick(g, 2) ? loop_trips(op) : op->out[2 + n]);
    return op->out[0];
}

// The element of the array (of 4 elements) that some int stands for.
static Value *random_index(Gen *g, Builder *b)
{
    return pick(g, 2) ? b_int(b, pick(g, 4)) : b_2(b, OP_iand, any_int(g, b), b_int(b, 3));
}

static Value *random_ops(Gen *g, Builder *b, Value *array, int depth)
{
    for (int n = 1 + pick(g, 7); n > 0 && g->budget > 0; n--) {
        g->budget--;
        int what = pick(g, 11);
        Value *i;
        if (what == 0 && depth > 0) {
            array = random_if(g, b, array, depth);
        } else if (what == 1 && depth > 0) {
            array = random_loop(g, b, array, depth);
        } else if (what == 2) {
            i = random_index(g, b);
            array = pick(g, 2) ? b_store(b, array, 1, &i, any_real(g, b)) : b_acc(b, array, 1, &i, any_real(g, b));
        } else if (what == 3) {
            i = random_index(g, b);
            Value *v = b_load(b, array, 1, &i);
            v->name = random_name(g);
            vec_push(g->arena, &g->reals, v);
        } else if (what == 4) {
            random_choice(g, b);
        } else {
            random_scalar(g, b);
        }
    }
    return array;
}

static void random_func(Gen *g, Module *m, int k)
{
    Func *f = func_new(m, arena_printf(g->arena, "f%d", k));
    g->f = f;
    g->budget = 60;
    g->reals.n = g->ints.n = g->bools.n = 0;
    Value *n = func_param(f, "n", ROLE_IN, T_INT, P_PRIMAL, -1), *x = func_param(f, "x", ROLE_IN, T_REAL, P_PRIMAL, -1);
    Value *y = func_param(f, "y", ROLE_INOUT, T_REAL, P_PRIMAL, -1);
    func_param(f, "a_bar", ROLE_OUT, T_REAL, P_PRIMAL, -1);
    func_set_ret(f, T_REAL);
    vec_push(g->arena, &g->ints, n);
    vec_push(g->arena, &g->reals, x);
    vec_push(g->arena, &g->reals, y);
    Builder b = builder_at(f, f->body, false);
    Value *four = b_int(&b, 4), *array = b_new(&b, E_REAL, 1, &four, true, pick(g, 2) ? "s" : NULL);
    for (int i = 0; i < 4; i++)
        array = random_ops(g, &b, array, 3);
    Value *zero = b_int(&b, 0), *three = b_int(&b, 3);
    Value *out = b_2(&b, OP_add, b_load(&b, array, 1, &zero), b_load(&b, array, 1, &three));
    ir_yield(&b, 3, (Value *[]){any_real(g, &b), out, any_real(g, &b)});
}

START_TEST(at_random)
{
    Arena *a = arena_new();
    Module *m = module_new(a);
    m->source = "random.ir";
    const char *seed = getenv("EMIT_SEED");
    Gen g = {.arena = a, .state = (unsigned)_i * 7919u + 17u + (seed ? (unsigned)atoi(seed) * 104729u : 0)};
    for (int k = 0; k < 60; k++)
        random_func(&g, m, k);
    compare(a, m, _i % 3 == 2 ? "-O2 -Wno-tautological-compare" : "-Wno-tautological-compare");
    arena_free(a);
}
END_TEST

// ---- short loops that C may run at once ----

#define HEAD "func @f(%n: int, %x: real[2], %y: real[2] inout) -> (real[2]) {\n  %x1 = shape %x, %n, 8  %y1 = shape %y, %n, 8\n"
#define LOOP(hi, body) HEAD "  %y2, %T = loop %i = 0 to " hi " (%y3 = %y1) {\n" body "    yield %y4 }\n  yield %y2 }"

static const struct {
    const char *what, *text;
    bool apart;
} LANES[] = {
    {"its own elements", LOOP("8", "%v = load %x1[0, %i]  %u = load %y3[1, %i]  %w = mul %u, %v  %y4 = acc %y3[0, %i], %w"), true},
    {"what another trip writes", LOOP("8", "%u = load %y3[1, 2]  %y4 = store %y3[0, %i], %u"), false},
    {"a row for each trip, all written at one place", LOOP("8", "%y4 = store %y3[%i, 0], 1.0"), false},
    {"how many trips is not known", LOOP("%n", "%y4 = store %y3[0, %i], 1.0"), false},
    {"many trips", LOOP("17", "%y4 = store %y3[0, %i], 1.0"), false},
    {"a check in it", LOOP("8", "%c = ilt %i, %n  check assert \"m\", %c  %y4 = store %y3[0, %i], 1.0"), false},
    {"a sum besides", HEAD "  %y2, %s, %T = loop %i = 0 to 8 (%y3 = %y1, %s1 = 0.0) {\n    %s2 = add %s1, 1.5  %y4 = store %y3[0, %i], %s2\n"
                           "    yield %y4, %s2 }\n  yield %y2 }", false},
    {"local arrays only", HEAD "  %t = new real[8]  %t1, %T = loop %i = 0 to 8 (%t2 = %t) {\n    %v = load %x1[0, %i]\n"
                               "    %t3 = store %t2[%i], %v\n    yield %t3 }\n  %u = load %t1[%n]  %y2 = store %y1[0, 0], %u\n  yield %y2 }", false},
    {"the user's own function", "func @f(%y: real[1] inout) -> (real[1]) source \"f\" {\n  %y1 = shape %y, 8\n"
                                "  %y2, %T = loop %i = 0 to 8 (%y3 = %y1) {\n    %y4 = store %y3[%i], 1.0\n    yield %y4 }\n  yield %y2 }", false},
};

START_TEST(lanes)
{
    Arena *a = arena_new();
    char *error;
    Module *m = ir_parse(a, "t.ir", LANES[_i].text, &error);
    ck_assert_msg(m != NULL, "%s: %s", LANES[_i].what, error);
    error = ir_verify(a, m);
    ck_assert_msg(!error, "%s: %s", LANES[_i].what, error ? error : "");
    Text c = text_in(a);
    ck_assert(emit_c(&c, m, &(EmitOptions){0}));
    ck_assert_msg((strstr(c.at, "ADRT_LANES") != NULL) == LANES[_i].apart, "%s:\n%s", LANES[_i].what, c.at);
    arena_free(a);
}
END_TEST

// ---- long functions ----

// The text grows as the function does, and so does the time (the bound on it is a generous one).
START_TEST(long_function)
{
    Arena *a = arena_new();
    Module *m = module_new(a);
    Func *f = func_new(m, "f");
    Value *x = func_param(f, "x", ROLE_IN, T_REAL, P_PRIMAL, -1);
    func_set_ret(f, T_REAL);
    Builder b = builder_at(f, f->body, false);
    Value *s = x, *t = x;
    for (int i = 0; i < 25000; i++) {
        s = b_2(&b, OP_add, b_2(&b, OP_mul, s, x), t);
        s->name = "s";
        t = i % 3 ? t : s;
    }
    ir_yield(&b, 1, &s);
    Text c = text_in(a);
    ck_assert(emit_c(&c, m, &(EmitOptions){0}));
    ck_assert(c.n < 3000000);
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("emit");
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, by_hand, 0, (int)(sizeof CASES / sizeof *CASES));
    tcase_add_loop_test(t, at_random, 0, 3);
    tcase_add_loop_test(t, lanes, 0, (int)(sizeof LANES / sizeof *LANES));
    tcase_add_test(t, long_function);
    return run_tests("emit", t);
}
