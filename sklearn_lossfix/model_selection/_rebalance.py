"""Give parts of components the sizes and class counts that they would have of single rows."""

import numpy as np

# A component is placed by hand if it holds more than this share of a part: random parts of smaller
# ones come out even by themselves, up to what moving single rows repairs.
HEAVY_SHARE = 1 / 200

# Shares of rows are no whole numbers: so far may a part be from what was meant.
ROUNDING_ROWS = 1.5

# Most components of several classes that are placed by hand, the largest first; a limit on time.
MOST_MIXED = 20_000


def rebalanced_parts(part, components, codes=None):
    """Move components between parts until the parts have the sizes that were meant.

    Meant is, for every part and class, the share of all components that the part was given, of the
    rows. Large components are placed one by one, each where it fits best (longest processing time
    first, Graham 1969); then the smallest components of one class make up for what is left.

    Parameters
    ----------
    part : ndarray of shape (n_components,), dtype int
        Part of each component, 0 to n_parts - 1, as a splitter of components drew it.
    components : Components
        The components.
    codes : ndarray of shape (n_rows,), dtype int, default=None
        Class of each row; None balances sizes only.

    Returns
    -------
    ndarray of shape (n_components,), dtype int
        The same array where parts are even already.
    """
    sizes = components.sizes
    if int(sizes.max()) == 1:
        return part
    n_parts = int(part.max()) + 1
    codes = np.zeros(len(components.codes), dtype=np.intp) if codes is None else codes
    n_classes = int(codes.max()) + 1
    share = np.bincount(part, minlength=n_parts) / len(part)
    target = share[:, None] * np.bincount(codes, minlength=n_classes)
    held = _held(part, components, codes, n_parts, n_classes)
    if np.abs(held - target).max() <= ROUNDING_ROWS:
        return part
    pure = components.are_pure(codes)
    large = sizes > max(1.0, sizes.sum() * HEAVY_SHARE / n_parts)
    by_hand = np.flatnonzero(large)
    # Single rows make up for small components of several classes, if there are enough of them.
    out, held = _placed_and_levelled(part, by_hand, pure, components, codes, held, target)
    mixed = np.flatnonzero(~pure & ~large)
    if mixed.size and np.abs(held - target).max() > ROUNDING_ROWS:
        mixed = mixed[np.argsort(-sizes[mixed], kind="stable")][:MOST_MIXED]
        by_hand = np.concatenate([by_hand, mixed])
        held = _held(part, components, codes, n_parts, n_classes)
        out, _ = _placed_and_levelled(part, by_hand, pure, components, codes, held, target)
    return out


def _placed_and_levelled(part, by_hand, pure, components, codes, held, target):
    """Place some components one by one, then level out the classes; changes held."""
    part, sizes, movable = part.copy(), components.sizes, pure.copy()
    if by_hand.size:
        heavy = by_hand[np.argsort(-sizes[by_hand], kind="stable")]
        counts = _class_counts(heavy, components, codes, held.shape[1])
        np.subtract.at(held, part[heavy], counts)
        _place(part, heavy, counts, held, target)
        movable[heavy] = False
    own = codes[components.first]
    for code in range(held.shape[1]):
        chosen = np.flatnonzero(movable & (own == code))
        _level(part, chosen, sizes, held[:, code], target[:, code])
    return part, held


def _class_counts(chosen, components, codes, n_classes):
    """Rows per class of some components."""
    place = np.full(components.n_components, -1)
    place[chosen] = np.arange(len(chosen))
    rows = np.flatnonzero(place[components.codes] >= 0)
    flat = place[components.codes[rows]] * n_classes + codes[rows]
    counts = np.bincount(flat, minlength=len(chosen) * n_classes)
    return counts.reshape(len(chosen), n_classes).astype(np.float64)


def _held(part, components, codes, n_parts, n_classes):
    """Rows per part and class."""
    flat = part[components.codes] * n_classes + codes
    return np.bincount(flat, minlength=n_parts * n_classes).reshape(n_parts, -1).astype(np.float64)


def _place(part, heavy, counts, held, target):
    """Give each heavy component to the part that misses its classes most; changes part and held."""
    weight = 1 / np.maximum(target, 1.0)
    for component, count in zip(heavy, counts, strict=True):
        # By how much the sum of (rows - target)^2 / target grows.
        cost = ((2 * (held - target) * count + count**2) * weight).sum(axis=1)
        best = int(cost.argmin())
        # At a tie, the splitter's own choice stands.
        if cost[part[component]] <= cost[best]:
            best = int(part[component])
        part[component] = best
        held[best] += count


def _level(part, movable, sizes, held, target):
    """Move components of one class from parts with too many of its rows; changes part and held."""
    its_sizes = sizes[movable]
    for size in np.flatnonzero(np.bincount(its_sizes))[::-1]:
        surplus = held - target
        give = np.floor(np.maximum(surplus, 0) / size + 0.5).astype(int)
        take = np.floor(np.maximum(-surplus, 0) / size + 0.5).astype(int)
        if not (give.any() and take.any()):
            continue
        same = movable[its_sizes == size]
        where = part[same]
        give = np.minimum(give, np.bincount(where, minlength=len(held)))
        n_moved = min(give.sum(), take.sum())
        if not n_moved:
            continue
        donors = _in_turn(surplus, give, size)[:n_moved]
        takers = _in_turn(-surplus, take, size)[:n_moved]
        moved = np.concatenate(
            [
                same[where == donor][::-1][: np.count_nonzero(donors == donor)]
                for donor in np.unique(donors)
            ]
        )
        donors = part[moved]
        part[moved] = takers
        np.subtract.at(held, donors, size)
        np.add.at(held, takers, size)


def _in_turn(excess, n_moves, size):
    """Parts in the order in which they move one component each: always the one with most excess."""
    part = np.repeat(np.arange(len(excess)), n_moves)
    turn = np.arange(len(part)) - np.repeat(np.cumsum(n_moves) - n_moves, n_moves)
    return part[np.argsort(turn * size - excess[part], kind="stable")]
