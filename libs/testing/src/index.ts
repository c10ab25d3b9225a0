export { NotInDialect } from './drivers/chat-client.js';
export type {
  ChatClient,
  ChatEvent,
  ChatEventType,
  ChatUser,
  ClientSetup,
  Frame,
  RoomRef,
  SendOutcome,
} from './drivers/chat-client.js';
export { ClassicClient } from './drivers/classic/classic.driver.js';
export { ImkitClient } from './drivers/imkit/imkit.driver.js';
export type { ImkitAnswer, ImkitEncoding, ImkitSetup } from './drivers/imkit/imkit.driver.js';
export type { MinChatSetup } from './drivers/minchat/minchat-base.js';
export { MinChatSdkClient, sdkFile, withForms } from './drivers/minchat/minchat-sdk.driver.js';
export { MinChatSocketClient } from './drivers/minchat/minchat-socket.driver.js';
export { messageForm, VChatClient, VChatRefused } from './drivers/vchat/vchat.driver.js';
export type { VChatSetup } from './drivers/vchat/vchat.driver.js';
export {
  listedMessageSchema,
  messageSchema,
  pageSchema,
  roomSchema,
  userSchema,
} from './drivers/vchat/vchat.frames.js';
export type { VChatMessage, VChatRoom } from './drivers/vchat/vchat.frames.js';
export type { ReelsSetup } from './drivers/reels/reels.driver.js';
export { ReelsClient } from './drivers/reels/reels.driver.js';
export { History } from './history/history.js';
export type { HistoryEntry, HistoryEvent, LogEntry } from './history/history.events.js';
export { judge, missingDeliveries } from './history/judge.js';
export type { JudgeOptions, MissingDelivery } from './history/judge.js';
export { keyed, keyOf } from './history/message-key.js';
export { describeVerdict } from './history/verdict.js';
export type { Problem, PromiseName, Rule, Verdict } from './history/verdict.js';
export { ChatWorld, logEntry, NativeSender, refFor } from './world/chat-world.js';
export type { WorldRoom } from './world/chat-world.js';
export { NativeApi, NativeApiError } from './world/native-api.js';
export type {
  NativeListedRoom,
  NativeMember,
  NativeMessage,
  NativeRoom,
  NativeUser,
  NewMessage,
  NewRoom,
} from './world/native-api.js';
export { docker, runProgram, type Ended } from './containers/command-line.js';
export { ComposeStack, type ComposeOptions } from './containers/compose-stack.js';
export { type ContainerState } from './containers/container-state.js';
export { ChildApp, type AppEnvironment, type ChildAppOptions } from './stack/child-app.js';
export { startCluster, type ClusterStack } from './stack/cluster-stack.js';
export { appUrls, type ClusterStatus } from './stack/cluster-status.js';
export { startNats, startRedis, type PrivateServer } from './stack/private-server.js';
export { isAlive, isReady, until } from './stack/ready.js';
export { STACK_MODES, type Stack, type StackMode, type StackOptions } from './stack/stack.js';
export { startStandalone, type StandaloneStack } from './stack/standalone-stack.js';
export { startStack } from './stack/start-stack.js';
export {
  PrivatePrometheus,
  type PrometheusOptions,
  type Rule as AlertRule,
  type Sample,
  type Target,
} from './stack/prometheus.js';
export { TraceReceiver, type ReceivedSpan } from './stack/trace-receiver.js';
export { startTurnServer } from './stack/turn-server.js';
export { makeTempFolder, type TempFolder } from './stack/temp-folder.js';
export { Random } from './random/random.js';
export { EVENT_CLASSES, type EventClassName, type EventClassTerms } from './interop/event-classes.js';
export { expectationOf, type Expectation } from './interop/expectation.js';
export { goodInputs, type GoodInputs, type GoodRequest } from './fuzz/inputs.js';
export { mutated, randomText, randomValue } from './fuzz/payloads.js';
export { randomRequest } from './fuzz/requests.js';
