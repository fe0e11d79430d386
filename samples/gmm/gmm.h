// gmm.h - what the fit (main.c) hands to the plot (plot.c).
#ifndef GMM_H
#define GMM_H

#include <stdbool.h>

enum {
    MAX_POINTS = 400,
    MAX_STEPS = 200,
    MEMORY = 8,
    K = 2,
    // Where the parameters stand in one array.
    ALPHA = 0,
    MU = ALPHA + K,
    Q = MU + 2 * K,
    PARAMETERS = Q + 3 * K
};

typedef struct Component {
    double weight, mean[2];
    double root[3]; // lower triangle of a root of the covariance
} Component;

typedef struct Fit {
    int n, steps;
    double data[MAX_POINTS][2];            // minutes of eruption, minutes of waiting
    double mean[2], deviation[2];          // of the data
    double x[MAX_POINTS * 2];              // the data, standardised
    double p[PARAMETERS];                  // alpha, mu, q
    double responsibility[MAX_POINTS * K]; // of component j for point i: [K * i + j]
    double cost[MAX_STEPS];                // after each step
    double path[MAX_STEPS][2 * K];         // the means after each step, standardised
    Component component[K];                // the result
} Fit;

// Writes the plot. False, with a message, if the file cannot be written.
bool draw(const Fit *fit, const char *path);

#endif
