/* llsq.c - the eval `llsq`: primal, gradient. */
#include "llsq.ad.h"
#include "protocol.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    int n, m;
    double *x, value, *bar;
} Llsq;

static void *read_llsq(const json_t *input)
{
    Llsq *q = protocol_new(1, sizeof *q);
    size_t m;
    q->n = get_int(input, "n");
    q->x = get_reals(input, "x", &m);
    q->m = (int)m;
    q->bar = protocol_new(m, sizeof(double));
    return q;
}

static double value(void *data)
{
    const Llsq *q = data;
    return primal(q->n, q->m, q->x);
}

static void run_primal(void *data)
{
    ((Llsq *)data)->value = value(data);
}

static void run_gradient(void *data)
{
    Llsq *q = data;
    q->value = gradient(q->n, q->m, q->x, q->bar);
}

static void print_primal(const void *data)
{
    printf("%.17g", ((const Llsq *)data)->value);
}

static void print_gradient(const void *data)
{
    const Llsq *q = data;
    print_reals((size_t)q->m, q->bar);
}

/* The sum once more, with pow for the powers, and differences. */
static void check(void *data)
{
    Llsq *q = data;
    size_t m = (size_t)q->m;
    double total = 0.0, *slope = protocol_new(m, sizeof *slope);
    for (int i = 0; i < q->n; i++) {
        double t = -1.0 + 2.0 * i / (q->n - 1), left = t > 0.0 ? 1.0 : t < 0.0 ? -1.0 : 0.0;
        for (int j = 0; j < q->m; j++)
            left -= q->x[j] * pow(t, j);
        total += 0.5 * left * left;
    }
    run_primal(q);
    check_close("primal", 1, &q->value, &total, 1e-12);
    run_gradient(q);
    check_close("value", 1, &q->value, &total, 1e-12);
    differences(value, q, m, q->x, slope);
    check_close("gradient", m, q->bar, slope, 1e-8);
    free(slope);
}

int main(int argc, char **argv)
{
    static const Function functions[] = {{"primal", run_primal, print_primal, false},
                                         {"gradient", run_gradient, print_gradient, false},
                                         {"check", check, print_ok, true},
                                         {0}};
    return protocol_main(argc, argv, read_llsq, functions);
}
