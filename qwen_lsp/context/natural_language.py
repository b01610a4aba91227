"""In which natural language a model is asked to answer."""

from types import MappingProxyType

# Codes that people write, by ISO 639-1; a model understands names better.
_NAMES = MappingProxyType(
    {
        "ar": "Arabic",
        "cs": "Czech",
        "da": "Danish",
        "de": "German",
        "el": "Greek",
        "en": "English",
        "es": "Spanish",
        "fi": "Finnish",
        "fr": "French",
        "he": "Hebrew",
        "hi": "Hindi",
        "hu": "Hungarian",
        "id": "Indonesian",
        "it": "Italian",
        "ja": "Japanese",
        "ko": "Korean",
        "nl": "Dutch",
        "no": "Norwegian",
        "pl": "Polish",
        "pt": "Portuguese",
        "ro": "Romanian",
        "ru": "Russian",
        "sv": "Swedish",
        "th": "Thai",
        "tr": "Turkish",
        "uk": "Ukrainian",
        "vi": "Vietnamese",
        "zh": "Chinese",
    }
)


def answer_in(language: str, instruction: str) -> str:
    """Return the sentence that says in which language to answer; "" where English is meant.

    Args:
        language: as set by the user: a name, a code such as "de" or "de-AT", or "".
        instruction: in the user's words, "" without one.
    """
    language = language.strip()
    if language:
        code = language.lower().replace("_", "-").partition("-")[0]
        name = _NAMES.get(code, language)
        return f"Answer in {name}; leave code and names as they are."
    if instruction.strip():
        return "Answer in the language of the question; leave code and names as they are."
    return ""
