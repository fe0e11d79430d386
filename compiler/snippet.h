// snippet.h - the runtime's own text inside adc, for --standalone.
//
// In: the C that was emitted. Out: the runtime functions and types that it names and that these need, as static
// definitions in an order in which each stands before its use, and the headers they include. Nobody keeps a list of
// what is used: the C is scanned for the identifiers that the runtime defines.
#ifndef ADC_SNIPPET_H
#define ADC_SNIPPET_H

#include "util.h"

struct snippet {
    const char *names;    // what it defines, each with a space on either side: " adrt_mark "
    const char *includes; // "<math.h> <string.h>", or ""
    const char *text;
};
extern const struct snippet snippets[]; // generated from runtime/ by runtime/snippets.awk
extern const int n_snippets;

// Puts to `text` the snippets that the C text `c` needs but for those that `had` names or needs, in order, and a blank line after each; to `includes` one
// line `#include <x.h>` for each header they use, sorted, none twice, and none of those that are already in
// `includes` or `c` as such a line. Either may be empty.
void snippets_paste(const char *c, const char *had, Text *includes, Text *text);

#endif
