// verify.c — is this IR what ir.h says IR is?
//
// In: a module, or one function, after any pass. Out: NULL, or a message that names the function, the op (printed) and
// the rule it breaks:
//
//     @f: %y.5 = fill %x.1, %v.3 @12: operand %x.1 was consumed before, by: %x.4 = store %x.1[%i.2], %v.3
//
// One walk in program order, linear in the size of the function. A Value is unseen, in scope or out of scope; a version
// of an array or buffer also has the op that consumed it. A view remembers the version it looks into, so that it is
// dead when that one is consumed. The first broken rule ends the walk (longjmp to ir_verify_func).
#include "irtext.h"

#include <setjmp.h>
#include <string.h>

enum { UNSEEN, IN_SCOPE, OUT_OF_SCOPE };

// What is known of a value, by its id.
typedef struct Fact {
    const Value *value;
    int state;
    const Op *consumer;                         // or NULL
    const Value *base;                          // the version that it ends with: itself, or what a view looks into
    bool yielded, readonly;
} Fact;

typedef struct Verifier {
    Arena *arena;
    const Func *f;
    const Op *op;                               // being looked at, or NULL
    Fact *facts;
    char *error;
    jmp_buf unwind;
} Verifier;

// ---- saying what is wrong ----

_Noreturn static void broken(Verifier *v, const char *format, ...) PRINTF_LIKE(2, 3);
_Noreturn static void broken(Verifier *v, const char *format, ...)
{
    Text t = text_in(v->arena);
    text_printf(&t, "@%s: ", v->f->name);
    if (v->op) {
        ir_print_op(&t, v->op);
        text_put(&t, ": ");
    }
    va_list args;
    va_start(args, format);
    text_vprintf(&t, format, args);
    va_end(args);
    v->error = t.at;
    longjmp(v->unwind, 1);
}

static const char *shown(Verifier *v, const Value *x)
{
    Text t = text_in(v->arena);
    ir_print_value(&t, x);
    return t.at;
}

static const char *type_shown(Verifier *v, Type type)
{
    Text t = text_in(v->arena);
    ir_print_type(&t, type);
    return t.at;
}

static const char *op_shown(Verifier *v, const Op *op)
{
    Text t = text_in(v->arena);
    ir_print_op(&t, op);
    return t.at;
}

static Fact *fact(Verifier *v, const Value *x)
{
    return &v->facts[x->id];
}

// ---- definitions and uses ----

static bool type_is_valid(Type t)
{
    if (t.elem > E_STRUCT || (t.elem == E_STRUCT) != (t.st != NULL) || (t.elem == E_STRUCT && t.kind != K_ARRAY))
        return false;
    switch (t.kind) {
    case K_SCALAR: return t.rank == 0 && t.elem != E_BIT;
    case K_ARRAY: return t.rank <= IR_MAX_RANK && (t.elem != E_BIT || t.rank == 1);
    default: return t.kind == K_BUF && t.rank == 0;
    }
}

static bool is_view(const Value *x)
{
    return x->def && (x->def->code == OP_slice || x->def->code == OP_reshape || x->def->code == OP_view_at);
}

// x begins to exist, as result or argument `index` of def or r; `root` is what its root must be (NULL: itself).
static void define(Verifier *v, const Value *x, const Op *def, const Region *r, int index, const Value *root)
{
    if (!x)
        broken(v, "a result or argument is missing");
    if (x->id < 0 || x->id >= v->f->n_values)
        broken(v, "%s has an id outside 0 .. n_values - 1 = %d", shown(v, x), v->f->n_values - 1);
    Fact *f = fact(v, x);
    if (f->value)
        broken(v, "%s is defined twice, or shares its id with %s", shown(v, x), shown(v, f->value));
    if (x->def != def || x->region != r || x->index != index)
        broken(v, "%s has a wrong def, region or index", shown(v, x));
    if (!type_is_valid(x->type))
        broken(v, "%s has a type that does not exist", shown(v, x));
    if (!type_is_linear(x->type) ? x->root != NULL : x->root != (root ? root : x))
        broken(v, "%s has a wrong root", shown(v, x));
    *f = (Fact){.value = x, .state = IN_SCOPE, .base = x};
    if (is_view(x))
        f->base = fact(v, def->in[0])->base;
    if (type_is_linear(x->type))
        f->readonly = root ? fact(v, root)->readonly : ir_is_readonly(x);
}

// x is an operand or a yield here.
static void use(Verifier *v, const Value *x)
{
    if (!x)
        broken(v, "an operand is missing");
    if (x->id < 0 || x->id >= v->f->n_values || fact(v, x)->value != x)
        broken(v, "operand %s is used before it is defined", shown(v, x));
    if (fact(v, x)->state != IN_SCOPE)
        broken(v, "operand %s is used outside the region that defines it", shown(v, x));
    const Op *consumer = fact(v, fact(v, x)->base)->consumer;
    if (type_is_linear(x->type) && consumer)
        broken(v, "operand %s was consumed before%s, by: %s", shown(v, x), is_view(x) ? " (what it is a view of)" : "",
               op_shown(v, consumer));
    if (fact(v, fact(v, x)->base)->yielded)
        broken(v, "%s is yielded twice, or used after its region yielded it", shown(v, x));
}

