"""`python -m tests.bench.llama_server MODEL PORT THREADS`: llama.cpp's own server on loopback.

In the setting that suited llama.vim's requests best here: 4 slots that share one KV cache.
"""

import sys
import time

import xllamacpp

WINDOW = 32768


def main() -> None:
    model, port, threads = sys.argv[1:4]
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.n_ctx = WINDOW
    params.n_parallel, params.kv_unified = 4, True
    params.n_batch = params.n_ubatch = 1024
    params.n_cache_reuse = 256
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = int(threads)
    params.hostnames, params.port = ["127.0.0.1"], int(port)
    server = xllamacpp.Server(params)
    while server is not None:
        time.sleep(1)


if __name__ == "__main__":
    main()
