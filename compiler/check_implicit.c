// check_implicit.c — root and fixed_point: calls that stand for the solution of an equation.
//
// In: a call root(F, y0, a) or fixed_point(G, y0, a), as parsed. Out: a call of a function that the checker makes, once for each F:
//
//     real F(real y, real a) { return y * y - a; }        root(F, 1.0, x)  ->  F_root(1.0, x), with
//
//     real F_root(real y, real a)                { Newton's method from y }
//     real F_tangent(real y, real a, real r)     { slope of F in y at (y, a);  return -r / slope; }
//
// Its derivative is not that of the iterations. F(y, a) stays 0 wherever a goes, so J y_dot + r_dot = 0, where J is the Jacobian of F in y and
// r_dot the tangent of F in the rest. Function.implicit has what jvp.c and vjp_rev.c need for that: F, and the functions -J^-1 r and -J^-T y_bar.
//
// The made functions are written below as text of the language, with $names for what differs from F to F, and are parsed and checked as any
// other. What calls in them mean is theirs alone (Function.knows), so no name of the user's is in the way. For messages and for the C all of the
// text stands where the call does that first asked for it; no message is about it, since what could go wrong is asked of F before.
#include "checker.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

struct Equation {               // an F that some call wants solved
    Function *given;            // what the user named
    bool fixed_point, vector;
    bool by_rows;               // an extern function with a custom vjp only: its Jacobian is made of adjoints
    int unknown;                // which parameter is solved for
    Loc loc;                    // of the call
    Map *knows;                 // names in the text -> Function
    Function *root;
    VEC(Function *) made;
    Equation *next;             // of the same `given`
};

// ---- the text

// Solves F = 0 by Newton's method, taking as much of each step d as makes F smaller. In vectors F is measured row by row beside what its terms
// are like: a few units of round-off there is what the rounding of y alone would leave. Where F is not as exact as that, y has been found when
// the step is small and F gets no smaller by it.
static const char SCALAR[] =
    "real root($params) {\n"
    "    real $x = $y;\n"
    "    bool $found = false, $stuck = false;\n"
    "    for (int $k = 0; $k < 100 && !$found && !$stuck; $k++) {\n"
    "        real $slope;\n"
    "        real $r = slope($at_x, 1.0, $slope), $d = $r / $slope;\n"
    "        $found = $r == 0.0 || abs($d) <= $few * abs($x);\n"
    "        if ($found) {\n"
    "            if ($r != 0.0)\n"
    "                $x -= $d;\n"
    "        } else {\n"
    "            bool $close = abs($d) <= $near * (1.0 + abs($x));\n"
    "            real $t = 1.0, $z = $x - $d, $next = abs(F($at_z)), $least = $close ? 1.0 : 1e-12;\n"
    "            while (!($next <= (1.0 - 1e-4 * $t) * abs($r)) && $t > $least) {\n"
    "                $t *= 0.5;\n"
    "                $z = $x - $t * $d;\n"
    "                $next = abs(F($at_z));\n"
    "            }\n"
    "            if ($next <= (1.0 - 1e-4 * $t) * abs($r)) {\n"
    "                $x = $z;\n"
    "            } else {\n"
    "                $found = $close;\n"
    "                $stuck = !$close;\n"
    "            }\n"
    "        }\n"
    "    }\n"
    "    return $found ? $x : NAN;\n"
    "}\n"
    "real tangent($params, real $r) {\n"
    "    real $slope;\n"
    "    slope($args, 1.0, $slope);\n"
    "    return -$r / $slope;\n"
    "}\n";

