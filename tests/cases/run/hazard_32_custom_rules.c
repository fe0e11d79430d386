// hazard_32_custom_rules.c - the checks of hazard_32_custom_rules.ad.
#include "harness.h"

static void repeated_c(int n, int k, const double *x, double *y)
{
    for (int i = 0; i < n; i++) {
        double w = x[i];
        for (int t = 0; t < k; t++) {
            y[i] *= sin(w);
            w += 0.3 * y[i];
            y[i] += 0.5;
        }
    }
}

RUN_CASE(hazard_32_custom_rules)
{
    double a = 1, b = 1, ad, bd, dot;
    CHECK(direct_vjp(2, 3, 0.5, &a, &b) == 12);
    CHECK(a == 61 && b == 21);
    CHECK(direct_jvp(2, 3, 1, 10, &dot) == 12 && dot == 520);
    direct_hvp(2, 3, &a, &b, 1, 10, &ad, &bd, &dot);
    CHECK(a == 120 && b == 40 && dot == 520);
    CHECK(ad == 20 * 3 + 20 * 2 * 10 && bd == 20 * 2 * 1); // of the rule, not of the body
    double value = overwritten_grad(0.5, 2, &a);
    // s: 0 -> odd(x, 0) = 0, s = 2x; then s + odd(2x, s) + 4x; with the rule ds = ds + 10 (4 x s 2 + 4x^2 ds) + 4
    CHECK_CLOSE(value, 1 + 1 + 2, 1e-15);
    double ds = 2 + 10 * 0 * 0;
    ds = ds + 10 * (2 * 1 * 1 * 2 + 1 * ds) + 4;
    CHECK_CLOSE(a, ds, 1e-14);
    overwritten_jvp(0.5, 2, 1, &dot);
    CHECK_CLOSE(dot, ds, 1e-14);
    FOR_TRIPS (k) {
        double x[3] = {0.4, -0.9, 1.1}, y[3] = {0.5, 1.2, -0.7};
        CHECK_MAP(repeated, repeated_c, 3, k, x, y);
    }
}
