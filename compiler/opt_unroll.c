// opt_unroll.c — writes the trips of short loops, and the products of small matrices, one after the other.
//
// In: a function that adc makes, or is about to differentiate. Out: the same without counted loops of at most MAX_TRIPS
// trips whose number is known, where that stays small, and without products of at most MAX_PRODUCTS multiplications.
// Inner loops go first.
//
//     %s2, %T = loop %i = 0 to 2 step 1 (%s = 0.0) {          %a = load %x[0]   %s1 = add 0.0, %a
//         %v = load %x[%i]   %s1 = add %s, %v                 %b = load %x[1]   %s2 = add %s1, %b
//         yield %s1 }                                   ->    (trips: 2)
//
// A derivative of straight code keeps nothing in arrays, and small arrays whose indices are then known become scalars
// (opt_scalars.c). What the user wrote as a loop stays one in the function itself.
#include "opt.h"
#include "place.h"
#include "rewrite.h"
#include "solvers.h"

enum { MAX_TRIPS = 4, MAX_OPS = 128, MAX_PRODUCTS = 64 };

typedef struct Unroll {
    Rewrite w;
    Arena *a;
    Value **map;                                                // of values being copied; all NULL between two trips
    int n_map;
} Unroll;

// Ops in r, constants left out; more than MAX_OPS where there is a loop or a call, which are not doubled.
static int weight(const Region *r)
{
    int n = 0;
    for (int i = 0; i < r->ops.n && n <= MAX_OPS; i++) {
        const Op *op = r->ops.at[i];
        if (op->code == OP_loop || op->code == OP_call || op->code == OP_gemm || is_solver(op->code))
            return MAX_OPS + 1;
        n += op->code < OP_const_real || op->code > OP_undef;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                n += weight(op->regions[k]);
    }
    return n;
}

// The number of trips of a loop that is to be unrolled; else -1.
static int short_trips(const Op *op)
{
    int64_t lo, hi;
    if (!op->counted || op->has_exit || !ir_is_int_const(op->in[0], &lo) || !ir_is_int_const(op->in[1], &hi))
        return -1;
    int64_t span = op->step > 0 ? hi - lo : lo - hi, size = op->step > 0 ? op->step : -(int64_t)op->step;
    int64_t trips = span <= 0 ? 0 : (span + size - 1) / size;
    if (trips > MAX_TRIPS)
        return -1;
    return trips * weight(op->regions[0]) <= MAX_OPS ? (int)trips : -1;
}

static void make_room(Unroll *u)
{
    int n = u->w.f->n_values;
    if (n <= u->n_map)
        return;
    u->n_map = 2 * n;
    u->map = NEW_N(u->a, Value *, u->n_map);
}

static void forget(Unroll *u, const Region *r)
{
    for (int i = 0; i < r->args.n; i++)
        u->map[r->args.at[i]->id] = NULL;
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_out; k++)
            u->map[op->out[k]->id] = NULL;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                forget(u, op->regions[k]);
    }
}

// Appends one trip of the loop to b; `carried` are the values before it and then those behind it.
static void append_trip(Unroll *u, Builder *b, const Op *op, int64_t index, Value **carried)
{
    const Region *body = op->regions[0];
    int n = loop_n_carried(op);
    make_room(u);
    u->map[loop_index(op)->id] = b_int(b, index);
    for (int k = 0; k < n; k++)
        u->map[loop_arg(op, k)->id] = carried[k];
    for (int i = 0; i < body->ops.n; i++)
        ir_clone_op(b, body->ops.at[i], u->map);
    for (int k = 0; k < n; k++) {
        Value *y = loop_yield(op, k);
        carried[k] = u->map[y->id] ? u->map[y->id] : y;
    }
    forget(u, body);
}

static void unroll(Unroll *u, Builder *b, Op *op, int trips)
{
    int64_t lo = 0;
    ir_is_int_const(op->in[0], &lo);
    int n = loop_n_carried(op);
    Value **carried = NEW_N(u->a, Value *, n + 1);
    for (int k = 0; k < n; k++)
        carried[k] = op->in[loop_first_init(op) + k];
    for (int t = 0; t < trips; t++)
        append_trip(u, b, op, lo + (int64_t)(op->reversed ? trips - 1 - t : t) * op->step, carried);
    for (int k = 0; k < n; k++)
        rewrite_to(&u->w, op->out[k], carried[k]);
    rewrite_to(&u->w, loop_trips(op), b_int(b, trips));
}

