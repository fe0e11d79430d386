// trial.h — `adc verify`: the derivatives of a file, put on trial. Shared by trial*.c.
//
// In: a file's derivatives. Out: a table with a row for each, and what is wrong with those that fail. The idea: every derivative computes, for
// some function F, J v (a tangent, a matrix) or J^T w (an adjoint), where J is F's Jacobian at a point x. So all of them are held against the
// same three things, which know nothing of each other: F itself, moved a little (the complex step, or differences), a tangent of F, an adjoint
// of F. The file is read twice: once to be what its user gets (all passes), and once with those tangents and adjoints added and no optimiser.
// Both run in the interpreter.
//
//     trial_ask.c    what is on trial, and what has to be made for that     Module           -> Subjects
//     trial_point.c  where: sizes, index arrays, reals, by trying           Subject, a seed  -> Point
//     trial_call.c   calls by vectors instead of parameters                 Point, v, w      -> y, y_dot, x_bar
//     trial_slope.c  J v from F alone                                       Point, v         -> Slope
//     trial_check.c  the comparisons at a point                             Subject, Point   -> Row
//     trial_line.c   which line a wrong derivative comes from               Subject, Point   -> IrLoc
//     trial.c        the table
#ifndef ADC_TRIAL_H
#define ADC_TRIAL_H

#include "interp.h"
#include "json.h"

// One derivative, or one rule by hand.
typedef struct Subject {
    const char *name;                       // "cost_grad", "custom vjp(f) = g"
    const char *what;                       // "grad(cost, mu)", "vjp(f)"
    IrLoc loc;
    Func *d, *reverse;                      // what is on trial; of a record: both halves, else NULL
    const Param *as;                        // by parameter of d: its kind, and which parameter of F it is of (-1: the value returned);
                                            // NULL: what d's own parameters say
    bool is_rule, is_adjoint, is_matrix;    // neither adjoint nor matrix: a tangent
    Func *F;                                // of which it is a derivative
    const bool *wrt;                        // by parameter of F
    int only;                               // the one output of F it is about: a parameter of F, or F's number of them for the value
                                            // returned; -1: all
    Directions directions;
    Func *tangent, *adjoint;                // of F by the same, made for this
    Func **alone;                           // by parameter of F: as d is, but by that parameter alone; NULL: not of interest
    const Func *user, *user_reverse;        // d as the user gets it, or NULL
    bool not_complex;                       // F cannot take an imaginary part somewhere
    const char *skip;                       // why it cannot be run, or NULL
} Subject;

// Where a function's values lie in a vector: the cells of its parameters in order, and then the value that it returns.
typedef struct Layout {
    const Func *F;
    size_t *first, *count;                  // by parameter; one more for the value returned
    InterpShape *shape;                     // by parameter
    size_t n;
} Layout;

typedef struct Point {
    Layout at;
    double *x;                              // the values of in and inout parameters, ints and bools too
    int number;                             // 1, 2, ..
} Point;

// What goes into a call and comes out of it: vectors by Layout. With directions, of `lanes` values per cell, each cell's together. NULL:
// zeros, or not of interest. What a call does not have it leaves alone.
typedef struct Flow {
    int lanes;                              // at least 1
    const double *x, *x_im;                 // the point, and the imaginary part of it
    const double *v, *w, *start;            // tangent of the inputs; seeds of the outputs; adjoints that are added to
    double *y, *y_im, *y_dot, *x_bar;
    double **jac;                           // by parameter of F: the matrix, rows are cells of the one output
} Flow;

typedef struct Trial {
    Arena *arena;
    Module *plain, *user;                   // as checked; as the user gets it
    VEC(Subject *) subjects;
    Map *opaque;                            // see Interp
    const Json *fixed;                      // --at: values by name of parameter, or NULL
    int runs;
    uint64_t seed;
    long max_steps;                         // of one call; 0: few
    size_t max_cells;                       // of all parameters of a function; 0: few
    long steps;                             // what all calls took so far
    Module *(*again)(void *user);           // the file once more, fresh from lowering; NULL: it cannot be had
    void *user_data;
    const char *reason;                     // why the last call failed, with the place in the source
    const char *reason_alone;               // the same without,
    IrLoc reason_at;                        //   and the place
    const Op *not_complex, *corner, *parted;    // of the last slope
} Trial;

// A comparison that was made, and how it ended.
typedef struct Finding {
    const char *check;                      // "against the complex step", ..
    double error, tolerance;                // relative
    double got, want;
    const char *where;                      // "mu[1][0]"
    int point;
} Finding;

