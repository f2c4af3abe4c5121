import { buildProject } from '../../scripts/build';

/** Once before all tests: what is served in them is what would be deployed. */
export default buildProject;
