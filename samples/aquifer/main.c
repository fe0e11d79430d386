// main.c - maps the conductivity of an aquifer from the water levels in a few wells.
//
// There are far more cells than wells, so each step of Gauss and Newton is made in the space of the wells: one run of the model, a
// reverse for each well, and a system of equations as large as there are wells. Another process reverses one of the tapes.
#define _POSIX_C_SOURCE 200809L
#include "aquifer.ad.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 14, CELLS = N * N, M = 25 };
static const double TIME = 20, NOISE = 1e-4, SPREAD = 0.6, LENGTH = 3.5;
static const char *const FILE_NAME = "aquifer.tape";

static int wells[M][2];
static double pumped[CELLS], truth[CELLS];

// Wells stand in a square; conductivity is higher in a channel from corner to corner; two of the wells are pumped.
static void survey(void)
{
    for (int w = 0; w < M; w++) {
        wells[w][0] = 2 + w / 5 * 9 / 4;
        wells[w][1] = 2 + w % 5 * 9 / 4;
    }
    pumped[5 * N + 4] = 0.15;
    pumped[8 * N + 9] = 0.25;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            double across = (i - j + 2 * sin(0.4 * (i + j))) / 3;
            truth[i * N + j] = 1.3 * exp(-across * across) - 0.5;
        }
}

static double noise(void)
{
    static unsigned state = 3;
    double sum = -6;
    for (int i = 0; i < 12; i++) {
        state = (state * 1103515245u + 12345u) & 0x7fffffffu;
        sum += (double)state / 0x80000000u;
    }
    return sum;
}

// How alike two cells are expected to be.
static double covariance(int a, int b)
{
    double di = a / N - b / N, dj = a % N - b % N;
    return SPREAD * SPREAD * exp(-(di * di + dj * dj) / (LENGTH * LENGTH));
}

// Solves A x = b, A symmetric and positive definite; x overwrites b.
static void solve(double a[M][M], double *b)
{
    for (int k = 0; k < M; k++)
        for (int i = k + 1; i < M; i++) {
            double f = a[i][k] / a[k][k];
            for (int j = k; j < M; j++)
                a[i][j] -= f * a[k][j];
            b[i] -= f * b[k];
        }
    for (int i = M - 1; i >= 0; i--) {
        for (int j = i + 1; j < M; j++)
            b[i] -= a[i][j] * b[j];
        b[i] /= a[i][i];
    }
}

// The row of the Jacobian that belongs to well w.
static void row_of(const adrt_tape *tape, int w, double *row)
{
    double seed[M] = {0};
    seed[w] = 1;
    memset(row, 0, CELLS * sizeof *row);
    table_record_reverse(tape, row, seed);
}

// k = C J' (J C J' + R)^-1 (observed - level + J k): the step of Gauss and Newton from k, with C known of k beforehand.
static void step(const adrt_tape *tape, const double *observed, const double *level, double *k)
{
    static double J[M][CELLS], CJ[M][CELLS];
    double a[M][M], r[M];
    for (int w = 0; w < M; w++) {
        row_of(tape, w, J[w]);
        r[w] = observed[w] - level[w];
        for (int c = 0; c < CELLS; c++) {
            r[w] += J[w][c] * k[c];
            CJ[w][c] = 0;
            for (int d = 0; d < CELLS; d++)
                CJ[w][c] += covariance(c, d) * J[w][d];
        }
    }
    for (int v = 0; v < M; v++)
        for (int w = 0; w < M; w++) {
            a[v][w] = v == w ? NOISE * NOISE : 0;
            for (int c = 0; c < CELLS; c++)
                a[v][w] += J[v][c] * CJ[w][c];
        }
    solve(a, r);
    for (int c = 0; c < CELLS; c++) {
        k[c] = 0;
        for (int w = 0; w < M; w++)
            k[c] += CJ[w][c] * r[w];
    }
}

