// trial_point.c — points to try derivatives at. See trial.h.
//
// In: a function, and the number of the point that is wanted. Out: values for all its inputs at which it runs to its end and gives finite
// results, found by trying: sizes by the number (3, 2, 5, 1, 0, ..), first all alike and then each for itself; ints of arrays as indices below
// one of the sizes, counting up, or rising from 0 to one as the rows of a sparse matrix do; reals from several ranges, matrices with a heavy
// diagonal, rising sequences. What the program refuses (an assert, an index out of bounds, a NaN) is drawn again.
//
//     real f(int n, int at[n], real x[n]) { assert(x[0] > 1.0, ..); return log(x[at[n - 1]]); }
//
//         n = 3, at = {1, 0, 2}, x = {-0.2, ..}   refused        n = 3, at = {2, 2, 0}, x = {1.7, 4.1, 2.5}   a point
#include "trial.h"

#include <limits.h>
#include <math.h>

enum { MOST_STEPS = 3000000 };                                  // of the interpreter, for one point
enum { TRIES = 120, N_INT_STYLES = 4 };

double trial_random(Trial *t, double lo, double hi)
{
    t->seed ^= t->seed << 13;
    t->seed ^= t->seed >> 7;
    t->seed ^= t->seed << 17;
    return lo + (hi - lo) * (double)(t->seed >> 11) / 9007199254740992.0;
}

static int random_int(Trial *t, int n)                          // below n; 0 if there is none
{
    return n > 0 ? (int)trial_random(t, 0, n) : 0;
}

// ---- ints ----

static bool is_given(const Param *p)
{
    return p->role != ROLE_OUT;
}

static bool is_int(const Param *p)
{
    return is_given(p) && type_is_scalar(p->type) && p->type.elem != E_REAL;
}

static double wanted_size(int number)
{
    static const int sizes[] = {3, 2, 5, 1, 0, 4, 7};
    return sizes[(number - 1) % 7];
}

static bool fits_int(double x)
{
    return x >= INT_MIN && x <= INT_MAX && x == floor(x);
}

// The value given for a parameter, if one of its kind is: an array or object for an array or struct, else a number.
static const Json *given_for(const Trial *t, const Param *p)
{
    const Json *given = json_member(t->fixed, p->name);
    bool many = given && (given->kind == JSON_ARRAY || given->kind == JSON_OBJECT);
    return given && many == type_is_linear(p->type) ? given : NULL;
}

// Sizes and flags, the first times all alike. False: a given one is none.
static bool draw_ints(Trial *t, const Func *F, int number, int attempt, double *ints)
{
    double size = wanted_size(number);
    for (int i = 0; i < F->params.n; i++) {
        const Param *p = &F->params.at[i];
        const Json *given = given_for(t, p);
        double d = attempt % 3 == 0 ? size : attempt % 3 == 1 ? size + random_int(t, 3) : random_int(t, (int)size + 3);
        if (!is_int(p))
            continue;
        ints[i] = p->type.elem == E_BOOL ? random_int(t, 2) : d;
        if (given)
            ints[i] = given->kind == JSON_BOOL ? given->truth : given->number;
        if (!fits_int(ints[i])) {
            t->reason = arena_printf(t->arena, "'%s' is given %g, which is no int", p->name, ints[i]);
            return false;
        }
    }
    return true;
}

// A number that indices may lie below: an int parameter, or a dimension of some array.
static int random_bound(Trial *t, const Layout *l, const double *ints)
{
    int bounds[200], n = 0;
    for (int i = 0; i < l->F->params.n && n < 190; i++) {
        const Param *p = &l->F->params.at[i];
        if (is_int(p) && p->type.elem == E_INT && ints[i] > 0)
            bounds[n++] = (int)ints[i];
        for (int k = 0; k < p->type.rank && n < 190; k++)
            if (type_is_linear(p->type) && l->shape[i].dims[k] > 0)
                bounds[n++] = (int)l->shape[i].dims[k];
    }
    return n ? bounds[random_int(t, n)] : 1;
}

// ---- reals ----

// Ranges that functions are made for, the likely ones first.
static const struct Range { double lo, hi; bool heavy_diagonal, rising; } styles[] = {
    {0.3, 1.7, false, false}, {-1.5, 1.5, false, false}, {0.05, 0.95, false, false}, {-1, 1, true, false}, {1.1, 5, false, false},
    {-4, 4, false, false},    {0.1, 1, false, true},     {-0.1, 0.1, false, false},  {-2, -0.2, false, false}, {0.2, 0.8, true, false},
};

