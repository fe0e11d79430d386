// expr.c - random expressions of a wanted type from what is in scope. See gen.h.
//
// Values stay bounded: a real variable is meant to be at most 4 in size (sums in loops may go beyond), an int variable is
// at most 20; every expression has a bound, and what would go beyond it is wrapped in sin, tanh, % and the like.
#include "gen.h"

#include <string.h>

bool ty_eq(Ty a, Ty b)
{
    for (int k = 0; k < a.rank; k++)
        if (a.rank != b.rank || a.d[k] != b.d[k])
            return false;
    return a.elem == b.elem && a.rank == b.rank && (a.elem != STRUCT || a.s == b.s);
}

Ty ty(Elem e)
{
    return (Ty){.elem = e};
}

static Ty vector(Elem e, int d)
{
    return (Ty){.elem = e, .rank = 1, .d = {d}};
}

static Ty matrix(Elem e, int d0, int d1)
{
    return (Ty){.elem = e, .rank = 2, .d = {d0, d1}};
}

const char *dim_text(Arena *a, int d)
{
    return d == 'n' ? "n" : d == 'm' ? "m" : arena_printf(a, "%d", d);
}

const char *ty_tag(Arena *a, Ty t)
{
    static const char *const names[] = {"real", "int", "bool"};
    const char *s = t.elem == STRUCT ? arena_printf(a, "struct %s", t.s->name) : names[t.elem];
    for (int k = 0; k < t.rank; k++)
        s = arena_printf(a, "%s[%s]", s, dim_text(a, t.d[k]));
    return s;
}

// ---- choosing ----

int pick(Gen *g, int n)
{
    g->random = g->random * 6364136223846793005u + 1442695040888963407u;
    return (int)((g->random >> 33) % (uint64_t)n);
}

bool chance(Gen *g, int percent)
{
    return pick(g, 100) < percent;
}

bool visible(const Gen *g, int i)
{
    for (int k = i + 1; k < g->vars.n; k++)
        if (g->vars.at[k].declared != g->vars.at[i].declared && strcmp(g->vars.at[k].base, g->vars.at[i].base) == 0)
            return false;
    return true;
}

int pick_var(Gen *g, bool (*want)(const Var *v, const void *env), const void *env)
{
    int found = -1, n = 0;
    for (int i = 0; i < g->vars.n; i++)
        if (visible(g, i) && want(&g->vars.at[i], env) && pick(g, ++n) == 0)
            found = i;
    return found;
}

static bool has_type(const Var *v, const void *env)
{
    return ty_eq(v->type, *(const Ty *)env);
}

static bool is_array_of(const Var *v, const void *env)
{
    return v->type.rank > 0 && v->type.elem == *(const Elem *)env;
}

static bool is_index(const Var *v, const void *env)
{
    return v->index_of == *(const int *)env;
}

static bool is_vector(const Var *v, const void *env)
{
    return v->type.rank == 1 && v->type.elem == *(const Elem *)env;
}

// A matrix with rows (0) or columns (1) of a length.
typedef struct Line {
    Ty of;
    int axis;
} Line;

static bool has_lines(const Var *v, const void *env)
{
    const Line *l = env;
    return v->type.rank == 2 && v->type.elem == l->of.elem && v->type.d[1 - l->axis] == l->of.d[0];
}

static bool is_longer(const Var *v, const void *env) // a vector of 3 where 2 are wanted
{
    const Ty *t = env;
    return v->type.rank == 1 && v->type.elem == t->elem && t->d[0] == 2 && v->type.d[0] == 3;
}

// ---- subscripts, places ----

Node *index_expr(Gen *g, int dim)
{
    int v = pick_var(g, is_index, &dim);
    if (v >= 0 && chance(g, 65))
        return node(g->a, "int", "0", "$", g->vars.at[v].name);
    if (chance(g, 35))
        return node(g->a, "int", "0", "#", dim < 10 ? pick(g, dim) : 0);
    if (chance(g, 20))
        return node(g->a, "int", "0", "$ - 1", dim_text(g->a, dim));
    Ty t = ty(INT);
    int k = pick_var(g, has_type, &t);
    if (k >= 0 && chance(g, 60))
        return node(g->a, "int", "0", "($ * $) % $", g->vars.at[k].name, g->vars.at[k].name, dim_text(g->a, dim));
    bool before = g->no_calls;
    g->no_calls = true;
    Node *n = node(g->a, "int", "0", "abs(@) % $", int_expr(g, 1).n, dim_text(g->a, dim));
    g->no_calls = before;
    return n;
}

static Node *element(Gen *g, const Var *v)
{
    if (v->type.rank == 2)
        return node(g->a, "", NULL, chance(g, 50) ? "$[@][@]" : "$[@, @]", v->name, index_expr(g, v->type.d[0]),
                    index_expr(g, v->type.d[1]));
    Node *n = node(g->a, "", NULL, "$", v->name);
    for (int k = 0; k < v->type.rank; k++) {
        node_text(g->a, n, "[");
        node_child(g->a, n, index_expr(g, v->type.d[k]));
        node_text(g->a, n, "]");
    }
    return n;
}

static bool is_struct_vector(const Var *v, const void *env)
{
    const bool *write = env;
    return v->type.elem == STRUCT && v->type.rank == 1 && (v->writable || !*write);
}

// A real scalar in an element of an array of structs, S[e].rot[1], or NULL.
static Node *member(Gen *g, bool write, const char **root)
{
    int k = pick_var(g, is_struct_vector, &write);
    if (k < 0)
        return NULL;
    const Var *v = &g->vars.at[k];
    if (root)
        *root = v->name;
    Node *n = node(g->a, "real", "0.7", "$[@]", v->name, index_expr(g, v->type.d[0]));
    for (const Struct *s = v->type.s; s;) {
        const Field *f = &s->fields.at[pick(g, s->fields.n)];
        if (f->type.elem != REAL && f->type.elem != STRUCT)
            f = &s->fields.at[0];
        node_text(g->a, n, arena_printf(g->a, ".%s", f->name));
        for (int i = 0; i < f->type.rank; i++) {
            node_text(g->a, n, "[");
            node_child(g->a, n, index_expr(g, f->type.d[i]));
            node_text(g->a, n, "]");
        }
        s = f->type.elem == STRUCT ? f->type.s : NULL;
    }
    if (write)
        n->tag = "", n->fallback = NULL;
    return n;
}

