// test_checkpoint.c — checkpoint.c and vjp_checkpoint.c: what a state is, and that derivatives from states kept are right.
//
// In: the table `cases` of IR text; for each loop that runs its trips again, by its first result, what of what it carries is its state and what else it
// looks at. Each @f is planned, in one piece with all real arguments active, and then differentiated to second order in all ways and compared (adcheck.h),
// with 0 (or `least`) to 7 trips and fewer, as many and more states than trips.
#include "keep.h"

#include "adcheck.h"
#include "adrt.h"
#include "passcheck.h"

#include <check.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

typedef struct Case {
    const char *name, *text;
    const char *states; // "r(a b; c d)": loop r, state a and b, looks at c and d; constants are not listed
    int least;          // trips
} Case;

#define READ  "func @f(%n: int, %k: real, %x: real[1]) -> (real) {\n  %x1 = shape %x, %n\n"
#define WRITE "func @f(%n: int, %k: real, %x: real[1], %w: real[1] inout) -> (real[1], real) {\n  %x1 = shape %x, %n\n  %w1 = shape %w, %n\n"

static const Case cases[] = {
    {"a scalar", READ "  %r, %T = loop %i = 0 to %n step 1 checkpoint 3 (%a = 1.0) {\n    %v = load %x1[%i]\n    %e = sin %a\n"
                      "    %b = mul %e, %v\n    yield %b }\n  yield %r }\n",
     "r(a; x1)", 0},
    {"one state, which is the first",
     READ "  %r, %T = loop %i = 0 to %n step 1 checkpoint 1 (%a = 1.0) {\n    %v = load %x1[%i]\n    %e = sin %a\n"
          "    %b = mul %e, %v\n    yield %b }\n  yield %r }\n",
     "r(a; x1)", 0},
    {"more states than trips",
     READ "  %m = imul %n, 100\n  %m1 = iadd %m, 1\n  %r, %T = loop %i = 0 to %n step 1 checkpoint %m1 (%a = %k) {\n    %v = load %x1[%i]\n"
          "    %e = sin %a\n    %b = mul %e, %v\n    yield %b }\n  yield %r }\n",
     "r(a; x1)", 0},
    {"downwards by two, from the end",
     READ "  %m = iadd %n, -1\n  %r, %T = loop %i = %m to -1 step -2 checkpoint 2 (%a = 1.0) {\n    %v = load %x1[%i]\n    %e = sin %a\n"
          "    %b = mul %e, %v\n    %o = itor %i\n    %b2 = add %b, %o\n    yield %b2 }\n  yield %r }\n",
     "r(a; x1)", 0},
    {"reversed", READ "  %r, %T = loop %i = 0 to %n step 2 reversed checkpoint 2 (%a = 1.0) {\n    %v = load %x1[%i]\n    %e = sin %a\n"
                      "    %b = mul %e, %v\n    yield %b }\n  yield %r }\n",
     "r(a; x1)", 0},
    {"without a count", READ "  %r, %h, %T = loop checkpoint 2 (%a = %k, %b = 0.0) while (%p, %q) {\n    %t = lt %q, 4.0\n    yield %t } do {\n"
                             "    %e = sin %a\n    %s = mul %a, %a\n    %g = add %b, %s\n    %c = mul %e, %k\n    %d = add %c, 0.5\n"
                             "    yield %d, %g }\n  %z = mul %r, %h\n  yield %z }\n",
     "r(a b; k)", 0},
    {"with an exit, and a flag that is never looked at",
     READ "  %r, %l, %T = loop %i = 0 to %n step 1 exit checkpoint 2 (%a = 1.5, %o = false) {\n    %v = load %x1[%i]\n    %e = sin %a\n"
          "    %b = mul %e, %v\n    %d = gt %b, 0.9\n    %b2 = if %d {\n      %s = mul %b, %b\n      yield %s } else {\n      yield %b }\n"
          "    yield %d, %b2, %d }\n  yield %r }\n",
     "r(a o; x1)", 0},
    {"an array, and one that is only written, and one that is only added to",
     WRITE "  %y = new real[%n] zero\n  %s = new real[%n] zero\n"
           "  %r, %y4, %s4, %T = loop %i = 0 to %n step 1 checkpoint 2 (%w2 = %w1, %y2 = %y, %s2 = %s) {\n    %h = idiv %i, 2\n"
           "    %u = load %w2[%h]\n    %e = sin %u\n    %w3 = store %w2[%i], %e\n    %y3 = store %y2[%h], %u\n    %p = mul %u, %k\n"
           "    %s3 = acc %s2[%h], %p\n    yield %w3, %y3, %s3 }\n  %a = load %y4[0]\n  %b = load %s4[0]\n  %c = mul %a, %b\n  yield %r, %c }\n",
     "r(w2; k)", 1},
    {"what it looks at is overwritten afterwards",
     WRITE "  %r, %T = loop %i = 0 to %n step 1 checkpoint 2 (%a = 1.0) {\n    %v = load %w1[%i]\n    %e = sin %a\n    %b = mul %e, %v\n"
           "    yield %b }\n  %w4, %T2 = loop %j = 0 to %n step 1 (%w2 = %w1) {\n    %w3 = store %w2[%j], %r\n    yield %w3 }\n  yield %w4, %r }\n",
     "r(a; w1)", 0},
    {"a part that is written only, and one that is read",
     "func @f(%n: int, %A: real[2] inout, %B: real[2] inout, %x: real[1]) -> (real[2], real[2]) {\n  %A1 = shape %A, %n, %n\n"
     "  %B1 = shape %B, %n, %n\n  %x1 = shape %x, %n\n"
     "  %r, %q, %T = loop %i = 0 to %n step 1 checkpoint 2 (%A2 = %A1, %B2 = %B1) {\n    %h = idiv %i, 2\n"
     "    %B3, %u = within %B2 (%b = [%h]) {\n      %v = load %b[0]\n      %e = sin %v\n      %b1 = store %b[%i], %e\n      yield %b1, %v }\n"
     "    %A3 = within %A2 (%a = [%h]) {\n      %g = mul %u, %u\n      %a1 = store %a[%i], %g\n      yield %a1 }\n    yield %A3, %B3 }\n"
     "  yield %r, %q }\n",
     "r(B2; )", 1},
    {"one in the other",
     READ "  %r, %T = loop %i = 0 to %n step 1 checkpoint 2 (%a = %k) {\n    %v = load %x1[%i]\n"
          "    %q, %T2 = loop %j = 0 to 5 step 1 checkpoint 2 (%b = %a) {\n      %e = sin %b\n      %g = mul %e, %v\n      %h = add %g, %k\n"
          "      yield %h }\n    yield %q }\n  yield %r }\n",
     "r(a; k x1) q(b; k v)", 0},
    {"in a loop that is kept whole, which hands it what it starts with",
     WRITE "  %r, %T = loop %i = 0 to %n step 1 (%w2 = %w1) {\n    %h = idiv %i, 2\n    %v = load %w2[%h]\n"
           "    %q, %T2 = loop %j = 0 to 4 step 1 checkpoint 2 (%w3 = %w2) {\n      %u = load %w3[%h]\n      %e = sin %u\n      %g = mul %e, %v\n"
           "      %w4 = store %w3[%i], %g\n      yield %w4 }\n    %w5 = acc %q[%h], %k\n    yield %w5 }\n  yield %r, %k }\n",
     "q(w3; h i v)", 1},
    {"in a branch", WRITE "  %c = gt %k, 0.9\n  %r = if %c (%w2 = %w1) {\n"
                          "    %q, %T2 = loop %i = 1 to %n step 1 checkpoint 2 (%w3 = %w2) {\n      %h = iadd %i, -1\n      %u = load %w3[%h]\n"
                          "      %e = sin %u\n      %g = mul %e, %k\n      %w4 = acc %w3[%i], %g\n      yield %w4 }\n    yield %q } else (%w5) {\n"
                          "    yield %w5 }\n  yield %r, %k }\n",
     "q(w3; k)", 0},
    {"with a loop inside that is fused, and a growable tape of the trip",
     READ "  %r, %T = loop %i = 0 to %n step 1 checkpoint 2 (%a = %k) {\n    %v = load %x1[%i]\n"
          "    %q, %T2 = loop %j = 0 to %n step 1 (%b = 0.0) {\n      %u = load %x1[%j]\n      %p = mul %u, %a\n      %e = sin %p\n"
          "      %d = add %b, %e\n      yield %d }\n"
          "    %o, %T3 = loop (%g = %v) while (%h) {\n      %t = lt %h, 3.0\n      yield %t } do {\n      %g1 = mul %g, %g\n"
          "      %g2 = add %g1, 1.0\n      yield %g2 }\n    %m = mul %q, 0.1\n    %s = sin %o\n    %y = add %m, %s\n    yield %y }\n  yield %r }\n",
     "r(a; n x1)", 0},
    {"in a function that is called, in a loop",
     "func @g(%n: int, %x: real[1], %y: real[1] inout, %k: real) -> (real[1], real) noinline {\n  %x1 = shape %x, %n\n  %y1 = shape %y, %n\n"
     "  %r, %y4, %T = loop %i = 0 to %n step 1 checkpoint 2 (%a = %k, %y2 = %y1) {\n    %v = load %x1[%i]\n    %h = idiv %i, 2\n"
     "    %u = load %y2[%h]\n    %b = mul %a, %v\n    %c = sin %b\n    %d = mul %c, %u\n    %y3 = store %y2[%i], %d\n    yield %c, %y3 }\n"
     "  yield %y4, %r }\n" WRITE
     "  %s, %w4, %T = loop %i = 0 to 3 step 1 (%a = %k, %w2 = %w1) {\n    %w3, %q = call @g(%n, %x1, %w2, %a)\n    yield %q, %w3 }\n"
     "  yield %w4, %s }\n",
     "", 0},
    {"with a call inside",
     "func @g(%n: int, %x: real[1], %y: real[1] inout, %k: real) -> (real[1], real) noinline {\n  %x1 = shape %x, %n\n  %y1 = shape %y, %n\n"
     "  %r, %y4, %T = loop %i = 0 to %n step 1 (%a = %k, %y2 = %y1) {\n    %v = load %x1[%i]\n    %h = idiv %i, 2\n    %u = load %y2[%h]\n"
     "    %b = mul %a, %v\n    %c = sin %b\n    %d = mul %c, %u\n    %y3 = store %y2[%i], %d\n    yield %c, %y3 }\n  yield %y4, %r }\n" WRITE
     "  %s, %w4, %T = loop %i = 0 to 4 step 1 checkpoint 2 (%a = %k, %w2 = %w1) {\n    %w3, %q = call @g(%n, %x1, %w2, %a)\n"
     "    yield %q, %w3 }\n  yield %w4, %s }\n",
     "s(a w2; n x1)", 0},
    {"a sum: fused, so that nothing is kept anyway",
     READ "  %r, %T = loop %i = 0 to %n step 1 checkpoint 2 (%a = 0.0) {\n    %v = load %x1[%i]\n    %e = sin %v\n    %b = add %a, %e\n"
          "    yield %b }\n  yield %r }\n",
     "", 0},
    {"a sum whose adjoint is not known before: fused when the reverse has arrived",
     READ "  %r, %T = loop %i = 0 to %n step 1 checkpoint 2 (%a = 0.0) {\n    %v = load %x1[%i]\n    %p = mul %v, %k\n    %e = exp %p\n"
          "    %b = add %a, %e\n    yield %b }\n  %s = sin %r\n  yield %s }\n",
     "", 0},
    {"nothing in it is active",
     READ "  %c = new int[%n] zero\n  %c4, %T = loop %i = 0 to %n step 1 checkpoint 2 (%c1 = %c) {\n    %c2 = store %c1[%i], %i\n    yield %c2 }\n"
          "  %h = load %c4[0]\n  %o = itor %h\n  %z = mul %o, %k\n  yield %z }\n",
     "", 1},
};

