// lower_call.c — calls of functions: arguments in, results out, and parts of arrays handed over in place.
//
// In: a checked call. Out: a call op, inside a `within` where a part of an array is written, with loads before and
// stores after it:
//
//     step(n, x[i], A[k], b)         void step(int n, inout real s, inout real row[n], in real b[n])
//
//         %s = load %x[%i]                                        scalars go in and out by value
//         %A1, %s1 = within %A [%k] { (%row) ... %row1, %s1 = call @step(%n, %s, %row, %b); yield %row1, %s1 }
//         %x1 = store %x[%i], %s1
//
// A part that is not contiguous is copied in and out. What is read in the array that a within has open becomes a slot
// of it, too, if it is disjoint; else it was copied before.
#include "lower_internal.h"

#include <assert.h>
#include <string.h>

typedef struct Arg {
    Expr *e;
    AstRole role;
    bool is_array;              // or a struct
    Lazy *lazy;                 // an in array: always plain
    Place place;                // of an out or inout argument
    Value *value;               // what is handed over; a scalar's result afterwards
    struct Holder *slot_of;     // handed over as a part of this
    bool copied;                // in and out, through a new array
} Arg;

// An array that the call writes to, all of it or parts.
typedef struct Holder {
    Var *var;
    Value *cur;
    bool whole;
} Holder;

struct Call {
    const Expr *e;
    Function *callee;
    Func *func;
    int n;
    Arg *arg;
    VEC(Holder *) holders;      // those written in parts first
    int n_parts;
    VEC(Value **) scalars;      // where the scalar results of the call are kept, in their order
    Value *ret;
};
typedef struct Call Call;

// ---- sizes of the callee's parameters, in terms of the arguments

typedef struct Sizes {
    const Function *function;
    Value **args;
} Sizes;

static Sizes sizes_begin(Fn *f, const Function *callee, Value **args)
{
    Sizes before = {f->sizes_of, f->size_args};
    f->sizes_of = callee;
    f->size_args = args;
    return before;
}

static void sizes_end(Fn *f, Sizes before)
{
    f->sizes_of = before.function;
    f->size_args = before.args;
}

static Value **int_values(Fn *f, const Call *c)
{
    Value **args = NEW_N(f->arena, Value *, c->n + 1);
    for (int i = 0; i < c->n; i++)
        args[i] = c->arg[i].is_array ? NULL : c->arg[i].value;
    return args;
}

static Value *const *dims_of_arg(const Arg *a)
{
    return a->lazy ? a->lazy->dims : a->place.dims;
}

static void test_arguments(Fn *f, const Call *c)
{
    Value **args = int_values(f, c);
    for (int i = 0; i < c->n; i++) {
        const VarDecl *param = c->callee->params.at[i];
        for (int k = 0; k < param->dims.n && c->arg[i].e->check_shape; k++) {
            Sizes before = sizes_begin(f, c->callee, args);
            Value *want = lower_scalar(f, param->dims.at[k]);
            sizes_end(f, before);
            test_shape(f, c->arg[i].e, dims_of_arg(&c->arg[i])[k], want);
        }
    }
}

static void result_dims(Fn *f, const Function *callee, Value **args, Value **dims)
{
    Sizes before = sizes_begin(f, callee, args);
    for (int k = 0; k < callee->result_type.rank; k++)
        dims[k] = lower_scalar(f, callee->result.dims.at[k]);
    sizes_end(f, before);
}

void call_shape(Fn *f, Expr *e, Value **dims)
{
    Value **args = NEW_N(f->arena, Value *, e->call.args.n + 1);
    for (int i = 0; i < e->call.args.n; i++) {
        Expr *at = e->call.args.at[i];
        args[i] = at->type.rank == 0 && at->type.elem == ELEM_INT ? lower_scalar(f, at) : NULL;
    }
    result_dims(f, e->call.callee, args, dims);
}

// ---- overlap of two written parts of one array, under --check

static Value *ends_before(Fn *f, const AxisSpec *a, const AxisSpec *b)
{
    Value *zero = int_const(f, 0);
    Value *b_lo = b->at ? b->at : b->lo ? b->lo : zero;
    if (a->at)
        return b_2(&f->b, OP_ilt, a->at, b_lo);
    return b_2(&f->b, OP_ile, add_ints(f, a->lo, a->len), b_lo);
}

