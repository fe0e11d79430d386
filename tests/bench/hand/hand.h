/* hand.h - adjoints written by hand, to measure adc's against and to check them with. Arguments as in the .ad files beside. */
#ifndef HAND_H
#define HAND_H

double hand_gmm(int d, int k, int n, const double *alpha, const double *mu, const double *q, const double *l,
                const double *x, int m, double gamma, double *alpha_bar, double *mu_bar, double *q_bar, double *l_bar);
double hand_lstm(int l, int c, int b, const double *weights, const double *extra, const double *state,
                 const double *sequence, double *weights_bar, double *extra_bar);
void hand_ba(int p, const double *cams, const double *x, const double *w, const int *obs, const double *feats,
             double *err, double *w_err, double *blocks, double *w_blocks);
void hand_ode(int n, int s, const double *x, double *y, const double *y_bar, double *x_bar);

#endif
