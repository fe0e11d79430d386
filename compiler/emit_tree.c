// emit_tree.c — C statements, and where each variable is declared.
//
// In: the copy of the function, with jumps, and the plan of its variables. Out: a tree of Blocks and Stmts, from
// which what is empty has gone, and in which every variable has the scope and the declaration that a person would
// give it:
//
//     %r = if %c { yield %a } else { yield %r0 }          if (c)            (r0 is in r already: no else)
//                                                             r = a;
//
// What flows into variables at the end of a region is a parallel assignment: it is put into an order in which nothing
// is read after it was overwritten, with a temporary only where there is a cycle. A variable is declared by the first
// assignment to it, if that stands in the innermost block around all its uses, else before the first statement there
// that concerns it.
#include "emit_internal.h"

#include <assert.h>
#include <string.h>

static void build_region(Emit *e, Block *b, Region *r);

// ---- statements ----

static Block *new_block(Emit *e, Block *parent, Stmt *owner)
{
    Block *b = NEW(e->arena, Block);
    b->parent = parent;
    b->owner = owner;
    b->depth = parent ? parent->depth + 1 : 0;
    return b;
}

static Stmt *put(Emit *e, Block *b, StmtKind kind, Op *op)
{
    Stmt *s = NEW(e->arena, Stmt);
    s->kind = kind;
    s->op = op;
    s->block = b;
    s->index = b->list.n;
    if (op)
        s->loc = op->loc;
    vec_push(e->arena, &b->list, s);
    return s;
}

// Of `var = c ? value : var`, which is printed as if (c) var = value: the arm that changes var, 1 or 2; else 0.
static int changing_arm(const Emit *e, const Var *var, const Value *value)
{
    const Op *op = value ? value->def : NULL;
    if (!op || (op->code != OP_sel && op->code != OP_isel && op->code != OP_bsel))
        return 0;
    const Var *own = plan_var(e, value);
    if (own && own != var)
        return 0;
    return plan_var(e, op->in[2]) == var ? 1 : plan_var(e, op->in[1]) == var ? 2 : 0;
}

static Stmt *put_assign(Emit *e, Block *b, Op *op, Var *var, Value *value);

static Stmt *put_change(Emit *e, Block *b, Op *op, Var *var, const Op *select, int arm)
{
    Stmt *s = put(e, b, S_IF, op);
    s->value = select->in[0];
    s->negated = arm == 2;
    for (int k = 0; k < 2; k++)
        s->body[k] = new_block(e, b, s);
    return put_assign(e, s->body[0], op, var, select->in[arm]);
}

// The line it belongs to is that of the computation it ends in, where there is one.
static Stmt *put_assign(Emit *e, Block *b, Op *op, Var *var, Value *value)
{
    int arm = changing_arm(e, var, value);
    if (arm)
        return put_change(e, b, op, var, value->def, arm);
    Stmt *s = put(e, b, S_ASSIGN, op);
    s->var = var;
    s->value = value;
    if (value && value->def && op_is_scalar(value->def->code) && value->def->loc.line > 0)
        s->loc = value->def->loc;
    return s;
}

static bool is_undef(const Value *v)
{
    return v->def && v->def->code == OP_undef;
}

// ---- parallel assignment ----

typedef struct Move {
    Var *to;
    Value *value;
    Var *from; // the temporary that has the value by now
    bool done;
} Move;

typedef struct Moves {
    Emit *e;
    VEC(Move) list;
    int step, current;
} Moves;

static void count_reader(void *context, Var *var)
{
    Moves *m = context;
    if (var->writer && var->writer != m->current)
        var->readers += m->step;
}

static void count_readers(Moves *m, int i, int step)
{
    m->step = step;
    m->current = i + 1;
    plan_visit_vars(m->e, m->list.at[i].value, count_reader, m);
}

// v without what does not show in its text: stops, and a negation of a negation.
static Value *plain_value(Value *v)
{
    for (;;) {
        const Op *op = v->def;
        if (op && op->code == OP_stop)
            v = op->in[0];
        else if (op && op->code == OP_not && op->in[0]->def && op->in[0]->def->code == OP_not)
            v = op->in[0]->def->in[0];
        else
            return v;
    }
}

