import type { User, UserSnapshot } from '@parlance/domain';

/** What is known of a person, whoever told it. */
export type Person = Pick<UserSnapshot, 'id' | 'name' | 'identifier' | 'photo'>;

/** The three sizes a client shows; one picture serves them all, and no picture is an empty address. */
export function wireImages(photo: string | null): object {
  const address = photo ?? '';
  return { fullImage: address, chatImage: address, smallImage: address };
}

export function wireUser({ id, identifier, name, photo }: Person): object {
  return { _id: id, identifier, fullName: name, userImages: wireImages(photo) };
}

/** Stands for somebody of whom nothing is known any more. */
export function formerUser(id: string): Person {
  return { id, name: id, identifier: id, photo: null };
}

export function personIn(users: ReadonlyMap<string, User>, id: string): Person {
  return users.get(id) ?? formerUser(id);
}
