// check.c - holds the derivatives of random programs against each other.
//
//     check VALUES [SEED]              checks the programs it is linked with, each in its own process; writes all values to VALUES
//     check --compare A B              says where the values of two such files differ
//
// Out: lines `FAIL SEED what: where` on standard output, at most one a program, and last `N checked, K at kinks`. Checked:
//     value       f twice gives the same bits; its tangent and its adjoint deliver the same values
//     tangent     against extrapolated differences, but not where two step sizes disagree (a kink)
//     adjoint     <out_bar, out_dot> = <in_bar, in_dot>, with random seeds and adjoints that do not start at 0
//     second      a second call gives the same bits
//     record      the adjoint by way of a record is the adjoint
//     lanes       several directions at once are those one by one
//     alone       the derivative by one input is that of all together, where the others are held
//     matrix      a Jacobian (or Hessian) times a direction is the tangent (of the gradient)
//     fields      ints and bools of structs that are tangents or adjoints are 0, or left alone
//     sizes       no input is written, nothing is read that is undefined (garbage would show as a difference)
#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 512, LANES = 9, LARGEST = 1 << 17, TIME_LIMIT = 20 };

int fuzz_wrong;

// ---- one function ----

typedef struct Check {
    const Program *program;
    const Triple *t;
    Size z;
    int size, n_in, n_out;
    uint64_t random;
    FILE *values;
    int kinks;
    bool flat; // differences agree with the tangent, so no NaN has an excuse
    double wrt[MOST], x[MOST], x_dot[MOST], y[MOST], y_dot[MOST], y_bar[MOST], x_bar[MOST];
    double in_lanes[MOST * LANES], out_lanes[MOST * LANES], matrix[LARGEST];
} Check;

static bool values_only; // nothing but values and derivatives for a comparison: of programs in float

static double uniform(Check *c, double lo, double hi)
{
    c->random = c->random * 6364136223846793005u + 1442695040888963407u;
    return lo + (hi - lo) * (double)(c->random >> 33) / 2147483648.0;
}

static void fail(Check *c, const char *what, int i, double got, double want)
{
    printf("FAIL %ld %s %s: n=%d m=%d [%d] got %.15g want %.15g\n", c->program->seed, what, c->t->name, c->z.n, c->z.m,
           i, got, want);
    fflush(stdout);
    fclose(c->values);
    _exit(1);
}

static bool same(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b)) || a == b;
}

// Values or derivatives of a size that says something.
static bool sane(const double *x, int n)
{
    for (int i = 0; i < n; i++)
        if (!(fabs(x[i]) < 1e8))
            return false;
    return true;
}

// For the comparison of levels; what is not sane is told only as that.
static void record(Check *c, int what, const double *x, int n)
{
    bool ok = sane(x, n);
    int32_t head[6] = {
        (int32_t)c->program->seed, (int32_t)(c->t - c->program->triples), c->size, what, n, ok};
    fwrite(head, sizeof head, 1, c->values);
    fwrite(x, sizeof *x, (size_t)n, c->values);
}

static void near(Check *c, const char *what, const double *got, const double *want, int n, double tolerance)
{
    for (int i = 0; i < n; i++)
        if (!same(got[i], want[i]) && !(fabs(got[i] - want[i]) <= tolerance * (1 + fabs(want[i]))))
            fail(c, what, i, got[i], want[i]);
}

static void check_fields(Check *c, const char *name)
{
    if (fuzz_wrong > 0)
        fail(c, name, fuzz_wrong, 1, 0);
}

static void check_value(Check *c)
{
    double again[MOST];
    memset(c->y, 0, sizeof c->y);
    c->t->f(c->z, c->x, c->y);
    c->t->f(c->z, c->x, again);
    near(c, "value-twice", again, c->y, c->n_out, 0);
}

static void check_jvp(Check *c)
{
    double y[MOST], again[MOST];
    c->t->jvp(c->z, c->x, c->x_dot, y, c->y_dot);
    near(c, "value-in-tangent", y, c->y, c->n_out, 1e-11);
    c->t->jvp(c->z, c->x, c->x_dot, y, again);
    near(c, "second-tangent", again, c->y_dot, c->n_out, 0);
}

