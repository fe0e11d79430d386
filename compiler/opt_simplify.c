// opt_simplify.c — the simpler value that a scalar op is, asked by the builder for every op it makes and by
// opt_control.c for every op there is.
//
// In: an op and its operands. Out: an operand, a constant, or a simpler op; NULL where there is nothing to gain. Every
// rule is exact in IEEE arithmetic for every operand, NaN, infinities and -0 included (but for the sign of a zero
// product by -1): x * 1 is x, but x + 0 is not x for x = -0, and 0 * x is not 0 for x = inf. Ints do not overflow in C
// programs that mean anything, so (a + 2) + 3 is a + 5.
//
//     mul %x, 1.0 -> %x                      add %x, (neg %y) -> sub %x, %y
//     iadd (iadd %i, 1), -1 -> %i            not (ilt %i, %n) -> ige %i, %n
#include "opt.h"

#include <assert.h>
#include <limits.h>
#include <math.h>

// ---- looking at operands ----

static const Op *def_of(const Value *v, OpCode code)
{
    return v->def && v->def->code == code ? v->def : NULL;
}

static bool is_real(const Value *v, double x)                   // 0.0 and -0.0 are told apart
{
    const Op *op = def_of(v, OP_const_real);
    return op && op->r == x && signbit(op->r) == signbit(x);
}

static bool is_int(const Value *v, int64_t x)
{
    int64_t c;
    return ir_is_int_const(v, &c) && c == x;
}

bool same_value(const Value *a, const Value *b)
{
    double x, y;
    if (a == b)
        return true;
    if (!ir_is_const(a, &x) || !ir_is_const(b, &y) || !type_eq(a->type, b->type))
        return false;
    return x == y && signbit(x) == signbit(y);
}

// An int as base + c; base NULL for a constant.
typedef struct Affine {
    const Value *base;
    int64_t c;
} Affine;

static Affine affine(const Value *v)
{
    Affine a = {v, 0};
    for (int depth = 0; depth < 8 && a.base->def; depth++) {
        const Op *op = a.base->def;
        int64_t c;
        if (ir_is_int_const(a.base, &c))
            return (Affine){NULL, a.c + c};
        if (op->code == OP_iadd && ir_is_int_const(op->in[1], &c))
            a = (Affine){op->in[0], a.c + c};
        else if (op->code == OP_iadd && ir_is_int_const(op->in[0], &c))
            a = (Affine){op->in[1], a.c + c};
        else if (op->code == OP_isub && ir_is_int_const(op->in[1], &c))
            a = (Affine){op->in[0], a.c - c};
        else
            break;
    }
    return a;
}

bool int_difference(const Value *a, const Value *b, int64_t *difference)
{
    Affine p = affine(a), q = affine(b);
    *difference = p.c - q.c;
    return p.base == q.base;
}

static bool fits_int(int64_t x)
{
    return x >= INT_MIN && x <= INT_MAX;
}

// ---- constants ----

static bool fold_real1(OpCode code, double x, double *y)
{
    switch (code) {
    case OP_neg: *y = -x; return true;
    case OP_abs: *y = fabs(x); return true;
    case OP_sqrt: *y = sqrt(x); return x >= 0;
    case OP_floor: *y = floor(x); return true;
    case OP_ceil: *y = ceil(x); return true;
    case OP_trunc: *y = trunc(x); return true;
    case OP_sign: *y = x > 0 ? 1 : x < 0 ? -1 : x; return true;
    case OP_step: *y = x > 0; return true;
    case OP_relu: *y = x <= 0 ? 0 : x; return true;
    case OP_stop: *y = x; return true;
    default: return false;
    }
}

static bool fold_real2(OpCode code, double x, double z, double *y)
{
    switch (code) {
    case OP_add: *y = x + z; return true;
    case OP_sub: *y = x - z; return true;
    case OP_mul: *y = x * z; return true;
    case OP_div: *y = x / z; return true;
    case OP_copysign: *y = copysign(x, z); return true;
    default: return false;
    }
}

