// adcheck.c — see adcheck.h.
#include "adcheck.h"

#include "derive.h"
#include "opt.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// ---- asking for derivatives: the signatures of LANGUAGE.md section 7, written here a second time on purpose ----

static void add(Func *d, const char *name, const char *suffix, Role role, Type type, ParamKind kind, int of)
{
    Arena *a = d->module->arena;
    const char *full = suffix ? arena_printf(a, "%s_%s", name, suffix) : name;
    func_param(d, full, role, type, kind, of);
}

static void add_bars(Func *d, const Func *f, Transform tr)
{
    if (tr == TR_VJP && f->ret >= 0 && type_is_real(f->ret_type))
        add(d, "result", "bar", ROLE_IN, f->ret_type, P_BAR, -1);
    for (int i = 0; i < f->params.n; i++) {
        const Param *p = &f->params.at[i];
        if (!type_is_real(p->type) || (tr == TR_GRAD && p->role != ROLE_IN))
            continue;
        Role role = tr == TR_GRAD ? ROLE_OUT : p->role == ROLE_OUT ? ROLE_IN : ROLE_INOUT;
        add(d, p->name, "bar", role, p->type, P_BAR, i);
    }
}

static void add_dots(Func *d, const Func *f)
{
    for (int i = 0; i < f->params.n; i++)
        if (type_is_real(f->params.at[i].type))
            add(d, f->params.at[i].name, "dot", f->params.at[i].role, f->params.at[i].type, P_DOT, i);
    if (f->ret >= 0 && type_is_real(f->ret_type))
        add(d, "result", "dot", ROLE_OUT, f->ret_type, P_DOT, -1);
}

Func *ad_ask(Module *m, Func *base, Transform tr, const char *name)
{
    Func *d = func_new(m, name);
    d->source_name = name;
    d->transform = tr;
    d->base = base;
    d->wrt = NEW_N(m->arena, bool, base->params.n + 1);
    for (int i = 0; i < base->params.n; i++) {
        const Param *p = &base->params.at[i];
        d->wrt[i] = type_is_real(p->type) && (tr == TR_GRAD ? p->role == ROLE_IN : p->role != ROLE_OUT);
        add(d, p->name, NULL, p->role, p->type, P_PRIMAL, -1);
    }
    if (tr == TR_JVP)
        add_dots(d, base);
    else
        add_bars(d, base, tr);
    if (base->ret >= 0)
        func_set_ret(d, base->ret_type);
    return d;
}

static Func *half(Module *m, Func *base, Transform tr, const char *name)
{
    Func *d = func_new(m, name);
    d->transform = tr;
    d->base = base;
    d->tape = "tape";
    d->wrt = NEW_N(m->arena, bool, base->params.n + 1);
    for (int i = 0; i < base->params.n; i++) {
        const Param *p = &base->params.at[i];
        d->wrt[i] = type_is_real(p->type) && p->role != ROLE_OUT;
        if (tr == TR_FORWARD)
            add(d, p->name, NULL, p->role, p->type, P_PRIMAL, -1);
    }
    return d;
}

Func *ad_ask_record(Module *m, Func *base, const char *name)
{
    Func *forward = half(m, base, TR_FORWARD, arena_printf(m->arena, "%s_forward", name));
    Func *reverse = half(m, base, TR_REVERSE, arena_printf(m->arena, "%s_reverse", name));
    if (base->ret >= 0)
        func_set_ret(forward, base->ret_type);
    add_bars(reverse, base, TR_VJP);
    forward->pair = reverse;
    reverse->pair = forward;
    return forward;
}

static void report(void *user, bool is_error, IrLoc loc, const char *message, IrLoc note_loc, const char *note)
{
    (void)user;
    (void)note_loc;
    if (is_error)
        ck_abort_msg("derive: line %d: %s (%s)", loc.line, message, note ? note : "");
}

void ad_derive(Module *m)
{
    ck_assert(derive_all(m, report, NULL));
    char *wrong = ir_verify(m->arena, m);
    if (wrong) {
        Text t = text_in(m->arena);
        if (getenv("AD_PRINT"))
            ir_print(&t, m);
        ck_abort_msg("%s\n%s", wrong, t.at);
    }
}

// ---- random points ----