// A place where a derivative does not exist, or does not show: not a failure.
typedef struct Kink {
    IrLoc loc;
    const char *what;
} Kink;

typedef struct Row {
    Subject *s;
    int points;
    Finding worst;                          // of all points, or the failure
    bool failed;
    Point *at;                              // of the failure
    const char *none;                       // why there is no point
    VEC(Kink) kinks;
    long enough;                            // steps of the interpreter (Trial.steps) after which no more is begun
    bool differences;                       // some slopes are of differences
} Row;

// ---- trial_ask.c ----
// Adds to m the derivative `transform` (TR_JVP, TR_VJP, TR_GRAD) of base by wrt; its body comes with derive_all.
Func *trial_ask(Module *m, Func *base, Transform transform, const bool *wrt, const char *name);
// Fills t->subjects from t->plain, which is fresh from lowering: the derivatives with these names (NULL: all), and the rules by hand. Adds what
// they are held against; all bodies come with derive_all.
void trial_subjects(Trial *t, const char *const *names, int n);

// May f, or what it is a derivative of, call g?
bool trial_reaches(Trial *t, const Func *f, const Func *g);

// ---- trial_point.c ----
// Point number `number` of F, or NULL: t->reason says why what was tried was refused. Sizes are small, odd or zero, by the number.
Point *trial_point(Trial *t, Subject *s, int number);
double trial_random(Trial *t, double lo, double hi);
// The values of a point as --at takes them, on one line.
const char *trial_point_text(Arena *a, const Point *p);
// "mu[1][0]", "cams[2].rot[1]", "the result": cell k of a vector.
const char *trial_cell_name(Arena *a, const Layout *l, size_t k);
size_t trial_cell_param(const Layout *l, size_t k);      // the parameter it is of; their number: the value returned
bool trial_cell_is_real(const Layout *l, size_t k);

// ---- trial_call.c ----
// Layout of F where the int parameters have the values in x (of parameter i: x[i]). False: t->reason.
bool trial_layout(Trial *t, const Func *F, const double *ints, Layout *l);
// Runs g, whose parameters are to F what `as` says (NULL: what they say themselves). False: t->reason says why it stopped.
bool trial_call(Trial *t, const Func *g, const Param *as, const Layout *l, Flow *f);
// The same for the halves of a record, `times` reverse halves after one forward half; f[k] is what the k-th takes and gives, f[0] also what the
// forward half does.
bool trial_record(Trial *t, const Func *forward, const Func *reverse, const Layout *l, Flow *f, int times);
// The same with imaginary parts, for a slope: in is the interpreter to use.
bool trial_call_in(Trial *t, Interp *in, const Func *g, const Param *as, const Layout *l, Flow *f);
Interp *trial_interp(Trial *t);             // one with an arena of its own, which is to be freed
double *trial_vector(Arena *a, const Layout *l, int lanes);

// ---- trial_slope.c ----
// y_dot = J v of F at p, from F alone. tolerance: how exact it is, relatively. False: there is none here; t->parted or t->corner is the kink,
// or NULL where it is only too rough.
typedef struct Slope { double *y_dot; double tolerance; bool differences; } Slope;
bool trial_slope(Trial *t, Subject *s, const Point *p, const double *v, Slope *slope);

// ---- trial_check.c ----
extern const char trial_all_inputs[];       // Finding.where: a product with a random direction
// Makes all comparisons at one point.
void trial_check(Trial *t, Row *row, const Point *p);
// Tries as many points as are asked for.
Row trial_row(Trial *t, Subject *s);

// ---- trial_line.c ----
// The first op of F's body whose own derivative is off where d is wrong at p, or NULL if none is found.
const Op *trial_line(Trial *t, const Subject *s, const Point *p);

// ---- trial.c ----
// plain: the file fresh from lowering; user: the same file after all passes. names: the derivatives of the file. Prints the table to `out`.
// Gives whether all that could be checked is right. *error: wrong usage, in words.
typedef struct TrialOptions {
    const char *function;                   // --function, or NULL
    int runs;
    const Json *at;
    const char *const *names;
    int n_names;
    Module *(*again)(void *user);           // the file once more, fresh from lowering, to look for the line a failure comes from
    void *user_data;
} TrialOptions;
bool trial_run(Arena *a, Module *plain, Module *user, const TrialOptions *o, Text *out, const char **error);

#endif
