import { ConfigError, loadConfig } from '@parlance/config';
import { describe, expect, it } from 'vitest';
import { DiskStorage } from './disk.storage.js';
import { openFiles } from './open-files.js';
import { S3Storage } from './s3.storage.js';
import { storageConfig } from './storage.config.js';

const secret = 'a secret of the specs, 32 characters or more';
const opened = (env: Record<string, string>) => openFiles(loadConfig([storageConfig], env).storage);

describe('the settings of uploads', () => {
  it('without a secret allow none', () => {
    expect(opened({})).toBeNull();
  });

  it('with one keep 20 MB of the usual media in a folder', () => {
    const files = opened({ PARLANCE_FILES_SECRET: secret });
    expect(files?.storage).toBeInstanceOf(DiskStorage);
    expect(files?.rules.maxBytes).toBe(20 * 1_048_576);
    expect(files?.rules.types).toContain('image/png');
    for (const active of ['text/html', 'image/svg+xml', 'application/javascript', 'application/xhtml+xml']) {
      expect(files?.rules.types).not.toContain(active);
    }
  });

  it('name what an S3 store lacks', () => {
    const s3 = { PARLANCE_FILES_SECRET: secret, PARLANCE_STORAGE: 's3', PARLANCE_S3_BUCKET: 'b' };
    expect(() => opened(s3)).toThrow(
      new ConfigError(['ACCESS', 'SECRET'].map((key) => `PARLANCE_S3_${key}_KEY is required with PARLANCE_STORAGE=s3`)),
    );
    const whole = { ...s3, PARLANCE_S3_ACCESS_KEY: 'a', PARLANCE_S3_SECRET_KEY: 'b' };
    expect(opened(whole)?.storage).toBeInstanceOf(S3Storage);
  });

  it('refuse a short secret, and say neither it nor any other secret', () => {
    expect(() => opened({ PARLANCE_FILES_SECRET: 'short-one' })).toThrow(/32 characters/);
    expect(() => opened({ PARLANCE_FILES_SECRET: 'short-one' })).not.toThrow(/short-one/);
  });

  it('take types and sizes', () => {
    const files = opened({
      PARLANCE_FILES_SECRET: secret,
      PARLANCE_LIMIT_FILE_BYTES: '5MB',
      PARLANCE_FILE_TYPES: 'image/png, image/gif',
    });
    expect(files?.rules).toEqual({ maxBytes: 5 * 1_048_576, types: ['image/png', 'image/gif'] });
  });
});
