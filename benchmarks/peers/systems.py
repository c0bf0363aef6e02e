"""The peers by name, each as plain as its documentation shows it, and at the best that it offers for these models.

Their libraries are imported only where one is built.
"""

from benchmarks.peers import haystack, langchain, llama_index, txtai
from benchmarks.peers.types import Build

SYSTEMS: dict[str, Build] = {
    "LangChain": langchain.plain,
    "LangChain, best": langchain.best,
    "LlamaIndex": llama_index.plain,
    "LlamaIndex, best": llama_index.best,
    "txtai": txtai.plain,
    "txtai, best": txtai.best,
    "Haystack": haystack.plain,
    "Haystack, best": haystack.best,
}
