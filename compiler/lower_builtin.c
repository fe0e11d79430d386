// lower_builtin.c — the builtins: elementwise ones from a table, reductions, scans, products, shapes.
//
// In: checked calls of builtins. Out: ops and loops, or a Lazy:
//
//     sum(a * b)         loop (s = 0.0) { s + a[i] * b[i] }                 no temporary
//     max(x)             loop from 1 (k = 0) { !(x[i] <= x[k]) && !isnan(x[k]) ? i : k }, then load x[k]
//     max(x)             m = x[0]; for (i = 1..) m = max(m, x[i])           opt_extreme gives it a derivative
//     logsumexp(x)       m = stop(max(x)); m + log(sum(exp(x - m)))         the whole derivative goes through the sum
//     softmax(x)         d[i] = exp(x[i] - m), their sum, then d[i] / sum   m is a stopped maximum
//     sum(A, 0)          REDUCE: element j is a loop over i
//
// The first of equal extremes counts, and a NaN stays. A reduction along an axis is the reduction of the vector that is
// left when the other axes are indexed.
#include "lower_internal.h"

#include <assert.h>
#include <math.h>
#include <string.h>

// ---- elementwise

// Same names in both tables; OP_COUNT where a builtin is no scalar op.
static const OpCode REAL_OPS[N_BUILTINS] = {
#define ROW(name) [BUILTIN_##name] = OP_##name,
    ROW(abs) ROW(sqrt) ROW(cbrt) ROW(exp) ROW(exp2) ROW(expm1) ROW(log) ROW(log2) ROW(log10) ROW(log1p) ROW(sin)
    ROW(cos) ROW(tan) ROW(asin) ROW(acos) ROW(atan) ROW(atan2) ROW(sinh) ROW(cosh) ROW(tanh) ROW(asinh) ROW(acosh)
    ROW(atanh) ROW(pow) ROW(hypot) ROW(erf) ROW(erfc) ROW(lgamma) ROW(tgamma) ROW(digamma) ROW(fmin) ROW(fmax)
    ROW(floor) ROW(ceil) ROW(round) ROW(trunc) ROW(fmod) ROW(copysign) ROW(fma) ROW(sigmoid) ROW(softplus) ROW(relu)
    ROW(step) ROW(sign) ROW(isnan) ROW(isinf) ROW(isfinite) ROW(max) ROW(min)
#undef ROW
    [BUILTIN_fabs] = OP_abs, [BUILTIN_stop_gradient] = OP_stop,
};

static const OpCode INT_OPS[N_BUILTINS] = {
    [BUILTIN_abs] = OP_iabs, [BUILTIN_sign] = OP_isign, [BUILTIN_max] = OP_imax, [BUILTIN_min] = OP_imin,
};

static Expr *arg(const Expr *e, int i)
{
    return e->call.args.at[i];
}

static int n_args(const Expr *e)
{
    return e->call.args.n;
}

static Elem elem_of_arg(const Expr *e)
{
    return e->convert == ELEM_REAL ? E_REAL : elem_of(e->type.elem);
}

static bool is_elementwise(const Expr *e)
{
    const Builtin *b = e->call.builtin;
    return b->rule == RULE_ELEMENTWISE || (b->rule == RULE_EXTREME && n_args(e) == 2);
}

static OpCode elementwise_code(const Expr *e)
{
    BuiltinId id = e->call.builtin->id;
    Elem elem = elem_of_arg(arg(e, 0));
    if (id == BUILTIN_stop_gradient && elem != E_REAL)
        return OP_COUNT;                                        // the value itself
    return elem == E_INT ? INT_OPS[id] : REAL_OPS[id];
}

// The exponent of a pow, if it is a constant of integer value; else NULL.
static Value *int_exponent(Fn *f, const Expr *e)
{
    if (e->call.builtin->id != BUILTIN_pow)
        return NULL;
    const Constant c = arg(e, 1)->value;
    if (!c.known || arg(e, 1)->type.rank > 0)
        return NULL;
    double x = c.elem == ELEM_INT ? (double)c.i : c.r;
    return isfinite(x) && floor(x) == x ? b_real(&f->b, x) : NULL;
}

static Value *elementwise_scalar(Fn *f, Expr *e)
{
    Value *in[3];
    OpCode code = elementwise_code(e);
    for (int i = 0; i < n_args(e); i++) {
        Value *exponent = i == 1 ? int_exponent(f, e) : NULL;
        in[i] = exponent ? exponent : lower_scalar(f, arg(e, i));
        code = exponent ? OP_powc : code;
    }
    return code == OP_COUNT ? in[0] : b_scalar(&f->b, code, in);
}

