/** A JWT taken apart for display. Nothing is verified here: that is the relying party's work, with the JWKS. */
export interface DecodedToken {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
}

function decode_part(part: string | undefined): Record<string, unknown> | null {
  if (!part) return null;
  try {
    const base64 = part.replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Null for what is no JWT. */
export function decode_token(token: string): DecodedToken | null {
  const parts = token.split('.');
  const header = decode_part(parts[0]);
  const claims = decode_part(parts[1]);
  return parts.length === 3 && header && claims ? { header, claims } : null;
}

const kTimeClaims = new Set(['iat', 'nbf', 'exp', 'auth_time']);

const kMeanings: Record<string, string> = {
  iss: 'Issuer',
  aud: 'Audience',
  sub: 'User',
  sid: 'Session',
  tid: 'Tenant',
  env: 'Environment',
  role: 'Role',
  name: 'Name',
  did: 'Device',
  dfp: 'Device fingerprint',
  conf: 'Match confidence',
  liv: 'Liveness confidence',
  amr: 'Methods used',
  acr: 'Assurance level',
  auth_time: 'Authenticated at',
  iat: 'Issued at',
  nbf: 'Valid from',
  exp: 'Valid until',
  jti: 'Token id',
};

export const claim_meaning = (claim: string): string => kMeanings[claim] ?? '';

export function claim_text(claim: string, value: unknown): string {
  if (kTimeClaims.has(claim) && typeof value === 'number') {
    return `${value} (${new Date(value * 1000).toLocaleString()})`;
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}
