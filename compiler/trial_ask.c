// trial_ask.c — what is on trial, and the functions that are made for it. See trial.h.
//
// In: a module fresh from lowering, and the names of its derivatives. Out: a Subject for each of them and for each rule by hand; and in the
// module, for each subject, a tangent and an adjoint of its F by the same parameters, and where there are several of these, one by each alone:
//
//     derive g = grad(f, x, y);      ->      Subject{d: @g, F: @f, tangent: jvp(f, x, y), adjoint: vjp(f, x, y), alone: grad(f, x), grad(f, y)}
//     derive h = hessian(f, x);      ->      Subject{d: @h, F: grad(f, x), only: its x_bar, a matrix, ..}
//     custom vjp(f) = g;             ->      Subject{d: @g, F: @f, an adjoint, ..}
#include "trial.h"

#include <string.h>

#include "derive.h"

// ---- asking for a derivative ----

static void add_param(Func *d, const char *of_name, const char *suffix, Role role, Type type, ParamKind kind, int of)
{
    const char *name = of_name;
    if (suffix)
        name = intern_z(d->module->names, arena_printf(d->module->arena, "%s_%s", of_name, suffix));
    func_param(d, func_fresh_param(d, name), role, type, kind, of);
}

// The role of what is added for parameter p of the base; -1: nothing is.
static int added_role(const Param *p, Transform tr, bool by)
{
    if (!type_is_real(p->type))
        return -1;
    if (tr == TR_GRAD)
        return by ? ROLE_OUT : -1;
    if (tr == TR_VJP)
        return p->role == ROLE_IN ? (by ? ROLE_INOUT : -1) : p->role == ROLE_INOUT && by ? ROLE_INOUT : ROLE_IN;
    return p->role == ROLE_IN ? (by ? ROLE_IN : -1) : p->role == ROLE_INOUT && by ? ROLE_INOUT : ROLE_OUT;
}

Func *trial_ask(Module *m, Func *base, Transform tr, const bool *wrt, const char *name)
{
    Func *d = func_new(m, name);
    bool real_result = base->ret >= 0 && type_is_real(base->ret_type);
    d->source_name = name;
    d->loc = base->loc;
    d->transform = tr;
    d->base = base;
    d->wrt = arena_copy(m->arena, wrt, sizeof *wrt * ((size_t)base->params.n + 1));
    for (int i = 0; i < base->params.n; i++) {
        const Param *p = &base->params.at[i];
        add_param(d, p->name, NULL, p->role, p->type, P_PRIMAL, i);
        d->params.at[i].is_result = p->is_result;
    }
    if (tr == TR_VJP && real_result)
        add_param(d, "result", "bar", ROLE_IN, base->ret_type, P_BAR, -1);
    for (int i = 0; i < base->params.n; i++) {
        const Param *p = &base->params.at[i];
        int role = added_role(p, tr, wrt[i]);
        if (role >= 0)
            add_param(d, p->name, tr == TR_JVP ? "dot" : "bar", (Role)role, p->type, tr == TR_JVP ? P_DOT : P_BAR, i);
    }
    if (tr == TR_JVP && real_result)
        add_param(d, "result", "dot", ROLE_OUT, base->ret_type, P_DOT, -1);
    if (base->ret >= 0)
        func_set_ret(d, base->ret_type);
    return d;
}

static Func *ask(Trial *t, Func *base, Transform tr, const bool *wrt)
{
    Module *m = t->plain;
    const char *name = intern_z(m->names, arena_printf(m->arena, "%s.%d", base->name, m->funcs.n));     // no name of the user's has a stop
    return trial_ask(m, base, tr, wrt, name);
}

// ---- what a subject is ----

static bool *all_inputs(Trial *t, const Func *F)
{
    bool *wrt = NEW_N(t->arena, bool, F->params.n + 1);
    for (int i = 0; i < F->params.n; i++)
        wrt[i] = F->params.at[i].role != ROLE_OUT && type_is_real(F->params.at[i].type);
    return wrt;
}

static int count(const bool *wrt, int n)
{
    int k = 0;
    for (int i = 0; i < n; i++)
        k += wrt[i];
    return k;
}

