import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { z } from 'zod';
import { contractDocument, type ContractDocument } from './contract-document.js';

const FOLDER = join(import.meta.dirname, '../../upgrade');
export const CONTRACTS_FILE = join(FOLDER, 'contracts.json');
export const PREVIOUS_FILE = join(FOLDER, 'previous.json');

const previous = z.strictObject({
  comment: z.string(),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  commit: z.string().regex(/^[0-9a-f]{40}$/),
  /** sha256 of each migration.sql by its folder */
  migrations: z.record(z.string(), z.string()),
});

/** The version that came before this one. */
export type Previous = z.output<typeof previous>;

const exceptions = z.array(z.strictObject({ problem: z.string(), because: z.string().min(20) }));

export function readPrevious(): Previous {
  return previous.parse(JSON.parse(readFileSync(PREVIOUS_FILE, 'utf8')));
}

/** What of the previous version's contracts may not be kept, word for word as the check tells it, and why nobody is harmed. */
export function readExceptions(): z.output<typeof exceptions> {
  return exceptions.parse(JSON.parse(readFileSync(join(FOLDER, 'exceptions.json'), 'utf8')));
}

/** The previous version's contracts, as they were when it was made the previous one. */
export function readFrozenContracts(): ContractDocument {
  return contractDocument.parse(JSON.parse(readFileSync(CONTRACTS_FILE, 'utf8')));
}

/** A file as the formatter wants it. */
export async function jsonFile(file: string, content: unknown): Promise<string> {
  return format(JSON.stringify(content), { ...(await resolveConfig(file)), parser: 'json' });
}
