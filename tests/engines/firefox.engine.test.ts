import { describeJourneys } from './journeys';
import { firefox } from './support/puppeteer';

describeJourneys('Firefox', firefox);
