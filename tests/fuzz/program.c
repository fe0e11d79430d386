// program.c - whole programs: constants, functions that call those before them, derives, and what is checked.
//
//     gen SEED DIR                     writes DIR/pSEED.ad and DIR/pSEED.inc (adaptors and their table)
//     gen SEED DIR --mask FILE         the same with nodes left out: lines `id what` (see gen.h)
//     gen SEED DIR --nodes             what a mask may name
//
// The last function is the one that is checked, by the derivatives below it.
#include "gen.h"

#include <stdlib.h>
#include <string.h>

// ---- signatures of derived functions (LANGUAGE.md section 7) ----

static void add_param(Gen *g, Sig *d, const Param *p, Ty t, Role role, Kind kind, int of)
{
    Param q = {
        arena_printf(g->a, "%s_%s", p ? p->name : "result", kind == BAR ? "bar" : "dot"), t, role, kind, of, false};
    vec_push(g->a, &d->params, q);
}

static void add_for(Gen *g, Sig *d, int i)
{
    const Param *p = &d->base->params.at[i];
    bool wrt = d->wrt[i];
    if (p->type.elem != REAL)
        return;
    if (d->transform == JVP && (wrt || p->role != IN))
        add_param(g, d, p, p->type, p->role == INOUT && !wrt ? OUT : p->role, DOT, i);
    if (d->transform == VJP && (wrt || p->role != IN))
        add_param(g, d, p, p->type, wrt ? INOUT : IN, BAR, i);
    if (d->transform == GRAD && wrt)
        add_param(g, d, p, p->type, OUT, BAR, i);
}

void derive_signature(Gen *g, Sig *d)
{
    const Sig *f = d->base;
    bool real_ret = f->has_ret && f->ret.elem == REAL;
    for (int i = 0; i < f->params.n; i++) {
        Param p = f->params.at[i];
        p.kind = PRIMAL;
        vec_push(g->a, &d->params, p);
    }
    if (d->transform == VJP && real_ret)
        add_param(g, d, NULL, f->ret, IN, BAR, -1);
    for (int i = 0; i < f->params.n; i++)
        add_for(g, d, i);
    if (d->transform == JVP && real_ret)
        add_param(g, d, NULL, f->ret, OUT, DOT, -1);
    d->has_ret = f->has_ret;
    d->ret = f->ret;
    d->cost = 4 * f->cost;
    d->order = f->order + 1;
    d->rough = true;
}

static bool derivable(const Sig *f, Transform t)
{
    int in = 0, out = f->has_ret && f->ret.elem == REAL, scalar = out && f->ret.rank == 0;
    for (int i = 0; i < f->params.n; i++) {
        const Param *p = &f->params.at[i];
        in += p->type.elem == REAL && p->role != OUT;
        out += p->type.elem == REAL && p->role != IN;
    }
    return in > 0 && out > 0 && (t != GRAD || (scalar && out == 1));
}

// Some of the parameters of f that may be differentiated, or all.
static void choose_wrt(Gen *g, Sig *d, bool some)
{
    const Sig *f = d->base;
    int n = 0;
    for (int i = 0; i < f->params.n; i++) {
        bool may = f->params.at[i].type.elem == REAL && f->params.at[i].role != OUT;
        d->wrt[i] = may && (!some || chance(g, 60));
        n += d->wrt[i];
        d->partial_wrt |= may && !d->wrt[i];
    }
    if (n == 0)
        choose_wrt(g, d, some);
}

static const char *transform_name(Transform t)
{
    return t == GRAD ? "grad" : t == VJP ? "vjp" : "jvp";
}

// derive NAME = TRANSFORM(base of d, wrt of d);
static Node *derive_node(Gen *g, const Sig *d, const char *name, const char *transform)
{
    const Sig *f = d->base;
    Node *n = node(g->a, "f", "", "$derive $ = $($", "", name, transform, f->name);
    for (int i = 0; i < f->params.n && d->partial_wrt; i++)
        if (d->wrt[i])
            node_text(g->a, n, arena_printf(g->a, ", %s", f->params.at[i].name));
    node_text(g->a, n, ");\n");
    vec_push(g->a, &g->top, n);
    return n;
}

static Sig *derive(Gen *g, const Sig *f, Transform t, const char *name, const bool *wrt)
{
    Sig *d = NEW(g->a, Sig);
    d->name = name;
    d->base = f;
    d->transform = t;
    if (wrt) {
        memcpy(d->wrt, wrt, sizeof d->wrt);
        for (int i = 0; i < f->params.n; i++)
            d->partial_wrt |= f->params.at[i].type.elem == REAL && f->params.at[i].role != OUT && !wrt[i];
    } else {
        choose_wrt(g, d, f->transform == PLAIN && chance(g, 25));
    }
    d->node = derive_node(g, d, name, transform_name(t));
    derive_signature(g, d);
    vec_push(g->a, &g->sigs, d);
    return d;
}