typedef struct Place {
    Ty type;
    int form; // 0 a variable, 1 an element, 2 a row, 3 a column, 4 a slice
} Place;

static bool may_hold(const Var *v, const void *env)
{
    const Place *p = env;
    Line row = {p->type, 0}, column = {p->type, 1};
    if (!v->writable)
        return false;
    switch (p->form) {
    case 0: return ty_eq(v->type, p->type);
    case 1: return is_array_of(v, &p->type.elem) && p->type.rank == 0 && (p->type.elem != STRUCT || p->type.s == v->type.s);
    case 2: return has_lines(v, &row) && p->type.rank == 1;
    case 3: return has_lines(v, &column) && p->type.rank == 1;
    default: return is_longer(v, &p->type) && p->type.rank == 1;
    }
}

static bool may_be_read(const Var *v, const void *env)
{
    Var w = *v;
    w.writable = true;
    return may_hold(&w, env);
}

static Node *place_in(Gen *g, const Var *v, int form)
{
    switch (form) {
    case 0: return node(g->a, "", NULL, "$", v->name);
    case 1: return element(g, v);
    case 2: return node(g->a, "", NULL, chance(g, 30) ? "$[@, :]" : "$[@]", v->name, index_expr(g, v->type.d[0]));
    case 3: return node(g->a, "", NULL, "$[:, @]", v->name, index_expr(g, v->type.d[1]));
    default: return node(g->a, "", NULL, chance(g, 50) ? "$[1:3]" : "$[:2]", v->name);
    }
}

Node *lvalue(Gen *g, Ty t, const char **root)
{
    Node *part = t.elem == REAL && t.rank == 0 && chance(g, 12) ? member(g, true, root) : NULL;
    if (part)
        return part;
    for (int tries = 0; tries < 6; tries++) {
        Place p = {t, tries == 5 || t.rank > 2 ? 0 : pick(g, 5)};
        int v = pick_var(g, may_hold, &p);
        if (v < 0)
            continue;
        if (root)
            *root = g->vars.at[v].name;
        return place_in(g, &g->vars.at[v], p.form);
    }
    return NULL;
}

// ---- ints ----

static Expr int_leaf(Gen *g)
{
    Ty t = ty(INT);
    Elem e = INT;
    int v = pick_var(g, has_type, &t), w = pick_var(g, is_array_of, &e);
    if (v >= 0 && chance(g, 60))
        return (Expr){node(g->a, "int", "1", "$", g->vars.at[v].name), 20};
    if (w >= 0 && chance(g, 60) && g->vars.at[w].type.rank == 1) {
        int dim = g->vars.at[w].type.d[0], i = pick_var(g, is_index, &dim);
        if (i >= 0)
            return (Expr){node(g->a, "int", "1", "$[$]", g->vars.at[w].name, g->vars.at[i].name), 20};
        return (Expr){node(g->a, "int", "1", "$[#]", g->vars.at[w].name, 0), 20};
    }
    return (Expr){node(g->a, "int", "1", "#", pick(g, 5)), 5};
}

static Expr int_of_ints(Gen *g, const Var *v)
{
    static const char *const forms[] = {"sum($) % 13", "max($)", "min($)", "prod($) % 7", "argmax($) % 20", "sum(cumsum($)) % 11",
                                        "int(mean($))"};
    return (Expr){node(g->a, "int", "1", forms[pick(g, 7)], v->name), 20};
}

static Expr int_of_reals(Gen *g, int depth)
{
    Elem i = INT;
    int w = pick_var(g, is_array_of, &i);
    if (w >= 0 && chance(g, 40))
        return int_of_ints(g, &g->vars.at[w]);
    Elem e = REAL;
    int v = pick_var(g, is_vector, &e);
    if (v >= 0 && chance(g, 40))
        return (Expr){node(g->a, "int", "1", chance(g, 50) ? "argmax($)" : "argmin($)", g->vars.at[v].name), 4};
    if (v >= 0 && chance(g, 20))
        return (Expr){node(g->a, "int", "1", "len($)", g->vars.at[v].name), 4};
    return (Expr){node(g->a, "int", "1", "(int)(@)", bounded(g, depth, 4).n), 4};
}

static Expr int_binary(Gen *g, int depth)
{
    Expr x = int_expr(g, depth), y = int_expr(g, depth);
    switch (pick(g, 9)) {
    case 0: return (Expr){node(g->a, "int", "1", "@ + @", x.n, y.n), x.b + y.b};
    case 1: return (Expr){node(g->a, "int", "1", "@ - (@)", x.n, y.n), x.b + y.b};
    case 2: return (Expr){node(g->a, "int", "1", "(@) * (@)", x.n, y.n), x.b * y.b};
    case 3: return (Expr){node(g->a, "int", "1", "(@) / (abs(@) + 1)", x.n, y.n), x.b};
    case 4: return (Expr){node(g->a, "int", "1", "(@) % (abs(@) + 2)", x.n, y.n), x.b};
    case 5: return (Expr){node(g->a, "int", "1", "max(@, @)", x.n, y.n), x.b + y.b};
    case 6: return (Expr){node(g->a, "int", "1", "min(@, @)", x.n, y.n), x.b + y.b};
    case 7: return (Expr){node(g->a, "int", "1", "((@) & 7)", x.n), 7};
    default: return (Expr){node(g->a, "int", "1", "(@ ? @ : @)", bool_expr(g, depth), x.n, y.n), x.b + y.b};
    }
}

Expr int_expr(Gen *g, int depth)
{
    if (depth <= 0 || chance(g, 30))
        return int_leaf(g);
    if (chance(g, 20))
        return int_of_reals(g, depth - 1);
    const Sig *s = chance(g, 15) ? callee(g, true, ty(INT)) : NULL;
    Node *call = s ? call_of(g, s, depth - 1, NULL) : NULL;
    if (call)
        return (Expr){call, 20};
    Expr x = int_binary(g, depth - 1);
    return x.b > 1000 ? (Expr){node(g->a, "int", "1", "(@) % 17", x.n), 17} : x;
}

