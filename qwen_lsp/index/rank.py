"""Which nodes of a graph matter to a few given ones.

Personalised PageRank by forward push: R. Andersen, F. Chung, K. Lang, "Local Graph Partitioning
using PageRank Vectors", FOCS 2006. It visits the neighbourhood of the sources only, so its time
does not grow with the graph.
"""

from collections import deque
from collections.abc import Mapping, Sequence


def forward_push(
    graph: Mapping[int, Sequence[tuple[int, float]]],
    sources: Mapping[int, float],
    alpha: float = 0.15,
    epsilon: float = 1e-4,
) -> dict[int, float]:
    """Return how often a walk through a graph ends at each node; nodes never reached are left out.

    The walk begins at a source and ends with the probability `alpha` at each step. From a node
    without edges it goes on at a source.

    Args:
        graph: edges by the node they begin at: the node they lead to and a weight, not negative.
        sources: where the walk begins, with weights above 0.
        alpha: the larger, the nearer to the sources it stays; above 0, at most 1.
        epsilon: what may be left out at a node, per edge of it. At most 1 / (alpha * epsilon)
            edges are followed in all, besides those of the sources.

    Returns:
        Estimates, none above the true value; they sum up to 1 less what was left out.
    """
    total = sum(sources.values())
    beginning = tuple((node, weight / total) for node, weight in sources.items())
    ranks: dict[int, float] = {}
    # What has arrived at a node and was not passed on yet.
    residues = dict(beginning)
    # Sources are pushed even if they have so many edges that none of it reaches the limit.
    waiting = deque(residues)
    edges_of_an_end = len(beginning)
    while waiting:
        node = waiting.popleft()
        mass = residues[node]
        residues[node] = 0.0
        ranks[node] = ranks.get(node, 0.0) + alpha * mass
        edges = graph.get(node, ())
        weights = sum([weight for _, weight in edges])
        if not weights:
            edges, weights = beginning, 1.0
        share = (1.0 - alpha) * mass / weights
        for target, weight in edges:
            before = residues.get(target, 0.0)
            after = residues[target] = before + share * weight
            limit = epsilon * (len(graph.get(target, ())) or edges_of_an_end)
            # It waits already if it was above the limit before.
            if before < limit <= after:
                waiting.append(target)
    return ranks
