// diag.h — what the user is told: errors, warnings and notes with a place, sorted, with carets and fixes.
//
// In: locations and printf-like messages, in any order. Out: text such as
//
//     a.ad:3:14: error: unknown variable 'lenght'; did you mean 'length'?
//         3 |     return 2 * lenght;
//           |                ^~~~~~
//           |                length
//     a.ad:1:20: note: 'length' is declared here
//
// Messages are collected and printed once, by diag_print, sorted by position, so that passes may report in the order
// that suits them. A note or a fix belongs to the error or warning reported last. After DIAG_MAX_ERRORS errors no
// further ones are kept, nor after DIAG_MAX_WARNINGS warnings; longer messages than DIAG_MAX_TEXT bytes are cut. The same list is printed for people or, by diag_json.c, for programs.
#ifndef ADC_DIAG_H
#define ADC_DIAG_H

#include "source.h"

enum { DIAG_MAX_ERRORS = 20, DIAG_MAX_WARNINGS = 100, DIAG_MAX_TEXT = 1000 };

typedef enum Severity { SEV_ERROR, SEV_WARNING, SEV_NOTE } Severity;

// The warnings that -W<name> and -Wno-<name> know. One row per flag in diag.c's table; all are on unless the table
// says otherwise.
typedef enum WarnFlag {
    W_INT_DIVISION,             // -Wint-division: an int quotient converted to real
    W_LOST_DEPENDENCE,          // -Wlost-dependence: a derive of which no input reaches any output
    W_CUSTOM,                   // -Wcustom: a custom rule for one mode only
    W_UNUSED,                   // -Wunused: a local, parameter or static function that nothing uses
    W_SHADOW,                   // -Wshadow: a local that hides another (off by default)
    W_PARENTHESES,              // -Wparentheses: a & b == c and the like
    W_OTHER,                    // warnings without a name of their own; only -w silences them
    N_WARN_FLAGS
} WarnFlag;

typedef struct DiagNote {       // a note, or with is_fix the text that should stand at loc
    Loc loc;
    bool is_fix;
    const char *text;
} DiagNote;

typedef struct DiagItem {
    Severity severity;          // SEV_ERROR or SEV_WARNING
    WarnFlag flag;              // for a warning
    Loc loc;
    const char *text;
    const char *plain, *option; // text without its "[-Wname]" at the end, and that, or NULL
    VEC(DiagNote) notes;
    int order;                  // reported as the order-th, which breaks ties in sorting
} DiagItem;

extern const char *const severity_names[];  // "error", "warning", "note"

typedef enum ColorMode { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER } ColorMode;

typedef struct Diags Diags;

// A new, empty collection. It lives in the arena.
Diags *diags_new(Arena *a);

// Reports. The message is one phrase without a final stop and without a newline. loc may have a NULL file.
void diag_error(Diags *d, Loc loc, const char *format, ...) PRINTF_LIKE(3, 4);
void diag_warning(Diags *d, Loc loc, WarnFlag flag, const char *format, ...) PRINTF_LIKE(4, 5);

// Adds to the error or warning reported last (and goes unseen if that one was dropped): a note, or a fix:
// "replacement" stands where loc is (an empty loc: is inserted there; an empty replacement: what is at loc is removed).
void diag_note(Diags *d, Loc loc, const char *format, ...) PRINTF_LIKE(3, 4);
void diag_fixit(Diags *d, Loc loc, const char *replacement);

// How many errors were reported, also those beyond the limit. With -Werror, warnings count.
int diag_errors(const Diags *d);
int diag_warnings(const Diags *d);

// True once DIAG_MAX_ERRORS errors are in: a pass may stop early.
bool diag_full(const Diags *d);

// The collected items, sorted by file and position; *n gets their number. For printers and tests.
DiagItem **diag_items(Diags *d, int *n);

// Takes one command-line flag without its leading "-W" ("error", "no-int-division", "all"), or "-w". False if there is
// no such flag.
bool diag_set_flag(Diags *d, const char *flag);

// The name of a warning flag, as in -W<name>; NULL for W_OTHER.
const char *warn_flag_name(WarnFlag flag);

// Prints all, sorted, and forgets them (the counts stay). COLOR_AUTO looks at whether `to` is a terminal and at
// NO_COLOR.
void diag_print(Diags *d, FILE *to, ColorMode color);

// Prints all, sorted, each as a JSON object on a line of its own, and forgets them; and one error without a place. (diag_json.c)
void diag_print_json(Diags *d, FILE *to);
void diag_print_one_json(Arena *a, FILE *to, const char *message);

// For printers: forgets the items. What is to be said besides them, now for the first time; NULL: nothing more.
void diag_forget(Diags *d);
const char *diag_rest(Diags *d);

// The same without colour, as text in the arena. For tests.
const char *diag_text(Diags *d, Arena *a);

// The candidate that is spelt most like `name` and near enough to be meant, or NULL. Distance is Damerau-Levenshtein
// (a swap of two neighbours counts once), at most a third of the length. Ties go to the earlier candidate.
const char *nearest(const char *name, const char *const *candidates, int n);

#endif
