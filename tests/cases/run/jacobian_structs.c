// jacobian_structs.c - the checks of jacobian_structs.ad.
//
// A struct is here a row of its reals, in order; its ints are 7 before, and are looked at after. Every Jacobian is compared with single
// tangents, every K directions and K seeds with products of the Jacobian.
#include "harness.h"

enum { MAX_N = 10, REALS = 12, POSE = 3, MAX = MAX_N * REALS + 2 * MAX_N };

static double *real_of(struct cam *c, int k)
{
    return k < 3 ? &c->rot[k] : k < 7 ? &c->lens[(k - 3) / 2].k[(k - 3) % 2] : k < 11 ? &c->R[(k - 7) / 2][(k - 7) % 2] : &c->f;
}

static double *real_of_pose(struct pose *p, int k)
{
    return k < 2 ? &p->at[k] : &p->turn;
}

// Camera i's real k is x[(i * REALS + k) * stride].
static void unpack(const double *x, int stride, struct cam *cams, int n)
{
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < REALS; k++)
            *real_of(&cams[i], k) = x[(i * REALS + k) * stride];
        cams[i].id = cams[i].lens[0].id = cams[i].lens[1].id = 7;
        cams[i].on = i % 2 == 0;
    }
}

static void pack(struct cam *cams, int n, double *x, int stride)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k < REALS; k++)
            x[(i * REALS + k) * stride] = *real_of(&cams[i], k);
}

static void check_ints(const struct cam *cams, int n, int want)
{
    for (int i = 0; i < n; i++)
        CHECK(cams[i].id == want && cams[i].lens[0].id == want && cams[i].lens[1].id == want && (want == 7 || !cams[i].on));
}

// K directions of n cameras, cams[n][K], from x[n][REALS][K]; and back.
static void unpack_all(const double *x, struct cam *cams, int n, int K)
{
    for (int i = 0; i < n; i++)
        for (int d = 0; d < K; d++)
            unpack(x + i * REALS * K + d, K, &cams[i * K + d], 1);
}

static void pack_all(struct cam *cams, int n, int K, double *x)
{
    for (int i = 0; i < n; i++)
        for (int d = 0; d < K; d++)
            pack(&cams[i * K + d], 1, x + i * REALS * K + d, K);
}

// c[m][k] = a[m][n] * b[n][k], and with a transposed c[n][k] += a[m][n]' * b[m][k]
static void times(const double *a, const double *b, int m, int n, int k, double *c)
{
    for (int i = 0; i < m; i++)
        for (int j = 0; j < k; j++) {
            c[i * k + j] = 0;
            for (int l = 0; l < n; l++)
                c[i * k + j] += a[i * n + l] * b[l * k + j];
        }
}

static void times_transposed(const double *a, const double *b, int m, int n, int k, double *c)
{
    for (int i = 0; i < m; i++)
        for (int j = 0; j < k; j++)
            for (int l = 0; l < n; l++)
                c[l * k + j] += a[i * n + l] * b[i * k + j];
}

typedef void Single(int n, int m, const double *x, const double *x_dot, double *y_dot);

// The Jacobian of m outputs by n inputs, by single tangents.
static void by_tangents(Single *jvp, int cams, int points, int n, int m, const double *x, double *jac)
{
    static double dot[MAX], column[MAX];
    for (int k = 0; k < n; k++) {
        vec_fill(dot, n, 0);
        dot[k] = 1;
        jvp(cams, points, x, dot, column);
        for (int i = 0; i < m; i++)
            jac[i * n + k] = column[i];
    }
}

// ---- cameras in, numbers out ----

static void view_single(int n, int m, const double *x, const double *x_dot, double *y_dot)
{
    struct cam cams[MAX_N], dots[MAX_N];
    double y[MAX_N];
    unpack(x, 1, cams, n);
    unpack(x_dot, 1, dots, n);
    view_jvp(n, cams, m, x + n * REALS, dots, x_dot + n * REALS, y_dot, y);
}

