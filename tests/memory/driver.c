// driver.c — every block that generated code asks for fails once. See run.sh.
//
// For each function: its n-th allocation fails, for n = 1, 2, .. until it no longer has so many. Each time the handler has to be told of ADRT_MEMORY, or
// the function has to give what it gave before, bit for bit (the runtime may ask again, for less); and then adrt_release gives everything back.
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "adrt.h"
#include "kept.ad.h"

void fail_at(long n);
int has_failed(void);
long blocks_in_use(void);

enum { N = 20, K = 30 };

static jmp_buf out;
static enum adrt_kind told;

static void handler(const struct adrt_error *e)
{
    told = e->kind;
    longjmp(out, 1);
}

static double x[N], bars[4 * N];

// Each writes what it gives to bars; false: there was no memory for a tape.
static bool gradient(void)
{
    bars[N] = decay_grad(N, x, K, bars);
    return true;
}

static bool product(void)
{
    double v[N], result_dot;
    for (int i = 0; i < N; i++)
        v[i] = 1.0 / (i + 1);
    bars[2 * N] = decay_hvp(N, x, K, bars, v, bars + N, &result_dot);
    return true;
}

static bool recursion(void)
{
    bars[1] = fall_grad(500, 0.7, bars);
    return true;
}

static adrt_tape *tape, *copy;                                  // outside of what longjmp leaves

static bool record(void)
{
    tape = adrt_tape_new();
    if (!tape)
        return false;
    bars[N] = decay_record_forward(N, x, K, tape);
    decay_record_reverse(tape, 1.0, bars);
    size_t bytes;
    const void *data = adrt_tape_data(tape, &bytes);
    copy = adrt_tape_from(data, bytes);
    if (!copy)
        return false;
    decay_record_reverse(copy, 2.0, bars);
    return true;
}

typedef bool Function(void);

// 0: it ran to its end; 1: it was told that there is no memory; 2: it stopped for another reason.
static int run(Function *f)
{
    memset(bars, 0, sizeof bars);
    tape = copy = NULL;
    if (setjmp(out))
        return told == ADRT_MEMORY ? 1 : 2;
    return f() ? 0 : 1;
}

static void give_back(void)
{
    adrt_tape_free(tape);
    adrt_tape_free(copy);
    tape = copy = NULL;
    adrt_release();
}

static int check(const char *name, Function *f)
{
    double want[4 * N];
    int failures = 0, n = 0, times_told = 0;
    run(f);
    memcpy(want, bars, sizeof want);
    give_back();
    long before = blocks_in_use();
    for (bool failed = true; failed; n++) {
        fail_at(n + 1);
        int how = run(f);
        failed = has_failed();
        fail_at(0);
        times_told += how == 1;
        failures += how == 2 || (how == 1 && !failed) || (how == 0 && memcmp(want, bars, sizeof want) != 0);
        give_back();
        failures += blocks_in_use() != before;
    }
    failures += run(f) != 0 || memcmp(want, bars, sizeof want) != 0;
    give_back();
    printf("%s: %d allocations failed, %d times told, %d mistakes\n", name, n - 1, times_told, failures);
    return failures + !times_told;
}

int main(void)
{
    static const struct { const char *name; Function *f; } all[] = {
        {"gradient", gradient}, {"product", product}, {"recursion", recursion}, {"record", record},
    };
    int failures = 0;
    setvbuf(stdout, NULL, _IONBF, 0);
    adrt_set_error_handler(handler);
    for (int i = 0; i < N; i++)
        x[i] = 0.5 + 0.01 * i;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        failures += check(all[i].name, all[i].f);
    return failures > 0;
}