static bool is_raw(const Verifier *v, const Value *x)
{
    return x->type.kind == K_ARRAY && !x->def && x->region == v->f->body;
}

static void consume(Verifier *v, const Value *x)
{
    const Op *op = v->op;
    Fact *f = fact(v, x);
    if (f->consumer == op)
        broken(v, "operand %s is consumed twice", shown(v, x));
    if (f->readonly && op->code != OP_shape)
        broken(v, "operand %s is read-only and cannot be consumed", shown(v, x));
    if (x->region != op->parent)
        broken(v, "operand %s is consumed in a region that does not define it", shown(v, x));
    f->consumer = op;
}

// `consumes`: as op_consumes, which looks parameters up one by one.
static void check_linear(Verifier *v, const Op *op)
{
    for (int k = 0; k < op->n_in; k++) {
        if (is_raw(v, op->in[k]) && op->code != OP_shape)
            broken(v, "operand %s is a raw parameter: only shape may take it", shown(v, op->in[k]));
        if (op_consumes(op, k))
            consume(v, op->in[k]);
    }
    for (int k = 0; k < op->n_in; k++) {
        const Value *x = op->in[k];
        if (type_is_linear(x->type) && !op_consumes(op, k) && fact(v, fact(v, x)->base)->consumer == op)
            broken(v, "operand %s is read by the op that consumes it or what it is a view of", shown(v, x));
    }
}

// ---- the types of operands ----

static void arity(Verifier *v, int least, int most)
{
    if (v->op->n_in < least || v->op->n_in > most)
        broken(v, "takes %d to %d operands, has %d", least, most, v->op->n_in);
}

static void want(Verifier *v, int k, Type t)
{
    if (!type_eq(v->op->in[k]->type, t))
        broken(v, "operand %d has type %s, must be %s", k, type_shown(v, v->op->in[k]->type), type_shown(v, t));
}

// Operands first .. end-1 are ints; a single one may be a pos if `pos`.
static void want_ints(Verifier *v, int first, int end, bool pos)
{
    for (int k = first; k < end; k++)
        if (!(pos && end - first == 1 && type_eq(v->op->in[k]->type, T_POS)))
            want(v, k, T_INT);
}

static Type want_kind(Verifier *v, int k, Kind kind)
{
    Type t = v->op->in[k]->type;
    if (t.kind != kind)
        broken(v, "operand %d must be %s", k, kind == K_ARRAY ? "an array" : kind == K_BUF ? "a buffer" : "a scalar");
    return t;
}

static Type want_elem(Verifier *v, int k, Elem e)
{
    Type t = want_kind(v, k, K_ARRAY);
    if (t.elem != e)
        broken(v, "operand %d must be an array of %s", k, elem_names[e]);
    return t;
}

static Type scalar_of(Type t)
{
    return (Type){.kind = K_SCALAR, .elem = t.elem == E_BIT ? (unsigned char)E_BOOL : t.elem};
}

static Type array_of(Type t, int rank)
{
    return type_like(t, rank);
}

static Type not_bits(Verifier *v, Type t)
{
    if (t.elem == E_BIT)
        broken(v, "an array of bits can only be loaded from and measured");
    return t;
}

static Type check_scalar_op(Verifier *v, const Op *op)
{
    arity(v, op_arity(op->code), op_arity(op->code));
    for (int k = 0; k < op->n_in; k++)
        want(v, k, op_operand_type(op->code, k));
    return op_result_type(op->code);
}

static Type check_shape(Verifier *v, const Op *op)
{
    arity(v, 1, 9);
    Type t = want_kind(v, 0, K_ARRAY);
    if (!is_raw(v, op->in[0]))
        broken(v, "shape takes a raw array parameter");
    if (op->n_in - 1 != t.rank && !(op->n_in == 1 && t.rank == 1))
        broken(v, "the array has rank %d, here are %d dimensions", t.rank, op->n_in - 1);
    want_ints(v, 1, op->n_in, false);
    return t;
}

static Type check_new(Verifier *v, const Op *op)
{
    arity(v, 0, IR_MAX_RANK);
    want_ints(v, 0, op->n_in, true);
    if (op->n_out != 1)
        broken(v, "must have 1 result, has %d", op->n_out);
    return not_bits(v, array_of(op->out[0]->type, op->n_in));
}

