// eval.c — evaluates what stands on the command line. See eval.h.
//
// In: a file that was checked, and a text. Out: values. An expression with a scalar value becomes the body of a function behind the file's own, and
// that is run:
//
//     f(1.5) + 1.0          ->   int eval_0() { int value = f(1.5) + 1.0; return value; }        does not fit: is it a bool, a real?
//
// A call of one function that takes or gives more than scalars is taken apart instead: each number in it becomes a function of that kind, so that
// it may be any expression; then the function itself is called, and everything that comes out of it is printed with its name.
//
//     g_grad(2, {1.0, M_PI})     ->   n = eval_0(), x = {eval_1(), eval_2()};  g_grad(n, x, out x_bar)
#include "eval.h"

#include <ctype.h>
#include <string.h>

#include "derive.h"
#include "trial.h"

enum { MAX_STEPS = 50000000, MAX_CELLS = 1000000 };

static const char TEXT_NAME[] = "(expression)";

// A piece of the text that becomes a function.
typedef struct Leaf {
    const char *at;
    size_t n;
    Elem elem;
} Leaf;

typedef struct Eval {
    const Job *job;
    Arena *arena;
    Function *f;                            // that is called, or NULL: the text is an expression
    const Func *F;                          // the same
    VEC(Leaf) leaves;
    const char *name;                       // of functions that are made: name_0, name_1, ..
    Trial t;
} Eval;

static int wrong(const Eval *e, const char *message)
{
    return job_complain(e->job, EXIT_ERRORS, message);
}

// ---- the text ----

static const char *skip_space(const char *s)
{
    while (isspace((unsigned char)*s))
        s++;
    return s;
}

// Behind the part that ends with a comma or closing bracket of its own level.
static const char *part_end(const char *s)
{
    int depth = 0;
    for (; *s; s++) {
        if (strchr("([{", *s))
            depth++;
        else if (depth == 0 && strchr(",)]}", *s))
            break;
        else if (strchr(")]}", *s))
            depth--;
    }
    return s;
}

static int n_open(const char *s)                                // brackets that nothing closes
{
    int n = 0;
    for (; *s; s++)
        n += strchr("([{", *s) ? 1 : strchr(")]}", *s) ? -1 : 0;
    return n;
}

static Function *function_named(const Eval *e, const char *name, size_t n)
{
    const Program *p = e->job->program;
    for (int i = 0; i < p->functions.n; i++)
        if (!p->functions.at[i]->knows && strlen(p->functions.at[i]->name.text) == n && memcmp(p->functions.at[i]->name.text, name, n) == 0)
            return p->functions.at[i];
    for (int i = 0; i < p->derived.n; i++)
        if (p->derived.at[i]->derive && !p->derived.at[i]->record && strlen(p->derived.at[i]->name.text) == n &&
            memcmp(p->derived.at[i]->name.text, name, n) == 0)
            return p->derived.at[i];
    return NULL;
}

static bool is_scalar_function(const Func *F)
{
    for (int i = 0; i < F->params.n; i++)
        if (F->params.at[i].role != ROLE_IN || type_is_linear(F->params.at[i].type))
            return false;
    return F->ret >= 0;
}

// Is all of the text one call of a function that takes or gives more than scalars? Then its arguments begin at *args.
static bool is_call(Eval *e, const char *text, const char **args)
{
    const char *s = text, *end = text;
    while (isalnum((unsigned char)*end) || *end == '_')
        end++;
    const char *open = skip_space(end);
    e->f = *open == '(' ? function_named(e, s, (size_t)(end - s)) : NULL;
    if (!e->f)
        return false;
    const char *close = open + 1;
    while (close = part_end(close), *close == ',')
        close++;
    *args = open + 1;
    e->F = e->f->lowered;
    return *close == ')' && !*skip_space(close + 1) && !is_scalar_function(e->F);
}

// ---- pieces ----

static bool add_leaf(Eval *e, const char *from, const char *to, Elem elem)
{
    from = skip_space(from);
    Leaf l = {from, (size_t)(to - from), elem};
    vec_push(e->arena, &e->leaves, l);
    return l.n > 0;
}

// The values in braces; *k counts them.
static bool add_braces(Eval *e, const char *s, const char *end, Type t, size_t *k)
{
    s = skip_space(s);
    if (*s != '{')
        return add_leaf(e, s, end, iv_elem(t, (*k)++));
    s = skip_space(s + 1);
    if (*s == '}')
        return true;
    for (;; s++) {
        const char *to = part_end(s);
        if (!add_braces(e, s, to, t, k))
            return false;
        s = to;
        if (*s != ',')
            return *s == '}' && skip_space(s + 1) == skip_space(end);
    }
}