static void add_move(Moves *m, Var *to, Value *value)
{
    value = plain_value(value);
    if (!to || plan_var(m->e, value) == to)
        return;
    if (is_undef(value)) {
        to->needs_init = true;
        return;
    }
    vec_push(m->e->arena, &m->list, ((Move){to, value, NULL, false}));
}

static bool emit_ready(Moves *m, Block *b, Op *op)
{
    bool any = false;
    for (int i = 0; i < m->list.n; i++) {
        Move *move = &m->list.at[i];
        if (move->done || move->to->readers > 0)
            continue;
        Stmt *s = put_assign(m->e, b, op, move->to, move->from ? NULL : move->value);
        s->from = move->from;
        if (!move->from)
            count_readers(m, i, -1);
        move->done = any = true;
    }
    return any;
}

static void put_moves(Moves *m, Block *b, Op *op)
{
    for (int i = 0; i < m->list.n; i++) {
        m->list.at[i].to->writer = i + 1;
        m->list.at[i].to->readers = 0;
    }
    for (int i = 0; i < m->list.n; i++)
        count_readers(m, i, 1);
    while (emit_ready(m, b, op))
        continue;
    for (int next = 0; next < m->list.n; next++) {
        Move *move = &m->list.at[next];
        if (move->done || move->from)
            continue;
        move->from = plan_new_var(m->e, move->to->base, c_type(m->e->file, move->to->elem), move->to->elem);
        put_assign(m->e, b, op, move->from, move->value);
        count_readers(m, next, -1);
        while (emit_ready(m, b, op))
            continue;
    }
    for (int i = 0; i < m->list.n; i++)
        m->list.at[i].to->writer = 0;
}

// ---- arrays ----

static void put_array(Emit *e, Block *b, Value *root)
{
    Stmt *s = put(e, b, S_ARRAY, root->def);
    s->var = plan_var(e, root);
    s->array = root;
}

// Some writes of whole arrays are printed as a loop, whose index has that loop as its scope.
static void give_index(Emit *e, Stmt *s)
{
    s->body[0] = new_block(e, s->block, s);
    s->from = plan_new_var(e, "i", "int", E_INT);
    s->from->own = s->from->declared = true;
    s->from->scope = s->body[0];
    s->from->first = s;
}

static void build_new(Emit *e, Block *b, Op *op)
{
    Value *v = op->out[0];
    const Place *p = &e->places[v->id];
    if (p->storage != PLACE_ARENA || p->before == op)
        put_array(e, b, v);
    if (op->code == OP_new && op->i && p->storage == PLACE_ARENA)
        put(e, b, S_ZERO, op)->var = plan_var(e, v);
    if (op->code == OP_copy)
        give_index(e, put(e, b, S_OP, op));
}

static void put_pointer(Emit *e, Block *b, Op *op, Var *var, const Value *array, const Path *path, Value *const *in)
{
    Stmt *s = put(e, b, S_POINTER, op);
    s->var = var;
    s->array = array;
    s->path = path;
    s->path_in = in;
}

static Path view_path(const Op *op)
{
    if (op->code == OP_slice)
        return op->paths[0];
    return (Path){.at_pos = true, .rank = op->n_in - 2};
}

static void build_view(Emit *e, Block *b, Op *op)
{
    Value *v = op->out[0];
    if (e->v[v->id].folded)
        return;
    Path *path = NEW(e->arena, Path);
    *path = view_path(op);
    put_pointer(e, b, op, plan_var(e, v), op->in[0], path, op->in + 1);
}

static void build_within(Emit *e, Block *b, Op *op)
{
    int first = 1;
    for (int i = 0; i < op->n_paths; i++) {
        Value *slot = op->regions[0]->args.at[i];
        if (plan_var(e, slot))
            put_pointer(e, b, op, plan_var(e, slot), op->in[0], &op->paths[i], op->in + first);
        first += path_n_operands(&op->paths[i]);
    }
    build_region(e, b, op->regions[0]);
}

