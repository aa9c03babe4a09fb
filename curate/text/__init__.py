"""Text: folding of characters, the definitions of a word, sentences, tokenizers, blocks."""
