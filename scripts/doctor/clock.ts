import type { Answer } from './ask';
import { type Finding, failed, notChecked, ok } from './finding';

/** Sign-ins and tokens live for minutes, so that seconds do no harm. */
const TOLERANCE_SECONDS = 60;

/** A clock of somebody else's, as its `Date` header shows it. */
export interface OtherClock {
  readonly name: string;
  readonly answer: Answer | undefined;
}

/** This machine's clock goes as the others do. People who sign in on it are held to the expiry of their tokens. */
export function checkClock(others: readonly OtherClock[]): Finding {
  const differences = others.flatMap(({ name, answer }) => {
    const seconds = answer && secondsAhead(answer);
    return seconds === undefined ? [] : [{ name, seconds }];
  });
  if (differences.length === 0) return notChecked('Clock: nobody answered with a date to compare it with.');
  const off = differences.find(({ seconds }) => Math.abs(seconds) > TOLERANCE_SECONDS);
  if (off) {
    const way = off.seconds > 0 ? 'ahead of' : 'behind';
    return failed(
      `Clock: this machine is ${Math.abs(off.seconds)} s ${way} ${off.name}. Set it by network time: sign-ins would look too old, or over already.`,
    );
  }
  const found = differences.map(({ name, seconds }) => `${Math.abs(seconds)} s from ${name}`);
  return ok(`Clock: this machine’s is ${found.join(' and ')}.`);
}

function secondsAhead({ headers, atMs }: Answer): number | undefined {
  const dateMs = Date.parse(headers.get('date') ?? '');
  // A date has no fractions of a second: on the average, half of one is cut off.
  return Number.isNaN(dateMs) ? undefined : Math.round((atMs - dateMs - 500) / 1000);
}