// ---- functions ----

static void add_own(Gen *g, Sig *s, const char *name, Ty t, Role role)
{
    Param p = {name, t, role, PRIMAL, -1, false};
    vec_push(g->a, &s->params, p);
    declare(g, name, t, !(role == IN && (t.rank > 0 || strcmp(name, "n") == 0 || strcmp(name, "m") == 0)), 0);
}

static Ty param_type(Gen *g, bool real)
{
    static const int dims[] = {'n', 'm', 'n', 3, 2};
    Ty t = {real || chance(g, 75) ? REAL : chance(g, 75) ? INT : BOOL, 0, {0, 0}};
    t.rank = chance(g, 45) ? 0 : chance(g, 70) ? 1 : 2;
    for (int k = 0; k < t.rank; k++)
        t.d[k] = dims[pick(g, 5)];
    return t;
}

static const char *header(Gen *g, const Sig *s)
{
    Text t = text_in(g->a);
    static const char *const elems[] = {"real", "int", "bool"}, *const roles[] = {"", "out ", "inout "};
    if (!s->has_ret)
        text_put(&t, "void");
    else
        text_put(&t, ty_tag(g->a, s->ret));
    text_printf(&t, " %s(", s->name);
    for (int i = 0; i < s->params.n; i++) {
        const Param *p = &s->params.at[i];
        text_printf(&t, "%s%s%s %s", i > 0 ? ", " : "", roles[p->role], elems[p->type.elem], p->name);
        for (int k = 0; k < p->type.rank; k++)
            text_printf(&t, "[%s]", dim_text(g->a, p->type.d[k]));
    }
    text_put(&t, ")");
    return t.at;
}

static void choose_params(Gen *g, Sig *s)
{
    static const char *const names[] = {"a", "b", "c", "p", "q", "x", "y", "z", "x_bar", "out_dot", "result", "i"};
    int first = pick(g, 12), n = 1 + pick(g, 4), step = chance(g, 50) ? 1 : 5;
    for (int i = 0; i < n; i++) {
        Ty t = param_type(g, i == 0);
        Role role = i == 0 || chance(g, 50) ? IN : chance(g, 60) ? INOUT : OUT;
        if (i == 0 && chance(g, 30))
            role = INOUT;
        add_own(g, s, names[(first + i * step) % 12], t, role);
    }
    bool real_out = false;
    for (int i = 0; i < s->params.n; i++)
        real_out |= s->params.at[i].role != IN && s->params.at[i].type.elem == REAL;
    s->has_ret = !real_out || chance(g, 50);
    s->ret = s->has_ret && real_out && chance(g, 25) ? ty(chance(g, 60) ? INT : BOOL) : ty(REAL);
    if (s->has_ret && s->ret.elem == REAL && chance(g, 25))
        s->ret = (Ty){REAL, 1 + chance(g, 25), {chance(g, 50) ? 'n' : 3, 'm'}};
}

// A real that depends on much of what the function has made.
static Node *mixture(Gen *g)
{
    Node *n = node(g->a, "real", "0.7", "sin(@", bounded(g, 2, 4).n);
    for (int i = 0; i < g->vars.n; i++) {
        const Var *v = &g->vars.at[i];
        if (v->type.elem != REAL || v->level == 0 || !chance(g, 60))
            continue;
        bool hidden = false;
        for (int k = i + 1; k < g->vars.n; k++)
            hidden |= strcmp(g->vars.at[k].name, v->name) == 0;
        if (!hidden)
            node_child(
                g->a, n,
                node(g->a, "term", "", v->type.rank == 0 ? " + 0.# * $" : " + 0.# * sum($)", 1 + pick(g, 8), v->name));
    }
    node_text(g->a, n, ")");
    return n;
}

static Node *result(Gen *g, const Sig *s)
{
    if (s->has_ret && s->ret.elem == REAL)
        return node(g->a, "s", NULL, "return @ + @;\n", value_of(g, s->ret, 2), mixture(g));
    Node *n = node(g->a, "s", NULL, "");
    for (int i = 0; i < s->params.n; i++) {
        const Param *p = &s->params.at[i];
        bool hidden = false;
        for (int k = 0; k < g->vars.n; k++)
            hidden |= strcmp(g->vars.at[k].name, p->name) == 0 && !ty_eq(g->vars.at[k].type, p->type);
        if (p->type.elem != REAL || p->role == IN || hidden || (n->parts.n > 0 && chance(g, 50)))
            continue;
        const char *op = chance(g, 60) ? "+=" : "=";
        if (p->type.rank == 1 && chance(g, 50))
            node_child(g->a, n,
                       node(g->a, "s", "", "$[@] $ @;\n", p->name, index_expr(g, p->type.d[0]), op, mixture(g)));
        else
            node_child(g->a, n, node(g->a, "s", "", "$ $ @;\n", p->name, op, mixture(g)));
    }
    if (s->has_ret)
        node_child(g->a, n, node(g->a, "s", NULL, "return @;\n", value_of(g, s->ret, 2)));
    return n;
}

