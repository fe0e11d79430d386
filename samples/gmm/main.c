// main.c - fits two normal distributions to the eruptions of Old Faithful: reads the measurements, checks the gradient,
// minimises by L-BFGS, prints what it found, and draws it (plot.c).
#include "gmm.ad.h"
#include "gmm.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Rows of numbers; lines that do not begin with a digit are comments and headings.
static int read_csv(const char *folder, double data[][2])
{
    char line[200];
    int n = 0;
    snprintf(line, sizeof line, "%s/old_faithful.csv", folder);
    FILE *f = fopen(line, "r");
    if (f == NULL) {
        perror(line);
        exit(1);
    }
    while (n < MAX_POINTS && fgets(line, sizeof line, f) != NULL)
        if (sscanf(line, "%lf,%lf", &data[n][0], &data[n][1]) == 2)
            n++;
    fclose(f);
    return n;
}

// Makes both columns of mean 0 and deviation 1, which gives the parameters one scale.
static void standardise(Fit *fit)
{
    for (int j = 0; j < 2; j++) {
        double sum = 0, squares = 0;
        for (int i = 0; i < fit->n; i++)
            sum += fit->data[i][j];
        fit->mean[j] = sum / fit->n;
        for (int i = 0; i < fit->n; i++)
            squares += pow(fit->data[i][j] - fit->mean[j], 2);
        fit->deviation[j] = sqrt(squares / fit->n);
        for (int i = 0; i < fit->n; i++)
            fit->x[2 * i + j] = (fit->data[i][j] - fit->mean[j]) / fit->deviation[j];
    }
}

static double cost_at(const Fit *fit, const double *p)
{
    return cost(fit->n, K, fit->x, p + ALPHA, p + MU, p + Q);
}

static double gradient_at(const Fit *fit, const double *p, double *g)
{
    return cost_grad(fit->n, K, fit->x, p + ALPHA, p + MU, p + Q, g + ALPHA, g + MU, g + Q);
}

static void check_gradient(const Fit *fit, const double *p)
{
    static const char *const names[PARAMETERS] = {"alpha[0]", "alpha[1]", "mu[0][0]", "mu[0][1]",
                                                  "mu[1][0]", "mu[1][1]", "q[0][0]",  "q[0][1]",
                                                  "q[0][2]",  "q[1][0]",  "q[1][1]",  "q[1][2]"};
    double g[PARAMETERS], at[PARAMETERS], worst = 0;
    const double h = 1e-5;
    gradient_at(fit, p, g);
    memcpy(at, p, sizeof at);
    puts("the gradient at the start:\n  parameter       adc  differences");
    for (int i = 0; i < PARAMETERS; i++) {
        at[i] = p[i] + h;
        double up = cost_at(fit, at);
        at[i] = p[i] - h;
        double difference = (up - cost_at(fit, at)) / (2 * h);
        at[i] = p[i];
        worst = fmax(worst, fabs(g[i] - difference));
        printf("  %-9s %9.5f    %9.5f\n", names[i], g[i], difference);
    }
    printf("  they differ by less than 1e-8: %s\n\n", worst < 1e-8 ? "yes" : "NO");
}

static double dot(const double *a, const double *b)
{
    double s = 0;
    for (int i = 0; i < PARAMETERS; i++)
        s += a[i] * b[i];
    return s;
}

// The last few steps s and changes of the gradient y, newest last.
typedef struct History {
    int n;
    double s[MEMORY][PARAMETERS], y[MEMORY][PARAMETERS];
} History;

// d = - (approximate inverse Hessian) g, by the two-loop recursion.
static void direction(const History *h, const double *g, double *d)
{
    double a[MEMORY];
    for (int i = 0; i < PARAMETERS; i++)
        d[i] = -g[i];
    for (int j = h->n - 1; j >= 0; j--) {
        a[j] = dot(h->s[j], d) / dot(h->s[j], h->y[j]);
        for (int i = 0; i < PARAMETERS; i++)
            d[i] -= a[j] * h->y[j][i];
    }
    if (h->n > 0) {
        double scale = dot(h->s[h->n - 1], h->y[h->n - 1]) / dot(h->y[h->n - 1], h->y[h->n - 1]);
        for (int i = 0; i < PARAMETERS; i++)
            d[i] *= scale;
    }
    for (int j = 0; j < h->n; j++) {
        double b = dot(h->y[j], d) / dot(h->s[j], h->y[j]);
        for (int i = 0; i < PARAMETERS; i++)
            d[i] += (a[j] - b) * h->s[j][i];
    }
}

