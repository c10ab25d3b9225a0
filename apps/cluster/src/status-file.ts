import { renameSync, rmSync, writeFileSync } from 'node:fs';

export interface PartStatus {
  readonly url: string;
  /** Null while it is down. */
  readonly pid: number | null;
}

export interface ServerStatus extends PartStatus {
  readonly port: number;
}

/** What the file tells. Servers that a setting names are null: they are not ours. */
export interface ClusterStatus {
  /** This process. */
  readonly pid: number;
  /** Whether every part has been ready once. */
  readonly started: boolean;
  readonly gateways: readonly PartStatus[];
  readonly api: PartStatus | null;
  /** By name: those of a service stand in the file under the service's own. */
  readonly services: Readonly<Record<string, readonly PartStatus[]>>;
  readonly redis: ServerStatus | null;
  readonly nats: ServerStatus | null;
  readonly postgres: ServerStatus | null;
}

/** For the owner's eyes only, as it holds the database's password; whoever reads the file sees it whole. */
export function writeStatus(file: string, { services, ...status }: ClusterStatus): void {
  writeFileSync(`${file}.new`, `${JSON.stringify({ ...status, ...services }, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export function removeStatus(file: string): void {
  rmSync(file, { force: true });
}
