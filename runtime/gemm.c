/* gemm.c - products of matrices, row-major: C += op(A) op(B), or C -= that.
 *
 * In: contiguous matrices. Out: C. The idea: vectors and small matrices go through plain loops that a compiler
 * vectorises; large ones through panels of A and B copied ("packed") so that the innermost loop reads both in order,
 * with a tile of C in registers (Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", 2008).
 * Each element of C is summed in the order of k, in blocks whose sizes are fixed, so results do not depend on the
 * machine. With ADRT_CBLAS all goes to cblas_dgemm.
 *
 * Written for double; the Makefile makes the float version of the same text (tofloat.sed). */
#include "adrt.h"

#ifdef ADRT_CBLAS
#include <cblas.h>
#endif

#define ADRT_API

#ifdef ADRT_CBLAS
static void adrt_gemm_scaled(double alpha, bool ta, bool tb, int m, int n, int k, const double *restrict A,
                             const double *restrict B, double *restrict C)
{
    if (m > 0 && n > 0 && k > 0)
        cblas_dgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, m, n, k, alpha, A,
                    ta ? m : k, B, tb ? k : n, 1, C, n);
}
#else

/* C[i][j] += alpha times the sum of A(i, p) B(p, j), for a tall or wide tile that needs no packing: row by row, each
 * a sum of rows of B. alpha is 1 or -1, here and below, so that it costs no accuracy. */
/* adrt:begin adrt_gemm_rows uses <stddef.h> */
static void adrt_gemm_rows(double alpha, int m, int n, int k, const double *restrict A, ptrdiff_t ai, ptrdiff_t ap,
                           const double *restrict B, double *restrict C)
{
    for (int i = 0; i < m; i++) {
        double *restrict C_i = C + (ptrdiff_t)i * n;
        for (int p = 0; p < k; p++) {
            double a = alpha * A[i * ai + p * ap];
            const double *restrict B_p = B + (ptrdiff_t)p * n;
            for (int j = 0; j < n; j++)
                C_i[j] += a * B_p[j];
        }
    }
}
/* adrt:end */

/* C[i][j] += alpha times row i of A by row j of B: small products with B transposed, and matrix times vector. */
/* adrt:begin adrt_gemm_dots uses <stddef.h> */
static void adrt_gemm_dots(double alpha, int m, int n, int k, const double *restrict A, const double *restrict B,
                           double *restrict C)
{
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++)
            C[(ptrdiff_t)i * n + j] += alpha * adrt_dot(k, A + (ptrdiff_t)i * k, B + (ptrdiff_t)j * k);
}
/* adrt:end */

/* Copies alpha times rows from..from+rows, columns 0..cols of a matrix with strides si, sj into slivers of `width` rows, each
 * stored column by column; missing rows of the last sliver are zero. */
/* adrt:begin adrt_gemm_pack uses <stddef.h> */
static void adrt_gemm_pack(double alpha, int rows, int cols, int width, const double *restrict from, ptrdiff_t si,
                           ptrdiff_t sj, double *restrict to)
{
    for (int i = 0; i < rows; i += width)
        for (int j = 0; j < cols; j++)
            for (int l = 0; l < width; l++)
                *to++ = i + l < rows ? alpha * from[(i + l) * si + j * sj] : 0;
}
/* adrt:end */

/* A 4 by 8 tile: sum over p of a[p][0..4] b[p][0..8], added to the `rows` by `cols` corner that lies within C. */
/* adrt:begin adrt_gemm_tile uses <stddef.h> */
static void adrt_gemm_tile(int k, const double *restrict a, const double *restrict b, int rows, int cols, ptrdiff_t ldc,
                           double *restrict C)
{
    double c[4][8] = {{0}};
    for (int p = 0; p < k; p++, a += 4, b += 8)
        for (int i = 0; i < 4; i++)
            for (int j = 0; j < 8; j++)
                c[i][j] += a[i] * b[j];
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < cols; j++)
            C[i * ldc + j] += c[i][j];
}
/* adrt:end */