Node *small_int(Gen *g, int depth)
{
    Expr x = int_expr(g, depth);
    return x.b > 20 ? node(g->a, "int", "1", "(@) % #", x.n, 5 + pick(g, 8)) : x.n;
}

// ---- bools ----

static Node *any_or_all(Gen *g)
{
    Elem e = REAL, b = BOOL;
    int v = pick_var(g, is_array_of, &e), w = pick_var(g, is_array_of, &b);
    if (w >= 0 && chance(g, 50))
        return node(g->a, "bool", "true", chance(g, 50) ? "any($)" : "all($)", g->vars.at[w].name);
    if (v >= 0)
        return node(g->a, "bool", "true", chance(g, 50) ? "any($ > 0.#)" : "all($ > -0.#)", g->vars.at[v].name,
                    1 + pick(g, 9));
    return node(g->a, "bool", "true", "false");
}

Node *bool_expr(Gen *g, int depth)
{
    static const char *const compare[] = {"@ < @", "@ > @", "@ <= @", "@ >= @", "@ == @", "@ != @"};
    Ty t = ty(BOOL);
    int v = pick_var(g, has_type, &t);
    if (v >= 0 && chance(g, 20))
        return node(g->a, "bool", "true", "$", g->vars.at[v].name);
    const Sig *s = chance(g, 10) ? callee(g, true, t) : NULL;
    Node *call = s ? call_of(g, s, depth - 1, NULL) : NULL;
    if (call)
        return call;
    switch (depth <= 0 ? pick(g, 2) : pick(g, 10)) {
    case 0:
        return node(g->a, "bool", "true", compare[pick(g, 4)], bounded(g, depth - 1, 4).n, bounded(g, depth - 1, 4).n);
    case 1: return node(g->a, "bool", "true", compare[pick(g, 6)], small_int(g, depth - 1), small_int(g, depth - 1));
    case 2:
    case 3: return node(g->a, "bool", "true", "(@ && @)", bool_expr(g, depth - 1), bool_expr(g, depth - 1));
    case 4: return node(g->a, "bool", "true", "(@ || @)", bool_expr(g, depth - 1), bool_expr(g, depth - 1));
    case 5: return node(g->a, "bool", "true", "!(@)", bool_expr(g, depth - 1));
    case 6: return any_or_all(g);
    case 7: {
        static const char *const forms[] = {"isnan(@)", "isinf(@)", "!isfinite(@)", "@ == INFINITY"};
        return node(g->a, "bool", "true", forms[pick(g, 4)], bounded(g, depth - 1, 4).n);
    }
    default: return node(g->a, "bool", "true", "@ > 0.#", real_expr(g, depth - 1).n, pick(g, 10));
    }
}

// ---- reals ----

typedef struct Form { // a function of one real that is smooth and bounded for any argument, or nearly
    const char *format;
    double bound; // 0: as large as the argument, and one more
} Form;

static const Form unary[] = {
    {"sin(@)", 1},
    {"cos(@)", 1},
    {"tanh(@)", 1},
    {"atan(@)", 1.6},
    {"sigmoid(@)", 1},
    {"erf(@)", 1},
    {"sin(@)", 1},
    {"tanh(@)", 1},
    {"asinh(@)", 0},
    {"abs(@)", 0},
    {"relu(@)", 0},
    {"softplus(@)", 0},
    {"erfc(@)", 2},
    {"step(@)", 1},
    {"sign(@)", 1},
    {"-(@)", 0},
    {"floor(@)", 0},
    {"ceil(@)", 0},
    {"round(@)", 0},
    {"trunc(@)", 0},
    {"exp(0.5 * sin(@))", 1.7},
    {"log(1.5 + cos(@))", 1},
    {"sqrt(1.4 + sin(@))", 1.6},
    {"cbrt(1.7 + sin(@))", 1.4},
    {"exp2(sin(@))", 2},
    {"expm1(0.7 * cos(@))", 1.1},
    {"log2(1.6 + sin(@))", 1.4},
    {"log10(1.3 + cos(@))", 0.6},
    {"log1p(0.6 * sin(@))", 1},
    {"tan(tanh(@))", 1.6},
    {"asin(0.8 * sin(@))", 1},
    {"acos(0.7 * cos(@))", 2.4},
    {"sinh(sin(@))", 1.2},
    {"cosh(cos(@))", 1.6},
    {"acosh(2.2 + sin(@))", 1.9},
    {"atanh(0.6 * sin(@))", 0.7},
    {"lgamma(2.5 + sin(@))", 1},
    {"digamma(2.3 + sin(@))", 1.2},
    {"tgamma(2.0 + 0.5 * sin(@))", 1.4},
    {"1.0 / (1.4 + cos(@))", 2.5},
    {"fabs(@)", 0},
    {"pow(1.4 + sin(@), 3)", 14},
    {"pow(1.4 + sin(@), -1.5)", 4},
    {"pow(sin(@), 2)", 1},
    {"hypot(sin(@), 0.7)", 1.3},
};

static Expr real_unary(Gen *g, int depth)
{
    const Form *f = &unary[pick(g, sizeof unary / sizeof *unary)];
    Expr x = real_expr(g, depth);
    return (Expr){node(g->a, "real", "0.7", f->format, x.n), f->bound > 0 ? f->bound : x.b + 1};
}

static Expr real_leaf(Gen *g)
{
    Ty t = ty(REAL), i = ty(INT);
    Elem e = REAL;
    Node *part = chance(g, 25) ? member(g, false, NULL) : NULL;
    if (part)
        return (Expr){part, 4};
    int v = pick_var(g, has_type, &t), w = pick_var(g, is_array_of, &e), k = pick_var(g, has_type, &i);
    if (w >= 0 && chance(g, v >= 0 ? 45 : 80)) {
        Node *n = element(g, &g->vars.at[w]);
        n->tag = "real";
        n->fallback = "0.7";
        return (Expr){n, 4};
    }
    if (v >= 0 && chance(g, 85))
        return (Expr){node(g->a, "real", "0.7", "$", g->vars.at[v].name), 4};
    if (k >= 0 && chance(g, 40))
        return (Expr){node(g->a, "real", "0.7", "0.1 * $", g->vars.at[k].name), 2};
    return (Expr){node(g->a, "real", "0.7", "#.#", pick(g, 2), 1 + pick(g, 99)), 2};
}

