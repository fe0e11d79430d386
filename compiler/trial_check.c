// trial_check.c — one derivative against everything else that tells what it should be. See trial.h.
//
// In: a Subject. Out: its row of the table: at how many points it was tried, and the comparison that was nearest to failing, or failed. At a
// point x, with random directions v and seeds w, and J the Jacobian of F there:
//
//     a tangent gives u         u = J v, J v by the complex step or by differences of F;  w u = v (J^T w), J^T w from an adjoint of F
//     a matrix gives J          likewise, u being J v; and column by column
//     an adjoint gives b        b v = w (J v);  b[k] = w (J e_k), for inputs one by one;  b v = w u, u from a tangent of F
//     all of them               F's own outputs are delivered; each input alone gives the same; so does the function as the user gets it
//     where it adds             with adjoints that do not start at 0;  a record: from a second reverse
//
// Errors are relative to the larger number, but not to less than round-off in F's own values would make of it.
#include "trial.h"

#include <math.h>

enum { MOST_CELLS = 24 };                                       // inputs that are looked at one by one, per point
enum { MOST_STEPS = 2500000 };                                 // of the interpreter, for one derivative

static const double ROUND_OFF = 1e-9, VALUES = 1e-11;

const char trial_all_inputs[] = "all inputs at once";

typedef struct Check {
    Trial *t;
    Subject *s;
    Row *row;
    const Point *p;
    const Layout *l;
    size_t n;
    double *y;                              // F there
    double size;                            // the largest number in it, and 1
    double floor;                           // numbers below that count as that
    int lanes;
    double *v, *w;                          // by cell and lane
    Flow d;                                 // what d gave
} Check;

// ---- comparing ----

static void found(Check *c, const char *check, const char *where, double got, double want, double scale, double tolerance)
{
    double error = fabs(got - want) / fmax(fmax(fabs(got), fabs(want)), fmax(scale, c->floor));
    Row *r = c->row;
    if (!isfinite(want) || r->failed)
        return;
    error = isnan(error) || isinf(got) ? (double)INFINITY : error;
    r->failed = error > tolerance;
    if (!r->worst.check || r->failed || error > r->worst.error)
        r->worst = (Finding){check, error, tolerance, got, want, where, c->p->number};
    if (r->failed)
        r->at = (Point *)c->p;
}

static size_t param_of(const Check *c, size_t k)
{
    return trial_cell_param(c->l, k);
}

// Does cell k belong to an output that d is about?
static bool is_output(const Check *c, size_t k)
{
    size_t i = param_of(c, k), n = (size_t)c->l->F->params.n;
    bool out = i == n || c->l->F->params.at[i].role != ROLE_IN;
    return out && trial_cell_is_real(c->l, k) && (c->s->only < 0 || (size_t)c->s->only == i);
}

static bool is_input(const Check *c, size_t k)
{
    size_t i = param_of(c, k);
    return i < (size_t)c->l->F->params.n && c->s->wrt[i] && trial_cell_is_real(c->l, k);
}

static bool is_any_output(const Check *c, size_t k)
{
    size_t i = param_of(c, k);
    return i == (size_t)c->l->F->params.n || c->l->F->params.at[i].role != ROLE_IN;
}

typedef bool Which(const Check *c, size_t k);

static double largest(const Check *c, const double *x, Which *which)
{
    double most = 0;
    for (size_t k = 0; k < c->n; k++)
        if (which(c, k) && isfinite(x[k]))
            most = fmax(most, fabs(x[k]));
    return most;
}

// Cell by cell; what is smaller than `scale` counts as that.
static void compare_from(Check *c, const char *check, Which *which, const double *got, const double *want, double scale, double tolerance)
{
    scale = fmax(scale, 1e-3 * largest(c, want, which));
    for (size_t k = 0; k < c->n; k++)
        if (which(c, k) && !(isnan(got[k]) && isnan(want[k])))
            found(c, check, trial_cell_name(c->t->arena, c->l, k), got[k], want[k], scale, tolerance);
}

static double product(const Check *c, Which *which, const double *x, const double *y, double *size)
{
    double sum = 0;
    for (size_t k = 0; k < c->n; k++)
        if (which(c, k)) {
            sum += x[k] * y[k];
            *size += fabs(x[k] * y[k]);
        }
    return sum;
}

