// check_derive.c — derives: the signatures of what they define, and custom rules.
//
// In: derives as written, functions with their signatures. Out: a Function for every transform, with base, transform,
// wrt and the parameters that LANGUAGE.md section 7 gives it:
//
//     real f(int n, real x[n], out real z)
//     derive a = vjp(f);    real a(..., real result_bar, inout real x_bar[n], real z_bar)
//     derive b = jvp(f);    real b(..., real x_dot[n], out real z_dot, out real result_dot)
//     derive c = record(f); as vjp(f): C's c_forward takes the parameters of f, c_reverse the added ones
//
// The idea: a transform is a function from parameter lists to parameter lists (derive_signature), so it applies to what
// a transform made as to anything else; hvp(f, x) is rewritten as jvp(grad(f, x), x). Inner transforms are made once
// for each (base, transform, wrt). The tables GRAD_ADDS, VJP_ADDS and JVP_ADDS say which role an added parameter has,
// for each transform and each role of the one it belongs to.
#include "checker.h"

#include <assert.h>

// ---- signatures

typedef enum Adds { ADDS_NOTHING, ADDS_IN, ADDS_OUT, ADDS_INOUT } Adds;

// [role of the parameter in base][is it among wrt]
static const Adds GRAD_ADDS[3][2] = {[ROLE_IN] = {ADDS_NOTHING, ADDS_OUT}};
static const Adds VJP_ADDS[3][2] = {
    [ROLE_IN]    = {ADDS_NOTHING, ADDS_INOUT},
    [ROLE_OUT]   = {ADDS_IN,      ADDS_IN},
    [ROLE_INOUT] = {ADDS_IN,      ADDS_INOUT},
};
static const Adds JVP_ADDS[3][2] = {
    [ROLE_IN]    = {ADDS_NOTHING, ADDS_IN},
    [ROLE_OUT]   = {ADDS_OUT,     ADDS_OUT},
    [ROLE_INOUT] = {ADDS_OUT,     ADDS_INOUT},
};

typedef struct TransformRow {
    const char *suffix;
    const Adds (*adds)[2];
    Adds result_first, result_last;                             // for a real result
} TransformRow;

static const TransformRow *transform_row(TransformKind kind)
{
    static const TransformRow GRAD = {"bar", GRAD_ADDS, ADDS_NOTHING, ADDS_NOTHING};
    static const TransformRow VJP = {"bar", VJP_ADDS, ADDS_IN, ADDS_NOTHING};
    static const TransformRow JVP = {"dot", JVP_ADDS, ADDS_NOTHING, ADDS_OUT};
    assert(kind == XFORM_GRAD || kind == XFORM_VJP || kind == XFORM_JVP || kind == XFORM_RECORD);
    return kind == XFORM_GRAD ? &GRAD : kind == XFORM_JVP ? &JVP : &VJP;
}

static bool has_param(const Function *f, const char *name)
{
    for (int i = 0; i < f->params.n; i++)
        if (f->params.at[i]->name.text == name)
            return true;
    return false;
}

static const char *free_param_name(Checker *c, const Function *f, const char *of, const char *suffix)
{
    Interner *names = c->module->names;
    const char *name = intern_z(names, arena_printf(c->arena, "%s_%s", of, suffix));
    for (int digit = 2; has_param(f, name); digit++)
        name = intern_z(names, arena_printf(c->arena, "%s_%s%d", of, suffix, digit));
    return name;
}

static void push_param(Checker *c, Function *f, VarDecl d, Type type, const Function *base)
{
    VarDecl *p = arena_copy(c->arena, &d, sizeof d);
    Symbol *sym = symbol_new(c, SYM_PARAM, p);
    sym->owner = f;
    sym->index = f->params.n;
    vec_push(c->arena, &f->params, p);
    sym->type = base ? type_renamed(c, type, base, f) : type;
}

static void add_param(Checker *c, Function *f, const Function *base, int of, Adds adds, const char *suffix)
{
    static const Role ROLES[] = {[ADDS_IN] = ROLE_IN, [ADDS_OUT] = ROLE_OUT, [ADDS_INOUT] = ROLE_INOUT};
    const VarDecl *p = of < 0 ? NULL : base->params.at[of];
    const TypeName *type = p ? &p->type : &base->result;
    VarDecl d = {.loc = p ? p->loc : type->loc, .type = *type, .dims = p ? p->dims : type->dims, .added = true,
                 .of = of};
    if (adds == ADDS_NOTHING)
        return;
    d.type.dims = (ExprList){0};
    d.role = ROLES[adds];
    d.name = (Name){free_param_name(c, f, p ? p->name.text : "result", suffix), p ? p->name.loc : type->loc};
    push_param(c, f, d, p ? p->sym->type : base->result_type, base);
}

