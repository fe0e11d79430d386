// emit_jumps.c — guards on flags become break, continue and return again.
//
// In: a function of the IR, in which every way out of a loop is a flag and every statement behind it a guard. Out: a
// copy of it, in which a region may end in a jump (RegionInfo.end) whose values are the region's yields, and the
// guards are gone:
//
//     %d, %r = if %c { yield true, %a }          if %c { return %a }
//              else { yield false, undef }       …rest…
//     %q = if %d { yield %r }                    return %b
//          else { …rest… yield %b }
//     yield %q
//
// The idea: at the end of each arm, follow what would run next, with the constants that the arm yields. If up to the
// end of the loop's body or of the function nothing runs but guards that are passed through, the arm can jump there.
// Once one arm of an `if` jumps, what follows it is only reached through the other one: that is put in line, and a
// flag is the constant that the other arm yields.
#include "emit_internal.h"
#include "rewrite.h"

#include <assert.h>
#include <string.h>

typedef struct Jumps {
    Emit *e;
    Arena *a;
    Value **now;    // on the path that is followed: what a value is; by id
    VEC(int) trail; // ids set there
    Value **known;  // conditions that are known where the walk is, from the `if`s around it and before; by id
    VEC(int) known_trail;
    Value *yes, *no, *unknown;
    Rewrite to;   // results that have become other values
    bool guarded; // the path passed through a guard
} Jumps;

// ---- the copy ----

static void number_region(Region *r, int *n)
{
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        op->mark = (*n)++;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                number_region(op->regions[k], n);
    }
}

static void copy_func(Emit *e)
{
    Func *f = NEW(e->arena, Func);
    Module *m = NEW(e->arena, Module); // what the builder takes memory from
    *m = *e->original->module;
    m->arena = e->arena;
    *f = *e->original;
    f->module = m;
    f->n_values = 0;
    f->body = region_new(f, NULL);
    Value **map = NEW_N(e->arena, Value *, e->original->n_values + 1);
    for (int i = 0; i < e->original->body->args.n; i++) {
        const Value *v = e->original->body->args.at[i];
        map[v->id] = region_arg(f->body, v->type, v->name, NULL);
    }
    Builder b = builder_at(f, f->body, false);
    b_bool(&b, false);
    b_bool(&b, true);
    b_undef(&b, T_BOOL);
    ir_clone_region_body(&b, e->original->body, map);
    e->f = f;
}

// ---- following a path ----

// What v has become and is known to be here.
static Value *value_here(Jumps *j, Value *v)
{
    v = rewrite_get(&j->to, v);
    return j->known[v->id] ? j->known[v->id] : v;
}

static Value *value_now(Jumps *j, Value *v)
{
    v = value_here(j, v);
    return j->now[v->id] ? j->now[v->id] : v;
}

// From here on condition c is known, until forget_known goes back to before.
static void set_known(Jumps *j, Value *c, bool is)
{
    c = rewrite_get(&j->to, c);
    if (c == j->yes || c == j->no || j->known[c->id])
        return;
    j->known[c->id] = is ? j->yes : j->no;
    vec_push(j->a, &j->known_trail, c->id);
    if (c->def && c->def->code == OP_not)
        set_known(j, c->def->in[0], !is);
}

static void forget_known(Jumps *j, int n)
{
    while (j->known_trail.n > n)
        j->known[j->known_trail.at[--j->known_trail.n]] = NULL;
}

static void set_now(Jumps *j, Value *v, Value *is)
{
    j->now[v->id] = is;
    vec_push(j->a, &j->trail, v->id);
}

static void forget_path(Jumps *j)
{
    while (j->trail.n > 0)
        j->now[j->trail.at[--j->trail.n]] = NULL;
    j->guarded = false;
}

static bool is_bool(const Value *v, bool *is)
{
    if (!v->def || v->def->code != OP_const_bool)
        return false;
    *is = v->def->i != 0;
    return true;
}

