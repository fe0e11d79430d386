/* ode.c - the eval `ode`: primal, gradient (of the last y); hand: the adjoint written by hand. */
#include "ode.ad.h"
#include "../hand/hand.h"
#include "protocol.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    int n, s;
    double *x, *y, *x_bar, *y_bar;
} Ode;

static void *read_ode(const json_t *input)
{
    Ode *o = protocol_new(1, sizeof *o);
    size_t n;
    o->s = get_int(input, "s");
    o->x = get_reals(input, "x", &n);
    o->n = (int)n;
    o->y = protocol_new(n, sizeof(double));
    o->x_bar = protocol_new(n, sizeof(double));
    o->y_bar = protocol_new(n, sizeof(double));
    o->y_bar[n - 1] = 1.0;
    return o;
}

static void run_primal(void *data)
{
    const Ode *o = data;
    primal(o->n, o->s, o->x, o->y);
}

static void run_gradient(void *data)
{
    const Ode *o = data;
    memset(o->x_bar, 0, (size_t)o->n * sizeof *o->x_bar);
    primal_vjp(o->n, o->s, o->x, o->y, o->x_bar, o->y_bar);
}

static void run_hand(void *data)
{
    const Ode *o = data;
    hand_ode(o->n, o->s, o->x, o->y, o->y_bar, o->x_bar);
}

static void print_primal(const void *data)
{
    const Ode *o = data;
    print_reals((size_t)o->n, o->y);
}

static void print_gradient(const void *data)
{
    const Ode *o = data;
    print_reals((size_t)o->n, o->x_bar);
}

static double seeded(void *data)
{
    const Ode *o = data;
    double sum = 0.0;
    run_primal(data);
    for (int i = 0; i < o->n; i++)
        sum += o->y_bar[i] * o->y[i];
    return sum;
}

/* The solution, whose first four components the method has exactly, and, for a seed on all of y, the adjoint by hand, which
 * differences vouch for, against ours. */
static void check(void *data)
{
    Ode *o = data;
    size_t n = (size_t)o->n, exact = n < 4 ? n : 4;
    double solution[4], product = 1.0, *slope = protocol_new(n, sizeof *slope), *hand = protocol_new(n, sizeof *hand);
    for (size_t i = 0; i < exact; i++)
        solution[i] = product *= 2.0 * o->x[i] / (double)(i + 1);
    run_primal(o);
    check_close("primal", exact, o->y, solution, 1e-13);
    memcpy(slope, o->y, n * sizeof *slope);
    for (size_t i = 0; i < n; i++)
        o->y_bar[i] = 1.0 + (double)(i % 3);
    run_hand(o);
    check_close("hand-written values", n, o->y, slope, 1e-13);
    memcpy(hand, o->x_bar, n * sizeof *hand);
    differences(seeded, o, n, o->x, slope);
    check_close("hand-written", n, hand, slope, 1e-9);
    run_gradient(o);
    check_close("gradient", n, o->x_bar, hand, 1e-12);
    free(hand);
    free(slope);
}

int main(int argc, char **argv)
{
    static const Function functions[] = {{"primal", run_primal, print_primal, false},
                                         {"gradient", run_gradient, print_gradient, false},
                                         {"hand", run_hand, print_gradient, false},
                                         {"check", check, print_ok, true},
                                         {0}};
    return protocol_main(argc, argv, read_ode, functions);
}
