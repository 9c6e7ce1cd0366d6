/** The demo routes of the server, typed. */

/** What a check asks of the person: to move towards the screen, and to let it flash colours or not. */
export type Challenge = 'movement_and_light' | 'movement';

export interface Preflight {
  ok: boolean;
  checks: { camera_origin_secure: boolean; provider: boolean; assets: boolean };
  /** The challenges that may be asked for; only the default one where the server does not say. */
  challenges?: Challenge[];
}

export interface LivenessSession {
  session_id: string;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken: string; expiration: string };
  region: string;
  endpoint: string;
  expires_at: string;
  server_time: string;
  assets: { wasm_path: string; face_model_url: string };
}

/** A session with what the widget needs beside it. */
export interface OpenedSession extends LivenessSession {
  /** Server clock minus this machine's clock, in ms. */
  clock_offset_ms: number;
}

export interface Enrollment {
  user_id: string;
  enrollments: { faceId: string; angle: string; confidence: number }[];
}

export interface Recognised {
  matched: true;
  confidence: number;
  verification_token: string;
  session_id: string;
  device_id: string;
  user: { id: string; name: string; role: string };
  risk: { score: number; level: string; factors: unknown[]; step_up_required: boolean };
}

export interface NotRecognised {
  matched: false;
  confidence: number;
}

export type Verification = Recognised | NotRecognised;

export interface Deletion {
  deleted: boolean;
  user_id: string;
  faces_deleted: number;
}

/** An answer of the server that is not a success. `code` is the contract's error code. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly request_id: string | null,
    readonly retry_after_s: number | null,
  ) {
    super(message);
  }
}

/** The server could not be reached at all, or did not answer in time. */
export class UnreachableError extends Error {}

const kTimeoutMs = 30_000;

async function call<T>(method: string, path: string, body?: unknown, token?: string): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`;

  let response: Response;
  let text: string;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      credentials: 'omit',
      cache: 'no-store',
      signal: AbortSignal.timeout(kTimeoutMs),
    });
    text = await response.text();
  } catch (cause) {
    throw new UnreachableError('The server cannot be reached.', { cause });
  }

  const answer = parse_object(text);
  if (response.ok && answer) return answer as T;
  const retry_after = Number(response.headers.get('retry-after') ?? Number.NaN);
  throw new ApiError(
    response.status,
    typeof answer?.['error'] === 'string' ? answer['error'] : `HTTP_${response.status}`,
    typeof answer?.['message'] === 'string' ? answer['message'] : 'The server gave an answer this page does not understand.',
    typeof answer?.['request_id'] === 'string' ? answer['request_id'] : response.headers.get('x-request-id'),
    Number.isFinite(retry_after) ? retry_after : null,
  );
}

function parse_object(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

export interface ConsentText {
  version: string;
  language: string;
  text: string;
  sha256: string;
}

/** What a person agrees to by enrolling; the server records its hash. */
export const consent_text = (): Promise<ConsentText> => call('GET', '/demo/consent');

export const preflight = (): Promise<Preflight> => call('GET', '/demo/preflight');

/** The default challenge is not asked for by name: what that is, the server decides. */
export async function create_liveness_session(challenge: Challenge): Promise<OpenedSession> {
  const asked_at = Date.now();
  const session = await call<LivenessSession>('POST', '/demo/liveness-session', challenge === 'movement' ? { challenge } : {});
  const answered_at = Date.now();
  return { ...session, clock_offset_ms: Math.round(Date.parse(session.server_time) - (asked_at + answered_at) / 2) };
}

export const enroll = (name: string, liveness_session_id: string): Promise<Enrollment> =>
  call('POST', '/demo/enroll', { name, liveness_session_id, consent: true });

export const verify = (liveness_session_id: string): Promise<Verification> =>
  call('POST', '/demo/verify', { liveness_session_id });

export const delete_me = (verification_token: string): Promise<Deletion> =>
  call('DELETE', '/demo/me', undefined, verification_token);
