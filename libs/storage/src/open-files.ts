import { ConfigError } from '@parlance/config';
import { DiskStorage } from './disk.storage.js';
import { FileUrls, MIN_FILES_SECRET_CHARS } from './file-urls.js';
import { S3Storage } from './s3.storage.js';
import type { Storage } from './storage.js';
import type { StorageSettings } from './storage.config.js';

/** All that an edge needs to keep and hand out files. */
export interface Files {
  readonly storage: Storage;
  readonly urls: FileUrls;
  readonly rules: {
    /** largest file, bytes */
    readonly maxBytes: number;
    readonly types: readonly string[];
  };
}

/** Null: no secret is set, so nothing can be uploaded. Throws ConfigError for settings that do not fit each other. */
export function openFiles(settings: StorageSettings): Files | null {
  const { urlSecret, previousUrlSecret, publicUrl, fileBytes, types } = settings;
  if (urlSecret === undefined) return null;
  if ([urlSecret, previousUrlSecret ?? urlSecret].some((secret) => secret.length < MIN_FILES_SECRET_CHARS)) {
    throw new ConfigError([`PARLANCE_FILES_SECRET must have at least ${MIN_FILES_SECRET_CHARS} characters`]);
  }
  const urls = new FileUrls({ secret: urlSecret, previous: previousUrlSecret, publicUrl });
  return { storage: storageOf(settings), urls, rules: { maxBytes: fileBytes, types } };
}

function storageOf(settings: StorageSettings): Storage {
  if (settings.kind === 'disk') return new DiskStorage(settings.folder);
  const { bucket, region, endpoint, publicEndpoint, accessKeyId, secretAccessKey } = settings;
  if (bucket === undefined || accessKeyId === undefined || secretAccessKey === undefined) {
    throw new TypeError('The settings of the store are not those of a loaded config.');
  }
  return new S3Storage({ bucket, region, endpoint, publicEndpoint, accessKeyId, secretAccessKey });
}