static const char VECTOR[] =
    "real size(int n, real r[n], real scale[n]) {\n"
    "    real size = 0.0;\n"
    "    for (int i = 0; i < n; i++)\n"
    "        if (r[i] != 0.0)\n"
    "            size = max(size, abs(r[i]) / scale[i]);\n"
    "    return size;\n"
    "}\n"
    "real[$n] root($params) {\n"
    "    real $x[$n] = $y;\n"
    "    bool $found = false, $stuck = false;\n"
    "    for (int $k = 0; $k < 100 && !$found && !$stuck; $k++) {\n"
    "        real $J[$n][$n];\n"
    "        real $r[$n] = jacobian($at_x, $J), $d[$n] = solve($J, $r), $scale[$n];\n"
    "        for (int $i = 0; $i < $n; $i++)\n"
    "            for (int $j = 0; $j < $n; $j++)\n"
    "                $scale[$i] += abs($J[$i][$j]) * (abs($x[$j]) + abs($d[$j]));\n"
    "        real $now = size($n, $r, $scale);\n"
    "        $found = $now <= $few;\n"
    "        if ($found) {\n"
    "            if ($now > 0.0)\n"
    "                $x -= $d;\n"
    "        } else {\n"
    "            bool $close = all(abs($d) <= $near * (1.0 + abs($x)));\n"
    "            real $t = 1.0, $z[$n] = $x - $d, $next = size($n, F($at_z), $scale), $least = $close ? 1.0 : 1e-12;\n"
    "            while (!($next <= (1.0 - 1e-4 * $t) * $now) && $t > $least) {\n"
    "                $t *= 0.5;\n"
    "                $z = $x - $t * $d;\n"
    "                $next = size($n, F($at_z), $scale);\n"
    "            }\n"
    "            if ($next <= (1.0 - 1e-4 * $t) * $now) {\n"
    "                $x = $z;\n"
    "            } else {\n"
    "                $found = $close;\n"
    "                $stuck = !$close;\n"
    "            }\n"
    "        }\n"
    "    }\n"
    "    if (!$found)\n"
    "        $x = NAN;\n"
    "    return $x;\n"
    "}\n"
    "real[$n] tangent($params, real $r[$n]) {\n"
    "    real $J[$n][$n];\n"
    "    jacobian($args, $J);\n"
    "    return -solve($J, $r);\n"
    "}\n"
    "real[$n] adjoint($params, real $r[$n]) {\n"
    "    real $J[$n][$n];\n"
    "    jacobian($args, $J);\n"
    "    return -solve(transpose($J), $r);\n"
    "}\n";

static const char RESIDUAL[] =
    "$result F($params) { return $y - given($args); }\n";

// ---- what the $names stand for

static const VarDecl *unknown_of(const Equation *q)
{
    return q->given->params.at[q->unknown];
}

// $r is the variable r, or r2, .. where F has a parameter r, or the module a constant, which a size may be made of.
static const char *local_name(Checker *c, const Equation *q, const char *name)
{
    const char *free = intern_z(c->module->names, name);
    for (int i = 0, digit = 2; i <= q->given->params.n; i++) {
        bool taken = i < q->given->params.n ? q->given->params.at[i]->name.text == free : map_get(c->constants, free) != NULL;
        if (!taken)
            continue;
        free = intern_z(c->module->names, arena_printf(c->arena, "%s%d", name, digit++));
        i = -1;
    }
    return free;
}

static void put_type(Text *out, const TypeName *t)
{
    text_printf(out, "%s%s%s", elem_text(t->elem), t->elem == ELEM_STRUCT ? " " : "", t->elem == ELEM_STRUCT ? t->struct_name.text : "");
}

static void put_dims(Text *out, const ExprList *dims)
{
    for (int i = 0; i < dims->n; i++) {
        text_put(out, "[");
        ast_expr_source(out, dims->at[i]);
        text_put(out, "]");
    }
}

static void put_params(Text *out, const Equation *q)
{
    for (int i = 0; i < q->given->params.n; i++) {
        const VarDecl *p = q->given->params.at[i];
        text_put(out, i ? ", " : "");
        put_type(out, &p->type);
        text_printf(out, " %s", p->name.text);
        put_dims(out, &p->dims);
    }
}

static void put_args(Text *out, const Equation *q, const char *unknown)
{
    for (int i = 0; i < q->given->params.n; i++)
        text_printf(out, "%s%s", i ? ", " : "", i == q->unknown ? unknown : q->given->params.at[i]->name.text);
}

static void put_name(Checker *c, Text *out, const Equation *q, const char *name)
{
    bool single = c->module->real_float;
    const VarDecl *y = unknown_of(q);
    if (strcmp(name, "params") == 0) {
        put_params(out, q);
    } else if (strcmp(name, "args") == 0) {
        put_args(out, q, y->name.text);
    } else if (strncmp(name, "at_", 3) == 0) {
        put_args(out, q, local_name(c, q, name + 3));
    } else if (strcmp(name, "y") == 0) {
        text_put(out, y->name.text);
    } else if (strcmp(name, "n") == 0) {
        ast_expr_source(out, y->dims.at[0]);
    } else if (strcmp(name, "result") == 0) {
        text_put(out, "real");
        put_dims(out, &y->dims);
    } else if (strcmp(name, "few") == 0) {                      // 8 units of round-off
        text_put(out, single ? "9.5e-07" : "1.8e-15");
    } else if (strcmp(name, "near") == 0) {                     // round-off to the power 2/3
        text_put(out, single ? "2.4e-05" : "3.7e-11");
    } else {
        text_put(out, local_name(c, q, name));
    }
}