enum { N_STYLES = sizeof styles / sizeof *styles };

// What is to be filled: the cells of one parameter.
typedef struct Fill {
    Trial *t;
    Type type;
    const InterpShape *shape;               // of an array
    double *x;
    size_t n;
} Fill;

static void fill_reals(Fill *f, const struct Range *s)
{
    int rank = type_is_linear(f->type) ? f->type.rank : 0;
    size_t cols = rank > 1 ? f->shape->dims[rank - 1] : 0;
    bool square = cols > 0 && f->shape->dims[rank - 2] == cols && !type_is_struct(f->type);
    double before = 0;
    for (size_t k = 0; k < f->n; k++) {
        if (iv_elem(f->type, k) != E_REAL)
            continue;
        f->x[k] = trial_random(f->t, s->lo, s->hi);
        if (s->heavy_diagonal && square && k % cols == k / cols % cols)
            f->x[k] = fabs(f->x[k]) + (double)cols;
        if (s->rising)
            before = f->x[k] += before;
    }
}

static void fill_ints(Fill *f, int style, int bound)
{
    for (size_t k = 0; k < f->n; k++) {
        Elem e = iv_elem(f->type, k);
        double last = f->n > 1 ? (double)(f->n - 1) : 1;
        if (e == E_BOOL)
            f->x[k] = random_int(f->t, 2);
        else if (e == E_INT)
            f->x[k] = style == 0 ? random_int(f->t, bound) : style == 1 ? (double)(k % (size_t)bound) : style == 2
                          ? floor(bound * (double)k / last) : 0;
    }
}

// ---- values that the user gives ----

static void put_values(const Json *j, double *x, size_t n, size_t *k);

static void put_members(const Json *j, double *x, size_t n, size_t *k)
{
    for (int i = 0; i < j->members.n; i++)
        put_values(j->members.at[i].value, x, n, k);
}

// All numbers in it, in order; *k counts them, also beyond n.
static void put_values(const Json *j, double *x, size_t n, size_t *k)
{
    if (j->kind == JSON_ARRAY || j->kind == JSON_OBJECT) {
        put_members(j, x, n, k);
        return;
    }
    if (*k < n)
        x[*k] = j->kind == JSON_BOOL ? j->truth : j->number;
    ++*k;
}

static bool fill_given(Fill *f, const Json *given, const char *name)
{
    size_t k = 0;
    put_values(given, f->x, f->n, &k);
    if (k != f->n)
        f->t->reason = arena_printf(f->t->arena, "'%s' is given %zu values, but there are %zu", name, k, f->n);
    for (size_t i = 0; k == f->n && i < k; i++)
        if (iv_elem(f->type, i) != E_REAL && !fits_int(f->x[i])) {
            f->t->reason = arena_printf(f->t->arena, "'%s' is given %g, which is no int", name, f->x[i]);
            return false;
        }
    return k == f->n;
}

// ---- points ----

static bool fill(Trial *t, const Func *F, Point *p, const double *ints, int attempt)
{
    bool alike = attempt < N_STYLES;
    for (int i = 0; i < F->params.n; i++) {
        const Param *q = &F->params.at[i];
        Fill f = {t, q->type, &p->at.shape[i], p->x + p->at.first[i], p->at.count[i]};
        const Json *given = given_for(t, q);
        if (!is_given(q) || q->type.kind == K_BUF)
            continue;
        fill_reals(&f, &styles[(alike ? attempt + p->number - 1 : random_int(t, N_STYLES)) % N_STYLES]);
        fill_ints(&f, attempt < 2 ? attempt : random_int(t, N_INT_STYLES), random_bound(t, &p->at, ints));
        if (is_int(q))
            f.x[0] = ints[i];
        if (given && !fill_given(&f, given, q->name))
            return false;
    }
    return true;
}

// Does F run there, with finite results?
static bool is_valid(Trial *t, const Point *p)
{
    Flow f = {.lanes = 1, .x = p->x, .y = trial_vector(t->arena, &p->at, 1)};
    if (!trial_call(t, p->at.F, NULL, &p->at, &f))
        return false;
    for (size_t k = 0; k < p->at.n; k++)
        if (trial_cell_is_real(&p->at, k) && !isfinite(f.y[k])) {
            t->reason = arena_printf(t->arena, "%s is %g", trial_cell_name(t->arena, &p->at, k), f.y[k]);
            return false;
        }
    return true;
}

