// emit_vars.c — which values share a C variable.
//
// In: the plan of emit_plan.c. Out: the Vars, and ValueInfo.var of all values that are not folded.
//
//     %s9 = loop (%s = 0.0) { … %s1 = add %s, %v  yield %s1 }          double s = 0.0;  for (…) s += v;
//
// Values that flow into one another (a loop's argument, its first and next value and its result; the result of an `if`
// and what its arms yield) share a variable, unless one is alive where the other is defined; then versions of one name
// do. The members of a variable never clash, so a newcomer is held only against the nearest one that is in scope where
// it is defined, and against those that are defined while it is alive.
#include "emit_internal.h"

#include <assert.h>
#include <string.h>

enum { MAX_SCAN = 48 }; // members looked at before two variables count as clashing

// ---- variables ----

Var *plan_new_var(Emit *e, const char *base, const char *type, Elem elem)
{
    Var *var = NEW(e->arena, Var);
    var->base = base;
    var->type = type;
    var->elem = elem;
    var->order = e->order++;
    vec_push(e->arena, &e->vars, var);
    return var;
}

static Var *find_var(Var *var)
{
    while (var && var->forward)
        var = var->forward;
    return var;
}

Var *plan_var(const Emit *e, const Value *v)
{
    return find_var(e->v[(v->root ? v->root : v)->id].var);
}

// Two values of which neither's region is around the other's cannot meet.
static bool is_around(const Region *outer, const Region *inner)
{
    while (inner && inner != outer)
        inner = inner->owner ? inner->owner->parent : NULL;
    return inner != NULL;
}

static const Op *carrier(const Value *v)
{
    return !v->def && v->region->owner && v->region->owner->code == OP_loop && v->region == v->region->owner->regions[0]
               ? v->region->owner
               : NULL;
}

// The operand of a call that v, an inout scalar, is the next value of; NULL if v is not one.
static const Value *inout_operand(const Value *v)
{
    const Op *op = v->def;
    for (int i = 0; op && op->code == OP_call && i < op->callee->params.n; i++) {
        const Param *p = &op->callee->params.at[i];
        if (p->result == v->index && p->role == ROLE_INOUT && type_is_scalar(p->type))
            return op->in[p->arg];
    }
    return NULL;
}

// Behind which op of its region b's variable may have its value, when a is looked at: an inout variable gets it before
// the other arguments of the call are read.
static int index_of_definition(const Emit *e, const Value *a, const Value *b)
{
    if (!b->def)
        return -1;
    const Value *tied = inout_operand(b);
    return op_data(e, b->def)->index - (tied && tied != a ? 1 : 0);
}

// Can a and b not share a variable? a stands before b.
static bool clash(Emit *e, const Value *a, const Value *b)
{
    if (e->v[a->id].pos == e->v[b->id].pos)
        return true;
    if (!is_around(a->region, b->region))
        return false;
    if (plan_alive_after(e, a, b->region, index_of_definition(e, a, b)))
        return true;
    const Op *loop = carrier(a); // at the end of the body a gets its next value, while b is still looked at
    if (loop && b->region == a->region && plan_alive_after(e, b, b->region, b->region->ops.n)) {
        int i = a->index - loop->counted;
        return region_info(e, a->region)->end == JUMP_NONE && i >= 0 && loop_yield(loop, i) != b;
    }
    return false;
}

// The position after which v is not alive, or a later one.
static int end_of(Emit *e, const Value *v)
{
    const Region *r = v->region;
    int k = e->v[v->id].last_use;
    return k < 0 ? e->v[v->id].pos : k < r->ops.n ? op_data(e, r->ops.at[k])->end : region_info(e, r)->stop;
}

