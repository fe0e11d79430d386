// emit_plan.c — which values stand folded in an expression.
//
// In: the copy of the function that emit_jumps.c made. Out: ValueInfo of every value; then emit_vars.c gives the rest
// their variables.
//
//     %t = mul %a, %b      (one use)
//     %s1 = add %s, %t                           s += a * b;
//
// Two walks. (1) What is needed: backwards from what has an effect. (2) Backwards: uses of a value are known before its
// definition is met, so there it is decided whether it is folded; what it reads then counts as read where it is
// printed. That also gives for each value and region the last op that uses it, and with it an answer, without sets, to:
//
// Is v alive behind op k of region R? Climb from there to v's region: yes if a later op of the region on the way uses v
// (last_use), or if the climb leaves a loop in which v is used.
#include "emit_internal.h"
#include "solvers.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FOLDED = 24, MAX_SCAN = 48 }; // values in one expression; steps of a search that is then given up

// ---- (1) needed ----

typedef struct Need {
    Emit *e;
    VEC(Value *) values; // to be looked at
} Need;

static void need_value(Need *n, Value *v)
{
    ValueInfo *i = &n->e->v[v->id];
    if (i->needed)
        return;
    i->needed = true;
    vec_push(n->e->arena, &n->values, v);
    if (v->root && v->root != v)
        need_value(n, v->root);
}

static void need_op(Need *n, Op *op);

static void need_owner(Need *n, const Region *r)
{
    if (r->owner)
        need_op(n, r->owner);
}

static void need_op(Need *n, Op *op)
{
    OpData *d = op_data(n->e, op);
    if (d->needed)
        return;
    d->needed = true;
    need_owner(n, op->parent);
    if (op->code == OP_if) {
        need_value(n, op->in[0]);
        return;
    }
    if (op->code == OP_loop) {
        for (int i = 0; i < loop_first_init(op); i++)
            need_value(n, op->in[i]);
        if (op->has_exit)
            need_value(n, loop_exit_flag(op));
        if (op->n_regions > 1 && op->regions[1])
            need_value(n, op->regions[1]->yields.at[0]);
        return;
    }
    for (int i = 0; i < op->n_in; i++)
        need_value(n, op->in[i]);
    for (int i = 0; i < op->n_out && op->code == OP_lu; i++)    // both arrays are written, whoever reads them
        if (type_is_linear(op->out[i]->type))
            need_value(n, op->out[i]);
}

// Carried value i of a loop, wherever it comes from.
static void need_carried(Need *n, Op *op, int i)
{
    need_value(n, loop_arg(op, i));
    need_value(n, op->out[i]);
    need_value(n, op->in[loop_first_init(op) + i]);
    if (op->n_regions > 1 && op->regions[1])
        need_value(n, op->regions[1]->args.at[i]);
    if (region_info(n->e, op->regions[0])->end == JUMP_NONE)
        need_value(n, loop_yield(op, i));
    const OpData *d = op_data(n->e, op);
    for (int k = 0; k < d->jumps.n; k++)
        need_value(n, d->jumps.at[k]->yields.at[i]);
}

static void need_sources(Need *n, Value *v)
{
    Op *op = v->def;
    if (!op) {
        Op *owner = v->region->owner;
        int i = owner && owner->code == OP_loop ? v->index - (owner->counted && v->region == owner->regions[0]) : -1;
        if (i >= 0)
            need_carried(n, owner, i);
        return;
    }
    need_op(n, op);
    if (op->code == OP_loop && v->index < op->n_out - 1)
        need_carried(n, op, v->index);
    if (!type_is_scalar(v->type))
        return;
    int shift = op->code == OP_within ? op->n_paths - 1 : 0;
    for (int k = 0; k < op->n_regions && (op->code == OP_if || op->code == OP_within); k++)
        if (region_info(n->e, op->regions[k])->end == JUMP_NONE)
            need_value(n, op->regions[k]->yields.at[v->index + shift]);
}

