import { randomBytes } from 'node:crypto';
import {
  ByteBudget,
  actingUser,
  busActions,
  Directory,
  executorFor,
  onlyOnConnections,
  watchIdentity,
  type Actions,
} from '@parlance/actions';
import { PrincipalCache } from '@parlance/auth';
import type { Bus } from '@parlance/bus';
import { verifyCredential } from '@parlance/contracts';
import { dialects } from '@parlance/dialect-registry';
import { objectIdMaker } from '@parlance/domain';
import type { Clock, Logger } from '@parlance/observability';
import { openMedia } from '@parlance/media';
import { openFiles } from '@parlance/storage';
import { Router } from 'express';
import type { ApiSettings } from './api.config.js';
import { fileRouter } from './files/file.router.js';
import { ApiLimits } from './http/api-limits.js';
import { BodyReader } from './http/body-reader.js';
import { surfaceRouter } from './http/registrar.js';
import { RequestPipeline } from './http/request-pipeline.js';
import { companionSurfaces } from './http/surface.js';
import { nativeSurface } from './native/native.surface.js';
import { docsRouter } from './openapi/docs-page.js';
import { openApiDocument } from './openapi/document.js';

export interface ApiEnvironment {
  readonly bus: Bus;
  readonly logger: Logger;
  readonly clock: Clock;
}

export interface RunningApi {
  readonly router: Router;
  close(): Promise<void>;
}

/** Puts the api's parts together. Pure wiring: every part is testable without it. */
export async function assembleApi(settings: ApiSettings, env: ApiEnvironment): Promise<RunningApi> {
  const { bus, logger, clock } = env;
  const { api, limits } = settings;
  const directory = new Directory(bus);
  const principals = new PrincipalCache({ verify: (request) => bus.request(verifyCredential, request), now: clock });
  const files = openFiles(settings.storage);
  const media = openMedia(settings.media, clock);
  const newId = objectIdMaker({ now: clock, randomBytes });
  const actions = restActions(
    busActions({
      bus,
      directory,
      newId,
      maxTextChars: limits.textChars,
      maxPresenceMembers: limits.presenceMembers,
      storage: files,
      media,
    }),
  );
  const apiLimits = new ApiLimits(settings);
  const pipeline = new RequestPipeline({
    principals,
    directory,
    limits: apiLimits,
    executorOf: (caller) => executorFor(actions, caller),
  });
  const bodies = new BodyReader({
    packetBytes: limits.packetBytes,
    uploadBytes: api.uploadBytes,
    budget: new ByteBudget(api.bodiesBytes),
  });
  const ports = { pipeline, bodies, logger, trustedProxies: api.trustedProxies };
  const companions = companionSurfaces(dialects);
  const router = Router();
  router.use(fileRouter({ ...ports, files, bus, limits: apiLimits }));
  router.use(surfaceRouter(nativeSurface, ports));
  for (const companion of companions) router.use(surfaceRouter(companion, ports));
  router.use(docsRouter(openApiDocument(nativeSurface.routes, companions), dialects));
  return { router, close: await watchIdentity(bus, principals, directory) };
}

function restActions(actions: ReturnType<typeof busActions>): Actions {
  return {
    ...actions,
    // over REST the credential of every request identifies: it only asks as whom
    'session.identify': async (caller) => ({ user: actingUser(caller) }),
    'session.leave': onlyOnConnections,
    'room.open': onlyOnConnections,
    'room.close': onlyOnConnections,
    'refresh.request': onlyOnConnections,
    'presence.show': onlyOnConnections,
  };
}
