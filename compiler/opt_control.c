// opt_control.c — simplifies a whole function: scalar ops by `simplify`, and ifs, loops, withins and loads whose
// outcome is known.
//
// In: a function. Out: the same with fewer branches, loops, carried values and loads; ops that lost their last use stay
// for opt_dce. A round visits every op once, in order, and rebuilds each region's list: an op is dropped, replaced by
// others, or put back. Rounds repeat while something in the control flow changed, a few times at most.
//
//     %x, %A1 = if true, %A {           %A2 = store %A[0], 1.0
//         then (%A0) { %A2 = store %A0[0], 1.0     %v = load %A2[0]    yield %A2, %v }      ->      uses of %x see 1.0
//         else (%A0) { yield %A0, 0.0 } }
//
// What an if or loop is handed but does not write leaves its lists: the regions then read the outer array. In the body of a counted loop
// comparisons of its index and bounds are known.
#include "opt.h"
#include "rewrite.h"

#include <assert.h>

enum { MAX_ROUNDS = 8, MAX_STORES_BACK = 16, MAX_PAIRS_BACK = 8 };

typedef struct Pass {
    Rewrite w;
    bool changed;                                               // so that another round may find more
} Pass;

static void visit(Pass *p, Builder *b, Op *op);

// Visits the ops of `from`, moving what stays to b->at.
static void splice(Pass *p, Builder *b, Region *from)
{
    Op **ops = from->ops.at;
    int n = from->ops.n;
    from->ops.at = NULL;
    from->ops.n = from->ops.cap = 0;
    for (int i = 0; i < n; i++)
        visit(p, b, ops[i]);
    for (int i = 0; i < from->yields.n; i++)
        from->yields.at[i] = rewrite_get(&p->w, from->yields.at[i]);
    p->changed |= from != b->at;
}

static void visit_region(Pass *p, Region *r)
{
    Builder b = builder_at(p->w.f, r, true);
    splice(p, &b, r);
}

// ---- loads ----

typedef enum Alike { DIFFERENT, UNKNOWN, EQUAL } Alike;

// Do a load and a write, whose indices start at in[1], touch the same element? Fields of structs may have different numbers of them.
static Alike compare_indices(const Op *load, const Op *write)
{
    int n = op_n_index(load), m = op_n_index(write);
    Alike all = n == m ? EQUAL : UNKNOWN;
    for (int i = 1; i <= n && i <= m; i++) {
        int64_t d;
        if (same_value(load->in[i], write->in[i]))
            continue;
        if (load->in[i]->type.elem == E_POS || !int_difference(load->in[i], write->in[i], &d))
            all = UNKNOWN;
        else if (d != 0)
            return DIFFERENT;
    }
    return all;
}

static Value *zero_of(Builder *b, Type t)
{
    switch (t.elem) {
    case E_REAL: return b_real(b, 0);
    case E_INT: return b_int(b, 0);
    case E_POS: return b_pos(b, 0);
    default: return b_bool(b, false);
    }
}

static Value *constant_element(Builder *b, const Op *load, const ConstArray *c)
{
    int64_t at = 0, i;
    for (int k = 0; k < c->rank; k++) {
        if (!ir_is_int_const(load->in[1 + k], &i) || i < 0 || i >= c->dims[k])
            return NULL;
        at = at * c->dims[k] + i;
    }
    double x = c->data[at];
    if (c->elem == E_REAL)
        return b_real_text(b, x, c->text ? c->text[at] : NULL);
    return c->elem == E_INT ? b_int(b, (int64_t)x) : b_bool(b, x != 0);
}

// What the load gives, if that is plain from the writes that led to the version it reads.
static Value *forwarded(Builder *b, const Op *load)
{
    const Value *array = load->in[0];
    int rank = load->n_in - 1;
    for (int back = 0; back < MAX_STORES_BACK && array->def; back++) {
        const Op *def = array->def;
        Alike alike = def->code == OP_store || def->code == OP_acc ? compare_indices(load, def) : UNKNOWN;
        if (def->code == OP_store && alike == EQUAL)
            return def->in[1 + rank];
        if (def->code == OP_fill)
            return type_is_struct(array->type) ? zero_of(b, load->out[0]->type) : def->in[1];
        if (def->code == OP_new && def->no_derivative && load->out[0]->type.elem == E_REAL)
            return b_no_derivative(b);
        if (def->code == OP_new && def->i == 1)
            return zero_of(b, load->out[0]->type);
        if (def->code == OP_const_array)
            return constant_element(b, load, def->array);
        if (alike != DIFFERENT)
            return NULL;
        array = def->in[0];
    }
    return NULL;
}

