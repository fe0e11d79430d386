// opt_structs.c — local structs are taken apart.
//
// In: a function that adc makes, or is about to differentiate. Out: the same, in which a struct that is only accessed by its members is a
// value for each scalar in it and an array for each array in it:
//
//     %c = new struct cam[] zero                      %c_rot = new real[3] zero
//     %c1 = store %c.focal, %x                 ->
//     %c2 = store %c1.rot[%k], %y                     %c_rot1 = store %c_rot[%k], %y
//     %v = load %c2.focal                             (%v is %x)
//
// What a local is replaced by are its components. Every version of it has its list of them, and an op that makes the next version makes a
// list in which some are new; what an if or a loop writes comes out of it like other scalars and arrays. Reverse mode then sees scalars,
// keeps what is needed of them, and the C has no memory for them. A local that is handed to a call, or looked at as a whole by anything
// but copies, stays, and so does one that is nothing but copied, or that it takes many ops to copy.
#include "opt.h"
#include "rewrite.h"

#include <assert.h>
#include <string.h>

enum { MAX_COMPONENTS = 32, MAX_COPIED = 12 };

// A scalar or an array of scalars in it, and the component of that number.
typedef struct Member {
    int field;                                  // its number
    Elem elem;
    int rank, dims[IR_MAX_RANK];
    const char *name;
} Member;

typedef struct Local {
    Value *root;
    bool stays, accessed;                       // by a member, that is not only copied
    bool strided;                               // has members that do not lie in one piece: those of structs in an array
    int n_copies;                               // from or to other structs
    int n;
    Member *members;
    bool *written;                              // while a region is searched
} Local;

typedef struct Pass {
    Func *f;
    Arena *a;
    int n;                                      // ids known
    Local **locals;                             // by id of the root
    Value ***comps;                             // by id of a version
    VEC(Op *) copies;                           // of one local to another
    VEC(Local *) all;
    Rewrite w;
} Pass;

// ---- which locals there are ----

static const char *member_name(Pass *p, const Value *root, const StructInfo *st, int field)
{
    const Field *f = &st->fields.at[field];
    const char *outer = f->parent >= 0 ? member_name(p, root, st, f->parent) : root->name;
    return outer ? arena_printf(p->f->module->arena, "%s_%s", outer, f->name) : f->name;
}

static void note_root(Pass *p, Value *root)
{
    const StructInfo *st = root->type.st;
    if (!type_is_struct(root->type) || root->type.rank > 0 || st->fields.n > 2 * MAX_COMPONENTS)
        return;
    Local *l = NEW(p->a, Local);
    l->root = root;
    l->n_copies = root->def->code == OP_copy;
    l->members = NEW_N(p->a, Member, st->fields.n + 1);
    for (int i = 0; i < st->fields.n; i++) {
        const Field *f = &st->fields.at[i];
        Member m = {.field = i, .elem = f->elem, .rank = f->rank, .name = member_name(p, root, st, i)};
        memcpy(m.dims, f->dims, sizeof m.dims);
        if (f->elem != E_STRUCT)
            l->members[l->n++] = m;
        l->strided = l->strided || f->n_outer > 0;
    }
    if (l->n > MAX_COMPONENTS)
        return;
    p->locals[root->id] = l;
    vec_push(p->a, &p->all, l);
}

static Local *local_of(const Pass *p, const Value *v)
{
    return v->root && v->root->id < p->n && p->locals[v->root->id] && !p->locals[v->root->id]->stays ? p->locals[v->root->id] : NULL;
}

// ---- how they are used ----

// The member that n indices lead to, the first of which is the field's number; NULL: a struct in it, or all of it.
static const Member *member_at(const Local *l, Value *const *idx, int n)
{
    int64_t field;
    if (n == 0 || !ir_is_int_const(idx[0], &field))
        return NULL;
    for (int i = 0; i < l->n; i++)
        if (l->members[i].field == field)
            return &l->members[i];
    return NULL;
}

