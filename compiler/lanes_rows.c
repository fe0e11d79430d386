// lanes_rows.c — of a function in lanes, only the rows of one output that somebody reads.
//
// In: a function that lanes.c wrote and an output of it in lanes, of which its caller reads the rows from `first` on: the Hessian, of which one
// triangle is read, block after block of columns. And one that nobody reads, the tangent of the value. Out: a copy with one more parameter,
// first, without what is for the second output only, in which a loop over the lanes that does nothing but add to rows of the first, or store
// there, is behind an if:
//
//     %y2, %t = loop %lane = 0 to 8 (%y1) {              %c = ige %j, %first
//         %v = load %x_dot[%i, %lane]           ->       %y2 = if %c, %y {
//         %w = mul %v, %a                                    %y3, %t = loop %lane = 0 to 8 (%y1) { .. }
//         %y3 = acc %y1[%j, %lane], %w                       yield %y3 } else {
//         yield %y3 }                                        yield %y }
//
// A row is what one leading index has. Where a loop writes several rows it is needed for any of them: %j or %k is at least %first.
//
// What is left out is seen nowhere: nothing in the function reads that output, it is only added to and written over. If something does, or
// no loop can be left out, there is no copy.
#include "derive.h"
#include "opt.h"
#include "rewrite.h"

enum { MAX_ROWS = 4 };                                          // of different bases that one condition names

typedef struct Pass {
    Rewrite w;
    Func *f;
    Value *output;                                              // its argument
    Value *first;
    bool *used;                                                 // by id
    Arena *a;
    VEC(Op *) guards;                                           // ifs around a loop
} Pass;

// ---- is it only written? ----

static bool only_writes(const Op *op, int k)
{
    static const bool may[OP_COUNT] = {
        [OP_shape] = true, [OP_acc] = true, [OP_store] = true,   [OP_fill] = true,
        [OP_if] = true,    [OP_loop] = true, [OP_copy_to] = true, [OP_add_to] = true,
    };
    return may[op->code] && (op->code == OP_shape || op_consumes(op, k));
}

// Notes what is used in r. False if something there reads the output.
static bool is_unread(Pass *p, const Region *r)
{
    bool unread = true;
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_in; k++) {
            p->used[op->in[k]->id] = true;
            if (type_is_linear(op->in[k]->type) && ir_top_root(op->in[k]) == p->output)
                unread &= only_writes(op, k);
        }
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                unread &= is_unread(p, op->regions[k]);
    }
    for (int i = 0; i < r->yields.n; i++)
        p->used[r->yields.at[i]->id] = true;
    return unread;
}

// ---- the rows of a loop ----

typedef struct Rows {
    int n;
    Value *at[MAX_ROWS];                                        // of each base the last row
} Rows;

static bool add_row(Rows *rows, Value *row)
{
    int64_t c, last;
    const Value *base = ir_base_of(row, &c);
    for (int i = 0; i < rows->n; i++)
        if (ir_base_of(rows->at[i], &last) == base) {
            if (c > last)
                rows->at[i] = row;
            return true;
        }
    if (rows->n == MAX_ROWS)
        return false;
    rows->at[rows->n++] = row;
    return true;
}

// Is it a loop that does nothing but write rows of the output, each known before it?
static bool writes_rows(const Pass *p, const Op *op, Rows *rows)
{
    if (op->code != OP_loop || !op->counted || op->has_exit || loop_n_carried(op) != 1 || p->used[loop_trips(op)->id] ||
        !type_is_linear(op->out[0]->type) || ir_top_root(op->out[0]) != p->output)
        return false;
    const Region *r = op->regions[0];
    for (int i = 0; i < r->ops.n; i++) {
        const Op *in = r->ops.at[i];
        if (op_is_scalar(in->code) || in->code == OP_load || in->n_in == 0)
            continue;
        if (in->code != OP_acc && in->code != OP_store)
            return false;
        if (in->in[1]->type.elem != E_INT || region_defines(r, in->in[1]) || !add_row(rows, in->in[1]))
            return false;
    }
    return rows->n > 0;
}

