// harness.h - what the drivers of run cases share: a case, checks, random numbers, differences.
//
// In: tests/cases/run/NAME.ad, whose C and header are included by the runner before the driver NAME.c. Out: a line
// for each check that fails, saying where and how far off. A driver:
//
//     #include "harness.h"
//     RUN_CASE(square)                                   // the name of the file
//     {
//         double x = rnd(), x_bar = 7;
//         CHECK_CLOSE(square_grad(x, &x_bar), x * x, 1e-15);
//         CHECK_CLOSE(x_bar, 2 * x, 1e-15);
//     }
//
// One case of the sources is run in a process of its own, with a time limit. The random numbers are the same in every
// run. Drivers are compiled once for each configuration (see run.mk) and may ask ADC_CONFIG, a string.
#ifndef HARNESS_H
#define HARNESS_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Defines a case. All that a driver defines besides should be static; names in .ad files need not differ between cases.
#define RUN_CASE(NAME)                                                                                                 \
    void run_case_##NAME(void);                                                                                        \
    void run_case_##NAME(void)

// Each check goes on after a failure; they may stand in loops and in helper functions.
#define CHECK(cond)          check_true((cond), #cond, __FILE__, __LINE__)
#define CHECK_INT(got, want) check_int((got), (want), #got, __FILE__, __LINE__)
// |got - want| <= rtol * max(1, |want|); equal infinities and two NaNs are close. rtol 0 asks for the same bits (but
// for -0).
#define CHECK_CLOSE(got, want, rtol) check_close((got), (want), (rtol), #got, __FILE__, __LINE__)
// The same for n elements of two arrays; the scale is the largest of want. Reports the worst.
#define CHECK_ALL(got, want, n, rtol)  check_all((got), (want), (n), (rtol), #got, __FILE__, __LINE__)
#define CHECK_ALLF(got, want, n, rtol) check_allf((got), (want), (n), (rtol), #got, __FILE__, __LINE__)

void check_true(bool ok, const char *what, const char *file, int line);
void check_int(long long got, long long want, const char *what, const char *file, int line);
void check_close(double got, double want, double rtol, const char *what, const char *file, int line);
void check_all(const double *got, const double *want, int n, double rtol, const char *what, const char *file, int line);
void check_allf(const float *got, const float *want, int n, double rtol, const char *what, const char *file, int line);

// Says which of several inputs the following failures belong to (printf's arguments); NULL: none.
#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
void checking(const char *format, ...);

// Seeded random numbers, of size 0.3 .. 1.9 in size and of either sign; never 0 or 1. rnd_seed starts a sequence
// (each case starts with 1).
void rnd_seed(unsigned seed);
double rnd(void);
double rnd_in(double lo, double hi);
int rnd_int(int lo, int hi); // both included
void rnd_fill(double *x, int n);
void rnd_fill_in(double *x, int n, double lo, double hi);
void rnd_fillf(float *x, int n);
void vec_fill(double *x, int n, double value);

double vec_dot(const double *x, const double *y, int n);

// A map from n inputs to m outputs, written over y. `env` is the caller's.
typedef void (*map_fn)(const double *x, double *y, void *env);

// The derivative of f at x along dir, by central differences with Richardson extrapolation, good to about 1e-10
// relative for a smooth f; at most 256 outputs.
void differences(map_fn f, void *env, int n, int m, const double *x, const double *dir, double *y_dot);

// Checks jacobian-free that f's tangent and adjoint are right and agree. f is differenced; jvp gives y_dot for (x,
// x_dot); vjp ADDS to x_bar.
//   differences against jvp within fd_tol (1e-7 is usual); <y_bar, y_dot> against <x_bar, x_dot> within 1e-12; x_bar is added to, not
//   written; a second call gives the same bits. Any of jvp and vjp may be NULL.
typedef struct Derivatives {
    int n, m; // inputs, outputs
    map_fn f;
    void (*jvp)(const double *x, const double *x_dot, double *y_dot, void *env);
    void (*vjp)(const double *x, const double *y_bar, double *x_bar, void *env);
    void *env;
    double fd_tol; // 0: 1e-7
} Derivatives;
#define CHECK_DERIVATIVES(d, x) check_derivatives((d), (x), __FILE__, __LINE__)
void check_derivatives(const Derivatives *d, const double *x, const char *file, int line);

