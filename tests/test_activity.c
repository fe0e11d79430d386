// test_activity.c — activity.c: which values depend on an active argument (varied), which an active result depends on
// (useful), and which results of a
// function depend on which of its arguments, through loops, recursion, in place writes, stops and rules given by hand.
//
// In: the table `cases` of IR text. Values are told by their names, which are unique in each text; expected are the
// names of the flagged ones.
#include "derive.h"

#include "passcheck.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

typedef struct Case {
    const char *name, *text;
    const char *active;          // names of the active arguments of @f
    const char *results;         // one digit for each result of @f: 1 where active
    const char *varied, *useful; // sorted by name
} Case;

static const Case cases[] = {
    {"the header's", "func @f(%x: real, %y: real) -> (real) {\n  %u = mul %x, 2.0\n  %v = mul %y, 3.0\n  yield %u }\n",
     "x", "1", "u x", "u x"},
    {"both arguments", "func @f(%x: real, %y: real) -> (real) {\n  %u = mul %x, %y\n  %v = sin %y\n  yield %u }\n",
     "x y", "1", "u v x y", "u x y"},
    {"ints, bools and comparisons carry nothing",
     "func @f(%x: real, %y: real) -> (real) {\n  %i = rtoi %x\n  %r = itor %i\n  %c = lt %x, %y\n"
     "  %s = sel %c, %r, %y\n  yield %s }\n",
     "x", "1", "x", "r s y"},
    {"a choice: by value, not by condition",
     "func @f(%c: bool, %x: real, %y: real) -> (real) {\n  %s = sel %c, %x, %y\n"
     "  yield %s }\n",
     "y", "1", "s y", "s x y"},
    {"operands without a derivative: floor, sign, a constant exponent",
     "func @f(%x: real, %y: real) -> (real) {\n  %a = floor %x\n  %b = sign %x\n  %c = powc %y, 3.0\n"
     "  %d = add %a, %b\n  %e = add %c, %d\n"
     "  yield %e }\n",
     "x y", "1", "c e x y", "a b c d e y"},
    {"stop",
     "func @f(%x: real) -> (real) {\n  %s = stop %x\n  %p = mul %s, %x\n"
     "  yield %p }\n",
     "x", "1", "p x", "p s x"},
    {"all behind a stop",
     "func @f(%x: real) -> (real) {\n  %e = exp %x\n  %s = stop %e\n  %p = sin %s\n"
     "  yield %p }\n",
     "x", "1", "e x", "p s"},
    // ---- branches and loops ----
    {"a branch: either arm",
     "func @f(%c: bool, %x: real, %y: real) -> (real) {\n  %r, %q = if %c {\n    %a = sin %x\n"
     "    yield %a, %y } else {\n    %b = cos %y\n"
     "    yield %b, %x }\n  yield %r }\n",
     "x", "1", "a q r x", "a b r x y"},
    {"a loop: on the third trip only",
     "func @f(%n: int, %x: real) -> (real) {\n"
     "  %s, %a, %b, %c, %T = loop %i = 0 to %n step 1 (%s1 = 0.0, %a1 = 0.0, %b1 = 0.0, %c1 = 0.0) {\n"
     "    %s2 = add %s1, %c1\n    yield %s2, %x, %a1, %b1 }\n  yield %s }\n",
     "x", "1", "a a1 b b1 c c1 s s1 s2 x", "a1 b1 c1 s s1 s2 x"},
    {"a loop on whose trips nothing varies",
     "func @f(%n: int, %x: real) -> (real) {\n"
     "  %s, %k, %T = loop %i = 0 to %n step 1 (%s1 = %x, %k1 = 0.0) {\n    %k2 = add %k1, 1.0\n    %s2 = mul %s1, %k1\n"
     "    yield %s2, %k2 }\n  yield %s }\n",
     "x", "1", "s s1 s2 x", "k1 k2 s s1 s2 x"},
    {"a carried value that the body does not look at: its own on no trips",
     "func @f(%n: int, %x: real, %y: real) -> (real) {\n"
     "  %b, %T = loop %i = 0 to %n step 1 (%b1 = %y) {\n    %b2 = sin %x\n    yield %b2 }\n  yield %b }\n",
     "y", "1", "b b1 y", "b b2 x y"},
    {"a while loop: its condition carries nothing",
     "func @f(%x: real, %y: real) -> (real) {\n"
     "  %s, %k, %T = loop (%s1 = %x, %k1 = %y) while (%h, %g) {\n    %c = lt %h, 9.0\n    yield %c } do {\n"
     "    %s2 = add %s1, 1.0\n"
     "    %k2 = sin %k1\n    yield %s2, %k2 }\n  yield %k }\n",
     "x y", "1", "k k1 k2 s s1 s2 x y", "k k1 k2 y"},
    // ---- arrays ----
    {"through an element",
     "func @f(%n: int, %x: real) -> (real) {\n  %t = new real[3] zero\n  %u = store %t[0], %x\n  %v = load %u[%n]\n"
     "  yield %v }\n",
     "x", "1", "u v x", "t u v x"},
    {"an overwritten array is not varied any more",
     "func @f(%n: int, %x: real, %y: real) -> (real) {\n  %t = new real[3] zero\n  %u = store %t[0], %x\n"
     "  %v = fill %u, %y\n"
     "  %w = load %v[%n]\n  yield %w }\n",
     "x", "1", "u x", "v w y"},
    {"one that is copied over",
     "func @f(%n: int, %x: real, %b: real[1]) -> (real) {\n  %b1 = shape %b, 3\n  %t = new real[3] zero\n"
     "  %u = store %t[0], %x\n"
     "  %v = copy_to %u, %b1\n  %w = load %v[%n]\n  yield %w }\n",
     "x", "1", "u x", "b b1 v w"},
    {"added to",
     "func @f(%n: int, %x: real, %b: real[1]) -> (real) {\n  %b1 = shape %b, 3\n  %t = new real[3] zero\n"
     "  %u = acc %t[0], %x\n"
     "  %v = add_to %u, %b1\n  %w = load %v[%n]\n  yield %w }\n",
     "x", "1", "u v w x", "b b1 t u v w x"},
    {"inout, and an index",
     "func @f(%n: int, %k: int[1], %a: real[1] inout) -> (real[1]) {\n  %k1 = shape %k, %n\n  %a1 = shape %a, %n\n"
     "  %i = load %k1[0]\n"
     "  %v = load %a1[%i]\n  %s = sin %v\n  %a2 = store %a1[0], %s\n"
     "  yield %a2 }\n",
     "a", "1", "a a1 a2 s v", "a a1 a2 s v"},
    {"a row written within",
     "func @f(%n: int, %x: real, %y: real) -> (real) {\n  %A = new real[2, 2] zero\n"
     "  %B, %u = within %A (%r = [1]) {\n    %r1 = fill %r, %x\n    %q = sin %y\n    yield %r1, %q }\n"
     "  %v = load %B[1, 1]\n  yield %v }\n",
     "x y", "1", "B q r1 u v x y", "A B r1 v x"},
    {"a row read within",
     "func @f(%n: int, %x: real) -> (real) {\n  %A = new real[2, 2] zero\n  %B = fill %A, %x\n"
     "  %C, %u = within %B (%r = [1]) {\n    %v = load %r[0]\n    yield %r, %v }\n  yield %u }\n",
     "x", "1", "B C r u v x", "B r u v x"},
    {"a row overwritten within: the other one is as it was",
     "func @f(%n: int, %x: real) -> (real) {\n  %A = new real[2, 2] zero\n  %B = fill %A, %x\n"
     "  %C, %u = within %B (%r = [1]) {\n    %r1 = fill %r, 2.0\n    yield %r1, 1.0 }\n  %v = load %C[0, 0]\n"
     "  yield %v }\n",
     "x", "1", "B C r v x", "B C r1 v x"},
    {"a tape",
     "func @f(%x: real) -> (real) {\n  %b = buf_new real\n  %b1 = put %b, %x\n  %z = freeze %b1\n  %p = const_pos 0\n"
     "  %v = load %z[%p]\n"
     "  %l = len %z\n  yield %v }\n",
     "x", "1", "b1 v x z", "b b1 v x z"},
    {"a product of matrices",
     "func @f(%n: int, %A: real[2], %B: real[2], %C: real[2] inout) -> (real[2]) {\n  %A1 = shape %A, %n, %n\n"
     "  %B1 = shape %B, %n, %n\n"
     "  %C1 = shape %C, %n, %n\n  %C2 = gemm %C1, %A1, %B1, %n, %n, %n\n"
     "  yield %C2 }\n",
     "B", "1", "B B1 C2", "A A1 B B1 C C1 C2"},
    // ---- calls ----
    {"a call: by what its body does",
     "func @g(%p: real, %q: real, %o: real out) -> (real, real) {\n  %pp = sin %p\n  %qq = cos %q\n  yield %pp, %qq }\n"
     "func @f(%x: real, %y: real) -> (real) {\n  %a, %b = call @g(%x, %y)\n"
     "  yield %a }\n",
     "x y", "1", "a b x y", "a x"},
    {"a call of what ignores its argument",
     "func @g(%p: real) -> (real) {\n  %c = gt %p, 0.0\n  %r = sel %c, 1.0, 2.0\n  yield %r }\n"
     "func @f(%x: real) -> (real) {\n  %a = call @g(%x)\n  %b = mul %a, %x\n  yield %b }\n",
     "x", "1", "b x", "a b x"},
    {"an extern: everything of everything",
     "extern func @g(%p: real, %k: int, %q: real) -> (real)\n"
     "func @f(%n: int, %x: real, %y: real) -> (real) {\n  %a = call @g(%x, %n, %y)\n"
     "  yield %a }\n",
     "x", "1", "a x", "a x y"},
    {"a rule by hand: not what the body says",
     "func @g(%p: real) -> (real) vjp @g_rule {\n  %r = floor %p\n  yield %r }\n"
     "func @g_rule(%p: real, %result_bar: real bar of -1, %p_bar: real inout bar of 0) -> (real) {\n  yield %p_bar }\n"
     "func @f(%x: real) -> (real) {\n  %a = call @g(%x)\n  yield %a }\n",
     "x", "1", "a x", "a x"},
    {"inout of a callee",
     "func @g(%n: int, %p: real, %t: real[1] inout) -> (real[1]) {\n  %t1 = shape %t, %n\n  %t2 = store %t1[0], %p\n"
     "  yield %t2 }\n"
     "func @f(%n: int, %x: real, %a: real[1] inout) -> (real[1]) {\n  %a1 = shape %a, %n\n"
     "  %a2 = call @g(%n, %x, %a1)\n  yield %a2 }\n",
     "x", "1", "a2 x", "a a1 a2 x"},
    {"out of a callee: what was there does not stay",
     "func @g(%n: int, %p: real, %t: real[1] out) -> (real[1]) {\n  %t1 = shape %t, %n\n  %t2 = fill %t1, %p\n"
     "  yield %t2 }\n"
     "func @f(%n: int, %x: real, %y: real) -> (real) {\n  %a = new real[%n] zero\n  %b = fill %a, %y\n"
     "  %c = call @g(%n, %x, %b)\n"
     "  %d = load %c[0]\n  yield %d }\n",
     "y", "1", "b y", "c d x"},
    {"only the result that is asked for",
     "func @f(%x: real, %o: real out) -> (real, real) {\n  %a = sin %x\n  %b = cos %x\n"
     "  yield %a, %b }\n",
     "x", "01", "a b x", "b x"},
};