static void no_report(void *user, bool is_error, IrLoc loc, const char *message, IrLoc note_loc, const char *note)
{
    (void)user, (void)is_error, (void)loc, (void)note_loc, (void)note;
    ck_abort_msg("%s", message);
}

static Plan *plan_of(DeriveCtx *c, Arena *a, Func *f)
{
    bool *args = NEW_N(a, bool, f->body->args.n + 1), *results = NEW_N(a, bool, f->body->yields.n + 1);
    for (int i = 0; i < f->params.n; i++)
        if (f->params.at[i].arg >= 0)
            args[f->params.at[i].arg] = type_is_real(f->params.at[i].type);
    for (int i = 0; i < f->body->yields.n; i++)
        results[i] = true;
    return keep_plan(c, a, f, PLAN_JOINT, args, results, NULL);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void list_names(Text *t, Arena *a, const ValueList *values)
{
    const char **names = NEW_N(a, const char *, values->n + 1);
    int n = 0;
    for (int i = 0; i < values->n; i++) {
        const Op *op = values->at[i]->def;
        if (!op || op->code < OP_const_real || op->code > OP_const_array)
            names[n++] = values->at[i]->name;
    }
    qsort(names, (size_t)n, sizeof *names, by_name);
    for (int i = 0; i < n; i++)
        text_printf(t, "%s%s", i ? " " : "", names[i]);
}

// The loops in r that run their trips again.
static void list_loops(Text *t, Arena *a, const Plan *p, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        const OpPlan *o = op_plan(p, op);
        if (op->code == OP_loop && o->rerun) {
            ValueList state = {0};
            for (int k = 0; k < loop_n_carried(op); k++)
                if (o->state[k])
                    vec_push(a, &state, loop_arg(op, k));
            text_printf(t, "%s%s(", t->n ? " " : "", op->out[0]->name);
            list_names(t, a, &state);
            text_put(t, "; ");
            list_names(t, a, &o->outer);
            text_put(t, ")");
        }
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                list_loops(t, a, p, op->regions[k]);
    }
}

