// shape.c — sizes as interned polynomials. See shape.h for the contracts.
//
// In: sums, products and atoms. Out: one Size per distinct polynomial. A Size is found again by its key, the text of
// its terms with atoms as numbers: `2*n*m + 1` is "2*3*4+1", its terms and their atoms sorted. Coefficients stay below
// 2^31 and the number of terms below MAX_TERMS; what would leave these bounds becomes an opaque atom, which is still
// equal to itself.
#include "shape.h"

#include <string.h>

typedef struct Atom {
    int id;
    const char *name;                                           // how it is shown, unless it is an operation
    const void *key;                                            // the variable; NULL for an unknown or an operation
    int version;
    const char *op;                                             // an operation on a and b (b may be NULL)
    const Size *a, *b;
} Atom;

enum { MAX_DEGREE = 8, MAX_TERMS = 64, MAX_TEXT = 200 };
static const int64_t MAX_COEFFICIENT = INT64_C(1) << 31;

typedef struct Term {
    int64_t c;
    int n;                                                      // the degree; 0 for the constant term
    const Atom *at[MAX_DEGREE];                                 // sorted by id
} Term;

typedef struct Terms {                                          // what Size.canon points to
    int n;
    Term *at;                                                   // sorted, coefficients not 0; none for the size 0
} Terms;

struct Shapes {
    Arena *arena;
    Interner *names;
    Map *sizes, *atoms;                                          // both by interned key text
    int n_atoms;
};

typedef struct Poly {                                           // a polynomial under construction
    bool fits;
    VEC(Term) t;
} Poly;

Shapes *shapes_new(Arena *a)
{
    Shapes *s = NEW(a, Shapes);
    *s = (Shapes){.arena = a, .names = interner_new(a), .sizes = map_new(a), .atoms = map_new(a)};
    return s;
}

// ---- terms and polynomials ----

static int term_order(const Term *x, const Term *y)             // higher degree first, then by atoms
{
    if (x->n != y->n)
        return x->n > y->n ? -1 : 1;
    for (int i = 0; i < x->n; i++)
        if (x->at[i] != y->at[i])
            return x->at[i]->id < y->at[i]->id ? -1 : 1;
    return 0;
}

static void poly_add_term(Shapes *s, Poly *p, Term t)           // keeps p sorted and without zeros
{
    int i = 0;
    while (i < p->t.n && term_order(&p->t.at[i], &t) < 0)
        i++;
    if (i < p->t.n && term_order(&p->t.at[i], &t) == 0) {
        t.c += p->t.at[i].c;
        memmove(&p->t.at[i], &p->t.at[i + 1], sizeof(Term) * (size_t)(p->t.n - i - 1));
        p->t.n--;
    }
    if (t.c == 0)
        return;
    p->fits = p->fits && t.c < MAX_COEFFICIENT && t.c > -MAX_COEFFICIENT && p->t.n < MAX_TERMS;
    if (!p->fits)
        return;
    vec_push(s->arena, &p->t, t);
    memmove(&p->t.at[i + 1], &p->t.at[i], sizeof(Term) * (size_t)(p->t.n - 1 - i));
    p->t.at[i] = t;
}

static bool term_product(const Term *x, const Term *y, Term *out)
{
    if (x->n + y->n > MAX_DEGREE)
        return false;
    *out = (Term){.c = x->c * y->c};                            // below 2^62
    int i = 0, j = 0;
    while (i < x->n || j < y->n) {
        bool left = j == y->n || (i < x->n && x->at[i]->id <= y->at[j]->id);
        out->at[out->n++] = left ? x->at[i++] : y->at[j++];
    }
    return out->c < MAX_COEFFICIENT && out->c > -MAX_COEFFICIENT;
}

static char *terms_text(Arena *a, const Terms *terms);

static const Size *size_new(Shapes *s, const char *key, const Poly *p)
{
    Terms *t = NEW(s->arena, Terms);
    *t = (Terms){p->t.n, arena_copy(s->arena, p->t.at, sizeof(Term) * (size_t)p->t.n)};
    Size *d = NEW(s->arena, Size);
    d->canon = t;
    d->is_const = t->n == 0 || (t->n == 1 && t->at[0].n == 0);
    d->value = d->is_const && t->n ? t->at[0].c : 0;
    d->text = terms_text(s->arena, t);
    map_set(s->sizes, key, d);
    return d;
}

