// stmt.c - random statements and blocks. See gen.h.
//
// Every loop ends: for loops have short ranges, the others a counter that nothing else writes. What a derived function
// gives may be large; it lands in fresh variables, which then go through sin.
#include "gen.h"

#include <string.h>

// The variable or part of one, and the parts of that: the fields of a struct, the first and last of an array of structs.
static void declare_parts(Gen *g, const char *base, const char *name, Ty t, bool writable, int index_of)
{
    Var v = {name, t, writable, index_of, g->level, base, g->declarations};
    vec_push(g->a, &g->vars, v);
    if (t.elem != STRUCT || t.rank > 1)
        return;
    for (int i = 0; i < t.s->fields.n && t.rank == 0; i++)
        declare_parts(g, base, arena_printf(g->a, "%s.%s", name, t.s->fields.at[i].name), t.s->fields.at[i].type, writable, 0);
    if (t.rank == 1 && strcmp(base, name) == 0) {
        Ty one = {.elem = STRUCT, .s = t.s};
        declare_parts(g, base, arena_printf(g->a, "%s[0]", name), one, writable, 0);
    }
}

void declare(Gen *g, const char *name, Ty t, bool writable, int index_of)
{
    g->declarations++;
    declare_parts(g, name, name, t, writable, index_of);
}

void declare_elements(Gen *g, const char *i, int dim)
{
    for (int k = g->vars.n - 1; k >= 0; k--) {
        Var v = g->vars.at[k];
        if (v.type.elem != STRUCT || v.type.rank != 1 || v.type.d[0] != dim || !visible(g, k) || strcmp(v.name, v.base) != 0)
            continue;
        int now = g->declarations;
        g->declarations = v.declared;
        v.type.rank = 0;
        declare_parts(g, v.name, arena_printf(g->a, "%s[%s]", v.name, i), v.type, v.writable, 0);
        g->declarations = now;
    }
}

// A name that nothing of this level has; now and then one of an outer level.
const char *new_name(Gen *g)
{
    static const char *const plain[] = {"x",   "y",     "z",     "s",    "t",      "u",    "v", "w",
                                        "acc", "x_bar", "y_dot", "tape", "result", "norm", "i"};
    const char *name = plain[pick(g, sizeof plain / sizeof *plain)];
    for (int i = 0; i < g->vars.n; i++)
        if (strcmp(g->vars.at[i].name, name) == 0 && (g->vars.at[i].level == g->level || !chance(g, 15)))
            return arena_printf(g->a, "%s%d", name, ++g->names);
    return name;
}

static Node *list(Gen *g)
{
    return node(g->a, "s", "", "");
}

static Ty random_type(Gen *g)
{
    static const int dims[] = {'n', 'm', 'n', 2, 3};
    if (g->structs.n > 0 && chance(g, 25))
        return (Ty){.elem = STRUCT, .rank = chance(g, 40), .d = {dims[pick(g, 5)]}, .s = g->structs.at[pick(g, g->structs.n)]};
    int k = pick(g, 100);
    if (k < 45)
        return ty(REAL);
    if (k < 58)
        return ty(INT);
    if (k < 63)
        return ty(BOOL);
    Ty t = {.elem = k < 90 ? REAL : k < 96 ? INT : BOOL, .rank = k < 80 || k >= 90 ? 1 : 2, .d = {dims[pick(g, 5)]}};
    if (t.rank == 2)
        t.d[1] = dims[pick(g, 5)];
    return t;
}

const char *suffix(Gen *g, Ty t)
{
    const char *s = "";
    for (int k = 0; k < t.rank; k++)
        s = arena_printf(g->a, "%s[%s]", s, dim_text(g->a, t.d[k]));
    return s;
}

const char *elem_name(Gen *g, Ty t)
{
    t.rank = 0;
    return ty_tag(g->a, t);
}

