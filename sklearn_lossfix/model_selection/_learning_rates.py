"""The learning rate of a classifier between two epochs: read, and lowered.

Only ways that reach the optimiser are here. Many do not: `partial_fit` of a network reads
`learning_rate_init` once, in its first call, and `GradientBoostingClassifier` multiplies the trees
it has already grown by whatever `learning_rate` is when it predicts.
"""

from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import SGDClassifier
from sklearn.neural_network import MLPClassifier

# Schedules of SGDClassifier that begin at `eta0`; "optimal" computes its own rate from `alpha`.
_SCHEDULES_OF_ETA0 = ("constant", "invscaling", "adaptive")


class OptimizerRate:
    """Rate of a network, held by its optimiser."""

    parameters = ()

    def read(self, model):
        """Rate of the next epoch; for Adam the one that its moments are multiplied with."""
        optimizer = model._optimizer
        return optimizer.learning_rate_init if model.solver == "adam" else optimizer.learning_rate

    def lower(self, model, factor):
        """Multiply the rate: what schedules and Adam begin from, and the current one."""
        model._optimizer.learning_rate_init *= factor
        model._optimizer.learning_rate *= factor


class ParameterRate:
    """Rate that every call of `partial_fit` or `fit` reads from a parameter.

    Parameters
    ----------
    name : str
        The parameter.
    """

    def __init__(self, name):
        self.parameters = (name,)

    def read(self, model):
        """Rate at the end of the last epoch."""
        rate = getattr(model, self.parameters[0])
        if getattr(model, "learning_rate", None) == "invscaling":
            rate = rate / model.t_**model.power_t
        return float(rate)

    def lower(self, model, factor):
        """Multiply the parameter."""
        name = self.parameters[0]
        model.set_params(**{name: getattr(model, name) * factor})


def learning_rate_of(model):
    """How the learning rate of a classifier is read and lowered.

    Parameters
    ----------
    model : classifier
        The classifier.

    Returns
    -------
    OptimizerRate, ParameterRate or None
        None where no way is known.
    """
    if isinstance(model, MLPClassifier) and model.solver in ("sgd", "adam"):
        return OptimizerRate()
    if isinstance(model, SGDClassifier) and model.learning_rate in _SCHEDULES_OF_ETA0:
        return ParameterRate("eta0")
    if isinstance(model, HistGradientBoostingClassifier):
        return ParameterRate("learning_rate")
    return None


def check_lowering(model, rate, lr_patience, patience):
    """Raise ValueError if the learning rate cannot be lowered, or would never be.

    Parameters
    ----------
    model : classifier
        What is trained.

    rate : OptimizerRate, ParameterRate or None
        Of `learning_rate_of`.

    lr_patience, patience : int
        Epochs without an improvement until the rate is lowered, and until training ends.
    """
    if rate is None:
        raise ValueError(
            f"reduce_lr_on_plateau needs a learning rate that can be lowered between epochs, and "
            f"of {type(model).__name__} none is known. It is known of MLPClassifier (solvers "
            "'adam' and 'sgd'), SGDClassifier (learning_rate 'constant', 'invscaling' or "
            "'adaptive') and HistGradientBoostingClassifier. Use one of these, or "
            "reduce_lr_on_plateau=None."
        )
    if lr_patience >= patience:
        raise ValueError(
            f"lr_patience={lr_patience} is not less than patience={patience}: training would end "
            "before the learning rate is lowered."
        )
