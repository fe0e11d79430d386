// test_place.c — place.c: where each array lives, and which copies are not needed.
//
// In: the tables of IR text. `places`: for every named root what place_func says, as "name STORAGE [before OP] [trip]".
// `copies`: how many copies are left after place(); the interpreter compares the results with those before.
#include "place.h"

#include "passcheck.h"

#include <check.h>
#include <string.h>

// ---- storage ----

typedef struct Case {
    const char *name, *text;
    const char *places; // of the roots with a name, in order of their definition
} Case;

static const Case cases[] = {
    {"parameters, and what a caller hands over",
     "func @f(%n: int, %x: real[1], %y: real[1] inout) -> (real[1]) {\n  %x1 = shape %x, %n\n  %y1 = shape %y, %n\n"
     "  yield %y1 }\n",
     "x param; y param; x1 param; y1 param"},
    {"small and of constant size",
     "func @f(%n: int) -> (real) {\n  %t = new real[9] zero\n  %u = new int[2, 3]\n"
     "  %v = new bool[0]\n"
     "  %r = load %t[1]\n  yield %r }\n",
     "t local; u local; v local"},
    {"as large as may be on the stack, and larger",
     "func @f(%n: int) -> (real) {\n  %t = new real[512]\n"
     "  %u = new real[513]\n"
     "  %v = new int[1024]\n  %w = new int[5, 205]\n  %b = new bool[4096]\n  %c = new bool[4097]\n"
     "  %d = new real[2147483647, 2147483647]\n"
     "  yield 0.0 }\n",
     "t local; u arena before new; v local; w arena before new; b local; c arena before new; d arena before new"},
    {"structs, by all that is in them",
     "struct s = {a: real[100], k: int}\nstruct t = {s: struct s[4], b: bool[2]}\nstruct u = {t: struct t[2]}\n"
     "func @f(%n: int) -> (real) {\n  %a = new struct s[] zero\n  %b = new struct t[]\n  %c = new struct s[6]\n  %d = new struct u[]\n"
     "  %e = new struct s[%n]\n  yield 0.0 }\n",
     "a local; b local; c arena before new; d arena before new; e arena before new"},
    {"a negative size is no element", "func @f(%n: int) -> (real) {\n  %t = new real[-5]\n  yield 0.0 }\n", "t local"},
    {"of run-time size", "func @f(%n: int) -> (real) {\n  %t = new real[%n]\n  %u = new real[2, %n]\n  yield 0.0 }\n",
     "t arena before new; u arena before new"},
    {"factors and their pivots",
     "func @f(%n: int) -> (real) {\n  %a = new real[4, 4] zero\n  %b = new real[%n, %n] zero\n  %F, %P = lu %a, 4\n"
     "  %r, %T = loop %i = 0 to %n step 1 (%s = 0.0) {\n    %G, %Q = lu %b, %n\n    %t = lu_logdet %G, %Q, %n\n    yield %t }\n"
     "  %d = lu_logdet %F, %P, 4\n  %e = add %d, %r\n  yield %e }\n",
     "a local; b arena before new; F local; P local; G arena before loop; Q arena before loop"},
    {"in a loop that does not change its size",
     "func @f(%n: int) -> (real) {\n"
     "  %r, %T = loop %i = 0 to %n step 1 (%s = 0.0) {\n    %t = new real[%n]\n    %k = new real[3]\n    yield %s }\n"
     "  yield %r }\n",
     "t arena before loop; k local"},
    {"in a loop that does",
     "func @f(%n: int) -> (real) {\n"
     "  %r, %T = loop %i = 0 to %n step 1 (%s = 0.0) {\n    %m = iadd %i, 1\n    %t = new real[%m]\n"
     "    %u = new real[%i, %n]\n    yield %s }\n"
     "  yield %r }\n",
     "t arena before new trip; u arena before new trip"},
    {"out of the inner loop, not of the outer",
     "func @f(%n: int) -> (real) {\n"
     "  %r, %T = loop %i = 0 to %n step 1 (%s = 0.0) {\n    %m = iadd %i, 1\n"
     "    %q, %T2 = loop %j = 0 to %n step 1 (%s1 = %s) {\n      %t = new real[%m]\n      yield %s1 }\n"
     "    yield %q }\n  yield %r }\n",
     "t arena before loop trip"},
    {"out of both loops and a branch",
     "func @f(%n: int, %b: bool) -> (real) {\n"
     "  %r, %T = loop %i = 0 to %n step 1 (%s = 0.0) {\n    %w = if %b {\n"
     "      %q, %T2 = loop %j = 0 to %n step 1 (%s1 = %s) {\n        %t = new real[%n]\n        yield %s1 }\n"
     "      yield %q } else {\n"
     "      yield %s }\n    yield %w }\n  yield %r }\n",
     "t arena before loop"},
    {"in a branch",
     "func @f(%n: int, %b: bool) -> (real) {\n  %w = if %b {\n    %t = new real[%n]\n"
     "    yield 1.0 } else {\n    yield 2.0 }\n"
     "  yield %w }\n",
     "t arena before new"},
    {"copies",
     "func @f(%n: int, %x: real[1]) -> (real) {\n  %x1 = shape %x, %n\n  %c = copy %x1\n  %t = new real[4]\n"
     "  %d = copy %t\n"
     "  %r, %T = loop %i = 0 to %n step 1 (%s = 0.0) {\n    %e = copy %x1\n    %w = slice %x1[0 : %i]\n"
     "    %g = copy %w\n    yield %s }\n"
     "  yield %r }\n",
     "x param; x1 param; c arena before copy; t local; d local; e arena before loop; w view; g arena before copy trip"},
    {"views",
     "func @f(%n: int, %A: real[2]) -> (real) {\n  %A1 = shape %A, %n, %n\n  %r = slice %A1[0]\n"
     "  %q = reshape %r, 1, %n\n"
     "  yield 0.0 }\n",
     "A param; A1 param; r view; q view"},
    {"constants",
     "array @w: real[2] = [1.0, 2.0]\nfunc @f(%n: int) -> (real) {\n  %c = const_array @w\n"
     "  %r = load %c[1]\n  yield %r }\n",
     "c const"},
    {"tapes",
     "func @f(%n: int, %x: real) -> (real) {\n  %b = buf_new real\n  %b1 = put %b, %x\n  %z = freeze %b1\n"
     "  %p = const_pos 0\n  %v = view_at %z, %p, 1\n  %r = load %v[0]\n  yield %r }\n",
     "b buf; z frozen; v view"},
    {"a tape in a loop",
     "func @f(%n: int, %x: real) -> (real) {\n  %r, %T = loop %i = 0 to %n step 1 (%s = %x) {\n"
     "    %b = buf_new real\n"
     "    %b1 = put %b, %s\n    %z = freeze %b1\n    %p = const_pos 0\n    %v = load %z[%p]\n    yield %v }\n"
     "  yield %r }\n",
     "b buf trip; z frozen"},
    {"a row that is written within",
     "func @f(%n: int, %x: real) -> (real) {\n  %A = new real[2, 3] zero\n"
     "  %A1, %s = within %A (%r = [1]) {\n    %r1 = fill %r, %x\n    yield %r1, %x }\n  %c = copy %A1\n  yield %s }\n",
     "A local; r slot; c local"},
    {"a copy of a row of a within",
     "func @f(%n: int, %x: real) -> (real) {\n  %A = new real[2, %n] zero\n"
     "  %A1, %s = within %A (%r = [1], %q = [0, 0 : 2]) {\n    %c = copy %r\n    %d = copy %q\n"
     "    yield %r, %q, %x }\n  yield %s }\n",
     "A arena before new; r slot; q slot; c arena before copy; d local"},
};