static Node *declaration(Gen *g)
{
    Ty t = random_type(g);
    Node *value = NULL;
    if ((t.rank == 1 && t.d[0] < 4 && chance(g, 40)) || (t.rank == 0 && t.elem == STRUCT && chance(g, 60)))
        value = braces(g, t);
    else if (!chance(g, t.rank > 0 ? 40 : 10))
        value = t.rank > 0 && t.elem == REAL && chance(g, 25) ? bounded(g, 1, 4).n : value_of(g, t, 2);
    const char *name = new_name(g);
    declare(g, name, t, true, 0);
    const char *constant = value && chance(g, 10) ? "const " : "";
    if (value)
        for (int i = 0; i < g->vars.n && *constant; i++)
            g->vars.at[i].writable &= g->vars.at[i].declared != g->declarations;
    if (value)
        return node(g->a, "s", "", "$$ $$ = @;\n", constant, elem_name(g, t), name, suffix(g, t), value);
    return node(g->a, "s", "", "$ $$;\n", elem_name(g, t), name, suffix(g, t));
}

static Node *assign_real(Gen *g, Node *place)
{
    switch (pick(g, 8)) {
    case 0:
    case 1: return node(g->a, "s", "", "@ += @;\n", place, bounded(g, 2, 4).n);
    case 2: return node(g->a, "s", "", "@ -= @;\n", place, bounded(g, 2, 4).n);
    case 3: return node(g->a, "s", "", "@ *= @;\n", place, bounded(g, 2, 1.1).n);
    case 4: return node(g->a, "s", "", "@ /= 1.9 + sin(@);\n", place, real_expr(g, 1).n);
    default: return node(g->a, "s", "", "@ = @;\n", place, bounded(g, 3, 4).n);
    }
}

static Node *assign_array(Gen *g, Node *place, Ty t)
{
    Node *value = t.elem == REAL && chance(g, 15) ? bounded(g, 2, 4).n : array_expr(g, t, 2);
    if (t.elem != REAL || !value)
        return value ? node(g->a, "s", "", "@ = @;\n", place, value) : NULL;
    switch (pick(g, 6)) {
    case 0: return node(g->a, "s", "", "@ += @;\n", place, value);
    case 1: return node(g->a, "s", "", "@ -= @;\n", place, value);
    case 2: return node(g->a, "s", "", "@ *= sin(@);\n", place, value);
    default: return node(g->a, "s", "", "@ = @;\n", place, value);
    }
}

static Ty place_type(Gen *g)
{
    Ty t = random_type(g);
    if (chance(g, 30) && g->vars.n > 0) {
        t = g->vars.at[pick(g, g->vars.n)].type;
        if (t.rank == 2 && chance(g, 40))
            t = (Ty){.elem = t.elem, .rank = 1, .d = {t.d[chance(g, 50)]}, .s = t.s};
    }
    return t;
}

static bool is_real_array(const Var *v, const void *env)
{
    return v->writable && v->type.elem == REAL && v->type.rank == *(const int *)env;
}

// A part of an array from other parts of it.
static Node *shift(Gen *g)
{
    static const char *const vectors[] = {"$[1:] = 0.5 * $[:$ - 1] + 0.5 * (@)[1:];\n", "$[:$ - 1] += sin($[1:] * (@)[1:]);\n",
                                          "$[1:] *= cos($[:$ - 1] + (@)[:1][0]);\n"};
    static const char *const matrices[] = {"$[1:] = 0.9 * $[:$ - 1] * (@)[1:];\n", "$[:$ - 1, 0] += sin($[1:, 0] + (@)[:1][0]);\n",
                                           "$[0] = 0.5 * $[$ - 1] - 0.5 * (@)[0];\n"};
    int rank = 1 + chance(g, 40), v = pick_var(g, is_real_array, &rank);
    if (v < 0)
        return NULL;
    const Var *a = &g->vars.at[v];
    const char *d = dim_text(g->a, a->type.d[0]), *form = rank == 1 ? vectors[pick(g, 3)] : matrices[pick(g, 3)];
    Ty t = a->type;
    if (form[1] == '[' && rank == 2 && strchr(form, ',') && strstr(form, "sin"))
        t = (Ty){.elem = REAL, .rank = 1, .d = {a->type.d[0]}};
    bool before = strstr(form, "] += ") || strstr(form, "$[:$ - 1, 0]");
    Node *x = array_expr(g, t, 1);
    if (before) // the bound stands on the left
        return node(g->a, "s", "", form, a->name, d, a->name, x);
    return node(g->a, "s", "", form, a->name, a->name, d, x);
}