// The number of members of var that stand before position pos.
static int count_before(const Emit *e, const Var *var, int pos)
{
    int lo = 0, hi = var->members.n;
    while (lo < hi) {
        int mid = (lo + hi) / 2;
        if (e->v[var->members.at[mid]->id].pos < pos)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static bool value_clashes(Emit *e, const Value *v, const Var *var)
{
    int at = count_before(e, var, e->v[v->id].pos), end = end_of(e, v), steps = 0;
    for (int i = at - 1; i >= 0; i--) {
        if (steps++ > MAX_SCAN)
            return true;
        if (is_around(var->members.at[i]->region, v->region)) {
            if (clash(e, var->members.at[i], v))
                return true;
            break;
        }
    }
    for (int i = at; i < var->members.n && e->v[var->members.at[i]->id].pos <= end; i++)
        if (steps++ > MAX_SCAN || clash(e, v, var->members.at[i]))
            return true;
    return false;
}

static void merge_members(Emit *e, Var *into, const Var *from)
{
    VEC(Value *) all = {0};
    int i = 0, k = 0;
    if (into->members.n == 0 ||
        e->v[into->members.at[into->members.n - 1]->id].pos <= e->v[from->members.at[0]->id].pos) {
        for (; k < from->members.n; k++)
            vec_push(e->arena, &into->members, from->members.at[k]);
        return;
    }
    while (i < into->members.n || k < from->members.n) {
        bool first = k == from->members.n ||
                     (i < into->members.n && e->v[into->members.at[i]->id].pos <= e->v[from->members.at[k]->id].pos);
        vec_push(e->arena, &all, first ? into->members.at[i++] : from->members.at[k++]);
    }
    into->members.at = all.at;
    into->members.n = all.n;
    into->members.cap = all.cap;
}

static void merge(Emit *e, Var *into, Var *from)
{
    if (from->fixed || (!into->fixed && from->members.n > into->members.n)) {
        Var *swap = into;
        into = from;
        from = swap;
    }
    if (!into->base || (!into->fixed && from->base && into->members.n && from->members.n &&
                        e->v[from->members.at[0]->id].pos < e->v[into->members.at[0]->id].pos))
        into->base = from->base ? from->base : into->base;
    if (from->members.n)
        merge_members(e, into, from);
    into->loops |= from->loops;
    into->order = into->order < from->order ? into->order : from->order;
    from->forward = into;
}

// The loop run by threads in which the values of var are, or NULL: what is declared outside of it they must not write.
static const Op *threads_around(const Var *var)
{
    for (const Region *r = var->members.n ? var->members.at[0]->region : NULL; r && r->owner; r = r->owner->parent)
        if (r->owner->trips == TRIPS_THREADS)
            return r->owner;
    return NULL;
}

static bool may_share(const Var *a, const Var *b)
{
    bool names = !a->base || !b->base || strcmp(a->base, b->base) == 0;
    bool derefs = (a->deref && b->loops) || (b->deref && a->loops) || (a->deref && b->fixed) || (a->fixed && b->deref);
    bool param = (a->fixed && !b->base) || (b->fixed && !a->base); // what has no name does not take a parameter's
    return a->elem == b->elem && names && !param && !derefs && !(a->fixed && b->fixed) && !a->own && !b->own &&
           threads_around(a) == threads_around(b);
}

static void try_merge(Emit *e, Var *a, Var *b)
{
    a = find_var(a);
    b = find_var(b);
    if (!a || !b || a == b || !may_share(a, b))
        return;
    const Var *few = a->members.n < b->members.n ? a : b, *many = few == a ? b : a;
    for (int i = 0; i < few->members.n; i++)
        if (value_clashes(e, few->members.at[i], many))
            return;
    merge(e, a, b);
}

static void try_share(Emit *e, const Value *v, const Value *w)
{
    try_merge(e, e->v[v->id].var, e->v[w->id].var);
}

static void give_var(Emit *e, Value *v)
{
    ValueInfo *i = &e->v[v->id];
    bool dead = i->uses == 0 && v->def && !v->def->n_regions;
    if (!i->needed || dead || i->folded || i->var || !type_is_scalar(v->type) || plan_is_transparent(v))
        return;
    i->var = plan_new_var(e, v->name, c_type(e->file, (Elem)v->type.elem), (Elem)v->type.elem);
    vec_push(e->arena, &i->var->members, v);
}

static void join(Emit *e, const Value *v, const Value *w)
{
    Var *a = find_var(e->v[v->id].var), *b = find_var(e->v[w->id].var);
    if (a && b && a != b)
        merge(e, a, b);
}

// A loop's argument, its head's argument and its result are one variable; its index is one of its own.
static void give_loop_vars(Emit *e, Op *op)
{
    OpData *d = op_data(e, op);
    for (int i = 0; i < loop_n_carried(op); i++) {
        Value *arg = loop_arg(op, i);
        if (!type_is_scalar(arg->type) || !e->v[arg->id].needed)
            continue;
        if (e->v[arg->id].var)
            find_var(e->v[arg->id].var)->loops = true;
        if (op->n_regions > 1 && op->regions[1])
            join(e, arg, op->regions[1]->args.at[i]);
        join(e, arg, op->out[i]);
    }
    if (op->counted) {
        Value *index = loop_index(op);
        d->index_var = plan_new_var(e, index->name ? index->name : "i", "int", E_INT);
        d->index_var->own = true;
        e->v[index->id].var = d->index_var;
    }
    Value *trips = loop_trips(op);
    if (e->v[trips->id].uses > 0) {
        d->trips_var = e->v[trips->id].var;
        d->trips_var->own = true;
        if (!d->trips_var->base)
            d->trips_var->base = "trips";
    }
}

// A callee writes through a pointer also what nobody wants.
static void give_dummies(Emit *e, Op *op)
{
    for (int i = 0; i < op->callee->params.n; i++) {
        const Param *p = &op->callee->params.at[i];
        if (p->result < 0 || !type_is_scalar(p->type) || e->v[op->out[p->result]->id].var)
            continue;
        Var *var = plan_new_var(e, p->name, c_type(e->file, (Elem)p->type.elem), (Elem)p->type.elem);
        vec_push(e->arena, &var->members, op->out[p->result]);
        e->v[op->out[p->result]->id].var = var;
    }
}

static void give_vars(Emit *e, Region *r)
{
    for (int i = 0; i < r->args.n; i++)
        if (!(r->owner && r->owner->code == OP_loop && r->owner->counted && r == r->owner->regions[0] && i == 0))
            give_var(e, r->args.at[i]);
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        if (!op_data(e, op)->needed)
            continue;
        for (int k = op->n_regions - 1; k >= 0; k--)
            if (op->regions[k])
                give_vars(e, op->regions[k]);
        for (int k = 0; k < op->n_out; k++)
            give_var(e, op->out[k]);
        if (op->code == OP_loop)
            give_loop_vars(e, op);
        if (op->code == OP_call)
            give_dummies(e, op);
    }
}

static void share_loop(Emit *e, Op *op)
{
    const OpData *d = op_data(e, op);
    bool falls = region_info(e, op->regions[0])->end == JUMP_NONE;
    for (int i = 0; i < loop_n_carried(op); i++) {
        Value *arg = loop_arg(op, i);
        if (!type_is_scalar(arg->type) || !e->v[arg->id].needed)
            continue;
        if (falls)
            try_share(e, arg, loop_yield(op, i));
        for (int k = 0; k < d->jumps.n; k++)
            try_share(e, arg, d->jumps.at[k]->yields.at[i]);
        try_share(e, arg, op->in[loop_first_init(op) + i]);
    }
}

static void share_results(Emit *e, Op *op)
{
    int shift = op->code == OP_within ? op->n_paths - 1 : 0;
    for (int i = 0; i < op->n_out; i++)
        for (int k = 0; k < op->n_regions && type_is_scalar(op->out[i]->type); k++)
            if (region_info(e, op->regions[k])->end == JUMP_NONE)
                try_share(e, op->out[i], op->regions[k]->yields.at[i + shift]);
}

static void share_call(Emit *e, Op *op)
{
    for (int i = 0; i < op->callee->params.n; i++) {
        const Param *p = &op->callee->params.at[i];
        if (type_is_scalar(p->type) && p->role == ROLE_INOUT)
            try_share(e, op->out[p->result], op->in[p->arg]);
    }
}

static void share_return(Emit *e, const Region *r)
{
    for (int i = 0; i < e->f->params.n; i++) {
        const Param *p = &e->f->params.at[i];
        if (p->result >= 0 && type_is_scalar(p->type))
            try_merge(e, e->param_vars[i], e->v[r->yields.at[p->result]->id].var);
    }
}

static void share_region(Emit *e, Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        if (!op_data(e, op)->needed)
            continue;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                share_region(e, op->regions[k]);
        if (op->code == OP_loop)
            share_loop(e, op);
        else if (op->n_regions)
            share_results(e, op);
        else if (op->code == OP_call)
            share_call(e, op);
    }
    if (region_info(e, r)->end == JUMP_RETURN || (!r->owner && region_info(e, r)->end == JUMP_NONE))
        share_return(e, r);
}

