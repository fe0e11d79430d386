// harness.c - see harness.h. Knows nothing of adc.
#define _POSIX_C_SOURCE 200809L
#include "harness.h"

#include <stdarg.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TIME_LIMIT = 60, MAX_SHOWN = 12, MAX_M = 256 };

static const char *config_name = "", *case_name = "";
static char context[200];
static int failures;

// Starts the report of a failed check. False where enough of this case has been shown.
static bool report(const char *file, int line)
{
    if (++failures == MAX_SHOWN + 1)
        printf("    (further failures of %s are not shown)\n", case_name);
    if (failures > MAX_SHOWN)
        return false;
    if (failures == 1)
        printf("FAIL run %s [%s]\n", case_name, config_name);
    printf("    %s:%d: %s%s", file, line, context, context[0] != '\0' ? ": " : "");
    return true;
}

void checking(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    context[0] = '\0';
    if (format != NULL)
        vsnprintf(context, sizeof context, format, args);
    va_end(args);
}

void check_true(bool ok, const char *what, const char *file, int line)
{
    if (!ok && report(file, line))
        printf("not true: %s\n", what);
}

void check_int(long long got, long long want, const char *what, const char *file, int line)
{
    if (got != want && report(file, line))
        printf("%s is %lld, not %lld\n", what, got, want);
}

static bool is_close(double got, double want, double tolerance)
{
    if (isnan(got) || isnan(want))
        return isnan(got) && isnan(want);
    if (isinf(got) || isinf(want))
        return got == want;
    return fabs(got - want) <= tolerance;
}

void check_close(double got, double want, double rtol, const char *what, const char *file, int line)
{
    double scale = fmax(1, fabs(want));
    if (!is_close(got, want, rtol * scale) && report(file, line))
        printf("%s is %.17g, not %.17g (off by %.2g, allowed %.2g)\n", what, got, want, fabs(got - want), rtol * scale);
}

void check_all(const double *got, const double *want, int n, double rtol, const char *what, const char *file, int line)
{
    double scale = 1;
    int worst = -1, wrong = 0;
    for (int i = 0; i < n; i++)
        if (isfinite(want[i]))
            scale = fmax(scale, fabs(want[i]));
    for (int i = 0; i < n; i++)
        if (!is_close(got[i], want[i], rtol * scale)) {
            wrong++;
            if (worst < 0 || !(fabs(got[i] - want[i]) <= fabs(got[worst] - want[worst])))
                worst = i;
        }
    if (wrong > 0 && report(file, line))
        printf("%s[%d] is %.17g, not %.17g (off by %.2g, allowed %.2g; %d of %d are off)\n", what, worst, got[worst],
               want[worst], fabs(got[worst] - want[worst]), rtol * scale, wrong, n);
}

void check_allf(const float *got, const float *want, int n, double rtol, const char *what, const char *file, int line)
{
    double *g = calloc((size_t)n + 1, sizeof *g), *w = calloc((size_t)n + 1, sizeof *w);
    if (g == NULL || w == NULL)
        abort();
    for (int i = 0; i < n; i++) {
        g[i] = (double)got[i];
        w[i] = (double)want[i];
    }
    check_all(g, w, n, rtol, what, file, line);
    free(g);
    free(w);
}

// --- random numbers: splitmix64 ---------------------------------------------------------------

static uint64_t state = 1;

void rnd_seed(unsigned seed)
{
    state = seed;
}

