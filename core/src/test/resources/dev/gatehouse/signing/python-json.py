"""Writes python-json.gz: random documents, and what Python makes of each of them.

    python3 python-json.py

The documents depend on nothing but the seed below; any Python from 3.8 on gives the same bytes
(the compressed file may differ with the version of zlib). Of each document there is, in big endian:

    u32 length, the document's bytes
    u8  outcome: 0 if Python cannot read it, 1 if it can, 2 if Gatehouse refuses it by its own rules
    u32 length, the bytes of json.dumps(json.loads(document)) for outcome 1, else nothing
"""

import gzip
import io
import json
import math
import random
import re
import struct

SEED = 20240611
COUNT = 10_000
UNREADABLE, READABLE, REFUSED = 0, 1, 2
R = random.Random(SEED)


def refused(document):
    """By the rules that the Javadoc of PythonJson states; depth and digits are below."""
    if len(document) > 1 and (0 in document[:2] or document[:2] in (b"\xfe\xff", b"\xff\xfe")):
        return True
    try:
        document.decode("utf-8")
        return False
    except UnicodeDecodeError:
        return re.search(rb"\xed[\xa0-\xbf][\x80-\xbf]", document) is not None


def outcome(document):
    if refused(document):
        return REFUSED, b""
    try:
        return READABLE, json.dumps(json.loads(document)).encode("ascii")
    except ValueError:
        return UNREADABLE, b""


# --- numbers ---------------------------------------------------------------------------------


def double():
    """A double of any size; many sit where shortest decimals are hard."""
    kind = R.randrange(9)
    if kind == 0:
        bits = R.getrandbits(64)
    elif kind == 1:
        bits = R.randrange(1, 300)
    elif kind == 2:
        bits = (R.randrange(2047) << 52) + R.choice((-1, 0, 0, 0, 1))
    elif kind == 3:
        bits = R.randrange(1 << 52)
    elif kind == 4:
        return R.choice((1, -1)) * float("1e%d" % R.randrange(-324, 309))
    elif kind == 5:
        return R.randrange(10 ** R.randrange(1, 18)) / 10 ** R.randrange(0, 12)
    elif kind == 6:
        return float(R.randrange(1 << 45, 1 << 60)) + R.choice((0.25, 0.5, 0.75, 0.125))
    elif kind == 7:
        return R.choice((9.5, 9.75, 0.5, 1.0)) * 10.0 ** R.randrange(-7, 19)
    else:
        return R.uniform(-1000, 1000)
    value = struct.unpack(">d", struct.pack(">Q", bits & (1 << 64) - 1))[0]
    return value if math.isfinite(value) else 0.5


def exact(value):
    """All digits of a double."""
    numerator, denominator = abs(value).as_integer_ratio()
    power = denominator.bit_length() - 1
    digits = str(numerator * 5 ** power).rjust(power + 1, "0")
    sign = "-" if math.copysign(1, value) < 0 else ""
    return sign + digits[: len(digits) - power] + "." + (digits[len(digits) - power :] or "0")


def halfway():
    """The number in the very middle of two doubles, or a trifle beside it."""
    value = abs(double())
    while not 1e-20 < value < 1e20:
        value = abs(double())
    following = struct.unpack(">d", struct.pack(">Q", struct.unpack(">Q", struct.pack(">d", value))[0] + 1))[0]
    a, b = value.as_integer_ratio()
    c, d = following.as_integer_ratio()
    numerator, denominator = a * d + c * b, 2 * b * d
    power = denominator.bit_length() - 1
    digits = str(numerator * 5 ** power).rjust(power + 1, "0")
    text = digits[: len(digits) - power] + "." + (digits[len(digits) - power :] or "0")
    return text + R.choice(("", "", "1", "00000001"))


def spelled(value):
    kind = R.randrange(8)
    if kind == 0:
        return "%.17g" % value if "e" in "%.17g" % value or "." in "%.17g" % value else "%.17e" % value
    if kind == 1:
        return "%.*e" % (R.randrange(25), value)
    if kind == 2:
        return ("%.*E" % (R.randrange(18), value)).replace("E+", R.choice(("E", "E+", "E+00")))
    if kind == 3 and 1e-20 < abs(value) < 1e20:
        return exact(value)
    if kind == 4 and abs(value) < 1e25:
        return "%.*f" % (R.randrange(1, 25), value)
    return repr(value)


