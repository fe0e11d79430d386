// opt_results.c — a local array that is copied to an output at the end lives in the output from the start.
//
// In: a function. Out: the same with fewer copies of whole arrays.
//
//     %y0 = shape %y, %n                                      %y0 = shape %y, %n
//     %r0 = new real[%n] zero                                 %r0 = fill %y0, 0.0
//     ..  %r9 = store %r8[%i], %x                      ->     ..  %r9 = store %r8[%i], %x
//     %y1 = copy_to %y0, %r9      yield %y1                   yield %r9
//
// Legal where the output has no other use up to there, so that nobody can tell whose memory it is: it is an `out`
// array, undefined or zero until the copy, both are made in the function's body and have the same shape, and the local
// array is not looked at afterwards. (What a function returns is nearly always such an array.)
#include "opt.h"
#include "rewrite.h"

typedef struct Results {
    Func *f;
    int *uses;                              // per value id
    Rewrite w;
} Results;

// The out array that v is the first version of, or the first after zeros were written: its shape.
static Op *untouched_out(const Results *s, const Value *v)
{
    Op *op = v->def;
    if (op && op->code == OP_fill && ir_is_zero(op->in[1]) && s->uses[op->in[0]->id] == 1)
        op = op->in[0]->def;
    if (!op || op->code != OP_shape || op->n_in != 1 + v->type.rank || op->in[0]->def)
        return NULL;
    for (int i = 0; i < s->f->params.n; i++)
        if (s->f->params.at[i].arg == op->in[0]->index)
            return s->f->params.at[i].role == ROLE_OUT ? op : NULL;
    return NULL;
}

static bool same_shape(const Op *make, const Op *shape)
{
    if (make->n_in != shape->n_in - 1)
        return false;
    for (int k = 0; k < make->n_in; k++)
        if (!same_value(make->in[k], shape->in[1 + k]))
            return false;
    return true;
}

static int place_of(const Region *r, const Op *op)
{
    int i = 0;
    while (i < r->ops.n && r->ops.at[i] != op)
        i++;
    return i;
}

// Is a version of the array used behind op number `at` of the body?
static bool used_behind(const Region *body, int at, const Value *root)
{
    for (int i = at + 1; i < body->ops.n; i++) {
        const Op *op = body->ops.at[i];
        for (int k = 0; k < op->n_in; k++)
            if (op->in[k]->root == root)
                return true;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k] && used_behind(op->regions[k], -1, root))
                return true;
    }
    for (int i = 0; i < body->yields.n; i++)
        if (body->yields.at[i]->root == root)
            return true;
    return false;
}

static bool has_view(const Region *r, const Value *root)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        if ((op->code == OP_slice || op->code == OP_reshape) && op->in[0]->root == root)
            return true;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k] && has_view(op->regions[k], root))
                return true;
    }
    return false;
}

static void remove_op(Region *r, const Op *op)
{
    int at = place_of(r, op);
    for (int i = at; i + 1 < r->ops.n; i++)
        r->ops.at[i] = r->ops.at[i + 1];
    r->ops.n--;
}

// Makes of `make` the op that sets `out` to zero.
static void make_fill(Results *s, Op *make, Value *out)
{
    Region *body = s->f->body;
    Builder b = builder_at(s->f, body, false);
    Elem e = (Elem)out->type.elem;
    Value *zero = e == E_INT ? b_int(&b, 0) : e == E_BOOL ? b_bool(&b, false) : b_real(&b, 0.0);
    Op *constant = zero->def;
    for (int i = body->ops.n - 1; i > 0 && body->ops.at[i - 1] != constant; i--) {
        body->ops.at[i] = body->ops.at[i - 1];
        body->ops.at[i - 1] = constant;
        if (body->ops.at[i] == make)
            break;
    }
    make->code = OP_fill;
    make->i = 0;
    make->no_derivative = false;
    make->n_in = 0;
    op_insert_operand(s->f, make, 0, out);
    op_insert_operand(s->f, make, 1, zero);
}

// Is `copy`, op number `at` of the body, a copy that can go?
static bool is_needless(const Results *s, const Op *copy, int at)
{
    const Region *body = s->f->body;
    const Value *out = copy->in[0], *root = copy->in[1]->root;
    const Op *make = root->def, *shape = untouched_out(s, out);
    return shape && s->uses[out->id] == 1 && make && make->code == OP_new && make->parent == body &&
           type_eq(root->type, out->type) && same_shape(make, shape) && !used_behind(body, at, root) &&
           !has_view(body, root) && place_of(body, out->def) < place_of(body, make);
}

static void move_in(Results *s, Op *copy)
{
    Region *body = s->f->body;
    Value *out = copy->in[0], *local = copy->in[1], *root = local->root;
    Op *make = root->def;
    rewrite_to(&s->w, copy->out[0], local);
    remove_op(body, copy);
    if (make->i == 1 && out->def->code == OP_shape) {
        make_fill(s, make, out);
    } else {
        rewrite_to(&s->w, root, out);
        remove_op(body, make);
    }
    region_change_root(body, root, out->root);
}

void opt_results(Func *f)
{
    if (!func_has_body(f))
        return;
    Arena *a = arena_new();
    Results s = {.f = f, .uses = count_uses(a, f), .w = rewrite_of(f)};
    for (int i = f->body->ops.n - 1; i >= 0; i--) {
        Op *op = f->body->ops.at[i];
        if (op->code != OP_copy_to || type_is_struct(op->in[0]->type) || !is_needless(&s, op, i))
            continue;
        move_in(&s, op);
        rewrite_apply(&s.w);
        i = f->body->ops.n;                                     // places have moved; outputs are few
    }
    arena_free(a);
}
