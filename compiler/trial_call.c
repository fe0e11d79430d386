// trial_call.c — functions called with vectors: parameters are put together and taken apart here. See trial.h.
//
// In: a function that belongs to F, which parameter of it is what (Param.kind, .of), and vectors laid out as F's parameters are one after the
// other. Out: the vectors that come back. So a gradient, an adjoint and a matrix all look alike to who compares them:
//
//     real F(int n, real x[n])               x = (n, x[0], x[1], the result)
//     F_grad(n, x, out x_bar)                y[3] = its result, x_bar[1..2] = its x_bar
//     F_vjp(n, x, result_bar, inout x_bar)   takes w[3] as result_bar, start[1..2] as x_bar; x_bar[1..2] = what becomes of that
#include "trial.h"

#include <string.h>

enum { MAX_STEPS = 400000, MAX_CELLS = 4000 };

Interp *trial_interp(Trial *t)
{
    Interp *in = interp_new(arena_new());
    in->max_steps = t->max_steps ? t->max_steps : MAX_STEPS;
    in->undefined_spreads = true;
    in->opaque = t->opaque;
    return in;
}

// Why a call stopped, for the user.
static void set_reason(Trial *t, const Interp *in)
{
    t->reason_alone = arena_strdup(t->arena, in->message);
    t->reason_at = in->at;
    t->reason = in->at.line ? arena_printf(t->arena, "%s:%d: %s", in->at.file, in->at.line, in->message) : arena_strdup(t->arena, in->message);
}

double *trial_vector(Arena *a, const Layout *l, int lanes)
{
    return NEW_N(a, double, l->n * (size_t)lanes + 1);
}

// ---- layouts ----

static Type type_at(const Layout *l, size_t i)
{
    return i < (size_t)l->F->params.n ? l->F->params.at[i].type : l->F->ret_type;
}

// The parameter that cell k is of; F's number of parameters for the value returned.
size_t trial_cell_param(const Layout *l, size_t k)
{
    size_t i = 0;
    while (k >= l->first[i] + l->count[i])
        i++;
    return i;
}

bool trial_cell_is_real(const Layout *l, size_t k)
{
    size_t i = trial_cell_param(l, k);
    Type t = type_at(l, i);
    return t.kind != K_BUF && iv_elem(t, k - l->first[i]) == E_REAL;
}

static IVal scalar_of(Type t, double x, double im)
{
    IVal v = t.elem == E_REAL ? iv_real(x) : t.elem == E_BOOL ? iv_bool(x != 0) : iv_int((int)x);
    v.im = im;
    return v;
}

bool trial_layout(Trial *t, const Func *F, const double *ints, Layout *l)
{
    size_t n = (size_t)F->params.n;
    IVal *args = NEW_N(t->arena, IVal, F->body->args.n + 1);
    InterpShape *shapes = NEW_N(t->arena, InterpShape, F->body->args.n + 1);
    *l = (Layout){.F = F, .first = NEW_N(t->arena, size_t, n + 2), .count = NEW_N(t->arena, size_t, n + 2),
                  .shape = NEW_N(t->arena, InterpShape, n + 1)};
    for (size_t i = 0; i < n; i++) {
        const Param *p = &F->params.at[i];
        if (p->arg >= 0 && type_is_scalar(p->type) && p->type.elem != E_REAL)
            args[p->arg] = scalar_of(p->type, ints[i], 0);
    }
    Interp *in = trial_interp(t);
    bool ok = interp_shapes(in, F, args, shapes);
    if (!ok)
        set_reason(t, in);
    arena_free(in->arena);
    for (size_t i = 0; i <= n; i++) {
        const Param *p = i < n ? &F->params.at[i] : NULL;
        l->first[i] = l->n;
        l->count[i] = p ? 1 : F->ret >= 0;
        if (p && !type_is_scalar(p->type)) {
            l->shape[i] = shapes[p->arg];
            l->count[i] = shapes[p->arg].n;
        }
        l->n += l->count[i];
    }
    if (ok && l->n > (t->max_cells ? t->max_cells : MAX_CELLS)) {
        t->reason = "the arrays are large";
        t->reason_at = (IrLoc){NULL, 0, 0};
        ok = false;
    }
    return ok;
}