static Expr product(Gen *g, Expr x, Expr y)
{
    if (x.b * y.b > 8)
        x = (Expr){node(g->a, "real", "0.7", chance(g, 50) ? "sin(@)" : "tanh(@)", x.n), 1};
    if (x.b * y.b > 8)
        y = (Expr){node(g->a, "real", "0.7", chance(g, 50) ? "cos(@)" : "atan(@)", y.n), 1.6};
    return (Expr){node(g->a, "real", "0.7", "(@) * (@)", x.n, y.n), x.b * y.b};
}

static Expr real_binary(Gen *g, int depth)
{
    Expr x = real_expr(g, depth), y = real_expr(g, depth);
    switch (pick(g, 15)) {
    case 0:
    case 1: return (Expr){node(g->a, "real", "0.7", "(@ + @)", x.n, y.n), x.b + y.b};
    case 2: return (Expr){node(g->a, "real", "0.7", "(@ - (@))", x.n, y.n), x.b + y.b};
    case 3:
    case 4:
    case 5: return product(g, x, y);
    case 6: return (Expr){node(g->a, "real", "0.7", "(@) / (1.6 + sin(@))", x.n, y.n), x.b / 0.6};
    case 7: return (Expr){node(g->a, "real", "0.7", chance(g, 50) ? "max(@, @)" : "fmax(@, @)", x.n, y.n), x.b + y.b};
    case 8: return (Expr){node(g->a, "real", "0.7", chance(g, 50) ? "min(@, @)" : "fmin(@, @)", x.n, y.n), x.b + y.b};
    case 9: return (Expr){node(g->a, "real", "0.7", "atan2(@, 1.5 + cos(@))", x.n, y.n), 1.6};
    case 10: return (Expr){node(g->a, "real", "0.7", "hypot(@, 0.5 + abs(@))", x.n, y.n), x.b + y.b + 0.5};
    case 11: return (Expr){node(g->a, "real", "0.7", "pow(1.5 + sin(@), tanh(@))", x.n, y.n), 2.5};
    case 12: return (Expr){node(g->a, "real", "0.7", "fma(sin(@), tanh(@), @)", x.n, y.n, real_leaf(g).n), 5};
    case 13: return (Expr){node(g->a, "real", "0.7", "fmod(@, 2.5 + cos(@))", x.n, y.n), 3.5};
    default: return (Expr){node(g->a, "real", "0.7", "copysign(@, @)", x.n, y.n), x.b};
    }
}

static Ty some_array(Gen *g, int rank)
{
    static const int dims[] = {'n', 'm', 2, 3, 'n'};
    Ty t = {.elem = REAL, .rank = rank, .d = {dims[pick(g, 5)], rank > 1 ? dims[pick(g, 5)] : 0}};
    return t;
}

static Node *dominant(Gen *g, int d, int depth);
static Node *struct_value(Gen *g, Ty t, int depth);

// root(F, n, y0, ..) or fixed_point(F, n, y0, ..) of that type, now and then, or NULL.
static Node *solution_of(Gen *g, Ty t, int depth)
{
    if (g->equations.n == 0 || g->no_calls || t.rank > 1 || g->mult > 20 || g->cost > 1000 || !chance(g, 12))
        return NULL;
    const Equation *e = &g->equations.at[pick(g, g->equations.n)];
    if (e->vector != (t.rank == 1))
        return NULL;
    Node *n = node(g->a, ty_tag(g->a, t), t.rank == 0 ? "0.7" : NULL, "$($, ", e->fixed_point ? "fixed_point" : "root", e->name);
    node_text(g->a, n, arena_printf(g->a, "%s, m, ", e->vector ? dim_text(g->a, t.d[0]) : "n"));
    node_child(g->a, n, t.rank == 0 ? bounded(g, depth < 1 ? depth : 1, 2).n : array_expr(g, t, depth < 1 ? depth : 1));
    for (int i = 0; i < e->params.n; i++) {
        Ty p = e->params.at[i];
        for (int k = 0; k < p.rank && e->vector; k++)
            p.d[k] = p.d[k] == 'n' ? t.d[0] : p.d[k];
        Node *arg = value_of(g, p, depth);
        if (!arg)
            return NULL;
        node_text(g->a, n, ", ");
        node_child(g->a, n, arg);
    }
    node_text(g->a, n, ")");
    g->cost += g->mult * 40;
    return n;
}

static Expr reduction(Gen *g, int depth)
{
    Elem e = REAL;
    int v = pick_var(g, is_array_of, &e);
    Ty t = v >= 0 && chance(g, 80) ? g->vars.at[v].type : some_array(g, 1 + pick(g, 2));
    Node *x = array_expr(g, t, depth);
    switch (pick(g, 13)) {
    case 11: return (Expr){node(g->a, "real", "0.7", "logdet(@)", dominant(g, some_array(g, 1).d[0], depth)), 16};
    case 0:
    case 1: return (Expr){node(g->a, "real", "0.7", "sum(@)", x), 16};
    case 2: return (Expr){node(g->a, "real", "0.7", "mean(@)", x), 4};
    case 3: return (Expr){node(g->a, "real", "0.7", "prod(cos(@))", x), 1};
    case 4: return (Expr){node(g->a, "real", "0.7", "max(@)", x), 4};
    case 5: return (Expr){node(g->a, "real", "0.7", "min(@)", x), 4};
    case 6: return (Expr){node(g->a, "real", "0.7", "norm(@ + 0.3)", x), 12};
    case 7: return (Expr){node(g->a, "real", "0.7", "logsumexp(@)", x), 7};
    case 8: return (Expr){node(g->a, "real", "0.7", "sum((@)[1:])", x), 16};
    case 9:
        t = some_array(g, 1);
        return (Expr){node(g->a, "real", "0.7", "dot(@, @)", array_expr(g, t, depth), array_expr(g, t, depth)), 64};
    case 10:
        t.rank = 2, t.d[1] = t.d[0];
        return (Expr){node(g->a, "real", "0.7", "trace(@)", array_expr(g, t, depth)), 16};
    default:
        t = some_array(g, 1);
        return (Expr){node(g->a, "real", "0.7", "sum((@)[#:])", array_expr(g, t, depth), pick(g, 2)), 16};
    }
}

