"""Text as every room sees it: folding of characters, words, sentences, tokenizers, blocks."""
