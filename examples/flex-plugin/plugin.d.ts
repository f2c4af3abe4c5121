// Just enough of what a Flex plugin has anyway, so that the example is type-checked here without it. Leave this file out.

declare module '@twilio/flex-ui' {
  export const Manager: {
    getInstance(): { store: { getState(): { flex: { session: { ssoTokenPayload?: { token: string } } } } } };
  };
}

declare module 'react' {
  export interface ReactElement {
    readonly type: unknown;
    readonly props: Readonly<Record<string, unknown>>;
  }
  export function createElement(type: unknown, props: object | null, ...children: readonly unknown[]): ReactElement;
  export function useState<State>(initial: State): [State, (next: State) => void];
  const React: { readonly createElement: typeof createElement };
  export default React;
}

declare namespace JSX {
  type Element = import('react').ReactElement;
  type IntrinsicElements = Readonly<Record<string, object>>;
}
