// vjp_checkpoint.c — the reverse of a loop that keeps few of its states.
//
// In: a loop that checkpoint.c found fit, in the reverse sweep, and what is had there: the state it started from, what its body looks at, the number of
// its trips. Out: for each trip, from the last to the first, the code that has its state again and runs it forwards and backwards.
//
//     @checkpoint(n) for (t..T) x = f(x, p);
//     ->  for (t..T) x = f(x, p);                                          forward sweep: nothing is kept
//         for (t..T, reversed) {
//             if (at[kept] > t) kept--;                                    the last state is behind us
//             x = kept > 0 ? states[kept - 1] : x at the start;
//             next = next_state(at[kept], t, room - kept);
//             for (j = at[kept]; j < t; j++) {
//                 if (j == next) { keep x as state of trip j; next = next_state(j, t, room - kept); }
//                 x = f(x, p);
//             }
//             y = f(x, p), and its reverse
//         }
//
// So at most n states are there at a time, the first among them, and besides them what one trip keeps. Of `@checkpoint(1)` only the first is left. next_state is in the runtime: it spaces the states
// so that trips run again as few times as possible (binomial checkpointing). It is asked anew in every trip, with the room that then is. The number of
// trips need not be known before the loop.
//
// Both loops have the attribute themselves: the reverse of this reverse keeps no more states.
#include "vjp.h"

// ---- before the reverse loop ----

// Room for states of `arg`. Where that may be a C local it begins at zero: gcc would say that it may be uninitialized.
static Value *new_states(Gen *g, Builder *b, Value *room, const Value *arg)
{
    Value *dims[IR_MAX_RANK] = {room};
    int rank = arg->type.kind == K_ARRAY ? arg->type.rank : 0;
    int64_t size;
    bool maybe_local = ir_is_int_const(room, &size);
    for (int k = 0; k < rank; k++) {
        dims[1 + k] = gen_had_dim(g, b, arg->root, k);
        maybe_local = maybe_local && ir_is_int_const(dims[1 + k], &size);
    }
    Type t = arg->type.kind == K_ARRAY ? type_like(arg->type, rank + 1) : type_array((Elem)arg->type.elem, 1);
    const char *name = arg->name ? arena_printf(b->f->module->arena, "%s_states", arg->name) : "states";
    return b_new_like(b, t, dims, maybe_local, name);
}

static Value *trips_of(Gen *g, Builder *b, const Op *loop)
{
    if (!loop->counted || loop->has_exit)
        return gen_had(g, b, loop_trips(loop));
    return b_trip_count(b, loop, gen_had(g, b, loop->in[0]), gen_had(g, b, loop->in[1]));
}

// For more states than the first.
static void make_room(Gen *g, Builder *b, States *s)
{
    Value *most = b_2(b, OP_imin, s->max, s->trips);
    most->name = "states";
    s->room = b_2(b, OP_isub, most, b_int(b, 1));
    s->room->name = "room";
    for (int k = 0; k < loop_n_carried(s->loop); k++) {
        if (!s->first[k])
            continue;
        s->kept[k] = new_states(g, b, s->room, loop_arg(s->loop, k));
        vec_push(g->a, &s->cells, &s->kept[k]);
    }
    s->at = b_new(b, E_INT, 1, &most, true, "kept_at");
    s->n = b_int(b, 0);
    s->n->name = "kept";
    vec_push(g->a, &s->cells, &s->at);
    vec_push(g->a, &s->cells, &s->n);
}

States *states_begin(Gen *g, Builder *b, const Op *loop)
{
    const OpPlan *o = op_plan(g->plan, loop);
    int n = loop_n_carried(loop);
    States *s = NEW(g->a, States);
    *s = (States){.loop = loop, .first = NEW_N(g->a, Value *, n + 1), .kept = NEW_N(g->a, Value *, n + 1)};
    for (int i = 0; i < o->outer.n; i++)
        g->fwd[o->outer.at[i]->id] = gen_had(g, b, o->outer.at[i]);
    s->trips = trips_of(g, b, loop);
    s->max = gen_had(g, b, loop_states(loop));
    for (int k = 0; k < n; k++)
        if (o->state[k])
            s->first[k] = gen_had(g, b, loop->in[loop_first_init(loop) + k]);
    int64_t one;
    if (!ir_is_int_const(s->max, &one) || one > 1)
        make_room(g, b, s);
    return s;
}

// ---- a state ----

static Value *minus_one(Builder *b, Value *v)
{
    return b_2(b, OP_isub, v, b_int(b, 1));
}

