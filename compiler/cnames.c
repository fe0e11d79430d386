// cnames.c — names that a function, parameter or constant may bear in .ad but not in C or C++.
//
// In: a name. Out: whether C, C++, their libraries or their headers' macros keep it for themselves, so that it gets `_`
// appended:
//
//     real y0(real class)     double y0_(double class_)
//
// The table holds what the generated C and its header can meet: keywords, the macros of the headers it includes, and
// all functions of libc and libm with external linkage, since a function of that name would take the library's place.
#include "checker.h"

#include <string.h>

static const char *const RESERVED[] = {             // sorted as strcmp does
    "BUFSIZ", "CHAR_BIT", "CHAR_MAX", "CHAR_MIN", "DBL_DIG", "DBL_EPSILON", "DBL_MANT_DIG", "DBL_MAX", "DBL_MIN",
    "DOMAIN", "EDOM", "EILSEQ", "EOF", "ERANGE", "EXIT_FAILURE", "EXIT_SUCCESS", "EXTERN_C", "FILE", "FILENAME_MAX",
    "FLT_DIG", "FLT_EPSILON", "FLT_MAX", "FLT_MIN", "FLT_RADIX", "FOPEN_MAX", "FP_FAST_FMA", "FP_ILOGB0",
    "FP_ILOGBNAN", "FP_INFINITE", "FP_NAN", "FP_NORMAL", "FP_SUBNORMAL", "FP_ZERO", "HUGE_VAL", "HUGE_VALF",
    "HUGE_VALL", "INFINITY", "INT16_MAX", "INT16_MIN", "INT32_C", "INT32_MAX", "INT32_MIN", "INT64_C", "INT64_MAX",
    "INT64_MIN", "INT8_MAX", "INT8_MIN", "INTMAX_MAX", "INTMAX_MIN", "INTPTR_MAX", "INTPTR_MIN", "INT_MAX", "INT_MIN",
    "LDBL_MAX", "LDBL_MIN", "LLONG_MAX", "LLONG_MIN", "LONG_MAX", "LONG_MIN", "L_tmpnam", "MATH_ERREXCEPT",
    "MATH_ERRNO", "MB_CUR_MAX", "MB_LEN_MAX", "M_1_PI", "M_2_PI", "M_2_SQRTPI", "M_E", "M_LN10", "M_LN2", "M_LOG10E",
    "M_LOG2E", "M_PI", "M_PI_2", "M_PI_4", "M_SQRT1_2", "M_SQRT2", "NAN", "NDEBUG", "NULL", "OVERFLOW", "PLOSS",
    "PTRDIFF_MAX", "PTRDIFF_MIN", "RAND_MAX", "SCHAR_MAX", "SCHAR_MIN", "SEEK_CUR", "SEEK_END", "SEEK_SET",
    "SHRT_MAX", "SHRT_MIN", "SING", "SIZE_MAX", "TLOSS", "TMP_MAX", "UCHAR_MAX", "UINT16_MAX", "UINT32_C",
    "UINT32_MAX", "UINT64_C", "UINT64_MAX", "UINT8_MAX", "UINTMAX_MAX", "UINTPTR_MAX", "UINT_MAX", "ULLONG_MAX",
    "ULONG_MAX", "UNDERFLOW", "USHRT_MAX", "_Alignas", "_Alignof", "_Atomic", "_Bool", "_Complex", "_Generic",
    "_Imaginary", "_Noreturn", "_Static_assert", "_Thread_local", "_setjmp", "a64l", "abort", "abs", "accept",
    "access", "acct", "acos", "acosf", "acosh", "acoshf", "acoshl", "acosl", "adjtime", "alarm", "alignas",
    "aligned_alloc", "alignof", "alloca", "and", "and_eq", "asctime", "asin", "asinf", "asinh", "asinhf", "asinhl",
    "asinl", "asm", "asprintf", "assert", "at_quick_exit", "atan", "atan2", "atan2f", "atan2l", "atanf", "atanh",
    "atanhf", "atanhl", "atanl", "atexit", "atof", "atoi", "atol", "atoll", "auto", "backtrace", "basename", "bcmp",
    "bcopy", "bind", "bitand", "bitor", "bool", "break", "brk", "bsearch", "btowc", "bzero", "cabs", "cacos",
    "cacosh", "call_once", "calloc", "canonicalize", "carg", "case", "casin", "casinh", "catan", "catanh", "catch",
    "catclose", "catgets", "catopen", "cbrt", "cbrtf", "cbrtl", "ccos", "ccosh", "ceil", "ceilf", "ceill", "cexp",
    "char", "char16_t", "char32_t", "char8_t", "chdir", "chmod", "chown", "chroot", "cimag", "class", "clearenv",
    "clearerr", "clock", "clock_getres", "clock_gettime", "clock_t", "clog", "close", "closedir", "cnd_broadcast",
    "cnd_destroy", "cnd_init", "cnd_signal", "cnd_wait", "co_await", "co_return", "co_yield", "compl", "concept",
    "confstr", "conj", "connect", "const", "const_cast", "consteval", "constexpr", "constinit", "continue",
    "copysign", "copysignf", "copysignl", "cos", "cosf", "cosh", "coshf", "coshl", "cosl", "cpow", "cproj", "creal",
    "creat", "crypt", "csin", "csinh", "csqrt", "ctan", "ctanh", "ctermid", "ctime", "cuserid", "daddl", "daemon",
    "daylight", "ddivl", "decltype", "default", "delete", "difftime", "dirname", "div", "div_t", "dladdr", "dlclose",
    "dlerror", "dlopen", "dlsym", "dmull", "do", "double", "double_t", "dprintf", "drand48", "drem", "dremf", "dsubl",
    "dup", "dup2", "dynamic_cast", "dysize", "ecvt", "else", "encrypt", "endpwent", "enum", "environ", "erand48",
    "erf", "erfc", "erfcf", "erfcl", "erff", "erfl", "err", "errno", "error", "error_at_line", "error_message_count",
    "error_one_per_line", "error_print_progname", "errx", "execl", "execle", "execlp", "execv", "execve", "execvp",
    "exit", "exp", "exp10", "exp10f", "exp2", "exp2f", "exp2l", "expf", "expl", "explicit", "expm1", "expm1f",
    "expm1l", "export", "extern", "fabs", "fabsf", "fabsl", "fadd", "false", "far", "fchdir", "fchmod", "fchown",
    "fclose", "fcntl", "fcvt", "fdatasync", "fdim", "fdimf", "fdiml", "fdiv", "fdopen", "feclearexcept", "fegetenv",
    "fegetexceptflag", "fegetround", "feholdexcept", "feof", "feraiseexcept", "ferror", "fesetenv", "fesetexceptflag",
    "fesetround", "fetestexcept", "feupdateenv", "fflush", "ffs", "ffsl", "ffsll", "fgetc", "fgetpos", "fgets",
    "fgetwc", "fgetws", "fileno", "finite", "finitef", "float", "float_t", "flockfile", "floor", "floorf", "floorl",
    "fma", "fmaf", "fmal", "fmax", "fmaxf", "fmaximum", "fmaxl", "fmemopen", "fmin", "fminf", "fminimum", "fminl",
    "fmod", "fmodf", "fmodl", "fmul", "fnmatch", "fopen", "for", "fork", "fortran", "fpathconf", "fpclassify",
    "fpos_t", "fprintf", "fputc", "fputs", "fputwc", "fputws", "fread", "free", "freopen", "frexp", "frexpf",
    "frexpl", "friend", "fromfp", "fscanf", "fseek", "fseeko", "fsetpos", "fstat", "fsub", "fsync", "ftell", "ftello",
    "ftruncate", "ftrylockfile", "fts_open", "ftw", "funlockfile", "fwide", "fwprintf", "fwrite", "fwscanf", "gamma",
    "gammaf", "gcvt", "getc", "getchar", "getcwd", "getdelim", "getegid", "getenv", "geteuid", "getgid", "getgrgid",
    "getgrnam", "getgroups", "gethostbyname", "gethostid", "gethostname", "getline", "getloadavg", "getlogin",
    "getopt", "getpagesize", "getpass", "getpayload", "getpgid", "getpgrp", "getpid", "getppid", "getpriority",
    "getpwnam", "getpwuid", "getrlimit", "getrusage", "gets", "getservbyname", "getsid", "getsubopt", "gettimeofday",
    "getuid", "getw", "getwc", "getwchar", "getwd", "glob", "globfree", "gmtime", "goto", "grantpt", "hcreate",
    "hdestroy", "hsearch", "htonl", "htons", "hypot", "hypotf", "hypotl", "iconv", "iconv_close", "iconv_open", "if",
    "ilogb", "ilogbf", "ilogbl", "imaxabs", "imaxdiv", "index", "inet_addr", "inet_ntoa", "initstate", "inline",
    "insque", "int", "int16_t", "int32_t", "int64_t", "int8_t", "int_fast16_t", "int_fast32_t", "int_fast64_t",
    "int_fast8_t", "int_least16_t", "int_least32_t", "int_least64_t", "int_least8_t", "intmax_t", "intptr_t", "ioctl",
    "isalnum", "isalpha", "isascii", "isatty", "isblank", "iscntrl", "isdigit", "isfinite", "isgraph", "isgreater",
    "isgreaterequal", "isinf", "isless", "islessequal", "islessgreater", "islower", "isnan", "isnormal", "isprint",
    "ispunct", "isspace", "isunordered", "isupper", "iswalnum", "iswalpha", "iswcntrl", "iswctype", "iswdigit",
    "iswgraph", "iswlower", "iswprint", "iswpunct", "iswspace", "iswupper", "iswxdigit", "isxdigit", "j0", "j0f",
    "j1", "j1f", "jn", "jnf", "jrand48", "key_t", "kill", "killpg", "l64a", "labs", "lchown", "lcong48", "ldexp",
    "ldexpf", "ldexpl", "ldiv", "ldiv_t", "lfind", "lgamma", "lgamma_r", "lgammaf", "lgammaf_r", "lgammal", "link",
    "linux", "listen", "llabs", "lldiv", "lldiv_t", "llogb", "llrint", "llrintf", "llrintl", "llround", "llroundf",
    "llroundl", "localeconv", "localtime", "lockf", "log", "log10", "log10f", "log10l",
    "log1p", "log1pf", "log1pl", "log2", "log2f", "log2l", "logb", "logbf", "logbl", "logf", "logl", "long",
    "longjmp", "lrand48", "lrint", "lrintf", "lrintl", "lround", "lroundf", "lroundl", "lsearch", "lseek", "lstat",
    "main", "malloc", "math_errhandling", "matherr", "max_align_t", "mblen", "mbrlen", "mbrtowc", "mbsinit",
    "mbsrtowcs", "mbstowcs", "mbtowc", "memccpy", "memchr", "memcmp", "memcpy", "memfrob", "memmem", "memmove",
    "mempcpy", "memset", "mkdir", "mkdtemp", "mkfifo", "mknod", "mkstemp", "mktemp", "mktime", "mmap", "modf",
    "modff", "modfl", "mount", "mprotect", "mrand48", "msync", "mtx_destroy", "mtx_init", "mtx_lock", "mtx_trylock",
    "mtx_unlock", "munmap", "mutable", "namespace", "nan", "nanf", "nanl", "nanosleep", "near", "nearbyint",
    "nearbyintf", "nearbyintl", "new", "nextafter", "nextafterf", "nextafterl", "nextdown", "nexttoward",
    "nexttowardf", "nexttowardl", "nextup", "nftw", "nice", "noexcept", "not", "not_eq", "nrand48", "ntohl", "ntohs",
    "nullptr", "off_t", "offsetof", "open", "open_memstream", "opendir", "operator", "optarg", "opterr", "optind",
    "optopt", "or", "or_eq", "pathconf", "pause", "pclose", "perror", "pipe", "poll", "popen", "posix_memalign",
    "pow", "pow10", "powf", "powl", "pread", "printf", "private", "profil", "protected", "psignal", "ptrdiff_t",
    "ptsname", "public", "putc", "putchar", "putenv", "puts", "putw", "putwc", "putwchar", "pwrite", "qsort",
    "quick_exit", "raise", "rand", "rand_r", "random", "re_comp", "re_exec", "read", "readdir", "readlink", "readv",
    "realloc", "reallocarray", "realpath", "recv", "recvfrom", "recvmsg", "regcomp", "regerror", "regexec", "regfree",
    "register", "reinterpret_cast", "remainder", "remainderf", "remainderl", "remove", "remque", "remquo", "remquof",
    "remquol", "rename", "renameat", "requires", "restrict", "return", "rewind", "rewinddir", "rindex", "rint",
    "rintf", "rintl", "rmdir", "round", "roundeven", "roundf", "roundl", "rpmatch", "sbrk", "scalb", "scalbf",
    "scalbln", "scalblnf", "scalblnl", "scalbn", "scalbnf", "scalbnl", "scandir", "scanf", "seed48", "seekdir",
    "select", "send", "sendmsg", "sendto", "setbuf", "setenv", "setgid", "setjmp", "setlocale", "setpayload",
    "setpgid", "setsid", "setstate", "setuid", "setvbuf", "short", "shutdown", "sigaction", "sigaddset", "sigdelset",
    "sigemptyset", "sigfillset", "sigismember", "siglongjmp", "signal", "signbit", "signbitf", "signed", "signgam",
    "significand", "significandf", "sigpending", "sigprocmask", "sigsetjmp", "sigsuspend", "sigwait", "sin", "sincos",
    "sincosf", "sinf", "sinh", "sinhf", "sinhl", "sinl", "size_t", "sizeof", "sleep", "snprintf", "socket", "sprintf",
    "sqrt", "sqrtf", "sqrtl", "srand", "srand48", "srandom", "sscanf", "ssize_t", "stat", "statfs", "static",
    "static_assert", "static_cast", "std", "stderr", "stdin", "stdout", "stime", "stpcpy", "stpncpy",
    "strcasecmp", "strcat", "strchr", "strcmp", "strcoll", "strcpy", "strcspn", "strdup", "strerror", "strerror_r",
    "strfry", "strftime", "strlen", "strncasecmp", "strncat", "strncmp", "strncpy", "strndup", "strnlen", "strpbrk",
    "strrchr", "strsep", "strsignal", "strspn", "strstr", "strtod", "strtof", "strtoimax", "strtok", "strtok_r",
    "strtol", "strtold", "strtoll", "strtoul", "strtoull", "strtoumax", "struct", "strxfrm", "swab", "switch",
    "swprintf", "swscanf", "symlink", "sync", "syscall", "sysconf", "system", "tan", "tanf", "tanh", "tanhf", "tanhl",
    "tanl", "tcgetattr", "tcsetattr", "tdelete", "telldir", "template", "tempnam", "tfind", "tgamma", "tgammaf",
    "tgammal", "this", "thrd_create", "thrd_current", "thrd_detach", "thrd_equal", "thrd_exit", "thrd_join",
    "thrd_sleep", "thrd_yield", "thread_local", "throw", "time", "time_t", "timegm", "times", "timespec_get",
    "timezone", "tmpfile", "tmpnam", "toascii", "tolower", "totalorder", "toupper", "towctrans", "towlower",
    "towupper", "true", "trunc", "truncate", "truncf", "truncl", "try", "tsearch", "tss_create", "tss_delete",
    "tss_get", "tss_set", "ttyname", "twalk", "typedef", "typeid", "typename", "typeof", "tzname", "tzset", "ualarm",
    "ufromfp", "uint16_t", "uint32_t", "uint64_t", "uint8_t", "uint_fast16_t", "uint_fast32_t", "uint_fast64_t",
    "uint_fast8_t", "uint_least16_t", "uint_least32_t", "uint_least64_t", "uint_least8_t", "uintmax_t", "uintptr_t",
    "umask", "umount", "uname", "ungetc", "ungetwc", "union", "unix", "unlink", "unlockpt", "unsetenv", "unsigned",
    "using", "usleep", "utime", "va_arg", "va_copy", "va_end", "va_list", "va_start", "valloc", "vasprintf",
    "vdprintf", "verr", "verrx", "vfork", "vfprintf", "vfscanf", "vfwprintf", "virtual", "void", "volatile",
    "vprintf", "vscanf", "vsnprintf", "vsprintf", "vsscanf", "vswprintf", "vwarn", "vwarnx", "vwprintf", "wait",
    "wait3", "wait4", "waitpid", "warn", "warnx", "wchar_t", "wcrtomb", "wcscat", "wcschr", "wcscmp", "wcscoll",
    "wcscpy", "wcscspn", "wcsftime", "wcslen", "wcsncat", "wcsncmp", "wcsncpy", "wcspbrk", "wcsrchr", "wcsrtombs",
    "wcsspn", "wcsstr", "wcstod", "wcstof", "wcstoimax", "wcstok", "wcstol", "wcstold", "wcstoll", "wcstombs",
    "wcstoul", "wcstoull", "wcstoumax", "wcsxfrm", "wctob", "wctomb", "wctrans", "wctype", "while", "wmemchr",
    "wmemcmp", "wmemcpy", "wmemmove", "wmemset", "wordexp", "wordfree", "wprintf", "write", "writev", "wscanf", "xor",
    "xor_eq", "y0", "y0f", "y1", "y1f", "yield", "yn", "ynf",
};

