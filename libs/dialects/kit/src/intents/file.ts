import type { StoredFile } from '@parlance/domain';
import type { RoomKey } from './views.js';

/** Stored files, and pages of the web. */
export interface FileIntents {
  /** Stores an upload. `room`: whose members may read it; null: a public picture (avatar, room photo), images alone. */
  readonly 'file.store': {
    readonly in: {
      readonly room: RoomKey | null;
      readonly name: string;
      readonly mimeType: string;
      readonly bytes: Uint8Array;
    };
    readonly out: { readonly file: StoredFile };
  };
  readonly 'file.get': { readonly in: { readonly fileId: string }; readonly out: { readonly file: StoredFile } };
  /** What a web page says of itself; nothing private is ever fetched. Errors: `not-found`, `invalid`. */
  readonly 'link.preview': {
    readonly in: { readonly url: string };
    readonly out: {
      readonly url: string;
      readonly title: string | null;
      readonly description: string | null;
      readonly images: readonly string[];
      readonly favicons: readonly string[];
    };
  };
}
