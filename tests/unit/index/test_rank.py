import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qwen_lsp.index.rank import forward_push

NODES = 8
ALPHA = 0.15

graphs = st.dictionaries(
    st.integers(0, NODES - 1),
    st.lists(
        st.tuples(st.integers(0, NODES - 1), st.sampled_from([0.0, 0.25, 1.0, 7.0])), max_size=6
    ),
)
some_sources = st.dictionaries(
    st.integers(0, NODES - 1), st.floats(0.1, 10), min_size=1, max_size=3
)


def exact(graph, sources):
    """Return the ranks by power iteration on all nodes."""
    beginning = [sources.get(node, 0.0) / sum(sources.values()) for node in range(NODES)]
    steps = []
    for node in range(NODES):
        edges = graph.get(node, ())
        weights = sum(weight for _, weight in edges)
        row = [0.0] * NODES if weights else beginning
        for target, weight in edges:
            row[target] += weight / weights if weights else 0.0
        steps.append(row)
    ranks = beginning
    # 0.85 to the power of 250 is 2e-18.
    for _ in range(250):
        ranks = [
            ALPHA * beginning[node]
            + (1 - ALPHA) * sum(ranks[other] * steps[other][node] for other in range(NODES))
            for node in range(NODES)
        ]
    return ranks


@settings(deadline=None)
@given(graphs, some_sources)
def test_ranks_are_those_of_power_iteration(graph, sources):
    found = forward_push(graph, sources, ALPHA, 1e-9)
    assert [found.get(node, 0.0) for node in range(NODES)] == pytest.approx(
        exact(graph, sources), abs=1e-6
    )


@settings(deadline=None)
@given(graphs, some_sources, st.sampled_from([1e-1, 1e-2, 1e-3]))
def test_an_estimate_is_too_small_by_no_more_than_what_was_left_out(graph, sources, epsilon):
    found = forward_push(graph, sources, ALPHA, epsilon)
    ranks = exact(graph, sources)
    missing = [ranks[node] - found.get(node, 0.0) for node in range(NODES)]
    assert min(missing) >= -1e-9
    # What is left at a node is below epsilon for each edge of it.
    edges = [len(graph.get(node, ())) or len(sources) for node in range(NODES)]
    assert sum(missing) <= epsilon * sum(edges) + 1e-9
    assert sum(found.values()) == pytest.approx(1 - sum(missing))


def test_a_node_without_edges_leads_back_to_the_sources():
    found = forward_push({0: [(1, 1.0)]}, {0: 1.0}, 0.5, 1e-9)
    # The walk goes 0, 1, 0, 1 and ends at each step in one of two cases.
    assert found == pytest.approx({0: 2 / 3, 1: 1 / 3}, abs=1e-6)


def test_a_source_alone_keeps_everything():
    assert forward_push({}, {3: 2.0}, ALPHA, 1e-9) == pytest.approx({3: 1.0}, abs=1e-6)


def test_nothing_comes_from_no_sources():
    assert forward_push({0: [(1, 1.0)]}, {}) == {}


def test_a_source_with_very_many_edges_is_passed_on_all_the_same():
    found = forward_push({0: [(node, 1.0) for node in range(1, 20_001)]}, {0: 1.0})
    assert found == {0: ALPHA}
    found = forward_push(
        {0: [(node, 1.0) for node in range(1, 20_001)], 1: [(0, 1.0)]}, {0: 1, 1: 1}
    )
    assert set(found) == {0, 1}


def test_a_heavier_edge_leads_to_a_higher_rank():
    found = forward_push({0: [(1, 1.0), (2, 3.0)]}, {0: 1.0})
    assert found[2] == pytest.approx(3 * found[1], rel=0.01)


def test_only_the_neighbourhood_of_the_sources_is_visited():
    class Counting(dict[int, list[tuple[int, float]]]):
        """A graph that keeps which nodes were asked for."""

        def __init__(self, edges):
            super().__init__(edges)
            self.asked = set()

        def get(self, node, default=None):
            self.asked.add(node)
            return super().get(node, default)

    ring = Counting({node: [((node + 1) % 100_000, 1.0)] for node in range(100_000)})
    forward_push(ring, {0: 1.0})
    assert len(ring.asked) < 100
