/* det.c - the eval `det`: primal, gradient. */
#include "det.ad.h"
#include "protocol.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    int n;
    double *a, value, *bar;
} Det;

static void *read_det(const json_t *input)
{
    Det *d = protocol_new(1, sizeof *d);
    d->n = get_int(input, "ell");
    d->a = get_reals(input, "A", NULL);
    d->bar = protocol_new((size_t)(d->n * d->n), sizeof(double));
    return d;
}

static double value(void *data)
{
    const Det *d = data;
    return primal(d->n, d->a);
}

static void run_primal(void *data)
{
    ((Det *)data)->value = value(data);
}

static void run_gradient(void *data)
{
    Det *d = data;
    d->value = gradient(d->n, d->a, d->bar);
}

static void print_primal(const void *data)
{
    printf("%.17g", ((const Det *)data)->value);
}

static void print_gradient(const void *data)
{
    const Det *d = data;
    print_reals((size_t)(d->n * d->n), d->bar);
}

/* The determinant by elimination with pivots; a is destroyed. */
static double eliminated(size_t n, double *a)
{
    double product = 1.0;
    for (size_t j = 0; j < n; j++) {
        size_t p = j;
        for (size_t i = j + 1; i < n; i++)
            p = fabs(a[i * n + j]) > fabs(a[p * n + j]) ? i : p;
        for (size_t k = 0; k < n && p != j; k++) {
            double t = a[j * n + k];
            a[j * n + k] = a[p * n + k];
            a[p * n + k] = t;
        }
        product *= p != j ? -a[j * n + j] : a[j * n + j];
        for (size_t i = j + 1; i < n; i++)
            for (size_t k = n; k-- > j;)
                a[i * n + k] -= a[i * n + j] / a[j * n + j] * a[j * n + k];
    }
    return product;
}

/* The determinant and the cofactors, by elimination. */
static void check(void *data)
{
    Det *d = data;
    size_t n = (size_t)d->n, bytes = n * n * sizeof(double);
    double *work = protocol_new(n * n, sizeof *work), *cofactors = protocol_new(n * n, sizeof *cofactors);
    memcpy(work, d->a, bytes);
    double value = eliminated(n, work);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            memcpy(work, d->a, bytes);
            for (size_t k = 0; k < n; k++)
                work[i * n + k] = k == j ? 1.0 : 0.0;
            cofactors[i * n + j] = eliminated(n, work);
        }
    }
    run_primal(d);
    check_close("primal", 1, &d->value, &value, 1e-12);
    run_gradient(d);
    check_close("value", 1, &d->value, &value, 1e-12);
    check_close("gradient", n * n, d->bar, cofactors, 1e-11);
    free(cofactors);
    free(work);
}

int main(int argc, char **argv)
{
    static const Function functions[] = {{"primal", run_primal, print_primal, false},
                                         {"gradient", run_gradient, print_gradient, false},
                                         {"check", check, print_ok, true},
                                         {0}};
    return protocol_main(argc, argv, read_det, functions);
}
