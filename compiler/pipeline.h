// pipeline.h — the passes between lowering and emission, by name and in order.
//
// In: a module fresh from lower.c, or from an .ir file. Out: the same module ready for emit_c.c, or what is wrong.
// Between any two passes the verifier looks at everything (`verify`), so that a bug is found where it was made.
//
//     lower -> [ counted -> simplify -> dce -> derive -> ... -> place ] -> emit
#ifndef ADC_PIPELINE_H
#define ADC_PIPELINE_H

#include "derive.h"

typedef struct PipelineOptions {
    int level;                  // -O0, -O1, -O2
    const char *passes;         // "a,b,c": these alone, in this order; NULL: all of the level
    const char *dump_after;     // the IR goes to `dump` after each pass of that name ("all", "lower": before the first)
    FILE *dump;
    bool verify;
    DeriveReport *report;       // where derive's errors and warnings go
    void *user;
} PipelineOptions;

typedef enum PipelineStatus {
    PIPELINE_OK,
    PIPELINE_ERRORS,            // the user's, reported
    PIPELINE_BUG,               // *message names the pass after which the IR was broken, and how
} PipelineStatus;

// Whether all names in "a,b,c" are passes; else *unknown is the first that is not.
bool pipeline_knows(Arena *a, const char *passes, const char **unknown);

// The names of all passes, for messages; *n gets how many.
const char *const *pipeline_names(Arena *a, int *n);

// Runs the passes. The names in the options are known.
PipelineStatus pipeline_run(Arena *a, Module *m, const PipelineOptions *o, const char **message);

#endif
