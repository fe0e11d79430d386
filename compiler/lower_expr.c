// lower_expr.c — scalar expressions, and places: variables and parts of them.
//
// In: checked scalar expressions. Out: one op per operator, in the order of evaluation, none simplified.
//
//     2.0 * x[i] + n     add (mul 2.0, (load x[i])), (itor n)
//     i < n && x[i] > 0  if (ilt i, n) { yield (gt (load x[i]), 0.0) } else { yield false }
//     a > b && c         and (gt a, b), c           nothing on the right to skip
//
// A real `?:` with anything to compute is a branch, so that the arm not taken contributes nothing to a derivative.
#include "lower_internal.h"

#include <assert.h>
#include <math.h>

// ---- constants

Value *int_const(Fn *f, int64_t x)
{
    return b_int(&f->b, x);
}

Value *constant_value(Fn *f, Constant c, Elem want)
{
    if (c.elem == ELEM_BOOL)
        return b_bool(&f->b, c.i != 0);
    if (c.elem == ELEM_INT && want == E_INT)
        return b_int(&f->b, c.i);
    double x = c.elem == ELEM_INT ? (double)c.i : c.r;
    if (c.elem == ELEM_INT)
        return b_real_text(&f->b, x, arena_printf(f->arena, "%lld.0", (long long)c.i));
    return b_real(&f->b, f->l->options.real_float ? (double)(float)x : x);
}

static Elem elem_wanted(const Expr *e)
{
    return e->convert == ELEM_REAL ? E_REAL : elem_of(e->type.elem);
}

// A real constant by its name.
static Value *named(Fn *f, const Expr *e)
{
    double x = e->value.elem == ELEM_REAL ? e->value.r : (double)e->value.i;
    return b_real_text(&f->b, f->l->options.real_float ? (double)(float)x : x, const_real_name(f, e->name.sym));
}

// A real literal, a negated one, or the user's constant: spelt as it was.
static Value *literal(Fn *f, const Expr *e)
{
    if (e->kind == EXPR_REAL)
        return b_real_text(&f->b, e->real.value, e->real.text);
    if (e->kind == EXPR_UNARY && e->unary.op == UN_NEG && e->unary.operand->kind == EXPR_REAL) {
        const Expr *x = e->unary.operand;
        return b_real_text(&f->b, -x->real.value, arena_printf(f->arena, "-%s", x->real.text));
    }
    bool mine = e->kind == EXPR_NAME && e->name.sym->kind == SYM_CONST && e->name.sym->decl;
    return mine ? named(f, e) : NULL;
}

// The value of a constant expression, or NULL where it is better computed as it was written.
static Value *known(Fn *f, const Expr *e)
{
    if (!e->value.known || e->type.rank > 0 || (e->kind == EXPR_NAME && e->name.sym->kind != SYM_CONST))
        return NULL;
    if (e->value.elem != ELEM_REAL)
        return constant_value(f, e->value, elem_wanted(e));
    Value *v = literal(f, e);
    if (v)
        return v;
    return e->kind == EXPR_NAME ? constant_value(f, e->value, E_REAL) : NULL;
}

// ---- small things

// The same operation on the same: of ints, or an element of one version of an array.
static bool same_computation(const Value *a, const Value *b, int depth)
{
    int64_t x, y;
    if (!a || !b || a == b)
        return a == b;
    const Value *p = ir_base_of(a, &x), *q = ir_base_of(b, &y);
    if (x != y || p == q || !p || !q)
        return x == y && p == q;
    const Op *op = p->def, *other = q->def;
    if (depth == 0 || !op || !other || op->code != other->code || op->n_in != other->n_in ||
        !(op_is_scalar(op->code) || op->code == OP_load))
        return false;
    for (int i = 0; i < op->n_in; i++)
        if (type_is_linear(op->in[i]->type) ? op->in[i] != other->in[i] : !same_computation(op->in[i], other->in[i], depth - 1))
            return false;
    return true;
}

bool same_index(const Value *a, const Value *b)
{
    enum { DEPTH = 4 };
    return same_computation(a, b, DEPTH);
}

