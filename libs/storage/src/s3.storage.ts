import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { ReadAs, Storage, StoredObject } from './storage.js';
import { checkedKey } from './storage.js';

export interface S3Options {
  readonly bucket: string;
  readonly region: string;
  /** unset: Amazon's own */
  readonly endpoint?: string | undefined;
  /** where readers reach the store, if it is not the endpoint */
  readonly publicEndpoint?: string | undefined;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const URL_SECONDS = 300;
const CONNECT_MS = 5_000;
const REQUEST_MS = 30_000;

/** Objects in a bucket of an S3-compatible store; readers get its presigned URLs. The bucket must exist. */
export class S3Storage implements Storage {
  private readonly client: S3Client;
  /** signs the URLs that readers follow: a signature covers the host */
  private readonly signer: S3Client;
  private readonly bucket: string;

  constructor(options: S3Options) {
    this.bucket = options.bucket;
    this.client = new S3Client(clientConfig(options, options.endpoint));
    this.signer = new S3Client(clientConfig(options, options.publicEndpoint ?? options.endpoint));
  }

  async put(key: string, bytes: Uint8Array, mimeType: string): Promise<void> {
    const object = { Body: bytes, ContentType: mimeType, ContentLength: bytes.byteLength };
    await this.client.send(new PutObjectCommand({ ...this.place(key), ...object }));
  }

  async get(key: string, { mimeType, disposition }: ReadAs): Promise<StoredObject | null> {
    const place = this.place(key);
    const found = await this.client.send(new HeadObjectCommand(place)).catch(absentAsNull);
    if (found === null) return null;
    const as = { ResponseContentType: mimeType, ResponseContentDisposition: disposition };
    const url = await getSignedUrl(this.signer, new GetObjectCommand({ ...place, ...as }), { expiresIn: URL_SECONDS });
    return { kind: 'url', url };
  }

  async remove(key: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand(this.place(key))).catch(absentAsNull);
  }

  close(): void {
    this.client.destroy();
    this.signer.destroy();
  }

  private place(key: string) {
    return { Bucket: this.bucket, Key: checkedKey(key) };
  }
}

function clientConfig({ region, ...keys }: S3Options, endpoint: string | undefined): S3ClientConfig {
  const { accessKeyId, secretAccessKey } = keys;
  return {
    region,
    credentials: { accessKeyId, secretAccessKey },
    // Compatible stores seldom have a host name per bucket, and not all know the checksums that Amazon's adds by default.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: REQUEST_MS },
  };
}

function absentAsNull(error: unknown): null {
  if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return null;
  throw error;
}
