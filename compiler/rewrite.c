// rewrite.c — replacing values and taking lists apart. See rewrite.h.
//
// In and out: IR in the middle of a pass. A replacement is only recorded; operands change when rewrite_op or
// rewrite_apply meets them.
//
//     x = add a, 0.0 ... mul x, x     rewrite_to(x, a), rewrite_apply     ->     mul a, a
#include "rewrite.h"

#include <assert.h>
#include <string.h>

Rewrite rewrite_of(Func *f)
{
    return (Rewrite){.f = f};
}

static void make_room(Rewrite *w, int id)
{
    if (id < w->n)
        return;
    int n = id < w->f->n_values && w->n == 0 ? w->f->n_values : 2 * id + 16;
    Value **to = NEW_N(w->f->module->arena, Value *, n);
    if (w->n)
        memcpy(to, w->to, sizeof *to * (size_t)w->n);
    w->to = to;
    w->n = n;
}

Value *rewrite_get(Rewrite *w, Value *v)
{
    Value *last = v;
    while (last->id < w->n && w->to[last->id])
        last = w->to[last->id];
    while (v != last) {                                         // the next look-up is short
        Value *next = w->to[v->id];
        w->to[v->id] = last;
        v = next;
    }
    return last;
}

void rewrite_to(Rewrite *w, Value *x, Value *y)
{
    y = rewrite_get(w, y);
    assert(x != y && type_eq(x->type, y->type));
    make_room(w, x->id);
    w->to[x->id] = y;
}

static void rewrite_region(Rewrite *w, Region *r)
{
    for (int i = 0; i < r->ops.n; i++)
        rewrite_op(w, r->ops.at[i]);
    for (int i = 0; i < r->yields.n; i++)
        r->yields.at[i] = rewrite_get(w, r->yields.at[i]);
}

void rewrite_op(Rewrite *w, Op *op)
{
    for (int i = 0; i < op->n_in; i++)
        op->in[i] = rewrite_get(w, op->in[i]);
    for (int k = 0; k < op->n_regions; k++)
        if (op->regions[k])
            rewrite_region(w, op->regions[k]);
}

void rewrite_apply(Rewrite *w)
{
    if (w->n)                                                   // else nothing was replaced
        rewrite_region(w, w->f->body);
}

void op_remove_operand(Op *op, int k)
{
    memmove(op->in + k, op->in + k + 1, sizeof *op->in * (size_t)(op->n_in - k - 1));
    op->n_in--;
}

void op_remove_result(Op *op, int k)
{
    memmove(op->out + k, op->out + k + 1, sizeof *op->out * (size_t)(op->n_out - k - 1));
    op->n_out--;
    for (int i = k; i < op->n_out; i++)
        op->out[i]->index = i;
}

void region_remove_arg(Region *r, int k)
{
    memmove(r->args.at + k, r->args.at + k + 1, sizeof *r->args.at * (size_t)(r->args.n - k - 1));
    r->args.n--;
    for (int i = k; i < r->args.n; i++)
        r->args.at[i]->index = i;
}

void region_remove_yield(Region *r, int k)
{
    memmove(r->yields.at + k, r->yields.at + k + 1, sizeof *r->yields.at * (size_t)(r->yields.n - k - 1));
    r->yields.n--;
}

void op_insert_operand(Func *f, Op *op, int k, Value *v)
{
    Value **in = NEW_N(f->module->arena, Value *, op->n_in + 1);
    for (int i = 0; i < op->n_in; i++)
        in[i + (i >= k)] = op->in[i];
    in[k] = v;
    op->in = in;
    op->n_in++;
}

void loop_forget_states(Op *loop)
{
    if (loop->checkpoint)
        op_remove_operand(loop, loop_first_init(loop) - 1);
    loop->checkpoint = false;
}

Value *region_insert_arg(Region *r, int k, Type t, const char *name)
{
    Value *v = region_arg(r, t, name, NULL);
    memmove(r->args.at + k + 1, r->args.at + k, sizeof *r->args.at * (size_t)(r->args.n - 1 - k));
    r->args.at[k] = v;
    for (int i = k; i < r->args.n; i++)
        r->args.at[i]->index = i;
    return v;
}

void region_move_up(Region *r, int from, int to)
{
    int n = r->ops.n - from, stay = from - to;
    if (n == 0 || stay == 0)
        return;
    Arena *a = arena_new();
    Op **moved = arena_copy(a, r->ops.at + from, sizeof *moved * (size_t)n);
    memmove(r->ops.at + to + n, r->ops.at + to, sizeof *moved * (size_t)stay);
    memcpy(r->ops.at + to, moved, sizeof *moved * (size_t)n);
    arena_free(a);
}

void region_take(Region *r, Op *op)
{
    op->parent = r;
    for (int i = 0; i < op->n_out; i++)
        op->out[i]->region = r;
    vec_push(r->func->module->arena, &r->ops, op);
}

void region_change_root(Region *r, const Value *from, Value *to)
{
    for (int i = 0; i < r->args.n; i++)
        if (r->args.at[i]->root == from)
            r->args.at[i]->root = to;
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_out; k++)
            if (op->out[k]->root == from)
                op->out[k]->root = to;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                region_change_root(op->regions[k], from, to);
    }
}

// ---- copies

static void find_consumed(bool *consumed, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_in; k++)
            if (type_is_linear(op->in[k]->type) && op_consumes(op, k))
                consumed[op->in[k]->id] = true;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                find_consumed(consumed, op->regions[k]);
    }
}

bool *consumed_values(Arena *a, const Func *f)
{
    bool *consumed = NEW_N(a, bool, f->n_values + 1);
    find_consumed(consumed, f->body);
    return consumed;
}

// The array that v is a view of, or NULL.
static const Value *viewed(const Value *v)
{
    const Op *op = v->root->def;
    bool view = op && (op->code == OP_slice || op->code == OP_reshape || op->code == OP_view_at);
    return view ? op->in[0] : NULL;
}

static void count_in(int *uses, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_in; k++)
            uses[op->in[k]->id]++;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                count_in(uses, op->regions[k]);
    }
    for (int i = 0; i < r->yields.n; i++)
        uses[r->yields.at[i]->id]++;
}

int *count_uses(Arena *a, const Func *f)
{
    int *uses = NEW_N(a, int, f->n_values + 1);
    count_in(uses, f->body);
    return uses;
}

int uses_in(const Region *r, const Value *v)
{
    int n = 0;
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_in; k++)
            n += op->in[k] == v;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                n += uses_in(op->regions[k], v);
    }
    for (int i = 0; i < r->yields.n; i++)
        n += r->yields.at[i] == v;
    return n;
}

bool is_idle_copy(const bool *consumed, const Op *op)
{
    if (op->code != OP_copy || consumed[op->out[0]->id])
        return false;
    for (const Value *v = op->in[0]; v; v = viewed(v))
        if (consumed[v->id])
            return false;
    return true;
}