static void differences(Check *c, double h, double *d)
{
    double x[MOST], up[MOST], down[MOST];
    for (int i = 0; i < c->n_in; i++)
        x[i] = c->x[i] + h * c->x_dot[i];
    c->t->f(c->z, x, up);
    for (int i = 0; i < c->n_in; i++)
        x[i] = c->x[i] - h * c->x_dot[i];
    c->t->f(c->z, x, down);
    for (int i = 0; i < c->n_out; i++)
        d[i] = (up[i] - down[i]) / (2 * h);
}

// Differences with three steps: where the extrapolations of the larger and of the smaller two disagree there is a kink,
// or the function is too steep.
static void check_differences(Check *c)
{
    double d[3][MOST];
    const double h = 1.0 / 4096;
    c->flat = !c->t->no_differences;
    if (c->t->no_differences)
        return;
    for (int k = 0; k < 3; k++)
        differences(c, h / (1 << k), d[k]);
    for (int i = 0; i < c->n_out; i++) {
        double coarse = (4 * d[1][i] - d[0][i]) / 3, fine = (4 * d[2][i] - d[1][i]) / 3;
        double scale = 1 + fabs(fine) + fabs(c->y[i]), doubt = fabs(coarse - fine);
        if (!(doubt < 1e-5 * scale)) {
            c->kinks++;
            c->flat = false;
            continue;
        }
        if (!(fabs(c->y_dot[i] - fine) <= 20 * doubt + 1e-6 * scale))
            fail(c, "tangent", i, c->y_dot[i], fine);
    }
}

// ---- the other derivatives ----

static bool is_near(double a, double b, double scale)
{
    return same(a, b) || fabs(a - b) <= 1e-9 * (scale + fabs(b));
}

static double largest(const double *x, int n)
{
    double most = 1;
    for (int i = 0; i < n; i++)
        most = fabs(x[i]) > most ? fabs(x[i]) : most;
    return most;
}

// Directions one after the other against all at once. Lanes of the seeds are multiples of c's seed, less a bit.
static void check_lanes(Check *c, const More *m, int lanes)
{
    double x_dot[MOST], y_dot[MOST], y[MOST], bar[MOST];
    int n_seed = m->jvp ? c->n_in : c->n_out, n_got = m->jvp ? c->n_out : c->n_in;
    double *seeds = m->jvp ? c->in_lanes : c->out_lanes, *got = m->jvp ? c->out_lanes : c->in_lanes;
    for (int i = 0; i < n_seed * lanes; i++)
        seeds[i] = (m->jvp ? c->wrt[i / lanes] : 1) * uniform(c, -1, 1);
    for (int i = 0; i < n_got * lanes; i++)
        got[i] = m->jvp ? 0 : 0.25 * (i % 3);
    for (int k = 0; k < lanes; k++) { // single ones first: they read the seeds, which for an inout are written over
        for (int i = 0; i < n_seed; i++)
            x_dot[i] = seeds[i * lanes + k];
        for (int i = 0; i < n_got; i++)
            bar[i] = got[i * lanes + k];
        if (m->jvp)
            c->t->jvp(c->z, c->x, x_dot, y, y_dot);
        else
            c->t->vjp(c->z, c->x, x_dot, bar, y);
        for (int i = 0; i < n_got; i++)
            c->matrix[i * lanes + k] = m->jvp ? y_dot[i] : bar[i];
    }
    if (m->jvp)
        m->jvp(c->z, c->x, seeds, y, got);
    else
        m->vjp(c->z, c->x, seeds, got, y);
    near(c, "value-in-lanes", y, c->y, c->n_out, 1e-11);
    double scale = largest(c->matrix, n_got * lanes);
    for (int i = 0; i < n_got * lanes; i++)
        if (!is_near(got[i], c->matrix[i], scale))
            fail(c, "lanes", i, got[i], c->matrix[i]);
}

