// The clients for Node, each as its documentation shows it, shared by all callers of the program. Each function opens
// a client and returns a call: one GET of the protected resource, whose status it returns. A call takes a signal where
// the client does.

import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
} from '@azure/core-rest-pipeline';
import axios from 'axios';
import { createAuthRefresh } from 'axios-auth-refresh';
import { OAuth2Client } from 'google-auth-library';
import * as openid from 'openid-client';
import { AuthorizationCode } from 'simple-oauth2';
import { Session } from '../../bench/hand_written/fetch_client.mjs';

/** @typedef {(signal?: AbortSignal) => Promise<number>} Call */
/** @typedef {import('./task.mjs').Task} Task */

// Seconds: how early a program of its own looks for a new token, where the library leaves that to it.
// It is the window of simple-oauth2's README.
const WINDOW = 300;

/**
 * README.md: a session that goes on with tokens from elsewhere, and holds credentials.
 *
 * @param {Task} task
 * @returns {Promise<Call>}
 */
export async function relatch(task) {
  const { resume, SevenG } = await import(process.env.RELATCH_NODE ?? '');
  const provider = new SevenG({ baseUrl: task.url, username: task.username, password: task.password });
  const session = resume(provider, { accessToken: task.access_token, refreshToken: task.refresh_token });
  return async (signal) => get(task, (await session.headers({ signal })).Authorization, signal);
}

/**
 * https://github.com/googleapis/google-auth-library-nodejs#oauth2, with `setCredentials`.
 *
 * @param {Task} task
 * @returns {Promise<Call>}
 */
export async function googleAuthLibrary(task) {
  const client = new OAuth2Client({
    clientId: 'client',
    clientSecret: 'secret',
    endpoints: { oauth2TokenUrl: task.tokenUrl },
  });
  client.setCredentials({
    access_token: task.access_token,
    refresh_token: task.refresh_token,
    expiry_date: Date.now() + task.expires_in * 1000,
  });
  return async (signal) => (await client.request({ url: task.resource, ...(signal && { signal }) })).status;
}

/**
 * https://github.com/panva/openid-client/blob/main/docs/functions/refreshTokenGrant.md.
 *
 * @param {Task} task
 * @returns {Promise<Call>}
 */
export async function openidClient(task) {
  const config = new openid.Configuration({ issuer: task.url, token_endpoint: task.tokenUrl }, 'client', 'secret');
  openid.allowInsecureRequests(config); // this server speaks plain http
  let tokens = { access_token: task.access_token, refresh_token: task.refresh_token };
  let expiresAt = Date.now() + task.expires_in * 1000;
  return async () => {
    if (Date.now() > expiresAt - WINDOW * 1000) {
      const answer = await openid.refreshTokenGrant(config, tokens.refresh_token);
      tokens = { access_token: answer.access_token, refresh_token: answer.refresh_token ?? tokens.refresh_token };
      expiresAt = Date.now() + (answer.expiresIn() ?? 0) * 1000;
    }
    return (await openid.fetchProtectedResource(config, tokens.access_token, new URL(task.resource), 'GET')).status;
  };
}

/**
 * https://github.com/Flyrell/axios-auth-refresh#usage, with the request interceptor of the same page.
 *
 * @param {Task} task
 * @returns {Promise<Call>}
 */
export async function axiosAuthRefresh(task) {
  const instance = axiosInstance(task, { access: task.access_token, refresh: task.refresh_token });
  return async (signal) => (await instance.get(task.resource, { ...(signal && { signal }) })).status;
}

/**
 * Two instances that share the tokens, as a program has that talks to two services.
 *
 * @param {Task} task
 * @returns {Promise<Call>}
 */
export async function axiosAuthRefreshTwice(task) {
  const tokens = { access: task.access_token, refresh: task.refresh_token };
  const instances = [axiosInstance(task, tokens), axiosInstance(task, tokens)];
  let calls = 0;
  return async (signal) => {
    const instance = /** @type {import('axios').AxiosInstance} */ (instances[calls++ % 2]);
    return (await instance.get(task.resource, { ...(signal && { signal }) })).status;
  };
}

