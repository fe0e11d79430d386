// lower_choice.c — `c ? a : b` with arms that are arrays or structs.
//
// In: a checked conditional expression. Out: a Lazy of kind LZ_MAKE whose expr it is, and what becomes of that:
//
//     y = c ? a * 2.0 : b;           if (c) y = a * 2.0; else y = b;                as a statement: choice_write
//     s = sum(c ? a * 2.0 : b)       s += c ? a[i] * 2.0 : b[i]                     arms of elements only: choice_operand
//     f(n, c ? g(n, x) : y)          t = new; if (c) t = g(n, x); else t = y;       else into a new array
//
// Only the arm that is taken is evaluated, so the size of a new array may be computed beforehand only if that does
// nothing and cannot fail. Where it can be had from neither arm so, the arm is appended to a tape, which grows.
#include "lower_internal.h"

#include <string.h>

// ---- sizes

// Is this size there, or had from what is there by sums and products?
static bool size_is_safe(const Expr *e)
{
    if (e->value.known || is_trivial(e))
        return true;
    if (e->kind != EXPR_BINARY || e->type.elem != ELEM_INT)
        return false;
    BinaryOp op = e->binary.op;
    return (op == BIN_ADD || op == BIN_SUB || op == BIN_MUL) && size_is_safe(e->binary.left) &&
           size_is_safe(e->binary.right);
}

static bool index_is_safe(const Expr *e)
{
    for (int i = 0; i < e->index.axes.n; i++) {
        const Axis *at = &e->index.axes.at[i];
        if ((at->lo && !size_is_safe(at->lo)) || (at->hi && !size_is_safe(at->hi)))
            return false;
    }
    return true;
}

static bool shape_is_safe(const Expr *e);

static bool call_is_safe(const Expr *e)
{
    const Function *f = e->call.callee;
    for (int i = 0; i < e->call.args.n; i++) {
        const Expr *arg = e->call.args.at[i];
        bool is_size = arg->type.rank == 0 && arg->type.elem == ELEM_INT;
        if (f ? is_size && !size_is_safe(arg) : arg->type.rank ? !shape_is_safe(arg) : is_size && !size_is_safe(arg))
            return false;
    }
    for (int i = 0; f && i < f->result.dims.n; i++)
        if (!size_is_safe(f->result.dims.at[i]))
            return false;
    return true;
}

// May shape_of be asked although e is not to be evaluated?
static bool shape_is_safe(const Expr *e)
{
    switch (e->kind) {
    case EXPR_NAME:
    case EXPR_BRACES: return true;
    case EXPR_UNARY:  return shape_is_safe(e->unary.operand);
    case EXPR_BINARY: return shape_is_safe(e->binary.left->type.rank ? e->binary.left : e->binary.right);
    case EXPR_COND:   return shape_is_safe(e->cond.yes);
    case EXPR_CAST:   return shape_is_safe(e->cast.operand);
    case EXPR_INDEX:  return index_is_safe(e) && shape_is_safe(e->index.base);
    case EXPR_CALL:   return call_is_safe(e);
    default:          return false;
    }
}

// ---- arms of elements

static bool is_elementwise_call(const Expr *e)
{
    if (e->call.callee)
        return false;
    BuiltinRule rule = e->call.builtin->rule;
    return rule == RULE_ELEMENTWISE || rule == RULE_WHERE || (rule == RULE_EXTREME && e->call.args.n == 2);
}

// Is there nothing in e but operations on elements? Then it may be described although it is not to be evaluated.
static bool is_of_elements(const Expr *e)
{
    if (e->type.rank == 0)
        return is_trivial(e);
    if (e->check_shape)
        return false;
    switch (e->kind) {
    case EXPR_NAME:   return true;
    case EXPR_UNARY:  return is_of_elements(e->unary.operand);
    case EXPR_BINARY: return is_of_elements(e->binary.left) && is_of_elements(e->binary.right);
    case EXPR_CAST:   return is_of_elements(e->cast.operand);
    case EXPR_CALL:
        for (int i = 0; i < e->call.args.n; i++)
            if (!is_of_elements(e->call.args.at[i]))
                return false;
        return is_elementwise_call(e);
    default:
        return false;
    }
}

