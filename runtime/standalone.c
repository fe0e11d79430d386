/* standalone.c - the parts of the runtime that are different in the output of `adc --standalone`. Not part of libadrt.
 *
 * There, ADRT_ERROR may be defined on the compiler's command line as the name of a function of the user's,
 *     void NAME(int kind, const char *file, int line, const char *message);
 * which is called for every error; kind counts as enum adrt_kind does. If it returns, the program aborts. */

/* adrt:begin adrt_fail uses <stdio.h> <stdlib.h> */
#ifdef ADRT_ERROR
void ADRT_ERROR(int kind, const char *file, int line, const char *message);
#endif
static _Noreturn void adrt_fail(enum adrt_kind kind, const char *file, int line, const char *what, long long a,
                                long long b, long long c)
{
    char text[400] = "";
    adrt_describe(text, sizeof text, kind, what, a, b, c);
#ifdef ADRT_ERROR
    ADRT_ERROR((int)kind, file, line, text);
#else
    if (file[0] != '\0')
        fprintf(stderr, "%s:%d: %s\n", file, line, text);
    else
        fprintf(stderr, "%s\n", text);
#endif
    abort();
}
/* adrt:end */
