// check_expr.c — expressions but calls: types, conversions, shapes; and values that meet a variable.
//
// In: an expression as it was parsed, and the variables that can be seen. Out: its type, its operands' conversions and
// run-time tests, errors for what does not fit. In a function with parameters int n, real x[n]:
//
//     2 * x[1:n]      type real[n - 1]; the 2 is marked convert == ELEM_REAL
//     x + x[1:n]      error: operands have different shapes: real[n] and real[n - 1]
//     if (n)          error: a condition is bool; fix: n != 0
#include "checker.h"

#include <string.h>

void fail(Expr *e)
{
    e->type = type_scalar(ELEM_ERROR);
}

bool failed(const Expr *e)
{
    return e->type.elem == ELEM_ERROR;
}

static bool is_number(Elem t)
{
    return t == ELEM_INT || t == ELEM_REAL;
}

static const char *expr_text(Checker *c, const Expr *e)
{
    Text t = text_in(c->arena);
    ast_expr_source(&t, e);
    return t.at;
}

// ---- names

static void suggest_variable(Checker *c, const Expr *e)
{
    VEC(const char *) names = {0};
    for (int i = c->scope.n - 1; i >= 0; i--)
        vec_push(c->arena, &names, c->scope.at[i]->name);
    for (int i = 0; i < c->program->constants.n && c->program->constants.at[i]->index < c->order; i++)
        vec_push(c->arena, &names, c->program->constants.at[i]->name);
    const char *near = nearest(e->name.name, names.at, names.n);
    if (near) {
        diag_error(c->diags, e->loc, "unknown variable '%s'; did you mean '%s'?", e->name.name, near);
        diag_fixit(c->diags, e->loc, near);
        return;
    }
    diag_error(c->diags, e->loc, "unknown variable '%s'", e->name.name);
    if (find_function(c, e->name.name) || builtin_find(e->name.name))
        diag_note(c->diags, e->loc, "'%s' is a function; a call has parentheses", e->name.name);
}

static bool constant_usable(Checker *c, const Expr *e, const Symbol *sym)
{
    if (sym == c->defining)
        diag_error(c->diags, e->loc, "constant '%s' is used in its own definition", sym->name);
    else if (sym->index > c->order)
        diag_error(c->diags, e->loc, "constant '%s' is used before its declaration", sym->name);
    else
        return true;
    diag_note(c->diags, sym->loc, "'%s' is declared here", sym->name);
    return false;
}

static bool usable_in_size(Checker *c, const Expr *e, const Symbol *sym)
{
    if (!c->sizes_of || sym->kind == SYM_CONST)
        return true;
    if (sym->type.rank > 0 || (sym->type.elem != ELEM_INT && sym->type.elem != ELEM_ERROR))
        diag_error(c->diags, e->loc,
                   "the size of a parameter or result may depend only on constants and int parameters");
    else if (sym->role == ROLE_OUT)
        diag_error(c->diags, e->loc, "'%s' is an out parameter, which has no value yet when sizes are needed",
                   sym->name);
    else
        return true;
    return false;
}

static void check_name(Checker *c, Expr *e)
{
    Symbol *sym = map_get(c->variables, e->name.name);
    if (!sym && c->function && c->function->knows)
        sym = map_get(c->predefined, e->name.name);             // whatever the module has of that name
    if (!sym)
        sym = map_get(c->constants, e->name.name);
    fail(e);
    if (!sym) {
        suggest_variable(c, e);
        return;
    }
    sym->used = true;
    e->name.sym = sym;
    if ((sym->kind == SYM_CONST && !constant_usable(c, e, sym)) || !usable_in_size(c, e, sym))
        return;
    e->type = sym->type;
}

// ---- conversions

static const Expr *quotient_in(const Expr *e)  // an int quotient of which e is made by + - *, and not exact
{
    if (e->kind == EXPR_UNARY)
        return quotient_in(e->unary.operand);
    if (e->kind != EXPR_BINARY || e->binary.op > BIN_DIV)
        return NULL;
    const Expr *l = e->binary.left, *r = e->binary.right;
    if (e->binary.op == BIN_DIV)
        return l->value.known && r->value.known && r->value.i && l->value.i % r->value.i == 0 ? NULL : e;
    const Expr *q = quotient_in(l);
    return q ? q : quotient_in(r);
}

