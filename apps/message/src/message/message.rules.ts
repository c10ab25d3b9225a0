import { ParlanceError } from '@parlance/domain';

/** Also the answer for a message that exists but is not the asker's to see. */
export function messageNotFound(): ParlanceError {
  return new ParlanceError('not-found', 'Message not found.');
}

/** A text as part of a LIKE pattern, its wildcards taken as they are. */
export function likePattern(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
}
