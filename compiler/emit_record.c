// emit_record.c — the C around the two halves of a record (record.c): one `adrt_tape *` for all of their tapes.
//
// In: a half, with its tapes as parameters (P_TAPE). Out: its parameters as C has them, and the lines that pack what the forward half has
// filled, and that find it again in the reverse half:
//
//     double r_forward(int n, const double *restrict x, adrt_tape *restrict tape)
//     {
//         struct adrt_mark mark = adrt_mark();
//         adrt_tape_clear(tape);
//         struct adrt_buf_real real_tape = adrt_buf_real_new();
//         ...
//         const struct adrt_part part[ADRT_PARTS] = {
//             [ADRT_REALS] = {real_tape.at, real_tape.n},
//         };
//         adrt_tape_pack(tape, "r", 0x8f2c5d0e6b7a1943, sizeof(double), part);
//
// The number is the id of the record: a hash of the code of both halves and of all they call. A tape bears it, and a reverse half takes no other.
#include "emit_internal.h"
#include "irtext.h"

#include <string.h>

static const char *const buf_names[] = {"real", "int", "byte", "pos", "bit"};
static const char *const part_names[] = {"ADRT_REALS", "ADRT_INTS", "ADRT_BOOLS", "ADRT_POSITIONS", "ADRT_BITS"};

// ---- parameters ----

int emit_c_params(const Func *f, int *list)
{
    int n = 0;
    bool tape = f->transform == TR_FORWARD;
    if (f->transform == TR_REVERSE)
        list[n++] = TAPE_PARAM;
    for (int i = 0; i < f->params.n; i++) {
        if (f->params.at[i].kind == P_TAPE || i == emit_struct_result(f))
            continue;
        if (f->params.at[i].is_result && tape) {                // the array that is returned stays the last one
            list[n++] = TAPE_PARAM;
            tape = false;
        }
        list[n++] = i;
    }
    if (tape)
        list[n++] = TAPE_PARAM;
    return n;
}

const char *emit_tape_type(const Func *f, bool restricted)
{
    if (f->transform == TR_FORWARD)
        return restricted ? "adrt_tape *restrict " : "adrt_tape *";
    return restricted ? "const adrt_tape *restrict " : "const adrt_tape *";
}

bool emit_has_records(const Module *m)
{
    for (int i = 0; i < m->funcs.n; i++)
        if (m->funcs.at[i]->transform == TR_FORWARD && emit_is_exported(m->funcs.at[i]))
            return true;
    return false;
}

// ---- the id ----

typedef struct Code {
    Text text;
    Map *seen;
} Code;

static void add_code(Code *c, const Func *f);

// What the code of r is made of, but for its own text: callees and constant arrays.
static void add_parts(Code *c, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        if (op->code == OP_call)
            add_code(c, op->callee);
        if (op->code == OP_const_array && !map_get(c->seen, op->array)) {
            map_set(c->seen, op->array, op->array);
            ir_print_array(&c->text, op->array);
        }
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                add_parts(c, op->regions[k]);
    }
}

static void add_code(Code *c, const Func *f)
{
    if (map_get(c->seen, f))
        return;
    map_set(c->seen, f, (void *)f);
    ir_print_code(&c->text, f);
    text_put(&c->text, "\n");
    add_parts(c, f->body);
}

// FNV-1a.
static uint64_t hash(const char *s)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
    return h;
}

// Once for a record: the halves of a large one are long.
static uint64_t id_of(File *file, const Func *half)
{
    const Func *forward = half->transform == TR_FORWARD ? half : half->pair;
    uint64_t *id = map_get(file->record_ids, forward);
    if (!id) {
        Arena *a = arena_new();
        Code c = {text_in(a), map_new(a)};
        text_printf(&c.text, "%s\n", file->real);
        add_code(&c, forward);
        add_code(&c, forward->pair);
        id = NEW(file->arena, uint64_t);
        *id = hash(c.text.at);
        map_set(file->record_ids, forward, id);
        arena_free(a);
    }
    return *id;
}

// ---- the lines ----

// Is parameter i a tape that the half's text names? (emit_tree.c has counted.) The forward half names all of its own here, in any case.
static bool is_used(const Emit *e, int i)
{
    return e->f->params.at[i].kind == P_TAPE && (e->f->transform == TR_FORWARD || e->param_vars[i]->readers > 0);
}

static const char *buf_type(const Emit *e, Elem elem)
{
    return arena_printf(e->arena, "adrt_buf_%s%s", buf_names[elem], elem == E_REAL ? e->file->suffix : "");
}

// `tape, "r", 0x…, sizeof(double)`
static const char *identity(Emit *e)
{
    const Func *f = e->original;
    return arena_printf(e->arena, "%s, \"%s\", 0x%016llx, sizeof(%s)", f->tape, f->source_name ? f->source_name : f->name,
                        (unsigned long long)id_of(e->file, f), e->file->real);
}

static void open_forward(Emit *e, Text *t)
{
    text_printf(t, "adrt_tape_clear(%s);\n", e->f->tape);
    for (int i = 0; i < e->f->params.n; i++)
        if (is_used(e, i)) {
            const char *type = buf_type(e, (Elem)e->f->params.at[i].type.elem);
            text_printf(t, "struct %s %s = %s_new();\n", type, e->param_vars[i]->name, type);
        }
}

static void open_reverse(Emit *e, Text *t)
{
    const char *path = e->f->loc.file ? e->f->loc.file : e->file->m->source ? e->file->m->source : "";
    const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
    text_printf(t, "struct adrt_part %s[ADRT_PARTS];\n", e->tape_parts);
    text_printf(t, "adrt_tape_open(%s, %s, %d, %s);\n", identity(e), c_string(e->arena, file), e->f->loc.line, e->tape_parts);
    for (int i = 0; i < e->f->params.n; i++)
        if (is_used(e, i)) {
            Elem elem = (Elem)e->f->params.at[i].type.elem;
            text_printf(t, "const struct %s %s = {%s[%s].at, %s[%s].n, 0};\n", buf_type(e, elem), e->param_vars[i]->name, e->tape_parts,
                        part_names[elem], e->tape_parts, part_names[elem]);
        }
}

const char *emit_tape_opened(Emit *e)
{
    Text t = text_in(e->arena);
    (e->f->transform == TR_FORWARD ? open_forward : open_reverse)(e, &t);
    return t.at;
}

const char *emit_tape_packed(Emit *e)
{
    Text t = text_in(e->arena);
    bool any = false;
    text_printf(&t, "const struct adrt_part %s[ADRT_PARTS] = {", e->tape_parts);
    for (int i = 0; i < e->f->params.n; i++)
        if (is_used(e, i)) {
            const char *name = e->param_vars[i]->name;
            text_printf(&t, "\n    [%s] = {%s.at, %s.n},", part_names[e->f->params.at[i].type.elem], name, name);
            any = true;
        }
    text_put(&t, any ? "\n};\n" : "{NULL, 0}};\n");
    text_printf(&t, "adrt_tape_pack(%s, %s);\n", identity(e), e->tape_parts);
    return t.at;
}