static uint64_t next_random(uint64_t *s)
{
    *s = *s * 6364136223846793005u + 1442695040888963407u;
    return *s >> 33;
}

static double uniform(uint64_t *s)
{
    return (double)next_random(s) / 2147483648.0 * 2.0 - 1.0;
}

typedef struct Point {
    Interp *in;
    const Func *f;
    int n;
    double spread;
} Point;

static int elements(const Point *p, Type t)
{
    int n = 1;
    for (int k = 0; k < t.rank; k++)
        n *= p->n;
    return n;
}

static IVal random_value(const Point *p, Type t, uint64_t *seed, double centre, double spread)
{
    if (t.elem == E_INT)
        return t.kind == K_SCALAR ? iv_int(p->n) : iv_ints(p->in, elements(p, t), NULL);
    if (t.elem == E_BOOL)
        return iv_bool(true);
    if (t.kind == K_SCALAR)
        return iv_real(centre + spread * uniform(seed));
    int n = elements(p, t);
    double *x = NEW_N(p->in->arena, double, n + 1);
    for (int i = 0; i < n; i++)
        x[i] = centre + spread * uniform(seed);
    return iv_reals(p->in, n, x);
}

static int length(const Point *p, Type t)
{
    return t.kind == K_SCALAR ? 1 : elements(p, t);
}

// x + h * d, a new value.
static IVal moved(const Point *p, Type t, IVal x, IVal d, double h)
{
    if (!type_is_real(t))
        return t.kind == K_SCALAR ? x : iv_ints(p->in, elements(p, t), NULL);
    if (t.kind == K_SCALAR)
        return iv_real(iv_at(x, 0) + h * iv_at(d, 0));
    int n = elements(p, t);
    double *y = NEW_N(p->in->arena, double, n + 1);
    for (int i = 0; i < n; i++)
        y[i] = iv_at(x, i) + h * iv_at(d, i);
    return iv_reals(p->in, n, y);
}

static void call(Point *p, const Func *f, const IVal *args, IVal *results)
{
    if (!interp_call(p->in, f, args, results)) {
        Text t = text_in(p->in->arena);
        if (getenv("AD_PRINT"))
            ir_print_func(&t, f);
        ck_abort_msg("%s (n = %d): %s\n%s", f->name, p->n, p->in->error, t.at);
    }
}

// ---- the checks ----

enum { MOST = 40 };

typedef struct Run {
    IVal x[MOST], x_dot[MOST];                  // by argument of f
    IVal y[MOST], y_dot[MOST];                  // by result of f
} Run;

static const Param *of_param(const Func *f, const Param *p)
{
    return p->of >= 0 ? &f->params.at[p->of] : NULL;
}

static void run_jvp(Point *p, const Func *jvp, Run *r)
{
    const Func *f = p->f;
    IVal args[2 * MOST], results[2 * MOST];
    for (int i = 0, own = 0; i < jvp->params.n; i++) {
        const Param *q = &jvp->params.at[i];
        const Param *of = q->kind == P_PRIMAL ? &f->params.at[own++] : of_param(f, q);
        if (q->arg >= 0)
            args[q->arg] = moved(p, q->type, q->kind == P_PRIMAL ? r->x[of->arg] : r->x_dot[of->arg],
                                 q->kind == P_PRIMAL ? r->x[of->arg] : r->x_dot[of->arg], 0);
    }
    call(p, jvp, args, results);
    for (int i = 0, own = 0; i < jvp->params.n; i++) {
        const Param *q = &jvp->params.at[i];
        const Param *of = q->kind == P_PRIMAL ? &f->params.at[own++] : of_param(f, q);
        if (q->result >= 0)
            (q->kind == P_PRIMAL ? r->y : r->y_dot)[of ? of->result : f->ret] = results[q->result];
    }
    if (jvp->ret >= 0)
        r->y[f->ret] = results[jvp->ret];
}

static void run_moved(Point *p, const Run *r, double h, IVal *y)
{
    IVal args[MOST];
    for (int i = 0; i < p->f->params.n; i++) {
        const Param *q = &p->f->params.at[i];
        if (q->arg >= 0)
            args[q->arg] = moved(p, q->type, r->x[q->arg], r->x_dot[q->arg], h);
    }
    call(p, p->f, args, y);
}

