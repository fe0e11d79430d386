// activity.c — which values carry derivatives.
//
// In: a function and which of its arguments (results) count. Out: a flag per value: varied (depends on a counted argument), useful (a counted
// result depends on it). What is both is active. Across calls a matrix per function says which result depends on which argument.
//
//     real f(real x, real y) { real u = x * 2; real v = y * 3; return u; }       varied by x: x u result; useful: x u result; v is neither
//
// Both are fixpoints from below over a finite set of flags: in a region one pass is enough, a loop repeats until nothing changes.
#include "derive.h"

#include <assert.h>
#include <string.h>

typedef struct Summary {
    bool *deps;                             // n_results x n_args
    bool changed;
} Summary;

struct Activity {
    Module *m;
    Arena *a;
    Map *summaries;                         // Func -> Summary
};

typedef struct Flow {
    Activity *act;
    const Func *f;
    bool *on;                               // per value id
    bool changed;
} Flow;

static void mark(Flow *w, const Value *v, bool on)
{
    if (on && type_is_real(v->type) && !w->on[v->id]) {
        w->on[v->id] = true;
        w->changed = true;
    }
}

static bool is_on(const Flow *w, const Value *v)
{
    return w->on[v->id];
}

// A summary may still be growing: activity_deps repeats until none changes.
static const bool *callee_deps(Activity *act, const Func *f)
{
    Summary *s = map_get(act->summaries, f);
    return s ? s->deps : NULL;
}

// ---- forward ----

static void varied_region(Flow *w, const Region *r);

static void varied_call(Flow *w, const Op *op)
{
    const bool *deps = callee_deps(w->act, op->callee);
    for (int r = 0; r < op->n_out; r++)
        for (int k = 0; k < op->n_in; k++)
            if (deps && deps[r * op->n_in + k])
                mark(w, op->out[r], is_on(w, op->in[k]));
}

static void varied_if(Flow *w, const Op *op)
{
    for (int k = 0; k < 2; k++) {
        const Region *r = op->regions[k];
        for (int i = 0; i < r->args.n; i++)
            mark(w, r->args.at[i], is_on(w, op->in[1 + i]));
        varied_region(w, r);
        for (int i = 0; i < op->n_out; i++)
            mark(w, op->out[i], is_on(w, r->yields.at[i]));
    }
}

static void varied_loop(Flow *w, const Op *op)
{
    int n = loop_n_carried(op);
    bool outer = w->changed;
    do {
        w->changed = false;
        for (int k = 0; k < n; k++) {
            mark(w, loop_arg(op, k), is_on(w, op->in[loop_first_init(op) + k]) || is_on(w, loop_yield(op, k)));
            mark(w, op->out[k], is_on(w, loop_arg(op, k)));
        }
        varied_region(w, op->regions[0]);
        outer |= w->changed;
    } while (w->changed);
    w->changed = outer;
}

static void varied_within(Flow *w, const Op *op)
{
    const Region *r = op->regions[0];
    for (int i = 0; i < op->n_paths; i++)
        mark(w, r->args.at[i], is_on(w, op->in[0]));
    for (int i = 0; i < op->n_extra; i++)
        mark(w, r->args.at[op->n_paths + i], is_on(w, op->in[op->n_in - op->n_extra + i]));
    varied_region(w, r);
    mark(w, op->out[0], is_on(w, op->in[0]));
    for (int i = 0; i < r->yields.n; i++)
        mark(w, op->out[i < op->n_paths ? 0 : i - op->n_paths + 1], is_on(w, r->yields.at[i]));
}

static void varied_scalar(Flow *w, const Op *op)
{
    for (int k = 0; k < op->n_in; k++)
        if (k < 3 && op_info[op->code].partial[k])
            mark(w, op->out[0], is_on(w, op->in[k]));
}