bool surely_before(const Value *a, int64_t after, const Value *b)
{
    int64_t x, y;
    const Value *p = a ? ir_base_of(a, &x) : NULL, *q = b ? ir_base_of(b, &y) : NULL;
    x = a ? x : 0;
    y = b ? y : 0;
    return (p == q || (p && q && same_index(p, q))) && x + after <= y;
}

Value *add_ints(Fn *f, Value *a, Value *b)
{
    if (!a || ir_is_zero(a))
        return b;
    return !b || ir_is_zero(b) ? a : b_2(&f->b, OP_iadd, a, b);
}

void give_name(Fn *f, Value *v, const char *name)
{
    if (!v->name && v->def && v->region == f->b.at && v->def->n_in > 0)
        v->name = name;
}

bool is_trivial(const Expr *e)
{
    if (e->type.rank > 0)
        return false;
    if (e->value.known && e->value.elem != ELEM_REAL)
        return true;
    switch (e->kind) {
    case EXPR_NAME:
        return e->name.sym->kind != SYM_CONST || e->name.sym->value.known;
    case EXPR_INT:
    case EXPR_REAL:
    case EXPR_BOOL:
        return true;
    case EXPR_UNARY:
        return e->unary.operand->kind == EXPR_REAL;
    default:
        return false;
    }
}

// May this bool be computed although it is not wanted? Comparisons of what is there, and && || ! of such.
static bool is_free(const Expr *e)
{
    if (is_trivial(e))
        return true;
    if (e->kind == EXPR_UNARY)
        return e->unary.op == UN_NOT && is_free(e->unary.operand);
    if (e->kind != EXPR_BINARY || e->type.rank > 0 || e->type.elem != ELEM_BOOL)
        return false;
    const Expr *l = e->binary.left, *r = e->binary.right;
    if (e->binary.op == BIN_AND || e->binary.op == BIN_OR)
        return is_free(l) && is_free(r);
    return is_trivial(l) && is_trivial(r);
}

Value *scalar_select(Fn *f, Value *cond, Value *yes, Value *no)
{
    static const OpCode codes[] = {[E_REAL] = OP_sel, [E_INT] = OP_isel, [E_BOOL] = OP_bsel};
    return b_3(&f->b, codes[yes->type.elem], cond, yes, no);
}

// ---- operators

OpCode binary_code(BinaryOp op, Elem elem)
{
    static const OpCode codes[][3] = {                          // by Elem: real, int, bool
        [BIN_ADD] = {OP_add, OP_iadd, OP_COUNT},         [BIN_SUB] = {OP_sub, OP_isub, OP_COUNT},
        [BIN_MUL] = {OP_mul, OP_imul, OP_COUNT},         [BIN_DIV] = {OP_div, OP_idiv, OP_COUNT},
        [BIN_REM] = {OP_COUNT, OP_imod, OP_COUNT},       [BIN_LT] = {OP_lt, OP_ilt, OP_COUNT},
        [BIN_LE] = {OP_le, OP_ile, OP_COUNT},            [BIN_GT] = {OP_gt, OP_igt, OP_COUNT},
        [BIN_GE] = {OP_ge, OP_ige, OP_COUNT},            [BIN_EQ] = {OP_eq, OP_ieq, OP_beq},
        [BIN_NE] = {OP_ne, OP_ine, OP_bne},              [BIN_AND] = {OP_COUNT, OP_COUNT, OP_and},
        [BIN_OR] = {OP_COUNT, OP_COUNT, OP_or},          [BIN_BITAND] = {OP_COUNT, OP_iand, OP_COUNT},
        [BIN_BITOR] = {OP_COUNT, OP_ior, OP_COUNT},      [BIN_BITXOR] = {OP_COUNT, OP_ixor, OP_COUNT},
        [BIN_SHL] = {OP_COUNT, OP_ishl, OP_COUNT},       [BIN_SHR] = {OP_COUNT, OP_ishr, OP_COUNT},
    };
    assert(codes[op][elem] != OP_COUNT);
    return codes[op][elem];
}

