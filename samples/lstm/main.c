// main.c - trains the network on one sentence by Adam, then lets it write the sentence from its first letter.
#include "lstm.ad.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char TEXT[] = "an adjoint runs backwards and a tangent runs along.";
static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyz .";

enum {
    N = sizeof TEXT - 1,
    C = sizeof LETTERS - 1,
    H = 16,
    // Where the parameters stand in one array.
    E = 0,
    U = E + C * 4 * H,
    B = U + 4 * H * H,
    V = B + 4 * H,
    D = V + C * H,
    ALL = D + C
};

// Small numbers that are the same everywhere.
static double noise(void)
{
    static unsigned state = 1;
    state = (state * 1103515245u + 12345u) & 0x7fffffffu;
    return (double)state / 0x40000000 - 1;
}

static double loss_at(const int *text, const double *w)
{
    return loss(N, text, C, H, w + E, w + U, w + B, w + V, w + D);
}

static double gradient(const int *text, const double *w, double *g)
{
    return loss_grad(N, text, C, H, w + E, w + U, w + B, w + V, w + D, g + E, g + U, g + B, g + V, g + D);
}

// The gradient along some direction against central differences.
static void check(const int *text, const double *w)
{
    static double g[ALL], up[ALL], down[ALL];
    const double h = 1e-5;
    double slope = 0;
    gradient(text, w, g);
    for (int i = 0; i < ALL; i++) {
        double v = cos(i);
        slope += g[i] * v;
        up[i] = w[i] + h * v;
        down[i] = w[i] - h * v;
    }
    double difference = (loss_at(text, up) - loss_at(text, down)) / (2 * h);
    printf("%d parameters; slope along a direction: %.5f by the gradient, %.5f by differences\n", ALL, slope,
           difference);
}

static void write_text(const double *w)
{
    double hidden[H] = {0}, cell[H] = {0}, logits[C];
    int letter = (int)(strchr(LETTERS, TEXT[0]) - LETTERS);
    printf("it writes: \"");
    for (int i = 0; i < N; i++) {
        putchar(LETTERS[letter]);
        step(C, H, letter, w + E, w + U, w + B, w + V, w + D, hidden, cell, logits);
        letter = 0;
        for (int j = 1; j < C; j++)
            if (logits[j] > logits[letter])
                letter = j;
    }
    puts("\"");
}

int main(void)
{
    static double w[ALL], g[ALL], m[ALL], v[ALL];
    int text[N];
    for (int i = 0; i < N; i++)
        text[i] = (int)(strchr(LETTERS, TEXT[i]) - LETTERS);
    for (int i = 0; i < ALL; i++)
        w[i] = 0.2 * noise();
    check(text, w);
    for (int t = 1; t <= 300; t++) {
        double cost = gradient(text, w, g);
        if (t == 1 || t % 50 == 0)
            printf("step %3d: loss %.2f\n", t, cost);
        for (int i = 0; i < ALL; i++) {
            m[i] += 0.1 * (g[i] - m[i]);
            v[i] += 0.001 * (g[i] * g[i] - v[i]);
            w[i] -= 0.02 * m[i] / (1 - pow(0.9, t)) / (sqrt(v[i] / (1 - pow(0.999, t))) + 1e-8);
        }
    }
    write_text(w);
    return 0;
}