// ---- leaving ----

static Block *loop_block(Block *b)
{
    while (!b->is_loop)
        b = b->parent;
    return b;
}

static void put_rewind(Emit *e, Block *b, Var *mark)
{
    if (mark)
        put(e, b, S_REWIND, NULL)->var = mark;
}

static Var *outermost_mark(Emit *e, Block *b)
{
    Var *mark = NULL;
    for (; b; b = b->parent)
        mark = b->mark ? b->mark : mark;
    return e->mark ? e->mark : mark;
}

static void note_write(void *context, Var *var)
{
    *(bool *)context = *(bool *)context || var->writer;
}

static void find_load(const Emit *e, const Value *v, bool *found)
{
    if (plan_var(e, v) || !v->def || *found)
        return;
    if (v->def->code == OP_load || v->def->code == OP_call || v->def->code == OP_lu_logdet) {
        *found = true;
        return;
    }
    for (int i = 0; i < v->def->n_in; i++)
        find_load(e, v->def->in[i], found);
}

static void build_return(Emit *e, Block *b, Region *r, bool jumps)
{
    Op *last = r->ops.n ? r->ops.at[r->ops.n - 1] : NULL;
    Moves m = {.e = e};
    Var *mark = outermost_mark(e, b), *temporary = NULL;
    Value *ret = e->f->ret >= 0 ? r->yields.at[e->f->ret] : NULL;
    for (int i = 0; i < e->f->params.n; i++) {
        const Param *p = &e->f->params.at[i];
        if (p->result >= 0 && type_is_scalar(p->type))
            add_move(&m, e->param_vars[i], r->yields.at[p->result]);
    }
    if (ret) {
        bool first = false;
        for (int i = 0; i < m.list.n; i++)
            m.list.at[i].to->writer = 1;
        plan_visit_vars(e, ret, note_write, &first);
        for (int i = 0; i < m.list.n; i++)
            m.list.at[i].to->writer = 0;
        if (mark && !first)
            find_load(e, ret, &first);
        if (first) {
            temporary = plan_new_var(e, "result", c_type(e->file, (Elem)ret->type.elem), (Elem)ret->type.elem);
            put_assign(e, b, ret->def, temporary, ret);
        }
    }
    put_moves(&m, b, last);
    if (e->f->transform == TR_FORWARD)
        put(e, b, S_PACK, NULL);
    put_rewind(e, b, mark);
    if (ret || jumps || emit_struct_result(e->original) >= 0) {
        Stmt *s = put(e, b, S_RETURN, ret ? ret->def : last);
        s->value = temporary ? NULL : ret;
        s->from = temporary;
    }
}

// The carried variables of a loop get what region r gives them: its end or a jump.
static void put_carried(Emit *e, Block *b, Op *loop, Region *r, int skip, Op *at)
{
    Moves m = {.e = e};
    for (int i = 0; i < loop_n_carried(loop); i++) {
        Value *arg = loop_arg(loop, i);
        if (type_is_scalar(arg->type) && e->v[arg->id].needed && !is_undef(r->yields.at[i + skip]))
            add_move(&m, plan_var(e, arg), r->yields.at[i + skip]);
    }
    put_moves(&m, b, at);
    if (op_data(e, loop)->trips_var)
        put(e, b, S_COUNT, NULL)->var = op_data(e, loop)->trips_var;
    put_rewind(e, b, loop_block(b)->mark);
}

static void build_arm_end(Emit *e, Block *b, Region *r)
{
    Op *op = r->owner;
    Moves m = {.e = e};
    int shift = op->code == OP_within ? op->n_paths - 1 : 0;
    for (int i = 0; i < op->n_out; i++)
        if (type_is_scalar(op->out[i]->type) && e->v[op->out[i]->id].needed)
            add_move(&m, plan_var(e, op->out[i]), r->yields.at[i + shift]);
    put_moves(&m, b, r->ops.n ? r->ops.at[r->ops.n - 1] : op);
}