static int number_of(const Local *l, const Member *m)
{
    return (int)(m - l->members);
}

static void note_element(Local *l, const Op *op)
{
    l->accessed = true;
    l->stays = l->stays || !member_at(l, op->in + 1, op_n_index(op));
}

// A part of a member is looked at or written: an array, then. op: slice or within.
static void note_part(Local *l, const Op *op)
{
    const Member *first = NULL;
    l->accessed = true;
    for (int k = 0, at = 1; k < op->n_paths; at += path_n_operands(&op->paths[k++])) {
        const Member *m = op->paths[k].at_pos ? NULL : member_at(l, op->in + at, op->paths[k].n_idx);
        if (!m || m->rank == 0 || (first && m != first)) {
            l->stays = true;
            return;
        }
        first = m;
    }
}

static void note_use(Pass *p, Op *op, int k)
{
    Local *l = local_of(p, op->in[k]);
    if (!l)
        return;
    switch (op->code) {
    case OP_load:
    case OP_store:
    case OP_acc: note_element(l, op); return;
    case OP_if:
    case OP_loop:
    case OP_fill: return;
    case OP_copy:
    case OP_copy_to:
    case OP_add_to:
        l->n_copies++;
        return;
    case OP_within:
        if (k > 0)
            return;
        note_part(l, op);
        return;
    case OP_slice: note_part(l, op); return;
    default: l->stays = true; return;
    }
}

static void look(Pass *p, Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_in; k++)
            note_use(p, op, k);
        if (op->code == OP_new || op->code == OP_copy)
            note_root(p, op->out[0]);
        if (op->code == OP_copy && local_of(p, op->in[0]))
            vec_push(p->a, &p->copies, op);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                look(p, op->regions[k]);
    }
    for (int i = 0; i < r->yields.n && !r->owner; i++)
        if (local_of(p, r->yields.at[i]))
            local_of(p, r->yields.at[i])->stays = true;
}

// Decides; false if nothing is to be done.
static bool decide(Pass *p)
{
    bool any = false, again = true;
    for (int i = 0; i < p->all.n; i++) {
        Local *l = p->all.at[i];
        bool dear = (l->n_copies > 1 && l->n * l->n_copies > MAX_COPIED) || (l->n_copies && l->strided);
        l->stays = l->stays || !l->accessed || dear;
    }
    while (again) {                             // a copy that stays needs what it is a copy of
        again = false;
        for (int i = 0; i < p->copies.n; i++) {
            const Op *op = p->copies.at[i];
            Local *from = local_of(p, op->in[0]);
            if (from && !local_of(p, op->out[0]))
                from->stays = again = true;
        }
    }
    for (int i = 0; i < p->all.n; i++)
        any = any || !p->all.at[i]->stays;
    return any;
}

// ---- components ----

static Value **list_copy(Arena *a, Value *const *from, int n)
{
    Value **to = NEW_N(a, Value *, n + 1);
    if (n)
        memcpy(to, from, sizeof *to * (size_t)n);
    return to;
}

static Value **comps_of(const Pass *p, const Value *v)
{
    assert(v->id < p->n && p->comps[v->id]);
    return p->comps[v->id];
}

static Value **copy_comps(Pass *p, const Local *l, Value *const *from)
{
    return list_copy(p->a, from, l->n);
}

static Type scalar_type(Elem e)
{
    return e == E_REAL ? T_REAL : e == E_INT ? T_INT : T_BOOL;
}

static bool is_array(const Local *l, int i)
{
    return l->members[i].rank > 0;
}

static Type comp_type(const Local *l, int i)
{
    return is_array(l, i) ? type_array(l->members[i].elem, l->members[i].rank) : scalar_type(l->members[i].elem);
}

static Value *zero_of(Builder *b, Elem e)
{
    return e == E_REAL ? b_real(b, 0.0) : e == E_INT ? b_int(b, 0) : b_bool(b, false);
}

