// test_lower.c — what programs mean once they are lowered: run in the interpreter, against C.
//
// In: programs in two tables. SHARED programs are C and .ad at once: the same text is compiled here and by adc, so
// every form of control flow is held against a C compiler. The others (arrays, roles, builtins) stand beside a C
// function that computes the same by hand. All have the signature `real f(int n, real x[n])` (x[6] in SHARED programs)
// and run for every n from 0 (or `from`) to 6 on several x. Everything lowered is verified, with --check too.
#include "ast_ir.h"

#include "suite.h"

#include <check.h>
#include <stdlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "interp.h"
#include "lower.h"
#include "parser.h"

enum { MOST = 6, DRAWS = 12 };

typedef double real;
typedef double Function_(int n, const double *x);

static Module *lowered(Arena *a, const char *text, bool check)
{
    Diags *d = diags_new(a);
    ParseOptions o = {.arena = a, .names = interner_new(a), .diags = d};
    ParseStatus status;
    AstModule *tree = parse_text(&o, "test.ad", text, strlen(text), &status);
    Program *p = status == PARSE_OK ? check_module(tree, d) : NULL;
    ck_assert_msg(diag_errors(d) == 0, "%s", diag_text(d, a));
    Module *m = lower(a, p, (LowerOptions){.check = check});
    char *wrong = ir_verify(a, m);
    ck_assert_msg(wrong == NULL, "%s\n%s", wrong, text);
    return m;
}

static double run(Interp *in, const Func *f, int n, const double *x)
{
    IVal args[2] = {iv_int(n), iv_reals(in, n, x)}, result[1];
    if (!interp_call(in, f, args, result))
        ck_abort_msg("%s, n = %d", in->error, n);
    return result[0].r;
}

static bool close_to(double a, double b)
{
    return (isnan(a) && isnan(b)) || a == b || fabs(a - b) <= 1e-12 * (fabs(a) + fabs(b) + 1e-3);
}

// Small whole and half numbers, so that comparisons for equality come true now and then; from the second draw on with
// negative ones.
static void draw(double *x, int k)
{
    static unsigned state = 1;
    for (int i = 0; i < MOST; i++) {
        state = state * 1664525u + 1013904223u;
        x[i] = (double)(int)(state >> 24 & 15) / 2.0 - (k ? 3.0 : -0.5);
    }
}

static void compare(const Module *m, Arena *a, const char *name, Function_ *want, int from)
{
    Interp *in = interp_new(a);
    const Func *f = func_by_name(m, name);
    ck_assert_msg(f != NULL, "%s", name);
    for (int n = from; n <= MOST; n++)
        for (int k = 0; k < DRAWS; k++) {
            double x[MOST];
            draw(x, k);
            double got = run(in, f, n, x), expected = want(n, x);
            ck_assert_msg(close_to(got, expected), "%s, n = %d, draw %d: %.17g, not %.17g", name, n, k, got, expected);
        }
}

// ---- programs that are C, too

typedef struct Shared {
    const char *name, *text;
    double (*f)(int n, double *x);
} Shared;

// The text of a function, as C and as a string.
#define SHARED(name, ...) \
    __VA_ARGS__           \
    static const char name##_text[] = #__VA_ARGS__;

SHARED(sum_for, static real sum_for(int n, real x[6]) {
    real s = 0.0;
    for (int i = 0; i < n; i++)
        s += x[i];
    return s;
})

SHARED(loop_forms, static real loop_forms(int n, real x[6]) {
    real s = 0.0;
    int i = n - 1;
    while (i >= 0) {
        s = s * 2.0 + x[i];
        i -= 1;
    }
    int j = 0;
    do {
        s -= 0.5 * j;
        j++;
    } while (j < n);
    for (; j > 0; j -= 2)
        s *= 1.5;
    for (;;) {
        s += 1.0;
        if (s > 3.0)
            break;
    }
    for (real t = 0.25; t < 3.0; t *= 2.0)
        s += t;
    int k;
    for (k = n; k < 2 * n; k += 3)
        s -= x[0];
    return s + k + i + j;
})

SHARED(break_continue, static real break_continue(int n, real x[6]) {
    real s = 0.0;
    for (int i = 0; i < n; i++) {
        if (x[i] < 0.0)
            continue;
        s += x[i];
        if (s > 5.0)
            break;
        s += 0.25;
        if (x[i] == 1.0)
            continue;
        s *= 1.25;
    }
    return s;
})

SHARED(return_in_loop, static real return_in_loop(int n, real x[6]) {
    real s = 0.0;
    for (int i = 0; i < n; i++) {
        if (x[i] == 2.0)
            return s + 100.0;
        s += x[i];
    }
    s *= 3.0;
    if (s > 10.0)
        return -s;
    while (s < 4.0) {
        s += 1.5;
        if (s == 2.0)
            return 7.0;
    }
    return s;
})

