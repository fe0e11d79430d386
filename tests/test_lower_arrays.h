// test_lower_arrays.h — the programs of test_lower.c that are no C, each with the same computed by hand.
BESIDE(elementwise,
       "real f(int n, real x[n]) { real y[n] = 2.0 * x - 1; y = y * y + x; y += x; y -= 0.5; return sum(-y); }", {
    double s = 0;
    for (int i = 0; i < n; i++)
        s -= (2 * x[i] - 1) * (2 * x[i] - 1) + 2 * x[i] - 0.5;
    return s;
})

BESIDE(swap_elements,
       "void swap(inout real a, inout real b) { real t = a; a = b; b = t; }"
       "real f(int n, real x[n]) { real a[n] = x; swap(a[0], a[n - 1]); swap(a[0], a[0]); return a[0] - 10.0 *"
       " a[n - 1]; }",
       { return x[n - 1] - 10 * x[0]; })

BESIDE(left_to_right,
       "real bump(inout real v) { v = v * 2.0 + 1.0; return v; }"
       "real f(int n, real x[n]) { real y = x[0]; int i = 0; real a[3] = {y, bump(y), y};"
       "    return y + bump(y) * y - bump(y) / (y + 100.0) + a[1] + 2.0 * a[2] + 3.0 * a[0] + i; }",
       {
           double y = x[0], a1, a2, s;
           a1 = y = y * 2 + 1;
           a2 = y;
           s = y;
           y = y * 2 + 1;
           s += y * y;
           y = y * 2 + 1;
           return s - y / (y + 100) + a1 + 2 * a2 + 3 * x[0] + 0 * n;
       })

BESIDE(kept_on_the_left,
       "real grow(int n, inout real a[n]) { a *= 2.0; return a[0]; }"
       "real f(int n, real x[n]) { real a[n] = x; real b[n] = a + grow(n, a) * a; return sum(b) + a[0] + sum(a"
       " * grow(n, a)); }",
       {
           double s = 2 * x[0];
           for (int i = 0; i < n; i++)
               s += x[i] + 2 * x[0] * 2 * x[i] + 2 * x[i] * 4 * x[0];
           return s;
       })

BESIDE(effects_in_logic,
       "bool next(inout int k, int most) { k++; return k < most; }"
       "real f(int n, real x[n]) { int k = 0; real s = 0.0;"
       "    while (next(k, n + 2)) { if (k == 2) continue; s += k; if (s > 12.0) break; }"
       "    for (int i = 0; next(i, n); i++) s += 100.0 * i;"
       "    bool b = n > 3 && next(k, 5) || next(k, 4); int j = n < 2 ? 7 : (next(k, 0) ? 1 : 2);"
       "    do { s += 0.5; } while (next(j, 4));"
       "    return s + 1000.0 * k + (b ? 0.25 : 0.0) + j; }",
       {
           int k = 0, j;
           double s = 0 * x[0];
           while (++k < n + 2) {
               if (k == 2)
                   continue;
               s += k;
               if (s > 12)
                   break;
           }
           for (int i = 0; ++i < n; i++)
               s += 100.0 * i;
           bool b = (n > 3 && ++k < 5) || ++k < 4;
           j = n < 2 ? 7 : (++k < 0 ? 1 : 2);
           do {
               s += 0.5;
           } while (++j < 4);
           return s + 1000.0 * k + (b ? 0.25 : 0) + j;
       })

BESIDE(rows_in_place,
       "void row(int n, inout real r[n], real s[n]) { for (int i = 0; i < n; i++) r[i] = r[i] * 2.0 + s[i]; }"
       "real f(int n, real x[n]) { real A[3][n]; A[0] = x; A[1] = 2.0 * x; row(n, A[2], A[0]); row(n, A[2], A[2]);"
       "    row(n, A[0], A[1]); int k = 1; row(n, A[k], A[k]); return sum(A[0]) + 10.0 * sum(A[1]) + 100.0 *"
       " sum(A[2]); }",
       {
           double s = 0;
           for (int i = 0; i < n; i++)
               s += x[i] * 2 + 2 * x[i] + 10 * 6 * x[i] + 100 * 3 * x[i];
           return s;
       })

