// fuzz_record.c - records of adjoints against the adjoint of the adjoint.
#include "harness.h"

static void late(adrt_tape *tape, int n)
{
    double i[2], seed[3], i_bar[2], result[3], result_bar2[3], i_bar2[2], seed_bar[2][3], i_bar_bar[2];
    i[0] = i[1] = rnd();
    i_bar[0] = i_bar[1] = rnd();
    rnd_fill(seed, 3);
    rnd_fill(result_bar2, 3);
    rnd_fill(seed_bar[0], 3);
    memcpy(seed_bar[1], seed_bar[0], sizeof seed_bar[0]);
    i_bar2[0] = i_bar2[1] = rnd();
    i_bar_bar[0] = i_bar_bar[1] = rnd();
    late_seed_vjp_vjp(n, &i[0], seed, &i_bar[0], result_bar2, &i_bar2[0], seed_bar[0], &i_bar_bar[0], result);
    late_seed_record_forward(n, &i[1], seed, &i_bar[1], tape, result);
    rnd_fill(seed, 3);
    late_seed_record_reverse(tape, result_bar2, &i_bar2[1], seed_bar[1], &i_bar_bar[1]);
    CHECK_CLOSE(i_bar[1], i_bar[0], 1e-14);
    CHECK_CLOSE(i_bar2[1], i_bar2[0], 1e-14);
    CHECK_CLOSE(i_bar_bar[1], i_bar_bar[0], 1e-14);
    for (int k = 0; k < 3; k++)
        CHECK_CLOSE(seed_bar[1][k], seed_bar[0][k], 1e-14);
}

static void with_size(adrt_tape *tape, int n, int first)
{
    int c[4] = {first, 2, 3, 4};
    double a = rnd(), a_bar = rnd(), seed = rnd(), r = rnd(), bar[2][3];
    rnd_fill(bar[0], 3);
    memcpy(bar[1], bar[0], sizeof bar[0]);
    sized_vjp_vjp(n, a, c, seed, &a_bar, r, &bar[0][0], &bar[0][1], &bar[0][2]);
    sized_record_forward(n, a, c, seed, &a_bar, tape);
    c[0] = 1 - first;
    sized_record_reverse(tape, r, &bar[1][0], &bar[1][1], &bar[1][2]);
    for (int k = 0; k < 3; k++)
        CHECK_CLOSE(bar[1][k], bar[0][k], 1e-14);
}

RUN_CASE(fuzz_record)
{
    adrt_tape *tape = adrt_tape_new();
    for (int n = 0; n < 4; n++)
        late(tape, n);
    for (int n = 1; n < 4; n++)
        for (int first = 0; first < 2; first++)
            with_size(tape, n, first);
    adrt_tape_free(tape);
}
