import { bakedSettings } from '../../build/baked-settings';
import { ACCOUNT_SID } from '../login/support/service';

it('bakes in what .env has, and nothing without the account', () => {
  expect(bakedSettings({ ACCOUNT_SID, TELEMETRY: 'true', LOG_LEVEL: 'warn', TWILIO_REGION: 'ie1' })).toEqual({
    accountSid: ACCOUNT_SID,
    region: 'ie1',
    telemetry: true,
    logLevel: 'warn',
  });
  expect(bakedSettings({ TELEMETRY: 'true' })).toBeUndefined();
});

it('bakes in what the Functions would read of it, and nothing of what they would not', () => {
  const read = { ACCOUNT_SID, TELEMETRY: ' True', LOG_LEVEL: 'WARN', TWILIO_REGION: 'IE1', TWILIO_EDGE: '' };
  expect(bakedSettings(read)).toEqual({
    accountSid: ACCOUNT_SID,
    region: 'ie1',
    telemetry: true,
    logLevel: 'warn',
  });
  for (const malformed of [{ TELEMETRY: 'yes' }, { LOG_LEVEL: 'loud' }, { TWILIO_REGION: 'x.y/' }]) {
    expect(bakedSettings({ ACCOUNT_SID, ...malformed })).toBeUndefined();
  }
});