static void put_text(Checker *c, Text *out, const Equation *q, const char *text)
{
    for (const char *at = text; *at;) {
        if (*at != '$') {
            text_printf(out, "%c", *at++);
            continue;
        }
        const char *end = ++at;
        while (isalpha((unsigned char)*end) || *end == '_')
            end++;
        put_name(c, out, q, arena_printf(c->arena, "%.*s", (int)(end - at), at));
        at = end;
    }
}

// ---- making the functions

typedef struct Aside {          // the state of a check that is interrupted
    Diags *diags;
    Function *function;
    int order;
} Aside;

// From here on mistakes would be the checker's own, and all constants may be used.
static Aside step_aside(Checker *c)
{
    Aside before = {c->diags, c->function, c->order};
    c->diags = diags_new(c->arena);
    c->function = NULL;
    c->order = c->module->decls.n;
    return before;
}

static void step_back(Checker *c, Aside before)
{
    // A mistake in F that was reported, as in a size of a parameter, is one in what is made of F as well.
    assert(diag_errors(c->diags) == 0 || diag_errors(before.diags) > 0);
    c->diags = before.diags;
    c->function = before.function;
    c->order = before.order;
}

static const char *c_name(Checker *c, const Equation *q, const char *alias)
{
    if (strcmp(alias, "root") == 0 && q->fixed_point)
        alias = "fixed_point";
    else if (strcmp(alias, "F") == 0)
        alias = "residual";
    return free_function_name(c, q->given->name.text, alias);
}

static void make_functions(Checker *c, Equation *q, const char *pattern)
{
    Text text = text_in(c->arena);
    put_text(c, &text, q, pattern);
    ParseOptions options = {.arena = c->arena, .names = c->module->names, .diags = c->diags, .at = q->loc};
    ParseStatus status;
    Module *m = parse_text(&options, "", text.at, text.n, &status);
    for (int i = 0; i < m->decls.n; i++) {
        Function *f = m->decls.at[i]->function;
        const char *alias = f->name.text;
        assert(m->decls.at[i]->kind == TOP_FUNCTION);
        map_set(q->knows, alias, f);
        f->name.text = q->given->name.text;                     // what messages about arguments call it
        f->cname = c_name(c, q, alias);
        f->is_static = true;
        f->knows = q->knows;
        signature_check(c, f);
        vec_push(c->arena, &c->made, f);
        vec_push(c->arena, &q->made, f);
    }
}

static void *known(Checker *c, const Equation *q, const char *alias)
{
    return map_get(q->knows, intern_z(c->module->names, alias));
}

static void know(Checker *c, Equation *q, const char *alias, Function *f)
{
    map_set(q->knows, intern_z(c->module->names, alias), f);
}

// Parameters and names are there afterwards; bodies are checked when the module's own are done.
static void make_equation(Checker *c, Equation *q)
{
    Aside before = step_aside(c);
    q->knows = map_new(c->arena);
    know(c, q, q->fixed_point ? "given" : "F", q->given);
    if (q->fixed_point)
        make_functions(c, q, RESIDUAL);
    Function *F = known(c, q, "F");
    if (q->vector)
        know(c, q, "jacobian", derive_by(c, F, q->by_rows ? XFORM_JACREV : XFORM_JACFWD, q->unknown, q->loc));
    else
        know(c, q, "slope", derive_by(c, F, q->by_rows ? XFORM_VJP : XFORM_JVP, q->unknown, q->loc));
    make_functions(c, q, q->vector ? VECTOR : SCALAR);
    q->root = known(c, q, "root");
    Implicit *how = NEW(c->arena, Implicit);
    *how = (Implicit){F, known(c, q, "tangent"), known(c, q, q->vector ? "adjoint" : "tangent"), q->unknown};
    q->root->implicit = how;
    step_back(c, before);
}

typedef VEC(Function *) FunctionList;

static void list_those_for(Checker *c, const Function *given, FunctionList *all)
{
    for (Equation *q = map_get(c->equations_of, given); q; q = q->next)
        for (int i = 0; i < q->made.n; i++)
            vec_push(c->arena, all, q->made.at[i]);
}