START_TEST(plans)
{
    const Case *c = &cases[_i];
    Arena *a = arena_new();
    Module *m = pass_parse(a, c->text);
    DeriveCtx ctx = {.m = m, .scratch = a, .report = no_report, .activity = activity_new(m, a)};
    ctx.vjp_variants = map_new(a);
    ctx.ready = map_new(a);
    ctx.states = map_new(a);
    ctx.taken = map_new(a);
    const Plan *p = plan_of(&ctx, a, func_by_name(m, "f"));
    Text got = text_in(a);
    list_loops(&got, a, p, p->f->body);
    text_put(&got, "");
    ck_assert_msg(strcmp(got.at, c->states) == 0, "%s: \"%s\", not \"%s\"", c->name, got.at, c->states);
    arena_free(a);
}
END_TEST

START_TEST(derivatives)
{
    static const int trips[] = {0, 1, 2, 3, 4, 7, -1};
    const Case *c = &cases[_i];
    ad_check_all(c->text, "f", trips + c->least, 0.3);
}
END_TEST

// What is needed of the trips is tape without the attribute, and none with it.
START_TEST(nothing_is_taped)
{
    const char *text = cases[0].text;
    Arena *a = arena_new();
    char *plain = arena_printf(a, "%s", text), *attribute = strstr(plain, "checkpoint 3");
    memset(attribute, ' ', strlen("checkpoint 3"));
    ck_assert_int_ge(ad_tape_bytes(plain, "f", 100, 0.3), 800);
    ck_assert_int_eq(ad_tape_bytes(text, "f", 100, 0.3), 0);
    arena_free(a);
}
END_TEST