static Value *constant_of(Jumps *j, const Op *op)
{
    bool a = false, b = false;
    bool has_a = op->n_in > 0 && is_bool(value_now(j, op->in[0]), &a),
         has_b = op->n_in > 1 && is_bool(value_now(j, op->in[1]), &b);
    switch (op->code) {
    case OP_not: return has_a ? (a ? j->no : j->yes) : NULL;
    case OP_and: return (has_a && !a) || (has_b && !b) ? j->no : has_a && has_b ? j->yes : NULL;
    case OP_or: return (has_a && a) || (has_b && b) ? j->yes : has_a && has_b ? j->no : NULL;
    default: return NULL;
    }
}

// Runs past op, which must do nothing that has to be done. Its results are unknown from then on, unless they are
// constants.
static bool run_past(Jumps *j, Op *op);

static bool run_past_if(Jumps *j, Op *op)
{
    bool c;
    if (!is_bool(value_now(j, op->in[0]), &c))
        return false;
    Region *arm = op->regions[c ? 0 : 1];
    if (region_info(j->e, arm)->end != JUMP_NONE)
        return false;
    for (int i = 0; i < arm->ops.n; i++)
        if (!run_past(j, arm->ops.at[i]))
            return false;
    for (int i = op->n_in - 1; i < op->n_out; i++)
        set_now(j, op->out[i], value_now(j, arm->yields.at[i]));
    j->guarded = true;
    return true;
}

static bool run_past(Jumps *j, Op *op)
{
    switch (op->code) {
    case OP_const_real:
    case OP_const_int:
    case OP_const_bool:
    case OP_const_pos:
    case OP_undef: return true;
    case OP_if: return run_past_if(j, op);
    case OP_const_array:
    case OP_shape:
    case OP_new:
    case OP_copy:
    case OP_slice:
    case OP_reshape:
    case OP_view_at:
    case OP_load:
    case OP_len:
    case OP_buf_new: break;
    default:
        if (!op_is_scalar(op->code))
            return false;
    }
    Value *is = op_is_scalar(op->code) ? constant_of(j, op) : NULL;
    for (int i = 0; i < op->n_out; i++)
        set_now(j, op->out[i], is ? is : j->unknown);
    return true;
}

// What the owner of r, an `if` or a `within`, makes of the yields.
static void leave(Jumps *j, Region *r)
{
    Op *op = r->owner;
    int shift = op->code == OP_within ? op->n_paths - 1 : 0;
    for (int i = 0; i < op->n_out; i++)
        if (type_is_scalar(op->out[i]->type))
            set_now(j, op->out[i], value_now(j, r->yields.at[i + shift]));
}

// Runs past all that follows op in its region.
static bool run_on(Jumps *j, const Op *op)
{
    const Region *r = op->parent;
    for (int k = op_data(j->e, op)->index + 1; k < r->ops.n; k++)
        if (!run_past(j, r->ops.at[k]))
            return false;
    return region_info(j->e, r)->end == JUMP_NONE;
}

// Follows the path from the end of r. Gives the jump that it comes to, and in *at the region at whose end that is.
static Jump follow(Jumps *j, Region *r, Region **at)
{
    for (; r->owner && r->owner->code != OP_loop; r = r->owner->parent) {
        leave(j, r);
        if (!run_on(j, r->owner))
            return JUMP_NONE;
    }
    *at = r;
    if (!r->owner)
        return JUMP_RETURN;
    bool exits = false;
    if (r->owner->has_exit && !is_bool(value_now(j, r->yields.at[0]), &exits))
        return JUMP_NONE;
    return exits ? JUMP_BREAK : JUMP_CONTINUE;
}

typedef VEC(Value *) Values;

// What the end of `at` is given at the end of the path, without a loop's exit flag. False: some of it is not known
// there.
static bool values_at(Jumps *j, const Region *at, Values *values)
{
    values->n = 0;
    for (int i = at->owner && at->owner->has_exit; i < at->yields.n; i++) {
        Value *v = at->yields.at[i];
        if (type_is_scalar(v->type))
            v = value_now(j, v);
        if (v == j->unknown)
            return false;
        vec_push(j->a, values, v);
    }
    return true;
}

