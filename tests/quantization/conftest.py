from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

WORDS = (
    "The ferry to the island leaves at seven in the morning and comes back at nine in the evening. "
    "In winter it leaves at 8:30; a ticket costs 12 euros, and children under six ride free. "
    "The old lighthouse keeper's daughter still lights the lamp when there is fog."
)
_TEMPLATE = "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\\n' }}{% endfor %}assistant:"

MakeLlama = Callable[..., Path]


@pytest.fixture(scope="session")
def make_llama(tmp_path_factory: pytest.TempPathFactory) -> MakeLlama:
    """Makes a Llama of two narrow layers with random weights and a tokenizer of its own."""

    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    def make(pieces: bool = False, **changed: Any) -> Path:
        folder = tmp_path_factory.mktemp("llama")
        tokenizer = _pieces() if pieces else _bytes()
        wrapped = PreTrainedTokenizerFast(
            tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="</s>"
        )
        wrapped.chat_template = _TEMPLATE
        wrapped.save_pretrained(folder)
        usual: dict[str, Any] = {
            "vocab_size": len(wrapped),
            "hidden_size": 256,
            "intermediate_size": 512,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "max_position_embeddings": 2048,
            "bos_token_id": wrapped.bos_token_id,
            "eos_token_id": wrapped.eos_token_id,
            "initializer_range": 0.06,
        }
        torch.manual_seed(0)
        LlamaForCausalLM(LlamaConfig(**usual | changed)).to(torch.bfloat16).save_pretrained(folder)
        return folder

    return make


@pytest.fixture(scope="session")
def llama(make_llama: MakeLlama) -> Path:
    return make_llama()


def _bytes() -> Tokenizer:
    """Byte-level BPE, as Llama 3 and SmolLM2 have it."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<unk>", "<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([WORDS], trainer)
    return tokenizer


def _pieces() -> Tokenizer:
    """SentencePiece's BPE, as Llama 2 and Mistral have it."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=420,
        special_tokens=["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))],
        show_progress=False,
    )
    tokenizer.train_from_iterator([WORDS], trainer)
    return tokenizer