static bool fold_compare(OpCode code, double x, double y, bool *r)
{
    switch (code) {
    case OP_lt: case OP_ilt: *r = x < y; return true;
    case OP_le: case OP_ile: *r = x <= y; return true;
    case OP_gt: case OP_igt: *r = x > y; return true;
    case OP_ge: case OP_ige: *r = x >= y; return true;
    case OP_eq: case OP_ieq: case OP_beq: *r = x == y; return true;
    case OP_ne: case OP_ine: case OP_bne: *r = x != y; return true;
    case OP_max_first: *r = x >= y || isnan(x); return true;
    case OP_min_first: *r = x <= y || isnan(x); return true;
    case OP_fmax_first: *r = x >= y || isnan(y); return true;
    case OP_fmin_first: *r = x <= y || isnan(y); return true;
    case OP_and: *r = x != 0 && y != 0; return true;
    case OP_or: *r = x != 0 || y != 0; return true;
    default: return false;
    }
}

// C's int arithmetic; false where C would trap or have no answer.
static bool fold_int2(OpCode code, int64_t x, int64_t z, int64_t *y)
{
    switch (code) {
    case OP_iadd: *y = x + z; break;
    case OP_isub: *y = x - z; break;
    case OP_imul: *y = x * z; break;
    case OP_idiv: if (z == 0) return false; *y = x / z; break;
    case OP_imod: if (z == 0 || z == -1) return false; *y = x % z; break;
    case OP_iand: *y = x & z; break;
    case OP_ior: *y = x | z; break;
    case OP_ixor: *y = x ^ z; break;
    case OP_ishl: if (x < 0 || z < 0 || z > 31) return false; *y = x << z; break;
    case OP_ishr: if (x < 0 || z < 0 || z > 31) return false; *y = x >> z; break;
    case OP_imax: *y = x > z ? x : z; break;
    case OP_imin: *y = x < z ? x : z; break;
    default: return false;
    }
    return fits_int(*y);
}

static bool fold_int1(OpCode code, int64_t x, int64_t *y)
{
    switch (code) {
    case OP_ineg: *y = -x; break;
    case OP_inot: *y = ~x; break;
    case OP_iabs: *y = x < 0 ? -x : x; break;
    case OP_isign: *y = (x > 0) - (x < 0); break;
    default: return false;
    }
    return fits_int(*y);
}

static Value *fold_pos(Builder *b, OpCode code, int64_t x, int64_t y)
{
    const int64_t limit = INT64_C(1) << 31;                     // beyond, leave it to the program
    if (x > limit || x < -limit || y > limit || y < -limit)
        return NULL;
    switch (code) {
    case OP_padd: case OP_psum: return b_pos(b, x + y);
    case OP_pmul: case OP_pscale: return b_pos(b, x * y);
    case OP_pdiff: return b_pos(b, x - y);
    default: return NULL;
    }
}

static Value *fold_ints(Builder *b, OpCode code, Value *const *in, int arity)
{
    int64_t x, z, y;
    if (!ir_is_int_const(in[0], &x) || (arity == 2 && !ir_is_int_const(in[1], &z)))
        return NULL;
    if (op_result_type(code).elem == E_POS)
        return fold_pos(b, code, x, z);
    if (arity == 1 ? fold_int1(code, x, &y) : fold_int2(code, x, z, &y))
        return b_int(b, y);
    if (code == OP_not)
        return b_bool(b, !x);
    if (code == OP_itor)
        return b_real(b, (double)x);
    bool r;
    return arity == 2 && fold_compare(code, (double)x, (double)z, &r) ? b_bool(b, r) : NULL;
}

// Only results that are finite: an infinity or NaN is left for the program to make where the user wrote it.
static Value *fold_reals(Builder *b, OpCode code, Value *const *in, int arity)
{
    const Op *p = def_of(in[0], OP_const_real), *q = arity == 2 ? def_of(in[1], OP_const_real) : NULL;
    double y;
    bool r;
    if (!p || (arity == 2 && !q))
        return NULL;
    if (code == OP_mul && (p->r == 1 || q->r == 1))             // the other one, which may have a name
        return p->r == 1 ? in[1] : in[0];
    if (arity == 1 ? fold_real1(code, p->r, &y) : fold_real2(code, p->r, q->r, &y))
        return isfinite(y) ? b_real(b, y) : NULL;
    if (code == OP_rtoi && fabs(p->r) < 2147483647.0)
        return b_int(b, (int64_t)p->r);
    return arity == 2 && fold_compare(code, p->r, q->r, &r) ? b_bool(b, r) : NULL;
}

