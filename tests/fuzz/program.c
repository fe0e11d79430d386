// program.c - whole programs: constants, functions that call those before them, derives, and what is checked.
//
//     gen [--small] SEED DIR           writes DIR/pSEED.ad and DIR/pSEED.inc (adaptors and their table)
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
    static const char *const suffixes[] = {"", "bar", "dot", "jac"};
    Param q = {arena_printf(g->a, "%s_%s", p ? p->name : "result", suffixes[kind]), t, role, kind, of, false};
    if (d->lanes > 0)
        q.type.d[q.type.rank++] = d->lanes;
    vec_push(g->a, &d->params, q);
}

static bool has_real(Ty t)
{
    return t.elem == REAL || t.elem == STRUCT;
}

// The type of the one real output of f.
static Ty output(const Sig *f)
{
    for (int i = 0; i < f->params.n; i++)
        if (f->params.at[i].role == OUT && has_real(f->params.at[i].type))
            return f->params.at[i].type;
    return f->ret;
}

static Ty matrix_of(Ty rows, Ty columns)
{
    for (int k = 0; k < columns.rank; k++)
        rows.d[rows.rank++] = columns.d[k];
    return rows;
}

static void add_for(Gen *g, Sig *d, int i)
{
    const Param *p = &d->base->params.at[i];
    bool wrt = d->wrt[i];
    if (!has_real(p->type))
        return;
    if (d->transform >= JACOBIAN && d->transform < HESSIAN && wrt)
        add_param(g, d, p, matrix_of(output(d->base), p->type), OUT, JAC, i);
    if (d->transform == HESSIAN && wrt) {
        add_param(g, d, p, p->type, OUT, BAR, i);
        add_param(g, d, p, matrix_of(p->type, p->type), OUT, JAC, i);
    }
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
    bool real_ret = f->has_ret && has_real(f->ret);
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
    d->cost = (d->transform >= JACOBIAN || d->lanes ? 40 : 4) * f->cost;
    d->order = f->order + 1 + (d->transform == HESSIAN);
    d->rough = true;
}

static bool derivable(const Sig *f, Transform t)
{
    int in = 0, out = f->has_ret && has_real(f->ret), scalar = out && f->ret.rank == 0 && f->ret.elem == REAL;
    int plain = 0, inouts = 0;
    for (int i = 0; i < f->params.n; i++) {
        const Param *p = &f->params.at[i];
        in += has_real(p->type) && p->role != OUT;
        out += has_real(p->type) && p->role != IN;
        inouts += has_real(p->type) && p->role == INOUT;
        plain += p->type.elem == REAL && p->role == IN && p->type.rank <= 2;
    }
    if (t == GRAD || t == HESSIAN)
        return in > 0 && scalar && out == 1 && (t == GRAD || plain > 0);
    if (t >= JACOBIAN)
        return plain > 0 && out == 1 && inouts == 0 && output(f).elem == REAL && output(f).rank <= 2;
    return in > 0 && out > 0;
}

// Some of the parameters of f that may be differentiated, or all.
static void choose_wrt(Gen *g, Sig *d, bool some)
{
    const Sig *f = d->base;
    int n = 0;
    for (int i = 0; i < f->params.n; i++) {
        bool may = has_real(f->params.at[i].type) && f->params.at[i].role != OUT;
        d->wrt[i] = may && (!some || chance(g, 60));
        n += d->wrt[i];
        d->partial_wrt |= may && !d->wrt[i];
    }
    if (n == 0)
        choose_wrt(g, d, some);
}

static const char *transform_name(Transform t)
{
    static const char *const names[] = {"", "grad", "vjp", "jvp", "jacobian", "jacfwd", "jacrev", "hessian"};
    return names[t];
}

