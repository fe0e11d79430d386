// keep.c — the plan of a reversal.
//
// In: a function and what is active in it. Out: for every value of the primal whether the reverse needs it and how it is had there.
//
//     for (i..n) { t = x[i] * w; u = exp(t); s += u * u; }
//     needed: u (for u*u and exp), x[i] and w (for x[i] * w)     how: u TAPE (an exp costs more than a store and a load),
//                                                                     x[i] REDO (x is never overwritten), w DIRECT, i INDEX
//
// Seven walks over the function: what is active; what consumes each version; what each op with regions touches from outside; which loops are fused
// (fuse.c); what may not be used (usage.c); what the reverse
// needs; how each is had, in the order of definition, so that operands are decided before what is made of them. A value is computed again where that is cheap and its
// operands are had, else kept: on a C local where no loop is around, on an array where all loops around are counted and their
// bounds are known before the outermost, else on a growable tape, in one record at the end of its region. In a record what the reverse asks of
// the arguments goes to the front of the tapes: of an in array all of it once, however often it is read.
#include "keep.h"

#include <assert.h>
#include <string.h>

enum { REDO_LIMIT = KEEP_COST, REDO_LIMIT_LOCAL = 2, MAX_TAPE_RANK = 8, MAX_YIELD_DEPTH = 32, NEVER = 1 << 20 };

typedef struct Planner {
    DeriveCtx *c;
    Plan *p;
    bool *needed;
    int *cost;                              // per value id: of having it again; NEVER if it has to be kept
    bool *whole;                            // per value id of an array: it is better kept whole than element by element
    int *listed;                            // per value id: number of the last op that was found to touch it
    int entered;                            // ops with regions so far
    const Region *at;                       // the home of what is looked at
    Map *writes;                            // loop -> root -> Written
    unsigned input_mask;                    // tapes (1 << Elem) that inputs of a record go to
    const Op *asking;                       // the op whose needs are looked at, NULL when it is decided how all that is had
} Planner;

// ---- asking ----

RegionPlan *region_plan(const Plan *p, const Region *r)
{
    return map_get(p->regions, r);
}

OpPlan *op_plan(const Plan *p, const Op *op)
{
    return map_get(p->ops, op);
}

How how_of(const Plan *p, const Value *v)
{
    return (How)p->how[v->id];
}

bool is_active(const Plan *p, const Value *v)
{
    return type_is_linear(v->type) ? p->active_root[v->root->id] : p->active[v->id];
}

Elem tape_elem(Type t)
{
    return t.elem == E_BOOL && type_is_scalar(t) ? E_BIT : (Elem)t.elem;     // an array has to be had as an array again
}

static Value *path_root_dim(const Value *base, const Path *p, Value *const *in, int k, int *constant)
{
    if (p->at_pos)
        return in[1 + k];
    if (p->has_range && k == 0)
        return in[p->n_idx + 1];
    const Field *f = type_field(base->type, p->n_idx, in);
    if (!f)
        return root_dim(base->root, p->n_idx + k, constant);
    *constant = f->dims[p->n_idx - base->type.rank - 1 + k];
    return NULL;
}

Value *root_dim(const Value *root, int k, int *constant)
{
    const Op *op = root->def;
    if (!op) {
        const Op *w = root->region->owner;
        assert(w && w->code == OP_within);
        int first = 1;
        for (int i = 0; i < root->index; i++)
            first += path_n_operands(&w->paths[i]);
        return path_root_dim(w->in[0], &w->paths[root->index], w->in + first, k, constant);
    }
    switch (op->code) {
    case OP_shape: case OP_reshape: return op->in[1 + k];
    case OP_new: return op->in[k];
    case OP_copy: return root_dim(op->in[0]->root, k, constant);
    case OP_slice: return path_root_dim(op->in[0], op->paths, op->in + 1, k, constant);
    case OP_view_at: return op->in[2 + k];
    case OP_lu: return op->in[1];
    case OP_const_array: *constant = op->array->dims[k]; return NULL;
    default: assert(!"an array without dimensions"); return NULL;
    }
}

bool is_home(const Plan *p, const Region *r)
{
    return region_plan(p, r)->home == r;
}

// What is looked at is reversed while v, from further out, is in scope: v is used as it is.
static bool is_outer(const Planner *w, const Value *v)
{
    return region_plan(w->p, v->region)->home != w->at;
}

bool plan_is_input(const Plan *p, const Value *v)
{
    if (!p->record || how_of(p, v) != HOW_APPEND)
        return false;
    return v->def ? v->def->code == OP_shape && ir_is_readonly(v) && !type_is_struct(v->type) : v->region == p->f->body && type_is_scalar(v->type);
}

// ---- what an op with regions touches from outside ----

static void note_consumers(Planner *w, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_in; k++)
            if (type_is_linear(op->in[k]->type) && op_consumes(op, k))
                w->p->consumer[op->in[k]->id] = op;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                note_consumers(w, op->regions[k]);
    }
}

Value *adjoint_root(const Plan *p, Value *root)
{
    while (root->def && root->def->code == OP_lu && root->index == 0 && !p->consumer[root->def->in[0]->id])
        root = root->def->in[0]->root;
    return root;
}

