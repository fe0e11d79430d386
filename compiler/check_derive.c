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
// for each (base, transform, wrt, directions). The tables GRAD_ADDS, VJP_ADDS, JVP_ADDS and MATRIX_ADDS say which role
// an added parameter has, for each transform and each role of the one it belongs to.
//
//     derive c = jacobian(f);   void c(..., out real x_jac[m][n])        jacfwd(f) or jacrev(f), as the shapes say
//     derive d = jvp(f, x; 4);  real d(..., real x_dot[n][4], out real z_dot[4], out real result_dot[4])
//
// Structs: a Jacobian has elements of the struct's own type, be it the input's, `struct cam c_jac[m]`, or the output's, `struct pose x_jac[n]`.
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

// A matrix of derivatives: by what can be differentiated by, whatever its role.
static const Adds MATRIX_ADDS[3][2] = {
    [ROLE_IN]    = {ADDS_NOTHING, ADDS_OUT},
    [ROLE_INOUT] = {ADDS_NOTHING, ADDS_OUT},
};

// What a matrix has before the shape of the parameter it belongs to.
typedef enum Rows { ROWS_NONE, ROWS_OUTPUT, ROWS_SAME } Rows;

typedef struct TransformRow {
    const char *suffix;
    const Adds (*adds)[2];
    Adds result_first, result_last;                             // for a real result
    const char *matrix;                                         // suffix of a matrix added after that; NULL: none
    Rows rows;
} TransformRow;

