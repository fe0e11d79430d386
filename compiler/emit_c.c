// emit_c.c — the file around the functions.
//
// In: a module. Out: FILE.c: the mark, includes (or, standalone, what is needed of the runtime), constants,
// prototypes where a function is called before it stands, and the functions: those that are exported and what they
// reach, each after those it calls where that is possible.
//
//     /* gmm.ad -> written by adc; … */
//     #include "gmm.ad.h"
//
//     #include <math.h>
//     #include "adrt.h"
//
//     static double lse(int n, const double *restrict x)
//     { …
#include "emit_internal.h"
#include "rewrite.h"
#include "snippet.h"

#include <ctype.h>
#include <string.h>

// ---- signatures ----

static const char *param_type(File *file, const Func *f, int k, bool restricted)
{
    static const char *const bufs[] = {"real", "int", "byte", "pos", "bit"};
    const Param *p = &f->params.at[k];
    const char *elem = c_element(file, p->type);
    const char *end = restricted ? "restrict " : "";
    const char *suffix = p->type.elem == E_REAL ? file->suffix : "";
    if (type_is_scalar(p->type))
        return p->role == ROLE_IN ? arena_printf(file->arena, "%s ", elem)
                                  : arena_printf(file->arena, "%s *%s", elem, end);
    if (p->type.kind == K_BUF)
        return arena_printf(file->arena, "struct adrt_buf_%s%s *%s", bufs[p->type.elem], suffix, end);
    if (param_is_tape(file, f, k))
        return arena_printf(file->arena, "struct adrt_buf_%s%s ", bufs[p->type.elem], suffix);
    return arena_printf(file->arena, "%s%s *%s", p->role == ROLE_IN ? "const " : "", elem, end);
}

int emit_struct_result(const Func *f)
{
    for (int i = f->params.n - 1; i >= 0; i--)
        if (f->params.at[i].is_result)
            return type_is_struct(f->params.at[i].type) && f->params.at[i].type.rank == 0 ? i : -1;
    return -1;
}

void emit_signature(File *file, Text *t, const Func *f, const char *name, bool restricted)
{
    enum { WIDTH = 120 };
    int result = emit_struct_result(f);
    const char *ret = f->ret >= 0 ? c_type(file, (Elem)f->ret_type.elem)
                      : result >= 0 ? c_element(file, f->params.at[result].type) : "void";
    Text head = text_in(file->arena);
    text_printf(&head, "%s %s(", ret, name);
    size_t line = t->n;
    while (line > 0 && t->at[line - 1] != '\n')
        line--;
    size_t indent = t->n - line + head.n, at = indent;
    text_put(t, head.at);
    int *list = NEW_N(file->arena, int, f->params.n + 1), n_params = emit_c_params(f, list);
    if (n_params == 0)
        text_put(t, "void");
    for (int i = 0; i < n_params; i++) {
        int k = list[i];
        const char *type = k == TAPE_PARAM ? emit_tape_type(f, restricted) : param_type(file, f, k, restricted);
        const char *one = arena_printf(file->arena, "%s%s", type, k == TAPE_PARAM ? f->tape : emit_param_name(file, f, k));
        size_t n = strlen(one);
        if (i > 0 && at + n + 3 > WIDTH) {
            text_printf(t, ",\n%*s", (int)indent, "");
            at = indent;
        } else if (i > 0) {
            text_put(t, ", ");
            at += 2;
        }
        text_put(t, one);
        at += n;
    }
    text_put(t, ")");
    for (int i = 0; i < f->params.n; i++)
        file->uses_bool |= f->params.at[i].type.elem == E_BOOL;
    file->uses_bool |= f->ret >= 0 && f->ret_type.elem == E_BOOL;
}

// ---- structs ----

static void put_dims(Text *t, const Field *f)
{
    for (int i = f->n_outer; i < f->rank; i++)
        text_printf(t, "[%d]", f->dims[i]);
}

static const char *struct_guard(File *file, const StructInfo *st)
{
    Text t = text_in(file->arena);
    text_put(&t, "ADC_STRUCT_");
    for (const char *p = st->name; *p; p++)
        text_printf(&t, "%c", *p);
    return t.at;
}

