import type { MediaGrant, MediaGrantRequest, MediaProvider } from './media-provider.js';

export interface LiveKitOptions {
  /** where clients reach it, such as `wss://media.example.org` */
  readonly url: string;
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly ttlMs: number;
}

const MS = 1_000;

/** Access tokens of a LiveKit server. It makes the room when the first one connects. */
export class LiveKitProvider implements MediaProvider {
  constructor(private readonly options: LiveKitOptions) {}

  async grant({ tenantId, roomId, user }: MediaGrantRequest): Promise<MediaGrant> {
    const { url, apiKey, apiSecret, ttlMs } = this.options;
    const ttl = Math.floor(ttlMs / MS);
    // Most installations never need it, and it takes its time to load.
    const { AccessToken } = await import('livekit-server-sdk');
    const token = new AccessToken(apiKey, apiSecret, { identity: user.id, name: user.name, ttl });
    token.addGrant({
      room: mediaRoomOf(tenantId, roomId),
      roomJoin: true,
      canPublish: true,
      canSubscribe: true,
      canPublishData: true,
    });
    return { token: await token.toJwt(), url };
  }
}

/** Two tenants may have rooms of one id; encoded, neither part holds a dot. */
export function mediaRoomOf(tenantId: string, roomId: string): string {
  return [tenantId, roomId].map((id) => Buffer.from(id, 'utf8').toString('base64url')).join('.');
}