static Value *new_member(Builder *b, const Member *m, bool zero)
{
    Value *dims[IR_MAX_RANK];
    for (int i = 0; i < m->rank; i++)
        dims[i] = b_int(b, m->dims[i]);
    return b_new(b, m->elem, m->rank, dims, zero, m->name);
}

static void give_name(const Builder *b, const Member *m, Value *v)
{
    if (!v->name && v->def && v->region == b->at && v->def->n_in > 0)
        v->name = m->name;
}

// Member m of v, which is a version of a local of the same type or lies in memory.
static Value *member_of(Pass *p, Builder *b, Value *v, const Local *l, const Member *m)
{
    if (local_of(p, v))
        return comps_of(p, v)[number_of(l, m)];
    Value *field = b_int(b, m->field);
    return m->rank ? b_slice(b, v, 1, &field, NULL, NULL) : b_load(b, v, 1, &field);
}

// x + y, where a zero that x still is from the beginning does not count: what is first added to it is stored in it.
static Value *sum(Builder *b, Value *x, Value *y)
{
    double zero;
    return ir_is_const(x, &zero) && zero == 0 ? y : b_2(b, OP_add, x, y);
}

// ---- writes of all of a local ----

typedef enum Whole { W_COPY, W_ADD } Whole;

static void write_all(Pass *p, Builder *b, const Local *l, Value **to, Value *from, Whole how)
{
    for (int i = 0; i < l->n; i++) {
        const Member *m = &l->members[i];
        if (how == W_ADD && m->elem != E_REAL)
            continue;
        Value *v = member_of(p, b, from, l, m);
        if (m->rank)
            to[i] = how == W_ADD ? b_add_to(b, to[i], v) : b_copy_to(b, to[i], v);
        else
            to[i] = how == W_ADD ? sum(b, to[i], v) : v;
        give_name(b, m, to[i]);
    }
}

static Value *part_of_memory(Builder *b, Value *dest, const Member *m, Value *array, Whole how)
{
    Value *field = b_int(b, m->field);
    Path path = {.n_idx = 1, .rank = m->rank};
    Op *op = b_within(b, dest, 1, &path, 1, &field, 0, NULL);
    Builder in = builder_at(b->f, op->regions[0], b->fold);
    in.loc = b->loc;
    Value *part = in.at->args.at[0];
    part = how == W_ADD ? b_add_to(&in, part, array) : b_copy_to(&in, part, array);
    ir_yield(&in, 1, &part);
    b_within_end(op);
    return op->out[0];
}

// dest, which lies in memory, gets what the local `from` is, member by member.
static Value *write_memory(Pass *p, Builder *b, const Local *l, Value *dest, Value *from, Whole how)
{
    for (int i = 0; i < l->n; i++) {
        const Member *m = &l->members[i];
        Value *v = comps_of(p, from)[i];
        if (how == W_ADD && m->elem != E_REAL)
            continue;
        if (m->rank) {
            dest = part_of_memory(b, dest, m, v, how);
        } else {
            Value *field = b_int(b, m->field);
            dest = (how == W_ADD ? b_acc : b_store)(b, dest, 1, &field, v);
        }
    }
    return dest;
}

static void visit_whole(Pass *p, Builder *b, Op *op)
{
    const Local *to = local_of(p, op->in[0]), *from = local_of(p, op->in[1]);
    Whole how = op->code == OP_add_to ? W_ADD : W_COPY;
    if (to) {
        Value **comps = p->comps[op->out[0]->id] = copy_comps(p, to, comps_of(p, op->in[0]));
        write_all(p, b, to, comps, op->in[1], how);
    } else {
        rewrite_to(&p->w, op->out[0], write_memory(p, b, from, op->in[0], op->in[1], how));
    }
}

