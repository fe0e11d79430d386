// trial_slope.c — the derivative of a function in one direction, from the function alone. See trial.h.
//
// In: F, a point x, a direction v. Out: J v. By the complex step where F allows: one call with x + i h v, exact to round-off. Else by central
// differences with steps h, h/2, h/4, extrapolated twice, which leaves a term in h^6; the steps from coarse to fine, the best taken. While F is
// called at other points it has to decide all as it did at x; where it does not there is a kink:
//
//     real F(real x) { return abs(x) * erf(x); }     at 1e-9, in direction 1: `abs` decides otherwise at 1e-9 - h, kink
#include "trial.h"

#include <float.h>
#include <math.h>

static const double TINY = 1e-100;

// ---- the complex step ----

static bool complex_step(Trial *t, const Subject *s, const Point *p, const double *v, Slope *slope)
{
    double *im = trial_vector(t->arena, &p->at, 1), *y = trial_vector(t->arena, &p->at, 1);
    for (size_t k = 0; k < p->at.n; k++)
        im[k] = TINY * v[k];
    Interp *in = trial_interp(t);
    Flow f = {.lanes = 1, .x = p->x, .x_im = im, .y = y, .y_im = slope->y_dot};
    bool ok = trial_call_in(t, in, s->F, NULL, &p->at, &f);
    t->not_complex = in->not_complex;
    t->corner = in->corner;
    arena_free(in->arena);
    for (size_t k = 0; k < p->at.n; k++)
        slope->y_dot[k] /= TINY;
    slope->tolerance = 1e-8;
    slope->differences = false;
    return ok && !t->not_complex && !t->corner;
}

// ---- differences ----

typedef struct Differences {
    Trial *t;
    const Subject *s;
    const Point *p;
    const double *v;
    InterpTrace trace;
    Arena *arena;                           // of the trace
} Differences;

// y = F(x + h v), deciding as before. False: it cannot.
static bool moved(Differences *d, double h, double *y)
{
    Trial *t = d->t;
    double *x = trial_vector(t->arena, &d->p->at, 1);
    for (size_t k = 0; k < d->p->at.n; k++)
        x[k] = d->p->x[k] + h * d->v[k];
    Interp *in = trial_interp(t);
    Flow f = {.lanes = 1, .x = x, .y = y};
    if (d->trace.recording)
        d->arena = in->arena;
    in->trace = &d->trace;
    d->trace.next = 0;
    d->trace.parted = NULL;
    bool ok = trial_call_in(t, in, d->s->F, NULL, &d->p->at, &f);
    if (!d->trace.recording)
        arena_free(in->arena);
    t->parted = d->trace.parted;
    return ok && !d->trace.parted;
}

// to = (F(x + h v) - F(x - h v)) / 2h
static bool central(Differences *d, double h, double *to)
{
    const Layout *l = &d->p->at;
    double *minus = trial_vector(d->t->arena, l, 1);
    if (!moved(d, h, to) || !moved(d, -h, minus))
        return false;
    for (size_t k = 0; k < l->n; k++)
        to[k] = (to[k] - minus[k]) / (2 * h);
    return true;
}

// Extrapolates from h, h/2, h/4; *error: how much the last step still changed, and what round-off may have.
static bool extrapolated(Differences *d, double h, const double *y, double *to, double *error)
{
    const Layout *l = &d->p->at;
    double *c[3], most = 0, size = 0;
    for (int k = 0; k < 3; k++) {
        c[k] = trial_vector(d->t->arena, l, 1);
        if (!central(d, h / (1 << k), c[k]))
            return false;
    }
    *error = 0;
    for (size_t k = 0; k < l->n; k++) {
        double a = (4 * c[1][k] - c[0][k]) / 3, b = (4 * c[2][k] - c[1][k]) / 3;
        to[k] = (16 * b - a) / 15;
        if (!trial_cell_is_real(l, k))
            continue;
        *error = fmax(*error, fabs(to[k] - b) + 8 * DBL_EPSILON * fabs(y[k]) / h);
        most = fmax(most, fabs(to[k]));
        size = fmax(size, fabs(y[k]));
    }
    *error /= fmax(most, fmax(1e-3 * size, DBL_MIN));
    return isfinite(*error);
}

static bool by_differences(Trial *t, const Subject *s, const Point *p, const double *v, Slope *slope)
{
    static const double steps[] = {1.0 / 16, 1.0 / 128, 1.0 / 1024, 1.0 / 16384, 1.0 / 262144};
    Differences d = {.t = t, .s = s, .p = p, .v = v, .trace = {.recording = true}};
    double *y = trial_vector(t->arena, &p->at, 1), *y_dot = trial_vector(t->arena, &p->at, 1), best = 1e-4, error;
    bool found = false;
    const Op *kink = NULL;
    if (!moved(&d, 0, y)) {
        arena_free(d.arena);
        return false;
    }
    d.trace.recording = false;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && best > 1e-9; i++) {
        if (!extrapolated(&d, steps[i], y, y_dot, &error)) {
            kink = t->parted;
            continue;
        }
        for (size_t k = 0; error < best && k < p->at.n; k++)
            slope->y_dot[k] = y_dot[k];
        found = found || error < best;
        best = fmin(best, error);
    }
    arena_free(d.arena);
    t->parted = found ? NULL : kink;
    slope->tolerance = fmax(1e-6, 30 * best);
    slope->differences = true;
    return found;
}

bool trial_slope(Trial *t, Subject *s, const Point *p, const double *v, Slope *slope)
{
    slope->y_dot = trial_vector(t->arena, &p->at, 1);
    t->parted = NULL;
    if (!s->not_complex && complex_step(t, s, p, v, slope))
        return true;
    s->not_complex = s->not_complex || t->not_complex;
    return s->not_complex && by_differences(t, s, p, v, slope);
}
