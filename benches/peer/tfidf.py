"""TF-IDF of all texts of `fashion-captions`: `textfeat bench` beside scikit-learn's TfidfVectorizer, in one run.

    just peers
    .venv-peers/bin/python benches/peer/tfidf.py path/to/fashion-captions --textfeat target/debug/textfeat

A document is a product's title and description without HTML. Two settings:
 * same tokens: runs of letters, cut beforehand and joined by spaces, so that both find exactly these; the terms that both select
   are compared, and a difference ends the run. scikit-learn cuts them again with its own token pattern, textfeat with its
   Unicode rules; no stop words, no stems.
 * as it comes: the texts themselves with the defaults of each; textfeat leaves out stop words and stems besides.
Each is run `--rounds` times in turn, so that what else the machine does meets both; times are the least of a tool's rounds,
without the reading of files.
"""

import argparse
import gzip
import html
import json
import re
import subprocess
import tempfile
import time
from pathlib import Path

from sklearn.feature_extraction.text import TfidfVectorizer

TAG, SPACE, LETTERS = re.compile(r"<[^>]*>"), re.compile(r"\s+"), re.compile(r"[a-z]{2,}")


def documents(folder):
    with gzip.open(folder / "descriptions.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            product = json.loads(line)
            text = f"{product['title'] or ''} {product['description'] or ''}"
            yield SPACE.sub(" ", html.unescape(html.unescape(TAG.sub(" ", text)))).strip()


def ours(program, file, flags):
    command = [program, "bench", file, "--json", "-q", *flags]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(out.splitlines()[-1])


def theirs(texts):
    begun = time.perf_counter()
    model = TfidfVectorizer(max_features=256)
    model.fit_transform(texts)
    return time.perf_counter() - begun, model


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--textfeat", default="target/debug/textfeat")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()

    texts = list(documents(args.data))
    tokens = [" ".join(LETTERS.findall(text.lower())) for text in texts]
    bare = ["--language", "none", "--keep-stop-words", "--keep-numbers"]
    with tempfile.TemporaryDirectory() as folder:
        for name, texts, flags in [("same tokens", tokens, bare), ("as it comes", texts, [])]:
            file = Path(folder) / "documents"
            file.write_text("\n".join(texts) + "\n", encoding="utf-8")
            rounds = [(ours(args.textfeat, file, flags), *theirs(texts)) for _ in range(args.rounds)]
            found, _, model = rounds[0]
            assert found["documents"] == len(texts)
            if flags:
                assert sorted(found["selected"]) == sorted(model.get_feature_names_out()), "other terms selected"
            mine, peer = min(r[0]["seconds"] for r in rounds), min(r[1] for r in rounds)
            threads = found["threads"]
            print(f"{name}: textfeat {mine:.3f} s ({threads} threads), scikit-learn {peer:.3f} s: {peer / mine:.1f}x")


if __name__ == "__main__":
    main()
