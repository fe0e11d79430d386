// check.c — the module: which names there are, what functions take and give, in which order everything is looked at.
//
// In: a Module. Out: a Program (see check.h). Four rounds, each over all declarations, so that functions and derives
// may stand in any order while a constant stands before its users, as in C:
//
//     names        const int N = 3;  real f(real x[N]);  derive g = grad(f);    f, g: functions; N: to be a constant
//     signatures   N is 3; f takes real[3]; its prototype matches; g takes x and out x_bar
//     bodies       statements and expressions
//     cycles       no derivative needs itself
#include "checker.h"

#include <limits.h>
#include <math.h>
#include <string.h>

// ---- scopes

void scope_open(Checker *c)
{
    c->depth++;
}

void scope_close(Checker *c)
{
    while (c->scope.n > 0 && c->scope.at[c->scope.n - 1]->depth == c->depth) {
        Symbol *sym = c->scope.at[--c->scope.n];
        map_set(c->variables, sym->name, sym->next);
    }
    c->depth--;
}

void scope_declare(Checker *c, Symbol *sym)
{
    Symbol *hidden = map_get(c->variables, sym->name);
    bool params = hidden && sym->kind == SYM_PARAM && c->function;     // reported with the signature
    if (hidden && hidden->depth == c->depth && !params) {
        diag_error(c->diags, sym->loc, "'%s' is declared twice", sym->name);
        diag_note(c->diags, hidden->loc, "'%s' is first declared here", sym->name);
    } else if (hidden && !params) {
        diag_warning(c->diags, sym->loc, W_SHADOW, "'%s' hides another variable of that name", sym->name);
        diag_note(c->diags, hidden->loc, "this is the one it hides");
    }
    sym->depth = c->depth;
    sym->next = hidden;
    map_set(c->variables, sym->name, sym);
    vec_push(c->arena, &c->scope, sym);
}

Symbol *symbol_new(Checker *c, SymbolKind kind, VarDecl *d)
{
    Symbol *sym = NEW(c->arena, Symbol);
    bool in_memory = d->dims.n > 0 || d->type.elem == ELEM_STRUCT;
    bool fixed = kind == SYM_CONST || d->is_const || (kind == SYM_PARAM && d->role == ROLE_IN && in_memory);
    *sym = (Symbol){.name = d->name.text, .kind = kind, .type = type_scalar(ELEM_ERROR), .loc = d->name.loc,
                    .role = d->role,
                    .is_const = fixed, .decl = d, .owner = c->function, .cname = d->name.text};
    if (reserved_in_c(sym->name))
        sym->cname = arena_printf(c->arena, "%s_", sym->name);
    d->sym = sym;
    return sym;
}

// ---- declared types

Type declared_type(Checker *c, const TypeName *name, const ExprList *dims)
{
    Type t = type_scalar(name->elem);
    t.decl = name->elem == ELEM_STRUCT ? struct_of(c, name) : NULL;
    bool good = name->elem != ELEM_STRUCT || t.decl;            // void stands only where it may: the parser sees to that
    if (dims->n > MAX_RANK) {
        diag_error(c->diags, dims->at[MAX_RANK]->loc, "an array has at most %d dimensions", MAX_RANK);
        good = false;
    }
    for (int i = 0; i < dims->n; i++) {
        Expr *e = dims->at[i];
        bool fits = check_int(c, e, "a size");
        if (i < MAX_RANK)
            t.dims[t.rank++] = fits ? size_of(c, e) : size_unknown(c->shapes, "?");
        if (fits && e->value.known && e->value.i < 0)
            diag_error(c->diags, e->loc, "a size of %lld is negative", (long long)e->value.i);
    }
    return good ? t : type_scalar(ELEM_ERROR);
}

// ---- names

Function *find_function(Checker *c, const char *name)
{
    if (c->function && c->function->knows)
        return map_get(c->function->knows, name);
    return map_get(c->functions, name);
}

bool is_broken(const Function *f)
{
    return f->derive && !f->base;
}

bool only_for_c(Checker *c, Loc loc, const Function *f)
{
    if (!f->record)
        return false;
    diag_error(c->diags, loc, "'%s' is for C only: a record's tape is kept by the program that calls it", f->name.text);
    diag_note(c->diags, f->record->name.loc, "the record is defined here");
    return true;
}

static bool is_definition(const Function *f)
{
    return !f->is_prototype && !f->is_extern;
}