// ---- if ----

static void replace_results(Pass *p, Op *op, const Region *arm)
{
    for (int k = 0; k < op->n_out; k++)
        rewrite_to(&p->w, op->out[k], arm->yields.at[k]);
}

static void take_arm(Pass *p, Builder *b, Op *op, Region *arm)
{
    for (int k = 0; k < arm->args.n; k++)
        rewrite_to(&p->w, arm->args.at[k], op->in[1 + k]);
    splice(p, b, arm);
    replace_results(p, op, arm);
}

// A bool result that says no more than the condition and values from outside.
static Value *simple_choice(Builder *b, Op *op, Value *t, Value *e)
{
    int64_t c;
    bool t_outside = t->region != op->regions[0], e_outside = e->region != op->regions[1];
    if (ir_is_int_const(t, &c) && (e_outside || ir_is_const(e, &(double){0}))) {
        Value *other = e_outside ? e : b_bool(b, e->def->i != 0);
        return b_3(b, OP_bsel, op->in[0], b_bool(b, c != 0), other);
    }
    if (ir_is_int_const(e, &c) && t_outside)
        return b_3(b, OP_bsel, op->in[0], t, b_bool(b, c != 0));
    return NULL;
}

static Value *copy_constant(Builder *b, const Value *v)
{
    const Op *op = v->def;
    switch (op->code) {
    case OP_const_real: return is_no_derivative(v) ? b_no_derivative(b) : b_real_text(b, op->r, op->text);
    case OP_const_int: return b_int(b, op->i);
    case OP_const_bool: return b_bool(b, op->i != 0);
    default: return b_pos(b, op->i);
    }
}

// The value outside the if that its scalar result k is, or NULL.
static Value *known_choice(Builder *b, Op *op, int k)
{
    Value *t = op->regions[0]->yields.at[k], *e = op->regions[1]->yields.at[k];
    if (t == e)
        return t;
    if (t->def && t->def->code == OP_undef && e->region != op->regions[1])
        return e;
    if (e->def && e->def->code == OP_undef && t->region != op->regions[0])
        return t;
    if (same_value(t, e))
        return copy_constant(b, t);
    return t->type.elem == E_BOOL ? simple_choice(b, op, t, e) : NULL;
}

static void drop_if_result(Pass *p, Op *op, int k, Value *now)
{
    rewrite_to(&p->w, op->out[k], now);
    for (int arm = 0; arm < 2; arm++)
        region_remove_yield(op->regions[arm], k);
    op_remove_result(op, k);
    p->changed = true;
}

static bool untouched(const Op *op, int k)
{
    for (int arm = 0; arm < 2; arm++)
        if (op->regions[arm]->yields.at[k] != op->regions[arm]->args.at[k])
            return false;
    return true;
}

static void visit_if(Pass *p, Builder *b, Op *op)
{
    int64_t known;
    if (ir_is_int_const(op->in[0], &known)) {
        take_arm(p, b, op, op->regions[known ? 0 : 1]);
        p->changed = true;
        return;
    }
    visit_region(p, op->regions[0]);
    visit_region(p, op->regions[1]);
    for (int k = op->n_out - 1; k >= op->n_in - 1; k--) {
        Value *now = known_choice(b, op, k);
        if (now)
            drop_if_result(p, op, k, now);
    }
    for (int k = op->n_in - 2; k >= 0; k--) {
        if (!untouched(op, k))
            continue;
        for (int arm = 0; arm < 2; arm++) {
            rewrite_to(&p->w, op->regions[arm]->args.at[k], op->in[1 + k]);
            region_remove_arg(op->regions[arm], k);
        }
        drop_if_result(p, op, k, op->in[1 + k]);
        op_remove_operand(op, 1 + k);
    }
    region_take(b->at, op);
}

// ---- loop ----

static Region *head_of(const Op *loop)
{
    return loop->n_regions > 1 ? loop->regions[1] : NULL;
}