static void remember(History *h, const double *p, const double *g, const double *new_p, const double *new_g)
{
    if (h->n == MEMORY) {
        memmove(h->s[0], h->s[1], sizeof h->s - sizeof h->s[0]);
        memmove(h->y[0], h->y[1], sizeof h->y - sizeof h->y[0]);
        h->n--;
    }
    for (int i = 0; i < PARAMETERS; i++) {
        h->s[h->n][i] = new_p[i] - p[i];
        h->y[h->n][i] = new_g[i] - g[i];
    }
    if (dot(h->s[h->n], h->y[h->n]) > 1e-14)
        h->n++;
}

static void note_progress(Fit *fit, double f)
{
    if (fit->steps < MAX_STEPS) {
        fit->cost[fit->steps] = f;
        memcpy(fit->path[fit->steps], fit->p + MU, sizeof fit->path[0]);
        fit->steps++;
    }
}

static void minimise(Fit *fit)
{
    History h = {0};
    double *p = fit->p, g[PARAMETERS], d[PARAMETERS], new_p[PARAMETERS], new_g[PARAMETERS];
    double f = gradient_at(fit, p, g);
    puts("the fit:\n   step      cost     |gradient|");
    for (int step = 0; step < MAX_STEPS; step++) {
        double size = sqrt(dot(g, g));
        note_progress(fit, f);
        if (step % 4 == 0 || size < 1e-6)
            printf("  %5d  %9.6f  %s%.1e\n", step, f, size < 1e-6 ? "below " : "      ", size < 1e-6 ? 1e-6 : size);
        if (size < 1e-6)
            break;
        direction(&h, g, d);
        double t = step == 0 ? fmin(1, 0.5 / size) : 1, new_f = f;
        for (; t > 1e-10; t /= 2) {
            for (int i = 0; i < PARAMETERS; i++)
                new_p[i] = p[i] + t * d[i];
            new_f = gradient_at(fit, new_p, new_g);
            if (new_f <= f + 1e-4 * t * dot(g, d))
                break;
        }
        remember(&h, p, g, new_p, new_g);
        memcpy(p, new_p, sizeof new_p);
        memcpy(g, new_g, sizeof new_g);
        f = new_f;
    }
    putchar('\n');
}

// From the parameters to what they say, in minutes.
static void describe(Fit *fit)
{
    const double *p = fit->p;
    for (int j = 0; j < K; j++) {
        Component *c = &fit->component[j];
        double a = exp(p[Q + 3 * j]), b = exp(p[Q + 3 * j + 1]), e = p[Q + 3 * j + 2];
        c->weight = exp(p[ALPHA + j]) / (exp(p[ALPHA]) + exp(p[ALPHA + 1]));
        for (int i = 0; i < 2; i++)
            c->mean[i] = fit->mean[i] + fit->deviation[i] * p[MU + 2 * j + i];
        // a root of the covariance: the inverse of the matrix Q
        c->root[0] = fit->deviation[0] / a;
        c->root[1] = fit->deviation[1] * -e / (a * b);
        c->root[2] = fit->deviation[1] / b;
    }
}

int main(int argc, char **argv)
{
    static Fit fit;
    static const double start[PARAMETERS] = {0, 0, 0.4, -0.9, -0.3, 0.7};
    fit.n = read_csv(argc > 1 ? argv[1] : ".", fit.data);
    standardise(&fit);
    memcpy(fit.p, start, sizeof start);
    printf("Old Faithful: %d eruptions, %d parameters\n\n", fit.n, PARAMETERS);
    check_gradient(&fit, fit.p);
    minimise(&fit);
    describe(&fit);
    puts("what it found:\n             weight   eruption  (deviation)   waiting  (deviation)   correlation");
    for (int j = 0; j < K; j++) {
        const Component *c = &fit.component[j];
        double deviation = hypot(c->root[1], c->root[2]);
        printf("  component %d  %5.3f %7.3f min  (%.3f)    %7.2f min  (%.2f)        %.3f\n", j, c->weight, c->mean[0],
               c->root[0], c->mean[1], deviation, c->root[1] / deviation);
    }
    double likelihood = -fit.n * (cost_at(&fit, fit.p) + log(fit.deviation[0] * fit.deviation[1]));
    printf("  log-likelihood %.3f\n", likelihood);
    responsibilities(fit.n, K, fit.x, fit.p + ALPHA, fit.p + MU, fit.p + Q, fit.responsibility);
    return draw(&fit, "gmm.svg") ? 0 : 1;
}
