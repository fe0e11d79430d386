// plot.c - draws the fit as SVG: the points coloured by the component they belong to, the components as ellipses of one
// and two deviations, the way of the means, and the cost at each step.
#include "gmm.h"

#include <math.h>
#include <stdio.h>

// A rectangle of the page, and the range of values it stands for.
typedef struct Panel {
    double left, top, width, height, x0, x1, y0, y1;
} Panel;

static const Panel CLOUD = {70, 70, 500, 400, 1.25, 5.5, 38, 102};
static const char *const COLOURS[K] = {"#2a6fbb", "#d9622b"};
static const double RGB[K][3] = {{0x2a, 0x6f, 0xbb}, {0xd9, 0x62, 0x2b}};

static double across(const Panel *p, double x)
{
    return p->left + (x - p->x0) / (p->x1 - p->x0) * p->width;
}

static double down(const Panel *p, double y)
{
    return p->top + (p->y1 - y) / (p->y1 - p->y0) * p->height;
}

static void axes(FILE *f, const Panel *p, double step_x, double step_y, int digits, const char *title,
                 const char *x_name, const char *y_name)
{
    double bottom = p->top + p->height, right = p->left + p->width;
    fprintf(f, "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' fill='#fbfbf9'/>\n", p->left, p->top, p->width,
            p->height);
    for (double x = ceil(p->x0 / step_x) * step_x; x <= p->x1 + 1e-9; x += step_x) {
        fprintf(f, "<path class='grid' d='M%.1f %.1fV%.1f'/>", across(p, x), p->top, bottom);
        fprintf(f, "<text x='%.1f' y='%.1f' text-anchor='middle'>%g</text>\n", across(p, x), bottom + 18, x);
    }
    for (double y = ceil(p->y0 / step_y) * step_y; y <= p->y1 + 1e-9; y += step_y) {
        fprintf(f, "<path class='grid' d='M%.1f %.1fH%.1f'/>", p->left, down(p, y), right);
        fprintf(f, "<text x='%.1f' y='%.1f' text-anchor='end'>%.*f</text>\n", p->left - 8, down(p, y) + 4, digits, y);
    }
    fprintf(f, "<path d='M%.1f %.1fV%.1fH%.1f' fill='none' stroke='#555'/>\n", p->left, p->top, bottom, right);
    fprintf(f, "<text class='title' x='%.1f' y='%.1f'>%s</text>\n", p->left, p->top - 14, title);
    fprintf(f, "<text x='%.1f' y='%.1f' text-anchor='middle'>%s</text>\n", p->left + p->width / 2, bottom + 40, x_name);
    fprintf(f, "<text transform='translate(%.1f %.1f) rotate(-90)' text-anchor='middle'>%s</text>\n", p->left - 44,
            p->top + p->height / 2, y_name);
}

static void points(FILE *f, const Fit *fit)
{
    for (int i = 0; i < fit->n; i++) {
        int colour[3];
        for (int c = 0; c < 3; c++)
            colour[c] =
                (int)lround(RGB[0][c] * fit->responsibility[K * i] + RGB[1][c] * fit->responsibility[K * i + 1]);
        fprintf(f, "<circle cx='%.1f' cy='%.1f' r='3.4' fill='#%02x%02x%02x' fill-opacity='0.72'/>\n",
                across(&CLOUD, fit->data[i][0]), down(&CLOUD, fit->data[i][1]), (unsigned)colour[0],
                (unsigned)colour[1], (unsigned)colour[2]);
    }
}

// Where the density of a component has fallen as it does at `radius` deviations.
static void ellipse(FILE *f, const Component *c, double radius, const char *style)
{
    fputs("<path d='", f);
    for (int i = 0; i < 90; i++) {
        double angle = i * 4 * 0.017453292519943295, u = radius * cos(angle), v = radius * sin(angle);
        fprintf(f, "%s%.1f %.1f", i == 0 ? "M" : "L", across(&CLOUD, c->mean[0] + c->root[0] * u),
                down(&CLOUD, c->mean[1] + c->root[1] * u + c->root[2] * v));
    }
    fprintf(f, "Z' fill='none' %s/>\n", style);
}