static void build_end(Emit *e, Block *b, Region *r)
{
    const RegionInfo *info = region_info(e, r);
    Op *last = r->ops.n ? r->ops.at[r->ops.n - 1] : r->owner;
    switch (info->end) {
    case JUMP_BREAK:
    case JUMP_CONTINUE:
        put_carried(e, b, info->loop, r, 0, last);
        put(e, b, info->end == JUMP_BREAK ? S_BREAK : S_CONTINUE, NULL);
        break;
    case JUMP_RETURN: build_return(e, b, r, true); break;
    case JUMP_STUCK: break;
    case JUMP_NONE:
        if (!r->owner)
            build_return(e, b, r, false);
        else if (r->owner->code != OP_loop)
            build_arm_end(e, b, r);
        break;
    }
}

// ---- loops ----

static void put_inits(Emit *e, Block *b, Op *op)
{
    Moves m = {.e = e};
    for (int i = 0; i < loop_n_carried(op); i++) {
        Value *arg = loop_arg(op, i), *init = op->in[loop_first_init(op) + i];
        if (!type_is_scalar(arg->type) || !e->v[arg->id].needed)
            continue;
        if (is_undef(init))
            put_assign(e, b, op, plan_var(e, arg), init);
        else
            add_move(&m, plan_var(e, arg), init);
    }
    put_moves(&m, b, op);
}

typedef struct Naming {
    const Emit *e;
    const Region *body;
    bool any;
} Naming;

static void find_local_array(void *context, Var *var)
{
    Naming *n = context;
    for (int i = 0; i < n->body->ops.n; i++) {
        const Op *op = n->body->ops.at[i];
        if ((op->code == OP_new || op->code == OP_copy || op->code == OP_lu) && plan_var(n->e, op->out[0]) == var)
            n->any = true;
    }
}

// Does the text of the exit name an array that is declared in the body? It may not stand behind the body then.
static bool names_local_array(const Emit *e, const Region *body, const Value *exit)
{
    Naming n = {e, body, false};
    plan_visit_vars(e, exit, find_local_array, &n);
    return n.any;
}

// The end of a body that runs out of its end: new values, then the exit.
static void build_body_end(Emit *e, Block *b, Op *op, Stmt *loop)
{
    Region *body = op->regions[0];
    if (region_info(e, body)->end != JUMP_NONE)
        return;
    Value *exit = loop_exit_flag(op);
    Var *flag = NULL;
    if (exit && (region_info(e, body)->exit_first || b->mark || names_local_array(e, body, exit))) {
        flag = plan_new_var(e, "done", c_type(e->file, E_BOOL), E_BOOL);
        put_assign(e, b, op, flag, exit);
    }
    put_carried(e, b, op, body, exit != NULL, op);
    bool head = op->n_regions > 1 && op->regions[1];
    if (!exit)
        return;
    loop->do_while = !op->counted && !head && !op_data(e, op)->jumped && !loop->forever;
    Stmt *s = loop->do_while ? loop : put(e, b, S_EXIT_IF, op);
    s->value = flag ? NULL : exit;
    s->from = flag;
    s->op = op;
}

static void build_head(Emit *e, Op *op, Stmt *loop)
{
    Region *head = op->n_regions > 1 ? op->regions[1] : NULL;
    loop->forever = !op->counted;
    if (!head)
        return;
    Block *in = loop->body[0];
    build_region(e, in, head);
    loop->forever = in->list.n > 0;
    loop->value = head->yields.at[0];
    if (loop->forever) {
        put(e, loop->body[0], S_WHILE_NOT, op)->value = loop->value;
        loop->value = NULL;
    }
}

static void build_loop(Emit *e, Block *b, Op *op)
{
    OpData *d = op_data(e, op);
    put_inits(e, b, op);
    if (d->trips_var)
        put_assign(e, b, op, d->trips_var, NULL);
    Stmt *s = put(e, b, S_LOOP, op);
    Block *in = s->body[0] = new_block(e, b, s);
    in->is_loop = true;
    build_head(e, op, s);
    if (d->needs_mark) {
        in->mark = plan_new_var(e, "mark", "struct adrt_mark", E_REAL);
        put(e, in, S_MARK, NULL)->var = in->mark;
    }
    bool forever = s->forever && (op->n_regions < 2 || !op->regions[1]);
    s->forever = s->forever && !forever;
    build_region(e, in, op->regions[0]);
    build_body_end(e, in, op, s);
    s->forever = s->forever || (forever && !s->do_while);
}

