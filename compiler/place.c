// place.c — where every array lives in C, and which copies are not needed (see place.h).
//
// In: IR with linear arrays. Out: fewer copies, and a Place for every root.
//
//     for i { t = new real[k] zero … }      t: PLACE_ARENA before the loop, since k does not change in it
//                                           (but set to zero in every trip)
//     y = copy x     (x not seen again, or neither is written)     y is x
#include "place.h"
#include "rewrite.h"

#include <assert.h>
#include <string.h>

// ---- dimensions ----

static Dim known(int64_t c)
{
    return (Dim){NULL, c};
}

static Dim dim_of(Value *v)
{
    int64_t c;
    return ir_is_int_const(v, &c) ? known(c) : (Dim){v, 0};
}

static Dim part_dim(const Value *base, const Path *p, Value *const *in, int k)
{
    if (p->at_pos)
        return dim_of(in[1 + k]);
    if (p->has_range && k == 0)
        return dim_of(in[p->n_idx + 1]);
    const Field *f = type_field(base->type, p->n_idx, in);
    return f ? known(f->dims[p->n_idx - base->type.rank - 1 + k]) : place_dim(base->root, p->n_idx + k);
}

static Dim slot_dim(const Value *slot, int k)
{
    const Op *w = slot->region->owner;
    assert(w && w->code == OP_within && slot->index < w->n_paths);
    int first = 1;
    for (int i = 0; i < slot->index; i++)
        first += path_n_operands(&w->paths[i]);
    return part_dim(w->in[0], &w->paths[slot->index], w->in + first, k);
}

Dim place_dim(const Value *root, int k)
{
    const Op *op = root->def;
    if (!op)
        return slot_dim(root, k);
    switch (op->code) {
    case OP_shape:
    case OP_reshape: return dim_of(op->in[1 + k]);
    case OP_new: return dim_of(op->in[k]);
    case OP_copy: return place_dim(op->in[0]->root, k);
    case OP_const_array: return known(op->array->dims[k]);
    case OP_slice: return part_dim(op->in[0], op->paths, op->in + 1, k);
    case OP_view_at: return dim_of(op->in[2 + k]);
    case OP_lu: return dim_of(op->in[1]);
    default: assert(false && "an array without dimensions"); return known(0);
    }
}

// ---- storage ----

static size_t elem_bytes(Type t)
{
    if (type_is_struct(t))
        return 8 * (size_t)struct_scalars(t.st);                // at most
    return t.elem == E_REAL || t.elem == E_POS ? 8 : t.elem == E_INT ? 4 : 1;
}

static bool has_dims(const Value *root)
{
    if (!root->def)
        return root->region->owner != NULL;
    return root->def->code != OP_freeze &&
           !(root->def->code == OP_shape && root->def->n_in == 1 && root->type.rank == 1);
}

// All dimensions are constants and the array is small enough for the stack.
static bool is_small(const Value *root)
{
    size_t bytes = elem_bytes(root->type);
    if (root->def->code == OP_copy && !has_dims(root->def->in[0]->root))
        return false;
    for (int k = 0; k < root->type.rank; k++) {
        Dim d = place_dim(root, k);
        if (d.v || d.c > PLACE_LOCAL_BYTES)
            return false;
        bytes *= d.c > 0 ? (size_t)d.c : 0;
        if (bytes > PLACE_LOCAL_BYTES)
            return false;
    }
    return bytes <= PLACE_LOCAL_BYTES;
}

// Is v defined outside of the loop (or within, or if) `around`, so that it can be used before it?
static bool is_outside(const Value *v, const Op *around)
{
    for (int k = 0; k < around->n_regions; k++)
        if (around->regions[k] && region_defines(around->regions[k], v))
            return false;
    return true;
}

static bool dims_outside(const Value *root, const Op *around)
{
    if (root->def->code == OP_copy && !has_dims(root->def->in[0]->root))
        return is_outside(root->def->in[0]->root, around);
    for (int k = 0; k < root->type.rank; k++) {
        Dim d = place_dim(root, k);
        if (d.v && !is_outside(d.v, around))
            return false;
    }
    return true;
}

// Out of as many loops as possible, but not out of one that is run by threads: the outermost of them, or the op itself.
static void place_in_arena(Place *p, Value *root)
{
    p->storage = PLACE_ARENA;
    p->before = root->def;
    for (Op *at = root->def->parent->owner; at && at->trips != TRIPS_THREADS && dims_outside(root, at); at = at->parent->owner)
        if (at->code == OP_loop)
            p->before = at;
    for (const Op *at = p->before->parent->owner; at; at = at->parent->owner)
        p->per_trip |= at->code == OP_loop;
}

