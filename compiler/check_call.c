// check_call.c — calls: which function is meant, its arguments' types, shapes and roles, and which arguments share an
// array.
//
// In: a call as parsed. Out: callee or builtin, the type of the result in terms of the arguments, and marks on the
// arguments: check_shape (sizes that only values tell), copy_arg (an in array that an out one may overwrite),
// check_overlap (two out arrays that may overlap). With void f(int n, real x[n], inout real y[n]):
//
//     f(3, a[0:3], a[3:6])      disjoint: nothing to do
//     f(n, a[0:n], a[k:k + n])  a[0:n] is marked copy_arg
//     f(n, a, a)                a is marked copy_arg
//
// The idea for overlap: an argument that is a part of a variable is a Region, a range on each of its axes. Two regions
// are disjoint if they are so on one axis, and surely overlap if they do on all.
#include "checker.h"

#include <assert.h>

// ---- regions

enum { MAX_AXES = 4 * MAX_RANK };                               // of a variable, then of a field, and of one of that

typedef struct Region {
    const Symbol *of;                                           // NULL: no part of a variable
    int rank;                                                   // a field counts as an axis, of which it is one index
    const Size *lo[MAX_AXES], *hi[MAX_AXES];                    // on each axis, hi not included
    bool sliced[MAX_AXES];                                      // the axis is still there to be indexed
} Region;

static void region_axis(Region *r, const Size *lo, const Size *hi, bool sliced)
{
    r->lo[r->rank] = lo;
    r->hi[r->rank] = hi;
    r->sliced[r->rank++] = sliced;
}

static void region_axes(Region *r, Shapes *shapes, const Type *t)
{
    for (int i = 0; i < t->rank; i++)
        region_axis(r, size_const(shapes, 0), t->dims[i], true);
}

static Region region_all(const Symbol *sym, Shapes *shapes)
{
    Region r = {.of = sym};
    region_axes(&r, shapes, &sym->type);
    return r;
}

// Deeper than there is room for, the whole of what the field is in is taken.
static void region_field(Checker *c, Region *r, const Expr *e)
{
    Shapes *shapes = c->shapes;
    if (r->rank + 1 + e->type.rank > MAX_AXES)
        return;
    region_axis(r, size_const(shapes, e->field.number), size_const(shapes, e->field.number + 1), false);
    region_axes(r, shapes, &e->type);
}

static void region_narrow(Checker *c, Region *r, const Expr *e) // by the subscripts of e
{
    int axis = 0;
    for (int i = 0; i < e->index.axes.n; i++, axis++) {
        const Axis *at = &e->index.axes.at[i];
        while (axis < r->rank && !r->sliced[axis])
            axis++;
        assert(axis < r->rank);                                 // subscripts have been checked
        const Size *base = r->lo[axis];
        if (at->kind == AXIS_INDEX) {
            r->lo[axis] = size_add(c->shapes, base, size_of(c, at->index));
            r->hi[axis] = size_add(c->shapes, r->lo[axis], size_const(c->shapes, 1));
            r->sliced[axis] = false;
        } else {
            r->hi[axis] = at->hi ? size_add(c->shapes, base, size_of(c, at->hi)) : r->hi[axis];
            r->lo[axis] = at->lo ? size_add(c->shapes, base, size_of(c, at->lo)) : base;
        }
    }
}

static Region region_of(Checker *c, const Expr *e)
{
    if (e->kind == EXPR_NAME && e->name.sym)
        return region_all(e->name.sym, c->shapes);
    Region r = {0};
    if (e->kind == EXPR_FIELD && !failed(e))
        r = region_of(c, e->field.base);
    if (r.of)
        region_field(c, &r, e);
    if (e->kind == EXPR_INDEX && !failed(e)) {
        r = region_of(c, e->index.base);
        if (r.of)
            region_narrow(c, &r, e);
    }
    return r;
}

typedef enum Overlap { OVERLAP_NEVER, OVERLAP_MAYBE, OVERLAP_SURE } Overlap;

static Overlap axis_overlap(Checker *c, const Region *a, const Region *b, int i)
{
    if (size_surely_le(c->shapes, a->hi[i], b->lo[i]) || size_surely_le(c->shapes, b->hi[i], a->lo[i]))
        return OVERLAP_NEVER;
    bool a_in_b = size_surely_le(c->shapes, b->lo[i], a->lo[i]) && size_surely_le(c->shapes, a->hi[i], b->hi[i]);
    bool b_in_a = size_surely_le(c->shapes, a->lo[i], b->lo[i]) && size_surely_le(c->shapes, b->hi[i], a->hi[i]);
    bool crossing = a->lo[i]->is_const && a->hi[i]->is_const && b->lo[i]->is_const && b->hi[i]->is_const;
    return a_in_b || b_in_a || crossing ? OVERLAP_SURE : OVERLAP_MAYBE;
}

