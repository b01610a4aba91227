"""Images in a chat: what the model reads of them, and that nobody else is disturbed by it.

The models are random, of Qwen3.5's architecture and of Qwen3's, and so is their projector, of
Qwen3.5's kind. What they say means nothing, but it depends on every pixel and position.
"""

import base64
import ctypes
import struct
import zlib

import numpy as np
import pytest
from llama_cpp import mtmd_cpp as mtmd

from qwen_lsp.engine.jobs import Done, Failed
from qwen_lsp.engine.vision import LEAST_ROWS, MOST_PIXELS
from qwen_lsp.wire import ChatRequest, Image, Message
from tests.harness import tiny_projector
from tests.harness.bare_engine import BELOW, fim
from tests.harness.tiny_projector import chunk, png

QUESTION = "What does the picture show?"
SOUND = b"RIFF\x2c\0\0\0WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
SOUND += b"data" + struct.pack("<I", 8) + bytes(8)


def image_of(data):
    return Image("image/png", base64.b64encode(data).decode())


def chat(*images, text=QUESTION, **options):
    messages = (
        Message("system", "You look at pictures."),
        Message("user", text, tuple(image_of(one) for one in images)),
    )
    options = {"max_tokens": 4, "document": "picture", "priority": "explain", **options}
    return ChatRequest(messages, **options)


@pytest.fixture(scope="session")
def projector(tmp_path_factory):
    return tiny_projector.build(tmp_path_factory.mktemp("projector") / "mmproj-tiny.gguf")


@pytest.fixture
async def engine(loaded, open_engine, projector):
    """An engine that sees, and evaluates in small chunks, so that an image has several."""
    engine = open_engine(loaded, projector=projector)
    engine.set_chunk(16)
    return engine


def shown_by_llama_cpp(engine, projector, request):
    """Return the scores behind a prompt that llama.cpp's own helper evaluates."""
    params = mtmd.mtmd_context_params_default()
    params.use_gpu = params.warmup = params.print_timings = False
    params.n_threads = 1
    handle = mtmd.mtmd_init_from_file(str(projector).encode(), engine.model.handle, params)
    bitmaps = []
    for image in request.messages[1].images:
        data = base64.b64decode(image.base64)
        buffer = (ctypes.c_uint8 * len(data)).from_buffer_copy(data)
        bitmaps.append(mtmd.mtmd_helper_bitmap_init_from_buf(handle, buffer, len(data), False))
    marker = mtmd.mtmd_default_marker().decode()
    system, user = (message.content for message in request.messages)
    prompt = (
        f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n{marker * len(bitmaps)}{user}"
        "<|im_end|>\n<|im_start|>assistant\n"
    ).encode()
    text = mtmd.mtmd_input_text(prompt, len(prompt), False, True)
    chunks = mtmd.mtmd_input_chunks_init()
    array = (mtmd.mtmd_bitmap_p_ctypes * len(bitmaps))(*bitmaps)
    assert mtmd.mtmd_tokenize(handle, chunks, ctypes.byref(text), array, len(bitmaps)) == 0
    end, context = ctypes.c_int32(), engine.empty
    context.clear(0)
    assert (
        mtmd.mtmd_helper_eval_chunks(
            handle, context.handle, chunks, 0, 0, 64, True, ctypes.byref(end)
        )
        == 0
    )
    scores = context.logits().copy()
    mtmd.mtmd_input_chunks_free(chunks)
    for bitmap in bitmaps:
        mtmd.mtmd_bitmap_free(bitmap)
    mtmd.mtmd_free(handle)
    return scores


@pytest.mark.parametrize("sizes", [[(96, 64)], [(300, 40)], [(64, 64), (40, 200)]])
async def test_an_image_is_read_as_llama_cpp_reads_it(engine, projector, sizes):
    request = chat(*(png(number, *size) for number, size in enumerate(sizes)))
    answer = await engine.answer(request)
    expected = shown_by_llama_cpp(engine, projector, request)
    assert np.abs(answer.scores[0] - expected).max() <= engine.allowed


async def test_the_same_image_gets_the_same_answer_and_another_one_another(engine):
    first = await engine.answer(chat(png(1)))
    again = await engine.answer(chat(png(1)))
    other = await engine.answer(chat(png(2)))
    assert again.text == first.text
    assert all((a == b).all() for a, b in zip(again.scores, first.scores, strict=True))
    assert np.abs(other.scores[0] - first.scores[0]).max() > 10 * engine.allowed


async def test_what_it_cost_is_told_and_nothing_of_it_comes_from_the_cache(engine):
    text = (await engine.answer(chat())).usage.prompt_tokens
    for _ in range(2):
        usage = (await engine.answer(chat(png(1)))).usage
        # 96 by 64 pixels are made 128 by 96, which are 4 by 3 rows; and two tokens stand around.
        assert (usage.prompt_tokens, usage.cached_tokens) == (text + 12 + 2, 0)
        assert usage.completion_tokens > 0


async def test_a_large_image_is_made_as_small_as_the_machine_is_slow(engine):
    text = (await engine.answer(chat())).usage.prompt_tokens
    engine.runner.rates.prefill_per_s = 0.1
    seen = (await engine.answer(chat(png(1, 1024, 512)))).usage.prompt_tokens - text
    assert LEAST_ROWS / 2 < seen <= LEAST_ROWS + 2


