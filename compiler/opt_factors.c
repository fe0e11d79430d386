// opt_factors.c — one cholesky of one matrix, and what it made needs no factoring.
//
// In: a function. Out: of two choleskys of copies of the same version of an array the first serves for both, if nobody writes to either; and where a matrix
// is factored that is the triangle a cholesky left, solves with the factor become solves with the triangle, and its determinant is that of the diagonal,
// which is positive.
//
//     %A1 = copy_to %new1, %A                             %A1 = copy_to %new1, %A
//     %L, %at = cholesky %A1, %n                          %L, %at = cholesky %A1, %n
//     %A2 = copy_to %new2, %A                     ->
//     %M, %at2 = cholesky %A2, %n                         L is M
//     %F, %P = lu %L, %n
//     %x2 = lu_solve %x1, %F, %P, %n, 1                   %x2 = lower_solve %x1, %L, %n, 1
//
// The triangle is read later than the factoring would have read it, so nothing may have written to it by then: every use of
// the factor has to stand before what consumes L. A factor that is kept on a tape stays one.
#include "opt.h"
#include "rewrite.h"

// ---- one cholesky ----

typedef struct Share {
    Rewrite w;
    Map *first;                                                 // array that was copied -> the last cholesky of a copy that was not replaced
    const bool *consumed;                                       // by id
} Share;

// What op, a cholesky, factors a copy of; NULL if that cannot be said.
static Value *copied_by(const Op *op)
{
    const Op *copy = op->in[0]->def;
    if (!copy || (copy->code != OP_copy && copy->code != OP_copy_to))
        return NULL;
    return copy->in[copy->code == OP_copy_to];
}

static bool is_around(const Region *outer, const Region *r)
{
    while (r != outer && r->owner)
        r = r->owner->parent;
    return r == outer;
}

// The cholesky that has made already what op makes, or NULL.
static Op *made_before(const Share *s, const Op *op)
{
    const Value *a = copied_by(op), *root = op->out[0]->root;
    Op *first = a ? map_get(s->first, a) : NULL;
    bool fresh = root->def && (root->def->code == OP_new || root->def->code == OP_copy);
    if (!first || !fresh || !is_around(first->parent, op->parent) || !same_value(first->in[1], op->in[1]))
        return NULL;
    return s->consumed[first->out[0]->id] || s->consumed[op->out[0]->id] ? NULL : first;
}

static void share_region(Share *s, Region *r)
{
    int n = 0;
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i], *first = op->code == OP_cholesky ? made_before(s, op) : NULL;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                share_region(s, op->regions[k]);
        for (int k = 0; first && k < op->n_out; k++)
            rewrite_to(&s->w, op->out[k], first->out[k]);
        if (first)
            continue;
        if (op->code == OP_cholesky && copied_by(op))
            map_set(s->first, copied_by(op), op);
        r->ops.at[n++] = op;
    }
    r->ops.n = n;
}

static void share_triangles(Func *f, Arena *a)
{
    Share s = {.w = rewrite_of(f), .first = map_new(a), .consumed = consumed_values(a, f)};
    share_region(&s, f->body);
    rewrite_apply(&s.w);
}

// ---- no factoring of a triangle ----

typedef struct Triangle {
    int consumed;                                               // the number of the op that consumes L; 0: none
} Triangle;

typedef struct Factor {
    Op *lu;
    const Triangle *l;
    bool kept;                                                  // something else than a solve or a logdet wants it
    int last_use;                                               // the number of the last op that uses it
} Factor;

typedef struct Pass {
    Rewrite w;
    Arena *a;
    Map *factors, *triangles;                                   // Value -> Factor, Triangle
    int number;
    bool any;
} Pass;

static void note_factor(Pass *p, Op *lu)
{
    const Op *def = lu->in[0]->def;
    if (!def || def->code != OP_cholesky)
        return;
    Triangle *l = map_get(p->triangles, lu->in[0]);
    if (!l) {
        l = NEW(p->a, Triangle);
        map_set(p->triangles, lu->in[0], l);
    }
    Factor *f = NEW(p->a, Factor);
    *f = (Factor){.lu = lu, .l = l};
    map_set(p->factors, lu->out[0], f);
    map_set(p->factors, lu->out[1], f);
    p->any = true;
}

// Ops are numbered in the order of the text, so an op inside of the one that consumes L counts as after it.
static void walk(Pass *p, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        int number = ++p->number;
        if (op->code == OP_lu)
            note_factor(p, op);
        for (int k = 0; k < op->n_in && p->any; k++) {
            Factor *f = map_get(p->factors, op->in[k]);
            Triangle *l = map_get(p->triangles, op->in[k]);
            if (f) {
                f->kept |= op->code != OP_lu_solve && op->code != OP_lu_logdet;
                f->last_use = number;
            }
            if (l && op_consumes(op, k))
                l->consumed = number;
        }
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                walk(p, op->regions[k]);
    }
}

// The factor that op uses, if the triangle will do.
static const Factor *needless(const Pass *p, const Op *op)
{
    if (op->code != OP_lu_solve && op->code != OP_lu_logdet)
        return NULL;
    const Factor *f = map_get(p->factors, op->in[op->code == OP_lu_solve]);
    return f && !f->kept && (!f->l->consumed || f->last_use < f->l->consumed) ? f : NULL;
}

static void solve_with_triangle(Op *op, Value *l)
{
    op->code = OP_lower_solve;
    op->in[1] = l;
    op->in[2] = op->in[3];
    op->in[3] = op->in[4];
    op->n_in = 4;
}

static Value *logdet_of_triangle(Builder *b, Value *l, Value *n)
{
    Value *s = b_real(b, 0.0);
    Op *loop = b_loop(b, b_int(b, 0), n, 1, false, 1, &s);
    Builder in = builder_at(b->f, loop->regions[0], b->fold);
    in.loc = b->loc;
    loop_arg(loop, 0)->name = loop->out[0]->name = "s";
    Value *i = loop_index(loop), *d = b_load(&in, l, 2, (Value *[]){i, i});
    Value *next = b_2(&in, OP_add, loop_arg(loop, 0), b_1(&in, OP_log, d));
    ir_yield(&in, 1, &next);
    return loop->out[0];
}

static void change(Pass *p, Region *r)
{
    int n = r->ops.n;
    Op **old = arena_copy(p->a, r->ops.at, sizeof *old * (size_t)n);
    r->ops.n = 0;
    Builder b = builder_at(r->func, r, true);
    for (int i = 0; i < n; i++) {
        Op *op = old[i];
        const Factor *f = needless(p, op);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                change(p, op->regions[k]);
        if (f && op->code == OP_lu_solve)
            solve_with_triangle(op, f->lu->in[0]);
        b.loc = op->loc;
        if (f && op->code == OP_lu_logdet)
            rewrite_to(&p->w, op->out[0], logdet_of_triangle(&b, f->lu->in[0], op->in[2]));
        else
            vec_push(r->func->module->arena, &r->ops, op);
    }
}

void opt_factors(Func *f)
{
    if (!func_has_body(f))
        return;
    Arena *a = arena_new();
    share_triangles(f, a);
    Pass p = {.w = rewrite_of(f), .a = a, .factors = map_new(a), .triangles = map_new(a)};
    walk(&p, f->body);
    if (p.any) {
        change(&p, f->body);
        rewrite_apply(&p.w);
    }
    arena_free(a);
}
