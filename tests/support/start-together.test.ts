import { startTogether } from './start-together';

const started = (close = jest.fn(async () => undefined)) => ({ close });

it('hands over everything that has started, in order', async () => {
  const [first, second] = [started(), started()];
  expect(await startTogether(Promise.resolve(first), Promise.resolve(second))).toEqual([first, second]);
  expect(first.close).not.toHaveBeenCalled();
});

it('closes what has started if something else fails to start, even if it starts later', async () => {
  let start = (_: ReturnType<typeof started>) => {};
  const late = new Promise<ReturnType<typeof started>>((resolve) => {
    start = resolve;
  });
  const [early, slow] = [started(), started()];
  const starting = startTogether(Promise.resolve(early), Promise.reject(new Error('no browser')), late);
  start(slow);
  await expect(starting).rejects.toThrow('no browser');
  expect(early.close).toHaveBeenCalledTimes(1);
  expect(slow.close).toHaveBeenCalledTimes(1);
});
