"""Writes fate-vectors.json: what Python and OpenSSL sign by the two schemes of FATE Flow 1.11.

    python3 fate-vectors.py

Needs the package "cryptography". The key pair is made up for these tests; nothing else uses it.
"""

import base64
import hashlib
import hmac
import json
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

BODIES = [
    b'{"b":1 ,"a":"\xe4\xb8\xad/\xe6\x96\x87\\""}',
    b"",
    b"null",
    b"{}",
    b'{"job_id": "202401010000000000000", "role": "guest", "party_id": 9999, "dsl": {"components": {}}}',
    b' { "b" : [ 1.0 , 1E5, 1e-7, -0, 123456789012345678901234567890 ], "b" : [] , "a" : "\\u4E2D\\ud83d\\uDE00\x7f" } ',
    b'{"f":1.0,"e":1e-7,"g":1e16,"h":123456789.125,"i":1e22,"j":0.1,"k":-0.0,"m":0.00001,"n":0.0001}',
    b"[NaN, Infinity, -Infinity, 1e999, 5e-324]",
    b"not JSON",
    b'\xef\xbb\xbf{"marked": true}',
]

CLIENTS = [
    ("/v1/job/submit", None, b'{"a": 1}', {}),
    ("/v1/job/submit?", None, b"{}", {}),
    ("/v1/table/info?name=breast&namespace=experiment", None, b"", {}),
    ("/v1/job/query", None, b' [ 1 , "\xe4\xb8\xad" ]\n', {}),
    ("/v1/data?x=%2F&y=a+b", "application/x-www-form-urlencoded", b"z=2&a=1+1&%E4%B8%AD=%2B~", {"z": "2", "a": "1 1", "中": "+~"}),
    ("/", "application/x-www-form-urlencoded; charset=utf-8", b"b=&a", {"b": "", "a": ""}),
]

SECRET, APP_KEY, TIMESTAMP, NONCE = "sk", "ak", "1634890066095", "782d733e-330f-11ec-8be9-a0369fa972af"


def parsed(body):
    try:
        return json.loads(body)
    except ValueError:
        return None


def site(private, body):
    canonical = json.dumps(parsed(body)).encode()

    def signed(digest):
        return base64.b64encode(private.sign(canonical, padding.PKCS1v15(), digest)).decode()

    return {
        "body": base64.b64encode(body).decode(),
        "sha256": hashlib.sha256(canonical).hexdigest(),
        "signature": signed(hashes.SHA256()),
        "signatureWithMd5": signed(hashes.MD5()),
    }


def client(target, content_type, body, form):
    message = b"\n".join([
        TIMESTAMP.encode("ascii"),
        NONCE.encode("ascii"),
        APP_KEY.encode("ascii"),
        target.rstrip("?").encode("ascii"),
        body if not form and parsed(body) else b"",
        urlencode(sorted(form.items()), quote_via=quote, safe="-._~").encode("ascii") if form else b"",
    ])
    return {
        "target": target,
        "contentType": content_type or "application/json",
        "body": base64.b64encode(body).decode(),
        "signature": base64.b64encode(hmac.HMAC(SECRET.encode("ascii"), message, "sha1").digest()).decode(),
    }


def main():
    with open("fate-site-key.pem", "rb") as file:
        private = serialization.load_pem_private_key(file.read(), None)

    def der(data):
        return base64.b64encode(data).decode()

    vectors = {
        "privateKey": der(private.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())),
        "publicKey": der(private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)),
        "sites": [site(private, body) for body in BODIES],
        "client": {"secret": SECRET, "appKey": APP_KEY, "timestamp": TIMESTAMP, "nonce": NONCE},
        "clients": [client(*each) for each in CLIENTS],
    }
    with open("fate-vectors.json", "w", encoding="ascii") as file:
        json.dump(vectors, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