// The version of `array` whose element i, of one axis less, is x.
static Value *put_part(Builder *b, Value *array, Value *i, Value *x)
{
    Path path = {.n_idx = 1, .rank = array->type.rank - 1};
    Op *w = b_within(b, array, 1, &path, 1, &i, 0, NULL);
    Builder in = builder_at(b->f, w->regions[0], b->fold);
    Value *part = b_copy_to(&in, in.at->args.at[0], x);
    ir_yield(&in, 1, &part);
    b_within_end(w);
    return w->out[0];
}

static bool is_array(const Value *v)
{
    return type_is_linear(v->type);
}

// Fresh arrays, contents undefined, for those that the loop carries; NULL for the rest.
static Value **new_arrays(Gen *g, Builder *b, const Op *loop)
{
    int n = loop_n_carried(loop);
    Value **out = NEW_N(g->a, Value *, n + 1);
    for (int k = 0; k < n; k++) {
        const Value *arg = loop_arg(loop, k);
        Value *dims[IR_MAX_RANK];
        for (int i = 0; is_array(arg) && i < arg->type.rank; i++)
            dims[i] = gen_had_dim(g, b, arg->root, i);
        if (is_array(arg))
            out[k] = b_new_like(b, arg->type, dims, false, arg->name);
    }
    return out;
}

// The state that the loop started from: into the arrays of `now`, and scalars.
static void restore_first(Builder *b, const States *s, Value **now)
{
    for (int k = 0; k < loop_n_carried(s->loop); k++)
        if (s->first[k])
            now[k] = is_array(s->first[k]) ? b_copy_to(b, now[k], s->first[k]) : s->first[k];
}

// The last state kept, likewise.
static void restore(Gen *g, Builder *b, const States *s, Value **now)
{
    int n = loop_n_carried(s->loop), n_arrays = 0, m = 0;
    Value **arrays = NEW_N(g->a, Value *, n + 1);
    for (int k = 0; k < n; k++)
        if (s->first[k] && is_array(s->first[k]))
            arrays[n_arrays++] = now[k];
    Op *choice = b_if(b, b_2(b, OP_igt, s->n, b_int(b, 0)), n_arrays, arrays);
    for (int arm = 0; arm < 2; arm++) {
        Builder in = builder_at(b->f, choice->regions[arm], b->fold);
        Value **y = NEW_N(g->a, Value *, n + 1), **scalar = y + n_arrays, *last = arm == 0 ? minus_one(&in, s->n) : NULL;
        for (int k = 0, i = 0; k < n; k++) {
            if (!s->first[k])
                continue;
            if (is_array(s->first[k])) {
                Value *from = arm == 0 ? b_slice(&in, s->kept[k], 1, &last, NULL, NULL) : s->first[k];
                y[i] = b_copy_to(&in, in.at->args.at[i], from);
                i++;
            } else {
                *scalar++ = arm == 0 ? b_load(&in, s->kept[k], 1, &last) : s->first[k];
            }
        }
        ir_yield(&in, (int)(scalar - y), y);
    }
    b_if_end(choice);
    for (int k = 0; k < n; k++)
        if (s->first[k] && is_array(s->first[k]))
            now[k] = choice->out[m++];
    for (int k = 0; k < n; k++)
        if (s->first[k] && !is_array(s->first[k])) {
            now[k] = choice->out[m++];
            now[k]->name = loop_arg(s->loop, k)->name;
        }
}

// Keeps the state `now` of trip j.
static void keep_state(Builder *b, States *s, Value *j, Value *const *now)
{
    for (int k = 0; k < loop_n_carried(s->loop); k++) {
        if (!s->first[k])
            continue;
        s->kept[k] = is_array(now[k]) ? put_part(b, s->kept[k], s->n, now[k]) : b_store(b, s->kept[k], 1, &s->n, now[k]);
    }
    s->n = b_2(b, OP_iadd, s->n, b_int(b, 1));
    s->at = b_store(b, s->at, 1, &s->n, j);
}

static Value *next_state(Builder *b, const States *s, Value *from, Value *t)
{
    return b_3(b, OP_next_state, from, t, b_2(b, OP_isub, s->room, s->n));
}

