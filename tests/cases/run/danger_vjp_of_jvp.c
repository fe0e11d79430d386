// danger_vjp_of_jvp.c - the checks of danger_vjp_of_jvp.ad.
#include "harness.h"

RUN_CASE(danger_vjp_of_jvp)
{
    enum { N = 4 };
    FOR_TRIPS (k) {
        double x[N], v[N], w[N], g[N], h[N], h2[N] = {0}, h3[N] = {0}, a, b, c;
        rnd_fill(x, N);
        rnd_fill(v, N);
        rnd_fill(w, N);
        checking("k = %d", k);
        fwd_rev(N, k, x, g, v, h, &a);
        rev_fwd(N, k, x, v, &b, 0, h2, 1);
        CHECK_CLOSE(b, a, 1e-12);
        CHECK_ALL(h2, h, N, 1e-12);
        rev_rev(N, k, x, g, 0, h3, v);
        CHECK_ALL(h3, h, N, 1e-12);
        fwd_fwd(N, k, x, v, &a, w, &b, &c);
        CHECK_CLOSE(b, vec_dot(w, h, N), 1e-11);
        CHECK_CLOSE(c, vec_dot(g, w, N), 1e-11);
        vec_fill(h2, N, 0.5);
        rev_fwd(N, k, x, v, &b, 0.25, h2, -2);
        for (int i = 0; i < N; i++)
            CHECK_CLOSE(h2[i], 0.5 + 0.25 * g[i] - 2 * h[i], 1e-11);
    }
    checking(NULL);
}