// ---- a call ----

typedef struct Calling {
    Interp *in;
    const Func *g;
    const Param *as;
    const Layout *l;
    Flow *f;
    IVal *args, *results;
    IVal *tapes;                            // by Elem
} Calling;

// Where in a vector the parameter lies that `as` is of.
static size_t place_of(const Layout *l, const Param *as)
{
    return as->of < 0 ? (size_t)l->F->params.n : (size_t)as->of;
}

static Role role_in_F(const Layout *l, size_t i)
{
    return i < (size_t)l->F->params.n ? l->F->params.at[i].role : ROLE_OUT;
}

// What goes in for a parameter of that kind; NULL: nothing, or zeros.
static const double *source(const Calling *c, const Param *as, Role role)
{
    if (role == ROLE_OUT || as->kind == P_JAC)
        return NULL;
    if (as->kind == P_PRIMAL)
        return c->f->x;
    if (as->kind == P_DOT)
        return c->f->v;
    return role_in_F(c->l, place_of(c->l, as)) == ROLE_IN ? c->f->start : c->f->w;
}

static size_t cells_of(const Calling *c, const Param *as)
{
    size_t n = c->l->count[place_of(c->l, as)];
    if (as->kind == P_JAC) {                                    // as many rows as the one output has cells
        size_t rows = 0;
        for (int i = 0; i <= c->l->F->params.n; i++) {
            bool real = type_is_real(type_at(c->l, (size_t)i));
            rows += real && role_in_F(c->l, (size_t)i) != ROLE_IN && (i < c->l->F->params.n || c->l->F->ret >= 0) ? c->l->count[i] : 0;
        }
        return n * rows;
    }
    return as->kind == P_PRIMAL ? n : n * (size_t)c->f->lanes;
}

// The type whose elements a matrix has where F gives structs; else that of reals.
static Type output_type(const Calling *c)
{
    for (int i = 0; i < c->l->F->params.n; i++)
        if (role_in_F(c->l, (size_t)i) != ROLE_IN && type_is_real(type_at(c->l, (size_t)i)))
            return type_at(c->l, (size_t)i);
    return T_REAL;
}

// Where value k of a parameter lies, k counting cells, and of each cell its lanes or columns. Structs stay whole: each lane has one of its own,
// and each column of a matrix of structs.
static size_t place_in(const Calling *c, const Param *as, Type output, size_t k)
{
    size_t i = place_of(c->l, as), across = as->kind == P_JAC ? c->l->count[i] : as->kind == P_PRIMAL ? 1 : (size_t)c->f->lanes;
    Type t = as->kind == P_JAC ? output : type_at(c->l, i);
    if (!type_is_struct(t) || across <= 1)
        return k;
    size_t size = (size_t)struct_scalars(t.st), cell = k / across;
    return (cell / size * across + k % across) * size + cell % size;
}

// The values of a parameter, each where it lies.
static const double *placed(const Calling *c, const Param *as, const double *from)
{
    size_t n = cells_of(c, as);
    double *to = NEW_N(c->in->arena, double, n + 1);
    for (size_t k = 0; from && k < n; k++)
        to[place_in(c, as, T_REAL, k)] = from[k];
    return from ? to : NULL;
}

static void put_arg(Calling *c, int i)
{
    const Param *p = &c->g->params.at[i], *as = &c->as[i];
    if (p->arg < 0)
        return;
    if (p->kind == P_TAPE) {
        c->args[p->arg] = p->type.kind == K_BUF ? iv_buf(c->in, (Elem)p->type.elem) : c->tapes[p->type.elem];
        return;
    }
    size_t at = c->l->first[place_of(c->l, as)] * (as->kind == P_PRIMAL ? 1 : (size_t)c->f->lanes);
    const double *from = source(c, as, p->role), *im = as->kind == P_PRIMAL && c->f->x_im ? c->f->x_im + at : NULL;
    from = from ? from + at : NULL;
    if (type_is_scalar(p->type))
        c->args[p->arg] = scalar_of(p->type, from ? from[0] : 0, im ? im[0] : 0);
    else
        c->args[p->arg] = iv_cells(c->in, p->type, cells_of(c, as), placed(c, as, from), im);
}

