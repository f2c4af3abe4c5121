export type Variables = Readonly<Record<string, string | undefined>>;

/** What `npm start` needs to know to run the Functions locally, against the one Twilio or the other. */
export interface LocalRun {
  /** The first line that is printed: which Twilio it is. */
  readonly announcement: string;
  /** The file that `twilio-run` reads the Functions' settings from. */
  readonly envFile: string;
  readonly nodeArguments: readonly string[];
  readonly environment: Variables;
  /** What is printed once the Functions answer. */
  readonly welcome: string;
  /** Ends and removes what was prepared. */
  readonly close: () => Promise<void>;
}
