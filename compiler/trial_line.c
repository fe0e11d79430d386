// trial_line.c — which line of a function a wrong derivative comes from. See trial.h.
//
// In: a derivative of F that is wrong at a point. Out: the first op of F's body whose own derivative is off. The idea: F is cut off behind each
// of its lines in turn, and what the cut-off function gives is all that the line has made; each is derived as F was and tried at the same point.
//
//     real F(real x) {                  F.1(x) = sin(x)                       right
//         real a = sin(x);              F.2(x) = odd(a)                       wrong: line 3 it is
//         real b = odd(a);              F.3(x) = a * b
//         return a * b;
//     }
//
// A line that calls a function is looked into, at points of that function's own. A loop counts as one line.
#include <string.h>

#include "derive.h"
#include "rewrite.h"
#include "trial.h"

enum { MOST_CUTS = 300, MOST_CALLS = 8, POINTS = 3, MOST_STEPS = 1000000 };

typedef struct Cut {
    const Op *last;                         // of F
    Subject s;
} Cut;

typedef struct Cutter {
    Trial *t;
    Module *m;                              // fresh: nothing is derived in it yet
    Func *F;
    Value **map;                            // by id of F
    Builder b;
    const Op *last;
} Cutter;

// ---- what a line has made ----

// The last version of the buffer whose root it is that F has made up to `last`, or NULL.
static Value *last_version(const Cutter *c, const Value *root)
{
    Value *v = NULL;
    for (int i = 0; i < c->F->body->ops.n; i++) {
        const Op *op = c->F->body->ops.at[i];
        for (int k = 0; k < op->n_out; k++)
            if (type_is_linear(op->out[k]->type) && ir_root(op->out[k]) == root)
                v = op->out[k];
        if (op == c->last)
            break;
    }
    return v;
}

// to + 1.0 * x + 1.1 * ..: sums with weights, so that nothing cancels.
static Value *weighed(Cutter *c, Value *sum, Value *x, double weight)
{
    return b_2(&c->b, OP_add, sum, b_2(&c->b, OP_mul, b_real(&c->b, weight), x));
}

static Value *weighed_array(Cutter *c, Value *sum, Value *array)
{
    Value *n = b_int(&c->b, 1);
    for (int k = 0; k < array->type.rank; k++)
        n = b_2(&c->b, OP_imul, n, ir_dim(&c->b, array, k));
    Value *flat = b_reshape(&c->b, array, 1, &n);
    Op *loop = b_loop(&c->b, b_int(&c->b, 0), n, 1, false, 1, &sum);
    Cutter in = *c;
    in.b = builder_at(c->b.f, loop->regions[0], false);
    Value *i = loop_index(loop), *x = b_load(&in.b, flat, 1, &i), *one = b_real(&in.b, 1.0), *step = b_real(&in.b, 0.125);
    Value *weight = b_2(&in.b, OP_add, one, b_2(&in.b, OP_mul, step, b_1(&in.b, OP_itor, i)));
    Value *more = b_2(&in.b, OP_add, loop_arg(loop, 0), b_2(&in.b, OP_mul, weight, x));
    ir_yield(&in.b, 1, &more);
    return loop->out[0];
}

// All reals that the ops of the line of `last` gave, and the arrays that they wrote, in one number.
static Value *line_in_one(Cutter *c)
{
    Value *sum = b_real(&c->b, 0.0);
    double weight = 1;
    for (int i = 0; i < c->F->body->ops.n; i++) {
        const Op *op = c->F->body->ops.at[i];
        for (int k = 0; k < op->n_out && op->loc.line == c->last->loc.line; k++, weight += 0.125) {
            Value *v = op->out[k];
            bool array = v->type.kind == K_ARRAY && v->type.elem == E_REAL && ir_root(v)->def && ir_root(v)->def->code == OP_new;
            if (type_is_scalar(v->type) && v->type.elem == E_REAL && op->code != OP_undef)
                sum = weighed(c, sum, c->map[v->id], weight);
            else if (array && last_version(c, ir_root(v)) == v)
                sum = weighed_array(c, sum, c->map[v->id]);
        }
        if (op == c->last)
            break;
    }
    return sum;
}

// ---- functions that are cut off ----

static Value *result_of_param(Cutter *c, const Param *p)
{
    if (type_is_linear(p->type)) {
        const Op *shape = ir_shape_of(c->F, c->F->body->args.at[p->arg]);
        return c->map[last_version(c, ir_root(shape->out[0]))->id];
    }
    if (p->arg >= 0)
        return c->map[c->F->body->args.at[p->arg]->id];
    return p->type.elem == E_REAL ? b_real(&c->b, 0.0) : p->type.elem == E_INT ? b_int(&c->b, 0) : b_bool(&c->b, false);
}

static Func *cut_function(Cutter *c, int n)
{
    Func *F = c->F, *g = func_new(c->m, intern_z(c->m->names, arena_printf(c->m->arena, "%s.cut%d", F->name, n)));
    g->source_name = F->source_name;
    g->loc = F->loc;
    for (int i = 0; i < F->params.n; i++) {
        const Param *p = &F->params.at[i];
        Value *arg = func_param(g, p->name, p->role, p->type, P_PRIMAL, i);
        if (p->arg >= 0)
            c->map[F->body->args.at[p->arg]->id] = arg;
    }
    func_set_ret(g, T_REAL);
    c->b = builder_at(g, g->body, false);
    for (int i = 0; i < F->body->ops.n; i++) {
        ir_clone_op(&c->b, F->body->ops.at[i], c->map);
        if (F->body->ops.at[i] == c->last)
            break;
    }
    Value **y = NEW_N(c->t->arena, Value *, func_n_results(g) + 1);
    y[g->ret] = line_in_one(c);
    for (int i = 0; i < F->params.n; i++)
        if (g->params.at[i].result >= 0)
            y[g->params.at[i].result] = result_of_param(c, &F->params.at[i]);
    ir_yield(&c->b, func_n_results(g), y);
    return g;
}

