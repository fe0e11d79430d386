// lanes.c — a function for several directions at a time, the direction being the innermost, unit-stride dimension of what differs.
//
// In: a function, and which of its arguments are in lanes: an array of these has one more, last dimension W, a scalar is a real[W]. Out: the
// function in which what depends on them is in lanes and everything else stays as it was, so the primal is computed once for all lanes.
//
//     %v = load %x[%i]                               %v = load %x[%i]                                   double v = x[i];
//     %c = cos %v                                    %c = cos %v                                        double c = cos(v);
//     %d = load %x_dot[%i]             ->            %y_dot2 = loop %lane = 0 to W (%y_dot1) {          for (int lane = 0; lane < 8; lane++)
//     %e = mul %d, %c                                    %d = load %x_dot[%i, %lane]                        y_dot[i][lane] =
//     %y_dot2 = store %y_dot1[%i], %e                    %e = mul %d, %c                                        x_dot[i][lane] * c;
//                                                        store; yield }
//
// The idea: consecutive scalar ops, loads and stores in lanes are a *group*, which becomes one loop over the lanes, where their values are
// scalars again. Ops that are not in lanes read nothing that is, so they go before the group that is open. A value that is used outside of its
// group has a *home*, a real[W], which the loop writes; what an if, a loop or a call takes or gives is in a home as well, and a carried scalar
// is a carried array. Whole-array ops do their work on arrays with one more dimension.
//
// An op that does not know lanes is done for each lane on copies of that lane's elements. lanes_flow.c says what is in lanes, lanes_group.c has
// groups and homes, lanes_array.c whole-array ops; here are functions, calls, and ops with regions.
#include "lanes_internal.h"
#include "opt.h"
#include "rewrite.h"

#include <assert.h>
#include <string.h>

// ---- ops with regions ----

static void emit_ops(LaneGen *g, Builder *b, const Region *r);

static void add(const LaneGen *g, LaneValues *list, Value *v)
{
    vec_push(g->a, list, v);
}

// Ends region r of f, which is written at b: scalars in lanes go into the homes `to`, in the order of the yields; these get the versions after
// that. yields [from, end) are looked at.
static void move_out(LaneGen *g, Builder *b, const Region *r, int from, int end, Value **homes)
{
    LaneMove *moves = NEW_N(g->a, LaneMove, end - from + 1);
    int n = 0;
    for (int i = from; i < end; i++) {
        Value *y = r->yields.at[i], *there = lane_is_on(g, y) ? g->home[y->id] : NULL;
        if (!homes[i])
            continue;
        homes[i] = map_get(g->latest, homes[i]->root);
        bool undefined = y->def && y->def->code == OP_undef;
        if (there != homes[i] && !undefined)
            moves[n++] = (LaneMove){homes[i], y};
    }
    lane_flush(g, b, moves, n);
    n = 0;
    for (int i = from; i < end; i++)
        if (homes[i])
            homes[i] = map_get(g->latest, homes[i]->root);
}

// Ends region r of f, which is written at b. It yields n arrays; then what has a home, which is another array; then the other scalars.
static void yield_in_order(LaneGen *g, Builder *b, const Region *r, int n, Value **homes)
{
    LaneValues yields = {0};
    move_out(g, b, r, n, r->yields.n, homes);
    for (int i = 0; i < n; i++)
        add(g, &yields, lane_to(g, r->yields.at[i]));
    for (int i = n; i < r->yields.n; i++)
        if (homes[i])
            add(g, &yields, homes[i]);
    for (int i = n; i < r->yields.n; i++)
        if (!homes[i])
            add(g, &yields, lane_to(g, r->yields.at[i]));
    ir_yield(b, yields.n, yields.at);
}

