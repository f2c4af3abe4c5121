import { buildProject } from '../../build/build';

/** Runs once before all tests that need a build. What they serve is what would be deployed, whatever a developer's `.env` says. */
export default (): Promise<void> => buildProject({ env: {} });
