"""What runs a generator: transformers, llama.cpp, an endpoint."""
