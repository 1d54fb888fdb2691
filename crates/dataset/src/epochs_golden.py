"""Computes the golden values of epochs.rs from the description there, with nothing but RFC 8439's block
function at eight rounds: python3 epochs_golden.py"""

import struct

MASK = 0xFFFFFFFF


def quarter(s, a, b, c, d):
    for x, y, z, r in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        s[x] = (s[x] + s[y]) & MASK
        s[z] ^= s[x]
        s[z] = ((s[z] << r) | (s[z] >> (32 - r))) & MASK


def block(key, counter):
    start = list(struct.unpack("<4I", b"expand 32-byte k")) + list(struct.unpack("<8I", key))
    start += [counter & MASK, counter >> 32, 0, 0]
    s = start.copy()
    for _ in range(4):
        for column in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15)):
            quarter(s, *column)
        for diagonal in ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
            quarter(s, *diagonal)
    return [(x + y) & MASK for x, y in zip(s, start)]


def words(key):
    counter = 0
    while True:
        out = block(key, counter)
        for low, high in zip(out[::2], out[1::2]):
            yield low | high << 32
        counter += 1


def permutation(seed, epoch, length):
    stream = words(struct.pack("<QQ", seed, epoch) + b"atelier epochs 1")
    order = list(range(length))
    for i in range(length - 1, 0, -1):
        n = i + 1
        while True:
            product = next(stream) * n
            if product & (2**64 - 1) >= 2**64 % n:
                break
        j = product >> 64
        order[i], order[j] = order[j], order[i]
    return order


print(permutation(7, 0, 12))
print(permutation(7, 1, 12))
print(permutation(2**64 - 1, 2**40, 12))
print([permutation(7, 3, 1000)[i] for i in (0, 1, 499, 998, 999)])