static void check_alone(Check *c, const More *m, const double *wrt)
{
    double x_dot[MOST], all[MOST], one[MOST], y[MOST];
    if (m->jvp) {
        for (int i = 0; i < c->n_in; i++)
            x_dot[i] = wrt[i] * c->x_dot[i];
        c->t->jvp(c->z, c->x, x_dot, y, all);
        m->jvp(c->z, c->x, x_dot, y, one);
    } else {
        for (int i = 0; i < c->n_in; i++)
            all[i] = one[i] = 0.5 + 0.125 * (i % 5);
        c->t->vjp(c->z, c->x, c->y_bar, all, y);
        m->vjp(c->z, c->x, c->y_bar, one, y);
        for (int i = 0; i < c->n_in; i++)
            all[i] = wrt[i] > 0 ? all[i] : 0.5 + 0.125 * (i % 5);
    }
    near(c, "value-alone", y, c->y, c->n_out, 1e-11);
    int n = m->jvp ? c->n_out : c->n_in;
    double scale = largest(all, n);
    for (int i = 0; i < n; i++)
        if (!is_near(one[i], all[i], scale))
            fail(c, "alone", i, one[i], all[i]);
}

// Rows that the matrix does not have, or columns, are left as they are.
static void check_matrix(Check *c, const More *m, const double *wrt)
{
    static const double UNSET = 1.25e300;
    double x_dot[MOST], y_dot[MOST], y[MOST];
    if (c->n_in * c->n_out > LARGEST)
        return;
    for (int i = 0; i < c->n_in * c->n_out; i++)
        c->matrix[i] = UNSET;
    memcpy(y, c->y, sizeof y);
    m->matrix(c->z, c->x, y, c->matrix);
    near(c, "value-with-matrix", y, c->y, c->n_out, 1e-11);
    for (int i = 0; i < c->n_in; i++)
        x_dot[i] = wrt[i] * c->x_dot[i];
    c->t->jvp(c->z, c->x, x_dot, y, y_dot);
    for (int i = 0; i < c->n_out && sane(y_dot, c->n_out); i++) {
        double sum = 0, scale = 1;
        bool there = false;
        for (int k = 0; k < c->n_in; k++)
            if (c->matrix[i * c->n_in + k] != UNSET) {
                there = true;
                sum += c->matrix[i * c->n_in + k] * x_dot[k];
                scale += fabs(c->matrix[i * c->n_in + k] * x_dot[k]);
            }
        if (there && !(fabs(sum - y_dot[i]) <= 1e-9 * scale))
            fail(c, "matrix", i, sum, y_dot[i]);
    }
}

static void check_more(Check *c)
{
    for (const More *m = c->t->more; m && m->name; m++) {
        double wrt[MOST] = {0};
        int lanes = m->lanes == 'n' ? c->z.n : m->lanes == 'm' ? c->z.m : m->lanes;
        m->wrt(c->z, wrt);
        if (m->matrix)
            check_matrix(c, m, wrt);
        else if (m->lanes > 0)
            check_lanes(c, m, lanes);
        else
            check_alone(c, m, wrt);
    }
}

