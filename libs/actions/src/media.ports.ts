/** How the media of calls finds its way. Null: no such server is set up. */
export interface MediaPorts {
  readonly turn:
    | ((user: { readonly tenantId: string; readonly userId: string | null }) => {
        readonly username: string;
        readonly credential: string;
        /** seconds */
        readonly ttl: number;
        readonly uris: readonly string[];
      })
    | null;
  /** Whoever asks for a grant has checked that this person may join. */
  readonly provider: {
    grant(request: {
      readonly tenantId: string;
      readonly roomId: string;
      readonly user: { readonly id: string; readonly name: string };
    }): Promise<{ readonly token: string; readonly url: string }>;
  } | null;
}