// Names that nobody has written need a word where they clash.
static void note_halves(Checker *c, const Function *f)
{
    if (f->record && f->name.text != f->record->name.text)
        diag_note(c->diags, f->record->name.loc, "the record '%s' makes the C functions %s_forward and %s_reverse",
                  f->record->name.text, f->record->name.text, f->record->name.text);
}

// Definitions go before externs, those before prototypes.
void define_function(Checker *c, Function *f)
{
    Function *old = map_get(c->functions, f->name.text);
    if (!old) {
        map_set(c->functions, f->name.text, f);
        vec_push(c->arena, &c->named, f);
        return;
    }
    if (is_definition(f) && (is_definition(old) || old->is_extern)) {
        diag_error(c->diags, f->name.loc, "function '%s' is defined twice", f->name.text);
        diag_note(c->diags, old->name.loc, "'%s' is first defined here", f->name.text);
        note_halves(c, f->record ? f : old);
    } else if (is_definition(old) && f->is_extern) {
        diag_error(c->diags, f->name.loc, "'%s' is extern, but has a definition", f->name.text);
        diag_note(c->diags, old->name.loc, "'%s' is defined here", f->name.text);
    } else if (old->is_prototype) {
        map_set(c->functions, f->name.text, f);
    }
}

static void name_constant(Checker *c, VarDecl *d, int order)
{
    Symbol *old = map_get(c->constants, d->name.text);
    Symbol *sym = symbol_new(c, SYM_CONST, d);
    sym->index = order;
    if (old && old->decl) {
        diag_error(c->diags, d->name.loc, "constant '%s' is defined twice", d->name.text);
        diag_note(c->diags, old->loc, "'%s' is first defined here", d->name.text);
        return;
    }
    map_set(c->constants, d->name.text, sym);
}

static void collect_names(Checker *c)
{
    for (int i = 0; i < c->module->decls.n; i++) {
        TopDecl *d = c->module->decls.at[i];
        switch (d->kind) {
        case TOP_CONST:    name_constant(c, d->constant, i); break;
        case TOP_FUNCTION: define_function(c, d->function); break;
        case TOP_DERIVE:   derive_collect(c, d->derive); break;
        case TOP_CUSTOM:   vec_push(c->arena, &c->customs, d->custom); break;
        case TOP_STRUCT:   struct_name(c, d->struct_); break;
        case TOP_IMPORT:   break;
        }
    }
}

static void predefine(Checker *c)
{
    static const struct { const char *name; Elem elem; int64_t i; double r; } CONSTANTS[] = {
        {"M_PI",     ELEM_REAL, 0,       3.14159265358979323846},
        {"M_E",      ELEM_REAL, 0,       2.71828182845904523536},
        {"INFINITY", ELEM_REAL, 0,       (double)INFINITY},
        {"NAN",      ELEM_REAL, 0,       (double)NAN},
        {"INT_MAX",  ELEM_INT,  INT_MAX, 0.0},
    };
    for (size_t k = 0; k < sizeof CONSTANTS / sizeof *CONSTANTS; k++) {
        Symbol *sym = NEW(c->arena, Symbol);
        *sym = (Symbol){.name = intern_z(c->module->names, CONSTANTS[k].name), .kind = SYM_CONST, .is_const = true,
                        .index = -1};
        sym->type = type_scalar(CONSTANTS[k].elem);
        sym->cname = sym->name;
        sym->value = (Constant){true, CONSTANTS[k].elem, CONSTANTS[k].i, CONSTANTS[k].r};
        map_set(c->constants, sym->name, sym);
        map_set(c->predefined, sym->name, sym);
    }
}

// ---- signatures

// Constant arrays are written out in full, however few items the source gives.
static Type constant_type(Checker *c, VarDecl *d)
{
    Type t = declared_type(c, &d->type, &d->dims);
    int64_t items = 1;
    for (int k = 0; k < t.rank; k++) {
        items *= t.dims[k]->is_const && t.dims[k]->value > 0 ? t.dims[k]->value : 1;
        if (items > MAX_CONST_ITEMS) {
            diag_error(c->diags, d->dims.at[k]->loc, "constant '%s' has more than %d elements", d->name.text, MAX_CONST_ITEMS);
            return type_scalar(ELEM_ERROR);
        }
    }
    return t;
}

static void define_constant(Checker *c, VarDecl *d)
{
    Symbol *sym = c->defining = d->sym;
    Type t = constant_type(c, d);
    if (d->init)                                                // else the parser has complained
        check_value(c, d->init, t, arena_printf(c->arena, "'%s'", d->name.text));
    sym->type = t;
    if (t.rank == 0 && d->init && d->init->value.known) {
        sym->value = d->init->value;
        if (t.elem == ELEM_REAL && sym->value.elem == ELEM_INT)
            sym->value = (Constant){.known = true, .elem = ELEM_REAL, .r = (double)d->init->value.i};
    }
    c->defining = NULL;
    vec_push(c->arena, &c->program->constants, sym);
}

