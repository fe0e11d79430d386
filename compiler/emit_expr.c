// emit_expr.c — expressions, with the parentheses they need and no others.
//
// In: a value. Out: its C text: the variable that holds it, or, where it is folded, its operation applied to the text
// of its operands:
//
//     sub %a, (sub %b, %c)        a - (b - c)            nothing is reassociated
//     mul (itor %n), %x           n * x                  C converts n
//     load %A[%i, %j]             A[(ptrdiff_t)i * m + j]
//
// `least` is the precedence (ops.def) that the place needs: an expression of a lower one gets parentheses. It is
// asked higher than C does where gcc and clang warn, or a reader would stop: in operands of shifts, bit operators,
// comparisons, and behind a sign.
#include "emit_internal.h"

#include <assert.h>
#include <float.h>
#include <ctype.h>
#include <math.h>
#include <string.h>

enum { P_LOWEST = 0, P_SELECT = 3, P_OR = 4, P_ADD = 12, P_MUL = 13, P_UNARY = 14, P_PRIMARY = 15 };

const char *c_type(const File *file, Elem elem)
{
    switch (elem) {
    case E_REAL: return file->real;
    case E_INT: return "int";
    case E_BOOL: return "bool";
    case E_BIT: return "bool";
    case E_POS: return "ptrdiff_t";
    case E_STRUCT: break;
    }
    return "";
}

const char *c_element(const File *file, Type t)
{
    if (t.elem == E_BIT)
        return "unsigned char";
    return type_is_struct(t) ? arena_printf(file->arena, "struct %s", t.st->name) : c_type(file, (Elem)t.elem);
}

// Appends s, in parentheses if its precedence is less than least or if it would put one sign behind another.
static void put_text(Text *t, const char *s, int prec, int least)
{
    if (prec < least)
        text_printf(t, "(%s)", s);
    else
        text_put(t, s);
}

// The text of v with parentheses as needed, alone.
static const char *text_of(Emit *e, const Value *v, int least)
{
    Text t = text_in(e->arena);
    expr(e, &t, v, least);
    return t.at;
}

void expr_var(Emit *e, Text *t, Var *var, int least)
{
    (void)e;
    var->printed = true;
    if (var->deref)
        put_text(t, arena_printf(t->arena, "*%s", var->name), P_UNARY, least);
    else
        text_put(t, var->name);
}

// ---- constants ----

// `spelling`: as the user wrote it, a number or the name of a constant of the module; NULL: by its value.
static void put_real(Emit *e, Text *t, double x, const char *spelling, int least)
{
    if (spelling && (isalpha((unsigned char)spelling[0]) || spelling[0] == '_')) {
        text_put(t, spelling);
        return;
    }
    if (e->file->o->real_float) {
        x = (double)(float)x;
        if (x == 0 || isinf(x) || isnan(x))
            spelling = NULL;
    }
    const char *s = spelling                                   ? spelling
                    : fabs(x) < 1e9 && x == floor(x) && x != 0 ? arena_printf(e->arena, "%.1f", x)
                                                               : real_text(e->arena, x);
    if (isinf(x) || isnan(x)) {
        e->file->uses_math = true;
        s = isnan(x) ? "NAN" : x < 0 ? "-INFINITY" : "INFINITY";
    } else {
        bool hex = strpbrk(s, "xX") != NULL;
        bool real = strpbrk(s, hex ? ".pP" : ".eE") != NULL;
        s = arena_printf(e->arena, "%s%s%s", s, real ? "" : ".0", e->file->suffix);
    }
    put_text(t, s, s[0] == '-' ? P_UNARY : P_PRIMARY, least);
}

static void put_int(Emit *e, Text *t, int64_t x, int least)
{
    if (x == INT32_MIN)
        put_text(t, "-2147483647 - 1", P_ADD, least);
    else
        put_text(t, arena_printf(e->arena, "%lld", (long long)x), x < 0 ? P_UNARY : P_PRIMARY, least);
}

// ---- conversions ----

// v without the stops around it.
static const Value *unstopped(const Value *v)
{
    while (v->def && v->def->code == OP_stop)
        v = v->def->in[0];
    return v;
}

// The int that v is the conversion of, if C may be left to convert it; else NULL.
static const Value *converted_int(Emit *e, const Value *v)
{
    v = unstopped(v);
    if (e->file->o->real_float || !v->def || v->def->code != OP_itor)
        return NULL;
    const Value *n = v->def->in[0];
    int64_t c;
    if (ir_is_int_const(n, &c))
        return NULL;
    if (!plan_var(e, n) && n->def && (n->def->code == OP_idiv || n->def->code == OP_imod))
        return NULL;
    return n;
}

static bool is_conversion(const Value *v)
{
    v = unstopped(v);
    return v->def && v->def->code == OP_itor;
}

// v where C converts an int to real by itself.
static void put_converted(Emit *e, Text *t, const Value *v, int least)
{
    const Value *n = converted_int(e, v);
    expr(e, t, n ? n : v, least);
}

