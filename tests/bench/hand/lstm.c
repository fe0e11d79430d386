/* lstm.c - the value and the gradient of gradbench/lstm.ad by hand: forward through all characters, then back. */
#include "hand.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What the reverse wants of a cell at a character. */
enum { FORGET, INGATE, OUTGATE, CHANGE, SQUASHED, OLD_CELL, OLD_HIDDEN, KEPT };

static double logistic(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

static void layer(int b, const double *restrict weights, double *restrict hidden, double *restrict cell,
                  const double *restrict x, double *restrict kept)
{
    for (int i = 0; i < b; i++) {
        double forget = logistic(x[i] * weights[i] + weights[4 * b + i]);
        double ingate = logistic(hidden[i] * weights[b + i] + weights[5 * b + i]);
        double outgate = logistic(x[i] * weights[2 * b + i] + weights[6 * b + i]);
        double change = tanh(hidden[i] * weights[3 * b + i] + weights[7 * b + i]);
        kept[OLD_HIDDEN * b + i] = hidden[i];
        kept[OLD_CELL * b + i] = cell[i];
        kept[FORGET * b + i] = forget;
        kept[INGATE * b + i] = ingate;
        kept[OUTGATE * b + i] = outgate;
        kept[CHANGE * b + i] = change;
        cell[i] = cell[i] * forget + ingate * change;
        kept[SQUASHED * b + i] = tanh(cell[i]);
        hidden[i] = outgate * kept[SQUASHED * b + i];
    }
}

/* In: adjoints of what the layer left (of hidden: what the next character makes of it, and x_bar, what the layer above does). Out: of
 * what it began with, and of its input in x_bar. */
static void layer_rev(int b, const double *restrict weights, const double *restrict kept, const double *restrict x,
                      double *restrict hidden_bar, double *restrict cell_bar, double *restrict x_bar,
                      double *restrict weights_bar)
{
    for (int i = 0; i < b; i++) {
        double forget = kept[FORGET * b + i], ingate = kept[INGATE * b + i], outgate = kept[OUTGATE * b + i];
        double change = kept[CHANGE * b + i], squashed = kept[SQUASHED * b + i], h = kept[OLD_HIDDEN * b + i];
        double h_bar = hidden_bar[i] + x_bar[i];
        double c_bar = cell_bar[i] + h_bar * outgate * (1.0 - squashed * squashed);
        double forget_bar = c_bar * kept[OLD_CELL * b + i] * forget * (1.0 - forget);
        double ingate_bar = c_bar * change * ingate * (1.0 - ingate);
        double outgate_bar = h_bar * squashed * outgate * (1.0 - outgate);
        double change_bar = c_bar * ingate * (1.0 - change * change);
        weights_bar[i] += forget_bar * x[i];
        weights_bar[b + i] += ingate_bar * h;
        weights_bar[2 * b + i] += outgate_bar * x[i];
        weights_bar[3 * b + i] += change_bar * h;
        weights_bar[4 * b + i] += forget_bar;
        weights_bar[5 * b + i] += ingate_bar;
        weights_bar[6 * b + i] += outgate_bar;
        weights_bar[7 * b + i] += change_bar;
        cell_bar[i] = c_bar * forget;
        hidden_bar[i] = ingate_bar * weights[b + i] + change_bar * weights[3 * b + i];
        x_bar[i] = forget_bar * weights[i] + outgate_bar * weights[2 * b + i];
    }
}

double hand_lstm(int l, int c, int b, const double *weights, const double *extra, const double *state,
                 const double *sequence, double *weights_bar, double *extra_bar)
{
    int trips = c > 1 ? c - 1 : 0, record = KEPT * l * b;
    size_t many = (size_t)trips, wide = (size_t)b;
    double *kept = malloc((many * (size_t)record + 1) * sizeof *kept);
    double *next = malloc((many * wide + 1) * sizeof *next);
    double *s = malloc((2 * (size_t)l * wide + wide) * sizeof *s), *x = s + 2 * l * b;
    memcpy(s, state, 2 * (size_t)l * wide * sizeof *s);

    double total = 0.0;
    for (int t = 0; t < trips; t++) {
        const double *now = sequence + t * b, *gold = now + b;
        double *k = kept + (size_t)t * (size_t)record, *y = next + (size_t)t * wide, sum = 2.0;
        for (int i = 0; i < b; i++)
            x[i] = now[i] * extra[i];
        for (int j = 0; j < l; j++)
            layer(b, weights + 8 * j * b, s + 2 * j * b, s + 2 * j * b + b, j > 0 ? s + 2 * (j - 1) * b : x,
                  k + KEPT * j * b);
        for (int i = 0; i < b; i++) {
            y[i] = s[2 * (l - 1) * b + i] * extra[b + i] + extra[2 * b + i];
            sum += exp(y[i]);
        }
        for (int i = 0; i < b; i++)
            total += gold[i] * (y[i] - log(sum));
    }

    double seed = -1.0 / ((double)trips * b);
    double *bars = calloc((size_t)(2 * l + 1) * wide + 1, sizeof *bars), *x_bar = bars + 2 * l * b;
    memset(weights_bar, 0, 8 * (size_t)l * wide * sizeof *weights_bar);
    memset(extra_bar, 0, 3 * wide * sizeof *extra_bar);
    for (int t = trips - 1; t >= 0; t--) {
        const double *now = sequence + t * b, *gold = now + b;
        const double *k = kept + (size_t)t * (size_t)record, *y = next + (size_t)t * wide, *top = k + KEPT * (l - 1) * b;
        double sum = 2.0, golds = 0.0;
        for (int i = 0; i < b; i++) {
            x_bar[i] = exp(y[i]);
            sum += x_bar[i];
            golds += gold[i];
        }
        for (int i = 0; i < b; i++) {
            double y_bar = seed * (gold[i] - golds * x_bar[i] / sum);
            extra_bar[b + i] += y_bar * top[OUTGATE * b + i] * top[SQUASHED * b + i];
            extra_bar[2 * b + i] += y_bar;
            x_bar[i] = y_bar * extra[b + i];
        }
        for (int j = l - 1; j >= 0; j--) {
            const double *lower = k + KEPT * (j - 1) * b;
            for (int i = 0; i < b; i++)
                x[i] = j > 0 ? lower[OUTGATE * b + i] * lower[SQUASHED * b + i] : now[i] * extra[i];
            layer_rev(b, weights + 8 * j * b, k + KEPT * j * b, x, bars + 2 * j * b, bars + 2 * j * b + b, x_bar,
                      weights_bar + 8 * j * b);
        }
        for (int i = 0; i < b; i++)
            extra_bar[i] += x_bar[i] * now[i];
    }
    free(bars);
    free(s);
    free(next);
    free(kept);
    return total * seed;
}