static Type result_type(const Func *f, int r)
{
    for (int i = 0; i < f->params.n; i++)
        if (f->params.at[i].result == r)
            return f->params.at[i].type;
    return f->ret_type;
}

static void close_to(const Point *p, const char *what, double got, double want, double scale, double tolerance)
{
    if (!(fabs(got - want) <= tolerance * (1 + fabs(want) + scale)))
        ck_abort_msg("%s (n = %d): %s: got %.15g, want %.15g", p->f->name, p->n, what, got, want);
}

static void check_tangent(Point *p, const Run *r)
{
    static const double h = 1.0 / 1024;
    int n_results = func_n_results(p->f);
    IVal y[4][MOST], y0[MOST];
    run_moved(p, r, 0, y0);
    for (int k = 0; k < 4; k++)
        run_moved(p, r, (k & 1 ? -h : h) / (k < 2 ? 1 : 2), y[k]);
    for (int i = 0; i < n_results; i++) {
        Type t = result_type(p->f, i);
        for (int j = 0; j < length(p, t); j++) {
            close_to(p, "value in the tangent", iv_at(r->y[i], j), iv_at(y0[i], j), 0, 1e-13);
            if (!type_is_real(t))
                continue;
            double coarse = (iv_at(y[0][i], j) - iv_at(y[1][i], j)) / (2 * h), fine = (iv_at(y[2][i], j) - iv_at(y[3][i], j)) / h;
            close_to(p, "tangent against differences", iv_at(r->y_dot[i], j), (4 * fine - coarse) / 3, fabs(iv_at(y0[i], j)), 2e-5);
        }
    }
}

static double dot(const Point *p, Type t, IVal x, IVal y)
{
    double s = 0;
    for (int i = 0; i < length(p, t); i++)
        s += iv_at(x, i) * iv_at(y, i);
    return s;
}

static double size(const Point *p, Type t, IVal x, IVal y)
{
    double s = 0;
    for (int i = 0; i < length(p, t); i++)
        s += fabs(iv_at(x, i) * iv_at(y, i));
    return s;
}

static void check_adjoint(Point *p, const Func *vjp, const Run *r, uint64_t *seed)
{
    const Func *f = p->f;
    IVal args[2 * MOST], start[2 * MOST], results[2 * MOST];
    double left = 0, right = 0, scale = 0;
    for (int i = 0, own = 0; i < vjp->params.n; i++) {
        const Param *q = &vjp->params.at[i];
        const Param *of = q->kind == P_PRIMAL ? &f->params.at[own++] : of_param(f, q);
        if (q->arg < 0)
            continue;
        start[i] = q->kind == P_PRIMAL ? r->x[of->arg] : random_value(p, q->type, seed, 0.3, 1);
        args[q->arg] = moved(p, q->type, start[i], start[i], 0);
        if (q->kind == P_BAR && !(of && of->role == ROLE_IN)) {
            IVal y_dot = r->y_dot[of ? of->result : f->ret];
            left += dot(p, q->type, start[i], y_dot);
            scale += size(p, q->type, start[i], y_dot);
        }
    }
    call(p, vjp, args, results);
    for (int i = 0, own = 0; i < vjp->params.n; i++) {
        const Param *q = &vjp->params.at[i];
        const Param *of = q->kind == P_PRIMAL ? &f->params.at[own++] : of_param(f, q);
        if (q->result < 0)
            continue;
        if (q->kind == P_PRIMAL) {
            for (int j = 0; j < length(p, q->type); j++)
                close_to(p, "value in the adjoint", iv_at(results[q->result], j), iv_at(r->y[of->result], j), 0, 1e-13);
            continue;
        }
        right += dot(p, q->type, results[q->result], r->x_dot[of->arg]);
        scale += size(p, q->type, results[q->result], r->x_dot[of->arg]);
        if (of->role == ROLE_IN)
            right -= dot(p, q->type, start[i], r->x_dot[of->arg]);
    }
    if (vjp->ret >= 0)
        close_to(p, "result of the adjoint", iv_at(results[vjp->ret], 0), iv_at(r->y[f->ret], 0), 0, 1e-13);
    close_to(p, "adjoint against tangent", right, left, scale, 1e-12);
}