// Behind each function of the module those that were made for it; those for derived ones at the end.
static void list_made(Checker *c)
{
    Program *p = c->program;
    FunctionList all = {0};
    for (int i = 0; i < p->functions.n; i++) {
        vec_push(c->arena, &all, p->functions.at[i]);
        list_those_for(c, p->functions.at[i], &all);
    }
    for (int i = 0; i < p->derived.n; i++)
        list_those_for(c, p->derived.at[i], &all);
    p->functions.n = 0;
    for (int i = 0; i < all.n; i++)
        vec_push(c->arena, &p->functions, all.at[i]);
}

void implicit_bodies(Checker *c)
{
    Aside before = step_aside(c);
    for (int i = 0; i < c->made.n; i++)
        check_body(c, c->made.at[i]);
    step_back(c, before);
    list_made(c);
}

// ---- what is asked of F

static bool is_solvable(Checker *c, Loc loc, const char *what, const Function *f)
{
    const Type r = f->result_type;
    const char *name = f->name.text;
    for (int i = 0; i < f->params.n; i++) {
        const VarDecl *p = f->params.at[i];
        if (p->sym->type.elem == ELEM_ERROR)
            return false;                                       // was reported
        if (p->role == ROLE_IN)
            continue;
        diag_error(c->diags, loc, "%s takes a function that only has in parameters; '%s' is an %s parameter of '%s'", what,
                   p->name.text, role_text(p->role), name);
        diag_note(c->diags, p->name.loc, "'%s' is declared here", p->name.text);
        return false;
    }
    if (r.elem == ELEM_ERROR)
        return false;
    if (r.elem == ELEM_REAL && r.rank <= 1 && f->params.n < MAX_PARAMS)
        return true;
    if (f->params.n >= MAX_PARAMS)
        diag_error(c->diags, loc, "%s takes a function of at most %d parameters", what, MAX_PARAMS - 1);
    else
        diag_error(c->diags, loc, "%s takes a function that gives a real or a vector of reals; '%s' gives %s", what, name,
                   type_text(c->arena, r));
    diag_note(c->diags, f->name.loc, "it is '%s'", signature_text(c, f, name));
    return false;
}

// The first real parameter, which has to have the result's shape; -1 after an error.
static int find_unknown(Checker *c, Loc loc, const char *what, const Function *f)
{
    int i = 0;
    while (i < f->params.n && f->params.at[i]->sym->type.elem != ELEM_REAL)
        i++;
    if (i == f->params.n) {
        diag_error(c->diags, loc, "'%s' has no real parameter for %s to solve for", f->name.text, what);
        diag_note(c->diags, f->name.loc, "it is '%s'", signature_text(c, f, f->name.text));
        return -1;
    }
    const Type *y = &f->params.at[i]->sym->type;
    if (shapes_fit(c, y, &f->result_type) == FIT_YES)
        return i;
    diag_error(c->diags, loc, "%s needs as many equations as unknowns: '%s' gives %s, but its first real parameter '%s' is %s", what,
               f->name.text, type_text(c->arena, f->result_type), f->params.at[i]->name.text, type_text(c->arena, *y));
    diag_note(c->diags, f->params.at[i]->name.loc, "'%s' is declared here", f->params.at[i]->name.text);
    return -1;
}

static bool has_derivative(Checker *c, Loc loc, const char *what, const Function *f)
{
    if (!f->is_extern || f->custom_jvp || f->custom_vjp)
        return true;
    diag_error(c->diags, loc, "%s differentiates '%s', which has no body and no custom rule", what, f->name.text);
    diag_note(c->diags, f->name.loc, "declared here; a 'custom jvp' or 'custom vjp' rule would do");
    return false;
}

// The F that a call names; NULL after an error.
static Function *function_argument(Checker *c, const Expr *e)
{
    const char *what = e->call.name.text;
    const Expr *first = e->call.args.n ? e->call.args.at[0] : NULL;
    if (!first || first->kind != EXPR_NAME) {
        diag_error(c->diags, first ? first->loc : e->loc, "the first argument of %s is the name of a function", what);
        return NULL;
    }
    Function *f = find_function(c, first->name.name);
    if (!f && (map_get(c->variables, first->name.name) || map_get(c->constants, first->name.name)))
        diag_error(c->diags, first->loc, "the first argument of %s is the name of a function; '%s' is a variable", what, first->name.name);
    else if (!f && builtin_find(first->name.name))
        diag_error(c->diags, first->loc, "'%s' is a builtin; %s takes a function of the module, which may call it", first->name.name, what);
    else if (!f)
        unknown_function(c, (Name){first->name.name, first->loc});
    else if (!only_for_c(c, first->loc, f) && !is_broken(f) && !f->is_prototype)
        return f;
    return NULL;
}

