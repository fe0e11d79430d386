// lower_array.c — array expressions: described first, then written element by element where they are wanted.
//
// In: checked array expressions. Out: a Lazy, and, when it is written somewhere, one nest of counted loops:
//
//     a = 2.0 * b + a                  OP add (OP mul (SCALAR 2.0, ARRAY b), ARRAY a)         one loop, in place
//     A = transpose(A)                 TRANSPOSE (ARRAY A)       reads A elsewhere than it writes: new array, copy_to
//     A[1:, j] = x                     one loop: store A[1 + i, j], load x[i]
//     C = matmul(A, transpose(B))      MAKE: fill C 0, gemm C, A, B with tb
//
// What must happen once (scalars, calls, products) happens when the description is made, in the order of evaluation. A
// description holds versions of arrays; where something evaluated later would consume one of them, it is copied first
// (lazy_keep).
#include "lower_internal.h"

#include <assert.h>
#include <string.h>

// ---- making descriptions

Lazy *lazy_new(Fn *f, LazyKind kind, Elem elem, int rank, Value *const *dims, int n_args)
{
    Lazy *z = NEW(f->arena, Lazy);
    z->kind = kind;
    z->elem = elem;
    z->rank = rank;
    z->axis = -1;
    if (rank)
        memcpy(z->dims, dims, sizeof *dims * (size_t)rank);
    z->n_args = n_args;
    z->arg = NEW_N(f->arena, Lazy *, n_args + 1);
    return z;
}

Lazy *lazy_scalar(Fn *f, Value *v)
{
    Lazy *z = lazy_new(f, LZ_SCALAR, (Elem)v->type.elem, 0, NULL, 0);
    z->value = v;
    return z;
}

Lazy *lazy_array(Fn *f, Value *array, int rank, Value *const *dims)
{
    Lazy *z = lazy_new(f, LZ_ARRAY, (Elem)array->type.elem, rank, dims, 0);
    z->st = array->type.st;
    z->value = array;
    z->n = rank;
    for (int i = 0; i < rank; i++)
        z->ax[i] = (AxisSpec){.len = dims[i], .whole = true};
    return z;
}

Lazy *lazy_of_place(Fn *f, const Place *p)
{
    Lazy *z = lazy_new(f, LZ_ARRAY, (Elem)p->item.elem, p->rank, p->dims, 0);
    z->st = p->item.st;
    z->value = p->var->cur;
    z->n = p->n;
    memcpy(z->ax, p->ax, sizeof *p->ax * (size_t)p->n);
    return z;
}

Lazy *lazy_op(Fn *f, OpCode op, Elem elem, int n, Lazy *const *args)
{
    const Lazy *shape = args[0];
    for (int i = 0; i < n && shape->rank == 0; i++)
        shape = args[i];
    Lazy *z = lazy_new(f, LZ_OP, elem, shape->rank, shape->dims, n);
    z->op = op;
    memcpy(z->arg, args, sizeof *args * (size_t)n);
    return z;
}

// ---- asking

const Value *array_base(const Value *v)
{
    const Value *root = v->root;
    while (root->def && (root->def->code == OP_slice || root->def->code == OP_reshape))
        root = root->def->in[0]->root;
    return root;
}

bool lazy_mentions(const Lazy *z, const Value *array)
{
    if (z->kind == LZ_ARRAY && array_base(z->value) == array_base(array))
        return true;
    if (z->expr && expr_mentions(z->expr, array))
        return true;
    if (z->call && call_mentions(z->call, array))
        return true;
    for (int i = 0; i < z->n_args; i++)
        if (lazy_mentions(z->arg[i], array))
            return true;
    return false;
}

static bool same_axes(const AxisSpec *a, int n, const AxisSpec *b, int m)
{
    if (n != m)
        return false;
    for (int i = 0; i < n; i++) {
        bool lo = a[i].lo && b[i].lo ? same_index(a[i].lo, b[i].lo) : a[i].lo == b[i].lo;
        if (!a[i].at != !b[i].at || (a[i].at && !same_index(a[i].at, b[i].at)) || !lo)
            return false;
    }
    return true;
}