// v is used in region `at`: every op around, as far as where v is defined, touches it. Ops are entered in order, and an op that is still open
// around a later use was open around the last one: what is around that one has v already.
static void touch(Planner *w, const Region *at, Value *v)
{
    if (!type_is_real(v->type) || !is_active(w->p, v))
        return;
    Value *what = type_is_linear(v->type) ? adjoint_root(w->p, v->root) : v;
    int listed = w->listed[what->id];
    for (const Region *r = at; r != what->region; r = r->owner->parent) {
        OpPlan *o = op_plan(w->p, r->owner);
        if (o->number <= listed)
            break;
        if (o->number > w->listed[what->id])
            w->listed[what->id] = o->number;
        ValueList *list = what->type.kind == K_ARRAY ? &o->roots : what->type.kind == K_BUF ? &o->bufs : &o->scalars;
        vec_push(w->p->a, list, what);
    }
}

static void walk_touched(Planner *w, const Region *r);

static void enter_op(Planner *w, Op *op)
{
    OpPlan *o = NEW(w->p->a, OpPlan);
    o->number = ++w->entered;
    map_set(w->p->ops, op, o);
    for (int k = 0; k < op->n_in; k++)
        if (type_is_linear(op->in[k]->type) && op_consumes(op, k))
            touch(w, op->regions[0], op->in[k]);
    for (int k = 0; k < op->n_regions; k++)
        if (op->regions[k])
            walk_touched(w, op->regions[k]);
    o->reversed = o->scalars.n || o->roots.n || o->bufs.n;
    for (int i = 0; i < op->n_out; i++)
        o->reversed |= is_active(w->p, op->out[i]);
}

static void walk_touched(Planner *w, const Region *r)
{
    map_set(w->p->regions, r, NEW(w->p->a, RegionPlan));
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_in; k++)
            touch(w, r, op->in[k]);
        if (op->n_regions)
            enter_op(w, op);
    }
    for (int i = 0; i < r->yields.n; i++)
        touch(w, r, r->yields.at[i]);
}

// ---- arrays that the reverse finds as they were ----

// The contents of this version are still there when the reverse runs, at a place the reverse can name.
static bool in_place(const Planner *w, const Value *v)
{
    const Plan *p = w->p;
    const Op *op = v->root->def;
    if (is_outer(w, v))
        return true;
    if (!op)
        return false;
    switch (op->code) {
    case OP_const_array:
        return true;
    case OP_slice: case OP_reshape: case OP_view_at:
        return in_place(w, op->in[0]);
    case OP_shape:
        if (ir_is_readonly(v))
            return p->joint || (p->record && !type_is_struct(v->type)) || (p->stable_args && p->stable_args[op->in[0]->index]);
        break;
    default:
        break;
    }
    return is_home(p, v->region) && !p->consumer[v->id];
}

bool plan_in_place(Plan *p, const Region *home, const Value *v)
{
    return in_place(&(Planner){.p = p, .at = home}, v);
}

// ---- elements that a loop writes once and is done with ----
//
//     for (i..n) a[i] = f(a[i - 1]);        a[i - 1] was written on the trip before and never again: it is still in the final a
//
// Such a load can be had from the version that the loop leaves behind, if nothing overwrites that.

typedef struct Writes {
    bool any, bad;
    int64_t least, most;                    // offsets of the writes on the axis
} Writes;

// What a loop does to an array that it carries; of structs, to a field of theirs.
typedef struct Written {
    Value *after;                           // the version that it leaves
    Writes axes[IR_MAX_INDEX];
    bool any;
} Written;

static void note_write(Writes *w, bool bad, int64_t offset)
{
    w->bad |= bad;
    w->least = !w->any || offset < w->least ? offset : w->least;
    w->most = !w->any || offset > w->most ? offset : w->most;
    w->any = true;
}

// The field that a load, store or acc is about; 0 where there are none.
static int field_number(const Op *op)
{
    const Value *a = op->in[0];
    const Field *f = type_field(a->type, op_n_index(op), op->in + 1);
    return f ? (int)(f - a->type.st->fields.at) : 0;
}

static int n_fields(Type t)
{
    return type_is_struct(t) ? t.st->fields.n : 1;
}

static void note_element(Written *array, const Op *op, const Value *index)
{
    Written *w = &array[field_number(op)];
    w->any = true;
    for (int axis = 0; axis < op_n_index(op); axis++) {
        int64_t c = 0;
        bool bad = ir_base_of(op->in[1 + axis], &c) != index;
        note_write(&w->axes[axis], bad, c);
    }
}

static void note_whole(Written *array, Type t)
{
    for (int i = 0; i < n_fields(t); i++) {
        array[i].any = true;
        for (int axis = 0; axis < IR_MAX_INDEX; axis++)
            note_write(&array[i].axes[axis], true, 0);
    }
}

static void note_writes(const Map *arrays, const Region *r, const Value *index)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        bool element = op->code == OP_store || op->code == OP_acc, hides = op->code == OP_within;
        for (int k = 0; k < op->n_in; k++) {
            bool writes = op->n_regions ? hides && k == 0 : type_is_linear(op->in[k]->type) && op_consumes(op, k);
            Written *array = writes ? map_get(arrays, op->in[k]->root) : NULL;
            if (array && element)
                note_element(array, op, index);
            else if (array)
                note_whole(array, op->in[k]->type);
        }
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                note_writes(arrays, op->regions[k], index);
    }
}

