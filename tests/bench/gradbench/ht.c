/* ht.c - the eval `ht`: objective, jacobian. Without `us` in the input, or with none in it, points are vertices. */
#include "ht.ad.h"
#include "protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANGLES = 26 };

typedef struct {
    int bones, verts, points, sides, *parents, *triangles, *at;
    double *relative, *inverse_rest, *rest, *weights, *measured, *u, *theta, shift[2];
    bool mirrored, complicated;
    double *err, *shift_jac, *theta_jac;
} Ht;

static void *read_ht(const json_t *input)
{
    Ht *h = protocol_new(1, sizeof *h);
    const json_t *data = get(input, "data"), *model = get(data, "model"), *us = json_object_get(input, "us");
    size_t bones, verts, sides, points;
    h->theta = get_reals(input, "theta", NULL);
    h->parents = get_ints(model, "parents", &bones);
    h->relative = get_reals(model, "base_relatives", NULL);
    h->inverse_rest = get_reals(model, "inverse_base_absolutes", NULL);
    h->rest = get_reals(model, "base_positions", &verts);
    h->weights = get_reals(model, "weights", NULL);
    h->triangles = get_ints(model, "triangles", &sides);
    h->mirrored = json_is_true(get(model, "is_mirrored"));
    h->at = get_ints(data, "correspondences", &points);
    h->measured = get_reals(data, "points", NULL);
    h->bones = (int)bones;
    h->verts = (int)(verts / 4);
    h->sides = (int)(sides / 3);
    h->points = (int)points;
    h->complicated = us != NULL && json_array_size(us) > 0;
    if (h->complicated)
        h->u = get_reals(input, "us", NULL);
    h->err = protocol_new(3 * points, sizeof(double));
    h->shift_jac = protocol_new(3 * points * 2, sizeof(double));
    h->theta_jac = protocol_new(3 * points * ANGLES, sizeof(double));
    return h;
}

static void run_objective(void *data)
{
    const Ht *h = data;
    if (h->complicated)
        complicated(h->bones, h->verts, h->points, h->sides, h->parents, h->relative, h->inverse_rest, h->rest, h->weights,
                    h->mirrored, h->triangles, h->at, h->measured, h->u, h->shift, h->theta, h->err);
    else
        simple(h->bones, h->verts, h->points, h->parents, h->relative, h->inverse_rest, h->rest, h->weights, h->mirrored,
               h->at, h->measured, h->theta, h->err);
}

static void run_jacobian(void *data)
{
    const Ht *h = data;
    if (h->complicated)
        complicated_jac(h->bones, h->verts, h->points, h->sides, h->parents, h->relative, h->inverse_rest, h->rest,
                        h->weights, h->mirrored, h->triangles, h->at, h->measured, h->u, h->shift, h->theta, h->err,
                        h->shift_jac, h->theta_jac);
    else
        simple_jac(h->bones, h->verts, h->points, h->parents, h->relative, h->inverse_rest, h->rest, h->weights, h->mirrored,
                   h->at, h->measured, h->theta, h->err, h->theta_jac);
}

static void print_objective(const void *data)
{
    const Ht *h = data;
    print_reals(3 * (size_t)h->points, h->err);
}

/* A row has the derivatives by the two places in the triangle, if there are such, and then those by the angles. */
static void print_jacobian(const void *data)
{
    const Ht *h = data;
    size_t rows = 3 * (size_t)h->points, first = h->complicated ? 2 : 0, width = first + ANGLES;
    double *all = protocol_new(rows * width, sizeof *all);
    for (size_t i = 0; i < rows; i++) {
        memcpy(all + i * width, h->shift_jac + 2 * i, first * sizeof *all);
        memcpy(all + i * width + first, h->theta_jac + ANGLES * i, ANGLES * sizeof *all);
    }
    print_rows(rows, width, all);
    free(all);
}

/* Against differences: a column of the Jacobian at a time. */
static void check_column(Ht *h, const double *jac, size_t width, size_t column, double *x)
{
    static const double place[] = {-2.0, -1.0, 1.0, 2.0}, weight[] = {1.0, -8.0, 8.0, -1.0};
    const double step = 1e-3;
    size_t rows = 3 * (size_t)h->points;
    double x0 = *x, *slope = protocol_new(rows, sizeof *slope), *got = protocol_new(rows, sizeof *got);
    for (int k = 0; k < 4; k++) {
        *x = x0 + place[k] * step;
        run_objective(h);
        for (size_t i = 0; i < rows; i++)
            slope[i] += weight[k] * h->err[i] / (12.0 * step);
    }
    *x = x0;
    for (size_t i = 0; i < rows; i++)
        got[i] = jac[i * width + column];
    check_close("jacobian", rows, got, slope, 1e-8);
    free(got);
    free(slope);
}

/* The errors at rest, where the skin is as it was; then in the pose, and mirrored, the Jacobian. */
static void check(void *data)
{
    Ht *h = data;
    for (int i = 0; i < 2; i++) {
        run_jacobian(h);
        for (size_t j = 0; j < ANGLES; j++)
            check_column(h, h->theta_jac, ANGLES, j, h->theta + j);
        for (size_t j = 0; j < 2 && h->complicated; j++)
            check_column(h, h->shift_jac, 2, j, h->shift + j);
        h->mirrored = !h->mirrored;
    }
    /* In these the generator's bones are at rest with no angle: then a vertex is where it was, whatever moves it. */
    memset(h->theta, 0, ANGLES * sizeof *h->theta);
    run_objective(h);
    for (int i = 0; i < h->points; i++) {
        double want[3];
        for (int j = 0; j < 3; j++) {
            const int *t = h->triangles + 3 * h->at[i];
            want[j] = h->measured[3 * i + j]
                      - (h->complicated ? h->u[2 * i] * h->rest[4 * t[0] + j] + h->u[2 * i + 1] * h->rest[4 * t[1] + j]
                                              + (1.0 - h->u[2 * i] - h->u[2 * i + 1]) * h->rest[4 * t[2] + j]
                                        : h->rest[4 * h->at[i] + j]);
        }
        check_close("at rest", 3, h->err + 3 * i, want, 1e-12);
    }
}

int main(int argc, char **argv)
{
    static const Function functions[] = {{"objective", run_objective, print_objective, false},
                                         {"jacobian", run_jacobian, print_jacobian, false},
                                         {"check", check, print_ok, true},
                                         {0}};
    return protocol_main(argc, argv, read_ht, functions);
}
