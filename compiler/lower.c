// lower.c — modules, signatures and functions: from the checked tree to the IR. See lower.h for the contract.
//
// In: a Program. Out: a Func for each function and each derived one, and a ConstArray for each constant array that is
// used:
//
//     real[n] scale(int n, real x[n]) { return 2.0 * x; }
//
//         func @scale(%n: int, %x: real[1], %result: real[1] out) -> (real[1]) {
//             %x1 = shape %x, %n
//             %r = shape %result, %n
//             %r1 = fill %r, 0.0
//             ... loop that stores 2.0 * x1[i]; yield the last version of %r
//
// The idea: all signatures are made before any body, so that calls need no order. A function's entry binds each array
// parameter to its sizes, which depend on int parameters alone, before anything else. An extern function has this part
// of a body, too, so that its derivatives know the shapes.
#include "lower_internal.h"

#include <assert.h>
#include <string.h>

// ---- small translations

Elem elem_of(AstElem e)
{
    static const Elem elems[] = {[ELEM_BOOL] = E_BOOL, [ELEM_INT] = E_INT, [ELEM_REAL] = E_REAL, [ELEM_STRUCT] = E_STRUCT};
    assert(e == ELEM_BOOL || e == ELEM_INT || e == ELEM_REAL || e == ELEM_STRUCT);
    return elems[e];
}

static Type scalar_type(Elem e)
{
    return e == E_REAL ? T_REAL : e == E_INT ? T_INT : T_BOOL;
}

bool is_aggregate(AstType t)
{
    return t.rank > 0 || t.elem == ELEM_STRUCT;
}

Type type_of(AstType t)
{
    if (t.elem == ELEM_STRUCT)
        return type_like((Type){.elem = E_STRUCT, .st = t.decl->lowered}, t.rank);
    return t.rank ? type_array(elem_of(t.elem), t.rank) : scalar_type(elem_of(t.elem));
}

static IrLoc ir_loc(Loc loc)
{
    if (!loc.file)
        return (IrLoc){0};
    Position p = source_position(loc.file, loc.begin);
    return (IrLoc){loc.file->path, p.line, p.column};
}

void set_loc(Fn *f, Loc loc)
{
    f->b.loc = ir_loc(loc);
}

const char *source_text(Fn *f, const Expr *e)
{
    Text t = text_in(f->arena);
    ast_expr_source(&t, e);
    return t.at;
}

// ---- variables

Var *var_new(Fn *f, const char *name, Type type)
{
    Var *v = NEW(f->arena, Var);
    *v = (Var){.name = name, .type = type, .order = f->vars.n};
    vec_push(f->arena, &f->vars, v);
    return v;
}

Var *var_of(Fn *f, Symbol *sym)
{
    assert(sym->kind != SYM_CONST && sym->owner == f->ast);
    if (!sym->lowered)
        sym->lowered = var_new(f, sym->name, type_of(sym->type));
    return sym->lowered;
}

// ---- constant arrays

typedef struct Items {          // of an initialiser, in the order of memory
    int n;
    double *data;
    const char **text;
    bool known;
} Items;

static double value_of(Constant c)
{
    return c.elem == ELEM_REAL ? c.r : (double)c.i;
}

static void collect_items(const Expr *e, int at, int size, const AstType *type, int depth, Items *items)
{
    if (e->kind != EXPR_BRACES) {
        items->known = items->known && e->value.known && e->type.rank == 0;
        items->data[at] = e->value.known ? value_of(e->value) : 0.0;
        items->text[at] = e->kind == EXPR_REAL ? e->real.text : NULL;
        return;
    }
    int part = size / (int)(type->dims[depth]->value ? type->dims[depth]->value : 1);
    for (int i = 0; i < e->braces.items.n; i++)
        collect_items(e->braces.items.at[i], at + i * part, part, type, depth + 1, items);
}

static void take_names(Lower *l, const Function *g)
{
    map_set(l->taken, g->cname ? g->cname : g->name.text, l);
    for (int i = 0; i < g->params.n; i++)
        map_set(l->taken, g->params.at[i]->sym->cname ? g->params.at[i]->sym->cname : g->params.at[i]->name.text, l);
}