// Notes what the results of op are in `new`, whose regions yield as above. Result i is yield i + shift.
static void take_results(LaneGen *g, const Op *op, int shift, int n, Value *const *homes, const Op *new)
{
    int k = 0;
    for (; k < n - shift; k++)
        lane_set(g, op->out[k], new->out[k]);
    for (int i = n; i < op->n_out + shift; i++)
        if (homes[i])
            lane_set_home(g, op->out[i - shift], new->out[k++]);
    for (int i = n; i < op->n_out + shift; i++)
        if (!homes[i]) {
            new->out[k]->name = op->out[i - shift]->name;
            lane_set(g, op->out[i - shift], new->out[k++]);
        }
}

// Result i of an if is a value from before it in one arm, and that is used nowhere else: then the result is in its home.
static Value *shared_home(LaneGen *g, Builder *b, const Op *op, int i, const LaneValues *taken)
{
    for (int arm = 0; arm < 2; arm++) {
        Value *y = op->regions[arm]->yields.at[i], *home = lane_is_on(g, y) ? g->home[y->id] : NULL;
        if (!home || home->region != b->at || ir_is_readonly(home) || map_get(g->latest, home->root) != home)
            continue;
        bool twice = false;
        for (int k = 0; k < taken->n; k++)
            twice |= taken->at[k] == home;
        if (!twice && uses_in(op->regions[0], y) + uses_in(op->regions[1], y) == g->uses[y->id])
            return home;
    }
    return NULL;
}

// What an if in lanes hands in, and where its results are.
typedef struct If {
    const Op *op;                                               // of f
    int n;                                                      // arrays that are handed in
    Value **homes;                                              // by result: of one in lanes, else NULL
    bool *shared;                                               // by result: its home is that of a value from before
} If;

// In an arm, what is yielded and has a shared home is where the arm was handed it.
static void enter_shared(LaneGen *g, const If *f, int i, Value *inside)
{
    for (int arm = 0; arm < 2; arm++) {
        Value *y = f->op->regions[arm]->yields.at[i];
        if (lane_is_on(g, y) && g->home[y->id] && g->home[y->id]->root == f->homes[i]->root)
            g->home[y->id] = inside;
    }
}

static void emit_arm(LaneGen *g, const If *f, const Region *r, Region *new)
{
    int n_out = f->op->n_out, k = f->n;
    Builder in = builder_at(g->g, new, true);
    Value **moved = NEW_N(g->a, Value *, n_out + 1);
    for (int i = 0; i < f->n; i++)
        lane_set(g, r->args.at[i], new->args.at[i]);
    for (int i = f->n; i < n_out; i++)
        if (f->homes[i]) {
            moved[i] = new->args.at[k++];
            lane_bind_home(g, moved[i]);
            if (f->shared[i])
                enter_shared(g, f, i, moved[i]);
        }
    emit_ops(g, &in, r);
    yield_in_order(g, &in, r, f->n, moved);
}

// The home of result i of an if. Where an arm leaves it undefined it begins as zeros: whoever looks at it in vain, as the copy behind an
// if around this one does, reads an element and not an undefined variable.
static Value *home_of_result(LaneGen *g, Builder *b, const Op *op, int i)
{
    bool undefined = false;
    for (int arm = 0; arm < 2; arm++) {
        const Value *y = op->regions[arm]->yields.at[i];
        undefined |= y->def && y->def->code == OP_undef;
    }
    Value *n = lane_width(g, b);
    return b_new(b, E_REAL, 1, &n, undefined, op->out[i]->name);
}

static void emit_if(LaneGen *g, Builder *b, const Op *op)
{
    LaneValues arrays = {0};
    If f = {op, op->n_in - 1, NEW_N(g->a, Value *, op->n_out + 1), NEW_N(g->a, bool, op->n_out + 1)};
    for (int i = 0; i < f.n; i++)
        add(g, &arrays, lane_to(g, op->in[1 + i]));
    for (int i = f.n; i < op->n_out; i++) {
        if (!lane_is_on(g, op->out[i]))
            continue;
        Value *shared = shared_home(g, b, op, i, &arrays);
        f.shared[i] = shared != NULL;
        f.homes[i] = shared ? shared : home_of_result(g, b, op, i);
        add(g, &arrays, f.homes[i]);
    }
    Op *new = b_if(b, lane_to(g, op->in[0]), arrays.n, arrays.at);
    for (int arm = 0; arm < 2; arm++)
        emit_arm(g, &f, op->regions[arm], new->regions[arm]);
    b_if_end(new);
    take_results(g, op, 0, f.n, f.homes, new);
}