static const TransformRow *transform_row(TransformKind kind)
{
    static const TransformRow ROWS[] = {
        [XFORM_GRAD]     = {"bar", GRAD_ADDS, ADDS_NOTHING, ADDS_NOTHING, NULL, ROWS_NONE},
        [XFORM_VJP]      = {"bar", VJP_ADDS, ADDS_IN, ADDS_NOTHING, NULL, ROWS_NONE},
        [XFORM_RECORD]   = {"bar", VJP_ADDS, ADDS_IN, ADDS_NOTHING, NULL, ROWS_NONE},
        [XFORM_JVP]      = {"dot", JVP_ADDS, ADDS_NOTHING, ADDS_OUT, NULL, ROWS_NONE},
        [XFORM_JACFWD]   = {NULL, NULL, ADDS_NOTHING, ADDS_NOTHING, "jac", ROWS_OUTPUT},
        [XFORM_JACREV]   = {NULL, NULL, ADDS_NOTHING, ADDS_NOTHING, "jac", ROWS_OUTPUT},
        [XFORM_HESSIAN]  = {"bar", GRAD_ADDS, ADDS_NOTHING, ADDS_NOTHING, "hess", ROWS_SAME},
    };
    assert((size_t)kind < sizeof ROWS / sizeof *ROWS && (ROWS[kind].suffix || ROWS[kind].matrix));
    return &ROWS[kind];
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

// The type and the sizes as written of parameter `of` of base, or of its result (-1).
static Type type_of_base(const Function *base, int of)
{
    return of < 0 ? base->result_type : base->params.at[of]->sym->type;
}

static const ExprList *dims_of_base(const Function *base, int of)
{
    return of < 0 ? &base->result.dims : &base->params.at[of]->dims;
}

// Appends the axes of parameter `of` of base to d and to *t.
static void append_axes(Checker *c, VarDecl *d, Type *t, const Function *base, int of)
{
    Type more = type_of_base(base, of);
    const ExprList *dims = dims_of_base(base, of);
    assert(t->rank + more.rank <= MAX_RANK);                    // make has seen to that
    for (int i = 0; i < more.rank; i++)
        t->dims[t->rank++] = more.dims[i];
    for (int i = 0; i < dims->n; i++)
        vec_push(c->arena, &d->dims, dims->at[i]);
}

// rows: -2 for none, else what of base comes before the axes of `of`.
static void add_param(Checker *c, Function *f, const Function *base, int of, Adds adds, const char *suffix, int rows)
{
    static const Role ROLES[] = {[ADDS_IN] = ROLE_IN, [ADDS_OUT] = ROLE_OUT, [ADDS_INOUT] = ROLE_INOUT};
    const VarDecl *p = of < 0 ? NULL : base->params.at[of];
    const TypeName *type = p ? &p->type : &base->result;
    VarDecl d = {.loc = p ? p->loc : type->loc, .type = *type, .added = true, .of = of, .is_matrix = rows > -2};
    Type t = type_of_base(base, of);
    if (adds == ADDS_NOTHING)
        return;
    if (d.is_matrix && t.elem != ELEM_STRUCT && type_of_base(base, rows).elem == ELEM_STRUCT) {
        d.type = rows < 0 ? base->result : base->params.at[rows]->type;     // each element is a derivative of the output's structs
        t = type_of_base(base, rows);
    }
    t.rank = 0;
    if (rows > -2)
        append_axes(c, &d, &t, base, rows);
    append_axes(c, &d, &t, base, of);
    if (f->directions) {                                        // the last axis of whatever is added
        t.dims[t.rank++] = f->n_directions;
        vec_push(c->arena, &d.dims, f->directions);
    }
    d.type.dims = (ExprList){0};
    d.role = ROLES[adds];
    d.name = (Name){free_param_name(c, f, p ? p->name.text : "result", suffix), p ? p->name.loc : type->loc};
    push_param(c, f, d, t, base);
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

// The real output of a function that has one: its position among the parameters, -1 for the result.
static int real_output(const Function *f)
{
    for (int i = 0; i < f->params.n; i++)
        if (f->params.at[i]->role != ROLE_IN && type_has_real(f->params.at[i]->sym->type))
            return i;
    return -1;
}

static void fill_signature(Checker *c, Function *f, Function *base, TransformKind kind, const int *wrt, int n)
{
    const TransformRow *row = transform_row(kind);
    bool real_result = type_has_real(base->result_type);
    int output = row->rows == ROWS_OUTPUT ? real_output(base) : -1;
    f->base = base;
    f->transform = (int)kind;
    for (int i = 0; i < n; i++)
        vec_push(c->arena, &f->wrt, wrt[i]);
    own_params(c, f, base);
    f->result = base->result;
    f->result_type = type_renamed(c, base->result_type, base, f);
    if (real_result)
        add_param(c, f, base, -1, row->result_first, row->suffix, -2);
    for (int i = 0; i < base->params.n; i++) {
        const VarDecl *p = base->params.at[i];
        bool chosen = among(wrt, n, i);
        if (type_has_real(p->sym->type) && row->suffix)
            add_param(c, f, base, i, row->adds[p->role][chosen], row->suffix, -2);
        if (type_has_real(p->sym->type) && row->matrix)
            add_param(c, f, base, i, MATRIX_ADDS[p->role][chosen], row->matrix, row->rows == ROWS_SAME ? i : output);
    }
    if (real_result)
        add_param(c, f, base, -1, row->result_last, row->suffix, -2);
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
    int i = real_output(f);
    return i < 0 ? NULL : f->params.at[i];
}

static int n_real_outputs(const Function *f)
{
    int n = type_has_real(f->result_type);
    for (int i = 0; i < f->params.n; i++)
        n += f->params.at[i]->role != ROLE_IN && type_has_real(f->params.at[i]->sym->type);
    return n;
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

static bool is_jacobian(TransformKind kind)
{
    return kind == XFORM_JACOBIAN || kind == XFORM_JACFWD || kind == XFORM_JACREV;
}

static void not_one_scalar(Checker *c, Loc loc, const Function *f, TransformKind kind)
{
    const char *name = f->name.text;
    const VarDecl *output = real_output_param(f);
    diag_error(c->diags, loc, "%s takes a function whose only real output is its real scalar result, which '%s' is not",
               transform_text(kind), name);
    if (output)
        diag_note(c->diags, output->name.loc, "'%s' is a real output, too; vjp and jvp take any function",
                  output->name.text);
    else
        diag_note(c->diags, f->name.loc, "its result is %s; vjp and jvp take any function",
                  type_text(c->arena, f->result_type));
}

static void not_one_output(Checker *c, Loc loc, const Function *f, TransformKind kind)
{
    diag_error(c->diags, loc, "%s takes a function with one real output, but '%s' has %d", transform_text(kind),
               f->name.text, n_real_outputs(f));
    diag_note(c->diags, f->name.loc, "it is '%s'; jvp and vjp take any function, and several directions at once",
              signature_text(c, f, f->name.text));
}

static bool suits(Checker *c, Loc loc, const Function *f, TransformKind kind)
{
    const char *name = f->name.text;
    if (!has_real_input(f))
        diag_error(c->diags, loc, "'%s' has no real parameter to differentiate by", name);
    else if (!has_real_output(f))
        diag_error(c->diags, loc, "'%s' has no real output to differentiate", name);
    else if ((kind == XFORM_GRAD || kind == XFORM_HESSIAN) && !grad_takes(f))
        not_one_scalar(c, loc, f, kind);
    else if (is_jacobian(kind) && n_real_outputs(f) != 1)
        not_one_output(c, loc, f, kind);
    else
        return true;
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

static const char *transform_key(Checker *c, const Function *base, const Transform *made, TransformKind kind,
                                 const IntList *wrt)
{
    Text t = text_in(c->arena);
    text_printf(&t, "%d %p %p", (int)kind, (const void *)base, (const void *)made->n_directions);
    for (int i = 0; i < wrt->n; i++)
        text_printf(&t, " %d", wrt->at[i]);
    return intern_z(c->module->names, t.at);
}

static bool name_taken(const Checker *c, const char *name)
{
    if (map_get(c->functions, name))
        return true;
    for (int i = 0; i < c->made.n; i++)
        if (c->made.at[i]->cname == name)
            return true;
    for (int i = 0; i < c->program->derived.n; i++)
        if (c->program->derived.at[i]->name.text == name)
            return true;
    return false;
}

const char *free_function_name(Checker *c, const char *of, const char *suffix)
{
    Interner *names = c->module->names;
    const char *name = intern_z(names, arena_printf(c->arena, "%s_%s", of, suffix));
    for (int digit = 2; name_taken(c, name); digit++)
        name = intern_z(names, arena_printf(c->arena, "%s_%s%d", of, suffix, digit));
    return name;
}

// ---- several directions

static void not_a_number_of_directions(Checker *c, const Function *base, const Expr *e, const char *what)
{
    diag_error(c->diags, e->loc, "the number of directions is a constant or an int parameter of '%s'; %s",
               base->name.text, what);
    diag_note(c->diags, base->name.loc, "it is '%s'", signature_text(c, base, base->name.text));
}

typedef struct Naming {
    const Function *base;
    bool found;
} Naming;

static void find_naming(void *context, Expr *e)
{
    Naming *n = context;
    n->found = n->found || (e->kind == EXPR_NAME && has_param(n->base, e->name.name));
}

// The number of directions as a size in terms of base's parameters; NULL after an error.
static const Size *count_directions(Checker *c, const Function *base, Expr *e)
{
    Naming naming = {base, false};
    visit_expr(e, find_naming, &naming);
    if (naming.found && e->kind != EXPR_NAME) {
        not_a_number_of_directions(c, base, e, "this is neither");
        return NULL;
    }
    for (int i = 0; e->kind == EXPR_NAME && i < base->params.n; i++) {
        Symbol *sym = base->params.at[i]->sym;
        if (sym->name != e->name.name)
            continue;
        e->name.sym = sym;
        e->type = sym->type;
        if (sym->type.elem == ELEM_INT && sym->type.rank == 0 && sym->role != ROLE_OUT)
            return size_symbol(c->shapes, sym, 0, sym->name);
        const char *role = sym->role == ROLE_OUT ? "an out parameter" : type_text(c->arena, sym->type);
        not_a_number_of_directions(c, base, e, arena_printf(c->arena, "'%s' is %s", sym->name, role));
        return NULL;
    }
    if (!check_int(c, e, "the number of directions"))
        return NULL;
    if (!e->value.known) {
        not_a_number_of_directions(c, base, e, "this is not known here");
        return NULL;
    }
    if (e->value.i < 0)
        diag_error(c->diags, e->loc, "a number of %lld directions is negative", (long long)e->value.i);
    return e->value.i < 0 ? NULL : size_const(c->shapes, e->value.i);
}

// ---- which way a Jacobian goes

static const Size *reals_in(Checker *c, Type t)
{
    const Size *n = size_const(c->shapes, t.decl ? t.decl->n_reals : 1);
    for (int i = 0; i < t.rank; i++)
        n = size_mul(c->shapes, n, t.dims[i]);
    return n;
}

// jacobian is reverse where there are fewer outputs than inputs, as far as the shapes show that.
static TransformKind way_of(Checker *c, const Function *base, TransformKind kind, const IntList *wrt)
{
    const Size *outputs = reals_in(c, type_of_base(base, real_output(base))), *inputs = size_const(c->shapes, 0);
    if (kind != XFORM_JACOBIAN)
        return kind;
    for (int i = 0; i < wrt->n; i++)
        inputs = size_add(c->shapes, inputs, reals_in(c, type_of_base(base, wrt->at[i])));
    return size_mostly_lt(c->shapes, outputs, inputs) ? XFORM_JACREV : XFORM_JACFWD;
}

// How many axes what is added for parameter `of` of base (-1: its result) has at most.
static int added_rank(const Function *base, TransformKind kind, const IntList *wrt, bool directions, int of)
{
    const TransformRow *row = transform_row(kind);
    Type t = type_of_base(base, of);
    bool chosen = of >= 0 && among(wrt->at, wrt->n, of);
    Role role = of >= 0 ? base->params.at[of]->role : ROLE_OUT;
    if (!type_has_real(t))
        return 0;
    if (row->matrix && MATRIX_ADDS[role][chosen] != ADDS_NOTHING)
        return t.rank + (row->rows == ROWS_SAME ? t.rank : type_of_base(base, real_output(base)).rank);
    return row->suffix && row->adds[role][chosen] != ADDS_NOTHING ? t.rank + directions : 0;
}

// Do the added parameters' shapes have few enough axes?
static bool ranks_fit(Checker *c, const Transform *t, const Function *base, TransformKind kind, const IntList *wrt)
{
    for (int i = -1; i < base->params.n; i++) {
        int rank = added_rank(base, kind, wrt, t->directions != NULL, i);
        const Name *name = i < 0 ? &base->name : &base->params.at[i]->name;
        if (rank <= MAX_RANK)
            continue;
        diag_error(c->diags, t->loc, "the derivative %s '%s' would have %d dimensions; an array has at most %d",
                   i < 0 ? "of" : "by", name->text, rank, MAX_RANK);
        diag_note(c->diags, name->loc, "'%s' is declared here", name->text);
        return false;
    }
    return true;
}

static void no_hessian_by_structs(Checker *c, const Transform *t, const Function *base, const VarDecl *p)
{
    const char *name = p->name.text;
    diag_error(c->diags, t->loc, "hessian differentiates by a real or an array of them, but '%s' is %s", name, type_text(c->arena, p->sym->type));
    diag_note(c->diags, p->name.loc, "products with it are jvp(grad(%s, %s), %s), in K directions jvp(grad(%s, %s), %s; K); for the matrix hand over "
              "what you need of '%s' as an array", base->name.text, name, name, base->name.text, name, name, name);
}

static void no_structs_by_structs(Checker *c, const Transform *t, const Function *base, const VarDecl *p)
{
    const VarDecl *output = real_output_param(base);
    const char *name = p->name.text, *of = output ? arena_printf(c->arena, "'%s'", output->name.text) : "the result";
    const char *type = type_text(c->arena, type_of_base(base, real_output(base)));
    if (output == p)
        diag_error(c->diags, t->loc, "a Jacobian of structs by structs has no type: '%s' is %s, in and out", name, type);
    else
        diag_error(c->diags, t->loc, "a Jacobian of structs by structs has no type: %s is %s, '%s' is %s", of, type, name,
                   type_text(c->arena, p->sym->type));
    diag_note(c->diags, p->name.loc, "jvp(%s, %s; K) and vjp(%s, %s; K) take both; or hand one of them over as an array of reals",
              base->name.text, name, base->name.text, name);
}

// A matrix is of reals, or of structs on one side.
static bool structs_fit(Checker *c, const Transform *t, const Function *base, TransformKind kind, const IntList *wrt)
{
    bool structs_out = is_jacobian(kind) && type_of_base(base, real_output(base)).elem == ELEM_STRUCT;
    for (int k = 0; k < wrt->n && (structs_out || kind == XFORM_HESSIAN); k++) {
        const VarDecl *p = base->params.at[wrt->at[k]];
        if (p->sym->type.elem != ELEM_STRUCT)
            continue;
        (structs_out ? no_structs_by_structs : no_hessian_by_structs)(c, t, base, p);
        return false;
    }
    return true;
}

// ---- from transforms to functions, continued

// NULL after an error.
static Function *make(Checker *c, const Transform *t, Function *base, const IntList *wrt, Function *into)
{
    TransformKind kind = is_jacobian(t->kind) ? way_of(c, base, t->kind, wrt) : t->kind;
    const char *key = transform_key(c, base, t, kind, wrt);
    Function *made = map_get(c->derived, key);
    if (made && !into)
        return made;
    if (!structs_fit(c, t, base, kind, wrt) || !ranks_fit(c, t, base, kind, wrt))
        return NULL;
    if (!into) {
        Name name = {free_function_name(c, base->name.text, transform_text(t->kind)), t->loc};
        into = NEW(c->arena, Function);
        *into = (Function){.name = name, .loc = t->loc, .is_static = true};
    }
    into->directions = t->directions;
    into->n_directions = t->n_directions;
    fill_signature(c, into, base, kind, wrt->at, wrt->n);
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

Function *derive_by(Checker *c, Function *base, TransformKind kind, int wrt, Loc loc)
{
    Transform t = {.kind = kind, .loc = loc};
    IntList by = {0};
    int n = c->program->derived.n;
    vec_push(c->arena, &by, wrt);
    Function *f = make(c, &t, base, &by, NULL);
    if (c->program->derived.n > n) {
        name_in_c(c, f);
        distinct_cnames(c, f);
    }
    return f;
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

static bool one_wrt(Checker *c, const Transform *t, const Function *base, const IntList *wrt)
{
    if (t->kind != XFORM_HESSIAN || wrt->n == 1)
        return true;
    diag_error(c->diags, t->loc, "hessian differentiates by one parameter, but %d are %s", wrt->n,
               t->wrt.n ? "named" : "real");
    diag_note(c->diags, base->name.loc, "name one of '%s', as in hessian(%s, %s)",
              signature_text(c, base, base->name.text), base->name.text, base->params.at[wrt->at[0]]->name.text);
    return false;
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

void unknown_function(Checker *c, Name name)
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
    if (t->of->kind == XFORM_RECORD) {
        diag_error(c->diags, t->of->loc, "a record is for C only; nothing can be derived of it");
        return NULL;
    }
    if (t->kind == XFORM_HVP)
        rewrite_hvp(c, t);
    Function *base = resolve(c, t->of, NULL);
    if (!base || !suits(c, t->loc, base, t->kind) || !resolve_wrt(c, base, &t->wrt, &wrt) || !one_wrt(c, t, base, &wrt))
        return NULL;
    if (t->directions && !(t->n_directions = count_directions(c, base, t->directions)))
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
    *d = (Derive){.name = {free_function_name(c, f->name.text, transform_text(kind)), f->name.loc}, .loc = f->name.loc, .transform = t};
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
