// test_linalg.c - the runtime's factors and what is solved with them: against the matrix that was factored.
#include "suite.h"

#include <check.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "adrt.h"

enum { LARGEST = 150, MAX_COLS = 70 };
static const int sizes[] = {0, 1, 2, 3, 5, 8, 31, 32, 33, 64, 100, LARGEST};
static const int cols[] = {0, 1, 2, 7, 64, MAX_COLS};
#define N(rows) ((int)(sizeof(rows) / sizeof *(rows)))

static double A[LARGEST * LARGEST], LU[LARGEST * LARGEST], X[LARGEST * LARGEST], B[LARGEST * LARGEST];
static float Af[LARGEST * LARGEST], LUf[LARGEST * LARGEST], Xf[LARGEST * LARGEST];
static int pivots[LARGEST];

static unsigned state = 12345;

static double rnd(void)
{
    state = state * 1664525u + 1013904223u;
    return (int)(state >> 12) / 1048576.0 * 2 - 1;
}

static void fill(int n, double *a)
{
    for (int i = 0; i < n; i++)
        a[i] = rnd();
}

static void to_float(int n, const double *from, float *to)
{
    for (int i = 0; i < n; i++)
        to[i] = (float)from[i];
}

// The largest |op(M) X - B|; M[n][n], X and B[n][k].
static double residual(bool ta, int n, int k, const double *M, const double *x, const double *b)
{
    double worst = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < k; j++) {
            double s = -b[i * k + j];
            for (int p = 0; p < n; p++)
                s += (ta ? M[p * n + i] : M[i * n + p]) * x[p * k + j];
            worst = fmax(worst, fabs(s));
        }
    return worst;
}

static void all_nan(int n, const double *a)
{
    for (int i = 0; i < n; i++)
        ck_assert_msg(isnan(a[i]), "element %d is %g, not NaN", i, a[i]);
}

// ---- LU ----

static void lu_case(int n, int k, bool ta)
{
    double *b = B + n * k;                                      // X and B have n k elements and one that stays
    fill(n * k, B);
    memcpy(X, B, sizeof *X * (size_t)(n * k));
    to_float(n * k, B, Xf);
    *b = X[n * k] = 42;
    adrt_lu_solve(ta, n, k, LU, pivots, X);
    ck_assert(X[n * k] == 42);
    double r = residual(ta, n, k, A, X, B);
    ck_assert_msg(r < 1e-10, "n %d, k %d, ta %d: residual %g", n, k, ta, r);
    int swaps[LARGEST];
    ck_assert_int_eq(adrt_luf(n, Af, LUf, swaps), -1);
    adrt_lu_solvef(ta, n, k, LUf, swaps, Xf);
    for (int i = 0; i < n * k; i++)
        if (!(fabs((double)Xf[i] - X[i]) < 2e-2 * (1 + fabs(X[i])))) // an assertion an element would take most of the time
            ck_abort_msg("float: n %d, k %d, ta %d, at %d: %g, %g", n, k, ta, i, (double)Xf[i], X[i]);
}

START_TEST(systems_of_every_size)
{
    for (int s = 0; s < N(sizes); s++) {
        int n = sizes[s];
        fill(n * n, A);
        for (int i = 0; i < n; i++)
            A[i * n + (i + 3) % n] += 3;                        // large elements, but not on the diagonal
        to_float(n * n, A, Af);
        ck_assert_int_eq(adrt_lu(n, A, LU, pivots), -1);
        for (int i = 0; i < n; i++)
            ck_assert((pivots[i] >= i && pivots[i] < n) || n == 1);
        for (int c = 0; c < N(cols); c++) {
            lu_case(n, cols[c], false);
            lu_case(n, cols[c], true);
        }
    }
    adrt_release();
}
END_TEST

START_TEST(a_zero_on_the_diagonal_is_no_obstacle)
{
    double a[] = {0, 2, 3, 0}, lu[4], x[] = {8, 9};
    int p[2];
    ck_assert_int_eq(adrt_lu(2, a, lu, p), -1);
    adrt_lu_solve(false, 2, 1, lu, p, x);
    ck_assert(x[0] == 3 && x[1] == 4);
    ck_assert_double_eq_tol(adrt_lu_logdet(2, lu), log(6), 1e-15);
}
END_TEST

// Without an exchange of rows the small pivot would cost all digits.
START_TEST(small_pivots_are_avoided)
{
    double a[] = {1e-20, 1, 1, 1}, lu[4], x[] = {1, 2};
    int p[2];
    ck_assert_int_eq(adrt_lu(2, a, lu, p), -1);
    adrt_lu_solve(false, 2, 1, lu, p, x);
    ck_assert_double_eq_tol(x[0], 1, 1e-15);
    ck_assert_double_eq_tol(x[1], 1, 1e-15);
}
END_TEST

