// adapt.c - the C that gives the checker every function of a program as a map of flat arrays. See check.h for `Triple`.
//
// For f and its derivatives: in = all real inputs (in and inout parameters) one after the other, out = all real outputs
// (out and inout parameters, then the result); of a struct all its reals in order. Which parameter of a derived function
// belongs to what of f is known from the signatures, which derive_signature makes a second time from LANGUAGE.md, on purpose.
#include "gen.h"

#include <string.h>

static bool has_real(Ty t)
{
    return t.elem == REAL || t.elem == STRUCT;
}

static const char *size_text(Gen *g, int d)
{
    return arena_printf(g->a, "%s%s", d > 9 ? "z." : "", dim_text(g->a, d));
}

static const char *count(Gen *g, Ty t)
{
    const char *s = "1";
    for (int k = 0; k < t.rank; k++)
        s = arena_printf(g->a, "%s * %s", s, size_text(g, t.d[k]));
    return s;
}

static const char *reals(Gen *g, Ty t) // how many there are in all of it
{
    return t.elem == STRUCT ? arena_printf(g->a, "%s * %d", count(g, t), t.s->reals) : count(g, t);
}

// Where the inputs (or outputs) of parameter k of f begin, -1: the result, n: how many there are, as an expression in C.
static const char *offset(Gen *g, const Sig *f, int k, bool out)
{
    const char *s = "0";
    int last = k < 0 ? f->params.n : k;
    for (int i = 0; i < last; i++)
        if (has_real(f->params.at[i].type) && f->params.at[i].role != (out ? IN : OUT))
            s = arena_printf(g->a, "%s + %s", s, reals(g, f->params.at[i].type));
    return s;
}

static const char *total(Gen *g, const Sig *f, bool out)
{
    const char *s = offset(g, f, f->params.n, out);
    if (out && f->has_ret && has_real(f->ret))
        s = arena_printf(g->a, "%s + %s", s, reals(g, f->ret));
    return s;
}

// ---- structs ----

// One function for each: it goes through n of them and does to every scalar what `what` says.
static void print_struct(Gen *g, FILE *out, const Struct *s)
{
    static const char *const leaves[] = {"real", "int", "bool"};
    fprintf(out, "static inline void %s_walk(struct %s *s, int n, int what, double *flat)\n{\n    for (int i = 0; i < n; i++) {\n", s->name,
            s->name);
    for (int k = 0; k < s->fields.n; k++) {
        const Field *f = &s->fields.at[k];
        const char *first = arena_printf(g->a, "%ss[i].%s%s", f->type.rank == 0 ? "&" : "", f->name, f->type.rank > 1 ? "[0]" : "");
        if (f->type.elem == STRUCT)
            fprintf(out, "        %s_walk(%s, %s, what, flat);\n        flat += %s;\n", f->type.s->name, first, count(g, f->type),
                    reals(g, f->type));
        else
            fprintf(out, "        fuzz_walk_%s(%s, %s, what, flat);\n", leaves[f->type.elem], first, count(g, f->type));
        if (f->type.elem == REAL)
            fprintf(out, "        flat += %s;\n", count(g, f->type));
    }
    fprintf(out, "    }\n}\n");
}

// ---- parameters ----

// What a parameter of d, a derivative of f or f itself, is read from and written to, or NULL.
typedef struct Flow {
    const char *from, *to;
    const char *from_at, *to_at;
    bool added;
} Flow;

static Flow flow(Gen *g, const Sig *f, const Sig *d, int i)
{
    const Param *p = &d->params.at[i];
    Flow w = {NULL, NULL, "", "", false};
    if (d == f || i < f->params.n) {
        if (p->role != OUT)
            w.from = "in", w.from_at = offset(g, f, i, false);
        if (p->role != IN)
            w.to = "out", w.to_at = offset(g, f, i, true);
        return w;
    }
    Role of = p->of < 0 ? OUT : f->params.at[p->of].role;
    const char *in_at = of != OUT ? offset(g, f, p->of, false) : "", *out_at = of != IN ? offset(g, f, p->of, true) : "";
    if (d->lanes > 0) {
        in_at = arena_printf(g->a, "(%s) * %s", in_at, size_text(g, d->lanes));
        out_at = arena_printf(g->a, "(%s) * %s", out_at, size_text(g, d->lanes));
    }
    if (p->kind == DOT) {
        if (p->role != OUT)
            w.from = "in_dot", w.from_at = in_at;
        if (p->role != IN)
            w.to = "out_dot", w.to_at = out_at;
    } else if (p->kind == BAR && d->transform != HESSIAN) {
        w.from = of == IN ? "in_bar" : "out_bar";
        w.from_at = of == IN ? in_at : out_at;
        if (p->role != IN)
            w.to = "in_bar", w.to_at = in_at, w.added = of == INOUT;
    }
    return w;
}