BESIDE(two_arrays,
       "void two(int n, inout real r[n], out real q, inout real s[n]) { q = sum(r) + sum(s); r += 1.0; s = s * 2.0; }"
       "real f(int n, real x[n]) { real A[2][n]; real B[n]; real q; A[1] = x; B = x; two(n, A[1], q, B);"
       "    real C[3][n]; two(n, C[0], q, C[2]); C[1] = x; real p; two(n, C[1], p, A[0]);"
       "    return q + p + sum(A[1]) * 10.0 + sum(B) * 100.0 + sum(C); }",
       {
           double s = 0;
           for (int i = 0; i < n; i++)
               s += x[i] + (x[i] + 1) * 10 + 2 * x[i] * 100 + 1 + x[i] + 1;
           return s;
       })

BESIDE(columns_copied,
       "void add(int n, inout real c[n], real k) { c += k; } void set(int n, out real c[n]) { c[0] = 5.0; }"
       "real f(int n, real x[n]) { real A[n][2]; A[:, 0] = x; add(n, A[:, 0], 3.0); set(n, A[:, 1]);"
       "    return sum(A[:, 0]) + 10.0 * sum(A[:, 1]) + sum(A); }",
       {
           double s = 55;
           for (int i = 0; i < n; i++)
               s += 2 * (x[i] + 3);
           return s;
       })

BESIDE(array_results,
       "real[n] scale(int n, real x[n], real k) { if (k == 0.0) return zeros(n); return k * x; }"
       "real f(int n, real x[n]) { real y[n] = scale(n, x, 3.0); y = scale(n, y, 2.0); y = scale(n, y, 1.0) + y;"
       "    real A[2][n]; A[1] = scale(n, x, -1.0); scale(n, x, 9.0);"
       "    return sum(scale(n, y + x, 0.5)) + scale(n, x, 2.0)[0] + sum(A) + sum(scale(n, x, 0.0)); }",
       {
           double s = 2 * x[0];
           for (int i = 0; i < n; i++)
               s += 0.5 * (12 * x[i] + x[i]) - x[i];
           return s;
       })

BESIDE(slices,
       "real f(int n, real x[n]) { real a[n] = x; a[1:] = a[:n - 1]; a = a + a[0]; real b[n]; b[:] = a; b[1:n]"
       " += x[1:];"
       "    b[:n - 1] *= 2.0; real A[2][n]; A[0] = b; A[1, 1:] = A[0, :n - 1]; return dot(a, x) + sum(b) + 10.0"
       " * sum(A[1]) + A[0:2, 0:1][1][0]; }",
       {
           double a[6], b[6], s = 0;
           for (int i = 0; i < n; i++) {
               a[i] = (i ? x[i - 1] : x[0]) + x[0];
               b[i] = a[i] + (i ? x[i] : 0);
               if (i < n - 1)
                   b[i] *= 2;
               s += a[i] * x[i] + b[i];
           }
           for (int i = 0; i + 1 < n; i++)
               s += 10 * b[i];
           return s;
       })

BESIDE(reversed,
       "real f(int n, real x[n]) { real A[n][n]; for (int i = 0; i < n; i++) A[i] = x * real(i + 1); A ="
       " transpose(A); A += A * 0.5;"
       "    A[0] = A[:, 0]; A[:, 0] = A[0]; return dot(A[0], x) + trace(A) + sum(diag(A)) + 0.5 * sum(diag(x)); }",
       {
           double s = 0;
           /* A[i][j] = 1.5 x[i] (j + 1), then row 0 = column 0 = 1.5 x[j] */
           for (int i = 0; i < n; i++)
               s += 1.5 * x[i] * x[i] + 2 * (i ? 1.5 * x[i] * (i + 1) : 1.5 * x[0]) + 0.5 * x[i];
           return s;
       })

