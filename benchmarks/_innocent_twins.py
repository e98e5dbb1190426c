"""Tables that look like a leak and hold none: innocent twins of planted leaks."""

from dataclasses import replace

import numpy as np
import pandas as pd
from _planted_leaks import (
    Case,
    any_table,
    labels_of,
    latent_table,
    levels_table,
    mixed_table,
    numbers_table,
    rounded_table,
    selected,
)
from imblearn.over_sampling import SMOTE
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GroupKFold, TimeSeriesSplit
from sklearn.preprocessing import MinMaxScaler, StandardScaler


def held_out(case, rng):
    """The same with one split, and the rows that train."""
    order = rng.permutation(len(case.y))
    train, test = np.split(order, [int(0.8 * len(order))])
    return replace(case, cv=[(train, test)]), train


def fitted_on_train(make):
    """A transformer that saw training rows only."""

    def twin(rng):
        case, train = held_out(Case(*numbers_table(rng)), rng)
        values = case.X.to_numpy()
        if make is SimpleImputer:
            values = np.where(rng.random(values.shape) < 0.1, np.nan, values)
        out = make().fit(values[train]).transform(values)
        return replace(case, X=pd.DataFrame(out).add_prefix("c"))

    return twin


def encoded_on_train(rng):
    """Category means of the training rows."""
    case, train = held_out(Case(*mixed_table(rng)), rng)
    codes = pd.factorize(case.X["place"])[0]
    means = np.bincount(codes[train], case.y[train]) / np.bincount(codes[train])
    return replace(case, X=case.X.assign(place=means[codes]))


def smote_on_train(rng):
    """Drawn rows in the training part only."""
    X, y = numbers_table(rng)
    n_train = int(0.8 * len(y))
    X_train, y_train = SMOTE(random_state=0).fit_resample(X[:n_train], y[:n_train])
    rows = np.arange(len(y_train) + len(y) - n_train)
    return Case(
        pd.concat([X_train, X[n_train:]], ignore_index=True),
        np.r_[y_train, y[n_train:]],
        cv=[(rows[: len(y_train)], rows[len(y_train) :])],
    )


def one_hot(rng):
    """Categories as columns of 0 and 1."""
    X, y = levels_table(5, 6)(rng)
    return Case(pd.get_dummies(X.astype(int).astype(str), dtype=float), y)


def series(rng):
    """Rows of an AR(1) process in their order."""
    n_rows, noise = 1500, rng.normal(size=(1500, 8))
    for row in range(1, n_rows):
        noise[row] += 0.9 * noise[row - 1]
    return Case(
        pd.DataFrame(noise).add_prefix("c"), labels_of(noise[:, 0] + rng.normal(size=n_rows), rng)
    )


def heavy_tails(rng):
    """Columns with a t law of two degrees of freedom."""
    X = rng.standard_t(2, (int(rng.integers(1000, 2001)), 10))
    return Case(pd.DataFrame(X).add_prefix("c"), labels_of(np.tanh(X).sum(axis=1), rng))


def strong_feature(rng):
    """A column with AUC about .97 that was known before."""
    X, y = any_table(rng)
    return Case(X.assign(strong=2.65 * y + rng.normal(size=len(y))), y)


def birth_date(rng):
    """A date that says how old somebody is, and is no time of a row."""
    X, y = any_table(rng)
    days = (rng.beta(2, 2, len(y)) * 25_000 + 5_000 * y).astype("timedelta64[D]")
    return Case(
        X.assign(born=np.datetime64("1930-01-01", "ns") + days.astype("timedelta64[ns]")), y
    )


def grouped_folds(rng):
    """Given groups that stay together."""
    X, y = any_table(rng)
    return Case(X, y, groups=rng.integers(len(y) // 5, size=len(y)), cv=GroupKFold(5))


def sorted_times(rng):
    """A time series split with a gap as long as the label looks ahead."""
    X, y = any_table(rng)
    return Case(
        X, y, times=np.arange(len(y), dtype=float), cv=TimeSeriesSplit(5, gap=20), horizon=10.0
    )


def customer_number(rng):
    """A number a row that says nothing."""
    X, y = any_table(rng)
    return Case(X.assign(customer=rng.permutation(len(y)) + 10_000), y)


ZIPF = 1 / np.arange(1, 16) ** 1.5

#: Name -> function of a random generator.
TWINS = {
    "plain": lambda rng: Case(*any_table(rng)),
    "10 x 4 levels": lambda rng: Case(*levels_table(10, 4)(rng)),
    "5 x 3 levels": lambda rng: Case(*levels_table(5, 3)(rng)),
    "latent classes": lambda rng: Case(*latent_table(rng)),
    "Zipf levels": lambda rng: Case(*levels_table(6, 15, weights=ZIPF / ZIPF.sum())(rng)),
    "rounded": lambda rng: Case(*rounded_table(1)(rng)),
    "one-hot": one_hot,
    "AR(1)": series,
    "heavy tails": heavy_tails,
    "strong feature": strong_feature,
    "birth date": birth_date,
    "grouped folds": grouped_folds,
    "sorted times with a gap": sorted_times,
    "customer number": customer_number,
    "StandardScaler, training rows": fitted_on_train(StandardScaler),
    "MinMaxScaler, training rows": fitted_on_train(MinMaxScaler),
    "imputed, training rows": fitted_on_train(SimpleImputer),
    "encoded, training rows": encoded_on_train,
    "SMOTE, training rows": smote_on_train,
    "selected, training rows": lambda rng: selected(200, 5000, 100, train=0.8)(None, None, rng),
}


#: Twins with nothing remarkable about them: 1,000 or more rows of eight or more continuous columns.
ORDINARY = ("plain", "rounded", "heavy tails", "birth date", "grouped folds", "customer number")