void ad_check_pair(const Module *m, const char *f_name, const char *jvp, const char *vjp, int n, double spread)
{
    uint64_t seed = 12345;
    Arena *a = arena_new();
    Point p = {.in = interp_new(a), .f = func_by_name(m, f_name), .n = n, .spread = spread};
    ck_assert_ptr_nonnull(p.f);
    ck_assert_int_lt(p.f->params.n, MOST);
    Run r;
    memset(&r, 0, sizeof r);
    for (int i = 0; i < p.f->params.n; i++) {
        const Param *q = &p.f->params.at[i];
        if (q->arg < 0)
            continue;
        r.x[q->arg] = random_value(&p, q->type, &seed, 1, spread);
        r.x_dot[q->arg] = random_value(&p, q->type, &seed, 0, 1);
    }
    run_jvp(&p, func_by_name(m, jvp), &r);
    check_tangent(&p, &r);
    if (vjp)
        check_adjoint(&p, func_by_name(m, vjp), &r, &seed);
    arena_free(a);
}

// ---- records ----

// What vjp was called with and gave, by its parameters; the value it returns last.
typedef struct Adjoint {
    const Func *vjp;
    IVal start[2 * MOST], results[2 * MOST];
} Adjoint;

static void run_vjp(Point *p, Adjoint *r, uint64_t *seed)
{
    IVal args[2 * MOST];
    for (int i = 0; i < r->vjp->params.n; i++) {
        const Param *q = &r->vjp->params.at[i];
        if (q->arg < 0)
            continue;
        r->start[i] = random_value(p, q->type, seed, q->kind == P_PRIMAL ? 1 : 0.3, q->kind == P_PRIMAL ? p->spread : 1);
        args[q->arg] = moved(p, q->type, r->start[i], r->start[i], 0);
    }
    call(p, r->vjp, args, r->results);
}

// The next parameter of vjp of that kind from *i on.
static const Param *next_param(const Func *vjp, ParamKind kind, int *i)
{
    while (vjp->params.at[*i].kind != kind)
        ++*i;
    return &vjp->params.at[(*i)++];
}

static void compare(const Point *p, const char *what, Type t, IVal got, IVal want)
{
    for (int j = 0; j < length(p, t); j++)
        close_to(p, what, iv_at(got, j), iv_at(want, j), 0, 1e-12);
}

// Runs a half on what vjp was run on, and compares. tape: by Elem, what the forward half leaves.
static void run_half(Point *p, const Func *half, const Adjoint *r, IVal *tape)
{
    ParamKind kind = half->transform == TR_FORWARD ? P_PRIMAL : P_BAR;
    IVal args[2 * MOST], results[2 * MOST];
    for (int i = 0, k = 0; i < half->params.n; i++) {
        const Param *q = &half->params.at[i];
        const Param *of = q->kind == P_TAPE ? NULL : next_param(r->vjp, kind, &k);
        if (of && q->arg >= 0)
            args[q->arg] = moved(p, q->type, r->start[k - 1], r->start[k - 1], 0);
        else if (!of)
            args[q->arg] = kind == P_PRIMAL ? iv_buf(p->in, (Elem)q->type.elem) : tape[q->type.elem];
    }
    call(p, half, args, results);
    for (int i = 0, k = 0; i < half->params.n; i++) {
        const Param *q = &half->params.at[i];
        const Param *of = q->kind == P_TAPE ? NULL : next_param(r->vjp, kind, &k);
        if (of && q->result >= 0)
            compare(p, half->name, q->type, results[q->result], r->results[of->result]);
        if (!of && kind == P_PRIMAL) {
            IVal *t = &tape[q->type.elem];
            *t = results[q->result];
            t->type = type_array((Elem)q->type.elem, 1);
            t->n = t->dims[0] = t->store->n;
        }
    }
    if (half->ret >= 0)
        compare(p, half->name, half->ret_type, results[half->ret], r->results[r->vjp->ret]);
}

