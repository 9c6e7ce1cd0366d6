import { ApiError, UnreachableError } from './api';

/** Something that stopped a check, in words for the person in front of the camera. */
export interface Problem {
  kind: string;
  title: string;
  text: string;
  advice: string[];
  request_id: string | null;
}

function problem(kind: string, title: string, text: string, advice: string[] = []): Problem {
  return { kind, title, text, advice, request_id: null };
}

const kLight = 'Sit in even light, with no bright window or lamp behind you.';
const kOneFace = 'Only your own face may be in the picture.';
const kDarkRoom = 'Turn your screen’s brightness up and dim the room: the check reads the colours that your screen casts on your face.';

const kSessionExpired = problem('session_expired', 'This check ran out of time',
  'A check must be started within a minute and finished within three. Nothing was stored.',
  ['Start again when you are ready.']);

const kByCode: Record<string, Problem> = {
  LIVENESS_FAILED: problem('liveness_failed', 'We could not confirm a live person',
    'The recording did not show a live face that moves into the oval and reflects the colours on your screen.',
    [kDarkRoom, kLight, kOneFace]),
  LIVENESS_SESSION_EXPIRED: kSessionExpired,
  LIVENESS_SESSION_NOT_READY: problem('not_ready', 'The check was not finished',
    'The server did not receive the whole recording. Nothing was stored.', ['Keep this tab open until the check is complete.']),
  LIVENESS_SESSION_CONSUMED: problem('consumed', 'This check was already used',
    'Each check counts once. Please make a new one.'),
  USER_ALREADY_ENROLLED: problem('already_enrolled', 'This face is already enrolled',
    'Your face is in the demo already. Sign in instead, or wait until it is deleted (one hour after enrolling).'),
  MULTIPLE_FACES: problem('multiple_faces', 'More than one face was in the picture',
    'Enrolling needs a picture with exactly one face.', [kOneFace]),
  LOW_FACE_QUALITY: problem('low_quality', 'The picture of your face was not good enough',
    'Enrolling needs a sharp, evenly lit picture of your whole face.', [kLight, 'Take off sunglasses, a cap or a mask and look straight ahead.']),
  NO_FACE_DETECTED: problem('no_face', 'No face was found',
    'The recording did not show a face clearly enough.', [kLight]),
  GALLERY_FULL: problem('gallery_full', 'The demo is full',
    'It holds as many faces as it may. The oldest are deleted one hour after they were enrolled: please try again later.'),
  OVERLOADED: problem('busy', 'The server is busy', 'It is handling as many requests as it can. Please try again in a moment.'),
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
export function problem_of_request(error: unknown): Problem {
  if (error instanceof UnreachableError) {
    return problem('unreachable', 'The server cannot be reached',
      'The connection was lost, or the server is restarting. Nothing was stored.', ['Check your connection and try again.']);
  }
  if (!(error instanceof ApiError)) {
    return problem('page', 'Something went wrong on this page', 'Reload the page and try again.');
  }
  const known = kByCode[error.code];
  if (known) {
    const wait = error.retry_after_s !== null ? [`Try again ${in_words(error.retry_after_s)}.`] : [];
    return { ...known, advice: [...known.advice, ...wait], request_id: error.request_id };
  }
  const fallback = error.status >= 500
    ? problem('server', 'The server had a problem', 'It was not your fault. Please try again in a moment.')
    : problem('refused', 'The server refused this step', error.message);
  return { ...fallback, request_id: error.request_id };
}

function in_words(seconds: number): string {
  if (seconds < 90) return `in ${Math.max(1, Math.round(seconds))} seconds`;
  return `in about ${Math.round(seconds / 60)} minutes`;
}

export const kCancelled = problem('cancelled', 'You cancelled the check', 'The camera is off and nothing was stored.');

export const kInsecure = problem('insecure', 'The camera needs a secure address',
  'Browsers open the camera only over https or on localhost. Open this page at http://localhost, or over https.');

const kNoCamera = problem('no_camera', 'No camera was found',
  'This browser reports no camera that can be used.',
  ['Connect a camera, or open this page on a phone or laptop that has one.', 'Close other programs that use the camera.']);

const kPermission = problem('permission', 'The camera is blocked',
  'The check needs your camera, and this browser does not allow it for this page.',
  ['Click the camera or lock symbol in the address bar, allow the camera, and try again.',
    'On a phone or a Mac, also allow your browser to use the camera in the system settings.']);

/** For what the widget reports in its onError; `error` may be an Error, or a modelled exception of the stream. */
export function problem_of_widget(state: string, error: unknown): Problem {
  const message = message_of(error);
  switch (state) {
    case 'CAMERA_ACCESS_ERROR':
    case 'DEFAULT_CAMERA_NOT_FOUND_ERROR':
      return /not ?found|no real video/i.test(message) ? kNoCamera
        : /not readable|could not start|in use/i.test(message)
          ? problem('camera_busy', 'The camera is in use', 'Another program or tab holds the camera.', ['Close it there and try again.'])
          : kPermission;
    case 'CAMERA_FRAMERATE_ERROR':
      return problem('camera_slow', 'This camera is too slow',
        'The check needs at least 15 pictures a second and 320 × 240 points.', ['Use another camera, or more light: many cameras slow down in the dark.']);
    case 'TIMEOUT':
      return problem('timeout', 'Your face did not reach the oval in time',
        'Once the oval appears, you have seven seconds to fill it with your face.',
        ['Start at arm’s length, then move your face towards the screen until it fills the oval.', kLight]);
    case 'CONNECTION_TIMEOUT':
      return problem('unreachable', 'The server cannot be reached', 'The video connection could not be opened.',
        ['Check your connection. Some company networks block WebSockets.']);
    case 'MOBILE_LANDSCAPE_ERROR':
      return problem('landscape', 'Please hold your phone upright', 'The check works in portrait orientation only.');
    case 'FACE_DISTANCE_ERROR':
      return problem('distance', 'You were too close to start', 'Start further from the camera, then move in when the oval appears.');
    case 'MULTIPLE_FACES_ERROR':
      return problem('multiple_faces', 'More than one face was in the picture', 'The check is for one person.', [kOneFace]);
    case 'SERVER_ERROR':
      return /in time|timed out|expired/i.test(message) ? kSessionExpired
        : problem('stream', 'The check was interrupted', 'The video connection to the server ended early. Nothing was stored.', ['Please try again.']);
    default:
      return problem('widget', 'The check could not run', 'Your browser could not complete the check.',
        ['Use a current Chrome, Edge, Firefox or Safari and close heavy tabs.']);
  }
}

function message_of(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { message, Message, name } = error as { message?: unknown; Message?: unknown; name?: unknown };
  return [message, Message, name].filter((text) => typeof text === 'string').join(' ');
}