static Node *assignment(Gen *g)
{
    if (!g->no_arrays && chance(g, 8))
        return shift(g);
    Ty t = place_type(g);
    Node *place = lvalue(g, t, NULL);
    if (!place)
        return NULL;
    if (t.rank > 0)
        return assign_array(g, place, t);
    if (t.elem == REAL)
        return assign_real(g, place);
    if (t.elem == STRUCT) {
        Node *value = value_of(g, t, 2);
        return value ? node(g->a, "s", "", "@ = @;\n", place, value) : NULL;
    }
    if (t.elem == INT && chance(g, 40)) {
        static const char *const forms[] = {"@ += @;\n", "@ -= @;\n", "@++;\n", "@ *= @;\n"};
        const char *form = forms[pick(g, 4)];
        Node *op = form[1] == '+' && form[2] == '+' ? node(g->a, "", "", form, place)
                                                    : node(g->a, "", "", form, place, small_int(g, 1));
        return node(g->a, "s", "", "@@ %= #;\n", op, place, 3 + pick(g, 9));
    }
    return node(g->a, "s", "", "@ = @;\n", place, value_of(g, t, 2));
}

// ---- blocks and branches ----

Node *block(Gen *g, int budget)
{
    int before = g->vars.n, left = g->left;
    g->left = budget < left ? budget : left;
    int given = g->left;
    g->level++;
    Node *n = node(g->a, "s", "", "{\n");
    while (g->left > 0) {
        Node *s = statement(g);
        g->left--;
        if (s)
            node_child(g->a, n, s);
    }
    node_text(g->a, n, "}\n");
    g->level--;
    g->vars.n = before;
    g->left = left - given;
    return n;
}

static Node *branch(Gen *g)
{
    Node *cond = bool_expr(g, 2), *then = block(g, 1 + pick(g, 3));
    if (chance(g, 50))
        return node(g->a, "s", "", "if (@) @", cond, then);
    if (chance(g, 25)) {
        Node *cond2 = bool_expr(g, 2), *second = block(g, 1 + pick(g, 2));
        return node(g->a, "s", "", "if (@) @else if (@) @else @", cond, then, cond2, second, block(g, 1 + pick(g, 2)));
    }
    return node(g->a, "s", "", "if (@) @else @", cond, then, block(g, 1 + pick(g, 3)));
}

static Node *jump(Gen *g)
{
    if (g->stays)
        return assignment(g);
    Node *cond = bool_expr(g, 2), *before = chance(g, 40) ? assignment(g) : NULL;
    const Ty *ret = g->self->has_ret ? &g->self->ret : NULL;
    Node *what;
    if (g->loops > 0 && chance(g, 70))
        what = node(g->a, "s", "", "$;\n", chance(g, 55) ? "break" : "continue");
    else if (ret)
        what = return_of(g, *ret);
    else
        what = node(g->a, "s", "", "return;\n");
    return node(g->a, "s", "", "if (@) {\n@@}\n", cond, before ? before : list(g), what);
}

// ---- loops ----

// "@checkpoint(2) ", now and then.
static const char *attribute(Gen *g)
{
    if (!chance(g, 10))
        return "";
    return chance(g, 20) ? "@checkpoint(n) " : arena_printf(g->a, "@checkpoint(%d) ", 1 + pick(g, 3));
}

static Node *counted_loop(Gen *g, const char *i, int budget)
{
    static const int dims[] = {'n', 'm', 'n', 2, 3};
    int dim = dims[pick(g, 5)];
    const char *d = dim_text(g->a, dim);
    int form = pick(g, 8);
    Node *trips = form == 6 ? small_int(g, 2) : NULL;
    Elem e = form == 5 ? REAL : INT;
    declare(g, i, ty(e), false, form < 5 ? dim : 0);
    if (form < 5)
        declare_elements(g, i, dim);
    Node *body = block(g, budget);
    const char *how = attribute(g);
    switch (form) {
    case 3: return node(g->a, "s", "", "$for (int $ = $ - 1; $ >= 0; $--) @", how, i, d, i, i, body);
    case 4: return node(g->a, "s", "", "$for (int $ = #; $ < $; $ += 2) @", how, i, pick(g, 2), i, d, i, body);
    case 5: return node(g->a, "s", "", "$for (real $ = 0.13; $ < 1.0; $ += 0.#) @", how, i, i, i, 3 + pick(g, 3), body);
    case 6: return node(g->a, "s", "", "$for (int $ = 0; $ < abs(@) % 5; $++) @", how, i, i, trips, i, body);
    case 7:
        return node(g->a, "s", "", "$for (int $ = 0; $ < 5; $++) {\nif (@) {\n$ += 1;\n}\n@}\n", how, i, i, i,
                    bool_expr(g, 1), i, body);
    default: return node(g->a, "s", "", "$for (int $ = 0; $ < $; $++) @", how, i, i, d, i, body);
    }
}

