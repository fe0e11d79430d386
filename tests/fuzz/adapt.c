// adapt.c - the C that gives the checker every function of a program as a map of flat arrays. See check.h for `Triple`.
//
// For f and its jvp and vjp: in = all real inputs (in and inout parameters) one after the other, out = all real outputs
// (out and inout parameters, then the result). Which parameter of a derived function belongs to what of f is known from
// the signatures, which derive_signature makes a second time from LANGUAGE.md, on purpose.
#include "gen.h"

#include <string.h>

static const char *count(Gen *g, Ty t)
{
    const char *s = "1";
    for (int k = 0; k < t.rank; k++)
        s = arena_printf(g->a, "%s * %s%s", s, t.d[k] > 9 ? "z." : "", dim_text(g->a, t.d[k]));
    return s;
}

// Where the inputs (or outputs) of parameter k of f begin, -1: the result, n: how many there are, as an expression in C.
static const char *offset(Gen *g, const Sig *f, int k, bool out)
{
    const char *s = "0";
    int last = k < 0 ? f->params.n : k;
    for (int i = 0; i < last; i++)
        if (f->params.at[i].type.elem == REAL && f->params.at[i].role != (out ? IN : OUT))
            s = arena_printf(g->a, "%s + %s", s, count(g, f->params.at[i].type));
    return s;
}

static const char *total(Gen *g, const Sig *f, bool out)
{
    const char *s = offset(g, f, f->params.n, out);
    if (out && f->has_ret && f->ret.elem == REAL)
        s = arena_printf(g->a, "%s + %s", s, count(g, f->ret));
    return s;
}

// What parameter i of d, a derivative of f or f itself, is read from and written to, or NULL.
typedef struct Flow {
    const char *from, *to;
    const char *from_at, *to_at;
    const char *how; // "=" or "+="
} Flow;

static Flow flow(Gen *g, const Sig *f, const Sig *d, int i)
{
    const Param *p = &d->params.at[i];
    Flow w = {NULL, NULL, "", "", "="};
    if (d == f || i < f->params.n) {
        if (p->role != OUT)
            w.from = "in", w.from_at = offset(g, f, i, false);
        if (p->role != IN)
            w.to = "out", w.to_at = offset(g, f, i, true);
        return w;
    }
    Role of = p->of < 0 ? OUT : f->params.at[p->of].role;
    const char *in_at = of != OUT ? offset(g, f, p->of, false) : "",
               *out_at = of != IN ? offset(g, f, p->of, true) : "";
    if (p->kind == DOT) {
        if (p->role != OUT)
            w.from = "in_dot", w.from_at = in_at;
        if (p->role != IN)
            w.to = "out_dot", w.to_at = out_at;
    } else {
        w.from = of == IN ? "in_bar" : "out_bar";
        w.from_at = of == IN ? in_at : out_at;
        if (p->role != IN)
            w.to = "in_bar", w.to_at = in_at, w.how = of == INOUT ? "+=" : "=";
    }
    return w;
}

static void print_parameter(Gen *g, FILE *out, const Sig *f, const Sig *d, int i)
{
    static const char *const elems[] = {"double", "int", "bool"};
    const Param *p = &d->params.at[i];
    fprintf(out, "    %s *a%d = fuzz_%s(%s, %d);\n", elems[p->type.elem], i, elems[p->type.elem], count(g, p->type), i);
    if (p->type.elem == INT && p->type.rank == 0 && p->role != OUT)
        fprintf(out, "    *a%d = %s;\n", i, p->depth ? "2" : i == 0 ? "z.n" : i == 1 ? "z.m" : "3");
    Flow w = flow(g, f, d, i);
    if (p->type.elem == REAL && w.from)
        fprintf(out, "    fuzz_copy(a%d, %s + %s, %s);\n", i, w.from, w.from_at, count(g, p->type));
}

static void print_call(Gen *g, FILE *out, const Sig *f, const Sig *d)
{
    bool array = d->has_ret && d->ret.rank > 0, real = d->has_ret && d->ret.elem == REAL;
    if (real)
        fprintf(out, "    double *r = fuzz_double(%s, 99);\n", count(g, d->ret));
    fprintf(out, "    %s%s(", real && !array ? "*r = " : d->has_ret && !array ? "(void)" : "", d->name);
    for (int i = 0; i < d->params.n; i++) {
        const Param *p = &d->params.at[i];
        fprintf(out, "%s%sa%d", i > 0 ? ", " : "", p->type.rank == 0 && p->role == IN ? "*" : "", i);
    }
    fprintf(out, "%s);\n", array ? ", r" : "");
    for (int i = 0; i < d->params.n; i++) {
        const Param *p = &d->params.at[i];
        Flow w = flow(g, f, d, i);
        if (p->type.elem == REAL && w.to)
            fprintf(out, "    fuzz_%s(%s + %s, a%d, %s);\n", w.how[0] == '+' ? "add" : "copy", w.to, w.to_at, i,
                    count(g, p->type));
        fprintf(out, "    free(a%d);\n", i);
    }
    if (real)
        fprintf(out, "    fuzz_copy(out + %s, r, %s);\n    free(r);\n", offset(g, f, -1, true), count(g, d->ret));
}