static double misfit(const double *observed, const double *level)
{
    double s = 0;
    for (int w = 0; w < M; w++)
        s += pow((observed[w] - level[w]) / NOISE, 2) / M;
    return sqrt(s);
}

static double correlation(const double *a, const double *b)
{
    double n = CELLS, sa = 0, sb = 0, aa = 0, bb = 0, ab = 0;
    for (int c = 0; c < CELLS; c++) {
        sa += a[c] / n;
        sb += b[c] / n;
    }
    for (int c = 0; c < CELLS; c++) {
        aa += (a[c] - sa) * (a[c] - sa);
        bb += (b[c] - sb) * (b[c] - sb);
        ab += (a[c] - sa) * (b[c] - sb);
    }
    return ab / sqrt(aa * bb);
}

// ---- the tape as a file

static void write_tape(const adrt_tape *tape)
{
    size_t bytes;
    const void *data = adrt_tape_data(tape, &bytes);
    FILE *f = fopen(FILE_NAME, "wb");
    if (f == NULL || fwrite(data, 1, bytes, f) != bytes || fclose(f) != 0) {
        perror(FILE_NAME);
        exit(1);
    }
}

static adrt_tape *read_tape(void)
{
    FILE *f = fopen(FILE_NAME, "rb");
    char *data = NULL;
    size_t bytes = 0, got;
    do {
        data = realloc(data, bytes + (1 << 16));
        got = data != NULL && f != NULL ? fread(data + bytes, 1, 1 << 16, f) : 0;
        bytes += got;
    } while (got > 0);
    adrt_tape *tape = adrt_tape_from(data, bytes);
    free(data);
    if (f != NULL)
        fclose(f);
    return tape;
}

// The second process: it has nothing but the file.
static int print_row(int w)
{
    double row[CELLS];
    adrt_tape *tape = read_tape();
    row_of(tape, w, row);
    for (int c = 0; c < CELLS; c++)
        printf("%a\n", row[c]);
    adrt_tape_free(tape);
    return 0;
}

// Has another process of this program reverse the tape in the file for well w; gives whether it says the same.
static bool same_elsewhere(const char *program, const adrt_tape *tape, int w)
{
    double row[CELLS], theirs;
    char command[1000];
    row_of(tape, w, row);
    snprintf(command, sizeof command, "'%s' --row %d", program, w);
    FILE *f = popen(command, "r");
    bool same = f != NULL;
    for (int c = 0; c < CELLS && same; c++)
        same = fscanf(f, "%la", &theirs) == 1 && theirs == row[c];
    return f != NULL && pclose(f) == 0 && same;
}

int main(int argc, char **argv)
{
    double observed[M], level[M], k[CELLS] = {0};
    if (argc == 3 && strcmp(argv[1], "--row") == 0)
        return print_row(atoi(argv[2]));
    survey();
    table(N, truth, pumped, TIME, M, wells[0], observed);
    for (int w = 0; w < M; w++)
        observed[w] += NOISE * noise();

    adrt_tape *tape = adrt_tape_new();
    printf("run  misfit in deviations  correlation with the truth\n");
    for (int run = 0;; run++) {
        table_record_forward(N, k, pumped, TIME, M, wells[0], level, tape);
        printf("%3d %21.1f %27.2f\n", run, misfit(observed, level), run > 0 ? correlation(k, truth) : 0);
        if (run == 6)
            break;
        step(tape, observed, level, k);
    }
    write_tape(tape);
    printf("another process finds the same sensitivities in the file: %s\n", same_elsewhere(argv[0], tape, 7) ? "yes" : "NO");
    adrt_tape_free(tape);

    printf("\nconductivity found               and true\n");
    for (int i = 0; i < N; i++) {
        for (int side = 0; side < 2; side++) {
            for (int j = 0; j < N; j++) {
                double v = side ? truth[i * N + j] : k[i * N + j];
                printf("%s", v > 0.5 ? "##" : v > 0.1 ? "++" : v > -0.25 ? "--" : "..");
            }
            printf(side ? "\n" : "     ");
        }
    }
    return 0;
}
