// interp.c — runs IR. See interp.h.
//
// In: IR and values. Out: values, or a message. Every op does to its operands' values what ir.h says, one after the
// other, and writes to stores in place: as all uses of a dead version are refused, that is the same as if every version
// had elements of its own.
//
//     %x.4 = store %x.1[%i.2], %v.3     x.1 = {S, version 7}, S.now = 7   ->   S.now = 8, x.4 = {S, 8}; x.1 is dead
//
// Every real has an imaginary part, which is 0 unless the caller gives one: interp_imag.c. The trace is a list of what was decided, in order.
#include "interp.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <string.h>

#include "adrt.h"
#include "irtext.h"

enum { MAX_DEPTH = 400 };

typedef struct ExternRow {
    const char *name;
    InterpExtern call;
    void *env;
    struct ExternRow *next;
} ExternRow;

// One call that is running.
typedef struct Run {
    Interp *in;
    const Func *f;
    const Op *op;
    IVal *env;
    int depth;
    struct Run *caller;
} Run;

_Noreturn static void fail(Run *x, const char *format, ...) PRINTF_LIKE(2, 3);
_Noreturn static void fail(Run *x, const char *format, ...)
{
    Text t = text_in(x->in->arena), message = text_in(x->in->arena);
    va_list args;
    va_start(args, format);
    text_vprintf(&message, format, args);
    va_end(args);
    text_printf(&t, "@%s: ", x->f->name);
    if (x->op) {
        ir_print_op(&t, x->op);
        text_put(&t, ": ");
    }
    text_put(&t, message.at);
    x->in->error = t.at;
    x->in->message = message.at;
    x->in->at = x->op ? x->op->loc : (IrLoc){NULL, 0, 0};
    longjmp(*(jmp_buf *)x->in->unwind, 1);
}

static const char *shown(Run *x, const Value *v)
{
    Text t = text_in(x->in->arena);
    ir_print_value(&t, v);
    return t.at;
}

// ---- values ----

static IVal scalar(Type t, double r, int64_t i)
{
    IVal v = {.type = t, .defined = true};
    if (t.elem == E_REAL)
        v.r = r;
    else
        v.i = i;
    return v;
}

IVal iv_real(double x)
{
    return scalar(T_REAL, x, 0);
}

IVal iv_int(int x)
{
    return scalar(T_INT, 0, x);
}

IVal iv_bool(bool x)
{
    return scalar(T_BOOL, 0, x);
}

static IVal iv_pos(int64_t x)
{
    return scalar(T_POS, 0, x);
}

static Store *store_new(Arena *a, size_t n)
{
    Store *s = NEW(a, Store);
    s->at = NEW_N(a, Cell, n + 1);
    s->n = s->cap = n;
    return s;
}

static IVal array_new(Arena *a, Elem e, size_t n, bool zero)
{
    IVal v = {.type = type_array(e, 1), .store = store_new(a, n), .n = n, .dims = {n}};
    for (size_t i = 0; zero && i < n; i++) {
        v.store->at[i].defined = true;
        if (e == E_REAL)
            v.store->at[i].r = 0;
    }
    return v;
}

IVal iv_reals(Interp *in, int n, const double *x)
{
    IVal v = array_new(in->arena, E_REAL, (size_t)n, true);
    for (int i = 0; x && i < n; i++)
        v.store->at[i].r = x[i];
    return v;
}

IVal iv_ints(Interp *in, int n, const int *x)
{
    IVal v = array_new(in->arena, E_INT, (size_t)n, true);
    for (int i = 0; x && i < n; i++)
        v.store->at[i].i = x[i];
    return v;
}

// ---- structs: the cells of all their scalars, in order ----

static size_t field_cells(const Field *f)                       // without the dimensions around it
{
    size_t n = f->elem == E_STRUCT ? (size_t)struct_scalars(f->st) : 1;
    for (int k = f->n_outer; k < f->rank; k++)
        n *= (size_t)f->dims[k];
    return n;
}

static size_t elem_cells(Type t)
{
    return type_is_struct(t) ? (size_t)struct_scalars(t.st) : 1;
}

// The elem of cell k of a struct.
static Elem cell_elem(const StructInfo *st, size_t k)
{
    for (int i = 0; i < st->fields.n; i++) {
        const Field *f = &st->fields.at[i];
        size_t n = field_cells(f);
        if (f->parent >= 0)
            continue;
        if (k < n)
            return f->elem == E_STRUCT ? cell_elem(f->st, k % (size_t)struct_scalars(f->st)) : f->elem;
        k -= n;
    }
    return E_INT;
}

static Elem elem_at(Type t, size_t k)
{
    return type_is_struct(t) ? cell_elem(t.st, k % elem_cells(t)) : (Elem)t.elem;
}

Elem iv_elem(Type t, size_t k)
{
    return elem_at(t, k);
}

IVal iv_cells(Interp *in, Type t, size_t n, const double *x, const double *im)
{
    IVal v = array_new(in->arena, E_INT, n, true);
    v.type = t;
    for (size_t i = 0; x && i < n; i++) {
        if (elem_at(t, i) == E_REAL)
            v.store->at[i].r = x[i];
        else
            v.store->at[i].i = (int64_t)x[i];
        v.store->at[i].im = im && elem_at(t, i) == E_REAL ? im[i] : 0;
    }
    return v;
}

IVal iv_structs(Interp *in, const StructInfo *st, int n, const double *x)
{
    Type t = {.kind = K_ARRAY, .elem = E_STRUCT, .rank = 1, .st = st};
    IVal v = array_new(in->arena, E_INT, (size_t)n * elem_cells(t), true);
    v.type = t;
    v.dims[0] = (size_t)n;
    for (size_t i = 0; x && i < v.n; i++) {
        if (elem_at(t, i) == E_REAL)
            v.store->at[i].r = x[i];
        else
            v.store->at[i].i = (int64_t)x[i];
    }
    return v;
}

IVal iv_buf(Interp *in, Elem e)
{
    IVal v = array_new(in->arena, e, 0, false);
    v.type = type_buf(e);
    return v;
}

double iv_at(IVal v, int k)
{
    Cell c = {.defined = v.defined};
    if (type_is_scalar(v.type)) {
        c.i = v.i;
    } else {
        size_t n = v.type.kind == K_BUF ? v.store->n : v.n;
        c = k >= 0 && (size_t)k < n ? v.store->at[v.first + (size_t)k] : (Cell){.i = 0};
    }
    if (!c.defined)
        return (double)NAN;
    if ((type_is_struct(v.type) ? elem_at(v.type, v.first + (size_t)k) : (Elem)v.type.elem) != E_REAL)
        return (double)c.i;
    return type_is_scalar(v.type) ? v.r : c.r;
}

