// Never run: the same types for programs that use require.
import relatch = require('relatch');
import testing = require('relatch/testing');

export async function program(): Promise<string> {
  const sandbox: testing.Sandbox = await testing.Sandbox.start();
  const session: relatch.Session = await relatch.login(sandbox.sevenG());
  return session.token();
}
