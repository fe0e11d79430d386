// ir.c — the op table as data, and building and asking of the IR. See ir.h for what every op means.
//
// In: calls of lower.c, irtext.c and the passes. Out: functions, regions, ops and values in the module's arena.
//
//     Builder b = builder_at(f, f->body, true);
//     Value *y = b_2(&b, OP_mul, x, b_real(&b, 1.0));        // y == x: with fold, simplify() is asked first
#include "ir.h"

#include <assert.h>
#include <string.h>

const Type T_REAL = {.kind = K_SCALAR, .elem = E_REAL}, T_INT = {.kind = K_SCALAR, .elem = E_INT},
           T_BOOL = {.kind = K_SCALAR, .elem = E_BOOL}, T_POS = {.kind = K_SCALAR, .elem = E_POS};

Type type_array(Elem elem, int rank)
{
    assert(elem != E_STRUCT);
    return (Type){.kind = K_ARRAY, .elem = (unsigned char)elem, .rank = (unsigned char)rank};
}

Type type_like(Type of, int rank)
{
    return (Type){.kind = K_ARRAY, .elem = of.elem, .rank = (unsigned char)rank, .st = of.st};
}

Type type_buf(Elem elem)
{
    return (Type){.kind = K_BUF, .elem = (unsigned char)elem};
}

// ---- structs ----

const StructInfo *struct_by_name(const Module *m, const char *name)
{
    for (int i = 0; i < m->structs.n; i++)
        if (strcmp(m->structs.at[i]->name, name) == 0)
            return m->structs.at[i];
    return NULL;
}

StructInfo *struct_new(Module *m, const char *name)
{
    StructInfo *st = NEW(m->arena, StructInfo);
    st->name = name;
    vec_push(m->arena, &m->structs, st);
    return st;
}

void struct_member(Module *m, StructInfo *st, const char *name, Elem elem, const StructInfo *of, int rank, const int *dims)
{
    Field f = {.name = name, .parent = -1, .rank = rank, .elem = elem, .st = of};
    int base = st->fields.n;
    memcpy(f.dims, dims, sizeof *dims * (size_t)rank);
    vec_push(m->arena, &st->fields, f);
    st->has_real |= elem == E_REAL || (of && of->has_real);
    for (int i = 0; of && i < of->fields.n; i++) {
        Field in = of->fields.at[i];
        assert(rank + in.rank <= IR_MAX_RANK);
        memmove(in.dims + rank, in.dims, sizeof *dims * (size_t)in.rank);
        memcpy(in.dims, dims, sizeof *dims * (size_t)rank);
        in.rank += rank;
        in.n_outer += rank;
        in.parent = base + 1 + in.parent;
        vec_push(m->arena, &st->fields, in);
    }
}

int struct_field(const StructInfo *st, int parent, const char *name)
{
    for (int i = 0; i < st->fields.n; i++)
        if (st->fields.at[i].parent == parent && strcmp(st->fields.at[i].name, name) == 0)
            return i;
    return -1;
}

int struct_scalars(const StructInfo *st)
{
    int n = 0;
    for (int i = 0; i < st->fields.n; i++) {
        const Field *f = &st->fields.at[i];
        int here = f->elem != E_STRUCT;
        for (int k = 0; k < f->rank; k++)
            here *= f->dims[k];
        n += here;
    }
    return n;
}

const Field *type_field(Type t, int n, Value *const *idx)
{
    int64_t k;
    if (t.elem != E_STRUCT || n <= t.rank || !ir_is_int_const(idx[t.rank], &k) || k < 0 || k >= t.st->fields.n)
        return NULL;
    return &t.st->fields.at[k];
}

Type type_part(Type t, int n, Value *const *idx)
{
    const Field *f = type_field(t, n, idx);
    if (!f)
        return type_like(t, t.rank - n);
    Type whole = {.kind = K_ARRAY, .elem = (unsigned char)f->elem, .rank = (unsigned char)f->rank, .st = f->st};
    return type_like(whole, f->rank - (n - t.rank - 1));
}

Type type_element(Type t, int n, Value *const *idx)
{
    Elem e = (Elem)type_part(t, n, idx).elem;
    return (Type){.kind = K_SCALAR, .elem = (unsigned char)(e == E_BIT ? E_BOOL : e)};
}

int op_n_index(const Op *op)
{
    return op->n_in - (op->code == OP_load ? 1 : 2);
}

Type op_element(const Op *op)
{
    return type_element(op->in[0]->type, op_n_index(op), op->in + 1);
}

Type path_type(Type base, const Path *p, Value *const *in)
{
    return p->at_pos ? type_like(base, p->rank) : type_part(base, p->n_idx, in);
}

// ---- the table ----