static void start(Gen *g, Sig *s, int level)
{
    while (g->vars.n > 0 && g->vars.at[g->vars.n - 1].level > 0)
        g->vars.n--;
    g->self = s;
    g->level = level;
    g->loops = g->names = 0;
    g->mult = 1;
    g->cost = 0;
    add_own(g, s, "n", ty(INT), IN);
    add_own(g, s, "m", ty(INT), IN);
}

static void finish(Gen *g, Sig *s)
{
    s->cost = g->cost + 1;
    for (int i = 0; i < g->sigs.n; i++) // an upper bound, without looking at which are called
        if (g->sigs.at[i]->order > s->order && g->sigs.at[i]->rough)
            s->order = g->sigs.at[i]->order;
    vec_push(g->a, &g->sigs, s);
}

// A function that calls itself with one less, up to twice, and stops at 0.
static void recurse(Gen *g, Sig *s, Node *body)
{
    node_child(g->a, body,
               node(g->a, "s", NULL, "if (depth <= 0) {\n@}\n",
                    s->has_ret ? node(g->a, "s", NULL, "return @;\n", value_of(g, s->ret, 2))
                               : node(g->a, "s", NULL, "return;\n")));
    for (int i = 0; i < 1 + chance(g, 40); i++) {
        Node *call = call_of(g, s, 1, NULL);
        if (!call)
            continue;
        const char *name = arena_printf(g->a, "deep%d", i);
        if (!s->has_ret) {
            node_child(g->a, body, node(g->a, "s", "", "@;\n", call));
            continue;
        }
        static const char *const elems[] = {"real", "int", "bool"};
        Text dims = text_in(g->a);
        for (int k = 0; k < s->ret.rank; k++)
            text_printf(&dims, "[%s]", dim_text(g->a, s->ret.d[k]));
        node_child(g->a, body,
                   node(g->a, "s", "", "$ $$ = @;\n", elems[s->ret.elem], name, dims.n ? dims.at : "", call));
        declare(g, name, s->ret, true, 0);
    }
    g->cost *= 4;
}

static Sig *function(Gen *g, const char *name, int statements, bool may_recurse)
{
    Sig *s = NEW(g->a, Sig);
    s->name = name;
    start(g, s, 1);
    bool recursive = may_recurse && chance(g, 20);
    if (recursive) {
        add_own(g, s, "depth", ty(INT), IN);
        s->params.at[2].depth = true;
        g->vars.at[g->vars.n - 1].writable = false;
    }
    choose_params(g, s);
    const char *head = header(g, s);
    Node *body = node(g->a, "s", NULL, "");
    if (recursive)
        recurse(g, s, body);
    if (chance(g, 80))
        node_child(g->a, body, state(g));
    g->left = statements;
    while (g->left > 0) {
        Node *one = statement(g);
        g->left--;
        if (one)
            node_child(g->a, body, one);
    }
    Node *n =
        node(g->a, "f", "", "$$ {\n@@}\n", chance(g, 60) && may_recurse ? "static " : "", head, body, result(g, s));
    vec_push(g->a, &g->top, n);
    finish(g, s);
    return s;
}

static const char *named(Gen *g, const char *what)
{
    return arena_printf(g->a, "p%ld_%s", g->seed, what);
}

static void constant(Gen *g, Ty t, const char *name, Node *n)
{
    vec_push(g->a, &g->top, n);
    declare(g, name, t, false, 0);
}

static void constants(Gen *g)
{
    const char *k = named(g, "K"), *reals = named(g, "KA"), *ints = named(g, "KI");
    g->level = 0;
    if (chance(g, 30))
        constant(g, ty(REAL), k, node(g->a, "f", "", "const real $ = 0.#;\n", k, 1 + pick(g, 99)));
    if (chance(g, 20))
        constant(g, (Ty){REAL, 1, {3, 0}}, reals,
                 node(g->a, "f", "", "const real $[3] = {0.#, -1.#, 0.5};\n", reals, 1 + pick(g, 9), pick(g, 9)));
    if (chance(g, 20))
        constant(g, (Ty){INT, 1, {2, 0}}, ints,
                 node(g->a, "f", "", "const int $[2] = {#, #};\n", ints, pick(g, 9), pick(g, 3)));
}

