// output.h — files written all or not at all, and never over what adc did not write.
//
// In: paths and texts. Out: files, or a message. A text goes to a temporary file beside its place first; when all texts
// of the run are complete on disk, all are renamed:
//
//     Outputs *out = outputs_new(arena);
//     output_add(out, "f.ad.c", text, OUTPUT_OURS);        output_add(out, "f.ad.h", text2, OUTPUT_OURS);
//     const char *error = outputs_write(out);              // NULL, or why nothing was written
#ifndef ADC_OUTPUT_H
#define ADC_OUTPUT_H

#include "util.h"

typedef enum OutputKind {
    OUTPUT_OURS,                // bears adc's mark in its first line; a file there must be empty or bear it too
    OUTPUT_DEPS,                // prerequisites for make: a file there must be empty or begin with a rule
} OutputKind;

typedef struct Outputs Outputs;

Outputs *outputs_new(Arena *a);

// Notes that text (n bytes) is to go to path; "-" is standard output, where no mark is asked for.
void output_add(Outputs *out, const char *path, const char *text, size_t n, OutputKind kind);

// A file that is read and must not be written: outputs_write refuses to.
void output_protect(Outputs *out, const char *path);

// Writes everything, or nothing. NULL, or a message without "adc: error: ".
const char *outputs_write(Outputs *out);

// The rule for make: "target: prerequisites", with an empty rule for each but the first if `phony`. target as it is if
// `raw_target`, else the paths in outputs, quoted. (-MD)
char *deps_text(Arena *a, const char *raw_target, const char *const *outputs, int n_outputs,
                const char *const *paths, int n, bool phony);

#endif