static bool among(const int *wrt, int n, int i)
{
    for (int k = 0; k < n; k++)
        if (wrt[k] == i)
            return true;
    return false;
}

// Copies base's own parameters; sizes can only be renamed when all are there.
static void own_params(Checker *c, Function *f, const Function *base)
{
    for (int i = 0; i < base->params.n; i++) {
        VarDecl d = *base->params.at[i];
        d.added = false;                                        // to f it is one of its base's
        push_param(c, f, d, d.sym->type, NULL);
    }
    for (int i = 0; i < base->params.n; i++)
        f->params.at[i]->sym->type = type_renamed(c, base->params.at[i]->sym->type, base, f);
}

static void fill_signature(Checker *c, Function *f, Function *base, TransformKind kind, const int *wrt, int n)
{
    const TransformRow *row = transform_row(kind);
    bool real_result = type_has_real(base->result_type);
    f->base = base;
    f->transform = (int)kind;
    for (int i = 0; i < n; i++)
        vec_push(c->arena, &f->wrt, wrt[i]);
    own_params(c, f, base);
    f->result = base->result;
    f->result_type = type_renamed(c, base->result_type, base, f);
    if (real_result)
        add_param(c, f, base, -1, row->result_first, row->suffix);
    for (int i = 0; i < base->params.n; i++) {
        const VarDecl *p = base->params.at[i];
        if (type_has_real(p->sym->type))
            add_param(c, f, base, i, row->adds[p->role][among(wrt, n, i)], row->suffix);
    }
    if (real_result)
        add_param(c, f, base, -1, row->result_last, row->suffix);
}

Function *derive_signature(Checker *c, Function *base, TransformKind transform, const int *wrt, int n, Name name)
{
    Function *f = NEW(c->arena, Function);
    f->name = name;
    f->loc = name.loc;
    fill_signature(c, f, base, transform, wrt, n);
    return f;
}

// ---- what a transform asks of its base

static bool is_real_input(const VarDecl *p)
{
    return p->role != ROLE_OUT && type_has_real(p->sym->type);
}

static const VarDecl *real_output_param(const Function *f)      // the first, or NULL
{
    for (int i = 0; i < f->params.n; i++)
        if (f->params.at[i]->role != ROLE_IN && type_has_real(f->params.at[i]->sym->type))
            return f->params.at[i];
    return NULL;
}

static bool has_real_input(const Function *f)
{
    for (int i = 0; i < f->params.n; i++)
        if (is_real_input(f->params.at[i]))
            return true;
    return false;
}

static bool has_real_output(const Function *f)
{
    return type_has_real(f->result_type) || real_output_param(f);
}

static bool grad_takes(const Function *f)
{
    return f->result_type.elem == ELEM_REAL && f->result_type.rank == 0 && !real_output_param(f);
}

static bool suits(Checker *c, Loc loc, const Function *f, TransformKind kind)
{
    const char *name = f->name.text;
    const VarDecl *output = real_output_param(f);
    if (!has_real_input(f)) {
        diag_error(c->diags, loc, "'%s' has no real parameter to differentiate by", name);
    } else if (!has_real_output(f)) {
        diag_error(c->diags, loc, "'%s' has no real output to differentiate", name);
    } else if (kind == XFORM_GRAD && !grad_takes(f)) {
        diag_error(c->diags, loc,
                   "grad takes a function whose only real output is its real scalar result, which '%s' is not", name);
        if (output)
            diag_note(c->diags, output->name.loc, "'%s' is a real output, too; vjp and jvp take any function",
                      output->name.text);
        else
            diag_note(c->diags, f->name.loc, "its result is %s; vjp and jvp take any function",
                      type_text(c->arena, f->result_type));
    } else {
        return true;
    }
    return false;
}

// ---- wrt

typedef VEC(int) IntList;