void emit_struct(File *file, Text *t, const StructInfo *st)
{
    const char *guard = struct_guard(file, st);
    text_printf(t, "\n#ifndef %s\n#define %s\nstruct %s {\n", guard, guard, st->name);
    for (int i = 0; i < st->fields.n; i++) {
        const Field *f = &st->fields.at[i];
        if (f->parent >= 0)
            continue;
        file->uses_bool |= f->elem == E_BOOL;
        text_printf(t, "    %s %s", c_element(file, (Type){.kind = K_SCALAR, .elem = (unsigned char)f->elem, .st = f->st}), f->name);
        put_dims(t, f);
        text_put(t, ";\n");
    }
    text_put(t, "};\n#endif\n");
}

const char *emit_adder(const File *file, const StructInfo *st)
{
    Text t = text_in(file->arena);
    text_printf(&t, "add_%s", st->name);
    while (func_by_name(file->m, t.at))
        text_put(&t, "_");
    return t.at;
}

// The statements that add the reals of member f: to->rot[i] += from->rot[i];
static void put_adder_member(File *file, Text *t, const Field *f)
{
    Text place = text_in(file->arena);
    text_put(&place, f->name);
    int depth = 1;
    for (int i = f->n_outer; i < f->rank; i++, depth++) {
        char index = (char)('i' + i - f->n_outer);
        text_printf(t, "%*sfor (int %c = 0; %c < %d; %c++)\n", 4 * depth, "", index, index, f->dims[i], index);
        text_printf(&place, "[%c]", index);
    }
    if (f->st)
        text_printf(t, "%*s%s(&to->%s, &from->%s);\n", 4 * depth, "", emit_adder(file, f->st), place.at, place.at);
    else
        text_printf(t, "%*sto->%s += from->%s;\n", 4 * depth, "", place.at, place.at);
}

// The function that adds one struct's reals to another's, after those it calls.
static void put_adder(File *file, Text *out, const StructInfo *st, Map *done)
{
    Text t = text_in(file->arena);
    if (map_get(done, st))
        return;
    map_set(done, st, (void *)st);
    text_printf(&t, "\nstatic void %s(struct %s *restrict to, const struct %s *restrict from)\n{\n", emit_adder(file, st), st->name,
                st->name);
    for (int i = 0; i < st->fields.n; i++) {
        const Field *f = &st->fields.at[i];
        bool real = f->st ? f->st->has_real : f->elem == E_REAL;
        if (f->parent >= 0 || !real)
            continue;
        if (f->st)
            put_adder(file, out, f->st, done);
        put_adder_member(file, &t, f);
    }
    text_printf(out, "%s}\n", t.at);
}

static void put_adders(File *file, Text *out)
{
    Map *done = map_new(file->arena);
    for (int i = 0; i < file->m->structs.n; i++)
        if (map_get(file->adders, file->m->structs.at[i]))
            put_adder(file, out, file->m->structs.at[i], done);
}

// ---- which functions, in which order ----

bool emit_is_exported(const Func *f)
{
    return !f->is_static && !f->is_imported && func_has_body(f);
}

// Func.n_values is of no use as a mark, and the module is not ours to change: a map from function to its place in the
// order.
typedef struct Order {
    File *file;
    Map *seen; // (void *)1: being visited; (void *)2: done
    VEC(Func *) funcs;
    VEC(Func *) prototypes;
    Map *declared;
} Order;

static void visit_func(Order *o, Func *f);

static void declare_func(Order *o, Func *f)
{
    if (map_get(o->declared, f))
        return;
    map_set(o->declared, f, f);
    vec_push(o->file->arena, &o->prototypes, f);
}

static void visit_region(Order *o, const Func *f, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        if (op->code == OP_call && op->callee != f) {
            bool open = map_get(o->seen, op->callee) == (void *)o;
            visit_func(o, op->callee);
            if (open)
                declare_func(o, op->callee);
        }
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                visit_region(o, f, op->regions[k]);
    }
}

static void visit_func(Order *o, Func *f)
{
    if (map_get(o->seen, f))
        return;
    if (!func_has_body(f)) {
        map_set(o->seen, f, f);
        declare_func(o, f);
        return;
    }
    map_set(o->seen, f, o);
    visit_region(o, f, f->body);
    map_set(o->seen, f, f);
    vec_push(o->file->arena, &o->funcs, f);
}

// ---- functions ----