// ---- zeros that nobody computed ----

// Told apart from other constants by the op's otherwise unused integer.
Value *b_no_derivative(Builder *b)
{
    Value *v = b_real(b, 0);
    v->def->i = 1;
    return v;
}

bool is_no_derivative(const Value *v)
{
    const Op *op = def_of(v, OP_const_real);
    return op && op->i == 1;
}

static Value *simplify_without(Builder *b, OpCode code, Value *const *in)
{
    bool x = is_no_derivative(in[0]), y = op_arity(code) == 2 && is_no_derivative(in[1]);
    switch (code) {
    case OP_add: return x ? in[1] : y ? in[0] : NULL;
    case OP_sub: return y ? in[0] : x ? b_1(b, OP_neg, in[1]) : NULL;
    case OP_mul: return x ? in[0] : y ? in[1] : NULL;
    case OP_neg: case OP_div: return x ? in[0] : NULL;
    default: return NULL;
    }
}

// ---- reals ----

// Is v surely not -0? Then adding 0 changes nothing.
static bool is_not_minus_zero(const Value *v, int depth)
{
    const Op *op = v->def;
    if (!op || depth == 0)
        return false;
    switch (op->code) {
    case OP_const_real: return !is_real(v, -0.0);
    case OP_mul: return op->in[0] == op->in[1];
    case OP_abs: case OP_exp: case OP_exp2: case OP_itor: case OP_sigmoid: case OP_softplus: return true;
    case OP_add: return is_not_minus_zero(op->in[0], depth - 1) || is_not_minus_zero(op->in[1], depth - 1);
    case OP_sqrt: return is_not_minus_zero(op->in[0], depth - 1);
    default: return false;
    }
}

static Value *simplify_add(Builder *b, Value *x, Value *y)
{
    const Op *nx = def_of(x, OP_neg), *ny = def_of(y, OP_neg);
    if (is_real(x, 0.0) && is_not_minus_zero(y, 8))
        return y;
    if (is_real(y, 0.0) && is_not_minus_zero(x, 8))
        return x;
    if (is_real(y, -0.0))
        return x;
    if (is_real(x, -0.0))
        return y;
    if (x == y)
        return b_2(b, OP_mul, b_real(b, 2.0), x);
    if (ny)
        return b_2(b, OP_sub, x, ny->in[0]);
    return nx ? b_2(b, OP_sub, y, nx->in[0]) : NULL;
}

static Value *simplify_sub(Builder *b, Value *x, Value *y)
{
    const Op *ny = def_of(y, OP_neg);
    if (is_real(y, 0.0))
        return x;
    const Op *cy = def_of(y, OP_const_real);
    if (cy && cy->r < 0)
        return b_2(b, OP_add, x, b_real(b, -cy->r));
    return ny ? b_2(b, OP_add, x, ny->in[0]) : NULL;
}

static Value *simplify_neg(Builder *b, Value *x)
{
    const Op *n = def_of(x, OP_neg), *m = def_of(x, OP_mul);
    if (n)
        return n->in[0];
    if (m && def_of(m->in[1], OP_const_real))
        return b_2(b, OP_mul, m->in[0], b_real(b, -m->in[1]->def->r));
    if (m && def_of(m->in[0], OP_const_real))
        return b_2(b, OP_mul, b_real(b, -m->in[0]->def->r), m->in[1]);
    return NULL;
}

static Value *simplify_mul(Builder *b, Value *x, Value *y)
{
    if (is_real(y, 1))
        return x;
    if (is_real(x, 1))
        return y;
    if (is_real(y, -1))
        return b_1(b, OP_neg, x);
    if (is_real(x, -1))
        return b_1(b, OP_neg, y);
    const Op *nx = def_of(x, OP_neg), *ny = def_of(y, OP_neg);
    const Op *cx = def_of(x, OP_const_real), *cy = def_of(y, OP_const_real);
    if (nx && ny)
        return b_2(b, OP_mul, nx->in[0], ny->in[0]);
    if (nx && cy)
        return b_2(b, OP_mul, nx->in[0], b_real(b, -cy->r));
    if (ny && cx)
        return b_2(b, OP_mul, b_real(b, -cx->r), ny->in[0]);
    if (nx || ny)                                               // signs go outwards, where a sum takes them in
        return b_1(b, OP_neg, b_2(b, OP_mul, nx ? nx->in[0] : x, ny ? ny->in[0] : y));
    return NULL;
}

