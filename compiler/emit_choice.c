// emit_choice.c — branches that stand for expressions become operators again.
//
// In: the copy of a function that is about to be printed. Out: in it, each small `if choice` without effects is a
// select, an `and` or an `or` in the region around it, behind the ops of its arms:
//
//     %c = if choice %p {                        %v = load %x[%i]
//         %v = load %x[%i]                       %t = gt %v, 0.0
//         %t = gt %v, 0.0                        %c = and %p, %t            i < n && x[i] > 0.0
//         yield %t
//     } else { yield false }
//
// C evaluates the right side of && and the arms of ?: only where they are wanted, if they stand there: so every op of
// an arm has one use, and OpData.in_arm makes the plan fold it whatever else it thinks of. Arms that give a value a name
// of the user's, use one twice or are long stay branches.
#include "emit_internal.h"
#include "rewrite.h"

enum { MAX_ARMS = 16 }; // ops in both arms of one expression

typedef struct Choices {
    Emit *e;
    int *uses;   // by value
    OpList arms; // what has moved out of arms
} Choices;

// ---- how often is a value used ----

static void count_values(Choices *c, Value *const *v, int n)
{
    for (int i = 0; i < n; i++)
        c->uses[v[i]->id]++;
}

static void count_region(Choices *c, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        count_values(c, op->in, op->n_in);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                count_region(c, op->regions[k]);
    }
    count_values(c, r->yields.at, r->yields.n);
}

// ---- may it be an expression ----

static bool is_constant(const Op *op)
{
    return op->code == OP_const_real || op->code == OP_const_int || op->code == OP_const_bool ||
           op->code == OP_const_pos;
}

static bool is_expression(const Op *op)
{
    if (op->code == OP_call)
        return op->n_out == 1 && op->callee->ret >= 0;
    return op_is_scalar(op->code) || op->code == OP_load;
}

// The number of ops of an arm that is one expression; more than MAX_ARMS if it is not.
static int arm_length(const Choices *c, const Region *arm)
{
    int n = 0;
    for (int i = 0; i < arm->ops.n && n <= MAX_ARMS; i++) {
        const Op *op = arm->ops.at[i];
        if (is_constant(op))
            continue;
        if (!is_expression(op) || c->uses[op->out[0]->id] != 1 || plan_has_user_name(op->out[0]))
            return MAX_ARMS + 1;
        n++;
    }
    const Value *v = arm->yields.at[0];
    return v->def && v->def->code == OP_undef ? MAX_ARMS + 1 : n;
}

static bool is_choice(const Choices *c, const Op *op)
{
    return op->code == OP_if && op->choice && op->n_in == 1 && op->n_out == 1 && type_is_scalar(op->out[0]->type) &&
           op->out[0]->type.elem != E_POS &&
           arm_length(c, op->regions[0]) + arm_length(c, op->regions[1]) <= MAX_ARMS;
}

// ---- making it one ----

static void take_arm(Choices *c, Region *to, Region *arm)
{
    for (int i = 0; i < arm->ops.n; i++) {
        vec_push(c->e->arena, &c->arms, arm->ops.at[i]);
        region_take(to, arm->ops.at[i]);
    }
}

static void become(Choices *c, Op *op, OpCode code, int n, Value *const *in)
{
    op->code = code;
    op->n_regions = 0;
    op->regions[0] = op->regions[1] = NULL;
    op->n_in = n;
    op->in = NEW_N(c->e->arena, Value *, n);
    for (int i = 0; i < n; i++)
        op->in[i] = in[i];
}

static bool is_bool(const Value *v, bool b)
{
    return v->def && v->def->code == OP_const_bool && (v->def->i != 0) == b;
}

static void make_operator(Choices *c, Op *op)
{
    static const OpCode selects[] = {[E_REAL] = OP_sel, [E_INT] = OP_isel, [E_BOOL] = OP_bsel};
    Value *cond = op->in[0], *yes = op->regions[0]->yields.at[0], *no = op->regions[1]->yields.at[0];
    if (is_bool(no, false))
        become(c, op, OP_and, 2, (Value *[]){cond, yes});
    else if (is_bool(yes, true))
        become(c, op, OP_or, 2, (Value *[]){cond, no});
    else
        become(c, op, selects[op->out[0]->type.elem], 3, (Value *[]){cond, yes, no});
}

static void visit_region(Choices *c, Region *r)
{
    int n = r->ops.n;
    Op **ops = r->ops.at;
    r->ops.at = NULL;
    r->ops.n = r->ops.cap = 0;
    for (int i = 0; i < n; i++) {
        Op *op = ops[i];
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                visit_region(c, op->regions[k]);
        if (is_choice(c, op)) {
            take_arm(c, r, op->regions[0]);
            take_arm(c, r, op->regions[1]);
            make_operator(c, op);
        }
        vec_push(c->e->arena, &r->ops, op);
    }
}

OpList emit_choices(Emit *e)
{
    Choices c = {.e = e, .uses = NEW_N(e->arena, int, e->f->n_values + 1)};
    count_region(&c, e->f->body);
    visit_region(&c, e->f->body);
    return c.arms;
}