static Expr real_choice(Gen *g, int depth)
{
    Expr x = real_expr(g, depth), y = real_expr(g, depth);
    if (chance(g, 25))
        return (Expr){node(g->a, "real", "0.7", "where(@, @, @)", bool_expr(g, depth), x.n, y.n), x.b + y.b};
    return (Expr){node(g->a, "real", "0.7", "(@ ? @ : @)", bool_expr(g, depth), x.n, y.n), x.b + y.b};
}

Expr real_expr(Gen *g, int depth)
{
    if (depth <= 0 || chance(g, 15))
        return real_leaf(g);
    if (g->stops && chance(g, 8)) {
        g->stopped = true;
        Expr x = real_expr(g, depth - 1);
        return (Expr){node(g->a, "real", "0.7", "stop_gradient(@)", x.n), x.b};
    }
    const Sig *s = chance(g, 30) ? callee(g, true, ty(REAL)) : NULL;
    Node *call = s ? call_of(g, s, depth - 1, NULL) : solution_of(g, ty(REAL), depth - 1);
    if (call)
        return (Expr){call, 5};
    int k = pick(g, 100);
    if (k < 45)
        return real_binary(g, depth - 1);
    if (k < 75)
        return real_unary(g, depth - 1);
    if (k < 85)
        return real_choice(g, depth - 1);
    return g->no_arrays ? real_leaf(g) : reduction(g, depth - 1);
}

Expr bounded(Gen *g, int depth, double most)
{
    static const char *const wraps[] = {"sin(@)", "tanh(@)", "2.0 * cos(@)", "1.5 * atan(@)", "4.0 * sigmoid(@) - 2.0"};
    Expr x = real_expr(g, depth);
    return x.b <= most ? x : (Expr){node(g->a, "real", "0.7", wraps[most < 3 ? pick(g, 2) : pick(g, 5)], x.n), 2.5};
}

// ---- arrays ----

static Node *zeros(Gen *g, Ty t)
{
    static const char *const forms[] = {"fill(0.6", "ones(", "zeros(", "fill("};
    int k = pick(g, 4);
    Node *n = node(g->a, ty_tag(g->a, t), NULL, "$", forms[k]);
    if (k == 3)
        node_child(g->a, n, real_leaf(g).n);
    for (int i = 0; i < t.rank; i++)
        node_text(g->a, n, arena_printf(g->a, "%s%s", i > 0 || k == 0 || k == 3 ? ", " : "", dim_text(g->a, t.d[i])));
    node_text(g->a, n, ")");
    return n;
}

static Node *array_leaf(Gen *g, Ty t)
{
    const char *tag = ty_tag(g->a, t);
    int v = pick_var(g, has_type, &t);
    if (v >= 0 && chance(g, 75))
        return node(g->a, tag, NULL, "$", g->vars.at[v].name);
    Line l = {t, pick(g, 2)};
    int w = t.rank == 1 ? pick_var(g, has_lines, &l) : -1, s = t.rank == 1 ? pick_var(g, is_longer, &t) : -1;
    Node *n = w >= 0 ? place_in(g, &g->vars.at[w], 2 + l.axis) : s >= 0 ? place_in(g, &g->vars.at[s], 4) : NULL;
    if (n) {
        n->tag = tag;
        return n;
    }
    if (v >= 0)
        return node(g->a, tag, NULL, "$", g->vars.at[v].name);
    if (t.elem == INT)
        return t.rank == 1 ? node(g->a, tag, NULL, "iota($)", dim_text(g->a, t.d[0])) : NULL;
    if (t.elem == BOOL) {
        t.elem = REAL;
        return node(g->a, tag, NULL, "@ > @", array_leaf(g, t), bounded(g, 0, 4).n);
    }
    return t.elem == STRUCT ? NULL : zeros(g, t);
}

static Node *bool_array(Gen *g, Ty t, int depth);

static Node *int_array(Gen *g, Ty t, int depth)
{
    const char *tag = ty_tag(g->a, t);
    Node *leaf = array_leaf(g, t);
    if (depth <= 0 || chance(g, 50) || !leaf)
        return leaf;
    Ty b = t, r = matrix(REAL, 3, t.d[0]);
    b.elem = BOOL;
    switch (pick(g, t.rank == 1 ? 7 : 5)) {
    case 5: return node(g->a, tag, NULL, chance(g, 50) ? "argmax(@, 0)" : "argmin(@, 0)", array_expr(g, r, depth - 1));
    case 6: return node(g->a, tag, NULL, "concat((@)[1:], (@)[:1])", leaf, array_leaf(g, t));
    case 3: return node(g->a, tag, NULL, "cumsum(@) % #", leaf, 3 + pick(g, 6));
    case 4: return node(g->a, tag, NULL, "where(@, @, max(@, #))", bool_array(g, b, depth - 1), leaf, array_leaf(g, t), pick(g, 5));
    case 0: return node(g->a, tag, NULL, "(@ + @) % #", leaf, array_leaf(g, t), 3 + pick(g, 6));
    case 1: return node(g->a, tag, NULL, "(@ * @) % #", leaf, small_int(g, 1), 3 + pick(g, 6));
    default: return node(g->a, tag, NULL, "abs(@ - @) % #", leaf, array_leaf(g, t), 3 + pick(g, 6));
    }
}

static Node *bool_array(Gen *g, Ty t, int depth)
{
    const char *tag = ty_tag(g->a, t);
    Ty r = t;
    r.elem = REAL;
    if (depth > 0 && chance(g, 25))
        return node(g->a, tag, NULL, chance(g, 50) ? "(@ && @)" : "(@ || @)", bool_array(g, t, depth - 1),
                    bool_array(g, t, depth - 1));
    if (chance(g, 30))
        return array_leaf(g, t);
    if (t.rank == 1 && depth > 0 && chance(g, 20))
        return node(g->a, tag, NULL, chance(g, 50) ? "any(@ > 0.#, 1)" : "all(@ < 0.#, 1)",
                    array_expr(g, matrix(REAL, t.d[0], some_array(g, 1).d[0]), depth - 1), 1 + pick(g, 9));
    return node(g->a, tag, NULL, "(@ > @)", array_expr(g, r, depth - 1),
                chance(g, 50) ? array_expr(g, r, depth - 1) : bounded(g, 1, 4).n);
}