static bool is_wanted(const Op *op)
{
    if (op->code == OP_check)
        return true;
    if (op->code == OP_if || op->code == OP_loop || op->code == OP_within)
        return false;
    for (int i = 0; i < op->n_in; i++)
        if (op->code != OP_shape && op->code != OP_freeze && op_consumes(op, i))
            return true;
    return op->code == OP_call && op_has_effect(op);
}

static void need_region(Need *n, Region *r)
{
    RegionInfo *info = region_info(n->e, r);
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        if (is_wanted(op))
            need_op(n, op);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                need_region(n, op->regions[k]);
    }
    if (info->end == JUMP_BREAK || info->end == JUMP_CONTINUE || info->end == JUMP_RETURN)
        need_owner(n, r);
    if (info->end == JUMP_RETURN || (!r->owner && info->end == JUMP_NONE))
        for (int i = 0; i < r->yields.n; i++)
            need_value(n, r->yields.at[i]);
}

static void find_needed(Emit *e)
{
    Need n = {.e = e};
    need_region(&n, e->f->body);
    while (n.values.n > 0)
        need_sources(&n, n.values.at[--n.values.n]);
}

// ---- positions ----

static void place_region_in_text(Emit *e, Region *r, int *at)
{
    RegionInfo *info = region_info(e, r);
    info->start = (*at)++;
    for (int i = 0; i < r->args.n; i++)
        e->v[r->args.at[i]->id].pos = info->start;
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        OpData *d = op_data(e, op);
        d->pos = (*at)++;
        for (int k = op->n_regions - 1; k >= 0 && op->code == OP_loop; k--) // the head first
            if (op->regions[k])
                place_region_in_text(e, op->regions[k], at);
        for (int k = 0; k < op->n_regions && op->code != OP_loop; k++)
            place_region_in_text(e, op->regions[k], at);
        d->end = op->n_regions ? (*at)++ : d->pos;
        for (int k = 0; k < op->n_out; k++)
            e->v[op->out[k]->id].pos = d->end;
    }
    info->stop = (*at)++;
}

// ---- last uses ----

// The index of the last op of a region that uses a value of an outer one. An open hash table, since most values have
// none.
typedef struct LastUse {
    const Value *v;
    const Region *r;
    int index;
} LastUse;

static size_t use_slot(const LastUse *uses, int cap, const Value *v, const Region *r)
{
    size_t h = ((size_t)v->id * 2654435761u) ^ ((size_t)(uintptr_t)r->ops.at >> 4) ^ ((size_t)(uintptr_t)r >> 5);
    size_t mask = (size_t)cap - 1;
    for (h &= mask; uses[h].v && (uses[h].v != v || uses[h].r != r);)
        h = (h + 1) & mask;
    return h;
}

static void grow_uses(Emit *e)
{
    int cap = e->cap_uses ? 2 * e->cap_uses : 64;
    LastUse *uses = NEW_N(e->arena, LastUse, cap);
    for (int i = 0; i < e->cap_uses; i++)
        if (e->uses[i].v)
            uses[use_slot(uses, cap, e->uses[i].v, e->uses[i].r)] = e->uses[i];
    e->uses = uses;
    e->cap_uses = cap;
}

static int last_use(const Emit *e, const Value *v, const Region *r)
{
    if (r == v->region)
        return e->v[v->id].last_use;
    if (!e->cap_uses)
        return -1;
    const LastUse *u = &e->uses[use_slot(e->uses, e->cap_uses, v, r)];
    return u->v ? u->index : -1;
}

static void set_last_use(Emit *e, const Value *v, const Region *r, int index)
{
    if (r == v->region) {
        if (e->v[v->id].last_use < index)
            e->v[v->id].last_use = index;
        return;
    }
    if (2 * (e->n_uses + 1) > e->cap_uses)
        grow_uses(e);
    LastUse *u = &e->uses[use_slot(e->uses, e->cap_uses, v, r)];
    if (!u->v) {
        *u = (LastUse){v, r, index};
        e->n_uses++;
    } else if (u->index < index) {
        u->index = index;
    }
}