static void put_itor(Emit *e, Text *t, const Value *v, int least)
{
    int64_t c;
    if (ir_is_int_const(v, &c)) {
        put_real(e, t, (double)c, NULL, least);
        return;
    }
    put_text(t, arena_printf(e->arena, "(%s)%s", e->file->real, text_of(e, v, P_UNARY)), P_UNARY, least);
}

// ---- operators ----

// What the operands of an infix operator need: left, right.
static void operand_precedence(const Emit *e, const Op *op, int least[2])
{
    int prec = op_info[op->code].prec;
    switch (op->code) {
    case OP_or:
        for (int k = 0; k < 2; k++) {
            const Value *v = op->in[k];
            least[k] = !plan_var(e, v) && v->def && v->def->code == OP_and ? P_PRIMARY : P_OR;
        }
        return;
    case OP_ishl:
    case OP_ishr:
    case OP_iand:
    case OP_ior:
    case OP_ixor: least[0] = least[1] = P_UNARY; return;
    case OP_beq:
    case OP_bne: least[0] = least[1] = P_PRIMARY; return;
    case OP_and: least[0] = least[1] = prec; return;
    default: least[0] = prec < P_ADD ? P_ADD : prec; least[1] = prec < P_ADD ? P_ADD : prec + 1;
    }
}

// What comparing with itself gives.
static void put_self_comparison(Emit *e, Text *t, const char *sign)
{
    e->file->uses_bool = true;
    text_put(t, sign[1] == '=' && sign[0] != '!' ? "true" : "false");
}

static void put_infix(Emit *e, Text *t, const Op *op, const char *sign, int least)
{
    const OpInfo *info = &op_info[op->code];
    int need[2];
    operand_precedence(e, op, need);
    Text s = text_in(e->arena);
    bool real = info->sig[0] == 'r';
    if (real && is_conversion(op->in[0]) && !is_conversion(op->in[1]))
        put_converted(e, &s, op->in[0], need[0]);
    else
        expr(e, &s, op->in[0], need[0]);
    text_printf(&s, " %s ", sign);
    Text right = text_in(e->arena);
    if (real)
        put_converted(e, &right, op->in[1], need[1]);
    else
        expr(e, &right, op->in[1], need[1]);
    if (info->sig[0] != 'r' && op->out[0]->type.elem == E_BOOL && info->prec >= 9 &&
        strcmp(s.at, arena_printf(e->arena, "%s %s ", right.at, sign)) == 0) {
        // the same int on both sides: gcc and clang warn of the comparison, which here is an expansion's
        put_self_comparison(e, t, sign);
        return;
    }
    bool minus = right.at[0] == '-' && (sign[0] == '+' || sign[0] == '-');
    int64_t c;
    if (minus && sign[0] == '+' && ir_is_int_const(op->in[1], &c)) { // at + -2 is at - 2
        s.at[s.n - 2] = '-';
        text_put(&s, right.at + 1);
        put_text(t, s.at, info->prec, least);
        return;
    }
    text_printf(&s, minus ? "(%s)" : "%s", right.at);
    put_text(t, s.at, info->prec, least);
}

static void put_prefix(Emit *e, Text *t, const Value *v, const char *sign, int least)
{
    const char *s = text_of(e, v, P_UNARY);
    if (s[0] == sign[0] && sign[0] != '!')
        s = arena_printf(e->arena, "(%s)", s);
    put_text(t, arena_printf(e->arena, "%s%s", sign, s), P_UNARY, least);
}

static void put_function(Emit *e, Text *t, const Op *op)
{
    const OpInfo *info = &op_info[op->code];
    bool macro = op->code == OP_isnan || op->code == OP_isinf || op->code == OP_isfinite;
    if (strncmp(info->c, "adrt_", 5) == 0)
        e->file->uses_runtime = true;
    else
        e->file->uses_math = true;
    text_printf(t, "%s%s(", info->c, strchr(info->sig, 'r') && !macro ? e->file->suffix : "");
    for (int i = 0; i < op->n_in; i++) {
        text_put(t, i ? ", " : "");
        if (macro || op->code == OP_abs) // gcc warns of fabs(n)
            expr(e, t, op->in[i], P_SELECT);
        else
            put_converted(e, t, op->in[i], P_SELECT);
    }
    text_put(t, ")");
}

static void put_select(Emit *e, Text *t, const Op *op, int least)
{
    Text s = text_in(e->arena);
    expr(e, &s, op->in[0], P_OR);
    text_put(&s, " ? ");
    expr(e, &s, op->in[1], P_OR);
    text_put(&s, " : ");
    expr(e, &s, op->in[2], P_SELECT);
    put_text(t, s.at, P_SELECT, least);
}

static void put_pmul(Emit *e, Text *t, const Op *op, int least)
{
    e->file->uses_stddef = true;
    const char *s =
        arena_printf(e->arena, "(ptrdiff_t)%s * %s", text_of(e, op->in[0], P_UNARY), text_of(e, op->in[1], P_UNARY));
    put_text(t, s, P_MUL, least);
}