/* Large products: blocks of 256 of k, 64 rows of A and 512 columns of B at a time. */
/* adrt:begin adrt_gemm_blocked uses <stddef.h> */
static void adrt_gemm_blocked(double alpha, int m, int n, int k, const double *restrict A, ptrdiff_t ai, ptrdiff_t ap,
                              const double *restrict B, ptrdiff_t bp, ptrdiff_t bj, double *restrict C)
{
    enum { MC = 64, NC = 512, KC = 256 };
    struct adrt_mark mark = adrt_mark();
    int mp = m < MC ? (m + 3) / 4 * 4 : MC, np = n < NC ? (n + 7) / 8 * 8 : NC, kp = k < KC ? k : KC;
    double *pa = adrt_alloc((size_t)(mp * kp), sizeof *pa), *pb = adrt_alloc((size_t)(np * kp), sizeof *pb);
    for (int j0 = 0; j0 < n; j0 += n - j0 < NC ? n - j0 : NC) {
        int nc = n - j0 < NC ? n - j0 : NC;
        for (int p0 = 0; p0 < k; p0 += k - p0 < KC ? k - p0 : KC) {
            int kc = k - p0 < KC ? k - p0 : KC;
            adrt_gemm_pack(1, nc, kc, 8, B + p0 * bp + j0 * bj, bj, bp, pb);
            for (int i0 = 0; i0 < m; i0 += m - i0 < MC ? m - i0 : MC) {
                int mc = m - i0 < MC ? m - i0 : MC;
                adrt_gemm_pack(alpha, mc, kc, 4, A + i0 * ai + p0 * ap, ai, ap, pa);
                for (int j = 0; j < nc; j += 8)
                    for (int i = 0; i < mc; i += 4)
                        adrt_gemm_tile(kc, pa + i * kc, pb + (ptrdiff_t)j * kc, mc - i < 4 ? mc - i : 4,
                                       nc - j < 8 ? nc - j : 8, n, C + (ptrdiff_t)(i0 + i) * n + j0 + j);
            }
        }
    }
    adrt_rewind(mark);
}
/* adrt:end */

/* adrt:begin adrt_gemm_scaled uses <stdbool.h> */
static void adrt_gemm_scaled(double alpha, bool ta, bool tb, int m, int n, int k, const double *restrict A,
                             const double *restrict B, double *restrict C)
{
    if (m <= 0 || n <= 0 || k <= 0)
        return;
    if (m == 1) /* a row, or a column that is contiguous just the same */
        ta = false;
    if (n == 1)
        tb = true;
    bool large = m >= 4 && n >= 8 && k > 1 && (long long)m * n > 2048 / k;
    if (!ta && tb && !large)
        adrt_gemm_dots(alpha, m, n, k, A, B, C);
    else if (ta && n == 1) /* the rows of A, summed with weights */
        adrt_gemm_rows(alpha, 1, m, k, B, 0, 1, A, C);
    else if (!tb && (!large || k == 1))
        adrt_gemm_rows(alpha, m, n, k, A, ta ? 1 : k, ta ? m : 1, B, C);
    else
        adrt_gemm_blocked(alpha, m, n, k, A, ta ? 1 : k, ta ? m : 1, B, tb ? 1 : n, tb ? k : 1, C);
}
/* adrt:end */
#endif

/* adrt:begin adrt_gemm uses <stdbool.h> */
ADRT_API void adrt_gemm(bool ta, bool tb, int m, int n, int k, const double *restrict A, const double *restrict B,
                        double *restrict C)
{
    adrt_gemm_scaled(1, ta, tb, m, n, k, A, B, C);
}
/* adrt:end */

/* adrt:begin adrt_gemm_sub uses <stdbool.h> */
ADRT_API void adrt_gemm_sub(bool ta, bool tb, int m, int n, int k, const double *restrict A, const double *restrict B,
                            double *restrict C)
{
    adrt_gemm_scaled(-1, ta, tb, m, n, k, A, B, C);
}
/* adrt:end */