double iv_im_at(IVal v, int k)
{
    if (type_is_scalar(v.type))
        return v.im;
    size_t n = v.type.kind == K_BUF ? v.store->n : v.n;
    return k >= 0 && (size_t)k < n ? v.store->at[v.first + (size_t)k].im : (double)NAN;
}

// ---- operands ----

static IVal *of(Run *x, const Value *v)
{
    return &x->env[v->id];
}

// The value of v; a version must be alive.
static IVal get(Run *x, const Value *v)
{
    IVal i = *of(x, v);
    if (type_is_linear(v->type) && (!i.store || i.version != i.store->now))
        fail(x, "%s is a version that was consumed", shown(x, v));
    return i;
}

static IVal operand(Run *x, int k)
{
    return get(x, x->op->in[k]);
}

// Operand k, a scalar that is computed with.
static IVal computed(Run *x, int k)
{
    IVal v = operand(x, k);
    if (!v.defined)
        fail(x, "%s is undefined", shown(x, x->op->in[k]));
    return v;
}

// The same where it lies: of what scalars do not have nothing is looked at.
static const IVal *number(Run *x, int k)
{
    const IVal *v = of(x, x->op->in[k]);
    if (!v->defined)
        fail(x, "%s is undefined", shown(x, x->op->in[k]));
    return v;
}

static int64_t integer(Run *x, int k)
{
    return number(x, k)->i;
}

// Operand k, and no version made before is alive any more.
static IVal consumed(Run *x, int k)
{
    IVal v = operand(x, k);
    v.version = ++v.store->now;
    return v;
}

static void set(Run *x, int k, IVal v)
{
    v.type = x->op->out[k]->type;
    *of(x, x->op->out[k]) = v;
}

// A scalar result; what it does not have stays as it was.
static IVal *set_scalar(Run *x, bool defined)
{
    IVal *to = of(x, x->op->out[0]);
    to->type = x->op->out[0]->type;
    to->defined = defined;
    to->im = 0;
    return to;
}

static void set_real(Run *x, double r, double im)
{
    IVal *to = set_scalar(x, true);
    to->r = r;
    to->im = im;
}

static void set_int(Run *x, int64_t i)
{
    set_scalar(x, true)->i = i;
}

static void set_as(Run *x, const IVal *from)
{
    IVal *to = set_scalar(x, from->defined);
    if (to->type.elem == E_REAL)
        to->r = from->r;
    else
        to->i = from->i;
    to->im = from->im;
}

static Cell *cells(IVal v)
{
    return v.store->at + v.first;
}

static IVal from_cell(Type t, Cell c)
{
    IVal v = scalar(t, 0, 0);
    if (t.elem == E_REAL)
        v.r = c.r;
    else
        v.i = c.i;
    v.im = c.im;
    v.defined = c.defined;
    return v;
}

static Cell to_cell(IVal v)
{
    Cell c = {.defined = v.defined, .im = v.im};
    if (v.type.elem == E_REAL)
        c.r = v.r;
    else
        c.i = v.i;
    return c;
}

static double real_of(Run *x, Cell c)
{
    if (!c.defined && !x->in->undefined_spreads)
        fail(x, "an element is undefined");
    return c.defined ? c.r : (double)NAN;
}

// Adds `from`, scaled, to an element.
static void add_to_cell(Run *x, Cell *to, Cell from, double sign)
{
    to->r = real_of(x, *to) + sign * real_of(x, from);
    to->im += sign * from.im;
    to->defined = to->defined && from.defined;
}

// ---- decisions ----

// Notes that the op that is running decided `outcome`, or holds that against what it decided when the trace was recorded.
static double decide(Run *x, double outcome)
{
    InterpTrace *t = x->in->trace;
    if (!t || x->in->n_opaque > 0)
        return outcome;
    if (t->recording) {
        vec_push(x->in->arena, &t->made, ((Decision){x->op, outcome}));
        return outcome;
    }
    const Decision *was = t->next < t->made.n ? &t->made.at[t->next++] : NULL;
    bool same = was && was->op == x->op && (was->outcome == outcome || (isnan(outcome) && isnan(was->outcome)));
    if (was && was->op == x->op && x->op->code == OP_stop)
        return was->outcome;                                    // nothing follows what is stopped
    if (!same && !t->parted)
        t->parted = x->op;
    return outcome;
}

// What is decided by an op of reals whose value has a corner or a jump; ops without are not asked.
static void decide_real(Run *x, OpCode code, double a, double b, double r)
{
    switch (code) {
    case OP_abs:
    case OP_relu: decide(x, adrt_sign(a)); break;
    case OP_floor: case OP_ceil: case OP_round: case OP_trunc: case OP_sign: case OP_step: decide(x, r); break;
    case OP_fmod: decide(x, trunc(a / b)); break;
    case OP_copysign: decide(x, signbit(a) != signbit(b)); break;
    case OP_max: decide(x, adrt_max_first(a, b)); break;
    case OP_min: decide(x, adrt_min_first(a, b)); break;
    case OP_fmax: decide(x, a >= b || isnan(b)); break;
    case OP_fmin: decide(x, a <= b || isnan(b)); break;
    default: break;
    }
}

// ---- scalar ops ----

static int64_t in_int(Run *x, int64_t i)
{
    if (i < INT_MIN || i > INT_MAX)
        fail(x, "the int overflows");
    return i;
}

static int64_t int_op(Run *x, OpCode code, int64_t a, int64_t b)
{
    bool divides = code == OP_idiv || code == OP_imod, shifts = code == OP_ishl || code == OP_ishr;
    if (divides && b == 0)
        fail(x, "division by zero");
    if (shifts && (b < 0 || b > 31))
        fail(x, "a shift by %lld", (long long)b);
    switch (code) {
    case OP_iadd: return in_int(x, a + b);
    case OP_isub: return in_int(x, a - b);
    case OP_imul: return in_int(x, a * b);
    case OP_idiv: return in_int(x, a / b);
    case OP_imod: return in_int(x, a % b);
    case OP_ineg: return in_int(x, -a);
    case OP_iand: return a & b;
    case OP_ior: return a | b;
    case OP_ixor: return a ^ b;
    case OP_ishl: return in_int(x, a * ((int64_t)1 << b));
    case OP_ishr: return a >> b;
    case OP_inot: return ~a;
    case OP_iabs: return in_int(x, a < 0 ? -a : a);
    case OP_isign: return (a > 0) - (a < 0);
    case OP_imax: return a > b ? a : b;
    case OP_imin: return a < b ? a : b;
    case OP_padd:
    case OP_psum: return a + b;
    case OP_pmul: case OP_pscale: return a * b;
    case OP_pdiff: return a - b;
    default: fail(x, "the interpreter does not know this op of ints");
    }
}