def integer():
    kind = R.randrange(6)
    if kind == 0:
        return str(R.randrange(-20, 20))
    if kind == 1:
        return R.choice(("-", "")) + str(R.getrandbits(R.randrange(1, 700)))
    if kind == 2:
        return str(R.choice((1, -1)) * (2 ** R.choice((31, 32, 53, 63, 64)) + R.randrange(-1, 2)))
    if kind == 3:
        return R.choice(("0", "-0"))
    return str(R.randrange(-10**6, 10**9))


def number():
    kind = R.randrange(12)
    if kind < 4:
        return integer()
    if kind < 9:
        return spelled(double())
    if kind == 9:
        return halfway()
    if kind == 10:
        return R.choice((
            "NaN", "Infinity", "-Infinity", "0.0", "-0.0", "0e5", "-0e-5", "1e400", "-1E400", "1e-400", "-1e-400",
            "1E5", "1e16", "1e-7", "1.10", "0.0001", "0.00001", "9999999999999999.0", "1e15", "123456789012345680.0",
            "2e-324", "3e-324", "5e-324", "1e-323", "2.2250738585072014e-308", "2.2250738585072011e-308",
            "1.7976931348623157e308", "1.7976931348623159e308", "2e23", "1e23", "8.41e21", "9007199254740993.0",
            "1125899906842624.25", "4.35", "0.1e-6", "100e-2", "1.0e+0", "5.0e-0005", "0.30000000000000004"))
    return "%d.%de%d" % (R.randrange(1000), R.getrandbits(R.randrange(1, 80)), R.randrange(-350, 330))


# --- strings ---------------------------------------------------------------------------------


def code_point():
    kind = R.randrange(12)
    if kind < 5:
        return R.randrange(0x20, 0x7F)
    if kind == 5:
        return R.choice((0x00, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x1F, 0x22, 0x2F, 0x5C, 0x7E, 0x7F, 0x80, 0x9F, 0xA0))
    if kind == 6:
        return R.randrange(0x20)
    if kind == 7:
        return R.randrange(0x80, 0x800)
    if kind == 8:
        return R.choice((0x2028, 0x2029, 0xFEFF, 0xFFFD, 0xFFFE, 0xFFFF, 0xD7FF, 0xE000, 0xFDD0, 0x10000, 0x10FFFF))
    if kind == 9:
        return R.randrange(0xD800, 0xE000)
    if kind == 10:
        return R.randrange(0x10000, 0x110000)
    return R.randrange(0x4E00, 0x9FA6)


def hexadecimal(unit):
    text = "%04x" % unit
    return "\\u" + "".join(R.choice((c, c.upper())) for c in text)


def escaped(c):
    if c > 0xFFFF:
        c -= 0x10000
        return hexadecimal(0xD800 + (c >> 10)) + hexadecimal(0xDC00 + (c & 0x3FF))
    return hexadecimal(c)


SHORT = {0x22: '\\"', 0x5C: "\\\\", 0x2F: "\\/", 8: "\\b", 9: "\\t", 0xA: "\\n", 0xC: "\\f", 0xD: "\\r"}


def character():
    c = code_point()
    if c in SHORT and R.random() < 0.5:
        return SHORT[c]
    if c < 0x20 or c in (0x22, 0x5C) or 0xD800 <= c < 0xE000 or R.random() < 0.2:
        return escaped(c)
    return chr(c)


def string():
    return '"' + "".join(character() for _ in range(R.randrange(R.choice((1, 4, 12))))) + '"'


# --- documents -------------------------------------------------------------------------------


def blank():
    return "".join(R.choice(" \t\n\r") for _ in range(R.randrange(3))) if R.random() < 0.3 else ""


NAMES = ['"a"', '"\\u0061"', '"b"', '""', '"jobId"', '"\\ud83d\\ude00"', '"\U0001F600"', '"\\u4e2d"', '"中"', '"\\ud800"']


