// check_fold.c — constants: what an expression of constants comes to.
//
// In: an expression whose operands are typed and, where they are constant, folded. Out: its value, or an error where
// int arithmetic on constants overflows or divides by zero.
//
//     2 * N + 1          with const int N = 4    9
//     sqrt(2.0) / 2      0.7071067811865476      + - * / sqrt are exact to the last bit everywhere
//     exp(1.0)           not folded              a libm call gives other bits on another machine
//     2147483647 + 1     error
#include "checker.h"

#include <limits.h>
#include <math.h>

static double as_real(Constant v)
{
    return v.elem == ELEM_REAL ? v.r : (double)v.i;
}

static Constant real_value(double r)
{
    return (Constant){.known = true, .elem = ELEM_REAL, .r = r};
}

static Constant bool_value(bool b)
{
    return (Constant){.known = true, .elem = ELEM_BOOL, .i = b};
}

static Constant int_value(Checker *c, const Expr *e, int64_t i)
{
    if (i < INT_MIN || i > INT_MAX) {
        diag_error(c->diags, e->loc, "this is %lld, which does not fit an int", (long long)i);
        return (Constant){0};
    }
    return (Constant){.known = true, .elem = ELEM_INT, .i = i};
}

static Constant int_quotient(Checker *c, const Expr *e, int64_t a, int64_t b)
{
    if (b == 0) {
        diag_error(c->diags, e->loc, "int division by zero");
        return (Constant){0};
    }
    return int_value(c, e, e->binary.op == BIN_DIV ? a / b : a % b);
}

static Constant int_shift(Checker *c, const Expr *e, int64_t a, int64_t b)
{
    if (b < 0 || b > 31 || a < 0) {
        diag_error(c->diags, e->loc, "C does not define this shift of an int");
        return (Constant){0};
    }
    return int_value(c, e, e->binary.op == BIN_SHL ? a * (INT64_C(1) << b) : a >> b);
}

static Constant fold_ints(Checker *c, const Expr *e, int64_t a, int64_t b)
{
    switch (e->binary.op) {
    case BIN_ADD:    return int_value(c, e, a + b);
    case BIN_SUB:    return int_value(c, e, a - b);
    case BIN_MUL:    return int_value(c, e, a * b);
    case BIN_DIV:
    case BIN_REM:    return int_quotient(c, e, a, b);
    case BIN_SHL:
    case BIN_SHR:    return int_shift(c, e, a, b);
    case BIN_BITAND: return int_value(c, e, a & b);
    case BIN_BITOR:  return int_value(c, e, a | b);
    case BIN_BITXOR: return int_value(c, e, a ^ b);
    case BIN_LT:     return bool_value(a < b);
    case BIN_LE:     return bool_value(a <= b);
    case BIN_GT:     return bool_value(a > b);
    case BIN_GE:     return bool_value(a >= b);
    case BIN_EQ:     return bool_value(a == b);
    case BIN_NE:     return bool_value(a != b);
    case BIN_AND:    return bool_value(a && b);
    case BIN_OR:     return bool_value(a || b);
    }
    return (Constant){0};
}

static Constant fold_reals(BinaryOp op, double a, double b)
{
    switch (op) {
    case BIN_ADD: return real_value(a + b);
    case BIN_SUB: return real_value(a - b);
    case BIN_MUL: return real_value(a * b);
    case BIN_DIV: return real_value(a / b);
    case BIN_LT:  return bool_value(a < b);
    case BIN_LE:  return bool_value(a <= b);
    case BIN_GT:  return bool_value(a > b);
    case BIN_GE:  return bool_value(a >= b);
    case BIN_EQ:  return bool_value(a <= b && a >= b);
    case BIN_NE:  return bool_value(!(a <= b && a >= b));
    default:      return (Constant){0};
    }
}

