"""Reads an export as its users do, with the readers that they use, and prints for each product a JSON line of id,
split, captions, the pixels and, where there are any, the vectors, both in hexadecimal digits.

    python read_exports.py webdataset|safetensors|imagefolder FOLDER
"""

import io
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image


def digits(array):
    return np.ascontiguousarray(array).tobytes().hex()


def say(split, record, pixels, vectors=None, **more):
    assert pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3, pixels.shape
    texts = [text for text in record["captions"] if text]
    line = {"id": record["id"], "split": split, "captions": record["captions"], "pixels": digits(pixels), **more}
    assert not texts or more.get("text", texts[0]) == texts[0], (texts, more)
    if vectors is not None:
        assert vectors.dtype == np.float32 and vectors.shape[0] == len(record["captions"]), vectors.shape
        line["vectors"] = digits(vectors)
    print(json.dumps(line))


def webdataset(folder):
    import webdataset as wds

    for path in sorted(folder.glob("*.tar")):
        split = path.name.rsplit("-", 1)[0]
        for sample in wds.WebDataset(str(path), shardshuffle=False).decode("rgb8"):
            say(split, sample["json"], sample["png"], sample.get("npy"), text=sample["txt"])


def safetensors(folder):
    from safetensors import safe_open

    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, "np") as file:
            metadata = file.metadata()
            products = json.loads(metadata["products"])
            images, vectors = file.get_tensor("images"), file.get_tensor("vectors")
        assert len(products) == len(images) == len(vectors)
        for record, pixels, row in zip(products, images, vectors):
            say(metadata["split"], record, pixels, row)


def imagefolder(folder):
    # As the `datasets` library resolves it: a folder a split, and in it a table with file_name relative to itself.
    for table in sorted(folder.glob("*/metadata.jsonl")):
        records = [json.loads(line) for line in table.read_text().splitlines()]
        assert {record["file_name"] for record in records} == {path.name for path in table.parent.glob("*.png")}
        for record in records:
            with Image.open(io.BytesIO((table.parent / record["file_name"]).read_bytes())) as image:
                assert image.mode == "RGB" and image.format == "PNG"
                say(table.parent.name, record, np.asarray(image))


if __name__ == "__main__":
    {"webdataset": webdataset, "safetensors": safetensors, "imagefolder": imagefolder}[sys.argv[1]](Path(sys.argv[2]))
