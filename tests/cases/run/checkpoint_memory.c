// What a derivative takes of the arena and of growable tapes, with 100, 1000 and 10,000 trips; and how often it runs a trip.
#include "harness.h"
#include <setjmp.h>
#include <stdint.h>

// As in arena.c.
struct block {
    struct block *prev, *next;
    char *end;
};
struct store {
    struct store *older, *newer;
    unsigned long long serial;
    ptrdiff_t cap;
};

static size_t bytes_taken(void)
{
    size_t n = 0;
    for (struct block *b = (struct block *)(void *)adrt_arena_.first; b; b = b->next)
        n += (size_t)(b->end - (char *)b);
    for (struct store *s = (struct store *)(void *)adrt_arena_.pool; s; s = s->older)
        n += (size_t)s->cap;
    return n;
}

static void forget(void)
{
#ifndef ADC_STANDALONE
    adrt_release();
#else
    adrt_arena_ = (struct adrt_arena){0}; // lost, but this is a test
#endif
}

enum { N = 50 };
static double u[N], u_bar[N], other[N], u_dot[N], u_bar_dot[N], u_bar_bar[N], c_bar, other_c, c_bar_dot, result_dot;

static double lanes_bar[N * 3];
static const double seeds[3] = {1, 2, -0.5};

typedef enum Which { COUNTED, PLAIN, TWICE, MANY, HVP, LANES, GV } Which;

static size_t bytes_of(Which which, int k)
{
    const double c = 0.05;
    forget();
    switch (which) {
    case COUNTED: counted_grad(N, k, 10, u, c, u_bar, &c_bar); break;
    case PLAIN: counted_plain_grad(N, k, u, c, u_bar, &c_bar); break;
    case TWICE: twice_grad(N, k, u, c, u_bar, &c_bar); break;
    case MANY: many_states_grad(N, k, u, c, u_bar, &c_bar); break;
    case HVP: counted_hvp(N, k, 10, u, c, u_bar, &c_bar, u_dot, u_bar_dot, &c_bar_dot, &result_dot); break;
    case LANES: counted_lanes(N, k, 10, u, c, seeds, lanes_bar); break;
    case GV: counted_gv(N, k, 4, u, c, u_bar, &c_bar, 1.0, other, u_bar_bar, 0.5); break;
    }
    return bytes_taken();
}

#ifndef ADC_STANDALONE
static jmp_buf back;
static struct adrt_error seen;

static void handler(const struct adrt_error *e)
{
    seen = *e;
    longjmp(back, 1);
}
#endif

static int ticked;

double tick(double x)
{
    ticked++;
    return sin(x);
}

// The fewest runs that bring back the states of `trips` trips, last first, with `states` kept at a time: the binomial bound, by trying all.
static int fewest_runs(int trips, int states)
{
    static int known[31][31];
    if (trips < 2)
        return 0;
    if (known[trips][states])
        return known[trips][states];
    int best = trips - 1 + fewest_runs(trips - 1, states);
    for (int at = 1; at < trips && states > 1; at++) {
        int runs = at + fewest_runs(trips - at, states - 1) + fewest_runs(at, states);
        best = runs < best ? runs : best;
    }
    return known[trips][states] = best;
}

static void check_runs(void)
{
    for (int k = 0; k <= 30; k++)
        for (int states = 1; states <= 30; states += states < 5 ? 1 : 8) {
            checking("%d trips, %d states", k, states);
            double x_bar, value = 0.4, slope = 1;
            for (int t = 0; t < k; t++) {
                slope *= cos(value);
                value = sin(value);
            }
            ticked = 0;
            CHECK_CLOSE(ticks_grad(k, states, 0.4, &x_bar), value, 0);
            CHECK_CLOSE(x_bar, slope, 1e-14);
            CHECK_INT(ticked, k + fewest_runs(k, states) + k); // forwards; on the way to each trip; that trip, to be reversed
        }
    checking(NULL);
}

RUN_CASE(checkpoint_memory)
{
    check_runs();
    rnd_fill(u, N);
    rnd_fill(u_dot, N);
    rnd_fill(u_bar_bar, N);
    for (Which which = COUNTED; which <= LANES; which++) {
        size_t small = bytes_of(which, 100), middle = bytes_of(which, 1000), large = bytes_of(which, 10000);
        checking("function %d: %zu, %zu and %zu bytes", (int)which, small, middle, large);
        if (which == PLAIN || which == MANY) {
            CHECK(large > 10000 * N * sizeof(double));
        } else {
            CHECK(small == middle && middle == large);
            CHECK(large < 300000);
        }
    }
    size_t small = bytes_of(GV, 30), large = bytes_of(GV, 1000);
    checking("the adjoint of the adjoint: %zu and %zu bytes", small, large);
    CHECK(small == large);
    checking(NULL);

    double value = counted_grad(N, 500, 7, u, 0.05, u_bar, &c_bar);
    CHECK_CLOSE(counted_plain_grad(N, 500, u, 0.05, other, &other_c), value, 0);
    CHECK_ALL(u_bar, other, N, 0);
    CHECK_CLOSE(c_bar, other_c, 0);
    memset(lanes_bar, 0, sizeof lanes_bar);
    CHECK_CLOSE(counted_lanes(N, 500, 7, u, 0.05, seeds, lanes_bar), value, 0);
    for (int i = 0; i < 3 * N; i++)
        CHECK_CLOSE(lanes_bar[i], seeds[i % 3] * u_bar[i / 3], 1e-13);
    CHECK_CLOSE(many_states_grad(N, 500, u, 0.05, u_bar, &c_bar), value, 0);
    CHECK_ALL(u_bar, other, N, 0);

#ifndef ADC_STANDALONE
    adrt_set_error_handler(handler);
    for (int states = 1; states > -2; states--) {
        seen = (struct adrt_error){.line = -1};
        if (!setjmp(back))
            no_states_grad(N, 5, states, u, u_bar);
        CHECK_INT(seen.line, states > 0 ? -1 : 47);
        CHECK(states > 0 || (seen.kind == ADRT_ASSERT && strcmp(seen.what, "@checkpoint(states) keeps one state at least") == 0));
    }
    adrt_set_error_handler(NULL);
#endif
}
