// implicit_vector.c - the checks of implicit_vector.ad.
#include "harness.h"

void scaled(int n, const double *y, double a, double *result)
{
    for (int i = 0; i < n; i++)
        result[i] = y[i] * y[i] - a * (i + 1);
}

void scaled_bar(int n, const double *y, double a, const double *result_bar, double *y_bar, double *a_bar, double *result)
{
    scaled(n, y, a, result);
    for (int i = 0; i < n; i++) {
        y_bar[i] += 2 * y[i] * result_bar[i];
        *a_bar -= (i + 1) * result_bar[i];
    }
}

// By elimination without pivoting: the matrix is nearly a multiple of the identity.
static double of_linear_c(int n, int k, const double *x)
{
    double A[8][8], b[8], s = 0;
    for (int i = 0; i < n; i++) {
        b[i] = cos(x[i]);
        for (int j = 0; j < n; j++)
            A[i][j] = 3 * (i == j) + x[i] * sin(x[j]);
    }
    for (int t = 0; t < k; t++) {
        double E[8][8], y[8], q = 0;
        memcpy(E, A, sizeof E);
        memcpy(y, b, sizeof y);
        for (int i = 0; i < n; i++)
            for (int r = 0; r < n; r++) {
                double m = r == i ? 0 : E[r][i] / E[i][i];
                for (int j = 0; j < n; j++)
                    E[r][j] -= m * E[i][j];
                y[r] -= m * y[i];
            }
        for (int i = 0; i < n; i++) {
            y[i] /= E[i][i];
            q += y[i] * y[i];
            b[i] = 0.5 * b[i] + 0.2 * y[i] * y[i];
            A[t % n][i] *= 1.1;
        }
        s += sqrt(q);
    }
    return s;
}

// Several directions at once are what one after the other gives.
static void directions(int n, const double *x)
{
    double bar[4], hess[16], dot[4] = {0}, bar2[4], bar_dot[4], d, fwd[16], rev[16], y[4], seeds[12] = {0}, bars[12] = {0};
    of_lowest_hess(n, 2, x, bar, hess);
    for (int j = 0; j < n; j++) {
        dot[j] = 1;
        of_lowest_hvp(n, 2, x, bar2, dot, bar_dot, &d);
        dot[j] = 0;
        for (int i = 0; i < n; i++)
            CHECK_CLOSE(hess[i * n + j], bar_dot[i], 1e-13);
    }
    lowest_jacfwd(n, x, fwd, y);
    lowest_jacrev(n, x, rev, y);
    CHECK_ALL(rev, fwd, n * n, 1e-14);
    seeds[0] = 1, seeds[(n - 1) * 3 + 2] = 2;
    lowest_seeds(n, x, seeds, bars, y);
    for (int i = 0; i < n; i++) {
        CHECK_CLOSE(bars[i * 3], fwd[i], 1e-14);
        CHECK(bars[i * 3 + 1] == 0);
        CHECK_CLOSE(bars[i * 3 + 2], 2 * fwd[(n - 1) * n + i], 1e-14);
    }
}

// What is given as a solution is one.
static void searches(double c)
{
    double y[12], a[12], z[12], zero[12] = {0}, r[12];
    for (int n = 1; n <= 12; n++)
        for (int t = 0; t < 40; t++) {
            rnd_fill_in(y, n, -1.0 * (t % 5) - 0.1, 1.7 * (t % 5) + 0.1);
            bumpy(n, y, c, zero, a);
            of_bumpy(n, c, a, z);
            bumpy(n, z, c, a, r);
            bool found = !isnan(z[0]);
            CHECK(found || c == 0);
            for (int i = 0; i < n && found; i++)
                CHECK(fabs(r[i]) <= 1e-14 * (1 + exp(z[i]) + fabs(z[i]) + fabs(z[(i + 1) % n])));
        }
}

static void parts(void)
{
    double load[3] = {1, 0.5, -0.3}, all[3], part[3], by_stiff, d;
    double v = deflection_grad(3, load, 0.7, all, &d);
    CHECK_CLOSE(deflection_by_load(3, load, 0.7, part), v, 0);
    CHECK_ALL(part, all, 3, 1e-14);
    CHECK_CLOSE(deflection_by_stiff(3, load, 0.7, &by_stiff), v, 0);
    CHECK_CLOSE(by_stiff, d, 1e-14);
    CHECK_CLOSE(deflection_jvp_stiff(3, load, 0.7, 1, &by_stiff), v, 0);
    CHECK_CLOSE(by_stiff, d, 1e-14);
}

RUN_CASE(implicit_vector)
{
    static const int sizes[] = {1, 3, 4};
    FOR_TRIPS (k)
        for (int i = 0; i < 3; i++) {
            int n = sizes[i], few = k < 6 ? k : 6;
            double x[4] = {0.5, 0.3, -0.4, 0.8}, y[4] = {0.2, -0.3, 0.1, 0.6};
            CHECK_SCALAR(of_linear, of_linear_c, n, few, x);
            CHECK_MAP(of_springs, NULL, n, few, x, y);
            CHECK_SCALAR(of_crossed, NULL, n, few, x);
            CHECK_SCALAR(of_lowest, NULL, n, few, x);
            directions(n, x);
        }
    parts();
    searches(1);
#ifndef ADC_CHECK
    searches(0);
#endif
    double a_bar;
    CHECK_CLOSE(of_scaled_grad(3, 2, &a_bar), sqrt(2) + sqrt(4) + sqrt(6), 1e-14);
    CHECK_CLOSE(a_bar, (sqrt(2) + sqrt(4) + sqrt(6)) / 4, 1e-14);
    CHECK_CLOSE(of_scaled_grad(0, 2, &a_bar), 0, 0);
    CHECK(a_bar == 0);
    // y0 = 1e18 a y1, y0 y1 = 3e-6
    double y1 = sqrt(3e-6 / (1e18 * 0.5)), y0 = 3e-6 / y1;
    CHECK_CLOSE(of_sizes_grad(0.5, &a_bar), log(y0) + 2 * log(y1), 1e-14);
    CHECK_CLOSE(a_bar, -1, 1e-12);
#ifndef ADC_CHECK
    CHECK(isnan(of_none_grad(2, 1, &a_bar)));
    CHECK(isnan(a_bar));
#endif
}
