// opt_extreme.c — the derivative of a running maximum goes to one element.
//
// In: a function about to be differentiated. Out: the same values; a maximum or minimum over an array, other than one that derivatives do not see, is
// had as the element at the place where it is.
//
//     %m0 = load %x[0]                                                      %at, %T = loop %i = 1 to %n step 1 (%k = 0) {
//     %m, %T = loop %i = 1 to %n step 1 (%a = %m0) {                            %b = load %x[%k]  %v = load %x[%i]
//         %v = load %x[%i]  %b = max %a, %v  yield %b }             ->          %f = max_first %b, %v  %k1 = isel %f, %k, %i  yield %k1 }
//                                                                           %m = load %x[%at]
//
// The reverse of the loop as it stands would keep a bit for each element; of the other nothing is kept but the place, and it is not active. A maximum that
// is only a shift (opt_shift) or compared stays as it is: nobody asks where it is.
#include "opt.h"
#include "rewrite.h"

typedef struct Extreme {
    Rewrite w;
    bool *seen;                                                 // by value id: used by an op with a derivative, or in a way that is not known
} Extreme;

static bool has_partial(const Op *op, int k)
{
    return !op_is_scalar(op->code) || op_info[op->code].partial[k];
}

static void note_uses(Extreme *x, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_in; k++)
            x->seen[op->in[k]->id] |= has_partial(op, k);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                note_uses(x, op->regions[k]);
    }
    for (int i = 0; i < r->yields.n; i++)
        x->seen[r->yields.at[i]->id] = true;
}

static OpCode first_of(OpCode code)
{
    return code == OP_max ? OP_max_first : code == OP_min ? OP_min_first : OP_COUNT;
}

// Which index of `load`, an element of an array from outside of the loop, is the loop's; the others are from outside too. -1: it is not like that.
static int varying_index(const Op *load, const Op *loop)
{
    int axis = -1;
    double c;
    const Region *body = loop->regions[0];
    if (load->code != OP_load || region_defines(body, load->in[0]))
        return -1;
    for (int k = 1; k < load->n_in; k++) {
        if (load->in[k] == loop_index(loop) && axis < 0)
            axis = k;
        else if (region_defines(body, load->in[k]) && !ir_is_const(load->in[k], &c))
            return -1;
    }
    return axis;
}

// Is `first` the element in front of those that `load` reads in the loop?
static bool is_in_front(const Op *first, const Op *load, int axis, const Op *loop)
{
    int64_t i, lo;
    if (!first || first->code != OP_load || first->n_in != load->n_in || first->in[0] != load->in[0])
        return false;
    for (int k = 1; k < load->n_in; k++)
        if (k != axis && !same_value(first->in[k], load->in[k]))
            return false;
    return ir_is_int_const(first->in[axis], &i) && ir_is_int_const(loop->in[0], &lo) && i == lo - 1;
}

static Value *element(Builder *b, const Op *load, int axis, Value *at)
{
    Value *idx[IR_MAX_INDEX];
    int64_t c;
    for (int k = 1; k < load->n_in; k++)
        idx[k - 1] = k == axis ? at : ir_is_int_const(load->in[k], &c) ? b_int(b, c) : load->in[k];
    return b_load(b, load->in[0], load->n_in - 1, idx);
}

// The element at the place that the loop's maximum, made by `op`, comes from.
static Value *find_place(Builder *b, const Op *loop, const Op *op, const Op *load, int axis)
{
    int64_t lo;
    ir_is_int_const(loop->in[0], &lo);
    Value *start = b_int(b, lo - 1);
    Op *to = b_loop(b, loop->in[0], loop->in[1], 1, false, 1, &start);
    Builder in = builder_at(b->f, to->regions[0], b->fold);
    in.loc = b->loc;
    Value *at = loop_arg(to, 0);
    loop_index(to)->name = loop_index(loop)->name;
    at->name = to->out[0]->name = "at";
    Value *keeps = b_2(&in, first_of(op->code), element(&in, load, axis, at), element(&in, load, axis, loop_index(to)));
    Value *next = b_3(&in, OP_isel, keeps, at, loop_index(to));
    ir_yield(&in, 1, &next);
    return element(b, load, axis, to->out[0]);
}

// Carried value k of a loop: if it is a maximum, the element that it comes from, made at b. Else NULL.
static Value *carried_extreme(const Extreme *x, Builder *b, const Op *loop, int k)
{
    const Op *op = loop_yield(loop, k)->def;
    const Value *arg = loop_arg(loop, k), *init = loop->in[loop_first_init(loop) + k];
    if (!op || op->parent != loop->regions[0] || first_of(op->code) == OP_COUNT || op->in[0] != arg || !x->seen[loop->out[k]->id])
        return NULL;
    const Op *load = op->in[1]->def;
    int axis = load ? varying_index(load, loop) : -1;
    return axis >= 0 && is_in_front(init->def, load, axis, loop) ? find_place(b, loop, op, load, axis) : NULL;
}

static void walk(Extreme *x, Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        bool plain = op->code == OP_loop && op->counted && op->step == 1 && !op->reversed && !op->has_exit;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                walk(x, op->regions[k]);
        int n = r->ops.n;
        Builder b = builder_at(x->w.f, r, true);
        b.loc = op->loc;
        for (int k = 0; plain && k < loop_n_carried(op); k++) {
            Value *m = carried_extreme(x, &b, op, k);
            if (m) {
                m->name = op->out[k]->name;
                rewrite_to(&x->w, op->out[k], m);
            }
        }
        region_move_up(r, n, i + 1);
        i += r->ops.n - n;
    }
}

void opt_extreme(Func *f)
{
    Arena *a = arena_new();
    Extreme x = {.w = rewrite_of(f), .seen = NEW_N(a, bool, f->n_values + 1)};
    note_uses(&x, f->body);
    walk(&x, f->body);
    rewrite_apply(&x.w);
    arena_free(a);
}