// ints and bools have exact opposites; for reals only == and != have (NaN).
static const char *opposite(OpCode code)
{
    switch (code) {
    case OP_ilt: return ">=";
    case OP_ile: return ">";
    case OP_igt: return "<=";
    case OP_ige: return "<";
    case OP_ieq:
    case OP_eq:
    case OP_beq: return "!=";
    case OP_ine:
    case OP_ne:
    case OP_bne: return "==";
    default: return NULL;
    }
}

void expr_not(Emit *e, Text *t, const Value *v, int least)
{
    const Op *op = plan_var(e, v) ? NULL : v->def;
    if (op && plan_is_self_comparison(op))
        put_self_comparison(e, t, opposite(op->code));
    else if (op && opposite(op->code))
        put_infix(e, t, op, opposite(op->code), least);
    else if (op && op->code == OP_not)
        expr(e, t, op->in[0], least);
    else if (op && op->code == OP_const_bool)
        text_put(t, op->i ? "false" : "true");
    else
        put_prefix(e, t, v, "!", least);
}

// ---- arrays ----

// Where a frozen buffer's struct is: "tape." or "tape->".
static const char *frozen_access(Emit *e, const Value *root)
{
    Var *var = plan_var(e, root);
    assert(var);
    var->printed = true;
    bool pointer = var->fixed && root->def->code == OP_freeze;
    return arena_printf(e->arena, "%s%s", var->name, pointer ? "->" : ".");
}

static bool is_frozen(const Emit *e, const Value *root)
{
    return e->places[root->id].storage == PLACE_FROZEN ||
           (root->def && root->def->code == OP_shape && root->def->n_in == 1 && root->type.rank == 1);
}

// A part of an array that has no variable: a view, or a slot of a within.
typedef struct Part {
    const Value *of;
    Path path;
    Value *const *in;
} Part;

static Part part_of(const Value *root)
{
    const Op *op = root->def;
    if (op)
        return (Part){op->in[0], op->code == OP_slice ? op->paths[0] : (Path){.at_pos = true, .rank = op->n_in - 2}, op->in + 1};
    op = root->region->owner;
    int first = 1;
    for (int i = 0; i < root->index; i++)
        first += path_n_operands(&op->paths[i]);
    return (Part){op->in[0], op->paths[root->index], op->in + first};
}

void expr_array(Emit *e, Text *t, const Value *array, int least)
{
    const Value *root = array->root;
    if (is_frozen(e, root)) {
        text_printf(t, "%sat", frozen_access(e, root));
        return;
    }
    Var *var = plan_var(e, root);
    if (var) {
        var->printed = true;
        if (is_object(e, root))
            put_text(t, arena_printf(t->arena, "&%s", var->name), P_UNARY, least);
        else
            text_put(t, var->name);
        return;
    }
    if (root->def && root->def->code == OP_reshape) {
        expr_array(e, t, root->def->in[0], least);
        return;
    }
    Part part = part_of(root);
    expr_part(e, t, part.of, &part.path, part.in, least);
}

// An offset in the making: a text, or so far a constant.
typedef struct Offset {
    const char *text; // NULL: c
    int64_t c;
    int prec;
    bool wide; // 64 bits already, or none needed
} Offset;

static void offset_times(Emit *e, Offset *o, Dim d)
{
    if (!o->text) {
        if (o->c == 0)
            return;
        if (!d.v) {
            o->c *= d.c;
            return;
        }
        o->text = arena_printf(e->arena, "%lld", (long long)o->c);
        o->prec = P_PRIMARY;
    }
    if (!d.v && d.c == 1)
        return;
    Text t = text_in(e->arena);
    if (!o->wide) {
        e->file->uses_stddef = true;
        text_put(&t, "(ptrdiff_t)");
    }
    put_text(&t, o->text, o->prec, o->wide ? P_MUL : P_UNARY);
    text_put(&t, " * ");
    if (d.v)
        expr(e, &t, d.v, P_UNARY);
    else
        text_printf(&t, "%lld", (long long)d.c);
    *o = (Offset){t.at, 0, P_MUL, true};
}

static void offset_plus(Emit *e, Offset *o, const Value *index)
{
    int64_t c;
    if (!o->text && ir_is_int_const(index, &c)) {
        o->c += c;
        return;
    }
    Text t = text_in(e->arena);
    if (!o->text && o->c == 0) {
        expr(e, &t, index, P_LOWEST);
        bool simple = plan_var(e, index) || !index->def || !op_is_scalar(index->def->code);
        *o = (Offset){t.at, 0, simple ? P_PRIMARY : op_info[index->def->code].prec, o->wide};
        return;
    }
    if (ir_is_int_const(index, &c) && c == 0)
        return;
    if (!o->text) {
        expr(e, &t, index, P_ADD);
        text_printf(&t, " + %lld", (long long)o->c);
        *o = (Offset){t.at, 0, P_ADD, o->wide};
        return;
    }
    put_text(&t, o->text, o->prec, P_ADD);
    const char *s = text_of(e, index, P_ADD);
    text_printf(&t, s[0] == '-' ? " + (%s)" : " + %s", s);
    *o = (Offset){t.at, 0, P_ADD, o->wide};
}