BESIDE(products,
       "real f(int n, real x[n]) { real A[n][n] = outer(x, x); real B[n][n] = matmul(A, transpose(A)); B +="
       " matmul(A, A); B = matmul(B, B);"
       "    B = B + matmul(transpose(A), eye(n)); real v[n] = matmul(A, x); v += matmul(x, A); real w[n] = 2.0 * v;"
       "    return trace(B) / (1.0 + sum(x * x)) + sum(v) + dot(w, x); }",
       {
           double q = 0, t = 0;
           for (int i = 0; i < n; i++) {
               q += x[i] * x[i];
               t += x[i];
           }
           /* A = x x', B = 2 q A, then 4 q^3 A + A */
           return (4 * q * q * q * q + q) / (1 + q) + 2 * q * t + 4 * q * q;
       })

BESIDE(small_product,
       "real f(int n, real x[n]) { real R[2][3] = {{1, 2, 3}, {4, 5, 6}}; real v[3] = {x[0], 1, 2}; return"
       " matmul(R, v)[1]; }",
       { return 4 * x[0] + 5 + 12 + 0 * n; })

BESIDE(solved,
       "real f(int n, real x[n]) { real A[n][n] = outer(x, x) + 2.0 * eye(n); real b[n] = x; b = solve(A, 2.0 * b);"
       " A = inv(A); real L[n][n] = cholesky(inv(A)); real y[n] = solve(transpose(L), solve(L, x));"
       " return sum(b) + logdet(A) + dot(y, x) + 2.0 * logdet(L) + sum(L[0]); }",
       {
           double q = 0, t = 0;
           for (int i = 0; i < n; i++) {
               q += x[i] * x[i];
               t += x[i];
           }
           /* A x = (2 + q) x; the determinants cancel */
           return (2 * t + q) / (2 + q) + sqrt(2 + x[0] * x[0]);
       })

BESIDE(folds,
       "real f(int n, real x[n]) { real A[2][n]; A[0] = x; A[1] = -2.0 * x;"
       "    return sum(x) + prod(x + 2.0) + norm(x) + dot(x, x + 1.0) + sum(sum(A, 0)) * 3.0 + sum(A, 1)[1] +"
       " prod(A, 0)[0] + sum(norm(A, 0)) + mean(A)"
       "         + sum(mean(A, 1)); }",
       {
           double s = 0, p = 1, q = 0, d = 0, r = 0;
           for (int i = 0; i < n; i++) {
               s += x[i];
               p *= x[i] + 2;
               q += x[i] * x[i];
               d += x[i] * (x[i] + 1);
               r += sqrt(5 * x[i] * x[i]);
           }
           return s + p + sqrt(q) + d - 3 * s - 2 * s - 2 * x[0] * x[0] + r - s / (2 * n) - s / n;
       })

BESIDE(empty,
       "real f(int n, real x[n]) { real z[n - n]; return sum(z) + prod(z) + norm(z) + (logsumexp(z) < 0.0 ? 1.0"
       " : 0.0) + sum(softmax(z))"
       "    + (any(z > 0.0) ? 100.0 : 0.0) + (all(z > 0.0) ? 10.0 : 0.0) + len(z) + sum(cumsum(concat(z, z))) +"
       " 0.0 * sum(x); }",
       { return 12 + 0 * x[0] + 0 * n; })

