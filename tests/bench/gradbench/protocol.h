/* protocol.h - what the programs of the evals share: they read a JSON file, time a function, and write what it gave.
 *
 *     EVAL FILE FUNCTION
 *
 * In: FILE, the eval's input as JSON, in which min_runs and min_seconds say how often and how long to run. Out: a line
 * of JSON with the result, then a line {"name": "evaluate", "nanoseconds": N} for each run. With MEMORY=1 in the environment, one line more,
 * on stderr: bytes that the first run asked the allocator for and still has, and bytes by which it raised the process's memory at its highest.
 *
 * An eval is a table of functions over a struct of its own. The table's last row is all zero. */
#ifndef PROTOCOL_H
#define PROTOCOL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct {
    const char *name;
    void (*compute)(void *data);     /* one run */
    void (*print)(const void *data); /* what it left in data, as JSON without the newline */
    bool once;                       /* run once, whatever the file says */
} Function;

/* The main function of an eval: `read` makes its data of the input. */
int protocol_main(int argc, char **argv, void *(*read)(const json_t *input), const Function *functions);

/* Aligned memory for count elements of that size, all zero. Ends the program if there is none. */
void *protocol_new(size_t count, size_t size);

/* What is in the input. A member that is not there, or not of that kind, ends the program with a message. */
const json_t *get(const json_t *object, const char *name);
int get_int(const json_t *object, const char *name);
double get_real(const json_t *object, const char *name);
/* All numbers of an array of whatever depth, in order; their number in *count if it is not NULL. */
double *get_reals(const json_t *object, const char *name, size_t *count);
int *get_ints(const json_t *object, const char *name, size_t *count);

/* Arrays as JSON: a flat one, and one of rows. */
void print_reals(size_t count, const double *v);
void print_rows(size_t rows, size_t columns, const double *v);

/* --- what the functions named `check` use: they compare derivatives with what was got otherwise ---------------- */

/* Ends the program with a message if any |got - want| is more than tolerance * (1 + |want|). */
void check_close(const char *what, size_t count, const double *got, const double *want, double tolerance);
/* The derivative of f along v at x, from differences of fourth order. f may look at data; x is as it was afterwards. */
double difference(double (*f)(void *data), void *data, size_t count, double *x, const double *v);
/* The derivatives of f by each of x, likewise. */
void differences(double (*f)(void *data), void *data, size_t count, double *x, double *slope);
/* Prints "ok": the output of a check that found nothing. */
void print_ok(const void *data);

#endif