// Small arrays of constant size are indexed in ints.
static bool is_small(const Value *root)
{
    int64_t n = 1;
    for (int k = 0; k < root->type.rank; k++) {
        Dim d = place_dim(root, k);
        if (d.v || d.c > 1 << 20)
            return false;
        n *= d.c;
        if (n > 1 << 20)
            return false;
    }
    return true;
}

// The offset of element or part idx[0..n) of an array whose last `rest` axes stay whole.
static Offset offset_of(Emit *e, const Value *root, Value *const *idx, int n)
{
    Offset o = {.wide = root->type.rank == 1 || is_small(root)};
    n = n < root->type.rank ? n : root->type.rank;
    for (int k = 0; k < root->type.rank; k++) {
        if (k > 0)
            offset_times(e, &o, place_dim(root, k));
        if (k < n)
            offset_plus(e, &o, idx[k]);
    }
    return o;
}

static void put_offset(Text *t, const Offset *o)
{
    if (o->text)
        text_put(t, o->text);
    else
        text_printf(t, "%lld", (long long)o->c);
}

// ---- structs ----

bool is_object(const Emit *e, const Value *root)
{
    if (!type_is_struct(root->type) || root->type.rank > 0)
        return false;
    Storage storage = e->places[root->id].storage;
    const Var *var = plan_var(e, root);
    return storage == PLACE_LOCAL || storage == PLACE_CONST || (var && var->fixed && var->type);
}

// The struct that idx[0..rank) leads to, up to where a member's name follows: cam. or cam-> or cams[i].
static void put_owner(Emit *e, Text *t, const Value *array, Value *const *idx)
{
    const Value *root = array->root;
    Var *var = plan_var(e, root);
    if (array->type.rank > 0) {
        Offset o = offset_of(e, root, idx, array->type.rank);
        expr_array(e, t, array, P_PRIMARY);
        text_put(t, "[");
        put_offset(t, &o);
        text_put(t, "].");
    } else if (var && !is_object(e, root)) {
        var->printed = true;
        text_printf(t, "%s->", var->name);
    } else {
        expr_struct(e, t, array, P_PRIMARY);
        text_put(t, ".");
    }
}

// name[j] for field `at` of st and, before it, the fields that it is a member of. *k: the next index of idx, of which there are n.
static void put_members(Emit *e, Text *t, const StructInfo *st, int at, Value *const *idx, int *k, int n)
{
    const Field *f = &st->fields.at[at];
    if (f->parent >= 0) {
        put_members(e, t, st, f->parent, idx, k, n);
        text_put(t, ".");
    }
    text_put(t, f->name);
    for (int i = f->n_outer; i < f->rank && *k < n; i++, ++*k) {
        text_put(t, "[");
        expr(e, t, idx[*k], P_LOWEST);
        text_put(t, "]");
    }
}

// The member that n indices, which go on to a field, lead to; gives how many dimensions it still has.
static int put_member(Emit *e, Text *t, const Value *array, Value *const *idx, int n)
{
    const Type type = array->type;
    const Field *f = type_field(type, n, idx);
    int k = type.rank + 1;
    put_owner(e, t, array, idx);
    put_members(e, t, type.st, (int)(f - type.st->fields.at), idx, &k, n);
    return f->rank - (n - type.rank - 1);
}

void expr_struct(Emit *e, Text *t, const Value *array, int least)
{
    const Value *root = array->root;
    Var *var = plan_var(e, root);
    assert(type_is_struct(root->type) && root->type.rank == 0);
    if (var) {
        var->printed = true;
        put_text(t, arena_printf(t->arena, is_object(e, root) ? "%s" : "*%s", var->name),
                 is_object(e, root) ? P_PRIMARY : P_UNARY, least);
        return;
    }
    Part part = part_of(root);
    if (type_field(part.of->type, part.path.n_idx, part.in)) {
        put_member(e, t, part.of, part.in, part.path.n_idx);
        return;
    }
    Offset o = offset_of(e, part.of->root, part.in, part.path.n_idx);
    expr_array(e, t, part.of, P_PRIMARY);
    text_put(t, "[");
    put_offset(t, &o);
    text_put(t, "]");
}

// A part of structs as a pointer: &cams[i], cams[i].rot, &cams[i].pts[j], cams[i].R[0].
static void put_struct_part(Emit *e, Text *t, const Value *array, const Path *p, Value *const *in, int least)
{
    Text s = text_in(e->arena);
    int prec = P_PRIMARY, rest = p->rank;
    if (type_field(array->type, p->n_idx, in)) {
        rest = put_member(e, &s, array, in, p->n_idx);
    } else {
        Offset o = offset_of(e, array->root, in, p->n_idx + p->has_range);
        expr_array(e, &s, array, P_PRIMARY);
        text_put(&s, "[");
        put_offset(&s, &o);
        text_put(&s, "]");
        rest = 0;
    }
    if (rest > 0 && p->has_range) {
        int64_t c;
        bool from_start = ir_is_int_const(in[p->n_idx], &c) && c == 0;
        if (rest > 1) {
            text_put(&s, "[");
            expr(e, &s, in[p->n_idx], P_LOWEST);
            text_put(&s, "]");
        } else if (!from_start) {
            text_put(&s, " + ");
            expr(e, &s, in[p->n_idx], P_ADD + 1);
            prec = P_ADD;
        }
    }
    for (int i = p->has_range ? 2 : 1; i < rest; i++)
        text_put(&s, "[0]");
    if (rest == 0)
        put_text(t, arena_printf(e->arena, "&%s", s.at), P_UNARY, least);
    else
        put_text(t, s.at, prec, least);
}

