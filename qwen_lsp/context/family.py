"""Which files are of one kind, by their names."""

from types import MappingProxyType

_RELATIVES = MappingProxyType(
    {
        **dict.fromkeys(("js", "jsx", "mjs", "cjs", "tsx", "mts", "cts", "vue", "svelte"), "ts"),
        **dict.fromkeys(("h", "hh", "hpp", "hxx", "cc", "cpp", "cxx"), "c"),
        **dict.fromkeys(("pyi", "pyx"), "py"),
        **dict.fromkeys(("kts",), "kt"),
    }
)


def family_of(path: str) -> str:
    """Return what files of one kind have in common: their suffix, or that of close relatives."""
    suffix = path.rpartition(".")[2].lower()
    return _RELATIVES.get(suffix, suffix)