static bool int_test(Run *x, OpCode code, int64_t a, int64_t b)
{
    switch (code) {
    case OP_ilt: return a < b;
    case OP_ile: return a <= b;
    case OP_igt: return a > b;
    case OP_ige: return a >= b;
    case OP_ieq:
    case OP_beq: return a == b;
    case OP_ine:
    case OP_bne: return a != b;
    case OP_not: return !a;
    case OP_and: return a && b;
    case OP_or: return a || b;
    default: fail(x, "the interpreter does not know this test of ints");
    }
}

static bool real_test(Run *x, OpCode code, double a, double b)
{
    switch (code) {
    case OP_lt: return a < b;
    case OP_le: return a <= b;
    case OP_gt: return a > b;
    case OP_ge: return a >= b;
    case OP_eq: return a == b;
    case OP_ne: return a != b;
    case OP_isnan: return isnan(a);
    case OP_isinf: return isinf(a);
    case OP_isfinite: return isfinite(a);
    case OP_max_first: return adrt_max_first(a, b);
    case OP_min_first: return adrt_min_first(a, b);
    case OP_fmax_first: return a >= b || isnan(b);
    case OP_fmin_first: return a <= b || isnan(b);
    default: fail(x, "the interpreter does not know this test of reals");
    }
}

static double real_op(Run *x, OpCode code, double a, double b, double c)
{
    switch (code) {
    case OP_add: return a + b;
    case OP_sub: return a - b;
    case OP_mul: return a * b;
    case OP_div: return a / b;
    case OP_neg: return -a;
    case OP_fma: return fma(a, b, c);
    case OP_abs: return fabs(a);
    case OP_sqrt: return sqrt(a);
    case OP_cbrt: return cbrt(a);
    case OP_exp: return exp(a);
    case OP_exp2: return exp2(a);
    case OP_expm1: return expm1(a);
    case OP_log: return log(a);
    case OP_log2: return log2(a);
    case OP_log10: return log10(a);
    case OP_log1p: return log1p(a);
    case OP_sin: return sin(a);
    case OP_cos: return cos(a);
    case OP_tan: return tan(a);
    case OP_asin: return asin(a);
    case OP_acos: return acos(a);
    case OP_atan: return atan(a);
    case OP_atan2: return atan2(a, b);
    case OP_sinh: return sinh(a);
    case OP_cosh: return cosh(a);
    case OP_tanh: return tanh(a);
    case OP_asinh: return asinh(a);
    case OP_acosh: return acosh(a);
    case OP_atanh: return atanh(a);
    case OP_erf: return erf(a);
    case OP_erfc: return erfc(a);
    case OP_lgamma: return lgamma(a);
    case OP_tgamma: return tgamma(a);
    case OP_digamma: return adrt_digamma(a);
    case OP_hypot: return hypot(a, b);
    case OP_powc:
    case OP_pow: return pow(a, b);
    case OP_floor: return floor(a);
    case OP_ceil: return ceil(a);
    case OP_round: return round(a);
    case OP_trunc: return trunc(a);
    case OP_fmod: return fmod(a, b);
    case OP_copysign: return copysign(a, b);
    case OP_sign: return adrt_sign(a);
    case OP_step: return adrt_step(a);
    case OP_sigmoid: return adrt_sigmoid(a);
    case OP_softplus: return adrt_softplus(a);
    case OP_relu: return adrt_relu(a);
    case OP_max: return adrt_max(a, b);
    case OP_min: return adrt_min(a, b);
    case OP_fmax: return fmax(a, b);
    case OP_fmin: return fmin(a, b);
    default: fail(x, "the interpreter does not know this op of reals");
    }
}

// Ops whose operands are of several types, or that do not look at all of them.
static bool special_op(Run *x, OpCode code)
{
    const IVal *a;
    switch (code) {
    case OP_sel:
    case OP_isel:
    case OP_bsel: set_as(x, of(x, x->op->in[number(x, 0)->i ? 1 : 2])); return true;
    case OP_and:
    case OP_or:
        a = number(x, 0);
        set_as(x, (code == OP_and) != (a->i != 0) ? a : of(x, x->op->in[1]));
        return true;
    case OP_itor: set_real(x, (double)integer(x, 0), 0); return true;
    case OP_next_state: set_int(x, adrt_next_state((int)integer(x, 0), (int)integer(x, 1), (int)integer(x, 2))); return true;
    case OP_rtoi:
        a = number(x, 0);
        if (!(a->r > -2147483649.0 && a->r < 2147483648.0))
            fail(x, "%g does not fit an int", a->r);
        set_int(x, (int64_t)decide(x, trunc(a->r)));
        return true;
    case OP_stop: set_real(x, decide(x, number(x, 0)->r), 0); return true;
    case OP_polygamma:
        a = number(x, 1);
        if (a->im != 0)
            x->in->not_complex = x->op;
        set_real(x, adrt_polygamma((int)integer(x, 0), a->r), 0);
        return true;
    default: return false;
    }
}

// Operands re + i im. r: the real part of the result.
static double imaginary_part(Run *x, OpCode code, const double *re, const double *im, double r)
{
    Interp *in = x->in;
    double q = 0;
    ImagStatus status = in->n_opaque ? IMAG_UNKNOWN : interp_imag(code, re, im, r, &q);
    if (status == IMAG_UNKNOWN)
        in->not_complex = x->op;
    else if (status == IMAG_CORNER && !in->corner)
        in->corner = x->op;
    return q;
}

