import { useCallback, useEffect, useState } from 'react';
import * as api from './api';
import { acquire_camera, release_camera } from './camera';
import { kInsecure, problem_of_request, type Problem } from './problems';
import type { Step } from './views/frame';

export type Purpose = { kind: 'enroll'; name: string } | { kind: 'verify' };

export type Screen =
  | { name: 'enroll' }
  | { name: 'sign_in' }
  | { name: 'opening'; purpose: Purpose }
  | { name: 'check'; purpose: Purpose; session: api.OpenedSession }
  | { name: 'judging'; purpose: Purpose }
  | { name: 'problem'; purpose: Purpose; problem: Problem }
  | { name: 'enrolled'; person: string }
  | { name: 'recognised'; result: api.Recognised }
  | { name: 'not_matched' }
  | { name: 'deleted'; faces: number };

export function step_of(screen: Screen): Step {
  switch (screen.name) {
    case 'enroll':
    case 'deleted':
      return 'enroll';
    case 'recognised':
      return 'recognised';
    case 'enrolled':
    case 'sign_in':
    case 'not_matched':
      return 'sign_in';
    default:
      return screen.purpose.kind === 'enroll' ? 'enroll' : 'sign_in';
  }
}

/** What a screen reader hears when the screen changes. */
export function announcement(screen: Screen): string {
  switch (screen.name) {
    case 'enroll': return '';
    case 'sign_in': return 'Sign in with your face.';
    case 'opening': return 'Preparing the check.';
    case 'check': return 'The camera check is open.';
    case 'judging': return 'The server is reading the result.';
    case 'problem': return `${screen.problem.title}. ${screen.problem.text}`;
    case 'enrolled': return `${screen.person}, you are enrolled.`;
    case 'recognised': return `You are recognised as ${screen.result.user.name}.`;
    case 'not_matched': return 'Your face was not recognised.';
    case 'deleted': return 'Your face data is deleted.';
  }
}

/** Where the person is, and the ways on from there. Every check gets a fresh session. */
export function useDemo() {
  const [screen, set_screen] = useState<Screen>({ name: 'enroll' });
  const [preflight, set_preflight] = useState<api.Preflight | 'unreachable' | null>(null);

  const look_ahead = useCallback(async () => {
    try {
      set_preflight(await api.preflight());
    } catch {
      set_preflight('unreachable');
    }
  }, []);
  useEffect(() => void look_ahead(), [look_ahead]);

  const start = useCallback(async (purpose: Purpose) => {
    if (!window.isSecureContext || !navigator.mediaDevices) {
      set_screen({ name: 'problem', purpose, problem: kInsecure });
      return;
    }
    set_screen({ name: 'opening', purpose });
    try {
      const session = await api.create_liveness_session();
      acquire_camera();
      set_screen({ name: 'check', purpose, session });
    } catch (error) {
      set_screen({ name: 'problem', purpose, problem: problem_of_request(error) });
    }
  }, []);

  const stop = useCallback((purpose: Purpose, problem: Problem) => {
    release_camera();
    set_screen({ name: 'problem', purpose, problem });
  }, []);

  const finish = useCallback(async (purpose: Purpose, session_id: string) => {
    release_camera();
    set_screen({ name: 'judging', purpose });
    try {
      if (purpose.kind === 'enroll') {
        await api.enroll(purpose.name, session_id);
        set_screen({ name: 'enrolled', person: purpose.name });
        return;
      }
      const result = await api.verify(session_id);
      set_screen(result.matched ? { name: 'recognised', result } : { name: 'not_matched' });
    } catch (error) {
      set_screen({ name: 'problem', purpose, problem: problem_of_request(error) });
    }
  }, []);

  return { screen, set_screen, preflight, look_ahead, start, stop, finish };
}