// Root -> Written of the arrays that the loop carries; looked at once.
static const Map *written_by(const Planner *w, const Op *loop)
{
    Map *arrays = map_get(w->writes, loop);
    if (arrays)
        return arrays;
    arrays = map_new(w->p->a);
    map_set(w->writes, loop, arrays);
    for (int k = 0; k < loop_n_carried(loop); k++) {
        if (loop->out[k]->type.kind != K_ARRAY)
            continue;
        int n = n_fields(loop->out[k]->type);
        Written *array = NEW_N(w->p->a, Written, n + 1);
        for (int i = 0; i < n; i++)
            array[i].after = loop->out[k];
        map_set(arrays, loop->out[k]->root, array);
    }
    note_writes(arrays, loop->regions[0], loop_index(loop));
    return arrays;
}

// The outermost op around v within its home, if that is a counted loop; else NULL.
static const Op *outermost_loop(const Plan *p, const Value *v)
{
    const Op *outer = NULL;
    for (const Region *r = v->region; r->owner && !is_home(p, r); r = r->owner->parent)
        outer = r->owner;
    bool fits = outer && outer->code == OP_loop && outer->counted && is_home(p, outer->parent);
    return fits ? outer : NULL;
}

static Value *finished_version(const Planner *w, const Op *load)
{
    const Plan *p = w->p;
    Value *root = load->in[0]->root;
    const Op *loop = outermost_loop(p, load->out[0]);
    const Written *array = loop ? map_get(written_by(w, loop), root) : NULL;
    if (!array || p->consumer[array->after->id])
        return NULL;
    array += field_number(load);
    if (!array->any)
        return array->after;
    bool upwards = (loop->step > 0) != loop->reversed;
    for (int axis = 0; axis < load->n_in - 1; axis++) {
        int64_t c;
        if (ir_base_of(load->in[1 + axis], &c) != loop_index(loop))
            continue;
        const Writes *writes = &array->axes[axis];
        if (!writes->bad && writes->any && (upwards ? c < writes->least : c > writes->most))
            return array->after;
    }
    return NULL;
}

// ---- what the reverse needs ----

static bool is_view(const Value *v)
{
    return v->def && (v->def->code == OP_slice || v->def->code == OP_reshape || v->def->code == OP_view_at);
}

static void need(Planner *w, const Value *v);

// v, from outside of the home w->at, is in scope there if all homes on the way are fused loops. One whose trips are run again has to have it then.
static void need_outer(Planner *w, const Value *v)
{
    const Region *at = w->at;
    w->at = region_plan(w->p, at->owner->parent)->home;
    if (op_plan(w->p, at->owner)->rerun || is_outer(w, v))
        need(w, v);
    w->at = at;
}

static void need(Planner *w, const Value *v)
{
    if (is_outer(w, v)) {
        need_outer(w, v);
        return;
    }
    w->needed[v->id] = true;
    if (!w->p->why[v->id])
        w->p->why[v->id] = w->asking;
    const Op *op = v->def;
    for (int k = 0; is_view(v) && in_place(w, v) && k < op->n_in; k++)        // had by naming it again
        if (!w->needed[op->in[k]->id])
            need(w, op->in[k]);
}

static void need_dims(Planner *w, const Value *root)
{
    if (root->def && root->def->code == OP_freeze)
        return;
    for (int k = 0; k < root->type.rank; k++) {
        int constant;
        Value *d = root_dim(root, k, &constant);
        if (d)
            need(w, d);
    }
}

Value *plan_companion(const Plan *p, const Op *op)
{
    enum { NEAR = 100 };                                        // uses that are looked at
    OpCode code = op_companion(op->code);
    int n = 0;
    if (code == OP_COUNT || region_plan(p, op->parent)->seeds_early) // then op may be reversed before the other has run
        return NULL;
    for (const Use *u = p->uses[op->in[0]->id]; u && n < NEAR; u = u->next, n++)
        if (u->op && u->op->code == code && u->op->parent == op->parent)
            return u->op->out[0];
    return NULL;
}

static void need_partials(Planner *w, const Op *op)
{
    if (!is_active(w->p, op->out[0]))
        return;
    Value *companion = plan_companion(w->p, op);
    if (companion) {
        need(w, companion);
        if (partial_needs(op->code, 0) & NEEDS_R)
            need(w, op->out[0]);
        return;
    }
    for (int k = 0; k < op->n_in; k++) {
        if (!is_active(w->p, op->in[k]))
            continue;
        unsigned needs = partial_needs(op->code, k);
        for (int j = 0; j < op->n_in; j++)
            if (needs & (1u << j))
                need(w, op->in[j]);
        if (needs & NEEDS_R)
            need(w, op->out[0]);
    }
}

static void need_operands(Planner *w, const Op *op, int first, int end)
{
    for (int k = first; k < end; k++)
        need(w, op->in[k]);
}

static Role param_role(const Func *f, int arg)
{
    int i = 0;
    while (f->params.at[i].arg != arg)
        i++;
    return f->params.at[i].role;
}