static Value *lower_logic(Fn *f, Expr *e)                       // && and ||
{
    bool is_and = e->binary.op == BIN_AND;
    Value *left = lower_scalar(f, e->binary.left), *out;
    if (is_free(e->binary.right))
        return b_2(&f->b, is_and ? OP_and : OP_or, left, lower_scalar(f, e->binary.right));
    Branch br = choice_begin(f, left, assigned_in(f, e->binary.right));
    Value *yes = is_and ? lower_scalar(f, e->binary.right) : b_bool(&f->b, true);
    branch_else(f, &br);
    Value *no = is_and ? b_bool(&f->b, false) : lower_scalar(f, e->binary.right);
    branch_end(f, &br, 1, &yes, &no, &out);
    return out;
}

static Value *lower_binary(Fn *f, Expr *e)
{
    if (e->binary.op == BIN_AND || e->binary.op == BIN_OR)
        return lower_logic(f, e);
    Value *a = lower_scalar(f, e->binary.left);
    Value *b = lower_scalar(f, e->binary.right);
    return b_2(&f->b, binary_code(e->binary.op, (Elem)a->type.elem), a, b);
}

static Value *lower_unary(Fn *f, Expr *e)
{
    Value *v = lower_scalar(f, e->unary.operand);
    switch (e->unary.op) {
    case UN_NEG:    return b_1(&f->b, v->type.elem == E_REAL ? OP_neg : OP_ineg, v);
    case UN_PLUS:   return v;
    case UN_NOT:    return b_1(&f->b, OP_not, v);
    case UN_BITNOT: return b_1(&f->b, OP_inot, v);
    }
    return v;
}

static bool is_constant(const Expr *e)
{
    return is_trivial(e) && e->value.known;
}

// c ? yes : no, and where(c, yes, no)
static Value *lower_choice(Fn *f, Expr *cond, Expr *yes, Expr *no)
{
    Value *c = lower_scalar(f, cond), *out;
    bool real = elem_wanted(yes) == E_REAL;
    if (real ? is_constant(yes) && is_constant(no) : is_trivial(yes) && is_trivial(no)) {
        Value *a = lower_scalar(f, yes);
        return scalar_select(f, c, a, lower_scalar(f, no));
    }
    Branch br = choice_begin(f, c, set_join(f, assigned_in(f, yes), assigned_in(f, no)));
    Value *a = lower_scalar(f, yes);
    branch_else(f, &br);
    Value *b = lower_scalar(f, no);
    branch_end(f, &br, 1, &a, &b, &out);
    return out;
}

static Value *lower_cast(Fn *f, Expr *e)
{
    Value *v = lower_scalar(f, e->cast.operand);
    if (e->cast.to == ELEM_REAL)
        return v->type.elem == E_REAL ? v : b_1(&f->b, OP_itor, v);
    return v->type.elem == E_INT ? v : b_1(&f->b, OP_rtoi, v);
}

// ---- names and elements

static Value *lower_name(Fn *f, Expr *e)
{
    Symbol *sym = e->name.sym;
    if (sym->kind == SYM_CONST && sym->value.known)
        return constant_value(f, sym->value, elem_of(sym->type.elem));
    if (sym->kind == SYM_CONST)
        return lower_scalar(f, sym->decl->init);
    if (f->sizes_of && sym->kind == SYM_PARAM)
        return f->size_args[sym->index];
    Var *v = var_of(f, sym);
    if (!v->cur)                                                // only where it cannot be reached
        return b_undef(&f->b, v->type);
    return v->cur;
}

static bool is_variable_part(const Expr *e)
{
    while (e->kind == EXPR_INDEX || e->kind == EXPR_FIELD)
        e = e->kind == EXPR_INDEX ? e->index.base : e->field.base;
    return e->kind == EXPR_NAME && e->name.sym->kind != SYM_CONST;
}

static Value *lower_element(Fn *f, Expr *e)
{
    if (is_variable_part(e)) {
        Place p = lower_place(f, e);
        return place_load(f, &p);
    }
    return lazy_at(f, lower_array(f, e), NULL);                 // of rank 0
}