static void warn_quotient(Checker *c, const Expr *e)
{
    const Expr *q = quotient_in(e);
    if (!q)
        return;
    const Expr *l = q->binary.left;
    diag_warning(c->diags, q->loc, W_INT_DIVISION,
                 "the quotient of two ints is rounded towards zero before it becomes real");
    if (l->kind == EXPR_INT)
        diag_fixit(c->diags, l->loc, arena_printf(c->arena, "%d.0", l->int_.value));
    else
        diag_fixit(c->diags, l->loc, arena_printf(c->arena, "real(%s)", expr_text(c, l)));
}

static bool binds_tighter_than_compare(const Expr *e)
{
    if (e->kind == EXPR_BINARY)
        return e->binary.op <= BIN_REM || e->binary.op == BIN_SHL || e->binary.op == BIN_SHR;
    return e->kind != EXPR_COND;
}

// The fix for an e that should be `want`, where one is known. `tight`: it stands where an operator would take part of
// it.
static void suggest_conversion(Checker *c, const Expr *e, Elem want, bool tight)
{
    const char *text = expr_text(c, e), *fix = NULL;
    if (want == ELEM_INT && e->type.elem == ELEM_REAL)
        fix = arena_printf(c->arena, "int(%s)", text);
    if (want == ELEM_BOOL && is_number(e->type.elem)) {
        fix = arena_printf(c->arena, binds_tighter_than_compare(e) ? "%s != %s" : "(%s) != %s", text,
                           e->type.elem == ELEM_INT ? "0" : "0.0");
        fix = tight ? arena_printf(c->arena, "(%s)", fix) : fix;
    }
    if (e->type.elem == ELEM_BOOL && is_number(want) && e->type.rank == 0)
        fix = arena_printf(c->arena, "(%s ? %s)", text, want == ELEM_INT ? "1 : 0" : "1.0 : 0.0");
    if (fix)
        diag_fixit(c->diags, e->loc, fix);
}

static bool has_struct(const Expr *a, const Expr *b)
{
    return a->type.elem == ELEM_STRUCT || b->type.elem == ELEM_STRUCT;
}

bool convert_expr(Checker *c, Expr *e, Elem want, const char *what)
{
    if (failed(e) || want == ELEM_ERROR || e->type.elem == want)
        return true;
    if (want == ELEM_REAL && e->type.elem == ELEM_INT) {
        e->convert = ELEM_REAL;
        warn_quotient(c, e);
        return true;
    }
    diag_error(c->diags, e->loc, "%s is %s, but this is %s", what, elem_text(want), type_text(c->arena, e->type));
    suggest_conversion(c, e, want, false);
    return false;
}

bool check_int(Checker *c, Expr *e, const char *what)
{
    Type t = check_operand(c, e);
    if (failed(e))
        return false;
    if (t.rank == 0)
        return convert_expr(c, e, ELEM_INT, what) && e->convert == ELEM_VOID;
    diag_error(c->diags, e->loc, "%s is one int, but this is %s", what, type_text(c->arena, t));
    return false;
}

void check_condition(Checker *c, Expr *e)
{
    Type t = check_operand(c, e);
    if (t.rank == 0) {
        convert_expr(c, e, ELEM_BOOL, "a condition");
        return;
    }
    diag_error(c->diags, e->loc, "a condition is one bool, but this is %s", type_text(c->arena, t));
    if (t.elem == ELEM_BOOL)
        diag_note(c->diags, e->loc, "'all(...)' and 'any(...)' make one bool of many");
}

// ---- operators

static bool expect_number(Checker *c, Expr *e, const char *op)
{
    if (failed(e) || is_number(e->type.elem))
        return true;
    diag_error(c->diags, e->loc, "operands of '%s' are numbers, but this is %s", op, type_text(c->arena, e->type));
    suggest_conversion(c, e, ELEM_REAL, true);
    return false;
}

