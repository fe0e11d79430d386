// struct_bundle.c - the checks of struct_bundle.ad.
#include "harness.h"

enum { CAMS = 3, POINTS = 4, SEEN = 9, REALS = 11, N = CAMS * REALS + 3 * POINTS };

static struct observation seen[SEEN];

// The reals of a camera, in order; ints are not touched.
static double *real_of(struct camera *c, int k)
{
    return k < 3 ? &c->rot[k] : k < 6 ? &c->centre[k - 3] : k < 7 ? &c->focal : k < 9 ? &c->x0[k - 7] : &c->rad[k - 9];
}

static void unpack(const double *x, struct camera *cams, double *points, int id)
{
    for (int i = 0; i < CAMS; i++) {
        for (int k = 0; k < REALS; k++)
            *real_of(&cams[i], k) = x[i * REALS + k];
        cams[i].id = id;
    }
    memcpy(points, x + CAMS * REALS, 3 * POINTS * sizeof *points);
}

static void pack(struct camera *cams, const double *points, double *x)
{
    for (int i = 0; i < CAMS; i++)
        for (int k = 0; k < REALS; k++)
            x[i * REALS + k] = *real_of(&cams[i], k);
    memcpy(x + CAMS * REALS, points, 3 * POINTS * sizeof *points);
}

static void check_ids(const struct camera *cams, int id)
{
    for (int i = 0; i < CAMS; i++)
        CHECK_INT(cams[i].id, id);
}

static void value(const double *x, double *y, void *env)
{
    struct camera cams[CAMS];
    double points[3 * POINTS];
    (void)env;
    unpack(x, cams, points, 5);
    *y = cost(CAMS, cams, POINTS, points, SEEN, seen);
    check_ids(cams, 5);
}

static void value_jvp(const double *x, const double *x_dot, double *y_dot, void *env)
{
    struct camera cams[CAMS], cams_dot[CAMS];
    double points[3 * POINTS], points_dot[3 * POINTS];
    (void)env;
    unpack(x, cams, points, 5);
    unpack(x_dot, cams_dot, points_dot, 77);
    cost_jvp(CAMS, cams, POINTS, points, SEEN, seen, cams_dot, points_dot, y_dot);
}

static void value_vjp(const double *x, const double *y_bar, double *x_bar, void *env)
{
    struct camera cams[CAMS], cams_bar[CAMS];
    double points[3 * POINTS], points_bar[3 * POINTS];
    struct observation seen_bar[SEEN] = {{0}};
    (void)env;
    unpack(x, cams, points, 5);
    unpack(x_bar, cams_bar, points_bar, 77);
    for (int i = 0; i < SEEN; i++)
        seen_bar[i].camera = 8 + i;
    cost_vjp(CAMS, cams, POINTS, points, SEEN, seen, *y_bar, cams_bar, points_bar, seen_bar);
    pack(cams_bar, points_bar, x_bar);
    check_ids(cams_bar, 77);                        // added to: left alone
    for (int i = 0; i < SEEN; i++)
        CHECK(seen_bar[i].camera == 8 + i && seen_bar[i].point == 0);
}

// The gradient as a map, with its tangent and adjoint.
static void gradient(const double *x, double *y, void *env)
{
    struct camera cams[CAMS], cams_bar[CAMS];
    double points[3 * POINTS], points_bar[3 * POINTS], v;
    (void)env;
    unpack(x, cams, points, 5);
    unpack(x, cams_bar, points_bar, 77);
    v = cost_grad(CAMS, cams, POINTS, points, SEEN, seen, cams_bar, points_bar);
    check_ids(cams_bar, 0);                         // written over
    CHECK_CLOSE(v, cost(CAMS, cams, POINTS, points, SEEN, seen), 1e-14);
    pack(cams_bar, points_bar, y);
}

static void gradient_cams(const double *x, double *y, void *env)
{
    double all[N], at[N];
    memcpy(at, env, sizeof at);
    memcpy(at, x, CAMS * REALS * sizeof *x);
    gradient(at, all, NULL);
    memcpy(y, all, CAMS * REALS * sizeof *y);
}

static void gradient_jvp(const double *x, const double *x_dot, double *y_dot, void *env)
{
    double at[N], dir[N] = {0};
    struct camera cams[CAMS], cams_dot[CAMS], cams_bar[CAMS], cams_bar_dot[CAMS];
    double points[3 * POINTS], none[3 * POINTS], v, out[N];
    memcpy(at, env, sizeof at);
    memcpy(at, x, CAMS * REALS * sizeof *x);
    memcpy(dir, x_dot, CAMS * REALS * sizeof *x);
    unpack(at, cams, points, 5);
    unpack(dir, cams_dot, none, 77);
    unpack(at, cams_bar, none, 77);
    unpack(at, cams_bar_dot, none, 77);
    cost_hvp(CAMS, cams, POINTS, points, SEEN, seen, cams_bar, cams_dot, cams_bar_dot, &v);
    check_ids(cams_bar, 0);
    check_ids(cams_bar_dot, 0);
    pack(cams_bar_dot, none, out);
    memcpy(y_dot, out, CAMS * REALS * sizeof *y_dot);
}

