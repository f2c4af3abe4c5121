import { FlexPlugin } from '@twilio/flex-plugin';
import type * as Flex from '@twilio/flex-ui';
import React from 'react';
import { MyFlexUser } from './components/MyFlexUser';
import { flexAuth } from './flexAuth';

export default class FlexAuthPlugin extends FlexPlugin {
  constructor() {
    super('FlexAuthPlugin');
  }

  async init(flex: typeof Flex): Promise<void> {
    flex.MainHeader.Content.add(<MyFlexUser key="my-flex-user" flexAuth={flexAuth} />, { sortOrder: -1 });
  }
}
