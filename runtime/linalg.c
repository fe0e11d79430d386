/* linalg.c - factors of square matrices, row-major, and what is solved with them.
 *
 * In: contiguous matrices. Out: LU with partial pivoting, the Cholesky factor, solutions of triangular systems, and
 * the linear maps between a symmetric matrix and its lower triangle that their derivatives are made of. The idea: all
 * work is done by whole rows, which a compiler vectorises, a block of rows or columns at a time, so that what is read
 * again is still in the cache.
 *
 *     A x = b      at = adrt_lu(n, A, LU, pivots);  x = b;  adrt_lu_solve(false, n, 1, LU, pivots, x);
 *
 * A matrix that cannot be factored gives a factor that is NaN throughout, and so is then all that is computed with it;
 * the pivot at which it failed is returned, -1 if it did not. A lower triangle is its own factor. With ADRT_LAPACK the
 * factors are dgetrf's and dpotrf's, with ADRT_CBLAS triangular systems are dtrsm's.
 *
 * Written for double; the Makefile makes the float version of the same text (tofloat.sed). */
#include "adrt.h"

#include <math.h>
#ifdef ADRT_CBLAS
#include <cblas.h>
#endif

#define ADRT_API

/* --- triangular systems ----------------------------------------------------------------------- */

#ifndef ADRT_CBLAS
/* x[j] -= sum over p of l[p * step] X[p][j], for `cols` elements of rows that are ld apart. */
/* adrt:begin adrt_tri_rows uses <stddef.h> */
static void adrt_tri_rows(int n, int cols, const double *restrict l, ptrdiff_t step, const double *restrict X,
                          ptrdiff_t ld, double *restrict x)
{
    int p = 0;
    for (; p + 4 <= n; p += 4, l += 4 * step, X += 4 * ld) {
        double l0 = l[0], l1 = l[step], l2 = l[2 * step], l3 = l[3 * step];
        const double *restrict X1 = X + ld, *restrict X2 = X + 2 * ld, *restrict X3 = X + 3 * ld;
        for (int j = 0; j < cols; j++)
            x[j] -= (l0 * X[j] + l1 * X1[j]) + (l2 * X2[j] + l3 * X3[j]);
    }
    for (; p < n; p++, l += step, X += ld)
        for (int j = 0; j < cols; j++)
            x[j] -= l[0] * X[j];
}
/* adrt:end */

/* One right-hand side: op(T) x = b, T lower or upper, with ones on the diagonal where `unit` says so. Either way T is
 * read row by row. */
/* adrt:begin adrt_tri_vector uses <stdbool.h> <stddef.h> */
static void adrt_tri_vector(bool lower, bool ta, bool unit, int n, const double *restrict T, double *restrict x)
{
    for (int s = 0; s < n; s++) {
        int i = lower != ta ? s : n - 1 - s, from = lower ? 0 : i + 1, count = lower ? i : n - 1 - i;
        const double *restrict T_i = T + (ptrdiff_t)i * n;
        if (!ta)
            x[i] -= adrt_dot(count, T_i + from, x + from);
        if (!unit)
            x[i] /= T_i[i];
        double x_i = x[i];
        for (int p = from; ta && p < from + count; p++)
            x[p] -= T_i[p] * x_i;
    }
}
/* adrt:end */

/* k of them, the columns of X[n][k], 64 at a time. */
/* adrt:begin adrt_tri_left uses <stdbool.h> <stddef.h> */
static void adrt_tri_left(bool lower, bool ta, bool unit, int n, int k, const double *restrict T, double *restrict X)
{
    enum { COLS = 64 };
    bool forward = lower != ta;
    if (k == 1) {
        adrt_tri_vector(lower, ta, unit, n, T, X);
        return;
    }
    for (int j = 0; j < k; j += k - j < COLS ? k - j : COLS) {
        int cols = k - j < COLS ? k - j : COLS;
        for (int s = 0; s < n; s++) {
            int i = forward ? s : n - 1 - s, from = forward ? 0 : i + 1;
            const double *restrict l = ta ? T + (ptrdiff_t)from * n + i : T + (ptrdiff_t)i * n + from;
            double *restrict x = X + (ptrdiff_t)i * k + j, d = T[(ptrdiff_t)i * n + i];
            adrt_tri_rows(s, cols, l, ta ? n : 1, X + (ptrdiff_t)from * k + j, k, x);
            for (int c = 0; !unit && c < cols; c++)
                x[c] /= d;
        }
    }
}
/* adrt:end */