// derive NAME = TRANSFORM(base of d, wrt of d);
static Node *derive_node(Gen *g, const Sig *d, const char *name, const char *transform)
{
    const Sig *f = d->base;
    Node *n = node(g->a, "f", "", "$derive $ = $($", "", name, transform, f->name);
    for (int i = 0; i < f->params.n && d->partial_wrt; i++)
        if (d->wrt[i])
            node_text(g->a, n, arena_printf(g->a, ", %s", f->params.at[i].name));
    if (d->lanes > 0)
        node_text(g->a, n, arena_printf(g->a, "; %s", dim_text(g->a, d->lanes)));
    node_text(g->a, n, ");\n");
    vec_push(g->a, &g->top, n);
    return n;
}

static Sig *derive_lanes(Gen *g, const Sig *f, Transform t, const char *name, const bool *wrt, int lanes);

static Sig *derive(Gen *g, const Sig *f, Transform t, const char *name, const bool *wrt)
{
    return derive_lanes(g, f, t, name, wrt, 0);
}

static Sig *derive_lanes(Gen *g, const Sig *f, Transform t, const char *name, const bool *wrt, int lanes)
{
    Sig *d = NEW(g->a, Sig);
    d->lanes = lanes;
    d->name = name;
    d->base = f;
    d->transform = t;
    if (wrt) {
        memcpy(d->wrt, wrt, sizeof d->wrt);
        for (int i = 0; i < f->params.n; i++)
            d->partial_wrt |= has_real(f->params.at[i].type) && f->params.at[i].role != OUT && !wrt[i];
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
    declare(g, name, t, !(role == IN && (t.rank > 0 || t.elem == STRUCT || strcmp(name, "n") == 0 || strcmp(name, "m") == 0)), 0);
}

static Ty param_type(Gen *g, bool real)
{
    static const int dims[] = {'n', 'm', 'n', 3, 2};
    if (g->structs.n > 0 && chance(g, 30))
        return (Ty){.elem = STRUCT, .rank = chance(g, 45), .d = {dims[pick(g, 5)]}, .s = g->structs.at[pick(g, g->structs.n)]};
    Ty t = {.elem = real || chance(g, 75) ? REAL : chance(g, 75) ? INT : BOOL};
    t.rank = chance(g, 45) ? 0 : chance(g, 70) ? 1 : 2;
    for (int k = 0; k < t.rank; k++)
        t.d[k] = dims[pick(g, 5)];
    return t;
}

static const char *header(Gen *g, const Sig *s)
{
    Text t = text_in(g->a);
    static const char *const roles[] = {"", "out ", "inout "};
    if (!s->has_ret)
        text_put(&t, "void");
    else
        text_put(&t, ty_tag(g->a, s->ret));
    text_printf(&t, " %s(", s->name);
    for (int i = 0; i < s->params.n; i++) {
        const Param *p = &s->params.at[i];
        text_printf(&t, "%s%s%s %s", i > 0 ? ", " : "", roles[p->role], elem_name(g, p->type), p->name);
        text_put(&t, suffix(g, p->type));
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
        real_out |= s->params.at[i].role != IN && has_real(s->params.at[i].type);
    s->has_ret = !real_out || chance(g, 50);
    s->ret = s->has_ret && real_out && chance(g, 25) ? ty(chance(g, 60) ? INT : BOOL) : ty(REAL);
    if (s->has_ret && s->ret.elem == REAL && chance(g, 25))
        s->ret = (Ty){.elem = REAL, .rank = 1 + chance(g, 25), .d = {chance(g, 50) ? 'n' : 3, 'm'}};
    if (s->has_ret && g->structs.n > 0 && chance(g, 25))
        s->ret = (Ty){.elem = STRUCT, .rank = chance(g, 25), .d = {'n'}, .s = g->structs.at[pick(g, g->structs.n)]};
}

// A real that depends on much of what the function has made.
static Node *mixture(Gen *g)
{
    Node *n = node(g->a, "real", "0.7", "sin(@", bounded(g, 2, 4).n);
    for (int i = 0; i < g->vars.n; i++) {
        const Var *v = &g->vars.at[i];
        if (v->type.elem != REAL || v->level == 0 || !chance(g, 60))
            continue;
        if (visible(g, i))
            node_child(
                g->a, n,
                node(g->a, "term", "", v->type.rank == 0 ? " + 0.# * $" : " + 0.# * sum($)", 1 + pick(g, 8), v->name));
    }
    node_text(g->a, n, ")");
    return n;
}

// A local of that type, most of whose reals depend on what was computed.
static Node *struct_result(Gen *g, const Sig *s)
{
    Node *value = chance(g, 60) ? value_of(g, s->ret, 2) : NULL, *n = node(g->a, "s", NULL, "");
    const char *name = arena_printf(g->a, "given%d", ++g->names);
    node_child(g->a, n, value ? node(g->a, "s", "", "$ $$ = @;\n", elem_name(g, s->ret), name, suffix(g, s->ret), value)
                              : node(g->a, "s", NULL, "$ $$;\n", elem_name(g, s->ret), name, suffix(g, s->ret)));
    const char *at = s->ret.rank == 0 ? name : arena_printf(g->a, "%s[%s]", name, chance(g, 50) ? "0" : "n - 1");
    for (int i = 0; i < s->ret.s->fields.n; i++) {
        const Field *f = &s->ret.s->fields.at[i];
        if (f->type.elem == REAL && chance(g, 70))
            node_child(g->a, n, node(g->a, "s", "", "$.$ $ @;\n", at, f->name, chance(g, 50) ? "+=" : "=", mixture(g)));
    }
    node_child(g->a, n, node(g->a, "s", NULL, "return $;\n", name));
    return n;
}

static Node *result(Gen *g, const Sig *s)
{
    if (s->has_ret && s->ret.elem == STRUCT)
        return struct_result(g, s);
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
    Node *stop = s->has_ret ? return_of(g, s->ret) : node(g->a, "s", NULL, "return;\n");
    stop->fallback = NULL;
    node_child(g->a, body, node(g->a, "s", NULL, "if (depth <= 0) {\n@}\n", stop));
    for (int i = 0; i < 1 + chance(g, 40); i++) {
        Node *call = call_of(g, s, 1, NULL);
        if (!call)
            continue;
        const char *name = arena_printf(g->a, "deep%d", i);
        if (!s->has_ret) {
            node_child(g->a, body, node(g->a, "s", "", "@;\n", call));
            continue;
        }
        node_child(g->a, body, node(g->a, "s", "", "$ $$ = @;\n", elem_name(g, s->ret), name, suffix(g, s->ret), call));
        declare(g, name, s->ret, true, 0);
    }
    g->cost *= 4;
}

// twin: the name of a second function with the same text, or NULL.
static Sig *function(Gen *g, const char *name, int statements, bool may_recurse, const char *twin)
{
    Sig *s = NEW(g->a, Sig);
    s->name = name;
    start(g, s, 1);
    bool recursive = may_recurse && !twin && chance(g, 20);
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
    Node *give = result(g, s);
    const char *kind = !may_recurse ? "" : chance(g, 15) ? "@noinline static " : chance(g, 60) ? "static " : "";
    vec_push(g->a, &g->top, node(g->a, "f", "", "$$ {\n@@}\n", kind, head, body, give));
    if (twin) {
        s->name = twin;
        vec_push(g->a, &g->top, node(g->a, "f", "", "$$ {\n@@}\n", "", header(g, s), body, give));
        s->name = name;
    }
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
        constant(g, (Ty){.elem = REAL, .rank = 1, .d = {3}}, reals,
                 node(g->a, "f", "", "const real $[3] = {0.#, -1.#, 0.5};\n", reals, 1 + pick(g, 9), pick(g, 9)));
    if (chance(g, 20))
        constant(g, (Ty){.elem = INT, .rank = 1, .d = {2}}, ints,
                 node(g->a, "f", "", "const int $[2] = {#, #};\n", ints, pick(g, 9), pick(g, 3)));
}

// A struct of scalars, arrays of constant size and structs from before.
static void structure(Gen *g, int number)
{
    static const char *const names[] = {"a", "b", "at", "rot", "x", "id", "lens", "w"};
    Struct *s = NEW(g->a, Struct);
    s->name = named(g, arena_printf(g->a, "s%d", number));
    int n = 2 + pick(g, 3), first = pick(g, 8);
    Node *node_ = node(g->a, "f", "", "struct $ {\n", s->name);
    for (int i = 0; i < n; i++) {
        Field f = {.name = names[(first + i) % 8]};
        int k = i == 0 ? 0 : pick(g, 100);
        f.type.elem = k < 70 ? REAL : k < 85 ? INT : BOOL;
        f.type.rank = i == 0 ? 0 : chance(g, 55) ? 0 : 1 + chance(g, 25);
        f.type.d[0] = 2 + pick(g, 2), f.type.d[1] = 2;
        int reals = f.type.elem == REAL ? (f.type.rank > 0 ? f.type.d[0] : 1) * (f.type.rank > 1 ? 2 : 1) : 0;
        if (i > 0 && g->structs.n > 0 && chance(g, 40)) {
            f.type = (Ty){.elem = STRUCT, .rank = chance(g, 25), .d = {2}, .s = g->structs.at[0]};
            reals = f.type.s->reals * (f.type.rank > 0 ? 2 : 1);
        }
        s->reals += reals;
        node_text(g->a, node_, arena_printf(g->a, "%s %s%s;\n", elem_name(g, f.type), f.name, suffix(g, f.type)));
        vec_push(g->a, &s->fields, f);
    }
    node_text(g->a, node_, "};\n");
    vec_push(g->a, &g->top, node_);
    vec_push(g->a, &g->structs, s);
}

// An F for root or a G for fixed_point, of one unknown or n of them, with one solution only: F grows in y, G shrinks distances.
static void equation(Gen *g, int number)
{
    Equation e = {.name = named(g, arena_printf(g->a, "eq%d", number)), .fixed_point = chance(g, 40), .vector = chance(g, 60) && !g->no_arrays};
    Sig *s = NEW(g->a, Sig);
    s->name = e.name;
    start(g, s, 1);
    s->has_ret = true;
    s->ret = (Ty){.elem = REAL, .rank = e.vector, .d = {'n'}};
    add_own(g, s, "y", s->ret, IN);
    g->vars.n--; // only below
    for (int i = 1 + pick(g, 2); i > 0; i--) {
        Ty t = param_type(g, false);
        add_own(g, s, i == 1 ? "p" : "q", t, IN);
        vec_push(g->a, &e.params, t);
    }
    bool stops = g->stops; // the solution would hide one from differences
    g->no_calls = true, g->stops = false;
    Node *inner = value_of(g, s->ret, 2), *outer = value_of(g, s->ret, 2);
    g->no_calls = false, g->stops = stops;
    const char *form = e.fixed_point ? "0.3 * sin(y + @) + 0.5 * @" : "2.0 * y + 0.5 * sin(y + @) - @";
    Node *formula = node(g->a, "", NULL, form, inner, outer);
    vec_push(g->a, &g->top, node(g->a, "f", "", "static $ {\nreturn @$;\n}\n", header(g, s), formula, e.vector ? " + 0.1 * sum(y)" : ""));
    vec_push(g->a, &g->equations, e);
}

static void checks_of(Gen *g, const Sig *f, const char *stem, const bool *wrt, Sig **jvp, Sig **vjp);

// What is checked beside the tangent and the adjoint of f: several directions, one input alone, matrices.
static void more_of(Gen *g, const Sig *f, const char *stem, Sig *jvp)
{
    bool structs = f->has_ret && f->ret.elem == STRUCT, one[48] = {false}, plain[48] = {false};
    int n = 0;
    for (int i = 0; i < f->params.n; i++) {
        const Param *p = &f->params.at[i];
        structs |= p->type.elem == STRUCT && (jvp->wrt[i] || p->role != IN);
        if (jvp->wrt[i] && pick(g, ++n) == 0) {
            memset(one, 0, sizeof one);
            one[i] = true;
        }
        plain[i] = jvp->wrt[i] && p->type.elem == REAL && p->role == IN && p->type.rank <= 2;
    }
    if (n > 1 && f->transform == PLAIN && chance(g, 30)) {
        Transform t = chance(g, 60) ? VJP : JVP;
        derive(g, f, t, arena_printf(g->a, "%s_one", stem), one)->against = jvp;
    }
    static const int counts[] = {1, 2, 3, 5, 9, 'n'};
    if (!structs && f->order < 2 && chance(g, 25))
        derive_lanes(g, f, chance(g, 50) ? VJP : JVP, arena_printf(g->a, "%s_many", stem), jvp->wrt, counts[pick(g, 6)])->against = jvp;
    bool any = false;
    for (int i = 0; i < f->params.n; i++)
        any |= plain[i];
    if (any && f->transform == PLAIN && f->order < 2 && derivable(f, JACOBIAN) && chance(g, 50)) {
        Sig *d = derive(g, f, (Transform)(JACOBIAN + pick(g, 3)), arena_printf(g->a, "%s_jac", stem), plain);
        d->against = jvp;
        if (f->order < 1 && chance(g, 20)) {
            Sig *a, *b;
            checks_of(g, d, d->name, NULL, &a, &b);
        }
    }
}

// The Hessian of f, held against the tangent of its gradient.
static void hessian_of(Gen *g, const Sig *f, const Sig *gradient, Sig *jvp)
{
    int n = 0;
    for (int i = 0; i < f->params.n; i++)
        n += gradient->wrt[i] ? (f->params.at[i].type.elem == REAL ? 1 : 2) : 0;
    if (n == 1 && derivable(f, HESSIAN))
        derive(g, f, HESSIAN, named(g, "f_hess"), gradient->wrt)->against = jvp;
}

static void checks_of(Gen *g, const Sig *f, const char *stem, const bool *wrt, Sig **jvp, Sig **vjp)
{
    *jvp = derive(g, f, JVP, arena_printf(g->a, "%s_jvp", stem), wrt);
    *vjp = derive(g, f, VJP, arena_printf(g->a, "%s_vjp", stem), (*jvp)->wrt);
    (*vjp)->record_name = arena_printf(g->a, "%s_record", stem);
    (*vjp)->record = derive_node(g, *vjp, (*vjp)->record_name, "record");
}

// A function whose derivatives are those of its twin, by rule.
static void ruled(Gen *g, Sig *h, const char *twin)
{
    Sig *t = NEW(g->a, Sig);
    *t = *h;
    t->name = twin;
    bool wrt[48], both = chance(g, 60), vjp = both || chance(g, 50);
    for (int i = 0; i < h->params.n; i++)
        wrt[i] = has_real(h->params.at[i].type) && h->params.at[i].role != OUT;
    for (int k = 0; k < 2; k++) {
        if (k == 0 ? !vjp : vjp && !both)
            continue;
        Sig *d = derive(g, t, k == 0 ? VJP : JVP, arena_printf(g->a, "%s_rule%d", twin, k), wrt);
        vec_push(g->a, &g->top, node(g->a, "f", "", "custom $($) = $;\n", transform_name(d->transform), h->name, d->name));
    }
}

void make_program(Gen *g)
{
    g->no_arrays = chance(g, 25);
    g->stops = chance(g, 10);
    g->small |= chance(g, 60);
    constants(g);
    for (int i = 0; chance(g, 45) && i < 2; i++)
        structure(g, i);
    int helpers = pick(g, g->small ? 3 : 4);
    for (int i = 0; i < helpers; i++) {
        const char *twin = chance(g, 15) ? named(g, arena_printf(g->a, "t%d", i)) : NULL;
        Sig *h = function(g, named(g, arena_printf(g->a, "h%d", i)), g->small ? 1 + pick(g, 3) : 2 + pick(g, 6), true, twin);
        Transform t = (Transform[]){GRAD, VJP, JVP, JACOBIAN, JACFWD, JACREV, HESSIAN}[pick(g, chance(g, 70) ? 3 : 7)];
        if (twin && h->order < 2 && derivable(h, VJP))
            ruled(g, h, twin);
        if (chance(g, 20))
            equation(g, i);
        if (t >= JACOBIAN && h->order < 2 && derivable(h, t)) {
            bool wrt[48] = {false}, any = false;
            for (int k = 0; k < h->params.n && (t != HESSIAN || !any); k++)
                any |= wrt[k] = h->params.at[k].type.elem == REAL && h->params.at[k].role == IN && h->params.at[k].type.rank <= 2;
            derive(g, h, t, named(g, arena_printf(g->a, "d%d", i)), wrt);
        } else if (t < JACOBIAN && chance(g, 35) && h->order < 2 && derivable(h, t)) {
            Sig *d = derive(g, h, t, named(g, arena_printf(g->a, "d%d", i)), NULL);
            t = chance(g, 50) ? VJP : JVP;
            if (chance(g, 15) && d->order < 2)
                derive(g, d, t, named(g, arena_printf(g->a, "dd%d", i)), NULL);
        }
    }
    Sig *f = function(g, named(g, "f"), g->small ? 2 + pick(g, 5) : 5 + pick(g, 12), false, NULL);
    Sig *jvp, *vjp, *a, *b;
    checks_of(g, f, f->name, NULL, &jvp, &vjp);
    more_of(g, f, f->name, jvp);
    if (f->order < 2 && chance(g, 45)) {
        checks_of(g, vjp, vjp->name, NULL, &a, &b);
        if (chance(g, 20))
            more_of(g, vjp, vjp->name, a);
        const Sig *second = chance(g, 50) ? a : b;
        Sig *c, *d;
        if (g->small && f->order < 1 && chance(g, 12))
            checks_of(g, second, second->name, NULL, &c, &d);
    }
    if (f->order < 2 && chance(g, 25))
        checks_of(g, jvp, jvp->name, NULL, &a, &b);
    if (f->order < 2 && derivable(f, GRAD) && chance(g, 40)) {
        bool one[48] = {false};
        int n = 0;
        for (int i = 0; i < f->params.n; i++)
            if (jvp->wrt[i] && f->params.at[i].type.elem == REAL && f->params.at[i].type.rank <= 2 && pick(g, ++n) == 0) {
                memset(one, 0, sizeof one);
                one[i] = true;
            }
        Sig *gr = derive(g, f, GRAD, named(g, "f_grad"), n > 0 && chance(g, 60) ? one : jvp->wrt);
        checks_of(g, gr, gr->name, NULL, &a, &b);
        hessian_of(g, f, gr, a);
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

static void write_program(long seed, const char *dir, const char *mask_file, bool nodes, bool small)
{
    Arena *a = arena_new();
    Gen *g = NEW(a, Gen);
    g->a = a;
    g->seed = seed;
    g->small = small;
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
    bool small = argc > 1 && strcmp(argv[1], "--small") == 0;
    argv += small, argc -= small;
    if (argc < 3) {
        fprintf(stderr, "usage: gen [--small] SEED[-LAST] DIR [--mask FILE | --nodes]\n");
        return 2;
    }
    char *end;
    long first = strtol(argv[1], &end, 10), last = *end == '-' ? strtol(end + 1, NULL, 10) : first;
    const char *mask = argc > 4 && strcmp(argv[3], "--mask") == 0 ? argv[4] : NULL;
    for (long s = first; s <= last; s++)
        write_program(s, argv[2], mask, argc > 3 && strcmp(argv[3], "--nodes") == 0, small);
    return 0;
}