// A matrix that is easy to solve with, and whose symmetric part is positive definite: its diagonal outweighs the rest.
static Node *dominant(Gen *g, int d, int depth)
{
    Ty t = matrix(REAL, d, d);
    return node(g->a, ty_tag(g->a, t), NULL, chance(g, 80) ? "(0.1 * @ + 4.0 * eye($))" : "transpose(0.1 * @ + 4.0 * eye($))",
                array_expr(g, t, depth), dim_text(g->a, d));
}

static Node *solution(Gen *g, Ty t, const char *tag, int depth)
{
    bool square = t.rank == 2 && t.d[0] == t.d[1];
    switch (square ? pick(g, 4) : 0) {
    case 1: return node(g->a, tag, NULL, "inv(@)", dominant(g, t.d[0], depth));
    case 2: return node(g->a, tag, NULL, "cholesky(@)", dominant(g, t.d[0], depth));
    case 3: return node(g->a, tag, NULL, "tanh(solve(cholesky(@), @))", dominant(g, t.d[0], depth), array_expr(g, t, depth));
    default: return node(g->a, tag, NULL, "solve(@, @)", dominant(g, t.d[0], depth), array_expr(g, t, depth));
    }
}

static Node *linear_algebra(Gen *g, Ty t, const char *tag, int depth)
{
    int k = some_array(g, 1).d[0];
    if (chance(g, 20))
        return solution(g, t, tag, depth);
    if (t.rank == 1)
        switch (pick(g, 7)) {
        case 0:
            return node(g->a, tag, NULL, "sin(matmul(@, @))", array_expr(g, matrix(REAL, t.d[0], k), depth),
                        array_expr(g, vector(REAL, k), depth));
        case 1:
            return node(g->a, tag, NULL, "sin(matmul(@, @))", array_expr(g, vector(REAL, k), depth),
                        array_expr(g, matrix(REAL, k, t.d[0]), depth));
        case 2: return node(g->a, tag, NULL, "tanh(sum(@, 0))", array_expr(g, matrix(REAL, k, t.d[0]), depth));
        case 3: return node(g->a, tag, NULL, "mean(@, 1)", array_expr(g, matrix(REAL, t.d[0], k), depth));
        case 4:
            return node(g->a, tag, NULL, chance(g, 50) ? "amax(@, 0)" : "amin(@, 0)",
                        array_expr(g, matrix(REAL, k, t.d[0]), depth));
        case 5: return node(g->a, tag, NULL, "diag(@)", array_expr(g, matrix(REAL, t.d[0], t.d[0]), depth));
        default: return node(g->a, tag, NULL, "sin(cumsum(@))", array_expr(g, t, depth));
        }
    switch (pick(g, t.d[0] == t.d[1] ? 6 : 5)) {
    case 5: return node(g->a, tag, NULL, "@ * eye($)", array_expr(g, t, depth), dim_text(g->a, t.d[0]));
    case 0:
        return node(g->a, tag, NULL, "sin(matmul(@, @))", array_expr(g, matrix(REAL, t.d[0], k), depth),
                    array_expr(g, matrix(REAL, k, t.d[1]), depth));
    case 1: return node(g->a, tag, NULL, "transpose(@)", array_expr(g, matrix(REAL, t.d[1], t.d[0]), depth));
    case 2:
        return node(g->a, tag, NULL, "sin(outer(@, @))", array_expr(g, vector(REAL, t.d[0]), depth),
                    array_expr(g, vector(REAL, t.d[1]), depth));
    case 3: return node(g->a, tag, NULL, "tanh(cumsum(@, #))", array_expr(g, t, depth), pick(g, 2));
    default: return node(g->a, tag, NULL, "softmax(@, #)", array_expr(g, t, depth), pick(g, 2));
    }
}

static Node *elementwise(Gen *g, Ty t, const char *tag, int depth)
{
    Ty b = t;
    b.elem = BOOL;
    Node *x = array_expr(g, t, depth);
    switch (pick(g, 10)) {
    case 0: return node(g->a, tag, NULL, "0.5 * (@ + @)", x, array_expr(g, t, depth));
    case 1: return node(g->a, tag, NULL, "(@ * sin(@))", x, array_expr(g, t, depth));
    case 2: return node(g->a, tag, NULL, "0.5 * (@ - @)", bounded(g, depth, 4).n, x);
    case 3: return node(g->a, tag, NULL, "(@ * @)", bounded(g, depth, 1).n, x);
    case 4:
        return node(g->a, tag, NULL, "(@ / (1.5 + cos(@)))", node(g->a, tag, NULL, "tanh(@)", x),
                    array_expr(g, t, depth));
    case 5:
        return node(g->a, tag, NULL, "where(@, @, @)", bool_array(g, b, depth), x,
                    chance(g, 70) ? array_expr(g, t, depth) : bounded(g, depth, 4).n);
    case 6: return node(g->a, tag, NULL, "(@ ? @ : @)", bool_expr(g, depth), x, array_expr(g, t, depth));
    case 7:
        return node(g->a, tag, NULL, "max(@, @)", x, chance(g, 50) ? bounded(g, depth, 4).n : array_expr(g, t, depth));
    case 8: return node(g->a, tag, NULL, "sin(@ + @)", x, real_expr(g, depth).n);
    default: return node(g->a, tag, NULL, "-(@)", x);
    }
}

static Node *mapped(Gen *g, Ty t, const char *tag, int depth)
{
    const Form *f = &unary[pick(g, sizeof unary / sizeof *unary)];
    while (f->bound == 0 || f->bound > 4)
        f = &unary[pick(g, sizeof unary / sizeof *unary)];
    return node(g->a, tag, NULL, f->format, array_expr(g, t, depth));
}