static void plan_call(Planner *w, Op *op)
{
    Func *f = op->callee;
    bool active = false, *args = NEW_N(w->p->a, bool, op->n_in + 1), *results = NEW_N(w->p->a, bool, op->n_out + 1);
    const bool *deps = activity_deps(w->c->activity, f);
    for (int r = 0; r < op->n_out; r++)
        for (int k = 0; k < op->n_in; k++)
            if (deps[r * op->n_in + k] && is_active(w->p, op->out[r]) && is_active(w->p, op->in[k]))
                active = args[k] = results[r] = true;
    // An array that goes in and out with an adjoint has to have that adjoint treated even where nothing flows through the call.
    for (int r = 0; r < op->n_out; r++)
        if (type_is_linear(op->out[r]->type) && type_is_real(op->out[r]->type) && is_active(w->p, op->out[r])) {
            active = results[r] = true;
            args[op_tie(op, r)] |= param_role(f, op_tie(op, r)) == ROLE_INOUT;
        }
    OpPlan *o = NEW(w->p->a, OpPlan);
    map_set(w->p->ops, op, o);
    o->reversed = active;
    if (!active || f->custom_vjp || f->implicit)
        return;
    if (f->is_extern) {
        derive_no_body(w->c, op->loc, f, "vjp");
        o->reversed = false;
        return;
    }
    bool *stable = NEW_N(w->p->a, bool, op->n_in + 1);
    for (int k = 0; k < op->n_in; k++)
        stable[k] = op->in[k]->type.kind == K_ARRAY && !op_consumes(op, k) && in_place(w, op->in[k]);
    o->variant = vjp_variant(w->c, f, args, results, stable);
}

static void need_call(Planner *w, const Op *op)
{
    const OpPlan *o = op_plan(w->p, op);
    const Implicit *how = op->callee->implicit;
    if (!o->reversed)
        return;
    if (how)
        need(w, op->out[0]);                                    // the solution stands where the start of the search stood
    for (int k = 0; k < op->n_in; k++) {
        if (how && k == op->callee->params.at[how->unknown].arg)
            continue;
        bool array = op->in[k]->type.kind == K_ARRAY;
        if (op->in[k]->type.kind == K_BUF)
            continue;
        bool comes_in = !array || param_role(op->callee, k) != ROLE_OUT;
        if (o->variant ? variant_needs_arg(o->variant, k) : comes_in)
            need(w, op->in[k]);
        if (array && !o->variant)
            need_dims(w, op->in[k]->root);
    }
}

// Of a loop that runs again: what it started from.
static void need_start(Planner *w, const Op *op)
{
    for (int k = 0; k < loop_n_carried(op); k++) {
        Value *init = op->in[loop_first_init(op) + k];
        if (op_plan(w->p, op)->state[k])
            need(w, init);
        if (!type_is_scalar(init->type))
            need_dims(w, init->root);
    }
}

static void need_loop(Planner *w, const Op *op)
{
    const OpPlan *o = op_plan(w->p, op);
    if (o->fused == FUSE_LATE) {                                // it runs again
        need_operands(w, op, 0, loop_first_init(op));
        need_start(w, op);
        for (int i = 0; i < o->outer.n; i++)
            need(w, o->outer.at[i]);
        return;
    }
    if (op->counted && !op->has_exit)
        need_operands(w, op, 0, 2);
    else
        need(w, loop_trips(op));
    if (op->counted && op->has_exit)
        need(w, op->in[0]);
}

// A loop whose trips are run again: the state it started from, and what its body looks at.
static void need_rerun(Planner *w, const Op *op)
{
    const OpPlan *o = op_plan(w->p, op);
    need(w, loop_states(op));
    for (int i = 0; i < o->outer.n; i++) {
        need(w, o->outer.at[i]);
        if (o->outer.at[i]->type.kind == K_ARRAY)
            need_dims(w, o->outer.at[i]->root);
    }
    need_start(w, op);
}

// A loop inside uses the index, or has a tape indexed by it, only if something says so later: indices cost nothing.
static void need_op(Planner *w, const Op *op)
{
    Plan *p = w->p;
    if (op_is_scalar(op->code)) {
        need_partials(w, op);
        return;
    }
    bool active = op->n_out && type_is_real(op->out[0]->type) && is_active(p, op->out[0]);
    switch (op->code) {
    case OP_load:
        if (active && is_active(p, op->in[0]))
            need_operands(w, op, 1, op->n_in);
        break;
    case OP_store: case OP_acc:
        if (active && type_is_real(op_element(op)))
            need_operands(w, op, 1, op->n_in - 1);
        break;
    case OP_new: case OP_copy: case OP_fill:
        if (active)
            need_dims(w, op->out[0]->root);
        break;
    case OP_slice: case OP_reshape: case OP_view_at:
        if (active) {
            need_operands(w, op, 1, op->n_in);
            need_dims(w, op->out[0]);
        }
        break;
    case OP_shape:
        if (active || (p->record && type_is_real(op->out[0]->type)))        // the reverse half has an adjoint of that shape
            need_dims(w, op->out[0]);
        break;
    case OP_gemm:
        if (!active)
            break;
        need_operands(w, op, 3, 6);
        if (is_active(p, op->in[1]))
            need(w, op->in[2]);
        if (is_active(p, op->in[2]))
            need(w, op->in[1]);
        break;
    case OP_lu:
        if (active)
            need_dims(w, op->out[0]->root);
        break;
    case OP_lu_solve: case OP_lower_solve:
        if (active)
            need_operands(w, op, 1, op->n_in);
        if (active && is_active(p, op->in[1]))
            need(w, op->out[0]);
        break;
    case OP_lu_logdet:
        if (active)
            need_operands(w, op, 0, op->n_in);
        break;
    case OP_cholesky:
        if (active)
            need(w, op->out[0]);
        // falls through
    case OP_lower:
        if (active)
            need(w, op->in[1]);
        break;
    case OP_puts:
        if (active)
            need_dims(w, op->in[1]->root);
        break;
    case OP_if:
        if (op_plan(p, op)->reversed)
            need(w, op->in[0]);
        break;
    case OP_loop:
        if (op_plan(p, op)->reversed)
            need_loop(w, op);
        if (op_plan(p, op)->rerun)
            need_rerun(w, op);
        break;
    case OP_within:
        if (op_plan(p, op)->reversed)
            need_operands(w, op, 1, op->n_in - op->n_extra);
        break;
    case OP_call:
        need_call(w, op);
        break;
    default:
        break;
    }
    if (op->code == OP_len && is_active(p, op->in[0]))
        need(w, op->out[0]);
}

