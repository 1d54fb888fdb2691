"""Prints what TensorBoard itself finds in the folder of a run: a line of JSON for each point, and one for each picture.

Both of its readers are asked: the event accumulator, and the loader of single files, whose points are told as they stand.
"""

import glob
import io
import json
import sys

from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

folder = sys.argv[1]
events = EventAccumulator(folder, size_guidance={"scalars": 0, "images": 0})
events.Reload()
for tag in sorted(events.Tags()["scalars"]):
    for point in events.Scalars(tag):
        print(json.dumps({"reader": "accumulator", "tag": tag, "step": point.step, "value": point.value}))
for tag in sorted(events.Tags()["images"]):
    for picture in events.Images(tag):
        size = Image.open(io.BytesIO(picture.encoded_image_string)).size
        assert size == (picture.width, picture.height), size
        print(json.dumps({"reader": "accumulator", "picture": tag, "step": picture.step, "size": size}))
for path in sorted(glob.glob(folder + "/events.out.tfevents.*")):
    for event in EventFileLoader(path).Load():
        for value in event.summary.value:
            print(json.dumps({"reader": "file", "tag": value.tag, "step": event.step}))
