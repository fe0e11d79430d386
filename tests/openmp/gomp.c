// gomp.c — as much of OpenMP as gcc's code for `parallel for` asks for, on POSIX threads that a sanitizer can follow.
//
// In: GOMP_parallel, which gcc calls with the body of the loop. Out: that body run by THREADS threads, each of which asks for its number and takes its
// share of the trips. libgomp itself hides from -fsanitize=thread how its threads wait for one another.
#include <pthread.h>
#include <stdlib.h>

enum { THREADS = 4 };

typedef struct Part {
    void (*body)(void *);
    void *data;
    int number;
} Part;

static _Thread_local int number, threads = 1;

int omp_get_thread_num(void);
int omp_get_num_threads(void);
void GOMP_parallel(void (*body)(void *), void *data, unsigned wanted, unsigned flags);

int omp_get_thread_num(void)
{
    return number;
}

int omp_get_num_threads(void)
{
    return threads;
}

static void *run(void *p)
{
    const Part *part = p;
    number = part->number;
    threads = THREADS;
    part->body(part->data);
    return NULL;
}

void GOMP_parallel(void (*body)(void *), void *data, unsigned wanted, unsigned flags)
{
    pthread_t all[THREADS];
    Part parts[THREADS];
    (void)wanted, (void)flags;
    if (threads > 1) {                                          // a loop in a loop: by the thread that it is in
        int outer = number;
        threads = 1;
        number = 0;
        body(data);
        threads = THREADS;
        number = outer;
        return;
    }
    for (int i = 0; i < THREADS; i++) {
        parts[i] = (Part){body, data, i};
        if (pthread_create(&all[i], NULL, run, &parts[i]))
            abort();
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(all[i], NULL);
}