// The first index behind an axis, as hi + after; NULL, and after -1, where it is not known.
static const Value *end_of_axis(const AxisSpec *ax, int64_t *after)
{
    int64_t lo, len;
    *after = ax->at ? 1 : 0;
    if (ax->at || !ax->lo)
        return ax->at ? ax->at : ax->len;
    const Op *op = ax->len->def;
    if (op && op->code == OP_isub && op->in[1] == ax->lo)
        return op->in[0];
    bool known = ir_is_int_const(ax->lo, &lo) && ir_is_int_const(ax->len, &len);
    *after = known ? lo + len : -1;
    return NULL;
}

static bool axis_before(const AxisSpec *a, const AxisSpec *b)
{
    int64_t after;
    const Value *end = end_of_axis(a, &after);
    return after >= 0 && surely_before(end, after, b->at ? b->at : b->lo);
}

// Have two parts of one array surely nothing in common?
static bool disjoint_axes(const AxisSpec *a, int n, const AxisSpec *b, int m)
{
    for (int i = 0; i < n && i < m; i++)
        if (axis_before(&a[i], &b[i]) || axis_before(&b[i], &a[i]))
            return true;
    return false;
}

// Does the element of z at some index read p's variable at another index than the one of p that is written with it?
static bool reads_elsewhere(const Lazy *z, const Place *p)
{
    if (!lazy_mentions(z, p->var->cur))
        return false;
    if (z->kind == LZ_ARRAY && z->value == p->var->cur && p->item.elem != E_STRUCT)
        return !same_axes(z->ax, z->n, p->ax, p->n) && !disjoint_axes(z->ax, z->n, p->ax, p->n);
    if (z->kind == LZ_ARRAY)
        return z->value != p->var->cur || !same_axes(z->ax, z->n, p->ax, p->n);
    if (lazy_solves(z))
        return reads_elsewhere(z->arg[0], p);
    if (scan_of_elements(z) && place_whole(p))                  // element by element, in the order in which it writes
        return reads_elsewhere(z->arg[0], p);
    if (z->kind != LZ_OP && z->kind != LZ_WHERE)
        return true;
    for (int i = 0; i < z->n_args; i++)
        if (reads_elsewhere(z->arg[i], p))
            return true;
    return false;
}

bool lazy_is_plain(const Lazy *z)
{
    return z->kind == LZ_ARRAY && axes_contiguous(z->ax, z->n);
}

bool lazy_solves(const Lazy *z)
{
    return z->kind == LZ_MAKE && !z->call &&
           (z->builtin == BUILTIN_solve || z->builtin == BUILTIN_inv || z->builtin == BUILTIN_cholesky);
}

bool lazy_adds(const Lazy *z)
{
    return z->kind == LZ_MAKE && !z->call && z->builtin == BUILTIN_matmul;
}

int lazy_cost(const Lazy *z)
{
    enum { REDUCTION = 100 };
    int cost = z->kind == LZ_OP ? op_info[z->op].cost : z->kind == LZ_REDUCE ? REDUCTION : 0;
    for (int i = 0; i < z->n_args; i++)
        cost += lazy_cost(z->arg[i]);
    return cost;
}

// ---- one element

// The indices of the whole array, given those of the axes that are left.
static void at_axes(Fn *f, const AxisSpec *ax, int n, Value *const *idx, Value **full)
{
    int k = 0;
    for (int i = 0; i < n; i++)
        full[i] = ax[i].at ? ax[i].at : add_ints(f, ax[i].lo, idx[k++]);
}

static Value *element_of_array(Fn *f, const Lazy *z, Value *const *idx)
{
    Value *full[MAX_AXES];
    at_axes(f, z->ax, z->n, idx, full);
    return b_load(&f->b, z->value == f->from ? f->to : z->value, z->n, full);
}