static void run_reals(Run *x, const Op *op)
{
    double re[3] = {0, 0, 0}, im[3] = {0, 0, 0};
    for (int k = 0; k < op->n_in; k++) {
        const IVal *v = of(x, op->in[k]);
        if (!v->defined && x->in->undefined_spreads) {
            set_scalar(x, false);
            return;
        }
        v = number(x, k);
        re[k] = v->r;
        im[k] = v->im;
    }
    if (op_result_type(op->code).elem == E_BOOL) {
        set_int(x, decide(x, real_test(x, op->code, re[0], re[1])) != 0);
        return;
    }
    double r = real_op(x, op->code, re[0], re[1], re[2]);
    decide_real(x, op->code, re[0], re[1], r);
    set_real(x, r, im[0] != 0 || im[1] != 0 || im[2] != 0 ? imaginary_part(x, op->code, re, im, r) : 0);
}

static void run_scalar(Run *x, const Op *op)
{
    if (special_op(x, op->code))
        return;
    if (op->in[0]->type.elem == E_REAL) {
        run_reals(x, op);
        return;
    }
    int64_t a = integer(x, 0), b = op->n_in > 1 ? integer(x, 1) : 0;
    set_int(x, op_result_type(op->code).elem == E_BOOL ? int_test(x, op->code, a, b) : int_op(x, op->code, a, b));
}

// ---- arrays ----

// Reads the dimensions from operand `first` on into v, and its number of elements.
static void set_dims(Run *x, IVal *v, int rank, int first)
{
    v->n = elem_cells(v->type);
    bool made = x->op->code == OP_new;                          // one that is for a branch not taken may have no size, and gets none
    for (int k = 0; k < rank; k++) {
        int64_t d = made && !operand(x, first + k).defined ? 0 : integer(x, first + k);
        v->dims[k] = d < 0 ? 0 : (size_t)d;
        if (v->dims[k] > 100000000 || v->n * v->dims[k] > 100000000)
            fail(x, "an array of more than 100 million elements");
        v->n *= v->dims[k];
    }
}

static void run_shape(Run *x, const Op *op)
{
    IVal v = operand(x, 0);
    size_t n = v.n;
    if (op->n_in == 1)
        v.dims[0] = n;
    else
        set_dims(x, &v, op->n_in - 1, 1);
    if (v.n > n)
        fail(x, "the array has %zu elements, its shape says %zu", n, v.n);
    set(x, 0, v);
}

static void run_new(Run *x, const Op *op)
{
    IVal v = {.type = op->out[0]->type};
    set_dims(x, &v, op->n_in, 0);
    Elem zero = type_is_struct(v.type) ? E_INT : (Elem)v.type.elem;     // zero bits are a zero of any type
    v.store = array_new(x->in->arena, zero, v.n, op->i != 0).store;
    const char *name = op->out[0]->name;
    size_t len = name ? strlen(name) : 0;
    if (len >= 5 && strcmp(name + len - 5, "_tape") == 0)
        x->in->taped[v.type.elem] += (long)v.n;
    set(x, 0, v);
}

static void run_copy(Run *x)
{
    IVal v = operand(x, 0);
    Store *s = store_new(x->in->arena, v.n);
    memcpy(s->at, cells(v), v.n * sizeof(Cell));
    v.store = s;
    v.first = 0;
    v.version = 0;
    set(x, 0, v);
}

static void run_const_array(Run *x, const Op *op)
{
    const ConstArray *c = op->array;
    IVal v = array_new(x->in->arena, c->elem, (size_t)c->n, true);
    for (int k = 0; k < c->rank; k++)
        v.dims[k] = (size_t)c->dims[k];
    for (int i = 0; i < c->n; i++) {
        if (c->elem == E_REAL)
            v.store->at[i].r = c->data[i];
        else
            v.store->at[i].i = (int64_t)c->data[i];
    }
    set(x, 0, v);
}

// Goes to field `at` of the struct that v is, and on along its own indices from operand *k on, as far as there are any before `end`.
static void go_to_field(Run *x, IVal *v, const StructInfo *st, int at, int *k, int end)
{
    const Field *f = &st->fields.at[at];
    if (f->parent >= 0)
        go_to_field(x, v, st, f->parent, k, end);
    for (int i = 0; i < at; i++)
        if (st->fields.at[i].parent == f->parent)
            v->first += field_cells(&st->fields.at[i]);
    v->n = field_cells(f);
    int axis = f->n_outer;
    for (; axis < f->rank && *k < end; axis++, ++*k) {
        int64_t i = integer(x, *k);
        if (i < 0 || i >= f->dims[axis])
            fail(x, "index %lld of field %s is not in 0 .. %d", (long long)i, f->name, f->dims[axis] - 1);
        v->n /= (size_t)f->dims[axis];
        v->first += (size_t)i * v->n;
    }
    for (int i = axis; i < f->rank; i++)
        v->dims[i - axis] = (size_t)f->dims[i];
}

// The part of v, an array of type t, that indices in operands first .. first+n-1 lead to.
static IVal indexed(Run *x, IVal v, Type t, int first, int n)
{
    const Field *f = type_field(t, n, x->op->in + first);
    int rank = t.rank, end = first + n;
    n = f ? rank : n;
    for (int k = 0; k < n; k++) {
        int64_t i = integer(x, first + k);
        if (i < 0 || (size_t)i >= v.dims[k])
            fail(x, "index %lld of dimension %d is not in 0 .. %lld", (long long)i, k, (long long)v.dims[k] - 1);
        v.n /= v.dims[k];
        v.first += (size_t)i * v.n;
    }
    memmove(v.dims, v.dims + n, sizeof v.dims[0] * (size_t)(rank - n));
    int k = first + rank + 1;
    if (f)
        go_to_field(x, &v, t.st, (int)(f - t.st->fields.at), &k, end);
    return v;
}

// The part of v that a path leads to whose operands begin at `first`.
static IVal part(Run *x, IVal v, Type t, const Path *path, int first)
{
    if (path->at_pos) {
        int64_t p = integer(x, first);
        size_t n = v.n;
        set_dims(x, &v, path->rank, first + 1);
        if (p < 0 || (size_t)p > n || v.n > n - (size_t)p)
            fail(x, "%zu elements from position %lld on, there are %zu", v.n, (long long)p, n);
        v.first += (size_t)p;
        return v;
    }
    v = indexed(x, v, t, first, path->n_idx);
    if (!path->has_range)
        return v;
    int64_t lo = integer(x, first + path->n_idx), len = integer(x, first + path->n_idx + 1);
    if (lo < 0 || len < 0 || (size_t)(lo + len) > v.dims[0])
        fail(x, "slice %lld : %lld of dimension %zu", (long long)lo, (long long)(lo + len), v.dims[0]);
    size_t row = v.dims[0] ? v.n / v.dims[0] : 0;
    v.first += (size_t)lo * row;
    v.n = (size_t)len * row;
    v.dims[0] = (size_t)len;
    return v;
}