static void emit_head(LaneGen *g, const Op *op, Op *new)
{
    const Region *head = op->regions[1];
    Region *at = b_loop_head(new);
    Builder b = builder_at(g->g, at, true);
    for (int k = 0; k < head->args.n; k++)
        g->map[head->args.at[k]->id] = at->args.at[k];
    for (int i = 0; i < head->ops.n; i++)
        if (!head->ops.at[i]->mark)
            ir_clone_op(&b, head->ops.at[i], g->map);
    Value *again = lane_to(g, head->yields.at[0]);
    ir_yield(&b, 1, &again);
}

static void emit_loop(LaneGen *g, Builder *b, const Op *op)
{
    int n = loop_n_carried(op), first = loop_first_init(op);
    const Region *r = op->regions[0];
    Value **before = NEW_N(g->a, Value *, first + 1), **init = NEW_N(g->a, Value *, n + 1), **homes = NEW_N(g->a, Value *, n + 2);
    for (int k = 0; k < first; k++)
        before[k] = lane_to(g, op->in[k]);
    for (int k = 0; k < n; k++) {
        Value *x = op->in[first + k];
        init[k] = lane_is_on(g, op->out[k]) && !type_is_linear(x->type) ? lane_take_home(g, b, x) : lane_to(g, x);
    }
    Op *new = b_loop_like(b, op, before, n, init);
    if (op->counted) {
        g->map[loop_index(op)->id] = loop_index(new);
        loop_index(new)->name = loop_index(op)->name;
    }
    if (op->n_regions > 1 && op->regions[1])
        emit_head(g, op, new);
    for (int k = 0; k < n; k++) {
        Value *x = loop_arg(op, k), *y = loop_arg(new, k);
        y->name = x->name;
        if (lane_is_on(g, x) && !type_is_linear(x->type)) {
            lane_set_home(g, x, y);
            homes[op->has_exit + k] = y;
            new->trips = TRIPS_IN_ORDER;                        // its trips share an array now
        } else {
            g->map[x->id] = y;
        }
    }
    Builder in = builder_at(g->g, new->regions[0], b->fold);
    emit_ops(g, &in, r);
    move_out(g, &in, r, op->has_exit, r->yields.n, homes);
    LaneValues yields = {0};
    for (int i = 0; i < r->yields.n; i++)
        add(g, &yields, homes[i] ? homes[i] : lane_to(g, r->yields.at[i]));
    ir_yield(&in, yields.n, yields.at);
    for (int k = 0; k < n; k++) {
        new->out[k]->name = op->out[k]->name;
        if (lane_is_on(g, op->out[k]) && !type_is_linear(op->out[k]->type))
            lane_set_home(g, op->out[k], new->out[k]);
        else
            g->map[op->out[k]->id] = new->out[k];
    }
    g->map[loop_trips(op)->id] = loop_trips(new);
}

// The paths of a within and their operands, as they are in lanes.
static Path *lane_paths(LaneGen *g, Builder *b, const Op *op, LaneValues *operands)
{
    Path *paths = NEW_N(g->a, Path, op->n_paths);
    bool lanes = lane_is_on(g, op->in[0]);
    for (int i = 0, at = 1; i < op->n_paths; i++) {
        int n = path_n_operands(&op->paths[i]);
        paths[i] = lanes ? lane_path(g, b, op->in[0], &op->paths[i], op->in + at, operands) : op->paths[i];
        for (int k = 0; k < n && !lanes; k++)
            add(g, operands, lane_to(g, op->in[at + k]));
        at += n;
    }
    return paths;
}

