/* ba.c - the residuals of gradbench/ba.ad and their derivatives by hand: forward once, then back once for each of the two. */
#include "hand.h"

#include <math.h>

/* What the way back wants of the way there. */
typedef struct {
    double from[3]; /* the point, from the camera's centre */
    double axis[3], cross[3], theta, cosine, sine, along; /* theta: 0 where there is no rotation */
    double turned[3], u, v, r2, stretch;
} Projection;

static void cross(const double *a, const double *b, double *c)
{
    c[0] = a[1] * b[2] - a[2] * b[1];
    c[1] = a[2] * b[0] - a[0] * b[2];
    c[2] = a[0] * b[1] - a[1] * b[0];
}

static double dot(const double *a, const double *b)
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static Projection project(const double *cam, const double *x)
{
    Projection p;
    for (int i = 0; i < 3; i++)
        p.from[i] = x[i] - cam[3 + i];
    p.theta = sqrt(dot(cam, cam));
    if (p.theta != 0.0) {
        p.cosine = cos(p.theta);
        p.sine = sin(p.theta);
        for (int i = 0; i < 3; i++)
            p.axis[i] = cam[i] / p.theta;
        cross(p.axis, p.from, p.cross);
        p.along = dot(p.axis, p.from);
        for (int i = 0; i < 3; i++)
            p.turned[i] = p.from[i] * p.cosine + p.cross[i] * p.sine + p.axis[i] * p.along * (1.0 - p.cosine);
    } else {
        p.cosine = p.sine = p.along = 0.0;
        cross(cam, p.from, p.cross);
        for (int i = 0; i < 3; i++)
            p.axis[i] = 0.0, p.turned[i] = p.from[i] + p.cross[i];
    }
    p.u = p.turned[0] / p.turned[2];
    p.v = p.turned[1] / p.turned[2];
    p.r2 = p.u * p.u + p.v * p.v;
    p.stretch = 1.0 + cam[9] * p.r2 + cam[10] * p.r2 * p.r2;
    return p;
}

/* The derivatives of the rotated point: turned_bar to those of the rotation and of the point. */
static void rotate_rev(const double *cam, const Projection *p, const double *turned_bar, double *rot_bar,
                       double *from_bar)
{
    double by_from[3], by_axis[3];
    if (p->theta == 0.0) {
        cross(turned_bar, cam, by_from);
        cross(p->from, turned_bar, rot_bar);
        for (int i = 0; i < 3; i++)
            from_bar[i] = turned_bar[i] + by_from[i];
        return;
    }
    double one = 1.0 - p->cosine, on_axis = dot(turned_bar, p->axis);
    cross(turned_bar, p->axis, by_from);
    cross(p->from, turned_bar, by_axis);
    double theta_bar = p->cosine * dot(turned_bar, p->cross) - p->sine * dot(turned_bar, p->from)
                       + p->sine * on_axis * p->along;
    for (int i = 0; i < 3; i++) {
        from_bar[i] = turned_bar[i] * p->cosine + by_from[i] * p->sine + p->axis[i] * on_axis * one;
        by_axis[i] = by_axis[i] * p->sine + (turned_bar[i] * p->along + p->from[i] * on_axis) * one;
    }
    double radial = dot(by_axis, p->axis);
    for (int i = 0; i < 3; i++)
        rot_bar[i] = (by_axis[i] - p->axis[i] * radial) / p->theta + theta_bar * p->axis[i];
}

/* The row of the Jacobian that belongs to seen[r], times w; `off` is how far that is from where it was seen. */
static void row(const double *cam, const Projection *p, double w, int r, double off, double *block)
{
    double on_plane = r == 0 ? p->u : p->v;
    double stretch_bar = w * cam[6] * on_plane;
    double r2_bar = stretch_bar * (cam[9] + 2.0 * cam[10] * p->r2);
    double u_bar = 2.0 * r2_bar * p->u + (r == 0 ? w * cam[6] * p->stretch : 0.0);
    double v_bar = 2.0 * r2_bar * p->v + (r == 1 ? w * cam[6] * p->stretch : 0.0);
    double turned_bar[3] = {u_bar / p->turned[2], v_bar / p->turned[2],
                            -(u_bar * p->u + v_bar * p->v) / p->turned[2]};
    double from_bar[3];
    rotate_rev(cam, p, turned_bar, block, from_bar);
    for (int i = 0; i < 3; i++) {
        block[3 + i] = -from_bar[i];
        block[11 + i] = from_bar[i];
    }
    block[6] = w * on_plane * p->stretch;
    block[7] = r == 0 ? w : 0.0;
    block[8] = r == 1 ? w : 0.0;
    block[9] = stretch_bar * p->r2;
    block[10] = stretch_bar * p->r2 * p->r2;
    block[14] = off;
}

void hand_ba(int p, const double *cams, const double *x, const double *w, const int *obs, const double *feats,
             double *err, double *w_err, double *blocks, double *w_blocks)
{
    for (int i = 0; i < p; i++) {
        const double *cam = cams + 11 * obs[2 * i], *feat = feats + 2 * i;
        Projection there = project(cam, x + 3 * obs[2 * i + 1]);
        double off0 = there.u * there.stretch * cam[6] + cam[7] - feat[0];
        double off1 = there.v * there.stretch * cam[6] + cam[8] - feat[1];
        err[2 * i] = w[i] * off0;
        err[2 * i + 1] = w[i] * off1;
        row(cam, &there, w[i], 0, off0, blocks + 30 * i);
        row(cam, &there, w[i], 1, off1, blocks + 30 * i + 15);
    }
    for (int i = 0; i < p; i++) {
        w_err[i] = 1.0 - w[i] * w[i];
        w_blocks[i] = -2.0 * w[i];
    }
}