// Is op k the last one of its line where that comes first?
static bool ends_line(const Func *F, int k)
{
    const Op *op = F->body->ops.at[k];
    if (!op->loc.line || op->code == OP_shape)
        return false;
    for (int i = k + 1; i < F->body->ops.n; i++)
        if (F->body->ops.at[i]->loc.line)
            return F->body->ops.at[i]->loc.line != op->loc.line;
    return true;
}

static bool binds_shapes(const Func *F, int k)                  // op k or one behind it does
{
    for (int i = k; i < F->body->ops.n; i++)
        if (F->body->ops.at[i]->code == OP_shape)
            return true;
    return false;
}

// ---- trying them ----

static Subject cut_subject(Trial *t, const Subject *s, Func *F, Func *d)
{
    return (Subject){.name = s->name, .what = s->what, .loc = s->loc, .d = d, .F = F, .wrt = d->wrt, .only = -1, .is_adjoint = s->is_adjoint,
                     .alone = NEW_N(t->arena, Func *, F->params.n + 1)};
}

// The same values for the function that was cut off.
static Point *point_for(Trial *t, const Func *F, const Point *p)
{
    Point *q = NEW(t->arena, Point);
    double *ints = NEW_N(t->arena, double, F->params.n + 1);
    for (int i = 0; i < F->params.n; i++)
        ints[i] = p->at.count[i] ? p->x[p->at.first[i]] : 0;
    q->number = p->number;
    if (!trial_layout(t, F, ints, &q->at))
        return NULL;
    q->x = trial_vector(t->arena, &q->at, 1);
    memcpy(q->x, p->x, sizeof(double) * (p->at.n < q->at.n ? p->at.n : q->at.n));
    return q;
}

static bool is_wrong(Trial *t, Subject *s, const Point *p)
{
    Row row = {.s = s, .enough = t->steps + MOST_STEPS};
    if (p) {
        const Point *q = point_for(t, s->F, p);
        if (q)
            trial_check(t, &row, q);
        return row.failed;
    }
    for (int k = 1; k <= POINTS && !row.failed; k++) {
        const Point *q = trial_point(t, s, k);
        if (q)
            trial_check(t, &row, q);
    }
    return row.failed;
}

static void no_report(void *user, bool is_error, IrLoc loc, const char *message, IrLoc note_loc, const char *note)
{
    (void)user, (void)is_error, (void)loc, (void)message, (void)note_loc, (void)note;
}

static const Op *first_wrong(Trial *t, const Subject *s, const char *name, const bool *wrt, const Point *p, int depth);

// Of the line of op, where a function that it calls is wrong by itself, the op there.
static const Op *inside(Trial *t, const Subject *s, const Func *F, const Op *op, int depth)
{
    for (int i = 0; i < F->body->ops.n && depth < MOST_CALLS; i++) {
        const Op *call = F->body->ops.at[i];
        if (call->code != OP_call || call->loc.line != op->loc.line || !func_has_body(call->callee) || call->callee->custom_vjp ||
            call->callee->custom_jvp)
            continue;
        const Op *found = first_wrong(t, s, call->callee->name, NULL, NULL, depth + 1);
        if (found)
            return found;
    }
    return op;
}

static void make_cuts(Cutter *c, const Subject *s, const bool *wrt, Cut *cuts, int *n)
{
    Trial *t = c->t;
    for (int k = 0; k < c->F->body->ops.n && *n < MOST_CUTS; k++) {
        if (!ends_line(c->F, k) || binds_shapes(c->F, k))
            continue;
        c->last = c->F->body->ops.at[k];
        c->map = NEW_N(t->arena, Value *, c->F->n_values + 1);
        Func *g = cut_function(c, *n);
        Func *d = trial_ask(c->m, g, s->is_adjoint ? TR_VJP : TR_JVP, wrt, intern_z(c->m->names, arena_printf(t->arena, "%s.d", g->name)));
        cuts[(*n)++] = (Cut){c->last, cut_subject(t, s, g, d)};
    }
}

// wrt NULL: by all inputs. p NULL: at points of its own.
static const Op *first_wrong(Trial *t, const Subject *s, const char *name, const bool *wrt, const Point *p, int depth)
{
    Cutter c = {.t = t, .m = t->again ? t->again(t->user_data) : NULL};
    Cut *cuts = NEW_N(t->arena, Cut, MOST_CUTS);
    int n = 0;
    c.F = c.m ? func_by_name(c.m, name) : NULL;
    if (!c.F || !func_has_body(c.F))
        return NULL;
    bool *by = NEW_N(t->arena, bool, c.F->params.n + 1), any = false;
    for (int i = 0; i < c.F->params.n; i++) {
        by[i] = wrt ? wrt[i] : c.F->params.at[i].role != ROLE_OUT && type_is_real(c.F->params.at[i].type);
        any = any || by[i];
    }
    make_cuts(&c, s, by, cuts, &n);
    if (!any || !derive_all(c.m, no_report, NULL))
        return NULL;
    for (int i = 0; i < n; i++)
        if (is_wrong(t, &cuts[i].s, p))
            return inside(t, s, c.F, cuts[i].last, depth);
    return NULL;
}

const Op *trial_line(Trial *t, const Subject *s, const Point *p)
{
    return s->is_rule || s->F->transform != TR_NONE ? NULL : first_wrong(t, s, s->F->name, s->wrt, p, 0);
}