BESIDE(extremes,
       "real f(int n, real x[n]) { real A[2][n]; A[0] = x; A[1] = -x; int y[n]; for (int i = 0; i < n; i++)"
       " y[i] = (i * 5) % 7;"
       "    real top[n] = amax(A, 0); return max(x) + 2.0 * min(x) + 3 * argmax(x) + 5 * argmin(x) + sum(top) +"
       " sum(amin(A, 1)) + 7 * argmax(A)"
       "        + sum(argmax(A, 0)) + max(y) + min(y) + argmax(y) + max(A * A) + sum(max(x, 0.5)) + sum(min(y,"
       " 3)) + amax(x) + max(x[0], 2.0) + max(n, 3); }",
       {
           double big = x[0], small = x[0], s = 0;
           int at = 0, least = 0, y[6], ybig = 0, yat = 0, which = 0;
           for (int i = 0; i < n; i++) {
               if (x[i] > big)
                   big = x[at = i];
               if (x[i] < small)
                   small = x[least = i];
               s += fabs(x[i]) + fmax(x[i], 0.5);
               which += -x[i] > x[i];
               y[i] = i * 5 % 7;
               s += y[i] < 3 ? y[i] : 3;
               if (y[i] > ybig)
                   ybig = y[yat = i];
           }
           int all = -small > big ? n + least : at;
           double square = fmax(big * big, small * small);
           return big + 2 * small + 3 * at + 5 * least + s + (small - big) + 7 * all + which + ybig + yat
               + square + big + fmax(x[0], 2) + (n > 3 ? n : 3);
       })

BESIDE(nan_sticks,
       "real f(int n, real x[n]) { real y[n] = x; y[n / 2] = NAN; return max(y) + 0.0 * min(y) + argmax(y); }", {
    return (double)NAN + n + x[0];
})

BESIDE(exponentials,
       "real f(int n, real x[n]) { real A[2][n]; A[0] = x; A[1] = x + 1.0; real p[n] = softmax(x); real Q[2][n]"
       " = softmax(A, 1); real R[2][n] = softmax(A);"
       "    real c[n] = cumsum(x); real C[2][n] = cumsum(A, 0); real D[2][n] = cumsum(A); real k[n] = cumsum(int(x));"
       "    return logsumexp(x) + sum(logsumexp(A, 0)) + p[0] + sum(Q[1] * x) + sum(R) + c[n - 1] + sum(C[1]) +"
       " D[1, n - 1] + k[n - 1]; }",
       {
           double z = 0, s = 0, l = 0, q = 0;
           int k = 0;
           for (int i = 0; i < n; i++)
               z += exp(x[i]);
           for (int i = 0; i < n; i++) {
               s += x[i];
               k += (int)x[i];
               l += log(exp(x[i]) + exp(x[i] + 1));
               q += exp(x[i]) / z * x[i];
           }
           return log(z) + l + exp(x[0]) / z + q + 1 + s + (2 * s + n) + (2 * s + n) + k;
       })

BESIDE(infinite_logsumexp,
       "real f(int n, real x[n]) { real y[n]; y = -INFINITY; real a = logsumexp(y); y[0] = INFINITY; return (a"
       " < 0.0 && isinf(a) ? 1.0 : 0.0) + logsumexp(y); }",
       { return INFINITY + 0 * x[0] + 0 * n; })

BESIDE(shapes,
       "real f(int n, real x[n]) { real M[2][n] = reshape(concat(x, 2.0 * x), 2, n); int I[n]; I = iota(n);"
       " real K[3][n]; K = fill(x[0], 3, n);"
       "    real A[n + 3] = concat(x, ones(3)); real E[n][n] = eye(n) + diag(x); bool B[n]; B = x > 0.0; real"
       " T[n][2] = transpose(M);"
       "    return sum(M[1]) + sum(real(I) * x) + K[2, n - 1] + sum(A) + sum(E) + (any(B) ? 1.0 : 0.0) + T[n -"
       " 1][1] + len(A) + len(M, 1) + len(T)"
       "         + sum(outer(x, x)) + sum(reshape(M, n * 2)[n:]) + sum(zeros(2, n)); }",
       {
           double s = 0, w = 0;
           bool any = false;
           for (int i = 0; i < n; i++) {
               s += x[i];
               w += i * x[i];
               any = any || x[i] > 0;
           }
           return 2 * s + w + x[0] + s + 3 + s + n + any + 2 * x[n - 1] + n + 3 + n + n + s * s + 2 * s;
       })

