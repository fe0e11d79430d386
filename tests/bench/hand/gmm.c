/* gmm.c - the value and the gradient of gradbench/gmm.ad by hand.
 *
 * Each point is reversed as soon as its likelihood is known: what its components computed is kept for one point only. */
#include "hand.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double log_sum_exp(int n, const double *v, double *share)
{
    double m = v[0], sum = 0.0;
    for (int i = 1; i < n; i++)
        m = v[i] > m ? v[i] : m;
    for (int i = 0; i < n; i++) {
        share[i] = exp(v[i] - m);
        sum += share[i];
    }
    for (int i = 0; i < n; i++)
        share[i] /= sum;
    return m + log(sum);
}

/* z = Q v, v centred; gives the square of its norm. */
static double apply(int d, const double *restrict diagonal, const double *restrict below, const double *restrict x,
                    const double *restrict mu, double *restrict v, double *restrict z)
{
    for (int i = 0; i < d; i++) {
        v[i] = x[i] - mu[i];
        z[i] = diagonal[i] * v[i];
    }
    for (int j = 0; j < d; j++) {
        for (int i = j + 1; i < d; i++)
            z[i] += below[i - j - 1] * v[j];
        below += d - j - 1;
    }
    double square = 0.0;
    for (int i = 0; i < d; i++)
        square += z[i] * z[i];
    return square;
}

/* The adjoint of apply for the seed z_bar = -share * z. */
static void apply_rev(int d, const double *restrict diagonal, const double *restrict below, const double *restrict v,
                      double *restrict z, double share, double *restrict mu_bar, double *restrict diagonal_bar,
                      double *restrict below_bar)
{
    for (int i = 0; i < d; i++)
        z[i] *= -share;
    for (int j = 0; j < d; j++) {
        double v_bar = diagonal[j] * z[j];
        for (int i = j + 1; i < d; i++) {
            v_bar += below[i - j - 1] * z[i];
            below_bar[i - j - 1] += z[i] * v[j];
        }
        diagonal_bar[j] += z[j] * v[j];
        mu_bar[j] -= v_bar;
        below += d - j - 1;
        below_bar += d - j - 1;
    }
}

/* The prior, and its derivatives. */
static double prior(int d, int k, int m, double gamma, const double *log_det, const double *diagonal, const double *l,
                    double *log_det_bar, double *diagonal_bar, double *l_bar)
{
    int lower = d * (d - 1) / 2, freedom = d + m + 1;
    double c = 0.25 * d * (d - 1) * log(acos(-1.0));
    for (int j = 1; j <= d; j++)
        c += lgamma(0.5 * freedom + 0.5 * (1 - j));
    double value = k * (freedom * d * (log(gamma) - 0.5 * log(2.0)) - c);
    for (int i = 0; i < k; i++) {
        double square = 0.0;
        for (int j = 0; j < d; j++) {
            square += diagonal[i * d + j] * diagonal[i * d + j];
            diagonal_bar[i * d + j] -= gamma * gamma * diagonal[i * d + j];
        }
        for (int j = 0; j < lower; j++) {
            square += l[i * lower + j] * l[i * lower + j];
            l_bar[i * lower + j] -= gamma * gamma * l[i * lower + j];
        }
        value -= 0.5 * gamma * gamma * square - m * log_det[i];
        log_det_bar[i] += m;
    }
    return value;
}

double hand_gmm(int d, int k, int n, const double *alpha, const double *mu, const double *q, const double *l,
                const double *x, int m, double gamma, double *alpha_bar, double *mu_bar, double *q_bar, double *l_bar)
{
    size_t kd = (size_t)k * (size_t)d;
    int lower = d * (d - 1) / 2;
    double *work = malloc((3 * kd + 3 * (size_t)k + 1) * sizeof *work);
    double *diagonal = work, *v = diagonal + kd, *z = v + kd, *log_det = z + kd, *term = log_det + k, *share = term + k;
    double *log_det_bar = calloc((size_t)k + kd + 1, sizeof *log_det_bar), *diagonal_bar = log_det_bar + k;
    memset(alpha_bar, 0, (size_t)k * sizeof *alpha_bar);
    memset(mu_bar, 0, kd * sizeof *mu_bar);
    memset(l_bar, 0, (size_t)k * (size_t)lower * sizeof *l_bar);
    for (int c = 0; c < k; c++) {
        log_det[c] = 0.0;
        for (int j = 0; j < d; j++) {
            diagonal[c * d + j] = exp(q[c * d + j]);
            log_det[c] += q[c * d + j];
        }
    }
    double value = -0.5 * n * d * log(2.0 * acos(-1.0));
    for (int i = 0; i < n; i++) {
        for (int c = 0; c < k; c++)
            term[c] = alpha[c] + log_det[c]
                      - 0.5 * apply(d, diagonal + c * d, l + c * lower, x + i * d, mu + c * d, v + c * d, z + c * d);
        value += log_sum_exp(k, term, share);
        for (int c = 0; c < k; c++) {
            alpha_bar[c] += share[c];
            log_det_bar[c] += share[c];
            apply_rev(d, diagonal + c * d, l + c * lower, v + c * d, z + c * d, share[c], mu_bar + c * d,
                      diagonal_bar + c * d, l_bar + c * lower);
        }
    }
    value -= n * log_sum_exp(k, alpha, share);
    for (int c = 0; c < k; c++)
        alpha_bar[c] -= n * share[c];
    value += prior(d, k, m, gamma, log_det, diagonal, l, log_det_bar, diagonal_bar, l_bar);
    for (int c = 0; c < k; c++)
        for (int j = 0; j < d; j++)
            q_bar[c * d + j] = log_det_bar[c] + diagonal_bar[c * d + j] * diagonal[c * d + j];
    free(log_det_bar);
    free(work);
    return value;
}