// The one real output of F.
static int only_output(const Func *F)
{
    for (int i = 0; i < F->params.n; i++)
        if (F->params.at[i].role != ROLE_IN && type_is_real(F->params.at[i].type))
            return i;
    return F->params.n;
}

static const char *transform_name(const Func *d)
{
    static const char *const names[] = {[TR_GRAD] = "grad",     [TR_VJP] = "vjp",       [TR_JVP] = "jvp",       [TR_JACFWD] = "jacfwd",
                                        [TR_JACREV] = "jacrev", [TR_HESSIAN] = "hessian", [TR_FORWARD] = "record"};
    return names[d->transform];
}

static bool is_named(const Func *f, const char *const *names, int n)
{
    for (int i = 0; i < n; i++)
        if (f->source_name && strcmp(f->source_name, names[i]) == 0)
            return true;
    return !names && f->source_name;
}

// "grad(f, x)": as it might have been written.
static void put_what(Text *out, const Func *d, const char *const *names, int n)
{
    const Func *F = d->base;
    bool named = F->transform == TR_NONE || (is_named(F, names, n) && !strchr(F->name, '.')), all = true;
    text_printf(out, "%s(", transform_name(d));
    if (named)
        text_put(out, F->source_name ? F->source_name : F->name);
    else
        put_what(out, F, names, n);
    for (int i = 0; i < F->params.n; i++)
        all = all && (d->wrt[i] || F->params.at[i].role == ROLE_OUT || !type_is_real(F->params.at[i].type));
    for (int i = 0; !all && i < F->params.n; i++)
        if (d->wrt[i])
            text_printf(out, ", %s", F->params.at[i].name);
    if (d->directions.kind == DIRECTIONS_CONST)
        text_printf(out, "; %lld", (long long)d->directions.n);
    else if (d->directions.kind == DIRECTIONS_PARAM)
        text_printf(out, "; %s", F->params.at[d->directions.n].name);
    text_put(out, ")");
}

// ---- who calls whom ----

// What is looked for: a certain function, or NULL: any without a body.
typedef struct Search {
    Map *seen;
    const Func *wanted;
} Search;

static const Func *reached(Search *s, const Func *f);

static const Func *reached_in(Search *s, const Region *r)
{
    const Func *found = NULL;
    for (int i = 0; !found && i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        if (op->code == OP_call)
            found = reached(s, op->callee);
        for (int k = 0; !found && k < op->n_regions; k++)
            found = op->regions[k] ? reached_in(s, op->regions[k]) : NULL;
    }
    return found;
}

// That function, if f or its derivative may call it; or NULL.
static const Func *reached(Search *s, const Func *f)
{
    if (!f || map_get(s->seen, f))
        return NULL;
    map_set(s->seen, f, s);
    if (s->wanted ? f == s->wanted : f->is_extern)
        return f;
    const Func *const others[] = {f->base, f->custom_vjp, f->custom_jvp};
    const Func *found = reached_in(s, f->body);
    for (int i = 0; !found && i < 3; i++)
        found = reached(s, others[i]);
    return found;
}

bool trial_reaches(Trial *t, const Func *f, const Func *g)
{
    Search s = {map_new(t->arena), g};
    return reached(&s, f) != NULL;
}

static const char *why_not(Trial *t, const Subject *s)
{
    Search search = {map_new(t->arena), NULL};
    const Func *f = reached(&search, s->F);
    f = f ? f : reached(&search, s->d);
    return f ? arena_printf(t->arena, "'%s' has no body in .ad", f->source_name ? f->source_name : f->name) : NULL;
}

// ---- making subjects ----

// What it is held against.
static void add_others(Trial *t, Subject *s, Transform alone)
{
    int n = s->F->params.n;
    s->skip = why_not(t, s);
    if (s->skip)
        return;
    s->tangent = ask(t, s->F, TR_JVP, s->wrt);
    s->adjoint = ask(t, s->F, TR_VJP, s->wrt);
    s->alone = NEW_N(t->arena, Func *, n + 1);
    for (int i = 0; alone != TR_NONE && count(s->wrt, n) > 1 && i < n; i++) {
        bool *one = NEW_N(t->arena, bool, n + 1);
        one[i] = true;
        if (s->wrt[i])
            s->alone[i] = ask(t, s->F, alone, one);
    }
}