void expr_element(Emit *e, Text *t, const Op *access)
{
    const Value *array = access->in[0], *root = array->root;
    Value *const *idx = access->in + 1;
    int n = array->type.rank;
    if (type_is_struct(array->type)) {
        put_member(e, t, array, idx, op_n_index(access));
        return;
    }
    Var *row = op_data(e, access)->row;
    if (row) {
        text_printf(t, "%s[", row->name);
        expr(e, t, idx[n - 1], P_LOWEST);
        text_put(t, "]");
        return;
    }
    if (n == 1) {
        expr_array(e, t, array, P_PRIMARY);
        text_put(t, "[");
        expr(e, t, idx[0], P_LOWEST);
        text_put(t, "]");
        return;
    }
    Offset o = offset_of(e, root, idx, n);
    expr_array(e, t, array, P_PRIMARY);
    text_put(t, "[");
    put_offset(t, &o);
    text_put(t, "]");
}

void expr_part(Emit *e, Text *t, const Value *array, const Path *p, Value *const *in, int least)
{
    Offset o;
    if (type_is_struct(array->type) && !p->at_pos && p->n_idx >= array->type.rank) {
        put_struct_part(e, t, array, p, in, least);
        return;
    }
    if (p->at_pos) {
        o = (Offset){.wide = true};
        offset_plus(e, &o, in[0]);
    } else {
        o = offset_of(e, array->root, in, p->n_idx + p->has_range);
    }
    if (!o.text && o.c == 0) {
        expr_array(e, t, array, least);
        return;
    }
    Text s = text_in(e->arena);
    expr_array(e, &s, array, P_ADD);
    text_put(&s, " + ");
    if (!o.text)
        text_printf(&s, "%lld", (long long)o.c);
    else
        put_text(&s, o.text, o.prec, o.text[0] == '-' ? P_PRIMARY : P_ADD);
    put_text(t, s.at, P_ADD, least);
}

// The view that the text of array is the offset of, or NULL if a variable points to it.
static const Op *folded_view(const Emit *e, const Value *array)
{
    const Value *root = array->root;
    while (!plan_var(e, root) && root->def && root->def->code == OP_reshape)
        root = root->def->in[0]->root;
    const Op *op = plan_var(e, root) || is_frozen(e, root) ? NULL : root->def;
    return op && op->code == OP_slice && !type_is_struct(op->in[0]->type) ? op : NULL;
}

void expr_item(Emit *e, Text *t, const Value *array, const char *index)
{
    const Op *view = array->type.rank == 1 ? folded_view(e, array) : NULL; // else index is no int
    Offset o = {0};
    if (view)
        o = offset_of(e, view->in[0]->root, view->in + 1, view->paths->n_idx + view->paths->has_range);
    expr_array(e, t, view ? view->in[0] : array, P_PRIMARY);
    if (o.text)
        text_printf(t, o.text[0] == '-' || o.prec < P_ADD ? "[(%s) + %s]" : "[%s + %s]", o.text, index);
    else if (o.c)
        text_printf(t, "[%lld + %s]", (long long)o.c, index);
    else
        text_printf(t, "[%s]", index);
}

void expr_size(Emit *e, Text *t, const Value *array, int least)
{
    const Value *root = array->root;
    if (is_frozen(e, root)) {
        put_text(t, arena_printf(e->arena, "(size_t)%sn", frozen_access(e, root)), P_UNARY, least);
        return;
    }
    if (root->def && root->def->code == OP_copy) {
        expr_size(e, t, root->def->in[0], least);
        return;
    }
    Text s = text_in(e->arena);
    int64_t c = 1;
    int n = 0;
    for (int k = 0; k < root->type.rank; k++) {
        Dim d = place_dim(root, k);
        c *= d.v ? 1 : d.c > 0 ? d.c : 0;
        if (!d.v)
            continue;
        bool pos = d.v->type.elem == E_POS;
        text_printf(&s, "%s%s%s%s", n++ ? " * " : "", pos ? "(size_t)" : "adrt_size(",
                    text_of(e, d.v, pos ? P_UNARY : P_SELECT), pos ? "" : ")");
        e->file->uses_runtime = e->file->uses_runtime || !pos;
    }
    if (n == 0 || c == 0)
        text_printf(t, "%lld", (long long)c);
    else if (c != 1)
        put_text(t, arena_printf(e->arena, "%s * %lld", s.at, (long long)c), P_MUL, least);
    else
        put_text(t, s.at, n > 1 ? P_MUL : P_UNARY, least);
}

