// usage.c — which values may turn out not to be used.
//
// In: a function about to be reversed, what is active in it, and the uses of every active scalar. Out: for each of these whether something that
// reaches an output is made of it always or only sometimes, and of which the reverse has to find that out.
//
//     t = 1 / x;  if (c) r += t;  if (d) r += 2 * t;          t: USED_BRANCH, and the reverse of 1 / x asks: c || d
//     t = 1 / x;  for (i..n) r += t * a[i];                   t: USED_MOSTLY: n may be 0                     n > 0
//     t = 1 / x;  r = max(t, u);                              t: USED_MOSTLY: u may be larger                t >= u
//
// What was not used has the adjoint 0, and 0 / 0 is a NaN: so a contribution that multiplies or divides is made only if what it comes from was used.
// Where that shows beforehand nothing is asked.
//
// A loop that makes what may not be used is asked about as a whole. A use in a branch counts whatever the operands are. A loop of no trips, or a choice within a scalar op (max, or sqrt at 0), is asked about only
// where finite operands may give something that is not finite: a product in front of a loop stays a product.
#include "keep.h"

#include <assert.h>
#include <string.h>

// ---- what a contribution does with its seed ----

static bool chooses(OpCode code, int k)
{
    return strncmp(op_info[code].partial[k], "sel(", 4) == 0;
}

// Is the contribution 0 for the seed 0 whatever the operands are?
static bool passes_on(OpCode code, int k)
{
    return !strpbrk(op_info[code].partial[k], "*/");
}

// Is v `c ? 1 : x`? That is how the rows of ops.def keep a divisor from being 0.
static bool is_guarded(const Value *v)
{
    double x;
    return v->def && v->def->code == OP_sel && ir_is_const(v->def->in[1], &x) && x != 0;
}

// Do finite operands give finite results and partials, but for an overflow?
static bool is_tame(const Op *op)
{
    switch (op->code) {
    case OP_div:
        return is_guarded(op->in[1]);
    case OP_add: case OP_sub: case OP_mul: case OP_neg: case OP_fma: case OP_abs: case OP_max: case OP_min: case OP_fmax: case OP_fmin:
    case OP_sin: case OP_cos: case OP_tan: case OP_atan: case OP_tanh: case OP_asinh: case OP_erf: case OP_erfc: case OP_sigmoid:
    case OP_softplus: case OP_relu: case OP_floor: case OP_ceil: case OP_round: case OP_trunc: case OP_copysign: case OP_sign:
    case OP_step: case OP_sel: case OP_itor: case OP_stop:
        return true;
    default:
        return false;
    }
}

typedef struct Users {
    Plan *p;
    Arena *a;
    VEC(const Op *) around;                 // of the value that is looked at: the ops with uses in them
} Users;

bool usage_guards(const Plan *p, const Op *op, int k)
{
    Usage usage = (Usage)p->usage[op->out[0]->id];
    if (!p->asked[op->out[0]->id] || passes_on(op->code, k))
        return false;
    if (usage == USED_BRANCH || !is_tame(op))
        return true;
    unsigned needs = partial_needs(op->code, k);
    bool wild = (needs & NEEDS_R) && p->wild[op->out[0]->id];
    for (int j = 0; j < op->n_in; j++)
        wild |= (needs & (1u << j)) && p->wild[op->in[j]->id];
    return wild;
}

bool usage_passes_on(const Op *op, int k)
{
    return passes_on(op->code, k);
}

bool usage_chooses(const Op *op, int k)
{
    return chooses(op->code, k);
}

// ---- how a value is used ----

static Usage at_most(Usage x, Usage y)
{
    return x < y ? x : y;
}

static Usage at_least(Usage x, Usage y)
{
    return x > y ? x : y;
}

static bool contributes(const Plan *p, const Op *op, int k)
{
    return op_is_scalar(op->code) && p->active[op->in[k]->id] && p->active[op->out[0]->id] && op_info[op->code].partial[k];
}

static Usage of_result(const Plan *p, const Value *v)
{
    return p->active[v->id] ? (Usage)p->usage[v->id] : USED_NEVER;
}

