"""Which graphics processors llama.cpp's build can use here."""

import ctypes

from llama_cpp import _ggml
from llama_cpp import llama_cpp as lib

from qwen_lsp.models.machine import Device

GPU, SHARED_GPU = 1, 2  # kinds of devices, as ggml numbers them


def devices() -> tuple[Device, ...]:
    """Return the graphics processors that this build can use, whoever made them."""
    lib.llama_backend_init()
    # The binding declares none of these.
    ggml, device_p, size_p = _ggml.libggml, ctypes.c_void_p, ctypes.POINTER(ctypes.c_size_t)
    ggml.ggml_backend_dev_count.restype = ctypes.c_size_t
    ggml.ggml_backend_dev_get.restype = device_p
    ggml.ggml_backend_dev_get.argtypes = [ctypes.c_size_t]
    ggml.ggml_backend_dev_type.argtypes = [device_p]
    ggml.ggml_backend_dev_description.restype = ctypes.c_char_p
    ggml.ggml_backend_dev_description.argtypes = [device_p]
    ggml.ggml_backend_dev_memory.argtypes = [device_p, size_p, size_p]
    found = []
    for index in range(ggml.ggml_backend_dev_count()):
        device = ggml.ggml_backend_dev_get(index)
        kind = ggml.ggml_backend_dev_type(device)
        if kind in {GPU, SHARED_GPU}:
            free, total = ctypes.c_size_t(), ctypes.c_size_t()
            ggml.ggml_backend_dev_memory(device, ctypes.byref(free), ctypes.byref(total))
            name = ggml.ggml_backend_dev_description(device).decode(errors="replace")
            found.append(Device(name, total.value, free.value, kind == SHARED_GPU))
    return tuple(found)
