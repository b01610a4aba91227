"""From ranked lists of candidates to the snippets of a prompt: fused, shrunk, fitted.

Fusion is reciprocal rank fusion: G. Cormack, C. Clarke, S. Büttcher, "Reciprocal rank fusion
outperforms Condorcet and individual rank learning methods", SIGIR 2009. Their constant of 60 suits
lists of a thousand; ours hold a few dozen, of which the first few matter.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from qwen_lsp.context.forms import Ranges
from qwen_lsp.context.one_line import with_heads_on_one_line
from qwen_lsp.context.place import Candidate, ReadLines
from qwen_lsp.context.snippet import Context, Snippet, Source

_RANK = 8
# What a list's word counts for.
WEIGHTS: Mapping[Source, float] = {
    "members": 1.5,
    "definition": 1.0,
    "import": 0.8,
    "base": 1.2,
    "usage": 1.0,
    "sibling": 0.5,
    "recent": 0.8,
    "similar": 1.2,
}
# No snippet takes more than this part of the budget while it has a shorter form.
_LARGEST_SHARE = 0.25
_NOTHING = Context()
# These show code as it is written, so they stand next to the file.
_EXAMPLES: tuple[Source, ...] = ("usage", "recent", "similar")


def fused(lists: Sequence[Sequence[Candidate]]) -> list[Candidate]:
    """Return all candidates, the best first; one found in several ways is one.

    It keeps the reason that counted most.
    """
    scores: dict[tuple[str, int], float] = {}
    best: dict[tuple[str, int], tuple[float, Candidate]] = {}
    for candidates in lists:
        for rank, one in enumerate(candidates):
            score = WEIGHTS[one.source] / (_RANK + rank)
            scores[one.key] = scores.get(one.key, 0.0) + score
            if one.key not in best or score > best[one.key][0]:
                best[one.key] = score, one
    return [best[key][1] for key in sorted(best, key=lambda key: -scores[key])]


def snippets_of(
    candidates: Iterable[Candidate],
    forms: Callable[[Candidate], tuple[Sequence[Ranges], Mapping[int, int]]],
    read: ReadLines,
) -> Iterator[tuple[Snippet, ...]]:
    """Yield each candidate's forms as snippets, the longest first, if its file can be read.

    Args:
        candidates: the best first.
        forms: gives the lines of each form of one, and its heads: last lines by first lines.
        read: gives the lines of files.
    """
    for one in candidates:
        lines = read(one.path)
        ranges, heads = forms(one)
        snippets = [
            Snippet(one.path, form, text_of(lines, form, heads), one.source, one.reason)
            for form in ranges
            if form and form[-1][1] < len(lines)
        ]
        if snippets:
            yield tuple(snippets)


def fitted(
    forms: Sequence[tuple[Snippet, ...]],
    budget: int,
    count: Callable[[Snippet], int],
    before: Context = _NOTHING,
) -> Context:
    """Return what fits into a budget of tokens, and what is left out.

    Each snippet takes its longest form that leaves something for the others; a shorter one before
    none at all. What an earlier snippet shows is not shown again.

    Args:
        forms: of each thing found, the best thing and its longest form first.
        budget: most tokens of all together.
        count: tells how many tokens a form has in the prompt.
        before: the last context of the same document. As far as its beginning is wanted again, the
            new one begins the same, so that the engine need not evaluate it again.
    """
    chosen: list[Snippet] = []
    left_out: list[Snippet] = []
    shown: dict[str, list[tuple[int, int]]] = {}
    left = budget
    for each in forms:
        fresh = [form for form in each if not _covered(form, shown.get(form.path, ()))]
        if not fresh:
            continue
        limit = min(left, max(int(budget * _LARGEST_SHARE), 1))
        for form in fresh:
            tokens = count(form)
            if tokens <= limit or (form is fresh[-1] and tokens <= left):
                chosen.append(replace(form, tokens=tokens))
                shown.setdefault(form.path, []).extend(form.ranges)
                left -= tokens
                break
        else:
            left_out.append(replace(fresh[-1], tokens=count(fresh[-1])))
    return Context(_as_before(_ordered(chosen), before.snippets), tuple(left_out), budget)


def text_of(lines: Sequence[str], ranges: Ranges, heads: Mapping[int, int]) -> str:
    """Return the lines of the ranges, heads on one line, without blank lines at either end."""
    return "\n".join(with_heads_on_one_line(lines, ranges, heads)).strip("\n")


def _ordered(chosen: Sequence[Snippet]) -> tuple[Snippet, ...]:
    """Return the snippets as the prompt has them: definitions by file, then examples, best last."""
    definitions = [one for one in reversed(chosen) if one.source not in _EXAMPLES]
    examples = [one for one in reversed(chosen) if one.source in _EXAMPLES]
    by_file: dict[str, list[Snippet]] = {}
    for one in definitions:
        by_file.setdefault(one.path, []).append(one)
    # A file comes where its best snippet is.
    paths = sorted(by_file, key=lambda path: max(definitions.index(one) for one in by_file[path]))
    grouped = [one for path in paths for one in sorted(by_file[path], key=lambda each: each.ranges)]
    return (*grouped, *examples)


def _as_before(snippets: tuple[Snippet, ...], before: tuple[Snippet, ...]) -> tuple[Snippet, ...]:
    wanted = {(one.path, one.ranges, one.text): one for one in snippets}
    kept = []
    for one in before:
        if (again := wanted.pop((one.path, one.ranges, one.text), None)) is None:
            break
        kept.append(again)
    return (*kept, *wanted.values())


def _covered(form: Snippet, shown: Sequence[tuple[int, int]]) -> bool:
    """Whether most of a snippet's lines are shown already."""
    lines = {line for first, last in form.ranges for line in range(first, last + 1)}
    seen = {line for first, last in shown for line in range(first, last + 1)}
    return len(lines & seen) * 2 > len(lines)