static void test_overlap(Fn *f, const Call *c, int j)
{
    const Place *b = &c->arg[j].place;
    for (int i = 0; i < j; i++) {
        const Place *a = &c->arg[i].place;
        if (c->arg[i].role == AST_IN || !c->arg[i].is_array || a->var != b->var)
            continue;
        Value *ok = b_bool(&f->b, false);
        for (int k = 0; k < a->n && k < b->n; k++) {
            ok = b_2(&f->b, OP_or, ok, ends_before(f, &a->ax[k], &b->ax[k]));
            ok = b_2(&f->b, OP_or, ok, ends_before(f, &b->ax[k], &a->ax[k]));
        }
        b_check(&f->b, "overlap", source_text(f, c->arg[j].e), ok, 0, NULL);
    }
}

// ---- evaluating the arguments

static void evaluate(Fn *f, Arg *a)
{
    if (a->role != AST_IN) {
        a->place = lower_place(f, a->e);
        if (!a->is_array && a->role == AST_INOUT)
            a->value = place_load(f, &a->place);
    } else if (a->is_array) {
        a->lazy = lower_operand(f, a->e);
        if (a->e->copy_arg || !lazy_is_plain(a->lazy))
            a->lazy = lazy_copy(f, a->lazy);
    } else {
        a->value = lower_scalar(f, a->e);
    }
}

static Call *prepare(Fn *f, Expr *e)
{
    Call *c = NEW(f->arena, Call);
    c->e = e;
    c->callee = e->call.callee;
    c->func = c->callee->lowered;
    c->n = e->call.args.n;
    c->arg = NEW_N(f->arena, Arg, c->n + 1);
    for (int i = 0; i < c->n; i++) {
        Arg *a = &c->arg[i];
        *a = (Arg){.e = e->call.args.at[i], .role = c->callee->params.at[i]->role};
        a->is_array = is_aggregate(a->e->type);
        for (int k = 0; k < i; k++)
            if (c->arg[k].lazy)
                lazy_keep(f, &c->arg[k].lazy, 1, a->e);
        evaluate(f, a);
    }
    test_arguments(f, c);
    for (int i = 0; i < c->n; i++)
        if (under_check(f) && c->arg[i].e->check_overlap)
            test_overlap(f, c, i);
    return c;
}

bool call_only_reads(const Call *c)
{
    for (int i = 0; i < c->n; i++)
        if (c->arg[i].role != AST_IN)
            return false;
    return true;
}

bool call_mentions(const Call *c, const Value *array)
{
    for (int i = 0; i < c->n; i++) {
        const Arg *a = &c->arg[i];
        bool written = a->role != AST_IN && !a->lazy;           // an array, or an element that gets its value after the call
        const Value *used = a->lazy ? a->lazy->value : written || a->is_array ? a->place.var->cur : NULL;
        if (used && type_is_linear(used->type) && array_base(used) == array_base(array))
            return true;
    }
    return false;
}

// ---- holders and slots

static Holder *holder_of(Fn *f, Call *c, Var *v)
{
    for (int i = 0; i < c->holders.n; i++)
        if (c->holders.at[i]->var == v)
            return c->holders.at[i];
    Holder *h = NEW(f->arena, Holder);
    *h = (Holder){.var = v, .cur = v->cur, .whole = true};
    vec_push(f->arena, &c->holders, h);
    return h;
}

static Var *new_var(Fn *f, Value *cur, int rank, Value *const *dims)
{
    Var *v = var_new(f, NULL, cur->type);
    v->cur = cur;
    memcpy(v->dims, dims, sizeof *dims * (size_t)rank);
    return v;
}

// The variable that an out array argument is handed over in.
static Var *var_to_hand(Fn *f, Arg *a)
{
    const Place *p = &a->place;
    a->copied = !axes_contiguous(p->ax, p->n);
    if (!a->copied)
        return p->var;
    Value *v = a->role == AST_OUT ? new_item_array(f, p->item, p->rank, p->dims, false, NULL)
                                  : lazy_copy(f, lazy_of_place(f, p))->value;
    return new_var(f, v, p->rank, p->dims);
}

static void find_holders(Fn *f, Call *c)
{
    for (int i = 0; i < c->n; i++) {
        Arg *a = &c->arg[i];
        if (a->role == AST_IN || !a->is_array)
            continue;
        a->slot_of = holder_of(f, c, var_to_hand(f, a));
        if (!a->copied && !place_whole(&a->place))
            a->slot_of->whole = false;
    }
}