// ---- names ----

// Is the earlier variable still in scope, as a person sees it, where the later one begins? Else there are two of that
// name.
static bool is_in_scope(const Var *early, const Var *late)
{
    return is_around(early->members.at[0]->region, late->members.at[0]->region);
}

static void share_names(Emit *e)
{
    Map *first = map_new(e->arena), *latest = map_new(e->arena);
    for (int i = 0; i < e->vars.n; i++) {
        Var *var = e->vars.at[i];
        if (var->forward || !var->base || var->own || var->members.n == 0)
            continue;
        const char *name = intern_z(e->file->names, var->base);
        Var *before = map_get(first, name), *last = map_get(latest, name);
        if (last && find_var(last) != find_var(before) && is_in_scope(find_var(last), var))
            try_merge(e, last, var);
        if (before && find_var(var) == var && is_in_scope(find_var(before), var))
            try_merge(e, before, var);
        if (!before)
            map_set(first, name, var);
        map_set(latest, name, find_var(var));
    }
}

// ---- parameters and arrays ----

static const char *buf_type(Emit *e, Elem elem)
{
    static const char *const names[] = {"real", "int", "byte", "pos", "bit"};
    return arena_printf(e->arena, "struct adrt_buf_%s%s ", names[elem], elem == E_REAL ? e->file->suffix : "");
}