SHARED(all_jumps, static real all_jumps(int n, real x[6]) {
    real s = 0.0;
    int i = 0;
    while (true) {
        if (i >= n)
            break;
        real v = x[i];
        i++;
        if (v < -1.0)
            continue;
        for (int j = 0; j < n; j++) {
            if (x[j] > v)
                continue;
            if (x[j] == v) {
                s += 1.0;
                if (s > 20.0)
                    return s;
                break;
            }
            real w = x[j] * 0.5;
            if (w < 0.0)
                s -= w;
            else if (w > 2.0)
                return -s;
            s += w * v;
        }
        if (s > 12.0)
            return s * 10.0;
    }
    return s + i;
})

SHARED(do_jumps, static real do_jumps(int n, real x[6]) {
    int i = 0;
    real s = 0.0;
    do {
        if (x[i] < 0.0) {
            i++;
            continue;
        }
        if (x[i] == 4.0)
            break;
        s += x[i];
        if (s > 9.0)
            return s;
        i++;
    } while (i < n && s < 8.0);
    do
        s += 0.5;
    while (s < 2.0);
    return s * (i + 1);
})

SHARED(ifs, static real ifs(int n, real x[6]) {
    real a = x[0];
    real b = 1.0;
    if (a > 1.0) {
        b = a;
        if (n > 3)
            a = -a;
    } else if (a < -1.0) {
        b = 2.0;
    } else {
        real c = a;
        a = b;
        b = c;
    }
    if (n == 2)
        b += a;
    if (n % 2 == 0) {
    } else {
        a += 0.5;
    }
    return a * 10.0 + b;
})

SHARED(returns, static real returns(int n, real x[6]) {
    if (n == 0)
        return 1.0;
    real s = x[0];
    if (s < 0.0) {
        if (n > 3)
            return s;
        s = -s;
    } else {
        if (s == 1.0)
            return 50.0;
    }
    {
        real t = s + 1.0;
        if (t > 3.0) {
            s = t;
            if (n == 5)
                return t * 2.0;
            else
                s += 1.0;
        }
        s += t;
    }
    if (n == 1)
        return s;
    else
        return s + n;
})

SHARED(locals_behind_guards, static real locals_behind_guards(int n, real x[6]) {
    real s = 0.0;
    for (int i = 0; i < n; i++) {
        if (x[i] < 0.0)
            continue;
        real a = x[i] * 2.0;
        int k = n - i;
        if (a > 9.0)
            break;
        real b = a + k;
        real t[4] = {a, b};
        if (b == 7.0)
            return s;
        t[2] = a * b;
        real u = t[0] + t[1] + t[2] + t[3];
        if (u < 3.0)
            continue;
        s += u + a;
    }
    return s;
})

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"       // it is about shadows
#endif
SHARED(scopes, static real scopes(int n, real x[6]) {
    real s = x[0];
    int i = n;
    for (int i = 0; i < n; i++) {
        real x = s;
        s += x * 0.5;
        for (int i = 0; i < 2; i++) {
            real s = 1.0;
            s += x;
            if (s > 1e9)
                i++;
        }
    }
    {
        real s = 5.0;
        int n = 3;
        s += n;
        i += (int)s - 5;
    }
    if (i > 4) {
        real s = x[1];
        i += (int)s;
    }
    return s + i;
})

#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

SHARED(logic, static real logic(int n, real x[6]) {
    real s = 0.0;
    for (int i = 0; i < 6; i++) {
        if (i < n && x[i] > 1.0)
            s += 1.0;
        if (i >= n || x[i] < 0.0)
            s += 10.0;
        if (!(i < n) && (n == 0 || x[i % n] > 0.0))
            s += 100.0;
        bool b = (i < n) == (x[i] > 0.0);
        if (b != true && n != 0 && 6 / n > i)
            s += 1000.0;
    }
    return s;
})

SHARED(choices, static real choices(int n, real x[6]) {
    real s = 0.0;
    for (int i = 0; i < n; i++) {
        s += x[i] > 0.0 ? x[i] * x[i] : x[i] < -1.0 ? -1.0 : s * 0.5;
        int k = x[i] == 1.0 ? 3 : i;
        bool b = n > 2 ? k > 2 : false;
        s += b ? k : 0.25;
    }
    return s;
})

SHARED(ints, static real ints(int n, real x[6]) {
    int a = n * 7 - 9;
    int b = a / 4 + a % 4;
    b += n << 2 | 1;
    b = b ^ 5;
    b = b & 62;
    b -= ~(n >> 1);
    int c = -b;
    c++;
    --c;
    c *= 3;
    c /= 2;
    c %= 17;
    return a + 2 * b + 0.5 * c + (int)x[0] + (real)n / 4;
})

