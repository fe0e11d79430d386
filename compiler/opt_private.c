// opt_private.c — a work array that every trip of a loop writes anew is the trip's own.
//
// In: a function about to be differentiated. Out: the same; a local array is made inside of a loop that carries it, if no trip looks at
// what the one before left there, and nobody looks at it after the loop.
//
//     real k[n];                                         for (t = 0; t < s; t++) {
//     for (t = 0; t < s; t++) {                              real k[n];
//         slope(n, y, k);                        ->          slope(n, y, k);
//         ..  k[i] ..                                        ..  k[i] ..
//     }                                                  }
//
// So the adjoint of the array is the trip's own too: it begins at zero, and need not be left at zero. (In C the memory is taken once all the same.)
#include "opt.h"
#include "rewrite.h"

static void note_uses(bool *used, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_in; k++)
            used[op->in[k]->id] = true;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                note_uses(used, op->regions[k]);
    }
    for (int i = 0; i < r->yields.n; i++)
        used[r->yields.at[i]->id] = true;
}

// Which values anybody uses, by id.
static bool *used_values(Arena *a, const Func *f)
{
    bool *used = NEW_N(a, bool, f->n_values + 1);
    note_uses(used, f->body);
    return used;
}

// A fresh array at the front of the body, with the shape of the one that is carried.
static Value *own_array(Func *f, Region *body, const Op *make, const char *name)
{
    Builder b = builder_at(f, body, false);
    b.loc = make->loc;
    Value *own = b_new_like(&b, make->out[0]->type, make->in, false, name);
    Op *op = own->def;
    for (int i = body->ops.n - 1; i > 0; i--)
        body->ops.at[i] = body->ops.at[i - 1];
    body->ops.at[0] = op;
    return own;
}

static void make_private(Rewrite *w, Op *loop, int k)
{
    Region *body = loop->regions[0];
    Value *arg = loop_arg(loop, k), *root = arg->root;
    Value *own = own_array(w->f, body, root->def, arg->name ? arg->name : root->name);
    rewrite_to(w, arg, own);
    region_remove_arg(body, loop->counted + k);
    region_remove_yield(body, loop->has_exit + k);
    op_remove_operand(loop, loop_first_init(loop) + k);
    op_remove_result(loop, k);
    region_change_root(body, root, own);
}

// The head of a loop, if it has one, does not look at the array: it is pure, and the array would be used more than once.
static void visit(Rewrite *w, Overwritten *o, const bool *used, Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        bool plain = op->code == OP_loop && (op->n_regions < 2 || !op->regions[1]);
        for (int k = plain ? loop_n_carried(op) - 1 : -1; k >= 0; k--) {
            const Value *arg = loop_arg(op, k);
            bool local = arg->type.kind == K_ARRAY && arg->root->def && arg->root->def->code == OP_new && !type_is_struct(arg->type);
            if (local && !used[op->out[k]->id] && is_overwritten(o, arg))
                make_private(w, op, k);
        }
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                visit(w, o, used, op->regions[k]);
    }
}

void opt_private(Func *f)
{
    Arena *a = arena_new();
    Rewrite w = rewrite_of(f);
    visit(&w, overwritten_of(a, f), used_values(a, f), f->body);
    rewrite_apply(&w);
    arena_free(a);
}
