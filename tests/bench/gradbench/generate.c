/* generate.c - writes inputs of the evals: the same for the same arguments, on every machine.
 *
 *     generate EVAL RUNS SECONDS SIZES...
 *
 * RUNS and SECONDS become min_runs and min_seconds. SIZES: gmm D K N, ba N M P, ht VERTICES POINTS (simple: VERTICES POINTS 0), lstm L C B, kmeans K
 * N D, llsq N M, lse N, det L, ode N S; none of hello, particle, saddle. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZES = 3, BONES = 22 };

static uint64_t next_bits(uint64_t *state) /* splitmix64 */
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static double uniform(uint64_t *state, double lo, double hi)
{
    return lo + (hi - lo) * ((double)(next_bits(state) >> 11) * 0x1p-53);
}

/* Near enough to a normal distribution: the sum of twelve, which needs no function that machines differ in. */
static double normal(uint64_t *state)
{
    double sum = -6.0;
    for (int i = 0; i < 12; i++)
        sum += uniform(state, 0.0, 1.0);
    return sum;
}

typedef double Draw(uint64_t *state);

static double unit(uint64_t *state)
{
    return uniform(state, 0.0, 1.0);
}

static double around_one(uint64_t *state)
{
    return uniform(state, 0.5, 1.5);
}

static double bit(uint64_t *state)
{
    return (double)(next_bits(state) >> 63);
}

static double small(uint64_t *state)
{
    return uniform(state, -0.4, 0.4);
}

/* Members of the object that is being written; `", "` goes before each. */
static void number(const char *name, double v)
{
    printf(", \"%s\": %.17g", name, v);
}

static void vector(int n, Draw *draw, uint64_t *state)
{
    putchar('[');
    for (int i = 0; i < n; i++)
        printf("%s%.17g", i > 0 ? ", " : "", draw(state));
    putchar(']');
}

static void array(const char *name, int n, Draw *draw, uint64_t *state)
{
    printf(", \"%s\": ", name);
    vector(n, draw, state);
}

static void rows(const char *name, int m, int n, Draw *draw, uint64_t *state)
{
    printf(", \"%s\": [", name);
    for (int i = 0; i < m; i++) {
        if (i > 0)
            printf(", ");
        vector(n, draw, state);
    }
    putchar(']');
}

static void gmm(const int *size, uint64_t *state)
{
    int d = size[0], k = size[1], n = size[2];
    number("d", d);
    number("k", k);
    number("n", n);
    number("m", 0);
    number("gamma", 1.0);
    rows("x", n, d, normal, state);
    array("alpha", k, normal, state);
    rows("mu", k, d, unit, state);
    rows("q", k, d, normal, state);
    rows("l", k, d * (d - 1) / 2, normal, state);
}

static void ba(const int *size, uint64_t *state)
{
    number("n", size[0]);
    number("m", size[1]);
    number("p", size[2]);
    array("cam", 11, small, state);
    array("x", 3, around_one, state);
    number("w", around_one(state));
    array("feat", 2, normal, state);
}

static void lstm(const int *size, uint64_t *state)
{
    int l = size[0], c = size[1], b = size[2];
    rows("main_params", 2 * l, 4 * b, unit, state);
    rows("extra_params", 3, b, unit, state);
    rows("state", 2 * l, b, unit, state);
    rows("sequence", c, b, bit, state);
}

/* The centroids are points, so that each is nearest to some point. */
static void kmeans(const int *size, uint64_t *state)
{
    int k = size[0], n = size[1], d = size[2];
    uint64_t same = *state;
    rows("points", n, d, unit, state);
    rows("centroids", k, d, unit, &same);
}

static void llsq(const int *size, uint64_t *state)
{
    number("n", size[0]);
    array("x", size[1], unit, state);
}

static void lse(const int *size, uint64_t *state)
{
    array("x", size[0], unit, state);
}

static void det(const int *size, uint64_t *state)
{
    number("ell", size[0]);
    array("A", size[0] * size[0], unit, state);
}

static void ode(const int *size, uint64_t *state)
{
    number("s", size[1]);
    array("x", size[0], around_one, state);
}

