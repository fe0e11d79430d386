// lang_7_record_tape.c - what may be done with a tape, and what is refused.
#define _POSIX_C_SOURCE 200809L
#include "harness.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N = 3 };

// The reverse of `tape` against vjp where it was recorded.
static bool agrees(const adrt_tape *tape, const double *x, double limit)
{
    double bar[2][N] = {{1, 2, 3}, {1, 2, 3}}, limit_bar[2] = {4, 4}, seed = 0.7;
    path_vjp(N, x, limit, seed, bar[0], &limit_bar[0]);
    path_record_reverse(tape, seed, bar[1], &limit_bar[1]);
    for (int i = 0; i < N; i++)
        if (fabs(bar[0][i] - bar[1][i]) > 1e-13 * (1 + fabs(bar[0][i])))
            return false;
    return limit_bar[0] == limit_bar[1];
}

static adrt_tape *recorded(const double *x, double limit)
{
    adrt_tape *tape = adrt_tape_new();
    CHECK(tape != NULL);
    path_record_forward(N, x, limit, tape);
    return tape;
}

static size_t length(const adrt_tape *tape)
{
    size_t bytes = 99;
    (void)adrt_tape_data(tape, &bytes);
    return bytes;
}

RUN_CASE(lang_7_record_tape)
{
    static const double x[2][N] = {{0.5, -0.4, 0.3}, {0.2, 0.9, -0.1}};
    adrt_tape *a = recorded(x[0], 50), *b = recorded(x[1], 900);
    CHECK(agrees(a, x[0], 50) && agrees(b, x[1], 900) && agrees(a, x[0], 50) && agrees(b, x[1], 900));
    // A used tape, to a longer run and to a shorter one: nothing is left of the one before.
    size_t first = length(a);
    path_record_forward(N, x[1], 1e7, a);
    CHECK(length(a) > first && agrees(a, x[1], 1e7));
    path_record_forward(N, x[0], 50, a);
    CHECK(length(a) == first && agrees(a, x[0], 50));
    // The same run leaves the same bytes.
    adrt_tape *c = recorded(x[0], 50);
    size_t bytes;
    const void *data = adrt_tape_data(a, &bytes);
    CHECK(memcmp(data, adrt_tape_data(c, &bytes), bytes) == 0 && bytes == first);
    // A copy at another address, when the tape is gone, and a copy of a copy that was not aligned.
    char *copy = malloc(bytes + 1);
    memcpy(copy + 1, data, bytes);
    adrt_tape_free(a);
    adrt_tape_free(c);
    a = adrt_tape_from(copy + 1, bytes);
    memset(copy, 0xFF, bytes + 1);
    free(copy);
    CHECK(agrees(a, x[0], 50));
    // A tape made of bytes can be used again, and an empty one be copied.
    path_record_forward(N, x[1], 60, a);
    CHECK(agrees(a, x[1], 60));
    adrt_tape *empty = adrt_tape_new();
    data = adrt_tape_data(empty, &bytes);
    CHECK(data == NULL && bytes == 0);
    adrt_tape *also_empty = adrt_tape_from(data, bytes);
    CHECK(also_empty != NULL && length(also_empty) == 0);
    adrt_tape_free(empty);
    adrt_tape_free(also_empty);
    adrt_tape_free(a);
    adrt_tape_free(b);
}

// The tape grows by the same for each trip, and has little besides.
RUN_CASE(lang_7_record_bytes)
{
    size_t at[4];
    for (int k = 0; k < 4; k++) {
        adrt_tape *tape = adrt_tape_new();
        rounds_record_forward(1000 * k, 0.7, tape);
        at[k] = length(tape);
        adrt_tape_free(tape);
    }
    CHECK(at[0] < 500);
    CHECK(at[1] - at[0] <= 1000 * 2 * sizeof(double) && at[1] > at[0]);
    CHECK(at[2] - at[1] == at[3] - at[2] && at[3] - at[2] == at[1] - at[0]);
}

typedef struct Job {
    const adrt_tape *tape;
    const double *x;
    double limit;
    bool ok;
} Job;

static void *work(void *data)
{
    Job *job = data;
    job->ok = true;
    for (int i = 0; i < 200; i++)
        job->ok &= agrees(job->tape, job->x, job->limit);
#ifndef ADC_STANDALONE
    adrt_release();
#endif
    return NULL;
}

// Several threads reverse one tape, recorded by yet another.
RUN_CASE(lang_7_record_threads)
{
    static const double x[N] = {0.5, -0.4, 0.3};
    adrt_tape *tape = recorded(x, 500), *other = recorded(x, 5000);
    pthread_t threads[4];
    Job jobs[4] = {{tape, x, 500, false}, {tape, x, 500, false}, {tape, x, 500, false}, {other, x, 5000, false}};
    for (int i = 0; i < 4; i++)
        if (pthread_create(&threads[i], NULL, work, &jobs[i]) != 0)
            abort();
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        CHECK(jobs[i].ok);
    }
    adrt_tape_free(tape);
    adrt_tape_free(other);
}

// ---- what is refused: in a process of its own, whose message is read

static const double where[N] = {0.5, -0.4, 0.3};

typedef void Action(const adrt_tape *tape);

