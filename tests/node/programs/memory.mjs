// Logs in to both systems, refreshes, and logs out. It is told passwords and tells tokens so that neither is in memory for
// that: every byte is changed by one mask.
import { writeSync } from 'node:fs';
import { stdin } from 'node:process';
import { setImmediate as turn } from 'node:timers/promises';
import { login, SevenG, Synapsewave, Totp } from 'relatch';

const MASK = 0xaa;
const [url = '', synapsewaveUrl = '', password = '', userPassword = ''] = process.argv.slice(2);

/** @param {string} masked */
const unmasked = (masked) => Buffer.from(masked, 'hex').map((byte) => byte ^ MASK);
/** Letter by letter: a buffer of the text would be a copy of it. @param {string | undefined} text */
const tell = (text = '') => {
  const letters = Array.from(text, (letter) => (letter.charCodeAt(0) ^ MASK).toString(16).padStart(2, '0'));
  writeSync(1, `${letters.join('')}\n`);
};
const lines = stdin[Symbol.asyncIterator]();

/** Uses sessions; what it has held is gone when it returns. */
async function use() {
  const seven = await login(
    new SevenG({ baseUrl: url, username: 'api_user', password: unmasked(password).toString() }),
  );
  const settings = {
    userId: 'UCC123456',
    apiKey: 'made-up-api-key-1',
    secondFactor: new Totp('JBSWY3DPEHPK3PXPJBSWY3DP'),
  };
  const user = await login(
    new Synapsewave({ ...settings, baseUrl: synapsewaveUrl, password: unmasked(userPassword).toString() }),
  );
  tell(seven.tokens?.refreshToken);
  await seven.refresh();
  tell(seven.tokens?.refreshToken);
  writeSync(1, 'open\n');
  await lines.next();
  await Promise.all([seven.logout(), user.logout()]);
}

await use();
// What JavaScript holds no longer is cleared when it is collected, by the flag that this program is started with. Finalizers
// come a turn after that.
for (let round = 0; round < 6; round += 1) {
  // The youngest are copied to and fro between two places: this overwrites what is left there.
  Array.from({ length: 50_000 }, (_, number) => `${number} of nothing`);
  globalThis.gc?.();
  await turn();
}
writeSync(1, 'over\n');
await lines.next();
process.exit(0);
