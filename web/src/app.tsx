import { useCallback, useEffect, useRef, useState } from 'react';
import * as api from './api';
import { acquire_camera, release_camera } from './camera';
import { kCancelled, kInsecure, problem_of_request, type Problem } from './problems';
import { CheckView } from './views/check';
import { EnrollView } from './views/enroll';
import { Footer, Header, PrivacyFacts, Steps, type Step } from './views/frame';
import { DeletedView, EnrolledView, NotMatchedView, ProblemView, WaitingView } from './views/outcomes';
import { PreflightNotice } from './views/preflight';
import { RecognisedView } from './views/recognised';
import { SignInView } from './views/sign_in';

type Purpose = { kind: 'enroll'; name: string } | { kind: 'verify' };

type Screen =
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

function step_of(screen: Screen): Step {
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
function announcement(screen: Screen): string {
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

export function App() {
  const [screen, set_screen] = useState<Screen>({ name: 'enroll' });
  const [preflight, set_preflight] = useState<api.Preflight | 'unreachable' | null>(null);
  const card = useRef<HTMLElement>(null);
  const first_screen = useRef(true);

  const look_ahead = useCallback(async () => {
    try {
      set_preflight(await api.preflight());
    } catch {
      set_preflight('unreachable');
    }
  }, []);
  useEffect(() => void look_ahead(), [look_ahead]);

  useEffect(() => {
    if (first_screen.current) {
      first_screen.current = false;
      return;
    }
    if (screen.name === 'check') return;
    card.current?.querySelector<HTMLElement>('h1')?.focus();
  }, [screen]);

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

  const to_enroll = () => set_screen({ name: 'enroll' });
  const to_sign_in = () => set_screen({ name: 'sign_in' });

  return (
    <>
      <Header />
      <main>
        <Steps current={step_of(screen)} />
        <PreflightNotice result={preflight} on_retry={look_ahead} />
        <div className="columns">
          <section className="card" ref={card} aria-label="Demo">
            {screen.name === 'enroll' && (
              <EnrollView on_start={(name) => void start({ kind: 'enroll', name })} on_sign_in={to_sign_in} />
            )}
            {screen.name === 'sign_in' && (
              <SignInView on_start={() => void start({ kind: 'verify' })} on_enroll={to_enroll} />
            )}
            {screen.name === 'opening' && <WaitingView title="Preparing your check" text="Asking the server for a fresh challenge." />}
            {screen.name === 'check' && (
              <CheckView
                key={screen.session.session_id}
                session={screen.session}
                purpose={screen.purpose.kind}
                on_complete={() => finish(screen.purpose, screen.session.session_id)}
                on_cancel={() => stop(screen.purpose, kCancelled)}
                on_problem={(problem) => stop(screen.purpose, problem)}
              />
            )}
            {screen.name === 'judging' && <WaitingView title="Checking the result" text="This takes a second or two." />}
            {screen.name === 'problem' && (
              <ProblemView
                problem={screen.problem}
                on_retry={() => void start(screen.purpose)}
                on_back={screen.purpose.kind === 'enroll' ? to_enroll : to_sign_in}
                {...(screen.problem.kind === 'already_enrolled' ? { on_sign_in: to_sign_in } : {})}
              />
            )}
            {screen.name === 'enrolled' && (
              <EnrolledView person={screen.person} on_sign_in={() => void start({ kind: 'verify' })} />
            )}
            {screen.name === 'not_matched' && (
              <NotMatchedView on_retry={() => void start({ kind: 'verify' })} on_enroll={to_enroll} />
            )}
            {screen.name === 'recognised' && (
              <RecognisedView
                result={screen.result}
                on_deleted={(faces) => set_screen({ name: 'deleted', faces })}
                on_again={() => void start({ kind: 'verify' })}
              />
            )}
            {screen.name === 'deleted' && <DeletedView faces={screen.faces} on_enroll={to_enroll} />}
          </section>
          <PrivacyFacts />
        </div>
        <div className="visually-hidden" role="status" aria-live="polite">{announcement(screen)}</div>
      </main>
      <Footer />
    </>
  );
}