// Where what comes out of a parameter of that kind goes; NULL: nowhere.
static double *target(const Calling *c, const Param *as)
{
    size_t i = place_of(c->l, as);
    if (as->kind == P_JAC)
        return c->f->jac ? c->f->jac[i] : NULL;
    double *to = as->kind == P_PRIMAL ? c->f->y : as->kind == P_DOT ? c->f->y_dot : c->f->x_bar;
    return to ? to + c->l->first[i] * (as->kind == P_PRIMAL ? 1 : (size_t)c->f->lanes) : NULL;
}

static void take_result(Calling *c, const Param *as, IVal v)
{
    double *to = target(c, as);
    size_t n = cells_of(c, as);
    Type output = output_type(c);
    for (size_t k = 0; to && k < n; k++)
        to[k] = iv_at(v, (int)place_in(c, as, output, k));
    double *im = as->kind == P_PRIMAL && c->f->y_im ? c->f->y_im + c->l->first[place_of(c->l, as)] : NULL;
    for (size_t k = 0; im && k < n; k++)
        im[k] = iv_im_at(v, (int)k);
}

static void take_tape(Calling *c, const Param *p, IVal v)
{
    v.type = type_array((Elem)p->type.elem, 1);
    v.n = v.dims[0] = v.store->n;
    c->tapes[p->type.elem] = v;
}

// F to itself, whatever its parameters are of the function that it is a derivative of.
static const Param *itself(const Calling *c)
{
    Param *as = NEW_N(c->in->arena, Param, c->g->params.n + 1);
    for (int i = 0; i < c->g->params.n; i++)
        as[i] = (Param){.kind = P_PRIMAL, .of = i};
    return as;
}

static bool run(Trial *t, Calling *c)
{
    static const Param returned = {.kind = P_PRIMAL, .of = -1};
    long before = c->in->steps;
    c->as = c->g == c->l->F ? itself(c) : c->as ? c->as : c->g->params.at;
    c->args = NEW_N(c->in->arena, IVal, c->g->body->args.n + 1);
    c->results = NEW_N(c->in->arena, IVal, func_n_results(c->g) + 1);
    for (int i = 0; i < c->g->params.n; i++)
        put_arg(c, i);
    bool ok = interp_call(c->in, c->g, c->args, c->results);
    t->steps += c->in->steps - before;
    if (!ok) {
        set_reason(t, c->in);
        return false;
    }
    for (int i = 0; i < c->g->params.n; i++) {
        const Param *p = &c->g->params.at[i];
        if (p->result >= 0 && p->kind == P_TAPE)
            take_tape(c, p, c->results[p->result]);
        else if (p->result >= 0)
            take_result(c, &c->as[i], c->results[p->result]);
    }
    if (c->g->ret >= 0)
        take_result(c, &returned, c->results[c->g->ret]);
    return true;
}

bool trial_call_in(Trial *t, Interp *in, const Func *g, const Param *as, const Layout *l, Flow *f)
{
    Calling c = {.in = in, .g = g, .as = as, .l = l, .f = f};
    return run(t, &c);
}

bool trial_call(Trial *t, const Func *g, const Param *as, const Layout *l, Flow *f)
{
    Interp *in = trial_interp(t);
    bool ok = trial_call_in(t, in, g, as, l, f);
    arena_free(in->arena);
    return ok;
}

bool trial_record(Trial *t, const Func *forward, const Func *reverse, const Layout *l, Flow *f, int times)
{
    Interp *in = trial_interp(t);
    IVal tapes[E_STRUCT + 1];
    memset(tapes, 0, sizeof tapes);
    Calling c = {.in = in, .g = forward, .l = l, .f = f, .tapes = tapes};
    bool ok = run(t, &c);
    for (int k = 0; ok && k < times; k++) {
        in->steps = 0;
        Calling back = {.in = in, .g = reverse, .l = l, .f = &f[k], .tapes = tapes};
        ok = run(t, &back);
    }
    arena_free(in->arena);
    return ok;
}