// The same for an allocation, where the product must not wrap around: adrt_mul(adrt_size(n), adrt_size(m)).
void expr_count(Emit *e, Text *t, const Value *array)
{
    const Value *root = array->root;
    if (root->def && root->def->code == OP_copy && is_frozen(e, root->def->in[0]->root)) {
        expr_size(e, t, array, P_LOWEST);
        return;
    }
    const char *all = NULL;
    for (int k = 0; k < root->type.rank; k++) {
        Dim d = place_dim(root, k);
        const char *one = !d.v ? arena_printf(e->arena, "%lld", (long long)(d.c > 0 ? d.c : 0))
                          : d.v->type.elem == E_POS
                              ? arena_printf(e->arena, "(size_t)%s", text_of(e, d.v, P_UNARY))
                              : arena_printf(e->arena, "adrt_size(%s)", text_of(e, d.v, P_SELECT));
        all = all ? arena_printf(e->arena, "adrt_mul(%s, %s)", all, one) : one;
    }
    text_put(t, all ? all : "1");
}

// v as a return value or argument, where C converts ints.
void expr_converted(Emit *e, Text *t, const Value *v)
{
    put_converted(e, t, v, P_LOWEST);
}

// ---- calls ----

// The parameter of f that is a frozen tape: bound without dimensions.
bool param_is_tape(File *file, const Func *f, int p)
{
    const Param *param = &f->params.at[p];
    if (param->type.kind != K_ARRAY || param->type.rank != 1 || param->arg < 0 || f->is_extern)
        return false;
    bool *known = map_get(file->tape_params, f);
    if (!known) {
        known = NEW_N(file->arena, bool, f->params.n + 1);
        map_set(file->tape_params, f, known);
        for (int i = 0; i < f->body->ops.n; i++) {
            const Op *op = f->body->ops.at[i];
            for (int k = 0; op->code == OP_shape && op->n_in == 1 && k < f->params.n; k++)
                if (f->params.at[k].arg >= 0 && f->body->args.at[f->params.at[k].arg] == op->in[0])
                    known[k] = op->in[0]->type.rank == 1;
        }
    }
    return known[p];
}

static void put_tape(Emit *e, Text *t, const Value *v)
{
    const Value *root = v->root;
    Var *var = plan_var(e, root);
    if (is_frozen(e, root)) {
        var->printed = true;
        bool pointer = var->fixed && root->def->code == OP_freeze;
        text_printf(t, "%s%s", pointer ? "*" : "", var->name);
        return;
    }
    static const char *const names[] = {"real", "int", "byte", "pos", "bit"};
    text_printf(t, "(struct adrt_buf_%s%s){", names[v->type.elem], v->type.elem == E_REAL ? e->file->suffix : "");
    expr_array(e, t, v, P_SELECT);
    text_put(t, ", (ptrdiff_t)");
    expr_size(e, t, v, P_UNARY);
    text_put(t, ", 0}");
}

// A variable as an argument that is written to.
static void put_address(Text *t, Var *var)
{
    var->printed = true;
    text_printf(t, "%s%s", var->deref || (var->fixed && !var->type) ? "" : "&", var->name);
}

static void put_argument(Emit *e, Text *t, const Op *op, int p)
{
    const Param *param = &op->callee->params.at[p];
    if (type_is_scalar(param->type) && param->result >= 0) {
        Var *var = plan_var(e, op->out[param->result]);
        var->printed = true;
        text_printf(t, "%s%s", var->deref ? "" : "&", var->name);
    } else if (type_is_scalar(param->type)) {
        put_converted(e, t, op->in[param->arg], P_SELECT);
    } else if (param->type.kind == K_BUF) {
        put_address(t, plan_var(e, op->in[param->arg]));
    } else if (param_is_tape(e->file, op->callee, p)) {
        put_tape(e, t, op->in[param->arg]);
    } else {
        expr_array(e, t, op->in[param->arg], P_SELECT);
    }
}

// Is the struct that op returns declared by the statement that calls it? It has printed `struct camera c = ` then.
static bool expr_call_declares(const Emit *e, const Op *op)
{
    return e->declared_by == op;
}

// Has the local that the struct is returned to no reader? Then emit_tree.c has dropped it.
static bool drops_struct(const Emit *e, const Value *to)
{
    const Var *var = plan_var(e, to);
    return e->places[to->root->id].storage == PLACE_LOCAL && var && var->readers == 0;
}

void expr_call(Emit *e, Text *t, const Op *op)
{
    map_set(e->file->called, op->callee, op->callee);
    int result = emit_struct_result(op->callee);
    if (result >= 0 && !expr_call_declares(e, op) && !drops_struct(e, op->in[op->callee->params.at[result].arg])) {
        expr_struct(e, t, op->in[op->callee->params.at[result].arg], P_UNARY);
        text_put(t, " = ");
    }
    text_printf(t, "%s(", op->callee->name);
    bool first = true;
    for (int i = 0; i < op->callee->params.n; i++) {
        if (i == result)
            continue;
        text_put(t, first ? "" : ", ");
        first = false;
        put_argument(e, t, op, i);
    }
    text_put(t, ")");
}

// ---- calls of the runtime ----

