import React, { useState } from 'react';
import { type FlexAuth, FlexAuthError } from '../../src/client/flex-auth';

/**
 * Shows the worker who they are, and until when a new token of theirs would be good.
 * In a plugin: `Flex.MainHeader.Content.add(<MyFlexUser key="my-flex-user" flexAuth={flexAuth} />)`.
 */
export function MyFlexUser({ flexAuth }: { flexAuth: FlexAuth }) {
  const [text, setText] = useState('');

  const show = (sentence: () => Promise<string>) => async () => {
    try {
      setText(await sentence());
    } catch (error) {
      // The message is for people; what a plugin does next depends on `error.code`.
      if (!(error instanceof FlexAuthError)) throw error;
      setText(error.message);
    }
  };
  const whoAmI = show(async () => {
    const { full_name, username, worker_sid, worker } = await flexAuth.lookup();
    return `${full_name ?? username}, worker ${worker_sid ?? worker?.worker_sid ?? 'none'}`;
  });
  const mint = show(async () => {
    const { token_info } = await flexAuth.mint({ ttl: 600 });
    return `A new token, good until ${token_info.expiration}`;
  });

  return (
    <div>
      <button type="button" onClick={whoAmI}>
        Who am I?
      </button>
      <button type="button" onClick={mint}>
        New token
      </button>
      <p role="status">{text}</p>
    </div>
  );
}
