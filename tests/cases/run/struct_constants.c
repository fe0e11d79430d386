// struct_constants.c - the checks of struct_constants.ad.
#include "harness.h"

static double projected(const struct cam *c, double x)
{
    return c->f * x + c->l.k[0] * x * x + c->l.k[1] * x * c->l.id + c->R[1][0] * x * x * x;
}

static double reference(int n, int k, const double *x)
{
    const struct cam usual = {3, {{0.1, -0.2}, 3}, {{1, 0.5}, {0.25, exp(0.5)}}};
    const struct cam plain = {1, {{0}, 0}, {{0}}};
    const double first[2] = {0.5, -0.5};
    struct cam c = usual;
    c.f = x[0];
    double s = 0;
    for (int i = 0; i < n; i++)
        s += projected(&usual, x[i]) * usual.R[i % 2][1] + x[i] + first[i % 2] * x[i] * x[i] * (k % 2 + 1);
    return s + projected(k > 1 ? &plain : &c, x[0]) + (usual.R[k % 2][0] + usual.R[k % 2][1]) * x[0] + 3;
}

RUN_CASE(struct_constants)
{
    double x[3];
    for (int k = 0; k < 4; k++) {
        rnd_fill(x, 3);
        CHECK_SCALAR(use, reference, 3, k, x);
    }
    struct cam c = give();
    CHECK(c.f == 3 && c.l.k[1] == -0.2 && c.l.id == 3 && c.R[1][0] == 0.25 && c.R[1][1] == exp(0.5));
}
