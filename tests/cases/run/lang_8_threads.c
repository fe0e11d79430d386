// lang_8_threads.c - the checks of lang_8_threads.ad.
#include "harness.h"

#include <pthread.h>

enum { LARGEST = 40 };

typedef struct Job {
    int n;
    bool ok;
} Job;

static void *work(void *argument)
{
    Job *job = argument;
    double x[LARGEST], first[LARGEST], g[LARGEST];
    for (int i = 0; i < job->n; i++)
        x[i] = 0.1 * i + 0.2;
    double value = f_grad(job->n, 20, x, first);
    job->ok = true;
    for (int i = 0; i < 50; i++)
        job->ok = f_grad(job->n, 20, x, g) == value && memcmp(g, first, (size_t)job->n * sizeof *g) == 0 && job->ok;
#ifndef ADC_STANDALONE
    adrt_release();
#endif
    return NULL;
}

RUN_CASE(lang_8_threads)
{
    pthread_t threads[4];
    Job jobs[4] = {{3, false}, {LARGEST, false}, {1, false}, {17, false}};
    for (int i = 0; i < 4; i++)
        if (pthread_create(&threads[i], NULL, work, &jobs[i]) != 0)
            abort();
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        CHECK(jobs[i].ok);
    }
}