static void describe(Text *t, const Value *v, const Place *p)
{
    static const char *const words[] = {"none", "param", "const", "local", "arena", "buf", "frozen", "view", "slot"};
    text_printf(t, "%s%s %s", t->n ? "; " : "", v->name, words[p->storage]);
    if (p->storage == PLACE_ARENA)
        text_printf(t, " before %s", op_info[p->before->code].name);
    text_put(t, p->per_trip ? " trip" : "");
}

static void describe_region(Text *t, const Region *r, const Place *places)
{
    for (int i = 0; i < r->args.n; i++)
        if (r->args.at[i]->root == r->args.at[i])
            describe(t, r->args.at[i], &places[r->args.at[i]->id]);
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_out; k++)
            if (op->out[k]->root == op->out[k])
                describe(t, op->out[k], &places[op->out[k]->id]);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                describe_region(t, op->regions[k], places);
    }
}

START_TEST(storage)
{
    const Case *c = &cases[_i];
    Arena *a = arena_new();
    const Func *f = func_by_name(pass_parse(a, c->text), "f");
    Text t = text_in(a);
    describe_region(&t, f->body, place_func(a, f));
    if (strcmp(t.at, c->places) != 0)
        ck_abort_msg("%s:\n%s\nnot\n%s", c->name, t.at, c->places);
    arena_free(a);
}
END_TEST