static void emit_within(LaneGen *g, Builder *b, const Op *op)
{
    int slots = op->n_paths, before = slots + op->n_extra, first_extra = op->n_in - op->n_extra;
    const Region *r = op->regions[0];
    LaneValues operands = {0}, extra = {0};
    Value **homes = NEW_N(g->a, Value *, r->yields.n + 1);
    Path *paths = lane_paths(g, b, op, &operands);
    for (int i = 0; i < op->n_extra; i++)
        add(g, &extra, lane_to(g, op->in[first_extra + i]));
    for (int i = before; i < r->yields.n; i++)
        if (lane_is_on(g, r->yields.at[i]))
            add(g, &extra, homes[i] = lane_new_home(g, b, r->yields.at[i]->name));
    Op *new = b_within(b, lane_to(g, op->in[0]), slots, paths, operands.n, operands.at, extra.n, extra.at);
    Region *body = new->regions[0];
    for (int i = 0; i < before; i++)
        lane_set(g, r->args.at[i], body->args.at[i]);
    for (int i = before, k = before; i < r->yields.n; i++)
        if (homes[i])
            lane_bind_home(g, homes[i] = body->args.at[k++]);
    Builder in = builder_at(g->g, body, b->fold);
    emit_ops(g, &in, r);
    yield_in_order(g, &in, r, before, homes);
    b_within_end(new);
    take_results(g, op, slots - 1, before, homes, new);
}

// ---- calls ----

static void make_signature(DeriveCtx *c, LaneVariant *v);

static void call_lanes(LaneGen *g, Builder *b, const Op *op, LaneVariant *callee)
{
    const Lanes *l = &callee->lanes;
    make_signature(g->c, callee);
    Value **args = NEW_N(g->a, Value *, l->g->body->args.n + 1);
    for (int k = 0; k < op->n_in; k++) {
        Value *x = op->in[k];
        bool both = !type_is_linear(x->type) && callee->args[k];
        const Param *p = &l->g->params.at[0];
        for (int i = 0; i < l->g->params.n; i++)
            if (l->g->params.at[i].arg == l->arg_of_arg[k])
                p = &l->g->params.at[i];
        args[l->arg_of_arg[k]] = !both ? lane_to(g, x) : p->role == ROLE_IN ? lane_in_home(g, b, x) : lane_take_home(g, b, x);
    }
    for (int r = 0; r < op->n_out; r++)
        if (l->arg_of_result[r] >= 0)
            args[l->arg_of_result[r]] = lane_new_home(g, b, op->out[r]->name);
    Op *new = b_call(b, l->g, l->g->body->args.n, args);
    for (int r = 0; r < op->n_out; r++) {
        Value *made = new->out[l->result_of_result[r]];
        made->name = op->out[r]->name;
        if (callee->results[r] && !type_is_linear(op->out[r]->type))
            lane_set_home(g, op->out[r], made);
        else
            g->map[op->out[r]->id] = made;
    }
}

static void emit_call(LaneGen *g, Builder *b, const Op *op)
{
    LaneVariant *callee = op->callee == g->v->lanes.f && g->v->one_by_one ? NULL : lane_callee(g->c, g->v, op);
    if (callee && !callee->one_by_one)
        call_lanes(g, b, op, callee);
    else
        lane_one_by_one(g, b, op);
}

// ---- functions ----

static void whole_op(LaneGen *g, Builder *b, const Op *op)
{
    b->loc = op->loc;
    switch (op->code) {
    case OP_if: emit_if(g, b, op); return;
    case OP_loop: emit_loop(g, b, op); return;
    case OP_within: emit_within(g, b, op); return;
    case OP_call: emit_call(g, b, op); return;
    default: break;
    }
    Value *made = lane_array_op(g, b, op);
    if (made)
        lane_set(g, op->out[0], made);
    else
        lane_one_by_one(g, b, op);
}

