#include "harness.h"

// The tangent of a struct with ints, and the tangent and adjoint of that.
static void moved_in_all_modes(void)
{
    struct tagged p = {0.5, {3, 4}}, p_dot = {1.25, {7, 7}}, result_dot = {9, {9, 9}}, zero = {0, {0, 0}};
    struct tagged q = moved_jvp(&p, 2, &p_dot, 0.25, &result_dot);
    CHECK_CLOSE(q.at, 4.5, 0);
    CHECK_INT(q.tag[0], 3);
    CHECK_INT(q.tag[1], 5);
    CHECK_CLOSE(result_dot.at, 1.25 + 2 * 2 * 0.25, 0);
    CHECK_INT(result_dot.tag[0], 0);
    CHECK_INT(result_dot.tag[1], 0);

    struct tagged result_dot2 = {9, {9, 9}}, result_dot_dot = {9, {9, 9}};
    moved_jj(&p, 2, &p_dot, 0.25, &result_dot, &zero, 3, &zero, 0, &result_dot_dot, &result_dot2);
    CHECK_CLOSE(result_dot2.at, 2 * 2 * 3, 0);
    CHECK_CLOSE(result_dot_dot.at, 2 * 3 * 0.25, 0);
    CHECK_INT(result_dot_dot.tag[1], 0);

    struct tagged seed = {0.5, {7, 7}}, seed_dot = {2, {7, 7}}, p_bar = {1, {8, 8}}, p_dot_bar = {1, {8, 8}};
    double by_bar = 1, by_dot_bar = 1;
    moved_jv(&p, 2, &p_dot, 0.25, &result_dot, &seed, &p_bar, &by_bar, &p_dot_bar, &by_dot_bar, &seed_dot);
    CHECK_CLOSE(p_bar.at, 1 + 0.5, 0);
    CHECK_CLOSE(by_bar, 1 + 0.5 * 2 * 2 + 2 * 2 * 0.25, 0);
    CHECK_CLOSE(p_dot_bar.at, 1 + 2, 0);
    CHECK_CLOSE(by_dot_bar, 1 + 2 * 2 * 2, 0);
    CHECK_INT(p_bar.tag[0] + p_dot_bar.tag[1], 16);
}

static void first_of_structs(void)
{
    struct patch b[2] = {{1, {{0.1, 0.2}, {0.3, 0.4}}}, {0, {{0, 0}, {0, 0}}}}, b_bar[2] = {{5, {{1, 1}, {1, 1}}}, b[1]};
    double sum_of = 0, slope = 0.7 * cos(0.7 * 1.2);
    adrt_tape *tape = adrt_tape_new();
    first_patch_record_forward(2, b, &sum_of, tape);
    CHECK_CLOSE(sum_of, sin(0.7 * 1.2), 1e-15);
    first_patch_record_reverse(tape, b_bar, 2);
    adrt_tape_free(tape);
    CHECK_CLOSE(b_bar[0].at[0][1], 1 + 2 * 2 * slope, 1e-15);
    CHECK_CLOSE(b_bar[0].at[1][0], 1 + 2 * slope, 1e-15);
    CHECK_CLOSE(b_bar[0].id, 5, 0);
    CHECK_CLOSE(b_bar[1].at[0][0], 0, 0);
}

static void equations_in_all_modes(void)
{
    // mean(half) is the mean of p over 2.3 for three unknowns; alone is 0.25
    double p[3] = {0.2, 0.4, 0.9}, p_dot[3] = {7, 7, 7}, p_bar[3] = {0, 0, 0}, c_bar = 1, result_dot = 9, s = 0.5 / 2.3 + 0.25;
    CHECK_CLOSE(equations_jvp(3, 2, p, 0.5, p_dot, &result_dot), s + 2 * s, 1e-14);
    CHECK_CLOSE(result_dot, 0.5 * s, 1e-14);
    CHECK_CLOSE(p_dot[0], 0.5 * s, 1e-14);
    CHECK_CLOSE(p_dot[1], 0, 0);

    double q[3] = {0.2, 0.4, 0.9}, q_dot[3] = {0.3, 0.6, 0};
    equations_all(3, 2, q, 0, q_dot, &result_dot);
    CHECK_CLOSE(result_dot, 3 * 0.3 / 2.3, 1e-14);
    double r[3] = {0.2, 0.4, 0.9};
    equations_vjp(3, 2, r, 1, &c_bar, p_bar);
    CHECK_CLOSE(c_bar, 1 + s, 1e-14);
    CHECK_CLOSE(p_bar[1], 3 / (3 * 2.3), 1e-14);
}

static void ints_in_adjoints(void)
{
    struct counted c = {0.5, {1, 2, 3}}, c_dot = {2, {7, 7, 7}}, c_bar = {0, {8, 8, 8}}, c_dot_bar = {0, {8, 8, 8}};
    double result_dot = 9, w_bar = 0, w_dot_bar = 0;
    // renumbered is w a^2 + 3, and its tangent w_dot a^2 + 2 w a a_dot
    CHECK_CLOSE(renumbered_jv(4, &c, 0.25, &c_dot, &result_dot, 0, &w_bar, &c_bar, &w_dot_bar, &c_dot_bar, 1), 4 * 0.25 + 3, 1e-15);
    CHECK_CLOSE(result_dot, 0.25 * 0.25 + 2 * 4 * 0.5 * 2, 1e-15);
    CHECK_CLOSE(w_bar, 2 * 0.5 * 2, 1e-15);
    CHECK_CLOSE(w_dot_bar, 0.5 * 0.5, 1e-15);
    CHECK_CLOSE(c_bar.a, 0.25 * 2 * 0.5 + 2 * 4 * 2, 1e-15);
    CHECK_CLOSE(c_dot_bar.a, 2 * 4 * 0.5, 1e-15);
    CHECK_INT(c.at[0], 3);
}

static void inout_twice(void)
{
    for (double b = -1; b <= 1; b += 0.5) {
        double b_bar, dot, value = twice_inout_grad(b, &b_bar);
        CHECK_CLOSE(twice_inout_jvp(b, 1, &dot), value, 1e-15);
        CHECK_CLOSE(b_bar, dot, 1e-14);
        double difference = (twice_inout(b + 1e-5) - twice_inout(b - 1e-5)) / 2e-5;
        CHECK_CLOSE(b_bar, difference, 1e-8);
    }
}

RUN_CASE(fuzz_second)
{
    double x[4], y[4];
    inout_twice();
    equations_in_all_modes();
    ints_in_adjoints();
    rnd_fill(y, 4);
    moved_in_all_modes();
    first_of_structs();
    rnd_fill(x, 4);
    for (int n = 1; n <= 4; n++)
        for (int k = 0; k < 3; k++)
            CHECK_SCALAR(chosen, NULL, n, k, x);
    for (int n = 1; n <= 4; n++)
        for (int k = 0; k < 3; k++)
            CHECK_MAP(late, NULL, n, k, x, y);
}
