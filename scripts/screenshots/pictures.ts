import type { Look } from './scene';
import * as states from './states';

export interface Picture {
  readonly state: states.State;
  readonly look: Look;
}

/** As wide as the page's card needs to have its full width, and as high as the longest of these states. */
const LIGHT: Look = { colorScheme: 'light', width: 448, height: 608 };
const DARK: Look = { ...LIGHT, colorScheme: 'dark' };
const NARROW: Look = { ...LIGHT, width: 320 };

/** The pictures in the documentation, by the names of their files. */
export const PICTURES: Readonly<Record<string, Picture>> = {
  'signed-in-light': { state: states.signedIn, look: LIGHT },
  'signed-in-dark': { state: states.signedIn, look: DARK },
  'signed-in-narrow': { state: states.signedIn, look: NARROW },
  'token-light': { state: states.tokenWanted, look: LIGHT },
  'declined-light': { state: states.declined, look: LIGHT },
  'ending-light': { state: states.ending, look: LIGHT },
};
