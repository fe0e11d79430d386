// vjp_struct.c — arrays of structs on tapes: there is no tape of structs, so their fields go on those of real, int and bit one by one.
//
// In: an array of structs that the plan appends as a whole (a rule by hand wants it, and it is overwritten later). Out: in the forward sweep
// loops that put all its scalars, in the reverse sweep a fresh array and loops that fill it again:
//
//     for (i..n) { put real_tape, s[i].at[0], ..; put int_tape, s[i].steps; }
//     at -= 3 * n; for (i..n) { t[i].at[0] = real_tape[at]; at += 1; .. }
#include "vjp.h"

typedef struct Walk Walk;
typedef void Visit(Walk *w, Builder *b, int n, Value *const *idx, const Field *field);

// Through all scalars of an array of structs. `cells` are the values that change on the way.
struct Walk {
    Gen *g;
    Visit *visit;
    Cells cells;
    Value *array;                           // forward: what is put; reverse: the version reached
    Value *at[N_TAPES];                     // reverse: the next element to be read
};

static Elem field_tape(const Field *f)
{
    return f->elem == E_BOOL ? E_BIT : f->elem;
}

unsigned struct_tapes(const StructInfo *st)
{
    unsigned mask = 0;
    for (int i = 0; i < st->fields.n; i++)
        if (st->fields.at[i].elem != E_STRUCT)
            mask |= 1u << field_tape(&st->fields.at[i]);
    return mask;
}

// How many scalars of one struct go to tape e.
static int scalars_on(const StructInfo *st, int e)
{
    int count = 0;
    for (int i = 0; i < st->fields.n; i++) {
        const Field *f = &st->fields.at[i];
        int n = 1;
        for (int k = 0; k < f->rank; k++)
            n *= f->dims[k];
        count += f->elem != E_STRUCT && (int)field_tape(f) == e ? n : 0;
    }
    return count;
}

// A loop 0..dim whose body `inside` builds at the builder it is given; the walk's cells are carried.
typedef void Inside(Walk *w, Builder *b, Value **idx, int n, const void *what);

static void each(Walk *w, Builder *b, Value *dim, Value **idx, int n, Inside *inside, const void *what)
{
    int m = w->cells.n;
    Value **init = NEW_N(w->g->a, Value *, m + 1);
    for (int i = 0; i < m; i++)
        init[i] = *w->cells.at[i];
    Op *loop = b_loop(b, b_int(b, 0), dim, 1, false, m, init);
    Builder in = builder_at(b->f, loop->regions[0], b->fold);
    idx[n] = loop_index(loop);
    for (int i = 0; i < m; i++)
        *w->cells.at[i] = loop_arg(loop, i);
    inside(w, &in, idx, n + 1, what);
    for (int i = 0; i < m; i++)
        init[i] = *w->cells.at[i];
    ir_yield(&in, m, init);
    for (int i = 0; i < m; i++)
        *w->cells.at[i] = loop->out[i];
}

// idx: those of the array's element, the field's number, and so many of the field's own as there are behind that.
static void walk_field(Walk *w, Builder *b, Value **idx, int n, const void *what)
{
    const Field *f = what;
    int k = n - w->array->type.rank - 1;
    if (k == f->rank)
        w->visit(w, b, n, idx, f);
    else
        each(w, b, b_int(b, f->dims[k]), idx, n, walk_field, f);
}

static void walk_struct(Walk *w, Builder *b, Value **idx, int n, const void *what)
{
    const StructInfo *st = w->array->type.st;
    Value *const *dims = what;
    if (n < w->array->type.rank) {
        each(w, b, dims[n], idx, n, walk_struct, dims);
        return;
    }
    for (int i = 0; i < st->fields.n; i++)
        if (st->fields.at[i].elem != E_STRUCT) {
            idx[n] = b_int(b, i);
            walk_field(w, b, idx, n + 1, &st->fields.at[i]);
        }
}

static void put_scalar(Walk *w, Builder *b, int n, Value *const *idx, const Field *field)
{
    Value **buf = &w->g->buf[field_tape(field)], *v = b_load(b, w->array, n, idx);
    *buf = b_put(b, *buf, 1, &v);
}

void gen_put_structs(Gen *g, Builder *b, Value *array)
{
    Walk w = {.g = g, .visit = put_scalar, .array = array};
    Value *dims[IR_MAX_RANK], *idx[IR_MAX_INDEX];
    for (int k = 0; k < array->type.rank; k++)
        dims[k] = ir_dim(b, array, k);
    for (int e = 0; e < N_TAPES; e++)
        if (struct_tapes(array->type.st) & (1u << e))
            vec_push(g->a, &w.cells, &g->buf[e]);
    walk_struct(&w, b, idx, 0, dims);
}

static void take_scalar(Walk *w, Builder *b, int n, Value *const *idx, const Field *field)
{
    Elem e = field_tape(field);
    Value *v = b_load(b, w->g->tape[e], 1, &w->at[e]);
    w->array = b_store(b, w->array, n, idx, v);
    w->at[e] = b_2(b, OP_padd, w->at[e], b_int(b, 1));
}

Value *gen_read_structs(Gen *g, Builder *b, const Value *v)
{
    Walk w = {.g = g, .visit = take_scalar};
    Value *dims[IR_MAX_RANK], *idx[IR_MAX_INDEX], *size = NULL;
    for (int k = 0; k < v->type.rank; k++) {
        dims[k] = b_2(b, OP_imax, gen_had_dim(g, b, v->root, k), b_int(b, 0));
        size = size ? b_2(b, OP_pscale, size, dims[k]) : b_2(b, OP_pmul, dims[k], b_int(b, 1));
    }
    for (int e = 0; e < N_TAPES; e++) {
        int count = scalars_on(v->type.st, e);
        if (!(struct_tapes(v->type.st) & (1u << e)))
            continue;
        gen_step_back(g, e, size ? b_2(b, OP_pdiff, g->pos[e], b_2(b, OP_pscale, size, b_int(b, count)))
                                 : b_2(b, OP_padd, g->pos[e], b_int(b, -count)));
        w.at[e] = g->pos[e];
        vec_push(g->a, &w.cells, &w.at[e]);
    }
    w.array = b_new_like(b, v->type, dims, true, v->name);
    vec_push(g->a, &w.cells, &w.array);
    walk_struct(&w, b, idx, 0, dims);
    return w.array;
}
