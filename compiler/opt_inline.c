// opt_inline.c — puts the bodies of small functions where they are called.
//
// In: a function with calls. Out: the same with the bodies of small callees in their places, so that differentiation
// and simplification see through them. A callee's `shape` disappears: the array it binds is the caller's, whose
// dimensions are the same.
//
//     func @sq(%x: real) -> (real) { %y = mul %x, %x   yield %y }
//     %a = call @sq(%b)     ->     %y = mul %b, %b     (a is y)
//
// Results of a call become what the callee yields; versions of an array that the callee makes are versions of the
// caller's array. Bodies that come in are looked through for calls again, but no function goes into itself, and a
// function grows by a bounded number of ops: f9 = f8 + .. + f8, f8 = f7 + .. + f7 stays small.
#include "opt.h"
#include "rewrite.h"

#include <assert.h>
#include <limits.h>

enum { SMALL = 40, SMALL_FOR_C = 12, MAX_DEPTH = 8 };
enum { LARGE = 2000, ROOM = 1000, ROOM_PER_OP = 4, ROOM_FOR_WISHES = 100000 };

typedef struct Inline {
    Rewrite w;
    bool for_ad;
    Map *single;                                                // functions called from one place, or NULL
    const Func *stack[MAX_DEPTH];                               // being put in, outermost first
    int depth;
    int64_t room;                                               // ops that may still come in; less than 0: what was wished for took more
} Inline;

// Ops in r, no more than limit + 1.
static int size_of(const Region *r, int limit)
{
    int n = 0;
    for (int i = 0; i < r->ops.n && n <= limit; i++) {
        const Op *op = r->ops.at[i];
        bool constant = op->code >= OP_const_real && op->code <= OP_undef;
        n += !constant && op->code != OP_shape;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                n += size_of(op->regions[k], limit - n);
    }
    return n;
}

static bool calls_itself(const Region *r, const Func *f)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        if (op->code == OP_call && op->callee == f)
            return true;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k] && calls_itself(op->regions[k], f))
                return true;
    }
    return false;
}

static bool may_go_in(const Inline *p, const Func *h)
{
    if (!func_has_body(h) || h->no_inline || h->custom_vjp || h->custom_jvp || h->implicit || h == p->w.f || p->depth == MAX_DEPTH)
        return false;
    for (int i = 0; i < p->depth; i++)
        if (p->stack[i] == h)
            return false;
    if (h->body->yields.n != func_n_results(h))                 // its body is being made
        return false;
    if (!p->for_ad && h->source_name && !h->must_inline)
        return false;
    bool once = p->single && (h->is_static || p->for_ad) && map_get(p->single, h);
    int small = once ? LARGE : p->for_ad ? SMALL : SMALL_FOR_C, size = size_of(h->body, LARGE);
    bool wanted = h->must_inline ? p->room > -ROOM_FOR_WISHES : size <= small && size <= p->room;
    return wanted && !calls_itself(h->body, h);
}

// The roots of what was cloned may be versions of the caller's arrays: makes them roots.
static void mend_roots(Region *r)
{
    for (int i = 0; i < r->args.n; i++)
        if (r->args.at[i]->root)
            r->args.at[i]->root = r->args.at[i]->root->root;
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_out; k++)
            if (op->out[k]->root)
                op->out[k]->root = op->out[k]->root->root;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                mend_roots(op->regions[k]);
    }
}

static Value *image(Value **map, Value *v)
{
    return map[v->id] ? map[v->id] : v;
}

// A region of f with a copy of h's body, arguments replaced by the call's operands.
static Region *copy_body(Inline *p, Op *call, Arena *scratch)
{
    Func *h = call->callee;
    Value **map = NEW_N(scratch, Value *, h->n_values + 1);
    for (int i = 0; i < h->body->args.n; i++)
        map[h->body->args.at[i]->id] = call->in[i];
    Region *r = region_new(p->w.f, NULL);
    Builder b = builder_at(p->w.f, r, false);
    for (int i = 0; i < h->body->ops.n; i++) {
        const Op *op = h->body->ops.at[i];
        if (op->code == OP_shape)
            map[op->out[0]->id] = image(map, op->in[0]);
        else
            ir_clone_op(&b, op, map);
    }
    for (int i = 0; i < h->body->yields.n; i++)
        vec_push(p->w.f->module->arena, &r->yields, image(map, h->body->yields.at[i]));
    mend_roots(r);
    return r;
}

static void expand(Inline *p, Region *to, Region *from);

static void inline_call(Inline *p, Region *to, Op *call)
{
    Arena *scratch = arena_new();
    Region *body = copy_body(p, call, scratch);
    arena_free(scratch);
    p->room -= size_of(body, LARGE);
    p->stack[p->depth++] = call->callee;
    expand(p, to, body);
    p->depth--;
    for (int k = 0; k < call->n_out; k++) {
        Value *v = rewrite_get(&p->w, body->yields.at[k]);
        if (!v->name)
            v->name = call->out[k]->name;
        rewrite_to(&p->w, call->out[k], v);
    }
}

