// job.h — one run of adc: what its steps share, and the steps up to the IR. For main.c and command.c.
//
// In: Options. Out: a file's tree and IR:
//
//     Job job = {.arena = .., .diags = .., .outputs = ..};  options_parse(.., &job.o);
//     job_read(&job);  job_passes(&job);           // job.ir is ready to be printed or run
#ifndef ADC_JOB_H
#define ADC_JOB_H

#include "ast_ir.h"
#include "options.h"
#include "output.h"

enum { EXIT_OK = 0, EXIT_ERRORS = 1, EXIT_USAGE = 2, EXIT_FILE = 3, EXIT_BUG = 4 };

typedef struct Job {
    Arena *arena;
    Options o;
    Diags *diags;
    AstModule *tree;                        // NULL for an .ir file
    Program *program;                       // likewise
    Module *ir;
    Outputs *outputs;
} Job;

// Prints an error without a place; gives the status.
int job_complain(const Job *job, int status, const char *message);
void job_print_diags(const Job *job);       // all that was reported, as --diagnostics says
int job_bug(const char *message);           // one in adc: EXIT_BUG

Loc job_span(const Job *job, IrLoc at);     // a place of the IR in the source; no place, if it is in none
Loc job_span_in(Source *s, int line, int column);
bool job_is_ir(const Job *job);             // does the input's name say that it is IR?
// Reads the input, checks and lowers it. With --emit=ast only the tree is made. Gives an exit status; errors are in job->diags, or printed.
int job_read(Job *job);
// The same file once more, with a tree, IR and diags of its own, and with what `text` declares at its end, which goes by `name` in messages (NULL:
// nothing). The file is not looked at again, but what it imports is. Errors are not printed; without a text there is none but EXIT_FILE,
// where an import cannot be read any more.
int job_read_again(Job *again, const Job *job, const char *name, const char *text);
// All passes. Gives an exit status.
int job_passes(Job *job);
int job_status(const Job *job);             // by the errors so far

#endif
