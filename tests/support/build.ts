import { buildProject } from '../../build/build';

/** Once before all tests: what is served in them is what would be deployed, whatever a developer's own `.env` says. */
export default (): Promise<void> => buildProject({ env: {} });
