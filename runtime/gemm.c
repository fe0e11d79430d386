/* gemm.c - products of matrices, row-major: C += op(A) op(B).
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
void adrt_gemm(bool ta, bool tb, int m, int n, int k, const double *restrict A, const double *restrict B,
               double *restrict C)
{
    if (m > 0 && n > 0 && k > 0)
        cblas_dgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, m, n, k, 1, A,
                    ta ? m : k, B, tb ? k : n, 1, C, n);
}
#else

/* C[i][j] += sum of A(i, p) B(p, j), for a tall or wide tile that needs no packing: row by row, each a sum of rows of
 * B. */
/* adrt:begin adrt_gemm_rows uses <stddef.h> */
static void adrt_gemm_rows(int m, int n, int k, const double *restrict A, ptrdiff_t ai, ptrdiff_t ap,
                           const double *restrict B, double *restrict C)
{
    for (int i = 0; i < m; i++) {
        double *restrict C_i = C + (ptrdiff_t)i * n;
        for (int p = 0; p < k; p++) {
            double a = A[i * ai + p * ap];
            const double *restrict B_p = B + (ptrdiff_t)p * n;
            for (int j = 0; j < n; j++)
                C_i[j] += a * B_p[j];
        }
    }
}
/* adrt:end */

/* The sum of x[i] y[i], in eight partial sums, which is what vectorises. */
/* adrt:begin adrt_gemm_dot */
static double adrt_gemm_dot(int n, const double *restrict x, const double *restrict y)
{
    double s[8] = {0}, rest = 0;
    int i = 0;
    for (; i + 8 <= n; i += 8)
        for (int l = 0; l < 8; l++)
            s[l] += x[i + l] * y[i + l];
    for (; i < n; i++)
        rest += x[i] * y[i];
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7])) + rest;
}
/* adrt:end */

/* C[i][j] += dot of row i of A and row j of B: small products with B transposed, and matrix times vector. */
/* adrt:begin adrt_gemm_dots uses <stddef.h> */
static void adrt_gemm_dots(int m, int n, int k, const double *restrict A, const double *restrict B, double *restrict C)
{
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++)
            C[(ptrdiff_t)i * n + j] += adrt_gemm_dot(k, A + (ptrdiff_t)i * k, B + (ptrdiff_t)j * k);
}
/* adrt:end */

/* Copies rows from..from+rows, columns 0..cols of a matrix with strides si, sj into slivers of `width` rows, each
 * stored column by column; missing rows of the last sliver are zero. */
/* adrt:begin adrt_gemm_pack uses <stddef.h> */
static void adrt_gemm_pack(int rows, int cols, int width, const double *restrict from, ptrdiff_t si, ptrdiff_t sj,
                           double *restrict to)
{
    for (int i = 0; i < rows; i += width)
        for (int j = 0; j < cols; j++)
            for (int l = 0; l < width; l++)
                *to++ = i + l < rows ? from[(i + l) * si + j * sj] : 0;
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
static void adrt_gemm_blocked(int m, int n, int k, const double *restrict A, ptrdiff_t ai, ptrdiff_t ap,
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
            adrt_gemm_pack(nc, kc, 8, B + p0 * bp + j0 * bj, bj, bp, pb);
            for (int i0 = 0; i0 < m; i0 += m - i0 < MC ? m - i0 : MC) {
                int mc = m - i0 < MC ? m - i0 : MC;
                adrt_gemm_pack(mc, kc, 4, A + i0 * ai + p0 * ap, ai, ap, pa);
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

/* adrt:begin adrt_gemm uses <stdbool.h> */
ADRT_API void adrt_gemm(bool ta, bool tb, int m, int n, int k, const double *restrict A, const double *restrict B,
                        double *restrict C)
{
    if (m <= 0 || n <= 0 || k <= 0)
        return;
    if (m == 1) /* a row, or a column that is contiguous just the same */
        ta = false;
    if (n == 1)
        tb = true;
    bool large = m >= 4 && n >= 8 && k > 1 && (long long)m * n > 2048 / k;
    if (!ta && tb && !large)
        adrt_gemm_dots(m, n, k, A, B, C);
    else if (ta && n == 1) /* the rows of A, summed with weights */
        adrt_gemm_rows(1, m, k, B, 0, 1, A, C);
    else if (!tb && (!large || k == 1))
        adrt_gemm_rows(m, n, k, A, ta ? 1 : k, ta ? m : 1, B, C);
    else
        adrt_gemm_blocked(m, n, k, A, ta ? 1 : k, ta ? m : 1, B, tb ? 1 : n, tb ? k : 1, C);
}
/* adrt:end */
#endif