static void compare(Check *c, const char *check, Which *which, const double *got, const double *want, double tolerance)
{
    compare_from(c, check, which, got, want, 0, tolerance);
}

// w u = b v
static void compare_products(Check *c, const char *check, const double *w, const double *u, const double *b, const double *v, bool of_adjoint,
                             double size, double tolerance)
{
    double outputs = product(c, is_output, w, u, &size), inputs = product(c, is_input, b, v, &size);
    found(c, check, trial_all_inputs, of_adjoint ? inputs : outputs, of_adjoint ? outputs : inputs, size, tolerance);
}

// ---- calls ----

static double *vector(const Check *c, int lanes)
{
    return trial_vector(c->t->arena, c->l, lanes > 0 ? lanes : 1);
}

// One lane of x.
static double *lane(const Check *c, const double *x, int k)
{
    double *y = vector(c, 1);
    for (size_t i = 0; i < c->n; i++)
        y[i] = x[i * (size_t)c->lanes + (size_t)k];
    return y;
}

static void flow_for(const Check *c, Flow *f)
{
    *f = (Flow){.lanes = c->lanes, .x = c->p->x, .v = c->v, .w = c->w, .y = vector(c, 1), .y_dot = vector(c, c->lanes),
                .x_bar = vector(c, c->lanes)};
    if (!c->s->is_matrix)
        return;
    size_t rows = 0;
    for (size_t k = 0; k < c->n; k++)
        if (is_output(c, k))
            rows = c->l->count[param_of(c, k)];
    f->jac = NEW_N(c->t->arena, double *, c->l->F->params.n + 1);
    for (int i = 0; i < c->l->F->params.n; i++)
        if (c->s->wrt[i])
            f->jac[i] = NEW_N(c->t->arena, double, rows * c->l->count[i] + 1);
}

// y_dot = J v of the matrices in f, which have a row for each cell of the output.
static void multiply(const Check *c, const Flow *f, const double *v, double *y_dot)
{
    for (size_t r = 0; r < c->n; r++) {
        if (!is_output(c, r))
            continue;
        size_t row = r - c->l->first[param_of(c, r)];
        y_dot[r] = 0;
        for (int i = 0; i < c->l->F->params.n; i++)
            for (size_t k = 0; c->s->wrt[i] && k < c->l->count[i]; k++)
                y_dot[r] += f->jac[i][row * c->l->count[i] + k] * v[c->l->first[i] + k];
    }
}

// Runs what is on trial, or the same as the user gets it.
static bool run(Check *c, const Func *d, const Func *reverse, Flow *f)
{
    Trial *t = c->t;
    if (reverse) {
        Flow both[2];
        flow_for(c, &both[0]);
        flow_for(c, &both[1]);
        if (!trial_record(t, d, reverse, c->l, both, 2))
            return false;
        *f = both[0];
        for (size_t k = 0; k < c->n; k++)
            if (is_input(c, k))
                found(c, "against a second reverse", trial_cell_name(t->arena, c->l, k), both[1].x_bar[k], both[0].x_bar[k], 0, 0);
        return true;
    }
    const Param *as = d == c->s->d || d == c->s->user ? c->s->as : NULL;
    flow_for(c, f);
    if (!trial_call(t, d, as, c->l, f))
        return false;
    if (c->s->is_matrix)
        multiply(c, f, c->v, f->y_dot);
    return true;
}

static const double *tangent(Check *c, const double *v)
{
    if (!c->s->tangent)
        return NULL;
    Flow f = {.lanes = 1, .x = c->p->x, .v = v, .y_dot = vector(c, 1)};
    return trial_call(c->t, c->s->tangent, NULL, c->l, &f) ? f.y_dot : NULL;
}

static const double *adjoint(Check *c, const double *w)
{
    if (!c->s->adjoint)
        return NULL;
    Flow f = {.lanes = 1, .x = c->p->x, .w = w, .x_bar = vector(c, 1)};
    return trial_call(c->t, c->s->adjoint, NULL, c->l, &f) ? f.x_bar : NULL;
}