// Operands first .. first+n-1 are indices into an array of type t, of which there may be fewer than dimensions. Gives what they lead to.
static Type check_index(Verifier *v, Type t, int first, int n)
{
    Value *const *idx = v->op->in + first;
    if (t.elem != E_STRUCT || n <= t.rank) {
        if (n > t.rank)
            broken(v, "the array has rank %d, here are %d indices", t.rank, n);
        want_ints(v, first, first + n, true);
        return array_of(t, t.rank - n);
    }
    const Field *f = type_field(t, n, idx);
    if (!f)
        broken(v, "operand %d must be the number of a field of struct %s, a constant", first + t.rank, t.st->name);
    int inner = n - t.rank - 1;
    if (inner > f->rank || inner < f->n_outer)
        broken(v, "field '%s' has rank %d, here are %d indices", f->name, f->rank, inner);
    want_ints(v, first, first + n, false);
    return type_part(t, n, idx);
}

static Type check_element(Verifier *v, const Op *op)
{
    int values = op->code != OP_load;
    arity(v, 1 + values, 1 + IR_MAX_INDEX + values);
    Type t = want_kind(v, 0, K_ARRAY), element = check_index(v, t, 1, op->n_in - 1 - values);
    if (element.rank > 0)
        broken(v, "the array has rank %d, here are %d indices", t.rank, op->n_in - 1 - values);
    if (element.elem == E_STRUCT)
        broken(v, "a struct is no scalar");
    if (!values)
        return scalar_of(element);
    want(v, op->n_in - 1, scalar_of(not_bits(v, element)));
    if (op->code == OP_acc && element.elem != E_REAL)
        broken(v, "acc is of reals");
    return t;
}

// The operands of a path from `first` on, into an array of type t. Returns how many there are, and the part's type.
static int check_path(Verifier *v, const Path *path, Type t, int first, Type *part)
{
    int n = path_n_operands(path);
    if (n < 0 || path->n_idx < 0 || path->rank < 0 || path->rank > IR_MAX_RANK || first + n > v->op->n_in)
        broken(v, "a path with too few operands");
    if (path->at_pos) {
        want(v, first, T_POS);
        if (type_is_struct(t))
            broken(v, "a path by position into structs");
        *part = array_of(t, path->rank);
    } else {
        *part = check_index(v, t, first, path->n_idx);
        if (part->rank < path->has_range || path->rank != part->rank)
            broken(v, "a path of %d indices and rank %d into an array of rank %d", path->n_idx, path->rank, t.rank);
    }
    want_ints(v, first + path->at_pos, first + n, false);
    return n;
}

static Type check_slice(Verifier *v, const Op *op)
{
    arity(v, 1, 3 + IR_MAX_INDEX);
    Type t = not_bits(v, want_kind(v, 0, K_ARRAY)), part;
    if (op->n_paths != 1 || op->paths->at_pos)
        broken(v, "a slice has one path, of indices");
    int n = check_path(v, op->paths, t, 1, &part);
    arity(v, 1 + n, 1 + n);
    return part;
}

// reshape A, d0..; view_at Z, p, d0..
static Type check_reshape(Verifier *v, const Op *op)
{
    int fixed = op->code == OP_view_at ? 2 : 1;
    arity(v, fixed, fixed + IR_MAX_RANK);
    Type t = not_bits(v, want_kind(v, 0, K_ARRAY));
    if (op->code == OP_view_at) {
        want(v, 1, T_POS);
        if (t.rank != 1)
            broken(v, "operand 0 must be a tape, of rank 1");
    }
    want_ints(v, fixed, op->n_in, false);
    return array_of(t, op->n_in - fixed);
}

// fill, copy_to, add_to, gemm
static Type check_whole(Verifier *v, const Op *op)
{
    int n = op->code == OP_gemm ? 6 : 2;
    arity(v, n, n);
    Type t = not_bits(v, want_kind(v, 0, K_ARRAY));
    if (op->code == OP_fill) {
        double zero;
        want(v, 1, t.elem == E_STRUCT ? T_REAL : scalar_of(t));
        if (t.elem == E_STRUCT && !(ir_is_const(op->in[1], &zero) && zero == 0))
            broken(v, "structs are filled with 0.0");
        return t;
    }
    want_elem(v, 1, (Elem)t.elem);
    if (op->in[1]->type.st != t.st)
        broken(v, "operands 0 and 1 are different structs");
    if (op->code == OP_gemm || (op->code == OP_add_to && !type_is_real(t)))
        want_elem(v, 0, E_REAL);
    if (op->code == OP_gemm)
        want_elem(v, 2, E_REAL);
    want_ints(v, op->code == OP_gemm ? 3 : 2, n, false);
    return t;
}

static Type want_matrix(Verifier *v, int k)
{
    Type t = want_elem(v, k, E_REAL);
    if (t.rank != 2)
        broken(v, "operand %d must be a matrix", k);
    return t;
}

// lu, lu_solve, lu_logdet, cholesky, lower_solve, lower; the type of the first result
static Type check_solver(Verifier *v, const Op *op)
{
    bool solves = op->code == OP_lu_solve || op->code == OP_lower_solve;
    bool pivots = op->code == OP_lu_solve || op->code == OP_lu_logdet;
    int k = solves, sizes = solves ? 2 : 1;                     // the matrix, after what is solved for; then pivots, sizes
    arity(v, k + 1 + pivots + sizes, k + 1 + pivots + sizes);
    if (solves)
        want_elem(v, 0, E_REAL);
    want_matrix(v, k);
    if (pivots && want_elem(v, k + 1, E_INT).rank != 1)
        broken(v, "operand %d must be a vector", k + 1);
    want_ints(v, k + 1 + pivots, op->n_in, false);
    return op->code == OP_lu_logdet ? T_REAL : op->code == OP_lu ? type_array(E_REAL, 2) : op->in[0]->type;
}

