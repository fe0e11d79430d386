// lang_7_record_more.c - records against vjp, once more; see lang_7_record.c.
#include "harness.h"

static double start[64];

static double *started(double *bar)
{
    return memcpy(bar, start, sizeof start);
}

static struct lens lens(void)
{
    return (struct lens){rnd(), {rnd(), rnd()}, rnd_int(0, 1)};
}

static void same_lens(struct lens got, struct lens want)
{
    CHECK_CLOSE(got.power, want.power, 1e-13);
    CHECK_ALL(got.shift, want.shift, 2, 1e-13);
    CHECK_INT(got.kind, want.kind);
}

RUN_CASE(lang_7_record_structs)
{
    enum { N = 3, M = 7 };
    adrt_tape *tape = adrt_tape_new();
    for (int round = 0; round < 4; round++) {
        struct lens all[N], held[2], result[2], seed = lens(), all_bar[2][N], held_bar[2];
        struct beam b = {lens(), rnd()}, b_bar[2];
        int order[M];
        bool dim[2] = {round % 2, round % 2};
        for (int i = 0; i < N; i++) {
            all[i] = lens();
            all_bar[0][i] = all_bar[1][i] = lens();
        }
        for (int i = 0; i < M; i++)
            order[i] = rnd_int(0, N - 1);
        held[0] = held[1] = lens();
        held_bar[0] = held_bar[1] = lens();
        b_bar[0] = b_bar[1] = (struct beam){lens(), rnd()};
        result[0] = pass_vjp(N, all, &b, &held[0], M - round, order, &dim[0], &seed, all_bar[0], &b_bar[0], &held_bar[0]);
        result[1] = pass_record_forward(N, all, &b, &held[1], M - round, order, &dim[1], tape);
        same_lens(result[1], result[0]);
        same_lens(held[1], held[0]);
        CHECK(dim[1] == dim[0]);
        struct lens held_was = held_bar[1], all_was[N];
        struct beam b_was = b_bar[1];
        memcpy(all_was, all_bar[1], sizeof all_was);
        for (int k = 0; k < 2; k++) {
            held_bar[1] = held_was;
            b_bar[1] = b_was;
            memcpy(all_bar[1], all_was, sizeof all_was);
            memset(all, 0xFF, sizeof all);
            memset(order, 0xFF, sizeof order);
            pass_record_reverse(tape, &seed, all_bar[1], &b_bar[1], &held_bar[1]);
            for (int i = 0; i < N; i++)
                same_lens(all_bar[1][i], all_bar[0][i]);
            same_lens(held_bar[1], held_bar[0]);
            same_lens(b_bar[1].first, b_bar[0].first);
            CHECK_CLOSE(b_bar[1].width, b_bar[0].width, 1e-13);
        }
    }
    adrt_tape_free(tape);
}

RUN_CASE(lang_7_record_matrices)
{
    adrt_tape *tape = adrt_tape_new();
    rnd_fill(start, 64);
    for (int n = 0; n < 5; n++) {
        double A[16], b[4], w = rnd(), A_bar[2][64], b_bar[2][64], w_bar[2] = {1, 1};
        rnd_fill(A, 16);
        rnd_fill(b, 4);
        double value = fit_vjp(n, A, b, w, 0.7, started(A_bar[0]), started(b_bar[0]), &w_bar[0]);
        CHECK_CLOSE(fit_record_forward(n, A, b, w, tape), value, 0);
        memset(A, 0xFF, sizeof A);
        memset(b, 0xFF, sizeof b);
        for (int k = 0; k < 2; k++) {
            w_bar[1] = 1;
            fit_record_reverse(tape, 0.7, started(A_bar[1]), started(b_bar[1]), &w_bar[1]);
            CHECK_ALL(A_bar[1], A_bar[0], 64, 1e-12);
            CHECK_ALL(b_bar[1], b_bar[0], 64, 1e-12);
            CHECK_CLOSE(w_bar[1], w_bar[0], 1e-12);
        }
    }
    adrt_tape_free(tape);
}

RUN_CASE(lang_7_record_rounds)
{
    adrt_tape *tape = adrt_tape_new();
    rnd_fill(start, 64);
    for (int n = 0; n < 6; n++) {
        int sizes[6], state[2][6];
        double x[6], x_bar[2][64];
        rnd_fill(x, 6);
        for (int i = 0; i < n; i++) {
            sizes[i] = rnd_int(0, 4);
            state[0][i] = state[1][i] = rnd_int(0, 9);
        }
        double value = rounds_vjp(n, sizes, x, state[0], 1.3, started(x_bar[0]));
        CHECK_CLOSE(rounds_record_forward(n, sizes, x, state[1], tape), value, 0);
        CHECK(memcmp(state[0], state[1], (size_t)n * sizeof(int)) == 0);
        memset(sizes, 0xFF, sizeof sizes);
        memset(state, 0xFF, sizeof state);
        memset(x, 0xFF, sizeof x);
        rounds_record_reverse(tape, 1.3, started(x_bar[1]));
        CHECK_ALL(x_bar[1], x_bar[0], 64, 1e-13);
    }
    adrt_tape_free(tape);
}