// ---- names of flagged values ----

typedef VEC(const char *) Names;

static void add_value(Arena *a, Names *names, const Value *v, const bool *flag)
{
    if (v->name && flag[v->id])
        vec_push(a, names, v->name);
}

static void add_names(Arena *a, Names *names, const Region *r, const bool *flag)
{
    for (int i = 0; i < r->args.n; i++)
        add_value(a, names, r->args.at[i], flag);
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_out; k++)
            add_value(a, names, op->out[k], flag);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                add_names(a, names, op->regions[k], flag);
    }
}

static int by_text(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static const char *names_of(Arena *a, const Func *f, const bool *flag)
{
    Names names = {0};
    add_names(a, &names, f->body, flag);
    if (names.n)
        qsort(names.at, (size_t)names.n, sizeof *names.at, by_text);
    Text t = text_in(a);
    for (int i = 0; i < names.n; i++)
        text_printf(&t, "%s%s", i ? " " : "", names.at[i]);
    return t.at;
}

static bool is_listed(const char *list, const char *name)
{
    size_t n = strlen(name);
    for (const char *at = list; (at = strstr(at, name)) != NULL; at += n)
        if ((at == list || at[-1] == ' ') && (at[n] == ' ' || !at[n]))
            return true;
    return false;
}

START_TEST(values)
{
    const Case *c = &cases[_i];
    Arena *a = arena_new();
    Module *m = pass_parse(a, c->text);
    Func *f = func_by_name(m, "f");
    Activity *act = activity_new(m, a);
    activity_deps(act, f);
    bool args[16] = {0}, results[16] = {0};
    for (int i = 0; i < f->body->args.n; i++)
        args[i] = is_listed(c->active, f->body->args.at[i]->name);
    for (int i = 0; i < f->body->yields.n; i++)
        results[i] = c->results[i] == '1';
    const char *varied = names_of(a, f, activity_varied(act, a, f, args));
    const char *useful = names_of(a, f, activity_useful(act, a, f, results));
    ck_assert_msg(strcmp(varied, c->varied) == 0, "%s: varied are \"%s\", not \"%s\"", c->name, varied, c->varied);
    ck_assert_msg(strcmp(useful, c->useful) == 0, "%s: useful are \"%s\", not \"%s\"", c->name, useful, c->useful);
    arena_free(a);
}
END_TEST

// ---- summaries: a row for each result, a digit for each argument ----

typedef struct Deps {
    const char *name, *text, *deps;
} Deps;

static const Deps deps[] = {
    {"two results of three arguments",
     "func @f(%x: real, %k: int, %y: real, %o: real out) -> (real, real) {\n  %a = sin %x\n  %b = mul %a, %y\n"
     "  yield %a, %b }\n",
     "100 101"},
    {"recursion: found only on the second round",
     "func @f(%n: int, %x: real, %y: real, %z: real) -> (real) {\n  %c = ile %n, 0\n"
     "  %r = if %c {\n    yield %x } else {\n    %m = isub %n, 1\n    %q = call @f(%m, %z, %x, %y)\n    yield %q }\n"
     "  yield %r }\n",
     "0111"},
    {"recursion that swaps one way only",
     "func @f(%n: int, %x: real, %y: real, %z: real) -> (real) {\n  %c = ile %n, 0\n"
     "  %r = if %c {\n    yield %x } else {\n    %m = isub %n, 1\n    %q = call @f(%m, %y, %y, %z)\n    yield %q }\n"
     "  yield %r }\n",
     "0110"},
    {"mutual recursion",
     "func @f(%n: int, %x: real, %y: real) -> (real) {\n  %c = ile %n, 0\n"
     "  %r = if %c {\n    yield 0.0 } else {\n    %q = call @g(%n, %y, %x)\n    yield %q }\n  yield %r }\n"
     "func @g(%n: int, %u: real, %v: real) -> (real) {\n  %m = isub %n, 1\n  %c = igt %n, 3\n"
     "  %r = if %c {\n    %s = sin %u\n    yield %s } else {\n    %q = call @f(%m, %u, 1.0)\n    yield %q }\n"
     "  yield %r }\n",
     "001"},
    {"recursion that never ends adds nothing", "func @f(%x: real) -> (real) {\n  %q = call @f(%x)\n  yield %q }\n",
     "0"},
    {"an array in place, which an element of another goes into",
     "func @f(%n: int, %a: real[1] inout, %b: real[1]) -> (real[1]) {\n  %a1 = shape %a, %n\n  %b1 = shape %b, %n\n"
     "  %v = load %b1[0]\n"
     "  %a2 = store %a1[0], %v\n  yield %a2 }\n",
     "011"},
    {"an extern: an out array has nothing when it comes in",
     "extern func @f(%x: real, %a: real[1] out, %b: real[1] inout, %k: int) -> (real[1], real[1])\n", "1010 1010"},
    {"an out array whose size is all that is read",
     "func @f(%n: int, %a: real[1] out, %x: real) -> (real[1]) {\n  %a1 = shape %a, %n\n  %a2 = fill %a1, %x\n"
     "  yield %a2 }\n",
     "001"},
};

START_TEST(summaries)
{
    const Deps *c = &deps[_i];
    Arena *a = arena_new();
    Module *m = pass_parse(a, c->text);
    Func *f = func_by_name(m, "f");
    Activity *act = activity_new(m, a);
    for (int again = 0; again < 2; again++) { // the second answer is remembered
        const bool *d = activity_deps(act, f);
        Text t = text_in(a);
        for (int r = 0; r < func_n_results(f); r++) {
            text_put(&t, r ? " " : "");
            for (int k = 0; k < f->body->args.n; k++)
                text_put(&t, d[r * f->body->args.n + k] ? "1" : "0");
        }
        ck_assert_msg(strcmp(t.at, c->deps) == 0, "%s: %s, not %s", c->name, t.at, c->deps);
    }
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("activity");
    tcase_add_loop_test(t, values, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_loop_test(t, summaries, 0, (int)(sizeof deps / sizeof *deps));
    return run_tests("activity", t);
}
