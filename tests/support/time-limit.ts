import { TIME_LIMIT_MS } from './limits';

jest.setTimeout(TIME_LIMIT_MS);
