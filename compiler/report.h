// report.h — `adc report`: what the reverse sweep of each derivative keeps, and why.
//
// In: a file's IR before its derivatives are made, and its sources. Out: one page of HTML that needs no other file: per derivative what is kept, how large
// that is and which line asks for it, and the source with marks beside its lines.
#ifndef ADC_REPORT_H
#define ADC_REPORT_H

#include "derive.h"

typedef struct ReportSource {
    const char *path, *text;
    size_t size;
} ReportSource;

// m is fresh from lowering, and is derived here as at that -O level. title: the file's name. False: the derivatives cannot be made, which was not so before.
bool report_html(Arena *a, Module *m, const char *title, int level, const ReportSource *sources, int n_sources, Text *out);

#endif