// A use, seen from the region it stands in.
static Usage of_use(const Plan *p, const Use *u)
{
    const Op *op = u->op;
    if (!op) {
        const Op *owner = u->region->owner;
        return owner && owner->code == OP_if ? of_result(p, owner->out[u->k]) : USED_ALWAYS;
    }
    const OpPlan *o = op_plan(p, op);
    switch (op->code) {
    case OP_call:
        return o->variant ? variant_usage(o->variant, u->k) : o->reversed ? USED_ALWAYS : USED_NEVER;
    case OP_loop:                                               // what it starts with
        return o->usage;
    case OP_store: case OP_acc: case OP_fill: case OP_put:
        return is_active(p, op->out[0]) ? USED_ALWAYS : USED_NEVER;
    default:
        if (!op_is_scalar(op->code))
            return USED_ALWAYS;
    }
    if (!contributes(p, op, u->k))
        return USED_NEVER;
    Usage usage = (Usage)p->usage[op->out[0]->id];
    return !chooses(op->code, u->k) ? usage : at_most(usage, op->code == OP_sel ? USED_PERHAPS : USED_MOSTLY);
}

static bool has_a_trip(const Op *loop)
{
    int64_t lo, hi;
    if (!loop->counted)
        return loop->n_regions == 1 || !loop->regions[1];
    return ir_is_int_const(loop->in[0], &lo) && ir_is_int_const(loop->in[1], &hi) && (loop->step > 0 ? lo < hi : lo > hi);
}

// Is c the question whether the array has elements: `n > 0`, n being one of its dimensions?
static bool asks_for_elements(const Value *c, const Value *root)
{
    if (!c->def || c->def->code != OP_igt || !ir_is_zero(c->def->in[1]))
        return false;
    for (int k = 0; k < root->def->n_in; k++)
        if (root->def->in[k] == c->def->in[0])
            return true;
    return false;
}

// A use inside of op, seen from outside. An array that a loop without trips does not read has no elements, as a rule.
static Usage lifted(const Plan *p, const Op *op, const UsedInside *inside)
{
    Usage x = (Usage)inside->arm[0], y = (Usage)inside->arm[1];
    bool array = type_is_linear(inside->v->type);
    switch (op->code) {
    case OP_if:
        if (array && asks_for_elements(op->in[0], inside->v))
            return x;
        if (x != USED_NEVER && y != USED_NEVER)
            return x == y ? x : at_most(at_least(x, y), USED_PERHAPS);
        return at_most(at_least(x, y), USED_BRANCH);
    case OP_loop:
        if (x == USED_BRANCH)
            x = USED_PERHAPS;
        if (x == USED_ALWAYS && !array && !has_a_trip(op))
            x = USED_MOSTLY;
        return at_most(x, op_plan(p, op)->usage);
    default:
        return x;
    }
}

static UsedInside *inside_of(const Plan *p, const Op *op, const Value *v)
{
    UsedInsideList *list = &op_plan(p, op)->used;
    return list->n && list->at[list->n - 1].v == v ? &list->at[list->n - 1] : NULL;
}

// Entries for v in the ops around `at`, as far as where v is defined. On the list they stand in order, each after the one around it.
static void enter(Users *s, const Region *at, Value *v)
{
    const Op *op = at->owner;
    if (at == v->region || inside_of(s->p, op, v))
        return;
    enter(s, op->parent, v);
    vec_push(s->p->a, &op_plan(s->p, op)->used, ((UsedInside){.v = v}));
    vec_push(s->a, &s->around, op);
}

// v is used like this in region r: noted in the op around that, or in *own where v is defined in r.
static void note(const Plan *p, const Region *r, const Value *v, Usage usage, Usage *own)
{
    if (r == v->region) {
        *own = at_least(*own, usage);
        return;
    }
    unsigned char *arm = &inside_of(p, r->owner, v)->arm[r == r->owner->regions[1]];
    *arm = (unsigned char)at_least((Usage)*arm, usage);
}

static void find_usage(Users *s, Value *v)
{
    Plan *p = s->p;
    Usage own = USED_NEVER;
    s->around.n = 0;
    for (const Use *u = p->uses[v->id]; u; u = u->next) {
        enter(s, u->region, v);
        note(p, u->region, v, of_use(p, u), &own);
    }
    for (int i = s->around.n - 1; i >= 0; i--) {
        const Op *op = s->around.at[i];
        note(p, op->parent, v, lifted(p, op, inside_of(p, op, v)), &own);
    }
    p->usage[v->id] = (unsigned char)own;
}

// ---- local arrays ----
//
//     t[n] = log(x);  if (c) r += sum(t);  if (d) r += t[0];         the loop that makes t is reversed only if t was read
//
// The reads of an array are noted as they are met, from the last to the first: where a loop that makes it is met, those behind the loop are there.

