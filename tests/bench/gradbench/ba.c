/* ba.c - the eval `ba`: objective, jacobian; hand: the derivatives written by hand.
 *
 * The input has one camera, point, weight and feature, of which there are as many as n, m and p say, and the output is the sparse
 * Jacobian's first two rows and last one, in rows of 11 + 3 + 1 for each observation and then 1 for each weight. */
#include "ba.ad.h"
#include "../hand/hand.h"
#include "protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CAM = 11, POINT = 3, BLOCK = CAM + POINT + 1 };

typedef struct {
    int n, m, p, *obs;
    double *cams, *x, *w, *feats;
    double *err, *w_err;
    int *rows, *columns; /* of the sparse matrix: where each row begins, and the column of each number */
    double *values;      /* p blocks of two rows, then p weights */
} Ba;

/* count copies of the numbers of a member of the input */
static double *repeated(const json_t *input, const char *name, int count)
{
    size_t width;
    double *one = get_reals(input, name, &width), *all = protocol_new((size_t)count * width, sizeof *all);
    for (size_t i = 0; i < (size_t)count; i++)
        memcpy(all + i * width, one, width * sizeof *all);
    free(one);
    return all;
}

static void *read_ba(const json_t *input)
{
    Ba *b = protocol_new(1, sizeof *b);
    b->n = get_int(input, "n");
    b->m = get_int(input, "m");
    b->p = get_int(input, "p");
    b->cams = repeated(input, "cam", b->n);
    b->x = repeated(input, "x", b->m);
    b->w = repeated(input, "w", b->p);
    b->feats = repeated(input, "feat", b->p);
    size_t p = (size_t)b->p;
    b->obs = protocol_new(2 * p, sizeof *b->obs);
    for (int i = 0; i < b->p; i++) {
        b->obs[2 * i] = i % b->n;
        b->obs[2 * i + 1] = i % b->m;
    }
    b->err = protocol_new(2 * p, sizeof(double));
    b->w_err = protocol_new(p, sizeof(double));
    b->rows = protocol_new(3 * p + 1, sizeof(int));
    b->columns = protocol_new((2 * BLOCK + 1) * p, sizeof(int));
    b->values = protocol_new((2 * BLOCK + 1) * p, sizeof(double));
    return b;
}

static void run_objective(void *data)
{
    const Ba *b = data;
    objective(b->n, b->m, b->p, b->cams, b->x, b->w, b->obs, b->feats, b->err, b->w_err);
}

/* Where the numbers of the sparse matrix stand. */
static void place(Ba *b)
{
    int *column = b->columns;
    for (int i = 0; i < b->p; i++) {
        for (int r = 0; r < 2; r++) {
            b->rows[2 * i + r + 1] = (2 * i + r + 1) * BLOCK;
            for (int j = 0; j < CAM; j++)
                *column++ = CAM * b->obs[2 * i] + j;
            for (int j = 0; j < POINT; j++)
                *column++ = CAM * b->n + POINT * b->obs[2 * i + 1] + j;
            *column++ = CAM * b->n + POINT * b->m + i;
        }
    }
    for (int i = 0; i < b->p; i++) {
        b->rows[2 * b->p + i + 1] = 2 * BLOCK * b->p + i + 1;
        *column++ = CAM * b->n + POINT * b->m + i;
    }
}

static void run_jacobian(void *data)
{
    Ba *b = data;
    jacobian_blocks(b->n, b->m, b->p, b->cams, b->x, b->w, b->obs, b->feats, b->err, b->w_err, b->values,
                    b->values + 2 * BLOCK * (size_t)b->p);
    place(b);
}

static void run_hand(void *data)
{
    Ba *b = data;
    hand_ba(b->p, b->cams, b->x, b->w, b->obs, b->feats, b->err, b->w_err, b->values, b->values + 2 * BLOCK * (size_t)b->p);
    place(b);
}

static void print_objective(const void *data)
{
    const Ba *b = data;
    printf("{\"reproj_error\": {\"elements\": ");
    print_reals(2, b->err);
    printf(", \"repeated\": %d}, \"w_err\": {\"element\": %.17g, \"repeated\": %d}}", b->p, b->w_err[0], b->p);
}

/* The first 2 * BLOCK of count numbers, and the last one. */
static void print_ends(const char *name, const int *v, size_t count)
{
    printf("\"%s\": [", name);
    for (size_t i = 0; i < 2 * BLOCK; i++)
        printf("%d, ", v[i]);
    printf("%d], ", v[count - 1]);
}

static void print_jacobian(const void *data)
{
    const Ba *b = data;
    size_t p = (size_t)b->p, count = (2 * BLOCK + 1) * p;
    double ends[2 * BLOCK + 1];
    memcpy(ends, b->values, 2 * BLOCK * sizeof *ends);
    ends[2 * BLOCK] = b->values[count - 1];
    printf("{");
    print_ends("rows", b->rows, 3 * p + 1);
    print_ends("cols", b->columns, count);
    printf("\"vals\": ");
    print_reals(2 * BLOCK + 1, ends);
    printf("}");
}

static double first_error(void *data)
{
    run_objective(data);
    return ((Ba *)data)->err[0];
}

static double second_error(void *data)
{
    run_objective(data);
    return ((Ba *)data)->err[1];
}

/* The derivatives by hand, the first block of which differences vouch for, against ours; cameras and points differ from each other. */
static void check(void *data)
{
    Ba *b = data;
    size_t p = (size_t)b->p, count = (2 * BLOCK + 1) * p;
    for (int i = 0; i < CAM * b->n; i++)
        b->cams[i] *= 1.0 + 0.01 * (i % 7);
    for (int i = 0; i < 3; i++)
        b->cams[CAM + i] = 0.0; /* one camera is not turned */
    for (int i = 0; i < POINT * b->m; i++)
        b->x[i] *= 1.0 + 0.03 * (i % 5);

    double *hand = protocol_new(count, sizeof *hand), *err = protocol_new(2 * p, sizeof *err);
    run_hand(b);
    memcpy(hand, b->values, count * sizeof *hand);
    memcpy(err, b->err, 2 * p * sizeof *err);
    for (int r = 0; r < 2; r++) {
        double slope[BLOCK];
        double (*error)(void *) = r == 0 ? first_error : second_error;
        differences(error, b, CAM, b->cams, slope);
        differences(error, b, POINT, b->x, slope + CAM);
        differences(error, b, 1, b->w, slope + CAM + POINT);
        check_close("hand-written", BLOCK, hand + r * BLOCK, slope, 1e-7);
    }
    run_jacobian(b);
    check_close("jacobian", count, b->values, hand, 1e-11);
    check_close("errors", 2 * p, b->err, err, 1e-12);
    run_objective(b);
    check_close("objective", 2 * p, b->err, err, 1e-12);
    free(err);
    free(hand);
}

int main(int argc, char **argv)
{
    static const Function functions[] = {{"objective", run_objective, print_objective, false},
                                         {"jacobian", run_jacobian, print_jacobian, false},
                                         {"hand", run_hand, print_jacobian, false},
                                         {"check", check, print_ok, true},
                                         {0}};
    return protocol_main(argc, argv, read_ba, functions);
}