static void reverse(const adrt_tape *tape)
{
    double bar[N] = {0}, limit_bar = 0;
    path_record_reverse(tape, 1, bar, &limit_bar);
}

static void reverse_other(const adrt_tape *tape)
{
    double bar[N] = {0}, limit_bar = 0;
    other_record_reverse(tape, 1, bar, &limit_bar);
}

static void reverse_some(const adrt_tape *tape)
{
    double bar[N] = {0};
    path_some_reverse(tape, 1, bar);
}

static void forward(const adrt_tape *tape)
{
    path_record_forward(N, where, 50, (adrt_tape *)tape);
}

static void checking_refused(Action *act, const adrt_tape *tape, const char *message, int line)
{
    int end[2], status;
    char text[1000];
    size_t n = 0;
    if (pipe(end) != 0)
        abort();
    pid_t child = fork();
    if (child == 0) {
        dup2(end[1], 2);
        act(tape);
        _exit(0);
    }
    close(end[1]);
    for (ssize_t got; n < sizeof text - 1 && (got = read(end[0], text + n, sizeof text - 1 - n)) > 0;)
        n += (size_t)got;
    text[n] = '\0';
    close(end[0]);
    waitpid(child, &status, 0);
    checking("line %d: %s", line, text);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    CHECK(strstr(text, message) != NULL);
    checking(NULL);
}
#define REFUSED(act, tape, message) checking_refused(act, tape, message, __LINE__)

static void refused_bytes(const char *data, size_t bytes, const char *message)
{
    adrt_tape *tape = adrt_tape_from(data, bytes);
    REFUSED(reverse, tape, message);
    adrt_tape_free(tape);
}

RUN_CASE(lang_7_record_refused)
{
    adrt_tape *tape = recorded(where, 500), *empty = adrt_tape_new();
    REFUSED(reverse_other, tape,
            "lang_7_record_tape.ad:15: other_record cannot reverse this tape: it was recorded by another function");
    REFUSED(reverse_some, tape, "path_some cannot reverse this tape: it was recorded by another function");
    REFUSED(reverse, empty, "nothing is recorded on it");
    REFUSED(reverse, NULL, "it is NULL");
    REFUSED(forward, NULL, "the tape is NULL");
    size_t bytes;
    const char *data = adrt_tape_data(tape, &bytes);
    char *copy = malloc(bytes + 8);
    memcpy(copy, data, bytes);
    refused_bytes(copy, bytes - 1, "it is truncated");
    refused_bytes(copy, 100, "it is truncated");
    refused_bytes(copy, 5, "its bytes are no tape");
    refused_bytes(copy, bytes + 8, "it is longer than it was");
    refused_bytes("no tape", 8, "its bytes are no tape");
    for (size_t i = 0; i < 128; i++) {              // each byte of the head
        copy[i] = (char)(copy[i] ^ 1 << i % 8);
        refused_bytes(copy, bytes, i < 8 ? "its bytes are no tape" : "cannot reverse this tape: it");
        memcpy(copy, data, bytes);
    }
    adrt_tape *intact = adrt_tape_from(copy, bytes);
    CHECK(agrees(intact, where, 500));
    free(copy);
    adrt_tape_free(tape);
    adrt_tape_free(empty);
    adrt_tape_free(intact);
}

// A child writes a tape to a file, and its parent reverses it.
RUN_CASE(lang_7_record_file)
{
    FILE *f = tmpfile();
    if (f == NULL)
        abort();
    pid_t child = fork();
    if (child == 0) {
        adrt_tape *tape = recorded(where, 500);
        size_t bytes;
        const void *data = adrt_tape_data(tape, &bytes);
        bool ok = fwrite(data, 1, bytes, f) == bytes && fflush(f) == 0;
        adrt_tape_free(tape);
        _exit(!ok);
    }
    int status;
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    static char data[100000];
    rewind(f);
    size_t bytes = fread(data, 1, sizeof data, f);
    fclose(f);
    adrt_tape *tape = adrt_tape_from(data, bytes);
    CHECK(agrees(tape, where, 500));
    adrt_tape_free(tape);
}

#ifndef ADC_STANDALONE
#include "adrt.h"
#include <setjmp.h>

static jmp_buf back;
static struct adrt_error seen;

static void handler(const struct adrt_error *e)
{
    seen = *e;
    longjmp(back, 1);
}

// The handler is told, and what it leaves behind can be used again.
RUN_CASE(lang_7_record_handler)
{
    static const double still[1] = {0};
    adrt_tape *tape = recorded(where, 500);
    adrt_set_error_handler(handler);
    if (setjmp(back) == 0) {
        reverse_other(tape);
        CHECK(false);
    }
    CHECK(seen.kind == ADRT_TAPE && seen.line == 15 && seen.a == (long long)length(tape));
    CHECK(agrees(tape, where, 500));
    if (setjmp(back) == 0) {                        // the assert: what was on the tape is gone
        path_record_forward(1, still, 1e9, tape);
        CHECK(false);
    }
    CHECK(seen.kind == ADRT_ASSERT && length(tape) == 0);
    adrt_release();
    path_record_forward(N, where, 60, tape);
    CHECK(agrees(tape, where, 60));
    adrt_set_error_handler(NULL);
    adrt_tape_free(tape);
}
#else
RUN_CASE(lang_7_record_handler)
{
}
#endif