static void record(Emit *e, const Value *v, const Region *r, int index)
{
    for (;;) {
        set_last_use(e, v, r, index);
        if (r == v->region || !r->owner)
            return;
        index = op_data(e, r->owner)->index;
        r = r->owner->parent;
    }
}

static bool used_in_loop(const Emit *e, const Value *v, const Op *loop)
{
    for (int k = 0; k < loop->n_regions; k++)
        if (loop->regions[k] && last_use(e, v, loop->regions[k]) >= 0)
            return true;
    return false;
}

// Climbs from r out of the loop that owns region r (or one around it). For a v of the loop's body itself: not alive.
static const Op *loop_around(const Region *r)
{
    while (r->owner->code != OP_loop)
        r = r->owner->parent;
    return r->owner;
}

// Is v still used after op `index` of r has run? v is in scope there.
bool plan_alive_after(Emit *e, const Value *v, const Region *r, int index)
{
    for (;;) {
        const RegionInfo *info = region_info(e, r);
        if (last_use(e, v, r) > index)
            return true;
        if (r == v->region)
            return false;
        if (info->end == JUMP_RETURN)
            return false;
        const Op *op = r->owner;
        if (info->end == JUMP_BREAK || info->end == JUMP_CONTINUE) {
            op = loop_around(r);
            if (region_defines(op->regions[0], v))
                return false;
            if (info->end == JUMP_CONTINUE && used_in_loop(e, v, op))
                return true;
        } else if (op->code == OP_loop && used_in_loop(e, v, op)) {
            return true;
        }
        index = op_data(e, op)->index;
        r = op->parent;
    }
}

// ---- (2) uses and folding ----

static bool is_same_scalar(const Value *v, const Value *w)
{
    int64_t x, y;
    return v == w || (ir_is_int_const(v, &x) && ir_is_int_const(w, &y) && x == y);
}

// One value, or one element of one version of an array.
static bool is_same(const Value *v, const Value *w)
{
    const Op *a = v->def, *b = w->def;
    if (is_same_scalar(v, w) || !a || !b || a->code != OP_load || b->code != OP_load || a->in[0] != b->in[0])
        return is_same_scalar(v, w);
    for (int i = 1; i < a->n_in; i++)
        if (!is_same_scalar(a->in[i], b->in[i]))
            return false;
    return true;
}

bool plan_is_self_comparison(const Op *op)
{
    const OpInfo *info = &op_info[op->code];
    return op_is_scalar(op->code) && (info->prec == 9 || info->prec == 10) && info->sig[0] != 'r' &&
           is_same(op->in[0], op->in[1]);
}

Value *plan_returned(const Op *op)
{
    switch (op->code) {
    case OP_call: return op->callee->ret >= 0 ? op->out[op->callee->ret] : NULL;
    case OP_lu:
    case OP_cholesky: return op->out[op->n_out - 1];
    default: return NULL;
    }
}

static bool is_double_negation(const Op *op)
{
    return op->code == OP_not && op->in[0]->def && op->in[0]->def->code == OP_not;
}

bool plan_is_transparent(const Value *v)
{
    if (!v->def)
        return false;
    if (plan_is_self_comparison(v->def) || is_double_negation(v->def))
        return true;
    switch (v->def->code) {
    case OP_const_real:
    case OP_const_int:
    case OP_const_bool:
    case OP_const_pos:
    case OP_undef:
    case OP_itor:
    case OP_stop: return true;
    default: return false;
    }
}

// One more place where the text of v stands: at op `index` of r. `top`: the expression that this is part of, or NULL.
static void use(Emit *e, Value *v, Region *r, int index, Op *loop, Value *top)
{
    if (plan_is_transparent(v)) {
        for (int i = 0; i < v->def->n_in && !plan_is_self_comparison(v->def); i++)
            use(e, v->def->in[i], r, index, loop, top);
        return;
    }
    ValueInfo *i = &e->v[v->id];
    i->uses++;
    i->use_at = r;
    i->use_index = index;
    i->use_loop = loop;
    i->top = top;
    record(e, v, r, index);
    if (loop)
        record(e, v, loop->regions[0], loop->regions[0]->ops.n);
}