// Constants give way to functions and parameters, whose names the user of the C sees.
static const char *constant_name(Lower *l, const Symbol *sym)
{
    if (!l->taken) {
        l->taken = map_new(l->arena);
        for (int i = 0; i < l->program->functions.n; i++)
            take_names(l, l->program->functions.at[i]);
        for (int i = 0; i < l->program->derived.n; i++)
            take_names(l, l->program->derived.at[i]);
    }
    const char *name = sym->cname ? sym->cname : sym->name;
    while (map_get(l->taken, name))
        name = intern_z(l->program->module->names, arena_printf(l->arena, "%s_", name));
    map_set(l->taken, name, l);
    return name;
}

static ConstArray *const_array(Fn *f, const Symbol *sym)
{
    Items items = {.n = 1, .known = sym->type.rank == 0 || sym->decl->init->kind == EXPR_BRACES};
    ConstArray *c = NEW(f->l->arena, ConstArray);
    c->elem = elem_of(sym->type.elem);
    c->rank = sym->type.rank;
    for (int i = 0; i < c->rank; i++) {
        c->dims[i] = (int)sym->type.dims[i]->value;
        items.n *= c->dims[i];
    }
    items.data = NEW_N(f->l->arena, double, items.n + 1);
    items.text = NEW_N(f->l->arena, const char *, items.n + 1);
    if (items.known)
        collect_items(sym->decl->init, 0, items.n, &sym->type, 0, &items);
    c->n = items.n;
    c->data = items.data;
    c->text = items.text;
    if (!items.known)
        return NULL;
    c->name = constant_name(f->l, sym);
    vec_push(f->l->arena, &f->l->m->arrays, c);
    ((Symbol *)sym)->lowered = c;
    return c;
}

Value *const_array_value(Fn *f, const Symbol *sym)
{
    bool structs = elem_of(sym->type.elem) == E_STRUCT;
    ConstArray *c = structs ? NULL : sym->lowered ? sym->lowered : const_array(f, sym);
    if (!c)                                                     // of structs, or made of exp(1.0) and the like: made where it is used
        return lazy_value(f, lower_array(f, sym->decl->init));
    return b_const_array(&f->b, c);
}

const char *const_real_name(Fn *f, const Symbol *sym)
{
    ConstArray *c = sym->lowered ? sym->lowered : const_array(f, sym);
    return c->name;
}

// ---- signatures

static const char *shape_text(Arena *a, const ExprList *dims)
{
    Text t = text_in(a);
    text_put(&t, "");
    for (int i = 0; i < dims->n; i++) {
        text_put(&t, "[");
        ast_expr_source(&t, dims->at[i]);
        text_put(&t, "]");
    }
    return t.at;
}

// Which parameter of base a derived function's parameter belongs to. An array result is base's last parameter.
static int param_of(const Function *g, const VarDecl *p, int i)
{
    if (!p->added)
        return i;
    return p->of < 0 && is_aggregate(g->base->result_type) ? g->base->params.n : p->of;
}

static void add_param(Lower *l, Func *f, const Function *g, int i)
{
    static const Role roles[] = {[AST_IN] = ROLE_IN, [AST_OUT] = ROLE_OUT, [AST_INOUT] = ROLE_INOUT};
    const VarDecl *p = g->params.at[i];
    ParamKind kind = !p->added ? P_PRIMAL : p->is_matrix ? P_JAC : g->transform == XFORM_JVP ? P_DOT : P_BAR;
    const char *name = p->sym->cname ? p->sym->cname : p->name.text;
    func_param(f, name, roles[p->role], type_of(p->sym->type), kind, g->base ? param_of(g, p, i) : i);
    f->params.at[f->params.n - 1].shape = shape_text(l->arena, &p->dims);
}

static void add_result(Lower *l, Func *f, const Function *g)
{
    if (g->result_type.elem == ELEM_VOID)
        return;
    if (!is_aggregate(g->result_type)) {
        func_set_ret(f, type_of(g->result_type));
        return;
    }
    int n = f->params.n;
    func_param(f, func_fresh_param(f, "result"), ROLE_OUT, type_of(g->result_type), P_PRIMAL, g->base ? g->base->params.n : n);
    f->params.at[n].shape = shape_text(l->arena, &g->result.dims);
    f->params.at[n].is_result = true;
}

static void set_attributes(Func *f, const Function *g)
{
    f->is_static = g->is_static || g->imported;
    f->is_extern = g->is_extern;
    f->is_imported = g->imported;
    for (int i = 0; i < g->attrs.n; i++) {
        f->must_inline = f->must_inline || g->attrs.at[i].kind == ATTR_INLINE;
        f->no_inline = f->no_inline || g->attrs.at[i].kind == ATTR_NOINLINE;
    }
}

