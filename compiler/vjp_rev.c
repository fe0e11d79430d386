// vjp_rev.c — the reverse sweep: the adjoint of every op, last op first.
//
// In: the primal's body, the plan, the adjoints of what the body yields. Out: the adjoints of its arguments, and code that works them out.
//
//     for (i..n) { t = x[i] * w; s += t; }     ->     for (i..n, reversed) { t_bar = s_bar; x_bar[i] += t_bar * w; w_bar += t_bar * x[i]; }
//
// A region is reversed by first having again what the plan says (redone, or read from tapes), then going through its ops backwards. What
// changes outside of it on the way (adjoints of outer values, tape positions) is handed in and back: `cells`.
//
// How each op is reversed:
//     r = op(a, b)          a_bar += da(r_bar), b_bar += db(r_bar): the op's row in ops.def
//     v = load A, i         A_bar[i] += v_bar                       A' = store A, i, v    v_bar += A_bar[i]; A_bar[i] = 0
//     A' = acc A, i, v      v_bar += A_bar[i]                       A' = fill A, v        v_bar += sum(A_bar); A_bar = 0
//     B = copy A            A_bar += B_bar                          A' = copy_to A, B     B_bar += A_bar; A_bar = 0
//     A' = add_to A, B      B_bar += A_bar                          v = slice A, path     within A_bar, path: row += v_bar
//     C' = gemm C, A, B     A_bar += C_bar B^T; B_bar += A^T C_bar  B' = put B, v..       v_bar += B_bar[p - k ..]; p -= k
//     lu, lu_solve, lu_logdet, cholesky, lower_solve, lower: solvers.c
//     if                    if, on the same condition               loop                  loop of the same trips, backwards
//     within A, path        within A_bar, path                      call f                call f_rev
#include "opt.h"
#include "solvers.h"
#include "vjp.h"

#include <assert.h>
#include <string.h>

static void reverse_region(Gen *g, Builder *b, const Region *r);

// ---- what is had ----

static bool is_const_op(const Value *v)
{
    return v->def && (v->def->code >= OP_const_real && v->def->code <= OP_const_array);
}

Value *gen_had(Gen *g, Builder *b, Value *v)
{
    if (g->had[v->id])
        return g->had[v->id];
    if (is_home(g->plan, v->region))
        return g->fwd[v->id];
    assert(is_const_op(v));
    ir_clone_op(b, v->def, g->map);
    Value *copy = g->map[v->id];
    g->map[v->id] = NULL;
    return copy;
}

Value *gen_had_dim(Gen *g, Builder *b, const Value *root, int k)
{
    int constant = 0;
    Value *d = root_dim(root, k, &constant);
    return d ? gen_had(g, b, d) : b_int(b, constant);
}

// The len op of a frozen tape of the primal.
static Value *frozen_len(const Value *z)
{
    const Region *r = z->region;
    for (int i = 0; i < r->ops.n; i++)
        if (r->ops.at[i]->code == OP_len && r->ops.at[i]->in[0] == z)
            return r->ops.at[i]->out[0];
    return NULL;
}

Value *gen_zeros(Gen *g, Builder *b, const Value *root)
{
    Value *dims[IR_MAX_RANK];
    const char *name = arena_printf(b->f->module->arena, "%s_bar", root->name ? root->name : "t");
    if (root->def && root->def->code == OP_freeze) {
        Value *len = frozen_len(root);
        assert(len);
        dims[0] = gen_had(g, b, len);
    } else {
        for (int k = 0; k < root->type.rank; k++)
            dims[k] = gen_had_dim(g, b, root, k);
    }
    Value *zeros = b_new_like(b, root->type, dims, true, name);
    zeros->def->no_derivative = true;
    return zeros;
}

static Value **had_list(Gen *g, Builder *b, Value *const *v, int n)
{
    Value **out = NEW_N(g->a, Value *, n + 1);
    for (int i = 0; i < n; i++)
        out[i] = gen_had(g, b, v[i]);
    return out;
}

// ---- having values again at the start of a region ----

static Value *position_plus(Builder *b, Value *p, int k)
{
    return k ? b_2(b, OP_padd, p, b_int(b, k)) : p;
}

void gen_step_back(Gen *g, int e, Value *p)
{
    if (!p->name)
        p->name = pos_names[e];
    g->pos[e] = p;
}

static Value *read_scalar(Gen *g, Builder *b, int e, const Value *v, Value *at)
{
    Value *had = b_load(b, g->tape[e], 1, &at);
    const Op *op = v->def;
    had->name = v->name || !op || op->code != OP_loop || v != loop_trips(op) ? v->name : "trips";
    return had;
}

static void read_records(Gen *g, Builder *b, const RegionPlan *rp)
{
    for (int e = 0; e < N_TAPES; e++) {
        int n = rp->record[e].n;
        if (!n)
            continue;
        gen_step_back(g, e, b_2(b, OP_padd, g->pos[e], b_int(b, -n)));
        for (int i = 0; i < n; i++) {
            Value *v = rp->record[e].at[i];
            g->had[v->id] = read_scalar(g, b, e, v, position_plus(b, g->pos[e], i));
        }
    }
}

// A dimension; a negative one counts as 0, as for `new` and `puts`.
static Value *had_extent(Gen *g, Builder *b, const Value *root, int k)
{
    Value *d = gen_had_dim(g, b, root, k);
    int64_t x;
    return ir_is_int_const(d, &x) && x >= 0 ? d : b_2(b, OP_imax, d, b_int(b, 0));
}

// Elements of an array of rank 2 or more, as a pos.
static Value *had_size(Gen *g, Builder *b, const Value *root)
{
    Value *size = b_2(b, OP_pmul, had_extent(g, b, root, 0), had_extent(g, b, root, 1));
    for (int k = 2; k < root->type.rank; k++)
        size = b_2(b, OP_pscale, size, had_extent(g, b, root, k));
    return size;
}

// The position in front of an array that ends at p.
static Value *before_array(Gen *g, Builder *b, Value *p, const Value *root)
{
    if (root->type.rank == 1)
        return b_2(b, OP_padd, p, b_1(b, OP_ineg, had_extent(g, b, root, 0)));
    return b_2(b, OP_pdiff, p, had_size(g, b, root));
}

static Value *behind_array(Gen *g, Builder *b, Value *p, const Value *root)
{
    if (root->type.rank == 1)
        return b_2(b, OP_padd, p, had_extent(g, b, root, 0));
    return b_2(b, OP_psum, p, had_size(g, b, root));
}

// The array v, which stands at p on its tape.
static void have_array(Gen *g, Builder *b, Value *v, Value *p)
{
    Value *dims[8];
    for (int k = 0; k < v->type.rank; k++)
        dims[k] = gen_had_dim(g, b, v->root, k);
    g->had[v->id] = b_view_at(b, g->tape[tape_elem(v->type)], p, v->type.rank, dims);
    g->had[v->id]->name = v->name;
}

static void read_arrays(Gen *g, Builder *b, const RegionPlan *rp)
{
    for (int e = 0; e < N_TAPES; e++)
        for (int i = rp->arrays[e].n - 1; i >= 0; i--) {
            Value *v = rp->arrays[e].at[i];
            gen_step_back(g, e, before_array(g, b, g->pos[e], v->root));
            have_array(g, b, v, g->pos[e]);
        }
    for (int i = rp->structs.n - 1; i >= 0; i--)
        g->had[rp->structs.at[i]->id] = gen_read_structs(g, b, rp->structs.at[i]);
}