// Badly conditioned, but a backward stable solver still has a small residual.
START_TEST(hilbert_matrices)
{
    for (int n = 1; n <= 12; n++) {
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                A[i * n + j] = 1.0 / (i + j + 1);
        fill(n, B);
        memcpy(X, B, sizeof *X * (size_t)n);
        ck_assert_int_eq(adrt_lu(n, A, LU, pivots), -1);
        adrt_lu_solve(false, n, 1, LU, pivots, X);
        double size = 0;
        for (int i = 0; i < n; i++)
            size = fmax(size, fabs(X[i]));
        ck_assert_msg(residual(false, n, 1, A, X, B) < 1e-14 * (1 + size), "n = %d", n);
        memcpy(X, A, sizeof *X * (size_t)(n * n));
        ck_assert_int_eq(adrt_cholesky(n, X), -1);
    }
}
END_TEST

START_TEST(logdet_is_that_of_the_product)
{
    for (int s = 0; s < N(sizes); s++) {                        // L U with the diagonals 1 and 1.5, -1.5, 1.5, ..
        int n = sizes[s];
        memset(A, 0, sizeof A);
        fill(n * n, B);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                for (int p = 0; p <= (i < j ? i : j); p++) {
                    double l = p == i ? 1 : B[i * n + p] / n, u = p == j ? (p % 2 ? -1.5 : 1.5) : B[p * n + j] / n;
                    A[i * n + j] += l * u;
                }
        to_float(n * n, A, Af);
        ck_assert_int_eq(adrt_lu(n, A, LU, pivots), -1);
        ck_assert_double_eq_tol(adrt_lu_logdet(n, LU), n * log(1.5), 1e-12 * (1 + n));
        ck_assert_int_eq(adrt_luf(n, Af, LUf, pivots), -1);
        ck_assert_double_eq_tol((double)adrt_lu_logdetf(n, LUf), n * log(1.5), 1e-4 * (1 + n));
    }
}
END_TEST

// What is triangular already, and how that may go wrong.
START_TEST(triangles)
{
    for (int s = 0; s < N(sizes); s++)
        for (int upper = 0; upper < 2; upper++) {
            int n = sizes[s];
            memset(A, 0, sizeof A);
            for (int i = 0; i < n; i++)
                for (int j = 0; j <= i; j++)
                    A[upper ? j * n + i : i * n + j] = i == j ? 1.5 + i % 3 : rnd() / n;
            to_float(n * n, A, Af);
            ck_assert_int_eq(adrt_lu(n, A, LU, pivots), -1);
            double want = 0;
            for (int i = 0; i < n; i++)
                want += log(A[i * n + i]);
            ck_assert_double_eq_tol(adrt_lu_logdet(n, LU), want, 1e-12 * (1 + n));
            lu_case(n, 1, false);
            lu_case(n, 7, true);
        }
    double huge[] = {1e-200, 0, 1e200, 1}, x[] = {0, 3}, lu[4];
    int p[2];
    ck_assert_int_eq(adrt_lu(2, huge, lu, p), -1);
    adrt_lu_solve(false, 2, 1, lu, p, x);
    ck_assert(x[0] == 0 && x[1] == 3);
    double gap[] = {1, 0, 0, 5, 0, 0, 6, 7, 1}, three[9];
    int q[3];
    ck_assert_int_eq(adrt_lu(3, gap, three, q), 1);
    ck_assert(isnan(three[0]) && isnan(three[8]));
}
END_TEST

static void singular_case(int n)
{
    fill(n * n, B);
    for (int i = 0; i < n * n; i++)
        X[i] = i % 3 ? 0 : B[i];                                // zeros in B are no excuse
    int at = adrt_lu(n, A, LU, pivots);
    ck_assert_msg(at >= 0 && at < n, "n %d: pivot %d", n, at);
    adrt_lu_solve(false, n, n, LU, pivots, X);
    all_nan(n * n, X);
    memset(X, 0, sizeof X);
    adrt_lu_solve(true, n, 1, LU, pivots, X);
    all_nan(n, X);
    ck_assert(isnan(adrt_lu_logdet(n, LU)));
}

