export { type AppEnvironment } from './stack/child-app.js';
export { type ClusterStatus } from './stack/cluster-status.js';
export { startCluster, type ClusterStack } from './stack/cluster-stack.js';
export { startNats, startRedis, type PrivateServer } from './stack/private-server.js';
export { startStandalone, type StandaloneStack } from './stack/standalone-stack.js';
export { startStack } from './stack/start-stack.js';
export { STACK_MODES, type Stack, type StackMode, type StackOptions } from './stack/stack.js';