// The front of a record's tapes, where its arguments are: scalars, then whole arrays as they come. front: where the next array is.
static void read_input_scalars(Gen *g, Builder *b, const RegionPlan *rp, Value **front)
{
    for (int e = 0; e < N_TAPES; e++) {
        for (int i = 0; i < rp->inputs[e].n; i++) {
            Value *v = rp->inputs[e].at[i];
            g->had[v->id] = read_scalar(g, b, e, v, b_pos(b, i));
        }
        front[e] = NULL;                                        // no constant that nobody asks for
    }
}

static void read_input_array(Gen *g, Builder *b, Value *v, const RegionPlan *rp, Value **front)
{
    Elem e = tape_elem(v->type);
    Value *at = front[e] ? front[e] : b_pos(b, rp->inputs[e].n);
    have_array(g, b, v, at);
    front[e] = behind_array(g, b, at, v->root);
}

static Value *trip_number_back(Gen *g, Builder *b, const Op *loop)
{
    Value *t = b_2(b, OP_isub, gen_had(g, b, loop_index(loop)), gen_had(g, b, loop->in[0]));
    return loop->step == 1 ? t : b_2(b, OP_idiv, t, b_int(b, loop->step));
}

enum { MAX_OPERANDS = IR_MAX_INDEX + 3 };                       // of an op that is cheap enough to be redone: a slice

static void redo_value(Gen *g, Builder *b, Value *v)
{
    const Op *op = v->def;
    assert(op && op->n_regions == 0);
    Value *finished = g->plan->finished[v->id];
    Value *in[MAX_OPERANDS];                                    // looked up first: that may use g->map
    for (int k = 0; k < op->n_in; k++)
        in[k] = gen_had(g, b, k == 0 && finished ? finished : op->in[k]);
    for (int k = 0; k < op->n_in; k++)
        g->map[op->in[k]->id] = in[k];
    ir_clone_op(b, op, g->map);
    g->had[v->id] = g->map[v->id];
    for (int k = 0; k < op->n_in; k++)
        g->map[op->in[k]->id] = NULL;
    g->map[v->id] = NULL;
}

// A flag that implies the exit of its loop: false on every trip but the last.
static void have_exit_flag(Gen *g, Builder *b, Value *v)
{
    const Op *loop = v->region->owner;
    Value *trips = loop_trips(loop), *last_trip = b_2(b, OP_isub, gen_had(g, b, trips), b_int(b, 1));
    Value *is_last = b_2(b, OP_ieq, g->trip[trips->id], last_trip);
    bool always = !loop->counted && loop->n_regions == 1 && v == loop_exit_flag(loop);
    g->had[v->id] = always ? is_last : b_2(b, OP_and, is_last, gen_had(g, b, g->plan->last[v->id]));
}

void vjp_have_values(Gen *g, Builder *b, const Region *r)
{
    const RegionPlan *rp = region_plan(g->plan, r);
    Value **idx = NULL, *front[N_TAPES];
    read_input_scalars(g, b, rp, front);
    read_records(g, b, rp);
    for (int i = 0; i < rp->needed.n; i++) {
        Value *v = rp->needed.at[i];
        How how = how_of(g->plan, v);
        if (how == HOW_REDO && !g->had[v->id])
            redo_value(g, b, v);
        if (plan_is_input(g->plan, v) && v->type.kind == K_ARRAY)
            read_input_array(g, b, v, rp, front);
        if (how == HOW_EXIT)
            have_exit_flag(g, b, v);
        if (how == HOW_RESULT)
            g->had[v->id] = gen_had(g, b, g->plan->result[v->id]);
        if (how != HOW_TAPE)
            continue;
        if (!idx) {
            idx = NEW_N(g->a, Value *, rp->loops.n + 1);
            for (int k = 0; k < rp->loops.n; k++)
                idx[k] = trip_number_back(g, b, rp->loops.at[k]);
        }
        g->had[v->id] = v->type.kind == K_ARRAY ? b_slice(b, g->site[v->id], rp->loops.n, idx, NULL, NULL)
                                                : b_load(b, g->site[v->id], rp->loops.n, idx);
        g->had[v->id]->name = v->name;
    }
    read_arrays(g, b, rp);
}

// ---- adjoints ----

static const char *bar_name(Builder *b, const Value *v)
{
    return v->name ? arena_printf(b->f->module->arena, "%s_bar", v->name) : NULL;
}

// Is x an element of the same row as y, in front of it?
static bool is_in_front(const Value *x, const Value *y)
{
    const Op *p = x->def, *q = y->def;
    int64_t i, j;
    if (!p || !q || p->code != OP_load || q->code != OP_load || p->n_in != q->n_in || p->n_in < 2 ||
        p->in[0]->root != q->in[0]->root)
        return false;
    for (int k = 1; k < p->n_in - 1; k++)
        if (!same_value(p->in[k], q->in[k]))
            return false;
    return ir_is_int_const(p->in[p->n_in - 1], &i) && ir_is_int_const(q->in[q->n_in - 1], &j) && i < j;
}

// sum + x, elements of one row in the order of memory. Unrolled code is reversed from its last element to its first; gcc
// 12 turns a sum `s + a[1] + a[0]` in a loop into something else.
static Value *add_in_order(Builder *b, Value *sum, Value *x, int depth)
{
    Op *op = sum->def;
    if (is_in_front(x, sum))
        return b_2(b, OP_add, x, sum);
    if (depth > 0 && op && op->code == OP_add && op->parent == b->at && is_in_front(x, op->in[1]))
        return b_2(b, OP_add, add_in_order(b, op->in[0], x, depth - 1), op->in[1]);
    return b_2(b, OP_add, sum, x);
}

enum { LONGEST_ROW = 16 };

// v is used if `when` is true (NULL: true).
static void mark_used(Gen *g, Builder *b, const Value *v, Value *when)
{
    Value **used = &g->used[v->id];
    if (!g->plan->asked[v->id])
        return;
    if (!when)
        when = b_bool(b, true);
    if (*used != when)
        *used = *used ? b_2(b, OP_or, *used, when) : when;
}

void gen_contribute(Gen *g, Builder *b, Value *v, Value *x)
{
    gen_contribute_when(g, b, v, x, NULL);
}

void gen_contribute_when(Gen *g, Builder *b, Value *v, Value *x, Value *when)
{
    if (!is_active(g->plan, v))
        return;
    mark_used(g, b, v, when);
    Value *sum = g->bar[v->id] ? add_in_order(b, g->bar[v->id], x, LONGEST_ROW) : x;
    if (!sum->name && sum->def && op_is_scalar(sum->def->code))
        sum->name = bar_name(b, v);
    g->bar[v->id] = sum;
}

static Value **adjoint_array(Gen *g, Builder *b, Value *root)
{
    root = adjoint_root(g->plan, root);
    if (!g->abar[root->id])
        g->abar[root->id] = gen_zeros(g, b, root);
    return &g->abar[root->id];
}

// sum of all elements, as a loop over its first axis, and loops in that for the others.
static Value *sum_axis(Builder *b, Value *array, Value *s, Value **idx, int k)
{
    if (k == array->type.rank)
        return b_2(b, OP_add, s, b_load(b, array, k, idx));
    Op *loop = b_loop(b, b_int(b, 0), ir_dim(b, array, k), 1, false, 1, &s);
    Builder in = builder_at(b->f, loop->regions[0], b->fold);
    in.loc = b->loc;
    idx[k] = loop_index(loop);
    Value *next = sum_axis(&in, array, loop_arg(loop, 0), idx, k + 1);
    ir_yield(&in, 1, &next);
    return loop->out[0];
}

