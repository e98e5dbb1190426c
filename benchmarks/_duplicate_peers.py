"""Ask a peer in a Python of its own which rows have a copy; run by `leakage.py`.

Usage: ``python _duplicate_peers.py PEER FILE.npz``. The file holds an array ``X`` and ``test``, a
mask of the rows of a test part. Prints JSON: the version, processor seconds of the call after a
first one on few rows, and the numbers of the rows that are flagged, or a share where the peer names
no rows.
"""

import json
import sys
import time
import warnings

import numpy as np


def cleanlab_issues(X, test):
    """Rows that are near duplicates of another one, by default settings."""
    import cleanlab
    from cleanlab import Datalab

    lab = Datalab({"row": np.arange(len(X))}, verbosity=0)
    lab.find_issues(features=X, issue_types={"near_duplicate": {}})
    flagged = lab.get_issues("near_duplicate")["is_near_duplicate_issue"].to_numpy()
    return cleanlab.__version__, {"flagged": np.flatnonzero(flagged).tolist()}


def deepchecks_mix(X, test):
    """The share of test rows that are in the training part, and what its default condition says."""
    import deepchecks
    import pandas as pd
    from deepchecks.tabular import Dataset
    from deepchecks.tabular.checks import TrainTestSamplesMix

    frame = pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])])
    parts = [Dataset(frame[rows], cat_features=[]) for rows in (~test, test)]
    check = TrainTestSamplesMix().add_condition_duplicates_ratio_less_or_equal()
    result = check.run(*parts)
    passed = bool(result.conditions_results[0].is_pass())
    return deepchecks.__version__, {"share": float(result.value["ratio"]), "passed": passed}


PEERS = {"cleanlab": cleanlab_issues, "deepchecks": deepchecks_mix}


def main():
    """Print the answer of a peer."""
    warnings.simplefilter("ignore")
    call, data = PEERS[sys.argv[1]], np.load(sys.argv[2])
    X, test = data["X"], data["test"]
    call(X[:300], test[:300])  # imports and caches
    start = time.process_time()
    version, answer = call(X, test)
    seconds = time.process_time() - start
    print(json.dumps({"version": version, "seconds": seconds, **answer}))


if __name__ == "__main__":
    main()