def name():
    return R.choice(NAMES) if R.random() < 0.6 else string()


def value(depth):
    kind = R.randrange(10)
    if depth == 0 or kind < 5:
        kind = R.randrange(10)
        if kind < 5:
            return number()
        return string() if kind < 9 else R.choice(("true", "false", "null"))
    items = range(R.randrange(5))
    if kind < 8:
        inner = ",".join(blank() + name() + blank() + ":" + blank() + value(depth - 1) + blank() for _ in items)
        return "{" + (inner or blank()) + "}"
    inner = ",".join(blank() + value(depth - 1) + blank() for _ in items)
    return "[" + (inner or blank()) + "]"


def document():
    kind = R.randrange(20)
    if kind < 5:
        text = "[" + ",".join(number() for _ in range(R.randrange(1, 5))) + "]"
    elif kind == 5:
        text = string()
    elif kind == 6:
        text = number()
    elif kind == 7 and R.random() < 0.1:
        depth = R.randrange(1, 500)
        text = "".join(R.choice(("[", '{"a":', '{"b":1,"a":')) for _ in range(depth))
        text += value(0) + "".join("]" if c == "[" else "}" for c in reversed(re.findall(r"[\[{]", text)))
    else:
        text = value(R.randrange(1, 5))
    encoded = (blank() + text + blank()).encode("utf-8")
    return b"\xef\xbb\xbf" + encoded if R.random() < 0.02 else encoded