static Value *sum_of(Builder *b, Value *array)
{
    Value *idx[IR_MAX_RANK];
    return sum_axis(b, array, b_real(b, 0.0), idx, 0);
}

// Was v used, as far as that is asked about? NULL: yes.
static Value *when_used(const Gen *g, const Value *v)
{
    return g->plan->asked[v->id] ? g->used[v->id] : NULL;
}

static bool is_choice(const Value *v)
{
    return v->def && v->def->code == OP_sel;
}

static bool is_negation(const Value *x, const Value *y)
{
    const Op *p = x->def, *q = y->def;
    if (!p || !q || p->code == OP_not)
        return p && p->in[0] == y;
    bool opposite = (p->code == OP_ne && q->code == OP_eq) || (p->code == OP_eq && q->code == OP_ne);
    return opposite && same_value(p->in[0], q->in[0]) && same_value(p->in[1], q->in[1]);
}

// Is seed `when ? y : 0`, or `!when ? 0 : y`? Gives the number of the operand y, else 0.
static int bare_seed(const Value *seed, const Value *when)
{
    if (!when || !is_choice(seed))
        return 0;
    Value *const *in = seed->def->in;
    return in[0] == when && ir_is_zero(in[2]) ? 1 : ir_is_zero(in[1]) && is_negation(when, in[0]) ? 2 : 0;
}

static Value *partial(Gen *g, Builder *b, const Op *op, int k, Value *seed, Value *const *a, Value *r)
{
    Value *companion = plan_companion(g->plan, op);
    return companion ? b_partial_by(b, op->code, seed, gen_had(g, b, companion), r) : b_partial(b, op->code, k, seed, a, r);
}

// The condition under which op is to contribute to operand k; NULL: always.
static Value *guard_of(Gen *g, Builder *b, const Op *op, int k)
{
    Value *when = usage_guards(g->plan, op, k) ? when_used(g, op->out[0]) : NULL;
    Value *around = usage_passes_on(op, k) ? NULL : g->loop_used;
    return when && around ? b_2(b, OP_and, around, when) : when ? when : around;
}

// What op contributes to operand k for this seed; only if its result is used, where that is asked about.
static Value *guarded_partial(Gen *g, Builder *b, const Op *op, int k, Value *seed, Value *const *a, Value *r)
{
    Value *when = guard_of(g, b, op, k);
    if (!when)
        return partial(g, b, op, k, seed, a, r);
    int bare = bare_seed(seed, when);
    Value *x = partial(g, b, op, k, bare ? seed->def->in[bare] : seed, a, r), *zero = b_no_derivative(b);
    return bare == 2 ? b_3(b, OP_sel, seed->def->in[0], zero, x) : b_3(b, OP_sel, when, x, zero);
}

// When is operand k used by a result to which it contributes x? A choice that gives 0 does not use it.
static Value *operand_used(Gen *g, Builder *b, const Op *op, int k, const Value *x)
{
    Value *when = when_used(g, op->out[0]);
    if (!g->plan->asked[op->in[k]->id] || !usage_chooses(op, k) || !is_choice(x))
        return when;
    Value *const *in = x->def->in, *taken = ir_is_zero(in[1]) ? b_1(b, OP_not, in[0]) : ir_is_zero(in[2]) ? in[0] : NULL;
    return when && taken ? b_2(b, OP_and, when, taken) : when ? when : taken;
}

static void reverse_scalar(Gen *g, Builder *b, const Op *op)
{
    Value *seed = g->bar[op->out[0]->id];
    if (!seed)
        return;
    g->bar[op->out[0]->id] = NULL;
    for (int k = 0; k < op->n_in; k++) {
        if (!is_active(g->plan, op->in[k]) || !op_info[op->code].partial[k])
            continue;
        unsigned needs = partial_needs(op->code, k);
        Value *a[3] = {0}, *r = needs & NEEDS_R ? gen_had(g, b, op->out[0]) : NULL;
        for (int j = 0; j < op->n_in; j++)
            if (needs & (1u << j) && !plan_companion(g->plan, op))
                a[j] = gen_had(g, b, op->in[j]);
        Value *x = guarded_partial(g, b, op, k, seed, a, r);
        gen_contribute_when(g, b, op->in[k], x, operand_used(g, b, op, k, x));
    }
}

static void reverse_load(Gen *g, Builder *b, const Op *op)
{
    Value *seed = g->bar[op->out[0]->id];
    if (!seed || !is_active(g->plan, op->in[0]))
        return;
    g->bar[op->out[0]->id] = NULL;
    mark_used(g, b, op->in[0]->root, when_used(g, op->out[0]));
    Value **bar = adjoint_array(g, b, op->in[0]->root);
    *bar = b_acc(b, *bar, op->n_in - 1, had_list(g, b, op->in + 1, op->n_in - 1), seed);
}

// store and acc: the element's adjoint goes to what was written; a store leaves 0 behind.
static void reverse_write(Gen *g, Builder *b, const Op *op)
{
    Value **bar = &g->abar[op->out[0]->root->id], *v = op->in[op->n_in - 1];
    if (!*bar || !type_is_real(v->type))                        // an int in a struct
        return;
    int n = op->n_in - 2;
    Value **idx = had_list(g, b, op->in + 1, n);
    if (is_active(g->plan, v))
        gen_contribute(g, b, v, b_load(b, *bar, n, idx));
    if (op->code == OP_store)
        *bar = b_store(b, *bar, n, idx, b_no_derivative(b));
}

// x is added to the part of the base's adjoint that a slice or a view_at shows.
static void add_to_part(Gen *g, Builder *b, const Op *view, Value *x)
{
    Value **base = adjoint_array(g, b, view->in[0]->root);
    Path path = view->code == OP_slice ? *view->paths : (Path){.at_pos = true, .rank = view->out[0]->type.rank};
    Op *w = b_within(b, *base, 1, &path, view->n_in - 1, had_list(g, b, view->in + 1, view->n_in - 1), 0, NULL);
    Builder in = builder_at(b->f, w->regions[0], b->fold);
    in.loc = b->loc;
    Value *row = b_add_to(&in, in.at->args.at[0], x);
    ir_yield(&in, 1, &row);
    b_within_end(w);
    *base = w->out[0];
}

// x is added to the adjoint of an array that was read in region r of the primal (NULL: somewhere). A slice that is still without an adjoint
// passes it on at once: until it is reversed itself its base's is only added to.
static void add_to_adjoint(Gen *g, Builder *b, const Region *r, Value *array, Value *x)
{
    const Op *view = array->def && array->def->code == OP_slice && array->region == r ? array->def : NULL;
    if (!is_active(g->plan, array) || (view && !is_active(g->plan, view->in[0])))
        return;
    if (view && !g->abar[array->id]) {
        add_to_part(g, b, view, x);
        return;
    }
    Value **bar = adjoint_array(g, b, array->root);
    *bar = b_add_to(b, *bar, x);
}