static Value *element_of_op(Fn *f, const Lazy *z, Value *const *idx)
{
    Value *in[3];
    for (int i = 0; i < z->n_args; i++)
        in[i] = lazy_at(f, z->arg[i], idx);
    return b_scalar(&f->b, z->op, in);
}

static Value *element_of_where(Fn *f, const Lazy *z, Value *const *idx)
{
    Value *cond = lazy_at(f, z->arg[0], idx), *out;
    if (z->elem != E_REAL && z->arg[1]->kind == LZ_SCALAR && z->arg[2]->kind == LZ_SCALAR)
        return scalar_select(f, cond, z->arg[1]->value, z->arg[2]->value);
    Branch br = choice_begin(f, cond, (VarSet){0});
    Value *yes = lazy_at(f, z->arg[1], idx);
    branch_else(f, &br);
    Value *no = lazy_at(f, z->arg[2], idx);
    branch_end(f, &br, 1, &yes, &no, &out);
    return out;
}

Value *zero_of(Fn *f, Elem e)
{
    return e == E_REAL || e == E_STRUCT ? b_real(&f->b, 0.0) : e == E_INT ? b_int(&f->b, 0) : b_bool(&f->b, false);
}

static Value *element_of_diag(Fn *f, const Lazy *z, Value *const *idx)
{
    Value *on = b_2(&f->b, OP_ieq, idx[0], idx[1]), *out;
    Branch br = choice_begin(f, on, (VarSet){0});
    Value *yes = lazy_at(f, z->arg[0], idx);
    branch_else(f, &br);
    Value *no = zero_of(f, z->elem);
    branch_end(f, &br, 1, &yes, &no, &out);
    return out;
}

static void swap_scalars(const Lazy *z)                          // what they hold and what they had
{
    for (int i = 0; i < z->named.n; i++) {
        Var *v = z->named.at[i];
        Value *now = v->cur;
        if (type_is_linear(v->type))
            continue;
        v->cur = z->had[i];
        z->had[i] = now;
    }
}

// A call on the right may have changed a variable since. Of arrays there is one version at a time: lazy_keep sees to them.
static Value *element_of_expr(Fn *f, const Lazy *z)
{
    swap_scalars(z);
    Value *v = lower_scalar(f, z->expr);
    swap_scalars(z);
    return v;
}

Value *lazy_at(Fn *f, const Lazy *z, Value *const *idx)
{
    Value *at[MAX_RANK];
    switch (z->kind) {
    case LZ_SCALAR:    return z->value;
    case LZ_EXPR:      return element_of_expr(f, z);
    case LZ_ARRAY:     return element_of_array(f, z, idx);
    case LZ_OP:        return element_of_op(f, z, idx);
    case LZ_WHERE:     return element_of_where(f, z, idx);
    case LZ_DIAG:      return element_of_diag(f, z, idx);
    case LZ_IOTA:      return idx[0];
    case LZ_REDUCE:    return reduce_at(f, z, idx);
    case LZ_TRANSPOSE: return lazy_at(f, z->arg[0], (Value *[]){idx[1], idx[0]});
    case LZ_DIAGONAL:  return lazy_at(f, z->arg[0], (Value *[]){idx[0], idx[0]});
    case LZ_SUB:
        at_axes(f, z->ax, z->n, idx, at);
        return lazy_at(f, z->arg[0], at);
    case LZ_OUTER: {
        Value *a = lazy_at(f, z->arg[0], idx);
        return b_2(&f->b, OP_mul, a, lazy_at(f, z->arg[1], idx + 1));
    }
    case LZ_EYE: {
        Value *on = b_2(&f->b, OP_ieq, idx[0], idx[1]), *one = b_real(&f->b, 1.0);
        return scalar_select(f, on, one, b_real(&f->b, 0.0));
    }
    default:
        assert(0 && "this is written whole, not by elements");
        return NULL;
    }
}

// ---- loops