static void walk_calls(Planner *w, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        w->at = region_plan(w->p, r)->home;
        if (op->code == OP_call)
            plan_call(w, op);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                walk_calls(w, op->regions[k]);
    }
}

static void walk_needs(Planner *w, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        w->at = region_plan(w->p, r)->home;
        w->asking = op;
        need_op(w, op);
        int n = op->code == OP_loop ? 1 : op->n_regions;        // the head of a loop gives a bool: nothing to reverse
        for (int k = 0; k < n; k++)
            walk_needs(w, op->regions[k]);
    }
}

// ---- how a region keeps ----

// May this value size a tape? It has to be known before the outermost op with regions: of the home, from further out, or a constant.
static bool known_at_home(const Planner *w, const Value *v)
{
    int64_t x;
    return is_outer(w, v) || is_home(w->p, v->region) || ir_is_int_const(v, &x);
}

static Keep keep_of(const Planner *w, const Region *r, const RegionPlan *outer)
{
    if (!w->at)
        return KEEP_APPEND;
    if (r == w->at)
        return KEEP_DIRECT;
    const Op *op = r->owner;
    if (op->code != OP_loop && outer->keep == KEEP_YIELD && outer->depth >= MAX_YIELD_DEPTH)
        return KEEP_APPEND;                                     // every level would pass on what is handed out
    if (op->code != OP_loop)
        return outer->keep == KEEP_DIRECT ? KEEP_YIELD : outer->keep;
    bool sized = op->counted && !op->has_exit && known_at_home(w, op->in[0]) && known_at_home(w, op->in[1]);
    bool fits = outer->loops.n < MAX_TAPE_RANK;                 // a deeper nest has no array to index
    return sized && fits && outer->keep != KEEP_APPEND ? KEEP_TAPE : KEEP_APPEND;
}

static void plan_region(Planner *w, const Region *r)
{
    Plan *p = w->p;
    RegionPlan *rp = region_plan(p, r);
    const RegionPlan *outer = r->owner ? region_plan(p, r->owner->parent) : NULL;
    rp->keep = keep_of(w, r, outer);
    rp->depth = outer ? outer->depth + 1 : 0;
    if (rp->keep != KEEP_TAPE)
        return;
    for (int i = 0; i < outer->loops.n; i++)
        vec_push(p->a, &rp->loops, outer->loops.at[i]);
    if (r->owner->code == OP_loop)
        vec_push(p->a, &rp->loops, r->owner);
}

// ---- how each value is had ----

static int add_cost(int x, int y)
{
    return x + y < NEVER ? x + y : NEVER;
}

static int operands_cost(const Planner *w, const Op *op, int first, int own)
{
    int cost = own;
    for (int k = first; k < op->n_in; k++)
        cost = add_cost(cost, is_outer(w, op->in[k]) ? 0 : w->cost[op->in[k]->id]);
    return cost;
}

// Of having v in the reverse without keeping it.
static int redo_cost(const Planner *w, const Value *v)
{
    const Op *op = v->def;
    if (!op) {
        const Op *owner = v->region->owner;
        if (type_is_linear(v->type) && owner)
            return is_home(w->p, v->region) && in_place(w, v) ? 0 : NEVER;
        if (!owner)
            return type_is_scalar(v->type) ? 0 : NEVER;         // an argument: f_rev can be handed it
        return owner->code == OP_loop && v == loop_index(owner) ? 0 : NEVER;
    }
    if (op_is_scalar(op->code))
        return operands_cost(w, op, 0, op_info[op->code].cost);
    switch (op->code) {
    case OP_const_real: case OP_const_int: case OP_const_bool: case OP_const_pos: case OP_undef: case OP_const_array:
        return 0;
    case OP_load:
        if (in_place(w, op->in[0]) || how_of(w->p, op->in[0]) == HOW_TAPE)
            return operands_cost(w, op, 0, 1);
        w->p->finished[v->id] = finished_version(w, op);
        return w->p->finished[v->id] ? operands_cost(w, op, 1, 1) : NEVER;
    case OP_len:
        return in_place(w, op->in[0]) ? 1 : NEVER;
    case OP_slice: case OP_reshape: case OP_view_at:
        return in_place(w, v) ? operands_cost(w, op, 0, 1) : NEVER;
    case OP_shape:
        return in_place(w, v) ? 0 : NEVER;
    default:
        return type_is_linear(v->type) && in_place(w, v) && is_home(w->p, v->region) ? 0 : NEVER;
    }
}

static void redo(Planner *w, const Value *v);
static void keep(Planner *w, const Value *v);
static void decide(Planner *w, Value *v);

static void redo_operand(Planner *w, const Value *v)
{
    if (w->p->how[v->id] == HOW_NOT && !is_outer(w, v))
        redo(w, v);
}