static void run_view(Run *x, const Op *op)
{
    IVal v = operand(x, 0);
    if (op->code == OP_slice) {
        v = part(x, v, op->in[0]->type, op->paths, 1);
    } else if (op->code == OP_view_at) {
        v = part(x, v, op->in[0]->type, &(Path){.at_pos = true, .rank = op->n_in - 2}, 1);
    } else {
        size_t n = v.n;
        set_dims(x, &v, op->n_in - 1, 1);
        if (v.n != n)
            fail(x, "%zu elements become %zu", n, v.n);
    }
    set(x, 0, v);
}

// The cell of an array that the indices of a load, store or acc lead to.
static Cell *element(Run *x, const Op *op, int n)
{
    const IVal *a = of(x, op->in[0]);
    size_t at = 0;
    if (type_is_struct(op->in[0]->type))
        return cells(indexed(x, *a, op->in[0]->type, 1, n));
    for (int k = 0; k < n; k++) {
        int64_t i = integer(x, 1 + k);
        if (i < 0 || (size_t)i >= a->dims[k])
            fail(x, "index %lld of dimension %d is not in 0 .. %lld", (long long)i, k, (long long)a->dims[k] - 1);
        at = at * a->dims[k] + (size_t)i;
    }
    return a->store->at + a->first + at;
}

static void run_element(Run *x, const Op *op)
{
    int n = op_n_index(op);
    const IVal *from = of(x, op->in[0]);
    if (!from->store || from->version != from->store->now)
        fail(x, "%s is a version that was consumed", shown(x, op->in[0]));
    if (op->code == OP_load) {
        IVal v = from_cell(op->out[0]->type, *element(x, op, n));
        set_as(x, &v);
        return;
    }
    IVal v = operand(x, n + 1);
    Cell *c = element(x, op, n);
    IVal a = consumed(x, 0);
    if (op->code == OP_store)
        *c = to_cell(v);
    else
        add_to_cell(x, c, to_cell(v), 1);
    set(x, 0, a);
}

static void run_whole(Run *x, const Op *op)
{
    IVal b = operand(x, 1), a = consumed(x, 0);
    if (op->code != OP_fill && a.n != b.n)
        fail(x, "%zu elements and %zu", a.n, b.n);
    for (size_t i = 0; i < a.n; i++) {
        Cell *c = &cells(a)[i];
        if (op->code == OP_fill)
            *c = to_cell(b);
        else if (op->code == OP_copy_to)
            *c = cells(b)[i];
        else if (elem_at(op->in[0]->type, i) == E_REAL)
            add_to_cell(x, c, cells(b)[i], 1);
    }
    set(x, 0, a);
}

static void run_gemm(Run *x, const Op *op)
{
    IVal a = operand(x, 1), b = operand(x, 2), c = consumed(x, 0);
    int64_t m = integer(x, 3), n = integer(x, 4), k = integer(x, 5);
    m = m < 0 ? 0 : m, n = n < 0 ? 0 : n, k = k < 0 ? 0 : k;
    if (c.n != (size_t)(m * n) || a.n != (size_t)(m * k) || b.n != (size_t)(k * n))
        fail(x, "arrays of %zu, %zu and %zu elements do not fit m, n, k", c.n, a.n, b.n);
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++)
            for (int64_t l = 0; l < k; l++) {
                Cell p = cells(a)[op->ta ? l * m + i : i * k + l], q = cells(b)[op->tb ? j * k + l : l * n + j];
                Cell pq = {.r = real_of(x, p) * real_of(x, q), .im = p.im * q.r + p.r * q.im, .defined = p.defined && q.defined};
                add_to_cell(x, &cells(c)[i * n + j], pq, op->sub ? -1 : 1);
            }
    set(x, 0, c);
}

// ---- factors and solves ----
//
// A factor is the matrix itself here: every solve eliminates anew.

static double *reals_of(Run *x, IVal v, size_t n)
{
    double *a = NEW_N(x->in->arena, double, n + 1);
    if (v.n != n)
        fail(x, "an array of %zu elements where %zu are needed", v.n, n);
    for (size_t i = 0; i < n; i++) {
        a[i] = real_of(x, cells(v)[i]);
        if (cells(v)[i].im != 0)
            x->in->not_complex = x->op;
    }
    return a;
}

static void set_reals(IVal v, const double *a)
{
    for (size_t i = 0; i < v.n; i++)
        cells(v)[i] = (Cell){.defined = true, .r = a[i]};
}

static size_t size_of(Run *x, int k)
{
    int64_t n = integer(x, k);
    return n > 0 ? (size_t)n : 0;
}

static double *transposed(Run *x, const double *a, size_t rows, size_t cols)
{
    double *t = NEW_N(x->in->arena, double, rows * cols + 1);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++)
            t[j * rows + i] = a[i * cols + j];
    return t;
}

static void swap_rows(double *a, size_t n, size_t i, size_t j)
{
    for (size_t k = 0; k < n; k++) {
        double t = a[i * n + k];
        a[i * n + k] = a[j * n + k];
        a[j * n + k] = t;
    }
}

// Gauss-Jordan: a[n][n] to the unit matrix, and with it b[n][k] to a^-1 b. The pivot that is 0, or -1; *logdet may be NULL.
static int eliminate(double *a, double *b, size_t n, size_t k, double *logdet)
{
    for (size_t c = 0; c < n; c++) {
        size_t best = c;
        for (size_t i = c; i < n; i++)
            best = fabs(a[i * n + c]) > fabs(a[best * n + c]) ? i : best;
        if (!(fabs(a[best * n + c]) > 0))
            return (int)c;
        swap_rows(a, n, c, best);
        swap_rows(b, k, c, best);
        double p = a[c * n + c];
        if (logdet)
            *logdet += log(fabs(p));
        for (size_t i = 0; i < n; i++) {
            double f = a[i * n + c] / p;
            for (size_t j = 0; i != c && j < n; j++)
                a[i * n + j] -= f * a[c * n + j];
            for (size_t j = 0; i != c && j < k; j++)
                b[i * k + j] -= f * b[c * k + j];
        }
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < k; j++)
            b[i * k + j] /= a[i * n + i];
    return -1;
}