Nest nest_begin(Fn *f, int rank, Value *const *dims, int n, Value *const *init, const char *const *names)
{
    static const char *const index_names[MAX_RANK] = {"i", "j", "k", "l", "i2", "j2", "k2", "l2"};
    Nest nest = {.rank = rank, .n = n, .carried = NEW_N(f->arena, Value *, n + 1)};
    for (int i = 0; i < n; i++)
        nest.carried[i] = init[i];
    for (int k = 0; k < rank; k++) {
        Op *op = b_loop(&f->b, int_const(f, 0), dims[k], 1, false, n, nest.carried);
        nest.loop[k] = op;
        nest.outer[k] = f->b.at;
        nest.idx[k] = loop_index(op);
        nest.idx[k]->name = index_names[k];
        for (int i = 0; i < n; i++) {
            nest.carried[i] = loop_arg(op, i);
            nest.carried[i]->name = op->out[i]->name = names[i];
        }
        f->b.at = op->regions[0];
    }
    return nest;
}

void nest_end(Fn *f, Nest *nest, Value *const *yields)
{
    for (int i = 0; i < nest->n; i++)
        nest->carried[i] = yields[i];
    for (int k = nest->rank - 1; k >= 0; k--) {
        ir_yield(&f->b, nest->n, nest->carried);
        f->b.at = nest->outer[k];
        for (int i = 0; i < nest->n; i++)
            nest->carried[i] = nest->loop[k]->out[i];
    }
}

// ---- writing

Value *new_array(Fn *f, Elem elem, int rank, Value *const *dims, const char *name)
{
    return b_new(&f->b, elem, rank, dims, false, name);
}

Value *new_item_array(Fn *f, Type item, int rank, Value *const *dims, bool zero, const char *name)
{
    return b_new_like(&f->b, type_like(item, rank), dims, zero, name);
}

static Type item_of(const Lazy *z)
{
    return (Type){.kind = K_SCALAR, .elem = (unsigned char)z->elem, .st = z->st};
}

Value *write_loops(Fn *f, const Lazy *z, Value *dest, const AxisSpec *ax, int n, int rank, Value *const *dims)
{
    Value *from = f->from, *to = f->to, *full[MAX_AXES];
    Nest nest = nest_begin(f, rank, dims, 1, &dest, (const char *[]){dest->name});
    f->from = dest;
    f->to = nest.carried[0];
    Value *v = lazy_at(f, z, nest.idx);
    at_axes(f, ax, n, nest.idx, full);
    Value *next = b_store(&f->b, nest.carried[0], n, full, v);
    f->from = from;
    f->to = to;
    nest_end(f, &nest, &next);
    return nest.carried[0];
}

Value *write_into(Fn *f, Lazy *z, Value *dest, int rank, Value *const *dims)
{
    if (lazy_is_choice(z))
        return choice_into(f, z, dest, rank, dims);
    if (z->kind == LZ_MAKE)
        return z->call ? make_call(f, z, dest) : make_builtin(f, z, dest);
    if (z->kind == LZ_SCALAR)
        return b_fill(&f->b, dest, z->value);
    if (lazy_is_plain(z))
        return b_copy_to(&f->b, dest, lazy_value(f, z));
    AxisSpec ax[MAX_AXES] = {0};
    return write_loops(f, z, dest, ax, rank, rank, dims);
}

// The part of a that the axes say, which are contiguous.
static Value *view_of(Fn *f, Value *a, const AxisSpec *ax, int n_axes)
{
    Value *idx[MAX_AXES];
    int n = 0;
    while (n < n_axes && ax[n].at) {
        idx[n] = ax[n].at;
        n++;
    }
    if (n == n_axes || ax[n].whole)
        return b_slice(&f->b, a, n, idx, NULL, NULL);
    Value *lo = ax[n].lo ? ax[n].lo : int_const(f, 0);
    return b_slice(&f->b, a, n, idx, lo, ax[n].len);
}