void distinct_cnames(Checker *c, Function *f)                   // of parameters: y0 and y0_ in one list
{
    for (int i = 0; i < f->params.n; i++) {
        Symbol *a = f->params.at[i]->sym;
        for (int k = 0; a->cname != a->name && k < f->params.n; k++) {
            const Symbol *b = f->params.at[k]->sym;
            if (a != b && strcmp(a->cname, b->name) == 0) {
                a->cname = arena_printf(c->arena, "%s_", a->cname);
                k = -1;                                         // the longer name may clash again
            }
        }
    }
}

void signature_check(Checker *c, Function *f)
{
    if (f->params.n > MAX_PARAMS) {
        diag_error(c->diags, f->params.at[MAX_PARAMS]->loc, "a function has at most %d parameters", MAX_PARAMS);
        f->params.n = MAX_PARAMS;
    }
    c->sizes_of = f;
    scope_open(c);
    for (int i = 0; i < f->params.n; i++) {
        VarDecl *d = f->params.at[i];
        Symbol *sym = symbol_new(c, SYM_PARAM, d);
        sym->index = i;
        sym->owner = f;
        sym->type = type_scalar(d->type.elem);
        sym->type.rank = d->dims.n + (d->type.elem == ELEM_STRUCT);     // enough to tell what a size may be made of
        scope_declare(c, sym);
    }
    for (int i = 0; i < f->params.n; i++) {
        VarDecl *d = f->params.at[i];
        d->sym->type = declared_type(c, &d->type, &d->dims);
    }
    f->result_type = declared_type(c, &f->result, &f->result.dims);
    scope_close(c);
    distinct_cnames(c, f);
    c->sizes_of = NULL;
}

static void check_signatures(Checker *c)
{
    for (c->order = 0; c->order < c->module->decls.n; c->order++) {
        TopDecl *d = c->module->decls.at[c->order];
        if (d->kind == TOP_STRUCT)
            struct_check(c, d->struct_);
        else if (d->kind == TOP_CONST)
            define_constant(c, d->constant);
        else if (d->kind == TOP_FUNCTION)
            signature_check(c, d->function);
    }
}

// ---- comparing signatures

typedef struct Renaming {
    Shapes *shapes;
    const Function *from, *to;
} Renaming;

static const Size *renamed(void *context, const void *key, int version)
{
    const Renaming *r = context;
    (void)version;                                              // always that on entry
    for (int i = 0; i < r->from->params.n && i < r->to->params.n; i++) {
        const Symbol *to = r->to->params.at[i]->sym;
        if (r->from->params.at[i]->sym == key)
            return size_symbol(r->shapes, to, 0, to->name);
    }
    return NULL;
}

Type type_renamed(Checker *c, Type t, const Function *from, const Function *to)
{
    Renaming r = {c->shapes, from, to};
    for (int i = 0; i < t.rank; i++)
        t.dims[i] = size_subst(c->shapes, t.dims[i], renamed, &r);
    return t;
}

static bool same_type(Checker *c, const Function *a, Type x, const Function *b, Type y)
{
    Type in_b = type_renamed(c, x, a, b);
    bool unsure = x.elem == ELEM_ERROR || y.elem == ELEM_ERROR; // was reported
    return unsure || (same_elem(x, y) && shapes_fit(c, &in_b, &y) == FIT_YES);
}

bool same_signature(Checker *c, const Function *a, const Function *b, const char **why)
{
    if (a->params.n != b->params.n) {
        *why = arena_printf(c->arena, "it has %d parameter%s, not %d", b->params.n, b->params.n == 1 ? "" : "s",
                            a->params.n);
        return false;
    }
    for (int i = 0; i < a->params.n; i++) {
        const VarDecl *p = a->params.at[i], *q = b->params.at[i];
        *why = arena_printf(c->arena, "parameter %d differs", i + 1);
        if (p->role != q->role || !same_type(c, a, p->sym->type, b, q->sym->type))
            return false;
    }
    *why = "the results differ";
    return same_type(c, a, a->result_type, b, b->result_type);
}

