// child_process.fork: a child goes on with the tokens that its parent hands over, and ends when it is let go.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { login, resume, SevenG, Tokens } from 'relatch';
import { PASSWORD, USERNAME } from '../support.mjs';

if (process.send) {
  const [{ baseUrl, tokens }] = await once(process, 'message');
  const session = resume(new SevenG({ baseUrl, username: USERNAME, password: PASSWORD }), tokens, { keepAlive: true });
  session.on('event', () => {});
  const { accessToken, refreshToken } = await session.refresh();
  process.send({ accessToken, refreshToken });
} else {
  const { Sandbox } = await import('relatch/testing');
  for (const serialization of /** @type {const} */ (['json', 'advanced'])) {
    const sandbox = await Sandbox.start();
    const session = await login(sandbox.sevenG());
    const tokens = session.tokens ?? new Tokens('');
    await session.logout();
    const child = fork(fileURLToPath(import.meta.url), { serialization });
    child.send({ baseUrl: sandbox.url, tokens: JSON.parse(JSON.stringify(tokens)) });
    const [next] = await once(child, 'message');
    const exited = once(child, 'exit');
    child.disconnect();
    const back = resume(sandbox.sevenG(), next);
    await back.refresh();
    const { login: logins, refresh, reused } = sandbox.counts();
    console.log(serialization, ...(await exited), next.accessToken !== tokens.accessToken, logins, refresh, reused);
    await sandbox.close();
  }
}