static void reverse_whole(Gen *g, Builder *b, const Op *op)
{
    Value **bar = &g->abar[op->out[0]->root->id];
    if (!*bar || !type_is_real(op->out[0]->type))               // none, or that of ints in a struct: they are left as they are
        return;
    switch (op->code) {
    case OP_fill:
        if (is_active(g->plan, op->in[1]))
            gen_contribute(g, b, op->in[1], sum_of(b, *bar));
        *bar = b_fill(b, *bar, b_no_derivative(b));
        break;
    case OP_copy_to:
        add_to_adjoint(g, b, op->parent, op->in[1], *bar);
        *bar = b_fill(b, *bar, b_no_derivative(b));
        break;
    case OP_add_to:
        add_to_adjoint(g, b, op->parent, op->in[1], *bar);
        break;
    default:
        assert(op->code == OP_copy);
        add_to_adjoint(g, b, op->parent, op->in[0], *bar);
        *bar = NULL;
    }
}

// The adjoint of a view is an array of its own, which is added to the adjoint of what it is a view of.
static void reverse_view(Gen *g, Builder *b, const Op *op)
{
    Value *bar = g->abar[op->out[0]->id];
    g->abar[op->out[0]->id] = NULL;
    if (!bar || !is_active(g->plan, op->in[0]))
        return;
    if (op->code != OP_reshape) {
        add_to_part(g, b, op, bar);
        return;
    }
    Value **base = adjoint_array(g, b, op->in[0]->root);
    *base = b_add_to(b, *base, bar);
}

// C += op(A) op(B). With A stored m x k (or, transposed, k x m), and so on.
static void reverse_gemm(Gen *g, Builder *b, const Op *op)
{
    Value *bar = g->abar[op->out[0]->root->id], *x = op->in[1], *y = op->in[2];
    if (!bar)
        return;
    Value *(*add)(Builder *, Value *, Value *, Value *, Value *, Value *, Value *, bool, bool) = op->sub ? b_gemm_sub : b_gemm;
    Value *m = gen_had(g, b, op->in[3]), *n = gen_had(g, b, op->in[4]), *k = gen_had(g, b, op->in[5]);
    if (is_active(g->plan, x)) {
        Value **to = adjoint_array(g, b, x->root), *had = gen_had(g, b, y);
        *to = op->ta ? add(b, *to, had, bar, k, m, n, op->tb, true) : add(b, *to, bar, had, m, k, n, false, !op->tb);
    }
    if (is_active(g->plan, y)) {
        Value **to = adjoint_array(g, b, y->root), *had = gen_had(g, b, x);
        *to = op->tb ? add(b, *to, bar, had, n, k, m, true, op->ta) : add(b, *to, had, bar, k, n, m, !op->ta, false);
    }
}

// ---- factors ----

// Operands from `first` on; the others are NULL.
static Value **had_from(Gen *g, Builder *b, const Op *op, int first)
{
    Value **in = NEW_N(g->a, Value *, op->n_in);
    for (int k = first; k < op->n_in; k++)
        in[k] = gen_had(g, b, op->in[k]);
    return in;
}

// lu_solve, cholesky, lower_solve, lower
static void reverse_solver(Gen *g, Builder *b, const Op *op)
{
    Value **bar = &g->abar[op->out[0]->root->id], *matrix = op->in[1];
    if (!*bar)
        return;
    bool to_matrix = type_is_linear(matrix->type) && is_active(g->plan, matrix);
    Value **matrix_bar = to_matrix ? adjoint_array(g, b, matrix->root) : NULL;
    Value *result = to_matrix || op->code == OP_cholesky ? gen_had(g, b, op->out[0]) : NULL;
    solver_reverse(b, op, had_from(g, b, op, 1), result, bar, matrix_bar);
}

static void reverse_logdet(Gen *g, Builder *b, const Op *op)
{
    Value *seed = g->bar[op->out[0]->id];
    if (!seed || !is_active(g->plan, op->in[0]))
        return;
    g->bar[op->out[0]->id] = NULL;
    logdet_reverse(b, had_from(g, b, op, 0), seed, adjoint_array(g, b, op->in[0]->root));
}

// The adjoint of the factor, where it is an array of its own, is that of the matrix.
static void reverse_lu(Gen *g, Builder *b, const Op *op)
{
    Value *root = op->out[0], *bar = g->abar[root->id];
    g->abar[root->id] = NULL;
    if (bar)
        add_to_adjoint(g, b, op->parent, op->in[0], bar);
}

// ---- growable tapes of the primal ----

static void reverse_freeze(Gen *g, Builder *b, const Op *op)
{
    Value *z = op->out[0], *buf = op->in[0]->root;
    if (!is_active(g->plan, z) && !g->plan->active_root[buf->id])
        return;
    g->zbar[buf->id] = *adjoint_array(g, b, z);
    g->zpos[buf->id] = gen_had(g, b, frozen_len(z));
    g->abar[z->id] = NULL;
}

static void reverse_put(Gen *g, Builder *b, const Op *op)
{
    Value *buf = op->in[0]->root, **pos = &g->zpos[buf->id];
    if (!g->zbar[buf->id])
        return;
    int n = op->n_in - 1;
    *pos = b_2(b, OP_padd, *pos, b_int(b, -n));
    for (int i = 0; i < n; i++) {
        if (!is_active(g->plan, op->in[1 + i]))
            continue;
        Value *at = position_plus(b, *pos, i);
        gen_contribute(g, b, op->in[1 + i], b_load(b, g->zbar[buf->id], 1, &at));
    }
}

static void reverse_puts(Gen *g, Builder *b, const Op *op)
{
    Value *buf = op->in[0]->root, *array = op->in[1], **pos = &g->zpos[buf->id], *dims[IR_MAX_RANK];
    if (!g->zbar[buf->id])
        return;
    for (int k = 0; k < array->type.rank; k++)
        dims[k] = gen_had_dim(g, b, array->root, k);
    *pos = before_array(g, b, *pos, array->root);
    add_to_adjoint(g, b, op->parent, array, b_view_at(b, g->zbar[buf->id], *pos, array->type.rank, dims));
}

// ---- ops with regions ----

Threads gen_threads(Gen *g, Builder *b, const Op *op)
{
    const OpPlan *o = op_plan(g->plan, op);
    Threads t = {0};
    for (int i = 0; i < o->roots.n; i++)
        vec_push(g->a, &t.arrays, adjoint_array(g, b, o->roots.at[i]));
    for (int i = 0; i < o->scalars.n; i++) {
        Value **bar = &g->bar[o->scalars.at[i]->id];
        if (!*bar)
            *bar = b_no_derivative(b);
        vec_push(g->a, &t.scalars, bar);
    }
    for (int i = 0; i < o->bufs.n; i++)
        if (g->zbar[o->bufs.at[i]->id])
            vec_push(g->a, &t.scalars, &g->zpos[o->bufs.at[i]->id]);
    for (int e = 0; e < N_TAPES; e++)
        if (o->mask & (1u << e))
            vec_push(g->a, &t.scalars, &g->pos[e]);
    for (int i = 0; i < o->used.n; i++) {
        Value *v = o->used.at[i].v, **used = &g->used[v->id];
        if (!usage_is_threaded(g->plan, &o->used.at[i]))
            continue;
        if (!*used)
            *used = b_bool(b, false);
        vec_push(g->a, &t.scalars, used);
        vec_push(g->a, &t.used, v);
    }
    return t;
}

// ---- what has been used ----

Value **gen_used_before(Gen *g, const Op *op)
{
    const UsedInsideList *list = &op_plan(g->plan, op)->used;
    Value **before = NEW_N(g->a, Value *, list->n + 1);
    for (int i = 0; i < list->n; i++)
        before[i] = g->used[list->at[i].v->id];
    return before;
}

