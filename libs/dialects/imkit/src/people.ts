import type { User, UserSnapshot } from '@parlance/domain';

/** What is known of a person: whole, or as a fact carries it. */
export type Person = Pick<UserSnapshot, 'id' | 'name' | 'photo' | 'isBot'> & { readonly lastSeenAt?: string | null };

export interface WireSender {
  readonly _id: string;
  readonly id: string;
  readonly nickname: string;
  readonly avatarUrl: string;
  readonly isRobot: boolean;
}

/** The sender of a message: an object with `_id` is what every client asks of it. */
export function wireSender({ id, name, photo, isBot }: Person): WireSender {
  return { _id: id, id, nickname: name, avatarUrl: photo ?? '', isRobot: isBot };
}

/** A client (user) of its own, or a member. Without `clientType` the Vue client ends with an empty member list. */
export function wireUser(user: Person): WireSender & { readonly clientType: 'user'; readonly lastLoginTimeMS: number } {
  const { lastSeenAt } = user;
  return {
    ...wireSender(user),
    clientType: 'user',
    lastLoginTimeMS: lastSeenAt == null ? 0 : Date.parse(lastSeenAt),
  };
}

/** What typing and streams say of a person. */
export function wireSenderInfo({ id, name, photo }: Person): object {
  return { _id: id, nickname: name, avatarUrl: photo ?? '' };
}

/** Stands for somebody of whom nothing is known any more. */
export function formerPerson(id: string): Person {
  return { id, name: id, photo: null, isBot: false };
}

export function personIn(users: ReadonlyMap<string, User> | undefined, id: string): Person {
  return users?.get(id) ?? formerPerson(id);
}