Point *trial_point(Trial *t, Subject *s, int number)
{
    Point *p = NEW(t->arena, Point);
    double *ints = NEW_N(t->arena, double, s->F->params.n + 1);
    p->number = number;
    for (long attempt = 0, end = t->steps + MOST_STEPS; attempt < TRIES && t->steps < end; attempt++) {
        if (!draw_ints(t, s->F, number, (int)attempt, ints))
            return NULL;
        if (!trial_layout(t, s->F, ints, &p->at))
            continue;
        p->x = trial_vector(t->arena, &p->at, 1);
        if (fill(t, s->F, p, ints, (int)attempt) && is_valid(t, p))
            return p;
    }
    return NULL;
}

// ---- naming ----

static void put_field(Text *out, const StructInfo *st, size_t k);

// Indices of cell k of something with these dimensions, whose elements have `size` cells; gives k within the element.
static size_t put_indices(Text *out, size_t k, int rank, const size_t *dims, size_t size)
{
    size_t total = size;
    for (int i = 0; i < rank; i++)
        total *= dims[i];
    for (int i = 0; i < rank; i++) {
        total /= dims[i];
        text_printf(out, "[%zu]", k / total);
        k %= total;
    }
    return k;
}

static void put_field(Text *out, const StructInfo *st, size_t k)
{
    for (int i = 0; i < st->fields.n; i++) {
        const Field *f = &st->fields.at[i];
        size_t size = f->elem == E_STRUCT ? (size_t)struct_scalars(f->st) : 1, n = size, dims[IR_MAX_RANK];
        if (f->parent >= 0)
            continue;
        for (int d = 0; d < f->rank; d++)
            n *= dims[d] = (size_t)f->dims[d];
        if (k >= n) {
            k -= n;
            continue;
        }
        text_printf(out, ".%s", f->name);
        k = put_indices(out, k, f->rank, dims, size);
        if (f->elem == E_STRUCT)
            put_field(out, f->st, k);
        return;
    }
}

const char *trial_cell_name(Arena *a, const Layout *l, size_t k)
{
    size_t i = trial_cell_param(l, k);
    if (i == (size_t)l->F->params.n)
        return "the result";
    const Param *p = &l->F->params.at[i];
    Text out = text_in(a);
    text_put(&out, p->is_result ? "result" : p->name);
    if (type_is_linear(p->type)) {
        size_t size = type_is_struct(p->type) ? (size_t)struct_scalars(p->type.st) : 1;
        size_t in = put_indices(&out, k - l->first[i], p->type.rank, l->shape[i].dims, size);
        if (type_is_struct(p->type))
            put_field(&out, p->type.st, in);
    }
    return out.at;
}

// The values of an array or struct, as nested as its shape; k is where they begin.
static size_t put_nested(Text *out, const Layout *l, size_t param, int axis, const double *x, size_t k)
{
    const Type t = l->F->params.at[param].type;
    if (axis == t.rank) {
        size_t n = type_is_struct(t) ? (size_t)struct_scalars(t.st) : 1;
        text_put(out, type_is_struct(t) ? "[" : "");
        for (size_t i = 0; i < n; i++)
            text_printf(out, "%s%.17g", i ? ", " : "", x[k + i]);
        text_put(out, type_is_struct(t) ? "]" : "");
        return k + n;
    }
    text_put(out, "[");
    for (size_t i = 0; i < l->shape[param].dims[axis]; i++) {
        text_put(out, i ? ", " : "");
        k = put_nested(out, l, param, axis + 1, x, k);
    }
    text_put(out, "]");
    return k;
}

const char *trial_point_text(Arena *a, const Point *p)
{
    Text out = text_in(a);
    const Func *F = p->at.F;
    text_put(&out, "{");
    for (int i = 0, n = 0; i < F->params.n; i++) {
        const Param *q = &F->params.at[i];
        if (!is_given(q))
            continue;
        text_printf(&out, "%s\"%s\": ", n++ ? ", " : "", q->name);
        if (type_is_linear(q->type))
            put_nested(&out, &p->at, (size_t)i, 0, p->x, p->at.first[i]);
        else
            text_printf(&out, "%.17g", p->x[p->at.first[i]]);
    }
    text_put(&out, "}");
    return out.at;
}