// v, decided to be had without keeping: so are its operands.
static void redo(Planner *w, const Value *v)
{
    Plan *p = w->p;
    const Op *op = v->def;
    w->cost[v->id] = 0;
    if (is_home(p, v->region)) {
        p->how[v->id] = HOW_DIRECT;
        return;
    }
    if (p->record && (op ? op->code == OP_shape : !v->region->owner)) {
        keep(w, v);                                             // nobody hands it over
        for (int k = 1; op && k < op->n_in; k++)
            redo_operand(w, op->in[k]);
        return;
    }
    if (!op) {
        bool argument = !v->region->owner;
        p->how[v->id] = argument ? HOW_DIRECT : HOW_INDEX;
        if (argument)
            p->arg_needed[v->index] = true;
        else if (v->region->owner->has_exit)
            redo_operand(w, v->region->owner->in[0]);
        return;
    }
    p->how[v->id] = HOW_REDO;
    if (op->code == OP_load && p->finished[v->id]) {
        for (int k = 1; k < op->n_in; k++)
            redo_operand(w, op->in[k]);
        return;
    }
    if (op->code == OP_shape) {
        p->arg_needed[op->in[0]->index] = true;
        for (int k = 1; k < op->n_in; k++)
            redo_operand(w, op->in[k]);
        return;
    }
    for (int k = 0; k < op->n_in; k++)
        redo_operand(w, op->in[k]);
}

// How v, which has to be kept, is kept.
static void keep(Planner *w, const Value *v)
{
    Plan *p = w->p;
    RegionPlan *rp = region_plan(p, v->region);
    w->cost[v->id] = 0;
    bool array = v->type.kind == K_ARRAY;
    assert(v->type.kind != K_BUF);
    if (array && rp->keep == KEEP_DIRECT) {
        p->how[v->id] = HOW_COPY;
        p->copy_first[v->id] = true;
        return;
    }
    static const How hows[] = {HOW_DIRECT, HOW_YIELD, HOW_TAPE, HOW_APPEND};
    p->how[v->id] = (unsigned char)(array ? HOW_APPEND : hows[rp->keep]);
    if (array) {
        p->copy_first[v->id] = p->consumer[v->id] != NULL || is_view(v);
        need_dims(w, v->root);                                  // decided before v: dimensions are defined before the root
    }
}

// The result of an if that v is on the way through its branch, if that can be had for nothing: it is in scope, or an exit flag.
static Value *result_to_have(const Planner *w, const Value *v)
{
    const Op *op = v->region->owner;
    if (!op || op->code != OP_if || !type_is_scalar(v->type))
        return NULL;
    for (int k = op->n_in - 1; k < op->n_out; k++)
        if (v->region->yields.at[k] == v && (region_plan(w->p, op->parent)->keep == KEEP_DIRECT || w->p->last[op->out[k]->id]))
            return op->out[k];
    return NULL;
}

// ---- kept further out ----
//
//     for (j..d) { p = exp(x[j]);  for (i..n) s += sin(p + i); }         needed: p + i, which can be had from p; that is kept d times, not n d times

enum { MAX_CUT = 4 };

// Values further out that something is made of.
typedef struct Cut {
    Value *from[MAX_CUT];
    int n;
} Cut;

static int loops_around(const Planner *w, const Region *r)
{
    int n = 0;
    for (; r->owner && !is_home(w->p, r); r = r->owner->parent)
        n += r->owner->code == OP_loop;
    return n;
}

// What it costs to have v, in `loops` loops, from values in fewer of them; those that have to be kept for it are added to the cut.
static int cut_cost(const Planner *w, Value *v, int loops, Cut *c, int limit)
{
    const Op *op = v->def;
    if (is_outer(w, v) || w->cost[v->id] == 0)
        return 0;
    if (!type_is_scalar(v->type) || limit <= 0)
        return limit <= 0 ? NEVER : w->cost[v->id];
    if (loops_around(w, v->region) < loops) {
        for (int i = 0; i < c->n; i++)
            if (c->from[i] == v)
                return 0;
        if (c->n == MAX_CUT)
            return NEVER;
        c->from[c->n++] = v;
        return 0;
    }
    bool load = op && op->code == OP_load && (in_place(w, op->in[0]) || how_of(w->p, op->in[0]) == HOW_TAPE);
    if (!op || (!load && !op_is_scalar(op->code)))
        return NEVER;
    int cost = load ? 1 : op_info[op->code].cost;
    for (int k = 0; k < op->n_in && cost < limit; k++)
        cost = add_cost(cost, cut_cost(w, op->in[k], loops, c, limit - cost));
    return cost;
}

// Keeps what is further out instead of v, if that will do.
static bool keep_further_out(Planner *w, Value *v)
{
    Cut c = {0};
    int loops = type_is_scalar(v->type) ? loops_around(w, v->region) : 0;
    if (!loops || cut_cost(w, v, loops, &c, REDO_LIMIT) >= REDO_LIMIT)
        return false;
    for (int i = 0; i < c.n; i++) {
        w->needed[c.from[i]->id] = true;
        decide(w, c.from[i]);
    }
    redo(w, v);
    return true;
}

// ---- arrays kept whole ----
//
//     for (c..k) { real z[d];  ..  for (i..d) s += z[i] * z[i];  for (i..d) for (j..i) t += z[i] * u[j]; }       z is kept once, k times d

