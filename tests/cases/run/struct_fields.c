// struct_fields.c - the checks of struct_fields.ad.
#include "harness.h"

static bool is_lens(struct lens l, double focal, bool zoom, int id)
{
    return l.focal == focal && l.zoom == zoom && l.id == id;
}

static bool is_pixel(struct pixel p, double x, double y, int at)
{
    return p.xy[0] == x && p.xy[1] == y && p.at == at;
}

static void check_results(void)
{
    struct camera c = fresh(4), zero = {0};
    zero.id = 4;
    CHECK(memcmp(c.rot, zero.rot, sizeof c.rot) == 0 && is_lens(c.lens, 0, false, 0) && c.id == 4 && !c.on);
    for (int i = 0; i < 6; i++)
        CHECK(is_pixel(c.seen[i / 3][i % 3], 0, 0, 0));
    c = braces(0.5);
    CHECK(c.rot[0][0] == 1 && c.rot[0][1] == 0.5 && c.rot[0][2] == 0 && c.rot[1][1] == 1 && c.rot[1][2] == 3 && c.rot[2][2] == 0);
    CHECK(is_lens(c.lens, 0.5, true, 0) && is_pixel(c.seen[0][0], 0.5, 0, 7) && is_pixel(c.seen[0][1], 0, 0, 0) && c.id == 5);
    CHECK(through(0.5) == 0.5 + 2 + 4);
}

static void check_parts(void)
{
    struct camera c = braces(0.5);
    struct lens l = {9, true, 9};
    struct pixel p = {{3, 4}, 8};
    fields(&c, &l, p.xy[0] > 0 ? &p : NULL, 2);
    CHECK(is_pixel(c.seen[1][2], 3, 4, 8) && is_pixel(c.seen[0][2], 0, 3, 0) && c.rot[2][0] == 2 && c.rot[2][2] == 3);
    CHECK(c.rot[0][0] == 2 && c.rot[0][1] == 0.5 && is_lens(c.lens, 0.5, true, 1) && is_lens(l, -0.5, true, 1) && c.on);

    struct camera cams[3] = {braces(1), braces(2), braces(3)};
    cams[0].seen[0][2].at = 3;
    cams[0].seen[1][1].xy[0] = 5;
    cams[2].rot[2][0] = 10;
    parts(3, cams, 0, 2);
    CHECK(cams[0].rot[1][0] == 20 && cams[0].rot[1][1] == 2 && cams[0].seen[0][1].xy[0] == 10 && cams[0].seen[0][2].at == 6);
    CHECK(cams[2].rot[1][0] == 10 && cams[2].rot[1][1] == 3 && cams[2].rot[2][0] == 10 && cams[0].on);
    CHECK(is_lens(cams[0].lens, 7, true, 0) && is_lens(cams[2].lens, 77, false, 0));
    cams[1].rot[2][1] = 4;
    parts(3, cams, 1, 1);                                    // everything in one camera
    CHECK(cams[1].rot[1][1] == (4 + 8) * 0.5 + 4 && is_lens(cams[1].lens, 66, false, 0));
    CHECK_INT(sizes(3, cams), 333);
}

static void check_arrays(void)
{
    struct pixel p[3] = {{{1, 2}, 3}, {{4, 5}, 6}, {{7, 8}, 9}}, q[3], A[4] = {{{10, 0}, 0}, {{11, 0}, 1}, {{12, 0}, 2}, {{13, 0}, 3}};
    struct pixel column[2], r[3];
    whole(3, p, q, A, column);
    CHECK(is_pixel(p[0], 10, 0, 0) && is_pixel(p[1], 4, 5, 6) && is_pixel(q[0], 1, 2, 3) && is_pixel(q[2], 7, 8, 9));
    CHECK(is_pixel(column[0], 11, 0, 1) && is_pixel(column[1], 13, 0, 3));
    whole(2, p, q, A, column);
    CHECK(is_pixel(p[0], 10, 0, 0) && is_pixel(p[1], 10, 0, 0) && is_pixel(q[1], 4, 5, 6));
    listed(3, q, r);
    CHECK(is_pixel(r[0], 7, 8, 9) && is_pixel(r[1], 4, 5, 6) && is_pixel(r[2], 10, 0, 0));
    struct lens l[3] = {{1, false, 1}, {5, false, 2}, {3, true, 3}};
    CHECK(condition(3, l) && !condition(2, l) && !condition(0, NULL));
    CHECK(ends(3, l) == 3 && ends(2, l) == -1 && ends(0, NULL) == -1);
    CHECK(is_lens(best(3, l), 3, true, 3) && is_lens(best(2, l), 5, false, 2) && is_lens(best(0, NULL), -1, false, 0));
    copies(&l[0], &l[2]);
    CHECK(is_lens(l[0], 3, true, 3) && is_lens(l[2], 1, false, 1));
}

RUN_CASE(struct_fields)
{
    struct new_ n = {2, 3, 4}, m = {9, 9, 9};
    check_results();
    check_parts();
    check_arrays();
    CHECK(kept(&n, &m) == 4 && m.class_ == 2 && m.y0 == 6 && m.NULL_ == 2);
    CHECK(strength(&(struct lens){4, true, 0}) == 0.5);
}