static void fill_nan(double *a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        a[i] = NAN;
}

static void run_lu(Run *x)
{
    size_t n = size_of(x, 1);
    double *a = reals_of(x, operand(x, 0), n * n), *copy = reals_of(x, operand(x, 0), n * n);
    IVal f = array_new(x->in->arena, E_REAL, n * n, true), p = array_new(x->in->arena, E_INT, n, true);
    int at = eliminate(copy, a, n, 0, NULL);
    if (at >= 0)
        fill_nan(a, n * n);
    f.dims[0] = f.dims[1] = n;
    set_reals(f, a);
    set(x, 0, f);
    set(x, 1, p);
    set(x, 2, iv_int(at));
}

// X := op(M)^-1 X, or X op(M)^-1
static void solve_with(Run *x, const Op *op, double *m, int first_size)
{
    size_t n = size_of(x, first_size), k = size_of(x, first_size + 1);
    IVal v = consumed(x, 0);
    double *b = reals_of(x, v, n * k);
    if (op->right)
        b = transposed(x, b, k, n);
    if (op->ta != op->right)
        m = transposed(x, m, n, n);
    if (eliminate(m, b, n, k, NULL) >= 0)
        fill_nan(b, n * k);
    set_reals(v, op->right ? transposed(x, b, n, k) : b);
    set(x, 0, v);
}

static void run_lower_solve(Run *x, const Op *op)
{
    size_t n = size_of(x, 2);
    IVal l = operand(x, 1);
    double *m = NEW_N(x->in->arena, double, n * n + 1);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            m[i * n + j] = real_of(x, cells(l)[i * n + j]);
            if (cells(l)[i * n + j].im != 0)
                x->in->not_complex = x->op;
        }
    solve_with(x, op, m, 2);
}

static void run_logdet(Run *x)
{
    size_t n = size_of(x, 2);
    double none[1], s = 0, *a = reals_of(x, operand(x, 0), n * n);
    int at = eliminate(a, none, n, 0, &s);
    set(x, 0, iv_real(at < 0 ? s : NAN));
}

static void run_cholesky(Run *x)
{
    size_t n = size_of(x, 1);
    IVal v = consumed(x, 0);
    double *l = NEW_N(x->in->arena, double, n * n + 1);
    int at = -1;
    for (size_t j = 0; j < n && at < 0; j++)
        for (size_t i = j; i < n && at < 0; i++) {
            double s = real_of(x, cells(v)[i * n + j]);
            if (cells(v)[i * n + j].im != 0)
                x->in->not_complex = x->op;
            for (size_t k = 0; k < j; k++)
                s -= l[i * n + k] * l[j * n + k];
            if (i == j && !(s > 0))
                at = (int)j;
            l[i * n + j] = i == j ? sqrt(s) : s / l[j * n + j];
        }
    if (at >= 0)
        fill_nan(l, n * n);
    set_reals(v, l);
    set(x, 0, v);
    set(x, 1, iv_int(at));
}

static void run_lower(Run *x, const Op *op)
{
    size_t n = size_of(x, 1);
    IVal v = consumed(x, 0);
    double *a = NEW_N(x->in->arena, double, n * n + 1);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double low = real_of(x, cells(v)[i * n + j]);
            if (cells(v)[i * n + j].im != 0)
                x->in->not_complex = x->op;
            a[i * n + j] = op->map == LOWER_HALF && i == j ? low / 2 : low;
            if (op->map == LOWER_MIRROR)
                a[j * n + i] = low;
            if (op->map == LOWER_FOLD && i != j)
                a[i * n + j] += real_of(x, cells(v)[j * n + i]);
        }
    set_reals(v, a);
    set(x, 0, v);
}

// ---- buffers ----

static void append(Run *x, IVal buf, Cell c)
{
    Store *s = buf.store;
    if (s->n == s->cap) {
        s->cap = s->cap ? 2 * s->cap : 8;
        Cell *at = NEW_N(x->in->arena, Cell, s->cap + 1);
        memcpy(at, s->at, s->n * sizeof(Cell));
        s->at = at;
    }
    s->at[s->n++] = c;
    x->in->taped[buf.type.elem]++;
}

static void run_put(Run *x, const Op *op)
{
    IVal a = op->code == OP_puts ? operand(x, 1) : (IVal){.n = 0}, buf = consumed(x, 0);
    for (size_t i = 0; op->code == OP_puts && i < a.n; i++)
        append(x, buf, cells(a)[i]);
    for (int k = 1; op->code == OP_put && k < op->n_in; k++)
        append(x, buf, to_cell(operand(x, k)));
    set(x, 0, buf);
}

static void run_freeze(Run *x)
{
    IVal v = consumed(x, 0);
    v.n = v.dims[0] = v.store->n;
    set(x, 0, v);
}

// ---- checks ----

static void run_check(Run *x, const Op *op)
{
    if (computed(x, 0).i)
        return;
    Text t = text_in(x->in->arena);
    text_printf(&t, "check failed: %s", op->text);
    for (int k = 1; k < op->n_in; k++)
        text_printf(&t, "%s %.17g", k == 1 ? ":" : ",", iv_at(operand(x, k), 0));
    fail(x, "%s", t.at);
}

// ---- regions ----

static void run_region(Run *x, const Region *r);

// What the operands from `first` on hand to a region: linear ones are consumed.
static void hand_over(Run *x, const Op *op, int first, IVal *to)
{
    for (int k = first; k < op->n_in; k++)
        to[k - first] = type_is_linear(op->in[k]->type) ? consumed(x, k) : operand(x, k);
}

static void enter(Run *x, const Region *r, int first, int n, const IVal *args)
{
    for (int k = 0; k < n; k++) {
        IVal v = args[k];
        v.type = r->args.at[first + k]->type;
        *of(x, r->args.at[first + k]) = v;
    }
}

static void run_if(Run *x, const Op *op)
{
    const Region *r = op->regions[computed(x, 0).i ? 0 : 1];
    IVal *args = NEW_N(x->in->arena, IVal, op->n_in);
    hand_over(x, op, 1, args);
    enter(x, r, 0, op->n_in - 1, args);
    run_region(x, r);
    for (int k = 0; k < op->n_out; k++)
        set(x, k, get(x, r->yields.at[k]));
}

