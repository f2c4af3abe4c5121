import { systemCodeOf } from '../../src/upstream/failure';

describe('what the system said', () => {
  it.each([
    [{ code: 'ECONNREFUSED' }, 'ECONNREFUSED'],
    [{ cause: { code: 'ENOTFOUND' } }, 'ENOTFOUND'],
    [{ code: 7, cause: { cause: { code: 'EPIPE' } } }, 'EPIPE'],
    [{}, undefined],
    [undefined, undefined],
  ])('is found in %j', (error, code) => {
    expect(systemCodeOf(error)).toBe(code);
  });
});
