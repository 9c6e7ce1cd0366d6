import { ApiError, UnreachableError, type Challenge } from './api';
import type { Hint } from './hints';
import type { Light } from './light';

/** Something that stopped a check, in words for the person in front of the camera. */
export interface Problem {
  kind: string;
  title: string;
  text: string;
  advice: string[];
  /** False where the same try would end the same way. */
  retry: boolean;
  request_id: string | null;
}

function problem(kind: string, title: string, text: string, advice: string[] = []): Problem {
  return { kind, title, text, advice, retry: true, request_id: null };
}

const final = (stopped: Problem): Problem => ({ ...stopped, retry: false });

const kLight = 'Sit in even light, with no bright window or lamp behind you.';
const kOneFace = 'Only your own face may be in the picture.';
const kDarkRoom = 'Turn your screen’s brightness up and dim the room: the check reads the colours that your screen casts on your face.';
const kWholeFace = 'Take off sunglasses, a cap or a mask and look straight ahead.';
const kApproach = 'Start at arm’s length, then move your face towards the screen until it fills the oval.';

const kSessionExpired = problem('session_expired', 'This check ran out of time',
  'A check must be begun and finished within a few minutes. The camera is off and nothing was stored.',
  ['Start again when you are ready.']);

const kBusy = problem('busy', 'The server is busy',
  'It is handling as many checks as it can. Please try again in a moment.');

const kServer = problem('server', 'The server had a problem', 'It was not your fault. Please try again in a moment.');

/** What a recording that was not live can mean for an honest person. Always the same: it tells nobody what was noticed. */
function not_live(challenge: Challenge): Problem {
  const colours = challenge === 'movement' ? [] : [kDarkRoom];
  return problem('liveness_failed', 'We could not confirm a live person',
    'The recording did not show clearly enough that a live person is in front of the camera. This also happens to honest people; these things help:',
    [...colours, kLight, kApproach, kWholeFace, kOneFace]);
}

const kByCode: Record<string, Problem> = {
  LIVENESS_SESSION_EXPIRED: kSessionExpired,
  LIVENESS_SESSION_NOT_READY: problem('not_ready', 'The check was not finished',
    'The server did not receive the whole recording. Nothing was stored.', ['Keep this tab open until the check is complete.']),
  LIVENESS_SESSION_CONSUMED: problem('consumed', 'This check was already used',
    'Each check counts once. Please make a new one.'),
  CHALLENGE_NOT_ALLOWED: final(problem('challenge_not_allowed', 'The check without flashing is not offered here',
    'This server allows only the check that flashes colours. Do not take that one if you may be sensitive to flashing light.')),
  USER_ALREADY_ENROLLED: final(problem('already_enrolled', 'This face is already enrolled',
    'Your face is in the demo already. Sign in instead, or wait until it is deleted (one hour after enrolling).')),
  MULTIPLE_FACES: problem('multiple_faces', 'More than one face was in the picture',
    'Enrolling needs a picture with exactly one face.', [kOneFace]),
  LOW_FACE_QUALITY: problem('low_quality', 'The picture of your face was not good enough',
    'Enrolling needs a sharp, evenly lit picture of your whole face.', [kLight, kWholeFace]),
  NO_FACE_DETECTED: problem('no_face', 'No face was found',
    'The recording did not show a face clearly enough.', [kLight]),
  GALLERY_FULL: problem('gallery_full', 'The demo is full',
    'It holds as many faces as it may. The oldest are deleted one hour after they were enrolled: please try again later.'),
  OVERLOADED: kBusy,
  RATE_LIMITED: problem('rate_limited', 'Too many checks from your network',
    'The demo allows a limited number of checks an hour.'),
  USER_LOCKED: problem('locked', 'This face is locked for a while',
    'Too many attempts failed. Please try again later.'),
  RISK_BLOCKED: problem('blocked', 'This sign-in was blocked',
    'The server judged this attempt too risky to let in.'),
  UNAUTHORIZED: problem('unauthorized', 'Your sign-in is no longer valid',
    'The token has expired. Sign in again first.'),
};

/** For errors of the server's own routes. */
export function problem_of_request(error: unknown, challenge: Challenge = 'movement_and_light'): Problem {
  if (error instanceof UnreachableError) return navigator.onLine ? unreachable : offline;
  if (!(error instanceof ApiError)) {
    return problem('page', 'Something went wrong on this page', 'Reload the page and try again.');
  }
  const known = error.code === 'LIVENESS_FAILED' ? not_live(challenge) : kByCode[error.code];
  if (known) {
    const wait = error.retry_after_s !== null ? [`Try again ${in_words(error.retry_after_s)}.`] : [];
    return { ...known, advice: [...known.advice, ...wait], request_id: error.request_id };
  }
  const fallback = error.status >= 500 ? kServer : problem('refused', 'The server refused this step', error.message);
  return { ...fallback, request_id: error.request_id };
}

function in_words(seconds: number): string {
  if (seconds < 90) return `in ${Math.max(1, Math.round(seconds))} seconds`;
  return `in about ${Math.round(seconds / 60)} minutes`;
}

export const cancelled = problem('cancelled', 'You cancelled the check', 'The camera is off and nothing was stored.');

export const insecure = final(problem('insecure', 'The camera needs a secure address',
  'Browsers open the camera only over https or on localhost. Open this page at http://localhost, or over https.'));

export const offline = problem('offline', 'You are offline',
  'This device has lost its network connection. The camera is off and nothing was stored.', ['Reconnect, then try again.']);

