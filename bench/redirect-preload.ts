// For `node --require`, in a process of twilio-run that the benchmark or a test starts. Reads the variable at once, because
// twilio-run replaces process.env.
import { redirectTls } from './redirect';

const port = Number(process.env.UPSTREAM_PORT);
if (!port) throw new Error('UPSTREAM_PORT is missing: the port of the upstream on this machine');
redirectTls(port);

if (process.channel) {
  // Useless without the process that started it.
  process.once('disconnect', () => process.exit());
  // Otherwise the listener would keep this process alive after its work is done.
  process.channel.unref();
}