static void check_view(int n, int m)
{
    static double x[MAX], y[MAX_N], y2[MAX_N], want[MAX_N * MAX], got[MAX_N * MAX], pts_jac[MAX_N * MAX], dirs[MAX * MAX_N], dot[MAX_N * MAX_N];
    static struct cam cams[MAX_N], jac[MAX_N * MAX_N], dots[MAX_N * MAX_N];
    int reals = n * REALS, all = reals + 2 * m;
    checking("view, n = %d, m = %d", n, m);
    rnd_fill(x, all);
    unpack(x, 1, cams, n);
    view(n, cams, m, x + reals, y);
    by_tangents(view_single, n, m, all, m, x, want);
    for (int way = 0; way < 6; way++) {
        static double row[MAX];
        memset(jac, way, sizeof jac);
        if (way % 3 == 2)
            view_rev(n, cams, m, x + reals, jac, y2);
        else
            (way % 3 == 0 ? view_jac : view_fwd)(n, cams, m, x + reals, jac, pts_jac, y2);
        for (int i = 0; i < m; i++) {
            check_ints(jac + i * n, n, 0);
            pack(jac + i * n, n, row, 1);
            memcpy(row + reals, pts_jac + i * 2 * m, 2 * (size_t)m * sizeof *row);
            CHECK_ALL(row, want + i * all, all, 1e-13);
        }
        CHECK_ALL(y2, y, m, 0);
    }
    // n directions, three seeds
    rnd_fill(dirs, all * n);
    unpack_all(dirs, dots, n, n);
    times(want, dirs, m, all, n, got);
    view_jvpn(n, cams, m, x + reals, dots, dirs + reals * n, dot, y2);
    CHECK_ALL(dot, got, m * n, 1e-12);
    rnd_fill(dirs, all * 3);
    rnd_fill(dot, m * 3);
    memcpy(got, dirs, sizeof dirs);
    times_transposed(want, dot, m, all, 3, got);
    unpack_all(dirs, dots, n, 3);
    view_vjp3(n, cams, m, x + reals, dot, dots, dirs + reals * 3, y2);
    check_ints(dots, n * 3, 7);
    pack_all(dots, n, 3, dirs);
    CHECK_ALL(dirs, got, all * 3, 1e-12);
}

// ---- cameras in and out ----

static void step_single(int n, int m, const double *x, const double *x_dot, double *y_dot)
{
    struct cam cams[MAX_N], dots[MAX_N];
    (void)m;
    unpack(x, 1, cams, n);
    unpack(x_dot, 1, dots, n);
    step_jvp(n, cams, x[n * REALS], x + n * REALS + 1, dots, x_dot[n * REALS], x_dot + n * REALS + 1);
    pack(dots, n, y_dot, 1);
}

static void check_step(int n)
{
    static double x[MAX], want[MAX * MAX], got[MAX * MAX_N], dirs[MAX * MAX_N];
    static struct cam cams[MAX_N], a_jac[MAX_N], b_jac[MAX_N * 2], dots[MAX_N * MAX_N];
    int reals = n * REALS, all = reals + 3;
    double a = rnd(), *b = x + reals + 1, end[MAX];
    checking("step, n = %d", n);
    rnd_fill(x, all);
    a = x[reals];
    by_tangents(step_single, n, 0, all, reals, x, want);
    unpack(x, 1, cams, n);
    step(n, cams, a, b);
    pack(cams, n, end, 1);
    for (int way = 0; way < 4; way++) {
        memset(a_jac, way, sizeof a_jac);
        memset(b_jac, way, sizeof b_jac);
        unpack(x, 1, cams, n);
        (way % 2 ? step_rev : step_fwd)(n, cams, a, b, a_jac, b_jac);
        pack(cams, n, got, 1);
        CHECK_ALL(got, end, reals, 0);
        check_ints(a_jac, n, 0);
        check_ints(b_jac, 2 * n, 0);
        for (int i = 0; i < n; i++)
            for (int k = 0; k < REALS; k++) {
                const double *row = want + (i * REALS + k) * all + reals;
                CHECK_CLOSE(*real_of(&a_jac[i], k), row[0], 1e-13);
                CHECK_CLOSE(*real_of(&b_jac[2 * i], k), row[1], 1e-13);
                CHECK_CLOSE(*real_of(&b_jac[2 * i + 1], k), row[2], 1e-13);
            }
    }
    rnd_fill(dirs, all * 3);
    unpack_all(dirs, dots, n, 3);
    times(want, dirs, reals, all, 3, got);
    unpack(x, 1, cams, n);
    step_jvp3(n, cams, a, b, dots, dirs + reals * 3, dirs + (reals + 1) * 3);
    pack_all(dots, n, 3, dirs);
    CHECK_ALL(dirs, got, reals * 3, 1e-12);
    static double seeds[MAX * MAX_N];
    rnd_fill(seeds, reals * n);
    rnd_fill(dirs, all * n);
    vec_fill(got, all * n, 0);
    memcpy(got + reals * n, dirs + reals * n, 3 * (size_t)n * sizeof *got);
    times_transposed(want, seeds, reals, all, n, got);
    unpack_all(seeds, dots, n, n);
    unpack(x, 1, cams, n);
    step_vjpn(n, cams, a, b, dots, dirs + reals * n, dirs + (reals + 1) * n);
    pack_all(dots, n, n, dirs);
    CHECK_ALL(dirs, got, all * n, 1e-12);
}

