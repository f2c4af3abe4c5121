/** The SDK's own class, by the name that `build/task-router.ts` gives it. */
declare module 'sdk:TaskRouterImpl' {
  export class TaskRouterImpl {
    constructor(context: unknown);
    init(): Promise<void>;
    destroy(): void;
  }
}
