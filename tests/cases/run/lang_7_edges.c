// lang_7_edges.c - the checks of lang_7_edges.ad.
#include "harness.h"

// Function k at (x, y): its value, gradient and second derivatives; ANY: whatever IEEE arithmetic makes of it.
#define ANY 123456.0
static const struct {
    int k;
    double x, y, f, fx, fy, fxx, fxy, fyy;
} rows[] = {
    {0, 0, 2, 4, 0, 4, 0, 0, 2},
    {0, -3, 2, 7, -1, 4, 0, 0, 2},
    {0, NAN, 2, NAN, ANY, ANY, ANY, ANY, ANY},
    {1, 0, 0, 0, 0, 0, 0, 0, 0},
    {1, 2, -2, 8, 3, -1, 0, 0, 0},
    {2, 0, 2, 2, 0, 1, 0, 0, 0},
    {2, 4, 2, 4, 0.25, 1, -1.0 / 32, 0, 0},
    {2, NAN, 2, NAN, NAN, ANY, NAN, ANY, ANY},
    {3, 0, 2, 0, 0, 0, 0, 0, 0},
    {3, -8, 3, -6, 0.25, -2, 1.0 / 48, 1.0 / 12, 0},
    {4, 0, 0, 0, 0, 0, 0, 0, 0},
    {4, 3, 4, 5, 0.6, 0.8, 16.0 / 125, -12.0 / 125, 9.0 / 125},
    {4, 0, -2, 2, 0, -1, 0.5, 0, 0},
    {5, 3, 3, 6, 2, 0, 0, 0, 0},
    {5, 3, 4, 8, 0, 2, 0, 0, 0},
    {6, 3, 3, 9, 6, 0, 2, 0, 0},
    {6, 3, 2, 6, 2, 3, 0, 1, 0},
    {7, 3, 3, 9, 1, 2, 0, 0, 0},
    {7, NAN, 3, 9, 0, 3, 0, 0, 0},
    {8, 2, 3, 30, 0, 10, 0, 0, 0},
    {8, 0, 3, 0, 0, 0, 0, 0, 0},
    {8, -1.5, 3, -21, 0, -7, 0, 0, 0},
    {9, 1.5, 1.5, 6, 2, 2, 0, 0, 0},
    {9, -1.5, 1.25, 2.75, -1, 1, 0, 0, 0},
    {10, 0, 2, 0, 0, 0, 0, 0, 0},
    {11, 3, 2, 29, 9, 0, 0, 0, 0},
    {20, 0, 1, 1, 0, 0, 0, 0, 0},
    {20, -2, 1, 1, 0, 0, 0, 0, 0},
    {21, 0, 1, 0, 1, 0, 0, 0, 0},
    {22, 0, 1, 0, 0, 0, 2, 0, 0},
    {22, -3, 1, 9, -6, 0, 2, 0, 0},
    {23, 0, 1, 0, 0, 0, 0, 0, 0},
    {23, -2, 1, -8, 12, 0, -12, 0, 0},
    {24, -2, 1, -0.5, -0.25, 0, -0.25, 0, 0},
    {25, 0, 5, 0, 0, 0, 0, 0, 0},
    {25, -1, 5, 5, -20, 1, 60, -4, 0},
    {26, 0, 0, 1, 0, 0, 0, ANY, 0},
    {26, 0, 2, 0, 0, 0, 2, 0, 0},
    {26, 0, 1, 0, 1, 0, 0, ANY, 0},
    {26, -2, 2, 4, ANY, NAN, ANY, NAN, NAN},
    {26, 2, 0, 1, 0, 0.69314718055994530942, 0, 0.5, 0.48045301391820142467},
    {30, 0, 3, 9, 0, 6, 0, 0, 2},
    {30, -1, 3, 9, 0, 6, 0, 0, 2},
    {30, NAN, 3, 9, 0, 6, 0, 0, 2},
    {31, 0, 3, 0, 3, 0, 0, 1, 0},
    {31, 4, 3, 2.25, 0.1875, 0, 0, 0, 0},
    {32, 0, 3, 9, 0, 6, 0, 0, 2},
    {33, 0, 3, 0, 5, 0, 0, 1, 0},
    {34, 0, 3, 9, 0, 6, 0, 0, 2},
    {34, -1, 2, 4, 0, 4, 0, 0, 2},
    {35, 2, 3, 3, 0, 1, 0, 0, 0},
    {35, INFINITY, 3, NAN, 0, 1, 0, 0, 0},
    {35, 2, NAN, NAN, 0, 1, 0, 0, 0},
    {36, 0, 3, 0, 3, 0, 0, 1, 0},
    {36, -1, 3, -3, 3, -1, 0, 1, 0},
};

