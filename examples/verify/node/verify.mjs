// Checks FaceGate's access tokens. Node.js 18 or newer, no packages.
import { createPublicKey, verify as verifySignature } from 'node:crypto';
import { pathToFileURL } from 'node:url';

const KEYS_FRESH_MS = 5 * 60 * 1000;
const REFETCH_AFTER_MS = 10 * 1000;

/** Make one for each issuer and keep it: it remembers the issuer's keys. */
export class TokenVerifier {
  #keys = new Map();
  #fetchedAt = -Infinity;

  /** `issuer`: the server's public URL, with /test behind it for test tokens. `tenant`: your tenant's id. */
  constructor({ issuer, tenant, now = Date.now }) {
    Object.assign(this, { issuer, tenant, now });
  }

  /** The claims of a good token. Throws an Error that says why a token is refused. */
  async verify(token) {
    const [header, claims, signature, ...rest] = token.split('.');
    if (signature === undefined || rest.length > 0) throw new Error('not a JWT');
    const { alg, typ, kid, crit } = decode(header);
    // Only what the issuer uses, whatever the token says of itself.
    if (alg !== 'ES256' || typ !== 'JWT' || crit !== undefined) throw new Error('not an ES256 access token');
    const key = await this.#key(kid);
    const signed = verifySignature('sha256', Buffer.from(`${header}.${claims}`), { key, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'));
    if (!signed) throw new Error('wrong signature');
    const said = decode(claims);
    if (said.iss !== this.issuer) throw new Error('another issuer');
    if (said.aud !== this.tenant) throw new Error('another audience');
    const seconds = this.now() / 1000;
    if (typeof said.exp !== 'number' || seconds >= said.exp) throw new Error('expired');
    if (typeof said.nbf !== 'number' || seconds < said.nbf) throw new Error('not valid yet');
    return said;
  }

  async #key(kid) {
    const age = this.now() - this.#fetchedAt;
    // An unknown key may be a new one: look again, but not at every forged token.
    if (age > KEYS_FRESH_MS || (!this.#keys.has(kid) && age > REFETCH_AFTER_MS)) await this.#fetchKeys();
    const key = this.#keys.get(kid);
    if (key === undefined) throw new Error('unknown key');
    return key;
  }

  async #fetchKeys() {
    const answer = await fetch(`${this.issuer}/.well-known/jwks.json`, { signal: AbortSignal.timeout(5000) });
    if (!answer.ok) throw new Error(`the key set answered ${answer.status}`);
    const { keys } = await answer.json();
    const usable = keys.filter((jwk) => jwk.kty === 'EC' && jwk.crv === 'P-256');
    this.#keys = new Map(usable.map((jwk) => [jwk.kid, createPublicKey({ key: jwk, format: 'jwk' })]));
    this.#fetchedAt = this.now();
  }
}

function decode(part) {
  const value = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('not a JWT');
  return value;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [issuer, tenant, token] = process.argv.slice(2);
  try {
    console.log(JSON.stringify(await new TokenVerifier({ issuer, tenant }).verify(token)));
  } catch (error) {
    console.error(`refused: ${error.message}`);
    process.exitCode = 1;
  }
}