// ---- the rest ----

static bool ends_in_jump(const Block *b)
{
    if (b->list.n == 0)
        return false;
    const Stmt *s = b->list.at[b->list.n - 1];
    return s->kind == S_BREAK || s->kind == S_CONTINUE || s->kind == S_RETURN;
}

// Moves all statements of block `from` to the end of b.
static void splice(Emit *e, Block *b, Block *from)
{
    for (int i = 0; i < from->list.n; i++)
        vec_push(e->arena, &b->list, from->list.at[i]);
    from->list.n = 0;
}

static void build_if(Emit *e, Block *b, Op *op)
{
    Stmt *s = put(e, b, S_IF, op);
    s->value = op->in[0];
    for (int k = 0; k < 2; k++) {
        s->body[k] = new_block(e, b, s);
        build_region(e, s->body[k], op->regions[k]);
    }
    if (s->body[0]->list.n == 0) {
        Block *empty = s->body[0];
        s->body[0] = s->body[1];
        s->body[1] = empty;
        s->negated = true;
    }
    if (s->body[0]->list.n == 0)
        b->list.n--;
    else if (ends_in_jump(s->body[0]) && s->body[1]->list.n > 0)
        splice(e, b, s->body[1]);
}

static void put_rows(Emit *e, Block *b, const OpData *d)
{
    for (int i = 0; i < d->rows.n; i++) {
        Var *row = d->rows.at[i];
        Path *path = NEW(e->arena, Path);
        *path = (Path){.n_idx = row->row_n, .rank = 1};
        put_pointer(e, b, NULL, row, row->row_of, path, row->row_at);
    }
}

static void build_op(Emit *e, Block *b, Op *op)
{
    OpData *d = op_data(e, op);
    for (int i = 0; i < d->allocs.n; i++)
        put_array(e, b, d->allocs.at[i]);
    put_rows(e, b, d);
    if (!d->needed)
        return;
    switch (op->code) {
    case OP_if: build_if(e, b, op); return;
    case OP_loop: build_loop(e, b, op); return;
    case OP_within: build_within(e, b, op); return;
    case OP_new:
    case OP_copy: build_new(e, b, op); return;
    case OP_buf_new: put_array(e, b, op->out[0]); return;
    case OP_lu:
        for (int i = 0; i < 2; i++)
            if (e->places[op->out[i]->id].storage != PLACE_ARENA || e->places[op->out[i]->id].before == op)
                put_array(e, b, op->out[i]);
        break;
    case OP_slice:
    case OP_view_at: build_view(e, b, op); return;
    case OP_shape:
    case OP_freeze:
    case OP_reshape:
    case OP_const_array: return;
    default: break;
    }
    Value *v = op->n_out == 1 ? op->out[0] : NULL;
    if (v && type_is_scalar(v->type) && op->code != OP_call) {
        if (!e->v[v->id].folded && plan_var(e, v))
            put_assign(e, b, op, plan_var(e, v), v);
        return;
    }
    if (op->code == OP_call) {
        Moves m = {.e = e};
        if (op->callee->ret >= 0 && e->v[op->out[op->callee->ret]->id].folded)
            return;
        for (int i = 0; i < op->callee->params.n; i++) {
            const Param *p = &op->callee->params.at[i];
            if (type_is_scalar(p->type) && p->role == ROLE_INOUT)
                add_move(&m, plan_var(e, op->out[p->result]), op->in[p->arg]);
        }
        put_moves(&m, b, op);
    }
    Stmt *s = put(e, b, S_OP, op);
    if (op->code == OP_fill || op->code == OP_add_to || op->code == OP_copy_to)
        give_index(e, s);
    Value *returned = plan_returned(op);
    if (returned && plan_var(e, returned)) {
        s->kind = S_ASSIGN;
        s->value = returned;
        s->var = plan_var(e, s->value);
    }
}