// The parameter as a variable: garbage, or what it is read from. Ints and bools of f's own parameters depend on the position only.
static void print_parameter(Gen *g, FILE *out, const Sig *f, const Sig *d, int i)
{
    static const char *const elems[] = {"real", "int", "bool"};
    const Param *p = &d->params.at[i];
    Flow w = flow(g, f, d, i);
    if (p->type.elem == STRUCT) {
        const char *s = p->type.s->name, *n = count(g, p->type);
        fprintf(out, "    struct %s *a%d = calloc(fuzz_size(%s), sizeof *a%d);\n", s, i, n, i);
        fprintf(out, "    %s_walk(a%d, %s, FUZZ_JUNK, 0);\n", s, i, n);
        if (p->kind == PRIMAL)
            fprintf(out, "    %s_walk(a%d, %s, FUZZ_OWN, 0);\n", s, i, n);
        if (w.from)
            fprintf(out, "    %s_walk(a%d, %s, FUZZ_PUT, fuzz_flat(%s + %s));\n", s, i, n, w.from, w.from_at);
        return;
    }
    fprintf(out, "    fuzz_%s *a%d = fuzz_new_%s(%s, %d);\n", elems[p->type.elem], i, elems[p->type.elem], count(g, p->type), i);
    if (p->type.elem == INT && p->type.rank == 0 && p->role != OUT)
        fprintf(out, "    *a%d = %s;\n", i, p->depth ? "2" : i == 0 ? "z.n" : i == 1 ? "z.m" : "3");
    if (p->type.elem == REAL && w.from)
        fprintf(out, "    fuzz_put(a%d, %s + %s, %s);\n", i, w.from, w.from_at, count(g, p->type));
}

// What came out of the parameter; and what must not have changed of a struct.
static void print_back(Gen *g, FILE *out, const Sig *f, const Sig *d, int i)
{
    const Param *p = &d->params.at[i];
    Flow w = flow(g, f, d, i);
    const char *n = count(g, p->type);
    if (p->type.elem == STRUCT) {
        const char *s = p->type.s->name;
        if (w.to)
            fprintf(out, "    %s_walk(a%d, %s, %s, %s + %s);\n", s, i, n, w.added ? "FUZZ_ADD" : "FUZZ_GET", w.to, w.to_at);
        if (p->kind != PRIMAL && p->role == OUT)
            fprintf(out, "    %s_walk(a%d, %s, FUZZ_ZEROS, 0);\n", s, i, n);
        if (p->kind == BAR && p->role == INOUT && p->of >= 0 && f->params.at[p->of].role == IN)
            fprintf(out, "    %s_walk(a%d, %s, FUZZ_STILL_JUNK, 0);\n", s, i, n);
    } else if (p->type.elem == REAL && w.to) {
        fprintf(out, "    fuzz_%s(%s + %s, a%d, %s);\n", w.added ? "add" : "get", w.to, w.to_at, i, n);
    }
    fprintf(out, "    free(a%d);\n", i);
}

// ---- the result ----

static void print_result_variable(Gen *g, FILE *out, const Sig *d)
{
    if (!d->has_ret || !has_real(d->ret))
        return;
    if (d->ret.elem == REAL)
        fprintf(out, "    fuzz_real *r = fuzz_new_real(%s, 99);\n", count(g, d->ret));
    else
        fprintf(out, "    struct %s *r = calloc(fuzz_size(%s), sizeof *r);\n    %s_walk(r, %s, FUZZ_JUNK, 0);\n", d->ret.s->name,
                count(g, d->ret), d->ret.s->name, count(g, d->ret));
}

static void print_result_back(Gen *g, FILE *out, const Sig *f)
{
    if (!f->has_ret || !has_real(f->ret))
        return;
    if (f->ret.elem == REAL)
        fprintf(out, "    fuzz_get(out + %s, r, %s);\n    free(r);\n", offset(g, f, -1, true), count(g, f->ret));
    else
        fprintf(out, "    %s_walk(r, %s, FUZZ_GET, out + %s);\n    free(r);\n", f->ret.s->name, count(g, f->ret), offset(g, f, -1, true));
}

// What stands before the call.
static const char *taken(const Sig *d)
{
    bool array = d->has_ret && d->ret.rank > 0;
    return !d->has_ret || array ? "" : has_real(d->ret) ? "*r = " : "(void)";
}