/**
 * @param {Task} task
 * @param {{ access: string, refresh: string }} tokens
 */
function axiosInstance(task, tokens) {
  const instance = axios.create();
  instance.interceptors.request.use((request) => {
    request.headers.Authorization = `Bearer ${tokens.access}`;
    return request;
  });
  createAuthRefresh(instance, async (failed) => {
    const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: tokens.refresh });
    const answer = await axios.post(task.tokenUrl, form);
    tokens.access = answer.data.access_token;
    tokens.refresh = answer.data.refresh_token;
    failed.response.config.headers.Authorization = `Bearer ${tokens.access}`;
  });
  return instance;
}

/**
 * https://github.com/lelylan/simple-oauth2#refresh-an-access-token, with the window that is recommended there.
 *
 * @param {Task} task
 * @returns {Promise<Call>}
 */
export async function simpleOauth2(task) {
  const client = new AuthorizationCode({
    client: { id: 'client', secret: 'secret' },
    auth: { tokenHost: task.url, tokenPath: '/oauth/token' },
  });
  let token = client.createToken({
    access_token: task.access_token,
    refresh_token: task.refresh_token,
    expires_in: task.expires_in,
  });
  return async (signal) => {
    if (token.expired(WINDOW)) token = await token.refresh();
    return get(task, `Bearer ${token.token.access_token}`, signal);
  };
}

/**
 * https://learn.microsoft.com/javascript/api/@azure/core-auth/tokencredential, with a pipeline by the package's source.
 *
 * @param {Task} task
 * @returns {Promise<Call>}
 */
export async function azureCore(task) {
  const policy = bearerTokenAuthenticationPolicy({ credential: azureCredential(task), scopes: 'read' });
  const pipeline = createPipelineFromOptions({});
  pipeline.addPolicy(policy);
  // The bearer policy refuses plain http, which is what this server speaks.
  const plain = {
    name: 'plainHttp',
    /** @type {import('@azure/core-rest-pipeline').PipelinePolicy['sendRequest']} */
    sendRequest: (request, next) => {
      request.url = request.url.replace('https:', 'http:');
      return next(request);
    },
  };
  pipeline.addPolicy(plain, { afterPhase: 'Sign' });
  const http = createDefaultHttpClient();
  const url = task.resource.replace('http:', 'https:');
  /** @type {Call} */
  const call = async (signal) => {
    const request = createPipelineRequest({ url, headers: createHttpHeaders(), allowInsecureConnection: true });
    if (signal) request.abortSignal = signal;
    return (await pipeline.sendRequest(http, request)).status;
  };
  // The first request, which may be refused, puts the first token into the policy.
  await call();
  return call;
}

/**
 * What the user of the library writes: the policy asks it for a new token when one is due.
 *
 * @param {Task} task
 * @returns {import('@azure/core-auth').TokenCredential}
 */
function azureCredential(task) {
  let refreshToken = '';
  return {
    async getToken(_scopes, options) {
      if (refreshToken === '') {
        refreshToken = task.refresh_token;
        return { token: task.access_token, expiresOnTimestamp: Date.now() + task.expires_in * 1000 };
      }
      const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken });
      const signal = /** @type {AbortSignal | undefined} */ (options?.abortSignal) ?? null;
      const answer = await fetch(task.tokenUrl, { method: 'POST', body, signal });
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      const tokens = /** @type {any} */ (await answer.json());
      refreshToken = tokens.refresh_token;
      return { token: tokens.access_token, expiresOnTimestamp: Date.now() + tokens.expires_in * 1000 };
    },
  };
}

/**
 * The client over fetch that `make bench` compares with.
 *
 * @param {Task} task
 * @returns {Promise<Call>}
 */
export async function handWritten(task) {
  const session = await Session.logIn(task.url, task.username, task.password);
  return async (signal) => get(task, await session.token(), signal);
}

/**
 * @param {Task} task
 * @param {string} authorization
 * @param {AbortSignal} [signal]
 */
async function get(task, authorization, signal) {
  const answer = await fetch(task.resource, { headers: { Authorization: authorization }, signal: signal ?? null });
  await answer.arrayBuffer();
  return answer.status;
}