// One argument; counts[i] is how many values it has.
static int add_argument(Eval *e, const Param *p, const char *from, const char *to, size_t *count)
{
    *count = 0;
    if (type_is_linear(p->type) && *skip_space(from) != '{')
        return wrong(e, arena_printf(e->arena, "the value of '%s' is written in braces, as {1.0, 2.0}", p->name));
    if (!add_braces(e, from, to, p->type, count) || (type_is_scalar(p->type) && *count != 1))
        return wrong(e, arena_printf(e->arena, "the value of '%s' is not a value for it", p->name));
    return EXIT_OK;
}

static int n_given(const Func *F)
{
    int n = 0;
    for (int i = 0; i < F->params.n; i++)
        n += F->params.at[i].role != ROLE_OUT;
    return n;
}

static int add_arguments(Eval *e, const char *s, size_t *counts)
{
    int status = EXIT_OK, n = 0, want = n_given(e->F);
    bool none = *skip_space(s) == ')';
    for (int i = 0; i < e->F->params.n && status == EXIT_OK && !none; i++) {
        const Param *p = &e->F->params.at[i];
        if (p->role == ROLE_OUT)
            continue;
        const char *to = part_end(s);
        status = add_argument(e, p, s, to, &counts[i]);
        n++;
        if (*to == ')')
            none = true;
        s = to + 1;
    }
    if (status == EXIT_OK && (n != want || !(none || want == 0)))
        return wrong(e, arena_printf(e->arena, "'%s' is given %s than the %d argument%s it has without its out parameters", e->f->name.text,
                                  n < want ? "less" : "more", want, want == 1 ? "" : "s"));
    return status;
}

// ---- running pieces ----

static const char *elem_name(Elem elem)
{
    return elem == E_INT ? "int" : elem == E_BOOL ? "bool" : "real";
}

static void put_leaves(const Eval *e, Text *out)
{
    for (int i = 0; i < e->leaves.n; i++) {
        const Leaf *l = &e->leaves.at[i];
        text_printf(out, "%s %s_%d() { %s value =\n%.*s\n; return value; }\n", elem_name(l->elem), e->name, i, elem_name(l->elem), (int)l->n, l->at);
    }
}

// Reads the file with a function for each piece. The diags of `again` have what is wrong.
static int read_leaves(const Eval *e, Job *again)
{
    Text text = text_in(e->arena);
    text_put(&text, "");
    put_leaves(e, &text);
    return job_read_again(again, e->job, TEXT_NAME, text.at);
}

static const char *free_name(const Eval *e)
{
    const char *name = "eval";
    while (function_named(e, arena_printf(e->arena, "%s_0", name), strlen(name) + 2))
        name = arena_printf(e->arena, "%s_", name);
    return name;
}

static void no_report(void *user, bool is_error, IrLoc loc, const char *message, IrLoc note_loc, const char *note)
{
    (void)user, (void)is_error, (void)loc, (void)message, (void)note_loc, (void)note;
}

static int stopped(const Eval *e)
{
    const Trial *t = &e->t;
    if (!t->reason_at.line)
        return wrong(e, t->reason);
    diag_error(e->job->diags, job_span(e->job, t->reason_at), "%s", t->reason_alone);
    job_print_diags(e->job);
    return EXIT_ERRORS;
}

// The value of piece i.
static int run_leaf(Eval *e, int i, double *value)
{
    Layout l;
    const Func *f = func_by_name(e->t.plain, arena_printf(e->arena, "%s_%d", e->name, i));
    if (!f || !trial_layout(&e->t, f, value, &l))
        return job_bug("a piece of the expression is lost");
    Flow flow = {.lanes = 1, .y = value};
    return trial_call(&e->t, f, NULL, &l, &flow) ? EXIT_OK : stopped(e);
}

// ---- printing ----

static void put_value(Eval *e, Text *out, Elem elem, double x)
{
    if (elem == E_REAL)
        text_put(out, real_text(e->arena, x));
    else if (elem == E_BOOL)
        text_put(out, x != 0 ? "true" : "false");
    else
        text_printf(out, "%d", (int)x);
}

// Something with these dimensions, its elements of `size` cells: {..} around each axis of more than one element, and around structs.
static void put_cells(Eval *e, Text *out, Type t, int rank, const size_t *dims, size_t size, const double *x, size_t n)
{
    if (rank == 0 && size == 1) {
        put_value(e, out, iv_elem(t, 0), x[0]);
        return;
    }
    size_t parts = rank ? dims[0] : size, each = parts ? n / parts : 0;
    text_put(out, "{");
    for (size_t i = 0; i < parts; i++) {
        text_put(out, i ? ", " : "");
        if (rank)
            put_cells(e, out, t, rank - 1, dims + 1, size, x + i * each, each);
        else
            put_value(e, out, iv_elem(t, i), x[i]);
    }
    text_put(out, "}");
}

