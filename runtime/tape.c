/* tape.c - what `record` keeps between its forward and its reverse: one block of bytes that may be copied, or written
 * to a file and read by another process.
 *
 * In: the growable tapes (section 4 of adrt.h) that a forward half has filled. Out: the same in one block, where a
 * reverse half finds them again, or the error handler. The idea: nothing in the block says where it is, and its head
 * says all that must be the same for its bytes to mean the same:
 *
 *     head: magic, version, byte order, sizes of types, which function, lengths, checksum of the head      128 bytes
 *     reals | ints | bools | positions | bits                                  each from a multiple of 64 bytes on */
#include "adrt.h"

#include <stdio.h>
#include <stdlib.h>

/* Exported by the library; `adc --standalone` writes static, and for the user's functions static inline in the header,
 * in its place. */
#define ADRT_API
#define ADRT_USER_API

/* adrt:begin adrt_tape uses <stddef.h> */
typedef struct adrt_tape adrt_tape;
struct adrt_tape {
    void *at;     /* the block, or NULL */
    size_t bytes; /* of the block; 0: nothing is recorded */
    size_t room;
};
/* adrt:end */

/* --- for the user: no error handler here, so that the header of --standalone can have them --------- */

/* adrt:begin adrt_tape_new uses <stdlib.h> */
ADRT_USER_API adrt_tape *adrt_tape_new(void)
{
    return (adrt_tape *)calloc(1, sizeof(adrt_tape));
}
/* adrt:end */

/* adrt:begin adrt_tape_free uses <stdlib.h> */
ADRT_USER_API void adrt_tape_free(adrt_tape *t)
{
    if (t != NULL)
        free(t->at);
    free(t);
}
/* adrt:end */

/* adrt:begin adrt_tape_data uses <stddef.h> */
ADRT_USER_API const void *adrt_tape_data(const adrt_tape *t, size_t *bytes)
{
    *bytes = t->bytes;
    return t->at;
}
/* adrt:end */

/* adrt:begin adrt_tape_from uses <stddef.h> <stdlib.h> <string.h> */
ADRT_USER_API adrt_tape *adrt_tape_from(const void *data, size_t bytes)
{
    adrt_tape *t = adrt_tape_new();
    if (t == NULL || bytes == 0)
        return t;
    t->at = malloc(bytes);
    if (t->at == NULL) {
        free(t);
        return NULL;
    }
    memcpy(t->at, data, bytes);
    t->bytes = t->room = bytes;
    return t;
}
/* adrt:end */

/* --- for generated C --------------------------------------------------------------------------- */

/* adrt:begin adrt_head ADRT_VERSION ADRT_ORDER uses <stdint.h> */
enum { ADRT_VERSION = 1, ADRT_ORDER = 0x01020304 };
struct adrt_head {
    char magic[8]; /* "adrtape" */
    uint32_t version, order;
    unsigned char sizes[8]; /* of a real, int, bool and position */
    uint64_t id;            /* of the function, as it was compiled */
    uint64_t bytes;         /* of the block */
    int64_t n[ADRT_PARTS];  /* elements */
    char name[40];          /* of the function, cut short */
    uint64_t sum;           /* checksum of all this */
};
/* adrt:end */

/* What must stand there before it is filled in: the magic, the version and what is known of the types. */
/* adrt:begin adrt_head_of uses <stdbool.h> <stddef.h> <string.h> */
static struct adrt_head adrt_head_of(const char *name, uint64_t id, size_t real)
{
    struct adrt_head h;
    memset(&h, 0, sizeof h);
    memcpy(h.magic, "adrtape", sizeof h.magic);
    h.version = ADRT_VERSION;
    h.order = ADRT_ORDER;
    h.sizes[0] = (unsigned char)real;
    h.sizes[1] = sizeof(int);
    h.sizes[2] = sizeof(bool);
    h.sizes[3] = sizeof(ptrdiff_t);
    h.id = id;
    for (size_t i = 0; i + 1 < sizeof h.name && name[i] != '\0'; i++)
        h.name[i] = name[i];
    return h;
}
/* adrt:end */

/* FNV-1a of all of the head but the checksum. */
/* adrt:begin adrt_head_sum uses <stddef.h> <stdint.h> */
static uint64_t adrt_head_sum(const struct adrt_head *h)
{
    const unsigned char *byte = (const unsigned char *)h;
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < offsetof(struct adrt_head, sum); i++)
        sum = (sum ^ byte[i]) * UINT64_C(0x100000001b3);
    return sum;
}
/* adrt:end */

/* The bytes of part k, and where it begins: at the end of the one before it, rounded up. k == ADRT_PARTS: the end of
 * the block. */
