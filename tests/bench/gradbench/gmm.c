/* gmm.c - the eval `gmm`: objective, jacobian; hand: the adjoint written by hand. */
#include "gmm.ad.h"
#include "../hand/hand.h"
#include "protocol.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct {
    int d, k, n, m;
    size_t lower;
    double gamma, *alpha, *mu, *q, *l, *x;
    double value, *alpha_bar, *mu_bar, *q_bar, *l_bar;
} Gmm;

static void *read_gmm(const json_t *input)
{
    Gmm *g = protocol_new(1, sizeof *g);
    g->d = get_int(input, "d");
    g->k = get_int(input, "k");
    g->n = get_int(input, "n");
    g->m = get_int(input, "m");
    g->gamma = get_real(input, "gamma");
    g->alpha = get_reals(input, "alpha", NULL);
    g->mu = get_reals(input, "mu", NULL);
    g->q = get_reals(input, "q", NULL);
    g->l = get_reals(input, "l", NULL);
    g->x = get_reals(input, "x", NULL);
    size_t d = (size_t)g->d, k = (size_t)g->k;
    g->lower = d * (d - 1) / 2;
    g->alpha_bar = protocol_new(k, sizeof(double));
    g->mu_bar = protocol_new(k * d, sizeof(double));
    g->q_bar = protocol_new(k * d, sizeof(double));
    g->l_bar = protocol_new(k * g->lower, sizeof(double));
    return g;
}

static double value(void *data)
{
    const Gmm *g = data;
    return objective(g->d, g->k, g->n, g->alpha, g->mu, g->q, g->l, g->x, g->m, g->gamma);
}

static void run_objective(void *data)
{
    ((Gmm *)data)->value = value(data);
}

static void run_jacobian(void *data)
{
    Gmm *g = data;
    g->value = gradient(g->d, g->k, g->n, g->alpha, g->mu, g->q, g->l, g->x, g->m, g->gamma, g->alpha_bar, g->mu_bar,
                        g->q_bar, g->l_bar);
}

static void run_hand(void *data)
{
    Gmm *g = data;
    g->value = hand_gmm(g->d, g->k, g->n, g->alpha, g->mu, g->q, g->l, g->x, g->m, g->gamma, g->alpha_bar, g->mu_bar,
                        g->q_bar, g->l_bar);
}

static void print_objective(const void *data)
{
    printf("%.17g", ((const Gmm *)data)->value);
}

static void print_jacobian(const void *data)
{
    const Gmm *g = data;
    size_t k = (size_t)g->k, d = (size_t)g->d;
    printf("{\"alpha\": ");
    print_reals(k, g->alpha_bar);
    printf(", \"mu\": ");
    print_rows(k, d, g->mu_bar);
    printf(", \"q\": ");
    print_rows(k, d, g->q_bar);
    printf(", \"l\": ");
    print_rows(k, g->lower, g->l_bar);
    printf("}");
}

/* The adjoint by hand, which differences vouch for, against ours. */
static void check(void *data)
{
    Gmm ours = *(Gmm *)data, *hand = data;
    size_t k = (size_t)ours.k, kd = k * (size_t)ours.d, kl = k * ours.lower;
    double *part[] = {ours.alpha, ours.mu, ours.q, ours.l};
    double *bar[] = {hand->alpha_bar, hand->mu_bar, hand->q_bar, hand->l_bar};
    size_t count[] = {k, kd, kd, kl};
    run_hand(hand);
    for (int i = 0; i < 4; i++) {
        double *slope = protocol_new(count[i], sizeof *slope);
        differences(value, data, count[i], part[i], slope);
        check_close("hand-written", count[i], bar[i], slope, 1e-7);
        free(slope);
    }
    ours.alpha_bar = protocol_new(k, sizeof(double));
    ours.mu_bar = protocol_new(kd, sizeof(double));
    ours.q_bar = protocol_new(kd, sizeof(double));
    ours.l_bar = protocol_new(kl, sizeof(double));
    run_jacobian(&ours);
    check_close("value", 1, &ours.value, &hand->value, 1e-12);
    check_close("alpha", k, ours.alpha_bar, hand->alpha_bar, 1e-11);
    check_close("mu", kd, ours.mu_bar, hand->mu_bar, 1e-11);
    check_close("q", kd, ours.q_bar, hand->q_bar, 1e-11);
    check_close("l", kl, ours.l_bar, hand->l_bar, 1e-11);
    run_objective(&ours);
    check_close("objective", 1, &ours.value, &hand->value, 1e-12);
}

int main(int argc, char **argv)
{
    static const Function functions[] = {{"objective", run_objective, print_objective, false},
                                         {"jacobian", run_jacobian, print_jacobian, false},
                                         {"hand", run_hand, print_jacobian, false},
                                         {"check", check, print_ok, true},
                                         {0}};
    return protocol_main(argc, argv, read_gmm, functions);
}