static void component(FILE *f, const Fit *fit, int j)
{
    const Component *c = &fit->component[j];
    char style[100];
    snprintf(style, sizeof style, "stroke='%s' stroke-width='2.4'", COLOURS[j]);
    ellipse(f, c, 1, style);
    snprintf(style, sizeof style, "stroke='%s' stroke-width='1.6' stroke-dasharray='6 4'", COLOURS[j]);
    ellipse(f, c, 2, style);
    fputs("<path class='way' d='", f);
    for (int i = 0; i < fit->steps; i++)
        fprintf(f, "%s%.1f %.1f", i == 0 ? "M" : "L",
                across(&CLOUD, fit->mean[0] + fit->deviation[0] * fit->path[i][2 * j]),
                down(&CLOUD, fit->mean[1] + fit->deviation[1] * fit->path[i][2 * j + 1]));
    fputs("'/>\n", f);
    fprintf(f, "<circle cx='%.1f' cy='%.1f' r='4' fill='#fff' stroke='#777' stroke-width='1.6'/>\n",
            across(&CLOUD, fit->mean[0] + fit->deviation[0] * fit->path[0][2 * j]),
            down(&CLOUD, fit->mean[1] + fit->deviation[1] * fit->path[0][2 * j + 1]));
    double x = across(&CLOUD, c->mean[0]), y = down(&CLOUD, c->mean[1]);
    fprintf(f, "<circle cx='%.1f' cy='%.1f' r='6' fill='%s' stroke='#fff' stroke-width='2'/>\n", x, y, COLOURS[j]);
}

static void curve(FILE *f, const Fit *fit)
{
    double first = fit->cost[0], last = fit->cost[fit->steps - 1];
    Panel p = {690, 70, 240, 190, 0, fit->steps - 1, floor(last * 10 - 0.5) / 10, ceil(first * 10 + 0.5) / 10};
    axes(f, &p, fit->steps > 25 ? 10 : 5, 0.5, 1, "The fit", "step", "minus mean log-likelihood");
    fputs("<path fill='none' stroke='#333' stroke-width='2' d='", f);
    for (int i = 0; i < fit->steps; i++)
        fprintf(f, "%s%.1f %.1f", i == 0 ? "M" : "L", across(&p, i), down(&p, fit->cost[i]));
    fputs("'/>\n", f);
    for (int i = 0; i < fit->steps; i++)
        fprintf(f, "<circle cx='%.1f' cy='%.1f' r='2.2' fill='#333'/>\n", across(&p, i), down(&p, fit->cost[i]));
}

static void legend(FILE *f, const Fit *fit)
{
    double y = 340;
    for (int j = 0; j < K; j++, y += 70) {
        const Component *c = &fit->component[j];
        double deviation = hypot(c->root[1], c->root[2]);
        fprintf(f, "<circle cx='646' cy='%.1f' r='6' fill='%s'/>\n", y - 4, COLOURS[j]);
        fprintf(f, "<text x='662' y='%.1f' font-weight='bold'>%.1f %% of the eruptions</text>\n", y, 100 * c->weight);
        fprintf(f, "<text x='662' y='%.1f'>%.2f ± %.2f minutes long,</text>\n", y + 18, c->mean[0], c->root[0]);
        fprintf(f, "<text x='662' y='%.1f'>then %.1f ± %.1f minutes of waiting</text>\n", y + 36, c->mean[1],
                deviation);
    }
    fprintf(f, "<text x='640' y='%.1f' fill='#666'>Ellipses: one and two standard deviations.</text>\n", y);
    fprintf(f, "<text x='640' y='%.1f' fill='#666'>Grey: the way of the two means from the start.</text>\n", y + 18);
}

bool draw(const Fit *fit, const char *path)
{
    FILE *f = fopen(path, "w");
    if (f == NULL) {
        perror(path);
        return false;
    }
    fputs("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 970 540' width='970' height='540' "
          "font-family='Helvetica, Arial, "
          "sans-serif' font-size='12.5' fill='#222'>\n<style>.grid{stroke:#e4e4de} "
          ".title{font-size:16px;font-weight:bold} "
          ".way{fill:none;stroke:#777;stroke-width:1.6;stroke-linejoin:round}</style>\n<rect width='970' height='540' "
          "fill='#fff'/>\n",
          f);
    axes(f, &CLOUD, 1, 10, 0, "Old Faithful: a mixture of two normal distributions", "length of the eruption, minutes",
         "wait until the next, minutes");
    points(f, fit);
    for (int j = 0; j < K; j++)
        component(f, fit, j);
    curve(f, fit);
    legend(f, fit);
    fputs("</svg>\n", f);
    return fclose(f) == 0;
}