static void build_region(Emit *e, Block *b, Region *r)
{
    for (int i = 0; i < r->ops.n; i++)
        build_op(e, b, r->ops.at[i]);
    build_end(e, b, r);
}

// ---- marks ----

static void mark_array(Emit *e, Op *op, Value *v, bool *any)
{
    const Place *p = &e->places[v->id];
    if (v->root != v || (p->storage != PLACE_ARENA && p->storage != PLACE_BUF))
        return;
    if (p->before != op)
        vec_push(e->arena, &op_data(e, p->before)->allocs, v);
    const Op *loop = p->before->parent->owner;
    while (loop && loop->code != OP_loop)
        loop = loop->parent->owner;
    if (loop)
        op_data(e, loop)->needs_mark = true;
    else
        *any = true;
}

// Which loops need a mark of their own, and where arrays are allocated that are not allocated where they are made.
static void find_marks(Emit *e, Region *r, bool *any)
{
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                find_marks(e, op->regions[k], any);
        for (int k = 0; k < op->n_out && op_data(e, op)->needed; k++)
            mark_array(e, op, op->out[k], any);
    }
}

// ---- what a statement reads ----

// A call that is more than a value, printed as a statement or as an assignment of what it returns.
static bool is_call(const Emit *e, const Stmt *s)
{
    return s->op && (s->op->code == OP_call || plan_returned(s->op)) &&
           (s->kind == S_OP ||
            (s->kind == S_ASSIGN && s->value && s->value->def == s->op && plan_var(e, s->value) == s->var &&
             !e->v[s->value->id].folded));
}

// The variables of inout scalars, which the callee reads through their pointers, and of arrays that are there for the
// call.
static void visit_inouts(const Emit *e, const Op *call, VarVisit visit, void *context)
{
    for (int i = 0; i < call->n_out && call->code == OP_lu; i++)        // arrays it fills
        if (type_is_linear(call->out[i]->type))
            visit(context, plan_var(e, call->out[i]));
    for (int i = 0; call->code == OP_call && i < call->callee->params.n; i++) {
        const Param *p = &call->callee->params.at[i];
        if (type_is_scalar(p->type) && p->role == ROLE_INOUT && plan_var(e, call->out[p->result]))
            visit(context, plan_var(e, call->out[p->result]));
    }
}

// What the address of a part of an array is computed from.
static void visit_part(const Emit *e, const Stmt *s, VarVisit visit, void *context)
{
    plan_visit_vars(e, s->array, visit, context);
    for (int i = 0; i < (s->path->at_pos ? 1 : s->path->n_idx + s->path->has_range); i++)
        plan_visit_vars(e, s->path_in[i], visit, context);
    if (!s->path->at_pos)
        plan_visit_size(e, s->array->root, visit, context);
}

// Calls visit for every variable that statement s reads, those of its blocks left out.
static void visit_reads(const Emit *e, const Stmt *s, VarVisit visit, void *context)
{
    if (is_call(e, s))
        visit_inouts(e, s->op, visit, context);
    if (s->kind == S_POINTER)
        visit_part(e, s, visit, context);
    else if (is_call(e, s) || s->kind == S_OP)
        plan_visit_op(e, s->op, visit, context);
    else if (s->kind == S_ASSIGN && s->value && s->value->def && plan_var(e, s->value) == s->var)
        plan_visit_op(e, s->value->def, visit, context);
    else if (s->value)
        plan_visit_vars(e, s->value, visit, context);
    if (s->from && s->kind != S_OP)
        visit(context, s->from);
    if (s->kind == S_ARRAY || s->kind == S_ZERO || (s->kind == S_OP && s->op->code == OP_copy))
        plan_visit_size(e, s->kind == S_ARRAY ? s->array : s->op->out[0], visit, context);
    for (int i = 0; s->kind == S_LOOP && s->op->counted && i < 2; i++)
        plan_visit_vars(e, s->op->in[i], visit, context);
}

// ---- what nobody reads ----

typedef struct Reads {
    const Stmt *at;
    int step;
    bool call;        // stays, even if nobody reads what it gives
    const Var *array; // what it writes, if that is a local array
} Reads;

