// For `node --require`, in a process of twilio-run that the benchmark or a test starts. Read at once: twilio-run replaces process.env.
import { redirectTls } from './redirect';

const port = Number(process.env.UPSTREAM_PORT);
if (!port) throw new Error('UPSTREAM_PORT is missing: the port of the upstream on this machine');
redirectTls(port);

if (process.channel) {
  // Of no use without the process that has started it.
  process.once('disconnect', () => process.exit());
  // Listening alone would keep this process going when all its own work is done.
  process.channel.unref();
}
