#include "harness.h"

RUN_CASE(names_of_constants)
{
    double x = 0.75, x_bar = 7, twice_bar = 7;
    CHECK_CLOSE(W(x), 1.5 * x + 1.0 / 3.0, 1e-15);
    CHECK_CLOSE(shadows_grad(x, 3.0, &x_bar, &twice_bar), x * x / 64 * 3.0 + 1.5, 1e-15);
    CHECK_CLOSE(x_bar, x / 32 * 3.0, 1e-15);
    CHECK_CLOSE(twice_bar, x * x / 64, 1e-15);
    CHECK_CLOSE(many_grad(x, &x_bar), 12.0 * x + 1.5, 1e-15);
    CHECK_CLOSE(x_bar, 12.0, 1e-15);
    CHECK_CLOSE(pair__grad(x, &x_bar), 3.0 * x, 1e-15);
}
