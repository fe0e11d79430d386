# plot.awk - an SVG of cost against problem size, both on logarithmic axes, so that what is linear is a straight line of slope 1.
#
# In: lines EVAL SIZE MILLISECONDS. Each eval is a line; its sizes are divided by its smallest, so that all begin at 1.
function px(v) { return 60 + 500 * log(v) / log(xmax) }
function py(v) { return 360 - 320 * (log(v) - log(ymin)) / (log(ymax) - log(ymin)) }
$3 != "-" && $3 > 0 {
    if (!($1 in first)) {
        name[++evals] = $1
        first[$1] = $2
    }
    k = ++count[$1]
    x[$1, k] = $2 / first[$1]
    y[$1, k] = $3
    xmax = x[$1, k] > xmax ? x[$1, k] : xmax
    ymax = $3 + 0 > ymax ? $3 + 0 : ymax
    ymin = ymin == 0 || $3 + 0 < ymin ? $3 + 0 : ymin
}
END {
    split("#1b6ca8 #c0392b #2e8b57 #8e44ad #d68910 #16a085 #555555", colour, " ")
    print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"680\" height=\"410\" font-family=\"sans-serif\" font-size=\"12\">"
    print "<rect width=\"680\" height=\"410\" fill=\"white\"/>"
    if (evals == 0 || xmax <= 1 || ymax <= ymin) {
        print "</svg>"
        exit
    }
    for (d = int(log(ymin) / log(10)) - 1; 10 ^ d <= ymax; d++) {
        if (10 ^ d < ymin)
            continue
        printf "<path d=\"M60 %.1fH560\" stroke=\"#ddd\"/>\n", py(10 ^ d)
        printf "<text x=\"54\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n", py(10 ^ d) + 4, 10 ^ d
    }
    for (v = 1; v <= xmax; v *= 2)
        printf "<text x=\"%.1f\" y=\"378\" text-anchor=\"middle\">%d</text>\n", px(v), v
    print "<path d=\"M60 40V360H560\" fill=\"none\" stroke=\"black\"/>"
    print "<text x=\"60\" y=\"24\">milliseconds of one gradient</text>"
    print "<text x=\"310\" y=\"398\" text-anchor=\"middle\">size, as a multiple of the smallest</text>"
    for (e = 1; e <= evals; e++) {
        n = name[e]
        printf "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"", colour[(e - 1) % 7 + 1]
        for (k = 1; k <= count[n]; k++)
            printf "%.1f,%.1f ", px(x[n, k]), py(y[n, k])
        print "\"/>"
        printf "<text x=\"566\" y=\"%.1f\" fill=\"%s\">%s</text>\n", py(y[n, count[n]]) + 4, colour[(e - 1) % 7 + 1], n
    }
    print "</svg>"
}
