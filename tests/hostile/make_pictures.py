"""Writes pictures/ and expected.tsv beside this script: pictures as bad dumps have them, and what must become of each.

    python3 -m venv /tmp/pillow && /tmp/pillow/bin/pip install pillow==12.0.0
    /tmp/pillow/bin/python tests/hostile/make_pictures.py

An outcome is `ingested`, `ingested_as_srgb` where the colour profile has to be left out, or the reason of a reject.
What no file can be kept as (links, folders, odd names) is made by tests/tests/hostile.rs itself.
"""

import io
import itertools
import shutil
import struct
import zlib
from pathlib import Path

from PIL import Image, ImageCms, ImageDraw

HERE = Path(__file__).parent
PICTURES = HERE / "pictures"
ROWS = []


def keep(name, data, outcome, why):
    assert not (PICTURES / name).exists(), name
    (PICTURES / name).write_bytes(data)
    ROWS.append((name, outcome, why))


def garment(mode="RGB", size=(40, 48)):
    """A shape with noise on it, so that no decoder guesses what was cut off."""
    width, height = size
    picture = Image.new("RGB", size, (250, 248, 245))
    draw = ImageDraw.Draw(picture)
    draw.polygon([(width // 4, 4), (3 * width // 4, 4), (width - 4, height - 4), (4, height - 4)], fill=(40, 70, 160))
    state = 1
    for x, y in itertools.product(range(width), range(height)):
        state = (state * 1664525 + 1013904223) % 2**32
        if state >> 30 == 0:
            picture.putpixel((x, y), (state >> 8 & 255, state >> 16 & 255, 90))
    return picture.convert(mode)


def encoded(picture, kind, **options):
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth, colour, rows, *more):
    """A PNG of raw rows, with chunks of any kind before its pixels."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(more) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def segments(jpeg):
    """Marker and place of each segment up to the first scan, that one included."""
    at, found = 2, []
    while True:
        marker, length = jpeg[at + 1], struct.unpack(">H", jpeg[at + 2:at + 4])[0]
        found.append((marker, at, at + 2 + length))
        if marker == 0xDA:
            return found
        at += 2 + length


def with_segment(jpeg, marker, body):
    return jpeg[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def without(jpeg, *markers):
    for marker, start, end in reversed(segments(jpeg)):
        if marker in markers:
            jpeg = jpeg[:start] + jpeg[end:]
    return jpeg


def with_frame(jpeg, **changes):
    """The JPEG with another height, width or precision in its frame."""
    at = next(start for marker, start, _ in segments(jpeg) if marker in (0xC0, 0xC1, 0xC2))
    jpeg = bytearray(jpeg)
    for name, value in changes.items():
        if name == "precision":
            jpeg[at + 4] = value
        else:
            place = at + (5 if name == "height" else 7)
            jpeg[place:place + 2] = struct.pack(">H", value)
    return bytes(jpeg)


def exif(orientation, offset=8, count=1):
    return struct.pack(">4sIHHHIHHI", b"MM\0\x2a", offset, count, 0x0112, 3, 1, orientation, 0, 0)


def ordinary():
    rgb, baseline = garment(), encoded(garment(), "JPEG", quality=90)
    cmyk = encoded(garment("CMYK"), "JPEG")
    ramp = bytes(itertools.chain.from_iterable([0, *range(0, 240, 6)] for _ in range(48)))
    for name, data, why in [
        ("baseline.jpg", baseline, "as cameras write it"),
        ("progressive.jpg", encoded(rgb, "JPEG", progressive=True), "ten scans"),
        ("restarts.jpg", encoded(rgb, "JPEG", restart_marker_blocks=1), "a restart marker after each block"),
        ("grey.jpg", encoded(garment("L"), "JPEG"), "one channel"),
        ("cmyk-adobe.jpg", cmyk, "ink stored inverted"),
        ("cmyk-plain.jpg", without(cmyk, 0xEE), "ink without Adobe's note"),
        ("no-jfif.jpg", without(baseline, 0xE0), "no JFIF segment"),
        ("after-the-end.jpg", baseline + b"\0" * 300 + b"appended", "bytes behind the end"),
        ("before-the-end.jpg", baseline[:-2] + b"\0" * 7 + baseline[-2:], "stray bytes before the end marker"),
        ("comment.jpg", with_segment(baseline, 0xFE, b"x" * 65000), "a comment of 65,000 bytes"),
        ("two-in-one.jpg", encoded(rgb, "MPO", save_all=True, append_images=[rgb]), "two pictures in a file"),
        ("a-png.jpg", encoded(rgb, "PNG"), "a PNG called .jpg"),
        ("a-jpeg.png", baseline, "a JPEG called .png"),
        ("a-gif.jpg", encoded(rgb, "GIF"), "a GIF called .jpg"),
        ("a-webp.jpg", encoded(rgb, "WEBP", lossless=True), "a WebP called .jpg"),
        ("a-tiff.jpg", encoded(rgb, "TIFF"), "a TIFF called .jpg"),
        ("rgba.png", encoded(garment("RGBA"), "PNG"), "a channel of transparency"),
        ("grey-alpha.png", encoded(garment("LA"), "PNG"), "grey with transparency"),
        ("palette.png", encoded(garment("P"), "PNG", transparency=3), "a palette, a colour of it transparent"),
        ("one-bit.png", encoded(garment("1"), "PNG"), "black and white"),
        ("deep-grey.png", png(40, 48, 16, 0, zlib.compress(bytes(48 * 81))), "16 bits of grey"),
        ("deep.png", png(40, 48, 16, 2, zlib.compress(b"".join(b"\0" + bytes(240) for _ in range(48)))), "16 bits"),
        ("grey.png", png(40, 48, 8, 0, zlib.compress(ramp)), "8 bits of grey"),
        ("bad-note.png", encoded(rgb, "PNG").replace(b"IDAT", b"IDAT", 1)[:33] + chunk(b"tEXt", b"a\0b")[:-1] + b"?"
         + encoded(rgb, "PNG")[33:], "the checksum of a remark is wrong"),
        ("lossy.webp", encoded(rgb, "WEBP", quality=70), "lossy"),
        ("alpha.webp", encoded(garment("RGBA"), "WEBP", quality=70), "lossy with transparency"),
        ("cmyk.tiff", encoded(garment("CMYK"), "TIFF"), "ink"),
        ("packed.tiff", encoded(rgb, "TIFF", compression="tiff_lzw"), "LZW"),
        ("plain.bmp", encoded(rgb, "BMP"), "a bitmap"),
        ("animated.gif", encoded(rgb, "GIF", save_all=True, append_images=[rgb.rotate(180)] * 3), "four frames"),
        ("animated.webp", encoded(rgb, "WEBP", save_all=True, append_images=[rgb.rotate(180)] * 3), "four frames"),
        ("animated.png", encoded(rgb, "PNG", save_all=True, append_images=[rgb.rotate(180)] * 3), "four frames"),
        ("dot.jpg", encoded(garment(size=(40, 48)).resize((1, 1)), "JPEG"), "1x1"),
        ("dot.png", encoded(rgb.resize((1, 1)), "PNG"), "1x1"),
        ("dot.gif", encoded(rgb.resize((1, 1)), "GIF"), "1x1"),
        ("needle.jpg", encoded(Image.new("RGB", (65500, 1), "red"), "JPEG"), "as wide as libjpeg goes"),
        ("needle.png", png(65535, 1, 1, 0, zlib.compress(bytes(8193))), "65535x1"),
        ("pole.png", png(1, 65535, 8, 0, zlib.compress(bytes(2 * 65535))), "1x65535"),
        ("white.png", encoded(Image.new("RGB", (40, 48), "white"), "PNG"), "nothing on white"),
        ("clear.png", encoded(Image.new("RGBA", (40, 48), (0, 0, 0, 0)), "PNG"), "nothing at all"),
    ]:
        keep(name, data, "ingested", why)


def exif_and_profiles():
    baseline = encoded(garment(), "JPEG", quality=90)
    held = lambda tiff: with_segment(baseline, 0xE1, b"Exif\0\0" + tiff)
    for orientation in range(1, 9):
        keep(f"held-{orientation}.jpg", held(exif(orientation)), "ingested", f"orientation {orientation}")
    for name, tiff, why in [
        ("held-99.jpg", exif(99), "an orientation that there is not"),
        ("exif-empty.jpg", b"", "an empty Exif"),
        ("exif-noise.jpg", bytes(range(256)), "an Exif of noise"),
        ("exif-far.jpg", exif(6, offset=0xFFFFFFF0), "a directory beyond the end"),
        ("exif-many.jpg", exif(6, count=65535), "a directory of 65,535 entries in 26 bytes"),
        ("exif-ring.jpg", exif(6)[:-4] + struct.pack(">I", 8), "a directory that leads back to itself"),
        ("exif-cut.jpg", exif(6)[:15], "cut within an entry"),
    ]:
        keep(name, held(tiff), "ingested", why)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    part = lambda number, count, icc: with_segment(baseline, 0xE2, b"ICC_PROFILE\0" + bytes([number, count]) + icc)
    keep("icc-srgb.jpg", part(1, 1, srgb), "ingested", "a sound profile")
    keep("icc-far.jpg", part(1, 1, srgb[:132] + b"\xff" * 8 + srgb[140:]), "ingested", "a tag that nobody needs, beyond the end")
    for name, data, why in [
        ("icc-lacking.jpg", part(1, 2, srgb), "half of a profile"),
        ("icc-numbered-0.jpg", part(0, 1, srgb), "parts count from 1"),
        ("icc-noise.jpg", part(1, 1, bytes(range(256)) * 3), "a profile of noise"),
        ("icc-empty.jpg", part(1, 1, b""), "a profile of no bytes"),
        ("icc-cut.jpg", part(1, 1, srgb[:200]), "a profile cut within its tags"),
        ("icc-lab.jpg", part(1, 1, lab), "a profile of another kind of colour"),
        ("icc-noise.png", png(40, 48, 8, 0, zlib.compress(bytes(48 * 41)),
                              chunk(b"iCCP", b"x\0\0" + zlib.compress(b"noise" * 99))), "a profile of noise"),
    ]:
        keep(name, data, "ingested_as_srgb", why)


def cut_and_damaged():
    rgb = garment()
    baseline = encoded(rgb, "JPEG", quality=90)
    progressive = encoded(rgb, "JPEG", quality=90, progressive=True)
    for name, data in [("baseline", baseline), ("progressive", progressive)]:
        for percent in (1, 5, 20, 40, 60, 80, 95, 99):
            keep(f"{name}-cut-{percent}.jpg", data[:len(data) * percent // 100], "truncated", f"{percent} % of a JPEG")
        keep(f"{name}-endless.jpg", data[:-2], "truncated", "without its end marker")
    scan = segments(baseline)[-1][2]
    keep("no-scan.jpg", baseline[:scan - 14] + b"\xff\xd9", "truncated", "ends before its scan")
    keep("closed-early.jpg", baseline[:(scan + len(baseline)) // 2] + b"\xff\xd9", "truncated",
         "half of its pixels, then the end marker")
    for kind in ("PNG", "GIF", "WEBP", "BMP", "TIFF"):
        data = encoded(rgb, kind, **({"lossless": True} if kind == "WEBP" else {}))
        for percent in (30, 60, 90):
            keep(f"cut-{percent}.{kind.lower()}", data[:len(data) * percent // 100], "truncated", f"{percent} % of a {kind}")
    whole = encoded(rgb, "PNG")
    at = whole.index(b"IDAT")
    flipped = bytearray(whole)
    flipped[at + 40] ^= 0x55
    keep("flipped.png", bytes(flipped), "corrupt", "a byte of its pixels flipped")
    keep("nothing-packed.png", png(40, 48, 8, 2, b""), "corrupt", "no pixels in its pixel chunk")
    keep("short-rows.png", png(40, 48, 8, 2, zlib.compress(bytes(121 * 20))), "truncated", "20 of 48 rows")
    keep("bad-filter.png", png(40, 48, 8, 2, zlib.compress(b"\x09" * 121 * 48)), "corrupt", "a filter that there is not")
    keep("bad-depth.png", png(40, 48, 7, 2, zlib.compress(bytes(999))), "corrupt", "7 bits a sample")
    keep("bad-table.jpg", without(baseline, 0xDB), "corrupt", "no quantisation tables")
    keep("bad-huffman.jpg", without(baseline, 0xC4)[:-400] + b"\xff\xd9", "truncated", "no Huffman tables, half of the pixels")
    keep("scan-first.jpg", b"\xff\xd8\xff\xda\0\x02", "corrupt", "a scan before its frame")
    keep("zero-segment.jpg", b"\xff\xd8\xff\xe0\0\0" + baseline[2:], "corrupt", "a segment of no length")
    keep("zero-wide.jpg", with_frame(baseline, width=0), "corrupt", "0x48")
    keep("zero-high.jpg", with_frame(baseline, height=0), "corrupt", "40x0: the height comes later, or never")
    keep("zero-wide.png", png(0, 48, 8, 2, zlib.compress(bytes(48))), "corrupt", "0x48")
    keep("twelve-bits.jpg", with_frame(baseline, precision=12), "unsupported", "12 bits")
    gif = encoded(rgb, "GIF")
    keep("noise.gif", gif[:800] + bytes(range(256)) * 4 + b"\x3b", "corrupt", "noise for pixels")
    webp = encoded(rgb, "WEBP", lossless=True)
    keep("noise.webp", webp[:30] + bytes(range(256)) * 2 + webp[542:], "corrupt", "noise for pixels")


def bombs():
    rgb = garment()
    baseline = encoded(rgb, "JPEG", quality=90)
    progressive = encoded(garment(size=(8, 8)), "JPEG", progressive=True)
    last = progressive.rindex(b"\xff\xda")
    keep("scans.jpg", progressive[:-2] + progressive[last:-2] * 600 + b"\xff\xd9", "corrupt", "600 scans more")
    keep("claims.jpg", with_frame(baseline, width=65500, height=65500), "too_large", "65500x65500 in the header")
    keep("claims-more.jpg", with_frame(baseline, width=65535, height=65535), "too_large", "65535x65535 in the header")
    for name, width, height in [("claims.png", 30000, 30000), ("claims-most.png", 2**31 - 1, 2**31 - 1)]:
        keep(name, png(width, height, 8, 2, zlib.compress(bytes(999))), "too_large", f"{width}x{height} in the header")
    row = zlib.compressobj(9)
    rows = b"".join(row.compress(bytes(1252)) for _ in range(10001)) + row.flush()
    keep("unpacks.png", png(10010, 10001, 1, 0, rows), "too_large", "100 megapixels in 12 kB")
    row = zlib.compressobj(9)
    rows = b"".join(row.compress(bytes(626)) for _ in range(5000)) + row.flush()
    keep("unpacks-in-time.png", png(5000, 5000, 1, 0, rows), "ingested", "25 megapixels in 3 kB")
    packed = zlib.compressobj(9)
    bomb = b"".join(packed.compress(bytes(1 << 20)) for _ in range(64)) + packed.flush()
    keep("profile-unpacks.png", png(40, 48, 8, 0, zlib.compress(bytes(48 * 41)), chunk(b"iCCP", b"x\0\0" + bomb)),
         "ingested_as_srgb", "a profile of 64 MB in 64 kB")
    keep("remark-unpacks.png", png(40, 48, 8, 0, zlib.compress(bytes(48 * 41)), chunk(b"zTXt", b"x\0\0" + bomb)),
         "ingested", "a remark of 64 MB in 64 kB")
    gif = bytearray(encoded(rgb, "GIF"))
    gif[6:10] = struct.pack("<HH", 65535, 65535)
    keep("claims.gif", bytes(gif), "too_large", "65535x65535 around a small frame")
    webp = bytearray(encoded(rgb, "WEBP", lossless=True))
    webp[21:25] = struct.pack("<I", 15999 | 15999 << 14)
    keep("claims.webp", bytes(webp), "too_large", "16000x16000 in the header")
    bmp = bytearray(encoded(rgb, "BMP"))
    bmp[18:26] = struct.pack("<ii", 2**31 - 1, 2**31 - 1)
    keep("claims.bmp", bytes(bmp), "too_large", "2147483647x2147483647 in the header")
    tiff = encoded(rgb, "TIFF")
    order = struct.pack("<HHI", 256, 4, 1), struct.pack("<HHII", 256, 4, 1, 40)
    assert order[1] in tiff
    keep("claims.tiff", tiff.replace(order[1], struct.pack("<HHII", 256, 4, 1, 2**31)), "too_large", "2147483648x48")


def no_pictures():
    for name, data, outcome, why in [
        ("empty.jpg", b"", "not_an_image", "no bytes"),
        ("byte.jpg", b"\xff", "not_an_image", "one byte"),
        ("text.jpg", b"this is a picture, believe me\n", "not_an_image", "a text"),
        ("page.jpg", b"<!DOCTYPE html><html><body>404 Not Found</body></html>", "not_an_image", "a web page"),
        ("json.jpg", b"{\"error\": \"AccessDenied\"}", "not_an_image", "an error of a server"),
        ("zeros.jpg", bytes(4096), "not_an_image", "zeros"),
        ("drawing.png", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "not_an_image", "a drawing"),
        ("letter.jpg", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "not_an_image", "a letter"),
        ("archive.jpg", b"PK\x05\x06" + bytes(18), "not_an_image", "an archive"),
        ("packed.jpg", b"\x1f\x8b\x08\0\0\0\0\0\0\x03", "not_an_image", "gzip"),
        ("program.jpg", b"\x7fELF\x02\x01\x01" + bytes(57), "not_an_image", "a program"),
        ("layers.jpg", b"8BPS\0\x01" + bytes(40), "not_an_image", "Photoshop"),
        ("magic.jpg", b"\xff\xd8\xff", "truncated", "how a JPEG begins"),
        ("magic.png", b"\x89PNG\r\n\x1a\n", "truncated", "how a PNG begins"),
        ("magic.gif", b"GIF89a", "truncated", "how a GIF begins"),
        ("icon.png", b"\0\0\x01\0\x01\0" + bytes(16), "unsupported", "an icon"),
    ]:
        keep(name, data, outcome, why)


shutil.rmtree(PICTURES, ignore_errors=True)
PICTURES.mkdir()
ordinary()
exif_and_profiles()
cut_and_damaged()
bombs()
no_pictures()
lines = ["\t".join(row) + "\n" for row in [("file", "outcome", "why"), *sorted(ROWS)]]
(HERE / "expected.tsv").write_text("".join(lines))