// The dimensions that the text of an access to an array names.
static void use_dims(Emit *e, const Value *array, int from, Region *r, int index, Value *top)
{
    const Value *root = array->root;
    if (root->def && (root->def->code == OP_freeze || (root->def->code == OP_shape && root->def->n_in == 1)))
        return;
    if (root->def && root->def->code == OP_copy) {
        use_dims(e, root->def->in[0], from, r, index, top);
        return;
    }
    for (int k = from; k < root->type.rank; k++) {
        Dim d = place_dim(root, k);
        if (d.v)
            use(e, d.v, r, index, NULL, top);
    }
}

// Is operand i of op only a dimension, which stands in the text of accesses to the result, not in that of op?
static bool is_dimension(const Op *op, int i)
{
    if (op->code == OP_reshape || op->code == OP_new)
        return op->code == OP_new || i > 0;
    if (op->code == OP_view_at)
        return i > 1;
    if (op->code == OP_slice)
        return op->paths[0].has_range && i == op->n_in - 1;
    int first = 1;
    for (int k = 0; op->code == OP_within && k < op->n_paths; k++) {
        const Path *p = &op->paths[k];
        int last = first + path_n_operands(p) - 1;
        if (i >= first && i <= last)
            return p->at_pos ? i > first : p->has_range && i == last;
        first = last + 1;
    }
    return false;
}

// Does the text of op name the size of its operand i, an array? A call does where the callee takes it as a tape; the
// runtime's functions for matrices are told their sizes.
static bool names_size(const Emit *e, const Op *op, int i)
{
    if (op->code == OP_copy_to || op->code == OP_add_to)
        return i == 0;
    if (op->code == OP_reshape || op->code == OP_gemm || is_solver(op->code))
        return false;
    if (op->code != OP_call)
        return true;
    for (int p = 0; p < op->callee->params.n; p++)
        if (op->callee->params.at[p].arg == i)
            return param_is_tape(e->file, op->callee, p);
    return false;
}

// Slot of a within that operand i of it is the path of, or -1.
static int slot_of_operand(const Op *op, int i)
{
    for (int k = 0, first = 1; op->code == OP_within && k < op->n_paths; k++) {
        int next = first + path_n_operands(&op->paths[k]);
        if (i >= first && i < next)
            return k;
        first = next;
    }
    return -1;
}

// The path of a slot that is folded stands where the slot is used.
static bool used_at_slot(Emit *e, const Op *op, int i)
{
    int k = slot_of_operand(op, i);
    if (k < 0 || !e->v[op->regions[0]->args.at[k]->id].folded)
        return false;
    const ValueInfo *slot = &e->v[op->regions[0]->args.at[k]->id];
    use(e, op->in[i], slot->use_at, slot->use_index, NULL, NULL);
    return true;
}

// The first dimension that an address names: those behind its first index that is not 0, A[0, 0, j] none. The n indices into an array of that
// rank are operands of op from `first` on.
static int dim_behind(const Op *op, int first, int n, int rank)
{
    int64_t c;
    int zeros = 0;
    while (zeros < n && zeros < rank && ir_is_int_const(op->in[first + zeros], &c) && c == 0)
        zeros++;
    return zeros < n ? zeros + 1 : rank;
}

// The first dimension of its operand i, an array, that the text of op names.
static int first_dim(const Op *op, int i)
{
    bool element = (op->code == OP_load || op->code == OP_store || op->code == OP_acc) && i == 0;
    int rank = op->in[i]->root->type.rank;
    if (op->code == OP_within && i == 0) {                      // the least of those that its slots name
        int least = rank, first = 1;
        for (int k = 0; k < op->n_paths; first += path_n_operands(&op->paths[k++])) {
            int dim = dim_behind(op, first, op->paths[k].n_idx + op->paths[k].has_range, rank);
            least = dim < least ? dim : least;
        }
        return least;
    }
    if (!element && op->code != OP_slice)
        return 0;
    return dim_behind(op, 1, element ? rank : op->paths->n_idx + op->paths->has_range, rank);
}