// One argument of the runtime's function: an operand, an array result, or a flag.
typedef struct Argument {
    enum { IN, OUT, TA, TB } kind;
    int k;
} Argument;

typedef struct MatrixCall {
    const char *name;
    Argument args[8];
    int n;
} MatrixCall;

static const MatrixCall matrix_calls[] = {
    [OP_gemm] = {"adrt_gemm", {{TA, 0}, {TB, 0}, {IN, 3}, {IN, 4}, {IN, 5}, {IN, 1}, {IN, 2}, {IN, 0}}, 8},
    [OP_lu] = {"adrt_lu", {{IN, 1}, {IN, 0}, {OUT, 0}, {OUT, 1}}, 4},
    [OP_lu_solve] = {"adrt_lu_solve", {{TA, 0}, {IN, 3}, {IN, 4}, {IN, 1}, {IN, 2}, {IN, 0}}, 6},
    [OP_lu_logdet] = {"adrt_lu_logdet", {{IN, 2}, {IN, 0}}, 2},
    [OP_cholesky] = {"adrt_cholesky", {{IN, 1}, {IN, 0}}, 2},
    [OP_lower_solve] = {"adrt_lower_solve", {{TA, 0}, {IN, 2}, {IN, 3}, {IN, 1}, {IN, 0}}, 5},
    [OP_lower] = {"adrt_lower", {{IN, 1}, {IN, 0}}, 2},
};

static const char *matrix_variant(const Op *op)
{
    static const char *const maps[] = {"", "_half", "_mirror", "_fold"};
    if (op->code == OP_lower)
        return maps[op->map];
    return op->sub ? "_sub" : op->right ? "_right" : "";
}

void expr_matrix(Emit *e, Text *t, const Op *op)
{
    const MatrixCall *call = &matrix_calls[op->code];
    assert(call->name);
    e->file->uses_runtime = true;
    text_printf(t, "%s%s%s(", call->name, matrix_variant(op), e->file->suffix);
    for (int i = 0; i < call->n; i++) {
        Argument a = call->args[i];
        text_put(t, i ? ", " : "");
        if (a.kind == TA || a.kind == TB) {
            e->file->uses_bool = true;
            text_put(t, (a.kind == TA ? op->ta : op->tb) ? "true" : "false");
            continue;
        }
        const Value *v = a.kind == IN ? op->in[a.k] : op->out[a.k];
        if (type_is_scalar(v->type))
            expr(e, t, v, P_SELECT);
        else
            expr_array(e, t, v, P_SELECT);
    }
    text_put(t, ")");
}

// ---- all of them ----

static void put_padd(Emit *e, Text *t, const Op *op, int least)
{
    int64_t c;
    if (!ir_is_int_const(op->in[0], &c)) {
        put_infix(e, t, op, "+", least);
        return;
    }
    e->file->uses_stddef = true;
    if (c == 0) {
        put_text(t, arena_printf(e->arena, "(ptrdiff_t)%s", text_of(e, op->in[1], P_UNARY)), P_UNARY, least);
        return;
    }
    put_text(t, arena_printf(e->arena, "(ptrdiff_t)%lld + %s", (long long)c, text_of(e, op->in[1], P_MUL)), P_ADD,
             least);
}

static void put_load(Emit *e, Text *t, const Op *op)
{
    if (op->in[0]->type.elem != E_BIT) {
        expr_element(e, t, op);
        return;
    }
    e->file->uses_runtime = true;
    text_put(t, "adrt_bit(");
    expr_array(e, t, op->in[0], P_SELECT);
    text_put(t, ", ");
    expr(e, t, op->in[1], P_SELECT);
    text_put(t, ")");
}

// The operation itself, whether or not its result has a variable.
static void put_op(Emit *e, Text *t, const Op *op, int least)
{
    switch (op->code) {
    case OP_const_real: put_real(e, t, op->r, op->text, least); return;
    case OP_const_int:
    case OP_const_pos: put_int(e, t, op->i, least); return;
    case OP_const_bool:
        e->file->uses_bool = true;
        text_put(t, op->i ? "true" : "false");
        return;
    case OP_undef:
        text_put(t, op->out[0]->type.elem == E_REAL   ? (e->file->o->real_float ? "0.0f" : "0.0")
                    : op->out[0]->type.elem == E_BOOL ? "false"
                                                      : "0");
        return;
    case OP_load: put_load(e, t, op); return;
    case OP_len: text_printf(t, "%sn", frozen_access(e, op->in[0]->root)); return;
    case OP_call: expr_call(e, t, op); return;
    case OP_lu:
    case OP_lu_logdet:
    case OP_cholesky: expr_matrix(e, t, op); return;
    case OP_itor: put_itor(e, t, op->in[0], least); return;
    case OP_rtoi:
        put_text(t, arena_printf(e->arena, "(int)%s", text_of(e, op->in[0], P_UNARY)), P_UNARY, least);
        return;
    case OP_stop: expr(e, t, op->in[0], least); return;
    case OP_not: expr_not(e, t, op->in[0], least); return;
    case OP_pmul: put_pmul(e, t, op, least); return;
    case OP_padd: put_padd(e, t, op, least); return;
    case OP_sel:
    case OP_isel:
    case OP_bsel: put_select(e, t, op, least); return;
    default: break;
    }
    assert(op_is_scalar(op->code));
    if (plan_is_self_comparison(op)) {
        put_self_comparison(e, t, op_info[op->code].c);
        return;
    }
    switch (op_info[op->code].style) {
    case ST_INFIX: put_infix(e, t, op, op_info[op->code].c, least); return;
    case ST_PREFIX: put_prefix(e, t, op->in[0], op_info[op->code].c, least); return;
    default: put_function(e, t, op); return;
    }
}

