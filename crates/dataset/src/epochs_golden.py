"""Computes the golden values of epochs.rs and balance.rs from the descriptions there, with nothing but RFC 8439's block
function at eight rounds: python3 epochs_golden.py"""

import struct

MASK = 0xFFFFFFFF


def quarter(s, a, b, c, d):
    for x, y, z, r in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        s[x] = (s[x] + s[y]) & MASK
        s[z] ^= s[x]
        s[z] = ((s[z] << r) | (s[z] >> (32 - r))) & MASK


def block(key, counter, nonce):
    start = list(struct.unpack("<4I", b"expand 32-byte k")) + list(struct.unpack("<8I", key))
    start += [counter & MASK, counter >> 32, nonce & MASK, nonce >> 32]
    s = start.copy()
    for _ in range(4):
        for column in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15)):
            quarter(s, *column)
        for diagonal in ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
            quarter(s, *diagonal)
    return [(x + y) & MASK for x, y in zip(s, start)]


def words(key, nonce):
    counter = 0
    while True:
        out = block(key, counter, nonce)
        for low, high in zip(out[::2], out[1::2]):
            yield low | high << 32
        counter += 1


def shuffled(seed, number, name, nonce, order):
    stream = words(struct.pack("<QQ", seed, number) + name, nonce)
    for i in range(len(order) - 1, 0, -1):
        n = i + 1
        while True:
            product = next(stream) * n
            if product & (2**64 - 1) >= 2**64 % n:
                break
        j = product >> 64
        order[i], order[j] = order[j], order[i]
    return order


def permutation(seed, epoch, length):
    return shuffled(seed, epoch, b"atelier epochs 1", 0, list(range(length)))


def balanced(seed, epoch, classes):
    name, length = b"atelier balance1", sum(map(len, classes))
    each, left = divmod(length, len(classes))
    places = []
    for number, members in enumerate(classes):
        extras = range(epoch * left, (epoch + 1) * left)
        count = each + sum(n % len(classes) == number for n in extras)
        whole, part = divmod(epoch * left, len(classes))
        before = epoch * each + whole + (number < part)
        for n in range(before, before + count):
            order = shuffled(seed, n // len(members), name, number + 1, list(members))
            places.append(order[n % len(members)])
    return shuffled(seed, epoch, name, 0, places)


if __name__ == "__main__":
    print("epochs.rs")
    print(permutation(7, 0, 12))
    print(permutation(7, 1, 12))
    print(permutation(2**64 - 1, 2**40, 12))
    print([permutation(7, 3, 1000)[i] for i in (0, 1, 499, 998, 999)])
    print("balance.rs")
    for epoch in (0, 1, 2**40):
        print(balanced(7, epoch, [[0], [1, 2], [3, 4, 5, 6, 7, 8, 9]]))
