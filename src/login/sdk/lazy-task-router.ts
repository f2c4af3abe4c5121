import { TaskRouterImpl as Original } from 'sdk:TaskRouterImpl';
import { loadTaskRouter } from './task-router-classes';

/**
 * Replaces the SDK's class of this name. Loads `twilio-taskrouter`, four fifths of the client, when a worker or a task is
 * first requested: a live client alone needs nothing of it.
 */
export class TaskRouterImpl extends Original {
  #isDestroyed = false;

  override async init(): Promise<void> {
    await loadTaskRouter();
    if (this.#isDestroyed) throw new Error('The client was destroyed while TaskRouter was loading');
    return super.init();
  }

  override destroy(): void {
    this.#isDestroyed = true;
    super.destroy();
  }
}
