export { ConfigError } from './config-error.js';
export { describe, type SettingRow } from './describe.js';
export {
  fragment,
  missingFor,
  namesOf,
  setting,
  type ConfigOf,
  type Fragment,
  type FragmentValues,
  type Setting,
  type SettingOptions,
} from './fragment.js';
export { environmentOver, hasSettingsOf, loadConfig, type Environment, type LoadOptions } from './load-config.js';
export {
  DRAIN_STEPS,
  LOG_LEVELS,
  baseFragments,
  busConfig,
  busFragments,
  databaseConfig,
  drainConfig,
  httpConfig,
  limitsConfig,
  logConfig,
  natsConfig,
  processConfig,
  redisConfig,
  sharedFragments,
  testingConfig,
  tracingConfig,
} from './shared-fragments.js';
export { byteSize, duration, flag, integer, list, oneOf, port, ratio, text, url, urlList } from './value-schema.js';