static void put_function(File *file, Text *out, const Func *f)
{
    Emit e = {.file = file, .arena = file->arena, .original = f};
    Text body = text_in(file->arena);
    e.out = &body;
    int result = emit_struct_result(f);
    emit_jumps(&e);
    emit_plan(&e);
    emit_rows(&e);
    emit_tree(&e);
    emit_names(&e);
    emit_body(&e);
    text_put(out, emit_is_exported(f) ? "\n" : "\nstatic ");
    emit_signature(file, out, f, f->name, true);
    text_put(out, "\n{\n");
    for (int i = 0; i < f->params.n; i++)
        if (!e.param_vars[i]->printed && i != result && f->params.at[i].kind != P_TAPE)
            text_printf(out, "    (void)%s;\n", emit_param_name(file, f, i));
    if (result >= 0 && !e.param_vars[result]->declared)
        text_printf(out, "    %s %s;\n", e.param_vars[result]->type, e.param_vars[result]->name);
    if (body.n > 0)
        text_putn(out, body.at, body.n);
    text_put(out, "}\n");
}

static bool is_wanted(const Order *o, const Func *f)
{
    return f->is_extern || emit_is_exported(f) || map_get(o->file->called, f);
}

// All functions, those that call first: what only a statement called that was found to do nothing is not printed.
static void put_functions(Order *o, Text *out)
{
    Text *texts = NEW_N(o->file->arena, Text, o->funcs.n + 1);
    for (int i = o->funcs.n - 1; i >= 0; i--) {
        texts[i] = text_in(o->file->arena);
        if (is_wanted(o, o->funcs.at[i]))
            put_function(o->file, &texts[i], o->funcs.at[i]);
    }
    for (int i = 0; i < o->funcs.n; i++)
        text_putn(out, texts[i].at, texts[i].n);
}

static void put_prototypes(Order *o, Text *out)
{
    bool any = false;
    for (int i = 0; i < o->prototypes.n; i++) {
        const Func *f = o->prototypes.at[i];
        if ((emit_is_exported(f) && o->file->o->header) || !is_wanted(o, f))
            continue;
        text_put(out, any ? "" : "\n");
        any = true;
        text_put(out, f->is_extern ? "" : emit_is_exported(f) ? "" : "static ");
        emit_signature(o->file, out, f, f->name, !f->is_extern);
        text_put(out, ";\n");
    }
}

// ---- constants ----

static void put_element(File *file, Text *line, const ConstArray *c, int k)
{
    if (c->elem == E_BOOL)
        text_put(line, c->data[k] != 0 ? "true" : "false");
    else if (c->elem != E_REAL)
        text_printf(line, "%lld", (long long)c->data[k]);
    else {
        const char *s = c->text && c->text[k] ? c->text[k] : real_text(file->arena, c->data[k]);
        bool named = strcmp(s, "INFINITY") == 0 || strcmp(s, "-INFINITY") == 0 || strcmp(s, "NAN") == 0;
        bool real = strpbrk(s, strpbrk(s, "xX") ? ".pP" : ".eE") != NULL;
        file->uses_math |= named;
        text_printf(line, "%s%s%s", s, real || named ? "" : ".0", named ? "" : file->suffix);
    }
}

static void put_constant(File *file, Text *out, const ConstArray *c)
{
    file->uses_bool |= c->elem == E_BOOL;
    Text line = text_in(file->arena);
    text_printf(&line, "static const %s %s%s = ", c_type(file, c->elem), c->name, c->rank ? "[]" : "");
    if (c->rank == 0) {
        put_element(file, &line, c, 0);
        text_printf(out, "%s;\n", line.at);
        return;
    }
    text_put(&line, "{");
    for (int k = 0; k < c->n; k++) {
        text_put(&line, k ? ", " : "");
        put_element(file, &line, c, k);
        if (line.n > 105 && k + 1 < c->n) {
            text_printf(out, "%s,\n", line.at);
            line = text_in(file->arena);
            text_put(&line, "    ");
            put_element(file, &line, c, ++k);
        }
    }
    text_put(&line, c->n == 0 ? "0};\n" : "};\n");
    text_put(out, line.at);
}

// Every identifier of the text that is a constant's name is marked in `names`, where the constants are.
static void mark_named(File *file, const char *text, Map *names, Map *named)
{
    static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    for (const char *s = text; *(s += strcspn(s, LETTERS));) {
        size_t n = strspn(s, LETTERS);
        const ConstArray *c = map_get(names, intern(file->names, s, n));
        if (c)
            map_set(named, c, file);
        s += n;
    }
}