/* From the right: the rows of X[k][n], each a system with the other transposition; 16 at a time share a look at T. */
/* adrt:begin adrt_tri_right uses <stdbool.h> <stddef.h> */
static void adrt_tri_right(bool ta, int n, int k, const double *restrict L, double *restrict X)
{
    enum { ROWS = 16 };
    for (int r = 0; r < k; r += k - r < ROWS ? k - r : ROWS) {
        int end = k - r < ROWS ? k : r + ROWS;
        for (int s = 0; s < n; s++) {
            int i = ta ? s : n - 1 - s;
            const double *restrict L_i = L + (ptrdiff_t)i * n;
            for (int q = r; q < end; q++) {
                double *restrict x = X + (ptrdiff_t)q * n, x_i = ta ? x[i] - adrt_dot(i, L_i, x) : x[i];
                x[i] = x_i /= L_i[i];
                for (int p = 0; !ta && p < i; p++)
                    x[p] -= L_i[p] * x_i;
            }
        }
    }
}
/* adrt:end */
#else
static void adrt_tri_left(bool lower, bool ta, bool unit, int n, int k, const double *restrict T, double *restrict X)
{
    cblas_dtrsm(CblasRowMajor, CblasLeft, lower ? CblasLower : CblasUpper, ta ? CblasTrans : CblasNoTrans,
                unit ? CblasUnit : CblasNonUnit, n, k, 1, T, n, X, k);
}

static void adrt_tri_right(bool ta, int n, int k, const double *restrict L, double *restrict X)
{
    cblas_dtrsm(CblasRowMajor, CblasRight, CblasLower, ta ? CblasTrans : CblasNoTrans, CblasNonUnit, k, n, 1, L, n, X,
                n);
}
#endif

/* Is it the factor of a matrix that has none? Then X is NaN too: a BLAS may skip what it multiplies by 0. */
/* adrt:begin adrt_tri_failed uses <math.h> <stdbool.h> <stddef.h> */
static bool adrt_tri_failed(const double *restrict T, int n, int k, double *restrict X)
{
    if (!isnan(T[0]))
        return false;
    for (ptrdiff_t i = 0; i < (ptrdiff_t)n * k; i++)
        X[i] = NAN;
    return true;
}
/* adrt:end */

/* adrt:begin adrt_lower_solve uses <stdbool.h> */
ADRT_API void adrt_lower_solve(bool ta, int n, int k, const double *restrict L, double *restrict X)
{
    if (n > 0 && k > 0 && !adrt_tri_failed(L, n, k, X))
        adrt_tri_left(true, ta, false, n, k, L, X);
}
/* adrt:end */

/* adrt:begin adrt_lower_solve_right uses <stdbool.h> */
ADRT_API void adrt_lower_solve_right(bool ta, int n, int k, const double *restrict L, double *restrict X)
{
    if (n > 0 && k > 0 && !adrt_tri_failed(L, n, k, X))
        adrt_tri_right(ta, n, k, L, X);
}
/* adrt:end */

/* --- LU --------------------------------------------------------------------------------------- */

/* adrt:begin adrt_lu_swap */
static void adrt_lu_swap(int n, double *x, double *y)
{
    for (int j = 0; x != y && j < n; j++) {
        double t = x[j];
        x[j] = y[j];
        y[j] = t;
    }
}
/* adrt:end */

/* The factor of a matrix that has none, at pivot k. */
/* adrt:begin adrt_lu_fail uses <math.h> <stddef.h> */
static int adrt_lu_fail(int n, int k, double *restrict LU, int *restrict pivots)
{
    for (ptrdiff_t i = 0; i < (ptrdiff_t)n * n; i++)
        LU[i] = NAN;
    for (int i = 0; i < n; i++)
        pivots[i] = i;
    return k;
}
/* adrt:end */

/* Is nothing but 0 above the diagonal, as in a Cholesky factor? Then it is its own factor, which pivots[0] = -1 says.
 * Ends at once if not. */
/* adrt:begin adrt_lu_is_lower uses <stdbool.h> <stddef.h> */
static bool adrt_lu_is_lower(int n, const double *A, int *restrict pivots)
{
    for (int i = 0; i < n; i++)
        for (int j = i + 1; j < n; j++)
            if (!(A[(ptrdiff_t)i * n + j] == 0))
                return false;
    for (int i = 0; i < n; i++)
        pivots[i] = -1;
    return true;
}
/* adrt:end */

/* The first pivot that is 0 or NaN, or -1. */
/* adrt:begin adrt_lu_zero uses <math.h> <stddef.h> */
static int adrt_lu_zero(int n, const double *LU)
{
    for (int i = 0; i < n; i++)
        if (!(fabs(LU[(ptrdiff_t)i * n + i]) > 0))
            return i;
    return -1;
}
/* adrt:end */

#ifdef ADRT_LAPACK
void dgetrf_(const int *m, const int *n, double *a, const int *lda, int *pivots, int *info);