static void emit_ops(LaneGen *g, Builder *b, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        if (g->c->errors)
            return;
        if (op->mark == 0) {
            ir_clone_op(b, op, g->map);
            continue;
        }
        bool other = g->group.n > 0 && g->group.at[0]->mark != op->mark;
        if (op->mark > 0 ? other : !lane_is_fresh(op))
            lane_flush(g, b, NULL, 0);
        if (op->mark > 0)
            vec_push(g->a, &g->group, op);
        else
            whole_op(g, b, op);
    }
}

// Is the raw argument a frozen tape? Its shape op says so.
static bool is_flat_arg(const Func *f, const Value *arg)
{
    const Op *shape = ir_shape_of(f, arg);
    return shape && lane_is_flat(shape->out[0]);
}

// An argument that is not in lanes stays; a scalar in lanes is an array. A result in lanes that has no argument gets one.
static void add_param(LaneVariant *v, const Param *p)
{
    Lanes *l = &v->lanes;
    Func *g = l->g;
    bool scalar = type_is_scalar(p->type), arg_on = p->arg >= 0 && v->args[p->arg], result_on = p->result >= 0 && v->results[p->result];
    bool flat = p->type.kind == K_BUF || (p->arg >= 0 && is_flat_arg(v->body, v->body->body->args.at[p->arg]));
    Type lanes = flat ? p->type : type_array(E_REAL, lane_rank(p->type));
    bool split = scalar && p->role == ROLE_INOUT && arg_on != result_on;
    Role role = split ? ROLE_IN : p->role;
    func_param(g, p->name, role, arg_on || (result_on && !split) ? lanes : p->type, P_INTERNAL, -1);
    const Param *made = &g->params.at[g->params.n - 1];
    if (p->arg >= 0)
        l->arg_of_arg[p->arg] = made->arg;
    if (split) {
        func_param(g, arena_printf(g->module->arena, "%s_out", p->name), ROLE_OUT, result_on ? lanes : p->type, P_INTERNAL, -1);
        made = &g->params.at[g->params.n - 1];
    }
    if (p->result >= 0) {
        l->result_of_result[p->result] = made->result;
        l->arg_of_result[p->result] = result_on && scalar && (split || p->role == ROLE_OUT) ? made->arg : -1;
    }
}

// What f is called without the digits that keep names apart: of a derivative that directions.c made, f_vjp.
static const char *plain_name(DeriveCtx *c, const Func *f)
{
    static const char *const suffix[] = {[TR_GRAD] = "grad", [TR_VJP] = "vjp", [TR_JVP] = "jvp"};
    bool made = !f->source_name && (f->transform == TR_GRAD || f->transform == TR_VJP || f->transform == TR_JVP);
    return made ? arena_printf(c->scratch, "%s_%s", plain_name(c, f->base), suffix[f->transform]) : f->name;
}

static void make_signature(DeriveCtx *c, LaneVariant *v)
{
    Lanes *l = &v->lanes;
    const Func *f = l->f;
    if (l->g)
        return;
    l->g = func_new(c->m, derive_fresh_name(c, plain_name(c, f), "_lanes"));
    l->g->is_static = true;
    l->g->loc = f->loc;
    l->g->no_inline = f->no_inline;
    l->arg_of_arg = NEW_N(c->scratch, int, f->body->args.n + 1);
    l->result_of_result = NEW_N(c->scratch, int, func_n_results(f) + 1);
    l->arg_of_result = NEW_N(c->scratch, int, func_n_results(f) + 1);
    for (int i = 0; i < f->params.n; i++)
        add_param(v, &f->params.at[i]);
    if (f->ret >= 0 && v->results[f->ret]) {
        Param p = {.name = "result", .role = ROLE_OUT, .type = f->ret_type, .arg = -1, .result = f->ret};
        add_param(v, &p);
    } else if (f->ret >= 0) {
        func_set_ret(l->g, f->ret_type);
        l->result_of_result[f->ret] = l->g->ret;
        l->arg_of_result[f->ret] = -1;
    }
    v->asked = true;
}