static Lazy *choice_of_elements(Fn *f, const Lazy *z)
{
    Expr *yes = z->expr->cond.yes, *no = z->expr->cond.no;
    Lazy *arg[3] = {lazy_scalar(f, z->value), lower_operand(f, yes), lower_operand(f, no)};
    test_shapes(f, no, z->rank, arg[2]->dims, arg[1]->dims);
    Lazy *out = lazy_op(f, OP_sel, z->elem, 3, arg);
    out->kind = LZ_WHERE;
    return out;
}

// ---- written whole

static void write_arm(Fn *f, const Place *p, Expr *arm, bool test)
{
    Lazy *z = lower_array(f, arm);
    for (int i = 0; i < p->rank && test && !lazy_is_choice(z); i++)
        test_shape(f, arm, z->dims[i], p->dims[i]);
    if (lazy_is_choice(z) && test)
        z->expr->check_shape = true;                            // its arms are tested then
    write_place(f, p, z);
}

void choice_write(Fn *f, const Place *p, const Lazy *z)
{
    Expr *yes = z->expr->cond.yes, *no = z->expr->cond.no;
    Var *v = p->var;
    bool test = z->expr->check_shape || no->check_shape;
    VarSet assigned = set_with(f, set_join(f, assigned_in(f, yes), assigned_in(f, no)), &v, 1);
    Branch br = branch_begin(f, z->value, assigned, false);
    write_arm(f, p, yes, test);
    branch_else(f, &br);
    write_arm(f, p, no, test);
    branch_end(f, &br, 0, NULL, NULL, NULL);
}

Value *choice_into(Fn *f, const Lazy *z, Value *dest, int rank, Value *const *dims)
{
    Var *v = var_new(f, dest->name, dest->type);
    v->cur = dest;
    memcpy(v->dims, dims, sizeof *dims * (size_t)rank);
    Place p = place_of_var(v);
    choice_write(f, &p, z);
    return v->cur;
}

// ---- of a size that only the arm tells

static void append_arm(Fn *f, Var *tape, Expr *arm, Value **dims)
{
    Lazy *z = lower_operand(f, arm);
    tape->cur = b_puts(&f->b, tape->cur, lazy_value(f, z));
    memcpy(dims, z->dims, sizeof z->dims);
}

static Lazy *choice_by_tape(Fn *f, const Lazy *z)
{
    Expr *yes = z->expr->cond.yes, *no = z->expr->cond.no;
    Value *dims[3][MAX_RANK];
    Var *tape = var_new(f, NULL, type_buf(z->elem));
    tape->cur = b_buf_new(&f->b, z->elem, NULL);
    VarSet assigned = set_with(f, set_join(f, assigned_in(f, yes), assigned_in(f, no)), &tape, 1);
    Branch br = branch_begin(f, z->value, assigned, false);
    append_arm(f, tape, yes, dims[0]);
    branch_else(f, &br);
    append_arm(f, tape, no, dims[1]);
    branch_end(f, &br, z->rank, dims[0], dims[1], dims[2]);
    Value *all = b_freeze(&f->b, tape->cur);
    return lazy_array(f, b_view_at(&f->b, all, b_pos(&f->b, 0), z->rank, dims[2]), z->rank, dims[2]);
}

// ---- descriptions

bool lazy_is_choice(const Lazy *z)
{
    return z->kind == LZ_MAKE && z->expr;
}

Lazy *choice_array(Fn *f, Expr *e)
{
    Type type = type_of(e->type);
    Lazy *z = lazy_new(f, LZ_MAKE, (Elem)type.elem, e->type.rank, (Value *[MAX_RANK]){0}, 0);
    z->st = type.st;
    z->value = lower_scalar(f, e->cond.cond);
    z->expr = e;
    return z;
}

Lazy *choice_operand(Fn *f, Lazy *z)
{
    Expr *yes = z->expr->cond.yes, *no = z->expr->cond.no;
    if (z->elem != E_STRUCT && is_of_elements(yes) && is_of_elements(no))
        return choice_of_elements(f, z);
    Expr *known = no->kind == EXPR_NAME ? no : shape_is_safe(yes) ? yes : shape_is_safe(no) ? no : NULL;
    if (!known && z->elem != E_STRUCT)
        return choice_by_tape(f, z);
    shape_of(f, known ? known : yes, z->dims);
    return lazy_copy(f, z);
}
