// main.c - the pH of hard water and what it is sensitive to, compared with differences; then acid is added, and the slope of the pH shows how well the
// water resists.
#include "equilibrium.ad.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N = 3, M = 6 };
static const char *const COMPONENTS[N] = {"H+", "CO3--", "Ca++"};
static const char *const SPECIES[M] = {"OH-", "HCO3-", "H2CO3", "CaCO3", "CaHCO3+", "CaOH+"};
static const double LOGK[M] = {-14.0, 10.33, 16.68, 3.22, 11.44, -12.78};

static double difference(double *x, const double *logk, const double *total)
{
    double at = *x, h = 1e-4 * fabs(at), d[2];
    for (int k = 0; k < 2; k++, h *= 0.5) {                     // two central differences and what they converge to
        *x = at + h;
        double up = acidity(logk, total);
        *x = at - h;
        d[k] = (up - acidity(logk, total)) / (2 * h);
    }
    *x = at;
    return (4 * d[1] - d[0]) / 3;
}

static double worse(double worst, double a, double b, double scale)
{
    double off = fabs(a - b) * scale;
    return off > worst ? off : worst;
}

int main(void)
{
    double logk[M], total[N] = {2.1e-3, 2e-3, 1e-3}, logk_bar[M], total_bar[N], off = 0;
    memcpy(logk, LOGK, sizeof logk);
    printf("pH %.4f\n\n", acidity_grad(logk, total, logk_bar, total_bar));
    printf("d pH / d log K\n");
    for (int i = 0; i < M; i++) {
        printf("  %-8s %8.4f\n", SPECIES[i], logk_bar[i]);
        off = worse(off, logk_bar[i], difference(&logk[i], logk, total), 1);
    }
    printf("d pH / d total, per mmol\n");
    for (int j = 0; j < N; j++) {
        printf("  %-8s %8.4f\n", COMPONENTS[j], total_bar[j] * 1e-3);
        off = worse(off, total_bar[j], difference(&total[j], logk, total), 1e-3);
    }
    printf("differences agree: %s\n\n", off < 1e-6 ? "yes" : "no");

    printf("acid added      pH   slope   change of the slope\n");
    for (int k = 0; k <= 8; k++) {
        double t[N] = {total[0] + 2.5e-4 * k, total[1], total[2]}, acid[N] = {1, 0, 0}, bar[N], bar_dot[N], slope;
        double ph = acidity_curvature(logk, t, bar, acid, bar_dot, &slope);
        printf("%7.2f mmol  %6.3f  %6.3f  %8.3f\n", 0.25 * k, ph, slope * 1e-3, bar_dot[0] * 1e-6);
    }
    return 0;
}