// Arguments from the first on, each kept as it was while the next is evaluated. Tests shapes against the first array.
static void operands(Fn *f, Expr *e, int n, Lazy **z)
{
    const Lazy *shape = NULL;
    for (int i = 0; i < n; i++) {
        lazy_keep(f, z, i, arg(e, i));
        Value *exponent = i == 1 ? int_exponent(f, e) : NULL;
        z[i] = exponent ? lazy_scalar(f, exponent) : lower_operand(f, arg(e, i));
        if (z[i]->rank && shape)
            test_shapes(f, arg(e, i), shape->rank, z[i]->dims, shape->dims);
        shape = shape || !z[i]->rank ? shape : z[i];
    }
}

static Lazy *elementwise_array(Fn *f, Expr *e)
{
    Lazy *z[3];
    operands(f, e, n_args(e), z);
    OpCode code = int_exponent(f, e) ? OP_powc : elementwise_code(e);
    return code == OP_COUNT ? z[0] : lazy_op(f, code, elem_of(e->type.elem), n_args(e), z);
}

// ---- where

static bool has_arrays_or_calls(const Expr *e)
{
    if (e->type.rank > 0)
        return true;
    switch (e->kind) {
    case EXPR_UNARY:
        return has_arrays_or_calls(e->unary.operand);
    case EXPR_BINARY:
        return has_arrays_or_calls(e->binary.left) || has_arrays_or_calls(e->binary.right);
    case EXPR_COND:
        return has_arrays_or_calls(e->cond.cond) || has_arrays_or_calls(e->cond.yes) || has_arrays_or_calls(e->cond.no);
    case EXPR_CAST:
        return has_arrays_or_calls(e->cast.operand);
    case EXPR_CALL:
        for (int i = 0; i < e->call.args.n; i++)
            if (has_arrays_or_calls(arg(e, i)))
                return true;
        return e->call.callee != NULL;
    case EXPR_INDEX:
        return e->index.base->kind != EXPR_NAME;
    default:
        return false;
    }
}

// An arm. A scalar one with something to compute is computed in the branch, so that it contributes nothing where it is
// not taken.
static Lazy *where_arm(Fn *f, Expr *e, bool effects)
{
    if (e->type.rank || effects || is_trivial(e) || has_arrays_or_calls(e))
        return lower_operand(f, e);
    Lazy *z = lazy_new(f, LZ_EXPR, elem_of_arg(e), 0, NULL, 0);
    z->expr = e;
    z->named = named_in(f, e);
    z->had = NEW_N(f->arena, Value *, z->named.n + 1);
    for (int i = 0; i < z->named.n; i++)
        z->had[i] = z->named.at[i]->cur;
    return z;
}

static Lazy *where_array(Fn *f, Expr *e)
{
    Lazy *z[3], *shape = NULL;
    bool effects = assigned_in(f, e).n > 0;
    for (int i = 0; i < 3; i++) {
        lazy_keep(f, z, i, arg(e, i));
        z[i] = i ? where_arm(f, arg(e, i), effects) : lower_operand(f, arg(e, i));
        if (z[i]->rank && shape)
            test_shapes(f, arg(e, i), shape->rank, z[i]->dims, shape->dims);
        shape = shape || !z[i]->rank ? shape : z[i];
    }
    Lazy *out = lazy_op(f, OP_sel, elem_of(e->type.elem), 3, z);
    out->kind = LZ_WHERE;
    return out;
}

// ---- reductions of all of an array

static Value *count_of(Fn *f, const Lazy *z)
{
    Value *n = z->dims[0];
    for (int i = 1; i < z->rank; i++)
        n = b_2(&f->b, OP_imul, n, z->dims[i]);
    return n;
}

typedef struct Fold {           // a reduction that is one operation over and over
    OpCode code;
    Value *start;
    bool square;
    const char *name;
} Fold;

static Value *fold_all(Fn *f, const Lazy *z, Fold fold)
{
    Nest nest = nest_begin(f, z->rank, z->dims, 1, &fold.start, &fold.name);
    Value *v = lazy_at(f, z, nest.idx);
    if (fold.square)
        v = b_2(&f->b, OP_mul, v, v);
    Value *next = b_2(&f->b, fold.code, nest.carried[0], v);
    nest_end(f, &nest, &next);
    return nest.carried[0];
}

static Value *sum_all(Fn *f, const Lazy *z, bool square)
{
    bool real = z->elem == E_REAL;
    return fold_all(f, z, (Fold){real ? OP_add : OP_iadd, zero_of(f, z->elem), square, "s"});
}