bool usage_follows(const Plan *p, const Value *root)
{
    return root->def && root->def->code == OP_new && !type_is_struct(root->type) && p->active_root[root->id];
}

static bool makes_active(const Plan *p, const Op *op)
{
    for (int k = 0; k < op->n_out; k++)
        if (type_is_real(op->out[k]->type) && is_active(p, op->out[k]))
            return true;
    return op->code == OP_call && op_plan(p, op)->reversed;
}

// How op reads its operand k, an array.
static Usage of_read(const Plan *p, const Op *op, int k)
{
    switch (op->code) {
    case OP_load:
        return of_result(p, op->out[0]);
    case OP_if: case OP_loop:                                   // handed in: what happens inside is noted there
        return USED_NEVER;
    case OP_store: case OP_acc: case OP_fill: case OP_copy_to: case OP_add_to: case OP_gemm:
        if (k == 0)
            return USED_NEVER;
        // falls through
    default:
        return makes_active(p, op) ? USED_ALWAYS : USED_NEVER;
    }
}

static UsedInside *array_inside(Users *s, const Op *op, Value *root)
{
    UsedInsideList *list = &op_plan(s->p, op)->used;
    for (int i = 0; i < list->n; i++)
        if (list->at[i].v == root)
            return &list->at[i];
    vec_push(s->p->a, list, ((UsedInside){.v = root}));
    return &list->at[list->n - 1];
}

static void note_array(Users *s, const Region *r, Value *root, Usage usage)
{
    unsigned char *to = &s->p->usage[root->id];
    if (r != root->region)
        to = &array_inside(s, r->owner, root)->arm[r == r->owner->regions[1]];
    *to = (unsigned char)at_least((Usage)*to, usage);
}

static void note_reads(Users *s, const Region *r, const Op *op)
{
    for (int k = 0; k < op->n_in; k++) {
        Value *root = op->in[k]->root;
        if (root && type_is_linear(op->in[k]->type) && usage_follows(s->p, root) && of_read(s->p, op, k) != USED_NEVER)
            note_array(s, r, root, of_read(s->p, op, k));
    }
}

// The reads inside of op, seen from outside.
static void lift_arrays(Users *s, const Op *op)
{
    const UsedInsideList *list = &op_plan(s->p, op)->used;
    for (int i = 0; i < list->n; i++)
        if (type_is_linear(list->at[i].v->type))
            note_array(s, op->parent, list->at[i].v, lifted(s->p, op, &list->at[i]));
}

// How result k of a loop is used, when what stands behind the loop has been looked at.
static Usage of_loop_result(const Plan *p, const Op *loop, int k)
{
    const Value *v = loop->out[k];
    if (!type_is_real(v->type) || !is_active(p, v))
        return USED_NEVER;
    if (type_is_scalar(v->type))
        return (Usage)p->usage[v->id];
    bool local = usage_follows(p, v->root) && v->root->region == loop->parent;
    return local ? (Usage)p->usage[v->root->id] : USED_ALWAYS;
}

static void find_loop_usage(const Plan *p, const Op *loop)
{
    OpPlan *o = op_plan(p, loop);
    o->usage = o->fused || o->rerun || o->bufs.n ? USED_ALWAYS : USED_NEVER;
    for (int k = 0; k < loop_n_carried(loop); k++)
        o->usage = at_least(o->usage, of_loop_result(p, loop, k));
    if (o->usage == USED_NEVER || o->usage == USED_MOSTLY)
        o->usage = USED_ALWAYS;
}

// What a value is used for stands behind it: from the last op to the first, and what is inside of an op after its results.
static void find_usages(Users *s, const Region *r)
{
    for (int i = r->ops.n - 1; i >= 0; i--) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_out; k++)
            if (type_is_scalar(op->out[k]->type))
                find_usage(s, op->out[k]);
        if (op->code == OP_loop)
            find_loop_usage(s->p, op);
        for (int k = op->n_regions - 1; k >= 0; k--)
            if (op->regions[k])
                find_usages(s, op->regions[k]);
        if (op->n_regions)
            lift_arrays(s, op);
        note_reads(s, r, op);
    }
    for (int i = 0; i < r->args.n; i++)
        find_usage(s, r->args.at[i]);
}

// ---- of which the reverse has to know it ----

static bool is_open(const Plan *p, const Value *v)
{
    return usage_is_open((Usage)p->usage[v->id]);
}

