import {
  ChatWorld,
  ClassicClient,
  History,
  ImkitClient,
  MinChatSdkClient,
  MinChatSocketClient,
  NativeApi,
  ReelsClient,
  VChatClient,
  type ChatClient,
  type ChatUser,
  type ClientSetup,
  type Stack,
} from '@parlance/testing';

const SECRET_KEY = 'demo-secret-key';
const APP_KEY = 'demo-public-key';
/** The vendor's sample value, as the demo tenant has it. */
export const HASH_KEY = 'V_CHAT_SDK_V2_VERY_STRONG_KEY';
/** A client of the 2.x era waits up to 5 s between its attempts, and a killed stack takes a while to come back. */
const PATIENCE_MS = 45_000;

/** Who a scenario is played by: unmodified clients, each at a gateway of its own choosing. */
export interface Play {
  readonly history: History;
  readonly api: NativeApi;
  readonly world: ChatWorld;
  /** Connects and identifies a client, which `end` disconnects. */
  readonly enter: (client: ChatClient) => Promise<ChatClient>;
  /** What every client is made with. `kind`: with the user's id it names the client. */
  readonly setup: (kind: string, user: ChatUser, gateway: number) => ClientSetup;
  /** An address by number; a stack with one address has it at every number. */
  readonly gateway: (index: number) => string;
  readonly sdk: (user: ChatUser, gateway: number) => Promise<ChatClient>;
  readonly socket: (user: ChatUser, gateway: number) => Promise<ChatClient>;
  readonly classic: (user: ChatUser, gateway: number) => Promise<ChatClient>;
  readonly vchat: (user: ChatUser, gateway: number) => Promise<ChatClient>;
  readonly imkit: (user: ChatUser, gateway: number) => Promise<ChatClient>;
  readonly reels: (user: ChatUser, gateway: number) => Promise<ChatClient>;
  /** Settles when each client is connected. Errors: one that stays away beyond its patience. */
  allConnected(): Promise<void>;
  end(): Promise<void>;
}

export function stage(stack: Pick<Stack, 'gateways'>, patienceMs = PATIENCE_MS): Play {
  const history = new History();
  const api = new NativeApi(stack.gateways[0], SECRET_KEY);
  const cast: ChatClient[] = [];
  const gateway = (index: number): string => stack.gateways[index % stack.gateways.length] ?? stack.gateways[0];
  const enter = async (client: ChatClient): Promise<ChatClient> => {
    cast.push(client);
    await client.connect();
    await client.identify();
    return client;
  };
  const setup = (kind: string, user: ChatUser, index: number) => ({
    name: `${user.id}-${kind}`,
    user,
    url: gateway(index),
    history,
    timeoutMs: patienceMs,
  });
  return {
    history,
    api,
    world: new ChatWorld(api, history),
    enter,
    setup,
    gateway,
    sdk: (user, index) => enter(new MinChatSdkClient({ ...setup('sdk', user, index), apiKey: APP_KEY })),
    socket: (user, index) => enter(new MinChatSocketClient({ ...setup('socket', user, index), apiKey: APP_KEY })),
    classic: (user, index) => enter(new ClassicClient(setup('classic', user, index))),
    vchat: (user, index) => enter(new VChatClient({ ...setup('vchat', user, index), hashKey: HASH_KEY })),
    imkit: (user, index) => enter(new ImkitClient({ ...setup('imkit', user, index), clientKey: APP_KEY })),
    reels: async (user, index) =>
      enter(new ReelsClient({ ...setup('reels', user, index), token: await api.token(user.id) })),
    allConnected: async () => {
      await Promise.all(cast.map((client) => client.whenConnected()));
    },
    end: async () => {
      await Promise.allSettled(cast.map((client) => client.disconnect()));
    },
  };
}

/** A client of each dialect; a wire with a published SDK is spoken by it. */
export const CLIENTS: Readonly<Record<string, (play: Play, user: ChatUser, gateway: number) => Promise<ChatClient>>> = {
  minchat: (play, user, gateway) => play.sdk(user, gateway),
  classic: (play, user, gateway) => play.classic(user, gateway),
  vchat: (play, user, gateway) => play.vchat(user, gateway),
  imkit: (play, user, gateway) => play.imkit(user, gateway),
  reels: (play, user, gateway) => play.reels(user, gateway),
};