// Uses of all that the text of op names, when it stands at `index` of r.
static void use_operands(Emit *e, Op *op, Region *r, int index, Op *loop, Value *top)
{
    if (op->code == OP_shape)
        return;
    for (int i = 0; i < op->n_in; i++) {
        Value *v = op->in[i];
        if (type_is_scalar(v->type)) {
            if (!is_dimension(op, i) && !used_at_slot(e, op, i))
                use(e, v, r, index, loop, top);
            continue;
        }
        use(e, v->root, r, index, NULL, top);
        if (v->type.kind == K_ARRAY && v->root->type.kind == K_ARRAY && names_size(e, op, i))
            use_dims(e, v, first_dim(op, i), r, index, top);
    }
    for (int i = 0; i < op->n_out; i++)
        if (op->code == OP_new || op->code == OP_copy)
            use_dims(e, op->out[i], 0, r, index, top);
}

// The op of its region that makes the next version of what v reads; INT_MAX if none.
static bool consumed_between(const Value *array, const Region *r, int from, int to)
{
    for (const Value *v = array; v;
         v = v->def && (v->def->code == OP_slice || v->def->code == OP_reshape || v->def->code == OP_view_at)
                 ? v->def->in[0]
                 : NULL) {
        if (v->region != r)
            continue;
        for (int k = from + 1; k < to && k < r->ops.n; k++) {
            const Op *op = r->ops.at[k];
            for (int i = 0; i < op->n_in; i++)
                if (op->in[i] == v && op->code != OP_shape && op_consumes(op, i))
                    return true;
        }
    }
    return false;
}

static bool has_name_of(const Op *op, const Value *v)
{
    for (int i = 0; i < op->n_out; i++)
        if (op->out[i]->name && op->out[i]->name == v->name && op->out[i] != v)
            return true;
    return false;
}

// Would moving op down to op `to` of its region carry it past a change of what it reads, or one op with effects past
// another?
static bool can_move(const Emit *e, const Op *op, int from, int to)
{
    const Region *r = op->parent;
    bool effect = op->code == OP_call && op_has_effect(op);
    if (to - from > MAX_SCAN)
        return false;
    for (int k = from + 1; k < to && k < r->ops.n; k++) {
        const Op *over = r->ops.at[k];
        bool assigned = over->n_out != 1 || !e->v[over->out[0]->id].folded;
        for (int i = 0; i < op->n_in && assigned; i++)
            if (op->in[i]->name && has_name_of(over, op->in[i]))
                return false;
        if (effect && (over->n_regions || op_has_effect(over)))
            return false;
    }
    for (int i = 0; i < op->n_in; i++)
        if (!type_is_scalar(op->in[i]->type) && consumed_between(op->in[i], r, from, to))
            return false;
    return true;
}

bool plan_has_user_name(const Value *v)
{
    if (!v->name)
        return false;
    size_t n = strlen(v->name);
    return !(n > 4 && (strcmp(v->name + n - 4, "_bar") == 0 || strcmp(v->name + n - 4, "_dot") == 0));
}

// Is the one use of v that a variable of the same name gets it, or the function returns it?
static bool flows_into_its_name(Emit *e, const Value *v)
{
    const Region *r = v->region;
    const RegionInfo *info = region_info(e, r);
    if (e->v[v->id].use_index < r->ops.n || e->v[v->id].top) // `top`: it is only part of what flows there
        return false;
    if (info->end == JUMP_RETURN || !r->owner)
        return true;
    const Op *loop = info->end != JUMP_NONE ? info->loop : r->owner->code == OP_loop ? r->owner : NULL;
    int skip = loop && info->end == JUMP_NONE && loop->has_exit;
    for (int i = 0; i < r->yields.n && i < MAX_SCAN; i++) {
        if (r->yields.at[i] != v)
            continue;
        int shift = r->owner->code == OP_within ? r->owner->n_paths - 1 : 0;
        const Value *to = loop ? (i < skip ? NULL : loop_arg(loop, i - skip)) : r->owner->out[i - shift];
        return !to || !to->name || to->name == v->name;
    }
    return true;
}

