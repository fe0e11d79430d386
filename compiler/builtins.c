// builtins.c — the rules by which builtins take and give types and shapes. See builtins.h for the contracts.
//
// In: a call of a builtin whose arguments are typed. Out: the call's type and the marks on its arguments, or errors.
// The row says how many arguments there are and of what kind; then the rule's function is asked for the shape:
//
//     transpose(A), real A[m][n]     rule TRANSPOSE: rank 2, dims swapped          real[n][m]
//     concat(a, b)                   rule CONCAT: axis 0 added, the others equal   real[n + m]
#include "builtins.h"
#include "checker.h"

#include <string.h>

static const Builtin BUILTINS[] = {
#define BUILTIN(name, least, most, rule, operand, result) \
    {BUILTIN_##name, #name, least, most, RULE_##rule, OPERAND_##operand, RESULT_##result},
#include "builtins.def"
#undef BUILTIN
};

const Builtin *builtin_find(const char *name)
{
    for (int i = 0; i < N_BUILTINS; i++)
        if (strcmp(BUILTINS[i].name, name) == 0)
            return &BUILTINS[i];
    return NULL;
}

const Builtin *builtin_row(BuiltinId id)
{
    return &BUILTINS[id];
}

// ---- helpers: each reports what is wrong and gives false

static Expr *arg(const Expr *call, int i)
{
    return call->call.args.at[i];
}

static const char *argument_name(Checker *c, const Expr *call, int i)
{
    if (call->call.args.n == 1)
        return arena_printf(c->arena, "the argument of '%s'", call->call.builtin->name);
    return arena_printf(c->arena, "argument %d of '%s'", i + 1, call->call.builtin->name);
}

static bool has_rank(Checker *c, const Expr *call, int i, int rank)
{
    const Type *t = &arg(call, i)->type;
    if (t->rank == rank)
        return true;
    static const char *const RANKS[] = {"a scalar", "an array of one dimension", "an array of two dimensions"};
    diag_error(c->diags, arg(call, i)->loc, "%s is %s, but this is %s", argument_name(c, call, i), RANKS[rank],
               type_text(c->arena, *t));
    return false;
}

static bool is_array(Checker *c, const Expr *call, int i)
{
    if (arg(call, i)->type.rank > 0)
        return true;
    diag_error(c->diags, arg(call, i)->loc, "%s is an array, but this is %s", argument_name(c, call, i),
               type_text(c->arena, arg(call, i)->type));
    return false;
}

static bool is_size(Checker *c, const Expr *call, int i)
{
    Expr *e = arg(call, i);
    if (e->type.rank > 0 || e->type.elem != ELEM_INT) {
        diag_error(c->diags, e->loc, "%s is a size, one int, but this is %s", argument_name(c, call, i),
                   type_text(c->arena, e->type));
        return false;
    }
    if (e->value.known && e->value.i < 0)
        diag_error(c->diags, e->loc, "a size of %lld is negative", (long long)e->value.i);
    return true;
}

// The axis that argument i names: a constant within the rank of argument 0.
static bool constant_axis(Checker *c, const Expr *call, int i, int *axis)
{
    const Expr *e = arg(call, i);
    const Type *t = &arg(call, 0)->type;
    if (e->type.rank > 0 || e->type.elem != ELEM_INT || !e->value.known)
        diag_error(c->diags, e->loc, "an axis is an int constant, since the shape of the result depends on it");
    else if (e->value.i < 0 || e->value.i >= t->rank)
        diag_error(c->diags, e->loc, "axis %lld is out of range for %s", (long long)e->value.i,
                   type_text(c->arena, *t));
    else {
        *axis = (int)e->value.i;
        return true;
    }
    return false;
}

// Sizes a of argument i and b of another must agree.
static bool agree(Checker *c, Expr *call, int i, const Size *a, const Size *b, const char *what)
{
    Fit fit = sizes_fit(c, a, b);
    if (fit == FIT_TEST)
        arg(call, i)->check_shape = true;
    if (fit == FIT_NO)
        diag_error(c->diags, call->loc, "%s of '%s' differ: %s and %s", what, call->call.builtin->name, b->text,
                   a->text);
    return fit != FIT_NO;
}

// ---- the rules: each sets call->type.rank and dims; elem is set by result_elem. False after a reported error.

typedef bool Rule(Checker *c, Expr *call);

static bool elementwise_from(Checker *c, Expr *call, int first)
{
    Expr *shape = arg(call, first);
    const char *name = call->call.builtin->name;
    for (int i = first + 1; i < call->call.args.n; i++) {
        if (join_shapes(c, shape, arg(call, i), ELEM_REAL, "arguments of", name).elem == ELEM_ERROR)
            return false;
        shape = shape->type.rank ? shape : arg(call, i);
    }
    call->type = shape->type;
    return true;
}

static bool rule_elementwise(Checker *c, Expr *call)            // where's condition is an operand like the others
{
    return elementwise_from(c, call, 0);
}

static bool drop_axis(Checker *c, Expr *call)
{
    int axis;
    if (!constant_axis(c, call, 1, &axis))
        return false;
    Type t = arg(call, 0)->type;
    t.rank--;
    for (int i = axis; i < t.rank; i++)
        t.dims[i] = t.dims[i + 1];
    call->type = t;
    return true;
}

static bool rule_reduce(Checker *c, Expr *call)
{
    call->type = type_scalar(ELEM_REAL);
    if (!is_array(c, call, 0))
        return false;
    return call->call.args.n == 1 || drop_axis(c, call);
}

static bool rule_extreme(Checker *c, Expr *call)
{
    return call->call.args.n == 1 ? rule_reduce(c, call) : elementwise_from(c, call, 0);
}

static bool rule_scan(Checker *c, Expr *call)
{
    int axis;
    call->type = arg(call, 0)->type;
    return is_array(c, call, 0) && (call->call.args.n == 1 || constant_axis(c, call, 1, &axis));
}

static bool rule_dot(Checker *c, Expr *call)
{
    call->type = type_scalar(ELEM_REAL);
    return has_rank(c, call, 0, 1) && has_rank(c, call, 1, 1) &&
           agree(c, call, 1, arg(call, 1)->type.dims[0], arg(call, 0)->type.dims[0], "sizes of the arguments");
}

static bool rule_outer(Checker *c, Expr *call)
{
    if (!has_rank(c, call, 0, 1) || !has_rank(c, call, 1, 1))
        return false;
    call->type = arg(call, 0)->type;
    call->type.rank = 2;
    call->type.dims[1] = arg(call, 1)->type.dims[0];
    return true;
}

static bool rule_matmul(Checker *c, Expr *call)
{
    const Type *a = &arg(call, 0)->type, *b = &arg(call, 1)->type;
    bool fits = (a->rank == 2 && (b->rank == 1 || b->rank == 2)) || (a->rank == 1 && b->rank == 2);
    if (!fits) {
        diag_error(c->diags, call->loc,
                   "'matmul' takes matrix and matrix, matrix and vector, or vector and matrix, not %s and %s",
                   type_text(c->arena, *a), type_text(c->arena, *b));
        return false;
    }
    Type t = *a;
    t.rank = a->rank + b->rank - 2;
    if (a->rank == 1 || b->rank == 2)
        t.dims[t.rank - 1] = b->dims[1];
    call->type = t;
    return agree(c, call, 1, b->dims[0], a->dims[a->rank - 1], "inner sizes");
}

static bool is_square(Checker *c, Expr *call)
{
    const Type *t = &arg(call, 0)->type;
    return has_rank(c, call, 0, 2) && agree(c, call, 0, t->dims[1], t->dims[0], "rows and columns of the argument");
}

static bool rule_trace(Checker *c, Expr *call)
{
    call->type = type_scalar(ELEM_REAL);
    return is_square(c, call);
}

static bool rule_transpose(Checker *c, Expr *call)
{
    if (!has_rank(c, call, 0, 2))
        return false;
    call->type = arg(call, 0)->type;
    call->type.dims[0] = arg(call, 0)->type.dims[1];
    call->type.dims[1] = arg(call, 0)->type.dims[0];
    return true;
}

static const Size *smaller(Checker *c, const Size *a, const Size *b)
{
    if (size_surely_le(c->shapes, a, b))
        return a;
    return size_surely_le(c->shapes, b, a) ? b : size_opaque(c->shapes, "min", a, b);
}

static bool rule_diag(Checker *c, Expr *call)
{
    Type t = arg(call, 0)->type;
    if (t.rank == 2)
        t.dims[0] = smaller(c, t.dims[0], t.dims[1]);
    else if (!has_rank(c, call, 0, 1))
        return false;
    t.dims[1] = t.dims[0];
    t.rank = 3 - t.rank;
    call->type = t;
    return true;
}

// Arguments from `first` on are the sizes of the result.
static bool sizes_from(Checker *c, Expr *call, int first, Elem elem)
{
    Type t = type_scalar(elem);
    bool good = true;
    if (call->call.args.n - first > MAX_RANK) {
        diag_error(c->diags, arg(call, first + MAX_RANK)->loc, "an array has at most %d dimensions", MAX_RANK);
        return false;
    }
    for (int i = first; i < call->call.args.n; i++) {
        good = is_size(c, call, i) && good;
        t.dims[t.rank++] = size_of(c, arg(call, i));
    }
    call->type = t;
    return good;
}

static const Size *element_count(Checker *c, const Type *t)
{
    const Size *n = size_const(c->shapes, 1);
    for (int i = 0; i < t->rank; i++)
        n = size_mul(c->shapes, n, t->dims[i]);
    return n;
}

static bool rule_reshape(Checker *c, Expr *call)
{
    Type *from = &arg(call, 0)->type;
    if (!is_array(c, call, 0) || !sizes_from(c, call, 1, from->elem))
        return false;
    return agree(c, call, 0, element_count(c, &call->type), element_count(c, from),
                 "numbers of elements before and after");
}

static bool rule_concat(Checker *c, Expr *call)
{
    Type t = arg(call, 0)->type;
    if (!is_array(c, call, 0))
        return false;
    for (int i = 1; i < call->call.args.n; i++) {
        const Type *more = &arg(call, i)->type;
        if (more->rank != t.rank) {
            diag_error(c->diags, arg(call, i)->loc,
                       "arguments of 'concat' have equally many dimensions, but these are %s and %s",
                       type_text(c->arena, arg(call, 0)->type), type_text(c->arena, *more));
            return false;
        }
        for (int k = 1; k < t.rank; k++)
            if (!agree(c, call, i, more->dims[k], t.dims[k], "sizes other than the first"))
                return false;
        t.dims[0] = size_add(c->shapes, t.dims[0], more->dims[0]);
    }
    call->type = t;
    return true;
}

static bool rule_fill(Checker *c, Expr *call)
{
    return has_rank(c, call, 0, 0) && sizes_from(c, call, 1, arg(call, 0)->type.elem);
}

static bool rule_make(Checker *c, Expr *call)
{
    return sizes_from(c, call, 0, ELEM_REAL);
}

static bool rule_eye(Checker *c, Expr *call)
{
    if (!sizes_from(c, call, 0, ELEM_REAL))
        return false;
    call->type.dims[call->type.rank++] = call->type.dims[0];
    return true;
}

static bool rule_len(Checker *c, Expr *call)
{
    int axis;
    call->type = type_scalar(ELEM_INT);
    return is_array(c, call, 0) && (call->call.args.n == 1 || constant_axis(c, call, 1, &axis));
}

static bool rule_square(Checker *c, Expr *call)
{
    call->type = arg(call, 0)->type;
    return is_square(c, call);
}

static bool rule_solve(Checker *c, Expr *call)
{
    const Type *b = &arg(call, 1)->type;
    call->type = *b;
    if (!is_square(c, call))
        return false;
    if (b->rank < 1 || b->rank > 2) {
        diag_error(c->diags, arg(call, 1)->loc, "%s is a vector or a matrix, but this is %s", argument_name(c, call, 1),
                   type_text(c->arena, *b));
        return false;
    }
    return agree(c, call, 1, b->dims[0], arg(call, 0)->type.dims[0], "numbers of rows of the arguments");
}

static Rule *const RULES[N_RULES] = {
    [RULE_ELEMENTWISE] = rule_elementwise, [RULE_WHERE] = rule_elementwise, [RULE_EXTREME] = rule_extreme,
    [RULE_REDUCE] = rule_reduce,           [RULE_SCAN] = rule_scan,         [RULE_DOT] = rule_dot,
    [RULE_OUTER] = rule_outer,             [RULE_MATMUL] = rule_matmul,     [RULE_TRACE] = rule_trace,
    [RULE_TRANSPOSE] = rule_transpose,     [RULE_DIAG] = rule_diag,         [RULE_RESHAPE] = rule_reshape,
    [RULE_CONCAT] = rule_concat,           [RULE_FILL] = rule_fill,         [RULE_MAKE] = rule_make,
    [RULE_EYE] = rule_eye,                 [RULE_LEN] = rule_len,           [RULE_SQUARE] = rule_square,
    [RULE_SOLVE] = rule_solve,
};

// ---- the kinds of operands

// How many of the arguments, from the first, are values rather than axes or sizes.
static int values_among(const Expr *call)
{
    switch (call->call.builtin->rule) {
    case RULE_REDUCE:
    case RULE_SCAN:
    case RULE_LEN:
    case RULE_RESHAPE:
    case RULE_FILL:    return 1;
    case RULE_MAKE:
    case RULE_EYE:     return 0;
    default:           return call->call.args.n;
    }
}

static bool is_number(const Expr *e)
{
    return e->type.elem == ELEM_INT || e->type.elem == ELEM_REAL;
}

// The elem that arguments from `first` to `end` are brought to: the first one's, or real if any of them is.
static Elem common_elem(const Expr *call, int first, int end)
{
    Elem elem = arg(call, first)->type.elem;
    for (int i = first; i < end; i++)
        if (is_number(arg(call, i)) && arg(call, i)->type.elem == ELEM_REAL && elem == ELEM_INT)
            elem = ELEM_REAL;
    return elem;
}

static Elem wanted_elem(const Expr *call, int first, int end)
{
    switch (call->call.builtin->operand) {
    case OPERAND_REAL: return ELEM_REAL;
    case OPERAND_BOOL: return ELEM_BOOL;
    default:           return common_elem(call, first, end);
    }
}

static bool convert_operands(Checker *c, Expr *call, Elem *elem)
{
    bool is_where = call->call.builtin->rule == RULE_WHERE, good = true;
    int first = is_where ? 1 : 0, end = values_among(call);
    *elem = ELEM_REAL;
    if (is_where)
        good = convert_expr(c, arg(call, 0), ELEM_BOOL, argument_name(c, call, 0));
    if (end > first)
        *elem = wanted_elem(call, first, end);
    for (int i = first; i < end; i++) {
        if (call->call.builtin->operand == OPERAND_NUMBER && !is_number(arg(call, i)))
            good = convert_expr(c, arg(call, i), ELEM_REAL, argument_name(c, call, i)) && good;
        else
            good = convert_expr(c, arg(call, i), *elem, argument_name(c, call, i)) && good;
    }
    return good;
}

static bool count_fits(Checker *c, const Expr *call)
{
    const Builtin *b = call->call.builtin;
    int n = call->call.args.n;
    if (n >= b->least && n <= b->most)
        return true;
    const char *span = b->least == b->most ? "" : b->most == MANY ? " or more" : arena_printf(c->arena, " or %d",
                                                                                              b->most);
    bool one = b->least == 1 && b->most == 1;
    diag_error(c->diags, call->loc, "'%s' takes %d%s argument%s, but %d %s given", b->name, b->least, span,
               one ? "" : "s", n,
               n == 1 ? "is" : "are");
    return false;
}

// Of structs only the sizes of arrays can be asked for.
static bool no_structs(Checker *c, const Expr *call)
{
    for (int i = 0; i < call->call.args.n; i++) {
        Type t = arg(call, i)->type;
        if (t.elem != ELEM_STRUCT || (call->call.builtin->id == BUILTIN_len && t.rank > 0))
            continue;
        diag_error(c->diags, arg(call, i)->loc, "'%s' takes no structs, but this is %s", call->call.builtin->name,
                   type_text(c->arena, t));
        return false;
    }
    return true;
}

void builtin_check(Checker *c, Expr *call)
{
    static const Elem ELEMS[] = {[RESULT_REAL] = ELEM_REAL, [RESULT_INT] = ELEM_INT, [RESULT_BOOL] = ELEM_BOOL};
    const Builtin *b = call->call.builtin;
    Elem elem = ELEM_REAL;
    bool good = count_fits(c, call);
    for (int i = 0; i < call->call.args.n; i++)
        good = good && !failed(arg(call, i));
    good = good && no_structs(c, call) && convert_operands(c, call, &elem) && RULES[b->rule](c, call);
    if (!good) {
        fail(call);
        return;
    }
    call->type.elem = b->result == RESULT_SAME ? elem : ELEMS[b->result];
}
