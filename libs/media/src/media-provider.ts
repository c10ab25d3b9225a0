/** One person's way into the media of a room's calls. */
export interface MediaGrantRequest {
  readonly tenantId: string;
  readonly roomId: string;
  readonly user: { readonly id: string; readonly name: string };
}

/** `url`: where the client connects to. */
export interface MediaGrant {
  readonly token: string;
  readonly url: string;
}

/**
 * A media server (SFU) for calls of more than two. It trusts its grants alone, so whoever asks for one has checked that this person may
 * join. A grant opens one room, to speak and to listen, for a short time: it is needed to connect, not to stay.
 */
export interface MediaProvider {
  grant(request: MediaGrantRequest): Promise<MediaGrant>;
}