// Along axes, of three axes, slices with bounds and columns of expressions.
static Node *parts(Gen *g, Ty t, const char *tag, int depth)
{
    int k = some_array(g, 1).d[0];
    const char *d0 = dim_text(g->a, t.d[0]), *d1 = dim_text(g->a, t.d[1]);
    if (t.rank == 1)
        switch (pick(g, 8)) {
        case 0: return node(g->a, tag, NULL, "norm(@ + 0.3, 1) * 0.3", array_expr(g, matrix(REAL, t.d[0], k), depth));
        case 1: return node(g->a, tag, NULL, "sin(logsumexp(@, 0))", array_expr(g, matrix(REAL, k, t.d[0]), depth));
        case 2: return node(g->a, tag, NULL, "prod(cos(@), 1)", array_expr(g, matrix(REAL, t.d[0], k), depth));
        case 3: return node(g->a, tag, NULL, "concat((@)[1:], (@)[:1])", array_expr(g, t, depth), array_expr(g, t, depth));
        case 4: return node(g->a, tag, NULL, "(@)[:, @]", array_expr(g, matrix(REAL, t.d[0], k), depth), index_expr(g, k));
        case 5: return node(g->a, tag, NULL, "(@)[@]", array_expr(g, matrix(REAL, k, t.d[0]), depth), index_expr(g, k));
        case 6:
            return node(g->a, tag, NULL, "tanh(sum(sum(reshape(concat(@, @), 2, $, $), 0), 1))",
                        array_expr(g, matrix(REAL, t.d[0], k), depth), array_expr(g, matrix(REAL, t.d[0], k), depth), d0,
                        dim_text(g->a, k));
        default:
            return node(g->a, tag, NULL, "reshape(concat(@, @, @), 3, $)[:, @][0] * @", array_expr(g, t, depth),
                        array_expr(g, t, depth), array_expr(g, t, depth), d0, index_expr(g, t.d[0]), array_expr(g, t, depth));
        }
    switch (pick(g, 5)) {
    case 0:
        return node(g->a, tag, NULL, "concat((@)[1:], (@)[:1])", array_expr(g, t, depth), array_expr(g, t, depth));
    case 1:
        return node(g->a, tag, NULL, chance(g, 50) ? "amax(reshape(concat(@, @), 2, $, $), 0)" :
                                                     "softmax(reshape(concat(@, @), 2, $, $), 0)[1]",
                    array_expr(g, t, depth), array_expr(g, t, depth), d0, d1);
    case 2:
        return node(g->a, tag, NULL, "0.5 * sum(reshape(concat(@, @), 2, $, $), 0)", array_expr(g, t, depth),
                    array_expr(g, t, depth), d0, d1);
    case 3: return node(g->a, tag, NULL, "transpose(@)", array_expr(g, matrix(REAL, t.d[1], t.d[0]), depth));
    default: return node(g->a, tag, NULL, "sin(outer(sum(@, 1), @))", array_expr(g, t, depth), array_expr(g, vector(REAL, t.d[1]), depth));
    }
}

Node *array_expr(Gen *g, Ty t, int depth)
{
    if (t.elem == INT)
        return int_array(g, t, depth);
    if (t.elem == BOOL)
        return bool_array(g, t, depth);
    if (t.elem == STRUCT)
        return struct_value(g, t, depth);
    if (depth <= 0 || chance(g, 35))
        return array_leaf(g, t);
    const char *tag = ty_tag(g->a, t);
    const Sig *s = chance(g, 40) ? callee(g, true, t) : NULL;
    Node *call = s ? call_of(g, s, depth - 1, NULL) : solution_of(g, t, depth - 1);
    if (call)
        return call;
    if (t.rank > 2)
        return node(g->a, tag, NULL, "sin(@ + @)", array_leaf(g, t), chance(g, 50) ? array_leaf(g, t) : real_leaf(g).n);
    int k = pick(g, 100);
    if (k < 45)
        return elementwise(g, t, tag, depth - 1);
    if (k < 62)
        return mapped(g, t, tag, depth - 1);
    if (k < 75)
        return parts(g, t, tag, depth - 1);
    if (k < 92 || t.rank != 1)
        return linear_algebra(g, t, tag, depth - 1);
    if (t.d[0] == 2)
        return node(g->a, tag, NULL, "concat((@)[0:1], (@)[2:3])", array_expr(g, t, depth - 1),
                    array_expr(g, vector(REAL, 3), depth - 1));
    if (t.d[0] == 3)
        return node(g->a, tag, NULL, "concat(@, (@)[:1])", array_expr(g, vector(REAL, 2), depth - 1),
                    array_expr(g, vector(REAL, 2), depth - 1));
    return node(g->a, tag, NULL, "(softmax(@) + 0.1 * real(iota($)))", array_expr(g, t, depth - 1),
                dim_text(g->a, t.d[0]));
}

// A struct or an array of them: a variable, an element, what a call gives, a choice of these; NULL if there is none.
static Node *struct_value(Gen *g, Ty t, int depth)
{
    const char *tag = ty_tag(g->a, t);
    const Sig *s = depth > 0 && chance(g, 40) ? callee(g, true, t) : NULL;
    Node *call = s ? call_of(g, s, depth - 1, NULL) : NULL;
    if (call)
        return call;
    if (depth > 0 && chance(g, 25)) {
        Node *x = struct_value(g, t, depth - 1), *y = struct_value(g, t, depth - 1);
        if (x && y)
            return node(g->a, tag, NULL, "(@ ? @ : @)", bool_expr(g, depth - 1), x, y);
    }
    Place p = {t, chance(g, 60)};
    int v = pick_var(g, may_be_read, &p);
    if (v < 0) {
        p.form = !p.form;
        v = pick_var(g, may_be_read, &p);
    }
    if (v < 0)
        return NULL;
    Node *n = place_in(g, &g->vars.at[v], p.form);
    n->tag = tag;
    return n;
}