// ---- products ----

// Elements of an array of constant dimensions; -1: they are not constant.
static int64_t elements(const Value *array)
{
    int64_t n = 1;
    for (int k = 0; k < array->type.rank; k++) {
        Dim d = place_dim(array->root, k);
        if (d.v)
            return -1;
        n *= d.c;
    }
    return n;
}

// The indices of element `at`, counted in the order of memory.
static void indices_of(Builder *b, const Value *array, int64_t at, Value **idx)
{
    for (int k = array->type.rank - 1; k >= 0; k--) {
        int64_t d = place_dim(array->root, k).c;
        idx[k] = b_int(b, at % d);
        at /= d;
    }
}

static Value *load_at(Builder *b, Value *array, int64_t at)
{
    Value *idx[8];
    indices_of(b, array, at, idx);
    return b_load(b, array, array->type.rank, idx);
}

static bool is_small_product(const Op *op, int64_t *m, int64_t *n, int64_t *k)
{
    if (op->code != OP_gemm || !ir_is_int_const(op->in[3], m) || !ir_is_int_const(op->in[4], n) ||
        !ir_is_int_const(op->in[5], k) || *m < 1 || *n < 1 || *k < 1 || *m > 16 || *n > 16 || *k > 16)
        return false;
    return *m * *n * *k <= MAX_PRODUCTS && elements(op->in[0]) == *m * *n && elements(op->in[1]) == *m * *k &&
           elements(op->in[2]) == *k * *n;
}

// Is every element of this version 0? Then a product is written over it.
static bool is_zeroed(const Value *c)
{
    double x;
    const Op *op = c->def;
    return op && ((op->code == OP_new && op->i == 1) || (op->code == OP_fill && ir_is_const(op->in[1], &x) && x == 0));
}

static void write_product(Unroll *u, Builder *b, Op *op, int64_t m, int64_t n, int64_t k)
{
    b->loc = op->loc;
    Value *c = op->in[0], *idx[8];
    bool fresh = is_zeroed(c);
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            Value *sum = NULL;
            for (int64_t l = 0; l < k; l++) {
                Value *x = load_at(b, op->in[1], op->ta ? l * m + i : i * k + l);
                Value *y = load_at(b, op->in[2], op->tb ? j * k + l : l * n + j);
                Value *xy = b_2(b, OP_mul, x, y);
                sum = sum ? b_2(b, OP_add, sum, xy) : xy;
            }
            sum = op->sub ? b_1(b, OP_neg, sum) : sum;
            indices_of(b, c, i * n + j, idx);
            c = fresh ? b_store(b, c, c->type.rank, idx, sum) : b_acc(b, c, c->type.rank, idx, sum);
        }
    rewrite_to(&u->w, op->out[0], c);
}

// ---- the function ----

static void visit_region(Unroll *u, Region *r)
{
    Builder b = builder_at(u->w.f, r, true);
    Op **ops = r->ops.at;
    int n = r->ops.n;
    r->ops.at = NULL;
    r->ops.n = r->ops.cap = 0;
    for (int i = 0; i < n; i++) {
        Op *op = ops[i];
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                visit_region(u, op->regions[k]);
        if (u->w.n)
            rewrite_op(&u->w, op);                              // what was unrolled before and inside is copied as it is now
        int trips = op->code == OP_loop ? short_trips(op) : -1;
        int64_t m, n_cols, k_inner;
        if (trips >= 0)
            unroll(u, &b, op, trips);
        else if (is_small_product(op, &m, &n_cols, &k_inner))
            write_product(u, &b, op, m, n_cols, k_inner);
        else
            region_take(r, op);
    }
}

void opt_unroll(Func *f)
{
    if (!func_has_body(f))
        return;
    Arena *a = arena_new();
    Unroll u = {.w = rewrite_of(f), .a = a};
    visit_region(&u, f->body);
    rewrite_apply(&u.w);
    arena_free(a);
}
