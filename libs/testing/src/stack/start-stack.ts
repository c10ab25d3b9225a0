import { startCluster } from './cluster-stack.js';
import { startStandalone } from './standalone-stack.js';
import type { Stack, StackMode, StackOptions } from './stack.js';

/** The stack of either mode, ready. */
export async function startStack(mode: StackMode, options?: StackOptions): Promise<Stack> {
  return mode === 'standalone' ? startStandalone(options) : startCluster(options);
}
