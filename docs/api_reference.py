"""The public names, in the order in which the API reference shows them.

One dictionary per public module:

``module``
    Where the names are imported from.
``title``, ``description``
    Heading and introduction of the section.
``names``
    The public names, in reading order.
``top_level``
    Whether ``sklearn_lossfix`` itself exports them as well.

``docs/conf.py`` renders the table to ``api.rst``; ``tests/test_public_api.py`` compares it with
``__all__``, and ``tests/test_docstrings.py`` validates the docstring of each name.
"""

API_REFERENCE = [
    {
        "module": "sklearn_lossfix.diagnosis",
        "title": "Diagnosis",
        "description": (
            "Where the loss and the metric of a classifier come from, as tables that sum exactly. "
            "See :doc:`ledgers` for the arithmetic and :doc:`findings` for what is looked for."
        ),
        "names": ["diagnose", "diagnose_predictions", "flip_table", "FitReport"],
        "top_level": True,
    },
    {
        "module": "sklearn_lossfix.preprocessing",
        "title": "Preprocessing",
        "description": "Columns scaled and capped by order statistics: exact, weighted, streamed, "
        "and correct where values are tied, missing, infinite or constant.",
        "names": ["MADScaler", "Winsorizer", "suggest_robust_steps"],
        "top_level": True,
    },
    {
        "module": "sklearn_lossfix.decision",
        "title": "Decision",
        "description": "From scores to labels: a decision rule as plain data, a classifier with "
        "its rule tuned for a metric, and one with its probabilities recalibrated.",
        "names": ["DecisionRule", "DecisionRuleClassifier", "RecalibratedClassifier"],
        "top_level": True,
    },
    {
        "module": "sklearn_lossfix.exceptions",
        "title": "Exceptions",
        "description": "What the package raises and warns with, beyond the built-in exceptions.",
        "names": [
            "LossfixError",
            "FrozenPartError",
            "TooFewRowsError",
            "CheckNotApplicable",
            "LossfixWarning",
            "ZeroSpreadWarning",
        ],
        "top_level": False,
    },
]
