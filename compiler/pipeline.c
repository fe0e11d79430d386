// pipeline.c — the list of passes. See pipeline.h.
//
// In: a module. Out: the module after each row of `passes` whose level is not above -O's, from top to bottom.
//
// Passes that take a function run on every function that has a body, before the next pass begins; a pass may add functions, which it
// then sees too. What a pass needs and leaves is said in its header (opt.h, derive.h, place.h).
#include "pipeline.h"

#include <string.h>

#include "independent.h"
#include "opt.h"
#include "place.h"
#include "rewrite.h"

typedef struct Pass {
    const char *name;
    int level;                                  // runs at this -O and above
    void (*on_func)(Func *f);                   // one of these three
    void (*on_module)(Module *m);
    bool (*on_source)(Module *m, DeriveReport *report, void *user);    // may find mistakes of the user's: false
} Pass;

static void inline_made(Module *m)
{
    opt_inline_all(m, false);
}

// What the user wrote keeps its loops, arrays and structs.
static bool is_made(const Func *f)
{
    return !f->source_name || f->transform != TR_NONE;
}

static void structs_made(Func *f)
{
    if (is_made(f))
        opt_structs(f);
}

static void unroll_made(Func *f)
{
    if (is_made(f))
        opt_unroll(f);
}

static void scalars_made(Func *f)
{
    if (is_made(f))
        opt_scalars(f);
}

static void carry_made(Func *f)
{
    if (is_made(f))
        opt_carry(f);
}

static const Pass passes[] = {
    // what the user wrote
    {"counted",     0, opt_counted,  NULL,            NULL},
    {"independent", 0, NULL,         NULL,            independent_check},
    {"simplify",    1, opt_simplify, NULL,            NULL},
    {"dce",         0, opt_dce,      NULL,            NULL},
    // its derivatives, to any order
    {"derive",      0, NULL,         NULL,            derive_all},
    // all of it
    {"inline",      1, NULL,         inline_made,     NULL},
    {"structs",     1, structs_made, NULL,            NULL},
    {"unroll",      1, unroll_made,  NULL,            NULL},
    {"simplify",    1, opt_simplify, NULL,            NULL},
    {"scalars",     1, scalars_made, NULL,            NULL},
    {"simplify",    1, opt_simplify, NULL,            NULL},
    {"gvn",         1, opt_gvn,      NULL,            NULL},
    {"factors",     1, opt_factors,  NULL,            NULL},
    {"merge",       1, opt_merge,    NULL,            NULL},
    {"results",     1, opt_results,  NULL,            NULL},
    {"carry",       1, carry_made,   NULL,            NULL},
    {"stores",      1, opt_stores,   NULL,            NULL},
    {"zero",        1, opt_zero,     NULL,            NULL},
    {"dce",         0, opt_dce,      NULL,            NULL},
    {"dead_params", 1, NULL,         opt_dead_params, NULL},
    {"simplify",    1, opt_simplify, NULL,            NULL},
    {"dce",         1, opt_dce,      NULL,            NULL},
    {"stores",      1, opt_stores,   NULL,            NULL},
    {"order",       1, opt_order,    NULL,            NULL},
    {"accs",        1, opt_accs,     NULL,            NULL},
    {"parallel",    0, opt_parallel, NULL,            NULL},
    {"drop_unused", 0, NULL,         opt_drop_unused, NULL},
    {"place",       0, NULL,         place,           NULL},
};

enum { N_PASSES = sizeof passes / sizeof *passes };

static const Pass *find(const char *name, size_t n)
{
    for (int i = 0; i < N_PASSES; i++)
        if (strlen(passes[i].name) == n && memcmp(passes[i].name, name, n) == 0)
            return &passes[i];
    return NULL;
}

// The next name of "a,b,c": its length; *at is moved behind it. 0 at the end.
static size_t next_name(const char **at, const char **name)
{
    *at += strspn(*at, ",");
    *name = *at;
    *at += strcspn(*at, ",");
    return (size_t)(*at - *name);
}

bool pipeline_knows(Arena *a, const char *names, const char **unknown)
{
    const char *name;
    for (size_t n; (n = next_name(&names, &name)) > 0;)
        if (!find(name, n)) {
            *unknown = arena_strndup(a, name, n);
            return false;
        }
    return true;
}

const char *const *pipeline_names(Arena *a, int *n)
{
    const char **names = NEW_N(a, const char *, N_PASSES + 2);
    names[0] = "lower";
    names[1] = "all";
    *n = 2;
    for (int i = 0; i < N_PASSES; i++)
        if (find(passes[i].name, strlen(passes[i].name)) == &passes[i])
            names[(*n)++] = passes[i].name;
    return names;
}

static void dump(Arena *a, const Module *m, const char *after, const PipelineOptions *o)
{
    if (!o->dump_after || (strcmp(o->dump_after, after) != 0 && strcmp(o->dump_after, "all") != 0))
        return;
    Text t = text_in(a);
    text_printf(&t, "; after %s\n", after);
    ir_print(&t, m);
    fputs(t.at, o->dump);
}

// Looks at the module after a pass. False: broken.
static bool look(Arena *a, const Module *m, const char *after, const PipelineOptions *o, const char **message)
{
    Arena *scratch = arena_new();
    dump(scratch, m, after, o);
    const char *error = o->verify ? ir_verify(scratch, m) : NULL;
    if (error)
        *message = arena_printf(a, "after %s: %s", after, error);
    arena_free(scratch);
    return !error;
}

static PipelineStatus run(Arena *a, Module *m, const Pass *p, const PipelineOptions *o, const char **message)
{
    func_forget_effects(m);
    if (p->on_source && !p->on_source(m, o->report, o->user))
        return PIPELINE_ERRORS;
    if (p->on_module)
        p->on_module(m);
    for (int i = 0; p->on_func && i < m->funcs.n; i++)
        if (func_has_body(m->funcs.at[i]))
            p->on_func(m->funcs.at[i]);
    return look(a, m, p->name, o, message) ? PIPELINE_OK : PIPELINE_BUG;
}

PipelineStatus pipeline_run(Arena *a, Module *m, const PipelineOptions *o, const char **message)
{
    if (!look(a, m, "lower", o, message))
        return PIPELINE_BUG;
    PipelineStatus status = PIPELINE_OK;
    const char *at = o->passes, *name;
    for (size_t n; at && status == PIPELINE_OK && (n = next_name(&at, &name)) > 0;)
        status = run(a, m, find(name, n), o, message);
    for (int i = 0; !o->passes && status == PIPELINE_OK && i < N_PASSES; i++)
        if (passes[i].level <= o->level)
            status = run(a, m, &passes[i], o, message);
    return status;
}