static void check_vjp(Check *c)
{
    double y[MOST], start[MOST], again[MOST], left = 0, right = 0, scale = 1;
    for (int i = 0; i < c->n_in; i++)
        start[i] = c->x_bar[i] = again[i] = uniform(c, -1, 1);
    c->t->vjp(c->z, c->x, c->y_bar, c->x_bar, y);
    near(c, "value-in-adjoint", y, c->y, c->n_out, 1e-11);
    c->t->vjp(c->z, c->x, c->y_bar, again, y);
    near(c, "second-adjoint", again, c->x_bar, c->n_in, 0);
    for (int i = 0; i < c->n_in && c->flat; i++)
        if (!isfinite(c->x_bar[i]))
            fail(c, "adjoint-nan", i, c->x_bar[i], 0);
    if (!sane(c->y_dot, c->n_out) || !sane(c->x_bar, c->n_in)) {
        c->kinks++;
        return;
    }
    check_more(c);
    if (c->t->record) {
        memcpy(again, start, sizeof again);
        c->t->record(c->z, c->x, c->y_bar, again, y);
        near(c, "value-in-record", y, c->y, c->n_out, 1e-11);
        near(c, "record", again, c->x_bar, c->n_in, 1e-9);
    }
    for (int i = 0; i < c->n_out; i++)
        left += c->y_bar[i] * c->y_dot[i], scale += fabs(c->y_bar[i] * c->y_dot[i]);
    for (int i = 0; i < c->n_in; i++) {
        right += (c->x_bar[i] - start[i]) * c->x_dot[i], scale += fabs((c->x_bar[i] - start[i]) * c->x_dot[i]);
        if (c->wrt[i] == 0 && c->x_bar[i] != start[i])
            fail(c, "adjoint-of-other", i, c->x_bar[i], start[i]);
    }
    if (!(fabs(left - right) <= 1e-9 * scale))
        fail(c, "adjoint", -1, right, left);
}

static void check_triple(Check *c)
{
    memset(c->wrt, 0, sizeof c->wrt);
    c->t->sizes(c->z, &c->n_in, &c->n_out, c->wrt);
    if (c->n_in > MOST || c->n_out > MOST)
        return;
    for (int i = 0; i < c->n_in; i++) {
        c->x[i] = uniform(c, -1.5, 1.5);
        c->x_dot[i] = c->wrt[i] * uniform(c, -1, 1);
    }
    for (int i = 0; i < c->n_out; i++)
        c->y_bar[i] = uniform(c, -1.3, 1.3);
    if (values_only) {
        double y[MOST];
        c->t->f(c->z, c->x, c->y);
        record(c, 0, c->y, c->n_out);
        c->t->jvp(c->z, c->x, c->x_dot, y, c->y_dot);
        record(c, 1, c->y_dot, c->n_out);
        for (int i = 0; i < c->n_in; i++)
            c->x_bar[i] = uniform(c, -1, 1);
        c->t->vjp(c->z, c->x, c->y_bar, c->x_bar, y);
        record(c, 2, c->x_bar, c->n_in);
        return;
    }
    check_value(c);
    record(c, 0, c->y, c->n_out);
    if (!sane(c->y, c->n_out)) {
        c->kinks++;
        return;
    }
    check_jvp(c);
    record(c, 1, c->y_dot, c->n_out);
    check_differences(c);
    check_vjp(c);
    record(c, 2, c->x_bar, c->n_in);
    check_fields(c, "fields");
}

static int check_program(const Program *p, const char *values)
{
    static const Size sizes[] = {{3, 2}, {1, 2}, {2, 3}, {6, 4}};
    Check *c = calloc(1, sizeof *c);
    if (!c)
        return 1;
    c->program = p;
    c->values = fopen(values, "ab");
    for (c->t = p->triples; c->t->name; c->t++)
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            c->z = sizes[k];
            c->size = (int)k;
            c->random = (uint64_t)p->seed * 97 + k;
            check_triple(c);
        }
    int kinks = c->kinks;
    fclose(c->values);
    free(c);
    return kinks > 100 ? 100 : kinks;
}

// ---- all of them ----

static bool run(const Program *p, const char *values, long *kinks)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        alarm(TIME_LIMIT);
        int k = check_program(p, values);
        _exit(k > 0 ? 100 + (k > 50 ? 50 : k) : 0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status))
        printf("FAIL %ld %s signal %d\n", p->seed, WTERMSIG(status) == 14 ? "time" : "crash", WTERMSIG(status));
    else if (WEXITSTATUS(status) > 1 && WEXITSTATUS(status) < 100)
        printf("FAIL %ld crash status %d\n", p->seed, WEXITSTATUS(status)); // a sanitizer's
    if (WIFEXITED(status) && WEXITSTATUS(status) > 100)
        *kinks += WEXITSTATUS(status) - 100;
    return WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) >= 100);
}