static int find_param(Checker *c, const Function *f, Name name)
{
    VEC(const char *) names = {0};
    for (int i = 0; i < f->params.n; i++) {
        if (f->params.at[i]->name.text == name.text)
            return i;
        vec_push(c->arena, &names, f->params.at[i]->name.text);
    }
    const char *near = nearest(name.text, names.at, names.n);
    if (near)
        diag_error(c->diags, name.loc, "'%s' has no parameter '%s'; did you mean '%s'?", f->name.text, name.text, near);
    else
        diag_error(c->diags, name.loc, "'%s' has no parameter '%s'", f->name.text, name.text);
    if (near)
        diag_fixit(c->diags, name.loc, near);
    diag_note(c->diags, f->name.loc, "it is '%s'", signature_text(c, f, f->name.text));
    return -1;
}

static bool differentiable_by(Checker *c, const Function *f, Name name, int i)
{
    const VarDecl *p = f->params.at[i];
    if (p->sym->type.elem == ELEM_ERROR)
        return false;
    if (p->role == ROLE_OUT)
        diag_error(c->diags, name.loc, "'%s' is an out parameter of '%s', so nothing depends on it", name.text,
                   f->name.text);
    else if (!type_has_real(p->sym->type))
        diag_error(c->diags, name.loc, "'%s' is %s; only real parameters can be differentiated by", name.text,
                   type_text(c->arena, p->sym->type));
    else
        return true;
    diag_note(c->diags, p->name.loc, "'%s' is declared here", name.text);
    return false;
}

// Positions of the parameters to differentiate by, ascending; all if none is named. False after an error.
static bool resolve_wrt(Checker *c, const Function *f, const NameList *names, IntList *wrt)
{
    bool *chosen = NEW_N(c->arena, bool, f->params.n + 1), good = true;
    for (int k = 0; k < names->n; k++) {
        int i = find_param(c, f, names->at[k]);
        if (i >= 0 && chosen[i])
            diag_error(c->diags, names->at[k].loc, "'%s' is listed twice", names->at[k].text);
        good = i >= 0 && !chosen[i] && differentiable_by(c, f, names->at[k], i) && good;
        if (i >= 0)
            chosen[i] = true;
    }
    for (int i = 0; i < f->params.n; i++)
        if (names->n ? chosen[i] : is_real_input(f->params.at[i]))
            vec_push(c->arena, wrt, i);
    return good;
}

// ---- from transforms to functions

static Function *resolve(Checker *c, Transform *t, Function *into);

static const char *transform_key(Checker *c, const Function *base, TransformKind kind, const IntList *wrt)
{
    Text t = text_in(c->arena);
    text_printf(&t, "%d %p", (int)kind, (const void *)base);
    for (int i = 0; i < wrt->n; i++)
        text_printf(&t, " %d", wrt->at[i]);
    return intern_z(c->module->names, t.at);
}

static bool name_taken(const Checker *c, const char *name)
{
    if (map_get(c->functions, name))
        return true;
    for (int i = 0; i < c->program->derived.n; i++)
        if (c->program->derived.at[i]->name.text == name)
            return true;
    return false;
}

static const char *free_function_name(Checker *c, const char *of, TransformKind kind)
{
    Interner *names = c->module->names;
    const char *suffix = transform_text(kind), *name = intern_z(names, arena_printf(c->arena, "%s_%s", of, suffix));
    for (int digit = 2; name_taken(c, name); digit++)
        name = intern_z(names, arena_printf(c->arena, "%s_%s%d", of, suffix, digit));
    return name;
}

// NULL after an error.
static Function *make(Checker *c, const Transform *t, Function *base, const IntList *wrt, Function *into)
{
    const char *key = transform_key(c, base, t->kind, wrt);
    Function *made = map_get(c->derived, key);
    if (made && !into)
        return made;
    if (!into) {
        Name name = {free_function_name(c, base->name.text, t->kind), t->loc};
        into = NEW(c->arena, Function);
        *into = (Function){.name = name, .loc = t->loc, .is_static = true};
    }
    fill_signature(c, into, base, t->kind, wrt->at, wrt->n);
    if (into->params.n > MAX_DERIVED_PARAMS) {
        diag_error(c->diags, t->loc, "'%s' would have %d parameters; a derivative has at most %d", into->name.text,
                   into->params.n, MAX_DERIVED_PARAMS);
        into->base = NULL;
        return NULL;
    }
    vec_push(c->arena, &c->program->derived, into);
    if (!made)
        map_set(c->derived, key, into);
    return into;
}

