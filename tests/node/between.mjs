// A server between relatch and a sandbox: it notes what arrives, and may change what goes back.
import http from 'node:http';
import https from 'node:https';

/**
 * @typedef {{ status: number, type: string, body: Buffer }} Answer
 * @typedef {{ path: string, headers: http.IncomingHttpHeaders, address: string, certificate: string | undefined }} Arrived
 */

/**
 * Listens on an address of this machine until the test is over, and hands on to `url`, whose path the requests keep.
 *
 * @param {import('node:test').TestContext} test
 * @param {string} url
 * @param {{ change?: (answer: Answer) => Answer, host?: string, tls?: import('node:tls').TlsOptions }} [how]
 * @returns {Promise<{ url: string, requests: Arrived[] }>}
 */
export async function between(test, url, { change = (answer) => answer, host = '127.0.0.1', tls } = {}) {
  /** @type {Arrived[]} */
  const requests = [];
  const target = new URL(url);
  /** @type {http.RequestListener} */
  const handle = async (request, response) => {
    requests.push(arrived(request));
    const { status, type, body } = change(await ask(target, request));
    response.writeHead(status, { 'content-type': type, 'content-length': body.length });
    response.end(body);
  };
  const server = tls ? https.createServer(tls, handle) : http.createServer(handle);
  // A client that is refused breaks the connection.
  server.on('tlsClientError', () => {});
  await new Promise((resolve) => server.listen(0, host, () => resolve(undefined)));
  test.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const shown = host.includes(':') ? `[${host}]` : host;
  return { url: `${tls ? 'https' : 'http'}://${shown}:${port}${target.pathname.replace(/\/$/, '')}`, requests };
}

/** @param {http.IncomingMessage} request @returns {Arrived} */
function arrived({ url = '', headers, socket }) {
  const shown = 'getPeerCertificate' in socket ? /** @type {any} */ (socket).getPeerCertificate() : undefined;
  return { path: url, headers, address: socket.remoteAddress ?? '', certificate: shown?.subject?.CN };
}

/** @param {URL} target @param {http.IncomingMessage} request @returns {Promise<Answer>} */
async function ask(target, request) {
  const { method, url: path, headers } = request;
  const handed = http.request({ host: target.hostname, port: target.port, method, path, headers, agent: false });
  request.pipe(handed);
  const answer = await new Promise((resolve, reject) => handed.on('response', resolve).on('error', reject));
  const parts = [];
  for await (const part of answer) parts.push(part);
  return { status: answer.statusCode, type: answer.headers['content-type'] ?? '', body: Buffer.concat(parts) };
}
