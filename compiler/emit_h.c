// emit_h.c — the header.
//
// In: a module. Out: FILE.h, for C and C++: a prototype for each exported function, below a comment with what every
// parameter is for:
//
//     /* The value of loglik and its gradient.
//      *   n, k       in
//      *   alpha      in, [k]
//      *   alpha_bar  out, [k]: derivative by alpha */
//     double loglik_grad(int n, int k, const double *alpha, …);
#include "emit_internal.h"
#include "snippet.h"

#include <ctype.h>
#include <string.h>

static const char *guard_of(File *file)
{
    const char *name = file->o->header ? file->o->header : file->m->source ? file->m->source : "adc";
    const char *slash = strrchr(name, '/');
    Text t = text_in(file->arena);
    text_put(&t, "ADC_");
    for (const char *p = slash ? slash + 1 : name; *p; p++)
        text_printf(&t, "%c", isalnum((unsigned char)*p) ? toupper((unsigned char)*p) : '_');
    if (!file->o->header)
        text_put(&t, "_H");
    return t.at;
}

static const char *function_name(const Func *f)
{
    return f->source_name ? f->source_name : f->name;
}

// How many directions or seeds f takes at once; NULL: one.
static const char *number_of_directions(File *file, const Func *f)
{
    if (f->directions.kind == DIRECTIONS_PARAM)
        return f->params.at[f->directions.n].name;
    return f->directions.kind == DIRECTIONS_CONST ? arena_printf(file->arena, "%lld", (long long)f->directions.n) : NULL;
}

// The first line of the comment.
static void put_what(File *file, Text *t, const Func *f)
{
    const char *k = number_of_directions(file, f);
    const char *base = f->base ? function_name(f->base) : "";
    switch (f->transform) {
    case TR_GRAD: text_printf(t, "/* %s: the value of %s and its gradient.", f->name, base); break;
    case TR_VJP: text_printf(t, "/* %s: %s and its adjoint%s.", f->name, base, k ? arena_printf(file->arena, " for %s seeds", k) : ""); break;
    case TR_JVP: text_printf(t, "/* %s: %s and its tangent%s.", f->name, base, k ? arena_printf(file->arena, " in %s directions", k) : ""); break;
    case TR_JACFWD:
    case TR_JACREV: text_printf(t, "/* %s: %s and its Jacobian.", f->name, base); break;
    case TR_HESSIAN: text_printf(t, "/* %s: the value of %s, its gradient and its Hessian.", f->name, base); break;
    case TR_FORWARD: text_printf(t, "/* %s: %s, keeping on the tape what %s needs.", f->name, base, f->pair->name); break;
    case TR_REVERSE:
        text_printf(t, "/* %s: the adjoint of %s for the run that is on the tape, any number of times.", f->name, base);
        break;
    default: text_printf(t, "/* %s", f->name); break;
    }
    if (f->transform == TR_NONE && f->source_name && strcmp(f->source_name, f->name) != 0)
        text_printf(t, ": %s in the source", f->source_name);
    if (f->comment)
        text_printf(t, " %s", f->comment);
}

static const char *param_of_base(const Func *f, const Param *p)
{
    if (p->of < 0)
        return "the result";
    return f->base && p->of < f->base->params.n ? f->base->params.at[p->of].name : "it";
}

// What a parameter that the derivative added is.
static const char *meaning(Arena *a, const Func *f, const Param *p)
{
    const char *of = param_of_base(f, p);
    const Param *base = p->of >= 0 && f->base && p->of < f->base->params.n ? &f->base->params.at[p->of] : NULL;
    bool output = !base || base->role != ROLE_IN;
    if (p->is_result)
        return "the result";
    if (p->kind == P_BAR && p->role == ROLE_IN)
        return arena_printf(a, "adjoint of %s, the seed", of);
    if (p->kind == P_BAR && p->role == ROLE_OUT)
        return arena_printf(a, "derivative by %s", of);
    if (p->kind == P_BAR)
        return output ? arena_printf(a, "adjoint of %s: in of its final value, out of its initial one", of)
                      : arena_printf(a, "adjoint of %s, added to", of);
    if (p->kind == P_JAC && f->transform == TR_HESSIAN)
        return arena_printf(a, "second derivative by %s", of);
    if (p->kind == P_JAC)
        return arena_printf(a, "Jacobian by %s", of);
    if (p->kind == P_DOT)
        return arena_printf(a, "tangent of %s%s", of, p->role == ROLE_IN ? ", the direction" : "");
    return NULL;
}