const OpInfo op_info[OP_COUNT] = {
#define SCALAR(name, sig, style, c, prec, cost, da, db, dc) {#name, sig, ST_##style, c, prec, cost, {da, db, dc}, -1, E_NONE},
#define ARRAY(name, tie, effect) {#name, NULL, ST_NONE, NULL, 0, 0, {0, 0, 0}, tie, effect},
#include "ops.def"
};

static Type type_of_letter(char c)
{
    switch (c) {
    case 'r': return T_REAL;
    case 'i': return T_INT;
    case 'b': return T_BOOL;
    default: assert(c == 'p'); return T_POS;
    }
}

int op_arity(OpCode c)
{
    return (int)(strchr(op_info[c].sig, ':') - op_info[c].sig);
}

Type op_result_type(OpCode c)
{
    return type_of_letter(strchr(op_info[c].sig, ':')[1]);
}

Type op_operand_type(OpCode c, int k)
{
    return type_of_letter(op_info[c].sig[k]);
}

OpCode op_by_name(const char *name)
{
    int c = 0;
    while (c < OP_COUNT && strcmp(op_info[c].name, name) != 0)
        c++;
    return (OpCode)c;
}

// ---- modules, functions, regions ----

Module *module_new(Arena *a)
{
    Module *m = NEW(a, Module);
    m->arena = a;
    m->names = interner_new(a);
    return m;
}

Func *func_new(Module *m, const char *name)
{
    Func *f = NEW(m->arena, Func);
    f->module = m;
    f->name = name;
    f->ret = -1;
    f->body = region_new(f, NULL);
    vec_push(m->arena, &m->funcs, f);
    return f;
}

Func *func_by_name(const Module *m, const char *name)
{
    for (int i = 0; i < m->funcs.n; i++)
        if (strcmp(m->funcs.at[i]->name, name) == 0)
            return m->funcs.at[i];
    return NULL;
}

int func_n_results(const Func *f)
{
    int n = f->ret >= 0;
    for (int i = 0; i < f->params.n; i++)
        n += f->params.at[i].result >= 0;
    return n;
}

Value *func_param(Func *f, const char *name, Role role, Type type, ParamKind kind, int of)
{
    assert(f->ret < 0);
    Param p = {.name = name, .role = role, .type = type, .arg = -1, .result = -1, .kind = kind, .of = of, .shape = ""};
    Value *arg = NULL;
    if (role != ROLE_OUT || type_is_linear(type)) {
        p.arg = f->body->args.n;
        arg = region_arg(f->body, type, name, NULL);
    }
    if (role != ROLE_IN)
        p.result = func_n_results(f);
    vec_push(f->module->arena, &f->params, p);
    return arg;
}

void func_set_ret(Func *f, Type type)
{
    f->ret = func_n_results(f);
    f->ret_type = type;
}

const char *func_fresh_param(Func *f, const char *name)
{
    Arena *a = f->module->arena;
    const char *unused = name;
    for (int digit = 2, i = 0; i < f->params.n; i++)
        if (strcmp(f->params.at[i].name, unused) == 0) {
            unused = arena_printf(a, "%s%d", name, digit++);
            i = -1;
        }
    return unused;
}

Region *region_new(Func *f, Op *owner)
{
    Region *r = NEW(f->module->arena, Region);
    r->func = f;
    r->owner = owner;
    return r;
}

static Value *value_new(Region *r, Op *def, Type t, const char *name, int index)
{
    Value *v = NEW(r->func->module->arena, Value);
    *v = (Value){.type = t, .id = r->func->n_values++, .def = def, .region = r, .index = index, .name = name};
    return v;
}

Value *region_arg(Region *r, Type t, const char *name, Value *root)
{
    Value *v = value_new(r, NULL, t, name, r->args.n);
    if (type_is_linear(t))
        v->root = root ? root : v;
    vec_push(r->func->module->arena, &r->args, v);
    return v;
}

// ---- building ----

Builder builder_at(Func *f, Region *r, bool fold)
{
    return (Builder){.f = f, .at = r, .fold = fold};
}

static Arena *arena_of(const Builder *b)
{
    return b->f->module->arena;
}

Op *b_op(Builder *b, OpCode code, int n_in, Value *const *in)
{
    Arena *a = arena_of(b);
    Op *op = NEW(a, Op);
    op->code = code;
    op->loc = b->loc;
    op->parent = b->at;
    op->n_in = n_in;
    op->in = NEW_N(a, Value *, n_in ? n_in : 1);
    for (int i = 0; i < n_in; i++) {
        assert(in[i]);
        op->in[i] = in[i];
    }
    vec_push(a, &b->at->ops, op);
    return op;
}

