import { duration, flag, fragment, list, oneOf, setting, text, url, type FragmentValues } from '@parlance/config';

const MAX_SECRETS = 4;
/** RFC 7064 and 7065. */
const ICE_URI = /^(?:stuns?:[^\s?]+|turns?:[^\s?]+(?:\?transport=(?:udp|tcp))?)$/;

const iceUris = list().refine(
  (uris) => uris.length > 0 && uris.every((uri) => ICE_URI.test(uri)),
  'must be URIs such as turn:turn.example.org:3478?transport=udp, separated by commas',
);
const secrets = list().refine(
  (all) => all.length > 0 && all.length <= MAX_SECRETS && new Set(all).size === all.length,
  `must be 1 to ${MAX_SECRETS} different secrets, separated by commas`,
);

/** How the media of calls finds its way: read by the api, which hands out the credentials. */
export const mediaConfig = fragment('media', {
  demo: setting({
    env: 'PARLANCE_DEMO',
    schema: flag(),
    default: false,
    doc: 'Without TURN settings, hands out credentials for a TURN server on this machine, with a secret that anybody knows.',
  }),
  turnUris: setting({
    env: 'PARLANCE_TURN_URIS',
    schema: iceUris.optional(),
    doc: 'STUN and TURN servers that clients are sent to, separated by commas, such as turn:turn.example.org:3478?transport=udp.',
  }),
  turnSecrets: setting({
    env: 'PARLANCE_TURN_SECRETS',
    schema: secrets.optional(),
    secret: true,
    doc: 'Secrets of the TURN server (each a static-auth-secret of coturn), separated by commas; the first one signs.',
  }),
  turnTtlMs: setting({
    env: 'PARLANCE_TURN_TTL',
    schema: duration(60_000, 86_400_000),
    default: 3_600_000,
    doc: 'How long a TURN credential is good.',
  }),
  provider: setting({
    env: 'PARLANCE_MEDIA_PROVIDER',
    schema: oneOf('none', 'livekit'),
    default: 'none',
    doc: 'Media server (SFU) that calls of more than two meet on.',
  }),
  tokenTtlMs: setting({
    env: 'PARLANCE_MEDIA_TOKEN_TTL',
    schema: duration(10_000, 86_400_000),
    default: 600_000,
    doc: 'How long a token of the media server may be connected with.',
  }),
  livekitUrl: setting({
    env: 'PARLANCE_LIVEKIT_URL',
    schema: url('ws', 'wss').optional(),
    doc: 'Where clients reach LiveKit, such as wss://media.example.org.',
  }),
  livekitKey: setting({
    env: 'PARLANCE_LIVEKIT_KEY',
    schema: text().optional(),
    doc: 'API key of LiveKit.',
  }),
  livekitSecret: setting({
    env: 'PARLANCE_LIVEKIT_SECRET',
    schema: text().optional(),
    secret: true,
    doc: 'API secret of LiveKit, at least 32 characters.',
  }),
});

export type MediaSettings = FragmentValues<typeof mediaConfig>;
