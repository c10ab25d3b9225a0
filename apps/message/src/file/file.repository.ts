import { Inject, Injectable } from '@nestjs/common';
import type { StoredFile } from '@parlance/domain';
import { storedFileSchema } from '@parlance/domain';
import { z } from 'zod';
import { Database, rowOf } from '../database/database.js';

/** A file as it is noted: what makes a URL of it is the edge's. */
export type NotedFile = Omit<StoredFile, 'url'>;
export type NewFile = Omit<NotedFile, 'createdAt'>;

export interface KeptFile {
  readonly file: NotedFile;
  /** where the storage keeps it */
  readonly key: string;
}

const fileRow = z.object({ file: storedFileSchema.omit({ url: true }), key: z.string() });

@Injectable()
export class FileRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Notes a file. Null: the owner is not in the room, or the room does not live; an id that is taken keeps its file. */
  async add(tenantId: string, file: NewFile, key: string): Promise<KeptFile | null> {
    await this.database.sql.$executeRaw`
      insert into message.file (tenant_id, id, room_id, owner_id, name, mime_type, size, width, height, key, created_at)
      select ${tenantId}, ${file.id}, ${file.roomId}, ${file.ownerId}, ${file.name}, ${file.mimeType}, ${file.size}::bigint,
             ${file.width}::integer, ${file.height}::integer, ${key}, clock_timestamp()
       where ${file.roomId}::text is null
          or exists (
               select 1 from message.room r
                where r.tenant_id = ${tenantId} and r.id = ${file.roomId} and r.deleted_at is null
                  and (${file.ownerId}::text is null or exists (
                    select 1 from message.member m
                     where m.tenant_id = r.tenant_id and m.room_id = r.id and m.user_id = ${file.ownerId} and m.leave_pos is null)))
          on conflict (tenant_id, id) do nothing`;
    return this.find(tenantId, file.id, null);
  }

  /** A file that this viewer (null: the server) may read now: a public one, or one of a living room that the viewer is in. */
  async find(tenantId: string, fileId: string, viewerId: string | null): Promise<KeptFile | null> {
    return rowOf(
      fileRow,
      this.database.sql.$queryRaw`
        select jsonb_build_object('id', f.id, 'roomId', f.room_id, 'ownerId', f.owner_id, 'name', f.name, 'mimeType', f.mime_type,
                 'size', f.size, 'width', f.width, 'height', f.height, 'createdAt', message.iso(f.created_at)) as file, f.key
          from message.file f
         where f.tenant_id = ${tenantId} and f.id = ${fileId}
           and (f.room_id is null or ${viewerId}::text is null or exists (
             select 1 from message.member m
              where m.tenant_id = f.tenant_id and m.room_id = f.room_id and m.user_id = ${viewerId} and m.leave_pos is null))`,
    );
  }
}
