import { join, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';

const ROOT = resolve(__dirname, '../../..');

/** Flex's store, whose token changes during the day. Flex has no `ssoTokenPayload` while the worker is signed out. */
const FLEX_UI = `export const Manager = { getInstance: () => ({ store: { getState: () => ({
  flex: { session: { ssoTokenPayload: globalThis.flexToken && { token: globalThis.flexToken } } } }) } }) }`;

/** As much of React as the example uses: one component with one state, drawn again after each change. */
const REACT = `
  const component = {};
  export const createElement = (type, props, ...children) => ({ type, props, children });
  export const useState = (initial) => ['state' in component ? component.state : initial, (next) => {
    component.state = next;
    draw();
  }];
  export default { createElement };
  const nodeOf = (element) => {
    if (typeof element === 'string') return document.createTextNode(element);
    const node = document.createElement(element.type);
    for (const [name, value] of Object.entries(element.props ?? {})) {
      if (name === 'onClick') node.addEventListener('click', value);
      else node.setAttribute(name, value);
    }
    node.append(...element.children.map(nodeOf));
    return node;
  };
  const draw = () => component.into.replaceChildren(nodeOf(component.type(component.props)));
  export const render = ({ type, props }, into) => {
    Object.assign(component, { type, props, into });
    draw();
  };`;

/** Bundles the example's component for a page, as a plugin adds it to Flex. The global `flexToken` is the token in the store. */
export async function bundlePlugin(service: string): Promise<string> {
  const stands: Readonly<Record<string, string>> = { react: REACT, '@twilio/flex-ui': FLEX_UI };
  const inFlex: Plugin = {
    name: 'in-flex',
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /^(react|@twilio\/flex-ui)$/ }, ({ path }) => ({ path, namespace: 'flex' }));
      // The copy that a plugin takes.
      onResolve({ filter: /\/flex-auth$/ }, () => ({ path: join(ROOT, 'src/client/flex-auth.ts') }));
      onLoad({ filter: /.*/, namespace: 'flex' }, ({ path }) => ({ contents: stands[path] ?? '' }));
    },
  };
  const { outputFiles } = await build({
    stdin: {
      contents: `
        import { createElement, render } from 'react';
        import { flexAuth } from './flexAuth';
        import { MyFlexUser } from './components/MyFlexUser';
        render(createElement(MyFlexUser, { flexAuth }), document.body);`,
      resolveDir: join(ROOT, 'examples/flex-plugin/src'),
    },
    bundle: true,
    jsx: 'transform',
    write: false,
    format: 'iife',
    logLevel: 'warning',
    plugins: [inFlex],
  });
  return (outputFiles[0]?.text ?? '').replace('https://YOUR-SERVICE.twil.io', service);
}