static bool expect_int(Checker *c, Expr *e, const char *op)
{
    if (failed(e) || e->type.elem == ELEM_INT)
        return true;
    diag_error(c->diags, e->loc, "operands of '%s' are ints, but this is %s", op, type_text(c->arena, e->type));
    if (e->type.elem == ELEM_REAL && strcmp(op, "%") == 0)
        diag_note(c->diags, e->loc, "'fmod(x, y)' is the remainder of reals");
    return false;
}

static bool expect_bool(Checker *c, Expr *e, const char *op)
{
    if (failed(e) || e->type.elem == ELEM_BOOL)
        return true;
    diag_error(c->diags, e->loc, "operands of '%s' are bools, but this is %s", op, type_text(c->arena, e->type));
    suggest_conversion(c, e, ELEM_BOOL, op[0] == '!');
    return false;
}

static void check_unary(Checker *c, Expr *e)
{
    Expr *a = e->unary.operand;
    const char *op = unary_op_text(e->unary.op);
    bool fits = false;
    e->type = check_operand(c, a);
    switch (e->unary.op) {
    case UN_NEG:
    case UN_PLUS:   fits = expect_number(c, a, op); break;
    case UN_NOT:    fits = expect_bool(c, a, op); break;
    case UN_BITNOT: fits = expect_int(c, a, op); break;
    }
    if (!fits)
        fail(e);
}

// What an operator takes and gives.
typedef enum OpClass { OPS_ARITHMETIC, OPS_INT, OPS_ORDER, OPS_EQUALITY, OPS_LOGIC } OpClass;

static const OpClass OP_CLASS[] = {
    [BIN_ADD] = OPS_ARITHMETIC, [BIN_SUB] = OPS_ARITHMETIC, [BIN_MUL] = OPS_ARITHMETIC, [BIN_DIV] = OPS_ARITHMETIC,
    [BIN_REM] = OPS_INT,        [BIN_BITAND] = OPS_INT,     [BIN_BITOR] = OPS_INT,      [BIN_BITXOR] = OPS_INT,
    [BIN_SHL] = OPS_INT,        [BIN_SHR] = OPS_INT,        [BIN_LT] = OPS_ORDER,       [BIN_LE] = OPS_ORDER,
    [BIN_GT] = OPS_ORDER,       [BIN_GE] = OPS_ORDER,       [BIN_EQ] = OPS_EQUALITY,    [BIN_NE] = OPS_EQUALITY,
    [BIN_AND] = OPS_LOGIC,      [BIN_OR] = OPS_LOGIC,
};

static bool operands_fit(Checker *c, Expr *e)
{
    Expr *a = e->binary.left, *b = e->binary.right;
    const char *op = binary_op_text(e->binary.op);
    switch (OP_CLASS[e->binary.op]) {
    case OPS_INT:
        return (int)expect_int(c, a, op) & (int)expect_int(c, b, op);   // both are to be reported
    case OPS_LOGIC:
        return (int)expect_bool(c, a, op) & (int)expect_bool(c, b, op);
    case OPS_EQUALITY:
        if (a->type.elem == ELEM_BOOL && b->type.elem == ELEM_BOOL)
            return true;
        break;
    default:
        break;
    }
    return (int)expect_number(c, a, op) & (int)expect_number(c, b, op);
}

// The elem that both sides are brought to.
static Elem common_elem(const Expr *a, const Expr *b)
{
    if (failed(a) || failed(b))
        return ELEM_ERROR;
    return b->type.elem == ELEM_REAL ? ELEM_REAL : a->type.elem;
}