export const unreachable = problem('unreachable', 'The server cannot be reached',
  'The connection was lost, or the server is restarting. Nothing was stored.',
  ['Check your connection and try again.', 'Some company networks block WebSockets, which carry the video: try another network.']);

export const unsupported = (missing: string[]): Problem => final(problem('unsupported', 'This browser cannot run the check',
  `It does not offer ${new Intl.ListFormat('en').format(missing)}.`,
  ['Use a current Chrome, Edge, Firefox or Safari.',
    'Windows that other apps open for a link often have no camera: open this page in the browser itself.',
    'Strict protection, such as the lockdown mode of Apple devices, turns some of this off.']));

const kNoCamera = problem('no_camera', 'No camera was found',
  'This browser reports no camera that can be used.',
  ['Connect a camera, or open this page on a phone or laptop that has one.', 'Virtual cameras cannot be used for this check.']);

const kPermission = problem('permission', 'The camera is blocked',
  'The check needs your camera, and this browser does not allow it for this page.',
  ['Click the camera or lock symbol in the address bar, allow the camera, and try again.',
    'On a phone or a Mac, also allow your browser to use the camera in the system settings.']);

const kCameraBusy = problem('camera_busy', 'The camera is in use',
  'The camera is there but does not start: mostly another program or tab holds it.', ['Close it there and try again.', 'If nothing else uses it, unplug the camera and plug it in again.']);

const kCameraWeak = problem('camera_weak', 'This camera is too slow',
  'The check needs at least 15 pictures a second and 320 × 240 points.', ['Use another camera, or more light: many cameras slow down in the dark.']);

export const camera_lost = problem('camera_lost', 'The camera went away',
  'It was unplugged, or the system took it away, before the check was complete. Nothing was stored.',
  ['Connect the camera again, or choose another one, and try again.']);

/** For what getUserMedia rejected with. */
export function problem_of_camera(error: unknown): Problem {
  switch (error instanceof DOMException ? error.name : '') {
    case 'NotAllowedError':
    case 'SecurityError':
      return kPermission;
    case 'NotFoundError':
      return kNoCamera;
    case 'OverconstrainedError':
      return kCameraWeak;
    default:
      return kCameraBusy;
  }
}

const kTooClose = problem('distance', 'You were too close to start',
  'The check begins at arm’s length. Your face filled too much of the picture already.',
  ['Lean back until your head and shoulders are in the picture, then start.']);

const kSeveralFaces = problem('multiple_faces', 'More than one face was in the picture', 'The check is for one person.', [kOneFace]);

const kFaceLost = problem('face_lost', 'We lost sight of your face',
  'For a while, not exactly one face was in the picture.', ['Keep your whole face in the picture until the check is complete.', kOneFace, kLight]);

const kTooDark = problem('too_dark', 'It was too dark to see your face',
  'The camera saw too little light.', ['Open the camera’s cover if it has one.', 'Turn on a lamp in front of you, or face a window, then start again.']);

/** What the person saw last: it says why a check that did not start in time did not start. */
export interface LastSeen {
  hint: Hint | null;
  light: Light;
}

function out_of_time({ hint, light }: LastSeen): Problem {
  if (hint === 'too_close') return kTooClose;
  if (hint === 'several_faces') return kSeveralFaces;
  if (hint === 'no_face') return light === 'fine' ? { ...kFaceLost, title: 'No face was found' } : kTooDark;
  return kSessionExpired;
}

/** For what the widget reports in its onError; `error` may be an Error, or a modelled exception of the stream. */
export function problem_of_widget(state: string, error: unknown, seen: LastSeen): Problem {
  const message = message_of(error);
  switch (state) {
    case 'CAMERA_ACCESS_ERROR':
    case 'DEFAULT_CAMERA_NOT_FOUND_ERROR':
      return /no real video|not_found/i.test(message) ? kNoCamera : kPermission;
    case 'CAMERA_FRAMERATE_ERROR':
      return kCameraWeak;
    case 'TIMEOUT':
      return problem('timeout', 'Your face did not reach the oval in time',
        'Once the oval appears, you have seven seconds to fill it with your face.', [kApproach, kOneFace, kLight]);
    case 'CONNECTION_TIMEOUT':
      return unreachable;
    case 'MOBILE_LANDSCAPE_ERROR':
      return problem('landscape', 'Please hold your phone upright', 'The check works in portrait orientation only.',
        ['Turn the phone upright, lock its rotation if you can, and try again.']);
    case 'FACE_DISTANCE_ERROR':
      return kTooClose;
    case 'MULTIPLE_FACES_ERROR':
      return kSeveralFaces;
    case 'SERVER_ERROR':
      return problem_of_stream(message, seen);
    default:
      return /draw oval/i.test(message) ? kFaceLost
        : problem('widget', 'The check could not run', 'Your browser could not complete the check.',
          ['Use a current Chrome, Edge, Firefox or Safari and close heavy tabs.']);
  }
}

function problem_of_stream(message: string, seen: LastSeen): Problem {
  if (!navigator.onLine) return offline;
  if (/in time|timed out|expired/i.test(message)) return out_of_time(seen);
  if (/Throttling|ServiceQuota|ServiceUnavailable/.test(message)) return kBusy;
  if (/InternalServer/.test(message)) return kServer;
  return problem('stream', 'The check was interrupted', 'The video connection to the server ended early. Nothing was stored.', ['Please try again.']);
}

function message_of(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { message, Message, name } = error as { message?: unknown; Message?: unknown; name?: unknown };
  return [message, Message, name].filter((text) => typeof text === 'string').join(' ');
}