void gen_used_again(Gen *g, const Op *op, Value *const *before)
{
    const UsedInsideList *list = &op_plan(g->plan, op)->used;
    for (int i = 0; i < list->n; i++)
        if (!usage_is_threaded(g->plan, &list->at[i]))
            g->used[list->at[i].v->id] = before[i];
}

// Has the loop a trip?
static Value *has_trips(Builder *b, const Op *loop)
{
    if (!loop->counted)
        return b_2(b, OP_igt, loop_trips(loop), b_int(b, 0));
    return b_2(b, loop->step > 0 ? OP_igt : OP_ilt, loop->in[1], loop->in[0]);
}

// When does arm k of `to` run?
static Value *when_runs(Builder *b, const Op *to, int k)
{
    switch (to->code) {
    case OP_if: return k == 0 ? to->in[0] : b_1(b, OP_not, to->in[0]);
    case OP_loop: return has_trips(b, to);
    default: return NULL;
    }
}

void gen_used_after(Gen *g, Builder *b, const Op *op, const Op *to)
{
    const UsedInsideList *list = &op_plan(g->plan, op)->used;
    for (int i = 0; i < list->n; i++) {
        const UsedInside *inside = &list->at[i];
        bool x = inside->arm[0] == USED_ALWAYS, y = inside->arm[1] == USED_ALWAYS;
        if ((x || y) && g->plan->asked[inside->v->id] && !usage_is_threaded(g->plan, inside))
            mark_used(g, b, inside->v, x && y ? NULL : when_runs(b, to, y));
    }
}

Value **cells_push(Value **out, const Cells *cells)
{
    for (int i = 0; i < cells->n; i++)
        *out++ = *cells->at[i];
    return out;
}

Value *const *cells_set(const Cells *cells, Value *const *from)
{
    for (int i = 0; i < cells->n; i++)
        *cells->at[i] = *from++;
    return from;
}

static Value *bar_or_zero(Gen *g, Builder *b, Value *v)
{
    Value *bar = g->bar[v->id];
    g->bar[v->id] = NULL;
    return bar ? bar : b_no_derivative(b);
}

// The adjoint of result i of op goes to what region r yields for it (scalars; arrays share their cell).
static void pass_to_yields(Gen *g, Builder *b, const Op *op, const Region *r, int first_result, int first_yield, Value **bars)
{
    for (int i = first_result; i < op->n_out; i++)
        if (bars[i])
            gen_contribute_when(g, b, r->yields.at[first_yield + i - first_result], bars[i], when_used(g, op->out[i]));
}

static Value **take_result_bars(Gen *g, const Op *op)
{
    Value **bars = NEW_N(g->a, Value *, op->n_out + 1);
    for (int i = 0; i < op->n_out; i++)
        if (type_is_scalar(op->out[i]->type)) {
            bars[i] = g->bar[op->out[i]->id];
            g->bar[op->out[i]->id] = NULL;
        }
    return bars;
}

void gen_name_threads(Builder *b, const Threads *t, const OpPlan *o, Value *const *values)
{
    for (int i = 0; i < o->scalars.n && i < t->scalars.n; i++)
        if (!values[i]->name)
            values[i]->name = bar_name(b, o->scalars.at[i]);
    Value *const *used = values + t->scalars.n - t->used.n;
    for (int i = 0; i < t->used.n; i++)
        if (!used[i]->name && t->used.at[i]->name)
            used[i]->name = arena_printf(b->f->module->arena, "%s_used", t->used.at[i]->name);
}

static void reverse_if(Gen *g, Builder *b, const Op *op, const OpPlan *o)
{
    Value **bars = take_result_bars(g, op), **used = gen_used_before(g, op);
    Threads t = gen_threads(g, b, op);
    int n_values = t.arrays.n + t.scalars.n;
    Value **before = NEW_N(g->a, Value *, n_values + 1);
    cells_push(cells_push(before, &t.arrays), &t.scalars);
    Op *to = b_if(b, gen_had(g, b, op->in[0]), t.arrays.n, before);
    for (int k = 0; k < 2; k++) {
        Builder in = builder_at(b->f, to->regions[k], b->fold);
        in.loc = b->loc;
        cells_set(&t.arrays, in.at->args.at);
        cells_set(&t.scalars, before + t.arrays.n);
        gen_used_again(g, op, used);
        pass_to_yields(g, &in, op, op->regions[k], op->n_in - 1, op->n_in - 1, bars);
        reverse_region(g, &in, op->regions[k]);
        Value **y = NEW_N(g->a, Value *, n_values + 1);
        cells_push(cells_push(y, &t.arrays), &t.scalars);
        ir_yield(&in, n_values, y);
    }
    b_if_end(to);
    gen_name_threads(b, &t, o, to->out + t.arrays.n);
    cells_set(&t.scalars, cells_set(&t.arrays, to->out));
    gen_used_again(g, op, used);
    gen_used_after(g, b, op, to);
}

// The index that the primal's loop had on the trip that the reverse is at.
static void have_index(Gen *g, Builder *b, const Op *op, const Op *to)
{
    Value *i = loop_index(op);
    if (!i)
        return;
    if (!op->has_exit) {
        g->had[i->id] = loop_index(to);
        return;
    }
    Value *t = b_2(b, OP_imul, loop_index(to), b_int(b, op->step));
    g->had[i->id] = b_2(b, OP_iadd, gen_had(g, b, op->in[0]), t);
}

static Op *begin_reverse_loop(Gen *g, Builder *b, const Op *op, int n, Value *const *init)
{
    bool same_bounds = op->counted && !op->has_exit;
    Value *lo = same_bounds ? gen_had(g, b, op->in[0]) : b_int(b, 0);
    Value *hi = gen_had(g, b, same_bounds ? op->in[1] : loop_trips(op));
    Op *to = b_loop(b, lo, hi, same_bounds ? op->step : 1, same_bounds ? !op->reversed : true, n, init);
    if (same_bounds) {
        loop_index(to)->name = loop_index(op)->name;
        to->trips = op->trips;                                  // adjoints are touched where values are; where values are read they are added to
    }
    return to;
}

static Op *begin_rerun_loop(Builder *b, const States *s, int n, Value *const *init)
{
    Op *to = b_loop(b, b_int(b, 0), s->trips, 1, true, n, init);
    loop_keep_states(to, s->max);
    return to;
}

// Was anything used that the loop makes? NULL: that is not asked.
static Value *loop_used(const Gen *g, Builder *b, const Op *op)
{
    Value *any = NULL;
    if (!op_plan(g->plan, op)->asked)
        return NULL;
    for (int k = 0; k < loop_n_carried(op); k++) {
        const Value *v = op->out[k], *what = type_is_linear(v->type) ? v->root : v;
        Value *used = type_is_real(v->type) && is_active(g->plan, v) ? g->used[what->id] : NULL;
        if (used && used != any)
            any = any ? b_2(b, OP_or, any, used) : used;
    }
    return any ? any : b_bool(b, false);
}

// What the loop uses was used only if `when`: what is known of it besides is as before.
static void used_only_when(Gen *g, Builder *b, const Op *op, Value *const *before, Value *when)
{
    const UsedInsideList *list = &op_plan(g->plan, op)->used;
    for (int i = 0; when && i < list->n; i++) {
        Value **used = &g->used[list->at[i].v->id], *old = before[i] ? before[i] : b_bool(b, false);
        if (*used && *used != before[i])
            *used = b_3(b, OP_bsel, when, *used, old);
    }
}