static Node *while_loop(Gen *g, const char *c, int budget)
{
    declare(g, c, ty(INT), false, 0);
    Node *cond = bool_expr(g, 2), *body = block(g, budget);
    int most = 2 + pick(g, 4);
    const char *how = attribute(g);
    switch (pick(g, 4)) {
    case 0: return node(g->a, "s", "", "int $ = 0;\n$while ($ < # && @) {\n$++;\n@}\n", c, how, c, most, cond, c, body);
    case 1: return node(g->a, "s", "", "int $ = 0;\n$while (@ && $ < #) {\n$++;\n@}\n", c, how, cond, c, most, c, body);
    case 2: return node(g->a, "s", "", "int $ = 0;\n$do {\n$++;\n@} while ($ < # && @);\n", c, how, c, body, c, most, cond);
    default:
        return node(g->a, "s", "", "int $ = 0;\n$for (;;) {\n$++;\nif ($ > # || @) {\nbreak;\n}\n@}\n", c, how, c, c, most,
                    cond, body);
    }
}

static Node *loop(Gen *g)
{
    double mult = g->mult;
    int before = g->vars.n;
    g->mult *= 4;
    g->loops++;
    g->level++;
    const char *name = arena_printf(g->a, "%s%d", chance(g, 50) ? "i" : "k", ++g->names);
    bool counted = chance(g, 60);
    int budget = 1 + pick(g, 4);
    Node *n = counted ? counted_loop(g, name, budget) : while_loop(g, name, budget);
    g->level--;
    g->loops--;
    g->mult = mult;
    g->vars.n = before;
    if (counted)
        return n;
    return node(g->a, "s", "", "{\n@}\n", n);
}

// A loop that adds something up, most often without touching anything else, and a use of the sum, most often linear: what the compiler runs and
// reverses trip by trip, or very nearly. In between may stand what must keep it from that: writes to what was read.
static Node *sum_loop(Gen *g)
{
    static const int dims[] = {'n', 'm', 'n', 3};
    int before = g->vars.n, dim = dims[pick(g, 4)];
    double mult = g->mult;
    bool *writable = arena_alloc(g->a, sizeof *writable * (size_t)(before + 1));
    g->level++;
    const char *s = arena_printf(g->a, "total%d", ++g->names), *i = arena_printf(g->a, "i%d", ++g->names), *d = dim_text(g->a, dim);
    Node *start = chance(g, 50) ? node(g->a, "real", "0.0", "0.#", pick(g, 4)) : bounded(g, 1, 1).n;
    bool alone = chance(g, 40), stays = g->stays;               // iterations meet in the sum and in nothing else
    const char *how = !alone ? attribute(g) : chance(g, 70) ? "@parallel " : "@independent ";
    g->stays |= alone;
    for (int k = 0; k < before; k++) {
        writable[k] = g->vars.at[k].writable;
        g->vars.at[k].writable &= !alone && chance(g, 12);
    }
    g->mult *= 4;
    g->loops++;
    g->level++;
    if (!alone && chance(g, 20))
        declare(g, s, ty(REAL), false, 0);
    declare(g, i, ty(INT), false, dim);
    declare_elements(g, i, dim);
    Node *locals = state(g), *work = chance(g, 60) ? block(g, 1 + pick(g, 2)) : list(g);
    Node *cond = chance(g, 30) ? bool_expr(g, 1) : NULL, *term = bounded(g, 3, 0.5).n;
    Node *add = node(g->a, "s", "", "$ $= @;\n", s, chance(g, 80) ? "+" : "-", term);
    if (cond)
        add = node(g->a, "s", "", "if (@) {\n@}\n", cond, add);
    g->level--;
    g->loops--;
    g->mult = mult;
    g->vars.n = before;
    g->stays = stays;
    for (int k = 0; k < before; k++)
        g->vars.at[k].writable = writable[k];
    Node *between = chance(g, 40) ? statement(g) : NULL;
    const char *root;
    Node *to = lvalue(g, ty(REAL), &root);
    if (chance(g, 20))
        declare(g, s, ty(REAL), false, 0);
    Node *rest = bounded(g, 2, 2).n, *factor = chance(g, 60) ? node(g->a, "real", "0.5", "0.#", 1 + pick(g, 9)) : bounded(g, 1, 1).n;
    const char *form = chance(g, 75) ? "@ = $ * @ + @;\n" : "@ = sin($ * @) + @;\n";
    Node *use = to ? node(g->a, "s", "", form, to, s, factor, rest) : list(g);
    g->vars.n = before;
    g->level--;
    return node(g->a, "s", "", "{\nreal $ = @;\n$for (int $ = 0; $ < $; $++) {\n@@@}\n@@}\n", s, start, how, i, i, d, i, locals, work, add,
                between ? between : list(g), use);
}