// Has something in front of v to know whether v was used, or v's own contributions?
static bool asks(Plan *p, const Op *op)
{
    p->asked[op->out[0]->id] = true;
    for (int k = 0; k < op->n_in; k++)
        if (contributes(p, op, k) && (usage_guards(p, op, k) || p->asked[op->in[k]->id]))
            return true;
    return false;
}

static void ask_scalar(Plan *p, const Op *op)
{
    Value *v = op->out[0];
    p->wild[v->id] = !is_tame(op);
    for (int k = 0; k < op->n_in; k++)
        p->wild[v->id] |= p->wild[op->in[k]->id];
    p->asked[v->id] = is_open(p, v) && asks(p, op);
}

static void ask_if(Plan *p, const Op *op)
{
    for (int k = op->n_in - 1; k < op->n_out; k++) {
        const Value *x = op->regions[0]->yields.at[k], *y = op->regions[1]->yields.at[k], *v = op->out[k];
        p->wild[v->id] = p->wild[x->id] || p->wild[y->id];
        p->asked[v->id] = is_open(p, v) && (p->asked[x->id] || p->asked[y->id]);
    }
}

// Is there anything in a scalar op that a loop around it, used like this, would guard?
static bool multiplies(const Plan *p, const Op *op, Usage usage)
{
    for (int k = 0; k < op->n_in; k++)
        if (contributes(p, op, k) && !passes_on(op->code, k) && (usage == USED_BRANCH || !is_tame(op)))
            return true;
    return false;
}

static bool region_multiplies(const Plan *p, const Region *r, Usage usage)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        if (op_is_scalar(op->code) && multiplies(p, op, usage))
            return true;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k] && region_multiplies(p, op->regions[k], usage))
                return true;
    }
    return false;
}

// Does anything that the loop starts with, or uses from outside, have to know whether it was used?
static bool asked_in_front(const Plan *p, const Op *loop)
{
    const UsedInsideList *inside = &op_plan(p, loop)->used;
    for (int k = loop_first_init(loop); k < loop->n_in; k++)
        if (p->asked[loop->in[k]->id])
            return true;
    for (int i = 0; i < inside->n; i++)
        if (p->asked[inside->at[i].v->id])
            return true;
    return false;
}

static void ask_loop(Plan *p, const Op *op)
{
    OpPlan *o = op_plan(p, op);
    bool open = usage_is_open(o->usage);
    o->if_used = open && region_multiplies(p, op->regions[0], o->usage);
    o->asked = open && (o->if_used || asked_in_front(p, op));
    for (int k = 0; k < loop_n_carried(op) && o->asked; k++) {
        const Value *v = op->out[k];
        if (type_is_real(v->type) && is_active(p, v))
            p->asked[type_is_scalar(v->type) ? v->id : v->root->id] = true;
    }
}

static void ask_load(Plan *p, const Op *op)
{
    const Value *v = op->out[0], *root = op->in[0]->root;
    p->asked[v->id] = p->active[v->id] && is_open(p, v) && p->asked[root->id];
}

static void ask_region(Plan *p, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                ask_region(p, op->regions[k]);
        if (op_is_scalar(op->code))
            ask_scalar(p, op);
        else if (op->code == OP_if)
            ask_if(p, op);
        else if (op->code == OP_loop)
            ask_loop(p, op);
        else if (op->code == OP_load)
            ask_load(p, op);
    }
}

// A split function says of its arguments whether they were used: there is no knowing what they are made of.
static void ask_arguments(Plan *p)
{
    const Func *f = p->f;
    for (int i = 0; i < f->params.n && p->stable_args; i++) {
        const Param *q = &f->params.at[i];
        if (q->arg >= 0 && type_is_scalar(q->type)) {           // an inout one, too, where only what it comes in with is active
            const Value *v = f->body->args.at[q->arg];
            p->wild[v->id] = true;
            p->asked[v->id] = p->active[v->id] && is_open(p, v);
        }
    }
}

void usage_plan(Plan *p)
{
    Users s = {.p = p, .a = arena_new()};
    size_t n = (size_t)p->f->n_values + 1;
    p->usage = NEW_N(p->a, unsigned char, n);
    p->asked = NEW_N(p->a, bool, n);
    p->wild = NEW_N(p->a, bool, n);
    find_usages(&s, p->f->body);
    ask_arguments(p);
    ask_region(p, p->f->body);
    arena_free(s.a);
}

bool usage_is_threaded(const Plan *p, const UsedInside *inside)
{
    if (!p->asked[inside->v->id])
        return false;
    return usage_is_open((Usage)inside->arm[0]) || usage_is_open((Usage)inside->arm[1]);
}