static void visit_fill(Pass *p, Builder *b, const Op *op, const Local *l)
{
    Value **comps = p->comps[op->out[0]->id] = copy_comps(p, l, comps_of(p, op->in[0]));
    for (int i = 0; i < l->n; i++) {
        Value *v = zero_of(b, l->members[i].elem);
        comps[i] = is_array(l, i) ? b_fill(b, comps[i], v) : v;
    }
}

static void visit_new(Pass *p, Builder *b, const Op *op, const Local *l)
{
    Value **comps = p->comps[op->out[0]->id] = NEW_N(p->a, Value *, l->n + 1);
    bool zero = op->code == OP_new && op->i;
    for (int i = 0; i < l->n; i++) {
        const Member *m = &l->members[i];
        if (m->rank)
            comps[i] = new_member(b, m, zero);
        else
            comps[i] = zero ? zero_of(b, m->elem) : b_undef(b, scalar_type(m->elem));
    }
    if (op->code == OP_copy)
        write_all(p, b, l, comps, op->in[0], W_COPY);
}

// ---- elements and parts ----

static void visit_element(Pass *p, Builder *b, Op *op, const Local *l)
{
    const Member *m = member_at(l, op->in + 1, op_n_index(op));
    Value **before = comps_of(p, op->in[0]), *const *idx = op->in + 2, *last = op->in[op->n_in - 1];
    int n = op_n_index(op) - 1, at = number_of(l, m);
    Value *comp = before[at];
    if (op->code == OP_load) {
        rewrite_to(&p->w, op->out[0], m->rank ? b_load(b, comp, n, idx) : comp);
        return;
    }
    Value **comps = p->comps[op->out[0]->id] = copy_comps(p, l, before);
    if (m->rank)
        comp = (op->code == OP_acc ? b_acc : b_store)(b, comp, n, idx, last);
    else
        comp = op->code == OP_acc ? sum(b, comp, last) : last;
    give_name(b, m, comp);
    comps[at] = comp;
}

static void visit_slice(Pass *p, Builder *b, const Op *op, const Local *l)
{
    const Path *path = op->paths;
    const Member *m = member_at(l, op->in + 1, path->n_idx);
    Value *const *idx = op->in + 2;
    int n = path->n_idx - 1;
    Value *v = b_slice(b, comps_of(p, op->in[0])[number_of(l, m)], n, idx, path->has_range ? idx[n] : NULL, path->has_range ? idx[n + 1] : NULL);
    rewrite_to(&p->w, op->out[0], v);
}

// ---- what regions write ----

static void mark_all(Local *l)
{
    for (int i = 0; l && l->written && i < l->n; i++)
        l->written[i] = true;
}

static void mark_member(Local *l, Value *const *idx, int n)
{
    const Member *m = l && l->written ? member_at(l, idx, n) : NULL;
    if (m)
        l->written[number_of(l, m)] = true;
}

static void mark_written(const Pass *p, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        Local *l = op->n_in && op->in[0]->root ? local_of(p, op->in[0]) : NULL;
        if (op->code == OP_store || op->code == OP_acc)
            mark_member(l, op->in + 1, op_n_index(op));
        else if (op->code == OP_within)
            mark_member(l, op->in + 1, op->paths[0].n_idx > 0);
        else if (op->code == OP_fill || op->code == OP_copy_to || op->code == OP_add_to)
            mark_all(l);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                mark_written(p, op->regions[k]);
    }
}

// An op with regions that is handed locals: per operand of the old op the local, and what is written of it inside.
typedef struct Handed {
    Local **local;
    bool **written;
    bool any;
} Handed;

static Handed handed_to(Pass *p, const Op *op, int first)
{
    Handed h = {NEW_N(p->a, Local *, op->n_in + 1), NEW_N(p->a, bool *, op->n_in + 1), false};
    for (int k = first; k < op->n_in; k++) {
        Local *l = local_of(p, op->in[k]);
        h.local[k] = l;
        if (!l)
            continue;
        h.any = true;
        h.written[k] = l->written = NEW_N(p->a, bool, l->n + 1);
    }
    for (int k = 0; h.any && k < op->n_regions; k++)
        if (op->regions[k])
            mark_written(p, op->regions[k]);
    for (int k = first; k < op->n_in; k++)
        if (h.local[k])
            h.local[k]->written = NULL;
    return h;
}

