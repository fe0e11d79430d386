// irdot.c — the IR as a graph for Graphviz (--emit=dot).
//
// In: a module. Out: a cluster per function and region, a box per op, an edge per use of a value:
//
//     %s.3 = add %s.1, %v.2      ->      op7 [label="%s.3 = add %s.1, %v.2"];  op5 -> op7;  op6 -> op7;
#include "irtext.h"

#include <string.h>

typedef struct Dot {
    Text *out;
    Map *numbers;               // Op or Region -> int *
    int n;
} Dot;

static int number_of(Dot *d, const void *key)
{
    int *n = map_get(d->numbers, key);
    if (!n) {
        n = NEW(d->out->arena, int);
        *n = d->n++;
        map_set(d->numbers, key, n);
    }
    return *n;
}

static void quoted(Dot *d, const char *s)
{
    text_put(d->out, "\"");
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            text_put(d->out, "\\");
        text_putn(d->out, s, 1);
    }
    text_put(d->out, "\"");
}

// The node that v comes from: its op, or its region's node of arguments.
static void edge(Dot *d, const Value *v, const char *kind, int to)
{
    int from = v->def ? number_of(d, v->def) : number_of(d, v->region);
    text_printf(d->out, "%s%d -> %s%d;\n", v->def ? "op" : "args", from, kind, to);
}

static void put_region(Dot *d, const Region *r, const char *label);

static void put_op(Dot *d, const Op *op)
{
    static const char *const parts[2][2] = {{"then", "else"}, {"body", "head"}};
    Text label = text_in(d->out->arena);
    ir_print_op(&label, op);
    int n = number_of(d, op);
    text_printf(d->out, "op%d [label=", n);
    quoted(d, label.at);
    text_put(d->out, "];\n");
    for (int k = 0; k < op->n_in; k++)
        edge(d, op->in[k], "op", n);
    for (int k = 0; k < op->n_regions; k++)
        if (op->regions[k])
            put_region(d, op->regions[k], parts[op->code != OP_if][k]);
}

static void put_region(Dot *d, const Region *r, const char *label)
{
    int n = number_of(d, r);
    text_printf(d->out, "subgraph cluster_%d {\nlabel=", n);
    quoted(d, label);
    text_printf(d->out, ";\nargs%d [shape=plaintext, label=\"", n);
    for (int i = 0; i < r->args.n; i++) {
        text_put(d->out, i ? " " : "");
        ir_print_value(d->out, r->args.at[i]);
    }
    text_put(d->out, "\"];\n");
    for (int i = 0; i < r->ops.n; i++)
        put_op(d, r->ops.at[i]);
    text_printf(d->out, "yield%d [shape=plaintext, label=yield];\n", n);
    for (int i = 0; i < r->yields.n; i++)
        edge(d, r->yields.at[i], "yield", n);
    text_put(d->out, "}\n");
}

void ir_dot(Text *out, const Module *m)
{
    Dot d = {.out = out, .numbers = map_new(out->arena)};
    text_put(out, "digraph ir {\nnode [shape=box, fontname=monospace];\n");
    for (int i = 0; i < m->funcs.n; i++)
        if (m->funcs.at[i]->body->ops.n)
            put_region(&d, m->funcs.at[i]->body, m->funcs.at[i]->name);
    text_put(out, "}\n");
}