static bool is_int_arithmetic(const Op *op)
{
    return op_is_scalar(op->code) && op_info[op->code].style == ST_INFIX && op->out[0]->type.elem == E_INT;
}

// A fill prints its value within its loop: what reads the array that is filled would see the new elements, and a call
// would be made for each.
static bool once_for_fill(const Op *op, const Region *r, int index)
{
    const Op *fill = index < r->ops.n ? r->ops.at[index] : NULL;
    if (!fill || fill->code != OP_fill)
        return false;
    return op->code == OP_call || op->code == OP_lu_logdet || (op->code == OP_load && op->in[0]->root == fill->in[0]->root);
}

// May op be printed at op `index` of its region, and with it what stands in its arms?
static bool may_stand_at(const Emit *e, const Op *op, int index)
{
    if (once_for_fill(op, op->parent, index) || !can_move(e, op, op_data(e, op)->index, index))
        return false;
    for (int i = 0; i < op->n_in; i++) {
        const Op *def = op->in[i]->def;
        if (def && op_data(e, def)->in_arm && !may_stand_at(e, def, index))
            return false;
    }
    return true;
}

static bool may_fold(Emit *e, const Value *v)
{
    const Op *op = v->def;
    const ValueInfo *i = &e->v[v->id];
    if (!op || !type_is_scalar(v->type) || i->uses != 1 || i->use_at != v->region)
        return false;
    bool pure_call = op->code == OP_call && op->n_out == 1 && op->callee->ret >= 0;
    bool reads = op->code == OP_load || op->code == OP_len || op->code == OP_lu_logdet;
    if (!op_is_scalar(op->code) && !reads && !pure_call)
        return false;
    if (i->use_loop && !is_int_arithmetic(op))
        return false;
    if (op_data(e, op)->in_arm)
        return true;
    if (plan_has_user_name(v) && !flows_into_its_name(e, v))
        return false;
    if (i->top && e->v[i->top->id].weight >= MAX_FOLDED)
        return false;
    return may_stand_at(e, op, i->use_index);
}

// Does an op of r before `index` give a new value to a variable of the name of one of n operands?
static bool renamed_before(const Region *r, int index, Value *const *in, int n)
{
    for (int k = 0; k < index; k++)
        for (int i = 0; i < n; i++)
            if (r->ops.at[k]->n_regions || (in[i]->name && has_name_of(r->ops.at[k], in[i])))
                return true;
    return false;
}

// Does op name a part of an array that it is handed as well without a variable for it?
static bool takes_part(const Op *op)
{
    return op->code == OP_call || op->code == OP_gemm || op->code == OP_puts || op->code == OP_copy_to || is_solver(op->code);
}

static bool takes_struct(const Op *op)
{
    return takes_part(op) || op->code == OP_copy || op->code == OP_add_to || op->code == OP_fill || op->code == OP_load ||
           op->code == OP_store || op->code == OP_acc;
}

static bool is_part_of_struct(const Op *op)
{
    return type_is_struct(op->in[0]->type);
}

// Would the part be indexed, element by element, where user names it? One that begins in the middle reads better with a name, and one
// of several axes needs one: gcc warns of an index beyond the first row.
static bool is_indexed(const Path *p, const Op *user)
{
    bool by_element = takes_struct(user) && !takes_part(user);
    return (p->has_range && user->code != OP_call) || (p->rank > 1 && (by_element || user->code == OP_copy_to));
}