static Value *simplify_div(Builder *b, Value *x, Value *y)
{
    const Op *nx = def_of(x, OP_neg), *ny = def_of(y, OP_neg);
    if (is_real(y, 1))
        return x;
    if (is_real(y, -1))
        return b_1(b, OP_neg, x);
    if (nx && ny)
        return b_2(b, OP_div, nx->in[0], ny->in[0]);
    if (nx || ny)
        return b_1(b, OP_neg, b_2(b, OP_div, nx ? nx->in[0] : x, ny ? ny->in[0] : y));
    return NULL;
}

static Value *simplify_powc(Builder *b, Value *x, Value *y)
{
    if (is_real(y, 0))
        return b_real(b, 1);
    if (is_real(y, 1))
        return x;
    return is_real(y, 2) ? b_2(b, OP_mul, x, x) : NULL;
}

// The rules by op. max_first(x, x) and its kin are true for all x, NaN included.
static Value *simplify_real(Builder *b, OpCode code, Value *const *in)
{
    Value *x = in[0], *y = op_arity(code) > 1 ? in[1] : NULL;
    switch (code) {
    case OP_add: return simplify_add(b, x, y);
    case OP_sub: return simplify_sub(b, x, y);
    case OP_mul: return simplify_mul(b, x, y);
    case OP_div: return simplify_div(b, x, y);
    case OP_neg: return simplify_neg(b, x);
    case OP_powc: return simplify_powc(b, x, y);
    case OP_max: case OP_min: case OP_fmax: case OP_fmin: return x == y ? x : NULL;
    case OP_max_first: case OP_min_first: case OP_fmax_first: case OP_fmin_first:
        return x == y ? b_bool(b, true) : NULL;
    case OP_stop: return def_of(x, OP_stop) ? x : NULL;
    case OP_abs: return def_of(x, OP_abs) ? x : def_of(x, OP_neg) ? b_1(b, OP_abs, x->def->in[0]) : NULL;
    case OP_relu: return def_of(x, OP_relu) ? x : NULL;
    case OP_rtoi: return def_of(x, OP_itor) ? x->def->in[0] : NULL;
    default: return NULL;
    }
}

// ---- ints ----

// base + c as one op, or none.
static Value *affine_value(Builder *b, Affine a)
{
    Value *base = (Value *)a.base;
    if (a.c == 0)
        return base;
    return b_2(b, a.c > 0 ? OP_iadd : OP_isub, base, b_int(b, a.c > 0 ? a.c : -a.c));
}

static Value *simplify_iadd(Builder *b, Value *x, Value *y)
{
    if (is_int(y, 0))
        return x;
    if (is_int(x, 0))
        return y;
    int64_t c;
    const Op *sx = def_of(x, OP_isub), *ny = def_of(y, OP_ineg), *nx = def_of(x, OP_ineg), *sy = def_of(y, OP_isub);
    if (ir_is_int_const(y, &c) || ir_is_int_const(x, &c)) {
        Affine a = affine(ir_is_int_const(y, &c) ? x : y);
        if (a.base && a.c != 0 && fits_int(a.c + c) && a.c + c != INT_MIN)
            return affine_value(b, (Affine){a.base, a.c + c});
        return ir_is_int_const(y, &c) && c < 0 && c > INT_MIN ? b_2(b, OP_isub, x, b_int(b, -c)) : NULL;
    }
    if (sx && same_value(sx->in[1], y))                               // (a - y) + y
        return sx->in[0];
    if (sy && same_value(sy->in[1], x))
        return sy->in[0];
    if (ny)
        return b_2(b, OP_isub, x, ny->in[0]);
    return nx ? b_2(b, OP_isub, y, nx->in[0]) : NULL;
}