static Value *plain_scalar(Fn *f, Expr *e)
{
    switch (e->kind) {
    case EXPR_INT:    return b_int(&f->b, e->int_.value);
    case EXPR_REAL:   return b_real_text(&f->b, e->real.value, e->real.text);
    case EXPR_BOOL:   return b_bool(&f->b, e->bool_.value);
    case EXPR_NAME:   return lower_name(f, e);
    case EXPR_UNARY:  return lower_unary(f, e);
    case EXPR_BINARY: return lower_binary(f, e);
    case EXPR_COND:   return lower_choice(f, e->cond.cond, e->cond.yes, e->cond.no);
    case EXPR_INDEX:
    case EXPR_FIELD:  return lower_element(f, e);
    case EXPR_CAST:   return lower_cast(f, e);
    case EXPR_CALL:
        if (e->call.callee)
            return call_scalar(f, e);
        if (e->call.builtin->id == BUILTIN_where)
            return lower_choice(f, e->call.args.at[0], e->call.args.at[1], e->call.args.at[2]);
        return builtin_scalar(f, e);
    default:
        assert(0 && "an expression that was not to get here");
        return NULL;
    }
}

Value *lower_scalar(Fn *f, Expr *e)
{
    assert(e->type.rank == 0);
    Value *v = known(f, e);
    if (v)
        return v;
    v = plain_scalar(f, e);
    return e->convert == ELEM_REAL && v->type.elem == E_INT ? b_1(&f->b, OP_itor, v) : v;
}

// ---- tests

void test_shape(Fn *f, const Expr *e, Value *have, Value *want)
{
    if (same_index(have, want))
        return;
    Value *ok = b_2(&f->b, OP_ieq, have, want);
    b_check(&f->b, "shape", source_text(f, e), ok, 2, (Value *[]){have, want});
}

static void test_index(Fn *f, const Expr *e, Value *at, Value *size)
{
    int64_t i, n;
    bool certain = ir_is_int_const(at, &i) && ir_is_int_const(size, &n) && i >= 0 && i < n;
    if (!under_check(f) || f->untested || certain)
        return;
    Value *above = b_2(&f->b, OP_ile, int_const(f, 0), at);
    Value *ok = b_2(&f->b, OP_and, above, b_2(&f->b, OP_ilt, at, size));
    b_check(&f->b, "index", source_text(f, e), ok, 2, (Value *[]){at, size});
}

static void test_slice(Fn *f, const Expr *e, Value *lo, Value *hi, Value *size)
{
    if (!under_check(f) || f->untested)
        return;
    lo = lo ? lo : int_const(f, 0);
    Value *ok = b_2(&f->b, OP_ile, int_const(f, 0), lo);
    ok = b_2(&f->b, OP_and, ok, b_2(&f->b, OP_ile, lo, hi));
    ok = b_2(&f->b, OP_and, ok, b_2(&f->b, OP_ile, hi, size));
    b_check(&f->b, "slice", source_text(f, e), ok, 3, (Value *[]){lo, hi, size});
}

// ---- places

bool axes_whole(const AxisSpec *ax, int n)
{
    for (int i = 0; i < n; i++)
        if (!ax[i].whole)
            return false;
    return true;
}

// Leading indices, then at most one range, then whole axes.
bool axes_contiguous(const AxisSpec *ax, int n)
{
    int i = 0;
    while (i < n && ax[i].at)
        i++;
    if (i < n)
        i++;
    return axes_whole(ax + i, n - i);
}

bool place_whole(const Place *p)
{
    return axes_whole(p->ax, p->n);
}

static AxisSpec narrow_slice(Fn *f, Expr *e, const Axis *by, AxisSpec ax)
{
    Value *lo = by->lo ? lower_scalar(f, by->lo) : NULL;
    Value *hi = by->hi ? lower_scalar(f, by->hi) : ax.len;
    if (!by->lo && !by->hi)
        return ax;
    test_slice(f, e, lo, hi, ax.len);
    Value *len = !lo || ir_is_zero(lo) ? hi : b_2(&f->b, OP_isub, hi, lo);
    return (AxisSpec){.lo = add_ints(f, ax.lo, lo), .len = len};
}