// A view that is handed over as a whole, once, and where it is made, needs no name. The region of a within is no place of its own.
static bool folds_view(Emit *e, const Value *v)
{
    const ValueInfo *i = &e->v[v->id];
    const Op *op = v->def;
    if (!op || (op->code != OP_slice && op->code != OP_view_at) || i->uses != 1)
        return false;
    const Region *r = i->use_at;
    int from = op_data(e, op)->index, to = i->use_index;
    if (to >= r->ops.n)
        return false;
    const Op *user = r->ops.at[to];
    for (; r != v->region && r->owner && r->owner->code == OP_within && is_part_of_struct(op); r = r->owner->parent) {
        if (to > MAX_SCAN || renamed_before(r, to, op->in, op->n_in))
            return false;
        to = op_data(e, r->owner)->index;
    }
    if (r != v->region || to - from > MAX_SCAN)
        return false;
    bool in_call = i->top != NULL;                              // within an expression only a call names one
    bool struct_part = is_part_of_struct(op) && (in_call || takes_struct(user)) && (in_call || !is_indexed(op->paths, user));
    bool copied = user->code == OP_copy && v->type.rank == 1;
    return (is_part_of_struct(op) ? struct_part : copied || takes_part(user)) && can_move(e, op, from, to);
}

// The same for a part of structs that is written to.
static void fold_slots(Emit *e, const Op *op)
{
    if (op->code != OP_within || !is_part_of_struct(op))
        return;
    const Region *r = op->regions[0];
    for (int k = 0, first = 1; k < op->n_paths; first += path_n_operands(&op->paths[k++])) {
        ValueInfo *i = &e->v[r->args.at[k]->id];
        int to = i->use_index;
        i->folded = i->uses == 1 && i->use_at == r && to < r->ops.n && to <= MAX_SCAN && takes_struct(r->ops.at[to]) &&
                    !is_indexed(&op->paths[k], r->ops.at[to]) && !renamed_before(r, to, op->in + first, path_n_operands(&op->paths[k]));
    }
}

static void plan_region(Emit *e, Region *r);

static void plan_op(Emit *e, Op *op)
{
    OpData *d = op_data(e, op);
    if (!d->needed)
        return;
    Value *v = op->n_out == 1 ? op->out[0] : NULL;
    Region *r = op->parent;
    if (v && plan_is_transparent(v))
        return;
    if (v && type_is_scalar(v->type) && e->v[v->id].uses == 0 && !op->n_regions && op->code != OP_call)
        return;
    if (v && (may_fold(e, v) || folds_view(e, v))) {
        ValueInfo *i = &e->v[v->id];
        i->folded = true;
        if (!i->top)
            i->top = v;
        e->v[i->top->id].weight++;
        use_operands(e, op, i->use_at, i->use_index, i->use_loop, i->top);
        return;
    }
    for (int k = 0; k < op->n_regions; k++)
        if (op->regions[k])
            plan_region(e, op->regions[k]);
    fold_slots(e, op);
    if (op->code == OP_loop) {
        for (int i = 0; i < op->n_in; i++)
            if (type_is_linear(op->in[i]->type))
                use(e, op->in[i]->root, r, d->index, NULL, NULL);
            else if (i < loop_first_init(op) || e->v[loop_arg(op, i - loop_first_init(op))->id].needed)
                use(e, op->in[i], r, d->index, i < loop_first_init(op) ? op : NULL, NULL);
        return;
    }
    use_operands(e, op, r, d->index, NULL, NULL);
}

static bool yield_needed(Emit *e, const Region *r, int i)
{
    const Op *op = r->owner;
    const RegionInfo *info = region_info(e, r);
    if (!op || info->end == JUMP_RETURN)
        return true;
    if (info->end == JUMP_BREAK || info->end == JUMP_CONTINUE)
        return e->v[loop_arg(info->loop, i)->id].needed;
    if (op->code == OP_loop && r != op->regions[0])
        return true;
    if (op->code == OP_loop)
        return e->v[loop_arg(op, i)->id].needed;
    if (op->code == OP_within)
        return i >= op->n_paths && e->v[op->out[i - op->n_paths + 1]->id].needed;
    return e->v[op->out[i]->id].needed;
}

// Does the exit of a loop read carried variables that the end of the body changes?
static bool exit_reads_changed(Emit *e, const Op *op)
{
    int n = op->regions[0]->ops.n;
    for (int i = 0; i < loop_n_carried(op); i++)
        if (type_is_scalar(loop_arg(op, i)->type) && last_use(e, loop_arg(op, i), op->regions[0]) > n &&
            loop_yield(op, i) != loop_arg(op, i))
            return true;
    return false;
}