// ---- calls ----

static Node *plain_call(Gen *g)
{
    Ty t = chance(g, 50) ? ty(REAL) : random_type(g);
    bool has_ret = chance(g, 50);
    const Sig *s = callee(g, has_ret, t);
    Node *call = s ? call_of(g, s, 2, NULL) : NULL;
    if (!call)
        return NULL;
    if (!has_ret || chance(g, 15))
        return node(g->a, "s", "", "@;\n", call);
    Node *place = lvalue(g, s->ret, NULL);
    return place ? node(g->a, "s", "", "@ = @;\n", place, call) : NULL;
}

static bool sized_in_caller(Ty t)
{
    (void)t;
    return true; // n and m are passed as n and m
}

// Statements that bring the reals of a variable of this type back to a moderate size.
static void moderate(Gen *g, Node *after, const char *name, Ty t)
{
    if (t.elem == REAL)
        node_child(g->a, after, node(g->a, "s", "", "$ = sin($);\n", name, name));
    if (t.elem != STRUCT)
        return;
    Node *to = after;
    const char *i = arena_printf(g->a, "j%d", ++g->names);
    if (t.rank > 0) {
        const char *d = dim_text(g->a, t.d[0]);
        to = node(g->a, "s", "", "");
        node_child(g->a, after, node(g->a, "s", "", "for (int $ = 0; $ < $; $++) {\n@}\n", i, i, d, i, to));
        name = arena_printf(g->a, "%s[%s]", name, i);
    }
    for (int k = 0; k < t.s->fields.n; k++)
        moderate(g, to, arena_printf(g->a, "%s.%s", name, t.s->fields.at[k].name), t.s->fields.at[k].type);
}

// Declares a variable for what parameter p of a derived function writes; its value if it is read too.
static const char *fresh(Gen *g, Node *before, Node *after, const Param *p)
{
    Node *value = p->role == INOUT && p->type.elem != STRUCT ? value_of(g, p->type, 1) : NULL;
    const char *name = arena_printf(g->a, "r%d", ++g->names);
    Ty t = p->type;
    node_child(g->a, before,
               value ? node(g->a, "s", "", "$ $$ = @;\n", elem_name(g, t), name, suffix(g, t), value)
                     : node(g->a, "s", "", "$ $$;\n", elem_name(g, t), name, suffix(g, t)));
    declare(g, name, t, true, 0);
    moderate(g, after, name, t);
    return name;
}

static const Sig *rough_callee(Gen *g)
{
    const Sig *found = NULL;
    int n = 0;
    for (int i = 0; i < g->sigs.n; i++) {
        const Sig *s = g->sigs.at[i];
        if (s->rough && g->mult * s->cost < 800 && g->cost + g->mult * s->cost < 3000 && pick(g, ++n) == 0)
            found = s;
    }
    return found;
}