SHARED(nested_arrays, static real nested_arrays(int n, real x[6]) {
    real a[3][4] = {{1.0, 2.0}, {3.0}};
    int p[2] = {2, 1};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 4; j++) {
            if (i == j)
                continue;
            a[i][j] += x[i] * j - a[j % 3][i];
            a[p[j % 2]][j] *= 0.5;
        }
    real s = 0.0;
    for (int j = 3; j >= 0; j--)
        for (int i = 0; i < 3; ++i) {
            s = s * 0.5 + a[i][j];
            if (s > 30.0)
                return a[2][3] - n;
        }
    return s;
})

SHARED(conditions_on_arrays, static real conditions_on_arrays(int n, real x[6]) {
    real a[6] = {0.0};
    int i = 0;
    while (i < n && x[i] >= 0.0 && a[i] < 3.0) {
        a[i] = a[i] + x[i];
        if (a[i] > 2.0)
            i++;
        else
            a[i] += 1.5;
    }
    for (int k = 0; k < 6 && a[k] > 0.0; k++)
        a[0] -= 0.125;
    return a[0] + i;
})

SHARED(returns_everywhere, static real returns_everywhere(int n, real x[6]) {
    for (int i = 0; i < n; i++)
        for (int j = i; j < n; j++) {
            int k = 0;
            while (k < j) {
                if (x[k] + x[j] == x[i])
                    return 100.0 * i + 10.0 * j + k;
                k++;
            }
            if (k == 5)
                return -1.0;
        }
    while (true) {
        n++;
        if (n > 9)
            return n;
    }
})

SHARED(recursion, static real recursion(int n, real x[6]) {
    if (n < 2)
        return x[0];
    return recursion(n - 1, x) + 0.5 * recursion(n - 2, x) * x[n - 1];
})

#define ROW(name) {#name, name##_text, name}
static const Shared shared[] = {
    ROW(sum_for), ROW(loop_forms), ROW(break_continue), ROW(return_in_loop), ROW(all_jumps), ROW(do_jumps), ROW(ifs),
    ROW(returns), ROW(locals_behind_guards), ROW(scopes), ROW(logic), ROW(choices), ROW(ints), ROW(nested_arrays),
    ROW(conditions_on_arrays), ROW(returns_everywhere), ROW(recursion),
};
#undef ROW

static void compare_shared(const Shared *s, bool check)
{
    Arena *a = arena_new();
    const Module *m = lowered(a, s->text, check);
    const Func *f = func_by_name(m, s->name);
    for (int n = 0; n <= MOST; n++)
        for (int k = 0; k < DRAWS; k++) {
            double x[MOST], y[MOST];
            draw(x, k);
            memcpy(y, x, sizeof x);
            Interp *in = interp_new(a);
            IVal args[2] = {iv_int(n), iv_reals(in, MOST, x)}, result[1];
            if (!interp_call(in, f, args, result))
                ck_abort_msg("%s, n = %d, draw %d", in->error, n, k);
            double want = s->f(n, y);
            double got = result[0].r;
            ck_assert_msg(close_to(got, want), "%s, n = %d, draw %d: %.17g, not %.17g", s->name, n, k, got, want);
        }
    arena_free(a);
}

START_TEST(like_c)
{
    compare_shared(&shared[_i], false);
}
END_TEST

START_TEST(like_c_with_checks)
{
    compare_shared(&shared[_i], true);
}
END_TEST

// ---- programs with a C function beside them

typedef struct Beside {
    const char *name, *text;
    Function_ *f;
    int from;
} Beside;

// BESIDE(name, from, (.ad text of helpers and f), {body of the C function})
#define BESIDE(name, text, ...)             \
    static const char name##_text[] = text; \
    static double name(int n, const double *x) __VA_ARGS__

#include "test_lower_arrays.h"

static void compare_beside(const Beside *p, bool check)
{
    Arena *a = arena_new();
    compare(lowered(a, p->text, check), a, "f", p->f, p->from);
    arena_free(a);
}

START_TEST(by_hand)
{
    compare_beside(&beside[_i], false);
}
END_TEST

START_TEST(by_hand_with_checks)
{
    compare_beside(&beside[_i], true);
}
END_TEST

// ---- what stops a program

typedef struct Stop {
    const char *text, *message;     // part of what the interpreter says
    int n;
    bool check;
} Stop;