// What a factor holds is the runtime's affair.
static void check_factors(Verifier *v, const Op *op)
{
    for (int k = 0; k < op->n_in; k++) {
        const Value *root = op->in[k]->root;
        if (!root || !root->def || root->def->code != OP_lu || op->code == OP_puts)
            continue;
        if (op->code != OP_lu_solve && op->code != OP_lu_logdet)
            broken(v, "operand %s is a factor: only lu_solve, lu_logdet and puts may take it", shown(v, op->in[k]));
    }
}

static Type check_put(Verifier *v, const Op *op)
{
    arity(v, op->code == OP_puts ? 2 : 1, op->code == OP_puts ? 2 : op->n_in);
    Type t = want_kind(v, 0, K_BUF);
    if (op->code == OP_puts)
        want_elem(v, 1, (Elem)not_bits(v, t).elem);
    else
        for (int k = 1; k < op->n_in; k++)
            want(v, k, scalar_of(t));
    return t;
}

static void check_check(Verifier *v, const Op *op)
{
    static const char *const kinds[] = {"assert", "shape", "index", "slice", "overlap", "singular", "root"};
    bool known = false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        known |= op->kind && strcmp(op->kind, kinds[i]) == 0;
    if (!known || !op->text)
        broken(v, "a check has a message and one of the kinds assert, shape, index, slice, overlap, singular and root");
    arity(v, 1, op->n_in);
    want(v, 0, T_BOOL);
    for (int k = 1; k < op->n_in; k++)
        want_kind(v, k, K_SCALAR);
}

static Type check_constant(Verifier *v, const Op *op)
{
    arity(v, 0, 0);
    switch (op->code) {
    case OP_const_real: return T_REAL;
    case OP_const_int: return T_INT;
    case OP_const_bool: return T_BOOL;
    case OP_const_pos: return T_POS;
    case OP_const_array:
        if (!op->array)
            broken(v, "no array is given");
        return type_array(op->array->elem, op->array->rank);
    default: break;
    }
    Type t = op->n_out ? op->out[0]->type : T_REAL;              // undef, buf_new: the type is the result's own
    if (t.kind != (op->code == OP_undef ? K_SCALAR : K_BUF))
        broken(v, "%s gives %s", op_info[op->code].name, op->code == OP_undef ? "a scalar" : "a buffer");
    return t;
}

// Operands are right; the type of the one result.
static Type result_type(Verifier *v, const Op *op)
{
    if (op_is_scalar(op->code))
        return check_scalar_op(v, op);
    switch (op->code) {
    case OP_shape: return check_shape(v, op);
    case OP_new: return check_new(v, op);
    case OP_copy: arity(v, 1, 1); return not_bits(v, want_kind(v, 0, K_ARRAY));
    case OP_slice: return check_slice(v, op);
    case OP_reshape:
    case OP_view_at: return check_reshape(v, op);
    case OP_load:
    case OP_store:
    case OP_acc: return check_element(v, op);
    case OP_fill:
    case OP_copy_to:
    case OP_add_to:
    case OP_gemm: return check_whole(v, op);
    case OP_lu:
    case OP_lu_solve:
    case OP_lu_logdet:
    case OP_cholesky:
    case OP_lower_solve:
    case OP_lower: return check_solver(v, op);
    case OP_put:
    case OP_puts: return check_put(v, op);
    case OP_freeze: arity(v, 1, 1); return array_of(want_kind(v, 0, K_BUF), 1);
    case OP_len:
        arity(v, 1, 1);
        if (want_kind(v, 0, K_ARRAY).rank != 1)
            broken(v, "operand 0 must be a tape, of rank 1");
        return T_POS;
    default: return check_constant(v, op);
    }
}

// ---- results ----

static void result_count(Verifier *v, const Op *op, int n)
{
    if (op->n_out != n)
        broken(v, "must have %d results, has %d", n, op->n_out);
}

// Result k has type t and, if linear, continues the buffer of operand `tie` (-1: begins one).
static void check_result(Verifier *v, const Op *op, int k, Type t, int tie)
{
    define(v, op->out[k], op, op->parent, k, tie >= 0 ? op->in[tie]->root : NULL);
    if (!type_eq(op->out[k]->type, t))
        broken(v, "result %d has type %s, must be %s", k, type_shown(v, op->out[k]->type), type_shown(v, t));
}

