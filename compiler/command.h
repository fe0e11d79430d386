// command.h — the commands besides compiling: `adc verify`, `adc eval`, `adc report`.
#ifndef ADC_COMMAND_H
#define ADC_COMMAND_H

#include "job.h"

// Runs the command of job->o, with all its output. Gives the exit status.
int command_run(Job *job);

#endif