// How often the body runs, if that is known; else -1.
static int64_t known_trips(const Op *op)
{
    int64_t d, c;
    if (op->counted) {
        if (!int_difference(op->in[1], op->in[0], &d))
            return -1;
        int64_t step = op->step > 0 ? op->step : -op->step, distance = op->step > 0 ? d : -d;
        int64_t trips = distance <= 0 ? 0 : (distance + step - 1) / step;
        return op->has_exit && trips > 1 ? -1 : trips;
    }
    Region *head = head_of(op);
    if (head && ir_is_int_const(head->yields.at[0], &c) && !c)
        return 0;
    return !head && op->has_exit && ir_is_int_const(loop_exit_flag(op), &c) && c ? 1 : -1;
}

static void take_no_trip(Pass *p, Builder *b, Op *op)
{
    for (int k = 0; k < loop_n_carried(op); k++)
        rewrite_to(&p->w, op->out[k], op->in[loop_first_init(op) + k]);
    rewrite_to(&p->w, loop_trips(op), b_int(b, 0));
    p->changed = true;
}

static void take_one_trip(Pass *p, Builder *b, Op *op)
{
    if (op->counted)
        rewrite_to(&p->w, loop_index(op), op->in[0]);
    for (int k = 0; k < loop_n_carried(op); k++)
        rewrite_to(&p->w, loop_arg(op, k), op->in[loop_first_init(op) + k]);
    splice(p, b, op->regions[0]);
    for (int k = 0; k < loop_n_carried(op); k++)
        rewrite_to(&p->w, op->out[k], loop_yield(op, k));
    rewrite_to(&p->w, loop_trips(op), b_int(b, 1));
    p->changed = true;
}

// Takes carried value k out; its argument is `arg` from now on, its result `result`.
static void drop_carried(Pass *p, Op *op, int k, Value *arg, Value *result)
{
    rewrite_to(&p->w, loop_arg(op, k), arg);
    rewrite_to(&p->w, op->out[k], result);
    region_remove_arg(op->regions[0], op->counted + k);
    region_remove_yield(op->regions[0], op->has_exit + k);
    if (head_of(op)) {
        rewrite_to(&p->w, head_of(op)->args.at[k], arg);
        region_remove_arg(head_of(op), k);
    }
    op_remove_operand(op, loop_first_init(op) + k);
    op_remove_result(op, k);
    p->changed = true;
}

// Do x and y compute the same, if arguments a and c of the loop are equal?
static bool same_but_for(const Value *x, const Value *y, const Value *a, const Value *c)
{
    if (same_value(x, y) || (x == a && y == c))
        return true;
    if (!x->def || !y->def || x->def->code != y->def->code || !op_is_scalar(x->def->code))
        return false;
    for (int i = 0; i < x->def->n_in; i++) {
        const Value *p = x->def->in[i], *q = y->def->in[i];
        if (!same_value(p, q) && !(p == a && q == c))
            return false;
    }
    return true;
}

// An earlier carried value that is always equal to k, or -1.
static int twin_of(const Op *op, int k)
{
    int first = loop_first_init(op);
    for (int j = k - 1; j >= 0 && j >= k - MAX_PAIRS_BACK; j--)
        if (type_is_scalar(op->in[first + k]->type) && type_eq(op->in[first + j]->type, op->in[first + k]->type) &&
            same_value(op->in[first + j], op->in[first + k]) &&
            same_but_for(loop_yield(op, k), loop_yield(op, j), loop_arg(op, k), loop_arg(op, j)))
            return j;
    return -1;
}

static bool reads(const Region *r, const Value *v)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_in; k++)
            if (op->in[k] == v)
                return true;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k] && reads(op->regions[k], v))
                return true;
    }
    for (int i = 0; i < r->yields.n; i++)
        if (r->yields.at[i] == v)
            return true;
    return false;
}

// What only says whether there was a trip: false before, true after each. Then it is whether the bounds leave room for one.
static Value *was_there_a_trip(Builder *b, const Op *op, int k)
{
    int64_t before, after;
    if (!op->counted || loop_arg(op, k)->type.elem != E_BOOL || !type_is_scalar(loop_arg(op, k)->type) ||
        !ir_is_int_const(op->in[loop_first_init(op) + k], &before) || before || !ir_is_int_const(loop_yield(op, k), &after) || !after ||
        reads(op->regions[0], loop_arg(op, k)))
        return NULL;
    return op->step > 0 ? b_2(b, OP_igt, op->in[1], op->in[0]) : b_2(b, OP_igt, op->in[0], op->in[1]);
}

