// opt_scalars.c — small local arrays whose elements are all named by constants become scalars.
//
// In: a function that adc makes, or is about to differentiate. Out: the same without such arrays.
//
//     %y = new real[2] zero                                   %r = if %c { yield %x, 0.0 } else { yield 0.0, 0.0 }
//     %z = if %c (%y1 = %y) { %y2 = store %y1[0], %x          %q = ..
//         yield %y2 } else (%y1) { yield %y1 }          ->
//     %r = load %z[0]    %q = load %z[1]
//
// First all arrays are looked through: one that a call, a growable tape or an index that is no constant touches stays,
// and so does what is a view of it or what it is a view of. Then the body is written anew: a version of an array that
// goes stands for a list of values, and ifs and loops hand these on one by one. Parts opened by a within of such an
// array are part of that list, and the within is gone.
#include "opt.h"
#include "place.h"
#include "rewrite.h"

#include <assert.h>

enum { MAX_ELEMENTS = 16 };

typedef struct Link {                       // if one of these roots stays, so does the other
    int a, b;
} Link;

typedef struct Scalars {
    Func *f;
    Arena *a;
    bool *stays;                            // per value id of a root
    int *size;                              // per value id of a root: its elements; 0: unknown or too many
    VEC(Link) links;
    bool any;
    Value **map;                            // per old id: the new value
    Value ***parts;                         // per old id of a version that goes: the values of its elements now
} Scalars;

// ---- which arrays go ----

static int elements(const Value *root)
{
    const Op *op = root->def;
    if (op && (op->code == OP_freeze || (op->code == OP_shape && op->n_in != 1 + root->type.rank)))
        return 0;                                               // tapes
    int64_t n = 1;
    for (int k = 0; k < root->type.rank && n <= MAX_ELEMENTS; k++) {
        Dim d = place_dim(root, k);
        if (d.v)
            return 0;
        n *= d.c < 0 ? 0 : d.c;
    }
    return n <= MAX_ELEMENTS ? (int)n : 0;
}

// A dimension that is constant.
static int dim(const Value *root, int k)
{
    Dim d = place_dim(root, k);
    return d.v || d.c < 0 ? 0 : (int)d.c;
}

// The position in memory that n constant indices mean in an array of constant dimensions; -1: there is none. Indices
// that are missing are 0.
static int position(const Value *root, Value *const *idx, int n)
{
    int at = 0;
    for (int k = 0; k < root->type.rank; k++) {
        int64_t i = 0;
        if (k < n && (!ir_is_int_const(idx[k], &i) || i < 0 || i >= dim(root, k)))
            return -1;
        at = at * dim(root, k) + (int)i;
    }
    return at;
}

static bool may_go(const Value *root)
{
    const Op *op = root->def;
    if (root->type.elem > E_BOOL)
        return false;
    return op ? op->code == OP_new || op->code == OP_copy || op->code == OP_slice || op->code == OP_reshape
              : root->region->owner && root->region->owner->code == OP_within;
}

static void keep(Scalars *s, const Value *array)
{
    s->stays[array->root->id] = true;
}

static void link(Scalars *s, const Value *x, const Value *y)
{
    vec_push(s->a, &s->links, ((Link){x->root->id, y->root->id}));
}

// The first element of the part that a path shows, and how many there are.
static bool path_part(const Value *base, const Path *p, Value *const *in, int *first, int *n)
{
    int64_t lo = 0, len = 0;
    if (p->at_pos || (p->has_range && (!ir_is_int_const(in[p->n_idx], &lo) || !ir_is_int_const(in[p->n_idx + 1], &len))))
        return false;
    int n_idx = p->n_idx, below = 1;
    *first = position(base->root, in, n_idx);
    for (int k = n_idx + p->has_range; k < base->type.rank; k++)
        below *= dim(base->root, k);
    if (*first < 0 || (p->has_range && (lo < 0 || len < 0 || lo + len > dim(base->root, n_idx))))
        return false;
    *first += (int)lo * below;
    *n = p->has_range ? (int)len * below : below;
    return true;
}

static void scan_paths(Scalars *s, const Op *op)
{
    const Value *base = op->in[0];
    for (int i = 0, at = 1, first, n; i < op->n_paths; i++) {
        const Value *part = op->code == OP_slice ? op->out[0] : op->regions[0]->args.at[i];
        link(s, part, base);
        if (type_is_struct(base->type) || !s->size[base->root->id] || !path_part(base, &op->paths[i], op->in + at, &first, &n))
            keep(s, base);
        at += path_n_operands(&op->paths[i]);
    }
}