// Members of structs have names of their own: only keywords and macros are in their way.
static const char *const KEYWORDS[] = {             // of C and C++, and macros in small letters
    "alignas", "alignof", "and", "and_eq", "asm", "assert", "auto", "bitand", "bitor", "bool", "break", "case", "catch", "char",
    "char16_t", "char32_t", "char8_t", "class", "co_await", "co_return", "co_yield", "compl", "concept", "const",
    "const_cast", "consteval", "constexpr", "constinit", "continue", "decltype", "default", "delete", "do", "double",
    "dynamic_cast", "else", "enum", "errno", "explicit", "export", "extern", "false", "far", "float", "for", "fortran", "friend",
    "goto", "if", "inline", "int", "isfinite", "isgreater", "isgreaterequal", "isinf", "isless", "islessequal",
    "islessgreater", "isnan", "isnormal", "isunordered", "linux", "long", "math_errhandling", "mutable", "namespace", "near", "new",
    "noexcept", "not", "not_eq", "nullptr", "offsetof", "operator", "or", "or_eq", "private", "protected", "public",
    "register", "reinterpret_cast", "requires", "restrict", "return", "short", "signbit", "signed", "sizeof", "static",
    "static_assert", "static_cast", "stderr", "stdin", "stdout", "struct", "switch", "template", "this", "thread_local", "throw",
    "true", "try", "typedef", "typeid", "typename", "typeof", "union", "unix", "unsigned", "using", "virtual", "void",
    "volatile", "while", "xor", "xor_eq",
};

bool reserved_as_field(const char *name)
{
    bool small = name[0] >= 'a' && name[0] <= 'z';
    for (size_t i = 0; small && i < sizeof KEYWORDS / sizeof *KEYWORDS; i++)
        if (strcmp(name, KEYWORDS[i]) == 0)
            return true;
    return !small && reserved_in_c(name);
}

bool reserved_in_c(const char *name)
{
    int lo = 0, hi = (int)(sizeof RESERVED / sizeof *RESERVED);
    if (strncmp(name, "adrt_", 5) == 0 || strncmp(name, "ADRT_", 5) == 0 || strncmp(name, "__", 2) == 0)
        return name[strlen(name) - 1] != '_';
    while (lo < hi) {
        int mid = (lo + hi) / 2, order = strcmp(name, RESERVED[mid]);
        if (order == 0)
            return true;
        if (order < 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return false;
}