static const Stop stops[] = {
    {"real f(int n, real x[n]) { assert(n > 3, \"too few\"); return 0.0; }", "too few", 2, false},
    {"real f(int n, real x[n]) { assert(n > 3); return 0.0; }", "n > 3", 2, false},
    {"real f(int n, real x[n]) { real a[3]; a = x; return a[0]; }", "shape", 2, false},
    {"real f(int n, real x[n]) { real a[3] = x; return a[0]; }", "shape", 2, false},
    {"real f(int n, real x[n]) { real a[3]; return sum(a + x); }", "shape", 2, false},
    {"real f(int n, real x[n]) { real a[3]; return dot(a, x); }", "shape", 2, false},
    {"real g(int k, real y[k]) { return y[0]; }"
     "real f(int n, real x[n]) { return g(n + n / 2, x); }", "shape", 2, false},
    {"real f(int n, real x[n]) { return max(x); }", "shape", 0, false},
    {"real f(int n, real x[n]) { return mean(x); }", "shape", 0, false},
    {"real f(int n, real x[n]) { return argmin(x); }", "shape", 0, false},
    {"real f(int n, real x[n]) { return sum(reshape(x, 2, 2)); }", "shape", 3, false},
    {"real f(int n, real x[n]) { real a[n] = {1.0, 2.0}; return sum(a); }", "shape", 1, false},
    {"real f(int n, real x[n]) { return x[n / 2 + 1]; }", "index", 2, true},
    {"real f(int n, real x[n]) { return x[n / 2 - 1]; }", "index", 1, true},
    {"real f(int n, real x[n]) { return sum(x[n / 2 : n + n / 2]); }", "slice", 2, true},
    {"real f(int n, real x[n]) { real A[n][3]; return logdet(A); }", "shape", 2, false},
    {"real f(int n, real x[n]) { real A[3][3] = eye(3); return sum(solve(A, x)); }", "shape", 2, false},
    {"real f(int n, real x[n]) { real A[n][n]; return logdet(A); }", "singular", 2, true},
    {"real f(int n, real x[n]) { return sum(solve(zeros(n, n), x)); }", "solve(zeros(n, n), x)", 2, true},
    {"real f(int n, real x[n]) { return sum(inv(zeros(n, n))); }", "inv(zeros(n, n))", 2, true},
    {"real f(int n, real x[n]) { return sum(cholesky(-eye(n))); }", "cholesky(-eye(n))", 2, true},
    {"void g(int k, inout real a[k], inout real b[k]) { a = b; }"
     "real f(int n, real x[n]) { real a[n] = x; g(1, a[0:1], a[n / 2 - 1 : n / 2]); return a[0]; }", "overlap", 2,
     true},
};

START_TEST(stopped)
{
    const Stop *s = &stops[_i];
    Arena *a = arena_new();
    const Module *m = lowered(a, s->text, s->check);
    Interp *in = interp_new(a);
    IVal args[2] = {iv_int(s->n), iv_reals(in, s->n, NULL)}, result[1];
    ck_assert_msg(!interp_call(in, func_by_name(m, "f"), args, result), "%s", s->text);
    ck_assert_msg(strstr(in->error, s->message) != NULL, "%s\n%s", s->text, in->error);
    arena_free(a);
}
END_TEST

// ---- size

// `count` statements take time and memory in proportion: twice as many, about twice as much.
static size_t cost_of(int count, const char *statement)
{
    Arena *a = arena_new();
    Text t = text_in(a);
    text_put(&t, "real f(int n, real x[n]) { real s = 0.0; for (int i = 0; i < n; i++) {");
    for (int i = 0; i < count; i++)
        text_printf(&t, statement, i);
    text_put(&t, "} return s; }");
    size_t before = arena_bytes(a);
    lowered(a, t.at, false);
    size_t used = arena_bytes(a) - before;
    arena_free(a);
    return used;
}

START_TEST(linear)
{
    static const char *const statements[] = {
        "s += %d.0 * x[i];", "if (s > %d.0) continue; s += x[i];", "if (x[i] > %d.0) return s; s *= 1.5;",
        "{ real t = s; if (t < %d.0) s += t; }", "for (int j = 0; j < %d; j++) s += x[j];",
    };
    size_t small = cost_of(2000, statements[_i]), large = cost_of(8000, statements[_i]);
    ck_assert_msg(large < 6 * small, "%s: %zu, then %zu bytes", statements[_i], small, large);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("lower");
    int n_shared = (int)(sizeof shared / sizeof *shared), n_beside = (int)(sizeof beside / sizeof *beside);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, like_c, 0, n_shared);
    tcase_add_loop_test(tc, like_c_with_checks, 0, n_shared);
    tcase_add_loop_test(tc, by_hand, 0, n_beside);
    tcase_add_loop_test(tc, by_hand_with_checks, 0, n_beside);
    tcase_add_loop_test(tc, stopped, 0, (int)(sizeof stops / sizeof *stops));
    tcase_add_loop_test(tc, linear, 0, 5);
    Suite *s = suite_create("lower");
    suite_add_tcase(s, tc);
    return run_suite(s);
}
