# table.awk - a table in Markdown of what run.sh has measured.
#
# In: lines NAME, then milliseconds of the primal, of our gradient (gcc, clang), by hand (gcc, clang), of the tools manual, enzyme, tapenade; then
# megabytes of ours (kept, peak) and by hand (kept, peak); - where there is nothing.

# a / b with two digits behind the point
function ratio(a, b) { return a == "-" || b == "-" || b == 0 ? "-" : sprintf("%.2f", a / b) }
# the least of the fields from..to
function least(from, to,    i, m) {
    m = "-"
    for (i = from; i <= to; i++)
        if ($i != "-" && (m == "-" || $i + 0 < m + 0))
            m = $i
    return m
}

BEGIN {
    print "| workload | primal | gcc | clang | gradient / primal | by hand, gcc | clang | manual | enzyme | tapenade | ratio | MB | peak | by hand, peak |"
    print "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
}
NF >= 13 {
    ours = least(3, 4)
    print "| " $1 " | " $2 " | " $3 " | " $4 " | " ratio($3, $2) " | " $5 " | " $6 " | " $7 " | " $8 " | " $9 " | " \
        ratio(ours, least(5, 9)) " | " $10 " | " $11 " | " $13 " |"
}
