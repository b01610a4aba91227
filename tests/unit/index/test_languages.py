from pathlib import PurePath

import pytest

from qwen_lsp.index.languages import LANGUAGES, language_of, language_of_id

CPP_HEADER = b"#pragma once\nnamespace a {\nclass B : public C {\n public:\n  int d;\n};\n}\n"


@pytest.mark.parametrize(
    ("name", "head", "language"),
    [
        pytest.param("a/b.py", b"", "python", id="a suffix"),
        pytest.param("B.TSX", b"", "tsx", id="a suffix in capitals"),
        pytest.param("types.d.ts", b"", "typescript", id="the last of two suffixes"),
        pytest.param("Gemfile", b"", "ruby", id="a file name"),
        pytest.param("run", b"#!/usr/bin/env python3.11\n", "python", id="a shebang with env"),
        pytest.param("run", b"#!/bin/bash -e\n", "bash", id="a shebang with a path"),
        pytest.param("run", b"#!/usr/bin/env -S node --x\n", "javascript", id="env with an option"),
        pytest.param("run", b"#!/usr/bin/perl\n", None, id="an interpreter that is not known"),
        pytest.param("run", b"print(1)\n", None, id="neither"),
        pytest.param("a.txt", b"#!/bin/sh\n", None, id="a suffix that is not known"),
        pytest.param("a.h", b"int f(void);\n", "c", id="a header"),
        pytest.param(
            "a.h", b"struct class_list;\nint template_of(int);\n", "c", id="words like C++"
        ),
        pytest.param("a.h", CPP_HEADER, "cpp", id="a header with a class"),
        pytest.param("a.h", b"#include <vector>\n", "cpp", id="a header of C++'s library"),
        pytest.param("a.h", b"#ifdef X\n#include <x.h>\n", "c", id="a header of C's library"),
    ],
)
def test_the_language_of_a_file_is_told_by(name, head, language):
    assert language_of(PurePath(name), head) == language


def test_the_language_of_an_editor_is_told_by_its_id():
    assert language_of_id("typescriptreact") == "tsx"
    assert language_of_id("plaintext") is None


def test_no_two_languages_claim_one_file():
    for claims in ("suffixes", "file_names", "interpreters", "language_ids"):
        claimed = [one for language in LANGUAGES for one in getattr(language, claims)]
        assert len(claimed) == len(set(claimed))
