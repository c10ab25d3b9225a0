import { byteSize, fragment, list, missingFor, oneOf, setting, text, url, type FragmentValues } from '@parlance/config';

const MB = 1_048_576;

/** What chat apps send. Types that a browser would run (HTML, SVG, scripts) are left out on purpose. */
const CHAT_MEDIA: readonly string[] = [
  ...['jpeg', 'png', 'gif', 'webp', 'avif', 'heic', 'heif', 'bmp'].map((type) => `image/${type}`),
  ...['mp4', 'quicktime', 'webm', '3gpp', '3gpp2', 'matroska', 'x-msvideo', 'mpeg', 'ogg'].map(
    (type) => `video/${type}`,
  ),
  ...['mpeg', 'mp4', 'x-m4a', 'aac', 'ogg', 'webm', 'wav', 'flac', 'amr', '3gpp'].map((type) => `audio/${type}`),
  ...['plain', 'csv', 'calendar', 'vcard'].map((type) => `text/${type}`),
  ...['pdf', 'zip', 'gzip', 'json', 'rtf', 'octet-stream', 'msword'].map((type) => `application/${type}`),
  ...['x-7z-compressed', 'x-rar-compressed', 'x-tar', 'epub+zip'].map((type) => `application/${type}`),
  ...['ms-excel', 'ms-powerpoint', 'android.package-archive'].map((type) => `application/vnd.${type}`),
  ...['text', 'spreadsheet', 'presentation'].map((type) => `application/vnd.oasis.opendocument.${type}`),
  ...['wordprocessingml.document', 'spreadsheetml.sheet', 'presentationml.presentation'].map(
    (type) => `application/vnd.openxmlformats-officedocument.${type}`,
  ),
];

/** Where uploads go and what may be uploaded: read by the gateway and the api, which must agree. */
export const storageConfig = fragment(
  'storage',
  {
    kind: setting({
      env: 'PARLANCE_STORAGE',
      schema: oneOf('disk', 's3'),
      default: 'disk',
      doc: 'Where uploads are kept: a folder that all gateways and apis share, or an S3-compatible store.',
    }),
    folder: setting({
      env: 'PARLANCE_STORAGE_DIR',
      schema: text(),
      default: '.parlance/files',
      doc: 'Folder of the uploads when they are kept on disk; made if missing.',
    }),
    bucket: setting({
      env: 'PARLANCE_S3_BUCKET',
      schema: text().optional(),
      doc: 'Bucket of the uploads; must exist.',
    }),
    region: setting({ env: 'PARLANCE_S3_REGION', schema: text(), default: 'us-east-1', doc: 'Region of the bucket.' }),
    endpoint: setting({
      env: 'PARLANCE_S3_ENDPOINT',
      schema: url('http', 'https').optional(),
      doc: 'Address of an S3-compatible store; unset: Amazon S3.',
    }),
    publicEndpoint: setting({
      env: 'PARLANCE_S3_PUBLIC_ENDPOINT',
      schema: url('http', 'https').optional(),
      doc: 'Where clients reach the store, if not at PARLANCE_S3_ENDPOINT.',
    }),
    accessKeyId: setting({
      env: 'PARLANCE_S3_ACCESS_KEY',
      schema: text().optional(),
      secret: true,
      doc: 'Access key id of the store.',
    }),
    secretAccessKey: setting({
      env: 'PARLANCE_S3_SECRET_KEY',
      schema: text().optional(),
      secret: true,
      doc: 'Secret access key of the store.',
    }),
    urlSecret: setting({
      env: 'PARLANCE_FILES_SECRET',
      schema: text().optional(),
      secret: true,
      doc: 'At least 32 characters, the same for all gateways and apis: makes file URLs unguessable. Unset: nothing can be uploaded.',
    }),
    previousUrlSecret: setting({
      env: 'PARLANCE_FILES_PREVIOUS_SECRET',
      schema: text().optional(),
      secret: true,
      doc: 'The secret before the last change; file URLs made with it stay good.',
    }),
    publicUrl: setting({
      env: 'PARLANCE_PUBLIC_URL',
      schema: url('http', 'https').optional(),
      doc: 'Origin that clients reach, put before file URLs; unset: file URLs begin with a slash.',
    }),
    fileBytes: setting({
      env: 'PARLANCE_LIMIT_FILE_BYTES',
      schema: byteSize(1, 1_024 * MB),
      default: 20 * MB,
      doc: 'Largest uploaded file, in bytes.',
    }),
    types: setting({
      env: 'PARLANCE_FILE_TYPES',
      schema: list(),
      default: CHAT_MEDIA,
      doc: 'Media types that may be uploaded, separated by commas.',
    }),
  },
  ({ kind, urlSecret, bucket, accessKeyId, secretAccessKey }) =>
    kind === 'disk' || urlSecret === undefined
      ? []
      : missingFor('PARLANCE_STORAGE=s3', {
          PARLANCE_S3_BUCKET: bucket,
          PARLANCE_S3_ACCESS_KEY: accessKeyId,
          PARLANCE_S3_SECRET_KEY: secretAccessKey,
        }),
);

export type StorageSettings = FragmentValues<typeof storageConfig>;