// In arrays that are read in what the call writes to: slots if they can be, else copies.
static void place_inputs(Fn *f, Call *c)
{
    for (int i = 0; i < c->n; i++) {
        Arg *a = &c->arg[i];
        for (int k = 0; a->lazy && k < c->holders.n && !a->slot_of; k++) {
            Holder *h = c->holders.at[k];
            if (array_base(a->lazy->value) != array_base(h->cur))
                continue;
            if (a->lazy->value == h->cur && !h->whole)
                a->slot_of = h;
            else
                a->lazy = lazy_copy(f, a->lazy);
        }
        if (a->lazy && !a->slot_of)
            a->value = lazy_value(f, a->lazy);
    }
}

static void parts_first(Call *c)
{
    for (int i = 0; i < c->holders.n; i++) {
        if (c->holders.at[i]->whole)
            continue;
        Holder *h = c->holders.at[i];
        c->holders.at[i] = c->holders.at[c->n_parts];
        c->holders.at[c->n_parts++] = h;
    }
}

static const AxisSpec *axes_of_arg(const Arg *a, int *n)
{
    *n = a->lazy ? a->lazy->n : a->place.n;
    return a->lazy ? a->lazy->ax : a->place.ax;
}

// ---- the call and the withins around it

// What is handed over for parameter i, if that is all of an array that is written to. An array result is the last
// parameter.
static Holder *whole_holder(const Call *c, int i)
{
    Holder *h = i == c->n ? c->holders.at[c->holders.n - 1] : c->arg[i].slot_of;
    return h && h->whole ? h : NULL;
}

static void emit_call(Fn *f, Call *c)
{
    const Func *g = c->func;
    Value **in = NEW_N(f->arena, Value *, g->params.n + 1);
    int n = 0, k = 0;
    for (int i = 0; i < g->params.n; i++) {
        const Param *p = &g->params.at[i];
        if (p->arg < 0)
            continue;
        const Holder *h = whole_holder(c, i);
        in[n++] = h ? h->cur : c->arg[i].value;
    }
    Op *op = b_call(&f->b, c->func, n, in);
    for (int i = 0; i < g->params.n; i++) {
        if (g->params.at[i].result < 0)
            continue;
        Holder *h = whole_holder(c, i);
        *(h ? &h->cur : &c->arg[i].value) = op->out[k++];
    }
    if (g->ret >= 0)
        c->ret = op->out[k];
}

// A slot's path operands; gives how many there are.
static int path_operands(Fn *f, const Arg *a, Path *path, Value **in)
{
    int n, n_in = 0;
    const AxisSpec *ax = axes_of_arg(a, &n);
    *path = (Path){0};
    while (path->n_idx < n && ax[path->n_idx].at)
        in[n_in++] = ax[path->n_idx++].at;
    path->rank = n - path->n_idx;
    path->has_range = path->rank > 0 && !ax[path->n_idx].whole;
    if (path->has_range) {
        in[n_in++] = ax[path->n_idx].lo ? ax[path->n_idx].lo : int_const(f, 0);
        in[n_in++] = ax[path->n_idx].len;
    }
    return n_in;
}

static void emit_level(Fn *f, Call *c, int level);

// The arrays that a within at this level is handed besides the one it opens: slots of the ones around it, and the other
// holders.
static int other_arrays(Call *c, int level, Value ***other)
{
    int n = 0;
    for (int i = 0; i < c->n; i++)
        for (int k = 0; k < level; k++)
            if (c->arg[i].slot_of == c->holders.at[k])
                other[n++] = &c->arg[i].value;
    for (int k = level + 1; k < c->holders.n; k++)
        other[n++] = &c->holders.at[k]->cur;
    return n;
}