static void varied_op(Flow *w, const Op *op)
{
    switch (op->code) {
    case OP_if: varied_if(w, op); break;
    case OP_loop: varied_loop(w, op); break;
    case OP_within: varied_within(w, op); break;
    case OP_call: varied_call(w, op); break;
    case OP_fill: mark(w, op->out[0], is_on(w, op->in[1])); break;                  // nothing of the old contents stays
    case OP_copy_to: mark(w, op->out[0], is_on(w, op->in[1])); break;
    case OP_len: case OP_check: break;
    default:
        if (op_is_scalar(op->code))
            varied_scalar(w, op);
        else                                                                        // every real operand flows into the result
            for (int k = 0; k < op->n_in && op->n_out; k++)
                mark(w, op->out[0], is_on(w, op->in[k]));
    }
}

static void varied_region(Flow *w, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++)
        varied_op(w, r->ops.at[i]);
}

// ---- backward ----

static void useful_region(Flow *w, const Region *r);

static void useful_call(Flow *w, const Op *op)
{
    const bool *deps = callee_deps(w->act, op->callee);
    for (int r = 0; r < op->n_out; r++)
        for (int k = 0; k < op->n_in; k++)
            if (deps && deps[r * op->n_in + k])
                mark(w, op->in[k], is_on(w, op->out[r]));
}

static void useful_if(Flow *w, const Op *op)
{
    for (int k = 0; k < 2; k++) {
        const Region *r = op->regions[k];
        for (int i = 0; i < op->n_out; i++)
            mark(w, r->yields.at[i], is_on(w, op->out[i]));
        useful_region(w, r);
        for (int i = 0; i < r->args.n; i++)
            mark(w, op->in[1 + i], is_on(w, r->args.at[i]));
    }
}

static void useful_loop(Flow *w, const Op *op)
{
    int n = loop_n_carried(op);
    bool outer = w->changed;
    do {
        w->changed = false;
        for (int k = 0; k < n; k++)
            mark(w, loop_yield(op, k), is_on(w, op->out[k]) || is_on(w, loop_arg(op, k)));
        useful_region(w, op->regions[0]);
        outer |= w->changed;
    } while (w->changed);
    for (int k = 0; k < n; k++)                                                     // zero trips: the result is the initial value
        mark(w, op->in[loop_first_init(op) + k], is_on(w, op->out[k]) || is_on(w, loop_arg(op, k)));
    w->changed = outer;
}

static void useful_within(Flow *w, const Op *op)
{
    const Region *r = op->regions[0];
    for (int i = 0; i < r->yields.n; i++)
        mark(w, r->yields.at[i], is_on(w, op->out[i < op->n_paths ? 0 : i - op->n_paths + 1]));
    useful_region(w, r);
    mark(w, op->in[0], is_on(w, op->out[0]));
    for (int i = 0; i < op->n_paths; i++)
        mark(w, op->in[0], is_on(w, r->args.at[i]));
    for (int i = 0; i < op->n_extra; i++)
        mark(w, op->in[op->n_in - op->n_extra + i], is_on(w, r->args.at[op->n_paths + i]));
}

static void useful_op(Flow *w, const Op *op)
{
    switch (op->code) {
    case OP_if: useful_if(w, op); break;
    case OP_loop: useful_loop(w, op); break;
    case OP_within: useful_within(w, op); break;
    case OP_call: useful_call(w, op); break;
    case OP_fill: case OP_copy_to: mark(w, op->in[1], is_on(w, op->out[0])); break;
    case OP_len: case OP_check: break;
    default:
        for (int k = 0; k < op->n_in && op->n_out; k++)
            if (!op_is_scalar(op->code) || op_info[op->code].partial[k])
                mark(w, op->in[k], is_on(w, op->out[0]));
    }
}

static void useful_region(Flow *w, const Region *r)
{
    for (int i = r->ops.n - 1; i >= 0; i--)
        useful_op(w, r->ops.at[i]);
}

// ---- summaries ----

static int n_results(const Func *f)
{
    return func_n_results(f);
}

static bool result_is_real(const Func *f, int r)
{
    for (int i = 0; i < f->params.n; i++)
        if (f->params.at[i].result == r)
            return type_is_real(f->params.at[i].type);
    return type_is_real(f->ret_type);
}