Value *b_result(Op *op, Type t, const char *name, Value *root)
{
    Arena *a = op->parent->func->module->arena;
    Value *v = value_new(op->parent, op, t, name, op->n_out);
    if (type_is_linear(t))
        v->root = root ? root : v;
    if (op->out != op->room || op->n_out == op->n_room) {       // passes may have put a list of their own there
        op->n_room = op->n_out ? op->n_out * 2 : 1;
        op->room = NEW_N(a, Value *, op->n_room);
        if (op->n_out)
            memcpy(op->room, op->out, sizeof *op->room * (size_t)op->n_out);
        op->out = op->room;
    }
    op->out[op->n_out++] = v;
    return v;
}

static Value *constant(Builder *b, OpCode code, Type t, int64_t i, double r, const char *text)
{
    Op *op = b_op(b, code, 0, NULL);
    op->i = i;
    op->r = r;
    op->text = text;
    return b_result(op, t, NULL, NULL);
}

Value *b_real(Builder *b, double x)
{
    return constant(b, OP_const_real, T_REAL, 0, x, NULL);
}

Value *b_real_text(Builder *b, double x, const char *spelling)
{
    return constant(b, OP_const_real, T_REAL, 0, x, spelling);
}

Value *b_int(Builder *b, int64_t x)
{
    return constant(b, OP_const_int, T_INT, x, 0, NULL);
}

Value *b_bool(Builder *b, bool x)
{
    return constant(b, OP_const_bool, T_BOOL, x, 0, NULL);
}

Value *b_pos(Builder *b, int64_t x)
{
    return constant(b, OP_const_pos, T_POS, x, 0, NULL);
}

Value *b_undef(Builder *b, Type scalar)
{
    return b_result(b_op(b, OP_undef, 0, NULL), scalar, NULL, NULL);
}

Value *b_scalar(Builder *b, OpCode code, Value *const *in)
{
    assert(op_is_scalar(code));
    Value *simpler = b->fold ? simplify(b, code, in) : NULL;
    if (simpler)
        return simpler;
    return b_result(b_op(b, code, op_arity(code), in), op_result_type(code), NULL, NULL);
}

Value *b_1(Builder *b, OpCode code, Value *a)
{
    return b_scalar(b, code, (Value *[]){a});
}

Value *b_2(Builder *b, OpCode code, Value *a, Value *c)
{
    return b_scalar(b, code, (Value *[]){a, c});
}

Value *b_3(Builder *b, OpCode code, Value *a, Value *c, Value *d)
{
    return b_scalar(b, code, (Value *[]){a, c, d});
}

// `first` followed by n more, as an operand list in the arena.
static Value **operands(Builder *b, Value *first, int n, Value *const *more, int extra)
{
    Value **in = NEW_N(arena_of(b), Value *, 1 + n + extra);
    in[0] = first;
    for (int i = 0; i < n; i++)
        in[1 + i] = more[i];
    return in;
}

Value *b_shape(Builder *b, Value *raw, int rank, Value *const *dims)
{
    Op *op = b_op(b, OP_shape, 1 + rank, operands(b, raw, rank, dims, 0));
    return b_result(op, raw->type, raw->name, NULL);
}

Value *b_new(Builder *b, Elem elem, int rank, Value *const *dims, bool zero, const char *name)
{
    Op *op = b_op(b, OP_new, rank, dims);
    op->i = zero;
    return b_result(op, type_array(elem, rank), name, NULL);
}

Value *b_new_like(Builder *b, Type type, Value *const *dims, bool zero, const char *name)
{
    Op *op = b_op(b, OP_new, type.rank, dims);
    op->i = zero;
    return b_result(op, type_like(type, type.rank), name, NULL);
}

Value *b_copy(Builder *b, Value *a, const char *name)
{
    Op *op = b_op(b, OP_copy, 1, &a);
    return b_result(op, a->type, name, NULL);
}

Value *b_const_array(Builder *b, ConstArray *c)
{
    Op *op = b_op(b, OP_const_array, 0, NULL);
    op->array = c;
    return b_result(op, type_array(c->elem, c->rank), c->name, NULL);
}

// What a part of a is called: as a, or as the field that it is, cam_bar.rot being rot_bar.
static const char *part_name(Builder *b, const Value *a, int n_idx, Value *const *idx)
{
    const Field *f = type_field(a->type, n_idx, idx);
    if (!f)
        return a->name;
    const char *bar = a->name ? strstr(a->name, "_bar") : NULL, *dot = a->name ? strstr(a->name, "_dot") : NULL;
    const char *end = bar && (!dot || bar < dot) ? bar : dot ? dot : "";
    return intern_z(b->f->module->names, arena_printf(arena_of(b), "%s%s", f->name, end));
}

