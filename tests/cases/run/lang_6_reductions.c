// lang_6_reductions.c - the checks of lang_6_reductions.ad.
#include "harness.h"

static double whole_c(int n, int k, const double *x)
{
    double s = 0, p = 1, q = 0, e = 0, c = 0, ce = 0, max = -INFINITY, min = INFINITY, amax = -INFINITY, first = x[0],
           i_x = 0, cat = 0;
    bool all = true, any = false;
    (void)k;
    for (int i = 0; i < n; i++) {
        s += x[i] + x[i] * x[i];
        p *= x[i];
        q += x[i] * x[i] + pow(x[i], 4);
        e += exp(x[i]);
        c += x[i];
        ce += c * exp(x[i]);
        max = fmax(max, fmax(x[i], x[i] * x[i]));
        amax = fmax(amax, x[i]);
        min = fmin(min, x[i]);
        all = all && x[i] > 0;
        any = any || x[i] > 0;
        i_x += i * x[i];
        cat += i * x[i] + (n + i) * x[i] * x[i] + (i > 0 ? (2 * n + i - 1) * x[i] : 0);
    }
    double r = s * s / (2 * n) + p + sqrt(q) + log(e) + max * min + ce / e;
    r += amax * min + (any ? first : 0) + (all ? 5 : x[1]) + n * n + 2;
    r += 6 * first + c + n * first + i_x;
    return r + 0 + 1 + amax + fmin(min, INFINITY) + cat;
}

static void axes_c(int n, int k, const double *x, double *y)
{
    double old[8], out[8] = {0}, tr = 0, outer = 0;
    int where0 = 0;
    for (int i = 0; i < n; i++)
        old[i] = y[i];
    for (int i = 0; i < n; i++) {
        double a[3] = {x[i], old[i], x[i] * old[i]}, sum = a[0] + a[1] + a[2], e = exp(a[0]) + exp(a[1]) + exp(a[2]),
               rows = 0;
        double v = sum + sum / 3 * a[0] * a[1] * a[2] + sqrt(vec_dot(a, a, 3)) + log(e), cum = 0, t[3], tsum = 0;
        int hi = 0, lo = 0;
        for (int j = 0; j < 3; j++) {
            cum += a[j];
            t[j] = exp(a[j]) / e * cum;
            tsum += t[j];
            hi = a[j] > a[hi] ? j : hi;
            lo = a[j] < a[lo] ? j : lo;
        }
        v += a[hi] - a[lo];
        for (int l = 0; l < n; l++)
            rows += exp(k % 3 == 0 ? x[l] : k % 3 == 1 ? old[l] : x[l] * old[l]);
        double s = exp(a[k % 3]) / rows + (k % 3 == 0 ? a[0] : k % 3 == 1 ? a[0] + a[1] : sum);
        out[i] = (v + s * t[k % 3] + old[i] + hi * x[i]);
        out[i] *= sum + tsum; // and what follows
        y[i] = sum + tsum;
        where0 = i == 0 ? lo : where0;
        tr += vec_dot(a, a, 3);
    }
    // reshape(D, 3, n, 2): row 1, element i is at (n + i) * 2 and the next of D
    for (int i = 0; i < n; i++) {
        double part = 0;
        for (int at = (n + i) * 2; at < (n + i) * 2 + 2; at++) {
            int l = at / 3 % n, j = at % 3;
            double a[3] = {x[l], old[l], x[l] * old[l]}, e = exp(a[0]) + exp(a[1]) + exp(a[2]);
            part += at < 3 * n ? a[j] : exp(a[j]) / e * (a[0] + (j > 0 ? a[1] : 0) + (j > 1 ? a[2] : 0));
        }
        out[i] *= (y[i] + 0.1 * part) / y[i];
    }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            outer += x[i] * out[j];
    out[0] += x[where0] + tr + outer * 0.01;
    for (int i = 0; i < n; i++)
        y[i] = out[i];
}

RUN_CASE(lang_6_reductions)
{
    double x[4] = {0.5, -0.85, 1.3, 0.28}, y[4] = {0.77, 0.42, -0.63, 1.12};
    CHECK_SCALAR(whole, whole_c, 4, 0, x);
    for (int k = 0; k < 3; k++)
        CHECK_MAP(axes, axes_c, 4, k, x, y);
    CHECK(empty(0, x) == 110);
}