/* adrt:begin adrt_part_bytes uses <stddef.h> */
static size_t adrt_part_bytes(const struct adrt_head *h, int k)
{
    size_t n = (size_t)h->n[k];
    return k != ADRT_BITS ? n * h->sizes[k] : (n + 7) / 8;
}
/* adrt:end */
/* adrt:begin adrt_part_at uses <stddef.h> */
static size_t adrt_part_at(const struct adrt_head *h, int k)
{
    size_t at = sizeof *h;
    for (int i = 0; i < k; i++)
        at += (adrt_part_bytes(h, i) + 63) & ~(size_t)63;
    return at;
}
/* adrt:end */

/* adrt:begin adrt_tape_clear */
ADRT_API void adrt_tape_clear(adrt_tape *t)
{
    if (t == NULL)
        adrt_fail(ADRT_TAPE, "", 0, "the tape is NULL", 0, 0, 0);
    t->bytes = 0;
}
/* adrt:end */

/* adrt:begin adrt_tape_pack uses <stdlib.h> <string.h> */
ADRT_API void adrt_tape_pack(adrt_tape *t, const char *name, uint64_t id, size_t real, const struct adrt_part *part)
{
    struct adrt_head h = adrt_head_of(name, id, real);
    for (int k = 0; k < ADRT_PARTS; k++)
        h.n[k] = part[k].n;
    size_t bytes = adrt_part_at(&h, ADRT_PARTS);
    h.bytes = bytes;
    h.sum = adrt_head_sum(&h);
    if (bytes > t->room) {
        free(t->at);
        t->at = malloc(bytes);
        t->room = t->at != NULL ? bytes : 0;
        if (t->at == NULL)
            adrt_fail(ADRT_MEMORY, "", 0, "tape", (long long)bytes, 0, 0);
    }
    char *block = t->at;
    memcpy(block, &h, sizeof h);
    for (int k = 0; k < ADRT_PARTS; k++) {
        size_t at = adrt_part_at(&h, k), n = adrt_part_bytes(&h, k), end = adrt_part_at(&h, k + 1);
        if (n > 0)
            memcpy(block + at, part[k].at, n);
        memset(block + at + n, 0, end - at - n);
    }
    t->bytes = bytes;
}
/* adrt:end */

/* Why the bytes of t cannot be reversed by the function that expects a head like `want`; NULL if they can. *h: the
 * head they have. */
/* adrt:begin adrt_tape_trouble uses <stddef.h> <string.h> */
static const char *adrt_tape_trouble(const adrt_tape *t, const struct adrt_head *want, struct adrt_head *h)
{
    if (t == NULL)
        return "it is NULL";
    if (t->bytes == 0)
        return "nothing is recorded on it";
    memset(h, 0, sizeof *h);
    memcpy(h, t->at, t->bytes < sizeof *h ? t->bytes : sizeof *h);
    if (memcmp(h->magic, want->magic, sizeof h->magic) != 0)
        return "its bytes are no tape";
    if (t->bytes < sizeof *h)
        return "it is truncated";
    if (h->order != want->order)
        return "it was recorded on a machine of another byte order";
    if (h->version != want->version)
        return "it was recorded with another version of the runtime";
    if (h->sum != adrt_head_sum(h))
        return "its head is damaged";
    if (h->bytes != t->bytes)
        return h->bytes > t->bytes ? "it is truncated" : "it is longer than it was";
    if (memcmp(h->sizes, want->sizes, sizeof h->sizes) != 0)
        return "it was recorded with types of another size";
    if (memcmp(h->name, want->name, sizeof h->name) != 0)
        return "it was recorded by another function";
    if (h->id != want->id)
        return "it was recorded by another build of the function";
    return NULL;
}
/* adrt:end */

/* adrt:begin adrt_tape_open uses <stdio.h> */
ADRT_API void adrt_tape_open(const adrt_tape *t, const char *name, uint64_t id, size_t real, const char *file, int line,
                             struct adrt_part *part)
{
    struct adrt_head want = adrt_head_of(name, id, real), h = want;
    const char *trouble = adrt_tape_trouble(t, &want, &h);
    if (trouble != NULL) {
        char what[200];
        snprintf(what, sizeof what, "%.100s cannot reverse this tape: %s", name, trouble);
        adrt_fail(ADRT_TAPE, file, line, what, t != NULL ? (long long)t->bytes : 0, 0, 0);
    }
    for (int k = 0; k < ADRT_PARTS; k++) {
        part[k].at = (char *)t->at + adrt_part_at(&h, k);
        part[k].n = (ptrdiff_t)h.n[k];
    }
}
/* adrt:end */
