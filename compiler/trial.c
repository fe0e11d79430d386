// trial.c — `adc verify`: tries everything and prints the table. See trial.h.
//
// In: the file as two modules, and what the command line asks for. Out: text such as
//
//     derivative    of             points  worst error
//     cost_grad     grad(cost)          5  2.2e-16 in mu[1][0] at point 3, against the complex step
//     1 derivative checked: right
#include "trial.h"

#include <string.h>

#include "derive.h"
#include "opt.h"
#include "rewrite.h"

enum { RUNS = 5 };

// ---- setting up ----

static void no_report(void *user, bool is_error, IrLoc loc, const char *message, IrLoc note_loc, const char *note)
{
    const char **why = user;
    (void)loc, (void)note_loc, (void)note;
    if (is_error)
        *why = message;
}

static void find_user(Trial *t)
{
    for (int i = 0; i < t->subjects.n; i++) {
        Subject *s = t->subjects.at[i];
        const Func *u = func_by_name(t->user, s->d->name);
        if (!u || u->params.n < s->d->params.n - (s->reverse != NULL) * 8 || u->is_extern)
            continue;
        s->user = u;
        s->user_reverse = s->reverse ? func_by_name(t->user, s->reverse->name) : NULL;
    }
}

static bool is_chosen(const Subject *s, const char *function)
{
    if (!function || strcmp(s->name, function) == 0)
        return true;
    for (const Func *f = s->F; f; f = f->base)
        if (f->source_name && strcmp(f->source_name, function) == 0)
            return true;
    return false;
}

static void choose(Trial *t, const char *function)
{
    int n = 0;
    for (int i = 0; i < t->subjects.n; i++)
        if (is_chosen(t->subjects.at[i], function))
            t->subjects.at[n++] = t->subjects.at[i];
    t->subjects.n = n;
}

// A name in --at that nothing has, or NULL.
static const char *unknown_input(const Trial *t)
{
    for (int i = 0; t->fixed && i < t->fixed->members.n; i++) {
        const char *name = t->fixed->members.at[i].name;
        bool known = false;
        for (int k = 0; k < t->subjects.n; k++)
            for (int p = 0; p < t->subjects.at[k]->F->params.n; p++)
                known = known || strcmp(t->subjects.at[k]->F->params.at[p].name, name) == 0;
        if (!known)
            return name;
    }
    return NULL;
}

static void note_opaque(Trial *t)
{
    t->opaque = map_new(t->arena);
    for (int i = 0; i < t->plain->funcs.n; i++)
        if (t->plain->funcs.at[i]->implicit)
            map_set(t->opaque, t->plain->funcs.at[i], t);
}

// ---- printing ----

typedef struct Widths {
    int name, what;
} Widths;

static Widths widths(const Trial *t)
{
    Widths w = {10, 2};
    for (int i = 0; i < t->subjects.n; i++) {
        int name = (int)strlen(t->subjects.at[i]->name), what = (int)strlen(t->subjects.at[i]->what);
        w.name = name > w.name ? name : w.name;
        w.what = what > w.what ? what : w.what;
    }
    return w;
}

static const char *place(Arena *a, IrLoc loc)
{
    return loc.line ? arena_printf(a, "%s:%d", loc.file ? loc.file : "?", loc.line) : "?";
}

static void put_row(Text *out, const Row *r, Widths w)
{
    const Finding *f = &r->worst;
    text_printf(out, "%-*s  %-*s  ", w.name, r->s->name, w.what, r->s->what);
    if (r->none)
        text_printf(out, "%6s  not checked: %s\n", "-", r->none);
    else if (r->failed)
        text_printf(out, "%6d  FAILED\n", r->points);
    else if (!f->check)
        text_printf(out, "%6d  nothing to compare\n", r->points);
    else
        text_printf(out, "%6d  %.1e in %s at point %d, %s\n", r->points, f->error, f->where, f->point, f->check);
}

// The rule by hand that F calls and that has failed by itself, first one of the derivative's own mode; or NULL.
static const Row *wrong_rule(Trial *t, const Row *rows, const Row *r)
{
    const Row *found = NULL;
    for (int i = 0; !r->s->is_rule && i < t->subjects.n; i++) {
        const Row *rule = &rows[i];
        bool same_mode = rule->s->is_adjoint == r->s->is_adjoint;
        if (rule->failed && rule->s->is_rule && (!found || same_mode) && trial_reaches(t, r->s->F, rule->s->F))
            found = rule;
    }
    return found;
}

