import { ConfigError } from '@parlance/config';
import { LiveKitProvider } from './livekit.provider.js';
import type { MediaProvider } from './media-provider.js';
import type { MediaSettings } from './media.config.js';
import { turnCredentials, type TurnCredentials, type TurnUser } from './turn-credentials.js';

/** LiveKit itself refuses shorter ones. */
const MIN_LIVEKIT_SECRET_CHARS = 32;

/** `turnserver --use-auth-secret --static-auth-secret=demo-turn-secret` serves the demo. */
const DEMO_TURN = { turnUris: ['turn:127.0.0.1:3478'], turnSecrets: ['demo-turn-secret'] };

/** What an edge needs to send the media of calls on their way. */
export interface Media {
  /** Null: no TURN server is set up. */
  readonly turn: ((user: TurnUser) => TurnCredentials) | null;
  /** Null: no media server is set up. */
  readonly provider: MediaProvider | null;
}

/** @throws ConfigError for settings that do not fit each other. */
export function openMedia(settings: MediaSettings, now: () => number): Media {
  return { turn: turnOf(settings, now), provider: providerOf(settings) };
}

function turnOf(settings: MediaSettings, now: () => number): Media['turn'] {
  const { demo, turnTtlMs: ttlMs } = settings;
  const isUnset = settings.turnUris === undefined && settings.turnSecrets === undefined;
  if (isUnset && !demo) return null;
  const { turnUris: uris, turnSecrets: secrets } = isUnset ? DEMO_TURN : settings;
  const [first, ...others] = secrets ?? [];
  if (uris === undefined || first === undefined) {
    throw new ConfigError(['PARLANCE_TURN_URIS and PARLANCE_TURN_SECRETS need each other']);
  }
  if (!demo && secrets?.some((secret) => DEMO_TURN.turnSecrets.includes(secret)) === true) {
    throw new ConfigError(['PARLANCE_TURN_SECRETS has the secret of the demo, which anybody knows']);
  }
  return (user) => turnCredentials(user, { secrets: [first, ...others], uris, ttlMs }, now());
}

function providerOf(settings: MediaSettings): MediaProvider | null {
  if (settings.provider === 'none') return null;
  const { livekitUrl: url, livekitKey: apiKey, livekitSecret: apiSecret, tokenTtlMs: ttlMs } = settings;
  const needed = { PARLANCE_LIVEKIT_URL: url, PARLANCE_LIVEKIT_KEY: apiKey, PARLANCE_LIVEKIT_SECRET: apiSecret };
  const missing = Object.entries(needed).flatMap(([name, value]) => (value === undefined ? [name] : []));
  if (url === undefined || apiKey === undefined || apiSecret === undefined) {
    throw new ConfigError(missing.map((name) => `${name} is required with PARLANCE_MEDIA_PROVIDER=livekit`));
  }
  if (apiSecret.length < MIN_LIVEKIT_SECRET_CHARS) {
    throw new ConfigError([`PARLANCE_LIVEKIT_SECRET must have at least ${MIN_LIVEKIT_SECRET_CHARS} characters`]);
  }
  return new LiveKitProvider({ url, apiKey, apiSecret, ttlMs });
}