Node *braces(Gen *g, Ty t)
{
    Node *n = node(g->a, "", NULL, "{");
    int size = t.rank > 0 ? t.d[0] : t.s->fields.n;
    if (size > 1 && chance(g, 15))
        size--; // the rest are zeros
    for (int i = 0; i < size; i++) {
        Ty part = t.rank > 0 ? t : t.s->fields.at[i].type;
        if (t.rank > 0) {
            part.rank--;
            part.d[0] = part.d[1];
        }
        node_text(g->a, n, i > 0 ? ", " : "");
        node_child(g->a, n, part.rank > 0 || part.elem == STRUCT ? braces(g, part) : value_of(g, part, 1));
    }
    node_text(g->a, n, "}");
    return n;
}

Node *value_of(Gen *g, Ty t, int depth)
{
    if (t.rank > 0)
        return array_expr(g, t, depth);
    if (t.elem == STRUCT)
        return struct_value(g, t, depth);
    return t.elem == REAL ? bounded(g, depth, 4).n : t.elem == INT ? small_int(g, depth) : bool_expr(g, depth);
}

Node *return_of(Gen *g, Ty t)
{
    Node *value = value_of(g, t, 2);
    if (value)
        return node(g->a, "s", "", "return @;\n", value);
    return node(g->a, "s", "", "$ nothing$;\nreturn nothing;\n", elem_name(g, t), suffix(g, t));
}

// ---- calls ----

// What the callee's n and m are here.
typedef struct Binding {
    int n, m;
} Binding;

static Ty bound_type(Ty t, Binding b)
{
    for (int k = 0; k < t.rank; k++)
        t.d[k] = t.d[k] == 'n' ? b.n : t.d[k] == 'm' ? b.m : t.d[k];
    return t;
}

static bool returns(Ty formal, Ty want, Binding *b)
{
    if (formal.elem != want.elem || formal.rank != want.rank || formal.s != want.s)
        return false;
    for (int k = 0; k < formal.rank; k++)
        if (formal.d[k] == 'n' && (b->n == 0 || b->n == want.d[k]))
            b->n = want.d[k];
        else if (formal.d[k] == 'm' && (b->m == 0 || b->m == want.d[k]))
            b->m = want.d[k];
        else if (formal.d[k] != want.d[k])
            return false;
    return true;
}

const Sig *callee(Gen *g, bool has_ret, Ty ret)
{
    const Sig *found = NULL;
    int n = 0;
    if (g->no_calls)
        return NULL;
    for (int i = 0; i < g->sigs.n; i++) {
        const Sig *s = g->sigs.at[i];
        Binding b = {'n', 'm'};
        bool fits = s->has_ret == has_ret && !s->rough && (!has_ret || returns(s->ret, ret, &b));
        if (fits && g->mult * s->cost < 800 && g->cost + g->mult * s->cost < 3000 && pick(g, ++n) == 0)
            found = s;
    }
    return found;
}

typedef struct Roots {
    const char *arrays[16], *elements[16];
    int n_arrays, n_elements;
} Roots;

// Could these be parts of the same thing? s.rot and s.centre cannot; S[0].rot and S[n - 1].centre may, for all that is known here.
static bool overlap(const char *a, const char *b)
{
    size_t i = 0;
    while (a[i] && a[i] == b[i])
        i++;
    bool part = (!a[i] && (!b[i] || strchr(".[", b[i]))) || (!b[i] && strchr(".[", a[i]));
    size_t base = strcspn(a, ".[");
    bool elements = base == strcspn(b, ".[") && strncmp(a, b, base) == 0 && (a[base] == '[' || b[base] == '[');
    return part || elements;
}

static bool among(const char *const *names, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (overlap(names[i], name))
            return true;
    return false;
}

// A place for an out or inout argument that no other one of the call overlaps, or NULL.
static Node *out_argument(Gen *g, Ty t, Roots *r)
{
    for (int tries = 0; tries < 8; tries++) {
        const char *root = NULL;
        Node *n = lvalue(g, t, &root);
        if (!n)
            return NULL;
        bool whole = t.rank > 0 || t.elem == STRUCT;
        if (among(r->arrays, r->n_arrays, root) || (whole && among(r->elements, r->n_elements, root)))
            continue;
        if (whole && r->n_arrays < 16)
            r->arrays[r->n_arrays++] = root;
        else if (!whole && r->n_elements < 16)
            r->elements[r->n_elements++] = root;
        else
            return NULL;
        return n;
    }
    return NULL;
}

static Node *in_argument(Gen *g, const Sig *s, const Param *p, Binding b, int depth)
{
    if (p->depth && s == g->self)
        return node(g->a, "int", "0", "$ - 1", p->name);
    if (p->depth)
        return node(g->a, "int", "0", "#", pick(g, 3));
    if (strcmp(p->name, "n") == 0 && p->kind == PRIMAL)
        return node(g->a, "dim", NULL, "$", dim_text(g->a, b.n));
    if (strcmp(p->name, "m") == 0 && p->kind == PRIMAL)
        return node(g->a, "dim", NULL, "$", dim_text(g->a, b.m));
    return value_of(g, bound_type(p->type, b), depth);
}

Node *call_of(Gen *g, const Sig *s, int depth, const char *const *given)
{
    static const int dims[] = {'n', 'm', 2, 3};
    Binding b = {'n', 'm'};
    if ((!s->has_ret || s->ret.rank == 0) && !given && chance(g, 30))
        b = (Binding){dims[pick(g, 4)], dims[pick(g, 4)]};
    Node *n = node(g->a, s->has_ret ? ty_tag(g->a, bound_type(s->ret, b)) : "",
                   s->has_ret && s->ret.rank == 0 ? "0" : NULL, "$(", s->name);
    if (s->has_ret && s->ret.rank == 0)
        n->fallback = s->ret.elem == REAL ? "0.7" : s->ret.elem == INT ? "1" : "true";
    Roots roots = {.n_arrays = 0};
    for (int i = 0; i < s->params.n; i++) {
        const Param *p = &s->params.at[i];
        Node *arg = given && given[i] ? node(g->a, "", NULL, "$", given[i])
                    : p->role == IN   ? in_argument(g, s, p, b, depth)
                                      : out_argument(g, bound_type(p->type, b), &roots);
        if (!arg)
            return NULL;
        node_text(g->a, n, i > 0 ? ", " : "");
        node_child(g->a, n, arg);
    }
    node_text(g->a, n, ")");
    g->cost += g->mult * s->cost;
    return n;
}
