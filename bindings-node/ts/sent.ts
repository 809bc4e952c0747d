/**
 * The headers of a request that was sent, in any form that a client of HTTP has them in.
 */
import { describe, isText } from './checked';
import { InvalidConfig } from './errors';
import type { Handed } from './handed';

/** Headers: those of `fetch`, pairs of names and values, or an object with the names as its properties. */
export type SentHeaders =
  | Iterable<readonly [string, string]>
  | { readonly [name: string]: string | number | readonly string[] | undefined };

/**
 * What the core looks for the token in: a text as it is, or names and values.
 *
 * @throws {@link InvalidConfig} for anything else; what it is is not quoted
 *
 * @internal
 */
export function carriedBy(sent: Handed): Handed<Carried> {
  const carried = sent.map(read);
  if (isCarried(carried)) return carried;
  const wanted = 'token must be the token that was refused, or the headers of the request that carried it';
  throw new InvalidConfig(`${wanted}, not ${sent.map(describe).take()}.`, { field: 'token' });
}

type Carried = string | Array<[string, string]>;

function read(sent: unknown): Carried | undefined {
  if (isText(sent)) return sent;
  return typeof sent === 'object' && sent !== null ? entriesOf(sent).flatMap(headersOf) : undefined;
}

function isCarried(carried: Handed<Carried | undefined>): carried is Handed<Carried> {
  return carried.take() !== undefined;
}

function entriesOf(headers: object): unknown[] {
  return Symbol.iterator in headers ? [...(headers as Iterable<unknown>)] : Object.entries(headers);
}

/** A header may come several times. What is no text carries no token. */
function headersOf(entry: unknown): Array<[string, string]> {
  if (!Array.isArray(entry)) return [];
  const [name, value] = entry;
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return isText(name) ? values.filter(isText).map((one) => [name, one]) : [];
}
