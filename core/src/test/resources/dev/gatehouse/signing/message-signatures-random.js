/*
 * Writes message-signatures-random.gz: random requests, and how the npm package
 * http-message-signatures 1.0.6 signs them. In a folder where that is installed:
 *
 *     node message-signatures-random.js FOLDER_OF_THE_KEYS > message-signatures-random.gz
 *
 * The requests depend on nothing but the seed below. Of every algorithm whose signatures are not
 * themselves random, any run gives the same bytes.
 */
const { readFileSync } = require('fs');
const { constants, createHash, sign } = require('crypto');
const { join } = require('path');
const { gzipSync } = require('zlib');
const { createSigner, httpbis } = require('http-message-signatures');

const folder = process.argv[2];
const COUNT = 20;
let state = 20261122;

/** The generator of Lehmer, with the multiplier of Park and Miller. */
function below(bound) {
  state = Number((BigInt(state) * 48271n) % 2147483647n);
  return state % bound;
}

const pick = (list) => list[below(list.length)];
const text = (alphabet, most) =>
  Array.from({ length: below(most) + 1 }, () => pick([...alphabet])).join('');

// Not ~, which the package leaves as it is in "@query-param", against RFC 9421, 2.2.8.
const WORD = 'abcXYZ019-_.';
const SEGMENT = ['a', 'b', '7', '-', '.', '~', '%2F', '%20', '%C3%A9', '%E6%96%87', ':', '@', ';'];
const VALUE = 'abc XYZ 019 -_.~!#$%&*+/=?^`{|}<>()[]@;:\'';

const keys = {
  'hmac-sha256': Buffer.from('0123456789abcdef0123456789abcdef'),
  ed25519: readFileSync(join(folder, 'ed25519-pkcs8.pem')),
  'ecdsa-p256-sha256': readFileSync(join(folder, 'p256-pkcs8.pem')),
  'rsa-v1_5-sha256': readFileSync(join(folder, 'rsa-pkcs8.pem')),
  'rsa-pss-sha512': readFileSync(join(folder, 'rsa-pkcs8.pem')),
};

/** The package salts PSS with as much as there is room for; RFC 9421, 3.3.1, wants 64 bytes. */
function signer(algorithm, key) {
  const id = 'Kp7vQ2mXc9RtZ4aB';
  if (algorithm !== 'rsa-pss-sha512') {
    return createSigner(key, algorithm, id);
  }
  const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 };
  return { id, alg: algorithm, sign: async (data) => sign('sha512', data, pss) };
}

function request() {
  const segments = Array.from({ length: below(4) }, () => text(SEGMENT, 6));
  const parameters = Array.from({ length: below(4) }, (_, i) => `p${i}=${text(WORD, 8)}`);
  const host = `${text('abz09', 8)}.example${pick(['', ':8443', ':443'])}`;
  const path = segments.length === 0 ? '/' : segments.map((one) => `/x${one}`).join('');
  const query = pick([true, false]) && parameters.length > 0 ? `?${parameters.join('&')}` : '';
  return {
    method: pick(['GET', 'POST', 'PUT', 'DELETE', 'PATCH']),
    url: `https://${host}${path}${query}`,
    body: pick(['', '{}', `{"text":"${text(VALUE, 30).replace(/["\\]/g, '')} 文é😀"}`]),
    fields: [
      ['x-text', [text(VALUE, 30)]],
      ['x-list', Array.from({ length: below(3) + 1 }, () => text(VALUE, 12))],
      ['x-dictionary', [`a=${below(1000)}, b;x=1, c="${text('xyz 09', 9)}"`]],
    ],
  };
}

function components(made) {
  const all = ['"@method"', '"@authority"', '"@scheme"', '"@target-uri"', '"@path"', '"@query"']
    .concat(['"@request-target"', '"x-text"', '"x-list"', '"x-list";bs', '"x-dictionary"'])
    .concat(['"x-dictionary";key="a"', '"x-dictionary";key="c"']);
  if (made.url.includes('?')) {
    all.push('"@query-param";name="p0"');
  }
  // RFC 9421 leaves open whether a default port that was written stands in this one.
  const open = made.url.includes(':443/') ? '"@target-uri"' : '';
  const chosen = all.filter((one) => below(2) === 0 && one !== open);
  const some = chosen.length === 0 ? ['"@method"'] : chosen;
  // What Gatehouse adds at the end by itself where there is a body.
  return made.body === '' ? some : some.concat(['"content-digest"']);
}

async function main() {
  const vectors = [];
  for (const [algorithm, key] of Object.entries(keys)) {
    for (let i = 0; i < COUNT; i++) {
      const made = request();
      const digest = createHash('sha256').update(made.body).digest('base64');
      const fields = components(made);
      const headers = Object.fromEntries(made.fields);
      if (made.body !== '') {
        headers['content-digest'] = `sha-256=:${digest}:`;
      }
      const created = 1_700_000_000 + below(1_000_000);
      const nonce = text('abcdefXYZ0189', 16).padEnd(16, '0');
      const signed = await httpbis.signMessage(
        {
          key: signer(algorithm, key),
          name: 'sig1',
          fields,
          params: ['created', 'expires', 'nonce', 'keyid', 'alg'],
          paramValues: { created: new Date(created * 1000), nonce },
        },
        { method: made.method, url: made.url, headers },
      );
      vectors.push({
        algorithm,
        created,
        nonce,
        method: made.method,
        url: made.url,
        body: made.body,
        fields: made.fields,
        components: fields,
        input: signed.headers['Signature-Input'],
        signature: signed.headers['Signature'],
      });
    }
  }
  process.stdout.write(gzipSync(JSON.stringify(vectors), { level: 9 }));
}

main();