// ---- against F itself ----

static const char *kind_of_op(const Op *op)
{
    const OpInfo *info = &op_info[op->code];
    return op_is_scalar(op->code) && info->style == ST_CALL ? info->name : op->code == OP_rtoi ? "int()" : "a comparison";
}

static void note_kink(Check *c, const Op *op)
{
    for (int i = 0; i < c->row->kinks.n; i++)
        if (c->row->kinks.at[i].loc.line == op->loc.line && c->row->kinks.at[i].loc.file == op->loc.file)
            return;
    Kink k = {op->loc, kind_of_op(op)};
    vec_push(c->t->arena, &c->row->kinks, k);
}

static bool slope(Check *c, const double *v, Slope *s)
{
    bool ok = trial_slope(c->t, c->s, c->p, v, s);
    if (!ok && c->t->corner)
        note_kink(c, c->t->corner);
    else if (!ok && c->t->parted)
        note_kink(c, c->t->parted);
    c->row->differences = c->row->differences || (ok && s->differences);
    return ok;
}

// Differences of F know nothing that is much smaller than F.
static double least(const Check *c, const Slope *s)
{
    return s->differences ? 1e-3 * c->size : 0;
}

static const char *name_of(const Slope *s)
{
    return s->differences ? "against differences" : "against the complex step";
}

// Calls visit for some inputs, each with the direction that moves it alone.
typedef void CellVisit(Check *c, size_t k, const double *unit, const Slope *s, int of_lane);

static void each_input(Check *c, CellVisit *visit, int of_lane)
{
    size_t inputs = 0, seen = 0;
    double *unit = vector(c, 1);
    for (size_t k = 0; k < c->n; k++)
        inputs += is_input(c, k);
    size_t step = inputs > MOST_CELLS ? inputs / MOST_CELLS + 1 : 1, offset = step > 1 ? (size_t)c->p->number % step : 0;
    for (size_t k = 0; k < c->n && !c->row->failed && c->t->steps < c->row->enough; k++) {
        Slope s;
        if (!is_input(c, k) || seen++ % step != offset)
            continue;
        unit[k] = 1;
        if (slope(c, unit, &s))
            visit(c, k, unit, &s, of_lane);
        unit[k] = 0;
    }
}

static void check_adjoint_cell(Check *c, size_t k, const double *unit, const Slope *s, int of_lane)
{
    double size = 0, want = product(c, is_output, lane(c, c->w, of_lane), s->y_dot, &size);
    (void)unit;
    found(c, name_of(s), trial_cell_name(c->t->arena, c->l, k), c->d.x_bar[k * (size_t)c->lanes + (size_t)of_lane], want,
          fmax(size, least(c, s)), s->tolerance);
}

static void check_column(Check *c, size_t k, const double *unit, const Slope *s, int of_lane)
{
    double *column = vector(c, 1), scale = fmax(least(c, s), 1e-3 * largest(c, s->y_dot, is_output));
    multiply(c, &c->d, unit, column);
    (void)of_lane;
    for (size_t r = 0; r < c->n; r++)
        if (is_output(c, r))
            found(c, name_of(s), arena_printf(c->t->arena, "%s by %s", trial_cell_name(c->t->arena, c->l, r), trial_cell_name(c->t->arena, c->l, k)),
                  column[r], s->y_dot[r], scale, s->tolerance);
}

// ---- tangents, adjoints ----

// Is u off where F itself says J v = s? Then it is of no use to compare with.
static bool is_off(const Check *c, const double *u, const Slope *s)
{
    double scale = fmax(largest(c, s->y_dot, is_output), c->floor);
    for (size_t k = 0; k < c->n; k++)
        if (is_output(c, k) && !(fabs(u[k] - s->y_dot[k]) <= 10 * s->tolerance * scale))
            return true;
    return false;
}