// dest's next version, with z, which may also be a call, in the part of it that the axes say, which are contiguous.
static Value *write_part(Fn *f, Value *dest, const AxisSpec *ax, int n_axes, int rank, Lazy *z)
{
    Value *in[MAX_AXES + 2];
    Path path = {.rank = rank};
    int n = 0;
    while (path.n_idx < n_axes && ax[path.n_idx].at)
        in[n++] = ax[path.n_idx++].at;
    path.has_range = path.n_idx < n_axes && !ax[path.n_idx].whole;
    if (path.has_range) {
        in[n++] = ax[path.n_idx].lo ? ax[path.n_idx].lo : int_const(f, 0);
        in[n++] = ax[path.n_idx].len;
    }
    if (n == 0)
        return write_into(f, z, dest, rank, z->dims);
    Op *op = b_within(&f->b, dest, 1, &path, n, in, 0, NULL);
    Region *outer = f->b.at;
    f->b.at = op->regions[0];
    Value *part = write_into(f, z, op->regions[0]->args.at[0], rank, z->dims);
    ir_yield(&f->b, 1, &part);
    b_within_end(op);
    f->b.at = outer;
    return op->out[0];
}

static void fix_axes(Fn *f, const AxisSpec *ax, int n, Value *const *idx, AxisSpec *fixed)
{
    Value *full[MAX_AXES];
    at_axes(f, ax, n, idx, full);
    for (int i = 0; i < n; i++)
        fixed[i] = (AxisSpec){.at = full[i]};
}

// p = z, structs: parts that lie in one piece at once, others struct by struct. z is LZ_ARRAY and not part of p's variable.
static void write_structs(Fn *f, const Place *p, Lazy *z)
{
    Var *v = p->var;
    if (lazy_is_plain(z) && axes_contiguous(p->ax, p->n)) {
        v->cur = write_part(f, v->cur, p->ax, p->n, p->rank, lazy_array(f, lazy_value(f, z), z->rank, z->dims));
        return;
    }
    AxisSpec to[MAX_AXES], from[MAX_AXES];
    Nest nest = nest_begin(f, p->rank, p->dims, 1, &v->cur, (const char *[]){v->cur->name});
    fix_axes(f, p->ax, p->n, nest.idx, to);
    fix_axes(f, z->ax, z->n, nest.idx, from);
    Lazy *one = lazy_array(f, view_of(f, z->value, from, z->n), 0, NULL);
    Value *next = write_part(f, nest.carried[0], to, p->n, 0, one);
    nest_end(f, &nest, &next);
    v->cur = nest.carried[0];
}

// C += A * B, with C read and written in place.
static bool add_product(Fn *f, const Place *p, Lazy *z)
{
    if (z->kind != LZ_OP || z->op != OP_add || z->arg[1]->kind != LZ_MAKE)
        return false;
    Lazy *product = z->arg[1];
    assert(product->builtin == BUILTIN_matmul);
    if (!place_whole(p) || lazy_mentions(product, p->var->cur)) {
        z->arg[1] = lazy_copy(f, product);
        return false;
    }
    product->axis = 0;                                          // add to what is there
    p->var->cur = make_builtin(f, product, p->var->cur);
    return true;
}

void write_place(Fn *f, const Place *p, Lazy *z)
{
    Var *v = p->var;
    if (lazy_is_choice(z)) {
        choice_write(f, p, z);
        return;
    }
    if (add_product(f, p, z))
        return;
    if (z->kind == LZ_ARRAY && z->value == v->cur && same_axes(z->ax, z->n, p->ax, p->n))
        return;                                                 // a = a
    bool call = z->kind == LZ_MAKE && z->call && z->elem == E_STRUCT && call_only_reads(z->call);
    if (call && axes_contiguous(p->ax, p->n) && !lazy_mentions(z, v->cur)) {
        v->cur = write_part(f, v->cur, p->ax, p->n, p->rank, z);
        return;
    }
    if (reads_elsewhere(z, p) || (z->kind == LZ_MAKE && !place_whole(p)))
        z = lazy_copy(f, z);
    if (p->item.elem == E_STRUCT && z->kind == LZ_ARRAY) {
        write_structs(f, p, z);
        return;
    }
    if (place_whole(p) && (z->kind == LZ_MAKE || z->kind == LZ_SCALAR || lazy_is_plain(z)))
        v->cur = write_into(f, z, v->cur, p->rank, p->dims);
    else
        v->cur = write_loops(f, z, v->cur, p->ax, p->n, p->rank, p->dims);
}