BESIDE(where_and_logic,
       "real f(int n, real x[n]) { bool b[n]; b = x > 1.0 && !(x == 2.0) || x < -1.0; real y = x[0]; int k[n];"
       " k = where(b, 1, iota(n));"
       "    real z[n] = where(b, x, y * y + 1.0); z = where(z > 0.0, sqrt(z), z[0]); z = where(isnan(z), 0.0, z);"
       "    real c[n] = n > 2 ? x : 2.0 * x; return sum(z) + sum(k) + (all(b) ? 0.5 : 0.0) + sum(c) + where(n >"
       " 3, x[0], y / 2.0) + (b[0] ? 1 : 0); }",
       {
           double s = 0, z[6] = {0};
           bool all = true, b[6];
           int k = 0;
           for (int i = 0; i < n; i++) {
               b[i] = (x[i] > 1 && x[i] != 2) || x[i] < -1;
               z[i] = b[i] ? x[i] : x[0] * x[0] + 1;
               k += b[i] ? 1 : i;
               all = all && b[i];
           }
           double z0 = z[0];
           for (int i = 0; i < n; i++)
               s += (z[i] > 0 ? sqrt(z[i]) : z0) + (n > 2 ? x[i] : 2 * x[i]);
           return s + k + (all ? 0.5 : 0) + (n > 3 ? x[0] : x[0] / 2) + b[0];
       })

BESIDE(scalar_functions,
       "real f(int n, real x[n]) { real a = x[0]; real p = abs(a) + 0.25; int k = n - 3;"
       "    return abs(a) + fabs(a) + sqrt(p) + cbrt(a) + exp(a) + exp2(a) + expm1(a) + log(p) + log2(p) +"
       " log10(p) + log1p(p) + sin(a) + cos(a) + tan(a)"
       "        + asin(a / 9.0) + acos(a / 9.0) + atan(a) + atan2(a, p) + sinh(a) + cosh(a) + tanh(a) +"
       " asinh(a) + acosh(p + 1.0) + atanh(a / 9.0)"
       "        + pow(a, 3) + pow(p, 0.5) + pow(2, a) + hypot(a, p) + erf(a) + erfc(a) + lgamma(p) + tgamma(p)"
       " + max(a, p) + min(a, 1.0) + fmin(a, p)"
       "        + fmax(a, 0.0) + floor(a) + ceil(a) + round(a) + trunc(a) + fmod(a, p) + copysign(p, a) +"
       " fma(a, p, 1.0) + relu(a) + step(a) + sign(a)"
       "        + (isnan(a) ? 1 : 0) + (isinf(a) ? 1 : 0) + (isfinite(a) ? 1 : 0) + stop_gradient(a) + abs(k) +"
       " sign(k) + max(k, 1) + min(k, 1); }",
       {
           double a = x[0], p = fabs(a) + 0.25;
           int k = n - 3;
           double s = fabs(a) + fabs(a) + sqrt(p) + cbrt(a) + exp(a) + exp2(a) + expm1(a) + log(p) + log2(p)
               + log10(p) + log1p(p) + sin(a) + cos(a);
           s += tan(a) + asin(a / 9) + acos(a / 9) + atan(a) + atan2(a, p) + sinh(a) + cosh(a) + tanh(a)
               + asinh(a) + acosh(p + 1) + atanh(a / 9);
           s += pow(a, 3) + pow(p, 0.5) + pow(2, a) + hypot(a, p) + erf(a) + erfc(a) + lgamma(p) + tgamma(p)
               + fmax(a, p) + fmin(a, 1) + fmin(a, p);
           s += fmax(a, 0) + floor(a) + ceil(a) + round(a) + trunc(a) + fmod(a, p) + copysign(p, a) + a * p + 1
               + (a > 0 ? a : 0) + (a > 0);
           return s + (a > 0) - (a < 0) + 1 + a + abs(k) + (k > 0) - (k < 0) + (k > 1 ? k : 1) + (k < 1 ? k : 1);
       })

