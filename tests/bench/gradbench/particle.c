/* particle.c - the eval `particle`: rr, rf, fr, ff; the first letter says how the descent differentiates, the second how the force is had. */
#include "particle.ad.h"
#include "descent.h"
#include "protocol.h"

#include <stdio.h>

typedef struct {
    double w, out;
} Particle;

static void *read_particle(const json_t *input)
{
    Particle *p = protocol_new(1, sizeof *p);
    p->w = get_real(input, "w");
    return p;
}

static double rr(const void *data, const double *w, double *gradient)
{
    (void)data;
    return gradient != NULL ? fly_rr(*w, gradient) : fly_reverse(*w);
}

static double rf(const void *data, const double *w, double *gradient)
{
    (void)data;
    return gradient != NULL ? fly_rf(*w, gradient) : fly_forward(*w);
}

static double fr(const void *data, const double *w, double *gradient)
{
    (void)data;
    return gradient != NULL ? fly_fr(*w, 1.0, gradient) : fly_reverse(*w);
}

static double ff(const void *data, const double *w, double *gradient)
{
    (void)data;
    return gradient != NULL ? fly_ff(*w, 1.0, gradient) : fly_forward(*w);
}

static void find(Particle *p, Descended *f)
{
    p->out = p->w;
    descend(f, NULL, 1, &p->out);
}

static void run_rr(void *data)
{
    find(data, rr);
}

static void run_rf(void *data)
{
    find(data, rf);
}

static void run_fr(void *data)
{
    find(data, fr);
}

static void run_ff(void *data)
{
    find(data, ff);
}

static void print(const void *data)
{
    printf("%.17g", ((const Particle *)data)->out);
}

/* The flight once more, with the force as physics has it. */
static double flight(void *data)
{
    double w = *(double *)data, x = 0.0, y = 8.0, vx = 0.75, vy = 0.0;
    for (;;) {
        double x0 = x - 10.0, y0 = y - (10.0 - w), y1 = y, r0 = hypot(x0, y0), r1 = hypot(x0, y1);
        double ax = x0 / (r0 * r0 * r0) + x0 / (r1 * r1 * r1), ay = y0 / (r0 * r0 * r0) + y1 / (r1 * r1 * r1);
        x += 0.1 * vx;
        y += 0.1 * vy;
        if (y <= 0.0)
            break;
        vx += 0.1 * ax;
        vy += 0.1 * ay;
    }
    x -= y / vy * vx;
    return x * x;
}

/* Values and derivatives in all orders, at some places near the first between which the number of steps is the same; all four find the same w, at which the particle is where it should be. */
static void check(void *data)
{
    Particle *p = data;
    static Descended *const order[] = {rr, rf, fr, ff};
    static const char *const name[] = {"rr", "rf", "fr", "ff"};
    static const double one = 1.0, zero = 0.0;
    for (int i = 0; i < 4; i++) {
        for (int k = 0; k < 3; k++) {
            double w = p->w + 0.003 * k, want = flight(&w), slope = difference(flight, &w, 1, &w, &one), got[3];
            got[0] = order[i](NULL, &w, NULL);
            got[1] = order[i](NULL, &w, &got[2]);
            check_close(name[i], 1, &got[0], &want, 1e-12);
            check_close(name[i], 1, &got[1], &want, 1e-12);
            check_close(name[i], 1, &got[2], &slope, 1e-8);
        }
        find(p, order[i]);
        double left = flight(&p->out);
        check_close(name[i], 1, &left, &zero, 1e-8);
    }
}

int main(int argc, char **argv)
{
    static const Function functions[] = {{"rr", run_rr, print, false}, {"rf", run_rf, print, false},
                                         {"fr", run_fr, print, false}, {"ff", run_ff, print, false},
                                         {"check", check, print_ok, true}, {0}};
    return protocol_main(argc, argv, read_particle, functions);
}
