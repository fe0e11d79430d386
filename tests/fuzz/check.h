// check.h - what a random program's adaptors (see adapt.c) and the checker share.
//
// In: f, its tangent and its adjoint as maps of flat arrays, for sizes n and m. Out: see check.c.
#ifndef FUZZ_CHECK_H
#define FUZZ_CHECK_H

#include <stdbool.h>
#include <stdlib.h>

typedef struct Size {
    int n, m;
} Size;

typedef struct Triple {
    const char *name;
    int order;           // derivatives inside f
    bool no_differences; // f has a stop_gradient
    // How many inputs and outputs there are; sets wrt[i] to 1 for those that it is differentiated by (zeros before).
    void (*sizes)(Size z, int *n_in, int *n_out, double *wrt);
    void (*f)(Size z, const double *in, double *out);
    void (*jvp)(Size z, const double *in, const double *in_dot, double *out, double *out_dot);
    // adds to in_bar
    void (*vjp)(Size z, const double *in, const double *out_bar, double *in_bar, double *out);
    // the same by way of a record, or NULL
    void (*record)(Size z, const double *in, const double *out_bar, double *in_bar, double *out);
} Triple;

typedef struct Program {
    long seed;
    const Triple *triples; // ended by one without a name
} Program;

extern const Program fuzz_programs[]; // ended by one without triples

// Fresh arrays, to be freed: of garbage; of small ints and of bools that depend on k only.
double *fuzz_double(int n, int k);
int *fuzz_int(int n, int k);
bool *fuzz_bool(int n, int k);
void fuzz_copy(double *to, const double *from, int n);
void fuzz_add(double *to, const double *from, int n);

#endif
