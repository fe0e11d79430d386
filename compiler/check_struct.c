// check_struct.c — structs: what is in them, and what a field of one is.
//
// In: declarations of structs as parsed, and fields of values. Out: each field's type; errors:
//
//     struct pose { real at[2]; real turn; };         at: real[2], turn: real
//     struct pose p;
//     p.turm                                          error: struct pose has no field 'turm'; did you mean 'turn'?
//     struct node { real x; struct node next; };      error: struct 'node' contains itself
//
// As in C a struct is declared before it is used, so none can contain itself. All sizes in it are constants.
#include "checker.h"

#include <limits.h>
#include <string.h>

// ---- names

static void suggest_struct(Checker *c, Name name)
{
    VEC(const char *) names = {0};
    for (int i = 0; i < c->structs_known.n; i++)
        vec_push(c->arena, &names, c->structs_known.at[i]->name.text);
    const char *near = nearest(name.text, names.at, names.n);
    if (!near) {
        diag_error(c->diags, name.loc, "unknown struct '%s'", name.text);
        return;
    }
    diag_error(c->diags, name.loc, "unknown struct '%s'; did you mean '%s'?", name.text, near);
    diag_fixit(c->diags, name.loc, near);
}

StructDecl *struct_of(Checker *c, const TypeName *name)
{
    StructDecl *s = map_get(c->structs, name->struct_name.text);
    if (!s) {
        suggest_struct(c, name->struct_name);
        return NULL;
    }
    if (s->state == STRUCT_DONE)
        return s;
    if (s->state == STRUCT_OPEN) {
        diag_error(c->diags, name->loc, "struct '%s' contains itself", s->name.text);
    } else if (s->state == STRUCT_NEW) {
        diag_error(c->diags, name->loc, "struct '%s' is used before its declaration", s->name.text);
        diag_note(c->diags, s->name.loc, "'%s' is declared here", s->name.text);
    }
    return NULL;                                                // a broken one was reported
}

void struct_name(Checker *c, StructDecl *s)
{
    StructDecl *old = map_get(c->structs, s->name.text);
    if (!old) {
        map_set(c->structs, s->name.text, s);
        return;
    }
    diag_error(c->diags, s->name.loc, "struct '%s' is declared twice", s->name.text);
    diag_note(c->diags, old->name.loc, "'%s' is first declared here", s->name.text);
    s->state = STRUCT_BROKEN;
}

// ---- fields

static int find_field(const StructDecl *s, const char *name)
{
    for (int i = 0; i < s->fields.n; i++)
        if (s->fields.at[i]->name.text == name)
            return i;
    return -1;
}

static bool field_sizes(Checker *c, const VarDecl *d, Type t)
{
    for (int k = 0; k < t.rank; k++) {
        const Expr *e = d->dims.at[k];
        if (failed(e))
            return false;
        if (!t.dims[k]->is_const || t.dims[k]->value < 1 || t.dims[k]->value > INT_MAX) {
            diag_error(c->diags, e->loc, "the size of a field is a constant, at least 1");
            return false;
        }
    }
    return true;
}

static int64_t bounded_product(int64_t a, int64_t b)
{
    return a > MAX_STRUCT_SCALARS || b > MAX_STRUCT_SCALARS ? MAX_STRUCT_SCALARS + 1 : a * b;
}

// Adds to s what field d, of type t, brings in; false after an error.
static bool add_field(Checker *c, StructDecl *s, const VarDecl *d, Type t)
{
    int64_t n = t.decl ? t.decl->n_scalars : 1, reals = t.decl ? t.decl->n_reals : t.elem == ELEM_REAL;
    int depth = t.rank + (t.decl ? t.decl->depth : 0);
    for (int k = 0; k < t.rank; k++) {
        n = bounded_product(n, t.dims[k]->value);
        reals = bounded_product(reals, t.dims[k]->value);
    }
    s->n_scalars += n;
    s->n_reals += reals;
    s->depth = depth > s->depth ? depth : s->depth;
    s->has_real = s->has_real || type_has_real(t);
    if (depth > MAX_RANK)
        diag_error(c->diags, d->name.loc, "with what is in it, field '%s' has more than %d dimensions", d->name.text, MAX_RANK);
    else if (s->n_scalars > MAX_STRUCT_SCALARS)
        diag_error(c->diags, d->name.loc, "struct '%s' has more than %d numbers in it", s->name.text, MAX_STRUCT_SCALARS);
    else
        return true;
    return false;
}

