import type { Invitation, Role, User, UserRef } from '@parlance/domain';
import type { BlockView, RoomKey, RoomView } from './views.js';

/** Who is in a room, and who is kept out of it. */
export interface MemberIntents {
  readonly 'member.add': {
    readonly in: {
      readonly room: RoomKey;
      readonly users: readonly UserRef[];
      readonly role?: Role | undefined;
      readonly announce?: boolean | undefined;
    };
    readonly out: RoomView & { readonly added: readonly User[] };
  };
  readonly 'member.remove': {
    readonly in: { readonly room: RoomKey; readonly user: UserRef; readonly announce?: boolean | undefined };
    readonly out: RoomView & { readonly removed: User };
  };
  readonly 'member.change': {
    readonly in: {
      readonly room: RoomKey;
      readonly user: UserRef;
      readonly role?: Role | undefined;
      readonly nickname?: string | null | undefined;
    };
    readonly out: RoomView & { readonly changed: User };
  };
  readonly 'ban.set': {
    readonly in: { readonly room: RoomKey; readonly user: UserRef; readonly banned: boolean };
    readonly out: { readonly user: User; readonly createdAt: string; readonly updatedAt: string };
  };
  readonly 'ban.list': {
    readonly in: { readonly room: RoomKey };
    readonly out: {
      readonly bans: readonly { readonly user: User; readonly byId: string | null; readonly createdAt: string }[];
    };
  };
  readonly 'block.set': { readonly in: { readonly user: UserRef; readonly blocked: boolean }; readonly out: BlockView };
  readonly 'block.get': { readonly in: { readonly user: UserRef }; readonly out: BlockView };
  readonly 'block.list': {
    readonly in: object;
    readonly out: { readonly blocks: readonly { readonly user: User; readonly createdAt: string }[] };
  };
  readonly 'invitation.create': {
    readonly in: { readonly room: RoomKey; readonly users: readonly UserRef[] };
    readonly out: RoomView & { readonly invitations: readonly Invitation[] };
  };
  readonly 'invitation.answer': {
    readonly in: {
      readonly invitation: { readonly id: string } | { readonly room: RoomKey };
      readonly answer: 'accept' | 'reject';
    };
    readonly out: RoomView & { readonly invitation: Invitation };
  };
  readonly 'invitation.cancel': {
    readonly in: { readonly invitation: { readonly id: string } | { readonly room: RoomKey; readonly user: UserRef } };
    readonly out: { readonly invitation: Invitation };
  };
  /** Open invitations: the caller's own, or those of a room that the caller manages. */
  readonly 'invitation.list': {
    readonly in: { readonly room?: RoomKey | undefined };
    readonly out: { readonly invitations: readonly Invitation[]; readonly users: ReadonlyMap<string, User> };
  };
}