static const Size *poly_intern(Shapes *s, const Poly *p)
{
    Text key = text_in(s->arena);
    for (int i = 0; i < p->t.n; i++) {
        text_printf(&key, "%+lld", (long long)p->t.at[i].c);
        for (int k = 0; k < p->t.at[i].n; k++)
            text_printf(&key, "*%d", p->t.at[i].at[k]->id);
    }
    const char *name = intern_z(s->names, key.at);
    Size *d = map_get(s->sizes, name);
    return d ? d : size_new(s, name, p);
}

// ---- atoms ----

static const Size *atom_size(Shapes *s, const Atom *a)
{
    Poly p = {.fits = true};
    poly_add_term(s, &p, (Term){.c = 1, .n = 1, .at = {a}});
    return poly_intern(s, &p);
}

// The atom of this key text; made as `like` with a number of its own where there is none yet.
static const Size *atom_of(Shapes *s, const char *key, Atom like)
{
    const char *name = intern_z(s->names, key);
    Atom *a = map_get(s->atoms, name);
    if (!a) {
        a = NEW(s->arena, Atom);
        *a = like;
        a->id = s->n_atoms++;
        map_set(s->atoms, name, a);
    }
    return atom_size(s, a);
}

const Size *size_symbol(Shapes *s, const void *key, int version, const char *name)
{
    char *text = arena_printf(s->arena, "@%p.%d", key,
                              version); // found again by it; never printed, so output stays deterministic
    return atom_of(s, text, (Atom){.name = name, .key = key, .version = version});
}

const Size *size_unknown(Shapes *s, const char *text)
{
    Atom *a = NEW(s->arena, Atom);
    *a = (Atom){.id = s->n_atoms++, .name = text};
    return atom_size(s, a);
}

const Size *size_opaque(Shapes *s, const char *op, const Size *a, const Size *b)
{
    char *key = arena_printf(s->arena, "%s(%p,%p)", op, (const void *)a, (const void *)b);
    return atom_of(s, key, (Atom){.op = op, .a = a, .b = b});
}

// ---- arithmetic ----

const Size *size_const(Shapes *s, int64_t value)
{
    Poly p = {.fits = true};
    if (value >= MAX_COEFFICIENT || value <= -MAX_COEFFICIENT)
        return size_unknown(s, arena_printf(s->arena, "%lld", (long long)value));
    poly_add_term(s, &p, (Term){.c = value});
    return poly_intern(s, &p);
}

static const Size *combine(Shapes *s, const Size *a, const Size *b, int64_t sign)
{
    const Terms *x = a->canon, *y = b->canon;
    Poly p = {.fits = true};
    for (int i = 0; i < x->n && p.fits; i++)
        poly_add_term(s, &p, x->at[i]);
    for (int i = 0; i < y->n && p.fits; i++) {
        Term t = y->at[i];
        t.c *= sign;
        poly_add_term(s, &p, t);
    }
    return p.fits ? poly_intern(s, &p) : size_opaque(s, sign > 0 ? "+" : "-", a, b);
}

const Size *size_add(Shapes *s, const Size *a, const Size *b)
{
    return combine(s, a, b, 1);
}

const Size *size_sub(Shapes *s, const Size *a, const Size *b)
{
    return combine(s, a, b, -1);
}

const Size *size_mul(Shapes *s, const Size *a, const Size *b)
{
    const Terms *x = a->canon, *y = b->canon;
    Poly p = {.fits = true};
    for (int i = 0; i < x->n && p.fits; i++)
        for (int j = 0; j < y->n && p.fits; j++) {
            Term t;
            p.fits = term_product(&x->at[i], &y->at[j], &t);
            if (p.fits)
                poly_add_term(s, &p, t);
        }
    return p.fits ? poly_intern(s, &p) : size_opaque(s, "*", a, b);
}

bool size_is_const(const Size *d, int64_t *value)
{
    if (value)
        *value = d->value;
    return d->is_const;
}