// ---- dimensions ----

static void expect_dim(const Value *root, int k, const char *name, int64_t c)
{
    Dim d = place_dim(root, k);
    if (name)
        ck_assert_msg(d.v && strcmp(d.v->name, name) == 0, "%s: dimension %d", root->name, k);
    else
        ck_assert_msg(!d.v && d.c == c, "%s: dimension %d is %d", root->name, k, (int)d.c);
}

START_TEST(dimensions)
{
    Arena *a = arena_new();
    const Func *f = func_by_name(
        pass_parse(
            a,
            "array @w: real[2][5] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 0.0]\n"
            "func @f(%n: int, %m: int, %A: real[3]) -> (real) {\n  %A1 = shape %A, %n, 4, %m\n  %s = slice %A1[1]\n"
            "  %q = slice %A1[1, 2 : %n]\n"
            "  %c = copy %q\n  %w = const_array @w\n  %r = reshape %A1, %m, 3\n  %t = new real[%m, 7]\n"
            "  %t1, %u = within %t (%x = [0, 2 : %m], %y = [1, 2 : %n]) {\n    yield %x, %y, 1.0 }\n  yield 0.0 }\n"),
        "f");
    const Value *at[256] = {0};
    for (int i = 0; i < f->body->ops.n; i++)
        if (f->body->ops.at[i]->n_out && f->body->ops.at[i]->out[0]->name)
            at[(unsigned char)f->body->ops.at[i]->out[0]->name[0]] = f->body->ops.at[i]->out[0];
    expect_dim(at['A'], 0, "n", 0);
    expect_dim(at['A'], 1, NULL, 4);
    expect_dim(at['A'], 2, "m", 0);
    expect_dim(at['s'], 0, NULL, 4);
    expect_dim(at['s'], 1, "m", 0);
    expect_dim(at['q'], 0, "n", 0);
    expect_dim(at['q'], 1, "m", 0);
    expect_dim(at['c'], 0, "n", 0);
    expect_dim(at['c'], 1, "m", 0);
    expect_dim(at['w'], 0, NULL, 2);
    expect_dim(at['w'], 1, NULL, 5);
    expect_dim(at['r'], 0, "m", 0);
    expect_dim(at['r'], 1, NULL, 3);
    const Region *inner = at['t']->def->code == OP_within ? at['t']->def->regions[0] : NULL;
    ck_assert_ptr_nonnull(inner);
    expect_dim(inner->args.at[0], 0, "m", 0);
    expect_dim(inner->args.at[1], 0, "n", 0);
    expect_dim(at['t']->root, 0, "m", 0);
    arena_free(a);
}
END_TEST

// ---- copies ----

typedef struct Copies {
    const char *name, *text;
    int left;
} Copies;

#define HEAD                                                                                                           \
    "func @f(%n: int, %b: bool, %x: real, %a: real[1] inout) -> (real[1], real) {\n  %a1 = shape %a, %n\n"             \
    "  %m = iadd %n, 2\n  %t = new real[%m] zero\n  %t1 = store %t[1], %x\n"
#define END "  yield %a1, %r }\n"