// The path has come to a break from the loop that owns *at, which gives it `values`. Does it go on to the function's
// end from there?
static bool follow_out(Jumps *j, Region **at, Values *values)
{
    while ((*at)->owner) {
        Op *loop = (*at)->owner;
        for (int i = 0; i < values->n; i++)
            if (type_is_scalar(loop->out[i]->type))
                set_now(j, loop->out[i], values->at[i]);
        set_now(j, loop_trips(loop), j->unknown);
        Jump jump = run_on(j, loop) ? follow(j, loop->parent, at) : JUMP_NONE;
        if ((jump != JUMP_BREAK && jump != JUMP_RETURN) || !values_at(j, *at, values))
            return false;
    }
    return true;
}

// Is the function's result all that the arms of r's `if` make, and has it no name? Then both are returns:
//     if (n <= 1) return 1.0;  return n * fact(n - 1);
static bool is_returned(const Jumps *j, const Region *r)
{
    const Op *op = r->owner;
    int scalars = 0;
    for (int i = 0; i < j->e->f->body->yields.n; i++)
        scalars += type_is_scalar(j->e->f->body->yields.at[i]->type);
    if (scalars != 1 || j->e->f->ret < 0 || op->code != OP_if || op->n_out != op->n_in)
        return false;
    return op->out[op->n_out - 1]->name == NULL;
}

// A jump sets all that the loop carries. Where that is much, as the flags that reverse mode keeps of many ways out, the first ways out jump and the others
// stay guards: else the C would grow with the square of their number.
enum { FEW_VALUES = 8, MANY_VALUES = 24 };

static bool is_too_much(const Jumps *j, Jump jump, const Region *at, int n)
{
    return jump != JUMP_RETURN && n > FEW_VALUES && n * op_data(j->e, at->owner)->jumps.n > MANY_VALUES;
}

// Lets the end of arm r be a jump, if it can be and if that is more than what happens there anyway.
static void try_jump(Jumps *j, Region *r)
{
    Region *at = NULL, *top = NULL;
    Values values = {0}, last = {0};
    Jump jump = follow(j, r, &at);
    bool wanted =
        jump == JUMP_BREAK || (jump != JUMP_NONE && (j->guarded || (jump == JUMP_RETURN && is_returned(j, r))));
    wanted = wanted && values_at(j, at, &values);
    if (wanted && jump == JUMP_BREAK) {
        for (int i = 0; i < values.n; i++)
            vec_push(j->a, &last, values.at[i]);
        top = at;
        if (follow_out(j, &top, &last)) {
            jump = JUMP_RETURN;
            at = top;
            values = last;
        }
    }
    forget_path(j);
    if (!wanted || is_too_much(j, jump, at, values.n))
        return;
    RegionInfo *info = region_info(j->e, r);
    info->end = jump;
    info->loop = at->owner;
    if (jump != JUMP_RETURN) {
        vec_push(j->a, &op_data(j->e, at->owner)->jumps, r);
        op_data(j->e, at->owner)->jumped |= jump == JUMP_CONTINUE;
    }
    r->yields.n = 0;
    for (int i = 0; i < values.n; i++)
        vec_push(j->a, &r->yields, values.at[i]);
}

// ---- taking apart ----