static Value *prod_all(Fn *f, const Lazy *z)
{
    bool real = z->elem == E_REAL;
    return fold_all(f, z, (Fold){real ? OP_mul : OP_imul, real ? b_real(&f->b, 1.0) : b_int(&f->b, 1), false, "p"});
}

static Value *mean_all(Fn *f, const Lazy *z)
{
    Value *n = b_1(&f->b, OP_itor, count_of(f, z));
    return b_2(&f->b, OP_div, sum_all(f, z, false), n);
}

static Lazy *in_memory(Fn *f, Lazy *z)
{
    z = lazy_settle(f, z);
    return z->kind == LZ_SCALAR ? lazy_copy(f, z) : z;
}

// A vector of the same elements in row-major order, all of them in an array.
static Lazy *as_vector(Fn *f, Lazy *z)
{
    Lazy *all = in_memory(f, z);
    if (all->rank == 1)
        return all;
    Value *n = count_of(f, all);
    return lazy_array(f, b_reshape(&f->b, lazy_value(f, all), 1, &n), 1, &n);
}

// Is element v the more extreme one, after `best`? The first of equals stays, and so does a NaN.
static Value *beats(Fn *f, Value *v, Value *best, bool max)
{
    if (v->type.elem == E_INT)
        return b_2(&f->b, max ? OP_igt : OP_ilt, v, best);
    Value *worse = b_2(&f->b, max ? OP_le : OP_ge, v, best);
    Value *better = b_1(&f->b, OP_not, worse);
    return b_2(&f->b, OP_and, better, b_1(&f->b, OP_not, b_1(&f->b, OP_isnan, best)));
}

// The position of the first extreme of a vector, which has an element.
static Value *extreme_index(Fn *f, const Lazy *z, bool max)
{
    Value *start = int_const(f, 0);
    Op *op = b_loop(&f->b, int_const(f, 1), z->dims[0], 1, false, 1, &start);
    Region *outer = f->b.at;
    Value *i = loop_index(op), *k = loop_arg(op, 0);
    f->b.at = op->regions[0];
    i->name = "i";
    k->name = op->out[0]->name = "at";
    Value *v = lazy_at(f, z, &i);
    Value *better = beats(f, v, lazy_at(f, z, &k), max);
    Value *next = b_3(&f->b, OP_isel, better, i, k);
    ir_yield(&f->b, 1, &next);
    f->b.at = outer;
    return op->out[0];
}

// The best of `start` and elements `from` on of vector v.
static Value *best_from(Fn *f, const Lazy *v, Value *start, int from, bool max)
{
    static const OpCode codes[2][2] = {{OP_min, OP_imin}, {OP_max, OP_imax}};
    Op *op = b_loop(&f->b, int_const(f, from), v->dims[0], 1, false, 1, &start);
    Region *outer = f->b.at;
    Value *i = loop_index(op), *best = loop_arg(op, 0);
    f->b.at = op->regions[0];
    i->name = "i";
    best->name = op->out[0]->name = "m";
    Value *next = b_2(&f->b, codes[max][v->elem == E_INT], best, lazy_at(f, v, &i));
    ir_yield(&f->b, 1, &next);
    f->b.at = outer;
    return op->out[0];
}

static Value *extreme(Fn *f, Lazy *z, bool max)
{
    Lazy *v = as_vector(f, z);
    Value *first = int_const(f, 0);
    return best_from(f, v, lazy_at(f, v, &first), 1, max);
}

// The largest element as a constant for derivatives, -INFINITY if there is none.
static Value *stopped_max(Fn *f, Lazy *z)
{
    Lazy *v = as_vector(f, z);
    return b_1(&f->b, OP_stop, best_from(f, v, b_real(&f->b, -INFINITY), 0, true));
}

static bool surely_some(const Value *n)
{
    int64_t x;
    return ir_is_int_const(n, &x) && x > 0;
}

// Where the largest element m is not finite: that element, to which the derivative goes, or m if there is none.
static Value *logsumexp_infinite(Fn *f, const Lazy *v, Value *m)
{
    if (surely_some(v->dims[0])) {
        Value *k = extreme_index(f, v, true);
        return lazy_at(f, v, &k);
    }
    Value *out;
    Branch br = branch_begin(f, b_2(&f->b, OP_igt, v->dims[0], int_const(f, 0)), (VarSet){0}, false);
    Value *k = extreme_index(f, v, true), *yes = lazy_at(f, v, &k);
    branch_else(f, &br);
    branch_end(f, &br, 1, &yes, &m, &out);
    return out;
}