static const Copies copies[] = {
    {"of a local array that nobody looks at again",
     HEAD "  %c = copy %t1\n  %c1 = store %c[0], 2.0\n  %p = load %c1[1]\n  %q = load %c1[0]\n  %r = add %p, %q\n" END,
     0},
    {"of one that is read afterwards",
     HEAD "  %c = copy %t1\n  %c1 = store %c[1], 2.0\n  %p = load %c1[1]\n  %q = load %t1[1]\n  %r = add %p, %q\n" END,
     1},
    {"of one that is written afterwards",
     HEAD "  %c = copy %t1\n  %t2 = store %t1[1], 2.0\n  %p = load %c[1]\n  %q = load %t2[1]\n  %r = add %p, %q\n" END,
     1},
    {"of one that was read before: another use of it",
     HEAD "  %q = load %t1[1]\n  %c = copy %t1\n  %c1 = store %c[1], 2.0\n  %p = load %c1[1]\n  %r = add %p, %q\n" END,
     1},
    {"of a copy",
     HEAD "  %c = copy %t1\n  %d = copy %c\n  %d1 = store %d[0], 2.0\n  %p = load %d1[1]\n  %q = load %d1[0]\n"
          "  %r = add %p, %q\n" END,
     0},
    {"of a copy that is read afterwards",
     HEAD "  %c = copy %t1\n  %d = copy %c\n  %d1 = store %d[1], 2.0\n  %p = load %d1[1]\n  %q = load %c[1]\n"
          "  %r = add %p, %q\n" END,
     1},
    {"that is only read, of a copy that becomes its source and is written afterwards",
     HEAD "  %c = copy %t1\n  %e = copy %c\n  %c1 = store %c[1], 2.0\n  %p = load %c1[1]\n  %q = load %e[1]\n  %r = add %p, %q\n" END,
     1},
    {"that is only read, of one that is only read",
     HEAD "  %e = copy %t1\n  %v = copy %e\n  %p = load %v[0]\n  %q = load %e[1]\n  %s = load %t1[0]\n"
          "  %u = add %p, %q\n  %r = add %u, %s\n" END,
     0},
    {"that is only read, of a part of what is written",
     HEAD "  %w = slice %t1[0 : 2]\n  %c = copy %w\n  %t2 = store %t1[1], 2.0\n  %p = load %c[1]\n  %q = load %t2[1]\n"
          "  %r = add %p, %q\n" END,
     1},
    {"of an array of the caller",
     HEAD "  %c = copy %a1\n  %c1 = fill %c, 2.0\n  %g = igt %n, 0\n  %r = if %g {\n    %v = load %c1[0]\n"
          "    yield %v } else {\n    yield %x }\n" END,
     1},
    {"of an array from before the loop, on each trip",
     HEAD "  %r, %T = loop %i = 0 to %n step 1 (%s = 0.0) {\n    %c = copy %t1\n    %v = load %c[1]\n    %w = sin %s\n"
          "    %c1 = store %c[1], %w\n"
          "    %z = load %c1[1]\n    %s1 = add %v, %z\n    yield %s1 }\n" END,
     1},
    {"of an array of this trip",
     HEAD "  %r, %T = loop %i = 0 to %n step 1 (%s = 0.0) {\n    %u = new real[2] zero\n    %u1 = store %u[1], %s\n"
          "    %c = copy %u1\n"
          "    %c1 = store %c[0], %x\n    %v = load %c1[1]\n    %z = load %c1[0]\n    %s1 = add %v, %z\n"
          "    yield %s1 }\n" END,
     0},
    {"of the row of a within",
     HEAD "  %u = new real[2, 2] zero\n  %u1, %v = within %u (%w = [1]) {\n    %w1 = fill %w, %x\n    %c = copy %w1\n"
          "    %c1 = store %c[0], 2.0\n"
          "    %g = load %c1[0]\n    %w2 = fill %w1, %g\n    yield %w2, %g }\n  %p = load %u1[1, 1]\n"
          "  %r = add %p, %v\n" END,
     1},
    {"of a row",
     HEAD
     "  %u = new real[2, 2] zero\n  %u1 = fill %u, %x\n  %w = slice %u1[1]\n  %c = copy %w\n  %c1 = store %c[0], 2.0\n"
     "  %p = load %c1[0]\n  %q = load %u1[1, 0]\n  %r = add %p, %q\n" END,
     1},
    {"after a branch that wrote it",
     HEAD "  %t4 = if %b (%t2 = %t1) {\n    %t3 = store %t2[0], 3.0\n    yield %t3 } else (%t5) {\n    yield %t5 }\n"
          "  %c = copy %t4\n  %c1 = store %c[1], 2.0\n  %p = load %c1[0]\n  %q = load %c1[1]\n  %r = add %p, %q\n" END,
     0},
    {"in a branch, of an array from before it",
     HEAD "  %r = if %b {\n    %c = copy %t1\n    %c1 = store %c[0], 2.0\n    %v = load %c1[1]\n    yield %v } else {\n"
          "    yield %x }\n" END,
     1},
};

START_TEST(needed_copies)
{
    const Copies *c = &copies[_i];
    Arena *a = arena_new();
    Module *m = pass_check(a, c->text, NULL, place);
    int left = pass_count(func_by_name(m, "f"), OP_copy);
    Text t = text_in(a);
    ir_print(&t, m);
    ck_assert_msg(left == c->left, "%s: %d copies left, not %d\n%s", c->name, left, c->left, t.at);
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("place");
    tcase_add_loop_test(t, storage, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_test(t, dimensions);
    tcase_add_loop_test(t, needed_copies, 0, (int)(sizeof copies / sizeof *copies));
    return run_tests("place", t);
}