// A Hessian is the Jacobian of a gradient; the gradient that it gives besides is an output of that.
static void take_hessian(Trial *t, Subject *s)
{
    Func *F = ask(t, s->d->base, TR_GRAD, s->d->wrt);
    Param *as = arena_copy(t->arena, s->d->params.at, sizeof(Param) * (size_t)s->d->params.n);
    bool *wrt = NEW_N(t->arena, bool, F->params.n + 1);
    memcpy(wrt, s->d->wrt, sizeof *wrt * (size_t)s->d->base->params.n);
    s->F = F;
    s->wrt = wrt;
    s->only = only_output(F);
    for (int i = 0; i < s->d->params.n; i++)
        if (as[i].kind == P_BAR) {
            as[i].kind = P_PRIMAL;
            as[i].of = s->only;
        }
    s->as = as;
}

static void take_derivative(Trial *t, Func *d, const char *const *names, int n, const char *name);

// A derivative of a derivative that has no name: that is on trial with it, since nobody else looks at it.
static void take_inner(Trial *t, const Subject *s, const char *const *names, int n)
{
    Func *F = s->F;
    bool made_here = F->transform != TR_NONE && strchr(F->name, '.');
    if (F->transform == TR_NONE || (!made_here && (!names || is_named(F, names, n))))
        return;
    for (int i = 0; i < t->subjects.n; i++)
        if (t->subjects.at[i]->d == F)
            return;
    take_derivative(t, F, names, n, arena_printf(t->arena, "%s's", s->name));
}

// name: what the row is called, if not as d is.
static void take_derivative(Trial *t, Func *d, const char *const *names, int n, const char *name)
{
    Subject *s = NEW(t->arena, Subject);
    Text what = text_in(t->arena);
    Transform tr = d->transform;
    put_what(&what, d, names, n);
    *s = (Subject){.name = name ? name : d->source_name, .what = what.at, .loc = d->loc, .d = d, .F = d->base, .wrt = d->wrt,
                   .only = -1, .directions = d->directions};
    s->is_adjoint = tr == TR_GRAD || tr == TR_VJP || tr == TR_FORWARD;
    s->is_matrix = tr == TR_JACFWD || tr == TR_JACREV || tr == TR_HESSIAN;
    if (tr == TR_FORWARD)
        s->reverse = d->pair;
    if (tr == TR_HESSIAN)
        take_hessian(t, s);
    else if (tr == TR_GRAD || s->is_matrix)
        s->only = only_output(s->F);
    add_others(t, s, s->is_matrix ? TR_NONE : s->is_adjoint ? (tr == TR_GRAD ? TR_GRAD : TR_VJP) : TR_JVP);
    take_inner(t, s, names, n);
    vec_push(t->arena, &t->subjects, s);
}

static void take_rule(Trial *t, Func *F, Func *rule, ParamKind kind)
{
    Subject *s = NEW(t->arena, Subject);
    const char *mode = kind == P_DOT ? "jvp" : "vjp", *name = F->source_name ? F->source_name : F->name;
    Param *as = NEW_N(t->arena, Param, rule->params.n + 1);
    rule_params(F, kind, as);
    *s = (Subject){.name = rule->source_name ? rule->source_name : rule->name, .what = arena_printf(t->arena, "custom %s(%s)", mode, name),
                   .loc = rule->loc, .d = rule, .as = as, .F = F, .wrt = all_inputs(t, F), .only = -1, .is_rule = true,
                   .is_adjoint = kind == P_BAR};
    add_others(t, s, TR_NONE);
    vec_push(t->arena, &t->subjects, s);
}

void trial_subjects(Trial *t, const char *const *names, int n)
{
    Module *m = t->plain;
    int n_funcs = m->funcs.n;                                   // those that are added come behind
    for (int i = 0; i < n_funcs; i++) {
        Func *f = m->funcs.at[i];
        if (f->custom_jvp)
            take_rule(t, f, f->custom_jvp, P_DOT);
        if (f->custom_vjp)
            take_rule(t, f, f->custom_vjp, P_BAR);
    }
    for (int i = 0; i < n_funcs; i++) {
        Func *f = m->funcs.at[i];
        if (f->transform != TR_NONE && f->transform != TR_REVERSE && !f->is_imported && is_named(f, names, n))
            take_derivative(t, f, names, n, NULL);
    }
}
