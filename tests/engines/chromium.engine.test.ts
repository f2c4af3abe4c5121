import { describeJourneys } from './journeys';
import { chromium } from './support/puppeteer';

describeJourneys('Chromium', chromium);