static Node *derived_call(Gen *g)
{
    const Sig *s = rough_callee(g);
    if (!s || g->no_calls)
        return NULL;
    const char *given[96] = {NULL};
    int vars = g->vars.n;
    Node *before = node(g->a, "s", "", ""), *after = node(g->a, "s", "", "");
    for (int i = 0; i < s->params.n; i++) {
        const Param *p = &s->params.at[i];
        if (p->role != IN && sized_in_caller(p->type))
            given[i] = fresh(g, before, after, p);
        else if (p->depth)
            given[i] = "1";
        else
            given[i] = strcmp(p->name, "n") == 0 ? "n" : strcmp(p->name, "m") == 0 ? "m" : NULL;
    }
    Node *call = call_of(g, s, 1, given);
    if (!call) {
        g->vars.n = vars;
        return NULL;
    }
    call->tag = "";
    if (!s->has_ret)
        return node(g->a, "s", "", "@@;\n@", before, call, after);
    const char *r = arena_printf(g->a, "r%d", ++g->names);
    declare(g, r, s->ret, true, 0);
    moderate(g, after, r, s->ret);
    return node(g->a, "s", "", "@$ $$ = @;\n@", before, elem_name(g, s->ret), r, suffix(g, s->ret), call, after);
}

// ---- any ----

static Node *check_of(Gen *g)
{
    return node(g->a, "s", "", "assert(@ || n > 0, \"#\");\n", bool_expr(g, 1), pick(g, 9));
}

// A value that may be infinite or NaN, or whose derivative may, and branches that use it where neither is so.
static Node *guarded(Gen *g)
{
    static const char *const forms[] = {"sqrt(@)", "log(@)", "0.1 / (@)", "pow(@, 0.4)", "acosh(1.0 + @)", "log1p(2.0 * (@) - 1.0)", "sqrt(@) * x"};
    const char *e = arena_printf(g->a, "e%d", ++g->names), *q = arena_printf(g->a, "q%d", g->names);
    const char *form = forms[pick(g, 6)];
    Node *value = bounded(g, 2, 4).n, *name = node(g->a, "real", NULL, "$", e);
    Node *n = node(g->a, "s", "", "{\nreal $ = @;\nreal $ = @;\n", e, value, q, node(g->a, "real", "0.7", form, name));
    for (int k = chance(g, 40) ? 2 : 1; k > 0; k--) {
        Node *to = lvalue(g, ty(REAL), NULL);
        if (to)
            node_child(g->a, n, node(g->a, "s", "", "if ($ > 0.#) {\n@ = sin($ * @);\n}\n", e, 51 + pick(g, 20), to, q, bounded(g, 1, 1).n));
    }
    node_text(g->a, n, "}\n");
    return n;
}

static Node *try_statement(Gen *g)
{
    static const int outside[] = {22, 52, 63, 79, 84, 92, 97, 98}, inside[] = {12, 60, 72, 81, 90, 96, 98, 98};
    const int *upto = g->loops > 0 ? inside : outside;
    int k = pick(g, 100);
    if (chance(g, 2))
        return guarded(g);
    if (k < upto[0])
        return declaration(g);
    if (k < upto[1])
        return assignment(g);
    if (k < upto[2])
        return branch(g);
    if (k < upto[3])
        return g->loops >= 3 ? assignment(g) : chance(g, 35) ? sum_loop(g) : loop(g);
    if (k < upto[4])
        return jump(g);
    if (k < upto[5])
        return plain_call(g);
    if (k < upto[6])
        return derived_call(g);
    if (k < upto[7])
        return check_of(g);
    return k < 99 ? block(g, 1 + pick(g, 3)) : node(g->a, "s", "", ";\n");
}

Node *statement(Gen *g)
{
    Node *n = NULL;
    g->cost += g->mult;
    for (int tries = 0; !n && tries < 4; tries++)
        n = try_statement(g);
    return n;
}

// Some variables that all of a function can work on.
Node *state(Gen *g)
{
    static const int dims[] = {'n', 'm', 3, 2};
    Node *n = node(g->a, "s", NULL, "");
    for (int i = 1 + pick(g, 3); i > 0; i--) {
        Ty t = chance(g, 40) ? ty(chance(g, 75) ? REAL : INT)
                             : (Ty){.elem = chance(g, 85) ? REAL : INT, .rank = 1, .d = {dims[pick(g, 4)]}};
        if (g->structs.n > 0 && chance(g, 40))
            t = random_type(g);
        Node *value = chance(g, 70) ? value_of(g, t, 1) : NULL;
        const char *name = new_name(g);
        declare(g, name, t, true, 0);
        node_child(g->a, n,
                   value ? node(g->a, "s", "", "$ $$ = @;\n", elem_name(g, t), name, suffix(g, t), value)
                         : node(g->a, "s", "", "$ $$;\n", elem_name(g, t), name, suffix(g, t)));
    }
    return n;
}