static bool check_one(Checker *c, StructDecl *s, int i)
{
    VarDecl *d = s->fields.at[i];
    int first = find_field(s, d->name.text);
    if (first < i) {
        diag_error(c->diags, d->name.loc, "struct '%s' has two fields '%s'", s->name.text, d->name.text);
        diag_note(c->diags, s->fields.at[first]->name.loc, "this is the first one");
    }
    Symbol *sym = symbol_new(c, SYM_LOCAL, d);
    sym->cname = d->name.text;
    if (reserved_as_field(sym->name))
        sym->cname = arena_printf(c->arena, "%s_", sym->name);
    sym->type = declared_type(c, &d->type, &d->dims);
    return first == i && sym->type.elem != ELEM_ERROR && field_sizes(c, d, sym->type) && add_field(c, s, d, sym->type);
}

void struct_check(Checker *c, StructDecl *s)
{
    if (s->state != STRUCT_NEW)
        return;
    bool good = s->fields.n > 0;
    if (!good)
        diag_error(c->diags, s->loc, "struct '%s' has no fields", s->name.text);
    s->state = STRUCT_OPEN;
    for (int i = 0; i < s->fields.n; i++)
        good = check_one(c, s, i) && good;
    s->state = good ? STRUCT_DONE : STRUCT_BROKEN;
    s->cname = s->name.text;
    if (reserved_in_c(s->cname))
        s->cname = arena_printf(c->arena, "%s_", s->cname);
    vec_push(c->arena, &c->structs_known, s);
    if (good)
        vec_push(c->arena, &c->program->structs, s);
}

bool type_has_real(Type t)
{
    return t.elem == ELEM_REAL || (t.elem == ELEM_STRUCT && t.decl->has_real);
}

bool same_elem(Type a, Type b)
{
    return a.elem == b.elem && (a.elem != ELEM_STRUCT || a.decl == b.decl);
}

// ---- fields of values

static void unknown_field(Checker *c, const Expr *e, const StructDecl *s)
{
    VEC(const char *) names = {0};
    for (int i = 0; i < s->fields.n; i++)
        vec_push(c->arena, &names, s->fields.at[i]->name.text);
    Name name = e->field.name;
    const char *near = nearest(name.text, names.at, names.n);
    if (near) {
        diag_error(c->diags, name.loc, "struct %s has no field '%s'; did you mean '%s'?", s->name.text, name.text, near);
        diag_fixit(c->diags, name.loc, near);
    } else {
        diag_error(c->diags, name.loc, "struct %s has no field '%s'", s->name.text, name.text);
    }
    diag_note(c->diags, s->name.loc, "'%s' is declared here", s->name.text);
}

void check_field(Checker *c, Expr *e)
{
    Type base = check_operand(c, e->field.base);
    fail(e);
    if (failed(e->field.base))
        return;
    if (base.elem != ELEM_STRUCT) {
        diag_error(c->diags, e->loc, "%s has no fields", type_text(c->arena, base));
        return;
    }
    if (base.rank > 0) {
        diag_error(c->diags, e->loc, "a field is that of one struct, but this is %s", type_text(c->arena, base));
        return;
    }
    e->field.number = find_field(base.decl, e->field.name.text);
    if (e->field.number < 0)
        unknown_field(c, e, base.decl);
    else
        e->type = base.decl->fields.at[e->field.number]->sym->type;
}
