// Logs in to the server named by its argument, uses the session, listens to it, and has nothing more to do.
import { login, SevenG } from 'relatch';

const [baseUrl = '', username, password] = process.argv.slice(2);
const session = await login(new SevenG({ baseUrl, username, password }), { keepAlive: true });
await session.token();
session.on('event', ({ kind }) => console.log(kind));
// Still referred to when the last line has run.
process.on('exit', () => console.log(session.state));