// Is component i of operand k handed in: an array that is written, and where scalars are handed in too, those?
static bool goes_in(const Handed *h, int k, int i, bool scalars)
{
    return h->written[k][i] && (scalars || is_array(h->local[k], i));
}

// ---- rebuilding lists: what was one item becomes as many as components go in ----

static void walk(Pass *p, Region *r);

static void new_operands(Pass *p, Op *op, const Handed *h, int first, bool scalars)
{
    VEC(Value *) in = {0};
    for (int k = 0; k < op->n_in; k++) {
        if (k < first || !h->local[k]) {
            vec_push(p->a, &in, rewrite_get(&p->w, op->in[k]));
            continue;
        }
        for (int i = 0; i < h->local[k]->n; i++)
            if (goes_in(h, k, i, scalars))
                vec_push(p->a, &in, comps_of(p, op->in[k])[i]);
    }
    op->in = list_copy(p->f->module->arena, in.at, in.n);
    op->n_in = in.n;
}

// Arguments of r from `shift` on stand for the old operands from `first` on.
static void new_args(Pass *p, Region *r, Value *const *old_in, int n_in, const Handed *h, int first, int shift, bool scalars)
{
    int n = r->args.n;
    Value **old = list_copy(p->a, r->args.at, n);
    r->args.n = 0;
    for (int j = 0; j < n; j++) {
        int k = j - shift + first;
        const Local *l = j >= shift && k < n_in ? h->local[k] : NULL;
        if (!l) {
            old[j]->index = r->args.n;
            vec_push(p->f->module->arena, &r->args, old[j]);
            continue;
        }
        Value **comps = p->comps[old[j]->id] = copy_comps(p, l, comps_of(p, old_in[k]));
        for (int i = 0; i < l->n; i++)
            if (goes_in(h, k, i, scalars))
                comps[i] = region_arg(r, comp_type(l, i), l->members[i].name, comps[i]->root);
    }
}

// The yields of r from `shift` on stand for the old operands from `first` on.
static void new_yields(Pass *p, Region *r, int n_in, const Handed *h, int first, int shift, bool scalars)
{
    int n = r->yields.n;
    Value **old = list_copy(p->a, r->yields.at, n);
    r->yields.n = 0;
    for (int j = 0; j < n; j++) {
        int k = j - shift + first;
        const Local *l = j >= shift && k < n_in ? h->local[k] : NULL;
        if (!l) {
            vec_push(p->f->module->arena, &r->yields, rewrite_get(&p->w, old[j]));
            continue;
        }
        for (int i = 0; i < l->n; i++)
            if (goes_in(h, k, i, scalars))
                vec_push(p->f->module->arena, &r->yields, comps_of(p, old[j])[i]);
    }
}

// Results likewise, from the old one `shift` on; *old gets the list as it was.
static Value **new_results(Pass *p, Op *op, Value *const *old_in, int n_in, const Handed *h, int first, int shift, bool scalars)
{
    int n = op->n_out, most = n;
    for (int k = first; k < n_in; k++)
        most += h->local[k] ? h->local[k]->n : 0;
    Value **old = list_copy(p->a, op->out, n);
    op->out = op->room = NEW_N(p->f->module->arena, Value *, most + 1);
    op->n_room = most;
    op->n_out = 0;
    for (int j = 0; j < n; j++) {
        int k = j - shift + first;
        const Local *l = j >= shift && k < n_in ? h->local[k] : NULL;
        if (!l) {
            old[j]->index = op->n_out;
            op->out[op->n_out++] = old[j];
            continue;
        }
        Value **comps = p->comps[old[j]->id] = copy_comps(p, l, comps_of(p, old_in[k]));
        for (int i = 0; i < l->n; i++)
            if (goes_in(h, k, i, scalars))
                comps[i] = b_result(op, comp_type(l, i), l->members[i].name, comps[i]->root);
    }
    return old;
}

