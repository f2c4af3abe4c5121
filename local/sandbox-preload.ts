// For `node --require`: sends this process's requests to Twilio to the sandbox at SANDBOX_ORIGIN. Read at once, since
// twilio-run replaces process.env by what is in the env file.
import { interceptTwilio } from '../sandbox/interception';

const origin = process.env.SANDBOX_ORIGIN;
if (!origin)
  throw new Error('SANDBOX_ORIGIN is missing: the origin of a running sandbox, such as http://127.0.0.1:4000');
interceptTwilio(origin);

if (process.channel) {
  // Started by another process, and of no use without it.
  process.once('disconnect', () => process.exit());
  // Listening alone would keep this process going when all its own work is done.
  process.channel.unref();
}
