// array_ints.c - the checks of array_ints.ad.
#include "harness.h"

enum { N = 4 };

static void order_c(int n, const int *x, int *at)
{
    for (int i = 0; i < n; i++)
        at[i] = i;
    for (int i = 1; i < n; i++)
        for (int j = i; j > 0 && x[at[j - 1]] > x[at[j]]; j--) {
            int t = at[j];
            at[j] = at[j - 1];
            at[j - 1] = t;
        }
}

static int sign_c(int v)
{
    return (v > 0) - (v < 0);
}

static int operators_c(int n, int k, const int *a, const int *b, int *r)
{
    static const int primes[] = {2, 3, 5, 7, 11};
    int oa[N], ob[N], sum = 0, top = 0, bottom = 0, ia = 0, ib = 0, c = 0, arg[2] = {0};
    order_c(n, a, oa);
    order_c(n, b, ob);
    for (int i = 0; i < n; i++) {
        ia = a[i] > a[ia] ? i : ia;
        ib = b[i] < b[ib] ? i : ib;
        c += a[i];
        arg[0] = a[i] < a[arg[0]] ? i : arg[0];
        arg[1] = b[i] < b[arg[1]] ? i : arg[1];
        int x = a[i], y = b[i], hi = x > y ? x : y, lo = x < y ? x : y;
        const int all[] = {x + y * 2 - 3, x / y + x % y, ((x & 6) | (y ^ 3)) + (x << 1) - (y >> 1) + ~x,
                           abs(x - 7) * sign_c(y - 2) + hi - (x < 2 ? x : 2) - x,
                           ((x > y && x != 3) || y != 2) ? x * 10 : y,
                           (int)(x * 1.5) + (int)(y / 2.0) + ((x > y) == (x >= y)), ((x + y) * 3 - 1) % 11 / 2,
                           c + (i < n - 1 ? b[i + 1] : 0) + ob[i], a[oa[n - 1]] + 5 - primes[i], x + y + x * y,
                           hi * 100 + lo + (y > x) + a[n - 1] + 0};
        r[i] = k < 11 ? all[k] : x * y;
    }
    if (k == 6)
        r[0]++;
    for (int i = 0; i < n; i++) {
        if (k == 10)
            r[i] += arg[1];
        sum += r[i];
        top = r[i] > r[top] ? i : top;
        bottom = r[i] < r[bottom] ? i : bottom;
    }
    int grid = 0;
    for (int i = 0; i < n; i++)
        for (int j = i % 2; j < 3; j++)
            grid += i % 2 == 0 ? (3 + i) % 2 == 0 : (3 + i) % 2 == 0;
    return sum + r[top] - r[bottom] + ia * ib + grid + n;
}

static void logic_c(int n, const bool *p, const int *q, bool *r, bool *s)
{
    bool T[2][N], any = false, all = true, anyp = false, old[N];
    for (int i = 0; i < n; i++) {
        bool u = q[i] % 2 == 0;
        all = all && u;
        anyp = anyp || p[i];
        old[i] = r[i];
        T[1][i] = r[i];
        T[0][i] = u ? r[i] : !p[i];
    }
    for (int i = 0; i < n; i++) {
        r[i] = (!old[i] && q[i] != 0) || q[i] > 3;
        if (i > 0)
            T[1][i] = (!T[1][i] && q[i] != 0) || q[i] > 3;
    }
    for (int i = 0; i < n; i++) {
        s[i] = T[0][i] != T[1][i];
        any = any || T[0][i] || T[1][i];
    }
    s[0] = (any && all) || (anyp ? p : r)[n - 1];
    r[0] = T[0][0];
}

static void picks_c(int n, int k, const double *x, double *y)
{
    double old[N], e = 0, q = 0, mean = 0, by;
    int at[N], whole[N] = {0}, hits[3] = {0}, A[N], top = 0;
    memcpy(old, y, sizeof old);
    for (int i = 0; i < n; i++)
        whole[i] = (int)(y[i] * 100);
    order_c(n, whole, at);
    for (int i = 0; i < n; i++) {
        y[i] = old[at[i]];
        hits[at[i] % 3]++;
        mean += at[i] / (double)n;
    }
    for (int i = 0; i < 3; i++) {
        top = hits[i] > hits[top] ? i : top;
        e += exp(hits[i]);
        q += hits[i] * hits[i];
    }
    for (int i = 0; i < n; i++) {
        A[i] = at[i] * k + hits[0];
        y[i] = y[i] * x[i] + A[i] * 0.1;
    }
    for (int i = 0; i < n; i++)
        y[i] += A[at[0]] % 3 * x[top];
    by = mean + n / 3.0 * x[0] + 6 + sqrt(q) + (at[1] > 2 ? at[1] : 2) + log(e);
    y[A[k % n] % n] *= by;
}

RUN_CASE(array_ints)
{
    int a[N] = {3, 1, 8, 5}, b[N] = {2, 7, 1, 3}, r[N], want[N], q[N] = {4, 3, 0, 6};
    for (int k = 0; k < 12; k++) {
        checking("k = %d", k);
        CHECK_INT(operators(N, k, a, b, r), operators_c(N, k, a, b, want));
        CHECK(memcmp(r, want, sizeof r) == 0);
    }
    checking(NULL);
    for (int bits = 0; bits < 256; bits++) {
        bool p[N], u[N], v[N], s[N], t[N];
        for (int i = 0; i < N; i++) {
            p[i] = bits >> i & 1;
            u[i] = v[i] = bits >> (4 + i) & 1;
        }
        q[bits % N] = bits % 7;
        logic(N, p, q, u, s);
        logic_c(N, p, q, v, t);
        CHECK(memcmp(u, v, sizeof u) == 0 && memcmp(s, t, sizeof s) == 0);
    }
    double x[N] = {0.53, -0.32, 0.71, 0.44}, y[N] = {0.62, 0.91, -0.83, 0.35}, out[9], w[N];
    for (int k = 0; k < 5; k++)
        CHECK_MAP(picks, picks_c, N, k, x, y);
    double some[N] = {1, NAN, 3, NAN}, bar[N] = {0}, seed[9] = {1, 1, 0, 0, 0, 0, 0, 1, 1}, w_bar[N] = {1, 1, 1, 1};
    nans(N, some, out, a, w);
    for (int i = 0; i < 9; i++)
        CHECK(isnan(out[i]));
    CHECK(a[0] == 1 && a[1] == 1 && a[2] == 1 && a[3] == 1);
    CHECK(w[0] == 2 && w[1] == -1 && w[2] == 6 && w[3] == -1);
    nans_vjp(N, some, out, a, w, bar, seed, w_bar); // the first NaN is the extreme; where() has no derivative there
    CHECK(bar[0] == 2 || isnan(bar[0]));
}
