"""What each of the four captions yields over a real catalogue's texts: how often it is empty, how long it is, and how
many of its words a fitted text model knows.

    python3 benches/captions.py TEXTS --ingest target/debug/ingest --textfeat target/debug/textfeat --models DIR...

TEXTS holds styles.csv and descriptions.jsonl.gz (id, title, description). Both are joined to one table, whose captions
`ingest captions` makes and `textfeat coverage` measures with the text.model of each DIR. Standard library only.
"""

import argparse
import gzip
import json
import subprocess
import tempfile
from pathlib import Path


def join(texts, to):
    """One line of JSON a product, its description beside what its row says; how many there are."""
    with gzip.open(texts / "descriptions.jsonl.gz", "rt", encoding="utf-8") as file:
        descriptions = {str(line["id"]): line["description"] for line in map(json.loads, file)}
    products = 0
    with open(texts / "styles.csv", encoding="utf-8", newline="") as rows, open(to, "w", encoding="utf-8") as out:
        # No field is quoted, and the title, which is the last, may hold commas.
        header, *rows = (line.rstrip("\r\n").split(",", 9) for line in rows)
        for row in rows:
            product = dict(zip(header, row))
            product["description"] = descriptions.get(product["id"], "")
            out.write(json.dumps(product) + "\n")
            products += 1
    return products


def answer(*command):
    done = subprocess.run([*map(str, command), "--json", "-q"], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("texts", type=Path)
    arguments.add_argument("--ingest", required=True)
    arguments.add_argument("--textfeat", required=True)
    arguments.add_argument("--models", nargs="*", default=[], type=Path)
    given = arguments.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        table, captions = Path(folder) / "products.jsonl", Path(folder) / "captions.jsonl"
        joined = join(given.texts, table)
        made = answer(given.ingest, "captions", table, "--out", captions, "--show", 0)
        if made["products"] + made["rejected"] != joined:
            raise SystemExit(f"{joined} products went in, {made} came out")
        known = [answer(given.textfeat, "coverage", model, captions) for model in given.models]

    print(f"{made['products']} products, {made['rejected']} without a word\n")
    print("| caption | empty | words: median, 90 %, most |" + "".join(f" known to {m.name} | none known |" for m in given.models))
    print("| --- " * (3 + 2 * len(known)) + "|")
    for name in ("full", "title", "attributes", "short"):
        told = made["captions"][name]
        cells = [f"`{name}`", f"{told['empty']:.2%}", f"{told['median']}, {told['nine_tenths']}, {told['longest']}"]
        for of_model in known:
            covered = of_model["captions"][name]
            cells += [f"{covered['known']:.1%}", f"{covered['none_known']:.2%}"]
        print("| " + " | ".join(cells) + " |")
    print(json.dumps({"captions": made, "known": known}))


if __name__ == "__main__":
    main()
