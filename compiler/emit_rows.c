// emit_rows.c — rows of arrays that are used more than once get a pointer.
//
// In: the plan. Out: OpData.row of loads, stores and acc's of arrays of rank 2 and more, and OpData.rows of the ops
// before which the pointers are declared:
//
//     for j: s += A[i, j] * A[i, j + 1]            const double *A_i = A + (ptrdiff_t)i * m;
//                                                  for j: s += A_i[j] * A_i[j + 1]
//
// Accesses to the same array with the same leading indices are a row. Its pointer is declared in the innermost region
// around all of them, and out of the loops there in which neither the indices nor the dimensions change.
#include "emit_internal.h"

#include <string.h>

typedef struct Row {
    Value *array;
    Op *first;      // the first access
    Region *region; // the innermost around all
    int n;
    bool written;
    VEC(Op *) ops;
} Row;

typedef struct Rows {
    Emit *e;
    Map *by_key;
    VEC(Row *) list;
} Rows;

static Region *outer(const Region *r)
{
    return r->owner ? r->owner->parent : NULL;
}

static int depth_of(const Region *r)
{
    int depth = 0;
    while ((r = outer(r)) != NULL)
        depth++;
    return depth;
}

static Region *around_both(Region *a, Region *b)
{
    int x = depth_of(a), y = depth_of(b);
    while (a != b) {
        if (x >= y) {
            a = outer(a);
            x--;
        }
        if (y > x) {
            b = outer(b);
            y--;
        }
    }
    return a;
}

static bool is_access(const Emit *e, const Op *op)
{
    if ((op->code != OP_load && op->code != OP_store && op->code != OP_acc) || !op_data(e, op)->needed)
        return false;
    const Value *root = op->in[0]->root;
    if (root->type.rank < 2 || type_is_struct(root->type) || !plan_var(e, root) || (op->code == OP_load && e->v[op->out[0]->id].uses == 0))
        return false;
    if (op_data(e, op)->in_arm) // the row may not be there where the element is not wanted
        return false;
    int64_t c;
    bool moves = false, sized = false; // else an index like 3 * i + j is as good
    for (int k = 0; k < root->type.rank; k++) {
        moves = moves || (k < root->type.rank - 1 && !ir_is_int_const(op->in[1 + k], &c));
        sized = sized || place_dim(root, k).v;
    }
    return moves && sized;
}

static const char *key_of(Emit *e, const Op *op)
{
    Text t = text_in(e->arena);
    text_printf(&t, "%d", op->in[0]->root->id);
    for (int k = 0; k < op->in[0]->type.rank - 1; k++) {
        int64_t c;
        if (ir_is_int_const(op->in[1 + k], &c))
            text_printf(&t, " c%lld", (long long)c);
        else
            text_printf(&t, " %d", op->in[1 + k]->id);
    }
    return intern(e->file->names, t.at, t.n);
}

static void add_access(Rows *rows, Op *op)
{
    const char *key = key_of(rows->e, op);
    Row *row = map_get(rows->by_key, key);
    if (!row) {
        row = NEW(rows->e->arena, Row);
        row->array = op->in[0];
        row->first = op;
        row->region = op->parent;
        map_set(rows->by_key, key, row);
        vec_push(rows->e->arena, &rows->list, row);
    }
    row->n++;
    row->written |= op->code != OP_load;
    row->region = around_both(row->region, op->parent);
    vec_push(rows->e->arena, &row->ops, op);
}

static void find_rows(Rows *rows, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        if (is_access(rows->e, op))
            add_access(rows, op);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                find_rows(rows, op->regions[k]);
    }
}

// The deepest region in which something that the address is computed from is defined.
static Region *home_of(const Op *access)
{
    const Value *root = access->in[0]->root;
    Region *home = root->region;
    int depth = depth_of(home);
    for (int k = 0; k < 2 * root->type.rank - 1; k++) {
        const Value *v = k < root->type.rank ? place_dim(root, k).v : access->in[1 + k - root->type.rank];
        if (v && depth_of(v->region) > depth) {
            home = v->region;
            depth = depth_of(home);
        }
    }
    return home;
}

// The op of region r in which op is.
static Op *ancestor_in(const Region *r, Op *op)
{
    while (op->parent != r)
        op = op->parent->owner;
    return op;
}

static void give_row(Emit *e, Row *row)
{
    Region *home = home_of(row->first), *at = row->region;
    for (Region *r = row->region; r != home && outer(r) && depth_of(r) > depth_of(home); r = outer(r))
        if (r->owner->code == OP_loop)
            at = outer(r);
    if (at->owner && at->owner->code == OP_loop && at != at->owner->regions[0])
        return; // the condition of a while has no room for a declaration
    const Value *root = row->array->root;
    const char *type =
        arena_printf(e->arena, "%s%s *", row->written ? "" : "const ", c_type(e->file, (Elem)root->type.elem));
    Var *var = plan_new_var(e, NULL, type, (Elem)root->type.elem);
    var->own = true;
    var->row_of = row->first->in[0];
    var->row_at = row->first->in + 1;
    var->row_n = root->type.rank - 1;
    for (int i = 0; i < row->ops.n; i++)
        op_data(e, row->ops.at[i])->row = var;
    vec_push(e->arena, &op_data(e, ancestor_in(at, row->first))->rows, var);
}

void emit_rows(Emit *e)
{
    Rows rows = {.e = e, .by_key = map_new(e->arena)};
    find_rows(&rows, e->f->body);
    for (int i = 0; i < rows.list.n; i++)
        if (rows.list.at[i]->n > 1)
            give_row(e, rows.list.at[i]);
}
