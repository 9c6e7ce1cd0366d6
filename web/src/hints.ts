/** What the widget says while it runs, in this page's words, and which of it is on the screen. */
export const kHints = {
  hintCenterFaceText: 'Centre your face',
  hintCenterFaceInstructionText:
    'Sit at arm’s length with the camera in front of you and centre your face. After you start, an oval appears: move towards the screen until your face fills it, then hold still until the check is complete.',
  hintMoveFaceFrontOfCameraText: 'Move your face in front of the camera',
  hintCanNotIdentifyText: 'Move your face in front of the camera',
  hintTooManyFacesText: 'Only one face may be in the picture',
  hintTooCloseText: 'Too close: move back',
  hintTooFarText: 'Move closer',
  hintFaceOffCenterText: 'Your face is not in the oval: centre it',
  hintHoldFaceForFreshnessText: 'Hold still',
};

export type Hint = 'start' | 'no_face' | 'several_faces' | 'too_close' | 'other';

const kByText: Record<string, Hint> = {
  [kHints.hintCenterFaceText]: 'start',
  [kHints.hintMoveFaceFrontOfCameraText]: 'no_face',
  [kHints.hintTooManyFacesText]: 'several_faces',
  [kHints.hintTooCloseText]: 'too_close',
};

/** The hint that the widget inside `frame` shows now. Null while it shows none. */
export function hint_shown(frame: Element): Hint | null {
  const text = frame.querySelector('.amplify-liveness-hint .amplify-liveness-toast [aria-live]')?.textContent;
  return text ? kByText[text] ?? 'other' : null;
}