// Whether parameters of the list can share a line of the comment: plain ints and reals handed in.
static bool is_plain(const Func *f, int k)
{
    if (k == TAPE_PARAM)
        return false;
    const Param *p = &f->params.at[k];
    return type_is_scalar(p->type) && p->role == ROLE_IN && p->kind == P_PRIMAL;
}

static const char *param_name(const Func *f, int k)
{
    return k == TAPE_PARAM ? f->tape : f->params.at[k].name;
}

// The names on the line of the comment that starts with parameter *i of the list, which becomes the last of them.
static const char *names_on_line(File *file, const Func *f, const int *list, int n, int *i)
{
    Text names = text_in(file->arena);
    text_put(&names, param_name(f, list[*i]));
    while (is_plain(f, list[*i]) && *i + 1 < n && is_plain(f, list[*i + 1]) &&
           names.n + 2 + strlen(param_name(f, list[*i + 1])) <= 60)
        text_printf(&names, ", %s", param_name(f, list[++*i]));
    return names.at;
}

static void put_tape(Text *t, const Func *f)
{
    if (f->transform == TR_FORWARD)
        text_put(t, "out: of this run, whatever it held before");
    else
        text_printf(t, "in: of a run of %s", f->pair->name);
}

static void put_param(File *file, Text *t, const Func *f, const Param *p)
{
    static const char *const roles[] = {"in", "out", "in and out"};
    const char *what = meaning(file->arena, f, p);
    const char *shape = p->shape && *p->shape ? p->shape : NULL;
    text_printf(t, "%s%s%s%s%s", roles[p->role], shape ? ", " : "", shape ? shape : "", what ? ": " : "", what ? what : "");
}

static void put_params(File *file, Text *t, const Func *f)
{
    int *list = NEW_N(file->arena, int, f->params.n + 1), n_params = emit_c_params(f, list);
    size_t width = 0;
    for (int i = 0; i < n_params; i++) {
        size_t n = strlen(names_on_line(file, f, list, n_params, &i));
        width = n > width ? n : width;
    }
    for (int i = 0; i < n_params; i++) {
        const char *names = names_on_line(file, f, list, n_params, &i);
        text_printf(t, "\n *   %-*s  ", (int)width, names);
        if (list[i] == TAPE_PARAM)
            put_tape(t, f);
        else
            put_param(file, t, f, &f->params.at[list[i]]);
    }
}

static void put_function(File *file, Text *out, const Func *f)
{
    text_put(out, "\n");
    put_what(file, out, f);
    put_params(file, out, f);
    text_put(out, " */\n");
    emit_signature(file, out, f, f->name, false);
    text_put(out, ";\n");
}

// The tape's type, and what a program does with tapes: from adrt.h or, standalone, pasted.
static void put_tape_api(const File *file, Text *out)
{
    Text includes = text_in(file->arena), pasted = text_in(file->arena);
    text_put(&includes, file->uses_bool ? "#include <stdbool.h>\n" : "");
    if (!file->o->standalone) {
        text_printf(out, "%s#include \"adrt.h\"\n\n", includes.at);
        return;
    }
    snippets_paste(EMIT_TAPE_API, "", &includes, &pasted);
    text_printf(out, "%s\n#ifndef ADRT_TAPE_H\n#define ADRT_TAPE_H\n%s#endif\n\n", includes.at, pasted.at);
}

bool emit_h(Text *out, const Module *m, const EmitOptions *o)
{
    Arena *a = arena_new();
    File file = emit_file(a, m, o);
    Text body = text_in(a);
    for (int i = 0; i < m->funcs.n; i++)
        if (emit_is_exported(m->funcs.at[i]))
            put_function(&file, &body, m->funcs.at[i]);
    Text structs = text_in(a);
    for (int i = 0; i < m->structs.n; i++)
        emit_struct(&file, &structs, m->structs.at[i]);
    const char *guard = guard_of(&file);
    emit_mark(out, m);
    text_printf(out, "#ifndef %s\n#define %s\n\n", guard, guard);
    if (emit_has_records(m))
        put_tape_api(&file, out);
    else if (file.uses_bool)
        text_put(out, "#include <stdbool.h>\n\n");
    text_put(out, "#ifdef __cplusplus\nextern \"C\" {\n#endif\n");
    text_put(out, structs.n ? structs.at : "");
    text_put(out, body.n ? body.at : "");
    text_put(out, "\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
    arena_free(a);
    return true;
}