// At trip j on the way to t: if j is *next, its state is kept.
static void keep_if_next(Gen *g, Builder *b, States *s, Value *j, Value *t, Value *const *now, Value **next)
{
    Value **before = NEW_N(g->a, Value *, s->cells.n + 1), **y = NEW_N(g->a, Value *, s->cells.n + 1);
    int n_arrays = s->cells.n - 1;                              // the last cell is the number of them
    cells_push(before, &s->cells);
    Op *choice = b_if(b, b_2(b, OP_ieq, j, *next), n_arrays, before);
    for (int arm = 0; arm < 2; arm++) {
        Builder in = builder_at(b->f, choice->regions[arm], b->fold);
        cells_set(&s->cells, before);
        for (int i = 0; i < n_arrays; i++)
            *s->cells.at[i] = in.at->args.at[i];
        Value *then = *next;
        if (arm == 0) {
            keep_state(&in, s, j, now);
            then = next_state(&in, s, j, t);
        }
        Value **end = cells_push(y, &s->cells);
        *end = then;
        ir_yield(&in, s->cells.n + 1, y);
    }
    b_if_end(choice);
    Value *const *rest = cells_set(&s->cells, choice->out);
    *next = *rest;
    s->n->name = "kept";
    (*next)->name = "next";
}

// ---- trips ----

// The index that the loop has on trip t.
static void have_index(Gen *g, Builder *b, const States *s, Value *t)
{
    const Op *loop = s->loop;
    if (!loop->counted)
        return;
    Value *steps = loop->reversed ? b_2(b, OP_isub, minus_one(b, s->trips), t) : t;
    Value *i = b_2(b, OP_iadd, gen_had(g, b, loop->in[0]), b_2(b, OP_imul, steps, b_int(b, loop->step)));
    if (!i->name)
        i->name = loop_index(loop)->name;
    g->fwd[loop_index(loop)->id] = i;
}

// The arrays of the trip are fresh ones, and so are their roots, by which a copy of an op finds its own.
static void bind_state(Gen *g, const States *s, Value *const *now)
{
    for (int k = 0; k < loop_n_carried(s->loop); k++) {
        const Value *arg = loop_arg(s->loop, k);
        g->fwd[arg->id] = now[k];
        if (is_array(arg))
            g->fwd[arg->root->id] = now[k]->root;
    }
}

// Runs the trips from that of the last state kept to t - 1. `now`, the state before the first of them, becomes that before t.
static void advance(Gen *g, Builder *b, States *s, Value *t, Value **now)
{
    const Op *loop = s->loop;
    const Region *body = loop->regions[0];
    int n = loop_n_carried(loop), m = s->cells.n;
    Value *from = s->room ? b_load(b, s->at, 1, &s->n) : b_int(b, 0), *next = s->room ? next_state(b, s, from, t) : NULL;
    Value **init = NEW_N(g->a, Value *, n + m + 2), **end = init;
    from->name = s->room ? "from" : NULL;
    for (int k = 0; k < n; k++)
        *end++ = now[k];
    end = cells_push(end, &s->cells);
    if (next)
        *end++ = next;
    Op *to = b_loop(b, from, t, 1, false, (int)(end - init), init);
    loop_keep_states(to, s->max);
    loop_index(to)->name = "j";
    Builder in = builder_at(b->f, to->regions[0], b->fold);
    Value *const *args = in.at->args.at + 1;
    cells_set(&s->cells, args + n);
    if (next) {
        next->name = "next";
        next = args[n + m];
        keep_if_next(g, &in, s, loop_index(to), t, args, &next);
    }
    bind_state(g, s, args);
    have_index(g, &in, s, loop_index(to));
    for (int i = 0; i < body->ops.n; i++)
        ir_clone_op(&in, body->ops.at[i], g->fwd);
    Value **y = NEW_N(g->a, Value *, n + m + 2);
    for (int k = 0; k < n; k++)
        y[k] = g->fwd[loop_yield(loop, k)->id];
    *cells_push(y + n, &s->cells) = next;
    ir_yield(&in, (int)(end - init), y);
    for (int k = 0; k < n; k++)
        now[k] = to->out[k];
    cells_set(&s->cells, to->out + n);
}

void states_trip(Gen *g, Builder *b, States *s, Value *t)
{
    int n = loop_n_carried(s->loop);
    Value **now = new_arrays(g, b, s->loop), **roots = NEW_N(g->a, Value *, n + 1);
    for (int k = 0; k < n; k++)
        roots[k] = is_array(loop_arg(s->loop, k)) ? g->fwd[loop_arg(s->loop, k)->root->id] : NULL;
    if (s->room) {
        Value *passed = b_2(b, OP_igt, b_load(b, s->at, 1, &s->n), t);
        s->n = b_3(b, OP_isel, passed, minus_one(b, s->n), s->n);
        restore(g, b, s, now);
    } else {
        restore_first(b, s, now);
    }
    advance(g, b, s, t, now);
    bind_state(g, s, now);
    have_index(g, b, s, t);
    vjp_there_and_back(g, b, s->loop->regions[0]);
    for (int k = 0; k < n; k++)
        if (is_array(loop_arg(s->loop, k)))
            g->fwd[loop_arg(s->loop, k)->root->id] = roots[k];
}