static void checks_of(Gen *g, const Sig *f, const char *stem, const bool *wrt, Sig **jvp, Sig **vjp)
{
    *jvp = derive(g, f, JVP, arena_printf(g->a, "%s_jvp", stem), wrt);
    *vjp = derive(g, f, VJP, arena_printf(g->a, "%s_vjp", stem), (*jvp)->wrt);
    (*vjp)->record_name = arena_printf(g->a, "%s_record", stem);
    (*vjp)->record = derive_node(g, *vjp, (*vjp)->record_name, "record");
}

void make_program(Gen *g)
{
    g->no_arrays = chance(g, 25);
    g->stops = chance(g, 10);
    constants(g);
    int helpers = pick(g, 4);
    for (int i = 0; i < helpers; i++) {
        Sig *h = function(g, named(g, arena_printf(g->a, "h%d", i)), 2 + pick(g, 6), true);
        Transform t = (Transform[]){GRAD, VJP, JVP}[pick(g, 3)];
        if (chance(g, 35) && h->order < 2 && derivable(h, t)) {
            Sig *d = derive(g, h, t, named(g, arena_printf(g->a, "d%d", i)), NULL);
            t = chance(g, 50) ? VJP : JVP;
            if (chance(g, 15) && d->order < 2)
                derive(g, d, t, named(g, arena_printf(g->a, "dd%d", i)), NULL);
        }
    }
    Sig *f = function(g, named(g, "f"), 5 + pick(g, 12), false);
    Sig *jvp, *vjp, *a, *b;
    checks_of(g, f, f->name, NULL, &jvp, &vjp);
    if (f->order < 2 && chance(g, 45))
        checks_of(g, vjp, vjp->name, NULL, &a, &b);
    if (f->order < 2 && chance(g, 25))
        checks_of(g, jvp, jvp->name, NULL, &a, &b);
    if (f->order < 2 && derivable(f, GRAD) && chance(g, 30)) {
        Sig *gr = derive(g, f, GRAD, named(g, "f_grad"), jvp->wrt);
        checks_of(g, gr, gr->name, NULL, &a, &b);
    }
}

// ---- main ----

static Node *whole(Gen *g)
{
    Node *n = node(g->a, "", NULL, "");
    for (int i = 0; i < g->top.n; i++)
        node_child(g->a, n, g->top.at[i]);
    return n;
}

static Mask read_mask(Arena *a, const char *path, int n)
{
    Mask m = {NEW_N(a, signed char, n), n};
    memset(m.at, -1, (size_t)n);
    FILE *in = path ? fopen(path, "r") : NULL;
    int id, what;
    while (in && fscanf(in, "%d %d", &id, &what) == 2)
        if (id >= 0 && id < n)
            m.at[id] = (signed char)what;
    if (in)
        fclose(in);
    return m;
}

static FILE *open_for(Gen *g, const char *dir, const char *suffix)
{
    FILE *out = fopen(arena_printf(g->a, "%s/p%ld.%s", dir, g->seed, suffix), "w");
    if (!out) {
        perror(dir);
        exit(3);
    }
    return out;
}

static void write_program(long seed, const char *dir, const char *mask_file, bool nodes)
{
    Arena *a = arena_new();
    Gen *g = NEW(a, Gen);
    g->a = a;
    g->seed = seed;
    g->random = (uint64_t)seed * 2862933555777941757u + 3037000493u;
    for (int i = 0; i < 10; i++)
        pick(g, 2);
    make_program(g);
    Node *tree = whole(g);
    Mask mask = read_mask(a, mask_file, tree_number(tree, 1));
    if (nodes) {
        tree_list(stdout, tree);
    } else {
        Text t = text_in(a);
        tree_print(&t, tree, &mask, a);
        FILE *out = open_for(g, dir, "ad");
        fputs(t.at, out);
        fclose(out);
        out = open_for(g, dir, "inc");
        print_adaptors(g, out, &mask);
        fclose(out);
    }
    arena_free(a);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: gen SEED[-LAST] DIR [--mask FILE | --nodes]\n");
        return 2;
    }
    char *end;
    long first = strtol(argv[1], &end, 10), last = *end == '-' ? strtol(end + 1, NULL, 10) : first;
    const char *mask = argc > 4 && strcmp(argv[3], "--mask") == 0 ? argv[4] : NULL;
    for (long s = first; s <= last; s++)
        write_program(s, argv[2], mask, argc > 3 && strcmp(argv[3], "--nodes") == 0);
    return 0;
}
