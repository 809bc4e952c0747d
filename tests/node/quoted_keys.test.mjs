// No error quotes a private key that was given as the certificates to trust, or as those to show.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  begin,
  InvalidConfig,
  login,
  RelatchError,
  refresh,
  resume,
  SevenG,
  SynapsewaveAccount,
  Tokens,
} from 'relatch';
import { shown } from './shown.mjs';
import { failure, thrown } from './support.mjs';

/** The lines of a block, as long as those of PEM. @param {string} label */
function madeUp(label) {
  const digest = (/** @type {number} */ number) => createHash('sha512').update(`${label} ${number}`).digest();
  const text = Buffer.concat(Array.from({ length: 12 }, (_, number) => digest(number))).toString('base64');
  return text.match(/.{64}/g) ?? [];
}

/** @param {string} label */
const block = (label) => [`-----BEGIN ${label}-----`, ...madeUp(label), `-----END ${label}-----`];

// What `openssl pkcs12 -in client.p12` prints.
const ATTRIBUTES = [
  'Bag Attributes',
  '    friendlyName: kestrel-at-the-broker',
  '    localKeyID: 54 69 6D 65 20 31 37 36 34 33',
  'Key Attributes: <No Attributes>',
];
const SUBJECT = ['subject=CN = kestrel-at-the-broker', 'issuer=CN = heron-authority'];
const LABELS = ['ENCRYPTED PRIVATE KEY', 'PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY'];

/** @type {Array<[string, string[]]>} */
const DUMPS = [
  ...LABELS.map((label) => /** @type {[string, string[]]} */ ([label, [...ATTRIBUTES, ...block(label)]])),
  ['both', [...ATTRIBUTES, ...block('PRIVATE KEY'), ...ATTRIBUTES.slice(0, 3), ...SUBJECT, ...block('CERTIFICATE')]],
  ['cut', [...ATTRIBUTES, ...block('PRIVATE KEY').slice(0, -3)]],
  ['without its lines', [madeUp('PRIVATE KEY').join('')]],
  ['in one line', [block('PRIVATE KEY').join(' ')]],
];

/** What of a dump nobody may see: eight characters in a row of a line that tells something. @param {string[]} lines */
function tellTale(lines) {
  const keys = lines.map((line) => line.trim()).filter((line) => !line.includes(' '));
  const runs = keys.flatMap((line) => Array.from({ length: line.length - 7 }, (_, at) => line.slice(at, at + 8)));
  return [...runs, 'kestrel', 'heron', '54 69 6D'];
}

/** @param {unknown} error @param {string[]} lines @param {string} field */
function check(error, lines, field) {
  assert.ok(error instanceof InvalidConfig, String(error));
  assert.equal(error.field, field);
  checkUnquoted(error, lines);
}

/** @param {unknown} error @param {string[]} lines */
function checkUnquoted(error, lines) {
  const runs = tellTale(lines);
  for (const text of shown(error)) {
    const quoted = runs.find((run) => text.includes(run));
    assert.equal(quoted, undefined, text.slice(0, 500));
  }
}

for (const field of ['caCertificates', 'clientCertificate']) {
  for (const [name, lines] of DUMPS) {
    test(`a dump of a key as ${field}: ${name}`, async () => {
      const provider = new SevenG({ environment: 'test' });
      const tokens = new Tokens('access', 'refresh');
      const text = lines.join('\n');
      for (const form of [text, text.replaceAll('\n', '\r\n'), Buffer.from(text), Buffer.from(text, 'utf16le')]) {
        const options = { [field]: form };
        for (const call of [login, begin]) check(await failure(call(provider, options)), lines, field);
        check(await failure(refresh(provider, tokens, options)), lines, field);
        check(await failure(provider.health(options)), lines, field);
        check(await failure(provider.lookup(undefined, options)), lines, field);
        check(
          thrown(() => resume(provider, tokens, options)),
          lines,
          field,
        );
        const account = new SynapsewaveAccount({
          baseUrl: 'https://broker.example',
          userId: 'UCC1',
          apiKey: 'made up',
        });
        check(await failure(account.sendOtp(options)), lines, field);
      }
    });
  }
}

test('a dump in another place', async () => {
  const provider = new SevenG({ environment: 'test' });
  for (const [, lines] of DUMPS) {
    const text = lines.join('\n');
    for (const field of ['proxy', 'localAddress', 'addressFamily', 'userAgent', 'relogin', 'timeout', 'keepAlive']) {
      checkUnquoted(await failure(login(provider, { [field]: text })), lines);
    }
    for (const field of ['environment', 'baseUrl', 'username', 'password', 'bearer']) {
      const error = thrown(() => new SevenG({ password: 'made up', [field]: text }));
      assert.ok(error instanceof RelatchError, String(error));
      checkUnquoted(error, lines);
    }
  }
});