static void check_call(Verifier *v, const Op *op)
{
    const Func *g = op->callee;
    if (!g)
        broken(v, "no callee is given");
    int n_args = 0, k = 0;
    for (int i = 0; i < g->params.n; i++)
        n_args += g->params.at[i].arg >= 0;
    arity(v, n_args, n_args);
    for (int i = 0; i < g->params.n; i++)
        if (g->params.at[i].arg >= 0)
            want(v, g->params.at[i].arg, g->params.at[i].type);
    check_linear(v, op);
    result_count(v, op, func_n_results(g));
    for (int i = 0; i < g->params.n; i++) {
        const Param *p = &g->params.at[i];
        if (p->result >= 0)
            check_result(v, op, k++, p->type, type_is_linear(p->type) ? p->arg : -1);
    }
    if (g->ret >= 0)
        check_result(v, op, k, g->ret_type, -1);
}

// ---- regions ----

static void check_region(Verifier *v, const Region *r);

static const Region *region(Verifier *v, const Op *op, int k)
{
    const Region *r = k < op->n_regions ? op->regions[k] : NULL;
    if (!r || r->owner != op || r->func != v->f)
        broken(v, "region %d is missing or has a wrong owner or function", k);
    return r;
}

// Argument k of r has type t and begins in `root` (NULL: in itself).
static void check_arg(Verifier *v, const Region *r, int k, Type t, const Value *root)
{
    if (k >= r->args.n)
        broken(v, "the region has %d arguments, more are needed", r->args.n);
    define(v, r->args.at[k], NULL, r, k, root);
    if (!type_eq(r->args.at[k]->type, t))
        broken(v, "argument %s of the region has type %s, must be %s", shown(v, r->args.at[k]),
               type_shown(v, r->args.at[k]->type), type_shown(v, t));
}

// Arguments of r from `first` on are the operands from `init` on.
static void check_args(Verifier *v, const Op *op, const Region *r, int first, int init)
{
    if (r->args.n != first + op->n_in - init)
        broken(v, "the region has %d arguments, must have %d", r->args.n, first + op->n_in - init);
    for (int k = init; k < op->n_in; k++)
        check_arg(v, r, first + k - init, op->in[k]->type, op->in[k]->root);
}

static void yield_count(Verifier *v, const Region *r, int n)
{
    if (r->yields.n != n)
        broken(v, "the region must yield %d values, yields %d", n, r->yields.n);
}

// Yield k of r has type t, and if linear is the last version of `arg`'s buffer.
static void check_yield(Verifier *v, const Region *r, int k, Type t, const Value *arg)
{
    const Value *y = r->yields.at[k];
    if (!type_eq(y->type, t))
        broken(v, "yield %d has type %s, must be %s", k, type_shown(v, y->type), type_shown(v, t));
    if (type_is_linear(t) && (!arg || y->root != arg->root))
        broken(v, "yield %d, %s, is not the last version of the array or buffer that the region was handed", k,
               shown(v, y));
}

static void check_if(Verifier *v, const Op *op)
{
    arity(v, 1, op->n_in);
    want(v, 0, T_BOOL);
    for (int k = 1; k < op->n_in; k++)
        if (type_is_scalar(op->in[k]->type))
            broken(v, "operand %d must be an array or a buffer", k);
    check_linear(v, op);
    int n = op->n_in - 1;
    if (op->n_out < n)
        broken(v, "must have at least %d results", n);
    for (int k = 0; k < 2; k++) {
        const Region *r = region(v, op, k);
        check_args(v, op, r, 0, 1);
        check_region(v, r);
        yield_count(v, r, op->n_out);
        for (int i = 0; i < op->n_out; i++)
            check_yield(v, r, i, op->out[i]->type, i < n ? r->args.at[i] : NULL);
    }
    for (int i = 0; i < op->n_out; i++)
        check_result(v, op, i, i < n ? op->in[1 + i]->type : op->out[i]->type, i < n ? 1 + i : -1);
}

// The head only looks: nothing it is handed is consumed, nothing in it may stop the program.
static void check_head(Verifier *v, const Op *op)
{
    if (op->counted)
        broken(v, "a counted loop has no head");
    const Region *head = region(v, op, 1);
    check_args(v, op, head, 0, loop_first_init(op));
    check_region(v, head);
    for (int i = 0; i < head->ops.n; i++)
        if (op_has_effect(head->ops.at[i]))
            broken(v, "the head is not pure: %s", op_shown(v, head->ops.at[i]));
    yield_count(v, head, 1);
    check_yield(v, head, 0, T_BOOL, NULL);
    for (int i = 0; i < head->args.n; i++)
        if (fact(v, head->args.at[i])->consumer)
            broken(v, "the head is not pure: it consumes %s", shown(v, head->args.at[i]));
}

