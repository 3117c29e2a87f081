/** Who may sign requests: pairs of access key and secret key, and the interface through which verification finds them. */

export interface Credentials {
  readonly accessKey: string;
  readonly secretKey: string;
  /** Set for temporary credentials: a request must then carry exactly this token. */
  readonly sessionToken?: string;
}

/** An access key is public, so finding one need not take constant time; comparing signatures and tokens must. */
export interface CredentialStore {
  lookup(accessKey: string): Credentials | undefined;
}

/** A fixed set of credentials, held in memory. A later entry replaces an earlier one of the same access key. */
export function staticCredentials(entries: readonly Credentials[]): CredentialStore {
  const byAccessKey = new Map(entries.map((entry) => [entry.accessKey, entry]));
  return { lookup: (accessKey) => byAccessKey.get(accessKey) };
}