// ---- structs as results ----

static void check_place(void)
{
    double x[3], c_reals[REALS], dirs[(REALS + 3) * 2], want[(REALS + 3) * POSE];
    struct cam c, dots[2];
    checking("place");
    rnd_fill(x, 3);
    rnd_fill(c_reals, REALS);
    unpack(c_reals, 1, &c, 1);
    for (int k = 0; k < REALS + 3; k++) {
        struct cam dot = {0};
        double x_dot[3] = {0};
        struct pose by;
        *(k < REALS ? real_of(&dot, k) : &x_dot[k - REALS]) = 1;
        CHECK_INT(place_jvp(&c, x, &dot, x_dot, &by).n, 3);
        CHECK_INT(by.n, 0);
        for (int i = 0; i < POSE; i++)
            want[i * (REALS + 3) + k] = *real_of_pose(&by, i);
    }
    for (int way = 0; way < 2; way++) {
        struct pose jac[3];
        memset(jac, 1, sizeof jac);
        struct pose p = (way ? place_rev : place_fwd)(&c, x, jac);
        CHECK_CLOSE(p.at[0], c.f * x[0], 0);
        for (int k = 0; k < 3; k++) {
            CHECK_INT(jac[k].n, 0);
            for (int i = 0; i < POSE; i++)
                CHECK_CLOSE(*real_of_pose(&jac[k], i), want[i * (REALS + 3) + REALS + k], 1e-14);
        }
    }
    struct pose dot[2];
    double got[POSE * 2];
    rnd_fill(dirs, (REALS + 3) * 2);
    unpack_all(dirs, dots, 1, 2);
    times(want, dirs, POSE, REALS + 3, 2, got);
    memset(dot, 1, sizeof dot);
    place_jvp2(&c, x, dots, dirs + REALS * 2, dot);
    for (int d = 0; d < 2; d++) {
        CHECK_INT(dot[d].n, 0);
        for (int i = 0; i < POSE; i++)
            CHECK_CLOSE(*real_of_pose(&dot[d], i), got[i * 2 + d], 1e-13);
    }
    double bars[POSE * 2], sums[(REALS + 3) * 2];
    rnd_fill(bars, POSE * 2);
    for (int d = 0; d < 2; d++)
        for (int i = 0; i < POSE; i++)
            *real_of_pose(&dot[d], i) = bars[i * 2 + d];
    memcpy(sums, dirs, sizeof sums);
    times_transposed(want, bars, POSE, REALS + 3, 2, sums);
    place_vjp2(&c, x, dot, dots, dirs + REALS * 2);
    pack_all(dots, 1, 2, dirs);
    CHECK_ALL(dirs, sums, (REALS + 3) * 2, 1e-13);
}

static void check_poses(int n)
{
    static double x[MAX_N];
    static struct pose p[MAX_N], want[MAX_N], by_x[MAX_N * MAX_N], by_s[MAX_N];
    double s = rnd();
    checking("poses, n = %d", n);
    rnd_fill(x, n);
    for (int way = 0; way < 2; way++) {
        memset(by_x, 1, sizeof by_x);
        memset(by_s, 1, sizeof by_s);
        (way ? poses_rev : poses_fwd)(n, x, s, p, by_x, by_s);
        for (int k = 0; k <= n; k++) {
            double dot[MAX_N] = {0};
            dot[k < n ? k : 0] = k < n;
            poses_jvp(n, x, s, p, dot, k == n, want);
            for (int i = 0; i < n; i++) {
                struct pose *got = k < n ? &by_x[i * n + k] : &by_s[i];
                CHECK_INT(got->n, 0);
                for (int j = 0; j < POSE; j++)
                    CHECK_CLOSE(*real_of_pose(got, j), *real_of_pose(&want[i], j), 1e-13);
            }
        }
    }
}

// ---- gradients and second order ----