static void set_transform(Lower *l, Func *f, const Function *g)
{
    static const Transform transforms[] = {
        [XFORM_GRAD] = TR_GRAD,     [XFORM_VJP] = TR_VJP,       [XFORM_JVP] = TR_JVP,
        [XFORM_JACFWD] = TR_JACFWD, [XFORM_JACREV] = TR_JACREV, [XFORM_HESSIAN] = TR_HESSIAN,
        [XFORM_RECORD] = TR_FORWARD,
    };
    f->transform = transforms[g->transform];
    f->base = g->base->lowered;
    f->wrt = NEW_N(l->arena, bool, f->base->params.n + 1);
    for (int i = 0; i < g->wrt.n; i++)
        f->wrt[g->wrt.at[i]] = true;
    const Expr *k = g->directions;
    if (k && k->value.known)
        f->directions = (Directions){DIRECTIONS_CONST, k->value.i};
    else if (k)
        f->directions = (Directions){DIRECTIONS_PARAM, k->name.sym->index};
}

static void declare_function(Lower *l, Function *g)
{
    Func *f = func_new(l->m, g->cname ? g->cname : g->name.text);
    g->lowered = f;
    f->source_name = g->knows ? NULL : g->name.text;
    f->loc = ir_loc(g->loc);
    for (int i = 0; i < g->params.n; i++)
        add_param(l, f, g, i);
    add_result(l, f, g);
    set_attributes(f, g);
    if (g->base)
        set_transform(l, f, g);
}

// A half of a record: of the parameters of g, which are those of vjp, the base's own or the added ones. derive.c adds the tapes.
static Func *declare_half(Lower *l, const Function *g, const Function *half, Transform transform)
{
    Func *f = func_new(l->m, half->cname);
    f->source_name = g->name.text;
    f->loc = ir_loc(g->loc);
    for (int i = 0; i < g->params.n; i++)
        if (g->params.at[i]->added == (transform == TR_REVERSE))
            add_param(l, f, g, i);
    if (transform == TR_FORWARD)
        add_result(l, f, g);
    set_transform(l, f, g);
    f->transform = transform;
    f->tape = func_fresh_param(f, "tape");
    return f;
}

static void declare_record(Lower *l, Function *g)
{
    if (!g->forward)                                            // static or imported: nobody can call it
        return;
    Func *forward = declare_half(l, g, g->forward, TR_FORWARD), *reverse = declare_half(l, g, g->reverse, TR_REVERSE);
    forward->pair = reverse;
    reverse->pair = forward;
}

static Func *rule(const Function *g)
{
    return g ? g->lowered : NULL;
}

static void set_customs(const Function *g)
{
    Func *f = g->lowered;
    if (!f)                                                     // a record
        return;
    f->custom_vjp = rule(g->custom_vjp);
    f->custom_jvp = rule(g->custom_jvp);
    f->no_inline = f->no_inline || f->custom_vjp || f->custom_jvp || g->implicit;
}

static void set_implicit(Lower *l, const Function *g)
{
    const AstImplicit *from = g->implicit;
    Implicit *to = NEW(l->arena, Implicit);
    *to = (Implicit){from->residual->lowered, from->tangent->lowered, from->adjoint->lowered, from->unknown};
    ((Func *)g->lowered)->implicit = to;
}

// ---- functions

static void bind_array(Fn *f, Var *v, int param, const ExprList *dims)
{
    for (int i = 0; i < dims->n; i++)
        v->dims[i] = lower_scalar(f, dims->at[i]);
    Value *raw = f->f->body->args.at[f->f->params.at[param].arg];
    v->cur = b_shape(&f->b, raw, dims->n, v->dims);
    v->cur->name = v->name;
}

static void start_scalar(Fn *f, Var *v, int param)
{
    int arg = f->f->params.at[param].arg;
    v->cur = arg < 0 ? zero_of(f, (Elem)v->type.elem) : f->f->body->args.at[arg];
}

