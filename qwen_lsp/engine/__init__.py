"""The engine: its own process, one per user and model, which holds the weights and the KV cache."""
