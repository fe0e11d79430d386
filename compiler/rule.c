// rule.c — derives of functions that have a rule by hand: one call of the rule.
//
// In: a derived function whose base has a custom rule for its mode, and no body yet. Out: its body. The rule has the parameters of the
// derivative by all inputs; d may be by some of them, and a grad writes over where its rule adds:
//
//     custom vjp(f) = g;                    real f(real x, real y)
//     derive d = grad(f, x);                real d(real x, real y, out real x_bar)
//
//         %r, %x_bar, %1 = call @g(%x, %y, 1.0, 0.0, 0.0)          result_bar, x_bar, y_bar
//         yield %x_bar, %r
//
// Which parameter of the rule is what follows from their order alone (LANGUAGE.md section 7); what d has for it decides what is handed over.
// jvp.c and vjp_rev.c call rules in place of calls inside of what they differentiate; they share rule_params.
#include "derive.h"
#include "rewrite.h"

#include <assert.h>

typedef struct Site {
    Func *d, *f, *rule;
    Builder b;
    Arena *a;
    Param *as;                                                  // by parameter of the rule: its kind and of
    int *from;                                                  // by parameter of the rule: that of d, -1: d has none
    Value **arg;                                                // by argument of d, arrays bound to their shapes
    Value *const **dims;                                        // by parameter of f, if it is an array
} Site;

static int result_param(const Func *f)                          // the array that f returns; -1: none
{
    int n = f->params.n;
    return n && f->params.at[n - 1].is_result ? n - 1 : -1;
}

void rule_params(const Func *f, ParamKind kind, Param *as)
{
    int n = 0, array = result_param(f), n_own = f->params.n - (array >= 0);
    bool real_result = array >= 0 ? type_is_real(f->params.at[array].type) : f->ret >= 0 && type_is_real(f->ret_type);
    for (int i = 0; i < n_own; i++)
        as[n++] = (Param){.kind = P_PRIMAL, .of = i};
    if (real_result && kind == P_BAR)
        as[n++] = (Param){.kind = kind, .of = array};
    for (int i = 0; i < n_own; i++)
        if (type_is_real(f->params.at[i].type))
            as[n++] = (Param){.kind = kind, .of = i};
    if (real_result && kind == P_DOT)
        as[n++] = (Param){.kind = kind, .of = array};
    if (array >= 0)
        as[n++] = (Param){.kind = P_PRIMAL, .of = array};
}

// ---- which is which ----

static int counterpart(const Func *d, const Param *want)
{
    for (int i = 0, primal = 0; i < d->params.n; i++) {
        const Param *p = &d->params.at[i];
        int of = p->kind == P_PRIMAL ? primal++ : p->of;
        if (p->kind == want->kind && of == want->of)
            return i;
    }
    return -1;
}

static Value *const *dims_of(Site *s, int param, Value **map)
{
    const Op *shape = ir_shape_of(s->f, s->f->body->args.at[s->f->params.at[param].arg]);
    if (!shape)
        return NULL;
    Value **dims = NEW_N(s->a, Value *, shape->n_in);
    for (int k = 1; k < shape->n_in; k++)
        dims[k - 1] = ir_recompute(&s->b, shape->in[k], map);
    return dims;
}

// Finds the dimensions of f's arrays in terms of d's arguments. False if f does not tell: it is an extern in a text of the IR.
static bool find_dims(Site *s)
{
    Value **map = NEW_N(s->a, Value *, s->f->n_values + 1);
    for (int i = 0, primal = 0; i < s->d->params.n; i++) {
        const Param *p = &s->d->params.at[i];
        if (p->kind != P_PRIMAL)
            continue;
        const Param *own = &s->f->params.at[primal++];
        if (own->arg >= 0 && p->arg >= 0)
            map[s->f->body->args.at[own->arg]->id] = s->d->body->args.at[p->arg];
    }
    for (int i = 0; i < s->f->params.n; i++)
        if (s->f->params.at[i].type.kind == K_ARRAY && !(s->dims[i] = dims_of(s, i, map)))
            return false;
    return true;
}

