"""The list of what is measured: the function that gives some columns, and what they mean."""

MEASURES: list[tuple[str, dict[str, str]]] = [
    (
        "repetition.repeated_lines",
        {
            "duplicate_paragraph_fraction": "share of paragraphs that repeat an earlier one",
            "duplicate_paragraph_characters": "share of characters in repeated paragraphs",
            "duplicate_line_fraction": "share of lines that repeat an earlier one",
            "duplicate_line_characters": "share of characters in repeated lines",
            "character_duplication": "the same without blank lines and newlines (FineWeb)",
        },
    ),
    (
        "repetition.repeated_grams",
        {f"top_{n}_gram": f"share of characters in the most frequent {n}-gram" for n in (2, 3, 4)}
        | {
            f"duplicate_{n}_grams": f"share of characters in repeated {n}-grams"
            for n in range(5, 11)
        },
    ),
    (
        "quality.line_statistics",
        {
            "lines": "lines that are not blank",
            "line_punctuation": "share of lines that end a sentence",
            "short_lines": "share of lines of 30 characters at most",
            "longest_line": "characters of the longest line",
            "new_line_ratio": "newlines for each word",
        },
    ),
    (
        "quality.word_statistics",
        {
            "words": "words that are not punctuation alone",
            "mean_word_length": "characters of these words, mean",
            "alphabetic_words": "share of all words with a letter",
            "stop_words": "different stop words of the language",
            "stop_word_share": "share of all words that are stop words",
            "tokens": "all words, punctuation alone too",
        },
    ),
    (
        "quality.symbol_statistics",
        {
            "hash_ratio": "number signs for each word",
            "ellipsis_ratio": "ellipses for each word",
            "bullet_lines": "share of lines that begin with a bullet",
            "ellipsis_lines": "share of lines that end in an ellipsis",
        },
    ),
    (
        "mix.character_mix",
        {
            "characters": "characters (code points)",
            "letters": "share of characters that are letters",
            "digits": "share of characters that are digits",
            "white_space": "share of characters that are white space",
            "braces": "share of characters that are curly brackets",
            "capitals": "share of letters that are capitals",
            "own_script": "share of letters in the language's script",
            "latin": "share of letters that are Latin",
            "greek": "share of letters that are Greek",
            "cyrillic": "share of letters that are Cyrillic",
        },
    ),
    (
        "mix.line_mix",
        {
            "list_lines": "share of lines that are items of a list",
            "table_lines": "share of lines that are rows of a table",
            "code_lines": "share of lines that look like code or markup",
            "c4_lines": "share of lines that C4's rules keep",
            "long_lines": "lines of 200 characters or more",
            "markup": "marks of markup left in the text, for each line",
        },
    ),
    (
        "mix.word_mix",
        {
            "different_words": "share of all words that are different",
            "top_keyword": "share of characters in the most frequent word of four characters or more",
            "longest_word": "characters of the longest word",
            "compression": "size after a coding of repeated words, share of the size before",
        },
    ),
    (
        "phrases.phrase_hits",
        {
            "lorem_ipsum": "times that the placeholder stands in the text",
            "javascript": "times that the text speaks of JavaScript",
            "policy": "phrases of cookie, privacy and terms notices",
        },
    ),
    ("wds.wds", {"wds": "HPLT's document score, 1 for running text"}),
]
"""Function of this package, by file and name -> names of the columns it gives, each with its meaning."""

SIGNALS: tuple[str, ...] = tuple(name for _, columns in MEASURES for name in columns)
"""The columns of `measure`, in order."""

MODEL_SCORE = "model_score"
"""One more column, where a model is given: what `model` loads says of a text."""

FOREIGN_LINES = "foreign_lines"
"""One more column, where lines vote: the share of them that is in another language."""