static void gradient_vjp(const double *x, const double *y_bar, double *x_bar, void *env)
{
    double at[N], dir[N] = {0}, sum[N] = {0};
    struct camera cams[CAMS], seed[CAMS], cams_bar[CAMS], cams_bar2[CAMS];
    double points[3 * POINTS], none[3 * POINTS], points_bar[3 * POINTS], zero[3 * POINTS] = {0};
    memcpy(at, env, sizeof at);
    memcpy(at, x, CAMS * REALS * sizeof *x);
    memcpy(dir, y_bar, CAMS * REALS * sizeof *x);
    memcpy(sum, x_bar, CAMS * REALS * sizeof *x);
    unpack(at, cams, points, 5);
    unpack(dir, seed, none, 77);
    unpack(sum, cams_bar2, none, 77);
    unpack(at, cams_bar, none, 77);
    cost_gv(CAMS, cams, POINTS, points, SEEN, seen, cams_bar, points_bar, 0, cams_bar2, seed, zero);
    check_ids(cams_bar, 0);
    check_ids(cams_bar2, 77);
    pack(cams_bar2, none, sum);
    memcpy(x_bar, sum, CAMS * REALS * sizeof *x);
}

// descend as a map of everything it changes, and its step.
static void descent(const double *x, double *y, void *env)
{
    struct camera cams[CAMS];
    double points[3 * POINTS];
    (void)env;
    unpack(x, cams, points, 5);
    descend(CAMS, cams, POINTS, points, SEEN, seen, x[N]);
    CHECK(cams[0].id + cams[1].id + cams[2].id == 15 + SEEN);
    pack(cams, points, y);
}

static void descent_jvp(const double *x, const double *x_dot, double *y_dot, void *env)
{
    struct camera cams[CAMS], cams_dot[CAMS];
    double points[3 * POINTS], points_dot[3 * POINTS];
    (void)env;
    unpack(x, cams, points, 5);
    unpack(x_dot, cams_dot, points_dot, 0);
    descend_jvp(CAMS, cams, POINTS, points, SEEN, seen, x[N], cams_dot, points_dot, x_dot[N]);
    check_ids(cams_dot, 0);
    pack(cams_dot, points_dot, y_dot);
}

static void descent_vjp(const double *x, const double *y_bar, double *x_bar, void *env)
{
    struct camera cams[CAMS], cams_bar[CAMS];
    double points[3 * POINTS], points_bar[3 * POINTS], out[N];
    (void)env;
    unpack(x, cams, points, 5);
    unpack(y_bar, cams_bar, points_bar, 0);
    descend_vjp(CAMS, cams, POINTS, points, SEEN, seen, x[N], cams_bar, points_bar, &x_bar[N]);
    check_ids(cams_bar, 0);
    pack(cams_bar, points_bar, out);
    for (int i = 0; i < N; i++)
        x_bar[i] += out[i];
}

static void scene(double *x)
{
    for (int i = 0; i < CAMS; i++) {
        double *c = x + i * REALS;
        rnd_fill_in(c, 3, -0.3, 0.3);
        rnd_fill_in(c + 3, 2, -0.5, 0.5);
        c[5] = rnd_in(-6, -5);
        c[6] = rnd_in(1, 1.5);
        rnd_fill_in(c + 7, 4, -0.1, 0.1);
    }
    rnd_fill_in(x + CAMS * REALS, 3 * POINTS, -1, 1);
    for (int i = 0; i < SEEN; i++)
        seen[i] = (struct observation){i % CAMS, (i * i) % POINTS, {rnd_in(-0.2, 0.2), rnd_in(-0.2, 0.2)}, rnd_in(0.5, 2)};
}

// A camera that does not turn takes the other branch of Rodrigues' formula, which has the same derivative.
static void check_not_turned(const double *x)
{
    struct camera cam = {.centre = {0.1, 0.2, -5}, .focal = 1.2, .id = 3}, cam_bar = {.id = 9}, cam_dot = {.rot = {1e-3, 2, 3}, .id = 9};
    double at[2], at_bar[2] = {0.5, -2}, at_dot[2], p[3] = {x[0], x[1], x[2]}, p_bar[3] = {0}, p_dot[3] = {0};
    project_jvp(&cam, p, at, &cam_dot, p_dot, at_dot);
    project_vjp(&cam, p, at, &cam_bar, p_bar, at_bar);
    double s = vec_dot(at_bar, at_dot, 2), t = vec_dot(cam_bar.rot, cam_dot.rot, 3);
    CHECK_CLOSE(s, t, 1e-13);
    CHECK(cam_bar.id == 9 && cam_dot.id == 9 && s != 0);
}

RUN_CASE(struct_bundle)
{
    double x[N + 1];
    scene(x);
    x[N] = 0.05;
    CHECK_DERIVATIVES((&(Derivatives){.n = N, .m = 1, .f = value, .jvp = value_jvp, .vjp = value_vjp}), x);
    CHECK_DERIVATIVES((&(Derivatives){.n = N, .m = N, .f = gradient}), x);
    CHECK_DERIVATIVES((&(Derivatives){.n = CAMS * REALS, .m = CAMS * REALS, .f = gradient_cams, .jvp = gradient_jvp,
                                      .vjp = gradient_vjp, .env = x, .fd_tol = 1e-6}), x);
    CHECK_DERIVATIVES((&(Derivatives){.n = N + 1, .m = N, .f = descent, .jvp = descent_jvp, .vjp = descent_vjp}), x);
    check_not_turned(x);
}
