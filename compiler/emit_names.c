// emit_names.c — a C name for every variable.
//
// In: blocks with the variables whose scope they are, each with the name that it would like. Out: Var.name, such that
// no name is taken twice in one scope, none hides one of a scope around it (-Wshadow), and none hides a function, a
// constant, a macro or a keyword:
//
//     s, s, exp, i (in a loop), i (in the next loop)      s, s2, exp_, i, i
//
// What the user did not name is called after what it is, if that is short, else t, k or c:
//
//     q[0]   x[i]   A[i][1]   cam->focal   exp(q0)        q0, x_i, A_i1, focal, exp_q0
//
// Outer scopes choose first. A variable that holds the running value of what is a pointer parameter is `x_bar_acc`
// beside `*x_bar`.
#include "emit_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

bool reserved_in_c(const char *name); // cnames.c; its header is about trees, whose names are the IR's too

typedef struct Names {
    Emit *e;
    Map *taken; // name -> Var, in the scopes around and this one
    Map *next;  // base -> the digit to try next
    Map *given; // names that some variable has of the user
} Names;

// Lower-case names that the headers define as macros, and what the emitter itself calls.
static const char *const OURS[] = {
    "memset",         "memcpy",   "abort",         "errno",         "stdin",       "stdout",
    "stderr",         "assert",   "static_assert", "alignas",       "alignof",     "noreturn",
    "thread_local",   "offsetof", "fpclassify",    "isnormal",      "signbit",     "isgreater",
    "isgreaterequal", "isless",   "islessequal",   "islessgreater", "isunordered", "math_errhandling",
    "unix",           "linux",    "mark_",         "size_t",        "ptrdiff_t",   "bool",
    "true",           "false",
};
static const char *const KEYWORDS[] = {
    "auto",     "break",    "case",  "char",     "const",  "continue", "default",   "do",      "double",  "else",
    "enum",     "extern",   "float", "for",      "goto",   "if",       "inline",    "int",     "long",    "register",
    "restrict", "return",   "short", "signed",   "sizeof", "static",   "struct",    "switch",  "typedef", "typeof",
    "union",    "unsigned", "void",  "volatile", "while",  "asm",      "constexpr", "nullptr",
};

static void reserve(File *file, Map *map, const char *name)
{
    map_set(map, intern_z(file->names, name), file);
}

void emit_reserve(File *file)
{
    for (size_t i = 0; i < sizeof OURS / sizeof *OURS; i++)
        reserve(file, file->reserved, OURS[i]);
    for (size_t i = 0; i < sizeof KEYWORDS / sizeof *KEYWORDS; i++)
        reserve(file, file->reserved, KEYWORDS[i]);
    for (int c = 0; c < OP_COUNT; c++)
        if (op_is_scalar((OpCode)c) && op_info[c].style == ST_CALL) {
            reserve(file, file->reserved, op_info[c].c);
            reserve(file, file->reserved, arena_printf(file->arena, "%sf", op_info[c].c));
        }
    for (int i = 0; i < file->m->funcs.n; i++)
        reserve(file, file->globals, file->m->funcs.at[i]->name);
    for (int i = 0; i < file->m->arrays.n; i++)
        reserve(file, file->globals, file->m->arrays.at[i]->name);
    for (int i = 0; i < file->m->structs.n; i++)
        reserve(file, file->globals, emit_adder(file, file->m->structs.at[i]));
}

static bool is_reserved(const File *file, const char *name)
{
    if (map_get(file->reserved, name) || strncmp(name, "adrt_", 5) == 0 || strncmp(name, "ADRT_", 5) == 0)
        return true;
    size_t n = strlen(name);
    bool macro = isupper((unsigned char)name[0]) || name[0] == '_' || (n > 2 && strcmp(name + n - 2, "_t") == 0);
    return macro && reserved_in_c(name);
}

static const char *default_name(Elem elem)
{
    static const char *const names[] = {"t", "k", "c", "at", "bits", "s"};
    return names[elem];
}

// A_i, A_ij for the pointer to a row; A_row where the indices are no short names.
static const char *row_name(Names *n, const Var *row)
{
    const Emit *e = n->e;
    const Var *array = plan_var(e, row->row_of);
    const char *name = array && array->name ? array->name : array && array->base ? array->base : "row";
    Text t = text_in(e->arena);
    text_printf(&t, "%s_", name);
    for (int k = 0; k < row->row_n; k++) {
        const Var *index = plan_var(e, row->row_at[k]);
        if (!index || !index->name || strlen(index->name) > 2 || index->deref)
            return arena_printf(e->arena, "%s_row", name);
        text_put(&t, index->name);
    }
    return t.at;
}