static void check_cost(int n)
{
    static double v[MAX], want[MAX], got[MAX], product[MAX], H[MAX * MAX], dirs[MAX * 3], products[MAX * 3];
    static struct cam cams[MAX_N], g[MAX_N], g2[MAX_N], dots[MAX_N * 3], out[MAX_N * 3];
    int reals = n * REALS;
    double x = rnd(), value_dot, two;
    checking("cost, n = %d", n);
    rnd_fill(v, reals);
    unpack(v, 1, cams, n);
    double value = cost_grad(n, cams, x, g);
    pack(g, n, want, 1);
    for (int way = 0; way < 2; way++) {
        memset(g2, 1, sizeof g2);
        CHECK_CLOSE((way ? cost_fwd : cost_jac)(n, cams, x, g2), value, 0);
        check_ints(g2, n, 0);
        pack(g2, n, got, 1);
        CHECK_ALL(got, want, reals, 1e-13);
    }
    rnd_fill(v, reals);
    unpack(v, 1, dots, n);
    cost_hvp(n, cams, x, g, dots, out, &value_dot);
    pack(out, n, product, 1);
    cost_fwd_jvp(n, cams, x, g, dots, out, &two);
    pack(out, n, got, 1);
    CHECK_ALL(got, product, reals, 1e-12);
    CHECK_CLOSE(two, value_dot, 1e-12);
    // the adjoint of a Jacobian: a product with the Hessian, which is symmetric, and the gradient for a seed of the value
    for (int way = 0; way < 2; way++) {
        vec_fill(got, reals, 0.5);
        unpack(got, 1, out, n);
        (way ? cost_rev_vjp : cost_fwd_vjp)(n, cams, x, g, 3.0, out, dots);
        check_ints(out, n, 7);
        pack(out, n, got, 1);
        for (int i = 0; i < reals; i++)
            CHECK_CLOSE(got[i], 0.5 + product[i] + 3.0 * want[i], 1e-12);
    }
    for (int k = 0; k < reals; k++) {
        vec_fill(v, reals, 0);
        v[k] = 1;
        unpack(v, 1, dots, n);
        cost_hvp(n, cams, x, g, dots, out, &value_dot);
        pack(out, n, H + k * reals, 1);
    }
    rnd_fill(dirs, reals * 3);
    times(H, dirs, reals, reals, 3, products);
    unpack_all(dirs, dots, n, 3);
    double values_dot[3];
    memset(out, 1, sizeof out);
    cost_hvp3(n, cams, x, g, dots, out, values_dot);
    check_ints(out, n * 3, 0);
    pack_all(out, n, 3, dirs);
    CHECK_ALL(dirs, products, reals * 3, 1e-12);
}

// ---- rules by hand ----

static void check_rules(int n)
{
    static double v[MAX], want[MAX], got[MAX];
    static struct cam cams[MAX_N], jac[2 * MAX_N], dots[MAX_N];
    double x = rnd(), y[2], y2[2], by_x[2], column[2];
    checking("rules, n = %d", n);
    rnd_fill(v, n * REALS);
    unpack(v, 1, cams, n);
    rules(n, cams, x, y);
    memset(jac, 1, sizeof jac);
    rules_fwd(n, cams, x, jac, by_x, y2);
    CHECK_ALL(y2, y, 2, 0);
    check_ints(jac, 2 * n, 0);
    for (int k = 0; k <= n * REALS; k++) {
        memset(dots, 0, sizeof dots);
        if (k < n * REALS)
            *real_of(&dots[k / REALS], k % REALS) = 1;
        rules_jvp(n, cams, x, dots, k == n * REALS, column, y2);
        for (int i = 0; i < 2; i++)
            CHECK_CLOSE(k < n * REALS ? *real_of(&jac[i * n + k / REALS], k % REALS) : by_x[i], column[i], 1e-14);
    }
    memset(jac, 1, sizeof jac);
    rules_rev(n, cams, x, jac, by_x, y2);
    check_ints(jac, 2 * n, 0);
    for (int i = 0; i < 2; i++) {
        double seed[2] = {i == 0, i == 1}, x_bar = 0;
        memset(dots, 0, sizeof dots);
        rules_vjp(n, cams, x, seed, dots, &x_bar, y2);
        pack(dots, n, want, 1);
        pack(jac + i * n, n, got, 1);
        CHECK_ALL(got, want, n * REALS, 1e-14);
        CHECK_CLOSE(by_x[i], x_bar, 1e-14);
    }
}

RUN_CASE(jacobian_structs)
{
    static const int sizes[] = {0, 1, 3, MAX_N};
    for (int i = 0; i < 4; i++) {
        for (int k = 0; k < 4; k++)
            check_view(sizes[i], sizes[k]);
        check_step(sizes[i]);
        check_poses(sizes[i]);
        check_cost(sizes[i]);
        check_rules(sizes[i]);
    }
    check_place();
}