// ---- where the runtime puts the states ----

enum { MOST = 60, ROOM = 7 };

// The fewest runs of trips that reverse `trips` of them, with room for `room` states besides the first: by trying all places for the next.
static int fewest[MOST + 1][ROOM + 1];

static void find_fewest(void)
{
    for (int trips = 2; trips <= MOST; trips++)
        for (int room = 0; room <= ROOM; room++) {
            int best = fewest[trips - 1][room] + trips - 1;     // none: run to the last trip, then the same for the ones before it
            for (int at = 1; at < trips && room > 0; at++) {
                int cost = at + fewest[trips - at][room - 1] + fewest[at][room];
                best = cost < best ? cost : best;
            }
            fewest[trips][room] = best;
        }
}

// What the generated loop does.
static int runs(int trips, int room)
{
    int at[ROOM + 1] = {0}, kept = 0, n = 0;
    for (int t = trips - 1; t >= 0; t--) {
        if (at[kept] > t)
            kept--;
        int next = adrt_next_state(at[kept], t, room - kept);
        for (int j = at[kept]; j < t; j++) {
            if (j == next) {
                ck_assert_int_lt(kept, room);
                at[++kept] = j;
                next = adrt_next_state(j, t, room - kept);
            }
            n++;
        }
    }
    return n;
}

START_TEST(trips_run_as_few_times_as_possible)
{
    find_fewest();
    for (int trips = 1; trips <= MOST; trips++)
        for (int room = 0; room <= ROOM; room++)
            ck_assert_msg(runs(trips, room) == fewest[trips][room], "%d trips, room for %d: %d runs, not %d", trips, room, runs(trips, room),
                          fewest[trips][room]);
}
END_TEST

START_TEST(extreme_numbers)
{
    ck_assert_int_eq(adrt_next_state(0, 0, 5), 0);
    ck_assert_int_eq(adrt_next_state(3, 4, 5), 4);              // none: the last trip is reached by running one
    ck_assert_int_eq(adrt_next_state(0, 100, 0), 100);
    ck_assert_int_eq(adrt_next_state(0, 100, -1), 100);
    ck_assert_int_eq(adrt_next_state(7, 107, 1000), 8);
    int next = adrt_next_state(0, INT_MAX, 1);
    ck_assert(next > 0 && next < INT_MAX);
    next = adrt_next_state(0, INT_MAX, INT_MAX);
    ck_assert(next > 0 && next < INT_MAX);
    next = adrt_next_state(INT_MAX - 9, INT_MAX, 2);
    ck_assert(next > INT_MAX - 9 && next < INT_MAX);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("checkpoint");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, plans, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_loop_test(t, derivatives, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_test(t, nothing_is_taped);
    tcase_add_test(t, trips_run_as_few_times_as_possible);
    tcase_add_test(t, extreme_numbers);
    return run_tests("checkpoint", t);
}