static void simplify_carried(Pass *p, Builder *b, Op *op)
{
    for (int k = loop_n_carried(op) - 1; k >= 0; k--) {
        Value *init = op->in[loop_first_init(op) + k], *yield = loop_yield(op, k);
        if (yield == loop_arg(op, k) || (type_is_scalar(init->type) && same_value(yield, init))) {
            drop_carried(p, op, k, init, init);
            continue;
        }
        Value *ran = was_there_a_trip(b, op, k);
        if (ran) {
            drop_carried(p, op, k, init, ran);
            continue;
        }
        int twin = twin_of(op, k);
        if (twin < 0)
            continue;
        if (head_of(op))
            rewrite_to(&p->w, head_of(op)->args.at[k], head_of(op)->args.at[twin]);
        Region *head = head_of(op);
        if (head) {                                             // its argument has another replacement than the body's
            region_remove_arg(head, k);
            op->n_regions = 1;
        }
        drop_carried(p, op, k, loop_arg(op, twin), op->out[twin]);
        if (head)
            op->n_regions = 2;
    }
}

static void simplify_conditions(Pass *p, Op *op)
{
    int64_t c;
    Region *head = head_of(op);
    if (op->has_exit && (head || op->counted) && ir_is_int_const(loop_exit_flag(op), &c) && !c) {
        region_remove_yield(op->regions[0], 0);
        op->has_exit = false;
        p->changed = true;
    }
    if (head && op->has_exit && ir_is_int_const(head->yields.at[0], &c) && c) {
        op->regions[1] = NULL;
        op->n_regions = 1;
        p->changed = true;
    }
}

static void visit_loop(Pass *p, Builder *b, Op *op)
{
    int64_t trips = known_trips(op);
    if (trips == 0) {
        take_no_trip(p, b, op);
        return;
    }
    if (trips == 1) {
        take_one_trip(p, b, op);
        return;
    }
    if (head_of(op))
        visit_region(p, head_of(op));
    visit_region(p, op->regions[0]);
    simplify_carried(p, b, op);
    simplify_conditions(p, op);
    region_take(b->at, op);
    if (trips > 1)
        rewrite_to(&p->w, loop_trips(op), b_int(b, trips));
}

// ---- within ----

static bool only_reads(const Op *op)
{
    const Region *r = op->regions[0];
    for (int k = 0; k < op->n_paths; k++)
        if (r->yields.at[k] != r->args.at[k] || op->paths[k].at_pos)
            return false;
    return op->n_extra == 0;
}

// A within that writes nothing: its slots become slices.
static void take_within(Pass *p, Builder *b, Op *op)
{
    Region *r = op->regions[0];
    Value **in = op->in + 1;
    for (int k = 0; k < op->n_paths; k++) {
        const Path *path = &op->paths[k];
        Value *lo = path->has_range ? in[path->n_idx] : NULL, *len = path->has_range ? in[path->n_idx + 1] : NULL;
        rewrite_to(&p->w, r->args.at[k], b_slice(b, op->in[0], path->n_idx, in, lo, len));
        in += path_n_operands(path);
    }
    splice(p, b, r);
    rewrite_to(&p->w, op->out[0], op->in[0]);
    for (int k = 1; k < op->n_out; k++)
        rewrite_to(&p->w, op->out[k], r->yields.at[op->n_paths + k - 1]);
    p->changed = true;
}

static void drop_extra(Pass *p, Op *op, int k)
{
    Region *r = op->regions[0];
    int operand = op->n_in - op->n_extra + k, part = op->n_paths + k;
    rewrite_to(&p->w, r->args.at[part], op->in[operand]);
    rewrite_to(&p->w, op->out[1 + k], op->in[operand]);
    region_remove_arg(r, part);
    region_remove_yield(r, part);
    op_remove_result(op, 1 + k);
    op_remove_operand(op, operand);
    op->n_extra--;
    p->changed = true;
}