Value *b_slice(Builder *b, Value *a, int n_idx, Value *const *idx, Value *lo, Value *len)
{
    if (n_idx == 0 && !lo)
        return a;
    Value **in = operands(b, a, n_idx, idx, 2);
    if (lo) {
        in[1 + n_idx] = lo;
        in[2 + n_idx] = len;
    }
    Op *op = b_op(b, OP_slice, 1 + n_idx + (lo ? 2 : 0), in);
    op->n_paths = 1;
    op->paths = NEW(arena_of(b), Path);
    Type part = type_part(a->type, n_idx, idx);
    *op->paths = (Path){.n_idx = n_idx, .has_range = lo != NULL, .rank = part.rank};
    return b_result(op, part, part_name(b, a, n_idx, idx), NULL);
}

Value *b_reshape(Builder *b, Value *a, int rank, Value *const *dims)
{
    Op *op = b_op(b, OP_reshape, 1 + rank, operands(b, a, rank, dims, 0));
    return b_result(op, type_like(a->type, rank), a->name, NULL);
}

// load (slice A, i, lo:..)[j, k] is load A[i, lo + j, k]. A field of what was a field itself is one of A's: (S.pts)[j].xy is S.pts[j].xy.
static Value *load_through(Builder *b, Op *slice, int n, Value *const *idx)
{
    const Path *p = slice->paths;
    Value *base = slice->in[0], **all = NEW_N(arena_of(b), Value *, p->n_idx + n);
    const Field *outer = type_field(base->type, p->n_idx, slice->in + 1), *inner = type_field(slice->out[0]->type, n, idx);
    int m = 0;
    for (int i = 0; i < p->n_idx; i++)
        all[m++] = slice->in[1 + i];
    for (int i = 0; i < n; i++)
        if (!(outer && inner && i == slice->out[0]->type.rank))
            all[m++] = i == 0 && p->has_range ? b_2(b, OP_iadd, slice->in[1 + p->n_idx], idx[0]) : idx[i];
    if (outer && inner) {
        int64_t at = outer - base->type.st->fields.at, within = inner - slice->out[0]->type.st->fields.at;
        all[base->type.rank] = b_int(b, at + 1 + within);
    }
    return b_load(b, base, m, all);
}

Value *b_load(Builder *b, Value *a, int n, Value *const *idx)
{
    assert(a->type.kind == K_ARRAY && type_part(a->type, n, idx).rank == 0);
    if (a->def && a->def->code == OP_slice)
        return load_through(b, a->def, n, idx);
    Op *op = b_op(b, OP_load, 1 + n, operands(b, a, n, idx, 0));
    return b_result(op, type_element(a->type, n, idx), NULL, NULL);
}

static Value *write_element(Builder *b, OpCode code, Value *a, int n, Value *const *idx, Value *v)
{
    assert(a->type.kind == K_ARRAY && type_eq(type_element(a->type, n, idx), v->type));
    Value **in = operands(b, a, n, idx, 1);
    in[1 + n] = v;
    return b_result(b_op(b, code, 2 + n, in), a->type, a->name, a->root);
}

Value *b_store(Builder *b, Value *a, int n, Value *const *idx, Value *v)
{
    return write_element(b, OP_store, a, n, idx, v);
}

Value *b_acc(Builder *b, Value *a, int n, Value *const *idx, Value *v)
{
    return write_element(b, OP_acc, a, n, idx, v);
}

static Value *write_whole(Builder *b, OpCode code, Value *a, Value *v)
{
    return b_result(b_op(b, code, 2, (Value *[]){a, v}), a->type, a->name, a->root);
}

Value *b_fill(Builder *b, Value *a, Value *v)
{
    return write_whole(b, OP_fill, a, v);
}

Value *b_copy_to(Builder *b, Value *a, Value *from)
{
    return write_whole(b, OP_copy_to, a, from);
}

Value *b_add_to(Builder *b, Value *a, Value *from)
{
    return write_whole(b, OP_add_to, a, from);
}

Value *b_gemm(Builder *b, Value *c, Value *x, Value *y, Value *m, Value *n, Value *k, bool tx, bool ty)
{
    Op *op = b_op(b, OP_gemm, 6, (Value *[]){c, x, y, m, n, k});
    op->ta = tx;
    op->tb = ty;
    return b_result(op, c->type, c->name, c->root);
}

Value *b_gemm_sub(Builder *b, Value *c, Value *x, Value *y, Value *m, Value *n, Value *k, bool tx, bool ty)
{
    Value *v = b_gemm(b, c, x, y, m, n, k, tx, ty);
    v->def->sub = true;
    return v;
}

Op *b_lu(Builder *b, Value *a, Value *n, const char *name, const char *pivots_name)
{
    Op *op = b_op(b, OP_lu, 2, (Value *[]){a, n});
    b_result(op, type_array(E_REAL, 2), name, NULL);
    b_result(op, type_array(E_INT, 1), pivots_name, NULL);
    b_result(op, T_INT, NULL, NULL);
    return op;
}