static void check_loop(Verifier *v, const Op *op)
{
    int first = loop_first_init(op);
    arity(v, first, op->n_in);
    want_ints(v, 0, first, false);
    if (op->counted ? op->step == 0 : op->reversed)
        broken(v, op->counted ? "a step of 0" : "only a counted loop can be reversed");
    if (op->reversed && op->has_exit)
        broken(v, "a reversed loop has no exit");
    if (op->trips >= TRIPS_PARALLEL && op->has_exit)
        broken(v, "a parallel loop has no exit");
    if (op->trips == TRIPS_THREADS && (!op->counted || op->reversed))
        broken(v, "a loop whose trips are run by threads is counted and in order");
    for (int k = first; op->trips == TRIPS_THREADS && k < op->n_in; k++)
        if (op->in[k]->type.kind != K_ARRAY)
            broken(v, "a loop whose trips are run by threads carries nothing but arrays");
    for (int k = first; op->checkpoint && k < op->n_in; k++)
        if (op->in[k]->type.kind == K_BUF)
            broken(v, "a state of a loop with checkpoints has no growable tape");
    check_linear(v, op);
    if (op->n_regions > 1 && op->regions[1])
        check_head(v, op);
    const Region *body = region(v, op, 0);
    int n = op->n_in - first;
    result_count(v, op, n + 1);
    if (op->counted)
        check_arg(v, body, 0, T_INT, NULL);
    check_args(v, op, body, op->counted, first);
    check_region(v, body);
    yield_count(v, body, op->has_exit + n);
    if (op->has_exit)
        check_yield(v, body, 0, T_BOOL, NULL);
    for (int k = 0; k < n; k++)
        check_yield(v, body, op->has_exit + k, op->in[first + k]->type, body->args.at[op->counted + k]);
    for (int k = 0; k < n; k++)
        check_result(v, op, k, op->in[first + k]->type, type_is_linear(op->in[first + k]->type) ? first + k : -1);
    check_result(v, op, n, T_INT, -1);
}

static void check_within(Verifier *v, const Op *op)
{
    arity(v, 1, op->n_in);
    Type t = not_bits(v, want_kind(v, 0, K_ARRAY));
    int k = 1;
    Type *parts = NEW_N(v->arena, Type, op->n_paths + 1);
    for (int s = 0; s < op->n_paths; s++)
        k += check_path(v, &op->paths[s], t, k, &parts[s]);
    int n = op->n_paths, first_extra = k;
    arity(v, k + op->n_extra, k + op->n_extra);
    check_linear(v, op);
    const Region *body = region(v, op, 0);
    if (n < 1 || body->args.n != n + op->n_extra)
        broken(v, "the region has %d arguments for %d slots and %d other arrays", body->args.n, n, op->n_extra);
    for (int s = 0; s < n; s++)
        check_arg(v, body, s, parts[s], NULL);
    for (int s = 0; s < op->n_extra; s++) {
        if (type_is_scalar(op->in[k + s]->type))
            broken(v, "operand %d must be an array or a buffer", k + s);
        check_arg(v, body, n + s, op->in[k + s]->type, op->in[k + s]->root);
    }
    check_region(v, body);
    if (op->n_out < 1 + op->n_extra)
        broken(v, "must have at least %d results", 1 + op->n_extra);
    yield_count(v, body, n + op->n_out - 1);
    for (int i = 0; i < body->yields.n; i++) {
        const Value *arg = i < n + op->n_extra ? body->args.at[i] : NULL;
        check_yield(v, body, i, arg ? arg->type : op->out[i - n + 1]->type, arg);
    }
    check_result(v, op, 0, t, 0);
    for (int i = 1; i < op->n_out; i++)
        check_result(v, op, i, op->out[i]->type, i <= op->n_extra ? first_extra + i - 1 : -1);
}

// ---- walking ----

static void check_op(Verifier *v, const Region *r, const Op *op)
{
    if (!op)
        broken(v, "an op is missing");
    v->op = op;
    if (op->parent != r)
        broken(v, "the op has a wrong parent");
    for (int k = 0; k < op->n_in; k++)
        use(v, op->in[k]);
    for (int k = 0; k < op->n_out; k++)
        if (!op->out[k])
            broken(v, "result %d is missing", k);
    bool has_regions = op->code == OP_if || op->code == OP_loop || op->code == OP_within;
    if (!has_regions && op->n_regions)
        broken(v, "the op must not have regions");
    check_factors(v, op);
    switch (op->code) {
    case OP_if: check_if(v, op); break;
    case OP_loop: check_loop(v, op); break;
    case OP_within: check_within(v, op); break;
    case OP_call: check_call(v, op); break;
    case OP_check:
        check_check(v, op);
        result_count(v, op, 0);
        break;
    default: {
        Type t = result_type(v, op);
        check_linear(v, op);
        result_count(v, op, op->code == OP_lu ? 3 : op->code == OP_cholesky ? 2 : 1);
        if (op->code == OP_lu)
            check_result(v, op, 1, type_array(E_INT, 1), -1);
        if (op->n_out > 1)
            check_result(v, op, op->n_out - 1, T_INT, -1);
        // shape ties the raw argument to what it binds, which begins a buffer of its own.
        check_result(v, op, 0, t, type_is_linear(t) && op->code != OP_shape ? op_info[op->code].tie : -1);
        break;
    }
    }
}