static void print_map(Gen *g, FILE *out, const Sig *f, const Sig *d, const char *head)
{
    fprintf(out, "static void %s_map%s\n{\n", d == f ? arena_printf(g->a, "%s_0", d->name) : d->name, head);
    for (int i = 0; i < d->params.n; i++)
        print_parameter(g, out, f, d, i);
    print_call(g, out, f, d);
    fprintf(out, "    (void)z, (void)in, (void)out%s;\n}\n",
            d == f                ? ""
            : d->transform == JVP ? ", (void)in_dot, (void)out_dot"
                                  : ", (void)in_bar, (void)out_bar");
}

// ---- a record, as a map like that of the vjp whose parameters its halves share ----

static void print_arguments(FILE *out, const Sig *d, int first, int last, const char *sep)
{
    for (int i = first; i < last; i++) {
        const Param *p = &d->params.at[i];
        fprintf(out, "%sa%d", p->type.rank == 0 && p->role == IN ? "*" : "", i);
        fprintf(out, "%s", i + 1 < last ? ", " : sep);
    }
}

static void print_back(Gen *g, FILE *out, const Sig *f, const Sig *d, int i)
{
    Flow w = flow(g, f, d, i);
    if (d->params.at[i].type.elem == REAL && w.to)
        fprintf(out, "    fuzz_%s(%s + %s, a%d, %s);\n", w.how[0] == '+' ? "add" : "copy", w.to, w.to_at, i,
                count(g, d->params.at[i].type));
}

// Forward; what f was handed is gone; reverse.
static void print_record(Gen *g, FILE *out, const Sig *f, const Sig *vjp)
{
    int own = f->params.n, n = vjp->params.n;
    bool array = f->has_ret && f->ret.rank > 0, real = f->has_ret && f->ret.elem == REAL;
    fprintf(out, "static void %s_map(Size z, const double *in, const double *out_bar, double *in_bar, double *out)\n{\n",
            vjp->record_name);
    for (int i = 0; i < n; i++)
        print_parameter(g, out, f, vjp, i);
    if (real)
        fprintf(out, "    double *r = fuzz_double(%s, 99);\n", count(g, f->ret));
    fprintf(out, "    adrt_tape *tape = adrt_tape_new();\n    %s%s_forward(",
            real && !array ? "*r = " : f->has_ret && !array ? "(void)" : "", vjp->record_name);
    print_arguments(out, vjp, 0, own, ", ");
    fprintf(out, "tape%s);\n", array ? ", r" : "");
    for (int i = 0; i < own; i++) {
        print_back(g, out, f, vjp, i);
        fprintf(out, "    free(a%d);\n", i);
    }
    fprintf(out, "    %s_reverse(tape%s", vjp->record_name, own < n ? ", " : "");
    print_arguments(out, vjp, own, n, "");
    fprintf(out, ");\n    adrt_tape_free(tape);\n");
    for (int i = own; i < n; i++) {
        print_back(g, out, f, vjp, i);
        fprintf(out, "    free(a%d);\n", i);
    }
    if (real)
        fprintf(out, "    fuzz_copy(out + %s, r, %s);\n    free(r);\n", offset(g, f, -1, true), count(g, f->ret));
    fprintf(out, "    (void)z, (void)in, (void)out, (void)in_bar, (void)out_bar;\n}\n");
}

static void print_sizes(Gen *g, FILE *out, const Sig *f, const Sig *jvp)
{
    fprintf(out, "static void %s_sizes(Size z, int *n_in, int *n_out, double *wrt)\n{\n", f->name);
    fprintf(out, "    *n_in = %s;\n    *n_out = %s;\n", total(g, f, false), total(g, f, true));
    for (int i = 0; i < f->params.n; i++)
        if (jvp->wrt[i])
            fprintf(out, "    for (int i = 0; i < %s; i++)\n        wrt[%s + i] = 1;\n", count(g, f->params.at[i].type),
                    offset(g, f, i, false));
    fprintf(out, "    (void)z;\n}\n");
}

static void print_triple(Gen *g, FILE *out, const Sig *f, const Sig *jvp, const Sig *vjp)
{
    print_sizes(g, out, f, jvp);
    print_map(g, out, f, f, "(Size z, const double *in, double *out)");
    print_map(g, out, f, jvp, "(Size z, const double *in, const double *in_dot, double *out, double *out_dot)");
    print_map(g, out, f, vjp, "(Size z, const double *in, const double *out_bar, double *in_bar, double *out)");
}

static bool left_out(const Sig *s, const Mask *mask)
{
    return s->node && mask->at[s->node->id] == 0;
}

void print_adaptors(Gen *g, FILE *out, const Mask *mask)
{
    Text table = text_in(g->a);
    for (int i = 0; i + 1 < g->sigs.n; i++) {
        const Sig *jvp = g->sigs.at[i], *vjp = g->sigs.at[i + 1];
        if (jvp->transform != JVP || vjp->transform != VJP || jvp->base != vjp->base ||
            jvp->base->name != vjp->base->name)
            continue;
        const Sig *f = jvp->base;
        if (left_out(jvp, mask) || left_out(vjp, mask) || left_out(f, mask))
            continue;
        print_triple(g, out, f, jvp, vjp);
        bool record = vjp->record && mask->at[vjp->record->id] != 0;
        if (record)
            print_record(g, out, f, vjp);
        text_printf(&table, "    {\"%s\", %d, %d, %s_sizes, %s_0_map, %s_map, %s_map, %s%s},\n", f->name, f->order,
                    g->stopped, f->name, f->name, jvp->name, vjp->name, record ? vjp->record_name : "0", record ? "_map" : "");
    }
    fprintf(out, "static const Triple p%ld_triples[] = {\n%s    {0},\n};\n", g->seed, table.n ? table.at : "");
}
