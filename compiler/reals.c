// reals.c — structs as their reals. See reals.h for the contract.
//
// In: a type, and indices that lead to a field. Out: the position of the field's reals among those of its struct:
//
//     struct lens { real k[2]; int id; };  struct cam { real rot[3]; struct lens lens[4]; real focal; };
//     .rot[k]: k        .lens[j].k[i]: 3 + 2 * j + i        .focal: 11
//
// Counted are reals only, so ints and bools take no place.
#include "reals.h"

#include <assert.h>

int struct_reals(const StructInfo *st)
{
    int n = 0;
    for (int i = 0; i < st->fields.n; i++) {
        const Field *f = &st->fields.at[i];
        int here = f->elem == E_REAL;
        for (int k = 0; k < f->rank; k++)
            here *= f->dims[k];
        n += here;
    }
    return n;
}

int type_reals(Type t)
{
    return type_is_struct(t) ? struct_reals(t.st) : t.elem == E_REAL;
}

static int reals_of_element(const Field *f)
{
    return f->elem == E_STRUCT ? struct_reals(f->st) : f->elem == E_REAL;
}

// Reals in the struct that field is a member of, before it.
static int reals_before(const StructInfo *st, int field)
{
    int n = 0;
    for (int i = 0; i < field; i++) {
        const Field *f = &st->fields.at[i];
        int here = f->parent == st->fields.at[field].parent ? reals_of_element(f) : 0;
        for (int k = f->n_outer; k < f->rank; k++)
            here *= f->dims[k];
        n += here;
    }
    return n;
}

// The first real of the part of a field that the n indices lead to.
static Value *position(Builder *b, const StructInfo *st, int field, int n, Value *const *idx)
{
    Value *at = b_int(b, 0);
    for (int i = field; i >= 0; i = st->fields.at[i].parent) {
        const Field *f = &st->fields.at[i];
        Value *element = b_int(b, 0);
        for (int k = f->n_outer; k < f->rank; k++) {
            element = b_2(b, OP_imul, element, b_int(b, f->dims[k]));
            element = k < n ? b_2(b, OP_iadd, element, idx[k]) : element;
        }
        Value *here = b_2(b, OP_imul, element, b_int(b, reals_of_element(f)));
        at = b_2(b, OP_iadd, b_2(b, OP_iadd, here, b_int(b, reals_before(st, i))), at);
    }
    return at;
}

int real_index(Builder *b, Type t, int n, Value **idx)
{
    const Field *f = type_field(t, n, idx);
    if (!f)
        return n;
    idx[t.rank] = position(b, t.st, (int)(f - t.st->fields.at), n - t.rank - 1, idx + t.rank + 1);
    return t.rank + 1;
}

int real_fields(Arena *a, Type t, const int **fields)
{
    int n = 0, *list = NEW_N(a, int, type_is_struct(t) ? t.st->fields.n + 1 : 1);
    *fields = list;
    if (!type_is_struct(t))
        list[n++] = -1;
    for (int i = 0; type_is_struct(t) && i < t.st->fields.n; i++)
        if (t.st->fields.at[i].elem == E_REAL)
            list[n++] = i;
    return n;
}

RealNest real_nest_open(Builder *b, Type t, Value *const *dims, int field, int n_more, Value *const *lo, Value *const *hi, Value *array)
{
    const Field *f = field >= 0 ? &t.st->fields.at[field] : NULL;
    Value *los[NEST_MAX], *his[NEST_MAX];
    RealNest r = {0};
    int inner = f ? f->rank : 0, rank = t.rank + inner;
    assert(rank + n_more <= NEST_MAX);
    for (int k = 0; k < rank; k++) {
        los[k] = b_int(b, 0);
        his[k] = k < t.rank ? dims[k] : b_int(b, f->dims[k - t.rank]);
    }
    for (int k = 0; k < n_more; k++) {
        los[rank + k] = lo ? lo[k] : b_int(b, 0);
        his[rank + k] = hi[k];
    }
    r.nest = nest_open(b, rank + n_more, los, his, array);
    for (int k = 0; k < t.rank; k++)
        r.at[r.n++] = r.nest.index[k];
    if (f)
        r.at[r.n++] = b_int(&r.nest.at, field);
    for (int k = t.rank; k < rank; k++)
        r.at[r.n++] = r.nest.index[k];
    for (int k = 0; k < r.n; k++)
        r.real[k] = r.at[k];
    r.m = real_index(&r.nest.at, t, r.n, r.real);
    for (int k = 0; k < n_more; k++)
        r.more[k] = r.nest.index[rank + k];
    return r;
}