static void check_tangent_lane(Check *c, int k)
{
    const double *v = lane(c, c->v, k), *w = lane(c, c->w, k), *u = lane(c, c->d.y_dot, k);
    Slope s;
    bool ok = slope(c, v, &s);
    if (ok)
        compare_from(c, name_of(&s), is_output, u, s.y_dot, least(c, &s), s.tolerance);
    const double *b = adjoint(c, w), *u2 = tangent(c, v);
    double size = 0;
    bool off = !b || (ok && fabs(product(c, is_output, w, s.y_dot, &size) - product(c, is_input, b, v, &size)) > 10 * s.tolerance * fmax(size, c->floor));
    if (!off)
        compare_products(c, "against an adjoint", w, u, b, v, false, 0, ROUND_OFF);
    if (u2 && !(ok && is_off(c, u2, &s)))
        compare(c, "against another tangent", is_output, u, u2, ROUND_OFF);
    if (c->s->is_matrix)
        each_input(c, check_column, k);
}

static void check_adjoint_lane(Check *c, int k)
{
    const double *v = lane(c, c->v, k), *w = lane(c, c->w, k), *b = lane(c, c->d.x_bar, k), *u = tangent(c, v);
    Slope s;
    bool ok = slope(c, v, &s);
    each_input(c, check_adjoint_cell, k);
    if (ok)
        compare_products(c, name_of(&s), w, s.y_dot, b, v, true, least(c, &s), s.tolerance);
    if (u && !(ok && is_off(c, u, &s)))
        compare_products(c, "against a tangent", w, u, b, v, true, 0, ROUND_OFF);
    const double *b2 = adjoint(c, w);
    double size = 0;
    if (b2 && !(u && fabs(product(c, is_output, w, u, &size) - product(c, is_input, b2, v, &size)) > ROUND_OFF * fmax(size, c->floor)))
        compare(c, "against another adjoint", is_input, b, b2, ROUND_OFF);
}

// ---- in other ways ----

static bool adds(const Subject *s)
{
    const Func *d = s->reverse ? s->reverse : s->d;
    const Param *as = s->reverse || !s->as ? d->params.at : s->as;
    for (int i = 0; i < d->params.n; i++)
        if (as[i].kind == P_BAR && d->params.at[i].role == ROLE_INOUT && as[i].of >= 0 && s->F->params.at[as[i].of].role == ROLE_IN)
            return true;
    return false;
}

// With adjoints that do not start at 0.
static void check_start(Check *c)
{
    size_t n = c->n * (size_t)c->lanes;
    double *start = vector(c, c->lanes), *want = vector(c, c->lanes);
    Flow f;
    flow_for(c, &f);
    for (size_t k = 0; k < n; k++) {
        bool added = is_input(c, k / (size_t)c->lanes) && c->l->F->params.at[param_of(c, k / (size_t)c->lanes)].role == ROLE_IN;
        start[k] = added ? trial_random(c->t, -1, 1) : 0;
        want[k] = c->d.x_bar[k] + start[k];
    }
    f.start = start;
    bool ok = c->s->reverse ? trial_record(c->t, c->s->d, c->s->reverse, c->l, &f, 1) : trial_call(c->t, c->s->d, c->s->as, c->l, &f);
    for (size_t k = 0; ok && k < n; k++)
        if (is_input(c, k / (size_t)c->lanes))
            found(c, "with adjoints that do not start at 0", trial_cell_name(c->t->arena, c->l, k / (size_t)c->lanes), f.x_bar[k], want[k],
                  fabs(c->d.x_bar[k]) + 1, VALUES);
}

// Only parameter i moves, or is asked for.
static void check_alone(Check *c, int i, double *sum)
{
    Flow f = {.lanes = 1, .x = c->p->x, .v = lane(c, c->v, 0), .w = lane(c, c->w, 0), .y_dot = vector(c, 1), .x_bar = vector(c, 1)};
    const double *all = lane(c, c->d.x_bar, 0);
    if (!trial_call(c->t, c->s->alone[i], NULL, c->l, &f))
        return;
    for (size_t k = 0; k < c->n; k++)
        sum[k] += f.y_dot[k];
    double scale = 1e-3 * largest(c, all, is_input);
    for (size_t k = c->l->first[i]; c->s->is_adjoint && k < c->l->first[i] + c->l->count[i]; k++)
        if (is_input(c, k))
            found(c, "against the same of one input alone", trial_cell_name(c->t->arena, c->l, k), all[k], f.x_bar[k], scale, ROUND_OFF);
}