SizeRelation size_compare(Shapes *s, const Size *a, const Size *b)
{
    if (a == b)
        return SIZE_EQUAL;
    return size_is_const(size_sub(s, a, b), NULL) ? SIZE_DIFFERENT : SIZE_UNKNOWN;
}

bool size_surely_le(Shapes *s, const Size *a, const Size *b)
{
    int64_t gap;
    return size_is_const(size_sub(s, b, a), &gap) && gap >= 0;
}

// ---- substitution ----

static const Size *atom_subst(Shapes *s, const Atom *a, SizeOf of, void *context)
{
    if (!a->op) {
        const Size *d = a->key ? of(context, a->key, a->version) : NULL;
        return d ? d : atom_size(s, a);
    }
    const Size *x = size_subst(s, a->a, of, context), *y = a->b ? size_subst(s, a->b, of, context) : NULL;
    return size_opaque(s, a->op, x, y);
}

const Size *size_subst(Shapes *s, const Size *d, SizeOf of, void *context)
{
    const Terms *terms = d->canon;
    const Size *sum = size_const(s, 0);
    for (int i = 0; i < terms->n; i++) {
        const Term *t = &terms->at[i];
        const Size *product = size_const(s, t->c);
        for (int k = 0; k < t->n; k++)
            product = size_mul(s, product, atom_subst(s, t->at[k], of, context));
        sum = size_add(s, sum, product);
    }
    return sum;
}

static const Size *two_more(void *context, const void *key, int version)     // a variable, which is there already
{
    return size_add(context, size_const(context, 2), size_symbol(context, key, version, NULL));
}

bool size_mostly_lt(Shapes *s, const Size *a, const Size *b)
{
    const Terms *gap = size_subst(s, size_sub(s, b, a), two_more, s)->canon;
    for (int i = 0; i < gap->n; i++)
        if (gap->at[i].c < 0)
            return false;
    return gap->n > 0 && gap->at[gap->n - 1].n == 0;            // the constant term comes last
}

// ---- text ----

static bool is_simple(const Size *d)                             // needs no parentheses as an operand
{
    const Terms *t = d->canon;
    if (d->is_const)
        return d->value >= 0;
    return t->n == 1 && t->at[0].c == 1 && t->at[0].n == 1 && !t->at[0].at[0]->op;
}

static void operand_put(Text *t, const Size *d)
{
    bool simple = is_simple(d);
    text_put(t, simple ? "" : "(");
    text_put(t, d->text);
    text_put(t, simple ? "" : ")");
}

static void atom_put(Text *t, const Atom *a, bool alone)
{
    if (!a->op) {
        text_put(t, a->name);
    } else if (strchr("+-*/%<>&|^", a->op[0]) && a->b) {
        text_put(t, alone ? "" : "(");
        operand_put(t, a->a);
        text_printf(t, " %s ", a->op);
        operand_put(t, a->b);
        text_put(t, alone ? "" : ")");
    } else {
        text_printf(t, "%s(%s%s%s)", a->op, a->a->text, a->b ? ", " : "", a->b ? a->b->text : "");
    }
}

static void term_put(Text *t, const Term *term, bool first, bool alone)
{
    int64_t c = term->c < 0 ? -term->c : term->c;
    text_put(t, first ? (term->c < 0 ? "-" : "") : term->c < 0 ? " - " : " + ");
    if (c != 1 || term->n == 0)
        text_printf(t, "%lld", (long long)c);
    for (int i = 0; i < term->n; i++) {
        text_put(t, i > 0 || c != 1 ? "*" : "");
        atom_put(t, term->at[i], alone && term->n == 1 && term->c == 1);
    }
}

static char *terms_text(Arena *a, const Terms *terms)
{
    Text t = text_in(a);
    if (terms->n == 0)
        text_put(&t, "0");
    for (int i = 0; i < terms->n && t.n <= MAX_TEXT; i++)
        term_put(&t, &terms->at[i], i == 0, terms->n == 1);
    return t.n <= MAX_TEXT ? t.at : arena_strdup(a, "...");     // or operations of operations would double it each time
}