static bool head_holds(Run *x, const Op *op, int n, const IVal *carried)
{
    const Region *head = op->regions[1];
    if (!head)
        return true;
    enter(x, head, 0, n, carried);
    run_region(x, head);
    IVal c = get(x, head->yields.at[0]);
    if (!c.defined)
        fail(x, "the head's condition is undefined");
    return c.i != 0;
}

// One iteration: takes and gives the carried values; true if it exits.
static bool run_body(Run *x, const Op *op, int64_t index, int n, IVal *carried)
{
    const Region *body = op->regions[0];
    if (op->counted)
        *of(x, body->args.at[0]) = scalar(T_INT, 0, in_int(x, index));
    enter(x, body, op->counted, n, carried);
    run_region(x, body);
    IVal e = op->has_exit ? get(x, body->yields.at[0]) : iv_bool(false);
    for (int k = 0; k < n; k++)
        carried[k] = get(x, body->yields.at[op->has_exit + k]);
    if (!e.defined)
        fail(x, "the exit flag is undefined");
    return e.i != 0;
}

static void run_loop(Run *x, const Op *op)
{
    int n = loop_n_carried(op);
    IVal *carried = NEW_N(x->in->arena, IVal, n + 1);
    int64_t lo = op->counted ? integer(x, 0) : 0, hi = op->counted ? integer(x, 1) : 0;
    int64_t step = op->step, trips = -1, t = 0;
    hand_over(x, op, loop_first_init(op), carried);
    if (op->counted && step > 0)
        trips = hi > lo ? (hi - lo + step - 1) / step : 0;
    else if (op->counted)
        trips = lo > hi ? (lo - hi - step - 1) / -step : 0;
    for (bool done = false; !done && (op->counted ? t < trips : head_holds(x, op, n, carried)); t++)
        done = run_body(x, op, lo + step * (op->reversed ? trips - 1 - t : t), n, carried);
    for (int k = 0; k < n; k++)
        set(x, k, carried[k]);
    set(x, n, scalar(T_INT, 0, in_int(x, t)));
}

static void refuse_overlap(Run *x, const IVal *slots, int n)
{
    for (int a = 0; a < n; a++)
        for (int b = a + 1; b < n; b++)
            if (slots[a].n && slots[b].n && slots[a].first < slots[b].first + slots[b].n &&
                slots[b].first < slots[a].first + slots[a].n)
                fail(x, "slots %d and %d overlap", a, b);
}

// Slots get stores of their own that lie in the array's.
static void run_within(Run *x, const Op *op)
{
    const Region *body = op->regions[0];
    IVal a = consumed(x, 0), *slots = NEW_N(x->in->arena, IVal, op->n_paths);
    for (int s = 0, k = 1; s < op->n_paths; s++) {
        slots[s] = part(x, a, op->in[0]->type, &op->paths[s], k);
        k += path_n_operands(&op->paths[s]);
    }
    refuse_overlap(x, slots, op->n_paths);
    for (int s = 0; s < op->n_paths; s++) {
        Store *own = NEW(x->in->arena, Store);
        *own = (Store){.at = cells(slots[s]), .n = slots[s].n, .cap = slots[s].n};
        slots[s].store = own;
        slots[s].first = 0;
        slots[s].version = 0;
    }
    IVal *extra = NEW_N(x->in->arena, IVal, op->n_in + 1);
    hand_over(x, op, op->n_in - op->n_extra, extra);
    enter(x, body, 0, op->n_paths, slots);
    enter(x, body, op->n_paths, op->n_extra, extra);
    run_region(x, body);
    set(x, 0, a);
    for (int k = 0; k < body->yields.n; k++) {
        IVal y = get(x, body->yields.at[k]);
        if (k >= op->n_paths)
            set(x, k - op->n_paths + 1, y);
    }
    for (int s = 0; s < op->n_paths; s++)
        slots[s].store->now++;
}

// ---- calls ----

static void call(Interp *in, const Func *f, const IVal *args, IVal *results);

static void undefine(IVal v)
{
    for (size_t i = 0; i < v.n; i++)
        cells(v)[i].defined = false;
}

static void run_call(Run *x, const Op *op)
{
    const Func *g = op->callee;
    IVal *args = NEW_N(x->in->arena, IVal, op->n_in + 1), *results = NEW_N(x->in->arena, IVal, op->n_out + 1);
    for (int k = 0; k < op->n_in; k++)
        args[k] = op_consumes(op, k) ? consumed(x, k) : operand(x, k);
    for (int k = 0; k < op->n_in; k++)
        if (!op_consumes(op, k))
            operand(x, k);                                      // and not consumed by this very call
    call(x->in, g, args, results);
    for (int i = 0; i < g->params.n; i++) {
        const Param *p = &g->params.at[i];
        if (p->result >= 0 && type_is_linear(p->type)) {
            IVal v = args[p->arg];
            v.version = v.store->now;
            results[p->result] = v;
        }
    }
    for (int k = 0; k < op->n_out; k++)
        set(x, k, results[k]);
}

static void call_extern(Run *x, const Func *f, const IVal *args, IVal *results)
{
    for (const ExternRow *row = x->in->externs; row; row = row->next)
        if (strcmp(row->name, f->name) == 0) {
            void *unwind = x->in->unwind;
            bool ok = row->call(x->in, row->env, args, results);
            x->in->unwind = unwind;
            if (!ok)
                fail(x, "the extern function failed: %s", x->in->error ? x->in->error : "");
            return;
        }
    fail(x, "'%s' has no body here", f->source_name ? f->source_name : f->name);
}

static IVal *env_at(Interp *in, int depth, int n)
{
    while (in->envs.n <= depth)
        vec_push(in->arena, &in->envs, ((Env){NULL, 0}));
    Env *e = &in->envs.at[depth];
    if (e->cap < n) {
        e->cap = 2 * n;
        e->at = NEW_N(in->arena, IVal, e->cap);
    }
    return e->at;
}

static void bind_args(Run *x, const Func *f, const IVal *args)
{
    for (int i = 0; i < f->params.n; i++) {
        const Param *p = &f->params.at[i];
        if (p->arg < 0)
            continue;
        IVal v = args[p->arg];
        if (v.type.kind != p->type.kind || v.type.elem != p->type.elem || v.type.st != p->type.st)
            fail(x, "the argument for %s has the wrong type", p->name);
        if (p->role == ROLE_OUT)
            undefine(v);
        v.type = p->type;
        if (type_is_linear(v.type))
            v.version = v.store->now;                           // a C caller may hand over one value again and again
        *of(x, f->body->args.at[p->arg]) = v;
    }
}