Type join_shapes(Checker *c, Expr *a, Expr *b, Elem elem, const char *what, const char *of)
{
    Type t = a->type.rank ? a->type : b->type;
    t.elem = elem;
    if (failed(a) || failed(b))
        return type_scalar(ELEM_ERROR);
    if (a->type.rank == 0 || b->type.rank == 0)
        return t;
    Fit fit = shapes_fit(c, &a->type, &b->type);
    b->check_shape = b->check_shape || fit == FIT_TEST;
    if (fit != FIT_NO)
        return t;
    diag_error(c->diags, loc_join(a->loc, b->loc), "%s '%s' have different shapes: %s and %s", what, of,
               type_text(c->arena, a->type), type_text(c->arena, b->type));
    return type_scalar(ELEM_ERROR);
}

static void check_binary(Checker *c, Expr *e)
{
    Expr *a = e->binary.left, *b = e->binary.right;
    check_operand(c, a);
    check_operand(c, b);
    fail(e);
    if (!operands_fit(c, e))
        return;
    Elem elem = common_elem(a, b);
    convert_expr(c, a, elem, "");
    convert_expr(c, b, elem, "");
    OpClass ops = OP_CLASS[e->binary.op];
    Elem result = ops == OPS_ARITHMETIC || ops == OPS_INT ? elem : ELEM_BOOL;
    e->type = join_shapes(c, a, b, result, "operands of", binary_op_text(e->binary.op));
}

static void check_cond(Checker *c, Expr *e)
{
    Expr *a = e->cond.yes, *b = e->cond.no;
    check_condition(c, e->cond.cond);
    check_operand(c, a);
    check_operand(c, b);
    Elem elem = common_elem(a, b);
    fail(e);
    if (elem == ELEM_ERROR)
        return;
    bool numbers = is_number(a->type.elem) && is_number(b->type.elem);
    if (a->type.rank != b->type.rank || (!same_elem(a->type, b->type) && !numbers)) {
        diag_error(c->diags, e->loc, "the arms of '?:' have different types: %s and %s", type_text(c->arena, a->type),
                   type_text(c->arena, b->type));
        return;
    }
    convert_expr(c, a, elem, "");
    convert_expr(c, b, elem, "");
    if (has_struct(a, b) && a->type.rank == 0)
        e->type = a->type;
    else
        e->type = join_shapes(c, a, b, elem, "the arms of", "?:");
}

// ---- subscripts

static void report_bound(Checker *c, const Expr *at, const char *what, const Size *size)
{
    const char *text = at->value.known ? arena_printf(c->arena, "%lld", (long long)at->value.i) : expr_text(c, at);
    diag_error(c->diags, at->loc, "%s %s is out of range for a dimension of size %s", what, text, size->text);
}

static void check_index_axis(Checker *c, Expr *e, const Size *size)
{
    if (!check_int(c, e, "a subscript"))
        return;
    const Size *at = size_of(c, e);
    if ((at->is_const && at->value < 0) || size_surely_le(c->shapes, size, at))
        report_bound(c, e, "subscript", size);
}

// The size that a slice keeps of an axis.
static const Size *check_slice_axis(Checker *c, const Axis *axis, const Size *size)
{
    const Size *lo = size_const(c->shapes, 0), *hi = size, *one = size_const(c->shapes, 1);
    bool lo_fits = axis->lo && check_int(c, axis->lo, "a slice's bound");
    if (lo_fits)
        lo = size_of(c, axis->lo);
    bool hi_fits = axis->hi && check_int(c, axis->hi, "a slice's bound");
    if (hi_fits)
        hi = size_of(c, axis->hi);
    if ((axis->lo && !lo_fits) || (axis->hi && !hi_fits))
        return size_unknown(c->shapes, "?");
    if (lo_fits && ((lo->is_const && lo->value < 0) || size_surely_le(c->shapes, size_add(c->shapes, size, one), lo)))
        report_bound(c, axis->lo, "slice from", size);
    else if (hi_fits && ((hi->is_const && hi->value < 0) || size_surely_le(c->shapes, size_add(c->shapes, size, one),
                                                                           hi)))
        report_bound(c, axis->hi, "slice to", size);
    else if (size_surely_le(c->shapes, size_add(c->shapes, hi, one), lo))
        diag_error(c->diags, axis->loc, "this slice ends before it begins");
    return size_sub(c->shapes, hi, lo);
}

