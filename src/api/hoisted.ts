/** Headers that a presigned request carries as parameters, so that whoever sends it need not know them. They are signed as such. */
import type { ApiRequest } from './http.ts';
import { headerOf } from './object-headers.ts';

/** Parameters of the signature itself, and those that stay parameters: what SDKs say of themselves, and of a body they do not know yet. */
const kept =
  /^x-amz-(algorithm|credential|date|expires|signedheaders|signature|security-token|content-sha256|user-agent|checksum-.*|sdk-.*)$/i;

/** Makes them headers. A header that was sent wins: it is signed too. */
export function unhoist(request: ApiRequest, query: ReadonlyMap<string, string>): Unhoisted {
  const hoisted = [...query].filter(([name]) => /^x-amz-/i.test(name) && !kept.test(name));
  if (hoisted.length === 0) return { request, query };
  const headers: Record<string, string> = Object.assign(Object.create(null), request.headers);
  for (const [name, value] of hoisted) headers[name.toLowerCase()] ??= headerOf(name.toLowerCase(), value);
  return { request: { ...request, headers }, query: new Map([...query].filter(([name]) => !hoisted.some(([other]) => other === name))) };
}

interface Unhoisted {
  readonly request: ApiRequest;
  readonly query: ReadonlyMap<string, string>;
}
