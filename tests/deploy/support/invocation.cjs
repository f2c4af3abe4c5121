// One call of the Function beside this file, as the platform makes it: `context` and `event` come in as JSON, the response goes out as JSON.
const { readFileSync } = require('node:fs');
const { dirname, join } = require('node:path');

const runtime = dirname(require.resolve('@twilio/runtime-handler/dev'));
globalThis.Twilio = { Response: require(join(runtime, 'internal/response.js')).Response };
for (const level of ['log', 'info', 'warn', 'debug']) console[level] = console.error;

const { context, event } = JSON.parse(readFileSync(0, 'utf8'));

require('./function.js').handler(context, event, (error, response) => {
  if (error) throw error;
  const { statusCode, headers, body } = response;
  process.stdout.write(JSON.stringify({ status: statusCode, headers, body }));
});
