// struct_float.c - the checks of struct_float.ad.
#include "harness.h"

RUN_CASE(struct_float)
{
    struct lens a[3], bar[3], dot[3] = {{0}}, added[3];
    CHECK(sizeof a[0].focal == sizeof(float) && sizeof a[0].rad == 2 * sizeof(float));
    for (int n = 0; n <= 3; n++) {
        float x = (float)rnd_in(0.2, 0.6), x_bar = 7, s_dot;
        for (int i = 0; i < 3; i++) {
            a[i] = (struct lens){(float)rnd_in(0.5, 1.5), i + 1, {(float)rnd(), (float)rnd()}, i % 2 == 0};
            bar[i] = (struct lens){9, 9, {9, 9}, true};
            added[i] = (struct lens){1, 5, {1, 1}, true};
            dot[i].focal = (float)rnd();
            dot[i].rad[0] = (float)rnd();
            dot[i].rad[1] = (float)rnd();
        }
        float s = bend(n, a, x);
        CHECK(bend_grad(n, a, x, bar, &x_bar) == s);
        CHECK(bend_jvp(n, a, x, dot, 0.5f, &s_dot) == s);
        CHECK(bend_vjp(n, a, x, 2.0f, added) == s);
        double want = 0.5 * x_bar;
        for (int i = 0; i < n; i++) {
            want += bar[i].focal * dot[i].focal + bar[i].rad[0] * dot[i].rad[0] + bar[i].rad[1] * dot[i].rad[1];
            CHECK(bar[i].id == 0 && !bar[i].coated);
            CHECK(added[i].id == 5 && added[i].coated);
            CHECK_CLOSE(added[i].focal, 1 + 2 * bar[i].focal, 1e-5);
            CHECK_CLOSE(added[i].rad[i % 2], 1 + 2 * bar[i].rad[i % 2], 1e-5);
        }
        for (int i = n; i < 3; i++)
            CHECK(bar[i].focal == 9 && bar[i].id == 9);
        CHECK_CLOSE(s_dot, want, 1e-5);
    }
}
