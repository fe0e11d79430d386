# snippets.awk - turns the runtime's text into a C table, for `adc --standalone`.
#
# In: runtime sources, in which `/* adrt:begin NAMES uses <HEADERS> */` and `/* adrt:end */` enclose what can be
# pasted. Out: an array of struct snippet (compiler/snippet.h): the identifiers it defines, the headers it needs, its
# text. Exported functions become static. The order is that of the files; snippet.c sorts by need.
BEGIN {
    print "/* Written by runtime/snippets.awk. */"
    print "#include \"snippet.h\""
    print "const struct snippet snippets[] = {"
}
/^\/\* adrt:begin / {
    line = $0
    sub(/^\/\* adrt:begin /, "", line)
    sub(/ *\*\/$/, "", line)
    uses = ""
    if ((at = index(line, " uses ")) > 0) {
        uses = substr(line, at + 6)
        line = substr(line, 1, at - 1)
    }
    inside = 1
    n++
    printf "    {\" %s \", \"%s\",\n", line, uses
    next
}
/^\/\* adrt:end \*\/$/ {
    if (!inside) {
        print FILENAME ": adrt:end without a begin" > "/dev/stderr"
        exit 1
    }
    print "    },"
    inside = 0
    next
}
inside {
    sub(/^ADRT_API /, "static ")
    sub(/^ADRT_USER_API /, "static inline ")
    gsub(/\\/, "&&")
    gsub(/"/, "\\\"")
    printf "     \"%s\\n\"\n", $0
}
END {
    if (!n)
        print "    {0, 0, 0}"
    print "};"
    printf "const int n_snippets = %d;\n", n
}
