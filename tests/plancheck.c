// plancheck.c — see plancheck.h.
#include "plancheck.h"

#include <check.h>
#include <string.h>

static void no_report(void *user, bool is_error, IrLoc loc, const char *message, IrLoc note_loc, const char *note)
{
    (void)user, (void)is_error, (void)loc, (void)note_loc, (void)note;
    ck_abort_msg("%s", message);
}

DeriveCtx plan_context(Module *m, Arena *a)
{
    DeriveCtx c = {.m = m, .scratch = a, .report = no_report, .activity = activity_new(m, a)};
    c.vjp_variants = map_new(a);
    c.ready = map_new(a);
    c.states = map_new(a);
    c.taken = map_new(a);
    return c;
}

Plan *plan_whole(DeriveCtx *c, Arena *a, Func *f)
{
    bool *args = NEW_N(a, bool, f->body->args.n + 1), *results = NEW_N(a, bool, f->body->yields.n + 1);
    for (int i = 0; i < f->params.n; i++)
        if (f->params.at[i].arg >= 0)
            args[f->params.at[i].arg] = type_is_real(f->params.at[i].type) && f->params.at[i].role != ROLE_OUT;
    for (int i = 0; i < f->body->yields.n; i++)
        results[i] = type_is_real(f->body->yields.at[i]->type);
    return keep_plan(c, a, f, PLAN_JOINT, args, results, NULL);
}

static const Value *named_op(const Op *op, const char *name)
{
    const Value *found = NULL;
    for (int k = 0; k < op->n_regions && !found; k++)
        if (op->regions[k])
            found = plan_named(op->regions[k], name);
    for (int k = 0; k < op->n_out && !found; k++)
        if (op->out[k]->name && strcmp(op->out[k]->name, name) == 0)
            found = op->out[k];
    return found;
}

const Value *plan_named(const Region *r, const char *name)
{
    const Value *found = NULL;
    for (int i = 0; i < r->args.n && !found; i++)
        if (r->args.at[i]->name && strcmp(r->args.at[i]->name, name) == 0)
            found = r->args.at[i];
    for (int i = 0; i < r->ops.n && !found; i++)
        found = named_op(r->ops.at[i], name);
    return found;
}

void plan_check(Arena *a, const char *title, const Plan *p, const char *list, PlanWords *words_for)
{
    char *rest = arena_strdup(a, list);
    for (char *item = rest; *rest; item = rest) {
        size_t n = strcspn(item, ";");
        rest = item + n + strspn(item + n, "; ");
        item[n] = '\0';
        char *want = strchr(item, ' ');
        *want++ = '\0';
        const Value *v = plan_named(p->f->body, item);
        ck_assert_msg(v != NULL, "%s: no value %s", title, item);
        const char *got = words_for(a, p, v);
        ck_assert_msg(strcmp(got, want) == 0, "%s: %s is \"%s\", not \"%s\"", title, item, got, want);
    }
}