static uint64_t next(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

double rnd_in(double lo, double hi)
{
    return lo + (hi - lo) * ((double)(next() >> 11) * 0x1p-53);
}

double rnd(void)
{
    double size = rnd_in(0.3, 1.9);
    if (fabs(size - 1) < 0.01)
        size += 0.02;
    return next() >> 63 != 0 ? size : -size;
}

int rnd_int(int lo, int hi)
{
    return lo + (int)(next() % ((uint64_t)(hi - lo) + 1));
}

void rnd_fill(double *x, int n)
{
    for (int i = 0; i < n; i++)
        x[i] = rnd();
}

void rnd_fill_in(double *x, int n, double lo, double hi)
{
    for (int i = 0; i < n; i++)
        x[i] = rnd_in(lo, hi);
}

void rnd_fillf(float *x, int n)
{
    for (int i = 0; i < n; i++)
        x[i] = (float)rnd();
}

void vec_fill(double *x, int n, double value)
{
    for (int i = 0; i < n; i++)
        x[i] = value;
}

double vec_dot(const double *x, const double *y, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

// --- derivatives ------------------------------------------------------------------------------

static double *numbers(int n)
{
    double *x = calloc((size_t)n + 1, sizeof *x);
    if (x == NULL)
        abort();
    return x;
}

// (f(x + h dir) - f(x - h dir)) / 2h
static void central(map_fn f, void *env, int n, int m, const double *x, const double *dir, double h, double *out)
{
    double *at = numbers(n), *up = numbers(m), *down = numbers(m);
    for (int i = 0; i < n; i++)
        at[i] = x[i] + h * dir[i];
    f(at, up, env);
    for (int i = 0; i < n; i++)
        at[i] = x[i] - h * dir[i];
    f(at, down, env);
    for (int j = 0; j < m; j++)
        out[j] = (up[j] - down[j]) / (2 * h);
    free(at);
    free(up);
    free(down);
}

// Ridders' table, each output takes the entry whose neighbours agree best.
void differences(map_fn f, void *env, int n, int m, const double *x, const double *dir, double *y_dot)
{
    enum { LEVELS = 8 };
    double *table = numbers(LEVELS * LEVELS * m), *error = numbers(m), h = 0.02;
#define T(i, k, j) table[((size_t)(i)*LEVELS + (size_t)(k)) * (size_t)m + (size_t)(j)]
    for (int j = 0; j < m; j++)
        error[j] = INFINITY;
    for (int i = 0; i < LEVELS; i++, h /= 2) {
        central(f, env, n, m, x, dir, h, &T(i, 0, 0));
        for (int j = 0; j < m; j++) {
            double factor = 4;
            if (i == 0)
                y_dot[j] = T(0, 0, j);
            for (int k = 1; k <= i; k++, factor *= 4) {
                T(i, k, j) = T(i, k - 1, j) + (T(i, k - 1, j) - T(i - 1, k - 1, j)) / (factor - 1);
                double e = fmax(fabs(T(i, k, j) - T(i, k - 1, j)), fabs(T(i, k, j) - T(i - 1, k - 1, j)));
                if (e < error[j]) {
                    error[j] = e;
                    y_dot[j] = T(i, k, j);
                }
            }
        }
    }
#undef T
    free(table);
    free(error);
}

// Calls vjp on an x_bar that holds something, and takes that off.
static void adjoint(const Derivatives *d, const double *x, const double *y_bar, double *x_bar)
{
    vec_fill(x_bar, d->n, 0.0);
    d->vjp(x, y_bar, x_bar, d->env);
}

void check_derivatives(const Derivatives *d, const double *x, const char *file, int line)
{
    int n = d->n, m = d->m;
    double *x_dot = numbers(n), *y_bar = numbers(m), *x_bar = numbers(n), *again = numbers(n), *y_dot = numbers(m),
           *fd = numbers(m), *y_again = numbers(m);
    double tol = d->fd_tol > 0 ? d->fd_tol : 1e-7;
    rnd_fill(x_dot, n);
    rnd_fill(y_bar, m);
    differences(d->f, d->env, n, m, x, x_dot, fd);
    if (d->jvp != NULL) {
        d->jvp(x, x_dot, y_dot, d->env);
        d->jvp(x, x_dot, y_again, d->env);
        check_all(y_dot, fd, m, tol, "tangent against differences", file, line);
        check_all(y_again, y_dot, m, 0, "tangent, called again", file, line);
    }
    if (d->vjp != NULL) {
        adjoint(d, x, y_bar, x_bar);
        adjoint(d, x, y_bar, again);
        check_all(again, x_bar, n, 0, "adjoint, called again", file, line);
        const double *dots = d->jvp != NULL ? y_dot : fd;
        double want = vec_dot(y_bar, dots, m), scale = 1;
        for (int j = 0; j < m; j++)
            scale += fabs(y_bar[j] * dots[j]);
        for (int i = 0; i < n; i++)
            scale += fabs(x_bar[i] * x_dot[i]);
        check_close(vec_dot(x_bar, x_dot, n) / scale, want / scale, d->jvp != NULL ? 1e-12 : tol,
                    "<x_bar, x_dot> against <y_bar, y_dot>", file, line);
        rnd_fill(again, n); // what is there must stay
        double *sum = numbers(n);
        for (int i = 0; i < n; i++)
            sum[i] = again[i] + x_bar[i];
        d->vjp(x, y_bar, again, d->env);
        check_all(again, sum, n, 1e-13, "adjoint, added to what was there", file, line);
        free(sum);
    }
    free(x_dot);
    free(y_bar);
    free(x_bar);
    free(again);
    free(y_dot);
    free(fd);
    free(y_again);
}

// --- the two shapes: adaptors to check_derivatives ---------------------------------------------

const int trip_counts[5] = {0, 1, 2, 3, 100};

typedef struct Shape {
    const ScalarFunction *s;
    const MapFunction *m;
    int n, k;
} Shape;

static void scalar_value(const double *x, double *y, void *env)
{
    const Shape *h = env;
    y[0] = h->s->f(h->n, h->k, x);
}

static void scalar_tangent(const double *x, const double *x_dot, double *y_dot, void *env)
{
    const Shape *h = env;
    y_dot[0] = 77;
    h->s->jvp(h->n, h->k, x, x_dot, y_dot);
}

static void scalar_adjoint(const double *x, const double *y_bar, double *x_bar, void *env)
{
    const Shape *h = env;
    h->s->vjp(h->n, h->k, x, y_bar[0], x_bar);
}

// x -> gradient and value, in this order.
static void gradient_value(const double *x, double *y, void *env)
{
    const Shape *h = env;
    vec_fill(y, h->n, 77);
    y[h->n] = h->s->grad(h->n, h->k, x, y);
}

static void gradient_tangent(const double *x, const double *x_dot, double *y_dot, void *env)
{
    const Shape *h = env;
    double *x_bar = numbers(h->n);
    vec_fill(x_bar, h->n, 77);
    vec_fill(y_dot, h->n + 1, 77);
    h->s->hvp(h->n, h->k, x, x_bar, x_dot, y_dot, y_dot + h->n);
    free(x_bar);
}

static void gradient_adjoint(const double *x, const double *y_bar, double *x_bar, void *env)
{
    const Shape *h = env;
    double *g = numbers(h->n);
    vec_fill(g, h->n, 77);
    h->s->gv(h->n, h->k, x, g, y_bar[h->n], x_bar, y_bar);
    free(g);
}

static double *copy_of(const double *x, int n)
{
    double *c = numbers(n);
    for (int i = 0; i < n; i++)
        c[i] = x[i];
    return c;
}

// Every transform returns f's value and, where it does, the gradient; x stays.
static void scalar_results(const ScalarFunction *s, int n, int k, const double *x, double value, const char *file,
                           int line)
{
    double *at = copy_of(x, n), *dir = numbers(n), *g = numbers(n), *g2 = numbers(n), *g3 = numbers(n), dot = 0;
    rnd_fill(dir, n);
    vec_fill(g, n, 77);
    check_close(s->jvp(n, k, at, dir, &dot), value, 1e-13, "value of jvp", file, line);
    check_close(s->grad(n, k, at, g), value, 1e-13, "value of grad", file, line);
    check_close(s->vjp(n, k, at, 1, g2), value, 1e-13, "value of vjp", file, line);
    check_all(g2, g, n, 1e-13, "adjoint for the seed 1 against gradient", file, line);
    vec_fill(g2, n, 77);
    check_close(s->hvp(n, k, at, g2, dir, g3, &dot), value, 1e-13, "value of jvp of grad", file, line);
    check_all(g2, g, n, 1e-13, "gradient by jvp of grad", file, line);
    vec_fill(g2, n, 77);
    check_close(s->gv(n, k, at, g2, 0.5, g3, dir), value, 1e-13, "value of vjp of grad", file, line);
    check_all(g2, g, n, 1e-13, "gradient by vjp of grad", file, line);
    check_all(at, x, n, 0, "x afterwards", file, line);
    free(at);
    free(dir);
    free(g);
    free(g2);
    free(g3);
}

void check_scalar(const ScalarFunction *s, scalar_fn reference, int n, int k, const double *x, const char *file,
                  int line)
{
    Shape h = {s, NULL, n, k};
    Derivatives first = {n, 1, scalar_value, scalar_tangent, scalar_adjoint, &h, 0};
    Derivatives second = {n, n + 1, gradient_value, gradient_tangent, gradient_adjoint, &h, 1e-6};
    checking("%s, n = %d, k = %d", s->name, n, k);
    double value = s->f(n, k, x);
    if (reference != NULL)
        check_close(value, reference(n, k, x), 1e-13, "value", file, line);
    scalar_results(s, n, k, x, value, file, line);
    check_derivatives(&first, x, file, line);
    checking("%s, n = %d, k = %d, second order", s->name, n, k);
    check_derivatives(&second, x, file, line);
    checking(NULL);
}

// The blocks of n numbers of a vector.
#define BLOCK(v, i) ((v) + (ptrdiff_t)(i)*h->n)

static void put(double *to, const double *from, int n)
{
    for (int i = 0; i < n; i++)
        to[i] = from[i];
}

static void put_sum(double *to, const double *from, int n)
{
    for (int i = 0; i < n; i++)
        to[i] += from[i];
}

// (x, y) -> y
static void map_value(const double *v, double *out, void *env)
{
    const Shape *h = env;
    put(out, BLOCK(v, 1), h->n);
    h->m->f(h->n, h->k, v, out);
}

static void map_tangent(const double *v, const double *v_dot, double *out_dot, void *env)
{
    const Shape *h = env;
    double *y = copy_of(BLOCK(v, 1), h->n);
    put(out_dot, BLOCK(v_dot, 1), h->n);
    h->m->jvp(h->n, h->k, v, y, v_dot, out_dot);
    free(y);
}

static void map_adjoint(const double *v, const double *out_bar, double *v_bar, void *env)
{
    const Shape *h = env;
    double *y = copy_of(BLOCK(v, 1), h->n), *y_bar = copy_of(out_bar, h->n);
    h->m->vjp(h->n, h->k, v, y, v_bar, y_bar);
    put_sum(BLOCK(v_bar, 1), y_bar, h->n);
    free(y);
    free(y_bar);
}

// (x, y, x_bar, y_bar) -> (y, x_bar, y_bar)
static void adjoint_value(const double *v, double *out, void *env)
{
    const Shape *h = env;
    put(out, BLOCK(v, 1), 3 * h->n);
    h->m->vjp(h->n, h->k, v, out, BLOCK(out, 1), BLOCK(out, 2));
}

static void adjoint_tangent(const double *v, const double *v_dot, double *out_dot, void *env)
{
    const Shape *h = env;
    double *w = copy_of(v, 4 * h->n);
    put(out_dot, BLOCK(v_dot, 1), 3 * h->n);
    h->m->jv(h->n, h->k, w, BLOCK(w, 1), BLOCK(w, 2), BLOCK(w, 3), v_dot, out_dot, BLOCK(out_dot, 1),
             BLOCK(out_dot, 2));
    free(w);
}

static void adjoint_adjoint(const double *v, const double *out_bar, double *v_bar, void *env)
{
    const Shape *h = env;
    double *w = copy_of(v, 4 * h->n), *seeds = copy_of(out_bar, 3 * h->n);
    h->m->vv(h->n, h->k, w, BLOCK(w, 1), BLOCK(w, 2), BLOCK(w, 3), v_bar, seeds, BLOCK(seeds, 1), BLOCK(seeds, 2));
    put_sum(BLOCK(v_bar, 1), seeds, 3 * h->n);
    free(w);
    free(seeds);
}

// jvp, vjp, and those of vjp deliver f's y too.
static void map_results(const MapFunction *m, int n, int k, const double *x, const double *y, const double *want,
                        const char *file, int line)
{
    double *at = copy_of(x, n), *z = copy_of(y, n), *u = numbers(6 * n), *b = u + 3 * n;
    rnd_fill(u, 6 * n);
    m->jvp(n, k, at, z, u, b);
    check_all(z, want, n, 1e-13, "y of jvp", file, line);
    put(z, y, n);
    m->vjp(n, k, at, z, u, b);
    check_all(z, want, n, 1e-13, "y of vjp", file, line);
    put(z, y, n);
    double *w = numbers(2 * n);
    rnd_fill(u, 6 * n);
    m->jv(n, k, at, z, u, u + n, w, w + n, b, b + n);
    check_all(z, want, n, 1e-13, "y of jvp of vjp", file, line);
    put(z, y, n);
    rnd_fill(u, 6 * n);
    m->vv(n, k, at, z, u, u + n, u + 2 * n, b, b + n, b + 2 * n);
    check_all(z, want, n, 1e-13, "y of vjp of vjp", file, line);
    check_all(at, x, n, 0, "x afterwards", file, line);
    free(at);
    free(z);
    free(u);
    free(w);
}

void check_map(const MapFunction *m, map2_fn reference, int n, int k, const double *x, const double *y,
               const char *file, int line)
{
    Shape h = {NULL, m, n, k};
    Derivatives first = {2 * n, n, map_value, map_tangent, map_adjoint, &h, 0};
    Derivatives second = {4 * n, 3 * n, adjoint_value, adjoint_tangent, adjoint_adjoint, &h, 1e-6};
    checking("%s, n = %d, k = %d", m->name, n, k);
    double *value = copy_of(y, n), *want = copy_of(y, n), *all = numbers(4 * n);
    m->f(n, k, x, value);
    if (reference != NULL) {
        reference(n, k, x, want);
        check_all(value, want, n, 1e-13, "y", file, line);
    }
    map_results(m, n, k, x, y, value, file, line);
    put(all, x, n);
    put(all + n, y, n);
    rnd_fill(all + 2 * n, 2 * n);
    check_derivatives(&first, all, file, line);
    checking("%s, n = %d, k = %d, second order", m->name, n, k);
    check_derivatives(&second, all, file, line);
    checking(NULL);
    free(value);
    free(want);
    free(all);
}

// --- running ----------------------------------------------------------------------------------

// Runs one case in a child. True if it passed.
static bool run_one(const RunCase *c)
{
    int status = 0;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        alarm(TIME_LIMIT);
        case_name = c->name;
        c->run();
        fflush(stdout);
        exit(failures > 0 ? 1 : 0); // not _exit: the leak checker runs at exit
    }
    if (pid < 0 || waitpid(pid, &status, 0) < 0) {
        perror("fork");
        return false;
    }
    if (WIFSIGNALED(status))
        printf("FAIL run %s [%s]\n    ended by signal %d%s\n", c->name, config_name, WTERMSIG(status),
               WTERMSIG(status) == 14 ? ": it took too long" : "");
    else if (WEXITSTATUS(status) > 1)
        printf("FAIL run %s [%s]\n    ended with status %d\n", c->name, config_name, WEXITSTATUS(status));
    return status == 0;
}

static bool wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(name, argv[i]) == 0)
            return true;
    return argc <= 1;
}

int run_cases(const RunCase *cases, int n, const char *config, int argc, char **argv)
{
    int passed = 0, failed = 0;
    config_name = config;
    for (int i = 0; i < n; i++)
        if (wanted(cases[i].name, argc, argv)) {
            bool ok = run_one(&cases[i]);
            passed += ok;
            failed += !ok;
        }
    const char *tally = getenv("RUN_TALLY");
    FILE *f = tally != NULL ? fopen(tally, "a") : NULL;
    if (f != NULL) {
        fprintf(f, "%d %d\n", passed, failed);
        fclose(f);
    }
    return failed > 0;
}