/* Matrices that move by what is in the rows of a table, or back by it. */
static void moves(const char *name, int n, double (*by)[3], double sign)
{
    printf(", \"%s\": [", name);
    for (int i = 0; i < n; i++)
        printf("%s[[1, 0, 0, %.17g], [0, 1, 0, %.17g], [0, 0, 1, %.17g], [0, 0, 0, 1]]", i > 0 ? ", " : "",
               sign * by[i][0], sign * by[i][1], sign * by[i][2]);
    putchar(']');
}

/* A hand: a wrist, five fingers of four bones each, a forearm. A vertex is moved by one to three of them. */
static void ht(const int *size, uint64_t *state)
{
    int verts = size[0], points = size[1];
    double at[BONES][3], from[BONES][3];
    printf(", \"data\": {\"model\": {\"is_mirrored\": false, \"bone_names\": [");
    for (int b = 0; b < BONES; b++)
        printf("%s\"bone%d\"", b > 0 ? ", " : "", b);
    printf("], \"parents\": [");
    for (int b = 0; b < BONES; b++) {
        int parent = b == 0 ? -1 : b == BONES - 1 || (b - 1) % 4 == 0 ? 0 : b - 1;
        printf("%s%d", b > 0 ? ", " : "", parent);
        for (int i = 0; i < 3; i++) {
            from[b][i] = small(state);
            at[b][i] = from[b][i] + (parent < 0 ? 0.0 : at[parent][i]);
        }
    }
    putchar(']');
    moves("base_relatives", BONES, from, 1.0);
    moves("inverse_base_absolutes", BONES, at, -1.0);
    printf(", \"base_positions\": [");
    for (int v = 0; v < verts; v++) {
        double x = small(state), y = small(state), z = small(state);
        printf("%s[%.17g, %.17g, %.17g, 1]", v > 0 ? ", " : "", x, y, z);
    }
    printf("], \"weights\": [");
    for (int v = 0; v < verts; v++) {
        double weight[BONES] = {0};
        int first = (int)(next_bits(state) % BONES), many = 1 + v % 3;
        for (int i = 0; i < many; i++)
            weight[(first + i) % BONES] = 1.0 / many;
        printf("%s[", v > 0 ? ", " : "");
        for (int b = 0; b < BONES; b++)
            printf("%s%.17g", b > 0 ? ", " : "", weight[b]);
        putchar(']');
    }
    printf("], \"triangles\": [");
    for (int v = 0; v + 2 < verts; v++)
        printf("%s[%d, %d, %d]", v > 0 ? ", " : "", v, v + 1, v + 2);
    printf("]}, \"correspondences\": [");
    for (int i = 0; i < points; i++)
        printf("%s%d", i > 0 ? ", " : "", (int)(next_bits(state) % (uint64_t)(verts - 2)));
    printf("]");
    rows("points", points, 3, small, state);
    printf("}");
    array("theta", 26, small, state);
    if (size[2] != 0)
        rows("us", points, 2, unit, state);
}

static void particle(const int *size, uint64_t *state)
{
    (void)size, (void)state;
    number("w", 0.0);
}

static void saddle(const int *size, uint64_t *state)
{
    (void)size, (void)state;
    printf(", \"start\": [1.0, 1.0]");
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*write)(const int *size, uint64_t *state);
        int sizes;
    } evals[] = {{"gmm", gmm, 3},   {"ba", ba, 3},   {"ht", ht, 2},   {"lstm", lstm, 3}, {"kmeans", kmeans, 3},
                 {"llsq", llsq, 2}, {"lse", lse, 1}, {"det", det, 1}, {"ode", ode, 2},   {"particle", particle, 0},
                 {"saddle", saddle, 0}};
    uint64_t state = 1;
    int size[SIZES] = {1, 1, 1};
    for (int i = 4; i < argc && i < 4 + SIZES; i++)
        size[i - 4] = atoi(argv[i]);
    if (argc > 1 && strcmp(argv[1], "hello") == 0) {
        printf("%.17g\n", uniform(&state, 1.0, 3.0));
        return 0;
    }
    for (size_t i = 0; argc > 3 && i < sizeof evals / sizeof *evals; i++) {
        if (strcmp(argv[1], evals[i].name) != 0 || argc < 4 + evals[i].sizes)
            continue;
        printf("{\"min_runs\": %s, \"min_seconds\": %s", argv[2], argv[3]);
        evals[i].write(size, &state);
        printf("}\n");
        return 0;
    }
    fprintf(stderr, "Usage: %s EVAL RUNS SECONDS SIZES...\n", argv[0]);
    return 1;
}