// "the adjoint of x[1] is 1.2 instead of 12, against the complex step"
static void put_finding(Text *out, const Row *r)
{
    const Finding *f = &r->worst;
    bool value = f->where && strncmp(f->check, "the value", 9) == 0;
    if (!f->where)
        text_put(out, f->check);
    else if (value)
        text_printf(out, "%s is %.10g instead of %.10g, as %s", f->where, f->got, f->want, f->check);
    else if (strcmp(f->where, trial_all_inputs) == 0)
        text_printf(out, "the product with a random direction is %.10g instead of %.10g, %s", f->got, f->want, f->check);
    else
        text_printf(out, "the %s of %s is %.10g instead of %.10g, %s", r->s->is_adjoint ? "adjoint" : "tangent", f->where, f->got, f->want,
                    f->check);
}

enum { MOST_SHOWN = 3000 };                                     // of a point, in bytes

static void put_failure(Trial *t, Text *out, const Row *rows, const Row *r)
{
    const Row *rule = wrong_rule(t, rows, r);
    const Op *op = rule ? NULL : trial_line(t, r->s, r->at);
    const char *point = trial_point_text(t->arena, r->at);
    text_printf(out, "\n%s: error: '%s' is wrong as %s: ", place(t->arena, r->s->loc), r->s->name, r->s->what);
    put_finding(out, r);
    text_put(out, "\n");
    if (rule)
        text_printf(out, "%s: note: '%s' is wrong as %s, which it uses\n", place(t->arena, rule->s->loc), rule->s->name, rule->s->what);
    if (op)
        text_printf(out, "%s: note: the first line whose own derivative is off\n", place(t->arena, op->loc));
    if (strlen(point) <= MOST_SHOWN)
        text_printf(out, "    point %d: %s\n", r->worst.point, point);
}

// Each line once, with all whose comparison with F alone fell out there at some point.
static void put_kinks(Trial *t, Text *out, const Row *rows)
{
    Map *told = map_new(t->arena);
    for (int i = 0; i < t->subjects.n; i++)
        for (int k = 0; k < rows[i].kinks.n; k++) {
            const Kink *kink = &rows[i].kinks.at[k];
            const char *where = intern_z(t->plain->names, place(t->arena, kink->loc));
            if (!map_get(told, where))
                text_printf(out, "%s: note: %s has a kink at, or close to, some of the points, which were not compared with the function there\n",
                            where, kink->what);
            map_set(told, where, told);
        }
}

static bool put_table(Trial *t, Text *out)
{
    Widths w = widths(t);
    Row *rows = NEW_N(t->arena, Row, t->subjects.n + 1);
    int failed = 0, unchecked = 0;
    text_printf(out, "%-*s  %-*s  points  worst relative error\n", w.name, "derivative", w.what, "is");
    for (int i = 0; i < t->subjects.n; i++) {
        rows[i] = trial_row(t, t->subjects.at[i]);
        put_row(out, &rows[i], w);
        failed += rows[i].failed;
        unchecked += rows[i].none != NULL;
    }
    for (int i = 0; i < t->subjects.n; i++)
        if (rows[i].failed)
            put_failure(t, out, rows, &rows[i]);
    if (failed)
        text_put(out, "\n");
    put_kinks(t, out, rows);
    text_printf(out, "%d checked, %d wrong, %d not checked\n", t->subjects.n - unchecked, failed, unchecked);
    return failed == 0;
}

bool trial_run(Arena *a, Module *plain, Module *user, const TrialOptions *o, Text *out, const char **error)
{
    Trial t = {.arena = a, .plain = plain, .user = user, .fixed = o->at, .runs = o->runs > 0 ? o->runs : RUNS, .again = o->again, .user_data = o->user_data, .seed = 88172645463325252u};
    const char *why = NULL;
    note_opaque(&t);
    for (int i = 0; i < plain->funcs.n; i++)
        if (func_has_body(plain->funcs.at[i]))
            opt_counted(plain->funcs.at[i]);
    trial_subjects(&t, o->names, o->n_names);
    if (!derive_all(plain, no_report, &why)) {
        *error = arena_printf(a, "what the derivatives are to be held against cannot be made: %s", why ? why : "?");
        return false;
    }
    find_user(&t);
    choose(&t, o->function);
    if (o->function && !t.subjects.n) {
        *error = arena_printf(a, "there is no derivative of '%s' to verify", o->function);
        return false;
    }
    const char *unknown = unknown_input(&t);
    if (unknown)
        *error = arena_printf(a, "'--at' has a value for '%s', which is no parameter of what is verified", unknown);
    return !unknown && put_table(&t, out);
}