static void put_outputs(Eval *e, Text *out, const Func *F, const Layout *l, const double *y)
{
    int n = func_n_results(F);
    size_t returned = (size_t)F->params.n;
    if (F->ret >= 0) {
        text_put(out, n > 1 ? "result = " : "");
        put_value(e, out, (Elem)F->ret_type.elem, y[l->first[returned]]);
        text_put(out, "\n");
    }
    for (int i = 0; i < F->params.n; i++) {
        const Param *p = &F->params.at[i];
        if (p->role == ROLE_IN)
            continue;
        if (n > 1)
            text_printf(out, "%s = ", p->is_result ? "result" : p->name);
        Type t = p->type;
        bool linear = type_is_linear(t);
        put_cells(e, out, t, linear ? t.rank : 0, l->shape[i].dims, type_is_struct(t) ? (size_t)struct_scalars(t.st) : 1, y + l->first[i],
                  l->count[i]);
        text_put(out, "\n");
    }
}

// ---- calls ----

// Puts the values of the pieces where the parameters lie.
static int place_values(Eval *e, const Layout *l, const size_t *counts, const double *values, double *x)
{
    const Func *F = l->F;
    for (int i = 0; i < F->params.n; i++) {
        if (F->params.at[i].role == ROLE_OUT)
            continue;
        if (counts[i] != l->count[i])
            return wrong(e, arena_printf(e->arena, "'%s' is given %zu value%s, but has %zu", F->params.at[i].name, counts[i], counts[i] == 1 ? "" : "s",
                                      l->count[i]));
        memcpy(x + l->first[i], values, sizeof *x * counts[i]);
        values += counts[i];
    }
    return EXIT_OK;
}

static int call(Eval *e, const size_t *counts, const double *values, Text *out)
{
    const Func *F = func_by_name(e->t.plain, e->F->name);
    double *ints = NEW_N(e->arena, double, F->params.n + 1);
    Layout l;
    for (int i = 0, k = 0; i < F->params.n; i++) {
        if (F->params.at[i].role != ROLE_OUT && counts[i])
            ints[i] = values[k];
        k += (int)counts[i];
    }
    if (!trial_layout(&e->t, F, ints, &l))
        return stopped(e);
    Flow flow = {.lanes = 1, .y = trial_vector(e->arena, &l, 1)};
    double *x = trial_vector(e->arena, &l, 1);
    int status = place_values(e, &l, counts, values, x);
    flow.x = x;
    if (status != EXIT_OK)
        return status;
    if (!trial_call(&e->t, F, NULL, &l, &flow))
        return stopped(e);
    put_outputs(e, out, F, &l, flow.y);
    return EXIT_OK;
}

// Reads and derives; runs all pieces.
static int run_leaves(Eval *e, Job *again, double *values)
{
    int status = EXIT_OK;
    e->t = (Trial){.arena = e->arena, .plain = again->ir, .max_steps = MAX_STEPS, .max_cells = MAX_CELLS};
    if (!derive_all(again->ir, no_report, NULL))
        return job_bug("what was derived once cannot be derived again");
    for (int i = 0; i < e->leaves.n && status == EXIT_OK; i++)
        status = run_leaf(e, i, &values[i]);
    return status;
}

static int eval_call(Eval *e, const char *args, Text *out)
{
    Job again;
    size_t *counts = NEW_N(e->arena, size_t, e->F->params.n + 1);
    int status = add_arguments(e, args, counts);
    if (status != EXIT_OK)
        return status;
    status = read_leaves(e, &again);
    job_print_diags(&again);
    double *values = NEW_N(e->arena, double, e->leaves.n + 1);
    if (status == EXIT_OK)
        status = run_leaves(e, &again, values);
    return status == EXIT_OK ? call(e, counts, values, out) : status;
}

static int eval_scalar(Eval *e, const char *text, Text *out)
{
    static const Elem kinds[] = {E_INT, E_BOOL, E_REAL};
    Job again;
    int status = EXIT_ERRORS;
    double value = 0;
    Elem elem = E_REAL;
    add_leaf(e, text, text + strlen(text), E_INT);
    for (int i = 0; i < 3 && status != EXIT_OK; i++) {
        e->leaves.at[0].elem = elem = kinds[i];
        status = read_leaves(e, &again);
    }
    job_print_diags(&again);
    if (status == EXIT_OK)
        status = run_leaves(e, &again, &value);
    if (status == EXIT_OK) {
        put_value(e, out, elem, value);
        text_put(out, "\n");
    }
    return status;
}

int eval_expression(const Job *job, const char *text, Text *out)
{
    Eval e = {.job = job, .arena = job->arena};
    const char *args;
    text = skip_space(text);
    if (!*text)
        return wrong(&e, "the expression is empty");
    for (const char *s = text; *s; s++)
        if (*(s = part_end(s)) == '\0')
            break;
        else if (*s != ',')
            return wrong(&e, arena_printf(e.arena, "'%c' in the expression closes nothing", *s));
    if (n_open(text) > 0)
        return wrong(&e, "a bracket in the expression is not closed");
    e.name = free_name(&e);
    return is_call(&e, text, &args) ? eval_call(&e, args, out) : eval_scalar(&e, text, out);
}