// Written scalars that the regions of an if or a within give besides: appended to yields and results. before: yields of each region as
// they were; result `j` of the old op is that of operand k.
static void give_scalars(Pass *p, Op *op, const Handed *h, int k, Value *result, Value *const *versions)
{
    const Local *l = h->local[k];
    Value **comps = p->comps[result->id];
    for (int i = 0; i < l->n; i++) {
        if (!h->written[k][i] || is_array(l, i))
            continue;
        for (int a = 0; a < op->n_regions; a++)
            vec_push(p->f->module->arena, &op->regions[a]->yields, comps_of(p, versions[a])[i]);
        comps[i] = b_result(op, scalar_type(l->members[i].elem), l->members[i].name, NULL);
    }
}

// Yields of region a that are the last versions of the old operands, by operand.
static Value ***last_versions(Pass *p, const Op *op, int first, int shift)
{
    Value ***last = NEW_N(p->a, Value **, op->n_in + 1);
    for (int k = first; k < op->n_in; k++) {
        last[k] = NEW_N(p->a, Value *, 3);
        for (int a = 0; a < op->n_regions; a++)
            if (op->regions[a] && k - first + shift < op->regions[a]->yields.n)
                last[k][a] = op->regions[a]->yields.at[k - first + shift];
    }
    return last;
}

static void visit_if(Pass *p, Op *op)
{
    Handed h = handed_to(p, op, 1);
    int n_in = op->n_in;
    Value **old_in = op->in;
    if (h.any)
        new_operands(p, op, &h, 1, false);
    else
        rewrite_op(&p->w, op);
    Value ***last = h.any ? last_versions(p, &(Op){.in = old_in, .n_in = n_in, .n_regions = 2, .regions = {op->regions[0], op->regions[1]}}, 1, 0)
                          : NULL;
    for (int a = 0; a < 2; a++) {
        if (h.any)
            new_args(p, op->regions[a], old_in, n_in, &h, 1, 0, false);
        walk(p, op->regions[a]);
        if (h.any)
            new_yields(p, op->regions[a], n_in, &h, 1, 0, false);
    }
    if (!h.any)
        return;
    Value **results = new_results(p, op, old_in, n_in, &h, 1, 0, false);
    for (int k = 1; k < n_in; k++)
        if (h.local[k])
            give_scalars(p, op, &h, k, results[k - 1], last[k]);
}

static void visit_loop(Pass *p, Op *op)
{
    int first = loop_first_init(op), n_in = op->n_in;
    Handed h = handed_to(p, op, first);
    Value **old_in = op->in;
    new_operands(p, op, &h, first, true);
    for (int a = 0; a < op->n_regions; a++) {
        Region *r = op->regions[a];
        if (!r)
            continue;
        new_args(p, r, old_in, n_in, &h, first, a == 0 && op->counted, true);
        walk(p, r);
        if (a == 0)
            new_yields(p, r, n_in, &h, first, op->has_exit, true);
    }
    new_results(p, op, old_in, n_in, &h, first, 0, true);
}

// A within into a member of a local opens the array that this is.
static Value **open_member(Pass *p, Op *op, const Local *l, const Member **m)
{
    Value **before = comps_of(p, op->in[0]);
    *m = member_at(l, op->in + 1, op->paths[0].n_idx);
    op->in = list_copy(p->f->module->arena, op->in, op->n_in);
    op->in[0] = before[number_of(l, *m)];
    op->paths = arena_copy(p->f->module->arena, op->paths, sizeof *op->paths * (size_t)op->n_paths);
    for (int k = 0, at = 1; k < op->n_paths; at += path_n_operands(&op->paths[k++])) {
        op_remove_operand(op, at);
        op->paths[k].n_idx--;
    }
    return before;
}