/* Of the transposed matrix, which is what a row-major one is in Fortran's eyes: A = L U P, L with a diagonal, U with
 * ones on its diagonal, P swaps of columns. */
int adrt_lu(int n, const double *restrict A, double *restrict LU, int *restrict pivots)
{
    int info;
    if (n <= 0)
        return -1;
    for (ptrdiff_t i = 0; i < (ptrdiff_t)n * n; i++)
        LU[i] = A[i];
    if (!adrt_lu_is_lower(n, A, pivots)) {
        dgetrf_(&n, &n, LU, &n, pivots, &info);
        for (int i = 0; i < n; i++)
            pivots[i]--;
    }
    int bad = adrt_lu_zero(n, LU);
    return bad < 0 ? -1 : adrt_lu_fail(n, bad, LU, pivots);
}

void adrt_lu_solve(bool ta, int n, int k, const double *restrict LU, const int *restrict pivots, double *restrict X)
{
    if (n <= 0 || k <= 0 || adrt_tri_failed(LU, n, k, X))
        return;
    if (pivots[0] < 0) {
        adrt_tri_left(true, ta, false, n, k, LU, X);
        return;
    }
    for (int i = 0; ta && i < n; i++)
        adrt_lu_swap(k, X + (ptrdiff_t)i * k, X + (ptrdiff_t)pivots[i] * k);
    adrt_tri_left(!ta, ta, ta, n, k, LU, X);
    adrt_tri_left(ta, ta, !ta, n, k, LU, X);
    for (int i = n - 1; !ta && i >= 0; i--)
        adrt_lu_swap(k, X + (ptrdiff_t)i * k, X + (ptrdiff_t)pivots[i] * k);
}
#else
/* Columns k0..k1 of rows k0..n; whole rows change places. The pivot that is 0, or -1. */
/* adrt:begin adrt_lu_panel uses <math.h> <stddef.h> */
static int adrt_lu_panel(int n, int k0, int k1, double *restrict LU, int *restrict pivots)
{
    for (int k = k0; k < k1; k++) {
        double *restrict row = LU + (ptrdiff_t)k * n, best = fabs(row[k]);
        pivots[k] = k;
        for (int i = k + 1; i < n; i++)
            if (fabs(LU[(ptrdiff_t)i * n + k]) > best) {
                best = fabs(LU[(ptrdiff_t)i * n + k]);
                pivots[k] = i;
            }
        if (!(best > 0)) /* or NaN */
            return k;
        adrt_lu_swap(n, row, LU + (ptrdiff_t)pivots[k] * n);
        for (int i = k + 1; i < n; i++) {
            double *restrict below = LU + (ptrdiff_t)i * n, l = below[k] / row[k];
            below[k] = l;
            for (int j = k + 1; j < k1; j++)
                below[j] -= l * row[j];
        }
    }
    return -1;
}
/* adrt:end */

/* Blocks of 32 columns: their panel, then what it takes from the columns behind it, 256 of these at a time. */
/* adrt:begin adrt_lu uses <stddef.h> */
ADRT_API int adrt_lu(int n, const double *restrict A, double *restrict LU, int *restrict pivots)
{
    enum { BLOCK = 32, COLS = 256 };
    for (ptrdiff_t i = 0; n > 0 && i < (ptrdiff_t)n * n; i++)
        LU[i] = A[i];
    if (adrt_lu_is_lower(n, A, pivots)) {
        int bad = adrt_lu_zero(n, LU);
        return bad < 0 ? -1 : adrt_lu_fail(n, bad, LU, pivots);
    }
    for (int k0 = 0; k0 < n; k0 += n - k0 < BLOCK ? n - k0 : BLOCK) {
        int k1 = n - k0 < BLOCK ? n : k0 + BLOCK, bad = adrt_lu_panel(n, k0, k1, LU, pivots);
        if (bad >= 0)
            return adrt_lu_fail(n, bad, LU, pivots);
        for (int j = k1; j < n; j += n - j < COLS ? n - j : COLS)
            for (int i = k0 + 1; i < n; i++) {
                double *restrict row = LU + (ptrdiff_t)i * n;
                adrt_tri_rows(i < k1 ? i - k0 : k1 - k0, n - j < COLS ? n - j : COLS, row + k0, 1,
                              LU + (ptrdiff_t)k0 * n + j, n, row + j);
            }
    }
    return -1;
}
/* adrt:end */