static Place place_of(Value *root)
{
    Place p = {0};
    const Op *op = root->def;
    if (!op) {
        p.storage = root->region->owner ? PLACE_SLOT : PLACE_PARAM;
        return p;
    }
    switch (op->code) {
    case OP_shape: p.storage = PLACE_PARAM; break;
    case OP_const_array: p.storage = PLACE_CONST; break;
    case OP_slice:
    case OP_reshape:
    case OP_view_at: p.storage = PLACE_VIEW; break;
    case OP_freeze: p.storage = PLACE_FROZEN; break;
    case OP_buf_new:
        p.storage = PLACE_BUF;
        p.before = root->def;
        for (const Op *at = op->parent->owner; at; at = at->parent->owner)
            p.per_trip |= at->code == OP_loop;
        break;
    default:
        assert(op->code == OP_new || op->code == OP_copy || op->code == OP_lu);
        if (is_small(root))
            p.storage = PLACE_LOCAL;
        else
            place_in_arena(&p, root);
    }
    return p;
}

static void place_region(Place *places, const Region *r)
{
    for (int i = 0; i < r->args.n; i++)
        if (r->args.at[i]->root == r->args.at[i])
            places[r->args.at[i]->id] = place_of(r->args.at[i]);
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_out; k++)
            if (op->out[k]->root == op->out[k])
                places[op->out[k]->id] = place_of(op->out[k]);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                place_region(places, op->regions[k]);
    }
}

Place *place_func(Arena *a, const Func *f)
{
    Place *places = NEW_N(a, Place, f->n_values + 1);
    place_region(places, f->body);
    return places;
}

// ---- copies ----

// What a version is used for, in one walk over the function.
typedef struct Uses {
    int *count;   // uses of a value, by id; of a root: uses of all its views too
    Value **root; // the new root of a root, by id; NULL: itself
    Value **to;   // the new version of a copy's result
    bool *consumed;
} Uses;

// A copy can be its source if the copy is the source version's only use and the source is a local array of this very
// region.
static bool is_move(const Uses *u, const Op *op)
{
    if (op->code != OP_copy)
        return false;
    const Value *from = op->in[0];
    const Op *root = from->root->def;
    return u->count[from->id] == 1 && from->region == op->parent && from->def && root && root->parent == op->parent &&
           (root->code == OP_new || root->code == OP_copy);
}

static Value *final_root(const Uses *u, Value *root)
{
    while (u->root[root->id])
        root = u->root[root->id];
    return root;
}

static void forget_root(const Uses *u, Value *v)
{
    if (v->root)
        v->root = final_root(u, v->root);
}

static Value *moved(const Uses *u, Value *v)
{
    while (u->to[v->id])
        v = u->to[v->id];
    return v;
}

static void move_region(Uses *u, Region *r)
{
    for (int i = 0; i < r->args.n; i++)
        forget_root(u, r->args.at[i]);
    int n = 0;
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_in; k++)
            op->in[k] = moved(u, op->in[k]);
        if (is_idle_copy(u->consumed, op) || is_move(u, op)) {
            u->to[op->out[0]->id] = op->in[0];
            u->root[op->out[0]->id] = op->in[0]->root;
            u->count[op->in[0]->id] += u->count[op->out[0]->id] - 1;
            u->consumed[op->in[0]->id] |= u->consumed[op->out[0]->id];
            continue;
        }
        for (int k = 0; k < op->n_out; k++)
            forget_root(u, op->out[k]);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                move_region(u, op->regions[k]);
        r->ops.at[n++] = op;
    }
    r->ops.n = n;
    for (int i = 0; i < r->yields.n; i++)
        r->yields.at[i] = moved(u, r->yields.at[i]);
}

static void place_copies(Func *f, Arena *a)
{
    Uses u = {count_uses(a, f), NEW_N(a, Value *, f->n_values), NEW_N(a, Value *, f->n_values),
              consumed_values(a, f)};
    move_region(&u, f->body);
}

void place(Module *m)
{
    Arena *a = arena_new();
    for (int i = 0; i < m->funcs.n; i++)
        if (!m->funcs.at[i]->is_extern && m->funcs.at[i]->body)
            place_copies(m->funcs.at[i], a);
    arena_free(a);
}