// ---- guards ----

// op, at the end of b, comes to stand in an if.
static void guard(Pass *p, Builder *b, Op *op, const Rows *rows)
{
    int init = loop_first_init(op);
    Value *needed = NULL;
    b->loc = op->loc;
    for (int i = 0; i < rows->n; i++) {
        int64_t k;
        bool constant = ir_is_int_const(rows->at[i], &k);       // reads better on the right
        Value *c = constant ? b_2(b, OP_ile, p->first, rows->at[i]) : b_2(b, OP_ige, rows->at[i], p->first);
        needed = needed ? b_2(b, OP_or, needed, c) : c;
    }
    Op *choice = b_if(b, needed, 1, &op->in[init]);
    Region *then = choice->regions[0];
    Builder in = builder_at(p->f, then, true), otherwise = builder_at(p->f, choice->regions[1], true);
    op->in[init] = then->args.at[0];
    region_take(then, op);
    ir_yield(&in, 1, op->out);
    ir_yield(&otherwise, 1, choice->regions[1]->args.at);
    b_if_end(choice);
    rewrite_to(&p->w, op->out[0], choice->out[0]);
    vec_push(p->a, &p->guards, choice);
}

static void guard_region(Pass *p, Region *r)
{
    int n = r->ops.n;
    Op **ops = r->ops.at;
    r->ops.n = r->ops.cap = 0;
    r->ops.at = NULL;
    Builder b = builder_at(p->f, r, true);
    for (int i = 0; i < n; i++) {
        Rows rows = {0};
        if (writes_rows(p, ops[i], &rows)) {
            guard(p, &b, ops[i], &rows);
            continue;
        }
        region_take(r, ops[i]);
        for (int k = 0; k < ops[i]->n_regions; k++)
            if (ops[i]->regions[k])
                guard_region(p, ops[i]->regions[k]);
    }
}

static void guard_all(Pass *p)
{
    guard_region(p, p->f->body);
    rewrite_apply(&p->w);
    for (int i = 0; i < p->guards.n; i++) {                     // all uses but this one are of what the if gives
        Region *then = p->guards.at[i]->regions[0];
        then->yields.at[0] = then->ops.at[0]->out[0];
    }
}

// The parameter of the copy that is a result of the lanes' function, an array of the caller's; NULL: it is none.
static const Param *out_array(const Func *f, const Lanes *lanes, int result)
{
    for (int i = 0; i < f->params.n; i++) {
        const Param *p = &f->params.at[i];
        if (p->result == lanes->result_of_result[result] && p->role == ROLE_OUT && type_is_linear(p->type))
            return p;
    }
    return NULL;
}

// Result p of f stays unwritten, and what was for it alone goes.
static void drop_output(Func *f, const Param *p)
{
    const Op *shape = ir_shape_of(f, f->body->args.at[p->arg]);
    if (!shape)
        return;
    f->body->yields.at[p->result] = shape->out[0];
    opt_dce(f);
}

Func *lanes_rows(DeriveCtx *c, const Lanes *lanes, int result, int dropped)
{
    Func *f = derive_copy(c, lanes->g);
    const Param *output = out_array(f, lanes, result), *other = out_array(f, lanes, dropped);
    if (!output || !other)
        return NULL;
    drop_output(f, other);
    Arena *a = arena_new();
    Pass p = {.w = rewrite_of(f), .f = f, .output = f->body->args.at[output->arg], .used = NEW_N(a, bool, f->n_values + 1), .a = a};
    if (is_unread(&p, f->body)) {
        int ret = f->ret;
        f->ret = -1;                                            // it stays the last result
        p.first = func_param(f, func_fresh_param(f, "first"), ROLE_IN, T_INT, P_INTERNAL, -1);
        f->ret = ret;
        guard_all(&p);
    }
    bool any = p.guards.n > 0;
    if (any) {
        f->name = derive_fresh_name(c, f->name, "_from");
        vec_push(c->m->arena, &c->m->funcs, f);
    }
    arena_free(a);
    return any ? f : NULL;
}
