import { handler as lookup } from '../../src/functions/lookup';
import { call } from '../support/call';
import { useSandbox } from '../support/twilio';
import { describeWaiting } from '../support/waiting';

const twilio = useSandbox();

describeWaiting(twilio, 'iam', async () =>
  call(lookup, twilio.settings, { bearer: await twilio.sandbox.tokenFor('agent') }),
);