static void check_inputs_alone(Check *c)
{
    double *sum = vector(c, 1);
    bool any = false;
    for (int i = 0; i < c->l->F->params.n; i++)
        if (c->s->alone[i]) {
            check_alone(c, i, sum);
            any = true;
        }
    if (any && !c->s->is_adjoint)
        compare(c, "against the sum over inputs alone", is_output, lane(c, c->d.y_dot, 0), sum, ROUND_OFF);
}

static void check_user(Check *c)
{
    Flow f;
    if (!c->s->user)
        return;
    if (!run(c, c->s->user, c->s->user_reverse, &f)) {
        found(c, arena_printf(c->t->arena, "optimised, it stops: %s", c->t->reason), NULL, NAN, 0, 0, ROUND_OFF);
        return;
    }
    compare(c, "the value, optimised", is_any_output, f.y, c->y, ROUND_OFF);
    for (int k = 0; k < c->lanes && c->s->is_adjoint; k++)
        compare(c, "optimised against -O0", is_input, lane(c, f.x_bar, k), lane(c, c->d.x_bar, k), ROUND_OFF);
    for (int k = 0; k < c->lanes && !c->s->is_adjoint; k++)
        compare(c, "optimised against -O0", is_output, lane(c, f.y_dot, k), lane(c, c->d.y_dot, k), ROUND_OFF);
}

// ---- a point ----

static void draw(Check *c)
{
    bool is_grad = c->s->d->transform == TR_GRAD && !c->s->is_rule;
    c->v = vector(c, c->lanes);
    c->w = vector(c, c->lanes);
    for (size_t k = 0; k < c->n; k++)
        for (int i = 0; i < c->lanes; i++) {
            size_t at = k * (size_t)c->lanes + (size_t)i;
            if (is_input(c, k))
                c->v[at] = trial_random(c->t, -1, 1);
            if (is_output(c, k))
                c->w[at] = is_grad ? 1 : trial_random(c->t, -1, 1);
        }
}

static int lanes_at(const Subject *s, const Point *p)
{
    if (s->directions.kind == DIRECTIONS_ONE)
        return 1;
    double n = s->directions.kind == DIRECTIONS_CONST ? (double)s->directions.n : p->x[p->at.first[s->directions.n]];
    return n > 0 ? (int)n : 0;
}

void trial_check(Trial *t, Row *row, const Point *p)
{
    Check c = {.t = t, .s = row->s, .row = row, .p = p, .l = &p->at, .n = p->at.n, .lanes = lanes_at(row->s, p)};
    Flow value = {.lanes = 1, .x = p->x, .y = vector(&c, 1)};
    if (!trial_call(t, row->s->F, NULL, c.l, &value))
        return;
    c.y = value.y;
    c.size = 1 + largest(&c, c.y, is_any_output);
    c.floor = 1e-6 * c.size;
    draw(&c);
    if (!run(&c, c.s->d, c.s->reverse, &c.d)) {
        found(&c, arena_printf(t->arena, "it stops: %s", t->reason), NULL, NAN, 0, 0, ROUND_OFF);
        return;
    }
    row->points++;
    compare(&c, "the value that is delivered", is_any_output, c.d.y, c.y, VALUES);
    for (int k = 0; k < c.lanes && k < 4; k++)
        (c.s->is_adjoint ? check_adjoint_lane : check_tangent_lane)(&c, k);
    if (c.lanes > 0 && c.s->is_adjoint && adds(c.s))
        check_start(&c);
    if (c.lanes == 1)
        check_inputs_alone(&c);
    if (c.lanes > 0)
        check_user(&c);
}

Row trial_row(Trial *t, Subject *s)
{
    Row row = {.s = s, .none = s->skip, .enough = t->steps + MOST_STEPS};
    for (int k = 1; k <= t->runs && !s->skip && !row.failed && t->steps < row.enough; k++) {
        const Point *p = trial_point(t, s, k);
        if (p)
            trial_check(t, &row, p);
        else if (!row.points)
            row.none = t->reason;
    }
    if (row.points || row.failed)
        row.none = NULL;
    return row;
}
