/* protocol.c - see protocol.h. */
#include "protocol.h"

#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void fail(const char *what, const char *name)
{
    fprintf(stderr, "%s: %s\n", name, what);
    exit(1);
}

void *protocol_new(size_t count, size_t size)
{
    size_t bytes = (count * size + 64) & ~(size_t)63; /* never 0 */
    void *p = aligned_alloc(64, bytes);
    if (p == NULL)
        fail("no memory for it", "an array");
    return memset(p, 0, bytes);
}

/* --- the input ----------------------------------------------------------------------------------------------- */

const json_t *get(const json_t *object, const char *name)
{
    const json_t *member = json_object_get(object, name);
    if (member == NULL)
        fail("not in the input", name);
    return member;
}

int get_int(const json_t *object, const char *name)
{
    return (int)json_number_value(get(object, name));
}

double get_real(const json_t *object, const char *name)
{
    return json_number_value(get(object, name));
}

static size_t count_numbers(const json_t *v)
{
    if (!json_is_array(v))
        return 1;
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(v); i++)
        count += count_numbers(json_array_get(v, i));
    return count;
}

/* Writes the numbers of v to `to` and gives the place behind them. */
static double *flatten(const json_t *v, double *to)
{
    if (!json_is_array(v)) {
        *to = json_number_value(v);
        return to + 1;
    }
    for (size_t i = 0; i < json_array_size(v); i++)
        to = flatten(json_array_get(v, i), to);
    return to;
}

double *get_reals(const json_t *object, const char *name, size_t *count)
{
    const json_t *member = get(object, name);
    size_t n = count_numbers(member);
    double *v = protocol_new(n, sizeof *v);
    flatten(member, v);
    if (count != NULL)
        *count = n;
    return v;
}

int *get_ints(const json_t *object, const char *name, size_t *count)
{
    size_t n = 0;
    double *v = get_reals(object, name, &n);
    int *ints = protocol_new(n, sizeof *ints);
    for (size_t i = 0; i < n; i++)
        ints[i] = (int)v[i];
    free(v);
    if (count != NULL)
        *count = n;
    return ints;
}

/* --- the output ---------------------------------------------------------------------------------------------- */

void print_reals(size_t count, const double *v)
{
    putchar('[');
    for (size_t i = 0; i < count; i++)
        printf("%s%.17g", i > 0 ? ", " : "", v[i]);
    putchar(']');
}

void print_rows(size_t rows, size_t columns, const double *v)
{
    putchar('[');
    for (size_t i = 0; i < rows; i++) {
        if (i > 0)
            printf(", ");
        print_reals(columns, v + i * columns);
    }
    putchar(']');
}

void print_ok(const void *data)
{
    (void)data;
    printf("\"ok\"");
}

/* --- time and memory ----------------------------------------------------------------------------------------- */

static long long now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* A line of /proc/self/status in bytes, or 0 where there is no such file. */
static long long memory_now(const char *line)
{
    FILE *f = fopen("/proc/self/status", "r");
    char text[256];
    long long kilobytes = 0;
    while (f != NULL && fgets(text, sizeof text, f) != NULL)
        if (strncmp(text, line, strlen(line)) == 0)
            kilobytes = atoll(text + strlen(line));
    if (f != NULL)
        fclose(f);
    return 1024 * kilobytes;
}

/* Lets the process's highest memory start again from what it has now. */
static void forget_peak(void)
{
    malloc_trim(0);
    FILE *f = fopen("/proc/self/clear_refs", "w");
    if (f != NULL) {
        fputs("5", f);
        fclose(f);
    }
}

static size_t allocated(void)
{
    struct mallinfo2 m = mallinfo2();
    return m.uordblks + m.hblkhd;
}

static void report_memory(const Function *f, void *data)
{
    forget_peak();
    size_t before = allocated();
    long long resident = memory_now("VmRSS:");
    f->compute(data);
    fprintf(stderr, "{\"allocated\": %zu, \"peak\": %lld}\n", allocated() - before, memory_now("VmHWM:") - resident);
}

static void run(const Function *f, void *data, int runs, double seconds)
{
    size_t count = 0, room = 1024;
    long long *times = protocol_new(room, sizeof *times), total = 0;
    while (count < (size_t)runs || (double)total < 1e9 * seconds) {
        long long start = now();
        f->compute(data);
        long long taken = now() - start;
        if (count == room) {
            long long *more = protocol_new(2 * room, sizeof *more);
            memcpy(more, times, room * sizeof *times);
            free(times);
            times = more;
            room *= 2;
        }
        times[count++] = taken;
        total += taken > 0 ? taken : 1;
    }
    f->print(data);
    putchar('\n');
    for (size_t i = 0; i < count; i++)
        printf("{\"name\": \"evaluate\", \"nanoseconds\": %lld}\n", times[i]);
    free(times);
}

int protocol_main(int argc, char **argv, void *(*read)(const json_t *input), const Function *functions)
{
    if (argc != 3) {
        fprintf(stderr, "Usage: %s FILE FUNCTION\n", argv[0]);
        return 1;
    }
    const Function *f = functions;
    while (f->name != NULL && strcmp(f->name, argv[2]) != 0)
        f++;
    if (f->name == NULL)
        fail("no such function", argv[2]);

    json_error_t error;
    json_t *input = json_load_file(argv[1], JSON_DECODE_ANY, &error);
    if (input == NULL)
        fail(error.text, argv[1]);
    json_t *least = json_object_get(input, "min_runs"), *longest = json_object_get(input, "min_seconds");
    int runs = !f->once && json_is_number(least) ? (int)json_number_value(least) : 1;
    double seconds = !f->once && json_is_number(longest) ? json_number_value(longest) : 0.0;
    void *data = read(input);
    json_decref(input);

    if (getenv("MEMORY") != NULL)
        report_memory(f, data);
    run(f, data, runs > 0 ? runs : 1, seconds);
    return 0;
}

/* --- checks -------------------------------------------------------------------------------------------------- */

void check_close(const char *what, size_t count, const double *got, const double *want, double tolerance)
{
    for (size_t i = 0; i < count; i++) {
        if (fabs(got[i] - want[i]) <= tolerance * (1.0 + fabs(want[i])))
            continue; /* a NaN does not get here */
        fprintf(stderr, "%s: element %zu is %.17g, not %.17g\n", what, i, got[i], want[i]);
        exit(1);
    }
}

double difference(double (*f)(void *data), void *data, size_t count, double *x, const double *v)
{
    static const double place[] = {-2.0, -1.0, 1.0, 2.0}, weight[] = {1.0, -8.0, 8.0, -1.0};
    const double h = 1e-3;
    double *x0 = protocol_new(count, sizeof *x0), sum = 0.0;
    memcpy(x0, x, count * sizeof *x);
    for (int k = 0; k < 4; k++) {
        for (size_t i = 0; i < count; i++)
            x[i] = x0[i] + place[k] * h * v[i];
        sum += weight[k] * f(data);
    }
    memcpy(x, x0, count * sizeof *x);
    free(x0);
    return sum / (12.0 * h);
}

void differences(double (*f)(void *data), void *data, size_t count, double *x, double *slope)
{
    double *unit = protocol_new(count, sizeof *unit);
    for (size_t i = 0; i < count; i++) {
        unit[i] = 1.0;
        slope[i] = difference(f, data, count, x, unit);
        unit[i] = 0.0;
    }
    free(unit);
}