// The loops between region r and `outer`; *sized: all of them have bounds that are known at the home.
static int loops_between(const Planner *w, const Region *r, const Region *outer, bool *sized)
{
    int n = 0;
    for (; r != outer; r = r->owner->parent) {
        const Op *op = r->owner;
        n += op->code == OP_loop;
        if (op->code == OP_loop)
            *sized &= op->counted && !op->has_exit && known_at_home(w, op->in[0]) && known_at_home(w, op->in[1]);
    }
    return n;
}

// A fresh array of its trip, which the reverse does not find as it was: then making it cost as much as keeping it does.
static bool may_be_whole(const Planner *w, const Value *v)
{
    const Op *op = v->root->def;
    return op && op->parent == v->region && (op->code == OP_new || op->code == OP_copy) && !type_is_struct(v->type) &&
           !is_home(w->p, v->region) && v->region->owner && v->region->owner->code == OP_loop;
}

// Loads that are needed, counted by the version that they read; one in more loops than the array has dimensions, or in such that no tape is made for, counts twice.
static void count_loads(Planner *w, const Region *r, int *loads)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        w->at = region_plan(w->p, r)->home;
        if (op->code == OP_load && w->needed[op->out[0]->id] && may_be_whole(w, op->in[0]) && !is_outer(w, op->in[0])) {
            bool sized = true;
            int loops = loops_between(w, r, op->in[0]->region, &sized), rank = op->in[0]->type.rank;
            loads[op->in[0]->id] += loops < rank ? 0 : loops > rank || !sized ? 2 : 1;
        }
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                count_loads(w, op->regions[k], loads);
    }
}

static void find_whole(Planner *w)
{
    Arena *a = arena_new();
    int n = w->p->f->n_values, *loads = NEW_N(a, int, n + 1);
    count_loads(w, w->p->f->body, loads);
    for (int i = 0; i < n; i++)
        w->whole[i] = loads[i] > 1;
    arena_free(a);
}

// Keeps array v on a tape with a dimension for each loop around, if its own are known before these.
static bool keep_whole(Planner *w, const Value *v)
{
    RegionPlan *rp = region_plan(w->p, v->region);
    if (rp->keep != KEEP_TAPE || rp->loops.n + v->type.rank > MAX_TAPE_RANK || in_place(w, v))
        return false;
    for (int k = 0; k < v->type.rank; k++) {
        int constant;
        Value *d = root_dim(v->root, k, &constant);
        if (d && !known_at_home(w, d))
            return false;
    }
    w->p->how[v->id] = HOW_TAPE;
    w->cost[v->id] = 0;
    return true;
}

static void decide(Planner *w, Value *v)
{
    Plan *p = w->p;
    if (w->whole[v->id] && keep_whole(w, v))
        return;
    int limit = region_plan(p, v->region)->keep == KEEP_YIELD ? REDO_LIMIT_LOCAL : REDO_LIMIT;
    w->cost[v->id] = is_home(p, v->region) && type_is_scalar(v->type) ? 0 : redo_cost(w, v);
    if (!w->needed[v->id] || p->how[v->id] != HOW_NOT)
        return;
    Value *result = w->cost[v->id] >= limit ? result_to_have(w, v) : NULL;
    if (result) {
        p->how[v->id] = HOW_RESULT;
        p->result[v->id] = result;
        w->cost[v->id] = 0;
        need(w, result);
    } else if (p->last[v->id] && w->cost[v->id] >= limit) {
        p->how[v->id] = HOW_EXIT;
        w->cost[v->id] = 0;
        need(w, p->last[v->id]);
        need(w, loop_trips(v->region->owner));
    } else if (w->cost[v->id] < limit)
        redo(w, v);
    else if (!keep_further_out(w, v))
        keep(w, v);
}

// Exit flags of the body and the results that are their last values (exits.c).
static void find_last_values(Planner *w, const Op *loop)
{
    ValueList flags = {0};
    exit_flags(w->p->a, loop, &flags);
    for (int i = 0; i < flags.n; i++)
        for (int k = 0; k < loop_n_carried(loop); k++) {
            int64_t x;
            bool starts_false = ir_is_int_const(loop->in[loop_first_init(loop) + k], &x) && x == 0;
            if (starts_false && loop_yield(loop, k) == flags.at[i])
                w->p->last[flags.at[i]->id] = loop->out[k];
        }
}

static void walk_decide(Planner *w, const Region *r)
{
    const Region *home = region_plan(w->p, r)->home;
    w->at = home;
    plan_region(w, r);
    for (int i = 0; i < r->args.n; i++)
        decide(w, r->args.at[i]);
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        if (op->code == OP_loop && op->has_exit)
            find_last_values(w, op);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                walk_decide(w, op->regions[k]);
        w->at = home;
        for (int k = 0; k < op->n_out; k++)
            decide(w, op->out[k]);
    }
}

// ---- lists for the sweeps ----

static void list_value(Planner *w, RegionPlan *rp, Value *v)
{
    Plan *p = w->p;
    How how = how_of(p, v);
    if (how == HOW_NOT)
        return;
    vec_push(p->a, &rp->needed, v);
    if (how == HOW_APPEND && type_is_struct(v->type)) {
        vec_push(p->a, &rp->structs, v);
    } else if (how == HOW_APPEND) {
        Elem e = tape_elem(v->type);
        bool array = v->type.kind == K_ARRAY, input = plan_is_input(p, v);
        w->input_mask |= input ? 1u << e : 0;
        if (!(array && input))
            vec_push(p->a, input ? &rp->inputs[e] : array ? &rp->arrays[e] : &rp->record[e], v);
    }
    // Every op around v passes on what carries v: the tape's array, or v itself out of a branch.
    if (how != HOW_TAPE && how != HOW_YIELD)
        return;
    for (const Region *r = v->region; r->owner && !is_home(p, r); r = r->owner->parent) {
        OpPlan *o = op_plan(p, r->owner);
        vec_push(p->a, how == HOW_TAPE ? &o->sites : &o->out[r == r->owner->regions[0] ? 0 : 1], v);
    }
}