static void bind(Site *s)
{
    for (int i = 0, primal = 0; i < s->d->params.n; i++) {
        const Param *p = &s->d->params.at[i];
        int of = p->kind == P_PRIMAL ? primal++ : p->of;
        if (p->arg < 0)
            continue;
        Value *v = s->d->body->args.at[p->arg];
        s->arg[p->arg] = p->type.kind == K_ARRAY ? b_shape(&s->b, v, p->type.rank, s->dims[of]) : v;
    }
}

// ---- what goes in and what comes out ----

// What d has no parameter for: the seed of a grad, and adjoints and tangents of inputs that are not in wrt.
static Value *stand_in(Site *s, const Param *p, int of)
{
    bool seed = s->d->transform == TR_GRAD && of < 0;
    if (p->type.kind != K_ARRAY)
        return b_real(&s->b, seed ? 1.0 : 0.0);
    return b_new_like(&s->b, p->type, s->dims[of], true, NULL);
}

static Value *operand(Site *s, int i)
{
    const Param *p = &s->rule->params.at[i], *q = s->from[i] >= 0 ? &s->d->params.at[s->from[i]] : NULL;
    bool array = p->type.kind == K_ARRAY;
    if (!q)
        return stand_in(s, p, s->as[i].of);
    if (p->role == ROLE_OUT || q->role == p->role)
        return s->arg[q->arg];
    if (q->role == ROLE_OUT)                                    // d writes over what the rule reads and writes
        return array ? b_fill(&s->b, s->arg[q->arg], b_real(&s->b, 0.0)) : b_real(&s->b, 0.0);
    return array ? b_copy(&s->b, s->arg[q->arg], NULL) : s->arg[q->arg];       // d only reads it
}

static void call(Site *s)
{
    Value **in = NEW_N(s->a, Value *, s->rule->params.n + 1), **out = NEW_N(s->a, Value *, func_n_results(s->d) + 1);
    for (int i = 0; i < s->rule->params.n; i++)
        if (s->rule->params.at[i].arg >= 0)
            in[s->rule->params.at[i].arg] = operand(s, i);
    Op *op = b_call(&s->b, s->rule, s->rule->body->args.n, in);
    for (int i = 0; i < s->rule->params.n; i++) {
        int from = s->from[i], result = s->rule->params.at[i].result;
        if (result >= 0)
            op->out[result]->name = s->rule->params.at[i].name;
        if (result >= 0 && from >= 0 && s->d->params.at[from].result >= 0)
            out[s->d->params.at[from].result] = op->out[result];
    }
    if (s->d->ret >= 0)
        out[s->d->ret] = op->out[s->rule->ret];
    ir_yield(&s->b, func_n_results(s->d), out);
}

void rule_derived(DeriveCtx *c, Func *d)
{
    Func *f = d->base, *rule = d->transform == TR_JVP ? f->custom_jvp : f->custom_vjp;
    Arena *a = arena_new();
    Site s = {.d = d, .f = f, .rule = rule, .b = builder_at(d, d->body, true), .a = a};
    s.b.loc = d->loc;
    s.as = NEW_N(a, Param, rule->params.n + 1);
    s.from = NEW_N(a, int, rule->params.n + 1);
    s.arg = NEW_N(a, Value *, d->body->args.n + 1);
    s.dims = NEW_N(a, Value *const *, f->params.n + 1);
    rule_params(f, d->transform == TR_JVP ? P_DOT : P_BAR, s.as);
    for (int i = 0; i < rule->params.n; i++)
        s.from[i] = counterpart(d, &s.as[i]);
    if (find_dims(&s)) {
        bind(&s);
        call(&s);
    } else {
        derive_no_shapes(c, d->loc, f);
    }
    arena_free(a);
}