// The constants that the functions name.
static void put_constants(File *file, Text *out, const char *functions)
{
    const Module *m = file->m;
    if (!m->arrays.n)
        return;
    Map *names = map_new(file->arena), *named = map_new(file->arena);
    for (int i = 0; i < m->arrays.n; i++)
        map_set(names, intern_z(file->names, m->arrays.at[i]->name), m->arrays.at[i]);
    mark_named(file, functions, names, named);
    for (int i = 0, n = 0; i < m->arrays.n; i++)
        if (map_get(named, m->arrays.at[i])) {
            text_put(out, n++ ? "" : "\n");
            put_constant(file, out, m->arrays.at[i]);
        }
}

// ---- the file ----

File emit_file(Arena *a, const Module *m, const EmitOptions *o)
{
    File file = {
        .arena = a, .m = m, .o = o, .real = o->real_float ? "float" : "double", .suffix = o->real_float ? "f" : ""};
    file.names = interner_new(a);
    file.globals = map_new(a);
    file.reserved = map_new(a);
    file.tape_params = map_new(a);
    file.called = map_new(a);
    file.adders = map_new(a);
    file.param_names = map_new(a);
    file.record_ids = map_new(a);
    emit_reserve(&file);
    return file;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

void emit_mark(Text *out, const Module *m)
{
    text_printf(out, "%s%s%s\n", EMIT_MARK_BEGIN, m->source ? base_name(m->source) : "?", EMIT_MARK_END);
}

bool emit_is_ours(const char *line)
{
    size_t n = strcspn(line, "\n"), end = strlen(EMIT_MARK_END), begin = strlen(EMIT_MARK_BEGIN);
    if (n > 0 && line[n - 1] == '\r')
        n--;
    return n >= begin + end && strncmp(line, EMIT_MARK_BEGIN, begin) == 0 &&
           strncmp(line + n - end, EMIT_MARK_END, end) == 0;
}

static void put_includes(const File *file, Text *includes)
{
    if (file->uses_math)
        text_put(includes, "#include <math.h>\n");
    if (file->uses_bool)
        text_put(includes, "#include <stdbool.h>\n");
    if (file->uses_stddef)
        text_put(includes, "#include <stddef.h>\n");
    if (file->uses_string)
        text_put(includes, "#include <string.h>\n");
}

bool emit_c(Text *out, const Module *m, const EmitOptions *o)
{
    Arena *a = arena_new();
    File file = emit_file(a, m, o);
    Order order = {.file = &file, .seen = map_new(a), .declared = map_new(a)};
    for (int i = 0; i < m->funcs.n; i++)
        if (emit_is_exported(m->funcs.at[i]))
            visit_func(&order, m->funcs.at[i]);
    Text funcs = text_in(a), head = text_in(a), includes = text_in(a);
    put_functions(&order, &funcs);
    if (!o->header)
        for (int i = 0; i < m->structs.n; i++)
            emit_struct(&file, &head, m->structs.at[i]);
    put_constants(&file, &head, funcs.n ? funcs.at : "");
    put_adders(&file, &head);
    put_prototypes(&order, &head);
    text_put(&head, funcs.n ? funcs.at : "");

    emit_mark(out, m);
    if (o->header)
        text_printf(out, "#include \"%s\"\n", o->header);
    put_includes(&file, &includes);
    if (o->standalone) {
        Text pasted = text_in(a);
        text_put(&includes, "");
        bool header_has = o->header && emit_has_records(m);
        snippets_paste(head.n ? head.at : "", header_has ? EMIT_TAPE_API : "", &includes, &pasted);
        text_printf(out, "%s%s%s%s", o->header && includes.n ? "\n" : "", includes.n ? includes.at : "",
                    pasted.n ? "\n" : "", pasted.n ? pasted.at : "");
    } else {
        if (file.uses_runtime)
            text_put(&includes, "#include \"adrt.h\"\n");
        text_printf(out, "%s%s", o->header && includes.n ? "\n" : "", includes.n ? includes.at : "");
    }
    if (o->vector_math && head.n)
        emit_vector_math(out, head.at, o->real_float);
    text_put(out, head.n ? head.at : "");
    arena_free(a);
    return true;
}
