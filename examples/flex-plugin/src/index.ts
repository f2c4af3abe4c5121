import * as FlexPlugin from '@twilio/flex-plugin';
import FlexAuthPlugin from './FlexAuthPlugin';

FlexPlugin.loadPlugin(FlexAuthPlugin);