static void plan_region(Emit *e, Region *r)
{
    RegionInfo *info = region_info(e, r);
    const Op *op = r->owner;
    int n = r->ops.n, skip = op && op->code == OP_loop && r == op->regions[0] && op->has_exit && info->end == JUMP_NONE;
    if (skip)
        use(e, r->yields.at[0], r, n + 1, NULL, NULL);
    for (int i = skip; i < r->yields.n; i++)
        if (type_is_scalar(r->yields.at[i]->type) && yield_needed(e, r, i - skip))
            use(e, r->yields.at[i], r, n, NULL, NULL);
    if (op && op->code == OP_loop &&
        r != op->regions[0]) // what the head is handed goes on into the body, or is the result
        for (int i = 0; i < r->args.n; i++)
            if (type_is_scalar(r->args.at[i]->type))
                record(e, r->args.at[i], r, n + 1);
    for (int i = n - 1; i >= 0; i--)
        plan_op(e, r->ops.at[i]);
    if (skip)
        info->exit_first = exit_reads_changed(e, op);
}

// ---- what a text names ----

// What the text of a folded slot names.
static void visit_slot(const Emit *e, const Value *slot, VarVisit visit, void *context)
{
    const Op *op = slot->region->owner;
    plan_visit_vars(e, op->in[0], visit, context);
    for (int i = 1; i < op->n_in; i++)
        if (slot_of_operand(op, i) == slot->index && !is_dimension(op, i))
            plan_visit_vars(e, op->in[i], visit, context);
}

void plan_visit_vars(const Emit *e, const Value *v, VarVisit visit, void *context)
{
    const Var *var = plan_var(e, v);
    if (var) {
        visit(context, plan_var(e, v));
        return;
    }
    const Value *root = v->root ? v->root : v;
    if (!root->def && e->v[root->id].folded)
        visit_slot(e, root, visit, context);
    if (root->def && (e->v[root->id].folded || plan_is_transparent(root)))
        plan_visit_op(e, root->def, visit, context);
}

static void visit_dims(const Emit *e, const Value *root, int from, VarVisit visit, void *context)
{
    if (root->type.kind != K_ARRAY ||
        (root->def && (root->def->code == OP_freeze || (root->def->code == OP_shape && root->def->n_in == 1))))
        return;
    if (!root->def && !root->region->owner)
        return;
    if (root->def && root->def->code == OP_copy) {
        visit_dims(e, root->def->in[0]->root, from, visit, context);
        return;
    }
    for (int k = from; k < root->type.rank; k++) {
        Dim d = place_dim(root, k);
        if (d.v)
            plan_visit_vars(e, d.v, visit, context);
    }
}

void plan_visit_op(const Emit *e, const Op *op, VarVisit visit, void *context)
{
    if (op->code == OP_shape || plan_is_self_comparison(op))
        return;
    Var *row = op_data(e, op)->row;
    if (row)
        visit(context, row);
    for (int i = row ? op->in[0]->type.rank : 0; i < op->n_in; i++) {
        if (!is_dimension(op, i))
            plan_visit_vars(e, op->in[i], visit, context);
        if (op->in[i]->root && names_size(e, op, i))
            visit_dims(e, op->in[i]->root, first_dim(op, i), visit, context);
    }
}

void plan_visit_size(const Emit *e, const Value *root, VarVisit visit, void *context)
{
    while (root->def && root->def->code == OP_copy)
        root = root->def->in[0]->root;
    visit_dims(e, root, 0, visit, context);
    if (root->def && root->def->code == OP_freeze)
        plan_visit_vars(e, root, visit, context);
}

void emit_plan(Emit *e)
{
    e->v = NEW_N(e->arena, ValueInfo, e->f->n_values + 1);
    for (int i = 0; i < e->f->n_values; i++)
        e->v[i].last_use = -1;
    find_needed(e);
    int at = 0;
    place_region_in_text(e, e->f->body, &at);
    e->places = place_func(e->arena, e->f);
    plan_region(e, e->f->body);
    emit_vars(e);
}