static void visit_within(Pass *p, Op *op)
{
    const Local *base = local_of(p, op->in[0]);
    const Member *m = NULL;
    Value *result = op->out[0], **before = base ? open_member(p, op, base, &m) : NULL;
    int first = op->n_in - op->n_extra, n_in = op->n_in, slots = op->n_paths;
    Handed h = handed_to(p, op, first);
    Value **old_in = op->in;
    Value ***last = last_versions(p, op, first, slots);
    new_operands(p, op, &h, first, false);
    op->n_extra = op->n_in - first;
    new_args(p, op->regions[0], old_in, n_in, &h, first, slots, false);
    walk(p, op->regions[0]);
    new_yields(p, op->regions[0], n_in, &h, first, slots, false);
    Value **results = new_results(p, op, old_in, n_in, &h, first, 1, false);
    for (int k = first; k < n_in; k++)
        if (h.local[k])
            give_scalars(p, op, &h, k, results[1 + k - first], last[k]);
    if (!base)
        return;
    Value **comps = p->comps[result->id] = copy_comps(p, base, before);
    Value *next = NEW(p->f->module->arena, Value);
    *next = (Value){.type = op->in[0]->type, .id = p->f->n_values++, .def = op, .region = op->parent, .name = m->name, .root = op->in[0]->root};
    op->out[0] = next;
    comps[number_of(base, m)] = next;
}

// ---- the walk ----

static void visit_regions(Pass *p, Op *op)
{
    if (op->code == OP_if)
        visit_if(p, op);
    else if (op->code == OP_loop)
        visit_loop(p, op);
    else
        visit_within(p, op);
}

static void visit(Pass *p, Builder *b, Op *op)
{
    b->loc = op->loc;
    if (op->n_regions) {
        region_take(b->at, op);
        visit_regions(p, op);
        return;
    }
    bool whole = op->code == OP_copy_to || op->code == OP_add_to;
    const Local *l = op->n_in ? local_of(p, op->in[0]) : NULL, *other = whole ? local_of(p, op->in[1]) : NULL;
    const Local *fresh = op->code == OP_new || op->code == OP_copy ? local_of(p, op->out[0]) : NULL;
    for (int k = 0; k < op->n_in; k++)
        if (!local_of(p, op->in[k]))
            op->in[k] = rewrite_get(&p->w, op->in[k]);
    if (fresh)
        visit_new(p, b, op, fresh);
    else if (whole && (l || other))
        visit_whole(p, b, op);
    else if (l && op->code == OP_fill)
        visit_fill(p, b, op, l);
    else if (l && op->code == OP_slice)
        visit_slice(p, b, op, l);
    else if (l)
        visit_element(p, b, op, l);
    else
        region_take(b->at, op);
}

static void walk(Pass *p, Region *r)
{
    int n = r->ops.n;
    Op **ops = NEW_N(p->a, Op *, n + 1);
    for (int i = 0; i < n; i++)
        ops[i] = r->ops.at[i];
    Builder b = builder_at(p->f, r, true);
    r->ops.n = 0;
    for (int i = 0; i < n; i++)
        visit(p, &b, ops[i]);
    for (int i = 0; i < r->yields.n; i++)
        if (!local_of(p, r->yields.at[i]))
            r->yields.at[i] = rewrite_get(&p->w, r->yields.at[i]);
}

void opt_structs(Func *f)
{
    if (!func_has_body(f))
        return;
    Arena *a = arena_new();
    Pass p = {.f = f, .a = a, .n = f->n_values, .w = rewrite_of(f)};
    p.locals = NEW_N(a, Local *, p.n + 1);
    p.comps = NEW_N(a, Value **, p.n + 1);
    look(&p, f->body);
    if (decide(&p)) {
        walk(&p, f->body);
        rewrite_apply(&p.w);
    }
    arena_free(a);
}