typedef struct Record {
    int32_t head[6];
    double x[MOST];
} Record;

static bool read_record(FILE *in, Record *r)
{
    return fread(r->head, sizeof r->head, 1, in) == 1 &&
           fread(r->x, sizeof *r->x, (size_t)r->head[4], in) == (size_t)r->head[4];
}

// loosely: in float, where a kink or a rounded index may make anything of one record, though not of most.
static bool records_agree(const Record *a, const Record *b, bool loosely)
{
    double scale = 1, tolerance = loosely ? 0.02 : a->head[3] == 0 ? 1e-11 : 1e-8;
    if (loosely && !a->head[5])
        return true;
    if (a->head[5] != b->head[5])
        return false;
    for (int i = 0; i < a->head[4]; i++)
        scale = a->head[3] != 0 && fabs(a->x[i]) > scale ? fabs(a->x[i]) : scale;
    for (int i = 0; i < a->head[4] && a->head[5]; i++)
        if (!(fabs(a->x[i] - b->x[i]) <= tolerance * (scale + fabs(a->x[i]))))
            return false;
    return true;
}

static int head_order(const Record *a, const Record *b)
{
    for (int i = 0; i < 4; i++)
        if (a->head[i] != b->head[i])
            return a->head[i] < b->head[i] ? -1 : 1;
    return 0;
}

// A program fails loosely if most of its records differ.
static long told_loosely(long seed, long now, int *differ, int *all)
{
    if (seed >= 0 && seed != now) {
        if (*differ * 2 > *all)
            printf("FAIL %ld levels-float %d of %d\n", seed, *differ, *all);
        *differ = *all = 0;
    }
    return now;
}

static int compare_float(const char *first, const char *second)
{
    static Record a, b;
    FILE *x = fopen(first, "rb"), *y = fopen(second, "rb");
    long seed = -1;
    int differ = 0, all = 0;
    bool more = x && y && read_record(x, &a) && read_record(y, &b);
    while (more) {
        int order = head_order(&a, &b);
        if (order == 0) {
            seed = told_loosely(seed, a.head[0], &differ, &all);
            all++;
            differ += !records_agree(&a, &b, true);
        }
        more = (order > 0 || read_record(x, &a)) && (order < 0 || read_record(y, &b));
    }
    told_loosely(seed, -2, &differ, &all);
    return 0;
}

static int compare(const char *first, const char *second)
{
    static const char *const names[] = {"value", "tangent", "adjoint"};
    static Record a, b;
    FILE *x = fopen(first, "rb"), *y = fopen(second, "rb");
    long told = -1;
    bool more = x && y && read_record(x, &a) && read_record(y, &b);
    while (more) { // a program that failed in one of them ends early there
        int order = head_order(&a, &b);
        if (order == 0 && !records_agree(&a, &b, false) && told != a.head[0]) {
            told = a.head[0];
            printf("FAIL %ld levels-%s triple %d, sizes %d\n", told, names[a.head[3]], a.head[1], a.head[2]);
        }
        more = (order > 0 || read_record(x, &a)) && (order < 0 || read_record(y, &b));
    }
    return told >= 0;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--compare") == 0)
        return compare(argv[2], argv[3]);
    if (argc == 4 && strcmp(argv[1], "--compare-float") == 0)
        return compare_float(argv[2], argv[3]);
    if (argc == 3 && strcmp(argv[2], "--values") == 0)
        values_only = true, argc = 2;
    if (argc < 2)
        return 2;
    remove(argv[1]);
    long n = 0, kinks = 0, only = argc > 2 ? strtol(argv[2], NULL, 10) : -1;
    bool ok = true;
    for (const Program *p = fuzz_programs; p->triples; p++)
        if (only < 0 || only == p->seed) {
            n++;
            ok = run(p, argv[1], &kinks) && ok;
        }
    printf("%ld checked, %ld at kinks\n", n, kinks);
    return !ok;
}