static unsigned walk_lists(Planner *w, const Region *r)
{
    RegionPlan *rp = region_plan(w->p, r);
    unsigned mask = 0;
    for (int i = 0; i < r->args.n; i++)
        list_value(w, rp, r->args.at[i]);
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        OpPlan *o = op_plan(w->p, op);
        if (o && o->variant)
            o->mask = variant_mask(o->variant);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                o->mask |= walk_lists(w, op->regions[k]);
        mask |= o ? o->mask : 0;
        for (int k = 0; k < op->n_out; k++)
            list_value(w, rp, op->out[k]);
    }
    for (int e = 0; e < N_TAPES; e++)
        if (rp->record[e].n || rp->arrays[e].n)
            mask |= 1u << e;
    for (int i = 0; i < rp->structs.n; i++)
        mask |= struct_tapes(rp->structs.at[i]->type.st);
    if (!r->owner || !is_home(w->p, r))
        return mask;
    rp->mask = mask;                                            // its own, new on every trip
    return 0;
}

static void mark_active(Planner *w, const bool *active_args, const bool *active_results)
{
    Plan *p = w->p;
    Func *f = p->f;
    activity_deps(w->c->activity, f);
    bool *varied = activity_varied(w->c->activity, p->a, f, active_args);
    p->active = activity_useful(w->c->activity, p->a, f, active_results);
    for (int i = 0; i < f->n_values; i++)
        p->active[i] &= varied[i];
}

static void mark_roots(Plan *p, const Region *r)
{
    for (int i = 0; i < r->args.n; i++)
        if (r->args.at[i]->root && p->active[r->args.at[i]->id])
            p->active_root[r->args.at[i]->root->id] = true;
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_out; k++)
            if (op->out[k]->root && p->active[op->out[k]->id])
                p->active_root[op->out[k]->root->id] = true;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                mark_roots(p, op->regions[k]);
    }
}

// The array and the row of it that a within or a view hands on are active together, or the adjoint would have a hole.
static bool spread_roots(Plan *p, const Region *r)
{
    bool changed = false;
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; op->code == OP_within && k < op->n_paths; k++) {
            bool *row = &p->active_root[op->regions[0]->args.at[k]->id], *base = &p->active_root[op->in[0]->root->id];
            changed |= *row != *base;
            *row = *base = *row || *base;
        }
        if (op->code == OP_shape && p->active_root[op->in[0]->id])
            p->active_root[op->out[0]->id] = true;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                changed |= spread_roots(p, op->regions[k]);
    }
    return changed;
}

// A split function treats the adjoint of every array that comes with one, even where all it writes there is inactive: then that adjoint is zeroed.
static void mark_handed(Plan *p, const bool *active_args, const bool *active_results)
{
    for (int i = 0; i < p->f->params.n && p->stable_args; i++) {
        const Param *q = &p->f->params.at[i];
        if (q->arg < 0 || !type_is_linear(q->type) || !type_is_real(q->type))
            continue;
        if (active_args[q->arg] || (q->result >= 0 && active_results[q->result]))
            p->active_root[p->f->body->args.at[q->arg]->id] = true;
    }
}

Plan *keep_plan(DeriveCtx *c, Arena *a, Func *f, PlanKind kind, const bool *active_args, const bool *active_results,
                const bool *stable_args)
{
    Plan *p = NEW(a, Plan);
    size_t n = (size_t)f->n_values + 1;
    *p = (Plan){.f = f, .joint = kind == PLAN_JOINT, .record = kind == PLAN_RECORD, .stable_args = stable_args, .a = a, .regions = map_new(a), .ops = map_new(a)};
    p->active_root = NEW_N(a, bool, n);
    p->how = NEW_N(a, unsigned char, n);
    p->copy_first = NEW_N(a, bool, n);
    p->arg_needed = NEW_N(a, bool, f->body->args.n + 1);
    p->consumer = NEW_N(a, Op *, n);
    p->finished = NEW_N(a, Value *, n);
    p->last = NEW_N(a, Value *, n);
    p->order = NEW_N(a, int, n);
    p->uses = NEW_N(a, Use *, n);
    p->result = NEW_N(a, Value *, n);
    p->why = NEW_N(a, const Op *, n);
    Planner w = {.c = c, .p = p, .needed = NEW_N(a, bool, n), .cost = NEW_N(a, int, n), .listed = NEW_N(a, int, n), .whole = NEW_N(a, bool, n),
                 .writes = map_new(a)};
    mark_active(&w, active_args, active_results);
    mark_roots(p, f->body);
    mark_handed(p, active_args, active_results);
    while (spread_roots(p, f->body))
        continue;
    note_consumers(&w, f->body);
    walk_touched(&w, f->body);
    fuse_loops(p);
    walk_calls(&w, f->body);
    usage_plan(p);
    walk_needs(&w, f->body);
    w.asking = NULL;
    find_whole(&w);
    walk_decide(&w, f->body);
    p->mask = region_plan(p, f->body)->mask = walk_lists(&w, f->body) | w.input_mask;
    return p;
}
