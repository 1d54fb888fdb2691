"""Fails, naming them, where packages of this environment lack files or have them cut short.

pip takes a package for installed once its metadata is there, so a killed installation needs this look
at the sizes in each RECORD.
"""

import csv
import importlib.metadata
import os
import sys


def fault(package):
    record = package.read_text("RECORD")
    if record is None:
        return "no RECORD"
    for path, _, size in csv.reader(record.splitlines()):
        try:
            found = os.stat(package.locate_file(path)).st_size
        except OSError as error:
            return str(error)
        if size and found != int(size):
            return f"{path}: expected {size} bytes, found {found}"
    return None


faults = [(p.metadata["Name"], fault(p)) for p in importlib.metadata.distributions()]
broken = [f"{name}: {what}" for name, what in faults if what]
print("\n".join(broken), end="", file=sys.stderr)
sys.exit(bool(broken))