static Overlap regions_overlap(Checker *c, const Region *a, const Region *b)
{
    Overlap all = OVERLAP_SURE;
    if (!a->of || a->of != b->of)
        return OVERLAP_NEVER;
    for (int i = 0; i < a->rank && i < b->rank; i++) {          // a struct overlaps its fields
        Overlap at = axis_overlap(c, a, b, i);
        if (at == OVERLAP_NEVER)
            return OVERLAP_NEVER;
        all = at < all ? at : all;
    }
    return all;
}

// ---- the arguments of one call

typedef struct Arguments {
    Function *callee;
    int n;
    Expr **at;
    const Size **sizes;  // of int scalars, as they are when the call begins; else NULL
    Region *regions;                                            // of arrays
} Arguments;

static const Size *argument_size(void *context, const void *key, int version)
{
    const Arguments *a = context;
    (void)version;                                              // a parameter's size is that on entry
    for (int i = 0; i < a->n; i++)
        if (a->callee->params.at[i]->sym == key)
            return a->sizes[i];
    return NULL;
}

static Type in_terms_of(Checker *c, Type t, Arguments *a)       // a type of the callee's, in terms of the arguments
{
    for (int i = 0; i < t.rank; i++)
        t.dims[i] = size_subst(c->shapes, t.dims[i], argument_size, a);
    return t;
}

static bool is_output(const VarDecl *param)
{
    return param->role != ROLE_IN;
}

static void check_in(Checker *c, Expr *e, Type want, const char *what)
{
    bool structs = want.elem == ELEM_STRUCT || e->type.elem == ELEM_STRUCT;
    if (want.rank == 0 && e->type.rank == 0 && !structs) {
        convert_expr(c, e, want.elem, what);
        return;
    }
    Fit fit = shapes_fit(c, &want, &e->type);
    e->check_shape = fit == FIT_TEST;
    if (fit != FIT_NO && same_elem(e->type, want))
        return;
    diag_error(c->diags, e->loc, "%s is %s, but this is %s", what, type_text(c->arena, want),
               type_text(c->arena, e->type));
    if (fit != FIT_NO && want.elem == ELEM_REAL && e->type.elem == ELEM_INT) {
        Text t = text_in(c->arena);
        ast_expr_source(&t, e);
        diag_fixit(c->diags, e->loc, arena_printf(c->arena, "real(%s)", t.at));
    }
}

static void check_out(Checker *c, Expr *e, Type want, const char *what)
{
    Fit fit = shapes_fit(c, &want, &e->type);
    e->check_shape = fit == FIT_TEST;
    if (fit == FIT_NO || !same_elem(e->type, want))
        diag_error(c->diags, e->loc, "%s is %s, but this is %s", what, type_text(c->arena, want),
                   type_text(c->arena, e->type));
}

static void check_argument(Checker *c, Arguments *a, int i)
{
    const VarDecl *param = a->callee->params.at[i];
    Expr *e = a->at[i];
    if (failed(e) || !param->sym || param->sym->type.elem == ELEM_ERROR)
        return;
    Type want = in_terms_of(c, param->sym->type, a);
    const char *role = param->role == ROLE_IN ? "" : param->role == ROLE_OUT ? "out " : "inout ";
    const char *what = arena_printf(c->arena, "%sparameter '%s' of '%s'", role, param->name.text, a->callee->name.text);
    if (is_output(param))
        check_out(c, e, want, what);
    else
        check_in(c, e, want, what);
}

static void check_two_outputs(Checker *c, Arguments *a, int i, int j)   // i before j
{
    const char *name = a->callee->name.text;
    Overlap overlap = regions_overlap(c, &a->regions[i], &a->regions[j]);
    if (overlap == OVERLAP_MAYBE)
        a->at[j]->check_overlap = true;
    if (overlap != OVERLAP_SURE)
        return;
    bool array = a->at[i]->type.rank > 0 && a->at[j]->type.rank > 0;
    diag_error(c->diags, a->at[j]->loc, "'%s' writes to two arguments that are one %s", name, array ? "array" : "struct");
    diag_note(c->diags, a->at[i]->loc, "this is the other one");
}

// Only arrays and structs can share anything: a scalar goes in and out by value.
static void check_overlaps(Checker *c, Arguments *a)
{
    for (int j = 0; j < a->n; j++) {
        for (int i = 0; i < a->n && a->regions[j].of; i++) {
            bool i_out = is_output(a->callee->params.at[i]), j_out = is_output(a->callee->params.at[j]);
            if (i_out && j_out && i < j)
                check_two_outputs(c, a, i, j);
            else if (i_out && !j_out && regions_overlap(c, &a->regions[i], &a->regions[j]) != OVERLAP_NEVER)
                a->at[j]->copy_arg = true;
        }
    }
}

