import { within } from '../../../src/login/failures/deadline';
import { manualTime } from '../support/memory';

it('puts away what a step brings after its time is over', async () => {
  const time = manualTime();
  let finish = (_: string) => {};
  const late = jest.fn();
  const step = within(time, new Promise<string>((done) => (finish = done)), late);
  const outcome = expect(step).rejects.toMatchObject({ kind: 'too-slow' });
  await time.pass(15_000);
  await outcome;
  finish('a client');
  await time.pass(0);
  expect(late).toHaveBeenCalledWith('a client');
});
