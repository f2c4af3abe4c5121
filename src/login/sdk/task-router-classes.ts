import { importPart } from '../browser/import-part';
import { STEP_LIMIT_MS } from '../failures/deadline';

/** The name of the script with TaskRouter's classes; see `build/task-router.ts`. */
declare const TASK_ROUTER_PART: string;

type Class = new (...args: never) => object;

// Replaces the imports of the SDK's `TaskRouterImpl`: undefined until loaded.
export let Workspace: Class | undefined;
export let Supervisor: Class | undefined;

export async function loadTaskRouter(): Promise<void> {
  const classes = await importPart<{ Workspace: Class; Supervisor: Class }>(TASK_ROUTER_PART, STEP_LIMIT_MS);
  ({ Workspace, Supervisor } = classes);
}
