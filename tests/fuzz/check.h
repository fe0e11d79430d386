// check.h - what a random program's adaptors (see adapt.c) and the checker share.
//
// In: f and its derivatives as maps of flat arrays, for sizes n and m. Out: see check.c. Programs may be compiled with
// FUZZ_FLOAT, for `--real=float`: the flat arrays stay double.
#ifndef FUZZ_CHECK_H
#define FUZZ_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

typedef struct Size {
    int n, m;
} Size;

// vjp maps add to in_bar. With K lanes, in_dot and all that are K times as long, direction by direction in the last place.
typedef void Jvp(Size z, const double *in, const double *in_dot, double *out, double *out_dot);
typedef void Vjp(Size z, const double *in, const double *out_bar, double *in_bar, double *out);

typedef struct More { // another derivative of f
    const char *name;
    int lanes;                             // how many directions at once, or 'n' or 'm'; 0: the plain one, by fewer inputs
    void (*wrt)(Size z, double *wrt);      // sets wrt[i] to 1 for the inputs that it is by
    Jvp *jvp;                              // one of these
    Vjp *vjp;
    void (*matrix)(Size z, const double *in, double *out, double *matrix); // out by in; sets what is there of it
} More;

typedef struct Triple {
    const char *name;
    int order;           // derivatives inside f
    bool no_differences; // f has a stop_gradient
    // How many inputs and outputs there are; sets wrt[i] to 1 for those that it is differentiated by (zeros before).
    void (*sizes)(Size z, int *n_in, int *n_out, double *wrt);
    void (*f)(Size z, const double *in, double *out);
    Jvp *jvp;
    Vjp *vjp;
    Vjp *record;      // the same by way of a record, or NULL
    const More *more; // ended by one without a name; or NULL
} Triple;

typedef struct Program {
    long seed;
    const Triple *triples; // ended by one without a name
} Program;

extern const Program fuzz_programs[]; // ended by one without triples
extern int fuzz_wrong;                // ints and bools in structs that are not what they should be

// ---- for the adaptors ----

#ifdef FUZZ_FLOAT
typedef float fuzz_real;
#else
typedef double fuzz_real;
#endif
typedef int fuzz_int;
typedef bool fuzz_bool;

static inline size_t fuzz_size(int n)
{
    return n > 0 ? (size_t)n : 1;
}

// Fresh arrays, to be freed: of garbage; of small ints and of bools that depend on k only.
static inline fuzz_real *fuzz_new_real(int n, int k)
{
    fuzz_real *x = malloc(sizeof *x * fuzz_size(n));
    for (size_t i = 0; x && i < fuzz_size(n); i++)
        x[i] = (fuzz_real)(7e5 + k);
    return x;
}

static inline int *fuzz_new_int(int n, int k)
{
    int *x = malloc(sizeof *x * fuzz_size(n));
    for (size_t i = 0; x && i < fuzz_size(n); i++)
        x[i] = ((int)i * 5 + k * 3) % 7 - 2;
    return x;
}

static inline bool *fuzz_new_bool(int n, int k)
{
    bool *x = malloc(sizeof *x * fuzz_size(n));
    for (size_t i = 0; x && i < fuzz_size(n); i++)
        x[i] = ((int)i + k) % 2 == 0;
    return x;
}

static inline void fuzz_put(fuzz_real *to, const double *from, int n)
{
    for (int i = 0; i < n; i++)
        to[i] = (fuzz_real)from[i];
}

static inline void fuzz_get(double *to, const fuzz_real *from, int n)
{
    for (int i = 0; i < n; i++)
        to[i] = (double)from[i];
}

static inline void fuzz_add(double *to, const fuzz_real *from, int n)
{
    for (int i = 0; i < n; i++)
        to[i] += (double)from[i];
}

static inline void fuzz_block(double *matrix, int columns, int row, int rows, int column, int width, const fuzz_real *from)
{
    for (int i = 0; i < rows; i++)
        for (int k = 0; k < width; k++)
            matrix[(row + i) * columns + column + k] = (double)from[i * width + k];
}

// What to do to the scalars of a struct. OWN: ints and bools get values to compute with, JUNK: all get garbage.
enum { FUZZ_PUT, FUZZ_GET, FUZZ_ADD, FUZZ_OWN, FUZZ_JUNK, FUZZ_ZEROS, FUZZ_STILL_JUNK };

static inline double *fuzz_flat(const double *x)
{
    union {
        const double *in;
        double *out;
    } u = {x};
    return u.out; // FUZZ_PUT does not write there
}

static inline void fuzz_walk_real(fuzz_real *x, int n, int what, double *flat)
{
    for (int i = 0; i < n; i++)
        switch (what) {
        case FUZZ_PUT: x[i] = (fuzz_real)flat[i]; break;
        case FUZZ_GET: flat[i] = (double)x[i]; break;
        case FUZZ_ADD: flat[i] += (double)x[i]; break;
        case FUZZ_JUNK: x[i] = 8e5f; break;
        default: break;
        }
}

static inline void fuzz_walk_int(int *x, int n, int what, const double *flat)
{
    (void)flat;
    for (int i = 0; i < n; i++)
        switch (what) {
        case FUZZ_OWN: x[i] = i % 5 - 1; break;
        case FUZZ_JUNK: x[i] = 77; break;
        case FUZZ_ZEROS: fuzz_wrong += x[i] != 0; break;
        case FUZZ_STILL_JUNK: fuzz_wrong += x[i] != 77; break;
        default: break;
        }
}

static inline void fuzz_walk_bool(bool *x, int n, int what, const double *flat)
{
    (void)flat;
    for (int i = 0; i < n; i++)
        switch (what) {
        case FUZZ_OWN: x[i] = i % 2 == 0; break;
        case FUZZ_JUNK: x[i] = true; break;
        case FUZZ_ZEROS: fuzz_wrong += x[i]; break;
        case FUZZ_STILL_JUNK: fuzz_wrong += !x[i]; break;
        default: break;
        }
}

#endif