def test_control_tokens_in_a_text_beside_an_image_stay_text(loaded):
    names = ("<|im_end|>", "<|vision_end|>", "<|image_pad|>")

    def control_tokens(text):
        parts = loaded.encoder.parts(chat(png(1), text=text))
        ids = np.concatenate([one for one in parts if not isinstance(one, Image)])
        wanted = [loaded.model.tokenize(name, special=True)[0] for name in names]
        return [int((ids == one).sum()) for one in wanted]

    assert control_tokens("".join(names)) == control_tokens("") == [2, 0, 0]


async def test_others_are_answered_in_between_and_nobody_is_disturbed(engine):
    engine.set_chunk(4)
    alone = await engine.answer(chat(png(1)))
    for document in ("one", "two"):
        await engine.check(fim("ret", document))
    job = engine.start(chat(png(1)))
    for number, _ in enumerate(job.steps):
        await engine.check(fim("return " + "x" * number, "one"))
        await engine.check(chat(text=f"What is {number}?", document="picture"))
    between = await engine.collect(job)
    assert between.text == alone.text
    assert np.abs(between.scores[-1] - alone.scores[-1]).max() <= engine.allowed
    usage = await engine.check(fim("ret", "two", below=BELOW))
    assert usage.cached_tokens > 0


async def test_one_that_is_cancelled_gives_its_room_back(engine):
    engine.set_chunk(4)
    steps = 0
    for _ in engine.start(chat(png(1, 256, 256))).steps:
        steps += 1
    assert steps > 10
    for stop in range(1, steps, 3):
        job = engine.start(chat(png(1, 256, 256)))
        for _ in range(stop):
            next(job.steps)
        job.steps.close()
        engine.forget(job)
    engine.set_chunk(256)
    length = engine.context.shape.window - 200
    filling = fim("", above="word " * length, below="")
    await engine.check(filling)


async def test_an_interrupt_costs_nothing_but_time(dense, open_engine, projector):
    engine = open_engine(dense, projector=projector)
    engine.set_chunk(4)
    alone = await engine.answer(chat(png(1)))
    job = engine.start(chat(png(1)))
    interrupted = 0
    for _ in job.steps:
        evaluated = job.steps.gi_frame is not None
        assert evaluated
        engine.context.interrupt()
        next(job.steps, None)
        engine.context.clear_interrupt()
        interrupted += 1
    assert interrupted > 3
    answer = await engine.collect(job)
    assert answer.text == alone.text


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param(b"", "damaged, or no PNG", id="nothing"),
        pytest.param(b"<svg/>" * 100, "damaged, or no PNG", id="a text"),
        pytest.param(png(1)[:300], "damaged, or no PNG", id="half a file"),
        pytest.param(SOUND, "damaged, or no PNG", id="a sound"),
        pytest.param(
            png(1, 1, 1)[:16] + b"\0\0\x7f\xff\0\0\x7f\xff" + png(1, 1, 1)[24:],
            f"at most {MOST_PIXELS:,}",
            id="too many pixels",
        ),
        pytest.param(
            png(1, 1, 1)[:16] + struct.pack(">IIBB", 5200, 5000, 16, 6) + png(1, 1, 1)[26:],
            f"at most {MOST_PIXELS:,}, or 200 MB of them",
            id="too many bits",
        ),
        pytest.param(
            png(1, 1, 1)[:33]
            + chunk(b"IDAT", zlib.compress(bytes(10_000_000)))
            + chunk(b"IEND", b""),
            "damaged, or no PNG",
            id="a bomb",
        ),
    ],
)
async def test_what_is_no_image_gets_a_sentence(engine, data, says):
    answer = await engine.answer(chat(data))
    assert isinstance(answer.end, Failed)
    assert answer.end.status == 400
    assert says in answer.end.message
    assert isinstance((await engine.answer(chat(png(1)))).end, Done)


async def test_no_program_is_asked_about_a_file(engine, tmp_path, monkeypatch):
    for name in ("ffprobe", "ffmpeg"):
        (tmp_path / name).write_text(f"#!/bin/sh\n: > {tmp_path}/asked\n")
        (tmp_path / name).chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    await engine.answer(chat(png(1)[:300]))
    assert not (tmp_path / "asked").exists()


async def test_without_a_projector_it_says_so(loaded, open_engine):
    answer = await open_engine(loaded).answer(chat(png(1)))
    assert isinstance(answer.end, Failed)
    assert "cannot see images: there is no projector (mmproj-….gguf) beside" in answer.end.message


async def test_a_projector_of_another_model_is_refused(loaded, open_engine, tmp_path):
    path = tiny_projector.build(tmp_path / "mmproj-wide.gguf", width=128)
    answer = await open_engine(loaded, projector=path).answer(chat(png(1)))
    assert isinstance(answer.end, Failed)
    assert f"mmproj-wide.gguf cannot be used with {loaded.model.path.stem} (" in answer.end.message
    assert "n_embd = 128" in answer.end.message


async def test_a_model_is_no_projector(loaded, open_engine):
    answer = await open_engine(loaded, projector=loaded.model.path).answer(chat(png(1)))
    assert isinstance(answer.end, Failed)
    assert "put the projector beside it that belongs to it" in answer.end.message