static void call(Interp *in, const Func *f, const IVal *args, IVal *results)
{
    Run x = {.in = in, .f = f, .caller = in->run, .depth = in->run ? in->run->depth + 1 : 0};
    in->run = &x;
    if (x.depth > MAX_DEPTH)
        fail(&x, "calls are nested more than %d deep", MAX_DEPTH);
    bool opaque = in->opaque && map_get(in->opaque, f);
    in->n_opaque += opaque;
    if (f->is_extern || (f->transform != TR_NONE && !f->done)) {
        call_extern(&x, f, args, results);
    } else {
        x.env = env_at(in, x.depth, f->n_values);
        bind_args(&x, f, args);
        run_region(&x, f->body);
        for (int k = 0; k < f->body->yields.n; k++)
            results[k] = get(&x, f->body->yields.at[k]);
    }
    in->n_opaque -= opaque;
    in->run = x.caller;
}

// ---- walking ----

static void run_op(Run *x, const Op *op)
{
    if (op_is_scalar(op->code)) {
        run_scalar(x, op);
        return;
    }
    switch (op->code) {
    case OP_const_real: set_real(x, op->r, 0); break;
    case OP_const_int:
    case OP_const_bool:
    case OP_const_pos: set_int(x, op->i); break;
    case OP_undef: set(x, 0, (IVal){.defined = false}); break;
    case OP_const_array: run_const_array(x, op); break;
    case OP_shape: run_shape(x, op); break;
    case OP_new: run_new(x, op); break;
    case OP_copy: run_copy(x); break;
    case OP_slice:
    case OP_reshape:
    case OP_view_at: run_view(x, op); break;
    case OP_load:
    case OP_store:
    case OP_acc: run_element(x, op); break;
    case OP_fill:
    case OP_copy_to:
    case OP_add_to: run_whole(x, op); break;
    case OP_gemm: run_gemm(x, op); break;
    case OP_lu: run_lu(x); break;
    case OP_lu_solve: solve_with(x, op, reals_of(x, operand(x, 1), size_of(x, 3) * size_of(x, 3)), 3); break;
    case OP_lu_logdet: run_logdet(x); break;
    case OP_cholesky: run_cholesky(x); break;
    case OP_lower_solve: run_lower_solve(x, op); break;
    case OP_lower: run_lower(x, op); break;
    case OP_buf_new: set(x, 0, iv_buf(x->in, (Elem)op->out[0]->type.elem)); break;
    case OP_put:
    case OP_puts: run_put(x, op); break;
    case OP_freeze: run_freeze(x); break;
    case OP_len: set(x, 0, iv_pos((int64_t)operand(x, 0).n)); break;
    case OP_check: run_check(x, op); break;
    case OP_if: run_if(x, op); break;
    case OP_loop: run_loop(x, op); break;
    case OP_within: run_within(x, op); break;
    case OP_call: run_call(x, op); break;
    default: fail(x, "the interpreter does not know this op");
    }
}

static void run_region(Run *x, const Region *r)
{
    const Op *owner = x->op;
    for (int i = 0; i < r->ops.n; i++) {
        x->op = r->ops.at[i];
        if (++x->in->steps > x->in->max_steps)
            fail(x, "more than %ld steps", x->in->max_steps);
        run_op(x, x->op);
    }
    x->op = owner;
}

Interp *interp_new(Arena *a)
{
    Interp *in = NEW(a, Interp);
    in->arena = a;
    in->max_steps = 20000000;
    return in;
}

void interp_extern(Interp *in, const char *name, InterpExtern f, void *env)
{
    ExternRow *row = NEW(in->arena, ExternRow);
    *row = (ExternRow){name, f, env, in->externs};
    in->externs = row;
}

bool interp_call(Interp *in, const Func *f, const IVal *args, IVal *results)
{
    Run *outer = in->run;
    void *outer_unwind = in->unwind;
    int n_opaque = in->n_opaque;
    jmp_buf unwind;
    in->unwind = &unwind;
    in->error = NULL;
    if (setjmp(unwind) == 0)
        call(in, f, args, results);
    in->n_opaque = n_opaque;
    in->run = outer;
    in->unwind = outer_unwind;
    return in->error == NULL;
}

// The operands of an op at the head of a function that says what shapes its arrays have.
static bool operands_known(Run *x, const Op *op)
{
    for (int k = 0; k < op->n_in; k++)
        if (!type_is_scalar(op->in[k]->type) || !of(x, op->in[k])->defined)
            return false;
    return op_is_scalar(op->code) || op->n_in == 0;
}

static void find_shapes(Run *x, const Func *f, InterpShape *shapes)
{
    for (int i = 0; i < f->body->ops.n; i++) {
        const Op *op = x->op = f->body->ops.at[i];
        if (op->code == OP_shape) {
            InterpShape *s = &shapes[op->in[0]->index];
            IVal v = {.type = op->out[0]->type};
            set_dims(x, &v, op->n_in - 1, 1);
            *s = (InterpShape){.known = op->n_in > 1 || v.type.rank == 0, .n = v.n};
            memcpy(s->dims, v.dims, sizeof s->dims);
        } else if (op->n_regions == 0 && op->n_out == 1 && type_is_scalar(op->out[0]->type) && operands_known(x, op)) {
            run_op(x, op);
        }
    }
}

bool interp_shapes(Interp *in, const Func *f, const IVal *args, InterpShape *shapes)
{
    jmp_buf unwind;
    Run x = {.in = in, .f = f, .env = NEW_N(in->arena, IVal, f->n_values + 1)};
    void *outer = in->unwind;
    memset(shapes, 0, sizeof *shapes * (size_t)f->body->args.n);
    for (int i = 0; i < f->body->args.n; i++)
        x.env[f->body->args.at[i]->id] = args[i];
    in->unwind = &unwind;
    in->error = NULL;
    if (setjmp(unwind) == 0)
        find_shapes(&x, f, shapes);
    in->unwind = outer;
    return in->error == NULL;
}

long interp_tape_bytes(Interp *in)
{
    long *t = in->taped;
    long bytes = 8 * t[E_REAL] + 4 * t[E_INT] + t[E_BOOL] + 8 * t[E_POS] + (t[E_BIT] + 7) / 8;
    memset(in->taped, 0, sizeof in->taped);
    return bytes;
}