static void emit_within(Fn *f, Call *c, int level)
{
    Holder *h = c->holders.at[level];
    int most = c->n + c->holders.n + 1, n_slots = 0, n_in = 0, n = 0;
    Path *paths = NEW_N(f->arena, Path, most);
    Value **in = NEW_N(f->arena, Value *, most * (MAX_AXES + 2)), **extra = NEW_N(f->arena, Value *, most);
    Value ***slot = NEW_N(f->arena, Value **, most), ***other = NEW_N(f->arena, Value **, most);
    for (int i = 0; i < c->n; i++)
        if (c->arg[i].slot_of == h) {
            n_in += path_operands(f, &c->arg[i], &paths[n_slots], in + n_in);
            slot[n_slots++] = &c->arg[i].value;
        }
    int n_extra = other_arrays(c, level, other);
    for (int k = 0; k < n_extra; k++)
        extra[k] = *other[k];
    Op *op = b_within(&f->b, h->cur, n_slots, paths, n_in, in, n_extra, extra);
    Region *outer = f->b.at, *r = op->regions[0];
    f->b.at = r;
    for (int k = 0; k < n_slots; k++)
        *slot[k] = r->args.at[k];
    for (int k = 0; k < n_extra; k++)
        *other[k] = r->args.at[n_slots + k];
    emit_level(f, c, level + 1);

    Value **out = NEW_N(f->arena, Value *, most + c->scalars.n);
    for (int k = 0; k < n_slots; k++)
        out[n++] = *slot[k];
    for (int k = 0; k < n_extra; k++)
        out[n++] = *other[k];
    for (int k = 0; k < c->scalars.n; k++)
        out[n++] = *c->scalars.at[k];
    ir_yield(&f->b, n, out);
    b_within_end(op);
    f->b.at = outer;
    h->cur = op->out[0];
    for (int k = 0; k < n_extra; k++)
        *other[k] = op->out[1 + k];
    for (int k = 0; k < c->scalars.n; k++)
        *c->scalars.at[k] = op->out[1 + n_extra + k];
}

static void emit_level(Fn *f, Call *c, int level)
{
    if (level < c->n_parts)
        emit_within(f, c, level);
    else
        emit_call(f, c);
}

static void store_results(Fn *f, Call *c)
{
    for (int i = 0; i < c->holders.n; i++)
        c->holders.at[i]->var->cur = c->holders.at[i]->cur;
    for (int i = 0; i < c->n; i++) {
        Arg *a = &c->arg[i];
        if (a->role == AST_IN)
            continue;
        if (!a->is_array)
            place_store(f, &a->place, a->value);
        else if (a->copied) {
            const Var *v = a->slot_of->var;
            write_place(f, &a->place, lazy_array(f, v->cur, a->place.rank, v->dims));
        }
    }
}

// The solution of an equation is NaN throughout where none was found.
static void test_found(Fn *f, const Call *c, Value *result)
{
    Value *zero = int_const(f, 0), *ok = NULL, *first = result;
    if (type_is_linear(result->type)) {
        Value *n = ir_dim(&f->b, result, 0);
        Op *some = b_if(&f->b, b_2(&f->b, OP_igt, n, zero), 0, NULL);
        Builder yes = builder_at(f->f, some->regions[0], false), no = builder_at(f->f, some->regions[1], false);
        first = b_load(&yes, result, 1, (Value *[]){b_int(&yes, 0)});
        ir_yield(&yes, 1, &first);
        first = b_real(&no, 0.0);
        ir_yield(&no, 1, &first);
        b_if_end(some);
        first = some->out[0];
    }
    ok = b_1(&f->b, OP_not, b_1(&f->b, OP_isnan, first));
    b_check(&f->b, "root", source_text(f, c->e), ok, 0, NULL);
}

// Makes the call. `dest`: where an array result goes, whose next version it gives; else NULL.
static Value *finish(Fn *f, Call *c, Value *dest)
{
    find_holders(f, c);
    place_inputs(f, c);
    parts_first(c);
    Var *result = NULL;
    if (dest) {                                                 // always the last
        result = var_new(f, NULL, dest->type);
        result->cur = dest;
        holder_of(f, c, result);
    }
    for (int i = 0; i < c->n; i++)
        if (c->arg[i].role != AST_IN && !c->arg[i].is_array)
            vec_push(f->arena, &c->scalars, &c->arg[i].value);
    if (c->func->ret >= 0)
        vec_push(f->arena, &c->scalars, &c->ret);
    emit_level(f, c, 0);
    store_results(f, c);
    if (c->callee->implicit && under_check(f))
        test_found(f, c, dest ? result->cur : c->ret);
    return dest ? result->cur : NULL;
}

Value *call_scalar(Fn *f, Expr *e)
{
    Call *c = prepare(f, e);
    assert(!is_aggregate(e->type));
    finish(f, c, NULL);
    return c->ret;
}

Lazy *call_array(Fn *f, Expr *e)
{
    Value *dims[MAX_RANK];
    Call *c = prepare(f, e);
    result_dims(f, c->callee, int_values(f, c), dims);
    Lazy *z = lazy_new(f, LZ_MAKE, elem_of(e->type.elem), e->type.rank, dims, 0);
    z->st = type_of(e->type).st;
    z->call = c;
    return z;
}

Value *make_call(Fn *f, Lazy *z, Value *dest)
{
    return finish(f, z->call, dest);
}