enum { SHORT = 8 }; // letters of a name that may become part of another

// Appends what tells one element from another: 0, _i, _i1, _at_i; an index that is no short name or digit has no such text.
// `joined`: the text ends in an index already.
static bool put_indices(Names *n, Text *t, bool joined, Value *const *at, int count)
{
    for (int k = 0; k < count; k++) {
        char last = t->at[t->n - 1]; // no name has two _ in a row: they are C++'s
        double c;
        const Var *index = plan_var(n->e, at[k]);
        if (ir_is_const(at[k], &c)) {
            if (c < 0 || c > 9)
                return false;
            text_printf(t, "%s%d", k == 0 && isdigit((unsigned char)last) ? "_" : "", (int)c);
        } else if (index && index->name && !index->deref && strlen(index->name) <= 2) {
            text_printf(t, "%s%s", last != '_' && (!joined || index->name[1]) ? "_" : "", index->name);
            joined = !index->name[1];
        } else {
            return false;
        }
    }
    return true;
}

// q0 of q[0], x_i of x[i], exp_i of exp_tape[i], focal of cam->focal; NULL where that is not short.
static const char *element_name(Names *n, const Op *load)
{
    const Value *array = load->in[0];
    const Var *row = op_data(n->e, load)->row, *var = row ? row : plan_var(n->e, array->root);
    int rank = array->type.rank, count = op_n_index(load);
    Text t = text_in(n->e->arena);
    double field;
    if (type_is_struct(array->type)) {
        if (count <= rank || !ir_is_const(load->in[rank + 1], &field))
            return NULL;
        text_put(&t, array->type.st->fields.at[(int)field].name);
        return put_indices(n, &t, false, load->in + rank + 2, count - rank - 1) ? t.at : NULL;
    }
    if (!var || !var->name || count != rank)
        return NULL;
    const char *tape = strstr(var->name, "_tape");
    int len = (int)(tape ? (size_t)(tape - var->name) : strlen(var->name));
    if (len > SHORT)
        return NULL;
    text_printf(&t, "%.*s", len, var->name);
    return put_indices(n, &t, row != NULL, load->in + (row ? rank : 1), row ? 1 : rank) ? t.at : NULL;
}

// What var is, in a word: of a variable that holds one value, which the user did not name.
static const char *telling_name(Names *n, const Var *var)
{
    const Op *d = var->members.n == 1 && !var->loops ? var->members.at[0]->def : NULL;
    const char *name = NULL;
    if (d && d->code == OP_load) {
        name = element_name(n, d);
    } else if (d && op_is_scalar(d->code) && op_info[d->code].style == ST_CALL && d->n_in == 1) {
        const Var *of = plan_var(n->e, d->in[0]);
        if (of && of->name && of->base && !of->deref && strlen(of->name) <= SHORT && strcmp(of->base, default_name(of->elem)) != 0)
            name = arena_printf(n->e->arena, "%s_%s", op_info[d->code].name, of->name);
    }
    name = name ? intern_z(n->e->file->names, name) : NULL;
    return name && !map_get(n->given, name) ? name : NULL;
}

// The name that var would like, with `_` where C keeps it.
static const char *wanted_name(Names *n, const Var *var)
{
    File *file = n->e->file;
    if (var->row_of)
        return intern_z(file->names, row_name(n, var));
    const char *base = var->base && *var->base ? var->base : telling_name(n, var);
    base = base ? base : default_name(var->elem);
    for (int i = 0; i < n->e->f->params.n; i++) {
        const Var *p = n->e->param_vars[i];
        if (p->deref && strcmp(p->base, base) == 0 && n->e->f->transform != TR_NONE)
            return intern_z(file->names, arena_printf(file->arena, "%s_acc", base));
    }
    base = intern_z(file->names, base);
    while (is_reserved(file, base))
        base = intern_z(file->names, arena_printf(file->arena, "%s_", base));
    return base;
}

// Does the variable that has the name already reach block b? One of a block around it does not if it is declared
// behind b only.
static bool reaches(const Var *var, const Block *b)
{
    if (var->fixed || var->scope == b || var->first->block != var->scope) // an index is there in all of its loop
        return true;
    const Stmt *through = NULL;
    for (; b && b != var->scope; b = b->parent)
        through = b->owner;
    return !b || !through || var->first->index <= through->index;
}

