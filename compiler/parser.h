// parser.h — what scanner, grammar and advice share about the file being parsed. Not for other passes: they include
// ast.h.
//
// In: a Source. Out: TopDecls in `decls`. The way of a token:
//
//     scan.l: ad_scan_lex  ->  parser.c: ad_lex (history, recovery)  ->  parse.y: ad_parse  ->  advice.c where it does not fit
#ifndef ADC_PARSER_H
#define ADC_PARSER_H

#include "ast.h"

// A token that went by.
typedef struct SeenToken {
    int kind;                       // bison's number; 0 before the first
    Loc loc;
    const char *name;               // of an identifier, else NULL
} SeenToken;

enum { MAX_OPEN = 4096 };           // open brackets that are remembered, for messages; deeper ones are only counted

typedef struct Parser {
    AstBuilder b;
    Source *source;
    void *scanner, *buffer;         // flex's yyscan_t and YY_BUFFER_STATE
    Loc at;                         // see ParseOptions
    uint32_t offset;                // scanner: bytes consumed
    bool at_end;                    // scanner: stop here, whatever follows
    uint32_t stray_end;             // scanner: where the last character without meaning ended
    SeenToken token, before;        // the token handed out last, and the one before it
    SeenToken first;                // the first token of the statement or declaration we are in
    bool fresh;                     // the next token begins a statement
    int braces;                     // open { up to and with `token`
    int braces_before;              // the same before `token`
    bool recovering;                // since an error: groups { } deeper than recover_to are handed out as one GROUP token
    int recover_to;
    bool closes_nothing;            // `token` is a closing bracket without an opening one
    int n_open;                     // open brackets of all kinds
    Loc open[MAX_OPEN];
    VEC(TopDecl *) decls;
} Parser;

union AD_STYPE;                     // what bison keeps of a token: a name, a number

// scan.l: the next token's kind, 0 at the end. A mistake in it has been reported if it is bison's error token.
int scan_token(Parser *p, union AD_STYPE *value, Loc *loc);

// scan.l: makes the scanner read the parser's source in place; end_scan puts back the byte that flex holds and frees
// the scanner.
void scan_begin(Parser *p);
void scan_end(Parser *p);

// Notes that an error was reported at the current token and recovery begins there; and that it has found its footing.
void parser_recover(Parser *p);
void parser_recovered(Parser *p);

// advice.c: reports a syntax error at p->token, which is spelt `found` in messages; expected are the texts of the
// tokens that would fit.
void report_syntax_error(Parser *p, const char *found, const char *const *expected, int n_expected);

#endif
