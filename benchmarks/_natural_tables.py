"""Tables without copies whose rows may repeat by chance, by kind."""

import numpy as np


def independent(n_columns, n_levels):
    """Independent categories."""
    return lambda rng, n: rng.integers(0, n_levels, (n, n_columns)).astype(float)


def zipf(n_columns, n_levels):
    """Few frequent and many rare values."""
    share = 1 / np.arange(1, n_levels + 1)
    return lambda rng, n: rng.choice(n_levels, (n, n_columns), p=share / share.sum()).astype(float)


def rounded(n_columns, digits, correlation=0.0):
    """Normal columns, rounded, with one correlation for all pairs."""

    def make(rng, n):
        shared = rng.normal(size=(n, 1)) * np.sqrt(correlation)
        own = rng.normal(size=(n, n_columns)) * np.sqrt(1 - correlation)
        return np.round(shared + own, digits)

    return make


def latent_classes(n_columns, n_classes):
    """Categories whose shares depend on a hidden class."""

    def make(rng, n):
        shares = rng.dirichlet(np.full(5, 0.5), (n_classes, n_columns)).cumsum(axis=-1)
        hidden = rng.integers(0, n_classes, n)
        levels = (rng.random((n, n_columns, 1)) > shares[hidden]).sum(axis=-1)
        return np.minimum(levels, 4).astype(float)

    return make


def markov_chain(n_columns, n_levels, stay):
    """Columns that repeat the one before with a probability."""

    def make(rng, n):
        X = rng.integers(0, n_levels, (n, n_columns)).astype(float)
        for j in range(1, n_columns):
            kept = rng.random(n) < stay
            X[kept, j] = X[kept, j - 1]
        return X

    return make


def counts(over_dispersed):
    """Poisson counts, of rates that differ between rows or not."""

    def make(rng, n):
        rates = rng.uniform(0.3, 2, 6)
        factors = rng.gamma(1, 1, (n, 1)) if over_dispersed else np.ones((n, 1))
        return rng.poisson(rates * factors).astype(float)

    return make


def walk(n_columns, digits, slowness):
    """Autoregressive rows, rounded."""

    def make(rng, n):
        X = rng.normal(size=(n, n_columns))
        for i in range(1, n):
            X[i] = slowness * X[i - 1] + np.sqrt(1 - slowness**2) * X[i]
        return np.round(X, digits)

    return make


def mostly_zero(latent):
    """Nine zeros in ten; in some tables more in one row than in another."""

    def make(rng, n):
        zero = rng.random((n, 10)) < (rng.beta(6, 1, (n, 1)) if latent else 0.85)
        return np.where(zero, 0.0, np.round(rng.exponential(1, (n, 10)), 1))

    return make


def one_hot(n_columns, n_levels, n_numbers):
    """Indicators of independent categories, and rounded numbers beside them."""

    def make(rng, n):
        codes = rng.integers(0, n_levels, (n, n_columns))
        indicators = (codes[:, :, None] == np.arange(n_levels)).reshape(n, -1).astype(float)
        return np.hstack([indicators, np.round(rng.normal(size=(n, n_numbers)), 1)])

    return make


def beside(*makers):
    """Columns of several tables side by side."""
    return lambda rng, n: np.hstack([make(rng, n) for make in makers])


#: Kind -> function of a generator and a number of rows.
NATURAL_TABLES = {
    "categories, 5 x 3": independent(5, 3),
    "categories, 8 x 4": independent(8, 4),
    "categories, 10 x 4": independent(10, 4),
    "Zipf, 6 x 20": zipf(6, 20),
    "Zipf, 10 x 50": zipf(10, 50),
    "rounded to 1, 4 columns": rounded(4, 0),
    "rounded to .1, 4 columns": rounded(4, 1),
    "rounded to .1, 3 columns": rounded(3, 1),
    "rounded to .01, 2 columns": rounded(2, 2),
    "rounded to 1, correlated .5": rounded(5, 0, 0.5),
    "rounded to 1, correlated .8": rounded(8, 0, 0.8),
    "rounded to .1, correlated .9": rounded(4, 1, 0.9),
    "latent classes, 8 columns": latent_classes(8, 6),
    "latent classes, 12 columns": latent_classes(12, 10),
    "Markov chain .7": markov_chain(8, 4, 0.7),
    "Markov chain .9": markov_chain(10, 5, 0.9),
    "Poisson counts": counts(over_dispersed=False),
    "over-dispersed counts": counts(over_dispersed=True),
    "one-hot": one_hot(4, 5, 0),
    "one-hot and numbers": one_hot(3, 4, 2),
    "AR(1), rounded to .1": walk(4, 1, 0.95),
    "AR(1), rounded to 1": walk(6, 0, 0.99),
    "heavy tails, rounded to 1": lambda rng, n: np.round(rng.standard_t(1.5, (n, 5))),
    "log-normal, rounded to 1": lambda rng, n: np.round(np.exp(rng.normal(size=(n, 4)) * 1.2)),
    "mostly zero": mostly_zero(latent=False),
    "mostly zero, uneven rows": mostly_zero(latent=True),
    "categories and numbers": beside(independent(3, 3), rounded(2, 1)),
    "numbers": lambda rng, n: rng.normal(size=(n, 10)),
    "numbers and flags": beside(lambda rng, n: rng.normal(size=(n, 3)), independent(5, 2)),
}
