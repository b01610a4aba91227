"""What of the workspace may help at a place: lists of candidates, one for each way to find them.

Pure look-ups over the index view; the lists are ranked, the best first. What fits is decided later.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from qwen_lsp.context.in_play import NameInPlay
from qwen_lsp.context.known_members import NOTHING_KNOWN, Members
from qwen_lsp.context.likeness import likeness, weights_of_words
from qwen_lsp.context.mentions import lines_with
from qwen_lsp.context.neighbours import Known, definition_of, name_of_import
from qwen_lsp.context.place import Candidate, Place
from qwen_lsp.context.snippet import Source
from qwen_lsp.index.declared import bare_type, last_part, type_of_name
from qwen_lsp.index.facts import OWNERS, Symbol
from qwen_lsp.index.lookup import Lookup
from qwen_lsp.index.receiver import name_of_link, receiver, receiver_of
from qwen_lsp.index.stored import Definition
from qwen_lsp.index.words import parts

# Names near the cursor whose definitions are looked for.
_MOST_NAMES = 32
_MOST_IMPORTS = 24
_MOST_NEIGHBOURS = 24
# Of a module's definitions, how many may be shown: the ones most like the names in play.
_MOST_OF_A_MODULE = 30
# Variables whose class is looked for.
_MOST_VARIABLES = 12
# A name that so many things have says nothing unless it is known which is meant.
_FEW = 3
# More files than that define a common name.
_COMMON = 64


class Related:
    """The ways to find what is related to one place.

    Args:
        lookup: the workspace.
        place: the cursor.
        nearby: names that files near the document know.
        function: lines that tell what classes names are of, the nearest last; without any, those
            above the cursor in the function around it.
    """

    def __init__(
        self,
        lookup: Lookup,
        place: Place,
        nearby: Mapping[str, Known],
        function: Sequence[str] = (),
    ) -> None:
        self._lookup = lookup
        self._place = place
        self._nearby = nearby
        self._names = frozenset(one.name for one in place.names)
        self._words = weights_of_words(place.names)
        self._function = function or _lines_of_function(place)

    def members(self) -> list[Candidate]:
        """Return the class of what stands before the dot at the cursor, with its members."""
        chain = receiver_of(self._place.before)
        if not chain:
            return []
        if (owner := self._class_of_receiver()) is not None:
            reason = f"members of {{}}, the class of `{'.'.join(chain)}`"
            return self._class_with_bases(owner, "members", reason)
        if len(chain) == 1 and (module := self._module_named(chain[0])):
            found = [
                (likeness(one.symbol.name, self._words), one) for one in self._defined_in(module)
            ]
            best = sorted(found, key=lambda pair: -pair[0])[:_MOST_OF_A_MODULE]
            return [
                _candidate(one, "members", f"`{one.symbol.name}` of `{chain[0]}`")
                for _, one in best
            ]
        name = name_of_link(chain[-1])
        if (owner := self._called_like(name)) is not None:
            reason = f"members of {{}}, which `{name}` is called after"
            return self._class_with_bases(owner, "members", reason)
        return []

    def known_members(self) -> Members:
        """Return the names of the members of what stands before the dot at the cursor."""
        chain = receiver_of(self._place.before)
        if not chain:
            return NOTHING_KNOWN
        owner = self._class_of_receiver()
        is_guess = owner is None
        if owner is None:
            if len(chain) == 1 and (module := self._module_named(chain[0])):
                return self._names_in(module)
            owner = self._called_like(name_of_link(chain[-1]))
        if owner is None:
            return NOTHING_KNOWN
        members, is_all = self._lookup.view.all_members(owner)
        names = dict.fromkeys(one.symbol.name for one in members)
        return Members(tuple(names), is_all=is_all and not is_guess)

    def _names_in(self, module: str) -> Members:
        """Return the names that a module defines or imports."""
        imported = [name_of_import(one) for one, _ in self._lookup.imports(module)]
        defined = [one.symbol.name for one in self._defined_in(module)]
        is_meant = any(module in files for _, files in self._lookup.imports(self._place.path))
        names = tuple(dict.fromkeys(one for one in (*defined, *imported) if one != "*"))
        return Members(names, is_all=is_meant and "*" not in imported)

    def _class_of_receiver(self) -> Definition | None:
        """Return the class of what stands before the dot at the cursor, if something tells."""
        place = self._place
        found = receiver(place.before, place.facts, place.line, self._function)
        if found is None:
            return None
        path, name = place.path, found.class_name
        if found.rest:
            path, name = self._lookup.follow(place.path, found.class_name, found.rest)
        return next(iter(self._classes(path, name)), None) if name else None

    def variables(self) -> list[Candidate]:
        """Return the classes of the variables in play, nearest first."""
        place, found = self._place, list[Candidate]()
        plain = [
            one.name
            for one in place.names
            if not one.is_called and not one.is_member and not one.name[:1].isupper()
        ]
        for name in plain[:_MOST_VARIABLES]:
            written = type_of_name(name, self._function, place.facts.language)
            for owner in self._classes(place.path, written)[:1] if written else ():
                reason = f"{{}}, the class of `{name}`"
                found += self._class_with_bases(owner, "definition", reason)[:2]
        return found

    def definitions(self) -> list[Candidate]:
        """Return the definitions of names in play, in the order of their names."""
        found = []
        names = self._place.names[:_MOST_NAMES]
        meanings = self._lookup.meanings(self._place.path, [one.name for one in names], _FEW + 1)
        for one in names:
            definition = self._meant_by(one, meanings[one.name])
            if definition is not None and not self._is_shown(definition):
                what = "attribute" if definition.symbol.kind == "field" else definition.symbol.kind
                reason = f"{what} `{one.name}`, used nearby"
                found.append(_candidate(definition, "definition", reason))
        return found

    def imports(self) -> list[Candidate]:
        """Return what the file imports: first what it does not use yet, then the rest by nearness.

        A name that was imported and is not used yet is what the user is about to write.
        """
        place, found = self._place, list[Candidate]()
        imported = [(one, files) for one, files in self._lookup.imports(place.path) if files]
        names = dict.fromkeys(name_of_import(one) for one, _ in imported)
        text = "\n".join(place.lines)
        new = {name for name in names if lines_with(name, text, 2) < 2}
        ranked = sorted(
            names,
            key=lambda name: (name not in new, -likeness(name, self._words)),
        )
        meanings = self._lookup.meanings(place.path, ranked[:_MOST_IMPORTS], 1)
        for name, answers in meanings.items():
            reason = f"`{name}`, imported" + (" and not used yet" if name in new else "")
            for definition, _ in answers:
                if not self._is_shown(definition):
                    found.append(_candidate(definition, "import", reason))
        return found

    def bases(self) -> list[Candidate]:
        """Return the classes that the class around the cursor extends."""
        place, found = self._place, list[Candidate]()
        owner = next((one for one in _around(place) if one.kind in OWNERS), None)
        for base in owner.bases if owner else ():
            for one in self._classes(place.path, base)[:1]:
                reason = f"{{}}, which `{owner.name}` extends" if owner else ""
                found += self._class_with_bases(one, "base", reason)
        return found

    def known_nearby(self, texts: Iterable[str]) -> list[Candidate]:
        """Return what files nearby know and the document does not, what is most like it first.

        Args:
            texts: of similar code; what is used there comes first.
        """
        used: dict[str, None] = {}
        for text in texts:
            used |= dict.fromkeys(re.findall(r"[^\W\d]\w*", text))
        mentioned = [name for name in used if name in self._nearby]
        own = self._names | {one.name for one in self._place.facts.symbols}
        others = sorted(
            (name for name in self._nearby if name not in used),
            key=lambda name: -(likeness(name, self._words) + min(self._nearby[name].count, 8) / 16),
        )
        names = [name for name in (*mentioned, *others) if name not in own]
        # Most are found at once where they are said to be; whole files need not be read for them.
        originals = [self._nearby[name].original for name in names[:_MOST_NEIGHBOURS]]
        defined = self._lookup.view.definitions_of_each(list(filter(None, originals)), _COMMON)
        found = []
        for name in names:
            known = self._nearby[name]
            definition = definition_of(self._lookup, known, defined.get(known.original, ()))
            if definition is None or self._is_shown(definition):
                continue
            where = "similar code uses" if name in used else "files nearby know"
            found.append(_candidate(definition, "sibling", f"`{name}`, which {where}"))
            if len(found) == _MOST_NEIGHBOURS:
                break
        return found

    def _meant_by(
        self, one: NameInPlay, answers: Sequence[tuple[Definition, bool]]
    ) -> Definition | None:
        """Return what a name near the cursor means, as far as that is likely enough."""
        fitting = [
            (definition, is_seen)
            for definition, is_seen in answers
            # A plain name is no method, and what follows a dot is nothing of the top level.
            if one.is_member or not definition.symbol.owner
        ]
        if fitting and fitting[0][1]:
            return fitting[0][0]
        if not one.is_called and not one.name[:1].isupper():
            return None  # a variable here, whatever it is elsewhere
        if (known := self._nearby.get(one.name)) is not None and not one.is_member:
            return definition_of(self._lookup, known)
        return fitting[0][0] if fitting and len(answers) <= _FEW else None

    def _classes(self, path: str, written: str) -> list[Definition]:
        """Return the classes that a type as written means in a file, best first."""
        name = last_part(bare_type(written) or written)
        found = self._lookup.meanings(path, [name])[name]
        classes = [
            (one, is_seen)
            for one, is_seen in found
            if one.symbol.kind in OWNERS and one.symbol.kind != "module"
        ]
        if classes and not classes[0][1] and (known := self._nearby.get(name)) is not None:
            better = definition_of(self._lookup, known)
            if better is not None and better.symbol.kind in OWNERS:
                return [better]
        return [one for one, _ in classes]

    def _class_with_bases(self, owner: Definition, source: Source, reason: str) -> list[Candidate]:
        """Return a class and those that it has members from, the nearest first."""
        members = self._lookup.view.members(owner)
        owners = dict.fromkeys([(owner.path, owner.symbol.qualified_name)])
        owners |= dict.fromkeys((one.path, one.symbol.owner) for one in members)
        found = []
        for path, qualified_name in owners:
            for symbol in self._lookup.symbols(path):
                if symbol.qualified_name == qualified_name and symbol.kind in OWNERS:
                    one = Definition(path, symbol)
                    if not self._is_shown(one):
                        why = reason.format(f"`{symbol.name}`")
                        found.append(_candidate(one, source, why))
                    break
        return found

    def _module_named(self, name: str) -> str:
        """Return the file of the module that goes by a name here or in files nearby, "" if none."""
        files: Sequence[str] = next(
            (
                targets
                for one, targets in self._lookup.imports(self._place.path)
                if name_of_import(one) == name and targets
            ),
            (),
        )
        if not files and (known := self._nearby.get(name)) is not None:
            files = known.files
        # What is taken out of a module is none, unless it is called like its file.
        return files[0] if files and not self._is_defined_in(files[0], name) else ""

    def _defined_in(self, path: str) -> list[Definition]:
        """Return what a module defines on its top level."""
        return [
            Definition(path, symbol)
            for symbol in self._lookup.symbols(path)
            if not symbol.owner and symbol.kind != "module"
        ]

    def _is_defined_in(self, path: str, name: str) -> bool:
        return bool(self._lookup.named(path, [name]))

    def _called_like(self, name: str) -> Definition | None:
        """Return the class that a variable is called after: `task_store` after `TaskStore`."""
        words = parts(name)
        for start in range(len(words)):
            wanted = words[start:]
            guess = "".join(word[:1].upper() + word[1:] for word in wanted)
            for owner in self._classes(self._place.path, guess)[:1]:
                return owner
            for known in [one for one in self._nearby if parts(one)[-len(wanted) :] == wanted][:1]:
                one = definition_of(self._lookup, self._nearby[known])
                if one is not None and one.symbol.kind in OWNERS:
                    return one
        return None

    def _is_shown(self, one: Definition) -> bool:
        symbol = one.symbol
        return self._place.shows(one.path, symbol.first_line, symbol.last_line)


def _candidate(one: Definition, source: Source, reason: str) -> Candidate:
    return Candidate(one.path, source, reason, one.symbol)


def _around(place: Place) -> Iterator[Symbol]:
    """Yield the symbols around the cursor, the innermost first."""
    around = [one for one in place.facts.symbols if one.first_line <= place.line <= one.last_line]
    yield from sorted(around, key=lambda one: -one.first_line)


def _lines_of_function(place: Place) -> list[str]:
    """Return the lines above the cursor in the function around it, with its head."""
    heads = [
        one.first_line
        for one in _around(place)
        if one.kind in ("function", "method", "constructor")
    ]
    # The outermost function: what an inner one sees counts as well.
    first = min(heads, default=max(place.line - 40, 0))
    return [*place.lines[first : place.line], place.before]