// The local array that s does nothing but make or write, or NULL.
static Var *written_array(const Emit *e, const Stmt *s)
{
    const Value *array = NULL;
    if (s->kind == S_ARRAY)
        array = s->array;
    else if (s->kind == S_ZERO || (s->kind == S_OP && s->op->code == OP_copy))
        array = s->op->out[0];
    else if (s->kind == S_OP &&
             (s->op->code == OP_store || s->op->code == OP_acc || s->op->code == OP_fill || s->op->code == OP_copy_to))
        array = s->op->in[0];
    return array && e->places[array->root->id].storage == PLACE_LOCAL ? plan_var(e, array) : NULL;
}

// The local variable that a call assigns the struct to that it returns, or NULL.
static Var *returned_struct(const Emit *e, const Stmt *s)
{
    int result = is_call(e, s) && s->op->code == OP_call ? emit_struct_result(s->op->callee) : -1;
    const Value *to = result >= 0 ? s->op->in[s->op->callee->params.at[result].arg] : NULL;
    return to && e->places[to->root->id].storage == PLACE_LOCAL ? plan_var(e, to) : NULL;
}

// Does the text of op have a call in it?
static bool has_call(const Emit *e, const Op *op)
{
    for (int i = 0; i < op->n_in; i++) {
        const Op *def = op->in[i]->def;
        if (def && e->v[op->in[i]->id].folded && (def->code == OP_call || has_call(e, def)))
            return true;
    }
    return false;
}

static void count_read(void *context, Var *var)
{
    Reads *r = context;
    bool own = (r->at->kind == S_ASSIGN || r->at->kind == S_COUNT) && r->at->var == var && !r->call;
    var->readers += own || var == r->array ? 0 : r->step;
}

static void count_block(const Emit *e, const Block *b, int step)
{
    for (int i = 0; i < b->list.n; i++) {
        const Stmt *s = b->list.at[i];
        const Var *array = written_array(e, s);
        Reads r = {s, step, is_call(e, s), array ? array : returned_struct(e, s)};
        visit_reads(e, r.at, count_read, &r);
        for (int k = 0; k < 2; k++)
            if (r.at->body[k])
                count_block(e, r.at->body[k], step);
    }
}

static bool is_unread(const Stmt *s)
{
    return s->var && s->var->readers == 0 && !s->var->deref;
}

// Is s to go? What it read is read once less then.
static bool goes(Emit *e, Stmt *s)
{
    bool call = is_call(e, s);
    const Var *array = written_array(e, s);
    if (s->kind == S_ASSIGN && call && is_unread(s)) {
        e->v[s->value->id].var = NULL;                          // it is declared for nobody
        s->kind = S_OP;
        s->var = NULL;
        s->value = NULL;
        return false;
    }
    if (s->kind == S_IF && s->body[0]->list.n == 0) {
        Block *empty = s->body[0];
        s->body[0] = s->body[1];
        s->body[1] = empty;
        s->negated = !s->negated;
    }
    bool dead = ((s->kind == S_ASSIGN || s->kind == S_COUNT || s->kind == S_POINTER) && is_unread(s)) ||
                (s->kind == S_IF && s->body[0]->list.n == 0) ||
                (s->kind == S_LOOP && s->op->counted && s->body[0]->list.n == 0 && !has_call(e, s->op)) ||
                (array && array->readers == 0 && !has_call(e, s->op));
    Reads r = {s, -1, call, array};
    if (dead)
        visit_reads(e, s, count_read, &r);
    return dead;
}

// Backwards, so that what only a dead statement reads is found dead in the same walk.
static bool prune_block(Emit *e, Block *b)
{
    bool any = false;
    for (int i = b->list.n - 1; i >= 0; i--)
        for (int k = 1; k >= 0 && b->list.at[i]; k--) {
            if (b->list.at[i]->body[k])
                any = prune_block(e, b->list.at[i]->body[k]) || any;
            if (k == 0 && goes(e, b->list.at[i])) {
                b->list.at[i] = NULL;
                any = true;
            }
        }
    int n = 0;
    for (int i = 0; i < b->list.n; i++)
        if (b->list.at[i])
            b->list.at[n++] = b->list.at[i];
    b->list.n = n;
    return any;
}

