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
        "names": [
            "diagnose",
            "diagnose_predictions",
            "diagnose_history",
            "flip_table",
            "FitReport",
            "Fix",
        ],
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
        "its rule tuned for a metric, one with its probabilities recalibrated, and the metrics "
        "that rules are tuned for.",
        "names": [
            "DecisionRule",
            "DecisionRuleClassifier",
            "RecalibratedClassifier",
            "register_metric",
            "from_scorer",
        ],
        "top_level": True,
    },
    {
        "module": "sklearn_lossfix.model_selection",
        "title": "Model selection",
        "description": "Hyper-parameters and decision rule chosen together for the metric, "
        "training that stops by what you choose, and folds that are checked for leakage and "
        "mended.",
        "names": [
            "MetricAlignedSearchCV",
            "EarlyStoppingClassifier",
            "LeakageCheckedSplit",
            "leakage_checked_train_test_split",
            "find_duplicate_groups",
            "assert_no_leakage",
        ],
        "top_level": True,
    },
    {
        "module": "sklearn_lossfix.imbalance",
        "title": "Class imbalance",
        "description": "The treatment of class imbalance that the data ask for, with probabilities "
        "under the data's own shares of the classes.",
        "names": ["AutoBalancedClassifier"],
        "top_level": True,
    },
    {
        "module": "sklearn_lossfix.onnx",
        "title": "Export",
        "description": "Classifiers with a decision rule as ONNX graphs, whose labels follow the "
        "rule. Needs the extra ``onnx``.",
        "names": ["to_onnx"],
        "top_level": False,
    },
    {
        "module": "sklearn_lossfix.skore",
        "title": "skore",
        "description": "Findings as checks of skore reports. Needs skore, 0.28 or later, which no "
        "extra installs.",
        "names": ["fit_report", "lossfix_checks"],
        "top_level": False,
    },
    {
        "module": "sklearn_lossfix.exceptions",
        "title": "Exceptions",
        "description": "What the package raises and warns with, beyond the built-in exceptions.",
        "names": [
            "LossfixError",
            "FrozenPartError",
            "InfeasibleConstraintError",
            "LeakageError",
            "TooFewRowsError",
            "TreatmentError",
            "CheckNotApplicable",
            "LossfixWarning",
            "LeakageWarning",
            "ZeroSpreadWarning",
        ],
        "top_level": False,
    },
]