static void bind_params(LaneGen *g, Builder *b)
{
    const Lanes *l = &g->v->lanes;
    for (int k = 0; k < g->f->body->args.n; k++) {
        Value *x = g->f->body->args.at[k], *arg = g->g->body->args.at[l->arg_of_arg[k]];
        Value *n = lane_width(g, b);
        if (lane_is_on(g, x) && !type_is_linear(x->type))
            lane_set_home(g, x, b_shape(b, arg, 1, &n));
        else
            g->map[x->id] = arg;
    }
}

static void finish(LaneGen *g, Builder *b)
{
    const Lanes *l = &g->v->lanes;
    const Region *r = g->f->body;
    int n = r->yields.n;
    Value **homes = NEW_N(g->a, Value *, n + 1), **yields = NEW_N(g->a, Value *, n + 1);
    for (int i = 0; i < n; i++) {
        Value *y = r->yields.at[i];
        if (!g->v->results[i] || type_is_linear(y->type))
            continue;
        Value *width = lane_width(g, b);
        if (l->arg_of_result[i] >= 0)
            homes[i] = b_shape(b, g->g->body->args.at[l->arg_of_result[i]], 1, &width);
        else                                                    // an inout: its argument's
            for (int k = 0; k < g->g->params.n; k++)
                if (g->g->params.at[k].result == l->result_of_result[i])
                    homes[i] = ir_shape_of(g->g, g->g->body->args.at[g->g->params.at[k].arg])->out[0];
        if (!map_get(g->latest, homes[i]->root))
            lane_bind_home(g, homes[i]);
    }
    move_out(g, b, r, 0, n, homes);
    for (int i = 0; i < n; i++)
        yields[l->result_of_result[i]] = homes[i] ? homes[i] : lane_to(g, r->yields.at[i]);
    ir_yield(b, n, yields);
}

static void write_variant(DeriveCtx *c, LaneVariant *v)
{
    Arena *a = arena_new();
    int n = v->body->n_values + 1;
    LaneGen g = {.c = c, .a = a, .v = v, .f = v->body, .g = v->lanes.g, .width = v->lanes.width};
    g.map = NEW_N(a, Value *, n);
    g.home = NEW_N(a, Value *, n);
    g.escapes = NEW_N(a, bool, n);
    g.uses = NEW_N(a, int, n);
    g.latest = map_new(a);
    g.last_group = map_new(a);
    lane_number(&g);
    Builder b = builder_at(g.g, g.g->body, true);
    bind_params(&g, &b);
    emit_ops(&g, &b, g.f->body);
    if (!c->errors) {
        finish(&g, &b);
        opt_simplify(g.g);
        opt_dce(g.g);
    }
    arena_free(a);
}

// Writes all that were asked for; writing one may ask for more.
static void write_asked(DeriveCtx *c)
{
    LaneMemo *memo = lane_memo(c);
    for (int i = 0; i < memo->all.n && !c->errors; i++) {
        LaneVariant *v = memo->all.at[i];
        if (!v->asked || v->written)
            continue;
        v->written = true;
        write_variant(c, v);
        i = -1;
    }
}

const Lanes *lanes_of(DeriveCtx *c, Func *f, int width, const bool *in_lanes_of, const bool *out_lanes)
{
    LaneVariant *v = lane_variant(c, f, width, in_lanes_of, out_lanes);
    int n = func_n_results(f);
    if (!v->written) {
        lanes_solve(c);
        if (v->one_by_one || memcmp(v->results, out_lanes, sizeof *out_lanes * (size_t)n) != 0)
            lane_make_caller(c, v, out_lanes);
        make_signature(c, v);
        write_asked(c);
    }
    return c->errors ? NULL : &v->lanes;
}
