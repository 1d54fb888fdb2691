"""LSA fit on the titles and attributes of `fashion-captions`: `textfeat bench --method lsa` beside scikit-learn, in one run.

    just peers
    .venv-peers/bin/python benches/peer/lsa.py path/to/fashion-captions --textfeat target/debug/textfeat

A document is a row of styles.csv without its id, as words of lowercase letters. Both take words, pairs of words and runs of three to
five letters within a word, keep the 8192 most frequent, weigh them by TF-IDF and seek 256 directions: scikit-learn by TfidfVectorizer
and TruncatedSVD (randomised, its defaults). The terms kept are compared; only ties at the end of the list may differ.
"""

import argparse
import json
import re
import subprocess
import tempfile
import time
from pathlib import Path

from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

FEATURES = 8192


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--textfeat", default="target/debug/textfeat")
    args = parser.parse_args()
    rows = (args.data / "styles.csv").read_text(encoding="utf-8", errors="replace").splitlines()[1:]
    texts = [" ".join(re.findall("[a-z]+", row.lower())) for row in rows]

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "documents"
        file.write_text("\n".join(texts) + "\n", encoding="utf-8")
        flags = ["--method", "lsa", "--features", str(FEATURES), "--language", "none", "--keep-stop-words"]
        command = [args.textfeat, "bench", file, "--json", "-q", *flags]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found = json.loads(out.splitlines()[-1])

    words = CountVectorizer(ngram_range=(1, 2), token_pattern=r"\S+").build_analyzer()
    letters = CountVectorizer(analyzer="char_wb", ngram_range=(3, 5)).build_analyzer()
    begun = time.perf_counter()
    vectorizer = TfidfVectorizer(
        analyzer=lambda text: words(text) + ["#" + run for run in letters(text)], max_features=FEATURES
    )
    matrix = vectorizer.fit_transform(texts)
    TruncatedSVD(256, random_state=0).fit(matrix)
    peer = time.perf_counter() - begun

    both = set(found["selected"]) & set(vectorizer.get_feature_names_out())
    assert len(both) > 0.99 * FEATURES, f"other terms selected: {len(both)} in common"
    mine, threads = found["fit_seconds"], found["threads"]
    print(f"{len(texts)} documents, {len(both)} of {FEATURES} terms in common")
    print(f"LSA fit: textfeat {mine:.2f} s ({threads} threads), scikit-learn {peer:.2f} s: {peer / mine:.1f}x")


if __name__ == "__main__":
    main()
