import type { ErrorCode } from './error-codes';
import type { LogLevel } from './log-levels';

// The bodies of responses. Users and tokens are Twilio's own bodies, unchanged: Twilio may add fields. Every
// response is checked for the fields that this service relies on, and not for the others.

/** A user as `provision` and `lookup` return one. A user found by user name has `worker_sid`, any other has `worker`. */
export interface FlexUser {
  readonly flex_user_sid: string;
  readonly username: string;
  readonly email?: string | null;
  readonly full_name?: string | null;
  readonly roles?: readonly string[];
  readonly worker_sid?: string | null;
  readonly workspace_sid?: string | null;
  readonly worker?: { readonly worker_sid?: string | null; readonly workspace_sid?: string | null } | null;
  readonly deactivated?: boolean | null;
  readonly deactivated_date?: string | null;
  readonly account_sid?: string;
  readonly instance_sid?: string;
  readonly flex_team_sid?: string | null;
  readonly locale?: string | null;
  readonly created_date?: string;
  readonly updated_date?: string;
  readonly version?: number;
}

/** The token as `mint` returns it. */
export interface MintedToken {
  /** A secret: what `createClient` of the Flex SDK takes. */
  readonly access_token: string;
  readonly token_info: {
    /** ISO 8601. */
    readonly expiration?: string;
    readonly flex_user_sid?: string | null;
    readonly username?: string;
    readonly identity?: string;
    readonly roles?: readonly string[];
    readonly permissions?: readonly string[];
    readonly account_sid?: string;
    readonly flex_instance_sid?: string;
  };
}

/** The body of `GET /config`: what `login.html` needs, and nothing secret. */
export interface ConfigBody {
  readonly account_sid: string;
  readonly allowed_origins: readonly string[];
  readonly region?: string;
  readonly edge?: string;
  readonly telemetry: boolean;
  readonly log_level: LogLevel;
}

/** A field of the request that is invalid, and how to fix it. */
export interface FieldFault {
  readonly field: string;
  readonly message: string;
}

/** What Twilio responded when it refused: HTTP status, Twilio's error code, and the request ID for Twilio Support. */
export interface UpstreamRefusal {
  readonly status: number;
  readonly code?: number;
  readonly request_id?: string;
}

/** The body of every error. */
export interface ErrorBody {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: readonly FieldFault[];
  readonly upstream?: UpstreamRefusal;
}
