"""Words, stems and the closed classes of a language: the one tokenizer."""