static void check_subscripts(Checker *c, Expr *e)
{
    Type base = check_operand(c, e->index.base), t = base;
    int n = e->index.axes.n;
    bool fits = n <= base.rank && !failed(e->index.base);
    if (!fits && !failed(e->index.base))
        diag_error(c->diags, e->loc, base.rank ? "too many subscripts for %s" : "%s has no subscripts",
                   type_text(c->arena, base));
    t.rank = 0;
    for (int i = 0; i < n; i++) {
        const Axis *axis = &e->index.axes.at[i];
        const Size *size = fits ? base.dims[i] : size_unknown(c->shapes, "?");
        if (axis->kind == AXIS_INDEX)
            check_index_axis(c, axis->index, size);
        else if (!fits)
            check_slice_axis(c, axis, size);
        else
            t.dims[t.rank++] = check_slice_axis(c, axis, size);
    }
    for (int i = n; fits && i < base.rank; i++)
        t.dims[t.rank++] = base.dims[i];
    e->type = fits ? t : type_scalar(ELEM_ERROR);
}

// ---- the rest

static void check_cast(Checker *c, Expr *e)
{
    e->type = check_operand(c, e->cast.operand);
    if (failed(e))
        return;
    if (!is_number(e->type.elem)) {
        diag_error(c->diags, e->loc, "%s cannot be made %s", type_text(c->arena, e->type), elem_text(e->cast.to));
        suggest_conversion(c, e->cast.operand, e->cast.to, false);
        fail(e);
        return;
    }
    e->type.elem = e->cast.to;
}

Type check_expr(Checker *c, Expr *e)
{
    switch (e->kind) {
    case EXPR_INT:    e->type = type_scalar(ELEM_INT); break;
    case EXPR_REAL:   e->type = type_scalar(ELEM_REAL); break;
    case EXPR_BOOL:   e->type = type_scalar(ELEM_BOOL); break;
    case EXPR_NAME:   check_name(c, e); break;
    case EXPR_UNARY:  check_unary(c, e); break;
    case EXPR_BINARY: check_binary(c, e); break;
    case EXPR_COND:   check_cond(c, e); break;
    case EXPR_INDEX:  check_subscripts(c, e); break;
    case EXPR_FIELD:  check_field(c, e); break;
    case EXPR_CALL:   check_call(c, e); break;
    case EXPR_CAST:   check_cast(c, e); break;
    case EXPR_BRACES:                                           // out of place, which the parser has reported
    case EXPR_ERROR:  fail(e); break;
    }
    fold_expr(c, e);
    return e->type;
}

Type check_operand(Checker *c, Expr *e)
{
    check_expr(c, e);
    if (e->type.elem == ELEM_VOID) {
        diag_error(c->diags, e->loc, "'%s' has no result to be used here", e->call.name.text);
        fail(e);
    }
    return e->type;
}

// ---- values that meet a variable

static void check_item(Checker *c, Expr *at, Type item, const char *what)
{
    check_value(c, at, item, what);
    if (item.rank > 0 && at->kind != EXPR_BRACES && !failed(at) && at->type.rank == 0)
        diag_error(c->diags, at->loc, "this item is %s, so it needs braces of its own", type_text(c->arena, item));
}

static void check_struct_braces(Checker *c, Expr *e, Type want, const char *what)
{
    const StructDecl *s = want.decl;
    int n = e->braces.items.n;
    if (n > s->fields.n)
        diag_error(c->diags, e->braces.items.at[s->fields.n]->loc, "too many items: %d for the %d field%s of %s", n, s->fields.n,
                   s->fields.n == 1 ? "" : "s", type_text(c->arena, want));
    for (int i = 0; i < n && i < s->fields.n; i++)
        check_item(c, e->braces.items.at[i], s->fields.at[i]->sym->type,
                   arena_printf(c->arena, "field '%s' of %s", s->fields.at[i]->name.text, what));
}

