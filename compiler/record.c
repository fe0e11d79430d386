// record.c — a record: the forward sweep as one function, the reverse sweep as another, and between them nothing but a tape.
//
// In: the two halves that a `derive r = record(f, x)` asks for, with their signatures. Out: their bodies, and the tapes as parameters of both:
// being written in the forward half, frozen in the reverse half. emit_record.c makes one `adrt_tape *` of them.
//
//     func @r_forward(%n, %x, %int_tape: buf int inout, %real_tape: buf real inout) -> (..)    forward sweep, which first puts n and x
//     func @r_reverse(%y_bar, %x_bar: inout, %int_tape: int[1], %real_tape: real[1]) -> (..)   n and x from the tape; reverse sweep
//
// It is the pair f_fwd, f_rev of vjp.c with the signature of a joint function: seeds and adjoints are those of `vjp`. The plan (PLAN_RECORD)
// puts what the reverse asks of f's arguments at the front of the tapes.
#include "vjp.h"

// Adds the tapes of the mask to a half of a record.
static void add_tapes(Func *half, unsigned mask, Role role, bool frozen)
{
    static const char *const names[N_TAPES] = {"real_tape", "int_tape", "bool_tape", "pos_tape", "bit_tape"};
    Type ret = half->ret_type;
    bool returns = half->ret >= 0;
    half->ret = -1;                                             // it comes after the tapes, and so is added once more
    for (int e = 0; e < N_TAPES; e++)
        if (mask & (1u << e)) {
            Type type = frozen ? type_array((Elem)e, 1) : type_buf((Elem)e);
            func_param(half, func_fresh_param(half, names[e]), role, type, P_TAPE, -1);
        }
    if (returns)
        func_set_ret(half, ret);
}

// Calls visit for each tape of a half.
typedef void TapeVisit(Gen *g, Builder *b, int elem, Value *arg);

static void each_tape(Gen *g, Builder *b, const Func *half, TapeVisit *visit)
{
    for (int i = 0; i < half->params.n; i++)
        if (half->params.at[i].kind == P_TAPE)
            visit(g, b, half->params.at[i].type.elem, half->body->args.at[half->params.at[i].arg]);
}

static void write_tape(Gen *g, Builder *b, int elem, Value *arg)
{
    (void)b;
    g->buf[elem] = arg;
}

static void read_tape(Gen *g, Builder *b, int elem, Value *arg)
{
    g->tape[elem] = b_shape(b, arg, 0, NULL);
    g->pos[elem] = b_len(b, g->tape[elem]);
    g->pos[elem]->name = pos_names[elem];
}

static void build_forward(DeriveCtx *c, Arena *a, const Plan *plan, Func *d)
{
    Gen *g = gen_new(c, a, plan);
    const Func *f = plan->f;
    Builder b = builder_at(d, d->body, true);
    Value **y = NEW_N(a, Value *, func_n_results(d) + 1);
    for (int i = 0; i < f->body->args.n; i++)
        g->fwd[f->body->args.at[i]->id] = d->body->args.at[i];
    each_tape(g, &b, d, write_tape);
    vjp_forward(g, &b, f->body, 0, f->body->ops.n);
    for (int i = 0; i < d->params.n; i++) {
        const Param *p = &d->params.at[i];
        if (p->result >= 0)
            y[p->result] = p->kind == P_TAPE ? g->buf[p->type.elem] : g->fwd[f->body->yields.at[p->result]->id];
    }
    if (d->ret >= 0)
        y[d->ret] = g->fwd[f->body->yields.at[f->ret]->id];
    ir_yield(&b, func_n_results(d), y);
}

static void build_reverse(DeriveCtx *c, Arena *a, const Plan *plan, Func *d)
{
    Gen *g = gen_new(c, a, plan);
    Builder b = builder_at(d, d->body, true);
    Value **bound = NEW_N(a, Value *, d->params.n + 1), **y = NEW_N(a, Value *, func_n_results(d) + 1);
    each_tape(g, &b, d, read_tape);
    vjp_have_values(g, &b, plan->f->body);
    for (int i = 0; i < d->params.n; i++)
        if (d->params.at[i].kind == P_BAR)
            vjp_seed(g, &b, d, &d->params.at[i], &bound[i]);
    vjp_reverse(g, &b, plan->f->body);
    b.loc = (IrLoc){0};
    for (int i = 0; i < d->params.n; i++)
        if (d->params.at[i].result >= 0)
            y[d->params.at[i].result] = vjp_bar_result(g, &b, d, &d->params.at[i], bound[i]);
    ir_yield(&b, func_n_results(d), y);
}

void record_derived(DeriveCtx *c, Func *forward)
{
    Arena *a = arena_new();
    Func *reverse = forward->pair;
    Func *f = vjp_primal(c, forward);
    Plan *plan = f ? vjp_plan(c, a, f, forward, PLAN_RECORD) : NULL;
    if (plan && !c->errors) {
        derive_planned(c, forward, plan);
        add_tapes(forward, plan->mask, ROLE_INOUT, false);
        add_tapes(reverse, plan->mask, ROLE_IN, true);
        build_forward(c, a, plan, forward);
        build_reverse(c, a, plan, reverse);
        vjp_finish_variants(c);
    }
    arena_free(a);
}
