import { callFragments } from '@parlance/call/config';
import { databaseConfig, fragment, setting, text } from '@parlance/config';
import { gamificationFragments } from '@parlance/gamification/config';
import { gatewayFragments } from '@parlance/gateway/config';
import { identityFragments } from '@parlance/identity/config';
import { messageFragments } from '@parlance/message/config';
import { presenceFragments } from '@parlance/presence/config';

export const standaloneConfig = fragment('standalone', {
  dataDir: setting({
    env: 'PARLANCE_DATA_DIR',
    schema: text(),
    default: '.parlance',
    doc: 'Folder of the embedded database and the generated secrets; made if missing.',
  }),
});

export const standaloneFragments = [
  standaloneConfig,
  databaseConfig,
  ...identityFragments,
  ...messageFragments,
  ...callFragments,
  ...presenceFragments,
  ...gamificationFragments,
  ...gatewayFragments,
] as const;

/** Stands for what is made at start when nobody set it: the embedded database, the generated secrets. */
export const MADE_AT_START = 'postgresql://made.at.start/parlance';

/** What `npm start` decides unless the environment says otherwise. */
export const STANDALONE_DEFAULTS = {
  PARLANCE_DEMO: 'true',
  PARLANCE_MASTER_KEY: MADE_AT_START,
  PARLANCE_GATEWAY_SECRET: MADE_AT_START,
  DATABASE_URL: MADE_AT_START,
  PARLANCE_STORAGE_DIR: MADE_AT_START,
  LOG_LEVEL: 'warn',
};