static Value *logsumexp_all(Fn *f, Lazy *z)
{
    Lazy *v = as_vector(f, z);
    Value *m = stopped_max(f, v), *out;
    Branch br = branch_begin(f, b_1(&f->b, OP_isfinite, m), (VarSet){0}, false);
    Lazy *shifted = lazy_op(f, OP_sub, E_REAL, 2, (Lazy *[]){v, lazy_scalar(f, m)});
    Value *sum = sum_all(f, lazy_op(f, OP_exp, E_REAL, 1, &shifted), false);
    Value *yes = b_2(&f->b, OP_add, m, b_1(&f->b, OP_log, sum));
    branch_else(f, &br);
    Value *no = logsumexp_infinite(f, v, m);
    branch_end(f, &br, 1, &yes, &no, &out);
    return out;
}

static Value *reduce_all(Fn *f, BuiltinId id, Lazy *z)
{
    switch (id) {
    case BUILTIN_sum:       return sum_all(f, z, false);
    case BUILTIN_prod:      return prod_all(f, z);
    case BUILTIN_mean:      return mean_all(f, z);
    case BUILTIN_norm:      return b_1(&f->b, OP_sqrt, sum_all(f, z, true));
    case BUILTIN_any:       return fold_all(f, z, (Fold){OP_or, b_bool(&f->b, false), false, "any"});
    case BUILTIN_all:       return fold_all(f, z, (Fold){OP_and, b_bool(&f->b, true), false, "all"});
    case BUILTIN_logsumexp: return logsumexp_all(f, z);
    case BUILTIN_max:
    case BUILTIN_amax:      return extreme(f, z, true);
    case BUILTIN_min:
    case BUILTIN_amin:      return extreme(f, z, false);
    case BUILTIN_argmax:    return extreme_index(f, as_vector(f, z), true);
    case BUILTIN_argmin:    return extreme_index(f, as_vector(f, z), false);
    default:
        assert(0 && "no reduction");
        return NULL;
    }
}

// Reductions that look at elements more than once, or need one: not of nothing, and of what is in memory.
static bool looks_twice(BuiltinId id)
{
    static const bool once[N_BUILTINS] = {
        [BUILTIN_sum] = true,  [BUILTIN_prod] = true, [BUILTIN_mean] = true,
        [BUILTIN_norm] = true, [BUILTIN_any] = true,  [BUILTIN_all] = true,
    };
    return !once[id];
}

static void test_some(Fn *f, const Expr *e, BuiltinId id, int rank, Value *const *dims)
{
    bool some = id != BUILTIN_mean && (!looks_twice(id) || id == BUILTIN_logsumexp), constant = true;
    for (int i = 0; i < rank; i++)
        constant = constant && surely_some(dims[i]);
    if (some || constant)
        return;
    Value *one = int_const(f, 1), *n = dims[0];
    for (int i = 1; i < rank; i++)
        n = b_2(&f->b, OP_imul, n, dims[i]);
    b_check(&f->b, "shape", source_text(f, e), b_2(&f->b, OP_ige, n, one), 2, (Value *[]){n, one});
}

// ---- along an axis

// The vector along `axis` that goes through idx, the indices of the other axes.
static Lazy *vector_along(Fn *f, Lazy *z, int axis, Value *const *idx)
{
    Lazy *v = lazy_new(f, LZ_SUB, z->elem, 1, &z->dims[axis], 1);
    v->arg[0] = z;
    v->n = z->rank;
    for (int i = 0; i < z->rank; i++)
        if (i != axis)
            v->ax[i] = (AxisSpec){.at = idx[i < axis ? i : i - 1]};
    v->ax[axis] = (AxisSpec){.len = z->dims[axis], .whole = true};
    if (z->kind != LZ_ARRAY)
        return v;
    Lazy *part = NEW(f->arena, Lazy);                           // of an array: the array's own axes, narrowed
    *part = *z;
    part->rank = 1;
    part->dims[0] = z->dims[axis];
    for (int i = 0, k = 0; i < z->n; i++) {
        if (z->ax[i].at)
            continue;
        if (k != axis)
            part->ax[i] = (AxisSpec){.at = add_ints(f, z->ax[i].lo, v->ax[k].at)};
        k++;
    }
    return part;
}

Value *reduce_at(Fn *f, const Lazy *z, Value *const *idx)
{
    return reduce_all(f, z->builtin, vector_along(f, z->arg[0], z->axis, idx));
}

static void drop_axis(Value *const *from, int rank, int axis, Value **dims)
{
    for (int i = 0, k = 0; i < rank; i++)
        if (i != axis)
            dims[k++] = from[i];
}

