/* lstm.c - the eval `lstm`: objective, jacobian; hand: the adjoint written by hand. */
#include "lstm.ad.h"
#include "../hand/hand.h"
#include "protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    int l, c, b;
    size_t weights_count, extra_count;
    double *weights, *extra, *state, *sequence;
    double value, *bar; /* of the weights, then of the extra ones */
} Lstm;

static void *read_lstm(const json_t *input)
{
    Lstm *m = protocol_new(1, sizeof *m);
    m->l = (int)json_array_size(get(input, "main_params")) / 2;
    m->b = (int)json_array_size(json_array_get(get(input, "main_params"), 0)) / 4;
    m->c = (int)json_array_size(get(input, "sequence"));
    m->weights = get_reals(input, "main_params", &m->weights_count);
    m->extra = get_reals(input, "extra_params", &m->extra_count);
    m->state = get_reals(input, "state", NULL);
    m->sequence = get_reals(input, "sequence", NULL);
    m->bar = protocol_new(m->weights_count + m->extra_count, sizeof(double));
    return m;
}

static double value(void *data)
{
    const Lstm *m = data;
    return objective(m->l, m->c, m->b, m->weights, m->extra, m->state, m->sequence);
}

static void run_objective(void *data)
{
    ((Lstm *)data)->value = value(data);
}

static void run_jacobian(void *data)
{
    Lstm *m = data;
    m->value = gradient(m->l, m->c, m->b, m->weights, m->extra, m->state, m->sequence, m->bar, m->bar + m->weights_count);
}

static void run_hand(void *data)
{
    Lstm *m = data;
    m->value = hand_lstm(m->l, m->c, m->b, m->weights, m->extra, m->state, m->sequence, m->bar, m->bar + m->weights_count);
}

static void print_objective(const void *data)
{
    printf("%.17g", ((const Lstm *)data)->value);
}

static void print_jacobian(const void *data)
{
    const Lstm *m = data;
    print_reals(m->weights_count + m->extra_count, m->bar);
}

/* The adjoint by hand, which differences vouch for, against ours. */
static void check(void *data)
{
    Lstm *m = data;
    size_t count = m->weights_count + m->extra_count;
    double *hand = protocol_new(count, sizeof *hand), *slope = protocol_new(count, sizeof *slope);
    run_hand(m);
    double by_hand = m->value;
    memcpy(hand, m->bar, count * sizeof *hand);
    differences(value, m, m->weights_count, m->weights, slope);
    differences(value, m, m->extra_count, m->extra, slope + m->weights_count);
    check_close("hand-written", count, hand, slope, 1e-8);
    run_jacobian(m);
    check_close("value", 1, &m->value, &by_hand, 1e-12);
    check_close("jacobian", count, m->bar, hand, 1e-11);
    run_objective(m);
    check_close("objective", 1, &m->value, &by_hand, 1e-12);
    free(hand);
    free(slope);
}

int main(int argc, char **argv)
{
    static const Function functions[] = {{"objective", run_objective, print_objective, false},
                                         {"jacobian", run_jacobian, print_jacobian, false},
                                         {"hand", run_hand, print_jacobian, false},
                                         {"check", check, print_ok, true},
                                         {0}};
    return protocol_main(argc, argv, read_lstm, functions);
}
