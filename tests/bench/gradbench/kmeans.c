/* kmeans.c - the eval `kmeans`: cost, dir. */
#include "kmeans.ad.h"
#include "protocol.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    int n, k, d;
    double *points, *centroids, value, *dir;
} Kmeans;

static void *read_kmeans(const json_t *input)
{
    Kmeans *m = protocol_new(1, sizeof *m);
    m->n = (int)json_array_size(get(input, "points"));
    m->k = (int)json_array_size(get(input, "centroids"));
    m->d = (int)json_array_size(json_array_get(get(input, "points"), 0));
    m->points = get_reals(input, "points", NULL);
    m->centroids = get_reals(input, "centroids", NULL);
    m->dir = protocol_new((size_t)m->k * (size_t)m->d, sizeof(double));
    return m;
}

static void run_cost(void *data)
{
    Kmeans *m = data;
    m->value = cost(m->n, m->k, m->d, m->points, m->centroids);
}

static void run_dir(void *data)
{
    const Kmeans *m = data;
    direction(m->n, m->k, m->d, m->points, m->centroids, m->dir);
}

static void print_cost(const void *data)
{
    printf("%.17g", ((const Kmeans *)data)->value);
}

static void print_dir(const void *data)
{
    const Kmeans *m = data;
    print_rows((size_t)m->k, (size_t)m->d, m->dir);
}

/* Half of the gradient is the sum of how far a centroid is from the points nearest to it; the mean of that is what is asked for. */
static void check(void *data)
{
    Kmeans *m = data;
    size_t n = (size_t)m->n, k = (size_t)m->k, d = (size_t)m->d;
    double *step = protocol_new(k * d, sizeof *step), *near = protocol_new(k, sizeof *near), total = 0.0;
    for (size_t i = 0; i < n; i++) {
        size_t best = 0;
        double least = INFINITY;
        for (size_t j = 0; j < k; j++) {
            double far = 0.0;
            for (size_t a = 0; a < d; a++)
                far += pow(m->points[i * d + a] - m->centroids[j * d + a], 2.0);
            if (far < least)
                best = j, least = far;
        }
        total += least;
        near[best] += 1.0;
        for (size_t a = 0; a < d; a++)
            step[best * d + a] += m->centroids[best * d + a] - m->points[i * d + a];
    }
    double *bar = protocol_new(k * d, sizeof *bar);
    cost_grad(m->n, m->k, m->d, m->points, m->centroids, bar);
    for (size_t j = 0; j < k * d; j++)
        bar[j] *= 0.5;
    check_close("gradient", k * d, bar, step, 1e-12);
    for (size_t j = 0; j < k * d; j++)
        step[j] /= near[j / d];
    run_cost(m);
    check_close("cost", 1, &m->value, &total, 1e-13);
    run_dir(m);
    check_close("dir", k * d, m->dir, step, 1e-12);
    free(step);
    free(near);
    free(bar);
}

int main(int argc, char **argv)
{
    static const Function functions[] = {
        {"cost", run_cost, print_cost, false}, {"dir", run_dir, print_dir, false}, {"check", check, print_ok, true}, {0}};
    return protocol_main(argc, argv, read_kmeans, functions);
}