TOKENS = [
    b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"0", b"-", b".", b"e", b"E", b"+", b"NaN", b"Inf", b"INF", b"//", b"/**/",
    b"#", b"'", b"\x00", b"\x0b", b"\x0c", b"\xa0", b"\xc2\xa0", b"\xe2\x80\xa8", b"\xef\xbb\xbf", b"\xff", b"\xc0\x80", b"\x80",
    b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\\x", b"\\u", b"\\u12", b"\\'", b"null", b"nul", b"True", b"undefined", b"\t", b" ", b"\r\n"]


def damaged(text):
    kind = R.randrange(6)
    at = R.randrange(len(text) + 1)
    if kind == 0:
        return text[:at]
    if kind == 1:
        return text[:at] + R.choice(TOKENS) + text[at:]
    if kind == 2:
        return text[:at] + text[at + 1 :]
    if kind == 3 and text:
        at = R.randrange(len(text))
        return text[:at] + bytes([R.randrange(256)]) + text[at + 1 :]
    if kind == 4:
        return text + R.choice((b"", b" ")) + R.choice(TOKENS)
    return R.choice(TOKENS) + text


PLAIN = [
    b"", b" ", b"null", b"true", b"True", b"nan", b"NaN", b"-NaN", b"+NaN", b"INF", b"-INF", b"+INF", b"+Infinity", b"-Infinity", b"Infinityx",
    b"[Infinity]", b"[INF]", b"[-INF]", b"[+INF]", b"[+Infinity]", b"[NaN,-Infinity]", b"[nan]", b"[-NaN]", b"infinity", b"-", b"+1", b"01", b"-01", b"00", b"-00",
    b"1.", b".1", b"-.1", b"1.e1", b"1e", b"1e+", b"1e+-1", b"0x1", b"1_0", b"1,", b"[1,]", b"[,1]", b"[1 2]", b"{,}", b'{"a":1,}', b'{"a"}',
    b'{"a":}', b"{1:2}", b"{a:1}", b"{'a':1}", b"{null:1}", b"{}{}", b"{} {}", b"[]]", b"nullnull", b"truefalse", b"1 2", b'"a""b"', b"[1]x", b"1x",
    b"/*c*/1", b"1//c", b"#c\n1", b"\x0c1", b"1\x0c", b"\xc2\xa01", b"\x1e1", b'"\x01"', b'"\x1f"', b'"\x7f"', b'"\t"', b'"\n"', b'"a', b'"\\', b'"\\"',
    b'"\\u"', b'"\\u1"', b'"\\u123"', b'"\\u12g4"', b'"\\U0041"', b'"\\u+041"', b'"\\u 041"', b'"\\u0x41"', '"\\u\u0161000"'.encode(), '"\\u000\u0161"'.encode(),
    '"\\u00\uff11\uff11"'.encode(), '"\\u004\u0131"'.encode(), '"\\\\u\u0161"'.encode(), b'"\\a"', b'"\\0"', b'"\\/"', b'"\\\'"',
    b'"\\ud800"', b'"\\udc00"', b'"\\ud83d\\ude00"', b'"\\uD83D\\uDE00"', b'"\\ude00\\ud83d"', b'"\\ud83d\\ud83d\\ude00"', b'"\\ud83d\\u0041"', b'"\\ud83d\\ude0"',
    b'{"\\ud83d\\ude00":1,"\xf0\x9f\x98\x80":2}', b'{"a":1,"b":2,"a":3}', b'{"a":{"x":1},"b":2,"\\u0061":{"y":2}}', b'{"":1,"":2}',
    b"\xef\xbb\xbf", b"\xef\xbb\xbf1", b"\xef\xbb\xbf\xef\xbb\xbf1", b"1\xef\xbb\xbf", b"\xef\xbb", b"\xef\xbb\xbf \x00", b"\xef\xbb\xbf\x001", b"\xef\xbb\xbf1\x00",
    b"\x00", b"1\x00", b"\x001", b"\xff\xfe1\x00", b"\xfe\xff\x001", b"1\x00\x00\x00", b"\x00\x00\x001", b"[\x001\x00]\x00", b"\xff\xfe", b"\x00\x00\xfe\xff", b"1 \x00", b'"a\x00"',
    b'"\xc0\x80"', b'"\xc1\xbf"', b'"\xe0\x80\x80"', b'"\xf0\x80\x80\x80"', b'"\xf5\x80\x80\x80"', b'"\xf8\x88\x80\x80\x80"', b'"\x80"', b'"\xc3"', b'"\xe4\xb8"', b'"\xed\xa0\xbd\xed\xb8\x80"',
    b'"\xed\x9f\xbf"', b'"\xee\x80\x80"', b'"\xf4\x8f\xbf\xbf"', b'"\xf4\x90\x80\x80"', b'"\xef\xbf\xbf"',
    b'{"b":1 ,"a":"\xe4\xb8\xad/\xe6\x96\x87\\""}', b'{"f":1.0,"e":1e-7,"g":1e16,"h":123456789.125,"i":1e22,"j":0.1,"k":-0.0,"m":0.00001,"n":0.0001}',
    b"[" * 500 + b"]" * 500, b'{"a":' * 500 + b"1" + b"}" * 500, b"9" * 4300, b"-" + b"9" * 4300, b"[0." + b"3" * 4299 + b"]", b"1e-" + b"0" * 4000 + b"1",
    b'"' + b"\xe4\xb8\xad" * 3000 + b'"', b'{"' + b"k" * 60000 + b'":"' + b"v" * 70000 + b'"}']

OVER = [
    b"[" * 501 + b"]" * 501, b'{"a":' * 501 + b"1" + b"}" * 501, b"[" * 50000, b"9" * 4301, b"-" + b"9" * 4301, b"[0." + b"3" * 4300 + b"]",
    b"1e" + b"0" * 4300 + b"1"]


def frame(text, result):
    return struct.pack(">I", len(text)) + text + struct.pack(">BI", result[0], len(result[1])) + result[1]


def main():
    out = io.BytesIO()
    for text in PLAIN:
        out.write(frame(text, outcome(text)))
    for text in OVER:
        out.write(frame(text, (REFUSED, b"")))
    tally = [0, 0, 0]
    for n in range(COUNT):
        text = document()
        if n % 4 == 3:
            text = damaged(text[: R.randrange(1, 60)] if R.random() < 0.3 else text)
        result = outcome(text)
        tally[result[0]] += 1
        out.write(frame(text, result))
    with open("python-json.gz", "wb") as file:
        with gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
            packed.write(out.getvalue())
    print(len(PLAIN) + len(OVER) + COUNT, "documents,", len(out.getvalue()), "bytes; unreadable, readable, refused:", tally)


if __name__ == "__main__":
    main()