static Value *simplify_isub(Builder *b, Value *x, Value *y)
{
    if (same_value(x, y))
        return b_int(b, 0);
    if (is_int(y, 0))
        return x;
    if (is_int(x, 0))
        return b_1(b, OP_ineg, y);
    Affine p = affine(x), q = affine(y);
    if (p.base && p.base == q.base && fits_int(p.c - q.c))
        return b_int(b, p.c - q.c);
    if (!q.base && p.base && p.c != 0 && fits_int(p.c - q.c) && p.c - q.c != INT_MIN)
        return affine_value(b, (Affine){p.base, p.c - q.c});
    if (!q.base && q.c < 0 && q.c > INT_MIN)
        return b_2(b, OP_iadd, x, b_int(b, -q.c));
    const Op *ax = def_of(x, OP_iadd), *ny = def_of(y, OP_ineg), *sy = def_of(y, OP_isub);
    if (ax && same_value(ax->in[0], y))                               // (y + a) - y
        return ax->in[1];
    if (ax && same_value(ax->in[1], y))
        return ax->in[0];
    if (sy && same_value(sy->in[0], x))                               // x - (x - a)
        return sy->in[1];
    return ny ? b_2(b, OP_iadd, x, ny->in[0]) : NULL;
}

static Value *simplify_imul(Builder *b, Value *x, Value *y)
{
    for (int swap = 0; swap < 2; swap++) {
        Value *c = swap ? x : y, *v = swap ? y : x;
        if (is_int(c, 0))
            return c;
        if (is_int(c, 1))
            return v;
        if (is_int(c, -1))
            return b_1(b, OP_ineg, v);
    }
    return NULL;
}

// Comparing base + c1 with base + c2.
static Value *simplify_icompare(Builder *b, OpCode code, Value *x, Value *y)
{
    Affine p = affine(x), q = affine(y);
    bool r;
    if (p.base != q.base || !fold_compare(code, (double)p.c, (double)q.c, &r))
        return NULL;
    return b_bool(b, r);
}

static Value *simplify_pos(Builder *b, OpCode code, Value *x, Value *y)
{
    const Op *sx = def_of(x, OP_psum), *my = def_of(y, OP_pmul);
    switch (code) {
    case OP_padd:
        if (is_int(y, 0))
            return x;
        return NULL;
    case OP_psum:
        if (is_int(y, 0) || is_int(x, 0))
            return is_int(y, 0) ? x : y;
        if (my && (is_int(my->in[0], 1) || is_int(my->in[1], 1)))
            return b_2(b, OP_padd, x, my->in[is_int(my->in[0], 1)]);
        return NULL;
    case OP_pdiff:
        if (is_int(y, 0) || same_value(x, y))
            return is_int(y, 0) ? x : b_pos(b, 0);
        if (sx && (same_value(sx->in[0], y) || same_value(sx->in[1], y)))   // (y + a) - y
            return sx->in[same_value(sx->in[0], y)];
        return NULL;
    case OP_pmul:
        return is_int(x, 0) || is_int(y, 0) ? b_pos(b, 0) : NULL;
    default:
        return NULL;
    }
}

static Value *simplify_ineg(Builder *b, Value *x)
{
    const Op *n = def_of(x, OP_ineg), *s = def_of(x, OP_isub);
    if (n)
        return n->in[0];
    return s ? b_2(b, OP_isub, s->in[1], s->in[0]) : NULL;
}

static Value *simplify_int(Builder *b, OpCode code, Value *const *in)
{
    Value *x = in[0], *y = op_arity(code) > 1 ? in[1] : NULL;
    switch (code) {
    case OP_iadd: return simplify_iadd(b, x, y);
    case OP_isub: return simplify_isub(b, x, y);
    case OP_imul: return simplify_imul(b, x, y);
    case OP_idiv: return is_int(y, 1) ? x : NULL;
    case OP_imod: return is_int(y, 1) ? b_int(b, 0) : NULL;
    case OP_ineg: return simplify_ineg(b, x);
    case OP_inot: return def_of(x, OP_inot) ? x->def->in[0] : NULL;
    case OP_iand: case OP_ior: case OP_imax: case OP_imin: return same_value(x, y) ? x : NULL;
    case OP_ishl: case OP_ishr: return is_int(y, 0) ? x : NULL;
    case OP_ilt: case OP_ile: case OP_igt: case OP_ige: case OP_ieq: case OP_ine:
        return simplify_icompare(b, code, x, y);
    default: return y ? simplify_pos(b, code, x, y) : NULL;
    }
}