// Moves the ops of `from` to the end of `to` (they may be one region), with calls replaced.
static void expand(Inline *p, Region *to, Region *from)
{
    Op **ops = from->ops.at;
    int n = from->ops.n;
    from->ops.at = NULL;
    from->ops.n = from->ops.cap = 0;
    for (int i = 0; i < n; i++) {
        Op *op = ops[i];
        for (int k = 0; k < op->n_in; k++)
            op->in[k] = rewrite_get(&p->w, op->in[k]);
        if (op->code == OP_call && may_go_in(p, op->callee)) {
            inline_call(p, to, op);
            continue;
        }
        region_take(to, op);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                expand(p, op->regions[k], op->regions[k]);
    }
}

static void inline_func(Func *f, bool for_ad, Map *single)
{
    if (!func_has_body(f))
        return;
    Inline p = {.w = rewrite_of(f), .for_ad = for_ad, .single = single};
    p.room = ROOM + ROOM_PER_OP * (int64_t)size_of(f->body, INT_MAX - 1);
    expand(&p, f->body, f->body);
    rewrite_apply(&p.w);
}

// ---- a whole module ----

static char called_once, called_more;                           // addresses only

static void count_calls(Map *calls, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        if (op->code == OP_call)
            map_set(calls, op->callee, map_get(calls, op->callee) ? &called_more : &called_once);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                count_calls(calls, op->regions[k]);
    }
}

// What is called in the copy that is differentiated and below.
typedef struct Calls {
    Arena *a;
    Map *how_often, *seen;
    VEC(Func *) list;
} Calls;

// Counts the calls in r and, each once, in the bodies of all that is called there and below, as far down as bodies go in.
static void count_calls_below(Calls *c, const Region *r, int depth)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        if (op->code == OP_call) {
            Func *f = op->callee;
            map_set(c->how_often, f, map_get(c->how_often, f) ? &called_more : &called_once);
            if (func_has_body(f) && depth < MAX_DEPTH && !map_get(c->seen, f)) {
                map_set(c->seen, f, f);
                vec_push(c->a, &c->list, f);
                count_calls_below(c, f->body, depth + 1);
            }
        }
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                count_calls_below(c, op->regions[k], depth);
    }
}

// The copy of f that is differentiated is f's own: what is called once in it and below goes in, whoever else calls it.
void opt_inline(Func *f, bool for_ad)
{
    Arena *a = arena_new();
    Calls c = {.a = a, .how_often = map_new(a), .seen = map_new(a)};
    Map *single = map_new(a);
    if (for_ad && func_has_body(f))
        count_calls_below(&c, f->body, 0);
    for (int i = 0; i < c.list.n; i++)
        if (map_get(c.how_often, c.list.at[i]) == &called_once)
            map_set(single, c.list.at[i], c.list.at[i]);
    inline_func(f, for_ad, single);
    arena_free(a);
}

void opt_inline_all(Module *m, bool for_ad)
{
    Arena *a = arena_new();
    Map *calls = map_new(a), *single = map_new(a);
    for (int i = 0; i < m->funcs.n; i++)
        if (func_has_body(m->funcs.at[i]))
            count_calls(calls, m->funcs.at[i]->body);
    for (int i = 0; i < m->funcs.n; i++)
        if (map_get(calls, m->funcs.at[i]) == &called_once)
            map_set(single, m->funcs.at[i], m->funcs.at[i]);
    for (int i = 0; i < m->funcs.n; i++)
        inline_func(m->funcs.at[i], for_ad, single);
    arena_free(a);
}

static void keep_func(Map *kept, Func *f);

static void keep_callees(Map *kept, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        if (op->code == OP_call)
            keep_func(kept, op->callee);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                keep_callees(kept, op->regions[k]);
    }
}

static void keep_func(Map *kept, Func *f)
{
    if (!f || map_get(kept, f))
        return;
    map_set(kept, f, f);
    keep_func(kept, f->custom_vjp);
    keep_func(kept, f->custom_jvp);
    if (f->implicit) {
        keep_func(kept, f->implicit->residual);
        keep_func(kept, f->implicit->tangent);
        keep_func(kept, f->implicit->adjoint);
    }
    if (!f->done)
        keep_func(kept, f->base);
    keep_callees(kept, f->body);
}

void opt_drop_unused(Module *m)
{
    Arena *a = arena_new();
    Map *kept = map_new(a);
    for (int i = 0; i < m->funcs.n; i++)
        if (!m->funcs.at[i]->is_static)
            keep_func(kept, m->funcs.at[i]);
    int n = 0;
    for (int i = 0; i < m->funcs.n; i++)
        if (map_get(kept, m->funcs.at[i]))
            m->funcs.at[n++] = m->funcs.at[i];
    m->funcs.n = n;
    arena_free(a);
}
