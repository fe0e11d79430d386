// effect.c — which functions may do more than give results.
//
// In: a function. Out: whether a call of it may end the program (by a check, or in an extern function nothing is known of), so that a call whose
// results nobody uses must stay all the same.
//
//     f calls g and h, g calls f, h has a check      ->      f yes, g yes, h yes
//
// The first question about a function answers it for all functions it reaches: those with an effect of their own, then whoever calls one of
// them. Answers are kept in Func.effect until func_forget_effects. A derivative that is not made yet has the effect of what it is made from.
#include "ir.h"

#include "rewrite.h"

typedef struct Caller {
    Func *f;
    struct Caller *next;
} Caller;

typedef struct Reach {
    Arena *a;
    VEC(Func *) all;                        // reached, and not known before
    VEC(Func *) yes;
    Map *seen, *callers;                    // Func -> itself; Func -> Caller
} Reach;

static void reach(Reach *w, Func *f)
{
    if (map_get(w->seen, f))
        return;
    map_set(w->seen, f, f);
    vec_push(w->a, &w->all, f);
}

static void found(Reach *w, Func *f)
{
    if (f->effect == EFFECT_YES)
        return;
    f->effect = EFFECT_YES;
    vec_push(w->a, &w->yes, f);
}

static void note_call(Reach *w, Func *from, Func *to)
{
    if (to->effect == EFFECT_YES)
        found(w, from);
    if (to->effect != EFFECT_UNKNOWN)
        return;
    Caller *c = NEW(w->a, Caller);
    *c = (Caller){from, map_get(w->callers, to)};
    map_set(w->callers, to, c);
    reach(w, to);
}

static void note_region(Reach *w, Func *f, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        if (op_info[op->code].effect == E_STOP)
            found(w, f);
        if (op->code == OP_call)
            note_call(w, f, op->callee);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                note_region(w, f, op->regions[k]);
    }
}

static void note_func(Reach *w, Func *f)
{
    if (f->is_extern)
        found(w, f);
    else if (func_has_body(f))
        note_region(w, f, f->body);
    else if (f->base)
        note_call(w, f, f->base);
}

static void answer(Func *f)
{
    Arena *a = arena_new();
    Reach w = {.a = a, .seen = map_new(a), .callers = map_new(a)};
    reach(&w, f);
    for (int i = 0; i < w.all.n; i++)
        note_func(&w, w.all.at[i]);
    for (int i = 0; i < w.yes.n; i++)
        for (const Caller *c = map_get(w.callers, w.yes.at[i]); c; c = c->next)
            found(&w, c->f);
    for (int i = 0; i < w.all.n; i++)
        if (w.all.at[i]->effect == EFFECT_UNKNOWN)
            w.all.at[i]->effect = EFFECT_NO;
    arena_free(a);
}

bool func_has_effect(Func *f)
{
    if (f->effect == EFFECT_UNKNOWN)
        answer(f);
    return f->effect == EFFECT_YES;
}

void func_forget_effects(Module *m)
{
    for (int i = 0; i < m->funcs.n; i++)
        m->funcs.at[i]->effect = EFFECT_UNKNOWN;
}

static bool region_has_effect(const Region *r)
{
    for (int i = 0; i < r->ops.n; i++)
        if (op_info[r->ops.at[i]->code].effect != E_NONE && op_has_effect(r->ops.at[i]))
            return true;
    return false;
}

bool op_has_effect(const Op *op)
{
    if (op_info[op->code].effect == E_STOP || (op->code == OP_call && func_has_effect(op->callee)))
        return true;
    for (int k = 0; k < op->n_regions; k++)
        if (op->regions[k] && region_has_effect(op->regions[k]))
            return true;
    return false;
}
