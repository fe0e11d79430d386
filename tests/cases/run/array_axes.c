// array_axes.c - the checks of array_axes.ad.
#include "harness.h"

enum { N = 4 };
typedef double Cube[2][N][3];

static void cube_c(int n, const double *x, const double *y, Cube T)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < 3; j++) {
            T[0][i][j] = x[i] * (j + 1) + 0.1 * y[(i + j) % n];
            T[1][i][j] = sin(y[i] + j) - 0.3 * x[(i + 2 * j) % n];
        }
}

// The folds of what, of n elements that are `step` apart.
static double fold(char what, const double *a, int n, int step)
{
    double s = what == '*' ? 1 : what == '>' ? -INFINITY : what == '<' ? INFINITY : 0;
    for (int i = 0; i < n; i++) {
        double v = a[i * step];
        s = what == '+' ? s + v : what == '*' ? s * v : what == '2' ? s + v * v : what == 'e' ? s + exp(v) :
            what == '>' ? fmax(s, v) : fmin(s, v);
    }
    return what == '2' ? sqrt(s) : what == 'e' ? log(s) : s;
}

static double at_axis(char what, Cube T, int axis, int a, int b) // a and b: the other two indices
{
    return axis == 0 ? fold(what, &T[0][a][b], 2, N * 3) : axis == 1 ? fold(what, &T[a][0][b], N, 3) :
                                                                       fold(what, &T[a][b][0], 3, 1);
}

static int place(Cube T, int axis, int a, int b, int sign)
{
    int n = axis == 0 ? 2 : N, best = 0;
    for (int i = 0; i < n; i++)
        best = sign * (axis == 0 ? T[i][a][b] - T[best][a][b] : T[a][i][b] - T[a][best][b]) > 0 ? i : best;
    return best;
}

static void axes_c(int n, int k, const double *x, double *y)
{
    Cube T, S;
    double *flat = &T[0][0][0], old[N], r = 0;
    cube_c(n, x, y, T);
    memcpy(old, y, sizeof old);
    for (int i = 0; i < 6 * n; i++)
        (&S[0][0][0])[i] = flat[i] * flat[i];
    for (int i = 0; i < n; i++) {
        double all = 0, u = 0, e[3], *row0 = T[0][i], *row1 = T[1][i];
        for (int j = 0; j < 3; j++) {
            all += row0[j] + row1[j];
            u += S[0][i][j] / 6 + S[1][i][j] / 6;
            e[j] = exp(row0[j]) + exp(row1[j]);
        }
        if (k == 0)
            y[i] += all * x[i];
        else if (k == 1)
            y[i] *= at_axis('+', T, 1, 1, 2) / n + u;
        else if (k == 2)
            y[i] = at_axis('2', T, 2, 1, i) - at_axis('2', T, 2, 0, i) * at_axis('2', T, 2, 1, i);
        else if (k == 3) {
            y[i] = at_axis('*', T, 2, 0, i) + at_axis('*', T, 0, i, 1);
            for (int a = 0; a < 2; a++)
                for (int j = 0; j < 3; j++)
                    y[i] += fold('*', &T[a][1][j], n - 1, 3);
        } else if (k == 4) {
            y[i] += at_axis('e', T, 2, 0, i) * log(exp(row0[2] / 2) + exp(row1[2] / 2));
            for (int a = 0; a < 2; a++)
                for (int j = 0; j < 3; j++)
                    y[i] += at_axis('e', T, 1, a, j);
        } else if (k == 5)
            y[i] = at_axis('>', T, 0, i, 1) - at_axis('<', T, 2, 1, i) +
                   fmax(at_axis('<', T, 1, 0, 2), at_axis('<', T, 1, 1, 2)) * y[i];
        else if (k == 6) {
            y[i] = fmax(row0[0] * row1[0], fmax(row0[1] * row1[1], row0[2] * row1[2])) + fmin(fabs(row0[0]), fabs(row1[0]));
            y[i] += x[i] * fold('+', &T[1][1][1], n - 1, 3);
        } else if (k == 7)
            y[i] += T[place(T, 0, i, 1, 1)][i][1] * T[1][place(T, 1, 1, i % 3, -1)][i % 3] + place(T, 0, i, 2, 1);
        else if (k == 8) {
            bool up = fold('>', row0, 3, 1) > 0.5 && !(fold('>', row1, 3, 1) < 0.8), first = true;
            for (int j = 0; j < n; j++)
                first = first && (T[0][j][0] > 0 || T[1][j][0] > 0);
            y[i] = (up ? y[i] * row0[0] : x[i] + row1[2]) * (first ? 1 : 2);
        } else if (k == 9) {
            y[i] = exp(row0[1] - at_axis('e', T, 1, 0, 1)) * fold('+', &T[1][0][2], i + 1, 3);
            for (int j = 0; j < 3; j++)
                y[i] += (exp(row0[j]) * row0[j] + exp(row1[j]) * row1[j]) / e[j];
        } else if (k == 10)
            y[i] = exp(row1[0] - fold('e', row1, 3, 1)) + fold('+', row0, 3, 1) * (row0[0] + row1[0]);
    }
    if (k == 11) {
        double U[3][2][N][2], *u = &U[0][0][0][0];
        for (int i = 0; i < 12 * n; i++)
            u[i] = i < 6 * n ? flat[i] : -flat[i - 6 * n];
        for (int i = 0; i < n; i++) {
            double s = 0, q = 0;
            for (int a = 0; a < 12; a++)
                s += U[a / 4][a / 2 % 2][i][a % 2];
            for (int a = 0; a < 3; a++)
                q += U[a][1][i][0] * U[a][1][i][0];
            y[i] += s + fmax(fmax(U[1][0][i][0], U[1][0][i][1]), fmax(U[1][1][i][0], U[1][1][i][1])) * sqrt(q) +
                    U[0][0][i][1] * U[1][0][i][1] * U[2][0][i][1];
        }
    }
    if (k == 12) {
        double c = 0, e = 0;
        for (int j = 0; j < 3; j++)
            r += at_axis('+', T, 1, 0, j);
        for (int i = 0; i < 6 * n; i++)
            e += exp(flat[i]);
        for (int i = 0; i < 3 * n; i++)
            c += flat[i];
        for (int i = 0; i < n; i++) {
            double s = r * x[i];
            for (int j = 0; j < 3; j++) {
                c += T[1][i][j];
                s += c;
            }
            y[i] = old[i] * (s - exp(T[0][0][1]) / e);
        }
    }
}

static void parts_c(int n, int k, const double *x, double *y)
{
    Cube T;
    cube_c(n, x, y, T);
    double w[2] = {at_axis('2', T, 2, 0, k % n), at_axis('2', T, 2, 1, k % n)}, l = fold('e', &T[1][0][1], 2, 1);
    for (int i = 0; i < n; i++)
        y[i] = at_axis('+', T, 0, i, k % 3) * fold('+', T[1][i], 3, 1) / 3 * l + w[0] * at_axis('>', T, 0, i, k % 3) -
               w[1] * x[i];
}

RUN_CASE(array_axes)
{
    double x[N] = {0.53, -0.32, 0.71, 0.44}, y[N] = {0.62, 0.91, -0.83, 0.35};
    for (int k = 0; k < 13; k++)
        CHECK_MAP(axes, axes_c, N, k, x, y);
    for (int k = 0; k < 5; k++)
        CHECK_MAP(parts, parts_c, N, k, x, y);
}