static int axis_of(const Expr *e)
{
    return n_args(e) == 2 ? (int)arg(e, 1)->value.i : -1;
}

static Lazy *reduce_axis(Fn *f, Expr *e)
{
    Value *dims[MAX_RANK];
    int axis = axis_of(e);
    BuiltinId id = e->call.builtin->id;
    Lazy *z = lower_operand(f, arg(e, 0));
    if (looks_twice(id))
        z = in_memory(f, z);
    test_some(f, e, id, 1, &z->dims[axis]);
    drop_axis(z->dims, z->rank, axis, dims);
    Lazy *out = lazy_new(f, LZ_REDUCE, elem_of(e->type.elem), z->rank - 1, dims, 1);
    out->arg[0] = z;
    out->builtin = id;
    out->axis = axis;
    return out;
}

// ---- softmax and cumsum, into an array

// The part of an array that is written: all of it, or along `axis` with the other indices at[].
typedef struct Line {
    Value *dest;
    int rank, axis;             // axis -1: all of it
    Value *const *at;
} Line;

// What is at idx[] in the line, in the array.
static void index_in(const Line *line, Value *const *idx, Value **full)
{
    for (int k = 0, n = 0; k < line->rank; k++)
        full[k] = line->axis < 0 || k == line->axis ? *idx++ : line->at[n++];
}

static Value *softmax_line(Fn *f, Lazy *z, const Line *line)
{
    Value *full[MAX_RANK], *m = stopped_max(f, z);
    Value *start[2] = {line->dest, b_real(&f->b, 0.0)};
    Nest first = nest_begin(f, z->rank, z->dims, 2, start, (const char *[]){line->dest->name, "s"});
    f->to = first.carried[0];
    Value *v = b_1(&f->b, OP_exp, b_2(&f->b, OP_sub, lazy_at(f, z, first.idx), m));
    int rank = line->rank;
    index_in(line, first.idx, full);
    Value *next[2] = {b_store(&f->b, first.carried[0], rank, full, v), b_2(&f->b, OP_add, first.carried[1], v)};
    nest_end(f, &first, next);

    Nest second = nest_begin(f, z->rank, z->dims, 1, first.carried, (const char *[]){line->dest->name});
    index_in(line, second.idx, full);
    v = b_2(&f->b, OP_div, b_load(&f->b, second.carried[0], rank, full), first.carried[1]);
    Value *done = b_store(&f->b, second.carried[0], rank, full, v);
    nest_end(f, &second, &done);
    return second.carried[0];
}

static Value *cumsum_line(Fn *f, Lazy *z, const Line *line)
{
    Value *full[MAX_RANK], *start[2] = {line->dest, zero_of(f, z->elem)};
    Nest nest = nest_begin(f, z->rank, z->dims, 2, start, (const char *[]){line->dest->name, "s"});
    f->to = nest.carried[0];
    Value *s = b_2(&f->b, z->elem == E_REAL ? OP_add : OP_iadd, nest.carried[1], lazy_at(f, z, nest.idx));
    index_in(line, nest.idx, full);
    Value *next[2] = {b_store(&f->b, nest.carried[0], line->rank, full, s), s};
    nest_end(f, &nest, next);
    return nest.carried[0];
}

static Value *scan_line(Fn *f, BuiltinId id, Lazy *z, const Line *line)
{
    f->to = line->dest;
    return (id == BUILTIN_softmax ? softmax_line : cumsum_line)(f, z, line);
}

bool scan_of_elements(const Lazy *z)
{
    return z->kind == LZ_MAKE && !z->call && !z->expr && (z->builtin == BUILTIN_softmax || z->builtin == BUILTIN_cumsum);
}

static Value *scan_axis(Fn *f, Lazy *z, Value *dest)
{
    Value *dims[MAX_RANK];
    Lazy *from = z->arg[0];
    drop_axis(from->dims, from->rank, z->axis, dims);
    Nest nest = nest_begin(f, from->rank - 1, dims, 1, &dest, (const char *[]){dest->name});
    Lazy *v = vector_along(f, from, z->axis, nest.idx);
    Line line = {nest.carried[0], from->rank, z->axis, nest.idx};
    Value *next = scan_line(f, z->builtin, v, &line);
    nest_end(f, &nest, &next);
    return nest.carried[0];
}

// ---- things written whole

static Lazy *make_new(Fn *f, Expr *e, int rank, Value *const *dims, int n)
{
    Lazy *z = lazy_new(f, LZ_MAKE, elem_of(e->type.elem), rank, dims, n);
    z->builtin = e->call.builtin->id;
    return z;
}

