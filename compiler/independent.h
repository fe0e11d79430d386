// independent.h — what the user promises of a loop, as far as it shows.
#ifndef ADC_INDEPENDENT_H
#define ADC_INDEPENDENT_H

#include "derive.h"

// Reports loops marked @independent or @parallel in which an iteration reads what another writes, and parallel ones that do not count. Loops that
// count must have been found. False if there were any.
bool independent_check(Module *m, DeriveReport *report, void *user);

#endif
