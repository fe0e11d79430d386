// opt_counted.c — finds the loops that count.
//
// In: a function as lower.c makes it, with every loop uncounted. Out: loops whose head is `i REL e`, with e the same in
// every round and i stepping by the same constant on every path that does not leave the loop, are counted. Their index
// takes the place of i in the body; i itself stays a carried value, which opt_dce removes if it is not used after the
// loop.
//
//     %i, %s, %T = loop (%i1 = 0, %s1 = 0.0) while { %c = ilt %i1, %n  yield %c } do {
//         .. %i2 = iadd %i1, 1   yield %i2, %s2 }
//     ->    %i, %s, %T = loop %j = 0 to %n step 1 (%i1 = 0, %s1 = 0.0) { .. %i2 = iadd %j, 1   yield %i2, %s2 }
//
// With break and return the step stands in an arm of an if: `i2 = if done { i } else { i + 1 }`, exit flag `done`. The
// arm that keeps i is of no account, since taking it means leaving: that is proved by working out the exit flag from
// the conditions on the way to the arm. `n--` in the body makes e a carried value, and the loop is not counted.
#include "opt.h"
#include "rewrite.h"

#include <limits.h>

enum { MAX_DEPTH = 40, MAX_LOOKS = 4000, MAX_FACTS = 16 };

// What is known on the way to an arm.
typedef struct Facts {
    int n;
    const Value *v[MAX_FACTS];
    bool is[MAX_FACTS];
} Facts;

typedef struct Proof {
    const Op *loop;
    const Value *arg;                                           // the counter in the body
    int looks;                                                  // how much has been looked at
    Facts facts;
} Proof;

typedef enum Truth { FALSE, TRUE, MAYBE } Truth;

static const Op *def_of(const Value *v, OpCode code)
{
    return v->def && v->def->code == code ? v->def : NULL;
}

// Adds that v is known, and what follows for its parts.
static void add_fact(Facts *f, const Value *v, bool is)
{
    if (f->n == MAX_FACTS)
        return;
    f->v[f->n] = v;
    f->is[f->n++] = is;
    const Op *no = def_of(v, OP_not), *both = def_of(v, is ? OP_and : OP_or);
    if (no)
        add_fact(f, no->in[0], !is);
    for (int k = 0; both && k < 2; k++)
        add_fact(f, both->in[k], is);
}

static Truth opposite(Truth t)
{
    return t == MAYBE ? MAYBE : t == TRUE ? FALSE : TRUE;
}

// What arm k of an if yields for its result v.
static const Value *arm_of(const Value *v, int k)
{
    return v->def->regions[k]->yields.at[v->index];
}

static Truth truth(Proof *p, const Value *v, int depth);

static Truth truth_of_choice(Proof *p, const Value *c, const Value *t, const Value *e, int depth)
{
    Truth which = truth(p, c, depth);
    if (which != MAYBE)
        return truth(p, which == TRUE ? t : e, depth);
    Truth then = truth(p, t, depth);
    return then != MAYBE && truth(p, e, depth) == then ? then : MAYBE;
}

// What the bool v is, given the facts.
static Truth truth(Proof *p, const Value *v, int depth)
{
    int64_t c;
    if (ir_is_int_const(v, &c))
        return c ? TRUE : FALSE;
    for (int i = 0; i < p->facts.n; i++)
        if (p->facts.v[i] == v)
            return p->facts.is[i] ? TRUE : FALSE;
    if (!v->def || depth == 0 || p->looks++ > MAX_LOOKS)
        return MAYBE;
    const Op *op = v->def;
    Truth x, y;
    switch (op->code) {
    case OP_not:
        return opposite(truth(p, op->in[0], depth - 1));
    case OP_and:
    case OP_or:
        x = truth(p, op->in[0], depth - 1);
        y = truth(p, op->in[1], depth - 1);
        if (op->code == OP_or)
            return x == TRUE || y == TRUE ? TRUE : x == FALSE ? y : MAYBE;
        return x == FALSE || y == FALSE ? FALSE : x == TRUE ? y : MAYBE;
    case OP_bsel:
        return truth_of_choice(p, op->in[0], op->in[1], op->in[2], depth - 1);
    case OP_if:
        return truth_of_choice(p, op->in[0], arm_of(v, 0), arm_of(v, 1), depth - 1);
    default:
        return MAYBE;
    }
}

static bool steps(Proof *p, const Value *v, int64_t *step, bool *found, int depth);

// The same for a value chosen by c: an arm that means leaving the loop does not count.
static bool choice_steps(Proof *p, const Value *c, const Value *const arms[2], int64_t *step, bool *found, int depth)
{
    for (int k = 0; k < 2; k++) {
        Truth which = truth(p, c, depth);
        if (which == (k == 0 ? FALSE : TRUE))
            continue;
        int n = p->facts.n;
        add_fact(&p->facts, c, k == 0);
        bool leaves = p->loop->has_exit && truth(p, loop_exit_flag(p->loop), depth) == TRUE;
        bool ok = leaves || steps(p, arms[k], step, found, depth);
        p->facts.n = n;
        if (!ok)
            return false;
    }
    return true;
}