static void rewrite_hvp(Checker *c, Transform *t)               // hvp(f, x) is jvp(grad(f, x), x)
{
    Transform *inner = arena_copy(c->arena, t, sizeof *t);
    inner->kind = XFORM_GRAD;
    inner->name.text = transform_text(XFORM_GRAD);
    inner->directions = NULL;
    t->kind = XFORM_JVP;
    t->of = inner;
}

static bool supported(Checker *c, const Transform *t)
{
    bool known = t->kind == XFORM_GRAD || t->kind == XFORM_VJP || t->kind == XFORM_JVP || t->kind == XFORM_HVP ||
                 t->kind == XFORM_RECORD;
    if (!known)
        not_yet(c, t->loc, LATER_JACOBIAN);
    else if (t->directions)
        not_yet(c, t->directions->loc, LATER_DIRECTIONS);
    return known && !t->directions;
}

static void report_derive_loop(Checker *c, const Derive *d)     // d is being resolved already
{
    int first = 0;
    while (c->resolving.at[first] != d)
        first++;
    Text t = text_in(c->arena);
    for (int i = first; i < c->resolving.n; i++)
        text_printf(&t, "%s -> ", c->resolving.at[i]->name.text);
    diag_error(c->diags, d->name.loc, "derivative '%s' needs itself: %s%s", d->name.text, t.at, d->name.text);
}

static void resolve_derive(Checker *c, Derive *d)
{
    Function *f = d->function;
    if (!f || f->base || f->result_type.elem == ELEM_ERROR)     // a name defined twice, done, or failed
        return;
    for (int i = 0; i < c->resolving.n; i++)
        if (c->resolving.at[i] == d) {
            report_derive_loop(c, d);
            f->result_type.elem = ELEM_ERROR;
            return;
        }
    vec_push(c->arena, &c->resolving, d);
    if (!resolve(c, d->transform, f))
        f->result_type.elem = ELEM_ERROR;
    c->resolving.n--;
}

static void unknown_function(Checker *c, Name name)
{
    VEC(const char *) names = {0};
    for (int i = 0; i < c->named.n; i++)
        vec_push(c->arena, &names, c->named.at[i]->name.text);
    const char *near = nearest(name.text, names.at, names.n);
    if (builtin_find(name.text)) {
        diag_error(c->diags, name.loc, "'%s' is a builtin; to differentiate it, write a function that calls it",
                   name.text);
    } else if (near) {
        diag_error(c->diags, name.loc, "unknown function '%s'; did you mean '%s'?", name.text, near);
        diag_fixit(c->diags, name.loc, near);
    } else {
        diag_error(c->diags, name.loc, "unknown function '%s'", name.text);
    }
}

// The function of that name, if a derive defines it with its signature; NULL after an error.
static Function *function_named(Checker *c, Name name)
{
    Function *f = find_function(c, name.text);
    if (!f)
        unknown_function(c, name);
    else if (only_for_c(c, name.loc, f))
        return NULL;
    else if (f->derive)
        resolve_derive(c, f->derive);
    return f && !is_broken(f) ? f : NULL;
}

// What t makes; into, if given, becomes that. NULL after an error.
static Function *resolve(Checker *c, Transform *t, Function *into)
{
    IntList wrt = {0};
    if (t->kind == XFORM_FUNCTION)
        return t->function = function_named(c, t->name);
    if (!supported(c, t))
        return NULL;
    if (t->of->kind == XFORM_RECORD) {
        diag_error(c->diags, t->of->loc, "a record is for C only; nothing can be derived of it");
        return NULL;
    }
    if (t->kind == XFORM_HVP)
        rewrite_hvp(c, t);
    Function *base = resolve(c, t->of, NULL);
    if (!base || !suits(c, t->loc, base, t->kind) || !resolve_wrt(c, base, &t->wrt, &wrt))
        return NULL;
    return t->function = make(c, t, base, &wrt, into);
}

// ---- derives as a whole

// A name that C alone may use: that of a half of the record d.
static Function *half_of_record(Checker *c, Derive *d, const char *suffix)
{
    Function *f = NEW(c->arena, Function);
    const char *name = intern_z(c->module->names, arena_printf(c->arena, "%s_%s", d->name.text, suffix));
    *f = (Function){.name = {name, d->name.loc}, .loc = d->loc, .record = d};
    define_function(c, f);
    return f;
}

