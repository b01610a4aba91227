"""How many tokens a text has, as well as that can be told without a model."""

import re

# What one token of code mostly is: a word or nine letters of it, a digit, a run of marks, an
# indentation or an empty line, a letter of another alphabet. A single blank belongs to its word.
_TOKEN = re.compile(r"[A-Za-z]{1,9}|\d|[^\w\s]+|\s\s+|[^\x00-\x7f]")


def estimated_tokens(text: str) -> int:
    """Return about how many tokens a text has.

    Against the tokenizer of Qwen2.5 on pieces of 10 to 120 lines (700 of Python, JavaScript,
    TypeScript, Java, C, C++ and Ruby, 575 of markup, data and prose) the count is 6 % off on
    average and at most 13 % for nine pieces in ten, as often above as below. Data written as
    letters, such as Base64, has up to three times as many tokens as are counted here.
    """
    return len(_TOKEN.findall(text))