BESIDE(constants,
       "const real W[3] = {0.5, 1.5, 2.5}; const int IDX[2][2] = {{1, 0}, {0, 1}}; const real E[2] = {exp(1.0),"
       " 2.0}; const real H = 1.0 / 2.0;"
       "const int N = 2 * 3; const real L = log(2.0); const real NEG = -0.25;"
       "real g(int k, real w[k]) { return sum(w); }"
       "real f(int n, real x[n]) { const int two = 2; return W[1] + W[IDX[0][0]] + E[0] + sum(W) +"
       " sum(real(IDX)) + pow(x[0], two) + N * H + L + M_PI + NEG + g(3, W) + W[n % 3]; }",
       { return 1.5 + 1.5 + exp(1) + 4.5 + 2 + x[0] * x[0] + 3 + log(2) + 3.14159265358979323846 - 0.25 + 4.5
           + 0.5 + n % 3; })

BESIDE(out_starts_at_zero,
       "void g(int n, out real a, out int k, out bool b, out real z[n], real x[n]) { if (n > 2) { a = x[0]; k ="
       " n; } else b = true; z[0] += 1.0; }"
       "real f(int n, real x[n]) { real a = 9.0; int k = 9; bool b = true; real z[n]; z = 9.0; g(n, a, k, b, z,"
       " x); return a + k + (b ? 0.5 : 0.0) + sum(z); }",
       { return n > 2 ? x[0] + n + 1 : 1.5; })

BESIDE(dims_are_fixed,
       "real f(int n, real x[n]) { int m = n; real a[m]; m = 2; a = x; n = 1; return sum(a) + len(a) + n + len(x); }",
       {
           double s = 1 + 2 * n;
           for (int i = 0; i < n; i++)
               s += x[i];
           return s;
       })

BESIDE(new_each_time,
       "real f(int n, real x[n]) { real s; for (int i = 0; i < n; i++) { real t[i + 1]; real u; t[i] += x[i]; u"
       " += 1.0; s += sum(t) * u; } return s; }",
       {
           double s = 0;
           for (int i = 0; i < n; i++)
               s += x[i];
           return s;
       })

BESIDE(aliased_in_arguments,
       "void g(int n, real a[n], inout real b[n], real c[n]) { for (int i = 0; i < n; i++) { b[i] = a[i] + c[n"
       " - 1 - i]; } }"
       "real f(int n, real x[n]) { real a[n] = x; g(n, a, a, a); real b[2 * n] = concat(a, x); g(n, b[0:n],"
       " b[n:], x); g(n, x, b[:n], b[n:2 * n]);"
       "    return sum(a) + 2.0 * sum(b[:n]) + 3.0 * b[n]; }",
       {
           double a[6], b[12], s = 0;
           for (int i = 0; i < n; i++) {
               a[i] = b[i] = x[i] + x[n - 1 - i];
               b[n + i] = x[i];
           }
           for (int i = 0; i < n; i++)
               b[n + i] = b[i] + x[n - 1 - i];
           for (int i = 0; i < n; i++)
               b[i] = x[i] + b[n + n - 1 - i];
           for (int i = 0; i < n; i++)
               s += a[i] + 2 * b[i];
           return s + 3 * b[n];
       })

BESIDE(guarded_arrays,
       "real f(int n, real x[n]) { real s; for (int i = 0; i < n; i++) { if (x[i] < 0.0) continue; int k = i +"
       " 1; real t[k]; t = x[i];"
       "        if (x[i] == 2.0) break; real u[len(t) + 1] = concat(t, ones(1)); if (sum(u) > 9.0) return s; s"
       " += sum(u) + t[0]; real v[n] = x; if (i == 4) continue; s += v[i]; } return s + 1.0; }",
       {
           double s = 0;
           for (int i = 0; i < n; i++) {
               if (x[i] < 0)
                   continue;
               if (x[i] == 2)
                   break;
               double u = (i + 1) * x[i] + 1;
               if (u > 9)
                   return s;
               s += u + x[i];
               if (i == 4)
                   continue;
               s += x[i];
           }
           return s + 1;
       })

