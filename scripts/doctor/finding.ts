/** What a check found: one line, after the name of the check. */
export interface Finding {
  readonly state: 'ok' | 'warning' | 'failed' | 'not checked';
  /** A fact, then what to do about it. */
  readonly text: string;
}

export const ok = (text: string): Finding => ({ state: 'ok', text });
export const warning = (text: string): Finding => ({ state: 'warning', text });
export const failed = (text: string): Finding => ({ state: 'failed', text });
export const notChecked = (text: string): Finding => ({ state: 'not checked', text });

/** Makes foreign text fit for a terminal: one line, without control characters, at most 200 characters. */
export function quote(foreign: string): string {
  const plain = foreign
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .replace(/\.$/, '');
  return `“${plain.length > 200 ? `${plain.slice(0, 200)}…` : plain}”`;
}
