/**
 * The headers of a request that was sent, in any form that a client of HTTP has them in.
 */
import { describe, isText } from './checked';
import { InvalidConfig } from './errors';

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
export function carriedBy(sent: unknown): string | Array<[string, string]> {
  if (isText(sent)) return sent;
  if (typeof sent === 'object' && sent !== null) return entriesOf(sent).flatMap(headersOf);
  throw new InvalidConfig(
    `token must be the token that was refused, or the headers of the request that carried it, not ${describe(sent)}.`,
    { field: 'token' },
  );
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
