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

it('closes what has started if the last one fails after all others have started', async () => {
  let fail = (_: Error) => {};
  const late = new Promise<ReturnType<typeof started>>((_, reject) => {
    fail = reject;
  });
  const [first, second] = [started(), started()];
  const starting = startTogether(Promise.resolve(first), Promise.resolve(second), late);
  fail(new Error('no service'));
  await expect(starting).rejects.toThrow('no service');
  expect([first, second].map(({ close }) => close.mock.calls.length)).toEqual([1, 1]);
});

it('rejects only when what has started is closed, so that nothing keeps Jest waiting', async () => {
  let isClosed = false;
  const service = started(
    jest.fn(async () => {
      await new Promise((done) => setImmediate(done));
      isClosed = true;
      return undefined;
    }),
  );
  await expect(startTogether(Promise.reject(new Error('no browser')), Promise.resolve(service))).rejects.toThrow();
  expect(isClosed).toBe(true);
});

it('rejects with the first failure if nothing starts', async () => {
  const starting = startTogether(Promise.reject(new Error('no browser')), Promise.reject(new Error('no port')));
  await expect(starting).rejects.toThrow('no browser');
});