static void give_param_vars(Emit *e)
{
    e->param_vars = NEW_N(e->arena, Var *, e->f->params.n + 1);
    for (int i = 0; i < e->f->params.n; i++) {
        const Param *p = &e->f->params.at[i];
        Var *var = plan_new_var(e, emit_param_name(e->file, e->original, i), NULL, (Elem)p->type.elem);
        var->fixed = true;
        if (i == emit_struct_result(e->original))
            var->type = c_element(e->file, p->type);            // a variable, which is returned
        var->deref = type_is_scalar(p->type) && p->role != ROLE_IN;
        if (p->kind == P_TAPE)
            var->type = buf_type(e, (Elem)p->type.elem);        // in C no parameter: emit_record.c declares it
        e->param_vars[i] = var;
        if (p->arg < 0)
            continue;
        Value *arg = e->f->body->args.at[p->arg];
        e->v[arg->id].var = var;
        if (type_is_scalar(p->type))
            vec_push(e->arena, &var->members, arg);
    }
}

static const char *pointer_type(Emit *e, const Value *v, bool constant, bool restricted)
{
    const char *elem = c_element(e->file, v->type);
    return arena_printf(e->arena, "%s%s *%s", constant ? "const " : "", elem, restricted ? "restrict " : "");
}

// A part that is a row and bears its array's name is called as rows are.
static void name_row(Var *var, const Value *v, const Value *of, const Path *p, Value *const *in)
{
    if (p->at_pos || p->has_range || p->n_idx == 0 || p->n_idx > of->type.rank || (v->name && of->name && strcmp(v->name, of->name) != 0))
        return;
    var->row_of = of;
    var->row_at = in;
    var->row_n = p->n_idx;
}

static void name_slot(Var *var, const Value *slot)
{
    const Op *op = slot->region->owner;
    int first = 1;
    for (int i = 0; i < slot->index; i++)
        first += path_n_operands(&op->paths[i]);
    name_row(var, slot, op->in[0], &op->paths[slot->index], op->in + first);
}

static void give_array_var(Emit *e, Value *v)
{
    if (v->root != v || !e->v[v->id].needed)
        return;
    ValueInfo *i = &e->v[v->id];
    const Op *op = v->def;
    switch (e->places[v->id].storage) {
    case PLACE_PARAM:
        if (op && op->code == OP_shape)
            i->var = e->v[op->in[0]->id].var;
        break;
    case PLACE_CONST:
        i->var = plan_new_var(e, op->array->name, NULL, E_REAL);
        i->var->fixed = true;
        break;
    case PLACE_LOCAL:
        i->var = plan_new_var(e, v->name, c_element(e->file, v->type), (Elem)v->type.elem);
        i->var->own = true;
        break;
    case PLACE_ARENA:
        i->var = plan_new_var(e, v->name, pointer_type(e, v, false, true), (Elem)v->type.elem);
        i->var->own = true;
        break;
    case PLACE_BUF:
        i->var = plan_new_var(e, v->name, buf_type(e, (Elem)v->type.elem), (Elem)v->type.elem);
        i->var->own = true;
        break;
    case PLACE_FROZEN: i->var = plan_var(e, op->in[0]); break;
    case PLACE_VIEW:
        i->folded = i->folded || op->code == OP_reshape;
        if (i->folded)
            break;
        i->var = plan_new_var(e, v->name, pointer_type(e, v, true, false), (Elem)v->type.elem);
        i->var->own = true;
        if (op->code == OP_slice)
            name_row(i->var, v, op->in[0], op->paths, op->in + 1);
        break;
    case PLACE_SLOT:
        if (i->folded)
            break;
        i->var = plan_new_var(e, v->name, pointer_type(e, v, false, false), (Elem)v->type.elem);
        i->var->own = true;
        name_slot(i->var, v);
        break;
    default: break;
    }
}

static void give_array_vars(Emit *e, const Region *r)
{
    for (int i = 0; i < r->args.n; i++)
        if (r->args.at[i]->root)
            give_array_var(e, r->args.at[i]);
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_out; k++)
            if (op->out[k]->root)
                give_array_var(e, op->out[k]);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                give_array_vars(e, op->regions[k]);
    }
}

void emit_vars(Emit *e)
{
    give_param_vars(e);
    give_vars(e, e->f->body);
    give_array_vars(e, e->f->body);
    share_region(e, e->f->body);
    share_names(e);
}