// ---- bools and choices ----

// The comparison that is true where this one is false. Not for < and its kin on reals: with a NaN both are false.
static OpCode opposite(OpCode code)
{
    switch (code) {
    case OP_ilt: return OP_ige;
    case OP_ige: return OP_ilt;
    case OP_igt: return OP_ile;
    case OP_ile: return OP_igt;
    case OP_ieq: return OP_ine;
    case OP_ine: return OP_ieq;
    case OP_eq: return OP_ne;
    case OP_ne: return OP_eq;
    case OP_beq: return OP_bne;
    case OP_bne: return OP_beq;
    default: return OP_COUNT;
    }
}

static Value *simplify_not(Builder *b, Value *x)
{
    if (def_of(x, OP_not))
        return x->def->in[0];
    OpCode o = x->def ? opposite(x->def->code) : OP_COUNT;
    return o < OP_COUNT ? b_2(b, o, x->def->in[0], x->def->in[1]) : NULL;
}

static bool is_not(const Value *x, const Value *y)              // is one `not` of the other?
{
    return (def_of(x, OP_not) && x->def->in[0] == y) || (def_of(y, OP_not) && y->def->in[0] == x);
}

static Value *simplify_bool(Builder *b, OpCode code, Value *x, Value *y)
{
    bool equal = code == OP_beq, absorbs = code == OP_or;       // what decides an `and` is false, an `or` true
    if (code == OP_beq || code == OP_bne) {
        if (x == y)
            return b_bool(b, equal);
        for (int swap = 0; swap < 2; swap++) {
            int64_t c;
            if (ir_is_int_const(swap ? x : y, &c))
                return (c != 0) == equal ? (swap ? y : x) : b_1(b, OP_not, swap ? y : x);
        }
        return NULL;
    }
    if (x == y)
        return x;
    if (is_int(x, absorbs) || is_int(y, absorbs) || is_not(x, y))
        return b_bool(b, absorbs);
    if (is_int(x, !absorbs))
        return y;
    return is_int(y, !absorbs) ? x : NULL;
}

static Value *simplify_sel(Builder *b, OpCode code, Value *c, Value *x, Value *y)
{
    int64_t known;
    if (ir_is_int_const(c, &known))
        return known ? x : y;
    if (same_value(x, y))
        return x;
    if (def_of(x, OP_undef) || def_of(y, OP_undef))
        return def_of(x, OP_undef) ? y : x;
    if (def_of(c, OP_not))
        return b_3(b, code, c->def->in[0], y, x);
    const Op *sx = def_of(x, code), *sy = def_of(y, code);
    if (sx && sx->in[0] == c)
        return b_3(b, code, c, sx->in[1], y);
    if (sy && sy->in[0] == c)
        return b_3(b, code, c, x, sy->in[2]);
    if (code != OP_bsel)
        return NULL;
    if (is_int(x, 1))
        return b_2(b, OP_or, c, y);
    if (is_int(y, 0))
        return b_2(b, OP_and, c, x);
    if (is_int(x, 0))
        return b_2(b, OP_and, b_1(b, OP_not, c), y);
    return is_int(y, 1) ? b_2(b, OP_or, b_1(b, OP_not, c), x) : NULL;
}

Value *simplify(Builder *b, OpCode code, Value *const *in)
{
    assert(op_is_scalar(code));
    int arity = op_arity(code);
    if (code == OP_sel || code == OP_isel || code == OP_bsel)
        return simplify_sel(b, code, in[0], in[1], in[2]);
    if (arity > 2)
        return NULL;
    Elem e = (Elem)in[0]->type.elem;
    Value *without = e == E_REAL ? simplify_without(b, code, in) : NULL;
    if (without)
        return without;
    Value *folded = e == E_REAL ? fold_reals(b, code, in, arity) : fold_ints(b, code, in, arity);
    if (folded)
        return folded;
    if (e == E_REAL)
        return simplify_real(b, code, in);
    if (e == E_BOOL)
        return arity == 1 ? simplify_not(b, in[0]) : simplify_bool(b, code, in[0], in[1]);
    return simplify_int(b, code, in);
}