BESIDE(array_returns_in_loops,
       "real[n] g(int n, real x[n]) { for (int i = 0; i < n; i++) { if (x[i] == 3.0) return x + 1.0; if (x[i] >"
       " 4.0) { real y[n]; y[i] = 1.0; return y; } } return x; }"
       "void h(int n, inout real a[n], out int k) { for (k = 0; k < n; k++) { if (a[k] < 0.0) return; a[k] *="
       " 2.0; } a[0] = 7.0; }"
       "real f(int n, real x[n]) { real a[n] = g(n, x); int k; h(n, a, k); return sum(a) + 10.0 * k; }",
       {
           double a[6], s = 0;
           int k = 0;
           memcpy(a, x, sizeof a);
           for (int i = 0; i < n; i++) {
               if (x[i] != 3 && x[i] <= 4)
                   continue;
               for (int j = 0; j < n; j++)
                   a[j] = x[i] == 3 ? x[j] + 1 : i == j;
               break;
           }
           for (k = 0; k < n && !(a[k] < 0); k++)
               a[k] *= 2;
           if (k == n)
               a[0] = 7;
           for (int i = 0; i < n; i++)
               s += a[i];
           return s + 10 * k;
       })

BESIDE(mutual,
       "bool even(int n) { return n == 0 ? true : odd(n - 1); } bool odd(int n) { return n == 0 ? false :"
       " even(n - 1); }"
       "real f(int n, real x[n]) { return even(n) ? 1.0 : 0.0; }", { return n % 2 == 0 ? 1 : 0 * x[0]; })

BESIDE(views_of_parts,
       "real g(int m, int k, real A[m][k]) { return A[m - 1][k - 1] + sum(A); }"
       "real f(int n, real x[n]) { real T[2][2][n]; T[1, 0] = x; T[0] = fill(2.0, 2, n); return g(2, n, T[1]) +"
       " g(2, n, T[0]) + g(1, n, T[1, 0:1]) + g(n, 1, reshape(x, n, 1)) + g(2, 2, T[:, :, 0]); }",
       {
           double s = 0;
           for (int i = 0; i < n; i++)
               s += x[i];
           return s + 2 + 4 * n + x[n - 1] + s + x[n - 1] + s + 0 + 2 + 2 + x[0];
       })

#define ROW(name, from) {#name, name##_text, name, from}
static const Beside beside[] = {
    ROW(elementwise, 0), ROW(swap_elements, 1), ROW(left_to_right, 1), ROW(kept_on_the_left, 1),
    ROW(effects_in_logic, 0), ROW(rows_in_place, 0),
    ROW(two_arrays, 0), ROW(columns_copied, 1), ROW(array_results, 2), ROW(slices, 1), ROW(reversed, 1),
    ROW(products, 1), ROW(small_product, 1), ROW(solved, 1),
    ROW(folds, 1), ROW(empty, 1), ROW(extremes, 1), ROW(nan_sticks, 1), ROW(exponentials, 1),
    ROW(infinite_logsumexp, 1), ROW(shapes, 1),
    ROW(where_and_logic, 1), ROW(scalar_functions, 1), ROW(constants, 1), ROW(out_starts_at_zero, 1),
    ROW(dims_are_fixed, 0), ROW(new_each_time, 0),
    ROW(aliased_in_arguments, 1), ROW(guarded_arrays, 0), ROW(array_returns_in_loops, 1), ROW(mutual, 0),
    ROW(views_of_parts, 1),
};
#undef ROW
