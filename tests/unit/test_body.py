"""A request's body: the JSON that it always was, and an image in it that is sent without a copy."""

import asyncio
import json
import tracemalloc
from contextlib import aclosing, suppress

import pytest

from qwen_lsp.inference.body import SLICE, Body, without_images
from qwen_lsp.inference.by_url.engine import UrlEngine
from qwen_lsp.inference.by_url.host import Address
from qwen_lsp.wire import ChatRequest, CompletionRequest, End, Image, Message, Piece, request_json

SMALL, LARGE = Image("image/png", "AAAA"), Image("image/jpeg", "Qk0=" * SLICE)
MODELS = json.dumps({"data": [{"id": "qwen2.5-coder"}]})
ANSWER = 'data: {"choices": [{"text": "Yes.", "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'


def chat(*contents):
    messages = (Message("user", text, tuple(images)) for text, *images in contents)
    return ChatRequest(tuple(messages), max_tokens=4)


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(CompletionRequest(("half \ud83d",), max_tokens=4), id="a completion"),
        pytest.param(chat(("x",)), id="a chat"),
        pytest.param(chat(("ä", LARGE)), id="an image"),
        pytest.param(chat(("a", SMALL, LARGE), ("b",), ("", SMALL)), id="several images"),
    ],
)
async def test_a_body_is_the_requests_json_in_slices_and_can_be_sent_again(sent):
    marked, images = without_images(sent)
    body = Body.of(request_json(marked), images)
    expected = json.dumps(request_json(sent)).encode()
    for _ in range(2):
        slices = [one async for one in body]
        assert b"".join(slices) == expected
        assert max(map(len, slices)) <= SLICE
    assert body.headers["Content-Length"] == str(len(expected))


class Sink:
    """An engine that keeps nothing of what it is sent, and hangs up on its first question."""

    def __init__(self):
        self.lengths = []
        self.serving = []

    async def serve(self, reader, writer):
        self.serving.append(asyncio.current_task())
        while head := await reader.readline():
            length = 0
            while (line := await reader.readline()).strip():
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            text = MODELS
            if head.startswith(b"POST"):
                self.lengths.append(length)
                while length:
                    length -= len(await reader.read(min(length, 1 << 16)))
                if len(self.lengths) == 1:
                    break
                text = ANSWER
            writer.write(f"HTTP/1.1 200 x\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode())
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def test_an_image_goes_to_an_engine_by_url_without_a_copy_and_a_second_time_if_need_be():
    sink = Sink()
    async with await asyncio.start_server(sink.serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        engine = UrlEngine([Address(f"http://127.0.0.1:{port}", kind="openai")])
        await engine.ready()
        image = Image("image/png", "A" * 8_000_000)
        tracemalloc.start()
        async with aclosing(engine.answer(chat(("x", image)))) as events:
            answer = [one async for one in events]
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        await engine.close()
        await asyncio.gather(*sink.serving)
    assert [type(one) for one in answer] == [Piece, End]
    assert sink.lengths[0] == sink.lengths[1] > len(image.base64)
    assert most < len(image.base64)
