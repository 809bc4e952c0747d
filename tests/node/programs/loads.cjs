// What loading the package does to a process: nothing that one could notice.
const threads = () => require('node:fs').readdirSync('/proc/self/task').length;
const before = process.platform === 'linux' ? threads() : 0;
const { login, SevenG } = require('relatch');
const { Sandbox } = require('relatch/testing');
const after = process.platform === 'linux' ? threads() : 0;
console.log(JSON.stringify([typeof login, typeof SevenG, typeof Sandbox, after - before]));
