// lang_3_float.c - the checks of lang_3_float.ad.
#include "harness.h"

RUN_CASE(lang_3_float)
{
    enum { N = 5 };
    float x[N], y[N], x_bar[N] = {0}, y_bar[N], x_dot[N], y_dot[N], s_dot, s;
    rnd_fillf(x, N);
    rnd_fillf(y_bar, N);
    rnd_fillf(x_dot, N);
    s = f_vjp(N, x, y, 0.75f, x_bar, y_bar);
    double want = 0, left = 0, right = 0;
    for (int i = 0; i < N; i++)
        want += (sin((double)x[i]) * 0.1 * exp(-(double)x[i]) + (double)x[i] * (double)x[i]) / N;
    CHECK_CLOSE((double)s, want, 1e-5);
    f_jvp(N, x, y, x_dot, y_dot, &s_dot);
    right = 0.75 * (double)s_dot;
    for (int i = 0; i < N; i++) {
        left += (double)x_bar[i] * (double)x_dot[i];
        right += (double)y_bar[i] * (double)y_dot[i];
        CHECK_CLOSE((double)y_dot[i], cos((double)x[i]) * 0.1 * (double)x_dot[i], 1e-6);
    }
    CHECK_CLOSE(left, right, 1e-5);
    CHECK(sizeof(f(0, x, y)) == sizeof(float));
}