// Loop trip counts at which bugs show: FOR_TRIPS(k) runs its body with k = 0, 1, 2, 3, 100.
extern const int trip_counts[5];
#define FOR_TRIPS(k) for (int k##_i = 0, k = 0; k##_i < 5 && ((k = trip_counts[k##_i]), true); k##_i++)

// Two shapes that most functions of the cases have, k being a trip count or whatever else selects a path, and all that there is
// to check about them, at one x (and y). In .ad:
//
//     real f(int n, int k, real x[n])                        void f(int n, int k, real x[n], inout real y[n])
//     derive f_jvp  = jvp(f);                                derive f_jvp = jvp(f);
//     derive f_vjp  = vjp(f);                                derive f_vjp = vjp(f);
//     derive f_grad = grad(f);                               derive f_jv  = jvp(f_vjp);
//     derive f_hvp  = jvp(f_grad);                           derive f_vv  = vjp(f_vjp);
//     derive f_gv   = vjp(f_grad);
//     CHECK_SCALAR(f, reference, n, k, x);                   CHECK_MAP(f, reference, n, k, x, y);
//
// reference: a function in C with f's prototype, or NULL. Checked: the value, everywhere it is delivered; first order
// and second order as by CHECK_DERIVATIVES; that what is only read is unchanged, and what is written over does not
// depend on what was there.
typedef double (*scalar_fn)(int n, int k, const double *x);
typedef struct ScalarFunction {
    const char *name;
    scalar_fn f;
    double (*jvp)(int n, int k, const double *x, const double *x_dot, double *result_dot);
    double (*vjp)(int n, int k, const double *x, double result_bar, double *x_bar);
    double (*grad)(int n, int k, const double *x, double *x_bar);
    double (*hvp)(int n, int k, const double *x, double *x_bar, const double *x_dot, double *x_bar_dot,
                  double *result_dot);
    double (*gv)(int n, int k, const double *x, double *x_bar, double result_bar, double *x_bar2,
                 const double *x_bar_bar);
} ScalarFunction;
#define CHECK_SCALAR(f, reference, n, k, x)                                                                            \
    check_scalar(&(const ScalarFunction){#f, f, f##_jvp, f##_vjp, f##_grad, f##_hvp, f##_gv}, reference, n, k, x,      \
                 __FILE__, __LINE__)
void check_scalar(const ScalarFunction *s, scalar_fn reference, int n, int k, const double *x, const char *file,
                  int line);

typedef void (*map2_fn)(int n, int k, const double *x, double *y);
typedef struct MapFunction {
    const char *name;
    map2_fn f;
    void (*jvp)(int n, int k, const double *x, double *y, const double *x_dot, double *y_dot);
    void (*vjp)(int n, int k, const double *x, double *y, double *x_bar, double *y_bar);
    void (*jv)(int n, int k, const double *x, double *y, double *x_bar, double *y_bar, const double *x_dot,
               double *y_dot, double *x_bar_dot, double *y_bar_dot);
    void (*vv)(int n, int k, const double *x, double *y, double *x_bar, double *y_bar, double *x_bar2, double *y_bar2,
               double *x_bar_bar, double *y_bar_bar);
} MapFunction;
#define CHECK_MAP(f, reference, n, k, x, y)                                                                            \
    check_map(&(const MapFunction){#f, f, f##_jvp, f##_vjp, f##_jv, f##_vv}, reference, n, k, x, y, __FILE__, __LINE__)
void check_map(const MapFunction *s, map2_fn reference, int n, int k, const double *x, const double *y,
               const char *file, int line);

// For the generated main: runs the cases whose names are given (all if none), prints failures, and appends "passed
// failed" to the file in the environment's RUN_TALLY. 0 if none failed.
typedef struct RunCase {
    const char *name;
    void (*run)(void);
} RunCase;
int run_cases(const RunCase *cases, int n, const char *config, int argc, char **argv);

#endif