START_TEST(what_is_singular_is_nan)
{
    for (int s = 1; s < N(sizes); s++) {
        int n = sizes[s];
        memset(A, 0, sizeof A);
        singular_case(n);
        fill(n * n, A);
        for (int i = 0; i < n; i++)
            A[i * n + n / 2] = 0;                               // a column of zeros
        singular_case(n);
        fill(n * n, A);
        A[n * n - 1] = NAN;
        for (int i = 0; i < n - 1; i++)
            A[i * n + n - 1] = A[(n - 1) * n + i] = 0;
        singular_case(n);
    }
    double a[] = {1, 2, 3, 2, 4, 6, 0, 0, 1}, lu[9];
    int p[3];
    ck_assert_int_ge(adrt_lu(3, a, lu, p), 1);
    float f[] = {1, 2, 2, 4}, luf[4];
    ck_assert_int_eq(adrt_luf(2, f, luf, p), 1);
    ck_assert(isnan(luf[0]) && isnan(luf[3]));
}
END_TEST

START_TEST(nothing_of_size_0)
{
    ck_assert_int_eq(adrt_lu(0, NULL, NULL, NULL), -1);
    ck_assert_int_eq(adrt_lu(-2, NULL, NULL, NULL), -1);
    adrt_lu_solve(false, 0, 3, NULL, NULL, NULL);
    adrt_lu_solve(true, 3, 0, NULL, NULL, NULL);
    ck_assert(adrt_lu_logdet(0, NULL) == 0 && adrt_lu_logdet(-1, NULL) == 0);
    ck_assert_int_eq(adrt_cholesky(0, NULL), -1);
    adrt_lower_solve(false, 0, 3, NULL, NULL);
    adrt_lower_solve_right(false, 3, 0, NULL, NULL);
    adrt_lower(0, NULL);
    adrt_lower_half(-1, NULL);
    adrt_lower_mirror(0, NULL);
    adrt_lower_fold(0, NULL);
}
END_TEST

// ---- Cholesky ----

// A = G G' + n/10, its lower triangle; above it only NaN, which nobody may look at.
static void make_definite(int n)
{
    fill(n * n, B);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            double s = i == j ? 0.1 * n : 0;
            for (int p = 0; p < n; p++)
                s += B[i * n + p] * B[j * n + p];
            A[i * n + j] = j <= i ? s : NAN;
        }
}

START_TEST(cholesky_factors)
{
    for (int s = 0; s < N(sizes); s++) {
        int n = sizes[s];
        make_definite(n);
        memcpy(X, A, sizeof X);
        to_float(n * n, A, Af);
        ck_assert_int_eq(adrt_cholesky(n, X), -1);
        ck_assert_int_eq(adrt_choleskyf(n, Af), -1);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++) {
                double sum = 0;
                for (int p = 0; p < n; p++)
                    sum += X[i * n + p] * X[j * n + p];
                if (!(j > i ? X[i * n + j] == 0 : fabs(sum - A[i * n + j]) < 1e-12 * (1 + n)))
                    ck_abort_msg("n %d at %d, %d: %g", n, i, j, X[i * n + j]);
                if (!(fabs((double)Af[i * n + j] - X[i * n + j]) < 1e-2))
                    ck_abort_msg("float: n %d at %d, %d: %g", n, i, j, (double)Af[i * n + j]);
            }
    }
}
END_TEST

START_TEST(what_is_not_definite_is_nan)
{
    for (int s = 1; s < N(sizes); s++)
        for (int k = 0; k < 3; k++) {
            int n = sizes[s], bad = k == 0 ? 0 : k == 1 ? n / 2 : n - 1;
            make_definite(n);
            A[bad * n + bad] = k == 1 ? -1 : k == 2 ? NAN : 0;
            int at = adrt_cholesky(n, A);
            ck_assert_msg(at == bad, "n %d: pivot %d, not %d", n, at, bad);
            all_nan(n * n, A);
        }
    float f[] = {1, 0, 2, 4};
    ck_assert_int_eq(adrt_choleskyf(2, f), 1);
    ck_assert(isnan(f[0]) && isnan(f[1]) && isnan(f[3]));
}
END_TEST