static void print_arguments(FILE *out, const Sig *d, int first, int last, const char *sep)
{
    for (int i = first; i < last; i++) {
        const Param *p = &d->params.at[i];
        bool value = p->type.rank == 0 && p->role == IN && p->type.elem != STRUCT;
        fprintf(out, "%sa%d%s", value ? "*" : "", i, i + 1 < last ? ", " : sep);
    }
}

// ---- maps ----

static void print_call(Gen *g, FILE *out, const Sig *f, const Sig *d)
{
    bool array = d->has_ret && d->ret.rank > 0;
    for (int i = 0; i < d->params.n; i++)
        print_parameter(g, out, f, d, i);
    print_result_variable(g, out, d);
    fprintf(out, "    %s%s(", taken(d), d->name);
    print_arguments(out, d, 0, d->params.n, "");
    fprintf(out, "%s);\n", array ? ", r" : "");
}

static void print_map(Gen *g, FILE *out, const Sig *f, const Sig *d, const char *head)
{
    fprintf(out, "static void %s_map%s\n{\n", d == f ? arena_printf(g->a, "%s_0", d->name) : d->name, head);
    print_call(g, out, f, d);
    for (int i = 0; i < d->params.n; i++)
        print_back(g, out, f, d, i);
    print_result_back(g, out, f);
    fprintf(out, "    (void)z, (void)in, (void)out%s;\n}\n",
            d == f                ? ""
            : d->transform == JVP ? ", (void)in_dot, (void)out_dot"
                                  : ", (void)in_bar, (void)out_bar");
}

static const char *const JVP_HEAD = "(Size z, const double *in, const double *in_dot, double *out, double *out_dot)";
static const char *const VJP_HEAD = "(Size z, const double *in, const double *out_bar, double *in_bar, double *out)";

// A record, as a map like that of the vjp whose parameters its halves share. Forward; what f was handed is gone; reverse.
static void print_record(Gen *g, FILE *out, const Sig *f, const Sig *vjp)
{
    int own = f->params.n, n = vjp->params.n;
    fprintf(out, "static void %s_map%s\n{\n", vjp->record_name, VJP_HEAD);
    for (int i = 0; i < n; i++)
        print_parameter(g, out, f, vjp, i);
    print_result_variable(g, out, f);
    fprintf(out, "    adrt_tape *tape = adrt_tape_new();\n    %s%s_forward(", taken(f), vjp->record_name);
    print_arguments(out, vjp, 0, own, ", ");
    fprintf(out, "tape%s);\n", f->has_ret && f->ret.rank > 0 ? ", r" : "");
    for (int i = 0; i < own; i++)
        print_back(g, out, f, vjp, i);
    fprintf(out, "    %s_reverse(tape%s", vjp->record_name, own < n ? ", " : "");
    print_arguments(out, vjp, own, n, "");
    fprintf(out, ");\n    adrt_tape_free(tape);\n");
    for (int i = own; i < n; i++)
        print_back(g, out, f, vjp, i);
    print_result_back(g, out, f);
    fprintf(out, "    (void)z, (void)in, (void)out, (void)in_bar, (void)out_bar;\n}\n");
}

// The matrices of d, each a block of the Jacobian of f: of a Hessian f is the gradient, which is a row of it as well.
static void print_matrix(Gen *g, FILE *out, const Sig *f, const Sig *d)
{
    int own = d->base->params.n;
    fprintf(out, "static void %s_map(Size z, const double *in, double *out, double *matrix)\n{\n", d->name);
    fprintf(out, "    const int columns = %s;\n", total(g, f, false));
    print_call(g, out, d->transform == HESSIAN ? d->base : f, d);
    for (int i = own; i < d->params.n; i++) {
        const Param *p = &d->params.at[i];
        int of = p->of, rows = -1;
        for (int k = 0; k < f->params.n && d->transform != HESSIAN; k++)
            if (f->params.at[k].role == OUT && has_real(f->params.at[k].type))
                rows = k;
        if (p->kind == JAC && d->transform == HESSIAN)
            rows = own;
        bool result = p->kind == BAR || rows < 0;
        const char *height = result ? (p->kind == BAR ? "1" : count(g, f->ret)) : count(g, f->params.at[rows].type);
        fprintf(out, "    fuzz_block(matrix, columns, %s, %s, %s, %s, a%d);\n", offset(g, f, result ? -1 : rows, true), height,
                offset(g, f, of, false), count(g, f->params.at[of].type), i);
        if (p->kind == BAR)
            fprintf(out, "    fuzz_get(out + %s, a%d, %s);\n", offset(g, f, own, true), i, count(g, p->type));
        fprintf(out, "    free(a%d);\n", i);
    }
    for (int i = 0; i < own; i++)
        print_back(g, out, f, d, i);
    print_result_back(g, out, f);
    fprintf(out, "    (void)z, (void)in, (void)out, (void)matrix;\n}\n");
}

