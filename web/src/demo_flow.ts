import { useCallback, useEffect, useRef, useState } from 'react';
import * as api from './api';
import { obstacle } from './browser_support';
import { open_camera, release_camera } from './camera';
import { cancelled, problem_of_camera, problem_of_request, type Problem } from './problems';
import type { Step } from './views/frame';

/** What a check is for, and which one the person chose. A retry keeps both. */
export type Purpose = ({ kind: 'enroll'; name: string } | { kind: 'verify' }) & { challenge: api.Challenge };

export type Screen =
  | { name: 'enroll' }
  | { name: 'sign_in' }
  | { name: 'other_way' }
  | { name: 'opening'; purpose: Purpose }
  | { name: 'check'; purpose: Purpose; session: api.OpenedSession }
  | { name: 'judging'; purpose: Purpose }
  | { name: 'problem'; purpose: Purpose; problem: Problem }
  | { name: 'enrolled'; person: string; challenge: api.Challenge }
  | { name: 'recognised'; result: api.Recognised; challenge: api.Challenge }
  | { name: 'not_matched'; challenge: api.Challenge }
  | { name: 'deleted'; faces: number };

export function step_of(screen: Screen): Step {
  switch (screen.name) {
    case 'enroll':
    case 'deleted':
    case 'other_way':
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

/** What a screen reader hears beside the heading that takes the focus. The widget speaks for itself. */
export function announcement(screen: Screen): string {
  switch (screen.name) {
    case 'enroll': return '';
    case 'sign_in': return 'Sign in with your face.';
    case 'other_way': return 'Sign in without your face.';
    case 'opening': return 'If your browser asks for the camera, allow it.';
    case 'check': return '';
    case 'judging': return 'The server is reading the result.';
    case 'problem': return `${screen.problem.title}. ${screen.problem.text}`;
    case 'enrolled': return `${screen.person}, you are enrolled.`;
    case 'recognised': return `You are recognised as ${screen.result.user.name}.`;
    case 'not_matched': return 'Your face was not recognised.';
    case 'deleted': return 'Your face data is deleted.';
  }
}

async function judged(purpose: Purpose, session_id: string): Promise<Screen> {
  const { challenge } = purpose;
  if (purpose.kind === 'enroll') {
    await api.enroll(purpose.name, session_id);
    return { name: 'enrolled', person: purpose.name, challenge };
  }
  const result = await api.verify(session_id);
  return result.matched ? { name: 'recognised', result, challenge } : { name: 'not_matched', challenge };
}

/** Where the person is, and the ways on from there. Every check gets a fresh session. */
export function useDemo() {
  const [screen, set_screen] = useState<Screen>({ name: 'enroll' });
  const [preflight, set_preflight] = useState<api.Preflight | 'unreachable' | null>(null);
  // Counts what the person asked for: an answer that arrives after she went on is dropped.
  const request = useRef(0);

  const look_ahead = useCallback(async () => {
    try {
      set_preflight(await api.preflight());
    } catch {
      set_preflight('unreachable');
    }
  }, []);
  useEffect(() => void look_ahead(), [look_ahead]);

  const go = useCallback((next: Screen) => {
    request.current += 1;
    release_camera();
    set_screen(next);
  }, []);

  const stop = useCallback((purpose: Purpose, problem: Problem) => go({ name: 'problem', purpose, problem }), [go]);

  const start = useCallback(async (purpose: Purpose) => {
    const in_the_way = obstacle();
    if (in_the_way) {
      stop(purpose, in_the_way);
      return;
    }
    go({ name: 'opening', purpose });
    const mine = request.current;
    const fail = (problem: Problem) => {
      if (mine === request.current) stop(purpose, problem);
    };
    try {
      await open_camera();
    } catch (error) {
      fail(problem_of_camera(error));
      return;
    }
    if (mine !== request.current) return;
    try {
      const session = await api.create_liveness_session(purpose.challenge);
      if (mine === request.current) set_screen({ name: 'check', purpose, session });
    } catch (error) {
      fail(problem_of_request(error));
    }
  }, [go, stop]);

  const cancel = useCallback((purpose: Purpose) => stop(purpose, cancelled), [stop]);

  const finish = useCallback(async (purpose: Purpose, session_id: string) => {
    go({ name: 'judging', purpose });
    try {
      set_screen(await judged(purpose, session_id));
    } catch (error) {
      stop(purpose, problem_of_request(error, purpose.challenge));
    }
  }, [go, stop]);

  const movement_allowed = typeof preflight === 'object' && (preflight?.challenges ?? []).includes('movement');
  return { screen, go, preflight, look_ahead, start, stop, cancel, finish, movement_allowed };
}
