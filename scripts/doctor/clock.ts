import type { Examination } from './examination';
import { type Finding, failed, notChecked, ok } from './finding';
import type { Received } from './send';

/** Sign-ins and tokens last for minutes, so seconds do no harm. */
const TOLERANCE_SECONDS = 60;

/** Compares this machine's clock with that of the service and of Twilio. */
export async function checkClock({ config, signOn }: Examination): Promise<Finding> {
  const [service, twilio] = await Promise.all([config().catch(() => undefined), signOn().catch(() => undefined)]);
  return compareClocks({ 'the service': service, Twilio: twilio });
}

export function compareClocks(others: Readonly<Record<string, Received | undefined>>): Finding {
  const differences = Object.entries(others).flatMap(([name, response]) => {
    const seconds = response?.secondsAhead;
    return seconds === undefined ? [] : [{ name, seconds }];
  });
  if (differences.length === 0) return notChecked('no response has a date to compare the clock with.');
  const off = differences.find(({ seconds }) => Math.abs(seconds) > TOLERANCE_SECONDS);
  if (off) {
    const way = off.seconds > 0 ? 'ahead of' : 'behind';
    return failed(
      `this machine is ${Math.abs(off.seconds)} s ${way} ${off.name}. Synchronize its clock: otherwise sign-ins look expired.`,
    );
  }
  const found = differences.map(({ name, seconds }) => `${Math.abs(seconds)} s from ${name}`);
  return ok(`this machine is ${found.join(' and ')}.`);
}