static Lazy *scan(Fn *f, Expr *e)
{
    Lazy *from = lower_operand(f, arg(e, 0));
    if (e->call.builtin->id == BUILTIN_softmax)
        from = in_memory(f, from);
    Lazy *z = make_new(f, e, from->rank, from->dims, 1);
    z->arg[0] = from;
    z->axis = axis_of(e);
    return z;
}

// A factor of a product, and whether it stands transposed.
Lazy *lower_factor(Fn *f, Expr *e, bool *transposed)
{
    Lazy *z = lower_operand(f, e);
    *transposed = z->kind == LZ_TRANSPOSE;
    if (*transposed)
        z = z->arg[0];
    if (z->kind == LZ_ARRAY && lazy_is_plain(z))
        return z;
    return lazy_copy(f, z);
}

static Lazy *matmul(Fn *f, Expr *e)
{
    bool ta, tb;
    Value *dims[2];
    Lazy *a = lower_factor(f, arg(e, 0), &ta);
    lazy_keep(f, &a, 1, arg(e, 1));
    Lazy *b = lower_factor(f, arg(e, 1), &tb);
    if (arg(e, 1)->check_shape)
        test_shape(f, arg(e, 1), b->dims[tb], a->dims[a->rank == 2 && !ta]);
    int rank = 0;
    if (a->rank == 2)
        dims[rank++] = a->dims[ta];
    if (b->rank == 2)
        dims[rank++] = b->dims[!tb];
    Lazy *z = make_new(f, e, rank, dims, 2);
    z->arg[0] = a;
    z->arg[1] = b;
    z->ta = ta;
    z->tb = tb;
    return z;
}

static bool is_fresh_zero(const Value *v)
{
    return v->def && v->def->code == OP_new && v->def->i == 1;
}

static Value *make_matmul(Fn *f, Lazy *z, Value *dest)
{
    const Lazy *a = z->arg[0], *b = z->arg[1];
    Value *one = a->rank == 2 && b->rank == 2 ? NULL : int_const(f, 1);
    Value *m = a->rank == 2 ? a->dims[z->ta] : one, *n = b->rank == 2 ? b->dims[!z->tb] : one;
    Value *k = a->dims[a->rank == 2 && !z->ta];
    if (z->axis < 0 && !is_fresh_zero(dest))                    // axis 0: add to what is there
        dest = b_fill(&f->b, dest, b_real(&f->b, 0.0));
    return b_gemm(&f->b, dest, lazy_value(f, z->arg[0]), lazy_value(f, z->arg[1]), m, n, k, z->ta, z->tb);
}

static Lazy *concat(Fn *f, Expr *e)
{
    int n = n_args(e);
    Lazy **z = NEW_N(f->arena, Lazy *, n);
    Value *dims[MAX_RANK];
    for (int i = 0; i < n; i++) {
        lazy_keep(f, z, i, arg(e, i));
        z[i] = lower_operand(f, arg(e, i));
        for (int k = 1; k < z[i]->rank && arg(e, i)->check_shape; k++)
            test_shape(f, arg(e, i), z[i]->dims[k], z[0]->dims[k]);
    }
    memcpy(dims, z[0]->dims, sizeof dims);
    for (int i = 1; i < n; i++)
        dims[0] = b_2(&f->b, OP_iadd, dims[0], z[i]->dims[0]);
    Lazy *out = make_new(f, e, z[0]->rank, dims, n);
    memcpy(out->arg, z, sizeof *z * (size_t)n);
    return out;
}

static Value *make_concat(Fn *f, Lazy *z, Value *dest)
{
    AxisSpec ax[MAX_RANK] = {0};
    for (int i = 0; i < z->n_args; i++) {
        const Lazy *part = z->arg[i];
        dest = write_loops(f, part, dest, ax, z->rank, z->rank, part->dims);
        ax[0].lo = add_ints(f, ax[0].lo, part->dims[0]);
    }
    return dest;
}

// What z reads of dest is what stands there when it is written.
static Value *make_scan(Fn *f, Lazy *z, Value *dest)
{
    Value *from = f->from, *to = f->to;
    f->from = dest;
    Value *v = z->axis >= 0 ? scan_axis(f, z, dest) : scan_line(f, z->builtin, z->arg[0], &(Line){dest, z->rank, -1, NULL});
    f->from = from;
    f->to = to;
    return v;
}

