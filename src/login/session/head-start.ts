import type { PageSettings } from '../account/page-settings';
import type { ClientPart } from './client-part';

/** A client that starts before it is known whose token it has, which saves a round trip. */
export interface HeadStart {
  start(accessToken: string): void;
  /** Destroys the client: there will be no session. */
  cancel(): void;
}

/** Loads the client part at once. If that fails, starting the session reports it. */
export function createHeadStart<Client>(
  { loadClientPart }: { loadClientPart(settings: PageSettings): Promise<ClientPart<Client>> },
  settings: PageSettings,
): HeadStart {
  const loading = loadClientPart(settings).catch(() => undefined);
  let starting: Promise<(() => void) | undefined> | undefined;
  return {
    start(accessToken) {
      starting = loading.then((part) => part?.startAhead(accessToken, settings));
    },
    cancel: () => void starting?.then((cancel) => cancel?.()),
  };
}