Value *b_lu_solve(Builder *b, Value *x, Value *factor, Value *pivots, Value *n, Value *k, bool ta)
{
    Op *op = b_op(b, OP_lu_solve, 5, (Value *[]){x, factor, pivots, n, k});
    op->ta = ta;
    return b_result(op, x->type, x->name, x->root);
}

Value *b_lu_logdet(Builder *b, Value *factor, Value *pivots, Value *n)
{
    return b_result(b_op(b, OP_lu_logdet, 3, (Value *[]){factor, pivots, n}), T_REAL, NULL, NULL);
}

Op *b_cholesky(Builder *b, Value *a, Value *n)
{
    Op *op = b_op(b, OP_cholesky, 2, (Value *[]){a, n});
    b_result(op, a->type, a->name, a->root);
    b_result(op, T_INT, NULL, NULL);
    return op;
}

Value *b_lower_solve(Builder *b, Value *x, Value *l, Value *n, Value *k, bool ta, bool right)
{
    Op *op = b_op(b, OP_lower_solve, 4, (Value *[]){x, l, n, k});
    op->ta = ta;
    op->right = right;
    return b_result(op, x->type, x->name, x->root);
}

Value *b_lower(Builder *b, Value *a, Value *n, LowerMap map)
{
    Op *op = b_op(b, OP_lower, 2, (Value *[]){a, n});
    op->map = map;
    return b_result(op, a->type, a->name, a->root);
}

Value *b_buf_new(Builder *b, Elem elem, const char *name)
{
    return b_result(b_op(b, OP_buf_new, 0, NULL), type_buf(elem), name, NULL);
}

Value *b_put(Builder *b, Value *buf, int n, Value *const *v)
{
    return b_result(b_op(b, OP_put, 1 + n, operands(b, buf, n, v, 0)), buf->type, buf->name, buf->root);
}

Value *b_puts(Builder *b, Value *buf, Value *array)
{
    return write_whole(b, OP_puts, buf, array);
}

Value *b_freeze(Builder *b, Value *buf)
{
    return b_result(b_op(b, OP_freeze, 1, &buf), type_array(buf->type.elem, 1), buf->name, NULL);
}

Value *b_len(Builder *b, Value *z)
{
    return b_result(b_op(b, OP_len, 1, &z), T_POS, NULL, NULL);
}

Value *b_view_at(Builder *b, Value *z, Value *p, int rank, Value *const *dims)
{
    Value **in = operands(b, z, 1, &p, rank);
    for (int i = 0; i < rank; i++)
        in[2 + i] = dims[i];
    return b_result(b_op(b, OP_view_at, 2 + rank, in), type_like(z->type, rank), z->name, NULL);
}

Op *b_check(Builder *b, const char *kind, const char *message, Value *ok, int n, Value *const *values)
{
    Op *op = b_op(b, OP_check, 1 + n, operands(b, ok, n, values, 0));
    op->kind = kind;
    op->text = message;
    return op;
}

// ---- building ops with regions ----

static Region *own_region(Op *op, int k)
{
    op->regions[k] = region_new(op->parent->func, op);
    if (op->n_regions <= k)
        op->n_regions = k + 1;
    return op->regions[k];
}

Op *b_if(Builder *b, Value *cond, int n, Value *const *arrays)
{
    Op *op = b_op(b, OP_if, 1 + n, operands(b, cond, n, arrays, 0));
    for (int k = 0; k < 2; k++) {
        Region *r = own_region(op, k);
        for (int i = 0; i < n; i++)
            region_arg(r, arrays[i]->type, arrays[i]->name, arrays[i]->root);
    }
    return op;
}

void b_if_end(Op *op)
{
    Region *then = op->regions[0], *otherwise = op->regions[1];
    assert(then->yields.n == otherwise->yields.n && then->yields.n >= op->n_in - 1);
    for (int i = 0; i < then->yields.n; i++) {
        const Value *t = then->yields.at[i], *e = otherwise->yields.at[i];
        bool array = i < op->n_in - 1;
        b_result(op, t->type, t->name ? t->name : e->name, array ? op->in[1 + i]->root : NULL);
    }
}

Op *b_loop(Builder *b, Value *lo, Value *hi, int step, bool reversed, int n, Value *const *init)
{
    Value **in = NEW_N(arena_of(b), Value *, n + 2);
    int first = 0;
    if (lo) {
        in[0] = lo;
        in[1] = hi;
        first = 2;
    }
    for (int i = 0; i < n; i++)
        in[first + i] = init[i];
    Op *op = b_op(b, OP_loop, first + n, in);
    op->counted = lo != NULL;
    op->step = lo ? step : 0;
    op->reversed = reversed;
    Region *body = own_region(op, 0);
    if (lo)
        region_arg(body, T_INT, NULL, NULL);
    for (int i = 0; i < n; i++) {
        region_arg(body, init[i]->type, init[i]->name, init[i]->root);
        b_result(op, init[i]->type, init[i]->name, init[i]->root);
    }
    b_result(op, T_INT, NULL, NULL);
    return op;
}