static Equation *equation_for(Checker *c, const Expr *e)
{
    Function *f = function_argument(c, e);
    const char *what = e->call.name.text;
    if (!f || !is_solvable(c, e->call.args.at[0]->loc, what, f))
        return NULL;
    Loc loc = e->call.args.at[0]->loc;
    int unknown = find_unknown(c, loc, what, f);
    if (unknown < 0 || !has_derivative(c, loc, what, f))
        return NULL;
    bool fixed_point = e->call.builtin->id == BUILTIN_fixed_point;
    Equation *others = map_get(c->equations_of, f);
    for (Equation *q = others; q; q = q->next)
        if (q->fixed_point == fixed_point)
            return q;
    Equation *q = NEW(c->arena, Equation);
    *q = (Equation){.given = f, .fixed_point = fixed_point, .vector = f->result_type.rank == 1,
                    .by_rows = f->is_extern && !f->custom_jvp, .unknown = unknown, .loc = e->loc, .next = others};
    make_equation(c, q);
    map_set(c->equations_of, f, q);
    vec_push(c->arena, &c->equations, q);
    return q;
}

static bool count_matches(Checker *c, const Expr *e, const Function *f)
{
    int n = e->call.args.n - 1, want = f->params.n;
    if (n == want)
        return true;
    diag_error(c->diags, e->loc, "%s of '%s' takes %d argument%s after its name, here %s %d", e->call.name.text, f->name.text, want,
               want == 1 ? "" : "s", n == 1 ? "is" : "are", n);
    diag_note(c->diags, f->name.loc, "it is '%s'", signature_text(c, f, f->name.text));
    return false;
}

Function *check_implicit(Checker *c, Expr *e)
{
    Equation *q = equation_for(c, e);
    bool good = q && count_matches(c, e, q->given);
    fail(e);
    if (!good) {
        for (int i = 1; i < e->call.args.n; i++)
            check_operand(c, e->call.args.at[i]);
        return NULL;
    }
    e->call.builtin = NULL;
    e->call.of = (Name){q->given->name.text, e->call.args.at[0]->loc};
    for (int i = 1; i < e->call.args.n; i++)
        e->call.args.at[i - 1] = e->call.args.at[i];
    e->call.args.n--;
    return q->root;
}

// ---- equations that need their own solution

typedef struct Way {            // to a function that q's F needs
    const Function *f;
    Loc call;                   // of it, or of what leads to it by a derive
} Way;

// Where what q->given needs calls for q's root: a location without a file if nowhere. A derived function calls what its base does.
static Loc own_solution(Checker *c, const Equation *q)
{
    VEC(Way) todo = {0};
    Map *seen = map_new(c->arena);
    vec_push(c->arena, &todo, ((Way){q->given, q->given->name.loc}));
    for (int head = 0; head < todo.n; head++) {
        Way at = todo.at[head];
        const CallList *calls = map_get(c->calls, at.f);
        if (at.f == q->root)
            return at.call;
        if (map_get(seen, at.f))
            continue;
        map_set(seen, at.f, c);
        if (at.f->base)
            vec_push(c->arena, &todo, ((Way){at.f->base, at.call}));
        for (int i = 0; calls && i < calls->n; i++)
            vec_push(c->arena, &todo, ((Way){calls->at[i].callee, calls->at[i].loc}));
    }
    return (Loc){0};
}

bool implicit_cycles(Checker *c)
{
    bool good = true;
    for (int i = 0; i < c->equations.n; i++) {
        const Equation *q = c->equations.at[i];
        const char *name = q->given->name.text;
        Loc call = own_solution(c, q);
        if (!call.file)
            continue;
        good = false;
        diag_error(c->diags, call, "'%s' needs the solution of its own equation: this is %s of '%s'", name,
                   q->fixed_point ? "fixed_point" : "root", name);
        diag_note(c->diags, q->given->name.loc, "'%s' is defined here", name);
    }
    return good;
}