static void reverse_loop(Gen *g, Builder *b, const Op *op, const OpPlan *o, Value *when)
{
    Value **used = gen_used_before(g, op);
    Threads t = gen_threads(g, b, op);
    int first = loop_first_init(op), n_carried = loop_n_carried(op), n = 0;
    int *active = NEW_N(g->a, int, n_carried + 1);              // active scalars among the carried values
    for (int k = 0; k < n_carried; k++)
        if (type_is_scalar(op->out[k]->type) && (is_active(g->plan, loop_arg(op, k)) || is_active(g->plan, op->out[k])))
            active[n++] = k;                                    // a body that does not look at it may still make its last value
    static const Cells none;
    States *states = o->rerun ? states_begin(g, b, op) : NULL;
    const Cells *kept = states ? &states->cells : &none;
    Value **init = NEW_N(g->a, Value *, t.arrays.n + n + t.scalars.n + kept->n + 1), **end = cells_push(init, &t.arrays);
    for (int i = 0; i < n; i++)
        *end++ = bar_or_zero(g, b, op->out[active[i]]);
    end = cells_push(cells_push(end, &t.scalars), kept);
    Op *to = states ? begin_rerun_loop(b, states, (int)(end - init), init) : begin_reverse_loop(g, b, op, (int)(end - init), init);
    Builder in = builder_at(b->f, to->regions[0], b->fold);
    in.loc = b->loc;
    if (!states)
        have_index(g, &in, op, to);
    g->trip[loop_trips(op)->id] = loop_index(to);
    Value *const *args = to->regions[0]->args.at + 1;
    cells_set(kept, cells_set(&t.scalars, cells_set(&t.arrays, args) + n));
    for (int i = 0; i < n; i++) {
        args[t.arrays.n + i]->name = bar_name(b, loop_arg(op, active[i]));
        gen_contribute(g, &in, loop_yield(op, active[i]), args[t.arrays.n + i]);
    }
    gen_name_threads(b, &t, o, args + t.arrays.n + n);
    if (states)
        states_trip(g, &in, states, loop_index(to));
    else
        reverse_region(g, &in, op->regions[0]);
    Value **y = NEW_N(g->a, Value *, end - init + 1), **y_end = cells_push(y, &t.arrays);
    for (int i = 0; i < n; i++)
        *y_end++ = bar_or_zero(g, &in, loop_arg(op, active[i]));
    cells_push(cells_push(y_end, &t.scalars), kept);
    ir_yield(&in, (int)(end - init), y);
    for (int i = 0; i < to->n_out - 1; i++)
        to->out[i]->name = args[i]->name;
    cells_set(&t.scalars, cells_set(&t.arrays, to->out) + n);
    for (int i = 0; i < n; i++)
        gen_contribute_when(g, b, op->in[first + active[i]], to->out[t.arrays.n + i], when);
    gen_used_again(g, op, used);
    gen_used_after(g, b, op, to);
    used_only_when(g, b, op, used, when);
}

static void add_cell(Gen *g, Cells *cells, Value **cell, Value *start)
{
    for (int i = 0; i < cells->n; i++)
        if (cells->at[i] == cell)
            return;
    if (!*cell)
        *cell = start;
    vec_push(g->a, cells, cell);
}

// All that the reverse of a loop changes: besides what it carries, what goes to the values that the loop starts with, and what has been used.
static Threads loop_threads(Gen *g, Builder *b, const Op *op)
{
    Threads t = gen_threads(g, b, op);
    const UsedInsideList *list = &op_plan(g->plan, op)->used;
    for (int i = 0; i < list->n; i++)
        if (g->plan->asked[list->at[i].v->id])
            add_cell(g, &t.scalars, &g->used[list->at[i].v->id], b_bool(b, false));
    for (int k = loop_first_init(op); k < op->n_in; k++) {
        const Value *v = op->in[k];
        if (!type_is_scalar(v->type) || !is_active(g->plan, v))
            continue;
        add_cell(g, &t.scalars, &g->bar[v->id], b_no_derivative(b));
        if (g->plan->asked[v->id])
            add_cell(g, &t.scalars, &g->used[v->id], b_bool(b, false));
    }
    return t;
}

// The reverse of a loop, gone round where nothing of what the loop makes was used.
static void reverse_loop_if(Gen *g, Builder *b, const Op *op, const OpPlan *o, Value *when)
{
    Threads named = gen_threads(g, b, op), t = loop_threads(g, b, op);
    int n = t.arrays.n + t.scalars.n;
    Value **before = NEW_N(g->a, Value *, n + 1), **y = NEW_N(g->a, Value *, n + 1);
    cells_push(cells_push(before, &t.arrays), &t.scalars);
    Op *to = b_if(b, when, t.arrays.n, before);
    for (int k = 0; k < 2; k++) {
        Builder in = builder_at(b->f, to->regions[k], b->fold);
        in.loc = b->loc;
        cells_set(&t.arrays, in.at->args.at);
        cells_set(&t.scalars, before + t.arrays.n);
        if (k == 0)
            reverse_loop(g, &in, op, o, NULL);
        cells_push(cells_push(y, &t.arrays), &t.scalars);
        ir_yield(&in, n, y);
    }
    b_if_end(to);
    gen_name_threads(b, &named, o, to->out + t.arrays.n);
    cells_set(&t.scalars, cells_set(&t.arrays, to->out));
}

// Where records have to be stepped over the loop is not gone round: there its contributions are guarded one by one.
static void reverse_plain_loop(Gen *g, Builder *b, const Op *op, const OpPlan *o)
{
    Value *when = loop_used(g, b, op), *around = g->loop_used;
    if (when && o->if_used && !o->mask) {
        reverse_loop_if(g, b, op, o, when);
        return;
    }
    if (when && o->if_used)
        g->loop_used = around ? b_2(b, OP_and, around, when) : when;
    reverse_loop(g, b, op, o, when);
    g->loop_used = around;
}

static void reverse_within(Gen *g, Builder *b, const Op *op)
{
    Value **bars = take_result_bars(g, op);
    Value *root = op->in[0]->root;
    bool has_base = is_active(g->plan, op->in[0]);
    if (!has_base) {                                            // no real adjoint to be within of: the region as it stands
        pass_to_yields(g, b, op, op->regions[0], 1 + op->n_extra, op->n_paths + op->n_extra, bars);
        reverse_region(g, b, op->regions[0]);
        return;
    }
    Value **used = gen_used_before(g, op);
    Threads t = gen_threads(g, b, op);
    Value **base = adjoint_array(g, b, root);
    Cells others = {0};
    for (int i = 0; i < t.arrays.n; i++)
        if (t.arrays.at[i] != base)
            vec_push(g->a, &others, t.arrays.at[i]);
    Value **extra = NEW_N(g->a, Value *, others.n + 1);
    cells_push(extra, &others);
    int n_ops = op->n_in - op->n_extra - 1;
    Op *to = b_within(b, *base, op->n_paths, op->paths, n_ops, had_list(g, b, op->in + 1, n_ops), others.n, extra);
    Builder in = builder_at(b->f, to->regions[0], b->fold);
    in.loc = b->loc;
    for (int i = 0; i < op->n_paths; i++)
        g->abar[op->regions[0]->args.at[i]->id] = in.at->args.at[i];
    cells_set(&others, in.at->args.at + op->n_paths);
    pass_to_yields(g, &in, op, op->regions[0], 1 + op->n_extra, op->n_paths + op->n_extra, bars);
    reverse_region(g, &in, op->regions[0]);
    Value **y = NEW_N(g->a, Value *, op->n_paths + others.n + t.scalars.n + 1), **end = y;
    for (int i = 0; i < op->n_paths; i++) {
        *end++ = g->abar[op->regions[0]->args.at[i]->id];
        g->abar[op->regions[0]->args.at[i]->id] = NULL;
    }
    end = cells_push(cells_push(end, &others), &t.scalars);
    ir_yield(&in, (int)(end - y), y);
    b_within_end(to);
    *base = to->out[0];
    cells_set(&t.scalars, cells_set(&others, to->out + 1));
    gen_used_again(g, op, used);
    gen_used_after(g, b, op, to);
}

