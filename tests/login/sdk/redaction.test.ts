import { createRedaction, redactingFactory } from '../../../src/login/sdk/redaction';

it('masks a token in whatever is logged, wherever it stands in the text', () => {
  const redaction = createRedaction();
  redaction.hide('eyJ.secret');
  const lines: unknown[] = [];
  const factory = redactingFactory(
    (level: string) =>
      (...parts) =>
        void lines.push(level, ...parts),
    redaction,
  );
  factory('debug')('token: eyJ.secret, again eyJ.secret', 7, 'eyJ.secret');
  expect(lines).toEqual(['debug', 'token: [token], again [token]', 7, '[token]']);
});