static void visit_within(Pass *p, Builder *b, Op *op)
{
    Region *r = op->regions[0];
    visit_region(p, r);
    for (int k = op->n_extra - 1; k >= 0; k--)
        if (r->yields.at[op->n_paths + k] == r->args.at[op->n_paths + k])
            drop_extra(p, op, k);
    if (only_reads(op))
        take_within(p, b, op);
    else
        region_take(b->at, op);
}

// ---- the walk ----

// What the counted loops around region r say of x - y: it is at least *least or at most *most. In the body of `for (i = lo..hi)` hi - lo is at least 1,
// as is hi - i, and i - lo at least 0; the same of constants more or less.
static void difference_known(const Region *r, const Value *x, const Value *y, int64_t *least, int64_t *most)
{
    enum { FAR = 8 };
    for (int k = 0; k < FAR && r->owner; k++, r = r->owner->parent) {
        const Op *loop = r->owner;
        if (loop->code != OP_loop || !loop->counted || r != loop->regions[0])
            continue;
        const Value *i = loop_index(loop), *low = loop->in[loop->step < 0], *high = loop->in[loop->step > 0];
        const struct { const Value *more, *less; int by; } known[] = {
            {high, low, 1}, {high, i, loop->step > 0}, {i, low, loop->step < 0},
        };
        for (int j = 0; j < 3; j++) {
            int64_t c, d;
            if (int_difference(x, known[j].more, &c) && int_difference(y, known[j].less, &d) && known[j].by + c - d > *least)
                *least = known[j].by + c - d;
            if (int_difference(x, known[j].less, &c) && int_difference(y, known[j].more, &d) && c - d - known[j].by < *most)
                *most = c - d - known[j].by;
        }
    }
}

// The constant that a comparison is by its place in a loop.
static Value *known_comparison(Builder *b, const Op *op)
{
    OpCode code = op->code;
    if (code != OP_ilt && code != OP_ile && code != OP_igt && code != OP_ige && code != OP_ieq && code != OP_ine)
        return NULL;
    int64_t least = INT64_MIN, most = INT64_MAX;
    difference_known(b->at, op->in[0], op->in[1], &least, &most);
    switch (code) {
    case OP_ilt: return most < 0 ? b_bool(b, true) : least >= 0 ? b_bool(b, false) : NULL;
    case OP_ile: return most <= 0 ? b_bool(b, true) : least > 0 ? b_bool(b, false) : NULL;
    case OP_igt: return least > 0 ? b_bool(b, true) : most <= 0 ? b_bool(b, false) : NULL;
    case OP_ige: return least >= 0 ? b_bool(b, true) : most < 0 ? b_bool(b, false) : NULL;
    default:     return least > 0 || most < 0 ? b_bool(b, code == OP_ine) : NULL;
    }
}

static void visit_scalar(Pass *p, Builder *b, Op *op)
{
    Value *v = known_comparison(b, op);
    v = v ? v : simplify(b, op->code, op->in);
    if (!v) {
        region_take(b->at, op);
        return;
    }
    if (!v->name && v->region == b->at && v->def)
        v->name = op->out[0]->name;
    rewrite_to(&p->w, op->out[0], v);
}

static void visit(Pass *p, Builder *b, Op *op)
{
    for (int i = 0; i < op->n_in; i++)
        op->in[i] = rewrite_get(&p->w, op->in[i]);
    b->loc = op->loc;
    int64_t known;
    Value *v;
    if (op_is_scalar(op->code))
        visit_scalar(p, b, op);
    else if (op->code == OP_if)
        visit_if(p, b, op);
    else if (op->code == OP_loop)
        visit_loop(p, b, op);
    else if (op->code == OP_within)
        visit_within(p, b, op);
    else if (op->code == OP_load && (v = forwarded(b, op)) != NULL)
        rewrite_to(&p->w, op->out[0], v);
    else if (op->code == OP_acc && is_no_derivative(op->in[op->n_in - 1]))
        rewrite_to(&p->w, op->out[0], op->in[0]);
    else if (op->code == OP_check && ir_is_int_const(op->in[0], &known) && known)
        p->changed = true;
    else
        region_take(b->at, op);
}

void opt_simplify(Func *f)
{
    if (!func_has_body(f))
        return;
    bool changed = true;
    for (int round = 0; changed && round < MAX_ROUNDS; round++) {
        Pass p = {.w = rewrite_of(f)};
        visit_region(&p, f->body);
        rewrite_apply(&p.w);
        changed = p.changed;
    }
}