void expr(Emit *e, Text *t, const Value *v, int least)
{
    Var *var = plan_var(e, v);
    if (var) {
        expr_var(e, t, var, least);
        return;
    }
    assert(v->def);
    put_op(e, t, v->def, least);
}

// ---- assignments ----

static bool is_assignable(const Op *op)
{
    return op_is_scalar(op->code) && op_info[op->code].style == ST_INFIX && op_info[op->code].prec != 9 &&
           op_info[op->code].prec != 10 && op->out[0]->type.elem != E_BOOL;
}

static bool commutes(const Op *op)
{
    switch (op->code) {
    case OP_add:
    case OP_mul:
    case OP_iadd:
    case OP_imul:
    case OP_iand:
    case OP_ior:
    case OP_ixor:
    case OP_psum: return true;
    default: return false;
    }
}

// `place op= v`; place++ where v is 1.
static void put_update(Emit *e, Text *t, const char *place, const char *sign, const Value *v, bool plain)
{
    int64_t c;
    if (ir_is_int_const(v, &c) && c > INT32_MIN && (sign[0] == '+' || sign[0] == '-')) {
        const char *s = (c < 0) == (sign[0] == '-') ? "+" : "-";
        c = c < 0 ? -c : c;
        if (plain && c == 1)
            text_printf(t, "%s%s%s", place, s, s);
        else
            text_printf(t, "%s %s= %lld", place, s, (long long)c);
        return;
    }
    text_printf(t, "%s %s= ", place, sign);
    if (v->type.elem == E_REAL)
        put_converted(e, t, v, P_SELECT);
    else
        expr(e, t, v, P_SELECT);
}

// The index of the operand of op that var holds, if op can be written as an update of it; else -1.
static int updated_operand(const Emit *e, const Op *op, const Var *var)
{
    if (!is_assignable(op))
        return -1;
    if (plan_var(e, op->in[0]) == var)
        return 0;
    return commutes(op) && plan_var(e, op->in[1]) == var ? 1 : -1;
}

void expr_assign(Emit *e, Text *t, Var *var, const Value *value)
{
    Text place = text_in(e->arena);
    expr_var(e, &place, var, P_LOWEST);
    const Op *op = value->def && (plan_var(e, value) == var || !plan_var(e, value)) ? value->def : NULL;
    int k = op ? updated_operand(e, op, var) : -1;
    if (k >= 0) {
        const Op *by = plan_var(e, op->in[1 - k]) ? NULL : op->in[1 - k]->def;
        if (op->code == OP_padd && by && by->code == OP_ineg)   // a position steps back over an array
            put_update(e, t, place.at, "-", by->in[0], true);
        else
            put_update(e, t, place.at, op_info[op->code].c, op->in[1 - k],
                       !var->deref && op->out[0]->type.elem != E_REAL);
        return;
    }
    text_printf(t, "%s = ", place.at);
    if (op && op->code == OP_itor && !e->file->o->real_float)
        put_converted(e, t, value, P_SELECT);
    else if (op)
        put_op(e, t, op, P_SELECT);
    else
        expr(e, t, value, P_SELECT);
}

// ---- elements ----

static bool same_place(const Op *load, const Op *store)
{
    if (load->code != OP_load || load->in[0]->root != store->in[0]->root || load->n_in != store->n_in - 1)
        return false;
    for (int i = 1; i < load->n_in; i++) {
        int64_t c, d;
        bool same = ir_is_int_const(load->in[i], &c) && ir_is_int_const(store->in[i], &d) && c == d;
        if (load->in[i] != store->in[i] && !same)
            return false;
    }
    return true;
}

void expr_store(Emit *e, Text *t, const Op *op)
{
    Text place = text_in(e->arena);
    const Value *v = op->in[op->n_in - 1];
    expr_element(e, &place, op);
    const Op *def = plan_var(e, v) ? NULL : v->def;
    if (op->code == OP_acc) {
        bool minus = def && def->code == OP_neg;
        put_update(e, t, place.at, minus ? "-" : "+", minus ? def->in[0] : v, false);
        return;
    }
    for (int k = 0; def && is_assignable(def) && k <= (commutes(def) ? 1 : 0); k++) {
        const Value *old = def->in[k];
        if (plan_var(e, old) || !old->def || !same_place(old->def, op))
            continue;
        put_update(e, t, place.at, op_info[def->code].c, def->in[1 - k], true);
        return;
    }
    text_printf(t, "%s = ", place.at);
    put_converted(e, t, v, P_SELECT);
}