Region *b_loop_head(Op *loop)
{
    Region *head = own_region(loop, 1);
    for (int i = 0; i < loop_n_carried(loop); i++) {
        Value *v = loop_arg(loop, i);
        region_arg(head, v->type, v->name, v->root);
    }
    return head;
}

Value *b_trip_count(Builder *b, const Op *loop, Value *lo, Value *hi)
{
    int step = loop->step;
    Value *span = step > 0 ? b_2(b, OP_isub, hi, lo) : b_2(b, OP_isub, lo, hi);
    int size = step > 0 ? step : -step;
    if (size == 1)
        return span;                                            // `new` takes a negative dimension as 0
    return b_2(b, OP_idiv, b_2(b, OP_iadd, span, b_int(b, size - 1)), b_int(b, size));
}

Op *b_loop_like(Builder *b, const Op *like, Value *const *before, int n, Value *const *init)
{
    bool counted = like->counted;
    Op *loop = b_loop(b, counted ? before[0] : NULL, counted ? before[1] : NULL, like->step, like->reversed, n, init);
    loop->has_exit = like->has_exit;
    loop->trips = like->trips;
    if (like->checkpoint)
        loop_keep_states(loop, before[loop_first_init(like) - 1]);
    return loop;
}

void loop_keep_states(Op *loop, Value *states)
{
    Value **in = NEW_N(loop->parent->func->module->arena, Value *, loop->n_in + 1);
    int at = loop_first_init(loop);
    for (int k = 0; k < loop->n_in; k++)
        in[k + (k >= at)] = loop->in[k];
    in[at] = states;
    loop->in = in;
    loop->n_in++;
    loop->checkpoint = true;
}

Value *loop_states(const Op *loop)
{
    return loop->checkpoint ? loop->in[loop_first_init(loop) - 1] : NULL;
}

int loop_first_init(const Op *loop)
{
    return (loop->counted ? 2 : 0) + loop->checkpoint;
}

int loop_n_carried(const Op *loop)
{
    return loop->n_in - loop_first_init(loop);
}

Value *loop_index(const Op *loop)
{
    return loop->counted ? loop->regions[0]->args.at[0] : NULL;
}

Value *loop_arg(const Op *loop, int k)
{
    return loop->regions[0]->args.at[loop->counted + k];
}

Value *loop_yield(const Op *loop, int k)
{
    return loop->regions[0]->yields.at[loop->has_exit + k];
}

Value *loop_exit_flag(const Op *loop)
{
    return loop->has_exit ? loop->regions[0]->yields.at[0] : NULL;
}

Value *loop_trips(const Op *loop)
{
    return loop->out[loop->n_out - 1];
}

int path_n_operands(const Path *p)
{
    return p->at_pos ? 1 + p->rank : p->n_idx + (p->has_range ? 2 : 0);
}

Op *b_within(Builder *b, Value *a, int n_paths, const Path *paths, int n_operands, Value *const *ops, int n_extra,
             Value *const *extra)
{
    Value **in = operands(b, a, n_operands, ops, n_extra);
    for (int i = 0; i < n_extra; i++)
        in[1 + n_operands + i] = extra[i];
    Op *op = b_op(b, OP_within, 1 + n_operands + n_extra, in);
    op->n_extra = n_extra;
    op->n_paths = n_paths;
    op->paths = arena_copy(arena_of(b), paths, sizeof *paths * (size_t)n_paths);
    Region *r = own_region(op, 0);
    for (int i = 0, at = 0; i < n_paths; at += path_n_operands(&paths[i++]))
        region_arg(r, path_type(a->type, &paths[i], ops + at), part_name(b, a, paths[i].n_idx, ops + at), NULL);
    for (int i = 0; i < n_extra; i++)
        region_arg(r, extra[i]->type, extra[i]->name, extra[i]->root);
    return op;
}

void b_within_end(Op *op)
{
    Region *r = op->regions[0];
    b_result(op, op->in[0]->type, op->in[0]->name, op->in[0]->root);
    for (int i = op->n_paths; i < r->yields.n; i++) {
        Value *y = r->yields.at[i];
        int extra = i - op->n_paths;
        b_result(op, y->type, y->name, extra < op->n_extra ? op->in[op->n_in - op->n_extra + extra]->root : NULL);
    }
}

Op *b_call(Builder *b, Func *callee, int n, Value *const *args)
{
    Op *op = b_op(b, OP_call, n, args);
    op->callee = callee;
    for (int i = 0; i < callee->params.n; i++) {
        const Param *p = &callee->params.at[i];
        if (p->result >= 0)
            b_result(op, p->type, NULL, type_is_linear(p->type) ? args[p->arg]->root : NULL);
        if (p->result >= 0 && type_is_linear(p->type))
            op->out[op->n_out - 1]->name = args[p->arg]->name;
    }
    if (callee->ret >= 0)
        b_result(op, callee->ret_type, NULL, NULL);
    return op;
}