/* P A = L U: A x = b is L U x = P b; A' x = b is U' L' P x = b. */
/* adrt:begin adrt_lu_solve uses <stdbool.h> <stddef.h> */
ADRT_API void adrt_lu_solve(bool ta, int n, int k, const double *restrict LU, const int *restrict pivots,
                            double *restrict X)
{
    if (n <= 0 || k <= 0 || adrt_tri_failed(LU, n, k, X))
        return;
    if (pivots[0] < 0) {
        adrt_tri_left(true, ta, false, n, k, LU, X);
        return;
    }
    for (int i = 0; !ta && i < n; i++)
        adrt_lu_swap(k, X + (ptrdiff_t)i * k, X + (ptrdiff_t)pivots[i] * k);
    adrt_tri_left(!ta, ta, !ta, n, k, LU, X);
    adrt_tri_left(ta, ta, ta, n, k, LU, X);
    for (int i = n - 1; ta && i >= 0; i--)
        adrt_lu_swap(k, X + (ptrdiff_t)i * k, X + (ptrdiff_t)pivots[i] * k);
}
/* adrt:end */
#endif

/* adrt:begin adrt_lu_logdet uses <math.h> <stddef.h> */
ADRT_API double adrt_lu_logdet(int n, const double *restrict LU)
{
    double s = 0;
    for (int i = 0; i < n; i++)
        s += log(fabs(LU[(ptrdiff_t)i * n + i]));
    return s;
}
/* adrt:end */

/* --- Cholesky --------------------------------------------------------------------------------- */

/* adrt:begin adrt_lower uses <stddef.h> */
ADRT_API void adrt_lower(int n, double *restrict A)
{
    for (int i = 0; i < n; i++)
        for (int j = i + 1; j < n; j++)
            A[(ptrdiff_t)i * n + j] = 0;
}
/* adrt:end */

#ifdef ADRT_LAPACK
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info, size_t uplo_length);

/* Fortran sees the lower triangle as the upper one. */
static int adrt_cholesky_factor(int n, double *restrict A)
{
    int info;
    dpotrf_("U", &n, A, &n, &info, 1);
    for (int i = 0; info == 0 && i < n; i++)
        if (!(A[(ptrdiff_t)i * n + i] > 0)) /* NaN */
            return i;
    return info - 1;
}
#else
/* Blocks of 32 columns, row by row: element (i, j) is A(i, j) less the product of what is known of rows i and j. The
 * pivot that is not above 0, or -1. */
/* adrt:begin adrt_cholesky_factor uses <math.h> <stddef.h> */
static int adrt_cholesky_factor(int n, double *restrict A)
{
    enum { BLOCK = 32 };
    for (int j0 = 0; j0 < n; j0 += n - j0 < BLOCK ? n - j0 : BLOCK) {
        int j1 = n - j0 < BLOCK ? n : j0 + BLOCK;
        for (int i = j0; i < n; i++) {
            double *A_i = A + (ptrdiff_t)i * n, d = A_i[i];
            for (int j = j0; j < j1 && j < i; j++) {
                const double *A_j = A + (ptrdiff_t)j * n;
                A_i[j] = (A_i[j] - adrt_dot(j, A_i, A_j)) / A_j[j];
            }
            if (i >= j1)
                continue;
            d -= adrt_dot(i, A_i, A_i);
            if (!(d > 0)) /* or NaN */
                return i;
            A_i[i] = sqrt(d);
        }
    }
    return -1;
}
/* adrt:end */
#endif

/* adrt:begin adrt_cholesky uses <math.h> <stddef.h> */
ADRT_API int adrt_cholesky(int n, double *restrict A)
{
    int bad = n > 0 ? adrt_cholesky_factor(n, A) : -1;
    adrt_lower(n, A);
    for (ptrdiff_t i = 0; bad >= 0 && i < (ptrdiff_t)n * n; i++)
        A[i] = NAN;
    return bad;
}
/* adrt:end */

/* --- between a symmetric matrix and its lower triangle ---------------------------------------- */

/* adrt:begin adrt_lower_half uses <stddef.h> */
ADRT_API void adrt_lower_half(int n, double *restrict A)
{
    adrt_lower(n, A);
    for (int i = 0; i < n; i++)
        A[(ptrdiff_t)i * n + i] *= (double)0.5;
}
/* adrt:end */

/* adrt:begin adrt_lower_mirror uses <stddef.h> */
ADRT_API void adrt_lower_mirror(int n, double *restrict A)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            A[(ptrdiff_t)j * n + i] = A[(ptrdiff_t)i * n + j];
}
/* adrt:end */

/* adrt:begin adrt_lower_fold uses <stddef.h> */
ADRT_API void adrt_lower_fold(int n, double *restrict A)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++) {
            A[(ptrdiff_t)i * n + j] += A[(ptrdiff_t)j * n + i];
            A[(ptrdiff_t)j * n + i] = 0;
        }
}
/* adrt:end */