void ad_check_record(const Module *m, const char *f, const char *vjp, const char *record, int n, double spread)
{
    uint64_t seed = 777;
    Arena *a = arena_new();
    Point p = {.in = interp_new(a), .f = func_by_name(m, f), .n = n, .spread = spread};
    Adjoint *r = NEW(a, Adjoint);
    IVal tape[5];
    const Func *forward = func_by_name(m, arena_printf(a, "%s_forward", record));
    ck_assert_ptr_nonnull(forward);
    r->vjp = func_by_name(m, vjp);
    run_vjp(&p, r, &seed);
    run_half(&p, forward, r, tape);
    for (int k = 0; k < 2; k++)
        run_half(&p, forward->pair, r, tape);
    arena_free(a);
}

// The optimiser's passes in the pipeline's order, with the verifier after each.
static void optimise(Module *m)
{
    static const struct {
        const char *name;
        void (*on_func)(Func *f);
        void (*on_module)(Module *m);
    } passes[] = {
        {"simplify", opt_simplify, NULL}, {"gvn", opt_gvn, NULL},   {"merge", opt_merge, NULL},
        {"stores", opt_stores, NULL},     {"zero", opt_zero, NULL}, {"dce", opt_dce, NULL},
        {"dead_params", NULL, opt_dead_params}, {"order", opt_order, NULL},
    };
    for (size_t i = 0; i < sizeof passes / sizeof *passes; i++) {
        if (passes[i].on_module)
            passes[i].on_module(m);
        for (int k = 0; k < m->funcs.n && passes[i].on_func; k++)
            passes[i].on_func(m->funcs.at[k]);
        char *wrong = ir_verify(m->arena, m);
        if (wrong)
            ck_abort_msg("after %s: %s", passes[i].name, wrong);
    }
}

static void check_orders(const Module *m, const char *f, const int *n, double spread)
{
    for (; *n >= 0; n++) {
        ad_check_pair(m, f, "ad_jvp", "ad_vjp", *n, spread);
        ad_check_pair(m, "ad_vjp", "ad_vjp_jvp", "ad_vjp_vjp", *n, spread);
        ad_check_pair(m, "ad_jvp", "ad_jvp_jvp", "ad_jvp_vjp", *n, spread);
        ad_check_record(m, f, "ad_vjp", "ad_record", *n, spread);
        ad_check_record(m, "ad_vjp", "ad_vjp_vjp", "ad_vjp_record", *n, spread);
    }
}

void ad_check_all(const char *text, const char *f, const int *n, double spread)
{
    Arena *a = arena_new();
    char *error = NULL;
    Module *m = ir_parse(a, "case.ir", text, &error);
    if (!m)
        ck_abort_msg("%s", error);
    char *wrong = ir_verify(a, m);
    if (wrong)
        ck_abort_msg("%s", wrong);
    Func *base = func_by_name(m, f);
    Func *jvp = ad_ask(m, base, TR_JVP, "ad_jvp"), *vjp = ad_ask(m, base, TR_VJP, "ad_vjp");
    ad_ask(m, vjp, TR_JVP, "ad_vjp_jvp");
    ad_ask(m, vjp, TR_VJP, "ad_vjp_vjp");
    ad_ask(m, jvp, TR_JVP, "ad_jvp_jvp");
    ad_ask(m, jvp, TR_VJP, "ad_jvp_vjp");
    ad_ask_record(m, base, "ad_record");
    ad_ask_record(m, vjp, "ad_vjp_record");
    ad_derive(m);
    check_orders(m, f, n, spread);
    optimise(m);
    check_orders(m, f, n, spread);
    arena_free(a);
}

long ad_tape_bytes(const char *text, const char *f, int n, double spread)
{
    Arena *a = arena_new();
    char *error = NULL;
    Module *m = ir_parse(a, "case.ir", text, &error);
    if (!m)
        ck_abort_msg("%s", error);
    Func *vjp = ad_ask(m, func_by_name(m, f), TR_VJP, "ad_vjp");
    ad_derive(m);
    uint64_t seed = 4711;
    Point p = {.in = interp_new(a), .f = vjp, .n = n, .spread = spread};
    IVal args[2 * MOST], results[2 * MOST];
    for (int i = 0; i < vjp->params.n; i++)
        if (vjp->params.at[i].arg >= 0)
            args[vjp->params.at[i].arg] = random_value(&p, vjp->params.at[i].type, &seed, 1, spread);
    call(&p, vjp, args, results);
    long bytes = interp_tape_bytes(p.in);
    arena_free(a);
    return bytes;
}
