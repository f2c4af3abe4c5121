import React, { useState } from 'react';
import { type FlexAuth, FlexAuthError } from '../flex-auth';

/** Shows the worker who they are, and when a new token of theirs expires. */
export function MyFlexUser({ flexAuth }: { flexAuth: FlexAuth }): JSX.Element {
  const [text, setText] = useState('');

  const show = (sentence: () => Promise<string>) => async () => {
    try {
      setText(await sentence());
    } catch (error) {
      if (!(error instanceof FlexAuthError)) throw error;
      // `message` is for people. Code branches on `code`.
      setText(error.code === 'missing_credentials' ? 'You are signed out.' : error.message);
    }
  };
  const whoAmI = show(async () => {
    const { full_name, username, worker_sid, worker } = await flexAuth.lookup();
    return `${full_name ?? username}, worker ${worker_sid ?? worker?.worker_sid ?? 'none'}`;
  });
  const mint = show(async () => {
    const { token_info } = await flexAuth.mint({ ttl: 600 });
    return `A new token that expires at ${token_info.expiration}`;
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