static void expect(double got, double want, const char *what)
{
    checking("edge %s", what);
    if (isnan(want))
        CHECK(isnan(got));
    else if (want != ANY)
        CHECK_CLOSE(got, want, 4e-15);
}

static void check_row(int i)
{
    int k = rows[i].k;
    double x = rows[i].x, y = rows[i].y, f = rows[i].f, fx = rows[i].fx, fy = rows[i].fy, fxx = rows[i].fxx;
    double fxy = rows[i].fxy, fyy = rows[i].fyy, gx, gy, tx, ty, dot;
    char what[80];
    snprintf(what, sizeof what, "%d at %g, %g", k, x, y);
    expect(edge(k, x, y), f, what);
    edge_jvp(k, x, y, 1, 0, &dot);
    expect(dot, fx, what);
    edge_jvp(k, x, y, 0, 1, &dot);
    expect(dot, fy, what);
    gx = gy = 0;
    edge_vjp(k, x, y, 1, &gx, &gy);
    expect(gx, fx, what), expect(gy, fy, what);
    edge_hvp(k, x, y, &gx, &gy, 1, 0, &tx, &ty, &dot);
    expect(gx, fx, what), expect(gy, fy, what), expect(tx, fxx, what), expect(ty, fxy, what), expect(dot, fx, what);
    edge_hvp(k, x, y, &gx, &gy, 0, 1, &tx, &ty, &dot);
    expect(tx, fxy, what), expect(ty, fyy, what), expect(dot, fy, what);
    tx = ty = 0;
    edge_gv(k, x, y, &gx, &gy, 0, &tx, &ty, 1, 0);
    expect(tx, fxx, what), expect(ty, fxy, what);
    tx = ty = 0;
    edge_gv(k, x, y, &gx, &gy, 0, &tx, &ty, 0, 1);
    expect(tx, fxy, what), expect(ty, fyy, what);
}

static void check_arrays(int i)
{
    int k = rows[i].k;
    const double v[2] = {rows[i].x, rows[i].y}, along_x[2] = {1, 0}, along_y[2] = {0, 1};
    double g[2] = {0}, t[2], dot;
    char what[80];
    snprintf(what, sizeof what, "%d of arrays at %g, %g", k, v[0], v[1]);
    expect(edges(k, v), rows[i].f, what);
    edges_jvp(k, v, along_x, &dot);
    expect(dot, rows[i].fx, what);
    edges_jvp(k, v, along_y, &dot);
    expect(dot, rows[i].fy, what);
    edges_vjp(k, v, 1, g);
    expect(g[0], rows[i].fx, what), expect(g[1], rows[i].fy, what);
    edges_hvp(k, v, g, along_x, t, &dot);
    expect(g[0], rows[i].fx, what), expect(g[1], rows[i].fy, what), expect(dot, rows[i].fx, what);
    expect(t[0], rows[i].fxx, what), expect(t[1], rows[i].fxy, what);
    edges_hvp(k, v, g, along_y, t, &dot);
    expect(t[0], rows[i].fxy, what), expect(t[1], rows[i].fyy, what);
    t[0] = t[1] = 0;
    edges_gv(k, v, g, 0, t, along_x);
    expect(t[0], rows[i].fxx, what), expect(t[1], rows[i].fxy, what);
    t[0] = t[1] = 0;
    edges_gv(k, v, g, 0, t, along_y);
    expect(t[0], rows[i].fxy, what), expect(t[1], rows[i].fyy, what);
}

RUN_CASE(lang_7_edges)
{
    for (int i = 0; i < (int)(sizeof rows / sizeof *rows); i++) {
        check_row(i);
        check_arrays(i);
    }
}