// Types the arguments, left to right; sizes and regions are those at the time when each is evaluated.
static bool type_arguments(Checker *c, Arguments *a)
{
    bool good = true;
    for (int i = 0; i < a->n; i++) {
        Expr *e = a->at[i];
        if (is_output(a->callee->params.at[i]))
            good = check_target(c, e, "passed as out or inout") && good;
        else
            check_operand(c, e);
        good = good && !failed(e);
        bool is_int = e->type.elem == ELEM_INT && e->type.rank == 0;
        a->sizes[i] = is_int ? size_of(c, e) : NULL;
        a->regions[i] = e->type.rank > 0 || e->type.elem == ELEM_STRUCT ? region_of(c, e) : (Region){0};
    }
    return good;
}

static void count_arguments(Checker *c, const Expr *e, const Function *f)
{
    int want = f->params.n, have = e->call.args.n;
    Loc at = have > want ? e->call.args.at[want]->loc : e->loc;
    diag_error(c->diags, at, "'%s' takes %d argument%s, but %d %s given", f->name.text, want, want == 1 ? "" : "s",
               have,
               have == 1 ? "is" : "are");
    diag_note(c->diags, f->name.loc, "it is '%s'", signature_text(c, f, f->name.text));
}

static void note_call(Checker *c, Function *callee, Loc loc)
{
    CallList *list = map_get(c->calls, c->function);
    if (!list) {
        list = NEW(c->arena, CallList);
        map_set(c->calls, c->function, list);
    }
    Call call = {callee, loc};
    vec_push(c->arena, list, call);
}

static bool writes_int(const Function *f)
{
    for (int i = 0; i < f->params.n; i++) {
        Elem elem = f->params.at[i]->type.elem;
        bool may = elem == ELEM_INT || elem == ELEM_STRUCT;
        if (is_output(f->params.at[i]) && may && f->params.at[i]->dims.n == 0)
            return true;
    }
    return false;
}

static void check_user_call(Checker *c, Expr *e, Function *f)
{
    int n = e->call.args.n;
    Arguments a = {f, n, e->call.args.at, NEW_N(c->arena, const Size *, n + 1), NEW_N(c->arena, Region, n + 1)};
    e->call.callee = f;
    if (c->function)
        note_call(c, f, e->loc);
    fail(e);
    bool known = !only_for_c(c, e->call.name.loc, f) && !is_broken(f);
    if (n != f->params.n || !known) {
        for (int i = 0; i < n; i++)
            check_expr(c, e->call.args.at[i]);
        if (known)
            count_arguments(c, e, f);
        return;
    }
    bool good = type_arguments(c, &a);
    for (int i = 0; i < n; i++)
        check_argument(c, &a, i);
    if (good)
        check_overlaps(c, &a);
    e->type = in_terms_of(c, f->result_type, &a);
    if (writes_int(f))
        wrote_int(c);
}

// ---- which function is meant

static void suggest_function(Checker *c, const Expr *e)
{
    const char *name = e->call.name.text;
    VEC(const char *) names = {0};
    for (int i = 0; i < c->named.n; i++)
        vec_push(c->arena, &names, c->named.at[i]->name.text);
    for (int i = 0; i < N_BUILTINS; i++)
        vec_push(c->arena, &names, builtin_row((BuiltinId)i)->name);
    const char *near = nearest(name, names.at, names.n);
    if (near) {
        diag_error(c->diags, e->call.name.loc, "unknown function '%s'; did you mean '%s'?", name, near);
        diag_fixit(c->diags, e->call.name.loc, near);
        return;
    }
    diag_error(c->diags, e->call.name.loc, "unknown function '%s'", name);
    if (map_get(c->variables, name) || map_get(c->constants, name))
        diag_note(c->diags, e->loc, "'%s' is a variable; subscripts have brackets", name);
}

static bool callable_here(Checker *c, const Expr *e)
{
    if (c->function)
        return true;
    const char *where = c->sizes_of ? "the size of a parameter or result" : "a constant";
    diag_error(c->diags, e->loc, "%s is made of constants and builtins; '%s' is neither", where, e->call.name.text);
    return false;
}

void check_call(Checker *c, Expr *e)
{
    Function *f = find_function(c, e->call.name.text);
    e->call.builtin = f ? NULL : builtin_find(e->call.name.text);
    fail(e);
    if (e->call.builtin && e->call.builtin->rule == RULE_IMPLICIT) {
        f = callable_here(c, e) ? check_implicit(c, e) : NULL;
        if (f)
            check_user_call(c, e, f);
        return;
    }
    if (f && callable_here(c, e)) {
        check_user_call(c, e, f);
        return;
    }
    for (int i = 0; i < e->call.args.n; i++)
        check_operand(c, e->call.args.at[i]);
    if (e->call.builtin)
        builtin_check(c, e);
    else if (!f)
        suggest_function(c, e);
}