Lazy *lazy_copy(Fn *f, Lazy *z)
{
    if (z->rank == 0 && z->elem != E_STRUCT)
        return z;
    if (lazy_is_plain(z))
        return lazy_array(f, b_copy(&f->b, lazy_value(f, z), NULL), z->rank, z->dims);
    Value *dest = new_item_array(f, item_of(z), z->rank, z->dims, lazy_adds(z), NULL);
    if (z->elem == E_STRUCT && z->kind == LZ_ARRAY) {
        Var *v = var_new(f, NULL, dest->type);
        v->cur = dest;
        memcpy(v->dims, z->dims, sizeof z->dims);
        Place p = place_of_var(v);
        write_structs(f, &p, z);
        return lazy_array(f, v->cur, z->rank, z->dims);
    }
    return lazy_array(f, write_into(f, z, dest, z->rank, z->dims), z->rank, z->dims);
}

Lazy *lazy_settle(Fn *f, Lazy *z)
{
    return z->kind == LZ_SCALAR || z->kind == LZ_ARRAY ? z : lazy_copy(f, z);
}

Value *lazy_value(Fn *f, Lazy *z)
{
    if (!lazy_is_plain(z))
        return lazy_copy(f, z)->value;
    return view_of(f, z->value, z->ax, z->n);
}

void lazy_keep(Fn *f, Lazy **z, int n, Expr *next)
{
    VarSet assigned = assigned_in(f, next);
    for (int k = 0; k < assigned.n; k++)
        for (int i = 0; i < n; i++)
            if (type_is_linear(assigned.at[k]->type) && lazy_mentions(z[i], assigned.at[k]->cur))
                z[i] = lazy_copy(f, z[i]);
}

// ---- initialisers

// Item i of a place: the i-th element of an array, field i of a struct.
static Place item_place(Fn *f, const Place *of, const Expr *braces, int i)
{
    Place p = *of;
    if (p.rank == 0) {
        place_field(f, &p, braces->type.decl, i);
        return p;
    }
    int k = 0;
    while (p.ax[k].at)
        k++;
    p.ax[k] = (AxisSpec){.at = int_const(f, i)};
    p.rank--;
    memmove(p.dims, p.dims + 1, sizeof *p.dims * (size_t)p.rank);
    return p;
}

static void write_braces(Fn *f, const Place *to, Expr *e)
{
    if (e->check_shape) {
        Value *n = int_const(f, e->braces.items.n), *have = to->dims[0];
        b_check(&f->b, "shape", source_text(f, e), b_2(&f->b, OP_ile, n, have), 2, (Value *[]){n, have});
    }
    for (int i = 0; i < e->braces.items.n; i++) {
        Expr *at = e->braces.items.at[i];
        Place p = item_place(f, to, e, i);
        if (at->kind == EXPR_BRACES) {
            write_braces(f, &p, at);
            continue;
        }
        if (place_is_scalar(&p)) {
            place_store(f, &p, lower_scalar(f, at));
            continue;
        }
        Lazy *z = lower_array(f, at);
        test_shapes(f, at, p.rank, z->dims, p.dims);
        write_place(f, &p, z);
    }
}

void initialise(Fn *f, Var *v, Expr *init)
{
    Place p = place_of_var(v);
    if (init->kind == EXPR_BRACES) {
        write_braces(f, &p, init);
        return;
    }
    Lazy *z = lower_any(f, init);
    test_value(f, init, z, &p);
    write_place(f, &p, z);
}

