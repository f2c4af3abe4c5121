import { resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';

const PLUGIN = resolve(__dirname, '../../../examples/flex-plugin');

/** The store of Flex, whose token changes during the day. */
const FLEX_UI = `export const Manager = { getInstance: () => ({ store: { getState: () => ({
  flex: { session: { ssoTokenPayload: { token: globalThis.flexToken } } } }) } }) }`;

/** As much of React as the example uses: one component with one state, drawn anew whenever that changes. */
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

/** The example's component in a page, as a plugin would put it into Flex; `flexToken` is the token in the store. */
export async function bundlePlugin(service: string): Promise<string> {
  const stands: Readonly<Record<string, string>> = { react: REACT, '@twilio/flex-ui': FLEX_UI };
  const inFlex: Plugin = {
    name: 'in-flex',
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /^(react|@twilio\/flex-ui)$/ }, ({ path }) => ({ path, namespace: 'flex' }));
      onLoad({ filter: /.*/, namespace: 'flex' }, ({ path }) => ({ contents: stands[path] ?? '' }));
    },
  };
  const { outputFiles } = await build({
    stdin: {
      contents: `
        import { createElement, render } from 'react';
        import { flexAuth } from './flex-auth-of-plugin';
        import { MyFlexUser } from './MyFlexUser';
        render(createElement(MyFlexUser, { flexAuth }), document.body);`,
      resolveDir: PLUGIN,
    },
    ...{ bundle: true, jsx: 'transform', write: false, format: 'iife', logLevel: 'warning', plugins: [inFlex] },
  });
  return (outputFiles[0]?.text ?? '').replace('https://YOUR-SERVICE.twil.io', service);
}