// Two arrays, one of which is set or added to the other: element by element, if the sizes are known.
static void scan_pair(Scalars *s, const Value *x, const Value *y)
{
    if (!s->size[x->root->id] || s->size[x->root->id] != s->size[y->root->id]) {
        keep(s, x);
        keep(s, y);
    }
}

static void scan_region(Scalars *s, const Region *r);

static void scan_op(Scalars *s, const Op *op)
{
    for (int k = 0; k < op->n_out; k++) {
        Value *v = op->out[k];
        if (v->root != v)
            continue;
        s->size[v->id] = v->type.kind == K_ARRAY ? elements(v) : 0;
        s->stays[v->id] = !s->size[v->id] || !may_go(v);
    }
    switch (op->code) {
    case OP_load: case OP_store: case OP_acc:
        if (s->size[op->in[0]->root->id] && position(op->in[0]->root, op->in + 1, op->in[0]->type.rank) < 0)
            keep(s, op->in[0]);
        break;
    case OP_fill: case OP_loop: case OP_if: case OP_new:
        break;
    case OP_copy:
        scan_pair(s, op->out[0], op->in[0]);
        break;
    case OP_copy_to: case OP_add_to:
        scan_pair(s, op->in[0], op->in[1]);
        break;
    case OP_reshape:
        link(s, op->out[0], op->in[0]);
        break;
    case OP_slice:
        scan_paths(s, op);
        break;
    case OP_within:
        for (int i = 0; i < op->n_paths; i++) {
            Value *slot = op->regions[0]->args.at[i];
            s->size[slot->id] = elements(slot);
            s->stays[slot->id] = !s->size[slot->id] || slot->type.elem > E_BOOL;
        }
        scan_paths(s, op);
        break;
    default:
        for (int k = 0; k < op->n_in; k++)
            if (op->in[k]->type.kind == K_ARRAY)
                keep(s, op->in[k]);
    }
    for (int k = 0; k < op->n_regions; k++)
        if (op->regions[k])
            scan_region(s, op->regions[k]);
}

static void scan_region(Scalars *s, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++)
        scan_op(s, r->ops.at[i]);
}

// Raw arguments have no elements that are known; sizes of what the function yields are of no use.
static void choose(Scalars *s)
{
    const Region *body = s->f->body;
    for (int i = 0; i < body->args.n; i++)
        s->stays[body->args.at[i]->id] = true;
    scan_region(s, body);
    for (int i = 0; i < body->yields.n; i++)
        if (type_is_linear(body->yields.at[i]->type))
            keep(s, body->yields.at[i]);
    for (bool again = true; again;) {
        again = false;
        for (int i = 0; i < s->links.n; i++) {
            bool *a = &s->stays[s->links.at[i].a], *b = &s->stays[s->links.at[i].b];
            again |= *a != *b;
            *a = *b = *a || *b;
        }
    }
    for (int i = 0; i < s->f->n_values; i++)
        s->any |= s->size[i] > 0 && !s->stays[i];
}

static bool goes(const Scalars *s, const Value *v)
{
    return v->type.kind == K_ARRAY && v->root && s->size[v->root->id] && !s->stays[v->root->id];
}

// ---- the body anew ----

static void write_region(Scalars *s, Builder *b, const Region *r);

static Value *now(const Scalars *s, Value *v)
{
    assert(s->map[v->id]);
    return s->map[v->id];
}

static int size_of(const Scalars *s, const Value *v)
{
    return s->size[v->root->id];
}

static Value **parts_of(const Scalars *s, const Value *v)
{
    assert(s->parts[v->id]);
    return s->parts[v->id];
}

static Value **new_parts(Scalars *s, const Value *v, Value *const *from)
{
    int n = size_of(s, v);
    Value **parts = NEW_N(s->a, Value *, n + 1);
    for (int i = 0; from && i < n; i++)
        parts[i] = from[i];
    return s->parts[v->id] = parts;
}

static Value *zero(Builder *b, Type t)
{
    return t.elem == E_REAL ? b_real(b, 0.0) : t.elem == E_INT ? b_int(b, 0) : b_bool(b, false);
}