static void prune(Emit *e)
{
    enum { MAX_ROUNDS = 8 };
    for (int i = 0; i < e->vars.n; i++)
        e->vars.at[i]->readers = 0;
    count_block(e, e->top, 1);
    for (int k = 0; k < MAX_ROUNDS && prune_block(e, e->top); k++)
        ;
}

// ---- scopes ----

typedef struct Scopes {
    Emit *e;
    Stmt *at;
} Scopes;

// Widens the scope of var so that it takes in statement s of block b.
static void refer(void *context, Var *var)
{
    Scopes *c = context;
    Stmt *s = c->at;
    if (var->fixed || (var->readers == 0 && returned_struct(c->e, s) == var))
        return;
    if (!var->scope) {
        var->scope = s->block;
        var->first = s;
        var->order = c->e->order++;
        return;
    }
    Block *b = s->block;
    while (b->depth > var->scope->depth)
        b = b->parent;
    while (var->scope != b) {
        if (var->scope->depth >= b->depth) {
            var->first = var->scope->owner;
            var->scope = var->scope->parent;
        }
        if (b->depth > var->scope->depth)
            b = b->parent;
    }
}

static void refer_stmt(Scopes *c, Stmt *s)
{
    Emit *e = c->e;
    c->at = s;
    visit_reads(e, s, refer, c);
    if (s->var)
        refer(c, s->var);
    for (int i = 0; (is_call(e, s) || s->kind == S_OP) && i < s->op->n_out; i++)
        if (plan_var(e, s->op->out[i]))
            refer(c, plan_var(e, s->op->out[i]));
    if (s->kind == S_LOOP && s->op->counted) {
        Var *index = op_data(e, s->op)->index_var;
        index->scope = s->body[0];
        index->first = s;
        index->declared = true;
        index->order = e->order++;
    }
}

static void refer_block(Emit *e, Block *b)
{
    for (int i = 0; i < b->list.n; i++) {
        Scopes c = {e, b->list.at[i]};
        Stmt *s = b->list.at[i];
        s->block = b;
        s->index = i;
        for (int k = 0; k < 2; k++)
            if (s->body[k]) {
                s->body[k]->parent = b;
                s->body[k]->depth = b->depth + 1;
            }
        refer_stmt(&c, s);
        for (int k = 0; k < 2; k++)
            if (s->body[k])
                refer_block(e, s->body[k]);
    }
}

// Lets the first statement of each variable declare it, or puts it on the list of what is to be declared before that
// statement.
static void declare_all(Emit *e)
{
    for (int i = 0; i < e->vars.n; i++) {
        Var *var = e->vars.at[i];
        if (var->forward || !var->scope || var->fixed)
            continue;
        vec_push(e->arena, &var->scope->vars, var);
        Stmt *s = var->first;
        if (var->declared || ((s->kind == S_ARRAY || s->kind == S_MARK) && s->var == var))
            continue;
        if ((s->kind == S_ASSIGN || s->kind == S_POINTER) && s->var == var && s->block == var->scope)
            s->declares = true;
        else
            vec_push(e->arena, &s->decls, var);
    }
}

void emit_tree(Emit *e)
{
    bool any = false;
    find_marks(e, e->f->body, &any);
    e->top = new_block(e, NULL, NULL);
    for (int i = 0; i < e->f->params.n && e->f->transform == TR_FORWARD; i++)
        any = any || e->f->params.at[i].kind == P_TAPE;         // a local buffer
    if (any) {
        e->mark = plan_new_var(e, "mark", "struct adrt_mark", E_REAL);
        put(e, e->top, S_MARK, NULL)->var = e->mark;
    }
    if (transform_is_record(e->f->transform))
        put(e, e->top, S_OPEN, NULL);
    build_region(e, e->top, e->f->body);
    prune(e);
    refer_block(e, e->top);
    declare_all(e);
}