static void collect_record(Checker *c, Derive *d, Function *f)
{
    f->record = d;
    if (d->is_static)
        diag_warning(c->diags, d->loc, W_UNUSED, "a record is for C only: as it is static, nothing can use '%s'", d->name.text);
    if (d->is_static || d->imported)
        return;
    f->forward = half_of_record(c, d, "forward");
    f->reverse = half_of_record(c, d, "reverse");
}

void derive_collect(Checker *c, Derive *d)
{
    Function *f = NEW(c->arena, Function);
    *f = (Function){.name = d->name, .loc = d->loc, .is_static = d->is_static, .imported = d->imported, .derive = d};
    define_function(c, f);
    if (d->transform && d->transform->kind == XFORM_RECORD)
        collect_record(c, d, f);
    d->function = f;
    vec_push(c->arena, &c->derives, d);
}

static void derive_implicitly(Checker *c, Function *f)
{
    Transform *of = NEW(c->arena, Transform), *t = NEW(c->arena, Transform);
    Derive *d = NEW(c->arena, Derive);
    TransformKind kind = grad_takes(f) ? XFORM_GRAD : XFORM_VJP;
    *of = (Transform){.kind = XFORM_FUNCTION, .depth = 1, .name = f->name, .loc = f->name.loc};
    *t = (Transform){.kind = kind, .depth = 2, .name = {transform_text(kind), f->name.loc}, .loc = f->name.loc,
                     .of = of};
    *d = (Derive){.name = {free_function_name(c, f->name.text, kind), f->name.loc}, .loc = f->name.loc, .transform = t};
    derive_collect(c, d);
}

// A file without any derive of its own gets one for each of its functions that can be differentiated.
static void derive_all(Checker *c)
{
    for (int i = 0; i < c->derives.n; i++)
        if (!c->derives.at[i]->imported)
            return;
    for (int i = 0; i < c->module->decls.n; i++) {
        TopDecl *d = c->module->decls.at[i];
        Function *f = d->function;
        bool own = d->kind == TOP_FUNCTION && f->body && !f->is_static && !f->imported;
        if (own && find_function(c, f->name.text) == f && has_real_input(f) && has_real_output(f))
            derive_implicitly(c, f);
    }
}

// First those of functions, so that an inner transform that has a name goes by it.
void derive_resolve(Checker *c)
{
    derive_all(c);
    for (int i = 0; i < c->derives.n; i++) {
        const Transform *t = c->derives.at[i]->transform;
        const Function *base = t && t->of->kind == XFORM_FUNCTION ? find_function(c, t->of->name.text) : NULL;
        if (base && !base->derive)
            resolve_derive(c, c->derives.at[i]);
    }
    for (int i = 0; i < c->derives.n; i++)
        resolve_derive(c, c->derives.at[i]);
}

// ---- custom rules

static bool rule_matches(Checker *c, const Custom *custom, Function *of, Function *rule)
{
    const NameList all = {0};
    const char *mode = transform_text(custom->mode), *why;
    IntList wrt = {0};
    if (!suits(c, custom->of.loc, of, custom->mode) || !resolve_wrt(c, of, &all, &wrt))
        return false;
    Function *want = derive_signature(c, of, custom->mode, wrt.at, wrt.n, custom->rule);
    if (same_signature(c, want, rule, &why))
        return true;
    diag_error(c->diags, custom->rule.loc, "'%s' does not have the signature of %s(%s): %s", custom->rule.text, mode,
               custom->of.text, why);
    diag_note(c->diags, rule->name.loc, "it should be '%s'", signature_text(c, want, custom->rule.text));
    return false;
}

static void check_custom(Checker *c, const Custom *custom)
{
    Function *of = function_named(c, custom->of), *rule = function_named(c, custom->rule);
    if (!of || !rule || !rule_matches(c, custom, of, rule))
        return;
    Function **place = custom->mode == XFORM_VJP ? &of->custom_vjp : &of->custom_jvp;
    if (*place)
        diag_error(c->diags, custom->loc, "'%s' has two custom rules for %s", of->name.text,
                   transform_text(custom->mode));
    *place = rule;
}

void derive_customs(Checker *c)
{
    for (int i = 0; i < c->customs.n; i++)
        check_custom(c, c->customs.at[i]);
}
