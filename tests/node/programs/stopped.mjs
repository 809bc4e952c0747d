// Makes one exchange in whose middle its parent stops it: URL refresh|login exchangeTimeout
import { once } from 'node:events';
import { login, resume, SevenG } from 'relatch';

const [url = '', what, limit] = process.argv.slice(2);
const provider = new SevenG({ username: 'api_user', password: 'made-up-password-1', baseUrl: url });
const limits = { exchangeTimeout: Number(limit), timeout: Number(limit) + 1000 };

async function begin() {
  console.log('ready');
  await once(process.stdin, 'data');
  process.stdin.destroy();
}

if (what === 'login') {
  await begin();
  const session = await login(provider, limits);
  console.log('token', (await session.token()).length > 0);
} else {
  const { tokens = { accessToken: '' } } = await login(provider);
  // Without credentials nothing but the answer saves the session.
  const session = resume(new SevenG({ baseUrl: url }), tokens, limits);
  await begin();
  console.log('token', (await session.refresh()).accessToken !== tokens.accessToken);
}
