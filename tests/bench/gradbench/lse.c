/* lse.c - the eval `lse`: primal, gradient. */
#include "lse.ad.h"
#include "protocol.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    int n;
    double *x, value, *bar;
} Lse;

static void *read_lse(const json_t *input)
{
    Lse *e = protocol_new(1, sizeof *e);
    size_t n;
    e->x = get_reals(input, "x", &n);
    e->n = (int)n;
    e->bar = protocol_new(n, sizeof(double));
    return e;
}

static void run_primal(void *data)
{
    Lse *e = data;
    e->value = primal(e->n, e->x);
}

static void run_gradient(void *data)
{
    Lse *e = data;
    e->value = gradient(e->n, e->x, e->bar);
}

static void print_primal(const void *data)
{
    printf("%.17g", ((const Lse *)data)->value);
}

static void print_gradient(const void *data)
{
    const Lse *e = data;
    print_reals((size_t)e->n, e->bar);
}

/* The sum without a shift, in long double; the gradient is each term's share of it. */
static void check(void *data)
{
    Lse *e = data;
    size_t n = (size_t)e->n;
    long double sum = 0.0L;
    double *share = protocol_new(n, sizeof *share);
    for (size_t i = 0; i < n; i++)
        sum += expl(e->x[i]);
    for (size_t i = 0; i < n; i++)
        share[i] = (double)(expl(e->x[i]) / sum);
    double value = (double)logl(sum);
    run_primal(e);
    check_close("primal", 1, &e->value, &value, 1e-13);
    run_gradient(e);
    check_close("value", 1, &e->value, &value, 1e-13);
    check_close("gradient", n, e->bar, share, 1e-13);
    free(share);
}

int main(int argc, char **argv)
{
    static const Function functions[] = {{"primal", run_primal, print_primal, false},
                                         {"gradient", run_gradient, print_gradient, false},
                                         {"check", check, print_ok, true},
                                         {0}};
    return protocol_main(argc, argv, read_lse, functions);
}
