// opt_winner.c — the derivative of a running maximum of what a loop computes goes to one trip.
//
// In: a function about to be differentiated. Out: the same values; a loop that does nothing but find the greatest or least of what its trips compute is run
// for the place of it alone, and the trip that won is run once more.
//
//     real best = start;                                         int at = 0;
//     for (j = 0; j < k; j++)                                    real least = start;
//         best = min(best, distance(p, c[j]));       ->          for (j = 0; j < k; j++) {
//                                                                    real d = distance(p, c[j]);
//                                                                    if (d is less than least) at = j;
//                                                                    least = min(least, d);                          (stopped: no derivative)
//                                                                }
//                                                                real best = 0 < k ? min(start, distance(p, c[at])) : start;
//
// If no trip wins, `at` is the first one, which then loses again.
// So nothing is kept for the trips that lost, and none of them is reversed. Where the elements of an array are compared, opt_extreme.c has seen to it.
#include "opt.h"
#include "rewrite.h"

typedef struct Winner {
    Rewrite w;
    int *uses;                                                  // by value id; yields count
} Winner;

static OpCode first_of(OpCode code)
{
    switch (code) {
    case OP_max: return OP_max_first;
    case OP_min: return OP_min_first;
    case OP_fmax: return OP_fmax_first;
    case OP_fmin: return OP_fmin_first;
    default: return OP_COUNT;
    }
}

// The op that compares, if the loop does nothing else with what its trips compute.
static Op *comparison(const Winner *x, const Op *loop)
{
    if (loop->code != OP_loop || !loop->counted || loop->step != 1 || loop->reversed || loop->has_exit || loop->checkpoint ||
        loop_n_carried(loop) != 1 || x->uses[loop->out[0]->id] == 0)
        return NULL;
    const Region *body = loop->regions[0];
    const Value *arg = loop_arg(loop, 0), *y = loop_yield(loop, 0);
    Op *op = y->def;
    bool compares = op && op->parent == body && first_of(op->code) != OP_COUNT && op->in[0] == arg && op->in[1] != arg;
    bool computed = compares && op->in[1]->def && op->in[1]->def->code != OP_load;
    if (!computed || x->uses[arg->id] != 1 || x->uses[y->id] != 1 || !region_defines(body, op->in[1]) || op_has_effect(loop))
        return NULL;
    return op;
}

// The ops of the body but for the comparison, at b, with `index` for the loop's; gives what is compared.
static Value *run_trip(Builder *b, const Op *loop, const Op *compare, Value *index, Arena *a)
{
    const Region *body = loop->regions[0];
    Value **map = NEW_N(a, Value *, b->f->n_values + 1);
    map[loop_index(loop)->id] = index;
    for (int i = 0; i < body->ops.n; i++)
        if (body->ops.at[i] != compare)
            ir_clone_op(b, body->ops.at[i], map);
    Value *v = map[compare->in[1]->id];
    return v ? v : compare->in[1];
}

// The loop for the place: its results are that, or the first if none is better than what was there before, and the value.
static Op *find_place(Builder *b, const Op *loop, const Op *compare, Arena *a)
{
    Value *init[] = {loop->in[0], b_1(b, OP_stop, loop->in[loop_first_init(loop)])};
    Op *to = b_loop(b, loop->in[0], loop->in[1], 1, false, 2, init);
    Builder in = builder_at(b->f, to->regions[0], b->fold);
    in.loc = b->loc;
    loop_index(to)->name = loop_index(loop)->name;
    loop_arg(to, 0)->name = to->out[0]->name = "at";
    loop_arg(to, 1)->name = to->out[1]->name = loop->out[0]->name;
    Value *v = b_1(&in, OP_stop, run_trip(&in, loop, compare, loop_index(to), a));
    in.loc = compare->loc;
    Value *keeps = b_2(&in, first_of(compare->code), loop_arg(to, 1), v);
    Value *next[] = {b_3(&in, OP_isel, keeps, loop_arg(to, 0), loop_index(to)), b_2(&in, compare->code, loop_arg(to, 1), v)};
    ir_yield(&in, 2, next);
    return to;
}

// What the loop finds, from the trip that won.
static Value *run_winner(Builder *b, const Op *loop, const Op *compare, Value *at, Arena *a)
{
    Op *runs = b_if(b, b_2(b, OP_ilt, loop->in[0], loop->in[1]), 0, NULL);
    Builder in = builder_at(b->f, runs->regions[0], b->fold), none = builder_at(b->f, runs->regions[1], b->fold);
    in.loc = none.loc = b->loc;
    Value *init = loop->in[loop_first_init(loop)], *v = run_trip(&in, loop, compare, at, a);
    in.loc = compare->loc;
    v = b_2(&in, compare->code, init, v);
    ir_yield(&in, 1, &v);
    ir_yield(&none, 1, &init);
    b_if_end(runs);
    runs->out[0]->name = loop->out[0]->name;
    return runs->out[0];
}

static void visit(Winner *x, Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i], *compare = comparison(x, op);
        for (int k = 0; k < op->n_regions && !compare; k++)
            if (op->regions[k])
                visit(x, op->regions[k]);
        if (!compare)
            continue;
        Arena *a = arena_new();
        int n = r->ops.n;
        Builder b = builder_at(x->w.f, r, true);
        b.loc = op->loc;
        Op *to = find_place(&b, op, compare, a);
        rewrite_to(&x->w, op->out[0], run_winner(&b, op, compare, to->out[0], a));
        rewrite_to(&x->w, loop_trips(op), loop_trips(to));
        region_move_up(r, n, i + 1);
        i += r->ops.n - n;
        arena_free(a);
    }
}

void opt_winner(Func *f)
{
    Arena *a = arena_new();
    Winner x = {.w = rewrite_of(f), .uses = count_uses(a, f)};
    visit(&x, f->body);
    rewrite_apply(&x.w);
    arena_free(a);
}
