/* saddle.c - the eval `saddle`: rr, rf, fr, ff; the first letter says how the outer search differentiates, the second how the inner one does. */
#include "saddle.ad.h"
#include "descent.h"
#include "protocol.h"

#include <stdlib.h>

typedef struct {
    double *start, x[2], y[2];
} Saddle;

static void *read_saddle(const json_t *input)
{
    Saddle *s = protocol_new(1, sizeof *s);
    s->start = get_reals(input, "start", NULL);
    return s;
}

static double rr(const void *data, const double *x, double *gradient)
{
    const Saddle *s = data;
    return gradient != NULL ? top_rr(x, s->start, gradient) : top_reverse(x, s->start);
}

static double rf(const void *data, const double *x, double *gradient)
{
    const Saddle *s = data;
    return gradient != NULL ? top_rf(x, s->start, gradient) : top_forward(x, s->start);
}

static double fr(const void *data, const double *x, double *gradient)
{
    static const double unit[2][2] = {{1.0, 0.0}, {0.0, 1.0}};
    const Saddle *s = data;
    for (int i = 0; i < 2 && gradient != NULL; i++)
        top_fr(x, s->start, unit[i], gradient + i);
    return gradient != NULL ? 0.0 : top_reverse(x, s->start);
}

static double ff(const void *data, const double *x, double *gradient)
{
    static const double unit[2][2] = {{1.0, 0.0}, {0.0, 1.0}};
    const Saddle *s = data;
    for (int i = 0; i < 2 && gradient != NULL; i++)
        top_ff(x, s->start, unit[i], gradient + i);
    return gradient != NULL ? 0.0 : top_forward(x, s->start);
}

static void find(Saddle *s, Descended *f, void (*highest)(const double *x, double *y))
{
    for (int i = 0; i < 2; i++)
        s->x[i] = s->y[i] = s->start[i];
    descend(f, s, 2, s->x);
    highest(s->x, s->y);
}

static void run_rr(void *data)
{
    find(data, rr, highest_reverse);
}

static void run_rf(void *data)
{
    find(data, rf, highest_forward);
}

static void run_fr(void *data)
{
    find(data, fr, highest_reverse);
}

static void run_ff(void *data)
{
    find(data, ff, highest_forward);
}

static void print(const void *data)
{
    print_reals(4, ((const Saddle *)data)->x);
}

/* The saddle is at 0, and the derivative of the greatest value by x is that of |x|^2. */
static void check(void *data)
{
    Saddle *s = data;
    static Descended *const order[] = {rr, rf, fr, ff};
    static void (*const run[])(void *) = {run_rr, run_rf, run_fr, run_ff};
    static const char *const name[] = {"rr", "rf", "fr", "ff"};
    static const double zeros[4];
    const double x[2] = {0.7, -0.3}, slope[2] = {1.4, -0.6}, top = 0.58;
    for (int i = 0; i < 4; i++) {
        double gradient[2], value = order[i](s, x, NULL);
        order[i](s, x, gradient);
        check_close(name[i], 2, gradient, slope, 1e-14);
        check_close(name[i], 1, &value, &top, 1e-8);
        run[i](s);
        check_close(name[i], 4, s->x, zeros, 1e-4); /* the search ends a little before it is there */
    }
}

int main(int argc, char **argv)
{
    static const Function functions[] = {{"rr", run_rr, print, false}, {"rf", run_rf, print, false},
                                         {"fr", run_fr, print, false}, {"ff", run_ff, print, false},
                                         {"check", check, print_ok, true}, {0}};
    return protocol_main(argc, argv, read_saddle, functions);
}