char *signature_text(Checker *c, const Function *f, const char *name)
{
    Text t = text_in(c->arena);
    text_printf(&t, "%s %s(", type_text(c->arena, f->result_type), name);
    for (int i = 0; i < f->params.n; i++) {
        const VarDecl *d = f->params.at[i];
        Type type = d->sym->type, elem = type;
        elem.rank = 0;
        text_printf(&t, "%s%s%s%s %s", i ? ", " : "", d->role == ROLE_IN ? "" : role_text(d->role),
                    d->role == ROLE_IN ? "" : " ",
                    type_text(c->arena, elem), d->name.text);
        for (int k = 0; k < type.rank; k++)
            text_printf(&t, "[%s]", type.dims[k]->text);
    }
    text_put(&t, ")");
    return t.at;
}

static void match_prototype(Checker *c, Function *f)
{
    Function *real = find_function(c, f->name.text);
    const char *why;
    if (real == f || real->is_prototype) {
        if (real == f) {
            diag_error(c->diags, f->name.loc, "function '%s' is declared but never defined", f->name.text);
            diag_note(c->diags, f->loc, "one that is written in C is declared extern");
        }
        return;
    }
    f->definition = real;
    if (only_for_c(c, f->name.loc, real) || is_broken(real) || same_signature(c, f, real, &why))
        return;
    diag_error(c->diags, f->name.loc, "the declaration of '%s' does not match its definition: %s", f->name.text, why);
    diag_note(c->diags, real->name.loc, "it is defined here as '%s'", signature_text(c, real, real->name.text));
}

// A second extern declaration counts as a prototype of the first: two files may declare the same C function.
static void match_prototypes(Checker *c)
{
    for (int i = 0; i < c->module->decls.n; i++) {
        Function *f = c->module->decls.at[i]->function;
        if (c->module->decls.at[i]->kind != TOP_FUNCTION)
            continue;
        if (f->is_prototype || (f->is_extern && find_function(c, f->name.text) != f))
            match_prototype(c, f);
    }
}

// ---- names in C

void name_in_c(Checker *c, Function *f)
{
    Interner *names = c->module->names;
    f->cname = f->name.text;
    if (f->is_extern)
        return;                                                 // the linker knows it by this name
    while (reserved_in_c(f->cname) || (f->cname != f->name.text && find_function(c, f->cname)))
        f->cname = intern_z(names, arena_printf(c->arena, "%s_", f->cname));
}

static void name_constants_in_c(Checker *c)                     // functions and constants are one kind of name there
{
    for (int i = 0; i < c->program->constants.n; i++) {
        Symbol *sym = c->program->constants.at[i];
        const char *name = intern_z(c->module->names, sym->cname);
        while (find_function(c, name) || (name != sym->name && map_get(c->constants, name)))
            name = intern_z(c->module->names, arena_printf(c->arena, "%s_", name));
        sym->cname = name;
    }
}

static void list_functions(Checker *c)
{
    for (int i = 0; i < c->module->decls.n; i++) {
        Function *f = c->module->decls.at[i]->function;
        if (c->module->decls.at[i]->kind == TOP_FUNCTION && !f->is_prototype && find_function(c, f->name.text) == f) {
            name_in_c(c, f);
            vec_push(c->arena, &c->program->functions, f);
        }
    }
    for (int i = 0; i < c->program->derived.n; i++) {
        Function *f = c->program->derived.at[i];
        name_in_c(c, f);
        if (f->forward) {
            name_in_c(c, f->forward);
            name_in_c(c, f->reverse);
        }
        distinct_cnames(c, f);
    }
}

// ---- the rounds

static void check_bodies(Checker *c)
{
    for (c->order = 0; c->order < c->module->decls.n; c->order++) {
        TopDecl *d = c->module->decls.at[c->order];
        if (d->kind == TOP_FUNCTION && d->function->body)
            check_body(c, d->function);
    }
}

Program *check_module(Module *m, Diags *d)
{
    Arena *a = m->arena;
    Program *program = NEW(a, Program);
    Checker c = {.arena = a, .diags = d, .module = m, .program = program, .shapes = shapes_new(a),
                 .functions = map_new(a), .structs = map_new(a),
                 .constants = map_new(a), .variables = map_new(a), .calls = map_new(a), .derived = map_new(a),
                 .equations_of = map_new(a), .predefined = map_new(a)};
    program->module = m;
    predefine(&c);
    collect_names(&c);
    check_signatures(&c);
    derive_resolve(&c);
    match_prototypes(&c);
    derive_customs(&c);
    list_functions(&c);
    name_constants_in_c(&c);
    check_bodies(&c);
    implicit_bodies(&c);
    if (implicit_cycles(&c))
        derive_cycles(&c);
    return program;
}