// ---- calls ----

// Adjoint arrays handed to a call: two operands never share one. The second gets a zeroed array of its own, added afterwards.
typedef struct Borrowed {
    Value **cell;                           // where the new version goes
    Value *added_to;                        // the array whose adjoint a temporary is for, or NULL
} Borrowed;

static Value *borrow(Gen *g, Builder *b, Value *array, Borrowed *all, int n)
{
    Value **cell = adjoint_array(g, b, array->root);
    all[n] = (Borrowed){.cell = cell};
    for (int i = 0; i < n; i++)
        if (all[i].cell == cell) {
            all[n] = (Borrowed){.added_to = array};
            return gen_zeros(g, b, array->root);
        }
    return *cell;
}

static void give_back(Gen *g, Builder *b, const Borrowed *all, int n, Value *const *versions)
{
    for (int i = 0; i < n; i++)
        if (all[i].cell)
            *all[i].cell = versions[i];
    for (int i = 0; i < n; i++)
        if (all[i].added_to)
            add_to_adjoint(g, b, NULL, all[i].added_to, versions[i]);
}

static int result_of_arg(const Func *f, int arg)
{
    for (int i = 0; i < f->params.n; i++)
        if (f->params.at[i].arg == arg)
            return f->params.at[i].result;
    return -1;
}

static Value *slot_operand(Gen *g, Builder *b, const Op *op, const Slot *s, Value **bars, Borrowed *all, int *n)
{
    switch (s->kind) {
    case SLOT_PRIMAL:
        return gen_had(g, b, op->in[s->index]);
    case SLOT_TAPE:
        return g->tape[s->index];
    case SLOT_POS:
        return g->pos[s->index];
    case SLOT_SEED:
        return bars[s->index] ? bars[s->index] : b_real(b, 0.0);
    case SLOT_ZBAR:
        return g->zbar[op->in[s->index]->root->id];
    case SLOT_ZPOS:
        return g->zpos[op->in[s->index]->root->id];
    case SLOT_BAR:
        if (type_is_linear(s->type))
            return borrow(g, b, op->in[s->index], all, (*n)++);
        int r = result_of_arg(op->callee, s->index);
        return bars[r] ? bars[r] : b_real(b, 0.0);
    default:
        return NULL;
    }
}

static void reverse_split_call(Gen *g, Builder *b, const Op *op, Variant *v, Value **bars)
{
    Func *rev = variant_rev(g->c, v);
    Value **args = NEW_N(g->a, Value *, v->slots.n + 1), **versions = NEW_N(g->a, Value *, v->slots.n + 1);
    Borrowed *all = NEW_N(g->a, Borrowed, v->slots.n + 1);
    int n_args = 0, n = 0, taken = 0;
    for (int i = 0; i < v->slots.n; i++) {
        Value *a = slot_operand(g, b, op, &v->slots.at[i], bars, all, &n);
        if (a)
            args[n_args++] = a;
    }
    Op *to = b_call(b, rev, n_args, args);
    Value **out = to->out, *when = NULL;
    for (int i = 0; i < v->slots.n; i++) {
        const Slot *s = &v->slots.at[i];
        if (s->role == ROLE_IN)
            continue;
        Value *r = *out++;
        if (s->kind == SLOT_POS)
            g->pos[s->index] = r;
        else if (s->kind == SLOT_ZPOS)
            g->zpos[op->in[s->index]->root->id] = r;
        else if (type_is_linear(s->type))
            versions[taken++] = r;
        else if (s->kind == SLOT_USED)
            when = r;
        else {
            gen_contribute_when(g, b, op->in[s->index], r, when);
            when = NULL;
        }
    }
    give_back(g, b, all, n, versions);
}

// A parameter of the rule by hand that is one of f's own: its value, or room for an output that is delivered again and dropped.
static Value *custom_own(Gen *g, Builder *b, const Op *op, const Param *p)
{
    if (p->arg < 0)
        return NULL;
    Value *v = op->in[p->arg];
    if (!type_is_linear(p->type) || p->role == ROLE_IN)
        return gen_had(g, b, v);
    if (p->role == ROLE_INOUT)
        return b_copy(b, gen_had(g, b, v), NULL);
    Value *dims[IR_MAX_RANK];
    for (int k = 0; k < p->type.rank; k++)
        dims[k] = gen_had_dim(g, b, v->root, k);
    return b_new_like(b, p->type, dims, false, NULL);
}

// What is done with a result of the rule: dropped, added to a scalar's adjoint, or the new version of an adjoint array.
typedef struct Taker {
    Value *scalar;
    bool array;
} Taker;

// A call of `rule`, which has the parameters of a vjp of f, in the reverse of a call that has f's parameters.
typedef struct CustomCall {
    const Func *f;
    Func *rule;
    const bool *wrt;                        // by parameter of f: has the rule an adjoint for it? NULL: for all
    int solved;                             // the argument in whose place the rule is handed the result of the call; -1: none
    Value *seed;                            // adjoint of f's result, if it has one
    Value **args, **bars;
    Taker *takers;
    Borrowed *all;
    int n_args, n_takers, n;
} CustomCall;

static void custom_push(CustomCall *c, Value *arg, bool in, bool out, Taker taker)
{
    if (in)
        c->args[c->n_args++] = arg;
    if (out)
        c->takers[c->n_takers++] = taker;
}

// The adjoint parameter that a rule by hand has for parameter p of f (LANGUAGE.md section 7, row vjp).
static void custom_bar(Gen *g, Builder *b, const Op *op, const Param *p, CustomCall *c)
{
    if (!type_is_real(p->type))
        return;
    bool array = type_is_linear(p->type);
    Value *v = p->arg >= 0 ? op->in[p->arg] : NULL;
    Value *seed = array || p->result < 0 ? NULL : c->bars[p->result];
    if (!array) {
        custom_push(c, seed ? seed : b_no_derivative(b), true, p->role != ROLE_OUT, (Taker){v, false});
        return;
    }
    bool active = is_active(g->plan, v);
    if (p->role == ROLE_OUT) {                                  // a seed, read only: what was there before the call gets 0
        custom_push(c, active ? *adjoint_array(g, b, v->root) : gen_zeros(g, b, v->root), true, false, (Taker){0});
        return;
    }
    Value *bar = active ? borrow(g, b, v, c->all, c->n) : gen_zeros(g, b, v->root);
    c->n += active;
    custom_push(c, bar, true, true, (Taker){NULL, active});
}