Value *make_builtin(Fn *f, Lazy *z, Value *dest)
{
    switch (z->builtin) {
    case BUILTIN_matmul: return make_matmul(f, z, dest);
    case BUILTIN_concat: return make_concat(f, z, dest);
    case BUILTIN_solve:
    case BUILTIN_inv:
    case BUILTIN_cholesky: return make_solve(f, z, dest);
    default:             return make_scan(f, z, dest);
    }
}

// ---- shapes

// Arguments from `first` on, as sizes.
static int sizes_from(Fn *f, Expr *e, int first, Value **dims)
{
    for (int i = first; i < n_args(e); i++)
        dims[i - first] = lower_scalar(f, arg(e, i));
    return n_args(e) - first;
}

static Lazy *reshape(Fn *f, Expr *e)
{
    Value *dims[MAX_RANK];
    Lazy *z = lower_operand(f, arg(e, 0));
    for (int i = 1; i < n_args(e); i++)
        lazy_keep(f, &z, 1, arg(e, i));
    Value *v = lazy_value(f, z);
    int rank = sizes_from(f, e, 1, dims);
    Lazy *out = lazy_array(f, v, 0, NULL);
    memcpy(out->dims, dims, sizeof dims);
    out->rank = rank;
    if (arg(e, 0)->check_shape) {
        Value *have = count_of(f, z);
        test_shape(f, arg(e, 0), have, count_of(f, out));
    }
    return lazy_array(f, b_reshape(&f->b, v, rank, dims), rank, dims);
}

static Lazy *filled(Fn *f, Expr *e)
{
    Value *dims[MAX_RANK];
    BuiltinId id = e->call.builtin->id;
    Value *v = id == BUILTIN_fill ? lower_scalar(f, arg(e, 0)) : b_real(&f->b, id == BUILTIN_ones ? 1.0 : 0.0);
    int rank = sizes_from(f, e, id == BUILTIN_fill, dims);
    Lazy *z = lazy_new(f, LZ_SCALAR, (Elem)v->type.elem, rank, dims, 0);
    z->value = v;
    return z;
}

static Lazy *shaped(Fn *f, LazyKind kind, Expr *e, Lazy *from, Value *d0, Value *d1)
{
    Lazy *z = lazy_new(f, kind, elem_of(e->type.elem), e->type.rank, (Value *[]){d0, d1}, from ? 1 : 0);
    z->arg[0] = from;
    return z;
}

static Value *smaller(Fn *f, Value *a, Value *b)
{
    return same_index(a, b) ? a : b_2(&f->b, OP_imin, a, b);
}

static Lazy *diag(Fn *f, Expr *e)
{
    Lazy *z = lower_operand(f, arg(e, 0));
    if (z->rank == 1)
        return shaped(f, LZ_DIAG, e, z, z->dims[0], z->dims[0]);
    return shaped(f, LZ_DIAGONAL, e, z, smaller(f, z->dims[0], z->dims[1]), NULL);
}

enum { MAX_REPEATED = 3 };                                      // cost of an element that is computed again and again

static Lazy *outer(Fn *f, Expr *e)
{
    Lazy *z[2];
    z[0] = lower_operand(f, arg(e, 0));
    lazy_keep(f, z, 1, arg(e, 1));
    z[1] = lower_operand(f, arg(e, 1));
    for (int i = 0; i < 2; i++)                                 // each is looked at many times
        if (lazy_cost(z[i]) > MAX_REPEATED)
            z[i] = lazy_settle(f, z[i]);
    Lazy *out = lazy_new(f, LZ_OUTER, E_REAL, 2, (Value *[]){z[0]->dims[0], z[1]->dims[0]}, 2);
    memcpy(out->arg, z, sizeof z);
    return out;
}

Lazy *builtin_array(Fn *f, Expr *e)
{
    if (is_elementwise(e))
        return elementwise_array(f, e);
    Value *n;
    Lazy *z;
    switch (e->call.builtin->rule) {
    case RULE_WHERE:     return where_array(f, e);
    case RULE_REDUCE:
    case RULE_EXTREME:   return reduce_axis(f, e);
    case RULE_SCAN:      return scan(f, e);
    case RULE_OUTER:     return outer(f, e);
    case RULE_MATMUL:    return matmul(f, e);
    case RULE_DIAG:      return diag(f, e);
    case RULE_RESHAPE:   return reshape(f, e);
    case RULE_CONCAT:    return concat(f, e);
    case RULE_SOLVE:     return lower_solve(f, e);
    case RULE_SQUARE:    return (e->call.builtin->id == BUILTIN_inv ? lower_solve : lower_cholesky)(f, e);
    case RULE_FILL:      return filled(f, e);
    case RULE_TRANSPOSE:
        z = lower_operand(f, arg(e, 0));
        return shaped(f, LZ_TRANSPOSE, e, z, z->dims[1], z->dims[0]);
    case RULE_EYE:
        n = lower_scalar(f, arg(e, 0));
        return shaped(f, LZ_EYE, e, NULL, n, n);
    case RULE_MAKE:
        if (e->call.builtin->id != BUILTIN_iota)
            return filled(f, e);
        return shaped(f, LZ_IOTA, e, NULL, lower_scalar(f, arg(e, 0)), NULL);
    default:
        assert(0 && "a builtin that gives no array");
        return NULL;
    }
}

