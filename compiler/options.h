// options.h — the command line.
//
// In: argv. Out: Options, or what is wrong with it:
//
//     adc -O1 -Wno-unused -o f.c f.ad   ->   {input "f.ad", output "f.c", header "f.h", level 1, warnings ...}
#ifndef ADC_OPTIONS_H
#define ADC_OPTIONS_H

#include "diag.h"

typedef enum Emit { EMIT_C, EMIT_AST, EMIT_IR, EMIT_DOT } Emit;

typedef enum Command { COMMAND_COMPILE, COMMAND_VERIFY, COMMAND_EVAL, COMMAND_REPORT } Command;

typedef struct Options {
    Command command;
    const char *input;              // "-": standard input
    const char *output;             // "-": standard output. Never NULL
    const char *header;             // NULL: none
    Emit emit;
    bool real_float, standalone, check;
    bool vector_math;               // --vector-math=libmvec
    int level;
    VEC(const char *) include_dirs;
    VEC(const char *) warnings;     // as diag_set_flag takes them
    ColorMode color;
    bool json;                      // --diagnostics=json
    const char *dump_after;         // or NULL
    const char *passes;             // or NULL; for tests
    bool verify;                    // look at the IR between all passes
    const char *deps;               // where -MD writes; NULL: nowhere
    const char *deps_target;        // -MT, or NULL
    bool deps_phony;                // -MP
    const char *expression;         // eval: what to evaluate
    VEC(const char *) inputs;       // verify: all files, `input` first
    const char *at;                 // verify: --at, or NULL
    const char *function;           // verify: --function, or NULL
    int runs;                       // verify: --runs; 0: as many as it finds right
    bool help, version;
} Options;

// Reads the command line. NULL, or a message for the user (exit status 2). With help or version set, nothing else
// counts.
const char *options_parse(Arena *a, int argc, char **argv, Options *o);

// What --help prints.
extern const char *const options_help;

#endif
