/** What one check has found: one line. */
export interface Finding {
  readonly state: 'ok' | 'warning' | 'failed' | 'not checked';
  /** What is so, and what to do next where something is to be done. */
  readonly text: string;
}

export const ok = (text: string): Finding => ({ state: 'ok', text });
export const warning = (text: string): Finding => ({ state: 'warning', text });
export const failed = (text: string): Finding => ({ state: 'failed', text });
export const notChecked = (text: string): Finding => ({ state: 'not checked', text });

export const lineOf = ({ state, text }: Finding): string => `${state.padEnd(13)}${text}`;

/** What somebody else said, fit for a terminal: on one line, without control characters, and not too much of it. */
export function quote(said: string): string {
  const plain = said
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .replace(/\.$/, '');
  return `“${plain.length > 200 ? `${plain.slice(0, 200)}…` : plain}”`;
}