// R01 for R[0][1].
static const char *part_name(Scalars *s, const Value *v, int at)
{
    if (!v->name)
        return NULL;
    const char *digits = "";
    for (int k = v->type.rank - 1; k >= 0; k--) {
        digits = arena_printf(s->a, "%d%s", at % dim(v->root, k), digits);
        at /= dim(v->root, k);
    }
    return intern_z(s->f->module->names, arena_printf(s->a, "%s%s", v->name, digits));
}

static void name_part(Scalars *s, Builder *b, const Value *v, int at, Value *x)
{
    if (!x->name && x->def && x->region == b->at && x->def->n_in > 0)
        x->name = part_name(s, v, at);
}

// Indices of the element at a position of an array of constant dimensions.
static void indices_of(Builder *b, const Value *root, int at, Value **idx)
{
    for (int k = root->type.rank - 1; k >= 0; k--) {
        idx[k] = b_int(b, at % dim(root, k));
        at /= dim(root, k);
    }
}

static Value *element(Scalars *s, Builder *b, Value *v, int at)
{
    if (goes(s, v))
        return parts_of(s, v)[at];
    Value *idx[8];
    indices_of(b, v->root, at, idx);
    return b_load(b, now(s, v), v->type.rank, idx);
}

// op is a copy, copy_to or add_to, one or both sides of which go.
static void write_pair(Scalars *s, Builder *b, const Op *op, Value *from)
{
    Value *to = op->out[0], *idx[8];
    int n = size_of(s, to);
    bool adds = op->code == OP_add_to;
    if (goes(s, to)) {
        Value **before = adds ? parts_of(s, op->in[0]) : NULL, **parts = new_parts(s, to, NULL);
        for (int i = 0; i < n; i++) {
            Value *x = element(s, b, from, i);
            parts[i] = adds ? b_2(b, OP_add, before[i], x) : x;
            name_part(s, b, to, i, parts[i]);
        }
        return;
    }
    Value *array;
    if (op->code == OP_copy) {
        Value *dims[8];
        for (int k = 0; k < to->type.rank; k++)
            dims[k] = b_int(b, dim(to, k));
        array = b_new(b, (Elem)to->type.elem, to->type.rank, dims, false, to->name);
    } else {
        array = now(s, op->in[0]);
    }
    for (int i = 0; i < n; i++) {
        indices_of(b, to->root, i, idx);
        Value *x = element(s, b, from, i);
        array = adds ? b_acc(b, array, to->type.rank, idx, x) : b_store(b, array, to->type.rank, idx, x);
    }
    s->map[to->id] = array;
}

// ---- regions ----

// What is handed to an op with regions, in order, and what comes back: arrays that go are lists of scalars.
typedef struct Handed {
    VEC(Value *) kept;                      // new values, of those that stay
    VEC(int) stay, gone;                    // which of the old operands, counted from the first
} Handed;

static Handed hand(Scalars *s, Value *const *in, int n)
{
    Handed h = {0};
    for (int k = 0; k < n; k++) {
        if (goes(s, in[k])) {
            vec_push(s->a, &h.gone, k);
        } else {
            vec_push(s->a, &h.stay, k);
            vec_push(s->a, &h.kept, now(s, in[k]));
        }
    }
    return h;
}

typedef VEC(Value *) List;

// The arm's values of the arrays that go, at its end, one array after the other.
static void push_parts(Scalars *s, List *y, const Region *r, const Handed *h, int first)
{
    for (int i = 0; i < h->gone.n; i++) {
        Value *v = r->yields.at[first + h->gone.at[i]];
        for (int k = 0; k < size_of(s, v); k++)
            vec_push(s->a, y, parts_of(s, v)[k]);
    }
}

static void take_name(Value *to, const Value *from)
{
    if (!to->name)
        to->name = from->name;
}