static void lower_case(int n, int k, bool ta)
{
    double r;
    fill(n * k, B);
    memcpy(X, B, sizeof *X * (size_t)(n * k));
    to_float(n * k, B, Xf);
    adrt_lower_solve(ta, n, k, LU, X);
    adrt_lower_solvef(ta, n, k, LUf, Xf);
    r = residual(ta, n, k, A, X, B);                            // A: LU with zeros above the diagonal
    ck_assert_msg(r < 1e-11, "n %d, k %d, ta %d: residual %g", n, k, ta, r);
    for (int i = 0; i < n * k; i++)
        ck_assert(fabs((double)Xf[i] - X[i]) < 1e-3);

    // X op(L)^-1 = (op(L')^-1 X')'
    double *xt = malloc(sizeof *xt * (size_t)(n * k + 1));
    memcpy(X, B, sizeof *X * (size_t)(n * k));
    to_float(n * k, B, Xf);
    for (int i = 0; i < k; i++)
        for (int j = 0; j < n; j++)
            xt[j * k + i] = X[i * n + j];
    adrt_lower_solve_right(ta, n, k, LU, X);
    adrt_lower_solve_rightf(ta, n, k, LUf, Xf);
    adrt_lower_solve(!ta, n, k, LU, xt);
    for (int i = 0; i < k; i++)
        for (int j = 0; j < n; j++) {
            ck_assert_msg(fabs(X[i * n + j] - xt[j * k + i]) < 1e-11, "right: n %d, k %d, ta %d", n, k, ta);
            ck_assert(fabs((double)Xf[i * n + j] - X[i * n + j]) < 1e-3);
        }
    free(xt);
}

START_TEST(triangular_systems)
{
    for (int s = 0; s < N(sizes); s++) {
        int n = sizes[s];
        fill(n * n, LU);
        for (int i = 0; i < n * n; i++)
            LU[i] /= 1 + n;
        for (int i = 0; i < n; i++)
            LU[i * n + i] = 1.5 + i % 3;
        memcpy(A, LU, sizeof A);
        to_float(n * n, LU, LUf);
        for (int i = 0; i < n; i++)
            for (int j = i + 1; j < n; j++) {
                A[i * n + j] = 0;
                LU[i * n + j] = NAN;                            // not looked at
            }
        for (int c = 0; c < N(cols); c++) {
            lower_case(n, cols[c], false);
            lower_case(n, cols[c], true);
        }
    }
    double nan[] = {NAN, NAN, NAN, NAN}, x[] = {0, 0}, y[] = {0, 1};
    adrt_lower_solve(false, 2, 1, nan, x);
    adrt_lower_solve_right(true, 2, 1, nan, y);
    all_nan(2, x);
    all_nan(2, y);
}
END_TEST

// ---- maps of triangles ----

START_TEST(maps_of_triangles)
{
    static const double a[] = {2, 3, 4, 5, 6, 7, 8, 9, 10};
    static const struct {
        void (*map)(int, double *);
        void (*mapf)(int, float *);
        double want[9];
    } rows[] = {
        {adrt_lower, adrt_lowerf, {2, 0, 0, 5, 6, 0, 8, 9, 10}},
        {adrt_lower_half, adrt_lower_halff, {1, 0, 0, 5, 3, 0, 8, 9, 5}},
        {adrt_lower_mirror, adrt_lower_mirrorf, {2, 5, 8, 5, 6, 9, 8, 9, 10}},
        {adrt_lower_fold, adrt_lower_foldf, {2, 0, 0, 8, 6, 0, 12, 16, 10}},
    };
    for (int r = 0; r < N(rows); r++) {
        double x[9];
        float f[9];
        memcpy(x, a, sizeof x);
        to_float(9, a, f);
        rows[r].map(3, x);
        rows[r].mapf(3, f);
        for (int i = 0; i < 9; i++)
            ck_assert_msg(x[i] == rows[r].want[i] && (double)f[i] == x[i], "row %d at %d: %g", r, i, x[i]);
    }
}
END_TEST

START_TEST(products_subtracted)
{
    fill(12, A);
    fill(20, B);
    for (int t = 0; t < 4; t++) {
        double c[15], d[15];
        for (int i = 0; i < 15; i++)
            c[i] = d[i] = i;
        adrt_gemm(t & 1, t >> 1, 3, 5, 4, A, B, c);
        adrt_gemm_sub(t & 1, t >> 1, 3, 5, 4, A, B, d);
        for (int i = 0; i < 15; i++)
            ck_assert_double_eq_tol(c[i] - i, i - d[i], 1e-14);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("linalg");
    TCase *t = tcase_create("linalg");
    tcase_add_test(t, systems_of_every_size);
    tcase_add_test(t, a_zero_on_the_diagonal_is_no_obstacle);
    tcase_add_test(t, small_pivots_are_avoided);
    tcase_add_test(t, hilbert_matrices);
    tcase_add_test(t, triangles);
    tcase_add_test(t, logdet_is_that_of_the_product);
    tcase_add_test(t, what_is_singular_is_nan);
    tcase_add_test(t, nothing_of_size_0);
    tcase_add_test(t, cholesky_factors);
    tcase_add_test(t, what_is_not_definite_is_nan);
    tcase_add_test(t, triangular_systems);
    tcase_add_test(t, maps_of_triangles);
    tcase_add_test(t, products_subtracted);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
