import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type * as Client from '../../src/client/flex-auth';
import type { ErrorCode } from '../../src/contract/error-codes';
import { REFUSED_MESSAGE, SESSION_MESSAGE } from '../../src/contract/messages';
import type * as Requests from '../../src/contract/requests';
import type * as Responses from '../../src/contract/responses';
import type { FlexRole } from '../../src/contract/roles';
import type { Session } from '../../src/contract/session';

// flex-auth.ts imports nothing, so it repeats facts of the contract. Here the compiler holds the two equal.

type IsEqual<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2
    ? true
    : { readonly inClient: A; readonly inContract: B };

/** A property of each type that the client repeats. One that differs from the contract does not compile. */
const EQUAL: {
  errorCode: IsEqual<Client.ServiceErrorCode, ErrorCode>;
  role: IsEqual<Client.FlexRole, FlexRole>;
  session: IsEqual<Client.FlexSession, Session>;
  user: IsEqual<Client.FlexUser, Responses.FlexUser>;
  mintedToken: IsEqual<Client.MintedToken, Responses.MintedToken>;
  fieldFault: IsEqual<Client.FieldFault, Responses.FieldFault>;
  upstream: IsEqual<Client.UpstreamFault, Responses.UpstreamRefusal>;
  newUser: IsEqual<Client.NewUser, Requests.ProvisionRequest>;
  namedUser: IsEqual<Client.NamedUser, Requests.NamedUser>;
  namedUserOrOneself: IsEqual<Client.NamedUserOrOneself, Requests.NamedUserOrOneself>;
  lookup: IsEqual<NonNullable<Parameters<Client.FlexAuth['lookup']>[0]>, Requests.LookupRequest>;
  mint: IsEqual<NonNullable<Parameters<Client.FlexAuth['mint']>[0]>, Requests.MintRequest>;
  deprovision: IsEqual<Parameters<Client.FlexAuth['deprovision']>[0], Requests.DeprovisionRequest>;
} = {
  errorCode: true,
  role: true,
  session: true,
  user: true,
  mintedToken: true,
  fieldFault: true,
  upstream: true,
  newUser: true,
  namedUser: true,
  namedUserOrOneself: true,
  lookup: true,
  mint: true,
  deprovision: true,
};

it('repeats the types of the contract exactly', () => {
  expect(new Set(Object.values(EQUAL))).toEqual(new Set([true]));
});

it.each([SESSION_MESSAGE, REFUSED_MESSAGE])('listens for the message %s of the contract', (name) => {
  expect(readFileSync(resolve(__dirname, '../../src/client/flex-auth.ts'), 'utf8')).toContain(`'${name}'`);
});