// Moves the ops of an arm behind op k of r. What the arm was handed and what it yields take the place of its
// arguments and results.
static void put_in_line(Jumps *j, Region *r, int k, Region *arm)
{
    Op *op = r->ops.at[k];
    for (int i = 0; i < arm->args.n; i++)
        rewrite_to(&j->to, arm->args.at[i], rewrite_get(&j->to, op->in[1 + i]));
    for (int i = 0; i < op->n_out; i++)
        rewrite_to(&j->to, op->out[i], rewrite_get(&j->to, arm->yields.at[i]));
    int n = arm->ops.n, old = r->ops.n;
    for (int i = 0; i < n; i++)
        vec_push(j->a, &r->ops, arm->ops.at[i]);
    memmove(r->ops.at + k + 1 + n, r->ops.at + k + 1, sizeof(Op *) * (size_t)(old - k - 1));
    for (int i = 0; i < n; i++) {
        Op *in = arm->ops.at[i];
        r->ops.at[k + 1 + i] = in;
        in->parent = r;
        for (int o = 0; o < in->n_out; o++)
            in->out[o]->region = r;
    }
    arm->ops.n = 0;
    arm->yields.n = 0;
    arm->args.n = 0;
}

static void thread_region(Jumps *j, Region *r);

// Flags that are the same whichever arm ran.
static void same_constants(Jumps *j, Op *op)
{
    for (int i = op->n_in - 1; i < op->n_out; i++) {
        bool a, b;
        if (is_bool(rewrite_get(&j->to, op->regions[0]->yields.at[i]), &a) &&
            is_bool(rewrite_get(&j->to, op->regions[1]->yields.at[i]), &b) && a == b)
            rewrite_to(&j->to, op->out[i], a ? j->yes : j->no);
    }
}

// Gives the number of ops after op k that are done already; -1: nothing after it is reached.
static int thread_if(Jumps *j, Region *r, int k)
{
    Op *op = r->ops.at[k];
    RegionInfo *info = op_data(j->e, op)->region;
    bool falls[2];
    for (int t = 0; t < 2; t++) {
        int known = j->known_trail.n;
        set_known(j, op->in[0], t == 0);
        thread_region(j, op->regions[t]);
        if (info[t].end == JUMP_NONE)
            try_jump(j, op->regions[t]);
        falls[t] = info[t].end == JUMP_NONE;
        forget_known(j, known);
    }
    if (falls[0] && falls[1]) {
        same_constants(j, op);
        return 0;
    }
    if (!falls[0] && !falls[1])
        return -1;
    Region *other = op->regions[falls[0] ? 0 : 1];
    int n = other->ops.n;
    put_in_line(j, r, k, other);
    set_known(j, op->in[0], falls[0]);
    op->n_out = 0;
    op->n_in = 1;
    return n;
}

// The value that carried flag i of a loop has all the time; NULL if it changes.
static Value *constant_carried(Jumps *j, const Op *op, int i)
{
    Value *init = rewrite_get(&j->to, op->in[loop_first_init(op) + i]), *arg = loop_arg(op, i);
    bool is, other;
    if (!is_bool(init, &is))
        return NULL;
    const OpData *data = op_data(j->e, op);
    const Region *body = op->regions[0];
    bool falls = region_info(j->e, body)->end == JUMP_NONE;
    for (int k = falls ? -1 : 0; k < data->jumps.n; k++) {
        Value *v = rewrite_get(&j->to, k < 0 ? loop_yield(op, i) : data->jumps.at[k]->yields.at[i]);
        if (v != arg && !(is_bool(v, &other) && other == is))
            return NULL;
    }
    return is ? j->yes : j->no;
}

// Flags that never change once their changing has become a jump. Gives whether there are any.
static bool find_constant_carried(Jumps *j, Op *op)
{
    bool any = false;
    for (int i = 0; i < loop_n_carried(op); i++) {
        Value *arg = loop_arg(op, i);
        Value *is = rewrite_get(&j->to, arg) == arg ? constant_carried(j, op, i) : NULL;
        if (!is)
            continue;
        any = true;
        rewrite_to(&j->to, arg, is);
        rewrite_to(&j->to, op->out[i], is);
        if (op->n_regions > 1 && op->regions[1])
            rewrite_to(&j->to, op->regions[1]->args.at[i], is);
    }
    return any;
}