static void write_if(Scalars *s, Builder *b, const Op *op)
{
    int n = op->n_in - 1;
    Handed h = hand(s, op->in + 1, n);
    Op *to = b_if(b, now(s, op->in[0]), h.kept.n, h.kept.at);
    List parts[2] = {{0}, {0}};
    for (int k = 0; k < 2; k++) {
        const Region *from = op->regions[k];
        for (int i = 0; i < h.stay.n; i++)
            s->map[from->args.at[h.stay.at[i]]->id] = to->regions[k]->args.at[i];
        for (int i = 0; i < h.gone.n; i++)
            new_parts(s, from->args.at[h.gone.at[i]], parts_of(s, op->in[1 + h.gone.at[i]]));
        Builder in = builder_at(b->f, to->regions[k], b->fold);
        write_region(s, &in, from);
        push_parts(s, &parts[k], from, &h, 0);
    }
    for (int k = 0; k < 2; k++) {
        List y = {0};
        const Region *from = op->regions[k];
        for (int i = 0; i < h.stay.n; i++)
            vec_push(s->a, &y, now(s, from->yields.at[h.stay.at[i]]));
        for (int i = n; i < from->yields.n; i++)
            vec_push(s->a, &y, now(s, from->yields.at[i]));
        for (int i = 0; i < parts[k].n; i++)
            if (parts[0].at[i] != parts[1].at[i])
                vec_push(s->a, &y, parts[k].at[i]);
        Builder in = builder_at(b->f, to->regions[k], b->fold);
        ir_yield(&in, y.n, y.at);
    }
    b_if_end(to);
    int at = 0;
    for (int i = 0; i < h.stay.n; i++)
        s->map[op->out[h.stay.at[i]]->id] = to->out[at++];
    for (int i = n; i < op->n_out; i++) {
        s->map[op->out[i]->id] = to->out[at];
        to->out[at++]->name = op->out[i]->name;
    }
    for (int i = 0, part = 0; i < h.gone.n; i++) {
        Value *v = op->out[h.gone.at[i]], **p = new_parts(s, v, NULL);
        for (int k = 0; k < size_of(s, v); k++, part++) {
            bool same = parts[0].at[part] == parts[1].at[part];
            p[k] = same ? parts[0].at[part] : to->out[at++];
            if (!same && v->name)
                p[k]->name = part_name(s, v, k);
        }
    }
}

// The arguments of a loop's region: those of the loop itself, then the elements.
static void bind_args(Scalars *s, const Region *from, const Region *to, int first, const Handed *h, int n_kept)
{
    for (int i = 0; i < first; i++) {
        s->map[from->args.at[i]->id] = to->args.at[i];
        take_name(to->args.at[i], from->args.at[i]);
    }
    for (int i = 0; i < h->stay.n; i++) {
        const Value *v = from->args.at[first + h->stay.at[i]];
        s->map[v->id] = to->args.at[first + i];
        to->args.at[first + i]->name = v->name;
    }
    for (int i = 0, at = first + n_kept; i < h->gone.n; i++) {
        const Value *v = from->args.at[first + h->gone.at[i]];
        Value **p = new_parts(s, v, NULL);
        for (int k = 0; k < size_of(s, v); k++) {
            p[k] = to->args.at[at++];
            p[k]->name = part_name(s, v, k);
        }
    }
}

static void write_loop(Scalars *s, Builder *b, const Op *op)
{
    int first = loop_first_init(op), n = loop_n_carried(op);
    Handed h = hand(s, op->in + first, n);
    List init = {0};
    for (int i = 0; i < h.kept.n; i++)
        vec_push(s->a, &init, h.kept.at[i]);
    for (int i = 0; i < h.gone.n; i++) {
        Value *v = op->in[first + h.gone.at[i]];
        for (int k = 0; k < size_of(s, v); k++)
            vec_push(s->a, &init, parts_of(s, v)[k]);
    }
    List before = {0};
    for (int k = 0; k < first; k++)
        vec_push(s->a, &before, now(s, op->in[k]));
    Op *to = b_loop_like(b, op, before.at, init.n, init.at);
    if (op->n_regions > 1 && op->regions[1]) {
        Region *head = b_loop_head(to);
        bind_args(s, op->regions[1], head, 0, &h, h.kept.n);
        Builder in = builder_at(b->f, head, b->fold);
        write_region(s, &in, op->regions[1]);
        ir_yield(&in, 1, (Value *[]){now(s, op->regions[1]->yields.at[0])});
    }
    const Region *from = op->regions[0];
    bind_args(s, from, to->regions[0], op->counted, &h, h.kept.n);
    Builder in = builder_at(b->f, to->regions[0], b->fold);
    write_region(s, &in, from);
    List y = {0};
    if (op->has_exit)
        vec_push(s->a, &y, now(s, from->yields.at[0]));
    for (int i = 0; i < h.stay.n; i++)
        vec_push(s->a, &y, now(s, from->yields.at[op->has_exit + h.stay.at[i]]));
    push_parts(s, &y, from, &h, op->has_exit);
    ir_yield(&in, y.n, y.at);
    int at = 0;
    for (int i = 0; i < h.stay.n; i++) {
        s->map[op->out[h.stay.at[i]]->id] = to->out[at];
        to->out[at++]->name = op->out[h.stay.at[i]]->name;
    }
    for (int i = 0; i < h.gone.n; i++) {
        Value *v = op->out[h.gone.at[i]], **p = new_parts(s, v, NULL);
        for (int k = 0; k < size_of(s, v); k++) {
            p[k] = to->out[at++];
            p[k]->name = part_name(s, v, k);
        }
    }
    s->map[loop_trips(op)->id] = loop_trips(to);
    take_name(loop_trips(to), loop_trips(op));
}