static bool is_free(const Names *n, const Block *b, const char *name)
{
    const Var *var = map_get(n->taken, name);
    return !(var && reaches(var, b)) && !map_get(n->e->file->globals, name) && !is_reserved(n->e->file, name);
}

// x, x2, x3, …; behind a digit x1_2.
static const char *free_name(Names *n, const Block *b, const char *base)
{
    static const char *const indices[] = {"i", "j", "k", "l"};
    if (is_free(n, b, base))
        return base;
    File *file = n->e->file;
    for (int i = 0; i < 4 && strcmp(base, "i") == 0; i++) {
        const char *name = intern_z(file->names, indices[i]);
        if (is_free(n, b, name))
            return name;
    }
    size_t len = strlen(base);
    const char *sep = isdigit((unsigned char)base[len - 1]) ? "_" : "";
    for (intptr_t k = (intptr_t)map_get(n->next, base) > 2 ? (intptr_t)map_get(n->next, base) : 2;; k++) {
        const char *name = intern_z(file->names, arena_printf(file->arena, "%s%s%d", base, sep, (int)k));
        if (is_free(n, b, name)) {
            map_set(n->next, base, (void *)(k + 1));
            return name;
        }
    }
}

static int by_order(const void *a, const void *b)
{
    const Var *const *x = a, *const *y = b;
    return (*x)->order < (*y)->order ? -1 : (*x)->order > (*y)->order;
}

static void name_block(Names *n, Block *b)
{
    if (b->vars.n > 1)
        qsort(b->vars.at, (size_t)b->vars.n, sizeof *b->vars.at, by_order);
    for (int i = 0; i < b->vars.n; i++) {
        Var *var = b->vars.at[i];
        const char *base = wanted_name(n, var);
        var->name = free_name(n, b, base);
        var->hides = map_get(n->taken, var->name);
        map_set(n->taken, var->name, var);
        var->base = base;
    }
    for (int i = 0; i < b->list.n; i++)
        for (int k = 0; k < 2; k++)
            if (b->list.at[i]->body[k])
                name_block(n, b->list.at[i]->body[k]);
    for (int i = b->vars.n - 1; i >= 0; i--) {
        map_set(n->taken, b->vars.at[i]->name, b->vars.at[i]->hides);
        map_set(n->next, b->vars.at[i]->base, NULL);
    }
}

const char *emit_param_name(File *file, const Func *f, int p)
{
    const char **names = map_get(file->param_names, f);
    if (names)
        return names[p];
    Map *taken = map_new(file->arena);
    names = NEW_N(file->arena, const char *, f->params.n + 1);
    map_set(file->param_names, f, names);
    for (int i = 0; i < f->params.n; i++) {
        const char *base = intern_z(file->names, f->params.at[i].name);
        names[i] = base;
        bool bad = !emit_is_exported(f) && (map_get(file->globals, base) || is_reserved(file, base));
        for (int k = 2; bad || map_get(taken, names[i]); k++) {
            names[i] = intern_z(file->names, arena_printf(file->arena, "%s%d", base, k));
            bad = map_get(file->globals, names[i]) || is_reserved(file, names[i]);
        }
        map_set(taken, names[i], file);
    }
    return names[p];
}

void emit_names(Emit *e)
{
    Names n = {e, map_new(e->arena), map_new(e->arena), map_new(e->arena)};
    for (int i = 0; i < e->vars.n; i++) {
        Var *var = e->vars.at[i];
        if (var->base && *var->base)
            map_set(n.given, intern_z(e->file->names, var->base), var);
        if (!var->fixed || var->forward)
            continue;
        var->name = var->base;
    }
    for (int i = 0; i < e->f->params.n; i++)
        map_set(n.taken, intern_z(e->file->names, e->param_vars[i]->base), e->param_vars[i]);
    if (e->f->tape) {                                           // and what emit_record.c declares or names
        Var *fixed = plan_new_var(e, e->f->tape, NULL, E_REAL);
        fixed->fixed = true;
        map_set(n.taken, intern_z(e->file->names, e->f->tape), fixed);
        e->tape_parts = free_name(&n, e->top, intern_z(e->file->names, "part"));
        map_set(n.taken, e->tape_parts, fixed);
    }
    name_block(&n, e->top);
}