// Parameters get their values, arrays their shapes. Gives the parameters.
static Var **bind_params(Fn *f)
{
    const Function *g = f->ast;
    int n = g->params.n;
    Var **var = NEW_N(f->arena, Var *, n + 1);
    for (int i = 0; i < n; i++) {
        const VarDecl *p = g->params.at[i];
        var[i] = var_of(f, p->sym);
        var[i]->is_output = p->role != AST_IN;
        if (!type_is_linear(var[i]->type) && p->role != AST_OUT)
            start_scalar(f, var[i], i);
    }
    for (int i = 0; i < n; i++)
        if (type_is_linear(var[i]->type))
            bind_array(f, var[i], i, &g->params.at[i]->dims);
    if (f->result && type_is_linear(f->result->type))
        bind_array(f, f->result, n, &g->result.dims);
    return var;
}

// What out parameters and the result start with.
static void start_outputs(Fn *f, Var **var)
{
    const Function *g = f->ast;
    for (int i = 0; i < g->params.n; i++) {
        if (g->params.at[i]->role != AST_OUT)
            continue;
        if (type_is_linear(var[i]->type))
            var[i]->cur = b_fill(&f->b, var[i]->cur, zero_of(f, (Elem)var[i]->type.elem));
        else
            start_scalar(f, var[i], i);
    }
    if (f->result && type_is_linear(f->result->type))
        f->result->cur = b_fill(&f->b, f->result->cur, zero_of(f, (Elem)f->result->type.elem));
}

static void lower_exit(Fn *f)
{
    const Function *g = f->ast;
    Value **out = NEW_N(f->arena, Value *, g->params.n + 2);
    int n = 0;
    for (int i = 0; i < g->params.n; i++)
        if (g->params.at[i]->role != AST_IN)
            out[n++] = var_of(f, g->params.at[i]->sym)->cur;
    if (f->result)
        out[n++] = f->result->cur ? f->result->cur : b_undef(&f->b, f->result->type);
    ir_yield(&f->b, n, out);
}

// Of an extern function only the shapes of its arrays.
static void lower_function(Lower *l, Function *g)
{
    Func *func = g->lowered;
    Fn *f = NEW(l->arena, Fn);
    *f = (Fn){.l = l, .arena = l->arena, .ast = g, .f = func, .b = builder_at(func, func->body, false)};
    f->b.loc = func->loc;
    f->returned = var_new(f, NULL, T_BOOL);
    if (g->result_type.elem != ELEM_VOID) {
        const char *name = is_aggregate(g->result_type) ? func->params.at[g->params.n].name : NULL;
        f->result = var_new(f, name, type_of(g->result_type));
        f->result->is_output = true;
    }
    Var **params = bind_params(f);
    if (g->is_extern)
        return;
    start_outputs(f, params);
    lower_body(f, g->body);
    lower_exit(f);
}

static void lower_struct(Lower *l, StructDecl *s)
{
    StructInfo *st = struct_new(l->m, s->cname);
    s->lowered = st;
    for (int i = 0; i < s->fields.n; i++) {
        const Symbol *sym = s->fields.at[i]->sym;
        int dims[MAX_RANK];
        for (int k = 0; k < sym->type.rank; k++)
            dims[k] = (int)sym->type.dims[k]->value;
        const StructInfo *of = sym->type.decl ? sym->type.decl->lowered : NULL;
        struct_member(l->m, st, sym->cname, elem_of(sym->type.elem), of, sym->type.rank, dims);
    }
}

Module *lower(Arena *a, const Program *p, LowerOptions options)
{
    Lower l = {.arena = a, .m = module_new(a), .program = p, .options = options};
    l.m->source = p->module->source->path;
    for (int i = 0; i < p->structs.n; i++)
        lower_struct(&l, p->structs.at[i]);
    for (int i = 0; i < p->functions.n; i++)
        declare_function(&l, p->functions.at[i]);
    for (int i = 0; i < p->derived.n; i++)
        (p->derived.at[i]->record ? declare_record : declare_function)(&l, p->derived.at[i]);
    for (int i = 0; i < p->functions.n; i++)
        set_customs(p->functions.at[i]);
    for (int i = 0; i < p->derived.n; i++)
        set_customs(p->derived.at[i]);
    for (int i = 0; i < p->functions.n; i++)
        if (p->functions.at[i]->implicit)
            set_implicit(&l, p->functions.at[i]);
    for (int i = 0; i < p->functions.n; i++)
        if (p->functions.at[i]->body || p->functions.at[i]->is_extern)
            lower_function(&l, p->functions.at[i]);
    return l.m;
}