// Is v the counter plus one constant, on all ways that stay in the loop? `found`: *step is set already, and has to be
// the same.
static bool steps(Proof *p, const Value *v, int64_t *step, bool *found, int depth)
{
    int64_t d;
    if (depth == 0 || p->looks++ > MAX_LOOKS)
        return false;
    if (int_difference(v, p->arg, &d)) {
        bool ok = d != 0 && (!*found || d == *step);
        *found = true;
        *step = d;
        return ok;
    }
    const Op *op = v->def;
    if (op && op->code == OP_isel)
        return choice_steps(p, op->in[0], (const Value *const[]){op->in[1], op->in[2]}, step, found, depth - 1);
    if (op && op->code == OP_if)
        return choice_steps(p, op->in[0], (const Value *const[]){arm_of(v, 0), arm_of(v, 1)}, step, found, depth - 1);
    return false;
}

// Does v have the same value whenever the head runs?
static bool is_invariant(const Region *head, const Value *v, int depth)
{
    if (v->region != head)
        return true;
    if (!v->def || depth == 0 || v->def->n_regions > 0 || v->def->code == OP_call)
        return false;
    for (int i = 0; i < v->def->n_in; i++)
        if (!is_invariant(head, v->def->in[i], depth - 1))
            return false;
    return true;
}

// A head `i REL e`, as if i stood on the left.
typedef struct Test {
    OpCode rel;
    int k;                                                      // which carried value i is
    Value *end;
} Test;

static OpCode turned(OpCode rel)
{
    switch (rel) {
    case OP_ilt: return OP_igt;
    case OP_ile: return OP_ige;
    case OP_igt: return OP_ilt;
    case OP_ige: return OP_ile;
    default: return rel;
    }
}

static bool find_test(const Region *head, Test *t)
{
    const Op *cond = head->yields.at[0]->def;
    if (!cond || cond->parent != head)
        return false;
    if ((cond->code < OP_ilt || cond->code > OP_ige) && cond->code != OP_ine)
        return false;
    for (int side = 0; side < 2; side++) {
        const Value *i = cond->in[side];
        Value *e = cond->in[1 - side];
        if (i->def || i->region != head || !is_invariant(head, e, MAX_DEPTH))
            continue;
        *t = (Test){side == 0 ? cond->code : turned(cond->code), i->index, e};
        return true;
    }
    return false;
}

// Does stepping by `step` from `init` while `i REL end` end as a count does? If so *more is what to add to `end`.
static bool test_counts(const Test *t, const Value *init, int64_t step, int *more)
{
    int64_t a, e;
    bool up = step > 0;
    *more = t->rel == OP_ile ? 1 : t->rel == OP_ige ? -1 : 0;
    if (step > INT_MAX || step < -INT_MAX)
        return false;
    if (t->rel == OP_ine)
        return ir_is_int_const(init, &a) && ir_is_int_const(t->end, &e) && (e - a) % step == 0 && (e - a) / step >= 0;
    if (ir_is_int_const(t->end, &e) && (e == INT_MAX || e == INT_MIN) && *more != 0)
        return false;
    return up == (t->rel == OP_ilt || t->rel == OP_ile);
}

// Moves what the end of the count is made of out of the head. All of it is pure, and the head runs at least once.
static void hoist(Region *to, Region *head, Value *v)
{
    if (v->region != head)
        return;
    for (int i = 0; i < v->def->n_in; i++)
        hoist(to, head, v->def->in[i]);
    if (v->def->parent == head)
        region_take(to, v->def);
}

static void make_counted(Rewrite *w, Builder *b, Op *op, const Test *t, int step, int more)
{
    Value *arg = loop_arg(op, t->k), *init = op->in[loop_first_init(op) + t->k];
    hoist(b->at, op->regions[1], t->end);
    b->loc = op->loc;
    Value *hi = more == 0 ? t->end : b_2(b, OP_iadd, t->end, b_int(b, more));
    op->regions[1] = NULL;
    op->n_regions = 1;
    op_insert_operand(w->f, op, 0, hi);
    op_insert_operand(w->f, op, 0, init);
    Value *index = region_insert_arg(op->regions[0], 0, T_INT, arg->name);
    op->counted = true;
    op->step = step;
    rewrite_to(w, arg, index);
}

static void try_loop(Rewrite *w, Builder *b, Op *op)
{
    Test t;
    int more;
    if (op->counted || op->n_regions < 2 || !op->regions[1] || !find_test(op->regions[1], &t))
        return;
    Proof p = {.loop = op, .arg = loop_arg(op, t.k)};
    int64_t step = 0;
    bool found = false;
    if (!steps(&p, loop_yield(op, t.k), &step, &found, MAX_DEPTH) || !found)
        return;
    if (!test_counts(&t, op->in[loop_first_init(op) + t.k], step, &more))
        return;
    make_counted(w, b, op, &t, (int)step, more);
}

static void count_region(Rewrite *w, Region *r)
{
    Builder b = builder_at(w->f, r, true);
    Op **ops = r->ops.at;
    int n = r->ops.n;
    r->ops.at = NULL;
    r->ops.n = r->ops.cap = 0;
    for (int i = 0; i < n; i++) {
        Op *op = ops[i];
        if (op->code == OP_loop)
            try_loop(w, &b, op);
        region_take(r, op);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                count_region(w, op->regions[k]);
    }
}

void opt_counted(Func *f)
{
    if (!func_has_body(f))
        return;
    Rewrite w = rewrite_of(f);
    count_region(&w, f->body);
    rewrite_apply(&w);
}
