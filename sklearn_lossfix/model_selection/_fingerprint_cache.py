"""What checks said of tables that were seen before."""

from collections import OrderedDict
from hashlib import blake2b
from threading import Lock

import numpy as np

# Tables that are remembered: all outer folds of a nested cross-validation, and some.
MOST_REMEMBERED = 32


class FingerprintCache:
    """Answers of checks by the fingerprint of what they were asked about.

    Copies of a splitter share it, so that a table is searched once however often the splitter is
    cloned. It holds no values of tables, and travels empty to other processes.
    """

    def __init__(self):
        self._answers = OrderedDict()
        self._warned = OrderedDict()
        self._lock = Lock()

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __reduce__(self):
        return FingerprintCache, ()

    def __len__(self):
        return len(self._answers)

    def get(self, key):
        """What was kept under a key, or None."""
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
            return self._answers.get(key)

    def keep(self, key, answers):
        """Keep answers, and forget those that were not asked for longest."""
        with self._lock:
            _put(self._answers, key, answers)

    def first_warning(self, key):
        """Whether nobody warned of this key before; from now on somebody has."""
        with self._lock:
            is_first = key not in self._warned
            _put(self._warned, key, True)
            return is_first


def _put(memory, key, value):
    """Store a value as the latest one."""
    memory[key] = value
    memory.move_to_end(key)
    while len(memory) > MOST_REMEMBERED:
        memory.popitem(last=False)


def fingerprint(*parts):
    """Digest of arrays and of anything with a faithful text.

    Parameters
    ----------
    *parts : ndarray or object
        Arrays are read by their bytes, other things by their ``repr``.

    Returns
    -------
    bytes
    """
    digest = blake2b(digest_size=16)
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.dtype}{part.shape}".encode())
            digest.update(np.ascontiguousarray(part).data)
        else:
            digest.update(repr(part).encode())
        digest.update(b"|")
    return digest.digest()