static void check_braces(Checker *c, Expr *e, Type want, const char *what)
{
    e->type = want;
    if (want.rank == 0 && want.elem == ELEM_STRUCT) {
        check_struct_braces(c, e, want, what);
        return;
    }
    if (want.rank == 0) {
        diag_error(c->diags, e->loc, "braces initialise arrays and structs, but this is %s", type_text(c->arena, want));
        fail(e);
        return;
    }
    Type item = want;
    item.rank--;
    memmove(item.dims, item.dims + 1, sizeof item.dims - sizeof *item.dims);
    const Size *size = want.dims[0], *n = size_const(c->shapes, e->braces.items.n);
    if (size->is_const && size->value < e->braces.items.n)
        diag_error(c->diags, e->braces.items.at[size->value]->loc, "too many items: %d for %s", e->braces.items.n,
                   type_text(c->arena, want));
    e->check_shape = !size->is_const && n->value > 0;
    for (int i = 0; i < e->braces.items.n; i++)
        check_item(c, e->braces.items.at[i], item, what);
}

// A struct is a value of its own type and no other; one does not fill an array of them.
static void check_struct_value(Checker *c, Expr *e, Type want, const char *what)
{
    Fit fit = same_elem(e->type, want) ? shapes_fit(c, &want, &e->type) : FIT_NO;
    e->check_shape = fit == FIT_TEST;
    if (fit == FIT_NO)
        diag_error(c->diags, e->loc, "%s is %s, but this is %s", what, type_text(c->arena, want), type_text(c->arena, e->type));
}

void check_value(Checker *c, Expr *e, Type want, const char *what)
{
    if (e->kind == EXPR_BRACES) {
        check_braces(c, e, want, what);
        return;
    }
    check_operand(c, e);
    if (!failed(e) && want.elem != ELEM_ERROR && (e->type.elem == ELEM_STRUCT || want.elem == ELEM_STRUCT)) {
        check_struct_value(c, e, want, what);
        return;
    }
    if (failed(e) || want.elem == ELEM_ERROR || !convert_expr(c, e, want.elem, what) || e->type.rank == 0)
        return;
    Fit fit = want.rank ? shapes_fit(c, &want, &e->type) : FIT_NO;
    e->check_shape = fit == FIT_TEST;
    if (fit == FIT_NO)
        diag_error(c->diags, e->loc, "%s is %s, but this is %s", what, type_text(c->arena, want),
                   type_text(c->arena, e->type));
}

static Symbol *target_symbol(const Expr *e)                     // the variable that a target is part of, or NULL
{
    while (e->kind == EXPR_INDEX || e->kind == EXPR_FIELD)
        e = e->kind == EXPR_INDEX ? e->index.base : e->field.base;
    return e->kind == EXPR_NAME ? e->name.sym : NULL;
}

static void report_constant(Checker *c, const Expr *e, const Symbol *sym, const char *verb)
{
    if (sym->kind == SYM_PARAM) {
        const char *kind = sym->type.rank ? "array" : "struct";
        diag_error(c->diags, e->loc, "'%s' is an in %s and cannot be %s", sym->name, kind, verb);
        diag_note(c->diags, sym->loc, "declare it inout, or copy it to a local %s", kind);
    } else {
        diag_error(c->diags, e->loc, "'%s' is a constant and cannot be %s", sym->name, verb);
        if (sym->decl)                                          // else it is predefined
            diag_note(c->diags, sym->loc, "'%s' is declared here", sym->name);
    }
}

bool check_target(Checker *c, Expr *e, const char *verb)
{
    bool place = e->kind == EXPR_NAME || e->kind == EXPR_INDEX || e->kind == EXPR_FIELD;
    check_operand(c, e);
    if (failed(e))
        return false;
    Symbol *sym = target_symbol(e);
    if (!place || !sym) {
        diag_error(c->diags, e->loc, "this is a value and cannot be %s", verb);
        return false;
    }
    if (sym->is_const)
        report_constant(c, e, sym, verb);
    return !sym->is_const;
}