static Lazy *array_braces(Fn *f, Expr *e)                       // where it is no initialiser, its size is constant
{
    Value *dims[MAX_RANK];
    shape_of(f, e, dims);
    Var *v = var_new(f, NULL, type_of(e->type));
    memcpy(v->dims, dims, sizeof dims);
    v->cur = new_item_array(f, v->type, v->type.rank, dims, true, NULL);
    initialise(f, v, e);
    return lazy_array(f, v->cur, v->type.rank, v->dims);
}

// ---- shapes

void test_shapes(Fn *f, Expr *e, int rank, Value *const *have, Value *const *want)
{
    for (int i = 0; i < rank && e->check_shape; i++)
        test_shape(f, e, have[i], want[i]);
}

void test_value(Fn *f, Expr *e, const Lazy *z, const Place *p)
{
    if (z->rank && !lazy_is_choice(z))
        test_shapes(f, e, p->rank, z->dims, p->dims);
}

static Expr *array_side(Expr *a, Expr *b)
{
    return a->type.rank ? a : b;
}

static void index_shape(Fn *f, Expr *e, Value **dims)
{
    Value *base[MAX_RANK];
    AxisSpec ax[MAX_RANK] = {0};
    int n = e->index.base->type.rank, rank;
    shape_of(f, e->index.base, base);
    for (int i = 0; i < n; i++)
        ax[i] = (AxisSpec){.len = base[i], .whole = true};
    bool untested = f->untested;
    f->untested = true;                                         // it may never be evaluated, and is tested where it is
    narrow_axes(f, e, ax, n, &rank, dims);
    f->untested = untested;
}

void shape_of(Fn *f, Expr *e, Value **dims)
{
    bool constant = true;
    for (int i = 0; i < e->type.rank; i++)
        constant = constant && e->type.dims[i]->is_const;
    if (constant) {
        for (int i = 0; i < e->type.rank; i++)
            dims[i] = int_const(f, e->type.dims[i]->value);
        return;
    }
    switch (e->kind) {
    case EXPR_NAME:
        memcpy(dims, var_of(f, e->name.sym)->dims, sizeof *dims * (size_t)e->type.rank);
        break;
    case EXPR_UNARY:
        shape_of(f, e->unary.operand, dims);
        break;
    case EXPR_BINARY:
        shape_of(f, array_side(e->binary.left, e->binary.right), dims);
        break;
    case EXPR_COND:
        shape_of(f, e->cond.yes, dims);
        break;
    case EXPR_CAST:
        shape_of(f, e->cast.operand, dims);
        break;
    case EXPR_INDEX:
        index_shape(f, e, dims);
        break;
    case EXPR_CALL:
        if (e->call.callee)
            call_shape(f, e, dims);
        else
            builtin_shape(f, e, dims);
        break;
    default:
        assert(0 && "an array of no known shape");
        break;
    }
}

// ---- expressions

static Lazy *array_name(Fn *f, Expr *e)
{
    Symbol *sym = e->name.sym;
    if (sym->kind == SYM_CONST) {
        Value *dims[MAX_RANK];
        for (int i = 0; i < sym->type.rank; i++)
            dims[i] = int_const(f, sym->type.dims[i]->value);
        return lazy_array(f, const_array_value(f, sym), sym->type.rank, dims);
    }
    Var *v = var_of(f, sym);
    return lazy_array(f, v->cur, v->type.rank, v->dims);
}

static Lazy *array_unary(Fn *f, Expr *e)
{
    Lazy *z = lower_operand(f, e->unary.operand);
    switch (e->unary.op) {
    case UN_NEG:    return lazy_op(f, z->elem == E_REAL ? OP_neg : OP_ineg, z->elem, 1, &z);
    case UN_NOT:    return lazy_op(f, OP_not, z->elem, 1, &z);
    case UN_BITNOT: return lazy_op(f, OP_inot, z->elem, 1, &z);
    default:        return z;
    }
}