void builtin_shape(Fn *f, Expr *e, Value **dims)
{
    Value *a[MAX_RANK], *b[MAX_RANK];
    int i = 0;
    while (i < n_args(e) && arg(e, i)->type.rank == 0)
        i++;
    if (i < n_args(e))
        shape_of(f, arg(e, i), a);
    switch (e->call.builtin->rule) {
    case RULE_REDUCE:
    case RULE_EXTREME:
        if (!is_elementwise(e)) {
            drop_axis(a, e->type.rank + 1, axis_of(e), dims);
            return;
        }
        break;
    case RULE_OUTER:
    case RULE_MATMUL:
        shape_of(f, arg(e, 1), b);
        dims[0] = e->type.rank == 1 && arg(e, 0)->type.rank == 1 ? b[1] : a[0];
        if (e->type.rank == 2)
            dims[1] = b[arg(e, 1)->type.rank - 1];
        return;
    case RULE_SOLVE:
        shape_of(f, arg(e, 1), dims);
        return;
    case RULE_TRANSPOSE:
        dims[0] = a[1];
        dims[1] = a[0];
        return;
    case RULE_DIAG:
        dims[0] = e->type.rank == 2 ? a[0] : smaller(f, a[0], a[1]);
        dims[1] = dims[0];
        return;
    case RULE_RESHAPE:
    case RULE_FILL:
        sizes_from(f, e, 1, dims);
        return;
    case RULE_MAKE:
    case RULE_EYE:
        sizes_from(f, e, 0, dims);
        if (e->call.builtin->rule == RULE_EYE)
            dims[1] = dims[0];
        return;
    case RULE_CONCAT:
        for (i = 1; i < n_args(e); i++) {
            shape_of(f, arg(e, i), b);
            a[0] = b_2(&f->b, OP_iadd, a[0], b[0]);
        }
        break;
    default:
        break;
    }
    memcpy(dims, a, sizeof *dims * (size_t)e->type.rank);
}

// ---- scalars

static Value *dot(Fn *f, Expr *e)
{
    Lazy *z[2];
    z[0] = lower_operand(f, arg(e, 0));
    lazy_keep(f, z, 1, arg(e, 1));
    z[1] = lower_operand(f, arg(e, 1));
    test_shapes(f, arg(e, 1), 1, z[1]->dims, z[0]->dims);
    return sum_all(f, lazy_op(f, OP_mul, E_REAL, 2, z), false);
}

static Value *trace(Fn *f, Expr *e)
{
    Lazy *z = lower_operand(f, arg(e, 0));
    if (arg(e, 0)->check_shape)
        test_shape(f, arg(e, 0), z->dims[1], z->dims[0]);
    Lazy *on = lazy_new(f, LZ_DIAGONAL, z->elem, 1, z->dims, 1);
    on->arg[0] = z;
    return sum_all(f, on, false);
}

static Value *length(Fn *f, Expr *e)
{
    Value *dims[MAX_RANK];
    if (assigned_in(f, arg(e, 0)).n > 0)                        // it is evaluated for what it does
        memcpy(dims, lower_operand(f, arg(e, 0))->dims, sizeof dims);
    else
        shape_of(f, arg(e, 0), dims);
    return dims[n_args(e) == 2 ? arg(e, 1)->value.i : 0];
}

Value *builtin_scalar(Fn *f, Expr *e)
{
    BuiltinId id = e->call.builtin->id;
    if (is_elementwise(e))
        return elementwise_scalar(f, e);
    if (id == BUILTIN_dot)
        return dot(f, e);
    if (id == BUILTIN_trace)
        return trace(f, e);
    if (id == BUILTIN_logdet)
        return lower_logdet(f, e);
    if (id == BUILTIN_len)
        return length(f, e);
    Lazy *z = lower_operand(f, arg(e, 0));
    if (n_args(e) == 2)                                         // along the only axis
        assert(z->rank == 1);
    test_some(f, e, id, z->rank, z->dims);
    return reduce_all(f, id, z);
}
