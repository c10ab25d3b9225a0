/** Where an edge keeps uploads, what it lets in, and how a stored file is reached. */
export interface FilePorts {
  readonly storage: {
    put(key: string, bytes: Uint8Array, mimeType: string): Promise<void>;
    remove(key: string): Promise<void>;
  };
  readonly urls: { urlOf(tenantId: string, file: { readonly id: string; readonly name: string }): string };
  readonly rules: { readonly maxBytes: number; readonly types: readonly string[] };
}
