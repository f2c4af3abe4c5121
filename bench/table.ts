/** A goal, and the measured value. */
export interface Goal {
  readonly text: string;
  readonly measured: string;
  readonly isReached: boolean;
}

/** One part of the benchmark's output. */
export interface Section {
  readonly title: string;
  /** What was measured, and how. */
  readonly notes: readonly string[];
  readonly tables: readonly Table[];
  readonly goals: readonly Goal[];
}

/** The first row is the heading. The first column is text, the others are numbers, aligned to the right. */
export type Table = readonly (readonly string[])[];

export function renderSection({ title, notes, tables, goals }: Section): string {
  const lines = [title, '='.repeat(title.length), '', ...notes, ''];
  for (const table of tables) lines.push(...renderTable(table), '');
  if (goals.length > 0) lines.push(...renderGoals(goals), '');
  return `${lines.join('\n')}\n`;
}

export const renderGoals = (goals: readonly Goal[]): string[] =>
  goals.map(({ text, measured, isReached }) => `${isReached ? 'reached    ' : 'NOT REACHED'}  ${text}: ${measured}`);

function renderTable([heading = [], ...rows]: Table): string[] {
  const widths = heading.map((_, column) => Math.max(...[heading, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(heading), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)];
}

export const ms = (value: number): string => value.toFixed(value < 100 ? 2 : 1);

export const times = (ratio: number): string => `${ratio.toFixed(2)}x`;