static Constant fold_binary(Checker *c, const Expr *e)
{
    Constant a = e->binary.left->value, b = e->binary.right->value;
    if (!a.known || !b.known)
        return (Constant){0};
    if (a.elem == ELEM_REAL || b.elem == ELEM_REAL)
        return fold_reals(e->binary.op, as_real(a), as_real(b));
    return fold_ints(c, e, a.i, b.i);
}

static Constant fold_unary(Checker *c, const Expr *e)
{
    Constant a = e->unary.operand->value;
    if (!a.known)
        return a;
    switch (e->unary.op) {
    case UN_PLUS:   return a;
    case UN_NOT:    return bool_value(!a.i);
    case UN_BITNOT: return int_value(c, e, ~a.i);
    case UN_NEG:    return a.elem == ELEM_REAL ? real_value(-a.r) : int_value(c, e, -a.i);
    }
    return a;
}

static Constant fold_cast(Checker *c, const Expr *e)
{
    Constant a = e->cast.operand->value;
    if (!a.known || a.elem == e->cast.to)
        return a;
    if (e->cast.to == ELEM_REAL)
        return real_value(as_real(a));
    if (a.r > (double)INT_MIN - 1.0 && a.r < (double)INT_MAX + 1.0)
        return int_value(c, e, (int64_t)a.r);
    diag_error(c->diags, e->loc, "this is %s, which does not fit an int", real_text(c->arena, a.r));
    return (Constant){0};
}

static Constant fold_cond(const Expr *e)
{
    Constant test = e->cond.cond->value;
    if (!test.known || !e->cond.yes->value.known || !e->cond.no->value.known)
        return (Constant){0};
    Constant v = test.i ? e->cond.yes->value : e->cond.no->value;
    return e->type.elem == ELEM_REAL ? real_value(as_real(v)) : v;
}

static Constant fold_len(const Expr *e)                         // only of a name: other arguments may do something
{
    const Expr *a = e->call.args.at[0];
    int64_t axis = e->call.args.n == 2 ? e->call.args.at[1]->value.i : 0;
    if (a->kind != EXPR_NAME || axis >= a->type.rank || !a->type.dims[axis]->is_const)
        return (Constant){0};
    return (Constant){.known = true, .elem = ELEM_INT, .i = a->type.dims[axis]->value};
}

static Constant fold_call(Checker *c, const Expr *e)
{
    const ExprList *args = &e->call.args;
    if (!e->call.builtin)
        return (Constant){0};
    if (e->call.builtin->id == BUILTIN_len)
        return fold_len(e);
    for (int i = 0; i < args->n; i++)
        if (!args->at[i]->value.known)
            return (Constant){0};
    int64_t a = args->at[0]->value.i, b = args->n > 1 ? args->at[1]->value.i : 0;
    if (e->call.builtin->id == BUILTIN_sqrt)
        return real_value(sqrt(as_real(args->at[0]->value)));
    if (e->type.elem != ELEM_INT)
        return (Constant){0};
    switch (e->call.builtin->id) {
    case BUILTIN_abs:  return int_value(c, e, a < 0 ? -a : a);
    case BUILTIN_sign: return int_value(c, e, (a > 0) - (a < 0));
    case BUILTIN_min:  return int_value(c, e, b < a ? b : a);
    case BUILTIN_max:  return int_value(c, e, b > a ? b : a);
    default:           return (Constant){0};
    }
}

void fold_expr(Checker *c, Expr *e)
{
    if (failed(e) || e->type.rank > 0)
        return;
    switch (e->kind) {
    case EXPR_NAME:   e->value = e->name.sym->value; break;
    case EXPR_UNARY:  e->value = fold_unary(c, e); break;
    case EXPR_BINARY: e->value = fold_binary(c, e); break;
    case EXPR_CAST:   e->value = fold_cast(c, e); break;
    case EXPR_COND:   e->value = fold_cond(e); break;
    case EXPR_CALL:   e->value = fold_call(c, e); break;
    default:          break;                                    // a literal has its value from the parser
    }
}
