import { describeJourneys } from './journeys';
import { webkit } from './support/webkit';

describeJourneys('WebKit', webkit);