static void print_wrt(Gen *g, FILE *out, const Sig *f, const Sig *d)
{
    for (int i = 0; i < d->base->params.n; i++)
        if (d->wrt[i])
            fprintf(out, "    for (int i = 0; i < %s; i++)\n        wrt[%s + i] = 1;\n", reals(g, d->base->params.at[i].type),
                    offset(g, f, i, false));
    fprintf(out, "    (void)z, (void)wrt;\n}\n");
}

static void print_sizes(Gen *g, FILE *out, const Sig *f, const Sig *jvp)
{
    fprintf(out, "static void %s_sizes(Size z, int *n_in, int *n_out, double *wrt)\n{\n", f->name);
    fprintf(out, "    *n_in = %s;\n    *n_out = %s;\n", total(g, f, false), total(g, f, true));
    print_wrt(g, out, f, jvp);
}

static bool left_out(const Sig *s, const Mask *mask)
{
    return s->node && mask->at[s->node->id] == 0;
}

// The others that are held against jvp and its vjp: a table of them, whose name is given back.
static const char *print_more(Gen *g, FILE *out, const Sig *f, const Sig *jvp, const Mask *mask)
{
    Text table = text_in(g->a);
    for (int i = 0; i < g->sigs.n; i++) {
        const Sig *d = g->sigs.at[i];
        if (d->against != jvp || left_out(d, mask) || left_out(d->base, mask))
            continue;
        fprintf(out, "static void %s_wrt(Size z, double *wrt)\n{\n", d->name);
        print_wrt(g, out, f, d);
        if (d->transform >= JACOBIAN)
            print_matrix(g, out, f, d);
        else
            print_map(g, out, f, d, d->transform == JVP ? JVP_HEAD : VJP_HEAD);
        const char *lanes = d->lanes > 9 ? arena_printf(g->a, "'%c'", d->lanes) : arena_printf(g->a, "%d", d->lanes);
        const char *map = arena_printf(g->a, "%s_map", d->name);
        text_printf(&table, "    {\"%s\", %s, %s_wrt, %s, %s, %s},\n", d->name, lanes, d->name, d->transform == JVP ? map : "0",
                    d->transform == VJP ? map : "0", d->transform >= JACOBIAN ? map : "0");
    }
    if (table.n == 0)
        return "0";
    fprintf(out, "static const More %s_more[] = {\n%s    {0},\n};\n", jvp->name, table.at);
    return arena_printf(g->a, "%s_more", jvp->name);
}

static void print_triple(Gen *g, FILE *out, Text *table, const Sig *jvp, const Sig *vjp, const Mask *mask)
{
    const Sig *f = jvp->base;
    print_sizes(g, out, f, jvp);
    print_map(g, out, f, f, "(Size z, const double *in, double *out)");
    print_map(g, out, f, jvp, JVP_HEAD);
    print_map(g, out, f, vjp, VJP_HEAD);
    bool record = vjp->record && mask->at[vjp->record->id] != 0;
    if (record)
        print_record(g, out, f, vjp);
    const char *more = print_more(g, out, f, jvp, mask);
    text_printf(table, "    {\"%s\", %d, %d, %s_sizes, %s_0_map, %s_map, %s_map, %s%s, %s},\n", f->name, f->order, g->stopped,
                f->name, f->name, jvp->name, vjp->name, record ? vjp->record_name : "0", record ? "_map" : "", more);
}

void print_adaptors(Gen *g, FILE *out, const Mask *mask)
{
    Text table = text_in(g->a);
    for (int i = 0; i < g->structs.n; i++)
        print_struct(g, out, g->structs.at[i]);
    for (int i = 0; i + 1 < g->sigs.n; i++) {
        const Sig *jvp = g->sigs.at[i], *vjp = g->sigs.at[i + 1];
        if (jvp->transform != JVP || vjp->transform != VJP || jvp->base != vjp->base || !vjp->record_name)
            continue;
        if (!left_out(jvp, mask) && !left_out(vjp, mask) && !left_out(jvp->base, mask))
            print_triple(g, out, &table, jvp, vjp, mask);
    }
    fprintf(out, "extern const Triple p%ld_triples[];\nconst Triple p%ld_triples[] = {\n%s    {0},\n};\n", g->seed, g->seed,
            table.n ? table.at : "");
}