void ir_yield(Builder *b, int n, Value *const *values)
{
    Region *r = b->at;
    assert(r->yields.n == 0);
    for (int i = 0; i < n; i++)
        vec_push(r->func->module->arena, &r->yields, values[i]);
}

// ---- asking ----

Value *ir_root(Value *array)
{
    assert(array->root);
    return array->root;
}

// Is op's result a part or a new name of its first operand?
static bool is_part_of_first(OpCode code)
{
    return code == OP_shape || code == OP_slice || code == OP_reshape || code == OP_view_at || code == OP_freeze;
}

Value *ir_top_root(Value *v)
{
    for (;;) {
        Value *root = v->root;
        const Op *op = root->def ? root->def : root->region->owner;
        if (!op || (!root->def && (op->code != OP_within || root->index >= op->n_paths)))
            return root;
        if (root->def && !is_part_of_first(op->code))
            return root;
        v = op->in[0];
    }
}

// Dimension k of the array that slot `s` of a within or a slice is part of `base`, whose operands start at in[first].
static Value *path_dim(Builder *b, Value *base, const Path *p, Value *const *in, int k)
{
    if (p->at_pos)
        return in[1 + k];
    if (p->has_range && k == 0)
        return in[p->n_idx + 1];
    const Field *f = type_field(base->type, p->n_idx, in);
    return f ? b_int(b, f->dims[p->n_idx - base->type.rank - 1 + k]) : ir_dim(b, base, p->n_idx + k);
}

static Value *within_arg_dim(Builder *b, const Value *arg, int k)
{
    const Op *w = arg->region->owner;
    assert(w && w->code == OP_within);
    int first = 1;
    for (int i = 0; i < arg->index; i++)
        first += path_n_operands(&w->paths[i]);
    return path_dim(b, w->in[0], &w->paths[arg->index], w->in + first, k);
}

Value *ir_dim(Builder *b, Value *array, int k)
{
    Value *root = ir_root(array);
    const Op *op = root->def;
    if (!op)
        return within_arg_dim(b, root, k);
    switch (op->code) {
    case OP_shape:
    case OP_reshape:
        assert(1 + k < op->n_in);
        return op->in[1 + k];
    case OP_new:
        return op->in[k];
    case OP_copy:
        return ir_dim(b, op->in[0], k);
    case OP_const_array:
        return b_int(b, op->array->dims[k]);
    case OP_slice:
        return path_dim(b, op->in[0], op->paths, op->in + 1, k);
    case OP_view_at:
        return op->in[2 + k];
    case OP_lu:
        return op->in[1];
    case OP_freeze:
        return b_len(b, root);
    default:
        assert(!"an array root of no known kind");
        return NULL;
    }
}

bool ir_is_const(const Value *v, double *x)
{
    if (!v->def)
        return false;
    switch (v->def->code) {
    case OP_const_real:
        *x = v->def->r;
        return true;
    case OP_const_int:
    case OP_const_bool:
    case OP_const_pos:
        *x = (double)v->def->i;
        return true;
    default:
        return false;
    }
}

bool ir_is_zero(const Value *v)
{
    double x;
    return ir_is_const(v, &x) && x == 0;
}

bool ir_is_int_const(const Value *v, int64_t *x)
{
    if (!v->def || v->def->code < OP_const_int || v->def->code > OP_const_pos)
        return false;
    *x = v->def->i;
    return true;
}

static const Param *param_of_arg(const Func *f, int arg)
{
    for (int i = 0; i < f->params.n; i++)
        if (f->params.at[i].arg == arg)
            return &f->params.at[i];
    return NULL;
}

const Value *ir_base_of(const Value *v, int64_t *c)
{
    *c = 0;
    for (;;) {
        int64_t k;
        if (ir_is_int_const(v, &k)) {
            *c += k;
            return NULL;
        }
        const Op *op = v->def;
        if (op && (op->code == OP_iadd || op->code == OP_isub) && ir_is_int_const(op->in[1], &k)) {
            *c += op->code == OP_iadd ? k : -k;
            v = op->in[0];
        } else if (op && op->code == OP_iadd && ir_is_int_const(op->in[0], &k)) {
            *c += k;
            v = op->in[1];
        } else {
            return v;
        }
    }
}

bool ir_is_readonly(const Value *array)
{
    const Value *root = array->root;
    if (!root->def) {
        if (root->region->owner)
            return false;                                       // the row of a within
        const Param *p = param_of_arg(root->region->func, root->index);
        return p && p->role == ROLE_IN;
    }
    switch (root->def->code) {
    case OP_shape:
        return ir_is_readonly(root->def->in[0]);
    case OP_slice:
    case OP_reshape:
    case OP_view_at:
    case OP_const_array:
    case OP_freeze:
    case OP_lu:
        return true;
    default:
        return false;
    }
}