// The array goes, and with it the within: its ops are written where it stood.
static void dissolve(Scalars *s, Builder *b, const Op *op)
{
    const Region *r = op->regions[0];
    Value *base = op->in[0];
    for (int i = 0, at = 1, first, n; i < op->n_paths; i++) {
        bool ok = path_part(base, &op->paths[i], op->in + at, &first, &n);
        assert(ok);
        (void)ok;
        new_parts(s, r->args.at[i], parts_of(s, base) + first);
        at += path_n_operands(&op->paths[i]);
    }
    for (int i = 0; i < op->n_extra; i++) {
        Value *outer = op->in[op->n_in - op->n_extra + i], *inner = r->args.at[op->n_paths + i];
        if (goes(s, outer))
            new_parts(s, inner, parts_of(s, outer));
        else
            s->map[inner->id] = now(s, outer);
    }
    write_region(s, b, r);
    Value **all = new_parts(s, op->out[0], parts_of(s, base));
    for (int i = 0, at = 1, first, n; i < op->n_paths; i++) {
        path_part(base, &op->paths[i], op->in + at, &first, &n);
        for (int k = 0; k < n; k++)
            all[first + k] = parts_of(s, r->yields.at[i])[k];
        at += path_n_operands(&op->paths[i]);
    }
    for (int k = 1; k < op->n_out; k++) {
        Value *y = r->yields.at[op->n_paths + k - 1];
        if (goes(s, op->out[k]))
            new_parts(s, op->out[k], parts_of(s, y));
        else
            s->map[op->out[k]->id] = now(s, y);
    }
}

static void write_within(Scalars *s, Builder *b, const Op *op)
{
    const Region *from = op->regions[0];
    int n_paths = op->n_paths, n_ops = op->n_in - 1 - op->n_extra;
    Value *const *extra = op->in + 1 + n_ops;
    Handed h = hand(s, extra, op->n_extra);
    Value **ops = NEW_N(s->a, Value *, n_ops + 1);
    for (int i = 0; i < n_ops; i++)
        ops[i] = now(s, op->in[1 + i]);
    Op *to = b_within(b, now(s, op->in[0]), n_paths, op->paths, n_ops, ops, h.kept.n, h.kept.at);
    for (int i = 0; i < n_paths; i++)
        s->map[from->args.at[i]->id] = to->regions[0]->args.at[i];
    for (int i = 0; i < h.stay.n; i++)
        s->map[from->args.at[n_paths + h.stay.at[i]]->id] = to->regions[0]->args.at[n_paths + i];
    for (int i = 0; i < h.gone.n; i++)
        new_parts(s, from->args.at[n_paths + h.gone.at[i]], parts_of(s, extra[h.gone.at[i]]));
    Builder in = builder_at(b->f, to->regions[0], b->fold);
    write_region(s, &in, from);
    List y = {0};
    for (int i = 0; i < n_paths; i++)
        vec_push(s->a, &y, now(s, from->yields.at[i]));
    for (int i = 0; i < h.stay.n; i++)
        vec_push(s->a, &y, now(s, from->yields.at[n_paths + h.stay.at[i]]));
    for (int i = n_paths + op->n_extra; i < from->yields.n; i++)
        vec_push(s->a, &y, now(s, from->yields.at[i]));
    push_parts(s, &y, from, &h, n_paths);
    ir_yield(&in, y.n, y.at);
    b_within_end(to);
    int at = 0;
    s->map[op->out[0]->id] = to->out[at++];
    for (int i = 0; i < h.stay.n; i++)
        s->map[op->out[1 + h.stay.at[i]]->id] = to->out[at++];
    for (int i = 1 + op->n_extra; i < op->n_out; i++) {
        take_name(to->out[at], op->out[i]);
        s->map[op->out[i]->id] = to->out[at++];
    }
    for (int i = 0; i < h.gone.n; i++) {
        Value *v = op->out[1 + h.gone.at[i]], **p = new_parts(s, v, NULL);
        for (int k = 0; k < size_of(s, v); k++)
            p[k] = to->out[at++];
    }
}