// What has no body of its own to look at, or a rule by hand: every real result depends on every real argument that comes in with a value.
static void assume_all(const Func *f, Summary *s)
{
    for (int r = 0; r < n_results(f); r++)
        for (int i = 0; i < f->params.n; i++) {
            const Param *p = &f->params.at[i];
            if (p->arg >= 0 && p->role != ROLE_OUT && type_is_real(p->type) && result_is_real(f, r))
                s->deps[r * f->body->args.n + p->arg] = true;
        }
}

// The solution of an equation depends on what the residual depends on, but not on where the search for it began.
static void follow_residual(Activity *act, const Func *f, Summary *s)
{
    const bool *deps = callee_deps(act, f->implicit->residual);
    int start = f->params.at[f->implicit->unknown].arg;
    for (int k = 0; k < f->body->args.n; k++) {
        bool dep = deps[k] && k != start;                       // of the one result
        s->changed |= dep && !s->deps[k];
        s->deps[k] |= dep;
    }
}

static void update_summary(Activity *act, Arena *a, Func *f)
{
    Summary *s = map_get(act->summaries, f);
    int n_args = f->body->args.n;
    if (f->implicit) {
        follow_residual(act, f, s);
        return;
    }
    if (f->is_extern || f->custom_vjp || f->custom_jvp || f->body->yields.n != n_results(f)) {
        assume_all(f, s);
        return;
    }
    for (int k = 0; k < n_args; k++) {
        if (!type_is_real(f->body->args.at[k]->type))
            continue;
        bool *active = NEW_N(a, bool, n_args);
        active[k] = true;
        bool *varied = activity_varied(act, a, f, active);
        for (int r = 0; r < f->body->yields.n; r++) {
            bool dep = varied[f->body->yields.at[r]->id];
            s->changed |= dep && !s->deps[r * n_args + k];
            s->deps[r * n_args + k] |= dep;
        }
    }
}

typedef VEC(Func *) FuncList;

static void reach(Activity *act, Func *f, FuncList *list);

static void reach_region(Activity *act, const Region *r, FuncList *list)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        if (op->code == OP_call)
            reach(act, op->callee, list);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                reach_region(act, op->regions[k], list);
    }
}

static void reach(Activity *act, Func *f, FuncList *list)
{
    if (map_get(act->summaries, f))
        return;
    Summary *s = NEW(act->a, Summary);
    s->deps = NEW_N(act->a, bool, n_results(f) * f->body->args.n + 1);
    map_set(act->summaries, f, s);
    vec_push(act->a, list, f);
    if (f->implicit)
        reach(act, f->implicit->residual, list);
    else
        reach_region(act, f->body, list);
}

Activity *activity_new(Module *m, Arena *a)
{
    Activity *act = NEW(a, Activity);
    *act = (Activity){.m = m, .a = a, .summaries = map_new(a)};
    return act;
}

const bool *activity_deps(Activity *act, Func *f)
{
    FuncList fresh = {0};
    reach(act, f, &fresh);
    for (bool again = true; again;) {
        again = false;
        Arena *scratch = arena_new();
        for (int i = fresh.n - 1; i >= 0; i--) {
            Summary *s = map_get(act->summaries, fresh.at[i]);
            s->changed = false;
            update_summary(act, scratch, fresh.at[i]);
            again |= s->changed;
        }
        arena_free(scratch);
    }
    return ((Summary *)map_get(act->summaries, f))->deps;
}

bool *activity_varied(Activity *act, Arena *a, Func *f, const bool *active_args)
{
    Flow w = {.act = act, .f = f, .on = NEW_N(a, bool, f->n_values + 1)};
    for (int i = 0; i < f->body->args.n; i++)
        mark(&w, f->body->args.at[i], active_args[i]);
    varied_region(&w, f->body);
    return w.on;
}

bool *activity_useful(Activity *act, Arena *a, Func *f, const bool *active_results)
{
    Flow w = {.act = act, .f = f, .on = NEW_N(a, bool, f->n_values + 1)};
    for (int i = 0; i < f->body->yields.n; i++)
        mark(&w, f->body->yields.at[i], active_results[i]);
    useful_region(&w, f->body);
    return w.on;
}