int op_tie(const Op *op, int k)
{
    if (!type_is_linear(op->out[k]->type))
        return -1;
    switch (op->code) {
    case OP_if:
        return 1 + k;
    case OP_loop:
        return loop_first_init(op) + k;
    case OP_within:
        return k == 0 ? 0 : op->n_in - op->n_extra + k - 1;
    case OP_call:
        for (int i = 0; i < op->callee->params.n; i++)
            if (op->callee->params.at[i].result == k)
                return op->callee->params.at[i].arg;
        return -1;
    default:
        return op_info[op->code].tie;
    }
}

bool op_consumes(const Op *op, int k)
{
    if (!type_is_linear(op->in[k]->type))
        return false;
    switch (op->code) {
    case OP_if:
    case OP_loop:
        return true;
    case OP_within:
        return k == 0 || k >= op->n_in - op->n_extra;
    case OP_freeze:
        return k == 0;
    case OP_call: {
        const Param *p = param_of_arg(op->callee, k);
        return p->role != ROLE_IN;
    }
    case OP_shape:
        return true;
    default:
        return op_info[op->code].tie == k;
    }
}

bool region_defines(const Region *r, const Value *v)
{
    for (const Region *at = v->region; at; at = at->owner ? at->owner->parent : NULL)
        if (at == r)
            return true;
    return false;
}

// ---- cloning ----

static Value *mapped(Value **map, Value *v)
{
    return map[v->id] ? map[v->id] : v;
}

static void clone_region(Builder *b, const Op *op, Op *copy, int k, Value **map)
{
    const Region *from = op->regions[k];
    if (!from)
        return;
    Region *to = own_region(copy, k);
    for (int i = 0; i < from->args.n; i++) {
        Value *v = from->args.at[i];
        Value *root = v->root && v->root != v ? mapped(map, v->root) : NULL;
        map[v->id] = region_arg(to, v->type, v->name, root);
    }
    Builder in = builder_at(b->f, to, b->fold);
    ir_clone_region_body(&in, from, map);
}

void ir_clone_op(Builder *b, const Op *op, Value **map)
{
    Value **in = NEW_N(arena_of(b), Value *, op->n_in ? op->n_in : 1);
    for (int i = 0; i < op->n_in; i++)
        in[i] = mapped(map, op->in[i]);
    b->loc = op->loc;
    if (op_is_scalar(op->code)) {
        Value *v = b_scalar(b, op->code, in);
        if (!v->name)
            v->name = op->out[0]->name;
        map[op->out[0]->id] = v;
        return;
    }
    if (op->code == OP_load) {                                  // what was a parameter may now be a slice
        Value *v = b_load(b, in[0], op->n_in - 1, in + 1);
        v->name = op->out[0]->name;
        map[op->out[0]->id] = v;
        return;
    }
    Op *copy = b_op(b, op->code, op->n_in, in);
    Op fresh = *op;
    fresh.parent = copy->parent;
    fresh.in = copy->in;
    fresh.n_out = 0;
    fresh.out = NULL;
    fresh.n_regions = 0;
    fresh.regions[0] = fresh.regions[1] = NULL;
    *copy = fresh;
    for (int i = 0; i < op->n_out; i++) {
        Value *v = op->out[i];
        int tie = op_tie(op, i);
        map[v->id] = b_result(copy, v->type, v->name, tie >= 0 ? (op->code == OP_shape ? NULL : in[tie]->root) : NULL);
    }
    for (int k = 0; k < op->n_regions; k++)
        clone_region(b, op, copy, k, map);
}

void ir_clone_region_body(Builder *b, const Region *r, Value **map)
{
    for (int i = 0; i < r->ops.n; i++)
        ir_clone_op(b, r->ops.at[i], map);
    for (int i = 0; i < r->yields.n; i++)
        vec_push(arena_of(b), &b->at->yields, mapped(map, r->yields.at[i]));
}

const Op *ir_shape_of(const Func *f, const Value *raw)
{
    for (int i = 0; i < f->body->ops.n; i++)
        if (f->body->ops.at[i]->code == OP_shape && f->body->ops.at[i]->in[0] == raw)
            return f->body->ops.at[i];
    return NULL;
}

Value *ir_recompute(Builder *b, Value *v, Value **map)
{
    if (map[v->id])
        return map[v->id];
    assert(v->def && v->def->n_regions == 0);
    for (int i = 0; i < v->def->n_in; i++)
        ir_recompute(b, v->def->in[i], map);
    ir_clone_op(b, v->def, map);
    return map[v->id];
}
