/** The Functions and the HTTP methods that they document. Each is served at `/<name>`. */
export const METHODS = {
  provision: ['POST'],
  lookup: ['GET', 'POST'],
  mint: ['POST'],
  deprovision: ['POST'],
  config: ['GET'],
} as const;

export type FunctionName = keyof typeof METHODS;

/** What an authenticated caller can do: one Function each. A scope of a backend key has the same name. */
export const ACTIONS = ['provision', 'lookup', 'mint', 'deprovision'] as const;

export type Action = (typeof ACTIONS)[number];

/** The actions on a user who exists already. */
export type ActionOnUser = Exclude<Action, 'provision'>;

/** What the policy grants or refuses. Looking up and minting depend on whose user it is. */
export type Right = 'provision' | `${'lookup' | 'mint'} ${'own user' | 'anybody'}` | 'deprovision';
