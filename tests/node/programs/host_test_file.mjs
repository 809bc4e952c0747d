// A test file of a user: it logs in, listens, and never logs out. `node --test` must not be held open by that.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { login, SevenG } from 'relatch';
import { Sandbox } from 'relatch/testing';
import { PASSWORD, USERNAME } from '../support.mjs';

/** @type {import('relatch').Session} */
let session;
const own = await Sandbox.start();

before(async () => {
  const provider = new SevenG({ baseUrl: process.env.SANDBOX_URL ?? '', username: USERNAME, password: PASSWORD });
  session = await login(provider, { keepAlive: true });
  session.on('event', () => {});
});

test('has a token', async () => {
  assert.equal(typeof (await session.token()), 'string');
});

test('refreshes', async () => {
  const old = await session.token();
  assert.notEqual((await session.refresh()).accessToken, old);
  assert.equal((await login(own.sevenG())).state, 'active');
});