static Lazy *array_binary(Fn *f, Expr *e)
{
    Lazy *z[2] = {lower_operand(f, e->binary.left), NULL};
    lazy_keep(f, z, 1, e->binary.right);
    z[1] = lower_operand(f, e->binary.right);
    if (z[0]->rank && z[1]->rank)
        test_shapes(f, e->binary.right, z[1]->rank, z[1]->dims, z[0]->dims);
    return lazy_op(f, binary_code(e->binary.op, z[0]->elem), elem_of(e->type.elem), 2, z);
}

static Lazy *array_index(Fn *f, Expr *e)
{
    Lazy *base = lower_operand(f, e->index.base), *z;
    for (int i = 0; i < e->index.axes.n; i++) {
        const Axis *at = &e->index.axes.at[i];
        Expr *parts[] = {at->index, at->lo, at->hi};
        for (int k = 0; k < 3; k++)
            if (parts[k])
                lazy_keep(f, &base, 1, parts[k]);
    }
    if (base->kind == LZ_ARRAY) {
        z = NEW(f->arena, Lazy);
        *z = *base;
    } else {
        z = lazy_new(f, LZ_SUB, base->elem, 0, NULL, 1);
        z->arg[0] = base;
        z->n = base->rank;
        for (int i = 0; i < z->n; i++)
            z->ax[i] = (AxisSpec){.len = base->dims[i], .whole = true};
    }
    narrow_axes(f, e, z->ax, z->n, &z->rank, z->dims);
    return z;
}

static Lazy *array_field(Fn *f, Expr *e)
{
    Lazy *base = lower_operand(f, e->field.base), *z = NEW(f->arena, Lazy);
    Type item;
    *z = *base;                                                 // structs are there: LZ_ARRAY
    narrow_field(f, e->field.base->type.decl, e->field.number, base->value->type, z->ax, &z->n, &z->rank, z->dims, &item);
    z->elem = (Elem)item.elem;
    z->st = item.st;
    return z;
}

static Lazy *array_cast(Fn *f, Expr *e)
{
    Lazy *z = lower_operand(f, e->cast.operand);
    if (elem_of(e->cast.to) == z->elem)
        return z;
    return z->elem == E_REAL ? lazy_op(f, OP_rtoi, E_INT, 1, &z) : lazy_op(f, OP_itor, E_REAL, 1, &z);
}

static Lazy *plain_array(Fn *f, Expr *e)
{
    switch (e->kind) {
    case EXPR_NAME:   return array_name(f, e);
    case EXPR_UNARY:  return array_unary(f, e);
    case EXPR_BINARY: return array_binary(f, e);
    case EXPR_COND:   return choice_array(f, e);
    case EXPR_INDEX:  return array_index(f, e);
    case EXPR_FIELD:  return array_field(f, e);
    case EXPR_CAST:   return array_cast(f, e);
    case EXPR_BRACES: return array_braces(f, e);
    case EXPR_CALL:   return e->call.callee ? call_array(f, e) : builtin_array(f, e);
    default:
        assert(0 && "an array expression that was not to get here");
        return NULL;
    }
}

Lazy *lazy_made(Fn *f, Lazy *z)
{
    if (z->kind != LZ_MAKE)
        return z;
    return lazy_is_choice(z) ? choice_operand(f, z) : lazy_copy(f, z);
}

Lazy *lower_array(Fn *f, Expr *e)
{
    Lazy *z = plain_array(f, e);
    if (e->convert != ELEM_REAL || z->elem == E_REAL)
        return z;
    z = lazy_made(f, z);
    return lazy_op(f, OP_itor, E_REAL, 1, &z);
}

Lazy *lower_any(Fn *f, Expr *e)
{
    return is_aggregate(e->type) ? lower_array(f, e) : lazy_scalar(f, lower_scalar(f, e));
}

Lazy *lower_operand(Fn *f, Expr *e)
{
    return lazy_made(f, lower_any(f, e));
}
