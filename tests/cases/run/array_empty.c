// array_empty.c - the checks of array_empty.ad.
#include "harness.h"

#ifndef ADC_STANDALONE
#include "adrt.h"
#include <setjmp.h>
#endif

static double every_c(int n, int k, const double *x)
{
    double A[16][3], B[3][16], s1 = 0, s2 = 0, p = 1, p3 = 1, s = 0, xx = 0, e = 0, ex = 0, cum = 0, c3 = 0, q3 = 0;
    double l3[3] = {0}, top = -INFINITY;
    bool any = false, all = true;
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < 3; j++)
            A[i][j] = B[j][i] = 1.5 * x[i];
        s1 += x[i];
        s2 += x[i] * x[i];
        p *= x[i];
        p3 *= 1.5 * x[i];
        e += exp(x[i]);
        l3[0] += exp(1.5 * x[i]);
        xx += exp(x[i]) * x[i];
        ex += exp(1.5 * x[i]) * x[i];
        cum += s1;
        c3 += 4.5 * s1;
        q3 += pow(1.5 * x[i], 3);
        any = any || x[i] > 0.6;
        all = all && x[i] < 5;
        top = fmax(top, x[i]);
        s += sqrt(3) * 1.5 * fabs(x[i]) + 1.5 * x[i] + log(3) + 1.5 * x[i] - 1.5 * x[i] * x[i] + 1.5 * x[i];
        s += i * x[i] + (x[i] > 0.3 ? x[i] * x[i] : 0.5);
    }
    s += s1 + 4.5 * s1 + 4.5 * s1 + q3 + sqrt(3 * 1.5 * 1.5 * s2);
    s += (n ? xx / e : 0) + cum + 1.5 * s1 + c3 + (n ? ex / l3[0] : 0) + 3 * p3 + 4.5 * s1;
    s += 0.5 * s2 + s2 + 3 * 2.25 * s1 * s1 + 4.5 * s2 + 4.5 * s2;
    s += 1.5 * s1 + s1 + s2 + 0.45 * s1 + n + s1 + n;
    s += (any ? 1 : 0) + (all ? 0.25 : 0) + 1 + p;
    for (int i = 0; i < n; i++) {
        A[i][1] *= A[i][1] + 1;
        B[k % 3][i] *= B[k % 3][i] + 1;
        A[i][2] = A[i][1] * x[i];
        A[i][1] -= A[i][2];
        s += A[i][1] * B[k % 3][i];
    }
    return s * 0.1;
}

static double lse_c(int n, int k, const double *x)
{
    double e = 0;
    (void)k;
    for (int i = 0; i < n; i++)
        e += exp(x[i]);
    return log(e) < 0 ? -1 : e + vec_dot(x, x, n);
}

#ifndef ADC_STANDALONE
static jmp_buf back;
static int failures_seen;

static void handler(const struct adrt_error *e)
{
    failures_seen += e->kind == ADRT_SHAPE;
    longjmp(back, 1);
}

#define FAILS(call)                  \
    do {                             \
        int before = failures_seen;  \
        if (setjmp(back) == 0)       \
            (void)(call);            \
        CHECK(failures_seen == before + 1); \
    } while (0)
#endif

RUN_CASE(array_empty)
{
    double x[5] = {0.53, -0.32, 0.71, 0.44, -0.95}, y[1] = {0}, x_bar[1] = {9}, dot[1];
    static const int sizes[] = {0, 1, 2, 3, 5};
    for (int i = 0; i < 5; i++) {
        CHECK_SCALAR(every, every_c, sizes[i], i, x);
        CHECK_SCALAR(lse, lse_c, sizes[i], i, x);
    }
    CHECK(infinite(0, x) == -INFINITY && infinite_grad(0, x, y) == -INFINITY);
    CHECK(infinite(0, NULL) == -INFINITY && infinite_grad(0, NULL, NULL) == -INFINITY);
    CHECK(!none(0, x) && counts(0, NULL) == 1);
    CHECK(rows(0, 3, NULL) == -INFINITY && rows(3, 0, NULL) == 10 + 3);
    CHECK(rows_grad(3, 0, NULL, NULL) == 13 && rows_hvp(3, 0, NULL, NULL, NULL, NULL, dot) == 13 && dot[0] == 0);
    CHECK(rows(0, 0, NULL) == 10);
    CHECK(fine(0, NULL) == 0 && fine_grad(0, NULL, x_bar) == 0 && x_bar[0] == 9);
#ifndef ADC_STANDALONE
    adrt_set_error_handler(handler);
    for (volatile int k = 0; k < 9; k++) {
        FAILS(wrong(0, k, NULL));
        FAILS(wrong_grad(0, k, NULL, NULL));
        FAILS(wrong_jvp(0, k, NULL, NULL, dot));
        adrt_release();
    }
    for (volatile int k = 0; k < 3; k++)
        FAILS(wrong_ints(0, k, NULL));
    CHECK(wrong(0, 9, NULL) == 0 && wrong_grad(0, 9, NULL, NULL) == 0);
    adrt_set_error_handler(NULL);
#endif
}