static void leave_scope(Verifier *v, const Region *r)
{
    for (int i = 0; i < r->args.n; i++)
        fact(v, r->args.at[i])->state = OUT_OF_SCOPE;
    for (int i = 0; i < r->ops.n; i++)
        for (int k = 0; k < r->ops.at[i]->n_out; k++)
            fact(v, r->ops.at[i]->out[k])->state = OUT_OF_SCOPE;
}

// Ops and yields of r, whose arguments are defined already. What the yields promise is the owner's to look at.
static void check_region(Verifier *v, const Region *r)
{
    const Op *owner = v->op;
    for (int i = 0; i < r->ops.n; i++)
        check_op(v, r, r->ops.at[i]);
    v->op = owner;
    for (int i = 0; i < r->yields.n; i++) {
        const Value *y = r->yields.at[i];
        use(v, y);
        if (type_is_linear(y->type) && y->region != r)
            broken(v, "%s is yielded by a region that does not define it", shown(v, y));
        if (type_is_linear(y->type))
            fact(v, y)->yielded = true;
    }
    leave_scope(v, r);
}

// ---- functions ----

static void check_param(Verifier *v, const Func *f, const Param *p, int *args, int *results)
{
    bool arg = p->role != ROLE_OUT || type_is_linear(p->type);
    if (!p->name || !type_is_valid(p->type))
        broken(v, "a parameter has no name or a type that does not exist");
    if (p->arg != (arg ? (*args)++ : -1))
        broken(v, "parameter %s: its argument is not the next one", p->name);
    if (p->result != (p->role != ROLE_IN ? (*results)++ : -1))
        broken(v, "parameter %s: its result is not the next one", p->name);
    if (f->base && (p->kind == P_BAR || p->kind == P_DOT || p->kind == P_JAC) && (p->of < -1 || p->of >= f->base->params.n))
        broken(v, "parameter %s: belongs to no parameter of @%s", p->name, f->base->name);
}

static unsigned tapes_of(const Func *f)
{
    unsigned mask = 0;
    for (int i = 0; i < f->params.n; i++)
        if (f->params.at[i].kind == P_TAPE)
            mask |= 1u << f->params.at[i].type.elem;
    return mask;
}

// The tapes of a half of a record: each type once, being written in the forward half and frozen in the reverse one.
static void check_tapes(Verifier *v, const Func *f)
{
    bool seen[5] = {false};
    for (int i = 0; i < f->params.n; i++) {
        const Param *p = &f->params.at[i];
        if (p->kind != P_TAPE)
            continue;
        bool forward = f->transform == TR_FORWARD && p->role == ROLE_INOUT && p->type.kind == K_BUF;
        bool reverse = f->transform == TR_REVERSE && p->role == ROLE_IN && p->type.kind == K_ARRAY && p->type.rank == 1;
        if (!forward && !reverse)
            broken(v, "parameter %s is no tape of a half of a record", p->name);
        if (seen[p->type.elem])
            broken(v, "parameter %s: a second tape of its type", p->name);
        seen[p->type.elem] = true;
    }
}

static void check_record(Verifier *v, const Func *f)
{
    bool half = transform_is_record(f->transform);
    if (half != (f->pair != NULL) || half != (f->tape != NULL))
        broken(v, "the halves of a record have a pair and a tape, and no other function has");
    if (half && (f->pair->pair != f || !f->pair->base || strcmp(f->pair->base->name, f->base->name) != 0 ||
                 f->pair->transform + f->transform != TR_FORWARD + TR_REVERSE))
        broken(v, "@%s and @%s are not the two halves of a record", f->name, f->pair->name);
    if (half && tapes_of(f) != tapes_of(f->pair))
        broken(v, "@%s and @%s have different tapes", f->name, f->pair->name);
    check_tapes(v, f);
}

// g has f's parameters, then those of type `more`, if it is not NULL, and last an array result as f has it.
static bool has_params_of(const Func *g, const Func *f, const Type *more)
{
    int n = f->params.n, k = 0, n_own = n && f->params.at[n - 1].role == ROLE_OUT ? n - 1 : n;
    if (g->params.n != n + (more != NULL) || g->ret != f->ret)
        return false;
    for (int i = 0; i < g->params.n; i++) {
        bool added = more && i == n_own;
        const Param *p = &g->params.at[i], *q = added ? NULL : &f->params.at[k++];
        if (!type_eq(p->type, q ? q->type : *more) || p->role != (q ? q->role : ROLE_IN))
            return false;
    }
    return true;
}

// What solves an equation has one result, of the type of the unknown.
static void check_implicit(Verifier *v, const Func *f)
{
    const Implicit *how = f->implicit;
    if (how->unknown < 0 || how->unknown >= f->params.n)
        broken(v, "the unknown %d is no parameter", how->unknown);
    const Param *y = &f->params.at[how->unknown], *last = &f->params.at[f->params.n - 1];
    Type result = f->ret >= 0 ? f->ret_type : last->type;
    if (func_n_results(f) != 1 || y->role != ROLE_IN || y->type.elem != E_REAL || !type_eq(y->type, result))
        broken(v, "an equation has one unknown and one result, of one real type");
    if (!has_params_of(how->residual, f, NULL))
        broken(v, "the residual has other parameters or another result");
    if (!has_params_of(how->tangent, f, &y->type) || !has_params_of(how->adjoint, f, &y->type))
        broken(v, "the tangent and adjoint take what the residual takes, and one more");
}

