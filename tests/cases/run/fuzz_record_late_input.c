// fuzz_record_late_input.c - the record of the adjoint against its adjoint.
#include "harness.h"

RUN_CASE(fuzz_record_late_input)
{
    enum { N = 3 };
    double z[N] = {0.4, 0.5, 0.6}, seed[3] = {1, 0.5, 0.25}, seed2[3] = {0.3, 0.2, 0.1}, r[3], z_bar[2][N] = {{0}};
    double z_bar2[2][N] = {{0}}, seed_bar[2][3] = {{0}}, z_bar_bar[2][N] = {{1, 2, 3}, {1, 2, 3}};
    late_vjp_vjp(N, z, seed, z_bar[0], seed2, z_bar2[0], seed_bar[0], z_bar_bar[0], r);
    adrt_tape *tape = adrt_tape_new();
    late_record_forward(N, z, seed, z_bar[1], tape, r);
    late_record_reverse(tape, seed2, z_bar2[1], seed_bar[1], z_bar_bar[1]);
    adrt_tape_free(tape);
    CHECK_ALL(z_bar[1], z_bar[0], N, 1e-14);
    CHECK_ALL(z_bar2[1], z_bar2[0], N, 1e-14);
    CHECK_ALL(seed_bar[1], seed_bar[0], 3, 1e-14);
    CHECK_ALL(z_bar_bar[1], z_bar_bar[0], N, 1e-14);
}