static const Param *array_result(const Func *f)
{
    return f->params.n && f->params.at[f->params.n - 1].is_result ? &f->params.at[f->params.n - 1] : NULL;
}

static void custom_operands(Gen *g, Builder *b, const Op *op, CustomCall *c)
{
    const Func *f = c->f;
    const Param *result = array_result(f);
    int n_own = f->params.n - (result != NULL);
    for (int i = 0; i < n_own; i++) {
        const Param *p = &f->params.at[i];
        Value *own = p->arg == c->solved && c->solved >= 0 ? gen_had(g, b, op->out[0]) : custom_own(g, b, op, p);
        custom_push(c, own, p->arg >= 0, p->result >= 0, (Taker){0});
    }
    if (result ? type_is_real(result->type) : f->ret >= 0 && type_is_real(f->ret_type))
        custom_push(c, c->seed, true, false, (Taker){0});
    for (int i = 0; i < n_own; i++)
        if (!c->wrt || c->wrt[i])
            custom_bar(g, b, op, &f->params.at[i], c);
    if (result)
        custom_push(c, custom_own(g, b, op, result), true, true, (Taker){0});
}

static void call_custom(Gen *g, Builder *b, const Op *op, CustomCall *c)
{
    int room = 2 * c->f->params.n + 2;
    c->args = NEW_N(g->a, Value *, room);
    c->takers = NEW_N(g->a, Taker, room);
    c->all = NEW_N(g->a, Borrowed, room);
    custom_operands(g, b, op, c);
    Op *to = b_call(b, c->rule, c->n_args, c->args);
    for (int i = 0; i < c->rule->params.n; i++)
        if (c->rule->params.at[i].result >= 0)
            to->out[c->rule->params.at[i].result]->name = c->rule->params.at[i].name;
    Value **versions = NEW_N(g->a, Value *, room);
    int taken = 0;
    for (int i = 0; i < c->n_takers; i++) {
        if (c->takers[i].scalar)
            gen_contribute(g, b, c->takers[i].scalar, to->out[i]);
        if (c->takers[i].array)
            versions[taken++] = to->out[i];
    }
    give_back(g, b, c->all, c->n, versions);
}

// The adjoint of what op returns, as a seed.
static Value *result_seed(Gen *g, Builder *b, const Op *op, Value **bars)
{
    const Func *f = op->callee;
    const Param *result = array_result(f);
    if (!result)
        return f->ret >= 0 && bars[f->ret] ? bars[f->ret] : b_real(b, 0.0);
    Value *v = op->in[result->arg];
    return is_active(g->plan, v) ? *adjoint_array(g, b, v->root) : gen_zeros(g, b, v->root);
}

// What was in an out array before the call had no influence.
static void clear_out_bars(Gen *g, Builder *b, const Op *op)
{
    const Func *f = op->callee;
    for (int i = 0; i < f->params.n; i++) {
        const Param *p = &f->params.at[i];
        if (p->role == ROLE_OUT && type_is_linear(p->type) && type_is_real(p->type) && is_active(g->plan, op->in[p->arg])) {
            Value **bar = adjoint_array(g, b, op->in[p->arg]->root);
            *bar = b_fill(b, *bar, b_real(b, 0.0));
        }
    }
}

static void reverse_custom_call(Gen *g, Builder *b, const Op *op, Value **bars)
{
    CustomCall c = {.f = op->callee, .rule = op->callee->custom_vjp, .solved = -1, .bars = bars};
    c.seed = result_seed(g, b, op, bars);
    call_custom(g, b, op, &c);
    clear_out_bars(g, b, op);
}

// y = f(..) solves residual(y, a) = 0: with w = -J^-T y_bar, a_bar += the residual's adjoint in a at y, seeded by w.
static void reverse_implicit_call(Gen *g, Builder *b, const Op *op, Value **bars)
{
    const Implicit *how = op->callee->implicit;
    Func *f = how->residual;
    bool *wrt = NEW_N(g->a, bool, f->params.n + 1), array = array_result(f) != NULL;
    const bool *deps = activity_deps(g->c->activity, f);
    int n_own = f->params.n - array;
    Value **in = NEW_N(g->a, Value *, f->params.n + 2);
    for (int i = 0; i < n_own; i++) {
        const Param *p = &f->params.at[i];
        wrt[i] = i != how->unknown && deps[p->arg] && is_active(g->plan, op->in[p->arg]);
        in[i] = gen_had(g, b, i == how->unknown ? op->out[0] : op->in[p->arg]);
    }
    in[n_own] = result_seed(g, b, op, bars);
    if (array)
        in[n_own + 1] = custom_own(g, b, op, array_result(f));
    Value *w = b_call(b, how->adjoint, n_own + 1 + array, in)->out[0];
    clear_out_bars(g, b, op);
    CustomCall c = {.f = f, .rule = vjp_of(g->c, f, wrt), .wrt = wrt, .solved = f->params.at[how->unknown].arg, .seed = w, .bars = bars};
    call_custom(g, b, op, &c);
}

static void reverse_call(Gen *g, Builder *b, const Op *op, const OpPlan *o)
{
    Value **bars = take_result_bars(g, op);
    if (o->variant)
        reverse_split_call(g, b, op, o->variant, bars);
    else if (op->callee->implicit)
        reverse_implicit_call(g, b, op, bars);
    else
        reverse_custom_call(g, b, op, bars);
}

// ---- all ops ----

static void reverse_op(Gen *g, Builder *b, const Op *op)
{
    const OpPlan *o = op_plan(g->plan, op);
    b->loc = op->loc;
    if (op_is_scalar(op->code)) {
        reverse_scalar(g, b, op);
        return;
    }
    if (o && !o->reversed)
        return;
    switch (op->code) {
    case OP_load: reverse_load(g, b, op); break;
    case OP_store: case OP_acc: reverse_write(g, b, op); break;
    case OP_copy: case OP_fill: case OP_copy_to: case OP_add_to: reverse_whole(g, b, op); break;
    case OP_slice: case OP_reshape: case OP_view_at: reverse_view(g, b, op); break;
    case OP_gemm: reverse_gemm(g, b, op); break;
    case OP_lu: reverse_lu(g, b, op); break;
    case OP_lu_logdet: reverse_logdet(g, b, op); break;
    case OP_lu_solve: case OP_cholesky: case OP_lower_solve: case OP_lower: reverse_solver(g, b, op); break;
    case OP_new: case OP_undef: case OP_const_array: g->abar[op->out[0]->id] = NULL; break;
    case OP_freeze: reverse_freeze(g, b, op); break;
    case OP_put: reverse_put(g, b, op); break;
    case OP_puts: reverse_puts(g, b, op); break;
    case OP_if: reverse_if(g, b, op, o); break;
    case OP_loop: o->fused ? fused_reverse(g, b, op) : reverse_plain_loop(g, b, op, o); break;
    case OP_within: reverse_within(g, b, op); break;
    case OP_call: reverse_call(g, b, op, o); break;
    default: break;                                             // constants, shape, len, buf_new, check: nothing flows back
    }
}

static void reverse_region(Gen *g, Builder *b, const Region *r)
{
    IrLoc loc = b->loc;
    if (r->owner && !is_home(g->plan, r))
        vjp_have_values(g, b, r);
    b->loc = loc;
    for (int i = r->ops.n - 1; i >= 0; i--)
        reverse_op(g, b, r->ops.at[i]);
}

void vjp_reverse(Gen *g, Builder *b, const Region *r)
{
    reverse_region(g, b, r);
}
