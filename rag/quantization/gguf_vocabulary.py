"""A Hugging Face tokenizer as llama.cpp's metadata."""

import json
import re
from pathlib import Path
from typing import Any

from gguf import GGUFWriter, SpecialVocab, TokenType

from vectorstore.errors import UsageError

_BYTE = re.compile(r"<0x[0-9A-F]{2}>")
# How a tokenizer splits text into words, told by what its split rule holds, and llama.cpp's name for that.
_SPLITS = ((r"\p{N}{1,3}", "llama-bpe"), (r"\p{N}+", "gpt-2"), (r"\p{N}", "qwen2"))


def add_vocabulary(writer: GGUFWriter, folder: Path, size: int) -> None:
    """Write the tokenizer of ``folder`` for a model with ``size`` word vectors.

    Two kinds are known: byte-level BPE (Llama 3, GPT-2, SmolLM2) and SentencePiece's BPE (Llama 2, Mistral).
    Raises UsageError for others.
    """
    file = folder / "tokenizer.json"
    if not file.is_file():
        raise UsageError("The tokenizer is missing", where=str(file), remedy="Put the model's tokenizer.json there.")
    tokenizer = json.loads(file.read_text(encoding="utf-8"))
    model = tokenizer["model"]
    if model["type"] != "BPE":
        raise _unknown(file, f"a tokenizer of the type {model['type']}")
    pieces = bool(model.get("byte_fallback"))
    if pieces:
        writer.add_tokenizer_model("llama")
        writer.add_add_space_prefix(
            "▁" in json.dumps(tokenizer.get("normalizer"), ensure_ascii=False) or _prepends(tokenizer)
        )
    else:
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre(_split(tokenizer, file))
    tokens, kinds = _tokens(tokenizer, size)
    writer.add_token_list(tokens)
    if pieces:  # SentencePiece merges the pair with the highest score: the pieces stand in the order of their merging
        writer.add_token_scores([-float(number) for number in range(size)])
    writer.add_token_types(kinds)
    SpecialVocab(folder, load_merges=not pieces, n_vocab=size).add_to_gguf(writer, quiet=True)


def _tokens(tokenizer: dict[str, Any], size: int) -> tuple[list[str], list[TokenType]]:
    model = tokenizer["model"]
    tokens = [f"[PAD{number}]" for number in range(size)]
    kinds = [TokenType.UNUSED] * size
    for token, number in model["vocab"].items():
        tokens[number] = token
        kinds[number] = TokenType.BYTE if model.get("byte_fallback") and _BYTE.fullmatch(token) else TokenType.NORMAL
    for added in tokenizer["added_tokens"]:
        tokens[added["id"]] = added["content"]
        kinds[added["id"]] = TokenType.CONTROL if added["special"] else TokenType.USER_DEFINED
    unknown = model.get("unk_token")
    if model.get("byte_fallback") and unknown in model["vocab"]:
        kinds[model["vocab"][unknown]] = TokenType.UNKNOWN
    return tokens, kinds


def _split(tokenizer: dict[str, Any], file: Path) -> str:
    steps = (tokenizer.get("pre_tokenizer") or {}).get("pretokenizers") or [tokenizer.get("pre_tokenizer") or {}]
    kinds = {step.get("type"): step for step in steps}
    if "Split" in kinds:
        rule = str(kinds["Split"]["pattern"].get("Regex", ""))
        found = next((name for mark, name in _SPLITS if mark in rule), None)
    elif "ByteLevel" in kinds:
        digits = kinds.get("Digits", {}).get("individual_digits")
        found = "smollm" if digits else "gpt-2"
    else:
        found = None
    if found is None:
        raise _unknown(file, "this way to split text into words")
    return found


def _prepends(tokenizer: dict[str, Any]) -> bool:
    before = tokenizer.get("pre_tokenizer") or {}
    return before.get("type") == "Metaspace" and before.get("prepend_scheme", "always") != "never"


def _unknown(file: Path, what: str) -> UsageError:
    return UsageError(
        f"The conversion to GGUF does not know {what}", where=str(file), remedy="Choose a method other than gguf-..."
    )