void narrow_axes(Fn *f, Expr *e, AxisSpec *ax, int n, int *rank, Value **dims)
{
    int k = 0;
    for (int i = 0; i < e->index.axes.n; i++, k++) {
        const Axis *by = &e->index.axes.at[i];
        while (ax[k].at)
            k++;
        assert(k < n);
        if (by->kind == AXIS_SLICE) {
            ax[k] = narrow_slice(f, e, by, ax[k]);
            continue;
        }
        Value *at = lower_scalar(f, by->index);
        test_index(f, e, at, ax[k].len);
        ax[k] = (AxisSpec){.at = add_ints(f, ax[k].lo, at)};
    }
    *rank = 0;
    for (int i = 0; i < n; i++)
        if (!ax[i].at)
            dims[(*rank)++] = ax[i].len;
}

void narrow_field(Fn *f, const StructDecl *decl, int k, Type t, AxisSpec *ax, int *n, int *rank, Value **dims, Type *item)
{
    int64_t outer = -1;
    if (*n > t.rank)                                            // it is a field itself
        ir_is_int_const(ax[t.rank].at, &outer);
    else
        ++*n;
    int number = struct_field(t.st, (int)outer, decl->fields.at[k]->sym->cname);
    const Field *to = &t.st->fields.at[number];
    ax[t.rank] = (AxisSpec){.at = int_const(f, number)};
    *rank = 0;
    for (int i = to->n_outer; i < to->rank; i++) {
        dims[*rank] = int_const(f, to->dims[i]);
        ax[(*n)++] = (AxisSpec){.len = dims[(*rank)++], .whole = true};
    }
    *item = (Type){.kind = K_SCALAR, .elem = (unsigned char)to->elem, .st = to->st};
}

void place_field(Fn *f, Place *p, const StructDecl *decl, int k)
{
    narrow_field(f, decl, k, p->var->type, p->ax, &p->n, &p->rank, p->dims, &p->item);
}

bool place_is_scalar(const Place *p)
{
    return p->rank == 0 && p->item.elem != E_STRUCT;
}

Place place_of_var(Var *v)
{
    Place p = {.var = v, .n = v->type.rank, .rank = v->type.rank, .item = v->type};
    p.item.kind = K_SCALAR;
    p.item.rank = 0;
    for (int i = 0; i < p.n; i++) {
        p.ax[i] = (AxisSpec){.len = v->dims[i], .whole = true};
        p.dims[i] = v->dims[i];
    }
    return p;
}

Place lower_place(Fn *f, Expr *e)
{
    if (e->kind == EXPR_NAME)
        return place_of_var(var_of(f, e->name.sym));
    if (e->kind == EXPR_FIELD) {
        Place p = lower_place(f, e->field.base);
        place_field(f, &p, e->field.base->type.decl, e->field.number);
        return p;
    }
    assert(e->kind == EXPR_INDEX);
    Place p = lower_place(f, e->index.base);
    narrow_axes(f, e, p.ax, p.n, &p.rank, p.dims);
    return p;
}

static void place_index(const Place *p, Value **idx)
{
    assert(p->rank == 0);
    for (int i = 0; i < p->n; i++)
        idx[i] = p->ax[i].at;
}

Value *place_load(Fn *f, const Place *p)
{
    Value *idx[MAX_AXES];
    if (p->n == 0)
        return p->var->cur ? p->var->cur : b_undef(&f->b, p->var->type);
    place_index(p, idx);
    return b_load(&f->b, p->var->cur, p->n, idx);
}

void place_store(Fn *f, const Place *p, Value *v)
{
    Value *idx[MAX_AXES];
    if (p->n == 0) {
        give_name(f, v, p->var->name);
        p->var->cur = v;
        return;
    }
    place_index(p, idx);
    p->var->cur = b_store(&f->b, p->var->cur, p->n, idx, v);
}