// Takes away an exit flag that is never true, or never looked at.
static void drop_exit(Jumps *j, Op *op)
{
    Region *body = op->regions[0];
    bool exits, falls = region_info(j->e, body)->end == JUMP_NONE;
    if (op->has_exit && falls && is_bool(rewrite_get(&j->to, body->yields.at[0]), &exits) && !exits) {
        memmove(body->yields.at, body->yields.at + 1, sizeof(Value *) * (size_t)(body->yields.n - 1));
        body->yields.n--;
        op->has_exit = false;
    }
    op->has_exit = op->has_exit && falls;
}

// Gives whether the loop ever ends otherwise than by a return.
static bool thread_loop(Jumps *j, Op *op)
{
    thread_region(j, op->regions[0]);
    if (find_constant_carried(j, op))
        thread_region(j, op->regions[0]);
    drop_exit(j, op);
    bool ends = op->counted || op->has_exit || (op->n_regions > 1 && op->regions[1]);
    const OpData *data = op_data(j->e, op);
    for (int i = 0; i < data->jumps.n; i++)
        ends = ends || region_info(j->e, data->jumps.at[i])->end == JUMP_BREAK;
    return ends;
}

// Nothing after op k of r is reached.
static void cut(Jumps *j, Region *r, int k)
{
    r->ops.n = k + 1;
    r->yields.n = 0;
    region_info(j->e, r)->end = JUMP_STUCK;
}

static void thread_ops(Jumps *j, Region *r)
{
    for (int k = 0; k < r->ops.n; k++) {
        Op *op = r->ops.at[k];
        bool c;
        op_data(j->e, op)->index = k;
        if (op->code == OP_if && is_bool(value_here(j, op->in[0]), &c)) {
            put_in_line(j, r, k, op->regions[c ? 0 : 1]);
            memmove(r->ops.at + k, r->ops.at + k + 1, sizeof(Op *) * (size_t)(r->ops.n - k - 1));
            r->ops.n--;
            k--;
        } else if (op->code == OP_if) {
            int n = thread_if(j, r, k);
            if (n < 0) {
                op->n_out = 0;
                op->n_in = 1;
                cut(j, r, k);
                return;
            }
            k += n;
        } else if (op->code == OP_loop) {
            if (!thread_loop(j, op)) {
                cut(j, r, k);
                return;
            }
        } else if (op->code == OP_within) {
            thread_region(j, op->regions[0]);
        }
    }
}

// Yields that are known at the end are constants.
static void thread_region(Jumps *j, Region *r)
{
    int known = j->known_trail.n;
    thread_ops(j, r);
    for (int i = 0; i < r->yields.n; i++)
        if (type_is_scalar(r->yields.at[i]->type))
            r->yields.at[i] = value_here(j, r->yields.at[i]);
    forget_known(j, known);
}

static void index_region(Emit *e, Region *r)
{
    for (int k = 0; k < r->ops.n; k++) {
        Op *op = r->ops.at[k];
        op_data(e, op)->index = k;
        for (int i = 0; i < op->n_regions; i++)
            if (op->regions[i])
                index_region(e, op->regions[i]);
    }
}

void emit_jumps(Emit *e)
{
    copy_func(e);
    Region *body = e->f->body;
    OpList arms = emit_choices(e);
    number_region(body, &e->n_ops);
    e->ops = NEW_N(e->arena, OpData, e->n_ops + 1);
    for (int i = 0; i < arms.n; i++)
        op_data(e, arms.at[i])->in_arm = true;
    Jumps j = {.e = e, .a = e->arena, .to = rewrite_of(e->f)};
    j.no = body->ops.at[0]->out[0];
    j.yes = body->ops.at[1]->out[0];
    j.unknown = body->ops.at[2]->out[0];
    j.now = NEW_N(e->arena, Value *, e->f->n_values);
    j.known = NEW_N(e->arena, Value *, e->f->n_values);
    thread_region(&j, body);
    rewrite_apply(&j.to);
    index_region(e, body);
}