// ---- ops ----

// An op whose array goes; what it gives is in map or parts then.
static void write_gone(Scalars *s, Builder *b, const Op *op)
{
    Value *v = op->out[0], **parts;
    int first, n, rank;
    switch (op->code) {
    case OP_new:
        parts = new_parts(s, v, NULL);
        for (int i = 0; i < size_of(s, v); i++)
            parts[i] = op->no_derivative ? b_no_derivative(b) : zero(b, v->type);
        break;
    case OP_load:
        s->map[v->id] = parts_of(s, op->in[0])[position(op->in[0]->root, op->in + 1, op->n_in - 1)];
        break;
    case OP_store: case OP_acc:
        rank = op->n_in - 2;
        parts = new_parts(s, v, parts_of(s, op->in[0]));
        first = position(op->in[0]->root, op->in + 1, rank);
        parts[first] = op->code == OP_store ? now(s, op->in[1 + rank])
                                            : b_2(b, OP_add, parts[first], now(s, op->in[1 + rank]));
        name_part(s, b, v, first, parts[first]);
        break;
    case OP_fill:
        parts = new_parts(s, v, NULL);
        for (int i = 0; i < size_of(s, v); i++)
            parts[i] = now(s, op->in[1]);
        break;
    case OP_reshape:
        new_parts(s, v, parts_of(s, op->in[0]));
        break;
    case OP_slice:
        path_part(op->in[0], op->paths, op->in + 1, &first, &n);
        new_parts(s, v, parts_of(s, op->in[0]) + first);
        break;
    default:
        assert(!"an op that keeps its array");
    }
}

static bool touches(const Scalars *s, const Op *op)
{
    for (int k = 0; k < op->n_in; k++)
        if (goes(s, op->in[k]))
            return true;
    return op->n_out > 0 && goes(s, op->out[0]);
}

static void write_op(Scalars *s, Builder *b, const Op *op)
{
    b->loc = op->loc;
    switch (op->code) {
    case OP_if:
        write_if(s, b, op);
        return;
    case OP_loop:
        write_loop(s, b, op);
        return;
    case OP_within:
        if (goes(s, op->in[0]))
            dissolve(s, b, op);
        else
            write_within(s, b, op);
        return;
    default:
        break;
    }
    if (!touches(s, op))
        ir_clone_op(b, op, s->map);
    else if (op->code == OP_copy)
        write_pair(s, b, op, op->in[0]);
    else if (op->code == OP_copy_to || op->code == OP_add_to)
        write_pair(s, b, op, op->in[1]);
    else
        write_gone(s, b, op);
}

static void write_region(Scalars *s, Builder *b, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++)
        write_op(s, b, r->ops.at[i]);
}

static void write_body(Scalars *s)
{
    Func *f = s->f;
    Region *old = f->body;
    f->n_values = 0;
    f->body = region_new(f, NULL);
    for (int i = 0; i < old->args.n; i++) {
        Value *v = old->args.at[i];
        s->map[v->id] = region_arg(f->body, v->type, v->name, NULL);
    }
    Builder b = builder_at(f, f->body, true);
    write_region(s, &b, old);
    List y = {0};
    for (int i = 0; i < old->yields.n; i++)
        vec_push(s->a, &y, now(s, old->yields.at[i]));
    ir_yield(&b, y.n, y.at);
}

void opt_scalars(Func *f)
{
    if (!func_has_body(f))
        return;
    Arena *a = arena_new();
    int n = f->n_values + 1;
    Scalars s = {.f = f, .a = a, .stays = NEW_N(a, bool, n), .size = NEW_N(a, int, n)};
    choose(&s);
    if (s.any) {
        s.map = NEW_N(a, Value *, n);
        s.parts = NEW_N(a, Value **, n);
        write_body(&s);
    }
    arena_free(a);
}
