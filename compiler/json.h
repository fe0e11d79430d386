// json.h — JSON: reading it, and writing text as a string of it.
//
// In: text. Out: a tree of Json, or where it does not fit: `adc verify --at inputs.json`, and quotes for `--diagnostics=json`.
//
//     {"n": 2, "x": [1.5, -3]}   ->   OBJECT{ "n": NUMBER 2, "x": ARRAY{ NUMBER 1.5, NUMBER -3 } }
//
// Besides JSON's own, numbers may be NaN, Infinity and -Infinity, as many a tool writes them.
#ifndef ADC_JSON_H
#define ADC_JSON_H

#include "util.h"

typedef enum JsonKind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT } JsonKind;

typedef struct Json Json;
typedef struct JsonMember {
    const char *name;                       // of an object's member; NULL in an array
    const Json *value;
} JsonMember;

struct Json {
    JsonKind kind;
    bool truth;
    double number;
    const char *string;
    VEC(JsonMember) members;                // of an array or object, in order
    int line, column;
};

typedef struct JsonError {
    int line, column;                       // from 1; columns count characters
    const char *message;
} JsonError;

// Parses text of n bytes. NULL: *error says what is wrong and where.
Json *json_parse(Arena *a, const char *text, size_t n, JsonError *error);

// The member of that name of an object; the last of several. NULL: there is none.
const Json *json_member(const Json *object, const char *name);

// s in quotes, escaped. Bytes that are no UTF-8 become U+FFFD.
void json_put_string(Text *out, const char *s, size_t n);

#endif