static void check_params(Verifier *v, const Func *f)
{
    int args = 0, results = 0;
    for (int i = 0; i < f->params.n; i++)
        check_param(v, f, &f->params.at[i], &args, &results);
    if (f->ret != -1 && f->ret != results)
        broken(v, "the value returned is not the last result");
    if (f->ret != -1 && (!type_is_scalar(f->ret_type) || !type_is_valid(f->ret_type)))
        broken(v, "the value returned is no scalar");
    if (f->transform != TR_NONE && (!f->base || !f->wrt))
        broken(v, "a derived function without base or wrt");
    if (f->directions.kind != DIRECTIONS_ONE && f->transform != TR_JVP && f->transform != TR_VJP)
        broken(v, "only jvp and vjp take several directions");
    if (f->directions.kind == DIRECTIONS_PARAM &&
        (f->directions.n >= f->base->params.n || !type_eq(f->base->params.at[f->directions.n].type, T_INT)))
        broken(v, "the number of directions is no int parameter of @%s", f->base->name);
    check_record(v, f);
    if (f->implicit)
        check_implicit(v, f);
    if (f->body->args.n != args)
        broken(v, "the body has %d arguments, the parameters say %d", f->body->args.n, args);
    if (f->body->func != f || f->body->owner)
        broken(v, "the body has a wrong function or owner");
}

// The last version of an array or buffer parameter is in the parameter's own buffer.
static void check_returned(Verifier *v, const Func *f, const Param *p)
{
    const Value *y = f->body->yields.at[p->result];
    if (!type_eq(y->type, p->type))
        broken(v, "the result for parameter %s has type %s, must be %s", p->name, type_shown(v, y->type),
               type_shown(v, p->type));
    if (type_is_scalar(p->type))
        return;
    const Value *arg = f->body->args.at[p->arg], *root = y->root;
    bool shaped = root->def && root->def->code == OP_shape;
    const Value *own = p->type.kind == K_BUF ? root : shaped ? root->def->in[0] : NULL;
    if (own != arg)
        broken(v, "the result for parameter %s, %s, is not in the parameter's own buffer", p->name, shown(v, y));
}

// What an extern function has of a body only says which shapes its arrays have.
static void check_extern(Verifier *v, const Func *f)
{
    v->op = NULL;
    if (f->body->yields.n)
        broken(v, "an extern function yields nothing");
    for (int i = 0; i < f->body->ops.n; i++) {
        v->op = f->body->ops.at[i];
        double x;
        bool pure = op_is_scalar(v->op->code) || ir_is_const(v->op->out[0], &x);
        if (v->op->code != OP_shape && !pure)
            broken(v, "an extern function has nothing but shapes");
    }
}

static void check_func(Verifier *v, const Func *f)
{
    check_params(v, f);
    if (f->transform != TR_NONE && !f->done)
        return;
    v->facts = NEW_N(v->arena, Fact, f->n_values + 1);
    for (int i = 0; i < f->params.n; i++)
        if (f->params.at[i].arg >= 0)
            check_arg(v, f->body, f->params.at[i].arg, f->params.at[i].type, NULL);
    check_region(v, f->body);
    if (f->is_extern) {
        check_extern(v, f);
        return;
    }
    v->op = NULL;
    if (f->body->yields.n != func_n_results(f))
        broken(v, "the body yields %d values, the parameters say %d", f->body->yields.n, func_n_results(f));
    for (int i = 0; i < f->params.n; i++)
        if (f->params.at[i].result >= 0)
            check_returned(v, f, &f->params.at[i]);
    if (f->ret >= 0 && !type_eq(f->body->yields.at[f->ret]->type, f->ret_type))
        broken(v, "the value returned has type %s, must be %s", type_shown(v, f->body->yields.at[f->ret]->type),
               type_shown(v, f->ret_type));
}

char *ir_verify_func(Arena *a, const Func *f)
{
    Verifier *v = NEW(a, Verifier);
    v->arena = a;
    v->f = f;
    if (setjmp(v->unwind) == 0)
        check_func(v, f);
    return v->error;
}

char *ir_verify(Arena *a, const Module *m)
{
    Interner *names = interner_new(a);
    Map *seen = map_new(a);
    for (int i = 0; i < m->funcs.n; i++) {
        const char *name = intern_z(names, m->funcs.at[i]->name);
        if (map_get(seen, name))
            return arena_printf(a, "@%s: two functions have this name", name);
        map_set(seen, name, m->funcs.at[i]);
        char *error = ir_verify_func(a, m->funcs.at[i]);
        if (error)
            return error;
    }
    return NULL;
}
