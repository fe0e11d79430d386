// lang_3_types.c - the checks of lang_3_types.ad.
#include "harness.h"

RUN_CASE(lang_3_types)
{
    double pi = acos(-1.0), g, dot;
    CHECK_CLOSE(constants(2), 4 * pi + 14 + 3 - 1.5 * 2.5 + 5 + 0 + sqrt(0.5) + cos(1) + exp(1), 1e-15);
    constants_grad(2, &g);
    CHECK_CLOSE(g, 2 * pi, 1e-15);
    CHECK(infinite(true) == -INFINITY && infinite(false) == INFINITY && isnan(not_a_number()));
    CHECK_INT(largest(), 2147483647);
    for (int n = 1; n < 5; n++) {
        double x = 1.7, c = n * (5 - 2), a = 1 + 2 + n;
        double want = a * x + a + c + n / 2.0 + 3 + a + fmax(n, 1) + fmin(x, n) + n - 1 + 2 * n;
        CHECK_CLOSE(conversions(x, n), want, 1e-15);
        conversions_grad(x, n, &g);
        CHECK_CLOSE(g, a + (x < n), 1e-15);
        conversions_jvp(x, n, 2, &dot);
        CHECK_CLOSE(dot, 2 * g, 1e-15);
    }
    for (int i = 0; i < 16; i++) {
        bool a = i & 1, b = i & 2, d = (i / 4 > 2 && a) || b != a, e = (a && !a) || d, f = (!b && b) || d;
        CHECK_INT(logic(a, b, i / 4 + 1), ((e && f) == (a || !b) && e));
    }
}
